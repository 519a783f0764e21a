"""
The tables of the SQLite store and the triggers that keep them append-only. A guard rail: hashes are the evidence.

Rows leave ``payload`` and ``state``, and are overwritten in ``claim`` and ``place_key``, only while ``erasing`` says so,
which is filled and emptied inside the transaction of an erasure. ``stream`` keeps an erased stream's row, so that one can
say that it was erased. What is inserted must be new, because INSERT OR REPLACE on a connection without recursive
triggers would delete unasked.

``secure_delete`` clears what is deleted, not the copies that rebalancing a b-tree leaves in the gaps of its pages (found
by test). So what must leave no trace in clear stands in *slots*: rows appended in rowid order, never resized and never
deleted, which SQLite therefore never copies, and which are overwritten in place. That is claim names and place keys. A
claim is found by a *tag* of 24 bits of its name's hash, few enough that a tag left behind names nobody. Bodies of
payloads and states are deleted; those of accounts must be given sealed, so that the vault's forgetting ends them.
"""

import hashlib
from typing import Final

from sqlite_utils import Database, Migrations

from creditbank.store.connection import Shape

_TABLES: Final = """
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, commitment BLOB NOT NULL, place BLOB NOT NULL,
    submission INTEGER NOT NULL, prev INTEGER
) STRICT;
CREATE TABLE payload (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE stream (
    stream TEXT PRIMARY KEY, version INTEGER NOT NULL, last INTEGER NOT NULL, place_key INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE place_key (id INTEGER PRIMARY KEY, key BLOB NOT NULL) STRICT;
CREATE TABLE claim (
    id INTEGER PRIMARY KEY, tag INTEGER NOT NULL, name TEXT NOT NULL, since INTEGER NOT NULL, stream TEXT NOT NULL
) STRICT;
CREATE INDEX claim_tag ON claim (tag);
CREATE INDEX claim_since ON claim (since);
CREATE INDEX claim_stream ON claim (stream);
CREATE TABLE release (claim INTEGER PRIMARY KEY, until INTEGER NOT NULL) STRICT;
CREATE TABLE request (
    key_hash BLOB PRIMARY KEY, request_hash BLOB NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE submission (
    id INTEGER PRIMARY KEY, first INTEGER NOT NULL, count INTEGER NOT NULL, author TEXT NOT NULL, key TEXT NOT NULL,
    not_after INTEGER NOT NULL, signature BLOB NOT NULL
) STRICT;
CREATE TABLE document (digest TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE tile (
    level INTEGER NOT NULL, number INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (level, number)
) STRICT;
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
CREATE TABLE state (
    stream TEXT PRIMARY KEY, version INTEGER NOT NULL, fold INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE TABLE erasing (seq INTEGER PRIMARY KEY, stream TEXT NOT NULL) STRICT;
CREATE TABLE task (stream TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
"""

_TAG_BITS: Final = 24
_TAG_LEAST: Final = 1 << _TAG_BITS
TAG_ERASED: Final = 2 << _TAG_BITS
"""The tag of no claim. All tags take SQLite four bytes, so that overwriting one does not resize its row."""

BLANK_NAME: Final = "CAST(zeroblob(length(CAST(name AS BLOB))) AS TEXT)"
"""As many bytes as the name had."""


def claim_tag(name: str) -> int:
    """Return where to look for a claim; about one in 16 million other names has the same tag."""
    return _TAG_LEAST + int.from_bytes(hashlib.sha256(name.encode()).digest()[: _TAG_BITS // 8], "big")


def _trigger(table: str, action: str, when: str) -> str:
    return (
        f"CREATE TRIGGER {table}_{action.lower()} BEFORE {action} ON {table} WHEN {when} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only ({action.lower()} refused)'); END"
    )


_ALWAYS: Final = "1"
_ERASING: Final = "EXISTS (SELECT 1 FROM erasing WHERE stream = OLD.stream)"

_REFUSED: Final = (
    (
        "entry",
        "INSERT",
        "NEW.seq <> (SELECT coalesce(max(seq), -1) + 1 FROM entry) OR NEW.prev >= NEW.seq"
        " OR NEW.at < (SELECT at FROM entry ORDER BY seq DESC LIMIT 1)",
    ),
    ("payload", "INSERT", "EXISTS (SELECT 1 FROM payload WHERE seq = NEW.seq)"),
    ("stream", "INSERT", "EXISTS (SELECT 1 FROM stream WHERE stream = NEW.stream)"),
    ("place_key", "INSERT", "NEW.id <> (SELECT coalesce(max(id), -1) + 1 FROM place_key)"),
    (
        "claim",
        "INSERT",
        "NEW.id <> (SELECT coalesce(max(id), -1) + 1 FROM claim)"
        " OR EXISTS (SELECT 1 FROM claim c WHERE c.tag = NEW.tag AND c.name = NEW.name"
        " AND NOT EXISTS (SELECT 1 FROM release WHERE claim = c.id))",
    ),
    ("release", "INSERT", "EXISTS (SELECT 1 FROM release WHERE claim = NEW.claim)"),
    ("request", "INSERT", "EXISTS (SELECT 1 FROM request WHERE key_hash = NEW.key_hash)"),
    ("submission", "INSERT", "NEW.id <> (SELECT coalesce(max(id), -1) + 1 FROM submission)"),
    ("document", "INSERT", "EXISTS (SELECT 1 FROM document WHERE digest = NEW.digest)"),
    ("tile", "INSERT", "EXISTS (SELECT 1 FROM tile WHERE level = NEW.level AND number = NEW.number)"),
    ("checkpoint", "INSERT", "NEW.size <= (SELECT max(size) FROM checkpoint)"),
    ("entry", "UPDATE", _ALWAYS),
    ("payload", "UPDATE", _ALWAYS),
    ("request", "UPDATE", _ALWAYS),
    ("submission", "UPDATE", _ALWAYS),
    ("document", "UPDATE", _ALWAYS),
    ("tile", "UPDATE", _ALWAYS),
    ("checkpoint", "UPDATE", _ALWAYS),
    (
        "stream",
        "UPDATE",
        "NEW.stream <> OLD.stream OR OLD.place_key IS NULL OR NEW.version <= OLD.version OR NEW.last <= OLD.last"
        f" OR (NEW.place_key IS NOT OLD.place_key AND NOT (NEW.place_key IS NULL AND {_ERASING}))",
    ),
    (
        "claim",
        "UPDATE",
        f"NEW.id <> OLD.id OR NEW.since <> OLD.since OR NEW.stream <> OLD.stream OR NEW.tag <> {TAG_ERASED}"
        f" OR NOT {_ERASING}",
    ),
    (
        "place_key",
        "UPDATE",
        "NEW.id <> OLD.id OR NEW.key <> zeroblob(length(OLD.key)) OR NOT EXISTS"
        " (SELECT 1 FROM erasing e JOIN stream s ON s.stream = e.stream WHERE s.place_key = OLD.id)",
    ),
    ("release", "UPDATE", _ALWAYS),
    ("entry", "DELETE", _ALWAYS),
    ("stream", "DELETE", _ALWAYS),
    ("request", "DELETE", _ALWAYS),
    ("submission", "DELETE", _ALWAYS),
    ("document", "DELETE", _ALWAYS),
    ("tile", "DELETE", _ALWAYS),
    ("checkpoint", "DELETE", _ALWAYS),
    ("payload", "DELETE", "NOT EXISTS (SELECT 1 FROM erasing WHERE seq = OLD.seq)"),
    ("place_key", "DELETE", _ALWAYS),
    ("claim", "DELETE", _ALWAYS),
    ("release", "DELETE", _ALWAYS),
    ("state", "DELETE", f"NOT {_ERASING}"),
)

TRIGGERS: Final = {f"{table}_{action.lower()}": _trigger(table, action, when) for table, action, when in _REFUSED}

_MIGRATIONS: Final = Migrations("creditbank.store")
"""Append only: a migration changes the shape of tables, never an entry."""


@_MIGRATIONS()
def first_tables(db: Database) -> None:
    """Make every table of version 1."""
    db.executescript(_TABLES)
    for sql in TRIGGERS.values():
        db.execute(sql)


LEDGER: Final = Shape("ledger", 0x63724C67, _MIGRATIONS, TRIGGERS)  # "crLg"
