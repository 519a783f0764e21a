"""``creditbank decide``: a rule book and a case, two files; no bank."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from creditbank.bank.books import beside, first_of
from creditbank.cli.read import STDIN, text_of
from creditbank.cli.screen import Screen, say_json
from creditbank.cli.words import example, explain_option, html_option, json_option
from creditbank.codec.book import Files, book_bytes, book_digest, book_of, read_book
from creditbank.codec.case import case_digest, read_case
from creditbank.codec.decision import decision_dict, decision_digest, working_dict
from creditbank.codec.near import near
from creditbank.domain.credit import number_text
from creditbank.domain.rule import (
    Case,
    Decision,
    ItemResult,
    RuleBook,
    decide as decide_case,
    explain,
    workings,
)
from creditbank.domain.rule.decision import Measured
from creditbank.domain.rule.explain import Language
from creditbank.errors import MalformedError, StoreError
from creditbank.rulebooks import file, read, shipped

__all__ = ["case_file", "decide", "decided_json", "rule_book", "rule_book_and_files"]

_CASE_BEGINS: Final = re.compile(r'\s*\{.*"application"\s*:', re.DOTALL)
_BOOK_BEGINS: Final = re.compile(
    r'^[ \t]*(?:\[\[[ \t]*clause[ \t]*\]\]|(?:book|clause|acts|basis)[ \t]*=)|"clause"\s*:\s*\[', re.MULTILINE
)
_ORDER: Final = "give the rule book first, then the case"


@click.command(
    short_help="Decide a case under a rule book, without any bank (试算).",
    epilog=example(
        "creditbank decide x-certificate-conversion case.json",
        "creditbank decide x-certificate-conversion case.json --json",
        "creditbank decide x-certificate-conversion case.json --explain en",
        "creditbank decide x-certificate-conversion case.json --html",
    ),
)
@click.argument("book", metavar="BOOK")
@click.argument("case", metavar="CASE")
@explain_option
@html_option
@click.option("--workings", "clauses", is_flag=True, help="With --json: every clause, what it saw and what it said.")
@json_option
def decide(book: str, case: str, lang: Language | None, html: bool, clauses: bool, as_json: bool) -> None:
    """
    Decide CASE under BOOK, and record nothing (试算). Needs no bank, no key and no network.

    BOOK is a TOML file, the name of a rule book that comes with creditbank, or a published book's own bytes, as creditbank
    book writes them. CASE (JSON; - for standard input) has everything that the decision may look at:

    \b
        {"application": {"id": "a1", "act": "convert",
                         "dates": {"applied_on": "2022-06-01"},
                         "items": [{"id": "1", "sources": ["x"], "targets": ["c1"]}]},
         "outcomes": {"x": {"class": "x-certificate", "level": "中级",
                            "bank_credits": 10, "achieved_on": "2022-01-10"}},
         "targets": {"c1": {"kind": "course", "name": "广告创意", "credits": 4,
                            "category": ["专业核心"], "compulsory": true}}}

    Items that are refused are a result, and the exit code is 0. The same book and case give the same digest anywhere.
    """
    rules = rule_book(book)
    asked = case_file(case, rules)
    decision = decide_case(rules, asked, digest=case_digest(asked))
    rows = workings(rules, asked) if lang or html or clauses else ()
    told = explain(decision, rows, language=lang or "zh", format="html" if html else "text", case=asked, book=rules)
    if as_json:
        said = decided_json(decision) | ({"explanation": told} if lang or html else {})
        say_json(said | ({"clauses": [working_dict(row) for row in rows]} if clauses else {}))
    elif html:
        click.echo(told, nl=False)
    elif lang:
        Screen().lines(told.rstrip("\n"))
    else:
        _print(rules, asked, decision)


def decided_json(decision: Decision) -> dict[str, Any]:
    """Return a decision as ``--json`` writes it, with its own digest."""
    return decision_dict(decision) | {"digest": decision_digest(decision)}


# --- what is given ----------------------------------------------------------------------------------------------------


def rule_book(word: str) -> RuleBook:
    """
    Return the rule book that *word* names: a TOML file, a published book's bytes, or one that is shipped; files come first.

    Raises: as :func:`rule_book_and_files`.
    """
    return rule_book_and_files(word)[0]


def rule_book_and_files(word: str) -> tuple[RuleBook, Files]:
    """
    Return the rule book that *word* names, and where what it names itself is found.

    That (rows, the books that it extends) is looked for beside it, then among what is shipped.

    Raises:
        StoreError: There is none.
        MalformedError, MalformedBookError: It is not one.
    """
    if word in shipped() and not Path(word).exists():
        return read_book(read(word), name=f"{word}.toml", files=file), file
    try:
        text = text_of(word)
    except StoreError as error:
        like = near(word, shipped())
        mend = f"did you mean {like!r}?" if like else f"give a TOML file, or one of {', '.join(shipped())}"
        raise StoreError(error.what, mend) from None
    files = file if word == STDIN else first_of(beside(Path(word).parent), file)
    if not text.lstrip().startswith("{"):
        return read_book(text, name="book" if word == STDIN else Path(word).name, files=files), files
    if _CASE_BEGINS.match(text) and not _BOOK_BEGINS.search(text):
        raise MalformedError("it is a case, and no rule book", word, _ORDER)
    try:
        return book_of(text.strip().encode(), files), files
    except MalformedError as error:
        raise MalformedError(error.what, word, f"{error.mend}, as creditbank book writes them, or give TOML") from None


def case_file(word: str, book: RuleBook) -> Case:
    """
    Return the case in the file *word*, for *book*.

    Raises, in this order:
        StoreError: It cannot be read.
        MalformedError: It is a rule book; it was decided under another; it is no case for this one.
    """
    text = text_of(word)
    if _BOOK_BEGINS.search(text) and not _CASE_BEGINS.match(text):
        raise MalformedError("it is a rule book, and no case", word, _ORDER)
    return read_case(text, book, name=word, digest=book_digest(book_bytes(book)))


# --- what is shown ----------------------------------------------------------------------------------------------------


def _print(book: RuleBook, case: Case, decision: Decision) -> None:
    screen = Screen()
    screen.title(f"{book.title} ({book.book}@{book.version})")
    headings = ("申请项 Item", "申请 Asked for", "结果 Result", "条款 Clause", "数据 Numbers")
    screen.table(headings, [_row(case, result) for result in decision.results])
    screen.lines("")
    for total in decision.totals:
        screen.lines(f"{total.category or '合计 Total'}: {number_text(total.credits)} ({total.system})")
    screen.lines(*(f"尚缺 Short: {_measured(one)}" for one in decision.short))
    screen.lines(f"案卷 Case: {decision.case}", f"决定 Decision: {decision_digest(decision)}")


def _row(case: Case, result: ItemResult) -> tuple[str, ...]:
    item = next(one for one in case.items if one.id == result.item)
    asked = "、".join(_names(item.targets, case)) or "、".join(item.sources)
    if result.refused is not None:
        numbers = "; ".join(f"{one.what}: {one.have} / {one.test} {one.limit}".rstrip() for one in result.compared)
        return result.item, asked, f"不予批准 {result.refused}", result.clause, numbers
    granted = "准予 granted" if result.granted is None else f"准予 {number_text(result.granted)}"
    return result.item, asked, granted, "、".join(one.clause for one in result.declined), "; ".join(_parts(result))


def _measured(one: Measured) -> str:
    return f"{one.clause} {one.measure}: {number_text(one.have)} / {one.test} {number_text(one.need)}"


def _names(targets: Sequence[str], case: Case) -> list[str]:
    found = [case.targets[target].get("name") for target in targets]
    return [name if isinstance(name, str) and name else id for name, id in zip(found, targets, strict=True)]


def _parts(result: ItemResult) -> list[str]:
    """Return what became of the worth that was not granted, and what floors found."""
    amounts = {"结余保留 kept": result.kept, "结余作废 forfeited": result.forfeited, "舍入 rounded": result.rounded}
    parts = [f"{name} {number_text(amount)}" for name, amount in amounts.items() if amount]
    parts += [f"{one.code} {number_text(one.credits)}" for one in result.declined]
    parts += [_measured(one) for one in result.floors]
    return parts + [f"补修 to make up {target} {number_text(credits)}" for target, credits in result.make_up]
