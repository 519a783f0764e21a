"""Keys: other people's vectors, the points that must not be imported, and key files."""

import gzip
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from hypothesis import given, strategies as st

from creditbank.errors import MalformedError
from creditbank.ledger import Ed25519Signer, PublicKey, Signer, key_hash, possession_message

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
ORDER = 2**252 + 27742317777372353535851937790883648493
Point = tuple[int, int]

SEEDED = Ed25519Signer.from_seed(bytes(range(32)))
KEY_TEXT = "ed25519:A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
PEM = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
"""


def add(a: Point, b: Point) -> Point:
    """The curve's addition (RFC 8032, 5.1.4), slow and plain."""
    product = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + product, -1, P) % P
    return x, (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, P) % P


def times(n: int, point: Point) -> Point:
    total = (0, 1)
    for bit in bin(n)[2:]:
        total = add(total, total)
        total = add(total, point) if bit == "1" else total
    return total


def recover(y: int) -> Point | None:
    """The point of *y* with an even x, if there is one (RFC 8032, 5.1.3)."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    return (x if x % 2 == 0 else P - x, y) if x * x % P == square else None


def encode(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def torsion() -> set[Point]:
    """All 8 points of small order: multiples of what remains of a random point after the large order is taken out."""
    for y in range(2, 200):
        point = recover(y)
        small = times(ORDER, point) if point else (0, 1)
        found = {times(n, small) for n in range(8)}
        if len(found) == 8:
            return found
    raise AssertionError("no point with a component of order 8")


def test_all_small_orders_are_refused_in_every_encoding() -> None:
    points = torsion()
    assert len({encode(point) for point in points}) == 8
    wrong = {encode(point) for point in points}
    for x, y in points:  # y + p where it fits, and a sign on x = 0
        for number in (y, y + P):
            for sign in {x & 1} if x else {0, 1}:
                if number < 2**255:
                    wrong.add((number | sign << 255).to_bytes(32, "little"))
    assert len(wrong) == 14  # "eight plus six alternative encodings", as C2SP CCTV counts them
    for raw in wrong:
        Ed25519PublicKey.from_public_bytes(raw)  # this is why we look ourselves
        with pytest.raises(MalformedError, match="point"):
            PublicKey("ed25519", raw)


def test_a_small_order_key_would_hold_for_any_message() -> None:
    identity, zero_s = encode((0, 1)), bytes(32)
    Ed25519PublicKey.from_public_bytes(identity).verify(identity + zero_s, b"anything")


@given(y=st.one_of(st.integers(P, 2**255 - 1), st.just(P), st.just(2**255 - 1)), sign=st.booleans())
def test_numbers_from_p_on_are_not_canonical(y: int, sign: bool) -> None:
    with pytest.raises(MalformedError, match="canonical"):
        PublicKey("ed25519", (y | sign << 255).to_bytes(32, "little"))


@given(y=st.integers(2, P - 2), sign=st.booleans())
def test_a_key_is_a_point_of_the_curve(y: int, sign: bool) -> None:
    raw = (y | sign << 255).to_bytes(32, "little")
    point = recover(y)
    if point and times(8, point) != (0, 1):
        assert PublicKey("ed25519", raw).raw == raw
    else:
        with pytest.raises(MalformedError, match="point"):
            PublicKey("ed25519", raw)


def test_vectors_of_others(shared: Callable[[str], Path]) -> None:
    """Every set that is there; part of them may be kept back, Wycheproof's never is."""
    folder = shared("vectors/ed25519")
    wycheproof(folder / "wycheproof_ed25519_test.json")
    for path in folder.glob("cctv*.json"):
        cctv(path)


def wycheproof(path: Path) -> None:
    """All 151 tests with their verdicts; our stricter import refuses none of their 78 keys."""
    groups = json.loads(path.read_text("utf-8"))["testGroups"]
    verdicts = []
    for group in groups:
        key = PublicKey("ed25519", bytes.fromhex(group["publicKey"]["pk"]))
        for test in group["tests"]:
            held = key.verify(bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
            assert held == (test["result"] == "valid"), test["tcId"]
            verdicts.append(held)
    assert (len(groups), len(verdicts), sum(verdicts)) == (78, 151, 88)


def cctv(path: Path) -> None:
    """
    Edge cases of the curve. Flagged keys of small order or not canonical are refused at import; of the rest, what the
    cofactorless rule of RFC 8032 takes is what we take.
    """
    cases = json.loads(path.read_text("utf-8"))
    assert cases
    for case in cases:
        flags = set(case["flags"] or ())
        raw = bytes.fromhex(case["key"])
        if flags & {"low_order_A", "non_canonical_A"}:
            with pytest.raises(MalformedError):
                PublicKey("ed25519", raw)
            continue
        held = PublicKey("ed25519", raw).verify(bytes.fromhex(case["sig"]), case["msg"].encode())
        assert held == (not flags & {"low_order_residue", "non_canonical_R"}), case


def test_djb(shared: Callable[[str], Path]) -> None:
    with gzip.open(shared("vectors/ed25519/djb_sign.input.gz"), "rt", encoding="ascii") as file:
        lines = file.read().splitlines()
    assert len(lines) == 1024
    for line in lines:
        secret, public, message, signed = (bytes.fromhex(field) for field in line.split(":")[:4])
        signer = Ed25519Signer.from_seed(secret[:32])
        assert signer.public == public
        assert signer.sign(message) == signed[:64]
        key = PublicKey.of(signer)
        assert key.verify(signed[:64], message)
        assert not key.verify(signed[:64], message + b"\0")
        assert not key.verify(signed[:63], message)


def test_text_forms_are_golden() -> None:
    key = PublicKey.of(SEEDED)
    assert str(key) == KEY_TEXT
    assert PublicKey.parse(KEY_TEXT) == key
    assert SEEDED.to_pem() == PEM
    assert Ed25519Signer.from_pem(PEM) == SEEDED
    assert key_hash("bank.example/city", key).hex() == "f5b44346"
    assert possession_message("bank.example/city", "keys:college", key) == (
        f"creditbank/possession/v1\nbank.example/city\nkeys:college\n{KEY_TEXT}\n".encode()
    )
    assert pickle.loads(pickle.dumps(key)) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ed25519",
        "ed25519:",
        KEY_TEXT[:-1],
        KEY_TEXT + "\n",
        " " + KEY_TEXT,
        KEY_TEXT.replace("Mbg=", "Mbh="),  # padding bits that are not zero
        KEY_TEXT.replace("/", "_"),
        KEY_TEXT.replace("ed25519", "Ed25519"),
        KEY_TEXT.replace("ed25519", "ed448"),
        "ed25519:" + "A" * 42 + "==",
        "ed25519:" + "A" * 43 + "é",
    ],
)
def test_other_texts_are_no_keys(text: str) -> None:
    with pytest.raises(MalformedError):
        PublicKey.parse(text)


def test_the_secret_is_never_shown() -> None:
    signer = Ed25519Signer.generate()
    assert signer != Ed25519Signer.generate()
    lines = signer.to_pem().splitlines()
    for shown in (repr(signer), str(signer), f"{signer}"):
        assert shown == f"Ed25519Signer(public={signer.public!r})"
        assert lines[1] not in shown
    for broken in (lines[1], signer.to_pem()[:-5], signer.to_pem().replace("PRIVATE", "PUBLIC")):
        with pytest.raises(MalformedError) as caught:
            Ed25519Signer.from_pem(broken)
        assert lines[1] not in str(caught.value)
        assert caught.value.__context__ is None


def test_key_files_of_others_are_refused() -> None:
    elliptic = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    locked = SEEDED._secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    texts = [elliptic.decode(), locked.decode(), "", PEM + "\n", "\n" + PEM, PEM.replace("\n", "\r\n"), PEM + PEM]
    for text in (*texts, "\ud800"):
        with pytest.raises(MalformedError, match="PKCS"):
            Ed25519Signer.from_pem(text)
    for size in (0, 31, 33):
        with pytest.raises(MalformedError, match="seed"):
            Ed25519Signer.from_seed(bytes(size))
        with pytest.raises(MalformedError, match="bytes"):
            PublicKey("ed25519", bytes(size))


def test_a_signer_is_a_signer() -> None:
    signer: Signer = SEEDED
    assert signer.algorithm == "ed25519"
    assert PublicKey.of(signer).verify(signer.sign(b"m"), b"m")
    with pytest.raises(MalformedError):
        possession_message("two\nlines", "keys:a", PublicKey.of(signer))
    with pytest.raises(MalformedError):
        possession_message("bank", "keys:a b", PublicKey.of(signer))
