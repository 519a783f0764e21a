"""Shipped books: whatever is dropped from one, or moved in it by one step, fails one of its cases."""

from fractions import Fraction

import attrs
import pytest
from books_support import case_file, decided, differences, loads, mutants, shipped_book, step, survivors, told, variants

from creditbank.domain.period import Duration
from creditbank.domain.rule.clause import Percent
from creditbank.rulebooks import shipped


@pytest.mark.parametrize("name", shipped())
def test_no_clause_and_no_number_is_idle(name):
    alive, count = survivors(name)
    assert set(alive) == set(case_file(name).get("equal", {}))
    assert count > len(shipped_book(name).clauses)


def test_a_clause_that_says_nothing_new_survives_without_it():
    book = shipped_book("ouc-postal")
    padded = attrs.evolve(book, clauses=(*book.clauses, attrs.evolve(book.clauses[0], id="again")))
    alive = [what for what, other in variants(padded) if what == "without again" and _passes(other)]
    assert alive == ["without again"]


def _passes(book):
    return not any(list(differences(one.expect, decided(book, one.case))) for one in told("ouc-postal"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, [False]),
        (Fraction(8), [9, 7]),
        (Fraction("1.5"), [Fraction("1.6"), Fraction("1.4")]),
        (Fraction(2, 3), [1, Fraction(1, 3)]),
        (Duration(1, "month"), [Duration(2, "month"), Duration(27, "day"), Duration(33, "day")]),
        (Percent(Fraction(1, 5), "programme"), [Percent(Fraction(n, 100), "programme") for n in (21, 19)]),
        ((1, 2), [(2,), (2, 2), (0, 2), (1,), (1, 3), (1, 1)]),
        ({"a": 1}, [{"a": 2}, {"a": 0}]),
        ("text", []),
    ],
)
def test_mutants_are_one_step_away(value, expected):
    assert [other for _, other in mutants(value)] == expected


def test_long_lists_are_sampled_from_end_to_end():
    values = tuple(Fraction(n) for n in range(1_000))
    changed = {
        next(at for at, one in enumerate(other) if one != at) for _, other in mutants(values) if len(other) == 1_000
    }
    assert {0, 999} <= changed
    assert len(changed) == 61


@pytest.mark.parametrize(
    ("number", "expected"), [(3, 1), (Fraction(1, 8), Fraction(1, 1000)), (Fraction(1, 3), Fraction(1, 3))]
)
def test_a_step_is_one_in_the_last_place(number, expected):
    assert step(number) == expected


def test_a_book_that_cannot_be_on_disk_does_not_load():
    book = shipped_book("ouc-postal")
    assert loads(book)
    assert not loads(attrs.evolve(book, clauses=book.clauses[1:]))
