"""
The page of books and cases has every key that the loader asks for and no other, every field, choice, code and limit.

What the loader knows is found by listening to it while it reads: a table asks for a key whether or not it is there.
"""

import importlib.util
import json
import re
import tomllib
from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

import attrs
import pytest
from click.testing import CliRunner
from test_docs_blocks import blocks

from creditbank.cli.app import app
from creditbank.codec import book as book_codec, book_rows, book_table, case, case_table
from creditbank.codec.book import read_book
from creditbank.codec.case import read_case
from creditbank.codec.decision import decision_dict
from creditbank.domain import credit
from creditbank.domain.period import MonthEnd
from creditbank.domain.rule import clause, mapping
from creditbank.domain.rule.decision import (
    Compared,
    Decision,
    Declined,
    DeclinedLine,
    ItemResult,
    Measured,
    SetEffect,
    Total,
)
from creditbank.domain.rule.field import CORE_FIELDS
from creditbank.domain.rule.selection import Absent, BoundWord
from creditbank.errors import MalformedError
from creditbank.rulebooks import file, read, shipped

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "reference" / "books.md"
TEXT = PAGE.read_text(encoding="utf-8")
TOML = [block for block in blocks(PAGE) if block.language == "toml"]
HEAD = next(block.text for block in TOML if block.file == "head.toml")
ANY_MAP = '\n[[clause]]\nid = "any-map"\nkind = "map"\nmatch = { "target.kind" = "course" }\nbasis = "r:1"\n'
FRAGMENTS_MIN = 10

# Tables of the loader whose keys are names that the author of a book gives.
NAMES = {
    "book.basis",
    "book.levels",
    "book.fields",
    "book.calendars",
    "book.derive",
    "book.parity",
    "say",
    "parts",
    "set",
}


def files() -> dict[str, bytes]:
    """Return what the page's books may name: its CSV files by name, its books by id and version."""
    found = {block.file: block.text.encode() for block in blocks(PAGE) if block.file.endswith(".csv")}
    for block in TOML:
        if block.file and block.file != "head.toml":
            head = tomllib.loads(block.text)
            found[f"{head['book']}@{head['version']}"] = block.text.encode()
    return found


def fragments() -> list[str]:
    """Return the page's books: those that name a file, and fragments under the page's head, with a map."""
    found = []
    for block in TOML:
        if block.file:
            found += [block.text] if "[[clause]]" in block.text else []
        elif "[[clause]]" in block.text:
            found.append(f"{HEAD}\n{block.text}{ANY_MAP}")
        else:
            raise AssertionError(f"line {block.line}: a fragment without a clause is not tried")
    return found


def test_every_fragment_of_the_page_is_a_book() -> None:
    found = fragments()
    assert len(found) >= FRAGMENTS_MIN
    for text in found:
        read_book(text, name="books.md", files=files().get)


def test_what_is_written_beside_a_phrase_is_toml() -> None:
    table = TEXT.partition("## How regulations say it")[2].partition("\n## ")[0]
    found = [one for one in re.findall(r"`([^`]+)`", table) if " = " in one]
    assert len(found) >= FRAGMENTS_MIN
    for one in found:
        tomllib.loads(f"x = {one}" if one.startswith("{") else one)


# --- keys -------------------------------------------------------------------------------------------------------------


def told() -> dict[str, set[str]]:
    """Return the keys in the first column of every table that is marked ``<!-- keys: place -->``."""
    found: dict[str, set[str]] = {}
    for place, table in re.findall(r"<!-- keys: ([a-z_.]+) -->\n\n((?:\|.*\n)+)", TEXT):
        assert place not in found, f"two tables for {place}"
        found[place] = set()
        for row in table.splitlines()[2:]:
            for code in re.findall(r"`([^`]+)`", row.split("|")[1]):
                found[place] |= {code} if re.fullmatch(r"[a-z_]+", code) else set(re.findall(r"(\w+) =", code))
    return found


class Listener:
    """Collects which keys are asked for, by place."""

    def __init__(self) -> None:
        self.keys: dict[str, set[str]] = defaultdict(set)
        self.kind = ""

    def book_place(self, table: book_table.Table) -> str:
        parts = [part for part in table.path.split() if not part.isdigit()]
        if not table.place.clause:
            # A row of a list is numbered; a table of the head is named; what is in it is named by the author.
            single = table.path[-1:].isdigit() or len(parts) > 1 or parts == ["dates"]
            return "book" if not parts else parts[0] if single else f"book.{parts[0]}"
        if not parts:
            self.kind = str(table.data["kind"])
            return self.kind
        if any("." in part for part in parts):
            return "test"
        for part in ("from", "to"):
            if part in parts:
                return part
        if parts[-1] in ("at_most", "at_least"):
            return "limit"
        return parts[-1] if parts[-1] not in ("rows",) else f"{self.kind}.{parts[-1]}"

    def heard(self, place: str, key: str) -> None:
        if "." not in key and place not in NAMES:
            self.keys[place].add(key)


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Listener:
    found = Listener()
    has_book = book_table.Table.has

    def book_has(self: book_table.Table, key: str) -> bool:
        found.heard(found.book_place(self), key)
        return has_book(self, key)

    monkeypatch.setattr(book_table.Table, "has", book_has)
    return found


def test_the_page_has_every_key_of_a_book_and_no_other(listener: Listener) -> None:
    for text in (*fragments(), *map(read, shipped())):
        read_book(text, name="book", files=lambda name: files().get(name) or file(name))
    page = told()
    kinds = set(
        re.findall(r'"([a-z]+)": (?:_|read_)', Path(book_codec.__file__).with_name("book_clauses.py").read_text())
    )
    assert kinds >= {"map", "gate", "chain"}
    assert kinds <= set(listener.keys), "every kind stands in a fragment"
    for place, keys in listener.keys.items():
        common = page["clause"] if place in kinds else set()
        assert keys - common == page.get(place, set()) - common, place
        assert common <= keys, place
    assert {place for place in page if not place.startswith("case")} <= {
        *listener.keys,
        "clause",
        "decision",
        "result",
        "working",
    }


LINE = {"application": "a", "item": "1", "act": "convert", "target": "t", "credits": 1, "on": "2026-02-02"}
EVERYTHING: dict[str, Any] = {
    "application": {"id": "a", "act": "convert", "items": [{"id": "1", "sources": []}]},
    "outcomes": {"s": {}},
    "targets": {"t": {}},
    "history": [LINE],
    "pairs": [{"source": "s", "target": "t"}],
    "programme": {"totals": [{"credits": 1}]},
    "calendars": {"c": {"terms": [{"id": "1", "since": "2026-01-01", "until": "2027-01-01"}]}},
    "waivers": [{"clause": "any-map", "item": "1", "by": "dean", "reason": "why"}],
}


# Where each object of a case is in it.
PLACES: dict[str, tuple[str | int, ...]] = {
    "case": (),
    "case.application": ("application",),
    "case.application.items": ("application", "items", 0),
    "case.history": ("history", 0),
    "case.pairs": ("pairs", 0),
    "case.programme.totals": ("programme", "totals", 0),
    "case.calendars": ("calendars", "c"),
    "case.calendars.terms": ("calendars", "c", "terms", 0),
    "case.waivers": ("waivers", 0),
}


def fault_of_case(place: tuple[str | int, ...], key: str) -> str:
    """Return what is said of a 0 under *key* of the object at *place*, and the mend."""
    data: Any = json.loads(json.dumps(EVERYTHING))
    at = data
    for step in place:
        at = at[step]
    at[key] = 0
    with pytest.raises(MalformedError) as caught:
        read_case(json.dumps(data), read_book(HEAD + ANY_MAP, name="book"))
    return f"{caught.value.what}; {caught.value.mend}"


def test_the_page_has_every_key_of_a_case_and_no_other() -> None:
    read_case(json.dumps(EVERYTHING), read_book(HEAD + ANY_MAP, name="book"))
    page = {place: keys for place, keys in told().items() if place.startswith("case")}
    lists = page.pop("case.programme")  # its other keys are facts
    assert page.keys() == PLACES.keys()
    for place, keys in page.items():
        asked = re.fullmatch(r"unknown key 'zz'; use one of ([a-z, ]+)(; .*)?", fault_of_case(PLACES[place], "zz"))
        assert asked is not None, place
        assert set(asked[1].split(", ")) == keys, place
    assert len(lists) == 2
    assert all("is not a list" in fault_of_case(("programme",), key) for key in lists)


def full_decision() -> Decision:
    """Return what no book would decide: a granted item and a refused one that say everything that can be said."""
    one = Fraction(1)
    floor = Measured("1", "floor.1", "credits", one, "at_least", Fraction(2), None)
    compared = (Compared("target.kind", "school", "is", "course"),)
    granted = ItemResult(
        item="1",
        granted=one,
        targets=(("t", one),),
        used=("s",),
        lines=(),
        worth=one,
        grade="90",
        counts_as="90",
        mode="credit",
        gives=("B-Hum",),
        kept=one,
        forfeited=one,
        rounded=one,
        declined=(Declined("cap.1", "1", one),),
        make_up=(("t", one),),
        final=True,
        waived=("1",),
        refused=None,
        clause="1",
        basis="d1:1",
        compared=compared,
        also=("gate.2",),
        score=one,
        effects=(SetEffect("status", "open", "1"),),
        floors=(floor,),
        declined_lines=(DeclinedLine("s", "gate.1", "1", compared),),
        level_points=one,
    )
    refused = attrs.evolve(granted, granted=None, refused="gate.1")
    return Decision(1, "", "", (granted, refused), (Total("cn-college", "", one),), "", (floor,))


def test_the_page_has_every_key_of_the_answer_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for block in blocks(PAGE):
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
    words = ["decide", "donghu-conversion.toml", "case.json", "--json", "--explain", "zh", "--workings"]
    said = json.loads(CliRunner().invoke(app, words).output)
    full = decision_dict(full_decision())
    assert set(full) | set(said) == told()["decision"]
    assert {key for result in full["results"] for key in result} == told()["result"]
    assert {key for row in said["clauses"] for key in row} == told()["working"]


# --- fields, choices, codes, limits -----------------------------------------------------------------------------------


def test_the_page_has_every_field_of_the_engine_with_its_type() -> None:
    table = re.search(r"<!-- fields -->\n\n((?:\|.*\n)+)", TEXT)
    assert table is not None
    found = {}
    for row in table[1].splitlines()[2:]:
        kind, *fields = re.findall(r"`([^`]+)`", row)
        found |= dict.fromkeys(fields, kind)
    assert found == {name: str(kind) for name, kind in CORE_FIELDS.items()}


@pytest.mark.parametrize(
    "options",
    [
        *(getattr(clause, name) for name in ("Across", "GateWord", "Measure", "Mode", "Units", "Leftover", "Several")),
        *(credit.Rounding, MonthEnd, Absent, BoundWord),
    ],
    ids=lambda options: get_args(options)[0],
)
def test_the_page_has_every_choice(options: Any) -> None:
    for value in get_args(options):
        assert re.search(rf'`"?{value}"?`', TEXT), value


def test_the_page_has_every_code_of_the_engine_and_no_other() -> None:
    table = re.search(r"<!-- codes -->\n\n((?:\|.*\n)+)", TEXT)
    assert table is not None
    page = {row.split("`")[1] for row in table[1].splitlines()[2:]}
    folder = Path(mapping.__file__).parent
    source = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py") if "explain" not in path.name)
    families = r"book|item|missing|map|gate|worth|highest|once|cap|floor|score"
    own = set(re.findall(rf'"((?:{families})\.[a-z-]+)"', source)) - (set(CORE_FIELDS) - {"item.ask"}) - {"item.marks"}
    written = set(re.findall(rf'f"((?:{families})\.)\{{', source))
    assert own - page == {code for code in own if code.startswith("missing.")}
    for family in written:
        assert any(code.startswith(f"{family}<") or code == "map.none" for code in page), family
    named = {code for code in page if "<" not in code}
    assert named - {"map.none"} == {code for code in own if not code.startswith("missing.")}


@pytest.mark.parametrize(
    "limit",
    [
        *(book_codec.BOOK_SIZE_MAX, book_codec.CLAUSES_MAX, book_table.LIST_MAX, book_table.TEXT_MAX),
        *(book_rows.FROM_DEPTH_MAX, book_rows.PARTS_MAX, case.CASE_SIZE_MAX, case.ITEMS_MAX, case_table.SOURCES_MAX),
        *(credit.NUMBER_SIZE_MAX, mapping.MEET_STEPS_MAX),
    ],
)
def test_the_page_has_every_limit(limit: int) -> None:
    assert f"{limit:,}".replace(",", " ") in TEXT


# --- a page per book --------------------------------------------------------------------------------------------------


def _book_pages() -> Any:
    spec = importlib.util.spec_from_file_location("book_pages", ROOT / "docs" / "_ext" / "book_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


book_pages = _book_pages()


@pytest.mark.parametrize("name", shipped())
def test_the_page_of_a_book_has_its_clauses_numbers_sources_and_doubts(name: str) -> None:
    book = read_book(read(name), name=name, files=file)
    page = book_pages.page(name)
    rows = {row.split(" | ")[0].removeprefix("| ").replace("\\", ""): row for row in page.splitlines()}
    for one in book.clauses:
        row = rows[one.id]
        url = book.basis[one.basis.partition(":")[0]].url
        assert f"({url})" in row or not url
        assert one.zh in row.replace("\\", "")
        if isinstance(one, clause.Cap) and isinstance(one.at_most, credit.Fraction):
            assert f"at_most: {credit.number_text(one.at_most)}" in row.replace("\\", "")
    for source, basis in book.basis.items():
        assert basis.note in rows[f"`{source}`"].replace("\\", "")
        assert basis.url in rows[f"`{source}`"]
    assert f"`{book.dates.version}`" in page


def test_pages_of_books_are_written_and_old_ones_taken_away(tmp_path: Path) -> None:
    (tmp_path / "no-more.md").write_text("old", encoding="utf-8")
    book_pages.write_pages(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == set(shipped())
    first = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    book_pages.write_pages(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == first
