"""
Reading tables of a rule book, so that every fault is told with file, line, clause, key and the mend.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeVar, cast, get_args

import attrs

from creditbank.codec.near import near
from creditbank.domain.credit import number_text, parse_number
from creditbank.domain.period import Duration, parse_duration
from creditbank.domain.rule.field import PERCENT_MAX, PERCENT_MEND
from creditbank.errors import MalformedBookError, MalformedError

__all__ = ["AT_THE_TOP", "LIST_MAX", "TEXT_MAX", "TOP_KEYS", "Place", "Table", "clause_lines", "key_line"]

# Bounds on what one file may hold; far above any regulation that we know.
LIST_MAX: Final = 100_000
TEXT_MAX: Final = 10_000

# Keys of the book itself. TOML gives a key that follows a [table] to that table: the commonest slip of all.
TOP_KEYS: Final = ("book", "version", "title", "since", "until", "acts", "system", "extends")
AT_THE_TOP: Final = "before the first [table]"

_PERCENT_MIN: Final = 1
_CHOICE = TypeVar("_CHOICE", bound=str)
_SLUG = re.compile(r"[\w.-]{1,64}")
# Strings, comments and brackets: all that matters to tell where a table begins. Longest forms first.
_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}\n]|[^"\'#\[\]{}\n]+',
    re.DOTALL,
)


@attrs.frozen
class Place:
    """Where in a document: a file, a line (0: not known), a clause (empty: none) or what else *noun* calls its parts."""

    file: str
    line: int
    clause: str = ""
    noun: str = "clause"

    def where(self, key: str = "") -> str:
        """Return ``file:line: clause 'id', key 'name'``, what is not known left out."""
        head = f"{self.file}:{self.line}" if self.line else self.file
        rest = [f"{self.noun} {self.clause!r}"] if self.clause else []
        rest += [f"key {key!r}"] if key else []
        return f"{head}: {', '.join(rest)}" if rest else head

    def error(self, what: str, mend: str, key: str = "") -> MalformedBookError:
        """Return the error, to be raised."""
        return MalformedBookError(what, self.where(key), mend)


@attrs.define
class Table:
    """
    A table that is read key by key; :meth:`end` refuses what nobody asked for.

    *path* is the name of the table inside its clause, such as ``rows 2``.
    """

    data: Mapping[str, object]
    place: Place
    path: str = ""
    asked: list[str] = attrs.field(factory=list)

    def error(self, what: str, mend: str, key: str = "") -> MalformedBookError:
        """Return the error for *key* of this table, to be raised."""
        return self.place.error(what, mend, f"{self.path} {key}".strip() if self.path else key)

    def has(self, key: str) -> bool:
        """Say whether *key* is there, and count it as asked for."""
        self.asked.append(key)
        return key in self.data

    def end(self) -> None:
        """Refuse keys that were never asked for."""
        for key in self.data:
            if key not in self.asked:
                like = near(key, self.asked)
                known = ", ".join(sorted(set(self.asked)))
                mend = f"did you mean {like!r}?" if like else f"use one of {known}"
                if key in TOP_KEYS:
                    mend = f"if it is the book's own, write it {AT_THE_TOP}; here: {known}"
                raise self.error(f"unknown key {key!r}", mend, key)

    def misspelt(self, *keys: str) -> None:
        """Refuse a key that nobody asked for and that is all but one of *keys*, none of which is there."""
        for key in self.data:
            if key not in self.asked and (like := near(key, keys)):
                raise self.error(f"unknown key {key!r}", f"did you mean {like!r}?", key)

    def get(self, key: str) -> object:
        """Return the value of *key*, which must be there."""
        if not self.has(key):
            self.misspelt(key)
            of_book = not self.path and not self.place.clause
            raise self.error(f"no {key!r}", f"add {key!r}, {AT_THE_TOP}" if of_book else f"add {key!r}", key)
        return self.data[key]

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text, not empty unless that is the default."""
        if default is not None and not self.has(key):
            return default
        value = self.get(key)
        if value == "" and default != "":
            raise self.error(f"{key!r} is empty", "write at least one character", key)
        if not isinstance(value, str):
            raise self.error(f"{key!r} is not a text", "write a text in quotes", key)
        if len(value) > TEXT_MAX:
            raise self.error(f"{key!r} has {len(value)} characters", f"write at most {TEXT_MAX}", key)
        return value

    def slug(self, key: str, default: str | None = None) -> str:
        """Return a text that can be part of a code: letters, digits, ``_``, ``.`` and ``-``."""
        value = self.text(key, default)
        if not _SLUG.fullmatch(value):
            raise self.error(f"{key!r} is {value!r}", "use 1 to 64 letters, digits, '.', '_' and '-'", key)
        return value

    def texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """Return a list of texts, no text twice."""
        if not required and not self.has(key):
            return ()
        value = self.get(key)
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise self.error(f"{key!r} is not a list of texts", 'write it like ["one", "two"]', key)
        if len(set(value)) != len(value):
            raise self.error(f"{key!r} lists something twice", "list each once", key)
        if required and not value:
            raise self.error(f"{key!r} is empty", "list at least one", key)
        return tuple(value)

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        if not self.has(key):
            return default
        value = self.get(key)
        if not isinstance(value, bool):
            raise self.error(f"{key!r} is neither true nor false", "write true or false", key)
        return value

    def choice(self, key: str, options: object, default: _CHOICE) -> _CHOICE:
        """Return one of the values of the Literal *options*."""
        known = get_args(options)
        value = self.text(key, default)
        if value not in known:
            raise self.error(f"{key!r} is {value!r}", f"use one of {', '.join(known)}", key)
        return cast(_CHOICE, value)

    def number(self, key: str) -> Fraction:
        """Return an exact number, which must be there."""
        return self.as_number(self.get(key), key)

    def amount(self, key: str) -> Fraction:
        """Return an exact number that is not written as a share: ``20 %`` of a limit would be 0.2 credits."""
        return self.as_amount(self.get(key), key, 'say of what: { percent = 20, of = "…" }')

    def as_amount(self, value: object, key: str, mend: str) -> Fraction:
        """Return *value* as an exact number; *mend* says what to write for a share."""
        if isinstance(value, str) and "%" in value:
            raise self.error(f"{value!r} is a share, and no amount", mend, key)
        return self.as_number(value, key)

    def percent(self) -> Fraction:
        """Return the share that ``percent`` says: 20 is 1/5. Below 1 nobody has a limit: who writes 0.2 means 20 %."""
        percent = self.amount("percent")
        if percent < _PERCENT_MIN:
            what = f"'percent' is {number_text(percent)} %"
            raise self.error(what, f"write percent = 20 for 20 %; at least {_PERCENT_MIN}", "percent")
        return percent / 100

    def positive(self, key: str, *, amount: bool = False) -> Fraction:
        """Return an exact number above 0; an *amount* is not written as a share."""
        value = self.amount(key) if amount else self.number(key)
        if not value:
            raise self.error(f"{key!r} is 0", "use a number above 0", key)
        return value

    def count(self, key: str, default: int, *, least: int = 1) -> int:
        """Return a whole number of at least *least*."""
        if not self.has(key):
            return default
        value = self.as_number(self.get(key), key)
        if value.denominator != 1 or not least <= value <= LIST_MAX:
            raise self.error(f"{key!r} is not a count", f"use a whole number from {least} to {LIST_MAX}", key)
        return value.numerator

    def day(self, key: str) -> date | None:
        """Return a day, or None if the key is not there."""
        return self.as_day(self.get(key), key) if self.has(key) else None

    def duration(self, key: str) -> Duration | None:
        """Return a duration such as ``7 years``, or None if the key is not there."""
        if not self.has(key):
            return None
        try:
            return parse_duration(self.text(key))
        except MalformedError as error:
            raise self.error(error.what, error.mend, key) from None

    def table(self, key: str) -> "Table":
        """Return the table under *key*; an empty one if it is not there."""
        value = self.get(key) if self.has(key) else {}
        return self.as_table(value, key)

    def tables(self, key: str) -> Iterator["Table"]:
        """Yield the tables of the list under *key*; nothing if it is not there."""
        if not self.has(key):
            return
        value = self.get(key)
        if not isinstance(value, list) or len(value) > LIST_MAX:
            mend = "write each as [[clause]]" if key == "clause" else "write it like [{ … }, { … }]"
            raise self.error(f"{key!r} is not a list of tables", mend, key)
        for number, one in enumerate(value, 1):
            yield self.as_table(one, f"{key} {number}")

    def as_table(self, value: object, key: str) -> "Table":
        """Return *value* as a table inside this one."""
        if not isinstance(value, dict):
            raise self.error(f"{key!r} is not a table", "write it like { key = value }", key)
        return Table(value, self.place, f"{self.path} {key}".strip())

    def as_number(self, value: object, key: str) -> Fraction:
        """Read a number: whole, an exact decimal, or text such as ``2/3`` or ``40 %``."""
        if isinstance(value, int | Decimal | str) and not isinstance(value, bool):
            try:
                return parse_number(str(value))
            except MalformedError as error:
                raise self.error(error.what, error.mend, key) from None
        raise self.error(f"{key!r} is not a number", 'write it like 2, 0.5, "2/3" or "40 %"', key)

    def as_share(self, value: object, key: str) -> Fraction:
        """Read a share: ``80 %`` or ``0.8``. Who means it and writes 80 is told."""
        share = self.as_number(value, key)
        if share > PERCENT_MAX:
            raise self.error(f"{value} is {number_text(share * 100)} %", PERCENT_MEND, key)
        return share

    def as_day(self, value: object, key: str) -> date:
        """Read a day: ``2026-01-01``, as a date of TOML or as text."""
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                raise self.error(f"{value!r} is not a day of the calendar", "check month and day", key) from None
        raise self.error(f"{key!r} is not a day", "write it like 2026-01-01", key)


def clause_lines(text: str, key: str = "clause") -> tuple[int, ...]:
    """
    Return the line on which each clause, or what else stands under *key*, begins: tomllib keeps none.

    Both spellings: ``[[clause]]`` blocks, and ``clause = [ {…}, {…} ]``.
    """
    lines: list[int] = []
    line, depth, inside, head = 1, 0, False, ""
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token == "\n":
            head = "" if not depth else head
        elif token in ("[", "{"):
            if token == "{" and inside and depth == 1:
                lines.append(line)
            inside = inside or (token == "[" and depth == 0 and re.fullmatch(rf"\s*{key}\s*=\s*", head) is not None)
            depth += 1
            head += token
        elif token in ("]", "}"):
            depth -= 1
            head += token
            inside = inside and depth > 0
            if depth == 0 and re.fullmatch(rf"\s*\[\[\s*{key}\s*\]\]", head):
                lines.append(line)
        elif not token.startswith("#"):
            head += token
        line += token.count("\n")
    return tuple(lines)


def key_line(text: str, key: str) -> int:
    """Return the first line that sets top-level *key* or opens its table, or 0."""
    found = re.search(rf"^[ \t]*(?:\[\[?[ \t]*)?{re.escape(key)}[ \t]*(?:=|\.|\])", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 0
