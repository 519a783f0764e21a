"""
Rows files: a large map as CSV beside its book. Read once to be sure of every row; kept as the bytes that were read.

A row becomes a :class:`Row` whenever somebody asks for it. What is kept of 10⁶ rows is the file, a hash of each ``from``
and, once rows are looked up, their order by that hash and where each line begins: some 20 bytes a row beside the text.
"""

import csv
import hashlib
import io
import unicodedata
from array import array
from bisect import bisect_left
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import accumulate, chain, compress, count, islice, pairwise, repeat
from operator import eq, not_
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from creditbank.codec.row_cells import COLUMNS, SIGNS, Where, cells_of, read_lines, row_of
from creditbank.codec.row_series import check_series
from creditbank.codec.row_tree import lines_root, path_of
from creditbank.domain.rule.rows import IndexedRows, Row, codes_of
from creditbank.errors import MalformedBookError

if TYPE_CHECKING:
    from _csv import Reader  # what csv.reader returns has no public name

__all__ = ["ROWS_MAX", "ROWS_SIZE_MAX", "FileRows", "read_rows_file"]

ROWS_MAX: Final = 4_000_000
"""Rows of one file; the largest published system that we know has 1.6 million."""

ROWS_SIZE_MAX: Final = 512 * 2**20
"""Bytes of one file."""

_QUOTES_MEND: Final = 'in a cell with quotes, write each twice, and one before and after: """A&B"" & C"'
_CHUNK: Final = 256  # rows read at once: few enough that their cells stay in the processor's cache
# A file with none of these has one code in each from and to: without quotes, no cell has a comma or a line break in it.
_NOT_PLAIN: Final = (
    *SIGNS.replace(",", ""),
    *(blank for blank in map(chr, range(0x3001)) if blank.isspace() and blank not in " \n"),
)

Cells: TypeAlias = tuple[str, ...]


@attrs.frozen(eq=False, repr=False)
class FileRows(IndexedRows):
    """
    The rows of one file. Two are equal if their files are.

    Args:
        data: The file: UTF-8 in NFC, a line a row, each ended by a line feed.
        digest: Its SHA-256 (hex).
        columns: What its first line names.
        size: How many rows.
        hashes: The hash of each row's ``from``, as it is written.
        joined: The rows, from 0, that name several codes, by code.
    """

    data: bytes
    digest: str
    columns: tuple[str, ...]
    size: int
    hashes: "array[int]"
    joined: dict[str, list[int]]

    def __eq__(self, other: object) -> bool:
        return self.digest == other.digest if isinstance(other, FileRows) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"FileRows({self.size} rows, {self.digest})"

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, at):  # type: ignore[no-untyped-def] # a number or a slice, as Sequence says in two overloads
        if isinstance(at, slice):
            return tuple(self._row(number) for number in range(self.size)[at])
        return self._row(range(self.size)[at])

    def __iter__(self) -> Iterator[Row]:
        return (self._row(number) for number in range(self.size))

    def touched(self, names: Iterable[str]) -> Iterator[Row]:
        """Yield the rows that sources called *names* may meet, in file order, after log(rows) steps for each name."""
        found: dict[int, Row] = {}
        for name in names:
            for number in chain(self.joined.get(name, ()), self._hashed(hash(name))):
                row = self._row(number)
                if name in codes_of(row.from_):
                    found[number] = row
        return (found[number] for number in sorted(found))

    def _hashed(self, wanted: int) -> Iterator[int]:
        first = bisect_left(self._order, wanted, key=self.hashes.__getitem__)
        for at in range(first, self.size):
            if self.hashes[self._order[at]] != wanted:
                return
            yield self._order[at]

    def line(self, number: int) -> bytes:
        """Return line *number* without its line feed; 0 has the columns' names."""
        return self.data[self._begins[number] : self._begins[number + 1] - 1]

    @cached_property
    def root(self) -> str:
        """The root (hex) of the tree over the lines."""
        return lines_root(self.data.split(b"\n")[:-1])

    def paths(self, number: int) -> list[tuple[bytes, ...]]:
        """Return the paths of line 0 and line *number* in that tree."""
        return path_of(self.data.split(b"\n")[:-1], 0, number)

    @cached_property
    def _order(self) -> "array[int]":
        """The rows by the hash of their ``from``; rows of one hash stay in file order."""
        return array("I", sorted(range(self.size), key=self.hashes.__getitem__))

    @cached_property
    def _begins(self) -> "array[int]":
        """Where each line begins, and the end."""
        return array("Q", accumulate((len(line) + 1 for line in self.data.split(b"\n")[:-1]), initial=0))

    def _row(self, number: int) -> Row:
        return row_of(cells_of(self.line(number + 1).decode(), self.columns), str)


def read_rows_file(raw: bytes, name: str) -> FileRows:
    """
    Read a rows file. A byte order mark, CR LF and decomposed letters do not matter; the digest is of what is left.

    Raises:
        MalformedBookError: The first fault, with file, line, column and the mend; then rows of one series that overlap or
            leave a gap.
    """
    if len(raw) > ROWS_SIZE_MAX:
        raise MalformedBookError("the rows file is too large", name, f"keep it to {ROWS_SIZE_MAX} bytes")
    text, data = _normal(raw, name)
    reader = _Reader(name, data, plain=not any(found in text for found in _NOT_PLAIN))
    reader.read()
    rows = FileRows(data, hashlib.sha256(data).hexdigest(), reader.columns, reader.size, reader.hashes, reader.joined)
    suspects = () if reader.is_settled() else reader.suspects()
    check_series(((number + 1, rows[number]) for number in suspects), reader.series_fault)
    return rows


def _normal(raw: bytes, name: str) -> tuple[str, bytes]:
    """Return *raw* in NFC, without byte order mark, a line feed after every line, however they end; mostly it is that."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedBookError(f"it is not UTF-8 (byte {error.start})", name, "save it as CSV UTF-8") from None
    if "\r" not in text and text.endswith("\n") and unicodedata.is_normalized("NFC", text) and raw[:3] != BOM_UTF8:
        return text, raw
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = text if text.endswith("\n") else f"{text}\n"
    return text, text.encode()


@attrs.define
class _Reader:
    """Reads every row once, column by column: a loop over single rows would take several times as long."""

    name: str
    data: bytes
    plain: bool
    columns: tuple[str, ...] = ()
    size: int = 0
    hashes: "array[int]" = attrs.field(factory=lambda: array("q"))
    joined: dict[str, list[int]] = attrs.field(factory=dict)
    # How often the series changes from row to row; every series once, as a hash; whether all follow on each other.
    runs: int = 0
    series: set[int] = attrs.field(factory=set)
    abut: bool = True
    # Cells of few values that were checked already.
    known: set[tuple[str, ...]] = attrs.field(factory=set)
    last: tuple[int | None, str] = (None, "")

    def read(self) -> None:
        """Read all; raise the first fault but those of series."""
        rows = self._lines()
        try:
            self.columns = self._names(next(rows))
            while chunk := list(islice(rows, _CHUNK)):
                if rows.line_num != self.size + len(chunk) + 1:
                    raise self._fault(self.size, "", "a cell with a line break", "write a row on one line")
                self._chunk(chunk)
        except csv.Error as error:
            mend = _QUOTES_MEND if "expected" in str(error) else "mend that line"
            raise self._fault(rows.line_num - 2, "", f"it is not CSV ({error})", mend) from None

    def is_settled(self) -> bool:
        """Say whether rows of one series stand together in order of time, so that nothing is left to check."""
        return self.abut and self.runs == len(self.series)

    def suspects(self) -> list[int]:
        """Return the rows, from 0, whose series have to be looked at row by row."""
        spans: dict[object, list[tuple[str, str]]] = {}
        keys = [self._series_of(cells) for cells in self._cells()]
        for key, cells in zip(keys, self._cells(), strict=True):
            spans.setdefault(key, []).append((cells.get("since", ""), cells.get("until", "")))
        wrong = {key for key, span in spans.items() if not _follows(sorted(span))}
        if not wrong:
            return []
        froms = {cells["from"] for key, cells in zip(keys, self._cells(), strict=True) if key in wrong}
        rows = zip(count(), keys, self._cells())
        return [number for number, key, cells in rows if key in wrong or cells["from"] in froms]

    def series_fault(self, number: int, what: str, mend: str) -> MalformedBookError:
        """Return the error about row *number*, from 1."""
        return self._fault(number - 1, "", what, mend)

    def _fault(self, number: int, column: str, what: str, mend: str) -> MalformedBookError:
        return MalformedBookError(what, self._where(number)(column), mend)

    def _where(self, number: int) -> Where:
        return lambda column: f"{self.name}:{number + 2}" + (f": column {column!r}" if column else "")

    def _lines(self) -> "Reader":
        return read_lines(io.TextIOWrapper(io.BytesIO(self.data), "utf-8", newline=""))

    def _names(self, names: list[str]) -> tuple[str, ...]:
        for name in names:
            if name not in COLUMNS:
                raise self._fault(-1, name, "unknown column", f"use some of {', '.join(COLUMNS)}")
        if "from" not in names or len(set(names)) != len(names):
            raise self._fault(-1, "from", "no column from, or one twice", "name every column once in the first line")
        return tuple(names)

    def _cells(self) -> Iterator[dict[str, str]]:
        rows = self._lines()
        next(rows)
        return ({name: cell for name, cell in zip(self.columns, row, strict=True) if cell} for row in rows)

    def _series_of(self, cells: Mapping[str, str]) -> object:
        return cells.get("series") or tuple(cells.get(name, "") for name in ("from", "to", "pool"))

    # --- a chunk ------------------------------------------------------------------------------------------------------

    def _chunk(self, rows: list[list[str]]) -> None:
        try:
            columns = dict(zip(self.columns, zip(*rows, strict=True), strict=True))
        except ValueError:
            width = len(self.columns)
            at = next(at for at, cells in enumerate(rows) if len(cells) != width)
            what = f"{len(rows[at])} cells for {width} columns"
            raise self._fault(self.size + at, "", what, "write every cell, empty or not") from None
        if self.size + len(rows) > ROWS_MAX:
            raise self._fault(self.size, "", "too many rows", f"write at most {ROWS_MAX}")
        none = ("",) * len(rows)
        from_, to = tuple(map(str.rstrip, columns["from"])), columns.get("to", none)
        self.hashes.extend(map(hash, from_))
        # What rows of plain codes say beside the codes has few values: one row of each is read, for all.
        rest = (cells for name, cells in columns.items() if name not in ("from", "to"))
        shapes = list(zip(to if "" in to else repeat(True, len(rows)), *rest, strict=True))
        for shape in set(shapes) - self.known:
            self._read_row(rows, shapes.index(shape))
            self.known.add(shape)
        if "" in from_ or not (self.plain or (_are_plain(from_) and _are_plain(to))):
            for at, (one, other) in enumerate(zip(from_, to, strict=True)):
                if not (_are_plain((one,)) and _are_plain((other,)) and one):
                    self._read_row(rows, at)
        self._follow(columns, none)
        self.size += len(rows)

    def _read_row(self, rows: list[list[str]], at: int) -> None:
        """Read one row for its faults; note its codes if it has several."""
        number = self.size + at
        cells = {name: cell for name, cell in zip(self.columns, rows[at], strict=True) if cell}
        from_ = row_of(cells, self._where(number)).from_
        if not _are_plain((cells["from"],)):
            for code in dict.fromkeys(codes_of(from_)):
                numbers = self.joined.setdefault(code, [])
                if number not in numbers[-1:]:
                    numbers.append(number)

    def _follow(self, columns: Mapping[str, Cells], none: Cells) -> None:
        """Note whether each row that is of the series of the row before it begins where that one ends."""
        if any(columns.get("series", ())):
            self.abut = False
        if not self.abut:
            return
        parts = (columns[name] for name in ("from", "to", "pool") if name in columns)
        keys = list(map(hash, zip(*parts, strict=True)))
        since, until = columns.get("since", none), columns.get("until", none)
        key, end = self.last
        same = list(map(eq, keys, chain((key,), keys)))
        begun = keys if True not in same else list(compress(keys, map(not_, same)))
        self.runs += len(begun)
        self.series.update(begun)
        if True in same:
            begins, ends = tuple(compress(since, same)), tuple(compress(chain((end,), until), same))
            self.abut = begins == ends and "" not in begins
        self.last = keys[-1], until[-1]


def _are_plain(cells: Cells) -> bool:
    """Say whether each cell is one code, or empty: no sign in it and no blank around it."""
    return all(cell == cell.strip() and not any(sign in cell for sign in SIGNS) for cell in cells)


def _follows(spans: list[tuple[str, str]]) -> bool:
    """Say whether each of *spans*, in order of time, begins where the one before it ends."""
    return all(end == begin != "" for (_, end), (begin, _) in pairwise(spans))
