"""
A plan for a learner with much, beside what the solver alone takes.

What it should cost. 60 outcomes and 60 courses are 3,600 pairs; the book's map looks at a kind and an area, and a tenth of them are
eligible. A map that says no takes 40 µs, an item that is eligible 0.4 ms under ten gates: 0.3 s. Fifteen limits, each asked
about every candidate: 0.1 s. The solver is asked for the most credits, 0.5 s, and for the clauses that forbid more: ten times 10 to
40 ms where one clause does, 5 s where ten do together. The engine decides the plan three times, 0.1 s. One second is promised.

In a model of this size equals are not told apart (the plan says ``ties``): to know the fewest outcomes that grant as much takes as
long as the plan itself again, 0.7 s to 5 s, and to settle which come first by their ids as much for every twenty candidates.
"""

import random
from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from benchmarks.common import Result, Run, main
from benchmarks.solving import solver_s
from creditbank.codec.book import read_book
from creditbank.domain.level import Level
from creditbank.domain.rule import Case, RuleBook
from creditbank.planner.search import plan_case

ROUNDS = 7
SIZE = 60
AREAS = [f"area {number}" for number in range(6)]
KINDS = ["training", "x-certificate", "contest-award"]
HEAD = """
book = "bench"
version = "1"
title = "a college's rules"
since = 2020-01-01
acts = ["convert"]
system = "cn-college"
basis = { b = { title = "a college's rules" } }
levels = { x = ["low", "middle", "high"] }
fields = { "source.area" = "text", "source.level" = "level:x", "target.area" = "text", "source.remote" = "flag" }
"""


def a_book() -> RuleBook:
    """Return a book of 30 clauses: a map, ten gates, three worths, fifteen limits, a policy."""
    clauses = ['kind = "map", match = { "source.area" = "@target.area", "target.kind" = "course" }']
    clauses += [
        f'kind = "gate", forbid = {{ "source.remote" = true, "target.name" = "{name}" }}'
        for name in (
            "thesis",
            "physical education",
            "military training",
            "placement",
            "ideology",
            "laboratory",
            "defence",
        )
    ]
    clauses += [
        'kind = "gate", when = { "source.level" = "low" }, forbid = { "target.category" = "core" }',
        'kind = "gate", require = { "application.applied_on" = { at_most = "@source.achieved_on", plus = "7 years" } }',
        'kind = "gate", require = { "target.credits" = { at_most = 6 } }',
    ]
    clauses += [f'kind = "worth", when = {{ "source.class" = "{kind}" }}, of = "@target.credits"' for kind in KINDS]
    clauses += ['kind = "once", per = ["target"]', 'kind = "once", per = ["source"]']
    clauses += [
        'kind = "cap", per = ["source.class"], at_most = 40',
        'kind = "cap", over = { "target.compulsory" = true }, at_most = 30',
        'kind = "cap", over = { "target.category" = "core" }, at_most = 14',
        'kind = "cap", measure = "sources", at_most = 30',
        'kind = "cap", measure = "items", per = ["source.content"], at_most = 3',
        'kind = "cap", at_most = { percent = 50, of = "programme" }',
    ]
    clauses += [f'kind = "cap", over = {{ "target.area" = "{area}" }}, at_most = 15' for area in AREAS]
    clauses += ['kind = "highest", per = ["source.content"], by = "source.level", earlier = "refuse"']
    clauses += ['kind = "policy", units = "whole"']
    assert len(clauses) == 30, "what is promised"
    rows = ", ".join(f'{{ id = "c{number}", basis = "b:1", {body} }}' for number, body in enumerate(clauses))
    return read_book(f"{HEAD}\nclause = [{rows}]", name="bench.toml")


def a_case(size: int, seed: int) -> Case:
    """Return a learner with *size* outcomes and a programme of as many courses."""
    chance = random.Random(seed)
    outcomes = {
        f"o{number:02}": {
            "class": chance.choice(KINDS),
            "area": chance.choice(AREAS),
            "content": f"content {chance.randrange(size * 2 // 3)}",
            "level": Level("x", chance.choice(["low", "middle", "high"])),
            "remote": chance.random() < 1 / 2,
            "achieved_on": date(chance.randrange(2014, 2022), 6, 1),
        }
        for number in range(size)
    }
    targets = {
        f"t{number:02}": {
            "kind": "course",
            "name": f"course {number}",
            "area": chance.choice(AREAS),
            "category": (chance.choice(["core", "base", "elective"]),),
            "compulsory": chance.random() < 1 / 2,
            "credits": Fraction(chance.randrange(2, 12), 2),
        }
        for number in range(size)
    }
    return Case(
        book="", act="convert", id="now", application={"applied_on": date(2022, 6, 1)}, learner={},
        programme={"id": "p", "credits": Fraction(160)}, items=(), outcomes=outcomes, targets=targets,
        systems={"cn-college": Fraction(1, 2)},
    )  # fmt: skip


def measure(run: Run) -> Iterator[Result]:
    """Yield seconds a plan, with and without why nothing more is possible, and each beside the solver alone."""
    yield from _measured(run, "plan", why=False)
    yield from _measured(run, "plan, and why no more", why=True)


def _measured(run: Run, name: str, *, why: bool) -> Iterator[Result]:
    size, book = run.pick(SIZE, 12), a_book()
    cases = [a_case(size, seed) for seed in range(run.pick(ROUNDS, 2))]
    plan_case(book, cases[0], why=False)  # the solver's library is loaded
    ours, alone = [], []
    for case in cases:
        with solver_s() as spent_s:
            ours.append(run.ours(lambda case=case: _planned(book, case, why)))  # type: ignore[misc] # bound now
        alone.append(sum(spent_s))
    note = f"{size} outcomes, {size} courses, 30 clauses"
    yield run.result(name, ours, target=1.0, bound="at most", ours_s=ours, floor_s=None, size=1, unit="s", note=note)
    ratios = [ours_s / alone_s for ours_s, alone_s in zip(ours, alone, strict=True)]
    yield run.result(
        f"{name} ÷ its solver alone",
        ratios,
        target=None,
        bound="at most",
        ours_s=ours,
        floor_s=alone,
        size=1,
        note=note,
    )


def _planned(book: RuleBook, case: Case, why: bool) -> None:
    plan = plan_case(book, case, why=why)
    assert plan.optimal, "what is measured is a plan that is known to be the best"


if __name__ == "__main__":
    main(measure)
