"""How far the programme is, on the page of advice: a picture of progress and tables; of conversions alone, or of a degree audit."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

from creditbank.domain.credit import number_text
from creditbank.domain.degree.audit import Audit, FloorFound, RequirementFound, Step
from creditbank.domain.markup import Html, both, joined, named, plain, table, tag
from creditbank.domain.name import OutcomeId
from creditbank.domain.rule.explain_words import FIELDS, Words
from creditbank.domain.view.advice_asked import Names
from creditbank.domain.view.advice_parts import Studies

__all__ = ["BARS_MAX", "BARS_STYLE", "audited", "progressed", "verdict"]

BARS_MAX: Final = 60
"""Bars of one picture; the table beside it has every row."""

BAR_WIDTH: Final = 1000
"""Of a whole bar, in the picture's units."""

BARS_STYLE: Final = """\
:root{--bar:#2a5db0;--next:#9db9e4;--rest:#e9e9e9}
@media screen and (prefers-color-scheme:dark){:root{--bar:#7fb0ff;--next:#3c5f99;--rest:#333}}
.bars{list-style:none;padding:0;max-width:40rem}.bars li{margin:.6rem 0}
.bars svg{display:block;width:100%;height:1rem}
.rest{fill:var(--rest);stroke:var(--line)}.have{fill:var(--bar)}.full{fill:var(--yes)}.next{fill:var(--next)}
.in1{padding-left:1rem}.in2{padding-left:2rem}.in3{padding-left:3rem}.in4{padding-left:4rem}.in5{padding-left:5rem}
"""

_STANDINGS: Final[Mapping[str, tuple[str, Words]]] = {
    "met": ("✓", ("已满足", "met")),
    "missing": ("✗", ("未满足", "missing")),
    "not-needed": ("", ("不需要", "not needed")),
    "not-for-you": ("", ("不适用", "not for you")),
}

_DEEPEST: Final = 5
_NAMED_MAX: Final = 5


# --- by conversions alone ---------------------------------------------------------------------------------------------


def progressed(studies: Studies) -> Html:
    """Show what conversions give the programme; of courses taken at the school itself the bank may know nothing."""
    rows = [one for one in studies.progress if one.need or one.granted or one.pending]
    if not rows and not studies.counted:
        return Html("")
    headings = (("学分制", "System"), ("已转换", "Converted"), ("审核中", "Pending"), ("专业要求", "Programme takes"))
    cells = [(named(one.system), *(_amount(each) for each in (one.granted, one.pending, one.need))) for one in rows]
    parts = [tag("p", named(studies.programme), plain(", "), named(studies.school))]
    parts.append(_picture([(named(one.system), one.granted, one.pending, one.need) for one in rows]))
    if rows:
        parts.append(table(both("专业学分", "Credits of the programme"), headings, cells))
    return joined(*parts, *_counted(studies))


def _amount(amount: Fraction | None) -> Html:
    return Html("") if amount is None else plain(number_text(amount))


def _counted(studies: Studies) -> Iterator[Html]:
    if studies.counted:
        headings = (("课程", "Course"), ("学分", "Credits"), ("状态", "State"))
        states = (("已转换", "converted"), ("审核中", "pending"))
        rows = [(named(one.course), plain(one.credits), both(*states[one.pending])) for one in studies.counted]
        yield table(both("已经转换的课程", "Courses converted already"), headings, rows)


# --- by a degree audit ------------------------------------------------------------------------------------------------


def audited(audit: Audit, names: Names) -> Html:
    """Show the degree audit: what is met, by what, and the least that completes it."""
    rows = list(_requirements(audit.requirement, 0))
    bars = [(_label(one), one.have, Fraction(0), one.need) for one, _ in rows if one.standing in ("met", "missing")]
    headings = (("要求", "Requirement"), ("结果", "Result"), ("已有/需要", "Have / need"), ("计入", "Counted"))
    parts = [
        tag("p", named(audit.title), tag("span", plain(f" ({audit.programme}@{audit.version})"), class_="soft")),
        _picture(bars),
        tag("p", tag("strong", verdict(audit))),
    ]
    if audit.change is not None and audit.change.steps:
        kinds = (("课程", "Course"), ("学分", "Credits"), ("计入", "Counts in"))
        labels = {one.id: _label(one) for one, _ in rows}
        steps = [_step(one, labels) for one in audit.change.steps]
        parts.append(table(both("最少还要修的", "The least that completes it"), kinds, steps))
    cells = [_requirement(one, depth, names) for one, depth in rows]
    return joined(*parts, table(both("逐项要求", "Each requirement"), headings, cells))


def verdict(audit: Audit) -> Html:
    """Say in a line what is still missing."""
    change, parts = audit.change, []
    if audit.complete:
        parts.append(both("✓ 全部要求已满足。", "Every requirement is met."))
    elif change is not None:
        zh, en = [], []
        if change.credits:
            zh.append(f"{number_text(change.credits)} 学分")
            en.append(f"{number_text(change.credits)} credits")
        if change.courses:
            zh.append(f"{change.courses} 门课")
            en.append(f"{change.courses} course{'' if change.courses == 1 else 's'}")
        parts.append(both(f"最少还差 {'、'.join(zh)}。", f"At least {', '.join(en)} still missing."))
    elif audit.proven:
        parts.append(both("✗ 这些要求互相矛盾,无法完成。", "The requirements contradict each other."))
    if not audit.proven:
        parts.append(both("未能证明这是最少的。", "It is not proven to be the least."))
    return joined(*parts)


def _requirements(one: RequirementFound, depth: int) -> Iterator[tuple[RequirementFound, int]]:
    yield one, depth
    for part in one.parts:
        yield from _requirements(part, depth + 1)


def _label(one: RequirementFound) -> Html:
    if one.zh and one.en:
        return joined(named(one.zh), plain(" "), tag("span", named(one.en), lang="en"))
    return named(one.zh) if one.zh else tag("span", named(one.en or one.id), lang="en")


def _requirement(one: RequirementFound, depth: int, names: Names) -> tuple[Html, ...]:
    sign, words = _STANDINGS[one.standing]
    classes = {"met": "yes", "missing": "no"}
    standing = joined(plain(f"{sign} " if sign else ""), both(*words))
    return (
        tag("div", _label(one), class_=f"in{min(depth, _DEEPEST)}"),
        tag("span", standing, class_=classes.get(one.standing, "soft")),
        joined(*(tag("div", each) for each in _numbers(one, names))),
        _counting(one, names),
    )


def _counting(one: RequirementFound, names: Names) -> Html:
    """Name what counts; of many only their numbers, in order: the names stand elsewhere on the page."""
    several = [(OutcomeId(by.holding), named(by.name)) for by in one.by]
    if len(several) <= _NAMED_MAX:
        return joined(*(tag("div", names.outcomes.get(id) or name) for id, name in several))
    order = {id: number for number, id in enumerate(names.numbers)}
    several.sort(key=lambda each: order.get(each[0], len(order)))
    return joined(*(joined(names.numbers.get(id) or name, plain(" ")) for id, name in several))


def _numbers(one: RequirementFound, names: Names) -> Iterator[Html]:
    if one.standing != "not-for-you":
        if one.need is not None:
            yield joined(plain(f"{number_text(one.have)} / {number_text(one.need)} "), both("学分", "credits"))
        if one.need_courses is not None:
            unit = ("项", "parts") if one.parts else ("门", "courses")
            yield joined(plain(f"{one.have_courses} / {one.need_courses} "), both(*unit))
    for floor in one.floors:
        yield _floor(floor)
    for outcome, field in one.undecided:
        zh, en = FIELDS.get(field, (field, field))
        of = [plain(" "), names.outcomes.get(OutcomeId(outcome)) or named(outcome)] if outcome else []
        yield joined(both(f"缺少材料:{zh}", f"wants {en} ({field})"), *of)


def _floor(floor: FloorFound) -> Html:
    zh, en = {"at_least": ("至少", "at least"), "at_most": ("至多", "at most")}[floor.test]
    sign = "✓" if floor.met else "✗"
    need, have = number_text(floor.need), number_text(floor.have)
    return both(f"{sign} 其中{zh} {need} 学分,现有 {have}", f"of these {en} {need} credits; now {have}")


def _step(one: Step, labels: Mapping[str, Html]) -> tuple[Html, ...]:
    course = " ".join(part for part in (one.course, one.name) if part) if one.course else ""
    counts = [tag("div", labels.get(each) or named(each)) for each in one.requirements]
    amount = [plain(number_text(one.credits))] if one.credits else []
    if not one.course and one.courses:
        amount.append(tag("div", both(f"{one.courses} 门课", f"{one.courses} courses")))
    return named(course) if course else both("凡计入者皆可", "any that counts"), joined(*amount), joined(*counts)


# --- the picture ------------------------------------------------------------------------------------------------------


def _picture(rows: Sequence[tuple[Html, Fraction, Fraction, Fraction | None]]) -> Html:
    """Draw a bar for each of (label, have, pending, need) that needs some: full where it is met. The numbers stand above it."""
    bars = [_bar(label, have, pending, need) for label, have, pending, need in rows if need][:BARS_MAX]
    return tag("ul", *bars, class_="bars", aria_label="进度 Progress") if bars else Html("")


def _bar(label: Html, have: Fraction, pending: Fraction, need: Fraction) -> Html:
    met = have >= need
    numbers = [plain(f": {number_text(have)} / {number_text(need)} "), both("学分", "credits")]
    if pending:
        numbers.append(both(f",审核中 {number_text(pending)}", f"and {number_text(pending)} pending"))
    filled, besides = (int(min(Fraction(1), part / need) * BAR_WIDTH) for part in (have, have + pending))
    percent = int(min(Fraction(1), have / need) * 100)
    whole = {"x": "0", "y": "0", "height": "10"}
    picture = tag(
        "svg",
        tag("title", plain(f"已达 {percent} % reached")),
        tag("rect", **whole, width=str(BAR_WIDTH), class_="rest"),
        *([tag("rect", **whole, width=str(besides), class_="next")] if pending else []),
        tag("rect", **whole, width=str(filled), class_="full" if met else "have"),
        viewBox=f"0 0 {BAR_WIDTH} 10",
        preserveAspectRatio="none",
        role="img",
        xmlns="http://www.w3.org/2000/svg",
    )
    return tag("li", tag("div", label, *numbers, *([plain(" ✓")] if met else [])), picture)
