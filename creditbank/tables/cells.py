"""
From cells to values. Each says in which column it is wrong, and never repeats a cell: it may hold anybody's number.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, TypeVar

import attrs

from creditbank.domain.credit import Credit, CreditSystem, number_text, parse_number
from creditbank.domain.identifier import PupilNumber, ResidentId
from creditbank.domain.level import FRAMEWORKS, Level
from creditbank.errors import MalformedError
from creditbank.tables.columns import Header
from creditbank.tables.reading import unguarded

__all__ = ["DOCUMENTS", "TEXT_MAX", "Cells", "cells_of", "wrong"]

TEXT_MAX: Final = 200
"""Characters of any cell that is kept as text, as an outcome's title has at most."""

WHOLE_DIGITS_MAX: Final = 9
AMOUNT_SIZE_MAX: Final = 12

DOCUMENTS: Final = {
    "居民身份证": "resident-id",
    "身份证": "resident-id",
    "港澳台居民居住证": "resident-id",
    "外国人永久居留身份证": "resident-id",
    "学籍号": "pupil-number",
    "护照": "passport",
}
"""Chinese names of documents. The residence permits have numbers of the same kind as the resident's card."""

_YES_NO: Final = {"yes": True, "no": False, "是": True, "否": False}
_DOCUMENT: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})|([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})")
_WHOLE: Final = re.compile(rf"0|[1-9][0-9]{{0,{WHOLE_DIGITS_MAX - 1}}}")
_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")
_ROUNDED: Final = re.compile(r"[0-9](\.[0-9]+)?[Ee]\+?[0-9]+")
_ODD: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_PLAIN: Final = re.compile(r"[0-9A-Za-z\u4e00-\u9fff][^\x00-\x1f\x7f-\x9f\u2028\u2029]*(?<!\s)")

_T = TypeVar("_T")


def wrong(column: str, what: str, mend: str) -> MalformedError:
    """Return the error that the cell in *column* is wrong."""
    return MalformedError(what, column, mend)


def cells_of(header: Header, cells: list[str]) -> "Cells":
    """
    Return a row's cells by column, without the white space around them and without the apostrophe that guards a formula.

    Raises, in this order:
        MalformedError: There are more or fewer than columns; a cell begins like a formula, or holds a control character.
    """
    if len(cells) != len(header.names):
        raise wrong(
            "",
            f"{len(cells)} fields for {len(header.names)} columns",
            "put cells that hold a comma in quotes, and empty ones between commas",
        )
    values = {}
    for name, cell in zip(header.names, cells, strict=True):
        if cell:
            text = cell if _PLAIN.fullmatch(cell) else _cleaned(name, cell)
            if text:
                values[name] = text
    return Cells(values)


def _cleaned(column: str, cell: str) -> str:
    text = cell.strip()
    plain = unguarded(text)
    if plain is None:
        raise wrong(
            column,
            "it begins like a formula (= + - @)",
            "give the value itself, leave the cell empty where there is none, or put an apostrophe (') before it",
        )
    if _ODD.search(plain.replace("\r\n", "\n")):
        raise wrong(column, "a control character", "take it out")
    return plain


@attrs.frozen
class Cells:
    """The cells of one row that are not empty, by column."""

    values: Mapping[str, str] = attrs.field(repr=False)

    def text(self, column: str) -> str:
        """Return the text in *column*, which must not be empty."""
        text = self.maybe(column)
        if text is None:
            raise wrong(column, "it is empty", "fill it in")
        return text

    def maybe(self, column: str) -> str | None:
        """Return the text in *column*; None where it is empty."""
        text = self.values.get(column)
        if text is not None and len(text) > TEXT_MAX:
            raise wrong(column, f"{len(text)} characters", f"write at most {TEXT_MAX}")
        return text

    def printed(self, column: str) -> str:
        """Return a number in *column* that names somebody or something: what cannot be seen would make it another one."""
        text = self.text(column)
        if not unicodedata.normalize("NFKC", text).isprintable():  # as the vault hashes it
            raise wrong(column, "a character that cannot be seen", "enter the number again")
        return text

    def day(self, column: str) -> date:
        """Return the day in *column*: ``2026-01-31``, or ``2026/1/31`` as spreadsheets write it."""
        match = _DAY.fullmatch(self.text(column))
        try:
            if match:
                year, month, day = (int(part) for part in match.groups() if part is not None)
                return date(year, month, day)
        except ValueError:
            pass
        raise wrong(column, "it is no day", "write it as 2026-01-31 or 2026/1/31")

    def whole(self, column: str) -> int:
        """Return the whole number in *column*."""
        text = self.text(column)
        if not _WHOLE.fullmatch(text):
            raise wrong(column, "it is no whole number", f"write up to {WHOLE_DIGITS_MAX} digits and nothing else")
        return int(text)

    def yes_no(self, column: str) -> bool:
        """Return whether *column* says yes."""
        return self.one_of(column, _YES_NO)

    def one_of(self, column: str, names: Mapping[str, _T]) -> _T:
        """Return what *column* names."""
        found = names.get(self.text(column).lower())
        if found is None:
            raise wrong(column, "it is none of those that may stand there", f"write one of {', '.join(names)}")
        return found

    def level(self, column: str) -> Level:
        """Return the level in *column*; of the frameworks that we know, one that there is."""
        try:
            level = Level.parse(self.text(column))
        except MalformedError:
            raise wrong(column, "it is no level", "write framework:value, such as x:中级") from None
        known = FRAMEWORKS.get(level.framework)
        if known is not None and level.value not in known.values:
            raise wrong(column, f"framework {known.id} has no such level", f"use one of {', '.join(known.values)}")
        return level

    def credit(self, systems: Mapping[str, CreditSystem]) -> Credit | None:
        """Return the credit in *credits* and *system*: both, or neither, and more than nothing."""
        amount, name = self.maybe("credits"), self.maybe("system")
        if amount is None and name is None:
            return None
        if amount is None or name is None:
            empty = "credits" if amount is None else "system"
            raise wrong(empty, "it is empty, and credits and system go together", "fill in both, or neither")
        system = systems.get(name)
        if system is None:
            published = ", ".join(systems) or "none"
            raise wrong("system", "no such credit system is published", f"use one of those published: {published}")
        return system.credit(_exact("credits", amount, system))

    def document(self) -> tuple[str, str]:
        """Return the kind of document and its number, normalised; resident's and pupil's numbers are checked in full."""
        kind, number = self.text("document"), self.printed("number")
        kind = DOCUMENTS.get(kind, kind)
        if not _DOCUMENT.fullmatch(kind):
            raise wrong("document", "it is no kind of document", f"write one of {', '.join(DOCUMENTS)}, or passport")
        if _ROUNDED.fullmatch(number):
            raise wrong("number", "the spreadsheet has rounded it", "make the column text, and enter the number again")
        parse: Callable[[str], object] | None = {
            "resident-id": ResidentId.parse,
            "pupil-number": PupilNumber.parse,
        }.get(kind)
        if parse is None:
            return kind, number
        try:
            return kind, str(parse(number))
        except MalformedError as error:
            raise wrong("number", error.what, error.mend) from None


def _exact(column: str, text: str, system: CreditSystem) -> str:
    """Return *text* where it is a positive amount of *system*."""
    if len(text) > AMOUNT_SIZE_MAX or not _AMOUNT.fullmatch(text):
        raise wrong(column, "it is no amount", 'write it like "2" or "0.5"')
    quanta = parse_number(text) / system.quantum
    if quanta.denominator != 1 or not quanta:
        raise wrong(
            column, f"it is no amount of {system.id}", f"give more than 0, in steps of {number_text(system.quantum)}"
        )
    return text
