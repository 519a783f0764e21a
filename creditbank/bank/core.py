"""The bank: record a verb, ask a question, verify everything."""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, overload
from zoneinfo import ZoneInfo

from creditbank.bank.books import beside, first_of, published
from creditbank.bank.checking import check_book, refuse_flawed
from creditbank.bank.draft import Draft
from creditbank.bank.loader import Cache, StoreLoader, open_row
from creditbank.bank.mark import MarkFile, default_mark
from creditbank.bank.person import enter, person_claim
from creditbank.bank.publisher import Publisher
from creditbank.bank.receipt import receipt_of, redemption_of, stream_at
from creditbank.bank.recorder import Answer, Progress, Recorded, Recorder
from creditbank.bank.writing import Call
from creditbank.codec.book import Files, book_bytes, book_digest, book_files, book_of, book_text, read_book
from creditbank.codec.curriculum import curriculum_bytes, curriculum_digest
from creditbank.domain.curriculum import Curriculum, Document
from creditbank.domain.decide.account import erase, open_account
from creditbank.domain.decide.catalogue import publish_curriculum
from creditbank.domain.decide.keys import publish
from creditbank.domain.event import BankFounded, Event
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId, ApplicationId, Digest, InstitutionId, account_id, kind_of
from creditbank.domain.request import Request
from creditbank.domain.view.redeemed import redeemed
from creditbank.errors import (
    AlreadyError,
    ErasedError,
    MalformedError,
    RestrictedError,
    StateError,
    UnverifiedError,
)
from creditbank.ledger import PublicKey, Receipt, Redemption, Signer, VerifierKey
from creditbank.store import Store
from creditbank.vault import Person, Vault

if TYPE_CHECKING:
    from creditbank.verify import Report

__all__ = ["Bank"]

P = ParamSpec("P")
_log = logging.getLogger("creditbank")


class Bank:
    """A credit bank over a store and a vault. Safe between threads; not across ``fork``, where its stores refuse."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        *,
        signers: Mapping[InstitutionId, Signer],
        clock: Callable[[], int],
        mark: Path | None,
        marked: bool,
    ) -> None:
        self.store = store
        self.vault = vault
        self._signers = dict(signers)
        self._clock = clock
        self._mark = mark
        self._marked = marked
        self._cache = Cache()
        self._recorder = Recorder(store, vault, self._cache, signers, clock, lambda: self.founding)
        self._founding: BankFounded | None = None
        self._publisher: Publisher | None = None
        self._distrust: UnverifiedError | None = None
        for stream in self.store.unfinished():
            self._recorder.forget(account_id(stream))
        if self.store.size() > 0:
            self._open()

    # --- what it is ---------------------------------------------------------------------------------------------------

    @property
    def founding(self) -> BankFounded:
        """Return the first entry, or raise StateError where the bank is not founded."""
        if self._founding is None:
            if self.store.size() == 0:
                raise StateError("bank", "here", "not founded", "record 'found' first")
            self._open()
        assert self._founding is not None, "opening reads the first entry"
        return self._founding

    @property
    def distrust(self) -> UnverifiedError | None:
        """Return why nothing may be written here: the ledger is not the one that was published from here; None if it is."""
        return self._distrust

    @property
    def zone(self) -> ZoneInfo:
        """Return the bank's civil time zone."""
        return ZoneInfo(self.founding.zone)

    @property
    def verifier_key(self) -> str:
        """Return what a stranger needs to check receipts: the operator's C2SP verifier key."""
        return str(VerifierKey(self.founding.origin, PublicKey.parse(self.founding.key)))

    def today(self) -> date:
        """Return the civil day by the bank's clock, in its zone."""
        return datetime.fromtimestamp(self._clock() // 1000, self.zone).date()

    def _open(self) -> None:
        row = next(self.store.rows(0, 1))
        event = open_row(self.store, self.vault, row).event
        if not isinstance(event, BankFounded):
            raise UnverifiedError("the first entry does not found a bank", "entry 0")
        self._founding = event
        mark = MarkFile(self._mark or default_mark(event.origin)) if self._marked else None
        self._publisher = Publisher(self.store, self.vault, mark, event, self._signers.get(event.institution))
        try:
            self._publisher.check_mark()
        except UnverifiedError as error:
            _log.error("read-only: %s", error)
            self._distrust = error

    def _published_by(self) -> Publisher:
        assert self.founding, "a bank that is not founded raises"
        assert self._publisher is not None, "a founded bank has a publisher"
        return self._publisher

    def close(self) -> None:
        """Close store and vault."""
        self.store.close()
        self.vault.close()

    def __enter__(self) -> "Bank":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- questions ----------------------------------------------------------------------------------------------------

    def known(self, at: datetime | int | None = None) -> Known:
        """
        Return the bank as a value: now, as of the first *at* entries, or at the moment *at* (with a zone).

        Raises:
            MalformedError: *at* has no zone, or there are not that many entries.
        """
        # What was known earlier is not cached: another process may have erased it, and this one would go on telling.
        cache = self._cache if at is None else Cache()
        if at is None:
            position = self.store.size()
        elif isinstance(at, datetime):
            if at.tzinfo is None:
                raise MalformedError("the moment has no zone", "at", "give a datetime with tzinfo")
            moment = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
            position = self.store.position_at(moment // timedelta(milliseconds=1))
        else:
            position = at
            if not 0 <= position <= self.store.size():
                raise MalformedError(f"there are {self.store.size()} entries", "at", "give a position up to that")
        return Known(StoreLoader(self.store, self.vault, cache, position), position)

    def _writable(self) -> None:
        if self._distrust is not None:
            raise self._distrust

    # --- recording ----------------------------------------------------------------------------------------------------

    def record(
        self,
        request: Request,
        verb: Callable[Concatenate[Known, Request, P], Iterator[Event]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Recorded:
        """
        Let *verb* decide, and append what it says, signed for ``request.by``. Durable when it returns.

        The same request under the same key is answered, not done again. Requests of several threads that wait for one another are
        decided one after the other and written in one batch.

        Raises, in this order:
            RollbackError: The ledger here is not the one that was published from here.
            ErasedError: The key is known and what was recorded under it is erased.
            KeyReusedError: Another request was recorded under the key.
            StateError: The day is not within a day of the bank's clock.
            RefusedError: The verb refuses; each documents its order.
            NotPermittedError: This process has no key of ``request.by`` that is in force.
            StoreError: The store could not write; ConflictError after many tries.
        """
        self._writable()
        return self._recorder.record(request, Call(verb, args, kwargs), {})

    @overload
    def record_all(
        self,
        by: InstitutionId,
        calls: Mapping[str, Call],
        *,
        on: date | None = None,
        keep_good: bool = False,
        progress: Progress | None = None,
        dry_run: Literal[False] = False,
    ) -> Mapping[str, Recorded | Exception]: ...

    @overload
    def record_all(
        self,
        by: InstitutionId,
        calls: Mapping[str, Call],
        *,
        on: date | None = None,
        keep_good: bool = False,
        progress: Progress | None = None,
        dry_run: Literal[True],
    ) -> Mapping[str, Answer]: ...

    def record_all(
        self,
        by: InstitutionId,
        calls: Mapping[str, Call],
        *,
        on: date | None = None,
        keep_good: bool = False,
        progress: Progress | None = None,
        dry_run: bool = False,
    ) -> Mapping[str, Any]:
        """
        Record many requests of one author in one transaction; each call sees those before it.

        Args:
            calls: By idempotency key, each made with :func:`call`.
            on: The civil day of them all; today by default.
            keep_good: Leave out what is refused, and return its error; otherwise the first refusal stops everything.
            progress: Called with (done, of) after each call.
            dry_run: Decide and write nothing: for each key the events it would say, or what was recorded under it before.

        Raises: as :meth:`record`, and nothing is recorded; with *keep_good* refusals are returned instead.
        """
        self._writable()
        return self._recorder.record_all(by, calls, on or self.today(), keep_good, progress, dry_run)

    # --- authors who keep their own key -------------------------------------------------------------------------------

    def prepare(
        self,
        request: Request,
        verb: Callable[Concatenate[Known, Request, P], Iterator[Event]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Draft:
        """
        Decide a request whose author signs elsewhere. Records nothing.

        The author checks the payloads, signs ``draft.message``, and :meth:`submit` takes it within two days, while the day of the
        request is within a day of the bank's.

        Raises: as :meth:`record`, but for the key.
        """
        self._writable()
        return self._recorder.prepare(request, Call(verb, args, kwargs))

    def submit(self, draft: Draft, signature: bytes) -> Recorded:
        """
        Record a draft that its author signed, if it would still be decided so.

        Raises, in this order:
            RollbackError: The ledger here is not the one that was published from here.
            UnverifiedError: It is not, to the byte, what this bank prepared.
            ErasedError, KeyReusedError: as :meth:`record`.
            StaleDraftError: Its time is over; the verb now says something else, or refuses.
            UnverifiedError: The signature is by no key of the author that is in force.
            StoreError: The store could not write.
        """
        self._writable()
        return self._recorder.submit(draft, signature)

    # --- vault and ledger together ------------------------------------------------------------------------------------

    def open_account(self, request: Request, person: Person) -> AccountId:
        """
        Open the account of *person*, or find the one that the person has.

        Raises: as :meth:`record`.
        """
        self._writable()
        claim = person_claim(self.vault, person)
        holder = self.known().holder(claim)
        if holder is None:
            self._recorder.check_kept(
                request
            )  # before the vault is written: a late retry must not bring back who was erased
            ((account, claim),) = enter(self.vault, [person])
            try:
                self.record(request, open_account, account, claim)
            except AlreadyError as error:
                if error.name != "of this person":
                    raise
                return account_id(error.where)
            return account
        return account_id(holder)

    def erase(self, request: Request, account: AccountId, reason: str, demand: str) -> Recorded:
        """
        Erase an account, wholly: payloads, salts, claims and states go in one transaction, then the person and the key.

        Raises: as :meth:`record` with :func:`creditbank.domain.decide.account.erase`.
        """
        return self.record(request, erase, account, reason, demand)

    def publish(
        self, request: Request, document: Path | str | Curriculum, *, files: Files | None = None, despite: str = ""
    ) -> Digest:
        """
        Publish a rule book or a curriculum: document and event in one batch.

        Args:
            document: A rule book, as a TOML file or its text; or a curriculum.
            files: Finds rows files and parents that are neither published here nor beside the file.
            despite: Why a book is published although checking it (:func:`creditbank.lint`) finds errors; it is recorded.

        Raises, in this order:
            MalformedBookError: The book cannot be read; says file, clause, key, line and the mend.
            MalformedError: The curriculum is too large.
            FlawedBookError: Checking the book, beside what is published here, finds errors, and *despite* is empty.
            RefusedError, StoreError: as :meth:`record`, with :func:`creditbank.domain.decide.keys.publish` or
                :func:`creditbank.domain.decide.catalogue.publish_curriculum`.
        """
        if isinstance(document, Curriculum):
            body = curriculum_bytes(document)
            digest = curriculum_digest(body)
            wanted = Call(publish_curriculum, (digest, len(body)), {})
            self._writable()
            self._recorder.record(request, wanted, {digest: (document, body)})
            return digest
        if isinstance(document, Path):
            text, name, near = book_text(document.read_bytes(), document.name), document.name, beside(document.parent)
        else:
            text, name, near = document, "book", None
        known = self.known()
        found = first_of(published(known, self.store), near, files)
        book = read_book(text, name=name, files=found)
        body, rows = book_bytes(book), book_files(book)
        digest = Digest(book_digest(body))
        if not despite and known.shelf(book.book).version(digest) is None:
            # What is published already is not checked again: it is answered, or refused for that.
            refuse_flawed(book, check_book(known, self.store, book, found))
        documents: dict[Digest, tuple[Document | None, bytes]] = {digest: (book_of(body, rows.get), body)}
        documents |= {Digest(name): (None, data) for name, data in rows.items()}
        self._writable()
        why = (despite,) if despite else ()
        self._recorder.record(request, Call(publish, (digest, len(body), *why), {}), documents)
        return digest

    # --- evidence -----------------------------------------------------------------------------------------------------

    def receipt(self, position: int) -> Receipt:
        """
        Return the receipt of the entry at *position*; publishes a checkpoint if none covers it yet.

        Raises, in this order:
            UnknownError: There is no such entry.
            ErasedError: It was erased.
            RestrictedError: It belongs to a restricted account.
            NotPermittedError: A checkpoint is needed, and the key that founded the bank is not here.
        """
        stream = stream_at(self.store, self.vault, position)
        if kind_of(stream) == "account":
            try:
                restricted = self.known().account_restricted(account_id(stream)).restricted
            except ErasedError:  # then this is the erasure itself, of which a person may want the receipt
                restricted = None
            if restricted is not None:
                raise RestrictedError(stream, restricted)
        return receipt_of(self.store, self.vault, self._published_by(), position)

    def redemption(self, account: AccountId, application: ApplicationId) -> Redemption:
        """
        Return the proof that *application* spent its credit once (核销证明), for strangers to check offline.

        It holds every entry of the account: give it to those whom all of that concerns. A checkpoint over everything is published
        if there is none, and the operator signs how many entries the account has.

        Raises, in this order:
            RollbackError: The ledger here is not the one that was published from here: nothing is said of it.
            UnknownError, ErasedError, RestrictedError: The account cannot be read.
            UnknownError: It has no such application.
            StateError: The application has not redeemed anything, or what it redeemed was undone.
            NotPermittedError: The key that founded the bank is not here.
            MalformedError: The account is too long for one file.
        """
        self._writable()
        redeemed(self.known().account(account), application)
        return redemption_of(self.store, self.vault, self._published_by(), account, application)

    def checkpoint(self) -> str:
        """
        Return a checkpoint (C2SP signed note) over everything, publishing one if need be.

        Raises:
            NotPermittedError: One is needed, and the key that founded the bank is not here.
        """
        return self._published_by().cover(self.store.size()).note

    def verify(self, *, progress: Progress | None = None) -> "Report":
        """
        Check everything: bytes, hashes, signatures, places, erasures; and decide every request again.

        Never raises on bad evidence: the report's findings say what does not hold, and where.
        """
        from creditbank.bank.evidence import StoreEvidence
        from creditbank.verify import verify

        return verify(StoreEvidence(self.store, self.vault), progress=progress)
