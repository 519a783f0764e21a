"""
A degree audit of a learner with much, beside what the solver alone takes of it.

What it should cost. 60 outcomes and 60 listed courses are asked about by some fifty leaves: 6,000 selections of one or two tests,
10 µs each, 60 ms. The model has a variable for each of them that fits, some 500, and as many rows: 10 ms. The solver is asked some
twenty times: for the fewest credits and the fewest courses, 20 ms each; then for what is preferred among equals, as many
variables at a time as weights allow, 10 ms each. Reading the answer, 10 ms. An adviser waits for it: one second is promised.

The floor is the solver's time in the same audit, so the ratio says what asking, modelling and reading cost beside it.
"""

import random
from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from benchmarks.common import Result, Run, main
from benchmarks.solving import solver_s
from creditbank.codec.programme import read_programme
from creditbank.domain.degree.record import Holding, Record
from creditbank.domain.degree.requirement import DegreeProgramme
from creditbank.planner.degree import audit

ROUNDS = 7
SIZE = 60
AREAS = 6
HEAD = """
programme = "bench"
version = "1"
title = "a college's programme"
since = 2024-09-01
school = "keys:own"
system = "cn-college"
credits = {total}
basis = {{ b = {{ title = "a college's programme" }} }}
fields = {{ "source.area" = "text", "source.step" = "number" }}
requirement = [{parts}]
course = [{courses}]
"""
OWN = '{ where = { "source.issuer" = "@programme.institution" }, at_least = { percent = 60, of = "counted" } }'
ADVANCED = 'id = "advanced", basis = "b:4", credits = 12, from = { "source.step" = { at_least = 3 } }, shares = true'
TOTAL = f'id = "total", basis = "b:5", credits = {{ percent = 80, of = "programme" }}, shares = true, floors = [{OWN}]'


def a_programme(size: int) -> DegreeProgramme:
    """Return a programme of *size* courses: of each area core courses, one of two directions and electives; a level, a total."""
    credits = [Fraction(4 + number * 7 % 6, 2) for number in range(size)]
    courses = [
        f'{{ code = "C{number}", credits = "{worth}", area = "area {number % AREAS}", step = {1 + number * 5 % 4} }}'
        for number, worth in enumerate(credits)
    ]
    parts = [part for area in range(AREAS) for part in _area(area, [f"C{n}" for n in range(area, size, AREAS)])]
    text = HEAD.format(
        total=sum(credits), parts=", ".join([*parts, f"{{ {ADVANCED} }}", f"{{ {TOTAL} }}"]), courses=", ".join(courses)
    )
    return read_programme(text, name="bench.toml")


def _area(area: int, codes: list[str]) -> Iterator[str]:
    """Yield the requirements of one area: its first two courses, both of one pair of the next four, 6 credits of any."""
    core, one, two = (", ".join(f'"{code}"' for code in part) for part in (codes[:2], codes[2:4], codes[4:6]))
    yield f'{{ id = "core{area}", basis = "b:1", all = [{core}] }}'
    if one and two:
        yield f'{{ id = "way{area}", basis = "b:2", any = [{{ all = [{one}] }}, {{ all = [{two}] }}] }}'
    yield f'{{ id = "free{area}", basis = "b:3", credits = 6, from = {{ "source.area" = "area {area}" }} }}'


def a_record(programme: DegreeProgramme, size: int, seed: int) -> Record:
    """Return a learner with *size* outcomes: half of them listed courses, half of another school."""
    chance = random.Random(seed)
    taken = chance.sample(programme.courses, size // 2)
    own = [Holding(f"own{n}", one.code, one.facts, one.credits) for n, one in enumerate(taken)]
    other = [
        Holding(
            f"other{number}",
            f"course {number} elsewhere",
            {
                "class": "course",
                "issuer": "keys:other",
                "area": f"area {chance.randrange(AREAS)}",
                "step": Fraction(chance.randrange(1, 5)),
            },
            Fraction(chance.randrange(2, 8), 2),
        )
        for number in range(size - size // 2)
    ]
    return Record(date(2026, 6, 30), {"enrolled_on": date(2024, 9, 1)}, {}, (*own, *other))


def measure(run: Run) -> Iterator[Result]:
    """Yield two results: seconds an audit, and the same beside the solver alone."""
    size = run.pick(SIZE, 12)
    programme = a_programme(size)
    records = [a_record(programme, size, seed) for seed in range(run.pick(ROUNDS, 2))]
    audit(programme, records[0])  # the solver's library is loaded
    ours, alone = [], []
    for record in records:
        with solver_s() as spent_s:
            ours.append(run.ours(lambda record=record: _audited(programme, record)))  # type: ignore[misc] # bound now
        alone.append(sum(spent_s))
    leaves = sum(1 for _ in programme.requirement.walk())
    note = f"{size} outcomes, {size} courses, {leaves} requirements"
    yield run.result("audit", ours, target=1.0, bound="at most", ours_s=ours, floor_s=None, size=1, unit="s", note=note)
    ratios = [ours_s / alone_s for ours_s, alone_s in zip(ours, alone, strict=True)]
    yield run.result(
        "audit ÷ its solver alone", ratios, target=None, bound="at most", ours_s=ours, floor_s=alone, size=1, note=note
    )


def _audited(programme: DegreeProgramme, record: Record) -> None:
    found = audit(programme, record)
    assert found.proven, "what is measured is an audit that is known to be the best"
    assert found.change is not None, "it can be completed"


if __name__ == "__main__":
    main(measure)
