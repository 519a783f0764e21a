"""
Days, durations and terms. A day is a civil day in the bank's zone; nothing here knows what day it is.

Every interval is ``[since, until)``: the first day is in it, the last is not.
"""

import re
from bisect import bisect_right
from calendar import monthrange
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal, assert_never, get_args

import attrs

from creditbank.errors import MalformedError

__all__ = ["Calendar", "Duration", "MonthEnd", "Term", "Unit", "add_months", "parse_duration"]

MonthEnd = Literal["clamp", "roll"]
Unit = Literal["day", "month", "year"]

YEAR_MIN, YEAR_MAX = 1900, 9999
"""Years that date arithmetic may lead to: another is a slip of the pen, not a day of somebody's learning."""

COUNT_MAX = 99_999
"""The largest count in a duration; 99,999 days are 273 years."""

_IN_EVERY_MONTH = 28
"""The last day of the month that every month has."""

STARTS_MAX = 12
"""Terms in a year."""

TERMS_MAX = 1_000
"""Terms in a given calendar."""

_DURATION = re.compile(r"([1-9][0-9]{0,4}) (day|month|year)(s?)")
_START = re.compile(r"([0-9]{2})-([0-9]{2})")


@attrs.frozen
class Duration:
    """*count* (1 to ``COUNT_MAX``) days, months or years, written ``7 years``, ``1 month``, ``30 days``."""

    count: int
    unit: Unit

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.count <= COUNT_MAX:
            raise MalformedError(f"a count of {self.count}", "duration", f"use 1 to {COUNT_MAX}")
        if self.unit not in get_args(Unit):
            raise MalformedError(f"a unit of {self.unit!r}", "duration", "use day, month or year")

    def __str__(self) -> str:
        return f"{self.count} {self.unit}" if self.count == 1 else f"{self.count} {self.unit}s"

    def after(self, day: date, month_end: MonthEnd) -> date:
        """
        Return the day this long after *day*. *day* is not counted, the day returned is.

        MalformedError if that is outside ``YEAR_MIN`` to ``YEAR_MAX``.
        """
        return self._shifted(day, self.count, month_end)

    def before(self, day: date, month_end: MonthEnd) -> date:
        """Return the day this long before *day*; otherwise like :meth:`after`."""
        return self._shifted(day, -self.count, month_end)

    def _shifted(self, day: date, count: int, month_end: MonthEnd) -> date:
        match self.unit:
            case "day":
                return _add_days(day, count)
            case "month":
                return add_months(day, count, month_end)
            case "year":
                return add_months(day, 12 * count, month_end)
            case _:
                assert_never(self.unit)


@attrs.frozen
class Term:
    """A term called *id*, ``[since, until)``."""

    id: str
    since: date
    until: date

    def __attrs_post_init__(self) -> None:
        if not self.id:
            raise MalformedError("no id", "term", "name the term")
        _check_order(self.since, self.until, f"term {self.id}")


@attrs.frozen
class Calendar:
    """
    Divides days into terms, without gap or overlap: every year alike, or as given.

    A recurring calendar has *starts*, the first day of each term as ``MM-DD``, ascending; a term is called by its first
    day (``2026-03-01``), and the last of a year runs into the next. A given calendar has *terms*, ascending, each
    beginning where the one before ends (holidays belong to a term). One of the two, not both.
    """

    id: str
    starts: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()

    def __attrs_post_init__(self) -> None:
        where = f"calendar {self.id}"
        if not self.id:
            raise MalformedError("no id", "calendar", "name the calendar")
        if bool(self.starts) == bool(self.terms):
            raise MalformedError("neither recurring nor given, or both", where, "list either starts or terms")
        if len(self.starts) > STARTS_MAX or len(self.terms) > TERMS_MAX:
            raise MalformedError(
                "too many terms", where, f"list at most {STARTS_MAX} starts, or {TERMS_MAX} terms, in one calendar"
            )
        days = [_parse_start(text, where) for text in self.starts]
        if any(one >= next_ for one, next_ in pairwise(days)):
            raise MalformedError("starts are not in order", where, "list each start once, the earliest first")
        _check_terms(self.terms, where)

    def covers(self, day: date) -> bool:
        """Return whether :meth:`term_of` has an answer."""
        if self.terms:
            return self.terms[0].since <= day < self.terms[-1].until
        try:
            self.term_of(day)
        except MalformedError:
            return False
        return True

    def term_of(self, day: date) -> Term:
        """
        Return the term that *day* is in.

        Raises:
            MalformedError: a given calendar does not reach *day*; a recurring term begins or ends outside ``YEAR_MIN``
                to ``YEAR_MAX``.
        """
        if self.terms:
            if not self.covers(day):
                raise MalformedError(f"{day} is in no term", f"calendar {self.id}", "add the term that it is in")
            return self.terms[bisect_right(self.terms, day, key=lambda term: term.since) - 1]
        since, until = self._around(day)
        return Term(since.isoformat(), since, until)

    def _around(self, day: date) -> tuple[date, date]:
        """Return the last start on or before *day*, and the first after it."""
        starts = [_parse_start(text, self.id) for text in self.starts]
        number = bisect_right(starts, (day.month, day.day)) - 1
        since_year = day.year if number >= 0 else day.year - 1
        until_year = since_year + 1 if number in (-1, len(starts) - 1) else since_year
        since, until = starts[number], starts[(number + 1) % len(starts)]
        return _date(since_year, *since), _date(until_year, *until)


def parse_duration(text: str) -> Duration:
    """Read a duration as ``str`` writes it: ``7 years``, ``1 month``, ``30 days``."""
    match = _DURATION.fullmatch(text)
    if match:
        units: dict[str, Unit] = {unit: unit for unit in get_args(Unit)}
        duration = Duration(int(match[1]), units[match[2]])
        if str(duration) == text:
            return duration
    raise MalformedError(f"{text!r} is not a duration", "duration", 'write it like "7 years", "1 month" or "30 days"')


def add_months(day: date, months: int, month_end: MonthEnd) -> date:
    """
    Return the same day of the month, *months* later (or earlier, below 0).

    Where that month has no such day: ``clamp`` is its last day, ``roll`` the first of the month after. 29 February and
    7 years (2020 to 2027) are 28 February clamped, 1 March rolled.

    MalformedError if that is outside ``YEAR_MIN`` to ``YEAR_MAX``.
    """
    year, month0 = divmod(12 * day.year + day.month - 1 + months, 12)
    if not YEAR_MIN <= year <= YEAR_MAX:
        raise _outside(f"{day} and {months} months")
    if day.day <= _IN_EVERY_MONTH:
        return date(year, month0 + 1, day.day)
    last = monthrange(year, month0 + 1)[1]
    if day.day <= last:
        return date(year, month0 + 1, day.day)
    match month_end:
        case "clamp":
            return date(year, month0 + 1, last)
        case "roll":
            # Never out of December, which has 31 days: the year stays.
            return date(year, month0 + 2, 1)
        case _:
            assert_never(month_end)


def _add_days(day: date, days: int) -> date:
    try:
        result = day + timedelta(days=days)
    except OverflowError:
        raise _outside(f"{day} and {days} days") from None
    if result.year < YEAR_MIN:
        raise _outside(f"{day} and {days} days")
    return result


def _date(year: int, month: int, day: int) -> date:
    if not YEAR_MIN <= year <= YEAR_MAX:
        raise _outside(f"{month:02}-{day:02} of {year}")
    return date(year, month, day)


def _outside(what: str) -> MalformedError:
    return MalformedError(f"{what} is out of range", "date", f"stay within the years {YEAR_MIN} to {YEAR_MAX}")


def _check_order(since: date, until: date, where: str) -> None:
    if until <= since:
        raise MalformedError(
            f"until {until} is not after since {since}", where, "until is the first day that is no longer in it"
        )


def _check_terms(terms: tuple[Term, ...], where: str) -> None:
    if len({term.id for term in terms}) != len(terms):
        raise MalformedError("a term's id is there twice", where, "give every term its own id")
    for one, after in pairwise(terms):
        if one.until != after.since:
            fault = "overlap or are out of order" if after.since < one.until else "leave a gap"
            raise MalformedError(
                f"terms {one.id} and {after.id} {fault}", where, f"let {after.id} begin on {one.until}"
            )


def _parse_start(text: str, where: str) -> tuple[int, int]:
    match = _START.fullmatch(text)
    if match:
        month, day = int(match[1]), int(match[2])
        # 2001 has no 29 February: a start must be there every year.
        if 1 <= month <= 12 and 1 <= day <= monthrange(2001, month)[1]:
            return month, day
    raise MalformedError(f"{text!r} is not a day of every year", where, 'write a start like "03-01", never 02-29')
