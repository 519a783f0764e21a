"""
One SQLite file, used in the one way that was found to lose nothing (docs: *Writing* in the ledger's design).

``store`` and ``vault`` may not import each other, so each has this file; a test holds the two to the same bytes.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any, Final

import attrs
from sqlite_utils import Database, Migrations

from creditbank.errors import CreditBankError, ForkedError, NewerDatabaseError, StoreError

BUSY_TIMEOUT_MS: Final = 10_000
"""How long SQLite waits for a foreign tool's lock; our own writers queue on the lock file instead."""

FILE_MODE: Final = 0o600


@attrs.frozen
class Shape:
    """
    What kind of file it is.

    Attributes:
        noun: How messages call it.
        application_id: SQLite's mark for the kind of file, so that no other kind is opened by mistake.
        migrations: The database's shape as an append-only list; ``user_version`` is how many were applied.
        triggers: Name to SQL of every trigger that must be there when it is opened.
    """

    noun: str
    application_id: int
    migrations: Migrations
    triggers: Mapping[str, str]


class Connection:
    """
    A writer and a reader on one file. Every write holds a mutex, an ``flock`` on ``<file>.lock``, and a transaction
    that began IMMEDIATE; the reader is ``query_only`` and never checkpoints.
    """

    def __init__(self, path: Path, shape: Shape) -> None:
        """
        Open *path*, creating and migrating it as needed.

        Raises:
            StoreError: it cannot be opened, is another kind of file, or lacks a trigger.
            NewerDatabaseError: a newer creditbank has migrated it.
        """
        self.fault: Callable[[str], None] | None = None
        self._path = path
        self._shape = shape
        self._pid = os.getpid()
        self._write_lock = RLock()
        self._read_lock = RLock()
        self._closed = False
        try:
            self._lock_file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        except OSError as error:
            raise StoreError(f"cannot open the {shape.noun} {path}: {error}", "give a writable folder") from error
        try:
            with self._flocked():
                self._writer: sqlite3.Connection | None = self._open_first()
                self._reader = self._connect()
                self._reader.execute("PRAGMA query_only = ON")
                self._reader.execute("PRAGMA wal_autocheckpoint = 0")
        except BaseException:
            os.close(self._lock_file)
            raise

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """
        Run the block in one transaction. Whatever it raises rolls back; SQLite's own errors become StoreError.

        Raises:
            ForkedError, StoreError: another process, closed, or SQLite refused; when it refused to commit, whether
                anything was written is unknown, and the message says so.
        """
        self._check()
        with self._write_lock, self._flocked():
            connection = self._writer_now()
            try:
                connection.execute("BEGIN IMMEDIATE")
                self.step("begin")
                yield connection
            except BaseException as error:
                self._roll_back(connection)
                if isinstance(error, sqlite3.Error):
                    raise self._failed("write", error) from error
                raise
            try:
                self.step("commit")
                connection.execute("COMMIT")
                self.step("committed")
            except BaseException as error:
                self._drop(connection)
                if not isinstance(error, Exception):
                    raise
                raise StoreError(
                    f"commit failed in the {self._shape.noun}: {error}", "look the request up by its key first"
                ) from error

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Lend the reader. The block must leave no statement half read, or the log cannot be truncated."""
        self._check()
        with self._read_lock:
            self._check()
            try:
                yield self._reader
            except sqlite3.Error as error:
                raise self._failed("read", error) from error

    def ask(self, sql: str, values: Any = ()) -> list[Any]:
        """Return all rows of one statement, read with the reader; for single questions, which are many."""
        if self._closed or os.getpid() != self._pid:
            self._check()
        with self._read_lock:
            if self._closed:
                self._check()
            try:
                return self._reader.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise self._failed("read", error) from error

    def truncate_wal(self) -> None:
        """Move the write-ahead log into the file and cut it to nothing; StoreError while an old state is being read."""
        self._check()
        with self._write_lock, self._read_lock, self._flocked():
            try:
                busy, _, _ = self._writer_now().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.Error as error:
                raise self._failed("checkpoint", error) from error
            if busy:
                raise StoreError(
                    f"the write-ahead log of the {self._shape.noun} is in use", "end long reads, then try again"
                )

    def close(self) -> None:
        """Checkpoint and close, under the lock: closing the last connection, even a reader, removes the log."""
        if self._closed:
            return
        self._check()
        with self._write_lock, self._read_lock, self._flocked():
            self._closed = True
            self._reader.close()
            if self._writer is not None:
                with suppress(sqlite3.Error):
                    self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._writer.close()
        os.close(self._lock_file)

    def step(self, name: str) -> None:
        """Where tests make a write fail."""
        if self.fault is not None:
            self.fault(name)

    # --- opening ------------------------------------------------------------------------------------------------------

    def _open_first(self) -> sqlite3.Connection:
        connection = None
        try:
            with suppress(FileExistsError):
                # Only ever a file that is not there yet: closing one that SQLite has open would drop its locks.
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE_MODE))
            connection = self._connect(foreign_check=True)
            self._migrate(connection)
            self._check_triggers(connection)
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, CreditBankError) or not isinstance(error, sqlite3.Error | OSError):
                raise
            raise self._failed("open", error) from error
        return connection

    def _connect(self, foreign_check: bool = False) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            if foreign_check:
                self._check_kind(connection)
            # Before anything is written: what was once deleted without it stays readable.
            (secure,) = connection.execute("PRAGMA secure_delete = ON").fetchone()
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            if secure != 1 or mode != "wal":
                raise StoreError(
                    f"{self._path} cannot have secure_delete and WAL (has {secure}, {mode})", "use a local file system"
                )
            connection.execute("PRAGMA synchronous = FULL")
            # Statement journals hold old pages; they stay out of the file system's temporary folder.
            connection.execute("PRAGMA temp_store = MEMORY")
            # Else INSERT OR REPLACE deletes without asking the triggers.
            connection.execute("PRAGMA recursive_triggers = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_kind(self, connection: sqlite3.Connection) -> None:
        (kind,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if kind != self._shape.application_id and (kind or tables):
            raise StoreError(f"{self._path} is not a {self._shape.noun}", "give the file that creditbank made")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > self._version(connection):
            raise NewerDatabaseError(
                f"the {self._shape.noun} {self._path} has version {version}, newer than this creditbank's",
                "use the creditbank that wrote it, or a later one",
            )

    def _version(self, connection: sqlite3.Connection) -> int:
        database = Database(connection, execute_plugins=False)
        migrations = self._shape.migrations
        return len(migrations.applied(database)) + len(migrations.pending(database))

    def _migrate(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        target = self._version(connection)
        if version == target:
            return
        connection.execute("BEGIN IMMEDIATE")
        # In a transaction that is open already, sqlite-utils nests by savepoints, so all of it is one.
        self._shape.migrations.apply(Database(connection, execute_plugins=False))
        connection.execute(f"PRAGMA application_id = {self._shape.application_id}")
        connection.execute(f"PRAGMA user_version = {target}")
        connection.execute("COMMIT")

    def _check_triggers(self, connection: sqlite3.Connection) -> None:
        present = Database(connection, execute_plugins=False).triggers_dict
        for name, sql in self._shape.triggers.items():
            if present.get(name) != sql:
                state = "is altered" if name in present else "is missing"
                raise StoreError(
                    f"the trigger {name} of the {self._shape.noun} {self._path} {state}",
                    "somebody changed the file: verify it against its checkpoints, or restore it",
                )

    # --- while open ---------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        if os.getpid() != self._pid:
            raise ForkedError(
                f"the {self._shape.noun} was opened by process {self._pid} and used in process {os.getpid()}",
                "open it anew in each process",
            )
        if self._closed:
            raise StoreError(f"the {self._shape.noun} is closed", "open it again")

    @contextmanager
    def _flocked(self) -> Iterator[None]:
        if self._closed:
            raise StoreError(f"the {self._shape.noun} is closed", "open it again")
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)

    def _writer_now(self) -> sqlite3.Connection:
        if self._writer is None:
            try:
                self._writer = self._connect()
            except sqlite3.Error as error:
                raise self._failed("open", error) from error
        return self._writer

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._drop(connection)

    def _drop(self, connection: sqlite3.Connection) -> None:
        """Close a connection that can no longer be trusted, rolling back; the next write opens another."""
        self._writer = None
        with suppress(sqlite3.Error):
            connection.close()

    def _failed(self, what: str, error: Exception) -> StoreError:
        return StoreError(
            f"cannot {what} the {self._shape.noun} {self._path}: {error}", "see that its disk works, then try again"
        )
