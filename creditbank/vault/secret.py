"""
What is done with the vault's keys: tokens, request hashes, sealing. Nothing here is written anywhere.
"""

import hashlib
import hmac
import secrets
import unicodedata
from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from creditbank.errors import MalformedError, UnknownError, UnverifiedError
from creditbank.vault.base import KEY_SIZE

NONCE_SIZE: Final = 12
TAG_SIZE: Final = 16
LABELS_CACHED: Final = 64
"""Derived keys kept in memory; kinds and labels come from code, so they are few."""


def normal(text: str) -> str:
    """Return *text* as it is hashed: NFKC, without surrounding white space, upper case."""
    return unicodedata.normalize("NFKC", text).strip().upper()


def seal(key: bytes, account: str, plain: bytes) -> bytes:
    """Return 12 random bytes, then AES-256-GCM of *plain* with *account* as associated data."""
    nonce = secrets.token_bytes(NONCE_SIZE)
    return nonce + AESGCM(key).encrypt(nonce, plain, account.encode())


def unseal(key: bytes, account: str, sealed: bytes) -> bytes:
    """Return what :func:`seal` was given. Raises UnverifiedError: another key, another account, or changed bytes."""
    try:
        if len(sealed) < NONCE_SIZE + TAG_SIZE:
            raise InvalidTag
        return AESGCM(key).decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], account.encode())
    except InvalidTag as error:
        raise UnverifiedError("what was sealed for it was changed, or is not its own", account) from error


class Keyed(ABC):
    """The half of a vault that only computes: from its secret and from the accounts' keys."""

    def __init__(self, secret: bytes) -> None:
        assert len(secret) == KEY_SIZE
        self.__derived = lru_cache(LABELS_CACHED)(
            lambda label: hmac.new(_derive(secret, label), digestmod=hashlib.sha256)
        )

    @abstractmethod
    def key(self, account: str) -> bytes | None:
        """Return the account's key; None when forgotten or never kept."""

    def token(self, kind: str, text: str) -> str:
        value = normal(text)
        if not value:
            # Else everybody whose number is missing would be the same person.
            raise MalformedError("there is nothing in it", f"the {kind}", "give its text")
        return self._digest(f"token/{kind}", value.encode()).hex()

    def mac(self, label: str, *parts: bytes) -> bytes:
        message = b"".join([len(part).to_bytes(8, "big") + part for part in parts])
        return self._digest(f"mac/{label}", message)

    def _digest(self, label: str, message: bytes) -> bytes:
        hashed = self.__derived(label).copy()  # half the time of setting the key again
        hashed.update(message)
        return hashed.digest()

    def seal(self, account: str, plain: bytes) -> bytes:
        key = self.key(account)
        if key is None:
            raise UnknownError("account key", account, "put the person into the vault first; a forgotten one stays so")
        return seal(key, account, plain)

    def open(self, account: str, sealed: bytes) -> bytes | None:
        key = self.key(account)
        return None if key is None else unseal(key, account, sealed)


def _derive(secret: bytes, label: str) -> bytes:
    info = f"creditbank/vault/v1/{label}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=KEY_SIZE, salt=None, info=info).derive(secret)
