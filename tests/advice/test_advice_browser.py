"""
The pages that people read, seen in a browser: on a phone, on a tablet, on a desk, in the dark, on paper.

An outer page holds each page in frames of several widths, measures them, and writes what it found into itself.
"""

import html
import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from advice_pages import pages

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browser() -> str | None:
    """Return a browser that starts: some systems have a command of its name that only says how to get it."""
    for name in NAMES:
        found = shutil.which(name)
        if found is not None and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            return found
    return None


CHROMIUM = browser()
WIDTHS = (360, 768, 1200)
QUIET = (
    *(
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
    ),
    *("--disable-component-update", "--disable-sync", "--hide-scrollbars", "--disable-dev-shm-usage"),
)
SCHEMES = {"light": 1, "dark": 0}
"""How the browser numbers what its user prefers."""

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason=f"none of {', '.join(NAMES)} is installed (apt-get install chromium)"
)

Measured = Mapping[tuple[str, int], dict[str, Any]]


def browse(folder: Path, *words: str) -> str:
    """Run the browser on *words*, with a profile of its own in *folder*; return what it wrote."""
    assert CHROMIUM is not None
    profile = f"--user-data-dir={folder / 'profile'}"
    done = subprocess.run([CHROMIUM, *QUIET, profile, *words], capture_output=True, text=True, timeout=300, check=True)
    return done.stdout


def measure(folder: Path, shown: Mapping[str, str], scheme: str = "light") -> Measured:
    """Return what the browser measures of each page in each width."""
    frames = "".join(
        f'<iframe data-page="{name}" width="{width}" height="3000" style="border:0" srcdoc="{html.escape(text)}"></iframe>'
        for name, text in shown.items()
        for width in WIDTHS
    )
    script = (Path(__file__).parent / "advice_measure.js").read_text(encoding="utf-8")
    outer = folder / "outer.html"
    outer.write_text(
        f'<!doctype html><meta charset="utf-8"><pre id="found"></pre>{frames}<script>{script}</script>',
        encoding="utf-8",
    )
    prefers = f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}"
    dumped = browse(folder, prefers, "--virtual-time-budget=20000", "--dump-dom", outer.as_uri())
    written = re.search(r'<pre id="found">(.*?)</pre>', dumped, re.S)
    assert written is not None
    return {(one["page"], one["width"]): one for one in json.loads(html.unescape(written[1]))}


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    return pages()


@pytest.fixture(scope="module", params=sorted(SCHEMES))
def measured(
    request: pytest.FixtureRequest, shown: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Measured:
    found = measure(tmp_path_factory.mktemp("browser"), shown, request.param)
    assert set(found) == {(name, width) for name in shown for width in WIDTHS}
    assert {one["dark"] for one in found.values()} == {request.param == "dark"}
    return found


def told(found: Measured, what: Callable[[dict[str, Any]], object]) -> dict[tuple[str, int], object]:
    """Return what is wrong, by page and width."""
    return {at: said for at, one in found.items() if (said := what(one))}


def test_nothing_is_cut_off_and_no_page_scrolls_sideways(measured: Measured) -> None:
    assert told(measured, lambda one: one["scrolls"]) == {}
    assert told(measured, lambda one: one["outside"]) == {}
    assert told(measured, lambda one: one["flat"]) == {}


def test_what_is_written_can_be_read(measured: Measured) -> None:
    assert told(measured, lambda one: one["smallest"] < 12 and one["smallest"]) == {}
    assert told(measured, lambda one: one["contrast"] < 4.5 and one["contrast"]) == {}
    assert told(measured, lambda one: one["bars"] < 3 and one["bars"]) == {}


def test_a_finger_finds_the_links(measured: Measured) -> None:
    assert told(measured, lambda one: one["low"] < 24 and one["low"]) == {}


def test_on_a_phone_each_cell_has_the_heading_of_its_column(measured: Measured) -> None:
    assert (
        told(measured, lambda one: one["labels"] != (one["cells"] if one["width"] == 360 else 0) and one["labels"])
        == {}
    )


def test_nothing_is_asked_of_anybody(measured: Measured) -> None:
    assert told(measured, lambda one: one["requested"]) == {}


def test_a_voice_finds_its_way(measured: Measured) -> None:
    for (name, _), one in measured.items():
        levels = one["headings"]
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels
        assert one["landmarks"] == ([0, 0, 1, 1] if name.startswith("explain") else [1, 1, 1, 1])
        assert (one["unnamed"], one["pictures"]) == (0, 0)
        if not name.startswith("explain"):
            assert any("Advice" in said for said in one["english"])


BENT = {
    "scrolls": ("<body>", '<body><div style="width:700px">wide</div>'),
    "outside": (
        "<body>",
        '<body><div style="position:fixed;left:1190px;width:99px;overflow-wrap:normal">overboard</div>',
    ),
    "flat": ("<body>", '<body><div style="font-size:1px">tiny</div>'),
    "contrast": ("--ink:#1a1a1a", "--ink:#999999"),
    "bars": ("--bar:#2a5db0", "--bar:#dddddd"),
    "low": ("nav a{display:inline-block;padding:.3rem 0}", ""),
    "labels": ("td::before{", "q::before{"),
    "unnamed": ('aria-labelledby="have"', 'aria-labelledby="nothing"'),
}
"""Pages that are wrong: the text that is replaced, and by what."""


@pytest.fixture(scope="module")
def bent(shown: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Measured:
    made = {wrong: shown["one"].replace(*BENT[wrong]) for wrong in BENT}
    assert all(text != shown["one"] for text in made.values())
    return measure(tmp_path_factory.mktemp("browser"), {"one": shown["one"]} | made)


@pytest.mark.parametrize("wrong", sorted(BENT))
def test_the_measure_finds_what_is_wrong(wrong: str, bent: Measured) -> None:
    assert any(bent["one", width][wrong] != bent[wrong, width][wrong] for width in WIDTHS)


@pytest.mark.parametrize(
    ("name", "most"), [("nothing", 2), ("one", 4), ("complete", 4), ("many", 26), ("explain-zh", 6)]
)
def test_it_prints(name: str, most: int, shown: dict[str, str], tmp_path: Path) -> None:
    page, paper = tmp_path / "page.html", tmp_path / "page.pdf"
    page.write_text(shown[name], encoding="utf-8")
    browse(tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={paper}", page.as_uri())
    sheets = len(re.findall(rb"/Type\s*/Page\b(?!s)", paper.read_bytes()))
    assert 1 <= sheets <= most
