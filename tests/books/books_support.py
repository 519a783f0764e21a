"""
Case files of the shipped books, and what a mutant of a book is.

``<book>.json``: ``{"source": …, "base": a whole case, "chain": {act: steps}, "cases": [{"name", "source", "with", "expect"}]}``.
*with* is a merge patch (RFC 7396) on *base*; *expect* is a part of the decision as JSON, its results under ``items`` by the
item's id. Objects are compared key by key, everything else whole. *source* says where the numbers come from; one at the top
speaks for every case that has none of its own. *equal*, if it is there, names mutants that come to the same as the book,
with the reason: {"4.3: without when": "why nobody can tell"}.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, get_args

import attrs

from creditbank.codec.book import book_bytes, book_of, read_book
from creditbank.codec.case import read_case
from creditbank.codec.decision import decision_dict
from creditbank.domain.period import Calendar, Duration
from creditbank.domain.rule import Case, RuleBook, decide
from creditbank.domain.rule.clause import Percent
from creditbank.domain.rule.selection import Presence, Selection
from creditbank.errors import MalformedError
from creditbank.rulebooks import read

HERE = Path(__file__).parent
# Of longer lists (rows of a large map) so many elements are tried, evenly spread, the first and the last among them.
SAMPLE = 60
# Clause by clause; texts, with nothing to move; and a bound that is held while a book loads, not while it decides.
UNMOVED = ("clauses", "levels", "basis", "parity")


@cache
def shipped_book(name: str) -> RuleBook:
    return read_book(read(name), name=f"{name}.toml")


@attrs.frozen(eq=False)
class Told:
    """One case of a file, read, and what it has to come to."""

    name: str
    case: Case
    expect: Mapping[str, Any]


@cache
def case_file(name: str) -> dict[str, Any]:
    return json.loads((HERE / f"{name}.json").read_text("utf-8"))


def whole_cases(name: str) -> dict[str, dict[str, Any]]:
    """Every case of the file, whole, by its name."""
    file = case_file(name)
    return {one["name"]: merge_patch(file["base"], one.get("with", {})) for one in file["cases"]}


@cache
def told(name: str) -> tuple[Told, ...]:
    book, whole, found = shipped_book(name), whole_cases(name), []
    for one in case_file(name)["cases"]:
        text = json.dumps(whole[one["name"]], ensure_ascii=False)
        found.append(Told(one["name"], read_case(text, book, name=f"{name}.json: {one['name']}"), one["expect"]))
    return tuple(found)


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def decided(book: RuleBook, case: Case) -> dict[str, Any]:
    """The decision as JSON has it, results by item."""
    data = decision_dict(decide(book, case))
    return data | {"items": {one["item"]: one for one in data.pop("results")}}


def steps_of(book: RuleBook, act: str) -> list[dict[str, str]]:
    """The chain of *act* as a case file writes it: what is empty left out."""
    rows = [{field.name: getattr(step, field.name) for field in attrs.fields(type(step))} for step in book.chain(act)]
    return [
        {key: "、".join(value) if key == "by" else str(value) for key, value in row.items() if value} for row in rows
    ]


def differences(expected: Any, found: Any, where: str = "") -> Iterator[str]:
    """Every place where *found* is not what is expected. An object may have more than is expected of it."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, value in expected.items():
            yield from differences(value, found.get(key), f"{where}.{key}".lstrip("."))
    elif expected != found:
        yield f"{where}: {expected!r} expected, {found!r} found"


def fails(book: RuleBook, name: str, first: str = "") -> str:
    """The name of a case of the file that *book* fails, looking at the one called *first* first; "" if there is none."""
    chains = case_file(name).get("chain", {})
    if any(steps_of(book, act) != chains.get(act, []) for act in book.acts):
        return "chain"
    for one in sorted(told(name), key=lambda one: one.name != first):
        if any(differences(one.expect, decided(book, one.case))):
            return one.name
    return ""


# --- mutants ----------------------------------------------------------------------------------------------------------


def survivors(name: str) -> tuple[list[str], int]:
    """The mutants of a shipped book that all its cases let pass, and how many mutants there were."""
    book, last, alive, count = shipped_book(name), "", [], 0
    assert not fails(book, name), "a book that fails a case of its own lets nothing survive"
    for what, other in variants(book):
        try:
            found = fails(other, name, last)
        except (AssertionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, MalformedError):
            # Nonsense that the loader keeps out, or the evaluator has a bug.
            if loads(other):
                raise
            continue
        last = found or last
        if found:
            count += 1
        elif loads(other) and book_bytes(other) != book_bytes(book):
            alive.append(what)
    return alive, count + len(alive)


def loads(book: RuleBook) -> bool:
    """Say whether *book* can exist on disk."""
    try:
        book_of(book_bytes(book))
    except (AssertionError, AttributeError, TypeError, ValueError, MalformedError):
        return False
    return True


def variants(book: RuleBook) -> Iterator[tuple[str, RuleBook]]:
    """Every book one step away: a clause dropped, anything in it changed, a number or day of the head moved."""
    for at, clause in enumerate(book.clauses):
        before, after = book.clauses[:at], book.clauses[at + 1 :]
        yield f"without {clause.id}", attrs.evolve(book, clauses=before + after)
        for what, other in mutants(clause):
            yield f"{clause.id}: {what}", attrs.evolve(book, clauses=(*before, other, *after))
    for field in attrs.fields(type(book)):
        if field.name not in UNMOVED:
            for what, other in mutants(getattr(book, field.name)):
                yield f"{field.name}: {what}", attrs.evolve(book, **{field.name: other})


def mutants(value: Any) -> Iterator[tuple[str, Any]]:
    """Everything one step away: a number, day or duration moved, truth turned, an element of a list dropped."""
    match value:
        case bool():
            yield f"{not value}", not value
        case int() | Fraction():
            yield from ((f"{value} became {other}", other) for other in (value + step(value), value - step(value)))
        case date():
            yield from ((f"{other}", other) for other in (value + timedelta(days=1), value - timedelta(days=1)))
        case Duration(count=count, unit=unit):
            yield from ((f"{other} {unit}", Duration(other, unit)) for other in (count - 1, count + 1) if other)
            if unit != "day":
                days = count * {"month": 30, "year": 365}[unit]
                yield from ((f"{other} days", Duration(other, "day")) for other in (days - 3, days + 3))
        case Percent(share=share):
            yield from ((f"{other} %", attrs.evolve(value, share=other / 100)) for _, other in mutants(share * 100))
        case Calendar(starts=starts) if starts:
            for at, start in enumerate(starts):
                for days in (1, -1):
                    # In a year without 29 February, on which no term begins.
                    moved = (date.fromisoformat(f"2023-{start}") + timedelta(days=days)).strftime("%m-%d")
                    others = (*starts[:at], moved, *starts[at + 1 :])
                    yield f"{start} became {moved}", attrs.evolve(value, starts=tuple(sorted(others)))
        case tuple():
            yield from _of_tuple(value)
        case Mapping():
            for key, one in value.items():
                yield from ((f"{key}: {what}", {**value, key: other}) for what, other in mutants(one))
        case _ if attrs.has(type(value)):
            yield from _of_attrs(value)


def step(number: int | Fraction) -> Fraction | int:
    """One in the last place that is written: 1, 0.5 is moved by 0.1, 2/3 by 1/3."""
    if isinstance(number, int):
        return 1
    places = next((places for places in range(12) if (number * 10**places).denominator == 1), None)
    return Fraction(1, number.denominator if places is None else 10**places)


def _of_tuple(value: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    # A field and its test: a pair, not a list of two.
    pair = len(value) == 2 and isinstance(value[0], str) and attrs.has(type(value[1]))
    for at in sorted({round(n * (len(value) - 1) / SAMPLE) for n in range(SAMPLE + 1)} if value else ()):
        before, one, after = value[:at], value[at], value[at + 1 :]
        if len(value) > 1 and not pair:
            yield f"without {_shown(one)}", before + after
        yield from ((f"{what} in {_shown(one)}", (*before, other, *after)) for what, other in mutants(one))


def _of_attrs(value: Any) -> Iterator[tuple[str, Any]]:
    for field in attrs.fields(type(value)):
        inner = getattr(value, field.name)
        if isinstance(inner, Selection) and type(None) in get_args(field.type):
            yield f"without {field.name}", attrs.evolve(value, **{field.name: None})
        if inner is False and not isinstance(value, Presence):
            # Something that the book does not say.
            continue
        for what, other in mutants(inner):
            try:
                yield f"{field.name} {what}", attrs.evolve(value, **{field.name: other})
            except MalformedError:
                # A value that refuses to be made.
                continue


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 120 else f"{text[:120]}…"
