"""``creditbank plan``: the best use of outcomes; of a case under a rule book, or of a learner's for a programme."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs
import click

from creditbank.bank.books import shelved
from creditbank.cli.auditing import programme_in
from creditbank.cli.deciding import case_file, decided_json, rule_book
from creditbank.cli.failure import needs_plan
from creditbank.cli.folder import folder_of, is_bank, opened
from creditbank.cli.read import day_of
from creditbank.cli.screen import Screen, say_json
from creditbank.cli.words import example, json_option
from creditbank.codec.payload import to_plain
from creditbank.codec.programme import programme_bytes, programme_digest
from creditbank.domain.credit import number_text
from creditbank.domain.degree.audit import Audit
from creditbank.domain.name import account_id
from creditbank.domain.rule import RuleBook
from creditbank.errors import MalformedError

if TYPE_CHECKING:
    from creditbank.planner.result import Plan
    from creditbank.planner.study import StudyPlan

__all__ = ["plan"]

OPEN: Final = {
    "row": "一行可有更多组合 a row can be met in more ways than were looked at",
    "candidates": "申请项过多 there are more items than were looked at",
    "joint": "更多成果可合并 more outcomes could be put together for one course",
    "pool": "多项成果可合并计入 outcomes could be put together where items are counted",
    "highest": "谁为最高取决于申请项 who is highest depends on the items asked for",
    "share": "较低者可部分计入 a lower outcome could be asked for in part",
    "counts": "计数因申请项而异 a limit counts something of one item and not of another",
    "size": "数目过大 numbers too large for the solver",
    "amounts": "或可少批 less of an item that was set aside might be granted",
    "rounds": "逐项试算未全批 the rules refused every plan that was tried",
    "solver": "求解器未得结果 the solver gave up",
    "ties": "同分方案次序未定 another plan of the same credits may come first",
    "stated": "曾另行陈述的成果未计 outcomes were left out of which an earlier application stated facts",
    "requirements": "毕业要求未证明最优 the requirements might be met with less",
    "forbids": "限制条款或可更少 a smaller set of clauses may forbid more",
}
"""What a plan leaves open, in words."""


_SIGNS: Final = {"at_least": "<", "at_most": ">"}


@click.command(
    short_help="Find the best use of outcomes: of a case, or of a learner's for a programme (规划).",
    epilog=example(
        "creditbank plan x-certificate-conversion case.json",
        "creditbank plan x-certificate-conversion case.json --json",
        "creditbank plan city $ACCOUNT --programme study.toml",
    ),
)
@click.argument("where", metavar="BOOK|BANK")
@click.argument("what", metavar="CASE|ACCOUNT")
@click.option("--programme", help="Plan for ACCOUNT of BANK: the programme's requirements, as for audit.")
@click.option("--on", "on", help="With --programme: the day of the application; today by default.")
@json_option
def plan(where: str, what: str, programme: str | None, on: str | None, as_json: bool) -> None:
    """
    Find which outcomes to use for which courses, so that most credits are granted (规划).

    BOOK and CASE are those of creditbank decide; the items that CASE asks for are ignored and may be left out. The rules
    decide the plan before it is shown, in several orders, and grant all of it. It says whether nothing better exists, and
    which clauses together forbid more. Of plans that grant as much, the one that uses the fewest outcomes, then the one
    whose items come first by their ids. Records nothing, needs no bank; needs the extra creditbank[plan].

    With --programme it plans for ACCOUNT of BANK, under every published rule book in force, for the courses of the programme
    that nothing stands for yet: first so that least is missing then, as creditbank audit counts it; then for most credits.
    With --json, what it plans are applications as creditbank convert takes them; their parties are to be added.
    """
    if programme is not None:
        _plan_study(where, what, programme, on, as_json)
        return
    if on is not None:
        raise MalformedError("--on without --programme", "plan", "the case says its day: leave --on out")
    if is_bank(where):
        raise MalformedError(f"{where} is a bank, and no rule book", "plan", "give --programme, what to plan toward")
    with needs_plan():
        from creditbank.planner.search import plan_case
    rules = rule_book(where)
    asked = case_file(what, rules)
    found = plan_case(rules, asked)
    if as_json:
        say_json(_plain(found))
        return
    screen = Screen()
    screen.title(f"{rules.title} ({rules.book}@{rules.version})")
    facts = asked.targets, asked.outcomes
    _print(
        screen,
        {rules.book: rules},
        found,
        {id: name for one in facts for id, said in one.items() if isinstance(name := said.get("name"), str)},
    )


def _plan_study(bank: str, account: str, programme: str, on: str | None, as_json: bool) -> None:
    folder, learner = folder_of(bank), account_id(account)
    asked = programme_in(programme)
    with needs_plan():
        from creditbank.planner.result import names_of
        from creditbank.planner.study import plan as ask_plan
    with opened(folder) as here:
        day = here.today() if on is None else day_of(on)
        known = here.known()
        found = ask_plan(known, learner, asked, shelved(known, here.store), day)
        names: dict[str, str] = {id: one.outcome.title for id, one in known.account(learner).outcomes.items()}
        books = [known.book(digest) for digest in found.books]
    if as_json:
        digest = programme_digest(programme_bytes(asked))
        say_json({"account": learner, "position": known.position, "digest": digest} | _plain_study(found))
        return
    names |= {course.id: course.name for one in found.applications for item in one.items for course in item.targets}
    screen = Screen()
    screen.title(f"{asked.head.title} ({found.programme}@{asked.head.version}), {found.on}")
    _print(screen, dict(zip(names_of(books), books, strict=True)), found.plan, names)
    screen.lines("", f"现缺 Missing now: {_missing(found.before)}", f"转换后尚缺 Missing then: {_missing(found.after)}")
    if found.unasked:
        screen.lines("", "未用办法 Rule books left out:", *(f"  {book}: {why}" for book, why in found.unasked))


# --- for programs -----------------------------------------------------------------------------------------------------


def _plain_study(found: "StudyPlan") -> dict[str, Any]:
    least = found.plan.least
    return _plain(found.plan) | {
        "programme": found.programme,
        "on": found.on.isoformat(),
        "before": _plain_missing(found.before),
        "after": _plain_missing(found.after),
        "least": None if least is None else {"credits": number_text(least[0]), "courses": least[1]},
        "applications": [to_plain(one) for one in found.applications],
        "unasked": [{"book": book, "why": why} for book, why in found.unasked],
    }


def _plain_missing(found: Audit) -> dict[str, Any] | None:
    if found.change is None:
        return None
    return {"credits": number_text(found.change.credits), "courses": found.change.courses, "complete": found.complete}


def _plain(plan: "Plan") -> dict[str, Any]:
    items = [
        {
            "id": one.item.id,
            "book": one.book,
            "sources": list(one.item.sources),
            "targets": [{"target": target, "credits": number_text(credits)} for target, credits in one.targets],
            "credits": number_text(one.credits),
        }
        | ({"ask": number_text(one.item.ask)} if one.item.ask is not None else {})
        for one in plan.items
    ]
    return {
        "system": plan.system,
        "items": items,
        "credits": number_text(plan.credits),
        "bound": None if plan.bound is None else number_text(plan.bound),
        "optimal": plan.optimal,
        "forbids": None if plan.forbids is None else [{"book": book, "clause": id} for book, id in plan.forbids],
        "barred": [attrs.asdict(one) for one in plan.barred],
        "open": list(plan.open),
        "decisions": [decided_json(one) for one in plan.decisions],
    }


# --- for people -------------------------------------------------------------------------------------------------------


def _print(screen: Screen, books: Mapping[str, RuleBook], plan: "Plan", names: Mapping[str, str]) -> None:
    headings = ("申请项 Item", "成果 Outcomes", "目标 Targets", "学分 Credits")
    rows = [
        (one.item.id, _named(one.item.sources, names), _named(one.item.targets, names), number_text(one.credits))
        for one in plan.items
    ]
    if rows:
        screen.table(headings, rows)
    screen.lines("", f"合计 Total: {number_text(plan.credits)} ({plan.system})", *_why(books, plan))
    screen.lines(
        *(
            f"未达 Short: {floor.code} ({book}): {number_text(floor.have)} {_SIGNS[floor.test]} {number_text(floor.need)}"
            for book, floor in plan.short
        )
    )
    screen.lines(*(f"未尽 Left open: {OPEN[key]}" for key in plan.open))
    if plan.barred:
        screen.lines("", "其余组合不可用 The other pairs are not eligible:")
        screen.lines(
            *(f"  {one.code} ({_clause(books, one.book, one.clause or '-')}): {one.ways}" for one in plan.barred)
        )


def _why(books: Mapping[str, RuleBook], plan: "Plan") -> list[str]:
    """Say what is certain about more."""
    if plan.forbids is None:
        bound = "无 none" if plan.bound is None else number_text(plan.bound)
        return [f"尚未证明最优,上限 Not known to be the best; no plan passes: {bound}"]
    if not plan.forbids:
        return ["最优:凡可用者皆已用 The best: everything that is eligible is used"]
    told = [
        f"  {_clause(books, name, clause.id)}: {clause.zh or clause.en or book.citation(clause.basis)}"
        for name, book in books.items()
        for clause in book.clauses
        if (name, clause.id) in plan.forbids
    ]
    return ["最优:下列条款合起来不许更多 The best; these clauses together forbid more:", *told]


def _clause(books: Mapping[str, RuleBook], book: str, clause: str) -> str:
    """Return what tells the clause from those of other books, where there are several."""
    return clause if len(books) == 1 else f"{book}:{clause}"


def _missing(found: Audit) -> str:
    if found.change is None:
        return "无法完成 it cannot be completed"
    if found.complete:
        return "无,可以毕业 nothing: complete"
    return f"{number_text(found.change.credits)} 学分 credits, {found.change.courses} 门课 courses"


def _named(ids: tuple[str, ...], names: Mapping[str, str]) -> str:
    return "、".join(f"{names[id]} ({id})" if names.get(id) else id for id in ids)
