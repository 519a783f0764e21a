"""
Facts of a case file: values by the name of their field, read by the types that the book has for them.
"""

from functools import lru_cache
from typing import Any, Final

from creditbank.codec.book_selection import field_like
from creditbank.codec.case_table import READ, Fault, no_value
from creditbank.domain.level import Level
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.field import Value
from creditbank.errors import MalformedError

__all__ = ["read_facts"]

_STEPS_KEPT: Final = 1_024
"""So many levels, last read, are not made again."""


def read_facts(row: dict[str, Any], namespace: str, book: RuleBook) -> dict[str, Value]:
    """Read every key of *row* as a field of *namespace*."""
    found: dict[str, Value] = {}
    fields = book.given[namespace]
    for name, value in row.items():
        field = fields.get(name)
        if field is None:
            raise Fault(f"the book has no field {namespace}.{name}", _mend(namespace, name, book), name)
        kind = field.kind
        # Most facts are texts.
        if kind == "text" and type(value) is str:
            found[name] = value
        elif kind == "level":
            found[name] = _level(value, name, field.scheme, book)
        else:
            try:
                found[name] = READ[kind][type(value)](value)
            except (KeyError, ValueError, MalformedError):
                raise no_value(value, name, field) from None
    return found


def _mend(namespace: str, name: str, book: RuleBook) -> str:
    """Say what to do about a fact that the book does not look at."""
    if name.startswith(f"{namespace}."):
        return f"leave out {namespace + '.'!r}: where it stands says it"
    like = field_like(f"{namespace}.{name}", book)
    return f"{f'did you mean {like!r}? Or ' if like else ''}leave it out, or declare it in the book"


def _level(value: object, key: str, scheme: str, book: RuleBook) -> Level:
    """Read a step of the field's *scheme*, or ``scheme:value``: an outcome may have its level in another one."""
    steps = book.levels[scheme]
    if type(value) is str:
        if value in steps:
            return _step(scheme, value)
        try:
            level = Level.parse(value)
        except MalformedError:
            pass
        else:
            if level.value in book.levels.get(level.framework, (level.value,)):
                return level
    raise Fault(f"{value!r} is no level of {scheme!r}", f"use one of {', '.join(steps)}", key)


@lru_cache(maxsize=_STEPS_KEPT)
def _step(scheme: str, value: str) -> Level:
    return Level(scheme, value)
