"""
Limits, groups, rounding and what is left over: clauses that say the same twice, less than another, or too little.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import Final

from creditbank.domain.check.about import About
from creditbank.domain.check.finding import BookFinding
from creditbank.domain.check.logic import All, AnyOf, Condition, Lit, false_of, true_of
from creditbank.domain.credit import number_text
from creditbank.domain.rule.clause import Cap, Floor, Highest, Once, Policy, Scaled, Worth
from creditbank.domain.rule.field import namespace_of
from creditbank.domain.rule.selection import Among

__all__ = ["check_limits"]

# A pool has no credits of its own that a worth could exceed.
_POOL: Final = Among(("pool",), False, "fail")


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


def _caps(about: About) -> Iterator[BookFinding]:
    """A limit that a lower one over the same group always reaches first, wherever it stands."""
    caps = about.of(Cap)
    for cap in caps:
        for other in caps:
            if other is cap or not isinstance(cap.at_most, Fraction) or not isinstance(other.at_most, Fraction):
                continue
            same = all(
                getattr(cap, name) == getattr(other, name)
                for name in ("over", "per", "measure", "across", "exceed", "ignore")
            )
            later = about.clauses.index(cap) > about.clauses.index(other)
            lower = other.at_most < cap.at_most or (other.at_most == cap.at_most and later)
            if same and lower and cap.acts == other.acts and _always(about, cap, other):
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
            same = all(
                getattr(once, name) == getattr(other, name) for name in ("over", "by", "across", "ignore", "acts")
            )
            wider = set(other.per) < set(once.per) or (set(other.per) == set(once.per) and number < at)
            if other is not once and same and wider and _always(about, once, other):
                yield about.finding(
                    "dead",
                    (once, other),
                    f"第{once.id}条从不起作用:第{other.id}条已经只许每组一次",
                    f"{once.id!r} never matters: {other.id!r} already allows one use of a group that holds its own",
                )
                break


def _floors(about: About) -> Iterator[BookFinding]:
    """A floor above a ceiling over the same lines."""
    ceilings = [one for one in about.of(Floor) if one.word == "at_most"]
    ceilings_and_caps: list[tuple[Floor | Cap, object]] = [(one, one.limit) for one in ceilings]
    ceilings_and_caps += [
        (cap, cap.at_most) for cap in about.of(Cap) if not cap.per and not cap.waivable_by and cap.exceed == "refuse"
    ]
    for floor in about.of(Floor):
        for other, most in ceilings_and_caps:
            if floor.word != "at_least" or floor.waivable_by or other.waivable_by:
                continue
            if not isinstance(floor.limit, Fraction) or not isinstance(most, Fraction) or floor.limit <= most:
                continue
            if (floor.over, floor.measure) != (other.over, other.measure):
                continue
            if about.logic.never(about.in_force, about.logic.speaks(floor), about.logic.speaks(other)):
                continue
            yield about.finding(
                "contradiction",
                (floor, other),
                f"第{floor.id}条至少要{number_text(floor.limit)},第{other.id}条对同样的最多许{number_text(most)}",
                f"{floor.id!r} asks for at least {number_text(floor.limit)} of what {other.id!r} allows at most"
                f" {number_text(most)} of",
            )


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
            own = not isinstance(amount, Scaled) or namespace_of(amount.of.field) != "target"
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
