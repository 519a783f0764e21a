"""Check (d): whose key was in force when; retired and revoked ones; keys nobody vouched for."""

import attrs
import pytest
from verify_support import (
    ASSESSOR,
    COLLEGE,
    OPERATOR,
    ORIGIN,
    PROFILES,
    Forge,
    account,
    checked,
    found_by,
    founded,
    key_text,
    person,
    proof,
    signer,
    told,
    training,
    with_accounts,
)

from creditbank.domain.decide.account import deposit, open_account
from creditbank.domain.decide.keys import add_key, found, register, retire_key, revoke_key
from creditbank.domain.event import (
    BankFounded,
    Event,
    InstitutionRegistered,
    KeyAdded,
    KeyRestored,
    KeyRetired,
    KeyRevoked,
)
from creditbank.domain.name import InstitutionId, institution_id
from creditbank.domain.profile import Profile

SECOND, THIRD = signer("second"), signer("third")
BANK = institution_id("keys:bank")


def add(forge: Forge, to: InstitutionId, key=SECOND, **forged) -> int:
    """Add *key*, signed by the institution's first key unless forged otherwise."""
    args = (key_text(key), proof(key, to, key), OPERATOR, proof(signer(OPERATOR), to, key))
    return forge.do(to, add_key, *args, **forged)


def open_one(forge: Forge, number: int, **forged) -> int:
    return forge.do(COLLEGE, open_account, account(number), person(number), **forged)


def said(forge: Forge, by: InstitutionId, event: Event, **forged) -> int:
    """Write *event* whatever the verbs say."""
    reads = {by: len(forge.kept(by).positions)}
    reads.setdefault(event.institution, len(forge.kept(event.institution).positions))
    return forge.write(forge.payloads(forge.request(by), [event], reads), **forged)


def test_a_further_key_signs_from_the_entry_after_its_own():
    forge = founded()
    add(forge, COLLEGE)
    open_one(forge, 1, key=SECOND)
    open_one(forge, 2)
    assert checked(forge).ok
    forge = founded()
    args = (key_text(SECOND), proof(SECOND, COLLEGE, SECOND), OPERATOR, proof(signer(OPERATOR), COLLEGE, SECOND))
    payloads = forge.decide(COLLEGE, add_key, *args)
    forge.write(payloads, key=SECOND)
    assert ("d", 3) in found_by(checked(forge))


def test_a_key_that_nobody_knows():
    forge = founded()
    open_one(forge, 1, key=THIRD)
    report = checked(forge)
    assert found_by(report) == {("d", 3)}
    assert "that is unknown" in told(report)


def test_a_key_of_another_institution():
    forge = founded()
    open_one(forge, 1, key=signer(ASSESSOR))
    assert found_by(checked(forge)) == {("d", 3)}


def test_a_retired_key_signs_nothing_after_its_entry():
    forge = founded()
    add(forge, COLLEGE)
    open_one(forge, 1)
    forge.do(COLLEGE, retire_key, key_text(signer(COLLEGE)))
    open_one(forge, 2, key=SECOND)
    assert checked(forge).ok
    open_one(forge, 3)
    report = checked(forge)
    assert found_by(report) == {("d", 7)}
    assert "that is retired" in told(report)


def test_a_retired_key_within_one_submission():
    forge = founded()
    add(forge, COLLEGE)
    retire = forge.decide(COLLEGE, retire_key, key_text(signer(COLLEGE)))
    opened = forge.decide(COLLEGE, open_account, account(1), person(1))
    forge.write([*retire, *opened])
    assert found_by(checked(forge)) == {("d", 5)}


@pytest.mark.parametrize("since", [3, 4, 5, 6])
def test_a_revoked_key_does_not_hold_from_the_position_given(since):
    forge = founded()
    for number in (1, 2, 3):  # entries 3, 4, 5
        open_one(forge, number)
    forge.do(OPERATOR, revoke_key, COLLEGE, key_text(signer(COLLEGE)), since, "stolen")
    report = checked(forge)
    assert found_by(report) == {("d", position) for position in range(since, 6)}
    open_one(forge, 4)
    assert ("d", 7) in found_by(checked(forge))


def test_a_key_that_a_revoked_one_added_since_falls_too():
    forge = founded()
    open_one(forge, 1)  # 3
    add(forge, COLLEGE)  # 4
    open_one(forge, 2, key=SECOND)  # 5
    forge.do(OPERATOR, revoke_key, COLLEGE, key_text(signer(COLLEGE)), 4, "stolen")
    assert found_by(checked(forge)) == {("d", 4), ("d", 5)}
    open_one(forge, 3, key=SECOND)
    report = checked(forge)
    assert ("d", 7) in found_by(report)
    assert "that is fallen" in told(report)


def test_a_key_that_a_revoked_one_added_before_stands():
    forge = founded()
    add(forge, COLLEGE)  # 3
    open_one(forge, 1, key=SECOND)  # 4
    forge.do(OPERATOR, revoke_key, COLLEGE, key_text(signer(COLLEGE)), 4, "stolen")
    open_one(forge, 2, key=SECOND)
    report = checked(forge)
    assert report.ok, told(report)


def test_what_a_stolen_registrar_key_revoked_stands_again_once_it_is_revoked_itself():
    forge = founded()
    add(forge, OPERATOR)  # 3: the operator's second key, which stays safe
    open_one(forge, 1)  # 4
    forge.do(OPERATOR, revoke_key, COLLEGE, key_text(signer(COLLEGE)), 4, "a lie")  # 5, by the stolen first key
    assert found_by(checked(forge)) == {("d", 4)}
    forge.do(OPERATOR, revoke_key, OPERATOR, key_text(signer(OPERATOR)), 5, "stolen", key=SECOND)  # 6
    forge.publish()
    assert found_by(checked(forge)) == {("d", 5)}


def test_a_revocation_stands_that_was_made_before_its_key_was_stolen():
    forge = founded()
    add(forge, OPERATOR)  # 3
    open_one(forge, 1)  # 4
    forge.do(OPERATOR, revoke_key, COLLEGE, key_text(signer(COLLEGE)), 4, "stolen")  # 5
    forge.do(OPERATOR, revoke_key, OPERATOR, key_text(signer(OPERATOR)), 6, "stolen too", key=SECOND)
    assert found_by(checked(forge)) == {("d", 4)}


@pytest.mark.parametrize("second_first", [True, False])
def test_a_key_revoked_twice_over_falls_from_the_earlier_position(second_first):
    forge = founded()
    open_one(forge, 1)  # 3
    add(forge, COLLEGE)  # 4: falls with the key that added it
    open_one(forge, 2, key=SECOND)  # 5
    revocations = [(key_text(SECOND), 6), (key_text(signer(COLLEGE)), 4)]
    for key, since in revocations if second_first else revocations[::-1]:
        forge.do(OPERATOR, revoke_key, COLLEGE, key, since, "stolen")
    assert found_by(checked(forge)) == {("d", 4), ("d", 5)}


def test_a_retired_key_stays_retired_when_the_one_that_added_it_falls():
    forge = founded()
    add(forge, COLLEGE)  # 3
    forge.do(COLLEGE, retire_key, key_text(SECOND))  # 4
    forge.do(OPERATOR, revoke_key, COLLEGE, key_text(signer(COLLEGE)), 3, "stolen")  # 5
    open_one(forge, 1, key=SECOND)
    report = checked(forge)
    assert found_by(report) == {("d", 3), ("d", 4), ("d", 6)}
    assert "that is retired" in told(report)


@pytest.mark.parametrize(
    ("by", "event", "words"),
    [
        (ASSESSOR, KeyRetired(COLLEGE, key_text(signer(COLLEGE))), "cannot retire a key of"),
        (COLLEGE, KeyRetired(COLLEGE, key_text(THIRD)), "was not in force"),
    ],
)
def test_a_retirement_that_does_not_count(by, event, words):
    forge = founded()
    said(forge, by, event)
    open_one(forge, 1)
    report = checked(forge)
    assert ("d", 3) in found_by(report)
    assert ("d", 4) not in found_by(report)
    assert words in told(report)


@pytest.mark.parametrize(
    ("by", "words"),
    [(OPERATOR, "has a key in force"), (COLLEGE, "is no registrar")],
    ids=["not needed", "no registrar"],
)
def test_a_restoration_that_does_not_count(by, words):
    forge = founded()
    said(forge, by, KeyRestored(COLLEGE, key_text(SECOND), proof(SECOND, COLLEGE, SECOND)))
    report = checked(forge)
    assert ("d", 3) in found_by(report)
    assert words in told(report)


def test_a_registrar_revokes_its_own_key():
    forge = founded()
    add(forge, OPERATOR)  # 3
    open_one(forge, 1)  # 4
    forge.do(OPERATOR, revoke_key, OPERATOR, key_text(signer(OPERATOR)), 5, "lost")
    report = checked(forge)
    assert report.ok, told(report)
    forge.do(OPERATOR, revoke_key, COLLEGE, key_text(signer(COLLEGE)), 6, "test", key=signer(OPERATOR))
    assert ("d", 6) in found_by(checked(forge))


def test_a_registration_by_a_key_revoked_since():
    forge = founded()
    add(forge, OPERATOR)  # 3
    args = (BANK, Profile("行", "office", ("office",), ""), key_text(THIRD), proof(THIRD, BANK, THIRD))
    forge.do(OPERATOR, register, *args)  # 4
    forge.do(OPERATOR, revoke_key, OPERATOR, key_text(signer(OPERATOR)), 4, "stolen", key=SECOND)
    assert found_by(checked(forge)) == {("d", 4)}


# --- key entries that do not count ----------------------------------------------------------------------------------------


def registered(**changed) -> InstitutionRegistered:
    event = InstitutionRegistered(BANK, PROFILES[ASSESSOR], key_text(THIRD), proof(THIRD, BANK, THIRD))
    return attrs.evolve(event, **changed)


@pytest.mark.parametrize(
    ("by", "event", "words"),
    [
        (OPERATOR, registered(possession=proof(SECOND, BANK, THIRD)), "did not sign that the institution holds it"),
        (OPERATOR, registered(possession=proof(THIRD, COLLEGE, THIRD)), "did not sign that the institution holds it"),
        (OPERATOR, registered(possession=proof(THIRD, BANK, THIRD, "other.example/x")), "did not sign"),
        (OPERATOR, registered(possession="AA=="), "bytes"),
        (OPERATOR, registered(possession=proof(THIRD, BANK, THIRD).rstrip("=")), "base64"),
        (OPERATOR, registered(key="ed25519:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), "small order"),
        (COLLEGE, registered(), "is no registrar"),
        (OPERATOR, registered(institution=COLLEGE, possession=proof(THIRD, COLLEGE, THIRD)), "is registered already"),
    ],
)
def test_a_registration_that_does_not_count(by, event, words):
    forge = founded()
    said(forge, by, event)
    report = checked(forge)
    assert ("d", 3) in found_by(report)
    assert words in told(report)
    forge.write(forge.decide(COLLEGE, open_account, account(1), person(1)), by=event.institution, key=THIRD)
    assert ("d", 4) in found_by(checked(forge)), "its key signs nothing"


def added(**changed) -> KeyAdded:
    event = KeyAdded(
        COLLEGE, key_text(SECOND), proof(SECOND, COLLEGE, SECOND), OPERATOR, proof(signer(OPERATOR), COLLEGE, SECOND)
    )
    return attrs.evolve(event, **changed)


@pytest.mark.parametrize(
    ("by", "event", "words"),
    [
        (COLLEGE, added(possession=proof(THIRD, COLLEGE, SECOND)), "did not sign that the institution holds it"),
        (COLLEGE, added(endorsement=proof(SECOND, COLLEGE, SECOND)), "signed the endorsement"),
        (COLLEGE, added(endorsement=proof(signer(OPERATOR), COLLEGE, THIRD)), "signed the endorsement"),
        (COLLEGE, added(registrar=ASSESSOR, endorsement=proof(signer(ASSESSOR), COLLEGE, SECOND)), "is no registrar"),
        (ASSESSOR, added(), "cannot add a key of"),
        (
            COLLEGE,
            added(
                key=key_text(signer(COLLEGE)),
                possession=proof(signer(COLLEGE), COLLEGE, signer(COLLEGE)),
                endorsement=proof(signer(OPERATOR), COLLEGE, signer(COLLEGE)),
            ),
            "has or had that key",
        ),
    ],
)
def test_a_further_key_that_does_not_count(by, event, words):
    forge = founded()
    said(forge, by, event)
    report = checked(forge)
    assert ("d", 3) in found_by(report)
    assert words in told(report)


@pytest.mark.parametrize(
    ("by", "since", "key", "words"),
    [
        (COLLEGE, 2, key_text(signer(ASSESSOR)), "is no registrar"),
        (OPERATOR, 4, key_text(signer(ASSESSOR)), "was not yet written"),
        (OPERATOR, -1, key_text(signer(ASSESSOR)), "was not yet written"),
        (OPERATOR, 2, key_text(THIRD), "the key was unknown"),
    ],
)
def test_a_revocation_that_does_not_count(by, since, key, words):
    forge = founded()
    said(forge, by, KeyRevoked(ASSESSOR, key, since, "x"))
    report = checked(forge)
    assert ("d", 3) in found_by(report)
    assert words in told(report)


def test_the_founder_signs_with_the_key_it_names():
    forge = Forge()
    forge.do(
        OPERATOR, found, PROFILES[OPERATOR], key_text(signer(OPERATOR)), "bank.example/city", "Asia/Shanghai", key=THIRD
    )
    report = checked(forge)
    assert ("d", 0) in found_by(report)
    assert "the key it names" in told(report)


@pytest.mark.parametrize("roles", [("operator",), ("registrar",), ()])
def test_the_founder_is_operator_and_registrar(roles):
    forge = Forge()
    event = BankFounded(
        OPERATOR, attrs.evolve(PROFILES[OPERATOR], roles=roles), key_text(signer(OPERATOR)), ORIGIN, "Asia/Shanghai"
    )
    said(forge, OPERATOR, event)
    report = checked(forge)
    assert {("d", 0), ("g", 0)} == found_by(report)
    assert "is not operator and registrar" in told(report)


def test_a_bank_is_founded_once():
    forge = with_accounts()
    payloads = forge.decide(ASSESSOR, deposit, account(1), training())
    founding = forge.streams[OPERATOR].events[0]
    forge.write(forge.payloads(forge.request(OPERATOR), [founding], {OPERATOR: 1}))
    forge.write(payloads)
    assert {("d", 8), ("g", 8)} == found_by(checked(forge))
