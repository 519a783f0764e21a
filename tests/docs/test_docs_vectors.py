"""
The vectors in ``docs/spec``: what the pages print for strangers is what the ledger writes and what the verifier reads.

Each is worked out again from its inputs in three ways: with hashlib alone, as a stranger would; by :mod:`creditbank.ledger`; and,
where it reads that format, by the independent :mod:`creditbank.verify`.
"""

import hmac
import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from creditbank import check_receipt, ledger
from creditbank.codec.canonical import canonical, from_canonical
from creditbank.codec.payload import decode, encode
from creditbank.domain.name import institution_id
from creditbank.domain.request import Request
from creditbank.errors import MalformedError, UnverifiedError
from creditbank.verify import hashing, text as verified

SPEC = Path(__file__).resolve().parent.parent.parent / "docs" / "spec"


def vectors(page: str) -> list[Any]:
    """Return the JSON blocks after ``## Vectors``, in their order."""
    text = (SPEC / f"{page}.md").read_text(encoding="utf-8").partition("\n## Vectors\n")[2]
    return [json.loads(block.partition("\n```")[0]) for block in text.split("```json\n")[1:]]


ENTRY, ACCEPTED, REFUSED = vectors("entry")
(SUBMISSION,) = vectors("submission")
(CHECKPOINT,) = vectors("checkpoint")
(RECEIPT,) = vectors("receipt")


def raw(text: str) -> bytes:
    return bytes.fromhex(text)


# --- entry ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(3))
def test_an_entry_by_hashlib_alone(number: int) -> None:
    given = ENTRY["entries"][number]
    payload, u64 = given["payload"].encode(), given["version"].to_bytes(8, "big")
    commitment = sha256(b"creditbank/entry/v1\0" + raw(given["salt"]) + payload).hexdigest()
    salt = hmac.digest(raw(given["place_key"]), u64, "sha256")
    stands = b"creditbank/place/v1\0" + salt + given["stream"].encode() + b"\0" + u64
    place = sha256(stands + raw(given["previous"]) + raw(given["submission_digest"])).hexdigest()
    leaf = {"at": given["at"], "commitment": commitment, "place": place, "v": 1}
    written = json.dumps(leaf, sort_keys=True, separators=(",", ":"))
    assert (commitment, salt.hex(), place, written, sha256(b"\0" + written.encode()).hexdigest()) == (
        given["commitment"],
        given["place_salt"],
        given["place"],
        given["leaf"],
        given["leaf_hash"],
    )


@pytest.mark.parametrize("number", range(3))
def test_an_entry_by_the_ledger_and_by_the_verifier(number: int) -> None:
    given = ENTRY["entries"][number]
    payload, key, version = given["payload"].encode(), raw(given["place_key"]), given["version"]
    stands = (given["stream"], version, raw(given["previous"]), raw(given["submission_digest"]))
    for commit, salt_of, place in (
        (ledger.commit, ledger.place_salt, ledger.place),
        (hashing.commitment_of, hashing.place_salt_of, hashing.place_of),
    ):
        assert commit(raw(given["salt"]), payload).hex() == given["commitment"]
        assert salt_of(key, version).hex() == given["place_salt"]
        assert place(raw(given["place_salt"]), *stands).hex() == given["place"]
    commitment, where = raw(given["commitment"]), raw(given["place"])
    data = ledger.leaf_data(given["at"], commitment, where)
    assert data.decode() == given["leaf"]
    assert ledger.leaf_hash(data).hex() == given["leaf_hash"]
    assert hashing.leaf_hash_of(given["at"], commitment, where).hex() == given["leaf_hash"]


@pytest.mark.parametrize("number", range(3))
def test_the_payload_of_an_entry_is_one_of_ours(number: int) -> None:
    given = ENTRY["entries"][number]
    said = decode(given["payload"].encode(), "vector")
    assert encode(said).decode() == given["payload"]
    assert said.stream == given["stream"]
    own = said.read(said.stream)
    assert own is not None
    assert (own.version, own.last) == (given["version"], given["previous"])


def test_new_names_derive_from_the_nonce() -> None:
    for given in ENTRY["names"]:
        said = f"creditbank/id/v1\0{given['nonce']}\0{given['number']}".encode()
        assert sha256(said).hexdigest()[:32] == given["name"]
        day = decode(ENTRY["entries"][0]["payload"].encode(), "vector").request.on
        request = Request(institution_id("keys:city-bank"), "k", day, None, given["nonce"])
        assert request.id(given["number"]) == given["name"]


@pytest.mark.parametrize("text", ACCEPTED)
def test_canonical_json_is_accepted(text: str) -> None:
    assert canonical(from_canonical(text.encode(), "vector")) == text.encode()


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_canonical_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        from_canonical(text.encode(), "vector")


# --- submission -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", SUBMISSION["submissions"], ids=["one entry", "two entries"])
def test_a_submission(given: dict[str, Any]) -> None:
    signer = ledger.Ed25519Signer.from_seed(raw(given["seed"]))
    key, commitments = ledger.PublicKey.of(signer), [raw(each) for each in given["commitments"]]
    root = ledger.commitments_root(commitments)
    said = ledger.Submission(given["origin"], given["author"], given["not_after"], len(commitments), root)
    assert (str(key), root.hex()) == (given["key"], given["root"])
    assert ledger.sign_submission(said, signer) == given["note"]
    assert ledger.open_submission(given["note"], key) == said
    assert ledger.digest(given["note"]).hex() == sha256(given["note"].encode()).hexdigest() == given["digest"]
    for position, (commitment, path) in enumerate(zip(commitments, given["paths"], strict=True)):
        assert [each.hex() for each in ledger.commitments_path(commitments, position)] == path
        leaf = sha256(b"\0" + commitment).digest()
        assert hashing.root_through(position, len(commitments), leaf, tuple(map(raw, path)), "vector") == root


@pytest.mark.parametrize("given", SUBMISSION["submissions"], ids=["one entry", "two entries"])
def test_the_verifier_reads_a_submission(given: dict[str, Any]) -> None:
    note = verified.Note.parse(given["note"], "vector")
    said = verified.Submission.parse(note.text, "vector")
    assert said == verified.Submission(
        given["origin"], given["author"], given["not_after"], len(given["commitments"]), raw(given["root"])
    )
    note.by(given["author"], verified.key_from(given["key"]), "vector")


def test_the_possession_statement() -> None:
    given = SUBMISSION["possession"]
    key = ledger.PublicKey.parse(given["key"])
    message = ledger.possession_message(given["origin"], given["institution"], key)
    assert message.decode() == given["message"]
    assert verified.possession_message(given["origin"], given["institution"], given["key"]) == message
    assert key.verify(raw(given["signature"]), message)


# --- checkpoint -------------------------------------------------------------------------------------------------------


def test_the_tree_of_the_checkpoint() -> None:
    leaves = [raw(each) for each in CHECKPOINT["leaf_hashes"]]
    assert [each["leaf_hash"] for each in ENTRY["entries"]] == CHECKPOINT["leaf_hashes"]
    roots = [raw(each) for each in CHECKPOINT["roots"]]
    assert [ledger.root(leaves[:size]) for size in range(len(leaves) + 1)] == roots
    for given in CHECKPOINT["inclusion"]:
        path = tuple(map(raw, given["path"]))
        assert ledger.inclusion_path(leaves[: given["size"]], given["index"]) == path
        leaf = leaves[given["index"]]
        assert hashing.root_through(given["index"], given["size"], leaf, path, "vector") == roots[given["size"]]
    for given in CHECKPOINT["consistency"]:
        path = tuple(map(raw, given["path"]))
        assert ledger.consistency_path(leaves[: given["to"]], given["from"]) == path
        ledger.check_consistency(given["from"], given["to"], roots[given["from"]], roots[given["to"]], path)


def test_the_signed_checkpoint() -> None:
    signer = ledger.Ed25519Signer.from_seed(raw(CHECKPOINT["seed"]))
    key = ledger.VerifierKey.parse(CHECKPOINT["verifier_key"])
    said = ledger.open_checkpoint(CHECKPOINT["note"], key)
    root = CHECKPOINT["roots"][3]
    assert said == ledger.Checkpoint(key.name, 3, raw(root))
    assert ledger.sign_checkpoint(said, signer) == CHECKPOINT["note"]
    assert CHECKPOINT["note"].startswith(f"{key.name}\n3\n{b64encode(raw(root)).decode()}\n\n")
    name, public = verified.verifier_key_from(CHECKPOINT["verifier_key"])
    read = verified.open_checkpoint(CHECKPOINT["note"], name, public, "vector")
    assert (read.origin, read.size, read.root) == (said.origin, said.size, said.root)


# --- receipt ----------------------------------------------------------------------------------------------------------


def test_the_receipt() -> None:
    text = RECEIPT["receipt"]
    assert sha256(text.encode()).hexdigest() == RECEIPT["sha256"]
    assert str(ledger.Receipt.parse(text)) == text
    report = check_receipt(text, RECEIPT["verifier_key"])
    assert {
        "as_of_size": report.as_of_size,
        "position": report.position,
        "at": report.at_ms,
        "stream": report.stream,
        "version": report.version,
        "author": report.author,
        "kind": report.kind,
    } == {name: RECEIPT[name] for name in ("as_of_size", "position", "at", "stream", "version", "author", "kind")}
    assert report.payload == json.loads(ENTRY["entries"][2]["payload"])


def test_the_receipt_does_not_hold_with_another_key() -> None:
    other = ledger.PublicKey.of(ledger.Ed25519Signer.from_seed(b"\x01" * 32))
    name = RECEIPT["verifier_key"].partition("+")[0]
    with pytest.raises(UnverifiedError):
        check_receipt(RECEIPT["receipt"], str(ledger.VerifierKey(name, other)))
