"""
Policies: how a grant is made. For each key the first clause that holds for all pairs of an item.
"""

from fractions import Fraction
from typing import Final

import attrs

from creditbank.domain.credit import number_text, parse_number
from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.clause import GradeText, Leftover, Mode, Policy, Ref, Rounded, Units
from creditbank.domain.rule.scope import Pair, View
from creditbank.domain.rule.selection import Missing, all_of
from creditbank.domain.rule.working import Fail, Log
from creditbank.errors import MalformedError

__all__ = ["Chosen", "choose"]

_KEYS: Final = ("units", "leftover", "round", "mode", "grade", "counts_as", "final")


@attrs.frozen
class Chosen:
    """The policies of one item; what no clause sets is the engine's default, which says the least."""

    units: Units = "whole"
    leftover: Leftover = "forfeit"
    round: Rounded | None = None
    mode: Mode = "credit"
    grade: str = ""
    counts_as: str = ""
    final: bool = False


def choose(view: View, item: CaseItem, pairs: tuple[Pair, ...], log: Log) -> Chosen | Fail:
    """Choose the policies of *item*. Refused ``missing.<field>`` where a choice turns on what is not known."""
    chosen: dict[str, object] = {}
    for clause in view.clauses():
        if not isinstance(clause, Policy):
            continue
        news = {key: getattr(clause, key) for key in _KEYS if getattr(clause, key) is not None and key not in chosen}
        if not news:
            continue
        saw = view.saw(item, pairs, clause.when)
        speaks = all_of(view.speaks(clause, view.scope(item, pair)) for pair in pairs)
        if isinstance(speaks, Missing):
            return log.fail(item.id, Fail(f"missing.{speaks.field}", clause, ()), saw=saw)
        if not speaks:
            log.note(item.id, clause, "silent", saw=saw)
            continue
        if isinstance(grade := news.get("grade"), GradeText):
            written = _grade(view, item, pairs, grade)
            if isinstance(written, Missing):
                return log.fail(item.id, Fail(f"missing.{written.field}", clause, ()), saw=saw)
            news["grade"] = written
        log.note(item.id, clause, "set", saw=saw)
        chosen.update(news)
    return attrs.evolve(Chosen(), **chosen)


def _grade(view: View, item: CaseItem, pairs: tuple[Pair, ...], wanted: GradeText) -> str | Missing:
    """
    Return the grade to record. Several sources need grades that are numbers: of others none is the lowest.
    """
    if isinstance(wanted.grade, str):
        return wanted.grade
    written: dict[str, str] = {}
    for pair in pairs:
        value = view.scope(item, pair).find(wanted.grade.field)
        if value is None:
            return Missing(wanted.grade.field)
        written[pair.source] = value if isinstance(value, str) else _number(value)
    texts = tuple(dict.fromkeys(written.values()))
    if len(texts) == 1:
        return texts[0]
    return _several(tuple(written.values()), wanted)


def _several(texts: tuple[str, ...], wanted: GradeText) -> str | Missing:
    assert isinstance(wanted.grade, Ref), "a written grade is one grade"
    try:
        numbers = [parse_number(text) for text in texts]
    except MalformedError:
        return Missing(wanted.grade.field)
    match wanted.several:
        case "lowest":
            return number_text(min(numbers))
        case "mean":
            return number_text(sum(numbers, Fraction(0)) / len(numbers))


def _number(value: object) -> str:
    # The book's loader lets a grade refer to text and numbers alone.
    assert isinstance(value, int | Fraction), "a grade is text or a number"
    return number_text(Fraction(value))
