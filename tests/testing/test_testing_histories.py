"""Drawn histories are what verbs say; drawn accounts, states, cases keep the laws; and the strategies reach what matters."""

import base64
from collections import Counter
from datetime import timedelta
from fractions import Fraction
from typing import get_args

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from hypothesis.vendor.pretty import pretty

from creditbank.codec.payload import to_plain
from creditbank.codec.state import decode_state, encode_state
from creditbank.domain.account import Account
from creditbank.domain.again import again
from creditbank.domain.credit import Credit, CreditSystem
from creditbank.domain.effect import postings, stream_of
from creditbank.domain.event import EVENTS, AccountErased, Event, InstitutionRegistered, KeyAdded
from creditbank.domain.known import Known
from creditbank.domain.outcome import Diploma, Outcome, SkillCertificate, Training
from creditbank.domain.rule import Case, RuleBook, decide
from creditbank.domain.state import State, before, fold
from creditbank.domain.view.account import Statement, balance, quote
from creditbank.errors import BookNotInForceError, ErasedError, RestrictedError
from creditbank.ledger import PublicKey, possession_message
from creditbank.testing import strategies
from creditbank.testing.strategies import (
    History,
    accounts,
    case_and_book,
    certificate_numbers,
    courses,
    credits,
    enrolments,
    events,
    histories,
    items,
    outcomes,
    parts,
    persons,
    requests,
    resident_ids,
    statements,
    states,
)
from creditbank.testing.strategies.story import STEPS
from creditbank.testing.world import ASSESSOR, BANK_CREDIT, COLLEGE, ORIGIN

BEGINNING = 18
"""Requests before the first that is drawn."""

REQUESTS_MAX = 7
"""Of one thing that happens: at most six steps, of which opening an account is three requests."""

# --- histories --------------------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(histories(ending=True))
def test_every_request_says_the_same_again(history: History) -> None:
    done: list[Event] = []
    for number, said in enumerate(history.said):
        if number >= BEGINNING:  # which is the same in all, and has a test of its own
            assert tuple(again(Known.of(done, history.documents), said.request, said.events)) == said.events
        done += said.events
    assert history.events == tuple(done)


def test_the_beginning_says_the_same_again_too() -> None:
    history = _one(histories(steps_max=0))
    done: list[Event] = []
    for said in history.said:
        assert tuple(again(Known.of(done, history.documents), said.request, said.events)) == said.events
        done += said.events
    assert len(history.accounts) == 2
    assert len(history.said) == BEGINNING
    assert len({said.request.nonce for said in history.said}) == len(history.said)


def _one(strategy: st.SearchStrategy[History]) -> History:
    found: list[History] = []

    @settings(max_examples=1, database=None)
    @given(strategy)
    def draw(history: History) -> None:
        found.append(history)

    draw()
    return found[0]


@settings(max_examples=20)
@given(histories("certificate", ending=True))
def test_an_account_is_always_there_and_who_ended_is_not(history: History) -> None:
    assert history.accounts
    for id in history.accounts:
        balance(history.known, id)
    ended = [event for event in history.events if type(event).__name__ in ("AccountErased", "AccountRestricted")]
    for event in ended:
        assert stream_of(event) not in history.accounts
        with pytest.raises(ErasedError if isinstance(event, AccountErased) else RestrictedError):
            history.known.account(event.account)


@settings(max_examples=20)
@given(st.data())
def test_a_drawn_application_can_be_asked_for(data: st.DataObject) -> None:
    history = data.draw(histories("certificate"))
    for id in history.holding:
        application = data.draw(history.applications(id))
        try:
            decision = quote(history.known, id, application, history.today)
        except BookNotInForceError:
            continue  # a step may have withdrawn the book
        assert [result.item for result in decision.results] == [item.id for item in application.items]


def test_a_failing_history_prints_what_was_drawn_and_no_rule_books() -> None:
    plain, told = _one(histories(steps_max=0)), _one(histories("certificate", "convert", steps_max=0))
    assert "BankFounded" not in repr(plain)
    assert repr(plain).count("\n") == 1
    assert [line.split("(")[0].split()[-1] for line in repr(told).split("\n  ")[1:-1]] == [
        "OutcomeDeposited",
        "Applied",
    ]
    assert "RuleBook" not in pretty(told)
    assert len(pretty(told)) < 10_000


def test_an_account_that_holds_nothing_is_not_holding() -> None:
    history = _one(histories(steps_max=0))
    assert history.holding == ()


def test_histories_are_the_same_whenever_they_are_told() -> None:
    first, second = _one(histories("certificate", steps_max=0)), _one(histories("certificate", steps_max=0))
    assert first.said[:18] == second.said[:18]


@settings(max_examples=20)
@given(histories(steps_max=2))
def test_a_history_is_as_short_as_is_asked_for(history: History) -> None:
    assert BEGINNING <= len(history.said) <= BEGINNING + 2 * REQUESTS_MAX


@pytest.mark.parametrize("name", ["fly", "", "tell"])
def test_there_are_no_other_steps(name: str) -> None:
    with pytest.raises(KeyError, match=repr(name)):
        _one(histories(name))


def test_every_step_can_come_first_and_says_what_it_is() -> None:
    for name, step in STEPS.items():
        assert (step.__doc__ or "").endswith(".")
        history = _one(histories(name, steps_max=0))
        assert len(history.said) >= BEGINNING


# --- what the strategies reach ----------------------------------------------------------------------------------------


def test_histories_reach_every_kind_of_event_and_decision() -> None:
    """Without a word about which: a strategy that never converts would test nothing downstream."""
    kinds: Counter[str] = Counter()
    refused: Counter[str] = Counter()

    @settings(max_examples=250, derandomize=True, database=None)
    @given(histories(ending=True))
    def draw(history: History) -> None:
        kinds.update({type(event).__name__ for event in history.events})
        for event in history.events:
            if type(event).__name__ == "Applied":
                refused.update({result.refused or "granted" for result in event.decision.results})  # type: ignore[union-attr] # Applied has a decision

    draw()
    unreached = {kind.__name__ for kind in EVENTS if not kinds[kind.__name__]}
    assert unreached == set(), kinds
    assert refused["granted"] >= 10
    assert len(refused) >= 3, refused


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_events_of_one_kind(kind: type[Event]) -> None:
    @settings(max_examples=3)
    @given(events(kind))
    def draw(event: Event) -> None:
        assert type(event) is kind
        assert all(move.credit.quanta > 0 for move in postings(event))

    draw()


@settings(max_examples=20)
@given(events(InstitutionRegistered, KeyAdded))
def test_signatures_of_possession_hold(event: Event) -> None:
    assert isinstance(event, InstitutionRegistered | KeyAdded)
    key, message = PublicKey.parse(event.key), possession_message(ORIGIN, event.institution, PublicKey.parse(event.key))
    assert key.verify(base64.b64decode(event.possession), message)


# --- laws of what is drawn --------------------------------------------------------------------------------------------


def _lawful(account: Account) -> None:
    for lot_id, lot in account.lots.items():
        assert sum(lot.places.values()) == 0
        assert all(quanta >= 0 for place, quanta in lot.places.items() if place != "issued")
        users = {use.application.status for use in account.uses(lot_id)}
        if lot.at("converted"):
            assert "converted" in users
        elif lot.at("reserved"):
            assert users == {"pending"}
    assert account.opened
    assert account.entries >= 3


@settings(max_examples=25)
@given(accounts("certificate", "convert"))
def test_accounts_keep_the_laws(account: Account) -> None:
    _lawful(account)
    assert decode_state(account.id, encode_state(account)) == account
    assert account.applications


@settings(max_examples=25)
@given(statements())
def test_a_statement_adds_up(statement: Statement) -> None:
    held: dict[str, int] = {}
    for lot in statement.lots:
        for place, credit in lot.places:
            if place == "held":
                held[credit.system] = held.get(credit.system, 0) + credit.quanta
    assert {credit.system: credit.quanta for credit in statement.held if credit} == {s: q for s, q in held.items() if q}


@pytest.mark.parametrize("kind", get_args(State), ids=lambda kind: kind.__name__)
def test_states_are_folded_from_events(kind: type) -> None:
    @settings(max_examples=3)
    @given(states(kind))
    def draw(state: object) -> None:
        assert type(state) is kind
        assert state != before(state.id)  # type: ignore[attr-defined] # every state has its stream's id

    draw()


@settings(max_examples=20)
@given(histories())
def test_an_account_is_the_fold_of_its_stream(history: History) -> None:
    for id in history.accounts:
        own = [event for event in history.events if stream_of(event) == id]
        assert fold(before(id), own) == history.known.account(id)


@given(case_and_book())
def test_a_case_is_decided_by_its_book(drawn: tuple[Case, RuleBook]) -> None:
    case, book = drawn
    decision = decide(book, case)
    assert decision.book == case.book
    for item, result in zip(case.items, decision.results, strict=True):
        assert item.id == result.item
        assert not (result.refused or "").startswith("missing."), "a drawn case has what its book asks for"
        if result.granted is not None:
            declined = sum((each.credits for each in result.declined), Fraction(0))
            assert result.granted + result.kept + result.forfeited + result.rounded + declined == result.worth


def test_cases_are_granted_and_refused() -> None:
    said: Counter[str] = Counter()

    @settings(max_examples=250, derandomize=True, database=None)
    @given(case_and_book())
    def draw(drawn: tuple[Case, RuleBook]) -> None:
        case, book = drawn
        said.update({(result.refused or "granted").partition(".")[0] for result in decide(book, case).results})

    draw()
    assert said["granted"] >= 20
    assert {"gate", "cap", "once"} <= set(said), said


# --- what can be asked for --------------------------------------------------------------------------------------------


@given(st.data())
def test_outcomes_are_of_whom_and_what_is_asked(data: st.DataObject) -> None:
    day = data.draw(strategies.days(since=BANK_DAY, until=BANK_DAY + timedelta(days=9)))
    found: Outcome = data.draw(outcomes(SkillCertificate, Training, issuer=ASSESSOR, system=BANK_CREDIT, until=day))
    assert isinstance(found, SkillCertificate | Training)
    assert found.issuer == ASSESSOR
    assert found.achieved_on <= day
    assert found.credits is None or found.credits.system == BANK_CREDIT.id
    assert isinstance(data.draw(outcomes(Diploma)), Diploma)


BANK_DAY = strategies.values.DAY_MIN


@settings(max_examples=30)
@given(st.data())
def test_credit_is_of_the_system_and_within_the_bounds(data: st.DataObject) -> None:
    system: CreditSystem = data.draw(strategies.credit_systems())
    found: Credit = data.draw(credits(system, min_quanta=1, max_quanta=3))
    assert system.credit(system.text(found)) == found
    assert 1 <= found.quanta <= 3
    assert data.draw(courses(system)).credits.system == system.id
    enrolment = data.draw(enrolments(COLLEGE, system))
    assert enrolment.school == COLLEGE
    assert enrolment.programme.credits is None or enrolment.programme.credits.system == system.id
    assert len({course.credits.system for course in data.draw(items()).targets}) <= 1
    request = data.draw(requests(COLLEGE, BANK_DAY))
    assert (request.by, request.on, len(request.id())) == (COLLEGE, BANK_DAY, 32)


@settings(max_examples=30)
@given(st.data())
def test_people_and_numbers(data: st.DataObject) -> None:
    born = data.draw(resident_ids(born_since=BANK_DAY, born_until=BANK_DAY + timedelta(days=1))).birth
    assert BANK_DAY <= born <= BANK_DAY + timedelta(days=1)
    person = data.draw(persons())
    assert person.name not in repr(person) or person.name in "Person(document='resident-id')passport"
    assert data.draw(certificate_numbers())
    assert to_plain(data.draw(strategies.certificate_numbers(strategies.values.FORMATS[0])))


def test_parts_are_of_their_kind() -> None:
    with pytest.raises(KeyError):
        parts(int)
