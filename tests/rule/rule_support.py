"""Small books and cases, for every test of the rule engine. Those of the shipped books are in tests/books."""

import json
from fractions import Fraction
from typing import Any

from books_support import shipped_book as shipped_book, whole_cases

from creditbank.codec.book import read_book
from creditbank.codec.case import read_case
from creditbank.domain.rule import Case, Decision, RuleBook, decide
from creditbank.rulebooks import shipped

HEAD = """
book = "test"
version = "1"
title = "试行办法"
since = 2020-01-01
acts = ["convert"]
system = "cn-college"
basis = { b = { title = "办法", url = "https://example.org/b" } }
"""


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
        "history": [],
        "systems": {"cn-college": "0.5"},
    }


# Every case of every shipped book.
BOOK_CASES = {name: whole_cases(name) for name in shipped()}
X_CASES = BOOK_CASES["x-certificate-conversion"]

HALF = Fraction(1, 2)
