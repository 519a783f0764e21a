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
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Final

import attrs

import creditbank as cb
from creditbank.domain.credit import number_text

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
                return cb.OutcomeId(self.bank.record(request, cb.deposit, learner, outcome).event.id)
            except cb.StoreError:
                # Whether it was written is not known; the key tells the bank, whatever happened.
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")

    def worth(
        self, learner: cb.AccountId, certificate: cb.OutcomeId, courses: Sequence[cb.Course]
    ) -> tuple[Answer, ...]:
        """
        Say what *certificate* is worth in *courses* of the college where the learner is enrolled today. Records nothing.

        Raises, in this order:
            creditbank.RefusedError: The account cannot be read, or the book is not in force.
            ValueError: The learner is enrolled at no college.
        """
        known, today = self.bank.known(), self.bank.today()
        colleges = [
            held
            for held in known.account(learner).enrolled_at(today)
            if (profile := known.institution(held.enrolment.school).profile) and profile.kind == "college"
        ]
        if not colleges:
            raise ValueError(f"{learner} is enrolled at no college today: ask the school to enrol first")
        enrolment = colleges[0]
        parties = tuple((role, enrolment.enrolment.school) for role in PARTIES)
        items = tuple(cb.Item(str(number), (certificate,), (course,)) for number, course in enumerate(courses, 1))
        application = cb.Application(self.book, "convert", enrolment.id, items, parties)
        decision = cb.quote(known, learner, application, today)
        return tuple(
            Answer(course.name, result.granted, result.refused or "")
            for course, result in zip(courses, decision.results, strict=True)
        )


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
