"""Pages that people look for by name, and lists in the docs that must grow with the code."""

import re
from pathlib import Path

import pytest

from creditbank.domain import name

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
READ_FIRST = sorted(page for folder in ("howto", "explanation") for page in (DOCS / folder).glob("*.md"))


def test_there_are_how_tos_and_explanations() -> None:
    assert {page.parent.name for page in READ_FIRST} == {"howto", "explanation"}


@pytest.mark.parametrize("page", READ_FIRST, ids=lambda page: page.stem)
def test_every_page_is_named_on_the_first_one(page: Path) -> None:
    """In its text, not in the hidden tree alone."""
    assert f"]({page.relative_to(DOCS)})" in (DOCS / "index.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", READ_FIRST, ids=lambda page: page.stem)
def test_a_page_has_a_chinese_title_and_an_example_first(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.match(r"# [^\n]*[\u4e00-\u9fff]", text), "a registrar looks for 中文"
    assert 0 < text.find("```python") < text.find("\n## "), "the example comes before the first heading"


def test_the_specification_lists_every_kind_of_stream() -> None:
    spec = (DOCS / "spec" / "entry.md").read_text(encoding="utf-8")
    kinds = re.findall(r"^    ([a-z]+):", name.__doc__ or "", re.MULTILINE)
    assert len(kinds) >= 6
    for kind in kinds:
        assert re.search(rf"^\| `{kind}:", spec, re.MULTILINE), kind
