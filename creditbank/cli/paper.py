"""A statement (账户清单), and anything else, as a person reads it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Final

from creditbank.cli.screen import Screen
from creditbank.domain.account import ApplicationState, HeldOutcome
from creditbank.domain.credit import Credit, CreditSystem, number_text
from creditbank.domain.known import Known
from creditbank.domain.name import InstitutionId
from creditbank.domain.outcome import TIER_NAMES, ContestAward, CourseResult, Diploma, SkillCertificate, Training
from creditbank.domain.view.account import Statement

__all__ = ["Names", "flat", "print_statement"]

_PLACES: Final = {
    "held": "可用 held",
    "reserved": "预留 reserved",
    "converted": "已转换 converted",
    "forfeited": "作废 forfeited",
    "rounded": "舍入 rounded",
    "redeemed": "已核销 redeemed",
    "expired": "已过期 expired",
    "revoked": "已撤销 revoked",
    "moved": "已转出 moved",
}
_STATUS: Final = {
    "pending": "审核中 pending",
    "converted": "已转换 converted",
    "refused": "不予转换 refused",
    "rejected": "未通过 rejected",
    "lapsed": "逾期失效 lapsed",
    "withdrawn": "已撤回 withdrawn",
    "undone": "已撤销 undone",
    "offered": "待答复 offered",
    "accepted": "已接收 accepted",
    "declined": "不接收 declined",
}


class Names:
    """What institutions and credit systems are called, as known at one position."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self.systems: Mapping[str, CreditSystem] = known.catalogue().systems

    def institution(self, id: InstitutionId) -> str:
        """Return what *id* calls itself."""
        profile = self._known.stranger(id).profile
        return id if profile is None else profile.name

    def amount(self, credit: Credit) -> str:
        """Return how many credits *credit* is."""
        return self.systems[credit.system].text(credit)

    def credit(self, credit: Credit) -> str:
        """Return *credit* with the name of its system."""
        return f"{self.amount(credit)} {self.systems[credit.system].name}"


def print_statement(screen: Screen, shown: Statement, names: Names, *, name: str, at_ms: int | None) -> None:
    """
    Print *shown*.

    Args:
        name: The learner's, from the vault; empty where it is not kept.
        at_ms: When the bank last wrote what is shown; None for now.
    """
    screen.title("学习账户清单 Statement")
    screen.lines(*(line for line in _head(shown, name, at_ms) if line))
    totals = [(names.systems[credit.system].name, "可用 held", names.amount(credit)) for credit in shown.held]
    totals += [(names.systems[credit.system].name, "预留 reserved", names.amount(credit)) for credit in shown.reserved]
    _part(screen, "余额 Balance", ("学分制 Credit system", "去向 Place", "学分 Credits"), totals, (2,))
    _part(
        screen, "学籍 Enrolments", ("学校 School", "专业 Programme", "起 Since", "止 Until"), _enrolments(shown, names)
    )
    outcomes = [_outcome(held, names) for held in shown.outcomes]
    _part(
        screen,
        "学习成果 Outcomes",
        ("取得 Achieved", "成果 Outcome", "说明 About", "颁发 Issuer", "学分 Credits"),
        outcomes,
    )
    applications = [row for state in shown.applications for row in _items(state)]
    _part(
        screen,
        "转换申请 Applications",
        ("日期 Day", "课程 Courses", "准予 Granted", "状态 State", "条款 Clause"),
        applications,
    )
    _part(screen, "转学 Transfers", ("日期 Day", "到 To", "专业 Programme", "状态 State"), _transfers(shown, names))
    _part(screen, "学分去向 Where credit lies", ("来源 Origin", "去向 Place", "学分 Credits"), _lots(shown, names))


def _part(
    screen: Screen,
    title: str,
    headings: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    numbers: tuple[int, ...] = (),
) -> None:
    if rows:
        screen.lines("")
        screen.title(title)
        screen.table(headings, rows, numbers)


def _head(shown: Statement, name: str, at_ms: int | None) -> tuple[str, ...]:
    as_of = (
        "" if at_ms is None else f"截至 As known at: {datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
    )
    return (
        f"姓名 Name: {name}" if name else "",
        f"账户 Account: {shown.account}",
        f"记录数 Entries of the bank: {shown.position}",
        as_of,
    )


def _enrolments(shown: Statement, names: Names) -> list[tuple[str, ...]]:
    return [
        (
            names.institution(held.enrolment.school),
            held.enrolment.programme.name,
            str(held.enrolment.since),
            "" if held.until is None else str(held.until),
        )
        for held in shown.enrolments
    ]


def _outcome(held: HeldOutcome, names: Names) -> tuple[str, ...]:
    outcome = held.outcome
    match outcome:
        case CourseResult():
            about = f"课程 成绩 {outcome.grade}" if outcome.grade else "课程"
        case Diploma():
            about = f"毕业证书 {outcome.level.value}"
        case SkillCertificate():
            about = f"职业技能等级证书 {outcome.level.value}"
        case ContestAward():
            about = f"竞赛 {TIER_NAMES[outcome.tier]} {outcome.prize} 等奖"
        case Training():
            about = f"培训 {outcome.hours} 学时"
    worth = "" if outcome.credits is None else names.credit(outcome.credits)
    corrected = "(已更正 corrected)" if held.successor is not None else "(已撤销 revoked)"
    revoked = corrected if held.revoked else ""
    return (str(outcome.achieved_on), f"{outcome.title}{revoked}", about, names.institution(outcome.issuer), worth)


def _items(state: ApplicationState) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for item, result in zip(state.application.items, state.decision.results, strict=True):
        courses = "、".join(course.name for course in item.targets)
        said = "已撤销 undone" if item.id in state.undone else _STATUS[state.status]
        if result.refused is not None:
            rows.append((str(state.on), courses, "", _STATUS["refused"], f"{result.clause} {result.refused}"))
        else:
            rows.append((str(state.on), courses, number_text(result.granted or Fraction(0)), said, ""))
    return rows


def _transfers(shown: Statement, names: Names) -> list[tuple[str, ...]]:
    return [
        (str(state.on), names.institution(state.offer.to), state.offer.programme.name, _STATUS[state.status])
        for state in shown.transfers
    ]


def _lots(shown: Statement, names: Names) -> list[tuple[str, ...]]:
    return [(lot.title, _PLACES[place], names.credit(credit)) for lot in shown.lots for place, credit in lot.places]


# --- anything ---------------------------------------------------------------------------------------------------------


def flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the fields of a plain value, one to a line."""
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value, 1)
        for key, each in inner:
            yield from flat(each, f"{name}.{key}" if name else str(key))
    else:
        yield name, str(value)
