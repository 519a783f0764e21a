"""Advice to a learner: each answer is a quote, nothing is promised that is not so, and the page takes whatever names there are."""

import re
import xml.etree.ElementTree as ElementTree
from datetime import date, timedelta
from fractions import Fraction

import attrs
import pytest
from hypothesis import given, settings, strategies as st

import creditbank as cb
from creditbank.bank.books import shelved
from creditbank.codec.programme import read_programme
from creditbank.domain.curriculum import Curriculum, CurriculumCourse, Hours
from creditbank.domain.view import advice as asked
from creditbank.domain.view.advice import advise
from creditbank.domain.view.advice_missing import BAR_WIDTH, BARS_MAX
from creditbank.domain.view.advice_page import advice_page
from creditbank.domain.view.advice_parts import Advice, Studies
from creditbank.planner.degree import degree_audit
from creditbank.rulebooks import read
from creditbank.testing.town import COLLEGE_CREDIT, Town, small_town

COURSES = (
    ("a", "广告创意", "专业核心", "4"),
    ("b", "平面广告", "专业核心", "8"),
    ("c", "摄影", "专业基础", "4"),
    (None, "没有代码的课", "专业核心", "4"),
    ("e", "学分不是整份的课", "专业核心", "1/3"),
    ("b", "平面广告", "专业核心", "8"),
)
HOSTILE = '</title><script>alert(1)</script>"&<b>\u202egnp.exe\x00\ud800'


def curriculum(town: Town, courses: tuple[tuple[str | None, str, str, str], ...] = COURSES) -> Curriculum:
    rows = tuple(
        CurriculumCourse(
            code, name, "compulsory", (category,), None, Fraction(credits), Hours(None, ()), (), None, None, ()
        )
        for code, name, category, credits in courses
    )
    since, source = date(2024, 9, 1), "https://college.example.org/2024"
    return Curriculum(town.college, "550101", "2024", "艺术设计", "专科", "cn-college", since, rows, (), (), source)


def a_town(*, published: bool = True) -> Town:
    town = small_town()
    if published:
        town.bank.publish(town.request(town.college), curriculum(town))
    return town


def deposited(town: Town, outcome: cb.Outcome) -> str:
    return str(town.bank.record(town.request(town.assessor), cb.deposit, town.learner, outcome).event.id)


def advised(town: Town, on: date | None = None) -> Advice:
    known = town.bank.known()
    return advise(known, town.learner, shelved(known, town.bank.store), on or town.bank.today())


def studies(town: Town) -> Studies:
    (one,) = advised(town).studies
    return one


def page_of(advice: Advice, audit: object = None) -> ElementTree.Element:
    """Return the page as a tree: it must be well formed."""
    text = advice_page(advice, audit)  # type: ignore[arg-type] # None, or an audit
    first, _, rest = text.partition("\n")
    assert first == "<!doctype html>"
    return ElementTree.fromstring(rest)


def told(tree: ElementTree.Element) -> str:
    return " ".join(" ".join(tree.itertext()).split())


# --- what is answered ---------------------------------------------------------------------------------------------------


def test_each_answer_is_the_engines_own() -> None:
    town = a_town()
    lot = deposited(town, town.certificate("中级", "10"))
    one = studies(town)
    assert one.courses == 3, "each course once, that can be asked for"
    (answer,) = one.answers
    assert (answer.course, answer.granted, answer.system, answer.others) == ("平面广告", "8", "高职学分", 1)
    known = town.bank.known()
    for course, granted in (("a", 4), ("b", 8), ("c", None)):
        _, name, category, credits = next(each for each in COURSES if each[0] == course)
        item = cb.Item("1", (lot,), (cb.Course(course, name, (category,), True, COLLEGE_CREDIT.credit(credits)),))
        application = cb.Application(town.book, "convert", town.enrolment, (item,), ())
        assert cb.quote(known, town.learner, application, town.bank.today()).result("1").granted == granted


def test_nothing_is_recorded() -> None:
    town = a_town()
    deposited(town, town.certificate("中级", "10"))
    size = town.bank.store.size()
    advice_page(advised(town), None)
    assert town.bank.store.size() == size


@pytest.mark.parametrize(("credits", "course", "code"), [("4", "广告创意", ""), ("3.5", "", "cap.bank-value")])
def test_what_cannot_be_applied_for_is_said_with_the_reason_that_comes_last(
    credits: str, course: str, code: str
) -> None:
    town = a_town()
    deposited(town, town.certificate("中级", credits))
    (answer,) = studies(town).answers
    assert (answer.course, answer.zh.code) == (course, code)
    if code:
        assert "每个X证书转换的学分不超过学分银行认定的学分" in answer.zh.why
        assert answer.zh.next
        assert answer.en.next


def test_an_outcome_of_which_no_rule_speaks_is_not_told_of_the_rule() -> None:
    town = a_town()
    training = cb.Training(
        title="家政培训", issuer=town.assessor, achieved_on=town.bank.today(), hours=8, category="家政"
    )
    deposited(town, training)
    advice = advised(town)
    assert [one.title for one in advice.holdings] == ["家政培训"]
    assert advice.studies[0].answers == ()
    assert "目前没有可以申请的" in told(page_of(advice))


def test_what_counts_already_is_not_advised_again() -> None:
    town = a_town()
    lot = deposited(town, town.certificate("中级", "10"))
    bank = town.bank
    course = cb.Course("b", "平面广告", ("专业核心",), True, COLLEGE_CREDIT.credit("8"))
    parties = (("academic-affairs", town.college), ("college", town.college))
    application = cb.Application(town.book, "convert", town.enrolment, (cb.Item("1", (lot,), (course,)),), parties)
    applied = bank.record(town.request(town.college), cb.convert, town.learner, application).event
    one = studies(town)
    assert (one.courses, [(each.course, each.credits, each.pending) for each in one.counted]) == (
        2,
        [("平面广告", "8", True)],
    )
    (progress,) = one.progress
    assert (progress.granted, progress.pending, progress.need, progress.missing) == (0, 8, 120, 112)
    assert [answer.zh.code for answer in one.answers] == ["cap.certificate"], "eight are used, by itself or not"
    for _ in range(2):
        bank.record(town.request(town.college), cb.agree, town.learner, applied.id)
    (progress,) = studies(town).progress
    assert (progress.granted, progress.pending, progress.missing) == (8, 0, 112)
    advice = advised(town)
    assert advice.free == (("学分银行学分", "0"), ("高职学分", "8"))
    assert advice.holdings[0].places == ("converted",)
    assert "已转换 converted" in told(page_of(advice))


@pytest.mark.parametrize(("day", "expired"), [(-1, False), (0, True), (1, True)])
def test_the_day_on_which_an_outcome_lapses(day: int, expired: bool) -> None:
    town = a_town()
    today = town.bank.today()
    early = town.certificate("中级", "10", achieved_on=today - timedelta(days=9))
    deposited(town, attrs.evolve(early, expires_on=today))
    (one,) = advised(town, today + timedelta(days=day)).holdings
    assert one.expired == expired


def test_what_fell_or_was_withdrawn_is_left_out() -> None:
    town = a_town()
    lot = deposited(town, town.certificate("中级", "10"))
    bank = town.bank
    bank.publish(town.request(town.college), read("wenzhou-transfer"))
    assert len(shelved(bank.known(), bank.store)) == 2, "of other acts, too; these are not asked"
    assert len(studies(town).answers) == 1
    bank.record(town.request(town.operator), cb.withdraw_book, "x-certificate-conversion", town.book, "replaced")
    assert len(shelved(bank.known(), bank.store)) == 1
    assert studies(town).answers == ()
    bank.record(town.request(town.assessor), cb.revoke, town.learner, lot, "not earned")
    assert advised(town).holdings == ()


def test_without_a_curriculum_it_says_so() -> None:
    town = a_town(published=False)
    deposited(town, town.certificate("中级", "10"))
    one = studies(town)
    assert (one.courses, one.answers) == (None, ())
    assert "没有公布适用于您的培养方案" in told(page_of(advised(town)))


@pytest.mark.parametrize(("most", "unasked"), [(3, 0), (2, 1), (0, 3)])
def test_more_quotes_than_may_be_asked_are_counted(monkeypatch: pytest.MonkeyPatch, most: int, unasked: int) -> None:
    town = a_town()
    deposited(town, town.certificate("中级", "10"))
    monkeypatch.setattr(asked, "QUOTES_MAX", most)
    advice = advised(town)
    assert advice.studies[0].unasked == unasked
    assert (f"另有 {unasked} 项没有试算" in told(page_of(advice))) == bool(unasked)


# --- the page -----------------------------------------------------------------------------------------------------------


def test_the_page_is_one_file_that_loads_and_runs_nothing() -> None:
    town = a_town()
    deposited(town, town.certificate("中级", "10"))
    tree = page_of(advised(town))
    names = {element.tag for element in tree.iter()}
    assert not names & {"script", "link", "img", "iframe", "object", "form"}
    attributes = {name for element in tree.iter() for name in element.attrib}
    assert not {name for name in attributes if name.startswith("on") or name in ("src", "style")}
    ids = [element.attrib["id"] for element in tree.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    ways = {element.attrib["href"] for element in tree.iter() if "href" in element.attrib}
    assert ways <= {f"#{id}" for id in ids}, "every link stays on the page, and leads somewhere"
    style = tree.findtext(".//style") or ""
    assert "@media print" in style
    assert "url(" not in style
    assert "@import" not in style
    metas = [element.attrib for element in tree.iter("meta")]
    assert any("default-src 'none'" in each.get("content", "") for each in metas)
    assert any("width=device-width" in each.get("content", "") for each in metas)


def test_a_table_names_its_columns_and_rows_and_a_picture_has_words() -> None:
    town = a_town()
    deposited(town, town.certificate("中级", "10"))
    tree = page_of(advised(town))
    for table in tree.iter("table"):
        assert table.find("caption") is not None
        columns = table.findall("thead/tr/th")
        assert columns
        assert all(column.get("scope") == "col" for column in columns)
        labels = [" ".join("".join(one.itertext()).split()) for one in columns]
        for row in table.findall("tbody/tr"):
            assert len(row) == len(columns)
            assert row[0].get("scope") == "row"
            assert [row.get("role"), *(cell.get("role") for cell in row)] == [
                "row",
                "rowheader",
                *["cell"] * len(row[1:]),
            ]
            assert [cell.get("data-label") for cell in row[1:]] == labels[1:]
    svg = "{http://www.w3.org/2000/svg}"
    (picture,) = tree.iter(f"{svg}svg")
    assert picture.get("role") == "img"
    assert picture.findtext(f"{svg}title") == "已达 0 % reached"
    assert "高职学分 : 0 / 120 学分" in told(tree), "the numbers stand beside the picture"


@pytest.mark.parametrize("chinese", ["您有什么", "可以申请什么", "离毕业还差什么"])
def test_it_is_in_both_languages(chinese: str) -> None:
    text = told(audited("9"))
    english = {
        "您有什么": "What you have",
        "可以申请什么": "What to apply for",
        "离毕业还差什么": "What is still missing",
    }
    assert f"{chinese} {english[chinese]}" in text


def test_hostile_names_stay_text() -> None:
    town = small_town()
    kept = HOSTILE.replace("\x00", "").replace("\ud800", "")
    town.bank.publish(town.request(town.college), curriculum(town, (("a", kept, "专业核心", "4"),)))
    deposited(town, attrs.evolve(town.certificate("中级", "10"), title=kept))
    advice = advised(town)
    shown = page_of(advice)
    assert not list(shown.iter("script"))
    assert not list(shown.iter("b"))
    assert told(shown).count("</title><script>alert(1)</script>") >= 3
    assert "\u202e" not in told(shown)


@given(name=st.text(max_size=40) | st.just(HOSTILE))
@settings(max_examples=60, deadline=None)
def test_any_name_leaves_the_page_well_formed(name: str) -> None:
    advice = SAMPLE
    (one,) = advice.studies
    answers = tuple(
        attrs.evolve(each, title=name, course=each.course and (name or "-"), nearest=each.nearest and name, book=name)
        for each in one.answers
    )
    bent = attrs.evolve(one, programme=name, school=name, answers=answers, silent=((name, name),))
    holdings = tuple(attrs.evolve(each, title=name, issuer=name, detail=(name, "")) for each in advice.holdings)
    clauses = tuple(attrs.evolve(each, id=name, zh=name, en=name, citation=name) for each in advice.rules[0].clauses)
    rules = (attrs.evolve(advice.rules[0], book=name, clauses=clauses[:1]),)
    page_of(attrs.evolve(advice, studies=(bent,), holdings=holdings, free=((name, "1"),), rules=rules))


# --- the degree audit in it ---------------------------------------------------------------------------------------------

PROGRAMME = """
programme = "art"
version = "2024"
title = "艺术设计"
since = 2020-09-01
system = "cn-bank"
basis = { d = { title = "培养方案" } }
requirement = [ { id = "all", name = { zh = "总学分", en = "credits in all" }, credits = 10, basis = "d:1" } ]
"""


def audited(credits: str) -> ElementTree.Element:
    town = a_town()
    deposited(town, town.certificate("中级", credits))
    programme = read_programme(PROGRAMME, name="art.toml")
    known = town.bank.known()
    return page_of(advised(town), degree_audit(known, town.learner, programme, town.bank.today()))


@pytest.mark.parametrize(
    ("credits", "words"), [("9.5", "最少还差 0.5 学分"), ("10", "全部要求已满足"), ("10.5", "全部要求已满足")]
)
def test_what_is_missing_is_the_audits_answer(credits: str, words: str) -> None:
    tree = audited(credits)
    text = told(tree)
    assert words in text
    assert f"总学分 credits in all : {credits} / 10 学分" in text
    (bar, filled) = tree.iter("{http://www.w3.org/2000/svg}rect")
    assert Fraction(bar.attrib["width"]) == BAR_WIDTH
    assert Fraction(filled.attrib["width"]) == min(Fraction(1), Fraction(credits) / 10) * BAR_WIDTH
    assert "转换所得学分" not in text, "one picture of progress: the audit's"


def test_a_picture_has_at_most_so_many_bars() -> None:
    one = attrs.evolve(SAMPLE.studies[0].progress[0], granted=Fraction(1))
    for number in (BARS_MAX, BARS_MAX + 1):
        tree = page_of(attrs.evolve(SAMPLE, studies=(attrs.evolve(SAMPLE.studies[0], progress=(one,) * number),)))
        assert len(list(tree.iter("{http://www.w3.org/2000/svg}rect"))) == 2 * BARS_MAX
        assert len(re.findall("高职学分 1 0 120", told(tree))) == number, "the table has them all"


def _sample() -> Advice:
    town = a_town()
    deposited(town, town.certificate("中级", "10"))
    deposited(town, town.certificate("初级", "2"))
    return advised(town)


SAMPLE = _sample()
