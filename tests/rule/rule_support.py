"""Cases of the shipped books, and small books, for every test of the rule engine."""

import json
from fractions import Fraction
from functools import cache
from typing import Any

from creditbank.codec.book import read_book
from creditbank.codec.case import read_case
from creditbank.domain.rule import Case, Decision, RuleBook, decide
from creditbank.rulebooks import read

HEAD = """
book = "test"
version = "1"
title = "试行办法"
since = 2020-01-01
acts = ["convert"]
system = "cn-college"
basis = { b = { title = "办法", url = "https://example.org/b" } }
"""


@cache
def shipped_book(name: str) -> RuleBook:
    return read_book(read(name), name=f"{name}.toml")


def book_of_text(clauses: str, *, head: str = HEAD, more: str = "") -> RuleBook:
    """A book of these clauses, written in TOML; ``basis`` is added where it is not given."""
    return read_book(f"{head}\n{more}\n{clauses}", name="test.toml")


def case_of_data(data: dict[str, Any], book: RuleBook) -> Case:
    return read_case(json.dumps(data, ensure_ascii=False), book)


def said(decision: Decision) -> list[str]:
    """What each item got: its amount, or its refusal."""
    return [one.refused or str(one.granted) for one in decision.results]


def run(book: RuleBook, data: dict[str, Any]) -> list[str]:
    return said(decide(book, case_of_data(data, book)))


# --- X certificates ----------------------------------------------------------------------------------------------------

COURSES = {
    "photoshop": {"kind": "course", "category": ["专业基础"], "compulsory": True, "credits": 4},
    "创意": {"kind": "course", "category": ["专业核心"], "compulsory": True, "credits": 4},
    "平面": {"kind": "course", "category": ["专业核心"], "compulsory": True, "credits": 4},
    "app": {"kind": "course", "category": ["专业核心"], "compulsory": True, "credits": 2},
    "小课": {"kind": "course", "category": ["专业核心"], "compulsory": True, "credits": 1},
    "选修": {"kind": "course", "category": ["专业基础", "专业核心"], "compulsory": False, "credits": 1},
    "公共": {"kind": "course", "category": ["公共课"], "compulsory": True, "credits": 1},
}


def x_case(
    courses: list[str | tuple[list[str], str]],
    *,
    level: str = "中级",
    bank: object = 10,
    day: str = "2022-06-01",
    cls: str = "x-certificate",
    history: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Courses asked for with certificate ``x``, or (sources, course)."""
    items = []
    for n, one in enumerate(courses, 1):
        sources, target = (["x"], one) if isinstance(one, str) else one
        items.append({"id": str(n), "sources": sources, "targets": [target]})
    outcome = {"class": cls, "level": level, "bank_credits": bank, "achieved_on": "2022-01-10"}
    return {
        "application": {"id": "a1", "act": "convert", "dates": {"applied_on": day}, "items": items},
        "programme": {"id": "广告", "institution": "college"},
        "outcomes": {"x": outcome, "x2": outcome},
        "targets": COURSES,
        "history": history or [],
        "systems": {"cn-college": "0.5"},
    }


def line(application: str, sources: list[str], target: str, credits: object, **more: object) -> dict[str, Any]:
    """A line of the record."""
    return {
        "application": application,
        "item": "1",
        "act": "convert",
        "sources": sources,
        "target": target,
        "credits": credits,
        "on": "2022-03-01",
        "programme": "广告",
        "institution": "college",
        "book": "x-certificate-conversion",
        **more,
    }


X_CASES = {
    "a1": x_case(["photoshop", "创意", "平面", "app"]),
    "bank-6": x_case(["创意", "平面", "app"], bank=6),
    "second-x": x_case(["创意", (["x2"], "创意")]),
    "high": x_case(["photoshop", "创意"], level="高级"),
    "high-public": x_case(["公共", "选修"], level="高级"),
    "initial": x_case(["photoshop", "创意", "选修"], level="初级"),
    "middle-elective": x_case(["选修"]),
    "two-x-one-course": x_case([(["x", "x2"], "创意")]),
    "nine": x_case(["创意", "平面", "小课"]),
    "before": x_case(["创意"], day="2021-12-31"),
    "first-day": x_case(["创意"], day="2022-01-01"),
    "not-x": x_case(["创意"], cls="course"),
    "earlier-programme": x_case(["平面", "app"], history=[line("a0", ["x"], "创意", 4, programme="另一专业")]),
}

# --- the postal certificate ------------------------------------------------------------------------------------------

THREE = ["速递生产与运作", "速递业务与经营", "邮政快递揽投作业规范"]


def postal_case(
    *asked: list[str],
    credits: tuple[object, ...] = (3, 3, 2, 2),
    history: tuple[dict[str, Any], ...] = (),
    day: str = "2023-02-01",
    certificate: str = "邮政速递业务员职业资格证书",
) -> dict[str, Any]:
    names = [*THREE, "电子商务"]
    return {
        "application": {
            "id": "p1",
            "act": "convert",
            "dates": {"applied_on": day},
            "items": [{"id": str(n), "sources": ["cert"], "targets": one} for n, one in enumerate(asked, 1)],
        },
        "programme": {"id": "邮政", "institution": "ouc"},
        "outcomes": {"cert": {"name": certificate}},
        "targets": {name: {"kind": "course", "credits": one} for name, one in zip(names, credits, strict=True)},
        "history": list(history),
        "systems": {"cn-ouc": 1},
    }


POSTAL_CASES = {
    "a7": postal_case(THREE),
    "other-order": postal_case(THREE[::-1]),
    "no-target-named": postal_case([]),
    "fourth": postal_case(["电子商务"]),
    "all-four": postal_case([*THREE, "电子商务"]),
    "two-only": postal_case(THREE[:2]),
    "twice": postal_case(THREE, THREE),
    "used-before": postal_case(
        THREE, history=(line("p0", ["cert"], THREE[0], 0, programme="别的", book="ouc-postal"),)
    ),
    "nine": postal_case(THREE, credits=(3, 3, 3, 2)),
    "other-certificate": postal_case(THREE, certificate="快递员"),
    "before": postal_case(THREE, day="2022-12-31"),
    "first-day": postal_case(THREE, day="2023-01-01"),
}

# --- transfers -------------------------------------------------------------------------------------------------------


def transfer_case(source: dict[str, Any], target: dict[str, Any], facts: dict[str, Any], day: str) -> dict[str, Any]:
    return {
        "application": {
            "id": "t1",
            "act": "transfer",
            "dates": {"applied_on": day},
            "facts": facts,
            "items": [{"id": "1", "sources": ["enrolment"], "targets": ["place"]}],
        },
        "outcomes": {"enrolment": source},
        "targets": {"place": target},
    }


def shandong(window: str = "高一S1", years: str = "2.5", day: str = "2026-01-20", **change: Any) -> dict[str, Any]:
    """普高→中职 unless ``back=True``; *change* overrides single facts."""
    back = change.pop("back", False)
    kinds = ("vocational-school", "general-school") if back else ("general-school", "vocational-school")
    source = {"kind": kinds[0], "county": "370305", "city": "3703"}
    target = {
        "school_kind": kinds[1],
        "programme_kind": "general" if back else "vocational-3",
        "county": "370305",
        "city": "3703",
        "places_left": 5,
    }
    facts = {"window": window, "remaining_years": years, "test_passed": True}
    for key, value in change.items():
        next(one for one in (target, source, facts) if key in one or one is facts)[key] = value
    return transfer_case(source, target, facts, day)


SHANDONG_CASES = {
    "高一S1": shandong("高一S1", "2.5"),
    "高一S2": shandong("高一S2", "2"),
    "高二S1": shandong("高二S1", "1.5"),
    "高二S2": shandong("高二S2", "1"),
    "高二S1-short": shandong("高二S1", "1.4"),
    "高二S1-one": shandong("高二S1", "1"),
    "back-高一S1": shandong("高一S1", back=True),
    "back-高一S2": shandong("高一S2", back=True),
    "back-高二S1": shandong("高二S1", back=True),
    "back-one-year": shandong("高一S1", "1", back=True),
    "3+4": shandong(programme_kind="3+4"),
    "five-year": shandong(programme_kind="five-year"),
    "other-county": shandong(county="370302"),
    "other-county-no": shandong(county="370302", county_lacks_capacity=False),
    "other-county-lacks": shandong(county="370302", county_lacks_capacity=True),
    "other-city": shandong(county="370102", city="3701"),
    "other-city-lacks": shandong(county="370102", city="3701", county_lacks_capacity=True),
    "test": shandong(test_passed=False),
    "places-0": shandong(places_left=0),
    "places-1": shandong(places_left=1),
    "same-kind": shandong(school_kind="general-school"),
    "before": shandong(day="2025-12-31"),
    "first-day": shandong(day="2026-01-01"),
}


def wenzhou(day: str = "2026-05-30", window: str = "高一S2", **change: Any) -> dict[str, Any]:
    """中职→普高 unless ``there=True``; the term ends on 2026-06-30."""
    there = change.pop("there", False)
    kinds = ("general-school", "vocational-school") if there else ("vocational-school", "general-school")
    source: dict[str, Any] = {"kind": kinds[0], "county": "330302"}
    target: dict[str, Any] = {"school_kind": kinds[1], "county": "330302", "places_left": 5}
    if not there:
        source["exam_score"], target["admission_line"] = 500, 500
    facts = {"term_end": "2026-06-30", "window": window, "test_passed": True, "office_approved": True}
    for key, value in change.items():
        next(one for one in (target, source, facts) if key in one)[key] = value
    return transfer_case(source, target, facts, day)


WENZHOU_CASES = {
    "in-time": wenzhou(),
    "a-day-late": wenzhou("2026-05-31"),
    "29-days": wenzhou("2026-06-01"),
    "高一S1": wenzhou(window="高一S1"),
    "高二S1": wenzhou(window="高二S1"),
    "高二S2": wenzhou(window="高二S2"),
    "one-point-under": wenzhou(exam_score=499),
    "one-point-over": wenzhou(exam_score=501),
    "there": wenzhou(there=True),
    "county": wenzhou(county="330303"),
    "test": wenzhou(test_passed=False),
    "places-0": wenzhou(places_left=0),
    "places-1": wenzhou(places_left=1),
    "approval": wenzhou(office_approved=False),
    "same-kind": wenzhou(there=True, school_kind="general-school"),
    "before": wenzhou("2022-12-31", term_end="2023-06-30"),
    "first-day": wenzhou("2023-01-01", term_end="2023-06-30"),
}

BOOK_CASES = {
    "x-certificate-conversion": X_CASES,
    "ouc-postal": POSTAL_CASES,
    "shandong-transfer": SHANDONG_CASES,
    "wenzhou-transfer": WENZHOU_CASES,
}

HALF = Fraction(1, 2)
