"""
Effects: what follows besides credits, such as a status, or the right to sit another examination.
"""

from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.clause import Effect
from creditbank.domain.rule.decision import SetEffect
from creditbank.domain.rule.field import value_text
from creditbank.domain.rule.scope import Pair, View
from creditbank.domain.rule.selection import Missing, all_of
from creditbank.domain.rule.working import Fail, Log

__all__ = ["effects_on"]


def effects_on(
    view: View, item: CaseItem, pairs: tuple[Pair, ...], refused: str | None, log: Log
) -> tuple[SetEffect, ...] | Fail:
    """
    Return what follows where *item* is granted (*refused* is None), or refused with that code.

    Each name is set once, by the first clause that speaks about all pairs. An item whose effects turn on what is not
    known cannot be granted: ``missing.<field>``. To one that is refused already such a clause does nothing.
    """
    found: dict[str, SetEffect] = {}
    for clause in view.clauses():
        if not isinstance(clause, Effect) or not _is_on(clause, refused):
            continue
        saw = view.saw(item, pairs, clause.when)
        speaks = all_of(view.speaks(clause, view.scope(item, pair)) for pair in pairs)
        if isinstance(speaks, Missing):
            fail = Fail(f"missing.{speaks.field}", clause, ())
            if refused is None:
                return log.fail(item.id, fail, saw=saw)
            log.note(item.id, clause, "missing", code=fail.code, saw=saw)
        elif not speaks:
            log.note(item.id, clause, "silent", saw=saw)
        else:
            sets = tuple((name, value_text(value)) for name, value in clause.set)
            log.note(item.id, clause, "set", saw=(*saw, *sets))
            for name, value in clause.set:
                found.setdefault(name, SetEffect(name, value, clause.id))
    return tuple(found.values())


def _is_on(clause: Effect, refused: str | None) -> bool:
    if refused is None:
        return clause.on == "granted"
    return clause.on == "refused" and (not clause.codes or refused in clause.codes)
