"""Laws of the kinds that count, weigh and collect, on generated books."""

from fractions import Fraction
from itertools import combinations, permutations

import attrs
from hypothesis import given, strategies as st
from rule_books_gen import SOURCES, after, amounts, book, books, cases, clause, highests, map_and_worth, total

from creditbank.codec.book import book_bytes, book_of
from creditbank.domain.rule import Case, Decision, Gate, Highest, Policy, RuleBook, decide, workings
from creditbank.domain.rule.clause import Cap, Floor, Once

LOOSE = Gate | Highest | Once | Cap | Floor


def in_turn(rules: RuleBook, case: Case, parts: tuple[tuple[str, ...], ...]) -> list[Decision]:
    """Ask for the items of *parts*, part by part, each an application of its own after the one before."""
    made: list[Decision] = []
    history = case.history
    for n, ids in enumerate(parts):
        items = tuple(next(item for item in case.items if item.id == id) for id in ids)
        asked = attrs.evolve(case, id=f"a{n}", items=items, history=history)
        made.append(decide(rules, asked))
        history = after(rules, asked, made[-1])
    return made


@st.composite
def splits(draw, case):
    """Cut some order of the items into applications."""
    ids = draw(st.permutations([item.id for item in case.items]))
    cuts = sorted(draw(st.sets(st.integers(1, len(ids)), max_size=2)))
    return tuple(tuple(ids[a:b]) for a, b in zip((0, *cuts), (*cuts, len(ids)), strict=True) if ids[a:b])


with_case = st.sampled_from(["convert", "award"]).flatmap(lambda act: st.tuples(books(act), cases(act)))


@given(with_case, st.randoms(use_true_random=False))
def test_shuffling_what_is_no_choice_changes_no_amount(pair, random):
    rules, case = pair
    free = [one for one in rules.clauses if isinstance(one, LOOSE)]
    rest = [one for one in rules.clauses if not isinstance(one, LOOSE)]
    random.shuffle(free)
    turned = attrs.evolve(rules, clauses=(*free, *rest))
    assert amounts(decide(turned, case)) == amounts(decide(rules, case))


@given(with_case)
def test_every_item_balances(pair):
    rules, case = pair
    for one in decide(rules, case).results:
        if one.refused is not None:
            assert (one.granted, one.lines, one.used) == (None, (), ())
            continue
        declined = sum((each.credits for each in one.declined), Fraction(0))
        assert one.granted + one.kept + one.forfeited + one.rounded + declined == one.worth
        assert sum(line.credits for line in one.lines) == one.granted
        assert min([one.kept, one.forfeited, *(each.credits for each in one.declined)]) >= 0
        assert all((line.credits * 2).denominator == 1 for line in one.lines)


@given(with_case)
def test_the_same_again_from_the_canonical_bytes(pair):
    rules, case = pair
    read = book_of(book_bytes(rules))
    assert decide(read, case) == decide(rules, case)
    assert workings(read, case) == workings(rules, case)


@given(books("award"), cases("award"))
def test_an_award_stands_on_floors_that_hold_over_what_it_spends(rules, case):
    for one in decide(rules, case).results:
        assert (one.refused is None) <= all(floor.met for floor in one.floors)
        named = {line.sources[0] for line in one.lines} | {each.source for each in one.declined_lines}
        assert named <= set(next(item for item in case.items if item.id == one.item).sources)
        if one.refused is None and one.used:
            # What was spent, asked for by itself, is granted as it was, where no limit looks at how many there are.
            again = attrs.evolve(case, items=(attrs.evolve(case.items[int(one.item)], sources=one.used),))
            if len(case.items) == 1 and not any(isinstance(clause, Cap | Highest) for clause in rules.clauses):
                assert decide(rules, again).results[0].granted == one.granted


@given(st.data())
def test_no_sequence_beats_the_best_single_application(data):
    rules = book("convert", *map_and_worth("convert"), clause("h", "highest", data.draw(highests("refuse"))))
    case = data.draw(cases(pools=True))
    got = sum((total(one) for one in in_turn(rules, case, data.draw(splits(case)))), Fraction(0))
    ids = [item.id for item in case.items]
    single = (
        total(in_turn(rules, case, (order,))[0])
        for size in range(1, len(ids) + 1)
        for some in combinations(ids, size)
        for order in permutations(some)
    )
    assert got <= max(single)


@given(st.data())
def test_under_difference_a_group_never_gets_more_than_it_is_due(data):
    body = data.draw(highests("difference", per='["source.content"]'))
    rules = book("convert", *map_and_worth("convert"), clause("h", "highest", body))
    case = data.draw(cases(pools=True, single=True))
    decisions = in_turn(rules, case, data.draw(splits(case)))
    highest = next(one for one in rules.clauses if isinstance(one, Highest))
    asked = {item.id: item.sources[0] for item in case.items}
    for content in ("x", "y"):
        got, worth = Fraction(0), dict[str, Fraction]()
        for decision in decisions:
            # What an item was worth counts when it is asked for: paying back what a lower one got may take all of it.
            offered = dict(worth)
            for one in decision.results:
                source = asked[one.item]
                if case.outcomes[source]["content"] == content:
                    offered[source] = offered.get(source, Fraction(0)) + case.outcomes[source]["credits"]
                    got += sum((line.credits for line in one.lines), Fraction(0))
                    worth[source] = worth.get(source, Fraction(0)) + sum(line.worth for line in one.lines)
            if offered:
                best = max(
                    offered[top] + sum(highest.others * offered[low] for low in offered if low != top)
                    for top in offered
                )
                assert got <= best


@given(with_case, st.integers(0, 4))
def test_two_applications_in_the_same_order_equal_one(pair, cut):
    rules, case = pair
    by_application = [one for one in rules.clauses if isinstance(one, Once) and one.by == "application"]
    rules = attrs.evolve(
        rules,
        clauses=tuple(one for one in rules.clauses if not isinstance(one, Highest) and one not in by_application),
    )
    first = attrs.evolve(case, items=case.items[:cut])
    one = decide(rules, first)
    second = attrs.evolve(case, id="later", items=case.items[cut:], history=after(rules, first, one))
    assert amounts(one) | amounts(decide(rules, second)) == amounts(decide(rules, case))


def fits(decision: Decision) -> bool:
    """All items are granted, and each in full."""
    return all(one.refused is None and not one.declined and not one.make_up for one in decision.results)


@given(books(), st.sampled_from(["forfeit", "keep"]), st.data(), st.randoms(use_true_random=False))
def test_items_that_fit_together_are_granted_in_any_order(rules, leftover, data, random):
    """Where leftover is kept, items bring one lot each, for courses: see docs/decisions/0013."""
    keeps = leftover == "keep"
    clauses = [one for one in rules.clauses if not (keeps and isinstance(one, Highest))]
    policy = next(one for one in clauses if isinstance(one, Policy))
    clauses[clauses.index(policy)] = attrs.evolve(policy, leftover=leftover)
    rules = attrs.evolve(rules, clauses=tuple(clauses))
    case = data.draw(cases(single=keeps))
    if keeps:
        case = attrs.evolve(case, targets={id: {**facts, "kind": "course"} for id, facts in case.targets.items()})
    able = tuple(item for item in case.items if decide(rules, case).result(item.id).refused is None)
    together = attrs.evolve(case, items=able)
    if not fits(decide(rules, together)):
        return
    turned = list(able)
    random.shuffle(turned)
    again = decide(rules, attrs.evolve(case, items=tuple(turned)))
    granted = {one.item: (one.granted, one.targets) for one in decide(rules, together).results}
    assert {one.item: (one.granted, one.targets) for one in again.results} == granted


@given(with_case, st.sampled_from(SOURCES))
def test_it_never_raises_for_want_of_a_fact(pair, gone):
    rules, case = pair
    bare = attrs.evolve(case, outcomes={**case.outcomes, gone: {}}, programme={})
    for one in decide(rules, bare).results:
        assert (one.refused is None) != (one.granted is None)
