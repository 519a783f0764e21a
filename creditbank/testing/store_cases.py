"""
Batches to test stores with, and what to look at afterwards.
"""

import hashlib
import threading
from collections.abc import Iterable
from typing import Any, Final

import attrs

from creditbank.errors import ConflictError
from creditbank.store.base import Batch, ClaimRow, Line, RequestRow, StateRow, Store, SubmissionRow

NOON_MS: Final = 1_700_000_000_000
A: Final = "account:a"
B: Final = "account:b"
STEPS: Final = ("begin", "entries", "claims", "commit")
"""Where a store's ``_fault`` is called, so that a write can be made to fail there."""


def digest(*parts: object) -> bytes:
    """Return 32 bytes that stand for *parts*."""
    return hashlib.sha256(repr(parts).encode()).digest()


def make_line(stream: str, version: int, body: bytes | None = None, submission: int = 0) -> Line:
    """Return a line whose bytes follow from stream and version."""
    text = f"body of {stream} {version}".encode() if body is None else body
    commitment, place = digest("commitment", stream, version), digest("place", stream, version)
    return Line(stream, version, commitment, place, text, submission)


def make_batch(lines: Iterable[Line], **changes: Any) -> Batch:
    """Return a batch of *lines* in one submission, with place keys for the streams that begin, and *changes*."""
    given = tuple(lines)
    plain = Batch(
        at_ms=NOON_MS,
        lines=given,
        submissions=(SubmissionRow("keys:college", "ed25519:key", NOON_MS + 1, len(given), b"s" * 64),),
        requests=(),
        guards={},
        place_keys={line.stream: digest("place key", line.stream) for line in given if line.version == 0},
        claims=(),
        releases=(),
        erases=(),
        documents={},
        states=(),
        published_at_least=0,
    )
    return attrs.evolve(plain, **changes)


def dump(store: Store) -> dict[str, Any]:
    """Return all that the contract's own names say about *store*, to compare before and after."""
    size = store.size()
    streams = (A, B, "book:x")
    claims = ("person:1", "person:2", "seat:1")
    return {
        "size": (size, store.last_at(), store.published(), store.unfinished()),
        "rows": list(store.rows(0, size)),
        "streams": [(store.head(s), store.positions(s), store.place_key(s)) for s in streams],
        "read": [list(store.read(s, 0, size)) for s in streams],
        "claims": [store.holder(claim, upto) for claim in claims for upto in (None, *range(size + 1))],
        "taken": [store.claims_of(position) for position in range(size)],
        "documents": {name: store.document(name) for name in store.documents()},
        "states": [store.state(s, 1, size) for s in streams],
        "requests": [store.seen(digest("key", number)) for number in range(4)],
        "submissions": [store.submission(row.submission) for row in store.rows(0, size)],
        "tiles": [store.tile(0, index) for index in range(2)],
    }


def rich_batch() -> Batch:
    """Return a first batch that has something of everything."""
    return make_batch(
        [make_line(A, 0), make_line("book:x", 0), make_line(A, 1)],
        requests=tuple(RequestRow(digest("key", n), digest("hash", n), 2 * n, 2 - n) for n in (0, 1)),
        guards={A: 0, "book:x": 0, "keys:college": 0},
        claims=(ClaimRow("person:2", A, 0), ClaimRow("person:1", A, 0), ClaimRow("seat:1", A, 2)),
        documents={"d1": b"one", "d0": b"nought"},
        states=(StateRow(A, 2, 1, b"state"),),
    )


def erasing_batch(**changes: Any) -> Batch:
    """Return the batch that erases A after :func:`rich_batch`."""
    return make_batch([make_line(A, 2, b"erasure")], **{"erases": ((A, 0),), "guards": {A: 2}, **changes})


class Boom(Exception):
    """An injected failure."""


def fail_at(store: Any, step: str) -> None:
    """Make the next write of *store* raise :class:`Boom` at *step*."""

    def fault(name: str) -> None:
        if name == step:
            raise Boom(step)

    store._fault = fault


def heal(store: Any) -> None:
    """Let writes of *store* succeed again."""
    store._fault = None


def race(store: Store, *, threads: int, versions: int) -> list[tuple[int, int]]:
    """Let *threads* append to one stream until it has *versions* entries; return each (version, position) written."""
    winners: list[tuple[int, int]] = []
    errors: list[BaseException] = []
    start = threading.Barrier(threads)

    def run() -> None:
        start.wait()
        try:
            while (version := (store.head(A) or (0, 0))[0]) < versions:
                try:
                    kept = store.append(make_batch([make_line(A, version)], guards={A: version}))
                except ConflictError:
                    continue
                winners.append((version, kept.first))
        except BaseException as error:
            errors.append(error)

    workers = [threading.Thread(target=run) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors == []
    return winners
