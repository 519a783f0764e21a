"""
Two banks on one store against the plainest model that could be right.

The model says of every request whether it is allowed, and otherwise with which error it is refused. After each step both banks
say what the model says; at the end everything verifies, which decides every request again.

    CREDITBANK_HYPOTHESIS_PROFILE=campaign .venv/bin/python -m pytest tests/model      # the long run
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import attrs
import hypothesis.strategies as st
import plain_bank as plain
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from creditbank.bank import Bank, Call, Recorded, call
from creditbank.domain.application import Application, Item, TransferOffer
from creditbank.domain.credit import Credit
from creditbank.domain.decide.account import correct, deposit, end_enrolment, enrol, erase, restrict, revoke
from creditbank.domain.decide.convert import agree, convert, lapse, reject, withdraw
from creditbank.domain.decide.keys import retire_key, set_seats, withdraw_book
from creditbank.domain.decide.objection import answer_objection, object_to
from creditbank.domain.decide.transfer import accept_transfer, decline_transfer, offer_transfer
from creditbank.domain.effect import postings
from creditbank.domain.event import ApplicationClosed, Applied, Converted, ItemsUndone
from creditbank.domain.name import AccountId, Digest, EnrolmentId, InstitutionId, OutcomeId, account_id
from creditbank.domain.outcome import Outcome
from creditbank.domain.programme import Programme
from creditbank.domain.request import Request
from creditbank.domain.view.account import Statement, balance, statement
from creditbank.errors import CreditBankError, ErasedError, KeyReusedError, NotPermittedError, StaleDraftError
from creditbank.ledger import Ed25519Signer, PublicKey
from creditbank.testing.world import ASSESSOR, COLLEGE, OPERATOR, VOCATIONAL, World, signer_of
from creditbank.verify import check_receipt

PERSONS = 3
NOWHERE = account_id("account:" + "0" * 32)
NONE = "0" * 32
DEMAND = "12" * 32

COURSES = {
    "c1": ("专业核心", 8),
    "c2": ("专业核心", 8),
    "c3": ("专业基础", 6),
    "c4": ("专业核心", 1),
    "c5": ("专业核心", 16),
}
PROGRAMMES = ("p1", "p2")

BOOK = """
book = "free-{name}"
version = "1"
title = "自由使用"
since = 2020-01-01
acts = ["convert"]
system = "cn-college"
basis = {{ t = {{ title = "测试", url = "https://example.org/" }} }}
clause = [
  {{ id = "1", kind = "map", match = {{ "source.class" = ["course", "credit"], "target.kind" = "course" }}, basis = "t:1" }},
  {{ id = "2", kind = "worth", of = "@target.credits", basis = "t:2" }},
  {{ id = "3", kind = "once", per = ["target"], across = "programme", code = "course-used", basis = "t:3" }},
  {chain}
]
"""
PANEL = (
    '{ id = "4", kind = "chain", basis = "t:4", steps = ['
    '{ by = ["academic-affairs", "college"], does = "认定", notice = "2 days" }, { by = "college", does = "公布" }] }'
)
CHAIN = '{ id = "4", kind = "chain", steps = [{ by = "academic-affairs", does = "审批" }], basis = "t:4" }'

persons = st.integers(0, PERSONS - 1)
banks = st.integers(0, 1)
numbers = st.sampled_from([None, None, "N-1", "N-2"])


def _spread(number: int) -> int:
    return int.from_bytes(hashlib.sha256(str(number).encode()).digest()[:4], "big")


# Hypothesis likes small numbers; what is picked by one should not mostly be the first.
picks = st.integers(0, 10**6).map(_spread)


def _pick(pick: int, given: Sequence[str]) -> str:
    """Return one of *given*, now and then one that is not there."""
    return NONE if not given or pick % 17 == 0 else given[pick % len(given)]


@attrs.frozen
class Shot:
    """Something recorded, to be asked for again."""

    request: Request
    call: Call
    recorded: Recorded
    account: str | None


class TwoBanks(RuleBasedStateMachine):
    """The machine; where its store lies is its subclasses' to say."""

    url: ClassVar[Callable[[Path], str]] = lambda _: "memory:"

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        options = {} if type(self).url(self.folder) == "memory:" else {"mark": self.folder / "mark"}
        self.world = World.founded(type(self).url(self.folder), **options)
        self.banks: list[Bank] = [self.world.bank, self.world.second()]
        self.model = plain.Plain()
        self.shots: list[Shot] = []
        self.photos: list[tuple[int, AccountId, Statement]] = []
        self.drafts: list[tuple[Any, Callable[[], plain.Refusal], Callable[[Recorded], object], Call]] = []
        self.signing = 0
        self.books: dict[str, Digest] = {}

    @initialize()
    def publish(self) -> None:
        world = self.world
        self.books = {"x": world.book, "transfers": world.transfers}
        for name, chain in (("now", ""), ("later", CHAIN), ("panel", PANEL)):
            text = BOOK.format(name=name, chain=chain)
            self.books[name] = world.bank.publish(world.request(OPERATOR), text)
        for number in range(PERSONS - 1):
            self.begin(number)

    def begin(self, person: int) -> None:
        """Let somebody begin with something, so that a short run gets somewhere."""
        self.open(0, person)
        account = AccountId(self.model.holders[person])  # type: ignore[arg-type] # text
        for school in (COLLEGE, plain.HIGH):
            enrolment = self.world.enrolment(InstitutionId(school))  # type: ignore[arg-type] # text
            id = self.world.enrol(account, InstitutionId(school))  # type: ignore[arg-type] # text
            self.model.accounts[account].enrolments[id] = plain.Enrolment(school, "510202", enrolment.since)
        for kind, half in ((0, None), (2, 20), (2, 12)):
            outcome, made = self._outcome(kind, None, "中级", half)
            self.model.deposit(account, self.world.deposit(account, outcome), made)
        # Credit from credit: what is first revoked takes a chain of three with it.
        ((enrolment, _), *_) = self.model.accounts[account].enrolments.items()
        (source, *_) = self.model.accounts[account].outcomes
        for target in sorted(COURSES)[: 3 if person == 0 else 0]:
            category, half = COURSES[target]
            asked = plain.Asked("0", (source,), target, category, half)
            item = self.world.item("0", source, self.world.course(target, f"{half / 2:g}", category))
            on = self.world.clock.day
            application = Application(self.books["now"], "convert", EnrolmentId(enrolment), (item,), ())

            def then(recorded: Recorded, asked: plain.Asked = asked, on: date = on) -> None:
                id = recorded.event.id  # type: ignore[union-attr] # Applied
                self.model.apply(account, id, enrolment, on, "now", [asked])
                self._check_decision(recorded, account, id)

            self.ask(0, COLLEGE, convert, account, application, refusal=None, then=then)
            source = f"{list(self.model.accounts[account].applications)[-1]}.0"

    def teardown(self) -> None:
        try:
            if self.books:
                self.check_everything()
        finally:
            self.world.bank.close()
            shutil.rmtree(self.folder)

    # --- asking -------------------------------------------------------------------------------------------------------

    def ask(
        self,
        bank: int,
        by: str,
        verb: Callable[..., Any],
        *args: Any,
        refusal: plain.Refusal,
        then: Callable[[Recorded], object],
        request: Request | None = None,
    ) -> None:
        """Ask one bank; it must do, or refuse, as the model says."""
        said = request or self.world.request(InstitutionId(by))  # type: ignore[arg-type] # ids are text in the model
        size = self.world.bank.store.size()
        if refusal is not None:
            with pytest.raises(CreditBankError) as raised:
                self.banks[bank].record(said, verb, *args)
            assert type(raised.value) is refusal, f"{raised.value!r}, where the model says {refusal.__name__}"
            assert self.world.bank.store.size() == size
            return
        recorded = self.banks[bank].record(said, verb, *args)
        assert recorded.position == size
        assert self.world.bank.store.size() == size + len(recorded.events)
        self.shots.append(Shot(said, Call(verb, args, {}), recorded, getattr(recorded.event, "account", None)))
        self._check_law_of(recorded)
        then(recorded)

    def _check_law_of(self, recorded: Recorded) -> None:
        """The credit that a decision issues is what it granted and what still stands of it."""
        for event in recorded.events:
            if isinstance(event, Converted):
                held = self.banks[0].known().account(event.account).applications[event.application]
                granted = sum(
                    (r.granted or 0) for r in held.decision.results if r.refused is None and r.item not in held.undone
                )
                issued = sum(move.credit.quanta for move in event.postings if move.source == "issued")
                assert issued == 2 * granted

    def account(self, pick: int) -> AccountId:
        """Return an account, open or not, erased ones among them."""
        found = _pick(pick, list(self.model.accounts))
        return NOWHERE if found == NONE else AccountId(found)  # type: ignore[arg-type] # text

    def held(self, account: str) -> plain.Account:
        return self.model.accounts.get(account, plain.Account(-1))

    # --- rules: accounts ----------------------------------------------------------------------------------------------

    @rule(bank=banks, person=persons)
    def open(self, bank: int, person: int) -> None:
        account = self.banks[bank].open_account(self.world.request(COLLEGE), self.world.person(person))
        if person in self.model.holders:
            assert account == self.model.holders[person]
        else:
            assert account not in self.model.accounts
            self.model.accounts[account] = plain.Account(person)
            self.model.holders[person] = account

    @rule(bank=banks, pick=picks, school=st.sampled_from(plain.SCHOOLS), wrong=st.booleans(), n=st.integers(0, 1))
    def enrol(self, bank: int, pick: int, school: str, wrong: bool, n: int) -> None:
        account, by = self.account(pick), plain.ASSESSOR if wrong and pick % 5 == 0 else school
        enrolment = attrs.evolve(
            self.world.enrolment(InstitutionId(school), PROGRAMMES[n]),  # type: ignore[arg-type] # text
            since=self.world.clock.day - timedelta(days=pick % 3 - 1),
        )

        def then(recorded: Recorded) -> None:
            made = plain.Enrolment(school, PROGRAMMES[n], enrolment.since)
            self.model.accounts[account].enrolments[recorded.event.id] = made  # type: ignore[union-attr] # Enrolled

        refusal = self.model.may_enrol(by, account, school, PROGRAMMES[n])
        self.ask(bank, by, enrol, account, enrolment, refusal=refusal, then=then)

    @rule(bank=banks, pick=picks, which=picks, late=st.integers(-3, 3))
    def end(self, bank: int, pick: int, which: int, late: int) -> None:
        account = self.account(pick)
        held = self.held(account)
        enrolment = _pick(which, list(held.enrolments))
        by = held.enrolments[enrolment].school if enrolment in held.enrolments and which % 7 else COLLEGE
        on = self.world.clock.day + timedelta(days=late)

        def then(_: Recorded) -> None:
            held.enrolments[enrolment].until = on

        refusal = self.model.may_end(by, account, enrolment, on)
        self.ask(bank, by, end_enrolment, account, enrolment, on, "left", refusal=refusal, then=then)

    def _outcome(self, kind: int, number: str | None, level: str, half: int | None) -> tuple[Outcome, plain.Outcome]:
        """Return an outcome of one of the five kinds, as the bank and as the model have it."""
        outcome = self.world.outcomes()[kind]
        if kind == 2:
            outcome = self.world.certificate(level, None if half is None else f"{half / 2:g}", number)
        elif number is not None:
            outcome = attrs.evolve(outcome, number=self.world.number(number, outcome.issuer))
        named = None if number is None else f"{outcome.issuer}/{number}"
        system, quanta = (outcome.credits.system, outcome.credits.quanta) if outcome.credits else ("", None)
        names = ("course", "diploma", "certificate", "award", "training")
        return outcome, plain.Outcome(names[kind], outcome.issuer, system, quanta, level, named)

    @rule(
        bank=banks,
        pick=picks,
        kind=st.sampled_from([0, 0, 1, 2, 2, 2, 3, 4]),
        number=numbers,
        level=st.sampled_from(["初级", "中级", "中级", "高级"]),
        half=st.sampled_from([None, 12, 16, 20]),
    )
    def deposit(self, bank: int, pick: int, kind: int, number: str | None, level: str, half: int | None) -> None:
        if kind == 1 and pick % 4:
            kind = 0  # few diplomas: they forbid erasing
        account = self.account(pick)
        outcome, made = self._outcome(kind, number, level, half)
        by = OPERATOR if pick % 19 == 1 else VOCATIONAL if pick % 19 == 2 else outcome.issuer

        def then(recorded: Recorded) -> None:
            self.model.deposit(account, recorded.event.id, made)  # type: ignore[union-attr] # OutcomeDeposited

        refusal = self.model.may_deposit(by, account, made)
        self.ask(bank, by, deposit, account, outcome, refusal=refusal, then=then)

    @rule(bank=banks, pick=picks, which=picks)
    def revoke(self, bank: int, pick: int, which: int) -> None:
        account = self.account(pick)
        held = self.held(account)
        used = [id for id in held.outcomes if held.uses(id)]
        outcome = _pick(which, used if used and which % 3 else list(held.outcomes))
        by = held.outcomes[outcome].issuer if outcome in held.outcomes and which % 11 else OPERATOR

        def then(recorded: Recorded) -> None:
            fell = self.model.revoke(account, outcome)
            self._check_fell(recorded, account, fell)

        refusal = self.model.may_revoke(by, account, outcome)
        self.ask(bank, by, revoke, account, outcome, "false", refusal=refusal, then=then)

    def _check_fell(self, recorded: Recorded, account: str, fell: set[tuple[str, frozenset[str]]]) -> None:
        """Check that what fell is what the model says, and that what is left of nothing is closed."""
        said = [event for event in recorded.events[1:] if isinstance(event, ItemsUndone)]
        assert {(event.application, frozenset(event.items)) for event in said} == fell
        closed = [event for event in recorded.events[1:] if isinstance(event, ApplicationClosed)]
        assert len(said) == len(fell) == len(recorded.events) - 1 - len(closed)
        assert all(self.model.accounts[account].applications[event.application].status == "undone" for event in closed)
        left = self.banks[0].known().account_restricted(AccountId(account)).applications  # type: ignore[arg-type] # text
        assert {id: state.status for id, state in left.items()} == {
            id: one.status for id, one in self.model.accounts[account].applications.items()
        }

    @rule(bank=banks, pick=picks, which=picks)
    def correct(self, bank: int, pick: int, which: int) -> None:
        account = self.account(pick)
        held = self.held(account)
        outcome = _pick(which, list(held.outcomes))
        by = held.outcomes[outcome].issuer if outcome in held.outcomes and which % 11 else OPERATOR
        known = self.banks[bank].known()
        wrong = None if self.model.closed(account) else known.account(account).outcomes.get(OutcomeId(outcome))
        right = self.world.certificate() if wrong is None else wrong.outcome
        right = attrs.evolve(right, title=f"更正{self.world.bank.store.size()}", number=None)

        def then(recorded: Recorded) -> None:
            fell = self.model.revoke(account, outcome)
            self.model.accounts[account].outcomes[recorded.event.id] = _another(held.outcomes[outcome])  # type: ignore[union-attr] # OutcomeCorrected
            self._check_fell(recorded, account, fell)

        refusal = self.model.may_correct(by, account, outcome)
        self.ask(bank, by, correct, account, outcome, right, "typo", refusal=refusal, then=then)

    @precondition(lambda self: len(self.shots) > 8)
    @rule(bank=banks, pick=picks, allowed=st.booleans())
    def erase(self, bank: int, pick: int, allowed: bool) -> None:
        account = self.account(pick)
        by = OPERATOR if allowed else COLLEGE

        def then(recorded: Recorded) -> None:
            self.model.erase(account)
            for other in self.banks:
                assert other.vault.person(account) is None
            remainder = recorded.event.remainder  # type: ignore[union-attr] # AccountErased
            held = list(self.model.accounts[account].lots().values())
            assert sum(cell.credit.quanta for cell in remainder) == sum(half for _, _, half in held)

        refusal = self.model.may_erase(by, account)
        self.ask(bank, by, erase, account, "PIPL 47", DEMAND, refusal=refusal, then=then)

    @precondition(lambda self: len(self.shots) > 14)
    @rule(bank=banks, pick=picks, allowed=st.integers(0, 3))
    def restrict(self, bank: int, pick: int, allowed: int) -> None:
        account = self.account(pick)
        by = OPERATOR if allowed == 0 else COLLEGE

        def then(_: Recorded) -> None:
            self.model.accounts[account].restricted = True

        refusal = self.model.may_restrict(by, account)
        self.ask(bank, by, restrict, account, "diploma", refusal=refusal, then=then)

    # --- rules: conversion --------------------------------------------------------------------------------------------

    def _application(
        self, account: str, picks: Sequence[int], book: str, enrolment: str
    ) -> tuple[Application, list[plain.Asked]]:
        held = self.held(account)
        credit = [lot for lot in held.lots() if "." in lot]
        kinds = {"certificate"} if book == "x" else {"course"}
        good = [id for id, outcome in held.outcomes.items() if outcome.kind in kinds]
        sources = [*good, *credit, *credit] if book != "x" else good
        asked: list[plain.Asked] = []
        for number, pick in enumerate(picks):
            from_ = sources if pick % 13 else [*held.outcomes, *credit]
            chosen = [_pick(pick, from_)]
            if book != "x" and pick % 5 == 0:
                chosen.append(_pick(pick // 5, from_))
            target = sorted(COURSES)[pick // 7 % len(COURSES)]
            category, half = COURSES[target]
            asked.append(plain.Asked(str(number), tuple(dict.fromkeys(chosen)), target, category, half))
        items = tuple(
            Item(one.id, one.sources, (self.world.course(one.target, f"{one.half / 2:g}", one.category),))
            for one in asked
        )
        parties = (("college", plain.COLLEGE), ("academic-affairs", plain.ACADEMIC))
        return Application(self.books[book], "convert", enrolment, items, parties), asked  # type: ignore[arg-type] # text

    def _check_decision(self, recorded: Recorded, account: str, application: str) -> None:
        event, held = recorded.event, self.model.accounts[account].applications[application]
        assert isinstance(event, Applied)
        granted = {r.item: r.granted * 2 for r in event.decision.results if r.granted is not None}
        assert granted == held.granted
        assert len(recorded.events) == (2 if held.status == "converted" else 1)

    def _apply(self, account: str, by: str, enrolment: str, book: str, picks: Sequence[int]) -> Any:
        application, asked = self._application(account, picks, book, enrolment)
        on = self.world.clock.day

        def refusal() -> plain.Refusal:
            return self.model.may_apply(by, account, enrolment, on, book, asked)

        def then(recorded: Recorded) -> None:
            id = recorded.event.id  # type: ignore[union-attr] # Applied
            self.model.apply(account, id, enrolment, on, book, asked)
            self._check_decision(recorded, account, id)

        return application, refusal, then

    @rule(
        bank=banks,
        pick=picks,
        which=picks,
        book=st.sampled_from(["x", "x", "now", "now", "later", "panel", "panel"]),
        items=st.lists(picks, min_size=1, max_size=3),
    )
    def apply(self, bank: int, pick: int, which: int, book: str, items: list[int]) -> None:
        account = self.account(pick)
        held = self.held(account)
        here = [id for id, one in held.enrolments.items() if one.school == COLLEGE]
        enrolment = _pick(which, here if which % 5 else list(held.enrolments))
        by = plain.ACADEMIC if which % 11 == 1 else COLLEGE
        application, refusal, then = self._apply(account, by, enrolment, book, items)
        self.ask(bank, by, convert, account, application, refusal=refusal(), then=then)

    @rule(
        bank=banks,
        pick=picks,
        book=st.sampled_from(["x", "x", "later"]),
        items=st.lists(picks, min_size=1, max_size=3),
        steps=st.integers(1, 2),
    )
    def apply_and_agree(self, bank: int, pick: int, book: str, items: list[int], steps: int) -> None:
        """Two rules in one: most applications are agreed to."""
        before = {id for held in self.model.accounts.values() for id in held.applications}
        self.apply(bank, pick, 3, book, items)
        for account, held in self.model.accounts.items():
            for id in held.applications.keys() - before:
                for _ in range(min(steps, len(plain.STEPS[book])) if held.applications[id].granted else 0):
                    self._agree(1 - bank, AccountId(account), id, 0)  # type: ignore[arg-type] # text

    def _pending(self, pick: int, which: int) -> tuple[AccountId, str]:
        """Return an application, of those that are pending most of the time."""
        open_ones = [
            (account, id)
            for account, held in self.model.accounts.items()
            for id, application in held.applications.items()
            if application.status == "pending" and not held.erased
        ]
        if open_ones and which % 7:
            return open_ones[pick % len(open_ones)]  # type: ignore[return-value] # text
        account = self.account(pick)
        return account, _pick(which, list(self.held(account).applications))

    def _waits_for(self, account: str, application: str, which: int) -> str:
        held = self.held(account).applications.get(application)
        if held is None or held.status != "pending" or which % 11 == 1:
            return plain.COLLEGE if which % 2 else plain.HIGH
        members = self.model.waits_for(held)
        return members[which % len(members)]

    @rule(bank=banks, pick=picks, which=picks)
    def agree(self, bank: int, pick: int, which: int) -> None:
        self._agree(bank, *self._pending(pick, which), which)

    def _agree(self, bank: int, account: AccountId, application: str, which: int) -> None:
        by, on = self._waits_for(account, application, which), self.world.clock.day

        def then(recorded: Recorded) -> None:
            self.model.agree(by, account, application, on)
            done = self.model.accounts[account].applications[application].status == "converted"
            assert len(recorded.events) == 1 + done

        refusal = self.model.may_agree(by, account, application, on)
        self.ask(bank, by, agree, account, application, refusal=refusal, then=then)

    @rule(bank=banks, pick=picks, which=picks, how=st.sampled_from(["rejected", "withdrawn", "lapsed", "lapsed"]))
    def close(self, bank: int, pick: int, which: int, how: str) -> None:
        account, application = self._pending(pick, which)
        waits = self._waits_for(account, application, which)
        by = {"rejected": waits, "withdrawn": plain.COLLEGE if which % 5 else plain.ACADEMIC, "lapsed": plain.HIGH}[how]

        def then(_: Recorded) -> None:
            self.model.accounts[account].applications[application].status = how

        refusal = self.model.may_close(how, by, account, application, self.world.clock.day)
        verb: Any = {"rejected": reject, "withdrawn": withdraw, "lapsed": lapse}[how]
        reason = () if how == "lapsed" else ("no",)
        self.ask(bank, by, verb, account, application, *reason, refusal=refusal, then=then)

    @rule(bank=banks, pick=picks, which=picks)
    def object(self, bank: int, pick: int, which: int) -> None:
        account, application = self._pending(pick, which)
        by = (plain.HIGH, plain.VOCATIONAL, plain.ASSESSOR)[which % 3]

        def then(recorded: Recorded) -> None:
            held = self.model.accounts[account].applications[application]
            held.objections[recorded.event.id] = (by, False)  # type: ignore[union-attr] # ObjectionRaised

        refusal = self.model.may_object(by, account, application, self.world.clock.day)
        self.ask(bank, by, object_to, account, application, "no", refusal=refusal, then=then)

    @rule(bank=banks, pick=picks, which=picks, upheld=st.booleans())
    def answer_one(self, bank: int, pick: int, which: int, upheld: bool) -> None:
        account, application = self._pending(pick, which)
        held = self.held(account).applications.get(application)
        objection = _pick(which, list(held.objections) if held else [])
        by = plain.ACADEMIC if which % 5 else plain.COLLEGE

        def then(_: Recorded) -> None:
            found = self.model.accounts[account].applications[application]
            found.objections[objection] = (found.objections[objection][0], True)
            if upheld:
                found.status = "rejected"

        refusal = self.model.may_answer_objection(by, account, application, objection)
        self.ask(bank, by, answer_objection, account, application, objection, upheld, "so", refusal=refusal, then=then)

    @precondition(lambda self: len(self.shots) > 20)
    @rule(bank=banks, book=st.sampled_from(["x", "now", "later", "transfers"]), sure=st.integers(0, 5))
    def withdraw_book(self, bank: int, book: str, sure: int) -> None:
        if sure or book in self.model.withdrawn:
            return  # rarely: little is left to do without books
        known = {"x": "x-certificate-conversion", "transfers": "shandong-transfer"}
        name = known.get(book, f"free-{book}")
        args = (name, self.books[book], "replaced")
        self.ask(bank, OPERATOR, withdraw_book, *args, refusal=None, then=lambda _: self.model.withdrawn.add(book))

    # --- rules: transfers ---------------------------------------------------------------------------------------------

    @rule(bank=banks, pick=picks, which=picks, passed=st.sampled_from([True, True, True, False]))
    def offer(self, bank: int, pick: int, which: int, passed: bool) -> None:
        account = self.account(pick)
        held = self.held(account)
        pupils = [id for id, one in held.enrolments.items() if one.school == plain.HIGH]
        enrolment = _pick(which, pupils if which % 5 else list(held.enrolments))
        school = held.enrolments[enrolment].school if enrolment in held.enrolments else plain.HIGH
        by = plain.COLLEGE if which % 13 == 1 else school
        offer = attrs.evolve(self._offer(passed), enrolment=enrolment)

        def then(recorded: Recorded) -> None:
            made = plain.Transfer(enrolment, offer.starts_on, offer.programme.id)
            held.transfers[recorded.event.id] = made  # type: ignore[union-attr] # TransferOffered

        refusal = self.model.may_offer(by, account, enrolment, self.world.clock.day, passed)
        self.ask(bank, by, offer_transfer, account, offer, refusal=refusal, then=then)

    def _offer(self, passed: bool) -> Any:
        said: dict[str, Any] = {"remaining_years": "2", "test_passed": passed, "window": "高一S2"}
        facts = tuple((f"application.{name}", fact) for name, fact in said.items())
        programme = Programme("740201", "中餐烹饪", "vocational-3", 36)
        return TransferOffer(
            self.books["transfers"], NONE, VOCATIONAL, programme, "二年级", self.world.seats,  # type: ignore[arg-type] # replaced
            self.world.clock.day + timedelta(days=2), facts,
        )  # fmt: skip

    @rule(bank=banks, pick=picks, which=picks, accept=st.booleans())
    def answer(self, bank: int, pick: int, which: int, accept: bool) -> None:
        offered = [
            (account, id) for account, held in self.model.accounts.items() for id, t in held.transfers.items()
            if not held.erased and (t.status == "offered" or pick % 9 == 0)
        ]  # fmt: skip
        account, transfer = offered[pick % len(offered)] if offered else (self.account(pick), NONE)
        by = plain.HIGH if which % 11 == 1 else VOCATIONAL
        refusal = self.model.may_answer(by, account, transfer, accept=accept)

        def accepted(recorded: Recorded) -> None:
            self.model.accept(account, transfer, recorded.event.enrolment)  # type: ignore[union-attr] # TransferAccepted

        def declined(_: Recorded) -> None:
            self.model.accounts[account].transfers[transfer].status = "declined"

        if accept:
            self.ask(bank, by, accept_transfer, account, transfer, refusal=refusal, then=accepted)
        else:
            self.ask(bank, by, decline_transfer, account, transfer, "full", refusal=refusal, then=declined)

    @precondition(lambda self: len(self.shots) % 4 == 3)
    @rule(bank=banks, places=st.integers(0, 3))
    def seats(self, bank: int, places: int) -> None:
        def then(_: Recorded) -> None:
            self.model.places = places

        self.ask(bank, VOCATIONAL, set_seats, self.world.seats, places, refusal=None, then=then)

    # --- rules: the shell ---------------------------------------------------------------------------------------------

    @rule(days=st.sampled_from([0, 0, 1, 1, 7, 29, 31]), ms=st.integers(0, 999))
    def wait(self, days: int, ms: int) -> None:
        self.world.clock.turn(days, ms)

    @rule(bank=banks, pick=picks)
    @precondition(lambda self: self.shots)
    def retry(self, bank: int, pick: int) -> None:
        """The same request under the same key is answered again; another one is refused."""
        shot = self.shots[pick % len(self.shots)]
        size = self.world.bank.store.size()
        erased = shot.account is not None and self.model.accounts[shot.account].erased
        if erased and shot.call.verb is not erase:
            with pytest.raises(ErasedError):
                self.banks[bank].record(shot.request, shot.call.verb, *shot.call.args)
        else:
            assert self.banks[bank].record(shot.request, shot.call.verb, *shot.call.args) == shot.recorded
            with pytest.raises(KeyReusedError):
                self.banks[bank].record(shot.request, set_seats, self.world.seats, 99)
        assert self.world.bank.store.size() == size

    @rule(bank=banks, pick=picks, number=numbers, good=st.booleans())
    def many(self, bank: int, pick: int, number: str | None, good: bool) -> None:
        """Three deposits in one transaction; the second sees the first."""
        account = self.account(pick)
        outcome, made = self._outcome(2, number, "中级", 20)
        keys = [self.world.request(ASSESSOR).key for _ in range(3)]
        calls = {key: call(deposit, account, outcome) for key in keys}
        size = self.world.bank.store.size()
        refusals = [self.model.may_deposit(ASSESSOR, account, made)]
        refusals += [refusals[0] or (None if number is None else plain.AlreadyError)] * 2
        if not good and any(refusals):
            with pytest.raises(next(filter(None, refusals))):
                self.banks[bank].record_all(ASSESSOR, calls)
            assert self.world.bank.store.size() == size
            return
        done = self.banks[bank].record_all(ASSESSOR, calls, keep_good=True)
        assert self.world.bank.store.size() == size + refusals.count(None)
        for key, refusal in zip(keys, refusals, strict=True):
            one = done[key]
            if isinstance(one, Recorded):
                assert refusal is None
                self.model.deposit(account, one.event.id, _another(made))  # type: ignore[union-attr] # OutcomeDeposited
            else:
                assert type(one) is refusal

    @rule(
        bank=banks,
        pick=picks,
        which=picks,
        kind=st.sampled_from(["deposit", "apply", "agree"]),
        book=st.sampled_from(["x", "now"]),
    )
    def prepare(self, bank: int, pick: int, which: int, kind: str, book: str) -> None:
        account, day = self.account(pick), self.world.clock.day
        if kind == "deposit":
            outcome, made = self._outcome(2, None if which % 2 else "N-1", "高级", 16)
            by, wanted = str(ASSESSOR), call(deposit, account, outcome)

            def refusal() -> plain.Refusal:
                return self.model.may_deposit(by, account, made)

            def then(recorded: Recorded) -> None:
                self.model.deposit(account, recorded.event.id, _another(made))  # type: ignore[union-attr] # as above
        elif kind == "apply":
            here = [id for id, one in self.held(account).enrolments.items() if one.school == COLLEGE]
            by = str(COLLEGE)
            application, refusal, then = self._apply(account, by, _pick(which, here), book, [pick])
            wanted = call(convert, account, application)
        else:
            account, waiting = self._pending(pick, which)
            by, wanted = self._waits_for(account, waiting, which), call(agree, account, waiting)  # type: ignore[arg-type] # text

            def refusal() -> plain.Refusal:
                return self.model.may_agree(by, account, waiting, day)

            def then(_: Recorded) -> None:
                self.model.agree(by, account, waiting, day)

        request = self.world.request(InstitutionId(by))  # type: ignore[arg-type] # text
        expected, size = refusal(), self.world.bank.store.size()
        if expected is not None:
            with pytest.raises(CreditBankError) as raised:
                self.banks[bank].prepare(request, wanted.verb, *wanted.args)
            assert type(raised.value) is expected
        else:
            draft = self.banks[bank].prepare(request, wanted.verb, *wanted.args)
            self.drafts.append((draft, refusal, then, wanted))
        assert self.world.bank.store.size() == size

    @rule(bank=banks, pick=picks, keep=st.booleans())
    @precondition(lambda self: self.drafts)
    def submit(self, bank: int, pick: int, keep: bool) -> None:
        """What would still be decided so is recorded; an application may be decided otherwise in ways the model does not see."""
        draft, refusal, then, wanted = self.drafts.pop(pick % len(self.drafts))
        by = InstitutionId(draft.signing.author)
        signer = self.signer if by == ASSESSOR else signer_of(by)
        days = (self.world.clock.now_ms - (draft.signing.not_after_ms - 2 * 86_400_000)) // 86_400_000
        stale = days > 1 or refusal() is not None
        size = self.world.bank.store.size()
        try:
            recorded = self.banks[bank].submit(draft, signer.sign(draft.message))
        except StaleDraftError:
            assert stale or wanted.verb is not deposit
            assert self.world.bank.store.size() == size
            return
        assert not stale or days == 1
        assert recorded.position == size
        account = getattr(recorded.event, "account", None)
        self._check_law_of(recorded)
        then(recorded)
        if keep:
            assert self.banks[1 - bank].submit(draft, signer.sign(draft.message)) == recorded
        assert account in self.model.accounts

    @property
    def signer(self) -> Ed25519Signer:
        """The assessor's present key."""
        return signer_of(ASSESSOR, self.signing)

    @precondition(lambda self: self.signing < 3)
    @rule(pick=picks)
    def rotate(self, pick: int) -> None:
        """A new key comes, the old one goes; a bank that still has the old one signs nothing."""
        old = self.signer
        key = self.world.add_key(ASSESSOR, self.signing + 1)
        self.world.signers[ASSESSOR] = signer_of(ASSESSOR, self.signing + 1)
        stale = self.banks[pick % 2]
        fresh = self.world.second()
        fresh.record(self.world.request(ASSESSOR), retire_key, str(PublicKey.of(old)))
        size = self.world.bank.store.size()
        account = next((id for id in self.model.accounts if self.model.closed(id) is None), None)
        if account is not None:
            with pytest.raises(NotPermittedError, match="not in force"):
                stale.record(self.world.request(ASSESSOR), deposit, account, self.world.certificate())
        assert self.world.bank.store.size() == size
        self.signing += 1
        # As after a restart: the same store, the new key, empty caches.
        self.world.bank = fresh
        self.banks = [fresh, self.world.second()]
        assert self.banks[1].known().institution(ASSESSOR).signing == (key,)

    @rule(bank=banks)
    def publish_checkpoint(self, bank: int) -> None:
        note = self.banks[bank].checkpoint()
        assert self.banks[1 - bank].checkpoint() == note

    @rule(pick=picks)
    def photograph(self, pick: int) -> None:
        account = self.account(pick)
        if self.model.closed(account) is None:
            known = self.banks[0].known()
            self.photos.append((known.position, account, statement(known, account)))

    # --- what always holds --------------------------------------------------------------------------------------------

    @invariant()
    def both_banks_say_what_the_model_says(self) -> None:
        for bank in self.banks:
            known = bank.known()
            for account, held in self.model.accounts.items():
                if held.erased:
                    with pytest.raises(ErasedError):
                        known.account(account)  # type: ignore[arg-type] # text
                    continue
                folded = known.account_restricted(account)  # type: ignore[arg-type] # text
                places = {}
                for id, lot in folded.lots.items():
                    where = {place: quanta for place, quanta in lot.places.items() if quanta}
                    issued = where.pop("issued")
                    ((place, quanta),) = where.items()  # a lot is in one place, and above zero there
                    assert quanta == -issued > 0
                    places[id] = (lot.system, place, quanta)
                assert places == held.lots()
                assert {id: one.status for id, one in folded.applications.items()} == {
                    id: one.status for id, one in held.applications.items()
                }
                assert {id: (one.enrolment.school, one.until) for id, one in folded.enrolments.items()} == {
                    id: (one.school, one.until) for id, one in held.enrolments.items()
                }
                assert {id: one.status for id, one in folded.transfers.items()} == {
                    id: one.status for id, one in held.transfers.items()
                }
                if not held.restricted:
                    given = {system: Credit(system, half) for system, half in held.balance().items()}
                    assert balance(known, account) == given  # type: ignore[arg-type] # text
            seats = known.seats(self.world.seats)
            assert (seats.places, list(seats.taken)) == (self.model.places, self.model.taken)

    @invariant()
    def what_was_known_stays_known(self) -> None:
        if self.photos:
            self._compare(self.photos[len(self.shots) % len(self.photos)])

    def _compare(self, photo: tuple[int, AccountId, Statement]) -> None:
        position, account, seen = photo
        for bank in self.banks:
            if self.model.accounts[account].erased:
                with pytest.raises(ErasedError):
                    statement(bank.known(position), account)
            else:
                assert statement(bank.known(position), account) == seen

    def check_everything(self) -> None:
        """Every decision comes out the same again, both banks agree on it, and credit is conserved."""
        for photo in self.photos:
            self._compare(photo)
        report = self.banks[0].verify()
        assert report.ok, report.findings
        assert report.entries == self.world.bank.store.size()
        assert self.banks[1].verify() == report
        assert (report.forgotten > 0) == any(held.erased for held in self.model.accounts.values())
        for shot in self.shots[-3:]:
            account = shot.account
            if account is None or not (self.model.accounts[account].erased or self.model.accounts[account].restricted):
                assert check_receipt(str(self.banks[1].receipt(shot.recorded.position)), self.banks[0].verifier_key)
            for event in shot.recorded.events:
                assert all(move.credit.quanta > 0 for move in postings(event))


def _another(outcome: plain.Outcome) -> plain.Outcome:
    """Return another outcome like this one: each deposit is revoked on its own."""
    return plain.Outcome(outcome.kind, outcome.issuer, outcome.system, outcome.half, outcome.level, outcome.number)


class TwoBanksInMemory(TwoBanks):
    """Both on one store in memory."""


class TwoBanksOnSQLite(TwoBanks):
    """Both on one file."""

    url = lambda folder: f"sqlite:///{folder / 'city'}"  # noqa: E731 # one line, beside what it replaces


LONG = os.environ.get("CREDITBANK_HYPOTHESIS_PROFILE") == "campaign"


def _settings(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples * (100 if LONG else 1),
        stateful_step_count=steps * (3 if LONG else 1),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        report_multiple_bugs=False,
    )


def test_two_banks_in_memory() -> None:
    run_state_machine_as_test(TwoBanksInMemory, settings=_settings(40, 40))


def test_two_banks_on_sqlite() -> None:
    run_state_machine_as_test(TwoBanksOnSQLite, settings=_settings(5, 40))
