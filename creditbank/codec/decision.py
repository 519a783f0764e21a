"""
Decisions and workings as JSON, for whoever asks: amounts as text, what is empty left out.
"""

import hashlib
from fractions import Fraction
from typing import Any

from creditbank.codec.canonical import canonical
from creditbank.codec.convert import converter
from creditbank.domain.credit import number_text
from creditbank.domain.rule.decision import Compared, Decision, DeclinedLine, ItemResult, Measured, Working

__all__ = ["decision_dict", "decision_digest", "working_dict"]


def decision_dict(decision: Decision) -> dict[str, Any]:
    """Return *decision* for JSON: amounts as text, what is empty left out."""
    return {
        "semantics": decision.semantics,
        "book": decision.book,
        "case": decision.case,
        "results": [_result(result) for result in decision.results],
        "totals": [
            {"system": one.system, "category": one.category, "credits": number_text(one.credits)}
            for one in decision.totals
        ],
        **({"short": [_measured(one) for one in decision.short]} if decision.short else {}),
        "workings": decision.workings,
    }


def decision_digest(decision: Decision) -> str:
    """Return the SHA-256 (hex) of the canonical bytes of *decision* as payloads hold it: two that agree in it are one."""
    return hashlib.sha256(canonical(converter.unstructure(decision))).hexdigest()


def working_dict(working: Working) -> dict[str, Any]:
    """Return one row of the workings for JSON."""
    return {
        "item": working.item,
        "clause": working.clause,
        "kind": working.kind,
        "basis": working.basis,
        "said": working.said,
        "code": working.code,
        "saw": [list(pair) for pair in working.saw],
        "compared": _compared(working.compared),
    }


def _result(result: ItemResult) -> dict[str, Any]:
    return _granted(result, result.granted) if result.granted is not None else _refused(result)


def _refused(result: ItemResult) -> dict[str, Any]:
    written: dict[str, Any] = {"item": result.item, "refused": result.refused}
    if result.clause:
        written["clause"] = result.clause
    if result.basis:
        written["basis"] = result.basis
    if result.compared:
        written["compared"] = _compared(result.compared)
    if result.also:
        written["also"] = list(result.also)
    if result.waived:
        written["waived"] = list(result.waived)
    _add_what_follows(written, result)
    return written


def _granted(result: ItemResult, granted: Fraction) -> dict[str, Any]:
    written: dict[str, Any] = {"item": result.item, "granted": number_text(granted)}
    if result.targets:
        written["targets"] = _credits(result.targets)
    if result.used:
        written["used"] = list(result.used)
    if result.grade:
        written["grade"] = result.grade
    if result.counts_as:
        written["counts_as"] = result.counts_as
    if result.mode:
        written["mode"] = result.mode
    if result.gives:
        written["gives"] = list(result.gives)
    leftover = {"kept": result.kept, "forfeited": result.forfeited}
    left = {name: number_text(amount) for name, amount in leftover.items() if amount.numerator}
    if left:
        written["leftover"] = left
    if result.rounded.numerator:
        written["rounded"] = number_text(result.rounded)
    if result.declined:
        written["declined"] = [
            {"code": one.code, "clause": one.clause, "credits": number_text(one.credits)} for one in result.declined
        ]
    if result.make_up:
        written["make_up"] = _credits(result.make_up)
    if result.final:
        written["final"] = True
    if result.waived:
        written["waived"] = list(result.waived)
    if result.score is not None:
        written["score"] = number_text(result.score)
    _add_what_follows(written, result)
    if result.level_points is not None:
        written["level_points"] = number_text(result.level_points)
    return written


def _add_what_follows(written: dict[str, Any], result: ItemResult) -> None:
    if result.effects:
        written["effects"] = {one.name: one.value for one in result.effects}
    if result.floors:
        written["floors"] = [_measured(one) for one in result.floors]
    if result.declined_lines:
        written["declined_lines"] = [_declined(one) for one in result.declined_lines]


def _credits(found: tuple[tuple[str, Fraction], ...]) -> list[dict[str, str]]:
    return [{"target": target, "credits": number_text(credits)} for target, credits in found]


def _measured(one: Measured) -> dict[str, Any]:
    """Write a floor; *short* is what is lacking, or what is over a share not to pass."""
    return {
        "clause": one.clause,
        "code": one.code,
        "measure": one.measure,
        "have": number_text(one.have),
        one.test: number_text(one.need),
        **({} if one.base is None else {"of": number_text(one.base)}),
        **({} if one.met else {"short": number_text(abs(one.need - one.have))}),
    }


def _declined(one: DeclinedLine) -> dict[str, Any]:
    written = {"source": one.source, "code": one.code, "clause": one.clause, "compared": _compared(one.compared)}
    return {key: value for key, value in written.items() if value not in ("", [])}


def _compared(rows: tuple[Compared, ...]) -> list[dict[str, str]]:
    return [{"what": one.what, "have": one.have, "test": one.test, "limit": one.limit} for one in rows]
