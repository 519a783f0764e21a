"""
Tables as spreadsheets write them: commas, quotes, one row a line; UTF-8 with or without BOM, or GB 18030.

A file is read twice as a stream, once to learn its encoding and once for its rows, and never held. What makes the rows after it
uncertain (a byte that is no text, a quote that is never closed) raises for the whole file; what concerns one row is left to the
reader of rows. No message repeats a cell: people put numbers into the wrong column, and files without a header begin with one.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, TextIO

import attrs

from creditbank.errors import MalformedError, StoreError

__all__ = ["ENCODINGS", "Source", "guarded", "source_of", "unguarded"]

ENCODINGS: Final = ("utf-8", "gb18030")

BYTES_AT_ONCE: Final = 1024 * 1024
LINE_MAX: Final = 64 * 1024
"""Characters of one line."""

ROW_LINES_MAX: Final = 1_000
"""Lines of one row: cells may hold line breaks, but a quote that is never closed swallows the file."""

_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_FORMULA: Final = "=+\\-@\t\r＝＋－＠"  # the full-width ones are meant: some spreadsheets take them, too
_GUARD: Final = re.compile(f"'*[{_FORMULA}]")
_GUARDED: Final = re.compile(f"'+[{_FORMULA}]")


def guarded(text: str) -> str:
    """
    Return *text* as a cell that no spreadsheet takes for a formula: with an apostrophe before ``=``, ``+``, ``-``, ``@`` (also
    full-width), tab or carriage return, and before apostrophes that stand before one of those. :func:`unguarded` takes it back.
    """
    return f"'{text}" if _GUARD.match(text) else text


def unguarded(cell: str) -> str | None:
    """Return what :func:`guarded` was given; None where it would not have written *cell*, because it may be a formula."""
    if _GUARDED.match(cell):
        return cell[1:]
    return None if _GUARD.match(cell) else cell


@attrs.frozen
class Source:
    """A file that was read once: its encoding is known to hold, and how many *lines* it has, at most one too few."""

    path: Path
    encoding: str
    lines: int

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """
        Yield (line, cells), the header first; *line* is where the row begins, from 1, every line break counted. Blank lines, and
        lines of nothing but commas and white space, are left out.

        Raises:
            StoreError: The file cannot be read.
            MalformedError: From there on it is no table; ``where`` is ``file:line``.
        """
        with io.TextIOWrapper(_opened(self.path), encoding=self.encoding, newline="\n") as file:
            lines = _Lines(file, self.path)
            table = csv.reader(lines, strict=True)
            while True:
                lines.begin()
                try:
                    cells = next(table, None)
                except csv.Error as error:
                    raise lines.wrong(f"its quotes are not in order ({error})", _QUOTES, lines.first) from None
                except UnicodeDecodeError:
                    raise lines.wrong(
                        "the file was changed while it was read", "import it again", lines.first
                    ) from None
                if cells is None:
                    return
                if any(map(str.strip, cells)):
                    yield lines.first, cells


_QUOTES: Final = 'close every quote, and write a quote inside a cell twice ("")'


class _Lines:
    """The lines of a file, counted and looked at one by one."""

    def __init__(self, file: TextIO, path: Path) -> None:
        self._file = file
        self._path = path
        self.first = 0
        self.number = 0

    def begin(self) -> None:
        """Let the next line be a row's first."""
        self.first = self.number + 1

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._file.readline(LINE_MAX + 1)
        if not line:
            raise StopIteration
        self.number += 1
        if self.number == 1:
            line = line.removeprefix("\ufeff")
        text = line.removesuffix("\n").removesuffix("\r")
        if "\0" in text:
            raise self.wrong("a NUL byte", "save it as CSV again, in UTF-8 (not UTF-16)", self.number)
        if "\r" in text:
            raise self.wrong("a carriage return without a line feed", "save it with line ends CR LF or LF", self.number)
        if len(line) > LINE_MAX:
            raise self.wrong(f"a line of more than {LINE_MAX} characters", "check that it is a table", self.number)
        if self.number - self.first >= ROW_LINES_MAX:
            raise self.wrong(f"a row of more than {ROW_LINES_MAX} lines", _QUOTES, self.first)
        return line

    def wrong(self, what: str, mend: str, line: int) -> MalformedError:
        return MalformedError(what, f"{self._path.name}:{line}", mend)


# --- which encoding ---------------------------------------------------------------------------------------------------


def source_of(path: Path, encoding: str | None = None) -> Source:
    """
    Read *path* once to learn its encoding: UTF-8 where it has that BOM, or is UTF-8 to the last byte; else GB 18030.

    Raises, in this order:
        MalformedError: *encoding* is not one of :data:`ENCODINGS`.
        StoreError: The file cannot be read.
        MalformedError: It is empty; it is UTF-16; it is not text in that encoding, or in either.
    """
    if encoding is not None and encoding not in ENCODINGS:
        raise MalformedError("an encoding that is not read", "encoding", f"give one of {', '.join(ENCODINGS)}")
    with _opened(path) as file:
        start = file.read(len(codecs.BOM_UTF8))
    if not start:
        raise MalformedError("it is empty", path.name, "give a table with a header")
    if start.startswith(_UTF_16):
        raise MalformedError("it is UTF-16", path.name, 'save it as "CSV UTF-8"')
    if encoding is not None:
        tried: tuple[str, ...] = (encoding,)
    else:
        tried = ENCODINGS[:1] if start == codecs.BOM_UTF8 else ENCODINGS
    lines = 0
    for each in tried:
        lines, good = _decoded(path, each)
        if good:
            return Source(path, each, lines)
    names = " nor ".join(name.upper() for name in tried)
    raise MalformedError(f"bytes that are not {names}", f"{path.name}:{lines + 1}", 'save it as "CSV UTF-8"')


def _decoded(path: Path, encoding: str) -> tuple[int, bool]:
    """Return how many lines end before the first bytes that are not *encoding*, and whether there are no such bytes."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    lines = 0
    with _opened(path) as file:
        while True:
            chunk = file.read(BYTES_AT_ONCE)
            try:
                decoder.decode(chunk, not chunk)
            except UnicodeDecodeError as error:
                # What was left of the chunk before counts, too, but holds no line end in either encoding.
                return lines + bytes(error.object[: error.start]).count(b"\n"), False
            if not chunk:
                return lines, True
            lines += chunk.count(b"\n")


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror})", "check the file's name and rights") from None
