"""``creditbank new-key, register, publish-system, publish, set-seats``: who takes part, and what the bank goes by."""

import base64
from pathlib import Path
from typing import Final, get_args

import click

from creditbank.bank import Bank, Call, Recorded, call
from creditbank.cli.asking import Asking, asker, by_role, recorded_plain, recording, request_of, said
from creditbank.cli.folder import folder_of, kept_or_new_signer, key_file, opened, write_new
from creditbank.cli.read import STDIN, institution_of, text_of, text_or_file
from creditbank.cli.screen import Screen, say_json
from creditbank.cli.words import bank_word, by_option, example, json_option, key_option, quoted
from creditbank.domain.credit import CreditSystem, number_text, parse_number
from creditbank.domain.decide.keys import (
    publish_system as publish_system_verb,
    register as register_verb,
    set_seats as set_seats_verb,
)
from creditbank.domain.known import Known
from creditbank.domain.name import InstitutionId, seats_stream
from creditbank.domain.profile import KINDS, InstitutionKind, Profile, Role
from creditbank.errors import MalformedError, RefusedError, StoreError
from creditbank.ledger import Ed25519Signer, PublicKey, Signer, possession_message
from creditbank.rulebooks import file, read, shipped

__all__ = ["new_key", "publish", "publish_system", "register", "set_seats"]

SIGNATURE_MAX: Final = 256
"""Characters of a signature in base64, at most; Ed25519's has 88."""

PLACES_MAX: Final = 1_000_000

_KINDS: Final = (
    "What it is: general-school 普通高中, vocational-school 中等职业学校, technical-school 技工学校, college 高等职业学校, "
    "university 本科院校, open-university 开放大学, assessor 培训评价组织, enterprise 企业, community 社区学校, "
    "office 教育行政部门, operator 学分银行管理机构."
)


def _possession(origin: str, institution: InstitutionId, signer: Signer) -> str:
    message = possession_message(origin, institution, PublicKey.of(signer))
    return base64.b64encode(signer.sign(message)).decode("ascii")


# --- keys and institutions --------------------------------------------------------------------------------------------


@click.command(
    "new-key",
    short_help="Make a key that the bank never sees (自持密钥).",
    epilog=example("creditbank new-key luban.pem --institution luban --origin bank.example.org/city"),
)
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--institution", required=True, help="The id that the institution will have.")
@click.option("--origin", required=True, help="The bank's name, as its operator founded it.")
@json_option
def new_key(file: Path, institution: str, origin: str, as_json: bool) -> None:
    """
    Make a signing key in the new FILE, for an institution that keeps its own key (自持密钥).

    FILE is secret: only you can read it, and it never goes to the bank. Give the operator the two lines that are
    printed, the public key and the proof that you hold it; 'creditbank register' takes them.
    """
    id, signer = institution_of(institution), Ed25519Signer.generate()
    public, proof = str(PublicKey.of(signer)), _possession(origin, id, signer)
    write_new(file, signer.to_pem())
    if as_json:
        say_json({"institution": id, "origin": origin, "public_key": public, "possession": proof, "file": str(file)})
        return
    Screen().lines(f"密钥 Key of {id}, secret: {file}", f"公钥 Public key: {public}", f"持有证明 Possession: {proof}")


@click.command(
    short_help="Register an institution with its first key (机构登记).",
    epilog=example(
        "creditbank register city college --name 职业技术学院 --kind college --role school --region 370305",
        "creditbank register city assessor --name 培训评价组织 --kind assessor --role issuer",
        "creditbank register city luban --name 鲁班技能评价中心 --kind assessor --role issuer \\",
        "    --public-key $PUBLIC_KEY --possession $POSSESSION",
    ),
)
@bank_word
@click.argument("institution", metavar="ID")
@click.option("--name", required=True, help="What it is called, such as 职业技术学院.")
@click.option("--kind", type=click.Choice(KINDS), metavar="KIND", required=True, help=_KINDS)
@click.option(
    "--role",
    "roles",
    type=click.Choice(get_args(Role)),
    metavar="ROLE",
    multiple=True,
    help="What it may do: school 办学, issuer 发证, office 监督, registrar 登记, eraser 删除, operator 运营. Give more than one "
    "one by one.",
)
@click.option("--region", default="", help="The six-digit code of its county (GB/T 2260).")
@click.option("--code", help="Its unified social credit code (统一社会信用代码).")
@click.option("--public-key", help="Its public key, where it keeps its own; with --possession.")
@click.option(
    "--possession", help="The proof that it holds that key, or a file with it; 'creditbank new-key' says both."
)
@by_option
@key_option
@json_option
def register(
    bank: str,
    institution: str,
    name: str,
    kind: InstitutionKind,
    roles: tuple[Role, ...],
    region: str,
    code: str | None,
    public_key: str | None,
    possession: str | None,
    by: str | None,
    request_key: str | None,
    as_json: bool,
) -> None:
    """
    Register an institution as ID, with its first key (机构登记); said by a registrar, which is the operator at first.

    Without --public-key a new key is made in BANK/keys/ID.pem, readable by you alone, and the bank signs for the institution. An
    institution that keeps its own key makes it with 'creditbank new-key'.
    """
    folder, id = folder_of(bank), institution_of(institution)
    if (public_key is None) != (possession is None):
        raise MalformedError("a key without its proof, or a proof without its key", "register", "give both, or neither")
    profile = Profile(name, kind, roles, region, code)
    registrar = asker(folder, by, by_role(folder, "registrar"))
    fresh = public_key is None and not key_file(folder, id).exists()
    with opened(folder, (registrar,)) as here:
        if public_key is None or possession is None:
            signer = kept_or_new_signer(folder, id)
            public_key, possession = str(PublicKey.of(signer)), _possession(here.founding.origin, id, signer)
        try:
            recorded = here.record(
                request_of(here, registrar, request_key),
                register_verb,
                id,
                profile,
                public_key,
                text_or_file(possession, SIGNATURE_MAX),
            )
        except (RefusedError, MalformedError):
            if fresh:  # a key that nothing names is no use to anybody
                key_file(folder, id).unlink(missing_ok=True)
            raise
    if as_json:
        say_json(recorded_plain(recorded) | {"institution": id})
        return
    own = f"密钥 Key: {key_file(folder, id)};只有您能读,请另存一份 only you can read it; keep a copy elsewhere"
    Screen().lines(
        f"已登记 Registered: {name} ({id})",
        own if key_file(folder, id).exists() else "密钥由机构自持 It keeps its own key",
        f"位置 Position: {recorded.position} (creditbank receipt {quoted(bank)} {recorded.position})",
    )


# --- what the bank goes by --------------------------------------------------------------------------------------------


@click.command(
    "publish-system",
    short_help="Publish a credit system (学分制).",
    epilog=example(
        "creditbank publish-system city cn-bank --quantum 0.5 --name 学分银行学分",
        "creditbank publish-system city cn-college --quantum 0.5 --name 高职学分 --hours-per-credit 16",
    ),
)
@bank_word
@click.argument("system", metavar="ID")
@click.option("--quantum", required=True, help="The smallest amount, in credits, such as 0.5; fixed for good.")
@click.option("--name", required=True, help="What it is called, such as 高职学分.")
@click.option("--hours-per-credit", help="The hours of learning (学时) behind one credit, where it says so.")
@recording
def publish_system(
    bank: str, system: str, quantum: str, name: str, hours_per_credit: str | None, asking: Asking
) -> None:
    """
    Publish the credit system ID (学分制), in whose quanta amounts are counted from now on; said by the operator.

    Exact numbers are written like 0.5 or 1/3.
    """
    hours = None if hours_per_credit is None else parse_number(hours_per_credit)
    made = CreditSystem(system, parse_number(quantum), name, hours)

    def tell(known: Known, recorded: Recorded) -> tuple[str, ...]:
        return (f"已发布学分制 Published: {made.name} ({made.id}), 最小单位 quantum {number_text(made.quantum)}",)

    said(bank, asking, _operator, lambda here: call(publish_system_verb, made), tell)


def _operator(here: Bank) -> InstitutionId:
    return here.founding.institution


@click.command(
    short_help="Publish a rule book (办法).",
    epilog=example("creditbank publish city x-certificate-conversion", "creditbank publish city our-rules.toml"),
)
@bank_word
@click.argument("book", metavar="BOOK")
@click.option("--despite", default="", help="Why it is published although checking it finds errors; this is recorded.")
@by_option
@key_option
@json_option
def publish(bank: str, book: str, despite: str, by: str | None, request_key: str | None, as_json: bool) -> None:
    """
    Publish a version of a rule book (办法): BOOK is a TOML file, or the name of one that comes with creditbank.

    Said by the operator, an office or a school. What is printed, the digest, is how applications name this version; what
    is published never changes. It is checked first, as creditbank lint does, beside what is published in the bank: a book in which
    errors are found is refused, unless --despite says why it is published all the same.
    """
    folder = folder_of(bank)
    document = read(book) if book in shipped() and not Path(book).exists() else _book_file(book)
    asking = asker(folder, by, by_role(folder, "operator", "office", "school"))
    with opened(folder, (asking,)) as here:
        digest = here.publish(request_of(here, asking, request_key), document, files=file, despite=despite)
        title = here.known().book(digest)
    if as_json:
        say_json({"book": title.book, "version": title.version, "digest": digest})
        return
    Screen().lines(f"已发布办法 Published: {title.title} ({title.book}@{title.version})", f"摘要 Digest: {digest}")


def _book_file(book: str) -> Path | str:
    """Return the file that can be read, whose name errors then say; or the text on standard input."""
    try:
        text = text_of(book)
        return text if book == STDIN else Path(book)
    except StoreError as error:
        raise StoreError(error.what, f"give a TOML file, or one of {', '.join(shipped())}") from None


@click.command(
    "set-seats",
    short_help="Say how many places a school offers (名额).",
    epilog=example("creditbank set-seats city trade-school 3y-cook-2026 40"),
)
@bank_word
@click.argument("school", metavar="SCHOOL")
@click.argument("what", metavar="WHAT")
@click.argument("places", metavar="PLACES", type=click.IntRange(0, PLACES_MAX))
@recording
def set_seats(bank: str, school: str, what: str, places: int, asking: Asking) -> None:
    """
    Say that SCHOOL offers PLACES places in all for WHAT (名额), such as 3y-cook-2026; signed by the school.

    Those taken count: no transfer is accepted beyond them. An offer of a transfer names them as seats:SCHOOL.WHAT.
    """
    id = institution_of(school)
    seats = seats_stream(id, what)

    def verb(here: Bank) -> Call:
        return call(set_seats_verb, seats, places)

    def tell(known: Known, recorded: Recorded) -> tuple[str, ...]:
        return (f"名额 Places of {seats}: {places}, 余 left {known.seats(seats).left}",)

    said(bank, asking, lambda here: id, verb, tell)
