"""
The oracle: every application there is, asked of the engine one by one; and books and cases for it.

It knows nothing of the model. An item is one source, or two, for one target; what is granted in parts is asked for in every
amount. A set counts if all of it is granted in full, as it stands and the other way round.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, permutations, product

import attrs

from creditbank.domain.rule import Case, CaseItem, RuleBook, decide

STEP = Fraction(1, 2)


def singles(book: RuleBook, case: Case, width: int) -> list[tuple[CaseItem, Fraction]]:
    """Every item that is granted something, or anything, when it is alone, with the amounts to ask for."""
    found = []
    for sources in (one for size in range(1, width + 1) for one in permutations(case.outcomes, size)):
        for target in case.targets:
            item = CaseItem("1", sources, (target,))
            result = decide(book, attrs.evolve(case, items=(item,))).results[0]
            if result.refused is None and set(result.used) == set(sources):
                assert result.granted is not None
                found.append((item, result.granted))
    return found


def amounts(item: CaseItem, most: Fraction, parts: bool) -> Iterator[CaseItem]:
    if not parts or not most:
        yield item
        return
    for steps in range(1, int(most / STEP) + 1):
        yield attrs.evolve(item, ask=steps * STEP)


def granted_in_full(book: RuleBook, case: Case, items: tuple[CaseItem, ...], worth: tuple[Fraction, ...]) -> bool:
    """Whether each item gets what it is worth, in this order and the other way round."""
    orders = (list(enumerate(items)), list(enumerate(items))[::-1])
    for order in orders:
        asked = tuple(attrs.evolve(item, id=str(number)) for number, item in order)
        decision = decide(book, attrs.evolve(case, items=asked))
        if any(decision.result(str(n)).granted != worth[n] for n, _ in order):
            return False
    return True


def best(book: RuleBook, case: Case, *, parts: bool, width: int = 1, most: int = 8) -> Fraction:
    """The most credits that any application grants in full."""
    able = singles(book, case, width)
    top = Fraction(0)
    for size in range(1, min(most, len(able)) + 1):
        some = False
        for chosen in combinations(able, size):
            pairs = {(frozenset(item.sources), item.targets) for item, _ in chosen}
            if len(pairs) < size:
                continue
            for items in product(*(tuple(amounts(item, worth, parts)) for item, worth in chosen)):
                worths = tuple(
                    worth if item.ask is None else item.ask for item, (_, worth) in zip(items, chosen, strict=True)
                )
                total = sum(worths, Fraction(0))
                if (total > top or not some) and granted_in_full(book, case, items, worths):
                    top, some = max(total, top), True
        if not some:
            break  # what fits together fits without one of it
    return top
