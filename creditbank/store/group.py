"""
Group commit: whoever comes first writes for all that wait, so that many callers share one transaction and one fsync.

Each item is checked alone, on what those before it in the group wrote: a stale one is answered, the others commit.
"""

from collections import deque
from collections.abc import Callable, Sequence
from os import getpid
from threading import Event, Lock, get_ident
from typing import Final, Generic, TypeVar

from creditbank.errors import StoreError

__all__ = ["GROUP_LINES_MAX", "Group", "own_errors"]

GROUP_LINES_MAX: Final = 4_096
"""Lines of one group: nobody waits for more than that."""

T = TypeVar("T")
A = TypeVar("A")


class _Waiting(Generic[T, A]):
    """An item on its way; *answer* is None until it is written, or until its caller has to lead."""

    def __init__(self, item: T) -> None:
        self.item = item
        self.answer: A | Exception | None = None
        self.woken: Event | None = None


class Group(Generic[T, A]):
    """
    Queues items for *write*, which answers each of a group, or says why not. It raises when nothing was written.

    Groups weigh at most *most*, or are one item. Whoever comes from within *write* is written at once, alone: to wait would be to
    wait for itself.
    """

    def __init__(
        self, write: Callable[[Sequence[T]], Sequence[A | Exception]], weight: Callable[[T], int], most: int
    ) -> None:
        self._write = write
        self._weight = weight
        self._most = most
        self._begin()

    def _begin(self) -> None:
        self._pid = getpid()
        self._lock = Lock()
        self._queue: deque[_Waiting[T, A]] = deque()
        self._led = False
        self._leader: int | None = None

    def append(self, item: T) -> A:
        """Write *item*, together with others that wait; raises what is wrong with it, or with the whole group."""
        if self._pid != getpid():
            self._begin()  # after a fork nobody is left who would wake us; what is behind *write* may refuse
        mine: _Waiting[T, A] = _Waiting(item)
        if self._leader == get_ident():
            (mine.answer,) = self._write([item])
        else:
            with self._lock:
                self._queue.append(mine)
                if self._led:
                    mine.woken = Event()
                self._led = True
            if mine.woken is not None:
                mine.woken.wait()
            if mine.answer is None:
                self._lead()
        answer = mine.answer
        assert answer is not None, "a led group answers everybody in it, its leader first"
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _lead(self) -> None:
        """Write for those who wait, then wake them and let the next one lead."""
        group = self._taken()
        self._leader = get_ident()
        answers: Sequence[A | Exception]
        try:
            answers = self._write([waiting.item for waiting in group])
        except Exception as error:
            answers = own_errors(error, len(group))
        except BaseException:
            answers = [StoreError("the writer was interrupted", "look the request up by its key first") for _ in group]
            raise
        finally:
            self._leader = None
            for waiting, answer in zip(group, answers, strict=True):
                waiting.answer = answer
                if waiting.woken is not None:
                    waiting.woken.set()
            with self._lock:
                if self._queue:
                    first = self._queue[0].woken
                    assert first is not None, "who queues behind a leader waits"
                    first.set()
                else:
                    self._led = False

    def _taken(self) -> list[_Waiting[T, A]]:
        group: list[_Waiting[T, A]] = []
        weight = 0
        with self._lock:
            while self._queue and (not group or weight + self._weight(self._queue[0].item) <= self._most):
                group.append(self._queue.popleft())
                weight += self._weight(group[-1].item)
        return group


def own_errors(error: Exception, count: int) -> list[Exception]:
    """Give each of *count* callers an error of its own: one instance raised by many threads mixes their tracebacks."""
    return [error] if count == 1 else [_own(error) for _ in range(count)]


def _own(error: Exception) -> Exception:
    try:
        own = type(error)(*error.args)
    except Exception:  # a foreign error that is not made of its args
        own = StoreError(str(error), "look the request up by its key first")
    own.__cause__ = error
    return own
