"""
Advice as one HTML page, in Chinese and English: no script, nothing loaded, whatever comes from a record escaped; it prints.

A picture of progress is an inline SVG with its text beside it; everything that it shows stands in a table, too.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from html import escape
from typing import Final, NewType

from creditbank.domain.credit import number_text
from creditbank.domain.degree.audit import Audit, RequirementFound, Step
from creditbank.domain.rule.explain_text import visible
from creditbank.domain.rule.explain_told import Source
from creditbank.domain.view.advice import Advice, Answer, Holding, Progress, Studies

__all__ = ["advice_page"]

_Html = NewType("_Html", str)
"""What is markup already. The type checker lets no other text into the page than through :func:`_text`."""

Words = tuple[str, str]

_STYLE: Final = """\
body{font:16px/1.6 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:60rem;margin:1.5rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.25rem;border-top:1px solid #767676;margin-top:2rem;padding-top:.8rem}h3{font-size:1.05rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;margin:.8rem 0;font-size:.9rem}
caption{text-align:left;font-weight:600}
th,td{border:1px solid #767676;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
.number{text-align:right;white-space:nowrap}.yes{color:#1b6e3c}.no{color:#a3181d}
svg{display:block;width:100%;height:auto;max-width:40rem}footer{margin-top:2rem;font-size:.85rem;overflow-wrap:anywhere}
@media (max-width:40rem){th,td{padding:.2rem .3rem}}
@media print{body{margin:0;max-width:none;font-size:11pt}tr,svg{break-inside:avoid}h2,h3,caption{break-after:avoid}}"""

_PLACES: Final = {
    "held": "可用 free",
    "reserved": "预留 reserved",
    "converted": "已转换 converted",
    "forfeited": "作废 forfeited",
    "rounded": "舍入 rounded",
    "redeemed": "已核销 redeemed",
    "expired": "已过期 expired",
    "revoked": "已撤销 revoked",
    "moved": "已转出 moved",
}
_STANDINGS: Final = {
    "met": "已满足 met",
    "missing": "未满足 missing",
    "not-needed": "不需要 not needed",
    "not-for-you": "不适用 not for you",
}

BAR: Final = (400, 14, 22)
"""Width and height of a bar, and from one to the next, in the picture's units."""

BARS_MAX: Final = 60
"""Bars of one picture; the table beside it has every row."""


def advice_page(advice: Advice, audit: Audit | None) -> str:
    """
    Return *advice* as a whole document, UTF-8, that stands by itself.

    Args:
        audit: What the programme still asks for; without it the page shows what conversions give the programme, and no more.
    """
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    head = _join(
        _Html('<meta charset="utf-8"/>'),
        _Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}"/>'),
        _Html('<meta name="viewport" content="width=device-width, initial-scale=1"/>'),
        _tag("title", _text("学习建议 Advice")),
        _tag("style", _Html(_STYLE)),
    )
    body = _tag(
        "main",
        _tag("h1", _both("学习建议", "Advice")),
        _tag("p", _both(f"截至 {advice.on}", f"as of {advice.on}")),
        *_have(advice),
        *(part for studies in advice.studies for part in _studies(studies, audit is None)),
        *(_audited(audit) if audit is not None else ()),
        _footer(advice),
    )
    return f'<!doctype html>\n<html lang="zh-CN">\n{_tag("head", head)}\n{_tag("body", body)}\n</html>\n'


# --- what you have ----------------------------------------------------------------------------------------------------


def _have(advice: Advice) -> Iterator[_Html]:
    yield _tag("h2", _both("您有什么", "What you have"))
    if advice.free:
        free = [(_name(name), _number(amount)) for name, amount in advice.free]
        yield _table(("可用学分", "Credits free to use"), (("学分制", "System"), ("学分", "Credits")), free)
    rows = [_holding(one) for one in advice.holdings]
    headings = (("成果", "Outcome"), ("取得", "Earned"), ("学分", "Credits"), ("状态", "State"))
    yield _table(("学习成果", "Outcomes"), headings, rows, ("还没有学习成果。", "There are no outcomes yet."))


def _holding(one: Holding) -> tuple[_Html, ...]:
    credits = f"{one.credits} {one.system}" if one.credits else "—"
    states = [_PLACES[place] for place in one.places]
    if one.expires_on is not None:
        states.append(
            f"已失效 lapsed {one.expires_on}" if one.expired else f"{one.expires_on} 前有效 holds before that day"
        )
    about = _join(_name(one.title), _tag("div", _name(one.issuer)))
    return about, _text(str(one.achieved_on)), _name(credits), _text(";".join(states) or "—")


# --- what it is worth, and what to apply for --------------------------------------------------------------------------


def _studies(studies: Studies, alone: bool) -> Iterator[_Html]:
    yield _tag("h2", _name(studies.programme), _text(", "), _name(studies.school))
    granted = [one for one in studies.answers if one.course]
    headings = (("成果", "Outcome"), ("课程", "Course"), ("学分", "Credits"), ("办法", "Rules"))
    nothing = ("目前没有可以申请的。", "There is nothing to apply for at present.")
    yield _table(("可以申请什么", "What to apply for"), headings, [_granted(one) for one in granted], nothing)
    if granted:
        yield _tag(
            "p",
            _both(
                "每一行都是单独试算;一起申请时,共同的上限可能使其中几项不能获准。是否批准以学校的决定为准。",
                "Each line was worked out by itself; applied for together, some may pass a limit that they share. "
                "What counts is the school's decision.",
            ),
        )
    refused = [_refused(one) for one in studies.answers if not one.course]
    if refused:
        headings = (("成果", "Outcome"), ("办法", "Rules"), ("为什么不行", "Why not"), ("下一步", "What to do next"))
        yield _table(("目前不能申请的", "What cannot be applied for yet"), headings, refused)
    yield from _notes(studies)
    if studies.counted:
        kinds = (("课程", "Course"), ("学分", "Credits"), ("状态", "State"))
        states = ("已转换 converted", "审核中 pending")
        counted = [(_name(one.course), _number(one.credits), _text(states[one.pending])) for one in studies.counted]
        yield _table(("已经转换的课程", "Courses converted already"), kinds, counted)
    if alone:
        yield from _progress(studies.progress)


def _granted(one: Answer) -> tuple[_Html, ...]:
    course = [_name(one.course)]
    if one.others:
        course.append(_tag("div", _both(f"另有 {one.others} 门可选", f"or one of {one.others} more")))
    facts = [_tag("div", _name(f"{label}: {value}")) for label, value in (*one.zh.facts, *one.en.facts)]
    amount = _name(f"{one.granted} {one.system}")
    return _name(one.title), _join(*course), _join(amount, *facts), _join(_name(one.book), *_clauses(one))


def _clauses(one: Answer) -> Iterator[_Html]:
    """Say why: the clauses that were asked, what they say and where that stands."""
    for zh, en in zip(one.zh.asked, one.en.asked, strict=True):
        said = dict.fromkeys(text for text in (zh.says, en.says) if text)
        yield _tag("div", _text(f"{zh.clause} [{zh.basis}] "), *(_name(f"{text} ") for text in said))


def _refused(one: Answer) -> tuple[_Html, ...]:
    why = [_tag("div", _name(text)) for text in (*one.zh.why, *one.en.why)]
    why += [_tag("div", _name(str(numbers))) for numbers in (*one.zh.numbers, *one.en.numbers)]
    following = [_tag("div", _name(text)) for text in (*one.zh.next, *one.en.next)]
    rules = _join(_name(one.book), *_source(one.zh.source))
    return _name(one.title), rules, _join(*why, _tag("code", _text(one.zh.code))), _join(*following)


def _source(source: Source | None) -> Iterator[_Html]:
    if source is not None:
        yield _tag("div", _text("依据 basis: "), _name(source.clause), _text(" "), _name(source.citation))


def _notes(studies: Studies) -> Iterator[_Html]:
    """Say what could not be asked, and why."""
    if studies.courses is None:
        yield _tag(
            "p",
            _both(
                "学校没有公布适用于您的培养方案,所以无法试算课程。",
                "No curriculum that holds for you is published, so no courses could be asked about.",
            ),
        )
    for book, why in studies.silent:
        yield _tag("p", _both("未能试算", "could not be asked"), _text(": "), _name(book), _text(" — "), _name(why))
    if studies.unasked:
        yield _tag("p", _both(f"另有 {studies.unasked} 项没有试算。", f"{studies.unasked} more were not worked out."))


# --- how far it is ----------------------------------------------------------------------------------------------------


def _progress(rows: Sequence[Progress]) -> Iterator[_Html]:
    """Show what conversions give the programme: of courses taken at the school itself the bank may know nothing."""
    told = [one for one in rows if one.need or one.granted or one.pending]
    if not told:
        return
    yield _tag("h3", _both("转换所得学分", "Credits by conversion"))
    yield _picture([(one.system, one.granted, one.need) for one in told if one.need])
    headings = (("学分制", "System"), ("已转换", "Converted"), ("审核中", "Pending"), ("专业要求", "Programme takes"))
    cells = [(one.granted, one.pending, one.need) for one in told]
    numbers = [[_number("—" if each is None else number_text(each)) for each in row] for row in cells]
    yield _table(
        ("专业学分", "Credits of the programme"),
        headings,
        [(_name(one.system), *row) for one, row in zip(told, numbers, strict=True)],
    )


def _audited(audit: Audit) -> Iterator[_Html]:
    """Show the degree audit: what is met, by what, and the least that completes it."""
    yield _tag("h2", _both("离毕业还差什么", "What is still missing"))
    yield _tag("p", _name(f"{audit.title} ({audit.programme}@{audit.version})"))
    rows = list(_requirements(audit.requirement, 0))
    yield _picture(
        [(_label(one), one.have, one.need) for one, _ in rows if one.need and one.standing in ("met", "missing")]
    )
    headings = (("要求", "Requirement"), ("结果", "Result"), ("已有/需要", "Have / need"), ("计入", "Counted"))
    yield _table(("毕业审核", "Degree audit"), headings, [_requirement(one, depth) for one, depth in rows])
    yield _tag("p", *_verdict(audit))
    if audit.change is not None and audit.change.steps:
        kinds = (("课程", "Course"), ("学分", "Credits"), ("计入", "Counts in"))
        yield _table(("最少还要修的", "The least that completes it"), kinds, [_step(one) for one in audit.change.steps])


def _requirements(one: RequirementFound, depth: int) -> Iterator[tuple[RequirementFound, int]]:
    yield one, depth
    for part in one.parts:
        yield from _requirements(part, depth + 1)


def _label(one: RequirementFound) -> str:
    return " ".join(part for part in (one.zh, one.en) if part) or one.id


def _requirement(one: RequirementFound, depth: int) -> tuple[_Html, ...]:
    numbers = []
    if one.need is not None and one.standing != "not-for-you":
        numbers.append(f"{number_text(one.have)} / {number_text(one.need)} 学分 credits")
    if one.need_courses is not None and one.standing != "not-for-you":
        numbers.append(f"{one.have_courses} / {one.need_courses} {'项 parts' if one.parts else '门 courses'}")
    for floor in one.floors:
        sign = "≥" if floor.test == "at_least" else "≤"
        numbers.append(f"{number_text(floor.have)} {sign} {number_text(floor.need)} {'✓' if floor.met else '✗'}")
    numbers += [f"缺 wants {field} {outcome}".rstrip() for outcome, field in one.undecided]
    standing = {"met": "yes", "missing": "no"}.get(one.standing, "")
    return (
        _join(_text("· " * depth), _name(_label(one))),
        _tag("span", _text(_STANDINGS[one.standing]), **({"class": standing} if standing else {})),
        _join(*(_tag("div", _text(each)) for each in numbers)),
        _join(*(_tag("div", _name(by.name)) for by in one.by)),
    )


def _verdict(audit: Audit) -> Iterator[_Html]:
    change = audit.change
    if audit.complete:
        yield _both("全部要求已满足。", "Every requirement is met.")
    elif change is not None:
        credits = number_text(change.credits)
        yield _both(
            f"最少还差 {credits} 学分、{change.courses} 门课。",
            f"{credits} credits, {change.courses} courses at least.",
        )
    elif audit.proven:
        yield _both("这些要求互相矛盾,无法完成。", "The requirements contradict each other.")
    if not audit.proven:
        yield _both("未能证明这是最少的。", "It is not proven to be the least.")


def _step(one: Step) -> tuple[_Html, ...]:
    course = " ".join(part for part in (one.course, one.name) if part)
    return (
        _name(course) if course else _both("任选", "any"),
        _number(number_text(one.credits)),
        _name("、".join(one.requirements)),
    )


def _picture(bars: Sequence[tuple[str, Fraction, Fraction | None]]) -> _Html:
    """Draw a bar for each of (name, have, need), full where it is met; the words are the picture's text alternative."""
    shown = [(name, have, need) for name, have, need in bars[:BARS_MAX] if need]
    if not shown:
        return _Html("")
    width, height, step = BAR
    parts: list[_Html] = []
    for number, (name, have, need) in enumerate(shown):
        filled = number_text(Fraction(int(min(Fraction(1), have / need) * width)))
        place = {"x": "0", "y": str(2 * step * number + step), "height": str(height)}
        words = f"{name}: {number_text(have)} / {number_text(need)}"
        parts += [
            _tag("text", _text(words), **{"x": "0", "y": str(2 * step * number + step - 5), "font-size": "13"}),
            _tag("rect", **place, width=str(width), fill="#e6e6e6", stroke="#767676"),
            _tag("rect", **place, width=filled, fill="#1b6e3c" if have >= need else "#2a5db0"),
        ]
    told = ";".join(f"{name} {number_text(have)}/{number_text(need)}" for name, have, need in shown)
    title = _tag("title", _text(f"进度 Progress: {told}"))
    box = f"0 0 {width} {2 * step * len(shown)}"
    return _tag("svg", title, *parts, viewBox=box, role="img", xmlns="http://www.w3.org/2000/svg")


def _footer(advice: Advice) -> _Html:
    words = (
        "由学分银行按已公布的办法试算,不作记录;账户:",
        "Worked out under the published rule books, recorded nowhere. Account: ",
    )
    return _tag("footer", _tag("p", _both(*words), _text(f"{advice.account} ({advice.position})")))


# --- markup -----------------------------------------------------------------------------------------------------------


def _text(text: str) -> _Html:
    return _Html(escape(visible(text), quote=True))


def _both(zh: str, en: str) -> _Html:
    return _join(_text(f"{zh} "), _tag("span", _text(en), lang="en"))


def _name(text: str) -> _Html:
    """Return text from a record or a book, kept from turning the direction of what stands around it."""
    return _tag("bdi", _text(text)) if text else _Html("")


def _number(text: str) -> _Html:
    return _tag("span", _text(text), **{"class": "number"})


def _join(*parts: _Html) -> _Html:
    return _Html("".join(parts))


def _tag(name: str, *content: _Html, **attributes: str) -> _Html:
    written = "".join(f' {key}="{_text(value)}"' for key, value in attributes.items())
    return _Html(f"<{name}{written}>{_join(*content)}</{name}>")


def _table(
    caption: Words, headings: Sequence[Words], rows: Sequence[Sequence[_Html]], nothing: Words | None = None
) -> _Html:
    if not rows:
        return _Html("") if nothing is None else _join(_tag("h3", _both(*caption)), _tag("p", _both(*nothing)))
    head = _tag("tr", *(_tag("th", _both(*words), scope="col") for words in headings))
    body = [_tag("tr", _tag("th", row[0], scope="row"), *(_tag("td", cell) for cell in row[1:])) for row in rows]
    made = _tag("table", _tag("caption", _both(*caption)), _tag("thead", head), _tag("tbody", *body))
    return _tag("div", made, **{"class": "wide"})
