"""
Write ``docs/reference/cli.md`` from the real help: ``python docs/_ext/cli_page.py``. A test says when it is out of date.

No Sphinx here, and none is needed: the page can be read as it stands.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click
from click.testing import CliRunner

ROOT: Final = Path(__file__).resolve().parent.parent.parent
PAGE: Final = ROOT / "docs" / "reference" / "cli.md"
WIDTH: Final = 100
"""Columns of the help."""

HEAD: Final = """\
<!-- Written by docs/_ext/cli_page.py from the help of each command. Change that, and run it. -->

# Command line 命令行

`creditbank`, or `python -m creditbank`; it comes with the extra `[cli]`. Every command has this help with `--help`, and its
examples work: they make one story, from founding a bank to checking it, and a test runs all of them.

- **What a program reads**: with `--json` each command writes one JSON document; an error is one, too, on standard error.
- **Exit codes**: 0 done, 1 refused, 2 malformed or mistyped, 3 unverified (do not rely on it), 4 the store could not do it;
  see [errors](errors.md).
- **Asked twice, done once**: the same `--request-key` again is answered with what was recorded, and nothing is done.
- **Who asks** is found out where it can be: the issuer of an outcome, the school of an enrolment, the approver whose turn it
  is; else the operator, or the only institution with a key in `BANK/keys`. `--by` says it.
- **A key that is kept elsewhere**: `--draft FILE` writes what is to be signed; `creditbank sign` and `creditbank submit` do
  the rest.
- **Names and numbers of people** are read from files or standard input, never from the command line, which others can see
  and shells remember. No error repeats them.
- **Completion**: `eval "$(creditbank completion bash)"`; see [completion](#creditbank-completion).
"""


def help_of(words: Sequence[str]) -> str:
    """Return the help that the command called by *words* prints on a terminal of :data:`WIDTH` columns."""
    from creditbank.cli.app import app

    shown = CliRunner().invoke(
        app, [*words, "--help"], prog_name="creditbank", terminal_width=WIDTH, max_content_width=WIDTH
    )
    assert shown.exit_code == 0, f"{words}: {shown.output}"
    return shown.output.rstrip("\n")


def section(words: tuple[str, ...], command: click.Command) -> Iterator[str]:
    """Write one command, or a group and its commands."""
    yield from ("", f"### creditbank {' '.join(words)}", "", "```text", help_of(words), "```")
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from section((*words, name), inner)


def page() -> str:
    """Return the whole page."""
    from creditbank.cli.app import SECTIONS

    lines = [HEAD.rstrip("\n")]
    for heading, commands in SECTIONS:
        lines += ["", f"## {heading}"]
        for command in commands:
            lines += section((command.name or "",), command)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(page(), encoding="utf-8")
