"""
The log's tree in tiles of height 8 (C2SP tlog-tiles): what a publisher keeps, grows and proves from.

Tile (level L, number i) covers the nodes i·256 … i·256+255 of tree level 8·L. Only complete tiles are stored, and with
all their 510 hashes (256 leaves, then 128, 64, … 2), so that a proof reads hashes instead of making them again; the
first 256 are C2SP's tile. The rest of the tree is its *right edge*, at most 255 hashes a level, held in a
:class:`Tree`: a value, so that nothing outlives a transaction that failed.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final

import attrs

from creditbank.errors import MalformedError
from creditbank.ledger import merkle
from creditbank.ledger.entry import node_hash
from creditbank.ledger.text import HASH_SIZE

__all__ = ["EMPTY_TREE", "TILE_HEIGHT", "TILE_SIZE", "TILE_WIDTH", "Tile", "Tree", "grow", "prove", "reopen"]

TILE_HEIGHT: Final = 8
"""Tree levels in a tile."""

TILE_WIDTH: Final = 2**TILE_HEIGHT
"""Hashes at the bottom of a complete tile."""

TILE_SIZE: Final = (2 * TILE_WIDTH - 2) * HASH_SIZE
"""Bytes of a complete tile: 510 hashes."""

ReadTile = Callable[[int, int], bytes]
"""``read_tile(level, index)``: the :data:`TILE_SIZE` bytes of a complete tile."""


@attrs.frozen
class Tile:
    """A complete tile: *hashes* are 256 of tree level 8·*level*, from node 256·*index* on, then 128, 64, … 2."""

    level: int
    index: int
    hashes: bytes


@attrs.frozen
class Tree:
    """
    A tree of *size* leaves by its right edge.

    ``edge[L]`` has the nodes of tree level 8·L that stand in no complete tile, 0 to 255 of them; the last one is never
    empty. Made by :func:`grow` and :func:`reopen` alone.
    """

    size: int
    edge: tuple[tuple[bytes, ...], ...]

    def root(self) -> bytes:
        """Return the root; of an empty tree :data:`creditbank.ledger.merkle.EMPTY_ROOT`."""
        under: list[bytes] = []
        for hashes in self.edge:
            under = _over([*hashes, *under])
        return merkle.root(under)

    def path(self, index: int, read_tile: ReadTile) -> tuple[bytes, ...]:
        """
        Return the inclusion proof of leaf *index*: one read for each complete tile on the way up.

        Raises, in this order:
            MalformedError: there is no such leaf; a tile has not :data:`TILE_SIZE` bytes.
        """
        if not 0 <= index < self.size:
            raise MalformedError(f"no leaf {index} of {self.size}", "inclusion path", "ask for a leaf of the tree")
        path: list[bytes] = []
        for level, nodes in enumerate(_edge_nodes(self.edge)):
            number = index >> TILE_HEIGHT * level
            tile, within = divmod(number, TILE_WIDTH)
            if tile < _complete(self.size, level):
                path.extend(_siblings(_read(read_tile, level, tile), within))
            else:
                path.extend(merkle.inclusion_path(nodes, within))
        return tuple(path)


@lru_cache(maxsize=4)
def _edge_nodes(edge: tuple[tuple[bytes, ...], ...]) -> tuple[tuple[bytes, ...], ...]:
    """Return every level's edge with the node that stands for the edges below; the same for every proof of one tree."""
    levels: list[tuple[bytes, ...]] = []
    under: list[bytes] = []
    for hashes in edge:
        levels.append((*hashes, *under))
        under = _over(list(levels[-1]))
    return tuple(levels)


EMPTY_TREE: Final = Tree(0, ())
"""The tree without leaves."""


def grow(tree: Tree, leaf_hashes: Iterable[bytes]) -> tuple[Tree, tuple[Tile, ...]]:
    """Return *tree* with *leaf_hashes* behind it, and the tiles that this completed: lower levels first, in order."""
    tiles: list[Tile] = []
    edge: list[tuple[bytes, ...]] = []
    new = list(leaf_hashes)
    size, level = tree.size + len(new), 0
    while new or level < len(tree.edge):
        kept = tree.edge[level] if level < len(tree.edge) else ()
        nodes, first = [*kept, *new], _complete(tree.size, level)
        whole = len(nodes) - len(nodes) % TILE_WIDTH
        new = []
        for number in range(whole // TILE_WIDTH):
            tile, top = _tile(level, first + number, nodes[number * TILE_WIDTH : (number + 1) * TILE_WIDTH])
            tiles.append(tile)
            new.append(top)
        edge.append(tuple(nodes[whole:]))
        level += 1
    assert [len(hashes) for hashes in edge] == _edge_sizes(size)
    return Tree(size, tuple(edge)), tuple(tiles)


def reopen(size: int, read_tile: ReadTile, tail: Sequence[bytes]) -> Tree:
    """
    Return the tree of *size* leaves from stored tiles.

    Args:
        read_tile: Is asked for the tiles whose tops make the right edge, at most 255 a level.
        tail: The leaf hashes after the last complete tile of level 0: *size* modulo 256.

    Raises, in this order:
        MalformedError: *size* is negative; *tail* has another length; a tile has not :data:`TILE_SIZE` bytes.
    """
    if size < 0 or len(tail) != size % TILE_WIDTH:
        raise MalformedError(f"{len(tail)} leaf hashes", f"the end of a tree of {size}", "give size modulo 256")
    if not size:
        return EMPTY_TREE
    edge = [tuple(tail)]
    for level in range(len(_edge_sizes(size)) - 1):
        last = _complete(size, level)
        first = last - last % TILE_WIDTH
        edge.append(tuple(_top(_read(read_tile, level, number)) for number in range(first, last)))
    assert [len(hashes) for hashes in edge] == _edge_sizes(size)
    return Tree(size, tuple(edge))


def prove(
    index: int, size: int, read_tile: ReadTile, leaf_hashes: Callable[[int, int], Sequence[bytes]]
) -> tuple[bytes, ...]:
    """
    Return the inclusion proof of leaf *index* in the tree of the first *size* leaves.

    Reads the tiles that are complete at *size*, no others, and leaf hashes ``leaf_hashes(since, upto)`` only of the
    incomplete one. Whoever proves often at one size keeps the :class:`Tree` and asks it: that saves reading the edge.

    Raises, in this order:
        MalformedError: there is no such leaf; leaf hashes or a tile are not as long as they should be.
    """
    if not 0 <= index < size:
        raise MalformedError(f"no leaf {index} of {size}", "inclusion path", "ask for a leaf of the tree")
    whole = size - size % TILE_WIDTH
    tail = leaf_hashes(whole, size) if whole < size else ()
    return reopen(size, read_tile, tail).path(index, read_tile)


def _complete(size: int, level: int) -> int:
    """Return how many tiles of *level* are complete in a tree of *size* leaves."""
    return size >> TILE_HEIGHT * (level + 1)


def _edge_sizes(size: int) -> list[int]:
    """Return how many hashes each level of the right edge has."""
    sizes = []
    while size:
        sizes.append(size % TILE_WIDTH)
        size >>= TILE_HEIGHT
    return sizes


def _tile(level: int, index: int, nodes: list[bytes]) -> tuple[Tile, bytes]:
    """Return the tile over 256 *nodes*, and the node on top of it."""
    hashes: list[bytes] = []
    while len(nodes) > 1:
        hashes.extend(nodes)
        nodes = merkle.above(nodes)
    return Tile(level, index, b"".join(hashes)), nodes[0]


def _over(nodes: list[bytes]) -> list[bytes]:
    """Return the node over what an incomplete tile has: none over none."""
    return [merkle.root(nodes)] if nodes else []


def _read(read_tile: ReadTile, level: int, index: int) -> bytes:
    """Read a tile and check its size."""
    hashes = read_tile(level, index)
    if len(hashes) != TILE_SIZE:
        raise MalformedError(f"{len(hashes)} bytes", f"tile {level}/{index}", f"a complete tile has {TILE_SIZE}")
    return hashes


def _top(hashes: bytes) -> bytes:
    """Return the node on top of a complete tile."""
    return node_hash(hashes[-2 * HASH_SIZE : -HASH_SIZE], hashes[-HASH_SIZE:])


def _siblings(hashes: bytes, within: int) -> list[bytes]:
    """Return the siblings on the way up from hash number *within* of a complete tile, one for each of its levels."""
    siblings, first, width = [], 0, TILE_WIDTH
    while width > 1:
        at = (first + (within ^ 1)) * HASH_SIZE
        siblings.append(hashes[at : at + HASH_SIZE])
        first, width, within = first + width, width // 2, within >> 1
    return siblings
