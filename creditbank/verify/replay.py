"""
The second walk: every request is run again on exactly what it read, and must say the same (checks (f) and (g)).

The states of streams grow along the log; a request's prefix is nearly always the present one, and is folded from the start where
it is older. What was decided on older prefixes (a draft signed elsewhere) must also be what its position decides: else one
outcome could be spent twice by two requests that both read the account as it was before.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from creditbank.codec.book import book_of
from creditbank.codec.payload import Payload, Read
from creditbank.domain.account import Account
from creditbank.domain.again import again
from creditbank.domain.effect import claims, filled, stream_of
from creditbank.domain.event import AccountErased, Applied, BookPublished, Event, TransferOffered
from creditbank.domain.known import Known, Remains
from creditbank.domain.name import AccountId, Claim, Digest, StreamId
from creditbank.domain.rule import SEMANTICS, RuleBook
from creditbank.domain.state import State, before
from creditbank.errors import CreditBankError
from creditbank.verify.evidence import Evidence, Row
from creditbank.verify.hashing import ZERO
from creditbank.verify.walk import Walk, opened

__all__ = ["Counts", "replay"]

PREFIXES_KEPT: Final = 64
"""Older states of streams that are kept for the next request that reads them."""

DAY_SLACK: Final = 1
"""Days between the civil day of a request and that of its receipt, inclusive."""

NONCE_DIGITS: Final = 32

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@attrs.define
class Counts:
    """How many requests there were, and what became of them when they were run again."""

    requests: int = 0
    verified: int = 0
    forgotten: int = 0
    not_replayable: int = 0


class _ForgottenError(Exception):
    """The request looks at what an erasure took."""


class _FailedError(Exception):
    """The request cannot be run again; the text says why."""


@attrs.frozen
class _Said:
    """An entry of a request, with the names it takes filled in."""

    row: Row
    payload: Payload


def replay(
    evidence: Evidence, made: Walk, zone: ZoneInfo, findings_before: frozenset[int], progress: Callable[[int], None]
) -> Counts:
    """
    Run every request again.

    Args:
        made: What the first walk found.
        zone: The bank's, which its days are of.
        findings_before: Entries that the first walk found something about: their requests do not count as verified.
    """
    run = _Replay(evidence, made, zone, findings_before)
    for row in evidence.rows(0, made.size):
        run.take(row)
        progress(row.position + 1)
    run.end()
    return run.counts


class _Replay:
    """One use."""

    def __init__(self, evidence: Evidence, made: Walk, zone: ZoneInfo, doubtful: frozenset[int]) -> None:
        self.evidence = evidence
        self.made = made
        self.findings = made.findings
        self.zone = zone
        self.doubtful = doubtful
        self.counts = Counts()
        self.states = _States(evidence, made)
        self.holders: dict[str, StreamId] = {}
        self.books: dict[Digest, RuleBook] = {}
        self.nonces: set[str] = set()
        self.group: list[_Said] = []
        self.until = 0  # how many entries belong to a request that has been looked at

    # --- requests -----------------------------------------------------------------------------------------------------

    def take(self, row: Row) -> None:
        """Take the next entry."""
        if row.opened is None or row.position in self.made.unread:
            self._without_payload(row)
            return
        payload = opened(row)
        try:
            event = filled(payload.event, row.claims)
        except CreditBankError as error:
            self.findings.add("g", row.position, str(error))
            event = payload.event
        said = _Said(row, attrs.evolve(payload, event=event))
        if self.group and not _together(self.group[-1], said):
            self._close()
        self.group.append(said)
        if payload.index == payload.count - 1:
            self._close()

    def _without_payload(self, row: Row) -> None:
        """An entry between others of one request belongs to it; one that stands alone counts as a request."""
        position = row.position
        if self.group:
            last = self.group[-1]
            if position <= last.row.position - last.payload.index + last.payload.count - 1:
                return
            self._close()
        if position not in self.made.unread and position >= self.until:
            self.counts.requests += 1
            self.counts.forgotten += position in self.made.forgotten

    def end(self) -> None:
        """Look at the last request."""
        if self.group:
            self._close()

    def _close(self) -> None:
        """Look at the request gathered, then let its events happen."""
        group, self.group = self.group, []
        first = group[0].row.position - group[0].payload.index
        count = group[0].payload.count
        self.counts.requests += 1
        noted = len(self.findings.positions)
        try:
            self._check_entries(group, first, count)
            self._check_reads(group[0], first)
            self._run(group, first)
            if not self._doubtful(first, count, noted):
                self.counts.verified += 1
        except _ForgottenError:
            self.counts.forgotten += 1
        except _NotReplayableError:
            self.counts.not_replayable += 1
        except _FailedError as failed:
            self.findings.add("g", group[0].row.position, str(failed))
        self.until = max(self.until, first + count)
        for said in group:
            self._happen(said)
