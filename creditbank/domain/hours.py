"""
Hours behind credits: a rate is a number or an interval, and what comes of an interval is an interval.

    credits_to_hours(60, ects)     [1500, 1800]
    by_hours(6, ects, hkqf)        [15, 18]       of notional hours
    by_convention(6, ects_scqf)    12             because somebody said two for one

The last two are different statements and both are published. So what comes of a conversion says by which way it came,
and no way is chosen for anybody. Nothing here rounds, and nothing picks an end of an interval: an amount is a
``Fraction`` or a :class:`Span`, and the type checker asks which.

An hour of one kind is no hour of another: 学时 of instruction, a period of 45 minutes, and a notional hour, which counts
all of a learner's work, are not converted into each other.
"""

import re
from fractions import Fraction
from typing import Final, Literal, TypeAlias

import attrs

from creditbank.domain.credit import number_text
from creditbank.errors import MalformedError, UnknownError

__all__ = [
    "CONVENTIONS",
    "HOUR_RATES",
    "Amount",
    "Convention",
    "Converted",
    "HourKind",
    "HourRate",
    "Span",
    "amount_text",
    "by_convention",
    "by_hours",
    "convention",
    "credits_to_hours",
    "hour_rate",
    "hours_to_credits",
]

HourKind: TypeAlias = Literal["notional", "instruction", "period-45"]
"""All of a learner's work; 学时 (its minutes are not stated); 课时 of 45 minutes."""

_ID = re.compile(r"[a-z][a-z0-9-]{0,31}")


@attrs.frozen
class Span:
    """From *low* to *high*, both included, *low* the lower: somewhere in it, nobody says where. Written ``[15, 18]``."""

    low: Fraction
    high: Fraction

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.low < self.high:
            raise MalformedError(
                f"from {number_text(self.low)} to {number_text(self.high)}",
                "interval",
                "give the lower end first, from 0 on; if the ends are one, it is a number",
            )

    def __contains__(self, number: Fraction | int) -> bool:
        return self.low <= number <= self.high

    def __str__(self) -> str:
        return f"[{number_text(self.low)}, {number_text(self.high)}]"


Amount: TypeAlias = Fraction | Span
"""An exact number from 0 on, or an interval of them."""


@attrs.frozen
class HourRate:
    """One credit of the credit system called *system* stands for *hours* hours of *kind*; *source* says so."""

    id: str
    system: str
    hours: Amount
    kind: HourKind
    source: str

    def __attrs_post_init__(self) -> None:
        _check_named(self.id, "hour rate", self.source, (self.system,))
        if _ends(self.hours)[0] <= 0:
            raise MalformedError(
                f"{amount_text(self.hours)} hours per credit", f"hour rate {self.id}", "hours per credit are above 0"
            )


@attrs.frozen
class Convention:
    """Somebody (*source*) counts *ratio* credits of *target* for one of *source_system*, whatever the hours say."""

    id: str
    source_system: str
    target_system: str
    ratio: Fraction
    source: str

    def __attrs_post_init__(self) -> None:
        _check_named(self.id, "convention", self.source, (self.source_system, self.target_system))
        where = f"convention {self.id}"
        if self.source_system == self.target_system:
            raise MalformedError("both systems are one", where, "a system needs no way to itself")
        if self.ratio <= 0:
            raise MalformedError(f"a ratio of {number_text(self.ratio)}", where, "a ratio is above 0")


@attrs.frozen
class Converted:
    """
    *amount* credits of *system*, and the *way* they came by: ``hours:ects:hkqf`` or ``convention:ects-scqf``.

    Two of different ways are different even where the amounts are alike.
    """

    amount: Amount
    system: str
    way: str

    def __str__(self) -> str:
        return f"{amount_text(self.amount)} {self.system} ({self.way})"


def credits_to_hours(credits: Amount | int, rate: HourRate) -> Amount:
    """Return the hours, of ``rate.kind``, behind *credits*. MalformedError below 0."""
    low, high = _ends(credits)
    least, most = _ends(rate.hours)
    return _amount(low * least, high * most)


def hours_to_credits(hours: Amount | int, rate: HourRate) -> Amount:
    """
    Return the credits that *hours*, of ``rate.kind``, stand for; exact, never rounded. MalformedError below 0.

    "Each full 34 hours is one credit" is this and then ``round_to(…, Fraction(1), "down")``.
    """
    low, high = _ends(hours)
    least, most = _ends(rate.hours)
    return _amount(low / most, high / least)


def by_hours(credits: Amount | int, source: HourRate, target: HourRate) -> Converted:
    """
    Convert *credits* of one system into another's by the hours behind both. Between a rate and itself nothing changes:
    the hours of one and the same credit are one number, if an unknown one.

    Raises, in this order:
        MalformedError: below 0; the rates count hours of different kinds.
    """
    amount = _amount(*_ends(credits))
    if source.kind != target.kind:
        raise MalformedError(
            f"hours of kind {source.kind!r} are no hours of kind {target.kind!r}",
            f"conversion of {source.id} to {target.id}",
            "use a published convention between the systems",
        )
    if source != target:
        amount = hours_to_credits(credits_to_hours(amount, source), target)
    return Converted(amount, target.system, f"hours:{source.id}:{target.id}")


def by_convention(credits: Amount | int, way: Convention) -> Converted:
    """Convert *credits* of ``way.source_system`` at its ratio; hours are not asked. MalformedError below 0."""
    low, high = _ends(credits)
    return Converted(_amount(low * way.ratio, high * way.ratio), way.target_system, f"convention:{way.id}")


def hour_rate(id: str) -> HourRate:
    """Return the rate called *id* of those that creditbank knows. UnknownError if there is none."""
    found = HOUR_RATES.get(id)
    if found is None:
        raise UnknownError("hour rate", id, f"use one of {', '.join(HOUR_RATES)}, or give your own")
    return found


def convention(id: str) -> Convention:
    """Return the convention called *id* of those that creditbank knows. UnknownError if there is none."""
    found = CONVENTIONS.get(id)
    if found is None:
        raise UnknownError("convention", id, f"use one of {', '.join(CONVENTIONS)}, or give your own")
    return found


def amount_text(amount: Amount) -> str:
    """Write *amount*: a number as :func:`number_text` does, an interval as ``[15, 18]``."""
    return str(amount) if isinstance(amount, Span) else number_text(amount)


# --- helpers ----------------------------------------------------------------------------------------------------------


def _ends(amount: Amount | int) -> tuple[Fraction, Fraction]:
    if isinstance(amount, Span):
        return amount.low, amount.high
    number = Fraction(amount)
    if number < 0:
        raise MalformedError(number_text(number), "amount", "an amount is not below 0")
    return number, number


def _amount(low: Fraction, high: Fraction) -> Amount:
    return low if low == high else Span(low, high)


def _check_named(id: str, what: str, source: str, systems: tuple[str, ...]) -> None:
    for name in (id, *systems):
        if not _ID.fullmatch(name):
            raise MalformedError(f"{name!r} is no name", what, "use 1 to 32 of a-z, 0-9 and -, beginning with a letter")
    if not source:
        raise MalformedError("no source", f"{what} {id}", "say who publishes it")


HOUR_RATES: Final[dict[str, HourRate]] = {
    each.id: each
    for each in (
        HourRate(
            "cn-16-18",
            "cn-credit",
            Span(Fraction(16), Fraction(18)),
            "instruction",
            "教职成〔2019〕13号《关于职业院校专业人才培养方案制订与实施工作的指导意见》: 16 to 18 学时",
        ),
        HourRate(
            "cn-34",
            "cn-credit",
            Fraction(34),
            "instruction",
            "杭州职业技术学院: lectures and interest groups, each full 34 学时 (wenku365.com/p-40617134.html)",
        ),
        HourRate(
            "cn-high-school",
            "cn-high-school",
            Fraction(18),
            "period-45",
            "普通高中课程方案: 18 课时 of 45 minutes (fjtv7.com/xinwen/thshipin/20206254.html)",
        ),
        HourRate("hkqf", "hkqf", Fraction(10), "notional", "hkqr.gov.hk/HKQR/qrLevelExplanation.jsp"),
        HourRate("scqf", "scqf", Fraction(10), "notional", "scqf.org.uk/the-framework/about-the-framework"),
        HourRate(
            "ects",
            "ects",
            Span(Fraction(25), Fraction(30)),
            "notional",
            "ECTS Users' Guide 2015: 60 credits are 1,500 to 1,800 hours",
        ),
        HourRate(
            "ncrf",
            "ncrf",
            Fraction(30),
            "notional",
            "UGC, Report on the National Credit Framework, April 2023: 1,200 hours are 40 credits",
        ),
    )
}
"""Published rates, by id. Whose credit counts how many hours is a rule's to say: these are named, never a default."""

_HALVED = "datadosen.com/en/Scottish_Credit_and_Qualifications_Framework"

CONVENTIONS: Final[dict[str, Convention]] = {
    each.id: each
    for each in (
        Convention("scqf-ects", "scqf", "ects", Fraction(1, 2), f"{_HALVED}: SCQF points halved are ECTS credits"),
        Convention("ects-scqf", "ects", "scqf", Fraction(2), f"{_HALVED}: the same, read backwards"),
    )
}
"""Published ratios between two credit systems, by id."""
