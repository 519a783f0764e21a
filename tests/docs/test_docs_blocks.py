"""
Every code block of the docs and of README.md runs.

The ``python`` blocks of one page run in order in one namespace, in a folder of their own. What a block prints must be the
``text`` or ``json`` block that follows it at once, if one does. In ``console`` blocks the lines that begin with ``$ creditbank``
run in that folder too, through the real command line; what the last one prints is compared alike. A ``toml``, ``json`` or ``text``
block whose fence names a file (```` ```toml town.toml ````) is written there first; one that names none must be well formed.
"""

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
COMMAND = "$ creditbank"
COMMAND_TIMEOUT_S = 60
PAGES_MIN = 20

_FENCE = re.compile(r"(?P<indent> {0,3})```(?P<info>[^`\n]*)")


@attrs.frozen
class Block:
    """
    A fenced block: its language, its text, the line (from 1) of its first line, and the line after its fence.

    *file* is what the fence names after the language, such as ``town.toml``.
    """

    language: str
    text: str
    line: int
    end: int
    file: str = ""


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of *page*; a fence that is left open is an error."""
    lines = page.read_text(encoding="utf-8").split("\n")
    at = 0
    while at < len(lines):
        fence = _FENCE.fullmatch(lines[at])
        at += 1
        if fence is None:
            continue
        first = at
        while lines[at].strip() != "```":
            at += 1
            assert at < len(lines), f"{page}:{first}: the fence is never closed"
        info = fence["info"].strip()
        language, _, file = (info, "", "") if info.startswith("{") else info.partition(" ")
        yield Block(language, "\n".join(lines[first:at]) + "\n", first + 1, at + 2, file)
        at += 1


def pages() -> list[Path]:
    """Return README.md and every page of the docs."""
    return [ROOT / "README.md", *sorted(page for page in DOCS.rglob("*.md") if "_build" not in page.parts)]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT)) if page.is_relative_to(ROOT) else page.name


def says(page: Path, block: Block) -> Block | None:
    """Return the ``text`` or ``json`` block that follows *block* with nothing but empty lines between them."""
    lines = page.read_text(encoding="utf-8").split("\n")
    for other in blocks(page):
        if other.line > block.end and other.language in ("text", "json") and not other.file:
            between = lines[block.end - 1 : other.line - 2]
            return other if not any(line.strip() for line in between) else None
    return None


def fits(value: Any, shown: Any) -> bool:
    """Say whether *value* is what a page shows; ``"…"`` stands for any text, such as a digest."""
    if shown == "…":
        return isinstance(value, str)
    if isinstance(shown, dict) and isinstance(value, dict):
        return value.keys() == shown.keys() and all(fits(value[key], shown[key]) for key in shown)
    if isinstance(shown, list) and isinstance(value, list):
        return len(value) == len(shown) and all(map(fits, value, shown))
    return bool(value == shown)


def check_printed(page: Path, block: Block, printed: str) -> None:
    """Compare what *block* printed with what the page says; ``json`` by value, however it is spaced."""
    expected = says(page, block)
    if expected is None:
        return
    in_json = expected.language == "json"
    same = fits(json.loads(printed), json.loads(expected.text)) if in_json else printed == expected.text
    assert same, f"{name_of(page)}:{block.line} prints something else:\n{printed}"


def run_python(page: Path, block: Block, namespace: dict[str, Any]) -> None:
    code = compile("\n" * (block.line - 1) + block.text, str(page), "exec")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, namespace)
    check_printed(page, block, printed.getvalue())


def run_console(page: Path, block: Block, folder: Path) -> None:
    printed = ""
    for line in block.text.split("\n"):
        if not line.startswith(COMMAND):
            continue
        words = [sys.executable, "-m", "creditbank", *shlex.split(line.removeprefix(COMMAND), comments=True)]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S, check=False)
        assert done.returncode == 0, f"{name_of(page)}:{block.line}: {line}\n{done.stdout}{done.stderr}"
        printed = done.stdout
    check_printed(page, block, printed)


def keep_data(page: Path, block: Block, folder: Path) -> None:
    """Write a block that names a file; read one that names none, so that it is well formed."""
    if block.file:
        assert Path(block.file).name == block.file, f"{name_of(page)}:{block.line}: a file beside the others"
        (folder / block.file).write_text(block.text, encoding="utf-8")
    elif block.language == "toml":
        tomllib.loads(block.text)
    elif block.language == "json":
        json.loads(block.text)


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_block_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", ""))))
    monkeypatch.delenv("CREDITBANK_URL", raising=False)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.language == "python":
            run_python(page, block, namespace)
        elif block.language == "console" and COMMAND in block.text:
            run_console(page, block, tmp_path)
        elif block.language in ("toml", "json", "text"):
            keep_data(page, block, tmp_path)


def test_the_pages_are_found_and_their_blocks_too() -> None:
    found = pages()
    assert len(found) >= PAGES_MIN
    languages = {block.language for page in found for block in blocks(page)}
    assert "python" in languages
    # A language spelt in another way would not run, and nobody would notice.
    assert not languages & {"py", "Python", "python3", "{code-block} python", "pycon", "bash", "sh"}


def test_what_a_block_prints_is_compared(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1)\n```\n\n```text\n2\n```\n", encoding="utf-8")
    (first, _) = blocks(page)
    said = says(page, first)
    assert said is not None
    assert said.text == "2\n"
    with pytest.raises(AssertionError, match="prints something else"):
        run_python(page, first, {})


def test_text_apart_from_a_block_is_not_what_it_prints(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1)\n```\n\nSo it is.\n\n```text\n2\n```\n", encoding="utf-8")
    (first, _) = blocks(page)
    assert says(page, first) is None


def test_a_block_that_names_a_file_is_written_there(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text('```toml a.toml\nx = 1\n```\n\n```toml\nx = \n```\n\n```json\n{"x": }\n```\n', encoding="utf-8")
    named, toml, json_ = blocks(page)
    keep_data(page, named, tmp_path)
    assert (tmp_path / "a.toml").read_text(encoding="utf-8") == "x = 1\n"
    for fault in (toml, json_):
        with pytest.raises(ValueError, match=r"Invalid value|Expecting value"):
            keep_data(page, fault, tmp_path)


def test_json_is_compared_by_value_and_dots_stand_for_any_text() -> None:
    assert fits({"a": ["x", {"b": "1"}]}, {"a": ["…", {"b": "1"}]})
    assert not fits({"a": [1]}, {"a": ["…"]})
    assert not fits({"a": ["x", "y"]}, {"a": ["…"]})
    assert not fits({"a": "1", "b": "2"}, {"a": "1"})
    assert not fits({"a": "1"}, {"a": "2"})
