"""Limits that never matter really never do, whatever is asked; floors that contradict what bounds them."""

import json
import random

import attrs
import pytest
from check_support import MAP, WORTH, plain, small

from creditbank.codec.case import read_case
from creditbank.domain.check import lint
from creditbank.domain.rule import RuleBook, decide


def dead(*clauses: str) -> list[tuple[str, ...]]:
    return [one.clauses for one in lint((plain(*clauses),)) if one.kind == "dead"]


def contradictions(*clauses: str) -> list[tuple[str, ...]]:
    book = small('{ id = "lot", kind = "worth", of = "@source.credits" }', *clauses, acts='["award"]')
    return [one.clauses for one in lint((book,)) if one.kind == "contradiction"]


CAP = '{{ id = "{id}", kind = "cap", at_most = {most}{more} }}'
ONCE = '{{ id = "{id}", kind = "once", per = ["source"]{more} }}'


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ((10, ', per = ["source"]'), (8, ""), [("a", "b")]),
        ((8, ', per = ["source"]'), (10, ""), []),
        ((8, ', across = "programme"'), (8, ', across = "bank"'), [("a", "b")]),
        ((8, ', across = "book"'), (8, ', across = "programme"'), []),
        ((8, ', over = { "target.category" = "x" }'), (8, ""), [("a", "b")]),
        ((8, ', over = { "target.category" = "x" }'), (8, ', over = { "target.category" = ["x", "y"] }'), [("a", "b")]),
        ((8, ', over = { "target.category" = "x" }'), (8, ', over = { "target.category" = "y" }'), []),
        ((8, ', ignore = { "earlier.act" = "sit" }'), (8, ""), [("a", "b")]),
        ((8, ""), (7, ', ignore = { "earlier.act" = "sit" }'), []),
        ((8, ', exceed = "refuse"'), (7, ""), [("a", "b")]),
        ((8, ""), (7, ', exceed = "refuse"'), []),
        ((8, ""), (7, ', measure = "targets"'), []),
        ((8, ""), (7, ', waivable_by = ["dean"]'), []),
        ((8, ""), (7, ', when = { "target.compulsory" = true }'), []),
    ],
)
def test_a_cap_is_dead_under_a_lower_one_over_as_much(one, other, found):
    clauses = [CAP.format(id=id, most=most, more=more) for id, (most, more) in zip("ab", (one, other), strict=True)]
    assert dead(*clauses) == found
    assert dead(*reversed(clauses)) == found


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (', across = "programme"', "", [("a", "b")]),
        (', over = { "source.class" = "c" }', "", [("a", "b")]),
        (', by = "application"', "", [("a", "b")]),
        ("", ', by = "application", across = "programme"', [("b", "a")]),
        (', over = { "source.class" = "c" }', ', across = "programme"', []),
        ("", "", [("b", "a")]),
    ],
)
def test_one_use_is_dead_beside_a_wider_one(one, other, found):
    clauses = [ONCE.format(id=id, more=more) for id, more in zip("ab", (one, other), strict=True)]
    assert dead(*clauses) == found


OWN, OTHER = '{ "source.issuer" = "own" }', '{ "source.issuer" = "other" }'


@pytest.mark.parametrize(
    ("floor", "bound", "contradict"),
    [
        (f"at_least = 10, over = {OWN}", 'kind = "floor", at_most = 9', True),
        (f"at_least = 9, over = {OWN}", 'kind = "floor", at_most = 9', False),
        ("at_least = 10", f'kind = "floor", at_most = 9, over = {OWN}', False),
        (f"at_least = 10, over = {OWN}", f'kind = "cap", at_most = 9, over = {OWN}', True),
        (f"at_least = 10, over = {OWN}", f'kind = "cap", at_most = 9, over = {OWN}, per = ["source"]', False),
        ("at_least = 10", f'kind = "cap", at_most = 9, when = {OWN}', False),
        ("at_least = 10", f'kind = "cap", at_most = 9, exceed = "refuse", when = {OWN}', False),
        (f"at_least = 10, over = {OWN}", f'kind = "cap", at_most = 9, when = {OWN}', True),
        ("at_least = 10", 'kind = "cap", at_most = 9, measure = "sources"', False),
        ('at_least = 10, waivable_by = ["dean"]', 'kind = "floor", at_most = 9', False),
        (
            f'at_least = {{ percent = 30, of = "counted" }}, over = {OWN}',
            'kind = "floor", at_most = { percent = 20, of = "counted" }',
            True,
        ),
        (
            f'at_least = {{ percent = 30, of = "counted" }}, over = {OWN}',
            'kind = "floor", at_most = { percent = 20, of = "programme" }',
            False,
        ),
        (
            f'at_least = {{ percent = 60, of = "counted" }}, over = {OWN}',
            f'kind = "floor", at_least = {{ percent = 41, of = "counted" }}, over = {OTHER}',
            True,
        ),
        (
            f'at_least = {{ percent = 60, of = "counted" }}, over = {OWN}',
            f'kind = "floor", at_least = {{ percent = 40, of = "counted" }}, over = {OTHER}',
            False,
        ),
        (
            f'at_least = {{ percent = 60, of = "counted" }}, over = {OWN}',
            'kind = "floor", at_least = { percent = 60, of = "counted" }, over = { "source.category" = "x" }',
            False,
        ),
    ],
)  # fmt: skip
def test_a_floor_against_what_bounds_it(floor, bound, contradict):
    found = contradictions(f'{{ id = "f", kind = "floor", {floor} }}', f'{{ id = "b", {bound} }}')
    assert [set(one) for one in found] == ([{"f", "b"}] if contradict else [])


ROWS = """{ id = "w", kind = "worth", rows = [
  { when = { "target.kind" = "school" }, credits = 2 }, { when = { "source.class" = "c" }, credits = 1 }] }"""


@pytest.mark.parametrize(
    ("clauses", "nothing"),
    [
        (['{ id = "w", kind = "worth", credits = 0 }'], True),
        (['{ id = "w", kind = "worth", credits = "0.5" }'], False),
        (['{ id = "w", kind = "worth", credits = 0 }', '{ id = "p", kind = "policy", mode = "waive" }'], False),
        (['{ id = "w", kind = "worth", when = { "target.kind" = "school" }, credits = 2 }'], True),
        ([ROWS,
          '{ id = "g", kind = "gate", forbid = { "source.class" = "c" } }'], True),
        ([ROWS,
          '{ id = "g", kind = "gate", forbid = { "source.class" = "c" }, waivable_by = ["dean"] }'], False),
    ],
)  # fmt: skip
def test_worth_that_nothing_has_which_may_be_converted(clauses, nothing):
    found = [one for one in lint((small(MAP, *clauses),)) if one.kind == "nothing"]
    assert bool(found) is nothing
    assert all("w" in one.clauses for one in found)


def test_what_refuses_everything_is_named():
    gates = ['{ id = "a", kind = "gate", require = { "source.score" = { at_least = 60 } } }',
             '{ id = "b", kind = "gate", require = { "source.score" = { at_most = 50 } } }']  # fmt: skip
    (found,) = lint((small(MAP, *gates, WORTH),))
    assert found.clauses == ("a", "b")
    assert "a, b refuse everything" in found.en
    assert "a、b合起来不予批准一切" in found.zh


# --- what is said to be dead, taken away ------------------------------------------------------------------------------


def _limit(draw: random.Random, id: str) -> str:
    parts = [f'id = "{id}"']
    if draw.random() < 0.6:
        parts += ['kind = "cap"', f"at_most = {draw.choice((2, 3, 4))}"]
        parts += [f'measure = "{draw.choice(("credits", "credits", "targets", "sources", "items"))}"']
        parts += [f'exceed = "{draw.choice(("trim", "refuse"))}"']
        per = draw.choice(([], [], ["source"], ["target.category"]))
    else:
        parts += ['kind = "once"', f'by = "{draw.choice(("item", "application"))}"']
        per = draw.choice((["source"], ["source", "target"], ["source.class"], ["target.category"]))
    parts += [f"per = {per}".replace("'", '"')] if per else []
    parts += [f'across = "{draw.choice(("bank", "programme", "book"))}"']
    if draw.random() < 0.4:
        over = draw.choice(('"source.class" = "c"', '"source.class" = ["c", "d"]', '"target.category" = "x"'))
        parts += [f"over = {{ {over} }}"]
    if draw.random() < 0.2:
        parts += ['when = { "target.compulsory" = true }']
    return "{ " + ", ".join(parts) + " }"


def _book(draw: random.Random) -> RuleBook:
    units = draw.choice(("whole", "parts"))
    policy = f'{{ id = "p", kind = "policy", units = "{units}", leftover = "forfeit" }}'
    return small(
        MAP, *(_limit(draw, id) for id in "abc"), '{ id = "w", kind = "worth", of = "@source.credits" }', policy
    )


def _case(draw: random.Random) -> dict:
    outcomes = {
        f"o{n}": {"class": draw.choice("cde"), "credits": draw.choice((1, 2, 3)), "system": "cn-college"}
        for n in range(3)
    }
    targets = {
        f"t{n}": {
            "kind": "course",
            "category": draw.choice((["x"], ["y"], ["x", "y"])),
            "credits": draw.choice((1, 2)),
            "compulsory": draw.random() < 0.5,
        }
        for n in range(4)
    }
    history = [
        {"application": f"h{n}", "item": "1", "act": "convert", "sources": [draw.choice(list(outcomes))], "target": "t3",
         "credits": 1, "on": "2026-01-01", "programme": draw.choice("PQ"), "book": draw.choice(("small", "big"))}
        for n in range(draw.randrange(3))
    ]  # fmt: skip
    items = [
        {"id": str(n), "sources": [draw.choice(list(outcomes))], "targets": [draw.choice(list(targets))]}
        for n in range(4)
    ]
    return {
        "application": {"id": "a", "act": "convert", "dates": {"applied_on": "2026-05-01"}, "items": items},
        "programme": {"id": "P", "credits": 100},
        "outcomes": outcomes,
        "targets": targets,
        "history": history,
    }


def test_without_what_is_dead_every_case_gets_the_same():
    tried = 0
    for seed in range(400):
        draw = random.Random(seed)
        book = _book(draw)
        for found in lint((book,)):
            if found.kind != "dead":
                continue
            without = attrs.evolve(book, clauses=tuple(one for one in book.clauses if one.id != found.clauses[0]))
            for _ in range(25):
                case = _case(draw)
                results = [decide(one, read_case(json.dumps(case), one)).results for one in (book, without)]
                assert [one.granted for one in results[0]] == [one.granted for one in results[1]], (seed, found)
            tried += 1
    assert tried > 30
