"""Hours and credits: intervals keep both ends, ways between systems keep their names, hours of two kinds do not mix."""

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from creditbank.domain.credit import round_to
from creditbank.domain.hours import (
    CONVENTIONS,
    HOUR_RATES,
    Amount,
    Convention,
    Converted,
    HourKind,
    HourRate,
    Span,
    by_convention,
    by_hours,
    convention,
    credits_to_hours,
    hour_rate,
    hours_to_credits,
)
from creditbank.errors import MalformedError, UnknownError


def span(low: int | str, high: int | str) -> Span:
    return Span(Fraction(low), Fraction(high))


ECTS, HKQF, SCQF, NCRF = map(hour_rate, ("ects", "hkqf", "scqf", "ncrf"))

numbers = st.fractions(0, 2_000, max_denominator=12)
spans = st.tuples(numbers, st.fractions(Fraction(1, 12), 50, max_denominator=12)).map(
    lambda pair: Span(pair[0], pair[0] + pair[1])
)
amounts = st.one_of(numbers, spans)
rates = st.sampled_from([*HOUR_RATES.values()])


def ends(amount: Amount) -> tuple[Fraction, Fraction]:
    return (amount.low, amount.high) if isinstance(amount, Span) else (amount, amount)


def within(inner: Amount, outer: Amount) -> bool:
    return ends(outer)[0] <= ends(inner)[0] and ends(inner)[1] <= ends(outer)[1]


# --- case S6 ---


def test_a_year_of_ects_is_an_interval_of_hours() -> None:
    assert credits_to_hours(60, ECTS) == span(1500, 1800)
    assert credits_to_hours(6, ECTS) == span(150, 180)
    assert hours_to_credits(1500, ECTS) == span(50, 60)


@pytest.mark.parametrize("target", [HKQF, SCQF], ids=["hkqf", "scqf"])
def test_six_ects_by_hours_are_an_interval(target: HourRate) -> None:
    assert by_hours(6, ECTS, target) == Converted(span(15, 18), target.system, f"hours:ects:{target.id}")


def test_six_ects_by_convention_are_twelve_points_and_that_is_another_statement() -> None:
    by_ratio = by_convention(6, convention("ects-scqf"))
    assert by_ratio == Converted(Fraction(12), "scqf", "convention:ects-scqf")
    by_time = by_hours(6, ECTS, SCQF)
    assert isinstance(by_time.amount, Span)
    assert 12 not in by_time.amount, "the convention lies outside what the hours allow"
    assert by_time.way != by_ratio.way


def test_two_ways_are_different_even_where_the_amounts_are_alike() -> None:
    way = Convention("hk-sc", "hkqf", "scqf", Fraction(1), "a memorandum")
    assert by_convention(7, way).amount == by_hours(7, HKQF, SCQF).amount == 7
    assert by_convention(7, way) != by_hours(7, HKQF, SCQF)


def test_the_convention_read_backwards_gives_back() -> None:
    there = by_convention(6, convention("ects-scqf")).amount
    assert by_convention(there, convention("scqf-ects")).amount == 6


# --- other published numbers ---


def test_india_s_year() -> None:
    assert hours_to_credits(1200, NCRF) == 40
    assert credits_to_hours(20, NCRF) == 600


@pytest.mark.parametrize(("hours", "credits"), [(67, 1), (68, 2), (69, 2), (76, 2), (102, 3)])
def test_each_full_34_hours_is_one_credit_where_a_rule_rounds_down(hours: int, credits: int) -> None:
    exact = hours_to_credits(hours, hour_rate("cn-34"))
    assert exact == Fraction(hours, 34)
    assert round_to(Fraction(hours, 34), Fraction(1), "down") == credits


def test_16_to_18_hours_stay_16_to_18() -> None:
    assert credits_to_hours(1, hour_rate("cn-16-18")) == span(16, 18)
    assert hours_to_credits(16, hour_rate("cn-16-18")) == span("8/9", 1)
    assert hours_to_credits(144, hour_rate("cn-16-18")) == span(8, 9)


def test_a_hong_kong_diploma() -> None:
    assert credits_to_hours(60, HKQF) == 600
    assert by_hours(60, HKQF, ECTS).amount == span(20, 24)


# --- laws ---


@given(amounts, rates)
def test_there_and_back_contains_what_was_there(amount: Amount, rate: HourRate) -> None:
    back = hours_to_credits(credits_to_hours(amount, rate), rate)
    assert within(amount, back)
    if not isinstance(rate.hours, Span):
        assert back == amount


@given(st.fractions(Fraction(1, 12), 100, max_denominator=12), rates)
def test_no_end_of_an_interval_is_ever_chosen(amount: Fraction, rate: HourRate) -> None:
    for result in (credits_to_hours(amount, rate), hours_to_credits(amount, rate)):
        assert isinstance(result, Span) == isinstance(rate.hours, Span)


@given(spans, spans, rates)
def test_a_wider_amount_gives_a_wider_result(one: Span, other: Span, rate: HourRate) -> None:
    outer = Span(min(one.low, other.low), max(one.high, other.high))
    for convert in (credits_to_hours, hours_to_credits):
        assert within(convert(one, rate), convert(outer, rate))


@given(amounts, st.data())
def test_by_hours_contains_every_choice_of_hours(amount: Amount, data: st.DataObject) -> None:
    alike = [rate for rate in HOUR_RATES.values() if rate.kind == "notional"]
    source, target = data.draw(st.permutations(alike))[:2]
    taken, per_source, per_target = (
        data.draw(st.sampled_from(ends(each))) for each in (amount, source.hours, target.hours)
    )
    low, high = ends(by_hours(amount, source, target).amount)
    assert low <= taken * per_source / per_target <= high


@given(amounts, rates)
def test_between_a_rate_and_itself_nothing_changes(amount: Amount, rate: HourRate) -> None:
    assert by_hours(amount, rate, rate).amount == amount


# --- refusals ---


@pytest.mark.parametrize(
    ("source", "target"), [("cn-16-18", "ects"), ("ects", "cn-34"), ("cn-high-school", "cn-16-18"), ("ncrf", "cn-34")]
)
def test_hours_of_two_kinds_do_not_mix(source: str, target: str) -> None:
    with pytest.raises(MalformedError, match="are no hours of kind"):
        by_hours(1, hour_rate(source), hour_rate(target))


def test_an_amount_is_refused_before_the_kinds() -> None:
    with pytest.raises(MalformedError, match="not below 0"):
        by_hours(-1, ECTS, hour_rate("cn-34"))


def test_nothing_is_below_0() -> None:
    for call in (
        lambda: credits_to_hours(-1, ECTS),
        lambda: hours_to_credits(Fraction(-1, 9), ECTS),
        lambda: by_convention(-1, convention("ects-scqf")),
    ):
        with pytest.raises(MalformedError, match="not below 0"):
            call()
    assert credits_to_hours(0, ECTS) == hours_to_credits(0, ECTS) == 0


@pytest.mark.parametrize(("low", "high"), [(18, 16), (16, 16), (-1, 16), (0, 0)])
def test_what_is_no_interval(low: int, high: int) -> None:
    with pytest.raises(MalformedError, match="lower end first"):
        span(low, high)


def test_an_interval_has_both_its_ends() -> None:
    assert all(number in span(16, 18) for number in (16, 17, Fraction(35, 2), 18))
    assert not any(number in span(16, 18) for number in (Fraction(159, 10), Fraction(181, 10)))
    assert str(span("1/3", "0.5")) == "[1/3, 0.5]"


@pytest.mark.parametrize(
    ("id", "system", "hours", "source", "says"),
    [
        ("A", "a", Fraction(1), "s", "is no name"),
        ("a", "", Fraction(1), "s", "is no name"),
        ("a", "a", Fraction(1), "", "no source"),
        ("a", "a", Fraction(0), "s", "above 0"),
        ("a", "a", span(0, 1), "s", "above 0"),
        ("a", "a", Fraction(-1), "s", "not below 0"),
    ],
)
def test_what_is_no_rate(id: str, system: str, hours: Amount, source: str, says: str) -> None:
    kind: HourKind = "notional"
    with pytest.raises(MalformedError, match=says):
        HourRate(id, system, hours, kind, source)


@pytest.mark.parametrize(
    ("source_system", "target_system", "ratio", "source", "says"),
    [
        ("a", "B", 1, "s", "is no name"),
        ("a", "b", 1, "", "no source"),
        ("a", "a", 1, "s", "both systems are one"),
        ("a", "b", 0, "s", "above 0"),
        ("a", "b", -1, "s", "above 0"),
    ],
)
def test_what_is_no_convention(source_system: str, target_system: str, ratio: int, source: str, says: str) -> None:
    with pytest.raises(MalformedError, match=says):
        Convention("c", source_system, target_system, Fraction(ratio), source)


def test_rates_and_conventions_are_asked_by_name() -> None:
    assert all(hour_rate(id) is rate and rate.id == id and rate.source for id, rate in HOUR_RATES.items())
    assert all(convention(id) is way and way.id == id and way.source for id, way in CONVENTIONS.items())
    with pytest.raises(UnknownError, match="us-semester"):
        hour_rate("us-semester")
    with pytest.raises(UnknownError, match="hkqf-ects"):
        convention("hkqf-ects")


def test_what_was_converted_says_how() -> None:
    assert str(by_hours(6, ECTS, SCQF)) == "[15, 18] scqf (hours:ects:scqf)"
    assert str(by_convention(6, convention("ects-scqf"))) == "12 scqf (convention:ects-scqf)"
