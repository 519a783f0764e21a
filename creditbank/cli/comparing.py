"""``creditbank diff``: two versions of a rule book over what a bank really decided, for a board."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import attrs
import click

from creditbank.bank import Bank
from creditbank.bank.comparing import Changed, DiffGroup, DiffReport, diff as compare
from creditbank.cli.deciding import rule_book
from creditbank.cli.folder import folder_of, opened
from creditbank.cli.screen import Screen, progress, say_json
from creditbank.cli.words import example, json_option, out_option
from creditbank.domain.credit import number_text
from creditbank.domain.rule import ItemResult, RuleBook
from creditbank.errors import StoreError, UnverifiedError

__all__ = ["diff"]

_NOTHING: Final = Fraction(0)

CHANGES_MAX: Final = 10
"""Keys of one clause that are shown."""

_STANDINGS: Final = {"added": "新增 added", "dropped": "删除 dropped"}

_CHANGES: Final = {
    "refused": "原准予,现不予批准 granted → refused",
    "granted": "原不予批准,现准予 refused → granted",
    "less": "学分减少 fewer credits",
    "more": "学分增加 more credits",
    "reason": "不予批准的原因不同 another reason",
    "terms": "成绩、方式等不同 other terms",
}


@click.command(
    short_help="Show what a new version would have decided otherwise (新旧办法对照).",
    epilog=example(
        "creditbank diff x-certificate-conversion@2022-1 revised.toml --against city",
        "creditbank diff x-certificate-conversion revised.toml --against city --out changed.jsonl",
    ),
)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--against", "bank", metavar="BANK", required=True, help="The bank whose decisions are decided again.")
@out_option
@json_option
def diff(old: str, new: str, bank: str, out: Path | None, as_json: bool) -> None:
    """
    Decide again what BANK decided under any version of OLD, under OLD and under NEW (新旧办法对照), and record nothing.

    OLD and NEW are TOML files, names of rule books that come with creditbank, or book@version as it is published in the bank.
    What would have come out otherwise is shown in groups, with the clause that makes the difference: with that clause as it was,
    NEW says what OLD says. Each application is looked at by itself, on its own day and on the record as it then really stood;
    whether NEW was in force is not asked.

    --out writes every changed item, one JSON object a line. Accounts that were erased or restricted are left out, and counted.

    Exits with 3 where OLD does not decide what was recorded under it.
    """
    folder = folder_of(bank)
    with opened(folder) as here, _written(out) as each:
        books = [_book(here, word) for word in (old, new)]
        with progress("对照 Comparing", quiet=as_json) as moved:
            report = compare(here, books[0], books[1], each=each, progress=moved)
    if as_json:
        say_json({"ok": not report.otherwise, "report": _plain(report)} | ({} if out is None else {"file": str(out)}))
    else:
        _print(Screen(), report, (old, new))
    if report.otherwise:
        raise UnverifiedError(f"{report.otherwise} items are not decided by {report.old} as they were recorded", bank)


def _book(bank: Bank, word: str) -> RuleBook:
    """Return the book that *word* names: published here as ``book@version``, or as every command takes it."""
    name, at, version = word.partition("@")
    if at and not Path(word).exists():
        known = bank.known()
        for one in known.shelf(name).versions:
            if one.version == version:
                return known.book(one.digest)
    return rule_book(word)


@contextmanager
def _written(out: Path | None) -> Iterator[Callable[[Changed], None] | None]:
    if out is None:
        yield None
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            yield lambda one: print(json.dumps(_changed(one), ensure_ascii=False, sort_keys=True), file=file)
    except OSError as error:
        raise StoreError(f"{out} cannot be written ({error.strerror})", "name a new file") from None


# --- as JSON ----------------------------------------------------------------------------------------------------------


def _plain(report: DiffReport) -> dict[str, Any]:
    numbers = {"granted_old": number_text(report.granted_old), "granted_new": number_text(report.granted_new)}
    lists = {
        "differences": [attrs.asdict(one) for one in report.differences],
        "groups": [_group(one) for one in report.groups],
    }
    same = {name: value for name, value in attrs.asdict(report, recurse=False).items() if name not in lists}
    return same | numbers | lists


def _group(group: DiffGroup) -> dict[str, Any]:
    return {
        "change": group.change,
        "clauses": list(group.clauses),
        "old": group.old,
        "new": group.new,
        "items": group.items,
        "credits": number_text(group.credits),
        "examples": [_changed(one) for one in group.examples],
    }


def _changed(one: Changed) -> dict[str, Any]:
    return {
        "position": one.position,
        "account": one.account,
        "application": one.application,
        "on": one.on.isoformat(),
        "item": one.item.old.item,
        "change": one.item.change,
        "clauses": list(one.item.clauses),
        "old": _result(one.item.old),
        "new": _result(one.item.new),
    }


def _result(result: ItemResult) -> dict[str, str]:
    if result.refused is not None:
        return {"refused": result.refused, "clause": result.clause}
    return {"granted": number_text(result.granted or _NOTHING)}


# --- for a board ------------------------------------------------------------------------------------------------------


def _print(screen: Screen, report: DiffReport, words: tuple[str, str]) -> None:
    names = (report.old, report.new)
    if report.old == report.new:
        names = (f"{report.old} ({words[0]})", f"{report.new} ({words[1]})")
    screen.title(" → ".join(names))
    _print_differences(screen, report)
    gained = sum(group.items for group in report.groups)
    screen.table(
        ("对照 Compared", "数量 Number"),
        [
            ("账户 Accounts", str(report.accounts)),
            ("申请 Decisions", str(report.decisions)),
            ("结果会不同的申请 … that would come out otherwise", str(report.changed)),
            ("申请项 Items", str(report.items)),
            ("结果会不同的申请项 … that would come out otherwise", str(gained)),
            (f"原准予学分 Credits granted ({report.system})", number_text(report.granted_old)),
            (f"按新办法 Credits under the new book ({report.system})", number_text(report.granted_new)),
            ("已删除、限制处理,未计 Erased or restricted, left out", str(report.erased + report.restricted)),
        ],
        (1,),
    )
    for group in report.groups:
        screen.lines("", f"{_CHANGES[group.change]} · 条款 clause {'、'.join(group.clauses) or '–'}")
        screen.lines(f"    {group.items} 项 items, {_signed(group)} 学分 credits{_codes(group)}")
        for one in group.examples:
            was, now = (_word(result) for result in (one.item.old, one.item.new))
            screen.lines(f"    {one.on} {one.account} {one.application} {one.item.old.item}: {was} → {now}")
        if group.items > len(group.examples):
            screen.lines(f"    另有 and {group.items - len(group.examples)} more (--out FILE)")


def _print_differences(screen: Screen, report: DiffReport) -> None:
    if report.differences:
        screen.lines("不同之处 What differs")
    for one in report.differences:
        said = " ".join(text for text in (one.zh, one.en) if text)
        standing = "" if one.standing == "changed" else f" {_STANDINGS[one.standing]}"
        screen.lines(f"  {one.clause}{standing} {said}".rstrip())
        for change in one.changes[:CHANGES_MAX]:
            screen.lines(f"      {change.key}: {change.old or '–'} → {change.new or '–'}")
        if len(one.changes) > CHANGES_MAX:
            screen.lines(f"      另有 and {len(one.changes) - CHANGES_MAX} more (--json)")
    screen.lines("")


def _signed(group: DiffGroup) -> str:
    return ("+" if group.credits > 0 else "") + number_text(group.credits)


def _codes(group: DiffGroup) -> str:
    return f"; {group.old or '准予 granted'} → {group.new or '准予 granted'}" if group.old or group.new else ""


def _word(result: ItemResult) -> str:
    return result.refused if result.refused is not None else number_text(result.granted or _NOTHING)
