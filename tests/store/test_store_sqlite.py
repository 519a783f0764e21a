"""The SQLite store keeps the contract, and what only a file can lose or leak."""

import fcntl
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from creditbank.errors import ConflictError, NewerDatabaseError, StoreError
from creditbank.store import ClaimRow, Kept, SQLiteStore, StateRow, Store
from creditbank.store.schema import TAG_ERASED, TRIGGERS, claim_tag
from creditbank.testing.store_cases import (
    A,
    B,
    Boom,
    digest,
    dump,
    erasing_batch,
    fail_at,
    heal,
    make_batch,
    make_line,
    race,
    rich_batch,
)
from creditbank.testing.store_contract import StoreContract


class TestSQLiteStore(StoreContract):
    def make(self, path: Path) -> Store:
        self.path = path / "ledger.db"
        return SQLiteStore(self.path)

    def reopen(self, store: Store) -> Store:
        store.close()
        return SQLiteStore(self.path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(path)
    yield store
    store.close()


def python(code: str, *args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", code, *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def raw(path: Path, sql: str) -> list[Any]:
    """Run *sql* as a foreign tool would, on a file that nobody has open."""
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute(sql).fetchall()
        connection.commit()
        return rows
    finally:
        connection.close()


# --- opening ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(TRIGGERS))
def test_a_missing_trigger_is_named(path: Path, name: str) -> None:
    SQLiteStore(path).close()
    raw(path, f"DROP TRIGGER {name}")
    with pytest.raises(StoreError, match=f"{name} .* is missing"):
        SQLiteStore(path)


def test_an_altered_trigger_is_named(path: Path) -> None:
    SQLiteStore(path).close()
    raw(path, "DROP TRIGGER entry_update")
    raw(path, "CREATE TRIGGER entry_update BEFORE UPDATE ON entry WHEN 0 BEGIN SELECT 1; END")
    with pytest.raises(StoreError, match=r"entry_update .* is altered"):
        SQLiteStore(path)


def test_a_newer_database_is_refused(path: Path) -> None:
    SQLiteStore(path).close()
    ((version,),) = raw(path, "PRAGMA user_version")
    raw(path, f"PRAGMA user_version = {version + 1}")
    with pytest.raises(NewerDatabaseError, match=str(version + 1)):
        SQLiteStore(path)
    raw(path, f"PRAGMA user_version = {version}")
    SQLiteStore(path).close()


def test_other_files_are_refused_and_left_alone(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="cannot open"):
        SQLiteStore(path)
    assert path.read_bytes() == b"not a database" * 100
    other = tmp_path / "other.db"
    raw(other, "CREATE TABLE notes (text)")
    before = other.read_bytes()
    with pytest.raises(StoreError, match="is not a ledger"):
        SQLiteStore(other)
    assert other.read_bytes() == before
    with pytest.raises(StoreError, match="folder"):
        SQLiteStore(tmp_path / "nowhere" / "ledger.db")


def test_settings(store: SQLiteStore, path: Path) -> None:
    with store._connection.write() as writer:
        asked = {name: writer.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "secure_delete")}
        asked["journal_mode"] = writer.execute("PRAGMA journal_mode").fetchone()[0]
        asked["recursive_triggers"] = writer.execute("PRAGMA recursive_triggers").fetchone()[0]
    assert asked == {"synchronous": 2, "secure_delete": 1, "journal_mode": "wal", "recursive_triggers": 1}
    with store._connection.read() as reader:
        assert reader.execute("PRAGMA query_only").fetchone() == (1,)
        assert reader.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(StoreError, match="cannot read"), store._connection.read() as reader:
        reader.execute("DELETE FROM task")


def test_closing_leaves_one_file(store: SQLiteStore, path: Path) -> None:
    store.append(rich_batch())
    assert path.with_name("ledger.db-wal").exists()
    store.close()
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["ledger.db", "ledger.db.lock"]


# --- triggers ---------------------------------------------------------------------------------------------------------

KEPT = (
    *("entry", "payload", "stream", "place_key", "claim", "release", "request"),
    *("submission", "document", "tile", "checkpoint", "state"),
)

SPOILS = [
    *(f"DELETE FROM {table}" for table in KEPT),
    "UPDATE entry SET at = at + 1",
    "UPDATE payload SET body = x'00'",
    "UPDATE stream SET version = version - 1",
    "UPDATE stream SET place_key = 7, version = version + 1, last = last + 1",
    "UPDATE place_key SET key = zeroblob(32)",
    "UPDATE stream SET place_key = NULL, version = version + 1, last = last + 1",
    "UPDATE stream SET version = version + 1",
    "UPDATE claim SET stream = 'account:z'",
    f"UPDATE claim SET tag = {TAG_ERASED}",
    "UPDATE claim SET name = name || 'x'",
    "UPDATE release SET until = 9",
    "UPDATE request SET request_hash = x'00'",
    "UPDATE submission SET author = 'keys:other'",
    "UPDATE document SET body = x'00'",
    "UPDATE tile SET hashes = x'00'",
    "UPDATE checkpoint SET note = ''",
    "INSERT OR REPLACE INTO entry SELECT seq, at, commitment, place, 7, prev FROM entry",
    "INSERT INTO entry SELECT seq + 9, at, commitment, place, 7, prev FROM entry",
    "INSERT INTO entry SELECT max(seq) + 1, max(at) - 1, commitment, place, 7, prev FROM entry",
    "INSERT INTO entry SELECT max(seq) + 1, max(at), commitment, place, 7, max(seq) + 1 FROM entry",
    "INSERT OR REPLACE INTO payload SELECT seq, x'00' FROM payload",
    "INSERT OR REPLACE INTO stream SELECT stream, 9, 9, place_key FROM stream",
    "INSERT OR REPLACE INTO place_key SELECT id, zeroblob(32) FROM place_key",
    "INSERT OR REPLACE INTO claim SELECT id, tag, 'other', since, stream FROM claim",
    "INSERT INTO claim SELECT 3, tag, name, since, stream FROM claim WHERE name = 'person:1'",
    "INSERT OR REPLACE INTO release SELECT claim, 9 FROM release",
    "INSERT OR REPLACE INTO request SELECT key_hash, x'00', first, count FROM request",
    "INSERT OR REPLACE INTO submission SELECT id, first, count, 'x', key, not_after, signature FROM submission",
    "INSERT OR REPLACE INTO document SELECT digest, x'00' FROM document",
    "INSERT OR REPLACE INTO tile SELECT level, number, x'00' FROM tile",
    "INSERT OR REPLACE INTO checkpoint SELECT size, '' FROM checkpoint",
    "INSERT INTO checkpoint SELECT size - 1, '' FROM checkpoint",
]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("full") / "ledger.db"
    store = SQLiteStore(path)
    store.append(rich_batch())
    store.append(make_batch([make_line(A, 2)], releases=(("seat:1", 0),)))
    store.publish([(0, 0, b"left")], 2, "two")
    store.close()
    return path


@pytest.mark.parametrize("sql", SPOILS)
@pytest.mark.parametrize("recursive", [0, 1])
def test_what_is_kept_cannot_be_spoilt(full: Path, sql: str, recursive: int) -> None:
    connection = sqlite3.connect(full)
    try:
        connection.execute(f"PRAGMA recursive_triggers = {recursive}")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(sql)
    finally:
        connection.close()


def test_an_erasure_of_one_stream_opens_no_other(full: Path) -> None:
    connection = sqlite3.connect(full)
    try:
        connection.execute("INSERT INTO erasing (seq, stream) VALUES (0, 'account:other')")
        claims, keys = f"UPDATE claim SET tag = {TAG_ERASED}", "UPDATE place_key SET key = zeroblob(32)"
        for sql in ("DELETE FROM payload WHERE seq = 2", "DELETE FROM state", claims, keys):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(sql)
        connection.execute("DELETE FROM payload WHERE seq = 0")
    finally:
        connection.rollback()
        connection.close()


# --- failing ----------------------------------------------------------------------------------------------------------


def test_a_commit_that_succeeded_and_reported_an_error(store: SQLiteStore) -> None:
    fail_at(store, "committed")
    with pytest.raises(StoreError, match="commit failed"):
        store.append(rich_batch())
    heal(store)
    seen = store.seen(digest("key", 0))
    assert seen is not None
    assert seen.kept == Kept(0, 2, store.last_at())
    with pytest.raises(ConflictError):
        store.append(rich_batch())
    assert store.append(make_batch([make_line(B, 0)])).first == 3


def test_a_commit_that_failed(store: SQLiteStore) -> None:
    fail_at(store, "commit")
    with pytest.raises(StoreError, match="commit failed") as caught:
        store.append(rich_batch())
    assert isinstance(caught.value.__cause__, Boom)
    heal(store)
    assert store.seen(digest("key", 0)) is None
    assert store.append(rich_batch()).first == 0


def test_a_full_disk_leaves_nothing(store: SQLiteStore) -> None:
    store.append(rich_batch())
    before = dump(store)
    with store._connection.write() as writer:
        (pages,) = writer.execute("PRAGMA page_count").fetchone()
        writer.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(StoreError, match="cannot write"):
        store.append(make_batch([make_line(B, 0, b"x" * 100_000)]))
    assert dump(store) == before
    assert store.append(make_batch([make_line(B, 0)])).first == 3


CRASH = """
import os, sys
from creditbank.store import SQLiteStore
from creditbank.testing.store_cases import rich_batch
store = SQLiteStore(sys.argv[1])
store._fault = lambda name: os._exit(7) if name == sys.argv[2] else None
store.append(rich_batch())
"""


@pytest.mark.parametrize(("step", "size"), [("begin", 0), ("entries", 0), ("commit", 0), ("committed", 3)])
def test_a_process_that_dies(path: Path, step: str, size: int) -> None:
    assert python(CRASH, path, step).returncode == 7
    store = SQLiteStore(path)
    assert store.size() == size
    assert store.append(make_batch([make_line(B, 0)])).first == size
    store.close()


# --- several connections and processes --------------------------------------------------------------------------------


def test_two_stores_on_one_file(store: SQLiteStore, path: Path) -> None:
    other = SQLiteStore(path)
    store.append(rich_batch())
    assert dump(other) == dump(store)
    other.append(erasing_batch())
    assert store.place_key(A) is None
    other.close()
    store.append(make_batch([make_line(B, 0)]))
    assert store.size() == 5


def append_while(store: SQLiteStore, held: Callable[[], object], let_go: Callable[[], object]) -> list[object]:
    """Append in a thread between *held* and *let_go*; return what came of it, which must not be before *let_go*."""
    came: list[object] = []

    def run() -> None:
        try:
            came.append(store.append(make_batch([make_line(A, 0)])))
        except StoreError as error:
            came.append(error)

    held()
    worker = threading.Thread(target=run)
    worker.start()
    worker.join(timeout=0.2)
    early = list(came)
    let_go()
    worker.join()
    assert early == []
    return came


def test_a_write_waits_for_the_lock_file(store: SQLiteStore, path: Path) -> None:
    with open(f"{path}.lock", "rb+") as lock:
        came = append_while(store, lambda: fcntl.flock(lock, fcntl.LOCK_EX), lambda: fcntl.flock(lock, fcntl.LOCK_UN))
    assert came == [Kept(0, 1, store.last_at())]


def test_a_write_waits_for_a_foreign_writer_and_sees_what_it_wrote(store: SQLiteStore, path: Path) -> None:
    foreign = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        foreign.execute("BEGIN IMMEDIATE")
        foreign.execute("INSERT INTO task VALUES ('account:z')")
        came = append_while(store, lambda: None, lambda: foreign.execute("COMMIT"))
    finally:
        foreign.close()
    assert came == [Kept(0, 1, store.last_at())]
    assert store.unfinished() == ("account:z",)


RACE = """
import sys
from creditbank.store import SQLiteStore
from creditbank.testing.store_cases import race
store = SQLiteStore(sys.argv[1])
for won in race(store, threads=2, versions=60):
    print(*won)
store.close()
"""


def test_processes_race_for_one_stream(path: Path) -> None:
    SQLiteStore(path).close()
    command = [sys.executable, "-W", "error", "-c", RACE, str(path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    store = SQLiteStore(path)
    won = race(store, threads=1, versions=60)
    for process in running:
        out, err = process.communicate(timeout=60)
        assert err == ""
        won += [(int(one), int(two)) for one, two in (line.split() for line in out.splitlines())]
    assert sorted(won) == [(version, version) for version in range(60)]
    assert store.positions(A) == tuple(range(60))
    store.close()


FORK = """
import os, sys
from creditbank.errors import ForkedError
from creditbank.store import SQLiteStore
from creditbank.testing.store_cases import A, rich_batch
store = SQLiteStore(sys.argv[1])
store.append(rich_batch())
child = os.fork()
if child == 0:
    refused = 0
    uses = [store.size, store.close, store.checkpoint_wal, lambda: store.append(rich_batch()), lambda: store.finish(A)]
    for use in uses:
        try:
            use()
        except ForkedError:
            refused += 1
    os._exit(refused)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
assert store.size() == 3
store.close()
print(code)
"""


def test_a_forked_child_is_refused(path: Path) -> None:
    done = python(FORK, path)
    assert (done.stderr, done.stdout.strip()) == ("", "5")


def test_a_reader_elsewhere_holds_up_truncation(store: SQLiteStore, path: Path) -> None:
    store.append(rich_batch())
    reader = sqlite3.connect(path, isolation_level=None)
    try:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM entry").fetchall()
        store.append(erasing_batch())
        with store._connection.write() as writer:
            writer.execute("PRAGMA busy_timeout = 20")
        with pytest.raises(StoreError, match="in use"):
            store.checkpoint_wal()
        assert store.unfinished() == (A,)
    finally:
        reader.close()
    store.checkpoint_wal()
    assert os.stat(f"{path}-wal").st_size == 0


# --- what erasing leaves ----------------------------------------------------------------------------------------------

SEARCH = """
import pathlib, sys
data = b"".join(pathlib.Path(name).read_bytes() for name in sys.argv[1:4])
print([needle for needle in sys.argv[4:] if bytes.fromhex(needle) in data])
"""


def test_nothing_of_an_erased_stream_is_left_in_the_files(store: SQLiteStore, path: Path) -> None:
    people = [f"account:{digest('account', number).hex()[:32]}" for number in range(600)]
    for start in range(0, 600, 100):
        part = people[start : start + 100]
        lines = [make_line(who, version, f"<{who} {version}>".encode() * 9) for who in part for version in (0, 1)]
        claims = tuple(ClaimRow(f"person:{digest(who).hex()}", who, 2 * number) for number, who in enumerate(part))
        states = tuple(StateRow(who, 2, 1, f"[{who}]".encode() * 300) for who in part)
        store.append(make_batch(lines, claims=claims, states=states))
    erased, kept = people[5::40], people[6]

    def needles(who: str) -> list[bytes]:
        texts = (f"<{who} 0>", f"[{who}]", f"person:{digest(who).hex()}")
        return [*(text.encode() for text in texts), digest("place key", who)]

    def found(*people: str) -> str:
        # In another process: closing a file here that SQLite has open would drop its locks.
        words = [needle.hex() for who in people for needle in needles(who)]
        done = python(SEARCH, path, f"{path}-wal", f"{path}-shm", *words)
        assert done.stderr == ""
        return done.stdout.strip()

    assert found(*erased) == str([needle.hex() for who in erased for needle in needles(who)])
    for who in erased:
        store.append(make_batch([make_line(who, 2, b"erasure")], erases=((who, 0),)))
    store.checkpoint_wal()
    assert found(*erased) == "[]"
    assert found(kept) == str([needle.hex() for needle in needles(kept)])


def test_names_of_one_tag_are_told_apart(store: SQLiteStore) -> None:
    seen: dict[int, str] = {}
    for number in range(100_000):
        name = f"seat:{number}"
        if (other := seen.setdefault(claim_tag(name), name)) != name:
            break
    assert claim_tag(name) == claim_tag(other)
    store.append(make_batch([make_line(A, 0)], claims=(ClaimRow(name, A, 0),)))
    assert (store.holder(name), store.holder(other), store.holder(other, 1)) == (A, None, None)
    store.append(make_batch([make_line(B, 0)], claims=(ClaimRow(other, B, 0),)))
    store.append(make_batch([make_line(A, 1)], releases=((name, 0),)))
    assert (store.holder(name), store.holder(other), store.holder(name, 2)) == (None, B, A)


# --- cost -------------------------------------------------------------------------------------------------------------


def test_the_cost_of_one_entry_does_not_grow_with_the_log(store: SQLiteStore) -> None:
    def steps_of_one(stream: str) -> int:
        ticks = [0]

        def tick() -> int:
            ticks[0] += 1
            return 0

        with store._connection.write() as writer:
            writer.set_progress_handler(tick, 1)
        claims = (ClaimRow(f"claim:{stream}", stream, 0),)
        store.append(make_batch([make_line(stream, 0)], guards={stream: 0}, claims=claims))
        with store._connection.write() as writer:
            writer.set_progress_handler(None, 0)
        return ticks[0]

    store.append(make_batch([make_line("s:first", 0)]))
    early = steps_of_one("s:early")
    store.append(make_batch(make_line(f"s:{number}", 0) for number in range(4000)))
    late = steps_of_one("s:late")
    assert early > 0
    assert late <= early + early // 10
