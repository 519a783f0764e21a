"""
Where the first that holds decides: rows, worths, policies and maps that an earlier one always hides.
"""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

import attrs

from creditbank.domain.check.about import About
from creditbank.domain.check.finding import BookFinding
from creditbank.domain.check.logic import AnyOf, Condition, false_of, true_of
from creditbank.domain.rule.clause import Map, Policy, Scaled, Worth, WorthRow
from creditbank.domain.rule.field import namespace_of
from creditbank.domain.rule.rows import AnyFrom, From, Row
from creditbank.domain.rule.selection import Selection, fields_of

__all__ = ["ROWS_MAX", "SIMILAR_MAX", "check_first"]

ROWS_MAX: Final = 100_000
"""Rows of one map that are looked at one by one; of a larger one, that is said."""

SIMILAR_MAX: Final = 64
"""Earlier rows from the same sources that one row of a map is compared with."""


def check_first(about: About) -> Iterator[BookFinding]:
    """Yield what is hidden in one act."""
    yield from _worths(about)
    yield from _policies(about)
    yield from _maps(about)
    for clause in about.of(Map):
        if clause.match is None:
            yield from _rows(about, clause)


# --- worths -----------------------------------------------------------------------------------------------------------


@attrs.frozen
class _Place:
    clause: Worth
    number: int
    row: WorthRow

    @property
    def name(self) -> str:
        return self.clause.id if len(self.clause.rows) == 1 else f"{self.clause.id}, row {self.number}"


def _worths(about: About) -> Iterator[BookFinding]:
    places = [_Place(one, number, row) for one in about.of(Worth) for number, row in enumerate(one.rows, 1)]
    for at, place in enumerate(places):
        holds = (about.in_force, about.logic.speaks(place.clause), true_of(place.row.when))
        alone = [one for one in places[:at] if about.logic.never(*holds, _not_taken(about, one))]
        # Several earlier rows hide one together if what they look at is the same for every pair of an item's source.
        among = [one for one in places[:at] if _one_sided(one)]
        if about.logic.never(*holds):
            hiding: list[_Place] = []
        elif alone:
            hiding = alone[:1]
        elif _one_sided(place) and about.logic.never(*holds, *(_not_taken(about, one) for one in among)):
            hiding = among
        else:
            continue
        names = "、".join(one.name for one in hiding) or place.name
        zh = f"{names}总是先适用" if hiding else "它的条件从不成立"
        en = f"{names} always holds before it" if hiding else "its condition never holds"
        yield about.finding(
            "hidden",
            tuple(dict.fromkeys((place.clause, *(one.clause for one in hiding)))),
            f"折算 {place.name} 从不适用:{zh}",
            f"worth {place.name} is never used: {en}",
        )


def _not_taken(about: About, place: _Place) -> Condition:
    return AnyOf((about.logic.silent(place.clause), false_of(place.row.when)))


def _one_sided(place: _Place) -> bool:
    """Say whether *place* is asked of one source at a time and looks at nothing of the target."""
    amount = place.row.amount
    due = isinstance(amount, Scaled) and namespace_of(amount.of.field) == "target"
    return not due and not any(
        namespace_of(field) in ("target", "pair")
        for selection in (place.clause.when, place.row.when)
        if selection is not None
        for field in fields_of(selection)
    )


# --- policies ---------------------------------------------------------------------------------------------------------


def _policies(about: About) -> Iterator[BookFinding]:
    """For each key the first that speaks decides; one that speaks of nothing new is hidden."""
    policies = about.of(Policy)
    for at, policy in enumerate(policies):
        keys = sorted(policy.sets)
        speaks = (about.in_force, about.logic.speaks(policy))
        hiding: dict[str, Policy | None] = {}
        for key in keys:
            for one in policies[:at]:
                if key in one.sets and about.logic.never(*speaks, about.logic.silent(one)):
                    hiding[key] = one
                    break
        if about.logic.never(*speaks):
            hiding = dict.fromkeys(keys)
        for key, other in hiding.items():
            zh = f"{other.id}总是先适用" if other else "它的条件从不成立"
            en = f"{other.id!r} always speaks before it" if other else "it never speaks"
            yield about.finding(
                "hidden",
                (policy, other) if other else (policy,),
                f"第{policy.id}条的{key}从不适用:{zh}",
                f"{key!r} of {policy.id!r} is never used: {en}",
            )


# --- maps -------------------------------------------------------------------------------------------------------------


def _maps(about: About) -> Iterator[BookFinding]:
    """Yield maps that an earlier one always accepts before."""
    maps = about.of(Map)
    for at, clause in enumerate(maps):
        accepts = [about.in_force, about.logic.speaks(clause)]
        accepts += [true_of(clause.match)] if clause.match is not None else []
        if about.logic.never(*accepts):
            yield about.finding(
                "hidden", (clause,), f"第{clause.id}条的条件从不成立", f"the condition of {clause.id!r} never holds"
            )
            continue
        for other in maps[:at]:
            if other.match is None:
                continue
            # A map that cannot tell does not keep the next from being asked.
            fails = AnyOf((about.logic.silent(other, known=False), false_of(other.match, known=False)))
            if about.logic.never(*accepts, fails):
                yield about.finding(
                    "hidden",
                    (clause, other),
                    f"第{clause.id}条从不适用:第{other.id}条总是先接受",
                    f"map {clause.id!r} is never asked: {other.id!r} always accepts before it",
                )
                break


# --- rows of a map ----------------------------------------------------------------------------------------------------

_Numbered: TypeAlias = tuple[int, Row]


def _rows(about: About, clause: Map) -> Iterator[BookFinding]:
    """Yield rows that an earlier row from the same sources always decides before."""
    if len(clause.lookup) > ROWS_MAX:
        zh, en = (
            f"第{clause.id}条超过{ROWS_MAX}行,没有逐行比较",
            f"{clause.id!r} has more than {ROWS_MAX} rows: they were not compared",
        )
        yield about.finding("open", (clause,), zh, en)
        return
    earlier: dict[From, list[_Numbered]] = {}
    for number, row in enumerate(clause.lookup, 1):
        similar = earlier.get(row.from_, [])
        other = next((one for one in similar[:SIMILAR_MAX] if _covers(about, one[1], row)), None)
        if other is not None:
            yield about.finding(
                "hidden",
                (clause,),
                f"第{clause.id}条第{number}行从不适用:第{other[0]}行总是先适用",
                f"row {number} of {clause.id!r} is never used: row {other[0]} always decides before it",
            )
        for from_ in _met_by(row):
            earlier.setdefault(from_, []).append((number, row))


def _met_by(row: Row) -> Sequence[From]:
    """Return the ``from`` whose sources this row is met by, whatever else the item has."""
    if isinstance(row.from_, AnyFrom) and row.when is None and row.since is row.until is None:
        return (row.from_, *row.from_.parts)
    return (row.from_,)


def _covers(about: About, one: Row, other: Row) -> bool:
    """Say whether *one* decides wherever *other*, which comes after it, would."""
    if one.to is not None and (other.to is None or not set(other.to.alternatives) <= set(one.to.alternatives)):
        return False
    if one.since is not None and (other.since is None or other.since < one.since):
        return False
    if one.until is not None and (other.until is None or other.until > one.until):
        return False
    return one.when == other.when or _implies(about, other.when, one.when)


def _implies(about: About, one: Selection | None, other: Selection | None) -> bool:
    if other is None:
        return True
    return about.logic.never(about.in_force, true_of(one), false_of(other, known=False))
