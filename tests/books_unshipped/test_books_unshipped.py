"""
Books that are not shipped, written with nothing but the reference page at hand: what the page promises, kept.

Three are articles of real regulations (rules D2, D6 and D18 of the collection), two are after the usual text of catalogues
and of notices about veterans. What stands in them was known from extracts: they are examples, not those regulations.
"""

import json
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from creditbank.cli.app import app
from creditbank.codec.book import read_book
from creditbank.codec.case import read_case
from creditbank.domain.rule import decide

HERE = Path(__file__).parent

EXPECTED = {
    "catalogue.degree": ["120"],
    "catalogue.elsewhere": ["floor.residence"],
    "catalogue.examinations": [
        "8",
        "3",
        "2",
        "map.nothing",
        "3",
        "gate.grade",
        "cap.ap",
        "map.ap",
        "once.ONCE",
        "map.ap",
    ],
    "catalogue.senior": ["floor.senior-residence"],
    "catalogue.total": ["floor.total"],
    "course-substitution.certificates": [
        "8",
        "cap.one-course",
        "3",
        "once.course",
        "gate.practice",
        "2",
        "map.scope",
        "gate.compulsory",
        "gate.content",
        "cap.one-course",
        "map.scope",
        "once.certificate",
    ],
    "course-substitution.other-students": ["gate.schooling"],
    "credit-structure.complete": ["0"],
    "credit-structure.core-short": ["floor.core"],
    "credit-structure.elective-short": ["floor.elective"],
    "credit-structure.public-short": ["floor.public"],
    "credit-structure.same-courses": ["4", "gate.below-original", "map.same-course", "2"],
    "credit-structure.short": ["floor.extracurricular"],
    "framework-conversion.forms": [
        "3",
        "4",
        "6",
        "gate.level",
        "cap.one-course",
        "map.form",
        "cap.one-outcome",
        "gate.relation",
        "worth.insufficient",
    ],
    "veterans.late": ["gate.window"],
    "veterans.return": ["0", "0", "gate.major"],
    "veterans.years": ["0", "gate.elastic", "gate.2", "gate.elastic"],
}


def result(one):
    return one.get("refused") or one["granted"]


def book_of_file(name):
    return read_book((HERE / f"{name}.toml").read_text("utf-8"), name=f"{name}.toml")


@pytest.mark.parametrize("name", EXPECTED)
def test_the_command_line_decides_it(name):
    book = HERE / f"{name.partition('.')[0]}.toml"
    said = CliRunner().invoke(app, ["decide", str(book), str(HERE / f"{name}.json"), "--json"])
    assert said.exit_code == 0, said.stderr
    assert [result(one) for one in json.loads(said.stdout)["results"]] == EXPECTED[name]


def test_every_file_is_asked():
    assert {path.stem for path in HERE.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("name", sorted({name.partition(".")[0] for name in EXPECTED}))
def test_every_clause_decides_something(name):
    book = book_of_file(name)
    cases = {one: (HERE / f"{one}.json").read_text("utf-8") for one in EXPECTED if one.startswith(f"{name}.")}
    for at, clause in enumerate(book.clauses):
        without = attrs.evolve(book, clauses=book.clauses[:at] + book.clauses[at + 1 :])
        assert any(said(without, text) != said(book, text) for text in cases.values()), clause.id


def said(book, text):
    decision = decide(book, read_case(text, book))
    return [attrs.evolve(one, also=()) for one in decision.results]
