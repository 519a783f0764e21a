"""Days, durations, terms: every boundary on, below and above."""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import assume, given, strategies as st

from creditbank.domain.period import (
    COUNT_MAX,
    STARTS_MAX,
    TERMS_MAX,
    Calendar,
    Duration,
    MonthEnd,
    Term,
    Unit,
    add_months,
    parse_duration,
)
from creditbank.errors import MalformedError

DAY = timedelta(days=1)
days = st.dates(date(1950, 1, 1), date(2150, 12, 31))
month_ends = st.sampled_from(["clamp", "roll"])


def d(text: str) -> date:
    return date.fromisoformat(text)


# --- months ---


@pytest.mark.parametrize(
    ("day", "months", "clamp", "roll"),
    [
        ("2020-02-29", 84, "2027-02-28", "2027-03-01"),  # 7 years: case S1
        ("2020-02-29", 48, "2024-02-29", "2024-02-29"),
        ("2020-02-29", -12, "2019-02-28", "2019-03-01"),
        ("2019-06-30", 84, "2026-06-30", "2026-06-30"),
        ("2026-01-31", 1, "2026-02-28", "2026-03-01"),
        ("2024-01-30", 1, "2024-02-29", "2024-03-01"),
        ("2024-01-29", 1, "2024-02-29", "2024-02-29"),
        ("2026-03-31", -1, "2026-02-28", "2026-03-01"),
        ("2026-10-31", 1, "2026-11-30", "2026-12-01"),
        ("2026-12-31", 2, "2027-02-28", "2027-03-01"),
        ("2026-12-15", 1, "2027-01-15", "2027-01-15"),
        ("2026-01-15", -1, "2025-12-15", "2025-12-15"),
        ("2100-02-28", 12, "2101-02-28", "2101-02-28"),
        ("2096-02-29", 48, "2100-02-28", "2100-03-01"),  # 2100 is no leap year
        ("2026-05-31", 0, "2026-05-31", "2026-05-31"),
    ],
)
def test_months(day: str, months: int, clamp: str, roll: str) -> None:
    assert add_months(d(day), months, "clamp") == d(clamp)
    assert add_months(d(day), months, "roll") == d(roll)


@given(days, st.integers(-600, 600))
def test_months_land_in_the_month_or_on_the_first_after(day: date, months: int) -> None:
    clamp, roll = add_months(day, months, "clamp"), add_months(day, months, "roll")
    assert (clamp.year - day.year) * 12 + clamp.month - day.month == months
    if clamp.day == day.day:
        assert roll == clamp
    else:
        assert clamp.day == monthrange(clamp.year, clamp.month)[1] < day.day
        assert roll == clamp + DAY


@given(days, days, st.integers(-600, 600), month_ends)
def test_months_keep_the_order_of_days(a: date, b: date, months: int, month_end: MonthEnd) -> None:
    assume(a <= b)
    assert add_months(a, months, month_end) <= add_months(b, months, month_end)


@given(days, st.integers(-300, 300), st.integers(-300, 300), month_ends)
def test_months_add_up_where_every_month_has_the_day(day: date, m: int, n: int, month_end: MonthEnd) -> None:
    day = day.replace(day=min(day.day, 28))
    assert add_months(add_months(day, m, month_end), n, month_end) == add_months(day, m + n, month_end)


# --- durations ---


@given(st.integers(1, COUNT_MAX), st.sampled_from(["day", "month", "year"]))
def test_what_a_duration_writes_is_read(count: int, unit: Unit) -> None:
    duration = Duration(count, unit)
    assert parse_duration(str(duration)) == duration


@pytest.mark.parametrize(
    ("text", "count", "unit"),
    [("7 years", 7, "year"), ("1 month", 1, "month"), ("30 days", 30, "day"), ("99999 days", 99_999, "day")],
)
def test_durations(text: str, count: int, unit: Unit) -> None:
    assert parse_duration(text) == Duration(count, unit)
    assert str(Duration(count, unit)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "7", "years", "7years", "7  years", " 7 years", "7 years ", "7 year", "1 months", "1 days", "0 days"),
        *("-1 days", "+1 day", "01 day", "1.5 years", "7 Years", "2 weeks", "7 yearss", "100000 days", "７ years"),
        *("7 years\n", "one year", "1/2 year"),
    ],
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(MalformedError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(("count", "unit"), [(0, "day"), (-1, "day"), (COUNT_MAX + 1, "day"), (1, "week"), (1, "days")])
def test_values_that_are_no_duration(count: int, unit: Unit) -> None:
    with pytest.raises(MalformedError, match="duration"):
        Duration(count, unit)


@pytest.mark.parametrize(
    ("text", "before", "day", "after"),
    [
        ("1 day", "2026-02-28", "2026-03-01", "2026-03-02"),
        ("30 days", "2026-05-31", "2026-06-30", "2026-07-30"),
        ("1 month", "2025-12-31", "2026-01-31", "2026-02-28"),
        ("7 years", "2019-06-30", "2026-06-30", "2033-06-30"),
        ("1 year", "2023-02-28", "2024-02-29", "2025-02-28"),
    ],
)
def test_before_and_after(text: str, before: str, day: str, after: str) -> None:
    duration = parse_duration(text)
    assert duration.before(d(day), "clamp") == d(before)
    assert duration.after(d(day), "clamp") == d(after)


def test_the_day_itself_is_not_counted() -> None:
    """A window of one day after the 1st is over on the 3rd, not on the 2nd."""
    assert parse_duration("1 day").after(d("2026-06-01"), "clamp") == d("2026-06-02")


@given(days, st.integers(1, 20_000), month_ends)
def test_days_come_back(day: date, count: int, month_end: MonthEnd) -> None:
    duration = Duration(count, "day")
    assert duration.before(duration.after(day, month_end), month_end) == day


def test_years_that_a_date_may_reach() -> None:
    first, last = date(1900, 1, 1), date(9999, 12, 31)
    assert Duration(1, "day").before(first + DAY, "clamp") == first
    assert Duration(1, "day").after(last - DAY, "clamp") == last
    assert Duration(1, "month").before(date(1900, 2, 1), "clamp") == first
    assert Duration(1, "month").after(date(9999, 11, 30), "roll") == date(9999, 12, 30)
    assert add_months(date(9999, 10, 31), 1, "roll") == date(9999, 12, 1)
    for one_out in (
        lambda: Duration(1, "day").before(first, "clamp"),
        lambda: Duration(1, "day").after(last, "clamp"),
        lambda: Duration(1, "month").before(first, "clamp"),
        lambda: Duration(1, "month").after(date(9999, 12, 1), "clamp"),
        lambda: Duration(COUNT_MAX, "year").after(first, "clamp"),
        lambda: Duration(COUNT_MAX, "year").before(last, "roll"),
        lambda: Duration(COUNT_MAX, "day").before(date(1950, 1, 1), "clamp"),
    ):
        with pytest.raises(MalformedError, match="out of range"):
            one_out()


# --- calendars ---

ACBS = Calendar("acbs-term", ("03-01", "09-01"))


@pytest.mark.parametrize(
    ("day", "since", "until"),
    [
        ("2026-02-28", "2025-09-01", "2026-03-01"),
        ("2026-03-01", "2026-03-01", "2026-09-01"),
        ("2026-08-31", "2026-03-01", "2026-09-01"),
        ("2026-09-01", "2026-09-01", "2027-03-01"),
        ("2026-12-31", "2026-09-01", "2027-03-01"),
        ("2027-01-01", "2026-09-01", "2027-03-01"),
    ],
)
def test_recurring_terms(day: str, since: str, until: str) -> None:
    assert ACBS.term_of(d(day)) == Term(since, d(since), d(until))


def test_one_term_a_year() -> None:
    calendar = Calendar("year", ("09-01",))
    assert calendar.term_of(d("2026-08-31")) == Term("2025-09-01", d("2025-09-01"), d("2026-09-01"))
    assert calendar.term_of(d("2026-09-01")) == Term("2026-09-01", d("2026-09-01"), d("2027-09-01"))


def test_a_calendar_year() -> None:
    last = Calendar("year", ("01-01",)).term_of(d("2026-12-31"))
    assert (last.since, last.until) == (d("2026-01-01"), d("2027-01-01"))


starts = st.lists(st.dates(date(2001, 1, 1), date(2001, 12, 31)), min_size=1, max_size=STARTS_MAX, unique=True).map(
    lambda each: tuple(day.isoformat()[5:] for day in sorted(each))
)


@given(starts, days)
def test_every_day_is_in_one_term_and_terms_abut(starts: tuple[str, ...], day: date) -> None:
    calendar = Calendar("any", starts)
    term = calendar.term_of(day)
    assert term.since <= day < term.until
    assert calendar.covers(day)
    assert calendar.term_of(term.since) == calendar.term_of(term.until - DAY) == term
    assert calendar.term_of(term.until).since == term.until
    assert calendar.term_of(term.since - DAY).until == term.since
    assert term.id[5:] in starts


def test_recurring_terms_stay_in_range() -> None:
    assert ACBS.term_of(d("1900-03-01")).since == d("1900-03-01")
    assert ACBS.term_of(d("9999-08-31")).until == d("9999-09-01")
    assert ACBS.covers(d("1900-03-01"))
    for day in (d("1900-02-28"), d("9999-09-01"), date.max):
        assert not ACBS.covers(day)
        with pytest.raises(MalformedError, match="out of range"):
            ACBS.term_of(day)


AUTUMN = Term("高一上", d("2025-09-01"), d("2026-02-23"))
SPRING = Term("高一下", d("2026-02-23"), d("2026-09-01"))


@pytest.mark.parametrize(
    ("day", "term"),
    [("2025-09-01", AUTUMN), ("2026-02-22", AUTUMN), ("2026-02-23", SPRING), ("2026-08-31", SPRING)],
)
def test_given_terms(day: str, term: Term) -> None:
    calendar = Calendar("school", terms=(AUTUMN, SPRING))
    assert calendar.term_of(d(day)) == term
    assert calendar.covers(d(day))


@pytest.mark.parametrize("day", ["2025-08-31", "2026-09-01"])
def test_days_outside_given_terms(day: str) -> None:
    calendar = Calendar("school", terms=(AUTUMN, SPRING))
    assert not calendar.covers(d(day))
    with pytest.raises(MalformedError, match=f"{day} is in no term"):
        calendar.term_of(d(day))


@pytest.mark.parametrize(
    ("starts", "terms", "says"),
    [
        ((), (), "neither"),
        (("03-01",), (AUTUMN,), "or both"),
        (("02-29",), (), "not a day of every year"),
        (("04-31",), (), "not a day of every year"),
        (("13-01",), (), "not a day of every year"),
        (("00-01",), (), "not a day of every year"),
        (("01-00",), (), "not a day of every year"),
        (("3-1",), (), "not a day of every year"),
        (("2026-03-01",), (), "not a day of every year"),
        (("０3-01",), (), "not a day of every year"),
        (("09-01", "03-01"), (), "not in order"),
        (("03-01", "03-01"), (), "not in order"),
        (tuple(f"01-{n:02}" for n in range(1, STARTS_MAX + 2)), (), "too many"),
        ((), (AUTUMN, Term("b", d("2026-02-24"), d("2026-09-01"))), "leave a gap"),
        ((), (AUTUMN, Term("b", d("2026-02-22"), d("2026-09-01"))), "overlap"),
        ((), (SPRING, AUTUMN), "out of order"),
        ((), (AUTUMN, Term("高一上", d("2026-02-23"), d("2026-09-01"))), "there twice"),
        (
            (),
            tuple(Term(str(n), d("2026-01-01") + n * DAY, d("2026-01-02") + n * DAY) for n in range(TERMS_MAX + 1)),
            "many",
        ),
    ],
)
def test_what_is_no_calendar(starts: tuple[str, ...], terms: tuple[Term, ...], says: str) -> None:
    with pytest.raises(MalformedError, match=says):
        Calendar("c", starts, terms)


def test_the_longest_given_calendar() -> None:
    first = d("2026-01-01")
    terms = tuple(Term(str(n), first + n * DAY, first + (n + 1) * DAY) for n in range(TERMS_MAX))
    calendar = Calendar("c", terms=terms)
    assert [calendar.term_of(first + n * DAY).id for n in range(TERMS_MAX)] == [term.id for term in terms]


def test_calendars_and_terms_have_names_and_terms_have_days() -> None:
    with pytest.raises(MalformedError, match="no id"):
        Calendar("", ("03-01",))
    with pytest.raises(MalformedError, match="no id"):
        Term("", d("2026-01-01"), d("2026-02-01"))
    with pytest.raises(MalformedError, match="is not after"):
        Term("t", d("2026-01-01"), d("2026-01-01"))
