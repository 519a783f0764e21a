"""
A founded bank with schools, books and a clock that tests turn: the ground on which whole requests are tried.

    world = World.founded()
    account = world.learner(1)
    source = world.deposit(account, world.certificate())
    applied = world.convert(account, [world.item("1", source, world.course("c1", 4))])

A second bank on the same store is ``world.second()``, as another process would have it. Signing keys follow from the institutions'
names, so that a world can be opened again with the keys it was founded with; they are worth nothing outside tests.
"""

import base64
import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Concatenate, Final, ParamSpec
from zoneinfo import ZoneInfo

import attrs

from creditbank.bank import Bank, Recorded, connect, number_claim
from creditbank.domain.application import Application, Item, TransferOffer
from creditbank.domain.credit import Credit, CreditSystem, parse_number
from creditbank.domain.curriculum import Curriculum, CurriculumCourse, Hours
from creditbank.domain.decide.account import deposit, enrol
from creditbank.domain.decide.convert import agree, convert
from creditbank.domain.decide.keys import add_key, found, publish_system, register, set_seats
from creditbank.domain.decide.transfer import offer_transfer
from creditbank.domain.event import Applied, Enrolled, Event, OutcomeDeposited, TransferOffered
from creditbank.domain.known import Known
from creditbank.domain.level import Level
from creditbank.domain.name import (
    AccountId,
    ApplicationId,
    Claim,
    Digest,
    EnrolmentId,
    InstitutionId,
    OutcomeId,
    StreamId,
    TransferId,
    institution_id,
    seats_stream,
)
from creditbank.domain.outcome import ContestAward, CourseResult, Diploma, Outcome, SkillCertificate, Training
from creditbank.domain.profile import Profile
from creditbank.domain.programme import Course, Enrolment, Programme
from creditbank.domain.request import Request
from creditbank.ledger import Ed25519Signer, PublicKey, Signer, possession_message
from creditbank.vault import Person

__all__ = [
    "ACADEMIC",
    "ASSESSOR",
    "BANK_CREDIT",
    "COLLEGE",
    "COLLEGE_CREDIT",
    "HIGH",
    "OPERATOR",
    "ORIGIN",
    "VOCATIONAL",
    "ZONE",
    "Clock",
    "World",
    "possession",
    "shipped_book",
    "signer_of",
]

P = ParamSpec("P")

ORIGIN: Final = "creditbank.example.org/world"
ZONE: Final = "Asia/Shanghai"

OPERATOR: Final = institution_id("keys:operator")
COLLEGE: Final = institution_id("keys:college")
ACADEMIC: Final = institution_id("keys:academic-affairs")
ASSESSOR: Final = institution_id("keys:assessor")
HIGH: Final = institution_id("keys:high-school")
VOCATIONAL: Final = institution_id("keys:vocational-school")

COLLEGE_CREDIT: Final = CreditSystem("cn-college", parse_number("0.5"), "高职学分", None)
BANK_CREDIT: Final = CreditSystem("cn-bank", parse_number("0.5"), "学分银行学分", None)

_PROFILES: Final = {
    OPERATOR: Profile("学分银行", "operator", ("operator", "registrar", "eraser"), "370300"),
    COLLEGE: Profile("职业技术学院", "college", ("school",), "370305"),
    ACADEMIC: Profile("教务处", "office", ("office",), "370305"),
    ASSESSOR: Profile("培训评价组织", "assessor", ("issuer",), "370305"),
    HIGH: Profile("普通高中", "general-school", ("school",), "370305"),
    VOCATIONAL: Profile("中等职业学校", "vocational-school", ("school",), "370305"),
}

_SEATS: Final = seats_stream(VOCATIONAL, "cook-2026")
_NOON_MS: Final = 1_792_987_200_000  # 2026-10-26 noon in the bank's zone
_DAY_MS: Final = 86_400_000
_UNPUBLISHED: Final = Digest("")


def signer_of(institution: InstitutionId, number: int = 0) -> Ed25519Signer:
    """Return the *number*-th test key of *institution*, the same every time."""
    return Ed25519Signer.from_seed(hashlib.sha256(f"test key {number} of {institution}".encode()).digest())


def possession(institution: InstitutionId, key: PublicKey, signer: Signer, origin: str = ORIGIN) -> str:
    """Return the signature (base64) by *signer* over the statement that *institution* holds *key*."""
    return base64.b64encode(signer.sign(possession_message(origin, institution, key))).decode()


def shipped_book(name: str) -> str:
    """Return the text of a rule book that creditbank ships."""
    return files("creditbank").joinpath("rulebooks", f"{name}.toml").read_text("utf-8")


@attrs.define
class Clock:
    """A clock that only tests turn: Unix milliseconds, noon of a day to begin with."""

    now_ms: int = _NOON_MS

    def __call__(self) -> int:
        return self.now_ms

    def turn(self, days: int = 0, ms: int = 0) -> None:
        """Turn the clock on, or back."""
        self.now_ms += days * _DAY_MS + ms

    @property
    def day(self) -> date:
        """The civil day in the bank's zone."""
        return datetime.fromtimestamp(self.now_ms // 1000, UTC).astimezone(ZoneInfo(ZONE)).date()


@attrs.define
class World:
    """
    A bank with what a test needs around it.

    Attributes:
        book: The X certificate rule book: a chain of two steps, 30 days each; a certificate gives at most 8 credits.
        transfers: The rule book of transfers between a general and a vocational school.
    """

    bank: Bank
    clock: Clock
    signers: dict[InstitutionId, Signer]
    book: Digest = _UNPUBLISHED
    transfers: Digest = _UNPUBLISHED
    _keys: Iterator[int] = attrs.field(factory=lambda: itertools.count(1))

    @classmethod
    def founded(cls, url: str = "memory:", **options: object) -> "World":
        """Return a new bank at *url* with its institutions, credit systems, books and two places for transfers."""
        world = cls.empty(url, **options)
        world.found()
        for institution in _PROFILES:
            if institution != OPERATOR:
                world.register(institution)
        world.record(OPERATOR, publish_system, COLLEGE_CREDIT)
        world.record(OPERATOR, publish_system, BANK_CREDIT)
        world.book = world.bank.publish(world.request(OPERATOR), shipped_book("x-certificate-conversion"))
        world.transfers = world.bank.publish(world.request(OPERATOR), shipped_book("shandong-transfer"))
        world.record(VOCATIONAL, set_seats, _SEATS, 2)
        return world

    @classmethod
    def empty(cls, url: str = "memory:", **options: object) -> "World":
        """Return a bank that is not founded yet; *options* are those of :func:`creditbank.connect`."""
        clock = Clock()
        signers: dict[InstitutionId, Signer] = {one: signer_of(one) for one in _PROFILES}
        bank = connect(url, signers=signers, clock=clock, **options)  # type: ignore[arg-type] # handed on as given
        return cls(bank, clock, signers)

    def second(self, clock: Callable[[], int] | None = None) -> Bank:
        """Return another bank on the same store and vault, with a cache of its own."""
        return Bank(
            self.bank.store, self.bank.vault, signers=self.signers, clock=clock or self.clock, mark=None, marked=False
        )

    # --- requests -----------------------------------------------------------------------------------------------------

    def request(self, by: InstitutionId, key: str | None = None, *, days: int = 0) -> Request:
        """Return a request of today, *days* later, under *key* or a fresh one."""
        return Request(by, key or f"world-{next(self._keys)}", self.clock.day + timedelta(days=days))

    def record(
        self,
        by: InstitutionId,
        verb: Callable[Concatenate[Known, Request, P], Iterator[Event]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Recorded:
        """Record *verb* as *by*, today, under a fresh key."""
        return self.bank.record(self.request(by), verb, *args, **kwargs)

    def found(self) -> Recorded:
        """Found the bank."""
        key = str(PublicKey.of(self.signers[OPERATOR]))
        return self.record(OPERATOR, found, _PROFILES[OPERATOR], key, ORIGIN, ZONE)

    def register(self, institution: InstitutionId, profile: Profile | None = None) -> Recorded:
        """Register *institution* with its first test key."""
        key = PublicKey.of(signer_of(institution))
        held = possession(institution, key, signer_of(institution))
        return self.record(OPERATOR, register, institution, profile or _PROFILES[institution], str(key), held)

    def add_key(self, institution: InstitutionId, number: int = 1) -> str:
        """Let *institution* take its *number*-th test key, endorsed by the operator, and return the key's text."""
        key = PublicKey.of(signer_of(institution, number))
        held = possession(institution, key, signer_of(institution, number))
        endorsed = possession(institution, key, self.signers[OPERATOR])
        self.record(institution, add_key, str(key), held, OPERATOR, endorsed)
        return str(key)

    # --- learners -----------------------------------------------------------------------------------------------------

    def person(self, number: int) -> Person:
        """Return the *number*-th invented person."""
        return Person(f"学生{number}", "passport", f"P{number:08d}", {})

    def open(self, number: int) -> AccountId:
        """Open the account of the *number*-th person, or find it."""
        return self.bank.open_account(self.request(COLLEGE), self.person(number))

    def enrolment(self, school: InstitutionId = COLLEGE, programme: str = "510202") -> Enrolment:
        """Return an enrolment that begins a year ago."""
        kind = {COLLEGE: "college-3", HIGH: "general", VOCATIONAL: "vocational-3"}[school]
        credits = COLLEGE_CREDIT.credit(parse_number("120")) if school == COLLEGE else None
        year = {HIGH: "高一", VOCATIONAL: "一年级"}.get(school, "2025")
        since = self.clock.day - timedelta(days=365)
        return Enrolment(school, Programme(programme, f"专业{programme}", kind, 36, credits), year, since)

    def enrol(self, account: AccountId, school: InstitutionId = COLLEGE, programme: str = "510202") -> EnrolmentId:
        """Enrol the learner at *school*."""
        event = self.record(school, enrol, account, self.enrolment(school, programme)).event
        assert isinstance(event, Enrolled)
        return event.id

    def learner(self, number: int) -> AccountId:
        """Open the account of the *number*-th person and enrol them at the college."""
        account = self.open(number)
        self.enrol(account)
        return account

    def enrolled(self, account: AccountId, school: InstitutionId = COLLEGE) -> EnrolmentId:
        """Return the learner's first enrolment at *school*."""
        held = self.bank.known().account(account).enrolments.values()
        return next(one.id for one in held if one.enrolment.school == school)

    # --- outcomes -----------------------------------------------------------------------------------------------------

    def number(self, text: str, issuer: InstitutionId = ASSESSOR) -> Claim:
        """Return the claim of the certificate number *text* of *issuer*."""
        return number_claim(self.bank.vault, issuer, text)

    def certificate(
        self, level: str = "中级", credits: str | None = "10", number: str | None = None
    ) -> SkillCertificate:
        """Return an X certificate of the assessor, worth *credits* of the bank's system."""
        return SkillCertificate(
            title=f"Web前端开发({level})",
            issuer=ASSESSOR,
            achieved_on=self.clock.day - timedelta(days=30),
            credits=None if credits is None else BANK_CREDIT.credit(parse_number(credits)),
            level=Level("x", level),
            category="软件",
            number=None if number is None else self.number(number),
        )

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return one outcome of each of the five kinds."""
        day = self.clock.day - timedelta(days=1)
        worth: Credit = COLLEGE_CREDIT.credit(parse_number("3"))
        return (
            CourseResult(title="计算机基础", issuer=COLLEGE, achieved_on=day, credits=worth, code="c0", grade="85"),
            Diploma(
                title="毕业证书", issuer=COLLEGE, achieved_on=day, level=Level("cn-diploma", "大专"), major="软件技术"
            ),
            self.certificate(),
            ContestAward(
                title="技能大赛", issuer=ASSESSOR, achieved_on=day, tier="province", prize=2, team=True, position=1
            ),
            Training(title="家政服务员培训", issuer=ASSESSOR, achieved_on=day, hours=40, category="家政"),
        )

    def deposit(self, account: AccountId, outcome: Outcome) -> OutcomeId:
        """Deposit *outcome*, as its issuer."""
        event = self.record(outcome.issuer, deposit, account, outcome).event
        assert isinstance(event, OutcomeDeposited)
        return event.id

    # --- conversion ---------------------------------------------------------------------------------------------------

    def course(self, id: str, credits: int | str = 4, category: str = "专业核心") -> Course:
        """Return a compulsory course of *category*."""
        return Course(id, f"课程{id}", (category,), True, COLLEGE_CREDIT.credit(parse_number(str(credits))))

    def curriculum(self, edition: str = "2026", *courses: Course) -> Curriculum:
        """Return the college's curriculum in *edition*, of *courses* or of two of its own."""
        rows = tuple(
            CurriculumCourse(
                code=course.id,
                name=course.name,
                nature="compulsory" if course.compulsory else "elective",
                category=course.category,
                track=None,
                credits=COLLEGE_CREDIT.amount(course.credits),
                hours=Hours(None, ()),
                terms=("第一学期",),
                assessment="考试",
                department=None,
                facts=(),
            )
            for course in courses or (self.course("c1"), self.course("c2", "0.5", "公共课"))
        )
        return Curriculum(
            school=COLLEGE,
            id="510202",
            edition=edition,
            name="专业510202",
            level="高职",
            system=COLLEGE_CREDIT.id,
            since=self.clock.day,
            courses=rows,
            requirements=(),
            facts=(),
            source="培养方案, invented",
        )

    def item(self, id: str, source: str, *courses: Course) -> Item:
        """Return a line: *source* for *courses*."""
        return Item(id, (source,), courses)

    def application(self, account: AccountId, items: Sequence[Item], book: Digest | None = None) -> Application:
        """Return an application at the college, with both roles of the chain bound."""
        parties = (("college", COLLEGE), ("academic-affairs", ACADEMIC))
        return Application(book or self.book, "convert", self.enrolled(account), tuple(items), parties)

    def convert(self, account: AccountId, items: Sequence[Item]) -> ApplicationId:
        """Apply, as the college."""
        event = self.record(COLLEGE, convert, account, self.application(account, items)).event
        assert isinstance(event, Applied)
        return event.id

    def converted(self, account: AccountId, items: Sequence[Item]) -> ApplicationId:
        """Apply, and let both agree."""
        application = self.convert(account, items)
        self.record(COLLEGE, agree, account, application)
        self.record(ACADEMIC, agree, account, application)
        return application

    # --- transfers ----------------------------------------------------------------------------------------------------

    @property
    def seats(self) -> StreamId:
        """The vocational school's places."""
        return _SEATS

    def offer(self, account: AccountId, **facts: str | bool | int) -> TransferOffer:
        """Return an offer from the high school to the vocational school; *facts* replace those of the application."""
        said: dict[str, str | bool | int] = {"window": "高一S2", "remaining_years": "2", "test_passed": True, **facts}
        return TransferOffer(
            book=self.transfers,
            enrolment=self.enrolled(account, HIGH),
            to=VOCATIONAL,
            programme=Programme("740201", "中餐烹饪", "vocational-3", 36),
            year_group="二年级",
            seats=self.seats,
            starts_on=self.clock.day + timedelta(days=10),
            facts=tuple(sorted((f"application.{name}", fact) for name, fact in said.items())),
        )

    def offered(self, account: AccountId) -> TransferId:
        """Offer the learner to the vocational school."""
        event = self.record(HIGH, offer_transfer, account, self.offer(account)).event
        assert isinstance(event, TransferOffered)
        return event.id
