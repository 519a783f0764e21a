"""
Cases as JSON: a case file as people write it, and its canonical bytes.

Amounts are whole numbers or text; days are ISO text; a level is its value. The book says what type each field has.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import attrs

from creditbank.codec.canonical import canonical
from creditbank.codec.case_table import CASE_SIZE_MAX, LINES_MAX, SOURCES_MAX, CaseTable
from creditbank.domain.credit import number_text
from creditbank.domain.level import Level
from creditbank.domain.period import Calendar, Term
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.case import (
    Case,
    CaseItem,
    CurriculumPart,
    HistoryLine,
    LineState,
    Waiver,
    account_sources,
)
from creditbank.domain.rule.field import FieldType, Value
from creditbank.errors import MalformedError

__all__ = ["CASE_SIZE_MAX", "case_bytes", "case_digest", "read_case"]

ITEMS_MAX: Final = 1_000

ALL_SOURCES: Final = "all"
"""Written for the sources of an award: everything that the account has for it."""


def read_case(text: str, book: RuleBook, *, name: str = "case") -> Case:
    """
    Read a case file, typed by the fields of *book*. What the book does not look at is refused: it would be forgotten.

    Raises:
        MalformedError: not JSON, a key or field that is not known, a value of another type, an id that is not in the file.
    """
    if len(text) > CASE_SIZE_MAX:
        raise MalformedError("the case is too large", name, f"write at most {CASE_SIZE_MAX} characters")
    try:
        data = json.loads(text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"it is not JSON ({error})", name, "mend the syntax there") from None
    return _Reader(book, name).case(data)


def case_bytes(case: Case) -> bytes:
    """Return the canonical bytes of *case*: every key there, amounts as text, tags sorted."""
    return canonical(_case(case))


def case_digest(case: Case) -> str:
    """Return the SHA-256 (hex) of the canonical bytes."""
    return hashlib.sha256(case_bytes(case)).hexdigest()


# --- cases out --------------------------------------------------------------------------------------------------------


def _case(case: Case) -> dict[str, Any]:
    return {
        "book": case.book,
        "act": case.act,
        "id": case.id,
        "application": _facts(case.application),
        "learner": _facts(case.learner),
        "programme": _facts(case.programme),
        "items": [_item(item) for item in case.items],
        "outcomes": {id: _facts(facts) for id, facts in case.outcomes.items()},
        "targets": {id: _facts(facts) for id, facts in case.targets.items()},
        "pairs": [
            [source, target, _facts(facts)] for (source, target), facts in sorted(case.pairs.items(), key=_first)
        ],
        "history": [_line(line) for line in case.history],
        "calendars": {id: _calendar(calendar) for id, calendar in case.calendars.items()},
        "systems": {id: number_text(quantum) for id, quantum in case.systems.items()},
        "curriculum": [{"where": _facts(part.where), "credits": number_text(part.credits)} for part in case.curriculum],
        "waivers": [attrs.asdict(waiver) for waiver in case.waivers],
    }


def _first(pair: tuple[tuple[str, str], object]) -> tuple[str, str]:
    return pair[0]


def _item(item: CaseItem) -> dict[str, Any]:
    written = {
        "id": item.id,
        "sources": list(item.sources),
        "targets": list(item.targets),
        "as": item.as_,
        "ask": None if item.ask is None else number_text(item.ask),
        "facts": _facts(item.facts),
        "marks": {part: number_text(mark) for part, mark in item.marks.items()} or None,
    }
    return {key: value for key, value in written.items() if value is not None}


def _line(line: HistoryLine) -> dict[str, Any]:
    written = {
        "application": line.application,
        "item": line.item,
        "act": line.act,
        "as": line.as_,
        "sources": list(line.sources),
        "target": line.target,
        "credits": number_text(line.credits),
        "worth": number_text(line.worth),
        "on": line.on.isoformat(),
        "programme": line.programme,
        "institution": line.institution,
        "book": line.book,
        "state": line.state,
    }
    return {key: value for key, value in written.items() if value is not None}


def _calendar(calendar: Calendar) -> dict[str, Any]:
    terms = [{"id": one.id, "since": one.since.isoformat(), "until": one.until.isoformat()} for one in calendar.terms]
    return {"starts": list(calendar.starts), "terms": terms}


def _facts(facts: Mapping[str, Value]) -> dict[str, Any]:
    return {name: _value(value) for name, value in facts.items()}


def _value(value: Value) -> Any:
    """Write a value as its field's one type has it: what the book reads from this is the value."""
    match value:
        case bool() | str():
            return value
        case int() | Fraction():
            return number_text(Fraction(value))
        case date():
            return value.isoformat()
        case tuple():
            return sorted(value)
        case Level():
            return str(value)


# --- cases in ---------------------------------------------------------------------------------------------------------


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


@attrs.frozen
class _Reader:
    """Reads one case file of *book*."""

    book: RuleBook
    name: str

    def case(self, data: object) -> Case:
        table = CaseTable(data, self.name, "")
        outcomes = self._named(table, "outcomes", "source")
        targets = self._named(table, "targets", "target")
        programme, curriculum = self._programme(table)
        history = tuple(self._line(row, outcomes, targets) for row in table.rows("history"))
        application = table.table("application")
        act = application.text("act")
        everything, credit = account_sources(outcomes, targets, history, programme, self.book.system)
        rows = list(application.rows("items", ITEMS_MAX))
        if self.book.collects(act) and any(row.data.get("sources") == ALL_SOURCES for row in rows):
            outcomes |= {id: dict(facts) for id, facts in credit.items()}
        case = Case(
            book=table.text("book", ""),
            act=act,
            id=application.text("id"),
            items=tuple(self._item(row, act, outcomes, targets, everything) for row in rows),
            application=self._application(application),
            learner=self._facts(table.table("learner"), "learner"),
            programme=programme,
            outcomes=outcomes,
            targets=targets,
            pairs=dict(self._pair(row, outcomes, targets) for row in table.rows("pairs")),
            history=history,
            calendars={id: _read_calendar(id, row) for id, row in table.table("calendars").tables()},
            systems={id: number for id, number in table.table("systems").numbers() if number},
            curriculum=curriculum,
            waivers=(),
        )
        waivers = tuple(self._waiver(row, case) for row in table.rows("waivers"))
        table.end()
        ids = [item.id for item in case.items]
        if len(set(ids)) != len(ids):
            raise application.error("two items have one id", "give every item its own id", "items")
        return attrs.evolve(case, waivers=waivers)

    def _application(self, table: CaseTable) -> dict[str, Value]:
        """Dates and facts are the application's fields; both are written under their own key."""
        dates = self._facts(table.table("dates"), "application")
        facts = self._facts(table.table("facts"), "application")
        table.end()
        return dates | facts

    def _named(self, table: CaseTable, key: str, namespace: str) -> dict[str, dict[str, Value]]:
        return {id: self._facts(row, namespace) for id, row in table.table(key).tables()}

    def _programme(self, table: CaseTable) -> tuple[dict[str, Value], tuple[CurriculumPart, ...]]:
        row = table.table("programme")
        courses, totals = list(row.rows("courses")), list(row.rows("totals"))
        if courses and totals:
            raise row.error("courses and totals", "give one of them", "totals")
        parts = [CurriculumPart(self._facts(one.table("where"), "target"), one.number("credits")) for one in totals]
        for one in totals:
            one.end()
        for one in courses:
            credits = one.number("credits")
            parts.append(CurriculumPart(self._facts(one, "target"), credits))
        return self._facts(row, "programme"), tuple(parts)

    def _item(
        self,
        row: CaseTable,
        act: str,
        outcomes: Mapping[str, object],
        targets: Mapping[str, object],
        everything: tuple[str, ...],
    ) -> CaseItem:
        most = LINES_MAX if self.book.collects(act) else SOURCES_MAX
        if row.get("sources") == ALL_SOURCES:
            if not self.book.collects(act):
                raise row.error("'all' is for an award or a programme", "list the sources", "sources")
            sources = everything
        else:
            sources = row.known("sources", outcomes, most)
        marks = row.table("marks")
        item = CaseItem(
            id=row.text("id"),
            sources=sources,
            targets=row.known("targets", targets, SOURCES_MAX),
            as_=row.text("as") if row.has("as") else None,
            ask=row.number("ask") if row.has("ask") else None,
            facts=self._facts(row.table("facts"), "item"),
            marks=dict(marks.numbers()),
        )
        row.end()
        return item

    def _pair(
        self, row: CaseTable, outcomes: Mapping[str, object], targets: Mapping[str, object]
    ) -> tuple[tuple[str, str], dict[str, Value]]:
        key = (row.one_known("source", outcomes), row.one_known("target", targets))
        found = key, self._facts(row.table("facts"), "pair")
        row.end()
        return found

    def _line(self, row: CaseTable, outcomes: Mapping[str, object], targets: Mapping[str, object]) -> HistoryLine:
        credits = row.number("credits")
        state = row.text("state", "decided")
        states: dict[str, LineState] = {"reserved": "reserved", "decided": "decided"}
        if state not in states:
            raise row.error(f"{state!r} is no state", "use reserved or decided; leave undone lines out", "state")
        line = HistoryLine(
            application=row.text("application"),
            item=row.text("item"),
            act=row.text("act"),
            as_=row.text("as") if row.has("as") else None,
            sources=row.known("sources", outcomes, SOURCES_MAX),
            target=row.one_known("target", targets),
            credits=credits,
            worth=row.number("worth") if row.has("worth") else credits,
            on=row.day("on"),
            programme=row.text("programme", ""),
            institution=row.text("institution", ""),
            book=row.text("book", ""),
            state=states[state],
        )
        row.end()
        return line

    def _waiver(self, row: CaseTable, case: Case) -> Waiver:
        clauses = {clause.id: clause for clause in self.book.clauses}
        items = {item.id: item for item in case.items}
        clause, item = row.one_known("clause", clauses), row.one_known("item", items)
        waiver = Waiver(clause, item, row.text("by"), row.text("reason"))
        row.end()
        return waiver

    def _facts(self, table: CaseTable, namespace: str) -> dict[str, Value]:
        """Read every key of *table* that nobody asked for yet as a field of *namespace*."""
        found: dict[str, Value] = {}
        for name in [key for key in table.data if key not in table.asked]:
            kind = self.book.field_type(f"{namespace}.{name}")
            if kind is None or f"{namespace}.{name}" in self.book.derive:
                raise table.error(
                    f"the book has no field {namespace}.{name}", "leave it out, or declare it in the book", name
                )
            found[name] = self._read(table, name, table.get(name), kind)
        return found

    def _read(self, table: CaseTable, key: str, value: object, kind: FieldType) -> Value:
        match kind.kind:
            case "text" if isinstance(value, str):
                return value
            case "tags" if isinstance(value, str):
                return (value,)
            case "tags" if isinstance(value, list) and all(isinstance(one, str) for one in value):
                return tuple(sorted(set(value)))
            case "flag" if isinstance(value, bool):
                return value
            case "number" | "percent":
                return table.number(key)
            case "date":
                return table.day(key)
            case "level" if isinstance(value, str) and value in self.book.levels[kind.scheme]:
                return Level(kind.scheme, value)
            case _:
                raise table.error(f"{value!r} is not {kind}", f"write a value of type {kind}", key)


def _read_calendar(id: str, row: CaseTable) -> Calendar:
    terms = []
    for one in row.rows("terms"):
        terms.append(Term(one.text("id"), one.day("since"), one.day("until")))
        one.end()
    starts = row.texts("starts")
    row.end()
    return Calendar(id, starts=starts, terms=tuple(terms))
