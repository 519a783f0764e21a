"""``creditbank quote, convert, agree, reject, withdraw, lapse``: an application from the first question to its end."""

from collections.abc import Callable
from typing import Any

import click

from creditbank.bank import Bank, Recorded, call
from creditbank.cli.asking import Asking, by_role, recording, said
from creditbank.cli.folder import folder_of, opened
from creditbank.cli.paper import Names
from creditbank.cli.read import day_of, json_of
from creditbank.cli.screen import Screen, say_json
from creditbank.cli.shape import shaped
from creditbank.cli.words import (
    account_word,
    bank_word,
    example,
    file_word,
    json_option,
    lang_option,
    reason_option,
)
from creditbank.codec.payload import to_plain
from creditbank.domain.account import ApplicationState, HeldEnrolment
from creditbank.domain.application import Application
from creditbank.domain.decide.convert import (
    agree as agree_verb,
    convert as convert_verb,
    deadline,
    lapse as lapse_verb,
    noticed_until,
    reject as reject_verb,
    waiting,
    withdraw as withdraw_verb,
)
from creditbank.domain.event import ApplicationClosed, Applied, Converted
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId, ApplicationId, Digest, EnrolmentId, InstitutionId, account_id
from creditbank.domain.rule import explain, workings
from creditbank.domain.rule.explain import Language
from creditbank.domain.view.account import quote as ask_quote
from creditbank.domain.view.case import case_of
from creditbank.errors import MalformedError, StateError, UnknownError

__all__ = ["agree", "convert", "enrolment_of", "lapse", "quote", "reject", "withdraw"]

_application = click.argument("application", metavar="APPLICATION")


# --- asking -----------------------------------------------------------------------------------------------------------


@click.command(
    short_help="Say what a rule book would give (试算).",
    epilog=example(
        "creditbank quote city $ACCOUNT application.json",
        "creditbank quote city $ACCOUNT application.json --workings --lang en",
    ),
)
@bank_word
@account_word
@file_word
@click.option("--on", "on", help="The civil day of the application; today by default.")
@lang_option
@click.option("--workings", "clauses", is_flag=True, help="Show every clause and what it looked at.")
@json_option
def quote(bank: str, account: str, file: str, on: str | None, lang: Language, clauses: bool, as_json: bool) -> None:
    """
    Work out what the rule book named in FILE would give, and record nothing (试算).

    FILE holds an application (JSON; - for standard input), such as

    \b
        {"book": "$BOOK", "act": "convert", "enrolment": "$ENROLMENT",
         "items": [{"id": "1", "sources": ["$OUTCOME"],
                    "targets": [{"id": "c1", "name": "广告创意",
                                 "category": ["专业核心"], "compulsory": true,
                                 "credits": {"system": "cn-college", "quanta": 8}}]}],
         "parties": [["college", "keys:college"],
                     ["academic-affairs", "keys:college"]]}

    with the ids that publish, enrol and deposit said. The parties are those who must agree, by their role in the book.
    """
    folder, learner = folder_of(bank), account_id(account)
    application: Application = shaped(json_of(file), Application, file)
    with opened(folder) as here:
        day = here.today() if on is None else day_of(on)
        known = here.known()
        decision = ask_quote(known, learner, application, day)
        case = case_of(known, learner, application, day)
        rules = known.book(Digest(decision.book))
        rows = workings(rules, case) if clauses else ()
    if as_json:
        made: dict[str, Any] = {"decision": to_plain(decision), "on": day.isoformat()}
        if clauses:
            made["workings"] = [to_plain(row) for row in rows]
        say_json(made)
        return
    Screen().lines(f"试算 Quote, {day}:", explain(decision, rows, language=lang, case=case, book=rules).rstrip("\n"))


@click.command(
    short_help="Ask for a conversion, under a rule book (申请转换).",
    epilog=example("creditbank convert city $ACCOUNT application.json"),
)
@bank_word
@account_word
@file_word
@lang_option
@recording
def convert(bank: str, account: str, file: str, lang: Language, asking: Asking) -> None:
    """
    Ask for the conversion in FILE (JSON as for quote; - for standard input), signed by the learner's school (申请转换).

    Every item is granted or refused by the rule book, with the clause. What is granted is reserved until the approvers
    whom the book names agree.
    """
    learner = account_id(account)
    application: Application = shaped(json_of(file), Application, file)

    def school(here: Bank) -> InstitutionId:
        return enrolment_of(here, learner, application.enrolment).enrolment.school

    def tell(known: Known, recorded: Recorded) -> tuple[str, ...]:
        event = recorded.event
        assert isinstance(event, Applied), "that is what convert says first"
        explained = explain(event.decision, (), language=lang).rstrip("\n")
        return (explained, f"申请 Application: {event.id}", *_next(known, learner, event.id))

    said(bank, asking, school, lambda here: call(convert_verb, learner, application), tell)


def enrolment_of(here: Bank, account: AccountId, enrolment: EnrolmentId) -> HeldEnrolment:
    """Return an enrolment of *account*, or raise UnknownError."""
    held = here.known().account(account).enrolments.get(enrolment)
    if held is None:
        raise UnknownError("enrolment", enrolment, f"see the statement of {account}")
    return held


def _next(known: Known, account: AccountId, application: ApplicationId) -> tuple[str, ...]:
    """Say who has to agree next, if anybody."""
    state = known.account(account).applications[application]
    if state.status != "pending":
        return ()
    now = waiting(state, known.book(state.book))
    last, noticed, names = deadline(state, now.step), noticed_until(state, now.step), Names(known)
    until = "" if last is None else f", 截止 by {last}"
    who = "、".join(names.institution(member) for member in now.members)
    said = [f"待审核 Waits for: {now.step.does}, {who}{until}"]
    if noticed is not None:
        said.append(f"公示 In public notice until {noticed}")
    for objection in state.objections:
        if objection.upheld is None:
            said.append(f"异议 Objection {objection.id}: {names.institution(objection.by)}, {objection.reason}")
    return tuple(said)


# --- answering --------------------------------------------------------------------------------------------------------


def _state(here: Bank, account: AccountId, application: ApplicationId) -> ApplicationState:
    state = here.known().account(account).applications.get(application)
    if state is None:
        raise UnknownError("application", application, f"see the statement of {account}")
    return state


def _waiting_for(asking: Asking, account: AccountId, application: ApplicationId) -> Callable[[Bank], InstitutionId]:
    """
    Return how to find whom the application waits for.

    Raises, in this order:
        MalformedError: A request key is given. Asked again, it would be another's turn, and that one would agree by mistake.
        UnknownError, StateError: There is no such application, or it waits for nobody.
    """

    def deduce(here: Bank) -> InstitutionId:
        if asking.request_key is not None:
            raise MalformedError("whose turn it is changes with every step", "--request-key", "say who asks with --by")
        state = _state(here, account, application)
        if state.status != "pending":
            raise StateError("application", application, state.status, "nothing is left to agree")
        return waiting(state, here.known().book(state.book)).members[0]

    return deduce


@click.command(
    short_help="Agree to the step that an application waits for (同意).",
    epilog=example("creditbank agree city $ACCOUNT $APPLICATION"),
)
@bank_word
@account_word
@_application
@recording
def agree(bank: str, account: str, application: str, asking: Asking) -> None:
    """
    Agree to the step that APPLICATION of ACCOUNT waits for (审核同意); the last step converts what was reserved.

    Signed by the approver whose turn it is. APPLICATION's id is what convert said.
    """
    learner, id = account_id(account), ApplicationId(application)

    def tell(known: Known, recorded: Recorded) -> tuple[str, ...]:
        done = isinstance(recorded.events[-1], Converted)
        return (
            (f"已同意 Agreed: {id}", "已转换 Converted")
            if done
            else (f"已同意 Agreed: {id}", *_next(known, learner, id))
        )

    said(bank, asking, _waiting_for(asking, learner, id), lambda here: call(agree_verb, learner, id), tell)


def _closed(known: Known, recorded: Recorded) -> tuple[str, ...]:
    event = recorded.event
    assert isinstance(event, ApplicationClosed), "that is what ends an application"
    how = {"rejected": "未通过", "withdrawn": "已撤回", "lapsed": "逾期失效"}[event.how]
    return (f"{how} {event.how.capitalize()}: {event.application}", "预留的学分已释放 What was reserved is free again")


@click.command(
    short_help="Refuse the step that an application waits for (不同意).",
    epilog=example('creditbank reject city $ACCOUNT $APPLICATION --reason "the course has begun"'),
)
@bank_word
@account_word
@_application
@reason_option
@recording
def reject(bank: str, account: str, application: str, reason: str, asking: Asking) -> None:
    """
    Refuse the step that APPLICATION of ACCOUNT waits for (审核不通过); everything reserved is free again.

    Signed by the approver whose turn it is.
    """
    learner, id = account_id(account), ApplicationId(application)
    said(bank, asking, _waiting_for(asking, learner, id), lambda here: call(reject_verb, learner, id, reason), _closed)


@click.command(
    short_help="Take an application back (撤回).",
    epilog=example('creditbank withdraw city $ACCOUNT $APPLICATION --reason "asked for by the learner"'),
)
@bank_word
@account_word
@_application
@reason_option
@recording
def withdraw(bank: str, account: str, application: str, reason: str, asking: Asking) -> None:
    """Take APPLICATION of ACCOUNT back (撤回), signed by the school that made it; everything reserved is free again."""
    learner, id = account_id(account), ApplicationId(application)

    def school(here: Bank) -> InstitutionId:
        enrolment = _state(here, learner, id).application.enrolment
        return enrolment_of(here, learner, enrolment).enrolment.school

    said(bank, asking, school, lambda here: call(withdraw_verb, learner, id, reason), _closed)


@click.command(
    short_help="Record that nobody agreed in time (逾期失效).",
    epilog=example("creditbank lapse city $ACCOUNT $APPLICATION"),
)
@bank_word
@account_word
@_application
@recording
def lapse(bank: str, account: str, application: str, asking: Asking) -> None:
    """
    Record that a step of APPLICATION of ACCOUNT was not agreed in time (逾期失效); everything reserved is free again.

    Any registered institution may, once the last day that the rule book sets is over.
    """
    learner, id = account_id(account), ApplicationId(application)
    said(bank, asking, by_role(folder_of(bank)), lambda here: call(lapse_verb, learner, id), _closed)
