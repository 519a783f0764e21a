"""
Rows of a map, read: ``from``, ``to``, credits, dates; and the rows of one series neither overlap nor leave a gap.
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Final

from creditbank.codec.book_selection import ALL, SOURCE, read_selection
from creditbank.codec.book_table import Table
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.clause import AllFrom, AnyFrom, CreditsFrom, From, Named, PickFrom, Row, Selected, To

__all__ = ["FROM_DEPTH_MAX", "PARTS_MAX", "read_rows"]

# A code alone is of depth 1, {any = [code]} of depth 2.
FROM_DEPTH_MAX: Final = 4
PARTS_MAX: Final = 64

_OPERATORS: Final = ("all", "any", "of")


def read_rows(table: Table, book: RuleBook) -> tuple[Row, ...]:
    """Return the rows of a map; *to* of the map is that of the rows that have none of their own."""
    if table.has("rows_file"):
        raise table.error("this creditbank does not know 'rows_file' yet", "list the rows under rows", "rows_file")
    common = table.get("to") if table.has("to") else None
    rows = tuple(_row(row, common, book) for row in table.tables("rows"))
    if common is not None and not rows:
        raise table.error("'to' is for rows", "test target.id or target.code in match", "to")
    _check_series(table, rows)
    return rows


def _row(table: Table, common: object, book: RuleBook) -> Row:
    from_ = _from(table, "from", table.get("from"), book, FROM_DEPTH_MAX)
    none = table.text("none", "")
    written = table.get("to") if table.has("to") else None
    if none:
        if written is not None or table.has("credits") or table.has("gives"):
            raise table.error("a row with none gives nothing", "leave out to, credits and gives", "none")
        to: To | None = None
        credits: tuple[Fraction, ...] = ()
    else:
        if written is None and common is None:
            raise table.error("a row leads to something", 'add to, or none = "why not"', "to")
        to = _to(table, common if written is None else written)
        credits = _credits(table, to)
    since, until = table.day("since"), table.day("until")
    if since is not None and until is not None and until <= since:
        raise table.error("until is not after since", "until is the first day that is no longer in it", "until")
    row = Row(
        from_=from_,
        to=to,
        none=none,
        credits=credits,
        gives=table.texts("gives"),
        when=read_selection(table, "when", book, ALL),
        since=since,
        until=until,
        series=table.text("series", ""),
    )
    table.end()
    return row


# --- from and to ------------------------------------------------------------------------------------------------------


def _from(table: Table, key: str, value: object, book: RuleBook, depth: int) -> From:
    if depth == 0:
        raise table.error(f"from is nested deeper than {FROM_DEPTH_MAX}", "make rows of it", key)
    if isinstance(value, str) and value:
        return Named(value)
    if isinstance(value, list):
        raise table.error("a bare list is neither all nor any", "write { all = [ … ] } or { any = [ … ] }", key)
    inner = table.as_table(value, key)
    if not any(word in inner.data for word in _OPERATORS):
        selection = read_selection(table, key, book, SOURCE)
        assert selection is not None, "the key is there"
        return Selected(selection)
    word = next(word for word in _OPERATORS if inner.has(word))
    parts = _parts(inner, word, book, depth)
    if word == "all":
        found: From = AllFrom(parts)
    elif word == "any":
        found = AnyFrom(parts)
    elif inner.has("pick") == inner.has("credits"):
        raise inner.error("how much of these?", "write { pick = 2, of = [ … ] } or { credits = 9, of = [ … ] }", "of")
    elif inner.has("pick"):
        count = inner.count("pick", 1)
        if count > len(parts):
            raise inner.error(f"{count} of {len(parts)} cannot be picked", "pick fewer, or list more", "pick")
        found = PickFrom(count, parts)
    else:
        found = CreditsFrom(inner.positive("credits"), parts)
    inner.end()
    return found


def _parts(table: Table, word: str, book: RuleBook, depth: int) -> tuple[From, ...]:
    value = table.get(word)
    if not isinstance(value, list) or not 1 <= len(value) <= PARTS_MAX:
        raise table.error(f"{word!r} is not a list of 1 to {PARTS_MAX}", "list ids, codes or tables", word)
    # Each part stands in a table of its own, so that a selection is read like any other.
    return tuple(_from(Table({word: part}, table.place, table.path), word, part, book, depth - 1) for part in value)


def _to(table: Table, value: object) -> To:
    if isinstance(value, str) and value:
        return To(((value,),), False)
    if isinstance(value, list):
        raise table.error("a bare list is neither all nor any", "write { all = [ … ] } or { any = [ … ] }", "to")
    inner = table.as_table(value, "to")
    if inner.has("pool"):
        to = To(((inner.text("pool"),),), True)
    elif inner.has("all"):
        to = To((inner.texts("all", required=True),), False)
    else:
        to = To(tuple(_options(inner)), False)
    inner.end()
    return to


def _options(table: Table) -> Iterator[tuple[str, ...]]:
    value = table.get("any")
    if not isinstance(value, list) or not 1 <= len(value) <= PARTS_MAX:
        raise table.error(f"'any' is not a list of 1 to {PARTS_MAX}", "list targets, or { all = [ … ] }", "any")
    for option in value:
        if isinstance(option, str) and option:
            yield (option,)
        else:
            inner = table.as_table(option, "any")
            yield inner.texts("all", required=True)
            inner.end()


def _credits(table: Table, to: To) -> tuple[Fraction, ...]:
    """Return one amount per target, or nothing where a worth clause or the sources say it."""
    if not table.has("credits"):
        return ()
    value = table.get("credits")
    amounts = tuple(table.as_number(one, "credits") for one in (value if isinstance(value, list) else [value]))
    sizes = {len(alternative) for alternative in to.alternatives}
    if sizes != {len(amounts)}:
        raise table.error(
            f"{len(amounts)} amounts for {sorted(sizes)[-1]} targets", "list one amount per target", "credits"
        )
    return amounts


# --- series -----------------------------------------------------------------------------------------------------------


def _check_series(table: Table, rows: tuple[Row, ...]) -> None:
    """Refuse rows of one series that overlap or leave a gap, naming both. A real lapse is a row with none."""
    series: dict[object, list[tuple[int, Row]]] = {}
    for number, row in enumerate(rows, 1):
        key = row.series or repr((row.from_, row.to, row.when))
        series.setdefault(key, []).append((number, row))
    for members in series.values():
        ordered = sorted(members, key=lambda member: member[1].since or date.min)
        for (one, before), (other, after) in pairwise(ordered):
            if before.until is None or after.since is None or before.until > after.since:
                raise table.error(
                    f"rows {one} and {other} overlap", f"let row {one} end where row {other} begins", "rows"
                )
            if before.until < after.since:
                raise table.error(
                    f"rows {one} and {other} leave a gap",
                    f"let row {other} begin on {before.until}, or add a row with none",
                    "rows",
                )
