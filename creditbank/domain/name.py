"""
Names: of streams, outcomes, applications, documents; and keyed hashes of what may not be written down.

A *stream* holds the events of one subject and is named ``kind:rest``:

    account:<32 hex digits>       a learning account (学习账户); random, says nothing about the person
    keys:<slug>                   an institution (机构): its profile and its signing keys
    book:<slug>                   the versions of one rule book (办法)
    catalogue:credit-systems      the credit systems (学分制) of this bank
    seats:<school>.<what>         places (名额) that a school offers
    curriculum:<school>.<id>      the editions of a curriculum (培养方案) of a school
"""

import re
from typing import NewType

import attrs

from creditbank.errors import MalformedError

__all__ = [
    "SYSTEMS",
    "AccountId",
    "ApplicationId",
    "Claim",
    "Digest",
    "EnrolmentId",
    "InstitutionId",
    "ObjectionId",
    "OutcomeId",
    "StreamId",
    "Token",
    "TransferId",
    "account_id",
    "book_stream",
    "curriculum_stream",
    "institution_id",
    "kind_of",
    "seats_stream",
]

StreamId = NewType("StreamId", str)
AccountId = NewType("AccountId", StreamId)
InstitutionId = NewType("InstitutionId", StreamId)
OutcomeId = NewType("OutcomeId", str)
EnrolmentId = NewType("EnrolmentId", str)
ApplicationId = NewType("ApplicationId", str)
TransferId = NewType("TransferId", str)
ObjectionId = NewType("ObjectionId", str)
Digest = NewType("Digest", str)
Token = NewType("Token", str)

SYSTEMS = StreamId("catalogue:credit-systems")

_SLUG = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,62}")
_ACCOUNT = re.compile(r"account:[0-9a-f]{32}")
_OF_SCHOOL = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,62}\.[0-9A-Za-z][0-9A-Za-z._-]{0,62}")


@attrs.frozen
class Claim:
    """
    A name that only one stream of a bank may hold, such as a person's document number, as a keyed hash.

    The token never stands in a payload: who is shown one learns nothing that outlives an erasure. The store keeps it
    beside the entry that took it, and drops it when the account is erased.
    """

    kind: str
    token: Token = attrs.field(repr=False)

    @property
    def name(self) -> str:
        """Return ``kind:token``, the name the store knows."""
        return f"{self.kind}:{self.token}"


def kind_of(stream: StreamId) -> str:
    """Return what comes before the colon."""
    return stream.partition(":")[0]


def account_id(text: str) -> AccountId:
    """Parse an account id: ``account:`` and 32 lower-case hexadecimal digits."""
    if not _ACCOUNT.fullmatch(text):
        raise MalformedError(f"{text!r} is no account id", "account", "give account: and 32 hexadecimal digits")
    return AccountId(StreamId(text))


def institution_id(text: str) -> InstitutionId:
    """Parse an institution id: ``keys:`` and a slug of up to 63 letters, digits, ``_`` or ``-``."""
    kind, _, slug = text.partition(":")
    if kind != "keys" or not _SLUG.fullmatch(slug):
        raise MalformedError(f"{text!r} is no institution id", "institution", "give keys: and letters, digits, _ or -")
    return InstitutionId(StreamId(text))


def book_stream(book: str) -> StreamId:
    """Return the stream in which the versions of the rule book *book* are published."""
    if not _SLUG.fullmatch(book):
        raise MalformedError(f"{book!r} is no rule book id", "book", "give letters, digits, _ or -")
    return StreamId(f"book:{book}")


def seats_stream(school: InstitutionId, what: str) -> StreamId:
    """Return the stream that counts the places *what* (say ``3y-cook-2026``) of *school*."""
    rest = f"{school.partition(':')[2]}.{what}"
    if not _OF_SCHOOL.fullmatch(rest):
        raise MalformedError(f"{what!r} cannot name places", "seats", "give letters, digits, '.', _ or -")
    return StreamId(f"seats:{rest}")


def curriculum_stream(school: InstitutionId, id: str) -> StreamId:
    """Return the stream in which the editions of the curriculum *id* (say ``080901``) of *school* are published."""
    rest = f"{school.partition(':')[2]}.{id}"
    if not _OF_SCHOOL.fullmatch(rest):
        raise MalformedError(f"{id!r} is no curriculum id", "curriculum", "give letters, digits, '.', _ or -")
    return StreamId(f"curriculum:{rest}")
