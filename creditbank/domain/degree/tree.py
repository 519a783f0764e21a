"""
A programme's tree as one learner meets it: which requirements apply, which outcomes and listed courses each leaf would take.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Literal

import attrs

from creditbank.domain.degree.record import Holding, Record, Seen, view_of
from creditbank.domain.degree.requirement import DegreeProgramme, Group, Node, Share, Take
from creditbank.domain.rule.field import Value
from creditbank.domain.rule.selection import holds
from creditbank.domain.rule.verdict import Missing

__all__ = ["LISTED", "Leaf", "Origin", "Perhaps", "Source", "Tree", "tree_of"]

LISTED = "course/"
"""Stands before the code of a listed course where it is a source, so that no outcome has its id."""


Origin = Literal["held", "listed", "planned"]
"""What the learner has; a listed course that could be taken; a course that a plan may bring."""


@attrs.frozen
class Perhaps:
    """
    What a plan may change, before it is known what it does.

    Attributes:
        courses: That it may bring.
        varying: Ids of sources that may count with fewer credits than they say: courses that are granted in part, and the
            listed courses that are the rest of them.
        spends: Ids of outcomes that it may use up.
        step: Amounts in part are multiples of it.
    """

    courses: tuple[Holding, ...] = ()
    varying: frozenset[str] = frozenset()
    spends: frozenset[str] = frozenset()
    step: Fraction = Fraction(1)


@attrs.frozen
class Source:
    """
    A holding, a listed course that could be taken, or a course that a plan may bring.

    Attributes:
        once: Of the sources with the same, one counts in a pool: results of one course, and the course itself.
        sure: It is there whatever a plan does.
        varies: It may count with fewer credits than it says.
    """

    holding: Holding
    origin: Origin
    once: str
    sure: bool = True
    varies: bool = False

    @property
    def id(self) -> str:
        """Return its id: the holding's, or that of the listed course."""
        return self.holding.id

    @property
    def course(self) -> tuple[Value | None, Value | None]:
        """Return what it is a result of: the course's code, and the school's name."""
        return self.holding.facts.get("code"), self.holding.facts.get("issuer")

    @property
    def held(self) -> bool:
        """Tell whether the learner has it."""
        return self.origin == "held"


@attrs.frozen
class Leaf:
    """
    A leaf that applies.

    Attributes:
        pool: The id of the requirement that its pool begins with.
        need: Credits asked for, as a number; None where only courses are.
        matches: The ids of the sources that it would take, in their order.
        undecided: (id, field) of the holdings that cannot be decided for want of a field.
        free: Counting here takes nothing from anywhere, so all it takes counts: it shares, has no floors, what it takes is sure.
    """

    node: Node
    take: Take
    pool: str
    need: Fraction | None
    matches: tuple[str, ...]
    undecided: tuple[tuple[str, str], ...]
    free: bool


@attrs.frozen
class Tree:
    """
    Attributes:
        root: Where it begins.
        applies: By requirement, whether it is for this learner; a missing field is in *undecided*, and then it is.
        holdings: What the learner has.
        sources: Holdings that count at all, then what a plan may bring, then listed courses, by id.
        excluded: Holdings that do not count at all, by id, with the field that is missing, or the empty text.
        floors: By requirement, for each of its floors, the ids of the sources that it selects.
    """

    programme: DegreeProgramme
    root: Node
    seen: Seen
    applies: Mapping[str, bool]
    undecided: Mapping[str, str]
    holdings: tuple[Holding, ...]
    sources: Mapping[str, Source]
    excluded: Mapping[str, str]
    leaves: Mapping[str, Leaf]
    pools: Mapping[str, str]
    floors: Mapping[str, tuple[frozenset[str], ...]]
    perhaps: Perhaps

    def best(self, leaf: Leaf) -> tuple[str, ...]:
        """Return the ids of what *leaf* would take, of each course the result with the most credits."""
        best: dict[str, str] = {}
        for id in leaf.matches:
            once = self.sources[id].once
            other = best.get(once)
            if other is None or self.sources[id].holding.credits > self.sources[other].holding.credits:
                best[once] = id
        return tuple(id for id in leaf.matches if best[self.sources[id].once] == id)

    def inside(self, node: Node) -> tuple[Leaf, ...]:
        """Return the leaves inside *node* (or itself) that are in the same pool: what its floors look at."""
        ids = (one.id for one in node.walk())
        return tuple(self.leaves[id] for id in ids if id in self.leaves and self.pools[id] == self.pools[node.id])


def tree_of(
    programme: DegreeProgramme, record: Record, root: Node, *, listed: bool = True, perhaps: Perhaps = Perhaps()
) -> Tree:
    """Return the tree that begins at *root*; without *listed*, of what the learner has alone."""
    courses = _offered(programme, record.holdings) if listed else ()
    seen = view_of(programme, record, (*record.holdings, *courses, *perhaps.courses))
    sources: dict[str, Source] = {}
    excluded: dict[str, str] = {}
    planned = {course.id for course in perhaps.courses}
    for holding in (*record.holdings, *perhaps.courses):
        verdict = True if programme.counts is None else holds(programme.counts, seen.of(holding.id))
        if verdict is not True:
            excluded[holding.id] = verdict.field if isinstance(verdict, Missing) else ""
            continue
        once = _once(programme, seen, holding)
        if holding.id in planned:
            sources[holding.id] = Source(holding, "planned", once, sure=False, varies=holding.id in perhaps.varying)
        else:
            sources[holding.id] = Source(holding, "held", once, sure=holding.id not in perhaps.spends)
    done = {source.once for source in sources.values() if source.held and source.sure}
    for course in courses:
        once = _once(programme, seen, course)
        if once not in done:
            sources[course.id] = Source(course, "listed", once, varies=course.id in perhaps.varying)
    applies, undecided, pools = _applying(seen, root)
    leaves = {
        node.id: _leaf(programme, node, pools[node.id], seen, sources)
        for node in root.walk()
        if applies[node.id] and isinstance(node.ask, Take)
    }
    floors = {
        node.id: tuple(frozenset(_selected(floor, seen, sources)) for floor in node.floors)
        for node in root.walk()
        if applies[node.id]
    }
    held = record.holdings
    return Tree(programme, root, seen, applies, undecided, held, sources, excluded, leaves, pools, floors, perhaps)


def _offered(programme: DegreeProgramme, holdings: Iterable[Holding]) -> tuple[Holding, ...]:
    """Return the listed courses as they could still be taken: of one that credit covers in part, the rest."""
    covered: dict[Value, Fraction] = {}
    for holding in holdings:
        code = holding.facts.get("code")
        if not holding.whole and code is not None:
            covered[code] = covered.get(code, Fraction(0)) + holding.credits
    return tuple(
        Holding(
            LISTED + course.code,
            str(course.facts.get("name", course.code)),
            course.facts,
            max(course.credits - covered.get(course.code, Fraction(0)), Fraction(0)),
        )
        for course in programme.courses
    )


def _once(programme: DegreeProgramme, seen: Seen, source: Holding) -> str:
    """Return what names the course that *source* is of; nothing but itself where it has no code, or counts each time."""
    code = source.facts.get("code")
    if code is None or not source.whole:
        return f"source {source.id}"
    if programme.repeats is not None and holds(programme.repeats, seen.of(source.id)) is True:
        return f"source {source.id}"
    return f"course {code} of {source.facts.get('issuer', '')}"


def _applying(seen: Seen, root: Node) -> tuple[dict[str, bool], dict[str, str], dict[str, str]]:
    applies: dict[str, bool] = {}
    undecided: dict[str, str] = {}
    pools: dict[str, str] = {}

    def visit(node: Node, above: bool, pool: str) -> None:
        verdict = True if node.when is None else holds(node.when, seen.of())
        if isinstance(verdict, Missing):
            undecided[node.id] = verdict.field
        applies[node.id] = above and verdict is not False
        pools[node.id] = pool = node.id if node.shares else pool
        if isinstance(node.ask, Group):
            for part in node.ask.parts:
                visit(part, applies[node.id], pool)

    visit(root, True, root.id)
    return applies, undecided, pools


def _leaf(programme: DegreeProgramme, node: Node, pool: str, seen: Seen, sources: Mapping[str, Source]) -> Leaf:
    take = node.ask
    assert isinstance(take, Take), "only leaves take"
    need = programme.need(take)
    matches, undecided = [], []
    for id, source in sources.items():
        useful = (need is not None and source.holding.credits > 0) or (
            take.courses is not None and source.holding.whole
        )
        if not useful or (take.course and source.holding.facts.get("code") != take.course):
            continue
        verdict = True if take.from_ is None else holds(take.from_, seen.of(id))
        if verdict is True:
            matches.append(id)
        elif isinstance(verdict, Missing) and source.held:
            undecided.append((id, verdict.field))
    free = node.shares and not node.floors and all(sources[id].sure and not sources[id].varies for id in matches)
    return Leaf(node, take, pool, need, tuple(matches), tuple(undecided), free)


def _selected(floor: Share, seen: Seen, sources: Mapping[str, Source]) -> Iterator[str]:
    """Yield what *floor* selects; what cannot be decided counts against the learner, as a limit must."""
    for id in sources:
        verdict = holds(floor.where, seen.of(id))
        if verdict is True or (isinstance(verdict, Missing) and floor.word == "at_most"):
            yield id
