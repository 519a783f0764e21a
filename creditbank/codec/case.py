"""
Cases as JSON: a case file, read by the types of its book.

Amounts are whole numbers or text; days are ISO text; a level is its value, or ``scheme:value``. What
:func:`creditbank.codec.case_write.case_bytes` writes is such a file, too.
"""

from collections.abc import Mapping, Set
from fractions import Fraction
from typing import Any, Final, TypeAlias

import attrs

from creditbank.codec.case_facts import read_facts
from creditbank.codec.case_json import all_kept, case_data, plain_data
from creditbank.codec.case_table import (
    CASE_SIZE_MAX,
    LINES_MAX,
    SOURCES_MAX,
    Fault,
    day,
    each,
    known,
    needed_table,
    number,
    object_of,
    one_known,
    rows,
    table,
    text,
    texts,
    unknown_key,
    within,
)
from creditbank.codec.case_write import case_bytes, case_digest
from creditbank.codec.near import near
from creditbank.domain.period import Calendar, Term
from creditbank.domain.rule.book import COLLECTION_ACTS, EXCHANGE_ACTS, RuleBook
from creditbank.domain.rule.case import (
    Case,
    CaseItem,
    CurriculumPart,
    Facts,
    HistoryLine,
    LineState,
    Waiver,
    account_sources,
)
from creditbank.domain.rule.clause import Score
from creditbank.domain.rule.field import Value
from creditbank.errors import MalformedError

__all__ = ["CASE_SIZE_MAX", "case_bytes", "case_digest", "read_case"]

ITEMS_MAX: Final = 1_000

_ACTS: Final = (*EXCHANGE_ACTS, *sorted(COLLECTION_ACTS))

_OF_CASE: Final = frozenset({"application", "outcomes", "targets", "pairs", "learner", "programme"}) | frozenset(
    {"history", "systems", "calendars", "waivers", "book"}
)
_OF_APPLICATION: Final = frozenset({"id", "act", "dates", "facts", "items"})
_OF_ITEM: Final = frozenset({"id", "sources", "targets", "as", "ask", "facts", "marks"})
_OF_PAIR: Final = frozenset({"source", "target", "facts"})
_OF_LINE: Final = frozenset(field.name.rstrip("_") for field in attrs.fields(HistoryLine))
_OF_TOTAL: Final = frozenset({"where", "credits"})
_OF_CALENDAR: Final = frozenset({"terms", "starts"})
_OF_TERM: Final = frozenset({"id", "since", "until"})
_OF_WAIVER: Final = frozenset({"clause", "item", "by", "reason"})
_OF_CURRICULUM: Final = frozenset({"courses", "totals"})
_CREDITS: Final = frozenset({"credits"})
_NONE: Final[Set[str]] = frozenset()

_STATES: Final[Mapping[str, LineState]] = {"reserved": "reserved", "decided": "decided"}
_Object: TypeAlias = dict[str, Any]

ALL_SOURCES: Final = "all"
"""Written for the sources of an award: everything that the account has for it."""


def read_case(text: str, book: RuleBook, *, name: str = "case", digest: str = "") -> Case:
    """
    Read a case file, typed by the fields of *book*. What the book does not look at is refused: it would be forgotten.

    Args:
        name: The file's, for errors.
        digest: The book's own. The case gets it; one that names another is refused. Without it the case says what it says.

    Raises, in this order:
        MalformedError: not JSON; for another book; an id that is not in the file, a key or field that is not known, a value of
            another type.
    """
    if len(text) > CASE_SIZE_MAX:
        raise MalformedError("the case is too large", name, f"write at most {CASE_SIZE_MAX} characters")
    text = text.removeprefix("\ufeff")
    case = _read_plainly(text, book, digest)
    if case is not None:
        return case
    try:
        return _Reader(book, digest).case(case_data(text, name))
    except Fault as fault:
        where = ".".join(fault.path)
        raise MalformedError(fault.what, f"{name}: {where}" if where else name, fault.mend) from None


def _read_plainly(text: str, book: RuleBook, digest: str) -> Case | None:
    """
    Read what is as it should be; None where it is not, or where a key may stand there twice.

    To decode with care takes as long as all the rest. What a plain decoder lets through besides doubled keys (numbers of a
    thousand digits, and such as are none) is no value of any key, and so refused by whoever reads that key.
    """
    reader = _Reader(book, digest)
    try:
        case = reader.case(plain_data(text))
    except (Fault, ValueError, RecursionError):
        return None
    return case if all_kept(text, reader.keys) else None


# --- cases in ---------------------------------------------------------------------------------------------------------


@attrs.define
class _Reader:
    """
    Reads one case file of *book*. What was read first is kept for what refers to it.

    Args:
        keys: How many the objects have that were read so far; each object is counted once, where all its keys are asked for.
        everything: The sources that an award's "all" are; None where the act collects nothing.
        recorded: The case names its book, as what a bank recorded does.
    """

    book: RuleBook
    digest: str
    keys: int = 0
    outcomes: dict[str, Facts] = attrs.field(factory=dict)
    targets: dict[str, Facts] = attrs.field(factory=dict)
    everything: tuple[str, ...] | None = None
    recorded: bool = False

    def case(self, data: object) -> Case:
        given = object_of(data)
        self._only(given, _OF_CASE)  # first of all: where outcomes are misspelt, no id would be in the file
        application = needed_table(given, "application")
        within("application", self._only, application, _OF_APPLICATION)
        named = self._book(given)
        self.outcomes = within("outcomes", self._named, table(given, "outcomes"), "source")
        self.targets = within("targets", self._named, table(given, "targets"), "target")
        programme, curriculum = within("programme", self._programme, table(given, "programme"))
        history = tuple(each("history", rows(given, "history"), self._line))
        act, id, items = within("application", self._asked, application, history, programme)
        case = Case(
            book=named,
            act=act,
            id=id,
            items=items,
            application=within("application", self._said, application),
            learner=self._facts_in(given, "learner", "learner"),
            programme=programme,
            outcomes=self.outcomes,
            targets=self.targets,
            pairs=self._pairs(given),
            history=history,
            calendars=within("calendars", self._calendars, table(given, "calendars")),
            systems=within("systems", self._systems, table(given, "systems")),
            curriculum=curriculum,
            waivers=self._waivers(given, items),
        )
        if len({item.id for item in items}) != len(items):
            raise Fault("two items have one id", "give every item its own id", "items").within("application")
        return case

    def _book(self, given: _Object) -> str:
        named = text(given, "book", self.digest)
        if self.digest and named != self.digest:
            mend = f"give that book (this one is {self.digest}), or take 'book' out of the case"
            raise Fault(f"it is for the rule book {named!r}", mend, "book")
        self.recorded = "book" in given
        return named

    def _asked(
        self, application: _Object, history: tuple[HistoryLine, ...], programme: Facts
    ) -> tuple[str, str, tuple[CaseItem, ...]]:
        """Return the act, the application's id and its items."""
        act = text(application, "act")
        items = rows(application, "items", ITEMS_MAX)
        if self.book.collects(act):
            self.everything = ()
            if any(each("items", items, lambda item: item.get("sources") == ALL_SOURCES)):
                self.everything, credit = account_sources(
                    self.outcomes, self.targets, history, programme, self.book.system
                )
                self.outcomes |= credit
        id = text(application, "id")
        return act, id, tuple(each("items", items, self._item))

    def _said(self, application: _Object) -> Facts:
        """Dates and facts are the application's fields; both are written under their own key."""
        dates = self._facts_in(application, "dates", "application")
        facts = self._facts_in(application, "facts", "application")
        for name in facts:
            if name in dates:
                raise Fault(f"{name!r} is among the dates, too", "write it once", name).within("facts")
        return dates | facts

    def _named(self, given: _Object, namespace: str) -> dict[str, Facts]:
        """Read outcomes or targets, in the order of their ids. The key is the id; who repeats it must repeat it truly."""
        self.keys += len(given)
        named: dict[str, Facts] = {}
        for id in sorted(given):
            try:
                row = object_of(given[id])
                self.keys += len(row)
                if "id" in row:
                    row = _without_id(row, id)
                named[id] = read_facts(row, namespace, self.book)
            except Fault as fault:
                raise fault.within(id) from None
        return named

    def _programme(self, row: _Object) -> tuple[Facts, tuple[CurriculumPart, ...]]:
        courses, totals = rows(row, "courses"), rows(row, "totals")
        if courses and totals:
            raise Fault("courses and totals", "give one of them", "totals")
        parts = (*each("totals", totals, self._total), *each("courses", courses, self._course))
        for _ in each("totals", totals, lambda total: self._only(total, _OF_TOTAL)):
            continue
        return self._facts(row, "programme", _OF_CURRICULUM), parts

    def _total(self, row: _Object) -> CurriculumPart:
        return CurriculumPart(self._facts_in(row, "where", "target"), number(row, "credits"))

    def _course(self, row: _Object) -> CurriculumPart:
        credits = number(row, "credits")
        return CurriculumPart(self._facts(row, "target", _CREDITS), credits)

    def _item(self, row: _Object) -> CaseItem:
        sources = self._sources(row)
        marks = within("marks", self._marks, table(row, "marks")) if "marks" in row else {}
        # In the order of the fields: to name them takes a third more. So it is with lines.
        item = CaseItem(
            text(row, "id"),
            sources,
            known(row, "targets", self.targets, SOURCES_MAX),
            text(row, "as") if "as" in row else None,
            number(row, "ask") if "ask" in row else None,
            self._facts_in(row, "facts", "item"),
            marks,
        )
        self._only(row, _OF_ITEM)
        return item

    def _sources(self, row: _Object) -> tuple[str, ...]:
        if row.get("sources") != ALL_SOURCES:
            most = SOURCES_MAX if self.everything is None else LINES_MAX
            return known(row, "sources", self.outcomes, most)
        if self.everything is None:
            raise Fault("'all' is for an award or a programme", "list the sources", "sources")
        return self.everything

    def _marks(self, given: _Object) -> dict[str, Fraction]:
        """Read marks by part: those that a score of the book asks for. What a bank recorded is read as it stands there."""
        marks = self._numbers(given)
        parts = set() if self.recorded else _parts(self.book)
        for part in marks:
            if parts and part not in parts:
                like = near(part, parts)
                mend = f"did you mean {like!r}?" if like else f"use some of {', '.join(sorted(parts))}"
                raise Fault(f"no score of the book has a part {part!r}", mend, part)
        return marks

    def _pairs(self, given: _Object) -> dict[tuple[str, str], Facts]:
        found: dict[tuple[str, str], Facts] = {}

        def read(row: _Object) -> None:
            key = (one_known(row, "source", self.outcomes), one_known(row, "target", self.targets))
            if key in found:
                raise Fault("this pair stands there twice", "write its facts together")
            found[key] = self._facts_in(row, "facts", "pair")
            self._only(row, _OF_PAIR)

        for _ in each("pairs", rows(given, "pairs"), read):
            continue
        return found

    def _line(self, row: _Object) -> HistoryLine:
        credits = number(row, "credits")
        act = text(row, "act")
        if act not in _ACTS:
            like = near(act, _ACTS)
            mend = f"did you mean {like!r}?" if like else f"use one of {', '.join(_ACTS)}"
            raise Fault(f"there is no act {act!r}", mend, "act")
        state = text(row, "state", "decided")
        if state not in _STATES:
            raise Fault(f"{state!r} is no state", "use reserved or decided; leave undone lines out", "state")
        line = HistoryLine(
            text(row, "application"),
            text(row, "item"),
            act,
            text(row, "as") if "as" in row else None,
            known(row, "sources", self.outcomes, SOURCES_MAX),
            one_known(row, "target", self.targets),
            credits,
            number(row, "worth") if "worth" in row else credits,
            day(row, "on"),
            text(row, "programme", ""),
            text(row, "institution", ""),
            text(row, "book", ""),
            _STATES[state],
        )
        self._only(row, _OF_LINE)
        return line

    def _systems(self, given: _Object) -> dict[str, Fraction]:
        quanta = self._numbers(given)
        for id, quantum in quanta.items():
            if not quantum:
                raise Fault("the smallest amount is 0", "write one above 0, or leave the system out", id)
        return quanta

    def _calendars(self, given: _Object) -> dict[str, Calendar]:
        self.keys += len(given)
        return {id: within(id, self._calendar, id, one) for id, one in given.items()}

    def _calendar(self, id: str, given: object) -> Calendar:
        row = object_of(given)
        terms = tuple(each("terms", rows(row, "terms"), self._term))
        starts = texts(row, "starts")
        self._only(row, _OF_CALENDAR)
        try:
            return Calendar(id, starts=starts, terms=terms)
        except MalformedError as error:
            raise Fault(error.what, error.mend) from None

    def _term(self, row: _Object) -> Term:
        term = Term(text(row, "id"), day(row, "since"), day(row, "until"))
        self._only(row, _OF_TERM)
        return term

    def _waivers(self, given: _Object, items: tuple[CaseItem, ...]) -> tuple[Waiver, ...]:
        ids = {item.id: item for item in items}

        def read(row: _Object) -> Waiver:
            clauses = {clause.id: clause for clause in self.book.clauses}
            clause, item = text(row, "clause"), one_known(row, "item", ids)
            if clause not in clauses:
                raise Fault(f"the book has no clause {clause!r}", f"use one of {', '.join(clauses)}", "clause")
            waiver = Waiver(clause, item, text(row, "by"), text(row, "reason"))
            self._only(row, _OF_WAIVER)
            return waiver

        return tuple(each("waivers", rows(given, "waivers"), read))

    def _only(self, row: _Object, keys: frozenset[str]) -> None:
        """Refuse any key but *keys*."""
        self.keys += len(row)
        if not keys.issuperset(row):
            raise unknown_key(row, keys)

    def _numbers(self, row: _Object) -> dict[str, Fraction]:
        self.keys += len(row)
        return {key: number(row, key) for key in row}

    def _facts_in(self, row: _Object, key: str, namespace: str) -> dict[str, Value]:
        if key not in row:
            return {}
        try:
            return self._facts(object_of(row[key]), namespace)
        except Fault as fault:
            raise fault.within(key) from None

    def _facts(self, row: _Object, namespace: str, but: Set[str] = _NONE) -> dict[str, Value]:
        """Read every key of *row*, *but* those that are asked for elsewhere, as a field of *namespace*."""
        self.keys += len(row)
        if but:
            row = {name: value for name, value in row.items() if name not in but}
        return read_facts(row, namespace, self.book)


def _without_id(row: _Object, id: str) -> _Object:
    """Return the facts of *id* that do not repeat it."""
    if row["id"] != id:
        raise Fault(f"{row['id']!r} stands under {id!r}", "the key is the id: leave 'id' out", "id")
    return {name: value for name, value in row.items() if name != "id"}


def _parts(book: RuleBook) -> set[str]:
    return {part for clause in book.clauses if isinstance(clause, Score) for part, _ in clause.parts}
