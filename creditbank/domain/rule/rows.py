"""
Rows of a map, and how they are found: through the codes in their ``from``, so that a large map is asked like a small one.

A row is *touched* by the sources of an item if one of them has an id or code that the row names, or if the row selects
sources by what they are. A row that is not touched says nothing, so nobody need look at it.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import TypeAlias, assert_never, final

import attrs

from creditbank.domain.rule.selection import Selection

__all__ = [
    "AllFrom",
    "AnyFrom",
    "CreditsFrom",
    "From",
    "IndexedRows",
    "ListedRows",
    "Named",
    "PickFrom",
    "Row",
    "Selected",
    "To",
    "codes_of",
    "selects",
]


@attrs.frozen
class Named:
    """The source of this id or code."""

    name: str


@attrs.frozen
class Selected:
    """A source of which this holds."""

    selection: Selection


@attrs.frozen
class AllFrom:
    """Every part, each by sources of its own."""

    parts: tuple["From", ...]


@attrs.frozen
class AnyFrom:
    """The first part that is met."""

    parts: tuple["From", ...]


@attrs.frozen
class PickFrom:
    """The first *count* of these parts that are met."""

    count: int
    parts: tuple["From", ...]


@attrs.frozen
class CreditsFrom:
    """Parts, in the order listed, until their sources bear *credits* or more, in the sources' own system."""

    credits: Fraction
    parts: tuple["From", ...]


From: TypeAlias = Named | Selected | AllFrom | AnyFrom | PickFrom | CreditsFrom


@attrs.frozen
class To:
    """
    The targets, by id or code: one of these alternatives, each a series that is given jointly.

    *pool* targets (block, unassigned or category credit) have no credits of their own to reach.
    """

    alternatives: tuple[tuple[str, ...], ...]
    pool: bool


@attrs.frozen
class Row:
    """
    One row of a map. *to* is None where *none* says why the sources stand for nothing.

    *credits* has one amount per target, or is empty; *series* names the rows that follow each other in time.
    """

    from_: From
    to: To | None
    none: str
    credits: tuple[Fraction, ...]
    gives: tuple[str, ...]
    when: Selection | None
    since: date | None
    until: date | None
    series: str


# --- found by code ----------------------------------------------------------------------------------------------------


class IndexedRows(Sequence[Row]):
    """Rows in file order that can be asked for by code."""

    @abstractmethod
    def touched(self, names: Iterable[str]) -> Iterator[Row]:
        """Yield the rows that sources called *names* (ids and codes) may meet, in file order."""


@final
class ListedRows(IndexedRows):
    """The rows that a book lists, with an index."""

    def __init__(self, rows: Sequence[Row]) -> None:
        """Index *rows*."""
        self._rows = rows
        self._named: dict[str, list[int]] = {}
        self._selected = [number for number, row in enumerate(rows) if selects(row.from_)]
        for number, row in enumerate(rows):
            for code in dict.fromkeys(codes_of(row.from_)):
                self._named.setdefault(code, []).append(number)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, at):  # type: ignore[no-untyped-def] # a number or a slice, as Sequence says in two overloads
        return self._rows[at]

    def touched(self, names: Iterable[str]) -> Iterator[Row]:
        """Yield the rows that sources called *names* may meet, in file order."""
        numbers = set(self._selected)
        for name in names:
            numbers.update(self._named.get(name, ()))
        return iter([self._rows[number] for number in sorted(numbers)])


def codes_of(from_: From) -> Iterator[str]:
    """Yield every id or code that *from_* names."""
    match from_:
        case Named():
            yield from_.name
        case Selected():
            pass
        case AllFrom() | AnyFrom() | PickFrom() | CreditsFrom():
            for part in from_.parts:
                yield from codes_of(part)
        case _:
            assert_never(from_)


def selects(from_: From) -> bool:
    """Say whether *from_* selects a source by what it is, anywhere in it."""
    if isinstance(from_, Named | Selected):
        return isinstance(from_, Selected)
    return any(selects(part) for part in from_.parts)
