"""Satisfiability over literals: never a wrong no, against the engine itself."""

from datetime import date
from fractions import Fraction

import hypothesis.strategies as st
import pytest
from check_support import plain
from hypothesis import given

from creditbank.domain.check import logic as logic_module
from creditbank.domain.check.logic import FALSE, OPEN, TRUE, All, AnyOf, Lit, Logic, false_of, true_of
from creditbank.domain.level import Level
from creditbank.domain.period import parse_duration
from creditbank.domain.rule.field import Ref
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.selection import Among, Bound, Presence, Range, Selection, holds
from creditbank.domain.rule.verdict import Missing

BOOK = plain()
VALUES = {
    "source.class": ["course", "training", "other"],
    "source.ways": [("a",), ("a", "b"), ("b",), ("c",), ()],
    "target.compulsory": [True, False],
    "source.credits": [Fraction(0), Fraction(1, 2), Fraction(1), Fraction(3, 2), Fraction(2), Fraction(5)],
    "source.level": [Level("x", "初级"), Level("x", "中级"), Level("x", "高级")],
    "source.achieved_on": [date(2020, 1, 1), date(2020, 2, 29), date(2021, 2, 28), date(2022, 1, 1)],
}


@st.composite
def drawn_tests(draw, field):
    values = VALUES[field]
    absent = draw(st.sampled_from(["missing", "pass", "fail"]))
    kinds = ["presence", "among"] + (
        ["range"] * 2 if field.rsplit(".")[1] in ("credits", "level", "achieved_on") else []
    )
    match draw(st.sampled_from(kinds)):
        case "presence":
            return Presence(draw(st.booleans()))
        case "among":
            chosen = draw(st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True))
            flat = tuple(tag for one in chosen for tag in (one if isinstance(one, tuple) else (one,))) or ("a",)
            return Among(flat, draw(st.booleans()), absent)
    words = draw(st.lists(st.sampled_from(["at_least", "at_most", "above", "below"]), min_size=1, max_size=2))
    moved = parse_duration("1 year") if field == "source.achieved_on" and draw(st.booleans()) else None
    return Range(tuple(Bound(word, draw(st.sampled_from(values)), moved, None) for word in words), absent)


@st.composite
def selections(draw):
    fields = st.sampled_from(sorted(VALUES))
    tables = []
    for _ in range(draw(st.integers(1, 2))):
        chosen = sorted(set(draw(st.lists(fields, min_size=1, max_size=3))))
        tables.append(tuple((field, draw(drawn_tests(field))) for field in chosen))
    return Selection(tuple(tables))


def facts():
    return st.fixed_dictionaries({field: st.sampled_from([None, *values]) for field, values in VALUES.items()})


def verdict(selection, known):
    return holds(selection, Scope.by(known.get, BOOK.levels, BOOK.dates.month_end))


@given(st.lists(selections(), min_size=1, max_size=3), facts())
def test_what_is_so_somewhere_is_never_said_to_be_impossible(chosen, known):
    logic, conditions = Logic(BOOK), []
    for one in chosen:
        said = verdict(one, known)
        if isinstance(said, Missing):
            conditions.append(false_of(one, known=False))
        else:
            conditions.append(true_of(one) if said else false_of(one))
    assert logic.ask(*conditions).said == "yes"


@given(selections(), selections(), facts())
def test_what_is_said_to_be_impossible_is_so_nowhere(one, other, known):
    logic = Logic(BOOK)
    if logic.never(true_of(one), false_of(other)):
        assert not (verdict(one, known) is True and verdict(other, known) is False)
    if logic.never(true_of(one), false_of(other, known=False)):
        assert not (verdict(one, known) is True and verdict(other, known) is not True)


@given(selections())
def test_nothing_holds_and_does_not(one):
    assert Logic(BOOK).ask(true_of(one), false_of(one)).said == "no"


def lit(field, test, wanted=True):
    return Lit(field, test, wanted)


def span(field, **bounds):
    return lit(field, Range(tuple(Bound(word, limit, None, None) for word, limit in bounds.items()), "missing"))


@pytest.mark.parametrize(
    ("word", "limit", "said"), [("at_most", 3, "yes"), ("below", 3, "no"), ("at_most", 2, "no"), ("at_most", 4, "yes")]
)
def test_bounds_meet_on_the_line_only_where_both_include_it(word, limit, said):
    least = span("source.credits", at_least=Fraction(3))
    most = span("source.credits", **{word: Fraction(limit)})
    assert Logic(BOOK).ask(least, most).said == said


def test_nothing_is_below_zero():
    assert Logic(BOOK).never(span("source.credits", below=Fraction(0)))


def test_days_are_whole():
    after, before = (
        span("source.achieved_on", above=date(2020, 1, 1)),
        span("source.achieved_on", below=date(2020, 1, 2)),
    )
    assert Logic(BOOK).never(after, before)


def test_a_reference_is_open_and_what_stands_beside_it_is_not():
    here = Among((Ref("target.county"),), False, "missing")
    logic = Logic(BOOK)
    assert logic.ask(lit("source.county", here)).said == "open"
    assert logic.never(lit("source.county", here), lit("source.county", here, False))
    mixed = Range(
        (Bound("at_least", Fraction(3), None, None), Bound("at_most", Ref("target.credits"), None, None)), "missing"
    )
    assert logic.never(lit("source.credits", mixed), span("source.credits", below=Fraction(3)))
    assert logic.ask(AnyOf((lit("source.county", here), TRUE))).said == "yes"


def test_absent_passes_without_the_value_it_is_compared_with():
    lenient = Among((Ref("target.county"),), False, "pass")
    logic = Logic(BOOK)
    assert logic.ask(lit("source.county", lenient), lit("source.county", Presence(False))).said == "yes"


def test_words():
    logic = Logic(BOOK)
    assert logic.ask().said == "yes"
    assert logic.ask(TRUE).said == "yes"
    assert logic.ask(FALSE).said == "no"
    assert logic.ask(OPEN).said == "open"
    assert logic.ask(OPEN, FALSE).said == "no"
    assert logic.ask(All((AnyOf((OPEN, TRUE)),))).said == "yes"
    assert logic.ask(span("source.credits", at_least=Fraction(3))).example == (("source.credits", "3"),)


def test_what_takes_too_long_is_open(monkeypatch):
    either = AnyOf((span("source.credits", above=Fraction(2)), span("source.credits", below=Fraction(1))))
    asked = either, span("source.credits", at_least=Fraction(1)), span("source.credits", at_most=Fraction(2))
    assert Logic(BOOK).ask(*asked).said == "no"
    monkeypatch.setattr(logic_module, "STEPS_MAX", 1)
    assert Logic(BOOK).ask(*asked).said == "open"
