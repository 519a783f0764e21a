"""``creditbank deposit, revoke, balance, statement``: what an account holds."""

import click

from creditbank.bank import Bank, Call, Recorded, call
from creditbank.cli.asking import Asking, recording, said
from creditbank.cli.folder import folder_of, opened
from creditbank.cli.paper import Names, print_statement
from creditbank.cli.read import issuer_of, json_of, moment_of, outcome_of
from creditbank.cli.screen import Screen, say_json
from creditbank.cli.words import account_word, at_option, bank_word, example, file_word, json_option, reason_option
from creditbank.codec.payload import to_plain
from creditbank.domain.decide.account import deposit as deposit_verb, revoke as revoke_verb
from creditbank.domain.event import ItemsUndone, OutcomeDeposited, OutcomeRevoked
from creditbank.domain.known import Known
from creditbank.domain.name import InstitutionId, OutcomeId, account_id
from creditbank.domain.view.account import balance as ask_balance, statement as ask_statement
from creditbank.errors import UnknownError

__all__ = ["balance", "deposit", "revoke", "statement"]


# --- deposit and revoke -----------------------------------------------------------------------------------------------


@click.command(
    short_help="Put a learning outcome into an account (存入).",
    epilog=example("creditbank deposit city $ACCOUNT outcome.json"),
)
@bank_word
@account_word
@file_word
@recording
def deposit(bank: str, account: str, file: str, asking: Asking) -> None:
    """
    Put the learning outcome in FILE (JSON; - for standard input) into ACCOUNT (存入).

    The outcome is signed by its issuer, whose key lies in BANK/keys. Its fields are those of the library, such as

    \b
        {"class": "skill-certificate", "title": "Web前端开发",
         "issuer": "keys:assessor", "achieved_on": "2025-05-20",
         "credits": {"system": "cn-bank", "quanta": 16},
         "level": {"framework": "x", "value": "中级"},
         "category": "信息技术", "number": "X-2026-1"}

    Credits are whole quanta of their credit system. Of the number a keyed hash is kept, so that it is taken once.
    """
    learner, value = account_id(account), json_of(file)
    issuer = None if asking.by else issuer_of(value, file)

    def deduce(here: Bank) -> InstitutionId:
        assert issuer is not None, "asked for where --by names nobody"
        return issuer

    def verb(here: Bank) -> Call:
        return call(deposit_verb, learner, outcome_of(value, here, file))

    def tell(known: Known, recorded: Recorded) -> tuple[str, ...]:
        event = recorded.event
        assert isinstance(event, OutcomeDeposited), "that is what a deposit says"
        credits = event.outcome.credits
        worth = "" if credits is None else f", {Names(known).credit(credits)}"
        return (f"已存入 Deposited: {event.outcome.title}{worth}", f"成果 Outcome: {event.id}")

    said(bank, asking, deduce, verb, tell)


@click.command(
    short_help="Revoke an outcome, and what was granted from it (撤销).",
    epilog=example('creditbank revoke city $ACCOUNT $OUTCOME --reason "issued by mistake"'),
)
@bank_word
@account_word
@click.argument("outcome", metavar="OUTCOME")
@reason_option
@recording
def revoke(bank: str, account: str, outcome: str, reason: str, asking: Asking) -> None:
    """
    Revoke OUTCOME of ACCOUNT, and undo every conversion that used it (撤销); said by its issuer.

    Nothing disappears: the statement says what was revoked and undone. OUTCOME's id is what deposit said; statement --json
    has it, too.
    """
    learner = account_id(account)

    def issuer(here: Bank) -> InstitutionId:
        held = here.known().account_restricted(learner).outcomes.get(OutcomeId(outcome))
        if held is None:
            raise UnknownError("outcome", outcome, f"see the statement of {learner}")
        return held.outcome.issuer

    def tell(known: Known, recorded: Recorded) -> list[str]:
        undone = [event for event in recorded.events if isinstance(event, ItemsUndone)]
        assert isinstance(recorded.event, OutcomeRevoked), "that is what revoking says first"
        lines = [f"已撤销 Revoked: {outcome}"]
        return lines + [
            f"同时撤销申请项 Undone, too: {event.application}, items {', '.join(event.items)}" for event in undone
        ]

    said(bank, asking, issuer, lambda here: call(revoke_verb, learner, OutcomeId(outcome), reason), tell)


# --- balance and statement --------------------------------------------------------------------------------------------


@click.command(
    short_help="Show what is held and free to use (余额).",
    epilog=example("creditbank balance city $ACCOUNT", "creditbank balance city $ACCOUNT --at 2099-12-31"),
)
@bank_word
@account_word
@at_option
@json_option
def balance(bank: str, account: str, at: str | None, as_json: bool) -> None:
    """
    Show the credit that ACCOUNT holds and may use, by credit system (余额).

    What an application has reserved is not in it. With --at it is what the bank knew then.
    """
    folder, learner = folder_of(bank), account_id(account)
    with opened(folder) as here:
        known = here.known(None if at is None else moment_of(at, here.zone))
        held = ask_balance(known, learner)
        names = Names(known)
    if as_json:
        systems = {id: to_plain(names.systems[id]) for id in held}
        say_json(
            {
                "account": learner,
                "position": known.position,
                "held": {id: {"credits": names.amount(each), "quanta": each.quanta} for id, each in held.items()},
                "systems": systems,
            }
        )
        return
    rows = [(names.systems[id].name, id, names.amount(each)) for id, each in held.items()]
    screen = Screen()
    if rows:
        screen.table(("学分制 Credit system", "代号 Id", "可用 Held"), rows, (2,))
    else:
        screen.lines("没有学分 No credit is held")


@click.command(
    short_help="Show an account as a person reads it (账户清单).",
    epilog=example("creditbank statement city $ACCOUNT", "creditbank statement city $ACCOUNT --at 2099-12-31"),
)
@bank_word
@account_word
@at_option
@json_option
def statement(bank: str, account: str, at: str | None, as_json: bool) -> None:
    """
    Show ACCOUNT as a person reads it: balance, enrolments, outcomes, applications, transfers (账户清单).

    With --at it is what the bank knew then, whatever happened since.
    """
    folder, learner = folder_of(bank), account_id(account)
    with opened(folder) as here:
        known = here.known(None if at is None else moment_of(at, here.zone))
        shown = ask_statement(known, learner)
        names = Names(known)
        if as_json:
            say_json(
                {"statement": to_plain(shown), "systems": {id: to_plain(each) for id, each in names.systems.items()}}
            )
            return
        person = here.vault.person(learner)
        last = next(here.store.rows(known.position - 1, known.position)) if at is not None else None
        print_statement(
            Screen(),
            shown,
            names,
            name="" if person is None else person.name,
            at_ms=None if last is None else last.at_ms,
        )
