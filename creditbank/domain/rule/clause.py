"""
Clauses: the kinds of rule that regulations are stacks of. Each is a value; what it means is in the evaluator.

There are eleven kinds. A number of a clause is a Fraction; every clause names its source in :attr:`Clause.basis`.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar, Literal, TypeAlias

import attrs

from creditbank.domain.credit import Rounding
from creditbank.domain.period import Duration
from creditbank.domain.rule.clause_head import Clause
from creditbank.domain.rule.decision import EffectValue
from creditbank.domain.rule.field import Ref
from creditbank.domain.rule.rows import (
    AllFrom,
    AnyFrom,
    CreditsFrom,
    From,
    IndexedRows,
    ListedRows,
    Named,
    PickFrom,
    Row,
    Selected,
    To,
)
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.selection import Selection
from creditbank.domain.rule.verdict import Verdict, any_of, not_

__all__ = [
    "Across",
    "AllFrom",
    "Amount",
    "AnyClause",
    "AnyFrom",
    "Cap",
    "Chain",
    "Clause",
    "CreditsFrom",
    "Debit",
    "Effect",
    "Exempt",
    "Fixed",
    "Floor",
    "From",
    "Gate",
    "GateWord",
    "GradeText",
    "Highest",
    "Leftover",
    "Limit",
    "Map",
    "Measure",
    "Mode",
    "Named",
    "Once",
    "Percent",
    "PickFrom",
    "Policy",
    "Rounded",
    "Row",
    "Scaled",
    "Score",
    "Selected",
    "Several",
    "Step",
    "To",
    "Units",
    "Worth",
    "WorthRow",
]

Across = Literal["programme", "book", "institution", "bank"]
GateWord = Literal["require", "forbid", "held", "done"]
Measure = Literal["credits", "target_credits", "level_points", "hours", "items", "applications", "sources", "targets"]
Mode = Literal["credit", "waive", "waive-attendance"]
Units = Literal["whole", "parts"]
Leftover = Literal["forfeit", "keep"]
Several = Literal["lowest", "mean"]
Debit = Literal["none", "all", "required"]


# --- map --------------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, slots=False)
class Map(Clause):
    """Which outcomes may stand for which targets: whatever *match* holds for, or what *rows* list (or their file)."""

    kind: ClassVar[str] = "map"
    match: Selection | None
    rows: tuple[Row, ...] | IndexedRows

    @cached_property
    def lookup(self) -> IndexedRows:
        """The rows, to be found by code; indexed when first asked."""
        return self.rows if isinstance(self.rows, IndexedRows) else ListedRows(self.rows)


# --- gate and worth ---------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, slots=False)
class Gate(Clause):
    """
    Refuses unless *selection* holds (``require``), or if it does (``forbid``).

    ``held``: the account must hold at least *count* and *at_most* so many outcomes such that; ``done``: there must be so
    many earlier lines such that. Both numbers are in it; None is no bound.
    """

    kind: ClassVar[str] = "gate"
    word: GateWord
    selection: Selection
    count: int | None
    at_most: int | None = None

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The fields that its workings show: not those of the outcomes or lines that it counts."""
        return self._reads(self.when, self.selection if self.word in ("require", "forbid") else None)

    @cached_property
    def asked(self) -> Callable[[Scope], Verdict | None] | None:
        """
        How one pair is asked: does it pass, or None where the clause does not speak about it. Made once, when first asked.

        None for a gate that counts, or has days of its own: it needs more than the pair.
        """
        if self.word not in ("require", "forbid") or self.since is not None or self.until is not None:
            return None
        holds = self.selection.asked
        passes = holds if self.word == "require" else lambda scope: not_(holds(scope))
        if self.when is None:
            return passes
        when = self.when.asked

        def ask(scope: Scope) -> Verdict | None:
            speaks = when(scope)
            if speaks is False:
                return None
            verdict = passes(scope)
            return verdict if speaks is True else any_of((not_(speaks), verdict))

        return ask


@attrs.frozen
class Fixed:
    """So many credits, whatever the outcome."""

    credits: Fraction


@attrs.frozen
class Scaled:
    """*of*, by *per* (full blocks only if *whole*), times *times*; *joint* adds *of* over the sources first."""

    of: Ref
    per: Fraction | None
    whole: bool
    times: Fraction | None
    joint: bool


Amount: TypeAlias = Fixed | Scaled


@attrs.frozen
class WorthRow:
    """An amount, where *when* holds."""

    when: Selection | None
    amount: Amount


@attrs.frozen(kw_only=True)
class Worth(Clause):
    """What an outcome is worth in the book's credit system: the first row that holds."""

    kind: ClassVar[str] = "worth"
    rows: tuple[WorthRow, ...]


# --- limits -----------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Once(Clause):
    """One use per group, counted by item or by application; *ignore* leaves out earlier lines."""

    kind: ClassVar[str] = "once"
    over: Selection | None
    per: tuple[str, ...]
    by: Literal["item", "application"]
    across: Across
    ignore: Selection | None


@attrs.frozen(kw_only=True)
class Highest(Clause):
    """
    Within a group only the highest source counts (同一内容只取最高). *by* are ordered fields of a source, or ``worth``.

    A lower source keeps *others* of its worth (0: it is refused). *earlier* says what happens where a lower one was
    granted in an earlier application: the higher one is refused, or gets the difference.
    """

    kind: ClassVar[str] = "highest"
    over: Selection | None
    per: tuple[str, ...]
    by: tuple[str, ...]
    others: Fraction
    earlier: Literal["refuse", "difference"]
    across: Across


@attrs.frozen
class Percent:
    """
    A share (1/5 is 20 %) of the programme, of the programme's credits in this clause's selection, or of a field.

    ``counted``, in floors alone, is the same measure over everything that is counted.
    """

    share: Fraction
    of: Literal["programme", "selection", "counted"] | Ref


Limit: TypeAlias = Fraction | Ref | Percent


@attrs.frozen(kw_only=True)
class Cap(Clause):
    """At most so much. Meeting it exactly is allowed (不超过 includes). *ignore* leaves out earlier lines."""

    kind: ClassVar[str] = "cap"
    over: Selection | None
    per: tuple[str, ...]
    measure: Measure
    at_most: Limit
    across: Across
    exceed: Literal["refuse", "trim"]
    ignore: Selection | None = None


@attrs.frozen(kw_only=True)
class Floor(Clause):
    """
    A total to reach (``at_least``: 不少于), or a share not to pass (``at_most``: 不超过). Both include the number.

    It decides an award or a programme; in other acts it reports what is short.
    """

    kind: ClassVar[str] = "floor"
    over: Selection | None
    measure: Measure
    word: Literal["at_least", "at_most"]
    limit: Limit

    @property
    def per(self) -> tuple[str, ...]:
        """A floor has one group: everything that it is over."""
        return ()


# --- score and effect -------------------------------------------------------------------------------------------------


@attrs.frozen
class Exempt:
    """*part* is waived (免试) for an item of which *when* holds for some source."""

    part: str
    when: Selection


@attrs.frozen(kw_only=True, slots=False)
class Score(Clause):
    """
    A weighted mark. *parts* are (name, weight), by name; the weights come to 1.

    A part that is exempt counts with the mark *exempted*, or, where that is None, the other parts are weighted anew.
    *pass_mark*, which may be a field, refuses below it; None only reports.
    """

    kind: ClassVar[str] = "score"
    parts: tuple[tuple[str, Fraction], ...]
    exempt: tuple[Exempt, ...]
    exempted: Fraction | None
    pass_mark: Fraction | Ref | None

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The fields that its workings show."""
        return self._reads(self.when, *(one.when for one in self.exempt))


@attrs.frozen(kw_only=True)
class Effect(Clause):
    """What follows besides credits, where an item was granted, or refused (with one of *codes*, if there are any)."""

    kind: ClassVar[str] = "effect"
    on: Literal["granted", "refused"]
    codes: tuple[str, ...]
    set: tuple[tuple[str, EffectValue], ...]


# --- policy and chain -------------------------------------------------------------------------------------------------


@attrs.frozen
class Rounded:
    """Round to multiples of *to*, source by source or once per item."""

    to: Fraction
    way: Rounding
    at: Literal["source", "item"]


@attrs.frozen
class GradeText:
    """A grade as it is written: a text, or the source's own by *several* when there is more than one."""

    grade: str | Ref
    several: Several


@attrs.frozen(kw_only=True, slots=False)
class Policy(Clause):
    """How. For each key the first clause that holds and sets it; None says nothing."""

    kind: ClassVar[str] = "policy"
    units: Units | None
    leftover: Leftover | None
    round: Rounded | None
    mode: Mode | None
    grade: GradeText | None
    counts_as: str | None
    debit: Debit | None
    final: bool | None

    @cached_property
    def sets(self) -> Mapping[str, Any]:
        """The keys that it says something about, each with what it says."""
        keys = ("units", "leftover", "round", "mode", "grade", "counts_as", "debit", "final")
        return {key: getattr(self, key) for key in keys if getattr(self, key) is not None}


@attrs.frozen
class Step:
    """
    One step of a chain: *by* names a role, or the roles that sit on it together; *does* what it does.

    Where several sit, each has to agree, in whatever order; the first of them answers for the step. *panel* is what they
    are called together. *within*: lapses if not done so long after the step before. *notice*: public for so long before
    it counts.
    """

    by: tuple[str, ...]
    does: str
    within: Duration | None
    notice: Duration | None
    panel: str


@attrs.frozen(kw_only=True)
class Chain(Clause):
    """Who must agree, in order. ``decide`` does not read it; the bank walks it."""

    kind: ClassVar[str] = "chain"
    steps: tuple[Step, ...]


AnyClause: TypeAlias = Map | Gate | Worth | Highest | Once | Cap | Floor | Score | Policy | Effect | Chain
