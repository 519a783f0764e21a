"""Third chapter: X certificates are converted into course credit under a rule book, through two approvers."""

from typing import Final

import attrs

from creditbank.bank import call
from creditbank.demo.cast import AFFAIRS, COLLEGE
from creditbank.demo.founding import CONVERSION
from creditbank.demo.scene import Row, Scene
from creditbank.demo.town import Town, compared_text, credits_text
from creditbank.domain.account import ApplicationState
from creditbank.domain.application import Application, Item
from creditbank.domain.credit import number_text
from creditbank.domain.decide.convert import agree, convert, lapse, reject
from creditbank.domain.event import Applied
from creditbank.domain.name import ApplicationId, Digest
from creditbank.domain.programme import Course
from creditbank.domain.rule import explain
from creditbank.domain.view.account import balance, quote

__all__ = ["HEROINE", "applied", "decided", "outcome_table", "quoted"]

HEROINE: Final = "林晓雯"

_CORE: Final = ("专业核心",)
_BASIC: Final = ("专业基础",)
_COURSES: Final = {
    "广告创意与设计": ("4", _CORE, True),
    "平面广告设计": ("4", _CORE, True),
    "App原型设计": ("2", _CORE, True),
    "前端框架开发": ("4", _CORE, True),
    "网页设计基础": ("3", _BASIC, True),
    "数据库基础": ("4", _BASIC, True),
    "交互设计": ("4", _CORE, True),
    "摄影欣赏": ("2", _CORE, False),
}
_STATUS: Final = {
    "pending": "审核中 pending",
    "converted": "已转换 converted",
    "refused": "不予转换 refused",
    "rejected": "未通过 rejected",
    "lapsed": "逾期失效 lapsed",
    "withdrawn": "已撤回 withdrawn",
}


@attrs.frozen
class _Asked:
    """One item: *titles* of certificates for one course."""

    titles: tuple[str, ...]
    course: str


@attrs.frozen
class _Application:
    """What a learner asks for in one application."""

    learner: str
    items: tuple[_Asked, ...]


def _asks(learner: str, titles: str, *courses: str) -> _Application:
    return _Application(learner, tuple(_Asked(tuple(titles.split()), course) for course in courses))


_FIRST: Final = (
    _asks(HEROINE, "影像处理", "广告创意与设计", "平面广告设计", "App原型设计"),
    _asks("周子涵", "Web前端开发", "网页设计基础", "前端框架开发"),
    _asks("陈思远", "Web前端开发", "前端框架开发"),
    _asks("赵一鸣", "Web前端开发", "数据库基础"),
    _asks("孙若溪", "影像处理", "广告创意与设计"),
    _asks("钱文博", "影像处理 UI设计", "交互设计"),
    _asks("吴佳怡", "UI设计", "摄影欣赏", "交互设计"),
    _asks("郑凯文", "Web前端开发", "前端框架开发"),
    _asks("王诗涵", "Web前端开发", "前端框架开发"),
    _asks("冯俊杰", "Web前端开发", "前端框架开发"),
    _asks("褚明轩", "Web前端开发", "网页设计基础", "前端框架开发"),
)
_LATER: Final = (
    _asks("王诗涵", "UI设计", "前端框架开发", "交互设计"),
    _asks("冯俊杰", "Web前端开发", "交互设计"),
)
_REJECTED: Final = "赵一鸣"
_FORGOTTEN_BY_ALL: Final = "郑凯文"


def _application(town: Town, asked: _Application) -> Application:
    items = tuple(_item(town, asked.learner, str(number), each) for number, each in enumerate(asked.items, 1))
    parties = (("academic-affairs", AFFAIRS), ("college", COLLEGE))
    return Application(town.books[CONVERSION], "convert", town.enrolments[asked.learner], items, parties)


def _item(town: Town, learner: str, id: str, asked: _Asked) -> Item:
    credits, category, compulsory = _COURSES[asked.course]
    number = list(_COURSES).index(asked.course) + 11
    course = Course(f"510203-{number}", asked.course, category, compulsory, town.credit("cn-college", credits))
    return Item(id, tuple(town.outcomes[learner, title] for title in asked.titles), (course,))


def quoted(town: Town) -> Scene:
    """Ask what the book would give, and record nothing."""
    town.day(3, 2)
    application = _application(town, _FIRST[0])
    known = town.bank.known()
    before = known.position
    decision = quote(known, town.accounts[HEROINE], application, town.bank.today())
    assert town.bank.known().position == before, "a question records nothing"
    rows = []
    for item, result in zip(application.items, decision.results, strict=True):
        (course,) = item.targets
        given = number_text(result.granted) if result.granted is not None else ""
        reason = "" if result.refused is None else f"{result.clause} {result.refused}: {compared_text(result)}"
        rows.append((course.name, credits_text(town, course.credits), given, reason))
    return Scene(
        f"试算 A quote for {HEROINE}: one certificate (中级, 10 学分), three courses",
        (f"办法 Rule book: {known.book(Digest(decision.book)).title}。试算不留记录。 Nothing is recorded.",),
        ("课程 Course", "学分 Credits", "可转换 Granted", "不予转换的条款 Refused by"),
        tuple(rows),
        (1, 2),
    )


# --- through two approvers --------------------------------------------------------------------------------------------


def _apply(town: Town, asked: tuple[_Application, ...]) -> dict[str, ApplicationId]:
    calls = {each.learner: call(convert, town.accounts[each.learner], _application(town, each)) for each in asked}
    made = {}
    for name, recorded in town.record_all(COLLEGE, calls).items():
        assert isinstance(recorded.event, Applied)
        made[name] = recorded.event.id
        town.positions[f"applied {name}"] = recorded.position
    return made


def _pending(town: Town, made: dict[str, ApplicationId]) -> dict[str, ApplicationId]:
    known = town.bank.known()
    return {
        name: id for name, id in made.items() if known.account(town.accounts[name]).applications[id].status == "pending"
    }


def applied(town: Town) -> Scene:
    """Eleven apply; what a granted item uses is reserved, so that it cannot be used twice."""
    made = _apply(town, _FIRST)
    waiting = _pending(town, made)
    held = balance(town.bank.known(), town.accounts[HEROINE])
    town.day(3, 5)
    agreed = {name: id for name, id in waiting.items() if name != _FORGOTTEN_BY_ALL}
    town.record_all(COLLEGE, {name: call(agree, town.accounts[name], id) for name, id in agreed.items()})
    town.day(3, 11)
    rejected = agreed.pop(_REJECTED)
    calls = {name: call(agree, town.accounts[name], id) for name, id in agreed.items()}
    for name, recorded in town.record_all(AFFAIRS, calls).items():
        town.positions[f"converted {name}"] = recorded.position + 1
    reason = "课程内容与证书标准差异较大"
    town.bank.record(town.request(AFFAIRS), reject, town.accounts[_REJECTED], rejected, reason)
    town.day(4, 2)
    forgotten = waiting[_FORGOTTEN_BY_ALL]
    town.bank.record(town.request(COLLEGE), lapse, town.accounts[_FORGOTTEN_BY_ALL], forgotten)
    refused, rules = len(made) - len(waiting), "办法 the rules"
    college, affairs = town.name(COLLEGE), town.name(AFFAIRS)
    rows = (
        ("3月2日", college, "申请 applications", str(len(made))),
        ("", rules, "全部申请项不予转换 refused altogether", str(refused)),
        ("3月5日", college, "学院审核 agreed", str(len(agreed) + 1)),
        ("3月11日", affairs, "教务审批 agreed: converted", str(len(agreed))),
        ("", affairs, f"退回({reason}) rejected", "1"),
        ("4月2日", college, "30日内无人审核,失效 lapsed", "1"),
    )
    free = credits_text(town, held["cn-bank"])
    return Scene(
        "申请转换 Applications, and the two approvers who decide them",
        (
            f"获准的证书学分立即预留,不能再用:{HEROINE}的可用余额由 10 变为 {free}。",
            "What is granted is reserved at once, converted by the last approver, given back otherwise.",
        ),
        ("日期 Day", "机构 By", "事项 What", "份 Number"),
        rows,
        (3,),
    )


def decided(town: Town) -> Scene:
    """Two apply again, and everything that was asked is shown with what became of it."""
    town.day(4, 8)
    _apply(town, _LATER)
    return outcome_table(
        town,
        "转换结果 What became of every item",
        (
            "不予转换的每一项都指明条款和所比较的数。 Whatever is refused names its clause and the numbers compared.",
            "例如孙若溪的申请 For instance, as told to a learner:",
            *(f"    {line}" for line in _told(town, "孙若溪")),
        ),
    )


def _told(town: Town, name: str) -> list[str]:
    """Explain a learner's first decision, in Chinese."""
    state = next(iter(town.bank.known().account(town.accounts[name]).applications.values()))
    return explain(state.decision, (), language="zh").splitlines()


def outcome_table(town: Town, title: str, prose: tuple[str, ...]) -> Scene:
    """Return every item that anybody asked for, as things stand."""
    known = town.bank.known()
    rows: list[Row] = []
    for name in dict.fromkeys(each.learner for each in _FIRST):
        for state in known.account(town.accounts[name]).applications.values():
            rows += _items(town, name, state)
    headings = ("本人 Who", "证书 Certificate", "课程 Course", "学分", "结果 Result", "条款 Clause")
    return Scene(title, prose, headings, tuple(rows), (3,))


def _items(town: Town, name: str, state: ApplicationState) -> list[Row]:
    titles: dict[str, str] = {id: title for (learner, title), id in town.outcomes.items() if learner == name}
    rows: list[Row] = []
    for item, result in zip(state.application.items, state.decision.results, strict=True):
        (course,) = item.targets
        sources = "+".join(titles[source] for source in item.sources)
        if result.refused is not None:
            said, reason = _STATUS["refused"], f"{result.clause}: {compared_text(result)}"
        elif item.id in state.undone:
            said, reason = "已撤销 undone", ""
        else:
            said, reason = _STATUS[state.status], ""
        rows.append((name, sources, course.name, credits_text(town, course.credits), said, reason))
    return rows
