"""``creditbank audit``: what a programme still asks of a learner (毕业审核)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from creditbank.cli.failure import needs_plan
from creditbank.cli.folder import folder_of, opened
from creditbank.cli.read import STDIN, day_of, text_of
from creditbank.cli.screen import Screen, say_json
from creditbank.cli.words import account_word, bank_word, example, json_option
from creditbank.codec.audit import audit_dict
from creditbank.codec.programme import programme_bytes, programme_digest, programme_from, read_programme
from creditbank.domain.credit import number_text
from creditbank.domain.degree.audit import Audit, EarlyFound, RequirementFound
from creditbank.domain.degree.requirement import DegreeProgramme
from creditbank.domain.name import account_id

__all__ = ["audit"]

STANDINGS: Final = {
    "met": "已满足 met",
    "missing": "未满足 missing",
    "not-needed": "不需要 not needed",
    "not-for-you": "不适用 not for this learner",
}


@click.command(
    short_help="Say what a programme still asks of a learner (毕业审核).",
    epilog=example(
        "creditbank audit city $ACCOUNT --programme programme.toml",
        "creditbank audit city $ACCOUNT --programme programme.toml --json",
    ),
)
@bank_word
@account_word
@click.option(
    "--programme",
    required=True,
    help="The programme's requirements: TOML, or their canonical bytes; - for standard input.",
)
@click.option("--on", "on", help="The day of the audit; today by default.")
@json_option
def audit(bank: str, account: str, programme: str, on: str | None, as_json: bool) -> None:
    """
    Say what a programme asks for, what of it ACCOUNT meets and by what, and the least that completes it (毕业审核).

    An outcome counts in one requirement, unless the document lets it be shared; of all ways to let outcomes count, it is the one
    that leaves the fewest credits to earn, then the fewest courses. Records nothing. Outcomes that were converted count as
    the courses they became. Needs creditbank[plan].
    """
    folder, learner = folder_of(bank), account_id(account)
    asked = programme_in(programme)
    with needs_plan():
        from creditbank.planner.degree import degree_audit
    with opened(folder) as here:
        day = here.today() if on is None else day_of(on)
        known = here.known()
        found = degree_audit(known, learner, asked, day)
    if as_json:
        digest = programme_digest(programme_bytes(asked))
        say_json({"account": learner, "position": known.position, "digest": digest} | audit_dict(found))
    else:
        _print(found)


def programme_in(word: str) -> DegreeProgramme:
    """
    Return the requirements in the file *word*.

    Raises:
        StoreError: It cannot be read.
        MalformedError: It is not one.
    """
    text = text_of(word)
    if text.lstrip().startswith("{"):
        return programme_from(text.strip().encode())
    return read_programme(text, name="programme" if word == STDIN else Path(word).name)


# --- what is shown ----------------------------------------------------------------------------------------------------


def _print(found: Audit) -> None:
    screen = Screen()
    screen.title(f"{found.title} ({found.programme}@{found.version}), {found.on}")
    headings = ("要求 Requirement", "结果 Result", "已有/需要 Have/need", "计入 Counted")
    screen.table(headings, list(_rows(found.requirement, 0)))
    screen.lines("", *_ending(found))
    if found.change is not None and found.change.steps:
        rows = [
            (
                step.course or "任选 any",
                step.name,
                number_text(step.credits),
                str(step.courses) if step.courses else "",
                "、".join((*step.requirements, *(f"{id} 下限 floor {number + 1}" for id, number in step.floors))),
            )
            for step in found.change.steps
        ]
        screen.table(("课程 Course", "名称 Name", "学分 Credits", "门数 Courses", "计入 Counts in"), rows, (2, 3))
    for one in found.unused:
        why = f": 缺 wants {one.field}" if one.field else ": 不计 does not count" if one.excluded else ""
        screen.lines(f"未计入 Not used: {one.name} ({one.holding}), {number_text(one.credits)}{why}")
    if found.early is not None:
        screen.lines(*_early(found.early))


def _ending(found: Audit) -> Iterator[str]:
    if found.complete:
        yield "可以毕业 Complete: 全部要求已满足 every requirement is met"
    elif found.change is None and found.proven:
        yield "无法完成 Impossible: 这些要求互相矛盾 the requirements contradict each other"
    elif found.change is not None:
        amount = f"{number_text(found.change.credits)} 学分 credits, {found.change.courses} 门课 courses"
        yield f"尚缺 Missing: {amount} ({found.system})"
    if not found.proven:
        yield "未能证明这是最少的 Not proven to be the least"
    if found.ends is not None:
        yield f"学制期满 Regular end: {found.ends}" + (" 可提前毕业 ahead of it" if found.ahead else "")


def _rows(one: RequirementFound, depth: int) -> Iterator[tuple[str, str, str, str]]:
    name = " ".join(part for part in (one.zh, one.en) if part) or one.id
    shared = " (可共用 shared)" if one.shares else ""
    counted = "、".join(by.name for by in one.by)
    yield "  " * depth + name + shared, STANDINGS[one.standing], "; ".join(_numbers(one)), counted
    for part in one.parts:
        yield from _rows(part, depth + 1)


def _numbers(one: RequirementFound) -> Iterator[str]:
    if one.standing == "not-for-you":
        return
    if one.need is not None:
        yield f"{number_text(one.have)}/{number_text(one.need)} 学分 credits"
    if one.need_courses is not None:
        yield f"{one.have_courses}/{one.need_courses} {'项 parts' if one.parts else '门 courses'}"
    for floor in one.floors:
        sign = "≥" if floor.test == "at_least" else "≤"
        yield f"{number_text(floor.have)} {sign} {number_text(floor.need)}"
    for outcome, field in one.undecided:
        yield f"缺 wants {field} {outcome}".rstrip()


def _early(early: EarlyFound) -> Iterator[str]:
    since = "入学日期未知 entry not known" if early.since is None else f"自 from {early.since}"
    yield f"提前毕业 Early graduation: {'可以 eligible' if early.eligible else '不可以 not eligible'}, {since}"
    for one in early.requirement.walk():
        for numbers in _numbers(one):
            yield f"  {' '.join(part for part in (one.zh, one.en) if part) or one.id}: {numbers}"
