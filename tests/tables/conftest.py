"""A founded world with two people, and a folder to write tables in."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from creditbank.tables import import_table
from creditbank.testing.world import COLLEGE, World

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return ``write(lines, encoding=…, name=…, end=…)``: a file of those lines."""

    def written(lines: Sequence[str], encoding: str = "utf-8", name: str = "table.csv", end: str = "\n") -> Path:
        path = tmp_path / name
        path.write_bytes("".join(f"{line}{end}" for line in lines).encode(encoding))
        return path

    return written


@pytest.fixture
def world(write: Write) -> Iterator[World]:
    """Return a world in memory with the people of P1 and P2."""
    found = World.founded()
    people = write(["name,document,number", "张三,passport,P1", "李四,passport,P2"], name="people-first.csv")
    assert import_table(found.bank, COLLEGE, "people", people).recorded == 2
    yield found
    found.bank.close()
