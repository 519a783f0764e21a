"""The verifier's own hashes and readers: other people's vectors, and agreement with the ledger, which was written apart."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from creditbank import ledger
from creditbank.errors import MalformedError, UnverifiedError
from creditbank.verify import hashing, text

HASHES = st.binary(min_size=32, max_size=32)
NUMBERS = st.integers(0, 2**53 - 1)
STREAMS = st.sampled_from(("keys:a", "account:" + "0a" * 16, "book:x", "seats:学校.a"))


def leaves(size: int) -> list[bytes]:
    return [ledger.leaf_hash(b"%d" % number) for number in range(size)]


def inclusion(index: int, size: int, leaf: bytes, path: tuple[bytes, ...], root: bytes) -> bool:
    if {len(each) for each in (leaf, root)} != {32}:
        return False  # here every hash is held to its size where it is read
    try:
        return hashing.root_through(index, size, leaf, path, "vector") == root
    except UnverifiedError:
        return False


def test_transparency_devs_inclusion_proofs(shared: Callable[[str], Path]) -> None:
    files = sorted(shared("vectors/tlog/merkle/inclusion").rglob("*.json"))
    assert len(files) == 98
    for file in files:
        case = json.loads(file.read_text("utf-8"))
        leaf, root = (b64decode(case[name] or "") for name in ("leafHash", "root"))
        path = tuple(b64decode(each) for each in case["proof"] or ())
        assert inclusion(case["leafIdx"], case["treeSize"], leaf, path, root) == (not case["wantErr"]), file


def test_a_real_logs_roots(shared: Callable[[str], Path]) -> None:
    """Tessera's log: the tree grown from its level-0 tile has the root of each of its checkpoints."""
    folder = shared("vectors/tlog/tessera")
    tile = next(path for path in folder.rglob("*") if path.is_file() and path.parts[-4:-1] == ("tile", "0", "000.p"))
    hashes = tile.read_bytes()
    tree, roots = hashing.GrowingTree(), {0: hashing.EMPTY_ROOT}
    for number in range(len(hashes) // 32):
        tree.add(hashes[32 * number : 32 * number + 32])
        roots[tree.size] = tree.root()
    said = [path.read_text("utf-8").split("\n") for path in folder.rglob("checkpoint*") if path.is_file()]
    seen = {int(lines[1]): b64decode(lines[2]) for lines in said}
    assert seen
    for size, root in seen.items():
        if size in roots:
            assert roots[size] == root, size
    assert set(seen) & set(roots) - {0}


def test_the_empty_tree():
    assert hashing.GrowingTree().root() == hashing.EMPTY_ROOT == ledger.root([])


@pytest.mark.parametrize("size", [*range(1, 18), 31, 32, 33, 255, 256, 257])
def test_trees_and_paths_agree_with_the_ledger(size: int) -> None:
    tree = hashing.GrowingTree()
    for leaf in leaves(size):
        tree.add(leaf)
    assert tree.root() == ledger.root(leaves(size))
    for index in {0, size // 2, size - 1}:
        path = ledger.inclusion_path(leaves(size), index)
        assert hashing.root_through(index, size, leaves(size)[index], path, "x") == tree.root()
        for wrong in (path[:-1], (*path, bytes(32))):
            if wrong != path:
                with pytest.raises(UnverifiedError):
                    hashing.root_through(index, size, leaves(size)[index], wrong, "x")
    for index in (-1, size):
        with pytest.raises(UnverifiedError):
            hashing.root_through(index, size, bytes(32), (), "x")


@given(salt=HASHES, payload=st.binary(min_size=1, max_size=99), key=HASHES, stream=STREAMS, version=NUMBERS, at=NUMBERS)
def test_hashes_agree_with_the_ledger(salt, payload, key, stream, version, at):
    commitment = hashing.commitment_of(salt, payload)
    assert commitment == ledger.commit(salt, payload)
    made = hashing.place_salt_of(key, version)
    assert made == ledger.place_salt(key, version)
    place = hashing.place_of(made, stream, version, commitment, key)
    assert place == ledger.place(made, stream, version, commitment, key)
    assert hashing.leaf_hash_of(at, commitment, place) == ledger.leaf_hash(ledger.leaf_data(at, commitment, place))


@given(seed=HASHES, root=HASHES, count=st.integers(1, 256), until=NUMBERS)
def test_submissions_and_notes_agree_with_the_ledger(seed, root, count, until):
    signer = ledger.Ed25519Signer.from_seed(seed)
    theirs = ledger.Submission("bank.example/x", "keys:a", until, count, root)
    note = ledger.sign_submission(theirs, signer)
    mine = text.Submission("bank.example/x", "keys:a", until, count, root)
    assert str(mine) == str(theirs)
    assert text.Submission.parse(str(theirs), "x") == mine
    assert mine.signed(signer.public, ledger.Note.parse(note).signatures[0].signature) == note
    text.Note.parse(note, "x").by("keys:a", signer.public, "x")
    for name in ("keys:b", "keys:a"):
        with pytest.raises(UnverifiedError):
            text.Note.parse(note, "x").by(name, bytes(31) + b"\1", "x")


def test_submissions_have_bounds():
    for count, good in ((0, False), (1, True), (256, True), (257, False)):
        said = str(text.Submission("a", "keys:a", 1, count, bytes(32)))
        if good:
            assert text.Submission.parse(said, "x").count == count
        else:
            with pytest.raises(MalformedError):
                text.Submission.parse(said, "x")


@pytest.mark.parametrize("wrong", ["01", "-1", "+1", " 1", "1 ", "", "1.0", "١", str(2**53), "9" * 17, "1_0"])
def test_numbers_have_one_spelling(wrong):
    with pytest.raises(MalformedError):
        text.number_from(wrong, "x")
    assert text.number_from(str(2**53 - 1), "x") == 2**53 - 1


@pytest.mark.parametrize("wrong", ["AA", "AA=", "AB==", "AA==\n", "AA==AA==", "A", "A-==", "é", "AA== "])
def test_base64_has_one_spelling(wrong):
    with pytest.raises(MalformedError):
        text.raw_from(wrong, "x")
    assert text.raw_from("AA==", "x") == b"\0"


P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]


def plus(one: Point, other: Point) -> Point:
    """Add on the curve -x² + y² = 1 + d·x²·y²."""
    (a, b), (c, e) = one, other
    cross = D * a * b * c * e % P
    return (a * e + b * c) * pow(1 + cross, -1, P) % P, (b * e + a * c) * pow(1 - cross, -1, P) % P


def times(number: int, point: Point) -> Point:
    found: Point = (0, 1)
    while number:
        if number & 1:
            found = plus(found, point)
        number, point = number >> 1, plus(point, point)
    return found


def points() -> Iterator[Point]:
    """Points of the curve, of any order."""
    for y in range(2, 10**6):
        square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        x = pow(square, (P + 3) // 8, P)
        for root in (x, x * pow(2, (P - 1) // 4, P) % P):
            if root * root % P == square:
                yield root, y
                yield P - root, y


def encoded(x: int, y: int) -> str:
    return f"ed25519:{b64encode((y | (x & 1) << 255).to_bytes(32, 'little')).decode()}"


def test_keys_of_small_order_are_refused():
    """A point times the order of the group is one of the eight of small order, by which any message may seem signed."""
    small = {times(ORDER, point) for point, _ in zip(points(), range(48), strict=False)}
    assert len(small) == 8
    for x, y in small:
        for text_form in (encoded(x, y), encoded(1 - x % 2, y)):
            with pytest.raises(MalformedError):
                text.key_from(text_form)
            with pytest.raises(MalformedError):
                ledger.PublicKey.parse(text_form)


def test_keys_that_are_not_canonical_are_refused():
    for y in range(P, 2**255):
        for sign in (0, 1):
            with pytest.raises(MalformedError):
                text.key_from(encoded(sign, y))
    for wrong in ("ed25519:", "rsa:AA==", "ed25519:AA==", "", "ed25519:" + "A" * 43):
        with pytest.raises(MalformedError):
            text.key_from(wrong)


@given(seed=HASHES)
def test_sound_keys_are_taken(seed):
    signer = ledger.Ed25519Signer.from_seed(seed)
    assert text.key_from(str(ledger.PublicKey.of(signer))) == signer.public
    assert text.holds(signer.public, signer.sign(b"x"), b"x")
    assert not text.holds(signer.public, signer.sign(b"x"), b"y")


def test_wycheproof(shared: Callable[[str], Path]) -> None:
    groups = json.loads(shared("vectors/ed25519/wycheproof_ed25519_test.json").read_text("utf-8"))["testGroups"]
    verdicts = [
        text.holds(bytes.fromhex(group["publicKey"]["pk"]), bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
        == (test["result"] == "valid")
        for group in groups
        for test in group["tests"]
    ]
    assert len(verdicts) == 151
    assert all(verdicts)


@given(seed=HASHES, size=st.integers(1, 2**53 - 1), root=HASHES)
def test_checkpoints_agree_with_the_ledger(seed, size, root):
    signer = ledger.Ed25519Signer.from_seed(seed)
    note = ledger.sign_checkpoint(ledger.Checkpoint("bank.example/x", size, root), signer)
    assert text.open_checkpoint(note, "bank.example/x", signer.public, "x") == text.Checkpoint(
        "bank.example/x", size, root
    )
    vkey = str(ledger.VerifierKey("bank.example/x", ledger.PublicKey.of(signer)))
    assert text.verifier_key_from(vkey) == ("bank.example/x", signer.public)


def test_notes_with_what_no_note_has():
    good = str(ledger.sign_note("a\n", "b", ledger.Ed25519Signer.from_seed(bytes(32))))
    assert str(text.Note.parse(good, "x")) == good
    line = good.split("\n\n")[1]
    for wrong in (
        good[:-1], good + "\n", good.replace("\n\n", "\n"), good.replace("—", "-"), good.replace("a", "\x00"),
        good.replace("a", "\ud800"), good.replace(" b ", " b+c "), "a\n\n", "a\n\n" + line * 65, good + "x" * 2**18,
    ):  # fmt: skip
        with pytest.raises(MalformedError):
            text.Note.parse(wrong, "x")
    assert len(text.Note.parse("a\n\n" + line * 64, "x").lines) == 64
