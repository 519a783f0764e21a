"""Programmes and learners in few words, and what an audit says by brute force."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import product

from creditbank.domain.degree.record import Holding, Record
from creditbank.domain.degree.requirement import (
    DegreeProgramme,
    EarlyGraduation,
    Group,
    ListedCourse,
    Node,
    Share,
    Take,
    course_selection,
)
from creditbank.domain.rule.book import Dates, RuleBook
from creditbank.domain.rule.field import FieldType
from creditbank.domain.rule.selection import Among, Selection

ON = date(2026, 6, 30)

HEAD = RuleBook(
    book="p",
    version="1",
    title="专业",
    since=date(2020, 9, 1),
    until=None,
    acts=("programme",),
    system="s",
    basis={},
    levels={"step": ("1", "2", "3")},
    fields={"source.step": FieldType("level", "step"), "learner.entry": FieldType("text")},
    dates=Dates("application.applied_on", "source.achieved_on", "application.applied_on", "clamp"),
    calendars={},
    derive={},
    clauses=(),
)


def tagged(*tags: str) -> Selection:
    """Select what has one of these categories."""
    return Selection(((("source.category", Among(tags, False, "fail")),),))


def issued(by: str) -> Selection:
    return Selection(((("source.issuer", Among((by,), False, "missing")),),))


def node(
    id: str, ask: Take | Group, *, shares: bool = False, floors: Sequence[Share] = (), when: Selection | None = None
) -> Node:
    return Node(id, "", "", "", when, shares, tuple(floors), ask)


def credits(amount: int | str, from_: Selection | None = None) -> Take:
    return Take(from_, Fraction(amount), None, None, "")


def share(percent: int, from_: Selection | None = None) -> Take:
    return Take(from_, None, Fraction(percent, 100), None, "")


def courses(count: int, from_: Selection | None = None) -> Take:
    return Take(from_, None, None, count, "")


def course(code: str) -> Take:
    return Take(course_selection(code, None), None, None, 1, code)


def held(id: str, amount: int | str = 1, *tags: str, code: str = "", whole: bool = True, **facts: object) -> Holding:
    about = {"category": tags, "credits": Fraction(amount), **({"code": code} if code else {}), **facts}
    return Holding(id, id, about, Fraction(amount), whole)  # type: ignore[arg-type] # values of fields


def listed(code: str, amount: int | str = 1, *tags: str, **facts: object) -> ListedCourse:
    about = {"code": code, "name": code, "category": tags, "credits": Fraction(amount), **facts}
    return ListedCourse(code, Fraction(amount), about)  # type: ignore[arg-type] # values of fields


def programme(
    *parts: Node,
    courses: Sequence[ListedCourse] = (),
    total: int | None = None,
    counts: Selection | None = None,
    repeats: Selection | None = None,
    early: EarlyGraduation | None = None,
    floors: Sequence[Share] = (),
) -> DegreeProgramme:
    root = node("all", Group(None, parts), floors=floors)
    amount = None if total is None else Fraction(total)
    return DegreeProgramme(HEAD, None, amount, counts, repeats, root, tuple(courses), early)


def record(
    *holdings: Holding, on: date = ON, learner: Mapping[str, object] | None = None, ends: date | None = None
) -> Record:
    return Record(on, learner or {}, {}, holdings, ends)  # type: ignore[arg-type] # values of fields


# --- brute force ------------------------------------------------------------------------------------------------------


def best(asked: DegreeProgramme, learner: Record) -> tuple[Fraction, int] | None:
    """
    Return the smallest (credits to earn, courses to take), listed courses alone; None: impossible.

    Tries everything. Selections are those of this module, so a source is in one where they share a category or issuer; no
    ``when``, no ``counts``; a course of some code counts once in a pool.
    """
    sources = [(one.id, one.credits, one.whole, one.facts, True) for one in learner.holdings]
    done = {one.facts.get("code") for one in learner.holdings if one.whole} - {None}
    sources += [(one.code, one.credits, True, one.facts, False) for one in asked.courses if one.code not in done]
    pools: dict[str, list[Node]] = {}

    def gather(at: Node, pool: str) -> None:
        pool = at.id if at.shares else pool
        if isinstance(at.ask, Take):
            pools.setdefault(pool, []).append(at)
        else:
            for part in at.ask.parts:
                gather(part, pool)

    gather(asked.requirement, asked.requirement.id)
    choices = [(pool, source, ["", *_taking(leaves, source)]) for pool, leaves in pools.items() for source in sources]
    found = None
    for picked in product(*(options for _, _, options in choices)):
        counted = [(pool, leaf, source) for (pool, source, _), leaf in zip(choices, picked, strict=True) if leaf]
        once = [(pool, source[3].get("code", source[0])) for pool, _, source in counted]
        if len(set(once)) < len(once):
            continue
        inside: dict[str, list[tuple[str, tuple]]] = {}  # type: ignore[type-arg] # a source
        for pool, leaf, source in counted:
            inside.setdefault(leaf, []).append((pool, source))
        met = _met(asked, asked.requirement, asked.requirement.id, inside)
        if asked.requirement.id not in met or not all(leaf in met for leaf in inside):
            continue
        new = {source[0]: source[1] for _, _, source in counted if not source[4]}
        cost = (sum(new.values(), Fraction(0)), len(new))
        found = cost if found is None else min(found, cost)
    return found


def _taking(leaves: list[Node], source: tuple) -> list[str]:  # type: ignore[type-arg] # a source
    _, amount, whole, facts, _ = source
    taking = []
    for leaf in leaves:
        take = leaf.ask
        assert isinstance(take, Take)
        useful = (take.courses is None and amount > 0) or (take.courses is not None and whole)
        if useful and _in(take.from_, facts):
            taking.append(leaf.id)
    return taking


def _in(selection: Selection | None, facts: Mapping[str, object]) -> bool:
    if selection is None:
        return True
    ((field, test),) = selection.tables[0]
    assert isinstance(test, Among)
    value = facts.get(field.removeprefix("source."))
    values = value if isinstance(value, tuple) else (value,)
    return bool(set(values) & set(test.values))


def _met(asked: DegreeProgramme, at: Node, pool: str, inside: Mapping[str, list]) -> set[str]:  # type: ignore[type-arg] # sources
    """Return what is met in *at*: nothing of it where *at* itself is not, since then nothing may count in it."""
    pool = at.id if at.shares else pool
    if isinstance(at.ask, Take):
        here = [source for _, source in inside.get(at.id, [])]
        need = asked.need(at.ask)
        enough = need is None or sum((one[1] for one in here), Fraction(0)) >= need
        enough = enough and (at.ask.courses is None or sum(one[2] for one in here) >= at.ask.courses)
        met = {at.id} if enough else set()
    else:
        parts = [_met(asked, part, pool, inside) for part in at.ask.parts]
        count = len(parts) if at.ask.count is None else at.ask.count
        good = [part for part, node in zip(parts, at.ask.parts, strict=True) if node.id in part]
        met = {at.id}.union(*good) if len(good) >= count else set()
    ids = {one.id for one in at.walk()}
    counts = [one for leaf, several in inside.items() if leaf in ids for where, one in several if where == pool]
    for floor in at.floors:
        base = sum((one[1] for one in counts), Fraction(0))
        have = sum((one[1] for one in counts if _in(floor.where, one[3])), Fraction(0))
        need = floor.credits if floor.credits is not None else floor.share * base  # type: ignore[operator] # one of them
        if have < need if floor.word == "at_least" else have > need:
            return set()
    return met
