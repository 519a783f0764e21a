"""``creditbank transfer offer|accept|decline``: a pupil changes school."""

from collections.abc import Callable

import click

from creditbank.bank import Bank, Recorded, call
from creditbank.cli.asking import Asking, recording, said
from creditbank.cli.converting import enrolment_of
from creditbank.cli.paper import Names
from creditbank.cli.read import json_of
from creditbank.cli.shape import shaped
from creditbank.cli.words import account_word, bank_word, example, file_word, reason_option
from creditbank.domain.application import TransferOffer
from creditbank.domain.decide.transfer import accept_transfer, decline_transfer, offer_transfer
from creditbank.domain.event import TransferOffered
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId, InstitutionId, TransferId, account_id
from creditbank.errors import UnknownError

__all__ = ["transfer"]

_transfer = click.argument("transfer", metavar="TRANSFER")


@click.group(short_help="Offer, accept or decline a pupil's transfer (转学).")
def transfer() -> None:
    """A pupil's transfer between schools (转学、互转): one school offers, the other accepts or declines."""


@transfer.command(
    short_help="Offer a pupil to another school (提出转学).",
    epilog=example("creditbank transfer offer city $PUPIL offer.json"),
)
@bank_word
@account_word
@file_word
@recording
def offer(bank: str, account: str, file: str, asking: Asking) -> None:
    """
    Offer the pupil of ACCOUNT to another school, as FILE says (JSON; - for standard input), signed by the present school.

    \b
        {"book": "$TRANSFER_BOOK", "enrolment": "$ENROLMENT",
         "to": "keys:trade-school", "year_group": "高一",
         "programme": {"id": "740201", "name": "中餐烹饪",
                       "kind": "vocational-3", "months": 36},
         "seats": "seats:trade-school.3y-cook-2026", "starts_on": "$STARTS_ON",
         "facts": [["application.remaining_years", "2.5"],
                   ["application.test_passed", true],
                   ["application.window", "高一S1"]]}

    The rule book named there decides at once: an offer that it refuses is not recorded, and the clause is said. Facts are
    what the book asks besides, sorted by name.
    """
    learner = account_id(account)
    offered: TransferOffer = shaped(json_of(file), TransferOffer, file)

    def school(here: Bank) -> InstitutionId:
        return enrolment_of(here, learner, offered.enrolment).enrolment.school

    def tell(known: Known, recorded: Recorded) -> tuple[str, ...]:
        event = recorded.event
        assert isinstance(event, TransferOffered), "that is what offering says"
        to = Names(known).institution(offered.to)
        return (f"已提出转学 Offered to {to}: {offered.programme.name}", f"转学 Transfer: {event.id}")

    said(bank, asking, school, lambda here: call(offer_transfer, learner, offered), tell)


def _receiver(account: AccountId, transfer: TransferId) -> Callable[[Bank], InstitutionId]:
    def deduce(here: Bank) -> InstitutionId:
        state = here.known().account(account).transfers.get(transfer)
        if state is None:
            raise UnknownError("transfer", transfer, f"see the statement of {account}")
        return state.offer.to

    return deduce


@transfer.command(
    short_help="Take the pupil (接收).", epilog=example("creditbank transfer accept city $PUPIL $TRANSFER")
)
@bank_word
@account_word
@_transfer
@recording
def accept(bank: str, account: str, transfer: str, asking: Asking) -> None:
    """
    Take the pupil whom TRANSFER of ACCOUNT offers (接收), signed by the receiving school.

    One place is taken, the old enrolment ends and the new one begins on the offer's first day.
    """
    learner, id = account_id(account), TransferId(transfer)

    def tell(known: Known, recorded: Recorded) -> tuple[str, ...]:
        state = known.account(learner).transfers[id]
        left = known.seats(state.offer.seats).left
        return (f"已接收 Accepted: {id}, 自 from {state.offer.starts_on}", f"余名额 Places left: {left}")

    said(bank, asking, _receiver(learner, id), lambda here: call(accept_transfer, learner, id), tell)


@transfer.command(
    short_help="Do not take the pupil (不接收).",
    epilog=example('creditbank transfer decline city $PUPIL $TRANSFER --reason "no place in the workshop"'),
)
@bank_word
@account_word
@_transfer
@reason_option
@recording
def decline(bank: str, account: str, transfer: str, reason: str, asking: Asking) -> None:
    """Do not take the pupil whom TRANSFER of ACCOUNT offers (不接收), signed by the receiving school."""
    learner, id = account_id(account), TransferId(transfer)

    def tell(known: Known, recorded: Recorded) -> tuple[str, ...]:
        return (f"不接收 Declined: {id}",)

    said(bank, asking, _receiver(learner, id), lambda here: call(decline_transfer, learner, id, reason), tell)
