"""The evaluator on small books: maps, worth, units, leftover, rounding, limits, dates, missing data, waivers."""

from fractions import Fraction

import pytest
from rule_support import HALF, book_of_text, case_of_data, run, said

from creditbank.domain.rule import decide

ANY = '{ id = "any", kind = "map", match = { "target.id" = { present = true } }, basis = "b:1" }'
OWN = '{ id = "own", kind = "worth", of = "@source.credits", basis = "b:1" }'
DUE = '{ id = "due", kind = "worth", of = "@target.credits", basis = "b:1" }'


def book(*clauses, more=""):
    listed = [one if "basis" in one else one[:-1].rstrip() + ', basis = "b:1" }' for one in clauses]
    return book_of_text("clause = [\n" + ",\n".join(listed) + "\n]", more=more)


def item(sources, targets, id="1", **more):
    return {"id": id, "sources": sources.split(), "targets": targets.split(), **more}


def case(*items, outcomes=None, targets=None, quantum=None, history=(), day="2022-06-01", act="convert", **more):
    """Sources worth their credits; targets of theirs. ``A=4`` means four credits."""
    facts = more.pop("facts", {})
    return {
        "application": {"id": "now", "act": act, "dates": {"applied_on": day}, "items": list(items), "facts": facts},
        "programme": {"id": "p", "institution": "i", **more.pop("programme", {})},
        "outcomes": {
            id: {"credits": one, "system": "cn-college", "achieved_on": "2021-01-01"}
            if not isinstance(one, dict)
            else one
            for id, one in (outcomes or {}).items()
        },
        "targets": {
            id: {"credits": one, "kind": "course"} if not isinstance(one, dict) else one
            for id, one in (targets or {}).items()
        },
        "history": list(history),
        "systems": {"cn-college": quantum} if quantum else {},
        **more,
    }


def past(sources, target, credits, **more):
    return {
        "application": "then",
        "item": "1",
        "act": "convert",
        "sources": sources.split(),
        "target": target,
        "credits": credits,
        "on": "2021-01-01",
        "programme": "p",
        "institution": "i",
        "book": "test",
        **more,
    }


def only(rules, data):
    decision = decide(rules, case_of_data(data, rules))
    assert len(decision.results) == 1
    return decision.results[0]


# --- maps ---------------------------------------------------------------------------------------------------------------


def rows(*written):
    return book('{ id = "rows", kind = "map", rows = [' + ", ".join(written) + "] }", DUE)


@pytest.mark.parametrize(
    ("from_", "sources", "expected"),
    [
        ('"A"', "A", "A"),
        ('"code-b"', "A B", "B"),
        ('"A"', "B", None),
        ('{ all = ["A", "B"] }', "B A", "A B"),
        ('{ all = ["A", "B"] }', "A", None),
        ('{ any = ["C", "B", "A"] }', "A B", "B"),
        ('{ any = [{ all = ["A", "C"] }, "B"] }', "A B C", "A C"),
        ('{ any = [{ all = ["A", "C"] }, "B"] }', "A B", "B"),
        ('{ pick = 2, of = ["A", "B", "C"] }', "C A", "A C"),
        ('{ pick = 2, of = ["A", "B", "C"] }', "C", None),
        ('{ "source.class" = "course" }', "A", None),
        ('{ "source.class" = "course" }', "A C B", "C"),
        # Two parts want two sources: the second cannot be met by the one that the first took.
        ('{ all = [{ "source.class" = "course" }, "C"] }', "C D", "D C"),
        ('{ all = [{ "source.class" = "course" }, { "source.class" = "course" }] }', "C", None),
        ('{ credits = 5, of = ["A", "B", "C", "D"] }', "A B", None),
        ('{ credits = 5, of = ["A", "B", "C", "D"] }', "A B C D", "A B C"),
        ('{ credits = 4, of = ["A", "B", "C", "D"] }', "D C B A", "A B"),
    ],
)
def test_from(from_, sources, expected):
    rules = rows(f'{{ from = {from_}, to = "X" }}')
    kinds = {"A": {}, "B": {"code": "code-b"}, "C": {"class": "course"}, "D": {"class": "course"}}
    outcomes = {
        id: {"class": "other", "credits": 2, "system": "s", "achieved_on": "2020-01-01"} | more
        for id, more in kinds.items()
    }
    result = only(rules, case(item(sources, "X"), outcomes=outcomes, targets={"X": 2}))
    if expected is None:
        assert result.refused == "map.none"
    else:
        assert set(result.used) == set(expected.split())
        assert result.refused is None


def test_a_row_says_credits_designations_and_nothing():
    rules = rows(
        '{ from = "A", to = { all = ["X", "Y"] }, credits = [3, 1], gives = ["人文"] }',
        '{ from = "B", none = "没有对应课程" }',
        '{ from = "B", to = "X" }',
    )
    good = only(rules, case(item("A", "Y X"), outcomes={"A": 0}, targets={"X": 3, "Y": 1}))
    assert (good.targets, good.gives) == ((("Y", 1), ("X", 3)), ("人文",))
    nothing = only(rules, case(item("B", "X"), outcomes={"B": 0}, targets={"X": 3, "Y": 1}))
    assert (nothing.refused, nothing.compared[0].limit) == ("map.nothing", "没有对应课程")


def test_an_item_without_target_takes_the_only_one_or_none():
    rules = rows('{ from = "A", to = { any = ["X", "Y"] } }', '{ from = "B", to = "Y" }')
    targets = {"X": 1, "Y": 1}
    assert only(rules, case(item("A", ""), outcomes={"A": 1}, targets=targets)).refused == "map.ambiguous"
    assert only(rules, case(item("A", ""), outcomes={"A": 1}, targets={"Y": 1})).targets == (("Y", 1),)
    assert only(rules, case(item("B", ""), outcomes={"B": 1}, targets=targets)).targets == (("Y", 1),)
    assert only(rules, case(item("A", "Y"), outcomes={"A": 1}, targets=targets)).targets == (("Y", 1),)


@pytest.mark.parametrize(
    ("day", "gives"),
    [
        ("1995-08-31", None),
        ("1995-09-01", ()),
        ("2004-08-31", ()),
        ("2004-09-01", ("B-Hum",)),
        ("2022-01-01", ("B-Hum",)),
    ],
)
def test_the_completion_date_decides_the_row(day, gives):
    rules = rows(
        '{ from = "HIST 109", to = "HIST 213", credits = 3, since = 1995-09-01, until = 2004-09-01 }',
        '{ from = "HIST 109", to = "HIST 213", credits = 3, gives = ["B-Hum"], since = 2004-09-01 }',
    )
    outcome = {"achieved_on": day}
    result = only(
        rules,
        case(item("HIST 109".replace(" ", "_"), "T"), outcomes={}, targets={"T": 3})
        | {
            "outcomes": {"HIST_109": outcome | {"code": "HIST 109"}},
            "targets": {"T": {"code": "HIST 213", "credits": 3}},
        },
    )
    assert (result.refused, result.gives) == (("map.none", ()) if gives is None else (None, gives))


def test_a_date_that_is_missing_is_asked_for():
    rules = rows('{ from = "A", to = "X", since = 1995-09-01 }')
    outcome = {"code": "A"}
    assert (
        only(rules, case(item("A", "X"), outcomes={"A": outcome}, targets={"X": 1})).refused
        == "missing.source.achieved_on"
    )


def test_too_many_ways_are_refused_not_tried():
    parts = ", ".join(['{ "source.class" = "c" }'] * 20 + ['"Z"'])
    rules = rows(f'{{ from = {{ all = [{parts}] }}, to = "X" }}')
    names = [f"s{n}" for n in range(20)]
    outcomes = {name: {"class": "c"} for name in names}
    assert only(rules, case(item(" ".join(names), "X"), outcomes=outcomes, targets={"X": 1})).refused == "map.too-wide"


def test_any_accepting_map_will_do_and_a_code_of_its_own_is_used():
    first = '{ id = "m1", kind = "map", code = "no-agreement", match = { "source.class" = "c" } }'
    rules = book(first, '{ id = "m2", kind = "map", match = { "source.class" = "d" } }', DUE)
    for kind, expected in (("c", None), ("d", None), ("e", "map.no-agreement")):
        data = case(item("A", "X"), outcomes={"A": {"class": kind}}, targets={"X": 1})
        assert only(rules, data).refused == expected


# --- gates ------------------------------------------------------------------------------------------------------------


def test_gates_all_are_asked_and_file_order_picks_the_code():
    rules = book(
        '{ id = "g1", kind = "gate", forbid = { "target.category" = ["思政", "体育"] }, code = "not-convertible" }',
        ANY,
        '{ id = "g2", kind = "gate", require = { "source.score" = { at_least = 60 } } }',
        '{ id = "g3", kind = "gate", require = { "source.hours" = { above = 0 } } }',
        DUE,
    )
    outcome = {"score": 59, "hours": 0}
    target = {"credits": 1, "category": ["体育", "公共课"]}
    result = only(rules, case(item("A", "X"), outcomes={"A": outcome}, targets={"X": target}))
    assert (result.refused, result.also) == ("gate.not-convertible", ("gate.g2", "gate.g3"))
    assert result.compared[0].test == "forbidden is"
    target = {"credits": 1, "category": ["公共课"]}
    result = only(rules, case(item("A", "X"), outcomes={"A": {"hours": 1}}, targets={"X": target}))
    assert (result.refused, result.clause, result.also) == ("missing.source.score", "g2", ())


def test_a_gate_does_not_turn_on_what_cannot_change_it():
    rules = book(
        ANY, '{ id = "g", kind = "gate", when = { "source.class" = "c" }, require = { "source.score" = 1 } }', DUE
    )
    for facts, expected in (
        ({"score": 1}, None),
        ({"class": "d"}, None),
        ({"class": "c"}, "missing.source.score"),
        ({"score": 2}, "missing.source.class"),
        ({"score": 2, "class": "c"}, "gate.g"),
        ({}, "missing.source.class"),
    ):
        assert only(rules, case(item("A", "X"), outcomes={"A": facts}, targets={"X": 1})).refused == expected


def test_a_gate_is_asked_of_every_pair():
    rules = book(
        ANY,
        '{ id = "g", kind = "gate", require = { "pair.similarity" = { at_least = "80 %" } } }',
        DUE,
        more='fields = { "pair.similarity" = "percent" }',
    )
    for second, expected in (("80 %", "2"), ("4/5", "2"), ("79.9%", "gate.g"), (None, "missing.pair.similarity")):
        pairs = [{"source": "A", "target": "X", "facts": {"similarity": "0.8"}}]
        if second:
            pairs.append({"source": "A", "target": "Y", "facts": {"similarity": second}})
        data = case(item("A", "X Y"), outcomes={"A": 1}, targets={"X": 1, "Y": 1}, pairs=pairs)
        assert run(rules, data) == [expected]


def test_held_and_done_count():
    rules = book(
        ANY,
        '{ id = "h", kind = "gate", held = { "source.class" = "diploma" }, count = 2 }',
        '{ id = "d", kind = "gate", done = { "earlier.target" = "Y", "earlier.on" = { below = "@application.applied_on" } } }',
        DUE,
    )

    def result(classes, history=()):
        outcomes = {"A": {"class": "x"}} | {f"d{n}": {"class": one} if one else {} for n, one in enumerate(classes)}
        return only(rules, case(item("A", "X"), outcomes=outcomes, targets={"X": 1, "Y": 1}, history=history))

    done = [past("A", "Y", 1)]
    assert result(["diploma", "diploma"], done).refused is None
    one = result(["diploma"], done)
    assert (one.refused, one.compared[0].have, one.compared[0].limit) == ("gate.h", "1", "2")
    assert result(["diploma", None], done).refused == "missing.source.class"
    assert result([None], done).refused == "gate.h"
    assert result(["diploma", "diploma"]).refused == "gate.d"


def test_waivers_need_a_role_that_may():
    gate = '{ id = "g", kind = "gate", require = { "source.class" = "c" }, waivable_by = ["dean"] }'
    cap = '{ id = "c", kind = "cap", at_most = 1, waivable_by = ["dean"] }'
    rules = book(ANY, gate, cap, DUE)

    def result(*waivers):
        data = case(item("A", "X"), outcomes={"A": {"class": "d"}}, targets={"X": 2})
        return only(
            rules, data | {"waivers": [{"clause": c, "item": "1", "by": by, "reason": "r"} for c, by in waivers]}
        )

    assert result().refused == "gate.g"
    assert result(("g", "clerk")).refused == "gate.g"
    half = result(("g", "dean"))
    assert (half.refused, half.waived) == ("cap.c", ("g",))
    both = result(("g", "dean"), ("c", "dean"))
    assert (both.granted, both.waived) == (2, ("g", "c"))


# --- worth --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "facts", "expected"),
    [
        ("credits = 4", {}, "4"),
        ('of = "@source.credits"', {"credits": "2.5", "system": "cn-college"}, "5/2"),
        ('of = "@source.credits"', {"credits": 2, "system": "other"}, "worth.other-system"),
        ('of = "@source.credits"', {"credits": 2}, "missing.source.system"),
        ('of = "@source.credits"', {"system": "cn-college"}, "missing.source.credits"),
        ('of = "@source.credits", times = "2/3"', {"credits": 12, "system": "other"}, "8"),
        ('of = "@source.hours", per = 34, whole = true', {"hours": 76}, "2"),
        ('of = "@source.hours", per = 34, whole = true', {"hours": 68}, "2"),
        ('of = "@source.hours", per = 34, whole = true', {"hours": 67}, "1"),
        ('of = "@source.hours", per = 34, whole = true, times = "1/2"', {"hours": 68}, "1"),
        ('of = "@source.hours", per = 34', {"hours": 51}, "3/2"),
        ('of = "@item.hours", per = 10', {}, "3"),
    ],
)
def test_amounts(amount, facts, expected):
    rules = book(ANY, f'{{ id = "w", kind = "worth", {amount} }}', more='fields = { "item.hours" = "number" }')
    pool = {"X": {"kind": "pool"}}
    assert run(rules, case(item("A", "X", facts={"hours": 30}), outcomes={"A": facts}, targets=pool)) == [expected]


def test_what_is_worth_nothing_is_not_spent_on_a_pool():
    rules = book(ANY, '{ id = "w", kind = "worth", of = "@source.hours", per = 34, whole = true }')
    outcomes = {"A": {"hours": 33}, "B": {"hours": 34}}
    targets = {"X": {"kind": "pool"}, "Y": {"kind": "pool"}, "Z": 0}
    for sources, wanted, expected in (
        ("A", "X", "worth.insufficient"),
        ("A", "X Y", "worth.insufficient"),
        ("B", "X", "1"),
        ("A B", "X", "1"),
        ("A", "Z", "0"),
    ):
        assert run(rules, case(item(sources, wanted), outcomes=outcomes, targets=targets)) == [expected]


def test_hours_are_added_over_the_sources_first():
    rules = book(ANY, '{ id = "w", kind = "worth", of = "@source.hours", per = 34, whole = true, sum = "item" }')
    result = only(rules, case(item("A B", "X"), outcomes={"A": {"hours": 20}, "B": {"hours": 14}}, targets={"X": 1}))
    assert (result.granted, result.lines[0].sources) == (1, ("A", "B"))


def test_the_first_row_that_holds():
    rules = book(
        ANY,
        '{ id = "w1", kind = "worth", when = { "source.class" = "national" }, credits = 3 }',
        '{ id = "w2", kind = "worth", rows = ['
        '{ when = { "source.class" = "trade" }, credits = 1 }, { when = { "source.hours" = 1 }, credits = 9 }] }',
    )
    pool = {"X": {"kind": "pool"}}
    kinds = {"A": {"class": "national"}, "B": {"class": "trade"}, "C": {"class": "x", "hours": 2}, "D": {"class": "x"}}
    for sources, expected in (("A", "3"), ("B", "1"), ("A B", "4"), ("C", "worth.none"), ("D", "missing.source.hours")):
        assert run(rules, case(item(sources, "X"), outcomes=kinds, targets=pool)) == [expected]


def test_a_worth_that_may_not_speak_is_missing_only_where_a_row_of_it_would_hold():
    rules = book(
        ANY,
        '{ id = "w1", kind = "worth", when = { "source.hours" = { at_least = 1 } }, rows = ['
        '{ when = { "source.class" = "trade" }, credits = 1 }] }',
        '{ id = "w2", kind = "worth", credits = 2 }',
    )
    pool = {"X": {"kind": "pool"}}
    kinds = {"A": {"class": "trade"}, "B": {"class": "x"}, "C": {"class": "trade", "hours": 1}}
    for sources, expected in (("A", "missing.source.hours"), ("B", "2"), ("C", "1"), ("A C", "missing.source.hours")):
        assert run(rules, case(item(sources, "X"), outcomes=kinds, targets=pool)) == [expected]


def test_lots_are_in_the_order_of_the_sources_whatever_row_values_them():
    rules = book(
        ANY,
        '{ id = "w", kind = "worth", rows = ['
        '{ when = { "source.class" = "own" }, of = "@source.credits" }, '
        '{ when = { "source.class" = "lecture" }, of = "@source.hours", per = 16, sum = "item" }] }',
        '{ id = "u", kind = "policy", units = "parts" }',
    )
    own, lecture = {"class": "own", "credits": 1, "system": "cn-college"}, {"class": "lecture", "hours": 8}
    outcomes = {"A": own, "B": lecture, "C": own, "D": lecture}
    result = only(rules, case(item("A B C D", "X"), outcomes=outcomes, targets={"X": 3}))
    assert [line.sources for line in result.lines] == [("A",), ("B", "D"), ("C",)]


def test_worth_that_differs_by_target():
    rules = book(
        ANY,
        '{ id = "w", kind = "worth", rows = ['
        '{ when = { "target.kind" = "a" }, of = "@target.credits" }, { of = "@target.credits", times = 2 }] }',
    )
    targets = {"X": {"kind": "a", "credits": 1}, "Y": {"kind": "b", "credits": 1}}
    result = only(rules, case(item("A", "X Y"), outcomes={"A": 1}, targets=targets))
    assert (result.targets, result.forfeited) == ((("X", 1), ("Y", 1)), 1)


# --- units, leftover, ask ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("worth", "need", "expected"), [(4, 3, "3"), (4, 4, "4"), (4, 5, "worth.insufficient"), (0, 0, "0")]
)
def test_whole_courses(worth, need, expected):
    result = only(book(ANY, OWN), case(item("A", "X"), outcomes={"A": worth}, targets={"X": need}))
    assert (result.refused or str(result.granted)) == expected
    if result.refused is None:
        assert (result.forfeited, result.lines[-1].worth) == (worth - need, worth)


def test_lots_fill_targets_in_order():
    result = only(
        book(ANY, OWN), case(item("A B C", "X Y"), outcomes={"A": 3, "B": 3, "C": 1}, targets={"X": 2, "Y": 4})
    )
    assert [(one.sources[0], one.target, one.credits) for one in result.lines] == [
        ("A", "X", 2),
        ("A", "Y", 1),
        ("B", "Y", 3),
        ("C", "Y", 0),
    ]
    assert (result.used, result.forfeited) == (("A", "B", "C"), 1)


KEEP = '{ id = "k", kind = "policy", leftover = "keep" }'
PARTS = '{ id = "u", kind = "policy", units = "parts" }'


def test_kept_leftover_is_drawn_on_and_spent_once():
    rules = book(ANY, OWN, KEEP)
    data = case(
        item("A", "X"), item("A", "Y", "2"), item("A", "Z", "3"), outcomes={"A": 5}, targets={"X": 3, "Y": 2, "Z": 1}
    )
    decision = decide(rules, case_of_data(data, rules))
    assert said(decision) == ["3", "2", "worth.insufficient"]
    assert [one.kept for one in decision.results] == [2, 0, 0]
    later = only(rules, case(item("A", "Y"), outcomes={"A": 5}, targets={"X": 3, "Y": 2}, history=[past("A", "X", 4)]))
    assert later.refused == "worth.insufficient"
    other = only(
        rules, case(item("A", "Y"), outcomes={"A": 5}, targets={"X": 3, "Y": 2}, history=[past("A", "X", 4, book="o")])
    )
    assert other.granted == 2


def test_a_kept_lot_that_items_share_follows_the_order_where_one_of_them_has_another_lot():
    """Sources fill targets in the order listed, whoever else needs them: docs/decisions/0013."""
    rules = book(ANY, OWN, KEEP)
    lots, courses = {"A": 3, "B": 4}, {"X": 3, "Y": 3}
    wide, narrow = item("A B", "X", "wide"), item("A", "Y", "narrow")
    assert run(rules, case(wide, narrow, outcomes=lots, targets=courses)) == ["3", "worth.insufficient"]
    assert run(rules, case(narrow, wide, outcomes=lots, targets=courses)) == ["3", "3"]
    assert run(rules, case(item("B A", "X", "wide"), narrow, outcomes=lots, targets=courses)) == ["3", "3"]


def test_kept_lots_that_no_line_needs_are_left_alone():
    result = only(book(ANY, OWN, KEEP), case(item("A B", "X"), outcomes={"A": 3, "B": 3}, targets={"X": 2}))
    assert (result.used, result.kept, result.worth) == (("A",), 1, 3)


def test_parts_cover_in_part_and_list_what_is_to_make_up():
    result = only(book(ANY, OWN, PARTS), case(item("A", "X Y"), outcomes={"A": 4}, targets={"X": 3, "Y": 3}))
    assert (result.targets, result.make_up) == ((("X", 3), ("Y", 1)), (("Y", 2),))


@pytest.mark.parametrize(
    ("ask", "expected"), [(3, "3"), ("2.5", "5/2"), (4, "4"), ("4.5", "item.ask"), (0, "item.ask"), ("0.3", "item.ask")]
)
def test_ask_under_parts(ask, expected):
    data = case(item("A", "X", ask=ask), outcomes={"A": 4}, targets={"X": 5}, quantum="0.5")
    result = only(book(ANY, OWN, PARTS), data)
    assert (result.refused or str(result.granted)) == expected
    if result.refused is None:
        assert result.forfeited == 4 - result.granted


@pytest.mark.parametrize(("ask", "expected"), [(3, "3"), (2, "item.ask"), (4, "item.ask")])
def test_ask_under_whole_is_all_or_an_error(ask, expected):
    assert run(book(ANY, OWN), case(item("A", "X", ask=ask), outcomes={"A": 4}, targets={"X": 3})) == [expected]


# --- rounding -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "at", "granted", "rounded"),
    [("down", "source", 6, 2), ("down", "item", 8, 0), ("half-up", "source", 9, -1), ("half-up", "item", 8, 0)],
)
def test_three_courses_of_four_quarter_hours(way, at, granted, rounded):
    rules = book(
        ANY,
        '{ id = "w", kind = "worth", of = "@source.credits", times = "2/3" }',
        f'{{ id = "r", kind = "policy", round = {{ to = 1, way = "{way}", at = "{at}" }} }}',
    )
    outcomes = {id: {"credits": 4, "system": "quarter"} for id in "ABC"}
    result = only(rules, case(item("A B C", "X"), outcomes=outcomes, targets={"X": {"kind": "pool"}}, quantum=1))
    assert (result.granted, result.rounded, result.worth) == (granted, rounded, 8)


def test_what_nothing_rounds_and_no_quantum_holds_is_refused():
    worth = '{ id = "w", kind = "worth", of = "@source.credits", times = "2/3" }'
    pool = {"X": {"kind": "pool"}}
    data = case(item("A", "X"), outcomes={"A": 4}, targets=pool, quantum=HALF_TEXT)
    result = only(book(ANY, worth), data)
    assert (result.refused, result.compared[0].have) == ("worth.quantum", "8/3")
    exact = '{ id = "r", kind = "policy", round = { to = 1, way = "exact" } }'
    assert only(book(ANY, worth, exact), data).refused == "worth.quantum"
    assert only(book(ANY, worth), data | {"systems": {}}).granted == Fraction(8, 3)


HALF_TEXT = "0.5"

# --- limits ---------------------------------------------------------------------------------------------------------


def test_category_caps_of_a_programme():
    cap = (
        '{ id = "c", kind = "cap", over = { "target.category" = ["专业课", "公共课"] }, '
        'per = ["target.category"], at_most = { percent = 20, of = "selection" }, code = "category" }'
    )
    rules = book(ANY, OWN, cap)
    targets = {
        "old": {"credits": 16, "category": ["专业课"]},
        "X": {"credits": 2, "category": ["专业课"]},
        "Y": {"credits": 3, "category": ["专业课"]},
        "Z": {"credits": 8, "category": ["公共课"]},
    }
    totals = [{"where": {"category": "专业课"}, "credits": 90}, {"where": {"category": "公共课"}, "credits": 40}]

    def result(target, credits, programme):
        data = case(
            item("A", target),
            outcomes={"A": credits, "o": 16},
            targets=targets,
            history=[past("o", "old", 16)],
            programme=programme,
        )
        return only(rules, data)

    assert result("X", 2, {"totals": totals}).granted == 2
    over = result("Y", 3, {"totals": totals})
    assert (over.refused, over.compared[0].have, over.compared[0].limit) == ("cap.category", "19", "18")
    assert result("Z", 8, {"totals": totals}).granted == 8
    assert result("X", 2, {}).refused == "missing.programme.courses"
    courses = [
        {"category": "专业课", "credits": 45},
        {"category": ["专业课", "核心"], "credits": 45},
        {"category": "核心", "credits": 9},
    ]
    assert result("X", 2, {"courses": courses}).granted == 2
    assert result("Y", 3, {"courses": courses}).refused == "cap.category"


@pytest.mark.parametrize(("credits", "expected"), [(5, "5"), ("5.5", "cap.c")])
def test_percent_of_programme_and_of_a_field(credits, expected):
    for limit in ('{ percent = 50, of = "programme" }', '{ percent = "25", of = "@learner.base" }', '"@learner.most"'):
        rules = book(
            ANY,
            DUE,
            f'{{ id = "c", kind = "cap", at_most = {limit} }}',
            more='fields = { "learner.base" = "number", "learner.most" = "number" }',
        )
        data = case(item("A", "X"), outcomes={"A": 1}, targets={"X": credits}, programme={"credits": 10})
        assert run(rules, data | {"learner": {"base": 20, "most": 5}}) == [expected]
    assert run(rules, data)[0].startswith("missing.")


@pytest.mark.parametrize(
    ("measure", "limit", "expected"),
    [
        ("items", 2, ["1", "cap.c"]),
        ("items", 3, ["1", "1"]),
        ("applications", 1, ["cap.c", "cap.c"]),
        ("applications", 2, ["1", "1"]),
        ("sources", 2, ["1", "cap.c"]),
        ("sources", 3, ["1", "1"]),
        ("targets", 2, ["1", "cap.c"]),
        ("targets", 3, ["1", "1"]),
        ("target_credits", 2, ["1", "cap.c"]),
        ("target_credits", 3, ["1", "1"]),
        ("hours", 20, ["1", "cap.c"]),
        ("hours", 30, ["1", "1"]),
        ("credits", 2, ["1", "cap.c"]),
        ("credits", 3, ["1", "1"]),
    ],
)
def test_measures(measure, limit, expected):
    rules = book(ANY, DUE, f'{{ id = "c", kind = "cap", measure = "{measure}", at_most = {limit} }}')
    data = case(
        item("A", "X"),
        item("B", "Y", "2"),
        outcomes={one: {"hours": 10} for one in "OAB"},
        targets={"Z": 1, "X": 1, "Y": 1},
        history=[past("O", "Z", 1)],
    )
    assert run(rules, data) == expected


@pytest.mark.parametrize(
    ("across", "more", "counts"),
    [
        ("programme", {"programme": "q"}, False),
        ("programme", {"book": "other"}, True),
        ("book", {"programme": "q"}, True),
        ("book", {"book": "other"}, False),
        ("institution", {"institution": "j"}, False),
        ("institution", {"programme": "q", "book": "other"}, True),
        ("bank", {"institution": "j", "programme": "q", "book": "other"}, True),
        ("bank", {"act": "deposit"}, False),
    ],
)
def test_across(across, more, counts):
    data = case(item("A", "X"), outcomes={"A": 1}, targets={"X": 1}, history=[past("A", "X", 1, **more)])
    cap = book(ANY, DUE, f'{{ id = "c", kind = "cap", at_most = 1, across = "{across}" }}')
    once = book(ANY, DUE, f'{{ id = "o", kind = "once", per = ["source"], across = "{across}" }}')
    assert (run(cap, data) == ["cap.c"], run(once, data) == ["once.o"]) == (counts, counts)


def test_once_by_item_and_by_application():
    data = case(item("A", "X"), item("A", "Y", "2"), outcomes={"A": 1}, targets={"X": 1, "Y": 1})
    assert run(book(ANY, DUE, '{ id = "o", kind = "once", per = ["source"] }'), data) == ["1", "once.o"]
    rules = book(ANY, DUE, '{ id = "o", kind = "once", per = ["source"], by = "application" }')
    assert run(rules, data) == ["1", "1"]
    assert run(rules, data | {"history": [past("A", "X", 1)]}) == ["once.o", "once.o"]
    assert run(rules, data | {"history": [past("A", "X", 1, application="now")]}) == ["1", "1"]


def test_once_ignores_what_it_is_told_to():
    rules = book(ANY, DUE, '{ id = "o", kind = "once", per = ["source"], ignore = { "earlier.programme" = "专科" } }')
    data = case(item("A", "X"), outcomes={"A": 1}, targets={"X": 1})
    assert run(rules, data | {"history": [past("A", "X", 1, programme="专科")]}) == ["1"]
    assert run(rules, data | {"history": [past("A", "X", 1)]}) == ["once.o"]


def test_an_item_that_is_refused_leaves_no_trace_and_a_smaller_one_fits():
    rules = book(ANY, DUE, '{ id = "c", kind = "cap", at_most = 5 }')
    data = case(
        item("A", "X"), item("A", "Y", "2"), item("A", "Z", "3"), outcomes={"A": 1}, targets={"X": 3, "Y": 3, "Z": 2}
    )
    assert run(rules, data) == ["3", "cap.c", "2"]


def test_a_cap_trims_parts_and_says_what_it_declined():
    rules = book(ANY, OWN, PARTS, '{ id = "c", kind = "cap", at_most = "4.3", code = "most" }')
    data = case(
        item("A", "X Y"),
        item("B", "Z", "2"),
        outcomes={"A": 6, "B": 1},
        targets={"X": 3, "Y": 3, "Z": 1},
        quantum=HALF_TEXT,
    )
    decision = decide(rules, case_of_data(data, rules))
    first = decision.results[0]
    assert (first.targets, first.make_up) == ((("X", 3), ("Y", 1)), (("Y", 2),))
    assert [(one.code, one.credits) for one in first.declined] == [("cap.most", 2)]
    assert first.lines[-1].worth == 3
    assert decision.results[1].refused == "cap.most"


def test_a_cap_that_refuses_does_not_trim():
    rules = book(ANY, OWN, PARTS, '{ id = "c", kind = "cap", at_most = 4, exceed = "refuse" }')
    assert run(rules, case(item("A", "X"), outcomes={"A": 6}, targets={"X": 6})) == ["cap.c"]
    assert run(rules, case(item("A", "X"), outcomes={"A": 4}, targets={"X": 6})) == ["4"]


def test_room_below_zero_is_zero():
    rules = book(ANY, OWN, PARTS, '{ id = "c", kind = "cap", at_most = 4 }')
    data = case(item("A", "X"), outcomes={"A": 6, "O": 9}, targets={"X": 6, "Y": 9}, history=[past("O", "Y", 9)])
    assert run(rules, data) == ["cap.c"]


def test_a_source_in_two_lines_counts_in_the_group_of_each():
    rules = book(ANY, DUE, '{ id = "c", kind = "cap", per = ["source"], at_most = 3 }')
    data = case(
        item("A B", "X"),
        item("B", "Y", "2"),
        item("C", "Y", "3"),
        outcomes=dict.fromkeys("ABC", 1),
        targets={"X": 2, "Y": 2},
    )
    assert run(rules, data) == ["2", "cap.c", "2"]


def test_a_limit_over_as_and_period():
    more = """
calendars = { acbs = { starts = ["03-01", "09-01"] } }
derive = { "source.term" = { calendar = "acbs", of = "source.ended_on" } }
"""
    rules = book(
        ANY,
        DUE,
        '{ id = "c", kind = "cap", over = { "item.as" = "选修" }, per = ["source.term"], at_most = 3 }',
        more=more,
    )
    ends = {"A": "2021-08-31", "B": "2021-03-01", "C": "2021-09-01", "D": "2021-02-28"}
    outcomes = {id: {"ended_on": day} for id, day in ends.items()}
    items = [item(id, "X", str(n), **{"as": "选修"}) for n, id in enumerate(ends)]
    data = case(*items, outcomes=outcomes, targets={"X": 2})
    assert run(rules, data) == ["2", "cap.c", "2", "2"]
    plain = case(item("A", "X"), outcomes=outcomes, targets={"X": 4})
    assert run(rules, plain) == ["missing.item.as"]


# --- policies, dates, acts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "grades", "expected"),
    [
        ('grade = "90"', [], "90"),
        ('grade = "@source.grade"', ["良"], "良"),
        ('grade = "@source.grade"', ["80", "91"], "80"),
        ('grade = "@source.grade", several = "mean"', ["80", "91"], "85.5"),
        ('grade = "@source.grade"', ["良", "良"], "良"),
        ('grade = "@source.grade"', ["良", "优"], "missing.source.grade"),
        ('grade = "@source.grade"', [None], "missing.source.grade"),
    ],
)
def test_grades(policy, grades, expected):
    rules = book(ANY, DUE, f'{{ id = "p", kind = "policy", {policy} }}')
    outcomes = {f"s{n}": {"grade": one} if one else {} for n, one in enumerate(grades or ["60"])}
    result = only(rules, case(item(" ".join(outcomes), "X"), outcomes=outcomes, targets={"X": 1}))
    assert (result.refused or result.grade) == expected


def test_the_first_policy_that_holds_sets_each_key():
    rules = book(
        ANY,
        DUE,
        '{ id = "p1", kind = "policy", when = { "source.class" = "a" }, mode = "waive" }',
        '{ id = "p2", kind = "policy", mode = "credit", counts_as = "60", final = true }',
    )
    for kind, expected in (("a", ("waive", 0, "60", True)), ("b", ("credit", 1, "60", True))):
        result = only(rules, case(item("A", "X"), outcomes={"A": {"class": kind}}, targets={"X": 1}))
        assert (result.mode, result.granted, result.counts_as, result.final) == expected
    assert only(rules, case(item("A", "X"), outcomes={"A": {}}, targets={"X": 1})).refused == "missing.source.class"


def test_clauses_follow_their_own_days():
    gate = '{ id = "g", kind = "gate", forbid = { "target.id" = "X" }, since = 2021-01-01, until = 2022-01-01%s }'
    outcomes = {"A": {"achieved_on": "2021-12-31"}, "B": {"achieved_on": "2022-01-01"}}

    def answers(rules):
        data = case(item("A", "X"), item("B", "X", "2"), outcomes=outcomes, targets={"X": 1}, day="2021-06-01")
        return run(rules, data)

    assert answers(book(ANY, DUE, gate % "")) == ["gate.g", "1"]
    assert answers(book(ANY, DUE, gate % ', dated_by = "application.applied_on"')) == ["gate.g", "gate.g"]
    assert answers(book(ANY, DUE, '{ id = "c", kind = "cap", at_most = "1/2", until = 2021-06-02 }')) == [
        "cap.c",
        "cap.c",
    ]
    assert answers(book(ANY, DUE, '{ id = "c", kind = "cap", at_most = "1/2", until = 2021-06-01 }')) == ["1", "1"]


def test_the_version_day_may_be_another():
    rules = book(ANY, DUE, more='dates = { version = "learner.enrolled_on" }')
    data = case(item("A", "X"), outcomes={"A": 1}, targets={"X": 1})
    assert run(rules, data) == ["missing.learner.enrolled_on"]
    for day, expected in (("2019-12-31", "book.not-in-force"), ("2020-01-01", "1")):
        assert run(rules, data | {"learner": {"enrolled_on": day}}) == [expected]
    ended = book(ANY, DUE, more="until = 2022-06-01")
    for day, expected in (("2022-05-31", "1"), ("2022-06-01", "book.not-in-force")):
        assert run(ended, case(item("A", "X"), outcomes={"A": 1}, targets={"X": 1}, day=day)) == [expected]


def test_acts():
    data = case(item("A", "X"), outcomes={"A": 1}, targets={"X": 3}, act="sit")
    assert run(book(ANY, DUE), data) == ["book.act"]
    head = """
book = "test"
version = "1"
title = "t"
since = 2020-01-01
acts = ["sit", "transfer"]
basis = { b = { title = "t" } }
"""
    text = 'clause = [{ id = "o", kind = "once", per = ["source"], acts = ["sit"], basis = "b:1" }]'
    rules = book_of_text(text, head=head)
    assert run(rules, data) == ["0"]
    assert run(rules, data | {"history": [past("A", "X", 0, act="sit")]}) == ["once.o"]
    assert run(rules, data | {"history": [past("A", "X", 0, act="transfer")]}) == ["0"]
    assert run(rules, case(item("A", "X", ask=1), outcomes={"A": 1}, targets={"X": 3}, act="sit")) == ["item.ask"]
    assert Fraction(1, 2) == HALF
