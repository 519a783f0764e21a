"""
Limits, groups, rounding and what is left over: clauses that say the same twice, less than another, or too little.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import Final

from creditbank.domain.check.about import NOTHING, About
from creditbank.domain.check.finding import BookFinding
from creditbank.domain.check.logic import All, AnyOf, Condition, Lit, false_of, true_of
from creditbank.domain.credit import number_text
from creditbank.domain.rule.clause import Cap, Floor, Highest, Limit, Once, Percent, Policy, Scaled, Worth
from creditbank.domain.rule.field import Ref, namespace_of
from creditbank.domain.rule.selection import Among, Selection

__all__ = ["check_limits"]

# A pool has no credits of its own that a worth could exceed.
_POOL: Final = Among(("pool",), False, "fail")


# Measures of which different lines have different parts.
_ADDED: Final = ("credits", "level_points", "hours")


def check_limits(about: About) -> Iterator[BookFinding]:
    """Yield what is found about limits, groups and policies of one act."""
    yield from _caps(about)
    yield from _once(about)
    yield from _floors(about)
    yield from _highest(about)
    yield from _half_up(about)
    yield from _leftover(about)


def _always(about: About, one: Cap | Once, other: Cap | Once) -> bool:
    """Say whether *other* speaks wherever *one* does, and cannot be waived where it cannot."""
    return not other.waivable_by and about.logic.never(
        about.in_force, about.logic.speaks(one), about.logic.silent(other)
    )


def _within(about: About, one: Selection | None, other: Selection | None) -> bool:
    """Say whether *other* surely selects every line that *one* does."""
    return one == other or other is None or about.logic.never(true_of(one), false_of(other, known=False))


def _covers(about: About, other: Cap | Once, one: Cap | Once) -> bool:
    """Say whether each group of *one* is in a group of *other*, which counts all that *one* counts and speaks where it does."""
    return (
        set(other.per) <= set(one.per)
        and set(one.acts or about.book.acts) <= set(other.acts or about.book.acts)
        and other.across in (one.across, "bank")
        and other.ignore in (one.ignore, None)
        and _within(about, one.over, other.over)
        and _always(about, one, other)
    )


def _caps(about: About) -> Iterator[BookFinding]:
    """A limit that a lower one always reaches first, over the same group or one that holds it, wherever it stands."""
    caps = about.of(Cap)
    for at, cap in enumerate(caps):
        for number, other in enumerate(caps):
            if other is cap or not isinstance(cap.at_most, Fraction) or not isinstance(other.at_most, Fraction):
                continue
            same = cap.measure == other.measure and other.exceed in (cap.exceed, "trim")
            if not same or other.at_most > cap.at_most or not _covers(about, other, cap):
                continue
            # Of two that come to the same, the later one is told.
            if (
                other.at_most == cap.at_most
                and at < number
                and other.exceed == cap.exceed
                and _covers(about, cap, other)
            ):
                continue
            yield about.finding(
                "dead",
                (cap, other),
                f"第{cap.id}条的上限{number_text(cap.at_most)}从不起作用:第{other.id}条对同一组最多{number_text(other.at_most)}",
                f"the limit {number_text(cap.at_most)} of {cap.id!r} never matters: {other.id!r} allows the same group"
                f" {number_text(other.at_most)}",
            )
            break


def _once(about: About) -> Iterator[BookFinding]:
    """One use per group, where another already allows one use per a group that holds it."""
    clauses = about.of(Once)
    for at, once in enumerate(clauses):
        for number, other in enumerate(clauses):
            if other is once or other.by not in (once.by, "item") or not _covers(about, other, once):
                continue
            if at < number and once.by in (other.by, "item") and _covers(about, once, other):
                continue
            yield about.finding(
                "dead",
                (once, other),
                f"第{once.id}条从不起作用:第{other.id}条已经只许每组一次",
                f"{once.id!r} never matters: {other.id!r} already allows one use of a group that holds its own",
            )
            break


def _floors(about: About) -> Iterator[BookFinding]:
    """A floor above what a ceiling or a cap leaves of its lines; floors that together ask for more than all there is."""
    floors = [one for one in about.of(Floor) if one.word == "at_least" and not one.waivable_by]
    ceilings = [one for one in about.of(Floor) if one.word == "at_most" and not one.waivable_by]
    bounds: list[Floor | Cap] = [*ceilings, *(one for one in about.of(Cap) if not one.per and not one.waivable_by)]
    for floor in floors:
        for other in bounds:
            most = other.at_most if isinstance(other, Cap) else other.limit
            if floor.measure == other.measure and _above(floor.limit, most) and _bounds(about, other, floor):
                yield about.finding(
                    "contradiction",
                    (floor, other),
                    f"第{floor.id}条至少要{_amount(floor.limit)},第{other.id}条对同样的最多许{_amount(most)}",
                    f"{floor.id!r} asks for at least {_amount(floor.limit)} of what {other.id!r} allows at most"
                    f" {_amount(most)} of",
                )
    for floor, other in combinations(floors, 2):
        if floor.measure == other.measure and _too_much(about, floor, other):
            yield about.finding(
                "contradiction",
                (other, floor),
                f"第{floor.id}条至少要{_amount(floor.limit)},第{other.id}条至少要其余的{_amount(other.limit)}:合起来超过全部",
                f"{floor.id!r} asks for at least {_amount(floor.limit)} and {other.id!r} for at least {_amount(other.limit)} of"
                " the others: that is more than all",
            )


def _above(least: Limit, most: Limit) -> bool:
    """Say whether *least* is surely more than *most*: two numbers, or two shares of one thing that are not of a selection."""
    if isinstance(least, Percent) and isinstance(most, Percent):
        return least.of == most.of != "selection" and least.share > most.share
    return isinstance(least, Fraction) and isinstance(most, Fraction) and least > most


def _bounds(about: About, other: Floor | Cap, floor: Floor) -> bool:
    """Say whether *other* is a bound on all that *floor* counts, of everything that one of them is about."""
    if not _within(about, floor.over, other.over):
        return False
    speaks, silent = about.logic.speaks, about.logic.silent
    if isinstance(other, Cap):
        # It has to speak of every line; its own ``when`` is asked of each.
        return about.logic.never(about.in_force, speaks(floor), true_of(floor.over), silent(other, known=False))
    pairs = ((floor, other), (other, floor))
    return any(about.logic.never(about.in_force, speaks(one), silent(two, known=False)) for one, two in pairs)


def _too_much(about: About, floor: Floor, other: Floor) -> bool:
    """Say whether two floors ask for shares of all that counts, of different lines, that come to more than all of it."""
    if not isinstance(floor.limit, Percent) or not isinstance(other.limit, Percent) or floor.measure not in _ADDED:
        return False
    shares = floor.limit.of == other.limit.of == "counted" and floor.limit.share + other.limit.share > 1
    together = about.logic.never(about.in_force, about.logic.speaks(floor), about.logic.speaks(other))
    return shares and not together and about.logic.never(true_of(floor.over), true_of(other.over))


def _amount(limit: Limit) -> str:
    assert not isinstance(limit, Ref), "what refers to a field is never compared"
    return number_text(limit) if isinstance(limit, Fraction) else f"{number_text(100 * limit.share)} %"


def _highest(about: About) -> Iterator[BookFinding]:
    for one, other in combinations(about.of(Highest), 2):
        if (one.over, set(one.per)) != (other.over, set(other.per)):
            continue
        if not about.logic.never(about.in_force, about.logic.speaks(one), about.logic.speaks(other)):
            yield about.finding(
                "highest",
                (other, one),
                f"第{one.id}条和第{other.id}条对同一组各取最高,可能互相削减",
                f"{one.id!r} and {other.id!r} each keep the highest of one group: they may cut each other's",
            )


def _half_up(about: About) -> Iterator[BookFinding]:
    policies = about.of(Policy)
    for rounding in policies:
        if rounding.round is None or rounding.round.way != "half-up":
            continue
        for units in policies:
            if units.units != "parts":
                continue
            answer = about.logic.ask(
                about.in_force,
                *_chosen(about, rounding, "round"),
                *_chosen(about, units, "units"),
            )
            if answer.said != "no":
                yield about.finding(
                    "half-up",
                    (rounding, units) if units is not rounding else (rounding,),
                    "按部分计(parts)又四舍五入:一部分可能比成果本身值得更多",
                    "what is granted in parts is rounded half-up: the parts may come to more than the outcome",
                    answer.example,
                )


def _chosen(about: About, policy: Policy, key: str) -> Iterator[Condition]:
    """Yield when *policy* is the one that sets *key*."""
    yield about.logic.speaks(policy)
    for other in about.of(Policy):
        if other is policy:
            return
        if getattr(other, key) is not None:
            yield about.logic.silent(other)


def _leftover(about: About) -> Iterator[BookFinding]:
    """An outcome's own worth may be above the course's, and no policy says whether the rest is kept or forfeited."""
    if about.act != "convert":
        return
    policies = about.of(Policy)
    unsaid = [about.logic.silent(one) for one in policies if one.leftover is not None]
    gives = [about.logic.silent(one) for one in policies if one.mode not in (None, "credit")]
    course = Lit("target.kind", _POOL, False)
    earlier: list[Condition] = []
    for clause in about.of(Worth):
        for row in clause.rows:
            amount = row.amount
            holds: Condition = All((about.logic.speaks(clause), true_of(row.when)))
            own = amount != NOTHING and (not isinstance(amount, Scaled) or namespace_of(amount.of.field) != "target")
            answer = about.logic.ask(about.in_force, about.mapped, holds, course, *earlier, *unsaid, *gives)
            if own and answer.said != "no":
                yield about.finding(
                    "leftover",
                    (clause,),
                    f"按第{clause.id}条可能超过课程学分,没有写明余额保留还是作废(leftover);默认作废",
                    f"by {clause.id!r} an outcome may be worth more than the course, and no policy says what is left:"
                    " without leftover it is forfeited",
                    answer.example,
                )
                return
            earlier.append(AnyOf((about.logic.silent(clause), false_of(row.when))))
