"""The demo: what it shows (a golden screen), what it leaves, what it never touches."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from creditbank.demo import Scene, tell
from creditbank.errors import AlreadyError

Run = Callable[..., Result]

GOLDEN = Path(__file__).parent / "golden" / "demo.txt"
RENEW = "CREDITBANK_RENEW_GOLDEN"
"""Set to 1, the golden screen is written anew: read the difference before you commit it."""


def test_the_screen_is_the_golden_one_twice_in_a_row(run: Run) -> None:
    first = run("demo")
    assert first.exit_code == 0, first.stderr
    if os.environ.get(RENEW) == "1":
        GOLDEN.write_text(first.stdout, encoding="utf-8")
    assert first.stdout == GOLDEN.read_text(encoding="utf-8"), f"if it is meant, run with {RENEW}=1"
    assert run("demo").stdout == first.stdout


def test_no_line_of_a_table_is_wider_than_the_terminal() -> None:
    from rich.cells import cell_len

    lines = GOLDEN.read_text(encoding="utf-8").splitlines()
    ruled = [number for number, line in enumerate(lines) if line and not line.strip("-")]
    assert len(ruled) == 15
    for number in ruled:
        end = next((n for n in range(number, len(lines)) if not lines[n]), len(lines))
        assert all(cell_len(line) <= 100 for line in lines[number - 1 : end])


def test_what_it_says_to_try_next_works(run: Run) -> None:
    told = run("demo").stdout
    tries = [line.split()[1:] for line in told.splitlines() if line.startswith("    creditbank ")]
    assert len(tries) == 7
    account = Path("creditbank-demo/account.txt").read_text().strip()
    for words in tries:
        line = " ".join(words).replace("$(cat creditbank-demo/account.txt)", account)
        result = run(*line.split())
        assert result.exit_code == 0, (words, result.stderr)
        assert result.stdout


def test_it_leaves_a_statement_and_a_receipt_and_no_secret_on_the_screen(run: Run, tmp_path: Path) -> None:
    shown = run("demo", "town")
    folder = Path("town")
    statement = (folder / "statement.txt").read_text(encoding="utf-8")
    assert "林晓雯" in statement
    assert "14.5" in statement
    keys = list((folder / "keys").iterdir())
    assert len(keys) == 9
    assert not [path for path in keys if "luban" in path.name], "its key is never here"
    for path in keys:
        assert path.stat().st_mode & 0o077 == 0
        secret = path.read_text().splitlines()[1]
        assert secret not in shown.stdout + shown.stderr + statement
    assert "LF-00" not in shown.stdout + statement, "document numbers are in the vault alone"
    assert not (tmp_path / "state").exists(), "the user's own marks are not touched"


def test_json_is_one_document_that_says_what_was_made(run: Run) -> None:
    said = json.loads(run("demo", "town", "--json").stdout)
    assert said["accounts"] == 50
    assert said["ok"] is True
    assert said["report"]["requests"] == said["report"]["verified"] + said["report"]["forgotten"]
    assert run("statement", "town", said["account"]).exit_code == 0
    assert run("verify", "town/receipt.tlog-proof", "--key", said["verifier_key"]).exit_code == 0


@pytest.mark.parametrize("name", ["thesis.txt", "ledger.db", "DEMO.txt"])
def test_a_folder_that_is_no_former_demo_is_left_alone(run: Run, name: str) -> None:
    Path("mine").mkdir()
    (Path("mine") / name).write_text("my own")
    result = run("demo", "mine")
    assert result.exit_code == 1
    assert [path.name for path in Path("mine").iterdir()] == [name]
    assert (Path("mine") / name).read_text() == "my own"


def test_a_former_demo_in_which_somebody_keeps_a_file_is_left_alone(run: Run) -> None:
    assert run("demo", "town").exit_code == 0
    (Path("town") / "mine.txt").write_text("my own")
    before = (Path("town") / "account.txt").read_text()
    assert run("demo", "town").exit_code == 1
    assert (Path("town") / "account.txt").read_text() == before


@pytest.mark.parametrize("make", [lambda path: path.write_text("x"), lambda path: path.symlink_to("/tmp")])
def test_a_file_or_a_link_is_left_alone(tmp_path: Path, make: Callable[[Path], object]) -> None:
    place = tmp_path / "place"
    make(place)
    with pytest.raises(AlreadyError):
        tell(place, lambda done, of: None)
    assert place.is_symlink() or place.read_text() == "x"


def test_an_empty_folder_is_used_and_progress_goes_to_the_end(tmp_path: Path) -> None:
    moved: list[tuple[int, int]] = []
    story = tell(tmp_path, lambda done, of: moved.append((done, of)))
    assert moved == [(number, 15) for number in range(1, 16)]
    assert story.report.ok
    assert all(isinstance(scene, Scene) for scene in story.scenes)
