"""
The vault in one SQLite file of its own, so that it can be backed up, and its backups lapse, apart from the ledger.
"""

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from creditbank.errors import ConflictError
from creditbank.vault.base import KEY_SIZE, Person
from creditbank.vault.connection import Connection
from creditbank.vault.schema import TAG_FORGOTTEN, VAULT, blank, token_tag
from creditbank.vault.secret import Keyed

ROWS_AT_ONCE: Final = 1024
"""How many accounts are listed at a time."""

_SLOT: Final = "SELECT id FROM person WHERE account = ? AND tag <> ?"


MANY: Final = 256
"""How many accounts are asked for in one statement."""

_KEY: Final = "SELECT account, key FROM person WHERE account = ? AND tag <> ?"
_KEYS: Final = f"SELECT account, key FROM person WHERE account IN ({','.join('?' * MANY)}) AND tag <> ?"


class SQLiteVault(Keyed):
    """
    Keeps persons in *path*, with ``-wal``, ``-shm`` and ``.lock`` beside it. The secret is made with the file and
    stays in it. No account key is cached: what another process forgot is gone here too.
    """

    def __init__(self, path: Path | str) -> None:
        """Open or create. Raises: as :class:`creditbank.vault.connection.Connection`."""
        self._connection = Connection(Path(path), VAULT)
        with self._connection.read() as db:
            [(secret,)] = db.execute("SELECT secret FROM secret").fetchall()
        super().__init__(secret)

    @property
    def _fault(self) -> Callable[[str], None] | None:
        """Tests make a write fail at a named step: begin, commit, committed."""
        return self._connection.fault

    @_fault.setter
    def _fault(self, fault: Callable[[str], None] | None) -> None:
        self._connection.fault = fault

    def put(self, account: str, token: str, person: Person) -> str:
        return self.put_many([(account, token, person)])[0]

    def put_many(self, rows: Sequence[tuple[str, str, Person]]) -> tuple[str, ...]:
        with self._connection.write() as db:
            return tuple([_put(db, account, token, person) for account, token, person in rows])

    def person(self, account: str) -> Person | None:
        # One statement, so that person and details are of one moment.
        rows = self._connection.ask(
            "SELECT p.name, p.document, p.number, d.field, d.value FROM person p"
            " LEFT JOIN detail d ON d.person = p.id WHERE p.account = ? AND p.tag <> ? ORDER BY d.id",
            (account, TAG_FORGOTTEN),
        )
        if not rows:
            return None
        name, document, number, _, _ = rows[0]
        return Person(name, document, number, {field: value for *_, field, value in rows if field is not None})

    def key(self, account: str) -> bytes | None:
        return self.keys([account]).get(account)

    def keys(self, accounts: Iterable[str]) -> dict[str, bytes]:
        wanted = list(accounts)
        if len(wanted) == 1:
            return dict(self._connection.ask(_KEY, (*wanted, TAG_FORGOTTEN)))
        found: dict[str, bytes] = {}
        for first in range(0, len(wanted), MANY):
            lot = wanted[first : first + MANY]
            lot += lot[-1:] * (MANY - len(lot))  # one statement for every lot
            found.update(self._connection.ask(_KEYS, (*lot, TAG_FORGOTTEN)))
        return found

    def forget(self, account: str) -> None:
        with self._connection.write() as db:
            # Overwritten in place, not deleted: see the schema. Forgotten rows stay as they are.
            slots = [row for (row,) in db.execute(_SLOT, (account, TAG_FORGOTTEN)).fetchall()]
            for slot in slots:
                db.execute(
                    f"UPDATE person SET tag = ?, key = zeroblob(?), {blank('token', 'name', 'document', 'number')} WHERE id = ?",
                    (TAG_FORGOTTEN, KEY_SIZE, slot),
                )
                db.execute(f"UPDATE detail SET {blank('field', 'value')} WHERE person = ?", (slot,))
        # Also when there was nothing left to delete: the time before may have been cut off here.
        self._connection.truncate_wal()

    def accounts(self) -> Iterator[str]:
        after = ""
        while True:
            rows = self._connection.ask(
                "SELECT account FROM person WHERE account > ? AND tag <> ? ORDER BY account LIMIT ?",
                (after, TAG_FORGOTTEN, ROWS_AT_ONCE),
            )
            yield from (account for (account,) in rows)
            if len(rows) < ROWS_AT_ONCE:
                return
            after = rows[-1][0]

    def close(self) -> None:
        self._connection.close()


def _put(db: sqlite3.Connection, account: str, token: str, person: Person) -> str:
    tag = token_tag(token)
    for (kept,) in db.execute("SELECT account FROM person WHERE tag = ? AND token = ?", (tag, token)).fetchall():
        return str(kept)
    if db.execute(_SLOT, (account, TAG_FORGOTTEN)).fetchall():
        raise ConflictError(f"{account} is kept under another token", "give a new account id")
    (slot,) = db.execute("SELECT coalesce(max(id), -1) + 1 FROM person").fetchone()
    db.execute(
        "INSERT INTO person (id, tag, account, token, key, name, document, number) VALUES (?,?,?,?,?,?,?,?)",
        (slot, tag, account, token, secrets.token_bytes(KEY_SIZE), person.name, person.document, person.number),
    )
    (first,) = db.execute("SELECT coalesce(max(id), -1) + 1 FROM detail").fetchone()
    db.executemany(
        "INSERT INTO detail (id, person, field, value) VALUES (?,?,?,?)",
        [(number, slot, field, value) for number, (field, value) in enumerate(sorted(person.details.items()), first)],
    )
    return account
