"""
Policies: how a grant is made. For each key the first clause that holds for all pairs of an item.
"""

from fractions import Fraction
from typing import Any

from creditbank.domain.credit import number_text, parse_number
from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.chosen import Chosen
from creditbank.domain.rule.clause import GradeText
from creditbank.domain.rule.field import Ref
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.verdict import Missing
from creditbank.domain.rule.view import View
from creditbank.domain.rule.working import Fail, Log, seen_in
from creditbank.errors import MalformedError

__all__ = ["choose"]


def choose(view: View, item: CaseItem, scopes: tuple[Scope, ...], log: Log) -> Chosen | Fail:
    """Choose the policies of *item*. Refused ``missing.<field>`` where a choice turns on what is not known."""
    choices = view.clauses.choices
    if len(scopes) > 1 or not choices.settled:
        return _choose(view, item, scopes, log)
    # Nearly every item is one pair, and which policies hold of it is all that its choice turns on.
    verdicts = tuple([clause.always or view.speaks(clause, scopes[0]) for clause in choices.policies])
    known = choices.known(verdicts)
    if known is not None:
        log.note_quiet(item.id, known.said, scopes[0])
        return known.chosen
    first = len(log.rows)
    chosen = _choose(view, item, scopes, log)
    if isinstance(chosen, Chosen):
        choices.keep(verdicts, chosen, ((clause, said) for _, clause, said, *_ in log.rows[first:]))
    return chosen


def _choose(view: View, item: CaseItem, scopes: tuple[Scope, ...], log: Log) -> Chosen | Fail:
    found: dict[str, Any] = {}
    for clause in view.clauses.policies:
        news = clause.sets
        if not found.keys().isdisjoint(news):
            news = {key: value for key, value in news.items() if key not in found}
            if not news:
                continue
        saw = seen_in(scopes, clause)
        speaks = clause.always or view.speaks_of(clause, scopes)
        if isinstance(speaks, Missing):
            return log.fail(item.id, Fail(f"missing.{speaks.field}", clause, ()), saw=saw)
        if not speaks:
            log.note(item.id, clause, "silent", saw=saw)
            continue
        for key, value in news.items():
            if isinstance(value, GradeText):
                value = _grade(scopes, value)
                if isinstance(value, Missing):
                    return log.fail(item.id, Fail(f"missing.{value.field}", clause, ()), saw=saw)
            found[key] = value
        log.note(item.id, clause, "set", saw=saw)
    return Chosen(**found)


def _grade(scopes: tuple[Scope, ...], wanted: GradeText) -> str | Missing:
    """
    Return the grade to record. Several sources need grades that are numbers: of others none is the lowest.
    """
    if isinstance(wanted.grade, str):
        return wanted.grade
    written: dict[str, str] = {}
    for scope in scopes:
        value = scope.find(wanted.grade.field)
        if value is None:
            return scope.missing(wanted.grade.field)
        written[scope.source] = value if isinstance(value, str) else _number(value)
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
