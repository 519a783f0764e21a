"""The desk of an assessor, tested as its own authors would: with strategies, fixtures and contracts of creditbank.testing."""

import importlib.util
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from creditbank import AccountId, KeyReusedError, RefusedError, StoreError, UnknownError, memory_bank, person_claim
from creditbank.bank import Bank
from creditbank.domain.credit import number_text
from creditbank.store import MemoryStore, Store
from creditbank.testing import History, StoreContract, Town, courses, credits, histories, persons, small_town
from creditbank.testing.fixtures import sqlite_town  # noqa: F401 - pytest finds it by its name
from creditbank.testing.store_cases import make_batch, make_line
from creditbank.testing.strategies import titles
from creditbank.testing.town import COLLEGE_CREDIT, RECOGNISED_CREDIT


def _load() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "examples" / "certificate_desk.py"
    spec = importlib.util.spec_from_file_location("certificate_desk_example", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["certificate_desk_example"] = module
    spec.loader.exec_module(module)
    return module


example = _load()


def desk_of(town: Town) -> "example.Desk":
    return example.Desk(town.bank, town.assessor, town.book)


@st.composite
def certificates(draw: st.DrawFn, town: Town) -> "example.Certificate":
    worth = draw(credits(RECOGNISED_CREDIT, min_quanta=1, max_quanta=40))
    level = draw(st.sampled_from(("初级", "中级", "高级")))
    number = draw(st.text(st.sampled_from("X-0123456789"), min_size=1, max_size=20))
    return example.Certificate(number, draw(titles()), level, worth, draw(titles()), town.bank.today())


# --- issuing ----------------------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(st.data())
def test_issuing_twice_changes_nothing(data: st.DataObject) -> None:
    town = small_town()
    desk, certificate = desk_of(town), data.draw(certificates(town))
    first = desk.issue(town.learner, certificate)
    size = town.bank.store.size()
    assert desk.issue(town.learner, certificate) == first
    assert town.bank.store.size() == size
    held = town.bank.known().account(town.learner).outcomes[first].outcome
    assert (held.title, held.credits, held.level.value) == (certificate.title, certificate.credits, certificate.level)


@settings(max_examples=10)
@given(st.data())
def test_a_number_is_for_one_learner_and_one_certificate(data: st.DataObject) -> None:
    town = small_town()
    desk, certificate = desk_of(town), data.draw(certificates(town))
    person = data.draw(persons().filter(lambda one: one.number != "11010519491231002X"))
    other = town.bank.open_account(town.request(town.college), person)
    assert town.bank.known().holder(person_claim(town.bank.vault, person)) == other
    desk.issue(town.learner, certificate)
    with pytest.raises(KeyReusedError):
        desk.issue(other, certificate)
    changed = attrs.evolve(certificate, title=certificate.title + "!")
    with pytest.raises(KeyReusedError):
        desk.issue(town.learner, changed)


class LosesAnswers(MemoryStore):
    """Fails *before* or *after* it kept a batch, so many times."""

    def __init__(self, times: int, *, kept: bool) -> None:
        super().__init__()
        self.times, self.kept, self.armed = times, kept, False

    def append(self, batch):  # type: ignore[no-untyped-def] # as MemoryStore's
        if not self.armed or self.times == 0:
            return super().append(batch)
        self.times -= 1
        if self.kept:
            super().append(batch)
        raise StoreError("the connection broke in the commit", "try again")

    def seen(self, key_hash):  # type: ignore[no-untyped-def] # as MemoryStore's
        if self.armed and self.kept and self.times == 0:
            self.times = -1
            raise StoreError("the connection is still broken", "try again")
        return super().seen(key_hash)


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("times", [1, 2])
def test_a_lost_answer_is_asked_for_again(kept: bool, times: int) -> None:
    store = LosesAnswers(times, kept=kept)

    def open_bank(signers) -> Bank:  # type: ignore[no-untyped-def] # as small_town gives them
        return Bank(store, memory_bank().vault, signers=signers, clock=memory_bank()._clock, mark=None, marked=False)

    town = small_town(open_bank)
    certificate = example.Certificate(
        "X-1", "数字影像处理", "中级", RECOGNISED_CREDIT.credit(10), "艺术", town.bank.today()
    )
    store.armed, size = True, store.size()
    desk_of(town).issue(town.learner, certificate)
    store.armed = False
    assert store.size() == size + 1
    assert [*town.bank.verify().findings] == []


def test_a_store_that_stays_broken_is_told(sqlite_town: Town, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811 - as above
    tries: list[int] = []

    def broken(batch: object) -> None:
        tries.append(1)
        raise StoreError("the disk is full", "make room")

    monkeypatch.setattr(sqlite_town.bank.store, "append", broken)
    certificate = example.Certificate(
        "X-1", "数字影像处理", "中级", RECOGNISED_CREDIT.credit(10), "艺术", sqlite_town.bank.today()
    )
    with pytest.raises(StoreError, match="disk is full"):
        desk_of(sqlite_town).issue(sqlite_town.learner, certificate)
    assert len(tries) == example.TRIES_MAX


# --- what it is worth -------------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(histories("certificate"))
def test_worth_on_any_history(history: History) -> None:
    """No certificate gives more than 8 credits, nor more than the bank recognised, whatever happened before."""
    known, book = history.known, history.books["x-certificate-conversion"]
    for learner in history.holding:
        for id, held in known.account(learner).outcomes.items():
            try:
                answers = example.worth(known, learner, id, history.courses, book, history.today)
            except RefusedError:
                continue  # the book was withdrawn, or the certificate revoked
            granted = sum((answer.credits or Fraction(0) for answer in answers), Fraction(0))
            assert granted <= 8
            if held.outcome.credits is not None:
                assert granted <= held.outcome.credits.quanta * RECOGNISED_CREDIT.quantum
            assert all((answer.credits is None) == bool(answer.reason) for answer in answers)


@settings(max_examples=10)
@given(st.lists(courses(COLLEGE_CREDIT), min_size=1, max_size=4, unique_by=lambda course: course.id), st.data())
def test_what_is_said_is_what_is_granted(asked: list, data: st.DataObject) -> None:  # type: ignore[type-arg] # of courses
    town = small_town()
    desk = desk_of(town)
    source = desk.issue(town.learner, data.draw(certificates(town)))
    size = town.bank.store.size()
    answers = desk.worth(town.learner, source, asked)
    assert town.bank.store.size() == size, "asking records nothing"
    assert [answer.course for answer in answers] == [course.name for course in asked]
    for answer in answers:
        shown = answer.reason if answer.credits is None else number_text(answer.credits)
        assert str(answer) == f"{answer.course}: {shown}"


@settings(max_examples=20)
@given(histories("certificate"), st.from_type(AccountId))
def test_who_is_unknown_or_at_no_college_is_told(history: History, stranger: AccountId) -> None:
    known, book = history.known, history.books["x-certificate-conversion"]
    if stranger not in history.accounts:
        with pytest.raises(UnknownError):
            example.worth(known, stranger, "0" * 32, history.courses, book, history.today)
    for learner in set(history.accounts) - set(history.holding):
        account = known.account(learner)
        if any(not held.revoked for held in account.outcomes.values()):
            with pytest.raises(example.NoCollegeError, match="enrol"):
                example.worth(known, learner, next(iter(account.outcomes)), history.courses, book, history.today)


def test_the_program_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert example.main() == 0
    assert capsys.readouterr().out.splitlines() == [
        "issued X-2026-0001; asked again: the same",
        "广告创意与设计: 4",
        "App原型设计: 4",
        "平面设计: cap.certificate",
    ]


# --- its own store ----------------------------------------------------------------------------------------------------


class TestLoggedStore(StoreContract):
    def make(self, path: Path) -> Store:
        return example.logged(MemoryStore(), lambda line: None)

    def reopen(self, store: Store) -> Store:
        return store


def test_every_batch_is_logged() -> None:
    lines: list[str] = []
    store = example.logged(MemoryStore(), lines.append)
    store.append(make_batch([make_line("account:a", 0), make_line("account:a", 1)]))
    store.append(make_batch([make_line("account:a", 2)]))
    assert lines == ["2 entries at 0", "1 entries at 2"]
