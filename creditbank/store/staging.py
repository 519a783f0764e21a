"""
Rows on their way from a file into a bank: kept, ordered and compared on disk, so that a file may be larger than memory.

The database has no name: SQLite removes it from its folder as it makes it (SQLITE_TMPDIR, TMPDIR, else /var/tmp), so a process
that dies leaves no copy of what stood in it. Nothing here is durable, and nothing needs to be: the file is still there.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal

import attrs

from creditbank.errors import StoreError

__all__ = ["Fault", "StagedRow", "Staging"]

CACHE_KIB: Final = 32 * 1024
"""Memory for pages of the database."""

ROWS_AT_ONCE: Final = 1024

_SCHEMA: Final = """
CREATE TABLE row (
    line INTEGER PRIMARY KEY,   -- where it begins in the file, from 1
    subject TEXT NOT NULL,      -- whose rows are decided together
    key TEXT NOT NULL,          -- what the row says, hashed
    claim TEXT,                 -- a name that it takes
    cells TEXT NOT NULL,
    state INTEGER NOT NULL      -- 0 waits, 1 bad, 2 known before, 3 recorded
);
CREATE TABLE fault (line INTEGER PRIMARY KEY, field TEXT NOT NULL, reason TEXT NOT NULL);
"""

_WAITS: Final = 0
_STATES: Final = {"bad": 1, "known": 2, "recorded": 3}


@attrs.frozen
class StagedRow:
    """A row of a file: see the schema."""

    line: int
    subject: str
    key: str
    claim: str | None
    cells: str = attrs.field(repr=False)


@attrs.frozen
class Fault:
    """What is wrong with the row that begins in *line*, and in which *column*."""

    line: int
    column: str
    reason: str


class Staging:
    """Rows and their faults, for one thread. Whatever SQLite refuses (a full disk, say) is a StoreError."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        for pragma in (f"cache_size = -{CACHE_KIB}", "journal_mode = OFF", "synchronous = OFF", "temp_store = FILE"):
            self._db.execute(f"PRAGMA {pragma}").fetchall()
        self._db.executescript(_SCHEMA)

    def __enter__(self) -> "Staging":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def add(self, rows: Sequence[StagedRow]) -> None:
        """Keep *rows*, all waiting."""
        self._many("INSERT INTO row VALUES (?,?,?,?,?,0)", [(r.line, r.subject, r.key, r.claim, r.cells) for r in rows])

    def arrange(self) -> None:
        """Put the rows in order; once, when all were added."""
        self._ask("CREATE INDEX in_order ON row (subject, line)")

    def waiting(self, after: tuple[str, int], limit: int) -> list[StagedRow]:
        """Return up to *limit* waiting rows that come after (subject, line), by subject and line."""
        found = self._ask(
            "SELECT line, subject, key, claim, cells FROM row WHERE (subject, line) > (?, ?) AND state = ?"
            " ORDER BY subject, line LIMIT ?",
            (*after, _WAITS, limit),
        )
        return [StagedRow(*row) for row in found]

    def repeated(self, what: Literal["key", "claim"]) -> Iterator[tuple[int, int]]:
        """Yield (line, first line) of the rows that say what an earlier one says, or take the name that it takes."""
        after = 0
        while True:
            # The window is worked out once: SQLite keeps the table that is made of it while the pages are read.
            found = self._ask(
                f"SELECT line, first FROM repeated_{what} WHERE line > ? ORDER BY line LIMIT ?",
                (after, ROWS_AT_ONCE),
            )
            yield from ((line, first) for line, first in found)
            if len(found) < ROWS_AT_ONCE:
                return
            after = found[-1][0]

    def compare(self) -> None:
        """Find the rows that repeat earlier ones; once, when all were added."""
        for what in ("key", "claim"):
            self._ask(
                f"CREATE TEMP TABLE repeated_{what} AS SELECT line, first FROM (SELECT line, min(line) OVER"
                f" (PARTITION BY {what}) AS first FROM row WHERE {what} IS NOT NULL) WHERE line <> first"
            )

    def settle(self, lines: Iterable[int], state: Literal["known", "recorded"]) -> None:
        """Note what became of rows."""
        self._many("UPDATE row SET state = ? WHERE line = ?", [(_STATES[state], line) for line in lines])

    def spoil(self, faults: Sequence[Fault]) -> None:
        """Note that rows are bad, whether or not they were added; the first fault of a row stays."""
        self._many("INSERT OR IGNORE INTO fault VALUES (?,?,?)", [(f.line, f.column, f.reason) for f in faults])
        self._many("UPDATE row SET state = ? WHERE line = ?", [(_STATES["bad"], f.line) for f in faults])

    def faults(self, limit: int) -> tuple[Fault, ...]:
        """Return the first *limit* faults in order of line."""
        return tuple(Fault(*row) for row in self._ask("SELECT * FROM fault ORDER BY line LIMIT ?", (limit,)))

    def count(self, state: Literal["bad", "known", "recorded"]) -> int:
        """Return how many rows are in *state*."""
        if state == "bad":
            [(many,)] = self._ask("SELECT count(*) FROM fault")
        else:
            [(many,)] = self._ask("SELECT count(*) FROM row WHERE state = ?", (_STATES[state],))
        return int(many)

    def _ask(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise _failed(error) from error

    def _many(self, sql: str, values: Sequence[tuple[Any, ...]]) -> None:
        try:
            self._db.execute("BEGIN")
            self._db.executemany(sql, values)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise _failed(error) from error


def _failed(error: sqlite3.Error) -> StoreError:
    return StoreError(f"cannot keep rows aside: {error}", "make room in the folder of temporary files (TMPDIR)")
