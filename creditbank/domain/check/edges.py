"""
The edges of a book: which amounts of which credit its worths and rows turn into what.

Left out: limits; what is worth something by hours, levels or marks; rows whose sources bear credits that nothing tells; maps
of more rows than are looked at (which is said elsewhere).
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final

from creditbank.domain.check.about import About, named
from creditbank.domain.check.exchange import Blocks, Edge, Given, Place, Step, Times, To
from creditbank.domain.check.first import ROWS_MAX
from creditbank.domain.check.logic import AnyOf, Condition, Lit, Logic, false_of, true_of
from creditbank.domain.rule.book import CREDIT_ACTS, RuleBook
from creditbank.domain.rule.clause import CreditsFrom, From, Gate, Map, Named, Policy, Row, Scaled, Selected, Worth
from creditbank.domain.rule.selection import Among, Selection

__all__ = ["edges_of", "systems_of"]

ACTS: Final = ("convert",)
"""Acts that give credit which can be converted again; an award spends it."""

_SYSTEM: Final = "source.system"
_CREDITS: Final = "source.credits"


def systems_of(book: RuleBook) -> set[str]:
    """Return every credit system that *book* names: its own, and those that it asks for."""
    found = {book.system} if book.system else set()
    found.update(book.parity)
    for clause in book.clauses:
        for selection in _selections(clause):
            for table in selection.tables:
                for field, test in table:
                    if field == _SYSTEM and isinstance(test, Among):
                        found.update(value for value in test.values if isinstance(value, str))
    return found


def edges_of(book: RuleBook, systems: Iterable[str]) -> Iterator[Edge]:
    """Yield the edges of *book* from each of *systems*, and from the courses that its rows name."""
    logic = Logic(book)
    for act in book.acts:
        if act in ACTS and act in CREDIT_ACTS:
            about = About(book, act, logic)
            yield from _from_worths(about, sorted(systems))
            for clause in about.of(Map):
                if clause.match is None and len(clause.lookup) <= ROWS_MAX:
                    yield from _from_rows(about, clause)


# --- worths -----------------------------------------------------------------------------------------------------------


def _from_worths(about: About, systems: list[str]) -> Iterator[Edge]:
    for system in systems:
        eligible = (about.in_force, about.mapped, *map(about.passes, about.of(Gate)), _is(system))
        earlier: list[Condition] = []
        for clause in about.of(Worth):
            for number, row in enumerate(clause.rows, 1):
                holds = (*eligible, about.logic.speaks(clause), true_of(row.when), *earlier)
                amount = row.amount
                if isinstance(amount, Scaled) and amount.of.field == _CREDITS:
                    # Credits of another system never count as they are: they want a ratio.
                    counts = system == about.book.system or amount.per is not None or amount.times is not None
                    name = clause.id if len(clause.rows) == 1 else f"{clause.id}, row {number}"
                    for steps in _rounded(about, holds) if counts and not about.logic.never(*holds) else ():
                        yield Edge(_system(system), _own(about), named(about.book), name, (*_scaled(amount), *steps))
                earlier.append(AnyOf((about.logic.silent(clause), false_of(row.when))))


def _scaled(amount: Scaled) -> Iterator[Step]:
    if amount.per is not None and amount.whole:
        yield Blocks(amount.per)
    ratio = (amount.times if amount.times is not None else Fraction(1)) / (amount.per or Fraction(1))
    if ratio != 1:
        yield Times(ratio)


def _rounded(about: About, holds: tuple[Condition, ...]) -> Iterator[tuple[Step, ...]]:
    """Yield every way in which what *holds* may be rounded."""
    before: list[Condition] = []
    for policy in about.of(Policy):
        if policy.round is None:
            continue
        if not about.logic.never(*holds, *before, about.logic.speaks(policy)):
            yield (To(policy.round.to, policy.round.way),)
        before.append(about.logic.silent(policy))
    if not about.logic.never(*holds, *before):
        yield ()


# --- rows -------------------------------------------------------------------------------------------------------------


def _from_rows(about: About, clause: Map) -> Iterator[Edge]:
    for number, row in enumerate(clause.lookup, 1):
        if row.to is None or not row.credits:
            continue
        for place, need, exact in _sources(about, row.from_, row.when):
            name = f"{clause.id}, row {number}"
            total = sum(row.credits, Fraction(0))
            yield Edge(place, _own(about), named(about.book), name, (Given(need, exact, total),))
            if row.to.pool:
                continue
            for names in row.to.alternatives:
                for course, credits in zip(names, row.credits, strict=True):
                    target = Place("course", course)
                    yield Edge(place, target, named(about.book), name, (Given(need, exact, credits),))


def _sources(about: About, from_: From, when: Selection | None) -> Iterator[tuple[Place, Fraction | None, bool]]:
    """Yield where the sources of a row are, the credits that they must bear (None: not told), and whether exactly."""
    match from_:
        case Named(code):
            yield Place("course", code), _bears(when), True
        case Selected(selection) if (bears := _bears(selection)) is not None or (bears := _bears(when)) is not None:
            yield from ((_system(system), bears, True) for system in _systems(about, selection, when))
        case CreditsFrom(credits, parts):
            conditions = [one.selection for one in parts if isinstance(one, Selected)]
            for system in dict.fromkeys(one for each in conditions for one in _systems(about, each, when)):
                yield _system(system), credits, False
        case _:
            return


def _bears(selection: Selection | None) -> Fraction | None:
    """Return the credits that *selection* asks for, where it asks for one number."""
    if selection is None or len(selection.tables) != 1:
        return None
    test = dict(selection.tables[0]).get(_CREDITS)
    if not isinstance(test, Among) or test.negated or len(test.values) != 1:
        return None
    (value,) = test.values
    return Fraction(value) if isinstance(value, int | Fraction) else None


def _systems(about: About, *selections: Selection | None) -> Iterator[str]:
    """Yield the credit systems that *selections* allow, if they allow only some."""
    conditions = [true_of(selection) for selection in selections]
    known = tuple(sorted(systems_of(about.book)))
    if about.logic.never(Lit(_SYSTEM, Among(known, True, "pass"), True), *conditions):
        yield from (system for system in known if not about.logic.never(_is(system), *conditions))


# --- words ------------------------------------------------------------------------------------------------------------


def _is(system: str) -> Condition:
    return Lit(_SYSTEM, Among((system,), False, "missing"), True)


def _system(name: str) -> Place:
    return Place("system", name)


def _own(about: About) -> Place:
    return _system(about.book.system)


def _selections(clause: object) -> Iterator[Selection]:
    """Yield every selection of a clause in which a source's system may be asked for."""
    for name in ("when", "match", "selection", "over"):
        selection = getattr(clause, name, None)
        if isinstance(selection, Selection):
            yield selection
    rows = getattr(clause, "rows", ())
    # Rows of a file name codes alone.
    for row in rows if isinstance(rows, tuple) and isinstance(clause, Worth | Map) else ():
        if isinstance(row.when, Selection):
            yield row.when
        if isinstance(row, Row):
            yield from _within(row.from_)


def _within(from_: From) -> Iterator[Selection]:
    if isinstance(from_, Selected):
        yield from_.selection
    elif not isinstance(from_, Named):
        for part in from_.parts:
            yield from _within(part)
