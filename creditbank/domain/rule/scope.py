"""
Scopes: where the fields of one (source, target) pair are looked up.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, Protocol

import attrs

from creditbank.domain.level import Crosswalk
from creditbank.domain.period import MonthEnd
from creditbank.domain.rule.field import Value, spell, value_text
from creditbank.domain.rule.verdict import Missing

__all__ = ["PARTS", "Part", "Scope", "Spelled", "Spelling", "place"]


class Part(Protocol):
    """What is known of one namespace, by the name after the dot."""

    def get(self, name: str, /) -> Value | None:
        """Return the value, or None where it is not known."""


PARTS: Final = ("source", "target", "pair", "item", "learner", "programme", "application", "earlier")
_IDS: Final = len(PARTS)
"""After the namespaces stands what the pair is: its source and its target, each by its id."""

_PLACES_KEPT: Final = 4_096


@lru_cache(maxsize=_PLACES_KEPT)
def place(field: str) -> tuple[int, str]:
    """Return which part of a scope *field* is in, and its name there."""
    namespace, _, name = field.partition(".")
    return (_IDS, namespace) if field in ("source.id", "target.id") else (PARTS.index(namespace), name)


@attrs.frozen(eq=False)
class Spelling:
    """
    What workings show of a scope: *known* is the same for every pair of a case; *fields*, each with its :func:`place`, are
    looked up in each.
    """

    known: Mapping[str, bytes]
    fields: tuple[tuple[str, int, str], ...]


@attrs.define(eq=False)
class Scope:
    """
    Where fields are looked up: in *parts*, one for each namespace, and one for the ids of the pair.

    *levels* are the book's schemes, lowest first, *crosswalk* what a level of one counts as in another; *month_end* is its
    rule for days that a month does not have. *origin* says what to ask for where a field is not known: that field, or
    the one that it is derived from. *source* and *target* are the pair that it is about, either may be empty. *groups*
    are those that the pair is in, by clause; whoever groups keeps them here.
    """

    parts: tuple[Part, ...]
    levels: Mapping[str, tuple[str, ...]]
    month_end: MonthEnd
    crosswalk: tuple[Crosswalk, ...] = ()
    origin: Callable[[str], str] = str
    source: str = ""
    target: str = ""
    spelling: Spelling | None = None
    groups: dict[str, Any] = attrs.field(init=False, factory=dict)
    _spelled: "Spelled | None" = attrs.field(init=False, default=None)

    @classmethod
    def by(
        cls,
        find: Callable[[str], Value | None],
        levels: Mapping[str, tuple[str, ...]],
        month_end: MonthEnd,
        crosswalk: tuple[Crosswalk, ...] = (),
    ) -> "Scope":
        """Return a scope that looks up every field with *find*, by its whole name."""
        parts = [_Found(find, f"{namespace}.%s") for namespace in PARTS]
        return cls((*parts, _Found(find, "%s.id")), levels, month_end, crosswalk)

    @property
    def spelled(self) -> "Spelled":
        """Fields as workings hash their values."""
        if self._spelled is None:
            self._spelled = Spelled(self.parts, self.spelling)
        return self._spelled

    def find(self, field: str) -> Value | None:
        """Return the value of *field*, or None where it is not known."""
        at, name = place(field)
        return self.parts[at].get(name)

    def saw(self, fields: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Return (field, value) for each of *fields*; the text of an unknown value is empty."""
        found = ((field, self.find(field)) for field in fields)
        return tuple((field, "" if value is None else value_text(value)) for field, value in found)

    def missing(self, field: str) -> Missing:
        """Say that it turns on *field*, which is not known."""
        return Missing(self.origin(field))


@attrs.frozen(eq=False)
class _Found:
    """A part whose fields are looked up elsewhere; *form* makes a field of a name."""

    find: Callable[[str], Value | None]
    form: str

    def get(self, name: str) -> Value | None:
        return self.find(self.form % name)


class Spelled(dict[str, bytes]):
    """Each field's value as workings hash it, worked out once."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Part, ...], spelling: Spelling | None) -> None:
        super().__init__(spelling.known if spelling else ())
        self.parts = parts
        for field, at, name in spelling.fields if spelling else ():
            value = parts[at].get(name)
            if value is not None:
                self[field] = spell(value)

    def __missing__(self, field: str) -> bytes:
        at, name = place(field)
        value = self.parts[at].get(name)
        found = self[field] = spell("" if value is None else value)
        return found
