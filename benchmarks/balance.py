"""
The balance of an account of 50 entries, beside one raw read.

What it should cost. A raw read of one row by its number takes 3 to 5 µs. A question asks how large the log is, then
for the account's head as of that size: two reads. From the cache, the state is then there and adding up 49 lots is
left: 10 to 20 µs; at most 5 raw reads are promised. *Cold*, the kept state (unsealed, decoded) and a tail of two
entries (two more reads, each unsealed, hashed, decoded and folded, 13 to 22 µs) come on top; at most 15 raw reads are
promised.
"""

import random
from collections.abc import Iterator

from benchmarks.common import Result, Run, main, raw
from benchmarks.places import copied, opened, with_accounts
from creditbank.domain.name import AccountId
from creditbank.domain.view.account import balance

ENTRIES = 50
ROUNDS = 7


def measure(run: Run) -> Iterator[Result]:
    """Yield two results: from the cache, and cold."""
    entries = run.pick(ENTRIES, 10)
    folder, accounts = with_accounts(run, run.pick(1_000, 20), entries)
    folder = copied(run, folder)
    db = raw(folder / "ledger.db")
    (size,) = db.execute("SELECT count(*) FROM payload").fetchone()

    def read() -> float:
        numbers = [random.randrange(size) for _ in accounts]
        sql = "SELECT body FROM payload WHERE seq = ?"
        return run.floor(lambda: [db.execute(sql, (number,)).fetchone() for number in numbers])

    def ours(warm: bool) -> float:
        place = opened(folder)
        try:
            place.bank.known().institution(place.author)
            if warm:
                _ask(place.bank, accounts)
            return run.ours(lambda: _ask(place.bank, accounts))
        finally:
            place.close()

    for name, warm, target in (("from the cache", True, 5.0), ("cold", False, 15.0)):
        pairs = run.paired(lambda warm=warm: ours(warm), read, ROUNDS)  # type: ignore[misc] # bound now
        yield run.result(
            f"balance, {name}", pairs.cost(), target=target, bound="at most", ours_s=pairs.ours_s,
            floor_s=pairs.floor_s, size=len(accounts), note=f"accounts of {entries} entries; floor: one payload by number",
        )  # fmt: skip
    db.close()


def _ask(bank: object, accounts: list[AccountId]) -> None:
    for account in accounts:
        assert balance(bank.known(), account)  # type: ignore[attr-defined] # a bank


if __name__ == "__main__":
    main(measure)
