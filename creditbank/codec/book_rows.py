"""
Rows of a map, as a book lists them: ``from``, ``to``, credits, dates.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from creditbank.codec.book_selection import ALL, SOURCE, read_selection
from creditbank.codec.book_table import Table
from creditbank.codec.row_cells import FROM_DEPTH_MAX
from creditbank.codec.row_file import FileRows
from creditbank.codec.row_series import check_series
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.clause import AllFrom, AnyFrom, CreditsFrom, From, Named, PickFrom, Row, Selected, To

__all__ = ["PARTS_MAX", "read_rows"]

PARTS_MAX: Final = 64

_OPERATORS: Final = ("all", "any", "of")


def read_rows(table: Table, book: RuleBook) -> tuple[Row, ...] | FileRows:
    """Return the rows of a map; *to* of the map is that of the rows that have none of their own."""
    if table.has("rows_file"):
        return _filed(table)
    common = table.get("to") if table.has("to") else None
    rows = tuple(_row(row, common, book) for row in table.tables("rows"))
    if common is not None and not rows:
        raise table.error("'to' is for rows", "test target.id or target.code in match", "to")
    check_series(enumerate(rows, 1), lambda _, what, mend: table.error(what, mend, "rows"))
    return rows


def _filed(table: Table) -> FileRows:
    """Return the rows of a file, which the reader of the book has put in its name's place."""
    for key in ("rows", "to"):
        if table.has(key):
            raise table.error(f"{key!r} beside a rows file", "write all rows into the file, or none", key)
    rows = table.get("rows_file")
    assert isinstance(rows, FileRows), "it was read before its clause"
    if not rows:
        raise table.error("a rows file without rows", "write at least one row below the columns' names", "rows_file")
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
    word, *others = (word for word in _OPERATORS if inner.has(word))
    if others:
        raise inner.error(
            f"{word} and {others[0]} side by side", "put one inside the other: an ambiguous conjunction", word
        )
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
        found = CreditsFrom(inner.positive("credits", amount=True), parts)
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
    listed = value if isinstance(value, list) else [value]
    amounts = tuple(table.as_amount(one, "credits", "write the credits of each target") for one in listed)
    sizes = {len(alternative) for alternative in to.alternatives}
    if sizes != {len(amounts)}:
        raise table.error(
            f"{len(amounts)} amounts for {sorted(sizes)[-1]} targets", "list one amount per target", "credits"
        )
    return amounts
