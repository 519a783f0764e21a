"""
Verdicts: three-valued logic (Kleene). What is not known is :class:`Missing`: false beats it where all must hold, true
beats it where any may.
"""

from collections.abc import Iterable
from typing import TypeAlias

import attrs

__all__ = ["Missing", "Verdict", "all_of", "any_of", "not_"]


@attrs.frozen
class Missing:
    """Not decidable yet, for want of *field*."""

    field: str


Verdict: TypeAlias = bool | Missing


def not_(verdict: Verdict) -> Verdict:
    """Return the opposite; what is not known stays unknown."""
    return verdict if isinstance(verdict, Missing) else not verdict


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Conjunction: false beats missing, missing beats true. The first missing field is kept."""
    missing: Missing | None = None
    for verdict in verdicts:
        if isinstance(verdict, Missing):
            missing = missing or verdict
        elif not verdict:
            return False
    return missing or True


def any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Disjunction: true beats missing, missing beats false. The first missing field is kept."""
    missing: Missing | None = None
    for verdict in verdicts:
        if isinstance(verdict, Missing):
            missing = missing or verdict
        elif verdict:
            return True
    return missing or False
