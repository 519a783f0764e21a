"""
What happened in an account: its kinds of event, one by one.

They are part of the closed union in :mod:`creditbank.domain.event`, and are imported from there.
"""

from datetime import date
from typing import Literal

import attrs

from creditbank.domain.application import Application, TransferOffer
from creditbank.domain.credit import Credit
from creditbank.domain.lot import Place, Posting
from creditbank.domain.name import (
    AccountId,
    ApplicationId,
    Claim,
    EnrolmentId,
    InstitutionId,
    ObjectionId,
    OutcomeId,
    TransferId,
)
from creditbank.domain.outcome import Outcome
from creditbank.domain.programme import Enrolment
from creditbank.domain.rule import Decision

__all__ = [
    "AccountErased",
    "AccountOpened",
    "AccountRestricted",
    "ApplicationClosed",
    "Applied",
    "Closing",
    "Converted",
    "Enrolled",
    "EnrolmentEnded",
    "ItemsUndone",
    "MemberAgreed",
    "ObjectionAnswered",
    "ObjectionRaised",
    "OutcomeCorrected",
    "OutcomeDeposited",
    "OutcomeRevoked",
    "Remainder",
    "StepAgreed",
    "TransferAccepted",
    "TransferDeclined",
    "TransferOffered",
]

Closing = Literal["rejected", "lapsed", "withdrawn", "undone"]
"""驳回, 逾期失效, 撤回; and undone: nothing of it stands any more."""


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
class MemberAgreed:
    """*by* agreed to step *step*, on which a panel sits; others of it have yet to agree."""

    account: AccountId
    application: ApplicationId
    step: int
    by: InstitutionId
    on: date


@attrs.frozen
class StepAgreed:
    """The institution of step *step* (from 0) of the chain agreed *on* that day; of a panel, the last that had to."""

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
class ObjectionRaised:
    """*by* objected (异议) while the application was in public notice (公示); its step waits for the answer."""

    account: AccountId
    id: ObjectionId
    application: ApplicationId
    by: InstitutionId
    on: date
    reason: str


@attrs.frozen
class ObjectionAnswered:
    """The step's institution upheld the objection, which ends the application, or dismissed it."""

    account: AccountId
    application: ApplicationId
    objection: ObjectionId
    upheld: bool
    on: date
    reason: str


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
class OutcomeCorrected:
    """
    An outcome was recorded wrongly (更正): *corrected*, as *id*, takes its place.

    The number stays with the outcome: *corrected* carries none. *postings* takes back the credit of the one and issues the other's.
    """

    account: AccountId
    outcome: OutcomeId
    id: OutcomeId
    corrected: Outcome
    reason: str
    postings: tuple[Posting, ...]

    def __attrs_post_init__(self) -> None:
        assert self.corrected.number is None, "the number stays with the outcome"


@attrs.frozen
class ItemsUndone:
    """Items of *application* fell because *cause*, an outcome or credit granted before, was revoked or corrected."""

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
