"""
Limits: once and cap, over an item's lines and every line that stands.
"""

from collections.abc import Callable, Collection
from fractions import Fraction
from typing import Final, NamedTuple, TypeAlias

from creditbank.domain.credit import add_up, number_text
from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.clause import Cap, Once
from creditbank.domain.rule.decision import Compared, Declined, Line
from creditbank.domain.rule.groups import InGroup, Key, Placed, groups_of, keys_of_line, pair_in, scopes_of_line
from creditbank.domain.rule.measure import counted_in, limit_of, measure_lines
from creditbank.domain.rule.standing import Standing
from creditbank.domain.rule.verdict import Missing
from creditbank.domain.rule.view import View
from creditbank.domain.rule.working import Fail, Log

__all__ = ["Limits", "Trimmed", "check_limits", "trim"]

Limits: TypeAlias = tuple[Once | Cap, ...]
_ZERO: Final = Fraction(0)


class Trimmed(NamedTuple):
    """Lines within the rooms of the caps, and what each cap declined."""

    lines: tuple[Line, ...]
    declined: tuple[Declined, ...]


def trim(
    view: View,
    item: CaseItem,
    among: Limits,
    lines: tuple[Line, ...],
    standing: Standing,
    down: Callable[[Fraction], Fraction],
    log: Log,
) -> Trimmed | Fail:
    """
    Cut *lines*, one after the other, to the least room that the trimming caps *among* these leave, rounded *down*.

    The rooms are all looked at before a line is cut, so the order of the caps changes no amount: it picks the code of
    what is declined. Refused with that code where nothing remains of all the lines, or ``missing.<field>``.
    """
    caps = [one for one in among if isinstance(one, Cap) and _trims(view, item, one)]
    done: list[Placed] = []
    declined: list[Declined] = []
    first: Fail | None = None
    for line in lines:
        least, by = line.credits, None
        placed = line, scopes_of_line(view, item, line.sources, line.target)
        for cap in caps:
            room = _room(view, cap, placed, done, standing)
            if isinstance(room, Missing):
                return log.fail(item.id, Fail(f"missing.{room.field}", cap, ()))
            if room is not None and room < line.credits:
                shown = Compared(cap.measure, number_text(line.credits), "at_most", number_text(room))
                log.note(item.id, cap, "trimmed", code=f"cap.{cap.code}", compared=(shown,))
                first = first or Fail(f"cap.{cap.code}", cap, (shown,))
                by, least = by or cap, min(least, room)
        if by is None:
            done.append(placed)
            continue
        granted = down(least)
        declined.append(Declined(f"cap.{by.code}", by.id, line.credits - granted))
        if granted:
            done.append((Line(line.sources, line.target, granted, line.worth), placed[1]))
    if first is None:
        return Trimmed(lines, ())
    left = tuple(line for line, _ in done)
    return Trimmed(left, tuple(declined)) if any(line.credits for line in left) else first


def check_limits(
    view: View,
    item: CaseItem,
    among: Limits,
    lines: tuple[Line, ...],
    standing: Standing,
    *,
    trimmed: bool,
    log: Log,
) -> tuple[tuple[Fail, ...], tuple[str, ...]]:
    """
    Ask every once and cap *among* these about *lines*.

    Returns:
        What fails, in file order, and the ids of the clauses that were waived.

    Args:
        trimmed: :func:`trim` was here, so the caps that trim hold.
    """
    fails: list[Fail] = []
    waived: list[str] = []
    placed = [(line, scopes_of_line(view, item, line.sources, line.target)) for line in lines]
    for clause in among:
        if trimmed and isinstance(clause, Cap) and _trims(view, item, clause):
            continue
        keys = (
            keys_of_line(view, clause, placed[0][1], new=True) if len(placed) == 1 else groups_of(view, clause, placed)
        )
        if not keys:
            log.note(item.id, clause, "silent")
            continue
        fail: Fail | None
        if isinstance(keys, Missing):
            fail = Fail(f"missing.{keys.field}", clause, ())
        elif isinstance(clause, Once):
            fail = _once(view, item, clause, keys, standing)
        else:
            fail = _cap(view, item, clause, placed, standing, log)
        if fail is None:
            if isinstance(clause, Once):
                log.note(item.id, clause, "passed")
        elif (waiver := view.waiver(item, clause)) is not None:
            waived.append(clause.id)
            log.note(item.id, clause, "waived", code=fail.code, saw=((waiver.by, waiver.reason),))
        else:
            fails.append(log.fail(item.id, fail))
    return tuple(fails), tuple(waived)


def _trims(view: View, item: CaseItem, cap: Cap) -> bool:
    if cap.exceed != "trim" or cap.measure != "credits":
        return False
    return not cap.waivable_by or view.waiver(item, cap) is None


# --- once -------------------------------------------------------------------------------------------------------------


def _once(view: View, item: CaseItem, clause: Once, keys: Collection[Key], standing: Standing) -> Fail | None:
    for key in keys:
        group = standing.group(clause, key)
        if isinstance(group, Missing):
            return Fail(f"missing.{group.field}", clause, ())
        for line in group.lines:
            # Lines of one item are one use: in a collection its earlier lines stand already.
            if line.application == view.case.id and (clause.by == "application" or line.item == item.id):
                continue
            shown = Compared(
                "、".join(clause.per), "、".join(key), "once", f"{line.application} {line.item} {line.on.isoformat()}"
            )
            return Fail(f"once.{clause.code}", clause, (shown,))
    return None


# --- cap --------------------------------------------------------------------------------------------------------------


def _cap(view: View, item: CaseItem, clause: Cap, placed: list[Placed], standing: Standing, log: Log) -> Fail | None:
    groups = groups_of(view, clause, placed)
    assert not isinstance(groups, Missing), "they were found just now"
    seen: list[Compared] = []
    for key, own in groups.items():
        compared = _compare(view, item, clause, key, own, standing)
        if isinstance(compared, Missing):
            return Fail(f"missing.{compared.field}", clause, ())
        used, most = compared
        shown = Compared(clause.measure, number_text(used), "at_most", number_text(most))
        if used > most:
            return Fail(f"cap.{clause.code}", clause, (shown,))
        seen.append(shown)
    log.note(item.id, clause, "passed", compared=tuple(seen))
    return None


def _room(view: View, clause: Cap, placed: Placed, done: list[Placed], standing: Standing) -> Fraction | Missing | None:
    """Return what *clause* leaves for a line after *done*, never below 0; None if that is enough for all of it."""
    line, scopes = placed
    keys = keys_of_line(view, clause, scopes, new=True)
    if isinstance(keys, Missing):
        return keys
    before = groups_of(view, clause, done) if done else {}
    assert not isinstance(before, Missing), "the groups of a line are found before it is done"
    least: Fraction | None = None
    for key in keys:
        group = standing.group(clause, key)
        if isinstance(group, Missing):
            return group
        most = limit_of(view, clause, clause.at_most, key, pair_in(view, clause, scopes, key), _ZERO)
        if isinstance(most, Missing):
            return most
        own = [each.credits for each in before[key][1]] if key in before else []
        if not group.leaves(add_up((line.credits, *own)) if own else line.credits, most):
            room = max(most - add_up((group.credits(), *own)), _ZERO)
            least = room if least is None else min(least, room)
    return least


def _compare(
    view: View, item: CaseItem, clause: Cap, key: Key, own: InGroup, standing: Standing
) -> tuple[Fraction, Fraction] | Missing:
    """Return what group *key* measures with the item's *own* lines, and its limit."""
    group = standing.group(clause, key)
    if isinstance(group, Missing):
        return group
    scope, lines = own
    used: Fraction | Missing
    match clause.measure:
        case "credits":
            used = add_up([group.credits(), *(line.credits for line in lines)])
        case "items" | "applications" | "sources" | "targets" as measure:
            before = group.things(measure)
            new = {one for line in lines for one in counted_in(measure, view.case.id, item.id, line)}
            used = Fraction(len(before) + len(new - before))
        case measure:
            used = measure_lines(view, measure, (*group.lines, *(view.standing(item, line) for line in lines)))
    if isinstance(used, Missing):
        return used
    most = limit_of(view, clause, clause.at_most, key, scope, _ZERO)
    return most if isinstance(most, Missing) else (used, most)
