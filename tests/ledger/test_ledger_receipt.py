"""Receipts: golden, exact, and no byte or line of one can change and still be taken for the same."""

from base64 import b64decode, b64encode
from functools import cache
from hashlib import sha256

import attrs
import pytest
from hypothesis import given, settings, strategies as st

from creditbank.errors import MalformedError, UnverifiedError
from creditbank.ledger import (
    PAYLOAD_MAX,
    ZERO,
    Checkpoint,
    Draft,
    Ed25519Signer,
    Evidence,
    PublicKey,
    Receipt,
    VerifierKey,
    check_inclusion,
    commitments_path,
    digest,
    inclusion_path,
    leaf_data,
    leaf_hash,
    open_checkpoint,
    open_submission,
    place,
    place_salt,
    root,
    sign_checkpoint,
)
from creditbank.ledger.receipt import KEYS_MAX, PATH_MAX, RECEIPT_MAX, SUBMISSION_MAX, SUBMISSION_PATH_MAX

ORIGIN, AUTHOR, ACCOUNT = "bank.example/city", "keys:college", "account:00112233445566778899aabbccddeeff"
OPERATOR = Ed25519Signer.from_seed(bytes(range(32)))
COLLEGE = Ed25519Signer.from_seed(bytes(range(32, 64)))
LOG_KEY = VerifierKey(ORIGIN, PublicKey.of(OPERATOR))
COLLEGE_KEY = PublicKey.of(COLLEGE)
AT_MS, NOT_AFTER_MS = 1700000000000, 1700000600000


def salt(number: int) -> bytes:
    return sha256(b"salt %d" % number).digest()


@cache
def log(size: int) -> tuple[tuple[Evidence, ...], str]:
    """A log of *size* entries in submissions of up to three, two streams by turns, and its signed checkpoint."""
    streams: dict[str, tuple[int, bytes]] = {AUTHOR: (0, ZERO), ACCOUNT: (0, ZERO)}
    half: list[Evidence] = []
    leaves: list[bytes] = []
    while len(leaves) < size:
        numbers = range(len(leaves), min(len(leaves) + 3, size))
        payloads = tuple(b'{"n":%d}' % number for number in numbers)
        draft = Draft(ORIGIN, AUTHOR, NOT_AFTER_MS, tuple(map(salt, numbers)), payloads)
        note = draft.signed(COLLEGE.sign(draft.message), COLLEGE_KEY)
        for position, number in enumerate(numbers):
            stream = AUTHOR if number % 2 == 0 else ACCOUNT
            version, previous = streams[stream]
            made = place_salt(sha256(stream.encode()).digest(), version)
            path = commitments_path(draft.commitments, position)
            evidence = Evidence(
                number, AT_MS + number, (), stream, version, previous, made, salt(number), payloads[position], note,
                position, path,
            )  # fmt: skip
            stands = place(made, stream, version, previous, digest(note))
            leaves.append(leaf_hash(leaf_data(evidence.at_ms, evidence.commitment, stands)))
            streams[stream] = (version + 1, evidence.commitment)
            half.append(evidence)
    checkpoint = sign_checkpoint(Checkpoint(ORIGIN, size, root(leaves)), OPERATOR)
    return tuple(attrs.evolve(each, path=inclusion_path(leaves, each.index)) for each in half), checkpoint


def receipt_of(size: int, index: int, keys: tuple[int, ...]) -> Receipt:
    entries, checkpoint = log(size)
    return Receipt(entries[index], tuple(entries[number] for number in keys), checkpoint)


def open_receipt(text: str) -> Receipt:
    """Read a receipt and check all that this room can check, given the two keys."""
    receipt = Receipt.parse(text)
    checkpoint = open_checkpoint(receipt.checkpoint, LOG_KEY)
    for each in (receipt.entry, *receipt.keys):
        check_inclusion(each, checkpoint)
        open_submission(each.submission, COLLEGE_KEY)
    return receipt


def with_extra(text: str, extra: str) -> str:
    lines = text.split("\n")
    lines[1] = f"extra {b64encode(extra.encode()).decode()}"
    return "\n".join(lines)


def extra_of(text: str) -> str:
    return b64decode(text.split("\n")[1].removeprefix("extra ")).decode()


def refused(text: str) -> bool:
    try:
        open_receipt(text)
    except (MalformedError, UnverifiedError):
        return True
    return False


GOLDEN_EXTRA = """\
creditbank/receipt/v1
at 1700000000003
stream account:00112233445566778899aabbccddeeff
version 1
previous +58SHdO9EEM3d3PIbn2nYAZmAujNg8Vr7eaGHqg5yh0=
place-salt YPlh/8c4iTlzcS0YqLW2cuE5AzOMatIc/yRMX/UbL9o=
salt 3zMnocy5hmnT9rn2ATWzx6JuhsBy4HZILYFB3ehEBRY=
payload eyJuIjozfQ==
submission Y3JlZGl0YmFuay9zdWJtaXNzaW9uL3YxCmJhbmsuZXhhbXBsZS9jaXR5CmtleXM6Y29sbGVnZQoxNzAwMDAwNjAwM\
DAwCjIKWlIwQUJMQ1FTSjBmaWJXcS9EcmowUEF0VjRCeWJXNW5ESmR5RnpWUTd6WT0KCuKAlCBrZXlzOmNvbGxlZ2UgNU9ncGdUQ\
jh0dGlTUHpNUi9IRlk1anhxaUI3ZkpDN3VCK2FaR1lzN3QzTmQvV3ZxMEJhTUl4a2xnYmNlSEI2WXZVWDVuVlZFbVpBZSs4L1YzZTRJOE1XR21RMD0K
position 0
submission-path 1
1EkJhUVa6BcWXu64NRVIxq015+1sFcXyzkPa9vt2BRY=
keys 1
index 0
path 3
bw2l7OaoLBmhKjJGK78pzuWhsNeQSAvuy83/5KpPpZU=
O0jcjTLEe4gBf3ZmlXGahtkWz5ECkzR42Nyg3swiE/Y=
quhkZgMsDrJzl/W08gVLdIJItlcnUFSmVXP6EPRTruo=
at 1700000000000
stream keys:college
version 0
previous AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
place-salt cnxUeC3mkirXZGWOssaDXOFM5fpeqA5SVJtJAussqps=
salt OXO3IPXNqiuEjMJvOv1Xyxkvnl8F2K5oDZmOi+7sAUs=
payload eyJuIjowfQ==
submission Y3JlZGl0YmFuay9zdWJtaXNzaW9uL3YxCmJhbmsuZXhhbXBsZS9jaXR5CmtleXM6Y29sbGVnZQoxNzAwMDAwNjAwM\
DAwCjMKc3piblFIeW5Ja0J6aWthZTEzbGYvOVRKUzZpNENlcWQ5WW5CZ0tOK3hodz0KCuKAlCBrZXlzOmNvbGxlZ2UgNU9ncGdZe\
mpPRkxuc1l2OUM1QkFYditPbVByNFU2S2VJTFpUWlhDeEpuSUdNU2crZzVjLzczNjQ2Zk96NTBHeEo4M2FYcTdJQVN2eVFTU0NwYXBDM0gxb2pnMD0K
position 0
submission-path 2
LcaPIkOPHDyQ+O15AfOVhIJQpZvkkg8BQ1SmkFnmf04=
TJ0Dy3Sslued6SFg95vr7GYn/Ybw0QkXFpxkXqRAvHk=
"""
GOLDEN = """\
c2sp.org/tlog-proof@v1
extra @EXTRA@
index 3
43Cm5ARFkfEd4IBuw09K4Tf+8wmru0JR3T0UcKxZaoM=
1ILF3PzTYHKBso0RQR4K1S8lqEbN6ojFt2DIVHey3+g=
quhkZgMsDrJzl/W08gVLdIJItlcnUFSmVXP6EPRTruo=

bank.example/city
5
pktqX7qP0zcgxd3R+oxeh0gsnuDMD3IBxJjN6WknL0I=

— bank.example/city 9bRDRkMmHfaNFotQJT9o+W7Wb+GwvAWj4Ebir7LzEXZD0OEIty2bAv3fEkwjp8NSZifj62fGBA26ivunUmeqZlehJQw=
"""


def test_golden_text() -> None:
    text = str(receipt_of(5, 3, (0,)))
    assert extra_of(text) == GOLDEN_EXTRA
    assert text == GOLDEN.replace("@EXTRA@", b64encode(GOLDEN_EXTRA.encode()).decode())
    assert str(open_receipt(text)) == text


@settings(max_examples=30)
@given(size=st.integers(1, 40), data=st.data())
def test_receipts_are_read_as_they_are_written(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    keys = data.draw(st.lists(st.integers(0, size - 1), unique=True, max_size=5).map(sorted))
    receipt = receipt_of(size, index, tuple(keys))
    assert open_receipt(str(receipt)) == receipt


@pytest.mark.parametrize("shape", [(1, 0, ()), (5, 3, (0,)), (9, 8, (0, 2))])
def test_no_byte_can_change(shape: tuple[int, int, tuple[int, ...]]) -> None:
    text = str(receipt_of(*shape))
    extra = extra_of(text)
    wrong = [
        text[:at] + other + text[at + 1 :]
        for at, character in enumerate(text)
        for other in {chr(ord(character) ^ 1), ""} - {character}
    ]
    wrong += [
        with_extra(text, extra[:at] + other + extra[at + 1 :])
        for at, character in enumerate(extra)
        for other in {chr(ord(character) ^ 1), ""} - {character}
    ]
    assert not [each for each in wrong if each == text or not refused(each)]


@pytest.mark.parametrize("shape", [(5, 3, (0,)), (9, 8, (0, 2))])
def test_no_line_can_go_come_twice_or_change_places(shape: tuple[int, int, tuple[int, ...]]) -> None:
    text = str(receipt_of(*shape))
    for whole, wrap in ((text, str), (extra_of(text), lambda extra: with_extra(text, extra))):
        lines = whole.split("\n")
        wrong = {"\n".join(lines[:at] + lines[at + 1 :]) for at in range(len(lines))}
        wrong |= {"\n".join([*lines[:at], lines[at], *lines[at:]]) for at in range(len(lines))}
        for a in range(len(lines)):
            for b in range(a):
                swapped = list(lines)
                swapped[a], swapped[b] = lines[b], lines[a]
                wrong.add("\n".join(swapped))
        wrong.discard(whole)
        assert len(wrong) > len(lines)
        assert not [each for each in wrong if not refused(wrap(each))]


def test_trailing_bytes_and_other_ways_to_write_the_same() -> None:
    text = str(receipt_of(5, 3, (0,)))
    for wrong in (
        text + "\n",
        text + " ",
        "\n" + text,
        "\ufeff" + text,
        text.replace("\n", "\r\n"),
        text.replace("index 3", "index 03"),
        text.replace("index 3", "index +3"),
        text.replace("index 3", "index  3"),
        text.replace("index 3", "Index 3"),
        text.replace("tlog-proof@v1", "tlog-proof@v2"),
        text.replace("extra ", "extra  "),
        text.replace("\n\n", "\n\n\n", 1),
    ):
        with pytest.raises(MalformedError):
            Receipt.parse(wrong)
    without = "\n".join(line for line in text.split("\n") if not line.startswith("extra "))
    with pytest.raises(MalformedError, match="extra"):
        Receipt.parse(without)
    for wrong in (extra_of(text) + "more\n", extra_of(text)[:-1], "", extra_of(text).replace("at 1", "at 01", 1)):
        with pytest.raises(MalformedError):
            Receipt.parse(with_extra(text, wrong))
    bad_utf8 = text.split("\n")
    bad_utf8[1] = "extra " + b64encode(b"\xff\n").decode()
    with pytest.raises(MalformedError, match="UTF-8"):
        Receipt.parse("\n".join(bad_utf8))


@given(st.text(st.sampled_from("c2sp.org/tlog-proof@v1\nextra index0A= "), max_size=80))
def test_any_text_is_a_receipt_or_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        Receipt.parse(text)


def test_each_statement_is_checked() -> None:
    entries, note = log(9)
    checkpoint = open_checkpoint(note, LOG_KEY)
    entry = entries[4]
    check_inclusion(entry, checkpoint)
    elsewhere = attrs.evolve(checkpoint, origin="bank.example/town")
    with pytest.raises(UnverifiedError, match=r"is for bank\.example/city"):
        check_inclusion(entry, elsewhere)
    with pytest.raises(UnverifiedError, match="lapsed"):
        check_inclusion(attrs.evolve(entry, at_ms=NOT_AFTER_MS + 1), checkpoint)
    with pytest.raises(UnverifiedError, match="stand there"):  # on the line it has not lapsed; it is another leaf
        check_inclusion(attrs.evolve(entry, at_ms=NOT_AFTER_MS), checkpoint)
    other = entries[0].submission
    for change in (
        {"payload": b"{}"},
        {"salt": bytes(32)},
        {"submission": other},
        {"position": entry.position ^ 1},
        {"position": 3},
        {"submission_path": entries[0].submission_path[:1]},
    ):
        with pytest.raises(UnverifiedError, match=r"author did not sign|path|no leaf"):
            check_inclusion(attrs.evolve(entry, **change), checkpoint)
    for change in ({"version": 0}, {"previous": ZERO}):
        with pytest.raises(UnverifiedError, match="go together"):
            check_inclusion(attrs.evolve(entry, **change), checkpoint)
    for change in (
        {"index": 5},
        {"at_ms": entry.at_ms + 1},
        {"stream": ACCOUNT},
        {"version": entry.version + 1},
        {"previous": bytes(31) + b"\1"},
        {"place_salt": bytes(32)},
        {"path": entry.path[::-1]},
        {"path": entry.path[:-1]},
        {"index": 9},
    ):
        with pytest.raises(UnverifiedError):
            check_inclusion(attrs.evolve(entry, **change), checkpoint)
    with pytest.raises(UnverifiedError, match="stand there"):
        check_inclusion(entry, attrs.evolve(checkpoint, root=bytes(32)))


@pytest.mark.parametrize(
    "change",
    [
        {"index": -1},
        {"at_ms": 2**53},
        {"version": -1},
        {"position": -1},
        {"path": (ZERO,) * (PATH_MAX + 1)},
        {"path": (bytes(31),)},
        {"submission_path": (ZERO,) * (SUBMISSION_PATH_MAX + 1)},
        {"submission_path": (bytes(33),)},
        {"stream": ""},
        {"stream": "a\nb"},
        {"previous": b""},
        {"place_salt": bytes(31)},
        {"salt": bytes(33)},
        {"payload": b""},
        {"payload": bytes(PAYLOAD_MAX + 1)},
        {"submission": "no note"},
        {"submission": "x" * (SUBMISSION_MAX + 1)},
    ],
)
def test_evidence_out_of_bounds(change: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        attrs.evolve(log(5)[0][3], **change)


def test_keys_stand_in_log_order_once() -> None:
    entries, checkpoint = log(5)
    for keys in ((entries[2], entries[0]), (entries[0], entries[0])):
        with pytest.raises(MalformedError, match="key entries"):
            Receipt(entries[3], keys, checkpoint)
    with pytest.raises(MalformedError):
        Receipt(entries[3], (), "no checkpoint")


def test_the_largest_receipt() -> None:
    entries, checkpoint = log(5)
    longest = (ZERO,) * PATH_MAX, (ZERO,) * SUBMISSION_PATH_MAX
    large = attrs.evolve(entries[3], payload=bytes(PAYLOAD_MAX), path=longest[0], submission_path=longest[1])
    keys = tuple(attrs.evolve(large, index=number) for number in range(KEYS_MAX))
    receipt = Receipt(large, keys, checkpoint)
    assert Receipt.parse(str(receipt)) == receipt
    assert len(str(receipt)) + (KEYS_MAX + 1) * SUBMISSION_MAX * 16 // 9 + len(checkpoint) < RECEIPT_MAX
    more = (*keys, attrs.evolve(large, index=KEYS_MAX))
    with pytest.raises(MalformedError, match="at most 128"):
        Receipt(large, more, checkpoint)
    extra = extra_of(str(receipt)).replace(f"\nkeys {KEYS_MAX}\n", f"\nkeys {KEYS_MAX + 1}\n")
    with pytest.raises(MalformedError, match="too many"):
        Receipt.parse(with_extra(str(receipt), extra))
    with pytest.raises(MalformedError, match="characters"):
        Receipt.parse("x" * (RECEIPT_MAX + 1))


def test_evidence_does_not_show_what_it_holds() -> None:
    shown = repr(attrs.evolve(log(5)[0][3], payload=b"a learning record", salt=b"s" * 32, place_salt=b"p" * 32))
    assert not [secret for secret in ("learning", "ssss", "pppp") if secret in shown]
