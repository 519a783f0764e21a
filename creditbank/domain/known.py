"""
The bank as a value at one position.

A verb asks :class:`Known` for what it needs; Known loads it, remembers the answer, and notes what was asked at which version.
Those *reads* go into the payload, so that anybody can run the request again on exactly the same prefixes.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

import attrs

from creditbank.domain.account import Account
from creditbank.domain.credit import CreditSystem
from creditbank.domain.curriculum import Curriculum, Document
from creditbank.domain.effect import claims, stream_of
from creditbank.domain.event import AccountErased, Event
from creditbank.domain.institution import Institution
from creditbank.domain.name import SYSTEMS, AccountId, Claim, Digest, InstitutionId, StreamId, book_stream, kind_of
from creditbank.domain.profile import Role
from creditbank.domain.rule import Case, RuleBook
from creditbank.domain.shelf import BookShelf, Catalogue, CurriculumShelf, Seats
from creditbank.domain.state import State, before
from creditbank.errors import ErasedError, NotPermittedError, RestrictedError, UnknownError

__all__ = ["Known", "Loader", "Remains"]

_S = TypeVar("_S")


@attrs.frozen
class Remains:
    """What an erasure must disclose of a stream: where its entries stand, and the key of its places (64 hex digits)."""

    positions: tuple[int, ...]
    place_key: str


class Loader(Protocol):
    """What Known asks of the shell, of a verifier, or of a test."""

    def state(self, stream: StreamId) -> tuple[State, int]:
        """Return the folded state of *stream* and its version; before its first event, the empty state and 0."""

    def holder(self, claim: Claim) -> StreamId | None:
        """Return the stream that holds *claim*."""

    def book(self, digest: Digest) -> RuleBook | None:
        """Return the rule book with that digest."""

    def curriculum(self, digest: Digest) -> Curriculum | None:
        """Return the curriculum with that digest."""

    def remains(self, stream: StreamId) -> Remains:
        """Return what an erasure of *stream* discloses."""

    def case_digest(self, case: Case) -> str:
        """Return the name of *case*, which its decision records: how a case is written is not the domain's to know."""


class Known:
    """
    Everything the bank knew at one position: the same questions, the same answers.

    Attributes:
        position: How many entries the bank had.
        reads: Every stream asked for, with the version seen (0: it had no entry).
        documents: The digests of the documents asked for.
    """

    def __init__(self, loader: Loader, position: int) -> None:
        self._loader = loader
        self._states: dict[StreamId, State] = {}
        self._reads: dict[StreamId, int] = {}
        self._documents: set[Digest] = set()
        self.position = position

    @classmethod
    def of(cls, events: Iterable[Event], documents: Mapping[Digest, Document] | None = None) -> "Known":
        """Return what a bank knows that holds just *events*; for tests: no store, no keys."""
        loader = _Events(tuple(events), dict(documents or {}))
        return cls(loader, len(loader.events))

    @property
    def reads(self) -> Mapping[StreamId, int]:
        """Return the streams asked for so far, with the version seen."""
        return self._reads

    @property
    def documents(self) -> tuple[Digest, ...]:
        """Return the documents asked for so far, in order."""
        return tuple(sorted(self._documents))

    # --- streams ------------------------------------------------------------------------------------------------------

    def account(self, id: AccountId) -> Account:
        """
        Return an account that may be read and written.

        Raises, in this order:
            UnknownError: It was never opened.
            ErasedError: It was erased.
            RestrictedError: It is stored and secured, nothing else.
        """
        account = self.account_restricted(id)
        if account.restricted is not None:
            raise RestrictedError(id, account.restricted)
        return account

    def account_restricted(self, id: AccountId) -> Account:
        """Return an account, also a restricted one. Raises as :meth:`account` does."""
        account = self._state(id, Account)
        if not account.opened:
            raise UnknownError("account", id, "open it first")
        if account.erased:
            raise ErasedError(id, self._loader.remains(id).positions[-1])
        return account

    def vacant(self, id: AccountId) -> bool:
        """Tell whether no account has the id yet; reads the stream."""
        return self._state(id, Account).entries == 0

    def institution(self, id: InstitutionId) -> Institution:
        """Return a registered institution, or raise UnknownError."""
        institution = self.stranger(id)
        if institution.profile is None:
            raise UnknownError("institution", id, "register it first")
        return institution

    def stranger(self, id: InstitutionId) -> Institution:
        """Return what is known of an institution, which may be nothing."""
        return self._state(id, Institution)

    def permitted(self, id: InstitutionId, role: Role, what: str) -> Institution:
        """
        Return the institution if it has *role*.

        Raises, in this order:
            UnknownError: It is not registered.
            NotPermittedError: It has not that role.
        """
        institution = self.institution(id)
        if not institution.has(role):
            raise NotPermittedError(id, what, f"only an institution with the role {role!r} may")
        return institution

    def shelf(self, book: str) -> BookShelf:
        """Return the published versions of the rule book *book*, perhaps none."""
        return self._state(book_stream(book), BookShelf)

    def curricula(self, id: StreamId) -> CurriculumShelf:
        """Return the published editions of the curriculum whose stream is *id*, perhaps none."""
        if kind_of(id) != "curriculum":
            raise UnknownError("curriculum", id, "give curriculum:<school>.<id>")
        return self._state(id, CurriculumShelf)

    def catalogue(self) -> Catalogue:
        """Return the credit systems."""
        return self._state(SYSTEMS, Catalogue)

    def system(self, id: str) -> CreditSystem:
        """Return a credit system, or raise UnknownError."""
        system = self.catalogue().systems.get(id)
        if system is None:
            raise UnknownError("credit system", id, "publish it first")
        return system

    def seats(self, id: StreamId) -> Seats:
        """Return the places *id*; none were ever set where ``school`` is None."""
        if kind_of(id) != "seats":
            raise UnknownError("places", id, "give seats:<school>.<what>")
        return self._state(id, Seats)

    # --- names and documents ------------------------------------------------------------------------------------------

    def holder(self, claim: Claim) -> StreamId | None:
        """Return the stream that holds *claim*."""
        return self._loader.holder(claim)

    def book(self, digest: Digest) -> RuleBook:
        """Return a rule book by its digest, or raise UnknownError."""
        book = self._loader.book(digest)
        if book is None:
            raise UnknownError("rule book with digest", digest, "publish it first")
        self._documents.add(digest)
        return book

    def curriculum(self, digest: Digest) -> Curriculum:
        """Return a curriculum by its digest, or raise UnknownError."""
        curriculum = self._loader.curriculum(digest)
        if curriculum is None:
            raise UnknownError("curriculum with digest", digest, "publish it first")
        self._documents.add(digest)
        return curriculum

    def remains(self, id: AccountId) -> Remains:
        """Return what an erasure of the account discloses."""
        return self._loader.remains(id)

    def position_of(self, id: AccountId, entry: int) -> int:
        """Return where entry number *entry* of the account, from 0, stands in the log."""
        return self._loader.remains(id).positions[entry]

    def case_digest(self, case: Case) -> str:
        """Return the SHA-256 (hex) of the file that *case* would be written to."""
        return self._loader.case_digest(case)

    def _state(self, stream: StreamId, expected: type[_S]) -> _S:
        state = self._states.get(stream)
        if state is None:
            state, version = self._loader.state(stream)
            self._states[stream] = state
            self._reads[stream] = version
        if not isinstance(state, expected):
            raise UnknownError(expected.__name__.lower(), stream, "check the name")
        return state


@attrs.frozen
class _Events:
    """A loader over plain events: the whole bank in a tuple."""

    events: tuple[Event, ...]
    documents: Mapping[Digest, Document]

    def state(self, stream: StreamId) -> tuple[State, int]:
        state: State = before(stream)
        version = 0
        for event in self.events:
            if stream_of(event) == stream:
                state = state.after(event)
                version += 1
        return state, version

    def holder(self, claim: Claim) -> StreamId | None:
        holder = None
        for event in self.events:
            if claim in claims(event):
                holder = stream_of(event)
            elif isinstance(event, AccountErased) and stream_of(event) == holder:
                holder = None
        return holder

    def book(self, digest: Digest) -> RuleBook | None:
        document = self.documents.get(digest)
        return document if isinstance(document, RuleBook) else None

    def curriculum(self, digest: Digest) -> Curriculum | None:
        document = self.documents.get(digest)
        return document if isinstance(document, Curriculum) else None

    def remains(self, stream: StreamId) -> Remains:
        return Remains(tuple(n for n, event in enumerate(self.events) if stream_of(event) == stream), "00" * 32)

    def case_digest(self, case: Case) -> str:
        return ""
