"""
A small town's credit bank in memory, founded and ready: to try things on, and to test a service against.

    town = small_town()
    outcome = town.bank.record(town.request(town.assessor), deposit, town.learner, town.certificate("中级", "10")).event.id
"""

import base64
import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

import attrs

from creditbank.bank import Bank, memory_bank, number_claim
from creditbank.domain.application import Application, Item
from creditbank.domain.credit import CreditSystem, parse_number
from creditbank.domain.decide.account import enrol
from creditbank.domain.decide.keys import found, publish_system, register
from creditbank.domain.event import Enrolled
from creditbank.domain.level import Level
from creditbank.domain.name import AccountId, Digest, EnrolmentId, InstitutionId, institution_id
from creditbank.domain.outcome import SkillCertificate
from creditbank.domain.profile import InstitutionKind, Profile, Role
from creditbank.domain.programme import Course, Enrolment, Programme
from creditbank.domain.request import Request
from creditbank.ledger import Ed25519Signer, PublicKey, Signer, possession_message
from creditbank.rulebooks import read
from creditbank.vault import Person

__all__ = ["COLLEGE_CREDIT", "ORIGIN", "RECOGNISED_CREDIT", "Town", "possession", "small_town"]

ORIGIN = "creditbank.example.org/town"
ZONE = "Asia/Shanghai"

COLLEGE_CREDIT = CreditSystem("cn-college", parse_number("0.5"), "高职学分", None)
RECOGNISED_CREDIT = CreditSystem("cn-bank", parse_number("0.5"), "学分银行学分", None)

OPERATOR = institution_id("keys:credit-bank")
COLLEGE = institution_id("keys:college")
ASSESSOR = institution_id("keys:assessor")

_PROFILES: Mapping[InstitutionId, tuple[str, InstitutionKind, tuple[Role, ...]]] = {
    OPERATOR: ("学分银行", "operator", ("operator", "registrar", "eraser")),
    COLLEGE: ("职业技术学院", "college", ("school",)),
    ASSESSOR: ("培训评价组织", "assessor", ("issuer",)),
}


def possession(origin: str, institution: InstitutionId, signer: Signer) -> str:
    """Return a new key's own signature over the possession statement, as ``register`` and ``add_key`` ask for it."""
    return base64.b64encode(signer.sign(possession_message(origin, institution, PublicKey.of(signer)))).decode()


@attrs.frozen
class Town:
    """A bank with a college and an assessor, the X certificate rule book published, and one learner enrolled."""

    bank: Bank
    signers: Mapping[InstitutionId, Ed25519Signer]
    book: Digest
    learner: AccountId
    enrolment: EnrolmentId
    operator: InstitutionId = OPERATOR
    college: InstitutionId = COLLEGE
    assessor: InstitutionId = ASSESSOR
    _numbers: Iterator[int] = attrs.field(factory=itertools.count, repr=False, eq=False)

    def request(self, by: InstitutionId) -> Request:
        """Return a request by *by*, today, under a key that was not used before."""
        return Request(by, f"request-{next(self._numbers)}", self.bank.today())

    def certificate(self, level: str, credits: str, *, achieved_on: date | None = None) -> SkillCertificate:
        """Return an X certificate (1+X 证书) of *level*, which the credit bank recognised for *credits*."""
        return SkillCertificate(
            title="数字影像处理",
            issuer=self.assessor,
            achieved_on=achieved_on or self.bank.today(),
            credits=RECOGNISED_CREDIT.credit(credits),
            level=Level("x", level),
            category="艺术设计",
            number=number_claim(self.bank.vault, self.assessor, f"X-{next(self._numbers)}"),
        )

    def application(
        self, source: str, courses: Mapping[str, str], *, category: str = "专业核心", compulsory: bool = True
    ) -> Application:
        """Return an application for *courses*, name and credits, one item each, all from *source*."""
        items = tuple(
            Item(name, (source,), (Course(name, name, (category,), compulsory, COLLEGE_CREDIT.credit(credits)),))
            for name, credits in courses.items()
        )
        parties = (("college", self.college), ("academic-affairs", self.college))
        return Application(self.book, "convert", self.enrolment, items, parties)


def small_town(open_bank: Callable[[Mapping[InstitutionId, Signer]], Bank] | None = None) -> Town:
    """
    Found a small town's bank, in memory or wherever *open_bank* opens it for the signers it is given.

    Keys are fresh; the learner's name is invented.
    """
    signers = {id: Ed25519Signer.generate() for id in _PROFILES}
    bank = memory_bank(signers=signers) if open_bank is None else open_bank(signers)
    profiles = {id: Profile(name, kind, roles, "370305") for id, (name, kind, roles) in _PROFILES.items()}
    keys = {id: str(PublicKey.of(signer)) for id, signer in signers.items()}
    bank.record(
        Request(OPERATOR, "found", datetime.now(ZoneInfo(ZONE)).date()),
        found,
        profiles[OPERATOR],
        keys[OPERATOR],
        ORIGIN,
        ZONE,
    )
    for id in (COLLEGE, ASSESSOR):
        proof = possession(ORIGIN, id, signers[id])
        bank.record(Request(OPERATOR, f"register {id}", bank.today()), register, id, profiles[id], keys[id], proof)
    for system in (COLLEGE_CREDIT, RECOGNISED_CREDIT):
        bank.record(Request(OPERATOR, f"system {system.id}", bank.today()), publish_system, system)
    book = bank.publish(Request(OPERATOR, "book", bank.today()), read("x-certificate-conversion"))
    learner = bank.open_account(
        Request(COLLEGE, "open", bank.today()), Person("林晓", "resident-id", "11010519491231002X", {})
    )
    programme = Programme("550101", "艺术设计", "college-3", 36, COLLEGE_CREDIT.credit(120))
    enrolment = Enrolment(COLLEGE, programme, "2024级", date(2024, 9, 1))
    event = bank.record(Request(COLLEGE, "enrol", bank.today()), enrol, learner, enrolment).event
    assert isinstance(event, Enrolled), "enrol says Enrolled"
    return Town(bank, signers, book, learner, event.id)
