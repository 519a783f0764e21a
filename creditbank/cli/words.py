"""The words that many commands have in common: arguments, options, examples, and how a shell completes them."""

import shlex
from pathlib import Path
from typing import Final

import click
from click.shell_completion import CompletionItem

from creditbank.cli.folder import folder_of, holders
from creditbank.errors import MalformedError

__all__ = [
    "account_word",
    "at_option",
    "bank_word",
    "by_option",
    "draft_option",
    "example",
    "explain_option",
    "file_word",
    "html_option",
    "json_option",
    "key_option",
    "lang_option",
    "out_option",
    "quoted",
    "reason_option",
]

EXAMPLE: Final = "Example 例:"


def example(*lines: str) -> str:
    """Return what stands at the end of a command's help: lines that work as they are, and that a test runs."""
    return "\n".join(("\b", EXAMPLE, *(f"  {line}" for line in lines)))


def quoted(word: object) -> str:
    """Return *word* as a shell takes it."""
    return shlex.quote(str(word))


def _folders(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="dir")]


def _files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


def _keyed(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the institutions whose key lies in the bank named before."""
    try:
        # While an option lacks its value, click has not told the arguments apart: BANK is the first of them.
        there = holders(folder_of(ctx.params.get("bank") or next(iter(ctx.args), "")))
    except (MalformedError, OSError):
        return []
    names = [id.partition(":")[2] for id in there]
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


bank_word = click.argument("bank", metavar="BANK", shell_complete=_folders)
account_word = click.argument("account", metavar="ACCOUNT")
file_word = click.argument("file", metavar="FILE", shell_complete=_files)
json_option = click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
by_option = click.option(
    "--by",
    "by",
    shell_complete=_keyed,
    help="The institution that asks; found out where it can be. Its key lies in BANK/keys.",
)
key_option = click.option(
    "--request-key",
    help="Names this request: given again with the same key, it is answered and not done twice. Name no person in it.",
)
lang_option = click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="The language of explanations."
)
explain_option = click.option(
    "--explain", "lang", type=click.Choice(["zh", "en"]), help="Say why: every clause, in Chinese or in English."
)
html_option = click.option("--html", is_flag=True, help="Write the explanation as one HTML document.")
out_option = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this new file, not to standard output."
)
reason_option = click.option("--reason", required=True, help="Why; it goes into the ledger, so name no person in it.")
at_option = click.option(
    "--at",
    "at",
    help="As known then: a day, an ISO time (in the bank's zone if it names none), or a number of entries.",
)
draft_option = click.option(
    "--draft",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Record nothing: write a draft to this file, for the institution to sign elsewhere (creditbank sign).",
)
