"""
The page of programmes has every key that the loader asks for and no other, and every key of the answer.

What the loader knows is found by listening to it while it reads, as for the page of books.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from test_docs_blocks import blocks

import creditbank as cb
from creditbank.codec import book_table
from creditbank.domain.degree.requirement import DEPTH_MAX, NODES_MAX

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "reference" / "programmes.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLE = next(block.text for block in blocks(PAGE) if block.file == "network.toml")

EVERYTHING = """
programme = "p"
version = "1"
title = "所有的键"
since = 2024-09-01
until = 2030-09-01
school = "keys:college"
system = "cn-college"
credits = 100
counts = { "source.revoked" = { not = true, absent = "pass" } }
repeats = { "source.category" = "体育" }
floors = [{ where = { "source.category" = "a" }, at_least = { percent = 10, of = "counted" } }]
basis = { b = { title = "方案", url = "https://college.example.org/", note = "无" } }
levels = { x = ["初级", "中级"], y = ["一", "二"] }
fields = { "source.level" = "level:x", "source.other" = "level:y", "learner.intake" = "text" }
crosswalk = [{ from = "x:中级", to = "y:二", basis = "b:1" }]
calendars = { term = { starts = ["03-01", "09-01"] } }
derive = { "source.term" = { calendar = "term", of = "source.ended_on" } }
requirement = [
  { id = "whole", name = { zh = "全部", en = "All" }, basis = "b:1", when = { "learner.intake" = "高考" }, shares = true, all = [
    "C1",
    { any = ["C2", { course = "C3", credits = 2 }] },
    { pick = 1, of = ["C4", "C5"] },
    { credits = 6, count = 2, from = { "source.category" = "a" } },
    { credits = { percent = 20, of = "programme" }, floors = [{ where = { "source.category" = "b" }, at_most = 3 }] } ] } ]
early = { id = "soon", after = "2 years", basis = "b:2", credits = 90 }
course = [{ code = "C1", credits = 4, name = "一", category = ["a"] }]
"""


def told() -> dict[str, set[str]]:
    """Return the keys in the first column of every table that is marked ``<!-- keys: place -->``."""
    found: dict[str, set[str]] = {}
    for place, table in re.findall(r"<!-- keys: ([a-z]+) -->\n\n((?:\|.*\n)+)", TEXT):
        assert place not in found, f"two tables for {place}"
        cells = [row.split("|")[1] for row in table.splitlines()[2:]]
        found[place] = {word for cell in cells for code in re.findall(r"`([^`]+)`", cell) for word in _keys(code)}
    return found


def _keys(code: str) -> list[str]:
    return [code] if re.fullmatch(r"[a-z_]+", code) else re.findall(r"(\w+) =", code)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    has = book_table.Table.has

    def listening(self: book_table.Table, key: str) -> bool:
        place = _place(self)
        if place and "." not in key:
            found[place].add(key)
        return has(self, key)

    monkeypatch.setattr(book_table.Table, "has", listening)
    return found


def _place(table: book_table.Table) -> str:
    """Return which of the page's tables *table* is about; nothing for what is as in books, or named by the author."""
    parts = [part for part in table.path.split() if not part.isdigit()]
    if any("." in part for part in parts):
        return ""  # the tests of a selection
    if not parts:
        # What a programme and a book say alike is read as a book's head, from a table of its own.
        return "" if "book" in table.data else "programme" if not table.place.clause else table.place.noun
    last = parts[-1]
    return {"floors": "floors", "at_least": "share", "at_most": "share", "credits": "share", "name": "name", "early": "early"}.get(
        last, ""
    )  # fmt: skip


def test_the_page_has_every_key_of_a_programme_and_no_other(heard: dict[str, set[str]]) -> None:
    for text in (EXAMPLE, EVERYTHING):
        cb.read_programme(text, name="programme.toml")
    page = told()
    assert heard["programme"] == page["programme"]
    # Requirements of ``early`` are read like the others, from the same table as ``after``.
    assert heard["requirement"] == page["requirement"] | page["asks"] | page["early"]
    assert heard["floors"] == page["floors"]
    assert heard["share"] == page["share"]
    assert heard["course"] | heard["name"] <= set(re.findall(r"`(\w+)`", TEXT))
    assert heard["course"] >= {"code", "credits"}
    assert page.keys() == {"programme", "requirement", "asks", "floors", "share", "early", "answer"}


@pytest.mark.parametrize("place", ["programme", "requirement", "floors", "course", "early", "name"])
def test_a_key_that_is_not_on_the_page_is_refused(place: str) -> None:
    before = {
        "programme": "credits = 100",
        "requirement": 'id = "whole"',
        "floors": "at_most = 3",
        "course": 'code = "C1"',
        "early": 'after = "2 years"',
        "name": 'zh = "全部"',
    }[place]
    assert EVERYTHING.count(before) == 1
    sign = "\n" if place == "programme" else ", "
    with pytest.raises(cb.MalformedBookError, match="nonsense"):
        cb.read_programme(EVERYTHING.replace(before, f'{before}{sign}nonsense = "x"'), name="programme.toml")


def test_the_limits_are_the_loaders() -> None:
    assert f"at most {DEPTH_MAX} deep, and there are at most {NODES_MAX:,}" in " ".join(TEXT.split())


def _every_key(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for one in value.values():
            yield from _every_key(one)
    elif isinstance(value, list):
        for one in value:
            yield from _every_key(one)


def test_the_page_has_every_key_of_the_answer() -> None:
    elsewhere = '{ where = { "source.issuer" = "keys:x" }, at_least = { percent = 50, of = "counted" } }'
    impossible = EXAMPLE.replace("floors = [", f"floors = [{elsewhere}, ")
    floors = EVERYTHING.replace("percent = 10", "percent = 80")
    facts = {"class": "course", "issuer": "keys:college", "category": ("a",)}
    records = [
        cb.Record(
            date(2026, 9, 1),
            {"enrolled_on": date(2024, 9, 1)} | about,  # type: ignore[dict-item] # values of fields
            {},
            (
                cb.Holding("o1", "一", facts | {"code": "C1"}, Fraction(4)),
                cb.Holding("o2", "二", facts, Fraction(3)),
                cb.Holding("o3", "三", facts | {"revoked": True}, Fraction(3)),
                cb.Holding("o4", "四", {"class": "course"}, Fraction(3)),
            ),
            date(2027, 6, 30),
        )
        for about in ({}, {"intake": "高考"})
    ]
    answers = [
        cb.audit_dict(cb.audit(cb.read_programme(text, name="p"), record))
        for text in (EXAMPLE, EVERYTHING, impossible, floors)
        for record in records
    ]
    keys = {key for answer in answers for key in _every_key(answer)} - {"zh", "en"}
    table = re.search(r"<!-- keys: answer -->\n\n((?:\|.*\n)+)", TEXT)
    assert table is not None
    written = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", table[1]))))
    assert keys <= written
    of_the_command = {"account", "position", "digest"}
    assert told()["answer"] - keys <= of_the_command | {"ahead"}
