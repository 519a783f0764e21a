"""``creditbank import, export``: tables in and out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import attrs
import click

from creditbank.cli.asking import asker, by_role
from creditbank.cli.folder import folder_of, opened
from creditbank.cli.screen import Screen, progress, say_json
from creditbank.cli.words import bank_word, by_option, example, json_option
from creditbank.domain.name import account_id
from creditbank.domain.profile import Role
from creditbank.errors import MalformedError
from creditbank.tables import BadRow, Format, ImportReport, Kind, export_postings, export_statements, import_table
from creditbank.tables.columns import KINDS

__all__ = ["export", "import_"]

_ROLES: dict[Kind, tuple[Role, ...]] = {
    "people": (),
    "enrolments": ("school",),
    "outcomes": ("school", "issuer", "office"),
}
"""Who may import what, by role; any registered institution where there is none."""

SHOWN_MAX = 50
"""Bad rows on the screen; --json has them all."""


@click.command(
    "import",
    short_help="Import a table of people, enrolments or outcomes (导入).",
    epilog=example(
        "creditbank import city people people.csv", "creditbank import city enrolments enrolments.csv --by college"
    ),
)
@bank_word
@click.argument("kind", metavar="people|enrolments|outcomes", type=click.Choice(KINDS))
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@by_option
@click.option("--keep-good", is_flag=True, help="Record the good rows, also where there are bad ones.")
@click.option(
    "--encoding", type=click.Choice(["utf-8", "gb18030"]), help="How the file is written; found out by default."
)
@json_option
def import_(
    bank: str, kind: Kind, file: Path, by: str | None, keep_good: bool, encoding: str | None, as_json: bool
) -> None:
    """
    Import the table in FILE (CSV with a header, as spreadsheets save it): open accounts, enrol, or deposit (导入).

    Every bad row is told with line, column and reason. Nothing is recorded unless every row can be, or with --keep-good. To
    import the same file again changes nothing, and goes on where it was cut off. Exits with 2 where a row is bad.
    """
    folder = folder_of(bank)
    asking = asker(folder, by, by_role(folder, *_ROLES[kind]))
    with opened(folder, (asking,)) as here, progress("导入 Importing", quiet=as_json) as moved:
        report = import_table(here, asking, kind, file, keep_good=keep_good, encoding=encoding, progress=moved)
    if as_json:
        say_json({"ok": not report.bad_count, "by": asking, "report": attrs.asdict(report)})
    else:
        _print_import(Screen(), report)
    if report.bad_count:
        kept = "the others were recorded" if keep_good else "nothing was recorded"
        mend = "mend them and import the file again" if keep_good else "mend them, or say --keep-good"
        raise MalformedError(f"{report.bad_count} of {report.rows} rows are bad; {kept}", str(file), mend)


def _print_import(screen: Screen, report: ImportReport) -> None:
    screen.table(
        ("导入 Import", "行数 Rows"),
        [
            ("全部 In the file", str(report.rows)),
            ("已记录 Recorded now", str(report.recorded)),
            ("原已有 Known before", str(report.known_before)),
            ("有误 Bad", str(report.bad_count)),
        ],
        (1,),
    )
    if report.bad:
        screen.lines("")
        screen.table(("行 Line", "列 Column", "原因 What is wrong, and how to mend it"), _bad(report.bad), (0,))
        if report.bad_count > SHOWN_MAX:
            screen.lines(f"另有 and {report.bad_count - SHOWN_MAX} more (--json)")


def _bad(rows: Sequence[BadRow]) -> list[tuple[str, str, str]]:
    return [(str(row.line), row.column, row.reason) for row in rows[:SHOWN_MAX]]


@click.command(
    short_help="Export statements or postings (导出).",
    epilog=example(
        "creditbank export city statements --out statements.csv --headers zh",
        "creditbank export city postings --out postings.jsonl --format jsonl --account $ACCOUNT",
    ),
)
@bank_word
@click.argument("what", metavar="statements|postings", type=click.Choice(["statements", "postings"]))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file; it is replaced.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "json", "jsonl"]),
    default="csv",
    show_default=True,
    help="How to write it.",
)
@click.option(
    "--headers", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="What CSV calls its columns."
)
@click.option("--account", "accounts", multiple=True, help="Only this account; more than one is given one by one.")
@json_option
def export(
    bank: str,
    what: str,
    out: Path,
    kind: Format,
    headers: Literal["en", "zh"],
    accounts: tuple[str, ...],
    as_json: bool,
) -> None:
    """
    Write the statements (账户清单) or every move of credit (分录) of all accounts to a file (导出).

    The file names accounts, never persons; amounts are exact. Accounts that were erased or restricted are left out, and
    said. CSV opens in spreadsheets as it is.
    """
    folder = folder_of(bank)
    wanted = [account_id(account) for account in accounts] or None
    exports = {"statements": export_statements, "postings": export_postings}
    with opened(folder) as here, progress("导出 Exporting", quiet=as_json) as moved:
        report = exports[what](here, wanted, out, kind, headers=headers, progress=moved)
    if as_json:
        say_json({"file": str(out), "report": attrs.asdict(report)})
        return
    screen = Screen()
    screen.lines(f"已导出 Exported: {out}")
    screen.table(
        ("导出 Export", "数量 Number"),
        [
            ("账户 Accounts", str(report.accounts)),
            ("行 Rows", str(report.rows)),
            ("已删除 Erased, left out", str(report.erased)),
            ("限制处理 Restricted, left out", str(report.restricted_count)),
            ("截至记录数 As of entries", str(report.position)),
        ],
        (1,),
    )
