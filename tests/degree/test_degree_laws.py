"""Laws of degree audits, on generated programmes: what a registrar would sign."""

import random
from fractions import Fraction

import attrs
import pytest
from degree_support import held, record
from test_degree_oracle import _programme, _record

from creditbank.domain.degree.audit import Audit
from creditbank.domain.degree.record import Holding, Record
from creditbank.domain.degree.requirement import DegreeProgramme, Take
from creditbank.planner.degree import audit

SEEDS = 40


def found(seed: int) -> tuple[DegreeProgramme, Record, Audit]:
    draw = random.Random(seed)
    asked, learner = _programme(draw), _record(draw)
    return asked, learner, audit(asked, learner)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_an_audit_says_holds(seed: int) -> None:
    """Nothing counts twice in a pool, a leaf that is met has what it needs, and complete means that nothing is missing."""
    asked, learner, one = found(seed)
    assert one == audit(asked, learner), "the same record, the same answer"
    credits = {holding.id: holding.credits for holding in learner.holdings}
    pools = _pools(asked)
    counted = [(pools[leaf.id], by.holding) for leaf in one.requirement.walk() for by in leaf.by]
    assert len(set(counted)) == len(counted)
    for leaf in one.requirement.walk():
        assert leaf.have == sum((credits[by.holding] for by in leaf.by), Fraction(0))
        if leaf.standing == "met":
            assert leaf.need is None or leaf.have >= leaf.need
            assert leaf.need_courses is None or leaf.have_courses >= leaf.need_courses
            assert all(floor.met for floor in leaf.floors)
    if one.change is not None:
        assert one.complete == (one.change.credits == one.change.courses == 0 == len(one.change.steps))
        assert one.change.credits == sum((step.credits for step in one.change.steps), Fraction(0))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_making_the_change_completes_the_programme(seed: int) -> None:
    asked, learner, one = found(seed)
    if one.change is None or not all(step.course for step in one.change.steps):
        return
    offered = {course.code: course for course in asked.courses}
    new = [Holding(f"new {s.course}", s.name, offered[s.course].facts, s.credits) for s in one.change.steps]
    assert audit(asked, attrs.evolve(learner, holdings=(*learner.holdings, *new))).complete


@pytest.mark.parametrize("seed", range(SEEDS))
def test_more_never_leaves_more_to_earn(seed: int) -> None:
    """
    An outcome more, and there is no more to earn than before.

    Not so where something is missing that no listed course stands for: of a course that is not listed the credits are not known.
    """
    asked, learner, one = found(seed)
    more = audit(asked, record(*learner.holdings, held("more", 2, "a", "b", issuer="own")))
    if one.change is None or not all(step.course for step in one.change.steps):
        return
    assert more.change is not None
    assert (more.change.credits, more.change.courses) <= (one.change.credits, one.change.courses)


def _pools(asked: DegreeProgramme) -> dict[str, str]:
    pools: dict[str, str] = {}

    def visit(node: object, pool: str) -> None:
        here = node.id if node.shares else pool  # type: ignore[attr-defined] # a requirement
        pools[node.id] = here  # type: ignore[attr-defined] # a requirement
        if not isinstance(node.ask, Take):  # type: ignore[attr-defined] # a requirement
            for part in node.ask.parts:  # type: ignore[attr-defined] # a requirement
                visit(part, here)

    visit(asked.requirement, asked.requirement.id)
    return pools
