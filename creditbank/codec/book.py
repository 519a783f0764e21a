"""
Rule books: TOML as people write it, canonical bytes as the ledger names it.

The canonical form is the same document with every default filled in, texts in NFC, numbers and days as text, selections
as lists of tables of full tests, clauses in file order; then integer-only canonical JSON. Its SHA-256 is the digest.
"""

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, TypeAlias

import attrs

from creditbank.codec.book_clauses import read_clause
from creditbank.codec.book_head import OWN_CODE
from creditbank.codec.book_layers import LAYERS_MAX, PARENTS_MAX, REFERENCE, Layers, as_parent
from creditbank.codec.book_parity import check_parity
from creditbank.codec.book_table import Place, Table, clause_lines, key_line
from creditbank.codec.book_top import read_top
from creditbank.codec.book_whole import check_clauses
from creditbank.codec.book_write import write_clause
from creditbank.codec.canonical import canonical, from_canonical
from creditbank.codec.row_file import FileRows, read_rows_file
from creditbank.codec.row_tree import RowProof
from creditbank.domain.credit import number_text
from creditbank.domain.level import Crosswalk
from creditbank.domain.period import Calendar
from creditbank.domain.rule.book import Parent, RuleBook
from creditbank.domain.rule.clause import Chain, Highest, Map
from creditbank.errors import MalformedBookError, MalformedError

__all__ = [
    "BOOK_SIZE_MAX",
    "CLAUSES_MAX",
    "Files",
    "book_bytes",
    "book_digest",
    "book_files",
    "book_of",
    "book_text",
    "no_files",
    "parent_books",
    "read_book",
    "row_proof",
]

BOOK_SIZE_MAX: Final = 8 * 2**20
"""Characters of a book, and bytes of its canonical form."""

CLAUSES_MAX: Final = 10_000

Files: TypeAlias = Callable[[str], bytes | None]
"""
Finds what a book names: ``x.csv`` (a rows file), ``book@version`` (a book it extends: TOML or canonical bytes), and for
canonical bytes the SHA-256 (hex) of a rows file. None if there is no such thing.
"""

_FORM: Final = 1
_SYNTAX: Final = 'mend the syntax there: keys are English words, texts and names of fields stand in straight quotes "…"'
_ROWS_FILE: Final = re.compile(r"\w[\w.-]{0,99}\.csv")


def no_files(name: str) -> None:
    return None


def read_book(text: str, *, name: str, files: Files = no_files) -> RuleBook:
    """
    Read a rule book as TOML. *name* is the file's, for errors; *files* finds rows files and parents.

    Raises:
        MalformedBookError: the first fault, with file, line, clause, key and the mend.
    """
    return _read(text, name, files, ())


def book_text(data: bytes, name: str) -> str:
    """Return the text in *data*, or raise MalformedBookError where it is not UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise MalformedBookError(f"it is not UTF-8 (byte {error.start})", name, "save it as UTF-8") from None


def _found(data: bytes, name: str, files: Files, trail: tuple[str, ...]) -> RuleBook:
    """Read what *files* found: canonical bytes, or TOML."""
    return book_of(data, files) if data.startswith(b"{") else _read(book_text(data, name), name, files, trail)


def _read(text: str, name: str, files: Files, trail: tuple[str, ...]) -> RuleBook:
    if len(text) > BOOK_SIZE_MAX:
        raise MalformedBookError("the book is too large", name, f"write at most {BOOK_SIZE_MAX} characters")
    text = unicodedata.normalize("NFC", text.removeprefix("\ufeff"))  # which some editors put before all else
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line ([0-9]+)", str(error))
        raise MalformedBookError(f"it is not TOML ({error})", f"{name}:{line[1]}" if line else name, _SYNTAX) from None
    except RecursionError:
        raise MalformedBookError("it is nested too deeply", name, "write it flat") from None
    return _Reader(name, text, clause_lines(text), files, trail, False).book(data)


def book_bytes(book: RuleBook) -> bytes:
    """Return the canonical bytes of *book*. They name it: see :func:`book_digest`."""
    return canonical(
        {
            "form": _FORM,
            "book": book.book,
            "version": book.version,
            "title": book.title,
            "since": book.since.isoformat(),
            **({"until": book.until.isoformat()} if book.until else {}),
            "acts": list(book.acts),
            "system": book.system,
            "basis": {name: attrs.asdict(basis) for name, basis in book.basis.items()},
            "levels": {name: list(steps) for name, steps in book.levels.items()},
            "fields": {name: str(kind) for name, kind in book.fields.items()},
            "dates": attrs.asdict(book.dates),
            "calendars": {name: _calendar(calendar) for name, calendar in book.calendars.items()},
            "derive": {name: attrs.asdict(derived) for name, derived in book.derive.items()},
            "clause": [write_clause(clause) for clause in book.clauses],
            **_between(book),
        }
    )


def book_of(data: bytes, files: Files = no_files) -> RuleBook:
    """
    Read what :func:`book_bytes` wrote, and nothing else; *files* finds rows files by their digest.

    MalformedError (MalformedBookError inside a clause).
    """
    if len(data) > BOOK_SIZE_MAX:
        raise MalformedError("the book is too large", "rule book", f"give at most {BOOK_SIZE_MAX} bytes")
    value = from_canonical(data, "rule book", keys=None)
    if not isinstance(value, dict) or value.pop("form", None) != _FORM:
        raise MalformedError("it is no rule book of a form that is known", "rule book", "use a newer creditbank")
    book = _Reader("rule book", "", (), files, (), True).book(value)
    if book_bytes(book) != data:
        raise MalformedError("it is not written canonically", "rule book", "use the bytes as they were given")
    return book


def book_digest(data: bytes) -> str:
    """Return the name of a book: the SHA-256 (hex) of its canonical bytes."""
    return hashlib.sha256(data).hexdigest()


def book_files(book: RuleBook) -> dict[str, bytes]:
    """Return the rows files of *book*, by digest: documents of their own, without which it cannot be read again."""
    rows = (clause.rows for clause in book.clauses if isinstance(clause, Map))
    return {one.digest: one.data for one in rows if isinstance(one, FileRows)}


def parent_books(book: RuleBook, files: Files) -> dict[str, RuleBook]:
    """
    Return the books that *book* extends, by digest, as far as *files* finds the very documents that it names.

    Raises:
        MalformedBookError, MalformedError: What it finds is no rule book.
    """
    found = {}
    for parent in book.parents:
        name = f"{parent.book}@{parent.version}"
        data = files(name)
        if data is None:
            continue
        other = _found(data, name, files, ())
        if book_digest(book_bytes(other)) == parent.digest:
            found[parent.digest] = other
    return found


def row_proof(book: RuleBook, clause: str, number: int) -> RowProof:
    """
    Show row *number* (from 1) of the rows file of map *clause* alone: :func:`~creditbank.codec.row_tree.check_row`.

    Raises:
        MalformedError: There is no such map, its rows are in the book itself, or there is no such row.
    """
    rows = next((one.rows for one in book.clauses if isinstance(one, Map) and one.id == clause), None)
    if not isinstance(rows, FileRows):
        raise MalformedError(f"clause {clause!r} has no rows file", "row proof", "show the book itself")
    if not 1 <= number <= len(rows):
        raise MalformedError(f"no row {number} of {len(rows)}", "row proof", "count from 1")
    names_path, row_path = rows.paths(number)
    return RowProof(book_bytes(book), clause, number, rows.line(0), rows.line(number), names_path, row_path)


def _between(book: RuleBook) -> dict[str, object]:
    """Return what lies between books, systems and schemes; nothing of what there is none of."""
    written: dict[str, object] = {
        "parity": {
            name: {"at_most": number_text(one.at_most), "basis": one.basis} for name, one in book.parity.items()
        },
        "crosswalk": [_crosswalk(row) for row in book.crosswalk],
        "parents": [
            {
                "book": one.book,
                "version": one.version,
                "digest": one.digest,
                "replaced": [list(pair) for pair in one.replaced],
            }
            for one in book.parents
        ],
    }
    return {key: value for key, value in written.items() if value}


def _crosswalk(row: Crosswalk) -> dict[str, str]:
    return {"from": str(row.source), "to": str(row.target), "basis": row.citation}


def _calendar(calendar: Calendar) -> dict[str, object]:
    """A book's calendars recur; given ones come with the case."""
    return {"starts": list(calendar.starts)}


@attrs.frozen
class _Reader:
    """Reads one document; *lines* are where its clauses begin."""

    name: str
    text: str
    lines: tuple[int, ...]
    files: Files
    # The books that extend this one, as book@version; whether it has in it what it extends, as canonical bytes have.
    trail: tuple[str, ...]
    resolved: bool

    def book(self, data: Mapping[str, object]) -> RuleBook:
        table = Table(data, Place(self.name, 0))
        try:
            return self._book(table)
        except MalformedBookError as error:
            raise self._placed(error) from None

    def _placed(self, error: MalformedBookError) -> MalformedBookError:
        """Add the line to an error about a key at the top of the file."""
        found = re.fullmatch(re.escape(self.name) + r": key '(\S+)( .*)?'", error.where)
        line = key_line(self.text, found[1]) if found and self.text else 0
        if not line:
            return error
        where = error.where.replace(self.name, f"{self.name}:{line}", 1)
        return MalformedBookError(error.what, where, error.mend)

    def _book(self, table: Table) -> RuleBook:
        layers = Layers()
        places: dict[str, Place] = {}
        above = self._resolved(table) if self.resolved else self._above(table)
        for _, parent in above:
            if parent is not None:
                layers.inherit(table, parent)
        bare = read_top(table, tuple(parent for _, parent in above if parent is not None), resolved=self.resolved)
        table.has("clause")
        table.end()  # first of all: where [fields] is misspelt, every clause would be told to declare its fields
        for number, row in enumerate(table.tables("clause"), 1):
            line = self.lines[number - 1] if number <= len(self.lines) else 0
            id = row.data.get("id")
            inner = Table(row.data, Place(self.name, line, id if isinstance(id, str) else f"number {number}"))
            replaces = "" if self.resolved else inner.text("replaces", "")
            inner = attrs.evolve(inner, data=self._filled(inner), asked=[])
            clause = read_clause(inner, bare)
            layers.add(inner, clause, replaces)
            places[clause.id] = inner.place
        parents = tuple(parent for parent, _ in above)
        book = attrs.evolve(
            bare,
            clauses=tuple(layers.clauses),
            parents=parents if self.resolved else layers.parents(parents),
        )
        _check_whole(table, book)
        check_clauses(table, book, places)
        return book

    def _filled(self, table: Table) -> dict[str, object]:
        """Return what *table* says: a rows file in the place of its name, without what only layers read."""
        data = {key: value for key, value in table.data.items() if self.resolved or key != "replaces"}
        if "rows_file" in data:
            data["rows_file"] = self._rows_by_digest(table) if self.resolved else self._rows_by_name(table)
        if not self.resolved:
            if OWN_CODE in data:
                raise table.error(f"unknown key {OWN_CODE!r}", "leave it out: code says it", OWN_CODE)
            # Other kinds have their id for a code whether the book says so or not.
            if data.get("kind") in (Map.kind, Highest.kind) and "code" in data and data["code"] == data.get("id"):
                data[OWN_CODE] = True
        return data

    def _rows_by_name(self, table: Table) -> FileRows:
        name = table.text("rows_file")
        if not _ROWS_FILE.fullmatch(name):
            raise table.error(
                f"{name!r} is no name of a rows file", 'write it like "x.csv", without a folder', "rows_file"
            )
        found = self.files(name)
        if found is None:
            raise table.error(f"there is no file {name!r}", "put it beside the book", "rows_file")
        return read_rows_file(found, name)

    def _rows_by_digest(self, table: Table) -> FileRows:
        inner = table.table("rows_file")
        digest = inner.text("sha256")
        found = self.files(digest)
        if found is None:
            raise inner.error(f"the rows file {digest} is missing", "give it along with the book", "sha256")
        rows = read_rows_file(found, "rows file")
        if rows.digest != digest or rows.data != found:
            raise inner.error("the rows file has another SHA-256", "use the bytes as they were given", "sha256")
        return rows

    # --- parents ------------------------------------------------------------------------------------------------------

    def _resolved(self, table: Table) -> tuple[tuple[Parent, None], ...]:
        return tuple((_parent(inner), None) for inner in table.tables("parents"))

    def _above(self, table: Table) -> tuple[tuple[Parent, RuleBook], ...]:
        """Return the books that this one extends, each as it is named and as it is inherited."""
        references = table.texts("extends")
        if len(references) > PARENTS_MAX:
            raise table.error("too many parents", f"extend at most {PARENTS_MAX}", "extends")
        trail = (*self.trail, f"{table.data.get('book')}@{table.data.get('version')}")
        if len(trail) > LAYERS_MAX:
            raise table.error("too many layers", f"put at most {LAYERS_MAX} books above each other", "extends")
        found = []
        for reference in references:
            if not REFERENCE.fullmatch(reference):
                raise table.error(f"{reference!r} names no book", 'write it like "province@2025"', "extends")
            if reference in trail:
                around = " → ".join((*trail[trail.index(reference) :], reference))
                raise table.error(f"a book that extends itself: {around}", "take one of them out", "extends")
            book = self._parent(table, reference, trail)
            digest = book_digest(book_bytes(book))
            found.append((Parent(book.book, book.version, digest, ()), as_parent(book)))
        return tuple(found)

    def _parent(self, table: Table, reference: str, trail: tuple[str, ...]) -> RuleBook:
        data = self.files(reference)
        if data is None:
            raise table.error(f"there is no book {reference}", "give its file along, or publish it first", "extends")
        book = _found(data, reference, self.files, trail)
        if f"{book.book}@{book.version}" != reference:
            what = f"what is found for {reference} is {book.book}@{book.version}"
            raise table.error(what, "name the version that is meant", "extends")
        return book


def _parent(table: Table) -> Parent:
    replaced = []
    pairs = table.get("replaced")
    for pair in pairs if isinstance(pairs, list) else [None]:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) for one in pair)):
            raise table.error("not pairs of clauses", "use the bytes as they were given", "replaced")
        replaced.append((pair[0], pair[1]))
    parent = Parent(table.text("book"), table.text("version"), table.text("digest"), tuple(replaced))
    table.end()
    return parent


# --- the whole --------------------------------------------------------------------------------------------------------


def _check_whole(table: Table, book: RuleBook) -> None:
    """Refuse what no clause alone shows."""
    if not book.clauses:
        raise table.error("a book without clauses", "add [[clause]] blocks", "clause")
    if len(book.clauses) > CLAUSES_MAX:
        raise table.error("too many clauses", f"write at most {CLAUSES_MAX}", "clause")
    if "convert" in book.acts:
        if not book.system:
            raise table.error("a convert book without a credit system", "name the credit system it grants in", "system")
        if not any(isinstance(clause, Map) and book.speaks(clause.acts, "convert") for clause in book.clauses):
            raise table.error("a convert book without a map", "add a clause of kind map", "clause")
    for act in book.acts:
        chains = [one.id for one in book.clauses if isinstance(one, Chain) and book.speaks(one.acts, act)]
        if len(chains) > 1:
            raise table.error(f"two chains for {act!r}: {', '.join(chains)}", "make one chain of them", "clause")
    check_parity(table, book)
