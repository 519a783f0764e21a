"""
Fields: what a rule may look at, by name, and what kind of thing each holds.

A field is ``namespace.name``. The engine types the core fields; a book types the rest. A value that is not there is
``None`` to whoever asks, and never a guess.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import attrs

from creditbank.domain.credit import number_text
from creditbank.domain.level import Level

__all__ = [
    "CORE_FIELDS",
    "NAMESPACES",
    "PERIOD_PARTS",
    "FieldKind",
    "FieldType",
    "Ref",
    "Value",
    "namespace_of",
    "value_text",
]

Value: TypeAlias = str | bool | int | Fraction | date | tuple[str, ...] | Level
FieldKind = Literal["text", "tags", "flag", "number", "percent", "date", "level"]

NAMESPACES: Final = frozenset({"source", "target", "pair", "item", "learner", "programme", "application", "earlier"})
# A percent field holds a share: who means 80 % and writes 80 says 8000 %.
PERCENT_MAX: Final = 1
PERCENT_MEND: Final = 'write "80 %" or "0.8"; a share is 100 % at most'
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
    if isinstance(value, str):
        return value
    match value:
        # Fractions after what is quicker to tell: their class asks an abstract one.
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat()
        case tuple():
            return "、".join(value)
        case Fraction():
            return number_text(value)
        case int():
            return number_text(Fraction(value))
        case Level():
            return value.value
