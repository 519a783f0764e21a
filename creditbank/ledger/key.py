"""
Keys: who signs, and whose signature it is.

The algorithm is a field, so that another can stand beside Ed25519 one day; today there is one. Keys that some verifiers
take and others do not are refused at import: the ``cryptography`` package takes them. A signature by a small-order key
holds for almost any message.
"""

from functools import lru_cache
from hashlib import sha256
from typing import ClassVar, Final, Protocol

import attrs
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from creditbank.errors import MalformedError
from creditbank.ledger.text import base64_of, check_name, raw_from

__all__ = ["ED25519", "Ed25519Signer", "PublicKey", "Signer", "key_hash", "possession_message"]

ED25519: Final = "ed25519"
"""The one algorithm so far (RFC 8032, pure Ed25519)."""

KEY_SIZE: Final = 32
"""Bytes of an Ed25519 key, public or secret."""

KEYS_CACHED: Final = 4096
"""How many public keys are remembered as good; checking one costs about as much as a signature."""

NOTE_ED25519: Final = b"\x01"
"""The type byte of Ed25519 in C2SP signed notes."""

_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P
_SIGN: Final = 1 << 255
# y of the two pairs of points of order 8 (the others of small order have y = 1, -1 and 0).
_ORDER_8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL: Final = frozenset({0, 1, _P - 1, _ORDER_8, _P - _ORDER_8})


class Signer(Protocol):
    """Who can sign: a key in a file, in a token, or at the other end of a line."""

    @property
    def algorithm(self) -> str:
        """The algorithm: ``"ed25519"``."""

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature of *message*, 64 bytes."""


@attrs.frozen
class Ed25519Signer:
    """A key held in memory. Neither ``repr`` nor ``str`` says the secret; signers of one public key are equal."""

    algorithm: ClassVar[str] = ED25519
    public: bytes
    _secret: Ed25519PrivateKey = attrs.field(repr=False, eq=False)

    @classmethod
    def generate(cls) -> "Ed25519Signer":
        """Return a new key from the system's randomness."""
        return cls._of(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> "Ed25519Signer":
        """Return the key of *seed* (RFC 8032's 32 secret bytes)."""
        if len(seed) != KEY_SIZE:
            raise MalformedError(f"a seed of {len(seed)} bytes", "Ed25519 seed", f"use {KEY_SIZE} random bytes")
        return cls._of(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_pem(cls, text: str) -> "Ed25519Signer":
        """Read a key file, and only as :meth:`to_pem` (and ``openssl genpkey``) writes it."""
        try:
            secret = load_pem_private_key(text.encode(), None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            # Neither the text nor the cause is passed on: a secret must not end up in a log.
            secret = None
        signer = cls._of(secret) if isinstance(secret, Ed25519PrivateKey) else None
        if signer is None or signer.to_pem() != text:
            raise MalformedError("not an Ed25519 key in PKCS #8", "key file", "use the file as it was written")
        return signer

    @classmethod
    def _of(cls, secret: Ed25519PrivateKey) -> "Ed25519Signer":
        return cls(secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), secret)

    def to_pem(self) -> str:
        """Return the text of a key file: PKCS #8 in PEM, not encrypted. It holds the secret."""
        return self._secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")

    def sign(self, message: bytes) -> bytes:
        """Return the signature of *message*, 64 bytes."""
        return self._secret.sign(message)


@attrs.frozen
class PublicKey:
    """
    A public key. Its text form is ``ed25519:`` and base64.

    Raises, in this order:
        MalformedError: another algorithm; not 32 bytes; not canonical; of small order; no point of the curve.
    """

    algorithm: str
    raw: bytes

    def __attrs_post_init__(self) -> None:
        if self.algorithm != ED25519:
            raise MalformedError(f"unknown algorithm {self.algorithm[:24]!r}", "public key", f"use {ED25519}")
        _check_point(self.raw)

    def __str__(self) -> str:
        return f"{self.algorithm}:{base64_of(self.raw)}"

    @classmethod
    def of(cls, signer: Signer) -> "PublicKey":
        """Return the public key of *signer*."""
        return cls(signer.algorithm, signer.public)

    @classmethod
    def parse(cls, text: str) -> "PublicKey":
        """Read exactly what ``str`` writes."""
        algorithm, _, raw = text.partition(":")
        return cls(algorithm, raw_from(raw, "public key"))

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Say whether *signature* is this key's of *message* (RFC 8032 without the cofactor; S below the order)."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True


def key_hash(name: str, key: PublicKey) -> bytes:
    """Return the 4 bytes that name *key* in a signed note (C2SP signed-note, "key ID")."""
    check_name(name, "key name")
    return sha256(name.encode() + b"\n" + NOTE_ED25519 + key.raw).digest()[:4]


def possession_message(origin: str, institution: str, key: PublicKey) -> bytes:
    """Return what a new *key* signs to show that *institution* holds it, in the bank *origin*."""
    check_name(origin, "origin")
    check_name(institution, "institution")
    return f"creditbank/possession/v1\n{origin}\n{institution}\n{key}\n".encode()


@lru_cache(maxsize=KEYS_CACHED)
def _check_point(raw: bytes) -> None:
    """Be sure that *raw* is the canonical encoding of a point of the curve whose order is not small."""
    if len(raw) != KEY_SIZE:
        raise MalformedError(f"{len(raw)} bytes", "public key", f"use {KEY_SIZE} bytes")
    encoded = int.from_bytes(raw, "little")
    y = encoded & (_SIGN - 1)
    if y >= _P:
        raise MalformedError("not a canonical point", "public key", "use a key from a sound generator")
    # Among them are y = 1 and -1, where x = 0 and the sign bit would make a second encoding.
    if y in _SMALL:
        raise MalformedError("a point of small order", "public key", "use a key from a sound generator")
    # x² = (y² - 1) / (d·y² + 1) must be a square; that is so iff numerator · denominator is one (Euler).
    square = y * y % _P
    if pow((square - 1) * (_D * square + 1), (_P - 1) // 2, _P) != 1:
        raise MalformedError("not a point of the curve", "public key", "check for a mistyped key")
