"""
Scores: a weighted mark, with parts waived (免试) for holders of something.
"""

from fractions import Fraction
from typing import Final

import attrs

from creditbank.domain.credit import number_text
from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.clause import Score
from creditbank.domain.rule.decision import Compared
from creditbank.domain.rule.field import Ref
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.selection import holds
from creditbank.domain.rule.verdict import Missing, Verdict, any_of
from creditbank.domain.rule.view import NOBODY, View
from creditbank.domain.rule.working import Fail, Log, saw_by, seen_in

__all__ = ["MARKS_FIELD", "Scored", "ask_scores"]

MARKS_FIELD: Final = "item.marks"
"""The name under which a mark that was not given is missing."""


@attrs.frozen
class Scored:
    """The mark by the first clause that speaks (None: there is none), what fails, and what was waived."""

    mark: Fraction | None
    fails: tuple[Fail, ...]
    waived: tuple[str, ...]


_UNASKED: Final = Scored(None, (), ())


def ask_scores(view: View, item: CaseItem, scopes: tuple[Scope, ...], log: Log) -> Scored:
    """Ask every score of the act. Refused: ``missing.<field>``, ``missing.item.marks``, ``score.<code>``."""
    if not view.clauses.scores:
        return _UNASKED
    marks: list[Fraction | None] = []
    fails: list[Fail] = []
    waived: list[str] = []
    for clause in view.clauses.scores:
        saw = seen_in(scopes, clause)
        said = _ask(view, item, clause, scopes)
        if said is None:
            log.note(item.id, clause, "silent", saw=saw)
            continue
        mark, fail, shown, compared = said
        marks.append(mark)
        if fail is None:
            log.note(item.id, clause, "passed", saw=(*saw_by(clause, saw), *shown), compared=compared)
        elif (waiver := view.waiver(item, clause)) is not None:
            waived.append(clause.id)
            log.note(item.id, clause, "waived", code=fail.code, saw=((waiver.by, waiver.reason),))
        else:
            fails.append(log.fail(item.id, fail, saw=(*saw_by(clause, saw), *shown)))
    return Scored(next(iter(marks), None), tuple(fails), tuple(waived))


_Said = tuple[Fraction | None, Fail | None, tuple[tuple[str, str], ...], tuple[Compared, ...]]


def _ask(view: View, item: CaseItem, clause: Score, scopes: tuple[Scope, ...]) -> _Said | None:
    """Return the mark, why it refuses, what each part counted with, and what was compared; None if it does not speak."""
    speaks = view.speaks_of(clause, scopes)
    if isinstance(speaks, Missing):
        return None, Fail(f"missing.{speaks.field}", clause, ()), (), ()
    if not speaks:
        return None
    weighed: list[tuple[Fraction, Fraction]] = []
    shown: list[tuple[str, str]] = []
    for part, weight in clause.parts:
        exempt = _is_exempt(clause, part, scopes)
        if isinstance(exempt, Missing):
            return None, Fail(f"missing.{exempt.field}", clause, ()), tuple(shown), ()
        mark = clause.exempted if exempt else item.marks.get(part)
        if mark is not None:
            weighed.append((weight, mark))
        elif not exempt:
            lacks = (Compared(part, "", "present", "true"),)
            return None, Fail(f"missing.{MARKS_FIELD}", clause, lacks), tuple(shown), ()
        shown.append((part, f"{'' if mark is None else number_text(mark)}{' (exempt)' if exempt else ''}".strip()))
    if not weighed:
        return None, None, tuple(shown), ()
    score = sum((weight * mark for weight, mark in weighed), Fraction(0)) / sum(weight for weight, _ in weighed)
    fail, compared = _passes(clause, scopes, score)
    return score, fail, tuple(shown), compared


def _passes(clause: Score, scopes: tuple[Scope, ...], score: Fraction) -> tuple[Fail | None, tuple[Compared, ...]]:
    """Compare with the pass mark: of several targets with the highest, and what is below one of them is below."""
    marks = [_pass_mark(scope, clause) for scope in scopes]
    known = [mark for mark in marks if isinstance(mark, Fraction)]
    compared = (Compared("score", number_text(score), "at_least", number_text(max(known))),) if known else ()
    if known and score < max(known):
        return Fail(f"score.{clause.code}", clause, compared), compared
    missing = next((mark for mark in marks if isinstance(mark, Missing)), None)
    return None if missing is None else Fail(f"missing.{missing.field}", clause, ()), compared


def _pass_mark(scope: Scope, clause: Score) -> Fraction | Missing | None:
    if not isinstance(clause.pass_mark, Ref):
        return clause.pass_mark
    mark = scope.find(clause.pass_mark.field)
    return Fraction(mark) if isinstance(mark, int | Fraction) else scope.missing(clause.pass_mark.field)


def _is_exempt(clause: Score, part: str, scopes: tuple[Scope, ...]) -> Verdict:
    """Say whether *part* is waived: for one of the item's sources. Who brings no source holds nothing."""
    held = [scope for scope in scopes if scope.source != NOBODY]
    return any_of(holds(one.when, scope) for one in clause.exempt if one.part == part for scope in held)
