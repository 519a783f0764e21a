"""
Nouns: institutions' profiles, programmes, courses, enrolments, outcomes, applications, requests, persons, curricula.

Each is valid in itself. What must also fit a bank (a published credit system, an account that holds the source) comes from
:mod:`creditbank.testing.strategies.histories`.
"""

from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from typing import Any, Final, get_args

import hypothesis.strategies as st

from creditbank.domain.application import Application, Item, TransferOffer
from creditbank.domain.credit import CreditSystem, number_text
from creditbank.domain.curriculum import NATURES, Curriculum, CurriculumCourse, Hours, Requirement
from creditbank.domain.level import framework
from creditbank.domain.lot import PLACES, Posting
from creditbank.domain.name import EnrolmentId, InstitutionId, seats_stream
from creditbank.domain.outcome import (
    TIERS,
    ContestAward,
    CourseResult,
    Diploma,
    Outcome,
    SkillCertificate,
    Training,
)
from creditbank.domain.profile import KINDS, ROLES, Profile
from creditbank.domain.programme import Course, Enrolment, Programme
from creditbank.domain.request import Request
from creditbank.testing.strategies.values import (
    DAY_MAX,
    claims,
    credits,
    days,
    digests,
    ids,
    institution_ids,
    levels,
    resident_ids,
    social_credit_codes,
    titles,
    tokens,
)
from creditbank.vault import Person

__all__ = [
    "CATEGORIES",
    "applications",
    "courses",
    "curricula",
    "curriculum_courses",
    "enrolments",
    "hours",
    "items",
    "outcomes",
    "persons",
    "postings",
    "profiles",
    "programmes",
    "requests",
    "requirements",
    "transfer_offers",
]

CATEGORIES: Final = ("专业基础", "专业核心", "公共课")

_KEYS = st.text(st.characters(codec="ascii", exclude_categories=("C", "Z")), min_size=1, max_size=40)
_ITEM_IDS = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="."), min_size=1, max_size=6)
_AMOUNTS = st.fractions(min_value=0, max_value=400, max_denominator=100)
_KINDS: Final[tuple[type[Outcome], ...]] = get_args(Outcome)


def _facts(space: str) -> st.SearchStrategy[tuple[tuple[str, str | bool | int], ...]]:
    names = st.sampled_from(("note", "score", "term", "window")).map(lambda name: f"{space}.{name}")
    values: st.SearchStrategy[str | bool | int] = titles() | st.booleans() | st.integers(0, 1000)
    return st.dictionaries(names, values, max_size=2).map(lambda found: tuple(sorted(found.items())))


# --- schools and what they teach --------------------------------------------------------------------------------------


def profiles() -> st.SearchStrategy[Profile]:
    """Return profiles of institutions, of every kind and with any roles."""
    roles = st.lists(st.sampled_from(ROLES), unique=True, max_size=3).map(tuple)
    regions = st.sampled_from(("", "370305", "370102", "330302"))
    codes = st.none() | social_credit_codes().map(str)
    return st.builds(Profile, titles(), st.sampled_from(KINDS), roles, regions, codes)


def programmes(system: CreditSystem | str | None = None) -> st.SearchStrategy[Programme]:
    """Return programmes (专业); where they count credits, of *system* or of any."""
    kinds = st.sampled_from(("general", "vocational-3", "five-year", "3+4", "college-3"))
    worth = st.none() | credits(system, min_quanta=1, max_quanta=400)
    return st.builds(Programme, titles(), titles(), kinds, st.sampled_from((12, 24, 36, 60)), worth)


def courses(system: CreditSystem | str | None = None) -> st.SearchStrategy[Course]:
    """Return courses (课程), of up to 20 quanta of *system* or of any."""
    categories = st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=2, unique=True).map(tuple)
    return st.builds(
        Course, titles(), titles(), categories, st.booleans(), credits(system, min_quanta=0, max_quanta=20)
    )


def enrolments(
    school: InstitutionId | None = None, system: CreditSystem | str | None = None
) -> st.SearchStrategy[Enrolment]:
    """Return enrolments (学籍) at *school* or at any."""
    schools = institution_ids() if school is None else st.just(school)
    groups = st.sampled_from(("高一", "高二", "一年级", "2025级"))
    return st.builds(Enrolment, schools, programmes(system), groups, days(), _facts("learner"))


@cache
def hours() -> st.SearchStrategy[Hours]:
    """Return hours of study, whose parts may not add up to the total, as in print."""
    parts = st.lists(st.tuples(st.sampled_from(("理论", "实验", "上机")), _AMOUNTS), max_size=3).map(tuple)
    return st.builds(Hours, st.none() | _AMOUNTS, parts)


@cache
def curriculum_courses() -> st.SearchStrategy[CurriculumCourse]:
    """Return rows of a curriculum; any cell may be empty."""
    some = st.none() | titles()
    tags = st.lists(titles(), max_size=2).map(tuple)
    return st.builds(
        CurriculumCourse,
        code=some,
        name=some,
        nature=st.none() | st.sampled_from(NATURES),
        category=tags,
        track=some,
        credits=st.none() | _AMOUNTS,
        hours=hours(),
        terms=tags,
        assessment=some,
        department=some,
        facts=st.lists(st.tuples(titles(), titles()), max_size=2).map(tuple),
    )


@cache
def requirements() -> st.SearchStrategy[Requirement]:
    """Return what curricula ask for in total."""
    return st.builds(Requirement, titles(), st.lists(titles(), max_size=2).map(tuple), _AMOUNTS)


def curricula(
    school: InstitutionId | None = None, system: CreditSystem | str | None = None
) -> st.SearchStrategy[Curriculum]:
    """Return curricula (培养方案) of *school* or of any, in credits of *system* or of any."""
    systems = credits(system).map(lambda credit: credit.system)
    return st.builds(
        Curriculum,
        school=institution_ids() if school is None else st.just(school),
        id=st.sampled_from(("080901", "510202", "nursing.3y")),
        edition=titles(),
        name=titles(),
        level=st.none() | st.sampled_from(("高职", "本科")),
        system=systems,
        since=days(),
        courses=st.lists(curriculum_courses(), max_size=3).map(tuple),
        requirements=st.lists(requirements(), max_size=2).map(tuple),
        facts=st.lists(st.tuples(titles(), titles()), max_size=2).map(tuple),
        source=titles(),
    )


# --- outcomes ---------------------------------------------------------------------------------------------------------


@st.composite
def outcomes(
    draw: st.DrawFn,
    *kinds: type[Outcome],
    issuer: InstitutionId | None = None,
    system: CreditSystem | str | None = None,
    until: date = DAY_MAX - timedelta(days=1),
) -> Outcome:
    """
    Draw a learning outcome (学习成果).

    Args:
        kinds: Of which of the five; by default any.
        issuer: Whose; by default anybody's.
        system: Of which credit system its credits are, where it bears any.
        until: The last day on which it may have been achieved.
    """
    kind = draw(st.sampled_from(kinds or _KINDS))
    achieved_on = draw(days(min(date(2000, 1, 1), until), until))
    common: dict[str, Any] = {
        "title": draw(titles()),
        "issuer": draw(institution_ids()) if issuer is None else issuer,
        "achieved_on": achieved_on,
        "expires_on": draw(st.none() | days(achieved_on + timedelta(days=1), date(2200, 1, 1))),
        "credits": draw(st.none() | credits(system, min_quanta=1, max_quanta=60)),
        "hours": draw(st.integers(1, 999) if kind is Training else st.none() | st.integers(1, 999)),
        "number": draw(st.none() | claims("certificate-number")),
    }
    return kind(**common, **_own(draw, kind))


def _own(draw: st.DrawFn, kind: type[Outcome]) -> dict[str, Any]:
    """Return what only outcomes of *kind* say."""
    if kind is CourseResult:
        grade = draw(st.none() | st.integers(0, 100).map(str) | st.sampled_from(("优", "合格")))
        category = tuple(draw(st.lists(st.sampled_from(CATEGORIES), max_size=2, unique=True)))
        return {"code": draw(titles()), "grade": grade, "category": category}
    if kind is Diploma:
        return {"level": draw(levels()), "major": draw(titles())}
    if kind is SkillCertificate:
        return {"level": draw(levels(framework("x")) | levels(framework("skill-8"))), "category": draw(titles())}
    if kind is ContestAward:
        team = draw(st.booleans())
        position = draw(st.integers(1, 9)) if team else None
        return {
            "tier": draw(st.sampled_from(TIERS)),
            "prize": draw(st.integers(1, 3)),
            "team": team,
            "position": position,
        }
    return {"category": draw(titles())}


# --- what is asked, by whom, about whom -------------------------------------------------------------------------------


def items(system: CreditSystem | str | None = None) -> st.SearchStrategy[Item]:
    """Return lines of an application: one or two sources for up to two courses, whose credits are of one system."""
    systems = credits().map(lambda credit: credit.system) if system is None else st.just(system)
    return systems.flatmap(_items)


def _items(system: CreditSystem | str) -> st.SearchStrategy[Item]:
    return st.builds(
        Item,
        _ITEM_IDS,
        st.lists(ids(), min_size=1, max_size=2, unique=True).map(tuple),
        st.lists(courses(system), max_size=2, unique_by=lambda course: course.id).map(tuple),
        st.none() | st.sampled_from(CATEGORIES),
        st.none() | st.integers(1, 20).map(lambda halves: number_text(Fraction(halves, 2))),
        _facts("item"),
    )


def applications(system: CreditSystem | str | None = None) -> st.SearchStrategy[Application]:
    """Return applications (申请), of no account in particular; :meth:`History.applications` fit an account."""
    roles = st.sampled_from(("college", "academic-affairs", "office"))
    return st.builds(
        Application,
        digests(),
        st.just("convert"),
        ids().map(EnrolmentId),
        st.lists(items(system), min_size=1, max_size=3, unique_by=lambda item: item.id).map(tuple),
        st.dictionaries(roles, institution_ids(), max_size=2).map(lambda found: tuple(found.items())),
        _facts("application"),
    )


@st.composite
def transfer_offers(draw: st.DrawFn) -> TransferOffer:
    """Draw an offer of a transfer (转学), whose places are the receiving school's."""
    to = draw(institution_ids())
    seats = seats_stream(to, draw(st.sampled_from(("cook-2026", "3y.nursing"))))
    programme, group = draw(programmes()), draw(st.sampled_from(("高二", "二年级")))
    facts = draw(_facts("application"))
    return TransferOffer(draw(digests()), EnrolmentId(draw(ids())), to, programme, group, seats, draw(days()), facts)


def requests(by: InstitutionId | None = None, on: date | None = None) -> st.SearchStrategy[Request]:
    """Return requests of *by* on the day *on*, with the nonce that the bank would draw."""
    authors = institution_ids() if by is None else st.just(by)
    return st.builds(Request, authors, _KEYS, days() if on is None else st.just(on), st.none() | tokens(), ids())


def persons() -> st.SearchStrategy[Person]:
    """Return invented persons; those with a resident identity number have one that parses."""
    resident = st.tuples(st.just("resident-id"), resident_ids().map(str))
    passport = st.tuples(st.just("passport"), st.integers(0, 99_999_999).map(lambda number: f"E{number:08}"))
    details = st.dictionaries(st.sampled_from(("phone", "email")), titles(), max_size=2)
    return st.builds(
        lambda name, paper, more: Person(name, paper[0], paper[1], more), titles(), resident | passport, details
    )


@st.composite
def postings(draw: st.DrawFn) -> Posting:
    """Draw a move of credit (分录) between two places."""
    source, target = draw(st.permutations(PLACES))[:2]
    return Posting(draw(ids()), source, target, draw(credits(min_quanta=1)))
