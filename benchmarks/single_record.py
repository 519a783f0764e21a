"""
One durable, signed record into an account of 20 entries, beside a bare commit of one row of 700 bytes.

What it should cost. A bare commit takes 60 to 130 µs here, nearly all of it the sync of the write-ahead log. A record
syncs once too, on a log of about four times the pages. Before that it reads: has the key been seen, how large is the
log, the heads of three streams (account, author, credit systems), two last commitments, the account's key, the place
key; ten statements of 5 to 10 µs. It decides (10 µs), encodes and salts one payload (10 µs), signs once (35 to 40
µs), hashes some six times (6 µs), seals once (2 µs); every eighth time it encodes and seals a state. So about 200 µs
of our own beside the sync: a share of 0.35 to 0.43 was measured on a prototype, and 0.25 is promised.

*Cold* is the first record after opening: the account's state is not in the cache but read, unsealed and folded on (13
to 22 µs for each entry of the tail).
"""

from collections.abc import Iterator, Sequence

from benchmarks.common import Result, Run, Table, main
from benchmarks.places import Place, copied, opened, turns, with_accounts
from creditbank.domain.decide.account import deposit
from creditbank.domain.name import AccountId

ENTRIES = 20
ROUNDS = 7
TARGET = 0.25


def measure(run: Run) -> Iterator[Result]:
    """Yield the two results."""
    each = run.pick(100, 10)
    folder, accounts = with_accounts(run, 2 * (ROUNDS + 1) * each, ENTRIES)
    place = opened(copied(run, folder))
    table = Table(run.sub("floor"))
    systems = place.open(1)
    place.record(place.deposits(systems))
    try:
        groups = turns(accounts, each)
        for measure, warm in (("single record", True), ("single record, cold", False)):
            before, size = place.size_bytes(), place.bank.store.size()
            pairs = run.paired(
                lambda warm=warm: _ours(run, place, next(groups), warm),  # type: ignore[misc] # bound now
                lambda: _floor(run, table, each),
                ROUNDS,
            )
            kept = (place.size_bytes() - before) / (place.bank.store.size() - size)
            yield run.result(
                measure, pairs.speed(), target=TARGET, bound="at least", ours_s=pairs.ours_s, floor_s=pairs.floor_s,
                size=each, entries=True, bytes_per_entry=kept,
                note="floor: one INSERT of 700 bytes, committed; accounts of 20 entries, each once",
            )  # fmt: skip
    finally:
        place.close()
        table.close()


def _ours(run: Run, place: Place, accounts: Sequence[AccountId], warm: bool) -> float:
    if warm:
        known = place.bank.known()
        for account in accounts:
            known.account(account)
    calls = [(place.request(), account, place.outcome(number)) for number, account in enumerate(accounts)]

    def act() -> None:
        for request, account, outcome in calls:
            place.bank.record(request, deposit, account, outcome)

    return run.ours(act)


def _floor(run: Run, table: Table, size: int) -> float:
    rows = table.rows(size)
    return run.floor(lambda: table.write_each(rows))


if __name__ == "__main__":
    main(measure)
