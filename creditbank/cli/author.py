"""``creditbank sign, submit``: requests of institutions that keep their own key."""

import base64
from pathlib import Path
from typing import Any

import click

from creditbank.bank import Draft
from creditbank.cli.asking import kind_name, recorded_plain
from creditbank.cli.folder import folder_of, opened, signer_of, write_new
from creditbank.cli.institution import SIGNATURE_MAX
from creditbank.cli.paper import flat
from creditbank.cli.read import text_of, text_or_file
from creditbank.cli.screen import Screen, say_json
from creditbank.cli.words import bank_word, example, json_option, quoted
from creditbank.codec.payload import Payload, decode, to_plain
from creditbank.errors import MalformedError

__all__ = ["sign", "submit"]

_draft = click.argument("draft", metavar="DRAFT")


@click.command(
    short_help="Look at a draft and sign it, where the key is (签名).",
    epilog=example("creditbank sign draft.txt --key luban.pem --out draft.sig"),
)
@_draft
@click.option(
    "--key", "key", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The institution's key file."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the signature to this new file.")
@json_option
def sign(draft: str, key: Path, out: Path | None, as_json: bool) -> None:
    """
    Show what DRAFT says and sign it (签名). Needs no bank and no network: only the draft and the key file.

    A draft is made with --draft by any command that records. What is signed is what is shown, and nothing else; the bank
    takes it within two days.
    """
    read = Draft.parse(text_of(draft))
    payloads = [decode(body, f"{draft}: entry {number}") for number, body in enumerate(read.signing.payloads, 1)]
    signature = base64.b64encode(signer_of(key).sign(read.message)).decode("ascii")
    if out is not None:
        write_new(out, signature + "\n")
    if as_json:
        said: dict[str, Any] = {
            "author": read.signing.author,
            "origin": read.signing.origin,
            "entries": [{"kind": kind_name(each.event), "event": to_plain(each.event)} for each in payloads],
        }
        say_json(said | ({"signature": signature} if out is None else {"file": str(out)}))
        return
    screen = Screen()
    screen.title(f"拟稿 Draft of {read.signing.author}, for {read.signing.origin}")
    for payload in payloads:
        screen.table(("项目 Item", "内容 Value"), _rows(payload))
        screen.lines("")
    screen.lines(f"签名 Signature: {signature if out is None else out}")


def _rows(payload: Payload) -> list[tuple[str, str]]:
    return [
        ("事件 Event", kind_name(payload.event)),
        ("流 Stream", payload.stream),
        ("日期 Day", str(payload.request.on)),
        *((f"  {name}", value) for name, value in flat(to_plain(payload.event))),
    ]


@click.command(
    short_help="Record a draft that its author signed (提交).",
    epilog=example("creditbank submit city draft.txt --signature draft.sig"),
)
@bank_word
@_draft
@click.option("--signature", required=True, help="The author's signature, or the file that sign wrote.")
@json_option
def submit(bank: str, draft: str, signature: str, as_json: bool) -> None:
    """
    Record DRAFT, which its author has signed (提交), if it would still be decided so.

    The draft is the file that --draft wrote in this bank, unchanged.
    """
    read = Draft.parse(text_of(draft))
    try:
        raw = base64.b64decode(text_or_file(signature, SIGNATURE_MAX), validate=True)
    except ValueError:
        raise MalformedError("it is no signature in base64", "--signature", "give what sign wrote") from None
    with opened(folder_of(bank)) as here:
        recorded = here.submit(read, raw)
    if as_json:
        say_json(recorded_plain(recorded))
        return
    kinds = ", ".join(kind_name(event) for event in recorded.events)
    Screen().lines(
        f"已提交 Recorded for {read.signing.author}: {kinds}",
        f"位置 Position: {recorded.position} (creditbank receipt {quoted(bank)} {recorded.position})",
    )
