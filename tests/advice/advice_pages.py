"""Accounts to be advised: with nothing, with one certificate, with sixty outcomes under three books, with everything met."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

import attrs

import creditbank as cb
from creditbank.bank.books import shelved
from creditbank.codec.programme import read_programme
from creditbank.domain.name import Digest
from creditbank.planner.advised import planned
from creditbank.planner.degree import degree_audit
from creditbank.rulebooks import read
from creditbank.testing.town import COLLEGE_CREDIT, Town, small_town

BOOKS = ("adult-education-credits", "gdpt-continuing-education")
"""Published beside the town's own, which is about X certificates."""

MANY = 60

LONG = "人工智能辅助下的数字影像采集、处理与跨平台发布综合实训(校企合作订单班·第二学期)Integrated-Practice-In-Digital-Imaging"


def pages() -> dict[str, str]:
    """Return each page by what it is of."""
    advice = {"nothing": nothing(), "one": one(), "pending": pending(), "many": many(), "complete": complete()}
    return advice | {f"explain-{language}": explained(language) for language in ("zh", "en")}


def nothing() -> str:
    return _page(small_town(), None)


def one() -> str:
    town = town_of(COURSES[:4])
    deposit(town, town.certificate("中级", "10"))
    deposit(town, town.certificate("初级", "1.5"))
    return _page(town, programme("20"))


def pending() -> str:
    town = town_of(COURSES[:4])
    deposit(town, town.certificate("中级", "10"))
    (lot,) = town.bank.known().account(town.learner).outcomes
    application = town.application(lot, {"广告创意": "4"})
    town.bank.record(town.request(town.college), cb.convert, town.learner, application)
    return _page(town, None)


def complete() -> str:
    town = town_of(COURSES[:4])
    deposit(town, town.certificate("中级", "10"))
    (lot,) = town.bank.known().account(town.learner).outcomes
    application = town.application(lot, {"b": "8"})
    applied = town.bank.record(town.request(town.college), cb.convert, town.learner, application).event
    for _ in application.parties:
        town.bank.record(town.request(town.college), cb.agree, town.learner, applied.id)
    deposit(town, town.certificate("高级", "2"))
    return _page(town, programme("8"))


def many() -> str:
    town = town_of(COURSES)
    for name in BOOKS:
        town.bank.publish(town.request(town.college), read(name))
    today = town.bank.today()
    for number in range(MANY):
        deposit(town, _outcome(town, number, today))
    return _page(town, programme("200"), (town.book,))


def explained(language: Literal["zh", "en"]) -> str:
    """Return a decision, explained: four courses for one certificate, of which one is granted."""
    town = town_of(COURSES[:4])
    deposit(town, town.certificate("中级", "10"))
    known, today = town.bank.known(), town.bank.today()
    (lot,) = known.account(town.learner).outcomes
    application = town.application(lot, {name: credits for _, name, _, credits in COURSES[:4]})
    case = cb.case_of(known, town.learner, application, today)
    book = known.book(town.book)
    rows = cb.workings(book, case)
    return cb.explain(cb.decide(book, case), rows, language=language, format="html", case=case)


def _outcome(town: Town, number: int, today: date) -> cb.Outcome:
    title = LONG if number % 7 == 0 else f"课程与证书之{number + 1}"
    earned = today - timedelta(days=30 * number)
    if number % 3 == 0:
        made = town.certificate(("初级", "中级", "高级")[number % 9 // 3], str(2 + number % 8), achieved_on=earned)
        return attrs.evolve(made, title=title)
    if number % 3 == 1:
        return cb.CourseResult(
            title=title,
            issuer=town.college,
            achieved_on=earned,
            credits=COLLEGE_CREDIT.credit(str(1 + number % 4)),
            code=f"K{number}",
            grade=str(60 + number % 40),
            category=("专业核心",),
        )
    return cb.ContestAward(
        title=title, issuer=town.assessor, achieved_on=earned, tier="province", prize=1 + number % 3, team=False
    )


COURSES = (
    ("a", "广告创意", "专业核心", "4"),
    ("b", "平面广告", "专业核心", "8"),
    ("c", "摄影", "专业基础", "4"),
    ("d", LONG, "专业基础", "1.5"),
    *((f"n{number}", f"专业选修之{number}", "专业核心", str(2 + number % 3)) for number in range(16)),
)

_PROGRAMME = """
programme = "550101"
version = "2024"
title = "艺术设计"
since = 2020-09-01
system = "cn-college"
basis = { d = { title = "培养方案" } }
levels = { x = ["初级", "中级", "高级"] }
fields = { "source.level" = "level:x" }

[[requirement]]
id = "all"
name = { zh = "总学分", en = "credits in all" }
basis = "d:1"
credits = NEED

[[requirement]]
id = "level"
name = { zh = "中级证书", en = "an intermediate certificate" }
basis = "d:2"
count = 1
shares = true
from = { "source.class" = "x-certificate", "source.level" = { at_least = "中级" } }
"""


def programme(credits: str) -> cb.DegreeProgramme:
    return read_programme(_PROGRAMME.replace("NEED", credits), name="art.toml")


def town_of(courses: tuple[tuple[str, str, str, str], ...]) -> Town:
    town = small_town()
    rows = tuple(
        cb.CurriculumCourse(
            code, name, "compulsory", (category,), None, Fraction(credits), cb.Hours(None, ()), (), None, None, ()
        )
        for code, name, category, credits in courses
    )
    since, source = date(2024, 9, 1), "https://college.example.org/2024"
    made = cb.Curriculum(town.college, "550101", "2024", "艺术设计", "专科", "cn-college", since, rows, (), (), source)
    town.bank.publish(town.request(town.college), made)
    return town


def deposit(town: Town, outcome: cb.Outcome) -> None:
    by = outcome.issuer
    town.bank.record(town.request(by), cb.deposit, town.learner, outcome)


def _page(town: Town, wanted: cb.DegreeProgramme | None, planned_by: tuple[Digest, ...] = ()) -> str:
    known, today = town.bank.known(), town.bank.today()
    advice = cb.advise(known, town.learner, shelved(known, town.bank.store), today)
    if wanted is None:
        return cb.advice_page(advice, None)
    books = planned_by or shelved(known, town.bank.store)
    plan = planned(known, cb.plan(known, town.learner, wanted, books, today))
    return cb.advice_page(advice, degree_audit(known, town.learner, wanted, today), plan)
