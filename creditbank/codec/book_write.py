"""
Clauses of a rule book, written canonically: every default filled in, every number as text. The readers read it back.
"""

from fractions import Fraction
from typing import assert_never

from creditbank.codec.book_head import OWN_CODE
from creditbank.codec.book_selection import write_selection
from creditbank.codec.row_file import FileRows
from creditbank.codec.write import present
from creditbank.domain.credit import number_text
from creditbank.domain.rule.clause import (
    AllFrom,
    Amount,
    AnyClause,
    AnyFrom,
    Cap,
    Chain,
    CreditsFrom,
    Effect,
    Fixed,
    Floor,
    From,
    Gate,
    Highest,
    Limit,
    Map,
    Named,
    Once,
    Percent,
    PickFrom,
    Policy,
    Row,
    Score,
    Selected,
    Step,
    To,
    Worth,
)
from creditbank.domain.rule.field import Ref
from creditbank.domain.rule.selection import Selection

__all__ = ["write_clause"]

_Written = dict[str, object]


def write_clause(clause: AnyClause) -> _Written:
    """Return *clause* as a table. What is None is absent; everything else is there."""
    return _head(clause) | present(_own(clause))


def _head(clause: AnyClause) -> _Written:
    return present(
        {
            "id": clause.id,
            "kind": clause.kind,
            "basis": clause.basis,
            "acts": list(clause.acts),
            "when": _selection(clause.when),
            "since": None if clause.since is None else clause.since.isoformat(),
            "until": None if clause.until is None else clause.until.isoformat(),
            "dated_by": clause.dated_by,
            "code": clause.code,
            OWN_CODE: (clause.own_code and clause.code == clause.id) or None,
            "say": {"zh": clause.zh, "en": clause.en},
            "waivable_by": list(clause.waivable_by),
        }
    )


def _own(clause: AnyClause) -> _Written:
    match clause:
        case Map():
            return _map(clause)
        case Gate():
            count = clause.count if clause.word in ("held", "done") else None
            return {clause.word: write_selection(clause.selection), "count": count, "at_most": clause.at_most}
        case Worth():
            return {"rows": [present({"when": _selection(row.when)}) | _amount(row.amount) for row in clause.rows]}
        case Highest() | Once() | Cap() | Floor():
            return {"over": _selection(clause.over)} | _counted(clause)
        case Score():
            return _score(clause)
        case Policy():
            return _policy(clause)
        case Effect():
            return {"on": clause.on, "codes": list(clause.codes), "set": dict(clause.set)}
        case Chain():
            return {"steps": [_step(step) for step in clause.steps]}
        case _:
            assert_never(clause)


def _map(clause: Map) -> _Written:
    if clause.match is not None:
        return {"match": write_selection(clause.match)}
    if isinstance(clause.rows, FileRows):
        file = clause.rows
        return {"rows_file": {"sha256": file.digest, "rows": len(file), "root": file.root}}
    return {"rows": [_row(row) for row in clause.rows]}


def _counted(clause: Highest | Once | Cap | Floor) -> _Written:
    if isinstance(clause, Floor):
        return {"measure": clause.measure, clause.word: _limit(clause.limit)}
    groups: _Written = {"per": list(clause.per), "across": clause.across}
    match clause:
        case Highest():
            others = number_text(clause.others)
            return groups | {"by": list(clause.by), "others": others, "earlier": clause.earlier}
        case Once():
            return groups | {"by": clause.by, "ignore": _selection(clause.ignore)}
        case Cap():
            limit = {"measure": clause.measure, "at_most": _limit(clause.at_most), "exceed": clause.exceed}
            return groups | limit | {"ignore": _selection(clause.ignore)}


def _selection(selection: Selection | None) -> list[dict[str, object]] | None:
    return None if selection is None else write_selection(selection)


def _row(row: Row) -> _Written:
    return present(
        {
            "from": _from(row.from_),
            "to": None if row.to is None else _to(row.to),
            "none": row.none,
            "credits": [number_text(amount) for amount in row.credits] or None,
            "gives": list(row.gives) if row.to is not None else None,
            "when": _selection(row.when),
            "since": None if row.since is None else row.since.isoformat(),
            "until": None if row.until is None else row.until.isoformat(),
            "series": row.series,
        }
    )


def _from(from_: From) -> object:
    match from_:
        case Named():
            return from_.name
        case Selected():
            return write_selection(from_.selection)[0]
        case AllFrom():
            return {"all": [_from(part) for part in from_.parts]}
        case AnyFrom():
            return {"any": [_from(part) for part in from_.parts]}
        case PickFrom():
            return {"pick": from_.count, "of": [_from(part) for part in from_.parts]}
        case CreditsFrom():
            return {"credits": number_text(from_.credits), "of": [_from(part) for part in from_.parts]}
        case _:
            assert_never(from_)


def _to(to: To) -> object:
    if to.pool:
        return {"pool": to.alternatives[0][0]}
    if len(to.alternatives) == 1:
        return {"all": list(to.alternatives[0])}
    return {"any": [{"all": list(alternative)} for alternative in to.alternatives]}


def _amount(amount: Amount) -> _Written:
    if isinstance(amount, Fixed):
        return {"credits": number_text(amount.credits)}
    return present(
        {
            "of": str(amount.of),
            "per": None if amount.per is None else number_text(amount.per),
            "whole": amount.whole,
            "times": None if amount.times is None else number_text(amount.times),
            "sum": "item" if amount.joint else None,
        }
    )


def _limit(limit: Limit) -> object:
    match limit:
        case Fraction():
            return number_text(limit)
        case Ref():
            return str(limit)
        case Percent():
            return {"percent": number_text(limit.share * 100), "of": str(limit.of)}
        case _:
            assert_never(limit)


def _score(score: Score) -> _Written:
    exempted = "reweight" if score.exempted is None else number_text(score.exempted)
    return {
        "parts": {name: number_text(weight) for name, weight in score.parts},
        "exempt": [{"part": one.part, "when": write_selection(one.when)} for one in score.exempt],
        "exempted": exempted if score.exempt else None,
        "pass_mark": str(score.pass_mark) if isinstance(score.pass_mark, Ref) else _number(score.pass_mark),
    }


def _number(number: Fraction | None) -> str | None:
    return None if number is None else number_text(number)


def _policy(policy: Policy) -> _Written:
    rounded, grade = policy.round, policy.grade
    several = grade.several if grade is not None and isinstance(grade.grade, Ref) else None
    return {
        "units": policy.units,
        "leftover": policy.leftover,
        "round": None if rounded is None else {"to": number_text(rounded.to), "way": rounded.way, "at": rounded.at},
        "mode": policy.mode,
        "grade": None if grade is None else str(grade.grade),
        "several": several,
        "counts_as": policy.counts_as,
        "debit": policy.debit,
        "final": policy.final,
    }


def _step(step: Step) -> _Written:
    return present(
        {
            "by": step.by[0] if len(step.by) == 1 else list(step.by),
            "does": step.does,
            "within": None if step.within is None else str(step.within),
            "notice": None if step.notice is None else str(step.notice),
            "panel": step.panel,
        }
    )
