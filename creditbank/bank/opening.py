"""Open a bank by its URL."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from creditbank.bank.core import Bank
from creditbank.domain.name import InstitutionId
from creditbank.errors import MalformedError
from creditbank.ledger import Signer
from creditbank.store import MemoryStore, SQLiteStore
from creditbank.vault import MemoryVault, SQLiteVault

__all__ = ["LEDGER", "VAULT", "connect", "memory_bank"]

LEDGER = "ledger.db"
VAULT = "vault.db"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def connect(
    url: str | None = None,
    *,
    signers: Mapping[InstitutionId, Signer] | None = None,
    clock: Callable[[], int] = _now_ms,
    mark: Path | None = None,
) -> Bank:
    """
    Open the bank at *url*, making its folder if there is none.

    Args:
        url: ``sqlite:///folder`` (four slashes for an absolute path) or ``memory:``; by default ``$CREDITBANK_URL``.
        signers: Whose requests this process signs. The bank signs for nobody else; others sign what ``prepare`` gives them.
        clock: Unix milliseconds, UTC.
        mark: Where the high-water mark is kept; by default under ``$XDG_STATE_HOME``, outside the folder.

    Raises, in this order:
        MalformedError: *url* is none.
        StoreError: A database cannot be opened, or was written by a newer creditbank.
    """
    text = url or os.environ.get("CREDITBANK_URL", "")
    if text == "memory:":
        return memory_bank(signers=signers, clock=clock)
    scheme, separator, path = text.partition(":///")
    if scheme != "sqlite" or not separator or not path:
        raise MalformedError(f"{text!r} is no bank", "url", "give sqlite:///folder, or memory:")
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    store = SQLiteStore(folder / LEDGER)
    try:
        vault = SQLiteVault(folder / VAULT)
    except BaseException:
        store.close()
        raise
    return Bank(store, vault, signers=signers or {}, clock=clock, mark=mark, marked=True)


def memory_bank(*, signers: Mapping[InstitutionId, Signer] | None = None, clock: Callable[[], int] = _now_ms) -> Bank:
    """Return an empty bank that lives in memory; for tests and for trying things."""
    return Bank(MemoryStore(), MemoryVault(), signers=signers or {}, clock=clock, mark=None, marked=False)
