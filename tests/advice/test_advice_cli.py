"""``creditbank advise``: where the page goes, and what it takes."""

import builtins
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import creditbank as cb
from creditbank.bank import connect
from creditbank.cli.app import app
from creditbank.testing.town import Town, small_town

PROGRAMME = """
programme = "art"
version = "2024"
title = "艺术设计"
since = 2020-09-01
system = "cn-bank"
basis = { d = { title = "培养方案" } }
requirement = [ { id = "all", name = { zh = "总学分", en = "credits in all" }, credits = 10, basis = "d:1" } ]
"""

Run = Callable[..., Result]


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    """Return a town whose bank is in the folder ``city``, closed again."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    made = small_town(lambda signers: connect("sqlite:///city", signers=signers))
    made.bank.record(made.request(made.assessor), cb.deposit, made.learner, made.certificate("中级", "4"))
    made.bank.close()
    Path("art.toml").write_text(PROGRAMME, encoding="utf-8")
    return made


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_a_page_that_only_its_owner_may_read(town: Town) -> None:
    result = run("advise", "city", town.learner, "--programme", "art.toml", "--out", "page.html", "--json")
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert (said["file"], said["account"], said["granted"]) == ("page.html", town.learner, 0)
    page = Path("page.html")
    assert page.stat().st_mode & 0o777 == 0o600
    text = page.read_text(encoding="utf-8")
    assert "总学分" in text
    assert "最少还差 6 学分" in text
    assert "林晓" not in text, "the page names no person"
    again = run("advise", "city", town.learner, "--out", "page.html")
    assert again.exit_code == 4, "a file that is there is not written over"
    assert page.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("enrolled", [True, False])
def test_a_plan_is_for_who_is_enrolled(town: Town, enrolled: bool) -> None:
    asked = PROGRAMME.replace('"art"', '"550101"' if enrolled else '"550102"').replace("cn-bank", "cn-college")
    Path("study.toml").write_text(asked, encoding="utf-8")
    result = run("advise", "city", town.learner, "--programme", "study.toml", "--out", "page.html", "--json")
    assert result.exit_code == 0, result.stderr
    plan = json.loads(result.stdout)["plan"]
    assert plan == ({"credits": "0", "items": 0, "optimal": True} if enrolled else None)
    text = Path("page.html").read_text(encoding="utf-8")
    assert ("现在申请什么都不会更好" in text) == enrolled
    assert ("没有为这个专业作出一起申请的方案" in text) == (not enrolled)


def test_without_a_programme_no_audit_is_promised(town: Town) -> None:
    result = run("advise", "city", town.learner, "--out", "page.html", "--on", "2030-01-01")
    assert result.exit_code == 0, result.stderr
    assert "学习建议 Advice for" in result.stdout
    text = Path("page.html").read_text(encoding="utf-8")
    assert "2030-01-01" in text
    assert "还差" not in text


@pytest.mark.parametrize(
    ("words", "exit"),
    [
        ((f"account:{0:032}",), 1),
        (("nobody",), 2),
        (("LEARNER", "--on", "tomorrow"), 2),
        (("LEARNER", "--programme", "none.toml"), 4),
        (("LEARNER", "--programme", "city/keys"), 4),
    ],
)
def test_what_it_refuses(town: Town, words: tuple[str, ...], exit: int) -> None:
    asked = [town.learner if word == "LEARNER" else word for word in words]
    assert run("advise", "city", *asked, "--out", "page.html").exit_code == exit
    assert not Path("page.html").exists()


def test_an_audit_takes_the_solver(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name == "creditbank.planner.degree":
            raise ModuleNotFoundError("No module named 'highspy'", name="highspy")
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    result = run("advise", "city", town.learner, "--programme", "art.toml", "--out", "page.html")
    assert result.exit_code == 4
    assert "creditbank[plan]" in result.stderr
    assert run("advise", "city", town.learner, "--out", "page.html").exit_code == 0
