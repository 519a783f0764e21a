"""
``diff``: what a bank decided, decided again under two versions of a book; what would have come out otherwise, for a board.

Account by account, in memory that does not grow with the bank. Each decision is looked at by itself, on the record as it then
really stood: had the new book been in force all along, later applications might have been others.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from typing import Final

import attrs

from creditbank.bank.core import Bank
from creditbank.bank.loader import Cache, StoreLoader, open_row
from creditbank.bank.recorder import Progress
from creditbank.codec.book import book_bytes, book_digest
from creditbank.codec.book_difference import ClauseDifference, clause_differences
from creditbank.domain.account import Account
from creditbank.domain.curriculum import Curriculum
from creditbank.domain.decide.transfer import transfer_case
from creditbank.domain.event import Applied, TransferOffered
from creditbank.domain.known import Known, Remains
from creditbank.domain.name import AccountId, Claim, Digest, StreamId, account_id
from creditbank.domain.rule import Case, RuleBook
from creditbank.domain.state import State, before
from creditbank.domain.view.case import case_of
from creditbank.domain.view.difference import Change, Comparison, ItemChange, change_of
from creditbank.errors import UnknownError

__all__ = ["EXAMPLES_MAX", "Changed", "DiffGroup", "DiffReport", "diff"]

EXAMPLES_MAX: Final = 5
"""Changed items that a group keeps to be looked at."""

Decided = Applied | TransferOffered


@attrs.frozen
class Changed:
    """An item of *application*, decided at *position* on the day *on*, that would have come out otherwise."""

    position: int
    account: AccountId
    application: str
    on: date
    item: ItemChange


@attrs.frozen
class DiffGroup:
    """
    Items that changed in the same way, for the same reason.

    Args:
        clauses: What makes the difference; see :class:`creditbank.domain.view.difference.ItemChange`.
        old, new: The codes of their refusals; empty where granted.
        credits: What they would get more in all (below 0: less), exact.
        examples: The first of them.
    """

    change: Change
    clauses: tuple[str, ...]
    old: str
    new: str
    items: int
    credits: Fraction
    examples: tuple[Changed, ...]


@attrs.frozen
class DiffReport:
    """
    What deciding again under both books came to.

    Args:
        old, new: ``book@version``.
        system: The credit system of the amounts.
        position: How many entries the bank had.
        decisions: How many were decided again; *changed* have an item that would have come out otherwise.
        items: How many items they have.
        granted_old, granted_new: What all items got, and would have got.
        otherwise: Changed items recorded under the very bytes of the old book that it does not decide so here; 0, or the ledger
            is not what it seems. What does not change is not decided under the old book again: :meth:`creditbank.Bank.verify` does.
        differences: The clauses that the books do not have alike, and how.
        groups: The changes, most items first.
        erased, restricted: Accounts left out.
    """

    old: str
    new: str
    system: str
    position: int
    accounts: int
    decisions: int
    changed: int
    items: int
    granted_old: Fraction
    granted_new: Fraction
    otherwise: int
    differences: tuple[ClauseDifference, ...]
    groups: tuple[DiffGroup, ...]
    erased: int
    restricted: int


def diff(
    bank: Bank,
    old: RuleBook,
    new: RuleBook,
    *,
    each: Callable[[Changed], None] | None = None,
    progress: Progress | None = None,
) -> DiffReport:
    """
    Decide everything that *bank* decided under a version of *old* again, under *old* and under *new*.

    Args:
        each: Called with every changed item, account by account.
        progress: Called with (done, of) accounts.

    Raises, in this order:
        MalformedError: The books grant in different systems, or give one field two types.
        UnknownError: The bank has published no version of *old*.
    """
    run = _Run.over(bank, old, new, each)
    of = sum(1 for _ in bank.vault.accounts())
    for done, account in enumerate(bank.vault.accounts(), 1):
        run.account(account_id(account))
        if progress is not None:
            progress(done, of)
    return run.report()


@attrs.define
class _Tally:
    """A group on its way."""

    items: int = 0
    credits: Fraction = Fraction(0)
    examples: list[Changed] = attrs.field(factory=list)

    def add(self, changed: Changed) -> None:
        self.items += 1
        self.credits += changed.item.credits
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(changed)


@attrs.define
class _Run:
    """One pass over the accounts."""

    bank: Bank
    comparison: Comparison
    names: tuple[str, str]
    digest: Digest
    digests: frozenset[str]
    digest_of_both: Digest
    cache: Cache
    position: int
    each: Callable[[Changed], None] | None
    tallies: dict[tuple[Change, tuple[str, ...], str, str], _Tally] = attrs.field(factory=dict)
    accounts: int = 0
    decisions: int = 0
    changed: int = 0
    items: int = 0
    granted: list[Fraction] = attrs.field(factory=lambda: [Fraction(0), Fraction(0)])
    otherwise: int = 0
    erased: int = 0
    restricted: int = 0

    @classmethod
    def over(cls, bank: Bank, old: RuleBook, new: RuleBook, each: Callable[[Changed], None] | None) -> "_Run":
        comparison = Comparison(old, new)
        versions = bank.known().shelf(old.book).versions
        if not versions:
            raise UnknownError("published rule book", old.book, "compare with a bank that has decided under it")
        names = tuple(f"{book.book}@{book.version}" for book in (old, new))
        digests = [book_digest(book_bytes(book)) for book in (old, new)]
        both = Digest(hashlib.sha256("".join(digests).encode()).hexdigest())
        known = frozenset((digests[0], *(version.digest for version in versions)))
        size = bank.store.size()
        return cls(bank, comparison, (names[0], names[1]), Digest(digests[0]), known, both, Cache(), size, each)

    def account(self, account: AccountId) -> None:
        """Decide again what this account was decided under a version of the book."""
        found = list(self._found(account))
        if not found:
            return
        self.accounts += 1
        for position, event, held in found:
            self.decisions += 1
            self._decide(position, event, held, account)

    def _found(self, account: AccountId) -> Iterator[tuple[int, Decided, Account]]:
        """Yield the decisions that matter, each with the account as it was before; nothing of one that may not be read."""
        store, state = self.bank.store, before(account)
        found: list[tuple[int, Decided, Account]] = []
        tip = store.head(account, self.position)
        for row in store.read(account, 0, 0 if tip is None else tip[0]):
            if row.body is None:
                self.erased += 1
                return
            event = open_row(store, self.bank.vault, row).event
            assert isinstance(state, Account), "an account's stream folds to an account"
            if isinstance(event, Applied | TransferOffered) and event.decision.book in self.digests:
                found.append((row.position, event, state))
            state = state.after(event)
        assert isinstance(state, Account), "an account's stream folds to an account"
        if state.erased:
            self.erased += 1
        elif state.restricted is not None:
            self.restricted += 1
        else:
            yield from found

    def _decide(self, position: int, event: Decided, held: Account, account: AccountId) -> None:
        case = self._case(position, event, held)
        recorded = event.decision.results if event.decision.book == self.digest else None
        compared = self.comparison.compare(case, recorded)
        for number, results in enumerate((compared.old, compared.new)):
            self.granted[number] += sum((one.granted or Fraction(0) for one in results), Fraction(0))
        self.items += len(case.items)
        if recorded is not None:
            self.otherwise += sum(change is not None for change in map(change_of, recorded, compared.old))
        self.changed += bool(compared.changes)
        for change in compared.changes:
            changed = Changed(position, account, event.id, event.on, change)
            key = (change.change, change.clauses, change.old.refused or "", change.new.refused or "")
            self.tallies.setdefault(key, _Tally()).add(changed)
            if self.each is not None:
                self.each(changed)

    def _case(self, position: int, event: Decided, held: Account) -> Case:
        """Make the case again, on what was known just before, with what either book asks for."""
        inner = StoreLoader(self.bank.store, self.bank.vault, self.cache, position)
        loader = _Then(inner, event.account, held, {self.digest_of_both: self.comparison.both})
        known = Known(loader, position)
        if isinstance(event, Applied):
            asked = attrs.evolve(event.application, book=self.digest_of_both)
            return case_of(known, event.account, asked, event.on, id=event.id)
        enrolment = held.enrolments[event.offer.enrolment]
        return transfer_case(known, self.digest_of_both, held, enrolment, event.offer, event.on, event.id)

    def report(self) -> DiffReport:
        """Return what it came to."""
        groups = (
            DiffGroup(*key, tally.items, tally.credits, tuple(tally.examples)) for key, tally in self.tallies.items()
        )
        return DiffReport(
            old=self.names[0],
            new=self.names[1],
            system=self.comparison.new.system,
            position=self.position,
            accounts=self.accounts,
            decisions=self.decisions,
            changed=self.changed,
            items=self.items,
            granted_old=self.granted[0],
            granted_new=self.granted[1],
            otherwise=self.otherwise,
            differences=clause_differences(self.comparison.old, self.comparison.new),
            groups=tuple(
                sorted(groups, key=lambda group: (-group.items, group.change, group.clauses, group.old, group.new))
            ),
            erased=self.erased,
            restricted=self.restricted,
        )


@attrs.frozen
class _Then:
    """Knows one account as it was, beside everything else as the store has it, and books that were never published."""

    inner: StoreLoader
    account: StreamId
    held: Account
    books: dict[Digest, RuleBook]

    def state(self, stream: StreamId) -> tuple[State, int]:
        return (self.held, self.held.entries) if stream == self.account else self.inner.state(stream)

    def holder(self, claim: Claim) -> StreamId | None:
        return self.inner.holder(claim)

    def book(self, digest: Digest) -> RuleBook | None:
        return self.books.get(digest) or self.inner.book(digest)

    def curriculum(self, digest: Digest) -> Curriculum | None:
        return self.inner.curriculum(digest)

    def remains(self, stream: StreamId) -> Remains:
        return self.inner.remains(stream)

    def case_digest(self, case: Case) -> str:
        return self.inner.case_digest(case)
