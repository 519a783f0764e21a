"""The pure audit: what counts where, what is missing, floors on, below and above, sharing, and what cannot be decided."""

from datetime import date
from fractions import Fraction

import attrs
import pytest
from degree_support import HEAD, course, courses, credits, held, issued, listed, node, programme, record, share, tagged

from creditbank.codec.audit import audit_dict
from creditbank.domain.degree.audit import Audit, Change
from creditbank.domain.degree.record import Record, view_of
from creditbank.domain.degree.requirement import DegreeProgramme, EarlyGraduation, Group, Share
from creditbank.domain.degree.together import Together
from creditbank.domain.level import Level
from creditbank.domain.period import parse_duration
from creditbank.domain.rule.field import Value
from creditbank.domain.rule.selection import Among, Bound, BoundWord, Presence, Range, Selection, Test
from creditbank.errors import MalformedError
from creditbank.planner.degree import audit

INTRODUCED = Selection(((("learner.entry", Among(("中职",), False, "missing")),),))


def by(found: Audit) -> dict[str, list[str]]:
    """Return what counts in each leaf that something counts in."""
    return {one.id: [each.holding for each in one.by] for one in found.requirement.walk() if one.by}


def standings(found: Audit) -> dict[str, str]:
    return {one.id: one.standing for one in found.requirement.walk()}


def steps(found: Audit) -> list[tuple[str, str, int, tuple[str, ...]]]:
    assert found.change is not None
    return [(one.course, str(one.credits), one.courses, one.requirements) for one in found.change.steps]


def taken(asked: DegreeProgramme, learner: Record, found: Audit) -> Audit:
    """Return what is found once the smallest change is made; of listed courses alone."""
    assert found.change is not None
    courses = {one.code: one for one in asked.courses}
    new = [
        held(
            f"new {step.course}",
            step.credits,
            code=step.course,
            **{k: v for k, v in courses[step.course].facts.items() if k not in ("code", "credits", "category")},
            category=courses[step.course].facts["category"],
        )  # type: ignore[arg-type] # facts
        for step in found.change.steps
    ]
    return audit(asked, attrs.evolve(learner, holdings=(*learner.holdings, *new)))


# --- S11: never greedy ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [("X", "Y"), ("Y", "X")])
@pytest.mark.parametrize("first", ["R1", "R2"])
def test_s11_the_outcome_that_fits_one_alone_goes_there(order: tuple[str, str], first: str) -> None:
    tags = {"X": ("a", "b"), "Y": ("a",)}
    parts = [node("R1", courses(1, tagged("a"))), node("R2", courses(1, tagged("b")))]
    asked = programme(*(parts if first == "R1" else parts[::-1]))
    found = audit(asked, record(*(held(id, 3, *tags[id]) for id in order)))
    assert by(found) == {"R1": ["Y"], "R2": ["X"]}
    assert found.complete
    assert found.change == Change(Fraction(0), 0, ())


def test_a_long_chain_of_moves_is_found() -> None:
    """Each outcome fits two requirements, the last only the first: taken in order, every one has to move."""
    size = 12
    parts = [node(f"R{n}", courses(1, tagged(f"t{n}"))) for n in range(size)]
    holdings = [held(f"h{n}", 1, f"t{n}", f"t{n + 1}") for n in range(size - 1)] + [held("last", 1, "t0")]
    found = audit(programme(*parts), record(*holdings))
    assert found.complete
    assert by(found)["R0"] == ["last"]


def test_an_outcome_counts_once_unless_it_is_shared() -> None:
    both = record(held("h", 4, "a"))
    alone = audit(programme(node("one", credits(4, tagged("a"))), node("two", credits(4, tagged("a")))), both)
    assert not alone.complete
    shared = programme(node("one", credits(4, tagged("a"))), node("two", credits(4, tagged("a")), shares=True))
    assert by(audit(shared, both)) == {"one": ["h"], "two": ["h"]}
    assert audit(shared, both).complete


def test_a_group_that_shares_is_a_pool_of_its_own() -> None:
    """Inside it an outcome counts once, whatever it counts for outside."""
    block = node("block", Group(None, (node("in1", courses(1)), node("in2", courses(1)))), shares=True)
    asked = programme(node("out", courses(1)), block)
    assert not audit(asked, record(held("h"))).complete
    found = audit(asked, record(held("h"), held("i")))
    assert found.complete
    assert by(found) == {"out": ["h"], "in1": ["h"], "in2": ["i"]}


def test_a_course_counts_once_however_often_it_was_taken() -> None:
    asked = programme(node("r", courses(2)))
    twice = record(held("h", 2, code="PE"), held("i", 2, code="PE"))
    assert not audit(asked, twice).complete
    again = Selection(((("source.code", Among(("PE",), False, "fail")),),))
    assert audit(attrs.evolve(asked, repeats=again), twice).complete


# --- what is missing --------------------------------------------------------------------------------------------------


def test_fewest_credits_then_fewest_courses_then_the_order_listed() -> None:
    asked = programme(
        node("r", credits(4, tagged("a"))),
        courses=[listed("five", 5, "a"), listed("two", 2, "a"), listed("too", 2, "a"), listed("four", 4, "a")],
    )
    assert steps(audit(asked, record())) == [("four", "4", 1, ("r",))]
    assert steps(audit(asked, record(held("h", 2, "a", code="two")))) == [("too", "2", 1, ("r",))]
    assert steps(audit(asked, record(held("h", 3, "a")))) == [("two", "2", 1, ("r",))]


def test_one_course_that_serves_two_pools_is_taken_once() -> None:
    asked = programme(
        node("r", courses(1, tagged("a"))),
        node("level", courses(1, tagged("b")), shares=True),
        courses=[listed("A", 2, "a"), listed("B", 2, "b"), listed("AB", 3, "a", "b")],
    )
    found = audit(asked, record())
    assert steps(found) == [("AB", "3", 1, ("r", "level"))]
    assert taken(asked, record(), found).complete


def test_the_nearer_alternative_is_the_one_to_go_for() -> None:
    one = node("one", Group(None, (node("A", course("A")), node("B", course("B")))))
    two = node("two", Group(None, (node("C", course("C")), node("D", course("D")))))
    asked = programme(node("any", Group(1, (one, two))), courses=[listed(code, 3) for code in "ABCD"])
    found = audit(asked, record(held("h", 3, code="C")))
    assert steps(found) == [("D", "3", 1, ("D",))]
    assert standings(found) == {
        "all": "missing", "any": "missing", "one": "not-needed", "A": "not-needed", "B": "not-needed",
        "two": "missing", "C": "met", "D": "missing",
    }  # fmt: skip


def test_what_no_course_is_listed_for_is_said_as_credits() -> None:
    """Missing electives may be earned at the own school, and count in the total: 20 credits, and not 20 + 7 + 20."""
    asked = programme(
        node("total", credits(170), shares=True),
        node("own", share(60, issued("own")), shares=True),
        node("electives", credits(20, tagged("e"))),
        total=170,
    )
    found = audit(asked, record(held("A", 95, issuer="own"), held("B", 55, issuer="other")))
    assert steps(found) == [("", "20", 0, ("electives", "total", "own"))]


def test_credits_that_cannot_be_one_are_earned_twice() -> None:
    asked = programme(
        node("r", credits(4, issued("here"))),
        node("s", credits(6, issued("there")), shares=True),
    )
    found = audit(asked, record())
    assert steps(found) == [("", "4", 0, ("r",)), ("", "6", 0, ("s",))]
    asked = programme(node("r", credits(4, issued("here"))), node("s", credits(6, tagged("b")), shares=True))
    assert steps(audit(asked, record())) == [("", "4", 0, ("r", "s")), ("", "2", 0, ("s",))]


def test_listed_courses_go_before_credits_that_none_stands_for() -> None:
    """A leaf that its listed courses fill is filled by them, even where less would do."""
    asked = programme(node("r", credits(3, tagged("a"))), courses=[listed("A", 2, "a"), listed("B", 2, "a")])
    assert [step[0] for step in steps(audit(asked, record()))] == ["A", "B"]
    short = attrs.evolve(asked, courses=asked.courses[:1])
    assert steps(audit(short, record())) == [("", "3", 0, ("r",))]


def test_listed_courses_that_two_leaves_fight_over() -> None:
    """Each leaf alone is filled by what is listed, both are not: only then something unlisted comes in."""
    asked = programme(
        node("r", courses(1, tagged("a"))), node("s", courses(1, tagged("a"))), courses=[listed("A", 2, "a")]
    )
    found = audit(asked, record())
    assert found.change is not None
    assert found.change.courses == 2


def test_what_the_list_fills_is_filled_by_it_where_something_else_is_short() -> None:
    """Both want A and B; what neither names comes in for the one that takes any, and the named courses cost what they bear."""
    asked = programme(
        node("base", credits(3, tagged("a"))),
        node("core", Group(None, (node("core.1", course("A")), node("core.2", course("B"))))),
        courses=[listed("A", 4, "a"), listed("B", 2, "a")],
    )
    found = audit(asked, record())
    assert steps(found) == [("A", "4", 1, ("core.1",)), ("B", "2", 1, ("core.2",)), ("", "3", 0, ("base",))]
    assert found.proven


def test_of_what_comes_in_unlisted_the_fewest_courses_come_before_the_fewest_credits() -> None:
    """A for the base and a nameless course for the core would be fewer credits; but of such a course nobody knows them."""
    asked = programme(
        node("base", credits(4, tagged("a"))), node("core", courses(1, tagged("a"))), courses=[listed("A", 4, "a")]
    )
    assert steps(audit(asked, record())) == [("A", "4", 1, ("core",)), ("", "4", 0, ("base",))]


def test_a_course_that_is_not_listed_is_named() -> None:
    found = audit(programme(node("r", course("MA101"))), record())
    assert steps(found) == [("MA101", "0", 1, ("r",))]


def test_of_a_course_covered_in_part_the_rest_is_missing() -> None:
    asked = programme(node("r", attrs.evolve(course("A"), credits=Fraction(4))), courses=[listed("A", 4)])
    part = record(held("lot", 3, code="A", whole=False))
    assert steps(audit(asked, part)) == [("A", "1", 1, ("r",))]
    assert audit(asked, record(held("lot", 4, code="A"))).complete


def test_contradictions_are_said_to_be_impossible() -> None:
    floors = (Share(tagged("a"), "at_most", Fraction(3), None),)
    found = audit(programme(node("r", credits(4, tagged("a")), floors=floors)), record(held("h", 4, "a")))
    assert found.change is None
    assert found.proven
    assert not found.complete
    assert audit_dict(found)["impossible"] is True


# --- floors, residency, levels ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("own", "partner", "met"), [(101, 69, False), (102, 68, True), (103, 67, True)])
def test_a10_residency_of_the_programme(own: int, partner: int, met: bool) -> None:
    asked = programme(
        node("total", credits(170), shares=True), node("own", share(60, issued("own")), shares=True), total=170
    )
    found = audit(asked, record(held("A", own, issuer="own"), held("B", partner, issuer="partner")))
    assert found.complete is met
    assert standings(found)["total"] == "met"
    assert found.change is not None
    assert found.change.credits == (0 if met else 102 - own)


@pytest.mark.parametrize(("amount", "met"), [(4, False), (5, True), (6, True)])
def test_a10_social_practice(amount: int, met: bool) -> None:
    asked = programme(node("practice", credits(5, tagged("社会实践"))))
    assert audit(asked, record(held("h", amount, "社会实践"))).complete is met


@pytest.mark.parametrize(("have", "met"), [(269, False), (270, True)])
def test_a10_the_total(have: int, met: bool) -> None:
    assert audit(programme(node("total", credits(270))), record(held("h", have))).complete is met


@pytest.mark.parametrize(
    ("have", "on", "eligible"),
    [
        (149, date(2026, 9, 1), False),
        (150, date(2026, 9, 1), True),
        (151, date(2026, 9, 1), True),
        (150, date(2026, 8, 31), False),
        (150, date(2026, 9, 2), True),
    ],
)
def test_a10_early_graduation(have: int, on: date, eligible: bool) -> None:
    early = EarlyGraduation(parse_duration("2 years"), node("early", credits(150)))
    asked = programme(node("total", credits(170)), early=early)
    learner = record(held("h", have), on=on, learner={"enrolled_on": date(2024, 9, 1)})
    found = audit(asked, learner).early
    assert found is not None
    assert (found.eligible, found.since) == (eligible, date(2026, 9, 1))
    assert (found.requirement.have, found.requirement.need) == (have, 150)
    unknown = audit(asked, attrs.evolve(learner, learner={})).early
    assert unknown is not None
    assert (unknown.eligible, unknown.since) == (False, None)


@pytest.mark.parametrize(("on", "ahead"), [(date(2026, 6, 29), True), (date(2026, 6, 30), False)])
def test_complete_before_the_regular_end(on: date, ahead: bool) -> None:
    found = audit(programme(node("r", credits(1))), record(held("h"), on=on, ends=date(2026, 6, 30)))
    assert found.ahead is ahead


def test_a_share_of_what_counts_decides_what_counts() -> None:
    """Half of what counts must be own: eight of the partner's ten credits are left out, and a listed course is not needed."""
    floors = (Share(issued("own"), "at_least", None, Fraction(1, 2)),)
    asked = programme(node("r", credits(8), floors=floors))
    learner = record(held("p1", 4, issuer="p"), held("p2", 6, issuer="p"), held("o", 4, issuer="own"))
    found = audit(asked, learner)
    assert by(found) == {"r": ["p1", "o"]}
    (floor,) = found.requirement.parts[0].floors
    assert (floor.have, floor.need, floor.base, floor.met) == (4, 4, 8, True)


@pytest.mark.parametrize(("own", "missing"), [(3, 1), (4, 0), (5, 0)])
def test_an_amount_of_what_counts(own: int, missing: int) -> None:
    floors = (Share(issued("own"), "at_least", Fraction(4), None),)
    asked = programme(node("r", credits(8), floors=floors))
    found = audit(asked, record(held("p", 8, issuer="p"), held("o", own, issuer="own")))
    assert found.change is not None
    assert found.change.credits == missing
    assert found.complete is (missing == 0)


@pytest.mark.parametrize(("distant", "met"), [("1.5", True), (2, True), ("2.5", False)])
def test_at_most_so_much_of_what_counts(distant: int | str, met: bool) -> None:
    floors = (Share(tagged("distance"), "at_most", Fraction(2), None),)
    asked = programme(node("r", credits(8), floors=floors))
    found = audit(asked, record(held("near", 6), held("far", distant, "distance"), held("half", "0.5")))
    assert found.complete is met


def test_levels_have_a_least() -> None:
    high = Selection(((("source.step", Range((Bound("at_least", Level("step", "2"), None, None),), "missing")),),))
    asked = programme(node("r", credits(6)), node("high", credits(3, high), shares=True))
    steps_of = {"1": False, "2": True, "3": True}
    for step, met in steps_of.items():
        learner = record(held("h", 3, step=Level("step", "1")), held("i", 3, step=Level("step", step)))
        assert audit(asked, learner).complete is met


# --- for whom, and what cannot be decided -----------------------------------------------------------------------------


@pytest.mark.parametrize(("entry", "complete", "standing"), [("普高", True, "not-for-you"), ("中职", False, "missing")])
def test_a_requirement_may_be_for_some(entry: str, complete: bool, standing: str) -> None:
    asked = programme(node("r", credits(1)), node("bridge", course("B"), when=INTRODUCED))
    found = audit(asked, record(held("h"), learner={"entry": entry}))
    assert (found.complete, standings(found)["bridge"]) == (complete, standing)


def test_for_whom_it_is_may_be_unknown_and_then_it_is() -> None:
    found = audit(programme(node("bridge", course("B"), when=INTRODUCED)), record())
    assert found.requirement.parts[0].undecided == (("", "learner.entry"),)
    assert not found.complete


def test_what_wants_a_field_does_not_count_and_is_named() -> None:
    asked = programme(node("own", credits(4, issued("own"))))
    found = audit(asked, record(held("h", 4)))
    assert found.requirement.parts[0].undecided == (("h", "source.issuer"),)
    assert [(one.holding, one.field, one.excluded) for one in found.unused] == [("h", "source.issuer", False)]


def test_what_does_not_count_at_all_is_named() -> None:
    passed = Selection(((("source.grade", Among(("不及格",), True, "pass")),),))
    graded = Selection(((("source.grade", Presence(True)),),))
    learner = record(held("h", 4, code="A", grade="不及格"), held("i", 4, code="A"))
    asked = programme(node("r", course("A")), counts=passed)
    assert by(audit(asked, learner)) == {"r": ["i"]}
    failed = audit(asked, record(learner.holdings[0]))
    assert [(one.holding, one.excluded) for one in failed.unused] == [("h", True)]
    assert steps(failed) == [("A", "0", 1, ("r",))]
    assert [one.holding for one in audit(attrs.evolve(asked, counts=graded), learner).unused] == ["h", "i"][1:]


def test_what_is_not_needed_is_left_over() -> None:
    found = audit(programme(node("r", credits(4))), record(held("h", 4), held("i", 4)))
    assert [one.holding for one in found.unused] == ["i"]


def test_two_outcomes_of_one_id_are_refused() -> None:
    with pytest.raises(MalformedError, match="two outcomes have one id"):
        record(held("h"), held("h"))


def test_what_is_missing_is_missing_after_all_that_is_there_counts() -> None:
    """The total asks for more than the electives do: still the held elective counts as one, and five are missing there."""
    asked = programme(node("electives", credits(8, tagged("e"))), node("total", credits(30), shares=True))
    found = audit(asked, record(held("h", 3, "e"), held("i", 4)))
    assert by(found) == {"electives": ["h"], "total": ["h", "i"]}
    assert steps(found) == [("", "5", 0, ("electives", "total")), ("", "18", 0, ("total",))]


def test_a_requirement_without_a_name_is_called_by_its_course() -> None:
    found = audit(
        programme(node("r", course("A")), node("s", course("B")), courses=[listed("A", 1, name="数学")]), record()
    )
    assert [one.zh for one in found.requirement.parts] == ["A 数学", "B"]


def test_amounts_that_no_solver_can_be_trusted_with_are_refused() -> None:
    fine = [held(f"h{n}", f"1/{prime}") for n, prime in enumerate((997, 991, 983, 977))]
    with pytest.raises(MalformedError, match="too many decimals"):
        audit(programme(node("r", credits(1))), record(*fine))


def test_what_is_not_chosen_helps_nobody() -> None:
    """The own course of a direction that is not taken cannot lift the share of one's own school."""
    half = (Share(issued("own"), "at_least", None, Fraction(1, 2)),)
    one = node("one", Group(None, (node("near", courses(1, tagged("n"))), node("far", courses(5, tagged("f"))))))
    two = node("two", credits(2, tagged("p")))
    asked = programme(node("any", Group(1, (one, two))), floors=half)
    learner = record(held("o", 2, "n", issuer="own"), held("p", 2, "p", issuer="p"))
    found = audit(asked, learner)
    assert not found.complete
    assert "p" not in by(found).get("two", []) or standings(found)["one"] == "not-needed"
    assert audit(attrs.evolve(asked, requirement=attrs.evolve(asked.requirement, floors=())), learner).complete


def test_of_several_results_of_a_course_the_best_is_shared() -> None:
    asked = programme(node("r", credits(4), shares=True))
    for amounts in ((2, 4), (4, 2)):
        learner = record(*(held(f"h{n}", amount, code="A") for n, amount in enumerate(amounts)))
        found = audit(asked, learner)
        assert (found.complete, found.requirement.parts[0].have) == (True, 4)


@pytest.mark.parametrize(("word", "met"), [("at_most", False), ("at_least", False)])
def test_what_a_floor_cannot_decide_counts_against(word: str, met: bool) -> None:
    floors = (Share(issued("own"), word, Fraction(2), None),)  # type: ignore[arg-type] # one of two
    asked = programme(node("r", credits(4), floors=floors))
    assert audit(asked, record(held("h", 4))).complete is met


@pytest.mark.parametrize("shares", [True, False])
def test_what_shares_may_have_floors_and_then_chooses(shares: bool) -> None:
    floors = (Share(issued("own"), "at_least", None, Fraction(1, 2)),)
    asked = programme(node("r", credits(8), floors=floors, shares=shares))
    learner = record(held("p1", 4, issuer="p"), held("p2", 6, issuer="p"), held("o", 4, issuer="own"))
    assert by(audit(asked, learner)) == {"r": ["p1", "o"]}


def test_two_selections_may_be_met_by_one_course_or_not() -> None:
    seen = view_of(programme(node("r", credits(1))), record(), ()).of()

    def one(*selections: Selection) -> bool:
        return Together(HEAD, seen).one(selections)

    def field(name: str, *tests: Test) -> tuple[Selection, ...]:
        return tuple(Selection((((name, test),),)) for test in tests)

    def within(word: BoundWord, limit: Value) -> Range:
        return Range((Bound(word, limit, None, None),), "missing")

    not_a = Among(("a",), True, "missing")
    steps = [Level("step", step) for step in "123"]
    day = date(2026, 1, 1)
    assert one(tagged("a"), tagged("b")), "it may be of both"
    assert not one(tagged("a"), *field("source.category", not_a))
    assert one(tagged("a", "b"), *field("source.category", not_a))
    assert one(issued("own"), tagged("a"))
    assert not one(issued("own"), issued("other"))
    assert one(*field("source.issuer", not_a, Among(("b",), True, "missing")))
    assert not one(issued("a"), *field("source.issuer", Presence(False)))
    assert one(*field("source.credits", within("above", Fraction(3)), within("below", Fraction(4))))
    assert not one(*field("source.credits", within("at_least", Fraction(4)), within("below", Fraction(4))))
    assert one(*field("source.achieved_on", within("at_least", day), within("at_most", day)))
    assert not one(*field("source.achieved_on", within("above", day), within("at_most", day)))
    assert one(*field("source.step", within("at_least", steps[1]), within("at_most", steps[1])))
    assert not one(*field("source.step", within("above", steps[1]), within("at_most", steps[1])))
    assert not one(*field("source.revoked", Among((True,), False, "missing"), Among((False,), False, "missing")))
