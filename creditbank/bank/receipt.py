"""Receipts: an entry with everything that a stranger needs to check it, offline; redemptions: all entries of an account."""

from creditbank.bank.loader import open_body
from creditbank.bank.publisher import Publisher
from creditbank.bank.writing import note_of
from creditbank.codec.payload import Payload, decode
from creditbank.domain.event import AccountErased, Event, KeyAdded
from creditbank.domain.name import AccountId, ApplicationId, InstitutionId, StreamId
from creditbank.errors import ErasedError, UnknownError
from creditbank.ledger import (
    ZERO,
    Checkpoint,
    Evidence,
    Note,
    Receipt,
    Redemption,
    check_inclusion,
    commitments_path,
    place_salt,
)
from creditbank.store import EntryRow, Published, Store
from creditbank.vault import Vault

__all__ = ["receipt_of", "redemption_of", "stream_at"]


def _row(store: Store, position: int) -> EntryRow:
    row = next(store.rows(position, position + 1), None) if position >= 0 else None
    if row is None:
        raise UnknownError("entry", str(position), f"there are {store.size()}")
    return row


def stream_at(store: Store, vault: Vault, position: int) -> StreamId:
    """
    Return the stream of the entry at *position*.

    Raises, in this order:
        UnknownError: There is no such entry.
        ErasedError: It was erased.
    """
    row = _row(store, position)
    if row.body is None:
        raise ErasedError(f"entry {position}", None)
    return decode(open_body(vault, row.body)[1], f"entry {position}").stream


def receipt_of(store: Store, vault: Vault, publisher: Publisher, position: int) -> Receipt:
    """Return the receipt of the entry at *position*; a checkpoint that covers it is published if there is none."""
    stream_at(store, vault, position)
    return _Maker(store, vault, publisher, publisher.cover(position + 1)).receipt(position)


def redemption_of(
    store: Store, vault: Vault, publisher: Publisher, account: AccountId, application: ApplicationId
) -> Redemption:
    """Return receipts of everything in *account* under one checkpoint, and the operator's word that there is no more."""
    published = publisher.cover(store.size())
    maker = _Maker(store, vault, publisher, published)
    positions = [position for position in store.positions(account) if position < published.size]
    receipts = tuple(map(maker.receipt, positions))
    head = publisher.head(account, len(receipts), receipts[-1].entry.commitment, published.size)
    return Redemption(application, head, receipts)


class _Maker:
    """One use: gathers evidence under one checkpoint."""

    def __init__(self, store: Store, vault: Vault, publisher: Publisher, published: Published) -> None:
        self.store = store
        self.vault = vault
        self.publisher = publisher
        self.note = published.note
        self.checkpoint = Checkpoint.parse(Note.parse(published.note).text)
        self.histories: dict[InstitutionId, tuple[Evidence, ...]] = {}

    def receipt(self, position: int) -> Receipt:
        entry, said = self.evidence(position)
        by = said.request.by
        keys = self.histories[by] = self.histories.get(by) or self.key_history(by)
        for evidence in (entry, *keys):
            check_inclusion(evidence, self.checkpoint)
        return Receipt(entry, keys, self.note)

    def evidence(self, position: int) -> tuple[Evidence, Payload]:
        row = _row(self.store, position)
        assert row.body is not None, "what is erased gets no receipt, and keys are never erased"
        salt, payload = open_body(self.vault, row.body)
        said = decode(payload, f"entry {position}")
        stream = said.stream
        version, key = self._place(said.event, stream, position)
        previous = ZERO if row.previous is None else _row(self.store, row.previous).commitment
        submission, first = self.store.submission(row.submission)
        commitments = [entry.commitment for entry in self.store.rows(first, first + submission.count)]
        evidence = Evidence(
            position,
            row.at_ms,
            self.publisher.path(position, self.checkpoint.size),
            stream,
            version,
            previous,
            place_salt(key, version),
            salt,
            payload,
            note_of(self.checkpoint.origin, submission, commitments),
            position - first,
            commitments_path(commitments, position - first),
        )
        return evidence, said

    def _place(self, event: Event, stream: StreamId, position: int) -> tuple[int, bytes]:
        """Return the entry's version and its stream's place key; an erasure says both itself."""
        if isinstance(event, AccountErased):
            return len(event.positions), bytes.fromhex(event.place_key)
        key = self.store.place_key(stream)
        if key is None:
            raise ErasedError(stream, position)
        return self.store.positions(stream).index(position), key

    def key_history(self, author: InstitutionId) -> tuple[Evidence, ...]:
        """Return every key entry that the author's key rests on, back to the founding, in log order."""
        waiting, seen = [author], {author}
        found: dict[int, Evidence] = {}
        while waiting:
            for position in self.store.positions(waiting.pop()):
                if position >= self.checkpoint.size:
                    continue
                found[position], said = self.evidence(position)
                vouchers = {said.request.by}
                if isinstance(said.event, KeyAdded):
                    vouchers.add(said.event.registrar)
                waiting += vouchers - seen
                seen |= vouchers
        return tuple(found[position] for position in sorted(found))
