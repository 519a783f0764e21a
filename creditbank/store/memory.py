"""
A store in memory, for tests and for trying things out: the same contract, plain dicts and lists.
"""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterator, MutableMapping, Sequence
from operator import attrgetter
from threading import RLock
from typing import TypeVar

import attrs

from creditbank.errors import StoreError
from creditbank.store.base import Batch, EntryRow, Kept, Published, Seen, StateRow, SubmissionRow, Tip
from creditbank.store.plan import Plan, PlannedClaim, StreamNow, check_shape, make_plan

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class MemoryStore:
    """Keeps a ledger until it is closed. Every write is undone, step by step, when anything in it fails."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._closed = False
        self._fault: Callable[[str], None] | None = None  # tests make a write fail at a named step
        self._entries: list[EntryRow] = []  # without bodies
        self._bodies: dict[int, bytes] = {}
        self._streams: dict[str, StreamNow] = {}
        self._claims: dict[str, tuple[PlannedClaim, ...]] = {}  # name → every holding of it, oldest first
        self._claims_at: dict[int, tuple[str, ...]] = {}
        self._requests: dict[bytes, Seen] = {}
        self._submissions: list[tuple[SubmissionRow, int]] = []
        self._documents: dict[str, bytes] = {}
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._checkpoints: list[Published] = []
        self._states: dict[str, StateRow] = {}
        self._tasks: dict[str, None] = {}

    # --- writing ------------------------------------------------------------------------------------------------------

    def append(self, batch: Batch) -> Kept:
        check_shape(batch)
        with self._open():
            self._step("begin")
            plan = make_plan(batch, self)
            journal = _Journal()
            try:
                self._apply(batch, plan, journal)
                self._step("commit")
            except BaseException:
                journal.undo()
                raise
            return plan.kept

    def publish(self, tiles: Sequence[tuple[int, int, bytes]], size: int, note: str) -> None:
        with self._open():
            newest = self._checkpoints[-1].size if self._checkpoints else -1
            if not newest < size <= len(self._entries):
                raise StoreError(
                    f"a checkpoint of size {size} over {len(self._entries)} entries, after one of size {newest}",
                    "publish what came since, once",
                )
            for level, index, hashes in tiles:
                if self._tiles.get((level, index), hashes) != hashes:
                    raise StoreError(f"tile {level}/{index} is kept with other hashes", "verify the ledger")
            journal = _Journal()
            try:
                for level, index, hashes in tiles:
                    journal.put(self._tiles, (level, index), hashes)
                self._step("commit")
                journal.push(self._checkpoints, Published(size, note))
            except BaseException:
                journal.undo()
                raise

    def finish(self, stream: str) -> None:
        with self._open():
            self._tasks.pop(stream, None)

    def _apply(self, batch: Batch, plan: Plan, journal: "_Journal") -> None:
        base = len(self._submissions)
        first = plan.kept.first
        for row in batch.submissions:
            journal.push(self._submissions, (row, first))
            first += row.count
        for e in plan.entries:
            row_id = base + e.submission
            entry = EntryRow(e.position, e.at_ms, e.commitment, e.place, row_id, e.previous, None)
            journal.push(self._entries, entry)
            journal.put(self._bodies, e.position, e.body)
        self._step("entries")
        for name, now in plan.streams:
            journal.put(self._streams, name, now)
        for name, until in plan.releases:
            *older, held = self._claims[name]
            journal.put(self._claims, name, (*older, attrs.evolve(held, until=until)))
        for claim in plan.claims:
            journal.put(self._claims, claim.name, (*self._claims.get(claim.name, ()), claim))
            journal.put(self._claims_at, claim.since, (*self._claims_at.get(claim.since, ()), claim.name))
        self._step("claims")
        for request in batch.requests:
            kept = Kept(plan.kept.first + request.first, request.count, plan.kept.at_ms)
            journal.put(self._requests, request.key_hash, Seen(kept, request.request_hash))
        for digest, body in plan.documents:
            journal.put(self._documents, digest, body)
        for state in batch.states:
            journal.put(self._states, state.stream, state)
        for stream, position in plan.erases:
            self._erase(stream, position, journal)

    def _erase(self, stream: str, position: int, journal: "_Journal") -> None:
        at: int | None = self._entries[position].previous
        while at is not None:
            journal.drop(self._bodies, at)
            at = self._entries[at].previous
        # Unlike in SQLite there is no index by stream: erasing looks at every claim, which a store for tests may.
        for gone in [row for rows in self._claims.values() for row in rows if row.stream == stream]:
            rows = tuple(row for row in self._claims[gone.name] if row is not gone)
            names = tuple(name for name in self._claims_at[gone.since] if name != gone.name)
            if rows:
                journal.put(self._claims, gone.name, rows)
            else:
                journal.drop(self._claims, gone.name)
            if names:
                journal.put(self._claims_at, gone.since, names)
            else:
                journal.drop(self._claims_at, gone.since)
        journal.drop(self._states, stream)
        journal.put(self._tasks, stream, None)

    # --- what a plan asks ---------------------------------------------------------------------------------------------

    def known(self, key_hash: bytes) -> bool:
        return key_hash in self._requests

    def published_size(self) -> int:
        return self._checkpoints[-1].size if self._checkpoints else 0

    def stream(self, name: str) -> StreamNow | None:
        return self._streams.get(name)

    def held(self, claim: str) -> str | None:
        rows = self._claims.get(claim)
        return rows[-1].stream if rows and rows[-1].until is None else None

    def kept_document(self, digest: str) -> bytes | None:
        return self._documents.get(digest)

    def end(self) -> tuple[int, int]:
        return len(self._entries), self._entries[-1].at_ms if self._entries else 0

    # --- reading ------------------------------------------------------------------------------------------------------

    def size(self) -> int:
        with self._open():
            return len(self._entries)

    def last_at(self) -> int:
        with self._open():
            return self.end()[1]

    def published(self, upto: int | None = None) -> Published | None:
        with self._open():
            number = len(self._checkpoints)
            if upto is not None:
                number = bisect_right(self._checkpoints, upto, key=attrgetter("size"))
            return self._checkpoints[number - 1] if number else None

    def seen(self, key_hash: bytes) -> Seen | None:
        with self._open():
            return self._requests.get(key_hash)

    def tip(self, stream: str, upto: int | None = None) -> Tip | None:
        with self._open():
            head = self.head(stream, upto)
            if head is None:
                return None
            return Tip(*head, self._entries[head[1]].commitment, self._streams[stream].place_key)

    def tips(self, streams: Sequence[str], upto: int) -> dict[str, Tip]:
        with self._open():
            return {name: tip for name in streams if (tip := self.tip(name, upto)) is not None}

    def seen_all(self, key_hashes: Sequence[bytes]) -> dict[bytes, Seen]:
        with self._open():
            return {key: seen for key in key_hashes if (seen := self.seen(key)) is not None}

    def head(self, stream: str, upto: int | None = None) -> tuple[int, int] | None:
        with self._open():
            now = self._streams.get(stream)
            if now is None:
                return None
            version, last = now.version, now.last
            while upto is not None and last >= upto:
                previous = self._entries[last].previous
                if previous is None:
                    return None
                version, last = version - 1, previous
            return version, last

    def read(self, stream: str, since: int, upto: int) -> Iterator[EntryRow]:
        with self._open():
            now = self._streams.get(stream)
            found: list[EntryRow] = []
            at, version = (now.last, now.version - 1) if now else (None, -1)
            while at is not None and version >= since:
                if version < upto:
                    found.append(self._row(at))
                at, version = self._entries[at].previous, version - 1
            return iter(found[::-1])

    def positions(self, stream: str) -> tuple[int, ...]:
        with self._open():
            now = self._streams.get(stream)
            if now is not None and now.place_key is None:
                return (now.last,)
            return tuple(row.position for row in self.read(stream, 0, len(self._entries)))

    def place_key(self, stream: str) -> bytes | None:
        with self._open():
            now = self._streams.get(stream)
            return now.place_key if now else None

    def rows(self, since: int, upto: int) -> Iterator[EntryRow]:
        with self._open():
            end = min(upto, len(self._entries))
            return iter([self._row(position) for position in range(max(since, 0), end)])

    def submission(self, row: int) -> tuple[SubmissionRow, int]:
        with self._open():
            if not 0 <= row < len(self._submissions):
                raise StoreError(f"there is no submission {row}", "verify the ledger")
            return self._submissions[row]

    def holder(self, claim: str, upto: int | None = None) -> str | None:
        with self._open():
            if upto is None:
                return self.held(claim)
            for row in self._claims.get(claim, ()):
                if row.since < upto and (row.until is None or upto <= row.until):
                    return row.stream
            return None

    def claims_of(self, position: int) -> tuple[str, ...]:
        with self._open():
            return self._claims_at.get(position, ())

    def document(self, digest: str) -> bytes | None:
        with self._open():
            return self._documents.get(digest)

    def documents(self) -> Iterator[str]:
        with self._open():
            return iter(sorted(self._documents))

    def tile(self, level: int, index: int) -> bytes | None:
        with self._open():
            return self._tiles.get((level, index))

    def state(self, stream: str, fold: int, upto: int) -> StateRow | None:
        with self._open():
            row = self._states.get(stream)
            return row if row is not None and row.fold == fold and row.version <= upto else None

    def position_at(self, at_ms: int) -> int:
        with self._open():
            return bisect_right(self._entries, at_ms, key=attrgetter("at_ms"))

    def unfinished(self) -> tuple[str, ...]:
        with self._open():
            return tuple(sorted(self._tasks))

    def checkpoint_wal(self) -> None:
        """Nothing here outlives what it was removed from."""
        with self._open():
            return

    def close(self) -> None:
        self._closed = True

    def _open(self) -> RLock:
        if self._closed:
            raise StoreError("this store is closed", "open another")
        return self._lock

    def _row(self, position: int) -> EntryRow:
        return attrs.evolve(self._entries[position], body=self._bodies.get(position))

    def _step(self, name: str) -> None:
        if self._fault is not None:
            self._fault(name)


class _Journal:
    """How to take back what a write has done so far."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] = []

    def put(self, mapping: MutableMapping[K, V], key: K, value: V) -> None:
        if key in mapping:
            old = mapping[key]
            self._steps.append(lambda: mapping.__setitem__(key, old))
        else:
            self._steps.append(lambda: mapping.pop(key, None))
        mapping[key] = value

    def drop(self, mapping: MutableMapping[K, V], key: K) -> None:
        if key in mapping:
            old = mapping.pop(key)
            self._steps.append(lambda: mapping.__setitem__(key, old))

    def push(self, items: list[V], item: V) -> None:
        size = len(items)
        self._steps.append(lambda: items.__delitem__(slice(size, None)))
        items.append(item)

    def undo(self) -> None:
        while self._steps:
            self._steps.pop()()
