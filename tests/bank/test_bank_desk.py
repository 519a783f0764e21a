"""Requests that wait are decided together, and each is still a request of its own."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from creditbank.bank import Recorded, enter, person_claim
from creditbank.bank.desk import Asked
from creditbank.bank.writing import Call
from creditbank.codec.curriculum import curriculum_bytes, curriculum_digest
from creditbank.domain.decide.account import deposit, enrol, erase, open_account
from creditbank.domain.decide.catalogue import publish_curriculum
from creditbank.domain.decide.keys import retire_key, set_seats
from creditbank.domain.event import OutcomeDeposited
from creditbank.domain.name import InstitutionId, account_id
from creditbank.domain.view.account import balance
from creditbank.errors import (
    AlreadyError,
    ConflictError,
    ErasedError,
    KeyReusedError,
    NotPermittedError,
    StoreError,
    UnknownError,
)
from creditbank.ledger import PublicKey
from creditbank.testing.world import ASSESSOR, COLLEGE, HIGH, OPERATOR, VOCATIONAL, World, signer_of

Answers = Sequence[Any]


def asked(world: World, by: InstitutionId, verb: Any, *args: Any, key: str | None = None) -> Asked:
    request, wanted = world.request(by, key), Call(verb, args, {})
    return Asked(request, wanted, {}, *world.bank._recorder._hashes(request, wanted))


def serve(world: World, *waiting: Asked) -> Answers:
    """Let them be served as a group that waited."""
    return world.bank._recorder._desk._serve(waiting)


def batches(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list that will hold every batch that is appended."""
    append, seen = world.bank.store.append, []

    def watching(batch: Any) -> Any:
        seen.append(batch)
        return append(batch)

    monkeypatch.setattr(world.bank.store, "append", watching)
    return seen


def test_those_of_one_author_share_a_batch_and_a_signature(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = [world.learner(number) for number in range(3)]
    size, written = world.bank.store.size(), batches(world, monkeypatch)
    answers = serve(world, *(asked(world, ASSESSOR, deposit, account, world.certificate()) for account in accounts))
    assert [answer.position for answer in answers] == [size, size + 1, size + 2]
    assert [[row.count for row in batch.submissions] for batch in written] == [[3]]
    assert world.bank.verify().ok
    assert world.bank.receipt(size + 1).entry.position == 1


def test_authors_sign_what_is_theirs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = world.learner(1), world.learner(2)
    written = batches(world, monkeypatch)
    serve(
        world,
        asked(world, ASSESSOR, deposit, first, world.certificate()),
        asked(world, ASSESSOR, deposit, second, world.certificate()),
        asked(world, HIGH, enrol, first, world.enrolment(HIGH)),
        asked(world, ASSESSOR, deposit, first, world.certificate()),
    )
    assert [[(row.author, row.count) for row in batch.submissions] for batch in written] == [
        [(ASSESSOR, 2), (HIGH, 1), (ASSESSOR, 1)]
    ]
    assert world.bank.verify().ok


def test_each_sees_those_before_it_and_is_refused_alone(world: World) -> None:
    account, other = world.learner(1), world.learner(2)
    outcome = world.certificate(number="X-9")
    answers = serve(
        world,
        asked(world, ASSESSOR, deposit, account, outcome),
        asked(world, ASSESSOR, deposit, other, outcome),
        asked(world, COLLEGE, deposit, other, outcome),
        asked(world, ASSESSOR, deposit, other, world.certificate(number="X-10")),
    )
    assert [type(answer) for answer in answers] == [Recorded, AlreadyError, NotPermittedError, Recorded]
    assert [len(world.bank.known().account(each).outcomes) for each in (account, other)] == [1, 1]
    assert world.bank.verify().ok


def test_who_cannot_be_signed_for_is_refused_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    account = world.learner(1)
    monkeypatch.delitem(world.bank._recorder._signers, HIGH)
    written = batches(world, monkeypatch)
    answers = serve(
        world,
        asked(world, HIGH, enrol, account, world.enrolment(HIGH)),
        asked(world, ASSESSOR, deposit, account, world.certificate()),
        asked(world, ASSESSOR, deposit, account, world.certificate()),
    )
    assert [type(answer) for answer in answers] == [NotPermittedError, Recorded, Recorded]
    assert [len(batch.lines) for batch in written] == [2], "the others still go together"
    assert len(world.bank.known().account(account).enrolments) == 1
    assert world.bank.verify().ok


def test_what_only_sealing_shows_is_told_to_whom_it_concerns(world: World) -> None:
    """The vault does not hold the key of an account that was not opened through it."""
    stranger, account = account_id("account:" + "ab" * 16), world.learner(1)
    answers = serve(
        world,
        asked(world, ASSESSOR, deposit, account, world.certificate()),
        asked(world, HIGH, open_account, stranger, person_claim(world.bank.vault, world.person(8))),
        asked(world, ASSESSOR, deposit, account, world.certificate("高级")),
    )
    assert [type(answer) for answer in answers] == [Recorded, UnknownError, Recorded]
    assert world.bank.verify().ok


def test_a_signer_that_fails_fails_its_own_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        algorithm, public = signer_of(HIGH).algorithm, signer_of(HIGH).public

        def sign(self, message: bytes) -> bytes:
            raise OSError("the card is not there")

    monkeypatch.setitem(world.bank._recorder._signers, HIGH, Broken())
    account = world.bank.open_account(world.request(COLLEGE), world.person(9))
    answers = serve(
        world,
        asked(world, ASSESSOR, deposit, account, world.certificate()),
        asked(world, HIGH, enrol, account, world.enrolment(HIGH)),
    )
    assert [type(answer) for answer in answers] == [Recorded, OSError]
    assert world.bank.verify().ok


def test_the_same_request_twice_is_done_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    account, outcome = world.learner(1), world.certificate()
    written = batches(world, monkeypatch)
    first, again, other = serve(
        world,
        asked(world, ASSESSOR, deposit, account, outcome, key="k"),
        asked(world, ASSESSOR, deposit, account, outcome, key="k"),
        asked(world, ASSESSOR, deposit, account, world.certificate("高级"), key="k"),
    )
    assert first == again
    assert isinstance(other, KeyReusedError)
    assert len(written) == 1
    assert len(world.bank.known().account(account).outcomes) == 1


def test_what_says_who_may_sign_goes_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits has no order: deposits signed by the key go before its end, and none after it is signed by it."""
    account = world.learner(1)
    written = batches(world, monkeypatch)
    key = str(PublicKey.of(signer_of(ASSESSOR)))
    world.add_key(ASSESSOR)
    written.clear()
    answers = serve(
        world,
        asked(world, ASSESSOR, deposit, account, world.certificate()),
        asked(world, ASSESSOR, retire_key, key),
        asked(world, ASSESSOR, deposit, account, world.certificate()),
    )
    assert [type(answer) for answer in answers] == [Recorded] * 3
    assert [len(batch.lines) for batch in written] == [2, 1]
    (late,) = serve(world, asked(world, ASSESSOR, deposit, account, world.certificate()))
    assert isinstance(late, NotPermittedError)
    assert world.bank.verify().ok


def test_nobody_joins_what_goes_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.add_key(ASSESSOR)
    written = batches(world, monkeypatch)
    answers = serve(
        world,
        asked(world, ASSESSOR, retire_key, str(PublicKey.of(signer_of(ASSESSOR)))),
        asked(world, VOCATIONAL, set_seats, world.seats, 3),
        asked(world, VOCATIONAL, set_seats, world.seats, 4),
    )
    assert [type(answer) for answer in answers] == [Recorded] * 3
    assert [len(batch.lines) for batch in written] == [1, 2]


def test_an_erasure_goes_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    account, other = world.learner(1), world.learner(2)
    written = batches(world, monkeypatch)
    answers = serve(
        world,
        asked(world, ASSESSOR, deposit, account, world.certificate()),
        asked(world, OPERATOR, erase, account, "PIPL 47(1)(3)", "cd" * 32),
        asked(world, ASSESSOR, deposit, account, world.certificate()),
        asked(world, ASSESSOR, deposit, other, world.certificate()),
    )
    assert [type(answer) for answer in answers] == [Recorded] * 4
    assert [len(batch.lines) for batch in written] == [3, 1]
    (late,) = serve(world, asked(world, ASSESSOR, deposit, account, world.certificate()))
    assert isinstance(late, ErasedError)
    assert world.bank.vault.key(account) is None
    assert world.bank.verify().ok


def test_a_document_goes_with_its_own_request(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    account, curriculum = world.learner(1), world.curriculum()
    body = curriculum_bytes(curriculum)
    digest = curriculum_digest(body)
    request, wanted = world.request(COLLEGE), Call(publish_curriculum, (digest, len(body)), {})
    published = Asked(request, wanted, {digest: (curriculum, body)}, *world.bank._recorder._hashes(request, wanted))
    written = batches(world, monkeypatch)
    answers = serve(
        world,
        asked(world, ASSESSOR, deposit, account, world.certificate()),
        published,
        asked(world, COLLEGE, publish_curriculum, digest, len(body)),
    )
    assert [type(answer) for answer in answers] == [Recorded, Recorded, UnknownError]
    assert [list(batch.documents) for batch in written] == [[], [digest]]
    assert world.bank.verify().ok


def test_a_batch_that_is_not_written_is_told_to_each(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also to who was refused for what was now not written; who was refused before that, or known before, has the answer."""
    account, other = world.learner(1), world.learner(2)
    before = world.bank.record(world.request(ASSESSOR, "k"), deposit, account, kept := world.certificate())
    outcome, append = world.certificate(number="X-9"), world.bank.store.append

    def failing(batch: Any) -> Any:
        raise StoreError("the disk is full", "make room")

    monkeypatch.setattr(world.bank.store, "append", failing)
    waiting = (
        asked(world, COLLEGE, deposit, account, outcome),
        asked(world, ASSESSOR, deposit, account, kept, key="k"),
        asked(world, ASSESSOR, deposit, account, outcome),
        asked(world, ASSESSOR, deposit, other, outcome),
    )
    answers = serve(world, *waiting)
    assert [type(answer) for answer in answers] == [NotPermittedError, Recorded, StoreError, StoreError]
    assert answers[1] == before
    assert answers[2] is not answers[3]
    monkeypatch.setattr(world.bank.store, "append", append)
    answers = serve(world, *waiting)
    assert [type(answer) for answer in answers] == [NotPermittedError, Recorded, Recorded, AlreadyError]


def test_a_group_that_lost_is_decided_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    account, rival = world.learner(1), world.second()
    outcome, append, done = world.certificate(number="X-9"), world.bank.store.append, []

    def racing(batch: Any) -> Any:
        if not done:
            done.append(None)  # the rival appends, too
            rival.record(world.request(ASSESSOR), deposit, account, outcome)
        return append(batch)

    monkeypatch.setattr(world.bank.store, "append", racing)
    answers = serve(
        world,
        asked(world, ASSESSOR, deposit, account, outcome),
        asked(world, ASSESSOR, deposit, account, world.certificate()),
    )
    assert [type(answer) for answer in answers] == [AlreadyError, Recorded]
    assert len(world.bank.known().account(account).outcomes) == 2
    assert world.bank.verify().ok


def test_a_group_that_always_loses_gives_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    account = world.learner(1)
    monkeypatch.setattr("creditbank.bank.desk.ATTEMPTS_MAX", 2)

    def stale(batch: Any) -> Any:
        raise ConflictError("stale", "again")

    monkeypatch.setattr(world.bank.store, "append", stale)
    answers = serve(world, *(asked(world, ASSESSOR, deposit, account, world.certificate()) for _ in range(2)))
    assert [str(answer) for answer in answers] == ["others wrote first 2 times; try again"] * 2
    assert answers[0] is not answers[1]


def test_a_verb_that_records_does_not_wait_for_itself(world: World) -> None:
    account, inner = world.learner(1), world.request(ASSESSOR)

    def nested(known: Any, request: Any, *args: Any) -> Any:
        world.bank.record(inner, deposit, account, world.certificate())
        yield from deposit(known, request, *args)

    recorded = world.bank.record(world.request(ASSESSOR), nested, account, world.certificate())
    assert isinstance(recorded.event, OutcomeDeposited)
    assert len(world.bank.known().account(account).outcomes) == 2


def test_many_threads_wait_for_one_another(tmp_path: Path) -> None:
    """While one is at its commit the others gather, and go together."""
    world = World.founded(f"sqlite:///{tmp_path / 'city'}", mark=tmp_path / "mark")
    account = world.learner(1)
    store, gate, arrived = world.bank.store, threading.Event(), threading.Event()
    append, sizes, answers = store.append, [], []

    def slow(batch: Any) -> Any:
        sizes.append(len(batch.lines))
        if len(sizes) == 1:
            arrived.set()
            assert gate.wait(10)
        return append(batch)

    store.append = slow  # type: ignore[method-assign] # this store's, for this test

    def caller() -> None:
        answers.append(world.bank.record(world.request(ASSESSOR), deposit, account, world.certificate()))

    threads = [threading.Thread(target=caller) for _ in range(9)]
    threads[0].start()
    assert arrived.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(world.bank._recorder._desk._group._queue) < 8:
        pass
    gate.set()
    for thread in threads:
        thread.join(10)
    assert sizes == [1, 8]
    assert len({answer.position for answer in answers}) == 9
    assert balance(world.bank.known(), account)["cn-bank"].quanta == 9 * 20
    assert world.bank.verify().ok
    world.bank.close()


def test_opening_the_same_person_at_once_is_one_account(world: World) -> None:
    person = world.person(7)
    ((account, claim),) = enter(world.bank.vault, [person])
    answers = serve(
        world,
        asked(world, HIGH, open_account, account, claim),
        asked(world, HIGH, open_account, account, claim),
    )
    assert [type(answer) for answer in answers] == [Recorded, AlreadyError]
