"""
The Merkle tree of RFC 6962 (section 2.1) over leaf hashes, and its proofs.

Trees are worked level by level: neighbours are paired, and a last node without a neighbour goes up as it is. That is
RFC 6962's tree, whose left subtrees are the largest that are complete.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

from creditbank.errors import MalformedError, UnverifiedError
from creditbank.ledger.entry import node_hash
from creditbank.ledger.text import check_hash

__all__ = ["EMPTY_ROOT", "above", "check_consistency", "consistency_path", "inclusion_path", "root", "root_from_path"]

EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves."""


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root over *leaf_hashes*; :data:`EMPTY_ROOT` if there are none."""
    level = list(leaf_hashes)
    while len(level) > 1:
        level = above(level)
    return level[0] if level else EMPTY_ROOT


def inclusion_path(leaf_hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """
    Return the inclusion proof of leaf *index* in the tree over *leaf_hashes*: siblings from the leaf up.

    Raises:
        MalformedError: there is no such leaf.
    """
    if not 0 <= index < len(leaf_hashes):
        raise MalformedError(f"no leaf {index} of {len(leaf_hashes)}", "inclusion path", "ask for a leaf of the tree")
    level, path = list(leaf_hashes), []
    while len(level) > 1:
        if index ^ 1 < len(level):
            path.append(level[index ^ 1])
        level, index = above(level), index >> 1
    return tuple(path)


def root_from_path(index: int, size: int, leaf_hash: bytes, path: Sequence[bytes]) -> bytes:
    """
    Return the root that *path* leads to, from *leaf_hash* at *index* in a tree of *size* leaves.

    Raises, in this order:
        MalformedError: a hash is not 32 bytes.
        UnverifiedError: a tree of that size has no such leaf, or its path is shorter or longer.
    """
    _check_hashes((leaf_hash, *path), "inclusion path")
    if not 0 <= index < size:
        raise UnverifiedError(f"a tree of {size} leaves has no leaf {index}", "inclusion path")
    found, last, rest = leaf_hash, size - 1, iter(path)
    while last:
        if index & 1:
            found = node_hash(_next(rest), found)
        elif index < last:
            found = node_hash(found, _next(rest))
        index, last = index >> 1, last >> 1
    if next(rest, None) is not None:
        raise UnverifiedError("the path is too long", "inclusion path")
    return found


def consistency_path(leaf_hashes: Sequence[bytes], size: int) -> tuple[bytes, ...]:
    """
    Return the proof that the tree over *leaf_hashes* begins with its own first *size* leaves (RFC 6962, 2.1.2).

    Empty when *size* is 0 or all.

    Raises:
        MalformedError: *size* is negative, or more than there are leaves.
    """
    if not 0 <= size <= len(leaf_hashes):
        raise MalformedError(f"no {size} of {len(leaf_hashes)} leaves", "consistency path", "ask for a smaller tree")
    if size in (0, len(leaf_hashes)):
        return ()
    level, number, path = list(leaf_hashes), size - 1, []
    while number & 1:
        level, number = above(level), number >> 1
    # Here stands the last node of the small tree that is complete. It is its whole tree only if size is a power of two,
    # and whoever checks has that one already.
    if number:
        path.append(level[number])
    while len(level) > 1:
        if number ^ 1 < len(level):
            path.append(level[number ^ 1])
        level, number = above(level), number >> 1
    return tuple(path)


def check_consistency(m: int, n: int, root_m: bytes, root_n: bytes, path: Sequence[bytes]) -> None:
    """
    Be sure that the tree of *n* leaves with *root_n* begins with the tree of *m* leaves with *root_m*.

    From m = 0 nothing needs a proof, so *path* must be empty; *root_m* must be the root of the empty tree all the same.

    Raises, in this order:
        MalformedError: a hash is not 32 bytes.
        UnverifiedError: it does not (RFC 9162, section 2.1.4.2).
    """
    where = f"consistency of {m} and {n}"
    _check_hashes((root_m, root_n, *path), where)
    if not 0 <= m <= n:
        raise UnverifiedError("the trees are not in order", where)
    if m == 0 and root_m != EMPTY_ROOT:
        raise UnverifiedError("an empty tree has another root", where)
    if m in (0, n):
        if path or (m == n and root_m != root_n):
            raise UnverifiedError("trees of one size differ" if m == n else "the path is too long", where)
        return
    small, large = _roots_from_path(m, n, root_m, path)
    if small != root_m or large != root_n:
        raise UnverifiedError("the path leads to other roots", where)


def _roots_from_path(m: int, n: int, root_m: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of both trees that *path* leads to, 0 < m < n."""
    rest = iter(path)
    number, last = m - 1, n - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    small = large = _next(rest) if number else root_m
    while last:
        if number & 1:
            left = _next(rest)
            small, large = node_hash(left, small), node_hash(left, large)
        elif number < last:
            large = node_hash(large, _next(rest))
        number, last = number >> 1, last >> 1
    if next(rest, None) is not None:
        raise UnverifiedError("the path is too long", "consistency path")
    return small, large


def above(level: list[bytes]) -> list[bytes]:
    """Return the level above: pairs hashed, a last one without a neighbour as it is."""
    sha = sha256
    nodes = [sha(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
    if len(level) & 1:
        nodes.append(level[-1])
    return nodes


def _next(rest: Iterator[bytes]) -> bytes:
    """Return the next hash of a path."""
    found = next(rest, None)
    if found is None:
        raise UnverifiedError("the path is too short", "path")
    return found


def _check_hashes(hashes: Sequence[bytes], where: str) -> None:
    for each in hashes:
        check_hash(each, where)
