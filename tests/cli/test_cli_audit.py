"""``creditbank audit``: what people see, what programs read, and what is refused."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

import creditbank
from creditbank.codec.programme import programme_bytes, programme_digest, read_programme

Run = Callable[..., Result]
Errors = Callable[[Result], dict[str, Any]]

TEXT = (Path(__file__).parents[1] / "degree" / "network-2024.toml").read_text(encoding="utf-8")


@pytest.fixture
def held(college: Any, run: Run) -> Any:
    """Return the college, whose learner has a certificate and two courses."""
    courses = (("N101", "计算机网络基础", 8, "专业核心"), ("E401", "网络综合布线", 6, "专业拓展"))
    outcomes = [
        {"class": "course-result", "title": name, "code": code, "issuer": "keys:college", "achieved_on": "2025-01-10",
         "credits": {"system": "cn-college", "quanta": quanta}, "category": [category]}
        for code, name, quanta, category in courses
    ]  # fmt: skip
    for number, outcome in enumerate((college.certificate(), *outcomes)):
        Path(f"{number}.json").write_text(json.dumps(outcome), encoding="utf-8")
        done = run("deposit", college.folder, college.account, f"{number}.json")
        assert done.exit_code == 0, done.stderr
    Path("p.toml").write_text(TEXT, encoding="utf-8")
    return college


def test_what_people_see(held: Any, run: Run) -> None:
    shown = run("audit", held.folder, held.account, "--programme", "p.toml", "--on", "2026-06-30")
    assert shown.exit_code == 0, shown.stderr
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    assert lines[0] == "计算机网络技术 (610201@2024), 2026-06-30"
    for expected in (
        "尚缺 Missing: 23 学分 credits, 5 门课 courses (cn-college)",
        "提前毕业 Early graduation: 不可以 not eligible, 入学日期未知 entry not known",
    ):
        assert expected in lines, shown.stdout
    for word in (
        "专业核心课程 Core",
        "总学分",
        "N102",
        "操作系统",
        "learner.entry",
        "N102 操作系统",
        "3/8 学分",
        "已满足 met",
    ):
        assert word in shown.stdout


def test_what_programs_read_is_the_same_for_text_and_bytes(held: Any, run: Run) -> None:
    programme = read_programme(TEXT, name="p.toml")
    Path("p.json").write_bytes(programme_bytes(programme))
    words = ("audit", held.folder, held.account, "--on", "2026-06-30", "--json", "--programme")
    said = [json.loads(run(*words, file).stdout) for file in ("p.toml", "p.json")]
    piped = json.loads(run(*words, "-", input=TEXT).stdout)
    assert said[0] == said[1] == piped
    assert said[0]["digest"] == programme_digest(programme_bytes(programme))
    assert (said[0]["complete"], said[0]["proven"]) == (False, True)
    parts = {part["id"]: part for part in said[0]["requirement"]["parts"]}
    assert parts["certificate"]["standing"] == "met"
    assert parts["core"]["parts"][0]["by"][0]["name"] == "计算机网络基础"
    assert parts["electives"]["credits"] == {"have": "3", "need": "8"}
    assert said[0]["early"]["eligible"] is False


def test_what_is_no_programme_is_malformed(held: Any, run: Run, errors: Errors) -> None:
    Path("bad.toml").write_text(TEXT.replace("count = 1", "count = 0"), encoding="utf-8")
    words = ("audit", held.folder, held.account, "--json", "--programme")
    assert errors(run(*words, "bad.toml"))["message"].startswith("bad.toml:38: requirement 'certificate', key 'count':")
    Path("bad.json").write_text("{}", encoding="utf-8")
    assert errors(run(*words, "bad.json"))["exit"] == 2
    assert errors(run(*words, "nothing.toml"))["exit"] == 4
    assert errors(run(*words, "p.toml", "--on", "yesterday"))["exit"] == 2


def test_without_the_solver_it_says_what_to_install(
    held: Any, run: Run, errors: Errors, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("creditbank.planner")]:
        monkeypatch.delitem(sys.modules, name)
    if "planner" in vars(creditbank):
        # Else the package would keep the room that is made anew here, and other tests the one from before.
        monkeypatch.delattr(creditbank, "planner")
    monkeypatch.setitem(sys.modules, "highspy", None)
    found = errors(run("audit", held.folder, held.account, "--programme", "p.toml", "--json"))
    assert (found["exit"], "creditbank[plan]" in found["message"]) == (4, True)
