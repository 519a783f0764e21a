"""Every benchmark runs with small sizes and says what it should. No time is judged here."""

import importlib
import importlib.util
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import BEGIN, END, MEASURES, README, table, written
from benchmarks.common import Pairs, Run, disk_of

ROOT = Path(__file__).resolve().parent.parent.parent

KEYS = {
    "measure", "ratio", "spread", "rounds", "unit", "bound", "target", "met", "ours_us", "floor_us", "size", "entries_s",
    "bytes_per_entry", "disk", "machine", "quick", "note",
}  # fmt: skip

RESULTS = {
    "single_record": 2, "group_commit": 2, "bulk": 4, "eventsourcing_batch": 2, "proof": 3, "balance": 2, "growth": 2,
    "publishing": 3, "importing": 1, "plan": 4, "rows": 3, "decide": 7, "diff": 3,
}  # fmt: skip

PEERS = {"eventsourcing_batch": "eventsourcing", "proof": "pymerkle", "bulk": "orjson"}
"""Without it there are fewer results."""


def check(said: dict[str, Any]) -> None:
    assert set(said) == KEYS
    assert said["quick"] is True
    low, high = said["spread"]
    assert 0 < low <= said["ratio"] <= high < math.inf
    assert said["rounds"] >= 2
    assert said["unit"] in ("ratio", "s")
    assert said["ours_us"] > 0
    assert said["size"] >= 1
    assert " on " in said["disk"]
    assert "cores" in said["machine"]
    if said["target"] is None:
        assert said["met"] is None
    elif said["bound"] == "at least":
        assert said["met"] is (said["ratio"] >= said["target"])
    else:
        assert said["bound"] == "at most"
        assert said["met"] is (said["ratio"] <= said["target"])


def without_its_peer(name: str, tmp_path: Path) -> None:
    """Where a peer is not installed, there are fewer results, or none and a word on which extra brings it."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--at", str(tmp_path), name],
        check=True, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(results) < RESULTS[name]
    for result in results:
        check(result)
    assert results or f"{PEERS[name]} is not installed" in done.stderr


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.filterwarnings("default::DeprecationWarning:eventsourcing", "default::DeprecationWarning:pymerkle")
def test_it_runs_with_small_sizes(name: str, tmp_path: Path) -> None:
    if name in PEERS and importlib.util.find_spec(PEERS[name]) is None:
        without_its_peer(name, tmp_path)
        return
    module = importlib.import_module(f"benchmarks.{name}")
    assert len(module.__doc__ or "") > 300, "it opens with a sketch of what it should cost"
    results = list(module.measure(Run(tmp_path, tmp_path / "cache", quick=True)))
    assert len(results) == RESULTS[name]
    for result in results:
        check(json.loads(result.json()))
        assert result.measure in result.text()
    assert len({result.measure for result in results}) == len(results)


def test_the_table_has_a_row_for_each_result(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--at", str(tmp_path), "importing"],
        check=True, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    results = [json.loads(line) for line in lines if line.startswith("{")]
    assert [result["measure"].split()[0] for result in results] == ["import"]
    for result in results:
        check(result)
        assert sum(line.startswith(f"| {result['measure']} |") for line in lines) == 1
    assert table(results) in done.stdout


def test_only_what_stands_between_the_markers_is_replaced() -> None:
    text = README.read_text(encoding="utf-8")
    once = written(text, "a table")
    assert f"{BEGIN}\n\na table\n\n{END}" in once
    assert written(once, "another") == written(text, "another")
    assert once.partition(BEGIN)[0] == text.partition(BEGIN)[0]
    assert once.partition(END)[2] == text.partition(END)[2]


def test_every_measure_is_run_with_all() -> None:
    """No file with a ``measure`` is forgotten."""
    files = {path.stem for path in README.parent.glob("*.py") if "\ndef measure(run: Run)" in path.read_text("utf-8")}
    assert files == set(MEASURES)


def test_a_ratio_is_of_one_round() -> None:
    pairs = Pairs((2.0, 3.0), (1.0, 6.0))
    assert pairs.cost() == (2.0, 0.5)
    assert pairs.speed() == (0.5, 2.0)


def test_rounds_take_turns() -> None:
    taken = []

    def side(name: str) -> float:
        taken.append(name)
        return float(len(taken))

    pairs = Run(Path(), Path()).paired(lambda: side("ours"), lambda: side("floor"), 3)
    assert taken == ["ours", "floor", "ours", "floor", "floor", "ours", "ours", "floor"], "the first two only warm up"
    assert pairs == Pairs((3.0, 6.0, 7.0), (4.0, 5.0, 8.0))


def test_the_disk_is_named() -> None:
    assert disk_of(Path("/proc/self")).startswith("proc on ")
