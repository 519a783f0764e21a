"""``creditbank init``: a bank is founded in a folder."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from creditbank.bank import memory_bank
from creditbank.cli.folder import folder_of, kept_or_new_signer, key_file, opened
from creditbank.cli.read import institution_of
from creditbank.cli.screen import Screen, say_json
from creditbank.cli.words import bank_word, example, json_option
from creditbank.domain.decide.keys import found
from creditbank.domain.profile import Profile
from creditbank.domain.request import Request
from creditbank.errors import MalformedError
from creditbank.ledger import Ed25519Signer, PublicKey

__all__ = ["init"]

_FOUNDING = "creditbank init"


@click.command(
    short_help="Found a bank in a folder (建行).",
    epilog=example("creditbank init city --origin bank.example.org/city --operator city-bank --name 市学分银行"),
)
@bank_word
@click.option(
    "--origin", required=True, help="The log's name for good: a URL without https://, such as bank.example.org/city."
)
@click.option("--operator", required=True, help="The operator's id: letters, digits, - or _, such as city-bank.")
@click.option("--name", required=True, help="The operator's name, such as 临沣市学分银行.")
@click.option(
    "--zone", default="Asia/Shanghai", show_default=True, help="The time zone of the bank's civil days, for good."
)
@click.option("--region", default="", help="The six-digit code of the operator's county (GB/T 2260).")
@json_option
def init(bank: str, origin: str, operator: str, name: str, zone: str, region: str, as_json: bool) -> None:
    """
    Found a bank in the folder BANK (建行).

    Makes the folder, the operator's key (BANK/keys/OPERATOR.pem, readable by you alone: keep a copy elsewhere), and the
    ledger's first entry. A bank that is there already is left as it is.
    """
    folder = folder_of(bank)
    id = institution_of(operator)
    profile = Profile(name, "operator", ("operator", "registrar", "eraser"), region)
    today = datetime.now(_zone(zone)).date()
    request = Request(id, _FOUNDING, today)
    # First in memory: what is refused there leaves no folder and no key behind.
    trial = Ed25519Signer.generate()
    with memory_bank(signers={id: trial}) as memory:
        memory.record(request, found, profile, str(PublicKey.of(trial)), origin, zone)
        memory.checkpoint()
    with opened(folder, new=True):
        signer = kept_or_new_signer(folder, id)
    with opened(folder, (id,), new=True) as made:
        recorded = made.record(request, found, profile, str(PublicKey.of(signer)), origin, zone)
        key = made.verifier_key
    if as_json:
        say_json({"bank": str(folder), "operator": id, "position": recorded.position, "verifier_key": key})
        return
    screen = Screen()
    screen.title(f"{name}: 已建行 founded in {folder}")
    screen.lines(
        f"运营方密钥 The operator's key: {key_file(folder, id)}",
        "  只有您能读;请另存一份。 Only you can read it; keep a copy elsewhere.",
        "核验公钥 What anybody checks receipts with:",
        f"  {key}",
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise MalformedError(f"{name!r} is no time zone", "zone", "give an IANA name such as Asia/Shanghai") from None
