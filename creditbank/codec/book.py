"""
Rule books: TOML as people write it, canonical bytes as the ledger names it.

The canonical form is the same document with every default filled in, texts in NFC, numbers and days as text, selections
as lists of tables of full tests, clauses in file order; then integer-only canonical JSON. Its SHA-256 is the digest.
"""

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import attrs

from creditbank.codec.book_clauses import read_clause
from creditbank.codec.book_table import Place, Table, clause_lines, key_line
from creditbank.codec.book_write import write_clause
from creditbank.codec.canonical import canonical, from_canonical
from creditbank.domain.period import Calendar, MonthEnd
from creditbank.domain.rule.book import COLLECTION_ACTS, EXCHANGE_ACTS, Basis, Dates, Derived, RuleBook
from creditbank.domain.rule.clause import AnyClause, Chain, Map
from creditbank.domain.rule.field import CORE_FIELDS, NAMESPACES, FieldType, namespace_of
from creditbank.errors import MalformedBookError, MalformedError

__all__ = ["BOOK_SIZE_MAX", "CLAUSES_MAX", "book_bytes", "book_digest", "book_of", "read_book"]

BOOK_SIZE_MAX: Final = 8 * 2**20
"""Characters of a book, and bytes of its canonical form."""

CLAUSES_MAX: Final = 10_000

_FORM: Final = 1
_ID = re.compile(r"[a-z][a-z0-9-]{0,63}")
_FIELD = re.compile(r"([a-z]+)\.([a-z][a-z0-9_]{0,63})")
_NOT_YET_KEYS: Final = ("extends", "crosswalk", "parity", "fixtures")
_ACTS: Final = (*EXCHANGE_ACTS, *sorted(COLLECTION_ACTS))


def read_book(text: str, *, name: str) -> RuleBook:
    """
    Read a rule book as TOML. *name* is the file's, for errors.

    Raises:
        MalformedBookError: the first fault, with file, line, clause, key and the mend.
    """
    if len(text) > BOOK_SIZE_MAX:
        raise MalformedBookError("the book is too large", name, f"write at most {BOOK_SIZE_MAX} characters")
    text = unicodedata.normalize("NFC", text)
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line ([0-9]+)", str(error))
        raise MalformedBookError(
            f"it is not TOML ({error})", f"{name}:{line[1]}" if line else name, "mend the syntax there"
        ) from None
    except RecursionError:
        raise MalformedBookError("it is nested too deeply", name, "write it flat") from None
    return _Reader(name, text, clause_lines(text)).book(data)


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
        }
    )


def book_of(data: bytes) -> RuleBook:
    """Read what :func:`book_bytes` wrote, and nothing else. MalformedError (MalformedBookError inside a clause)."""
    if len(data) > BOOK_SIZE_MAX:
        raise MalformedError("the book is too large", "rule book", f"give at most {BOOK_SIZE_MAX} bytes")
    value = from_canonical(data, "rule book", keys=None)
    if not isinstance(value, dict) or value.pop("form", None) != _FORM:
        raise MalformedError("it is no rule book of a form that is known", "rule book", "use a newer creditbank")
    book = _Reader("rule book", "", ()).book(value)
    if book_bytes(book) != data:
        raise MalformedError("it is not written canonically", "rule book", "use the bytes as they were given")
    return book


def book_digest(data: bytes) -> str:
    """Return the name of a book: the SHA-256 (hex) of its canonical bytes."""
    return hashlib.sha256(data).hexdigest()


def _calendar(calendar: Calendar) -> dict[str, object]:
    """A book's calendars recur; given ones come with the case."""
    return {"starts": list(calendar.starts)}


@attrs.frozen
class _Reader:
    """Reads one document; *lines* are where its clauses begin."""

    name: str
    text: str
    lines: tuple[int, ...]

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
        for key in _NOT_YET_KEYS:
            if table.has(key):
                raise table.error(f"this creditbank does not know {key!r} yet", "use a newer creditbank", key)
        bare = self._head(table)
        clauses: list[AnyClause] = []
        for number, row in enumerate(table.tables("clause"), 1):
            line = self.lines[number - 1] if number <= len(self.lines) else 0
            inner = Table(row.data, Place(self.name, line, f"number {number}"))
            clause = read_clause(inner, number, bare)
            if any(other.id == clause.id for other in clauses):
                raise inner.error(f"there are two clauses {clause.id!r}", "give every clause its own id", "id")
            clauses.append(clause)
        table.end()
        book = attrs.evolve(bare, clauses=tuple(clauses))
        _check_whole(table, book)
        return book

    def _head(self, table: Table) -> RuleBook:
        """Read everything but the clauses."""
        since, until = table.day("since"), table.day("until")
        if since is None:
            raise table.error("no 'since'", "say from which day the book is in force", "since")
        if until is not None and until <= since:
            raise table.error("until is not after since", "until is the first day that is no longer in it", "until")
        levels = _levels(table)
        fields = _fields(table, levels)
        bare = RuleBook(
            book=_id(table, "book"),
            version=table.text("version"),
            title=table.text("title"),
            since=since,
            until=until,
            acts=_acts(table),
            system=table.text("system", ""),
            basis=_basis(table),
            levels=levels,
            fields=fields,
            dates=Dates("", "", "", "clamp"),
            calendars=_calendars(table),
            derive={},
            clauses=(),
        )
        bare = attrs.evolve(bare, derive=_derive(table, bare))
        return attrs.evolve(bare, dates=_dates(table, bare))


# --- the head ---------------------------------------------------------------------------------------------------------


def _id(table: Table, key: str) -> str:
    value = table.text(key)
    if not _ID.fullmatch(value):
        raise table.error(f"{key!r} is {value!r}", "use 1 to 64 of a-z, 0-9 and -, beginning with a letter", key)
    return value


def _acts(table: Table) -> tuple[str, ...]:
    acts = table.texts("acts", required=True)
    for act in acts:
        if act not in _ACTS:
            raise table.error(f"there is no act {act!r}", f"use some of {', '.join(_ACTS)}", "acts")
    return acts


def _basis(table: Table) -> dict[str, Basis]:
    outer, found = table.table("basis"), {}
    for name in sorted(outer.data):
        inner = outer.as_table(outer.get(name), name)
        found[name] = Basis(inner.text("title"), inner.text("url", ""), inner.text("note", ""))
        inner.end()
    if not found:
        raise table.error("no basis", "say in [basis] where the regulation is published", "basis")
    return found


def _levels(table: Table) -> dict[str, tuple[str, ...]]:
    outer = table.table("levels")
    return {name: outer.texts(name, required=True) for name in sorted(outer.data)}


def _fields(table: Table, levels: Mapping[str, tuple[str, ...]]) -> dict[str, FieldType]:
    outer, found = table.table("fields"), {}
    for name in sorted(outer.data):
        written = outer.text(name)
        match = _FIELD.fullmatch(name)
        if not match or match[1] not in NAMESPACES - {"earlier"}:
            known = ", ".join(sorted(NAMESPACES - {"earlier"}))
            raise outer.error(f"{name!r} is no field", f'write it like "source.level"; begin with one of {known}', name)
        if name in CORE_FIELDS:
            raise outer.error(f"{name!r} is the engine's own ({CORE_FIELDS[name]})", "leave it out", name)
        found[name] = _field_type(outer, name, written, levels)
    return found


def _field_type(table: Table, name: str, written: str, levels: Mapping[str, tuple[str, ...]]) -> FieldType:
    kind, colon, scheme = written.partition(":")
    match kind:
        case "text" | "tags" | "flag" | "number" | "percent" | "date" if not colon:
            return FieldType(kind)
        case "level" if scheme in levels:
            return FieldType("level", scheme)
        case "level":
            raise table.error(f"scheme {scheme!r} is not declared", f"add {scheme!r} to [levels], lowest first", name)
        case _:
            raise table.error(
                f"{written!r} is no type", "use text, tags, flag, number, percent, date or level:<scheme>", name
            )


def _calendars(table: Table) -> dict[str, Calendar]:
    outer, found = table.table("calendars"), {}
    for name in sorted(outer.data):
        inner = outer.as_table(outer.get(name), name)
        try:
            found[name] = Calendar(name, starts=inner.texts("starts", required=True))
        except MalformedBookError:
            raise
        except MalformedError as error:
            raise inner.error(error.what, error.mend, "starts") from None
        inner.end()
    return found


def _derive(table: Table, book: RuleBook) -> dict[str, Derived]:
    outer, found = table.table("derive"), {}
    for name in sorted(outer.data):
        inner = outer.as_table(outer.get(name), name)
        derived = Derived(inner.text("calendar"), inner.text("of").removeprefix("@"))
        match = _FIELD.fullmatch(name)
        if not match or namespace_of(name) != namespace_of(derived.of) or name in book.fields or name in CORE_FIELDS:
            raise outer.error(f"{name!r} cannot be derived", "use a new name in the namespace of 'of'", name)
        kind = book.field_type(derived.of)
        if kind is None or kind.kind != "date":
            raise inner.error(f"{derived.of!r} is not a date field", "name a declared field that holds a day", "of")
        inner.end()
        found[name] = derived
    return found


def _dates(table: Table, book: RuleBook) -> Dates:
    inner = table.table("dates")
    version = inner.text("version", "application.applied_on")
    found = Dates(
        version=version,
        rows=inner.text("rows", "source.achieved_on"),
        catalogue=inner.text("catalogue", version),
        month_end=inner.choice("month_end", MonthEnd, "clamp"),
    )
    inner.end()
    whole = ("application", "learner")
    namespaces = {"version": whole, "catalogue": whole, "rows": (*whole, "source")}
    for key, allowed in namespaces.items():
        field = getattr(found, key)
        kind = book.field_type(field)
        if kind is None or kind.kind != "date" or namespace_of(field) not in allowed:
            raise inner.error(f"{field!r} does not date a {key}", f"name a date field of {' or '.join(allowed)}", key)
    return found


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
