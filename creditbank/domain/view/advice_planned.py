"""The plan, on the page of advice: what to apply for together, why that, and what is missing then."""

from collections.abc import Iterator

from creditbank.domain.markup import Html, both, joined, named, plain, table, tag
from creditbank.domain.name import Digest
from creditbank.domain.view.advice_asked import Names, amount, clauses, notes, reference, says
from creditbank.domain.view.advice_missing import verdict
from creditbank.domain.view.advice_parts import Planned, PlannedUse, Studies

__all__ = ["nothing", "together"]


def together(studies: Studies, plan: Planned, names: Names) -> Html:
    """Say what to apply for together, for the programme of *studies*; how much that is; what forbids more; what is missing then."""
    about = tag("p", named(studies.programme), plain(", "), named(studies.school))
    if not plan.items:
        return joined(about, tag("p", nothing(plan)), *_why(plan, names), *notes(studies))
    headings = (("成果", "Outcome"), ("课程", "Course"), ("学分", "Credits"), ("办法", "Rules"))
    order = {id: number for number, id in enumerate(names.outcomes)}
    rows = [_use(one, names) for one in sorted(plan.items, key=lambda one: order[one.outcomes[0]])]
    total = tag("strong", both("合计", "In all"), plain(": "), named(f"{plan.credits} {plan.system}"))
    caption = both("一起申请这些", "Apply for these together")
    chosen = (
        "先看转换后离毕业差得最少,再看学分最多。",
        "Chosen so that least is missing for graduation then; after that, for most credits.",
    )
    then = tag("p", both("全部获准以后", "Once all of it is granted"), plain(": "), verdict(plan.after))
    return joined(
        about,
        table(caption, headings, rows),
        tag("p", total),
        then,
        tag("p", both(*chosen)),
        *_why(plan, names),
        *notes(studies),
    )


def nothing(plan: Planned) -> Html:
    """Say that there is nothing to apply for, as far as that is certain."""
    if plan.optimal:
        return both("现在申请什么都不会更好。", "Nothing that could be applied for now would make it better.")
    return both("没有找到值得申请的。", "Nothing worth applying for was found.")


def _use(one: PlannedUse, names: Names) -> tuple[Html, ...]:
    outcomes = joined(*(tag("div", names.outcomes[id]) for id in one.outcomes))
    courses = joined(*(tag("div", named(course)) for course in one.courses))
    return outcomes, courses, amount(one), joined(named(one.book), *clauses(one, names))


def _why(plan: Planned, names: Names) -> Iterator[Html]:
    """Say what is certain about more."""
    if not plan.optimal:
        limit = (
            [plain(" "), both(f"不会超过 {plan.bound}。", f"Nothing gives more than {plan.bound}.")]
            if plan.bound
            else []
        )
        yield tag("p", both("未能证明没有更好的方案。", "It is not proven that nothing is better."), *limit)
    elif plan.forbids:
        listed = [tag("li", *_forbidding(digest, id, names)) for digest, id in plan.forbids]
        words = ("没有更好的方案;下列条款合起来不许更多", "Nothing is better; these clauses together forbid more")
        yield joined(tag("p", both(*words), plain(":")), tag("ul", *listed))
    elif plan.forbids is None:
        yield tag("p", both("没有更好的方案。", "Nothing is better."))
    else:
        yield tag("p", both("没有更好的方案:凡可用者皆已用。", "Nothing is better: all that can be used is used."))


def _forbidding(digest: Digest, clause: str, names: Names) -> Iterator[Html]:
    yield reference(digest, clause, names)
    found = names.clauses.get((digest, clause))
    if found is not None:
        yield joined(plain(" "), says(found[1]))
