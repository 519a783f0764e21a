"""
``record_all`` of deposits, beside the ``eventsourcing`` package's batch of the same events on SQLite.

What it should cost. The peer stores 15 to 18 thousand events a second in batches of new aggregates: it encodes JSON
and writes two rows an event, but neither decides nor signs nor seals. We take about 30 µs for all of that, so we
should be faster. With history, it reads the aggregate from its newest snapshot and folds the rest, as we do; we
should not be slower.

The peer at its best: a new aggregate begins with the event itself (ours was opened before, and is read); with history
it has a snapshot at version 48 and two events after it, as ours has, and nothing is cached on either side.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from benchmarks.bulk import ENTRIES, into
from benchmarks.common import Pairs, Result, Run, main
from benchmarks.places import copied, founded, kept, opened, with_accounts

if TYPE_CHECKING:
    from eventsourcing.application import Application

ROUNDS = 5
TARGET = 1.0


def measure(run: Run) -> Iterator[Result]:
    """Yield two results: new aggregates, and with history."""
    yield from _new(run)
    yield from _history(run)


def _new(run: Run) -> Iterator[Result]:
    from benchmarks.peers import Account, application

    each = run.pick(2_000, 50)
    place, peer = founded(run.sub("bank")), application(run.sub("peer") / "events.db")
    try:

        def theirs() -> float:
            said = [_outcome(number) for number in range(each)]
            return run.floor(lambda: peer.save(*[Account(outcome=outcome) for outcome in said]))

        pairs = run.paired(lambda: into(run, place, place.open(each)), theirs, ROUNDS)
        yield _result(run, "record_all ÷ eventsourcing, new", pairs, each)
    finally:
        place.close()
        peer.close()


def _history(run: Run) -> Iterator[Result]:
    from benchmarks.peers import application

    each, entries = run.pick(1_000, 20), run.pick(ENTRIES, 10)
    folder, accounts = with_accounts(run, each, entries)
    events = kept(run, f"events-{each}x{entries}", lambda folder: _write(folder, each, entries))
    ids = [UUID(line) for line in (events / "ids").read_text(encoding="ascii").split("\n")]

    def ours() -> float:
        place = opened(copied(run, folder))
        seconds = into(run, place, accounts)
        place.close()
        return seconds

    def theirs() -> float:
        peer = application(copied(run, events) / "events.db")
        said = [_outcome(number) for number in range(each)]
        seconds = run.floor(lambda: _deposit(peer, ids, said))
        peer.close()
        return seconds

    pairs = run.paired(ours, theirs, ROUNDS)
    yield _result(run, "record_all ÷ eventsourcing, with history", pairs, each)


def _result(run: Run, measure: str, pairs: Pairs, each: int) -> Result:
    return run.result(
        measure, pairs.speed(), target=TARGET, bound="at least", ours_s=pairs.ours_s, floor_s=pairs.floor_s, size=each,
        entries=True, note="beside: eventsourcing's save of as many aggregates, which neither decides nor signs",
    )  # fmt: skip


def _write(folder: Path, size: int, entries: int) -> None:
    from benchmarks.peers import Account, application

    peer = application(folder / "events.db")
    accounts = [Account(outcome=_outcome(0)) for _ in range(size)]
    peer.save(*accounts)
    for number in range(2, entries + 1):
        for account in accounts:
            account.deposit(_outcome(number))
        peer.save(*accounts)
        if number == entries - 2:
            for account in accounts:
                peer.take_snapshot(account.id)
    peer.close()
    (folder / "ids").write_text("\n".join(str(account.id) for account in accounts), encoding="ascii")


def _deposit(peer: "Application[UUID]", ids: list[UUID], said: list[dict[str, Any]]) -> None:
    accounts: list[Any] = [peer.repository.get(id) for id in ids]
    for account, outcome in zip(accounts, said, strict=True):
        account.deposit(outcome)
    peer.save(*accounts)


def _outcome(number: int) -> dict[str, Any]:
    """Return what a deposit says of itself, without the request that led to it."""
    return {
        "kind": "training",
        "id": f"{number:032x}",
        "title": f"家政服务员培训 {number}",
        "issuer": "keys:assessor",
        "achieved_on": "2026-01-01",
        "credits": {"system": "cn-bank", "quanta": 4},
        "hours": 40,
        "category": "家政",
    }


if __name__ == "__main__":
    main(measure)
