"""
The verifier's own hashes and trees, written from the formats and not from :mod:`creditbank.ledger`.

Sizes are checked by the callers, which know where a wrong one came from; everything here is total on 32-byte hashes.
"""

import hmac
import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import attrs

from creditbank.errors import UnverifiedError

__all__ = [
    "EMPTY_ROOT",
    "HASH_SIZE",
    "ZERO",
    "GrowingTree",
    "commitment_of",
    "leaf_hash_of",
    "place_of",
    "place_salt_of",
    "root_of",
    "root_through",
]

HASH_SIZE: Final = 32
"""Bytes of a SHA-256 digest, and of every salt and place key."""

ZERO: Final = bytes(HASH_SIZE)
"""What stands for the previous commitment where there is none."""

EMPTY_ROOT: Final = sha256(b"").digest()


def commitment_of(salt: bytes, payload: bytes) -> bytes:
    """Return what an author signs of an entry: it hides *payload* behind *salt*."""
    return sha256(b"\0".join((b"creditbank/entry/v1", salt + payload))).digest()


def place_salt_of(place_key: bytes, version: int) -> bytes:
    """Return the salt of the *version*-th place of the stream with that key."""
    return hmac.new(place_key, version.to_bytes(8, "big"), sha256).digest()


def place_of(salt: bytes, stream: str, version: int, previous: bytes, submission: bytes) -> bytes:
    """Return the digest of a place; *submission* is the SHA-256 of the signed note, *version* below 2⁶⁴."""
    hashed = sha256(b"creditbank/place/v1\0")
    for part in (salt, stream.encode(), b"\0", version.to_bytes(8, "big"), previous, submission):
        hashed.update(part)
    return hashed.digest()


def leaf_hash_of(at_ms: int, commitment: bytes, place: bytes) -> bytes:
    """Return the RFC 6962 hash of an entry's leaf data."""
    stated = {"at": at_ms, "commitment": commitment.hex(), "place": place.hex(), "v": 1}
    return _leaf(json.dumps(stated, sort_keys=True, separators=(",", ":")).encode())


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the RFC 6962 root over *leaves*, which are data and not yet hashes."""
    tree = GrowingTree()
    for leaf in leaves:
        tree.add(_leaf(leaf))
    return tree.root()


def _leaf(data: bytes) -> bytes:
    return sha256(b"\0" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


@attrs.define
class GrowingTree:
    """A tree of which only the roots of its complete subtrees are kept, the largest first: one for each 1 in the size."""

    size: int = 0
    _peaks: list[bytes] = attrs.field(factory=list)

    def add(self, leaf_hash: bytes) -> None:
        """Add one leaf."""
        carried, size = leaf_hash, self.size
        while size & 1:
            carried, size = _node(self._peaks.pop(), carried), size >> 1
        self._peaks.append(carried)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self._peaks:
            return EMPTY_ROOT
        *larger, found = self._peaks
        for peak in reversed(larger):
            found = _node(peak, found)
        return found


def root_through(index: int, size: int, leaf_hash: bytes, path: Sequence[bytes], where: str) -> bytes:
    """
    Return the root that an inclusion *path* leads to (RFC 9162, section 2.1.3.2).

    Raises:
        UnverifiedError: A tree of *size* leaves has no leaf *index*, or its path has another length.
    """
    if not 0 <= index < size:
        raise UnverifiedError(f"a tree of {size} has no leaf {index}", where)
    first, last, found = index, size - 1, leaf_hash
    for sibling in path:
        if last == 0:
            raise UnverifiedError("the inclusion path is too long", where)
        if first & 1 or first == last:
            found = _node(sibling, found)
            while not first & 1:  # it ends: a path that goes on has first > 0 here
                first, last = first >> 1, last >> 1
        else:
            found = _node(found, sibling)
        first, last = first >> 1, last >> 1
    if last:
        raise UnverifiedError("the inclusion path is too short", where)
    return found
