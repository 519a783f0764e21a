"""Run every measure, each in a process of its own, and write the table into README.md."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.common import disk_of, installed, machine

__all__ = ["MEASURES", "table", "written"]

MEASURES = (
    "single_record", "group_commit", "bulk", "eventsourcing_batch", "proof", "balance", "growth", "publishing", "importing",
    "rows", "plan", "audit", "decide", "diff",
)  # fmt: skip

NEEDS = {"eventsourcing_batch": "eventsourcing"}

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- table -->", "<!-- end -->"


def table(results: Sequence[dict[str, Any]]) -> str:
    """Return *results* as a table in Markdown."""
    lines = [
        "| measure | median | least to most | target | met | µs each | beside, µs | entries/s | bytes per entry |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        unit = " s" if result["unit"] == "s" else ""
        sign = "≥" if result["bound"] == "at least" else "≤"
        low, high = result["spread"]
        cells = [
            result["measure"],
            f"{result['ratio']:.3g}{unit}",
            f"{low:.3g} to {high:.3g}",
            "–" if result["target"] is None else f"{sign} {result['target']:g}{unit}",
            {True: "yes", False: "**no**", None: "–"}[result["met"]],
            _number(result["ours_us"]),
            _number(result["floor_us"]),
            _number(result["entries_s"]),
            _number(result["bytes_per_entry"]),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def written(text: str, table: str) -> str:
    """Return *text* with *table* between its markers."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    assert begin, "README.md has the first marker"
    assert end, "README.md has the second"
    return f"{head}{BEGIN}\n\n{table}\n\n{END}{tail}"


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small sizes; prints the table, and leaves README.md alone"
    )
    parser.add_argument("--at", type=Path, help="a folder on the disk to be measured")
    parser.add_argument("measure", nargs="*", choices=[[], *MEASURES], help="only these; README.md is left alone")
    given = parser.parse_args()
    load = os.getloadavg()[0]
    results = []
    for name in given.measure or MEASURES:
        if name in NEEDS and not installed(NEEDS[name]):
            print(f"{name}: {NEEDS[name]} is not installed (pip install -e '.[bench]')", file=sys.stderr)
            continue
        command = [sys.executable, "-m", f"benchmarks.{name}", "--json"]
        command += ["--quick"] if given.quick else []
        command += ["--at", str(given.at)] if given.at else []
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None, "it is piped"
            for line in running.stdout:
                results.append(json.loads(line))
                print(line, end="", flush=True)
        if running.returncode:
            raise SystemExit(f"benchmarks.{name} failed")
    found = table(results)
    disk = results[0]["disk"] if results else disk_of(Path.cwd())
    when = f"Taken {datetime.now(UTC).date()} on {machine()}; {disk}; load {load:.1f} before it began."
    print(f"\n{when}\n\n{found}")
    if not (given.quick or given.measure):
        README.write_text(written(README.read_text(encoding="utf-8"), f"{when}\n\n{found}"), encoding="utf-8")


if __name__ == "__main__":
    _main()
