"""Facts as they are written down, and the typed values that a rule book asks for."""

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction

from creditbank.domain.application import Fact
from creditbank.domain.credit import number_text, parse_number
from creditbank.domain.level import Level
from creditbank.domain.rule import RuleBook
from creditbank.domain.rule.field import PERCENT_MAX, PERCENT_MEND, FieldType, Value
from creditbank.errors import MalformedError

__all__ = ["by_namespace", "fitted", "typed"]


def typed(field: str, kind: FieldType, fact: Fact) -> Value:
    """
    Return *fact* as the value that *field* holds: dates from ISO text, exact numbers from text, tags joined by ``、``.

    Raises:
        MalformedError: The fact is not of that type.
    """
    match kind.kind, fact:
        case "flag", bool():
            return fact
        case "text", str():
            return fact
        case "tags", str():
            return tuple(sorted(set(fact.split("、"))))
        case (("number" | "percent"), int() | str()) if not isinstance(fact, bool):
            number = parse_number(fact) if isinstance(fact, str) else Fraction(fact)
            if kind.kind == "percent" and number > PERCENT_MAX:
                raise MalformedError(f"{fact} is {number_text(number * 100)} %", f"fact {field!r}", PERCENT_MEND)
            return number
        case "level", str():
            return Level(kind.scheme, fact)
        case "date", str():
            try:
                return date.fromisoformat(fact)
            except ValueError:
                pass
        case _:
            pass
    raise MalformedError(f"{fact!r} is no {kind}", f"fact {field!r}", "see [fields] of the rule book")


def by_namespace(
    book: RuleBook, facts: Iterable[tuple[str, Fact]], *, lenient: bool = False
) -> dict[str, dict[str, Value]]:
    """
    Sort *facts*, named in full (``application.term``), by namespace, typed as *book* says.

    Facts that the book does not know are left out: it cannot ask for them.

    Args:
        lenient: They were stated for another book, perhaps: those of another type are left out as well.

    Raises:
        MalformedError: A fact is not of its field's type.
    """
    spaces: dict[str, dict[str, Value]] = {}
    for field, fact in facts:
        kind = book.field_type(field)
        if kind is None:
            continue
        try:
            value = typed(field, kind, fact)
        except MalformedError:
            if lenient:
                continue
            raise
        space, _, name = field.partition(".")
        spaces.setdefault(space, {})[name] = value
    return spaces


def fitted(book: RuleBook, namespace: str, facts: Mapping[str, Value]) -> dict[str, Value]:
    """
    Return those of *facts* that *book* can look at, each as the type that it gives to the field; tags sorted.

    A level is text to a book that asks for text, and text is a step of the scheme that the book asks for, if it has it, or
    true or false, if it is written so. What
    is of another type is left out: the book asks for something that the bank does not know, and will say so.
    """
    found: dict[str, Value] = {}
    for name, value in facts.items():
        field = f"{namespace}.{name}"
        kind = None if field in book.derive else book.field_type(field)
        fit = None if kind is None else _fit(book, kind, value)
        if fit is not None:
            found[name] = fit
    return found


def _fit(book: RuleBook, kind: FieldType, value: Value) -> Value | None:
    match kind.kind, value:
        case ("flag", bool()) | ("date", date()) | ("text", str()) | ("level", Level()):
            return value
        case (("number" | "percent"), int() | Fraction()) if not isinstance(value, bool):
            return None if kind.kind == "percent" and value > PERCENT_MAX else Fraction(value)
        case "tags", tuple():
            return tuple(sorted(set(value)))
        case "tags", str():
            return (value,)
        case "flag", "true" | "false":
            return value == "true"
        case "text", Level():
            return value.value
        case "level", str() if value in book.levels[kind.scheme]:
            return Level(kind.scheme, value)
        case _:
            return None
