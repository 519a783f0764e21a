"""
A story: requests put one after another to their verbs, over nothing but events; no store, no keys, no clock.

It begins with the bank of :class:`creditbank.testing.world.World`, founded, with two learners enrolled. Every step draws what it
needs; what a verb refuses leaves no trace, as in a bank.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from functools import cache
from typing import Final, ParamSpec, TypeVar, cast

import attrs
import hypothesis.strategies as st

from creditbank.bank.loader import open_row
from creditbank.codec.curriculum import curriculum_bytes, curriculum_digest
from creditbank.domain.account import Account, HeldEnrolment, HeldOutcome
from creditbank.domain.application import Application, Item, TransferOffer
from creditbank.domain.credit import CreditSystem
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
from creditbank.domain.decide.catalogue import publish_curriculum
from creditbank.domain.decide.convert import agree, convert, deadline, lapse, reject, waiting, withdraw
from creditbank.domain.decide.keys import (
    add_key,
    publish,
    publish_system,
    restore_key,
    retire_key,
    revoke_key,
    set_seats,
    withdraw_book,
)
from creditbank.domain.decide.objection import answer_objection, object_to
from creditbank.domain.decide.transfer import accept_transfer, decline_transfer, offer_transfer
from creditbank.domain.event import AccountOpened
from creditbank.domain.level import Level
from creditbank.domain.name import Claim, Digest, InstitutionId, Token, account_id, seats_stream
from creditbank.domain.outcome import SkillCertificate
from creditbank.domain.programme import Course, Enrolment, Programme
from creditbank.errors import RefusedError
from creditbank.ledger import PublicKey, possession_message
from creditbank.testing.strategies.nouns import CATEGORIES, curricula, outcomes
from creditbank.testing.strategies.rules import FREE, NOTICED, book_of_text, shipped_book
from creditbank.testing.strategies.telling import Said, Teller, hexed
from creditbank.testing.strategies.values import credit_systems, credits, titles
from creditbank.testing.world import (
    ACADEMIC,
    ASSESSOR,
    BANK_CREDIT,
    COLLEGE,
    COLLEGE_CREDIT,
    HIGH,
    OPERATOR,
    ORIGIN,
    VOCATIONAL,
    World,
    signer_of,
)

__all__ = ["ISSUERS", "SYSTEMS_USED", "Said", "Story", "application_for", "beginning"]

P = ParamSpec("P")
T = TypeVar("T")

ISSUERS: Final = (ASSESSOR, COLLEGE, HIGH, ACADEMIC)
"""Who deposits outcomes in a story."""

SYSTEMS_USED: Final = (COLLEGE_CREDIT, BANK_CREDIT)
"""The credit systems that a story's outcomes bear."""

ACCOUNTS_MAX: Final = 3

_PARTIES: Final = (("academic-affairs", ACADEMIC), ("college", COLLEGE))
_SEATS: Final = seats_stream(VOCATIONAL, "cook-2026")
_X: Final = shipped_book("x-certificate-conversion")
_FREE: Final = book_of_text(FREE)
_NOTICED: Final = book_of_text(NOTICED)
_TRANSFERS: Final = shipped_book("shandong-transfer")
_PAST: Final = timedelta(days=365)


@attrs.define
class Story(Teller):
    """What was said so far, and the steps by which it goes on."""

    @classmethod
    def begin(cls, draw: st.DrawFn) -> "Story":
        """Begin with a founded bank, three books, and two learners."""
        told = beginning()
        worth = credits(COLLEGE_CREDIT, min_quanta=1, max_quanta=16)
        courses = tuple(Course(f"c{n}", f"课程{n}", (name,), True, draw(worth)) for n, name in enumerate(CATEGORIES, 1))
        return attrs.evolve(told, draw=draw, said=[*told.said], documents={**told.documents}, courses=courses)

    def step(self, name: str) -> None:
        """Take the step called *name*; what it may not do, or has nothing to do with, it leaves."""
        with suppress(RefusedError):
            STEPS[name](self)

    # --- learners and outcomes ----------------------------------------------------------------------------------------

    def open(self) -> None:
        """Open an account and enrol the learner, at the college and at the high school."""
        opened = sum(isinstance(event, AccountOpened) for event in self.events)
        if opened == ACCOUNTS_MAX:
            return
        account, person = account_id(f"account:{hexed(-1 - opened)}"), Claim("person", Token(hexed(-1 - opened) * 2))
        self.tell(COLLEGE, open_account, account, person)
        college = Programme("510202", "计算机应用技术", "college-3", 36, COLLEGE_CREDIT.credit(120))
        high = Programme("general", "普通高中", "general", 36)
        self.tell(COLLEGE, enrol, account, Enrolment(COLLEGE, college, "2025级", self.day - _PAST))
        self.tell(HIGH, enrol, account, Enrolment(HIGH, high, "高一", self.day - _PAST))

    def end(self) -> None:
        """End an enrolment."""
        found = self.enrolment_that(lambda held: held.until is None)
        if found is not None:
            account, held = found
            reason = self.draw(titles())
            self.tell(held.enrolment.school, end_enrolment, account.id, held.id, self.day, reason)

    def deposit(self) -> None:
        """Deposit an outcome of any kind."""
        account = self.one(self.concerned())
        if account is not None:
            issuer, system = self.draw(st.sampled_from(ISSUERS)), self.draw(st.sampled_from(SYSTEMS_USED))
            self.tell(issuer, deposit, account.id, self.draw(outcomes(issuer=issuer, system=system, until=self.day)))

    def certificate(self) -> None:
        """Deposit an X certificate that is good for any of the courses."""
        account = self.one(self.concerned())
        if account is not None:
            worth = self.draw(credits(BANK_CREDIT, min_quanta=20, max_quanta=40))
            level = Level("x", self.draw(st.sampled_from(("中级", "高级"))))
            outcome = SkillCertificate(
                title=self.draw(titles()),
                issuer=ASSESSOR,
                achieved_on=self.day,
                credits=worth,
                level=level,
                category="软件",
            )
            self.tell(ASSESSOR, deposit, account.id, outcome)

    def revoke(self) -> None:
        """Revoke an outcome, one that was used if there is any."""
        held = [(a, o) for a in self.concerned() for o in a.outcomes.values() if not o.revoked]
        used = [(account, outcome) for account, outcome in held if account.uses(outcome.id)]
        found: tuple[Account, HeldOutcome] | None = self.one(used or held)
        if found is not None:
            account, outcome = found
            self.tell(outcome.outcome.issuer, revoke, account.id, outcome.id, self.draw(titles()))

    def correct(self) -> None:
        """Correct the title of an outcome, of one that was used if there is any."""
        held = [(a, o) for a in self.concerned() for o in a.outcomes.values() if not o.revoked]
        used = [(account, outcome) for account, outcome in held if account.uses(outcome.id)]
        found: tuple[Account, HeldOutcome] | None = self.one(used or held)
        if found is not None:
            account, wrong = found
            right = attrs.evolve(wrong.outcome, title=f"更正{wrong.entry}", number=None)
            self.tell(right.issuer, correct, account.id, wrong.id, right, self.draw(titles()))

    # --- conversion ---------------------------------------------------------------------------------------------------

    def apply(self) -> None:
        """Apply for courses with whatever the account holds, under one of the books."""
        account = self.one([each for each in self.concerned() if each.outcomes])
        if account is not None:
            application = application_for(self.draw, account, self.courses, self.day)
            if application is not None:
                self.tell(COLLEGE, convert, account.id, application)

    def convert(self) -> None:
        """Apply with the newest X certificate for the core course, under the book about such certificates."""
        self._convert(_X[0])

    def noticed(self) -> None:
        """Apply so too, under a book on whose only step a panel sits, after a day of public notice."""
        if _NOTICED[0] not in self.documents:
            self.documents[_NOTICED[0]] = _NOTICED[1]
            self.tell(COLLEGE, publish, _NOTICED[0], len(NOTICED))
        self._convert(_NOTICED[0])

    def _convert(self, book: Digest) -> None:
        for account in self.concerned():
            held = [o.id for o in account.outcomes.values() if o.outcome.issuer == ASSESSOR and not o.revoked]
            school = _at(account, COLLEGE, self.day)
            if held and school is not None:
                item = Item("1", (held[-1],), (self.courses[1],))
                self.tell(COLLEGE, convert, account.id, Application(book, "convert", school.id, (item,), _PARTIES))

    def agree(self) -> None:
        """Agree to the next step of an application."""
        found = self.pending()
        if found is not None:
            account, state = found
            self.tell(self.waits_for(state), agree, account.id, state.id)

    def reject(self) -> None:
        """Reject an application."""
        found = self.pending()
        if found is not None:
            account, state = found
            self.tell(self.waits_for(state), reject, account.id, state.id, self.draw(titles()))

    def withdraw(self) -> None:
        """Take an application back."""
        found = self.pending()
        if found is not None:
            account, state = found
            self.tell(COLLEGE, withdraw, account.id, state.id, self.draw(titles()))

    def object(self) -> None:
        """Object to an application in public notice."""
        open_to = [
            (account, state)
            for account, state in self.pendings()
            if waiting(state, self.known.book(state.book)).step.notice is not None
        ]
        found = self.one(open_to)
        if found is not None:
            account, state = found
            by = self.draw(st.sampled_from((HIGH, VOCATIONAL, ASSESSOR)))
            self.tell(by, object_to, account.id, state.id, self.draw(titles()))

    def answer(self) -> None:
        """Answer an objection, either way."""
        found = self.one([(a, s, o) for a, s in self.pendings() for o in s.objections if o.upheld is None])
        if found is not None:
            account, state, objection = found
            by, upheld = waiting(state, self.known.book(state.book)).by, self.draw(st.booleans())
            self.tell(by, answer_objection, account.id, state.id, objection.id, upheld, self.draw(titles()))

    def lapse(self) -> None:
        """Wait until an application's time is over, and say so."""
        found = self.pending()
        if found is not None:
            account, state = found
            step = waiting(state, self.known.book(state.book)).step
            last = deadline(state, step)
            if last is not None:
                self.day = max(self.day, last + timedelta(days=1))
                self.tell(OPERATOR, lapse, account.id, state.id)

    def wait(self) -> None:
        """Let some days pass."""
        self.day += timedelta(days=self.draw(st.integers(1, 40)))

    # --- transfers ----------------------------------------------------------------------------------------------------

    def offer(self) -> None:
        """Offer a pupil of the high school to the vocational school, so that the book allows it."""
        found = self.enrolment_that(lambda held: held.until is None and held.enrolment.school == HIGH)
        if found is not None:
            account, held = found
            facts = (
                ("application.remaining_years", self.draw(st.sampled_from(("1.5", "2", "2.5")))),
                ("application.test_passed", True),
                ("application.window", self.draw(st.sampled_from(("高一S1", "高一S2", "高二S1")))),
            )
            programme = Programme("740201", "中餐烹饪", "vocational-3", 36)
            starts_on = self.day + timedelta(days=self.draw(st.integers(0, 60)))
            offer = TransferOffer(_TRANSFERS[0], held.id, VOCATIONAL, programme, "二年级", _SEATS, starts_on, facts)
            self.tell(HIGH, offer_transfer, account.id, offer)

    def accept(self) -> None:
        """Take a pupil who is offered."""
        found = self.offered()
        if found is not None:
            self.tell(VOCATIONAL, accept_transfer, found[0].id, found[1].id)

    def decline(self) -> None:
        """Do not take a pupil who is offered."""
        found = self.offered()
        if found is not None:
            self.tell(VOCATIONAL, decline_transfer, found[0].id, found[1].id, self.draw(titles()))

    # --- institutions -------------------------------------------------------------------------------------------------

    def add_key(self) -> None:
        """Let the assessor take a further key, with the signatures that a bank would check."""
        key, own, endorsed = self._next_key()
        self.tell(ASSESSOR, add_key, key, own, OPERATOR, endorsed)

    def restore_key(self) -> None:
        """Revoke every key of the assessor, and let the operator give it a new one."""
        for key in self.known.institution(ASSESSOR).signing:
            self.tell(OPERATOR, revoke_key, ASSESSOR, key, len(self.events), self.draw(titles()))
        key, own, _ = self._next_key()
        self.tell(OPERATOR, restore_key, ASSESSOR, key, own)

    def _next_key(self) -> tuple[str, str, str]:
        """Return the assessor's next key, its own signature over the possession statement, and the operator's."""
        signer = signer_of(ASSESSOR, len(self.known.institution(ASSESSOR).keys))
        message = possession_message(ORIGIN, ASSESSOR, PublicKey.of(signer))
        own, endorsed = (base64.b64encode(each.sign(message)).decode() for each in (signer, signer_of(OPERATOR)))
        return str(PublicKey.of(signer)), own, endorsed

    def retire_key(self) -> None:
        """Let the assessor retire a key."""
        key = self.one(self.known.institution(ASSESSOR).signing)
        if key is not None:
            self.tell(ASSESSOR, retire_key, key)

    def revoke_key(self) -> None:
        """Say that a key of the assessor was in the wrong hands."""
        key, since = self.one(self.known.institution(ASSESSOR).keys), self.draw(st.integers(0, len(self.events)))
        if key is not None:
            self.tell(OPERATOR, revoke_key, ASSESSOR, key.key, since, self.draw(titles()))

    def system(self) -> None:
        """Publish a credit system."""
        self.tell(OPERATOR, publish_system, self.draw(credit_systems()))

    def curriculum(self) -> None:
        """Publish a curriculum of the college."""
        system: CreditSystem = self.draw(st.sampled_from(SYSTEMS_USED))
        document = self.draw(curricula(COLLEGE, system))
        body = curriculum_bytes(document)
        digest = curriculum_digest(body)
        self.documents[digest] = document
        self.tell(COLLEGE, publish_curriculum, digest, len(body))

    def seats(self) -> None:
        """Offer more places, or fewer."""
        self.tell(VOCATIONAL, set_seats, _SEATS, self.draw(st.integers(0, 5)))

    def withdraw_book(self) -> None:
        """Withdraw the book about X certificates."""
        self.tell(OPERATOR, withdraw_book, "x-certificate-conversion", _X[0], self.draw(titles()))

    def supersede(self) -> None:
        """Publish a version of the free book that takes over from tomorrow, or from a later day."""
        since = max(version.since for version in self.known.shelf("free").versions)
        day = max(self.day, since) + timedelta(days=self.draw(st.integers(1, 30)))
        text = FREE.replace('version = "1"', f'version = "{day}"').replace("2020-01-01", str(day))
        digest, book = book_of_text(text)
        self.documents[digest] = book
        self.tell(COLLEGE, publish, digest, len(text))

    # --- the end of an account ----------------------------------------------------------------------------------------

    def restrict(self) -> None:
        """Restrict the first account there is; another is always left."""
        first, *others = self.accounts()
        if others:
            self.tell(OPERATOR, restrict, first.id, self.draw(titles()))

    def erase(self) -> None:
        """Erase the first account there is, unless it holds a diploma; another is always left."""
        first, *others = self.accounts()
        if others:
            self.tell(OPERATOR, erase, first.id, "PIPL 47(1)(3)", hexed(0) * 2)


@cache
def beginning() -> Story:
    """Return the story that every other goes on from: what a founded world recorded, the free book, and two learners."""
    world = World.founded()
    bank, said = world.bank, []
    for row in bank.store.rows(0, bank.store.size()):
        payload = open_row(bank.store, bank.vault, row)
        # The bank drew a nonce at random; a story is the same whenever it is told.
        said.append(Said(attrs.evolve(payload.request, nonce=hexed(row.position)), (payload.event,)))
    bank.close()
    story = Story(cast(st.DrawFn, _draws_nothing), world.clock.day, said, dict((_X, _FREE, _TRANSFERS)), ())
    story.tell(COLLEGE, publish, _FREE[0], len(FREE))
    story.open()
    story.open()
    return story


def _draws_nothing(strategy: st.SearchStrategy[T], label: object = None) -> T:
    raise AssertionError("every beginning is the same")


def application_for(draw: st.DrawFn, account: Account, courses: Sequence[Course], day: date) -> Application | None:
    """Draw an application with what *account* holds on *day*; None where it holds nothing, or is not at the college."""
    school = _at(account, COLLEGE, day)
    lots = [use.lot for use in account.standing() if use.application.status == "converted"]
    sources = [held.id for held in account.outcomes.values() if not held.revoked]
    if school is None or not sources:
        return None
    # Credit that a decision granted is a source again, but only the free book lets it stand for anything.
    book = draw(st.sampled_from((_X[0], _FREE[0])))
    some = st.lists(st.sampled_from([*sources, *lots]), min_size=1, max_size=2, unique=True).map(tuple)
    rows = draw(st.lists(st.tuples(some, st.sampled_from(courses)), min_size=1, max_size=3))
    items = tuple(Item(str(number), chosen, (course,)) for number, (chosen, course) in enumerate(rows, 1))
    return Application(book, "convert", school.id, items, _PARTIES)


def _at(account: Account, school: InstitutionId, day: date) -> HeldEnrolment | None:
    return next((held for held in account.enrolled_at(day) if held.enrolment.school == school), None)


STEPS: Final[Mapping[str, Callable[[Story], None]]] = {
    step.__name__: step
    for step in (
        *(Story.open, Story.end, Story.deposit, Story.certificate, Story.revoke, Story.correct),
        *(Story.noticed, Story.object, Story.answer, Story.supersede),
        *(Story.apply, Story.convert, Story.agree, Story.reject, Story.withdraw, Story.lapse, Story.wait),
        *(Story.offer, Story.accept, Story.decline),
        *(Story.add_key, Story.restore_key, Story.retire_key, Story.revoke_key),
        *(Story.system, Story.curriculum, Story.seats, Story.withdraw_book),
        *(Story.restrict, Story.erase),
    )
}
"""Every step by its name."""
