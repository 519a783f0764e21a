"""
One entry in bytes: commitment, place, leaf.

- commitment = SHA-256("creditbank/entry/v1" ‖ 0x00 ‖ salt ‖ payload): what the author signs; it hides the payload.
- place = SHA-256("creditbank/place/v1" ‖ 0x00 ‖ place salt ‖ stream ‖ 0x00 ‖ version as u64 ‖ previous ‖ submission):
  where in which stream it stands, and under whose signature; without it an operator could fork a stream inside the log.
- leaf data = the canonical JSON of ``at``, ``commitment``, ``place`` and ``v``: what the operator states and publishes.

Hashes of leaves and nodes are RFC 6962's (0x00 and 0x01 in front).
"""

from hashlib import sha256
from hmac import digest as hmac_digest
from typing import Final

from creditbank.errors import MalformedError
from creditbank.ledger.text import HASH_SIZE, check_hash, check_number, check_stream

__all__ = [
    "PAYLOAD_MAX",
    "PLACE_KEY_SIZE",
    "SALT_SIZE",
    "ZERO",
    "commit",
    "leaf_data",
    "leaf_hash",
    "node_hash",
    "place",
    "place_salt",
]

SALT_SIZE: Final = 32
"""Bytes of a salt."""

PLACE_KEY_SIZE: Final = 32
"""Bytes of a stream's place key."""

PAYLOAD_MAX: Final = 16 * 1024
"""Bytes of the largest payload, inclusive."""

ZERO: Final = bytes(HASH_SIZE)
"""The previous commitment at version 0."""

_ENTRY: Final = b"creditbank/entry/v1\x00"
_PLACE: Final = b"creditbank/place/v1\x00"


def commit(salt: bytes, payload: bytes) -> bytes:
    """
    Return the commitment to *payload* under a fresh random *salt* (:data:`SALT_SIZE` bytes).

    Raises, in this order:
        MalformedError: the salt has another size; the payload is empty or larger than :data:`PAYLOAD_MAX`.
    """
    if len(salt) != SALT_SIZE:
        raise MalformedError(f"a salt of {len(salt)} bytes", "commitment", f"use {SALT_SIZE} random bytes")
    if not 0 < len(payload) <= PAYLOAD_MAX:
        raise MalformedError(f"a payload of {len(payload)} bytes", "commitment", f"use 1 to {PAYLOAD_MAX} bytes")
    return sha256(_ENTRY + salt + payload).digest()


def place_salt(place_key: bytes, version: int) -> bytes:
    """Return the salt of *version* in the stream whose key is *place_key*: HMAC-SHA-256 over the version as u64."""
    check_hash(place_key, "place key")
    return hmac_digest(place_key, check_number(version, "version").to_bytes(8, "big"), "sha256")


def place(salt: bytes, stream: str, version: int, previous: bytes, submission: bytes) -> bytes:
    """
    Return the digest of where an entry stands.

    Args:
        salt: :func:`place_salt` of this stream and version.
        version: How many entries the stream had before.
        previous: The commitment of the stream's previous entry; :data:`ZERO` at version 0.
        submission: SHA-256 of the author's signed submission (:func:`creditbank.ledger.submission.digest`).
    """
    check_hash(salt, "place salt")
    check_stream(stream, "stream")
    check_number(version, "version")
    check_hash(previous, "previous commitment")
    check_hash(submission, "submission digest")
    return sha256(
        b"".join((_PLACE, salt, stream.encode(), b"\x00", version.to_bytes(8, "big"), previous, submission))
    ).digest()


def leaf_data(at_ms: int, commitment: bytes, place: bytes) -> bytes:
    """Return the canonical bytes (RFC 8785) of a leaf. *at_ms* is whole UTC milliseconds since 1970."""
    check_number(at_ms, "at")
    check_hash(commitment, "commitment")
    check_hash(place, "place")
    return f'{{"at":{at_ms},"commitment":"{commitment.hex()}","place":"{place.hex()}","v":1}}'.encode("ascii")


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf (RFC 6962, section 2.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over its two children (RFC 6962, section 2.1)."""
    return sha256(b"\x01" + left + right).digest()
