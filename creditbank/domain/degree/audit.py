"""
What a degree audit (毕业审核) finds: requirement by requirement what is met and by what, and the smallest change to the end.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Literal

import attrs

from creditbank.domain.degree.model import Kind, Variables
from creditbank.domain.degree.requirement import Group, Node, Share, Take
from creditbank.domain.degree.tree import Tree
from creditbank.domain.degree.unlisted import Sort

__all__ = [
    "Audit",
    "Change",
    "Counted",
    "EarlyFound",
    "FloorFound",
    "RequirementFound",
    "Standing",
    "Step",
    "Unused",
    "found_in",
    "unsolved",
]

Standing = Literal["met", "missing", "not-needed", "not-for-you"]
"""*not-needed*: others of its group are met, or nearer; *not-for-you*: its ``when`` does not hold."""


@attrs.frozen
class Counted:
    """An outcome that counts in a requirement, with its credits there."""

    holding: str
    name: str
    credits: Fraction


@attrs.frozen
class FloorFound:
    """Of *base* credits that count in the requirement, *have* are such as is asked for, and that should be *test* *need*."""

    have: Fraction
    test: Literal["at_least", "at_most"]
    need: Fraction
    base: Fraction

    @property
    def met(self) -> bool:
        """Tell whether it holds; meeting it exactly is enough."""
        return self.have >= self.need if self.test == "at_least" else self.have <= self.need


@attrs.frozen
class RequirementFound:
    """
    What was found of one requirement.

    Attributes:
        zh, en: What people call it; where it has no name and asks for a course, that course.
        by: What counts in it, of what the learner has; of a leaf.
        have, need: Credits of a leaf; *need* is None where it counts courses alone.
        have_courses, need_courses: Whole courses of a leaf, or parts that are met of a group.
        undecided: (outcome, field): whether it counts cannot be decided for want of the field. The empty outcome is the learner.
    """

    id: str
    zh: str
    en: str
    basis: str
    standing: Standing
    shares: bool
    by: tuple[Counted, ...]
    have: Fraction
    need: Fraction | None
    have_courses: int
    need_courses: int | None
    floors: tuple[FloorFound, ...]
    undecided: tuple[tuple[str, str], ...]
    parts: tuple["RequirementFound", ...]

    def walk(self) -> Iterator["RequirementFound"]:
        """Yield this and everything in it, in file order."""
        yield self
        for part in self.parts:
            yield from part.walk()


@attrs.frozen
class Step:
    """
    Part of the smallest change: a listed course to take, or what no listed course stands for.

    Attributes:
        course: The code of the course; empty where any will do that *requirements* take.
        credits, courses: How much it is; of a course not listed the credits may not be known, and are 0.
        requirements: Where it counts; of what is not listed, what it is earned for, then where it may count as well.
        floors: Of what is not listed, the floors that are not met without it and that it has to count for: (requirement, number
            of the floor, from 0).
    """

    course: str
    name: str
    credits: Fraction
    courses: int
    requirements: tuple[str, ...]
    floors: tuple[tuple[str, int], ...]


@attrs.frozen
class Change:
    """The smallest change that completes the programme: fewest *credits*, then fewest *courses*. Both 0: nothing is missing."""

    credits: Fraction
    courses: int
    steps: tuple[Step, ...]


@attrs.frozen
class Unused:
    """An outcome that counts nowhere: not asked for, or (*field*) not decidable whether it counts, or *excluded* by ``counts``."""

    holding: str
    name: str
    credits: Fraction
    excluded: bool
    field: str


@attrs.frozen
class EarlyFound:
    """Who may leave early: from *since* on (None: not known when the learner entered), with *requirement*."""

    since: date | None
    requirement: RequirementFound
    eligible: bool


@attrs.frozen
class Audit:
    """
    What a programme's requirements say of a learner on one day.

    Attributes:
        system: The credit system that every number of credits is in.
        requirement: The tree; its root is met when everything is.
        change: None where nothing completes it, whatever is taken: the limits contradict each other.
        proven: Nothing smaller completes it. The solver gives up after so many branches, and then it is a way, perhaps not the
            smallest; no real programme has come near.
        unused: Outcomes that are not needed, or do not count.
        ends: When the programme regularly ends, where that is known.
        early: None where the programme does not say who may leave early.
    """

    programme: str
    version: str
    title: str
    system: str
    on: date
    requirement: RequirementFound
    change: Change | None
    proven: bool
    unused: tuple[Unused, ...]
    ends: date | None
    early: EarlyFound | None

    @property
    def complete(self) -> bool:
        """Tell whether everything is met by what the learner has."""
        return self.requirement.standing == "met"

    @property
    def ahead(self) -> bool:
        """Tell whether it is complete before it regularly ends."""
        return self.complete and self.ends is not None and self.on < self.ends


def found_in(
    tree: Tree, says: Variables, values: tuple[int, ...]
) -> tuple[RequirementFound, Change, tuple[Unused, ...]]:
    """Return what *values*, which solve the model of *tree*, say."""
    reading = _Reading(tree, says, values)
    return reading.requirement(tree.root), reading.change(), reading.unused()


def unsolved(tree: Tree) -> RequirementFound:
    """Return the tree of a programme that nothing completes: nothing is allotted, since nothing would do."""
    says = Variables({id: 0 for id, applies in tree.applies.items() if applies}, {}, {}, {}, {}, 1)
    return _Reading(tree, says, (1,)).requirement(tree.root)


@attrs.define(eq=False, slots=False)
class _Reading:
    """Reads a solution."""

    tree: Tree
    says: Variables
    values: tuple[int, ...]

    def counted(self, leaf: str, *, held: bool) -> tuple[str, ...]:
        """Return the ids of the sources that count in *leaf*."""
        if self.tree.leaves[leaf].free:
            chosen = self.values[self.says.chosen[leaf]]
            ids = [id for id in self.tree.best(self.tree.leaves[leaf]) if chosen and self.here(id)]
        else:
            counts = self.says.counts
            matches = self.tree.leaves[leaf].matches
            ids = [id for id in matches if (id, leaf) in counts and self.values[counts[id, leaf]]]
        return tuple(id for id in ids if self.tree.sources[id].held == held)

    def here(self, id: str) -> bool:
        """Tell whether the learner has the source, or takes it."""
        taken = self.says.taken.get(id)
        return self.tree.sources[id].held or (taken is not None and self.values[taken] == 1)

    def requirement(self, node: Node) -> RequirementFound:
        """Return what was found of *node* and of everything in it, by what the learner has alone."""
        parts = tuple(self.requirement(part) for part in node.ask.parts) if isinstance(node.ask, Group) else ()
        undecided: tuple[tuple[str, str], ...] = ()
        if node.id in self.tree.undecided:
            undecided = (("", self.tree.undecided[node.id]),)
        by: tuple[Counted, ...] = ()
        need, need_courses, have_courses = None, None, 0
        leaf = self.tree.leaves.get(node.id)
        if leaf is not None:
            held = [self.tree.sources[id].holding for id in self.counted(node.id, held=True)]
            by = tuple(Counted(one.id, one.name, one.credits) for one in held)
            need, need_courses = leaf.need, leaf.take.courses
            have_courses = sum(one.whole for one in held)
            undecided += leaf.undecided
        elif isinstance(node.ask, Group):
            applying = sum(part.standing != "not-for-you" for part in parts)
            have_courses = sum(part.standing == "met" for part in parts)
            need_courses = applying if node.ask.count is None else node.ask.count
        have = sum((one.credits for one in by), Fraction(0))
        floors = tuple(self.floor(node, number) for number in range(len(node.floors))) if self.applies(node) else ()
        met = (need is None or have >= need) and (need_courses is None or have_courses >= need_courses)
        return RequirementFound(
            id=node.id,
            zh=node.zh or self.called(node),
            en=node.en,
            basis=node.basis,
            standing=self.standing(node, met and all(floor.met for floor in floors)),
            shares=node.shares,
            by=by,
            have=have,
            need=need,
            have_courses=have_courses,
            need_courses=need_courses,
            floors=floors,
            undecided=undecided,
            parts=parts,
        )

    def called(self, node: Node) -> str:
        """Return what a requirement is called that has no name: by the course that it asks for."""
        if node.en or not isinstance(node.ask, Take) or not node.ask.course:
            return ""
        code = node.ask.course
        names = (course.facts.get("name") for course in self.tree.programme.courses if course.code == code)
        return " ".join(str(part) for part in (code, next(names, None)) if part is not None)

    def applies(self, node: Node) -> bool:
        return self.tree.applies[node.id]

    def standing(self, node: Node, met: bool) -> Standing:
        if not self.applies(node):
            return "not-for-you"
        if not self.values[self.says.chosen[node.id]]:
            return "not-needed"
        return "met" if met else "missing"

    def floor(self, node: Node, number: int) -> FloorFound:
        floor: Share = node.floors[number]
        selected = self.tree.floors[node.id][number]
        have = base = Fraction(0)
        for leaf in self.tree.inside(node):
            for id in self.counted(leaf.node.id, held=True):
                credits = self.tree.sources[id].holding.credits
                base += credits
                have += credits if id in selected else Fraction(0)
        need = floor.credits if floor.share is None else floor.share * base
        assert need is not None, "a floor is an amount or a share"
        return FloorFound(have, floor.word, need, base)

    def change(self) -> Change:
        steps = (*self.listed(), *self.unlisted())
        credits = sum((step.credits for step in steps), Fraction(0))
        return Change(credits, sum(step.courses for step in steps), steps)

    def listed(self) -> Iterator[Step]:
        for id, variable in self.says.taken.items():
            if self.values[variable]:
                holding = self.tree.sources[id].holding
                places = tuple(leaf for leaf in self.tree.leaves if id in self.counted(leaf, held=False))
                yield Step(str(holding.facts["code"]), holding.name, holding.credits, 1, places, ())

    def unlisted(self) -> Iterator[Step]:
        amounts: dict[Sort, dict[Kind, int]] = {}
        for (kind, sort), variable in self.says.unlisted.items():
            if self.values[variable]:
                amounts.setdefault(sort, {})[kind] = self.values[variable]
        place = {id: number for number, id in enumerate(self.tree.leaves)}
        for sort in sorted(amounts, key=lambda sort: place[sort.home]):  # stable: of one leaf, as they were found
            node, take = self.tree.leaves[sort.home].node, self.tree.leaves[sort.home].take
            credits = Fraction(amounts[sort].get("credits", 0), self.says.scale)
            asked = (id for kind in amounts[sort] for id in sort.also if (kind, sort, id) in self.says.also)
            also = dict.fromkeys(id for id in asked if self.lacks(id))
            floors = tuple(key for key in self.short if key in sort.floors)
            courses = amounts[sort].get("courses", 0)
            yield Step(take.course, node.zh or node.en, credits, courses, (sort.home, *also), floors)

    @cached_property
    def short(self) -> tuple[tuple[str, int], ...]:
        """The floors ``at_least`` of what shall be met that do not hold by what the learner has, in file order."""
        chosen = (
            node for node in self.tree.root.walk() if self.applies(node) and self.values[self.says.chosen[node.id]]
        )
        keys = (
            (node, number) for node in chosen for number, floor in enumerate(node.floors) if floor.word == "at_least"
        )
        return tuple((node.id, number) for node, number in keys if not self.floor(node, number).met)

    def lacks(self, id: str) -> bool:
        """Tell whether a leaf that shall be met is not met by what the learner has."""
        node = self.tree.leaves[id].node
        return self.requirement(node).standing == "missing"

    def unused(self) -> tuple[Unused, ...]:
        used = {id for leaf in self.tree.leaves for id in self.counted(leaf, held=True)}
        fields = _wanted(self.tree)
        found = []
        for holding in self.tree.holdings:
            if holding.id in self.tree.excluded:
                found.append(Unused(holding.id, holding.name, holding.credits, True, self.tree.excluded[holding.id]))
            elif holding.id not in used:
                found.append(Unused(holding.id, holding.name, holding.credits, False, fields.get(holding.id, "")))
        return tuple(found)


def _wanted(tree: Tree) -> Mapping[str, str]:
    """Return the first field that is wanted of each outcome that some leaf cannot decide."""
    fields: dict[str, str] = {}
    for leaf in tree.leaves.values():
        for id, field in leaf.undecided:
            fields.setdefault(id, field)
    return fields
