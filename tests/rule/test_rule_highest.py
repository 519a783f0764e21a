"""Highest: of the same content, or within a class, only the highest; ties, shares, earlier grants, missing data, waivers."""

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st
from rule_support import book_of_text, case_of_data, run, said

from creditbank.domain.rule import decide, workings

MAP = '{ id = "m", kind = "map", match = { "target.id" = { present = true } } }'
WORTH = '{ id = "w", kind = "worth", of = "@source.credits" }'
MORE = """
levels = { x = ["初级", "中级", "高级"] }
fields = { "source.level" = "level:x" }
"""


def highest(body='earlier = "refuse"', id="h"):
    return f'{{ id = "{id}", kind = "highest", per = ["source.content"], {body} }}'


def book(*clauses, more=MORE):
    listed = [f'{one[:-1].rstrip()}, basis = "b:1" }}' for one in (MAP, WORTH, *clauses)]
    return book_of_text("clause = [\n" + ",\n".join(listed) + "\n]", more=more)


def outcome(credits, content="英语", **more):
    return {"credits": credits, "system": "cn-college", "achieved_on": "2021-01-01", "content": content, **more}


def case(asked, outcomes, history=(), **more):
    """*asked*: ``"A"`` or ``"A B"``, each for a pool of its own."""
    items = [{"id": str(n), "sources": one.split(), "targets": [f"p{n}"]} for n, one in enumerate(asked, 1)]
    return {
        "application": {"id": "now", "act": "convert", "dates": {"applied_on": "2022-06-01"}, "items": items},
        "programme": {"id": "p", "institution": "i"},
        "outcomes": outcomes,
        "targets": {f"p{n}": {"kind": "pool"} for n in range(9)},
        "history": list(history),
        **more,
    }


def past(source, credits, *, worth=None, item="1", **more):
    line = {"application": "then", "item": item, "act": "convert", "sources": source.split(), "target": "p0"}
    line |= {"credits": credits, "on": "2021-06-01", "programme": "p", "institution": "i", "book": "test", **more}
    return line if worth is None else line | {"worth": worth}


def test_only_the_highest_of_one_content_counts():
    rules = book(highest())
    data = case(["A", "B", "C"], {"A": outcome(3), "B": outcome(4), "C": outcome(1, "计算机")})
    decision = decide(rules, case_of_data(data, rules))
    assert said(decision) == ["highest.superseded", "4", "1"]
    lower = decision.result("1")
    assert (lower.clause, lower.compared[0].have, lower.compared[0].limit) == ("h", "3 (A)", "4 (B)")


def test_equals_go_by_the_order_asked_for():
    data = {"A": outcome(3), "B": outcome(3)}
    assert run(book(highest()), case(["A", "B"], data)) == ["3", "highest.superseded"]
    assert run(book(highest()), case(["B", "A"], data)) == ["3", "highest.superseded"]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("worth", ["highest.superseded", "4"]),
        ("source.level", ["3", "highest.superseded"]),
        ("source.score", ["highest.superseded", "4"]),
        ("source.achieved_on", ["3", "highest.superseded"]),
        ('["source.hours", "source.level"]', ["3", "highest.superseded"]),
    ],
)
def test_sources_are_ranked_by_what_the_clause_names(by, expected):
    outcomes = {
        "A": outcome(3, level="高级", score=60, hours=5, achieved_on="2021-01-02"),
        "B": outcome(4, level="中级", score=61, hours=5),
    }
    text = by if by.startswith("[") else f'"{by}"'
    assert run(book(highest(f'by = {text}, earlier = "refuse"')), case(["A", "B"], outcomes)) == expected


def test_a_clause_may_give_its_own_code():
    data = case(["A", "B"], {"A": outcome(3), "B": outcome(4)})
    assert run(book(highest('earlier = "refuse", code = "same-content"')), data) == ["highest.same-content", "4"]


def test_items_of_one_source_do_not_compete():
    assert run(book(highest()), case(["A", "A"], {"A": outcome(3)})) == ["3", "3"]


def test_an_item_falls_with_any_of_its_sources():
    outcomes = {"A": outcome(3), "B": outcome(4), "C": outcome(9, "计算机")}
    assert run(book(highest()), case(["A C", "B"], outcomes)) == ["highest.superseded", "4"]
    assert run(book(highest()), case(["A B"], outcomes)) == ["highest.superseded"]


def test_the_higher_one_supersedes_even_if_a_limit_refuses_it_and_nothing_if_a_gate_does():
    data = case(["A", "B"], {"A": outcome(3), "B": outcome(4)})
    cap = '{ id = "c", kind = "cap", at_most = 3 }'
    assert run(book(highest(), cap), data) == ["highest.superseded", "cap.c"]
    gate = '{ id = "g", kind = "gate", require = { "source.credits" = { below = 4 } } }'
    assert run(book(highest(), gate), data) == ["3", "gate.g"]


def test_lower_ones_may_keep_a_share():
    rules = book(
        highest('earlier = "refuse", others = "75 %"'),
        '{ id = "r", kind = "policy", round = { to = 0.5, way = "down" } }',
    )
    data = case(["A", "B", "C"], {"A": outcome(3), "B": outcome(4), "C": outcome(2)})
    decision = decide(rules, case_of_data(data, rules))
    assert said(decision) == ["2", "4", "3/2"]
    low = decision.result("1")
    assert (low.worth, low.declined[0].code, low.declined[0].credits) == (3, "highest.superseded", 1)
    assert low.lines[0].worth == 3
    tiny = case(["A", "B"], {"A": outcome("0.5"), "B": outcome(4)})
    assert run(rules, tiny) == ["highest.superseded", "4"]


def test_a_share_of_all_takes_nothing():
    rules = book(highest('earlier = "refuse", others = 1'))
    data = case(["A", "B"], {"A": outcome(3), "B": outcome(4)})
    decision = decide(rules, case_of_data(data, rules))
    assert said(decision) == ["3", "4"]
    assert decision.result("1").declined == ()
    told = [one.said for one in workings(rules, case_of_data(data, rules)) if one.clause == "h"]
    assert told == ["passed", "passed"]


def test_what_a_share_leaves_must_still_suffice_for_a_course():
    rules = book(highest('earlier = "refuse", others = "1/2"'))
    data = case(["A", "B"], {"A": outcome(4), "B": outcome(5)})
    for need, expected in ((2, "2"), ("2.5", "worth.insufficient")):
        data["targets"]["p1"] = {"kind": "course", "credits": need}
        assert run(rules, data) == [expected, "5"]


@pytest.mark.parametrize(
    ("credits", "expected"), [(2, "highest.superseded"), (3, "highest.superseded"), (4, "highest.earlier")]
)
def test_a_lower_one_that_was_granted_earlier_shuts_the_higher_one_out(credits, expected):
    data = case(["A"], {"A": outcome(credits), "O": outcome(3)}, [past("O", 3)])
    rules = book(highest())
    result = decide(rules, case_of_data(data, rules)).results[0]
    assert result.refused == expected
    if expected == "highest.earlier":
        assert result.compared[0].limit == "then 1 2021-06-01"


@pytest.mark.parametrize(
    ("middle", "expected"),
    [
        (4, ["highest.earlier", "highest.earlier"]),
        (3, ["highest.earlier", "3/2"]),
        (2, ["highest.earlier", "1"]),
    ],
)
def test_all_that_ranks_above_the_record_is_shut_out_not_the_highest_alone(middle, expected):
    rules = book(highest('earlier = "refuse", others = "1/2"'))
    data = case(["C", "B"], {"A": outcome(3), "B": outcome(middle), "C": outcome(5)}, [past("A", 3)])
    assert said(decide(rules, case_of_data(data, rules))) == expected


@pytest.mark.parametrize(
    ("first", "more", "expected"),
    [
        ("B", 1, "highest.superseded"),
        ("B", 2, "highest.earlier"),
        ("B", 3, "highest.earlier"),
        ("A", 2, "highest.superseded"),
    ],
)
def test_a_lower_one_that_comes_to_be_worth_as_much_is_shut_out_too(first, more, expected):
    """A was the highest of the record; B, of which 2 were granted, would reach it with 2 more and stand first."""
    lines = {"A": past("A", 4), "B": past("B", 2, item="2")}
    record = [lines.pop(first), *lines.values()]
    data = case(["B"], {"A": outcome(4), "B": outcome(more)}, record)
    assert run(book(highest()), data) == [expected]


def test_or_gets_the_difference():
    rules = book(highest('earlier = "difference"'))
    for credits, expected in ((2, "highest.superseded"), (3, "highest.superseded"), (4, "1"), (9, "6")):
        data = case(["A"], {"A": outcome(credits), "O": outcome(3)}, [past("O", 3)])
        assert run(rules, data) == [expected]
    # It is due 4 together and got 1.5; then, having got 4 for 3, nothing is left to give.
    data = case(["A"], {"A": outcome(4), "O": outcome(3)}, [past("O", "1.5", worth=3)])
    result = decide(rules, case_of_data(data, rules)).results[0]
    assert (result.granted, result.declined[0].credits, result.declined[0].code) == (
        Fraction(5, 2),
        Fraction(3, 2),
        "highest.earlier",
    )
    assert run(rules, case(["A"], {"A": outcome(4), "O": outcome(3)}, [past("O", 4, worth=3)])) == [
        "highest.superseded"
    ]


def test_what_was_got_is_taken_from_the_highest_once():
    rules = book(highest('earlier = "difference"'))
    assert run(rules, case(["A", "A"], {"A": outcome(4), "O": outcome(3)}, [past("O", 3)])) == ["1", "4"]
    assert run(rules, case(["A", "A"], {"A": outcome(2), "O": outcome(3)}, [past("O", 3)])) == [
        "highest.earlier",
        "1",
    ]


def test_the_difference_with_a_share_for_the_others():
    rules = book(highest('earlier = "difference", others = "1/2"'))
    data = case(["A", "B"], {"A": outcome(6), "B": outcome(2), "O": outcome(4)}, [past("O", 4)])
    # Due together: 6 + half of 4 + half of 2 = 9; 4 were granted, B keeps 1, so A gets 4.
    assert run(rules, data) == ["4", "1"]


def test_what_was_got_too_much_is_taken_from_the_lower_ones_as_well():
    rules = book(highest('earlier = "difference", others = "1/2", by = ["source.level"]'))
    outcomes = {"A": outcome(1, level="高级"), "B": outcome(2, level="初级"), "O": outcome(6, level="中级")}
    # Due together: 1 + half of 2 + half of 6 = 5; 6 were granted.
    data = case(["A", "B"], outcomes, [past("O", 6)])
    assert run(rules, data) == ["highest.earlier", "highest.superseded"]
    # 5 were granted of those 6: nothing is left; 4.5: half a credit is, and it is the lower one's.
    assert run(rules, case(["A", "B"], outcomes, [past("O", 5, worth=6)])) == ["highest.earlier", "highest.superseded"]
    assert run(rules, case(["A", "B"], outcomes, [past("O", "4.5", worth=6)])) == ["highest.earlier", "1/2"]


@given(
    sources=st.lists(
        st.tuples(st.sampled_from(["初级", "中级", "高级"]), st.integers(0, 8), st.integers(0, 8) | st.none()),
        min_size=1,
        max_size=5,
    ),
    others=st.sampled_from(["0", "1/4", "1/2", "1"]),
)
def test_under_difference_a_group_never_gets_more_than_it_is_due(sources, others):
    """Each source is (level, worth, what the record granted for it, or None where it is asked for now)."""
    rules = book(highest(f'earlier = "difference", others = "{others}", by = ["source.level"]'))
    outcomes = {f"s{n}": outcome(worth, level=level) for n, (level, worth, _) in enumerate(sources)}
    history = [
        past(f"s{n}", got, worth=max(worth, got), item=f"{n}")
        for n, (_, worth, got) in enumerate(sources)
        if got is not None
    ]
    asked = [f"s{n}" for n, (*_, got) in enumerate(sources) if got is None]
    results = decide(rules, case_of_data(case(asked, outcomes, history), rules)).results
    granted = sum(one.granted or 0 for one in results)
    # Of equals the first asked for is the highest, and what was granted before was asked for before.
    in_turn = sorted(sources, key=lambda one: one[2] is None)
    top = max(range(len(in_turn)), key=lambda n: ("初级", "中级", "高级").index(in_turn[n][0]))
    worths = [max(worth, got or 0) for _, worth, got in in_turn]
    due = worths[top] + Fraction(others) * (sum(worths) - worths[top])
    assert granted <= max(due - sum(got or 0 for *_, got in sources), 0)


def test_the_same_source_again_is_no_competition():
    data = case(["A"], {"A": outcome(4), "O": outcome(3)}, [past("A", 4)])
    assert run(book(highest()), data) == ["4"]
    assert run(book(highest('earlier = "difference"')), data) == ["4"]


@pytest.mark.parametrize(
    ("across", "more", "expected"),
    [
        ("programme", {"programme": "q"}, "4"),
        ("programme", {}, "highest.earlier"),
        ("book", {"book": "other"}, "4"),
        ("institution", {"institution": "j"}, "4"),
        ("bank", {"institution": "j", "programme": "q", "book": "o"}, "highest.earlier"),
        ("bank", {"act": "deposit"}, "4"),
    ],
)
def test_how_far_the_record_is_looked_at(across, more, expected):
    data = case(["A"], {"A": outcome(4), "O": outcome(3)}, [past("O", 3, **more)])
    assert run(book(highest(f'earlier = "refuse", across = "{across}"')), data) == [expected]


def test_what_turns_on_an_absent_field_is_not_decided():
    plain = {key: value for key, value in outcome(3).items() if key != "content"}
    rules = book(highest('by = "source.level", earlier = "refuse"'))
    assert run(rules, case(["A", "B"], {"A": plain, "B": outcome(4, level="初级")})) == ["missing.source.content", "4"]
    # What it competes with by its other source it does not supersede, either.
    data = case(["A B", "C"], {"A": plain, "B": outcome(4), "C": outcome(3)})
    assert run(book(highest()), data) == ["missing.source.content", "3"]
    # Alone in its group nothing is ranked, so nothing is missing.
    assert run(rules, case(["A"], {"A": outcome(3)})) == ["3"]
    both = ["missing.source.level"] * 2
    assert run(rules, case(["A", "B"], {"A": outcome(3), "B": outcome(4, level="初级")})) == both
    data = case(["B"], {"A": outcome(3), "B": outcome(4, level="初级")}, [past("A", 3)])
    assert run(rules, data) == ["missing.source.level"]
    data = case(["B"], {"A": plain, "B": outcome(4, level="初级")}, [past("A", 3)])
    assert run(rules, data) == ["missing.source.content"]


def test_when_over_and_waivers():
    data = case(["A", "B"], {"A": outcome(3, **{"class": "c"}), "B": outcome(4, **{"class": "d"})})
    assert run(book(highest('earlier = "refuse", over = { "source.class" = "d" }')), data) == ["3", "4"]
    assert run(book(highest('earlier = "refuse", when = { "source.class" = "c" }')), data) == ["3", "4"]
    rules = book(highest('earlier = "refuse", waivable_by = ["dean"]'))
    waived = data | {"waivers": [{"clause": "h", "item": "1", "by": "dean", "reason": "r"}]}
    decision = decide(rules, case_of_data(waived, rules))
    assert (said(decision), decision.result("1").waived) == (["3", "4"], ("h",))


def test_two_clauses_leave_the_least_and_the_first_names_it():
    one, other = (
        highest('earlier = "refuse", others = "1/2"', "h1"),
        highest('earlier = "refuse", others = "1/4"', "h2"),
    )
    data = case(["A", "B"], {"A": outcome(4), "B": outcome(5)})
    for clauses, name in (((one, other), "h1"), ((other, one), "h2")):
        rules = book(*clauses)
        result = decide(rules, case_of_data(data, rules)).results[0]
        assert (result.granted, result.declined[0].clause) == (1, name)


def test_an_act_without_credits_is_superseded_too():
    head = (
        'book = "t"\nversion = "1"\ntitle = "t"\nsince = 2020-01-01\nacts = ["sit"]\nbasis = { b = { title = "t" } }\n'
    )
    text = 'clause = [{ id = "h", kind = "highest", by = "source.score", earlier = "refuse", basis = "b:1" }]'
    rules = book_of_text(text, head=head)
    data = case(["A", "B"], {"A": {"score": 1}, "B": {"score": 2}})
    data["application"]["act"] = "sit"
    assert run(rules, data) == ["highest.superseded", "0"]
