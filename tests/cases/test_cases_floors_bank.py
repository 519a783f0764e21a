"""Floors of awards elsewhere, through a bank: half of one's own in India's redemption, and a Korean associate degree."""

from collections.abc import Sequence
from datetime import date

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
    book: str, system: str, lots: Sequence[Lot], target: tuple[str, str], about: Facts = (), dates: Facts = ()
) -> tuple[cb.ItemResult, str]:
    """
    Deposit *lots* (issuer, day, credits, category) and ask the award *target* (code, credits) for all of them.

    Return the result, and what is held afterwards. *about* says of every source, or of the target, what deposits cannot.
    """
    world = World.founded()
    credit = cb.CreditSystem(system, parse_number("0.5"), system, None)
    world.record(OPERATOR, cb.publish_system, credit)
    world.bank.publish(world.request(OPERATOR), shipped_book(book))
    account = world.open(1)
    entered = world.record(COLLEGE, cb.enrol, account, world.enrolment(COLLEGE)).event
    for number, (issuer, day, amount, category) in enumerate(lots):
        code, worth = f"c{number}", credit.credit(amount)
        course = cb.CourseResult(
            title=code, issuer=issuer, achieved_on=day, credits=worth, code=code, category=(category,)
        )
        world.deposit(account, course)
    qualification = cb.Course(target[0], target[0], (), False, credit.credit(target[1]), "qualification")
    item = cb.Item("1", ALL_SOURCES, (qualification,), facts=tuple(sorted(about)))
    asked = cb.Application(book, "award", entered.id, (item,), (), tuple(sorted(dates)))
    event = world.record(COLLEGE, cb.convert, account, asked).event
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
