"""
Import a table of outcomes: rows a second, the most memory, and the ratio to reading and keeping the same rows without a bank.

    python benchmarks/import_rows.py --rows 1000000 [--per-account 10] [--folder DIR]

What it should cost. The floor reads the file with csv.reader and hands it to one executemany into one table (number, unique key,
the row's text): some 4 µs a row. The import reads each row (to a value, a keyed hash of it, an account by the keyed hash of a
document), keeps it aside in a temporary SQLite file, decides it twice (once to know that all of it can land, once to record),
and records it: payload, salt, commitment, seal, entry, request. Each decision costs what one does in `record_all`, and reading
it about half of one, so an import should take two and a half times as long as `record_all` of the same rows into accounts with
few entries: some 400 µs a row, the same for the last as for the first; a hundred times the floor. Memory must not grow with
the file: a chunk of 2,000 rows, 4,096 cached accounts, 32 MiB of pages of the temporary file.

The people are imported first, one row each; that is timed apart. So is importing the outcomes again, which records nothing.
"""

import argparse
import csv
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import attrs

from creditbank.tables import ImportReport, import_table
from creditbank.testing.world import ASSESSOR, COLLEGE, World

T = TypeVar("T")

OUTCOMES = (
    "document",
    "number",
    "class",
    "title",
    "achieved_on",
    "credits",
    "system",
    "certificate",
    "level",
    "category",
)


def write_people(path: Path, people: int) -> None:
    """Write a table of invented people with passports."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(("姓名", "证件类型", "证件号码"))
        table.writerows((f"学生{number}", "护照", f"P{number:08d}") for number in range(people))


def write_outcomes(path: Path, rows: int, people: int) -> None:
    """Write a table of X certificates; the rows of one person lie far apart, as they do in files ordered by certificate."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(OUTCOMES)
        for row in range(rows):
            said = (
                "skill-certificate",
                f"Web前端开发{row % 97}",
                "2025-06-30",
                "10",
                "cn-bank",
                f"X{row:09d}",
                "x:中级",
                "软件",
            )
            table.writerow(("passport", f"P{row % people:08d}", *said))


def floor(path: Path, database: Path) -> None:
    """Read the table and keep its rows, and do nothing else."""
    db = sqlite3.connect(database)
    db.execute("PRAGMA journal_mode = WAL").fetchall()
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE row (number INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, body TEXT NOT NULL)")
    with path.open(encoding="utf-8-sig", newline="") as file, db:
        table = csv.reader(file)
        next(table)
        db.executemany(
            "INSERT INTO row VALUES (?,?,?)", ((n, cells[7], ",".join(cells)) for n, cells in enumerate(table))
        )
    db.close()


@attrs.frozen
class Took:
    """Seconds on the wall, and of the processor: on a busy machine only the second tells what the work is."""

    wall_s: float
    cpu_s: float

    def __str__(self) -> str:
        return f"{self.wall_s:.1f} s ({self.cpu_s:.1f} s of CPU)"


def timed(what: Callable[[], T]) -> tuple[T, Took]:
    """Return what *what* returns, and how long it took."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    result = what()
    return result, Took(time.perf_counter() - wall_s, time.process_time() - cpu_s)


def peak_mib() -> float:
    """Return the most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def say(report: ImportReport, took: Took, what: str) -> None:
    """Print one import."""
    assert (report.bad_count, report.rows) == (0, report.recorded + report.known_before), report
    rate = f"{report.rows / took.wall_s:.0f} rows/s, {took.cpu_s / report.rows * 1e6:.0f} µs of CPU a row"
    print(f"{what}: {report.rows} rows, {report.recorded} recorded, {took}, {rate}", flush=True)


def run(folder: Path, rows: int, people: int) -> None:
    """Import people and outcomes into a bank on disk, then the outcomes again, then measure the floor."""

    def progress(done: int, of: int) -> None:
        print(f"\r{done * 100 // of} %", end="", file=sys.stderr, flush=True)

    outcomes, persons = folder / "outcomes.csv", folder / "people.csv"
    write_people(persons, people)
    write_outcomes(outcomes, rows, people)
    _, bare = timed(lambda: floor(outcomes, folder / "floor.db"))
    print(f"floor: {rows} rows, {bare}, {rows / bare.wall_s:.0f} rows/s, peak RSS {peak_mib():.0f} MiB")
    world = World.founded(f"sqlite:///{folder / 'bank'}", mark=folder / "mark")
    with world.bank as bank:
        before = peak_mib()
        say(*timed(lambda: import_table(bank, COLLEGE, "people", persons, progress=progress)), "people")
        report, took = timed(lambda: import_table(bank, ASSESSOR, "outcomes", outcomes, progress=progress))
        say(report, took, "outcomes")
        print(f"ratio to the floor: {bare.wall_s / took.wall_s:.4f}, by CPU {bare.cpu_s / took.cpu_s:.4f}")
        print(f"peak RSS: {peak_mib():.0f} MiB, {before:.0f} MiB before the first import")
        say(*timed(lambda: import_table(bank, ASSESSOR, "outcomes", outcomes, progress=progress)), "outcomes again")
    size = sum(file.stat().st_size for file in (folder / "bank").glob("*.db*"))
    print(f"bank on disk: {size / 2**20:.0f} MiB for {rows + people} entries, {size / (rows + people):.0f} bytes each")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--per-account", type=int, default=10)
    parser.add_argument("--folder", type=Path, help="where the files are made; a temporary folder by default")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="import-rows-", dir=given.folder))
    try:
        run(folder, given.rows, max(1, given.rows // given.per_account))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
