"""
What happened: every kind of event, a closed union.

An event is what a payload carries. Its kind there is the class name in snake case; its fields are written as they stand here,
so neither may change once a ledger holds one (``tests/golden`` keeps one of each). What an event does to credit, names and
streams is in :mod:`creditbank.domain.effect`; how states fold it, in the states.
"""

from datetime import date
from typing import Literal, get_args

import attrs

from creditbank.domain.application import Application, TransferOffer
from creditbank.domain.credit import Credit, CreditSystem
from creditbank.domain.lot import Place, Posting
from creditbank.domain.name import (
    AccountId,
    ApplicationId,
    Claim,
    Digest,
    EnrolmentId,
    InstitutionId,
    OutcomeId,
    StreamId,
    TransferId,
)
from creditbank.domain.outcome import Outcome
from creditbank.domain.profile import Profile
from creditbank.domain.programme import Enrolment
from creditbank.domain.rule import Decision

__all__ = [
    "EVENTS",
    "AccountErased",
    "AccountOpened",
    "AccountRestricted",
    "ApplicationClosed",
    "Applied",
    "BankFounded",
    "BookPublished",
    "BookWithdrawn",
    "Closing",
    "Converted",
    "CreditSystemPublished",
    "CurriculumPublished",
    "Enrolled",
    "EnrolmentEnded",
    "Event",
    "InstitutionRegistered",
    "ItemsUndone",
    "KeyAdded",
    "KeyRestored",
    "KeyRetired",
    "KeyRevoked",
    "OutcomeDeposited",
    "OutcomeRevoked",
    "Remainder",
    "SeatTaken",
    "SeatsSet",
    "StepAgreed",
    "TransferAccepted",
    "TransferDeclined",
    "TransferOffered",
]

Closing = Literal["rejected", "lapsed", "withdrawn"]

# --- institutions and their keys: keys:… ------------------------------------------------------------------------------


@attrs.frozen
class BankFounded:
    """The first entry: the log's name, the bank's civil time zone (IANA), its operator, who is its first registrar."""

    institution: InstitutionId
    profile: Profile
    key: str
    origin: str
    zone: str


@attrs.frozen
class InstitutionRegistered:
    """A registrar vouches for an institution and its first key; *possession* is that key's own signature (base64)."""

    institution: InstitutionId
    profile: Profile
    key: str
    possession: str


@attrs.frozen
class KeyAdded:
    """An institution takes a further key; the new key signed *possession*, the registrar signed *endorsement*."""

    institution: InstitutionId
    key: str
    possession: str
    registrar: InstitutionId
    endorsement: str


@attrs.frozen
class KeyRestored:
    """A registrar vouches for a key of an institution that has none in force; *possession* is that key's own signature."""

    institution: InstitutionId
    key: str
    possession: str


@attrs.frozen
class KeyRetired:
    """No signature by *key* after this entry."""

    institution: InstitutionId
    key: str


@attrs.frozen
class KeyRevoked:
    """*key* was in the wrong hands: what it signed from position *since* on does not hold."""

    institution: InstitutionId
    key: str
    since: int
    reason: str


# --- what the bank goes by: catalogue:…, book:…, curriculum:…, seats:… ------------------------------------------------


@attrs.frozen
class CreditSystemPublished:
    """A credit system (学分制) that amounts may be given in from now on."""

    system: CreditSystem


@attrs.frozen
class BookPublished:
    """A version of a rule book (办法), in force on ``[since, until)``; the document is *size* bytes with *digest*."""

    book: str
    version: str
    digest: Digest
    size: int
    since: date
    until: date | None


@attrs.frozen
class BookWithdrawn:
    """The version with *digest* serves no new application."""

    book: str
    digest: Digest
    reason: str


@attrs.frozen
class CurriculumPublished:
    """An *edition* of a curriculum (培养方案), for those from *since* on; the document is *size* bytes with *digest*."""

    curriculum: StreamId
    school: InstitutionId
    edition: str
    digest: Digest
    size: int
    since: date


@attrs.frozen
class SeatsSet:
    """A school offers *places* in all, those taken included."""

    seats: StreamId
    school: InstitutionId
    places: int


@attrs.frozen
class SeatTaken:
    """One place went to *transfer*."""

    seats: StreamId
    transfer: TransferId


# --- accounts: account:… ------------------------------------------------------------------------------------------------


@attrs.frozen
class AccountOpened:
    """A learning account (学习账户) for one person for life; *person* is a claim, which the payload does not carry."""

    account: AccountId
    person: Claim


@attrs.frozen
class Enrolled:
    """The learner entered a programme (学籍)."""

    account: AccountId
    id: EnrolmentId
    enrolment: Enrolment


@attrs.frozen
class EnrolmentEnded:
    """The enrolment held until *on*, that day excluded."""

    account: AccountId
    id: EnrolmentId
    on: date
    reason: str


@attrs.frozen
class OutcomeDeposited:
    """An outcome was recognised and put into the account (认定、存入)."""

    account: AccountId
    id: OutcomeId
    outcome: Outcome


@attrs.frozen
class Applied:
    """
    A book was asked and decided, *on* its civil day; *reserved* is what the granted items hold back.

    An application of which nothing was granted ends here.
    """

    account: AccountId
    id: ApplicationId
    application: Application
    on: date
    decision: Decision
    reserved: tuple[Posting, ...]


@attrs.frozen
class StepAgreed:
    """The institution of step *step* (from 0) of the chain agreed *on* that day."""

    account: AccountId
    application: ApplicationId
    step: int
    on: date


@attrs.frozen
class Converted:
    """The last step agreed: the sources are spent, the credit granted is held (转换)."""

    account: AccountId
    application: ApplicationId
    postings: tuple[Posting, ...]


@attrs.frozen
class ApplicationClosed:
    """The application ended without conversion; *postings* gives back what it alone held."""

    account: AccountId
    application: ApplicationId
    how: Closing
    on: date
    reason: str
    postings: tuple[Posting, ...]


@attrs.frozen
class OutcomeRevoked:
    """An outcome no longer holds; its credit goes to ``revoked``, wherever it was."""

    account: AccountId
    outcome: OutcomeId
    reason: str
    postings: tuple[Posting, ...]


@attrs.frozen
class ItemsUndone:
    """Items of *application* fell because *cause*, an outcome or credit granted before, was revoked."""

    account: AccountId
    application: ApplicationId
    items: tuple[str, ...]
    cause: str
    postings: tuple[Posting, ...]


@attrs.frozen
class TransferOffered:
    """A school lets a pupil go to another, decided under the book that the offer names."""

    account: AccountId
    id: TransferId
    offer: TransferOffer
    on: date
    decision: Decision


@attrs.frozen
class TransferAccepted:
    """The receiving school takes the pupil: the old enrolment ends and *enrolment* begins, on the offer's first day."""

    account: AccountId
    transfer: TransferId
    enrolment: EnrolmentId


@attrs.frozen
class TransferDeclined:
    """The receiving school does not take the pupil."""

    account: AccountId
    transfer: TransferId
    reason: str


@attrs.frozen
class AccountRestricted:
    """The account is stored and secured, nothing else: the law forbids deleting it (个人信息保护法 art. 47)."""

    account: AccountId
    reason: str


@attrs.frozen
class Remainder:
    """What statistics keep of an erased account: how much credit lay at a place; coarse on purpose."""

    place: Place
    credit: Credit
    region: str
    year: int


@attrs.frozen
class AccountErased:
    """
    The account's last entry, never erased itself; its payload is stored in clear and names no one.

    Attributes:
        positions: Every entry of the account, in version order; written as ``gaps``, each from the position before.
        place_key: The stream's place key (64 hex digits): with it anybody can check that these are all and nothing else.
        reason: The legal reason.
        demand: SHA-256 (hex) of the person's request, kept elsewhere.
        remainder: What statistics keep.
    """

    account: AccountId
    positions: tuple[int, ...]
    place_key: str
    reason: str
    demand: str
    remainder: tuple[Remainder, ...]


Event = (
    BankFounded
    | InstitutionRegistered
    | KeyAdded
    | KeyRestored
    | KeyRetired
    | KeyRevoked
    | CreditSystemPublished
    | BookPublished
    | BookWithdrawn
    | CurriculumPublished
    | SeatsSet
    | SeatTaken
    | AccountOpened
    | Enrolled
    | EnrolmentEnded
    | OutcomeDeposited
    | Applied
    | StepAgreed
    | Converted
    | ApplicationClosed
    | OutcomeRevoked
    | ItemsUndone
    | TransferOffered
    | TransferAccepted
    | TransferDeclined
    | AccountRestricted
    | AccountErased
)

EVENTS: tuple[type[Event], ...] = get_args(Event)
