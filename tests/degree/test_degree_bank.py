"""Audits of accounts: outcomes as they are held, credit as the courses it was granted for, and what is spent counts for nothing."""

from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import attrs
import pytest
from degree_support import course, credits, node, programme

import creditbank as cb
from creditbank.domain.degree.requirement import DegreeProgramme, Take, course_selection
from creditbank.domain.view.record import _courses
from creditbank.testing.town import COLLEGE_CREDIT, Town, small_town


@pytest.fixture(scope="module")
def town() -> Town:
    return small_town()


def asked(town: Town, *parts: object) -> DegreeProgramme:
    """Return a programme of the town's college, in its credit."""
    made = programme(*parts)  # type: ignore[arg-type] # requirements
    head = attrs.evolve(made.head, book="550101", system="cn-college")
    return attrs.evolve(made, head=head, school=town.college)


def own(code: str) -> Take:
    return Take(course_selection(code, cb.institution_id("keys:college")), None, None, 1, code)


def deposited(town: Town, outcome: cb.Outcome) -> str:
    event = town.bank.record(town.request(outcome.issuer), cb.deposit, town.learner, outcome).event
    return str(event.id)  # type: ignore[union-attr] # a deposit


def applied(town: Town, application: cb.Application) -> cb.ApplicationId:
    event = town.bank.record(town.request(town.college), cb.convert, town.learner, application).event
    return event.id  # type: ignore[union-attr] # an application


def result(town: Town, code: str, amount: str = "4", **changed: object) -> cb.CourseResult:
    return cb.CourseResult(
        title=code, issuer=town.college, achieved_on=date(2025, 1, 10), credits=COLLEGE_CREDIT.credit(amount), code=code,
        **changed,  # type: ignore[arg-type] # fields of an outcome
    )  # fmt: skip


def found(town: Town, wanted: DegreeProgramme, on: date | None = None) -> cb.Audit:
    return cb.degree_audit(town.bank.known(), town.learner, wanted, on or town.bank.today())


def test_outcomes_conversions_and_what_becomes_of_them(town: Town) -> None:
    maths = deposited(town, result(town, "MA101", category=("公共基础",)))
    wanted = asked(
        town, node("maths", own("MA101")), node("design", own("平面设计")), node("all4", credits(8), shares=True)
    )
    first = found(town, wanted)
    assert {one.id: [by.holding for by in one.by] for one in first.requirement.parts} == {
        "maths": [maths], "design": [], "all4": [maths],
    }  # fmt: skip
    assert first.requirement.parts[0].by[0].credits == Fraction(4)
    assert first.change is not None
    assert [step.course for step in first.change.steps] == ["平面设计", ""]
    assert first.ends == date(2027, 9, 1)

    # A certificate of the assessor is worth nothing here by itself: it is credit of another system.
    certificate = deposited(town, town.certificate("中级", "10"))
    assert found(town, wanted).requirement.parts[2].have == 4
    application = town.application(certificate, {"平面设计": "4"})
    applied = town.bank.record(town.request(town.college), cb.convert, town.learner, application).event
    pending = found(town, wanted)
    assert pending.requirement.parts[1].standing == "missing", "it is not granted yet"
    assert certificate not in [one.holding for one in pending.unused], "it is reserved"
    for _ in application.parties:
        town.bank.record(town.request(town.college), cb.agree, town.learner, applied.id)  # type: ignore[union-attr] # an application
    done = found(town, wanted)
    assert done.complete
    (by,) = done.requirement.parts[1].by
    assert (by.name, by.credits) == ("平面设计", Fraction(4))
    assert by.holding.startswith(applied.id)  # type: ignore[union-attr] # an application
    assert certificate not in [one.holding for one in done.unused]
    elsewhere = attrs.evolve(wanted, head=attrs.evolve(wanted.head, system="cn-bank"))
    (by,) = found(town, elsewhere).requirement.parts[1].by
    assert by.credits == 0, "of another credit system: a course all the same"
    partly(town, wanted)

    town.bank.record(town.request(town.college), cb.revoke, town.learner, cb.OutcomeId(maths), "a mistake")
    again = found(town, wanted)
    assert [one.standing for one in again.requirement.parts] == ["missing", "met", "missing"]


def partly(town: Town, wanted: DegreeProgramme) -> None:
    """What credit covers in part, and what is still to be examined, is not a whole course."""
    known = town.bank.known()
    (standing,) = known.account(town.learner).standing()
    (whole,) = _courses(known, standing, town.college, wanted)
    assert whole.whole
    for change in ({"make_up": (("平面设计", Fraction(1)),)}, {"mode": "waive-attendance"}):
        result = attrs.evolve(standing.result, **change)
        (part,) = _courses(known, attrs.evolve(standing, result=result), town.college, wanted)
        assert not part.whole


AWARD = """
book = "study-award"
version = "1"
title = "结业证书办法"
since = 2020-01-01
acts = ["award"]
system = "cn-college"
basis = { d = { title = "结业证书办法" } }
clause = [
  { id = "worth", kind = "worth", of = "@source.credits", basis = "d:1" },
  { id = "spend", kind = "policy", debit = "all", basis = "d:2" },
  { id = "steps", kind = "chain", steps = [{ by = "college", does = "核销" }], basis = "d:3" } ]
"""


def test_a_course_whose_credit_an_award_spends_counts_no_more() -> None:
    """Reserved or redeemed, it is gone from the audit; given back, it counts again."""
    town = small_town()
    town.bank.publish(town.request(town.college), AWARD)
    wanted = asked(town, node("design", own("平面设计")), node("drawing", own("素描")))

    def standing() -> list[str]:
        return [one.standing for one in found(town, wanted).requirement.parts]

    def agreed(id: cb.ApplicationId) -> None:
        town.bank.record(town.request(town.college), cb.agree, town.learner, id)

    certificate = deposited(town, town.certificate("中级", "10"))
    exempted = applied(town, town.application(certificate, {"平面设计": "4", "素描": "2"}))
    agreed(exempted)
    agreed(exempted)
    assert standing() == ["met", "met"]
    elsewhere = attrs.evolve(wanted, head=attrs.evolve(wanted.head, book="999999"))
    assert [one.standing for one in found(town, elsewhere).requirement.parts] == ["missing"] * 2, (
        "it was granted for another"
    )
    study = cb.Course("study", "结业证书", (), False, COLLEGE_CREDIT.credit("4"), "qualification")
    item = cb.Item("1", (f"{exempted}.平面设计",), (study,))
    award = cb.Application("study-award", "award", town.enrolment, (item,), (("college", town.college),))
    first = applied(town, award)
    assert standing() == ["missing", "met"], "an award has reserved the one, and not the other"
    town.bank.record(town.request(town.college), cb.reject, town.learner, first, "not yet")
    assert standing() == ["met", "met"]
    agreed(applied(town, award))
    assert standing() == ["missing", "met"], "it is redeemed"
    assert "结业证书" not in [one.name for one in found(town, wanted).unused], "what was awarded is no course"
    assert town.bank.verify().ok


def test_of_several_enrolments_the_last_counts() -> None:
    town = small_town()
    wanted = asked(town, node("x", course("X")))
    first = town.bank.known().account(town.learner).enrolments[town.enrolment].enrolment
    assert found(town, wanted).ends == date(2027, 9, 1)
    ended = (town.learner, town.enrolment, date(2026, 1, 1), "a year off")
    town.bank.record(town.request(town.college), cb.end_enrolment, *ended)
    assert found(town, wanted).ends == date(2027, 9, 1), "the last there was"
    again = attrs.evolve(first, since=date(2026, 9, 1))
    town.bank.record(town.request(town.college), cb.enrol, town.learner, again)
    assert found(town, wanted).ends == date(2029, 9, 1)


def test_who_is_not_enrolled_sees_what_would_be_missing(town: Town) -> None:
    wanted = asked(town, node("x", course("X")))
    other = attrs.evolve(wanted, head=attrs.evolve(wanted.head, book="999999"))
    seen = found(town, other)
    assert seen.ends is None
    assert not seen.complete


def test_an_audit_records_nothing_and_has_its_day(town: Town) -> None:
    size = town.bank.store.size()
    day = town.bank.today() - timedelta(days=1)
    assert found(town, asked(town, node("x", course("X"))), day).on == day
    assert town.bank.store.size() == size


def test_an_account_that_is_not_there_is_refused(town: Town) -> None:
    with pytest.raises(cb.UnknownError):
        cb.degree_audit(
            town.bank.known(),
            cb.account_id("account:" + "a" * 32),
            asked(town, node("x", course("X"))),
            date(2026, 1, 1),
        )


def test_the_documents_fields_find_what_accounts_hold(town: Town) -> None:
    """A certificate of the middle level meets a requirement of one, by its class and level."""
    text = (Path(__file__).parent / "network-2024.toml").read_text(encoding="utf-8")
    wanted = cb.read_programme(text, name="network-2024.toml")
    certificate = deposited(town, town.certificate("高级", "10"))
    seen = found(town, wanted)
    parts = {one.id: one for one in seen.requirement.walk()}
    assert certificate in [by.holding for by in parts["certificate"].by]
    assert parts["bridge"].undecided == (("", "learner.entry"),)
