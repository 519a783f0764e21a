"""
The degree audit (毕业审核): which outcome counts where, exactly and never greedily, and the smallest change to the end.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

import attrs

from creditbank.domain.degree.audit import Audit, Change, EarlyFound, RequirementFound, Unused, found_in, unsolved
from creditbank.domain.degree.model import Homes, Model, Variables, model_of
from creditbank.domain.degree.record import Record
from creditbank.domain.degree.requirement import DegreeProgramme
from creditbank.domain.degree.tree import Tree, tree_of
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId
from creditbank.domain.view.record import record_of
from creditbank.errors import MalformedError
from creditbank.planner.solver import Row, Solver

__all__ = ["audit", "audited", "degree_audit", "solved"]

_SPARE: Final = 2
"""The first aims of a model that lets unlisted courses in everywhere: the fewest of them."""

WEIGHT_MAX: Final = 2**20
"""The largest weight in one question: times the solver's tolerance (1e-9), it stays far below one."""


def audit(programme: DegreeProgramme, record: Record) -> Audit:
    """
    Return what the requirements of *programme* say of a learner. Pure: the same record, the same answer.

    An outcome counts in one requirement unless the document says that it may be shared. Of all ways to let outcomes count it
    is the one that leaves the fewest credits to earn, then the fewest courses to take; then the fewest requirements chosen,
    earlier requirements and earlier listed courses first; then what leaves requirements lacking least; then the fewest
    outcomes needed, earlier ones first.
    """
    return audited(programme, record)[0]


def audited(programme: DegreeProgramme, record: Record) -> tuple[Audit, Homes]:
    """Return the audit, and for which requirements it let something be earned that no listed course stands for."""
    tree = tree_of(programme, record, programme.requirement)
    answer = _answer(tree)
    requirement, change, unused = _found(tree, answer)
    found = Audit(
        programme=programme.id,
        version=programme.head.version,
        title=programme.head.title,
        system=programme.head.system,
        on=record.on,
        requirement=requirement,
        change=change,
        proven=answer.proven,
        unused=unused,
        ends=record.ends,
        early=_early(programme, record),
    )
    return found, homes_of(answer.says)


def degree_audit(known: Known, account: AccountId, programme: DegreeProgramme, on: date) -> Audit:
    """
    Return what *programme* says of the learner of *account* on the day *on* (毕业审核); records nothing.

    The learner need not be enrolled in it: then it says what would be lacking there.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError: The account cannot be read.
        MalformedError: The account holds too much, or amounts that no common fraction holds.
    """
    return audit(programme, record_of(known, account, programme, on))


@attrs.frozen
class Answer:
    """*values* of a model's variables, or None where none meet its rows; *proven*: there are no better ones."""

    values: tuple[int, ...] | None
    says: Variables
    proven: bool


def _found(tree: Tree, answer: Answer) -> tuple[RequirementFound, Change | None, tuple[Unused, ...]]:
    return (unsolved(tree), None, ()) if answer.values is None else found_in(tree, answer.says, answer.values)


def _early(programme: DegreeProgramme, record: Record) -> EarlyFound | None:
    if programme.early is None:
        return None
    tree = tree_of(programme, record, programme.early.requirement, listed=False)
    found, _, _ = _found(tree, _answer(tree))
    since = programme.early.since(record.learner.get("enrolled_on"))
    return EarlyFound(since, found, since is not None and since <= record.on and found.standing == "met")


def _answer(tree: Tree) -> Answer:
    """
    Return the best values. For a requirement that its own list could fill something unlisted comes in only where it has to.

    Which requirements these are is settled first, by the fewest unlisted courses, then the fewest unlisted credits.
    """
    model, says = model_of(tree, anything=False)
    values, proven = solved(model)
    if values is None:
        wide, all_says = model_of(tree, anything=True)
        values, settled = solved(attrs.evolve(wide, stages=wide.stages[:_SPARE]))
        proven = proven and settled and wide.complete
        if values is not None:
            extra = {(kind, sort.home) for (kind, sort), variable in all_says.unlisted.items() if values[variable]}
            model, says = model_of(tree, anything=False, homes={*extra, *homes_of(says)})
            values, settled = solved(model)
            proven = proven and settled
    return Answer(values, says, proven and model.complete)


def homes_of(says: Variables) -> Homes:
    """Return for which leaves something may be earned that no listed course stands for."""
    return frozenset((kind, sort.home) for kind, sort in says.unlisted)


def solved(model: Model) -> tuple[tuple[int, ...] | None, bool]:
    """Return the values that *model* asks for, or None where none meet its rows; and whether that is proven."""
    rows = [Row({v: -c for v, c in row.terms}, -row.at_least) for row in model.rows]
    if not all(row.fits for row in rows):
        raise MalformedError(
            "its amounts of credits have too many decimals", "programme", "write amounts in one fraction"
        )
    search = _Search(Solver(model.upper, rows))
    for stage in model.stages:
        least = {variable: -factor for variable, factor in stage.least}
        if (least or not search.values) and not search.improve(least):
            return None, search.proven
        if least:
            search.solver.add(Row({v: -c for v, c in least.items()}, -search.value(least)))
        for wanted in _weighted(model, stage.first):
            if search.value(wanted) < sum(model.upper[v] * weight for v, weight in wanted.items()):
                search.improve(wanted)
            for variable in wanted:
                search.solver.fix(variable, search.values[variable])
    assert model.holds(search.values), "every row holds, in whole numbers"
    return search.values, search.proven


@attrs.define
class _Search:
    """The best values so far; *proven* as long as the solver came to an end each time."""

    solver: Solver
    values: tuple[int, ...] = ()
    proven: bool = True

    def value(self, wanted: Mapping[int, int]) -> int:
        return sum(weight * self.values[variable] for variable, weight in wanted.items())

    def improve(self, wanted: Mapping[int, int]) -> bool:
        """Make the sum of *wanted* as large as it can be; say whether there are any values at all."""
        found = self.solver.maximise(wanted)
        if found.values is not None:
            self.values = found.values
            self.proven = self.proven and self.value(wanted) == found.bound
        else:
            self.proven = self.proven and found.bound is None and not self.values
        return bool(self.values)


def _weighted(model: Model, first: Sequence[int]) -> Iterator[dict[int, int]]:
    """Yield *first* as sums to be made large, so that each variable goes before all that follow: as many as weights allow."""
    groups: list[dict[int, int]] = [{}]
    weight = 1
    for variable in reversed(first):
        if groups[-1] and weight * (model.upper[variable] + 1) > WEIGHT_MAX:
            groups.append({})
            weight = 1
        groups[-1][variable] = weight
        weight *= model.upper[variable] + 1
    return (group for group in reversed(groups) if group)
