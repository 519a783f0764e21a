"""
The oracle: every application there is, asked of the engine one by one; and random books and cases for it.

It knows nothing of the model. An item is one source, or several, for one target; what is granted in parts is asked for in
every amount. A set counts if all of it is granted in full, whichever of its items is asked for last.

A campaign of as many instances as wanted, from a seed on: ``python tests/plan/plan_oracle.py 0 5000``.
"""

import sys
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import permutations
from math import prod
from random import Random

import attrs

from creditbank.codec.book import read_book
from creditbank.domain.level import Level
from creditbank.domain.rule import Case, CaseItem, HistoryLine, RuleBook, decide
from creditbank.planner.result import Plan
from creditbank.planner.search import plan_case

STEP = Fraction(1, 2)
SETS_MAX = 2_000
MOST = 12
HEAD = """
book = "test"
version = "1"
title = "t"
since = 2020-01-01
acts = ["convert"]
system = "sys"
basis = { b = { title = "t" } }
levels = { n = ["1", "2", "3"] }
fields = { "source.level" = "level:n" }
"""


# --- every application ------------------------------------------------------------------------------------------------


def able_items(book: RuleBook, case: Case, width: int, series: int) -> list[tuple[CaseItem, Fraction, bool]]:
    """
    Every item that is granted when it is alone: what it is granted, and whether less may be asked for.

    Every source of it is drawn on.
    """
    found: list[tuple[CaseItem, Fraction, bool]] = []
    for sources in (one for size in range(1, width + 1) for one in permutations(case.outcomes, size)):
        for targets in (one for size in range(1, series + 1) for one in permutations(case.targets, size)):
            item = CaseItem("1", sources, targets)
            result = decide(book, attrs.evolve(case, items=(item,))).results[0]
            steps = 2 * MOST if (result.refused or "").startswith("cap.") else 0
            while result.refused and steps:  # where a cap trims nothing, less may be asked for
                less = attrs.evolve(item, ask=steps * STEP)
                result, steps = decide(book, attrs.evolve(case, items=(less,))).results[0], steps - 1
            if result.refused is None and set(result.used) == set(sources):
                assert result.granted is not None
                if not all(any(one in line.sources and line.credits for line in result.lines) for one in sources):
                    continue
                less = attrs.evolve(item, ask=STEP)
                less_result = decide(book, attrs.evolve(case, items=(less,))).results[0]
                found.append((item, result.granted, less_result.refused is None))
    return found


def granted_in_full(book: RuleBook, case: Case, chosen: list[tuple[CaseItem, Fraction]]) -> bool:
    """Whether each item gets what is wanted: in this order, the other way round, and with each item asked for last."""
    last = [[*chosen[:at], *chosen[at + 1 :], chosen[at]] for at in range(len(chosen) - 1)]
    for order in (chosen, chosen[::-1], *last):
        asked = tuple(attrs.evolve(item, id=str(number)) for number, (item, _) in enumerate(order))
        results = decide(book, attrs.evolve(case, items=asked)).results
        if any(result.granted != wanted for result, (_, wanted) in zip(results, order, strict=True)):
            return False
    return True


def best(book: RuleBook, case: Case, *, width: int = 1, series: int = 1, law: bool = True) -> Fraction | None:
    """
    The most credits that any application grants in full; None where there are too many to try.

    Args:
        law: Go by the law that what fits together fits without one of it; the others are all tried.
    """
    able = able_items(book, case, width, series)
    if prod(1 + len(list(amounts(most, parts))) for _, most, parts in able) > SETS_MAX:
        return None
    rest = [sum((most for _, most, _ in able[at:]), Fraction(0)) for at in range(len(able) + 1)]
    top = Fraction(0)

    def grow(at: int, chosen: list[tuple[CaseItem, Fraction]], total: Fraction) -> None:
        nonlocal top
        if total + rest[at] <= top or at == len(able):
            return
        item, most, parts = able[at]
        same = any(set(item.sources) == set(one.sources) and set(item.targets) == set(one.targets) for one, _ in chosen)
        for wanted in () if same else amounts(most, parts):
            more = [*chosen, (attrs.evolve(item, ask=wanted if parts else None), wanted)]
            fits = granted_in_full(book, case, more)
            if fits:
                top = max(top, total + wanted)
            if fits or not law:
                grow(at + 1, more, total + wanted)
        grow(at + 1, chosen, total)

    grow(0, [], Fraction(0))
    return top


def amounts(most: Fraction, parts: bool) -> Iterator[Fraction]:
    yield most
    for steps in range(int(most / STEP) - 1 if parts else 0, 0, -1):
        yield steps * STEP


# --- random instances -------------------------------------------------------------------------------------------------


def clause(id: str, kind: str, body: str) -> str:
    return f'{{ id = "{id}", kind = "{kind}", basis = "b:1", {body} }}'


PERS = ["[]", '["source"]', '["target"]', '["source.content"]', '["source.issuer"]', '["target.category"]']
OVERS = ['over = { "source.issuer" = "own" }, ', 'over = { "target.category" = "甲" }, ', "", ""]
WHENS = ['when = { "source.content" = "x" }, ', "", "", "", ""]


def a_limit(random: Random, number: int, highest: bool) -> str:
    id, per = f"l{number}", random.choice(PERS)
    over, when = random.choice(OVERS), random.choice(WHENS)
    kind = random.choice(["cap", "cap", "cap", "once", "once", *(["highest"] if highest else [])])
    if kind == "highest":
        by = random.choice(["worth", "source.level", "source.credits"])
        earlier, others = random.choice(["refuse", "refuse", "difference"]), random.choice(["0", "0", '"1/2"'])
        body = f'{when}per = {random.choice(PERS[3:5])}, by = "{by}", earlier = "{earlier}", others = {others}'
        return clause(id, kind, body)
    if kind == "once":
        by = random.choice(["item", "item", "application"])
        ignore = random.choice(["", "", 'ignore = { "earlier.target" = "t1" }, '])
        return clause(id, kind, f'{when}{over}{ignore}per = {random.choice(PERS[1:])}, by = "{by}"')
    measure = random.choice(
        ["credits", "credits", "credits", "target_credits", "sources", "targets", "items", "hours", "level_points"]
    )
    most = {"hours": random.randint(20, 120), "level_points": random.randint(2, 20)}.get(measure, random.randint(1, 8))
    limit = random.choice(
        [str(most), str(most), '"@target.room"' if measure == "credits" and per == '["target"]' else str(most)]
    )
    exceed = random.choice(["", 'exceed = "refuse", ']) if measure == "credits" else ""
    across = random.choice(["", 'across = "bank", '])
    return clause(id, kind, f'{when}{over}{across}{exceed}per = {per}, measure = "{measure}", at_most = {limit}')


def a_book(random: Random, *, parts: bool, rows: bool, own: bool, highest: bool) -> RuleBook:
    if rows:
        pairs = [(s, t) for s in range(1, 9) for t in range(1, 4) if random.random() < 0.35]
        series = [f'{{ from = "s{s}", to = "t{t}", credits = {random.randint(1, 6)} }}' for s, t in pairs]
        series += ['{ from = { all = ["s1", "s2"] }, to = { all = ["t1", "t2"] }, credits = [3, 2] }']
        series += ['{ from = { pick = 2, of = ["s3", "s4", "s5"] }, to = "t3", credits = 5 }']
        random.shuffle(series)
        clauses = [clause("m", "map", f"rows = [{', '.join(series)}]")]
    else:
        clauses = [clause("m", "map", 'match = { "pair.able" = true }')]
        clauses += [clause("w", "worth", f'of = "@{"source" if own else "target"}.credits"')]
    left = random.choice(["keep", "forfeit", "forfeit"])
    clauses += [clause("u", "policy", f'units = "{"parts" if parts else "whole"}", leftover = "{left}"')]
    highest = highest and left == "forfeit"  # the loader refuses a highest that cuts lots of which the rest is kept
    clauses += [a_limit(random, number, highest) for number in range(random.randint(1, 5))]
    text = f"{HEAD}\nclause = [{', '.join(clauses)}]"
    fields = 'fields = { "source.level" = "level:n", "pair.able" = "flag", "target.room" = "number" }'
    return read_book(text.replace('fields = { "source.level" = "level:n" }', fields), name="test.toml")


def a_case(random: Random, *, size: int, parts: bool) -> Case:
    outcomes = {
        f"s{number}": {
            "credits": Fraction(random.randint(2, 6 if parts else 12), 2),
            "system": "sys",
            "category": (random.choice("甲乙"),),
            "content": random.choice("xy"),
            "issuer": random.choice(["own", "other"]),
            "level": Level("n", random.choice("123")),
            "hours": Fraction(random.randint(1, 6) * 10),
        }
        for number in range(1, size + 1)
    }
    targets: dict[str, dict[str, object]] = {
        f"t{number}": {
            "kind": random.choice(["course", "course", "pool"]),
            "credits": Fraction(random.randint(2, 8), 2),
            "category": tuple(sorted({random.choice("甲乙"), random.choice("甲乙")})),
            "room": Fraction(random.randint(2, 12), 2),
        }
        for number in range(1, 4)
    }
    able = {(s, t): {"able": random.random() < (0.35 if size > 5 else 0.6)} for s in outcomes for t in targets}
    line = HistoryLine(
        application="before", item="1", act="convert", as_=None, sources=("s1",), target="t1", credits=Fraction(1),
        worth=Fraction(1), on=date(2021, 1, 1), programme="p", institution="", book="test", state="decided",
    )  # fmt: skip
    return Case(
        book="",
        act="convert",
        id="now",
        application={"applied_on": date(2022, 6, 1)},
        learner={},
        programme={"id": "p"},
        items=(),
        outcomes=outcomes,
        targets=targets,
        pairs=able,
        history=(line,) if random.random() < 0.3 else (),
        systems={"sys": STEP},
    )


@attrs.frozen
class Instance:
    """A random book and case; *width*: how many sources an item may need, *series*: how many targets."""

    seed: int
    book: RuleBook
    case: Case
    width: int
    series: int

    @classmethod
    def of(cls, seed: int) -> "Instance":
        random = Random(seed)
        shape = random.choice(["single", "single", "rows", "joint", "parts", "parts joint"])
        parts = shape.startswith("parts")
        size = {"single": 8, "rows": 7, "joint": 5, "parts": 4, "parts joint": 3}[shape]
        book = a_book(random, parts=parts, rows=shape == "rows", own="joint" in shape, highest=random.random() < 0.4)
        case = a_case(random, size=random.randint(2, size), parts=parts)
        return cls(
            seed, book, case, {"joint": 4, "parts joint": 3, "rows": 2}.get(shape, 1), 2 if shape == "rows" else 1
        )


def differs(one: Instance) -> tuple[str, Plan]:
    """Say where plan and oracle disagree, empty if nowhere."""
    plan = plan_case(one.book, one.case)
    oracle = best(one.book, one.case, width=one.width, series=one.series)
    if oracle is None:
        return "skipped", plan
    if plan.bound is not None and oracle > plan.bound:
        return f"bound {plan.bound} < {oracle}", plan
    if plan.optimal and plan.credits != oracle:
        return f"optimal {plan.credits}, oracle {oracle}", plan
    if plan.credits > oracle:
        return f"{plan.credits} > oracle {oracle}", plan
    return "", plan


def campaign(first: int, count: int) -> None:
    optimal, skipped, unsettled = 0, 0, dict[tuple[str, ...], int]()
    for seed in range(first, first + count):
        said, plan = differs(Instance.of(seed))
        optimal += plan.optimal
        if not plan.optimal:
            unsettled[plan.open] = unsettled.get(plan.open, 0) + 1
        skipped += said == "skipped"
        if said not in ("", "skipped"):
            print(f"seed {seed}: {said}; open {plan.open}", flush=True)
    print(f"{count} instances, {skipped} too wide to try, {optimal} optimal; not: {unsettled}")


if __name__ == "__main__":
    campaign(int(sys.argv[1]), int(sys.argv[2]))
