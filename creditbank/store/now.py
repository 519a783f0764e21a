"""What a plan asks of an SQLite file, on the connection that will write; many names in few statements."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from creditbank.store.base import Batch
from creditbank.store.plan import StreamNow
from creditbank.store.schema import claim_tag

__all__ = ["END", "HELD", "Now", "in_lots", "one"]

END: Final = "SELECT seq + 1, at, submission + 1 FROM entry ORDER BY seq DESC LIMIT 1"
"""How many entries there are, the last one's ``at``, how many submissions: the last entry is of the last one."""

HELD: Final = "WHERE c.tag = ? AND c.name = ? AND NOT EXISTS (SELECT 1 FROM release r WHERE r.claim = c.id)"

LOTS: Final = (4, 256)
"""How many names are asked for in one statement: each is prepared once, and filled up with its last name."""

_KNOWN: Final = "SELECT key_hash FROM request WHERE key_hash IN ({})"

_STREAMS: Final = """
SELECT s.stream, s.version, s.last, k.key FROM stream s LEFT JOIN place_key k ON k.id = s.place_key
WHERE s.stream IN ({})
"""


def in_lots(sql: str, values: Sequence[str | bytes]) -> Iterator[tuple[str, Sequence[str | bytes]]]:
    """Yield (statement, values) for *sql*, in which ``{}`` stands for the names asked for, until all were."""
    first = 0
    while first < len(values):
        size = next((size for size in LOTS if size >= len(values) - first), LOTS[-1])
        lot = list(values[first : first + size])
        yield sql.format(",".join("?" * size)), lot + lot[-1:] * (size - len(lot))
        first += size


class Now:
    """See :class:`creditbank.store.plan.Present`; what *batch* will ask for is looked up at once."""

    def __init__(self, db: sqlite3.Connection, batch: Batch) -> None:
        self._db = db
        self._known = {key for (key,) in self._many(_KNOWN, [row.key_hash for row in batch.requests])}
        names = {**batch.guards, **dict.fromkeys(line.stream for line in batch.lines)}
        found = {row[0]: StreamNow(*row[1:]) for row in self._many(_STREAMS, list(names))}
        self._streams = {name: found.get(name) for name in names}
        end: tuple[int, int, int] = one(db, END) or (0, 0, 0)
        self._end, self._at_ms, self.submissions = end

    def _many(self, sql: str, values: Sequence[str | bytes]) -> Iterable[Any]:
        for statement, lot in in_lots(sql, values):
            yield from self._db.execute(statement, lot).fetchall()

    def known(self, key_hash: bytes) -> bool:
        return key_hash in self._known

    def published_size(self) -> int:
        row = one(self._db, "SELECT coalesce(max(size), 0) FROM checkpoint")
        return int(row[0])

    def stream(self, name: str) -> StreamNow | None:
        return self._streams[name]

    def held(self, claim: str) -> str | None:
        row = one(self._db, f"SELECT c.stream FROM claim c {HELD}", (claim_tag(claim), claim))
        return row[0] if row else None

    def kept_document(self, digest: str) -> bytes | None:
        row = one(self._db, "SELECT body FROM document WHERE digest = ?", (digest,))
        return row[0] if row else None

    def end(self) -> tuple[int, int]:
        return self._end, self._at_ms


def one(db: sqlite3.Connection, sql: str, values: Any = ()) -> Any:
    """Return the only row or None, leaving no statement half read."""
    rows = db.execute(sql, values).fetchall()
    assert len(rows) <= 1
    return rows[0] if rows else None
