"""
Fields: what a rule may look at, by name, and what kind of thing each holds.

A field is ``namespace.name``. The engine types the core fields; a book types the rest. A value that is not there is
``None`` to whoever asks, and never a guess.
"""

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

import attrs

from creditbank.domain.credit import number_text
from creditbank.domain.level import Level
from creditbank.domain.rule.decision import sized

__all__ = [
    "CORE_FIELDS",
    "NAMESPACES",
    "PERIOD_PARTS",
    "FieldKind",
    "FieldType",
    "Ref",
    "Value",
    "namespace_of",
    "spell",
    "value_text",
]

Value: TypeAlias = str | bool | int | Fraction | date | tuple[str, ...] | Level
FieldKind = Literal["text", "tags", "flag", "number", "percent", "date", "level"]

_Written = TypeVar("_Written", str, bytes)

NAMESPACES: Final = frozenset({"source", "target", "pair", "item", "learner", "programme", "application", "earlier"})
# A percent field holds a share: who means 80 % and writes 80 says 8000 %.
PERCENT_MAX: Final = 1
PERCENT_MEND: Final = 'write "80 %" or "0.8"; a share is 100 % at most'
_KEPT: Final = 4_096
"""So many days and whole numbers, last spelled, are not spelled again."""

# A field made from a calendar is a period: its bare name is the period's id, and it has two days of its own.
PERIOD_PARTS: Final = ("id", "since", "until")


@attrs.frozen
class FieldType:
    """What a field holds. *scheme* names the level scheme and is empty for every other kind."""

    kind: FieldKind
    scheme: str = ""

    def __str__(self) -> str:
        return f"level:{self.scheme}" if self.kind == "level" else self.kind


@attrs.frozen
class Ref:
    """The value of another field: ``"@target.county"``."""

    field: str

    def __str__(self) -> str:
        return f"@{self.field}"


def _core() -> Mapping[str, FieldType]:
    kinds: dict[FieldKind, str] = {
        "text": (
            "source.id source.class source.form source.code source.name source.issuer source.system source.grade"
            " source.content target.id target.kind target.code target.name target.institution target.term"
            " programme.id programme.kind programme.institution item.as"
            " earlier.application earlier.item earlier.act earlier.as earlier.target earlier.programme"
            " earlier.institution earlier.book earlier.state"
        ),
        "tags": "source.category target.category earlier.sources",
        "flag": "source.revoked target.compulsory",
        "number": (
            "source.credits source.hours source.score target.credits programme.credits item.ask earlier.credits"
            " earlier.worth"
        ),
        "date": (
            "source.achieved_on source.ended_on source.expires_on learner.enrolled_on application.applied_on"
            " application.decided_on earlier.on"
        ),
    }
    return MappingProxyType({name: FieldType(kind) for kind, names in kinds.items() for name in names.split()})


CORE_FIELDS: Final[Mapping[str, FieldType]] = _core()


def namespace_of(field: str) -> str:
    """Return the part before the first dot."""
    return field.partition(".")[0]


def value_text(value: Value) -> str:
    """Write a value for people and for workings: numbers exactly, dates as ISO, tags joined by ``、``."""
    return _TEXTS[type(value)](value)


class _ByType(dict[type, Callable[[Any], _Written]], Generic[_Written]):
    """What to do with a value of each type: to ask of one whether it is a Fraction takes longer than to write it."""

    def __missing__(self, kind: type) -> Callable[[Any], _Written]:
        return next(self[base] for base in kind.__mro__ if base in self)


_TEXTS: Final = _ByType[str](
    {
        str: str,
        bool: lambda value: "true" if value else "false",
        int: lambda value: number_text(Fraction(value)),
        Fraction: number_text,
        date: date.isoformat,
        tuple: "、".join,
        Level: lambda value: value.value,
    }
)


def spell(value: Value) -> bytes:
    """Return :func:`value_text` of *value* as workings hash it."""
    return _SPELLED[type(value)](value)


@lru_cache(maxsize=_KEPT)
def _spell_day(day: date) -> bytes:
    return sized(day.isoformat())


def _spell_number(number: Fraction) -> bytes:
    return _spell_whole(number.numerator) if number.denominator == 1 else sized(number_text(number))


@lru_cache(maxsize=_KEPT)
def _spell_whole(number: int) -> bytes:
    return sized(number_text(Fraction(number)))


_SPELLED: Final = _ByType[bytes](
    {
        str: sized,
        bool: lambda value: sized(value_text(value)),
        int: _spell_whole,
        Fraction: _spell_number,
        date: _spell_day,
        tuple: lambda value: sized(value_text(value)),
        Level: lambda value: sized(value.value),
    }
)
