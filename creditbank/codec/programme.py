"""
The requirements of a programme (毕业要求): TOML as people write it, canonical bytes as it is named by.

The canonical form is the same document with every default filled in, texts in NFC, numbers and days as text, ``any`` as
``pick = 1``; then integer-only canonical JSON. Its SHA-256 is the digest.
"""

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

import attrs

from creditbank.codec.book import book_bytes
from creditbank.codec.book_head import read_basis
from creditbank.codec.book_selection import Reads, read_selection
from creditbank.codec.book_table import Place, Table, clause_lines, key_line
from creditbank.codec.book_top import read_top
from creditbank.codec.canonical import canonical, from_canonical
from creditbank.codec.programme_write import write_programme
from creditbank.domain.degree.requirement import (
    DEPTH_MAX,
    LISTED_MAX,
    NODES_MAX,
    ROOT,
    DegreeProgramme,
    EarlyGraduation,
    Group,
    ListedCourse,
    Node,
    Share,
    Take,
    course_selection,
)
from creditbank.domain.level import Level
from creditbank.domain.name import InstitutionId, institution_id
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.field import FieldType, Value
from creditbank.errors import MalformedBookError, MalformedError

__all__ = ["PROGRAMME_SIZE_MAX", "programme_bytes", "programme_digest", "programme_from", "read_programme"]

PROGRAMME_SIZE_MAX: Final = 2**20
"""Characters of a document, and bytes of its canonical form."""

_FORM: Final = 1
_KIND: Final = "programme"
_WHERE: Final = "programme"
_HEAD: Final = (
    "version",
    "title",
    "since",
    "until",
    "system",
    "basis",
    "levels",
    "fields",
    "calendars",
    "derive",
    "crosswalk",
)
_WORDS: Final = ("all", "any", "pick", "course", "credits", "count")
_ABOUT: Final = frozenset({"learner", "programme", "application"})
_FROM: Final = Reads(frozenset({"source"}), _ABOUT | {"source"}, "a requirement asks about each outcome, as source.*")
_WHEN: Final = Reads(_ABOUT, _ABOUT, "when asks about the learner, not about an outcome")


def read_programme(text: str, *, name: str) -> DegreeProgramme:
    """
    Read the requirements of a programme as TOML. *name* is the file's, for errors.

    Raises:
        MalformedBookError: the first fault, with file, line, requirement, key and the mend.
    """
    if len(text) > PROGRAMME_SIZE_MAX:
        raise MalformedBookError("it is too large", name, f"write at most {PROGRAMME_SIZE_MAX} characters")
    text = unicodedata.normalize("NFC", text)
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line ([0-9]+)", str(error))
        where = f"{name}:{line[1]}" if line else name
        raise MalformedBookError(f"it is not TOML ({error})", where, "mend the syntax there") from None
    except RecursionError:
        raise MalformedBookError("it is nested too deeply", name, "write it flat") from None
    return _Reader(name, text, clause_lines(text, "requirement"), clause_lines(text, "course")).programme(data)


def programme_bytes(programme: DegreeProgramme) -> bytes:
    """
    Return the canonical bytes of *programme*. They name it: see :func:`programme_digest`.

    Raises:
        MalformedError: They would be more than a document may have.
    """
    head = from_canonical(book_bytes(programme.head), _WHERE, keys=None)
    written = {key: value for key, value in head.items() if key in _HEAD}
    data = canonical({"document": _KIND, "form": _FORM, **written, **write_programme(programme)})
    if len(data) > PROGRAMME_SIZE_MAX:
        raise MalformedError(f"it has {len(data)} bytes", _WHERE, f"give at most {PROGRAMME_SIZE_MAX} bytes")
    return data


def programme_from(data: bytes) -> DegreeProgramme:
    """
    Read what :func:`programme_bytes` wrote, and nothing else.

    Raises:
        MalformedError: It is too large; not canonical; no programme of a form that is known; not as it would be written.
        MalformedBookError: It says something that is none.
    """
    if len(data) > PROGRAMME_SIZE_MAX:
        raise MalformedError(f"it has {len(data)} bytes", _WHERE, f"give at most {PROGRAMME_SIZE_MAX} bytes")
    value = from_canonical(data, _WHERE, keys=None)
    if not isinstance(value, dict) or (value.pop("document", None), value.pop("form", None)) != (_KIND, _FORM):
        raise MalformedError("it is no programme of a form that is known", _WHERE, "use a newer creditbank")
    programme = _Reader(_WHERE, "", (), ()).programme(value)
    if programme_bytes(programme) != data:
        raise MalformedError("it is not written as programmes are", _WHERE, "use the bytes as they were given")
    return programme


def programme_digest(data: bytes) -> str:
    """Return the name of a programme: the SHA-256 (hex) of its canonical bytes."""
    return hashlib.sha256(data).hexdigest()


@attrs.define
class _Reader:
    """Reads one document; *lines* are where its requirements begin, and *offered* where its courses do."""

    name: str
    text: str
    lines: tuple[int, ...]
    offered: tuple[int, ...]
    ids: set[str] = attrs.field(factory=lambda: {ROOT})
    total: Fraction | None = None
    school: InstitutionId | None = None

    def programme(self, data: Mapping[str, object]) -> DegreeProgramme:
        table = Table(data, Place(self.name, 0))
        try:
            return self._programme(table)
        except MalformedBookError as error:
            found = re.fullmatch(re.escape(self.name) + r": key '(\S+)( .*)?'", error.where)
            line = key_line(self.text, found[1]) if found and self.text else 0
            where = error.where.replace(self.name, f"{self.name}:{line}", 1) if line else error.where
            raise MalformedBookError(error.what, where, error.mend) from None

    def _programme(self, table: Table) -> DegreeProgramme:
        id = table.slug("programme")
        head = self._head(table, id)
        self.school = self._school(table)
        self.total = table.positive("credits", amount=True) if table.has("credits") else None
        counts = read_selection(table, "counts", head, _FROM)
        repeats = read_selection(table, "repeats", head, _FROM)
        parts = []
        for number, row in enumerate(table.tables("requirement"), 1):
            inner = Table(row.data, Place(self.name, _at(self.lines, number), f"number {number}", "requirement"))
            parts.append(self._node(inner, head, inner.slug("id"), 1))
        if not parts:
            for key in ("floors", "course", "early"):
                table.has(key)
            table.end()  # a key that nobody knows may be the one that was meant
            raise table.error("it asks for nothing", "add [[requirement]] blocks", "requirement")
        floors = self._floors(table, head)
        root = Node(ROOT, head.title, "", "", None, False, floors, Group(None, tuple(parts)))
        courses = self._courses(table, head)
        early = self._early(table, head)
        table.end()
        return DegreeProgramme(head, self.school, self.total, counts, repeats, root, courses, early)

    def _head(self, table: Table, id: str) -> RuleBook:
        """Read what a programme and a rule book say alike, as a rule book without clauses."""
        data = {key: table.get(key) for key in _HEAD if table.has(key)}
        # Its own id may begin with a digit, as codes of majors do; that of a rule book may not.
        head = Table({**data, "book": _KIND, "acts": ["programme"]}, table.place)
        bare = attrs.evolve(read_top(head, (), resolved=False), book=id)
        if not bare.system:
            raise table.error("no 'system'", "name the credit system that its numbers are in", "system")
        return bare

    def _school(self, table: Table) -> InstitutionId | None:
        if not table.has("school"):
            return None
        try:
            return institution_id(table.text("school"))
        except MalformedBookError:
            raise
        except MalformedError as error:
            raise table.error(error.what, error.mend, "school") from None

    # --- requirements -------------------------------------------------------------------------------------------------

    def _node(self, table: Table, head: RuleBook, id: str, depth: int) -> Node:
        table.place = attrs.evolve(table.place, clause=id)
        if id in self.ids:
            raise table.error(f"{id!r} is there twice", "give each requirement its own id", "id")
        self.ids.add(id)
        if len(self.ids) > NODES_MAX:
            raise table.error("too many requirements", f"write at most {NODES_MAX}")
        if depth > DEPTH_MAX:
            raise table.error("nested too deeply", f"put at most {DEPTH_MAX} requirements inside each other")
        zh, en = self._name(table)
        # What a part is based on goes without saying: on what the whole is.
        basis = read_basis(table, head) if depth == 1 or table.has("basis") else ""
        node = Node(
            id=id,
            zh=zh,
            en=en,
            basis=basis,
            when=read_selection(table, "when", head, _WHEN),
            shares=table.flag("shares", False),
            floors=self._floors(table, head),
            ask=self._ask(table, head, id, depth),
        )
        table.end()
        return node

    def _name(self, table: Table) -> tuple[str, str]:
        if not table.has("name"):
            return "", ""
        if isinstance(table.get("name"), str):
            return table.text("name"), ""
        inner = table.table("name")
        names = inner.text("zh", ""), inner.text("en", "")
        inner.end()
        return names

    def _ask(self, table: Table, head: RuleBook, id: str, depth: int) -> Take | Group:
        words = [word for word in _WORDS if table.has(word)]
        if words in (["all"], ["any"], ["pick"]):
            return self._group(table, head, id, depth, words[0])
        if words in (["course"], ["course", "credits"]):
            code = table.text("course")
            credits, share = self._credits(table) if len(words) == 2 else (None, None)
            return Take(course_selection(code, self.school), credits, share, 1, code)
        if words and set(words) <= {"credits", "count"}:
            credits, share = self._credits(table) if "credits" in words else (None, None)
            count = table.count("count", 1) if "count" in words else None
            return Take(read_selection(table, "from", head, _FROM), credits, share, count, "")
        for key in ("of", "from"):
            table.has(key)
        table.end()
        raise table.error(
            f"it asks for {' and '.join(words)} at once" if words else "it asks for nothing",
            "give one of all, any, pick with of, course, or credits and count with from",
            words[0] if words else "",
        )

    def _group(self, table: Table, head: RuleBook, id: str, depth: int, word: str) -> Group:
        key = "of" if word == "pick" else word
        value = table.get(key)
        if not isinstance(value, list) or not value:
            raise table.error(f"{key!r} is not a list", 'write it like ["CS101", { credits = 4, from = … }]', key)
        parts = tuple(self._part(table, head, id, depth, key, number, one) for number, one in enumerate(value, 1))
        count = table.count("pick", 1) if word == "pick" else 1 if word == "any" else None
        if count is not None and count > len(parts):
            raise table.error(f"{count} of {len(parts)}", "ask for at most as many as there are", word)
        return Group(count, parts)

    def _part(self, table: Table, head: RuleBook, id: str, depth: int, key: str, number: int, value: object) -> Node:
        """Read a part of a group: a table, or the code of a course."""
        data = {"course": value} if isinstance(value, str) else value
        inner = attrs.evolve(table.as_table(data, f"{key} {number}"), path="")
        return self._node(inner, head, inner.slug("id", f"{id}.{number}"), depth + 1)

    def _credits(self, table: Table) -> tuple[Fraction | None, Fraction | None]:
        """Read so many credits, or ``{ percent = 60, of = "programme" }``: a number and no share, or the other way round."""
        if not isinstance(table.get("credits"), dict):
            return table.positive("credits", amount=True), None
        share, of = self._percent(table, "credits")
        if of != "programme":
            raise table.error(f"a share of {of!r}", 'write of = "programme"', "credits of")
        return None, share

    def _percent(self, table: Table, key: str) -> tuple[Fraction, str]:
        inner = table.table(key)
        share, of = inner.percent(), inner.text("of")
        inner.end()
        if share > 1:
            raise inner.error("more than 100 %", "use a share of at most 100", "percent")
        if of == "programme" and self.total is None:
            raise inner.error("the programme has no 'credits'", "say at the top what it takes in all", "of")
        return share, of

    def _floors(self, table: Table, head: RuleBook) -> tuple[Share, ...]:
        return tuple(self._floor(inner, head) for inner in table.tables("floors"))

    def _floor(self, table: Table, head: RuleBook) -> Share:
        where = read_selection(table, "where", head, _FROM)
        if where is None:
            raise table.error("no 'where'", "say of which outcomes, as in { where = { … }, at_least = 12 }", "where")
        if table.has("at_least") == table.has("at_most"):
            raise table.error("neither at_least nor at_most, or both", "give one of them", "at_least")
        word = "at_least" if "at_least" in table.data else "at_most"
        credits, share = None, None
        if not isinstance(table.get(word), dict):
            credits = table.amount(word)
        else:
            share, of = self._percent(table, word)
            if of == "programme":
                assert self.total is not None, "_percent has looked"
                credits, share = share * self.total, None
            elif of != "counted":
                raise table.error(f"a share of {of!r}", 'write of = "counted" or of = "programme"', f"{word} of")
        table.end()
        return Share(where, "at_least" if word == "at_least" else "at_most", credits, share)

    def _early(self, table: Table, head: RuleBook) -> EarlyGraduation | None:
        if not table.has("early"):
            return None
        inner = table.table("early")
        inner = Table(inner.data, Place(self.name, key_line(self.text, "early"), "early", "requirement"))
        after = inner.duration("after")
        if after is None:
            raise inner.error("no 'after'", 'say how long one must have been there, such as "2 years"', "after")
        return EarlyGraduation(after, self._node(inner, head, inner.slug("id", "early"), 1))

    # --- what can be taken --------------------------------------------------------------------------------------------

    def _courses(self, table: Table, head: RuleBook) -> tuple[ListedCourse, ...]:
        courses: dict[str, ListedCourse] = {}
        for number, one in enumerate(table.tables("course"), 1):
            row = Table(one.data, Place(self.name, _at(self.offered, number), f"number {number}", "course"))
            code = row.text("code")
            row.place = attrs.evolve(row.place, clause=code)
            if code in courses:
                raise row.error(f"{code!r} is there twice", "list each course once", "code")
            courses[code] = ListedCourse(code, row.amount("credits"), self._facts(row, head))
        if len(courses) > LISTED_MAX:
            raise table.error("too many courses", f"list at most {LISTED_MAX}", "course")
        return tuple(courses.values())

    def _facts(self, row: Table, head: RuleBook) -> dict[str, Value]:
        """Read every key as a field of a source; what goes without saying is that it is a course of this school and system."""
        facts: dict[str, Value] = {"class": "course", "system": head.system}
        if self.school is not None:
            facts["issuer"] = self.school
        facts |= dict(self._told(row, head))
        return dict(sorted(facts.items()))

    def _told(self, row: Table, head: RuleBook) -> Iterator[tuple[str, Value]]:
        for name in row.data:
            kind = None if name == "id" else head.field_type(f"source.{name}")
            if kind is None:
                raise row.error(f"there is no field source.{name}", "leave it out, or declare it in [fields]", name)
            yield name, _value(row, name, row.get(name), kind, head)


def _at(lines: tuple[int, ...], number: int) -> int:
    """Return where block *number* (from 1) begins; 0 where there is no text to look at."""
    return lines[number - 1] if number <= len(lines) else 0


def _value(row: Table, key: str, value: object, kind: FieldType, head: RuleBook) -> Value:
    match kind.kind:
        case "text" if isinstance(value, str) and value:
            return value
        case "tags" if isinstance(value, str) and value:
            return (value,)
        case "tags" if isinstance(value, list):
            return tuple(sorted(row.texts(key)))
        case "flag" if isinstance(value, bool):
            return value
        case "number":
            return row.as_number(value, key)
        case "percent":
            return row.as_share(value, key)
        case "date":
            return row.as_day(value, key)
        case "level" if isinstance(value, str) and value in head.levels[kind.scheme]:
            return Level(kind.scheme, value)
        case _:
            raise row.error(f"{value!r} is not {kind}", f"write a value of type {kind}", key)
