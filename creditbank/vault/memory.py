"""
A vault in memory, for tests and for trying things out.
"""

import secrets
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import RLock

from creditbank.errors import ConflictError, StoreError
from creditbank.vault.base import KEY_SIZE, Person
from creditbank.vault.secret import Keyed


class MemoryVault(Keyed):
    """Keeps persons until it is closed. *secret* (32 bytes) makes tokens come out the same again; random without."""

    def __init__(self, secret: bytes | None = None) -> None:
        super().__init__(secrets.token_bytes(KEY_SIZE) if secret is None else secret)
        self._lock = RLock()
        self._closed = False
        self._fault: Callable[[str], None] | None = None  # tests make a write fail at a named step
        self._rows: dict[str, tuple[str, bytes, Person]] = {}  # account → token, key, person
        self._accounts: dict[str, str] = {}  # token → account

    def put(self, account: str, token: str, person: Person) -> str:
        return self.put_many([(account, token, person)])[0]

    def put_many(self, rows: Sequence[tuple[str, str, Person]]) -> tuple[str, ...]:
        with self._open():
            fresh: dict[str, tuple[str, bytes, Person]] = {}
            accounts = ChainMap[str, str]({}, self._accounts)
            for account, token, person in rows:
                if token in accounts:
                    continue
                if account in fresh or account in self._rows:
                    raise ConflictError(f"{account} is kept under another token", "give a new account id")
                fresh[account] = (token, secrets.token_bytes(KEY_SIZE), person)
                accounts[token] = account
            if self._fault is not None:
                self._fault("commit")
            self._rows |= fresh
            self._accounts |= accounts.maps[0]
            return tuple(self._accounts[token] for _, token, _ in rows)

    def person(self, account: str) -> Person | None:
        with self._open():
            row = self._rows.get(account)
            return row[2] if row else None

    def key(self, account: str) -> bytes | None:
        with self._open():
            row = self._rows.get(account)
            return row[1] if row else None

    def keys(self, accounts: Iterable[str]) -> dict[str, bytes]:
        with self._open():
            return {account: self._rows[account][1] for account in accounts if account in self._rows}

    def forget(self, account: str) -> None:
        with self._open():
            row = self._rows.pop(account, None)
            if row is not None:
                del self._accounts[row[0]]

    def accounts(self) -> Iterator[str]:
        with self._open():
            return iter(sorted(self._rows))

    def close(self) -> None:
        self._closed = True

    def _open(self) -> RLock:
        if self._closed:
            raise StoreError("this vault is closed", "open another")
        return self._lock
