"""
A map of dated rows from a file: loading it, and deciding one item among 10², 10⁴ and 10⁶ of them.

What it should cost. Loading reads every row once with csv.reader (0.4 µs for six short cells) and checks it column by column, some
256 rows at a time: hashes of the codes, what is new among the other cells, whether rows of one series meet. That is as much
again and half; three times csv.reader over the same file is promised, and a loop over single rows would already be more.
What is kept of a row is its line, 8 bytes for the hash of its code, and once rows are looked up 4 for their order by that
hash and 8 for where the line begins: 20 bytes beside the text.

Finding a row is one bisection, so log₂ of the rows: 7, 13 and 20 steps of a tenth of a microsecond each, before some 10 µs to
read each line found and some 200 to decide the item. So 10⁶ rows should hardly cost more than 10²; log n, that is 3 times as
much (and 2 times for 10⁴), is promised. Order and line beginnings are made when rows are first looked up, once a book;
how long that takes is in the note, and in no ratio.
"""

import csv
import random
import time
import tracemalloc
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path

import attrs

from benchmarks.common import Result, Run, main
from creditbank.codec.book import read_book
from creditbank.domain.rule import Case, CaseItem, Map, RuleBook, decide

ROUNDS = 7
ITEMS = 1_000
CASES_SEED = 7
LOAD_MOST = 3.0

_BOOK = """
book = "articulation"
version = "1"
title = "articulation"
since = 1900-01-01
acts = ["convert"]
system = "semester"
basis = { b = { title = "invented" } }
clause = [{ id = "rows", kind = "map", rows_file = "rows.csv", basis = "b:1" }]
"""


def measure(run: Run) -> Iterator[Result]:
    """Yield three results: loading, and finding among more rows against among few."""
    few, some, many = (run.pick(full, quick) for full, quick in ((100, 100), (10_000, 500), (1_000_000, 5_000)))
    paths = {size: _written(run.sub("rows"), size) for size in (few, some, many)}
    data = paths[many].read_bytes()
    pairs = run.paired(lambda: run.ours(lambda: _book(data)), lambda: run.floor(lambda: _read(paths[many])), ROUNDS)
    books = {size: _book(path.read_bytes()) for size, path in paths.items()}
    first = {size: _first(book) for size, book in books.items()}
    yield run.result(
        f"{many:,} rows loaded ÷ csv.reader", pairs.cost(), target=LOAD_MOST, bound="at most", ours_s=pairs.ours_s,
        floor_s=pairs.floor_s, size=many, bytes_per_entry=_bytes(data, many),
        note=f"bytes: kept of a row in memory, its line of {len(data) / many:.0f} among them",
    )  # fmt: skip
    cases = {size: _cases(size, run.pick(ITEMS, 50)) for size in books}
    for size, most in ((some, 2.0), (many, 3.0)):
        pairs = run.paired(
            lambda size=size: run.ours(lambda: _decide(books[size], cases[size])),  # type: ignore[misc] # bound now
            lambda: run.floor(lambda: _decide(books[few], cases[few])),
            ROUNDS,
        )
        yield run.result(
            f"decided among {size:,} dated rows ÷ among {few:,}", pairs.cost(), target=most, bound="at most",
            ours_s=pairs.ours_s, floor_s=pairs.floor_s, size=len(cases[size]),
            note=f"the first look-up, which orders the rows, took {first[size]:.2f} s",
        )  # fmt: skip


def _written(path: Path, size: int) -> Path:
    """Write rows, two dated ones for each code, codes in no order."""
    numbers = list(range(size // 2))
    random.Random(CASES_SEED).shuffle(numbers)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("from,to,credits,gives,since,until\n")
        for number in numbers:
            codes = f"CAPU HIST {number},SFU HIST {number}"
            file.write(f"{codes},3,,1995-09-01,2004-09-01\n{codes},3,B-Hum,2004-09-01,\n")
    return path


def _book(data: bytes) -> RuleBook:
    return read_book(_BOOK, name="benchmark", files={"rows.csv": data}.get)


def _read(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        for _ in csv.reader(file):
            pass


def _bytes(data: bytes, size: int) -> float:
    """Return the bytes a row that a book keeps once it was asked, the file's own among them."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        book = _book(data)
        _first(book)
        after, _ = tracemalloc.get_traced_memory()
        return (after - before + len(data)) / size
    finally:
        tracemalloc.stop()


def _first(book: RuleBook) -> float:
    """Return the seconds of the first look-up."""
    (clause,) = book.clauses
    assert isinstance(clause, Map)
    start = time.perf_counter()
    list(clause.lookup.touched(["CAPU HIST 0"]))
    return time.perf_counter() - start


def _cases(size: int, count: int) -> list[Case]:
    """Return cases of one item each, of codes and days at random; half of the days decide for either row."""
    drawn = random.Random(CASES_SEED)
    bare = Case("", "convert", "a", {"applied_on": date(2021, 1, 1)}, {}, {}, (), {}, {})
    found = []
    for _ in range(count):
        number, day = drawn.randrange(size // 2), date(drawn.choice((2000, 2010)), 1, 1)
        found.append(
            attrs.evolve(
                bare,
                items=(CaseItem("1", ("s",), ("t",)),),
                outcomes={"s": {"code": f"CAPU HIST {number}", "achieved_on": day}},
                targets={"t": {"code": f"SFU HIST {number}", "kind": "course", "credits": Fraction(3)}},
            )
        )
    return found


def _decide(book: RuleBook, cases: list[Case]) -> None:
    for case in cases:
        assert decide(book, case).results[0].granted == 3


if __name__ == "__main__":
    main(measure)
