"""Gates that count to at most so many, caps that leave earlier lines out, and periods whose day is not known."""

import pytest
from hypothesis import given, strategies as st
from rule_support import book_of_text, case_of_data, run

from creditbank.codec.book import book_bytes
from creditbank.domain.rule import decide

ANY = '{ id = "any", kind = "map", match = { "target.id" = { present = true } }, basis = "b:1" }'
DUE = '{ id = "due", kind = "worth", of = "@target.credits", basis = "b:1" }'
TERMS = """
calendars = { year = { starts = ["03-01", "09-01"] } }
derive = { "application.term" = { calendar = "year", of = "application.applied_on" } }
"""


def book(*clauses, more=""):
    listed = [f'{one[:-1].rstrip()}, basis = "b:1" }}' for one in clauses]
    return book_of_text("clause = [\n" + ",\n".join((ANY, DUE, *listed)) + "\n]", more=more)


def case(*, outcomes=None, credits=1, day="2022-06-01", facts=None, **more):
    return {
        "application": {
            "id": "now",
            "act": "convert",
            "dates": {"applied_on": day},
            "items": [{"id": "1", "sources": ["A"], "targets": ["X"]}],
            "facts": facts or {},
        },
        "programme": {"id": "p", "institution": "i"},
        "outcomes": {"A": {"class": "course"}, "O": {"class": "other"}, **(outcomes or {})},
        "targets": {"X": {"credits": credits, "kind": "course"}, "Y": {"credits": 9}},
        **more,
    }


def past(number, day="2021-01-01", target="Y", source="O", credits=1):
    return {
        "application": f"then{number}",
        "item": "1",
        "act": "convert",
        "sources": [source],
        "target": target,
        "credits": credits,
        "on": day,
        "programme": "p",
        "institution": "i",
        "book": "test",
    }


def only(rules, data):
    return decide(rules, case_of_data(data, rules)).results[0]


# --- at most so many --------------------------------------------------------------------------------------------------

HELD = '{ id = "h", kind = "gate", held = { "source.class" = "diploma" }, %s }'
DONE = '{ id = "d", kind = "gate", done = { "earlier.target" = "Y", "earlier.sources" = "@source.id" }, %s }'


def diplomas(sure, unsure=0):
    return {f"d{n}": {"class": "diploma"} for n in range(sure)} | {f"u{n}": {} for n in range(unsure)}


@pytest.mark.parametrize(
    ("bounds", "sure", "unsure", "expected"),
    [
        ("at_most = 0", 0, 0, None),
        ("at_most = 0", 1, 0, "gate.h"),
        ("at_most = 0", 0, 1, "missing.source.class"),
        ("at_most = 0", 1, 1, "gate.h"),
        ("at_most = 2", 1, 1, None),
        ("at_most = 2", 2, 0, None),
        ("at_most = 2", 2, 1, "missing.source.class"),
        ("at_most = 2", 3, 5, "gate.h"),
        ("count = 1, at_most = 2", 0, 0, "gate.h"),
        ("count = 1, at_most = 2", 1, 0, None),
        ("count = 1, at_most = 2", 1, 1, None),
        ("count = 1, at_most = 2", 0, 1, "missing.source.class"),
        ("count = 1, at_most = 2", 1, 2, "missing.source.class"),
        ("count = 1, at_most = 2", 3, 0, "gate.h"),
        ("count = 2, at_most = 2", 2, 0, None),
        ("count = 2", 2, 5, None),
    ],
)
def test_held_at_most(bounds, sure, unsure, expected):
    rules = book(HELD % bounds)
    assert only(rules, case(outcomes=diplomas(sure, unsure))).refused == expected


@pytest.mark.parametrize(
    "asks",
    [
        'held = { "source.code" = "@target.code" }',
        'held = { "source.code" = "@item.wanted" }',
        'done = { "earlier.target" = "@target.id" }',
        'done = { "earlier.sources" = "O", "earlier.target" = "@item.meant" }',
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_what_is_counted_may_differ_from_item_to_item(asks, turned):
    """O is held, or was used, for X and not for Y, whichever of them is asked for first."""
    fields = 'fields = { "item.wanted" = "text", "item.meant" = "text" }'
    rules = book(f'{{ id = "h", kind = "gate", {asks}, count = 1 }}', more=fields)
    data = case(outcomes={"A": {"code": "z"}, "O": {"code": "a"}}, history=[past(1, target="X")])
    data["targets"] = {"X": {"credits": 1, "code": "a"}, "Y": {"credits": 1, "code": "b"}}
    items = [
        {"id": target, "sources": ["A"], "targets": [target], "facts": {"wanted": wanted, "meant": target}}
        for target, wanted in (("X", "a"), ("Y", "b"))
    ]
    data["application"]["items"] = items[::-1] if turned else items
    decision = decide(rules, case_of_data(data, rules))
    assert [decision.result(target).refused for target in "XY"] == [None, "gate.h"]


@pytest.mark.parametrize(("revoked", "expected"), [(True, "gate.h"), (False, None)])
def test_what_was_revoked_is_held_no_more(revoked, expected):
    """What fell since an earlier grant is in the case, since a line of the record names it."""
    rules = book(HELD % "count = 1")
    diploma = {"D": {"class": "diploma", "revoked": revoked}}
    assert only(rules, case(outcomes=diploma)).refused == expected


@given(st.integers(0, 4), st.integers(0, 3), st.integers(1, 4), st.integers(0, 4))
def test_what_is_not_known_decides_where_it_could_go_either_way(sure, unsure, least, more):
    """Three values are what all ways to fill in what is missing have in common."""
    rules = book(HELD % f"count = {least}, at_most = {least + more}")
    answers = {only(rules, case(outcomes=diplomas(sure + known))).refused for known in range(unsure + 1)}
    said = only(rules, case(outcomes=diplomas(sure, unsure))).refused
    assert said == (answers.pop() if len(answers) == 1 else "missing.source.class")


@pytest.mark.parametrize(
    ("bounds", "have", "test", "limit"),
    [
        ("at_most = 0", 2, "at_most", "0"),
        ("count = 2, at_most = 3", 4, "at_most", "3"),
        ("count = 2, at_most = 3", 1, "at_least", "2"),
    ],
)
def test_the_bound_that_fails_is_compared(bounds, have, test, limit):
    (shown,) = only(book(HELD % bounds), case(outcomes=diplomas(have))).compared
    assert (shown.what, shown.have, shown.test, shown.limit) == ("held", str(have), test, limit)


def test_refused_if_there_is_an_earlier_line_of_the_same_source():
    rules = book(DONE % "at_most = 0")
    assert only(rules, case()).refused is None
    assert only(rules, case(history=[past(1)])).refused is None, "another source's line"
    result = only(rules, case(history=[past(1), past(2, source="A")]))
    assert (result.refused, result.compared[0].have) == ("gate.d", "1")


def test_what_a_book_does_not_say_is_not_in_its_bytes():
    assert b"at_most" not in book_bytes(book(HELD % "count = 1"))
    assert b'"at_most":0' in book_bytes(book(HELD % "at_most = 0"))
    assert b'"count"' not in book_bytes(book(HELD % "at_most = 0"))
    assert b"ignore" not in book_bytes(book('{ id = "c", kind = "cap", at_most = 5 }'))


# --- caps that leave lines out ----------------------------------------------------------------------------------------

CAP = '{ id = "c", kind = "cap", at_most = 5, ignore = { "earlier.on" = { below = "@application.term.since" } }%s }'


@pytest.mark.parametrize(
    ("days", "credits", "expected"),
    [
        (["2022-02-28"], 5, "5"),
        (["2022-03-01"], 5, "cap.c"),
        (["2022-03-01"], 4, "4"),
        (["2022-02-28", "2022-03-01"], 4, "4"),
        (["2022-03-01", "2022-06-01"], 4, "cap.c"),
    ],
)
def test_at_most_so_many_credits_in_a_term(days, credits, expected):
    rules = book(CAP % "", more=TERMS)
    history = [past(n, day) for n, day in enumerate(days)]
    assert run(rules, case(credits=credits, history=history)) == [expected]


@pytest.mark.parametrize(
    ("decided_on", "expected"),
    [(None, ["3", "3"]), ("2022-06-30", ["3", "3"]), ("2022-07-01", ["3", "cap.c"])],
)
def test_what_is_granted_just_now_stands_on_the_day_of_the_decision(decided_on, expected):
    ignore = 'ignore = { "earlier.on" = { below = 2022-07-01 } }'
    rules = book(f'{{ id = "c", kind = "cap", at_most = 5, {ignore} }}')
    data = case(credits=3)
    items = [{"id": id, "sources": ["A"], "targets": ["X"]} for id in "12"]
    data["application"] |= {"items": items}
    if decided_on is not None:
        data["application"]["dates"] |= {"decided_on": decided_on}
    assert run(rules, data) == expected


def test_what_is_left_out_leaves_room_to_trim():
    parts = '{ id = "u", kind = "policy", units = "parts" }'
    rules = book(CAP % "", parts, more=TERMS)
    history = [past(1, "2022-02-28", credits=4), past(2, "2022-03-01", credits=2)]
    result = only(rules, case(credits=6, history=history))
    assert (result.granted, result.declined[0].credits) == (3, 3)


def test_a_line_that_is_left_out_needs_nothing():
    over = ', over = { "source.class" = "course" }'
    rules = book(CAP % over, more=TERMS)
    outcomes = {"B": {}}
    assert run(rules, case(outcomes=outcomes, history=[past(1, "2022-02-28", source="B")])) == ["1"]
    assert run(rules, case(outcomes=outcomes, history=[past(1, "2022-03-01", source="B")])) == ["missing.source.class"]


# --- periods whose day is not known -----------------------------------------------------------------------------------

DERIVED = """
fields = { "application.tested_on" = "date", "source.entered_on" = "date" }
calendars = { year = { starts = ["01-01"] } }
derive."application.test_year" = { calendar = "year", of = "application.tested_on" }
derive."application.test_term" = { calendar = "school", of = "application.tested_on" }
derive."source.entry" = { calendar = "year", of = "source.entered_on" }
"""
YEAR = '{ id = "g", kind = "gate", require = { "application.test_year.since" = { at_least = 2022-01-01 } } }'
TERM = '{ id = "g", kind = "gate", require = { "target.term" = "@application.test_term" } }'
SCHOOL = {"school": {"terms": [{"id": "S1", "since": "2022-03-01", "until": "2022-09-01"}]}}


@pytest.mark.parametrize(
    ("clause", "more", "expected"),
    [
        (YEAR, {}, "missing.application.tested_on"),
        (YEAR, {"facts": {"tested_on": "2022-05-01"}}, None),
        (
            YEAR.replace(".since", "").replace("{ at_least = 2022-01-01 }", '"2022-01-01"'),
            {},
            "missing.application.tested_on",
        ),
        (TERM, {}, "missing.target.term"),
        (TERM, {"targets": {"X": {"term": "S1", "credits": 1}}}, "missing.application.tested_on"),
        (
            TERM,
            {"targets": {"X": {"term": "S1", "credits": 1}}, "facts": {"tested_on": "2022-05-01"}},
            "missing.application.test_term",
        ),
        (
            TERM,
            {"targets": {"X": {"term": "S1", "credits": 1}}, "facts": {"tested_on": "2022-09-01"}, "calendars": SCHOOL},
            "missing.application.test_term",
        ),
        (
            TERM,
            {"targets": {"X": {"term": "S1", "credits": 1}}, "facts": {"tested_on": "2022-08-31"}, "calendars": SCHOOL},
            None,
        ),
        ('{ id = "c", kind = "cap", per = ["source.entry"], at_most = 5 }', {}, "missing.source.entered_on"),
        (
            '{ id = "h", kind = "highest", by = "source.entry.since", earlier = "refuse" }',
            {"history": [past(1)]},
            "missing.source.entered_on",
        ),
        (
            '{ id = "p", kind = "policy", grade = "@source.entry" }',
            {},
            "missing.source.entered_on",
        ),
        (
            '{ id = "g", kind = "gate", forbid = { "target.id" = "Z" }, since = 2020-01-01, dated_by = "source.entry.since" }',
            {},
            None,
        ),
        (
            '{ id = "g", kind = "gate", forbid = { "target.id" = "X" }, since = 2020-01-01, dated_by = "source.entry.since" }',
            {},
            "missing.source.entered_on",
        ),
    ],
)
def test_a_period_that_is_missing_asks_for_its_day(clause, more, expected):
    rules = book(clause, more=DERIVED)
    assert only(rules, case(**more)).refused == expected


def test_a_version_day_that_is_derived_asks_for_its_day():
    rules = book(YEAR, more=f'{DERIVED}dates = {{ version = "application.test_year.since" }}')
    assert only(rules, case()).refused == "missing.application.tested_on"
    assert only(rules, case(facts={"tested_on": "2022-05-01"})).refused is None
