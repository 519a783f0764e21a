"""
Selections: the only language in which a rule says what it is about.

A selection is a list of tables, any of which must hold; a table is a list of (field, test), all of which must hold. It
does not nest. Logic is three-valued (Kleene): what is not known is :class:`Missing`, false beats it in a table, true
beats it in a list.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from functools import cached_property, lru_cache, partial
from operator import ge, gt, le, lt
from typing import Any, Final, Literal, TypeAlias, assert_never

import attrs

from creditbank.domain.level import Level, across
from creditbank.domain.period import Duration, MonthEnd
from creditbank.domain.rule.decision import Compared
from creditbank.domain.rule.field import Ref, Value, namespace_of, value_text
from creditbank.domain.rule.scope import Scope, place
from creditbank.domain.rule.verdict import Missing, Verdict, any_of, not_
from creditbank.errors import MalformedError

__all__ = [
    "Absent",
    "Among",
    "Bound",
    "BoundWord",
    "Operand",
    "Place",
    "Presence",
    "Range",
    "Selection",
    "Test",
    "compared",
    "fields_of",
    "holds",
    "place_of",
]

Operand: TypeAlias = Value | Ref
Absent = Literal["missing", "pass", "fail"]
BoundWord = Literal["at_least", "at_most", "above", "below"]
Place: TypeAlias = Fraction | date | int
"""What compares inside one scheme: an amount, a day, or which step of the scheme it is."""

_DAYS_KEPT: Final = 256
"""Of every bound that moves days: so many, last asked for, are not moved again."""

_HOLDS: Final[Mapping[BoundWord, Callable[[Any, Any], bool]]] = {
    "at_least": ge,
    "at_most": le,
    "above": gt,
    "below": lt,
}


@attrs.frozen
class Among:
    """Is one of *values* (tags: shares one); with *negated*, is none of them."""

    values: tuple[Operand, ...]
    negated: bool
    absent: Absent


@attrs.frozen
class Bound:
    """One side of a range. *plus* or *minus* moves a date before it is compared; *times* multiplies a number."""

    word: BoundWord
    limit: Operand
    plus: Duration | None
    minus: Duration | None
    times: Fraction | None = None


@attrs.frozen
class Range:
    """Within one or two bounds; ``at_least`` and ``at_most`` (以上, 以下) include the limit, the others do not."""

    bounds: tuple[Bound, ...]
    absent: Absent


@attrs.frozen
class Presence:
    """Is there, or is not. Always decidable."""

    present: bool


Test: TypeAlias = Among | Range | Presence
Table: TypeAlias = tuple[tuple[str, Test], ...]


@attrs.frozen(slots=False)
class Selection:
    """Any of these *tables*. Fields in a table are sorted, so that one selection has one spelling."""

    tables: tuple[Table, ...]

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Every field that it reads, once, those behind ``@`` included, in the order it is written."""
        return tuple(dict.fromkeys(fields_of(self)))

    @cached_property
    def about_targets(self) -> "Selection":
        """The same without the tests of anything but the target."""
        return Selection(
            tuple(tuple(row for row in table if namespace_of(row[0]) == "target") for table in self.tables)
        )

    @cached_property
    def asked(self) -> "Asked":
        """What is to be done to ask it; made once, when first asked."""
        tables = tuple(_all(tuple(_asked(field, test) for field, test in table)) for table in self.tables)
        return tables[0] if len(tables) == 1 else _any(tables)


Asked: TypeAlias = Callable[[Scope], Verdict]


def holds(selection: Selection, scope: Scope) -> Verdict:
    """Say whether *selection* holds in *scope*; the field named by a Missing is the first that is wanted."""
    verdict = selection.asked(scope)
    return scope.missing(verdict.field) if isinstance(verdict, Missing) else verdict


def fields_of(selection: Selection) -> Iterator[str]:
    """Yield every field that *selection* reads, those behind ``@`` included, in the order it is written."""
    for table in selection.tables:
        for field, test in table:
            yield field
            yield from (operand.field for operand in _operands(test) if isinstance(operand, Ref))


def compared(selection: Selection, scope: Scope) -> tuple[Compared, ...]:
    """Return what was compared: every test of every table, in order, with what it saw."""
    rows = (_compared(field, test, scope) for table in selection.tables for field, test in table)
    return tuple(dict.fromkeys(row for group in rows for row in group))


def place_of(value: Value, scope: Scope) -> tuple[str, Place] | None:
    """Return the scheme (empty: none) and the place in it by which *value* compares, or None where it has no order."""
    return _order(value, scope)


# --- one test ---------------------------------------------------------------------------------------------------------


def _all(tests: tuple[Asked, ...]) -> Asked:
    if len(tests) == 1:
        return tests[0]

    def ask(scope: Scope) -> Verdict:
        # As all_of does, without an iterator: this is what most of a decision is made of.
        missing: Missing | None = None
        for test in tests:
            verdict = test(scope)
            if verdict is False:
                return False
            if verdict is not True:
                missing = missing or verdict
        return missing or True

    return ask


def _any(tables: tuple[Asked, ...]) -> Asked:
    def ask(scope: Scope) -> Verdict:
        # As any_of does.
        missing: Missing | None = None
        for table in tables:
            verdict = table(scope)
            if verdict is True:
                return True
            if verdict is not False:
                missing = missing or verdict
        return missing or False

    return ask


def _asked(field: str, test: Test) -> Asked:
    at, name = place(field)
    match test:
        case Presence():
            return lambda scope: (scope.parts[at].get(name) is not None) == test.present
        case Among():
            return _among(field, test)
        case Range():
            absent = _absent(test.absent, field)
            return _all(tuple(_bounded(field, bound, absent) for bound in test.bounds))
        case _:
            assert_never(test)


def _bounded(field: str, bound: Bound, absent: Verdict) -> Asked:
    (at, name), limit, op = place(field), bound.limit, _HOLDS[bound.word]
    plain = bound.times is None and bound.plus is None and bound.minus is None
    moved = lru_cache(maxsize=_DAYS_KEPT)(partial(_moved, bound))
    above, below = (limit.numerator, limit.denominator) if isinstance(limit, Fraction) else (0, 1)

    def ask(scope: Scope) -> Verdict:
        value = scope.parts[at].get(name)
        return absent if value is None else _within(field, value, bound, scope)

    def ask_number(scope: Scope) -> Verdict:
        value = scope.parts[at].get(name)
        if type(value) is Fraction:
            # Whole numbers compare in a tenth of the time that fractions take.
            return op(value.numerator * below, above * value.denominator)
        return ask(scope)

    def ask_day(scope: Scope) -> Verdict:
        value, other = scope.parts[at].get(name), scope.parts[other_at].get(day)
        if type(value) is date and type(other) is date:
            other = moved(other, scope.month_end)
            if other is not None:
                return op(value, other)
        return ask(scope)

    def ask_level(scope: Scope) -> Verdict:
        value = scope.parts[at].get(name)
        if type(value) is Level and value.framework == scheme:
            steps = scope.levels.get(scheme, ())
            try:
                return op(steps.index(value.value), steps.index(step))
            except ValueError:
                pass  # the book does not know one of them: the long way says what that means
        return ask(scope)

    if isinstance(limit, Level):
        scheme, step = limit.framework, limit.value
        return ask_level
    if isinstance(limit, Ref):
        other_at, day = place(limit.field)
        return ask_day
    return ask_number if isinstance(limit, Fraction) and plain else ask


def _among(field: str, test: Among) -> Asked:
    (at, name), absent, negated = place(field), _absent(test.absent, field), test.negated
    texts = frozenset(value for value in test.values if isinstance(value, str))
    levels = [value for value in test.values if isinstance(value, Level)]
    schemes, steps = {one.framework for one in levels}, frozenset(one.value for one in levels)
    scheme = schemes.pop() if len(schemes) == 1 and len(levels) == len(test.values) else None

    def ask(scope: Scope) -> Verdict:
        value = scope.parts[at].get(name)
        if value is None:
            return absent
        if type(value) is Level and value.framework == scheme:
            return (value.value in steps) != negated
        verdict = any_of([_same(field, value, operand, scope) for operand in test.values])
        return not_(verdict) if negated else verdict

    def ask_texts(scope: Scope) -> Verdict:
        value = scope.parts[at].get(name)
        if value is None:
            return absent
        return (not texts.isdisjoint(value) if isinstance(value, tuple) else value in texts) != negated

    return ask_texts if len(texts) == len(test.values) else ask


def _absent(absent: Absent, field: str) -> Verdict:
    return Missing(field) if absent == "missing" else absent == "pass"


def _same(field: str, value: Value, operand: Operand, scope: Scope) -> Verdict:
    other = scope.find(operand.field) if isinstance(operand, Ref) else operand
    if other is None:
        assert isinstance(operand, Ref), "only a field can be unknown"
        return Missing(operand.field)
    if isinstance(value, tuple) or isinstance(other, tuple):
        return bool(set(_tags(value)) & set(_tags(other)))
    value, other = _in_one_scheme(value, other, scope)
    if isinstance(value, Level) and isinstance(other, Level) and value.framework != other.framework:
        # Levels compare inside one scheme: whether it is the same cannot be told.
        return Missing(field)
    return value == other


def _in_one_scheme(value: Value, other: Value, scope: Scope) -> tuple[Value, Value]:
    """Return both as levels of one scheme, if a row says what one of them counts as; *value* is translated first."""
    if not (isinstance(value, Level) and isinstance(other, Level)) or value.framework == other.framework:
        return value, other
    counts_as = across(value, other.framework, scope.crosswalk)
    if counts_as is not None:
        return counts_as, other
    return value, across(other, value.framework, scope.crosswalk) or other


def _tags(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()


def _within(field: str, value: Value, bound: Bound, scope: Scope) -> Verdict:
    limit = _limit(bound, scope)
    if isinstance(limit, Missing):
        return limit
    if type(value) is type(limit) and (type(value) is date or isinstance(value, Fraction)):
        return _HOLDS[bound.word](value, limit)
    value, limit = _in_one_scheme(value, limit, scope)
    one, other = _order(value, scope), _order(limit, scope)
    if one is None or other is None or type(one[1]) is not type(other[1]) or one[0] != other[0]:
        # A level of another scheme, or of none that the book knows: not comparable, so not decidable.
        return Missing(field)
    return _HOLDS[bound.word](one[1], other[1])


def _limit(bound: Bound, scope: Scope) -> Value | Missing:
    limit = scope.find(bound.limit.field) if isinstance(bound.limit, Ref) else bound.limit
    if limit is None:
        assert isinstance(bound.limit, Ref), "only a field can be unknown"
        return Missing(bound.limit.field)
    if isinstance(limit, date) and (bound.plus or bound.minus):
        name = bound.limit.field if isinstance(bound.limit, Ref) else limit.isoformat()
        return _moved(bound, limit, scope.month_end) or Missing(name)
    if bound.times is not None and isinstance(limit, int | Fraction):
        return limit * bound.times
    return limit


def _moved(bound: Bound, day: date, month_end: MonthEnd) -> date | None:
    """Return the *day* that *bound* compares with; None outside the years of the calendar: there is no such day."""
    try:
        day = bound.plus.after(day, month_end) if bound.plus else day
        return bound.minus.before(day, month_end) if bound.minus else day
    except MalformedError:
        return None


def _order(value: Value, scope: Scope) -> tuple[str, Place] | None:
    """Return a scheme and a place in it, or None where *value* has no order."""
    match value:
        # Fractions after what is quicker to tell: their class asks an abstract one.
        case Level():
            steps = scope.levels.get(value.framework, ())
            return (value.framework, steps.index(value.value)) if value.value in steps else None
        case bool() | str() | tuple():
            return None
        case int():
            return "", Fraction(value)
        case date() | Fraction():
            return "", value


# --- for explanations -------------------------------------------------------------------------------------------------


def _operands(test: Test) -> tuple[Operand, ...]:
    match test:
        case Among():
            return test.values
        case Range():
            return tuple(bound.limit for bound in test.bounds)
        case Presence():
            return ()


def _compared(field: str, test: Test, scope: Scope) -> Iterator[Compared]:
    have = _shown(scope.find(field), scope)
    match test:
        case Presence():
            yield Compared(field, have, "present", "true" if test.present else "false")
        case Among():
            values = "、".join(_operand_text(operand, scope) for operand in test.values)
            yield Compared(field, have, "not" if test.negated else "is", values)
        case Range():
            for bound in test.bounds:
                limit = _limit(bound, scope)
                yield Compared(field, have, bound.word, "" if isinstance(limit, Missing) else _shown(limit, scope))


def _operand_text(operand: Operand, scope: Scope) -> str:
    return _shown(scope.find(operand.field) if isinstance(operand, Ref) else operand, scope)


def _shown(value: Value | None, scope: Scope) -> str:
    if isinstance(value, Level) and scope.crosswalk:
        # Where levels of two schemes may stand beside each other, each says which it is of.
        return str(value)
    return "" if value is None else value_text(value)
