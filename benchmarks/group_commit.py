"""
64 callers at once by group commit, beside one caller after another.

What it should cost. A single record is a sync (60 to 130 µs here) and about 250 µs of Python. Callers that wait are
decided together and written in one batch, so the sync, the signature and most statements fall away, and what stays is
what one of ``record_all`` costs, about 90 µs, and waking a thread. 1.3 is promised here, where syncing is cheap; 4 and
more should come of it. On a disk whose COMMIT takes 2 ms a single record takes 2.3 ms, and 64 callers pay those 2 ms
once a group: at least 6 is promised, and about 15 would be reached if nothing were lost in waking.

The shim sleeps 2 ms inside the transaction's COMMIT, under all locks, for both sides alike.
"""

import threading
import time
from collections.abc import Iterator, Sequence

from benchmarks.common import Result, Run, main
from benchmarks.places import Place, founded
from creditbank.domain.decide.account import deposit
from creditbank.domain.name import AccountId
from creditbank.store import SQLiteStore

CALLERS = 64
ROUNDS = 7
COMMIT_S = 0.002


def measure(run: Run) -> Iterator[Result]:
    """Yield two results: as it is, and where COMMIT takes 2 ms."""
    each, beside = run.pick(8, 1), run.pick(2, 1)
    place = founded(run.sub("bank"))
    try:
        accounts = place.open(CALLERS)
        place.record(place.deposits(accounts))
        for measure, target, shim in (("64 callers", 1.3, False), ("64 callers, COMMIT of 2 ms", 6.0, True)):
            store = place.bank.store
            assert isinstance(store, SQLiteStore)
            store._fault = _slow if shim else None
            pairs = run.paired(
                lambda: _many(run, place, accounts, each), lambda: _single(run, place, accounts, beside), ROUNDS
            )
            single_s = [seconds * each / beside for seconds in pairs.floor_s]
            yield run.result(
                measure,
                [single / many for single, many in zip(single_s, pairs.ours_s, strict=True)],
                target=target, bound="at least", ours_s=pairs.ours_s, floor_s=single_s, size=CALLERS * each, entries=True,
                note="beside: the same records by one caller, one after another",
            )  # fmt: skip
    finally:
        place.close()


def _slow(step: str) -> None:
    if step == "committed":
        time.sleep(COMMIT_S)


def _single(run: Run, place: Place, accounts: Sequence[AccountId], each: int) -> float:
    def act() -> None:
        for number in range(each):
            for account in accounts:
                place.bank.record(place.request(), deposit, account, place.outcome(number))

    return run.floor(act)


def _many(run: Run, place: Place, accounts: Sequence[AccountId], each: int) -> float:
    ready = threading.Barrier(len(accounts) + 1)
    done: list[AccountId] = []

    def caller(account: AccountId) -> None:
        ready.wait()
        for number in range(each):
            place.bank.record(place.request(), deposit, account, place.outcome(number))
        done.append(account)

    threads = [threading.Thread(target=caller, args=(account,)) for account in accounts]
    for thread in threads:
        thread.start()

    def act() -> None:
        ready.wait()
        for thread in threads:
            thread.join()

    seconds = run.ours(act)
    assert len(done) == len(accounts), "every caller's records were kept"
    return seconds


if __name__ == "__main__":
    main(measure)
