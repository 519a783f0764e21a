"""
``import creditbank``, beside ``import attrs, datetime, fractions``, each in a fresh interpreter.

What it should cost. Public names are bound lazily, so importing reads one module and a table of names: 1 ms. The
other side loads attrs (10 to 20 ms, most of it ``inspect``), and fractions, which loads decimal. At most twice its
time is promised, and it should be far less. Time is taken inside the interpreter, so that starting one, the same for
both, does not hide the difference.
"""

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.common import Result, Run, main

ROUNDS = 15
TARGET = 2.0

_TIMED = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"


def measure(run: Run) -> Iterator[Result]:
    """Yield the one result."""
    pairs = run.paired(
        lambda: _seconds("import creditbank"), lambda: _seconds("import attrs, datetime, fractions"), ROUNDS
    )
    used = _seconds("import creditbank; creditbank.connect")
    yield run.result(
        "import creditbank ÷ attrs, datetime, fractions", pairs.cost(), target=TARGET, bound="at most",
        ours_s=pairs.ours_s, floor_s=pairs.floor_s, size=1, note=f"with the first use of connect: {used * 1e3:.0f} ms",
    )  # fmt: skip


def _seconds(statement: str) -> float:
    done = subprocess.run([sys.executable, "-c", _TIMED.format(statement)], check=True, capture_output=True, text=True)
    return float(done.stdout)


if __name__ == "__main__":
    main(measure)
