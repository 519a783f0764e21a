"""Every example that a command's help ends with, run as it stands, in one story; with the JSON that the help shows."""

import json
import re
import shlex
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from string import Template
from typing import Any

import attrs
import click
import pytest
from click.testing import Result

from creditbank.bank import connect
from creditbank.cli.app import app
from creditbank.cli.words import EXAMPLE
from creditbank.rulebooks import read

Run = Callable[..., Result]

DAY_MS = 24 * 60 * 60 * 1000
NUMBER = "11010519491231002X"


def commands(group: click.Group = app, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with the words that call it."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))
        else:
            yield (*before, name), command


COMMANDS = dict(commands())

TURNS = ("agree", "reject")
"""Commands whose author is whoever's turn it is, and that take no request key without saying who."""

ONCE = ("init", "new-key", "sign", "demo", "case", "book", "advise", "diff", *TURNS)
"""Commands that do not do the same when they are run again."""


def options(parts: list[str]) -> set[str]:
    """Return the options of the command that *parts* call."""
    command = COMMANDS.get((parts[0],)) or COMMANDS[parts[0], parts[1]]
    return {option for param in command.params for option in param.opts}


def examples(words: tuple[str, ...]) -> list[str]:
    """Return the example lines of a command, continued ones joined."""
    lines = (COMMANDS[words].epilog or "").split("\n")
    assert lines[:2] == ["\b", EXAMPLE], f"{words} has no example"
    return re.sub(r"\\\n +", "", "\n".join(line.removeprefix("  ") for line in lines[2:])).split("\n")


def shown_json(words: tuple[str, ...]) -> str:
    """Return the JSON that the help of a command shows."""
    found = re.search(r"\n\x08?\n?( *\{.*?\})\n\n", (COMMANDS[words].help or ""), re.DOTALL)
    assert found is not None, f"the help of {words} shows no JSON"
    return found[1]


@attrs.define
class Story:
    """What was said so far, by the names that examples use."""

    run: Run
    names: dict[str, str] = attrs.field(factory=dict)
    told: set[tuple[str, ...]] = attrs.field(factory=set)
    lines: list[str] = attrs.field(factory=list)

    def file(self, name: str, *words: str, **changed: Any) -> None:
        """Write what the help of *words* shows to the file *name*."""
        value = json.loads(Template(shown_json(words)).substitute(self.names)) | changed
        Path(name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")

    def tell(self, *words: str) -> list[Any]:
        """Run every example of a command."""
        self.told.add(words)
        return [self.line(line) for line in examples(words)]

    def line(self, line: str) -> Any:
        """
        Run one line with --json, and return what it says; then again, for people.

        What records is given the same request key both times, so that the second time nothing happens.
        """
        line, _, source = Template(line).substitute(self.names).partition(" < ")
        called, *parts = shlex.split(line)
        assert called == "creditbank"
        text = Path(source).read_text(encoding="utf-8") if source else None
        if "--request-key" in options(parts) and parts[0] not in TURNS:
            parts += ["--request-key", f"key-{len(self.lines)}"]
        self.lines.append(line)
        if parts[0] == "completion":
            return self.ran(line, self.run(*parts))
        said = json.loads(self.ran(line, self.run(*parts, "--json", input=text)))
        if parts[0] not in ONCE and "--draft" not in parts:
            shown = self.ran(line, self.run(*parts, input=text))
            if "events" in said:
                assert f"Position: {said['position']} (" in shown, "the same entry"
            if parts[0] not in ("receipt", "checkpoint", "verify"):
                assert not shown.isascii(), "people are told in Chinese, too"
        return said

    def ran(self, line: str, result: Result) -> str:
        assert result.exit_code == 0, (line, result.stderr)
        assert result.stderr == ""
        return result.stdout


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return how to let days pass."""
    ahead = [0]
    late = partial(connect, clock=lambda: time.time_ns() // 1_000_000 + ahead[0] * DAY_MS)
    monkeypatch.setattr("creditbank.cli.folder.connect", late)

    def passes(days: int) -> None:
        ahead[0] += days

    return passes


@pytest.fixture
def story(run: Run) -> Story:
    return Story(run)


def id_of(said: Any) -> str:
    event = said["events"][0]["event"]
    return str(event["id"])


def opening(story: Story) -> None:
    story.tell("init")
    story.names |= {"VERIFIER_KEY": "city.vkey", "PUBLIC_KEY": "", "POSSESSION": ""}
    (card,) = story.tell("new-key")
    story.names |= {"PUBLIC_KEY": card["public_key"], "POSSESSION": card["possession"]}
    story.tell("register")
    for id, kind in (("high-school", "general-school"), ("trade-school", "vocational-school")):
        story.line(f"creditbank register city {id} --name {id} --kind {kind} --role school --region 370305")
    story.line("creditbank register city bureau --name 教育局 --kind office --role eraser")
    assert not Path("city/keys/luban.pem").exists(), "who keeps its own key has none here"
    story.tell("publish-system")
    Path("our-rules.toml").write_text(read("wenzhou-transfer"), encoding="utf-8")
    story.names["BOOK"] = story.tell("publish")[0]["digest"]
    story.names["TRANSFER_BOOK"] = story.line("creditbank publish city shandong-transfer")["digest"]
    story.tell("set-seats")


def accounts(story: Story) -> None:
    story.file("person.json", "open-account")
    first, again = story.tell("open-account")
    assert first == again, "one account per person"
    story.names["ACCOUNT"] = first["account"]
    story.file("enrolment.json", "enrol")
    (said,) = story.tell("enrol")
    story.names["ENROLMENT"] = id_of(said)


def deposited(story: Story, number: str) -> None:
    story.file("outcome.json", "deposit", number=number)
    (said,) = story.tell("deposit")
    story.names["OUTCOME"] = id_of(said)


def applied(story: Story, number: str) -> None:
    deposited(story, number)
    story.file("application.json", "quote")
    (said,) = story.tell("convert")
    story.names["APPLICATION"] = id_of(said)


def doubting(story: Story) -> None:
    """Somebody objects while an application is public; then what it rests on turns out to be recorded wrongly."""
    rules = read("x-certificate-conversion").replace('"x-certificate-conversion"', '"noticed"')
    Path("noticed.toml").write_text(rules.replace('"学院审核"', '"学院审核", notice = "5 days"'), encoding="utf-8")
    story.line("creditbank publish city noticed.toml")
    deposited(story, "X-9")
    story.file("application.json", "quote", book="noticed")
    (said,) = story.tell("convert")
    story.names["APPLICATION"] = id_of(said)
    (said,) = story.tell("object")
    story.names["OBJECTION"] = id_of(said)
    (said,) = story.tell("answer")
    assert said["events"][0]["event"]["upheld"] is False
    story.file("corrected.json", "deposit", title="更正")
    corrected = json.loads(Path("corrected.json").read_text(encoding="utf-8"))
    del corrected["number"]
    Path("corrected.json").write_text(json.dumps(corrected, ensure_ascii=False), encoding="utf-8")
    (said,) = story.tell("correct")
    assert [event["kind"] for event in said["events"]] == ["outcome_corrected", "items_undone", "application_closed"]
    (said,) = story.tell("reconsider")
    assert said["reconsidered"] == []


def transferring(story: Story) -> None:
    pupil = {"name": "李四", "document": "passport", "number": "E00000001"}
    Path("pupil.json").write_text(json.dumps(pupil), encoding="utf-8")
    story.names["PUPIL"] = story.line("creditbank open-account city pupil.json")["account"]
    programme = {"id": "pg", "name": "普通高中课程", "kind": "general", "months": 36}
    for verdict in ("accept", "decline"):
        since = str(date.today() - timedelta(days=60))  # noqa: DTZ011 # any day some weeks ago will do
        at = programme | {"id": f"pg-{verdict}"}
        told = {"school": "keys:high-school", "year_group": "高一", "since": since, "programme": at}
        Path("pupil-enrolment.json").write_text(json.dumps(told), encoding="utf-8")
        enrolled = story.line("creditbank enrol city $PUPIL pupil-enrolment.json")
        starts = date.today() + timedelta(days=90)  # noqa: DTZ011 # any later day will do
        names = story.names | {"ENROLMENT": id_of(enrolled), "STARTS_ON": str(starts)}
        offering = Story(story.run, names, story.told, story.lines)
        offering.file("offer.json", "transfer", "offer")
        (said,) = offering.tell("transfer", "offer")
        story.names["TRANSFER"] = id_of(said)
        story.tell("transfer", verdict)


def tables(story: Story) -> None:
    Path("people.csv").write_text(
        f"姓名,证件类型,证件号码\n张三,居民身份证,{NUMBER}\n王五,护照,E00000002\n", encoding="utf-8"
    )
    Path("enrolments.csv").write_text(
        "document,number,programme,programme_name,kind,months,year_group,since\n"
        "护照,E00000002,510203,软件技术,college-3,36,2025级,2025-09-01\n",
        encoding="utf-8",
    )
    people, enrolments = story.tell("import")
    assert (people["report"]["recorded"], people["report"]["known_before"]) == (1, 1)
    assert (enrolments["by"], enrolments["report"]["recorded"]) == ("keys:college", 1)
    story.tell("export")
    assert Path("statements.csv").read_bytes().startswith("\ufeff学习账户".encode())
    assert [json.loads(line) for line in Path("postings.jsonl").read_text(encoding="utf-8").splitlines()]


def elsewhere(story: Story) -> None:
    story.file("certificate.json", "deposit", issuer="keys:luban", number="LB-1")
    story.line("creditbank deposit city $ACCOUNT certificate.json --draft draft.txt")
    assert Path("draft.txt").stat().st_mode & 0o777 == 0o600
    (signed,) = story.tell("sign")
    assert (signed["author"], signed["entries"][0]["kind"]) == ("keys:luban", "outcome_deposited")
    (said,) = story.tell("submit")
    assert said["events"][0]["event"]["outcome"]["issuer"] == "keys:luban"


AWARD = """
book = "study-award"
version = "1"
title = "结业证书办法"
since = 2020-01-01
acts = ["award"]
system = "cn-bank"
basis = { d = { title = "结业证书办法" } }
clause = [
  { id = "worth", kind = "worth", of = "@source.credits", basis = "d:1" },
  { id = "spend", kind = "policy", debit = "all", final = true, basis = "d:3" } ]
"""


def redeeming(story: Story) -> None:
    """A certificate is redeemed for an award."""
    deposited(story, "X-5")
    Path("award.toml").write_text(AWARD, encoding="utf-8")
    story.line("creditbank publish city award.toml")
    worth = {"system": "cn-bank", "quanta": 1}
    study = {
        "id": "study",
        "name": "结业证书",
        "category": [],
        "compulsory": False,
        "credits": worth,
        "kind": "qualification",
    }
    items = [{"id": "1", "sources": [story.names["OUTCOME"]], "targets": [study]}]
    story.file("award.json", "quote", book="study-award", act="award", items=items, parties=[])
    story.names["APPLICATION"] = id_of(story.line("creditbank convert city $ACCOUNT award.json"))
    (said,) = story.tell("redemption")
    assert said["file"] == "redemption.txt"


def ending(story: Story) -> None:
    story.tell("end-enrolment")
    names = story.names
    for command, number in (("restrict", "E00000003"), ("erase", "E00000004")):
        Path("other.json").write_text(json.dumps({"name": "某人", "document": "passport", "number": number}))
        account = story.line("creditbank open-account city other.json")["account"]
        Path("letter.pdf").write_bytes(b"a letter")
        Story(story.run, names | {"ACCOUNT": account}, story.told, story.lines).tell(command)
        gone = story.run("balance", "city", account)
        assert gone.exit_code == 1
        assert ("restricted" if command == "restrict" else "erased") in gone.stderr


def evidence(story: Story) -> None:
    story.tell("checkpoint")
    (said,) = story.tell("receipt")
    Path("city.vkey").write_text(said["verifier_key"])
    whole, receipt, redemption = story.tell("verify")
    assert whole["report"]["size"] == whole["report"]["entries"], "a checkpoint covers everything"
    assert receipt["receipt"]["kind"] == "bank_founded"
    (item,) = redemption["redemption"]["items"]
    assert (item["targets"], item["final"], len(item["lots"])) == (["study"], True, 1)


def replaying(story: Story) -> None:
    """Explain what was decided; write it to files; decide it without the bank."""
    story.file("case.json", "decide")
    assert [said["results"][0]["granted"] for said in story.tell("decide")] == ["4"] * 4
    text = (Path(__file__).parents[1] / "degree" / "network-2024.toml").read_text(encoding="utf-8")
    Path("study.toml").write_text(text.replace("610201", "510203"), encoding="utf-8")
    *planned, studied = story.tell("plan")
    assert {(said["optimal"], said["items"][0]["targets"][0]["credits"]) for said in planned} == {(True, "4")}
    assert studied["optimal"]
    chinese, english = story.tell("explain")
    assert "准予 4" in chinese["explanation"]
    assert '<html lang="en">' in english["explanation"]
    made, quoted = story.tell("case")
    (published,) = story.tell("book")
    again = story.line("creditbank decide book.json decided.json")
    assert (again["book"], again["case"], again["digest"]) == (made["book"], made["case"], made["decision"])
    assert published["book"] == made["book"] == quoted["book"]


def auditing(story: Story) -> None:
    text = (Path(__file__).parents[1] / "degree" / "network-2024.toml").read_text(encoding="utf-8")
    Path("programme.toml").write_text(text, encoding="utf-8")
    found, again = story.tell("audit")
    assert found == again
    assert found["complete"] is False
    assert {step["course"] for step in found["change"]["steps"] if "course" in step} >= {"N101", "N102", "N201"}


def comparing(story: Story) -> None:
    """Check books, and see what a revised one would have said."""
    assert [said["ok"] for said in story.tell("lint")] == [True, True, True]
    Path("revised.toml").write_text(read("x-certificate-conversion").replace("at_most = 8", "at_most = 3"), "utf-8")
    shown, written = story.tell("diff")
    assert shown["report"] == written["report"]
    (group,) = shown["report"]["groups"]
    assert (group["change"], group["clauses"], group["credits"]) == ("refused", ["3.1"], "-4")
    (changed,) = Path("changed.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(changed) == group["examples"][0]


def test_every_example_works_as_it_stands(story: Story, clock: Callable[[int], None]) -> None:
    opening(story)
    accounts(story)
    applied(story, "X-1")
    story.tell("quote")
    story.tell("agree")
    done = story.tell("agree")[0]["events"]
    assert [event["kind"] for event in done] == ["step_agreed", "converted"], "the second step is the last"
    replaying(story)
    comparing(story)
    assert story.tell("balance")[0]["held"] == {
        "cn-bank": {"credits": "0", "quanta": 0},
        "cn-college": {"credits": "4", "quanta": 8},
    }
    assert "items_undone" in str(story.tell("revoke"))
    for number, end in enumerate(("reject", "withdraw"), 2):
        applied(story, f"X-{number}")
        story.tell(end)
    applied(story, "X-4")
    clock(31)
    story.tell("lapse")
    story.tell("statement")
    auditing(story)
    alone, together = story.tell("advise")
    assert (alone["plan"], together["plan"]["optimal"]) == (None, True)
    for said in (alone, together):
        assert Path(said["file"]).read_text(encoding="utf-8").startswith("<!doctype html>")
    doubting(story)
    transferring(story)
    tables(story)
    (said,) = story.tell("withdraw-book")
    assert (said["events"][0]["event"]["version"], said["events"][0]["event"]["size"] > 0) == ("2026-1", True)
    elsewhere(story)
    redeeming(story)
    ending(story)
    evidence(story)
    story.tell("completion")
    assert story.told == set(COMMANDS) - {("demo",)}, "the demo has tests of its own"
    assert examples(("demo",)) == ["creditbank demo town"], "as they run it"


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help_that_fits(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words, "--help")
    assert result.exit_code == 0
    assert EXAMPLE in result.stdout
    assert words == ("completion",) or "--json" in result.stdout
    for line in result.stdout.splitlines():
        assert len(line) <= 120, line
    assert words[0] in run("--help").stdout
