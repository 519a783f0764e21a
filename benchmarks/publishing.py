"""
Publishing 25,000 entries: how long, beside hashing the same bytes, and how long a writer has to wait meanwhile.

What it should cost. For each entry: a row read (3 µs), its body unsealed (2 µs and the account's key), hashed to the
commitment (1 to 2 µs), leaf data written and hashed (2 µs), and one node of the tree (1 µs): about 10 µs, 0.1 s on a
prototype with bodies in clear; 0.3 s is promised. Hashing alone takes 3 to 4 µs an entry. Once: 100 tiles, a
checkpoint's signature, the high-water mark with two syncs.

Writers and the publisher share the store's write lock for the one transaction that stores tiles and checkpoint (a few
ms), and Python's own lock for all the rest, which SQLite and hashing give away often. No record should wait longer
than a batch of 1,000 takes.
"""

import threading
import time
from collections.abc import Iterator
from hashlib import sha256

from benchmarks.bulk import into
from benchmarks.common import Result, Run, main
from benchmarks.places import Place, copied, opened, with_accounts
from creditbank.bank.loader import open_body
from creditbank.domain.decide.account import deposit
from creditbank.domain.name import AccountId
from creditbank.ledger import leaf_data

ENTRIES = 25
ROUNDS = 5
TARGET_S = 0.3
BATCH = 1_000


def measure(run: Run) -> Iterator[Result]:
    """Yield seconds, the ratio to hashing, and the longest wait of a writer as a share of a batch."""
    folder, accounts = with_accounts(run, run.pick(1_000, 20), ENTRIES)
    sizes: list[int] = []

    def publish() -> float:
        place = opened(copied(run, folder))
        sizes.append(place.bank.store.size())
        seconds = run.ours(place.bank.checkpoint)
        place.close()
        return seconds

    def hashing() -> float:
        place = opened(copied(run, folder))
        seen = [_bytes(place, position) for position in range(place.bank.store.size())]
        seconds = run.floor(lambda: _hash(seen))
        place.close()
        return seconds

    pairs = run.paired(publish, hashing, ROUNDS)
    size = sizes[-1]
    yield run.result(
        f"publishing {size:,} entries", pairs.ours_s, target=TARGET_S, bound="at most", ours_s=pairs.ours_s,
        floor_s=None, size=size, entries=True, unit="s",
    )  # fmt: skip
    yield run.result(
        "publishing ÷ hashing the same bytes", pairs.cost(), target=None, bound="at most", ours_s=pairs.ours_s,
        floor_s=pairs.floor_s, size=size, note="floor: SHA-256 of every payload, leaf and node, all in memory",
    )  # fmt: skip

    alone: list[float] = []
    batches: list[float] = []

    def waiting() -> float:
        place = opened(copied(run, folder))
        batches.append(into(run, place, accounts[:BATCH]))
        alone.append(_longest(place, accounts, None))
        longest = _longest(place, accounts, threading.Thread(target=place.bank.checkpoint))
        place.close()
        return longest

    waiting()
    longest = [waiting() for _ in range(run.pick(ROUNDS, 2))]
    batches, alone = batches[1:], alone[1:]
    yield run.result(
        "longest wait of a writer ÷ one batch", [wait / batch for wait, batch in zip(longest, batches, strict=True)],
        target=1.0, bound="at most", ours_s=longest, floor_s=batches, size=1,
        note=f"beside: record_all of {len(accounts[:BATCH]):,}; alone the longest of 100 records took {max(alone) * 1e3:.1f} ms",
    )  # fmt: skip


def _bytes(place: Place, position: int) -> tuple[bytes, bytes]:
    (row,) = place.bank.store.rows(position, position + 1)
    assert row.body is not None, "nothing was erased"
    return b"".join(open_body(place.bank.vault, row.body)), leaf_data(row.at_ms, row.commitment, row.place)


def _hash(seen: list[tuple[bytes, bytes]]) -> bytes:
    level = []
    for payload, leaf in seen:
        sha256(b"creditbank/entry/v1\x00" + payload).digest()
        level.append(sha256(b"\x00" + leaf).digest())
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        level = [sha256(b"\x01" + level[n] + level[n + 1]).digest() for n in range(0, len(level) - 1, 2)] + odd
    return level[0]


def _longest(place: Place, accounts: list[AccountId], meanwhile: threading.Thread | None) -> float:
    """Return the longest that a record took, of 100, or of all while *meanwhile* runs."""
    longest, count = 0.0, 0
    if meanwhile is not None:
        meanwhile.start()
    while count < 100 if meanwhile is None else meanwhile.is_alive() or count == 0:
        request, account, outcome = place.request(), accounts[count % len(accounts)], place.outcome(count)
        start = time.perf_counter()
        place.bank.record(request, deposit, account, outcome)
        longest, count = max(longest, time.perf_counter() - start), count + 1
    if meanwhile is not None:
        meanwhile.join()
    return longest


if __name__ == "__main__":
    main(measure)
