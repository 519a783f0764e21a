"""What a decision was decided on, made again from the ledger: to the byte, whatever happened since."""

import pytest

from creditbank.bank import call
from creditbank.bank.decided import decided
from creditbank.codec.book import book_bytes, book_digest, book_of
from creditbank.codec.case import case_bytes, case_digest, read_case
from creditbank.codec.decision import decision_digest
from creditbank.domain.decide.account import erase, restrict, revoke
from creditbank.domain.decide.convert import convert
from creditbank.domain.decide.keys import withdraw_book
from creditbank.domain.event import Applied
from creditbank.domain.rule import decide
from creditbank.domain.view.account import quote
from creditbank.errors import ErasedError, RestrictedError, UnknownError
from creditbank.testing.world import ASSESSOR, COLLEGE, HIGH, OPERATOR, World


def again(found):
    """Decide as a stranger does: from the bytes of the book and of the case, and nothing else."""
    body = book_bytes(found.book)
    case = case_bytes(found.case)
    book = book_of(body)
    read = read_case(case.decode(), book, digest=book_digest(body))
    return decide(book, read, digest=case_digest(read))


def test_a_conversion_is_decided_again_from_its_files(world: World):
    account = world.learner(1)
    source = world.deposit(account, world.certificate(number="X-1"))
    id = world.convert(
        account, [world.item("1", source, world.course("c1")), world.item("2", source, world.course("c2", "8"))]
    )
    found = decided(world.bank, account, id)
    assert isinstance(found.decision.results[1].refused, str)
    assert found.decision.case == case_digest(found.case)
    assert again(found) == found.decision
    assert decision_digest(again(found)) == decision_digest(found.decision)
    # Everything that happens later leaves it as it was.
    world.deposit(account, world.certificate(number="X-2"))
    world.record(ASSESSOR, revoke, account, source, "false")
    world.record(OPERATOR, withdraw_book, "x-certificate-conversion", world.book, "replaced")
    assert decided(world.bank, account, id) == found


def test_a_transfer_is_decided_again_from_its_files(world: World):
    pupil = world.open(2)
    world.enrol(pupil, HIGH)
    id = world.offered(pupil)
    found = decided(world.bank, pupil, id)
    assert found.case.act == "transfer"
    assert again(found) == found.decision


def test_each_of_a_batch_is_decided_on_what_came_before_it(world: World):
    account = world.learner(1)
    source = world.deposit(account, world.certificate(number="X-1"))
    asked = [world.application(account, [world.item("1", source, world.course(f"c{n}"))]) for n in (1, 2)]
    calls = {str(n): call(convert, account, one) for n, one in enumerate(asked)}
    recorded = world.bank.record_all(COLLEGE, calls)
    for number, one in enumerate(recorded.values()):
        assert isinstance(one.event, Applied)
        found = decided(world.bank, account, one.event.id)
        assert found.position == one.position
        assert len(found.case.history) == number
        assert again(found) == one.event.decision


def test_a_quote_names_its_case_too(world: World):
    account = world.learner(1)
    source = world.deposit(account, world.certificate(number="X-1"))
    application = world.application(account, [world.item("1", source, world.course("c1"))])
    assert len(quote(world.bank.known(), account, application, world.bank.today()).case) == 64


def test_what_cannot_be_read_is_refused_in_order(world: World):
    account = world.learner(1)
    source = world.deposit(account, world.certificate(number="X-1"))
    id = world.convert(account, [world.item("1", source, world.course("c1"))])
    with pytest.raises(UnknownError, match="application or transfer"):
        decided(world.bank, account, "0" * 32)
    with pytest.raises(UnknownError):
        decided(world.bank, world.learner(2), id)
    world.record(OPERATOR, restrict, account, "PIPL 47")
    with pytest.raises(RestrictedError):
        decided(world.bank, account, id)
    other = world.learner(3)
    world.record(OPERATOR, erase, other, "PIPL 47", "ef" * 32)
    with pytest.raises(ErasedError):
        decided(world.bank, other, id)
