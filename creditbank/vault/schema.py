"""
The tables of the SQLite vault. All of it can be forgotten but the secret, which every token hangs on.

``secure_delete`` clears what is deleted, not the copies that rebalancing a b-tree leaves in the gaps of its pages (found
by test: one token in 120 words). So persons and keys stand in *slots*: rows appended in rowid order, never resized and
never deleted, which SQLite therefore never copies, and which are overwritten in place. A token is found by a *tag* of 24
bits of its hash, few enough that a tag left behind names nobody. Account ids are random and stay in the ledger anyway.
"""

import hashlib
import secrets
from typing import Final

from sqlite_utils import Database, Migrations

from creditbank.vault.base import KEY_SIZE
from creditbank.vault.connection import Shape

_TABLES: Final = """
CREATE TABLE secret (id INTEGER PRIMARY KEY CHECK (id = 1), secret BLOB NOT NULL) STRICT;
CREATE TABLE person (
    id INTEGER PRIMARY KEY, tag INTEGER NOT NULL, account TEXT NOT NULL, token TEXT NOT NULL, key BLOB NOT NULL,
    name TEXT NOT NULL, document TEXT NOT NULL, number TEXT NOT NULL
) STRICT;
CREATE INDEX person_tag ON person (tag);
CREATE INDEX person_account ON person (account);
CREATE TABLE detail (
    id INTEGER PRIMARY KEY, person INTEGER NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL
) STRICT;
CREATE INDEX detail_person ON detail (person);
"""

_TAG_BITS: Final = 24
_TAG_LEAST: Final = 1 << _TAG_BITS
TAG_FORGOTTEN: Final = 2 << _TAG_BITS
"""The tag of no token. All tags take SQLite four bytes, so that overwriting one does not resize its row."""


def token_tag(token: str) -> int:
    """Return where to look for a token; about one in 16 million others has the same tag."""
    return _TAG_LEAST + int.from_bytes(hashlib.sha256(token.encode()).digest()[: _TAG_BITS // 8], "big")


def blank(*columns: str) -> str:
    """Return SQL that overwrites text columns by as many zero bytes as they have."""
    return ", ".join(f"{name} = CAST(zeroblob(length(CAST({name} AS BLOB))) AS TEXT)" for name in columns)


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
        "person",
        "INSERT",
        "NEW.id <> (SELECT coalesce(max(id), -1) + 1 FROM person)"
        " OR EXISTS (SELECT 1 FROM person WHERE tag = NEW.tag AND token = NEW.token)"
        f" OR EXISTS (SELECT 1 FROM person WHERE account = NEW.account AND tag <> {TAG_FORGOTTEN})",
    ),
    "person_update": _trigger(
        "person",
        "UPDATE",
        f"NEW.id <> OLD.id OR NEW.tag <> {TAG_FORGOTTEN} OR NEW.key <> zeroblob({KEY_SIZE})"
        " OR NEW.account <> OLD.account",
    ),
    "person_delete": _trigger("person", "DELETE", "1"),
    "detail_insert": _trigger("detail", "INSERT", "NEW.id <> (SELECT coalesce(max(id), -1) + 1 FROM detail)"),
    "detail_update": _trigger(
        "detail",
        "UPDATE",
        "NEW.id <> OLD.id OR NEW.person <> OLD.person"
        f" OR NOT EXISTS (SELECT 1 FROM person WHERE id = OLD.person AND tag = {TAG_FORGOTTEN})",
    ),
    "detail_delete": _trigger("detail", "DELETE", "1"),
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
