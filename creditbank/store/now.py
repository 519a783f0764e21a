"""What a plan asks of an SQLite file, on the connection that will write; many names in few statements."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from creditbank.store.base import Batch
from creditbank.store.plan import StreamNow
from creditbank.store.schema import claim_tag

__all__ = ["END", "HELD", "Names", "Now", "one"]

Name = str | bytes

END: Final = "SELECT seq + 1, at, submission + 1 FROM entry ORDER BY seq DESC LIMIT 1"
"""How many entries there are, the last one's ``at``, how many submissions: the last entry is of the last one."""

HELD: Final = "WHERE c.tag = ? AND c.name = ? AND NOT EXISTS (SELECT 1 FROM release r WHERE r.claim = c.id)"

MANY: Final = 256
"""How many names are asked for in one statement."""

FEW: Final = 12
"""Up to so many are asked for one by one: SQLite takes longer to arrange a list than to look up a few."""


@attrs.frozen
class Names:
    """A statement about many names, in which ``{}`` stands for them."""

    one: str
    many: str

    @classmethod
    def of(cls, sql: str) -> "Names":
        return cls(sql.format("?"), sql.format(",".join("?" * MANY)))

    def asked(self, values: Sequence[Name], ask: Callable[[str, Sequence[Name]], list[Any]]) -> list[Any]:
        """Return all rows about *values*."""
        if len(values) <= FEW:
            return [row for value in values for row in ask(self.one, (value,))]
        found = []
        for first in range(0, len(values), MANY):
            lot = list(values[first : first + MANY])
            found += ask(self.many, lot + lot[-1:] * (MANY - len(lot)))  # one statement for every lot
        return found


_KNOWN: Final = Names.of("SELECT key_hash FROM request WHERE key_hash IN ({})")

_STREAMS: Final = Names.of(
    "SELECT s.stream, s.version, s.last, k.key FROM stream s LEFT JOIN place_key k ON k.id = s.place_key"
    " WHERE s.stream IN ({})"
)


class Now:
    """See :class:`creditbank.store.plan.Present`; what *batch* will ask for is looked up at once."""

    def __init__(self, db: sqlite3.Connection, batch: Batch) -> None:
        self._db = db
        keys = [row.key_hash for row in batch.requests]
        self._known = {key for (key,) in _KNOWN.asked(keys, self._ask)}
        names = {**batch.guards, **dict.fromkeys([line.stream for line in batch.lines])}
        self._streams = {row[0]: StreamNow(*row[1:]) for row in _STREAMS.asked(list(names), self._ask)}
        end: tuple[int, int, int] = one(db, END) or (0, 0, 0)
        self._end, self._at_ms, self.submissions = end

    def _ask(self, sql: str, values: Sequence[Name]) -> list[Any]:
        return self._db.execute(sql, values).fetchall()

    def known(self, key_hash: bytes) -> bool:
        return key_hash in self._known

    def published_size(self) -> int:
        row = one(self._db, "SELECT coalesce(max(size), 0) FROM checkpoint")
        return int(row[0])

    def stream(self, name: str) -> StreamNow | None:
        return self._streams.get(name)

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
