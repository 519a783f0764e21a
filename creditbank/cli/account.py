"""``creditbank open-account, enrol, end-enrolment, erase, restrict``: an account from its beginning to its end."""

import hashlib
import re
import sys
from pathlib import Path
from typing import Final

import click

from creditbank.bank import Bank, Recorded, call
from creditbank.cli.asking import Asking, asker, by_role, recording, request_of, said
from creditbank.cli.converting import enrolment_of
from creditbank.cli.folder import folder_of, opened
from creditbank.cli.paper import Names
from creditbank.cli.read import FILE_MAX, day_of, json_of, person_of
from creditbank.cli.screen import Screen, say_json
from creditbank.cli.shape import shaped
from creditbank.cli.words import (
    account_word,
    bank_word,
    by_option,
    example,
    file_word,
    json_option,
    key_option,
    quoted,
    reason_option,
)
from creditbank.domain.decide.account import (
    end_enrolment as end_verb,
    enrol as enrol_verb,
    erase as erase_verb,
    restrict as restrict_verb,
)
from creditbank.domain.event import AccountErased, Enrolled
from creditbank.domain.known import Known
from creditbank.domain.name import EnrolmentId, InstitutionId, account_id
from creditbank.domain.programme import Enrolment
from creditbank.errors import MalformedError, StoreError

__all__ = ["end_enrolment", "enrol", "erase", "open_account", "restrict"]

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


# --- the beginning ----------------------------------------------------------------------------------------------------


@click.command(
    "open-account",
    short_help="Open a person's learning account, or find it (开户).",
    epilog=example("creditbank open-account city person.json", "creditbank open-account city - < person.json"),
)
@bank_word
@file_word
@by_option
@key_option
@json_option
def open_account(bank: str, file: str, by: str | None, request_key: str | None, as_json: bool) -> None:
    """
    Open the learning account of the person in FILE (JSON; - for standard input), or find the one there is (开户).

    \b
        {"name": "张三", "document": "resident-id",
         "number": "11010519491231002X", "details": {}}

    One account per person, for life: the same document finds the same account. A document is a resident-id (居民身份证),
    a pupil-number (学籍号), a passport (护照), or another word. Who it is stays in the vault; the ledger has a random
    id and nothing else. So never write a name or a number on the command line, where others can see it.
    """
    folder, person = folder_of(bank), person_of(json_of(file), file)
    asking = asker(folder, by, by_role(folder))
    with opened(folder, (asking,)) as here:
        account = here.open_account(request_of(here, asking, request_key), person)
    if as_json:
        say_json({"account": account})
        return
    Screen().lines(f"学习账户 Account: {account}", f"  creditbank statement {quoted(bank)} {account}")


@click.command(
    short_help="Enter a learner in a programme of a school (学籍).",
    epilog=example("creditbank enrol city $ACCOUNT enrolment.json"),
)
@bank_word
@account_word
@file_word
@recording
def enrol(bank: str, account: str, file: str, asking: Asking) -> None:
    """
    Enter the learner of ACCOUNT in the programme in FILE (JSON; - for standard input), signed by the school (学籍).

    \b
        {"school": "keys:college", "year_group": "2025级", "since": "2025-09-01",
         "programme": {"id": "510203", "name": "软件技术",
                       "kind": "college-3", "months": 36}}

    The kind is what rule books call it, such as general, vocational-3, five-year, 3+4, college-3. A programme may say
    what completes it, "credits": {"system": "cn-college", "quanta": 280}; and an enrolment what rule books ask besides,
    "facts": [["exam_score", 512]].
    """
    learner = account_id(account)
    enrolment: Enrolment = shaped(json_of(file), Enrolment, file)

    def tell(known: Known, recorded: Recorded) -> tuple[str, ...]:
        event = recorded.event
        assert isinstance(event, Enrolled), "that is what enrolling says"
        school = Names(known).institution(enrolment.school)
        return (
            f"已注册学籍 Enrolled: {enrolment.programme.name}, {school}, 自 since {enrolment.since}",
            f"学籍 Enrolment: {event.id}",
        )

    said(bank, asking, lambda here: enrolment.school, lambda here: call(enrol_verb, learner, enrolment), tell)


@click.command(
    "end-enrolment",
    short_help="End an enrolment (学籍终止).",
    epilog=example("creditbank end-enrolment city $ACCOUNT $ENROLMENT --reason graduated"),
)
@bank_word
@account_word
@click.argument("enrolment", metavar="ENROLMENT")
@click.option("--on", "on", help="The first day on which it no longer holds; today by default.")
@reason_option
@recording
def end_enrolment(bank: str, account: str, enrolment: str, on: str | None, reason: str, asking: Asking) -> None:
    """
    End ENROLMENT of ACCOUNT (学籍终止), signed by its school. The account and what it holds stay the learner's.

    ENROLMENT's id is what enrol said; statement --json has it, too.
    """
    learner, id = account_id(account), EnrolmentId(enrolment)
    day = None if on is None else day_of(on)

    def school(here: Bank) -> InstitutionId:
        return enrolment_of(here, learner, id).enrolment.school

    def tell(known: Known, recorded: Recorded) -> tuple[str, ...]:
        return (f"学籍已终止 Ended: {id}, 止 until {known.account(learner).enrolments[id].until}",)

    said(bank, asking, school, lambda here: call(end_verb, learner, id, day or here.today(), reason), tell)


# --- the end ----------------------------------------------------------------------------------------------------------


@click.command(
    short_help="Erase an account for good (删除).",
    epilog=example('creditbank erase city $ACCOUNT --reason "PIPL 47(1)(3)" --demand letter.pdf --yes'),
)
@bank_word
@account_word
@reason_option
@click.option(
    "--demand",
    required=True,
    help="The person's request: a file, of which the SHA-256 is recorded, or that SHA-256 itself (64 hex digits).",
)
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@recording
def erase(bank: str, account: str, reason: str, demand: str, yes: bool, asking: Asking) -> None:
    """
    Erase ACCOUNT for good (删除): what it holds, who it is about, and its key. Nobody can undo this.

    Signed by an institution with the role eraser. The reason is the legal one. An account that holds a diploma is not erased:
    restrict it. The ledger can still be checked afterwards.
    """
    learner, digest = account_id(account), _demand(demand)
    if not yes and asking.draft is None:
        if not asked():
            raise MalformedError("erasing cannot be undone", "erase", "say --yes where nobody can be asked")
        click.confirm(f"删除后不可恢复 Erase {learner} for good?", abort=True, err=True)

    def tell(known: Known, recorded: Recorded) -> tuple[str, ...]:
        event = recorded.event
        assert isinstance(event, AccountErased), "that is what erasing says"
        return (f"已删除 Erased: {learner}, {len(event.positions)} entries",)

    eraser = by_role(folder_of(bank), "eraser")
    said(bank, asking, eraser, lambda here: call(erase_verb, learner, reason, digest), tell)


def asked() -> bool:
    """Tell whether there is somebody who can answer."""
    return sys.stdin.isatty()


def _demand(text: str) -> str:
    """Return the SHA-256 that *text* is, or that of the file it names."""
    if _SHA256.fullmatch(text):
        return text
    try:
        with Path(text).open("rb") as file:
            body = file.read(FILE_MAX + 1)
    except OSError as error:
        raise StoreError(f"{text} cannot be read ({error.strerror})", "check the file's name and rights") from None
    if len(body) > FILE_MAX:
        raise MalformedError("it is too large", text, "give its SHA-256 instead")
    return hashlib.sha256(body).hexdigest()


@click.command(
    short_help="Let an account be stored, and nothing else (限制处理).",
    epilog=example('creditbank restrict city $ACCOUNT --reason "PIPL 47(2)"'),
)
@bank_word
@account_word
@reason_option
@recording
def restrict(bank: str, account: str, reason: str, asking: Asking) -> None:
    """
    Let ACCOUNT be stored and secured, and nothing else (限制处理), where the law forbids to erase it.

    Signed by an institution with the role eraser. Nobody can read or write it afterwards, but a false outcome in it can
    still be revoked.
    """
    learner = account_id(account)

    def tell(known: Known, recorded: Recorded) -> tuple[str, ...]:
        return (f"已限制处理 Restricted: {learner}",)

    eraser = by_role(folder_of(bank), "eraser")
    said(bank, asking, eraser, lambda here: call(restrict_verb, learner, reason), tell)
