"""
Limits as rows: once, cap and highest, each group of each clause, with what the record has used of it already.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final

import attrs

from creditbank.domain.rule.case import HistoryLine
from creditbank.domain.rule.clause import Cap, Highest
from creditbank.domain.rule.eligible import Eligible, Refusal, gives
from creditbank.domain.rule.groups import Key, groups_of_line
from creditbank.domain.rule.highest import WORTH, rank
from creditbank.domain.rule.lines import build_lines
from creditbank.domain.rule.measure import limit_of, measure_lines
from creditbank.domain.rule.standing import Standing
from creditbank.domain.rule.verdict import Missing
from creditbank.domain.rule.view import View
from creditbank.domain.rule.working import Fail, Log
from creditbank.planner.group import Spots, earlier_in, groups_of
from creditbank.planner.model import Model
from creditbank.planner.once import add_onces
from creditbank.planner.solver import ClauseKey

__all__ = ["add_limits"]

_ZERO: Final = Fraction(0)
_ONE: Final = Fraction(1)


def add_limits(model: Model) -> None:
    """Add every limit of every book to *model*."""
    books = [book for book in range(len(model.views)) if any(one.book == book for one in model.candidates)]
    # Once first: what it says of columns makes the rows of the others tighter.
    add_onces(model, books)
    for book in books:
        for cap, key, spots, earlier in groups_of(model, book, Cap):
            _add_cap(model, book, cap, key, spots, earlier)
        for one in model.views[book].clauses.highests:
            _add_highest(model, book, one)
        _add_kept(model, book)
    model.add_goals()


# --- cap --------------------------------------------------------------------------------------------------------------


def _add_cap(model: Model, book: int, clause: Cap, key: Key, spots: Spots, earlier: tuple[HistoryLine, ...]) -> None:
    view, said = model.views[book], model.said(book, clause.id)
    used = measure_lines(view, clause.measure, earlier)
    measured = _Measured(model, view, clause, said, earlier)
    measured.gather(spots)
    rooms: dict[int, Fraction] = {}
    for number, spot in spots.items():
        if not spot.asked:
            continue
        most = limit_of(view, clause, clause.at_most, key, spot.scope, _ZERO)
        if isinstance(used, Missing) or isinstance(most, Missing) or used > most:
            model.never(number, said)
        else:
            rooms[number] = most - used
    stand = {number: measured.terms(number, spot.stand) for number, spot in spots.items()}
    total = {column: factor for terms in stand.values() for column, factor in terms.items()}
    if (
        len(rooms) == len(spots)
        and len(set(rooms.values())) == 1
        and all(one.asked == one.stand for one in spots.values())
    ):
        model.add(total, next(iter(rooms.values())), said)
        return
    alike: dict[Fraction, list[int]] = {}
    for number, room in rooms.items():
        if spots[number].asked == spots[number].stand:
            alike.setdefault(room, []).append(model.columns[number].chosen)
        elif measured.distinct:
            model.open["counts"] = None
        else:
            rest = {column: factor for other, one in stand.items() if other != number for column, factor in one.items()}
            model.add_if([model.columns[number].chosen], rest | measured.terms(number, spots[number].asked), room, said)
    for room, columns in alike.items():
        model.add_if(columns, total, room, said)


@attrs.define
class _Measured:
    """What candidates come to in one group; what is counted by name has a column for every name the record has not used."""

    model: Model
    view: View
    clause: Cap
    said: ClauseKey
    earlier: tuple[HistoryLine, ...]
    columns: dict[str, int] = attrs.field(factory=dict)

    @property
    def distinct(self) -> bool:
        return self.clause.measure in ("sources", "targets", "hours", "target_credits", "applications")

    def gather(self, spots: Spots) -> None:
        """Make the columns of the names that are counted once."""
        users: dict[str, list[int]] = {}
        for number, spot in spots.items() if self.distinct else ():
            for at in spot.stand:
                for name in _by_name(self.clause, self.model.standing[number][at]):
                    users.setdefault(name, []).append(self.model.there(number, [at]))
        self.columns = {name: self.model.any_of(columns) for name, columns in users.items()}

    def terms(self, number: int, lines: Sequence[int]) -> dict[int, Fraction]:
        """Return what these lines of a candidate come to."""
        model, measure = self.model, self.clause.measure
        if not lines:
            return {}
        if measure == "credits":
            return model.credit(number, lines)
        if measure == "items":
            return {model.there(number, lines): _ONE}
        standing = [model.standing[number][at] for at in lines]
        found: dict[int, Fraction] = {}
        for at, line in zip(lines, standing, strict=True):
            if measure == "level_points":
                points = measure_lines(self.view, measure, (attrs.evolve(line, credits=_ONE),))
                weight = self._known(points, number)
                for column, factor in model.credit(number, [at]).items():
                    found[column] = found.get(column, _ZERO) + factor * weight
            else:
                found |= self._names(number, at, line)
        return found

    def _names(self, number: int, at: int, line: HistoryLine) -> dict[int, Fraction]:
        found: dict[int, Fraction] = {}
        for name, alone in _by_name(self.clause, line).items():
            weight = self._known(measure_lines(self.view, self.clause.measure, (alone,)), number)
            if not weight or any(name in _by_name(self.clause, one) for one in self.earlier):
                continue
            found[self.columns[name]] = weight
        return found

    def _known(self, weight: Fraction | Missing, number: int) -> Fraction:
        if isinstance(weight, Missing):
            self.model.never(number, self.said)
            return _ZERO
        return weight


def _by_name(clause: Cap, line: HistoryLine) -> dict[str, HistoryLine]:
    """Return *line* for each name that *clause* counts once: with that name alone."""
    if clause.measure in ("sources", "hours"):
        return {source: attrs.evolve(line, sources=(source,)) for source in line.sources}
    return {line.application if clause.measure == "applications" else line.target: line}


# --- highest ----------------------------------------------------------------------------------------------------------


def _add_highest(model: Model, book: int, clause: Highest) -> None:
    """Take at most one source of a group, or, where lower ones keep a share, no more than what the others leave of it."""
    view, groups = model.views[book], dict[Key, dict[str, list[int]]]()
    said = model.said(book, clause.id)
    for number, one in enumerate(model.candidates):
        if one.book != book:
            continue
        for pair in view.pairs(one.able.accepted.used, one.able.accepted.targets):
            keys = groups_of_line(view, one.item, clause, (pair.source,), pair.target, new=True)
            if isinstance(keys, Missing):
                model.never(number, said)
                break
            for key in keys:
                members = groups.setdefault(key, {}).setdefault(pair.source, [])
                members.extend([number] if number not in members else [])
    for key, sources in groups.items():
        if clause.earlier == "difference" and earlier_in(view, clause, view.case.history, key):
            model.open["highest"] = None  # the difference is shared among the items of the highest
        if len(sources) < 2:
            continue
        if WORTH in clause.by and clause.others:
            model.open["highest"] = None  # who is highest depends on how many items of a source are asked for
        there = {
            source: model.any_of([model.columns[number].chosen for number in members])
            for source, members in sources.items()
        }
        if not clause.others:
            model.at_most_one(list(there.values()), said)
            continue
        for source, members in sources.items():
            for other, column in there.items():
                for number in members if other != source else ():
                    _leave(model, view, said, number, sources[other][0], column)


def _leave(model: Model, view: View, said: ClauseKey, number: int, other: int, column: int) -> None:
    """Say what candidate *number* may still get where *column* (a source of candidate *other*) is used, too."""
    one, rival = model.candidates[number].asked, model.candidates[other].asked
    if number == other:
        return
    # Of equals the first asked for counts in full; a plan is granted in any order, so what is left last counts.
    left = min(_left(view, [one, rival], 0), _left(view, [rival, one], 1))
    whole = model.candidates[number].credits
    if left >= whole:
        return
    if left and model.candidates[number].parts:
        terms = model.credit(number, range(len(model.candidates[number].lines)))
        model.add({**terms, column: whole - left}, whole, said)
        return
    model.open |= {"share": None} if left else {}
    model.add({model.columns[number].chosen: _ONE, column: _ONE}, _ONE, said)


def _left(view: View, entries: Sequence[Eligible], at: int) -> Fraction:
    """Return what the entry at this place may still get beside the others."""
    able = rank(view, entries, Standing(view, list(view.case.history)), Log())[at]
    if isinstance(able, Refusal) or not gives(view, able.chosen):
        return _ZERO
    built = build_lines(view, able.item, able.accepted, able.lots, able.chosen, view.case.history)
    return _ZERO if isinstance(built, Fail) else sum((line.credits for line in built.lines), _ZERO)


# --- what is left over ------------------------------------------------------------------------------------------------


def _add_kept(model: Model, book: int) -> None:
    """Let items draw on one outcome no more than it is worth, where what is left over of it is kept."""
    view = model.views[book]
    lots: dict[str, dict[int, Fraction]] = {}
    for number, one in enumerate(model.candidates):
        if one.book == book and one.able.chosen.leftover == "keep" and gives(view, one.able.chosen):
            for lot in one.able.lots:
                if not lot.target and len(lot.sources) == 1:
                    lots.setdefault(lot.sources[0], {})[number] = lot.amount
    for source, amounts in lots.items():
        drawn = sum(
            (line.worth for line in view.case.history if line.book == view.book.book and source in line.sources), _ZERO
        )
        total: dict[int, Fraction] = {}
        for number, one in enumerate(model.candidates):
            if one.book == book:
                total |= model.credit(number, [at for at, line in enumerate(one.lines) if source in line.sources])
        rooms = {number: max(amount - drawn, _ZERO) for number, amount in amounts.items()}
        if len(set(rooms.values())) == 1 and total.keys() <= _columns(model, rooms):
            model.add(total, next(iter(rooms.values())))
            continue
        for number, room in rooms.items():
            model.add_if([model.columns[number].chosen], total, room)


def _columns(model: Model, numbers: Iterable[int]) -> set[int]:
    """Return the columns that the credits of these candidates are in."""
    found = (model.credit(number, range(len(model.candidates[number].lines))) for number in numbers)
    return {column for terms in found for column in terms}
