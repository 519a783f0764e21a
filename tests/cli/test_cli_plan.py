"""``creditbank plan``: a table, JSON, items left out, and what cannot be planned."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from creditbank.cli.planning import OPEN

Run = Callable[..., Result]

CASE: dict[str, Any] = {
    "application": {"id": "a1", "act": "convert", "dates": {"applied_on": "2022-06-01"}},
    "outcomes": {
        "x": {
            "class": "x-certificate",
            "name": "数字影像处理",
            "level": "中级",
            "bank_credits": 10,
            "achieved_on": "2022-01-10",
        }
    },
    "targets": {
        id: {"kind": "course", "name": name, "credits": credits, "category": ["专业核心"], "compulsory": True}
        for id, name, credits in (("c1", "广告创意", 4), ("c2", "平面广告", 3), ("c3", "原型设计", 5))
    },
    "systems": {"cn-college": "0.5"},
}


def written(folder: Path, case: dict[str, Any]) -> str:
    path = folder / "case.json"
    path.write_text(json.dumps(case, ensure_ascii=False), encoding="utf-8")
    return str(path)


def test_the_table_says_what_to_ask_for_and_why_no_more(run: Run, tmp_path: Path) -> None:
    """4 + 3 leave no room for 5; 3 + 5 are the eight that one certificate may stand for."""
    said = run("plan", "x-certificate-conversion", written(tmp_path, CASE))
    assert said.exit_code == 0, said.output
    assert "平面广告 (c2)" in said.output
    assert "原型设计 (c3)" in said.output
    assert "广告创意" not in said.output
    assert "合计 Total: 8 (cn-college)" in said.output
    assert "  3.1: " in said.output


def test_json_says_the_same_and_decide_grants_it(run: Run, tmp_path: Path) -> None:
    plan = json.loads(run("plan", "x-certificate-conversion", written(tmp_path, CASE), "--json").stdout)
    assert (plan["credits"], plan["bound"], plan["optimal"], plan["forbids"]) == (
        "8",
        "8",
        True,
        [{"book": "x-certificate-conversion", "clause": "3.1"}],
    )
    items = [
        {"id": one["id"], "sources": one["sources"], "targets": [each["target"] for each in one["targets"]]}
        for one in plan["items"]
    ]
    asked = CASE | {"application": CASE["application"] | {"items": items}}
    decided = json.loads(run("decide", "x-certificate-conversion", written(tmp_path, asked), "--json").stdout)
    assert decided["results"] == plan["decisions"][0]["results"]
    assert [one["granted"] for one in decided["results"]] == [one["credits"] for one in plan["items"]]


def test_the_items_of_the_case_are_ignored(run: Run, tmp_path: Path) -> None:
    asked = CASE | {"application": CASE["application"] | {"items": [{"id": "9", "sources": ["x"], "targets": ["c1"]}]}}
    plan = json.loads(run("plan", "x-certificate-conversion", written(tmp_path, asked), "--json").stdout)
    assert [one["targets"][0]["target"] for one in plan["items"]] == ["c2", "c3"]


def test_a_book_that_is_not_in_force_bars_everything(run: Run, tmp_path: Path) -> None:
    early = CASE | {"application": CASE["application"] | {"dates": {"applied_on": "1999-01-01"}}}
    plan = json.loads(run("plan", "x-certificate-conversion", written(tmp_path, early), "--json").stdout)
    assert plan["items"] == []
    assert plan["barred"] == [
        {"book": "x-certificate-conversion", "code": "book.not-in-force", "clause": "", "ways": 3}
    ]


# --- for a learner ----------------------------------------------------------------------------------------------------

PROGRAMME = """
programme = "510203"
version = "2025"
title = "软件技术"
since = 2025-09-01
school = "keys:college"
system = "cn-college"
basis = { p = { title = "培养方案" } }
requirement = [
  { id = "core", name = "专业核心课", basis = "p:1", all = ["c2"] },
  { id = "free", name = "任选", basis = "p:2", credits = 4, from = { "source.category" = "专业核心" } } ]
course = [
  { code = "c1", name = "广告创意", credits = 4, category = ["专业核心"] },
  { code = "c2", name = "平面广告", credits = 3, category = ["专业核心"] },
  { code = "c3", name = "原型设计", credits = 5, category = ["专业核心"] } ]
"""


@pytest.fixture
def held(college: Any, run: Run) -> Any:
    """Return the college, whose learner has a certificate; the programme lies in p.toml."""
    Path("c.json").write_text(json.dumps(college.certificate()), encoding="utf-8")
    assert run("deposit", college.folder, college.account, "c.json").exit_code == 0
    Path("p.toml").write_text(PROGRAMME, encoding="utf-8")
    return college


def test_what_a_learner_should_apply_for_is_applied_for_as_it_stands(held: Any, run: Run) -> None:
    """The electives are no compulsory courses, which a certificate may not stand for: the core course is what it brings."""
    words = ("plan", held.folder, held.account, "--programme", "p.toml")
    found = json.loads(run(*words, "--json").stdout)
    assert (found["before"], found["after"]) == (
        {"credits": "7", "courses": 2, "complete": False},
        {"credits": "4", "courses": 1, "complete": False},
    )
    assert (found["optimal"], found["least"], found["credits"]) == (True, {"credits": "4", "courses": 1}, "3")
    (application,) = found["applications"]
    asked = application | {"parties": [["college", "keys:college"], ["academic-affairs", "keys:college"]]}
    Path("a.json").write_text(json.dumps(asked), encoding="utf-8")
    done = run("convert", held.folder, held.account, "a.json", "--json")
    assert done.exit_code == 0, done.stderr
    (item,) = json.loads(done.stdout)["events"][0]["event"]["decision"]["results"]
    assert item["granted"] == "3"
    assert json.loads(run(*words, "--json").stdout)["items"] == []


def test_people_see_what_is_missing_now_and_then(held: Any, run: Run) -> None:
    said = run("plan", held.folder, held.account, "--programme", "p.toml", "--on", "2026-11-22")
    assert said.exit_code == 0, said.stderr
    for words in (
        "软件技术 (510203@2025), 2026-11-22",
        "平面广告 (c2)",
        "合计 Total: 3 (cn-college)",
        "现缺 Missing now: 7 学分 credits, 2 门课 courses",
        "转换后尚缺 Missing then: 4 学分 credits, 1 门课 courses",
    ):
        assert words in said.output


def test_a_bank_needs_a_programme(run: Run, tmp_path: Path) -> None:
    for bank in (str(tmp_path), f"sqlite:///{tmp_path}"):
        said = run("plan", bank, f"account:{'0' * 32}")
        assert said.exit_code == 2
        assert f"{bank} is a bank, and no rule book" in said.stderr
        assert "give --programme" in said.stderr


def test_a_day_is_for_learners_alone(run: Run, tmp_path: Path) -> None:
    said = run("plan", "x-certificate-conversion", written(tmp_path, CASE), "--on", "2026-11-22")
    assert said.exit_code == 2
    assert "leave --on out" in said.stderr


def test_everything_that_may_be_left_open_has_words() -> None:
    from typing import get_args

    from creditbank.planner.result import UNBOUND, Open

    assert set(OPEN) == set(get_args(Open))
    assert set(OPEN) > UNBOUND
