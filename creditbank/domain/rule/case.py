"""
A case: everything one decision may look at, and nothing else.

The bank builds one from its streams, the command line reads one from a file, a stranger replays one from either. Facts
are keyed by the field's name without its namespace: ``outcomes["x-1"]["bank_credits"]`` is ``source.bank_credits``.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import attrs

from creditbank.domain.period import Calendar
from creditbank.domain.rule.field import Value

__all__ = ["Case", "CaseItem", "CurriculumPart", "Facts", "HistoryLine", "LineState", "Waiver", "account_sources"]

Facts: TypeAlias = Mapping[str, Value]
LineState = Literal["reserved", "decided"]

_NOTHING: Final[Facts] = MappingProxyType({})
_NO_PAIRS: Final[Mapping[tuple[str, str], Facts]] = MappingProxyType({})
_NO_CALENDARS: Final[Mapping[str, Calendar]] = MappingProxyType({})
_NO_AMOUNTS: Final[Mapping[str, Fraction]] = MappingProxyType({})


def _by_id(named: Mapping[str, Facts]) -> Mapping[str, Facts]:
    return {id: named[id] for id in sorted(named)}


@attrs.frozen
class CaseItem:
    """
    One line of an application: these sources together shall stand for these targets.

    No target means "the only one the book's rows leave". *as_* is what the item is asked as (``item.as``), *ask* an
    amount of credits in the book's system, for a learner who wants less than could be granted. *marks* are those of the
    parts of an examination.
    """

    id: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    as_: str | None = None
    ask: Fraction | None = None
    facts: Facts = _NOTHING
    marks: Mapping[str, Fraction] = _NO_AMOUNTS


@attrs.frozen
class HistoryLine:
    """
    One line granted before that still stands: these sources gave *credits* for this target.

    *worth* is what the line used up of its sources (granted, forfeited and declined, in the book's system, after
    rounding; kept leftover is not in it). *book* is the id of the book (``x-certificate-conversion``), of whatever
    version. What limits select by must be found under the case's outcomes and targets.
    """

    application: str
    item: str
    act: str
    as_: str | None
    sources: tuple[str, ...]
    target: str
    credits: Fraction
    worth: Fraction
    on: date
    programme: str
    institution: str
    book: str
    state: LineState


@attrs.frozen
class CurriculumPart:
    """A course of the programme, or a total over some of it: target facts, and how many credits there are of it."""

    where: Facts
    credits: Fraction


@attrs.frozen
class Waiver:
    """A signed fact: *by* (a role) lets *item* pass *clause*, for *reason*; it counts if the clause allows it."""

    clause: str
    item: str
    by: str
    reason: str


@attrs.frozen
class Case:
    """
    One application under one book, with all that bears on it.

    Args:
        book: Digest of the book's canonical bytes, or empty when the case is decided outside a bank.
        act: ``convert``, ``deposit``, ``transfer``, ``advance``, ``sit``, ``award`` or ``programme``.
        id: The application's id; lines of the record with the same id are the same application.
        application: Its facts, dates among them (``applied_on``).
        outcomes, targets: By id, and in the order of the ids: how they were given decides nothing.
        pairs: Facts about one source and one target, keyed by (source id, target id).
        history: Lines that stand, oldest first. Undone lines are not in it.
        calendars: Calendars that the book names and does not define.
        systems: Quantum of each credit system; where absent, any exact amount fits.
        curriculum: The programme's courses or totals, for limits that are a share of them.
    """

    book: str
    act: str
    id: str
    application: Facts
    learner: Facts
    programme: Facts
    items: tuple[CaseItem, ...]
    outcomes: Mapping[str, Facts] = attrs.field(converter=_by_id)
    targets: Mapping[str, Facts] = attrs.field(converter=_by_id)
    pairs: Mapping[tuple[str, str], Facts] = _NO_PAIRS
    history: tuple[HistoryLine, ...] = ()
    calendars: Mapping[str, Calendar] = _NO_CALENDARS
    systems: Mapping[str, Fraction] = _NO_AMOUNTS
    curriculum: tuple[CurriculumPart, ...] = ()
    waivers: tuple[Waiver, ...] = ()


def account_sources(
    outcomes: Mapping[str, Facts],
    targets: Mapping[str, Facts],
    history: tuple[HistoryLine, ...],
    programme: Facts,
    system: str,
) -> tuple[tuple[str, ...], dict[str, Facts]]:
    """
    Return what an award's ``sources = "all"`` are, and the facts of those that are no outcomes.

    They are the account's lots, and the credit granted for this programme, as ``<application>.<item>`` of class
    ``credit``. A lot that a conversion used counts as the credit it became, and not beside it.
    """
    converted = [line for line in history if line.act == "convert"]
    spent = {source for line in converted for source in line.sources}
    credit: dict[str, list[HistoryLine]] = {}
    for line in converted:
        if line.programme == programme.get("id") and f"{line.application}.{line.item}" not in outcomes:
            credit.setdefault(f"{line.application}.{line.item}", []).append(line)
    facts = {id: _credit_facts(targets, lines, system) for id, lines in credit.items()}
    found = tuple(id for id in (*outcomes, *facts) if id not in spent)
    return found, facts


def _credit_facts(targets: Mapping[str, Facts], lines: list[HistoryLine], system: str) -> Facts:
    names = tuple(dict.fromkeys(line.target for line in lines))
    categories = [targets.get(name, {}).get("category", ()) for name in names]
    tags = {tag for one in categories for tag in (one if isinstance(one, tuple) else ())}
    text = "、".join(names)
    return {
        "class": "credit",
        "code": text,
        "name": text,
        "category": tuple(sorted(tags)),
        "issuer": lines[0].institution,
        "system": system,
        "credits": sum((line.credits for line in lines), Fraction(0)),
        "achieved_on": lines[0].on,
    }
