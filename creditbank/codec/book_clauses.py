"""
Clauses of a rule book, read: one function per kind. What a kind does not have is a load error, never ignored.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypedDict, TypeVar

from creditbank.codec.book_rows import read_rows
from creditbank.codec.book_selection import (
    ALL,
    HELD,
    IGNORE,
    LIMIT,
    RECORD,
    check_field,
    read_ref,
    read_selection,
)
from creditbank.codec.book_table import Place, Table
from creditbank.domain.credit import Rounding
from creditbank.domain.period import Duration
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.clause import (
    Across,
    Amount,
    AnyClause,
    Cap,
    Chain,
    Fixed,
    Gate,
    GateWord,
    GradeText,
    Leftover,
    Limit,
    Map,
    Measure,
    Mode,
    Once,
    Percent,
    Policy,
    Rounded,
    Scaled,
    Several,
    Step,
    Units,
    Worth,
    WorthRow,
)
from creditbank.domain.rule.field import Ref, namespace_of
from creditbank.domain.rule.selection import Selection

__all__ = ["read_clause"]

_GATES: Final[tuple[GateWord, ...]] = ("require", "forbid", "held", "done")
_GATE_READS: Final = {"require": ALL, "forbid": ALL, "held": HELD, "done": RECORD}
_NOT_YET_KINDS: Final = ("highest", "floor", "score", "effect")
_NOT_YET_MEASURES: Final = ("level_points",)
_AMOUNT_FIELDS: Final = frozenset({"source", "target", "item", "learner", "programme", "application"})
_WHOLE: Final = ("source", "target")
_T = TypeVar("_T")


class _Head(TypedDict):
    """What every clause has: see :class:`creditbank.domain.rule.clause.Clause`."""

    id: str
    basis: str
    acts: tuple[str, ...]
    when: Selection | None
    since: Any
    until: Any
    dated_by: str
    code: str
    zh: str
    en: str
    waivable_by: tuple[str, ...]


def read_clause(table: Table, number: int, book: RuleBook) -> AnyClause:
    """Read the clause *number* (from 1) of *book*, which so far has everything but clauses."""
    if isinstance(table.data.get("id"), str):
        table.place = Place(table.place.file, table.place.line, str(table.data["id"]))
    kind = table.text("kind")
    if kind in _NOT_YET_KINDS:
        raise table.error(
            f"this creditbank does not know kind {kind!r} yet",
            "use a newer creditbank, or leave the clause out",
            "kind",
        )
    reader = _READERS.get(kind)
    if reader is None:
        raise table.error(f"there is no kind {kind!r}", f"use one of {', '.join(sorted(_READERS))}", "kind")
    clause = reader(table, _head(table, book), book)
    table.end()
    return clause


def _head(table: Table, book: RuleBook) -> _Head:
    id = table.slug("id")
    basis = table.text("basis")
    source, colon, article = basis.partition(":")
    if source not in book.basis:
        raise table.error(f"basis {source!r} is not declared", "add it to [basis] with title and url", "basis")
    if not colon or not article:
        raise table.error(f"basis {basis!r} names no article", 'write it like "d1:4"', "basis")
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
    say = table.table("say")
    zh, en = say.text("zh", ""), say.text("en", "")
    say.end()
    return _Head(
        id=id,
        basis=basis,
        acts=acts,
        when=read_selection(table, "when", book, ALL),
        since=since,
        until=until,
        dated_by=dated_by,
        code=table.slug("code", id),
        zh=zh,
        en=en,
        waivable_by=table.texts("waivable_by"),
    )


def _map(table: Table, head: _Head, book: RuleBook) -> Map:
    match = read_selection(table, "match", book, ALL)
    rows = read_rows(table, book)
    if (match is None) == (not rows):
        raise table.error("neither match nor rows, or both", "give one of them", "rows" if rows else "match")
    return Map(**head, match=match, rows=rows)


def _gate(table: Table, head: _Head, book: RuleBook) -> Gate:
    words = [word for word in _GATES if table.has(word)]
    if len(words) != 1:
        raise table.error("a gate asks one thing", f"give one of {', '.join(_GATES)}")
    word = words[0]
    selection = read_selection(table, word, book, _GATE_READS[word])
    assert selection is not None, "the key is there"
    if word in ("require", "forbid") and table.has("count"):
        raise table.error("count is for held and done", "leave it out", "count")
    return Gate(**head, word=word, selection=selection, count=table.count("count", 1))


# --- worth ------------------------------------------------------------------------------------------------------------


def _worth(table: Table, head: _Head, book: RuleBook) -> Worth:
    rows = [
        WorthRow(read_selection(row, "when", book, ALL), _ended(row, _amount(row, book)))
        for row in table.tables("rows")
    ]
    if not rows:
        return Worth(**head, rows=(WorthRow(None, _amount(table, book)),))
    for number, row in enumerate(rows[:-1], 1):
        if row.when is None:
            raise table.error(f"row {number} always holds", "put it last: no row after it is ever read", "rows")
    return Worth(**head, rows=tuple(rows))


def _ended(table: Table, value: _T) -> _T:
    table.end()
    return value


def _amount(table: Table, book: RuleBook) -> Amount:
    if table.has("credits"):
        return Fixed(table.number("credits"))
    text = table.text("of")
    if not text.startswith("@"):
        raise table.error(f"{text!r} is not a field", 'write it like "@source.credits"', "of")
    of, kind = read_ref(table, "of", text, book, _AMOUNT_FIELDS, "a worth is of the sources, a target, or the item")
    if kind.kind != "number":
        raise table.error(f"{text!r} is {kind}, not a number", "name a field that holds an amount", "of")
    per = table.positive("per") if table.has("per") else None
    whole = table.flag("whole", False)
    if whole and per is None:
        raise table.error("whole blocks of what?", "say per", "whole")
    times = table.positive("times") if table.has("times") else None
    joint = table.has("sum")
    if joint and (table.text("sum") != "item" or namespace_of(of.field) != "source"):
        raise table.error("sum adds a field of the sources", 'write sum = "item" with of = "@source.…"', "sum")
    return Scaled(of, per, whole, times, joint)


# --- limits -----------------------------------------------------------------------------------------------------------


def _per(table: Table, book: RuleBook) -> tuple[str, ...]:
    names = table.texts("per")
    fields = tuple(f"{name}.id" if name in _WHOLE else name for name in names)
    for field in fields:
        check_field(table, "per", field, book, LIMIT.tests, LIMIT.why)
    return fields


def _once(table: Table, head: _Head, book: RuleBook) -> Once:
    per = _per(table, book)
    if not per:
        raise table.error("once per what?", 'write per = ["source"] or ["target"]', "per")
    _check_limit_dates(table, head)
    by = table.text("by", "item")
    if by not in ("item", "application"):
        raise table.error(f"'by' is {by!r}", "use one of item, application", "by")
    return Once(
        **head,
        over=read_selection(table, "over", book, LIMIT),
        per=per,
        by="item" if by == "item" else "application",
        across=table.choice("across", Across, "bank"),
        ignore=read_selection(table, "ignore", book, IGNORE),
    )


def _cap(table: Table, head: _Head, book: RuleBook) -> Cap:
    per = _per(table, book)
    _check_limit_dates(table, head)
    if table.data.get("measure") in _NOT_YET_MEASURES:
        raise table.error(
            f"this creditbank does not know measure {table.data['measure']!r} yet", "use another measure", "measure"
        )
    measure: Measure = table.choice("measure", Measure, "credits")
    exceed = table.text("exceed", "trim")
    if exceed not in ("refuse", "trim"):
        raise table.error(f"'exceed' is {exceed!r}", "use one of refuse, trim", "exceed")
    return Cap(
        **head,
        over=read_selection(table, "over", book, LIMIT),
        per=per,
        measure=measure,
        at_most=_limit(table, per, book),
        across=table.choice("across", Across, "programme"),
        exceed="trim" if exceed == "trim" else "refuse",
    )


def _check_limit_dates(table: Table, head: _Head) -> None:
    if head["dated_by"] and namespace_of(head["dated_by"]) not in ("application", "learner"):
        raise table.error(
            "a limit follows one day of the application", "name an application or learner field", "dated_by"
        )


def _limit(table: Table, per: tuple[str, ...], book: RuleBook) -> Limit:
    value = table.get("at_most")
    if isinstance(value, dict):
        inner = table.as_table(value, "at_most")
        share = inner.positive("percent") / 100
        of = inner.text("of")
        base: Ref | str = of
        if of == "counted":
            raise inner.error("'counted' is for floors", "use programme, selection or a field", "of")
        if of.startswith("@"):
            base = _limit_field(inner, "of", of, per, book)
        elif of not in ("programme", "selection"):
            raise inner.error(f"{of!r} is nothing to take a share of", 'use programme, selection or "@field"', "of")
        inner.end()
        if isinstance(base, Ref):
            return Percent(share, base)
        return Percent(share, "programme" if base == "programme" else "selection")
    if isinstance(value, str) and value.startswith("@"):
        return _limit_field(table, "at_most", value, per, book)
    return table.number("at_most")


def _limit_field(table: Table, key: str, text: str, per: tuple[str, ...], book: RuleBook) -> Ref:
    ref, kind = read_ref(table, key, text, book, _AMOUNT_FIELDS, "a limit is a field of what the group has in common")
    if kind.kind not in ("number", "percent"):
        raise table.error(f"{text!r} is {kind}, not a number", "name a field that holds an amount", key)
    namespace = namespace_of(ref.field)
    if namespace in _WHOLE and f"{namespace}.id" not in per:
        raise table.error(f"{text!r} differs inside a group", f'add "{namespace}" to per', key)
    if namespace == "item":
        raise table.error(f"{text!r} differs inside a group", "limits outlive the item: use another field", key)
    return ref


# --- policy and chain -------------------------------------------------------------------------------------------------


def _policy(table: Table, head: _Head, book: RuleBook) -> Policy:
    if table.has("debit"):
        raise table.error("this creditbank does not know 'debit' yet", "leave it out: it is for awards", "debit")
    units: Units = table.choice("units", Units, "whole")
    leftover: Leftover = table.choice("leftover", Leftover, "forfeit")
    mode: Mode = table.choice("mode", Mode, "credit")
    policy = Policy(
        **head,
        units=units if table.has("units") else None,
        leftover=leftover if table.has("leftover") else None,
        round=_rounded(table),
        mode=mode if table.has("mode") else None,
        grade=_grade(table, book),
        counts_as=table.text("counts_as") if table.has("counts_as") else None,
        final=table.flag("final", False) if table.has("final") else None,
    )
    keys = (policy.units, policy.leftover, policy.round, policy.mode, policy.grade, policy.counts_as, policy.final)
    if all(value is None for value in keys):
        raise table.error("a policy that sets nothing", "set units, leftover, round, mode, grade, counts_as or final")
    return policy


def _rounded(table: Table) -> Rounded | None:
    if not table.has("round"):
        return None
    inner = table.table("round")
    if not inner.has("way"):
        raise inner.error("no 'way'", "say down, half-up or exact", "way")
    at = inner.text("at", "source")
    if at not in ("source", "item"):
        raise inner.error(f"'at' is {at!r}", "use one of source, item", "at")
    return _ended(
        inner,
        Rounded(inner.positive("to"), inner.choice("way", Rounding, "exact"), "item" if at == "item" else "source"),
    )


def _grade(table: Table, book: RuleBook) -> GradeText | None:
    if not table.has("grade"):
        if table.has("several"):
            raise table.error("several without a grade", 'add grade = "@source.…", or leave it out', "several")
        return None
    text = table.text("grade")
    if not text.startswith("@"):
        if table.has("several"):
            raise table.error("a written grade is one grade", "leave several out", "several")
        return GradeText(text, "lowest")
    ref, kind = read_ref(table, "grade", text, book, frozenset({"source"}), "a grade is the source's, or written out")
    if kind.kind not in ("text", "number"):
        raise table.error(f"{text!r} is {kind}, not a grade", "name a field that holds text or a number", "grade")
    return GradeText(ref, table.choice("several", Several, "lowest"))


def _chain(table: Table, head: _Head, book: RuleBook) -> Chain:
    if head["when"] is not None or head["since"] or head["until"]:
        raise table.error("a chain speaks about every item of its acts", "leave when, since and until out")
    steps = tuple(_step(step) for step in table.tables("steps"))
    if not steps:
        raise table.error("a chain without steps", "list at least one step", "steps")
    return Chain(**head, steps=steps)


def _step(table: Table) -> Step:
    by = table.texts("by", required=True) if isinstance(table.data.get("by"), list) else (table.text("by"),)
    within, notice = table.duration("within"), table.duration("notice")
    if within is not None and notice is not None and _days(within)[1] <= _days(notice)[0]:
        raise table.error("the step lapses while its notice lasts", "give more time than the notice takes", "within")
    return _ended(
        table,
        Step(by=by, does=table.text("does"), within=within, notice=notice, panel=table.text("panel", "")),
    )


def _days(duration: Duration) -> tuple[int, int]:
    """Return how many days that is, at least and at most."""
    least, most = {"day": (1, 1), "month": (28, 31), "year": (365, 366)}[duration.unit]
    return least * duration.count, most * duration.count


_READERS: Final[Mapping[str, Callable[[Table, _Head, RuleBook], AnyClause]]] = {
    "map": _map,
    "gate": _gate,
    "worth": _worth,
    "once": _once,
    "cap": _cap,
    "policy": _policy,
    "chain": _chain,
}
