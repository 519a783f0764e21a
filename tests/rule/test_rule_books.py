"""Shipped books: they load, they have one canonical form, and no clause or number in them is idle."""

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

import attrs
import pytest
from rule_support import BOOK_CASES, case_of_data, shipped_book

from creditbank.codec.book import book_bytes, book_digest, book_of, read_book
from creditbank.domain.period import Duration
from creditbank.domain.rule import Chain, Gate, RuleBook, decide
from creditbank.domain.rule.selection import Among, Selection
from creditbank.errors import UnknownError
from creditbank.rulebooks import read, shipped

HALF = Fraction(1, 2)


def test_shipped_lists_every_book_and_each_has_cases():
    assert shipped() == tuple(sorted(BOOK_CASES))
    with pytest.raises(UnknownError, match="ouc-postal"):
        read("no-such-book")


@pytest.mark.parametrize("name", shipped())
def test_canonical_form_is_read_back(name):
    book = shipped_book(name)
    data = book_bytes(book)
    assert book_of(data) == book
    assert book_bytes(book_of(data)) == data
    assert len(book_digest(data)) == 64
    assert book.book == name


@pytest.mark.parametrize("name", shipped())
def test_comments_and_layout_are_no_part_of_a_book(name):
    text = "# another comment\n\n" + read(name)
    assert book_digest(book_bytes(read_book(text, name="x.toml"))) == book_digest(book_bytes(shipped_book(name)))


@pytest.mark.parametrize("name", shipped())
def test_every_clause_speaks_both_languages_and_cites(name):
    book = shipped_book(name)
    for clause in book.clauses:
        assert clause.zh, clause.id
        assert clause.en, clause.id
        assert book.citation(clause.basis).startswith(book.basis[clause.basis.partition(":")[0]].title)


def test_chain_of_the_certificate_book():
    book = shipped_book("x-certificate-conversion")
    steps = book.chain("convert")
    assert [(step.by, step.does) for step in steps] == [(("college",), "学院审核"), (("academic-affairs",), "教务审批")]
    assert [str(step.within) for step in steps] == ["30 days", "30 days"]
    assert book.chain("transfer") == ()


# --- mutation -----------------------------------------------------------------------------------------------------------


def outcome(book: RuleBook, name: str) -> list[object]:
    """What every case of the book comes to: amounts and codes, not the numbers that explain them."""
    found: list[object] = []
    for data in BOOK_CASES[name].values():
        decision = decide(book, case_of_data(data, shipped_book(name)))
        found.extend((one.granted, one.refused, one.also, one.grade, one.targets) for one in decision.results)
    return found


def mutants(value: object) -> Iterator[object]:
    """Every value one step away: a number or a day moved, an alternative dropped, truth turned."""
    match value:
        case bool():
            yield not value
        case int() | Fraction():
            step = 1 if Fraction(value).denominator == 1 else HALF
            yield from (value + step, value - step)
        case date():
            yield from (value + timedelta(days=1), value - timedelta(days=1))
        case Duration(count=count):
            yield attrs.evolve(value, count=count + 1)
            yield Duration(count * 29, "day")
        case Selection(tables=tables) if len(tables) > 1:
            yield from (attrs.evolve(value, tables=tables[:at] + tables[at + 1 :]) for at in range(len(tables)))
            yield from inside(value)
        case Among(values=values) if len(values) > 1:
            yield from (attrs.evolve(value, values=values[:at] + values[at + 1 :]) for at in range(len(values)))
        case tuple():
            for at, one in enumerate(value):
                yield from ((*value[:at], other, *value[at + 1 :]) for other in mutants(one))
        case _ if attrs.has(type(value)):
            yield from inside(value)


def inside(value: object) -> Iterator[object]:
    for field in attrs.fields(type(value)):
        if isinstance(getattr(value, field.name), bool):
            # How a clause is built, not a number that it states.
            continue
        if isinstance(value, Gate) and field.name == "count" and value.word in ("require", "forbid"):
            continue
        for other in mutants(getattr(value, field.name)):
            yield attrs.evolve(value, **{field.name: other})


def variants(book: RuleBook) -> Iterator[tuple[str, RuleBook]]:
    for at, clause in enumerate(book.clauses):
        if isinstance(clause, Chain):
            # decide does not read it; test_chain_of_the_certificate_book holds its numbers.
            continue
        before, after = book.clauses[:at], book.clauses[at + 1 :]
        yield f"without {clause.id}", attrs.evolve(book, clauses=before + after)
        for other in inside(clause):
            yield f"{clause} became {other}", attrs.evolve(book, clauses=(*before, other, *after))
    for since in mutants(book.since):
        yield f"since {since}", attrs.evolve(book, since=since)


@pytest.mark.parametrize("name", shipped())
def test_no_clause_and_no_number_is_idle(name):
    book = shipped_book(name)
    expected = outcome(book, name)
    survivors = [what for what, other in variants(book) if outcome(other, name) == expected]
    assert survivors == []
    assert len(list(variants(book))) > len(book.clauses)


def test_the_mutation_run_sees_a_book_that_has_an_idle_clause():
    book = shipped_book("ouc-postal")
    idle = attrs.evolve(book.clauses[0], id="again")
    padded = attrs.evolve(book, clauses=(*book.clauses, idle))
    expected = outcome(padded, "ouc-postal")
    assert any(outcome(other, "ouc-postal") == expected for _, other in variants(padded))
