"""
Selections of a rule book, read and written: fields are declared, values are of the field's type, ranges are not empty.
"""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Final, get_args

import attrs

from creditbank.codec.book_table import Table
from creditbank.codec.near import near
from creditbank.domain.credit import number_text
from creditbank.domain.level import Level
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.field import (
    CORE_FIELDS,
    NAMESPACES,
    FieldKind,
    FieldType,
    Ref,
    Value,
    namespace_of,
)
from creditbank.domain.rule.selection import Absent, Among, Bound, BoundWord, Operand, Presence, Range, Selection, Test

__all__ = [
    "ALL",
    "HELD",
    "IGNORE",
    "LIMIT",
    "RECORD",
    "SOURCE",
    "Reads",
    "check_field",
    "field_like",
    "read_ref",
    "read_selection",
    "write_selection",
]

_KINDS: Final = ("text", "tags", "flag", "number", "percent", "date")
_ORDERED: Final[frozenset[FieldKind]] = frozenset({"number", "percent", "date", "level"})
_BOUNDS: Final[tuple[BoundWord, ...]] = get_args(BoundWord)
_WORDS: Final = ("is", "not", "present", "absent", *_BOUNDS, "plus", "minus", "times")
# What people write for a list of tables.
_JOINS: Final = ("all", "any", "and", "or", "not")


@attrs.frozen
class Reads:
    """What a selection may read: the namespaces (or single fields) it tests, and those it may refer to."""

    tests: frozenset[str]
    refs: frozenset[str]
    why: str


_NOW: Final = NAMESPACES - {"earlier"}
ALL: Final = Reads(_NOW, _NOW, "lines of the record are asked about by done and ignore")
HELD: Final = Reads(
    frozenset({"source"}), _NOW - {"source", "pair"}, "held asks about each outcome of the account, as source.*"
)
RECORD: Final = Reads(frozenset({"earlier"}), NAMESPACES, "it asks about lines of the record, as earlier.*")
IGNORE: Final = Reads(
    frozenset({"earlier"}),
    frozenset({"earlier", "learner", "programme", "application", "target"}),
    "ignore asks about lines of the record, as earlier.*",
)
SOURCE: Final = Reads(
    frozenset({"source"}),
    frozenset({"source", "item", "learner", "programme", "application"}),
    "from asks about each source, as source.*",
)
LIMIT: Final = Reads(
    frozenset({"source", "target", "item.as"}),
    frozenset({"source", "target", "item.as"}),
    "over and per of a limit read source, target and item.as only: the record has no more",
)


def check_field(table: Table, key: str, field: str, book: RuleBook, allowed: frozenset[str], why: str) -> FieldType:
    """Return what *field* holds; refuse one that is not declared, or not to be read here."""
    found = book.field_type(field)
    if found is None:
        raise table.error(*_unknown(field, book), key)
    if namespace_of(field) not in allowed and field not in allowed:
        raise table.error(f"field {field!r} cannot be read here", why, key)
    return found


def _unknown(field: str, book: RuleBook) -> tuple[str, str]:
    """Say of a field that nobody knows what it is, and the mend."""
    if field in NAMESPACES:
        return f"{field!r} alone is no field", f'write the whole name in quotes: "{field}.…"'
    if field in _JOINS:
        return f"{field!r} is no field", "all tests of a table must hold; for any, write a list: [{ … }, { … }]"
    if namespace_of(field) not in NAMESPACES:
        return f"{field!r} is in no namespace", f"begin with one of {', '.join(sorted(NAMESPACES))}"
    like = field_like(field, book)
    asked = f'did you mean "{namespace_of(field)}.{like}"? Or ' if like else ""
    return f"field {field!r} is not declared", f'{asked}add "{field}" to [fields] with its type'


def field_like(field: str, book: RuleBook) -> str:
    """Return the name, without its namespace, of the field of *book* that is most like *field*; "" if none is."""
    space, _, name = field.partition(".")
    known = (one.partition(".") for one in (*book.fields, *book.derive, *CORE_FIELDS))
    return near(name, [one for at, _, one in known if at == space])


def read_ref(
    table: Table, key: str, text: str, book: RuleBook, allowed: frozenset[str], why: str
) -> tuple[Ref, FieldType]:
    """Read ``@namespace.name``."""
    field = text.removeprefix("@")
    return Ref(field), check_field(table, key, field, book, allowed, why)


def read_selection(table: Table, key: str, book: RuleBook, reads: Reads) -> Selection | None:
    """Return the selection under *key*, or None if it is not there."""
    if not table.has(key):
        return None
    value = table.get(key)
    rows = value if isinstance(value, list) else [value]
    if not rows:
        raise table.error(f"{key!r} selects nothing", "list at least one table", key)
    return Selection(tuple(_table(table.as_table(one, key), book, reads) for one in rows))


def _table(table: Table, book: RuleBook, reads: Reads) -> tuple[tuple[str, Test], ...]:
    if not table.data:
        raise table.error("a selection without a test", "name a field, or leave the key out")
    tests: list[tuple[str, Test]] = []
    for field in sorted(table.data):
        kind = check_field(table, field, field, book, reads.tests, reads.why)
        tests.append((field, _test(table, field, kind, book, reads)))
    return tuple(tests)


def _test(table: Table, field: str, kind: FieldType, book: RuleBook, reads: Reads) -> Test:
    value = table.get(field)
    if not isinstance(value, dict):
        return Among(_operands(table, field, value, kind, book, reads), False, "missing")
    inner = table.as_table(value, field)
    for word in inner.data:
        if word not in _WORDS:
            raise inner.error(f"unknown key {word!r}", f"a test is one of {', '.join(_WORDS)}", word)
    if inner.has("present"):
        test: Test = Presence(inner.flag("present", True))
    else:
        absent: Absent = inner.choice("absent", Absent, "missing")
        if inner.has("is"):
            test = Among(_operands(inner, "is", inner.get("is"), kind, book, reads), False, absent)
        elif inner.has("not"):
            test = Among(_operands(inner, "not", inner.get("not"), kind, book, reads), True, absent)
        else:
            test = Range(_bounds(inner, kind, book, reads), absent)
    inner.end()
    return test


def _operands(
    table: Table, key: str, value: object, kind: FieldType, book: RuleBook, reads: Reads
) -> tuple[Operand, ...]:
    values = value if isinstance(value, list) else [value]
    if not values:
        raise table.error("an empty list of values", "list at least one value", key)
    return tuple(_operand(table, key, one, kind, book, reads) for one in values)


def _operand(table: Table, key: str, value: object, kind: FieldType, book: RuleBook, reads: Reads) -> Operand:
    if isinstance(value, str) and value.startswith("@"):
        ref, other = read_ref(table, key, value, book, reads.refs, reads.why)
        if _family(other) != _family(kind) and not _is_crossed(kind, other.scheme, book):
            mend = "add [[crosswalk]] rows" if other.kind == kind.kind else "compare fields of one type"
            raise table.error(f"{value!r} is {other}, compared with {kind}", mend, key)
        return ref
    return _literal(table, key, value, kind, book)


def _family(kind: FieldType) -> str:
    match kind.kind:
        case "text" | "tags":
            return "text"
        case "number" | "percent":
            return "number"
        case _:
            return str(kind)


def _is_crossed(kind: FieldType, scheme: str, book: RuleBook) -> bool:
    """Say whether levels of *kind* and of *scheme* can be compared, one way or the other."""
    rows = {frozenset((row.source.framework, row.target.framework)) for row in book.crosswalk}
    return kind.kind == "level" and frozenset((kind.scheme, scheme)) in rows


def _literal(table: Table, key: str, value: object, kind: FieldType, book: RuleBook) -> Value:
    match kind.kind:
        case "text" | "tags":
            if isinstance(value, str) and value:
                return value
            raise table.error(f"{value!r} is not a text", "write a text in quotes", key)
        case "flag":
            if isinstance(value, bool):
                return value
            raise table.error(f"{value!r} is neither true nor false", "write true or false", key)
        case "number":
            return table.as_number(value, key)
        case "percent":
            return table.as_share(value, key)
        case "date":
            return table.as_day(value, key)
        case "level":
            known = book.levels[kind.scheme]
            if isinstance(value, str) and value in known:
                return Level(kind.scheme, value)
            raise table.error(f"{value!r} is no level of {kind.scheme!r}", f"use one of {', '.join(known)}", key)


def _bounds(table: Table, kind: FieldType, book: RuleBook, reads: Reads) -> tuple[Bound, ...]:
    if kind.kind not in _ORDERED:
        raise table.error(f"a field of {kind} has no order", "write a value, a list, { not = … } or { present = … }")
    plus, minus = table.duration("plus"), table.duration("minus")
    words = [word for word in _BOUNDS if table.has(word)]
    if not words:
        raise table.error("a test that tests nothing", f"use one of is, not, present, {', '.join(_BOUNDS)}")
    if len(words) > 2 or {"at_least", "above"} <= set(words) or {"at_most", "below"} <= set(words):
        raise table.error("more bounds than a range has", "give one lower and one upper bound")
    if (plus or minus) and (kind.kind != "date" or len(words) > 1 or (plus and minus)):
        mend = "move one bound of a date, one way; a window with two ends is two clauses"
        raise table.error("plus or minus cannot stand here", mend)
    times = table.positive("times") if table.has("times") else None
    bounds = tuple(
        Bound(word, _operand(table, word, table.get(word), kind, book, reads), plus, minus, times) for word in words
    )
    if times is not None and not (len(bounds) == 1 and isinstance(bounds[0].limit, Ref) and _family(kind) == "number"):
        raise table.error("times cannot stand here", "multiply one bound that is a field of numbers", "times")
    if len(bounds) == 2:
        _check_range(table, bounds, book)
    return bounds


def _check_range(table: Table, bounds: Iterable[Bound], book: RuleBook) -> None:
    """Refuse a range that nothing is in; what refers to a field cannot be told here."""
    low, high = sorted(bounds, key=lambda bound: bound.word not in ("at_least", "above"))
    if isinstance(low.limit, Ref) or isinstance(high.limit, Ref):
        return
    one, other = _rank(low.limit, book), _rank(high.limit, book)
    closed = low.word == "at_least" and high.word == "at_most"
    if one > other or (one == other and not closed):
        raise table.error("a range that nothing is in", "put the lower bound below the upper one")


def _rank(value: Value, book: RuleBook) -> Fraction:
    if isinstance(value, Level):
        return Fraction(book.levels[value.framework].index(value.value))
    if isinstance(value, date):
        return Fraction(value.toordinal())
    assert isinstance(value, Fraction), "only ordered values bound a range"
    return value


# --- writing ----------------------------------------------------------------------------------------------------------


def write_selection(selection: Selection) -> list[dict[str, object]]:
    """Return the canonical spelling: a list of tables, every test a table, every number text."""
    return [{field: _written(test) for field, test in table} for table in selection.tables]


def _written(test: Test) -> dict[str, object]:
    match test:
        case Presence():
            return {"present": test.present}
        case Among():
            return {"not" if test.negated else "is": [_text(one) for one in test.values], "absent": test.absent}
        case Range():
            written: dict[str, object] = {bound.word: _text(bound.limit) for bound in test.bounds}
            for bound in test.bounds:
                written |= {"plus": str(bound.plus)} if bound.plus else {}
                written |= {"minus": str(bound.minus)} if bound.minus else {}
                written |= {"times": number_text(bound.times)} if bound.times is not None else {}
            return written | {"absent": test.absent}


def _text(operand: Operand) -> str | bool:
    match operand:
        case bool():
            return operand
        case Ref() | str():
            return str(operand)
        case int() | Fraction():
            return number_text(Fraction(operand))
        case date():
            return operand.isoformat()
        case Level():
            return operand.value
        case tuple():
            raise AssertionError("tags are written one by one")
