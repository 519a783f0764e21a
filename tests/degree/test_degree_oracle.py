"""Degree audits against brute force: on random small programmes the smallest change is the same, and so is what is possible."""

import os
import random
from fractions import Fraction

import attrs
import pytest
from degree_support import best, courses, credits, held, issued, listed, node, programme, record, tagged

from creditbank.domain.degree.model import model_of
from creditbank.domain.degree.requirement import DegreeProgramme, Group, Node, Share
from creditbank.domain.degree.tree import tree_of
from creditbank.planner.degree import solved

SEEDS = int(os.environ.get("CREDITBANK_DEGREE_SEEDS", "300"))
"""A campaign runs thousands: CREDITBANK_DEGREE_SEEDS=20000."""

TAGS = ("a", "b", "c")


def _programme(draw: random.Random) -> DegreeProgramme:
    ids = iter(range(100))

    def selection() -> object:
        return draw.choice((None, tagged("a"), tagged("b"), tagged("a", "b"), tagged("c"), issued("own")))

    def leaf(shares: bool = False) -> Node:
        take = draw.choice((courses, credits))(draw.choice((1, 1, 2, 3)), selection())  # type: ignore[arg-type] # a selection
        return node(f"n{next(ids)}", take, shares=shares)

    def floor() -> Share:
        word = draw.choice(("at_least", "at_least", "at_most"))
        where = draw.choice((tagged("a"), tagged("b"), issued("own")))
        if draw.random() < 0.5:
            return Share(where, word, Fraction(draw.randrange(1, 4)), None)  # type: ignore[arg-type] # one of two
        return Share(where, word, None, Fraction(draw.choice((1, 1, 2, 3)), 3))  # type: ignore[arg-type] # one of two

    def floors() -> list[Share]:
        return [floor()] if draw.random() < 0.35 else []

    parts = []
    for _ in range(draw.randrange(1, 3)):
        if draw.random() < 0.5:
            parts.append(leaf(draw.random() < 0.2))
        else:
            inner = tuple(leaf() for _ in range(2))
            group = Group(draw.choice((None, 1, 1)), inner)
            parts.append(node(f"g{next(ids)}", group, shares=draw.random() < 0.2, floors=floors()))
    offered = [
        listed(f"C{n}", draw.choice((1, 2, "0.5")), *draw.sample(TAGS, draw.randrange(3)), issuer="own")
        for n in range(draw.randrange(3))
    ]
    return programme(*parts, courses=offered, floors=floors())


def _record(draw: random.Random) -> object:
    def one(n: int) -> object:
        code = draw.choice(("", "", "C0", "X"))
        return held(
            f"h{n}",
            draw.choice((0, 1, 1, 2, "1.5")),
            *draw.sample(TAGS, draw.randrange(3)),
            code=code,
            issuer=draw.choice(("own", "other")) if not code else "own",
        )

    return record(*(one(n) for n in range(draw.randrange(4))))  # type: ignore[arg-type] # holdings


def agree(seed: int) -> bool:
    draw = random.Random(seed)
    asked, learner = _programme(draw), _record(draw)
    model, says = model_of(tree_of(asked, learner, asked.requirement), anything=False)  # type: ignore[arg-type] # a record
    upper = list(model.upper)
    for variable in says.unlisted.values():
        upper[variable] = 0
    values, proven = solved(attrs.evolve(model, upper=tuple(upper)))
    assert proven
    found = None
    if values is not None:
        units, taken = (sum(c * values[v] for v, c in stage.least) for stage in model.stages[:2])
        found = (Fraction(units, says.scale), taken)
    expected = best(asked, learner)  # type: ignore[arg-type] # a record
    assert found == expected, (seed, found, expected)
    return expected is not None


@pytest.mark.parametrize("block", range(6))
def test_the_smallest_change_is_that_of_brute_force(block: int) -> None:
    size = SEEDS // 6
    possible = [agree(seed) for seed in range(block * size, (block + 1) * size)]
    assert any(possible)
    assert not all(possible)
