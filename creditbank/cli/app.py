"""The commands, gathered."""

import click

import creditbank
from creditbank.cli.failure import Commands
from creditbank.cli.found import init
from creditbank.cli.learner import convert, deposit, quote, statement
from creditbank.cli.prove import receipt, verify
from creditbank.cli.show import demo

__all__ = ["app"]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(creditbank.__version__, prog_name="creditbank")
def app() -> None:
    """
    A credit bank (学分银行): learning accounts, certificates, conversion, transfers, over a signed ledger.

    BANK is a folder (or sqlite:///folder), ACCOUNT an account's id. Keys are files in BANK/keys and never go on the
    command line. To see it all at work: creditbank demo.

    \b
    Exit codes: 0 done, 1 refused, 2 malformed or mistyped,
                3 unverified (do not rely on it), 4 the store could not do it.
    """


for _command in (demo, init, deposit, quote, convert, statement, receipt, verify):
    app.add_command(_command)
