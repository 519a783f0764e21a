"""The command line as a process: exit codes, streams, a missing extra."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def ran(cwd: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(cwd / "state"), **more}
    return subprocess.run(
        [sys.executable, "-m", "creditbank", *words],
        cwd=cwd, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip


def test_demo_then_verify_then_a_receipt_nobody_can_change(tmp_path: Path) -> None:
    shown = ran(tmp_path, "demo", COLUMNS="100")
    assert (shown.returncode, shown.stderr) == (0, ""), "no progress where nobody watches"
    checked = ran(tmp_path, "verify", "creditbank-demo", "--json")
    assert checked.returncode == 0
    assert json.loads(checked.stdout)["ok"] is True
    receipt = tmp_path / "creditbank-demo" / "receipt.tlog-proof"
    words = ("verify", str(receipt), "--key", "creditbank-demo/operator.vkey")
    assert ran(tmp_path, *words).returncode == 0
    receipt.write_text(receipt.read_text().replace("A", "B", 1))
    changed = ran(tmp_path, *words)
    assert changed.returncode in (2, 3)
    assert changed.stdout == ""
    assert changed.stderr.startswith("creditbank: ")


def test_a_terminal_without_chinese_gets_escapes(tmp_path: Path) -> None:
    result = ran(tmp_path, "--help", PYTHONIOENCODING="latin-1")
    assert result.returncode == 0
    assert "\\u5b66" in result.stdout


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise ModuleNotFoundError('No module named click', name='click')\n")
    # The current folder comes first on the path of python -m.
    result = ran(tmp_path, "--help")
    assert result.returncode == 2
    assert "pip install 'creditbank[cli]'" in result.stderr
    assert "Traceback" not in result.stderr


def test_importing_the_command_line_loads_neither_click_nor_rich() -> None:
    code = "import sys, creditbank.cli, creditbank.__main__; print({'click', 'rich'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
