"""
Objects of a case file, read key by key, so that every fault is told with its place and the mend.

Whoever reads an object knows nothing of where it stands: a :class:`Fault` is told its place by those around it, on its way
out. What is as it should be costs no place.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, TypeVar, TypeVarTuple

from creditbank.codec.near import near
from creditbank.domain.credit import number_text, parse_number
from creditbank.domain.rule.field import PERCENT_MAX, PERCENT_MEND, FieldKind, FieldType, Value
from creditbank.errors import MalformedError

__all__ = [
    "CASE_SIZE_MAX",
    "LINES_MAX",
    "READ",
    "SOURCES_MAX",
    "Fault",
    "day",
    "each",
    "known",
    "needed_table",
    "no_value",
    "number",
    "object_of",
    "one_known",
    "rows",
    "table",
    "text",
    "texts",
    "unknown_key",
    "within",
]

_Given = TypeVarTuple("_Given")
_Made = TypeVar("_Made")

CASE_SIZE_MAX: Final = 4 * 2**20
"""Characters of a case file, and elements of any list in it."""

SOURCES_MAX: Final = 64
"""Sources, and targets, of one item; sources of a line of the record."""

LINES_MAX: Final = 500
"""Sources of one award or programme: each is a line."""

_WITHIN: Final[Mapping[str, str]] = {"dates": "days", "facts": "other fields"}
"""What stands one level further down, where many write it one level too high."""

_MENDS: Final[Mapping[FieldKind, str]] = {
    "text": "write a text in quotes",
    "tags": 'write a text in quotes, or several: ["one", "two"]',
    "flag": "write true or false, without quotes",
}

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_SMALL: Final = 2**53
"""Whole numbers up to it need not be parsed as text."""

_KEPT: Final = 4096
"""So many numbers and days, last read, are not read again: files repeat them."""


class Fault(Exception):
    """*what* is wrong with the value of *key*, or with the object itself, and how to *mend* it; *path* leads there."""

    def __init__(self, what: str, mend: str, key: str = "") -> None:
        super().__init__(what, mend)
        self.what, self.mend = what, mend
        self.path = [key] if key else []

    def within(self, key: str) -> "Fault":
        """Return the fault as one of the object around it, where it stands under *key*."""
        self.path.insert(0, key)
        return self


# --- values -----------------------------------------------------------------------------------------------------------
# Each returns the value, or raises ValueError or MalformedError where there is none; that is never kept.


@lru_cache(maxsize=_KEPT)
def _number(value: int | str) -> Fraction:
    if type(value) is int and 0 <= value <= _SMALL:
        return Fraction(value)
    return parse_number(str(value))


@lru_cache(maxsize=_KEPT)
def _share(value: int | str) -> Fraction:
    share = _number(value)
    if share > PERCENT_MAX:
        raise MalformedError(f"{value} is {number_text(share * 100)} %", "share", PERCENT_MEND)
    return share


@lru_cache(maxsize=_KEPT)
def _day(value: str) -> date:
    """Read a day as ISO 8601 writes it with dashes."""
    found = date.fromisoformat(value)
    if found.isoformat() != value:
        raise ValueError(value)
    return found


def _tags(value: list[Any]) -> tuple[str, ...]:
    if len(value) == 1 and type(value[0]) is str:
        return (value[0],)
    for one in value:
        if type(one) is not str:
            raise ValueError(one)
    return tuple(sorted(set(value)))


def _one_tag(value: str) -> tuple[str, ...]:
    return (value,)


READ: Final[Mapping[FieldKind, Mapping[type, Callable[[Any], Value]]]] = {
    "text": {str: str},
    "tags": {str: _one_tag, list: _tags},
    "flag": {bool: bool},
    "number": {int: _number, str: _number},
    "percent": {int: _share, str: _share},
    "date": {str: _day},
}
"""How the values of a field are written, by kind and JSON type; ValueError or MalformedError of what is none. No levels."""


def no_value(value: object, key: str, kind: FieldType) -> Fault:
    """Return why *value* is no *kind*, which it is not."""
    if kind.kind in ("number", "percent"):
        return _no_number(value, key, kind.kind)
    if kind.kind == "date":
        return _no_day(value, key)
    return Fault(f"{value!r} is no {kind}", _MENDS[kind.kind], key)


def _no_number(value: object, key: str, kind: FieldKind) -> Fault:
    read = READ[kind].get(type(value))
    if read is None:
        return Fault(f"{key!r} is not an exact number", 'write a whole number, or text such as "2.5"', key)
    try:
        found = read(value)
    except MalformedError as error:
        return Fault(error.what, error.mend, key)
    raise AssertionError(f"{found} is a {kind}")


def _no_day(value: object, key: str) -> Fault:
    if isinstance(value, str) and _DAY.fullmatch(value):
        return Fault(f"{value!r} is not a day of the calendar", "check month and day", key)
    return Fault(f"{key!r} is not a day ({value!r:.40})", 'write it like "2026-01-01"', key)


# --- keys -------------------------------------------------------------------------------------------------------------


def object_of(value: object) -> dict[str, Any]:
    if type(value) is not dict:
        raise Fault("it is not an object", 'write it like { "key": value }')
    return value


def unknown_key(row: Mapping[str, object], keys: frozenset[str]) -> Fault:
    """Return the fault of the first key of *row* that is none of *keys*."""
    key = next(key for key in row if key not in keys)
    within = [f"{what} stand under {part!r}" for part, what in _WITHIN.items() if part in keys]
    of = "; ".join([f"use one of {', '.join(sorted(keys))}", *within])
    like = near(key, keys)
    return Fault(f"unknown key {key!r}", f"did you mean {like!r}?" if like else of, key)


def text(row: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = row.get(key)
    if value and type(value) is str:
        return value
    if key not in row:
        if default is None:
            raise _missing(key)
        return default
    if value == "":
        raise Fault(f"{key!r} is empty", "write at least one character", key)
    raise Fault(f"{key!r} is not a text", "write a text in quotes", key)


def texts(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = row.get(key, [])
    if type(value) is not list or not all(type(one) is str for one in value) or len(set(value)) != len(value):
        raise Fault(f"{key!r} is not a list of texts, each once", 'write it like ["one", "two"]', key)
    return tuple(value)


def known(row: Mapping[str, Any], key: str, ids: Mapping[str, object], most: int) -> tuple[str, ...]:
    """Return a list of at most *most* ids that are in the file."""
    value = row.get(key)
    if type(value) is list and len(value) == 1 and type(value[0]) is str and value[0] in ids:
        return (value[0],)
    found = texts(row, key)
    if len(found) > most:
        raise Fault(f"more than {most} of them", "make several items of it", key)
    for id in found:
        if id not in ids:
            raise _unknown(id, key)
    return found


def one_known(row: Mapping[str, Any], key: str, ids: Mapping[str, object]) -> str:
    id = text(row, key)
    if id not in ids:
        raise _unknown(id, key)
    return id


def number(row: Mapping[str, Any], key: str) -> Fraction:
    value = row.get(key)
    try:
        if type(value) is str or type(value) is int:
            return _number(value)
    except MalformedError:
        pass
    raise _no_number(value, key, "number") if key in row else _missing(key)


def day(row: Mapping[str, Any], key: str) -> date:
    value = row.get(key)
    try:
        if type(value) is str:
            return _day(value)
    except ValueError:
        pass
    raise _no_day(value, key) if key in row else _missing(key)


def table(row: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the object that stands there; an empty one where none does."""
    value = row.get(key, {})
    if type(value) is not dict:
        raise Fault("it is not an object", 'write it like { "key": value }', key)
    return value


def needed_table(row: Mapping[str, Any], key: str) -> dict[str, Any]:
    if key not in row:
        raise _missing(key)
    return table(row, key)


def rows(row: Mapping[str, Any], key: str, most: int = CASE_SIZE_MAX) -> list[Any]:
    value = row.get(key, [])
    if type(value) is not list:
        raise Fault(f"{key!r} is not a list", "write it like [ { … }, { … } ]", key)
    if len(value) > most:
        raise Fault(f"more than {most} of them", "make several applications of it", key)
    return value


def within(key: str, read: Callable[[*_Given], _Made], *given: *_Given) -> _Made:
    """Read what stands under *key*, of which *read* does not know."""
    try:
        return read(*given)
    except Fault as fault:
        raise fault.within(key) from None


def each(key: str, found: list[Any], read: Callable[[dict[str, Any]], _Made]) -> Iterator[_Made]:
    """Read the objects *found* in the list under *key*, one by one."""
    for at, value in enumerate(found):
        try:
            yield read(value if type(value) is dict else object_of(value))
        except Fault as fault:
            raise fault.within(f"{key}[{at}]") from None


def _missing(key: str) -> Fault:
    return Fault(f"no {key!r}", f"add {key!r}", key)


def _unknown(id: str, key: str) -> Fault:
    return Fault(f"{id!r} is not in the file", "add it, or correct the id", key)
