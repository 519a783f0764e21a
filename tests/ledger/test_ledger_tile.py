"""Tiles: growing in any steps, reopening and proving give what the whole tree gives; tessera's log is ours too."""

from base64 import b64decode
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from creditbank.errors import MalformedError
from creditbank.ledger import (
    EMPTY_ROOT,
    EMPTY_TREE,
    TILE_SIZE,
    TILE_WIDTH,
    Tree,
    VerifierKey,
    grow,
    inclusion_path,
    leaf_hash,
    node_hash,
    open_checkpoint,
    prove,
    reopen,
    root,
    root_from_path,
)

LARGE = 65537 + 300
LEAVES = [sha256(b"%d" % number).digest() for number in range(LARGE)]
Tiles = dict[tuple[int, int], bytes]


def built(size: int, steps: Sequence[int] = ()) -> tuple[Tree, Tiles]:
    """Grow to *size* with a stop at each of *steps*."""
    tree, tiles, last = EMPTY_TREE, {}, 0
    for stop in [*sorted(steps), size]:
        tree, new = grow(tree, LEAVES[last:stop])
        assert not tiles.keys() & {(tile.level, tile.index) for tile in new}
        tiles |= {(tile.level, tile.index): tile.hashes for tile in new}
        last = stop
    return tree, tiles


@lru_cache
def everything() -> Tiles:
    return built(LARGE)[1]


class Reader:
    """Stored tiles, and leaf hashes; it remembers what was read, and refuses what is not complete at *size*."""

    def __init__(self, tiles: Tiles, size: int) -> None:
        self.tiles, self.size, self.reads, self.leaves_read = tiles, size, 0, 0

    def tile(self, level: int, index: int) -> bytes:
        assert (index + 1) << 8 * (level + 1) <= self.size
        self.reads += 1
        return self.tiles[level, index]

    def leaves(self, since: int, upto: int) -> Sequence[bytes]:
        assert self.size - self.size % TILE_WIDTH == since < upto == self.size
        self.leaves_read += upto - since
        return LEAVES[since:upto]


@given(size=st.integers(0, 1100), steps=st.lists(st.integers(0, 1100), max_size=6))
def test_steps_do_not_matter(size: int, steps: list[int]) -> None:
    tree, tiles = built(size, [step for step in steps if step <= size])
    assert (tree, tiles) == built(size)
    assert tree.size == size
    assert tree.root() == root(LEAVES[:size])
    assert len(tiles) == size // TILE_WIDTH


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 513, 65535, 65536, 65537, LARGE])
def test_roots_and_reopening_around_every_edge(size: int) -> None:
    tree, tiles = built(size)
    assert tree.root() == root(LEAVES[:size])
    assert set(tiles) == {(level, i) for level in range(3) for i in range(size >> 8 * (level + 1))}
    assert reopen(size, Reader(tiles, size).tile, LEAVES[size - size % 256 : size]) == tree
    assert (tree == EMPTY_TREE) == (size == 0)
    assert size == 0 or tree.edge[-1]


def test_an_empty_tree() -> None:
    assert EMPTY_TREE.root() == EMPTY_ROOT
    assert grow(EMPTY_TREE, ()) == (EMPTY_TREE, ())


@given(data=st.data(), size=st.one_of(st.integers(1, 1100), st.sampled_from([255, 256, 257, 511, 512, 513])))
def test_proofs_are_the_whole_trees(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    reader = Reader(everything(), size)
    assert prove(index, size, reader.tile, reader.leaves) == inclusion_path(LEAVES[:size], index)
    assert reader.leaves_read == size % TILE_WIDTH
    assert reader.reads <= (size >> 8) + 1


@pytest.mark.parametrize("size", [65535, 65536, 65537, LARGE])
def test_proofs_in_a_tree_of_three_levels(size: int) -> None:
    tree, top = built(size)[0], root(LEAVES[:size])
    for index in {0, 1, 255, 256, 32767, 65279, 65280, 65534, min(65535, size - 1), size - 1}:
        reader = Reader(everything(), size)
        path = prove(index, size, reader.tile, reader.leaves)
        assert root_from_path(index, size, LEAVES[index], path) == top
        kept = Reader(everything(), size)
        assert tree.path(index, kept.tile) == path
        assert kept.reads <= 2  # one for each complete tile above the leaf: the kept tree has the rest


@settings(max_examples=20)
@given(size=st.integers(1, LARGE), data=st.data())
def test_an_older_size_is_proved_from_newer_tiles(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    reader = Reader(everything(), size)
    path = prove(index, size, reader.tile, reader.leaves)
    tree = reopen(size, reader.tile, LEAVES[size - size % 256 : size])
    assert root_from_path(index, size, LEAVES[index], path) == tree.root()


def test_a_tile_has_all_its_hashes() -> None:
    (tile,) = grow(EMPTY_TREE, LEAVES[:256])[1]
    assert (tile.level, tile.index, len(tile.hashes)) == (0, 0, TILE_SIZE) == (0, 0, 510 * 32)
    level, expected = LEAVES[:256], b""
    while len(level) > 1:
        expected += b"".join(level)
        level = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=True)]
    assert tile.hashes == expected


def test_tiles_come_lower_levels_first() -> None:
    order = [(tile.level, tile.index) for tile in grow(EMPTY_TREE, LEAVES)[1]]
    assert order == sorted(order)
    assert order[-1] == (1, 0)


def test_what_is_refused() -> None:
    tiles = everything()

    def short(level: int, index: int) -> bytes:
        return tiles[level, index][:-1]

    for size, tail in ((-1, []), (1, []), (256, LEAVES[:256]), (257, [])):
        with pytest.raises(MalformedError, match="leaf hashes"):
            reopen(size, short, tail)
    with pytest.raises(MalformedError, match="tile 0/0"):
        reopen(256, short, [])
    for index, size in ((-1, 5), (5, 5), (0, 0)):
        with pytest.raises(MalformedError, match="no leaf"):
            prove(index, size, short, lambda since, upto: LEAVES[since:upto])
        with pytest.raises(MalformedError, match="no leaf"):
            built(size)[0].path(index, short)
    with pytest.raises(MalformedError, match="leaf hashes"):
        prove(0, 5, short, lambda since, upto: LEAVES[since : upto - 1])
    with pytest.raises(MalformedError, match="tile 0/0"):
        built(256)[0].path(0, short)


def entries(bundle: bytes) -> list[bytes]:
    """C2SP tlog-tiles entry bundle: each entry after its size as u16."""
    found = []
    while bundle:
        size = int.from_bytes(bundle[:2], "big")
        found.append(bundle[2 : 2 + size])
        bundle = bundle[2 + size :]
    return found


def test_tesseras_log(shared: Callable[[str], Path]) -> None:
    folder = shared("vectors/tlog/tessera")
    log = folder / "log"
    keys = [line for line in (folder / "KEYS.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    key = VerifierKey.parse(keys[0])
    assert str(key) == keys[0]
    with pytest.raises(MalformedError, match="public key"):  # the file says so
        VerifierKey.parse(keys[1])
    tree = EMPTY_TREE
    for size in range(16):
        if size:
            bundle = entries((log / f"tile/entries/000.p/{size}").read_bytes())
            hashes = [leaf_hash(entry) for entry in bundle]
            assert b"".join(hashes) == (log / f"tile/0/000.p/{size}").read_bytes()
            tree, tiles = grow(tree, hashes[-1:])
            assert tiles == ()
            assert tree.edge == (tuple(hashes),)
        checkpoint = open_checkpoint((log / f"checkpoint.{size}").read_text("utf-8"), key)
        assert (checkpoint.size, checkpoint.root) == (size, tree.root())
    assert b64decode(b"rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=") == tree.root()
