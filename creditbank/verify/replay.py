"""
The second walk: every request is run again on exactly what it read, and must say the same (checks (f) and (g)).

The states of streams grow along the log; a request's prefix is nearly always the present one, and is folded from the start where
it is older. What was decided on older prefixes (a draft signed elsewhere) must also be what its position decides: else one
outcome could be spent twice by two requests that both read the account as it was before.
"""

import re
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from creditbank.codec.case_write import case_digest
from creditbank.codec.curriculum import document_of
from creditbank.codec.payload import Payload, Read
from creditbank.domain.account import Account
from creditbank.domain.again import again
from creditbank.domain.curriculum import Curriculum, Document
from creditbank.domain.effect import claims, filled
from creditbank.domain.event import Applied, BookPublished, CurriculumPublished, Event, TransferOffered
from creditbank.domain.known import Known, Remains
from creditbank.domain.name import AccountId, Claim, Digest, StreamId
from creditbank.domain.rule import SEMANTICS, Case, RuleBook
from creditbank.domain.state import State, before
from creditbank.errors import CreditBankError
from creditbank.verify.evidence import Check, Evidence, Row
from creditbank.verify.hashing import ZERO
from creditbank.verify.payload import opened
from creditbank.verify.walk import Walk

__all__ = ["Counts", "Replay"]

PREFIXES_KEPT: Final = 64
"""Older states of streams that are kept for the next request that reads them."""

DAY_SLACK: Final = 1
"""Days between the civil day of a request and that of its receipt, inclusive."""

_NONCE: Final = re.compile(r"[0-9a-f]{32}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@attrs.define
class Counts:
    """How many requests there were, and what became of them when they were run again."""

    requests: int = 0
    verified: int = 0
    forgotten: int = 0
    not_replayable: int = 0


class _ForgottenError(Exception):
    """The request looks at what an erasure took."""


class _OtherEngineError(Exception):
    """The request was decided by an engine that this library does not have."""


class _FailedError(Exception):
    """The request does not hold, by *check*; *what* says why."""

    def __init__(self, what: str, check: Check = "g", position: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.check: Check = check
        self.position = position


@attrs.frozen
class _Said:
    """An entry, with the names it takes filled in."""

    row: Row
    payload: Payload

    @property
    def first(self) -> int:
        """Return where its request begins."""
        return self.row.position - self.payload.index

    def goes_with(self, other: "_Said") -> bool:
        """Tell whether both are of one request."""
        mine, its = self.payload, other.payload
        return (
            self.first == other.first
            and self.row.submission == other.row.submission
            and (mine.request, mine.count, mine.reads, mine.documents)
            == (its.request, its.count, its.reads, its.documents)
        )


class Replay:
    """Runs requests again, entry by entry; *doubtful* are the entries about which something was found before."""

    def __init__(self, evidence: Evidence, made: Walk, zone: ZoneInfo) -> None:
        self.counts = Counts()
        self._made = made
        self._findings = made.findings
        self._doubtful = frozenset(made.findings.positions)
        self._zone = zone
        self._states = _States(evidence, made)
        self._documents = _Documents(evidence)
        self._holders: dict[str, StreamId] = {}
        self._nonces: set[str] = set()
        self._group: list[_Said] = []
        self._until = 0  # so many entries belong to requests that were looked at
        self._loose: set[int] = set()  # entries without payload of which no request is known

    def take(self, row: Row) -> None:
        """Take the next entry of the log."""
        if row.opened is None or row.position in self._made.unread:
            if row.position >= self._until:
                self._loose.add(row.position)
            return
        said = self._filled(row)
        if self._group and not said.goes_with(self._group[0]):
            self._close()
        self._group.append(said)

    def end(self) -> Counts:
        """Look at the last request, and return the counts."""
        if self._group:
            self._close()
        self.counts.requests += len(self._loose)
        self.counts.forgotten += len(self._loose & self._made.forgotten)
        self._loose.clear()
        return self.counts

    def _filled(self, row: Row) -> _Said:
        payload = opened(row)
        try:
            event = filled(payload.event, row.claims)
        except CreditBankError as error:
            self._findings.add("g", row.position, str(error))
            return _Said(row, payload)
        return _Said(row, attrs.evolve(payload, event=event))

    def _close(self) -> None:
        """Look at the request gathered, then let its events happen."""
        group, self._group = self._group, []
        first, positions = group[0].first, range(group[0].first, group[0].first + group[0].payload.count)
        self.counts.requests += 1
        try:
            self._check_entries(group, positions)
            self._check_reads(group[0], first)
            if not self._made.forgotten.isdisjoint(positions):
                raise _ForgottenError
            self._run(group, first)
            self.counts.verified += self._doubtful.isdisjoint(positions)
        except _ForgottenError:
            self.counts.forgotten += 1
        except _OtherEngineError:
            self.counts.not_replayable += 1
        except _FailedError as failed:
            where = group[0].row.position if failed.position is None else failed.position
            self._findings.add(failed.check, where, failed.what)
        self._until = max(self._until, positions.stop)
        self._loose.difference_update(positions)
        for said in group:
            self._happen(said)

    def _happen(self, said: _Said) -> None:
        if said.row.position in self._made.doubled:
            return
        event = said.payload.event
        self._states.advance(said.payload.stream, event)
        for claim in claims(event):
            if claim.token:
                self._holders.setdefault(claim.name, said.payload.stream)

    # --- one request --------------------------------------------------------------------------------------------------

    def _check_entries(self, group: list[_Said], positions: range) -> None:
        """Check that the entries are one request, made on the day on which it was received."""
        if positions.start < self._until:
            raise _FailedError("it says it belongs to a request of which the entries before it are not")
        here = {said.row.position for said in group}
        for position in positions:
            if position not in here and position not in self._made.forgotten:
                raise _FailedError(f"entry {position}, which its request says it has, is not here, or is another's")
        request = group[0].payload.request
        if not isinstance(request.nonce, str) or not _NONCE.fullmatch(request.nonce) or request.nonce in self._nonces:
            raise _FailedError("the nonce of its request is none, or was another request's: new names would not be new")
        self._nonces.add(request.nonce)
        for said in group:
            day = _day(said.row.at_ms, self._zone)
            if day is None or abs((request.on - day).days) > DAY_SLACK:
                what = f"its request says it is of {request.on}, and it was received on {day}"
                raise _FailedError(what, position=said.row.position)

    def _check_reads(self, said: _Said, first: int) -> None:
        """Check that what the request looked at stood as listed."""
        payload = said.payload
        names = [read.stream for read in payload.reads]
        if names != sorted(set(names)):
            raise _FailedError("its reads are not in order, or one stands twice", "f")
        for read in payload.reads:
            refused = self._unlike(read, first)
            if refused is not None:
                raise _FailedError(f"it says it read {read.stream} at version {read.version}: {refused}", "f")
        for digest in payload.documents:
            self._documents.document(digest)

    def _unlike(self, read: Read, first: int) -> str | None:
        if type(read.version) is not int or read.version < 0:
            return "that is no version"
        if read.version == 0:
            return None if read.last == ZERO.hex() else "before the first entry there is no commitment"
        stream = self._made.streams.get(read.stream)
        if stream is None or read.version > len(stream.positions):
            return "it never had so many entries"
        if stream.positions[read.version - 1] >= first:
            return f"it had fewer entries before entry {first}"
        if stream.commitments[read.version - 1].hex() != read.last:
            return "its last entry then had another commitment"
        return None

    def _run(self, group: list[_Said], first: int) -> None:
        payload, events = group[0].payload, tuple(said.payload.event for said in group)
        for said in group:
            if payload.read(said.payload.stream) is None:
                raise _FailedError(f"it writes to {said.payload.stream}, which its request did not read")
            self._check_decided(said.payload.event)
        listed = {read.stream: read.version for read in payload.reads}
        known = self._again(_Loader(self, first, listed), payload, events, "run again")
        if known.documents != payload.documents:
            raise _FailedError("the documents that it lists are not those that it uses")
        if any(self._states.version(stream, first) != version for stream, version in listed.items()):
            self._again(
                _Loader(self, first, None), payload, events, "run again as of its position and not of its reads"
            )

    def _check_decided(self, event: Event) -> None:
        if isinstance(event, Applied | TransferOffered) and event.decision.semantics != SEMANTICS:
            raise _OtherEngineError
        if isinstance(event, BookPublished | CurriculumPublished):
            size = self._documents.size(event.digest)
            if event.size != size:
                raise _FailedError(f"the document {event.digest} has {size} bytes")

    def _again(self, loader: "_Loader", payload: Payload, events: tuple[Event, ...], how: str) -> Known:
        known = Known(loader, loader.first)
        try:
            said = tuple(again(known, payload.request, events))
        except (_ForgottenError, _FailedError):
            raise
        except CreditBankError as error:
            raise _FailedError(f"{how}, it is refused: {error}") from None
        except Exception as error:  # verbs assert what honest ledgers promise; this one may not be
            raise _FailedError(f"{how}, it breaks off: {error!r}") from None
        for number, (mine, its) in enumerate(zip(said, events, strict=False)):
            if mine != its:
                raise _FailedError(f"{how}, it says {_difference(mine, its)}", position=loader.first + number)
        if len(said) != len(events):
            raise _FailedError(f"{how}, it says {len(said)} events, and {len(events)} are recorded")
        return known


@attrs.frozen
class _Loader:
    """Answers as of *first*, streams at the versions *listed* (None: as they were at *first*)."""

    run: Replay
    first: int
    listed: Mapping[StreamId, int] | None

    def state(self, stream: StreamId) -> tuple[State, int]:
        states = self.run._states
        version = states.version(stream, self.first) if self.listed is None else self.listed.get(stream)
        if version is None:
            raise _FailedError(f"it looks at {stream}, which it does not list as read")
        return states.state(stream, version), version

    def holder(self, claim: Claim) -> StreamId | None:
        return self.run._holders.get(claim.name)

    def book(self, digest: Digest) -> RuleBook | None:
        document = self.run._documents.document(digest)
        return document if isinstance(document, RuleBook) else None

    def curriculum(self, digest: Digest) -> Curriculum | None:
        document = self.run._documents.document(digest)
        return document if isinstance(document, Curriculum) else None

    def remains(self, stream: StreamId) -> Remains:
        erased = self.run._made.streams.get(stream)
        if erased is None or erased.place_key is None:
            raise _FailedError(f"it asks what remains of {stream}, which nobody erased")
        return Remains(tuple(erased.positions), erased.place_key.hex())

    def case_digest(self, case: Case) -> str:
        return case_digest(case)


# --- what requests look at ----------------------------------------------------------------------------------------------


class _States:
    """The folded state of every stream, as far as the log has been walked; older ones are folded again when asked."""

    def __init__(self, evidence: Evidence, made: Walk) -> None:
        self._evidence = evidence
        self._made = made
        self._latest: dict[StreamId, tuple[State | None, int]] = {}
        self._older: OrderedDict[tuple[StreamId, int], State | None] = OrderedDict()

    def advance(self, stream: StreamId, event: Event) -> None:
        """Let *event* happen."""
        state, version = self._latest.get(stream, (before(stream), 0))
        self._latest[stream] = (_after(state, event), version + 1)

    def version(self, stream: StreamId, first: int) -> int:
        """Return how many entries *stream* had before entry *first*, the next to happen."""
        known = self._made.streams.get(stream)
        return 0 if known is None else bisect_left(known.positions, first)

    def state(self, stream: StreamId, version: int) -> State:
        """Return the state of *stream* after its first *version* entries."""
        known = self._made.streams.get(stream)
        if version == 0 or known is None:
            return before(stream)
        if known.erased is not None:
            if version == len(known.positions):
                return Account(AccountId(stream), opened=True, erased=True, entries=version)
            raise _ForgottenError
        state, latest = self._latest.get(stream, (None, 0))
        if version != latest:
            state = self._folded(stream, version, known.positions)
        if state is None:
            raise _FailedError(f"the entries of {stream} contradict each other, so nothing can be decided on them")
        return state

    def _folded(self, stream: StreamId, version: int, positions: list[int]) -> State | None:
        if (stream, version) in self._older:
            return self._older[stream, version]
        state: State | None = before(stream)
        for position in positions[:version]:
            for row in self._evidence.rows(position, position + 1):
                said = opened(row)
                state = _after(state, filled(said.event, row.claims))
        self._older[stream, version] = state
        if len(self._older) > PREFIXES_KEPT:
            self._older.popitem(last=False)
        return state


def _after(state: State | None, event: Event) -> State | None:
    """Return *state* after *event*; None where a state asserts that this cannot happen."""
    try:
        return None if state is None else state.after(event)
    except Exception:  # a state promises to fold what verbs said; these events are anybody's
        return None


class _Documents:
    """Rule books and curricula by digest, checked to be the bytes that the digest names."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._read: dict[str, tuple[Document, int]] = {}

    def document(self, digest: Digest) -> Document:
        return self._found(digest)[0]

    def size(self, digest: Digest) -> int:
        return self._found(digest)[1]

    def _found(self, digest: Digest) -> tuple[Document, int]:
        if not isinstance(digest, str):
            raise _FailedError("a document that it names has no name")
        if digest not in self._read:
            body = self._evidence.document(digest)
            if body is None:
                raise _FailedError(f"the document {digest} is missing")
            if sha256(body).hexdigest() != digest:
                raise _FailedError(f"the document {digest} is not the one with that SHA-256")
            try:
                self._read[digest] = document_of(body, self._evidence.document), len(body)
            except Exception as error:  # as for payloads: these bytes are anybody's
                raise _FailedError(f"the document {digest} cannot be read: {error}") from None
        return self._read[digest]


def _day(at_ms: int, zone: ZoneInfo) -> date | None:
    """Return the civil day of *at_ms*; None beyond the calendar."""
    try:
        return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone).date()
    except OverflowError:
        return None


def _difference(mine: Event, its: Event) -> str:
    """Say in what an event differs from the recorded one."""
    name = type(mine).__name__
    if type(mine) is not type(its):
        return f"{name} where {type(its).__name__} is recorded"
    fields = [field.name for field in attrs.fields(type(mine)) if getattr(mine, field.name) != getattr(its, field.name)]
    return f"{name} with other {', '.join(fields)} than recorded"
