"""
An append to a bank of 10⁶ entries, beside one to a bank of 10⁴: singly and in batches.

What it should cost. Entries, payloads, submissions and claims are written at the end of their tables and cost the
same at any size. Two b-trees have random keys, requests and streams: at 10⁶ entries they are 80 MB and 4 MB and one
level higher, so that every request touches a page of its own, which is read from the file and written to the log
whole (4 KB). Singly that is one page more in a commit of ten: at most 1.3. In a batch of 1,000 at 10⁴ the requests
share pages; at 10⁶ they do not, hence up to 4 MB more to log and to sync: at most 2.

The million is made up (no payload can be read), its accounts' persons are in the vault; what is measured are real
deposits.
"""

from collections.abc import Iterator, Sequence

from benchmarks.bulk import into
from benchmarks.common import Result, Run, main
from benchmarks.places import Place, copied, fill, opened
from creditbank.domain.decide.account import deposit
from creditbank.domain.name import AccountId

ROUNDS = 7


def measure(run: Run) -> Iterator[Result]:
    """Yield two results: singly, and in batches."""
    large, small = run.pick(1_000_000, 3_000), run.pick(10_000, 1_000)
    places = [opened(copied(run, fill(run, size))) for size in (large, small)]
    try:
        singly, batch = run.pick(100, 10), run.pick(1_000, 50)
        accounts = [place.open(singly) for place in places]
        for place, opened_now in zip(places, accounts, strict=True):
            place.record(place.deposits(opened_now))
        pairs = run.paired(
            lambda: _singly(run, places[0], accounts[0]), lambda: _singly(run, places[1], accounts[1]), ROUNDS
        )
        beside = f"÷ at {small:,}"
        yield run.result(
            f"append at {large:,} {beside}, singly", pairs.cost(), target=1.3, bound="at most",
            ours_s=pairs.ours_s, floor_s=pairs.floor_s, size=singly, entries=True,
        )  # fmt: skip
        pairs = run.paired(lambda: _batch(run, places[0], batch), lambda: _batch(run, places[1], batch), ROUNDS)
        yield run.result(
            f"append at {large:,} {beside}, in batches", pairs.cost(), target=2.0, bound="at most",
            ours_s=pairs.ours_s, floor_s=pairs.floor_s, size=batch, entries=True, note="record_all into new accounts",
        )  # fmt: skip
    finally:
        for place in places:
            place.close()


def _singly(run: Run, place: Place, accounts: Sequence[AccountId]) -> float:
    calls = [(place.request(), account, place.outcome(number)) for number, account in enumerate(accounts)]

    def act() -> None:
        for request, account, outcome in calls:
            place.bank.record(request, deposit, account, outcome)

    return run.ours(act)


def _batch(run: Run, place: Place, size: int) -> float:
    return into(run, place, place.open(size))


if __name__ == "__main__":
    main(measure)
