"""Authors who keep their own key: prepare, sign elsewhere, submit; and whatever somebody may do to a draft on the way."""

from datetime import timedelta

import attrs
import pytest

from creditbank.bank import Bank, Draft, enter
from creditbank.domain.decide.account import deposit, open_account, revoke
from creditbank.domain.decide.convert import agree, convert
from creditbank.domain.decide.keys import retire_key
from creditbank.domain.name import AccountId
from creditbank.errors import (
    KeyReusedError,
    MalformedError,
    NotPermittedError,
    StaleDraftError,
    UnverifiedError,
)
from creditbank.ledger import PublicKey
from creditbank.testing.world import ACADEMIC, ASSESSOR, COLLEGE, OPERATOR, World, signer_of


@pytest.fixture
def keyless(world: World) -> Bank:
    """Return a bank on the same store that holds nobody's key but the operator's."""
    signers = {OPERATOR: world.signers[OPERATOR]}
    return Bank(world.bank.store, world.bank.vault, signers=signers, clock=world.clock, mark=None, marked=False)


@pytest.fixture
def learner(world: World) -> AccountId:
    return world.learner(1)


@pytest.fixture
def draft(world: World, keyless: Bank, learner: AccountId) -> Draft:
    return keyless.prepare(world.request(ASSESSOR, "k"), deposit, learner, world.certificate(number="X-1"))


def _signed(draft: Draft, number: int = 0) -> bytes:
    return signer_of(ASSESSOR, number).sign(draft.message)


def test_what_the_author_signed_is_recorded(world: World, keyless: Bank, learner: AccountId, draft: Draft) -> None:
    size = world.bank.store.size()
    assert keyless.store.size() == size
    with pytest.raises(NotPermittedError, match="prepare a draft"):
        keyless.record(world.request(ASSESSOR), deposit, learner, world.certificate())
    carried = Draft.parse(str(draft))
    assert carried == draft
    recorded = keyless.submit(carried, _signed(draft))
    assert recorded.position == size
    assert keyless.submit(draft, _signed(draft)) == recorded
    assert keyless.store.size() == size + 1
    assert keyless.receipt(recorded.position).entry.payload == draft.signing.payloads[0]
    assert keyless.verify().ok


def test_a_whole_conversion_by_drafts(world: World, keyless: Bank, learner: AccountId) -> None:
    source = world.deposit(learner, world.certificate())
    asked = world.application(learner, [world.item("1", source, world.course("c1"))])

    def through(by: object, verb: object, *args: object) -> object:
        prepared = keyless.prepare(world.request(by), verb, *args)  # type: ignore[arg-type] # verbs of several shapes
        return keyless.submit(Draft.parse(str(prepared)), world.signers[by].sign(prepared.message)).event  # type: ignore[index] # an institution

    application = through(COLLEGE, convert, learner, asked).id  # type: ignore[attr-defined] # it is Applied
    through(COLLEGE, agree, learner, application)
    through(ACADEMIC, agree, learner, application)
    assert keyless.known().account(learner).applications[application].status == "converted"
    through(ASSESSOR, revoke, learner, source, "false")
    assert keyless.verify().ok


@pytest.mark.parametrize("cut", [0, 1, -1])
def test_a_draft_is_read_only_as_it_was_written(draft: Draft, cut: int) -> None:
    text = str(draft)
    for bad in (text[:-1], text + "\n", text.replace("seal ", "seal  "), text.replace("claims ", "claims  "), ""):
        with pytest.raises(MalformedError):
            Draft.parse(bad)
    lines = text.splitlines(keepends=True)
    del lines[cut]
    with pytest.raises(MalformedError):
        Draft.parse("".join(lines))


def test_every_changed_character_of_a_draft_is_noticed(world: World, keyless: Bank, draft: Draft) -> None:
    text, size = str(draft), keyless.store.size()
    for at in range(0, len(text), 7):
        other = "1" if text[at] == "0" else "0"
        with pytest.raises((MalformedError, UnverifiedError)):
            _parse_and_submit(keyless, text[:at] + other + text[at + 1 :])
    assert keyless.store.size() == size


def _parse_and_submit(bank: Bank, text: str) -> None:
    draft = Draft.parse(text)
    bank.submit(draft, _signed(draft))


@pytest.mark.parametrize(
    "change",
    [
        lambda d: attrs.evolve(d, key="another"),
        lambda d: attrs.evolve(d, claims=()),
        lambda d: attrs.evolve(d, claims=("certificate-number:" + "0" * 64,)),
        lambda d: attrs.evolve(d, signing=attrs.evolve(d.signing, not_after_ms=d.signing.not_after_ms + 1)),
        lambda d: attrs.evolve(d, signing=attrs.evolve(d.signing, origin="creditbank.example.org/other")),
        lambda d: attrs.evolve(d, signing=attrs.evolve(d.signing, salts=(b"\0" * 32,))),
        lambda d: attrs.evolve(
            d,
            signing=attrs.evolve(
                d.signing, payloads=(d.signing.payloads[0].replace("中级".encode(), "高级".encode()),)
            ),
        ),
        lambda d: attrs.evolve(
            d,
            signing=attrs.evolve(d.signing, payloads=(d.signing.payloads[0].replace(b'"version":2', b'"version":1'),)),
        ),
        lambda d: attrs.evolve(d, seal="0" * 64),
    ],
    ids=["key", "no claims", "claims", "not after", "origin", "salt", "level", "reads", "seal"],
)
def test_what_the_bank_did_not_decide_is_not_recorded_however_well_signed(
    keyless: Bank, draft: Draft, change: object
) -> None:
    forged = change(draft)  # type: ignore[operator] # a function of the draft
    assert forged != draft
    with pytest.raises(UnverifiedError, match="not what this bank prepared"):
        keyless.submit(forged, _signed(forged))


def test_a_draft_of_another_bank_is_not_taken(world: World, draft: Draft) -> None:
    other = World.founded()
    with pytest.raises(UnverifiedError, match="not what this bank prepared"):
        other.bank.submit(draft, _signed(draft))


def test_a_signature_by_another_key_or_over_something_else_does_not_hold(
    world: World, keyless: Bank, learner: AccountId, draft: Draft
) -> None:
    other = keyless.prepare(world.request(ASSESSOR), deposit, learner, world.certificate())
    for signature in (_signed(draft, 1), _signed(other), signer_of(COLLEGE).sign(draft.message), b"\0" * 64, b""):
        with pytest.raises(UnverifiedError, match="no key of keys:assessor"):
            keyless.submit(draft, signature)
    assert keyless.submit(draft, _signed(draft)).events


def test_a_retired_key_signs_no_draft(world: World, keyless: Bank, learner: AccountId) -> None:
    world.add_key(ASSESSOR)
    draft = keyless.prepare(world.request(ASSESSOR), deposit, learner, world.certificate())
    world.record(ASSESSOR, retire_key, str(PublicKey.of(signer_of(ASSESSOR))))
    with pytest.raises(UnverifiedError, match="in force"):
        keyless.submit(draft, _signed(draft))
    assert keyless.submit(draft, _signed(draft, 1)).events
    assert keyless.verify().ok


def test_a_draft_that_would_be_decided_otherwise_is_stale(world: World, keyless: Bank, learner: AccountId) -> None:
    first, second = (world.deposit(learner, world.certificate()) for _ in range(2))
    course = world.course("c1")
    draft = keyless.prepare(
        world.request(COLLEGE), convert, learner, world.application(learner, [world.item("1", first, course)])
    )
    world.converted(learner, [world.item("1", second, course)])
    with pytest.raises(StaleDraftError, match="decided otherwise"):
        keyless.submit(draft, signer_of(COLLEGE).sign(draft.message))


def test_a_draft_that_would_be_refused_is_stale(keyless: Bank, world: World, draft: Draft) -> None:
    world.deposit(world.learner(2), world.certificate(number="X-1"))
    with pytest.raises(StaleDraftError, match="number"):
        keyless.submit(draft, _signed(draft))


def test_a_draft_outlives_what_does_not_change_it(
    world: World, keyless: Bank, learner: AccountId, draft: Draft
) -> None:
    world.deposit(learner, world.certificate())
    recorded = keyless.submit(draft, _signed(draft))
    assert keyless.known().account(learner).outcomes[recorded.event.id]  # type: ignore[union-attr] # it is a deposit
    assert keyless.verify().ok


def test_the_key_of_a_draft_is_an_idempotency_key(
    world: World, keyless: Bank, learner: AccountId, draft: Draft
) -> None:
    world.bank.record(world.request(ASSESSOR, "k"), deposit, learner, world.certificate(number="X-2"))
    with pytest.raises(KeyReusedError):
        keyless.submit(draft, _signed(draft))


def test_refusals_of_a_submission_in_order(world: World, keyless: Bank, learner: AccountId, draft: Draft) -> None:
    """Not prepared here, key reused, time over, day past, decided otherwise, signature: the first that holds is said."""
    forged = attrs.evolve(draft, seal="0" * 64)
    world.deposit(world.learner(2), world.certificate(number="X-1"))  # now the draft would be refused
    world.clock.turn(days=2, ms=1)
    world.bank.record(world.request(ASSESSOR, "k"), deposit, learner, world.certificate())
    with pytest.raises(UnverifiedError, match="prepared"):
        keyless.submit(forged, b"")
    with pytest.raises(KeyReusedError):
        keyless.submit(draft, b"")
    other = attrs.evolve(world.request(ASSESSOR, "k2"), on=world.clock.day - timedelta(days=1))
    late = keyless.prepare(other, deposit, learner, world.certificate(number="X-3"))
    world.deposit(world.learner(3), world.certificate(number="X-3"))
    world.clock.turn(days=2, ms=1)
    with pytest.raises(StaleDraftError, match="time is over"):
        keyless.submit(late, b"")
    world.clock.turn(ms=-1)
    with pytest.raises(StaleDraftError, match="not within a day"):
        keyless.submit(late, b"")
    world.clock.turn(days=-2)
    with pytest.raises(StaleDraftError, match="number"):
        keyless.submit(late, b"")


def test_opening_by_draft_needs_the_person_in_the_vault(world: World, keyless: Bank) -> None:
    account, claim = enter(keyless.vault, [world.person(8)])[0]
    draft = keyless.prepare(world.request(COLLEGE), open_account, account, claim)
    assert claim.token in str(draft)
    assert claim.token.encode() not in draft.signing.payloads[0]
    keyless.submit(draft, signer_of(COLLEGE).sign(draft.message))
    assert world.open(8) == account
