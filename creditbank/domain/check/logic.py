"""
Satisfiability over the tests of a book: can there be a case of which all of this holds?

A condition is a tree of literals: a field, a test, and whether it holds. Fields are independent of each other, so only
literals of one field contradict. A value is looked for among those at which a test of the field can change its mind, and the
engine itself is asked what it says of each. What turns on another field (``"@target.county"``), or on what an account holds,
is open: it may be so. Logic is the engine's, so that something does *not hold* is more than that it is not known to hold.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Final, Literal as OneOf, TypeAlias, assert_never

import attrs

from creditbank.domain.level import Level
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.clause import AnyClause, Cap, Effect, Floor, Highest, Once, Policy, Score
from creditbank.domain.rule.field import PERCENT_MAX, FieldType, Ref, Value, value_text
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.selection import Among, Bound, Presence, Range, Selection, Test, holds
from creditbank.domain.rule.verdict import Missing
from creditbank.errors import MalformedError

__all__ = [
    "FALSE",
    "OPEN",
    "STEPS_MAX",
    "TRUE",
    "All",
    "Answer",
    "AnyOf",
    "Condition",
    "Lit",
    "Logic",
    "Said",
    "false_of",
    "true_of",
]

STEPS_MAX: Final = 20_000
"""Literals laid down while one answer is looked for; beyond it the answer is open."""

DEPTH_MAX: Final = 400
"""Alternatives that one answer may lie behind; beyond it the answer is open."""

Said: TypeAlias = OneOf["yes", "no", "open"]

_FRESH: Final = "…"
"""A text that no book writes."""


@attrs.frozen
class Lit:
    """*test* of *field* comes out as *wanted*. What the engine calls missing is neither; unless *known* it is a no, too."""

    field: str
    test: Test
    wanted: bool
    known: bool = True


@attrs.frozen
class All:
    """Every part holds."""

    parts: tuple["Condition", ...]


@attrs.frozen
class AnyOf:
    """Some part holds."""

    parts: tuple["Condition", ...]


@attrs.frozen
class _Open:
    """May be so: this cannot be told from the book."""


Condition: TypeAlias = Lit | All | AnyOf | _Open

TRUE: Final = All(())
FALSE: Final = AnyOf(())
OPEN: Final = _Open()


@attrs.frozen
class Answer:
    """``yes`` with an *example* of the fields that matter, ``no``, or ``open``."""

    said: Said
    example: tuple[tuple[str, str], ...] = ()


def true_of(selection: Selection | None) -> Condition:
    """Return when *selection* holds; None holds always."""
    if selection is None:
        return TRUE
    return AnyOf(tuple(All(tuple(Lit(field, test, True) for field, test in table)) for table in selection.tables))


def false_of(selection: Selection | None, *, known: bool = True) -> Condition:
    """Return when *selection* is known not to hold; unless *known*, when it is not known to hold."""
    if selection is None:
        return FALSE
    return All(
        tuple(AnyOf(tuple(Lit(field, test, False, known) for field, test in table)) for table in selection.tables)
    )


@attrs.define(eq=False)
class Logic:
    """Answers questions about one book; what was asked of a field is remembered."""

    book: RuleBook
    _known: dict[tuple[str, frozenset[Lit]], tuple[Said, str]] = attrs.field(factory=dict, init=False)

    def ask(self, *conditions: Condition) -> Answer:
        """Say whether all *conditions* can hold together."""
        return _Search(self).ask(conditions)

    def never(self, *conditions: Condition) -> bool:
        """Say whether *conditions* surely cannot hold together."""
        return self.ask(*conditions).said == "no"

    def speaks(self, clause: AnyClause) -> Condition:
        """Return when *clause* is in force and speaks about a pair."""
        return All((*self._in_force(clause), true_of(clause.when)))

    def silent(self, clause: AnyClause, *, known: bool = True) -> Condition:
        """Return when *clause* is known not to speak about a pair; unless *known*, when it is not known to."""
        days = tuple(Lit(one.field, one.test, False, known) for one in self._in_force(clause))
        return AnyOf((*days, false_of(clause.when, known=known)))

    def within(self, field: str, since: date | None, until: date | None) -> tuple[Lit, ...]:
        """Return that the day in *field* is in ``[since, until)``, either of which may be open."""
        bounds = (
            *(() if since is None else (Bound("at_least", since, None, None),)),
            *(() if until is None else (Bound("below", until, None, None),)),
        )
        return (Lit(field, Range(bounds, "missing"), True),) if bounds else ()

    def of_field(self, field: str, literals: frozenset[Lit]) -> tuple[Said, str]:
        """Say whether *literals*, all of *field*, can hold together; and with which value (empty: none is there)."""
        found = self._known.get((field, literals))
        if found is None:
            found = self._known[field, literals] = self._of_field(field, literals)
        return found

    def _in_force(self, clause: AnyClause) -> tuple[Lit, ...]:
        # The same days as the engine's own: see creditbank.domain.rule.scope.
        late = isinstance(clause, Highest | Once | Cap | Floor | Score | Policy | Effect)
        field = clause.dated_by or (self.book.dates.version if late else self.book.dates.rows)
        return self.within(field, clause.since, clause.until)

    def _of_field(self, field: str, literals: frozenset[Lit]) -> tuple[Said, str]:
        if {one.test for one in literals if one.wanted} & {one.test for one in literals if not one.wanted}:
            return "no", ""
        told = frozenset(part for one in literals for part in _split(one))
        closed = [one for one in told if not _refers(one.test)]
        said: Said = "yes" if len(closed) == len(told) else "open"
        kind = self.book.field_type(field)
        # Nothing there first: what a test says of that turns on no other field, and the example is shorter.
        if all(self._comes_out(one, None) for one in told):
            return "yes", ""
        for value in self._values(kind, closed) if kind is not None else ():
            if all(self._comes_out(one, value) for one in closed):
                return said, value_text(value)
        return "no", ""

    def _comes_out(self, one: Lit, value: Value | None) -> bool:
        scope = Scope.by(
            lambda field: value if field == one.field else None,
            self.book.levels,
            self.book.dates.month_end,
            self.book.crosswalk,
        )
        verdict = holds(Selection((((one.field, one.test),),)), scope)
        return verdict is one.wanted or (not one.known and isinstance(verdict, Missing))

    def _values(self, kind: FieldType, literals: Iterable[Lit]) -> Iterator[Value]:
        """Yield values of *kind*, one at least for every way in which *literals* can come out."""
        told = list(literals)
        named = [value for one in told for value in self._named(one.test)]
        match kind.kind:
            case "flag":
                yield from (True, False)
            case "level":
                yield from (Level(kind.scheme, step) for step in self.book.levels.get(kind.scheme, ()))
                yield from (value for value in named if isinstance(value, Level))
            case "text":
                yield from dict.fromkeys((*(value for value in named if isinstance(value, str)), _FRESH))
            case "tags":
                yield from _tags(told)
            case "number" | "percent":
                numbers = {Fraction(value) for value in named if isinstance(value, int | Fraction)}
                # An example with nothing in it is the last to be taken.
                found = sorted(_around(numbers), key=lambda number: (number == 0, number))
                yield from (one for one in found if kind.kind == "number" or one <= PERCENT_MAX)
            case "date":
                days = {value for value in named if isinstance(value, date)} or {self.book.since}
                yield from sorted({near for day in days for near in _near(day)})
            case _:
                assert_never(kind.kind)

    def _named(self, test: Test) -> Iterator[Value]:
        match test:
            case Presence():
                return
            case Among():
                yield from (value for value in test.values if not isinstance(value, Ref))
            case Range():
                for bound in test.bounds:
                    value = self._limit(bound)
                    if value is not None:
                        yield value
            case _:
                assert_never(test)

    def _limit(self, bound: Bound) -> Value | None:
        limit = bound.limit
        if isinstance(limit, Ref):
            return None
        try:
            if isinstance(limit, date) and bound.plus is not None:
                limit = bound.plus.after(limit, self.book.dates.month_end)
            if isinstance(limit, date) and bound.minus is not None:
                limit = bound.minus.before(limit, self.book.dates.month_end)
        except MalformedError:
            return None
        if bound.times is not None and isinstance(limit, int | Fraction):
            return limit * bound.times
        return limit


def _split(one: Lit) -> Iterator[Lit]:
    """Yield what *one* says, test by test where it is a conjunction, so that a reference opens nothing but itself."""
    test = one.test
    if isinstance(test, Range) and one.wanted:
        yield from (Lit(one.field, Range((bound,), test.absent), True) for bound in test.bounds)
    elif isinstance(test, Among) and test.negated == one.wanted:
        for value in test.values:
            yield Lit(one.field, Among((value,), test.negated, test.absent), one.wanted, one.known)
    else:
        yield one


def _refers(test: Test) -> bool:
    match test:
        case Presence():
            return False
        case Among():
            return any(isinstance(value, Ref) for value in test.values)
        case Range():
            return any(isinstance(bound.limit, Ref) for bound in test.bounds)
        case _:
            assert_never(test)


def _tags(literals: list[Lit]) -> Iterator[tuple[str, ...]]:
    """Yield the most that may be there: every tag but those that must not be, and one that no test knows."""
    named = {value for one in literals if isinstance(one.test, Among) for value in one.test.values}
    barred = {
        value
        for one in literals
        if isinstance(one.test, Among) and one.test.negated == one.wanted
        for value in one.test.values
    }
    left = sorted(value for value in named - barred if isinstance(value, str))
    yield (*left, _FRESH)


def _around(numbers: set[Fraction]) -> Iterator[Fraction]:
    """Yield the numbers, what lies between, below and above them; nothing below 0, which no field is."""
    ordered = sorted({Fraction(0), *numbers})
    yield from ordered
    yield from ((one + other) / 2 for one, other in pairwise(ordered))
    yield ordered[-1] + 1


def _near(day: date) -> Iterator[date]:
    yield day
    if day > date.min:
        yield day - timedelta(days=1)
    if day < date.max:
        yield day + timedelta(days=1)


# --- the search -------------------------------------------------------------------------------------------------------


@attrs.define
class _Search:
    """One question: alternatives are tried one by one, and given up as soon as one field contradicts itself."""

    logic: Logic
    steps: int = 0
    was_open: bool = False

    def ask(self, conditions: Iterable[Condition]) -> Answer:
        found = self._ask(list(conditions), {}, 0, False)
        if found is not None:
            return found
        return Answer("open") if self.was_open else Answer("no")

    def _ask(self, goals: list[Condition], laid: dict[str, frozenset[Lit]], depth: int, opened: bool) -> Answer | None:
        """Return a way in which *goals* hold beside what is *laid*, or None: none was found that is not open."""
        later: list[AnyOf] = []
        while goals:
            goal = goals.pop()
            match goal:
                case _Open():
                    opened = True
                case All():
                    goals.extend(reversed(goal.parts))
                case AnyOf():
                    if len(goal.parts) == 1:
                        goals.append(goal.parts[0])
                    else:
                        later.append(goal)
                case Lit():
                    self.steps += 1
                    laid = {**laid, goal.field: laid.get(goal.field, frozenset()) | {goal}}
                    if self.logic.of_field(goal.field, laid[goal.field])[0] == "no":
                        return None
        return self._choose(later, laid, depth, opened)

    def _choose(self, later: list[AnyOf], laid: dict[str, frozenset[Lit]], depth: int, opened: bool) -> Answer | None:
        if not later:
            fields = {field: self.logic.of_field(field, literals) for field, literals in sorted(laid.items())}
            if opened or any(said == "open" for said, _ in fields.values()):
                self.was_open = True
                return None
            return Answer("yes", tuple((field, value) for field, (_, value) in fields.items() if value))
        if self.steps > STEPS_MAX or depth > DEPTH_MAX:
            self.was_open = True
            return None
        for part in later[0].parts:
            found = self._ask([*later[1:], part], laid, depth + 1, opened)
            if found is not None:
                return found
            if self.was_open and self.steps > STEPS_MAX:
                return None
        return None
