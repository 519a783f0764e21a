"""
What happened: every kind of event, a closed union.

An event is what a payload carries. Its kind there is the class name in snake case; its fields are written as they stand here,
so neither may change once a ledger holds one (``tests/golden`` keeps one of each). What an event does to credit, names and
streams is in :mod:`creditbank.domain.effect`; how states fold it, in the states.
"""

from datetime import date
from typing import get_args

import attrs

from creditbank.domain.account_event import (
    AccountErased,
    AccountOpened,
    AccountRestricted,
    ApplicationClosed,
    Applied,
    Closing,
    Converted,
    Enrolled,
    EnrolmentEnded,
    ItemsUndone,
    MemberAgreed,
    ObjectionAnswered,
    ObjectionRaised,
    OutcomeCorrected,
    OutcomeDeposited,
    OutcomeRevoked,
    Remainder,
    StepAgreed,
    TransferAccepted,
    TransferDeclined,
    TransferOffered,
)
from creditbank.domain.credit import CreditSystem
from creditbank.domain.name import Digest, InstitutionId, StreamId, TransferId
from creditbank.domain.profile import Profile

__all__ = [
    "EVENTS",
    "AccountErased",
    "AccountOpened",
    "AccountRestricted",
    "ApplicationClosed",
    "Applied",
    "BankFounded",
    "BookPublished",
    "BookSuperseded",
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
    "MemberAgreed",
    "ObjectionAnswered",
    "ObjectionRaised",
    "OutcomeCorrected",
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
    """
    A version of a rule book (办法), in force on ``[since, until)``; the document is *size* bytes with *digest*.

    *despite* says why it is published although checking it found errors; empty, and not written, where none were found.
    """

    book: str
    version: str
    digest: Digest
    size: int
    since: date
    until: date | None
    despite: str = ""


@attrs.frozen
class BookSuperseded:
    """The version with *digest* (a document of *size* bytes) ends before *until*, when its successor *by* begins."""

    book: str
    version: str
    digest: Digest
    size: int
    until: date
    by: Digest


@attrs.frozen
class BookWithdrawn:
    """The version with *digest* serves no new application. *version* and *size* are None in the oldest entries."""

    book: str
    digest: Digest
    reason: str
    version: str | None
    size: int | None


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


Event = (
    BankFounded
    | InstitutionRegistered
    | KeyAdded
    | KeyRestored
    | KeyRetired
    | KeyRevoked
    | CreditSystemPublished
    | BookPublished
    | BookSuperseded
    | BookWithdrawn
    | CurriculumPublished
    | SeatsSet
    | SeatTaken
    | AccountOpened
    | Enrolled
    | EnrolmentEnded
    | OutcomeDeposited
    | Applied
    | MemberAgreed
    | StepAgreed
    | Converted
    | ObjectionRaised
    | ObjectionAnswered
    | ApplicationClosed
    | OutcomeRevoked
    | OutcomeCorrected
    | ItemsUndone
    | TransferOffered
    | TransferAccepted
    | TransferDeclined
    | AccountRestricted
    | AccountErased
)

EVENTS: tuple[type[Event], ...] = get_args(Event)
