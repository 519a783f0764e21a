"""What a learner has, for a degree audit: outcomes and granted credit, seen as sources of the programme's selections."""

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Final

import attrs

from creditbank.domain.degree.requirement import DegreeProgramme
from creditbank.domain.rule.case import Case, Facts
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.view import NOBODY, Pair, View
from creditbank.errors import MalformedError

__all__ = ["HOLDINGS_MAX", "Holding", "Record", "view_of"]

HOLDINGS_MAX: Final = 2_000
"""Outcomes of one learner; an account has tens to hundreds."""


@attrs.frozen
class Holding:
    """
    Something that may count: an outcome, or a course that credit was granted for.

    Attributes:
        name: What people call it.
        facts: Of a source, without namespace, as the programme's fields type them.
        credits: In the programme's credit system; 0 where it bears none, or credit of another system.
        whole: It is a course that was completed; not so where credit covers a course in part.
    """

    id: str
    name: str
    facts: Facts
    credits: Fraction
    whole: bool = True


@attrs.frozen
class Record:
    """
    A learner on one day, as one programme looks at it.

    Attributes:
        on: The day of the audit.
        learner, programme: Facts, without namespace; ``learner.enrolled_on`` decides who may leave early.
        holdings: In the order in which they are preferred where it does not matter which counts.
        ends: The day on which the programme regularly ends for the learner.
    """

    on: date
    learner: Facts
    programme: Facts
    holdings: tuple[Holding, ...]
    ends: date | None = None

    def __attrs_post_init__(self) -> None:
        if len(self.holdings) > HOLDINGS_MAX:
            raise MalformedError(f"{len(self.holdings)} outcomes", "degree audit", f"give at most {HOLDINGS_MAX}")
        if len({holding.id for holding in self.holdings}) != len(self.holdings):
            raise MalformedError("two outcomes have one id", "degree audit", "give each its own")


@attrs.frozen
class Seen:
    """The record under the programme: where selections look."""

    view: View

    def of(self, id: str = NOBODY) -> Scope:
        """Return where the fields of the source *id* are found; of nobody, where only the learner is asked about."""
        return self.view.scope(None, Pair(id, NOBODY))


def view_of(programme: DegreeProgramme, record: Record, sources: Iterable[Holding]) -> Seen:
    """Return where selections of *programme* look: at *sources*, and at the learner of *record*."""
    outcomes: Mapping[str, Facts] = {source.id: source.facts for source in sources}
    about = dict(record.programme)
    if programme.school is not None:
        about["institution"] = programme.school
    if programme.credits is not None:
        about["credits"] = programme.credits
    case = Case(
        book="",
        act="programme",
        id="audit",
        application={"applied_on": record.on, "decided_on": record.on},
        learner=record.learner,
        programme=about,
        items=(),
        outcomes=outcomes,
        targets={},
    )
    return Seen(View(programme.head, case))
