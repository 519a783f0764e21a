"""
Where a field's value comes from: a case seen by one (source, target) pair of one item.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Final

import attrs

from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.case import Case, CaseItem, Facts, HistoryLine, Waiver
from creditbank.domain.rule.clause import AnyClause, Cap, Effect, Floor, Highest, Once, Policy, Score
from creditbank.domain.rule.decision import Line
from creditbank.domain.rule.field import PERIOD_PARTS, Value, value_text
from creditbank.domain.rule.selection import Missing, Scope, Selection, Verdict, all_of, fields_of, holds

__all__ = ["NOBODY", "Pair", "View"]

# An act may do without sources or without targets; whatever is asked of the missing half is not known.
NOBODY: Final = ""


@attrs.frozen
class Pair:
    """One source and one target of an item; either may be :data:`NOBODY`."""

    source: str
    target: str


@attrs.frozen
class View:
    """A case under a book: answers what each field is, for whom."""

    book: RuleBook
    case: Case

    def scope(self, item: CaseItem | None, pair: Pair, earlier: HistoryLine | None = None) -> Scope:
        """Return where the fields of *pair* are found, and of *earlier*, if a line of the record is looked at too."""

        def find(field: str) -> Value | None:
            base, _, part = field.rpartition(".")
            if field in self.book.derive:
                return self._period(find, field, "id")
            if base in self.book.derive and part in PERIOD_PARTS:
                return self._period(find, base, part)
            return self._fact(field, item, pair, earlier)

        return Scope(find, self.book.levels, self.book.dates.month_end, self.book.crosswalk)

    def pairs(self, sources: tuple[str, ...], targets: tuple[str, ...]) -> tuple[Pair, ...]:
        """Return every pair, sources first in order; never none."""
        return tuple(Pair(source, target) for source in sources or (NOBODY,) for target in targets or (NOBODY,))

    def speaks(self, clause: AnyClause, scope: Scope) -> Verdict:
        """Say whether *clause* is in force and its ``when`` holds. Whether its acts fit is :meth:`clauses`' to say."""
        return all_of((self._in_force(clause, scope), clause.when is None or holds(clause.when, scope)))

    def clauses(self) -> Iterator[AnyClause]:
        """Yield the clauses about the case's act, in file order."""
        return (clause for clause in self.book.clauses if self.book.speaks(clause.acts, self.case.act))

    def within(self, field: str, since: date | None, until: date | None, scope: Scope) -> Verdict:
        """Say whether the day in *field* is in ``[since, until)``, either of which may be open."""
        if since is None and until is None:
            return True
        day = scope.find(field)
        if not isinstance(day, date):
            return Missing(field)
        return (since is None or since <= day) and (until is None or day < until)

    def waiver(self, item: CaseItem, clause: AnyClause) -> Waiver | None:
        """Return the waiver that lets *item* pass *clause*, if there is one by a role that may give it."""
        for waiver in self.case.waivers:
            if waiver.clause == clause.id and waiver.item == item.id and waiver.by in clause.waivable_by:
                return waiver
        return None

    def saw(self, item: CaseItem, pairs: Iterable[Pair], *selections: Selection | None) -> tuple[tuple[str, str], ...]:
        """Return what these selections read of these pairs, each (field, value) once; an unknown value is empty."""
        fields = tuple(dict.fromkeys(field for one in selections if one is not None for field in fields_of(one)))
        seen: dict[tuple[str, str], None] = {}
        for pair in pairs:
            scope = self.scope(item, pair)
            for field in fields:
                value = scope.find(field)
                seen[field, "" if value is None else value_text(value)] = None
        return tuple(seen)

    def institution(self) -> str:
        """Return the institution whose programme this is, or the empty text."""
        return self._programme_text("institution")

    def programme(self) -> str:
        """Return the id of the learner's programme, or the empty text."""
        return self._programme_text("id")

    def standing(self, item: CaseItem, line: Line) -> HistoryLine:
        """Return *line* as the record will have it, so that the items after it see it like any other."""
        day = self.case.application.get("decided_on") or self.case.application.get("applied_on")
        return HistoryLine(
            application=self.case.id,
            item=item.id,
            act=self.case.act,
            as_=item.as_,
            sources=line.sources,
            target=line.target,
            credits=line.credits,
            worth=line.worth,
            on=day if isinstance(day, date) else self.book.since,
            programme=self.programme(),
            institution=self.institution(),
            book=self.book.book,
            state="reserved",
        )

    def _in_force(self, clause: AnyClause, scope: Scope) -> Verdict:
        # What looks at a whole application follows the day of the version; maps, gates and worths that of each source.
        late = isinstance(clause, Highest | Once | Cap | Floor | Score | Policy | Effect)
        field = clause.dated_by or (self.book.dates.version if late else self.book.dates.rows)
        return self.within(field, clause.since, clause.until, scope)

    def _programme_text(self, name: str) -> str:
        value = self.case.programme.get(name)
        return value if isinstance(value, str) else ""

    def _period(self, find: Callable[[str], Value | None], base: str, part: str) -> Value | None:
        derived = self.book.derive[base]
        calendar = self.book.calendars.get(derived.calendar) or self.case.calendars.get(derived.calendar)
        day = find(derived.of)
        if calendar is None or not isinstance(day, date) or not calendar.covers(day):
            return None
        term = calendar.term_of(day)
        match part:
            case "since":
                return term.since
            case "until":
                return term.until
            case _:
                return term.id

    def _fact(self, field: str, item: CaseItem | None, pair: Pair, earlier: HistoryLine | None) -> Value | None:
        namespace, _, name = field.partition(".")
        match namespace:
            case "source":
                return _own(name, pair.source, self.case.outcomes.get(pair.source))
            case "target":
                return _own(name, pair.target, self.case.targets.get(pair.target))
            case "pair":
                return self.case.pairs.get((pair.source, pair.target), {}).get(name)
            case "item":
                return None if item is None else _item(name, item)
            case "learner":
                return self.case.learner.get(name)
            case "programme":
                return self.case.programme.get(name)
            case "application":
                return self.case.application.get(name)
            case _:
                return None if earlier is None else _earlier(name, earlier)


def _own(name: str, id: str, facts: Facts | None) -> Value | None:
    if name == "id":
        return id or None
    return None if facts is None else facts.get(name)


def _item(name: str, item: CaseItem) -> Value | None:
    match name:
        case "as":
            return item.as_
        case "ask":
            return item.ask
        case _:
            return item.facts.get(name)


def _earlier(name: str, line: HistoryLine) -> Value | None:
    known: dict[str, Value | None] = {
        "application": line.application,
        "item": line.item,
        "act": line.act,
        "as": line.as_,
        "sources": line.sources,
        "target": line.target,
        "credits": line.credits,
        "worth": line.worth,
        "on": line.on,
        "programme": line.programme,
        "institution": line.institution,
        "book": line.book,
        "state": line.state,
    }
    return known.get(name)
