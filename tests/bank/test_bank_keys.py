"""Rotation of keys: added, retired, revoked; what is retired signs nothing more, and what it signed goes on holding."""

from fractions import Fraction

import attrs
import pytest

from creditbank.bank import Bank, call
from creditbank.domain.credit import CreditSystem
from creditbank.domain.decide.account import deposit
from creditbank.domain.decide.keys import add_key, publish_system, register, restore_key, retire_key, revoke_key
from creditbank.domain.name import InstitutionId, institution_id
from creditbank.domain.profile import Profile
from creditbank.errors import AlreadyError, MalformedError, NotPermittedError, StateError, UnverifiedError
from creditbank.ledger import Ed25519Signer, PublicKey
from creditbank.testing.world import ASSESSOR, COLLEGE, OPERATOR, World, possession, signer_of
from creditbank.verify import check_receipt

STRANGER = institution_id("keys:stranger")


def _bank(world: World, **signers: Ed25519Signer) -> Bank:
    """Return a bank on the same store with only these keys, by the institution's slug."""
    given: dict[InstitutionId, Ed25519Signer] = {institution_id(f"keys:{slug}"): one for slug, one in signers.items()}
    return Bank(world.bank.store, world.bank.vault, signers=given, clock=world.clock, mark=None, marked=False)


def _key(institution: InstitutionId, number: int = 0) -> str:
    return str(PublicKey.of(signer_of(institution, number)))


def test_a_key_is_rotated(world: World) -> None:
    account = world.learner(1)
    old, new = _bank(world, assessor=signer_of(ASSESSOR)), _bank(world, assessor=signer_of(ASSESSOR, 1))
    first = old.record(world.request(ASSESSOR), deposit, account, world.certificate())
    with pytest.raises(NotPermittedError, match="not in force"):
        new.record(world.request(ASSESSOR), deposit, account, world.certificate())
    world.add_key(ASSESSOR)
    for bank in (old, new):
        bank.record(world.request(ASSESSOR), deposit, account, world.certificate())
    new.record(world.request(ASSESSOR), retire_key, _key(ASSESSOR))
    size = world.bank.store.size()
    with pytest.raises(NotPermittedError, match="not in force"):
        old.record(world.request(ASSESSOR), deposit, account, world.certificate())
    assert world.bank.store.size() == size
    new.record(world.request(ASSESSOR), deposit, account, world.certificate())
    assert world.bank.verify().ok
    assert check_receipt(str(world.bank.receipt(first.position)), world.bank.verifier_key)


def test_a_key_signs_its_own_retirement_and_nothing_after_it(world: World) -> None:
    account = world.learner(1)
    world.add_key(ASSESSOR)
    retire = call(retire_key, _key(ASSESSOR))
    more = call(deposit, account, world.certificate())
    with pytest.raises(NotPermittedError, match="not in force"):
        world.bank.record_all(ASSESSOR, {"a": retire, "b": more})
    world.bank.record_all(ASSESSOR, {"b": more, "a": retire})
    with pytest.raises(NotPermittedError, match="not in force"):
        world.deposit(account, world.certificate())
    assert world.bank.verify().ok


def test_a_new_key_does_not_sign_for_itself(world: World) -> None:
    new = signer_of(ASSESSOR, 1)
    key = PublicKey.of(new)
    args = (str(key), possession(ASSESSOR, key, new), OPERATOR, possession(ASSESSOR, key, signer_of(OPERATOR)))
    with pytest.raises(NotPermittedError, match="not in force"):
        _bank(world, assessor=new).record(world.request(ASSESSOR), add_key, *args)


def test_a_thief_adds_no_key_without_the_registrar(world: World) -> None:
    """Possession is by the new key, endorsement by the registrar, over one statement; nothing else does."""
    key, thief = PublicKey.of(signer_of(ASSESSOR, 1)), signer_of(ASSESSOR)
    held, endorsed = possession(ASSESSOR, key, signer_of(ASSESSOR, 1)), possession(ASSESSOR, key, signer_of(OPERATOR))
    size = world.bank.store.size()
    for bad in (
        (str(key), possession(ASSESSOR, key, thief), OPERATOR, endorsed),
        (str(key), possession(COLLEGE, key, signer_of(ASSESSOR, 1)), OPERATOR, endorsed),
        (str(key), possession(ASSESSOR, key, signer_of(ASSESSOR, 1), "creditbank.example.org/x"), OPERATOR, endorsed),
        (str(key), held, OPERATOR, possession(ASSESSOR, key, thief)),
        (str(key), held, OPERATOR, possession(COLLEGE, key, signer_of(OPERATOR))),
        (str(key), held, OPERATOR, ""),
    ):
        with pytest.raises(UnverifiedError):
            world.record(ASSESSOR, add_key, *bad)
    for bad in ((str(key), "no base64!", OPERATOR, endorsed), (str(key), held, OPERATOR, "=")):
        with pytest.raises(MalformedError):
            world.record(ASSESSOR, add_key, *bad)
    with pytest.raises(NotPermittedError):
        world.record(ASSESSOR, add_key, str(key), held, COLLEGE, possession(ASSESSOR, key, signer_of(COLLEGE)))
    assert world.bank.store.size() == size
    assert world.record(ASSESSOR, add_key, str(key), held, OPERATOR, endorsed)


def test_a_retired_registrar_key_endorses_nothing(world: World) -> None:
    world.add_key(OPERATOR)
    world.record(OPERATOR, retire_key, _key(OPERATOR, 1))
    key = PublicKey.of(signer_of(ASSESSOR, 1))
    held = possession(ASSESSOR, key, signer_of(ASSESSOR, 1))
    with pytest.raises(UnverifiedError, match="did not endorse"):
        world.record(ASSESSOR, add_key, str(key), held, OPERATOR, possession(ASSESSOR, key, signer_of(OPERATOR, 1)))


def test_a_first_key_is_held_by_who_is_registered(world: World) -> None:
    key = PublicKey.of(signer_of(STRANGER))
    profile = Profile("某校", "college", ("school",), "370305")
    with pytest.raises(UnverifiedError, match="possession"):
        world.record(OPERATOR, register, STRANGER, profile, str(key), possession(STRANGER, key, signer_of(OPERATOR)))
    small_order = "ed25519:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    with pytest.raises(MalformedError, match="small order"):
        world.record(OPERATOR, register, STRANGER, profile, small_order, "")
    assert world.bank.known().stranger(STRANGER).profile is None


def test_a_revoked_key_signs_nothing_and_what_it_signed_since_does_not_hold(world: World) -> None:
    account = world.learner(1)
    before = world.record(ASSESSOR, deposit, account, world.certificate()).position
    after = world.record(ASSESSOR, deposit, account, world.certificate()).position
    world.add_key(ASSESSOR)
    world.record(OPERATOR, revoke_key, ASSESSOR, _key(ASSESSOR), after + 2, "stolen")
    with pytest.raises(NotPermittedError, match="not in force"):
        world.deposit(account, world.certificate())
    report = world.bank.verify()
    assert report.ok, "nothing was signed by it since"
    with pytest.raises(StateError, match="revoked"):
        world.record(OPERATOR, revoke_key, ASSESSOR, _key(ASSESSOR), before, "stolen")
    other = World.founded()
    account = other.learner(1)
    first = other.record(ASSESSOR, deposit, account, other.certificate()).position
    second = other.record(ASSESSOR, deposit, account, other.certificate()).position
    other.record(OPERATOR, revoke_key, ASSESSOR, _key(ASSESSOR), second, "stolen")
    findings = {finding.position for finding in other.bank.verify().findings}
    assert second in findings
    assert first not in findings


def test_the_last_key_and_a_foreign_key_are_not_retired(world: World) -> None:
    with pytest.raises(StateError, match="last one"):
        world.record(ASSESSOR, retire_key, _key(ASSESSOR))
    key = world.add_key(ASSESSOR)
    world.record(ASSESSOR, retire_key, key)
    with pytest.raises(AlreadyError):
        world.add_key(ASSESSOR)
    with pytest.raises(StateError, match="last one"):
        world.record(ASSESSOR, retire_key, _key(ASSESSOR))


def test_a_receipt_under_an_older_checkpoint_shows_the_keys_of_then(world: World) -> None:
    position = world.record(ASSESSOR, deposit, world.learner(1), world.certificate()).position
    world.bank.checkpoint()
    size = world.bank.store.size()
    world.add_key(ASSESSOR)
    receipt = world.bank.receipt(position)
    assert check_receipt(str(receipt), world.bank.verifier_key).as_of_size == size
    assert all(evidence.index < size for evidence in receipt.keys)


def test_receipts_hold_over_a_rotation_of_the_operators_own_key(world: World) -> None:
    account = world.learner(1)
    position = world.record(ASSESSOR, deposit, account, world.certificate()).position
    world.add_key(OPERATOR)
    world.deposit(account, world.certificate())
    receipt = world.bank.receipt(position)
    assert check_receipt(str(receipt), world.bank.verifier_key)
    assert attrs.asdict(world.bank.verify())["findings"] == ()


def test_the_key_that_founded_the_bank_is_kept_and_alone_signs_checkpoints(world: World) -> None:
    """Strangers hold it. A checkpoint by another key, once written, would make every later check fail."""
    account = world.learner(1)
    world.add_key(OPERATOR)
    with pytest.raises(StateError, match="checkpoints are checked with"):
        world.record(OPERATOR, retire_key, _key(OPERATOR))
    other = _bank(world, operator=signer_of(OPERATOR, 1), assessor=signer_of(ASSESSOR))
    position = other.record(world.request(ASSESSOR), deposit, account, world.certificate()).position
    for publish in (other.checkpoint, lambda: other.receipt(position)):
        with pytest.raises(NotPermittedError, match="the key that founded the bank") as refused:
            publish()
        assert _key(OPERATOR) in str(refused.value)
    assert world.bank.store.published() is None
    world.record(OPERATOR, revoke_key, OPERATOR, _key(OPERATOR, 1), position, "lost")
    assert check_receipt(str(world.bank.receipt(position)), world.bank.verifier_key).position == position
    assert world.bank.verify().size == world.bank.store.size()


def test_a_revoked_founding_key_goes_on_signing_checkpoints(world: World) -> None:
    """It signs no request any more; the log has no other key, and its readers are to be told."""
    world.add_key(OPERATOR)
    size = world.bank.store.size()
    world.record(OPERATOR, revoke_key, OPERATOR, _key(OPERATOR), size, "stolen")
    other = _bank(world, operator=signer_of(OPERATOR, 1))
    system = CreditSystem("later", Fraction(1), "later", None)
    with pytest.raises(NotPermittedError, match="not in force"):
        world.record(OPERATOR, publish_system, system)
    other.record(world.request(OPERATOR), publish_system, system)
    world.bank.checkpoint()
    report = world.bank.verify()
    assert (report.ok, report.size) == (True, world.bank.store.size())


def test_an_institution_whose_only_key_was_stolen_gets_a_new_one(world: World) -> None:
    account = world.learner(1)
    world.record(ASSESSOR, deposit, account, world.certificate())
    new = PublicKey.of(signer_of(ASSESSOR, 1))
    proof = possession(ASSESSOR, new, signer_of(ASSESSOR, 1))
    with pytest.raises(StateError, match="able to sign"):
        world.record(OPERATOR, restore_key, ASSESSOR, str(new), proof)
    world.record(OPERATOR, revoke_key, ASSESSOR, _key(ASSESSOR), world.bank.store.size(), "stolen")
    with pytest.raises(NotPermittedError):
        world.record(ASSESSOR, deposit, account, world.certificate())
    with pytest.raises(UnverifiedError, match="own signature"):
        world.record(OPERATOR, restore_key, ASSESSOR, str(new), possession(COLLEGE, new, signer_of(ASSESSOR, 1)))
    with pytest.raises(AlreadyError):
        world.record(OPERATOR, restore_key, ASSESSOR, _key(ASSESSOR), proof)
    world.record(OPERATOR, restore_key, ASSESSOR, str(new), proof)

    signers = {OPERATOR: world.signers[OPERATOR], ASSESSOR: signer_of(ASSESSOR, 1)}
    bank = Bank(world.bank.store, world.bank.vault, signers=signers, clock=world.clock, mark=None, marked=False)
    again = bank.record(world.request(ASSESSOR), deposit, account, world.certificate())
    assert check_receipt(str(bank.receipt(again.position)), bank.verifier_key).author == ASSESSOR
    assert bank.verify().ok
