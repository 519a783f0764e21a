"""Second chapter: learning of five kinds is recognised and put into accounts, and what cannot be is refused."""

from datetime import date
from typing import Final

import attrs

from creditbank.bank import Call, call, number_claim
from creditbank.demo.cast import (
    ASSESSOR,
    BUREAU,
    COLLEGE,
    COLLEGE_STUDENTS,
    COMMUNITY,
    COMMUNITY_LEARNERS,
    SENIOR,
)
from creditbank.demo.scene import Row, Scene
from creditbank.demo.town import Town
from creditbank.domain.credit import total
from creditbank.domain.decide.account import deposit
from creditbank.domain.event import OutcomeDeposited
from creditbank.domain.level import Level
from creditbank.domain.name import InstitutionId
from creditbank.domain.outcome import ContestAward, CourseResult, Diploma, Outcome, SkillCertificate, Training
from creditbank.errors import CreditBankError

__all__ = ["CERTIFICATES", "certificate", "deposited", "refused_deposits"]


@attrs.frozen
class _Certificate:
    """An X certificate of the story: what the credit bank recognised it for is *worth*, in its credits."""

    learner: str
    title: str
    level: str
    worth: str


CERTIFICATES: Final = tuple(
    _Certificate(*row.split())
    for row in (
        "林晓雯 影像处理 中级 10",
        "周子涵 Web前端开发 高级 8",
        "陈思远 Web前端开发 初级 4",
        "赵一鸣 Web前端开发 初级 4",
        "孙若溪 影像处理 中级 3",
        "钱文博 影像处理 中级 4",
        "钱文博 UI设计 中级 4",
        "吴佳怡 UI设计 中级 4",
        "郑凯文 Web前端开发 中级 6",
        "王诗涵 Web前端开发 中级 6",
        "王诗涵 UI设计 中级 6",
        "冯俊杰 Web前端开发 中级 8",
        "褚明轩 Web前端开发 高级 10",
    )
)
_COURSES: Final = (("程序设计基础", "510203-01", "4"), ("信息技术", "510203-02", "2.5"))
_AWARDS: Final = (("卫欣然", 1), ("蒋雨桐", 2), ("沈浩然", 3), ("韩梦琪", 2))
_TRAININGS: Final = (("养老护理", "护理", 48), ("母婴照护", "家政", 80), ("智能手机应用", "数字素养", 16))
_KINDS: Final = (
    (CourseResult, "课程 Course"),
    (Diploma, "毕业证书 Diploma"),
    (SkillCertificate, "X证书 X certificate"),
    (ContestAward, "竞赛获奖 Contest award"),
    (Training, "培训 Training"),
)


def certificate(town: Town, title: str, level: str, worth: str, number: str, on: date) -> SkillCertificate:
    """Return an X certificate of the assessor in town; of its number a keyed hash is kept."""
    return SkillCertificate(
        title=title,
        issuer=ASSESSOR,
        achieved_on=on,
        credits=town.credit("cn-bank", worth),
        number=number_claim(town.bank.vault, ASSESSOR, number),
        level=Level("x", level),
        category="信息技术",
    )


def deposited(town: Town) -> Scene:
    """Deposit everything learned so far, each issuer's in one transaction."""
    today = town.day(1, 12)
    learned: list[tuple[str, Outcome]] = [
        (name, _course(town, number, *course)) for number, name in enumerate(COLLEGE_STUDENTS) for course in _COURSES
    ]
    learned += [(name, _diploma()) for name in COLLEGE_STUDENTS[:4]]
    learned += [
        (each.learner, certificate(town, each.title, each.level, each.worth, f"X-{number}", date(2025, 12, 20)))
        for number, each in enumerate(CERTIFICATES, 1)
    ]
    learned += [(name, _award(place)) for name, place in _AWARDS]
    learned += [(name, _training(*each)) for name in COMMUNITY_LEARNERS for each in _TRAININGS]
    for issuer in dict.fromkeys(outcome.issuer for _, outcome in learned):
        _deposit(town, issuer, [(name, outcome) for name, outcome in learned if outcome.issuer == issuer])
    assert all(outcome.achieved_on <= today for _, outcome in learned)
    rows = tuple(
        _summary(town, title, [each for _, each in learned if isinstance(each, kind)]) for kind, title in _KINDS
    )
    return Scene(
        "成果存入 Outcomes are recognised and deposited",
        (
            "由颁发机构签名存入;存入不等于转换,学分留在原学分制中。",
            "Signed by whoever issued them. A deposit is no conversion: credit stays in its own system.",
        ),
        ("种类 Kind", "件 Number", "颁发机构 Issuer", "学分 Credits", "学时 Hours"),
        rows,
        (1, 3, 4),
    )


def _deposit(town: Town, issuer: InstitutionId, learned: list[tuple[str, Outcome]]) -> None:
    calls: dict[str, Call] = {}
    for number, (name, outcome) in enumerate(learned):
        calls[str(number)] = call(deposit, town.accounts[name], outcome)
    recorded = town.record_all(issuer, calls)
    for (name, outcome), result in zip(learned, recorded.values(), strict=True):
        assert isinstance(result.event, OutcomeDeposited)
        town.outcomes[name, outcome.title] = result.event.id


def _course(town: Town, number: int, title: str, code: str, credits: str) -> CourseResult:
    return CourseResult(
        title=title,
        issuer=COLLEGE,
        achieved_on=date(2026, 1, 9),
        credits=town.credit("cn-college", credits),
        code=code,
        grade=str(76 + number * 7 % 23),
        category=("专业基础",),
    )


def _diploma() -> Diploma:
    return Diploma(
        title="普通高中毕业证书",
        issuer=SENIOR,
        achieved_on=date(2025, 6, 30),
        level=Level("diploma", "普通高中"),
        major="普通高中课程",
    )


def _award(place: int) -> ContestAward:
    return ContestAward(
        title="全省职业院校技能大赛(软件测试)",
        issuer=BUREAU,
        achieved_on=date(2025, 11, 16),
        tier="province",
        prize=2,
        team=True,
        position=place,
    )


def _training(title: str, category: str, hours: int) -> Training:
    return Training(title=title, issuer=COMMUNITY, achieved_on=date(2025, 12, 28), hours=hours, category=category)


def _summary(town: Town, title: str, outcomes: list[Outcome]) -> Row:
    credits = [outcome.credits for outcome in outcomes if outcome.credits is not None]
    hours = sum(outcome.hours or 0 for outcome in outcomes)
    worth = ""
    if credits:
        system = town.systems[credits[0].system]
        worth = f"{system.text(total(credits, system.id))} {system.name}"
    issuers = "、".join(dict.fromkeys(town.name(outcome.issuer) for outcome in outcomes))
    return (title, str(len(outcomes)), issuers, worth, str(hours) if hours else "")


# --- what is refused --------------------------------------------------------------------------------------------------


def refused_deposits(town: Town) -> Scene:
    """Try what a bank must refuse; nothing of it is recorded."""
    before = town.bank.known().position
    today = town.bank.today()
    used = certificate(town, "Web前端开发", "中级", "8", "X-1", today)
    tomorrow = certificate(town, "Web前端开发", "中级", "8", "X-99", date(2026, 1, 20))
    tries = (
        ("证书编号已在他人账户 a number that is in another account", ASSESSOR, used),
        ("成果尚未取得 not achieved yet", ASSESSOR, tomorrow),
        ("代存他人颁发的证书 another issuer's certificate", COMMUNITY, attrs.evolve(used, number=None)),
    )
    rows = []
    for what, by, outcome in tries:
        try:
            town.bank.record(town.request(by), deposit, town.accounts["朱雅婷"], outcome)
        except CreditBankError as error:
            rows.append((what, town.name(by), type(error).__name__))
    assert len(rows) == len(tries), "each is refused"
    assert town.bank.known().position == before, "a refused request leaves no trace"
    return Scene(
        "拒绝存入 Deposits that are refused leave no trace",
        (),
        ("尝试 What was tried", "机构 By", "结果 Refused with"),
        tuple(rows),
    )
