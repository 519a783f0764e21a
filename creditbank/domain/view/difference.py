"""
What would have come out otherwise under a new version of a rule book, and which clause makes the difference.

Both books decide one case. Their own dates are left aside: the question is what the new one would have said *then*. A clause
makes the difference if the new book, with that clause as it was in the old one, says what the old one says.
"""

from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Final, Literal, TypeAlias

import attrs

from creditbank.domain.rule import AnyClause, Case, ItemResult, RuleBook, decide
from creditbank.domain.view.reconsider import gist
from creditbank.errors import MalformedError

__all__ = ["HEAD", "ORDER", "PARTS_MAX", "Change", "Comparison", "Difference", "ItemChange", "change_of"]

HEAD: Final = "(head)"
"""Stands for what a book says before its clauses: acts, levels, dates, calendars."""

ORDER: Final = "(order)"
"""Stands for the order of clauses that are the same."""

PARTS_MAX: Final = 64
"""Clauses that are tried one by one; where more differ, the clause that the result names is taken."""

Change: TypeAlias = Literal["refused", "granted", "less", "more", "reason", "terms"]

_HEAD: Final = ("acts", "levels", "dates", "calendars", "derive", "crosswalk")


@attrs.frozen
class ItemChange:
    """
    One item that would have come out otherwise.

    Args:
        change: ``refused`` (was granted), ``granted`` (was refused), ``less`` or ``more`` credits, ``reason`` (refused by another
            code), or ``terms`` (grade, mode, targets, what is left over).
        clauses: What makes the difference: ids, or :data:`HEAD`, :data:`ORDER`; each alone, if there is more than one.
        old, new: What the two books say.
    """

    change: Change
    clauses: tuple[str, ...]
    old: ItemResult
    new: ItemResult

    @property
    def credits(self) -> Fraction:
        """Return what the item would get more (below 0: less)."""
        return (self.new.granted or Fraction(0)) - (self.old.granted or Fraction(0))


def change_of(old: ItemResult, new: ItemResult) -> Change | None:
    """Say how *new* differs from *old* in what it gives or why it refuses; None where only numbers on the way differ."""
    if old.refused is None and new.refused is not None:
        return "refused"
    if old.refused is not None and new.refused is None:
        return "granted"
    if old.refused != new.refused:
        return "reason"
    before, after = old.granted or Fraction(0), new.granted or Fraction(0)
    if before != after:
        return "less" if after < before else "more"
    return None if gist(old) == gist(new) else "terms"


@attrs.frozen
class Difference:
    """What the two books say of one case, item by item, and the items that would have come out otherwise."""

    old: tuple[ItemResult, ...]
    new: tuple[ItemResult, ...]
    changes: tuple[ItemChange, ...]


@attrs.define(eq=False, slots=False)
class Comparison:
    """
    Two versions of a book, ready to decide the same cases; neither is asked whether it was in force.

    Attributes:
        both: What a case has to be made for, so that each finds in it what it asks for.

    Raises:
        MalformedError: They grant in different systems, or a field is of another type in each.
    """

    old: RuleBook
    new: RuleBook
    both: RuleBook = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        if self.old.system != self.new.system:
            what = f"one grants {self.old.system!r}, the other {self.new.system!r}"
            raise MalformedError(what, "rule books", "compare versions of one book")
        for field in sorted(self.old.fields.keys() & self.new.fields.keys()):
            if self.old.fields[field] != self.new.fields[field]:
                what = f"{field!r} is {self.old.fields[field]} in one and {self.new.fields[field]} in the other"
                raise MalformedError(what, "rule books", "give the new field a name of its own")
        schemes = {name: _steps(self.old, self.new, name) for name in (*self.old.levels, *self.new.levels)}
        self.both = attrs.evolve(
            self.new,
            fields={**self.old.fields, **self.new.fields},
            levels=schemes,
            derive={**self.old.derive, **self.new.derive},
            calendars={**self.old.calendars, **self.new.calendars},
            clauses=(*self.old.clauses, *self.new.clauses),
        )
        self.old, self.new = self._undated(self.old), self._undated(self.new)

    def _undated(self, book: RuleBook) -> RuleBook:
        """Return *book* as it decides here: on any day; and a record of the one is a record of the other."""
        return attrs.evolve(
            book,
            book=self.old.book,
            since=date.min,
            until=None,
            fields=self.both.fields,
            levels={**self.both.levels, **book.levels},
        )

    def compare(self, case: Case, recorded: tuple[ItemResult, ...] | None = None) -> Difference:
        """
        Decide *case*, made for :attr:`both`, under both books.

        Args:
            recorded: What the old book was recorded to say of it. Where the new one says the same, the old is not asked again:
                verifying the bank does that.
        """
        after = decide(self.new, case).results
        if recorded is not None and not any(map(change_of, recorded, after)):
            return Difference(recorded, after, ())
        before = decide(self.old, case).results
        found = [(old, new, change_of(old, new)) for old, new in zip(before, after, strict=True)]
        changed = any(change is not None for _, _, change in found)
        tried = self._tried(case) if changed else {}
        changes = (
            ItemChange(change, _reasons(at, old, new, tried), old, new)
            for at, (old, new, change) in enumerate(found)
            if change is not None
        )
        return Difference(before, after, tuple(changes))

    def _tried(self, case: Case) -> dict[str, tuple[ItemResult, ...]]:
        """Return what the new book says of *case* with each difference taken back, by its name."""
        if len(self.reverted) == 1:
            return dict.fromkeys(self.reverted, ())
        return {name: decide(book, case).results for name, book in self.reverted.items()}

    @cached_property
    def reverted(self) -> dict[str, RuleBook]:
        """The new book with one difference taken back, by the clause's id; nothing where there are too many."""
        found = {name: self._with(name) for name in self.differences if name not in (HEAD, ORDER)}
        if HEAD in self.differences:
            found[HEAD] = attrs.evolve(self.new, **{name: getattr(self.old, name) for name in _HEAD})
        if ORDER in self.differences:
            place = {clause.id: at for at, clause in enumerate(self.old.clauses)}
            last = len(place)
            ordered = sorted(self.new.clauses, key=lambda clause: place.get(clause.id, last))
            found[ORDER] = attrs.evolve(self.new, clauses=tuple(ordered))
        return found if len(found) <= PARTS_MAX else {}

    @cached_property
    def differences(self) -> tuple[str, ...]:
        """The ids of clauses that are in one book alone, or say something else; texts and sources aside."""
        old, new = ({one.id: _plain(one) for one in book.clauses} for book in (self.old, self.new))
        names = [id for id in dict.fromkeys((*old, *new)) if old.get(id) != new.get(id)]
        if any(getattr(self.old, name) != getattr(self.new, name) for name in _HEAD):
            names.append(HEAD)
        if [id for id in old if id in new] != [id for id in new if id in old]:
            names.append(ORDER)
        return tuple(names)

    def _with(self, id: str) -> RuleBook:
        """Return the new book with the clause *id* as it is in the old one, or without it where it is not."""
        clauses = list(self.new.clauses)
        before = [clause.id for clause in self.old.clauses]
        at = next((at for at, clause in enumerate(clauses) if clause.id == id), None)
        if id not in before:
            assert at is not None, "a difference is in one of the books"
            del clauses[at]
            return attrs.evolve(self.new, clauses=tuple(clauses))
        clause = self.old.clauses[before.index(id)]
        if at is not None:
            clauses[at] = clause
        else:
            # After the nearest clause before it that both have.
            ahead = set(before[: before.index(id)])
            places = [place for place, one in enumerate(clauses, 1) if one.id in ahead]
            clauses.insert(max(places, default=0), clause)
        return attrs.evolve(self.new, clauses=tuple(clauses))


def _reasons(at: int, old: ItemResult, new: ItemResult, tried: dict[str, tuple[ItemResult, ...]]) -> tuple[str, ...]:
    """Return what alone makes the difference to item number *at*; else what has a part in it; else what is named."""
    if len(tried) == 1:
        return tuple(tried)
    alone = tuple(name for name, results in tried.items() if change_of(old, results[at]) is None)
    part = tuple(name for name, results in tried.items() if change_of(new, results[at]) is not None)
    named = tuple(dict.fromkeys(one.clause for one in (old, new) if one.clause))
    return alone or part or named


def _plain(clause: AnyClause) -> AnyClause:
    """Return a clause without what decides nothing."""
    return attrs.evolve(clause, basis="", zh="", en="")


def _steps(old: RuleBook, new: RuleBook, scheme: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*old.levels.get(scheme, ()), *new.levels.get(scheme, ()))))
