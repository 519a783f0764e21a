"""Degree audits as JSON, for whoever asks: amounts as text, what is empty left out."""

from typing import Any

from creditbank.domain.credit import number_text
from creditbank.domain.degree.audit import Audit, Change, FloorFound, RequirementFound, Step, Unused

__all__ = ["audit_dict"]


def audit_dict(audit: Audit) -> dict[str, Any]:
    """Return *audit* for JSON: amounts as text, days as ISO, what is empty left out."""
    early = audit.early
    written = {
        "programme": audit.programme,
        "version": audit.version,
        "title": audit.title,
        "system": audit.system,
        "on": audit.on.isoformat(),
        "complete": audit.complete,
        "proven": audit.proven,
        "requirement": _requirement(audit.requirement),
        "change": None if audit.change is None else _change(audit.change),
        "impossible": audit.change is None and audit.proven,
        "unused": [_unused(one) for one in audit.unused],
        "ends": None if audit.ends is None else audit.ends.isoformat(),
        "ahead": audit.ahead,
    }
    if early is not None:
        since = {} if early.since is None else {"since": early.since.isoformat()}
        written["early"] = {"eligible": early.eligible, "requirement": _requirement(early.requirement), **since}
    always = {"complete", "proven"}
    return {key: value for key, value in written.items() if key in always or value not in (None, [], False)}


def _requirement(one: RequirementFound) -> dict[str, Any]:
    written: dict[str, Any] = {
        "id": one.id,
        "name": {key: name for key, name in (("zh", one.zh), ("en", one.en)) if name},
        "basis": one.basis,
        "standing": one.standing,
        "shares": one.shares,
        "by": [{"outcome": by.holding, "name": by.name, "credits": number_text(by.credits)} for by in one.by],
        "floors": [_floor(floor) for floor in one.floors],
        "undecided": [{"outcome": id, "field": field} for id, field in one.undecided],
        "parts": [_requirement(part) for part in one.parts],
    }
    if one.need is not None:
        written["credits"] = {"have": number_text(one.have), "need": number_text(one.need)}
    if one.need_courses is not None:
        written["parts_met" if one.parts else "courses"] = {"have": one.have_courses, "need": one.need_courses}
    return {key: value for key, value in written.items() if value not in ("", [], {}, False)}


def _floor(floor: FloorFound) -> dict[str, Any]:
    return {
        "have": number_text(floor.have),
        floor.test: number_text(floor.need),
        "of": number_text(floor.base),
        "met": floor.met,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "credits": number_text(change.credits),
        "courses": change.courses,
        "steps": [_step(step) for step in change.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    written: dict[str, Any] = {
        "course": step.course,
        "name": step.name,
        "credits": number_text(step.credits),
        "courses": step.courses,
        "requirements": list(step.requirements),
        "floors": [{"requirement": id, "floor": number + 1} for id, number in step.floors],
    }
    return {key: value for key, value in written.items() if value not in ("", [])}


def _unused(one: Unused) -> dict[str, Any]:
    written: dict[str, Any] = {
        "outcome": one.holding,
        "name": one.name,
        "credits": number_text(one.credits),
        "excluded": one.excluded,
        "field": one.field,
    }
    return {key: value for key, value in written.items() if value not in ("", False)}
