"""
``explain``: a decision and its workings as people read them, in Chinese or English. Plain text.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final, Literal

from creditbank.domain.credit import number_text
from creditbank.domain.rule.decision import Compared, Decision, ItemResult, Measured, Working
from creditbank.domain.rule.field import namespace_of, value_text

__all__ = ["Language", "explain"]

Language = Literal["zh", "en"]
_Words = tuple[str, str]

_TESTS: Final[Mapping[str, _Words]] = {
    "is": ("应为", "should be"),
    "not": ("不应为", "should not be"),
    "at_least": ("应不低于", "should be at least"),
    "at_most": ("应不超过", "should be at most"),
    "above": ("应高于", "should be above"),
    "below": ("应低于", "should be below"),
    "once": ("只能使用一次,已用于", "may be used once, and was used by"),
    "present": ("是否应有", "should be there:"),
    "multiple of": ("应为其整数倍:", "should be a multiple of"),
    "none": ("不予转换,原因:", "stands for nothing:"),
    "map": ("没有对应规则转换为", "no row leads to"),
    "one of": ("须从中指明一项:", "one must be named of"),
    "worth": ("没有计值规则", "no clause says its worth"),
    "highest": ("低于同组最高者", "is lower than the highest of its group,"),
    "earlier": ("同组较低者此前已认定:", "a lower one of its group was granted before, by"),
}

_FAMILIES: Final[Mapping[str, _Words]] = {
    "book": ("办法不适用", "the rule book does not apply"),
    "item": ("申请项不符", "the item cannot be asked for so"),
    "missing": ("材料不全,尚不能决定", "not decidable yet"),
    "map": ("无对应转换规则", "no rule of conversion fits"),
    "gate": ("不符合条件", "a condition is not met"),
    "worth": ("学分不足或无法计值", "the worth does not suffice or cannot be told"),
    "score": ("成绩未达合格线", "the mark is below the pass mark"),
    "highest": ("同组只计最高,不重复计算", "only the highest of a group counts"),
    "once": ("不得重复使用", "it may be used only once"),
    "floor": ("未达到总量或比例要求", "a total or a share is not reached"),
    "cap": ("超过上限", "a limit would be passed"),
}

_SUPPLIERS: Final[Mapping[str, _Words]] = {
    "source": ("存入该成果的机构", "the institution that deposited the outcome"),
    "target": ("开设课程的学校", "the school that offers the target"),
    "pair": ("接收学校", "the receiving school"),
    "item": ("申请人", "the applicant"),
    "learner": ("学籍所在学校", "the school of enrolment"),
    "programme": ("学籍所在学校", "the school of enrolment"),
    "application": ("受理申请的机构", "the institution that files the application"),
    "earlier": ("学分银行", "the bank"),
}

_SAID: Final[Mapping[str, _Words]] = {
    "passed": ("符合", "passed"),
    "silent": ("不涉及", "does not speak"),
    "refused": ("不符合", "refused"),
    "missing": ("待补", "missing"),
    "waived": ("准予豁免", "waived"),
    "valued": ("计值", "valued"),
    "trimmed": ("核减", "trimmed"),
    "set": ("适用", "applied"),
    "short": ("尚缺", "short"),
}

_MODES: Final[Mapping[str, _Words]] = {
    "credit": ("免修免考", "exempt, with credit"),
    "waive": ("免修,不计学分", "waived, without credit"),
    "waive-attendance": ("免修不免考", "exempt from attendance, not from the examination"),
}


def explain(decision: Decision, workings: Sequence[Working], *, language: Language = "zh") -> str:
    """
    Return *decision* as text: item by item, the result, why, the source, and every clause that was asked.

    *workings* are those of :func:`workings` for the same book and case; without them the clauses are left out.
    """
    at = ("zh", "en").index(language)
    lines: list[str] = []
    for result in decision.results:
        lines.extend(_result(result, at))
        lines.extend(_working(row, at) for row in workings if row.item == result.item)
    for total in decision.totals:
        name = total.category or ("合计", "Total")[at]
        lines.append(f"{name}: {number_text(total.credits)} ({total.system})")
    lines.extend(_floor(one, at) for one in decision.short if not any(one in each.floors for each in decision.results))
    lines.extend(_working(row, at) for row in workings if not row.item)
    return "\n".join(lines) + "\n"


def _result(result: ItemResult, at: int) -> Iterator[str]:
    if result.refused is not None:
        yield from _refusal(result, at)
        return
    assert result.granted is not None, "what is not refused is granted"
    yield f"{result.item}: " + ("准予", "granted")[at] + f" {number_text(result.granted)}"
    for target, credits in result.targets:
        yield f"  → {target}: {number_text(credits)}"
    if result.mode:
        yield "  " + ("方式: ", "mode: ")[at] + _MODES[result.mode][at]
    if result.grade:
        yield "  " + ("成绩: ", "grade: ")[at] + result.grade
    if result.score is not None:
        yield "  " + ("加权分: ", "mark: ")[at] + number_text(result.score)
    amounts: tuple[tuple[_Words, Fraction], ...] = (
        (("结余保留", "kept"), result.kept),
        (("结余作废", "forfeited"), result.forfeited),
        (("舍入", "rounded"), result.rounded),
    )
    for words, amount in amounts:
        if amount:
            yield f"  {words[at]}: {number_text(amount)}"
    for declined in result.declined:
        words = ("核减", "declined")
        yield f"  {words[at]}: {number_text(declined.credits)} ({declined.code}, {declined.clause})"
    for target, credits in result.make_up:
        yield "  " + ("需补修", "to make up")[at] + f" {target}: {number_text(credits)}"
    for clause in result.waived:
        yield "  " + ("已豁免条款", "waived clause")[at] + f" {clause}"
    if result.level_points is not None:
        yield "  " + ("等级学分点: ", "credit points (credits times level): ")[at] + number_text(result.level_points)
    yield from _also_said(result, at)


def _also_said(result: ItemResult, at: int) -> Iterator[str]:
    """Say what a granted and a refused item may both have: floors, declined lines, effects."""
    for one in result.floors:
        yield "  " + _floor(one, at)
    for line in result.declined_lines:
        compared = "; ".join(_comparison(one, at) for one in line.compared)
        words = ("不计入", "does not count:")[at]
        yield "  " + " — ".join(
            part for part in (f"{words} {line.source} ({line.code}, {line.clause})", compared) if part
        )
    for effect in result.effects:
        yield "  " + ("同时: ", "also: ")[at] + f"{effect.name} = {value_text(effect.value)} ({effect.clause})"


def _floor(one: Measured, at: int) -> str:
    said = ("达到", "met") if one.met else ("未达到", "not met")
    share = "" if not one.base else f" ({_percent(one.have / one.base)} / {number_text(one.base)})"
    test = _TESTS[one.test][at]
    text = f"{one.clause}: {said[at]} — {one.measure} {number_text(one.have)}{share} — {test} {number_text(one.need)}"
    lacks = ("差", "short by") if one.test == "at_least" else ("超出", "over by")
    return text if one.met else f"{text} — {lacks[at]} {number_text(abs(one.need - one.have))}"


def _percent(share: Fraction) -> str:
    """Write a share for people, cut after one place: 101/170 is 59.4 %, never 59.5 %."""
    tenths = share.numerator * 1000 // share.denominator
    return f"{tenths // 10}.{tenths % 10} %"


def _refusal(result: ItemResult, at: int) -> Iterator[str]:
    assert result.refused is not None, "asked of refusals alone"
    family, _, slug = result.refused.partition(".")
    yield f"{result.item}: " + ("不予准予", "refused")[at] + f" — {_FAMILIES[family][at]} ({result.refused})"
    for one in result.compared:
        yield f"  {_comparison(one, at)}"
    if family == "missing":
        supplier = _SUPPLIERS.get(namespace_of(slug))
        if supplier is not None:
            yield "  " + (f"缺少 {slug},请由{supplier[0]}补充", f"{slug} is missing; ask {supplier[1]}")[at]
    if result.clause:
        yield "  " + ("依据: ", "basis: ")[at] + f"{result.clause} — {result.basis}"
    if result.also:
        yield "  " + ("另有: ", "also: ")[at] + "、".join(result.also)
    yield from _also_said(result, at)


def _comparison(one: Compared, at: int) -> str:
    have = one.have or ("(无)", "(nothing)")[at]
    test = one.test.removeprefix("forbidden ")
    words = _TESTS.get(test, (test, test))[at]
    if test != one.test:
        words = ("不得符合: ", "must not be so: ")[at] + words
    return f"{one.what} {have} — {words} {one.limit}".rstrip()


def _working(row: Working, at: int) -> str:
    said = _SAID[row.said][at]
    seen = "; ".join(f"{field} = {value or ('(无)', '(nothing)')[at]}" for field, value in row.saw)
    compared = "; ".join(_comparison(one, at) for one in row.compared)
    text = (row.zh, row.en)[at]
    parts = [f"  · {row.kind} {row.clause} [{row.basis}]" if row.clause else f"  · {row.kind}", said, row.code]
    return " — ".join(part for part in (*parts, text, seen, compared) if part)
