"""
Checking rule books before anybody relies on them: against themselves, their versions, their parents, and each other.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from creditbank.domain.check.about import About, named
from creditbank.domain.check.arbitrage import check_arbitrage
from creditbank.domain.check.edges import edges_of, systems_of
from creditbank.domain.check.finding import ERRORS, BookFinding, FindingKind, Weight
from creditbank.domain.check.first import check_first
from creditbank.domain.check.gates import check_gates
from creditbank.domain.check.layers import check_layers
from creditbank.domain.check.limits import check_limits
from creditbank.domain.check.logic import Logic
from creditbank.domain.check.versions import check_versions
from creditbank.domain.rule.book import RuleBook

__all__ = ["ERRORS", "BookFinding", "FindingKind", "Weight", "lint"]


def lint(
    books: Sequence[RuleBook],
    *,
    parents: Mapping[str, RuleBook] | None = None,
    quanta: Mapping[str, Fraction] | None = None,
    beside: Sequence[RuleBook] = (),
) -> tuple[BookFinding, ...]:
    """
    Check *books*, each by itself and all together. Finds nothing twice.

    Args:
        parents: The books that they extend, by digest.
        quanta: The smallest amount of a credit system, by id; without it amounts are tried in steps that the books have.
        beside: Books in force beside them, which are not checked themselves: circles and versions may go through them.

    Returns:
        Findings about each book in the order given, then between versions, then about circles of conversions.
    """
    found = [one for book in books for one in _alone(book, parents or {})]
    everything, names = (*books, *beside), {named(book) for book in books}
    found += (one for one in check_versions(everything) if not names.isdisjoint((one.book, *one.clauses)))
    systems = {system for book in everything for system in systems_of(book)}
    found += check_arbitrage((edge for book in everything for edge in edges_of(book, systems)), quanta or {}, names)
    return tuple(dict.fromkeys(found))


def _alone(book: RuleBook, parents: Mapping[str, RuleBook]) -> Iterator[BookFinding]:
    logic = Logic(book)
    per_act = []
    for act in book.acts:
        about = About(book, act, logic)
        per_act.append([*check_gates(about), *check_first(about), *check_limits(about)])
    yield from _everywhere(book, per_act)
    yield from check_layers(book, parents)


def _everywhere(book: RuleBook, per_act: list[list[BookFinding]]) -> Iterator[BookFinding]:
    """Yield what is found; what never matters in one act may matter in another, and is no finding then."""
    by_id = {clause.id: clause for clause in book.clauses}
    for at, findings in enumerate(per_act):
        for one in findings:
            if one.kind in ("dead", "hidden"):
                acts = by_id[one.clauses[0]].acts or book.acts
                others = [per_act[number] for number, act in enumerate(book.acts) if act in acts and number != at]
                same = all(any(_is_same(one, other) for other in found) for found in others)
                if not same:
                    continue
            yield one


def _is_same(one: BookFinding, other: BookFinding) -> bool:
    return (one.kind, one.clauses[0], one.en) == (other.kind, other.clauses[0], other.en)
