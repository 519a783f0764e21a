"""
Parity: no worth makes more of another system's credit than the book says such a credit is worth at most.
"""

from collections.abc import Iterable
from fractions import Fraction

from creditbank.codec.book_table import Table
from creditbank.domain.credit import number_text
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.clause import Scaled, Worth
from creditbank.domain.rule.selection import Among, Selection

__all__ = ["check_parity"]

_SYSTEM = "source.system"


def check_parity(table: Table, book: RuleBook) -> None:
    """Refuse a worth whose ratio, for a system that it may be about, is above that system's parity."""
    for clause in book.clauses:
        if not isinstance(clause, Worth):
            continue
        left = {name for name in book.parity if _may_be(clause.when, name)}
        for number, row in enumerate(clause.rows, 1):
            ratio = _ratio(row.amount)
            for name in sorted(left):
                most = book.parity[name].at_most
                if ratio is not None and ratio > most and _may_be(row.when, name):
                    what = f"row {number} of clause {clause.id!r} makes {number_text(ratio)} of 1 credit of {name}"
                    raise table.error(
                        f"{what}, above the parity of {number_text(most)}", "lower it, or mend parity", "parity"
                    )
            left.difference_update(_caught(row.when))


def _ratio(amount: object) -> Fraction | None:
    """Return what one credit of another system becomes; None where the amount is none of its credits."""
    if not isinstance(amount, Scaled) or amount.of.field != "source.credits" or amount.per is amount.times is None:
        return None
    return (amount.times or Fraction(1)) / (amount.per or Fraction(1))


def _may_be(selection: Selection | None, system: str) -> bool:
    """Say whether *selection* may hold for a source of *system*."""
    return selection is None or any(_lets(dict(table).get(_SYSTEM), system) for table in selection.tables)


def _lets(test: object, system: str) -> bool:
    if not isinstance(test, Among) or not all(isinstance(one, str) for one in test.values):
        return True
    return (system in test.values) != test.negated


def _caught(selection: Selection | None) -> Iterable[str]:
    """Yield the systems of which no source comes past a row with *selection*."""
    for table in selection.tables if selection else ():
        for field, test in table:
            if len(table) == 1 and field == _SYSTEM and isinstance(test, Among) and not test.negated:
                yield from (one for one in test.values if isinstance(one, str))
