"""The commands, gathered."""

from collections.abc import Sequence
from typing import Final

import click

import creditbank
from creditbank.cli.account import end_enrolment, enrol, erase, open_account, restrict
from creditbank.cli.advising import advise
from creditbank.cli.auditing import audit
from creditbank.cli.author import sign, submit
from creditbank.cli.checking import lint
from creditbank.cli.comparing import diff
from creditbank.cli.complete import completion
from creditbank.cli.converting import agree, convert, lapse, quote, reject, withdraw
from creditbank.cli.deciding import decide
from creditbank.cli.failure import Commands
from creditbank.cli.found import init
from creditbank.cli.institution import new_key, publish, publish_system, register, set_seats
from creditbank.cli.learner import balance, deposit, revoke, statement
from creditbank.cli.moving import transfer
from creditbank.cli.planning import plan
from creditbank.cli.prove import checkpoint, receipt, redemption, verify
from creditbank.cli.recorded import book, case, explain
from creditbank.cli.show import demo
from creditbank.cli.table import export, import_
from creditbank.cli.undoing import answer, correct, object_, reconsider, withdraw_book

__all__ = ["SECTIONS", "app"]

SECTIONS: Final[Sequence[tuple[str, Sequence[click.Command]]]] = (
    ("Begin 开始", (demo, init, register, publish_system, publish, withdraw_book, set_seats)),
    ("Accounts 账户", (open_account, enrol, end_enrolment, balance, statement, restrict, erase)),
    ("Outcomes and conversion 成果与转换", (deposit, quote, convert, agree, reject, withdraw, lapse, revoke)),
    ("Graduation 毕业", (audit, advise)),
    ("Doubts and mistakes 异议与更正", (object_, answer, correct, reconsider)),
    ("Decisions 决定", (decide, plan, explain, case, book)),
    ("Rule books checked 核查办法", (lint, diff)),
    ("Transfer 转学", (transfer,)),
    ("Tables 表格", (import_, export)),
    ("Evidence 凭证", (receipt, redemption, checkpoint, verify)),
    ("Keys kept elsewhere 自持密钥", (new_key, sign, submit)),
    ("Shell", (completion,)),
)
"""Every command, as the help and the reference show them."""


class App(Commands):
    """All commands, shown in sections."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands section by section, as a registrar meets them."""
        names = [command.name or "" for _, commands in SECTIONS for command in commands]
        width = max(map(len, names))
        for heading, commands in SECTIONS:
            with formatter.section(heading):
                formatter.write_dl(
                    [((command.name or "").ljust(width), command.get_short_help_str(90)) for command in commands]
                )


@click.group(cls=App, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(creditbank.__version__, prog_name="creditbank")
def app() -> None:
    """
    A credit bank (学分银行): learning accounts, certificates, conversion, transfers, over a signed ledger.

    BANK is a folder (or sqlite:///folder), ACCOUNT an account's id. Keys are files in BANK/keys and never go on the
    command line; nor do names and numbers of people, which are read from files. To see it all at work: creditbank demo.

    \b
    Exit codes: 0 done, 1 refused, 2 malformed or mistyped,
                3 unverified (do not rely on it), 4 the store could not do it.
    """


for _, _commands in SECTIONS:
    for _command in _commands:
        app.add_command(_command)
