"""
Erasures: a payload may be missing only where a valid one lists it (check (e)).

An erasure must show exactly versions 0 … n-1 of one account: each listed entry's place, which its leaf has committed to since it
was written, must open with the erasure's place key at its version, after the entry before it. So nothing can be hidden behind
an erasure of part of a stream, of an invented account, or of anything that is not an account.
"""

import re
from collections.abc import Mapping

import attrs

from creditbank.codec.payload import Payload
from creditbank.domain.event import AccountErased
from creditbank.domain.name import account_id
from creditbank.errors import MalformedError
from creditbank.verify.hashing import ZERO, place_of, place_salt_of

__all__ = ["Gone", "check_erasure", "is_erasure"]

_DIGEST = re.compile(r"[0-9a-f]{64}")


@attrs.frozen
class Gone:
    """What is left of an entry; *submission* is the SHA-256 of its author's signed note."""

    commitment: bytes
    place: bytes
    submission: bytes


def is_erasure(said: Payload) -> bool:
    """Tell whether an entry erases."""
    return isinstance(said.event, AccountErased)


def check_erasure(erasure: Gone, said: Payload, missing: Mapping[int, Gone]) -> str | None:
    """
    Return why an erasure does not hold, or None.

    Args:
        erasure: Its own commitment, place and submission.
        missing: Every entry before it whose payload is not there and not accounted for.
    """
    event = said.event
    assert isinstance(event, AccountErased), "the caller has looked"
    shape = _shape(event, said)
    if shape is not None:
        return shape
    key, previous = bytes.fromhex(event.place_key), ZERO
    for version, listed in enumerate(event.positions):
        gone = missing.get(listed)
        if gone is None:
            return f"entry {listed}, which it lists, has its payload or is listed elsewhere"
        if not _stands(gone, event.account, version, previous, key):
            return f"entry {listed}, which it lists, is not version {version} of {event.account}"
        previous = gone.commitment
    if not _stands(erasure, event.account, len(event.positions), previous, key):
        return f"it is not version {len(event.positions)} of {event.account}: part of the stream is not listed"
    read = said.read(event.account)
    if read is None or (read.version, read.last) != (len(event.positions), previous.hex()):
        return "it does not say that it read the account as it was"
    return None


def _shape(event: AccountErased, said: Payload) -> str | None:
    try:
        account_id(event.account)
    except MalformedError:
        return f"{event.account} is no account, and only accounts can be erased"
    if not event.positions:
        return "it lists no entries"
    if not _DIGEST.fullmatch(event.place_key) or not _DIGEST.fullmatch(event.demand):
        return "its place key or the digest of the demand is not 64 hexadecimal digits"
    if (said.index, said.count) != (0, 1) or said.documents:
        return "an erasure is one entry, and uses no document"
    return None


def _stands(gone: Gone, account: str, version: int, previous: bytes, key: bytes) -> bool:
    return place_of(place_salt_of(key, version), account, version, previous, gone.submission) == gone.place
