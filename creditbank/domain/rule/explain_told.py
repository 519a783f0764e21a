"""
What ``explain`` tells, before it is written as text or HTML: for each item the answer, why, what to do next, and the sources.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

import attrs

from creditbank.domain.credit import number_text
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.case import Case, Facts
from creditbank.domain.rule.decision import Decision, ItemResult, Working
from creditbank.domain.rule.explain_numbers import FLAGS, Numbers, all_numbers, measured, numbers_of, plain
from creditbank.domain.rule.explain_words import (
    CODES,
    KINDS,
    MODES,
    SAID,
    SUPPLIERS,
    UNUSABLE,
    Language,
    Words,
    advice,
    name_of,
)
from creditbank.domain.rule.field import namespace_of, value_text
from creditbank.domain.rule.nearest import nearest
from creditbank.domain.rule.view import View

__all__ = ["Asked", "Numbers", "Source", "Told", "ToldItem", "told"]

_ADDRESS: Final = re.compile(r"(?s)(.*?)(?:, )?(https?://[^\s<>\"']+)")


@attrs.frozen
class Source:
    """Where a clause stands: its id, title and article as the book cites them, and the address, if there is one."""

    clause: str
    citation: str
    address: str


@attrs.frozen
class Asked:
    """
    One clause that was asked about the item.

    *says* is what the clause says for people, in *language*: the reader's where the book has it, else the other.
    """

    clause: str
    kind: str
    basis: str
    said: str
    code: str
    says: str
    language: Language
    saw: tuple[str, ...]
    numbers: tuple[Numbers, ...]


@attrs.frozen
class ToldItem:
    """
    One item, told. *about* names sources and targets, where the case is known; *next* what a learner can do.

    *facts* are the parts of what was granted, (label, value); *silent* the ids of clauses that do not speak about it.
    """

    item: str
    about: str
    granted: bool
    answer: str
    code: str
    why: tuple[str, ...]
    next: tuple[str, ...]
    numbers: tuple[Numbers, ...]
    facts: tuple[tuple[str, str], ...]
    source: Source | None
    also: tuple[str, ...]
    asked: tuple[Asked, ...]
    silent: tuple[str, ...]


@attrs.frozen
class Told:
    """
    A decision, told in one language.

    *totals* are (category or "total", credits, system); *short* says what is not reached over all of it, and *asked* by
    which clauses.
    """

    language: Language
    items: tuple[ToldItem, ...]
    totals: tuple[tuple[str, str, str], ...]
    short: tuple[Numbers, ...]
    asked: tuple[Asked, ...]
    book: str
    case: str
    semantics: int


def told(
    decision: Decision, workings: Sequence[Working], language: Language, case: Case | None, book: RuleBook | None = None
) -> Told:
    """Say what *decision* says. Never raises: what it does not know, it calls what the book calls it."""
    at = ("zh", "en").index(language)
    rows: dict[str, list[Working]] = {}
    for row in workings:
        rows.setdefault(row.item, []).append(row)
    view = None if case is None or book is None else View(book, case)
    items = tuple(_item(result, rows.get(result.item, []), at, case, view) for result in decision.results)
    totals = tuple(
        (one.category or ("合计", "Total")[at], number_text(one.credits), one.system) for one in decision.totals
    )
    short = tuple(measured(one, at) for one in decision.short)
    asked = tuple(_asked(row, at, case) for row in rows.get("", []))
    return Told(language, items, totals, short, asked, decision.book, decision.case, decision.semantics)


def _item(result: ItemResult, rows: Sequence[Working], at: int, case: Case | None, view: View | None) -> ToldItem:
    refused = result.refused
    deciding = next((row for row in rows if row.clause == result.clause and row.code == refused), None)
    why: tuple[str, ...] = ()
    following: tuple[str, ...] = ()
    if refused is not None:
        says = () if deciding is None else (_says(deciding, at)[0],)
        why = (advice(refused)[0][at], *(one for one in says if one))
        following = tuple(_next(result, deciding, at, case))
    answer = ("不予批准", "refused")[at] if refused is not None else _granted(result, at)
    return ToldItem(
        item=result.item,
        about=_about(result.item, case),
        granted=refused is None,
        answer=answer,
        code=refused or "",
        why=why,
        next=following,
        numbers=tuple(_called((*all_numbers(result, deciding, at), *_closest(result, view, at)), case)),
        facts=tuple(_facts(result, at, case)),
        source=_source(result.clause, result.basis) if result.clause else None,
        also=tuple(f"{code} ({advice(code)[0][at]})" for code in result.also),
        asked=tuple(_asked(row, at, case) for row in rows if row.said != "silent"),
        silent=_silent(rows),
    )


def _called(numbers: Iterable[Numbers], case: Case | None) -> Iterator[Numbers]:
    """Yield *numbers* with the names of outcomes and courses where they compare one, as far as the case has them."""
    named = {} if case is None else {**case.outcomes, **case.targets}
    for one in numbers:
        yield attrs.evolve(one, what="、".join(_name(part, named) for part in one.what.split("、")))


def _silent(rows: Sequence[Working]) -> tuple[str, ...]:
    """Return the clauses that spoke about none of an item's lines: in an award one may speak of some, and not of others."""
    spoke = {row.clause for row in rows if row.said != "silent"}
    return tuple(dict.fromkeys(row.clause for row in rows if row.clause not in spoke))


def _granted(result: ItemResult, at: int) -> str:
    words = ("准予", "granted")[at]
    return words if result.granted is None else f"{words} {number_text(result.granted)}"


def _about(item: str, case: Case | None) -> str:
    """Return what is asked: the names of sources and targets, as far as the case has them."""
    asked = None if case is None else next((one for one in case.items if one.id == item), None)
    if case is None or asked is None:
        return ""
    parts = (_names(asked.sources, case.outcomes), _names(asked.targets, case.targets))
    return " → ".join(part for part in parts if part)


def _names(ids: Sequence[str], named: Mapping[str, Facts]) -> str:
    return "、".join(_name(id, named) for id in ids)


def _name(id: str, named: Mapping[str, Facts]) -> str:
    name = named.get(id, {}).get("name")
    return name if isinstance(name, str) and name else id


def _next(result: ItemResult, deciding: Working | None, at: int, case: Case | None) -> Iterator[str]:
    assert result.refused is not None, "asked of what is refused"
    lines = (one.code for one in result.declined_lines)
    for code in dict.fromkeys((result.refused, *lines)):
        field = code.partition(".")[2]
        seen = () if deciding is None else tuple(value for what, value in deciding.saw if what == field)
        if not seen and case is not None and code == result.refused:
            seen = _facts_of(result.item, field, case)
        yield from _wanted(code, seen, at)
    yield advice(result.refused)[1][at]


def _facts_of(item: str, field: str, case: Case) -> tuple[str, ...]:
    """Return what the sources of *item* have as *field*, empty where one has nothing; nothing for other fields."""
    namespace, _, name = field.partition(".")
    sources = next((one.sources for one in case.items if one.id == item), ())
    found = [case.outcomes.get(source, {}).get(name) for source in sources] if namespace == "source" else []
    return tuple("" if value is None else value_text(value) for value in found)


def _wanted(code: str, seen: tuple[str, ...], at: int) -> Iterator[str]:
    """Say who can supply what is missing. Values that are *seen* and were no use are not missing: say so."""
    family, _, field = code.partition(".")
    supplier = SUPPLIERS.get(namespace_of(field)) if family == "missing" else None
    if supplier is None:
        return
    name = name_of(field, at)
    if seen and all(seen):
        yield UNUSABLE[at].replace("{name}", name).replace("{value}", "、".join(seen))
    else:
        yield (f"缺少{name},请由{supplier[0]}补充", f"{name} is missing; ask {supplier[1]}")[at]


def _closest(result: ItemResult, view: View | None, at: int) -> Iterator[Numbers]:
    """Yield what the map that lacks least would have asked, where no map accepts an item."""
    code = result.refused or ""
    item = (
        None
        if view is None or view.case.act not in view.book.acts
        else next((one for one in view.case.items if one.id == result.item), None)
    )
    if view is None or item is None or namespace_of(code) != "map" or (code in CODES and code != "map.none"):
        return
    for one in nearest(view, item):
        numbers = numbers_of(one, at)
        yield attrs.evolve(numbers, what=("最接近的规则:", "closest rule: ")[at] + numbers.what)


def _facts(result: ItemResult, at: int, case: Case | None) -> Iterator[tuple[str, str]]:
    """Yield the parts of a result as (label, value), what is empty left out."""
    names = {} if case is None else case.targets
    for target, credits in result.targets:
        yield _name(target, names), number_text(credits)
    if result.mode:
        yield ("方式", "mode")[at], MODES.get(result.mode, (result.mode, result.mode))[at]
    texts: tuple[tuple[Words, str], ...] = (
        (("成绩", "grade"), result.grade),
        (("学位审核时计作", "counts in a degree review as"), result.counts_as),
        (("同时认定", "also gives"), "、".join(result.gives)),
    )
    amounts: tuple[tuple[Words, Fraction | None], ...] = (
        (("加权成绩", "weighted mark"), result.score),
        (("等级学分积", "level points"), result.level_points),
        (("结余保留", "kept"), result.kept),
        (("结余作废", "forfeited"), result.forfeited),
        (("舍入", "rounded"), result.rounded),
    )
    for words, text in texts:
        if text:
            yield words[at], text
    for words, amount in amounts:
        if amount:
            yield words[at], plain(number_text(amount))
    for declined in result.declined:
        yield ("超限核减", "declined")[at], f"{number_text(declined.credits)} ({declined.code}, {declined.clause})"
    for line in result.declined_lines:
        source = _name(line.source, {} if case is None else case.outcomes)
        said = f"{source}: {advice(line.code)[0][at]} ({line.code}, {line.clause})"
        yield ("不计入", "does not count")[at], "; ".join((said, *(str(numbers_of(one, at)) for one in line.compared)))
    for target, credits in result.make_up:
        yield ("需补修", "to make up")[at], f"{_name(target, names)} {number_text(credits)}"
    if result.waived:
        yield ("已豁免条款", "waived clauses")[at], "、".join(result.waived)
    for effect in result.effects:
        value = FLAGS[str(effect.value).lower()][at] if isinstance(effect.value, bool) else effect.value
        yield ("由此", "so")[at], f"{effect.name} = {value} ({effect.clause})"
    if result.final:
        yield ("终局", "final")[at], ("不因申请而撤销", "not undone on request")[at]


def _source(clause: str, basis: str) -> Source:
    """Take the address off a citation, which ends with it if there is one. Only the web's own schemes are addresses."""
    found = _ADDRESS.fullmatch(basis)
    return Source(clause, basis, "") if found is None else Source(clause, found[1], found[2])


def _asked(row: Working, at: int, case: Case | None) -> Asked:
    says, language = _says(row, at)
    return Asked(
        clause=row.clause,
        kind=KINDS.get(row.kind, (row.kind, row.kind))[at],
        basis=row.basis,
        said=SAID.get(row.said, (row.said, row.said))[at],
        code=row.code,
        says=says,
        language=language,
        saw=tuple(f"{field} = {value or FLAGS[''][at]}" for field, value in row.saw),
        numbers=tuple(_called([numbers_of(one, at, row.said) for one in row.compared], case)),
    )


def _says(row: Working, at: int) -> tuple[str, Language]:
    """Return what the clause says, in the language asked for if the book has it."""
    texts: tuple[tuple[str, Language], tuple[str, Language]] = ((row.zh, "zh"), (row.en, "en"))
    return texts[at] if texts[at][0] else texts[1 - at]
