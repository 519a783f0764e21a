"""One book and one act as checking looks at them: its clauses of each kind, and when they let an item pass."""

from fractions import Fraction
from functools import cached_property
from typing import Final, TypeVar

import attrs

from creditbank.domain.check.finding import BookFinding, FindingKind
from creditbank.domain.check.logic import OPEN, TRUE, All, AnyOf, Condition, Logic, false_of, true_of
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.clause import AnyClause, Fixed, Gate, Map

__all__ = ["NOTHING", "About", "holds_for", "named"]

C = TypeVar("C")

NOTHING: Final = Fixed(Fraction(0))
"""A worth that is none: what has it is refused ``worth.insufficient``."""


def named(book: RuleBook) -> str:
    """Return ``book@version``."""
    return f"{book.book}@{book.version}"


@attrs.define(eq=False, slots=False)
class About:
    """*act* under *book*. A single pair is looked at: what no pair can meet, no item can."""

    book: RuleBook
    act: str
    logic: Logic

    @cached_property
    def clauses(self) -> tuple[AnyClause, ...]:
        """The clauses about the act, in file order."""
        return tuple(clause for clause in self.book.clauses if self.book.speaks(clause.acts, self.act))

    def of(self, kind: type[C]) -> tuple[C, ...]:
        """Return the clauses of one kind, in file order."""
        return tuple(clause for clause in self.clauses if isinstance(clause, kind))

    @cached_property
    def in_force(self) -> Condition:
        """The day that picks the version is within the book's own time."""
        return All(self.logic.within(self.book.dates.version, self.book.since, self.book.until))

    @cached_property
    def mapped(self) -> Condition:
        """Some map accepts; what a map with rows accepts is open."""
        maps = self.of(Map)
        return AnyOf(tuple(self._accepts(clause) for clause in maps)) if maps else TRUE

    def _accepts(self, clause: Map) -> Condition:
        return All((self.logic.speaks(clause), true_of(clause.match) if clause.match is not None else OPEN))

    def refuses(self, gate: Gate) -> Condition:
        """Return when *gate* refuses a pair by its own code."""
        return All((self.logic.speaks(gate), _fails(gate)))

    def passes(self, gate: Gate) -> Condition:
        """Return when a pair gets past *gate*, or can be let off by somebody."""
        if gate.waivable_by:
            return TRUE
        return AnyOf((self.logic.silent(gate), holds_for(gate)))

    def finding(
        self,
        kind: FindingKind,
        clauses: tuple[AnyClause, ...],
        zh: str,
        en: str,
        example: tuple[tuple[str, str], ...] = (),
    ) -> BookFinding:
        """Return a finding about this book."""
        return BookFinding(kind, named(self.book), tuple(clause.id for clause in clauses), zh, en, example)


def holds_for(gate: Gate) -> Condition:
    """Return when what *gate* asks for is so."""
    match gate.word:
        case "require":
            return true_of(gate.selection)
        case "forbid":
            return false_of(gate.selection)
        case "held" | "done":
            return OPEN


def _fails(gate: Gate) -> Condition:
    match gate.word:
        case "require":
            return false_of(gate.selection)
        case "forbid":
            return true_of(gate.selection)
        case "held" | "done":
            return OPEN
