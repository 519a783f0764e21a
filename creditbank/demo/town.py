"""The town's bank while the story goes on: its clock, its keys, and who is who."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

import attrs

from creditbank.bank import Bank, Call, Recorded
from creditbank.demo.cast import INSTITUTIONS, ORIGIN
from creditbank.demo.clock import StoryClock
from creditbank.domain.credit import Credit, CreditSystem
from creditbank.domain.name import AccountId, Digest, EnrolmentId, InstitutionId, OutcomeId
from creditbank.domain.request import Request
from creditbank.domain.rule import Compared, ItemResult
from creditbank.ledger import Ed25519Signer, PublicKey, possession_message

__all__ = ["Town", "compared_text", "credits_text", "demo_signer", "possession"]


def demo_signer(institution: InstitutionId) -> Ed25519Signer:
    """Return the key of an institution of the demo. Anybody can make it: it is no secret, and must guard nothing."""
    return Ed25519Signer.from_seed(hashlib.sha256(f"creditbank demo, not secret: {institution}".encode()).digest())


def possession(institution: InstitutionId, signer: Ed25519Signer) -> str:
    """Return the key's own signature, in base64, that *institution* holds it."""
    message = possession_message(ORIGIN, institution, PublicKey.of(signer))
    return base64.b64encode(signer.sign(message)).decode()


@attrs.define
class Town:
    """
    The story's state. Names are learners' names, which the story keeps beside the bank, as a school does.

    Attributes:
        outcomes: By learner and title.
        books: By the id of the rule book.
    """

    bank: Bank
    clock: StoryClock
    folder: Path
    accounts: dict[str, AccountId] = attrs.field(factory=dict)
    enrolments: dict[str, EnrolmentId] = attrs.field(factory=dict)
    outcomes: dict[tuple[str, str], OutcomeId] = attrs.field(factory=dict)
    books: dict[str, Digest] = attrs.field(factory=dict)
    systems: dict[str, CreditSystem] = attrs.field(factory=dict)
    positions: dict[str, int] = attrs.field(factory=dict)
    _requests: int = 0

    def day(self, month: int, day: int) -> date:
        """Let a day of 2026 begin."""
        today = date(2026, month, day)
        self.clock.turn_to(today)
        return today

    def request(self, by: InstitutionId) -> Request:
        """Return a new request of today."""
        return Request(by, self.key(), self.bank.today())

    def key(self) -> str:
        """Return a new idempotency key."""
        self._requests += 1
        return f"demo-{self._requests}"

    def record_all(self, by: InstitutionId, calls: Mapping[str, Call]) -> dict[str, Recorded]:
        """Record *calls*, which are named for the story, in one transaction; nothing of it is refused."""
        keys = {name: self.key() for name in calls}
        recorded = self.bank.record_all(by, {keys[name]: wanted for name, wanted in calls.items()})
        results = {}
        for name, key in keys.items():
            result = recorded[key]
            assert isinstance(result, Recorded), "without keep_good, whatever is refused is raised"
            results[name] = result
        return results

    def name(self, institution: str) -> str:
        """Return what people call an institution."""
        return next(member.profile.name for member in INSTITUTIONS if member.id == institution)

    def credit(self, system: str, amount: str) -> Credit:
        """Return *amount* credits of a published system."""
        return self.systems[system].credit(amount)


def credits_text(town: Town, credit: Credit | None) -> str:
    """Write an amount of credit in its own system; nothing for none."""
    return "" if credit is None else town.systems[credit.system].text(credit)


_SIGNS: Final = {"at_most": "<=", "at_least": ">=", "is": "=", "not": "!=", "above": ">", "below": "<"}


def compared_text(result: ItemResult) -> str:
    """Write what a refusing clause compared and found wanting: what was, and what should have been. No random ids."""
    wanting = [one for one in result.compared if one.have != one.limit]
    return "; ".join("已用过" if one.test == "once" else _compared(one) for one in wanting)


def _compared(one: Compared) -> str:
    return f"{one.have or '-'} 应 {_SIGNS.get(one.test, one.test)} {one.limit}"
