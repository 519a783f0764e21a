"""
Cases as JSON: a case file, read by the types of its book.

Amounts are whole numbers or text; days are ISO text; a level is its value, or ``scheme:value``. What
:func:`creditbank.codec.case_write.case_bytes` writes is such a file, too.
"""

import json
from collections.abc import Mapping, Set
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

import attrs

from creditbank.codec.book_selection import field_like
from creditbank.codec.case_table import CASE_SIZE_MAX, LINES_MAX, SOURCES_MAX, CaseTable
from creditbank.codec.case_write import case_bytes, case_digest
from creditbank.codec.near import near
from creditbank.domain.credit import number_text
from creditbank.domain.level import Level
from creditbank.domain.period import Calendar, Term
from creditbank.domain.rule.book import COLLECTION_ACTS, EXCHANGE_ACTS, RuleBook
from creditbank.domain.rule.case import (
    Case,
    CaseItem,
    CurriculumPart,
    HistoryLine,
    LineState,
    Waiver,
    account_sources,
)
from creditbank.domain.rule.clause import Score
from creditbank.domain.rule.field import PERCENT_MAX, PERCENT_MEND, FieldType, Value
from creditbank.errors import MalformedError

__all__ = ["CASE_SIZE_MAX", "case_bytes", "case_digest", "read_case"]

ITEMS_MAX: Final = 1_000

_DIGITS_MAX: Final = 1_000
"""Of a whole number, before it is looked at: what it is for has a limit of its own."""

_ACTS: Final = (*EXCHANGE_ACTS, *sorted(COLLECTION_ACTS))

_STEPS_KEPT: Final = 1_024
"""So many levels, last read, are not made again."""

_KEYS: Final = frozenset(
    [
        "application",
        "outcomes",
        "targets",
        "pairs",
        "learner",
        "programme",
        "history",
        "systems",
        "calendars",
        "waivers",
        "book",
    ]
)
_OF_APPLICATION: Final = frozenset({"id", "act", "dates", "facts", "items"})
_STATES: Final[Mapping[str, LineState]] = {"reserved": "reserved", "decided": "decided"}
_MENDS: Final[Mapping[str, str]] = {
    "text": "write a text in quotes",
    "tags": 'write a text in quotes, or several: ["one", "two"]',
    "flag": "write true or false, without quotes",
}

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
    try:
        text.encode()  # half a character is no text
        data = _JSON.decode(text.removeprefix("\ufeff"))
        if "\\u" in text:
            json.dumps(data, ensure_ascii=False, default=str).encode()
    except RecursionError:
        raise MalformedError("it is nested too deeply", name, "write it flat") from None
    except UnicodeEncodeError as error:
        sign = f"U+{ord(error.object[error.start]):04X}"
        raise MalformedError(
            f"half a character ({sign})", name, "write the whole character, not as \\u escapes"
        ) from None
    except ValueError as error:
        raise MalformedError(f"it is not JSON ({error})", name, "mend the syntax there") from None
    return _Reader(book, name, digest).case(data)


# --- cases in ---------------------------------------------------------------------------------------------------------


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"key {next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found


@lru_cache(maxsize=_STEPS_KEPT)
def _step(scheme: str, value: str) -> Level:
    return Level(scheme, value)


def _integer(text: str) -> int:
    if len(text) > _DIGITS_MAX:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


_JSON: Final = json.JSONDecoder(
    parse_float=Decimal, parse_int=_integer, parse_constant=_refuse, object_pairs_hook=_unique
)


@attrs.frozen
class _Reader:
    """Reads one case file of *book*."""

    book: RuleBook
    name: str
    digest: str = ""

    def case(self, data: object) -> Case:
        table = CaseTable(data, self.name, "")
        table.only(_KEYS)  # first of all: where outcomes are misspelt, no id would be in the file
        table.get("application")
        table.table("application").only(_OF_APPLICATION)
        named = table.text("book", self.digest)
        if self.digest and named != self.digest:
            mend = f"give that book (this one is {self.digest}), or take 'book' out of the case"
            raise table.error(f"it is for the rule book {named!r}", mend, "book")
        outcomes = self._named(table, "outcomes", "source")
        targets = self._named(table, "targets", "target")
        programme, curriculum = self._programme(table)
        history = tuple(self._line(row, outcomes, targets) for row in table.rows("history"))
        application = table.table("application")
        act = application.text("act")
        rows = list(application.rows("items", ITEMS_MAX))
        everything: tuple[str, ...] = ()
        if self.book.collects(act) and any(row.data.get("sources") == ALL_SOURCES for row in rows):
            everything, credit = account_sources(outcomes, targets, history, programme, self.book.system)
            outcomes |= {id: dict(facts) for id, facts in credit.items()}
        id = application.text("id")
        # What a bank recorded is read as it stands there.
        parts = set[str]() if table.has("book") else _parts(self.book)
        items = tuple(self._item(row, act, outcomes, targets, everything, parts) for row in rows)
        case = Case(
            book=named,
            act=act,
            id=id,
            items=items,
            application=self._application(application),
            learner=self._facts(table.table("learner"), "learner"),
            programme=programme,
            outcomes=outcomes,
            targets=targets,
            pairs=self._pairs(table, outcomes, targets),
            history=history,
            calendars={id: _read_calendar(id, row) for id, row in table.table("calendars").tables()},
            systems=self._systems(table.table("systems")),
            curriculum=curriculum,
            waivers=self._waivers(table, items),
        )
        if len({item.id for item in items}) != len(items):
            raise application.error("two items have one id", "give every item its own id", "items")
        return case

    def _application(self, table: CaseTable) -> dict[str, Value]:
        """Dates and facts are the application's fields; both are written under their own key."""
        dates = self._facts(table.table("dates"), "application")
        inner = table.table("facts")
        facts = self._facts(inner, "application")
        table.end()
        for name in facts.keys() & dates.keys():
            raise inner.error(f"{name!r} is among the dates, too", "write it once", name)
        return dates | facts

    def _named(self, table: CaseTable, key: str, namespace: str) -> dict[str, dict[str, Value]]:
        """Read outcomes or targets, in the order of their ids. The key is the id; who repeats it must repeat it truly."""
        named: dict[str, dict[str, Value]] = {}
        for id, row in sorted(table.table(key).tables()):
            if row.has("id") and row.data["id"] != id:
                raise row.error(f"{row.data['id']!r} stands under {id!r}", "the key is the id: leave 'id' out", "id")
            named[id] = self._facts(row, namespace)
        return named

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
        parts: Set[str],
    ) -> CaseItem:
        most = LINES_MAX if self.book.collects(act) else SOURCES_MAX
        if row.has("sources") and row.data["sources"] == ALL_SOURCES:
            if not self.book.collects(act):
                raise row.error("'all' is for an award or a programme", "list the sources", "sources")
            sources = everything
        else:
            sources = row.known("sources", outcomes, most)
        marks = self._marks(row.table("marks"), parts) if row.has("marks") else {}
        item = CaseItem(
            id=row.text("id"),
            sources=sources,
            targets=row.known("targets", targets, SOURCES_MAX),
            as_=row.text("as") if row.has("as") else None,
            ask=row.number("ask") if row.has("ask") else None,
            facts=self._facts(row.table("facts"), "item") if row.has("facts") else {},
            marks=marks,
        )
        row.end()
        return item

    def _marks(self, table: CaseTable, parts: Set[str]) -> dict[str, Fraction]:
        """Read marks by part; *parts* are those that a score of the book asks for, empty where any will do."""
        marks = dict(table.numbers())
        for part in marks:
            if parts and part not in parts:
                like = near(part, parts)
                mend = f"did you mean {like!r}?" if like else f"use some of {', '.join(sorted(parts))}"
                raise table.error(f"no score of the book has a part {part!r}", mend, part)
        return marks

    def _pairs(
        self, table: CaseTable, outcomes: Mapping[str, object], targets: Mapping[str, object]
    ) -> dict[tuple[str, str], dict[str, Value]]:
        found: dict[tuple[str, str], dict[str, Value]] = {}
        for row in table.rows("pairs"):
            key = (row.one_known("source", outcomes), row.one_known("target", targets))
            if key in found:
                raise row.error("this pair stands there twice", "write its facts together")
            found[key] = self._facts(row.table("facts"), "pair")
            row.end()
        return found

    def _line(self, row: CaseTable, outcomes: Mapping[str, object], targets: Mapping[str, object]) -> HistoryLine:
        credits = row.number("credits")
        act = row.text("act")
        if act not in _ACTS:
            like = near(act, _ACTS)
            mend = f"did you mean {like!r}?" if like else f"use one of {', '.join(_ACTS)}"
            raise row.error(f"there is no act {act!r}", mend, "act")
        state = row.text("state", "decided")
        if state not in _STATES:
            raise row.error(f"{state!r} is no state", "use reserved or decided; leave undone lines out", "state")
        line = HistoryLine(
            application=row.text("application"),
            item=row.text("item"),
            act=act,
            as_=row.text("as") if row.has("as") else None,
            sources=row.known("sources", outcomes, SOURCES_MAX),
            target=row.one_known("target", targets),
            credits=credits,
            worth=row.number("worth") if row.has("worth") else credits,
            on=row.day("on"),
            programme=row.text("programme", ""),
            institution=row.text("institution", ""),
            book=row.text("book", ""),
            state=_STATES[state],
        )
        row.end()
        return line

    def _systems(self, table: CaseTable) -> dict[str, Fraction]:
        quanta = dict(table.numbers())
        for id, quantum in quanta.items():
            if not quantum:
                raise table.error("the smallest amount is 0", "write one above 0, or leave the system out", id)
        return quanta

    def _waivers(self, table: CaseTable, items: tuple[CaseItem, ...]) -> tuple[Waiver, ...]:
        found: list[Waiver] = []
        for row in table.rows("waivers"):
            clauses = {clause.id: clause for clause in self.book.clauses}
            clause, item = row.text("clause"), row.one_known("item", {item.id: item for item in items})
            if clause not in clauses:
                raise row.error(f"the book has no clause {clause!r}", f"use one of {', '.join(clauses)}", "clause")
            found.append(Waiver(clause, item, row.text("by"), row.text("reason")))
            row.end()
        return tuple(found)

    def _facts(self, table: CaseTable, namespace: str) -> dict[str, Value]:
        """Read every key of *table* that nobody asked for yet as a field of *namespace*."""
        found: dict[str, Value] = {}
        known, asked = self.book.given[namespace], table.asked
        for name, value in table.data.items():
            if name in asked:
                continue
            kind = known.get(name)
            if kind is None:
                raise table.error(f"the book has no field {namespace}.{name}", self._mend(namespace, name), name)
            # Most facts are texts.
            found[name] = value if kind.kind == "text" and type(value) is str else self._read(table, name, value, kind)
        asked.update(found)
        return found

    def _mend(self, namespace: str, name: str) -> str:
        """Say what to do about a fact that the book does not look at."""
        if name.startswith(f"{namespace}."):
            return f"leave out {namespace + '.'!r}: where it stands says it"
        like = field_like(f"{namespace}.{name}", self.book)
        return f"{f'did you mean {like!r}? Or ' if like else ''}leave it out, or declare it in the book"

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
            case "number":
                return table.as_number(value, key)
            case "percent":
                share = table.as_number(value, key)
                if share > PERCENT_MAX:
                    raise table.error(f"{value} is {number_text(share * 100)} %", PERCENT_MEND, key)
                return share
            case "date":
                return table.as_day(value, key)
            case "level" if isinstance(value, str) and (level := self._level(value, kind.scheme)) is not None:
                return level
            case _:
                if kind.kind == "level":
                    known = self.book.levels[kind.scheme]
                    raise table.error(
                        f"{value!r} is no level of {kind.scheme!r}", f"use one of {', '.join(known)}", key
                    )
                raise table.error(f"{value!r} is no {kind}", _MENDS[kind.kind], key)

    def _level(self, text: str, scheme: str) -> Level | None:
        """Read a step of the field's *scheme*, or ``scheme:value``: an outcome may have its level in another one."""
        if text in self.book.levels[scheme]:
            return _step(scheme, text)
        try:
            level = Level.parse(text)
        except MalformedError:
            return None
        known = self.book.levels.get(level.framework)
        return level if known is None or level.value in known else None


def _parts(book: RuleBook) -> set[str]:
    return {part for clause in book.clauses if isinstance(clause, Score) for part, _ in clause.parts}


def _read_calendar(id: str, row: CaseTable) -> Calendar:
    terms = []
    for one in row.rows("terms"):
        terms.append(Term(one.text("id"), one.day("since"), one.day("until")))
        one.end()
    starts = row.texts("starts")
    row.end()
    try:
        return Calendar(id, starts=starts, terms=tuple(terms))
    except MalformedError as error:
        raise row.error(error.what, error.mend) from None
