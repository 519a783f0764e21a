"""``creditbank receipt, redemption, checkpoint, verify``: evidence, given and checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from creditbank.bank import Bank
from creditbank.cli.folder import check_mark, folder_of, is_bank, opened
from creditbank.cli.paper import flat
from creditbank.cli.read import text_of, text_or_file
from creditbank.cli.screen import Screen, progress, say_json
from creditbank.cli.words import account_word, bank_word, example, json_option
from creditbank.codec.payload import to_plain
from creditbank.domain.credit import number_text
from creditbank.domain.name import ApplicationId, account_id
from creditbank.domain.view.redeemed import RedeemedLot
from creditbank.errors import MalformedError, StoreError, UnverifiedError
from creditbank.verify import ReceiptReport, RedemptionReport, Report, check_receipt, check_redemption
from creditbank.verify.redemption import FORMAT as REDEMPTION

__all__ = ["checkpoint", "print_report", "receipt", "redemption", "verify"]

VERIFIER_KEY_MAX = 1024
"""Characters of a verifier key: an origin, and 60 more."""


@click.command(
    short_help="Give the receipt of an entry (回执).",
    epilog=example("creditbank receipt city 0 --out receipt.tlog-proof"),
)
@bank_word
@click.argument("position", type=click.IntRange(min=0), metavar="POSITION")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the receipt to this file.")
@json_option
def receipt(bank: str, position: int, out: Path | None, as_json: bool) -> None:
    """
    Give the receipt of the entry at POSITION (回执): whoever has it can check the entry offline.

    A checkpoint is published if none covers the entry yet; that takes the operator's key in BANK/keys. The receipt shows
    what the entry says: give it to those whom it concerns.
    """
    with _by_operator(bank) as here:
        text, key = str(here.receipt(position)), here.verifier_key
    _hand_over("receipt", text, key, out, as_json, {"position": position}, f"回执 Receipt of entry {position}")


@click.command(
    short_help="Prove that credit was redeemed, once (核销证明).",
    epilog=example("creditbank redemption city $ACCOUNT $APPLICATION --out redemption.txt"),
)
@bank_word
@account_word
@click.argument("application", metavar="APPLICATION")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the proof to this file.")
@json_option
def redemption(bank: str, account: str, application: str, out: Path | None, as_json: bool) -> None:
    """
    Prove that APPLICATION spent the credit of ACCOUNT, and that nothing else of the account did (核销证明).

    APPLICATION is of an act that spends credit for a qualification. The proof holds a receipt of every entry of the account,
    and the operator's word that there are no more: give it to those whom all of that concerns. creditbank verify checks it
    offline. Takes the operator's key in BANK/keys.
    """
    learner, id = account_id(account), ApplicationId(application)
    with _by_operator(bank) as here:
        text, key = str(here.redemption(learner, id)), here.verifier_key
    title = f"核销证明 Redemption of application {application}"
    _hand_over("redemption", text, key, out, as_json, {"application": application}, title)


@click.command(
    short_help="Publish a checkpoint over every entry (检查点).",
    epilog=example("creditbank checkpoint city --out checkpoint.txt"),
)
@bank_word
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the checkpoint to this file.")
@json_option
def checkpoint(bank: str, out: Path | None, as_json: bool) -> None:
    """
    Publish a checkpoint over every entry so far, signed by the operator (检查点).

    It fixes order and time of what was recorded. Give it to others: whoever keeps one can tell later whether an entry was
    removed or rewritten. Takes the operator's key in BANK/keys, unless the last checkpoint covers everything.
    """
    with _by_operator(bank) as here:
        note, key = here.checkpoint(), here.verifier_key
    size = int(note.split("\n")[1])  # as C2SP has it: origin, size, root
    _hand_over("checkpoint", note, key, out, as_json, {"entries": size}, f"检查点 Checkpoint over {size} entries")


@contextmanager
def _by_operator(bank: str) -> Iterator[Bank]:
    """Open *bank* with the key of its operator, which only the bank itself can name."""
    folder = folder_of(bank)
    with opened(folder) as here:
        operator = here.founding.institution
    with opened(folder, (operator,)) as here:
        yield here


def _hand_over(
    name: str, text: str, key: str, out: Path | None, as_json: bool, about: dict[str, Any], title: str
) -> None:
    """Write evidence to *out* and say where it is; without *out*, say the evidence itself."""
    if out is not None:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise StoreError(f"{out} cannot be written ({error.strerror})", "name another file") from None
    if as_json:
        say_json(about | {"verifier_key": key} | ({name: text} if out is None else {"file": str(out)}))
    elif out is None:
        click.echo(text, nl=False)
    else:
        Screen().lines(f"{title}: {out}", f"核验公钥 Verifier key: {key}")


@click.command(
    short_help="Check a whole bank; or a receipt or redemption offline (核验).",
    epilog=example(
        "creditbank verify city",
        "creditbank verify receipt.tlog-proof --key $VERIFIER_KEY",
        "creditbank verify redemption.txt --key $VERIFIER_KEY",
    ),
)
@click.argument("what", metavar="BANK|FILE")
@click.option("--key", help="For a file: the operator's verifier key, or a file that holds it.")
@json_option
def verify(what: str, key: str | None, as_json: bool) -> None:
    """
    Check a whole bank; or a receipt or redemption offline (核验).

    BANK: every byte, signature and proof of the folder's ledger; and every request is decided again under the rules it
    names, and must come out as it was recorded. FILE: a receipt (回执) or a redemption (核销证明), - for standard input, with
    --key and nothing else.

    Exits with 3 where anything does not hold.
    """
    if is_bank(what):
        _verify_bank(folder_of(what), as_json)
        return
    if key is None:
        raise MalformedError("no key to check it with", what, "give --key, the operator's verifier key")
    text, vkey = text_of(what), text_or_file(key, VERIFIER_KEY_MAX)
    if text.startswith(f"{REDEMPTION}\n"):
        _verify_redemption(check_redemption(text, vkey), as_json)
        return
    report = check_receipt(text, vkey)
    if as_json:
        say_json({"ok": True, "receipt": to_plain(report)})
    else:
        _print_receipt(Screen(), report)


# --- a bank -----------------------------------------------------------------------------------------------------------


def _verify_bank(folder: Path, as_json: bool) -> None:
    with opened(folder, marked=False) as here:
        with progress("核验 Verifying", quiet=as_json) as moved:
            report = here.verify(progress=moved)
        try:
            check_mark(here, folder)
            rollback = None
        except UnverifiedError as error:
            rollback = error
    if as_json:
        say_json({"ok": report.ok and rollback is None, "report": to_plain(report)})
    else:
        print_report(Screen(), report)
    if rollback is not None:
        raise rollback
    if not report.ok:
        first = report.findings[0]
        where = str(folder) if first.position is None else f"{folder}, entry {first.position}"
        raise UnverifiedError(f"{len(report.findings)} findings, the first: {first.what}", where)


def print_report(screen: Screen, report: Report) -> None:
    """Print what verifying a bank found."""
    screen.table(
        ("核验 Verified", "数量 Number"),
        [
            ("记录 Entries", str(report.entries)),
            ("检查点覆盖 Covered by a checkpoint", str(report.size)),
            ("请求 Requests", str(report.requests)),
            ("重新判定,结果相同 decided again, the same", str(report.verified)),
            ("所依据内容已删除 forgotten with an erased account", str(report.forgotten)),
            ("本版本不能重新判定 of an engine this version lacks", str(report.not_replayable)),
            ("发现问题 Findings", str(len(report.findings))),
        ],
        (1,),
    )
    if report.size < report.entries:
        screen.lines(
            f"最后 {report.entries - report.size} 条记录还没有检查点,其时间和次序尚未固定;出具回执时发布检查点。",
            f"No checkpoint covers the last {report.entries - report.size} entries yet: a receipt publishes one.",
        )
    if report.findings:
        screen.lines("")
        rows = [
            (finding.check, "" if finding.position is None else str(finding.position), finding.what)
            for finding in report.findings
        ]
        screen.table(("检查 Check", "位置 Entry", "发现 What to look at"), rows)


# --- a redemption -----------------------------------------------------------------------------------------------------


def _verify_redemption(report: RedemptionReport, as_json: bool) -> None:
    if as_json:
        say_json({"ok": True, "redemption": to_plain(report)})
        return
    screen = Screen()
    screen.title(f"核销属实 The redemption holds, as of {report.as_of_size} entries")
    screen.table(
        ("项目 Item", "内容 Value"),
        [
            ("账户 Account", f"{report.account} ({report.entries})"),
            ("申请 Application", f"{report.application}, {report.applied}"),
            ("申请机构 Asked for by", report.school),
            ("办法 Rule book", report.book),
            ("首次使用位置 First used at position", str(report.redeemed)),
            ("其他使用 Used otherwise", "无 none"),
        ],
    )
    for item in report.items:
        final = "不可撤销 irrevocable" if item.final else "可更正 may be undone"
        screen.lines("", f"{'、'.join(item.targets)}: {number_text(item.granted)} ({final})")
        screen.table(
            ("学分批 Lot", "学分 Quanta", "学分制 System", "后来 Since"), [_lot(lot) for lot in item.lots], (1,)
        )


def _lot(lot: RedeemedLot) -> tuple[str, ...]:
    credit = ("", "") if lot.credit is None else (str(lot.credit.quanta), lot.credit.system)
    return (lot.lot, *credit, "已撤销 revoked" if lot.fallen else "")


# --- a receipt --------------------------------------------------------------------------------------------------------


def _print_receipt(screen: Screen, report: ReceiptReport) -> None:
    at = datetime.fromtimestamp(report.at_ms // 1000, UTC)
    screen.title(f"回执属实 The receipt holds, as of {report.as_of_size} entries")
    screen.table(
        ("项目 Item", "内容 Value"),
        [
            ("签名机构 Signed by", report.author),
            ("收到时间 Received", f"{at:%Y-%m-%d %H:%M:%S} UTC"),
            ("位置 Position", str(report.position)),
            ("流 Stream", f"{report.stream} ({report.version})"),
            ("事件 Event", report.kind),
            *((f"  {name}", value) for name, value in flat(report.payload.get("event"))),
        ],
    )
