"""The memory store keeps the contract."""

from pathlib import Path

from creditbank.store import MemoryStore, Store
from creditbank.testing.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    def make(self, path: Path) -> Store:
        return MemoryStore()

    def reopen(self, store: Store) -> Store:
        return store
