"""The plan on the page of advice is what the bank grants; why, what else, and what is missing are said as they are."""

import re
import xml.etree.ElementTree as ElementTree
from fractions import Fraction

import attrs
import pytest
from advice_pages import COURSES, deposit, programme, town_of

import creditbank as cb
from creditbank.bank.books import shelved
from creditbank.domain.credit import number_text
from creditbank.domain.degree.audit import Audit, Counted, FloorFound, Step
from creditbank.domain.event import Applied
from creditbank.domain.name import OutcomeId
from creditbank.domain.view.advice_parts import Advice, Planned
from creditbank.planner.advised import planned
from creditbank.rulebooks import read
from creditbank.testing.town import Town


@attrs.frozen
class Asked:
    """A learner who asked: what there is, what is missing, what to apply for."""

    town: Town
    advice: Advice
    audit: Audit
    study: cb.StudyPlan
    plan: Planned

    def page(self, **changed: object) -> str:
        return told(cb.advice_page(self.advice, self.audit, attrs.evolve(self.plan, **changed)))


def asked(town: Town, credits: str = "20") -> Asked:
    known, today = town.bank.known(), town.bank.today()
    books, wanted = shelved(known, town.bank.store), programme(credits)
    study = cb.plan(known, town.learner, wanted, books, today)
    advice = cb.advise(known, town.learner, books, today)
    audit = cb.degree_audit(known, town.learner, wanted, today)
    return Asked(town, advice, audit, study, planned(known, study))


def told(text: str) -> str:
    tree = ElementTree.fromstring(text.partition("\n")[2])
    return " ".join(" ".join(tree.find("body").itertext()).split())  # type: ignore[union-attr] # it has one


def learner() -> Asked:
    """Return one with a certificate for several courses, and one for a small one."""
    town = town_of(COURSES[:4])
    deposit(town, town.certificate("中级", "10"))
    deposit(town, town.certificate("初级", "4"))
    deposit(town, town.certificate("初级", "1.5"))
    return asked(town)


LEARNER = learner()


def test_what_the_page_plans_is_what_the_bank_grants() -> None:
    here = learner()
    town, bank = here.town, here.town.bank
    assert here.plan.items
    granted = Fraction(0)
    for application in here.study.applications:
        whole = attrs.evolve(application, parties=(("academic-affairs", town.college), ("college", town.college)))
        applied = bank.record(town.request(town.college), cb.convert, town.learner, whole).event
        assert isinstance(applied, Applied)
        for result in applied.decision.results:
            assert result.granted is not None
            granted += result.granted
        for _ in range(2):
            bank.record(town.request(town.college), cb.agree, town.learner, applied.id)
    assert sum(Fraction(item.granted) for item in here.plan.items) == granted == Fraction(here.plan.credits)
    after = cb.degree_audit(bank.known(), town.learner, programme("20"), bank.today())
    assert after.change == here.plan.after.change


def test_the_page_says_the_plan_with_its_clauses() -> None:
    text = LEARNER.page()
    assert "一起申请这些 Apply for these together" in text
    assert f"合计 In all : {LEARNER.plan.credits} 高职学分" in text
    assert f"现在一起申请可得 {LEARNER.plan.credits} 高职学分" in text
    assert "每项成果最多可得" not in text, "what each gives by itself stands under what it is worth"
    for item in LEARNER.plan.items:
        assert all(course in text for course in item.courses)
        assert item.zh.asked
    left = LEARNER.plan.after.change
    assert left is not None
    assert f"全部获准以后 Once all of it is granted : 最少还差 {number_text(left.credits)} 学分" in text


@pytest.mark.parametrize(
    ("changed", "words", "never"),
    [
        ({"optimal": True, "forbids": ()}, "凡可用者皆已用", "合起来不许更多"),
        ({"optimal": True, "forbids": None}, "没有更好的方案。", "合起来不许更多"),
        ({"optimal": False, "bound": "9", "forbids": None}, "不会超过 9。", "凡可用者皆已用"),
        ({"optimal": False, "bound": "", "forbids": None}, "未能证明没有更好的方案", "不会超过"),
        ({"items": (), "optimal": True}, "现在申请什么都不会更好", "一起申请这些"),
        ({"items": (), "optimal": False}, "没有找到值得申请的", "现在申请什么都不会更好"),
        ({"code": "other"}, "没有为这个专业作出一起申请的方案", "一起申请这些"),
    ],
)
def test_no_more_is_claimed_than_is_known(changed: dict[str, object], words: str, never: str) -> None:
    text = LEARNER.page(**changed)
    assert words in text
    assert never not in text


def test_the_clauses_that_forbid_more_are_named_and_said() -> None:
    (digest,) = (rules.digest for rules in LEARNER.advice.rules)
    silent = next(one for one in LEARNER.advice.rules[0].clauses if one.id == "3.1")
    plan = attrs.evolve(LEARNER.plan, items=(), optimal=True, forbids=((digest, "3.1"),))
    bare = attrs.evolve(LEARNER.advice.studies[0], answers=())
    text = cb.advice_page(attrs.evolve(LEARNER.advice, studies=(bare,)), LEARNER.audit, plan)
    assert "下列条款合起来不许更多" in told(text)
    assert told(text).count(silent.zh) == 2, "with the plan, and among the rules"
    (way,) = re.findall(r'href="#(rule-[^"]*)"', text)
    assert f'id="{way}"' in text
    assert silent.zh in told(text)
    assert silent.citation in told(text)


def test_without_a_plan_the_page_says_how_to_get_one() -> None:
    text = told(cb.advice_page(LEARNER.advice, None))
    assert "creditbank[plan]" in text
    assert "每项成果最多可得 The most that each outcome gives" in text


# --- what it is worth where ---------------------------------------------------------------------------------------------


def test_outcomes_of_one_name_are_told_apart() -> None:
    text = told(cb.advice_page(LEARNER.advice, None))
    for name in ("1. 数字影像处理 · 中级", "2. 数字影像处理 · 初级", "3. 数字影像处理 · 初级"):
        assert text.count(name) >= 2, "where there is one, and where it is worth something"


def test_every_answer_stands_under_what_it_is_worth() -> None:
    town = town_of(COURSES[:4])
    for credits in ("10", "3.5", "3.5"):
        deposit(town, town.certificate("中级", credits))
    town.bank.publish(town.request(town.college), read("gdpt-continuing-education"))
    deposit(
        town,
        cb.Training(title="家政培训", issuer=town.assessor, achieved_on=town.bank.today(), hours=8, category="家政"),
    )
    here = asked(town)
    text = cb.advice_page(here.advice, None)
    answers = here.advice.studies[0].answers
    assert len({one.digest for one in answers}) == 2
    worth = told(text).partition("每项成果按每个办法单独可得")[2].partition("目前不能申请的,为什么")[0]
    for sign, several in (
        ("✓", [one for one in answers if one.course]),
        ("✗", [one for one in answers if not one.course and not one.zh.code.startswith("missing.")]),
        ("…", [one for one in answers if one.zh.code.startswith("missing.")]),
    ):
        assert worth.count(sign) == len(several)
    reasons = [one.zh.why[-1] for one in answers if one.zh.code == "cap.bank-value"]
    assert len(reasons) == 2
    assert told(text).count("cap.bank-value") == 1, "a reason is said once, with every outcome of which it is"


def test_an_outcome_of_which_nobody_speaks_is_listed_with_that() -> None:
    bare = attrs.evolve(LEARNER.advice.studies[0], answers=())
    text = told(cb.advice_page(attrs.evolve(LEARNER.advice, studies=(bare,)), None))
    assert text.count("没有办法谈到它") == 3


def test_the_most_that_an_outcome_gives_is_of_its_best_book() -> None:
    (first, *_) = (one for one in LEARNER.advice.studies[0].answers if one.course)
    more = attrs.evolve(first, granted="99", course="大课", book="另一办法")
    for answers in ((first, more), (more, first)):
        bent = attrs.evolve(LEARNER.advice.studies[0], answers=answers)
        best = told(cb.advice_page(attrs.evolve(LEARNER.advice, studies=(bent,)), None))
        best = best.partition("每项成果最多可得")[2].partition("每一行都是单独试算")[0]
        assert "大课" in best
        assert best.count("数字影像处理") == 1


def test_who_is_enrolled_nowhere_is_told_so() -> None:
    assert "当日没有在读的专业" in told(cb.advice_page(attrs.evolve(LEARNER.advice, studies=()), None))


# --- what is missing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("have", "sign"), [(59, "✗"), (60, "✓"), (61, "✓")])
def test_a_share_is_told_with_what_there_is(have: int, sign: str) -> None:
    floor = FloorFound(Fraction(have), "at_least", Fraction(60), Fraction(100))
    root = attrs.evolve(LEARNER.audit.requirement, floors=(floor,))
    text = told(cb.advice_page(LEARNER.advice, attrs.evolve(LEARNER.audit, requirement=root)))
    assert f"{sign} 其中至少 60 学分,现有 {have}" in text


def test_what_could_not_be_decided_names_the_field_and_the_outcome() -> None:
    one = LEARNER.advice.holdings[1].id
    undecided = ((str(one), "source.grade"), ("", "learner.entry"))
    root = attrs.evolve(LEARNER.audit.requirement, undecided=undecided)
    text = told(cb.advice_page(LEARNER.advice, attrs.evolve(LEARNER.audit, requirement=root)))
    assert "缺少材料:成果成绩 wants grade of the outcome (source.grade) 2. 数字影像处理 · 初级" in text
    assert "缺少材料:learner.entry" in text


@pytest.mark.parametrize("many", [5, 6])
def test_of_many_that_count_only_the_numbers_are_named(many: int) -> None:
    (one,) = LEARNER.advice.holdings[:1]
    holdings = tuple(attrs.evolve(one, id=OutcomeId(f"lot:{number}"), title=f"成果{number}") for number in range(many))
    counted = tuple(Counted(each.id, "", Fraction(1)) for each in reversed(holdings))
    root = attrs.evolve(LEARNER.audit.requirement, by=counted, parts=())
    advice = attrs.evolve(LEARNER.advice, holdings=holdings, studies=())
    text = told(cb.advice_page(advice, attrs.evolve(LEARNER.audit, requirement=root)))
    text = text.partition("逐项要求")[2].partition("您有什么")[0]
    assert ("成果0" in text) == (many == 5)
    if many == 6:
        assert "1. 2. 3. 4. 5. 6." in text


@pytest.mark.parametrize(
    ("credits", "courses", "words"),
    [(8, 0, "最少还差 8 学分。"), (0, 2, "最少还差 2 门课。"), (8, 1, "最少还差 8 学分、1 门课。")],
)
def test_what_is_missing_is_said_in_a_line(credits: int, courses: int, words: str) -> None:
    step = Step("", "", Fraction(credits), courses, ("all",), ())
    change = attrs.evolve(LEARNER.audit.change, credits=Fraction(credits), courses=courses, steps=(step,))
    text = told(cb.advice_page(LEARNER.advice, attrs.evolve(LEARNER.audit, change=change)))
    assert words in text
    assert "凡计入者皆可 any that counts" in text
    assert "总学分 credits in all" in text
