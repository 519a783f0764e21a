"""Keys that fall with the one they were added by: the bank takes nothing that a verifier would not."""

from typing import Final

import pytest
from hypothesis import event, given, settings, strategies as st

from creditbank.bank import Bank
from creditbank.domain.decide.account import deposit
from creditbank.domain.decide.keys import add_key, register, restore_key, retire_key, revoke_key
from creditbank.domain.name import AccountId, InstitutionId, institution_id
from creditbank.domain.profile import Profile
from creditbank.errors import NotPermittedError, RefusedError, StaleDraftError, UnverifiedError
from creditbank.ledger import PublicKey
from creditbank.testing.world import ASSESSOR, COLLEGE, OPERATOR, World, possession, signer_of

PROVINCE: Final = institution_id("keys:province")
SCHOOL: Final = institution_id("keys:school")
STEPS: Final = 12
REGISTRAR: Final = Profile("省教育厅", "office", ("office", "registrar"), "370000")


def _bank(world: World, by: InstitutionId, number: int) -> Bank:
    """Return a bank on the same store that signs as *by* with its *number*-th key, and as nobody else."""
    signers = {by: signer_of(by, number)}
    return Bank(world.bank.store, world.bank.vault, signers=signers, clock=world.clock, mark=None, marked=False)


def _key(institution: InstitutionId, number: int = 0) -> str:
    return str(PublicKey.of(signer_of(institution, number)))


def _held(institution: InstitutionId, number: int, signer: tuple[InstitutionId, int] | None = None) -> str:
    """Return what *signer*, or the new key itself, signs so that *institution* takes its *number*-th key."""
    by = signer_of(*signer) if signer else signer_of(institution, number)
    return possession(institution, PublicKey.of(signer_of(institution, number)), by)


def _add(world: World, to: InstitutionId, number: int, by: int, registrar: InstitutionId, endorser: int) -> None:
    """Let *to* take its *number*-th key, signed by its *by*-th one, endorsed by the registrar's *endorser*-th one."""
    args = (_key(to, number), _held(to, number), registrar, _held(to, number, (registrar, endorser)))
    _bank(world, to, by).record(world.request(to), add_key, *args)


def _revoke(world: World, by: InstitutionId, signing: int, of: InstitutionId, number: int, since: int) -> None:
    """Let the registrar *by* revoke the *number*-th key of *of*."""
    bank = _bank(world, by, signing)
    bank.record(world.request(by), revoke_key, of, _key(of, number), since, "stolen")


def _deposit(world: World, account: AccountId, number: int) -> int:
    return (
        _bank(world, ASSESSOR, number).record(world.request(ASSESSOR), deposit, account, world.certificate()).position
    )


def test_a_key_added_by_a_thief_falls_with_the_stolen_one(world: World) -> None:
    account = world.learner(1)
    world.add_key(ASSESSOR, 1)
    stolen = world.bank.store.size()
    _add(world, ASSESSOR, 2, 0, OPERATOR, 0)
    _add(world, ASSESSOR, 3, 2, OPERATOR, 0)
    world.record(OPERATOR, revoke_key, ASSESSOR, _key(ASSESSOR), stolen, "stolen")
    size = world.bank.store.size()
    for number in (2, 3):
        with pytest.raises(NotPermittedError, match="revoked from before"):
            _deposit(world, account, number)
        draft = world.bank.prepare(world.request(ASSESSOR), deposit, account, world.certificate())
        with pytest.raises(UnverifiedError, match="no key of keys:assessor that is in force"):
            world.bank.submit(draft, signer_of(ASSESSOR, number).sign(draft.message))
    assert world.bank.store.size() == size
    position = _deposit(world, account, 1)  # it was added by the same key, and before
    assert position not in {finding.position for finding in world.bank.verify().findings}


@pytest.mark.parametrize("falls", [True, False])
def test_the_boundary_is_the_entry_that_added_it(world: World, falls: bool) -> None:
    account = world.learner(1)
    added = world.bank.store.size()
    world.add_key(ASSESSOR, 1)
    world.record(OPERATOR, revoke_key, ASSESSOR, _key(ASSESSOR), added if falls else added + 1, "stolen")
    if falls:
        with pytest.raises(NotPermittedError):
            _deposit(world, account, 1)
    else:
        assert _deposit(world, account, 1)
    assert world.bank.verify().ok is not falls


def test_what_a_registrar_s_fallen_key_vouched_for_falls(world: World) -> None:
    """A school that it registered, a key that it endorsed, one that it restored; and it endorses no more."""
    account = world.learner(1)
    world.register(PROVINCE, REGISTRAR)
    since = world.bank.store.size()
    _add(world, ASSESSOR, 1, 0, PROVINCE, 0)
    world.record(OPERATOR, revoke_key, COLLEGE, _key(COLLEGE), since, "lost")
    _bank(world, PROVINCE, 0).record(world.request(PROVINCE), restore_key, COLLEGE, _key(COLLEGE, 1), _held(COLLEGE, 1))
    _add(world, PROVINCE, 1, 0, OPERATOR, 0)
    args = (_key(ASSESSOR, 2), _held(ASSESSOR, 2), PROVINCE, _held(ASSESSOR, 2, (PROVINCE, 1)))
    draft = world.bank.prepare(world.request(ASSESSOR), add_key, *args)
    profile = Profile("某校", "college", ("school",), "370305")
    register_args = (SCHOOL, profile, _key(SCHOOL), _held(SCHOOL, 0))
    _bank(world, PROVINCE, 0).record(world.request(PROVINCE), register, *register_args)
    world.record(OPERATOR, revoke_key, PROVINCE, _key(PROVINCE), since, "stolen")
    for school, number in ((SCHOOL, 0), (COLLEGE, 1)):
        with pytest.raises(NotPermittedError, match="revoked from before"):
            _bank(world, school, number).open_account(world.request(school), world.person(2))
    with pytest.raises(NotPermittedError, match="revoked from before"):
        _deposit(world, account, 1)
    with pytest.raises(UnverifiedError, match="did not endorse"):
        world.record(ASSESSOR, add_key, *args)
    with pytest.raises(StaleDraftError, match="did not endorse"):
        world.bank.submit(draft, signer_of(ASSESSOR).sign(draft.message))


def test_an_endorsement_is_looked_at_again_when_its_draft_comes_back(world: World) -> None:
    world.add_key(OPERATOR, 1)
    args = (_key(ASSESSOR, 1), _held(ASSESSOR, 1), OPERATOR, _held(ASSESSOR, 1, (OPERATOR, 1)))
    draft = world.bank.prepare(world.request(ASSESSOR), add_key, *args)
    world.record(OPERATOR, retire_key, _key(OPERATOR, 1))
    with pytest.raises(StaleDraftError, match="did not endorse"):
        world.bank.submit(draft, signer_of(ASSESSOR).sign(draft.message))
    assert world.bank.verify().ok


# --- what the bank takes, a verifier takes ----------------------------------------------------------------------------

KINDS: Final = ("add", "add", "add", "revoke", "revoke", "restore", "retire", "deposit", "deposit", "deposit")
BACK: Final = 5
"""How many entries back a key is revoked from, at most."""


def _numbers(world: World, institution: InstitutionId) -> list[int]:
    """Return which keys of *institution* its stream says are in force; they may have fallen all the same."""
    keys = world.bank.known().institution(institution).keys
    return [number for number, record in enumerate(keys) if record.state == "in force"] or [0]


def _step(world: World, account: AccountId, data: st.DataObject) -> None:
    """Do something about keys, or deposit an outcome, signed by a key that is in force, fallen or not."""
    of = data.draw(st.sampled_from([ASSESSOR, ASSESSOR, PROVINCE]))
    registrar = data.draw(st.sampled_from([OPERATOR, PROVINCE]))
    by, used = (data.draw(st.sampled_from(_numbers(world, one))) for one in (of, registrar))
    new = len(world.bank.known().institution(of).keys)
    kind = data.draw(st.sampled_from(KINDS))
    if kind == "add":
        _add(world, of, new, by, registrar, used)
    elif kind == "revoke":
        _revoke(world, registrar, used, of, by, world.bank.store.size() - data.draw(st.integers(0, BACK)))
    elif kind == "restore":
        args = (of, _key(of, new), _held(of, new))
        _bank(world, registrar, used).record(world.request(registrar), restore_key, *args)
    elif kind == "retire":
        _bank(world, of, by).record(world.request(of), retire_key, _key(of, by))
    else:
        _deposit(world, account, data.draw(st.sampled_from(_numbers(world, ASSESSOR))))


@settings(max_examples=25)
@given(st.data())
def test_what_the_bank_takes_holds(data: st.DataObject) -> None:
    """Whatever keys come and go: an entry that the bank has just taken is none that a verifier finds fault with."""
    world = World.founded()
    account = world.learner(1)
    world.register(PROVINCE, REGISTRAR)
    for _ in range(STEPS):
        position = world.bank.store.size()
        try:
            _step(world, account, data)
        except (RefusedError, UnverifiedError) as refused:
            assert world.bank.store.size() == position
            event(f"refused: {type(refused).__name__}")
            continue
        assert position not in {finding.position for finding in world.bank.verify().findings}
