"""
What an append comes to: the checks and the rows, the same for every store, so that a store only looks up and writes.
"""

from collections.abc import Iterable
from itertools import repeat
from typing import Final, Protocol

import attrs

from creditbank.errors import ClockError, ConflictError, ErasedError, StoreError
from creditbank.store.base import CLOCK_SLACK_MS, HASH_SIZE, LINES_MAX, PLACE_KEY_SIZE, Batch, Kept

AT_MS_MAX: Final = 2**53 - 1
"""Leaf data is JSON: whole numbers beyond this are not exact in other people's readers."""

_AGAIN: Final = "decide again on the present state"


@attrs.frozen
class StreamNow:
    """A stream as it stands: *version* entries, the last at position *last*; *place_key* is None once erased."""

    version: int
    last: int
    place_key: bytes | None


class Present(Protocol):
    """What a store can be asked inside the transaction that will write."""

    def known(self, key_hash: bytes) -> bool:
        """Return whether a request was recorded under this key."""

    def published_size(self) -> int:
        """Return the size of the newest checkpoint, 0 without one."""

    def stream(self, name: str) -> StreamNow | None:
        """Return a stream as it stands, None if it never had an entry."""

    def held(self, claim: str) -> str | None:
        """Return who holds a claim now."""

    def kept_document(self, digest: str) -> bytes | None:
        """Return a document's bytes."""

    def end(self) -> tuple[int, int]:
        """Return (how many entries there are, the last one's ``at``)."""


@attrs.frozen
class PlannedEntry:
    """One line with its place in the log; *submission* is still an offset into the batch."""

    position: int
    at_ms: int
    commitment: bytes
    place: bytes
    submission: int
    previous: int | None
    body: bytes


@attrs.frozen
class PlannedClaim:
    """A claim held from entry *since* on until before entry *until*."""

    name: str
    since: int
    stream: str
    until: int | None


@attrs.frozen
class Plan:
    """The rows that a batch comes to: streams, releases and documents by name, claims in log order and then as given."""

    kept: Kept
    entries: tuple[PlannedEntry, ...]
    streams: tuple[tuple[str, StreamNow], ...]
    claims: tuple[PlannedClaim, ...]
    releases: tuple[tuple[str, int], ...]
    documents: tuple[tuple[str, bytes], ...]
    erases: tuple[tuple[str, int], ...]


def make_plan(batch: Batch, present: Present) -> Plan:
    """
    Check *batch*, whose shape is right, against what is there, and return the rows it comes to.

    Raises: as :meth:`creditbank.store.base.Store.append`, in that order.
    """
    _check_requests(batch, present)
    _check_guards(batch, present)
    streams = _streams_now(batch, present)
    size, last_at_ms = present.end()
    claims, releases = _plan_claims(batch, size, present)
    documents = tuple(_new_documents(batch, present))
    if batch.at_ms < last_at_ms - CLOCK_SLACK_MS:
        behind_ms = last_at_ms - batch.at_ms
        raise ClockError(f"this machine's clock is {behind_ms} ms behind the last entry", "set the clock, try again")
    kept = Kept(size, len(batch.lines), max(batch.at_ms, last_at_ms))
    entries, after = _plan_entries(batch, kept, streams)
    erases = tuple((stream, size + line) for stream, line in batch.erases)
    return Plan(kept, entries, tuple(sorted(after.items())), claims, releases, documents, erases)


def check_shape(batch: Batch) -> None:
    """
    Refuse, with a StoreError, a batch that does not fit itself; :class:`Batch` says what fits.
    """
    lines = batch.lines
    _demand(1 <= len(lines) <= LINES_MAX, f"a batch of {len(lines)} lines", f"give 1 to {LINES_MAX}")
    _demand(0 <= batch.at_ms <= AT_MS_MAX, f"at_ms {batch.at_ms}", "give Unix milliseconds")
    _demand(
        all(row.count >= 1 for row in batch.submissions)
        and [line.submission for line in lines]
        == [number for number, row in enumerate(batch.submissions) for _ in repeat(None, row.count)],
        "lines that are not their submissions' counts, in order",
        "give each submission's lines together, as many as it counts",
    )
    for line in lines:
        if not len(line.commitment) == HASH_SIZE == len(line.place):
            what = f"a commitment or place of {line.stream} that is not {HASH_SIZE} bytes"
            _demand(False, what, "give SHA-256 digests")
    _check_versions(batch)
    _check_offsets(batch)


def _demand(holds: bool, what: str, mend: str) -> None:
    if not holds:
        raise StoreError(f"the batch has {what}", mend)


def _check_versions(batch: Batch) -> None:
    heads: dict[str, int] = {}
    fresh: set[str] = set()
    for line in batch.lines:
        head = heads.get(line.stream)
        if head is None:
            if line.version == 0:
                fresh.add(line.stream)
            elif line.version < 0:
                _demand(False, f"version {line.version} of {line.stream}", "count from 0")
        elif line.version != head:
            what = f"version {line.version} of {line.stream} where {head} follows"
            _demand(False, what, "give a stream's lines consecutive versions")
        heads[line.stream] = line.version + 1
    _demand(
        fresh == set(batch.place_keys),
        "place keys for other streams than those that begin in it",
        "give one for each stream whose first line has version 0",
    )
    for stream, key in batch.place_keys.items():
        _demand(len(key) == PLACE_KEY_SIZE, f"a place key of {len(key)} bytes for {stream}", f"give {PLACE_KEY_SIZE}")
    for stream, offset in batch.erases:
        good = 0 <= offset < len(batch.lines) and batch.lines[offset].stream == stream and stream not in fresh
        _demand(
            good and batch.lines[offset].version == heads[stream] - 1,
            f"an erasure of {stream} at line {offset}",
            "erase a stream that was there before, at its own last line",
        )
    erased = [stream for stream, _ in batch.erases]
    _demand(len(erased) == len(set(erased)), "two erasures of one stream", "erase a stream once")


def _check_offsets(batch: Batch) -> None:
    count = len(batch.lines)
    for row in batch.requests:
        if not (row.first >= 0 and row.count >= 1 and row.first + row.count <= count):
            what = f"a request over lines {row.first} to {row.first + row.count - 1} of {count}"
            _demand(False, what, "count offsets in this batch's lines")
    keys = {row.key_hash for row in batch.requests}
    _demand(len(keys) == len(batch.requests), "one request key twice", "give each request a key of its own")
    offsets = [row.line for row in batch.claims] + [line for _, line in batch.releases]
    _demand(all(0 <= line < count for line in offsets), "a claim or release at no line of it", "count offsets from 0")


def _check_requests(batch: Batch, present: Present) -> None:
    if any(present.known(row.key_hash) for row in batch.requests):
        raise ConflictError("a request with this key was recorded meanwhile", "look it up by its key")


def _check_guards(batch: Batch, present: Present) -> None:
    if batch.published_at_least and (size := present.published_size()) < batch.published_at_least:
        raise ConflictError(f"{size} entries are published, not {batch.published_at_least}", "publish, then try again")
    for stream, version in batch.guards.items():
        now = present.stream(stream)
        if (now.version if now else 0) != version:
            raise ConflictError(f"{stream} is not at version {version}, which was read", _AGAIN)


def _streams_now(batch: Batch, present: Present) -> dict[str, StreamNow | None]:
    streams: dict[str, StreamNow | None] = {}
    for line in batch.lines:
        if line.stream in streams:
            continue
        now = streams[line.stream] = present.stream(line.stream)
        version = now.version if now else 0
        if version != line.version:
            raise ConflictError(f"{line.stream} is at version {version}, not {line.version}", _AGAIN)
        if now and now.place_key is None:
            raise ErasedError(line.stream, now.last)
    return streams


def _plan_claims(
    batch: Batch, first: int, present: Present
) -> tuple[tuple[PlannedClaim, ...], tuple[tuple[str, int], ...]]:
    """Return the claims taken and the earlier ones released, each (name, first position at which it is free)."""
    taken: list[PlannedClaim] = []
    released: dict[str, int] = {}
    open_now: dict[str, int | None] = {}  # name → its index in `taken`, None when free
    steps = [(line, 0, number) for number, (_, line) in enumerate(batch.releases)]
    steps += [(row.line, 1, number) for number, row in enumerate(batch.claims)]
    for line, is_claim, number in sorted(steps):
        position = first + line
        name = batch.claims[number].name if is_claim else batch.releases[number][0]
        held = open_now[name] is not None if name in open_now else present.held(name) is not None
        if is_claim:
            if held:
                raise ConflictError(f"the claim {name!r} is held already", _AGAIN)
            open_now[name] = len(taken)
            taken.append(PlannedClaim(name, position, batch.claims[number].stream, None))
            continue
        if not held:
            raise ConflictError(f"the claim {name!r}, to be released, is not held", _AGAIN)
        index = open_now.get(name)
        if index is None:
            released[name] = position
        else:
            taken[index] = attrs.evolve(taken[index], until=position)
        open_now[name] = None
    return tuple(taken), tuple(sorted(released.items()))


def _new_documents(batch: Batch, present: Present) -> Iterable[tuple[str, bytes]]:
    for digest, body in sorted(batch.documents.items()):
        kept = present.kept_document(digest)
        if kept is None:
            yield digest, body
        elif kept != body:
            raise StoreError(f"document {digest} is kept with another body", "name documents by their digest")


def _plan_entries(
    batch: Batch, kept: Kept, before: dict[str, StreamNow | None]
) -> tuple[tuple[PlannedEntry, ...], dict[str, StreamNow]]:
    """Return the entries, chained to their streams' last ones, and the streams as they stand afterwards."""
    after: dict[str, StreamNow] = {}
    entries = []
    heads: dict[str, int | None] = {name: now.last if now else None for name, now in before.items()}
    for position, line in enumerate(batch.lines, kept.first):
        previous = heads[line.stream]
        heads[line.stream] = position
        entries.append(
            PlannedEntry(position, kept.at_ms, line.commitment, line.place, line.submission, previous, line.body)
        )
    versions = {line.stream: line.version + 1 for line in batch.lines}
    for name, now in before.items():
        last = heads[name]
        assert last is not None  # each of these streams got a line
        after[name] = StreamNow(versions[name], last, now.place_key if now else bytes(batch.place_keys[name]))
    for name, _ in batch.erases:
        after[name] = attrs.evolve(after[name], place_key=None)
    return tuple(entries), after
