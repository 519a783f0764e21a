"""
What every clause has, and how workings hash it.
"""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import ClassVar, Final

import attrs

from creditbank.domain.rule.decision import Said, sized
from creditbank.domain.rule.form import Form
from creditbank.domain.rule.selection import Selection

__all__ = ["QUIET", "Clause"]

QUIET: Final[tuple[Said, ...]] = ("passed", "silent", "set")
"""What a clause says that has nothing against an item."""


# What a class works out once it keeps in its dict: with slots, every look-up of an attribute would pass a ``__getattr__``.
@attrs.frozen(kw_only=True, slots=False)
class Clause:
    """
    What every clause has.

    Args:
        id: Its name in the book, such as ``4.2``.
        basis: ``source:article``, the source declared in the book.
        acts: The acts it speaks about; empty means all acts of the book.
        when: Does it speak about this (source, target) pair? None: always.
        since, until: It is in force ``[since, until)``, by the day in *dated_by* (a field; empty: the kind's own day).
        code: The slug of its refusals.
        own_code: The book gives the code. Without one it is the id; a map or highest is then refused with the engine's own.
        zh, en: What it says, for people; may be empty.
        waivable_by: Roles that may let somebody off.
    """

    id: str
    basis: str
    acts: tuple[str, ...]
    when: Selection | None
    since: date | None
    until: date | None
    dated_by: str
    code: str
    own_code: bool
    zh: str
    en: str
    waivable_by: tuple[str, ...]

    kind: ClassVar[str] = ""
    """As a rule book writes it."""

    @cached_property
    def always(self) -> bool:
        """Whether it speaks about every pair on every day."""
        return self.when is None and self.since is None and self.until is None

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The fields that its workings show."""
        return self._reads(self.when)

    @cached_property
    def spelled(self) -> tuple[bytes, bytes]:
        """What workings hash of it, before and after what it said."""
        return sized(self.id) + sized(self.kind) + sized(self.basis), sized(self.zh) + sized(self.en)

    @cached_property
    def shown(self) -> Form:
        """How workings hash what it saw of a pair."""
        return Form.of(self._around(b"", b""), self.reads)

    @cached_property
    def passing(self) -> Mapping[Said, bytes]:
        """What workings hash of it where it said no more than ``passed``, ``silent`` or ``set``, and saw nothing."""
        nothing = sized("0")
        return {said: self._head(said) + nothing + nothing for said in QUIET}

    @cached_property
    def passing_pair(self) -> Mapping[Said, Form]:
        """The same where it saw a pair."""
        return {said: Form.of(self.texts(said), self.reads) for said in QUIET}

    def texts(self, said: Said) -> list[bytes]:
        """Return what workings hash of it where it said no more than *said*, around the values of the fields that it reads."""
        return self._around(self._head(said), sized("0"))

    def _head(self, said: Said) -> bytes:
        return self.spelled[0] + sized(said) + sized("") + self.spelled[1]

    def _around(self, before: bytes, after: bytes) -> list[bytes]:
        texts = [before + sized(str(len(self.reads))), *(sized(field) for field in self.reads)]
        # A field's name stands right before its value.
        found = [texts[0] + b"".join(texts[1:2]), *texts[2:]]
        return [*found, after] if self.reads else [found[0] + after]

    @staticmethod
    def _reads(*selections: Selection | None) -> tuple[str, ...]:
        return tuple(dict.fromkeys(field for one in selections if one is not None for field in one.fields))
