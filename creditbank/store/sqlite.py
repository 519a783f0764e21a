"""
The store in one SQLite file. Raw SQL, since these are the hot paths; the schema is next door.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from creditbank.errors import CreditBankError, StoreError
from creditbank.store.base import Batch, EntryRow, Kept, Published, Seen, StateRow, SubmissionRow, Tip
from creditbank.store.connection import Connection
from creditbank.store.group import GROUP_LINES_MAX, Group
from creditbank.store.now import END, HELD, Names, Now, one
from creditbank.store.plan import Plan, StreamNow, check_shape, make_plan
from creditbank.store.schema import BLANK_NAME, LEDGER, TAG_ERASED, claim_tag

ROWS_AT_ONCE: Final = 1024
"""How many rows a reader holds in memory while it walks the log or the documents."""

_COLUMNS: Final = "e.seq, e.at, e.commitment, e.place, e.submission, e.prev, p.body"

_CHAIN: Final = """
WITH RECURSIVE chain (seq, at, commitment, place, submission, prev, version) AS (
    SELECT e.*, s.version - 1 FROM stream s JOIN entry e ON e.seq = s.last WHERE s.stream = :stream
    UNION ALL
    SELECT e.*, chain.version - 1 FROM chain JOIN entry e ON e.seq = chain.prev WHERE chain.version > :since
)
SELECT c.seq, c.at, c.commitment, c.place, c.submission, c.prev, p.body FROM chain c LEFT JOIN payload p ON p.seq = c.seq
WHERE c.version >= :since AND c.version < :upto
"""

_HEAD: Final = """
WITH RECURSIVE chain (seq, version) AS (
    SELECT last, version FROM stream WHERE stream = :stream
    UNION ALL
    SELECT e.prev, chain.version - 1 FROM chain JOIN entry e ON e.seq = chain.seq
    WHERE e.prev IS NOT NULL AND chain.seq >= :upto
)
SELECT version, seq FROM chain WHERE seq < :upto LIMIT 1
"""

_TIP: Final = """
SELECT s.version, s.last, e.commitment, k.key FROM stream s JOIN entry e ON e.seq = s.last
LEFT JOIN place_key k ON k.id = s.place_key WHERE s.stream = ?
"""

_TIPS: Final = Names.of("""
SELECT s.stream, s.version, s.last, e.commitment, k.key FROM stream s JOIN entry e ON e.seq = s.last
LEFT JOIN place_key k ON k.id = s.place_key WHERE s.stream IN ({})
""")

_SEEN: Final = Names.of("""
SELECT r.key_hash, r.first, r.count, e.at, r.request_hash FROM request r JOIN entry e ON e.seq = r.first
WHERE r.key_hash IN ({})
""")

_DOOMED: Final = """
INSERT INTO erasing (seq, stream)
WITH RECURSIVE chain (seq) AS (
    SELECT prev FROM entry WHERE seq = :erasure
    UNION ALL
    SELECT e.prev FROM chain JOIN entry e ON e.seq = chain.seq WHERE e.prev IS NOT NULL
)
SELECT seq, :stream FROM chain ORDER BY seq
"""


class SQLiteStore:
    """
    Keeps a ledger in *path*, with ``-wal``, ``-shm`` and ``.lock`` beside it. Several processes may open the same file;
    none may read it by name while it has it open (closing it would drop SQLite's locks).
    """

    def __init__(self, path: Path | str) -> None:
        """Open or create. Raises: as :class:`creditbank.store.connection.Connection`."""
        self._connection = Connection(Path(path), LEDGER)
        self._group = Group(self._append_all, lambda batch: len(batch.lines), GROUP_LINES_MAX)

    @property
    def _fault(self) -> Callable[[str], None] | None:
        """Tests make a write fail at a named step: begin, entries, claims, commit, committed."""
        return self._connection.fault

    @_fault.setter
    def _fault(self, fault: Callable[[str], None] | None) -> None:
        self._connection.fault = fault

    # --- writing ------------------------------------------------------------------------------------------------------

    def append(self, batch: Batch) -> Kept:
        check_shape(batch)
        return self._group.append(batch)

    def _append_all(self, batches: Sequence[Batch]) -> Sequence[Kept | Exception]:
        """Write batches in one transaction, each behind a savepoint where there are several."""
        with self._connection.write() as db:
            if len(batches) == 1:
                return [self._append_one(db, batches[0])]
            return [self._append_apart(db, batch) for batch in batches]

    def _append_apart(self, db: sqlite3.Connection, batch: Batch) -> Kept | Exception:
        db.execute("SAVEPOINT one")
        try:
            answer: Kept | Exception = self._append_one(db, batch)
        except CreditBankError as error:
            db.execute("ROLLBACK TO one")
            answer = error
        db.execute("RELEASE one")
        return answer

    def _append_one(self, db: sqlite3.Connection, batch: Batch) -> Kept:
        now = Now(db, batch)
        plan = make_plan(batch, now)
        _write_entries(db, batch, plan, now.submissions)
        self._connection.step("entries")
        _write_claims(db, plan)
        self._connection.step("claims")
        _write_rest(db, batch, plan)
        for stream, position in plan.erases:
            _erase(db, stream, position, dict(plan.streams)[stream])
        return plan.kept

    def publish(self, tiles: Sequence[tuple[int, int, bytes]], size: int, note: str) -> None:
        with self._connection.write() as db:
            (newest,) = db.execute("SELECT coalesce(max(size), -1) FROM checkpoint").fetchone()
            entries = (one(db, END) or (0,))[0]
            if not newest < size <= entries:
                raise StoreError(
                    f"a checkpoint of size {size} over {entries} entries, after one of size {newest}",
                    "publish what came since, once",
                )
            for level, number, hashes in sorted(tiles):
                kept = one(db, "SELECT hashes FROM tile WHERE level = ? AND number = ?", (level, number))
                if kept is None:
                    db.execute("INSERT INTO tile VALUES (?, ?, ?)", (level, number, hashes))
                elif kept[0] != hashes:
                    raise StoreError(f"tile {level}/{number} is kept with other hashes", "verify the ledger")
            db.execute("INSERT INTO checkpoint VALUES (?, ?)", (size, note))

    def finish(self, stream: str) -> None:
        with self._connection.write() as db:
            db.execute("DELETE FROM task WHERE stream = ?", (stream,))

    # --- reading ------------------------------------------------------------------------------------------------------

    def size(self) -> int:
        row = self._ask(END)
        return row[0] if row else 0

    def last_at(self) -> int:
        row = self._ask(END)
        return row[1] if row else 0

    def published(self, upto: int | None = None) -> Published | None:
        where = "" if upto is None else " WHERE size <= ?"
        row = self._ask(
            f"SELECT size, note FROM checkpoint{where} ORDER BY size DESC LIMIT 1", () if upto is None else (upto,)
        )
        return Published(*row) if row else None

    def seen(self, key_hash: bytes) -> Seen | None:
        row = self._ask(
            "SELECT r.first, r.count, e.at, r.request_hash FROM request r JOIN entry e ON e.seq = r.first"
            " WHERE r.key_hash = ?",
            (key_hash,),
        )
        return Seen(Kept(row[0], row[1], row[2]), row[3]) if row else None

    def tip(self, stream: str, upto: int | None = None) -> Tip | None:
        row = self._ask(_TIP, (stream,))
        if row is None or upto is None or row[1] < upto:
            return Tip(*row) if row else None
        earlier = self._ask(_HEAD, {"stream": stream, "upto": upto})
        if earlier is None:
            return None
        (commitment,) = self._ask("SELECT commitment FROM entry WHERE seq = ?", (earlier[1],))
        return Tip(earlier[0], earlier[1], commitment, row[3])

    def tips(self, streams: Sequence[str], upto: int) -> dict[str, Tip]:
        found: dict[str, Tip] = {}
        for row in _TIPS.asked(streams, self._connection.ask):
            found[row[0]] = Tip(*row[1:])
        # What has grown since is rare: it is looked up as of then, one by one.
        for name in [name for name, tip in found.items() if tip.position >= upto]:
            earlier = self.tip(name, upto)
            del found[name]
            if earlier is not None:
                found[name] = earlier
        return found

    def seen_all(self, key_hashes: Sequence[bytes]) -> dict[bytes, Seen]:
        return {row[0]: Seen(Kept(*row[1:4]), row[4]) for row in _SEEN.asked(key_hashes, self._connection.ask)}

    def head(self, stream: str, upto: int | None = None) -> tuple[int, int] | None:
        if upto is None:
            row = self._ask("SELECT version, last FROM stream WHERE stream = ?", (stream,))
        else:
            row = self._ask(_HEAD, {"stream": stream, "upto": upto})
        return (row[0], row[1]) if row else None

    def read(self, stream: str, since: int, upto: int) -> Iterator[EntryRow]:
        rows = self._connection.ask(_CHAIN, {"stream": stream, "since": since, "upto": upto})
        return iter([EntryRow(*row) for row in sorted(rows)])  # by position, that is by version

    def positions(self, stream: str) -> tuple[int, ...]:
        tip = self.tip(stream)
        if tip is None:
            return ()
        if tip.place_key is None:
            return (tip.position,)
        return tuple(row.position for row in self.read(stream, 0, tip.version))

    def place_key(self, stream: str) -> bytes | None:
        tip = self.tip(stream)
        return tip.place_key if tip else None

    def rows(self, since: int, upto: int) -> Iterator[EntryRow]:
        since = max(since, 0)
        while since < upto:
            end = min(since + ROWS_AT_ONCE, upto)
            rows = self._connection.ask(
                f"SELECT {_COLUMNS} FROM entry e LEFT JOIN payload p ON p.seq = e.seq"
                " WHERE e.seq >= ? AND e.seq < ? ORDER BY e.seq",
                (since, end),
            )
            yield from (EntryRow(*row) for row in rows)
            if len(rows) < end - since:
                return
            since = end

    def submission(self, row: int) -> tuple[SubmissionRow, int]:
        found = self._ask("SELECT author, key, not_after, count, signature, first FROM submission WHERE id = ?", (row,))
        if found is None:
            raise StoreError(f"there is no submission {row}", "verify the ledger")
        return SubmissionRow(*found[:5]), found[5]

    def holder(self, claim: str, upto: int | None = None) -> str | None:
        if upto is None:
            row = self._ask(f"SELECT c.stream FROM claim c {HELD}", (claim_tag(claim), claim))
        else:
            row = self._ask(
                "SELECT c.stream FROM claim c LEFT JOIN release r ON r.claim = c.id"
                " WHERE c.tag = ? AND c.name = ? AND c.since < ? AND (r.until IS NULL OR r.until >= ?)",
                (claim_tag(claim), claim, upto, upto),
            )
        return row[0] if row else None

    def claims_of(self, position: int) -> tuple[str, ...]:
        rows = self._connection.ask(
            "SELECT name FROM claim WHERE since = ? AND tag <> ? ORDER BY id", (position, TAG_ERASED)
        )
        return tuple(name for (name,) in rows)

    def document(self, digest: str) -> bytes | None:
        row = self._ask("SELECT body FROM document WHERE digest = ?", (digest,))
        return row[0] if row else None

    def documents(self) -> Iterator[str]:
        after = ""
        while True:
            rows = self._connection.ask(
                "SELECT digest FROM document WHERE digest > ? ORDER BY digest LIMIT ?", (after, ROWS_AT_ONCE)
            )
            yield from (digest for (digest,) in rows)
            if len(rows) < ROWS_AT_ONCE:
                return
            after = rows[-1][0]

    def tile(self, level: int, index: int) -> bytes | None:
        row = self._ask("SELECT hashes FROM tile WHERE level = ? AND number = ?", (level, index))
        return row[0] if row else None

    def state(self, stream: str, fold: int, upto: int) -> StateRow | None:
        row = self._ask(
            "SELECT stream, version, fold, body FROM state WHERE stream = ? AND fold = ? AND version <= ?",
            (stream, fold, upto),
        )
        return StateRow(*row) if row else None

    def position_at(self, at_ms: int) -> int:
        with self._connection.read() as db:
            low, high = 0, (one(db, END) or (0,))[0]
            while low < high:
                middle = (low + high) // 2
                (at,) = db.execute("SELECT at FROM entry WHERE seq = ?", (middle,)).fetchone()
                low, high = (middle + 1, high) if at <= at_ms else (low, middle)
            return low

    def unfinished(self) -> tuple[str, ...]:
        return tuple(stream for (stream,) in self._connection.ask("SELECT stream FROM task ORDER BY stream"))

    def checkpoint_wal(self) -> None:
        self._connection.truncate_wal()

    def close(self) -> None:
        self._connection.close()

    def _ask(self, sql: str, values: Any = ()) -> Any:
        """Return the only row or None."""
        rows = self._connection.ask(sql, values)
        assert len(rows) <= 1
        return rows[0] if rows else None


def _write_entries(db: sqlite3.Connection, batch: Batch, plan: Plan, base: int) -> None:
    """Write entries and streams; *base* is how many submissions there are."""
    first = plan.kept.first
    for number, row in enumerate(batch.submissions, base):
        db.execute(
            "INSERT INTO submission (id, first, count, author, key, not_after, signature) VALUES (?,?,?,?,?,?,?)",
            (number, first, row.count, row.author, row.key, row.not_after_ms, row.signature),
        )
        first += row.count
    db.executemany(
        "INSERT INTO entry (seq, at, commitment, place, submission, prev) VALUES (?,?,?,?,?,?)",
        [(e.position, e.at_ms, e.commitment, e.place, base + e.submission, e.previous) for e in plan.entries],
    )
    db.executemany("INSERT INTO payload (seq, body) VALUES (?,?)", [(e.position, e.body) for e in plan.entries])
    keys = batch.place_keys
    fresh = [(name, now) for name, now in plan.streams if name in keys]
    if fresh:
        (slot,) = db.execute("SELECT coalesce(max(id), -1) + 1 FROM place_key").fetchone()
        db.executemany(
            "INSERT INTO place_key (id, key) VALUES (?,?)",
            [(slot + n, keys[name]) for n, (name, _) in enumerate(fresh)],
        )
        db.executemany(
            "INSERT INTO stream (stream, version, last, place_key) VALUES (?,?,?,?)",
            [(name, now.version, now.last, slot + n) for n, (name, now) in enumerate(fresh)],
        )
    # Erasing moves a stream's row itself, while `erasing` lets it.
    grown = [(s.version, s.last, name) for name, s in plan.streams if name not in keys and s.place_key is not None]
    _write(db, "UPDATE stream SET version = ?, last = ? WHERE stream = ?", grown)


def _write_claims(db: sqlite3.Connection, plan: Plan) -> None:
    _write(
        db,
        f"INSERT INTO release (claim, until) SELECT c.id, ? FROM claim c {HELD}",
        [(until, claim_tag(name), name) for name, until in plan.releases],
    )
    if not plan.claims:
        return
    (slot,) = db.execute("SELECT coalesce(max(id), -1) + 1 FROM claim").fetchone()
    # In log order; a claim that is let go in the same batch must be so before its name is taken again.
    for number, claim in enumerate(plan.claims, slot):
        db.execute(
            "INSERT INTO claim (id, tag, name, since, stream) VALUES (?,?,?,?,?)",
            (number, claim_tag(claim.name), claim.name, claim.since, claim.stream),
        )
        if claim.until is not None:
            db.execute("INSERT INTO release (claim, until) VALUES (?,?)", (number, claim.until))


def _write_rest(db: sqlite3.Connection, batch: Batch, plan: Plan) -> None:
    db.executemany(
        "INSERT INTO request (key_hash, request_hash, first, count) VALUES (?,?,?,?)",
        sorted((r.key_hash, r.request_hash, plan.kept.first + r.first, r.count) for r in batch.requests),
    )
    _write(db, "INSERT INTO document (digest, body) VALUES (?,?)", plan.documents)
    _write(
        db,
        "INSERT INTO state (stream, version, fold, body) VALUES (?,?,?,?)"
        " ON CONFLICT (stream) DO UPDATE SET version = excluded.version, fold = excluded.fold, body = excluded.body",
        sorted((s.stream, s.version, s.fold, s.body) for s in batch.states),
    )


def _write(db: sqlite3.Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows, of which a single record often has none."""
    if rows:
        db.executemany(sql, rows)


def _erase(db: sqlite3.Connection, stream: str, position: int, now: StreamNow) -> None:
    """Remove what *stream* held before its erasure at *position*, under the triggers' eyes."""
    db.execute(_DOOMED, {"erasure": position, "stream": stream})
    db.execute("DELETE FROM payload WHERE seq IN (SELECT seq FROM erasing)")
    db.execute("DELETE FROM state WHERE stream = ?", (stream,))
    # Overwritten in place, not deleted: see the schema.
    db.execute(f"UPDATE claim SET tag = ?, name = {BLANK_NAME} WHERE stream = ?", (TAG_ERASED, stream))
    db.execute(
        "UPDATE place_key SET key = zeroblob(length(key)) WHERE id = (SELECT place_key FROM stream WHERE stream = ?)",
        (stream,),
    )
    db.execute(
        "UPDATE stream SET version = ?, last = ?, place_key = NULL WHERE stream = ?", (now.version, now.last, stream)
    )
    db.execute("INSERT INTO task (stream) VALUES (?)", (stream,))
    db.execute("DELETE FROM erasing")
