"""
Put each bug of ``seeded.py`` into a copy of the package, one at a time, and see the suite notice.

    .venv/bin/python tests/bugs/run.py              # all of them; writes README.md beside this file
    .venv/bin/python tests/bugs/run.py cascade      # those whose name holds a word; writes nothing
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from seeded import SEEDED, Seeded

ROOT = Path(__file__).resolve().parent.parent.parent
TIMEOUT_S = 300

_HEAD = """# Seeded bugs

Bugs that we fear, each put into a copy of the package by `.venv/bin/python tests/bugs/run.py` to see the suite notice. The list is
`seeded.py`; a test holds that every one of them can still be put in. This is the last whole run; what it names
passes without any bug ({sound} files or tests).

| bug | what it would do | file | result | noticed by |
|---|---|---|---|---|
"""


def _copy(folder: Path) -> None:
    for name in ("creditbank", "docs", "examples", "tests"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis", "_build")
        )
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder)


def _pytest(folder: Path, tests: tuple[str, ...], timeout_s: float = TIMEOUT_S) -> tuple[bool, str]:
    """
    Return whether a test failed, and which did first.

    Raises:
        RuntimeError: pytest could not run at all; that is nobody's noticing.
    """
    environment = {
        **os.environ,
        "CREDITBANK_SHARED": os.environ.get("CREDITBANK_SHARED", str(ROOT.parent / "shared")),
        "PYTHONPATH": str(folder),
    }
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", *tests],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    lines = [line for line in run.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    if run.returncode not in (0, 1) or (run.returncode == 1 and not lines):
        raise RuntimeError(f"pytest could not run (exit {run.returncode}):\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    return run.returncode == 1, lines[0].split()[1] if lines else ""


def seed(bug: Seeded, folder: Path) -> tuple[bool, str]:
    """Put *bug* into the copy in *folder*, run what should notice, and take it out again."""
    path = folder / "creditbank" / bug.file
    sound = path.read_text(encoding="utf-8")
    assert sound.count(bug.old) == 1, f"{bug.name}: the text stands {sound.count(bug.old)} times in {bug.file}"
    path.write_text(sound.replace(bug.old, bug.new), encoding="utf-8")
    try:
        return _pytest(folder, bug.tests)
    except subprocess.TimeoutExpired:
        return True, "it never ends"
    finally:
        path.write_text(sound, encoding="utf-8")


def main(words: list[str]) -> int:
    """Return how many bugs nobody noticed; 255 where the sound copy already fails."""
    chosen = [bug for bug in SEEDED if not words or any(word in bug.name for word in words)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _copy(folder)
        tests = tuple(dict.fromkeys(test for bug in chosen for test in bug.tests))
        failed, first = _pytest(folder, tests, TIMEOUT_S * len(tests))
        if failed:
            print(f"without any bug {first or 'the run'} fails: mend that first", file=sys.stderr)
            return 255
        rows, survived = [], 0
        for bug in chosen:
            start = time.monotonic()
            killed, by = seed(bug, folder)
            survived += not killed
            print(
                f"{'killed  ' if killed else 'SURVIVED'} {time.monotonic() - start:5.1f} s  {bug.name}  {by}",
                flush=True,
            )
            rows.append(
                f"| {bug.name} | {bug.why} | `{bug.file}` | {'killed' if killed else '**survived**'} | `{by}` |"
            )
    if not words:
        text = _HEAD.format(sound=len(tests)) + "".join(f"{row}\n" for row in rows)
        Path(__file__).with_name("README.md").write_text(text, encoding="utf-8")
    return survived


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
