"""
What policies choose for an item. Where it turns on nothing but which of them hold, it is chosen once for all such items.
"""

from collections.abc import Iterable
from typing import Final

import attrs

from creditbank.domain.rule.clause import AnyClause, Debit, GradeText, Leftover, Mode, Policy, Rounded, Units
from creditbank.domain.rule.decision import Said
from creditbank.domain.rule.field import Ref
from creditbank.domain.rule.quiet import Quiet
from creditbank.domain.rule.verdict import Verdict

__all__ = ["Choice", "Choices", "Chosen"]

_KEPT: Final = 1_024
"""So many choices are kept; where there are more, it begins anew."""


@attrs.frozen(slots=False)
class Chosen:
    """The policies of one item; what no clause sets is the engine's default, which says the least."""

    units: Units = "whole"
    leftover: Leftover = "forfeit"
    round: Rounded | None = None
    mode: Mode = "credit"
    grade: str = ""
    counts_as: str = ""
    debit: Debit = "none"
    final: bool = False


@attrs.frozen(eq=False)
class Choice:
    """What was chosen, and what the policies said."""

    chosen: Chosen
    said: Quiet


@attrs.frozen(eq=False, slots=False)
class Choices:
    """
    The *policies* about one act, in file order, and what they chose before, by which of them held.

    *settled*: no grade is the source's own, so that is all that a choice turns on.
    """

    policies: tuple[Policy, ...]
    settled: bool = attrs.field(init=False)
    _known: dict[tuple[Verdict, ...], Choice] = attrs.field(init=False, factory=dict)

    @settled.default
    def _is_settled(self) -> bool:
        grades = [clause.grade for clause in self.policies]
        return not any(isinstance(grade, GradeText) and isinstance(grade.grade, Ref) for grade in grades)

    def known(self, verdicts: tuple[Verdict, ...]) -> Choice | None:
        """Return what was chosen where the policies held like that, if that was seen before."""
        return self._known.get(verdicts)

    def keep(
        self, verdicts: tuple[Verdict, ...], chosen: Chosen, rows: Iterable[tuple[AnyClause | Quiet | None, Said]]
    ) -> None:
        """Keep what was chosen, and the rows of what policies said."""
        if len(self._known) >= _KEPT:
            self._known.clear()
        said = [(clause, said) for clause, said in rows if isinstance(clause, Policy)]
        self._known[verdicts] = Choice(chosen, Quiet.of(said))
