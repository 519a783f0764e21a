"""
Toward a degree: the degree audit's model beside the plan's, tied together by what a plan brings and what it uses up.

A course that is granted counts as the audit counts it; an outcome that is used counts no longer; a listed course that is
granted need not be taken. So what is missing after a plan can be asked for, and the least of it: with what no listed course
stands for where today's audit allows it. (Where the audit afterwards says something else, the plan claims nothing.)
What no listed course could make up for, such as a certificate that is asked for, is kept.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Final

import attrs

from creditbank.domain.degree.audit import Audit
from creditbank.domain.degree.model import Homes, Variables, model_of
from creditbank.domain.degree.record import Holding, Record
from creditbank.domain.degree.requirement import DegreeProgramme
from creditbank.domain.degree.tree import LISTED, Leaf, Perhaps, Source, Tree, tree_of
from creditbank.domain.programme import Course
from creditbank.domain.rule.decision import Decision
from creditbank.domain.view.record import NOT_DONE, Granting, record_with
from creditbank.planner.model import Model
from creditbank.planner.solver import Row

__all__ = ["Aim", "Toward"]

_ONE: Final = Fraction(1)
_ZERO: Final = Fraction(0)


@attrs.frozen
class Aim:
    """
    What a plan is to bring a learner nearer to.

    Attributes:
        courses: That may be granted, by id; *granting* says how they are held then.
        before: The audit of *record*.
        homes: Requirements for which something may be earned that no listed course stands for, as in that audit.
    """

    programme: DegreeProgramme
    record: Record
    courses: Mapping[str, Course]
    granting: Granting
    before: Audit
    homes: Homes

    def kept(self) -> Iterator[str]:
        """Yield the requirements that are met by so many outcomes, and that fewer listed courses could meet."""
        offered = tree_of(self.programme, attrs.evolve(self.record, holdings=()), self.programme.requirement)
        for one in self.before.requirement.walk():
            leaf = offered.leaves.get(one.id)
            if leaf is not None and one.standing == "met" and len(leaf.matches) < (leaf.take.courses or 0):
                yield one.id

    def record_after(self, decisions: Iterable[Decision]) -> Record:
        """Return the record as it will be when everything that *decisions* grant is converted."""
        results = [result for decision in decisions for result in decision.results]
        spent = (source for result in results for source in result.used)
        asked = self.courses.values()
        brought = (one for result in results for one in self.granting.courses(f"plan.{result.item}", result, asked))
        return record_with(self.record, spent, brought)


@attrs.define
class _Brought:
    """A course that a plan may bring: *by* are columns of which one has to be 1; *amounts*: its credits, if it is one in part."""

    holding: Holding
    by: list[int]
    amounts: dict[int, Fraction] = attrs.field(factory=dict)
    full: int | None = None


class Toward:
    """
    One use: adds columns and rows to a model; :attr:`goals` are what is to be as large as can be, one after the other.

    *complete*: everything was looked at that no listed course stands for; if not, nothing is certain about what is missing.
    """

    def __init__(self, model: Model, aim: Aim) -> None:
        """Tie the audit's model to *model*."""
        self.model = model
        self.aim = aim
        self.brought: dict[str, _Brought] = {}
        for number in range(len(model.candidates)):
            self.bring(number)
        parts = {one.holding.facts["code"] for one in self.brought.values() if one.amounts}
        perhaps = Perhaps(
            tuple(one.holding for one in self.brought.values()),
            frozenset(id for id, one in self.brought.items() if one.amounts) | {f"{LISTED}{code}" for code in parts},
            frozenset(model.spent),
            model.step,
        )
        tree = tree_of(aim.programme, aim.record, aim.programme.requirement, perhaps=perhaps)
        audited, says = model_of(tree, anything=False, homes=aim.homes)
        first = len(model.most)
        self.column = [first + at for at in range(len(audited.upper))]
        model.most += audited.upper
        for row in audited.rows:
            model.add_row(Row({self.column[v]: -c for v, c in row.terms}, -row.at_least))
        self.scale = says.scale
        self.complete = audited.complete
        self.goals = [{self.column[v]: -c for v, c in stage.least} for stage in audited.stages[:2]]
        self.tie(tree, says)
        for leaf in aim.kept():
            self.keep(tree, tree.leaves[leaf])

    def missing(self, values: Iterable[int]) -> tuple[Fraction, int]:
        """Return credits and courses that are missing where the goals have these values."""
        credits, courses = values
        return Fraction(-credits, self.scale), -courses

    # --- what a plan may bring ----------------------------------------------------------------------------------------

    def bring(self, number: int) -> None:
        """Note the courses that candidate *number* brings."""
        model, one = self.model, self.model.candidates[number]
        gives = model.views[one.book].book.gives_credits(model.views[one.book].case.act)
        done = not gives or one.able.chosen.mode not in NOT_DONE
        for target in one.able.accepted.targets:
            lines = [at for at, line in enumerate(one.lines) if line.target == target]
            credits = sum((one.lines[at].credits for at in lines), _ZERO)
            course = self.aim.courses[target]
            if one.parts:
                need = model.views[one.book].case.targets[target]["credits"]
                self.in_part(number, course, lines, credits, whole=done and credits == need)
                continue
            id = f"plan/{target}/{credits}/{done}"
            holding = self.aim.granting.holding(id, course.id, course, credits, whole=done)
            self.brought.setdefault(id, _Brought(holding, [])).by.append(model.columns[number].chosen)

    def in_part(self, number: int, course: Course, lines: list[int], most: Fraction, *, whole: bool) -> None:
        """Note a course of which *most* may be granted, or less: where that is *whole*, it is done when all of it is."""
        model, granting = self.model, self.aim.granting
        amounts, full = model.credit(number, lines), None
        if whole:
            full = model.new_column()
            id = f"plan/{number}/{course.id}/whole"
            self.brought[id] = _Brought(granting.holding(id, course.id, course, most, whole=True), [full])
            model.add({full: most, **{column: -factor for column, factor in amounts.items()}}, _ZERO)
            model.add({**amounts, full: -model.step}, most - model.step)
        if granting.counts:
            id = f"plan/{number}/{course.id}/part"
            holding = granting.holding(id, course.id, course, most, whole=False)
            self.brought[id] = _Brought(holding, [model.columns[number].chosen], amounts, full)

    def keep(self, tree: Tree, leaf: Leaf) -> None:
        """Leave as many outcomes as *leaf* asks for, results of one course once."""
        groups: dict[str, list[Source]] = {}
        for id in leaf.matches:
            if (source := tree.sources[id]).origin != "listed" and source.holding.whole:
                groups.setdefault(source.once, []).append(source)
        kept = {self.model.new_column(): several for several in groups.values()}
        for column, several in kept.items():
            if any(one.sure for one in several):
                continue
            spent = [self.model.spent[one.id] for one in several if one.held]
            brought = [by for one in several if not one.held for by in self.brought[one.id].by]
            self.model.add(
                {column: _ONE, **dict.fromkeys(spent, _ONE), **dict.fromkeys(brought, -_ONE)}, Fraction(len(spent))
            )
        self.model.add(dict.fromkeys(kept, -_ONE), Fraction(-(leaf.take.courses or 0)))

    # --- both models together -----------------------------------------------------------------------------------------

    def tie(self, tree: Tree, says: Variables) -> None:
        for (id, leaf), variable in says.counts.items():
            column = self.column[variable]
            if id in self.brought:
                self.model.add({column: _ONE, **dict.fromkeys(self.brought[id].by, -_ONE)}, _ZERO)
                amount = says.amounts.get((id, leaf))
                self.tie_part(self.brought[id], column, None if amount is None else self.column[amount])
            elif id in self.model.spent and tree.sources[id].held:
                self.model.add({column: _ONE, self.model.spent[id]: _ONE}, _ONE)
        for id, variable in says.taken.items():
            self.tie_listed(tree, says, id, self.column[variable])

    def tie_part(self, one: _Brought, column: int, amount: int | None) -> None:
        if one.full is not None:
            self.model.add({column: _ONE, one.full: _ONE}, _ONE)
        if amount is not None:
            self.model.add({amount: Fraction(1, self.scale), **{c: -f for c, f in one.amounts.items()}}, _ZERO)

    def tie_listed(self, tree: Tree, says: Variables, id: str, taken: int) -> None:
        """A listed course is not taken where it is granted, nor while a result of it is held; of one in part, the rest is."""
        listed, parts = tree.sources[id], []
        for other in tree.sources.values():
            if other.sure or other.id == id:
                continue
            if other.held and other.once == listed.once:
                spent = self.model.spent[other.id]
                users = [
                    self.model.columns[number].chosen
                    for number, one in enumerate(self.model.candidates)
                    if other.id in one.able.accepted.used
                ]
                self.model.add({spent: _ONE, **dict.fromkeys(users, -_ONE)}, _ZERO)
                self.model.add({taken: _ONE, spent: -_ONE}, _ZERO)
            elif other.once == listed.once:
                there = self.model.any_of(self.brought[other.id].by)
                self.model.add({taken: _ONE, there: _ONE}, _ONE)
            elif other.origin == "planned" and other.varies and other.course == listed.course:
                parts.append(self.brought[other.id])
        if parts:
            self.tie_rest(says, id, taken, listed.holding.credits, parts)

    def tie_rest(self, says: Variables, id: str, taken: int, credits: Fraction, parts: list[_Brought]) -> None:
        """Of a course that is granted in part only the rest is to be earned, and counts beside the part."""
        unit = Fraction(1, self.scale)
        spared = self.model.new_column(int(credits * self.scale))
        amounts = {column: factor for one in parts for column, factor in one.amounts.items()}
        self.model.add({spared: unit, taken: -credits}, _ZERO)
        self.model.add({spared: unit, **{column: -factor for column, factor in amounts.items()}}, _ZERO)
        self.goals[0][spared] = 1
        over, most = self.model.new_column(), sum((one.holding.credits for one in parts), _ZERO)
        for (other, _), variable in says.amounts.items():
            if other == id:
                # Where the parts come to more than the course, nothing is left to count.
                counted = {self.column[variable]: unit}
                self.model.add({**counted, **amounts, over: min(credits - most, _ZERO)}, credits)
                self.model.add({**counted, over: credits}, credits)
