"""
Limits: once and cap, over an item's lines and every line that stands.

A line belongs to a group of a clause for each of its sources that the clause is over; it counts there once and in full.
"""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from itertools import product
from typing import Final, TypeAlias

import attrs

from creditbank.domain.credit import number_text
from creditbank.domain.rule.case import CaseItem, CurriculumPart, HistoryLine
from creditbank.domain.rule.clause import Across, Cap, Limit, Once, Percent
from creditbank.domain.rule.decision import Compared, Declined, Line
from creditbank.domain.rule.field import Ref, Value, namespace_of, value_text
from creditbank.domain.rule.scope import NOBODY, Pair, View
from creditbank.domain.rule.selection import Missing, Scope, Selection, all_of, holds
from creditbank.domain.rule.working import Fail, Log

__all__ = ["Trimmed", "check_limits", "trim"]

_Key: TypeAlias = tuple[str, ...]
_Groups: TypeAlias = Mapping[_Key, Scope]
_ZERO: Final = Fraction(0)


@attrs.frozen
class Trimmed:
    """Lines within the rooms of the caps, and what each cap declined."""

    lines: tuple[Line, ...]
    declined: tuple[Declined, ...]


def trim(
    view: View,
    item: CaseItem,
    lines: tuple[Line, ...],
    standing: tuple[HistoryLine, ...],
    down: Callable[[Fraction], Fraction],
    log: Log,
) -> Trimmed | Fail:
    """
    Cut *lines*, one after the other, to the least room that the trimming caps leave, rounded *down*.

    The rooms are all looked at before a line is cut, so the order of the caps changes no amount: it picks the code of
    what is declined. Refused with that code where nothing remains of all the lines, or ``missing.<field>``.
    """
    caps = [one for one in _limits(view) if isinstance(one, Cap) and _trims(one) and not view.waiver(item, one)]
    done: list[Line] = []
    declined: list[Declined] = []
    first: Fail | None = None
    for line in lines:
        least, by = line.credits, None
        for cap in caps:
            room = _room(view, item, cap, line, tuple(done), standing)
            if isinstance(room, Missing):
                return log.fail(item.id, Fail(f"missing.{room.field}", cap, ()))
            if room is not None and room < line.credits:
                shown = Compared(cap.measure, number_text(line.credits), "at_most", number_text(room))
                log.note(item.id, cap, "trimmed", code=f"cap.{cap.code}", compared=(shown,))
                first = first or Fail(f"cap.{cap.code}", cap, (shown,))
                by, least = by or cap, min(least, room)
        if by is None:
            done.append(line)
            continue
        granted = down(least)
        declined.append(Declined(f"cap.{by.code}", by.id, line.credits - granted))
        if granted:
            done.append(attrs.evolve(line, credits=granted))
    if first is not None and not any(line.credits for line in done):
        return first
    return Trimmed(tuple(done), tuple(declined))


def check_limits(
    view: View,
    item: CaseItem,
    lines: tuple[Line, ...],
    standing: tuple[HistoryLine, ...],
    *,
    trimmed: bool,
    log: Log,
) -> tuple[tuple[Fail, ...], tuple[str, ...]]:
    """
    Ask every once and cap about *lines*; return what fails, in file order, and the ids of the clauses that were waived.

    Args:
        trimmed: :func:`trim` was here, so the caps that trim hold.
    """
    fails: list[Fail] = []
    waived: list[str] = []
    for clause in _limits(view):
        if trimmed and isinstance(clause, Cap) and _trims(clause) and not view.waiver(item, clause):
            continue
        groups = _groups_of(view, item, clause, lines)
        if not isinstance(groups, Missing) and not groups:
            log.note(item.id, clause, "silent")
            continue
        fail: Fail | None
        if isinstance(groups, Missing):
            fail = Fail(f"missing.{groups.field}", clause, ())
        elif isinstance(clause, Once):
            fail = _once(view, item, clause, groups, standing)
        else:
            fail = _cap(view, item, clause, groups, lines, standing, log)
        if fail is None:
            if isinstance(clause, Once):
                log.note(item.id, clause, "passed")
        elif (waiver := view.waiver(item, clause)) is not None:
            waived.append(clause.id)
            log.note(item.id, clause, "waived", code=fail.code, saw=((waiver.by, waiver.reason),))
        else:
            fails.append(log.fail(item.id, fail))
    return tuple(fails), tuple(waived)


def _limits(view: View) -> list[Once | Cap]:
    return [clause for clause in view.clauses() if isinstance(clause, Once | Cap)]


def _trims(cap: Cap) -> bool:
    return cap.measure == "credits" and cap.exceed == "trim"


# --- groups -----------------------------------------------------------------------------------------------------------


def _groups_of(view: View, item: CaseItem, clause: Once | Cap, lines: Iterable[Line]) -> _Groups | Missing:
    """Return the groups of *clause* that this item's lines are in, each with a pair of it."""
    groups: dict[_Key, Scope] = {}
    for line in lines:
        found = _groups(view, item, clause, line.sources, line.target, new=True)
        if isinstance(found, Missing):
            return found
        for key, scope in found.items():
            groups.setdefault(key, scope)
    return groups


def _groups(
    view: View, item: CaseItem, clause: Once | Cap, sources: tuple[str, ...], target: str, *, new: bool
) -> _Groups | Missing:
    """Return the groups of one line. ``when`` and the clause's dates are asked of new lines alone."""
    groups: dict[_Key, Scope] = {}
    for source in sources or (NOBODY,):
        scope = view.scope(item, Pair(source, target))
        over = clause.over is None or holds(clause.over, scope)
        verdict = all_of((view.speaks(clause, scope), over)) if new else over
        if isinstance(verdict, Missing):
            return verdict
        if not verdict:
            continue
        keys = _keys(clause.per, scope)
        if isinstance(keys, Missing):
            return keys
        for key in keys:
            groups.setdefault(key, scope)
    return groups


def _keys(per: tuple[str, ...], scope: Scope) -> tuple[_Key, ...] | Missing:
    """Return the group keys of one pair: several where a field has several tags."""
    parts: list[tuple[str, ...]] = []
    for field in per:
        value = scope.find(field)
        if value is None:
            return Missing(field)
        parts.append(value if isinstance(value, tuple) else (value_text(value),))
    return tuple(product(*parts))


def _earlier(
    view: View, clause: Once | Cap, standing: Iterable[HistoryLine], key: _Key
) -> tuple[HistoryLine, ...] | Missing:
    """Return the standing lines that count in group *key*, oldest first."""
    found: list[HistoryLine] = []
    for line in standing:
        if not (view.book.speaks(clause.acts, line.act) and _is_across(view, clause.across, line)):
            continue
        as_item = CaseItem(line.item, line.sources, (line.target,), line.as_)
        if isinstance(clause, Once) and clause.ignore is not None:
            ignored = holds(clause.ignore, view.scope(as_item, Pair(NOBODY, line.target), line))
            if isinstance(ignored, Missing):
                return ignored
            if ignored:
                continue
        groups = _groups(view, as_item, clause, line.sources, line.target, new=False)
        if isinstance(groups, Missing):
            return groups
        if key in groups:
            found.append(line)
    return tuple(found)


def _is_across(view: View, across: Across, line: HistoryLine) -> bool:
    match across:
        case "programme":
            return line.programme == view.programme()
        case "book":
            return line.book == view.book.book
        case "institution":
            return line.institution == view.institution()
        case "bank":
            return True


# --- once -------------------------------------------------------------------------------------------------------------


def _once(view: View, item: CaseItem, clause: Once, groups: _Groups, standing: tuple[HistoryLine, ...]) -> Fail | None:
    for key in groups:
        lines = _earlier(view, clause, standing, key)
        if isinstance(lines, Missing):
            return Fail(f"missing.{lines.field}", clause, ())
        for line in lines:
            if clause.by == "application" and line.application == view.case.id:
                continue
            shown = Compared(
                "、".join(clause.per), "、".join(key), "once", f"{line.application} {line.item} {line.on.isoformat()}"
            )
            return Fail(f"once.{clause.code}", clause, (shown,))
    return None


# --- cap --------------------------------------------------------------------------------------------------------------


def _cap(
    view: View,
    item: CaseItem,
    clause: Cap,
    groups: _Groups,
    lines: tuple[Line, ...],
    standing: tuple[HistoryLine, ...],
    log: Log,
) -> Fail | None:
    seen: list[Compared] = []
    for key, scope in groups.items():
        compared = _compare(view, item, clause, key, scope, lines, standing)
        if isinstance(compared, Missing):
            return Fail(f"missing.{compared.field}", clause, ())
        used, most = compared
        shown = Compared(clause.measure, number_text(used), "at_most", number_text(most))
        if used > most:
            return Fail(f"cap.{clause.code}", clause, (shown,))
        seen.append(shown)
    log.note(item.id, clause, "passed", compared=tuple(seen))
    return None


def _room(
    view: View, item: CaseItem, clause: Cap, line: Line, done: tuple[Line, ...], standing: tuple[HistoryLine, ...]
) -> Fraction | Missing | None:
    """Return what *clause* leaves for *line* after *done*, never below 0; None if it says nothing about it."""
    groups = _groups_of(view, item, clause, (line,))
    if isinstance(groups, Missing):
        return groups
    rooms: list[Fraction] = []
    for key, scope in groups.items():
        compared = _compare(view, item, clause, key, scope, done, standing)
        if isinstance(compared, Missing):
            return compared
        used, most = compared
        rooms.append(max(most - used, _ZERO))
    return min(rooms, default=None)


def _compare(
    view: View,
    item: CaseItem,
    clause: Cap,
    key: _Key,
    scope: Scope,
    lines: tuple[Line, ...],
    standing: tuple[HistoryLine, ...],
) -> tuple[Fraction, Fraction] | Missing:
    """Return what group *key* measures with *lines*, and its limit."""
    earlier = _earlier(view, clause, standing, key)
    if isinstance(earlier, Missing):
        return earlier
    own = [line for line in lines if key in _certain(_groups_of(view, item, clause, (line,)))]
    used = _measure(view, clause, earlier, _as_history(view, item, own))
    if isinstance(used, Missing):
        return used
    most = _most(view, clause, key, scope)
    return most if isinstance(most, Missing) else (used, most)


def _certain(groups: _Groups | Missing) -> _Groups:
    assert not isinstance(groups, Missing), "the item's groups were found before they are measured"
    return groups


def _as_history(view: View, item: CaseItem, lines: Iterable[Line]) -> tuple[HistoryLine, ...]:
    return tuple(view.standing(item, line) for line in lines)


def _measure(
    view: View, clause: Cap, earlier: tuple[HistoryLine, ...], own: tuple[HistoryLine, ...]
) -> Fraction | Missing:
    lines = (*earlier, *own)
    match clause.measure:
        case "credits":
            return sum((line.credits for line in lines), _ZERO)
        case "items":
            return Fraction(len({(line.application, line.item) for line in lines}))
        case "applications":
            return Fraction(len({line.application for line in lines}))
        case "sources":
            return Fraction(len({source for line in lines for source in line.sources}))
        case "targets":
            return Fraction(len({line.target for line in lines}))
        case "target_credits":
            targets = dict.fromkeys(line.target for line in lines)
            return _total(view, "target.credits", (Pair(NOBODY, target) for target in targets))
        case "hours":
            sources = dict.fromkeys(source for line in lines for source in line.sources)
            return _total(view, "source.hours", (Pair(source, NOBODY) for source in sources))


def _total(view: View, field: str, pairs: Iterable[Pair]) -> Fraction | Missing:
    total = _ZERO
    for pair in pairs:
        value = view.scope(None, pair).find(field)
        if not isinstance(value, int | Fraction):
            return Missing(field)
        total += value
    return total


def _most(view: View, clause: Cap, key: _Key, scope: Scope) -> Fraction | Missing:
    """Return the limit of group *key*. It is never rounded."""
    limit: Limit = clause.at_most
    match limit:
        case Fraction():
            return limit
        case Ref():
            return _number(limit.field, scope.find(limit.field))
        case Percent(share, "programme"):
            base = _number("programme.credits", scope.find("programme.credits"))
        case Percent(share, "selection"):
            base = _selected(view, clause, key)
        case Percent(share, Ref(field)):
            base = _number(field, scope.find(field))
        case _:
            raise AssertionError("a limit is one of these")
    return base if isinstance(base, Missing) else share * base


def _number(field: str, value: Value | None) -> Fraction | Missing:
    return Fraction(value) if isinstance(value, int | Fraction) else Missing(field)


def _selected(view: View, clause: Cap, key: _Key) -> Fraction | Missing:
    """Return the programme's credits inside the clause's target selection and group *key*."""
    if not view.case.curriculum:
        return Missing("programme.courses")
    over = _about_targets(clause.over)
    places = [at for at, field in enumerate(clause.per) if namespace_of(field) == "target"]
    fields = tuple(clause.per[at] for at in places)
    wanted = tuple(key[at] for at in places)
    total = _ZERO
    for part in view.case.curriculum:
        scope = _part_scope(view, part)
        verdict = over is None or holds(over, scope)
        keys = _keys(fields, scope)
        if isinstance(verdict, Missing):
            return verdict
        if isinstance(keys, Missing):
            return keys
        if verdict and wanted in keys:
            total += part.credits
    return total


def _about_targets(over: Selection | None) -> Selection | None:
    if over is None:
        return None
    tables = (tuple(row for row in table if namespace_of(row[0]) == "target") for table in over.tables)
    return Selection(tuple(tables))


def _part_scope(view: View, part: CurriculumPart) -> Scope:
    whole = view.scope(None, Pair(NOBODY, NOBODY))

    def find(field: str) -> Value | None:
        namespace, _, name = field.partition(".")
        return part.where.get(name) if namespace == "target" else whole.find(field)

    return attrs.evolve(whole, find=find)
