"""``creditbank deposit, quote, convert, statement``: what concerns one account."""

import secrets
from typing import Any

import click

from creditbank.bank import Bank, Recorded
from creditbank.cli.folder import folder_of, opened
from creditbank.cli.paper import Names, print_statement
from creditbank.cli.read import application_of, day_of, institution_of, issuer_of, json_of, moment_of, outcome_of
from creditbank.cli.screen import Screen, say_json
from creditbank.codec.payload import KINDS, to_plain
from creditbank.domain.application import Application
from creditbank.domain.decide.account import deposit as deposit_verb
from creditbank.domain.decide.convert import convert as convert_verb, deadline, waiting
from creditbank.domain.event import Applied, OutcomeDeposited
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId, InstitutionId, account_id
from creditbank.domain.request import Request
from creditbank.domain.rule import explain, workings
from creditbank.domain.rule.explain import Language
from creditbank.domain.view.account import quote as ask_quote, statement as ask_statement
from creditbank.domain.view.case import case_of
from creditbank.errors import UnknownError

__all__ = ["convert", "deposit", "quote", "statement"]

_KIND_NAMES = {kind: name for name, kind in KINDS.items()}

_bank = click.argument("bank", metavar="BANK")
_account = click.argument("account", metavar="ACCOUNT")
_json = click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
_by = click.option("--by", "by", help="The institution that asks; its key lies in BANK/keys.")
_key = click.option(
    "--request-key", help="Names this request: given again with the same key, it is answered and not done twice."
)
_lang = click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="The language of explanations."
)
_clauses = click.option("--workings", "clauses", is_flag=True, help="Show every clause and what it looked at.")


def _request(bank: Bank, by: InstitutionId, key: str | None) -> Request:
    return Request(by, key or f"cli-{secrets.token_hex(16)}", bank.today())


def _recorded(recorded: Recorded) -> dict[str, Any]:
    """Return what ``--json`` writes of a request that was recorded."""
    return {
        "position": recorded.position,
        "at_ms": recorded.at_ms,
        "events": [{"kind": _KIND_NAMES[type(event)], "event": to_plain(event)} for event in recorded.events],
    }


# --- deposit ----------------------------------------------------------------------------------------------------------


@click.command(short_help="Put a learning outcome into an account (存入).")
@_bank
@_account
@click.argument("file", metavar="FILE")
@_by
@_key
@_json
def deposit(bank: str, account: str, file: str, by: str | None, request_key: str | None, as_json: bool) -> None:
    """
    Put the learning outcome in FILE (JSON; - for standard input) into ACCOUNT (存入).

    The outcome is signed by its issuer, whose key lies in BANK/keys. Its fields are those of the library, such as

    \b
        {"class": "skill-certificate", "title": "Web前端开发",
         "issuer": "keys:assessor", "achieved_on": "2026-05-20",
         "credits": {"system": "cn-bank", "quanta": 16},
         "level": {"framework": "x", "value": "中级"},
         "category": "信息技术", "number": "X-2026-1"}

    Credits are whole quanta of their credit system. Of the number a keyed hash is kept, so that it is taken once.
    """
    folder, learner, value = folder_of(bank), account_id(account), json_of(file)
    asking = institution_of(by) if by else issuer_of(value, file)
    with opened(folder, (asking,)) as here:
        outcome = outcome_of(value, here, file)
        recorded = here.record(_request(here, asking, request_key), deposit_verb, learner, outcome)
        names = Names(here.known())
    event = recorded.event
    assert isinstance(event, OutcomeDeposited), "that is what a deposit says"
    if as_json:
        say_json(_recorded(recorded))
        return
    worth = "" if outcome.credits is None else f", {names.credit(outcome.credits)}"
    Screen().lines(
        f"已存入 Deposited: {outcome.title}{worth}",
        f"成果 Outcome: {event.id}",
        f"位置 Position: {recorded.position} (creditbank receipt {bank} {recorded.position})",
    )


# --- quote and convert ------------------------------------------------------------------------------------------------


@click.command(short_help="Say what a rule book would give (试算).")
@_bank
@_account
@click.argument("file", metavar="FILE")
@click.option("--on", "on", help="The civil day of the application; today by default.")
@_lang
@_clauses
@_json
def quote(bank: str, account: str, file: str, on: str | None, lang: Language, clauses: bool, as_json: bool) -> None:
    """
    Work out what the rule book named in FILE would give, and record nothing (试算).

    FILE holds an application (JSON; - for standard input), such as

    \b
        {"book": "<digest>", "act": "convert", "enrolment": "<id>",
         "items": [{"id": "1", "sources": ["<outcome>"],
                    "targets": [{"id": "c1", "name": "广告创意",
                                 "category": ["专业核心"], "compulsory": true,
                                 "credits": {"system": "cn-college", "quanta": 8}}]}],
         "parties": [["college", "keys:college"],
                     ["academic-affairs", "keys:college"]]}
    """
    folder, learner = folder_of(bank), account_id(account)
    application = application_of(json_of(file), file)
    with opened(folder) as here:
        day = here.today() if on is None else day_of(on)
        known = here.known()
        decision = ask_quote(known, learner, application, day)
        rows = workings(known.book(application.book), case_of(known, learner, application, day)) if clauses else ()
    if as_json:
        made: dict[str, Any] = {"decision": to_plain(decision), "on": day.isoformat()}
        if clauses:
            made["workings"] = [to_plain(row) for row in rows]
        say_json(made)
        return
    Screen().lines(f"试算 Quote, {day}:", explain(decision, rows, language=lang).rstrip("\n"))


@click.command(short_help="Ask for a conversion, under a rule book (申请转换).")
@_bank
@_account
@click.argument("file", metavar="FILE")
@_by
@_key
@_lang
@_json
def convert(
    bank: str, account: str, file: str, by: str | None, request_key: str | None, lang: Language, as_json: bool
) -> None:
    """
    Ask for the conversion in FILE (JSON as for quote; - for standard input), signed by the learner's school (申请转换).

    Every item is granted or refused by the rule book, with the clause. What is granted is reserved until the approvers
    whom the book names agree.
    """
    folder, learner = folder_of(bank), account_id(account)
    application = application_of(json_of(file), file)
    with opened(folder) as here:
        asking = institution_of(by) if by else _school(here.known(), learner, application)
    with opened(folder, (asking,)) as here:
        recorded = here.record(_request(here, asking, request_key), convert_verb, learner, application)
        known = here.known()
        event = recorded.event
        assert isinstance(event, Applied), "that is what convert says first"
        if as_json:
            say_json(_recorded(recorded))
            return
        screen = Screen()
        screen.lines(explain(event.decision, (), language=lang).rstrip("\n"), f"申请 Application: {event.id}")
        screen.lines(*_next(known, learner, event))
        screen.lines(f"位置 Position: {recorded.position} (creditbank receipt {bank} {recorded.position})")


def _school(known: Known, account: AccountId, application: Application) -> InstitutionId:
    held = known.account(account).enrolments.get(application.enrolment)
    if held is None:
        raise UnknownError("enrolment", application.enrolment, f"see the statement of {account}")
    return held.enrolment.school


def _next(known: Known, account: AccountId, event: Applied) -> tuple[str, ...]:
    """Say who has to agree next, if anybody."""
    state = known.account(account).applications[event.id]
    if state.status != "pending":
        return ()
    step, party = waiting(state, known.book(event.application.book))
    last = deadline(state, step)
    until = "" if last is None else f", 截止 by {last}"
    return (f"待审核 Waits for: {step.does}, {Names(known).institution(party)}{until}",)


# --- statement --------------------------------------------------------------------------------------------------------


@click.command(short_help="Show an account as a person reads it (账户清单).")
@_bank
@_account
@click.option(
    "--at",
    "at",
    help="As known then: a day, an ISO time (in the bank's zone if it names none), or a number of entries.",
)
@_json
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
