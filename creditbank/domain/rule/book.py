"""
A rule book: a regulation as a document, every number with its source. A new regulation is a new book, never new code.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Final

import attrs

from creditbank.domain.level import Crosswalk
from creditbank.domain.period import Calendar, MonthEnd
from creditbank.domain.rule.chosen import Choices
from creditbank.domain.rule.clause import (
    AnyClause,
    Cap,
    Chain,
    Effect,
    Floor,
    Gate,
    Highest,
    Map,
    Once,
    Percent,
    Policy,
    Score,
    Step,
    Worth,
)
from creditbank.domain.rule.decision import sized
from creditbank.domain.rule.field import CORE_FIELDS, NAMESPACES, PERIOD_PARTS, FieldType, Ref, namespace_of
from creditbank.domain.rule.quiet import Gates
from creditbank.domain.rule.scope import Spelling, place

__all__ = [
    "COLLECTION_ACTS",
    "CREDIT_ACTS",
    "EXCHANGE_ACTS",
    "OF_CASE",
    "Basis",
    "Clauses",
    "Dates",
    "Derived",
    "Parent",
    "Parity",
    "RuleBook",
    "names_source",
]

EXCHANGE_ACTS: Final = ("convert", "deposit", "transfer", "advance", "sit")
# Here each source is a line that counts or is declined, and the floors decide in the end.
COLLECTION_ACTS: Final = frozenset({"award", "programme"})
OF_CASE: Final = ("learner", "programme", "application")
"""Namespaces in which every pair of a case knows the same."""

# The acts that give credits; the others grant 0.
CREDIT_ACTS: Final = frozenset({"convert", "award"})

_SOURCES: Final = ("source", "pair")


@attrs.frozen
class Basis:
    """Where a regulation is published. *url* may be empty for a text on paper; *note* says what is uncertain."""

    title: str
    url: str
    note: str


@attrs.frozen
class Dates:
    """Which field's day picks the version of the book, dates rows (source by source), and picks the catalogue."""

    version: str
    rows: str
    catalogue: str
    month_end: MonthEnd


@attrs.frozen
class Derived:
    """A period: the term of *calendar* that the day in field *of* is in."""

    calendar: str
    of: str


@attrs.frozen
class Parity:
    """One credit of another system is worth at most so many of the book's; *basis* says who says so."""

    at_most: Fraction
    basis: str


@attrs.frozen
class Parent:
    """
    A book that another extends. *replaced* has, for each clause of it that was replaced, its id and the new clause's.
    """

    book: str
    version: str
    digest: str
    replaced: tuple[tuple[str, str], ...]


@attrs.frozen(slots=False)
class Clauses:
    """The clauses about one act, by kind, each in file order; *places* are those of their ids among all of them."""

    maps: tuple[Map, ...]
    gates: Gates
    worths: tuple[Worth, ...]
    highests: tuple[Highest, ...]
    limits: tuple[Once | Cap, ...]
    floors: tuple[Floor, ...]
    scores: tuple[Score, ...]
    policies: tuple[Policy, ...]
    effects: tuple[Effect, ...]
    places: Mapping[str, int]

    @cached_property
    def choices(self) -> Choices:
        """What the policies choose."""
        return Choices(self.policies)

    @cached_property
    def gates_of_lines(self) -> Gates:
        """The gates that a collection asks of each of its lines."""
        return Gates(tuple(one for one in self.gates.each if names_source(one)))

    @cached_property
    def gates_of_whole(self) -> Gates:
        """The gates that a collection asks once."""
        return Gates(tuple(one for one in self.gates.each if not names_source(one)))


@attrs.frozen(slots=False)
class RuleBook:
    """
    A regulation, one version of it, in force ``[since, until)``.

    Args:
        book: Its id, the same for every version, such as ``x-certificate-conversion``.
        system: The credit system that worths and limits are in; empty in a book that gives no credits.
        levels: Schemes, each from the lowest level to the highest.
        fields: The fields that the book adds to the engine's own.
        clauses: In file order, which matters among maps, worths and policies, and picks the code elsewhere; those of the
            parents first, each replaced in its place.
        crosswalk: What levels of one scheme count as in another, row by row.
        parity: Of other credit systems, what a credit is worth at most.
        parents: The books that it extends; what they say is in it.
    """

    book: str
    version: str
    title: str
    since: date
    until: date | None
    acts: tuple[str, ...]
    system: str
    basis: Mapping[str, Basis]
    levels: Mapping[str, tuple[str, ...]]
    fields: Mapping[str, FieldType]
    dates: Dates
    calendars: Mapping[str, Calendar]
    derive: Mapping[str, Derived]
    clauses: tuple[AnyClause, ...]
    crosswalk: tuple[Crosswalk, ...] = ()
    parity: Mapping[str, Parity] = attrs.field(factory=dict)
    parents: tuple[Parent, ...] = ()

    @cached_property
    def by_act(self) -> Mapping[str, Clauses]:
        """The clauses about each act of the book."""
        return {act: self._about(act) for act in self.acts}

    @cached_property
    def given(self) -> Mapping[str, Mapping[str, FieldType]]:
        """What a case may give, by namespace and the rest of the field's name; what is derived it may not."""
        found: dict[str, dict[str, FieldType]] = {namespace: {} for namespace in NAMESPACES}
        parts = [f"{base}.{part}" for base in self.derive for part in PERIOD_PARTS]
        for field in (*CORE_FIELDS, *self.fields, *parts):
            kind = None if field in self.derive else self.field_type(field)
            if kind is not None:
                namespace, _, name = field.partition(".")
                found[namespace][name] = kind
        return found

    @cached_property
    def spelled(self) -> Mapping[str, bytes]:
        """What most workings say of this book, as they are hashed."""
        return {text: sized(text) for clause in self.clauses for text in (clause.code, clause.id, *clause.reads)}

    @cached_property
    def shown(self) -> Spelling:
        """The fields that workings show, where nothing is known of them; those that pairs differ in are looked up."""
        fields = dict.fromkeys(field for clause in self.clauses for field in clause.reads)
        of_case = {field for field, _, _ in self.shown_of_case}
        return Spelling(
            dict.fromkeys(fields, sized("")), tuple((field, *place(field)) for field in fields if field not in of_case)
        )

    @cached_property
    def shown_of_case(self) -> tuple[tuple[str, str, str], ...]:
        """The fields that workings show and that are the same for every pair, each with its namespace and name."""
        fields = dict.fromkeys(field for clause in self.clauses for field in clause.reads)
        given = ((field, *field.split(".", 1)) for field in fields if not self.derives(field))
        return tuple((field, namespace, name) for field, namespace, name in given if namespace in OF_CASE)

    def derives(self, field: str) -> bool:
        """Say whether *field* is a period, or part of one."""
        base, _, part = field.rpartition(".")
        return field in self.derive or (base in self.derive and part in PERIOD_PARTS)

    @cached_property
    def citations(self) -> Mapping[str, str]:
        """The source of each clause, written out, by what its ``basis`` says."""
        return {basis: self.citation(basis) for basis in {clause.basis for clause in self.clauses}}

    def _about(self, act: str) -> Clauses:
        clauses = [clause for clause in self.clauses if self.speaks(clause.acts, act)]
        return Clauses(
            maps=tuple(one for one in clauses if isinstance(one, Map)),
            gates=Gates(tuple(one for one in clauses if isinstance(one, Gate))),
            worths=tuple(one for one in clauses if isinstance(one, Worth)),
            highests=tuple(one for one in clauses if isinstance(one, Highest)),
            limits=tuple(one for one in clauses if isinstance(one, Once | Cap)),
            floors=tuple(one for one in clauses if isinstance(one, Floor)),
            scores=tuple(one for one in clauses if isinstance(one, Score)),
            policies=tuple(one for one in clauses if isinstance(one, Policy)),
            effects=tuple(one for one in clauses if isinstance(one, Effect)),
            places={clause.id: place for place, clause in enumerate(clauses)},
        )

    def chain(self, act: str) -> tuple[Step, ...]:
        """Return who must agree to *act*, in order; nothing if nobody must."""
        for clause in self.clauses:
            if isinstance(clause, Chain) and self.speaks(clause.acts, act):
                return clause.steps
        return ()

    def speaks(self, acts: tuple[str, ...], act: str) -> bool:
        """Say whether a clause with these *acts* is about *act*: none listed means all of the book."""
        return act in (acts or self.acts)

    def gives_credits(self, act: str) -> bool:
        """Say whether *act* grants credits at all."""
        return act in CREDIT_ACTS

    def collects(self, act: str) -> bool:
        """Say whether each source of *act* is a line of its own."""
        return act in COLLECTION_ACTS

    def field_type(self, field: str) -> FieldType | None:
        """Return what *field* holds, or None if neither the engine nor this book knows it."""
        own = self.fields.get(field) or CORE_FIELDS.get(field)
        if own is not None:
            return own
        if field in self.derive:
            return FieldType("text")
        base, _, part = field.rpartition(".")
        if base in self.derive and part in PERIOD_PARTS:
            return FieldType("text" if part == "id" else "date")
        return None

    def citation(self, basis: str) -> str:
        """Return ``source:article`` written out: title, article, address."""
        source, _, article = basis.partition(":")
        found = self.basis[source]
        return ", ".join(part for part in (found.title, article, found.url) if part)


def names_source(clause: Gate | Once | Cap) -> bool:
    """Say whether *clause* names a source or a pair, so that it is about a line and not about the whole."""
    selections = [clause.when]
    fields: list[str] = []
    if isinstance(clause, Gate):
        # ``held`` asks about outcomes of the account as source.*, whatever the line is.
        selections += [] if clause.word == "held" else [clause.selection]
    else:
        selections.append(clause.over)
        fields += clause.per
        if isinstance(clause, Cap):
            limit = clause.at_most.of if isinstance(clause.at_most, Percent) else clause.at_most
            fields += [limit.field] if isinstance(limit, Ref) else []
    fields += [field for one in selections if one is not None for field in one.fields]
    return any(namespace_of(field) in _SOURCES for field in fields)
