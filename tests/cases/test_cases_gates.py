"""Case A10 and the stage gates on case files, by what the library offers everybody: read_book, read_case, decide, explain."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

import creditbank as cb
from creditbank.rulebooks import read

Json = dict[str, Any]
SCHOOL, PARTNER = "本校", "外校"
DIPLOMA = {"diploma": {"kind": "diploma", "institution": SCHOOL}}


def decided(book: str, case: Json) -> Json:
    """Decide a case file; every refusal is explained in both languages, with its code."""
    rules = cb.read_book(read(book), name=book)
    asked = cb.read_case(json.dumps(case), rules)
    decision = cb.decide(rules, asked)
    for language in ("zh", "en"):
        told = cb.explain(decision, cb.workings(rules, asked), language=language)
        assert all(result.refused is None or result.refused in told for result in decision.results)
    again = cb.read_case(cb.case_bytes(asked).decode(), rules)
    assert cb.decision_digest(cb.decide(rules, again)) == cb.decision_digest(decision)
    return cb.decision_dict(decision)


def result(book: str, case: Json) -> Json:
    (one,) = decided(book, case)["results"]
    return one


def application(act: str, day: str, *items: Json, id: str = "now", **facts: object) -> Json:
    return {"id": id, "act": act, "dates": {"applied_on": day}, "facts": facts, "items": list(items)}


def everything(*targets: str) -> Json:
    return {"id": "1", "sources": "all", "targets": list(targets)}


def lot(credits: int, issuer: str = SCHOOL, **more: object) -> Json:
    return {"class": "course", "credits": credits, "system": "cn-secondary-vocational", "issuer": issuer, **more}


# --- A10, Shandong: totals, and the share of the school that issues the diploma ------------------------------------------


def graduate(kind: str, own: int, partner: int) -> Json:
    return result(
        "shandong-credit-system",
        {
            "application": application("award", "2012-06-30", everything("diploma")),
            "programme": {"id": "p", "kind": kind, "institution": SCHOOL},
            "outcomes": {"own": lot(own), "partner": lot(partner, PARTNER)},
            "targets": DIPLOMA,
            "pairs": [{"source": "partner", "target": "diploma", "facts": {"agreement": True}}],
        },
    )


@pytest.mark.parametrize(
    ("own", "partner", "refused"),
    [(101, 69, "floor.residency"), (102, 68, None), (103, 67, None), (102, 67, "floor.total"), (120, 80, None)],
)
def test_a10_three_years(own: int, partner: int, refused: str | None) -> None:
    found = graduate("vocational-3", own, partner)
    assert found.get("refused") == refused
    total, residency = found["floors"]
    assert (total["have"], total["at_least"]) == (str(own + partner), "170")
    assert (residency["have"], residency["of"]) == (str(own), str(own + partner))
    assert ("short" in residency) == (5 * own < 3 * (own + partner))


@pytest.mark.parametrize("kind", ["3+2", "five-year"])
@pytest.mark.parametrize(("total", "refused"), [(269, "floor.total"), (270, None), (271, None)])
def test_a10_five_years(kind: str, total: int, refused: str | None) -> None:
    assert graduate(kind, total - 100, 100).get("refused") == refused


@pytest.mark.parametrize(
    ("electives", "refused"), [(449, "floor.electives"), (450, None), (600, None), (601, "floor.electives")]
)
def test_a10_a_plan_of_study_has_its_electives(electives: int, refused: str | None) -> None:
    rest, free = 3000 - electives, 300
    plan = {
        "core": lot(150, hours=rest, category=["必修"]),
        "chosen": lot(10, hours=electives - free, category=["选修"]),
        "free": lot(10, hours=free, category=["选修", "任选"]),
    }
    found = result(
        "shandong-credit-system",
        {
            "application": application("programme", "2012-03-01", {"id": "1", "sources": list(plan), "targets": []}),
            "programme": {"id": "p", "kind": "vocational-3", "institution": SCHOOL},
            "outcomes": plan,
        },
    )
    assert (found.get("refused"), found.get("granted")) == (refused, None if refused else "0")


# --- A10, Anhui: social practice, and graduating early -------------------------------------------------------------------


def anhui(act: str, day: str, courses: int, practice: int, history: Sequence[Json] = ()) -> Json:
    target = ["diploma"] if act == "award" else []
    return {
        "application": application(act, day, everything(*target)),
        "learner": {"enrolled_on": "2018-09-01", "normal_end": "2021-06-30"},
        "programme": {"id": "p", "institution": SCHOOL},
        "outcomes": {
            "courses": lot(courses, category=["课程"], achieved_on="2020-06-30"),
            "practice": lot(practice, category=["社会实践"], achieved_on="2020-06-30"),
        },
        "targets": DIPLOMA,
        "history": list(history),
    }


@pytest.mark.parametrize(
    ("courses", "practice", "refused"),
    [(166, 4, "floor.practice"), (165, 5, None), (164, 6, None), (164, 5, "floor.total")],
)
def test_a10_social_practice(courses: int, practice: int, refused: str | None) -> None:
    assert result("anhui-credit-system", anhui("award", "2021-06-30", courses, practice)).get("refused") == refused


@pytest.mark.parametrize(("credits", "eligible"), [(149, False), (150, True), (151, True)])
def test_a10_early_eligible_after_two_years(credits: int, eligible: bool) -> None:
    found = result("anhui-credit-system", anhui("programme", "2020-09-01", credits - 5, 5))
    assert found["effects"] == {"early_eligible": eligible}
    assert found.get("refused") == (None if eligible else "floor.early")


def test_a10_early_graduation_asks_for_what_was_found_after_two_years() -> None:
    look = result("anhui-credit-system", anhui("programme", "2020-09-01", 150, 5))
    early = anhui("award", "2020-12-30", 165, 5)
    assert result("anhui-credit-system", early)["refused"] == "gate.early-checked"
    early["history"] = [
        line(look, "programme", "2020-09-01", "anhui-credit-system", ["courses", "practice"], "diploma")
    ]
    assert result("anhui-credit-system", early)["granted"] == "170"


def line(found: Json, act: str, on: str, book: str, sources: list[str], target: str) -> Json:
    """What the record has of an item that was granted."""
    assert "refused" not in found
    return {
        "application": "before",
        "item": found["item"],
        "act": act,
        "sources": sources,
        "target": target,
        "credits": found["granted"],
        "on": on,
        "programme": "p",
        "institution": SCHOOL,
        "book": book,
    }


# --- stage gates -----------------------------------------------------------------------------------------------------------


def shanxi(act: str, target: str, history: Sequence[Json] = (), **facts: object) -> Json:
    return {
        "application": application(
            act, "2016-04-10", {"id": "1", "sources": ["enrolment"], "targets": [target]}, **facts
        ),
        "outcomes": {"enrolment": {"class": "enrolment", "programme_kind": "3+2"}},
        "targets": {
            "college": {"kind": "stage", "filed_on": "2015-11-02"},
            "gaokao": {"kind": "examination", "name": "高考"},
        },
        "history": list(history),
    }


@pytest.mark.parametrize(("said", "may"), [("passed", False), ("failed", True), ("waived", True)])
def test_who_passed_the_stage_test_may_not_sit_others(said: str, may: bool) -> None:
    stage = result("shanxi-three-two", shanxi("advance", "college", result=said, tested_on="2016-03-31"))
    assert stage["effects"]["may_sit_others"] is may
    record = [] if may else [line(stage, "advance", "2016-04-01", "shanxi-three-two", ["enrolment"], "college")]
    sat = result("shanxi-three-two", shanxi("sit", "gaokao", record))
    assert sat.get("refused") == (None if may else "once.advanced")


def test_who_fails_in_chongqing_keeps_the_secondary_diploma_only() -> None:
    case = {
        "application": application(
            "advance",
            "2024-06-20",
            {"id": "1", "sources": ["enrolment"], "targets": ["college"]},
            semester=6,
            graduated=True,
            test_passed=False,
        ),
        "outcomes": {"enrolment": {"programme_kind": "five-year", "stage": "secondary"}},
        "targets": {"college": {"programme_kind": "five-year", "stage": "college"}},
    }
    found = result("chongqing-five-year", case)
    assert (found["refused"], found["effects"]["secondary_diploma"]) == ("gate.test", True)
    case["application"]["facts"]["test_passed"] = True
    assert result("chongqing-five-year", case)["effects"] == {"programme_stage": "college"}


@pytest.mark.parametrize(
    ("book", "practice", "score"),
    [
        ("exam-exemption-pass-mark", 80, "72"),
        ("exam-exemption-reweight", 80, "80"),
        ("exam-exemption-pass-mark", 60, "60"),
        ("exam-exemption-reweight", 60, "60"),
        ("exam-exemption-pass-mark", 59, None),
        ("exam-exemption-reweight", 59, None),
    ],
)
def test_both_ways_to_count_a_part_that_is_exempt(book: str, practice: int, score: str | None) -> None:
    item = {"id": "1", "sources": ["diploma"], "targets": ["exam"], "marks": {"实操": practice}}
    case = {
        "application": application("sit", "2023-06-01", item),
        "outcomes": {"diploma": {"class": "diploma", "vocational": True, "major": "软件技术"}},
        "targets": {"exam": {"name": "Python程序开发", "majors": ["软件技术"]}},
    }
    found = result(book, case)
    assert (found.get("score"), found.get("refused")) == (score, None if score else "score.mark")
