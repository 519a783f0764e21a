"""Case files: typed by the book, ids must be in the file; one case, one canonical form; decisions as JSON."""

import copy
import json
from datetime import date
from fractions import Fraction

import attrs
import pytest
from hypothesis import given
from rule_support import COURSES, X_CASES, book_of_text, case_of_data, shipped_book, x_case

from creditbank.codec.case import case_bytes, case_digest, read_case
from creditbank.codec.decision import decision_dict, decision_digest, working_dict
from creditbank.domain.level import Level
from creditbank.domain.rule import decide, workings
from creditbank.errors import MalformedError
from creditbank.testing import strategies

BOOK = shipped_book("x-certificate-conversion")
A1 = x_case(["photoshop", "创意", "平面", "app"])

FULL = x_case(["创意"]) | {
    "learner": {"enrolled_on": "2020-09-01"},
    "programme": {"id": "广告", "credits": 140, "totals": [{"where": {"category": "专业核心"}, "credits": "60.5"}]},
    "pairs": [{"source": "x", "target": "创意", "facts": {}}],
    "calendars": {"c": {"terms": [{"id": "S1", "since": "2022-03-01", "until": "2022-09-01"}]}},
    "history": [
        {
            "application": "a0",
            "item": "1",
            "act": "convert",
            "as": "专业课",
            "sources": ["x"],
            "target": "平面",
            "credits": "4",
            "worth": 5,
            "on": "2022-01-01",
        }
    ],
    "waivers": [{"clause": "3.1", "item": "1", "by": "dean", "reason": "r"}],
}


def test_a_full_case_is_typed_by_the_book():
    case = case_of_data(FULL, BOOK)
    assert case.outcomes["x"]["level"] == Level("x", "中级")
    assert case.outcomes["x"]["achieved_on"] == date(2022, 1, 10)
    assert case.targets["创意"] == {
        "kind": "course",
        "category": ("专业核心",),
        "compulsory": True,
        "credits": Fraction(4),
    }
    assert case.application == {"applied_on": date(2022, 6, 1)}
    assert case.curriculum[0].credits == Fraction(121, 2)
    assert (case.history[0].worth, case.history[0].state, case.history[0].as_) == (5, "decided", "专业课")
    assert case.systems == {"cn-college": Fraction(1, 2)}
    assert case.calendars["c"].terms[0].id == "S1"
    assert case.waivers[0].by == "dean"


def change(path, value):
    data = copy.deepcopy(FULL)
    *outer, last = path
    place = data
    for key in outer:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return data


FAULTS = [
    (("outcomes", "x", "level"), "特级", "outcomes.x.level", "no level of 'x'"),
    (("outcomes", "x", "bank_credits"), 8.5, "", "not an exact number"),
    (("outcomes", "x", "bank_credits"), True, "outcomes.x.bank_credits", "not an exact number"),
    (("outcomes", "x", "bank_credits"), "-1", "outcomes.x.bank_credits", "not a number"),
    (("outcomes", "x", "achieved_on"), "2022-1-1", "outcomes.x.achieved_on", "not a day"),
    (("outcomes", "x", "achieved_on"), 3, "outcomes.x.achieved_on", "not a day"),
    (("outcomes", "x", "colour"), "red", "outcomes.x.colour", "no field source.colour"),
    (("outcomes", "x", "name"), 3, "outcomes.x.name", "is no text"),
    (("targets", "创意", "compulsory"), 1, "targets.创意.compulsory", "is no flag"),
    (("targets", "创意", "category"), [1], "targets.创意.category", "is no tags"),
    (("application", "items", 0, "sources"), ["y"], "application.items[0].sources", "'y' is not in the file"),
    (("application", "items", 0, "targets"), ["y"], "application.items[0].targets", "'y' is not in the file"),
    (("application", "items", 0, "sources"), ["x", "x"], "application.items[0].sources", "each once"),
    (("application", "items", 0, "makrs"), {}, "application.items[0].makrs", "unknown key"),
    (("application", "act"), None, "application.act", "no 'act'"),
    (("application", "dates"), {"paid_on": "2022-01-01"}, "application.dates.paid_on", "no field"),
    (("application", "colour"), "red", "application.colour", "unknown key"),
    (("application", "facts"), {"applied_on": "2022-01-01"}, "application.facts.applied_on", "among the dates, too"),
    (("outcomes", "x", "id"), "y", "outcomes.x.id", "'y' stands under 'x'"),
    (("calendars", "c", "starts"), ["03-01"], "calendars.c", "neither recurring nor given, or both"),
    (("history", 0, "target"), "y", "history[0].target", "'y' is not in the file"),
    (("history", 0, "sources"), ["y"], "history[0].sources", "'y' is not in the file"),
    (("history", 0, "state"), "undone", "history[0].state", "no state"),
    (("pairs", 0, "source"), "y", "pairs[0].source", "'y' is not in the file"),
    (("waivers", 0, "clause"), "9", "waivers[0].clause", "the book has no clause '9'"),
    (("waivers", 0, "item"), "9", "waivers[0].item", "'9' is not in the file"),
    (("programme", "courses"), [{"credits": 1}], "programme.totals", "courses and totals"),
    (("colour",), "red", "colour", "unknown key"),
    (("outcomes",), [], "outcomes", "not an object"),
    (("history",), {}, "history", "not a list"),
]


@pytest.mark.parametrize(("path", "value", "where", "words"), FAULTS)
def test_faults_say_where(path, value, where, words):
    with pytest.raises(MalformedError, match=words) as caught:
        case_of_data(change(path, value), BOOK)
    assert where in caught.value.where
    assert caught.value.where.startswith("case")


@pytest.mark.parametrize("text", ["{", '{"a": NaN}', '{"act": 1, "act": 2}', "[]", '{"application": {"id": "a"}}'])
def test_what_is_no_case_file(text):
    with pytest.raises(MalformedError):
        read_case(text, BOOK)


def test_who_repeats_an_id_may():
    repeated = {id: facts | {"id": id} for id, facts in FULL["outcomes"].items()}
    assert case_of_data(FULL | {"outcomes": repeated}, BOOK) == case_of_data(FULL, BOOK)


def test_a_pair_stands_there_once():
    with pytest.raises(MalformedError, match="twice"):
        case_of_data(FULL | {"pairs": FULL["pairs"] * 2}, BOOK)


def test_two_items_of_one_id():
    data = copy.deepcopy(FULL)
    data["application"]["items"] *= 2
    with pytest.raises(MalformedError, match="one id"):
        case_of_data(data, BOOK)


def test_spelling_is_no_part_of_a_case():
    case = case_of_data(FULL, BOOK)
    other = change(("outcomes", "x", "bank_credits"), "20/2")
    other["targets"] = {
        name: COURSES[name] | {"category": COURSES[name]["category"][::-1]} for name in reversed(COURSES)
    }
    assert case_bytes(case_of_data(other, BOOK)) == case_bytes(case)
    assert json.loads(case_bytes(case))["outcomes"]["x"]["level"] == "x:中级"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("outcomes", "x", "bank_credits"), 11),
        (("outcomes", "x", "level"), "高级"),
        (("outcomes", "x", "bank_credits"), None),
        (("targets", "app", "compulsory"), False),
        (("application", "dates", "applied_on"), "2022-06-02"),
        (("application", "id"), "a2"),
        (("programme", "totals", 0, "credits"), "60"),
        (("history", 0, "worth"), "4"),
        (("history", 0, "as"), None),
        (("calendars", "c", "terms", 0, "id"), "S2"),
        (("systems", "cn-college"), 1),
        (("waivers", 0, "reason"), "s"),
        (("application", "items", 0, "ask"), 1),
        (("learner", "enrolled_on"), None),
    ],
)
def test_every_part_of_a_case_is_in_its_digest(path, value):
    assert case_digest(case_of_data(change(path, value), BOOK)) != case_digest(case_of_data(FULL, BOOK))


def test_a_decision_as_json():
    case = case_of_data(A1, BOOK)
    decision = decide(BOOK, case, digest=case_digest(case))
    data = decision_dict(decision)
    assert json.loads(json.dumps(data)) == data
    assert (data["semantics"], data["case"]) == (1, case_digest(case))
    assert data["results"][1] == {
        "item": "2",
        "granted": "4",
        "targets": [{"target": "创意", "credits": "4"}],
        "used": ["x"],
        "mode": "credit",
    }
    assert data["results"][3] == {
        "item": "4",
        "refused": "cap.certificate",
        "clause": "3.1",
        "basis": "X证书课程转换办法, 3, https://sgzw.hnmeida.com.cn/info/1683/4393.htm",
        "compared": [{"what": "credits", "have": "10", "test": "at_most", "limit": "8"}],
    }
    assert data["totals"][0] == {"system": "cn-college", "category": "", "credits": "8"}


def test_workings_list_every_clause_that_was_asked():
    case = case_of_data(A1, BOOK)
    rows = workings(BOOK, case)
    asked = {row.clause for row in rows if row.item == "4"}
    assert asked == {"1", "4.1", "4.2", "4.3", "worth", "2.1", "2.2", "3.1", "3.2"}
    gate = next(row for row in rows if row.item == "1" and row.clause == "4.2")
    assert (gate.said, gate.code) == ("refused", "gate.level-category")
    assert ("target.category", "专业基础") in gate.saw
    assert working_dict(gate)["saw"][0] == ["source.level", "中级"]


def test_the_hash_of_the_workings_follows_what_was_seen():
    one = decide(BOOK, case_of_data(x_case(["创意"], bank=9), BOOK))
    other = decide(BOOK, case_of_data(x_case(["创意"], bank=10), BOOK))
    assert attrs.evolve(one, workings="") == attrs.evolve(other, workings="")
    assert one.workings != other.workings


def test_a_decision_has_a_digest_of_its_own():
    case = case_of_data(X_CASES["a1"], BOOK)
    decision = decide(BOOK, case, digest=case_digest(case))
    assert decision_digest(decision) == decision_digest(decide(BOOK, case, digest=case_digest(case)))
    results = list(decision.results)
    for changed in (
        attrs.evolve(decision, case=""),
        attrs.evolve(decision, workings=""),
        attrs.evolve(decision, results=tuple(results[::-1])),
        attrs.evolve(decision, results=(attrs.evolve(results[0], also=("gate.x",)), *results[1:])),
    ):
        assert decision_digest(changed) != decision_digest(decision)


# --- written and read again -------------------------------------------------------------------------------------------


def test_a_full_case_is_read_back():
    case = case_of_data(change(("application", "items", 0, "ask"), 1), BOOK)
    assert read_case(case_bytes(case).decode(), BOOK) == case


@given(strategies.case_and_book())
def test_any_case_is_read_back(drawn):
    case, book = drawn
    again = read_case(case_bytes(case).decode(), book)
    assert again == case
    assert case_digest(again) == case_digest(case)
    assert decision_digest(decide(book, again)) == decision_digest(decide(book, case))


def test_the_order_in_which_outcomes_and_targets_are_given_decides_nothing():
    book = book_of_text(
        'clause = [{ id = "1", kind = "map", basis = "b:1", match = { "target.kind" = "course" } },'
        ' { id = "2", kind = "worth", basis = "b:2", credits = 1 }]'
    )
    course = {"kind": "course", "credits": 1}
    data = {
        "application": {"id": "a", "act": "convert", "dates": {"applied_on": "2022-01-01"}, "items": []},
        "outcomes": {"s": {"achieved_on": "2022-01-01"}},
    }
    data["application"]["items"] = [{"id": "1", "sources": ["s"]}]
    one = case_of_data(data | {"targets": {"b": course, "a": course}}, book)
    other = case_of_data(data | {"targets": {"a": course, "b": course}}, book)
    assert list(one.targets) == ["a", "b"]
    assert decide(book, one) == decide(book, other)
    assert decide(book, one).results[0].refused == "map.ambiguous"


def test_a_level_may_be_of_another_scheme():
    case = case_of_data(change(("outcomes", "x", "level"), "eqf:5"), BOOK)
    assert case.outcomes["x"]["level"] == Level("eqf", "5")
    assert read_case(case_bytes(case).decode(), BOOK) == case
    assert case_of_data(change(("outcomes", "x", "level"), "x:中级"), BOOK) == case_of_data(FULL, BOOK)
    for wrong in ("x:特级", ":5", "eqf:", "EQF:5"):
        with pytest.raises(MalformedError, match="no level of 'x'"):
            case_of_data(change(("outcomes", "x", "level"), wrong), BOOK)


def test_a_case_for_another_book_is_refused():
    digest = "ab" * 32
    text = json.dumps(FULL)
    assert read_case(text, BOOK, digest=digest).book == digest
    named = json.dumps(FULL | {"book": digest})
    assert read_case(named, BOOK).book == read_case(named, BOOK, digest=digest).book == digest
    with pytest.raises(MalformedError, match="take 'book' out") as caught:
        read_case(named, BOOK, digest="cd" * 32)
    assert caught.value.where == "case: book"


def test_half_a_character_is_no_text():
    for half in ("\\ud800", "\\uDFFF", "\ud800"):
        with pytest.raises(MalformedError, match="half a character"):
            read_case(json.dumps(FULL).replace('"dean"', f'"{half}"'), BOOK)
    assert read_case(json.dumps(FULL).replace('"dean"', '"\\ud83d\\ude00"'), BOOK).waivers[0].by == "😀"
