"""
What every store keeps and promises: bytes, names and versions, never meanings.

A *position* is an entry's place in the log, counted from 0. The *version* of a stream is how many entries it has; a
line's version is how many its stream had before it. *As of the first n entries*: the log cut off before position n.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol

import attrs

CLOCK_SLACK_MS: Final = 60_000
"""How far a writer's clock may be behind the last entry; `at` is then raised to it, never lowered."""

LINES_MAX: Final = 65_536
"""Lines of one batch, so that one transaction has a bound."""

HASH_SIZE: Final = 32
PLACE_KEY_SIZE: Final = 32


@attrs.frozen
class Line:
    """
    One entry to be written: *body* is what is kept of its payload (sealed or plain), *place* is kept so that leaf data
    can be made from the row alone, erased or not. *submission* is an index into :attr:`Batch.submissions`.
    """

    stream: str
    version: int
    commitment: bytes
    place: bytes
    body: bytes
    submission: int


@attrs.frozen
class SubmissionRow:
    """What an author signed, so that the note can be rebuilt. Its *count* entries, one or more, are consecutive."""

    author: str
    key: str
    not_after_ms: int
    count: int
    signature: bytes


@attrs.frozen
class RequestRow:
    """An idempotency key and what was asked under it. *first* is an offset into :attr:`Batch.lines`."""

    key_hash: bytes
    request_hash: bytes
    first: int
    count: int


@attrs.frozen
class ClaimRow:
    """A name that *stream* holds alone, taken by the line at offset *line*; an entry's claims keep the order given."""

    name: str
    stream: str
    line: int


@attrs.frozen
class StateRow:
    """
    A fold of the first *version* entries of *stream* by the fold numbered *fold*. Never evidence. An account's *body* is
    to be sealed under its vault key, as payloads are: deleting can leave copies in a file.
    """

    stream: str
    version: int
    fold: int
    body: bytes


@attrs.frozen
class Batch:
    """
    What is written in one compare-and-swap, all of it or nothing.

    Attributes:
        at_ms: The writer's clock, Unix milliseconds.
        lines: In log order; the lines of one stream have consecutive versions, those of one submission stand together.
        guards: Every stream that the decision read, with the version it saw (0: it had no entries).
        place_keys: 32 bytes for each stream that begins in this batch, and for no other.
        releases: (claim name, line offset): free from that line on. At one line, releases come before claims.
        erases: (stream, line offset of the entry that is its erasure, the stream's last).
        documents: Digest to body; one that is kept already must have the same body.
        published_at_least: Refuse unless the published size is at least this; 0 demands nothing.
    """

    at_ms: int
    lines: tuple[Line, ...]
    submissions: tuple[SubmissionRow, ...]
    requests: tuple[RequestRow, ...]
    guards: Mapping[str, int]
    place_keys: Mapping[str, bytes]
    claims: tuple[ClaimRow, ...]
    releases: tuple[tuple[str, int], ...]
    erases: tuple[tuple[str, int], ...]
    documents: Mapping[str, bytes]
    states: tuple[StateRow, ...]
    published_at_least: int


@attrs.frozen
class Kept:
    """Where a batch, or one request of it, stands: positions first … first + count − 1, all at *at_ms*."""

    first: int
    count: int
    at_ms: int


@attrs.frozen
class EntryRow:
    """
    One entry as it is kept. *submission* is for :meth:`Store.submission`, *previous* the position of the stream's entry
    before this one (None for its first), *body* None once erased.
    """

    position: int
    at_ms: int
    commitment: bytes
    place: bytes
    submission: int
    previous: int | None
    body: bytes | None


@attrs.frozen
class Tip:
    """
    A stream as of some point of the log: *version* entries, the last at *position* with *commitment*; *place_key* is the key
    of its place salts, None once erased.
    """

    version: int
    position: int
    commitment: bytes
    place_key: bytes | None


@attrs.frozen
class Published:
    """A checkpoint: the signed note over the first *size* entries."""

    size: int
    note: str


@attrs.frozen
class Seen:
    """What was recorded under an idempotency key, and the hash of the request that was."""

    kept: Kept
    request_hash: bytes


class Store(Protocol):
    """
    Where the ledger is kept. Safe between threads, not across ``fork`` (ForkedError). When a write raises, nothing was
    written, but for one case: after a StoreError that speaks of the commit, only :meth:`seen` knows.
    """

    def append(self, batch: Batch) -> Kept:
        """
        Write *batch* in one transaction; ``at`` is the later of the writer's clock and the last entry's ``at``.

        Raises, in this order:
            StoreError: the batch does not fit itself (see :func:`creditbank.store.plan.check_shape`).
            ConflictError: a request key is known (ask :meth:`seen`); too little is published; a guard, then a line's
                version, is not the present one.
            ErasedError: a line is for a stream that was erased.
            ConflictError: a claim is held, or one to be released is not.
            StoreError: a document is kept with another body.
            ClockError: the writer's clock is more than :data:`CLOCK_SLACK_MS` behind the last entry.
        """

    def publish(self, tiles: Sequence[tuple[int, int, bytes]], size: int, note: str) -> None:
        """
        Keep complete tiles (level, index, hashes) and the checkpoint over the first *size* entries, in one transaction.

        Raises, in this order:
            StoreError: *size* is not above what is published, or is more than there are entries; a tile is kept with
                other hashes.
        """

    def size(self) -> int:
        """Return how many entries there are."""

    def last_at(self) -> int:
        """Return the last entry's ``at``, Unix milliseconds; 0 before the first."""

    def published(self, upto: int | None = None) -> Published | None:
        """Return the newest checkpoint, or the newest of size at most *upto*."""

    def seen(self, key_hash: bytes) -> Seen | None:
        """Return what was recorded under the idempotency key, if anything was."""

    def seen_all(self, key_hashes: Sequence[bytes]) -> dict[bytes, Seen]:
        """Return :meth:`seen` of those of *key_hashes* under which something was recorded, in few looks."""

    def head(self, stream: str, upto: int | None = None) -> tuple[int, int] | None:
        """Return (version, position of the last entry) of *stream* as of the first *upto* entries of the log."""

    def tip(self, stream: str, upto: int | None = None) -> Tip | None:
        """Return *stream* as of the first *upto* entries of the log, in one look."""

    def tips(self, streams: Sequence[str], upto: int) -> dict[str, Tip]:
        """Return :meth:`tip` of those of *streams* that have one, in few looks."""

    def read(self, stream: str, since: int, upto: int) -> Iterator[EntryRow]:
        """Yield the entries of *stream* with versions [since, upto), ascending; erased ones without body."""

    def positions(self, stream: str) -> tuple[int, ...]:
        """Return where the entries of *stream* stand, in version order; of an erased stream only its erasure."""

    def place_key(self, stream: str) -> bytes | None:
        """Return the key of the stream's place salts; None when it was erased or never was."""

    def rows(self, since: int, upto: int) -> Iterator[EntryRow]:
        """Yield the entries at positions [since, upto), ascending."""

    def submission(self, row: int) -> tuple[SubmissionRow, int]:
        """Return a submission and the position of its first entry; StoreError when there is none of that number."""

    def holder(self, claim: str, upto: int | None = None) -> str | None:
        """Return the stream that holds *claim* as of the first *upto* entries; erased streams never held anything."""

    def claims_of(self, position: int) -> tuple[str, ...]:
        """Return the claims that the entry took, in the order given."""

    def document(self, digest: str) -> bytes | None:
        """Return a document's bytes."""

    def documents(self) -> Iterator[str]:
        """Yield the digests of all documents, ascending."""

    def tile(self, level: int, index: int) -> bytes | None:
        """Return a complete tile's hashes."""

    def state(self, stream: str, fold: int, upto: int) -> StateRow | None:
        """Return the kept state; None when there is none, it is of another fold, or its version is above *upto*."""

    def position_at(self, at_ms: int) -> int:
        """Return how many entries have ``at`` ≤ *at_ms*."""

    def unfinished(self) -> tuple[str, ...]:
        """Return the erased streams whose vault side is not yet done."""

    def finish(self, stream: str) -> None:
        """Note that an erased stream's vault side is done; idempotent."""

    def checkpoint_wal(self) -> None:
        """Leave no copy of what was erased in a write-ahead log."""

    def close(self) -> None:
        """Close; idempotent. Anything else afterwards is a StoreError."""
