"""The SQLite store keeps the contract."""

from pathlib import Path

from creditbank.store import SQLiteStore, Store
from creditbank.testing.store_contract import StoreContract


class TestSQLiteStore(StoreContract):
    def make(self, path: Path) -> Store:
        self.path = path / "ledger.db"
        return SQLiteStore(self.path)

    def reopen(self, store: Store) -> Store:
        store.close()
        return SQLiteStore(self.path)
