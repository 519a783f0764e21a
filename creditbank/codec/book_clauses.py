"""
Clauses of a rule book, read: one function per kind. What a kind does not have is a load error, never ignored.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final, TypeVar

from creditbank.codec.book_head import Head, read_head
from creditbank.codec.book_limits import read_cap, read_floor, read_highest, read_once
from creditbank.codec.book_rows import read_rows
from creditbank.codec.book_selection import ALL, HELD, RECORD, read_ref, read_selection
from creditbank.codec.book_table import Place, Table
from creditbank.domain.credit import Rounding, number_text
from creditbank.domain.period import Duration
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.clause import (
    Amount,
    AnyClause,
    Chain,
    Debit,
    Effect,
    Exempt,
    Fixed,
    Gate,
    GateWord,
    GradeText,
    Leftover,
    Map,
    Mode,
    Policy,
    Rounded,
    Scaled,
    Score,
    Several,
    Step,
    Units,
    Worth,
    WorthRow,
)
from creditbank.domain.rule.decision import EffectValue
from creditbank.domain.rule.field import Ref, namespace_of

__all__ = ["read_clause"]

_GATES: Final[tuple[GateWord, ...]] = ("require", "forbid", "held", "done")
_GATE_READS: Final = {"require": ALL, "forbid": ALL, "held": HELD, "done": RECORD}
_MARK_FIELDS: Final = frozenset({"target", "item", "learner", "programme", "application"})
_AMOUNT_FIELDS: Final = _MARK_FIELDS | {"source"}
_POLICIES: Final = ("units", "leftover", "round", "mode", "grade", "counts_as", "debit", "final")
# Weights are written as shares or as points of a hundred.
_WHOLES: Final = (Fraction(1), Fraction(100))
# They say what may be, how much and how: to let somebody off them would say nothing of what holds instead.
_NEVER_WAIVED: Final = frozenset({"map", "worth", "policy", "effect", "chain"})
_T = TypeVar("_T")


def read_clause(table: Table, book: RuleBook) -> AnyClause:
    """Read a clause of *book*, which so far has everything but clauses."""
    if isinstance(table.data.get("id"), str):
        table.place = Place(table.place.file, table.place.line, str(table.data["id"]))
    kind = table.text("kind")
    reader = _READERS.get(kind)
    if reader is None:
        raise table.error(f"there is no kind {kind!r}", f"use one of {', '.join(sorted(_READERS))}", "kind")
    head = read_head(table, book)
    if head["waivable_by"] and kind in _NEVER_WAIVED:
        raise table.error(f"a {kind} cannot be waived", "say waivable_by of the clause that refuses", "waivable_by")
    clause = reader(table, head, book)
    table.end()
    return clause


def _map(table: Table, head: Head, book: RuleBook) -> Map:
    match = read_selection(table, "match", book, ALL)
    rows = read_rows(table, book)
    if (match is None) == (not rows):
        table.misspelt("match", "rows")
        raise table.error("neither match nor rows, or both", "give one of them", "rows" if rows else "match")
    return Map(**head, match=match, rows=rows)


def _gate(table: Table, head: Head, book: RuleBook) -> Gate:
    words = [word for word in _GATES if table.has(word)]
    if len(words) != 1:
        table.misspelt(*_GATES)
        raise table.error("a gate asks one thing", f"give one of {', '.join(_GATES)}")
    word = words[0]
    selection = read_selection(table, word, book, _GATE_READS[word])
    assert selection is not None, "the key is there"
    for key in ("count", "at_most"):
        if word in ("require", "forbid") and table.has(key):
            raise table.error(f"{key} is for held and done", "leave it out", key)
    at_most = table.count("at_most", 0, least=0) if table.has("at_most") else None
    count = table.count("count", 1) if at_most is None or table.has("count") else None
    if count is not None and at_most is not None and count > at_most:
        raise table.error("no number is enough and not too many", "let at_most be no less than count", "at_most")
    return Gate(**head, word=word, selection=selection, count=count, at_most=at_most)


# --- worth ------------------------------------------------------------------------------------------------------------


def _worth(table: Table, head: Head, book: RuleBook) -> Worth:
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
        beside = next((key for key in ("of", "per", "whole", "times", "sum") if key in table.data), None)
        if beside is not None:
            raise table.error("credits says the amount already", f"leave credits or {beside} out", beside)
        return Fixed(table.amount("credits"))
    if not table.has("of"):
        table.misspelt("credits", "of", "rows")
        raise table.error("it says no amount", 'give credits = 3, of = "@source.credits", or rows of them')
    text = table.text("of")
    if not text.startswith("@"):
        raise table.error(f"{text!r} is not a field", 'write it like "@source.credits"', "of")
    of = _number_field(table, "of", text, book, _AMOUNT_FIELDS, "a worth is of the sources, a target, or the item")
    per = table.positive("per") if table.has("per") else None
    whole = table.flag("whole", False)
    if whole and per is None:
        raise table.error("whole blocks of what?", "say per", "whole")
    times = table.positive("times") if table.has("times") else None
    joint = table.has("sum")
    if joint and (table.text("sum") != "item" or namespace_of(of.field) != "source"):
        raise table.error("sum adds a field of the sources", 'write sum = "item" with of = "@source.…"', "sum")
    return Scaled(of, per, whole, times, joint)


def _number_field(table: Table, key: str, text: str, book: RuleBook, allowed: frozenset[str], why: str) -> Ref:
    ref, kind = read_ref(table, key, text, book, allowed, why)
    if kind.kind != "number":
        raise table.error(f"{text!r} is {kind}, not a number", "name a field that holds an amount", key)
    return ref


# --- score and effect -------------------------------------------------------------------------------------------------


def _score(table: Table, head: Head, book: RuleBook) -> Score:
    inner = table.table("parts")
    parts = {name: inner.positive(name) for name in sorted(inner.data)}
    whole = sum(parts.values(), Fraction(0))
    if whole not in _WHOLES:
        raise table.error(
            f"the weights come to {number_text(whole)}", 'let them come to 1 or 100: { theory = "30 %", … }', "parts"
        )
    exempt = tuple(_exempt(row, parts, book) for row in table.tables("exempt"))
    exempted: Fraction | None = None
    if table.has("exempted"):
        if not exempt:
            raise table.error("no part is exempt", "add exempt, or leave exempted out", "exempted")
        exempted = None if table.get("exempted") == "reweight" else table.number("exempted")
    elif exempt:
        raise table.error("no 'exempted'", 'say which mark an exempt part counts with, or "reweight"', "exempted")
    return Score(
        **head,
        parts=tuple((name, weight / whole) for name, weight in parts.items()),
        exempt=exempt,
        exempted=exempted,
        pass_mark=_pass_mark(table, book) if table.has("pass_mark") else None,
    )


def _pass_mark(table: Table, book: RuleBook) -> Fraction | Ref:
    text = table.get("pass_mark")
    if not isinstance(text, str) or not text.startswith("@"):
        return table.number("pass_mark")
    return _number_field(
        table, "pass_mark", text, book, _MARK_FIELDS, "a pass mark is the examination's, not a source's"
    )


def _exempt(table: Table, parts: Mapping[str, Fraction], book: RuleBook) -> Exempt:
    part = table.text("part")
    if part not in parts:
        raise table.error(f"there is no part {part!r}", f"use one of {', '.join(parts)}", "part")
    when = read_selection(table, "when", book, ALL)
    if when is None:
        raise table.error("exempt whom?", "say when: who holds what", "when")
    return _ended(table, Exempt(part, when))


def _effect(table: Table, head: Head, book: RuleBook) -> Effect:
    on = table.text("on")
    if on not in ("granted", "refused"):
        raise table.error(f"'on' is {on!r}", "use one of granted, refused", "on")
    codes = table.texts("codes")
    if codes and on == "granted":
        raise table.error("what is granted has no code", "leave codes out", "codes")
    inner = table.table("set")
    sets = tuple((name, _set(inner, name)) for name in sorted(inner.data))
    if not sets:
        raise table.error("an effect that sets nothing", 'write it like set = { status = "…" }', "set")
    return Effect(**head, on="granted" if on == "granted" else "refused", codes=codes, set=sets)


def _set(table: Table, name: str) -> EffectValue:
    value = table.get(name)
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        text = table.text(name)
        if text.startswith("@"):
            raise table.error(f"{text!r} is a field", "an effect sets a text, a number, true or false", name)
        return text
    return number_text(table.as_number(value, name))


# --- policy and chain -------------------------------------------------------------------------------------------------


def _policy(table: Table, head: Head, book: RuleBook) -> Policy:
    units: Units = table.choice("units", Units, "whole")
    leftover: Leftover = table.choice("leftover", Leftover, "forfeit")
    mode: Mode = table.choice("mode", Mode, "credit")
    debit: Debit = table.choice("debit", Debit, "none")
    policy = Policy(
        **head,
        units=units if table.has("units") else None,
        leftover=leftover if table.has("leftover") else None,
        round=_rounded(table),
        mode=mode if table.has("mode") else None,
        grade=_grade(table, book),
        counts_as=table.text("counts_as") if table.has("counts_as") else None,
        debit=debit if table.has("debit") else None,
        final=table.flag("final", False) if table.has("final") else None,
    )
    if all(getattr(policy, key) is None for key in _POLICIES):
        table.misspelt(*_POLICIES)
        raise table.error("a policy that sets nothing", f"set one of {', '.join(_POLICIES)}")
    if policy.debit is not None and "award" not in (head["acts"] or book.acts):
        raise table.error("a debit without an award", "leave it out, or add award to the acts", "debit")
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


def _chain(table: Table, head: Head, book: RuleBook) -> Chain:
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


_READERS: Final[Mapping[str, Callable[[Table, Head, RuleBook], AnyClause]]] = {
    "map": _map,
    "gate": _gate,
    "worth": _worth,
    "highest": read_highest,
    "once": read_once,
    "cap": read_cap,
    "floor": read_floor,
    "score": _score,
    "policy": _policy,
    "effect": _effect,
    "chain": _chain,
}
