"""Floors of awards elsewhere, through a bank: half of one's own in India's redemption, and a Korean associate degree."""

from collections.abc import Sequence
from datetime import date

import attrs
import pytest

import creditbank as cb
from creditbank.domain.application import ALL_SOURCES, Fact
from creditbank.domain.credit import parse_number
from creditbank.domain.event import Applied
from creditbank.domain.name import InstitutionId
from creditbank.testing.world import COLLEGE, HIGH, OPERATOR, VOCATIONAL, World, shipped_book

Lot = tuple[InstitutionId, date, str, str]
Facts = Sequence[tuple[str, Fact]]


def awarded(
    book: str,
    system: str,
    lots: Sequence[Lot],
    target: tuple[str, str],
    about: Facts = (),
    dates: Facts = (),
    *,
    enrolment: tuple[InstitutionId, str] | None = None,
) -> tuple[cb.ItemResult, str]:
    """
    Deposit *lots* (issuer, day, credits, category) and ask the award *target* (code, credits) for all of them.

    Return the result, and what is held afterwards. *about* says of every source, or of the target, what deposits cannot;
    *enrolment* the school and the kind of programme, where it is not the college's.
    """
    world = World.founded()
    credit = cb.CreditSystem(system, parse_number("0.5"), system, None)
    world.record(OPERATOR, cb.publish_system, credit)
    world.bank.publish(world.request(OPERATOR), shipped_book(book))
    account = world.open(1)
    school, kind = enrolment or (COLLEGE, "college-3")
    plain = world.enrolment(school)
    entered = world.record(
        school, cb.enrol, account, attrs.evolve(plain, programme=attrs.evolve(plain.programme, kind=kind))
    ).event
    for number, (issuer, day, amount, category) in enumerate(lots):
        code, worth = f"c{number}", credit.credit(amount)
        course = cb.CourseResult(
            title=code, issuer=issuer, achieved_on=day, credits=worth, code=code, category=(category,)
        )
        world.deposit(account, course)
    qualification = cb.Course(target[0], target[0], (), False, credit.credit(target[1]), "qualification")
    item = cb.Item("1", ALL_SOURCES, (qualification,), facts=tuple(sorted(about)))
    asked = cb.Application(book, "award", entered.id, (item,), (), tuple(sorted(dates)))
    event = world.record(school, cb.convert, account, asked).event
    assert isinstance(event, Applied)
    assert world.bank.verify().ok
    return event.decision.result("1"), credit.text(cb.balance(world.bank.known(), account)[system])


@pytest.mark.parametrize(
    ("own", "other", "refused", "left"),
    [
        ("20.5", "19.5", None, "0"),
        ("20", "20", None, "0"),
        ("19.5", "20.5", "floor.own-half", "40"),
        ("20", "19.5", "floor.total", "39.5"),
    ],
)
def test_india_half_is_ones_own(own: str, other: str, refused: str | None, left: str) -> None:
    day = date(2025, 6, 30)
    lots = [(COLLEGE, day, own, "course"), (HIGH, day, other, "course")]
    result, held = awarded("india-abc-redemption", "ncrf", lots, ("certificate", "40"))
    assert (result.refused, held) == (refused, left)


@pytest.mark.parametrize(
    ("major", "general", "elective", "refused"),
    [
        ("23", "15", "20", None),
        ("22.5", "15", "20.5", "floor.major"),
        ("23", "14.5", "20.5", "floor.general"),
        ("23", "15", "19.5", "floor.total"),
    ],
)
def test_korea_an_associate_degree_of_two_years(major: str, general: str, elective: str, refused: str | None) -> None:
    """There are 22 credits of the major besides *major*; within 24 credits a term and 42 a year, of two institutions."""
    days = (date(2022, 6, 30), date(2023, 6, 30), date(2023, 12, 20), date(2024, 6, 30))
    kinds = ("전공", "전공", "교양", "일반선택")
    issuers = (HIGH, VOCATIONAL, HIGH, VOCATIONAL)
    lots = list(zip(issuers, days, ("22", major, general, elective), kinds, strict=True))
    about = (("source.origin", "평가인정"), ("target.required_courses", 0), ("target.required_credits", 0))
    dates = (("application.confers_on", "2026-08-20"), ("application.required_by", "credits"))
    result, _ = awarded("korea-acbs-associate", "kr-acbs", lots, ("associate-2", "80"), about, dates)
    assert (result.refused, [one.code for one in result.declined_lines]) == (refused, [])


@pytest.mark.parametrize(
    ("kind", "own", "partner", "refused"),
    [
        ("vocational-3", "101", "69", "floor.residency"),
        ("vocational-3", "102", "68", None),
        ("vocational-3", "102", "67.5", "floor.total"),
        ("3+2", "200", "69", "floor.total"),
        ("3+2", "200", "70", None),
    ],
)
def test_a10_graduation_from_a_vocational_school_in_shandong(
    kind: str, own: str, partner: str, refused: str | None
) -> None:
    day = date(2025, 6, 30)
    lots = [(VOCATIONAL, day, own, "course"), (HIGH, day, partner, "course")]
    result, _ = awarded(
        "shandong-credit-system",
        "cn-secondary-vocational",
        lots,
        ("diploma", "170"),
        (("pair.agreement", True),),
        enrolment=(VOCATIONAL, kind),
    )
    assert result.refused == refused


@pytest.mark.parametrize(
    ("courses", "practice", "refused"),
    [("165", "5", None), ("166", "4", "floor.practice"), ("164.5", "5", "floor.total")],
)
def test_a10_social_practice_in_anhui(courses: str, practice: str, refused: str | None) -> None:
    lots = [(VOCATIONAL, date(2025, 6, 30), courses, "course"), (VOCATIONAL, date(2025, 6, 30), practice, "社会实践")]
    about = (("learner.normal_end", "2020-06-30"),)
    result, _ = awarded(
        "anhui-credit-system",
        "cn-secondary-vocational",
        lots,
        ("diploma", "170"),
        (),
        about,
        enrolment=(VOCATIONAL, "vocational-3"),
    )
    assert result.refused == refused
