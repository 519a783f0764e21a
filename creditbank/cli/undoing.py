"""``creditbank object, answer, correct, reconsider, withdraw-book``: what is doubted, put right, or no longer in force."""

from collections.abc import Iterator

import click

from creditbank.bank import Bank, Call, Recorded, call
from creditbank.cli.asking import Asking, by_role, recording, said
from creditbank.cli.folder import folder_of, opened
from creditbank.cli.read import issuer_of, json_of, outcome_of
from creditbank.cli.screen import Screen, say_json
from creditbank.cli.words import account_word, bank_word, example, file_word, json_option, reason_option
from creditbank.codec.payload import to_plain
from creditbank.domain.credit import number_text
from creditbank.domain.decide.account import correct as correct_verb
from creditbank.domain.decide.convert import pending, waiting
from creditbank.domain.decide.keys import withdraw_book as withdraw_book_verb
from creditbank.domain.decide.objection import answer_objection, object_to
from creditbank.domain.event import BookWithdrawn, ItemsUndone, ObjectionRaised, OutcomeCorrected
from creditbank.domain.known import Known
from creditbank.domain.name import ApplicationId, InstitutionId, ObjectionId, OutcomeId, account_id
from creditbank.domain.rule import ItemResult
from creditbank.domain.view.reconsider import reconsider as ask_reconsider
from creditbank.errors import UnknownError

__all__ = ["answer", "correct", "object_", "reconsider", "withdraw_book"]

_application = click.argument("application", metavar="APPLICATION")


# --- objections -------------------------------------------------------------------------------------------------------


@click.command(
    "object",
    short_help="Object to an application in public notice (提出异议).",
    epilog=example('creditbank object city $ACCOUNT $APPLICATION --reason "the certificate is somebody else\'s"'),
)
@bank_word
@account_word
@_application
@reason_option
@recording
def object_(bank: str, account: str, application: str, reason: str, asking: Asking) -> None:
    """
    Object to APPLICATION of ACCOUNT while it is in public notice (公示期内提出异议).

    Any registered institution may, for itself or for somebody who came to it. The application waits until whoever answers for the
    step has answered.
    """
    learner, id = account_id(account), ApplicationId(application)

    def tell(known: Known, recorded: Recorded) -> tuple[str, ...]:
        assert isinstance(recorded.event, ObjectionRaised), "that is what an objection says"
        return (f"已提出异议 Objection: {recorded.event.id}",)

    said(bank, asking, by_role(folder_of(bank)), lambda here: call(object_to, learner, id, reason), tell)


@click.command(
    short_help="Answer an objection (异议处理).",
    epilog=example(
        'creditbank answer city $ACCOUNT $APPLICATION $OBJECTION --dismiss --reason "checked with the issuer"'
    ),
)
@bank_word
@account_word
@_application
@click.argument("objection", metavar="OBJECTION")
@click.option(
    "--uphold/--dismiss", "upheld", required=True, help="Uphold it, which rejects the application; or dismiss it."
)
@reason_option
@recording
def answer(
    bank: str, account: str, application: str, objection: str, upheld: bool, reason: str, asking: Asking
) -> None:
    """Answer OBJECTION to APPLICATION of ACCOUNT (异议成立/不成立), signed by the institution that answers for the step."""
    learner, id = account_id(account), ApplicationId(application)

    def deduce(here: Bank) -> InstitutionId:
        known = here.known()
        state = pending(known.account(learner), id)
        return waiting(state, known.book(state.book)).by

    def tell(known: Known, recorded: Recorded) -> tuple[str, ...]:
        return ("异议成立,申请未通过 Upheld: the application is rejected" if upheld else "异议不成立 Dismissed",)

    verb = call(answer_objection, learner, id, ObjectionId(objection), upheld, reason)
    said(bank, asking, deduce, lambda here: verb, tell)


# --- corrections ------------------------------------------------------------------------------------------------------


@click.command(
    short_help="Correct an outcome that was recorded wrongly (更正).",
    epilog=example('creditbank correct city $ACCOUNT $OUTCOME corrected.json --reason "a slip in the credits"'),
)
@bank_word
@account_word
@click.argument("outcome", metavar="OUTCOME")
@file_word
@reason_option
@recording
def correct(bank: str, account: str, outcome: str, file: str, reason: str, asking: Asking) -> None:
    """
    Put the outcome in FILE in the place of OUTCOME of ACCOUNT (更正); said by its issuer.

    FILE (JSON; - for standard input) holds the whole outcome as for deposit, but for its number, which stays. Every conversion that
    used OUTCOME is undone; nothing is granted anew without an application.
    """
    learner, value = account_id(account), json_of(file)
    issuer = None if asking.by else issuer_of(value, file)

    def deduce(here: Bank) -> InstitutionId:
        assert issuer is not None, "asked for where --by names nobody"
        return issuer

    def verb(here: Bank) -> Call:
        return call(correct_verb, learner, OutcomeId(outcome), outcome_of(value, here, file), reason)

    def tell(known: Known, recorded: Recorded) -> Iterator[str]:
        assert isinstance(recorded.event, OutcomeCorrected), "that is what correcting says first"
        yield f"已更正 Corrected: {outcome}"
        yield f"成果 Outcome: {recorded.event.id}"
        for event in recorded.events:
            if isinstance(event, ItemsUndone):
                yield f"同时撤销申请项 Undone, too: {event.application}, items {', '.join(event.items)}"

    said(bank, asking, deduce, verb, tell)


@click.command(
    short_help="Say what would be decided otherwise now (重新试算).",
    epilog=example("creditbank reconsider city $ACCOUNT"),
)
@bank_word
@account_word
@json_option
def reconsider(bank: str, account: str, as_json: bool) -> None:
    """
    Quote every decision of ACCOUNT again without what fell since, and say what would come out otherwise (重新试算).

    What was decided stands; nothing is recorded, and nothing is granted anew without an application.
    """
    learner = account_id(account)
    with opened(folder_of(bank)) as here:
        found = ask_reconsider(here.known(), learner)
    if as_json:
        say_json({"account": learner, "reconsidered": [to_plain(row) for row in found]})
        return
    screen = Screen()
    if not found:
        screen.lines("无须重新考虑 Everything would be decided as it was")
    for row in found:
        now = f"终局,依据已失效 final; what it used holds no longer: {', '.join(row.fallen)}"
        if row.now is not None:
            now = f"现为 now: {_gist(row.now)}"
        screen.lines(f"{row.application} {row.item}: 原为 was: {_gist(row.recorded)}; {now}")


def _gist(result: ItemResult) -> str:
    if result.granted is None:
        return f"不予准予 refused {result.refused} ({result.clause})"
    return f"准予 granted {number_text(result.granted)}"


# --- rule books -------------------------------------------------------------------------------------------------------


@click.command(
    "withdraw-book",
    short_help="Let a version of a rule book serve no new application (废止).",
    epilog=example("creditbank withdraw-book city shandong-transfer 2026-1 --reason replaced"),
)
@bank_word
@click.argument("book", metavar="BOOK")
@click.argument("version", metavar="VERSION")
@reason_option
@recording
def withdraw_book(bank: str, book: str, version: str, reason: str, asking: Asking) -> None:
    """
    Let VERSION of the rule book BOOK serve no new application (废止), signed by the operator.

    What was decided under it stays decided. The version before it does not come back: publish its text again as a new version.
    """

    def verb(here: Bank) -> Call:
        found = [one for one in here.known().shelf(book).versions if version in (one.version, one.digest)]
        if not found:
            raise UnknownError("version of rule book", f"{book} {version}", "check the book's id and the version")
        return call(withdraw_book_verb, book, found[0].digest, reason)

    def tell(known: Known, recorded: Recorded) -> tuple[str, ...]:
        assert isinstance(recorded.event, BookWithdrawn), "that is what withdrawing a book says"
        return (f"已废止 Withdrawn: {book}@{recorded.event.version}", f"{recorded.event.digest}")

    said(bank, asking, by_role(folder_of(bank), "operator"), verb, tell)
