"""
What conversions make of an amount of credit: functions of an amount, and the edges between places where credit can be.

A *place* is a credit system, or one course. Limits are left out: they bound how much can be made, not whether.
"""

from fractions import Fraction
from math import gcd, lcm
from typing import TypeAlias

import attrs

from creditbank.domain.credit import Rounding, round_to

__all__ = ["Blocks", "Edge", "Given", "Place", "Step", "Steps", "Times", "To", "along", "common", "period"]


@attrs.frozen(order=True)
class Place:
    """A credit system (``system``), or a course by its code (``course``)."""

    kind: str
    name: str

    def __str__(self) -> str:
        return self.name if self.kind == "system" else f"course {self.name}"


@attrs.frozen
class Times:
    """Multiplied by *ratio*, exactly."""

    ratio: Fraction


@attrs.frozen
class Blocks:
    """Full blocks of *size* alone, each *size* as before: 7 hours in blocks of 2 are 6."""

    size: Fraction


@attrs.frozen
class To:
    """Rounded to multiples of *step*."""

    step: Fraction
    way: Rounding


@attrs.frozen
class Given:
    """*credits*, whatever comes in; nothing for less than *need*, or for anything else where *exact*."""

    need: Fraction | None
    exact: bool
    credits: Fraction


Step: TypeAlias = Times | Blocks | To | Given
Steps: TypeAlias = tuple[Step, ...]


@attrs.frozen
class Edge:
    """
    One conversion: what *clause* of *book* (``book@version``) makes of an amount at *source*, in *target*.
    """

    source: Place
    target: Place
    book: str
    clause: str
    steps: Steps

    @property
    def ratio(self) -> Fraction | None:
        """Return target credits for one source credit, before rounding; None where there is no such ratio."""
        product = Fraction(1)
        for step in self.steps:
            if isinstance(step, Given):
                return None
            product *= step.ratio if isinstance(step, Times) else 1
        return product

    def gives(self, amount: Fraction) -> Fraction:
        """Return what *amount* becomes; 0 where it is refused."""
        for step in self.steps:
            match step:
                case Times(ratio):
                    amount = amount * ratio
                case Blocks(size):
                    amount = amount // size * size
                case To(to, way):
                    amount = round_to(amount, to, way) or Fraction(0)
                case Given(need, exact, credits):
                    meets = need is None or (amount == need if exact else amount >= need)
                    amount = credits if meets else Fraction(0)
        return amount


def along(edges: tuple[Edge, ...], amount: Fraction) -> tuple[Fraction, ...]:
    """Return *amount* and what it becomes after each of *edges*."""
    amounts = [amount]
    for edge in edges:
        amounts.append(edge.gives(amounts[-1]))
    return tuple(amounts)


def period(edges: tuple[Edge, ...], unit: Fraction) -> Fraction:
    """
    Return the least multiple of *unit* that every step of *edges* takes without rounding anything.

    Adding it to an amount adds exactly its ratio to the result, so nothing new happens beyond it. No edge has a Given.
    """
    found, factor = unit, Fraction(1)
    for edge in edges:
        for step in edge.steps:
            match step:
                case Times(ratio):
                    factor *= ratio
                case Blocks(size) | To(size, _):
                    found = common(found, size / factor) if factor else found
                case Given():
                    raise AssertionError("asked of edges with a ratio alone")
    return found


def common(one: Fraction, other: Fraction) -> Fraction:
    """Return the least common multiple of two numbers above 0."""
    return Fraction(lcm(one.numerator, other.numerator), gcd(one.denominator, other.denominator))
