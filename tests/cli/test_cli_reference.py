"""The reference page of the command line is the real help; and shells complete what there is."""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.shell_completion import get_completion_class
from click.testing import Result

from creditbank.cli.app import SECTIONS, app
from creditbank.cli.complete import SHELLS, VARIABLE

Run = Callable[..., Result]

ROOT = Path(__file__).resolve().parent.parent.parent


def cli_page() -> Any:
    spec = importlib.util.spec_from_file_location("docs_cli_page", ROOT / "docs" / "_ext" / "cli_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_written_from_the_real_help() -> None:
    made = cli_page()
    assert made.PAGE.read_text(encoding="utf-8") == made.page(), "run python docs/_ext/cli_page.py"


def test_the_reference_has_every_command_under_its_heading() -> None:
    text = cli_page().page()
    named = re.findall(r"^### creditbank (\S+)$", text, re.MULTILINE)
    assert named == [command.name for _, commands in SECTIONS for command in commands]
    for name in ("offer", "accept", "decline"):
        assert f"### creditbank transfer {name}\n" in text
        assert f"Usage: creditbank transfer {name} [OPTIONS]" in text


def test_every_command_stands_in_one_section() -> None:
    assert sorted(app.commands) == sorted(command.name or "" for _, commands in SECTIONS for command in commands)


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_prints_a_script_for_the_shell(run: Run, shell: str) -> None:
    script = run("completion", shell).stdout
    assert VARIABLE in script
    assert f"{shell}_complete" in script


def completed(words: str) -> list[str]:
    """Return what bash is offered for the last of *words*, each with its type."""
    made = get_completion_class("bash")
    assert made is not None
    _, *before, last = words.split(" ")
    return [f"{each.type} {each.value}" for each in made(app, {}, "creditbank", VARIABLE).get_completions(before, last)]


def test_a_shell_completes_commands_options_folders_files_and_institutions(
    college: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(college.folder.parent)
    assert completed("creditbank ver") == ["plain verify"]
    assert "plain --workings" in completed("creditbank quote --w")
    assert completed("creditbank deposit ci") == ["dir ci"]
    assert completed(f"creditbank deposit city {college.account} out") == ["file out"]
    assert completed("creditbank deposit city --by c") == ["plain city-bank", "plain college"]
    assert completed(f"creditbank deposit city {college.account} o.json --by a") == ["plain assessor"]
    assert completed("creditbank deposit nowhere --by c") == []
    assert completed("creditbank deposit --by c") == [], "no bank is named yet"


def test_the_command_answers_a_shell(tmp_path: Path) -> None:
    asked = {VARIABLE: "bash_complete", "COMP_WORDS": "creditbank ver", "COMP_CWORD": "1", "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-m", "creditbank"], cwd=tmp_path, env={**os.environ, **asked}, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert (result.stdout, result.stderr) == ("plain,verify\n", "")


def test_what_a_shell_evaluates_is_a_script_that_it_takes(run: Run, tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(run("completion", "bash").stdout)
    checked = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_group_of_all_commands_says_where_people_do_not_belong() -> None:
    assert isinstance(app, click.Group)
    assert "nor do names and numbers of people" in " ".join((app.help or "").split())
