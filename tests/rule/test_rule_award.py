"""Awards and programmes: lines that count or are declined, floors, debit; redemption (S1) and graduation (A10)."""

import json
from fractions import Fraction

import pytest
from rule_support import book_of_text, case_of_data, run

from creditbank.codec.case import read_case
from creditbank.codec.decision import decision_dict
from creditbank.domain.rule import decide, explain, workings
from creditbank.errors import MalformedError

HEAD = """
book = "test"
version = "1"
title = "试行办法"
since = 2015-01-01
acts = ["award", "programme"]
system = "sys"
basis = { b = { title = "办法", url = "https://example.org/b" } }
"""
LOT = '{ id = "lot", kind = "worth", of = "@source.credits" }'
SPENT = '{ id = "spent", kind = "once", per = ["source"], code = "redeemed" }'


def book(*clauses, more="", head=HEAD):
    listed = [f'{one[:-1].rstrip()}, basis = "b:1" }}' for one in clauses]
    return book_of_text("clause = [\n" + ",\n".join(listed) + "\n]", more=more, head=head)


def floor(limit, id="total", **more):
    rest = "".join(f", {key} = {value}" for key, value in more.items())
    return f'{{ id = "{id}", kind = "floor", {limit}{rest} }}'


def debit(how, more=""):
    return f'{{ id = "d", kind = "policy", acts = ["award"], debit = "{how}"{more} }}'


def lot(credits, **more):
    return {"credits": credits, "system": "sys", "achieved_on": "2021-06-30", **more}


def case(outcomes, *items, target=120, act="award", day="2026-06-30", **more):
    degree = {"kind": "degree", "credits": target, "institution": "own"}
    asked = items or ({"id": "1", "sources": "all", "targets": ["degree"]},)
    return {
        "application": {"id": more.pop("id", "now"), "act": act, "dates": {"applied_on": day}, "items": list(asked)},
        "programme": {"id": "p", "institution": "own", **more.pop("programme", {})},
        "outcomes": outcomes,
        "targets": {"degree": degree},
        **more,
    }


def one(rules, data):
    return decide(rules, case_of_data(data, rules)).results[0]


# --- S1: shelf life and redemption ------------------------------------------------------------------------------------

SHELF = (
    '{ id = "8.7", kind = "gate", require = { "application.applied_on" = { at_most = "@source.achieved_on", '
    'plus = "7 years" } }, code = "expired" }'
)
DECLARED = (
    '{ id = "own-life", kind = "gate", require = { "application.applied_on" = { at_most = "@source.expires_on", '
    '}, "source.expires_on" = { present = true } }, when = { "source.expires_on" = { present = true } }, code = "expired" }'
)
ABC = (
    SHELF,
    DECLARED.replace(", }", " }"),
    LOT,
    SPENT,
    floor('at_least = "@target.credits"'),
    debit("all", ", final = true"),
)
THREE = {
    "a": lot(40, achieved_on="2019-06-30"),
    "b": lot(40, achieved_on="2021-06-30"),
    "c": lot(40, achieved_on="2022-06-30"),
}


def test_s1_three_lots_are_redeemed_on_the_last_day():
    result = one(book(*ABC), case(THREE))
    assert (result.granted, result.used, result.final) == (120, ("a", "b", "c"), True)
    assert [(line.sources, line.credits, line.worth) for line in result.lines] == [
        (("a",), 40, 40),
        (("b",), 40, 40),
        (("c",), 40, 40),
    ]


def test_s1_a_day_later_the_first_has_expired():
    rules = book(*ABC)
    decision = decide(rules, case_of_data(case(THREE, day="2026-07-01"), rules))
    result = decision.results[0]
    assert (result.refused, result.compared[0].have, result.compared[0].limit) == ("floor.total", "80", "120")
    assert [(each.source, each.code, each.clause) for each in result.declined_lines] == [("a", "gate.expired", "8.7")]
    short = decision_dict(decision)["short"]
    assert short == [
        {"clause": "total", "code": "floor.total", "measure": "credits", "have": "80", "at_least": "120", "short": "40"}
    ]
    text = explain(decision, workings(rules, case_of_data(case(THREE, day="2026-07-01"), rules)), language="zh")
    assert "不计入: a: 不符合条件 (gate.expired, 8.7)" in text
    assert "total 学分: 80 — 应不低于 120,差 40" in text
    assert "short by 40" in explain(decision, (), language="en")


def test_s1_a_second_redemption_cites_the_first():
    redeemed = [
        {"application": "first", "item": "1", "act": "award", "sources": [id], "target": "degree", "credits": 40}
        | {"on": "2026-06-30", "programme": "p", "institution": "own", "book": "test"}
        for id in THREE
    ]
    result = one(book(*ABC), case(THREE, history=redeemed))
    assert result.refused == "floor.total"
    assert {each.code for each in result.declined_lines} == {"once.redeemed"}
    assert result.declined_lines[0].compared[0].limit == "first 1 2026-06-30"


@pytest.mark.parametrize(
    ("declared", "day", "counts"),
    [("2024-06-30", "2024-06-30", True), ("2024-06-30", "2024-07-01", False), ("2030-06-30", "2026-07-01", False)],
)
def test_s1_the_earlier_of_declared_and_longest_shelf_life_wins(declared, day, counts):
    rules = book(*ABC)
    result = one(rules, case({"a": lot(40, achieved_on="2019-06-30", expires_on=declared)}, target=40, day=day))
    assert (result.refused is None) == counts


# --- A10: graduation --------------------------------------------------------------------------------------------------

GRADUATION = (
    LOT,
    floor("at_least = 170", when='{ "programme.kind" = { not = "3+2" } }'),
    floor("at_least = 270", "total-5", when='{ "programme.kind" = "3+2" }', code='"total"'),
    floor(
        'at_least = { percent = 60, of = "counted" }',
        "own",
        over='{ "source.issuer" = "@target.institution" }',
        code='"residency"',
    ),
    floor("at_least = 5", "practice", over='{ "source.category" = "社会实践" }', code='"min-practice"'),
)


def graduation(own, partner, practice=5, kind="three-year", **more):
    outcomes = {
        "own": lot(own, issuer="own", category=["专业课"]),
        "partner": lot(partner, issuer="other", category=["专业课"]),
        "practice": lot(practice, issuer="own", category=["社会实践"]),
    }
    return case(outcomes, target=170, programme={"kind": kind}, **more)


@pytest.mark.parametrize(
    ("own", "partner", "practice", "kind", "refused", "also"),
    [
        (96, 69, 5, "three-year", "floor.residency", ()),
        (97, 68, 5, "three-year", None, ()),
        (98, 68, 4, "three-year", "floor.min-practice", ()),
        (96, 68, 5, "three-year", "floor.total", ("floor.residency",)),
        (164, 100, 5, "3+2", "floor.total", ()),
        (165, 100, 5, "3+2", None, ()),
    ],
)
def test_a10_floors(own, partner, practice, kind, refused, also):
    result = one(book(*GRADUATION), graduation(own, partner, practice, kind))
    assert (result.refused, result.also) == (refused, also)


def test_a10_says_59_4_percent():
    rules = book(*GRADUATION)
    data = case_of_data(graduation(96, 69), rules)
    decision = decide(rules, data)
    own = next(floor for floor in decision.results[0].floors if floor.clause == "own")
    assert (own.have, own.need, own.base, own.met) == (101, 102, 170, False)
    assert "own 学分: 101 (59.4 % / 170) — 应不低于 102,差 1\n" in explain(decision, (), language="zh")
    met = decide(rules, case_of_data(graduation(97, 68), rules))
    assert "own credits: 102 (60.0 % / 170) — must be at least 102 (met)\n" in explain(met, (), language="en")


def test_a10_early_leavers_with_150_credits_in_a_programme_check():
    early = floor("at_least = 150", acts='["programme"]', when='{ "item.as" = "early" }', code='"early"')
    years = '{ id = "y", kind = "gate", acts = ["programme"], require = { "learner.years" = { at_least = 2 } } }'
    effect = '{ id = "e", kind = "effect", acts = ["programme"], on = "granted", set = { early_eligible = true } }'
    rules = book(LOT, early, years, effect, more='fields = { "learner.years" = "number" }')
    item = {"id": "1", "sources": "all", "targets": [], "as": "early"}
    for credits, years, expected in ((150, 2, None), (149, 2, "floor.early"), (150, 1, "gate.y")):
        result = one(rules, case({"a": lot(credits)}, item, act="programme", learner={"years": years}))
        assert result.refused == expected
        assert [each.value for each in result.effects] == ([] if expected else [True])
        if expected is None:
            assert (result.granted, result.used, result.targets, result.floors[0].have) == (0, (), (), 150)


# --- lines and items --------------------------------------------------------------------------------------------------


def test_a_clause_that_names_a_source_declines_a_line_any_other_refuses_the_item():
    line = '{ id = "g", kind = "gate", forbid = { "source.class" = "c" } }'
    whole = '{ id = "t", kind = "gate", forbid = { "target.kind" = "degree" } }'
    outcomes = {"a": lot(60, **{"class": "c"}), "b": lot(70, **{"class": "d"})}
    result = one(book(LOT, line), case(outcomes))
    assert (result.granted, [each.code for each in result.declined_lines]) == (70, ["gate.g"])
    assert one(book(LOT, line, whole), case(outcomes)).refused == "gate.t"
    # Where the two meet, both sides are named, so it is about a line.
    pair = '{ id = "p", kind = "gate", require = { "pair.similarity" = { at_least = "80 %" } } }'
    pairs = [{"source": "a", "target": "degree", "facts": {"similarity": "0.8"}}]
    result = one(book(LOT, pair, more='fields = { "pair.similarity" = "percent" }'), case(outcomes, pairs=pairs))
    assert [(each.source, each.code) for each in result.declined_lines] == [("b", "missing.pair.similarity")]


def test_maps_worths_and_highest_decline_lines():
    outcomes = {
        "a": lot(3, content="x", **{"class": "c"}),
        "b": lot(4, content="x", **{"class": "c"}),
        "c": lot(5, content="y", **{"class": "c", "system": "other"}),
        "d": lot(6, content="z", **{"class": "d"}),
    }
    rules = book(
        '{ id = "m", kind = "map", match = { "source.class" = "c" } }',
        LOT,
        '{ id = "h", kind = "highest", per = ["source.content"], earlier = "refuse" }',
    )
    result = one(rules, case(outcomes))
    assert (result.granted, result.lines[0].sources) == (4, ("b",))
    codes = {each.source: each.code for each in result.declined_lines}
    assert codes == {"a": "highest.superseded", "c": "worth.other-system", "d": "map.none"}


def test_limits_are_asked_line_by_line():
    outcomes = {"a": lot(3), "b": lot(4), "c": lot(2)}
    cap = '{ id = "c", kind = "cap", per = ["source.class"], at_most = 5 }'
    for id in outcomes:
        outcomes[id]["class"] = "k"
    result = one(book(LOT, cap), case(outcomes))
    assert (result.granted, [each.source for each in result.declined_lines]) == (5, ["b"])
    parts = '{ id = "u", kind = "policy", units = "parts" }'
    result = one(book(LOT, cap, parts), case(outcomes))
    assert (result.granted, [(each.code, each.credits) for each in result.declined]) == (5, [("cap.c", 2)])
    assert [(each.source, each.code) for each in result.declined_lines] == [("c", "cap.c")]
    whole = '{ id = "w", kind = "cap", at_most = 8 }'
    assert one(book(LOT, whole), case(outcomes)).refused == "cap.w"


def test_a_clause_is_told_as_silent_only_where_it_spoke_about_no_line():
    rules = book(
        LOT,
        '{ id = "one", kind = "gate", when = { "source.class" = "x" }, require = { "source.hours" = 1 } }',
        '{ id = "none", kind = "gate", when = { "source.class" = "y" }, require = { "source.hours" = 1 } }',
    )
    data = case_of_data(case({"a": lot(1, **{"class": "z"}), "b": lot(1, **{"class": "x"}, hours=1)}), rules)
    said = [(row.clause, row.said) for row in workings(rules, data) if row.kind == "gate"]
    assert said == [("one", "silent"), ("none", "silent"), ("one", "passed"), ("none", "silent")]
    assert "clauses that do not speak: none\n" in explain(decide(rules, data), workings(rules, data), language="en")


def test_terms_of_a_calendar_cap_what_counts_by_the_day_a_class_ended():
    more = (
        'calendars = { terms = { starts = ["03-01", "09-01"] } }\n'
        'derive = { "source.term" = { calendar = "terms", of = "source.ended_on" } }'
    )
    cap = '{ id = "c", kind = "cap", per = ["source.term"], at_most = 24 }'
    outcomes = {
        "a": lot(20, ended_on="2025-03-01"),
        "b": lot(4, ended_on="2025-08-31"),
        "c": lot(1, ended_on="2025-08-31"),
        "d": lot(1, ended_on="2025-09-01"),
    }
    result = one(book(LOT, cap, more=more), case(outcomes))
    assert (result.granted, [each.source for each in result.declined_lines]) == (25, ["c"])


def test_a_line_may_be_in_one_group_with_another_of_its_item():
    once = '{ id = "o", kind = "once", per = ["source.class"], over = { "source.class" = { present = true } } }'
    outcomes = {"a": lot(3, **{"class": "k"}), "b": lot(4, **{"class": "k"})}
    assert one(book(LOT, once), case(outcomes)).granted == 7


def test_an_item_is_for_one_target_and_asks_for_everything():
    rules = book(LOT)
    outcomes = {"a": lot(3)}
    two = {"id": "1", "sources": ["a"], "targets": ["degree", "second"]}
    data = case(outcomes, two)
    data["targets"]["second"] = {}
    assert one(rules, data).refused == "item.targets"
    asked = {"id": "1", "sources": ["a"], "targets": ["degree"], "ask": 2}
    assert one(rules, case(outcomes, asked)).refused == "item.ask"


def test_the_only_target_that_maps_leave():
    rows = '{ id = "m", kind = "map", rows = [{ from = "a", to = "degree" }, { from = "b", to = { any = ["degree", "second"] } }] }'
    open_item = {"id": "1", "sources": ["a"], "targets": []}
    data = case({"a": lot(3), "b": lot(4)}, open_item)
    assert one(book(LOT, rows), data).targets == (("degree", Fraction(3)),)
    data["targets"]["second"] = {}
    data["application"]["items"] = [{"id": "1", "sources": ["a", "b"], "targets": []}]
    result = one(book(LOT, rows), data)
    assert (result.granted, result.declined_lines[0].code) == (3, "map.ambiguous")


def test_nothing_that_counts_is_refused_by_what_declined_the_first():
    gate = '{ id = "g", kind = "gate", forbid = { "source.class" = "c" } }'
    assert one(book(LOT, gate), case({"a": lot(3, **{"class": "c"})})).refused == "gate.g"
    assert one(book(LOT, gate, floor("at_least = 1")), case({"a": lot(3, **{"class": "c"})})).refused == "floor.total"


def test_sources_without_a_worth_count_as_such():
    rules = book(floor("at_least = 2", measure='"sources"'), floor("at_least = 60", "hours", measure='"hours"'))
    result = one(rules, case({"a": {"hours": 30}, "b": {"hours": 30}}))
    assert (result.granted, [each.have for each in result.floors]) == (0, [2, 60])
    assert one(rules, case({"a": {"hours": 60}})).refused == "floor.total"


# --- floors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("partner", "refused"), [(40, None), ("40.5", "floor.share"), (39, None), (0, None)])
def test_a_share_not_to_pass(partner, refused):
    share = floor(
        'at_most = { percent = 40, of = "@target.credits" }', "share", over='{ "source.issuer" = { not = "own" } }'
    )
    outcomes = {"a": lot(60, issuer="own"), "b": lot(partner, issuer="x")}
    assert one(book(LOT, share), case(outcomes, target=100)).refused == refused


@pytest.mark.parametrize(
    ("limit", "refused"),
    [("at_least = 4", None), ("at_least = 5", "missing.source.issuer"), ("at_least = 8", "floor.total")],
)
def test_a_floor_does_not_turn_on_what_cannot_change_it(limit, refused):
    rules = book(LOT, floor(limit, over='{ "source.issuer" = "own" }'))
    assert one(rules, case({"a": lot(4, issuer="own"), "b": lot(3)})).refused == refused


def test_bases_of_a_share():
    totals = [{"where": {"category": "专业课"}, "credits": 20}, {"where": {"category": "公共课"}, "credits": 80}]
    over = '{ "source.category" = "专业课", "target.category" = "专业课" }'
    for of, need in (("programme", 50), ("selection", 10), ("counted", 60), ("@learner.base", 7)):
        rules = book(
            LOT,
            floor(f'at_least = {{ percent = 50, of = "{of}" }}', over=over),
            more='fields = { "learner.base" = "number" }',
        )
        data = case({"a": lot(120)}, programme={"credits": 100, "totals": totals}, learner={"base": 14})
        assert one(rules, data).refused == "missing.source.category"
        data["outcomes"]["a"]["category"] = ["公共课"]
        assert one(rules, data).floors[0].need == need
    del data["programme"]["totals"], data["learner"]
    rules = book(LOT, floor('at_least = { percent = 50, of = "selection" }'))
    assert one(rules, data).refused == "missing.programme.courses"


def test_level_points():
    more = 'levels = { ncrf = ["4.5", "6.5"] }\nfields = { "source.level" = "level:ncrf" }'
    rules = book(LOT, floor("at_least = 440", measure='"level_points"'), more=more)
    outcomes = {"a": lot(40, level="4.5"), "b": lot(40, level="6.5")}
    result = one(rules, case(outcomes))
    assert (result.refused, result.level_points) == (None, 440)
    assert decision_dict(decide(rules, case_of_data(case(outcomes), rules)))["results"][0]["level_points"] == "440"
    outcomes["b"]["credits"] = 39
    assert one(rules, case(outcomes)).refused == "floor.total"
    del outcomes["b"]["level"]
    assert one(rules, case(outcomes)).refused == "missing.source.level"


def test_a_floor_is_waived_by_who_may():
    rules = book(LOT, floor("at_least = 5", waivable_by='["dean"]'))
    for by, expected in (("dean", None), ("clerk", "floor.total")):
        waiver = {"clause": "total", "item": "1", "by": by, "reason": "r"}
        result = one(rules, case({"a": lot(4)}, waivers=[waiver]))
        assert (result.refused, result.waived) == (expected, ("total",) if by == "dean" else ())


def test_in_other_acts_a_floor_reports_what_is_short():
    head = HEAD.replace('acts = ["award", "programme"]', 'acts = ["convert"]')
    clauses = ('{ id = "m", kind = "map", match = { "target.kind" = "pool" } }', LOT, floor("at_least = 10"))
    past = {"application": "then", "item": "1", "act": "convert", "sources": ["o"], "target": "degree", "credits": 3}
    past |= {"on": "2021-01-01", "programme": "p", "institution": "own", "book": "test"}
    for credits, short in ((6, "1"), (7, None)):
        item = {"id": "1", "sources": ["a"], "targets": ["degree"]}
        data = case({"a": lot(credits), "o": lot(3)}, item, act="convert", history=[past, past | {"programme": "q"}])
        data["targets"]["degree"] = {"kind": "pool"}
        rules = book(*clauses, head=head)
        written = decision_dict(decide(rules, case_of_data(data, rules)))
        assert written["results"][0]["granted"] == str(credits)
        assert [each["short"] for each in written.get("short", [])] == ([short] if short else [])


# --- debit ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "used", "granted", "worth"),
    [("none", (), 160, 0), ("all", ("a", "b", "c", "d"), 160, 160), ("required", ("b", "c", "d"), 120, 120)],
)
def test_debit(how, used, granted, worth):
    lots = {
        "a": lot(40),
        "b": lot(40, expires_on="2030-01-01"),
        "c": lot(40, expires_on="2029-01-01"),
        "d": lot(40, expires_on="2028-01-01"),
    }
    result = one(book(LOT, floor('at_least = "@target.credits"'), debit(how)), case(lots))
    assert (result.used, result.granted) == (used, granted)
    assert sum(line.worth for line in result.lines) == worth


def test_what_is_required_keeps_every_floor():
    own = floor('at_least = { percent = 50, of = "@target.credits" }', "own", over='{ "source.issuer" = "own" }')
    lots = {
        "p1": lot(40, issuer="x", expires_on="2027-01-01"),
        "p2": lot(40, issuer="x", expires_on="2027-02-01"),
        "p3": lot(40, issuer="x", expires_on="2027-03-01"),
        "o1": lot(40, issuer="own", expires_on="2028-01-01"),
        "o2": lot(40, issuer="own"),
    }
    rules = book(LOT, floor('at_least = "@target.credits"'), own, debit("required"))
    result = one(rules, case(lots))
    assert (result.used, result.granted) == (("o1", "o2", "p1"), 120), "in the order of their ids"


def test_a_second_award_of_one_application_finds_the_lots_spent():
    items = [{"id": id, "sources": ["a", "b"], "targets": ["degree"]} for id in "12"]
    rules = book(LOT, SPENT, floor("at_least = 10"), debit("all"))
    assert run(rules, case({"a": lot(5), "b": lot(5)}, *items)) == ["10", "floor.total"]


# --- sources = "all" ----------------------------------------------------------------------------------------------------


def test_all_are_the_lots_and_what_was_granted_for_this_programme():
    past = {"act": "convert", "on": "2021-01-01", "institution": "own", "book": "b", "item": "1", "target": "course"}
    history = [
        past | {"application": "c1", "sources": ["x"], "credits": 3, "programme": "p"},
        past | {"application": "c2", "sources": ["y"], "credits": 4, "programme": "q"},
    ]
    data = case({"x": lot(9), "y": lot(9), "z": lot(9)}, history=history)
    data["targets"]["course"] = {"category": ["专业课"], "credits": 3}
    rules = book(LOT, floor("at_least = 3", over='{ "source.class" = "credit", "source.category" = "专业课" }'))
    result = one(rules, data)
    assert [(line.sources, line.credits) for line in result.lines] == [(("z",), 9), (("c1.1",), 3)]
    head = HEAD.replace('acts = ["award", "programme"]', 'acts = ["convert"]')
    data["application"]["act"] = "convert"
    map_ = '{ id = "m", kind = "map", match = { "target.kind" = "degree" } }'
    with pytest.raises(MalformedError, match="award or a programme"):
        read_case(json.dumps(data), book(map_, LOT, head=head))


def test_an_award_without_a_target_counts_in_the_total():
    data = case({"a": lot(4), "b": lot(3)}, {"id": "1", "sources": "all"})
    decision = decide(book(LOT), case_of_data(data, book(LOT)))
    assert [(one.category, one.credits) for one in decision.totals] == [("", 7)]
