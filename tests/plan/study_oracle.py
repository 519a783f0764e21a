"""
The oracle of plans toward a programme: every application there is, and after each the degree audit of what stands then.

It knows nothing of the models. Each plan is carried out, and audited anew.

A campaign: ``python tests/plan/study_oracle.py 0 2000``.
"""

import sys
from collections.abc import Iterator
from fractions import Fraction
from math import prod
from pathlib import Path
from random import Random

import attrs
from plan_oracle import Instance, able_items, amounts, granted_in_full

sys.path.insert(0, str(Path(__file__).parents[1] / "degree"))

from degree_support import HEAD, ON, course, courses, credits, held, issued, listed, node, tagged

from creditbank.domain.credit import Credit
from creditbank.domain.degree.audit import Audit
from creditbank.domain.degree.model import Homes, model_of
from creditbank.domain.degree.record import Record
from creditbank.domain.degree.requirement import DegreeProgramme, Group, Node, Share
from creditbank.domain.degree.tree import Tree, tree_of
from creditbank.domain.name import institution_id
from creditbank.domain.programme import Course
from creditbank.domain.rule import Case, CaseItem, Decision, RuleBook, decide
from creditbank.domain.rule.view import View
from creditbank.domain.view.record import Granting
from creditbank.planner.degree import audited, solved
from creditbank.planner.result import Plan
from creditbank.planner.search import plan_views
from creditbank.planner.study import judged
from creditbank.planner.toward import Aim
from creditbank.planner.way import Reach

SETS_MAX = 400
SCHOOL = institution_id("keys:school")
Worth = tuple[Fraction, int, Fraction]
"""Credits and courses missing, below zero, and credits granted: the greatest is the best."""


def every(book: RuleBook, case: Case, width: int, series: int) -> Iterator[Decision] | None:
    """Return the decision of every application that is granted in full in any order; None where there are too many."""
    able = able_items(book, case, width, series)
    if prod(1 + len(list(amounts(most, parts))) for _, most, parts in able) > SETS_MAX:
        return None

    def grow(at: int, chosen: list[tuple[CaseItem, Fraction]]) -> Iterator[Decision]:
        if at == len(able):
            items = tuple(attrs.evolve(item, id=str(number)) for number, (item, _) in enumerate(chosen))
            yield decide(book, attrs.evolve(case, items=items))
            return
        item, most, parts = able[at]
        same = any(set(item.sources) == set(one.sources) and set(item.targets) == set(one.targets) for one, _ in chosen)
        for wanted in () if same else amounts(most, parts):
            more = [*chosen, (attrs.evolve(item, ask=wanted if parts else None), wanted)]
            if granted_in_full(book, case, more):
                yield from grow(at + 1, more)
        yield from grow(at + 1, chosen)

    return grow(0, [])


def missing_in(programme: DegreeProgramme, record: Record, homes: Homes) -> tuple[Fraction, int] | None:
    """
    Return the fewest credits, then courses, that are still to be earned; None where that does not complete the programme.

    What no listed course stands for is earned for *homes* alone, so that two records can be compared.
    """
    tree = tree_of(programme, record, programme.requirement)
    model, says = model_of(tree, anything=False, homes=homes)
    model = attrs.evolve(model, stages=model.stages[:2])
    values, _ = solved(model)
    if values is None:
        return None
    credits, courses = (sum(factor * values[variable] for variable, factor in stage.least) for stage in model.stages)
    return Fraction(credits, says.scale), courses


def worth(missing: tuple[Fraction, int], decision: Decision) -> Worth:
    granted = sum((result.granted or Fraction(0) for result in decision.results), Fraction(0))
    return -missing[0], -missing[1], granted


# --- random programmes ------------------------------------------------------------------------------------------------


def a_leaf(random: Random, id: str) -> Node:
    tag, kind = tagged(random.choice("甲乙")), random.choice(["course", "credits", "credits", "courses", "any"])
    shares = random.random() < 0.3
    if kind == "course":
        return node(id, course(random.choice(["t1", "t2", "t3", "u1"])), shares=shares)
    if kind == "credits":
        return node(id, credits(random.randint(1, 6), tag), shares=shares)
    if kind == "courses":
        return node(id, courses(random.randint(1, 2), tag), shares=shares)
    return node(id, credits(random.randint(2, 12)), shares=shares)


def a_programme(random: Random, case: Case, system: str) -> DegreeProgramme:
    parts = []
    for number in range(random.randint(1, 4)):
        if random.random() < 0.25:
            inside = tuple(a_leaf(random, f"r{number}.{n}") for n in range(random.randint(2, 3)))
            parts.append(node(f"r{number}", Group(random.choice([None, 1]), inside)))
        else:
            parts.append(a_leaf(random, f"r{number}"))
    floors = []
    if random.random() < 0.25:
        word = random.choice(["at_least", "at_most"])
        floors = [Share(issued(str(SCHOOL)), word, None, Fraction(1, 2))]  # type: ignore[arg-type] # a word
    offered = []
    for id, facts in case.targets.items():
        if random.random() < 0.7:
            amount, tags = facts["credits"], facts["category"]
            odd = random.random() < 0.1
            offered.append(listed(id, amount, *("乙" if odd else tags), issuer=SCHOOL))  # type: ignore[arg-type] # facts
    offered += [listed(id, random.randint(1, 4), random.choice("甲乙"), issuer=SCHOOL) for id in ("u1", "u2")]
    root = node("all", Group(None, tuple(parts)), floors=floors)
    head = attrs.evolve(HEAD, system=system)
    return DegreeProgramme(head, SCHOOL, None, None, None, root, tuple(offered), None)


@attrs.frozen
class Study:
    """A random book, case and programme; what the learner has may count by itself, too."""

    instance: Instance
    case: Case
    aim: Aim

    @classmethod
    def of(cls, seed: int) -> "Study":
        one = Instance.of(seed)
        random = Random(f"programme {seed}")
        targets = {id: {**facts, "kind": "course"} for id, facts in one.case.targets.items()}
        outcomes = dict(list(one.case.outcomes.items())[: random.randint(2, 5)])
        case = attrs.evolve(one.case, targets=targets, outcomes=outcomes, history=())
        system = random.choice(["sys", "sys", "sys", "sys", "other"])
        programme = a_programme(random, case, system)
        holdings = [
            held(
                id,
                facts["credits"] if system == "sys" else 0,  # type: ignore[arg-type] # an amount
                *facts["category"],  # type: ignore[misc] # tags
                code=random.choice(["", "", "u1", "u2"]),
                issuer=random.choice([str(SCHOOL), "other"]),
                achieved_on=ON,
            )
            for id, facts in outcomes.items()
            if random.random() < 0.7
        ]
        record = Record(ON, {}, {}, tuple(holdings))
        courses = {
            id: Course(id, id, facts["category"], False, Credit("sys", int(facts["credits"] * 2)))  # type: ignore[arg-type, operator] # facts
            for id, facts in targets.items()
        }
        granting = Granting(programme, SCHOOL, "sys", ON)
        return cls(one, case, Aim(programme, record, courses, granting, *audited(programme, record)))

    def proposed(self, *, why: bool = False) -> Plan:
        """Return the plan as the search finds it, before the audit has judged it."""
        view = View(self.instance.book, self.case)
        aim = None if self.aim.before.change is None else self.aim
        return plan_views([(view, Reach.all_of(self.case))], system="sys", aim=aim, why=why)

    def planned(self) -> tuple[Plan, Audit]:
        return judged(self.proposed(why=True), self.aim)

    def missing(self, plan: Plan) -> tuple[Fraction, int] | None:
        """Return what is missing after *plan*, with what today's audit allows."""
        return missing_in(self.aim.programme, self.aim.record_after(plan.decisions), self.aim.homes)

    def carried_out(self, plan: Plan) -> Audit:
        """Return the audit when everything that *plan* asks for has been applied for."""
        asked = attrs.evolve(self.case, items=tuple(one.item for one in plan.items))
        record = self.aim.record_after([decide(self.instance.book, asked)])
        return audited(self.aim.programme, record)[0]

    def best(self) -> Worth | None:
        """Return what the best application comes to; None where there are too many to try."""
        decisions = every(self.instance.book, self.case, self.instance.width, self.instance.series)
        if decisions is None:
            return None
        audits: dict[object, tuple[Fraction, int] | None] = {}
        top = None
        for decision in decisions:
            record = self.aim.record_after([decision])
            # Items have other numbers in every application; what they bring is the same.
            key = tuple(
                ("" if one.id.startswith("plan.") else one.id, one.facts.get("code"), one.credits, one.whole)
                for one in record.holdings
            )
            if key not in audits:
                kept = self.keeps(record)
                audits[key] = missing_in(self.aim.programme, record, self.aim.homes) if kept else None
            missing = audits[key]
            if missing is not None:
                value = worth(missing, decision)
                top = value if top is None else max(top, value)
        return top

    def keeps(self, after: Record) -> bool:
        """Say whether what no listed course could make up for is still there."""
        programme = self.aim.programme
        then = tree_of(programme, after, programme.requirement)
        lists = tree_of(programme, attrs.evolve(after, holdings=()), programme.requirement)
        for one in self.aim.before.requirement.walk():
            if one.standing == "met" and one.id in then.leaves:
                leaf = then.leaves[one.id]
                need = leaf.take.courses or 0
                have = {then.sources[id].once for id in leaf.matches if _here(then, id)}
                if len(lists.leaves[one.id].matches) < need and len(have) < need:
                    return False
        return True


def _here(tree: Tree, id: str) -> bool:
    return tree.sources[id].held and tree.sources[id].holding.whole


def differs(study: Study) -> tuple[str, Plan]:
    """Say where plan and oracle disagree, empty if nowhere."""
    if study.aim.before.change is None:
        return "skipped", None  # type: ignore[return-value] # nothing to plan toward
    plan, after = study.planned()
    then = study.carried_out(plan)
    if after != then:
        return "the audit afterwards is not the one that is told", plan
    missing_then = None if then.change is None else (then.change.credits, then.change.courses)
    if plan.least not in (None, missing_then) or (plan.least is None and (plan.optimal or plan.forbids)):
        return f"least {plan.least}, but the audit afterwards finds {missing_then}", plan
    oracle = study.best()
    if oracle is None:
        return "skipped", plan
    if plan.least is not None and (-plan.least[0], -plan.least[1]) < oracle[:2]:
        return f"least {plan.least}, oracle {oracle}", plan
    missing = study.missing(plan)
    if missing is None or not study.keeps(study.aim.record_after(plan.decisions)):
        return "the plan leaves what it should keep", plan
    value = (-missing[0], -missing[1], plan.credits)
    if value > oracle:
        return f"{value} > oracle {oracle}", plan
    if plan.optimal and value != oracle:
        return f"optimal {value}, oracle {oracle}", plan
    return "", plan


def campaign(first: int, count: int) -> None:
    optimal, skipped, unsettled = 0, 0, dict[tuple[str, ...], int]()
    for seed in range(first, first + count):
        said, plan = differs(Study.of(seed))
        if said == "skipped":
            skipped += 1
            continue
        optimal += plan.optimal
        if not plan.optimal:
            unsettled[plan.open] = unsettled.get(plan.open, 0) + 1
        if said:
            print(f"seed {seed}: {said}; open {plan.open}", flush=True)
    print(f"{count} instances, {skipped} too wide to try, {optimal} optimal; not: {unsettled}")


if __name__ == "__main__":
    campaign(int(sys.argv[1]), int(sys.argv[2]))
