"""
The oracle of plans under several books: every set of items under two or three books, asked for in every order of the books.

It knows nothing of the model. A campaign: ``python tests/plan/books_oracle.py 0 1000``.
"""

import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import permutations
from math import prod
from random import Random

import attrs
from plan_oracle import a_book as a_random_book, a_case as a_random_case, able_items, amounts

from creditbank.domain.rule import Case, CaseItem, RuleBook, decide
from creditbank.domain.rule.view import View
from creditbank.planner.result import Plan
from creditbank.planner.search import plan_cases

SETS_MAX = 1_500

Books = tuple[tuple[RuleBook, Case], ...]
Chosen = list[tuple[int, CaseItem, Fraction]]
"""Items: under which book, and what is wanted for each."""


def granted_in_full(books: Books, chosen: Chosen) -> bool:
    """Whether each item gets what is wanted, whichever book is asked for first, and in which order the items of one are."""
    orders = (chosen, chosen[::-1], *([*chosen[:at], *chosen[at + 1 :], chosen[at]] for at in range(len(chosen) - 1)))
    asked = sorted({book for book, _, _ in chosen})
    return all(_granted(books, first, order) for order in orders for first in permutations(asked))


def _granted(books: Books, first: Sequence[int], order: Chosen) -> bool:
    lines = books[0][1].history
    for number in first:
        book, case = books[number]
        own = [(item, wanted) for under, item, wanted in order if under == number]
        items = tuple(attrs.evolve(item, id=str(at)) for at, (item, _) in enumerate(own))
        results = decide(book, attrs.evolve(case, items=items, history=lines)).results
        if any(result.granted != wanted for result, (_, wanted) in zip(results, own, strict=True)):
            return False
        view = View(book, case)
        both = zip(items, results, strict=True)
        lines += tuple(view.standing(item, line) for item, result in both for line in result.lines)
    return True


def best(books: Books) -> Fraction | None:
    """Return the most credits that any applications grant in full; None where there are too many to try."""
    # Only a row takes several sources, or gives several targets.
    wide = [2 if any(one.rows for one in View(book, case).clauses.maps) else 1 for book, case in books]
    able = [
        (number, *one)
        for number, (book, case) in enumerate(books)
        for one in able_items(book, case, width=wide[number], series=wide[number])
    ]
    if prod(1 + len(list(amounts(most, parts))) for _, _, most, parts in able) > SETS_MAX:
        return None

    def grow(at: int, chosen: Chosen) -> Iterator[Fraction]:
        yield sum((wanted for _, _, wanted in chosen), Fraction(0))
        for later in range(at, len(able)):
            number, item, most, parts = able[later]
            same = any(under == number and _same(item, one) for under, one, _ in chosen)
            for wanted in () if same else amounts(most, parts):
                more = [*chosen, (number, attrs.evolve(item, ask=wanted if parts else None), wanted)]
                if granted_in_full(books, more):
                    yield from grow(later + 1, more)

    return max(grow(0, []))


def _same(one: CaseItem, other: CaseItem) -> bool:
    return set(one.sources) == set(other.sources) and set(one.targets) == set(other.targets)


def books_of(seed: int) -> Books:
    random = Random(f"books {seed}")
    parts = random.random() < 0.25
    case = a_random_case(random, size=random.randint(2, 3), parts=parts)
    found = []
    for number in range(random.randint(2, 3)):
        made = a_random_book(random, parts=parts, rows=random.random() < 0.2, own=False, highest=random.random() < 0.2)
        pairs = {pair: {"able": facts["able"] and random.random() < 0.6} for pair, facts in case.pairs.items()}
        found.append((attrs.evolve(made, book=f"book {number}"), attrs.evolve(case, id=f"now {number}", pairs=pairs)))
    return tuple(found)


def differs(books: Books) -> tuple[str, Plan]:
    """Say where plan and oracle disagree, empty if nowhere."""
    plan = plan_cases(books)
    oracle = best(books)
    if oracle is None:
        return "skipped", plan
    if plan.bound is not None and oracle > plan.bound:
        return f"bound {plan.bound} < {oracle}", plan
    if plan.credits > oracle or (plan.optimal and plan.credits != oracle):
        return f"{plan.credits}, optimal: {plan.optimal}; oracle {oracle}", plan
    return "", plan


def campaign(first: int, count: int) -> None:
    optimal, skipped, together = 0, 0, 0
    for seed in range(first, first + count):
        said, plan = differs(books_of(seed))
        optimal += plan.optimal
        skipped += said == "skipped"
        together += len(plan.decisions) > 1
        if said not in ("", "skipped"):
            print(f"seed {seed}: {said}; open {plan.open}", flush=True)
    print(f"{count} instances, {skipped} too wide to try, {optimal} optimal, {together} with items under several books")


if __name__ == "__main__":
    campaign(int(sys.argv[1]), int(sys.argv[2]))
