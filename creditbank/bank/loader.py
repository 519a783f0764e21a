"""What Known asks of a bank: states folded from the store, opened with the vault's keys; and pending work laid over it."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import attrs

from creditbank.codec.case_write import case_digest
from creditbank.codec.curriculum import document_of
from creditbank.codec.payload import Payload, decode, event_of
from creditbank.codec.state import decode_state
from creditbank.domain.curriculum import Curriculum, Document
from creditbank.domain.effect import claims, filled
from creditbank.domain.event import AccountErased, Event
from creditbank.domain.institution import Institution
from creditbank.domain.known import Loader, Remains
from creditbank.domain.name import Claim, Digest, InstitutionId, StreamId, kind_of
from creditbank.domain.rule import Case, RuleBook
from creditbank.domain.state import FOLD, State, before
from creditbank.errors import ErasedError, StateError, StoreError, UnverifiedError
from creditbank.ledger import SALT_SIZE, ZERO, commit
from creditbank.store import EntryRow, Store, Tip
from creditbank.vault import Vault, seal, unseal

__all__ = ["Cache", "Overlay", "StoreLoader", "open_body", "open_row", "seal_body"]

_PLAIN: Final = b"\x00"
_SEALED: Final = b"\x01"

STATES_CACHED_MAX: Final = 4_096
DOCUMENTS_CACHED_MAX: Final = 256


def seal_body(keys: Mapping[StreamId, bytes], event: Event, stream: StreamId, salt: bytes, payload: bytes) -> bytes:
    """
    Return what is kept of a payload: an account's sealed under its key, everything else in clear.

    ``00 salt payload``, or ``01``, the 16 bytes of the account's id, and what the vault sealed. An account's last entry, its
    erasure, is in clear: it names no one, and its key is gone.
    """
    if kind_of(stream) != "account" or isinstance(event, AccountErased):
        return _PLAIN + salt + payload
    return _SEALED + bytes.fromhex(stream.partition(":")[2]) + seal(keys[stream], stream, salt + payload)


def open_body(vault: Vault, body: bytes) -> tuple[bytes, bytes]:
    """
    Return (salt, payload) of what :func:`seal_body` wrote.

    Raises:
        StoreError: The vault does not hold the account's key.
        UnverifiedError: The bytes are not what was sealed.
    """
    opened = next(open_bodies(vault, [body]))
    assert opened is not None, "there is a body"
    return opened


def open_bodies(
    vault: Vault, bodies: Sequence[bytes | None], keys: Mapping[str, bytes] | None = None
) -> Iterator[tuple[bytes, bytes] | None]:
    """
    Yield (salt, payload) of each, None where there is no body; the keys, if they are not given, are looked up together.

    Raises: as :func:`open_body`.
    """
    accounts = [f"account:{body[1:17].hex()}" if body is not None and body[:1] == _SEALED else None for body in bodies]
    if keys is None:
        keys = vault.keys(sorted({account for account in accounts if account is not None}))
    for body, account in zip(bodies, accounts, strict=True):
        if body is None:
            yield None
        elif account is None:
            yield body[1 : 1 + SALT_SIZE], body[1 + SALT_SIZE :]
        elif account in keys:
            plain = unseal(keys[account], account, body[17:])
            yield plain[:SALT_SIZE], plain[SALT_SIZE:]
        else:
            raise StoreError(
                f"the vault does not hold the key of {account}", "restore the vault that belongs to this ledger"
            )


def open_row(store: Store, vault: Vault, row: EntryRow) -> Payload:
    """
    Return the payload of an entry, its hash checked and its claims filled in.

    Raises, in this order:
        ErasedError: It was erased.
        UnverifiedError: It is not what was committed to.
    """
    if row.body is None:
        raise ErasedError(f"entry {row.position}", None)
    payload = decode(_committed(row, open_body(vault, row.body)), f"entry {row.position}", hashed=True)
    if claims(payload.event):
        payload = attrs.evolve(payload, event=filled(payload.event, store.claims_of(row.position)))
    return payload


def open_events(
    store: Store, vault: Vault, rows: Sequence[EntryRow], keys: Mapping[str, bytes]
) -> Iterator[Event | None]:
    """
    Yield the events of entries as :func:`open_row` reads them with *keys*, None where one was erased.

    Raises:
        UnverifiedError: One is not what was committed to.
    """
    for row, opened in zip(rows, open_bodies(vault, [row.body for row in rows], keys), strict=True):
        if opened is None:
            yield None
            continue
        event = event_of(_committed(row, opened), f"entry {row.position}")
        yield filled(event, store.claims_of(row.position)) if claims(event) else event


def _committed(row: EntryRow, opened: tuple[bytes, bytes]) -> bytes:
    """Return the payload of (salt, payload), which is what the entry commits to."""
    if commit(*opened) != row.commitment:
        raise UnverifiedError("the payload is not what was committed to", f"entry {row.position}")
    return opened[1]


class Cache:
    """States by (stream, version) and documents by digest, a bounded number of each; shared by the threads of one bank."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: OrderedDict[tuple[StreamId, int], State] = OrderedDict()
        self._documents: OrderedDict[Digest, Document] = OrderedDict()

    def state(self, stream: StreamId, version: int) -> State | None:
        with self._lock:
            return self._states.get((stream, version))

    def keep_states(self, states: Mapping[StreamId, tuple[State, int]]) -> None:
        """Keep states, each with its version; the oldest ones make room."""
        with self._lock:
            for stream, (state, version) in states.items():
                self._states[stream, version] = state
            while len(self._states) > STATES_CACHED_MAX:
                self._states.popitem(last=False)

    def document(self, digest: Digest) -> Document | None:
        with self._lock:
            return self._documents.get(digest)

    def keep_document(self, digest: Digest, document: Document) -> None:
        with self._lock:
            self._documents[digest] = document
            if len(self._documents) > DOCUMENTS_CACHED_MAX:
                self._documents.popitem(last=False)

    def clear(self, stream: StreamId | None = None) -> None:
        """Drop what is kept of *stream*, or everything."""
        with self._lock:
            if stream is None:
                self._states.clear()
            for key in [key for key in self._states if key[0] == stream]:
                del self._states[key]


@attrs.frozen
class StoreLoader:
    """Answers as of the first *position* entries of the log."""

    store: Store
    vault: Vault
    cache: Cache
    position: int

    def state(self, stream: StreamId) -> tuple[State, int]:
        return self.state_at(stream, self.tip(stream))

    def tip(self, stream: StreamId) -> Tip | None:
        """Return the stream's version, last commitment and place key; None before its first entry."""
        return self.store.tip(stream, self.position)

    def state_at(self, stream: StreamId, tip: Tip | None) -> tuple[State, int]:
        """Return the folded state of a stream whose tip was looked up."""
        if tip is None:
            return before(stream), 0
        version = tip.version
        state = self.cache.state(stream, version)
        if state is None:
            state = self._folded(stream, version)
            self.cache.keep_states({stream: (state, version)})
        return state, version

    def _folded(self, stream: StreamId, version: int) -> State:
        since, state, keys = 0, before(stream), {}
        if sealed := kind_of(stream) == "account":
            keys = self.vault.keys([stream])
        kept = self.store.state(stream, FOLD, version)
        if kept is not None and (not sealed or stream in keys):
            body = unseal(keys[stream], stream, kept.body) if sealed else kept.body
            folded = decode_state(stream, body)
            if folded is not None:
                since, state = kept.version, folded
        rows = list(self.store.read(stream, since, version)) if since < version else []
        erased = False
        for event in open_events(self.store, self.vault, rows, keys):
            erased = event is None
            state = before(stream) if event is None else state.after(event)
        if erased:
            raise ErasedError(stream, self.store.positions(stream)[-1])
        return state

    def holder(self, claim: Claim) -> StreamId | None:
        holder = self.store.holder(claim.name, self.position)
        return None if holder is None else StreamId(holder)

    def book(self, digest: Digest) -> RuleBook | None:
        document = self._document(digest)
        return document if isinstance(document, RuleBook) else None

    def curriculum(self, digest: Digest) -> Curriculum | None:
        document = self._document(digest)
        return document if isinstance(document, Curriculum) else None

    def _document(self, digest: Digest) -> Document | None:
        document = self.cache.document(digest)
        if document is None:
            body = self.store.document(digest)
            if body is None:
                return None
            document = document_of(body, self.store.document)
            self.cache.keep_document(digest, document)
        return document

    def remains(self, stream: StreamId) -> Remains:
        key = self.store.place_key(stream)
        return Remains(self.store.positions(stream), "" if key is None else key.hex())

    def case_digest(self, case: Case) -> str:
        return case_digest(case)


class Overlay:
    """
    A loader that also knows what is about to be written: later requests of a batch see earlier ones.

    Attributes:
        base: The version of every stream as the store has it, for the compare-and-swap.
        lasts: The commitment of every stream's last entry, pending ones included.
        place_keys: The key of every stream's place salts, as the store has it.
        written: The positions that every written stream's pending entries will have, if nobody writes first.
    """

    def __init__(self, loader: StoreLoader, documents: Mapping[Digest, Document] | None = None) -> None:
        self._loader = loader
        self._states: dict[StreamId, tuple[State, int]] = {}
        self._claims: dict[Claim, StreamId] = {}
        self._documents = dict(documents or {})
        self.base: dict[StreamId, int] = {}
        self.lasts: dict[StreamId, bytes] = {}
        self.place_keys: dict[StreamId, bytes | None] = {}
        self.written: dict[StreamId, list[int]] = {}
        self._end = loader.position
        self._tips: dict[StreamId, Tip | None] = {}
        self._stored: dict[StreamId, State] = {}

    def preload(self, streams: Sequence[StreamId]) -> None:
        """Look up many streams at once that will be asked for; which ones are, is not changed by it."""
        found = self._loader.store.tips(streams, self.position)
        self._tips = {stream: found.get(stream) for stream in streams}

    @property
    def position(self) -> int:
        return self._loader.position

    def state(self, stream: StreamId) -> tuple[State, int]:
        found = self._states.get(stream)
        if found is None:
            tip = self._tips[stream] if stream in self._tips else self._loader.tip(stream)
            found = self._states[stream] = self._loader.state_at(stream, tip)
            self._stored[stream], self.base[stream] = found
            self.lasts[stream] = ZERO if tip is None else tip.commitment
            self.place_keys[stream] = None if tip is None else tip.place_key
        return found

    def institution(self, id: InstitutionId) -> Institution:
        """Return an institution as it will be when everything pending is written."""
        return _institution(self.state(id)[0])

    def stored_institution(self, id: InstitutionId) -> Institution:
        """Return an institution as the store has it."""
        self.state(id)
        return _institution(self._stored[id])

    def holder(self, claim: Claim) -> StreamId | None:
        return self._claims.get(claim) or self._loader.holder(claim)

    def book(self, digest: Digest) -> RuleBook | None:
        document = self._documents.get(digest)
        return document if isinstance(document, RuleBook) else self._loader.book(digest)

    def curriculum(self, digest: Digest) -> Curriculum | None:
        document = self._documents.get(digest)
        return document if isinstance(document, Curriculum) else self._loader.curriculum(digest)

    def remains(self, stream: StreamId) -> Remains:
        kept, pending = self._loader.remains(stream), self.written.get(stream, [])
        if pending and not kept.positions:
            raise StateError("account", stream, "opened in this batch", "erase it in a request of its own")
        return Remains((*kept.positions, *pending), kept.place_key)

    def case_digest(self, case: Case) -> str:
        return case_digest(case)

    def last(self, stream: StreamId) -> bytes:
        """Return the commitment of the stream's last entry, pending ones included; zeros where there is none."""
        if stream not in self.lasts:
            self.state(stream)
        return self.lasts[stream]

    def add(self, stream: StreamId, event: Event, commitment: bytes) -> None:
        """Lay one event over what the store has."""
        state, version = self.state(stream)
        self._states[stream] = state.after(event), version + 1
        self.lasts[stream] = commitment
        self.written.setdefault(stream, []).append(self._end)
        self._end += 1
        for claim in claims(event):
            self._claims[claim] = stream

    def pending(self) -> Mapping[StreamId, tuple[State, int]]:
        """Return the written streams with their new states and versions."""
        return {stream: found for stream, found in self._states.items() if found[1] != self.base[stream]}


def _institution(state: State) -> Institution:
    assert isinstance(state, Institution), "a keys: stream folds to an institution"
    return state


_: type[Loader] = Overlay
