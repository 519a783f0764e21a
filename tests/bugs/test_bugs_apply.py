"""Every bug that we fear can still be put in; putting them in is ``run.py``'s."""

from pathlib import Path

import pytest
from seeded import SEEDED, Seeded

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("bug", SEEDED, ids=lambda bug: bug.name)
def test_a_feared_bug_can_still_be_put_in(bug: Seeded) -> None:
    text = (ROOT / "creditbank" / bug.file).read_text(encoding="utf-8")
    assert text.count(bug.old) == 1, "the code has changed: seed the same fear where it lives now"
    assert bug.new not in text or bug.new in bug.old
    compile(text.replace(bug.old, bug.new), bug.file, "exec")
    assert all((ROOT / test.partition("::")[0]).exists() for test in bug.tests)


def test_there_are_fifteen_and_the_last_run_knew_them_all() -> None:
    assert len(SEEDED) >= 15
    assert len({bug.name for bug in SEEDED}) == len(SEEDED)
    report = (Path(__file__).with_name("README.md")).read_text(encoding="utf-8")
    assert [bug.name for bug in SEEDED if f"| {bug.name} |" not in report] == []
    assert "survived" not in report
