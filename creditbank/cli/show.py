"""``creditbank demo``: a town's credit bank from nothing."""

import shlex
from pathlib import Path
from typing import Final

import click

from creditbank.cli.folder import opened
from creditbank.cli.paper import Names, print_statement
from creditbank.cli.screen import PAGE_WIDTH, Screen, progress, say_json
from creditbank.cli.words import example
from creditbank.codec.payload import to_plain
from creditbank.demo import Scene, Story, tell
from creditbank.demo.folder import ACCOUNT, STATEMENT, VERIFIER_KEY
from creditbank.demo.proving import RECEIPT
from creditbank.domain.view.account import statement

__all__ = ["demo"]

DEFAULT: Final = "creditbank-demo"


@click.command(short_help="Show a town's credit bank at work (演示).", epilog=example("creditbank demo town"))
@click.argument("folder", metavar="[DIR]", default=DEFAULT, type=click.Path(path_type=Path))
@click.option(
    "--json", "as_json", is_flag=True, help="Write one JSON document: what was made, and what verifying it says."
)
def demo(folder: Path, as_json: bool) -> None:
    """
    Show a town's credit bank: some fifty people, half a year, everything that this library does so far.

    Makes the bank in DIR (./creditbank-demo by default) and leaves it there to be tried. A former demo in DIR is
    replaced; anything else is left alone. Nobody in it is real, and its keys are no secret.
    """
    with progress("临沣市 The town of Linfeng", quiet=as_json) as moved:
        story = tell(folder, moved)
    _write_statement(folder, story)
    if as_json:
        say_json(
            {
                "folder": str(folder),
                "accounts": story.learners,
                "account": story.heroine,
                "ok": story.report.ok,
                "report": to_plain(story.report),
                "verifier_key": story.verifier_key,
                "next": list(_next(folder)),
            }
        )
        return
    screen = Screen()
    screen.lines(
        "临沣市学分银行:一个虚构城市的半年。人物、机构、编号均为虚构。",
        "The credit bank of Linfeng, a town that is nowhere: half a year, some fifty people, none of them real.",
        "密钥由公开的名字生成,不是秘密,请勿用于他处。 The demo's KEYS ARE NOT SECRET: use them for nothing else.",
    )
    for number, scene in enumerate(story.scenes, 1):
        _print_scene(screen, number, scene)
    _print_end(screen, folder, story)


def _print_scene(screen: Screen, number: int, scene: Scene) -> None:
    screen.lines("")
    screen.title(f"{number}. {scene.title}")
    screen.lines(*scene.prose)
    if scene.headings:
        screen.lines("")
        screen.table(scene.headings, scene.rows, scene.numbers)


def _write_statement(folder: Path, story: Story) -> None:
    with opened(folder) as here, (folder / STATEMENT).open("w", encoding="utf-8") as file:
        known = here.known()
        shown = statement(known, story.heroine)
        print_statement(Screen(file, PAGE_WIDTH), shown, Names(known), name=story.name, at_ms=None)


def _next(folder: Path) -> tuple[str, ...]:
    place = _quoted(folder)
    return (
        f"creditbank statement {place} $(cat {place}/{ACCOUNT})",
        f"creditbank statement {place} $(cat {place}/{ACCOUNT}) --at 2026-01-31",
        f"creditbank balance {place} $(cat {place}/{ACCOUNT})",
        f"creditbank export {place} statements --out statements.csv --headers zh",
        f"creditbank verify {place}",
        f"creditbank verify {place}/{RECEIPT} --key {place}/{VERIFIER_KEY}",
        f"creditbank receipt {place} 0",
    )


def _quoted(folder: Path) -> str:
    return shlex.quote(str(folder))


def _print_end(screen: Screen, folder: Path, story: Story) -> None:
    screen.lines("")
    screen.title("下一步 What to try next")
    screen.lines(
        f"{folder} 里有账本、保管库、{STATEMENT}({story.name}的账户清单)、{RECEIPT}(回执)和 {VERIFIER_KEY}(核验公钥)。",
        f"In {folder}: ledger, vault, a statement, a receipt, and the key that checks it.",
        "",
        *(f"    {line}" for line in _next(folder)),
    )
