"""
Cases written: the very JSON that people write, canonically, so that one case is one file with one SHA-256.

What is empty is left out; keys are sorted; an application's days stand under ``dates`` and its other fields under ``facts``; a
programme is written by its totals; a level is ``scheme:value``. :func:`creditbank.codec.case.read_case` reads the case back.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from creditbank.codec.canonical import canonical
from creditbank.codec.write import write_value
from creditbank.domain.credit import number_text
from creditbank.domain.period import Calendar
from creditbank.domain.rule.case import Case, CaseItem, CurriculumPart, HistoryLine
from creditbank.domain.rule.field import Value

__all__ = ["case_bytes", "case_digest"]

_Written = dict[str, Any]


def case_bytes(case: Case) -> bytes:
    """Return the canonical bytes of *case*: a case file, without a line's end. They name it: see :func:`case_digest`."""
    return canonical(
        _filled(
            {
                "book": case.book,
                "application": _application(case),
                "learner": _facts(case.learner),
                "programme": _facts(case.programme) | _filled({"totals": [_part(part) for part in case.curriculum]}),
                "outcomes": {id: _own(facts) for id, facts in case.outcomes.items()},
                "targets": {id: _own(facts) for id, facts in case.targets.items()},
                "pairs": [
                    _filled({"source": source, "target": target, "facts": _facts(case.pairs[source, target])})
                    for source, target in sorted(case.pairs)
                ],
                "history": [_line(line) for line in case.history],
                "calendars": {id: _calendar(calendar) for id, calendar in case.calendars.items()},
                "systems": {id: number_text(quantum) for id, quantum in case.systems.items()},
                "waivers": [
                    {"clause": one.clause, "item": one.item, "by": one.by, "reason": one.reason} for one in case.waivers
                ],
            }
        )
    )


def case_digest(case: Case) -> str:
    """Return the name of a case: the SHA-256 (hex) of its canonical bytes."""
    return hashlib.sha256(case_bytes(case)).hexdigest()


def _filled(table: _Written) -> _Written:
    """Leave out what is empty. Amounts are text, so none of them is."""
    return {key: value for key, value in table.items() if value not in ("", [], {}, None)}


def _application(case: Case) -> _Written:
    days = {name: value for name, value in case.application.items() if isinstance(value, date)}
    rest = {name: value for name, value in case.application.items() if name not in days}
    head = _filled({"id": case.id, "act": case.act, "dates": _facts(days), "facts": _facts(rest)})
    return head | {"items": [_item(item) for item in case.items]}


def _item(item: CaseItem) -> _Written:
    return _filled(
        {
            "id": item.id,
            "sources": list(item.sources),
            "targets": list(item.targets),
            "as": item.as_,
            "ask": None if item.ask is None else number_text(item.ask),
            "facts": _facts(item.facts),
            "marks": {part: number_text(mark) for part, mark in item.marks.items()},
        }
    )


def _part(part: CurriculumPart) -> _Written:
    return _filled({"where": _facts(part.where), "credits": number_text(part.credits)})


def _line(line: HistoryLine) -> _Written:
    return _filled(
        {
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
    )


def _calendar(calendar: Calendar) -> _Written:
    terms = [{"id": one.id, "since": one.since.isoformat(), "until": one.until.isoformat()} for one in calendar.terms]
    return _filled({"starts": list(calendar.starts), "terms": terms})


def _own(facts: Mapping[str, Value]) -> _Written:
    """An outcome and a target stand under their id: it is not written twice."""
    return {name: write_value(value) for name, value in facts.items() if name != "id"}


def _facts(facts: Mapping[str, Value]) -> _Written:
    return {name: write_value(value) for name, value in facts.items()}
