"""
Rule books and cases that fit them, small enough to read when a test fails, and all that a decision is made of.
"""

from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Final, get_args

import hypothesis.strategies as st

from creditbank.codec.book import book_bytes, book_digest, read_book
from creditbank.domain.name import Digest
from creditbank.domain.rule import AnyClause, Case, CaseItem, Decision, ItemResult, RuleBook, Working, decide, workings
from creditbank.domain.rule.field import Value
from creditbank.rulebooks import read, shipped
from creditbank.testing.strategies.nouns import CATEGORIES

__all__ = [
    "FREE",
    "NOTICED",
    "book_of_text",
    "case_and_book",
    "cases",
    "clauses",
    "decisions",
    "item_results",
    "rule_books",
    "shipped_book",
    "working_rows",
]

_HEAD: Final = """
book = "small"
version = "1"
title = "试行办法"
since = 2020-01-01
acts = ["convert"]
system = "cn-college"
basis = { b = { title = "试行办法", url = "https://example.org/b" } }
"""

FREE: Final = """
book = "free"
version = "1"
title = "自由转换办法"
since = 2020-01-01
acts = ["convert"]
system = "cn-college"
basis = { b = { title = "自由转换办法", url = "https://example.org/free" } }
clause = [
  { id = "1", kind = "map", basis = "b:1", match = { "target.kind" = "course" } },
  { id = "2", kind = "worth", basis = "b:2", of = "@target.credits" },
]
"""
"""A book without a chain: whatever is asked is converted at once, also credit that was granted before."""

NOTICED: Final = """
book = "noticed"
version = "1"
title = "公示办法"
since = 2020-01-01
acts = ["convert"]
system = "cn-college"
basis = { b = { title = "公示办法", url = "https://example.org/noticed" } }
clause = [
  { id = "1", kind = "map", basis = "b:1", match = { "target.kind" = "course" } },
  { id = "2", kind = "worth", basis = "b:2", of = "@target.credits" },
  { id = "3", kind = "chain", basis = "b:3", steps = [
    { by = ["college", "academic-affairs"], does = "认定", panel = "认定小组", notice = "1 day" } ] },
]
"""
"""A book on whose only step a panel sits, after a day of public notice."""

_KINDS: Final[tuple[type[AnyClause], ...]] = get_args(AnyClause)
_CLASSES: Final = ("course", "x-certificate")
_GATES: Final = (
    'forbid = { "target.category" = "公共课", "source.class" = "course" }',
    'require = { "source.credits" = { at_least = 1 } }',
    'require = { "target.credits" = { below = 6 } }',
    'require = { "target.compulsory" = true }',
    'held = { "source.class" = "course" }, at_most = 1',
)
_WORTHS: Final = ('of = "@source.credits"', 'of = "@target.credits"', 'of = "@source.credits", times = "2/3"')
_PER: Final = ('["source"]', '["target"]', '["target.category"]', '["source", "target"]')
_PARTS: Final = ("oral", "written")
_OTHERS: Final = (
    'kind = "highest", per = ["source.class"], earlier = "refuse"',
    'kind = "floor", at_least = 4',
    'kind = "score", when = { "target.credits" = { above = 5 } }, parts = { written = "40 %", oral = "60 %" }, pass_mark = 60',
    'kind = "effect", on = "refused", set = { may_ask_again = true }',
)
_STEPS: Final = (
    '{ by = "college", does = "审核", within = "30 days" }, { by = "office", does = "公示", notice = "5 days" }'
)


@lru_cache(maxsize=1_000)
def book_of_text(text: str) -> tuple[Digest, RuleBook]:
    """Return the book written in *text*, and its digest."""
    book = read_book(text, name="drawn book")
    return Digest(book_digest(book_bytes(book))), book


def shipped_book(name: str) -> tuple[Digest, RuleBook]:
    """Return a book that creditbank ships, and its digest."""
    return book_of_text(read(name))


# --- books ------------------------------------------------------------------------------------------------------------


@st.composite
def _limits(draw: st.DrawFn) -> str:
    match draw(st.sampled_from(("gate", "cap", "once"))):
        case "gate":
            return f'kind = "gate", {draw(st.sampled_from(_GATES))}'
        case "once":
            return f'kind = "once", across = "programme", per = {draw(st.sampled_from(_PER))}'
        case _:
            measure = draw(st.sampled_from(("credits", "items", "sources", "target_credits")))
            exceed, most = draw(st.sampled_from(("trim", "refuse"))), draw(st.integers(1, 9))
            per = draw(st.sampled_from((*_PER, "[]")))
            return f'kind = "cap", at_most = {most}, per = {per}, measure = "{measure}", exceed = "{exceed}"'


@st.composite
def _small_books(draw: st.DrawFn) -> RuleBook:
    units, leftover = draw(st.sampled_from(("whole", "parts"))), draw(st.sampled_from(("keep", "forfeit")))
    bodies = [
        'kind = "map", match = { "target.kind" = "course" }',
        f'kind = "worth", {draw(st.sampled_from(_WORTHS))}',
        f'kind = "policy", units = "{units}", leftover = "{leftover}"',
        f'kind = "policy", round = {{ to = 0.5, way = "{draw(st.sampled_from(("down", "half-up")))}" }}',
        *draw(st.lists(_limits(), max_size=3)),
        *draw(st.lists(st.sampled_from(_OTHERS), unique=True)),
    ]
    if draw(st.booleans()):
        bodies.append(f'kind = "chain", steps = [{_STEPS}]')
    rows = ", ".join(f'{{ id = "{n}", basis = "b:{n}", {body} }}' for n, body in enumerate(bodies, 1))
    return book_of_text(f"{_HEAD}clause = [{rows}]")[1]


def rule_books() -> st.SearchStrategy[RuleBook]:
    """Return rule books (办法): small ones, and those that creditbank ships. Each is read from its text, so it is valid."""
    return _small_books() | st.sampled_from(shipped()).map(lambda name: shipped_book(name)[1])


def clauses(*kinds: type[AnyClause]) -> st.SearchStrategy[AnyClause]:
    """Return clauses of *kinds* (by default any), each from a valid book."""
    wanted = kinds or _KINDS

    def of(book: RuleBook) -> list[AnyClause]:
        return [clause for clause in book.clauses if isinstance(clause, wanted)]

    return rule_books().map(of).filter(bool).flatmap(st.sampled_from)


# --- cases ------------------------------------------------------------------------------------------------------------


@st.composite
def case_and_book(draw: st.DrawFn) -> tuple[Case, RuleBook]:
    """Draw a small rule book, and a case (案卷) that has what the book asks for: ``decide(book, case)`` answers every item."""
    book = draw(_small_books())
    halves = st.integers(0, 12).map(lambda number: Fraction(number, 2))
    outcomes: dict[str, dict[str, Value]] = {
        f"s{n}": {"class": draw(st.sampled_from(_CLASSES)), "system": "cn-college", "credits": draw(halves)}
        for n in range(draw(st.integers(1, 3)))
    }
    targets: dict[str, dict[str, Value]] = {
        f"t{n}": {
            "kind": "course",
            "category": (draw(st.sampled_from(CATEGORIES)),),
            "compulsory": draw(st.booleans()),
            "credits": draw(halves),
        }
        for n in range(draw(st.integers(1, 4)))
    }
    some = st.lists(st.sampled_from(sorted(outcomes)), min_size=1, max_size=2, unique=True).map(tuple)
    goals = st.lists(st.sampled_from(sorted(targets)), min_size=1, max_size=2, unique=True).map(tuple)
    asked = draw(st.lists(st.tuples(some, goals), min_size=1, max_size=4))
    case = Case(
        book=book_digest(book_bytes(book)),
        act="convert",
        id="a1",
        application={"applied_on": draw(st.dates(book.since, date(2030, 12, 31)))},
        learner={},
        programme={"id": "510202"},
        items=tuple(
            CaseItem(str(n), sources, wanted, marks={part: Fraction(draw(st.integers(0, 100))) for part in _PARTS})
            for n, (sources, wanted) in enumerate(asked, 1)
        ),
        outcomes=outcomes,
        targets=targets,
        systems={"cn-college": Fraction(1, 2)},
    )
    return case, book


def cases() -> st.SearchStrategy[Case]:
    """Return cases; with :func:`case_and_book` comes the book that each is for."""
    return case_and_book().map(lambda found: found[0])


def decisions() -> st.SearchStrategy[Decision]:
    """Return decisions as the engine made them."""
    return case_and_book().map(lambda found: decide(found[1], found[0]))


def item_results() -> st.SearchStrategy[ItemResult]:
    """Return the result of one item of a decision."""
    return decisions().flatmap(lambda decision: st.sampled_from(decision.results))


def working_rows() -> st.SearchStrategy[Working]:
    """Return one row of the workings of a decision."""
    return case_and_book().flatmap(lambda found: st.sampled_from(workings(found[1], found[0])))
