"""``creditbank plan``: the best use of the outcomes in a case, under a rule book; no bank."""

from typing import TYPE_CHECKING, Any, Final

import click

from creditbank.cli.deciding import case_file, decided_json, rule_book
from creditbank.cli.screen import Screen, say_json
from creditbank.cli.words import example, json_option
from creditbank.domain.credit import number_text
from creditbank.domain.rule import Case, RuleBook
from creditbank.errors import StoreError

if TYPE_CHECKING:
    from creditbank.planner.result import Plan

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


@click.command(
    short_help="Find the best use of a case's outcomes under a rule book (规划).",
    epilog=example(
        "creditbank plan x-certificate-conversion case.json",
        "creditbank plan x-certificate-conversion case.json --json",
    ),
)
@click.argument("book", metavar="BOOK")
@click.argument("case", metavar="CASE")
@json_option
def plan(book: str, case: str, as_json: bool) -> None:
    """
    Find which outcomes of CASE to use for which of its targets under BOOK, so that most credits are granted (规划).

    BOOK and CASE are those of creditbank decide; the items that CASE asks for are ignored and may be left out. The rules
    decide the plan before it is shown, in several orders, and grant all of it. It says whether nothing better exists, and
    which clauses together forbid more. Of plans that grant as much, the one that uses the fewest outcomes, then the one
    whose items come first by their ids. Records nothing, needs no bank; needs the extra creditbank[plan].
    """
    try:
        from creditbank.planner.search import plan_case
    except ModuleNotFoundError as error:
        raise StoreError(f"{error.name} is not installed", 'run pip install "creditbank[plan]"') from None
    rules = rule_book(book)
    asked = case_file(case, rules)
    found = plan_case(rules, asked)
    if as_json:
        say_json(_plain(found))
    else:
        _print(rules, asked, found)


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
        "forbids": None if plan.forbids is None else list(plan.forbids),
        "barred": [{"code": one.code, "clause": one.clause, "ways": one.ways} for one in plan.barred],
        "open": list(plan.open),
        "decisions": [decided_json(one) for one in plan.decisions],
    }


def _print(book: RuleBook, case: Case, plan: "Plan") -> None:
    screen = Screen()
    screen.title(f"{book.title} ({book.book}@{book.version})")
    headings = ("申请项 Item", "成果 Outcomes", "目标 Targets", "学分 Credits")
    rows = [
        (one.item.id, _names(one.item.sources, case), _names(one.item.targets, case), number_text(one.credits))
        for one in plan.items
    ]
    if rows:
        screen.table(headings, rows)
    screen.lines("", f"合计 Total: {number_text(plan.credits)} ({plan.system})", *_why(book, plan))
    screen.lines(*(f"未尽 Left open: {OPEN[key]}" for key in plan.open))
    if plan.barred:
        screen.lines("", "其余组合不可用 The other pairs are not eligible:")
        screen.lines(*(f"  {one.code} ({one.clause or '-'}): {one.ways}" for one in plan.barred))


def _why(book: RuleBook, plan: "Plan") -> list[str]:
    """Say what is certain about more."""
    if plan.forbids is None:
        bound = "无 none" if plan.bound is None else number_text(plan.bound)
        return [f"尚未证明最优,上限 Not known to be the best; no plan passes: {bound}"]
    if not plan.forbids:
        return ["最优:凡可用者皆已用 The best: everything that is eligible is used"]
    clauses = {clause.id: clause for clause in book.clauses}
    told = [f"  {id}: {clauses[id].zh or clauses[id].en or book.citation(clauses[id].basis)}" for id in plan.forbids]
    return ["最优:下列条款合起来不许更多 The best; these clauses together forbid more:", *told]


def _names(ids: tuple[str, ...], case: Case) -> str:
    named = [(id, (case.outcomes.get(id) or case.targets.get(id) or {}).get("name")) for id in ids]
    return "、".join(f"{name} ({id})" if isinstance(name, str) and name else id for id, name in named)
