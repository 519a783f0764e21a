"""``creditbank explain, case, book``: a decision of the bank explained; and the files from which a stranger decides it again."""

import os
from pathlib import Path
from typing import Any, Final

import click

from creditbank.bank import Bank
from creditbank.bank.decided import Decided, decided
from creditbank.cli.deciding import decided_json
from creditbank.cli.folder import folder_of, opened, write_new
from creditbank.cli.read import day_of, json_of
from creditbank.cli.screen import Screen, say_json
from creditbank.cli.shape import shaped
from creditbank.cli.words import account_word, bank_word, example, html_option, json_option, lang_option, out_option
from creditbank.codec.book import book_bytes, book_files
from creditbank.codec.case import case_bytes, case_digest
from creditbank.codec.decision import decision_digest
from creditbank.domain.account import Account
from creditbank.domain.application import Application
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId, Digest, account_id
from creditbank.domain.rule import Case, explain as explain_decision, workings
from creditbank.domain.rule.explain import Language
from creditbank.domain.view.case import case_of
from creditbank.errors import MalformedError, UnknownError

__all__ = ["book", "case", "explain"]

_NAMES: Final = {
    "book": "办法 Rule book",
    "rows": "表格 Rows",
    "case": "案卷 Case",
    "decision": "决定 Decision",
    "file": "文件 File",
}

_application = click.argument("application", metavar="APPLICATION")


@click.command(
    short_help="Say why an application was decided as it was (说明).",
    epilog=example(
        "creditbank explain city $ACCOUNT $APPLICATION",
        "creditbank explain city $ACCOUNT $APPLICATION --lang en --html",
    ),
)
@bank_word
@account_word
@_application
@lang_option
@html_option
@json_option
def explain(bank: str, account: str, application: str, lang: Language, html: bool, as_json: bool) -> None:
    """
    Say why APPLICATION of ACCOUNT (or a transfer) was decided as it was: for the learner, and for the registrar (说明).

    The decision is taken as it was recorded, on what the bank knew then; every clause is asked again, and must say the same.
    """
    learner = account_id(account)
    with opened(folder_of(bank)) as here:
        found = decided(here, learner, application)
        held = here.known().account(learner)
    rows = workings(found.book, found.case)
    told = explain_decision(
        found.decision, rows, language=lang, format="html" if html else "text", case=found.case, book=found.book
    )
    if as_json:
        say_json(decided_json(found.decision) | {"explanation": told, "position": found.position})
    elif html:
        click.echo(told, nl=False)
    else:
        Screen().lines(*_since(held, application, found), told.rstrip("\n"))


def _since(held: Account, application: str, found: Decided) -> list[str]:
    """Say under which rules it was decided, and what became of it since."""
    lines = [f"办法 Rules: {found.book.title} ({found.book.book}@{found.book.version})"]
    state = next((one for one in held.applications.values() if one.id == application), None)
    if state is not None and state.undone:
        lines.append(f"此后已撤销的申请项 Items undone since: {', '.join(state.undone)}")
    return lines


@click.command(
    short_help="Write the case of an application to a file (案卷).",
    epilog=example(
        "creditbank case city $ACCOUNT $APPLICATION --out decided.json",
        "creditbank case city $ACCOUNT application.json",
    ),
)
@bank_word
@account_word
@_application
@click.option("--on", "on", help="The civil day of an application that is not made yet; today by default.")
@out_option
@json_option
def case(bank: str, account: str, application: str, on: str | None, out: Path | None, as_json: bool) -> None:
    """
    Write everything that a decision looked at, as a file that creditbank decide takes (案卷).

    APPLICATION is an application or a transfer of ACCOUNT that was decided, by its id; or a file with one that is not made
    yet, as for quote. The file's SHA-256 is what the decision names as its case. It tells about a learner: keep it as such.
    """
    learner = account_id(account)
    with opened(folder_of(bank)) as here:
        made, decision = _made(here, learner, application, on)
    named = {"book": made.book, "case": case_digest(made)} | ({"decision": decision} if decision else {})
    _write(case_bytes(made), out, named, as_json)


def _made(here: Bank, account: AccountId, application: str, on: str | None) -> tuple[Case, str]:
    """Return the case, and the digest of the decision where it is decided."""
    known = here.known()
    held = known.account(account)
    if application in held.applications or application in held.transfers or not os.path.exists(application):
        found = decided(here, account, application)
        return found.case, decision_digest(found.decision)
    asked: Application = shaped(json_of(application), Application, application)
    return case_of(known, account, asked, here.today() if on is None else day_of(on)), ""


@click.command(
    short_help="Write a published rule book to a file (办法).",
    epilog=example("creditbank book city $BOOK --out book.json"),
)
@bank_word
@click.argument("book", metavar="BOOK")
@out_option
@json_option
def book(bank: str, book: str, out: Path | None, as_json: bool) -> None:
    """
    Write the bytes of a published rule book, as creditbank decide takes them (办法).

    BOOK is the digest that publish said, or book@version. The file's SHA-256 is that digest. Rows that the book keeps in a file
    of their own are written beside it, each under its SHA-256.
    """
    with opened(folder_of(bank)) as here:
        known = here.known()
        digest = _digest(known, book)
        found = known.book(digest)
    rows = book_files(found)
    if rows and out is None:
        raise MalformedError("the book has rows in files of their own", "--out", "name a file: they go beside it")
    for name, data in rows.items():
        if out is not None and not (beside := out.parent / name).exists():
            write_new(beside, data.decode())
    _write(book_bytes(found), out, {"book": digest} | ({"rows": list(rows)} if rows else {}), as_json)


def _digest(known: Known, word: str) -> Digest:
    name, at, version = word.partition("@")
    if not at:
        return Digest(word)
    found = next((one.digest for one in known.shelf(name).versions if one.version == version), None)
    if found is None:
        raise UnknownError("published rule book", word, "name a version that was published")
    return found


def _write(body: bytes, out: Path | None, named: dict[str, Any], as_json: bool) -> None:
    """Write *body* to the file or to standard output, to the byte; with ``--json`` and no file, into the document."""
    if out is not None:
        write_new(out, body.decode())
        named |= {"file": str(out)}
    if as_json:
        say_json(named | ({} if out is not None else {"text": body.decode()}))
    elif out is None:
        click.echo(body, nl=False)
    else:
        Screen().lines(
            *(
                f"{_NAMES[name]}: {', '.join(value) if isinstance(value, list) else value}"
                for name, value in named.items()
            )
        )
