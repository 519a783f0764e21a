"""
What every measure shares: paired rounds, what a result says, which disk and machine it was taken on.

Absolute figures do not carry over from one machine to another; ratios taken in one run do. So each measure runs
beside its floor (or a peer), turn and turn about, and its ratio is the median of the rounds' ratios. A floor is
straightforward best practice: WAL, ``synchronous=FULL``, prepared statements, one transaction where one will do.
Never improve a ratio by slowing its floor.
"""

import argparse
import cProfile
import gc
import json
import os
import platform
import pstats
import secrets
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import attrs

__all__ = [
    "BODY_SIZE",
    "Pairs",
    "Result",
    "Run",
    "Table",
    "disk_of",
    "installed",
    "machine",
    "main",
    "raw",
]

BODY_SIZE = 700
"""Bytes of a floor's row: about what is kept of one entry's payload."""

PROFILE_LINES = 15

CACHE = Path(tempfile.gettempdir()) / f"creditbank-benchmarks-{os.getuid()}"
"""Where large banks are kept between runs; delete it at will."""


@attrs.frozen
class Pairs:
    """Seconds of ours and of the floor, one of each per round, in the order they were taken."""

    ours_s: tuple[float, ...]
    floor_s: tuple[float, ...]

    def speed(self) -> tuple[float, ...]:
        """Return, by round, our speed as a share of the floor's: more is better."""
        return tuple(floor / ours for ours, floor in zip(self.ours_s, self.floor_s, strict=True))

    def cost(self) -> tuple[float, ...]:
        """Return, by round, our time as a multiple of the floor's: less is better."""
        return tuple(ours / floor for ours, floor in zip(self.ours_s, self.floor_s, strict=True))


@attrs.frozen
class Result:
    """
    One line of the table.

    Attributes:
        ratios: One per round (of seconds, where *unit* is ``s``); the median counts, least and most are the spread.
        bound: Whether *target* is the least or the most that will do; None where nothing was promised.
        ours_s, floor_s: Median seconds of one entry, proof, question, …; what *note* says.
        size: How many of them a round takes.
    """

    measure: str
    ratios: tuple[float, ...]
    target: float | None
    bound: Literal["at least", "at most"]
    ours_s: float
    floor_s: float | None
    size: int
    disk: str
    quick: bool
    entries_s: float | None = None
    bytes_per_entry: float | None = None
    unit: Literal["ratio", "s"] = "ratio"
    note: str = ""

    @property
    def ratio(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.ratios)

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.ratio >= self.target if self.bound == "at least" else self.ratio <= self.target

    def json(self) -> str:
        """Return one line of JSON."""
        said: dict[str, object] = {
            "measure": self.measure,
            "ratio": _short(self.ratio),
            "spread": [_short(min(self.ratios)), _short(max(self.ratios))],
            "rounds": len(self.ratios),
            "unit": self.unit,
            "bound": self.bound,
            "target": self.target,
            "met": self.met,
            "ours_us": _short(self.ours_s * 1e6),
            "floor_us": None if self.floor_s is None else _short(self.floor_s * 1e6),
            "size": self.size,
            "entries_s": None if self.entries_s is None else round(self.entries_s),
            "bytes_per_entry": None if self.bytes_per_entry is None else round(self.bytes_per_entry),
            "disk": self.disk,
            "machine": machine(),
            "quick": self.quick,
            "note": self.note,
        }
        return json.dumps(said, ensure_ascii=False)

    def text(self) -> str:
        """Return the same for reading."""
        sign = "≥" if self.bound == "at least" else "≤"
        target = (
            "no target" if self.target is None else f"target {sign} {self.target:g}: {'met' if self.met else 'MISSED'}"
        )
        floor = "" if self.floor_s is None else f" beside {self.floor_s * 1e6:,.1f} µs"
        rate = "" if self.entries_s is None else f"; {self.entries_s:,.0f} entries/s"
        kept = "" if self.bytes_per_entry is None else f"; {self.bytes_per_entry:,.0f} bytes per entry"
        unit = " s" if self.unit == "s" else ""
        return (
            f"{self.measure}: {self.ratio:.3g}{unit} ({min(self.ratios):.3g} to {max(self.ratios):.3g}, "
            f"{len(self.ratios)} rounds; {target})\n"
            f"    {self.ours_s * 1e6:,.1f} µs each{floor}{rate}{kept}; {self.size:,} a round"
            f"{' (quick)' if self.quick else ''}; {self.disk}" + (f"\n    {self.note}" if self.note else "")
        )


def _short(number: float) -> float:
    return float(f"{number:.4g}")


@attrs.frozen
class Run:
    """How a measure is to be taken: *quick* with small sizes (no figure of it counts), in *folder*, perhaps profiled."""

    folder: Path
    cache: Path
    quick: bool = False
    profile: cProfile.Profile | None = None

    def pick(self, full: int, quick: int) -> int:
        """Return a size."""
        return quick if self.quick else full

    def sub(self, name: str) -> Path:
        """Return a new folder of that name inside this run's."""
        path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))
        return path / name

    def ours(self, act: Callable[[], object]) -> float:
        """Return how many seconds our side takes; here the profiler looks."""
        gc.collect()
        if self.profile is not None:
            self.profile.enable()
        try:
            start = time.perf_counter()
            act()
            return time.perf_counter() - start
        finally:
            if self.profile is not None:
                self.profile.disable()

    def floor(self, act: Callable[[], object]) -> float:
        """Return how many seconds the other side takes."""
        gc.collect()
        start = time.perf_counter()
        act()
        return time.perf_counter() - start

    def paired(self, ours: Callable[[], float], floor: Callable[[], float], rounds: int) -> Pairs:
        """Take *rounds* of both, turn and turn about, after one that does not count. Each returns seconds."""
        ours(), floor()
        taken: list[tuple[float, float]] = []
        for number in range(self.pick(rounds, min(rounds, 2))):
            if number % 2:
                other = floor()
                taken.append((ours(), other))
            else:
                taken.append((ours(), floor()))
        return Pairs(tuple(pair[0] for pair in taken), tuple(pair[1] for pair in taken))

    def result(
        self,
        measure: str,
        ratios: Sequence[float],
        *,
        target: float | None,
        bound: Literal["at least", "at most"],
        ours_s: Sequence[float],
        floor_s: Sequence[float] | None,
        size: int,
        entries: bool = False,
        bytes_per_entry: float | None = None,
        unit: Literal["ratio", "s"] = "ratio",
        note: str = "",
    ) -> Result:
        """Return what was found; *ours_s* and *floor_s* are of whole rounds, of *size* entries (or proofs, …) each."""
        each = statistics.median(ours_s) / size
        return Result(
            measure=measure,
            ratios=tuple(ratios),
            target=target,
            bound=bound,
            ours_s=each,
            floor_s=None if floor_s is None else statistics.median(floor_s) / size,
            size=size,
            disk=disk_of(self.folder),
            quick=self.quick,
            entries_s=1 / each if entries else None,
            bytes_per_entry=bytes_per_entry,
            unit=unit,
            note=note,
        )


Measure = Callable[[Run], Iterator[Result]]


# --- floors -----------------------------------------------------------------------------------------------------------


def raw(path: Path) -> sqlite3.Connection:
    """Return a plain connection as one should have it: WAL, every commit synced, no hidden transactions."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


class Table:
    """One table with a number, a unique key and a body: what a batch could cost at least."""

    def __init__(self, path: Path) -> None:
        """Make it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = raw(path)
        self._db.execute("CREATE TABLE row (number INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, body BLOB NOT NULL)")
        self._next = 0
        self._body = secrets.token_bytes(BODY_SIZE)

    def rows(self, size: int) -> list[tuple[int, bytes, bytes]]:
        """Return *size* new rows, in key order, which suits the index best."""
        first, self._next = self._next, self._next + size
        keys = sorted(secrets.token_bytes(32) for _ in range(size))
        return [(first + number, key, self._body) for number, key in enumerate(keys)]

    def write(self, rows: Sequence[tuple[int, bytes, bytes]]) -> None:
        """Write them in one transaction."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT INTO row VALUES (?, ?, ?)", rows)
        self._db.execute("COMMIT")

    def write_each(self, rows: Sequence[tuple[int, bytes, bytes]]) -> None:
        """Write each in a transaction of its own."""
        for row in rows:
            self._db.execute("INSERT INTO row VALUES (?, ?, ?)", row)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


# --- where it ran -----------------------------------------------------------------------------------------------------


def disk_of(path: Path) -> str:
    """Return the file system that holds *path*: its type, its device, where it is mounted."""
    where, best = path.resolve(), ("?", "?", "?")
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        device, mount, kind = line.split(" ")[:3]
        if where.is_relative_to(mount) and len(mount) >= len(best[1]):
            best = (device, mount, kind)
    return f"{best[2]} on {best[0]}"


def machine() -> str:
    """Return cores, memory, Python and SQLite."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{len(os.sched_getaffinity(0))} cores, {memory_gib:.0f} GiB, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def installed(package: str) -> bool:
    """Say whether a peer can be measured here; the extra [bench] installs them all."""
    return find_spec(package) is not None


# --- running one ------------------------------------------------------------------------------------------------------


@contextmanager
def a_run(quick: bool, profile: bool, at: Path | None, cache: Path | None = None) -> Iterator[Run]:
    """Lend a run in a temporary folder (inside *at*, else where temporary files go)."""
    if at is not None:
        at.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="creditbank-bench-", dir=at) as name:
        yield Run(
            Path(name), cache or (CACHE if at is None else at / "cache"), quick, cProfile.Profile() if profile else None
        )


def main(measure: Measure) -> None:
    """Run one measure from the command line."""
    parser = argparse.ArgumentParser(
        description=sys.modules["__main__"].__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one line of JSON for each result")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, to see that it works; the figures do not count"
    )
    parser.add_argument("--profile", action="store_true", help="where our time goes, instead of results")
    parser.add_argument("--at", type=Path, help="a folder on the disk to be measured")
    given = parser.parse_args()
    with a_run(given.quick, given.profile, given.at) as run:
        for result in measure(run):
            if not given.profile:
                print(result.json() if given.json else result.text(), flush=True)
        if run.profile is not None:
            stats = pstats.Stats(run.profile)
            stats.sort_stats("cumulative").print_stats(3 * PROFILE_LINES)
            stats.sort_stats("tottime").print_stats(PROFILE_LINES)
