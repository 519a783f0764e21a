"""
What every store must do when things fail: halfway, in order, between threads, after closing; a part of the store contract.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from creditbank.errors import ClockError, ConflictError, CreditBankError, ErasedError, StoreError
from creditbank.store.base import (
    ClaimRow,
    RequestRow,
    StateRow,
    Store,
)
from creditbank.testing.store_cases import (
    NOON_MS,
    STEPS,
    A,
    B,
    Boom,
    digest,
    dump,
    erasing_batch,
    fail_at,
    heal,
    make_batch,
    make_line,
    race,
    rich_batch,
)


class FailingContract:
    """Subclassed by :class:`creditbank.testing.store_contract.StoreContract`."""

    def make(self, path: Path) -> Store:
        """Return a new, empty store; *path* is an empty folder."""
        raise NotImplementedError

    def reopen(self, store: Store) -> Store:
        """Return *store* closed and opened again, or *store* itself where nothing outlives closing."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        store = self.make(tmp_path)
        yield store
        store.close()

    # --- failing ------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("step", STEPS)
    def test_a_first_append_that_fails_leaves_nothing(self, store: Store, step: str) -> None:
        before = dump(store)
        fail_at(store, step)
        with pytest.raises((Boom, StoreError)):
            store.append(rich_batch())
        heal(store)
        assert dump(store) == before
        assert store.append(rich_batch()).first == 0
        store = self.reopen(store)
        assert dump(store)["size"][0] == 3
        store.close()

    @pytest.mark.parametrize("step", STEPS)
    def test_an_erasure_that_fails_leaves_everything(self, store: Store, step: str) -> None:
        store.append(rich_batch())
        before = dump(store)
        fail_at(store, step)
        batch = erasing_batch(
            releases=(("seat:1", 0),),
            claims=(ClaimRow("new", A, 0),),
            documents={"d9": b""},
            states=(StateRow(A, 3, 1, b""),),
        )
        with pytest.raises((Boom, StoreError)):
            store.append(batch)
        heal(store)
        assert dump(store) == before
        assert (store.holder("new"), store.document("d9")) == (None, None)
        store.append(batch)
        assert store.unfinished() == (A,)

    def test_refusals_in_order(self, store: Store) -> None:
        store.append(rich_batch())
        store.append(make_batch([make_line(B, 0)]))
        store.append(make_batch([make_line(B, 1, b"erasure")], erases=((B, 0),)))
        worst = make_batch(
            [make_line(A, 1), make_line(B, 2, submission=0)],
            at_ms=-1,
            requests=(RequestRow(digest("key", 0), b"", 0, 1),),
            published_at_least=1,
            guards={"book:x": 2},
            claims=(ClaimRow("person:1", B, 0),),
            documents={"d1": b"two"},
        )
        fine = make_line("book:x", 1)
        mends: list[tuple[type[CreditBankError], str, dict[str, Any]]] = [
            (StoreError, "at_ms", {"at_ms": 0}),
            (ConflictError, "request", {"requests": ()}),
            (ConflictError, "published", {"published_at_least": 0}),
            (ConflictError, "book:x is not at version 2", {"guards": {"book:x": 1}}),
            (ConflictError, "account:a is at version 2", {"lines": (make_line(A, 2), worst.lines[1])}),
            (ErasedError, B, {"lines": (make_line(A, 2), fine)}),
            (ConflictError, "person:1", {"claims": ()}),
            (StoreError, "d1", {"documents": {}}),
            (ClockError, "clock", {"at_ms": NOON_MS}),
        ]
        before = dump(store)
        batch = worst
        for error, words, mend in mends:
            with pytest.raises(error, match=words) as caught:
                store.append(batch)
            assert type(caught.value) is error
            assert dump(store) == before
            batch = attrs.evolve(batch, **mend)
        assert store.append(batch).first == 5

    @pytest.mark.parametrize("case", range(25))
    def test_a_batch_that_does_not_fit_itself(self, store: Store, case: int) -> None:
        store.append(make_batch([make_line("book:x", 0)]))
        good = make_batch([make_line(A, 0), make_line(B, 0)])
        row = good.submissions[0]
        wrong: list[dict[str, Any]] = [
            {"lines": (), "submissions": (), "place_keys": {}},
            {"at_ms": -1},
            {"at_ms": 2**53},
            {"submissions": ()},
            {"submissions": (attrs.evolve(row, count=1),)},
            {"submissions": (row, attrs.evolve(row, count=1))},
            {"submissions": (row, attrs.evolve(row, count=0))},
            {"lines": (make_line(A, 0, submission=1), make_line(B, 0))},
            {"lines": (attrs.evolve(good.lines[0], commitment=b"c" * 31), good.lines[1])},
            {"lines": (attrs.evolve(good.lines[0], place=b"p" * 33), good.lines[1])},
            {"lines": (make_line(A, 0), make_line(A, 2)), "place_keys": {A: b"k" * 32}},
            {"lines": (make_line(A, -1), make_line(B, 0)), "place_keys": {B: b"k" * 32}},
            {"place_keys": {A: b"k" * 32}},
            {"place_keys": {A: b"k" * 32, B: b"k" * 32, "book:x": b"k" * 32}},
            {"place_keys": {A: b"k" * 32, B: b"k" * 31}},
            {"erases": ((A, 0),)},
            {"erases": ((B, 0),)},
            {"erases": (("book:x", 2),)},
            {"requests": (RequestRow(b"k", b"h", 0, 0),)},
            {"requests": (RequestRow(b"k", b"h", 1, 2),)},
            {"requests": (RequestRow(b"k", b"h", -1, 1),)},
            {"requests": (RequestRow(b"k", b"h", 0, 1), RequestRow(b"k", b"h", 1, 1))},
            {"claims": (ClaimRow("c", A, 2),)},
            {"claims": (ClaimRow("c", A, -1),)},
            {"releases": (("c", 2),)},
        ]
        with pytest.raises(StoreError, match="the batch has") as caught:
            store.append(attrs.evolve(good, **wrong[case]))
        assert type(caught.value) is StoreError
        assert store.size() == 1
        store.append(good)

    @pytest.mark.parametrize("offset", [0, 1])
    def test_an_erasure_is_the_last_line_of_a_stream_that_was_there(self, store: Store, offset: int) -> None:
        store.append(make_batch([make_line(A, 0)]))
        batch = make_batch([make_line(A, 1), make_line(A, 2)], erases=((A, offset),))
        if offset == 1:
            assert store.append(batch).first == 1
            return
        with pytest.raises(StoreError, match="erasure"):
            store.append(batch)
        with pytest.raises(StoreError, match="two erasures"):
            store.append(attrs.evolve(batch, erases=((A, 1), (A, 1))))

    # --- threads and closing ------------------------------------------------------------------------------------------

    def test_threads_race_for_one_stream(self, store: Store) -> None:
        winners = race(store, threads=4, versions=12)
        assert sorted(winners) == [(version, version) for version in range(12)]
        assert store.head(A) == (12, 11)
        assert store.positions(A) == tuple(range(12))

    def test_reopened_it_is_the_same(self, store: Store) -> None:
        store.append(rich_batch())
        store.append(make_batch([make_line(B, 0)], releases=(("seat:1", 0),)))
        store.publish([(0, 0, b"left")], 3, "three")
        store.append(erasing_batch())
        before = dump(store)
        again = self.reopen(store)
        assert dump(again) == before
        assert again.append(make_batch([make_line(B, 1)])).first == 5
        again.close()

    def test_closed(self, store: Store) -> None:
        store.close()
        store.close()
        uses: list[Callable[[], object]] = [
            store.size,
            lambda: store.append(rich_batch()),
            lambda: store.publish([], 0, ""),
            lambda: list(store.rows(0, 1)),
            lambda: list(store.read(A, 0, 1)),
            lambda: store.finish(A),
            store.checkpoint_wal,
        ]
        for use in uses:
            with pytest.raises(StoreError, match="closed"):
                use()
