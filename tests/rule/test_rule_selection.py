"""Selections: Kleene's three values, negation, every bound on, below and above, dates moved, tags, levels of two schemes."""

from datetime import date
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, strategies as st
from rule_support import book_of_text

from creditbank.domain.level import Level
from creditbank.domain.period import parse_duration
from creditbank.domain.rule.field import Ref
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.selection import Among, Bound, Presence, Range, Selection, compared, fields_of, holds
from creditbank.domain.rule.verdict import Missing, all_of, any_of, not_

LEVELS = {"x": ("初级", "中级", "高级"), "skill-8": ("初级工", "中级工")}


def scope(month_end="clamp", **facts):
    named = {key.replace("__", "."): value for key, value in facts.items()}
    return Scope.by(named.get, LEVELS, month_end)


def table(field, test):
    return Selection((((field, test),),))


def bound(word, limit, plus=None, minus=None, times=None):
    move = {"plus": plus and parse_duration(plus), "minus": minus and parse_duration(minus), "times": times}
    return table("source.a", Range((Bound(word, limit, **move),), "missing"))


verdicts = st.sampled_from([True, False, Missing("source.a"), Missing("source.b")])


def three(verdict):
    """0 false, 1 missing, 2 true."""
    return 1 if isinstance(verdict, Missing) else 2 * verdict


@given(st.lists(verdicts, max_size=6))
def test_conjunction_and_disjunction_are_least_and_greatest(many):
    assert three(all_of(many)) == min(map(three, many), default=2)
    assert three(any_of(many)) == max(map(three, many), default=0)


@given(st.lists(verdicts, max_size=5))
def test_de_morgan(many):
    assert three(not_(all_of(many))) == three(any_of(map(not_, many)))


@given(verdicts)
def test_negation_twice_is_the_same(verdict):
    assert not_(not_(verdict)) == verdict


def test_the_first_missing_field_is_named():
    assert all_of([True, Missing("source.b"), Missing("source.a")]) == Missing("source.b")
    assert any_of([False, Missing("source.b"), Missing("source.a")]) == Missing("source.b")


facts = st.dictionaries(st.sampled_from(["source.a", "source.b", "source.c"]), st.integers(0, 3), max_size=3)
tests = st.one_of(
    st.builds(Presence, st.booleans()),
    st.builds(
        Among,
        st.lists(st.integers(0, 3), min_size=1, max_size=3).map(tuple),
        st.booleans(),
        st.sampled_from(["missing", "pass", "fail"]),
    ),
    st.builds(
        lambda word, limit, absent: Range((Bound(word, limit, None, None),), absent),
        st.sampled_from(["at_least", "at_most", "above", "below"]),
        st.integers(0, 3).map(Fraction),
        st.sampled_from(["missing", "pass", "fail"]),
    ),
)
rows = st.lists(st.tuples(st.sampled_from(["source.a", "source.b", "source.c"]), tests), min_size=1, max_size=3)
selections = st.lists(rows.map(tuple), min_size=1, max_size=3).map(lambda tables: Selection(tuple(tables)))


@given(selections, facts)
def test_order_of_tests_and_tables_changes_no_verdict(selection, known):
    here = Scope.by(known.get, LEVELS, "clamp")
    expected = three(holds(selection, here))
    for tables in permutations(selection.tables):
        turned = Selection(tuple(table[::-1] for table in tables))
        assert three(holds(turned, here)) == expected


@given(selections, facts, st.integers(0, 3))
def test_what_is_decided_stays_decided_when_more_is_known(selection, known, value):
    """Knowledge only adds: an answer given without a field does not turn when the field comes, unless it said absent."""
    lenient = any(
        isinstance(test, Presence) or test.absent != "missing" for table in selection.tables for _, test in table
    )
    before = holds(selection, Scope.by(known.get, LEVELS, "clamp"))
    if lenient or isinstance(before, Missing):
        return
    more = {"source.a": value, "source.b": value, "source.c": value} | known
    assert holds(selection, Scope.by(more.get, LEVELS, "clamp")) == before


@pytest.mark.parametrize(
    ("word", "on", "below", "above"),
    [
        ("at_least", True, False, True),
        ("at_most", True, True, False),
        ("above", False, False, True),
        ("below", False, True, False),
    ],
)
def test_bounds_on_below_above(word, on, below, above):
    limit, step = Fraction(3, 2), Fraction(1, 10**9)
    for value, expected in ((limit, on), (limit - step, below), (limit + step, above)):
        assert holds(bound(word, limit), scope(source__a=value)) is expected
    days = (date(2024, 3, 1), on), (date(2024, 2, 29), below), (date(2024, 3, 2), above)
    for day, expected in days:
        assert holds(bound(word, date(2024, 3, 1)), scope(source__a=day)) is expected
    for value, expected in (("中级", on), ("初级", below), ("高级", above)):
        assert holds(bound(word, Level("x", "中级")), scope(source__a=Level("x", value))) is expected


def test_levels_of_two_schemes_are_not_compared():
    other = scope(source__a=Level("skill-8", "中级工"))
    assert holds(bound("at_least", Level("x", "中级")), other) == Missing("source.a")
    for negated in (False, True):
        among = table("source.a", Among((Level("x", "中级"),), negated, "missing"))
        assert holds(among, other) == Missing("source.a")
    unknown = scope(source__a=Level("x", "特级"))
    assert holds(bound("at_least", Level("x", "中级")), unknown) == Missing("source.a")


@pytest.mark.parametrize(
    ("month_end", "last"),
    # Earned on 29 February 2020, seven years: the last good day must be a named policy.
    [("clamp", date(2027, 2, 28)), ("roll", date(2027, 3, 1))],
)
def test_seven_years_from_a_leap_day(month_end, last):
    selection = bound("at_most", Ref("source.b"), plus="7 years")
    for day, expected in ((last, True), (date.fromordinal(last.toordinal() + 1), False)):
        assert holds(selection, scope(month_end, source__a=day, source__b=date(2020, 2, 29))) is expected


def test_one_month_before_the_end_of_term():
    selection = bound("at_most", Ref("source.b"), minus="1 month")
    end = date(2026, 3, 31)
    assert holds(selection, scope(source__a=date(2026, 2, 28), source__b=end)) is True
    assert holds(selection, scope(source__a=date(2026, 3, 1), source__b=end)) is False
    assert holds(selection, scope("roll", source__a=date(2026, 3, 1), source__b=end)) is True


def test_a_day_beyond_the_calendar_is_not_decidable():
    selection = bound("at_most", Ref("source.b"), plus="1 year")
    assert holds(selection, scope(source__a=date(2020, 1, 1), source__b=date(9999, 12, 31))) == Missing("source.b")


@pytest.mark.parametrize(("need", "expected"), [("2.9", True), ("3", True), ("3.1", False)])
def test_half_of_another_field(need, expected):
    selection = bound("at_most", Ref("source.b"), times=Fraction(1, 2))
    assert holds(selection, scope(source__a=Fraction(need), source__b=Fraction(6))) is expected
    assert holds(selection, scope(source__a=Fraction(need))) == Missing("source.b")


def test_tags_share_one():
    core = table("target.a", Among(("核心", "基础"), False, "missing"))
    for tags, expected in ((("核心", "公共"), True), (("公共",), False), ((), False), ("基础", True)):
        assert holds(core, scope(target__a=tags)) is expected
    shared = table("target.a", Among((Ref("source.b"),), True, "missing"))
    assert holds(shared, scope(target__a=("核心",), source__b=("核心", "公共"))) is False


def test_references_that_are_not_known_are_missing():
    same = table("target.a", Among((Ref("source.b"), "甲"), False, "missing"))
    assert holds(same, scope(target__a="甲")) is True
    assert holds(same, scope(target__a="乙")) == Missing("source.b")
    assert holds(bound("at_least", Ref("source.b")), scope(source__a=1)) == Missing("source.b")


@pytest.mark.parametrize(("absent", "expected"), [("pass", True), ("fail", False), ("missing", Missing("source.a"))])
def test_absent(absent, expected):
    assert holds(table("source.a", Among(("x",), True, absent)), scope()) == expected
    assert holds(table("source.a", Range((Bound("above", Fraction(1), None, None),), absent)), scope()) == expected


@pytest.mark.parametrize(
    ("present", "known", "expected"), [(True, {}, False), (False, {}, True), (True, {"source__a": 0}, True)]
)
def test_presence_is_always_decidable(present, known, expected):
    assert holds(table("source.a", Presence(present)), scope(**known)) is expected


def test_what_is_read_and_what_is_compared():
    text = """
[[clause]]
id = "m"
kind = "map"
basis = "b:1"
match = [
  { "target.credits" = { at_least = "1/3", below = "@source.credits" }, "source.name" = { not = ["甲", "乙"] } },
  { "source.expires_on" = { present = false } },
]
"""
    match = book_of_text(text).clauses[0].match
    assert list(fields_of(match)) == ["source.name", "target.credits", "source.credits", "source.expires_on"]
    rows = compared(match, scope(target__credits=2, source__credits=Fraction(5, 2), source__name="丙"))
    assert [(row.what, row.have, row.test, row.limit) for row in rows] == [
        ("source.name", "丙", "not", "甲、乙"),
        ("target.credits", "2", "at_least", "1/3"),
        ("target.credits", "2", "below", "2.5"),
        ("source.expires_on", "", "present", "false"),
    ]
