"""Where the ledger is kept: bytes, names and versions, never meanings."""

from creditbank.store.base import (
    CLOCK_SLACK_MS,
    HASH_SIZE,
    LINES_MAX,
    PLACE_KEY_SIZE,
    Batch,
    ClaimRow,
    EntryRow,
    Kept,
    Line,
    Published,
    RequestRow,
    Seen,
    StateRow,
    Store,
    SubmissionRow,
    Tip,
)
from creditbank.store.memory import MemoryStore
from creditbank.store.sqlite import SQLiteStore

__all__ = [
    "CLOCK_SLACK_MS",
    "HASH_SIZE",
    "LINES_MAX",
    "PLACE_KEY_SIZE",
    "Batch",
    "ClaimRow",
    "EntryRow",
    "Kept",
    "Line",
    "MemoryStore",
    "Published",
    "RequestRow",
    "SQLiteStore",
    "Seen",
    "StateRow",
    "Store",
    "SubmissionRow",
    "Tip",
]
