"""``creditbank lint``: rule books checked before anybody relies on them; with or without a bank."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import click

from creditbank.bank.checking import check_books
from creditbank.cli.deciding import rule_book_and_files
from creditbank.cli.folder import folder_of, opened
from creditbank.cli.screen import Screen, say_json
from creditbank.cli.words import example, json_option
from creditbank.codec.book import parent_books
from creditbank.domain.check import BookFinding, lint as lint_books
from creditbank.domain.rule import RuleBook
from creditbank.errors import UnverifiedError

__all__ = ["finding_plain", "lint", "print_findings"]

_KINDS: Final = {
    "contradiction": "互相矛盾",
    "nothing": "什么都不能准予",
    "arbitrage": "循环套利",
    "version": "版本重名",
    "dead": "不起作用",
    "hidden": "被前面遮住",
    "gap": "版本断档",
    "overlap": "版本重叠",
    "highest": "同组两次取最高",
    "half-up": "按部分计又四舍五入",
    "leftover": "余额未写明",
    "loosened": "比上位办法宽",
    "open": "不能断定",
}

_WEIGHTS: Final = {"error": "错误 error", "warning": "提醒 warning"}


@click.command(
    short_help="Check rule books before they are adopted (核查办法).",
    epilog=example(
        "creditbank lint x-certificate-conversion",
        "creditbank lint quarter-to-semester ects-scqf-by-hours --json",
        "creditbank lint our-rules.toml --beside city",
    ),
)
@click.argument("books", metavar="BOOK…", nargs=-1, required=True)
@click.option(
    "--beside",
    "bank",
    metavar="BANK",
    help="Check them as publishing in this bank would, beside what it has published.",
)
@json_option
def lint(books: tuple[str, ...], bank: str | None, as_json: bool) -> None:
    """
    Check rule books (核查办法), each by itself and all together; needs no bank, no key and no network.

    BOOK is a TOML file, the name of a rule book that comes with creditbank, or a published book's own bytes. Versions of one book
    are compared by their dates; a book that extends others with its parents; and all are searched for conversions in a circle
    that end with more than they began with (循环套利), rounding included and limits left out.

    How small an amount of a credit system can be, a bank says where it publishes the system; without --beside amounts are tried in
    steps that the books show.

    Errors are contradictions, an act in which nothing can be granted, such circles, and two documents of one version: 'creditbank
    publish' refuses these. Everything else is a warning. What turns on a field that another field is compared with, or on what an
    account holds, cannot be told from the book and is listed as open.

    Exits with 3 where there is an error.
    """
    read: list[RuleBook] = []
    parents: dict[str, RuleBook] = {}
    for word in books:
        book, files = rule_book_and_files(word)
        read.append(book)
        parents |= parent_books(book, files)
    findings = lint_books(read, parents=parents) if bank is None else _beside(bank, read, parents)
    errors = [one for one in findings if one.weight == "error"]
    if as_json:
        say_json(
            {"ok": not errors, "books": [_name(book) for book in read], "findings": list(map(finding_plain, findings))}
        )
    else:
        print_findings(Screen(), read, findings)
    if errors:
        raise UnverifiedError(f"{len(errors)} errors, the first: {errors[0].en}", errors[0].book or _name(read[0]))


def _beside(bank: str, books: Sequence[RuleBook], parents: Mapping[str, RuleBook]) -> tuple[BookFinding, ...]:
    with opened(folder_of(bank)) as here:
        return check_books(here.known(), here.store, books, parents)


def finding_plain(one: BookFinding) -> dict[str, Any]:
    """Return a finding as ``--json`` writes it."""
    return attrs.asdict(one) | {"weight": one.weight, "example": [list(pair) for pair in one.example]}


def _name(book: RuleBook) -> str:
    return f"{book.book}@{book.version}"


def print_findings(screen: Screen, books: Sequence[RuleBook], findings: Sequence[BookFinding]) -> None:
    """Print what was found, and in one line each what cannot be told."""
    told = [one for one in findings if one.weight != "open"]
    for one in told:
        screen.lines(
            f"{_WEIGHTS[one.weight]} · {_KINDS[one.kind]} {one.kind} · {one.book}",
            f"    {one.zh}",
            f"    {one.en}",
            *(f"      {name}: {value}" for name, value in one.example),
            "",
        )
    untold = [one for one in findings if one.weight == "open"]
    for name in map(_name, books):
        clauses = dict.fromkeys(id for one in untold if one.book == name for id in one.clauses)
        if clauses:
            screen.lines(f"不能断定 Open ({name}): {', '.join(clauses)}")
    screen.lines(*(f"不能断定 Open: {one.zh} {one.en}" for one in untold if not one.clauses))
    errors = sum(one.weight == "error" for one in told)
    screen.lines(f"办法 Books: {len(books)}, 错误 errors: {errors}, 提醒 warnings: {len(told) - errors}")
