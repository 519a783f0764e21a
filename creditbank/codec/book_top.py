"""
The top of a rule book, read: everything but its clauses. What a parent says there is the child's too.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

import attrs

from creditbank.codec.book_head import read_basis
from creditbank.codec.book_table import AT_THE_TOP, TOP_KEYS, Table
from creditbank.domain.level import Crosswalk, Level, across
from creditbank.domain.period import Calendar, MonthEnd
from creditbank.domain.rule.book import COLLECTION_ACTS, EXCHANGE_ACTS, Basis, Dates, Derived, Parity, RuleBook
from creditbank.domain.rule.field import CORE_FIELDS, NAMESPACES, FieldType, namespace_of
from creditbank.errors import MalformedBookError, MalformedError

__all__ = ["LAYER", "read_top"]

LAYER: Final = "/"
"""Stands between a parent's id and the name of its source, so that two books' sources never have one name."""

_ID = re.compile(r"[a-z][a-z0-9-]{0,63}")
_FIELD = re.compile(r"([a-z]+)\.([a-z][a-z0-9_]{0,63})")
_ACTS: Final = (*EXCHANGE_ACTS, *sorted(COLLECTION_ACTS))
_T = TypeVar("_T")


def read_top(table: Table, parents: tuple[RuleBook, ...], *, resolved: bool) -> RuleBook:
    """Read everything but the clauses; *resolved* books have in them what their parents say."""
    since, until = table.day("since"), table.day("until")
    if since is None:
        table.misspelt("since")
        raise table.error("no 'since'", f"say from which day the book is in force, {AT_THE_TOP}", "since")
    if until is not None and until <= since:
        raise table.error("until is not after since", "until is the first day that is no longer in it", "until")
    basis = _basis(table, resolved=resolved)
    levels = _inherited(table, "levels", _levels(table), (one.levels for one in parents))
    bare = RuleBook(
        book=_id(table, "book"),
        version=table.text("version"),
        title=table.text("title"),
        since=since,
        until=until,
        acts=_acts(table, parents),
        system=_system(table, parents),
        basis=_inherited(table, "basis", basis, (one.basis for one in parents)),
        levels=levels,
        fields=_inherited(table, "fields", _fields(table, levels), (one.fields for one in parents)),
        dates=Dates("", "", "", "clamp"),
        calendars=_inherited(table, "calendars", _calendars(table), (one.calendars for one in parents)),
        derive=_inherited(table, "derive", {}, (one.derive for one in parents)),
        clauses=(),
    )
    bare = attrs.evolve(bare, derive=_inherited(table, "derive", _derive(table, bare), (bare.derive,)))
    bare = attrs.evolve(bare, dates=_dates(table, bare, parents))
    parity = _inherited(table, "parity", _parity(table, bare), (one.parity for one in parents))
    return attrs.evolve(bare, parity=parity, crosswalk=_crosswalk(table, bare, parents))


def _inherited(table: Table, key: str, own: Mapping[str, _T], parents: Iterable[Mapping[str, _T]]) -> dict[str, _T]:
    """Return what parents and child say under *key*, by name in order; two that differ are refused."""
    found: dict[str, _T] = {}
    for said in (*parents, own):
        for name, value in said.items():
            if found.setdefault(name, value) != value:
                raise table.error(
                    f"a parent says otherwise of {name!r}", "leave it out, or use another name", f"{key} {name}"
                )
    return dict(sorted(found.items()))


def _id(table: Table, key: str) -> str:
    value = table.text(key)
    if not _ID.fullmatch(value):
        raise table.error(f"{key!r} is {value!r}", "use 1 to 64 of a-z, 0-9 and -, beginning with a letter", key)
    return value


def _acts(table: Table, parents: tuple[RuleBook, ...]) -> tuple[str, ...]:
    """Return the parents' acts, and those that the book adds."""
    inherited = tuple(dict.fromkeys(act for parent in parents for act in parent.acts))
    acts = table.texts("acts", required=not parents)
    for act in acts:
        if act not in _ACTS:
            raise table.error(f"there is no act {act!r}", f"use some of {', '.join(_ACTS)}", "acts")
    return tuple(dict.fromkeys((*inherited, *acts)))


def _system(table: Table, parents: tuple[RuleBook, ...]) -> str:
    """Return the book's credit system, which is that of its parents: their amounts are in it."""
    system = table.text("system", "")
    for parent in parents:
        system = system or parent.system
        if parent.system not in ("", system):
            what = f"the amounts of {parent.book}@{parent.version} are in {parent.system!r}"
            raise table.error(what, "grant in the parents' credit system", "system")
    return system


def _basis(table: Table, *, resolved: bool) -> dict[str, Basis]:
    outer, found = table.table("basis"), {}
    for name in sorted(outer.data):
        if LAYER in name and not resolved:
            raise outer.error(f"{name!r} is the name of a parent's source", f"leave out {LAYER!r}", name)
        inner = outer.as_table(outer.get(name), name)
        found[name] = Basis(inner.text("title"), inner.text("url", ""), inner.text("note", ""))
        inner.end()
    if not found:
        table.misspelt("basis")
        raise table.error("no basis", "say in [basis] where the regulation is published", "basis")
    return found


def _levels(table: Table) -> dict[str, tuple[str, ...]]:
    outer = table.table("levels")
    return {name: outer.texts(name, required=True) for name in sorted(outer.data)}


def _fields(table: Table, levels: Mapping[str, tuple[str, ...]]) -> dict[str, FieldType]:
    outer, found = table.table("fields"), {}
    for name in sorted(outer.data):
        if name in NAMESPACES and isinstance(outer.data[name], dict):
            raise outer.error(
                f"{name!r} alone is no field", f'write the whole name in quotes: "{name}.…" = "text"', name
            )
        written = outer.text(name)
        match = _FIELD.fullmatch(name)
        if not match or match[1] not in NAMESPACES - {"earlier"}:
            known = ", ".join(sorted(NAMESPACES - {"earlier"}))
            mend = f'write it like "source.level"; begin with one of {known}'
            if name in TOP_KEYS:
                mend = f"if it is the book's own, write it {AT_THE_TOP}"
            raise outer.error(f"{name!r} is no field", mend, name)
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


def _dates(table: Table, book: RuleBook, parents: tuple[RuleBook, ...]) -> Dates:
    inner = table.table("dates")
    for parent in parents[1:]:
        if parent.dates != parents[0].dates and not {"version", "rows", "catalogue", "month_end"} <= set(inner.data):
            raise table.error(
                "the parents are dated differently", "say version, rows, catalogue and month_end", "dates"
            )
    usual = parents[0].dates if parents else None
    version = inner.text("version", usual.version if usual else "application.applied_on")
    found = Dates(
        version=version,
        rows=inner.text("rows", usual.rows if usual else "source.achieved_on"),
        catalogue=inner.text("catalogue", usual.catalogue if usual else version),
        month_end=inner.choice("month_end", MonthEnd, usual.month_end if usual else "clamp"),
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


# --- between systems and schemes --------------------------------------------------------------------------------------


def _parity(table: Table, book: RuleBook) -> dict[str, Parity]:
    outer, found = table.table("parity"), {}
    for name in sorted(outer.data):
        inner = outer.as_table(outer.get(name), name)
        if name == book.system:
            raise outer.error(f"{name!r} is the book's own system", "name another credit system", name)
        found[name] = Parity(inner.positive("at_most"), read_basis(inner, book))
        inner.end()
    return found


def _crosswalk(table: Table, book: RuleBook, parents: tuple[RuleBook, ...]) -> tuple[Crosswalk, ...]:
    """Return the rows of the parents and the book's own: one for a level and a scheme, higher ones no lower."""
    found = list(dict.fromkeys(row for parent in parents for row in parent.crosswalk))
    for inner in table.tables("crosswalk"):
        source, target = (_level(inner, key, book) for key in ("from", "to"))
        try:
            row = Crosswalk(source, target, read_basis(inner, book))
            if across(source, target.framework, (*found, row)) and row in found:
                raise inner.error(f"{source} to {target} is there twice", "keep one row", "from")
        except MalformedBookError:
            raise
        except MalformedError as error:
            raise inner.error(error.what, error.mend, "from") from None
        for other in found:
            if _contradict(row, other, book) or _contradict(other, row, book):
                what = f"{other.source} counts as {other.target}, but {source} as {target}"
                raise inner.error(what, "let a higher level count as no lower one", "to")
        inner.end()
        found.append(row)
    return tuple(found)


def _contradict(one: Crosswalk, other: Crosswalk, book: RuleBook) -> bool:
    """Say whether *one* is from a higher level than *other*, to a lower one, between the same schemes."""
    if (one.source.framework, one.target.framework) != (other.source.framework, other.target.framework):
        return False
    sources, targets = book.levels[one.source.framework], book.levels[one.target.framework]
    rises = sources.index(one.source.value) > sources.index(other.source.value)
    return rises and targets.index(one.target.value) < targets.index(other.target.value)


def _level(table: Table, key: str, book: RuleBook) -> Level:
    scheme, _, value = table.text(key).partition(":")
    if value not in book.levels.get(scheme, ()):
        known = ", ".join(book.levels) or "none is declared"
        raise table.error(f"{scheme}:{value} is no level", f'write it like "scheme:level" (schemes: {known})', key)
    return Level(scheme, value)
