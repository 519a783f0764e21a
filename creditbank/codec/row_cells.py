"""
One row of a rows file: cells to a :class:`Row`. What a cell cannot say without guessing is refused.

``from`` and ``to`` are a code; or codes joined by `` & `` (all of them) or `` | `` (any of them), with brackets wherever
both stand; a code with one of the signs ``& | ( ) , ; 、`` in it stands in double quotes.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import attrs

from creditbank.domain.credit import parse_number
from creditbank.domain.rule.rows import AllFrom, AnyFrom, From, Named, Row, To
from creditbank.errors import MalformedBookError, MalformedError

__all__ = ["COLUMNS", "FROM_DEPTH_MAX", "SIGNS", "Where", "cells_of", "names_of", "read_lines", "row_of"]

COLUMNS: Final = ("from", "to", "pool", "none", "credits", "gives", "since", "until", "series")
"""What a rows file may have; ``from`` and one of ``to``, ``pool``, ``none`` must be there."""

SIGNS: Final = '&|(),;、,;"'
"""A cell without any of these is one code."""

FROM_DEPTH_MAX: Final = 4
"""A code alone is of depth 1, ``A & B`` of depth 2; as in a book."""

_TOKEN: Final = re.compile(r'\s*(?:"([^"]+)"|([&|()])|([^&|()",;、,;]+)|(.))')
_BARE = "a bare list is neither all nor any"
_BARE_MEND = "write A & B for all, A | B for any; put a code with such a sign in double quotes"

if TYPE_CHECKING:
    from _csv import Reader  # what csv.reader returns has no public name

Where = Callable[[str], str]
"""Names a column's cell for an error."""


def read_lines(lines: Iterable[str]) -> "Reader":
    """Return a reader of the cells of each line."""
    return csv.reader(lines, skipinitialspace=True, strict=True)


def names_of(line: str) -> tuple[str, ...]:
    """Return the names of the columns, from the first line."""
    return tuple(next(read_lines([line])))


def cells_of(line: str, columns: tuple[str, ...]) -> dict[str, str]:
    """Return the cells of *line*, which was read before, by column; those that are empty are left out."""
    return {column: cell for column, cell in zip(columns, next(read_lines([line])), strict=True) if cell}


def row_of(cells: Mapping[str, str], where: Where) -> Row:
    """
    Return the row that *cells* say.

    Raises:
        MalformedBookError: The first fault: of from; of to, pool, none; of credits; of gives; of since, until.
    """
    from_ = _from(_read(cells.get("from", ""), where("from")), where("from"))
    to = _to(cells, where)
    if to is None and (cells.get("credits") or cells.get("gives")):
        raise MalformedBookError("a row with none gives nothing", where("none"), "leave credits and gives empty")
    since, until = (_day(cells.get(name, ""), where(name)) for name in ("since", "until"))
    if since is not None and until is not None and until <= since:
        mend = "until is the first day that is no longer in it"
        raise MalformedBookError("until is not after since", where("until"), mend)
    return Row(
        from_=from_,
        to=to,
        none=cells.get("none", ""),
        credits=_credits(cells.get("credits", ""), to, where("credits")),
        gives=tuple(_listed(cells.get("gives", ""), where("gives"))),
        when=None,
        since=since,
        until=until,
        series=cells.get("series", ""),
    )


# --- from and to ------------------------------------------------------------------------------------------------------


@attrs.frozen
class _Joined:
    """Parts joined by one sign."""

    sign: str
    parts: tuple["_Joined | str", ...]


def _from(read: _Joined | str, where: str, depth: int = FROM_DEPTH_MAX) -> From:
    if not depth:
        raise MalformedBookError(f"from is nested deeper than {FROM_DEPTH_MAX}", where, "make rows of it")
    if isinstance(read, str):
        return Named(read)
    parts = tuple(_from(part, where, depth - 1) for part in read.parts)
    return AllFrom(parts) if read.sign == "&" else AnyFrom(parts)


def _to(cells: Mapping[str, str], where: Where) -> To | None:
    given = [name for name in ("to", "pool", "none") if cells.get(name)]
    if len(given) != 1:
        what = "a row leads to something" if not given else f"{' and '.join(given)} in one row"
        raise MalformedBookError(what, where("to"), "fill one of to, pool, none (which says why not)")
    if given == ["none"]:
        return None
    if given == ["pool"]:
        return To(((cells["pool"],),), True)
    read = _read(cells["to"], where("to"))
    options = read.parts if isinstance(read, _Joined) and read.sign == "|" else (read,)
    return To(tuple(_series(option, where("to")) for option in options), False)


def _series(read: _Joined | str, where: str) -> tuple[str, ...]:
    if isinstance(read, str):
        return (read,)
    names = tuple(part for part in read.parts if isinstance(part, str))
    if len(names) != len(read.parts) or len(set(names)) != len(names):
        raise MalformedBookError("targets are codes, each once", where, "write A & B, or (A & B) | C")
    return names


def _read(text: str, where: str) -> _Joined | str:
    """Read a code or codes joined; one sign at a level, so that nothing hangs on which binds more tightly."""
    tokens = [match.groups() for match in _TOKEN.finditer(text) if match[0].strip()]
    read, rest = _level(tokens, where)
    if rest:
        raise MalformedBookError("a bracket is closed that was not opened", where, _BARE_MEND)
    return read


_Tokens = list[tuple[str | None, ...]]


def _level(tokens: _Tokens, where: str) -> tuple[_Joined | str, _Tokens]:
    first, tokens = _part(tokens, where)
    parts, sign = [first], ""
    while tokens and tokens[0][1] != ")":
        joined = tokens[0][1]
        if joined not in ("&", "|"):
            raise MalformedBookError(_BARE, where, _BARE_MEND)
        if sign and joined != sign:
            raise MalformedBookError("& and | side by side", where, "write brackets: (A & B) | C")
        sign = joined
        part, tokens = _part(tokens[1:], where)
        parts.append(part)
    return (_Joined(sign, tuple(parts)) if sign else first), tokens


def _part(tokens: _Tokens, where: str) -> tuple[_Joined | str, _Tokens]:
    if not tokens:
        raise MalformedBookError("a code is missing", where, "write a code")
    quoted, sign, plain, other = tokens[0]
    if sign == "(":
        read, rest = _level(tokens[1:], where)
        if not rest:
            raise MalformedBookError("a bracket is not closed", where, "close it")
        return read, rest[1:]
    if other:
        raise MalformedBookError(_BARE, where, _BARE_MEND)
    name = quoted or (plain or "").strip()
    if not name:
        raise MalformedBookError("a code is missing", where, "write a code")
    return name, tokens[1:]


# --- the other cells --------------------------------------------------------------------------------------------------


def _credits(text: str, to: To | None, where: str) -> tuple[Fraction, ...]:
    if not text or to is None:
        return ()
    if "%" in text:
        raise MalformedBookError(f"{text!r} is a share, and no amount", where, "write the credits of each target")
    try:
        amounts = tuple(_number(part.strip()) for part in text.split("&"))
    except MalformedError as error:
        raise MalformedBookError(error.what, where, error.mend) from None
    if {len(alternative) for alternative in to.alternatives} != {len(amounts)}:
        most = max(len(alternative) for alternative in to.alternatives)
        what = f"{len(amounts)} amounts for {most} targets"
        raise MalformedBookError(what, where, "write one amount per target, like 3 & 3 & 2")
    return amounts


@lru_cache(maxsize=1_000)
def _number(text: str) -> Fraction:
    return parse_number(text)


def _listed(text: str, where: str) -> list[str]:
    read = _read(text, where) if text else _Joined("&", ())
    parts = [read] if isinstance(read, str) else [part for part in read.parts if isinstance(part, str)]
    if isinstance(read, _Joined) and (read.sign == "|" or len(parts) != len(read.parts)):
        raise MalformedBookError("designations are not alternatives", where, "join them by &")
    return parts


def _day(text: str, where: str) -> date | None:
    if not text:
        return None
    try:
        if len(text) == len("2026-01-01"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise MalformedBookError(f"{text!r} is not a day", where, "write it like 2026-01-01")
