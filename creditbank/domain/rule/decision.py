"""
A decision: one result per item, in the order asked for; and workings: every clause, what it saw, what it said.

Plain data only (text, whole numbers, fractions, tuples), so that a decision can be recorded and compared byte for byte.
"""

from fractions import Fraction
from typing import Final, Literal, TypeAlias

import attrs

__all__ = [
    "SEMANTICS",
    "Compared",
    "Decision",
    "Declined",
    "DeclinedLine",
    "EffectValue",
    "ItemResult",
    "Line",
    "Measured",
    "Said",
    "SetEffect",
    "Total",
    "Working",
    "sized",
]

# What the engine means. A change that could alter any decision is a new number, and the old evaluator stays.
SEMANTICS: Final = 1

EffectValue: TypeAlias = str | bool
Said = Literal["passed", "silent", "refused", "missing", "waived", "valued", "trimmed", "set", "short"]


@attrs.frozen
class Compared:
    """What was compared: *what* (a field or a measure) was *have*, and should have been *test* *limit*. All text."""

    what: str
    have: str
    test: str
    limit: str


@attrs.frozen
class Line:
    """
    What one target gets from which sources.

    *worth* is what this line uses up of its sources: its credits, and, on the item's last line, what was forfeited or
    declined. It becomes :attr:`HistoryLine.worth` when the line is recorded.
    """

    sources: tuple[str, ...]
    target: str
    credits: Fraction
    worth: Fraction


@attrs.frozen
class Declined:
    """
    Credits that a clause took: *code* is a cap's, such as ``cap.certificate``, or that of a ``highest``.
    """

    code: str
    clause: str
    credits: Fraction


@attrs.frozen
class DeclinedLine:
    """A source of an award or a programme that does not count, by *code* of *clause*, and what was compared."""

    source: str
    code: str
    clause: str
    compared: tuple[Compared, ...]


@attrs.frozen
class Measured:
    """
    What a floor found: *have* of *measure*, which should be *test* (``at_least``, ``at_most``) *need*.

    *base* is the whole that *need* is a share of, or None where it is no share.
    """

    clause: str
    code: str
    measure: str
    have: Fraction
    test: Literal["at_least", "at_most"]
    need: Fraction
    base: Fraction | None

    @property
    def met(self) -> bool:
        """Say whether the floor holds; meeting it exactly is enough."""
        return self.have >= self.need if self.test == "at_least" else self.have <= self.need


@attrs.frozen
class SetEffect:
    """What *clause* sets: *name* becomes *value*."""

    name: str
    value: EffectValue
    clause: str


@attrs.frozen
class ItemResult:
    """
    What one item gets, or why it gets nothing.

    Args:
        granted: Credits in the book's system, ``0`` where the act gives none; None when refused.
        targets: (target id, credits) in the item's order.
        used: The sources that are spent; an item's other sources stay unused.
        worth: What the used sources were worth before rounding, under the book.
            ``granted + kept + forfeited + rounded + declined == worth``.
        rounded: What rounding took; below zero where half-up gave.
        make_up: (target id, credits) that a partly covered course still lacks.
        waived: Ids of the clauses that a waiver let this item pass.
        refused: ``family.slug``, or None.
        clause, basis: The clause that refused, and its source: title, article, address.
        compared: What that clause compared.
        also: The codes of every other clause that would have refused, in file order.
        score: The weighted mark, where a clause asks for one; None where all its parts were exempt.
        effects: What follows, whether granted or refused, by name in file order.
        floors: Every floor of an award or a programme, with what there is and what is needed.
        declined_lines: The sources of an award or a programme that do not count, in the order listed.
        level_points: Credits times level over what an award counts, where the book's levels are numbers.

    What a later creditbank added has a default, and is not written where it says nothing: what was recorded before reads on.
    """

    item: str
    granted: Fraction | None
    targets: tuple[tuple[str, Fraction], ...]
    used: tuple[str, ...]
    lines: tuple[Line, ...]
    worth: Fraction
    grade: str
    counts_as: str
    mode: str
    gives: tuple[str, ...]
    kept: Fraction
    forfeited: Fraction
    rounded: Fraction
    declined: tuple[Declined, ...]
    make_up: tuple[tuple[str, Fraction], ...]
    final: bool
    waived: tuple[str, ...]
    refused: str | None
    clause: str
    basis: str
    compared: tuple[Compared, ...]
    also: tuple[str, ...]
    score: Fraction | None = None
    effects: tuple[SetEffect, ...] = ()
    floors: tuple[Measured, ...] = ()
    declined_lines: tuple[DeclinedLine, ...] = ()
    level_points: Fraction | None = None


@attrs.frozen
class Total:
    """Credits granted in one system, over all targets (*category* empty) or over those of one category."""

    system: str
    category: str
    credits: Fraction


@attrs.frozen
class Decision:
    """
    What one book gives one case. *book* and *case* are digests, *workings* the hash of the workings.

    *totals* come with the empty category first, then by category in code-point order; a target of two categories
    counts in both. *short* are the floors that do not hold: of a refused award, or, in an act that gives something for
    something, over all that stands after it.
    """

    semantics: int
    book: str
    case: str
    results: tuple[ItemResult, ...]
    totals: tuple[Total, ...]
    workings: str
    short: tuple[Measured, ...] = ()

    def result(self, item: str) -> ItemResult:
        """Return the result of *item*; KeyError if the case had no such item."""
        for result in self.results:
            if result.item == item:
                return result
        raise KeyError(item)


@attrs.frozen
class Working:
    """One clause asked about one item: what it saw (field, value), and what it said, with the code if it refused."""

    item: str
    clause: str
    kind: str
    basis: str
    said: Said
    code: str
    saw: tuple[tuple[str, str], ...]
    compared: tuple[Compared, ...]
    zh: str
    en: str


_SIZE_BYTES: Final = 8
_SIZES: Final = tuple(size.to_bytes(_SIZE_BYTES, "big") for size in range(256))
"""The sizes of nearly all texts, made once."""


def sized(text: str) -> bytes:
    """Return *text* as workings are hashed: after its size in bytes, so that no two lists of texts look alike."""
    data = text.encode()
    size = len(data)
    return (_SIZES[size] if size < len(_SIZES) else size.to_bytes(_SIZE_BYTES, "big")) + data
