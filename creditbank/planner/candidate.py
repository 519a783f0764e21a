"""
Candidates: every item that a plan could consist of, each judged by the engine as if it were the only one asked for.

An item is one source, or several that are all drawn on, for one target or for the series that a row gives
jointly. What is worth the target's own credits needs one source; what is worth its own may have to be put together.
"""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Final

import attrs

from creditbank.domain.rule.book import names_source
from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.clause import Cap, Once, Scaled, Worth
from creditbank.domain.rule.decision import Line
from creditbank.domain.rule.eligible import Eligible, Refusal, find_eligible, gives
from creditbank.domain.rule.evaluate import decide
from creditbank.domain.rule.highest import WORTH, rank
from creditbank.domain.rule.lines import Built, build_lines, credit_free_lines
from creditbank.domain.rule.mapping import find_map
from creditbank.domain.rule.standing import Standing
from creditbank.domain.rule.view import View
from creditbank.domain.rule.working import Fail, Log
from creditbank.planner.way import Reach, Way, row_ways, takes_any

__all__ = ["CANDIDATES_MAX", "JOINT_MAX", "Candidate", "Found", "find_candidates"]

CANDIDATES_MAX: Final = 4_000
"""Items that one plan is chosen from; 60 outcomes for 60 courses are 3,600 pairs."""

JOINT_MAX: Final = 4
"""Sources put together for one target, where a map does not say which."""

SETS_MAX: Final = 1_000
"""Sets of sources put together under one book, as many for each target; where there are more, some of each kind are taken."""

_LOOKED_AT: Final = 20
"""Sets that are listed for each that is taken."""

_ZERO: Final = Fraction(0)


@attrs.frozen
class Candidate:
    """
    An item that would be granted if it were alone: *lines* are the most that it may get.

    Attributes:
        book: Under which of the plan's books, by number.
        asked: What it is worth before the highest of its group is looked for; *able* after that.
        parts: Less than all of it may be asked for.
    """

    book: int
    asked: Eligible
    able: Eligible
    lines: tuple[Line, ...]
    parts: bool

    @property
    def item(self) -> CaseItem:
        """What is asked for."""
        return self.able.item

    @property
    def credits(self) -> Fraction:
        """The most that it may get."""
        return sum((line.credits for line in self.lines), _ZERO)


@attrs.define
class Found:
    """The candidates, why the other ways are none ((code, clause): how many), and what was not looked at."""

    candidates: list[Candidate] = attrs.field(factory=list)
    barred: Counter[tuple[str, str]] = attrs.field(factory=Counter)
    open: dict[str, None] = attrs.field(factory=dict)

    def bar(self, fail: Fail) -> None:
        """Count a way that *fail* refuses."""
        self.barred[fail.code, fail.clause.id if fail.clause else ""] += 1


def find_candidates(view: View, book: int, reach: Reach) -> Found:
    """Return every candidate under one book, in the order of the outcomes' ids, then of the targets'."""
    found = Found()
    if (closed := _closed(view)) is not None:
        found.barred[closed, ""] = len(reach.sources) * len(reach.targets)
        return found
    seen: set[Way] = set()
    short: dict[str, list[Eligible]] = {}
    for way in _ways(view, reach):
        if way is None:
            found.open["row"] = None
        elif way not in seen and _room(found):
            seen.add(way)
            able = _try(view, book, way, found)
            if able is not None and len(way[0]) == len(way[1]) == 1 and able.lots and not able.lots[0].target:
                short.setdefault(way[1][0], []).append(able)
    several = {target: singles for target, singles in short.items() if len(singles) > 1 and takes_any(view)}
    for target, singles in several.items():
        for sources in _some(_joint(view, target, singles, found), SETS_MAX // len(several) + 1, found):
            if (way := (sources, (target,))) not in seen and _room(found):
                seen.add(way)
                _try(view, book, way, found)
    outcomes, goals = ({id: at for at, id in enumerate(ids)} for ids in (reach.sources, reach.targets))
    found.candidates.sort(
        key=lambda one: ([outcomes[id] for id in one.item.sources], [goals[id] for id in one.item.targets])
    )
    return found


def _closed(view: View) -> str | None:
    """Return why the book decides nothing at all here, if it does not: before it looks at any item."""
    result = decide(view.book, attrs.evolve(view.case, items=(CaseItem("1", (), ()),), waivers=())).results[0]
    code = result.refused or ""
    return code if code.startswith("book.") or code == f"missing.{view.book.dates.version}" else None


def _room(found: Found) -> bool:
    if len(found.candidates) < CANDIDATES_MAX:
        return True
    found.open["candidates"] = None
    return False


def _ways(view: View, reach: Reach) -> Iterator[Way | None]:
    if takes_any(view):
        yield from (((source,), (target,)) for source in reach.sources for target in reach.targets)
    for clause in view.clauses.maps:
        yield from row_ways(view, reach, clause)


def _try(view: View, book: int, way: Way, found: Found) -> Eligible | None:
    """Ask the engine about one item; return it if maps and gates let it pass, whether it is worth enough or not."""
    item, log = CaseItem("", *way), Log()
    mapped = find_map(view, item, log)
    if isinstance(mapped, Fail):
        found.bar(mapped)
        return None
    if set(mapped.used) != set(item.sources):
        return None  # the first way to meet the row leaves one out: that is another candidate
    able = find_eligible(view, item, log)
    if isinstance(able, Refusal):
        found.bar(able.fails[0])
        return None
    (ranked,) = rank(view, [able], Standing(view, list(view.case.history)), log)
    if isinstance(ranked, Refusal):
        found.bar(ranked.fails[0])
        clause = ranked.fails[0].clause
        if WORTH in getattr(clause, "by", ()):
            found.open["highest"] = None  # with more items of it, the source might have been the highest
        return None
    built = credit_free_lines(ranked.accepted)
    if gives(view, ranked.chosen):
        said = build_lines(view, item, ranked.accepted, ranked.lots, ranked.chosen, view.case.history)
        if isinstance(said, Fail):
            found.bar(said)
            return ranked if said.code == "worth.insufficient" else None
        built = said
    found.candidates.append(_candidate(view, book, able, ranked, built))
    return ranked


def _candidate(view: View, book: int, asked: Eligible, able: Eligible, built: Built) -> Candidate:
    parts = able.chosen.units == "parts" and gives(view, able.chosen) and any(line.credits for line in built.lines)
    return Candidate(book, asked, able, built.lines, parts)


# --- put together -----------------------------------------------------------------------------------------------------


def _some(sets: Iterator[tuple[str, ...]], most: int, found: Found) -> list[tuple[str, ...]]:
    """Return *sets*; of more than *most* every second, third and so on: the first alone would share their first sources."""
    listed = list(islice(sets, most * _LOOKED_AT))
    if len(listed) > most:
        found.open["joint"] = None
    return listed[:: max(1, -(-len(listed) // most))]


def _joint(view: View, target: str, singles: list[Eligible], found: Found) -> Iterator[tuple[str, ...]]:
    """
    Yield the sets of sources for *target* that are all drawn on; the one that is named last may be used in part.

    Where no limit can tell them apart, only sets of which none could be left out, in one order.
    """
    facts = view.case.targets[target]
    need = facts.get("credits")
    if facts.get("kind") == "pool" or not isinstance(need, int | Fraction):
        if len(singles) > 1 and (_counts_items(view) or not _spends(view)):
            found.open["pool"] = None
        return
    if len(singles) > 1 and any(one.others for one in view.clauses.highests):
        found.open["share"] = None  # what a higher source leaves of another may have to be made up by a third
    if len(singles) > 1 and any(one.chosen.leftover == "keep" for one in singles):
        found.open["joint"] = None  # what others left of two sources may reach a target together
    worth = {one.item.sources[0]: sum((lot.amount for lot in one.lots), _ZERO) for one in singles}
    places = {source: at for at, source in enumerate(worth)}
    rounded = any(one.chosen.round is not None and one.chosen.round.at == "item" for one in singles)
    blocks = rounded or any(_is_joint(clause) for clause in view.clauses.worths)
    whole = all(one.chosen.units == "whole" for one in singles) and not blocks
    turns = blocks or _tells_apart(view) or not _spends(view, "target.id")

    # Fewest sources first: what is put together so far, what it is worth, and what may still be added.
    growing: list[tuple[tuple[str, ...], Fraction, tuple[str, ...]]] = [((), _ZERO, tuple(worth))]
    for base, total, rest in growing:
        for last in [one for one in worth if one not in base] if base else ():
            sum_, after = total + worth[last], places[last] > places[base[-1]]
            spare = any(sum_ - worth[one] >= need for one in base)
            if (sum_ >= need or not whole) and (after or (turns and sum_ > need)) and (turns or not spare):
                yield (*base, last)
        more = [(at, one) for at, one in enumerate(rest) if total + worth[one] < need or blocks]
        if len(base) + 1 == JOINT_MAX:
            found.open |= {"joint": None} if more else {}
        else:
            growing += [((*base, one), total + worth[one], rest[at + 1 :]) for at, one in more]


def _is_joint(clause: Worth) -> bool:
    return any(isinstance(row.amount, Scaled) and row.amount.joint for row in clause.rows)


def _tells_apart(view: View) -> bool:
    """Say whether a limit counts the credits of some sources and not of others."""
    return any(isinstance(one, Cap) and names_source(one) for one in view.clauses.limits)


def _spends(view: View, *others: str) -> bool:
    """Say whether a source serves one target at most once, or (with *others*) a target is served at most once."""
    return any(
        isinstance(one, Once) and one.by == "item" and not (one.over or one.when or one.since or one.until or one.ignore)
        and ("source.id" in one.per or set(one.per) & set(others)) and set(one.per) <= {"source.id", "target.id"}
        for one in view.clauses.limits
    )  # fmt: skip


def _counts_items(view: View) -> bool:
    """Say whether a limit counts items rather than credits: then one item of two sources is not two items."""
    return any(
        one.measure == "items" if isinstance(one, Cap) else "source.id" not in one.per for one in view.clauses.limits
    )
