"""Entries in bytes: golden digests, the formulas spelled out again, and every size on, below and above its line."""

import hmac
import json
from hashlib import sha256

import pytest
import rfc8785
from hypothesis import given, strategies as st

from creditbank.errors import MalformedError
from creditbank.ledger import (
    PAYLOAD_MAX,
    PLACE_KEY_SIZE,
    SALT_SIZE,
    ZERO,
    commit,
    leaf_data,
    leaf_hash,
    node_hash,
    place,
    place_salt,
)
from creditbank.ledger.text import NAME_MAX, NUMBER_MAX

SALT = bytes(range(32))
PLACE = bytes.fromhex("6b2a5e703aaa2aa529fe2a2a4e794de1cb0bb1d421a62ef11a6467c9f74fb7c1")
HASHES = st.binary(min_size=32, max_size=32)
NUMBERS = st.integers(0, NUMBER_MAX)


def test_golden_digests_never_change() -> None:
    assert commit(SALT, b'{"kind":"opened","v":1}').hex() == (
        "75ed1666afa4255f4e4d375f819d05e9ed3e6be076e4663e55bfa852b9047390"
    )
    assert place_salt(SALT, 7).hex() == "dd12e3f09e85b8f1646d96744e4ecc0468d4e071ac6be42f731dd79a3bb857e2"
    assert place(place_salt(SALT, 7), "account:00", 7, ZERO, SALT) == PLACE
    assert leaf_data(1700000000000, ZERO, PLACE) == (
        b'{"at":1700000000000,"commitment":"' + b"0" * 64 + b'","place":"' + PLACE.hex().encode() + b'","v":1}'
    )
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"  # RFC 6962 tests
    assert node_hash(leaf_hash(b""), leaf_hash(b"\x00")).hex() == (
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    )


@given(salt=HASHES, payload=st.binary(min_size=1, max_size=200))
def test_commitment_is_what_the_ledger_says(salt: bytes, payload: bytes) -> None:
    assert commit(salt, payload) == sha256(b"creditbank/entry/v1" + b"\0" + salt + payload).digest()


@given(key=HASHES, version=NUMBERS, stream=st.from_regex(r"[a-z]+:[0-9a-f]{1,32}", fullmatch=True), rest=HASHES)
def test_place_is_what_the_ledger_says(key: bytes, version: int, stream: str, rest: bytes) -> None:
    u64 = version.to_bytes(8, "big")
    salt = hmac.new(key, u64, "sha256").digest()
    assert place_salt(key, version) == salt
    before, submission = sha256(rest).digest(), rest
    made = b"creditbank/place/v1\0" + salt + stream.encode() + b"\0" + u64 + before + submission
    assert place(salt, stream, version, before, submission) == sha256(made).digest()


@given(at_ms=NUMBERS, commitment=HASHES, stands=HASHES)
def test_leaf_data_is_rfc_8785(at_ms: int, commitment: bytes, stands: bytes) -> None:
    data = leaf_data(at_ms, commitment, stands)
    said = {"at": at_ms, "commitment": commitment.hex(), "place": stands.hex(), "v": 1}
    assert json.loads(data) == said
    assert data == rfc8785.dumps(said)


@pytest.mark.parametrize("size", [1, PAYLOAD_MAX])
def test_payload_sizes_on_the_line(size: int) -> None:
    assert len(commit(SALT, bytes(size))) == 32


@pytest.mark.parametrize("size", [0, PAYLOAD_MAX + 1])
def test_payload_sizes_beyond_the_line(size: int) -> None:
    with pytest.raises(MalformedError, match="payload of"):
        commit(SALT, bytes(size))


@pytest.mark.parametrize("size", [0, SALT_SIZE - 1, SALT_SIZE + 1])
def test_a_salt_of_another_size_is_refused_first(size: int) -> None:
    with pytest.raises(MalformedError, match="salt of"):
        commit(bytes(size), b"")


@pytest.mark.parametrize("version", [-1, NUMBER_MAX + 1])
def test_versions_beyond_the_line(version: int) -> None:
    with pytest.raises(MalformedError, match="out of range"):
        place_salt(bytes(PLACE_KEY_SIZE), version)
    with pytest.raises(MalformedError, match="out of range"):
        place(SALT, "account:0", version, ZERO, SALT)
    with pytest.raises(MalformedError, match="out of range"):
        leaf_data(version, SALT, SALT)


@pytest.mark.parametrize("stream", ["", "a\x00b", "a\nb", "a\x7f", "\ud800", "a" * (NAME_MAX + 1), "账" * 86])
def test_streams_that_cannot_stand_in_a_hash(stream: str) -> None:
    with pytest.raises(MalformedError):
        place(SALT, stream, 0, ZERO, SALT)


def test_the_longest_stream() -> None:
    assert len(place(SALT, "账" * 85, NUMBER_MAX, ZERO, SALT)) == 32


@pytest.mark.parametrize("size", [0, 31, 33])
def test_hashes_of_another_size(size: int) -> None:
    wrong = bytes(size)
    for call in (
        lambda: place_salt(wrong, 0),
        lambda: place(wrong, "a", 0, ZERO, ZERO),
        lambda: place(ZERO, "a", 0, wrong, ZERO),
        lambda: place(ZERO, "a", 0, ZERO, wrong),
        lambda: leaf_data(0, wrong, ZERO),
        lambda: leaf_data(0, ZERO, wrong),
    ):
        with pytest.raises(MalformedError, match=f"{size} bytes"):
            call()
