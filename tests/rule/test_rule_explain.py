"""Explanations: words for every code in both languages; nothing raises; nothing of a file becomes markup."""

import ast
import re
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given
from rule_support import HEAD, book_of_text, case_of_data, shipped_book, x_case

import creditbank.domain.rule
from creditbank.domain.level import Level
from creditbank.domain.rule import Compared, Decision, ItemResult, decide, explain, workings
from creditbank.domain.rule.clause import AnyClause, Measure, Mode
from creditbank.domain.rule.decision import DeclinedLine, Measured, Said, SetEffect
from creditbank.domain.rule.explain_words import (
    CODES,
    FAMILIES,
    FIELDS,
    KINDS,
    MEASURES,
    MODES,
    SAID,
    SUPPLIERS,
    TESTS,
    advice,
)
from creditbank.domain.rule.field import CORE_FIELDS, NAMESPACES, namespace_of
from creditbank.domain.rule.selection import BoundWord
from creditbank.testing import strategies

BOOK = shipped_book("x-certificate-conversion")
A1 = x_case(["photoshop", "创意", "平面", "app"])
LANGUAGES = ("zh", "en")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGINE = Path(creditbank.domain.rule.__file__).parent
FAMILY = ["book", "item", "missing", "map", "gate", "worth", "highest", "once", "cap", "floor", "score"]


def explained(case, book=BOOK, *, language="zh", format="text", named=True):
    return explain(
        decide(book, case),
        workings(book, case),
        language=language,
        format=format,
        case=case if named else None,
        book=book if named else None,
    )


# --- words ------------------------------------------------------------------------------------------------------------


def engine_codes() -> set[str]:
    """Return the codes that the engine writes itself, from its source: ``family.slug`` in a string of its own."""
    text = "\n".join(path.read_text("utf-8") for path in ENGINE.glob("*.py") if not path.name.startswith("explain"))
    return set(re.findall(rf'"((?:{"|".join(FAMILY)})\.[a-z-]+)"', text)) - (set(FIELDS) - {"item.ask"})


def test_every_code_that_the_engine_can_give_has_words_of_its_own():
    codes = engine_codes() | {"map.none", "worth.insufficient", "highest.superseded", "highest.earlier"}
    assert len(codes) >= 13
    assert {code for code in codes if not code.startswith("missing.")} <= set(CODES)
    for code in codes:
        assert advice(code) != advice("of a later creditbank"), code


def test_every_test_that_the_engine_writes_has_words():
    """The third argument of each comparison that the engine makes, where it is written out."""
    written = {
        call.args[2].value
        for path in ENGINE.glob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Compared"
        if len(call.args) > 2 and isinstance(call.args[2], ast.Constant)
    }
    assert {"is", "at_least", "at_most", "once", "highest"} <= written
    assert written - {"present"} <= set(TESTS)


def test_every_family_says_what_is_the_matter_and_what_to_do():
    assert list(FAMILIES) == FAMILY
    for what, following in (*FAMILIES.values(), *CODES.values()):
        for zh, en in (what, following):
            assert CHINESE.search(zh)
            assert en.isascii()
            assert len(en) > 10
    assert {namespace_of(code) for code in CODES} <= set(FAMILIES)


def test_every_word_of_the_engine_has_both_languages():
    kinds = {kind.__name__.lower() for kind in get_args(AnyClause)}
    tables = {
        "kinds": (KINDS, kinds),
        "said": (SAID, set(get_args(Said))),
        "modes": (MODES, set(get_args(Mode))),
        "measures": (MEASURES, set(get_args(Measure))),
        "suppliers": (SUPPLIERS, NAMESPACES),
        "fields": (FIELDS, set(CORE_FIELDS)),
        "tests": (TESTS, set(get_args(BoundWord)) | {"is", "not"}),
    }
    for name, (words, needed) in tables.items():
        assert needed <= set(words), f"{name}: {needed - set(words)}"
        for zh, en in words.values():
            assert CHINESE.search(zh), (name, zh)
            assert not CHINESE.search(en), (name, en)


# --- what is told -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "zh",
            [
                "4 x → app: 不予批准 — 超过上限 (cap.certificate)",
                "  每个X证书转换的学分不超过8学分(含)",
                "  学分: 10 — 应不超过 8",
                "  课程是否必修 (target.compulsory): 是 — 应为 是(符合)",
                "  下一步: 请减少申请的学分或项目,或改用其他成果",
                "  依据: 3.1 — X证书课程转换办法, 3, https://sgzw.hnmeida.com.cn/info/1683/4393.htm",
                "  未涉及的条款: 4.1、4.3",
                "2 x → 创意: 准予 4",
                "  方式: 免修免考",
                "合计: 8 (cn-college)",
            ],
        ),
        (
            "en",
            [
                "4 x → app: refused — a limit would be passed (cap.certificate)",
                "  A certificate converts to at most 8 credits",
                "  credits: 10 — must be at most 8",
                "  next: ask for less, or use another outcome",
                "  basis: 3.1 — X证书课程转换办法, 3, https://sgzw.hnmeida.com.cn/info/1683/4393.htm",
                "  clauses that do not speak: 4.1、4.3",
                "  mode: exempt, with credit",
                "Total: 8 (cn-college)",
            ],
        ),
    ],
)
def test_it_is_said_in_both_languages(language, lines):
    text = explained(case_of_data(A1, BOOK), language=language)
    assert text.endswith("\n")
    for line in lines:
        assert f"{line}\n" in text


@pytest.mark.parametrize(
    ("namespace", "field", "zh", "en"),
    [
        ("outcomes", "bank_credits", "请由存入该成果的机构补充", "ask the institution that deposited the outcome"),
        ("targets", "compulsory", "请由开设课程的学校补充", "ask the school that offers the course"),
    ],
)
def test_whoever_can_supply_what_is_missing_is_named(namespace, field, zh, en):
    data = x_case(["创意"])
    data[namespace] = {
        id: {key: value for key, value in facts.items() if key != field} for id, facts in data[namespace].items()
    }
    case = case_of_data(data, BOOK)
    told = explained(case), explained(case, language="en")
    assert "尚不能决定;这不是否决" in told[0]
    assert zh in told[0]
    assert "not decidable yet" in told[1]
    assert en in told[1]


def test_other_codes_that_fail_are_told_with_their_words():
    book = book_of_text(
        'clause = [{ id = "1", kind = "map", basis = "b:1", match = { "target.kind" = "course" } },'
        ' { id = "2", kind = "gate", basis = "b:2", code = "small", require = { "target.credits" = { below = 2 } } },'
        ' { id = "3", kind = "gate", basis = "b:3", code = "basic", forbid = { "target.category" = "专业核心" } }]'
    )
    data = {key: value for key, value in x_case(["创意"]).items() if key in ("application", "targets")}
    case = case_of_data(data | {"outcomes": {"x": {"achieved_on": "2022-01-10"}}}, book)
    assert "1 x → 创意: 不予批准 — 不符合条件 (gate.small)\n" in explained(case, book)
    assert "  另有: gate.basic (不符合条件)\n" in explained(case, book)


@pytest.mark.parametrize(
    ("have", "test", "limit", "met"),
    [
        ("8", "at_most", "8", True),
        ("8.5", "at_most", "8", False),
        ("1/3", "at_least", "0.3", True),
        ("10", "above", "9", True),
        ("10", "above", "10", False),
        ("9", "below", "10", True),
        ("2022-01-31", "at_least", "2022-01-31", True),
        ("2022-01-30", "at_least", "2022-01-31", False),
        ("专业核心、专业课", "is", "专业基础、专业核心", True),
        ("专业核心", "is", "专业基础", False),
        ("true", "is", "true", True),
        ("", "is", "", False),
        ("高级", "at_least", "中级", False),
        ("8", "forbidden at_most", "8", False),
        ("8", "once", "8", False),
    ],
)
def test_of_what_is_asked_together_that_which_is_met_is_marked(have, test, limit, met):
    result = decide(BOOK, case_of_data(A1, BOOK)).results[0]
    changed = attrs.evolve(result, compared=(Compared("source.score", have, test, limit),))
    assert ("(met)" in explain(Decision(1, "", "", (changed,), (), ""), (), language="en")) is met


def test_what_is_forbidden_is_told_as_such():
    result = attrs.evolve(
        decide(BOOK, case_of_data(x_case(["photoshop", "创意"], level="初级"), BOOK)).results[1],
        compared=(Compared("target.category", "公共课", "forbidden is", "公共课"),),
    )
    decision = Decision(1, "", "", (result,), (), "")
    assert "课程类别 (target.category): 公共课 — 属于排除情形:为 公共课" in explain(decision, ())
    assert "公共课 — is excluded if 公共课" in explain(decision, (), language="en")


@pytest.mark.parametrize(
    ("test", "zh", "en"),
    [
        ("at_least", "应不早于 2026-03-01", "must be on or after 2026-03-01"),
        ("at_most", "应不晚于 2026-03-01", "must be on or before 2026-03-01"),
        ("above", "应晚于 2026-03-01", "must be after 2026-03-01"),
        ("below", "应早于 2026-03-01", "must be before 2026-03-01"),
        ("is", "应为 2026-03-01", "must be 2026-03-01"),
        ("forbidden below", "属于排除情形:早于 2026-03-01", "is excluded if before 2026-03-01"),
    ],
)
def test_days_are_early_or_late_and_not_high_or_low(test, zh, en):
    assert told_of(Compared("source.achieved_on", "2026-02-28", test, "2026-03-01")) == (zh, en)


@pytest.mark.parametrize(
    ("limit", "shown"),
    [
        ("179/3", "179/3 (59.66…)"),
        ("1/300", "1/300 (0.00…)"),
        ("-1/3", "-1/3 (-0.33…)"),
        ("59.5", "59.5"),
        ("a/3", "a/3"),
    ],
)
def test_a_fraction_is_shown_in_decimals_too_and_never_rounded_up(limit, shown):
    assert told_of(Compared("score", "1", "at_least", limit)) == (f"应不低于 {shown}", f"must be at least {shown}")


def test_an_earlier_use_is_told_with_its_day():
    zh, en = told_of(Compared("target", "花艺", "once", "a0 2 2026-03-01"))
    assert zh == "只能使用一次,已用于 2026-03-01 的申请 a0 第 2 项"
    assert en == "may be used once, and was used by item 2 of application a0 on 2026-03-01"
    assert told_of(Compared("target", "花艺", "once", "a0"))[1].endswith("was used by a0")


def told_of(compared):
    """What is said of one comparison that refused, in both languages, without a word on whether it is met."""
    result = attrs.evolve(decide(BOOK, case_of_data(A1, BOOK)).results[3], compared=(compared,))
    texts = (explain(Decision(1, "", "", (result,), (), ""), (), language=one) for one in LANGUAGES)
    said = (re.search(rf": {re.escape(compared.have)} — (.*)\n", text) for text in texts)
    return tuple(found[1].removesuffix("(符合)").removesuffix(" (met)") for found in said)


PARTS = """
[[clause]]
id = "1"
kind = "map"
match = { "target.kind" = "course" }
basis = "b:1"

[[clause]]
id = "2"
kind = "worth"
of = "@source.credits"
times = 1
basis = "b:2"

[[clause]]
id = "3"
kind = "policy"
units = "parts"
grade = "@source.grade"
several = "mean"
basis = "b:3"

[[clause]]
id = "4"
kind = "cap"
at_most = 4
basis = "b:4"
"""


def parts_case(book, *grades):
    """A course of 6 asked for twice, with sources of 3 and of these grades."""
    outcomes = {f"s{at}": {"credits": 3, "grade": grade} for at, grade in enumerate(grades)}
    items = [{"id": str(at), "sources": list(outcomes), "targets": [f"t{at}"]} for at in (1, 2)]
    application = {"id": "a", "act": "convert", "dates": {"applied_on": "2021-01-01"}, "items": items}
    targets = {f"t{at}": {"kind": "course", "credits": 6} for at in (1, 2)}
    return case_of_data({"application": application, "outcomes": outcomes, "targets": targets}, book)


def test_a_limit_that_cuts_tells_the_room_that_it_left():
    book = book_of_text(PARTS)
    case = parts_case(book, "80", "90")
    zh, en = explained(case, book), explained(case, book, language="en")
    assert "  · 上限 4 [b:4] — 核减 — cap.4 — 学分: 3 — 上限内只余 1\n" in zh
    assert (
        "2 s0、s1 → t2: refused — a limit would be passed (cap.4)\n  credits: 3 — only 0 is left under the limit\n"
        in en
    )


def test_what_is_there_and_no_use_is_not_called_missing():
    book = book_of_text(PARTS)
    en = explained(parts_case(book, "A", "B"), book, language="en")
    assert "(missing.source.grade)" in en
    assert "grade of the outcome (source.grade) is A、B, and the rules do not say how to compare or count it" in en
    assert "is missing; ask" not in en
    one_lacks = parts_case(book, "A", "B")
    del one_lacks.outcomes["s1"]["grade"]
    assert "is missing; ask the institution that deposited the outcome" in explained(one_lacks, book, language="en")


def test_a_level_without_a_row_in_the_crosswalk_is_not_called_missing():
    row = 'crosswalk = [{ from = "three:高", to = "two:乙", basis = "b:6" }]'
    levels = 'levels = { three = ["初", "高"], two = ["甲", "乙"] }'
    more = f'{row}\n{levels}\nfields = {{ "source.level" = "level:three", "target.level" = "level:two" }}'
    gate = (
        PARTS
        + '[[clause]]\nid = "5"\nkind = "gate"\nbasis = "b:5"\nrequire = { "source.level" = { at_least = "@target.level" } }'
    )
    book = book_of_text(gate, more=more)
    case = parts_case(book, "80")
    levelled = attrs.evolve(
        case,
        outcomes={"s0": dict(case.outcomes["s0"]) | {"level": Level("three", "初")}},
        targets={id: dict(facts) | {"level": Level("two", "甲")} for id, facts in case.targets.items()},
    )
    zh = explained(levelled, book)
    assert "(missing.source.level)" in zh
    assert "source.level为 初,但办法没有规定如何据此比较或计算" in zh
    assert "缺少source.level" in explained(case, book)


def test_who_supplies_what_a_line_of_an_award_lacks_is_told():
    head = HEAD.replace('"convert"', '"award"')
    book = book_of_text(
        'clause = [{ id = "1", kind = "worth", basis = "b:1", of = "@source.credits", times = 1 },'
        ' { id = "2", kind = "gate", basis = "b:2", require = { "source.score" = { at_least = 60 } } },'
        ' { id = "3", kind = "floor", basis = "b:3", at_least = 6 }]',
        head=head,
    )
    application = {
        "id": "a",
        "act": "award",
        "dates": {"applied_on": "2021-01-01"},
        "items": [{"id": "1", "sources": "all"}],
    }
    outcomes = {"x": {"credits": 3, "score": 60}, "y": {"credits": 3}}
    en = explained(case_of_data({"application": application, "outcomes": outcomes}, book), book, language="en")
    assert "(floor.3)" in en
    assert "does not count: y: not decidable yet" in en
    assert (
        "next: score of the outcome (source.score) is missing; ask the institution that deposited the outcome\n" in en
    )


def test_without_a_case_ids_are_told():
    case = case_of_data(A1, BOOK)
    assert "4: 不予批准" in explained(case, named=False)
    data = x_case(["创意"])
    data["targets"] = data["targets"] | {"创意": data["targets"]["创意"] | {"name": "广告创意与设计"}}
    assert "1 x → 广告创意与设计: 准予 4\n  广告创意与设计: 4\n" in explained(case_of_data(data, BOOK))


def test_floors_effects_and_marks_are_told():
    short = Measured("101", "total", "credits", Fraction(5), "at_least", Fraction(6), None)
    share = Measured("102", "own", "credits", Fraction(3), "at_least", Fraction(3), Fraction(6))
    result = attrs.evolve(
        decide(BOOK, case_of_data(A1, BOOK)).results[0],
        refused="floor.total",
        clause="101",
        compared=(Compared("credits", "5", "at_least", "6"),),
        floors=(short, share),
        declined_lines=(DeclinedLine("x", "gate.expired", "8.7", ()),),
        effects=(SetEffect("may_sit", False, "9"), SetEffect("status", "open", "9")),
        score=Fraction(119, 2),
        level_points=Fraction(12),
    )
    decision = Decision(1, "", "", (result,), (), "", (short,))
    for format in ("text", "html"):
        text = explain(decision, (), language="en", format=format)
        for word in (
            "a total or a share that is required is not reached",
            *(
                "must be at least 6, short by 1",
                "102 credits",
                "3 (50.0 % / 6)",
                "must be at least 3 (met)",
                "59.5",
                "12",
            ),
            *("x: a condition is not met (gate.expired, 8.7)", "may_sit = no (9)", "status = open (9)"),
        ):
            assert word in text
    assert "still short: 101 credits: 5 — must be at least 6, short by 1\n" in explain(decision, (), language="en")
    assert "尚缺: 101 学分: 5 — 应不低于 6,差 1\n" in explain(decision, ())
    over = attrs.evolve(short, test="at_most", need=Fraction(4))
    assert "应不超过 4,超出 1\n" in explain(attrs.evolve(decision, short=(over,)), ())


# --- it never raises --------------------------------------------------------------------------------------------------


@given(strategies.case_and_book(), st.sampled_from(LANGUAGES), st.sampled_from(["text", "html"]), st.booleans())
def test_whatever_is_decided_is_explained(drawn, language, format, named):
    case, book = drawn
    text = explained(case, book, language=language, format=format, named=named)
    for item in case.items:
        assert re.search(rf"\b{item.id}\b", text)


TEXT = st.text(max_size=12)
AMOUNTS = st.fractions(0, 9, max_denominator=4)
RESULTS = st.builds(
    ItemResult,
    item=TEXT,
    granted=st.none() | AMOUNTS,
    targets=st.lists(st.tuples(TEXT, AMOUNTS), max_size=2).map(tuple),
    used=st.just(()),
    lines=st.just(()),
    worth=AMOUNTS,
    grade=TEXT,
    counts_as=TEXT,
    mode=TEXT,
    gives=st.lists(TEXT, max_size=2).map(tuple),
    kept=AMOUNTS,
    forfeited=AMOUNTS,
    rounded=st.fractions(-1, 1, max_denominator=4),
    declined=st.just(()),
    make_up=st.just(()),
    final=st.booleans(),
    waived=st.lists(TEXT, max_size=2).map(tuple),
    refused=st.none() | TEXT | st.sampled_from(sorted(CODES)),
    clause=TEXT,
    basis=TEXT,
    compared=st.lists(st.builds(Compared, TEXT, TEXT, TEXT | st.sampled_from(sorted(TESTS)), TEXT), max_size=2).map(tuple),
    also=st.lists(TEXT, max_size=2).map(tuple),
)  # fmt: skip


@given(st.lists(RESULTS, max_size=3), st.sampled_from(LANGUAGES), st.sampled_from(["text", "html"]))
def test_a_decision_of_anybody_is_explained(results, language, format):
    text = explain(Decision(1, "b", "c", tuple(results), (), ""), (), language=language, format=format)
    text.encode()
    if format == "text":
        assert all(line == line.rstrip("\r") for line in text.split("\n"))
    else:
        Page().read(text)


# --- HTML -------------------------------------------------------------------------------------------------------------

VOID = {"meta", "!doctype"}
ALLOWED = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "section",
        "footer",
        "h1",
        "h2",
        "h3",
        "p",
        "div",
        "span",
    ),
    *(
        "strong",
        "code",
        "bdi",
        "a",
        "ul",
        "li",
        "dl",
        "dt",
        "dd",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    ),
}


class Page(HTMLParser):
    """Reads a document, holding it to be well formed and to have no elements but ours."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def read(self, text: str) -> "Page":
        self.feed(text)
        self.close()
        assert not self.open
        return self

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        assert all(not name.startswith("on") for name, _ in attrs)
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]


@pytest.mark.parametrize(("language", "lang"), [("zh", "zh-CN"), ("en", "en")])
def test_a_document_is_semantic_and_stands_by_itself(language, lang):
    case = case_of_data(A1, BOOK)
    text = explained(case, language=language, format="html")
    page = Page().read(text)
    assert text.startswith("<!doctype html>\n")
    assert page.all("html") == [{"lang": lang}]
    assert {"charset": "utf-8"} in page.all("meta")
    assert "@media print" in text
    assert "default-src 'none'" in text
    assert len(page.all("caption")) == len(page.all("table")) >= len(case.items)
    assert {one["scope"] for one in page.all("th")} == {"col", "row"}
    assert {one["href"] for one in page.all("a")} == {"https://sgzw.hnmeida.com.cn/info/1683/4393.htm"}
    named = [one["aria-labelledby"] for one in page.all("section")]
    assert named == ["item-1", "item-2", "item-3", "item-4", "totals"]
    assert [one["id"] for one in page.all("h2")] == named
    assert "src=" not in text


def test_a_document_says_what_the_text_says():
    case = case_of_data(A1, BOOK)
    words = " ".join(Page().read(explained(case, format="html")).words)
    for word in (
        "不予批准",
        "cap.certificate",
        "下一步",
        "应不超过 8",
        "每个X证书转换的学分不超过8学分(含)",
        "未涉及的条款",
    ):
        assert word in words


def test_a_clause_that_speaks_one_language_is_marked_with_it():
    case = case_of_data(A1, BOOK)
    rows = [attrs.evolve(row, en="") for row in workings(BOOK, case)]
    text = explain(decide(BOOK, case), rows, language="en", format="html", case=case)
    assert '<span lang="zh-CN"><bdi>X证书可以转换课程学分</bdi></span>' in text
    assert 'lang="zh-CN"' not in explained(case, language="en", format="html")


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></bdi></td></table><h1>",
    "a\u202eb",
    "x\n合计: 100 (cn-college)",
    "\x1b[2K\r",
    "&lt;b&gt;",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_is_text(title):
    data = x_case(["创意", "选修"])
    data["targets"] = {id: facts | {"name": title} for id, facts in data["targets"].items()}
    data["outcomes"] = {id: facts | {"name": title, "issuer": title} for id, facts in data["outcomes"].items()}
    case = case_of_data(data, BOOK)
    harmless = attrs.evolve(case, targets={id: facts | {"name": "t"} for id, facts in case.targets.items()})
    for language in LANGUAGES:
        text = explained(case, language=language, format="html")
        page, plain = Page().read(text), Page().read(explained(harmless, language=language, format="html"))
        assert [tag for tag, _ in page.seen] == [tag for tag, _ in plain.seen], "the names change no element"
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\ud800-\udfff]", text)
        lines = explained(case, language=language).split("\n")
        assert len(lines) == len(explained(harmless, language=language).split("\n"))
        assert "合计: 100 (cn-college)" not in lines


@pytest.mark.parametrize(
    ("basis", "address"),
    [
        ("办法, 3, https://example.org/a?b=1&c=2", "https://example.org/a?b=1&c=2"),
        ("https://example.org", "https://example.org"),
        ("办法, 3", None),
        ("办法, javascript:alert(1)", None),
        ('办法, https://example.org/"onclick="x', None),
    ],
)
def test_only_an_address_of_the_web_is_a_link(basis, address):
    result = attrs.evolve(decide(BOOK, case_of_data(A1, BOOK)).results[0], basis=basis)
    page = Page().read(explain(Decision(1, "", "", (result,), (), ""), (), format="html"))
    assert [one["href"] for one in page.all("a")] == ([] if address is None else [address])


def test_amounts_are_told_exactly():
    result = attrs.evolve(decide(BOOK, case_of_data(A1, BOOK)).results[1], rounded=Fraction(1, 3))
    assert "  舍入: 1/3 (0.33…)\n" in explain(Decision(1, "", "", (result,), (), ""), ())
