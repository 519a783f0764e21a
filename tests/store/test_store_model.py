"""Both stores, driven by the same random batches, answer as a naive list of what happened does."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings, strategies as st

from creditbank.errors import CreditBankError
from creditbank.store import Batch, ClaimRow, Line, MemoryStore, SQLiteStore, Store
from creditbank.testing.store_cases import NOON_MS, make_batch, make_line

STREAMS = ("account:a", "account:b", "account:c")
CLAIMS = ("person:1", "person:2")

steps = st.fixed_dictionaries(
    {
        "streams": st.lists(st.sampled_from(STREAMS), min_size=1, max_size=4),
        "skew": st.sampled_from([0, 0, 0, 0, 1]),
        "claims": st.lists(st.tuples(st.sampled_from(CLAIMS), st.integers(0, 3)), max_size=2),
        "releases": st.lists(st.tuples(st.sampled_from(CLAIMS), st.integers(0, 3)), max_size=1),
        "erase": st.sampled_from([False, False, False, True]),
        "late_ms": st.sampled_from([-60_001, -5, 0, 7]),
    }
)


class Naive:
    """What happened, as lists; every question is answered by walking all of it."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, int, int]] = []  # stream, version, at
        self.steps: list[tuple[int, int, str, str]] = []  # position, 0 release or 1 claim, name, stream
        self.gone: dict[str, int] = {}  # erased stream → position of its erasure

    def version(self, stream: str, upto: int) -> int:
        return sum(name == stream for name, _, _ in self.lines[:upto])

    def positions(self, stream: str, upto: int) -> list[int]:
        return [position for position, (name, _, _) in enumerate(self.lines[:upto]) if name == stream]

    def holder(self, claim: str, upto: int) -> str | None:
        held = None
        for position, taking, name, stream in self.steps:
            if name == claim and position < upto:
                held = stream if taking else None
        return None if held in self.gone else held

    def allows(self, batch: Batch) -> bool:
        size = len(self.lines)
        seen: dict[str, int] = {}
        for line in batch.lines:
            if line.version != seen.get(line.stream, self.version(line.stream, size)) or line.stream in self.gone:
                return False
            seen[line.stream] = line.version + 1
        held = {claim: self.holder(claim, size) for claim in CLAIMS}
        for _, taking, name, stream in self.claim_steps(batch):
            if (held[name] is None) != bool(taking):
                return False
            held[name] = stream if taking else None
        return not self.lines or batch.at_ms >= self.lines[-1][2] - 60_000

    def claim_steps(self, batch: Batch) -> list[tuple[int, int, str, str]]:
        found = [(line, 0, name, "") for name, line in batch.releases]
        return sorted(found + [(row.line, 1, row.name, row.stream) for row in batch.claims], key=lambda step: step[:2])

    def add(self, batch: Batch) -> None:
        first = len(self.lines)
        at = max([batch.at_ms] + [line[2] for line in self.lines[-1:]])
        self.lines += [(line.stream, line.version, at) for line in batch.lines]
        self.steps += [(first + line, taking, name, stream) for line, taking, name, stream in self.claim_steps(batch)]
        self.gone |= {stream: first + line for stream, line in batch.erases}


def batch_of(step: dict[str, Any], naive: Naive) -> Batch:
    lines: list[Line] = []
    versions = {stream: naive.version(stream, len(naive.lines)) for stream in STREAMS}
    for stream in step["streams"]:
        lines.append(make_line(stream, versions[stream] + step["skew"]))
        versions[stream] += 1
    last = len(lines) - 1
    erases = ((lines[last].stream, last),) if step["erase"] and lines[last].version else ()
    return make_batch(
        lines,
        at_ms=NOON_MS + 10 * len(naive.lines) + step["late_ms"],
        claims=tuple(ClaimRow(name, lines[min(at, last)].stream, min(at, last)) for name, at in step["claims"]),
        releases=tuple((name, min(at, last)) for name, at in step["releases"]),
        erases=() if any(line.version == 0 and line.stream == s for line in lines for s, _ in erases) else erases,
    )


def check(store: Store, naive: Naive) -> None:
    size = len(naive.lines)
    assert store.size() == size
    assert store.unfinished() == tuple(sorted(naive.gone))
    rows = list(store.rows(0, size))
    for stream in STREAMS:
        places = naive.positions(stream, size)
        assert [row.position for row in store.read(stream, 0, size)] == places
        gone = naive.gone.get(stream)
        assert store.positions(stream) == (tuple(places) if gone is None else (gone,))
        for position in places:
            assert (rows[position].body is None) == (gone is not None and position != gone)
        for upto in range(size + 1):
            now = naive.positions(stream, upto)
            assert store.head(stream, upto) == ((len(now), now[-1]) if now else None)
    for claim in CLAIMS:
        assert [store.holder(claim, upto) for upto in range(size + 1)] == [
            naive.holder(claim, upto) for upto in range(size + 1)
        ]
        assert store.holder(claim) == naive.holder(claim, size)
    for _, _, at in naive.lines:
        assert store.position_at(at) == sum(other <= at for _, _, other in naive.lines)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@settings(max_examples=40)
@given(plan=st.lists(steps, min_size=1, max_size=8))
def test_any_run_of_batches(kind: str, plan: list[dict[str, Any]]) -> None:
    folder = Path(tempfile.mkdtemp())
    store: Store = MemoryStore() if kind == "memory" else SQLiteStore(folder / "ledger.db")
    try:
        naive = Naive()
        for step in plan:
            batch = batch_of(step, naive)
            if naive.allows(batch):
                kept = store.append(batch)
                naive.add(batch)
                assert kept.at_ms == naive.lines[-1][2]
            else:
                with pytest.raises(CreditBankError):
                    store.append(attrs.evolve(batch))
        check(store, naive)
    finally:
        store.close()
        shutil.rmtree(folder)
