"""Wrong invocations, and what each is told: what was wrong, where, what to do next, and the exit code (a golden table)."""

import json
import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

import pytest
from click.testing import Result

from creditbank.codec.payload import to_plain
from creditbank.domain.name import OutcomeId
from creditbank.rulebooks import shipped

Run = Callable[..., Result]

GOLDEN = Path(__file__).parent / "golden" / "errors.txt"
RENEW = "CREDITBANK_RENEW_GOLDEN"
"""Set to 1, the golden table is written anew: read the difference before you commit it."""

NAME = "张三"
NUMBER = "11010519491231002X"
CERTIFICATE = "X-2026-0815"

FOUNDING = "--origin bank.example.org/other --operator other --name 别的银行"
COLLEGE = "--name 学院 --kind college --role school"
NOBODY = "account:" + "0" * 32
NOTHING = "0" * 32
DAYS = ("2026-01-31", "2026-13-01")
"""Days that stand in messages; any other is of the run."""

WRONG = {
    "a mistyped command": """
        creditbank frobnicate
        creditbank statement city
        creditbank receipt city first
        creditbank export city statements
        creditbank import city pupils people.csv
        creditbank register city other --name 学院 --kind academy
        creditbank deposit city $ACCOUNT good.json --colour red
        creditbank transfer city
        creditbank transfer swap city
        creditbank completion tcsh
    """,
    "a word that is not what it should be": f"""
        creditbank init other {FOUNDING} --zone Mars/Olympus
        creditbank init other {FOUNDING} --operator "two words"
        creditbank init other {FOUNDING} --region 37
        creditbank statement postgresql://host/db $ACCOUNT
        creditbank statement city account:123
        creditbank statement city $ACCOUNT --at soon
        creditbank balance city $ACCOUNT --at 999
        creditbank quote city $ACCOUNT application.json --on 2026-13-01
        creditbank publish-system city points --quantum half --name 积分
        creditbank publish-system city points --quantum 0 --name 积分
        creditbank set-seats city college "two words" 40
        creditbank register city other {COLLEGE} --public-key ed25519:AAAA
        creditbank register city other {COLLEGE} --public-key ed25519:AAAA --possession AAAA
        creditbank register city other {COLLEGE} --public-key $OTHER_KEY --possession $PROOF
        creditbank submit city draft.txt --signature 签名
        creditbank erase city $ACCOUNT --reason "PIPL 47(1)(3)" --demand letter.pdf
        creditbank agree city $ACCOUNT $APPLICATION --request-key once
        creditbank import city outcomes outcomes.csv
    """,
    "a file that is not what it should be": """
        creditbank deposit city $ACCOUNT empty.json
        creditbank deposit city $ACCOUNT half.json
        creditbank deposit city $ACCOUNT twice.json
        creditbank deposit city $ACCOUNT latin.json
        creditbank deposit city $ACCOUNT list.json
        creditbank deposit city $ACCOUNT badge.json
        creditbank deposit city $ACCOUNT day.json
        creditbank deposit city $ACCOUNT level.json
        creditbank deposit city $ACCOUNT colour.json
        creditbank deposit city $ACCOUNT blank.json
        creditbank deposit city $ACCOUNT title.json
        creditbank open-account city nameless.json
        creditbank open-account city mistyped.json
        creditbank open-account city details.json
        creditbank enrol city $ACCOUNT months.json
        creditbank enrol city $ACCOUNT facts.json
        creditbank convert city $ACCOUNT course.json
        creditbank convert city $ACCOUNT nothing.json
        creditbank publish city broken.toml
        creditbank submit city good.json --signature AAAA
        creditbank sign draft.txt --key good.json
        creditbank verify good.json
        creditbank verify good.json --key $VERIFIER_KEY
        creditbank import city people empty.csv
        creditbank import city people header.csv
        creditbank import city people people.csv
    """,
    "refused": f"""
        creditbank init city {FOUNDING}
        creditbank balance city {NOBODY}
        creditbank deposit city {NOBODY} good.json
        creditbank deposit city $ACCOUNT good.json --by college
        creditbank deposit city $ACCOUNT luban.json
        creditbank deposit city $ACCOUNT good.json
        creditbank deposit city $ACCOUNT later.json
        creditbank deposit city $ACCOUNT system.json
        creditbank deposit city $ACCOUNT other.json --request-key once
        creditbank revoke city $ACCOUNT {NOTHING} --reason mistaken
        creditbank enrol city $ACCOUNT enrolment.json
        creditbank end-enrolment city $ACCOUNT $ENROLMENT --on 2001-01-01 --reason left
        creditbank convert city $ACCOUNT unenrolled.json
        creditbank convert city $ACCOUNT unpublished.json
        creditbank agree city $ACCOUNT {NOTHING}
        creditbank agree city $ACCOUNT $APPLICATION --by assessor
        creditbank lapse city $ACCOUNT $APPLICATION
        creditbank agree city $ACCOUNT $WITHDRAWN
        creditbank transfer accept city $ACCOUNT {NOTHING}
        creditbank set-seats city college 2026 40 --by assessor
        creditbank register city college {COLLEGE}
        creditbank register city other {COLLEGE} --by assessor
        creditbank publish city x-certificate-conversion
        creditbank publish city shandong-transfer --by assessor
        creditbank publish-system city cn-bank --quantum 0.1 --name 学分
        creditbank erase city $ACCOUNT --reason "PIPL 47(1)(3)" --demand letter.pdf --yes --by college
        creditbank statement city $RESTRICTED
        creditbank statement city $ERASED
        creditbank import city people good.csv --by nobody
        creditbank export city postings --out postings.csv --account {NOBODY}
        creditbank receipt city 999
    """,
    "evidence that does not hold": """
        creditbank verify receipt.tlog-proof --key $OTHER_VERIFIER_KEY
        creditbank verify changed.tlog-proof --key $VERIFIER_KEY
        creditbank submit city draft.txt --signature $PROOF
    """,
    "what could not be done": """
        creditbank statement nowhere $ACCOUNT
        creditbank verify broken
        creditbank deposit city $ACCOUNT missing.json
        creditbank import city people missing.csv
        creditbank publish city missing.toml
        creditbank receipt city 0 --out no/where.txt
        creditbank export city postings --out no/where.csv
        creditbank new-key good.json --institution luban --origin bank.example.org/city
        creditbank erase city $ACCOUNT --reason "PIPL 47(1)(3)" --demand missing.pdf --yes
    """,
}


def written(name: str, value: Any) -> None:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    Path(name).write_text(text, encoding="utf-8")


def outcomes(college: Any) -> None:
    good = college.certificate(number=CERTIFICATE)
    written("good.json", good)
    written("empty.json", "")
    written("half.json", '{"number": 20260815.5}')
    written("twice.json", '{"title": "a", "title": "b"}')
    Path("latin.json").write_bytes("编号".encode("gb18030"))
    written("list.json", [good])
    written("badge.json", good | {"class": "badge"})
    written("day.json", good | {"achieved_on": "20.5.2026"})
    written("level.json", {name: value for name, value in good.items() if name != "level"})
    written("colour.json", good | {"colour": "red"})
    written("blank.json", good | {"number": " "})
    written("title.json", good | {"title": ""})
    written("luban.json", good | {"issuer": "keys:luban", "number": "LB-1"})
    written("later.json", good | {"achieved_on": "2999-01-01", "number": "X-1"})
    written("system.json", good | {"credits": {"system": "cn-other", "quanta": 1}, "number": "X-2"})
    written("other.json", good | {"title": "另一个", "number": "X-3"})


def persons(college: Any) -> None:
    written("nameless.json", {"document": "resident-id", "number": NUMBER})
    written("mistyped.json", {"name": NAME, "document": "resident-id", "number": "110105194912310021"})
    written("details.json", {"name": NAME, "document": "resident-id", "number": NUMBER, "details": {"phone": 13800}})
    programme = {"id": "510203", "name": "软件技术", "kind": "college-3", "months": 36}
    enrolment = {"school": "keys:college", "programme": programme, "year_group": "2025级", "since": "2025-09-01"}
    written("enrolment.json", enrolment)
    written("months.json", enrolment | {"programme": programme | {"months": "36"}})
    written("facts.json", enrolment | {"facts": [["exam_score", None]]})
    header = "姓名,证件类型,证件号码\n"
    written("empty.csv", "")
    written("header.csv", f"姓名,生日\n{NAME},1949-12-31\n")
    written("people.csv", f"{header}{NAME},居民身份证,110105194912310021\n,护照,E1\n李四,护照,E00000002\n")
    written("good.csv", f"{header}李四,护照,E00000002\n")
    written("outcomes.csv", "account,class\n")
    written("letter.pdf", "a letter")


def said(run: Run, line: str) -> Any:
    result = run(*shlex.split(line)[1:], "--json")
    assert result.exit_code == 0, (line, result.stderr)
    return json.loads(result.stdout)


def applying(run: Run, college: Any, names: dict[str, str]) -> None:
    account = names["ACCOUNT"]
    deposited = said(run, f"creditbank deposit city {account} good.json --request-key once")
    outcome = OutcomeId(deposited["events"][0]["event"]["id"])
    application = to_plain(college.application(outcome, "4"))
    written("application.json", application)
    for name in ("WITHDRAWN", "APPLICATION"):
        applied = said(run, f"creditbank convert city {account} application.json")
        names[name] = applied["events"][0]["event"]["id"]
        if name == "WITHDRAWN":
            said(run, f"creditbank withdraw city {account} {names[name]} --reason mistaken")
    written("unenrolled.json", application | {"enrolment": NOTHING})
    written("unpublished.json", application | {"book": "0" * 64})
    written("nothing.json", application | {"items": []})
    (item,) = application["items"]
    (course,) = item["targets"]
    lacking = {name: value for name, value in course.items() if name != "credits"}
    written("course.json", application | {"items": [item | {"targets": [lacking]}]})


def elsewhere(run: Run, names: dict[str, str]) -> None:
    card = said(run, "creditbank new-key luban.pem --institution luban --origin creditbank.example.org/cli")
    other = said(run, "creditbank new-key other.pem --institution other --origin creditbank.example.org/cli")
    names |= {"OTHER_KEY": other["public_key"], "PROOF": card["possession"]}
    said(
        run,
        "creditbank register city luban --name 鲁班 --kind assessor --role issuer"
        f" --public-key {card['public_key']} --possession {card['possession']}",
    )
    said(run, f"creditbank deposit city {names['ACCOUNT']} luban.json --draft draft.txt")


def gone(run: Run, names: dict[str, str]) -> None:
    for name, verb in (("RESTRICTED", "restrict"), ("ERASED", "erase --demand letter.pdf --yes")):
        written("person.json", {"name": "某人", "document": "passport", "number": name})
        names[name] = said(run, "creditbank open-account city person.json")["account"]
        command, *more = verb.split()
        said(run, shlex.join(["creditbank", command, "city", names[name], "--reason", "PIPL 47", *more]))


def evidence(run: Run, names: dict[str, str]) -> None:
    given = said(run, "creditbank receipt city 1")
    names["VERIFIER_KEY"] = given["verifier_key"]
    written("receipt.tlog-proof", given["receipt"])
    written("changed.tlog-proof", given["receipt"].replace("index 1\n", "index 2\n", 1))
    names["OTHER_VERIFIER_KEY"] = said(run, f"creditbank init bank {FOUNDING}")["verifier_key"]
    Path("broken").mkdir()
    written("broken/ledger.db", "this is no database, but a long enough text to look at " * 40)
    written("broken.toml", 'book = "mine"\nversion = "1"\ncolour = "red"\n')


@pytest.fixture
def town(run: Run, college: Any) -> dict[str, str]:
    """Return what the words with ``$`` stand for, in a folder with everything that the wrong invocations name."""
    Path("city").symlink_to(college.folder)
    names = {"ACCOUNT": college.account, "ENROLMENT": college.enrolment, "BOOK": college.book}
    outcomes(college)
    persons(college)
    applying(run, college, names)
    elsewhere(run, names)
    gone(run, names)
    evidence(run, names)
    return names


def told(text: str, names: dict[str, str]) -> str:
    """Return what was said, with what differs from run to run by its name."""
    for name, value in names.items():
        text = text.replace(value, f"${name}")
    text = text.replace(", ".join(shipped()), "<the shipped books>")
    return re.sub(r"\b20[2-9][0-9]-[0-9]{2}-[0-9]{2}\b", lambda day: day[0] if day[0] in DAYS else "<day>", text)


def test_the_table_of_errors_is_the_golden_one(run: Run, town: dict[str, str]) -> None:
    said: list[str] = []
    entries = run("verify", "city").stdout
    for heading, part in WRONG.items():
        said.append(f"# {heading}\n")
        for line in part.strip().split("\n"):
            line = line.strip()
            result = run(*shlex.split(Template(line).substitute(town))[1:])
            assert result.exit_code in (1, 2, 3, 4), line
            assert result.stderr, f"{line} says what is wrong"
            said.append(f"$ {line}\n{told(result.stdout + result.stderr, town)}exit {result.exit_code}\n")
    assert run("verify", "city").stdout == entries, "whatever is wrong records nothing"
    table = "\n".join(said)
    if os.environ.get(RENEW) == "1":
        GOLDEN.write_text(table, encoding="utf-8")
    assert table == GOLDEN.read_text(encoding="utf-8"), f"if it is meant, run with {RENEW}=1"


def test_programs_are_told_the_same_and_nobody_is_named(run: Run, town: dict[str, str]) -> None:
    for line in (line.strip() for part in WRONG.values() for line in part.strip().split("\n")):
        words = shlex.split(Template(line).substitute(town))[1:]
        person, program = run(*words), run(*words, "--json")
        if words[0] == "completion":
            continue
        error = json.loads(program.stderr)
        assert (error["exit"], program.exit_code) == (person.exit_code, person.exit_code), line
        assert error["message"] in person.stderr, line
        for secret in (NAME, NUMBER, "110105194912310021", CERTIFICATE, "20260815", "13800", "E00000002"):
            assert secret not in person.output + program.output, f"{line} repeats what it read"


def test_every_family_has_its_exit_code_in_the_table() -> None:
    table = GOLDEN.read_text(encoding="utf-8")
    found = re.findall(r"^creditbank: (\w+): .*\nexit (\d)$", table, re.MULTILINE)
    assert set(found) == {("refused", "1"), ("malformed", "2"), ("unverified", "3"), ("store", "4")}
    assert len(found) >= 60
    for message in re.findall(r"^creditbank: (?:refused|malformed|store): (.*)$", table, re.MULTILINE):
        assert re.search(r"[:;] ", message), f"it says what to do next: {message}"
