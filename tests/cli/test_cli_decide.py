"""``creditbank decide`` without a bank; ``explain``, ``case`` and ``book`` of one: a golden table, errors, replay."""

import hashlib
import json
import os
import re
import shlex
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from creditbank.codec.payload import to_plain
from creditbank.domain.name import OutcomeId
from creditbank.rulebooks import read, shipped

Run = Callable[..., Result]
Errors = Callable[[Result], dict[str, Any]]

GOLDEN = Path(__file__).parent / "golden" / "decide.txt"
RENEW = "CREDITBANK_RENEW_GOLDEN"
"""Set to 1, the golden table is written anew: read the difference before you commit it."""

COURSES = {
    "c1": {"kind": "course", "name": "广告创意与设计", "category": "专业核心", "compulsory": True, "credits": 4},
    "c2": {"kind": "course", "name": "平面广告设计", "category": "专业核心", "compulsory": True, "credits": 4},
    "c3": {"kind": "course", "name": "App原型设计", "category": ["专业核心"], "compulsory": True, "credits": "2"},
    "c4": {"kind": "course", "name": "网页设计基础", "category": ["专业基础"], "compulsory": True, "credits": "3.0"},
    "c5": {"kind": "course", "name": "摄影", "category": ["专业核心"], "credits": 1},
}
CASE = {
    "application": {
        "id": "a1",
        "act": "convert",
        "dates": {"applied_on": "2022-06-01"},
        "items": [{"id": str(n), "sources": ["x"], "targets": [id]} for n, id in enumerate(COURSES, 1)],
    },
    "outcomes": {"x": {"class": "x-certificate", "name": "数字影像处理", "level": "中级", "bank_credits": 10}},
    "targets": COURSES,
    "systems": {"cn-college": "0.5"},
}
SCHOOLS = {
    "application": {
        "id": "t1",
        "act": "transfer",
        "dates": {"applied_on": "2026-01-20"},
        "facts": {"window": "高二S2", "remaining_years": 1, "test_passed": True},
        "items": [{"id": "1", "sources": ["enrolment"], "targets": ["place"]}],
    },
    "outcomes": {"enrolment": {"kind": "general-school", "county": "370305", "city": "3703"}},
    "targets": {
        "place": {
            "school_kind": "vocational-school",
            "programme_kind": "vocational-3",
            "county": "370305",
            "city": "3703",
            "places_left": 5,
        }
    },
}

LINES = """
    creditbank decide x-certificate-conversion case.json
    creditbank decide x-certificate-conversion case.json --json
    creditbank decide x-certificate-conversion case.json --explain zh
    creditbank decide x-certificate-conversion case.json --explain en
    creditbank decide x-certificate-conversion case.json --html
    creditbank decide parts.toml case.json
    creditbank decide shandong-transfer transfer.json --json
    creditbank decide shandong-transfer transfer.json --explain en
    creditbank decide x-certificate-conversion transfer.json
    creditbank decide x-certificate-conversion other-act.json
    creditbank decide case.json x-certificate-conversion
    creditbank decide case.json rules.toml
    creditbank decide rules.toml rules.toml
    creditbank decide rules.toml
    creditbank decide nowhere.toml case.json
    creditbank decide x-certificate-conversion nowhere.json
    creditbank decide broken.toml case.json
    creditbank decide half.json case.json
    creditbank decide x-certificate-conversion half.json
    creditbank decide x-certificate-conversion id.json
    creditbank decide x-certificate-conversion type.json
    creditbank decide x-certificate-conversion key.json
    creditbank decide x-certificate-conversion field.json
    creditbank decide x-certificate-conversion float.json
    creditbank decide x-certificate-conversion named.json
    creditbank decide x-certificate-conversion case.json --explain fr
"""


def written(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    Path(name).write_text(text, encoding="utf-8")
    return name


@pytest.mark.usefixtures("files")
def test_files_may_begin_with_a_byte_order_mark(run: Run) -> None:
    plain = run("decide", "rules.toml", "case.json", "--json")
    for name in ("rules.toml", "case.json"):
        Path(name).write_bytes(b"\xef\xbb\xbf" + Path(name).read_bytes())
    assert run("decide", "rules.toml", "case.json", "--json").stdout == plain.stdout
    assert json.loads(plain.stdout)["results"]


def changed(*path: str | int, **values: Any) -> Any:
    """Return the case with other *values* at *path*."""
    data = json.loads(json.dumps(CASE))
    place = data
    for key in path:
        place = place[key]
    place.update(values)
    return data


@pytest.fixture
def files(run: Run) -> None:
    rules = read("x-certificate-conversion")
    written("case.json", CASE)
    written("transfer.json", SCHOOLS)
    written("rules.toml", rules)
    parts = '[[clause]]\nid = "6"\nkind = "policy"\nunits = "parts"\nbasis = "house:1"\n'
    written("parts.toml", rules + parts)
    written("broken.toml", rules.replace('per = ["source"]', 'per = ["sourse"]', 1))
    written("half.json", '{"application": {')
    written("id.json", changed("application", "items", 0, sources=["y"]))
    written("type.json", changed("outcomes", "x", bank_credits="ten"))
    written("key.json", changed("application", "items", 0, notes="soon"))
    written("field.json", changed("targets", "c1", colour="red"))
    written("float.json", changed("outcomes", "x", bank_credits=8.5))
    written("named.json", changed(book="ab" * 32))
    written("other-act.json", changed("application", act="sit"))


@pytest.mark.usefixtures("files")
def test_the_table_of_decisions_is_the_golden_one(run: Run) -> None:
    said = []
    for line in LINES.strip().split("\n"):
        line = line.strip()
        result = run(*shlex.split(line)[1:])
        said.append(f"$ {line}\n{result.stdout}{result.stderr}exit {result.exit_code}\n")
    # Digests follow every change of a form; that they are the bank's own is tested below.
    table = re.sub(r"\b[0-9a-f]{64}\b", "<digest>", "\n".join(said))
    table = table.replace(", ".join(shipped()), "<the shipped books>")
    if os.environ.get(RENEW) == "1":
        GOLDEN.write_text(table, encoding="utf-8")
    assert table == GOLDEN.read_text(encoding="utf-8"), f"if it is meant, run with {RENEW}=1"


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.usefixtures("files")
def test_what_a_program_reads(run: Run) -> None:
    said = told(run("decide", "x-certificate-conversion", "case.json", "--json"))
    assert [one.get("granted") or one["refused"] for one in said["results"]] == [
        *("4", "4", "cap.certificate", "gate.level-category", "missing.target.compulsory")
    ]
    assert "clauses" not in said
    assert "explanation" not in said
    whole = told(run("decide", "x-certificate-conversion", "case.json", "--json", "--workings", "--html"))
    assert whole["explanation"].startswith("<!doctype html>")
    assert {row["clause"] for row in whole["clauses"] if row["item"] == "3"} >= {"1", "4.2", "3.1"}
    assert {key: whole[key] for key in said} == said


@pytest.mark.usefixtures("files")
def test_a_shipped_book_that_is_misspelt_is_named(run: Run, errors: Errors) -> None:
    result = run("decide", "x-certificate-conversoin", "case.json", "--json")
    assert result.exit_code == 4
    assert errors(result)["message"].endswith("; did you mean 'x-certificate-conversion'?")
    assert (
        "give a TOML file, or one of" in errors(run("decide", "nothing-like-it.toml", "case.json", "--json"))["message"]
    )


@pytest.mark.usefixtures("files")
def test_the_closest_rule_is_told_with_the_book(run: Run) -> None:
    clause = 'clause = [{ id = "1", kind = "map", basis = "b:1", match = { "source.class" = "diploma" } }]'
    head = 'book = "b"\nversion = "1"\ntitle = "t"\nsince = 2020-01-01\nacts = ["convert"]\nsystem = "s"\n'
    Path("diplomas.toml").write_text(f'{head}basis = {{ b = {{ title = "t" }} }}\n{clause}\n', "utf-8")
    item = {"id": "1", "sources": ["x"], "targets": ["t"]}
    case = {
        "application": {"id": "a", "act": "convert", "dates": {"applied_on": "2022-06-01"}, "items": [item]},
        "outcomes": {"x": {"class": "contest", "achieved_on": "2022-01-01"}},
        "targets": {"t": {"credits": 1}},
    }
    Path("contest.json").write_text(json.dumps(case), "utf-8")
    said = run("decide", "diplomas.toml", "contest.json", "--explain", "en").stdout
    assert "  closest rule: class of the outcome (source.class): contest — must be diploma\n" in said


@pytest.mark.usefixtures("files")
def test_an_act_that_gives_no_credit_grants_0(run: Run) -> None:
    facts = SCHOOLS["application"] | {"facts": {"window": "高一S1", "remaining_years": 2, "test_passed": True}}  # type: ignore[operator] # a table
    said = told(run("decide", "shandong-transfer", written("t.json", SCHOOLS | {"application": facts}), "--json"))
    assert said["results"][0]["granted"] == "0"
    assert said["totals"] == []


def test_an_award_shows_what_its_floors_found(run: Run) -> None:
    written(
        "award.toml",
        """book = "award"\nversion = "1"\ntitle = "核销办法"\nsince = 2020-01-01\nacts = ["award"]\nsystem = "s"
        basis = { b = { title = "核销办法" } }
        clause = [{ id = "lot", kind = "worth", of = "@source.credits", basis = "b:1" },
          { id = "total", kind = "floor", at_least = "@target.credits", basis = "b:2" },
          { id = "own", kind = "floor", over = { "source.issuer" = "us" }, at_least = "@target.credits", basis = "b:3" }]""",
    )
    lots = {
        id: {"credits": n, "system": "s", "issuer": "us", "achieved_on": "2022-01-01"} for id, n in (("a", 3), ("b", 2))
    }
    item = {"id": "1", "sources": "all", "targets": ["d"]}
    application = {"id": "a1", "act": "award", "dates": {"applied_on": "2022-06-01"}, "items": [item]}
    for credits, said in ((5, "own credits: 5 / at_least 5"), (6, "尚缺 Short: total credits: 5 / at_least 6")):
        case = {"application": application, "outcomes": lots, "targets": {"d": {"kind": "degree", "credits": credits}}}
        shown = run("decide", "award.toml", written("award.json", case))
        assert shown.exit_code == 0, shown.stderr
        assert said in " ".join(shown.stdout.split())


@pytest.mark.usefixtures("files")
def test_a_long_case_is_told_from_a_book_at_once(run: Run) -> None:
    rest = {f"o{n}": {"achieved_on": "2022-01-01"} for n in range(20_000)}
    case = json.loads(Path("case.json").read_text(encoding="utf-8"))
    began = time.process_time()
    assert run("decide", written("long.json", case | {"outcomes": rest}), "case.json").exit_code == 2
    assert run("decide", "rules.toml", written("spaces.json", "\n" * 100_000)).exit_code == 2
    assert time.process_time() - began < 5


@pytest.mark.usefixtures("files")
def test_a_case_comes_from_standard_input_too(run: Run) -> None:
    text = Path("case.json").read_text(encoding="utf-8")
    first = told(run("decide", "rules.toml", "case.json", "--json"))
    assert told(run("decide", "rules.toml", "-", "--json", input=text)) == first
    rules = Path("rules.toml").read_text(encoding="utf-8")
    assert told(run("decide", "-", "case.json", "--json", input=rules)) == first


@pytest.mark.usefixtures("files")
def test_a_file_comes_before_a_shipped_book_of_its_name(run: Run) -> None:
    text = read("x-certificate-conversion").replace("at_most = 8", "at_most = 4")
    written("x-certificate-conversion", text)
    said = told(run("decide", "x-certificate-conversion", "case.json", "--json"))
    assert said["results"][1]["refused"] == "cap.certificate"


# --- with a bank ------------------------------------------------------------------------------------------------------


def applied(run: Run, college: Any) -> str:
    """Return the id of an application for three courses, of which one is refused."""
    deposited = told(
        run("deposit", college.folder, college.account, written("o.json", college.certificate()), "--json")
    )
    application = to_plain(college.application(OutcomeId(deposited["events"][0]["event"]["id"]), "4", "4", "2"))
    said = told(run("convert", college.folder, college.account, written("a.json", application), "--json"))
    return str(said["events"][0]["event"]["id"])


def test_a_stranger_decides_again_what_the_bank_decided(run: Run, college: Any) -> None:
    id = applied(run, college)
    # What happens later changes nothing: the case is of the day.
    told(run("deposit", college.folder, college.account, written("p.json", college.certificate(number="N")), "--json"))
    made = told(run("case", college.folder, college.account, id, "--out", "case.json", "--json"))
    published = told(run("book", college.folder, college.book, "--out", "book.json", "--json"))
    assert Path("case.json").stat().st_mode & 0o777 == 0o600, "it tells about a learner"
    for name in ("case", "book"):
        assert hashlib.sha256(Path(f"{name}.json").read_bytes()).hexdigest() == (made | published)[name]
    event = told(run("statement", college.folder, college.account, "--json"))["statement"]["applications"][0]
    again = told(run("decide", "book.json", "case.json", "--json"))
    assert (again["book"], again["case"], again["workings"]) == (
        event["decision"]["book"],
        event["decision"]["case"],
        event["decision"]["workings"],
    )
    assert again["digest"] == made["decision"]
    assert told(run("decide", "x-certificate-conversion", "case.json", "--json")) == again, "the same book, as TOML"
    with_line_end = Path("book.json").read_text(encoding="utf-8") + "\n"
    assert told(run("decide", written("edited.json", with_line_end), "case.json", "--json")) == again


def test_a_decision_is_explained_by_the_bank(run: Run, college: Any, errors: Errors) -> None:
    id = applied(run, college)
    shown = run("explain", college.folder, college.account, id)
    assert "办法 Rules: X证书课程转换办法 (x-certificate-conversion@2022-1)" in shown.stdout
    assert "3 数字影像处理 → 课程3: 不予批准 — 超过上限 (cap.certificate)" in shown.stdout
    said = told(run("explain", college.folder, college.account, id, "--json", "--lang", "en"))
    assert said["results"][2]["refused"] == "cap.certificate"
    assert "a limit would be passed" in said["explanation"]
    html = run("explain", college.folder, college.account, id, "--html", "--lang", "en")
    assert html.stdout.startswith('<!doctype html>\n<html lang="en">')
    assert html.stdout.endswith("</html>\n")
    nobody = errors(run("explain", college.folder, college.account, "0" * 32, "--json"))
    assert (nobody["code"], nobody["exit"]) == ("unknown", 1)
    assert "see the statement" in nobody["message"]


def test_an_item_that_was_undone_since_is_named(run: Run, college: Any) -> None:
    id = applied(run, college)
    source = told(run("statement", college.folder, college.account, "--json"))["statement"]["outcomes"][0]["id"]
    told(run("revoke", college.folder, college.account, source, "--reason", "false", "--json"))
    assert "Items undone since: 1, 2\n" in run("explain", college.folder, college.account, id).stdout


def test_a_case_of_an_application_that_is_not_made_yet(run: Run, college: Any, errors: Errors) -> None:
    applied(run, college)
    shown = run("case", college.folder, college.account, "a.json")
    case = json.loads(shown.stdout)
    assert case["application"]["id"] == "quote"
    assert not shown.stdout.endswith("\n"), "canonical bytes, and no more"
    day = str(date.today())  # noqa: DTZ011 # the bank's zone is ahead of ours by less than a day
    assert case["application"]["dates"]["applied_on"] >= day
    quoted = told(run("quote", college.folder, college.account, "a.json", "--json"))["decision"]
    again = told(run("decide", "x-certificate-conversion", written("c.json", shown.stdout), "--json"))
    assert (again["case"], again["workings"]) == (quoted["case"], quoted["workings"])
    later = json.loads(run("case", college.folder, college.account, "a.json", "--on", "2031-01-31").stdout)
    assert later["application"]["dates"]["applied_on"] == "2031-01-31"
    assert errors(run("case", college.folder, college.account, "nowhere.json", "--json"))["code"] == "unknown"


def test_a_published_book_is_found_by_digest_or_by_version(run: Run, college: Any, errors: Errors) -> None:
    by_digest = run("book", college.folder, college.book).stdout
    assert run("book", college.folder, "x-certificate-conversion@2022-1").stdout == by_digest
    said = told(run("book", college.folder, college.book, "--json"))
    assert said == {"book": college.book, "text": by_digest}
    for word in ("x-certificate-conversion@2023-1", "nothing@1", "0" * 64, "x-certificate-conversion"):
        assert errors(run("book", college.folder, word, "--json"))["code"] == "unknown", word
    Path("book.json").write_text("mine")
    assert run("book", college.folder, college.book, "--out", "book.json").exit_code == 4
    assert Path("book.json").read_text() == "mine", "nothing is written over"


ROWS = """book = "history"
version = "1"
title = "转换目录"
since = 2020-01-01
acts = ["convert"]
system = "cn-college"
basis = { b = { title = "转换目录" } }
clause = [{ id = "r", kind = "map", basis = "b:1", rows_file = "rows.csv" }]
"""


def test_a_book_whose_rows_are_in_a_file_of_their_own(run: Run, college: Any, errors: Errors) -> None:
    written("rows.toml", ROWS)
    written("rows.csv", "from,to,credits\nHIST A,c1,4\n")
    case = CASE | {"outcomes": {"x": {"code": "HIST A", "achieved_on": "2022-01-01"}}}
    said = told(run("decide", "rows.toml", written("case.json", case), "--json"))
    assert [one.get("granted") or one["refused"] for one in said["results"]] == ["4", *["map.none"] * 4]
    digest = told(run("publish", college.folder, "rows.toml", "--by", "college", "--json"))["digest"]
    Path("away").mkdir()
    made = told(run("book", college.folder, digest, "--out", "away/book.json", "--json"))
    assert hashlib.sha256(Path("away", *made["rows"]).read_bytes()).hexdigest() == made["rows"][0]
    assert told(run("decide", "away/book.json", "case.json", "--json")) == said, "from its own bytes, elsewhere"
    assert errors(run("book", college.folder, digest, "--json"))["fields"]["where"] == "--out"
    Path("away", *made["rows"]).unlink()
    assert run("decide", "away/book.json", "case.json").exit_code == 2


def test_a_restricted_account_tells_nothing(run: Run, college: Any, errors: Errors) -> None:
    id = applied(run, college)
    told(run("restrict", college.folder, college.account, "--reason", "PIPL 47", "--json"))
    for command in ("explain", "case"):
        assert errors(run(command, college.folder, college.account, id, "--json"))["code"] == "restricted"
