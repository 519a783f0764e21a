"""Group commit: many callers, one transaction; each batch answered alone."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from creditbank.errors import ConflictError, StoreError
from creditbank.store import Batch, Kept, SQLiteStore
from creditbank.store.group import GROUP_LINES_MAX, Group, own_errors
from creditbank.testing.store_cases import make_batch, make_line


class Desk:
    """Stands in for a store: holds the first group until it is let go, then answers as it is told."""

    def __init__(self) -> None:
        self.groups: list[list[Batch]] = []
        self.busy = threading.Event()
        self.go = threading.Event()
        self.fail: Exception | None = None

    def write(self, batches: Sequence[Batch]) -> Sequence[Kept | Exception]:
        self.groups.append(list(batches))
        if len(self.groups) == 1:
            self.busy.set()
            assert self.go.wait(10)
        elif self.fail is not None:
            raise self.fail
        return [
            ConflictError("stale", "again") if batch.at_ms == 13 else Kept(batch.at_ms, len(batch.lines), batch.at_ms)
            for batch in batches
        ]


def together(desk: Desk, batches: Sequence[Batch]) -> list[object]:
    """Append the first alone, and the others all while it is being written."""
    group: Group[Batch, Kept] = Group(desk.write, lambda batch: len(batch.lines), GROUP_LINES_MAX)
    answers: dict[int, object] = {}

    def ask(number: int) -> None:
        try:
            answers[number] = group.append(batches[number])
        except Exception as error:
            answers[number] = error

    threads = [threading.Thread(target=ask, args=(0,), daemon=True)]
    threads[0].start()
    assert desk.busy.wait(10)
    for number in range(1, len(batches)):
        threads.append(threading.Thread(target=ask, args=(number,), daemon=True))
        threads[-1].start()
        while len(group._queue) < number:
            pass
    desk.go.set()
    for thread in threads:
        thread.join(10)
    return [answers[number] for number in range(len(batches))]


def batch(at_ms: int, lines: int = 1) -> Batch:
    return make_batch([make_line(f"keys:s{at_ms}", version) for version in range(lines)], at_ms=at_ms)


def test_those_who_wait_are_written_together() -> None:
    desk = Desk()
    answers = together(desk, [batch(at_ms) for at_ms in (10, 11, 12, 14)])
    assert [len(group) for group in desk.groups] == [1, 3]
    assert [answer.at_ms for answer in answers if isinstance(answer, Kept)] == [10, 11, 12, 14]


def test_a_stale_one_is_answered_and_the_others_commit() -> None:
    answers = together(Desk(), [batch(at_ms) for at_ms in (10, 11, 13, 14)])
    assert [type(answer).__name__ for answer in answers] == ["Kept", "Kept", "ConflictError", "Kept"]


def test_a_group_that_fails_is_told_to_each_with_an_error_of_its_own() -> None:
    desk = Desk()
    desk.fail = StoreError("commit failed", "look")
    first, *others = together(desk, [batch(at_ms) for at_ms in (10, 11, 12)])
    assert isinstance(first, Kept)
    assert [str(error) for error in others] == ["commit failed; look"] * 2
    assert others[0] is not others[1]


def test_a_group_has_a_bound() -> None:
    desk = Desk()
    together(desk, [batch(10), batch(11, GROUP_LINES_MAX - 1), batch(12), batch(14)])
    assert [[len(each.lines) for each in group] for group in desk.groups] == [[1], [GROUP_LINES_MAX - 1, 1], [1]]


def test_who_writes_from_within_a_write_does_not_wait_for_itself() -> None:
    def write(items: Sequence[int]) -> Sequence[int | Exception]:
        return [item + group.append(0) if item else 40 for item in items]

    group: Group[int, int] = Group(write, lambda _: 1, 10)
    assert group.append(2) == 42
    assert group.append(0) == 40


def test_an_error_that_cannot_be_made_again_is_told_all_the_same() -> None:
    class Odd(Exception):
        def __init__(self) -> None:
            super().__init__("odd", 1)

    first, second = own_errors(Odd(), 2)
    assert [type(first), type(second)] == [StoreError, StoreError]
    assert "odd" in str(first)
    assert isinstance(first.__cause__, Odd)


def test_a_fork_while_somebody_writes_leaves_nobody_waiting() -> None:
    """The thread that would wake the child is not there."""
    child = 0

    def write(items: Sequence[int]) -> Sequence[int | Exception]:
        nonlocal child
        if items == [1]:
            child = os.fork()
            if child == 0:
                os._exit(0 if group.append(2) == 2 else 1)
        return list(items)

    group: Group[int, int] = Group(write, lambda _: 1, 10)
    assert group.append(1) == 1
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("stale", [0, 1, 2])
def test_sqlite_keeps_the_good_of_a_group(tmp_path: Path, stale: int) -> None:
    store = SQLiteStore(tmp_path / "ledger.db")
    batches = [make_batch([make_line(f"keys:s{number}", 0 if number != stale else 1)]) for number in range(3)]
    answers = store._append_all(batches)
    assert [isinstance(answer, ConflictError) for answer in answers] == [number == stale for number in range(3)]
    assert [answer.first for answer in answers if isinstance(answer, Kept)] == [0, 1]
    assert store.size() == 2
    assert store.head(f"keys:s{stale}") is None
    store.close()
