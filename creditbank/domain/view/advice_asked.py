"""What the rule books say, on the page of advice: what to apply for, what each outcome is worth where, why not yet, and why."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import attrs

from creditbank.domain.credit import parse_number
from creditbank.domain.markup import Html, both, joined, link, named, plain, table, tag
from creditbank.domain.name import Digest, OutcomeId
from creditbank.domain.rule.explain_told import ToldItem
from creditbank.domain.view.advice_parts import Advice, Answer, Clause, Holding, Planned, PlannedUse, Studies

__all__ = ["Names", "amount", "anchors", "apply", "cited", "clauses", "notes", "reference", "says", "worth"]


@attrs.frozen
class Names:
    """What each outcome is called on the page, its number there, and each clause that some answer names, with its anchor."""

    outcomes: Mapping[OutcomeId, Html]
    numbers: Mapping[OutcomeId, Html]
    clauses: Mapping[tuple[Digest, str], tuple[str, Clause]]


def apply(studies: Studies, names: Names, *, asked: bool) -> Html:
    """
    Say, for each outcome that some rule book takes, the course that gives most credits, and by which clauses; each by itself.

    *asked*: the plan was asked for, and the learner is not enrolled in that programme.
    """
    about = tag("p", named(studies.programme), plain(", "), named(studies.school))
    no_plan = (
        "没有为这个专业作出一起申请的方案:没有所查专业的学籍。",
        "No plan was made for this programme: the enrolment is not in the one that was asked about.",
    )
    best = list(_best(studies.answers))
    if not best:
        said = [("目前没有可以申请的。", "There is nothing to apply for at present."), *([no_plan] if asked else [])]
        return joined(about, *(tag("p", both(*words)) for words in said), *notes(studies))
    headings = (("成果", "Outcome"), ("课程", "Course"), ("学分", "Credits"), ("办法", "Rules"))
    rows = [
        (names.outcomes[one.outcome], _course(one), amount(one), joined(named(one.book), *clauses(one, names)))
        for one in best
    ]
    alone = (
        "每一行都是单独试算;一起申请时,共同的上限可能使其中几项不能获准。",
        "Each line was worked out by itself; applied for together, some may pass a limit that they share.",
    )
    get_plan = (
        "要知道一起申请的最佳方案,请学校按专业要求(--programme)生成本页;这需要 creditbank[plan]。",
        "For the best use of all of them together, have the school make this page with the programme's requirements "
        "(--programme); that takes creditbank[plan].",
    )
    caption = both("每项成果最多可得", "The most that each outcome gives")
    below = [tag("p", both(*words)) for words in (alone, no_plan if asked else get_plan)]
    return joined(about, table(caption, headings, rows), *below, *notes(studies))


def _best(answers: Sequence[Answer]) -> Iterator[Answer]:
    """Yield the answer of most credits for each outcome and credit system; amounts of several systems compare with nothing."""
    found: dict[tuple[OutcomeId, str], Answer] = {}
    for one in answers:
        if one.course:
            first = found.setdefault((one.outcome, one.system), one)
            if _credits(one) > _credits(first):
                found[one.outcome, one.system] = one
    yield from found.values()


def _credits(one: Answer) -> Fraction:
    return parse_number(one.granted)


def _course(one: Answer) -> Html:
    return joined(named(one.course), *([tag("div", _others(one))] if one.others else []))


def _others(one: Answer) -> Html:
    return tag("span", both(f"另有 {one.others} 门可选", f"or one of {one.others} more"), class_="soft")


def amount(one: Answer | PlannedUse) -> Html:
    """Return the credits and what comes with them: the mode, a grade, what is forfeited."""
    alone = (one.course if isinstance(one, Answer) else one.courses[0], one.granted)  # said already
    zh, en = (
        [f"{label}: {value}" for label, value in told.facts if (label, value) != alone] for told in (one.zh, one.en)
    )
    facts = [tag("div", both(*each), class_="soft") for each in zip(zh, en, strict=True)]
    return joined(named(f"{one.granted} {one.system}"), *facts)


def clauses(one: Answer | PlannedUse, names: Names) -> Iterator[Html]:
    """Name the clauses that were asked; what they say stands once, at the end of the page."""
    asked = dict.fromkeys(each.clause for each in one.zh.asked)
    if asked:
        links = [joined(plain(" "), reference(one.digest, id, names)) for id in asked]
        yield tag("div", both("条款", "clauses"), *links, class_="soft")


def reference(digest: Digest, clause: str, names: Names) -> Html:
    """Name a clause, and lead to what it says where the page says it."""
    found = names.clauses.get((digest, clause))
    return named(clause) if found is None else link(found[0], named(clause))


# --- what it is worth where -------------------------------------------------------------------------------------------


def worth(studies: Studies, holdings: Sequence[Holding], names: Names) -> Html:
    """Say of every outcome what each rule book gives for it, or that it gives nothing; then why not, and what to do next."""
    if not holdings or not studies.courses:
        return tag("p", both("没有可以试算的。", "There is nothing to work out."))
    rows = []
    for one in holdings:
        said = [_said(answer) for answer in studies.answers if answer.outcome == one.id]
        nothing = both("没有办法谈到它。", "No rule book speaks about it.")
        rows.append((names.outcomes[one.id], tag("ul", *said) if said else nothing))
    headings = (("成果", "Outcome"), ("各办法", "By rule book"))
    caption = both("每项成果按每个办法单独可得", "What each rule book gives for each outcome, by itself")
    return joined(table(caption, headings, rows), *_refused(studies.answers, names))


def _said(one: Answer) -> Html:
    if one.course:
        amount = tag("strong", plain("✓ "), named(f"{one.granted} {one.system}"), class_="yes")
        others = [plain(" "), _others(one)] if one.others else []
        return tag("li", amount, plain(" → "), named(one.course), *others, _under(one))
    undecided = one.zh.code.startswith("missing.")
    answer = joined(plain("… "), both("待补", "not yet")) if undecided else joined(plain("✗ "), both("不能", "none"))
    why = both(*(told.why[0] for told in (one.zh, one.en)))
    return tag("li", tag("strong", answer, class_="soft" if undecided else "no"), plain(" "), why, _under(one))


def _under(one: Answer) -> Html:
    return joined(plain(" "), tag("span", plain("— "), named(one.book), class_="soft"))


def _refused(answers: Sequence[Answer], names: Names) -> Iterator[Html]:
    """Say why not, each reason once, with the outcomes of which it is."""
    found: dict[tuple[object, ...], list[Answer]] = {}
    for one in answers:
        if not one.course:
            reason = (one.digest, one.zh.code, one.zh.source, one.zh.why, one.en.why, one.zh.next)
            found.setdefault(reason, []).append(one)
    if found:
        yield tag("h3", both("目前不能申请的,为什么", "What cannot be applied for yet, and why"))
    for several in found.values():
        one = several[0]
        first, *rest = (both(zh, en) if zh != en else named(zh) for zh, en in _paired(one.zh.why, one.en.why))
        following = [tag("div", plain("→ "), both(zh, en)) for zh, en in _paired(one.zh.next, one.en.next)]
        yield tag("h4", first, plain(" "), tag("code", plain(one.zh.code)))
        yield tag(
            "div", *(tag("div", each) for each in rest), tag("div", _rules(one, names), class_="soft"), *following
        )
        yield tag("ul", *(_lacking(each, names) for each in several))


def _paired(zh: Sequence[str], en: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what is told in Chinese with the same in English: both tell the same things, in the same order."""
    yield from zip(zh, en, strict=True)


def _rules(one: Answer, names: Names) -> Html:
    source = one.zh.source
    if source is None:
        return named(one.book)
    clause = reference(one.digest, source.clause, names)
    return joined(named(one.book), plain(", "), both("条款", "clause"), plain(" "), clause)


def _lacking(one: Answer, names: Names) -> Html:
    parts = [names.outcomes[one.outcome]]
    if one.nearest:
        parts += [plain("; "), both("最接近的课程", "nearest course"), plain(" "), named(one.nearest)]
    for zh, en in zip(one.zh.numbers, one.en.numbers, strict=True):
        parts += [plain("; "), both(str(zh), str(en))]
    return tag("li", *parts)


def notes(studies: Studies) -> Iterator[Html]:
    """Say what could not be asked, and why."""
    if studies.courses is None:
        yield tag(
            "p",
            both(
                "学校没有公布适用于您的培养方案,所以无法试算课程。",
                "No curriculum that holds for you is published, so no courses could be asked about.",
            ),
        )
    for book, why in studies.silent:
        reason = tag("span", named(why), lang="en")
        yield tag("p", both("未能试算", "could not be asked"), plain(": "), named(book), plain(" — "), reason)
    if studies.unasked:
        yield tag("p", both(f"另有 {studies.unasked} 项没有试算。", f"{studies.unasked} more were not worked out."))


# --- the clauses that are cited ---------------------------------------------------------------------------------------


def cited(advice: Advice, names: Names) -> Html:
    """List the clauses that the page names, book by book, with what they say and where that stands; empty where there are none."""
    parts = []
    for rules in advice.rules:
        clauses = [
            _clause(*names.clauses[rules.digest, one.id])
            for one in rules.clauses
            if (rules.digest, one.id) in names.clauses
        ]
        if clauses:
            parts += [tag("h3", named(rules.book)), tag("ul", *clauses)]
    return joined(*parts)


def _clause(anchor: str, one: Clause) -> Html:
    source = tag("div", named(one.citation), class_="soft")
    return tag("li", tag("strong", named(one.id)), plain(" "), says(one), source, id=anchor)


def says(one: Clause) -> Html:
    """Return what a clause says, in the languages that its book has."""
    zh = [named(one.zh), plain(" ")] if one.zh else []
    en = [tag("span", named(one.en), lang="en")] if one.en and one.en != one.zh else []
    return joined(*zh, *en)


def anchors(advice: Advice, plan: Planned | None) -> Mapping[tuple[Digest, str], tuple[str, Clause]]:
    """Name the places of the clauses that some answer, or the plan, names."""
    cites = {(one.digest, clause) for studies in advice.studies for one in studies.answers for clause in _cites(one.zh)}
    if plan is not None:
        cites |= {(one.digest, clause) for one in plan.items for clause in _cites(one.zh)}
        cites.update(plan.forbids or ())
    return {
        (rules.digest, clause.id): (f"rule-{book}-{number}", clause)
        for book, rules in enumerate(advice.rules, 1)
        for number, clause in enumerate(rules.clauses, 1)
        if (rules.digest, clause.id) in cites
    }


def _cites(told: ToldItem) -> Iterator[str]:
    if told.granted:
        yield from (each.clause for each in told.asked)
    elif told.source is not None:
        yield told.source.clause
