"""Laws that a registrar would sign, on generated books and cases."""

import json
from datetime import date
from fractions import Fraction

import attrs
from hypothesis import given, strategies as st
from rule_books_gen import after
from rule_support import book_of_text

from creditbank.codec.book import book_bytes, book_of
from creditbank.codec.case import case_bytes
from creditbank.codec.decision import decision_dict
from creditbank.domain.rule import Cap, Case, CaseItem, Gate, Once, decide, workings

SOURCES, TARGETS = ("s1", "s2", "s3"), ("t1", "t2", "t3", "t4")
KINDS = ("甲", "乙")
UNITS, LEFTOVER = st.sampled_from(["whole", "parts"]), st.sampled_from(["keep", "forfeit"])
amounts = st.integers(0, 12).map(lambda n: Fraction(n, 2))


def clause(id, kind, body):
    return f'{{ id = "{id}", kind = "{kind}", basis = "b:1", {body} }}'


gates = st.sampled_from(
    [
        'forbid = { "target.category" = "甲", "source.class" = "乙" }',
        'require = { "source.credits" = { at_least = 1 } }',
        'require = { "target.credits" = { below = 6 } }',
    ]
)
per = st.sampled_from(['["source"]', '["target"]', '["target.category"]', '["source", "target"]', "[]"])
caps = st.builds(
    lambda limit, per, measure, exceed: f'at_most = {limit}, per = {per}, measure = "{measure}", exceed = "{exceed}"',
    st.integers(1, 9),
    per,
    st.sampled_from(["credits", "credits", "items", "sources", "target_credits"]),
    st.sampled_from(["trim", "refuse"]),
)
onces = per.filter(lambda per: per != "[]").map(lambda per: f'per = {per}, across = "programme"')
limits = st.one_of(
    st.tuples(st.just("cap"), caps), st.tuples(st.just("once"), onces), st.tuples(st.just("gate"), gates)
)


@st.composite
def books(draw, units=UNITS, leftover=LEFTOVER):
    worth = draw(
        st.sampled_from(['of = "@source.credits"', 'of = "@target.credits"', 'of = "@source.credits", times = "2/3"'])
    )
    clauses = [
        clause("m", "map", 'match = { "target.id" = { present = true } }'),
        clause("w", "worth", worth),
        clause("u", "policy", f'units = "{draw(units)}", leftover = "{draw(leftover)}"'),
        clause("r", "policy", f'round = {{ to = 0.5, way = "{draw(st.sampled_from(["down", "half-up"]))}" }}'),
    ]
    clauses += [clause(f"l{n}", kind, body) for n, (kind, body) in enumerate(draw(st.lists(limits, max_size=4)))]
    return book_of_text("clause = [" + ", ".join(clauses) + "]")


@st.composite
def cases(draw, most=4):
    facts = {
        source: {"credits": draw(amounts), "system": "cn-college", "class": draw(st.sampled_from(KINDS))}
        for source in SOURCES
    }
    targets = {
        target: {"credits": draw(amounts), "category": (draw(st.sampled_from(KINDS)),), "kind": "course"}
        for target in TARGETS
    }
    some = st.lists(st.sampled_from(SOURCES), min_size=1, max_size=2, unique=True).map(tuple)
    goals = st.lists(st.sampled_from(TARGETS), min_size=1, max_size=2, unique=True).map(tuple)
    pairs = draw(st.lists(st.tuples(some, goals), min_size=1, max_size=most))
    items = tuple(CaseItem(str(n), one, other) for n, (one, other) in enumerate(pairs))
    return Case(
        book="",
        act="convert",
        id="now",
        application={"applied_on": date(2022, 6, 1)},
        learner={},
        programme={"id": "p"},
        items=items,
        outcomes=facts,
        targets=targets,
        systems={"cn-college": Fraction(1, 2)},
    )


def granted(decision):
    return {one.item: (one.granted, one.targets) for one in decision.results}


@given(books(), cases())
def test_every_item_balances_and_fits_whole_quanta(book, case):
    for one in decide(book, case).results:
        if one.refused is None:
            declined = sum((each.credits for each in one.declined), Fraction(0))
            assert one.granted + one.kept + one.forfeited + one.rounded + declined == one.worth
            assert sum(line.credits for line in one.lines) == one.granted == sum(credits for _, credits in one.targets)
            assert sum(line.worth for line in one.lines) <= one.worth - one.rounded
            assert all((line.credits * 2).denominator == 1 and line.credits >= 0 for line in one.lines)
            assert min(one.kept, one.forfeited) >= 0
        else:
            assert one.granted is None
            assert one.lines == ()


@given(books(), cases(), st.randoms(use_true_random=False))
def test_shuffling_gates_and_limits_changes_no_amount(book, case, random):
    loose = [one for one in book.clauses if isinstance(one, Gate | Once | Cap)]
    rest = [one for one in book.clauses if not isinstance(one, Gate | Once | Cap)]
    shuffled = loose[:]
    random.shuffle(shuffled)
    turned = attrs.evolve(book, clauses=(*shuffled, *rest))
    assert granted(decide(turned, case)) == granted(decide(book, case))


@given(books(units=st.just("whole"), leftover=st.just("forfeit")), cases(), st.randoms(use_true_random=False))
def test_items_that_fit_together_are_granted_in_any_order(book, case, random):
    """Leftover that is kept is no limit but a stock: which item draws on which lot does follow the order."""
    decision = decide(book, case)
    able = tuple(item for item in case.items if decision.result(item.id).refused is None)
    together = attrs.evolve(case, items=able)
    first = decide(book, together)
    if any(one.refused for one in first.results):
        return
    items = list(able)
    random.shuffle(items)
    again = decide(book, attrs.evolve(case, items=tuple(items)))
    amounts = {one.item: one.granted for one in first.results}
    assert {one.item: one.granted for one in again.results} == amounts


@given(books(), cases(), st.integers(0, 4))
def test_two_applications_in_the_same_order_equal_one(book, case, cut):
    whole = decide(book, case)
    first = attrs.evolve(case, items=case.items[:cut])
    one = decide(book, first)
    second = attrs.evolve(case, id="later", items=case.items[cut:], history=after(book, first, one))
    other = decide(book, second)
    assert granted(one) | granted(other) == granted(whole)


@given(books(), cases())
def test_the_same_bytes_whenever_it_is_decided(book, case):
    read_back = book_of(book_bytes(book))
    one, other = decide(book, case, digest="d"), decide(read_back, case, digest="d")
    texts = {json.dumps(decision_dict(each), ensure_ascii=False) for each in (one, other)}
    assert len(texts) == 1
    assert one == other
    assert workings(book, case) == workings(read_back, case)
    assert case_bytes(case) == case_bytes(attrs.evolve(case, targets=dict(reversed(case.targets.items()))))


@given(books(), cases())
def test_no_cap_that_must_hold_is_ever_passed(book, case):
    decision = decide(book, case)
    lines = [line for one in decision.results for line in one.lines]
    for cap in (one for one in book.clauses if isinstance(one, Cap) and one.measure == "credits" and one.per == ()):
        assert sum(line.credits for line in lines) <= cap.at_most
    for once in (one for one in book.clauses if isinstance(one, Once) and one.per == ("target.id",)):
        users = [(one.item, line.target) for one in decision.results for line in one.lines]
        assert len({target for _, target in set(users)}) == len(set(users)), once


@given(books(), cases(), st.sampled_from(["s1", "t1"]))
def test_it_never_raises_for_want_of_a_fact(book, case, gone):
    outcomes = {id: {} if id == gone else facts for id, facts in case.outcomes.items()}
    targets = {id: {} if id == gone else facts for id, facts in case.targets.items()}
    decision = decide(book, attrs.evolve(case, outcomes=outcomes, targets=targets, programme={}))
    for one in decision.results:
        item = case.items[int(one.item)]
        if gone not in item.sources + item.targets:
            continue
        if one.refused is not None:
            continue
        # Granted without the facts: then nothing asked for them.
        assert all(row.item != one.item or row.said != "missing" for row in workings(book, case))
