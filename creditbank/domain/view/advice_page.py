"""
Advice as one HTML page, in Chinese and English: no script, nothing loaded, whatever comes from a record escaped; it prints.

In the order in which a learner asks: what to apply for, what is still missing, what there is, what it is worth where, and by
which rules.
"""

from collections.abc import Iterator
from typing import Final

from creditbank.domain.degree.audit import Audit
from creditbank.domain.markup import Html, both, joined, link, named, page, plain, section, table, tag
from creditbank.domain.view.advice_asked import Names, anchors, apply, cited, worth
from creditbank.domain.view.advice_missing import BARS_STYLE, audited, progressed, verdict
from creditbank.domain.view.advice_parts import Advice, Holding, Planned, Studies
from creditbank.domain.view.advice_planned import nothing, together

__all__ = ["advice_page"]

_STYLE: Final = """\
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0}nav a{display:inline-block;padding:.3rem 0}
[lang=en]{color:var(--soft);font-size:.9em}.soft [lang=en],caption [lang=en]{font-size:1em}.day{white-space:nowrap}
th .soft,th[scope=row] [lang=en]{font-weight:400}h4{font-size:1rem;margin:1rem 0 .2rem;break-after:avoid}
@media print,(min-width:40.01rem){table{table-layout:fixed}th:first-child{width:34%}}
"""

_PLACES: Final = {
    "held": ("可用", "free"),
    "reserved": ("预留", "reserved"),
    "converted": ("已转换", "converted"),
    "forfeited": ("作废", "forfeited"),
    "rounded": ("舍入", "rounded"),
    "redeemed": ("已核销", "redeemed"),
    "expired": ("已过期", "expired"),
    "revoked": ("已撤销", "revoked"),
    "moved": ("已转出", "moved"),
}


def advice_page(advice: Advice, audit: Audit | None, plan: Planned | None = None) -> str:
    """
    Return *advice* as a whole document, UTF-8, that stands by itself.

    Args:
        audit: What the programme still asks for; without it the page shows what conversions give the programme, and no more.
        plan: What to apply for together; without it the page says what each outcome gives by itself.
    """
    names = _names(advice, plan)
    parts: list[tuple[str, Html, Html]] = []
    for number, studies in enumerate(advice.studies, 1):
        mine = _of(plan, studies)
        shown = apply(studies, names, asked=audit is not None) if mine is None else together(studies, mine, names)
        parts.append((f"apply-{number}", both("可以申请什么", "What to apply for"), shown))
    if audit is not None:
        parts.append(("missing", both("离毕业还差什么", "What is still missing"), audited(audit, names)))
    else:
        for number, studies in enumerate(advice.studies, 1):
            if shown := progressed(studies):
                parts.append((f"credits-{number}", both("转换所得学分", "Credits by conversion"), shown))
    parts.append(("have", both("您有什么", "What you have"), joined(*_have(advice))))
    for number, studies in enumerate(advice.studies, 1):
        parts.append(
            (f"worth-{number}", both("在哪里值多少", "What it is worth where"), worth(studies, advice.holdings, names))
        )
    if rules := cited(advice, names):
        parts.append(("rules", both("所依据的条款", "The rules it goes by"), rules))
    body = tag("main", *_short(advice, audit, plan), _ways(parts), *(section(*part) for part in parts))
    return page("zh-CN", "学习建议 Advice", _STYLE + BARS_STYLE, _header(advice), body, _footer())


# --- the top ----------------------------------------------------------------------------------------------------------


def _header(advice: Advice) -> Html:
    day = tag("p", both(f"截至 {advice.on}", f"as of {advice.on}"))
    account = tag(
        "p",
        both("账户", "Account"),
        plain(f" {advice.account}, "),
        both(f"记录 {advice.position}", f"at entry {advice.position}"),
        class_="soft",
    )
    return tag("header", tag("h1", both("学习建议", "Advice")), day, account)


def _short(advice: Advice, audit: Audit | None, plan: Planned | None) -> Iterator[Html]:
    """Say it all in a few lines, for whoever reads no further."""
    lines = [_counted(advice)]
    for studies in advice.studies:
        mine = _of(plan, studies)
        words = _together(mine) if mine is not None else _apart(studies)
        lines.append(joined(named(studies.programme), plain(", "), named(studies.school), plain(": "), words))
    if not advice.studies:
        lines.append(
            both(
                "当日没有在读的专业,所以无法试算课程。", "Enrolled in no programme on that day: no course to ask about."
            )
        )
    if audit is not None:
        lines.append(joined(named(audit.title), plain(": "), verdict(audit)))
    yield tag("ul", *(tag("li", line) for line in lines))


def _of(plan: Planned | None, studies: Studies) -> Planned | None:
    return plan if plan is not None and plan.code == studies.code else None


def _together(plan: Planned) -> Html:
    if not plan.items:
        return nothing(plan)
    amount = f"{plan.credits} {plan.system}"
    return both(f"现在一起申请可得 {amount}。", f"Applied for together, {amount} can be had now.")


def _apart(studies: Studies) -> Html:
    granted = len({one.outcome for one in studies.answers if one.course})
    return both(f"其中 {granted} 项现在可以申请。", f"{granted or 'None'} of them can be applied for now.")


def _counted(advice: Advice) -> Html:
    many = len(advice.holdings)
    return both(f"您有 {many} 项学习成果。", f"You have {many} outcome{'' if many == 1 else 's'}.")


def _ways(parts: list[tuple[str, Html, Html]]) -> Html:
    links = [tag("li", link(id, heading)) for id, heading, _ in parts]
    return tag("nav", tag("ul", *links), aria_label="目录 Contents")


def _footer() -> Html:
    words = (
        "由学分银行按已公布的办法试算,不作记录。是否批准以学校的决定为准。",
        "Worked out under the published rule books, recorded nowhere. What counts is the school's decision.",
    )
    return tag("footer", tag("p", both(*words)))


# --- what you have ----------------------------------------------------------------------------------------------------


def _names(advice: Advice, plan: Planned | None) -> Names:
    """Return what outcomes are called on the page: a number tells each from others of the same name."""
    numbers = {one.id: link(f"outcome-{number}", plain(f"{number}.")) for number, one in enumerate(advice.holdings, 1)}
    outcomes = {one.id: joined(numbers[one.id], plain(" "), named(one.title), _detail(one)) for one in advice.holdings}
    return Names(outcomes, numbers, anchors(advice, plan))


def _detail(one: Holding) -> Html:
    zh, en = one.detail
    if not zh:
        return Html("")
    return joined(plain(" · "), both(zh, en) if en else named(zh))


def _have(advice: Advice) -> Iterator[Html]:
    if advice.free:
        free = [(named(name), plain(amount)) for name, amount in advice.free]
        yield table(both("可用学分", "Credits free to use"), (("学分制", "System"), ("学分", "Credits")), free)
    if not advice.holdings:
        yield tag("p", both("还没有学习成果。", "There are no outcomes yet."))
        return
    rows = [_holding(number, one) for number, one in enumerate(advice.holdings, 1)]
    headings = (("成果", "Outcome"), ("取得", "Earned"), ("学分", "Credits"), ("状态", "State"))
    yield table(both("学习成果", "Outcomes"), headings, rows)


def _holding(number: int, one: Holding) -> tuple[Html, ...]:
    title = joined(plain(f"{number}. "), named(one.title), _detail(one))
    about = joined(tag("div", title, id=f"outcome-{number}"), tag("div", named(one.issuer), class_="soft"))
    states = [both(*_PLACES[place]) for place in one.places]
    if one.expires_on is not None:
        day = one.expires_on
        states.append(
            both(f"已失效 {day}", f"lapsed {day}") if one.expired else both(f"{day} 前有效", f"holds before {day}")
        )
    credits = named(f"{one.credits} {one.system}") if one.credits else Html("")
    return (
        about,
        tag("span", plain(str(one.achieved_on)), class_="day"),
        credits,
        joined(*(tag("div", each) for each in states)),
    )
