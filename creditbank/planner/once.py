"""
Once as rows: in a group of a once at most one item, under whichever book it is asked for.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

import attrs

from creditbank.domain.rule.case import HistoryLine
from creditbank.domain.rule.clause import Once
from creditbank.domain.rule.groups import Key
from creditbank.planner.group import Spots, bar, groups_of
from creditbank.planner.model import Model
from creditbank.planner.solver import ClauseKey

__all__ = ["add_onces"]

_ONE: Final = Fraction(1)


def add_onces(model: Model, books: Sequence[int]) -> None:
    """Add every once of *books*; where several books say the same of the same candidates, it is one row as well."""
    groups: dict[Key, list[_Group]] = {}
    for book in books:
        for clause, key, spots, earlier in groups_of(model, book, Once):
            if (group := _once(model, book, clause, spots, earlier)) is not None:
                groups.setdefault(key, []).append(group)
    for several in groups.values():
        _add_common(model, several)
    for several in groups.values():
        for group in several:
            _add_once(model, group)


@attrs.frozen
class _Group:
    """
    A group of a once: which column says that a candidate is *asked* about there, and that it *stands* there when others are.

    *both*: columns that are in it either way. At most one of them is 1, and then nothing else stands there.
    """

    said: ClauseKey
    asked: Mapping[int, int]
    stand: Mapping[int, int]
    both: tuple[int, ...]


def _once(model: Model, book: int, clause: Once, spots: Spots, earlier: tuple[HistoryLine, ...]) -> _Group | None:
    """Bar what the record uses already; return the group of what is left."""
    case = model.views[book].case
    asked = {number: model.there(number, spot.asked) for number, spot in spots.items() if spot.asked}
    said = model.said(book, clause.id)
    if any(line.application != case.id or clause.by == "item" for line in earlier):
        bar(model, asked, said)
        return None
    stand = {
        number: model.there(number, spot.stand)
        for number, spot in spots.items()
        if spot.stand and (clause.by == "item" or model.candidates[number].book != book)
    }
    both = tuple(column for number, column in asked.items() if stand.get(number) == column)
    model.at_most_one(both, said)
    return _Group(said, asked, stand, both)


def _add_common(model: Model, groups: Sequence[_Group]) -> None:
    """What is excluded by one or the other group of each two is excluded together: the same for whole numbers, and found sooner."""
    common: list[_Group] = []
    for group in groups:
        if group.both and all(_exclude(group, other) or _exclude(other, group) for other in common):
            common.append(group)
    if len(common) > 1:
        columns = dict.fromkeys(column for group in common for column in group.both)
        model.at_most_one(tuple(columns), *(group.said for group in common))


def _exclude(group: _Group, other: _Group) -> bool:
    return set(other.both) <= set(group.stand.values())


def _add_once(model: Model, group: _Group) -> None:
    asked = {number: column for number, column in group.asked.items() if column not in group.both}
    stand = {number: column for number, column in group.stand.items() if column not in group.both}
    if not asked and not stand:
        return
    if not asked.keys() & stand.keys():
        # What is only asked, or only stands, does not exclude its like.
        anything = [model.any_of(some.values()) for some in (asked, stand) if some]
        model.at_most_one((*group.both, *anything), group.said)
        return
    for number, column in group.asked.items():
        rest = [other for at, other in group.stand.items() if at != number]
        model.add({**dict.fromkeys(rest, _ONE), column: Fraction(len(rest))}, Fraction(len(rest)), group.said)
