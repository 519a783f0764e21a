"""Scores with parts waived, and effects: what a learner may do besides."""

import pytest
from rule_support import book_of_text, case_of_data

from creditbank.codec.book import book_bytes, book_of
from creditbank.codec.decision import decision_dict
from creditbank.domain.rule import decide, explain, workings

HEAD = """
book = "test"
version = "1"
title = "转段考核办法"
since = 2015-01-01
acts = ["sit", "advance"]
basis = { b = { title = "办法", url = "https://example.org/b" } }
levels = { x = ["初级", "中级", "高级"] }
fields = { "source.level" = "level:x" }
"""
EXEMPT = '{ part = "技能", when = { "source.class" = "x-certificate", "source.level" = { at_least = "中级" } } }'


def score(exempted=None, parts='{ "文化" = "30 %", "技能" = "70 %" }', pass_mark=60, exempt=EXEMPT, **more):
    written = f'{{ id = "s", kind = "score", basis = "b:1", parts = {parts}'
    written += f", exempt = [{exempt}], exempted = {exempted}" if exempted else ""
    written += "" if pass_mark is None else f", pass_mark = {pass_mark}"
    return written + "".join(f", {key} = {value}" for key, value in more.items()) + " }"


def book(*clauses):
    return book_of_text("clause = [\n" + ",\n".join(clauses) + "\n]", head=HEAD)


def case(marks, *sources, act="advance", item=None, **more):
    return {
        "application": {
            "id": "now",
            "act": act,
            "dates": {"applied_on": "2022-06-01"},
            "items": [
                {"id": "1", "sources": [f"s{n}" for n in range(len(sources))], "targets": ["stage"], "marks": marks}
            ],
        },
        "outcomes": {f"s{n}": one for n, one in enumerate(sources)},
        "targets": {"stage": {"kind": "stage"}},
        **more,
    }


def one(rules, data):
    return decide(rules, case_of_data(data, rules)).results[0]


HOLDER = {"class": "x-certificate", "level": "中级"}
BEGINNER = {"class": "x-certificate", "level": "初级"}
BOTH = {"文化": 40, "技能": 70}


@pytest.mark.parametrize(
    ("culture", "skill", "refused"),
    [(39, 69, None), (39, "68.9", "score.s"), (60, 60, None), (100, 42, "score.s"), (100, 43, None)],
)
def test_a_weighted_mark_on_below_and_above_the_pass_mark(culture, skill, refused):
    result = one(book(score()), case({"文化": culture, "技能": skill}))
    assert result.refused == refused
    if refused:
        assert result.compared[0].test == "at_least"
    else:
        assert result.score >= 60


@pytest.mark.parametrize(
    ("exempted", "marks", "source", "expected"),
    [
        ('"reweight"', {"文化": 60}, HOLDER, 60),
        ('"reweight"', {"文化": 59}, HOLDER, None),
        ("100", {"文化": 10}, HOLDER, 73),
        ("70", {"文化": 36}, HOLDER, "59.8"),
        ("70", {"文化": 37}, HOLDER, "60.1"),
        ("60", {"文化": 60, "技能": 0}, HOLDER, 60),
        ('"reweight"', BOTH, BEGINNER, 61),
    ],
)
def test_both_policies_for_a_part_that_is_exempt(exempted, marks, source, expected):
    rules = book(score(exempted))
    data = case(marks, source)
    written = decision_dict(decide(rules, case_of_data(data, rules)))["results"][0]
    if expected is None or (isinstance(expected, str) and expected < "60"):
        assert written["refused"] == "score.s"
        assert expected is None or written["compared"][0]["have"] == expected
    else:
        assert written["score"] == str(expected)


def test_one_source_that_frees_is_enough_and_none_frees_nobody():
    rules = book(score('"reweight"'))
    assert one(rules, case({"文化": 60}, {"class": "diploma"}, HOLDER)).score == 60
    assert one(rules, case({"文化": 60}, {"class": "diploma"})).refused == "missing.item.marks"
    assert one(rules, case({"文化": 60, "技能": 60})).score == 60
    assert one(rules, case({"文化": 60}, {"class": "x-certificate"})).refused == "missing.source.level"
    assert one(rules, case({"文化": 60}, {"class": "x-certificate"}, HOLDER)).score == 60


def test_all_parts_exempt_is_no_mark_and_no_refusal():
    rules = book(score('"reweight"', exempt=EXEMPT + ", " + EXEMPT.replace("技能", "文化")))
    result = one(rules, case({}, HOLDER))
    assert (result.refused, result.score) == (None, None)
    assert one(book(score("60", exempt=EXEMPT + ", " + EXEMPT.replace("技能", "文化"))), case({}, HOLDER)).score == 60


def test_a_mark_that_is_missing_is_named():
    rules = book(score())
    data = case_of_data(case({"文化": 60}), rules)
    decision = decide(rules, data)
    result = decision.results[0]
    assert (result.refused, result.clause, result.compared[0].what) == ("missing.item.marks", "s", "技能")
    assert "申请人" in explain(decision, workings(rules, data), language="zh")


def test_weights_in_points_and_without_a_pass_mark():
    rules = book(score(parts='{ "文化" = 30, "技能" = 70 }', pass_mark=None))
    assert rules == book(score(pass_mark=None))
    assert one(rules, case({"文化": 10, "技能": 10})).score == 10


def stages(**marks):
    return {name: {"kind": "stage"} | ({"pass_mark": mark} if mark is not None else {}) for name, mark in marks.items()}


@pytest.mark.parametrize(
    ("marks", "refused", "limit"),
    [
        ({"a": 61}, None, "61"),
        ({"a": "61.1"}, "score.s", "61.1"),
        ({"a": "60.9"}, None, "60.9"),
        ({"a": None}, "missing.target.pass_mark", None),
        ({"a": 50, "b": 61}, None, "61"),
        ({"a": 50, "b": 62}, "score.s", "62"),
        # Below one mark is below, whatever the other may be.
        ({"a": None, "b": 62}, "score.s", "62"),
        ({"a": None, "b": 61}, "missing.target.pass_mark", None),
    ],
)
def test_a_pass_mark_may_be_the_targets(marks, refused, limit):
    clause = score(pass_mark='"@target.pass_mark"')
    fields = HEAD.replace("fields = {", 'fields = { "target.pass_mark" = "number",')
    rules = book_of_text(f"clause = [{clause}]", head=fields)
    assert book_of(book_bytes(rules)) == rules
    data = case(BOTH, HOLDER, targets=stages(**marks))
    data["application"]["items"][0]["targets"] = list(marks)
    result = one(rules, data)
    assert result.refused == refused
    if refused == "score.s":
        assert (result.compared[0].have, result.compared[0].limit) == ("61", limit)
    shown = [row.compared for row in workings(rules, case_of_data(data, rules)) if row.clause == "s"]
    assert [one_.limit for row in shown for one_ in row] == ([limit] if limit else [])


def test_without_a_mark_none_is_compared():
    fields = HEAD.replace("fields = {", 'fields = { "target.pass_mark" = "number",')
    every = EXEMPT + ", " + EXEMPT.replace("技能", "文化")
    clause = score('"reweight"', exempt=every, pass_mark='"@target.pass_mark"')
    rules = book_of_text(f"clause = [{clause}]", head=fields)
    result = one(rules, case({}, HOLDER))
    assert (result.refused, result.score) == (None, None)
    assert one(rules, case({}, BEGINNER)).refused == "missing.item.marks"


def test_when_and_waivers():
    rules = book(score(when='{ "target.kind" = "exam" }'))
    assert (one(rules, case({})).refused, one(rules, case({})).score) == (None, None)
    rules = book(score(waivable_by='["board"]'))
    data = case({"文化": 0, "技能": 0}, waivers=[{"clause": "s", "item": "1", "by": "board", "reason": "r"}])
    assert (one(rules, data).refused, one(rules, data).waived) == (None, ("s",))


# --- effects ----------------------------------------------------------------------------------------------------------

MAY = '{ id = "%s", kind = "effect", basis = "b:1", on = "%s", set = { may_sit_others = %s }%s }'


def test_who_passed_may_not_sit_other_examinations():
    rules = book(score(), MAY % ("passed", "granted", "false", ""), MAY % ("failed", "refused", "true", ""))
    passed = decision_dict(decide(rules, case_of_data(case(BOTH), rules)))["results"][0]
    assert (passed["granted"], passed["effects"]) == ("0", {"may_sit_others": False})
    data = case_of_data(case({"文化": 0, "技能": 0}), rules)
    failed = decision_dict(decide(rules, data))["results"][0]
    assert (failed["refused"], failed["effects"]) == ("score.s", {"may_sit_others": True})
    assert "由此: may_sit_others = 是 (failed)" in explain(decide(rules, data), (), language="zh")


def test_effects_by_code_and_the_first_sets_a_name():
    rules = book(
        score(),
        MAY % ("e1", "refused", "true", ', codes = ["score.s"]'),
        MAY % ("e2", "refused", '"later"', ', codes = ["missing.item.marks"]'),
        MAY % ("e3", "refused", "false", ""),
    )
    assert [(one_.value, one_.clause) for one_ in one(rules, case({"文化": 0, "技能": 0})).effects] == [(True, "e1")]
    assert [(one_.value, one_.clause) for one_ in one(rules, case({})).effects] == [("later", "e2")]


def test_an_effect_speaks_when_its_condition_holds_and_turns_on_nothing_missing():
    rules = book(MAY % ("e", "granted", "true", ', when = { "learner.enrolled_on" = { below = 2022-01-01 } }'))
    for day, expected in (("2021-12-31", 1), ("2022-01-01", 0)):
        assert len(one(rules, case({}, learner={"enrolled_on": day})).effects) == expected
    assert one(rules, case({})).refused == "missing.learner.enrolled_on"
    gate = '{ id = "g", kind = "gate", basis = "b:1", forbid = { "target.kind" = "stage" } }'
    rules = book(gate, MAY % ("e", "refused", "true", ', when = { "learner.enrolled_on" = { below = 2022-01-01 } }'))
    assert (one(rules, case({})).refused, one(rules, case({})).effects) == ("gate.g", ())


def test_a_book_that_is_not_in_force_has_no_effects():
    rules = book(score(), MAY % ("e", "refused", "true", ""))
    data = case(BOTH)
    data["application"]["dates"]["applied_on"] = "2014-12-31"
    assert (one(rules, data).refused, one(rules, data).effects) == ("book.not-in-force", ())


def test_what_a_refused_item_would_have_got_is_not_noted_as_set():
    once = '{ id = "o", kind = "once", basis = "b:1", per = ["source"] }'
    rules = book(once, MAY % ("e", "granted", "true", ""))
    data = case({}, HOLDER)
    data["application"]["items"].append(data["application"]["items"][0] | {"id": "2"})
    rows = [(row.item, row.clause) for row in workings(rules, case_of_data(data, rules)) if row.said == "set"]
    assert rows == [("1", "e")]
