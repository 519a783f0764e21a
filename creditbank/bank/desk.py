"""
Requests that wait are decided together: one after the other, each seeing those before it, and written in one batch.

Deciding takes longer than a commit on a good disk, and one thread decides at a time whatever we do. Together they share what
deciding reads, the statements, the commit, and a signature for those of one author. Each is still a request of its own: refused
alone, answered alone, recognised by its own key.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from creditbank.bank.loader import Overlay
from creditbank.bank.writing import Call, Plan
from creditbank.domain.curriculum import Document
from creditbank.domain.effect import stream_of
from creditbank.domain.event import AccountErased, Event
from creditbank.domain.name import SYSTEMS, Digest, StreamId, kind_of
from creditbank.domain.request import Request
from creditbank.errors import ConflictError, StoreError
from creditbank.store.group import Group, own_errors

if TYPE_CHECKING:
    from creditbank.bank.recorder import Recorded, Recorder

__all__ = ["ATTEMPTS_MAX", "Asked", "Desk", "Documents", "asked_for"]

Documents = Mapping[Digest, tuple[Document | None, bytes]]

ATTEMPTS_MAX: Final = 64
"""How often a request is decided again when others write first."""

TOGETHER_MAX: Final = 256
"""Requests that are decided together: as many as a submission holds, and nobody waits for more."""


@attrs.frozen(eq=False)
class Asked:
    """A request on its way; the hashes are those by which it is recognised when it comes again."""

    request: Request
    wanted: Call
    documents: Documents
    key_hash: bytes
    request_hash: bytes


@attrs.define
class _Round:
    """One batch in the making: what was answered before it, planned for it, and left for the next; by number."""

    overlay: Overlay
    answers: dict[int, "Recorded | Exception"]
    plans: dict[int, Plan]
    left: list[int]
    alone: bool = False


class Desk:
    """Takes the requests of all threads to one recorder."""

    def __init__(self, recorder: "Recorder") -> None:
        self._recorder = recorder
        self._group: Group[Asked, Recorded] = Group(self._serve, lambda _: 1, TOGETHER_MAX)

    def record(self, asked: Asked) -> "Recorded":
        """Record one request, perhaps with others; raises what is wrong with it."""
        return self._group.append(asked)

    def _serve(self, asked: Sequence[Asked]) -> Sequence["Recorded | Exception"]:
        answers: dict[int, Recorded | Exception] = {}
        waiting = list(range(len(asked)))
        while waiting:
            found, waiting = self._written({number: asked[number] for number in waiting})
            answers.update(found)
        return [answers[number] for number in range(len(asked))]

    def _written(self, asked: Mapping[int, Asked]) -> tuple[Mapping[int, "Recorded | Exception"], list[int]]:
        """Write one batch; return the answers, and the numbers of those who have to wait for the next."""
        for _ in range(ATTEMPTS_MAX):
            made = self._decided(asked)
            if not made.plans:
                return made.answers, made.left
            documents = asked[next(iter(made.plans))].documents
            try:
                recorded = self._recorder.append(made.overlay, list(made.plans.values()), documents)
            except ConflictError:
                continue
            except Exception as error:
                if len(made.plans) > 1 and not isinstance(error, StoreError):
                    return self._one_by_one(asked), []
                return made.answers | _failed(made, error), made.left
            return made.answers | dict(zip(made.plans, recorded, strict=True)), made.left
        stale = ConflictError(f"others wrote first {ATTEMPTS_MAX} times", "try again")
        return dict(zip(asked, own_errors(stale, len(asked)), strict=True)), []

    def _one_by_one(self, asked: Mapping[int, Asked]) -> dict[int, "Recorded | Exception"]:
        """Answer each alone: something is wrong with one of them that only signing or sealing has shown."""
        answers: dict[int, Recorded | Exception] = {}
        for number, each in asked.items():
            found, left = self._written({number: each})
            assert not left, "who is alone need not wait"
            answers.update(found)
        return answers

    def _decided(self, asked: Mapping[int, Asked]) -> _Round:
        first = next(iter(asked.values()))
        made = _Round(self._recorder.overlay(first.documents), {}, {}, [])
        keys: set[bytes] = set()
        made.overlay.preload(asked_for([(each.request, each.wanted) for each in asked.values()]))
        for number, each in asked.items():
            # The same key twice: the second is answered what the first recorded.
            if made.alone or each.key_hash in keys or (each.documents and each is not first):
                made.left.append(number)
                continue
            keys.add(each.key_hash)
            try:
                self._decide(made, number, each, len(asked) == 1)
            except Exception as error:
                made.answers[number] = error
        return made

    def _decide(self, made: _Round, number: int, asked: Asked, by_itself: bool) -> None:
        recorder, request = self._recorder, asked.request
        seen = recorder.seen(request.key, asked.key_hash, asked.request_hash)
        if seen is not None:
            made.answers[number] = seen
            return
        recorder.check_today(made.overlay, request.on)
        said = recorder.decided(made.overlay, request, asked.wanted)
        if all(_goes_along(event) for event in said.events) and not asked.documents:
            if not by_itself:  # it is checked again when it signs, and then whoever is in the batch fails
                recorder.key_in_force(made.overlay, request.by, said.events[-1])
        elif made.plans:
            made.left.append(number)
            return
        else:
            made.alone = True
        made.plans[number] = recorder.planned(made.overlay, said, asked.key_hash, asked.request_hash)


def _failed(made: _Round, error: Exception) -> dict[int, Exception]:
    """Return what those are told whose batch was not written; also who was refused, perhaps for what was now not written."""
    first = next(iter(made.plans))
    refused = [number for number, answer in made.answers.items() if number > first and isinstance(answer, Exception)]
    failed = [*made.plans, *refused]
    return dict(zip(failed, own_errors(error, len(failed)), strict=True))


def _goes_along(event: Event) -> bool:
    """Tell whether others may be in the batch: not where it says who may sign, and not where it erases."""
    return kind_of(stream_of(event)) != "keys" and not isinstance(event, AccountErased)


def asked_for(wanted: Iterable[tuple[Request, Call]]) -> list[StreamId]:
    """Return streams that will be asked for, each once: the authors, the credit systems, the accounts among the arguments."""
    found = {SYSTEMS: None}
    for request, call in wanted:
        found[request.by] = None
        for arg in call.args:
            if isinstance(arg, str) and arg.startswith("account:"):
                found[StreamId(arg)] = None
    return list(found)
