"""
Double entry: credit of a *lot* (学分批: credit with one origin) moves between places (去向).

A lot is named by the outcome it came with, or ``<application>.<item>`` for credit granted by a decision.
"""

from typing import Literal, get_args

import attrs

from creditbank.domain.credit import Credit

__all__ = ["PLACES", "Place", "Posting"]

Place = Literal[
    "issued", "held", "reserved", "converted", "forfeited", "rounded", "redeemed", "expired", "revoked", "moved"
]
"""Every credit of a lot starts in ``issued``, which is the only place that may be below zero."""

PLACES: tuple[Place, ...] = get_args(Place)


@attrs.frozen
class Posting:
    """A move (分录) of *credit*, more than zero, of *lot* between two places."""

    lot: str
    source: Place
    target: Place
    credit: Credit

    def __attrs_post_init__(self) -> None:
        assert self.credit.quanta > 0, "a posting moves something"
        assert self.source != self.target, "a posting moves"
