"""What the writers of books, programmes and cases share."""

from datetime import date
from fractions import Fraction

from creditbank.domain.credit import number_text
from creditbank.domain.level import Level
from creditbank.domain.rule.field import Value

__all__ = ["present", "write_value"]


def present(table: dict[str, object]) -> dict[str, object]:
    """Leave out what is None. What is empty stays: it says something."""
    return {key: value for key, value in table.items() if value is not None}


def write_value(value: Value) -> str | bool | list[str]:
    """Write *value* so that the type of its field reads it back: a number as text, a level as ``scheme:value``."""
    match value:
        case bool() | str():
            return value
        case int() | Fraction():
            return number_text(Fraction(value))
        case date():
            return value.isoformat()
        case tuple():
            return sorted(value)
        case Level():
            return str(value)
