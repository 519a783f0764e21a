"""
The tables of the SQLite vault. All of it can be forgotten but the secret, which every token hangs on.
"""

import secrets
from typing import Final

from sqlite_utils import Database, Migrations

from creditbank.vault.base import KEY_SIZE
from creditbank.vault.connection import Shape

_TABLES: Final = """
CREATE TABLE secret (id INTEGER PRIMARY KEY CHECK (id = 1), secret BLOB NOT NULL) STRICT;
CREATE TABLE person (
    account TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, key BLOB NOT NULL,
    name TEXT NOT NULL, document TEXT NOT NULL, number TEXT NOT NULL
) STRICT;
CREATE TABLE detail (
    account TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (account, field)
) STRICT, WITHOUT ROWID;
"""


def _trigger(table: str, action: str, when: str) -> str:
    return (
        f"CREATE TRIGGER {table}_{action.lower()} BEFORE {action} ON {table} WHEN {when} "
        f"BEGIN SELECT RAISE(ABORT, '{table} cannot be changed ({action.lower()} refused)'); END"
    )


TRIGGERS: Final = {
    "secret_insert": _trigger("secret", "INSERT", "EXISTS (SELECT 1 FROM secret)"),
    "secret_update": _trigger("secret", "UPDATE", "1"),
    "secret_delete": _trigger("secret", "DELETE", "1"),
    "person_insert": _trigger(
        "person", "INSERT", "EXISTS (SELECT 1 FROM person WHERE account = NEW.account OR token = NEW.token)"
    ),
    "person_update": _trigger("person", "UPDATE", "1"),
}

_MIGRATIONS: Final = Migrations("creditbank.vault")
"""Append only."""


@_MIGRATIONS()
def first_tables(db: Database) -> None:
    """Make every table of version 1, and the secret."""
    db.executescript(_TABLES)
    for sql in TRIGGERS.values():
        db.execute(sql)
    db.execute("INSERT INTO secret (id, secret) VALUES (1, ?)", (secrets.token_bytes(KEY_SIZE),))


VAULT: Final = Shape("vault", 0x63725661, _MIGRATIONS, TRIGGERS)  # "crVa"
