"""
What ``explain`` tells of numbers: what a clause compared, what it should have been, and what a floor lacks.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

import attrs

from creditbank.domain.credit import number_text, parse_number
from creditbank.domain.rule.decision import Compared, ItemResult, Measured, Working
from creditbank.domain.rule.explain_words import (
    DAY_TESTS,
    FORBIDDEN,
    NO_RULE,
    REQUIRED,
    ROOM,
    TESTS,
    Words,
    name_of,
)
from creditbank.errors import MalformedError

__all__ = ["FLAGS", "Numbers", "all_numbers", "measured", "numbers_of", "plain"]

_FORBID: Final = "forbidden "
_PLAIN_TESTS: Final = ("is", "not", "at_least", "at_most", "above", "below")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "above": operator.gt,
    "below": operator.lt,
}
_LISTS: Final[Mapping[str, Words]] = {
    "map": ("成果", "outcomes"),
    "none": ("成果", "outcomes"),
    "also": ("成果", "outcomes"),
    "one of": ("课程", "courses"),
}
"""Tests that list outcomes or courses, and count none."""
_FRACTION: Final = re.compile(r"(-?)([0-9]+)/([1-9][0-9]*)")
FLAGS: Final[Mapping[str, Words]] = {"true": ("是", "yes"), "false": ("否", "no"), "": ("(无)", "(nothing)")}


@attrs.frozen
class Numbers:
    """One comparison: what was compared, what it was, and what it should be (with a word where it is)."""

    what: str
    have: str
    should: str

    def __str__(self) -> str:
        return f"{self.what}: {self.have} — {self.should}"


def all_numbers(result: ItemResult, deciding: Working | None, at: int) -> Iterator[Numbers]:
    """Yield what the deciding clause compared, unless it is a floor: those are all told, with what they lack."""
    if all(one.clause != result.clause for one in result.floors):
        yield from (numbers_of(one, at, "" if deciding is None else deciding.said) for one in result.compared)
    yield from (measured(one, at) for one in result.floors)


def numbers_of(one: Compared, at: int, said: str = "") -> Numbers:
    """Tell one comparison. Where a cap trimmed (*said*), its limit is the room that it left."""
    what = "、".join(name_of(part, at) for part in one.what.split("、"))
    if one.test in _LISTS:
        what = _LISTS[one.test][at]
    have, limit = (FLAGS[text][at] if text in FLAGS else plain(text) for text in (one.have, one.limit))
    if said == "trimmed":
        return Numbers(what, have, ROOM[at].replace("{limit}", limit))
    if one.test == "map" and not one.limit:
        return Numbers(what, have, NO_RULE[at])
    if one.test == "once":
        limit = _use(one.limit, at)
    should = _should(one.test, limit, present=one.limit == "true", at=at)
    return Numbers(what, have, should + (("(符合)", " (met)")[at] if _is_met(one) else ""))


def measured(one: Measured, at: int) -> Numbers:
    """Tell a floor with what there is (and which share of what that is), what is needed, and what is lacking."""
    numbers = numbers_of(Compared(one.measure, number_text(one.have), one.test, number_text(one.need)), at)
    share = f" ({_percent(one.have / one.base)} / {number_text(one.base)})" if one.base else ""
    lacks = {"at_least": (",差 ", ", short by "), "at_most": (",超出 ", ", over by ")}[one.test][at]
    lack = "" if one.met else lacks + number_text(abs(one.need - one.have))
    return Numbers(f"{one.clause} {numbers.what}", numbers.have + share, numbers.should + lack)


def plain(text: str) -> str:
    """Show a fraction in decimals too, cut after two places: 179/3 is 59.66…, and never 60."""
    found = _FRACTION.fullmatch(text)
    if found is None:
        return text
    hundredths = int(found[2]) * 100 // int(found[3])
    return f"{text} ({found[1]}{hundredths // 100}.{hundredths % 100:02}…)"


def _use(text: str, at: int) -> str:
    """Tell an earlier use, which stands there as application, item and day."""
    parts = text.rsplit(" ", 2)
    if len(parts) != 3:
        return text
    application, item, day = parts
    return (f"{day} 的申请 {application} 第 {item} 项", f"item {item} of application {application} on {day}")[at]


def _percent(share: Fraction) -> str:
    """Write a share for people, cut after one place: 101/170 is 59.4 %, never 59.5 %."""
    tenths = share.numerator * 1000 // share.denominator
    return f"{tenths // 10}.{tenths % 10} %"


def _is_met(one: Compared) -> bool:
    """
    Say whether a comparison plainly holds. Of several that a clause asks for together, those are not why it refuses.
    """
    if one.test == "is":
        return bool(one.have) and not set(one.have.split("、")).isdisjoint(one.limit.split("、"))
    order = _ORDERS.get(one.test)
    if order is None:
        return False
    if _DAY.fullmatch(one.have) and _DAY.fullmatch(one.limit):
        return order(one.have, one.limit)
    try:
        return order(parse_number(one.have), parse_number(one.limit))
    except MalformedError:
        return False


def _should(test: str, limit: str, *, present: bool, at: int) -> str:
    bare = test.removeprefix(_FORBID)
    before = (FORBIDDEN if bare != test else REQUIRED)[at]
    if bare == "present":
        return before + (("有", "there") if present else ("没有", "absent"))[at]
    words = DAY_TESTS.get(bare) if _DAY.fullmatch(limit) else None
    words = words or TESTS.get(bare)
    if words is None:
        return f"{bare} {limit}".rstrip()
    said = words[at].replace("{limit}", limit)
    return (before + said if bare in _PLAIN_TESTS else said).rstrip()
