"""
Who an account is about, and how that is forgotten: persons, their keys, and keyed hashes of what is personal.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol

import attrs

KEY_SIZE: Final = 32
"""Bytes of the vault's secret and of each account's key."""


@attrs.frozen
class Person:
    """
    Personal data of one learner: lives here only, and its ``repr`` shows none of it.

    Attributes:
        document: The kind of identity document, such as ``resident-id``.
        number: That document's number.
        details: Whatever else is kept, by field name.
    """

    name: str = attrs.field(repr=False)
    document: str
    number: str = attrs.field(repr=False)
    details: Mapping[str, str] = attrs.field(repr=False)


class Vault(Protocol):
    """Keeps and forgets personal data. Safe between threads, not across ``fork``."""

    def token(self, kind: str, text: str) -> str:
        """
        Return 64 hex digits: HMAC-SHA-256 of the normalised *text* (NFKC, stripped, upper case) under a key derived
        from the vault's secret for *kind*. Writes nothing.
        """

    def mac(self, label: str, *parts: bytes) -> bytes:
        """Return 32 bytes: HMAC-SHA-256 over *parts*, each with its length, under a key derived for *label*."""

    def put(self, account: str, token: str, person: Person) -> str:
        """
        Keep *person* under *account* with a fresh random key, and return the account. When *token* is kept already,
        nothing changes and its first account is returned.

        Raises:
            ConflictError: *account* is kept under another token.
        """

    def put_many(self, rows: Sequence[tuple[str, str, Person]]) -> tuple[str, ...]:
        """Do :meth:`put` of each (account, token, person), in one transaction."""

    def person(self, account: str) -> Person | None:
        """Return the person; None when forgotten or never kept."""

    def key(self, account: str) -> bytes | None:
        """Return the account's key, 32 bytes; None when forgotten or never kept."""

    def keys(self, accounts: Iterable[str]) -> dict[str, bytes]:
        """Return the keys of those accounts that have one."""

    def forget(self, account: str) -> None:
        """Remove person and key for good, also from the write-ahead log; idempotent."""

    def accounts(self) -> Iterator[str]:
        """Yield every account that is kept, ascending."""

    def seal(self, account: str, plain: bytes) -> bytes:
        """
        Encrypt under the account's key: 12 random bytes, then AES-256-GCM with the account as associated data.

        Raises:
            UnknownError: the account has no key.
        """

    def open(self, account: str, sealed: bytes) -> bytes | None:
        """
        Decrypt what :meth:`seal` wrote; None when the account is forgotten.

        Raises:
            UnverifiedError: the bytes are not what was sealed for this account.
        """

    def close(self) -> None:
        """Close; idempotent. Whatever needs what is kept is a StoreError afterwards."""
