"""
``record_all`` of 1,000 deposits and more, decided and signed, beside ``executemany`` into one table.

What it should cost. The floor takes 6 to 8 µs a row: number, unique key, 700 bytes, one transaction. We write that, a
request under a random key, and each account's stream; decide and fold (5 µs), encode a payload (1.2 µs with orjson,
10 with json) and the call's hash (the same again), commit, place and request hashes and an HMAC or two (8 µs), seal
(2 µs); one signature for 256 entries. About 30 µs: 32 to 37 thousand entries a second and a share of 0.2 on a
prototype, 0.15 promised with orjson and 0.1 with json.

Into accounts of 50 entries, with nothing in the cache, each account is read first: its head, its kept state (about 10
KB, unsealed and decoded) and two entries of tail (13 to 22 µs each, with their own unsealing), and its last
commitment: 150 µs and more, 6 thousand entries a second, a share of 0.04; 0.03 is promised. States are kept every 8
entries, so a tail has 0 to 7; at 50 it has 2.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.common import Pairs, Result, Run, Table, installed, main
from benchmarks.places import Place, copied, founded, opened, with_accounts
from creditbank.codec import canonical

ENTRIES = 50
ROUNDS = 5


@contextmanager
def writer(dumps: Callable[[Any], bytes]) -> Iterator[None]:
    """Let canonical JSON be written by *dumps* inside the block; the bytes are the same."""
    before = canonical._dumps
    canonical._dumps = dumps
    try:
        yield
    finally:
        canonical._dumps = before


def measure(run: Run) -> Iterator[Result]:
    """Yield the results into new accounts and into accounts of 50 entries, with orjson and with json."""
    yield from _new(run)
    yield from _history(run)


def writers() -> Iterator[tuple[str, Callable[[Any], bytes]]]:
    """Yield the two ways of writing JSON, orjson only where it is installed."""
    if installed("orjson"):
        yield "orjson", canonical._orjson_dumps
    yield "json", canonical._stdlib_dumps


def _new(run: Run) -> Iterator[Result]:
    each = run.pick(2_000, 50)
    place, table = founded(run.sub("bank")), Table(run.sub("floor"))
    try:
        for name, dumps in writers():
            with writer(dumps):
                opening = [0]
                before, first = place.size_bytes(), place.bank.store.size()

                def ours(opening: list[int] = opening) -> float:
                    start = place.size_bytes()
                    accounts = place.open(each)
                    opening[0] += place.size_bytes() - start
                    return into(run, place, accounts)

                pairs = run.paired(ours, lambda: floor(run, table, each), ROUNDS)
                entries = (place.bank.store.size() - first) // 2
            target = 0.15 if name == "orjson" else 0.1
            kept = (place.size_bytes() - before - opening[0]) / entries
            yield _result(run, f"record_all into new accounts, {name}", pairs, target, each, kept)
    finally:
        place.close()
        table.close()


def _history(run: Run) -> Iterator[Result]:
    each = run.pick(1_000, 20)
    folder, accounts = with_accounts(run, each, run.pick(ENTRIES, 10))
    table = Table(run.sub("floor"))
    try:
        for name, dumps in writers():
            kept: list[float] = []

            def ours(kept: list[float] = kept) -> float:
                place = opened(copied(run, folder))
                before = place.size_bytes()
                seconds = into(run, place, accounts)
                kept.append((place.size_bytes() - before) / len(accounts))
                place.close()
                return seconds

            with writer(dumps):
                pairs = run.paired(ours, lambda: floor(run, table, each), ROUNDS)
            yield _result(run, f"record_all into accounts of {ENTRIES}, {name}", pairs, 0.03, each, kept[-1])
    finally:
        table.close()


def into(run: Run, place: Place, accounts: list[Any]) -> float:
    """Return the seconds that one deposit into each of *accounts* takes, all in one batch."""
    calls = place.deposits(accounts)
    return run.ours(lambda: place.record(calls))


def floor(run: Run, table: Table, size: int) -> float:
    """Return the seconds that as many rows take."""
    rows = table.rows(size)
    return run.floor(lambda: table.write(rows))


def _result(run: Run, measure: str, pairs: Pairs, target: float, each: int, kept: float) -> Result:
    return run.result(
        measure, pairs.speed(), target=target, bound="at least", ours_s=pairs.ours_s, floor_s=pairs.floor_s, size=each,
        entries=True, bytes_per_entry=kept, note="floor: executemany into one table, one transaction",
    )  # fmt: skip


if __name__ == "__main__":
    main(measure)
