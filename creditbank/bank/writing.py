"""From requests to a batch: decide each, commit to what it says, have it signed, give every entry its place."""

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Concatenate, Final, ParamSpec

import attrs

from creditbank.bank.loader import Overlay, seal_body
from creditbank.codec.payload import Payload, Read, encode
from creditbank.codec.state import encode_state
from creditbank.domain.effect import claims, stream_of
from creditbank.domain.event import AccountErased, BankFounded, Event
from creditbank.domain.known import Known
from creditbank.domain.name import InstitutionId, StreamId, kind_of
from creditbank.domain.request import Request
from creditbank.domain.state import FOLD
from creditbank.errors import UnknownError
from creditbank.ledger import (
    ENTRIES_MAX,
    PLACE_KEY_SIZE,
    SALT_SIZE,
    Note,
    NoteSignature,
    PublicKey,
    Submission,
    commit,
    commitments_root,
    digest,
    key_hash,
    place,
    place_salt,
)
from creditbank.store import Batch, ClaimRow, Line, RequestRow, StateRow, SubmissionRow
from creditbank.vault import Vault, seal

__all__ = ["Call", "Entry", "Plan", "Said", "Signature", "Verb", "batch_of", "call", "committed", "decided", "note_of"]

FOUNDING_KEY: Final = hashlib.sha256(b"creditbank/founding").digest()
"""The request key that every founding takes beside its own."""

P = ParamSpec("P")
Verb = Callable[..., Iterator[Event]]

STATE_EVERY: Final = 8
"""Versions between two kept states of a stream."""


@attrs.frozen
class Call:
    """A verb with its arguments, for :meth:`Bank.record_all`."""

    verb: Verb
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


def call(verb: Callable[Concatenate[Known, Request, P], Iterator[Event]], *args: P.args, **kwargs: P.kwargs) -> Call:
    """Return *verb* with its arguments, type-checked against it."""
    return Call(verb, args, kwargs)


@attrs.frozen
class Entry:
    """One event about to be written: its stream as it was before, its payload, salted and committed to."""

    event: Event
    stream: StreamId
    version: int
    previous: bytes
    salt: bytes
    payload: bytes
    commitment: bytes


@attrs.frozen
class Said:
    """What a verb said to *request*: its events, and the payload of each."""

    request: Request
    events: tuple[Event, ...]
    payloads: Sequence[bytes]


@attrs.frozen
class Plan:
    """What one request of *author* will write, and the hashes by which it is recognised when it comes again."""

    author: InstitutionId
    entries: tuple[Entry, ...]
    key_hash: bytes
    request_hash: bytes

    @property
    def events(self) -> tuple[Event, ...]:
        """Return the events it says."""
        return tuple(entry.event for entry in self.entries)


@attrs.frozen
class Signature:
    """An author's signature over a submission, by the key with text form *key*."""

    key: str
    signature: bytes


# --- deciding ---------------------------------------------------------------------------------------------------------


def decided(overlay: Overlay, origin: Callable[[Event], str], request: Request, wanted: Call) -> Said:
    """
    Run a verb on what is known, and write down what it says.

    The author's own keys are always read: a key that is retired meanwhile is noticed by the compare-and-swap.

    Raises:
        RefusedError: The verb refuses.
        MalformedError: A payload would be too large.
    """
    known = Known(overlay, overlay.position)
    known.stranger(request.by)
    events = tuple(wanted.verb(known, request, *wanted.args, **wanted.kwargs))
    assert 1 <= len(events) <= ENTRIES_MAX, "a verb says something, and no more than a submission holds"
    for event in events:
        assert stream_of(event) in known.reads, "a verb writes only to streams it has read"
    reads = tuple(Read(stream, version, overlay.last(stream).hex()) for stream, version in sorted(known.reads.items()))
    payloads = [
        encode(Payload(event, origin(events[0]), request, index, len(events), reads, known.documents))
        for index, event in enumerate(events)
    ]
    return Said(request, events, payloads)


def committed(
    overlay: Overlay, events: Sequence[Event], payloads: Sequence[bytes], salts: Sequence[bytes] | None = None
) -> tuple[Entry, ...]:
    """Commit to payloads, with fresh salts if none are given, and lay their events over what is known."""
    salts = salts or [secrets.token_bytes(SALT_SIZE) for _ in events]
    entries = []
    for event, payload, salt in zip(events, payloads, salts, strict=True):
        stream = stream_of(event)
        version = overlay.state(stream)[1]
        entry = Entry(event, stream, version, overlay.last(stream), salt, payload, commit(salt, payload))
        overlay.add(stream, event, entry.commitment)
        entries.append(entry)
    return tuple(entries)


# --- writing ----------------------------------------------------------------------------------------------------------


def note_of(origin: str, row: SubmissionRow, commitments: Sequence[bytes]) -> str:
    """Return the signed note that a submission's row stands for."""
    submission = Submission(origin, row.author, row.not_after_ms, row.count, commitments_root(commitments))
    return _signed(submission, Signature(row.key, row.signature))


def _signed(submission: Submission, signed: Signature) -> str:
    mark = key_hash(submission.author, PublicKey.parse(signed.key))
    return str(Note(str(submission), (NoteSignature(submission.author, mark, signed.signature),)))


def _groups(plans: Sequence[Plan]) -> Iterator[tuple[InstitutionId, list[Entry]]]:
    """Yield each submission's author and entries; a request's stand in one."""
    for author, theirs in groupby(plans, attrgetter("author")):
        group: list[Entry] = []
        for plan in theirs:
            if len(group) + len(plan.entries) > ENTRIES_MAX:
                yield author, group
                group = []
            group += plan.entries
        yield author, group


def batch_of(
    vault: Vault,
    overlay: Overlay,
    plans: Sequence[Plan],
    *,
    origin: str,
    sign: Callable[[Submission], Signature],
    at_ms: int,
    not_after_ms: int,
    documents: Mapping[str, bytes],
) -> Batch:
    """Return everything to be written for *plans*, in one compare-and-swap."""
    lines: list[Line] = []
    submissions: list[SubmissionRow] = []
    keys: dict[StreamId, bytes] = {}
    new_keys: dict[str, bytes] = {}
    sealing = _sealing_keys(vault, overlay)
    for author, group in _groups(plans):
        commitments = [entry.commitment for entry in group]
        submission = Submission(origin, author, not_after_ms, len(group), commitments_root(commitments))
        signed = sign(submission)
        row = SubmissionRow(author, signed.key, not_after_ms, len(group), signed.signature)
        note = digest(_signed(submission, signed))
        for entry in group:
            if entry.stream not in keys:
                keys[entry.stream] = _place_key(overlay, entry, new_keys)
            salt = place_salt(keys[entry.stream], entry.version)
            stands = place(salt, entry.stream, entry.version, entry.previous, note)
            body = seal_body(sealing, entry.event, entry.stream, entry.salt, entry.payload)
            lines.append(Line(entry.stream, entry.version, entry.commitment, stands, body, len(submissions)))
        submissions.append(row)
    events = [entry.event for plan in plans for entry in plan.entries]
    return Batch(
        at_ms=at_ms,
        lines=tuple(lines),
        submissions=tuple(submissions),
        requests=tuple(_requests(plans)),
        guards={str(stream): version for stream, version in overlay.base.items()},
        place_keys=new_keys,
        claims=tuple(
            ClaimRow(claim.name, stream_of(event), line) for line, event in enumerate(events) for claim in claims(event)
        ),
        releases=(),
        erases=tuple((event.account, line) for line, event in enumerate(events) if isinstance(event, AccountErased)),
        documents=documents,
        states=tuple(_states(sealing, overlay)),
        published_at_least=0,
    )


def _sealing_keys(vault: Vault, overlay: Overlay) -> Mapping[StreamId, bytes]:
    """Return the keys of the accounts that are written, looked up together."""
    accounts = [stream for stream in overlay.pending() if kind_of(stream) == "account"]
    keys = vault.keys(accounts)
    for account in accounts:
        if account not in keys:
            raise UnknownError("key of", account, "the vault does not hold it: open the account through the vault")
    return {StreamId(account): key for account, key in keys.items()}


def _place_key(overlay: Overlay, entry: Entry, new_keys: dict[str, bytes]) -> bytes:
    if entry.version == 0:
        new_keys[entry.stream] = secrets.token_bytes(PLACE_KEY_SIZE)
        return new_keys[entry.stream]
    key = overlay.place_keys[entry.stream]
    assert key is not None, "a stream that can be written has a place key"
    return key


def _requests(plans: Sequence[Plan]) -> Iterator[RequestRow]:
    first = 0
    for plan in plans:
        yield RequestRow(plan.key_hash, plan.request_hash, first, len(plan.entries))
        if isinstance(plan.entries[0].event, BankFounded):
            # A second founder reads streams that the first never wrote; only a key that both take tells them apart.
            yield RequestRow(FOUNDING_KEY, plan.request_hash, first, 1)
        first += len(plan.entries)


def _states(sealing: Mapping[StreamId, bytes], overlay: Overlay) -> Iterator[StateRow]:
    """Yield the states worth keeping: those of streams that passed a multiple of STATE_EVERY."""
    for stream, (state, version) in overlay.pending().items():
        if version // STATE_EVERY == overlay.base[stream] // STATE_EVERY or getattr(state, "erased", False):
            continue
        body = encode_state(state)
        yield StateRow(
            stream, version, FOLD, seal(sealing[stream], stream, body) if kind_of(stream) == "account" else body
        )
