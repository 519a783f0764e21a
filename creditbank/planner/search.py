"""
The search: the model's best, judged by the engine, and again without what the engine refused.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final, TypeAlias, cast

import attrs

from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.case import Case, CaseItem
from creditbank.domain.rule.decision import Decision
from creditbank.domain.rule.evaluate import decide
from creditbank.domain.rule.view import View
from creditbank.errors import MalformedError
from creditbank.planner.candidate import find_candidates
from creditbank.planner.limit import add_limits
from creditbank.planner.model import Model
from creditbank.planner.result import UNBOUND, Barred, Open, Plan, PlannedItem
from creditbank.planner.solver import NODES_MAX, ClauseKey, Row, Solver
from creditbank.planner.toward import Aim, Toward
from creditbank.planner.way import Reach

__all__ = ["ROUNDS_MAX", "plan_case", "plan_cases", "plan_views"]

ROUNDS_MAX: Final = 40
"""Plans that the engine may refuse before we say so."""

UNCLAIMED_NODES_MAX: Final = 30
"""Branches for each question where nothing could be claimed of the answer: candidates were left out, so a proof proves nothing."""

TIES_NODES_MAX: Final = 5
"""Branches for each question that picks among equals. Where they are not enough, the plan says so."""

FORBIDS_NODES_MAX: Final = 20
"""Branches for each question whether some clauses forbid more. Where they are not enough, the plan says so."""

TIES_COLUMNS_MAX: Final = 400
"""Columns of a model in which equals are told apart: about fifty courses. In larger ones it takes longer than the plan."""

BLOCK: Final = 20
"""Columns whose order is settled by one question: powers of two up to a million."""


def plan_case(book: RuleBook, case: Case, *, why: bool = True) -> Plan:
    """
    Return the best use, under *book*, of the outcomes of *case* for its targets. The items that the case asks for are ignored.

    Args:
        why: Also say which clauses forbid more, which may take longer than the plan itself.

    Raises:
        MalformedError: The case's act is no conversion.
    """
    return plan_cases([(book, case)], why=why)


def plan_cases(cases: Sequence[tuple[RuleBook, Case]], *, why: bool = True) -> Plan:
    """
    Return the best use under several books at once: one application under each, whatever the order.

    Args:
        cases: Each book with a case of the same outcomes, targets and record; every case has an id of its own.
        why: Also say which clauses forbid more.

    Raises, in this order:
        MalformedError: An act is no conversion; two books count in different credit systems; one version is asked twice.
    """
    views = [View(book, case) for book, case in cases]
    system = views[0].book.system if views else ""
    return plan_views([(view, Reach.all_of(view.case)) for view in views], system=system, why=why)


def plan_views(
    reached: Sequence[tuple[View, Reach]],
    *,
    system: str,
    items_max: int | None = None,
    aim: Aim | None = None,
    why: bool = True,
) -> Plan:
    """
    Return the best use of what is within reach of each case. Raises as :func:`plan_cases` does.

    Args:
        system: The credit system of the books, should there be none.
        items_max: How many items one application may have.
        aim: What it is to bring the learner nearer to, before credits are counted.
    """
    for view, _ in reached:
        if view.case.act != "convert":
            mend = "plan conversions (act 'convert'); of an award, decide with all sources says which floors are short"
            raise MalformedError(f"act {view.case.act!r}", "plan", mend)
    systems = {view.book.system: None for view, _ in reached}
    if len(systems) > 1:
        names = "、".join(systems)
        raise MalformedError(f"credit systems {names}", "plan", "plan books of one credit system together")
    versions = Counter(f"{view.book.book}@{view.book.version}" for view, _ in reached)
    for version, times in versions.items():
        if times > 1:
            raise MalformedError(f"rule book {version} {times} times", "plan", "ask each version of a book once")
    return _Search(reached, system, items_max, aim, why).run()


_Chosen: TypeAlias = tuple[tuple[int, Fraction], ...]
"""Candidates, by number, with the credits of each."""


class _Search:
    """One search. It lives as long as one plan takes."""

    def __init__(
        self,
        reached: Sequence[tuple[View, Reach]],
        system: str,
        items_max: int | None,
        aim: Aim | None,
        why: bool,
    ) -> None:
        found = [find_candidates(view, number, reach) for number, (view, reach) in enumerate(reached)]
        self.views, self.system, self.why = [view for view, _ in reached], system, why
        self.ids: dict[int, str] = {}
        self.model = Model(self.views, [one for each in found for one in each.candidates])
        add_limits(self.model)
        if items_max is not None:
            self.model.bound_items(items_max)
        self.toward = None if aim is None else Toward(self.model, aim)
        self.goals = [*([] if self.toward is None else self.toward.goals), self.model.wanted()]
        self.reached: list[int] = []
        self.values: tuple[int, ...] = ()
        self.open: dict[str, None] = {key: None for each in found for key in each.open} | self.model.open
        if self.toward is not None and not self.toward.complete:
            self.open["requirements"] = None
        barred = [
            Barred(book, *key, number)
            for book, each in zip(self.model.names, found, strict=True)
            for key, number in each.barred.items()
        ]
        self.barred = tuple(sorted(barred, key=lambda one: (-one.ways, one.code, one.clause, one.book)))

    def run(self) -> Plan:
        best: _Chosen = ()
        bounds, frozen = [0], False
        for _ in range(ROUNDS_MAX):
            best, most = self.best()
            bounds = bounds if frozen else most
            refused = self.refused(best)
            if refused is None:
                return self.plan(best, bounds)
            # Amounts only tighten: what is refused among these is refused among more.
            together = {self.model.columns[number].chosen: Fraction(1) for number, _ in refused}
            self.model.add(together, Fraction(len(refused) - 1), *self.clause(refused))
            if any(self.model.candidates[number].parts for number, _ in refused):
                self.open["amounts"], frozen = None, True
        self.open["rounds"] = None
        return self.plan(self.granted(best), bounds)

    # --- the model's best -----------------------------------------------------------------------------------------------

    def best(self) -> tuple[_Chosen, list[int]]:
        """Return the first of the best plans, by the stated rule, and what no plan passes, goal by goal."""
        model = self.model
        solver = Solver(model.most, model.rows)
        # To plan nothing keeps to every limit; only toward a programme something may have to be taken.
        values: tuple[int, ...] | None = (0,) * len(model.most) if self.toward is None else None
        bounds: list[int] = []
        self.reached, self.values = [], ()
        nodes = UNCLAIMED_NODES_MAX if UNBOUND & self.open.keys() else NODES_MAX
        for goal in self.goals:
            found = solver.maximise(goal, nodes_max=nodes, start=values or ())
            bounds.append(found.bound or 0)
            if found.bound is not None and (found.values is None or _value(goal, found.values) < found.bound):
                self.open["solver"] = None
            values = values if found.values is None else found.values
            if values is None:
                return self.proposal((0,) * len(model.most)), bounds
            self.reached.append(_value(goal, values))
            solver.add(_at_least(goal, self.reached[-1]))
        assert values is not None, "credits are always a goal"
        goals = [dict.fromkeys(model.waived.values(), 1), dict.fromkeys(model.spent.values(), -1)]
        if any(one.parts for one in model.candidates):
            goals.append({columns.chosen: -1 for columns in model.columns})
        for goal in filter(None, goals):
            values = self.ask(solver, goal, values)
            solver.add(_at_least(goal, _value(goal, values)))
        self.values = self.first(solver, values)
        return self.proposal(self.values), bounds

    def ask(self, solver: Solver, goal: dict[int, int], values: tuple[int, ...]) -> tuple[int, ...]:
        """Return the best values for *goal*; those that there are, if the solver gives up, now or before."""
        if len(self.model.most) > TIES_COLUMNS_MAX:
            self.open["ties"] = None
        if "ties" in self.open:
            return values
        found = solver.maximise(goal, nodes_max=TIES_NODES_MAX, start=values)
        if found.values is None or found.bound != _value(goal, found.values):
            self.open["ties"] = None
        return values if found.values is None else found.values

    def first(self, solver: Solver, values: tuple[int, ...]) -> tuple[int, ...]:
        """Return, of what is equal, what comes first: candidate by candidate, then the amounts of those that take parts."""
        columns = [one.chosen for one in self.model.columns]
        for at in range(0, len(columns), BLOCK):
            block = columns[at : at + BLOCK]
            if any(values[column] for column in columns[at:]):
                values = self.ask(solver, {column: 1 << (BLOCK - n) for n, column in enumerate(block)}, values)
            for column in block:
                solver.fix(column, values[column])
        for one in self.model.columns:
            for column in one.amount.values() if values[one.chosen] else ():
                if values[column] < self.model.most[column]:
                    values = self.ask(solver, {column: 1}, values)
                solver.fix(column, values[column])
        return values

    def proposal(self, values: tuple[int, ...]) -> _Chosen:
        model, chosen = self.model, []
        for number, one in enumerate(model.candidates):
            if values[model.columns[number].chosen]:
                terms = model.credit(number, range(len(one.lines)))
                chosen.append((number, sum((factor * values[column] for column, factor in terms.items()), Fraction(0))))
        return tuple(chosen)

    # --- what the engine says -------------------------------------------------------------------------------------------

    def refused(self, chosen: _Chosen) -> _Chosen | None:
        """Return candidates of *chosen* that cannot all be granted in full, as few as will do; None if all can."""
        among = self.refused_in_some_order(chosen)
        if among is None:
            return None
        for one in among:
            fewer = tuple(other for other in among if other != one)
            if fewer and self.refused_in_some_order(fewer) is not None:
                among = fewer
        return among

    def clause(self, chosen: _Chosen) -> tuple[ClauseKey, ...]:
        """Return the clause that refuses one of *chosen*, or takes some of it; none if the engine itself does."""
        for order in self.orders(chosen):
            out = self.not_in_full(order)
            for decision, numbers in self.decided(order):
                for result, number in zip(decision.results, numbers, strict=True):
                    if number in out:
                        clause = result.clause or next((one.clause for one in result.declined), "")
                        return (self.model.said(self.model.candidates[number].book, clause),) if clause else ()
        return ()

    def refused_in_some_order(self, chosen: _Chosen) -> _Chosen | None:
        """Return those asked for up to the first that is not granted in full, in the first order where one is not."""
        for order in self.orders(chosen):
            fine = {number for number, _ in order} - set(self.not_in_full(order))
            if len(fine) < len(order):
                first = next(at for at, (number, _) in enumerate(order) if number not in fine)
                # An item before it may be what falls: of two, the higher may be asked for later.
                return order if self.not_in_full(order[: first + 1]) == [] else order[: first + 1]
        return None

    def orders(self, chosen: _Chosen) -> Iterator[_Chosen]:
        """Yield orders to ask in: as planned, the other way round, and by target."""
        yield chosen
        if len(chosen) > 1:
            yield chosen[::-1]
            yield tuple(sorted(chosen, key=lambda one: (self.model.candidates[one[0]].item.targets, one)))

    def not_in_full(self, order: _Chosen) -> list[int]:
        """Return the candidates that the engine does not grant what was planned, asked for in this order."""
        found: list[int] = []
        wanted = dict(order)
        for decision, numbers in self.decided(order):
            for result, number in zip(decision.results, numbers, strict=True):
                if result.refused is not None or result.granted != wanted[number]:
                    found.append(number)
        return found

    def decided(self, order: _Chosen) -> Iterator[tuple[Decision, list[int]]]:
        """Decide one application a book, the book asked for first going first; yield candidates with each decision."""
        lines = self.views[0].case.history if self.views else ()
        for book in dict.fromkeys(self.model.candidates[number].book for number, _ in order):
            view = self.views[book]
            own = [(number, credits) for number, credits in order if self.model.candidates[number].book == book]
            items = tuple(self.item(number, credits) for number, credits in own)
            case = attrs.evolve(view.case, items=items, history=lines, waivers=())
            decision = decide(view.book, case)
            lines += tuple(
                view.standing(item, line)
                for item, result in zip(items, decision.results, strict=True)
                for line in result.lines
            )
            yield decision, [number for number, _ in own]

    def item(self, number: int, credits: Fraction) -> CaseItem:
        """Return a candidate as it is asked for, for the exact amount where less could be granted."""
        one = self.model.candidates[number]
        return attrs.evolve(one.item, id=self.ids.get(number, f"c{number}"), ask=credits if one.parts else None)

    def granted(self, chosen: _Chosen) -> _Chosen:
        """Return what is left of *chosen* when all that the engine does not grant in full is taken out."""
        while chosen and self.refused_in_some_order(chosen) is not None:
            out = {number for order in self.orders(chosen) for number in self.not_in_full(order)}
            chosen = tuple(one for one in chosen if one[0] not in out)
        return chosen

    # --- what is said ---------------------------------------------------------------------------------------------------

    def plan(self, chosen: _Chosen, bounds: Sequence[int]) -> Plan:
        step = self.model.step
        credits = sum((amount for _, amount in chosen), Fraction(0))
        *least, bound = bounds
        claims = not UNBOUND & self.open.keys()
        most = bound * step if claims else None
        self.ids = {number: f"{place}" for place, (number, _) in enumerate(chosen, 1)}
        decisions = list(self.decided(chosen))
        results = {n: result for said, numbers in decisions for n, result in zip(numbers, said.results, strict=True)}
        items = tuple(
            PlannedItem(
                self.model.names[self.model.candidates[number].book],
                self.item(number, amount),
                amount,
                results[number].targets,
            )
            for number, amount in chosen
        )
        optimal = most is not None and most - credits < step and self.reached[:-1] == least and bool(self.reached)
        forbids = self.forbids() if optimal and self.why else None
        return Plan(
            system=self.system,
            items=items,
            credits=credits,
            bound=most,
            step=step,
            least=self.toward.missing(least) if claims and self.toward is not None else None,
            forbids=forbids,
            barred=self.barred,
            open=tuple(cast("Open", key) for key in self.open),
            decisions=tuple(said for said, _ in decisions),
        )

    def forbids(self) -> tuple[ClauseKey, ...]:
        """Return a smallest set of clauses that together forbid better, leaving out what will do; of the first goal that any do."""
        for number, goal in enumerate(self.goals):
            reached = self.reached[number]
            if sum(self.model.most[column] * factor for column, factor in goal.items() if factor > 0) <= reached:
                continue
            if found := self.forbidding(number):
                return found
        return ()

    def forbidding(self, number: int) -> tuple[ClauseKey, ...]:
        """Return a smallest set of clauses that together forbid more of a goal, by its number; none if the clauses do not."""
        goal, reached = self.goals[number], self.reached[number]
        before = [_at_least(goal, value) for goal, value in zip(self.goals[:number], self.reached, strict=False)]
        clauses = (self.model.said(book, one.id) for book, view in enumerate(self.views) for one in view.book.clauses)
        asked = {clause for row in self.model.rows for clause in row.clauses}
        kept = [clause for clause in dict.fromkeys(clauses) if clause in asked]

        def forbidden(by: Sequence[ClauseKey]) -> bool:
            rows = [row for row in self.model.rows if set(row.clauses) <= set(by)]
            solver = Solver(self.model.most, [*rows, *before])
            found = solver.maximise(goal, nodes_max=FORBIDS_NODES_MAX, start=self.values, enough=reached + 1)
            if found.bound is not None and found.bound <= reached:
                return True
            if found.values is None or _value(goal, found.values) <= reached:
                self.open["forbids"] = None
            return False

        return () if forbidden(()) else tuple(_fewest(kept, forbidden))


def _fewest(clauses: Sequence[ClauseKey], forbidden: Callable[[Sequence[ClauseKey]], bool]) -> list[ClauseKey]:
    """
    Return the clauses that are left when each is left out in turn, wherever the others still forbid it.

    What still forbids it with fewer clauses does so with more; so many can be tried at once, and halves of them if need be.
    """
    needed: list[ClauseKey] = []
    tried = [list(clauses)]
    while tried:
        some = tried.pop()
        rest = [clause for others in tried for clause in others]
        if forbidden([one for one in clauses if one in needed or one in rest]):
            continue
        if len(some) == 1:
            needed += some
        else:
            tried += [some[len(some) // 2 :], some[: len(some) // 2]]
    return needed


def _value(goal: Mapping[int, int], values: Sequence[int]) -> int:
    return sum(factor * values[column] for column, factor in goal.items())


def _at_least(goal: Mapping[int, int], value: int) -> Row:
    return Row({column: -factor for column, factor in goal.items()}, -value)
