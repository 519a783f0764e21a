"""
What no clause of a rule book shows alone: clauses that contradict each other, codes that nothing gives.
"""

from typing import Final

from creditbank.codec.book_table import Place, Table
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.clause import AnyClause, Chain, Effect, Highest, Map, Policy, Worth

__all__ = ["check_clauses"]

# What the engine refuses with by itself, whatever the clauses are called. ``missing`` has a slug for every field.
_ENGINE_CODES: Final = frozenset(
    {
        *("map.none", "map.nothing", "map.ambiguous", "map.too-wide"),
        *("worth.none", "worth.insufficient", "worth.other-system", "worth.quantum"),
        *("highest.superseded", "highest.earlier"),
        *("item.ask", "item.targets"),
    }
)


def check_clauses(table: Table, book: RuleBook, places: dict[str, Place]) -> None:
    """Refuse what two clauses say against each other; *places* are where the clauses stand."""
    codes = _ENGINE_CODES | {f"{clause.kind}.{clause.code}" for clause in book.clauses if _refuses(clause)}
    for clause in book.clauses:
        place = places.get(clause.id, table.place)
        if isinstance(clause, Effect):
            for code in clause.codes:
                if code not in codes and not code.startswith("missing."):
                    raise place.error(f"nothing here is refused with {code!r}", "name a code of this book", "codes")
        if isinstance(clause, Highest) and (clause.others or clause.earlier == "difference"):
            kept = next((one for one in book.clauses if _keeps(one) and _share_an_act(book, one, clause)), None)
            if kept is not None:
                raise place.error(
                    f"{kept.id!r} keeps what is left of a lot that this clause cuts",
                    'use others = 0 and earlier = "refuse", or leftover = "forfeit"',
                    "others" if clause.others else "earlier",
                )


def _refuses(clause: AnyClause) -> bool:
    """Say whether *clause* has a code of its own to refuse with."""
    if isinstance(clause, Map | Highest):
        return clause.own_code
    return not isinstance(clause, Worth | Policy | Effect | Chain)


def _keeps(clause: AnyClause) -> bool:
    return isinstance(clause, Policy) and clause.leftover == "keep"


def _share_an_act(book: RuleBook, one: AnyClause, other: AnyClause) -> bool:
    return bool(set(one.acts or book.acts) & set(other.acts or book.acts))
