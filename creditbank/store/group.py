"""
Group commit: whoever comes first writes for all that wait, so that many callers share one transaction and one fsync.

Each batch is checked alone, on what those before it in the group wrote: a stale one is answered, the others commit.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Final

from creditbank.errors import StoreError
from creditbank.store.base import Batch, Kept

__all__ = ["GROUP_LINES_MAX", "Answer", "Group"]

Answer = Kept | Exception

GROUP_LINES_MAX: Final = 4_096
"""Lines of one group: nobody waits for more than that."""


class _Waiting:
    """A batch on its way; *answer* is None until it is written, or until its caller has to lead."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.answer: Answer | None = None
        self.woken = Event()


class Group:
    """Queues batches for *write*, which answers each of a group: Kept, or why not. It raises when nothing was written."""

    def __init__(self, write: Callable[[Sequence[Batch]], Sequence[Answer]]) -> None:
        self._write = write
        self._lock = Lock()
        self._queue: deque[_Waiting] = deque()
        self._led = False

    def append(self, batch: Batch) -> Kept:
        """Write *batch*, together with others that wait; raises what is wrong with it, or with the whole group."""
        mine = _Waiting(batch)
        with self._lock:
            self._queue.append(mine)
            leads, self._led = not self._led, True
        if not leads:
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
        try:
            answers = self._write([waiting.batch for waiting in group])
        except Exception as error:
            answers = [error] if len(group) == 1 else [_own(error) for _ in group]
        except BaseException:
            answers = [StoreError("the writer was interrupted", "look the request up by its key first") for _ in group]
            raise
        finally:
            for waiting, answer in zip(group, answers, strict=True):
                waiting.answer = answer
                waiting.woken.set()
            with self._lock:
                if self._queue:
                    self._queue[0].woken.set()
                else:
                    self._led = False

    def _taken(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        lines = 0
        with self._lock:
            while self._queue and (not group or lines + len(self._queue[0].batch.lines) <= GROUP_LINES_MAX):
                group.append(self._queue.popleft())
                lines += len(group[-1].batch.lines)
        return group


def _own(error: Exception) -> Exception:
    """Give each caller an error of its own: one instance raised by many threads mixes their tracebacks."""
    own = type(error)(*error.args)
    own.__cause__ = error
    return own
