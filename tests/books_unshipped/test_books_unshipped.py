"""
Books that are not shipped, written with nothing but the reference page at hand: what the page promises, kept.

Five are articles of real regulations (rules D2, D6, D16 and D18 of the collection, and the comprehensive schools of Chengdu);
the others are after the usual text of catalogues, of senates' policies, and of notices about certificates and veterans. What
stands in them was known from extracts: they are examples, not those regulations.
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
from creditbank.errors import MalformedError

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
    "catalogue.mean": ["gate.mean"],
    "catalogue.senior": ["floor.senior-residence"],
    "catalogue.total": ["floor.total"],
    "catalogue.without-thesis": ["floor.without-thesis"],
    "comprehensive-school.back": ["0"],
    "comprehensive-school.back-not-known": ["missing.learner.requirements_met"],
    "comprehensive-school.back-too-late": ["gate.to-general"],
    "comprehensive-school.broad-class": ["gate.broad-class"],
    "comprehensive-school.day-after": ["gate.to-vocational"],
    "comprehensive-school.last-day": ["0"],
    "comprehensive-school.other-school": ["gate.same-school"],
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
    "exam-ladder.both-courses": ["8", "once.duplicate", "12", "3"],
    "exam-ladder.fifteen": ["12", "cap.clep", "once.duplicate"],
    "exam-ladder.last-day": ["4"],
    "exam-ladder.next-year": ["book.not-in-force"],
    "exam-ladder.past-thirty": ["cap.thirty", "3"],
    "exam-ladder.scores": [
        "map.none",
        "map.none",
        "map.none",
        "6",
        "4",
        "once.duplicate",
        "3",
        "map.nothing",
        "map.none",
    ],
    "exam-ladder.thirty": ["12", "cap.thirty", "cap.thirty"],
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
    "national-programme.electives": ["floor.electives"],
    "national-programme.exactly": ["0"],
    "national-programme.fifteen-hours": ["floor.total"],
    "national-programme.nineteen-hours": ["floor.total"],
    "national-programme.practice": ["floor.practice"],
    "national-programme.public": ["floor.public"],
    "national-programme.total": ["floor.total"],
    "prior-learning.decided-either-way": ["120"],
    "prior-learning.exactly": ["120"],
    "prior-learning.last-not-said": ["missing.source.in_last_45"],
    "prior-learning.more-than-half": ["floor.plar"],
    "prior-learning.quarter": ["floor.quarter"],
    "prior-learning.residence": ["floor.residence"],
    "prior-learning.too-much-by-examination": ["floor.total"],
    "two-levels.day-before": ["4"],
    "two-levels.end-of-february": ["gate.valid"],
    "two-levels.higher-later": ["2"],
    "two-levels.lower-later": ["highest.superseded"],
    "two-levels.together": ["highest.superseded", "3", "1.5", "once.once", "map.none", "once.once"],
    "two-levels.two-and-a-half-years": ["gate.valid", "2"],
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


def fault_of(read, *given, name):
    """What *read* makes of it, or the fault that it tells, with its place and the mend."""
    try:
        return read(*given, name=name), None
    except MalformedError as error:
        return None, error.where.startswith(name) and error.what and error.mend


def test_a_line_that_is_lost_leaves_a_book_or_a_fault_that_is_told():
    for path in HERE.glob("*.toml"):
        lines = path.read_text("utf-8").split("\n")
        for at, line in enumerate(lines):
            book, told = fault_of(read_book, "\n".join(lines[:at] + lines[at + 1 :]), name=path.name)
            assert book or told, (path.name, line)


OTHERS = (None, True, 0, 1.5, "", "文", [], ["文"], {}, {"文": 1}, [[]], -1)


def changed(value):
    """Every JSON in which one thing is lost or is something else."""
    if isinstance(value, dict):
        for key in value:
            yield {one: two for one, two in value.items() if one != key}
            yield {f"{one}s" if one == key else one: two for one, two in value.items()}
            yield from ({**value, key: other} for other in (*OTHERS, *changed(value[key])))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield value[:at] + value[at + 1 :]
            yield from ([*value[:at], other, *value[at + 1 :]] for other in (*OTHERS, *changed(one)))


@pytest.mark.parametrize("name", ["veterans.return", "framework-conversion.forms", "credit-structure.short"])
def test_whatever_is_wrong_in_a_case_is_told_or_decided(name):
    book, decided, faults = book_of_file(name.partition(".")[0]), 0, 0
    for data in changed(json.loads((HERE / f"{name}.json").read_text("utf-8"))):
        case, told = fault_of(read_case, json.dumps(data, ensure_ascii=False), book, name="case.json")
        assert case or told, data
        if case:
            assert len(decide(book, case).results) == len(case.items), data
        decided, faults = decided + bool(case), faults + bool(told)
    assert faults > decided > 0


def said(book, text):
    decision = decide(book, read_case(text, book))
    return [attrs.evolve(one, also=()) for one in decision.results]
