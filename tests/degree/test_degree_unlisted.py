"""What no listed course stands for: as much at once as one course can be, and no more; against brute force."""

import os
import random
from fractions import Fraction
from itertools import combinations_with_replacement, product

import pytest
from degree_support import HEAD, courses, credits, held, issued, node, programme, record, tagged

from creditbank.codec.audit import audit_dict
from creditbank.domain.degree import together, unlisted
from creditbank.domain.degree.requirement import DegreeProgramme, Node, Share
from creditbank.domain.rule.selection import Selection
from creditbank.planner.degree import audit

OWN, PARTNER = issued("own"), issued("partner")


def least(amount: int, where: Selection) -> Share:
    return Share(where, "at_least", Fraction(amount), None)


def most(amount: int, where: Selection) -> Share:
    return Share(where, "at_most", Fraction(amount), None)


def either(*selections: Selection) -> Selection:
    return Selection(tuple(table for one in selections for table in one.tables))


def test_nothing_is_of_two_schools_where_each_is_a_requirement_that_shares() -> None:
    asked = programme(
        node("total", credits(60)), node("own", credits(30, OWN), shares=True), node("partner", credits(20, PARTNER), shares=True)
    )  # fmt: skip
    found = audit(asked, record(held("h", 40, issuer="elsewhere")))
    assert found.change is not None
    assert (found.change.credits, found.proven) == (50, True)
    assert not any({"own", "partner"} <= set(step.requirements) for step in found.change.steps)


def test_nothing_is_of_two_schools_where_each_is_a_floor_and_the_step_names_it() -> None:
    asked = programme(node("total", credits(60), floors=(least(30, OWN), least(20, PARTNER))))
    found = audit(asked, record(held("h", 40, issuer="elsewhere")))
    assert found.change is not None
    assert [(step.credits, step.floors) for step in found.change.steps] == [
        (30, (("total", 0),)),
        (20, (("total", 1),)),
    ]
    steps = audit_dict(found)["change"]["steps"]
    assert [step["floors"] for step in steps] == [[{"requirement": "total", "floor": n}] for n in (1, 2)]


def test_shares_that_no_course_can_serve_together_contradict_each_other() -> None:
    for percent, possible in ((50, True), (51, False)):
        floors = [Share(where, "at_least", None, Fraction(percent, 100)) for where in (OWN, PARTNER)]
        assert (audit(programme(node("total", credits(10), floors=floors)), record()).change is not None) is possible


def test_what_may_be_one_course_is_one() -> None:
    asked = programme(
        node("total", courses(1)), node("own", courses(1, OWN), shares=True), node("a", courses(1, tagged("a")), shares=True)
    )  # fmt: skip
    found = audit(asked, record())
    assert found.change is not None
    assert [step.requirements for step in found.change.steps] == [("total", "own", "a")]


def test_a_limit_counts_what_is_of_its_kind_and_what_need_not_be_is_not() -> None:
    partner = node("partner", credits(3, PARTNER), shares=True)
    for amount, expected in ((3, 10), (2, 11)):
        # Of the partner's no more than *amount* count in the total; what is beyond them is earned for the partner alone.
        asked = programme(node("total", credits(10), floors=(most(amount, PARTNER),)), partner)
        found = audit(asked, record())
        assert found.change is not None
        assert found.change.credits == expected


def test_a_floor_may_ask_for_more_than_the_requirement_does() -> None:
    third = Share(tagged("b"), "at_least", None, Fraction(1, 3))
    found = audit(programme(node("total", credits(1), floors=(third, least(2, OWN)))), record())
    assert found.change is not None
    assert found.change.credits == 2
    tenth = Share(OWN, "at_most", None, Fraction(1, 10))
    found = audit(programme(node("total", credits(1), floors=(tenth, least(3, OWN)))), record())
    assert found.change is not None
    assert found.change.credits == 30


def test_what_was_not_looked_at_is_not_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = programme(
        *(node(f"r{n}", credits(1, issued(f"s{n}")), shares=True) for n in range(6)), node("t", credits(1))
    )
    assert audit(asked, record()).proven
    monkeypatch.setattr(unlisted, "SORTS_MAX", 2)
    found = audit(asked, record())
    assert not found.proven
    assert found.change is not None
    assert found.change.credits == 6
    monkeypatch.undo()
    monkeypatch.setattr(together, "TRIES_MAX", 1)
    assert not audit(asked, record()).proven


def test_many_lists_are_joined_without_trying_all_of_them() -> None:
    lists = [either(*(issued(f"s{n}-{m}") for m in range(3)), tagged("a")) for n in range(30)]
    asker = together.Together(HEAD, _scope())
    assert asker.one([*lists, OWN])
    assert asker.complete


def _scope() -> object:
    from creditbank.domain.degree.record import view_of

    return view_of(programme(node("r", credits(1))), record(), ()).of()


# --- brute force ------------------------------------------------------------------------------------------------------

UNITS_MAX = 5
SEEDS = int(os.environ.get("CREDITBANK_DEGREE_SEEDS", "300"))
"""A campaign runs thousands: CREDITBANK_DEGREE_SEEDS=20000."""
SORTS = [
    {"issuer": issuer, "category": tags} for issuer in ("own", "partner", "x") for tags in ((), ("a",), ("b",), ("a", "b"))
]  # fmt: skip


def _in(selection: Selection | None, facts: dict[str, object]) -> bool:
    if selection is None:
        return True

    def holds(field: str, values: tuple[object, ...]) -> bool:
        value = facts[field.removeprefix("source.")]
        return bool(set(value if isinstance(value, tuple) else (value,)) & set(values))

    return any(all(holds(field, test.values) for field, test in table) for table in selection.tables)  # type: ignore[union-attr] # Among


def _meets(asked: DegreeProgramme, units: tuple[dict[str, object], ...]) -> bool:
    total, *shared = asked.requirement.ask.parts  # type: ignore[union-attr] # a group
    for leaf in shared:
        if sum(_in(leaf.ask.from_, unit) for unit in units) < leaf.ask.credits:  # type: ignore[union-attr] # a leaf
            return False
    return any(
        _total(total, counted)
        for counted in product((False, True), repeat=len(units))
        if _enough(total, counted, units)
    )


def _enough(total: Node, counted: tuple[bool, ...], units: tuple[dict[str, object], ...]) -> bool:
    mine = [unit for unit, counts in zip(units, counted, strict=True) if counts]
    for floor in total.floors:
        have = sum(_in(floor.where, unit) for unit in mine)
        need = floor.credits if floor.credits is not None else floor.share * len(mine)  # type: ignore[operator] # one of them
        if have < need if floor.word == "at_least" else have > need:
            return False
    return True


def _total(total: Node, counted: tuple[bool, ...]) -> bool:
    return sum(counted) >= total.ask.credits  # type: ignore[union-attr,operator] # a leaf


def _programme(draw: random.Random) -> DegreeProgramme:
    plain = (OWN, PARTNER, tagged("a"), tagged("b"))
    floors = []
    for _ in range(draw.randrange(4)):
        if draw.random() < 0.3:
            floors.append(most(draw.randrange(3), draw.choice(plain)))
        elif draw.random() < 0.5:
            floors.append(least(draw.choice((1, 2)), draw.choice((*plain, either(OWN, tagged("a"))))))
        else:
            share = Fraction(draw.choice((1, 1, 2)), 3)
            floors.append(Share(draw.choice(plain), "at_least", None, share))
    wide = (*plain, either(OWN, tagged("b")), either(PARTNER, tagged("a")), None)
    shared = [
        node(f"s{n}", credits(draw.choice((1, 2)), draw.choice(wide)), shares=True) for n in range(draw.randrange(3))
    ]
    return programme(node("total", credits(draw.choice((1, 2, 3))), floors=floors), *shared)


def agree(seed: int) -> bool:
    asked = _programme(random.Random(seed))
    sizes = range(UNITS_MAX + 1)
    expected = next(
        (n for n in sizes if any(_meets(asked, units) for units in combinations_with_replacement(SORTS, n))), None
    )
    change = audit(asked, record()).change
    found = None if change is None or change.credits > UNITS_MAX else change.credits
    assert found == expected, (seed, found, expected)
    return expected is not None


def test_the_fewest_unlisted_credits_are_those_of_brute_force() -> None:
    possible = [agree(seed) for seed in range(SEEDS // 3)]
    assert any(possible)
    assert not all(possible)
