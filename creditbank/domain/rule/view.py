"""
Where a field's value comes from: a case seen by one (source, target) pair of one item.
"""

from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import Final

import attrs

from creditbank.domain.rule.book import OF_CASE, Clauses, RuleBook
from creditbank.domain.rule.case import Case, CaseItem, Facts, HistoryLine, Waiver
from creditbank.domain.rule.clause import AnyClause, Cap, Effect, Floor, Highest, Once, Policy, Score
from creditbank.domain.rule.decision import Line
from creditbank.domain.rule.field import Value, namespace_of, spell
from creditbank.domain.rule.scope import PARTS, Part, Scope, Spelling, place
from creditbank.domain.rule.selection import holds
from creditbank.domain.rule.verdict import Missing, Verdict, all_of

__all__ = ["NOBODY", "Pair", "View"]

# An act may do without sources or without targets; whatever is asked of the missing half is not known.
NOBODY: Final = ""

_NO_FACTS: Final[Facts] = MappingProxyType({})


@attrs.frozen
class Pair:
    """One source and one target of an item; either may be :data:`NOBODY`."""

    source: str
    target: str


@attrs.frozen(eq=False, slots=False)
class View:
    """
    A case under a book: answers what each field is, for whom. What was looked up is kept while the view lives.

    *counted* is what gates that count outcomes or lines found, by the clause's id, where it is the same for every item;
    *shares* are limits that are a share of the programme, by clause and group.
    """

    book: RuleBook
    case: Case
    counted: dict[str, tuple[Verdict, ...]] = attrs.field(init=False, factory=dict)
    shares: dict[tuple[str, tuple[str, ...]], Fraction | Missing] = attrs.field(init=False, factory=dict)
    _items: dict[int, tuple[HistoryLine, CaseItem]] = attrs.field(init=False, factory=dict)
    _scopes: dict[tuple[int, str, str], tuple[CaseItem | None, Scope]] = attrs.field(init=False, factory=dict)
    _among: dict[tuple[int, tuple[str, ...], tuple[str, ...]], tuple[CaseItem, tuple[Scope, ...]]] = attrs.field(
        init=False, factory=dict
    )

    def scope(self, item: CaseItem | None, pair: Pair, earlier: HistoryLine | None = None) -> Scope:
        """Return where the fields of *pair* are found, and of *earlier*, if a line of the record is looked at too."""
        if earlier is not None:
            return self._scope(item, pair.source, pair.target, earlier)
        return self.scope_of(item, pair.source, pair.target)

    def scope_of(self, item: CaseItem | None, source: str, target: str) -> Scope:
        """Return where the fields of the pair of *source* and *target* are found."""
        # By which item it is, not by its id: a line of the record is looked at as an item of its own. The item is kept
        # beside its scope, so no other can come to have its number.
        key = (id(item), source, target)
        found = self._scopes.get(key)
        if found is None:
            found = self._scopes[key] = (item, self._scope(item, source, target, None))
        return found[1]

    def _scope(self, item: CaseItem | None, source: str, target: str, earlier: HistoryLine | None) -> Scope:
        book, case = self.book, self.case
        ids = {"source": source, "target": target}
        if not (source and target):
            ids = {namespace: id for namespace, id in ids.items() if id != NOBODY}
        parts: tuple[Part, ...] = (
            case.outcomes.get(source, _NO_FACTS),
            case.targets.get(target, _NO_FACTS),
            case.pairs.get((source, target), _NO_FACTS),
            _NO_FACTS if item is None else _of_item(item),
            case.learner,
            case.programme,
            case.application,
            _NO_FACTS if earlier is None else _of_line(earlier),
            ids,
        )
        origin: Callable[[str], str] = str
        if book.derive:
            periods = _Periods(book, case, parts)
            parts, origin = periods.parts(), periods.origin
        return Scope(parts, book.levels, book.dates.month_end, book.crosswalk, origin, source, target, self._spelling)

    @cached_property
    def _spelling(self) -> Spelling:
        """What workings show of this case."""
        shown = self.book.shown
        known = dict(shown.known)
        for field, namespace, name in self.book.shown_of_case:
            value = getattr(self.case, namespace).get(name)
            if value is not None:
                known[field] = spell(value)
        return Spelling(known, shown.fields)

    def scopes(self, item: CaseItem, sources: tuple[str, ...], targets: tuple[str, ...]) -> tuple[Scope, ...]:
        """Return the scope of every pair, in the order of :meth:`pairs`."""
        key = (id(item), sources, targets)
        found = self._among.get(key)
        if found is None:
            if len(sources) == len(targets) == 1:
                among: tuple[Scope, ...] = (self.scope_of(item, sources[0], targets[0]),)
            else:
                pairs = self.pairs(sources, targets)
                among = tuple([self.scope_of(item, one.source, one.target) for one in pairs])
            found = self._among[key] = (item, among)
        return found[1]

    def as_item(self, line: HistoryLine) -> CaseItem:
        """Return the item that *line* of the record was granted for, as far as limits may look at it."""
        found = self._items.get(id(line))
        if found is None:
            # Beside its line, which nothing else can then be taken for.
            found = self._items[id(line)] = (line, CaseItem(line.item, line.sources, (line.target,), line.as_))
        return found[1]

    def know(self, line: HistoryLine, item: CaseItem) -> None:
        """Keep *item* for *line*, which was granted for it just now: its scopes are made already."""
        self._items[id(line)] = (line, item)

    @cached_property
    def clauses(self) -> Clauses:
        """The clauses about the case's act, which is one of the book's."""
        return self.book.by_act[self.case.act]

    def same_for_all(self, fields: Iterable[str], *, earlier: bool) -> bool:
        """
        Say whether *fields*, as given, are the same whatever item and target ask: facts of an outcome, or of the case.

        Args:
            earlier: It is asked of lines of the record, not of outcomes, so a fact of a source is one of the asking item's.
        """
        own = "earlier" if earlier else "source"
        return all(namespace_of(field) in (own, *OF_CASE) and not self.book.derives(field) for field in fields)

    def pairs(self, sources: tuple[str, ...], targets: tuple[str, ...]) -> tuple[Pair, ...]:
        """Return every pair, sources first in order; never none."""
        return tuple(Pair(source, target) for source in sources or (NOBODY,) for target in targets or (NOBODY,))

    def speaks(self, clause: AnyClause, scope: Scope) -> Verdict:
        """Say whether *clause* is in force and its ``when`` holds. Whether its acts fit is :attr:`clauses`' to say."""
        if clause.always:
            return True
        if clause.since is None and clause.until is None:
            return clause.when is None or holds(clause.when, scope)
        return all_of((self._in_force(clause, scope), clause.when is None or holds(clause.when, scope)))

    def within(self, field: str, since: date | None, until: date | None, scope: Scope) -> Verdict:
        """Say whether the day in *field* is in ``[since, until)``, either of which may be open."""
        if since is None and until is None:
            return True
        day = scope.find(field)
        if not isinstance(day, date):
            return scope.missing(field)
        return (since is None or since <= day) and (until is None or day < until)

    def waiver(self, item: CaseItem, clause: AnyClause) -> Waiver | None:
        """Return the waiver that lets *item* pass *clause*, if there is one by a role that may give it."""
        for waiver in self.case.waivers if clause.waivable_by else ():
            if waiver.clause == clause.id and waiver.item == item.id and waiver.by in clause.waivable_by:
                return waiver
        return None

    def speaks_of(self, clause: AnyClause, scopes: tuple[Scope, ...]) -> Verdict:
        """Say whether *clause* speaks about all these pairs."""
        if clause.always:
            return True
        if len(scopes) == 1:
            return self.speaks(clause, scopes[0])
        return all_of([self.speaks(clause, scope) for scope in scopes])

    @cached_property
    def institution(self) -> str:
        """The institution whose programme this is, or the empty text."""
        return self._programme_text("institution")

    @cached_property
    def programme(self) -> str:
        """The id of the learner's programme, or the empty text."""
        return self._programme_text("id")

    def standing(self, item: CaseItem, line: Line) -> HistoryLine:
        """Return *line* as the record will have it, so that the items after it see it like any other."""
        return HistoryLine(
            self.case.id,
            item.id,
            self.case.act,
            item.as_,
            line.sources,
            line.target,
            line.credits,
            line.worth,
            self._day,
            self.programme,
            self.institution,
            self.book.book,
            "reserved",
        )

    @cached_property
    def _day(self) -> date:
        """The day on which the record will have it."""
        day = self.case.application.get("decided_on") or self.case.application.get("applied_on")
        return day if isinstance(day, date) else self.book.since

    def _in_force(self, clause: AnyClause, scope: Scope) -> Verdict:
        # What looks at a whole application follows the day of the version; maps, gates and worths that of each source.
        late = isinstance(clause, Highest | Once | Cap | Floor | Score | Policy | Effect)
        field = clause.dated_by or (self.book.dates.version if late else self.book.dates.rows)
        return self.within(field, clause.since, clause.until, scope)

    def _programme_text(self, name: str) -> str:
        value = self.case.programme.get(name)
        return value if isinstance(value, str) else ""


@attrs.frozen(eq=False)
class _Period:
    """A part of which some fields are worked out when asked for."""

    periods: "_Periods"
    namespace: str
    given: Part

    def get(self, name: str) -> Value | None:
        field = f"{self.namespace}.{name}"
        return self.periods.find(field) if self.periods.book.derives(field) else self.given.get(name)


@attrs.frozen(eq=False)
class _Periods:
    """The fields of one pair that a book derives from a calendar."""

    book: RuleBook
    case: Case
    given: tuple[Part, ...]
    _found: dict[str, Value | None] = attrs.field(init=False, factory=dict)

    def parts(self) -> tuple[Part, ...]:
        """Return the parts with what is derived among them."""
        *named, ids = self.given
        return (*(_Period(self, namespace, part) for namespace, part in zip(PARTS, named, strict=True)), ids)

    def find(self, field: str) -> Value | None:
        """Return the value of *field*, derived or not."""
        if not self.book.derives(field):
            at, name = place(field)
            return self.given[at].get(name)
        if field not in self._found:
            self._found[field] = self._derived(field)
        return self._found[field]

    def _derived(self, field: str) -> Value | None:
        """Return what *field* says of a period: its bare name is the period's id."""
        base, part = (field, "id") if field in self.book.derive else tuple(field.rsplit(".", 1))
        derived = self.book.derive[base]
        calendar = self.book.calendars.get(derived.calendar) or self.case.calendars.get(derived.calendar)
        day = self.find(derived.of)
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

    def origin(self, field: str) -> str:
        """Return what is wanted where *field* is not known: of a period the day that it is made from, if that lacks."""
        for name in (field, field.rpartition(".")[0]):
            if name in self.book.derive:
                of = self.book.derive[name].of
                return self.origin(of) if self.find(of) is None else name
        return field


def _of_item(item: CaseItem) -> Facts:
    if not item.facts and item.as_ is None and item.ask is None:
        return _NO_FACTS
    facts = {name: value for name, value in item.facts.items() if name not in ("as", "ask")}
    own = {"as": item.as_, "ask": item.ask}
    return facts | {name: value for name, value in own.items() if value is not None}


def _of_line(line: HistoryLine) -> Facts:
    values: dict[str, Value | None] = {
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
    return {name: value for name, value in values.items() if value is not None}
