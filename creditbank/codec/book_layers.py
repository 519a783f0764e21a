"""
Layers: a book that extends others. Their clauses come first; a clause of its own may stand in the place of one of theirs.

What a parent's clause says stays what it says: its source goes along under the parent's name, and a clause about all acts
of the parent is about no act that the child adds.
"""

import re
from typing import Final

import attrs

from creditbank.codec.book_table import Table
from creditbank.codec.book_top import LAYER
from creditbank.domain.rule.book import Parent, RuleBook
from creditbank.domain.rule.clause import AnyClause

__all__ = ["LAYERS_MAX", "PARENTS_MAX", "REFERENCE", "Layers", "as_parent"]

LAYERS_MAX: Final = 8
"""Books above each other, the lowest among them."""

PARENTS_MAX: Final = 8
"""Books that one extends."""

REFERENCE: Final = re.compile(r"([a-z][a-z0-9-]{0,63})@(\S{1,64})")
"""``book@version``."""


def as_parent(book: RuleBook) -> RuleBook:
    """Return *book* as its children have it: its sources under its own name, its clauses about its own acts."""

    def moved(basis: str) -> str:
        return basis if LAYER in basis.partition(":")[0] else f"{book.book}{LAYER}{basis}"

    return attrs.evolve(
        book,
        basis={moved(name): basis for name, basis in book.basis.items()},
        clauses=tuple(
            attrs.evolve(clause, basis=moved(clause.basis), acts=clause.acts or book.acts) for clause in book.clauses
        ),
        parity={system: attrs.evolve(one, basis=moved(one.basis)) for system, one in book.parity.items()},
        crosswalk=tuple(attrs.evolve(row, citation=moved(row.citation)) for row in book.crosswalk),
    )


@attrs.define
class Layers:
    """The clauses of the parents, into which the child's are put one by one."""

    clauses: list[AnyClause] = attrs.field(factory=list)
    # Of each inherited clause that still stands, which parent it is of; of each parent, what was replaced.
    of: dict[str, int] = attrs.field(factory=dict)
    replaced: list[list[tuple[str, str]]] = attrs.field(factory=list)

    def inherit(self, table: Table, parent: RuleBook) -> None:
        """Add the clauses of *parent*; one that another parent has too, word for word, is there once."""
        number = len(self.replaced)
        self.replaced.append([])
        for clause in parent.clauses:
            other = next((one for one in self.clauses if one.id == clause.id), None)
            if other is None:
                self.clauses.append(clause)
                self.of[clause.id] = number
            elif other != clause:
                what = f"two parents have a clause {clause.id!r}"
                raise table.error(what, "extend one of them, and write down what the other says", "extends")

    def add(self, table: Table, clause: AnyClause, replaces: str) -> None:
        """Add a clause of the book's own, or put it in the place of the one it *replaces*."""
        if replaces and replaces not in self.of:
            known = ", ".join(self.of) or "nothing is inherited"
            raise table.error(f"no parent has a clause {replaces!r}", f"use one of: {known}", "replaces")
        if replaces and LAYER in clause.basis.partition(":")[0]:
            raise table.error("its basis is the parent's", "name a source of the book's own that replaces it", "basis")
        other = next((one for one in self.clauses if one.id == clause.id), None)
        if other is not None and other.id != replaces:
            mend = (
                f'write replaces = "{clause.id}", or another id'
                if clause.id in self.of
                else "give every clause its own id"
            )
            raise table.error(f"there are two clauses {clause.id!r}", mend, "id")
        if not replaces:
            self.clauses.append(clause)
            return
        at = next(at for at, one in enumerate(self.clauses) if one.id == replaces)
        self.clauses[at] = clause
        self.replaced[self.of.pop(replaces)].append((replaces, clause.id))

    def parents(self, parents: tuple[Parent, ...]) -> tuple[Parent, ...]:
        """Return *parents* with what was replaced of each."""
        return tuple(
            attrs.evolve(one, replaced=tuple(pairs)) for one, pairs in zip(parents, self.replaced, strict=True)
        )
