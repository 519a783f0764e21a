"""
What every clause of a rule book has, read: id, basis, acts, when, dates, code, what it says, who may waive it.
"""

from datetime import date
from typing import Final, TypedDict

from creditbank.codec.book_selection import ALL, check_field, read_selection
from creditbank.codec.book_table import Table
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.selection import Selection

__all__ = ["OWN_CODE", "Head", "read_basis", "read_head"]


OWN_CODE: Final = "own_code"
"""Of canonical bytes alone, which always have a code: where it is the id, whether the book says so."""


class Head(TypedDict):
    """What every clause has: see :class:`creditbank.domain.rule.clause.Clause`."""

    id: str
    basis: str
    acts: tuple[str, ...]
    when: Selection | None
    since: date | None
    until: date | None
    dated_by: str
    code: str
    own_code: bool
    zh: str
    en: str
    waivable_by: tuple[str, ...]


def read_head(table: Table, book: RuleBook) -> Head:
    """Read the head of a clause of *book*."""
    id = table.slug("id")
    basis = read_basis(table, book)
    acts = table.texts("acts")
    for act in acts:
        if act not in book.acts:
            raise table.error(f"the book has no act {act!r}", f"use some of {', '.join(book.acts)}", "acts")
    since, until = table.day("since"), table.day("until")
    if since is not None and until is not None and until <= since:
        raise table.error("until is not after since", "until is the first day that is no longer in it", "until")
    dated_by = table.text("dated_by", "")
    if dated_by:
        kind = check_field(table, "dated_by", dated_by, book, ALL.tests, ALL.why)
        if kind.kind != "date":
            raise table.error(f"{dated_by!r} is {kind}, not a date", "name a field that holds a day", "dated_by")
    code = table.slug("code", id)
    say = table.table("say")
    zh, en = say.text("zh", ""), say.text("en", "")
    say.end()
    return Head(
        id=id,
        basis=basis,
        acts=acts,
        when=read_selection(table, "when", book, ALL),
        since=since,
        until=until,
        dated_by=dated_by,
        code=code,
        own_code=code != id or (OWN_CODE in table.data and table.flag(OWN_CODE, False)),
        zh=zh,
        en=en,
        waivable_by=table.texts("waivable_by"),
    )


def read_basis(table: Table, book: RuleBook) -> str:
    """Read ``source:article``, of a source that *book* declares."""
    basis = table.text("basis")
    source, colon, article = basis.partition(":")
    if not colon or not article:
        raise table.error(f"basis {basis!r} names no article", 'write it like "d1:4"', "basis")
    if source not in book.basis:
        raise table.error(f"basis {source!r} is not declared", f"add [basis.{source}] with title and url", "basis")
    return basis
