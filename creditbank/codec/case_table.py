"""
Reading objects of a case file key by key, so that every fault is told with its place and the mend.
"""

import re
from collections.abc import Iterator, Mapping, Set
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

import attrs

from creditbank.codec.near import near
from creditbank.domain.credit import parse_number
from creditbank.errors import MalformedError

__all__ = ["CASE_SIZE_MAX", "LINES_MAX", "SOURCES_MAX", "CaseTable"]

CASE_SIZE_MAX: Final = 4 * 2**20
"""Characters of a case file, and elements of any list in it."""

SOURCES_MAX: Final = 64
"""Sources, and targets, of one item; sources of a line of the record."""

LINES_MAX: Final = 500
"""Sources of one award or programme: each is a line."""

_WITHIN: Final[Mapping[str, str]] = {"dates": "days", "facts": "other fields"}
"""What stands one level further down, where many write it one level too high."""

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_SMALL: Final = 2**53
"""Whole numbers up to it need not be parsed as text."""


_KEPT: Final = 4096
"""So many numbers and days, last read, are not read again: files repeat them."""

_DAY_SIZE: Final = 10
"""Characters of a day."""


@lru_cache(maxsize=_KEPT)
def _whole(number: int) -> Fraction:
    return Fraction(number)


@lru_cache(maxsize=_KEPT)
def _parse(text: str) -> Fraction:
    return parse_number(text)


@lru_cache(maxsize=_KEPT)
def _day(text: str) -> date | None:
    """Read a day as ISO 8601 writes it with dashes; None if it is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


@attrs.define
class CaseTable:
    """An object of the file that is read key by key; :meth:`end` refuses what nobody asked for."""

    given: object
    name: str
    path: str
    asked: set[str] = attrs.field(factory=set)

    @property
    def data(self) -> dict[str, Any]:
        if not isinstance(self.given, dict):
            raise self.error("it is not an object", 'write it like { "key": value }')
        return self.given

    def error(self, what: str, mend: str, key: str = "") -> MalformedError:
        where = ".".join(part for part in (self.path, key) if part)
        return MalformedError(what, f"{self.name}: {where}" if where else self.name, mend)

    def end(self) -> None:
        self.only(self.asked)

    def only(self, keys: Set[str]) -> None:
        """Refuse any key but *keys*."""
        if self.data.keys() <= keys:
            return
        key = next(key for key in self.data if key not in keys)
        within = [f"{what} stand under {part!r}" for part, what in _WITHIN.items() if part in keys]
        known = "; ".join([f"use one of {', '.join(sorted(keys))}", *within])
        like = near(key, keys)
        raise self.error(f"unknown key {key!r}", f"did you mean {like!r}?" if like else known, key)

    def has(self, key: str) -> bool:
        self.asked.add(key)
        return key in self.data

    def get(self, key: str) -> Any:
        data = self.data
        self.asked.add(key)
        if key not in data:
            raise self.error(f"no {key!r}", f"add {key!r}", key)
        return data[key]

    def text(self, key: str, default: str | None = None) -> str:
        value = self.data.get(key)
        if value and type(value) is str:
            self.asked.add(key)
            return value
        if default is not None and not self.has(key):
            return default
        value = self.get(key)
        if value == "":
            raise self.error(f"{key!r} is empty", "write at least one character", key)
        if not isinstance(value, str):
            raise self.error(f"{key!r} is not a text", "write a text in quotes", key)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.get(key) if self.has(key) else []
        if type(value) is list and len(value) == 1 and type(value[0]) is str:
            return (value[0],)
        if (
            not isinstance(value, list)
            or not all(isinstance(one, str) for one in value)
            or len(set(value)) != len(value)
        ):
            raise self.error(f"{key!r} is not a list of texts, each once", 'write it like ["one", "two"]', key)
        return tuple(value)

    def known(self, key: str, ids: Mapping[str, object], most: int) -> tuple[str, ...]:
        """Return a list of at most *most* ids that are in the file."""
        found = self.texts(key)
        if len(found) > most:
            raise self.error(f"more than {most} of them", "make several items of it", key)
        for id in found:
            self._check_known(key, id, ids)
        return found

    def one_known(self, key: str, ids: Mapping[str, object]) -> str:
        id = self.text(key)
        self._check_known(key, id, ids)
        return id

    def _check_known(self, key: str, id: str, ids: Mapping[str, object]) -> None:
        if id not in ids:
            raise self.error(f"{id!r} is not in the file", "add it, or correct the id", key)

    def number(self, key: str) -> Fraction:
        return self.as_number(self.get(key), key)

    def as_number(self, value: object, key: str) -> Fraction:
        if type(value) is int and 0 <= value <= _SMALL:
            return _whole(value)
        if not isinstance(value, int | str) or isinstance(value, bool):
            raise self.error(f"{key!r} is not an exact number", 'write a whole number, or text such as "2.5"', key)
        try:
            return _parse(str(value))
        except MalformedError as error:
            raise self.error(error.what, error.mend, key) from None

    def day(self, key: str) -> date:
        return self.as_day(self.get(key), key)

    def as_day(self, value: object, key: str) -> date:
        day = _day(value) if type(value) is str and len(value) == _DAY_SIZE else None
        if day is None and isinstance(value, str) and _DAY.fullmatch(value):
            raise self.error(f"{value!r} is not a day of the calendar", "check month and day", key)
        if day is None:
            raise self.error(f"{key!r} is not a day ({value!r:.40})", 'write it like "2026-01-01"', key)
        return day

    def table(self, key: str) -> "CaseTable":
        return CaseTable(self.get(key) if self.has(key) else {}, self.name, f"{self.path}.{key}".lstrip("."))

    def rows(self, key: str, most: int = CASE_SIZE_MAX) -> Iterator["CaseTable"]:
        value = self.get(key) if self.has(key) else []
        if not isinstance(value, list):
            raise self.error(f"{key!r} is not a list", "write it like [ { … }, { … } ]", key)
        if len(value) > most:
            raise self.error(f"more than {most} of them", "make several applications of it", key)
        return (CaseTable(one, self.name, f"{self.path}.{key}[{at}]".lstrip(".")) for at, one in enumerate(value))

    def tables(self) -> Iterator[tuple[str, "CaseTable"]]:
        for key in self.data:
            yield key, self.table(key)

    def numbers(self) -> Iterator[tuple[str, Fraction]]:
        for key in self.data:
            yield key, self.number(key)
