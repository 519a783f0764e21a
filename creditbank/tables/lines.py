"""
What an export says of an account, line by line: every amount exact, as text; every day and moment ISO.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs

from creditbank.codec.convert import dashed
from creditbank.codec.payload import KINDS
from creditbank.domain.account import ApplicationState, HeldEnrolment, HeldOutcome, TransferState
from creditbank.domain.credit import Credit, CreditSystem, number_text
from creditbank.domain.effect import postings
from creditbank.domain.event import Event
from creditbank.domain.name import AccountId
from creditbank.domain.programme import Programme
from creditbank.domain.view.account import Statement

__all__ = ["POSTINGS", "STATEMENTS", "Row", "posting_lines", "spelt", "statement_lines"]

Row = tuple[str, ...]
Systems = Mapping[str, CreditSystem]

_EVENTS: Final = {kind: name for name, kind in KINDS.items()}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

STATEMENTS: Final[Mapping[str, str]] = {
    "account": "学习账户",
    "part": "部分",
    "id": "编号",
    "class": "成果类型",
    "title": "名称",
    "institution": "机构",
    "achieved_on": "取得日期",
    "expires_on": "失效日期",
    "credits": "学分",
    "system": "学分制",
    "hours": "学时",
    "code": "课程代码",
    "grade": "成绩",
    "category": "类别",
    "level": "等级",
    "major": "专业",
    "tier": "竞赛级别",
    "prize": "奖次",
    "team": "团体",
    "position": "排名",
    "programme": "专业代码",
    "programme_name": "专业名称",
    "kind": "培养类型",
    "months": "学制月数",
    "year_group": "年级",
    "since": "起始日期",
    "until": "终止日期",
    "status": "状态",
}
"""
The columns of a statement in CSV, with their Chinese names. ``part`` says what a line is: enrolment, outcome, item (of an
application, with what it was granted), transfer, held or reserved (credit of one system). What has no meaning there is empty.
"""

POSTINGS: Final[Mapping[str, str]] = {
    "account": "学习账户",
    "entry": "记录序号",
    "at": "时间",
    "event": "事件",
    "lot": "学分批",
    "source": "来源",
    "target": "去向",
    "credits": "学分",
    "system": "学分制",
}
"""The columns of postings, with their Chinese names."""


def posting_lines(account: AccountId, entry: int, at_ms: int, event: Event, systems: Systems) -> Iterator[Row]:
    """Yield the moves of credit that *event* makes, as :data:`POSTINGS` names the columns."""
    at = (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for move in postings(event):
        amount = _amount(move.credit, systems)
        yield account, str(entry), at, _EVENTS[type(event)], move.lot, move.source, move.target, *amount


def spelt(plain: Any, systems: Systems) -> Any:
    """Return plain values with every credit in exact text, where it counted quanta."""
    if isinstance(plain, Mapping):
        if plain.keys() == {"system", "quanta"}:
            credits, system = _amount(Credit(plain["system"], plain["quanta"]), systems)
            return {"credits": credits, "system": system}
        return {key: spelt(value, systems) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [spelt(value, systems) for value in plain]
    return plain


def statement_lines(shown: Statement, systems: Systems) -> Iterator[Row]:
    """Yield the lines of a statement, as :data:`STATEMENTS` names the columns."""
    for part, said in _parts(shown, systems):
        cells = {"account": shown.account, "part": part, **said}
        assert cells.keys() <= STATEMENTS.keys(), "a line says nothing that has no column"
        yield tuple(_cell(cells.get(column)) for column in STATEMENTS)


def _parts(shown: Statement, systems: Systems) -> Iterator[tuple[str, dict[str, Any]]]:
    for enrolled in shown.enrolments:
        yield "enrolment", _enrolment(enrolled, systems)
    for held in shown.outcomes:
        yield "outcome", _outcome(held, systems)
    for state in shown.applications:
        for said in _items(state):
            yield "item", said
    for transfer in shown.transfers:
        yield "transfer", _transfer(transfer, systems)
    for part, credits in (("held", shown.held), ("reserved", shown.reserved)):
        for credit in credits:
            yield part, _credits(credit, systems)


def _enrolment(held: HeldEnrolment, systems: Systems) -> dict[str, Any]:
    said = held.enrolment
    return {
        **_programme(said.programme, systems),
        "id": held.id,
        "institution": said.school,
        "year_group": said.year_group,
        "since": said.since,
        "until": held.until,
        "status": "lasting" if held.until is None else "ended",
    }


def _outcome(held: HeldOutcome, systems: Systems) -> dict[str, Any]:
    outcome = held.outcome
    fields = {field.name: getattr(outcome, field.name) for field in attrs.fields(type(outcome))}
    credits, issuer = fields.pop("credits"), fields.pop("issuer")
    # A number is kept as a hash, which says nothing to whoever reads this.
    del fields["number"]
    return {
        **fields,
        **_credits(credits, systems),
        "institution": issuer,
        "id": held.id,
        "class": dashed(type(outcome).__name__),
        "status": "revoked" if held.revoked else "standing",
    }


def _items(state: ApplicationState) -> Iterator[dict[str, Any]]:
    """Say of each item of an application what was granted; *code* is that of a refusal."""
    system = next((total.system for total in state.decision.totals), None)
    for item, result in zip(state.application.items, state.decision.results, strict=True):
        granted = result.granted
        yield {
            "id": f"{state.id}.{item.id}",
            "title": "、".join(course.name for course in item.targets),
            "credits": None if granted is None else number_text(granted),
            "system": None if granted is None else system,
            "code": result.refused,
            "since": state.on,
            "status": "undone" if item.id in state.undone else state.status,
        }


def _transfer(state: TransferState, systems: Systems) -> dict[str, Any]:
    offer = state.offer
    return {
        **_programme(offer.programme, systems),
        "id": state.id,
        "institution": offer.to,
        "year_group": offer.year_group,
        "since": offer.starts_on,
        "status": state.status,
    }


def _programme(programme: Programme, systems: Systems) -> dict[str, Any]:
    return {
        "programme": programme.id,
        "programme_name": programme.name,
        "kind": programme.kind,
        "months": programme.months,
        **_credits(programme.credits, systems),
    }


def _credits(credit: Credit | None, systems: Systems) -> dict[str, Any]:
    return dict(zip(("credits", "system"), _amount(credit, systems), strict=True))


def _amount(credit: Credit | None, systems: Systems) -> tuple[str, str]:
    return ("", "") if credit is None else (systems[credit.system].text(credit), credit.system)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ";".join(value) if isinstance(value, tuple) else str(value)
