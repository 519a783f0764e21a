"""The closest rule: what an explanation tells of an item that no map accepts."""

import attrs
import pytest
from hypothesis import given
from rule_support import book_of_text, case_of_data

from creditbank.domain.rule import Compared, decide, explain, workings
from creditbank.domain.rule.nearest import ROWS_LOOKED_AT_MAX, nearest
from creditbank.domain.rule.view import View
from creditbank.testing import strategies

LADDER = book_of_text("""
[[clause]]
id = "rows"
kind = "map"
basis = "b:1"
rows = [
  { from = { "source.code" = "CALC", "source.score" = 3 }, to = "一" },
  { from = { "source.code" = "CALC", "source.score" = { at_least = 4, at_most = 5 } }, to = { all = ["一", "二"] } },
  { from = { all = ["P1", "P2", "P3"] }, to = "物理" },
  { from = { pick = 2, of = ["A1", "A2", "A3"] }, to = "美术" },
  { from = { any = ["C1", { all = ["C2", "C3"] }] }, to = "化学" },
  { from = { credits = 9, of = ["L1", "L2", "L3"] }, to = { pool = "人文" } },
  { from = "H", to = "史", since = 2000-09-01, until = 2004-09-01 },
  { from = "W", to = "写", when = { "target.compulsory" = true, "source.issuer" = "甲" } },
  { from = "N", none = "没有" },
]

[[clause]]
id = "worth"
kind = "worth"
of = "@target.credits"
basis = "b:2"
""")

TARGETS = {
    name: {"credits": 3, "compulsory": False} for name in ("一", "二", "物理", "美术", "化学", "史", "写", "外")
} | {"人文": {"kind": "pool"}}


def asked(sources, targets=(), facts=None, book=LADDER):
    """What the closest rule asks, and what was decided."""
    outcomes = {source: {"achieved_on": "2010-01-01", "code": "-"} | (facts or {}) for source in sources}
    item = {"id": "1", "sources": list(sources), "targets": list(targets)}
    data = {"id": "a", "act": "convert", "dates": {"applied_on": "2021-01-01"}, "items": [item]}
    case = case_of_data({"application": data, "outcomes": outcomes, "targets": TARGETS}, book)
    found = nearest(View(book, case), case.items[0])
    return [(one.what, one.have, one.test, one.limit) for one in found], decide(book, case).results[0].refused


@pytest.mark.parametrize(
    ("sources", "targets", "facts", "lacks"),
    [
        (["x"], ["一"], {"code": "CALC", "score": 2}, [("source.score", "2", "is", "3")]),
        (["x"], ["一", "二"], {"code": "CALC", "score": 6}, [("source.score", "6", "at_most", "5")]),
        # Naming another course is nearer than another score.
        (["x"], ["一"], {"code": "CALC", "score": 4}, [("target.id", "一", "is", "一 & 二")]),
        (["P1", "P3"], ["物理"], None, [("sources", "P1、P3", "also", "P2")]),
        (["P1"], ["物理"], None, [("sources", "P1", "also", "P2"), ("sources", "P1", "also", "P3")]),
        (["A3"], ["美术"], None, [("sources", "A3", "also", "A1")]),
        (["C3"], ["化学"], None, [("sources", "C3", "also", "C2")]),
        (["L1", "L2"], ["人文"], {"credits": "4"}, [("source.credits", "8", "at_least", "9")]),
        (["H"], ["史"], {"achieved_on": "2000-08-31"}, [("source.achieved_on", "2000-08-31", "at_least", "2000-09-01")]),
        (["H"], ["史"], {"achieved_on": "2004-09-01"}, [("source.achieved_on", "2004-09-01", "below", "2004-09-01")]),
        (["W"], ["写"], {"issuer": "甲"}, [("target.compulsory", "false", "is", "true")]),
        (["W"], ["外"], {"issuer": "甲"}, [("target.id", "外", "is", "写"), ("target.compulsory", "false", "is", "true")]),
        (["Z"], ["外"], {"code": "Z", "score": 4}, []),
        (["Z"], ["外"], {"code": "Z", "score": 9}, []),
    ],
)  # fmt: skip
def test_what_lacks_least_is_told(sources, targets, facts, lacks):
    assert asked(sources, targets, facts) == (lacks, "map.none")


def test_a_rule_in_general_tells_the_tests_that_fail_for_any_pair():
    book = book_of_text("""
[[clause]]
id = "any"
kind = "map"
match = [
  { "source.class" = "x", "source.issuer" = "甲", "target.compulsory" = true },
  { "source.class" = "y", "target.compulsory" = false },
]
code = "scope"
basis = "b:1"
""")
    assert asked(["s"], ["外"], {"class": "x"}, book) == ([("source.class", "x", "is", "y")], "map.scope")


def test_rows_further_down_than_so_many_are_not_looked_at():
    def rows(number):
        return "".join(f'{{ from = {{ "source.code" = "{at}" }}, to = "外" }},' for at in range(number))

    near = '{ from = { "source.code" = "CALC", "source.score" = 3 }, to = "一" },'
    clause = '[[clause]]\nid = "m"\nkind = "map"\nbasis = "b:1"\nrows = [{}{}]'
    facts = {"code": "CALC", "score": 2}
    for number, found in ((ROWS_LOOKED_AT_MAX - 1, [("source.score", "2", "is", "3")]), (ROWS_LOOKED_AT_MAX, [])):
        book = book_of_text(clause.format(rows(number), near))
        assert asked(["x"], ["一"], facts, book) == (found, "map.none")


@given(strategies.case_and_book())
def test_it_is_told_of_items_alone_that_no_map_accepts(drawn):
    case, book = drawn
    decision, rows = decide(book, case), workings(book, case)
    for result in decision.results:
        alone = attrs.evolve(decision, results=(result,))
        text = explain(alone, rows, language="en", case=case, book=book)
        assert "closest rule: " not in text or (result.refused or "").startswith("map.")


def test_the_learner_reads_it():
    item = {"id": "1", "sources": ["x"], "targets": ["一"]}
    data = {"id": "a", "act": "convert", "dates": {"applied_on": "2021-01-01"}, "items": [item]}
    facts = {"x": {"code": "CALC", "score": 2, "achieved_on": "2020-01-01"}}
    case = case_of_data({"application": data, "outcomes": facts, "targets": TARGETS}, LADDER)
    decision = decide(LADDER, case)
    assert decision.results[0].compared == (Compared("sources", "x", "map", "一"),)
    zh, en = (explain(decision, (), language=one, case=case, book=LADDER) for one in ("zh", "en"))
    assert "  最接近的规则:成果分数 (source.score): 2 — 应为 3\n" in zh
    assert "  closest rule: score of the outcome (source.score): 2 — must be 3\n" in en
    assert "closest rule" not in explain(decision, (), language="en", case=case)
