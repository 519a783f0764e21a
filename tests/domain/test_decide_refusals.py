"""
Refusals in order: for each verb a ladder. Its first rung breaks everything the verb asks for, each further rung one thing less,
and the last breaks nothing. Every rung is refused by what its verb documents next, and leaves no trace.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import attrs
import pytest

from creditbank.codec.book import book_bytes, book_digest, read_book
from creditbank.domain.application import Application
from creditbank.domain.credit import Credit
from creditbank.domain.decide.account import (
    correct,
    deposit,
    end_enrolment,
    enrol,
    erase,
    open_account,
    restrict,
    revoke,
)
from creditbank.domain.decide.convert import agree, convert, lapse, reject, withdraw
from creditbank.domain.decide.keys import (
    add_key,
    found,
    publish,
    publish_system,
    register,
    restore_key,
    retire_key,
    revoke_key,
    set_seats,
    withdraw_book,
)
from creditbank.domain.decide.objection import answer_objection, object_to
from creditbank.domain.decide.transfer import accept_transfer, decline_transfer, offer_transfer
from creditbank.domain.event import Applied, Event
from creditbank.domain.known import Known
from creditbank.domain.name import (
    AccountId,
    ApplicationId,
    Claim,
    Digest,
    EnrolmentId,
    InstitutionId,
    ObjectionId,
    OutcomeId,
    StreamId,
    Token,
    TransferId,
    account_id,
    institution_id,
)
from creditbank.domain.outcome import Training
from creditbank.domain.profile import Profile
from creditbank.domain.request import Request
from creditbank.domain.rule import Waiver
from creditbank.errors import (
    AlreadyError,
    BookNotInForceError,
    DecisionRefusedError,
    ErasedError,
    MalformedError,
    NotPermittedError,
    RestrictedError,
    StateError,
    UnknownError,
)
from creditbank.ledger import PublicKey
from creditbank.testing.world import (
    ACADEMIC,
    ASSESSOR,
    BANK_CREDIT,
    COLLEGE,
    HIGH,
    OPERATOR,
    ORIGIN,
    VOCATIONAL,
    ZONE,
    World,
    possession,
    shipped_book,
    signer_of,
)

FULL = 14
"""Entries of the account that is full; ENTRIES_MAX is turned down to it."""

STRANGER = institution_id("keys:stranger")
NOWHERE = account_id("account:" + "0" * 32)
DEMAND = "ab" * 32

Rung = tuple[type[Exception] | None, str, InstitutionId, Callable[..., Any], tuple[Any, ...]]


@attrs.frozen
class Stage:
    """A world with an account in every state, and what ladders stand on."""

    world: World
    good: AccountId
    enrolment: EnrolmentId
    source: OutcomeId
    erased: AccountId
    restricted: AccountId
    full: AccountId

    def closed(self, *, full: bool) -> Iterator[tuple[type[Exception], str, AccountId]]:
        """Yield the accounts that cannot be used, in the order in which that is said."""
        yield UnknownError, "no account", NOWHERE
        yield ErasedError, "erased", self.erased
        yield RestrictedError, "restricted", self.restricted
        if full:
            yield StateError, "full", self.full


def _stage() -> Stage:
    world = World.founded()
    erased, restricted, full, good = (world.learner(number) for number in range(4))
    source = world.deposit(good, world.certificate())
    for _ in range(FULL - 2):
        world.deposit(full, _training(world))
    world.bank.erase(world.request(OPERATOR), erased, "PIPL 47", DEMAND)
    world.record(OPERATOR, restrict, restricted, "diploma")
    return Stage(world, good, world.enrolled(good), source, erased, restricted, full)


def _training(world: World) -> Training:
    return Training(title="培训", issuer=ASSESSOR, achieved_on=world.clock.day, hours=8, category="家政")


# --- the ladders --------------------------------------------------------------------------------------------------------


def on_found(s: Stage) -> Iterator[Rung]:
    bad = Profile("x", "operator", ("operator",), "")
    yield AlreadyError, "entry 0", STRANGER, found, (bad, "key", "no origin", "Mars/Base")


def on_register(s: Stage) -> Iterator[Rung]:
    profile, key = Profile("某校", "college", ("school",), "370305"), PublicKey.of(signer_of(STRANGER))
    held = possession(STRANGER, key, signer_of(STRANGER))
    bad = InstitutionId(StreamId("keys:no name"))
    yield UnknownError, "no institution 'keys:stranger'", STRANGER, register, (bad, profile, str(key), held)
    yield NotPermittedError, "registrar", COLLEGE, register, (bad, profile, str(key), held)
    yield MalformedError, "no institution id", OPERATOR, register, (bad, profile, str(key), held)
    yield AlreadyError, "add a key", OPERATOR, register, (COLLEGE, profile, str(key), held)
    yield None, "", OPERATOR, register, (STRANGER, profile, str(key), held)


def on_add_key(s: Stage) -> Iterator[Rung]:
    old, new = PublicKey.of(signer_of(COLLEGE)), PublicKey.of(signer_of(COLLEGE, 1))
    held, endorsed = possession(COLLEGE, new, signer_of(COLLEGE, 1)), possession(COLLEGE, new, signer_of(OPERATOR))
    yield UnknownError, "stranger", STRANGER, add_key, (str(old), held, institution_id("keys:nobody"), endorsed)
    yield UnknownError, "nobody", COLLEGE, add_key, (str(old), held, institution_id("keys:nobody"), endorsed)
    yield NotPermittedError, "registrar", COLLEGE, add_key, (str(old), held, ASSESSOR, endorsed)
    yield AlreadyError, "key", COLLEGE, add_key, (str(old), held, OPERATOR, endorsed)
    yield None, "", COLLEGE, add_key, (str(new), held, OPERATOR, endorsed)


def on_restore_key(s: Stage) -> Iterator[Rung]:
    old, new = str(PublicKey.of(signer_of(COLLEGE))), PublicKey.of(signer_of(COLLEGE, 1))
    proof = possession(COLLEGE, new, signer_of(COLLEGE, 1))
    yield UnknownError, "stranger", STRANGER, restore_key, (STRANGER, old, proof)
    yield NotPermittedError, "registrar", COLLEGE, restore_key, (STRANGER, old, proof)
    yield UnknownError, "stranger", OPERATOR, restore_key, (STRANGER, old, proof)
    yield StateError, "able to sign", OPERATOR, restore_key, (COLLEGE, old, proof)
    yield None, "", OPERATOR, revoke_key, (COLLEGE, old, s.world.bank.store.size(), "lost")
    yield AlreadyError, "key", OPERATOR, restore_key, (COLLEGE, old, proof)
    yield None, "", OPERATOR, restore_key, (COLLEGE, str(new), proof)


def on_retire_key(s: Stage) -> Iterator[Rung]:
    yield from on_add_key(s)
    old, new = str(PublicKey.of(signer_of(COLLEGE))), str(PublicKey.of(signer_of(COLLEGE, 1)))
    yield UnknownError, "no institution", STRANGER, retire_key, ("ed25519:other",)
    yield UnknownError, "no key", COLLEGE, retire_key, ("ed25519:other",)
    yield None, "", COLLEGE, retire_key, (new,)
    yield StateError, "retired", COLLEGE, retire_key, (new,)
    yield StateError, "last one", COLLEGE, retire_key, (old,)
    yield StateError, "checkpoints are checked with", OPERATOR, retire_key, (str(PublicKey.of(signer_of(OPERATOR))),)


def on_revoke_key(s: Stage) -> Iterator[Rung]:
    key, size = str(PublicKey.of(signer_of(COLLEGE))), s.world.bank.store.size()
    yield UnknownError, "stranger", STRANGER, revoke_key, (STRANGER, "ed25519:other", -1, "lost")
    yield NotPermittedError, "registrar", COLLEGE, revoke_key, (STRANGER, "ed25519:other", -1, "lost")
    yield UnknownError, "stranger", OPERATOR, revoke_key, (STRANGER, "ed25519:other", -1, "lost")
    yield UnknownError, "no key", OPERATOR, revoke_key, (COLLEGE, "ed25519:other", -1, "lost")
    yield StateError, "not yet written", OPERATOR, revoke_key, (COLLEGE, key, -1, "lost")
    yield StateError, "not yet written", OPERATOR, revoke_key, (COLLEGE, key, size + 1, "lost")
    yield None, "", OPERATOR, revoke_key, (COLLEGE, key, size, "lost")
    yield StateError, "revoked", OPERATOR, revoke_key, (COLLEGE, key, -1, "lost")


def on_publish_system(s: Stage) -> Iterator[Rung]:
    yield UnknownError, "stranger", STRANGER, publish_system, (BANK_CREDIT,)
    yield NotPermittedError, "operator", COLLEGE, publish_system, (BANK_CREDIT,)
    yield AlreadyError, "quantum", OPERATOR, publish_system, (BANK_CREDIT,)
    yield None, "", OPERATOR, publish_system, (attrs.evolve(BANK_CREDIT, id="other"),)


def on_publish(s: Stage) -> Iterator[Rung]:
    yield UnknownError, "stranger", STRANGER, publish, (Digest("00" * 32), 9)
    yield NotPermittedError, "school", ASSESSOR, publish, (Digest("00" * 32), 9)
    yield UnknownError, "digest", COLLEGE, publish, (Digest("00" * 32), 9)
    yield AlreadyError, "2022-1", COLLEGE, publish, (s.world.book, 9)
    for since, until in (("2021-12-31", None), ("2021-01-01", None), ("2021-01-01", "2022-01-02")):
        text = shipped_book("x-certificate-conversion").replace('"2022-1"', f'"{since} {until}"')
        text = text.replace("since = 2022-01-01", f"since = {since}" + (f"\nuntil = {until}" if until else ""))
        yield StateError, "withdraw it, or end before", COLLEGE, _publish_text, (text,)


def on_withdraw_book(s: Stage) -> Iterator[Rung]:
    book = "x-certificate-conversion"
    yield UnknownError, "stranger", STRANGER, withdraw_book, (book, Digest("00" * 32), "old")
    yield NotPermittedError, "operator", COLLEGE, withdraw_book, (book, Digest("00" * 32), "old")
    yield UnknownError, "version", OPERATOR, withdraw_book, (book, Digest("00" * 32), "old")
    yield None, "", OPERATOR, withdraw_book, (book, s.world.book, "old")
    yield StateError, "withdrawn", OPERATOR, withdraw_book, (book, s.world.book, "old")


def on_set_seats(s: Stage) -> Iterator[Rung]:
    yield UnknownError, "stranger", STRANGER, set_seats, (s.world.seats, -1)
    yield NotPermittedError, "'school'", ASSESSOR, set_seats, (s.world.seats, -1)
    yield NotPermittedError, "another school's", HIGH, set_seats, (s.world.seats, -1)
    yield MalformedError, "-1 places", VOCATIONAL, set_seats, (s.world.seats, -1)
    yield None, "", VOCATIONAL, set_seats, (s.world.seats, 0)


def on_open_account(s: Stage) -> Iterator[Rung]:
    taken = Claim("certificate-number", Token("1" * 64))
    person = next(iter(s.world.bank.store.claims_of(s.world.bank.store.positions(s.good)[0])))
    held, fresh = Claim("person", Token(person.partition(":")[2])), Claim("person", Token("2" * 64))
    yield UnknownError, "stranger", STRANGER, open_account, (s.good, taken)
    yield MalformedError, "certificate-number", COLLEGE, open_account, (s.good, taken)
    yield AlreadyError, s.good, COLLEGE, open_account, (s.full, held)
    yield AlreadyError, "opened before", COLLEGE, open_account, (s.good, fresh)
    yield AlreadyError, "opened before", COLLEGE, open_account, (s.erased, fresh)


def on_enrol(s: Stage) -> Iterator[Rung]:
    there, here = s.world.enrolment(HIGH), s.world.enrolment()
    yield UnknownError, "stranger", STRANGER, enrol, (NOWHERE, there)
    yield NotPermittedError, "'school'", ASSESSOR, enrol, (NOWHERE, there)
    yield NotPermittedError, "its own", COLLEGE, enrol, (NOWHERE, there)
    for error, words, account in s.closed(full=True):
        yield error, words, COLLEGE, enrol, (account, here)
    yield AlreadyError, "enrolment", COLLEGE, enrol, (s.good, here)
    yield None, "", COLLEGE, enrol, (s.good, s.world.enrolment(COLLEGE, "510203"))


def on_end_enrolment(s: Stage) -> Iterator[Rung]:
    day, early = s.world.clock.day, s.world.clock.day - timedelta(days=366)
    for error, words, account in s.closed(full=False):
        yield error, words, STRANGER, end_enrolment, (account, EnrolmentId("none"), early, "left")
    yield UnknownError, "no enrolment", STRANGER, end_enrolment, (s.good, EnrolmentId("none"), early, "left")
    yield NotPermittedError, "only keys:college", HIGH, end_enrolment, (s.good, s.enrolment, early, "left")
    yield StateError, "begun on", COLLEGE, end_enrolment, (s.good, s.enrolment, early, "left")
    high = s.world.enrol(s.good, HIGH)
    offered = s.world.offered(s.good)
    yield StateError, "begun on", HIGH, end_enrolment, (s.good, high, early, "left")
    yield StateError, "offered for transfer", HIGH, end_enrolment, (s.good, high, day, "left")
    s.world.record(VOCATIONAL, decline_transfer, s.good, offered, "full")
    yield None, "", HIGH, end_enrolment, (s.good, high, day, "left")
    yield StateError, "ended on", HIGH, end_enrolment, (s.good, high, early, "left")


def on_deposit(s: Stage) -> Iterator[Rung]:
    w = s.world
    w.deposit(s.good, w.certificate(number="X-1"))
    foreign = Claim("person", w.number("X-1").token)
    soon, nowhere = w.clock.day + timedelta(days=1), Credit("no-such", 2)
    bad = attrs.evolve(w.certificate(), achieved_on=soon, credits=nowhere, number=foreign)
    yield UnknownError, "stranger", STRANGER, deposit, (NOWHERE, bad)
    s.world.register(STRANGER, Profile("某机构", "enterprise", (), "370305"))
    yield NotPermittedError, "only a school", STRANGER, deposit, (NOWHERE, bad)
    yield NotPermittedError, "its issuer", COLLEGE, deposit, (NOWHERE, bad)
    for error, words, account in s.closed(full=True):
        yield error, words, ASSESSOR, deposit, (account, bad)
    yield StateError, "achieved only on", ASSESSOR, deposit, (s.good, bad)
    bad = attrs.evolve(bad, achieved_on=w.clock.day)
    yield UnknownError, "credit system", ASSESSOR, deposit, (s.good, bad)
    bad = attrs.evolve(bad, credits=None)
    yield MalformedError, "kind 'person'", ASSESSOR, deposit, (s.good, bad)
    bad = attrs.evolve(bad, number=w.number("x-1"))
    yield AlreadyError, s.good, ASSESSOR, deposit, (s.good, bad)
    yield None, "", ASSESSOR, deposit, (s.good, attrs.evolve(bad, number=w.number("X-2")))


def on_revoke(s: Stage) -> Iterator[Rung]:
    yield UnknownError, "no account", STRANGER, revoke, (NOWHERE, OutcomeId("none"), "false")
    yield ErasedError, "erased", STRANGER, revoke, (s.erased, OutcomeId("none"), "false")
    yield UnknownError, "no outcome", STRANGER, revoke, (s.good, OutcomeId("none"), "false")
    yield NotPermittedError, "only keys:assessor", COLLEGE, revoke, (s.good, s.source, "false")
    yield None, "", ASSESSOR, revoke, (s.good, s.source, "false")
    yield NotPermittedError, "only keys:assessor", COLLEGE, revoke, (s.good, s.source, "false")
    yield StateError, "revoked", ASSESSOR, revoke, (s.good, s.source, "false")


def on_revoke_in_restricted(s: Stage) -> Iterator[Rung]:
    """A false diploma must go, also where nothing else may be done."""
    diploma = s.world.deposit(s.good, s.world.outcomes()[1])
    yield None, "", OPERATOR, restrict, (s.good, "diploma")
    yield RestrictedError, "restricted", ASSESSOR, deposit, (s.good, s.world.certificate())
    yield None, "", COLLEGE, revoke, (s.good, diploma, "false")


def on_correct(s: Stage) -> Iterator[Rung]:
    w = s.world
    numbered = w.deposit(s.good, w.certificate(number="X-1"))
    soon, nowhere = w.clock.day + timedelta(days=1), Credit("no-such", 2)
    right = attrs.evolve(w.certificate("高级"), achieved_on=soon, credits=nowhere, number=w.number("X-1"))
    bad = attrs.evolve(w.outcomes()[0], issuer=ASSESSOR)
    for error, words, account in s.closed(full=True):
        yield error, words, COLLEGE, correct, (account, OutcomeId("none"), bad, "typo")
    yield UnknownError, "no outcome", COLLEGE, correct, (s.good, OutcomeId("none"), bad, "typo")
    yield NotPermittedError, "only keys:assessor", COLLEGE, correct, (s.good, numbered, bad, "typo")
    yield MalformedError, "another kind", ASSESSOR, correct, (s.good, numbered, bad, "typo")
    other = attrs.evolve(right, issuer=COLLEGE)
    yield MalformedError, "another issuer", ASSESSOR, correct, (s.good, numbered, other, "typo")
    yield MalformedError, "carries a number", ASSESSOR, correct, (s.good, numbered, right, "typo")
    yield MalformedError, "nothing is corrected", ASSESSOR, correct, (s.good, numbered, w.certificate(), "typo")
    right = attrs.evolve(right, number=None)
    yield StateError, "achieved only on", ASSESSOR, correct, (s.good, numbered, right, "typo")
    right = attrs.evolve(right, achieved_on=w.clock.day)
    yield UnknownError, "credit system", ASSESSOR, correct, (s.good, numbered, right, "typo")
    right = attrs.evolve(right, credits=None)
    yield None, "", ASSESSOR, correct, (s.good, numbered, right, "typo")
    yield StateError, "revoked", ASSESSOR, correct, (s.good, numbered, right, "typo")
    yield AlreadyError, s.good, ASSESSOR, deposit, (s.good, w.certificate(number="X-1"))


def on_erase(s: Stage) -> Iterator[Rung]:
    diploma = s.world.deposit(s.good, s.world.outcomes()[1])
    yield UnknownError, "stranger", STRANGER, erase, (NOWHERE, "PIPL 47", "no digest")
    yield NotPermittedError, "eraser", COLLEGE, erase, (NOWHERE, "PIPL 47", "no digest")
    for error, words, account in s.closed(full=False):
        yield error, words, OPERATOR, erase, (account, "PIPL 47", "no digest")
    yield StateError, "diploma", OPERATOR, erase, (s.good, "PIPL 47", "no digest")
    s.world.record(COLLEGE, revoke, s.good, diploma, "false")
    yield MalformedError, "SHA-256", OPERATOR, erase, (s.good, "PIPL 47", "AB" * 32)
    yield MalformedError, "SHA-256", OPERATOR, erase, (s.good, "PIPL 47", "a" * 63)
    yield None, "", OPERATOR, erase, (s.good, "PIPL 47", DEMAND)


def on_restrict(s: Stage) -> Iterator[Rung]:
    yield UnknownError, "stranger", STRANGER, restrict, (NOWHERE, "diploma")
    yield NotPermittedError, "eraser", COLLEGE, restrict, (NOWHERE, "diploma")
    for error, words, account in s.closed(full=False):
        yield error, words, OPERATOR, restrict, (account, "diploma")
    yield None, "", OPERATOR, restrict, (s.good, "diploma")
    yield RestrictedError, "restricted", OPERATOR, restrict, (s.good, "diploma")


def on_convert(s: Stage) -> Iterator[Rung]:
    w = s.world
    revoked = w.deposit(s.good, w.certificate())
    w.record(ASSESSOR, revoke, s.good, revoked, "false")
    ended = w.enrol(s.good, COLLEGE, "510299")
    w.record(COLLEGE, end_enrolment, s.good, ended, w.clock.day, "left")
    gone = w.bank.publish(w.request(OPERATOR), _late_book(date(2020, 1, 1)))
    late = w.bank.publish(w.request(OPERATOR), _late_book(w.clock.day + timedelta(days=1)))
    w.record(OPERATOR, withdraw_book, "late", gone, "old")
    asked = Application(
        Digest("00" * 32),
        "convert",
        EnrolmentId("none"),
        (w.item("1", "none", w.course("c1")),),
        (("college", COLLEGE),),
    )
    for error, words, account in s.closed(full=True):
        yield error, words, STRANGER, convert, (account, asked)
    yield UnknownError, "no enrolment", STRANGER, convert, (s.good, asked)
    asked = attrs.evolve(asked, enrolment=ended)
    yield NotPermittedError, "only keys:college", HIGH, convert, (s.good, asked)
    yield StateError, "not in force", COLLEGE, convert, (s.good, asked)
    asked = attrs.evolve(asked, enrolment=s.enrolment)
    yield UnknownError, "digest", COLLEGE, convert, (s.good, asked)
    yield UnknownError, "rule book 'no-such'", COLLEGE, convert, (s.good, attrs.evolve(asked, book="no-such"))
    yield BookNotInForceError, "no version is", COLLEGE, convert, (s.good, attrs.evolve(asked, book="late"))
    yield BookNotInForceError, "withdrawn", COLLEGE, convert, (s.good, attrs.evolve(asked, book=gone))
    yield BookNotInForceError, "not in force", COLLEGE, convert, (s.good, attrs.evolve(asked, book=late))
    asked = attrs.evolve(asked, book=w.book)
    yield UnknownError, "party 'academic-affairs'", COLLEGE, convert, (s.good, asked)
    bound = (("college", COLLEGE), ("academic-affairs", STRANGER))
    yield UnknownError, "stranger", COLLEGE, convert, (s.good, attrs.evolve(asked, parties=bound))
    asked = attrs.evolve(asked, parties=(("academic-affairs", ACADEMIC), ("college", COLLEGE), ("office", OPERATOR)))
    for by in ("office", "nobody"):
        waived = attrs.evolve(asked, waivers=(Waiver("4.2", "1", by, "过渡"),))
        yield NotPermittedError, "has to agree", COLLEGE, convert, (s.good, waived)
    yield UnknownError, "outcome 'none'", COLLEGE, convert, (s.good, asked)
    asked = attrs.evolve(asked, items=(w.item("1", revoked, w.course("c1")),))
    yield StateError, "revoked", COLLEGE, convert, (s.good, asked)
    yield None, "", COLLEGE, convert, (s.good, attrs.evolve(asked, items=(w.item("1", s.source, w.course("c1")),)))


def on_agree(s: Stage) -> Iterator[Rung]:
    w = s.world
    for error, words, account in s.closed(full=True):
        yield error, words, STRANGER, agree, (account, ApplicationId("none"))
    yield UnknownError, "no application", STRANGER, agree, (s.good, ApplicationId("none"))
    first = w.convert(s.good, [w.item("1", s.source, w.course("c1"))])
    yield (
        NotPermittedError,
        "'教务审批': step '学院审核' comes first; it waits for keys:college",
        ACADEMIC,
        agree,
        (s.good, first),
    )
    w.clock.turn(days=31)
    yield NotPermittedError, "waits for keys:college", ACADEMIC, agree, (s.good, first)
    yield StateError, "lapsed", COLLEGE, agree, (s.good, first)
    w.record(ASSESSOR, lapse, s.good, first)
    yield StateError, "lapsed", ACADEMIC, agree, (s.good, first)
    second = w.convert(s.good, [w.item("1", s.source, w.course("c2"))])
    yield None, "", COLLEGE, agree, (s.good, second)
    yield (
        AlreadyError,
        "'学院审核' is there already .agreed on .*; the next, '教务审批', waits for keys:academic-affairs",
        COLLEGE,
        agree,
        (s.good, second),
    )
    yield NotPermittedError, "waits for keys:academic-affairs", HIGH, agree, (s.good, second)
    yield None, "", ACADEMIC, agree, (s.good, second)
    yield StateError, "converted", STRANGER, agree, (s.good, second)


def on_reject(s: Stage) -> Iterator[Rung]:
    yield from _on_closing(s, reject, ACADEMIC, COLLEGE, "waits for keys:college", ("no",))


def on_withdraw(s: Stage) -> Iterator[Rung]:
    yield from _on_closing(s, withdraw, ACADEMIC, COLLEGE, "keys:college made it", ("no",))


def _on_closing(
    s: Stage, verb: Callable[..., Any], wrong: InstitutionId, right: InstitutionId, words: str, rest: tuple[str, ...]
) -> Iterator[Rung]:
    for error, why, account in s.closed(full=False):
        yield error, why, STRANGER, verb, (account, ApplicationId("none"), *rest)
    yield UnknownError, "no application", STRANGER, verb, (s.good, ApplicationId("none"), *rest)
    pending = s.world.convert(s.good, [s.world.item("1", s.source, s.world.course("c1"))])
    refused = s.world.convert(s.good, [s.world.item("1", s.source, s.world.course("c1", category="公共课"))])
    yield StateError, "refused", wrong, verb, (s.good, refused, *rest)
    yield NotPermittedError, words, wrong, verb, (s.good, pending, *rest)
    yield None, "", right, verb, (s.good, pending, *rest)
    yield StateError, "rejected|withdrawn", wrong, verb, (s.good, pending, *rest)


def on_lapse(s: Stage) -> Iterator[Rung]:
    yield UnknownError, "stranger", STRANGER, lapse, (NOWHERE, ApplicationId("none"))
    for error, words, account in s.closed(full=False):
        yield error, words, HIGH, lapse, (account, ApplicationId("none"))
    yield UnknownError, "no application", HIGH, lapse, (s.good, ApplicationId("none"))
    pending = s.world.convert(s.good, [s.world.item("1", s.source, s.world.course("c1"))])
    yield StateError, "open until", HIGH, lapse, (s.good, pending)
    s.world.clock.turn(days=31)
    yield None, "", HIGH, lapse, (s.good, pending)
    yield StateError, "lapsed", HIGH, lapse, (s.good, pending)


def on_agree_in_a_panel(s: Stage) -> Iterator[Rung]:
    pending = _noticed(s)
    s.world.clock.turn(days=6)
    yield None, "", OPERATOR, agree, (s.good, pending)
    yield (
        AlreadyError,
        "'认定' is there already .agreed on .*; it waits for keys:college",
        OPERATOR,
        agree,
        (s.good, pending),
    )
    yield (
        NotPermittedError,
        "'公布': step '认定' comes first; it waits for keys:college",
        ACADEMIC,
        agree,
        (s.good, pending),
    )
    yield NotPermittedError, "reject step '认定'", OPERATOR, reject, (s.good, pending, "no")
    yield None, "", COLLEGE, agree, (s.good, pending)
    yield AlreadyError, "'认定' is there already", OPERATOR, agree, (s.good, pending)
    yield None, "", ACADEMIC, agree, (s.good, pending)


def on_object_to(s: Stage) -> Iterator[Rung]:
    yield UnknownError, "stranger", STRANGER, object_to, (NOWHERE, ApplicationId("none"), "no")
    for error, words, account in s.closed(full=True):
        yield error, words, HIGH, object_to, (account, ApplicationId("none"), "no")
    yield UnknownError, "no application", HIGH, object_to, (s.good, ApplicationId("none"), "no")
    private = s.world.convert(s.good, [s.world.item("1", s.source, s.world.course("c2"))])
    yield StateError, "not in public notice:", HIGH, object_to, (s.good, private, "no")
    s.world.record(COLLEGE, withdraw, s.good, private, "no")
    yield StateError, "withdrawn", HIGH, object_to, (s.good, private, "no")
    noticed = _noticed(s)
    yield None, "", HIGH, object_to, (s.good, noticed, "no")
    yield AlreadyError, "not answered", HIGH, object_to, (s.good, noticed, "no")
    yield None, "", ASSESSOR, object_to, (s.good, noticed, "no")
    s.world.clock.turn(days=6)
    yield StateError, "in public notice from", HIGH, object_to, (s.good, noticed, "no")


def on_answer_objection(s: Stage) -> Iterator[Rung]:
    none = ObjectionId("none")
    for error, words, account in s.closed(full=False):
        yield error, words, HIGH, answer_objection, (account, ApplicationId("none"), none, True, "")
    yield UnknownError, "no application", HIGH, answer_objection, (s.good, ApplicationId("none"), none, True, "")
    noticed = _noticed(s)
    yield (
        NotPermittedError,
        "keys:operator does, for step '认定'",
        COLLEGE,
        answer_objection,
        (s.good, noticed, none, True, ""),
    )
    yield UnknownError, "no objection", OPERATOR, answer_objection, (s.good, noticed, none, True, "")
    for by in (HIGH, ASSESSOR):
        yield None, "", by, object_to, (s.good, noticed, "no")
    first, second = s.world.bank.known().account(s.good).applications[noticed].objections
    s.world.clock.turn(days=6)
    yield StateError, "objected to by keys:high-school", COLLEGE, agree, (s.good, noticed)
    yield None, "", OPERATOR, answer_objection, (s.good, noticed, first.id, False, "unfounded")
    yield StateError, "dismissed", OPERATOR, answer_objection, (s.good, noticed, first.id, True, "")
    yield StateError, "objected to by keys:assessor", COLLEGE, agree, (s.good, noticed)
    yield None, "", OPERATOR, answer_objection, (s.good, noticed, second.id, True, "not the learner's")
    yield StateError, "rejected", HIGH, answer_objection, (s.good, noticed, second.id, True, "")


PANEL = """steps = [
  { by = ["operator", "college"], does = "认定", panel = "认定小组", notice = "5 days", within = "30 days" },
  { by = "academic-affairs", does = "公布" },
]"""


def _noticed(s: Stage) -> ApplicationId:
    """Apply under a book whose first step a panel takes, after five days of public notice."""
    w = s.world
    text = shipped_book("x-certificate-conversion").replace('"x-certificate-conversion"', '"noticed"')
    start = text.index("steps = [")
    book = w.bank.publish(w.request(OPERATOR), text[:start] + PANEL + text[text.index("]", start) + 1 :])
    asked = w.application(s.good, [w.item("1", s.source, w.course("c1"))], book)
    asked = attrs.evolve(asked, parties=(*asked.parties, ("operator", OPERATOR)))
    event = w.record(COLLEGE, convert, s.good, asked).event
    assert isinstance(event, Applied)
    return event.id


def on_offer_transfer(s: Stage) -> Iterator[Rung]:
    w = s.world
    high = w.enrol(s.good, HIGH)
    ended = w.enrol(s.good, HIGH, "other")
    w.record(HIGH, end_enrolment, s.good, ended, w.clock.day, "left")
    good = w.offer(s.good)
    bad = attrs.evolve(
        w.offer(s.good, test_passed=False),
        enrolment=EnrolmentId("none"),
        starts_on=w.clock.day - timedelta(days=1),
        to=STRANGER,
        book=Digest("00" * 32),
        seats=StreamId("seats:high-school.other"),
    )
    for error, words, account in s.closed(full=True):
        yield error, words, STRANGER, offer_transfer, (account, bad)
    yield UnknownError, "no enrolment", STRANGER, offer_transfer, (s.good, bad)
    bad = attrs.evolve(bad, enrolment=ended)
    yield NotPermittedError, "only keys:high-school", COLLEGE, offer_transfer, (s.good, bad)
    yield StateError, "not in force", HIGH, offer_transfer, (s.good, bad)
    bad = attrs.evolve(bad, enrolment=high)
    yield StateError, "in the past", HIGH, offer_transfer, (s.good, bad)
    offered = w.offered(s.good)
    bad = attrs.evolve(bad, starts_on=w.clock.day)
    yield AlreadyError, offered, HIGH, offer_transfer, (s.good, bad)
    w.record(VOCATIONAL, decline_transfer, s.good, offered, "full")
    yield UnknownError, "stranger", HIGH, offer_transfer, (s.good, bad)
    yield NotPermittedError, "'school'", HIGH, offer_transfer, (s.good, attrs.evolve(bad, to=ASSESSOR))
    bad = attrs.evolve(bad, to=VOCATIONAL)
    yield UnknownError, "digest", HIGH, offer_transfer, (s.good, bad)
    gone = w.bank.publish(w.request(OPERATOR), _late_book(date(2020, 1, 1)))
    w.record(OPERATOR, withdraw_book, "late", gone, "old")
    yield BookNotInForceError, "withdrawn", HIGH, offer_transfer, (s.good, attrs.evolve(bad, book=gone))
    bad = attrs.evolve(bad, book=w.transfers)
    yield NotPermittedError, "places of", HIGH, offer_transfer, (s.good, bad)
    bad = attrs.evolve(bad, seats=w.seats)
    yield DecisionRefusedError, "test", HIGH, offer_transfer, (s.good, bad)
    yield None, "", HIGH, offer_transfer, (s.good, good)


def on_accept_transfer(s: Stage) -> Iterator[Rung]:
    w = s.world
    for error, words, account in s.closed(full=True):
        yield error, words, STRANGER, accept_transfer, (account, TransferId("none"))
    yield UnknownError, "no transfer", STRANGER, accept_transfer, (s.good, TransferId("none"))
    w.enrol(s.good, HIGH)
    offered = w.offered(s.good)
    w.record(VOCATIONAL, set_seats, w.seats, 0)
    yield NotPermittedError, "offered to", HIGH, accept_transfer, (s.good, offered)
    yield StateError, "all 0 taken", VOCATIONAL, accept_transfer, (s.good, offered)
    w.record(VOCATIONAL, set_seats, w.seats, 1)
    yield None, "", VOCATIONAL, accept_transfer, (s.good, offered)
    yield NotPermittedError, "offered to", HIGH, accept_transfer, (s.good, offered)
    yield StateError, "accepted", VOCATIONAL, accept_transfer, (s.good, offered)


def on_decline_transfer(s: Stage) -> Iterator[Rung]:
    for error, words, account in s.closed(full=False):
        yield error, words, STRANGER, decline_transfer, (account, TransferId("none"), "no")
    yield UnknownError, "no transfer", STRANGER, decline_transfer, (s.good, TransferId("none"), "no")
    s.world.enrol(s.good, HIGH)
    offered = s.world.offered(s.good)
    yield NotPermittedError, "offered to", HIGH, decline_transfer, (s.good, offered, "no")
    yield None, "", VOCATIONAL, decline_transfer, (s.good, offered, "no")
    yield NotPermittedError, "offered to", HIGH, decline_transfer, (s.good, offered, "no")
    yield StateError, "declined", VOCATIONAL, decline_transfer, (s.good, offered, "no")


def _late_book(since: date) -> str:
    text = shipped_book("x-certificate-conversion").replace("since = 2022-01-01", f"since = {since}")
    return text.replace('"x-certificate-conversion"', '"late"').replace('"2022-1"', f'"{since}"')


def _publish_text(known: Known, request: Request, text: str) -> Iterator[Event]:
    """Publish a book whose document nobody kept: what is refused needs none."""
    book = read_book(text, name="book")
    digest = Digest(book_digest(book_bytes(book)))
    with_it = Known.of((), {digest: book})
    with_it.institution, with_it.shelf = known.institution, known.shelf  # type: ignore[method-assign] # all but the document
    return publish(with_it, request, digest, 9)


LADDERS = [value for name, value in sorted(globals().items()) if name.startswith("on_")]


@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.__name__)
def test_refusals_come_in_the_documented_order(ladder: Callable[[Stage], Iterator[Rung]], monkeypatch: Any) -> None:
    stage = _stage()
    monkeypatch.setattr("creditbank.domain.decide.account.ENTRIES_MAX", FULL)
    bank, refused = stage.world.bank, 0
    for error, words, by, verb, args in ladder(stage):
        before = list(bank.store.rows(0, bank.store.size()))
        request = stage.world.request(by)
        if error is None:
            assert bank.record(request, verb, *args).position == len(before)
            continue
        with pytest.raises(error, match=words) as raised:
            bank.record(request, verb, *args)
        assert type(raised.value) is error
        assert list(bank.store.rows(0, bank.store.size())) == before
        refused += 1
    assert refused
    assert bank.verify().ok


def test_every_verb_has_a_ladder() -> None:
    from creditbank.domain.decide import account, convert as conversion, keys, objection, transfer

    helpers = {
        "ENTRIES_MAX", "Waiting", "deadline", "enrolment_on", "noticed_until", "pending", "roomy", "transfer_case", "waiting",
    }  # fmt: skip
    verbs = {name for module in (account, conversion, keys, objection, transfer) for name in module.__all__} - helpers
    assert verbs <= {ladder.__name__.removeprefix("on_") for ladder in LADDERS}


def test_nothing_but_founding_is_let_into_an_empty_bank() -> None:
    world = World.empty()
    key = str(PublicKey.of(signer_of(OPERATOR)))
    with pytest.raises(MalformedError, match="roles"):
        world.record(OPERATOR, found, Profile("x", "operator", ("operator",), ""), key, ORIGIN, ZONE)
    for verb, args in (
        (publish_system, (BANK_CREDIT,)),
        (lapse, (NOWHERE, ApplicationId("none"))),
        (agree, (NOWHERE, ApplicationId("none"))),
        (set_seats, (world.seats, 1)),
    ):
        with pytest.raises(UnknownError):
            world.bank.record(world.request(OPERATOR), verb, *args)
    assert world.bank.store.size() == 0
    assert world.found().position == 0


def test_the_shell_refuses_before_the_verb_does() -> None:
    """RollbackError aside: a known key, the day of the request, the verb, then the signature, in this order."""
    world = World.founded()
    account = world.learner(1)
    request, outcome = world.request(ASSESSOR, "k"), world.certificate()
    world.bank.record(request, deposit, account, outcome)
    size = world.bank.store.size()
    other = attrs.evolve(outcome, title="另一")
    with pytest.raises(Exception, match="belongs to another request"):
        world.bank.record(attrs.evolve(request, on=date(2000, 1, 1)), deposit, NOWHERE, other)
    with pytest.raises(StateError, match="not within a day"):
        world.bank.record(Request(STRANGER, "k2", date(2000, 1, 1)), deposit, NOWHERE, other)
    with pytest.raises(UnknownError):
        world.bank.record(Request(STRANGER, "k2", world.clock.day), deposit, NOWHERE, other)
    world.register(STRANGER, Profile("某机构", "assessor", ("issuer",), ""))
    with pytest.raises(NotPermittedError, match="signed for here"):
        world.bank.record(
            Request(STRANGER, "k2", world.clock.day), deposit, account, attrs.evolve(other, issuer=STRANGER)
        )
    assert world.bank.store.size() == size + 1
