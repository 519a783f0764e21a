"""
An inclusion proof at 10⁶ entries, beside its raw tile reads, and beside ``pymerkle.SqliteTree``.

What it should cost. A tree of 10⁶ leaves is 20 high. Tiles keep all their 510 hashes, so a path is cut out of one
complete tile on each of the two lower levels (two reads of 16 KB, 10 to 15 µs each) and, above, out of the right
edge, which a publisher that keeps its tree has in memory: at most 255 hashes a level to pair up, 1 µs each pair. 118
µs and 2.6 times its reads on a prototype; at most 3 is promised. Without the tree in memory, the edge is made again
from the tops of up to 255 tiles a level, and from the log's last rows.

The peer keeps leaf hashes alone and makes every node again, over a million leaves; it then caches the subtrees it saw
in memory. So there are two comparisons: the first proof after opening on both sides, and later ones.
"""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.common import Result, Run, installed, main, raw
from benchmarks.places import Place, copied, fill, kept, opened
from creditbank.ledger import TILE_WIDTH

ROUNDS = 5
TARGET_READS = 3.0
TARGET_PEER = 20.0

_TILE = "SELECT hashes FROM tile WHERE level = ? AND number = ?"


def measure(run: Run) -> Iterator[Result]:
    """Yield our proof beside its reads, and two comparisons with the peer where it is installed."""
    size, each = run.pick(1_000_000, 3_000), run.pick(200, 10)
    folder = copied(run, fill(run, size))
    place = opened(folder)
    try:
        size = place.bank.store.size()
        yield _beside_reads(run, place, size, each)
        if installed("pymerkle"):
            tree = kept(run, f"tree-{size}", lambda path: _planted(path, size))
            yield _first(run, folder, tree / "tree.db", size)
            yield _later(run, place, tree / "tree.db", size, each)
    finally:
        place.close()


def _prove(place: Place, indices: list[int], size: int) -> None:
    publisher = place.bank._published_by()
    for index in indices:
        publisher.path(index, size)


def _beside_reads(run: Run, place: Place, size: int, each: int) -> Result:
    db = raw(place.folder / "ledger.db")
    indices: list[int] = []

    def ours() -> float:
        indices[:] = [random.randrange(size) for _ in range(each)]
        return run.ours(lambda: _prove(place, indices, size))

    def reads() -> float:
        chosen = indices or [random.randrange(size) for _ in range(each)]
        return run.floor(lambda: _read_tiles(db, chosen, size))

    pairs = run.paired(ours, reads, ROUNDS)
    db.close()
    return run.result(
        f"inclusion proof at {size:,} ÷ its reads", pairs.cost(), target=TARGET_READS, bound="at most",
        ours_s=pairs.ours_s, floor_s=pairs.floor_s, size=each,
        note=f"floor: the complete tiles on the way up, a SELECT each; ours asks the store for {_asked(place, size)} tiles",
    )  # fmt: skip


def _read_tiles(db: sqlite3.Connection, indices: list[int], size: int) -> None:
    for index in indices:
        level, width, tile = 0, TILE_WIDTH, index // TILE_WIDTH
        while tile < size // width:
            db.execute(_TILE, (level, tile)).fetchone()
            level, width, tile = level + 1, width * TILE_WIDTH, tile // TILE_WIDTH


def _asked(place: Place, size: int) -> int:
    """Return how many tiles one proof of ours reads."""
    store: Any = place.bank.store
    count, ask = [0], store.tile

    def tile(level: int, index: int) -> bytes | None:
        count[0] += 1
        found: bytes | None = ask(level, index)
        return found

    store.tile = tile
    try:
        _prove(place, [size // 3], size)
    finally:
        del store.tile
    return count[0]


def _planted(path: Path, size: int) -> None:
    from benchmarks.peers import planted

    planted(path, size)


def _first(run: Run, folder: Path, tree: Path, size: int) -> Result:
    from benchmarks.peers import SqliteTree

    def ours() -> float:
        place = opened(folder)
        seconds = run.ours(lambda: _prove(place, [random.randrange(size)], size))
        place.close()
        return seconds

    def theirs() -> float:
        with SqliteTree(str(tree)) as peer:
            return run.floor(lambda: peer.prove_inclusion(random.randrange(size) + 1, size))

    pairs = run.paired(ours, theirs, ROUNDS)
    return run.result(
        "first proof ÷ pymerkle.SqliteTree", pairs.speed(), target=TARGET_PEER, bound="at least",
        ours_s=pairs.ours_s, floor_s=pairs.floor_s, size=1, note="both freshly opened, opening not counted",
    )  # fmt: skip


def _later(run: Run, place: Place, tree: Path, size: int, each: int) -> Result:
    from benchmarks.peers import SqliteTree

    with SqliteTree(str(tree)) as peer:

        def theirs() -> float:
            indices = [random.randrange(size) + 1 for _ in range(each)]
            return run.floor(lambda: [peer.prove_inclusion(index, size) for index in indices])

        pairs = run.paired(
            lambda: run.ours(lambda: _prove(place, [random.randrange(size) for _ in range(each)], size)), theirs, ROUNDS
        )
    return run.result(
        "later proof ÷ pymerkle.SqliteTree", pairs.speed(), target=TARGET_PEER, bound="at least",
        ours_s=pairs.ours_s, floor_s=pairs.floor_s, size=each,
        note="the peer keeps what it hashed in memory (its cache, on by default), the more the more it proved",
    )  # fmt: skip


if __name__ == "__main__":
    main(measure)
