"""
Credit: whole quanta of one credit system, and the exact numbers that ratios and limits are made of.

An amount is a :class:`~fractions.Fraction` of credits; what is held is a :class:`Credit`, a whole number of its
system's quanta. Going from one to the other either fits or is rounded by a named way, and what rounding took is
returned.
"""

import re
from collections.abc import Iterable
from fractions import Fraction
from math import lcm
from typing import Final, Literal, assert_never

import attrs

from creditbank.errors import MalformedError

__all__ = [
    "ZERO",
    "Credit",
    "CreditSystem",
    "Rounding",
    "add_up",
    "exchange",
    "is_multiple",
    "least",
    "minus",
    "number_text",
    "parse_number",
    "round_to",
    "total",
]

Rounding = Literal["down", "half-up", "exact"]

QUANTA_MAX = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly (RFC 8785, section 3.2.2.3)."""

ZERO: Final = Fraction(0)
"""No credits. Amounts that are nothing are mostly this very value, which is quicker to tell than to compare."""

NUMBER_SIZE_MAX = 30
"""Characters in a number: enough for every published figure, too few to make arithmetic slow."""

_SMALL = 10**NUMBER_SIZE_MAX - 1
"""The largest whole number of so many characters."""

_SYSTEM_ID = re.compile(r"[a-z][a-z0-9-]{0,31}")
_WHOLE = r"(?:0|[1-9][0-9]*)"
_DECIMAL = re.compile(rf"({_WHOLE}(?:\.[0-9]+)?)( ?%)?")
_RATIO = re.compile(rf"({_WHOLE})/([1-9][0-9]*)")


@attrs.frozen
class Credit:
    """
    A number of quanta of the credit system called *system*; may be negative, as one side of a posting is.

    Credits of two systems neither add nor compare: :func:`exchange` is the only way across, and it wants a ratio.
    """

    system: str
    quanta: int

    def __attrs_post_init__(self) -> None:
        _check_system_id(self.system)
        if not -QUANTA_MAX <= self.quanta <= QUANTA_MAX:
            raise MalformedError(
                "more quanta than can be held",
                f"credit of {self.system}",
                f"stay within {QUANTA_MAX} either way",
            )

    def __add__(self, other: "Credit") -> "Credit":
        self._check_same(other)
        return Credit(self.system, self.quanta + other.quanta)

    def __sub__(self, other: "Credit") -> "Credit":
        self._check_same(other)
        return Credit(self.system, self.quanta - other.quanta)

    def __neg__(self) -> "Credit":
        return Credit(self.system, -self.quanta)

    def __lt__(self, other: "Credit") -> bool:
        self._check_same(other)
        return self.quanta < other.quanta

    def __le__(self, other: "Credit") -> bool:
        self._check_same(other)
        return self.quanta <= other.quanta

    def __gt__(self, other: "Credit") -> bool:
        self._check_same(other)
        return self.quanta > other.quanta

    def __ge__(self, other: "Credit") -> bool:
        self._check_same(other)
        return self.quanta >= other.quanta

    def __bool__(self) -> bool:
        return self.quanta != 0

    def over(self, ratio: Fraction, rounding: Rounding) -> "tuple[Credit, Credit]":
        """
        Multiply by *ratio* (>= 0) and return (given, rounded away), both in whole quanta of this system.

        A quantum that is begun counts as issued whole, so that both sides of a posting balance: given + rounded away is
        the exact product, rounded up to a whole quantum; rounded away is 0 or 1 quantum. A negative credit gives the
        mirror image of its opposite, so that an undone posting undoes exactly.

        Raises:
            MalformedError: *ratio* is negative; or *rounding* is ``"exact"`` and the product is not whole quanta.
        """
        _check_ratio(ratio, self.system)
        if self.quanta < 0:
            given, away = (-self).over(ratio, rounding)
            return -given, -away
        product = self.quanta * ratio
        given_quanta = round_to(product, Fraction(1), rounding)
        if given_quanta is None:
            raise _not_whole(product, Fraction(1), f"{self.quanta} quanta of {self.system} times {number_text(ratio)}")
        begun = -(-product.numerator // product.denominator)
        given = Credit(self.system, given_quanta.numerator)
        return given, Credit(self.system, begun - given.quanta)

    def _check_same(self, other: "Credit") -> None:
        if self.system != other.system:
            raise MalformedError(
                f"credit of {self.system!r} and credit of {other.system!r} cannot be added or compared",
                "credit",
                "exchange one into the other's system by a published ratio first",
            )


@attrs.frozen
class CreditSystem:
    """
    A scale of credit: *quantum* is the smallest amount, in credits, and every amount is a whole number of them.

    *hours_per_credit* are the hours of learning behind one credit where the system says so, else None. It explains; it
    converts nothing by itself.
    """

    id: str
    quantum: Fraction
    name: str
    hours_per_credit: Fraction | None

    def __attrs_post_init__(self) -> None:
        _check_system_id(self.id)
        if self.quantum <= 0:
            raise MalformedError(
                f"a quantum of {number_text(self.quantum)}", f"credit system {self.id}", "a quantum is above 0"
            )
        if not self.name:
            raise MalformedError("no name", f"credit system {self.id}", "say what people call it")
        if self.hours_per_credit is not None and self.hours_per_credit <= 0:
            raise MalformedError(
                f"{number_text(self.hours_per_credit)} hours per credit",
                f"credit system {self.id}",
                "hours are above 0, or not said at all",
            )

    @property
    def zero(self) -> Credit:
        """No credit of this system."""
        return Credit(self.id, 0)

    def credit(self, amount: Fraction | int | str) -> Credit:
        """
        Return *amount* credits; text is read as :func:`parse_number` does, after an optional ``-``.

        Raises:
            MalformedError: not a number; not whole quanta; more than can be held.
        """
        exact = _parse_signed(amount) if isinstance(amount, str) else Fraction(amount)
        quanta = exact / self.quantum
        if quanta.denominator != 1:
            raise _not_whole(exact, self.quantum, f"credit of {self.id}")
        return Credit(self.id, quanta.numerator)

    def amount(self, credit: Credit) -> Fraction:
        """Return how many credits *credit* is, exactly. MalformedError if it is of another system."""
        credit._check_same(self.zero)
        return credit.quanta * self.quantum

    def text(self, credit: Credit) -> str:
        """Return :meth:`amount` as canonical text, which :meth:`credit` reads back."""
        return number_text(self.amount(credit))


def exchange(
    credit: Credit, source: CreditSystem, target: CreditSystem, ratio: Fraction, way: Rounding
) -> tuple[Credit, Fraction]:
    """
    Exchange *credit* at *ratio* target credits for one source credit, rounded to the target's quantum.

    Returns:
        The credit in *target*, and what rounding took, in target credits and exact: the first plus the second is the
        exact product. Below 0 where half-up gave more. The exchange of a negative credit is the mirror image.

    Raises, in this order:
        MalformedError: *credit* is not of *source*; *ratio* is negative; *way* is ``"exact"`` and it does not fit; more
            than can be held.
    """
    amount = source.amount(credit)
    _check_ratio(ratio, f"{source.id} to {target.id}")
    if amount < 0:
        given, took = exchange(-credit, source, target, ratio, way)
        return -given, -took
    exact = amount * ratio
    rounded = round_to(exact, target.quantum, way)
    if rounded is None:
        raise _not_whole(exact, target.quantum, f"exchange of {source.id} to {target.id}")
    return target.credit(rounded), exact - rounded


def total(credits: Iterable[Credit], system: str) -> Credit:
    """Add up *credits*, all of which must be of *system*; zero if there are none."""
    result = Credit(system, 0)
    for credit in credits:
        result = result + credit
    return result


def add_up(amounts: Iterable[Fraction]) -> Fraction:
    """Return the sum of *amounts*, exactly; whole numbers are added per denominator, which Fractions one by one are not."""
    last, several = ZERO, False
    numerators: dict[int, int] = {}
    for amount in amounts:
        if amount is not ZERO:
            numerator, denominator = amount.as_integer_ratio()
            if numerator:
                last, several = amount, bool(numerators)
                numerators[denominator] = numerators.get(denominator, 0) + numerator
    if not several:
        return last
    if len(numerators) == 1:
        return Fraction(numerators[last.denominator], last.denominator)
    common = lcm(*numerators)
    return Fraction(sum([common // below * above for below, above in numerators.items()]), common)


def minus(amount: Fraction, other: Fraction) -> Fraction:
    """Return *amount* - *other*, exactly, in whole numbers as :func:`add_up` does."""
    if amount is other:
        return ZERO
    above, below = amount.as_integer_ratio()
    numerator, denominator = other.as_integer_ratio()
    return Fraction(above * denominator - numerator * below, below * denominator)


def least(amount: Fraction, other: Fraction) -> Fraction:
    """Return *other* if it is less, else *amount*; in whole numbers, for Fractions first ask what they compare with."""
    if amount is other:
        return amount
    above, below = amount.as_integer_ratio()
    numerator, denominator = other.as_integer_ratio()
    return other if numerator * below < above * denominator else amount


def is_multiple(value: Fraction, step: Fraction) -> bool:
    """Say whether *value* is a whole number of *step* (> 0)."""
    above, below = value.as_integer_ratio()
    numerator, denominator = step.as_integer_ratio()
    return above * denominator % (below * numerator) == 0


def round_to(value: Fraction, to: Fraction, way: Rounding) -> Fraction | None:
    """
    Round *value* (>= 0) to a multiple of *to* (> 0); ``half-up`` takes a tie up; None if ``exact`` and it does not fit.
    """
    above, below = value.as_integer_ratio()
    numerator, denominator = to.as_integer_ratio()
    assert above >= 0, "amounts are never negative"
    assert numerator > 0, "a step is above 0"
    # How many steps it is, as a ratio of whole numbers that need not be in lowest terms.
    above, below = above * denominator, below * numerator
    if above % below == 0:
        return value
    match way:
        case "down":
            return Fraction(above // below * numerator, denominator)
        case "half-up":
            return Fraction((2 * above + below) // (2 * below) * numerator, denominator)
        case "exact":
            return None
        case _:
            assert_never(way)


def parse_number(text: str) -> Fraction:
    """
    Read a number >= 0 as rule books write them: ``2``, ``0.5``, ``2/3``, ``40 %`` or ``40%`` (which is 2/5).

    Trailing zeros of a decimal and ratios not in lowest terms are accepted: published tables write ``2.0``, ``50/100``.
    Signs, exponents, other spaces, leading zeros, other scripts' digits, infinities are not.
    """
    if len(text) > NUMBER_SIZE_MAX:
        raise MalformedError(
            f"a number of {len(text)} characters", "number", f"write at most {NUMBER_SIZE_MAX} characters"
        )
    if match := _DECIMAL.fullmatch(text):
        whole, _, decimals = match[1].partition(".")
        return Fraction(int(whole + decimals), 10 ** len(decimals) * (100 if match[2] else 1))
    if match := _RATIO.fullmatch(text):
        return Fraction(int(match[1]), int(match[2]))
    raise MalformedError(f"{text!r} is not a number", "number", 'write it like "2", "0.5", "2/3", "40 %"; not below 0')


def number_text(number: Fraction) -> str:
    """
    Write *number* canonically: a decimal if ``NUMBER_SIZE_MAX`` characters hold it, else a ratio in lowest terms.

    :func:`parse_number` reads it back wherever it is not negative and not longer than that.
    """
    numerator, denominator = number.as_integer_ratio()
    if denominator == 1 and 0 <= numerator <= _SMALL:
        return str(numerator)
    if numerator < 0:
        return "-" + number_text(-number)
    places = _decimal_places(denominator)
    if places is not None:
        digits = str(numerator * 10**places // denominator).rjust(places + 1, "0")
        text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
        if len(text) <= NUMBER_SIZE_MAX:
            return text
    return str(number)


def _decimal_places(denominator: int) -> int | None:
    """Return how many decimal places n/denominator (lowest terms) needs; None if none suffice, or more than fit."""
    for places in range(NUMBER_SIZE_MAX):
        if 10**places % denominator == 0:
            return places
    return None


def _parse_signed(text: str) -> Fraction:
    if not text.startswith("-"):
        return parse_number(text)
    number = -parse_number(text[1:])
    if not number:
        raise MalformedError(f"{text!r} is below 0 and nothing", "number", 'write "0"')
    return number


def _check_system_id(text: str) -> None:
    if not _SYSTEM_ID.fullmatch(text):
        raise MalformedError(
            f"{text!r} does not name a credit system",
            "credit system",
            "use 1 to 32 of a-z, 0-9 and -, beginning with a letter",
        )


def _check_ratio(ratio: Fraction, where: str) -> None:
    if ratio < 0:
        raise MalformedError(f"a ratio of {number_text(ratio)}", where, "a ratio is not below 0")


def _not_whole(amount: Fraction, quantum: Fraction, where: str) -> MalformedError:
    return MalformedError(
        f"{number_text(amount)} is not a whole number of quanta of {number_text(quantum)}",
        where,
        "use a multiple of the quantum, or a rule that says how to round",
    )
