"""
JSON in the shape of a value; where it is not, which field is wrong and what should stand there.

Nothing of the file but the names of its fields is repeated: what is wrong may be somebody's.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from types import UnionType
from typing import Any, Final, Literal, get_args, get_origin

import attrs

from creditbank.codec.convert import dashed
from creditbank.codec.payload import from_plain
from creditbank.domain.outcome import Outcome
from creditbank.errors import MalformedError

__all__ = ["shaped"]

_NAME_MAX: Final = 40
"""Characters of an unknown field's name that are repeated."""

_PLAIN: Final[Mapping[Any, str]] = {
    str: 'it is no text: write it in quotes, such as "name"',
    int: "it is no whole number",
    bool: "it is neither true nor false",
    date: 'it is no day: write it as "2026-01-31"',
    Fraction: 'it is no exact number: write it as text, such as "0.5"',
}

_CLASSES: Final = {dashed(kind.__name__): kind for kind in get_args(Outcome)}


def shaped(value: Any, kind: Any, where: str) -> Any:
    """
    Return *value*, read from the file *where*, as a *kind*.

    Raises:
        MalformedError: It is not that; says which field, and what it should be.
    """
    try:
        return from_plain(value, kind, where)
    except MalformedError as error:
        if error.where != where:  # a value of ours that says itself what is wrong with it
            raise MalformedError(f"{error.where}: {error.what}", where, error.mend) from None
        raise MalformedError(_fault(value, kind, ""), where, "compare it with the example in --help") from None


def _fault(value: Any, kind: Any, path: str) -> str:
    """Say what is wrong with *value* at *path*; it is no *kind*."""
    kind = _bare(kind, value)
    if kind in _PLAIN:
        return _at(path, _PLAIN[kind])
    if get_origin(kind) is tuple:
        return _fault_of_rows(value, kind, path)
    if get_origin(kind) is Literal:
        return _at(path, f"it is none of {', '.join(get_args(kind))}")
    if kind == Outcome:
        return _fault_of_outcome(value, path)
    if attrs.has(kind):
        return _fault_of_fields(value, kind, path)
    return _at(path, "it is neither text, whole number, true nor false")


def _bare(kind: Any, value: Any) -> Any:
    """Return *kind* without a name of its own, and without the None that may stand for it."""
    while hasattr(kind, "__supertype__"):
        kind = kind.__supertype__
    if isinstance(kind, UnionType) and type(None) in get_args(kind) and len(get_args(kind)) == 2:
        return _bare(next(each for each in get_args(kind) if each is not type(None)), value)
    return kind


def _at(path: str, what: str) -> str:
    return f"{path}: {what}" if path else what


def _fault_of_rows(value: Any, kind: Any, path: str) -> str:
    if not isinstance(value, list):
        return _at(path, "it is no list: write it in [ ]")
    kinds = get_args(kind)
    if kinds[-1] is not Ellipsis and len(value) != len(kinds):
        return _at(path, f"it has {len(value)} parts, not {len(kinds)}")
    each_kind = [kinds[0]] * len(value) if kinds[-1] is Ellipsis else list(kinds)
    for number, (each, part) in enumerate(zip(value, each_kind, strict=True), 1):
        if not _holds(each, part):
            return _fault(each, part, f"{path}.{number}" if path else str(number))
    return _at(path, "it is no such list")


def _fault_of_outcome(value: Any, path: str) -> str:
    if not isinstance(value, dict):
        return _at(path, "it is no object: write it in { }")
    kind = value.get("class")
    if not isinstance(kind, str) or kind not in _CLASSES:
        return _at(f"{path}.class" if path else "class", f"it is none of {', '.join(_CLASSES)}")
    return _fault_of_fields({name: each for name, each in value.items() if name != "class"}, _CLASSES[kind], path)


def _fault_of_fields(value: Any, kind: Any, path: str) -> str:
    fields = {field.name: field for field in attrs.fields(kind)}
    if not isinstance(value, dict):
        return _at(path, f"it is no object: write it in {{ }}, with {', '.join(fields)}")
    for name in value:
        if name not in fields:
            return _at(path, f"there is no field {name[:_NAME_MAX]!r}; there are {', '.join(fields)}")
    missing = [field.name for field in fields.values() if field.default is attrs.NOTHING and field.name not in value]
    if missing:
        return _at(path, f"it lacks {', '.join(missing)}")
    for name, each in value.items():
        if not _holds(each, fields[name].type):
            return _fault(each, fields[name].type, f"{path}.{name}" if path else name)
    for name, each in value.items():
        if not _passes(each, fields[name]):
            return _at(f"{path}.{name}" if path else name, "it is empty, or too long")
    return _at(path, "it contradicts itself")


def _passes(value: Any, field: Any) -> bool:
    """Tell whether the field's own validator takes *value*."""
    try:
        if field.validator is not None and value is not None:
            field.validator(None, field, value)
    except ValueError:
        return False
    return True


def _holds(value: Any, kind: Any) -> bool:
    try:
        from_plain(value, kind, "")
    except MalformedError:
        return False
    return True
