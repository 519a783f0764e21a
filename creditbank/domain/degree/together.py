"""Whether one course could meet several selections at once: for credits that no listed course stands for."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

import attrs

from creditbank.domain.level import Level
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.field import Ref, Value
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.selection import Among, Operand, Presence, Range, Selection, Table, Test, holds

__all__ = ["TRIES_MAX", "Together"]

_OTHER: Final = "\x00"
"""A text that no document writes."""

TRIES_MAX: Final = 2_000
"""Ways to take one table of each selection that are looked at for one answer; beyond them it is no."""


@attrs.define(eq=False)
class Together:
    """
    Answers for one book and scope; what was asked of a field is remembered.

    Field by field: every field takes whatever value suits it best, whatever the others are. *scope* answers what
    selections refer to, such as ``@programme.institution``.

    Attributes:
        complete: No answer was given up.
    """

    book: RuleBook
    scope: Scope
    complete: bool = True
    _fields: dict[tuple[str, frozenset[Test]], bool] = attrs.field(factory=dict, init=False)

    def one(self, selections: Iterable[Selection | None], avoiding: Iterable[Selection] = ()) -> bool:
        """
        Tell whether some outcome could meet all of *selections* (None: anything) and none of *avoiding*.

        It does not avoid what the tables that it meets ask for, as they are written.
        """
        banned = [table for one in avoiding for table in one.tables]
        asked = sorted((one for one in selections if one is not None), key=lambda one: len(one.tables))
        # How many selections have a table chosen, and the tests of those; selections with one table come first.
        waiting: list[tuple[int, dict[str, frozenset[Test]]]] = [(0, {})]
        tries = 0
        while waiting:
            at, tests = waiting.pop()
            if at == len(asked):
                return True
            for table in reversed(asked[at].tables):
                tries += 1
                joined = self._joined(tests, table)
                if joined is not None and not any(_all_in(joined, ban) for ban in banned):
                    waiting.append((at + 1, joined))
            if tries > TRIES_MAX:
                self.complete = False
                return False
        return False

    def _joined(self, tests: dict[str, frozenset[Test]], table: Table) -> dict[str, frozenset[Test]] | None:
        """Return *tests* with those of *table*, by field; None where some field has no value for all of its own."""
        joined = dict(tests)
        for field, test in table:
            several = joined.get(field, frozenset()) | {test}
            if len(several) > 1 and not self._some_value(field, several):
                return None
            joined[field] = several
        return joined

    def _some_value(self, field: str, tests: frozenset[Test]) -> bool:
        if not field.startswith("source."):
            return True  # it is what it is; the requirement was asked for already
        found = self._fields.get((field, tests))
        if found is None:
            found = self._fields[field, tests] = self._found(field, sorted(tests, key=repr))
        return found

    def _found(self, field: str, tests: list[Test]) -> bool:
        together, scope = Selection((tuple((field, test) for test in tests),)), self.scope
        for value in (None, *_values(field, tests, self.book, scope)):
            # The value of this field, and of no other field of the source.
            def find(name: str, value: Value | None = value) -> Value | None:
                return value if name == field else None if name.startswith("source.") else scope.find(name)

            if holds(together, Scope.by(find, scope.levels, scope.month_end, scope.crosswalk)) is True:
                return True
        return False


def _all_in(tests: dict[str, frozenset[Test]], table: Table) -> bool:
    return all(test in tests.get(field, ()) for field, test in table)


def _values(field: str, tests: list[Test], book: RuleBook, scope: Scope) -> Iterator[Value]:
    """Yield values, one of which meets *tests* if any does: what they name, and what lies beside it."""
    kind = book.field_type(field)
    assert kind is not None, "who reads a selection has looked the field up"
    named = [value for test in tests for value in _named(test, scope)]
    match kind.kind:
        case "tags":
            banned = {
                value for test in tests if isinstance(test, Among) and test.negated for value in _named(test, scope)
            }
            yield tuple(sorted(str(value) for value in named if value not in banned)) or (_OTHER,)
        case "text":
            yield from (*named, _OTHER)
        case "flag":
            yield from (True, False)
        case "level":
            yield from (Level(kind.scheme, step) for step in book.levels[kind.scheme])
        case "number" | "percent" | "date":
            yield from (near for value in named for near in _near(value))


def _named(test: Test, scope: Scope) -> Iterator[Value]:
    match test:
        case Presence():
            operands: tuple[Operand, ...] = ()
        case Among():
            operands = test.values
        case Range():
            operands = tuple(bound.limit for bound in test.bounds)
    for operand in operands:
        value = scope.find(operand.field) if isinstance(operand, Ref) else operand
        if value is not None:
            yield value


def _near(value: Value) -> Iterator[Value]:
    if isinstance(value, date):
        yield from (value, value + timedelta(days=1), value - timedelta(days=1))
    elif isinstance(value, int | Fraction):
        yield from (Fraction(value), Fraction(value) + 1, Fraction(value) - 1, Fraction(value) + Fraction(1, 2))
