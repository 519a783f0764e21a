"""
A small service on top of creditbank: the desk of a training assessor (培训评价组织) that issues X certificates.

    python examples/certificate_desk.py

It shows what a downstream service looks like, and is tested with ``creditbank.testing``; docs/howto/test-with-our-strategies.md
walks through those tests. Three things are asked of a desk:

- issue a certificate, whose number is the idempotency key: to issue it twice changes nothing, so a lost answer is simply asked
  for again;
- say what a certificate would be worth in a college's courses, without recording anything;
- refuse in words a clerk can act on.
"""

import sys
from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final, cast

import attrs

import creditbank as cb
from creditbank.domain.credit import number_text
from creditbank.domain.event import OutcomeDeposited
from creditbank.store import Batch, Kept, Store

TRIES_MAX: Final = 3
"""How often the desk asks again after a store failed; the key makes that harmless."""

PARTIES: Final = ("college", "academic-affairs")
"""The roles of the X certificate book's chain; here the college stands for both."""


@attrs.frozen
class Certificate:
    """An X certificate as the desk issues it: *number* is printed on it, *credits* is what the credit bank recognises."""

    number: str
    title: str
    level: str
    credits: cb.Credit
    category: str
    achieved_on: date


@attrs.frozen
class Answer:
    """What one course gives: the credits, exactly; or None, and why not."""

    course: str
    credits: Fraction | None
    reason: str

    def __str__(self) -> str:
        return f"{self.course}: {self.reason if self.credits is None else number_text(self.credits)}"


class NoCollegeError(Exception):
    """There is no college whose courses could be asked about."""


@attrs.frozen
class Desk:
    """The desk of *assessor*, whose key *bank* was opened with; *book* is the rule book it quotes by."""

    bank: cb.Bank
    assessor: cb.InstitutionId
    book: cb.Digest

    def issue(self, learner: cb.AccountId, certificate: Certificate) -> cb.OutcomeId:
        """
        Deposit *certificate* into the learner's account; issued before, it is found.

        Raises, in this order:
            creditbank.KeyReusedError: The number was issued for something else, or to somebody else.
            creditbank.RefusedError: The bank refuses; its message says what to do.
            creditbank.StoreError: The store failed ``TRIES_MAX`` times.
        """
        outcome = cb.SkillCertificate(
            title=certificate.title,
            issuer=self.assessor,
            achieved_on=certificate.achieved_on,
            credits=certificate.credits,
            level=cb.Level("x", certificate.level),
            category=certificate.category,
            number=cb.number_claim(self.bank.vault, self.assessor, certificate.number),
        )
        request = cb.Request(self.assessor, f"x-certificate {certificate.number}", self.bank.today())
        for left in reversed(range(TRIES_MAX)):
            try:
                event = self.bank.record(request, cb.deposit, learner, outcome).event
            except cb.StoreError:
                # Whether it was written is not known; the key tells the bank, whatever happened.
                if not left:
                    raise
            else:
                assert isinstance(event, OutcomeDeposited), "what deposit says first"
                return event.id
        raise AssertionError("the last try returns or raises")

    def worth(
        self, learner: cb.AccountId, certificate: cb.OutcomeId, courses: Sequence[cb.Course]
    ) -> tuple[Answer, ...]:
        """Say what *certificate* is worth in *courses* today; records nothing. Raises as :func:`worth` does."""
        return worth(self.bank.known(), learner, certificate, courses, self.book, self.bank.today())


def worth(
    known: cb.Known,
    learner: cb.AccountId,
    certificate: cb.OutcomeId,
    courses: Sequence[cb.Course],
    book: cb.Digest,
    today: date,
) -> tuple[Answer, ...]:
    """
    Say what *certificate* is worth in *courses* of the college where the learner is enrolled on the day *today*.

    A function of what is known, so it is tested on any history, without a bank.

    Raises, in this order:
        creditbank.RefusedError: The account cannot be read.
        NoCollegeError: The learner is enrolled at no college.
        creditbank.RefusedError: The book is not in force, or the account has no such certificate.
    """
    enrolments = known.account(learner).enrolled_at(today)
    colleges = [held for held in enrolments if _is_college(known, held.enrolment.school)]
    if not colleges:
        raise NoCollegeError(f"{learner} is enrolled at no college on {today}: let the college enrol the learner first")
    enrolment = colleges[0]
    parties = tuple((role, enrolment.enrolment.school) for role in PARTIES)
    items = tuple(cb.Item(str(number), (certificate,), (course,)) for number, course in enumerate(courses, 1))
    decision = cb.quote(known, learner, cb.Application(book, "convert", enrolment.id, items, parties), today)
    results = zip(courses, decision.results, strict=True)
    return tuple(Answer(course.name, result.granted, result.refused or "") for course, result in results)


def _is_college(known: cb.Known, school: cb.InstitutionId) -> bool:
    profile = known.institution(school).profile
    return profile is not None and profile.kind == "college"


# --- a store of the desk's own ----------------------------------------------------------------------------------------


def logged(store: Store, log: Callable[[str], None]) -> Store:
    """Return *store* with a line in *log* for every batch it keeps; it must do all that a store must: see the contract."""
    return cast(Store, _LoggedStore(store, log))


class _LoggedStore:
    """Hands everything on, and writes down each append: how many entries, at which position; nothing personal."""

    def __init__(self, store: Store, log: Callable[[str], None]) -> None:
        vars(self).update(_store=store, _log=log)

    def append(self, batch: Batch) -> Kept:
        kept: Kept = self._store.append(batch)
        self._log(f"{kept.count} entries at {kept.first}")
        return kept

    def __getattr__(self, name: str) -> Any:
        return getattr(vars(self)["_store"], name)

    def __setattr__(self, name: str, value: object) -> None:
        # Tests of the contract reach into a store to make a write fail; that too is the kept store's business.
        setattr(self._store, name, value)


def main() -> int:
    """Issue one certificate in a town made up for it, twice, and say what it is worth."""
    from creditbank.testing import small_town
    from creditbank.testing.town import COLLEGE_CREDIT, RECOGNISED_CREDIT

    town = small_town()
    desk = Desk(town.bank, town.assessor, town.book)
    today = town.bank.today()
    certificate = Certificate("X-2026-0001", "数字影像处理", "中级", RECOGNISED_CREDIT.credit(10), "艺术设计", today)
    first, again = desk.issue(town.learner, certificate), desk.issue(town.learner, certificate)
    print(f"issued {certificate.number}; asked again: {'the same' if again == first else 'another'}")
    four = COLLEGE_CREDIT.credit(4)
    courses = [
        cb.Course(name, name, ("专业核心",), True, four) for name in ("广告创意与设计", "App原型设计", "平面设计")
    ]
    for answer in desk.worth(town.learner, first, courses):
        print(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
