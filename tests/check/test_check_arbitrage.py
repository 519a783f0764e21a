"""Circles of conversions that end with more than they began with: against brute force, and on books."""

from fractions import Fraction
from itertools import permutations, product

import hypothesis.strategies as st
import pytest
from check_support import MAP, small
from hypothesis import given

from creditbank.domain.check import arbitrage as arbitrage_module, lint
from creditbank.domain.check.arbitrage import Found, check_arbitrage, find_gains
from creditbank.domain.check.edges import edges_of, systems_of
from creditbank.domain.check.exchange import Blocks, Edge, Given, Place, Times, To, along, common, period

F = Fraction
NAMES = ("p", "q", "r")


def place(name):
    return Place("system", name)


def edge(source, target, *steps, book="b@1"):
    return Edge(place(source), place(target), book, f"{source}-{target}", steps)


@st.composite
def edges(draw):
    ratios = st.sampled_from([F(1, 2), F(2, 3), F(1), F(3, 2), F(2), F(5, 4)])
    found = []
    for _ in range(draw(st.integers(1, 5))):
        source, target = draw(st.sampled_from(NAMES)), draw(st.sampled_from(NAMES))
        steps = [Times(draw(ratios))]
        if draw(st.booleans()):
            steps.insert(0, Blocks(draw(st.sampled_from([F(2), F(3)]))))
        if draw(st.booleans()):
            steps.append(
                To(draw(st.sampled_from([F(1, 2), F(1)])), draw(st.sampled_from(["down", "half-up", "exact"])))
            )
        found.append(edge(source, target, *steps))
    return found


def by_force(known):
    """The rounds of places that gain, each as a set: every order of every places, every amount up to 60 by halves."""
    gaining = set()
    for size in range(1, len(NAMES) + 1):
        for names in permutations(NAMES, size):
            hops = list(zip(names, (*names[1:], names[0]), strict=True))
            choices = [[one for one in known if (one.source.name, one.target.name) == hop] for hop in hops]
            for circle in product(*choices):
                if any(along(circle, F(n, 2))[-1] > F(n, 2) for n in range(1, 121)):
                    gaining.add(frozenset(place(name) for name in names))
    return gaining


@given(edges())
def test_it_finds_what_brute_force_finds_and_nothing_else(known):
    found = find_gains(known, dict.fromkeys(NAMES, F(1, 2)))
    assert found.complete
    assert {frozenset(one.source for one in gain.edges) for gain in found.gains} == by_force(known)
    for gain in found.gains:
        assert along(gain.edges, gain.amounts[0]) == gain.amounts
        assert gain.factor > 1


@given(
    st.fractions(F(1, 12), 12, max_denominator=12),
    st.fractions(F(1, 12), 12, max_denominator=12),
    st.sampled_from(["down", "exact", None]),
    st.sampled_from([F(1, 2), F(1, 3), F(1)]),
)
def test_exact_inverses_are_no_false_alarm(one, other, way, step):
    round_ = () if way is None else (To(step, way),)
    pairs = [edge("p", "q", Times(one), *round_), edge("q", "p", Times(1 / one))]
    pairs += [edge("q", "r", Times(other)), edge("r", "q", Times(1 / other), *round_)]
    assert find_gains(pairs, {}).gains == ()


@given(st.lists(st.sampled_from([F(1, 2), F(2, 3), F(3, 2), F(5, 4)]), min_size=1, max_size=3), st.integers(1, 200))
def test_beyond_a_period_nothing_new_happens(ratios, number):
    circle = tuple(
        edge("p", "p", Times(ratio), To(F(1, 2), way))
        for ratio, way in zip(ratios, ("down", "half-up", "down"), strict=False)
    )
    whole, amount = period(circle, F(1, 2)), F(number, 2)
    product_ = F(1)
    for ratio in ratios:
        product_ *= ratio
    assert along(circle, amount + whole)[-1] == along(circle, amount)[-1] + whole * product_


def test_a_gain_by_rounding_where_the_ratios_multiply_to_one():
    there, back = edge("p", "q", Times(F(2, 3)), To(F(1), "half-up")), edge("q", "p", Times(F(3, 2)))
    (gain,) = find_gains([there, back], {}).gains
    assert gain.amounts == (1, 1, F(3, 2))
    assert gain.factor == F(3, 2)


@pytest.mark.parametrize(("back", "gains"), [(F(3, 2), 0), (F(149, 100), 0), (F(151, 100), 1)])
def test_a_gain_by_ratio_begins_above_one(back, gains):
    found = find_gains([edge("p", "q", Times(F(2, 3))), edge("q", "p", Times(back))], {})
    assert len(found.gains) == gains


def test_whole_blocks_and_least_amounts():
    # 7 in blocks of 4 are 4: nothing is gained by 5/4 until whole blocks of 4 are there.
    (gain,) = find_gains([edge("p", "p", Blocks(F(4)), Times(F(5, 4)))], {}).gains
    assert gain.amounts == (4, 5)


def test_common_multiples():
    assert common(F(1, 2), F(1, 3)) == 1
    assert common(F(3, 4), F(1, 2)) == F(3, 2)


def test_two_versions_of_a_book_are_not_mixed():
    one, other = edge("p", "q", Times(F(2)), book="b@1"), edge("q", "p", Times(F(2)), book="b@2")
    assert find_gains([one, other], {}).gains == ()
    assert len(find_gains([one, edge("q", "p", Times(F(2)), book="c@2")], {}).gains) == 1
    assert find_gains([one, edge("q", "p", Times(F(2)), book="c@2")], {}, {"d@1"}).gains == ()


# --- bounds -----------------------------------------------------------------------------------------------------------


def ring(size):
    names = [f"s{n:02}" for n in range(size)]
    return [edge(one, other, Times(F(11, 10))) for one, other in zip(names, names[1:] + names[:1], strict=True)]


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_circle_of_so_many_conversions_and_no_more(more):
    found = find_gains(ring(arbitrage_module.LENGTH_MAX + more), {})
    assert found.complete == (more <= 0)
    assert len(found.gains) == (1 if more <= 0 else 0)


def test_what_was_not_tried_is_said(monkeypatch):
    tiny = [edge("p", "q", Times(F(9973, 10007)), To(F(1, 1000), "down")), edge("q", "p", Times(F(10007, 9973)))]
    assert find_gains(tiny, {"p": F(1, 1000)}) == Found((), False)
    monkeypatch.setattr(arbitrage_module, "CIRCLES_MAX", 1)
    many = [edge("p", "p", Times(F(1, n))) for n in range(2, 9)]
    assert find_gains(many, {}).complete is False
    (found,) = check_arbitrage(many, {})
    assert (found.kind, found.book, found.clauses) == ("open", "", ())


# --- rows -------------------------------------------------------------------------------------------------------------


def course(code, target, need, credits, *, exact=True):
    steps = (Given(None if need is None else F(need), exact, F(credits)),)
    return Edge(Place("course", code), Place("course", target), "b@1", "m", steps)


def test_courses_in_a_circle_gain_where_what_went_in_is_known():
    there, back = course("A", "B", 3, 3), course("B", "A", None, 4)
    (gain,) = find_gains([there, back], {}).gains
    assert gain.amounts == (3, 3, 4)
    # Once it is round, it gives what it gave.
    assert find_gains([course("A", "B", None, 3), back], {}).gains == ()
    # Another row gives less of A: so 2 become 4.
    (gain,) = find_gains([course("A", "B", None, 3), back, course("C", "A", 9, 2)], {}).gains
    assert gain.amounts == (2, 3, 4)


def test_a_row_asks_for_so_much():
    least, exact = course("A", "A", 3, 4, exact=False), course("A", "A", 3, 4)
    assert [least.gives(F(n)) for n in (2, 3, 5)] == [0, 4, 4]
    assert [exact.gives(F(n)) for n in (2, 3, 5)] == [0, 4, 0]


# --- books ------------------------------------------------------------------------------------------------------------


def ratio(name, source, target, times, way=None):
    clauses = [
        MAP,
        f'{{ id = "r", kind = "worth", when = {{ "source.system" = "{source}" }}, of = "@source.credits", times = "{times}" }}',
    ]
    if way:
        clauses.append(
            f'{{ id = "round", kind = "policy", round = {{ to = 1, way = "{way}" }}, leftover = "forfeit" }}'
        )
    return small(*clauses, name=name, system=target)


def circles(*books, **more):
    return [one for one in lint(books, **more) if one.kind == "arbitrage"]


def test_two_books_make_one_into_three_halves():
    there, back = ratio("there", "quarter", "semester", "2/3", "half-up"), ratio("back", "semester", "quarter", "3/2")
    assert circles(there) == circles(back) == []
    (found,) = circles(there, back)
    assert found.weight == "error"
    assert found.clauses == ("there@1:r", "back@1:r")
    assert found.example == (("quarter", "1"), ("semester (there@1:r)", "1"), ("quarter (back@1:r)", "1.5"))
    assert "1.5 times as much" in found.en
    assert circles(ratio("there", "quarter", "semester", "2/3", "down"), back) == []
    # Where only whole multiples of 3 are, nothing is rounded.
    assert circles(there, back, quanta={"quarter": F(3), "semester": F(1)}) == []
    assert circles(back, beside=(there,)) != []
    assert circles(ratio("else", "a", "b", "2"), beside=(there, back)) == []


def test_what_the_gates_refuse_is_no_edge():
    there, back = ratio("there", "quarter", "semester", "2"), ratio("back", "semester", "quarter", "2")
    assert len(circles(there, back)) == 1
    barred = small(
        MAP,
        '{ id = "no", kind = "gate", forbid = { "source.system" = "quarter" } }',
        '{ id = "r", kind = "worth", of = "@source.credits", times = 2 }',
        name="there",
        system="semester",
    )
    assert [one.kind for one in lint((barred, back)) if one.kind == "arbitrage" and "back@1:r" in one.clauses] == []


def test_edges_of_rows_of_which_the_source_is_known():
    book = small(
        '{ id = "m", kind = "map", rows = ['
        '{ from = "A", to = "B", credits = 4, when = { "source.credits" = 3 } },'
        '{ from = "B", to = { all = ["A", "C"] }, credits = [2, 3] },'
        '{ from = { credits = 9, of = [{ "source.system" = "other" }] }, to = { pool = "P" }, credits = 12 },'
        '{ from = "D", none = "no" }, { from = "E", to = "F" }] }',
        MAP.replace('"scope"', '"wide"'),
    )
    found = {(str(one.source), str(one.target)): one.steps for one in edges_of(book, systems_of(book))}
    assert found == {
        ("course A", "cn-college"): (Given(F(3), True, F(4)),),
        ("course A", "course B"): (Given(F(3), True, F(4)),),
        ("course B", "cn-college"): (Given(None, True, F(5)),),
        ("course B", "course A"): (Given(None, True, F(2)),),
        ("course B", "course C"): (Given(None, True, F(3)),),
        ("other", "cn-college"): (Given(F(9), False, F(12)),),
    }
    assert systems_of(book) == {"cn-college", "other"}


def test_which_rounding_a_worth_meets():
    book = small(
        MAP,
        '{ id = "w", kind = "worth", rows = ['
        '{ when = { "source.system" = "a" }, of = "@source.credits", per = 2, whole = true },'
        '{ when = { "source.system" = "b" }, of = "@source.credits", times = "1/3" }, { of = "@source.credits" }] }',
        '{ id = "p", kind = "policy", when = { "source.system" = "b" }, round = { to = "1/2", way = "down" } }',
        '{ id = "q", kind = "policy", round = { to = 1, way = "half-up" } }',
    )
    found = [(str(one.source), one.clause, one.steps) for one in edges_of(book, systems_of(book))]
    assert found == [
        ("a", "w, row 1", (Blocks(F(2)), Times(F(1, 2)), To(F(1), "half-up"))),
        ("b", "w, row 2", (Times(F(1, 3)), To(F(1, 2), "down"))),
        ("cn-college", "w, row 3", (To(F(1), "half-up"),)),
    ]
