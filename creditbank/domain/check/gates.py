"""
Gates against gates and maps: what is never the first to refuse, what contradicts, an act in which nothing is granted.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from creditbank.domain.check.about import NOTHING, About, holds_for
from creditbank.domain.check.finding import BookFinding
from creditbank.domain.check.logic import All, Answer, AnyOf, Condition, true_of
from creditbank.domain.rule.clause import AnyClause, Cap, Gate, Map, Policy, Worth
from creditbank.domain.rule.rows import IndexedRows

__all__ = ["GATES_MAX", "check_gates"]

GATES_MAX: Final = 200
"""Gates of one act that are compared two by two."""


def check_gates(about: About) -> Iterator[BookFinding]:
    """Yield what is found about the gates and maps of one act."""
    nothing = _nothing(about)
    yield from nothing
    if not nothing:
        yield from _contradictions(about)
    for gate in about.of(Gate):
        yield from _dead(about, gate)


# --- nothing can be granted -------------------------------------------------------------------------------------------


def _nothing(about: About) -> list[BookFinding]:
    """Say why nothing can be granted, if that is so: the fewest clauses that already forbid everything."""
    gates = tuple(gate for gate in about.of(Gate) if not gate.waivable_by)
    base = (about.in_force, about.mapped)
    if about.logic.never(*base, *map(about.passes, gates)):
        left = list(gates)
        for gate in gates:
            rest = [one for one in left if one is not gate]
            if about.logic.never(*base, *map(about.passes, rest)):
                left = rest
        culprits: tuple[AnyClause, ...] = (*left, *about.of(Map)) if len(left) < 2 else tuple(left)
        names = [clause.id for clause in culprits]
        return [
            about.finding(
                "nothing",
                culprits,
                f"“{about.act}”下什么都不能准予:{'、'.join(names) or '施行期'}合起来不予批准一切",
                f"nothing can be granted in {about.act!r}: together, {', '.join(names) or 'its days'} refuse everything",
            )
        ]
    # An award of a book that values nothing counts what its floors count; a conversion gives credits or nothing.
    return _worthless(about) if about.act == "convert" else []


def _worthless(about: About) -> list[BookFinding]:
    worths = [
        All((about.logic.speaks(one), true_of(row.when)))
        for one in about.of(Worth)
        for row in one.rows
        if row.amount != NOTHING
    ]
    listed = any(row.credits for one in about.of(Map) for row in _listed(one))
    free = [about.logic.speaks(policy) for policy in about.of(Policy) if policy.mode not in (None, "credit")]
    gates = (about.passes(gate) for gate in about.of(Gate))
    if not listed and about.logic.never(about.in_force, about.mapped, *gates, AnyOf((*worths, *free))):
        said = (
            ("没有折算条款(worth)", "no clause")
            if not about.of(Worth)
            else (
                "凡适用范围和条件不排除的,都没有折算条款(worth)赋予学分",
                "of all that maps and gates let through, no clause",
            )
        )
        return [
            about.finding(
                "nothing",
                (*about.of(Worth), *about.of(Map)),
                f"“{about.act}”下{said[0]},各行也没有写学分:一切都以worth不予批准",
                f"in {about.act!r} {said[1]} and no row says what anything is worth: everything is refused by worth",
            )
        ]
    for cap in about.of(Cap):
        if cap.at_most == 0 and cap.over is None and cap.when is None and cap.since is cap.until is None:
            return [
                about.finding(
                    "nothing",
                    (cap,),
                    f"“{about.act}”下上限为0,涉及一切",
                    f"in {about.act!r} the limit is 0, over everything",
                )
            ]
    return []


def _listed(clause: Map) -> IndexedRows | tuple[()]:
    return clause.lookup if clause.match is None else ()


# --- contradictions ---------------------------------------------------------------------------------------------------


def _contradictions(about: About) -> Iterator[BookFinding]:
    """Yield pairs of gates of which nothing that one is about gets past both, though it gets past each alone."""
    gates = [gate for gate in about.of(Gate) if not gate.waivable_by]
    if len(gates) > GATES_MAX:
        yield about.finding(
            "open",
            (),
            f"“{about.act}”下的门槛条款超过{GATES_MAX}条,没有两两比较",
            f"{about.act!r} has more than {GATES_MAX} gates: they were not compared two by two",
        )
        return
    told: set[frozenset[str]] = set()
    for gate in gates:
        scope = (about.in_force, about.mapped, about.logic.speaks(gate))
        if about.logic.never(*scope, holds_for(gate)):
            # It refuses whatever it speaks about, alone: that is how an exclusion may be written.
            continue
        for other in gates:
            pair = frozenset((gate.id, other.id))
            if other is gate or pair in told or about.logic.never(*scope, about.passes(other)):
                continue
            if about.logic.never(*scope, holds_for(gate), about.passes(other)):
                told.add(pair)
                example = about.logic.ask(*scope, holds_for(gate)).example
                yield about.finding(
                    "contradiction",
                    (gate, other),
                    f"第{gate.id}条管的一切都不能同时通过第{gate.id}条和第{other.id}条",
                    f"nothing that {gate.id!r} is about gets past both {gate.id!r} and {other.id!r}",
                    example,
                )


# --- never the first to refuse ----------------------------------------------------------------------------------------


def _dead(about: About, gate: Gate) -> Iterator[BookFinding]:
    before = about.clauses[: about.clauses.index(gate)]
    maps = any(isinstance(clause, Map) for clause in before)
    base: list[Condition] = [about.in_force, about.refuses(gate), *([about.mapped] if maps else [])]
    earlier = [clause for clause in before if isinstance(clause, Gate)]
    found = about.logic.ask(*base, *map(about.passes, earlier))
    # That an earlier gate turns on a reference says nothing of this one: it is taken to be passed somehow.
    if found.said == "open" and about.logic.ask(about.in_force, about.refuses(gate)).said == "open":
        yield about.finding(
            "open",
            (gate,),
            f"第{gate.id}条是否会先不予批准,取决于所引用的值",
            f"whether {gate.id!r} is ever the first to refuse turns on what it refers to",
        )
    if found.said != "no":
        return
    reasons, why = _why(about, base, earlier, found)
    zh, en = why
    yield about.finding(
        "dead",
        (gate, *reasons),
        f"第{gate.id}条从不先以自己的代码不予批准:{zh}",
        f"{gate.id!r} is never the first to refuse: {en}",
    )


def _why(
    about: About, base: Sequence[Condition], earlier: Sequence[Gate], found: Answer
) -> tuple[tuple[AnyClause, ...], tuple[str, str]]:
    """Return the fewest earlier clauses that always speak first, and what to say of them."""
    assert found.said == "no", "asked of dead gates alone"
    if about.logic.never(*base[:2]):
        return (), ("没有它要不予批准的情形", "there is nothing that it would refuse")
    if about.logic.never(*base):
        return about.of(Map), ("适用范围已经排除了它要不予批准的情形", "the maps accept nothing that it would refuse")
    left = list(earlier)
    for gate in earlier:
        rest = [one for one in left if one is not gate]
        if about.logic.never(*base, *map(about.passes, rest)):
            left = rest
    names = "、".join(gate.id for gate in left)
    return tuple(left), (f"{names}总是先不予批准", f"{names} always refuses before it")
