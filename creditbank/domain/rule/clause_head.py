"""
What every clause has, and how workings hash it.
"""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import ClassVar

import attrs

from creditbank.domain.rule.decision import sized
from creditbank.domain.rule.selection import Selection

__all__ = ["Clause"]


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
    def shown(self) -> bytes:
        """How workings hash what it saw of a pair: with ``%b`` for the value of each field that it reads."""
        fields = (sized(field).replace(b"%", b"%%") + b"%b" for field in self.reads)
        return sized(str(len(self.reads))).replace(b"%", b"%%") + b"".join(fields)

    @cached_property
    def passing(self) -> Mapping[str, tuple[bytes, bytes]]:
        """
        What workings hash of it where it said no more than ``passed``, ``silent`` or ``set``.

        With nothing that it saw, and with ``%b`` for each field that it reads.
        """
        nothing = sized("0")
        found: dict[str, tuple[bytes, bytes]] = {}
        for said in ("passed", "silent", "set"):
            head = self.spelled[0] + sized(said) + sized("") + self.spelled[1]
            found[said] = head + nothing + nothing, head.replace(b"%", b"%%") + self.shown + nothing
        return found

    @staticmethod
    def _reads(*selections: Selection | None) -> tuple[str, ...]:
        return tuple(dict.fromkeys(field for one in selections if one is not None for field in one.fields))
