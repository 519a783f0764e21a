"""What people read: tables whose Chinese is aligned, and progress on a terminal."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, Final

import click
from rich.box import Box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

__all__ = ["PAGE_WIDTH", "Screen", "progress", "say_json"]

PAGE_WIDTH: Final = 100
"""Columns of a page in a file."""

# Lines of "-": the box drawing characters are one or two columns wide, as the terminal pleases (East Asian ambiguous).
_LINED: Final = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)


_HIDDEN: Final = {
    each: f"\\u{each:04x}"
    for each in (
        *range(0x20),
        *range(0x7F, 0xA0),
        0x061C,
        0x200E,
        0x200F,
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
    )
}
"""What would move the cursor, or turn the direction of reading; a text that somebody signs must not hide any of it."""

_HIDDEN_IN_LINES: Final = {each: shown for each, shown in _HIDDEN.items() if each != ord("\n")}


class Screen:
    """Prints headings, lines and tables to *file* (by default standard output), *width* columns wide."""

    def __init__(self, file: IO[str] | None = None, width: int | None = None) -> None:
        self._console = Console(file=file or sys.stdout, width=width, highlight=False, markup=False, emoji=False)

    def title(self, text: str) -> None:
        """Print a heading."""
        self._console.print(Text(text.translate(_HIDDEN), style="bold cyan"))

    def lines(self, *lines: str) -> None:
        """Print lines as they are."""
        for line in lines:
            self._console.print(Text(line.translate(_HIDDEN_IN_LINES)), soft_wrap=True)

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> None:
        """Print a table; the columns listed in *numbers* are aligned to the right."""
        table = Table(box=_LINED, pad_edge=False, header_style="bold", show_edge=False)
        for number, heading in enumerate(headings):
            right = number in numbers
            table.add_column(Text(heading), justify="right" if right else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell.translate(_HIDDEN)) for cell in row))
        with self._console.capture() as printed:
            self._console.print(table)
        for line in printed.get().splitlines():
            print(line.rstrip(), file=self._console.file)


def say_json(value: Any) -> None:
    """Print one JSON document: keys sorted, whole numbers, one line."""
    click.echo(json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False))


@contextmanager
def progress(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show progress on standard error, where that is a terminal; the value is called with (done, of)."""
    if quiet or not sys.stderr.isatty():
        yield lambda done, of: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=None)

        def moved(done: int, of: int) -> None:
            shown.update(task, completed=done, total=of)

        yield moved
