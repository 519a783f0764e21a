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
    if result.refused is not None:
        written: dict[str, Any] = {
            "item": result.item,
            "refused": result.refused,
            "clause": result.clause,
            "basis": result.basis,
            "compared": _compared(result.compared),
            "also": list(result.also),
            "waived": list(result.waived),
            "effects": {one.name: one.value for one in result.effects},
            "floors": [_measured(one) for one in result.floors],
            "declined_lines": [_declined(one) for one in result.declined_lines],
        }
        return {key: value for key, value in written.items() if value not in ("", [], {})}
    assert result.granted is not None, "what is not refused is granted"
    written = {
        "item": result.item,
        "granted": number_text(result.granted),
        "targets": [{"target": target, "credits": number_text(credits)} for target, credits in result.targets],
        "used": list(result.used),
        "grade": result.grade,
        "counts_as": result.counts_as,
        "mode": result.mode,
        "gives": list(result.gives),
        "leftover": _amounts(kept=result.kept, forfeited=result.forfeited),
        "rounded": _amount(result.rounded),
        "declined": [
            {"code": one.code, "clause": one.clause, "credits": number_text(one.credits)} for one in result.declined
        ],
        "make_up": [{"target": target, "credits": number_text(credits)} for target, credits in result.make_up],
        "final": result.final,
        "waived": list(result.waived),
        "score": "" if result.score is None else number_text(result.score),
        "effects": {one.name: one.value for one in result.effects},
        "floors": [_measured(one) for one in result.floors],
        "declined_lines": [_declined(one) for one in result.declined_lines],
        "level_points": "" if result.level_points is None else number_text(result.level_points),
    }
    return {key: value for key, value in written.items() if value not in ("", [], {}, False)}


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


def _amount(amount: Fraction) -> str:
    return number_text(amount) if amount else ""


def _amounts(**amounts: Fraction) -> dict[str, str]:
    return {name: number_text(amount) for name, amount in amounts.items() if amount}
