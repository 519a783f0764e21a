"""Verbs about institutions and what the bank goes by: found, register, keys, credit systems, books, places."""

from collections.abc import Iterator

from creditbank.domain.credit import CreditSystem
from creditbank.domain.event import (
    BankFounded,
    BookPublished,
    BookSuperseded,
    BookWithdrawn,
    CreditSystemPublished,
    Event,
    InstitutionRegistered,
    KeyAdded,
    KeyRestored,
    KeyRetired,
    KeyRevoked,
    SeatsSet,
)
from creditbank.domain.institution import Institution
from creditbank.domain.known import Known
from creditbank.domain.name import Digest, InstitutionId, StreamId, institution_id
from creditbank.domain.profile import Profile
from creditbank.domain.request import Request
from creditbank.errors import AlreadyError, MalformedError, NotPermittedError, StateError, UnknownError

__all__ = [
    "add_key",
    "found",
    "publish",
    "publish_system",
    "register",
    "restore_key",
    "retire_key",
    "revoke_key",
    "set_seats",
    "withdraw_book",
]

Events = Iterator[Event]


def found(known: Known, request: Request, profile: Profile, key: str, origin: str, zone: str) -> Events:
    """
    Found the bank: its first entry, signed by the operator with the key it names.

    Args:
        origin: The log's name, as C2SP checkpoints have it: a schema-less URL such as ``creditbank.example.org/city``.
        zone: The IANA name of the bank's civil time zone; fixed for good.

    Raises, in this order:
        AlreadyError: The bank is founded.
        MalformedError: The profile has not the roles ``operator`` and ``registrar``.
    """
    operator = known.stranger(request.by)
    if known.position > 0:
        raise AlreadyError("bank", origin, "founded by entry 0")
    assert operator.profile is None, "an empty bank knows nobody"
    if not {"operator", "registrar"} <= set(profile.roles):
        raise MalformedError("the founder lacks a role", "profile", "give the roles 'operator' and 'registrar'")
    yield BankFounded(request.by, profile, key, origin, zone)


def _registrar(known: Known, request: Request, what: str) -> Institution:
    return known.permitted(request.by, "registrar", what)


def register(
    known: Known, request: Request, institution: InstitutionId, profile: Profile, key: str, possession: str
) -> Events:
    """
    Register an institution with its first key; said by a registrar.

    Args:
        possession: The new key's signature (base64) over the possession statement; the shell and every verifier check it.

    Raises, in this order:
        UnknownError, NotPermittedError: The requester is no registrar.
        MalformedError: The id is no institution id.
        AlreadyError: The institution is registered.
    """
    _registrar(known, request, "register institutions")
    if known.stranger(institution_id(institution)).profile is not None:
        raise AlreadyError("institution", institution, "add a key to it instead")
    yield InstitutionRegistered(institution, profile, key, possession)


def add_key(
    known: Known, request: Request, key: str, possession: str, registrar: InstitutionId, endorsement: str
) -> Events:
    """
    Take a further key: asked by the institution under a key in force, endorsed by a registrar.

    Raises, in this order:
        UnknownError: The institution or the registrar is not registered.
        NotPermittedError: The endorser is no registrar.
        AlreadyError: The institution has or had that key.
    """
    institution = known.institution(request.by)
    known.permitted(registrar, "registrar", "endorse keys")
    if institution.key(key) is not None:
        raise AlreadyError("key", key, request.by)
    yield KeyAdded(request.by, key, possession, registrar, endorsement)


def restore_key(known: Known, request: Request, institution: InstitutionId, key: str, possession: str) -> Events:
    """
    Give an institution whose keys were all lost or revoked a new one; said by a registrar, who has seen whom it deals with.

    Raises, in this order:
        UnknownError, NotPermittedError: The requester is no registrar.
        UnknownError: The institution is not registered.
        StateError: It has a key in force: it adds one itself.
        AlreadyError: It has or had that key.
    """
    _registrar(known, request, "restore keys")
    held = known.institution(institution)
    if held.signing:
        raise StateError("institution", institution, "able to sign", "let it add the key itself")
    if held.key(key) is not None:
        raise AlreadyError("key", key, institution)
    yield KeyRestored(institution, key, possession)


def retire_key(known: Known, request: Request, key: str) -> Events:
    """
    Let *key* sign nothing after this entry; asked by the institution itself.

    Raises, in this order:
        UnknownError: The institution has no such key.
        StateError: The key is not in force; it founded the bank; or it is the last one.
    """
    institution = known.institution(request.by)
    _in_force(institution, key)
    if institution.founded is not None and institution.founded.key == key:
        raise StateError("key", key, "what checkpoints are checked with", "keep it, and sign requests with another")
    if institution.signing == (key,):
        raise StateError("key", key, "the last one in force", "add another key first")
    yield KeyRetired(request.by, key)


def revoke_key(known: Known, request: Request, institution: InstitutionId, key: str, since: int, reason: str) -> Events:
    """
    Say that *key* was in the wrong hands from position *since* on; asked by a registrar.

    Raises, in this order:
        UnknownError, NotPermittedError: The requester is no registrar.
        UnknownError: The institution or the key is not known.
        StateError: The key was revoked before, or *since* is not yet written.
    """
    _registrar(known, request, "revoke keys")
    record = known.institution(institution).key(key)
    if record is None:
        raise UnknownError("key", key, f"{institution} has no such key")
    if record.state == "revoked":
        raise StateError("key", key, "revoked", "nothing is left to do")
    if not 0 <= since <= known.position:
        raise StateError("position", str(since), "not yet written", f"give 0 to {known.position}")
    yield KeyRevoked(institution, key, since, reason)


def _in_force(institution: Institution, key: str) -> None:
    record = institution.key(key)
    if record is None:
        raise UnknownError("key", key, f"{institution.id} has no such key")
    if record.state != "in force":
        raise StateError("key", key, record.state, "name a key in force")


def publish_system(known: Known, request: Request, system: CreditSystem) -> Events:
    """
    Publish a credit system (学分制); said by the operator.

    Raises, in this order:
        UnknownError, NotPermittedError: The requester is not the operator.
        AlreadyError: There is a system with that id; its quantum never changes.
    """
    known.permitted(request.by, "operator", "publish credit systems")
    if system.id in known.catalogue().systems:
        raise AlreadyError("credit system", system.id, "its quantum never changes")
    yield CreditSystemPublished(system)


def publish(known: Known, request: Request, book: Digest, size: int, despite: str = "") -> Events:
    """
    Publish a version of a rule book (办法), whose document of *size* bytes goes along.

    A version of the same book that would still be in force when this one begins is superseded: it ends that day, wholly where
    both begin together. So versions never overlap, and a gap is only where the older one says itself when it ends. A withdrawn
    version does not count, and nothing brings it back; nor one that was superseded.

    Args:
        despite: Why it is published although checking it found errors. Checking is the shell's (:meth:`creditbank.Bank.publish`):
            it may learn to find more, and what was published stays published.

    Raises, in this order:
        UnknownError: The requester is not registered, or no such document goes along.
        NotPermittedError: The requester is neither operator, office nor school.
        AlreadyError: That version or that document is published.
        StateError: A version that begins later is in force before this one ends.
    """
    institution = known.institution(request.by)
    if not (institution.has("operator") or institution.has("office") or institution.has("school")):
        raise NotPermittedError(request.by, "publish rule books", "only an operator, an office or a school may")
    document = known.book(book)
    shelf = known.shelf(document.book)
    for version in shelf.versions:
        if version.digest == book or version.version == document.version:
            raise AlreadyError("rule book", f"{document.book}@{version.version}", version.digest)
    since, until = document.since, document.until
    standing = [one for one in shelf.versions if one.stands]
    for version in standing:
        if since < version.since and (until is None or version.since < until):
            name = f"{document.book}@{version.version}"
            raise StateError("rule book", name, f"in force from {version.since}", "withdraw it, or end before that day")
    yield BookPublished(document.book, document.version, book, size, since, until, despite)
    for version in standing:
        if version.since <= since and (version.until is None or since < version.until):
            yield BookSuperseded(document.book, version.version, version.digest, version.size, since, book)


def withdraw_book(known: Known, request: Request, book: str, digest: Digest, reason: str) -> Events:
    """
    Let a version of a rule book serve no new application (废止). What was decided under it stays decided.

    Raises, in this order:
        UnknownError, NotPermittedError: The requester is not the operator.
        UnknownError: There is no such version.
        StateError: It is withdrawn.
    """
    known.permitted(request.by, "operator", "withdraw rule books")
    version = known.shelf(book).version(digest)
    if version is None:
        raise UnknownError("version of rule book", f"{book} {digest}", "check the digest")
    if version.withdrawn:
        raise StateError("rule book", f"{book}@{version.version}", "withdrawn", "nothing is left to do")
    yield BookWithdrawn(book, digest, reason, version.version, version.size)


def set_seats(known: Known, request: Request, seats: StreamId, places: int) -> Events:
    """
    Say how many places (名额) a school offers in all.

    Raises, in this order:
        UnknownError, NotPermittedError: The requester is no school, or the places are another school's.
        MalformedError: *places* is below zero.
    """
    known.permitted(request.by, "school", "offer places")
    now = known.seats(seats)
    if not seats.startswith(f"seats:{request.by.partition(':')[2]}.") or now.school not in (None, request.by):
        raise NotPermittedError(request.by, f"set {seats}", "they are another school's")
    if places < 0:
        raise MalformedError(f"{places} places", seats, "give zero or more")
    yield SeatsSet(seats, request.by, places)
