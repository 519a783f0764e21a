"""Plans of case files: allocation (case S11), ties, what forbids more, what is left open, and the oracle of every application."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import attrs
import books_oracle
import pytest
from hypothesis import given, strategies as st
from plan_oracle import STEP, Instance, best, clause, differs

from creditbank.codec.book import read_book
from creditbank.domain.rule import Case, CaseItem, HistoryLine, RuleBook, decide
from creditbank.domain.rule.view import View
from creditbank.errors import MalformedError
from creditbank.planner.result import Plan
from creditbank.planner.search import _fewest, plan_case, plan_cases, plan_views
from creditbank.planner.solver import Row, Solved, Solver
from creditbank.planner.way import Reach

HEAD = """
book = "test"
version = "1"
title = "t"
since = 2020-01-01
acts = ["convert", "award"]
system = "sys"
basis = { b = { title = "t" } }
"""
ONCE = [clause("source", "once", 'per = ["source"]'), clause("target", "once", 'per = ["target"]')]


def a_book(*clauses: str, name: str = "test") -> RuleBook:
    head = HEAD.replace('book = "test"', f'book = "{name}"')
    return read_book(f"{head}\nclause = [{', '.join(clauses)}]", name="test.toml")


def rows(*pairs: tuple[str, str, int]) -> str:
    listed = ", ".join(f'{{ from = "{source}", to = "{target}", credits = {n} }}' for source, target, n in pairs)
    return clause("map", "map", f"rows = [{listed}]")


def a_case(sources: str, targets: dict[str, int]) -> Case:
    """Each letter is an outcome of 2 credits."""
    return Case(
        book="",
        act="convert",
        id="now",
        application={"applied_on": date(2022, 6, 1)},
        learner={},
        programme={"id": "p"},
        items=(),
        outcomes={one: {"achieved_on": date(2021, 1, 1), "credits": 2, "system": "sys"} for one in sources},
        targets={one: {"credits": Fraction(credits)} for one, credits in targets.items()},
        systems={"sys": STEP},
    )


def chosen(plan: Plan) -> list[tuple[str, str]]:
    return [("".join(one.item.sources), "".join(one.item.targets)) for one in plan.items]


def test_s11_x_gives_way_to_y() -> None:
    """X fits R1 and R2, Y fits R1 alone: whoever takes the first that fits leaves R2 unmet."""
    rules = a_book(rows(("X", "P", 3), ("X", "Q", 3), ("Y", "P", 3)), *ONCE)
    case = a_case("XY", {"P": 3, "Q": 3})
    greedy = (CaseItem("1", ("X",), ("P",)), CaseItem("2", ("Y",), ("P",)))
    assert [one.granted for one in decide(rules, attrs.evolve(case, items=greedy)).results] == [3, None]
    plan = plan_case(rules, case)
    assert (chosen(plan), plan.credits, plan.bound, plan.optimal) == ([("X", "Q"), ("Y", "P")], 6, 6, True)


def test_the_engine_has_decided_the_plan() -> None:
    rules = a_book(rows(("X", "P", 3), ("Y", "Q", 2)), *ONCE)
    plan = plan_case(rules, a_case("XY", {"P": 3, "Q": 2}))
    (decision,) = plan.decisions
    assert [(one.item, one.granted) for one in decision.results] == [(one.item.id, one.credits) for one in plan.items]


def test_fewest_sources_then_the_first() -> None:
    rules = a_book(
        rows(("X", "P", 2), ("Y", "Q", 2), ("Z", "R", 4), ("W", "R", 4)), *ONCE, clause("all", "cap", "at_most = 4")
    )
    plan = plan_case(rules, a_case("WXYZ", {"P": 2, "Q": 2, "R": 4}))
    assert chosen(plan) == [("W", "R")]
    assert plan.forbids == (("test", "all"),)


@pytest.mark.parametrize(("most", "credits"), [(5, 5), (6, 6), (7, 6)])
def test_a_cap_on_below_and_above(most: int, credits: int) -> None:
    """Meeting it exactly is allowed; 3 + 3 does not fit into 5, 3 + 2 does."""
    rules = a_book(rows(("X", "P", 3), ("Y", "Q", 3), ("Z", "R", 2)), *ONCE, clause("all", "cap", f"at_most = {most}"))
    plan = plan_case(rules, a_case("XYZ", {"P": 3, "Q": 3, "R": 2}))
    assert plan.credits == credits
    assert plan.forbids == (("test", "all"),)


FOUR_WAYS = rows(("X", "P", 3), ("X", "Q", 3), ("Y", "P", 3), ("Y", "Q", 3))
OVER = 'over = { "target.id" = ["P", "Q"] }, per = ["source.system"]'
USED = HistoryLine(
    application="then", item="1", act="convert", as_=None, sources=("Y",), target="R", credits=Fraction(2),
    worth=Fraction(2), on=date(2021, 1, 1), programme="p", institution="", book="test", state="decided",
)  # fmt: skip


@pytest.mark.parametrize(
    ("limits", "credits"),
    [
        ([clause("source", "once", 'per = ["source"]')], 3),
        ([clause("target", "once", 'per = ["target"], across = "programme"')], 6),
        ([clause("all", "cap", 'at_most = 8, across = "bank"')], 6),
        ([clause("all", "cap", "at_most = 8")], 6),
        ([clause("each", "cap", 'per = ["source"], at_most = 4, across = "bank"')], 3),
        ([clause("items", "cap", 'measure = "items", at_most = 3, across = "bank"')], 6),
        ([clause("targets", "cap", 'measure = "targets", at_most = 2, across = "bank"')], 6),
        ([clause("some", "cap", 'when = { "target.id" = "P" }, at_most = 7, across = "bank"'), ONCE[1]], 3),
        ([clause("lacking", "cap", 'per = ["target.category"], at_most = 9, across = "bank"')], 0),
        ([clause("top", "highest", f"{OVER}, by = 'source.score', earlier = 'refuse'")], 6),
    ],
)
def test_the_model_knows_every_limit_and_the_record(
    limits: list[str], credits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Y was used for R, of the same 2 credits. A plan that the engine has to refuse first would not be found in one round."""
    monkeypatch.setattr("creditbank.planner.search.ROUNDS_MAX", 1)
    case = a_case("XY", {"P": 3, "Q": 3})
    scored = {
        one: {**facts, "score": Fraction(60 + number)} for number, (one, facts) in enumerate(case.outcomes.items())
    }
    plan = plan_case(a_book(FOUR_WAYS, *limits), attrs.evolve(case, outcomes=scored, history=(USED,)))
    assert (plan.credits, plan.optimal, plan.open) == (credits, True, ())


def test_the_model_knows_what_two_books_may_not_both_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditbank.planner.search.ROUNDS_MAX", 1)
    once = clause("source", "once", 'per = ["source"], by = "application"')
    one, two = (a_book(rows(("X", *way)), once, name=way[0].lower()) for way in (("P", 3), ("Q", 2)))
    case = a_case("X", {"P": 3, "Q": 2})
    plan = plan_cases([(one, case), (two, attrs.evolve(case, id="other"))])
    assert (chosen(plan), plan.optimal, plan.open) == ([("X", "P")], True, ())


def test_the_model_knows_what_is_left_of_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    """X has 2 credits for three courses of 1 each; of the 2 of Y nothing is left."""
    monkeypatch.setattr("creditbank.planner.search.ROUNDS_MAX", 1)
    rules = a_book(
        clause("map", "map", 'match = { "source.id" = { present = true } }'),
        clause("worth", "worth", 'of = "@source.credits"'),
        clause("keep", "policy", 'leftover = "keep"'),
    )
    case = attrs.evolve(a_case("XY", {"P": 1, "Q": 1, "S": 1}), history=(USED,))
    plan = plan_case(rules, case)
    assert (plan.credits, {"".join(one.item.sources) for one in plan.items}) == (2, {"X"})
    assert "rounds" not in plan.open


@pytest.mark.parametrize(("drawn", "left"), [(0, 2), (1, 1)])
def test_what_was_drawn_on_an_outcome_before_is_gone(drawn: int, left: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditbank.planner.search.ROUNDS_MAX", 1)
    rules = a_book(
        clause("map", "map", 'match = { "source.id" = { present = true } }'),
        clause("worth", "worth", 'of = "@source.credits"'),
        clause("keep", "policy", 'leftover = "keep"'),
    )
    before = (attrs.evolve(USED, credits=Fraction(drawn), worth=Fraction(drawn)),) if drawn else ()
    plan = plan_case(rules, attrs.evolve(a_case("Y", {"P": 1, "Q": 1, "S": 1}), history=before))
    assert (plan.credits, "rounds" in plan.open) == (left, False)


@pytest.mark.parametrize(("most", "items"), [(1, 1), (2, 2), (3, 3), (4, 3)])
def test_an_application_has_no_more_items_than_it_may(most: int, items: int) -> None:
    rules = a_book(rows(("X", "P", 3), ("Y", "Q", 3), ("Z", "R", 2)), *ONCE)
    view = View(rules, a_case("XYZ", {"P": 3, "Q": 3, "R": 2}))
    plan = plan_views([(view, Reach.all_of(view.case))], system="sys", items_max=most)
    assert (len(plan.items), plan.optimal) == (items, True)


def test_most_courses_are_waived_and_none_is_where_nothing_waives_it() -> None:
    """X waives two courses and grants nothing, Y grants one. Credits come first, then courses waived, then fewest sources."""
    rules = a_book(
        rows(("X", "P", 3), ("X", "Q", 3), ("Y", "R", 2)),
        clause("waived", "policy", 'when = { "source.id" = "X" }, mode = "waive"'),
        ONCE[1],
    )
    plan = plan_case(rules, a_case("XYZ", {"P": 3, "Q": 3, "R": 2}))
    assert (chosen(plan), plan.credits, plan.optimal) == ([("X", "P"), ("X", "Q"), ("Y", "R")], 2, True)


def test_no_clause_is_named_where_everything_is_used() -> None:
    plan = plan_case(a_book(rows(("X", "P", 3)), *ONCE), a_case("X", {"P": 3}))
    assert (plan.optimal, plan.forbids) == (True, ())


@pytest.mark.parametrize("most", [Fraction(5, 2), Fraction(7, 2)])
def test_parts_are_asked_for_exactly(most: Fraction) -> None:
    """Three steps below what the course is worth, and one."""
    whole = 'match = { "source.id" = { present = true } }'
    rules = a_book(
        clause("map", "map", whole),
        clause("worth", "worth", 'of = "@target.credits"'),
        clause("units", "policy", 'units = "parts"'),
        clause("cap", "cap", f"at_most = '{most}'"),
    )
    plan = plan_case(rules, a_case("X", {"P": 4}))
    assert ([one.item.ask for one in plan.items], plan.forbids) == ([most], (("test", "cap"),))


@pytest.mark.parametrize(("above", "optimal"), [(0, True), (STEP / 2, True), (STEP, False)])
def test_optimal_is_a_bound_less_than_a_step_above(above: Fraction, optimal: bool) -> None:
    plan = plan_case(a_book(rows(("X", "P", 3)), *ONCE), a_case("X", {"P": 3}))
    assert attrs.evolve(plan, bound=plan.credits + above).optimal == optimal


def test_one_of_a_group_where_only_the_highest_counts() -> None:
    """The plan may leave the higher one out; taken together the lower one would be refused."""
    highest = clause("top", "highest", 'per = ["source.system"], by = "source.credits", earlier = "refuse"')
    rules = a_book(rows(("X", "P", 3), ("Y", "Q", 5)), *ONCE, highest)
    plan = plan_case(rules, a_case("XY", {"P": 3, "Q": 5}))
    assert chosen(plan) == [("Y", "Q")]
    assert plan.forbids == (("test", "top"),)


def test_sources_are_put_together_where_one_is_not_enough() -> None:
    rules = a_book(
        clause("map", "map", 'match = { "source.id" = { present = true } }'),
        clause("worth", "worth", 'of = "@source.credits"'),
        *ONCE,
    )
    plan = plan_case(rules, a_case("XYZ", {"P": 4}))
    assert chosen(plan) == [("XY", "P")]


@pytest.mark.parametrize(("need", "used"), [(3, "XY"), (4, "XY"), (5, "XYZ")])
def test_a_row_takes_no_more_than_the_credits_that_it_asks_for(need: int, used: str) -> None:
    """Each has 2: below, on and above what two of them bear."""
    row = f'{{ from = {{ credits = {need}, of = ["X", "Y", "Z"] }}, to = "P", credits = 1 }}'
    plan = plan_case(a_book(clause("map", "map", f"rows = [{row}]"), *ONCE), a_case("XYZ", {"P": 1}))
    assert chosen(plan) == [(used, "P")]


def test_more_ways_than_are_looked_at_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditbank.planner.candidate.CANDIDATES_MAX", 1)
    plan = plan_case(a_book(rows(("X", "P", 3), ("Y", "Q", 3)), *ONCE), a_case("XY", {"P": 3, "Q": 3}))
    assert (plan.open, plan.bound, plan.optimal, plan.forbids) == (("candidates",), None, False, None)


def test_clauses_that_only_together_forbid_more_are_all_named() -> None:
    """Either cap alone would leave room for the third course; what is named is found whatever stands between."""
    caps = [clause(f"c{n}", "cap", f"at_most = {n}") for n in (9, 3, 8)]
    one = clause("one", "cap", 'over = { "source.id" = "X" }, at_most = 3')
    rules = a_book(rows(("X", "P", 3), ("X", "Q", 3), ("Y", "Q", 3)), caps[0], one, caps[2], caps[1], *ONCE)
    plan = plan_case(rules, a_case("XY", {"P": 3, "Q": 3}))
    assert (plan.credits, plan.forbids) == (3, (("test", "c3"),))
    wide = a_book(rows(("X", "P", 3), ("X", "Q", 3), ("Y", "Q", 3)), caps[0], one, caps[2], *ONCE[1:])
    assert plan_case(wide, a_case("XY", {"P": 3, "Q": 3})).forbids == (("test", "target"),)


@given(wanted=st.lists(st.frozensets(st.sampled_from("abcdefg"), max_size=4), min_size=1, max_size=4))
def test_leaving_out_many_at_once_ends_where_one_after_the_other_does(wanted: list[frozenset[str]]) -> None:
    """Some of *wanted* is forbidden wherever one of these sets of clauses is all there."""

    def forbidden(clauses: Sequence[str]) -> bool:
        return any(some <= set(clauses) for some in wanted)

    kept = list("abcdefg")
    for each in "abcdefg":
        fewer = [one for one in kept if one != each]
        kept = fewer if forbidden(fewer) else kept
    assert sorted(_fewest("abcdefg", forbidden)) == kept


def test_two_books_share_what_the_bank_allows_once() -> None:
    one = a_book(rows(("X", "P", 3), ("Y", "P", 3)), *ONCE, name="one")
    two = a_book(rows(("X", "Q", 2), ("Y", "Q", 2)), *ONCE, name="two")
    case = a_case("XY", {"P": 3, "Q": 2})
    plan = plan_cases([(one, case), (two, attrs.evolve(case, id="other"))])
    assert [(item.book, *pair) for item, pair in zip(plan.items, chosen(plan), strict=True)] == [
        ("one", "X", "P"),
        ("two", "Y", "Q"),
    ]
    assert (plan.credits, plan.optimal) == (5, True)


def test_versions_of_one_book_are_told_apart() -> None:
    """Clauses of one id. The cap of the first counts what is granted under the second: 3 and 2 fill it."""
    limits = clause("all", "cap", "at_most = 5"), clause("need", "floor", "at_least = 9")
    first = a_book(rows(("X", "P", 3), ("X", "Q", 3)), *limits)
    never = clause("never", "gate", 'forbid = { "source.id" = "X" }')
    second = attrs.evolve(a_book(rows(("X", "R", 2), ("Y", "R", 2)), limits[1], never), version="2")
    case = a_case("XY", {"P": 3, "Q": 3, "R": 2})
    plan = plan_cases([(first, case), (second, attrs.evolve(case, id="other"))])
    assert (plan.credits, plan.optimal) == (5, True)
    assert [one.book for one in plan.items] == ["test@1", "test@2"]
    assert plan.forbids == (("test@1", "all"),)
    assert [(book, floor.have) for book, floor in plan.short] == [("test@1", 3), ("test@2", 5)]
    assert [(one.book, one.clause) for one in plan.barred] == [("test@2", "never")]
    apart = plan_cases([(first, case), (attrs.evolve(second, book="two"), attrs.evolve(case, id="other"))])
    assert [one.book for one in apart.items] == ["test", "two"]


@pytest.mark.parametrize(("need", "short"), [(5, []), (6, []), (7, [("test", 6, 7)])])
def test_a_floor_of_an_exchange_is_reported_and_refuses_nothing(need: int, short: list[tuple[str, int, int]]) -> None:
    """6 credits are granted: below, on and above what the floor asks for."""
    rules = a_book(rows(("X", "P", 3), ("Y", "Q", 3)), *ONCE, clause("all", "floor", f"at_least = {need}"))
    plan = plan_case(rules, a_case("XY", {"P": 3, "Q": 3}))
    assert (plan.credits, plan.optimal) == (6, True)
    assert [(book, floor.have, floor.need) for book, floor in plan.short] == short


def test_refusals_in_order() -> None:
    rules = a_book(rows(("X", "P", 3)), *ONCE)
    case = a_case("X", {"P": 3})
    with pytest.raises(MalformedError, match="plan conversions"):
        plan_case(rules, attrs.evolve(case, act="award"))
    other = attrs.evolve(rules, system="other")
    with pytest.raises(MalformedError, match="act 'award'"):
        plan_cases([(rules, attrs.evolve(case, act="award")), (other, case)])
    with pytest.raises(MalformedError, match="one credit system"):
        plan_cases([(rules, case), (other, case)])
    with pytest.raises(MalformedError, match="one credit system"):
        plan_cases([(rules, case), (rules, case), (other, case)])
    with pytest.raises(MalformedError, match="rule book test@1 2 times; ask each version of a book once"):
        plan_cases([(rules, case), (rules, attrs.evolve(case, id="other"))])


# --- the oracle -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", range(0, 80, 10))
def test_no_application_beats_the_plan(first: int) -> None:
    """A campaign of thousands is a command: see plan_oracle."""
    said = {seed: differs(Instance.of(seed))[0] for seed in range(first, first + 10)}
    assert {seed: one for seed, one in said.items() if one not in ("", "skipped")} == {}


def test_the_engine_refuses_nothing_that_the_model_proposes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that allows more is mended by the engine, round by round, and its bound is one still: so no oracle would see it."""
    monkeypatch.setattr("creditbank.planner.search.ROUNDS_MAX", 1)
    plans = {seed: plan_case(one.book, one.case, why=False) for seed, one in enumerate(map(Instance.of, range(110)))}
    assert [seed for seed, plan in plans.items() if "rounds" in plan.open] == []


@pytest.mark.parametrize("first", [10, 40])
def test_no_applications_under_several_books_beat_the_plan(first: int) -> None:
    """A campaign of thousands is a command: see books_oracle."""
    found = {seed: books_oracle.differs(books_oracle.books_of(seed)) for seed in range(first, first + 15)}
    assert {seed: one for seed, (one, _) in found.items() if one not in ("", "skipped")} == {}
    assert any(one == "" and len(plan.decisions) > 1 for one, plan in found.values()), "books were used together"


def test_the_oracle_of_books_can_tell() -> None:
    """What two books may not both use is granted once; apart each would grant it."""
    once = clause("source", "once", 'per = ["source"]')
    one, two = (a_book(rows(("X", *way)), once, name=way[0].lower()) for way in (("P", 3), ("Q", 2)))
    case = a_case("X", {"P": 3, "Q": 2})
    assert books_oracle.best(((one, case), (two, attrs.evolve(case, id="other")))) == 3
    assert books_oracle.best(((two, case),)) == 2


def test_the_oracle_can_tell() -> None:
    """An oracle that never disagrees would be no oracle."""
    rules = a_book(rows(("X", "P", 3), ("X", "Q", 3), ("Y", "P", 3)), *ONCE)
    case = a_case("XY", {"P": 3, "Q": 3})
    assert best(rules, case) == 6
    assert best(rules, attrs.evolve(case, outcomes={"X": case.outcomes["X"]})) == 3


def test_every_question_begins_with_values_that_keep_to_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it has to look for any values at all first, the solver minds no budget."""
    asked = Solver.maximise

    def maximise(self: Solver, wanted: dict[int, int], *, start: Sequence[int] = (), **limits: int) -> Solved:
        assert len(start) == len(self._most)
        assert all(row.holds(tuple(start)) for row in self._rows)
        return asked(self, wanted, start=start, **limits)

    monkeypatch.setattr(Solver, "maximise", maximise)
    plans = [plan_case(one.book, one.case) for one in map(Instance.of, range(8))]
    assert any(plan.forbids for plan in plans), "that was asked, too"


def test_what_the_solver_gives_up_is_open_and_not_optimal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A belt of no seconds at all: every question ends before it begins."""
    rules = a_book(rows(("X", "P", 3), ("X", "Q", 3), ("Y", "P", 3)), *ONCE)
    case = a_case("XY", {"P": 3, "Q": 3})
    assert plan_case(rules, case).open == ()
    monkeypatch.setattr("creditbank.planner.solver.SECONDS_MAX", 0.0)
    plan = plan_case(rules, case)
    assert ("solver" in plan.open, plan.optimal, plan.forbids) == (True, False, None)
    assert plan.bound is not None
    assert plan.bound >= 6, "what nothing passes is still true"


# --- the solver's door ------------------------------------------------------------------------------------------------


def test_the_door_rounds_bounds_down_and_says_when_there_is_nothing() -> None:
    half = Row({0: 2, 1: 2}, 3)
    found = Solver([1, 1], [half]).maximise({0: 1, 1: 1})
    assert (found.bound, sum(found.values or ())) == (1, 1)
    nothing = Solver([1, 1], [half, Row({0: -1, 1: -1}, -2)]).maximise({})
    assert (nothing.values, nothing.bound) == (None, None)
    assert not Row({0: 10**9}, 1).fits


def test_the_door_stops_at_what_is_enough_and_forgets_it_after() -> None:
    """Six columns, of which four may be 1."""
    solver = Solver([1] * 6, [Row(dict.fromkeys(range(6), 1), 4)])
    every = dict.fromkeys(range(6), 1)
    for enough in (5, 4, 1):
        found = solver.maximise(every, start=(0,) * 6, enough=enough)
        assert min(enough, 4) <= sum(found.values or ()) <= (found.bound or 0)
    found = solver.maximise(every, start=(1,) + (0,) * 5)
    assert (sum(found.values or ()), found.bound) == (4, 4)
