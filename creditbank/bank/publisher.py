"""
The publisher: reads what came since the last checkpoint, hashes it again, extends the tree, signs.

Writing touches no tree, so nothing in memory outlives a failed transaction. Before the signature leaves, the high-water mark is
on disk; a flipped bit between payload and leaf stops the publication.
"""

import threading
from collections.abc import Iterator
from typing import Final

from creditbank.bank.loader import open_bodies
from creditbank.bank.mark import Mark, MarkFile
from creditbank.domain.event import BankFounded
from creditbank.domain.name import StreamId
from creditbank.errors import NotPermittedError, RollbackError, StoreError, UnverifiedError
from creditbank.ledger import (
    EMPTY_TREE,
    TILE_WIDTH,
    Checkpoint,
    Note,
    PublicKey,
    Signer,
    StreamHead,
    Tree,
    commit,
    grow,
    leaf_data,
    leaf_hash,
    reopen,
    sign_checkpoint,
    sign_head,
)
from creditbank.store import EntryRow, Published, Store
from creditbank.vault import Vault

__all__ = ["Publisher"]

TRIES_MAX: Final = 8

ROWS_AT_ONCE: Final = 1_024
"""Rows whose keys are looked up together."""


class Publisher:
    """Extends the published log of one store; one at a time in this process, and the store refuses a smaller size."""

    def __init__(
        self, store: Store, vault: Vault, mark: MarkFile | None, founding: BankFounded, signer: Signer | None
    ) -> None:
        self._store = store
        self._vault = vault
        self._mark = mark
        self._founding = founding
        self._operator = signer
        self._lock = threading.Lock()
        self._tree: Tree | None = None

    def cover(self, size: int) -> Published:
        """
        Return a checkpoint of at least *size* entries, publishing one over everything if there is none.

        Raises, in this order:
            NotPermittedError: There is none, and the key that founded the bank is not here.
            UnverifiedError: A payload is not what was committed to.
            StoreError: The store could not keep it.
        """
        with self._lock:
            for attempt in range(TRIES_MAX):
                published = self._store.published()
                if published is not None and published.size >= size:
                    return published
                try:
                    return self._publish(0 if published is None else published.size)
                except StoreError:  # another process may have published meanwhile: look again
                    self._tree = None
                    if attempt == TRIES_MAX - 1:
                        raise
        raise AssertionError("the loop returns or raises")

    def _publish(self, since: int) -> Published:
        origin, signer = self._founding.origin, self._signer()
        tree = self._tree if self._tree is not None and self._tree.size == since else self._reopened(since)
        size = self._store.size()
        grown, tiles = grow(tree, self._leaves(since, size))
        if self._mark is not None:
            self._mark.raise_to(Mark(size, grown.root().hex()))
        note = sign_checkpoint(Checkpoint(origin, size, grown.root()), signer)
        self._store.publish([(tile.level, tile.index, tile.hashes) for tile in tiles], size, note)
        self._tree = grown
        return Published(size, note)

    def _leaves(self, since: int, upto: int) -> Iterator[bytes]:
        for first in range(since, upto, ROWS_AT_ONCE):
            rows = list(self._store.rows(first, min(first + ROWS_AT_ONCE, upto)))
            for row, opened in zip(rows, open_bodies(self._vault, [row.body for row in rows]), strict=True):
                if opened is not None and commit(*opened) != row.commitment:
                    raise UnverifiedError("the payload is not what was committed to", f"entry {row.position}")
                yield _leaf(row)

    def _reopened(self, size: int) -> Tree:
        if size == 0:
            return EMPTY_TREE
        tail = [_leaf(row) for row in self._store.rows(size - size % TILE_WIDTH, size)]
        tree = reopen(size, self._tile, tail)
        published = self._store.published(size)
        if published is not None and published.size == size:
            checkpoint = Checkpoint.parse(Note.parse(published.note).text)
            if checkpoint.root != tree.root():
                raise UnverifiedError("the log is not the one that was published", f"checkpoint {size}")
        return tree

    def _tile(self, level: int, index: int) -> bytes:
        tile = self._store.tile(level, index)
        if tile is None:
            raise UnverifiedError("a tile of the published log is missing", f"tile {level}/{index}")
        return tile

    def path(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return the inclusion path of entry *index* in the tree of the published *size*."""
        with self._lock:
            if self._tree is None or self._tree.size != size:
                self._tree = self._reopened(size)
            tree = self._tree
        return tree.path(index, self._tile)

    def head(self, stream: StreamId, entries: int, last: bytes, size: int) -> str:
        """
        Return the operator's signed word that *stream* has *entries* entries within *size*, the last with commitment *last*.

        Raises:
            NotPermittedError: The key that founded the bank is not here.
        """
        return sign_head(StreamHead(self._founding.origin, stream, entries, last, size), self._signer())

    def _signer(self) -> Signer:
        """Return what signs in the log's name."""
        operator, key = self._founding.institution, self._founding.key
        if self._operator is None:
            raise NotPermittedError(operator, "publish here", "open the bank with the operator's signer")
        if str(PublicKey.of(self._operator)) != key:
            # Strangers hold the founding key, and whatever another one signed would be here for good.
            needs = f"checkpoints are checked with the key that founded the bank: open it with the signer of {key}"
            raise NotPermittedError(operator, "publish with this key", needs)
        return self._operator

    def check_mark(self) -> None:
        """
        Compare the store with the high-water mark.

        Raises:
            RollbackError: The store holds less than was published from here, or something else.
        """
        mark = None if self._mark is None else self._mark.read()
        if mark is None or mark.size == 0:
            return
        if self._store.size() < mark.size:
            raise RollbackError(
                f"it has {self._store.size()} entries, and {mark.size} were published from here", "ledger"
            )
        published = self._store.published(mark.size)
        since = 0 if published is None else published.size
        tree, _ = grow(self._reopened(since), (_leaf(row) for row in self._store.rows(since, mark.size)))
        if tree.root().hex() != mark.root:
            raise RollbackError(f"its first {mark.size} entries are not those that were published from here", "ledger")


def _leaf(row: EntryRow) -> bytes:
    return leaf_hash(leaf_data(row.at_ms, row.commitment, row.place))
