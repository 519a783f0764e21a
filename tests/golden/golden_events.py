"""Fixed payloads: one or more of every kind of event, with every optional field once given and once left out."""

from datetime import date
from fractions import Fraction

from attrs import evolve

from creditbank.codec.payload import Payload, Read
from creditbank.domain.application import Application, Item, TransferOffer
from creditbank.domain.credit import Credit, CreditSystem
from creditbank.domain.effect import stream_of
from creditbank.domain.event import (
    AccountErased,
    AccountOpened,
    AccountRestricted,
    ApplicationClosed,
    Applied,
    BankFounded,
    BookPublished,
    BookSuperseded,
    BookWithdrawn,
    Converted,
    CreditSystemPublished,
    CurriculumPublished,
    Enrolled,
    EnrolmentEnded,
    Event,
    InstitutionRegistered,
    ItemsUndone,
    KeyAdded,
    KeyRestored,
    KeyRetired,
    KeyRevoked,
    MemberAgreed,
    ObjectionAnswered,
    ObjectionRaised,
    OutcomeCorrected,
    OutcomeDeposited,
    OutcomeRevoked,
    Remainder,
    SeatsSet,
    SeatTaken,
    StepAgreed,
    TransferAccepted,
    TransferDeclined,
    TransferOffered,
)
from creditbank.domain.level import Level
from creditbank.domain.lot import Posting
from creditbank.domain.name import (
    ApplicationId,
    Claim,
    Digest,
    EnrolmentId,
    ObjectionId,
    OutcomeId,
    Token,
    TransferId,
    account_id,
    curriculum_stream,
    institution_id,
    seats_stream,
)
from creditbank.domain.outcome import ContestAward, CourseResult, Diploma, Outcome, SkillCertificate, Training
from creditbank.domain.period import Calendar, Term
from creditbank.domain.profile import Profile
from creditbank.domain.programme import Course, Enrolment, Programme
from creditbank.domain.request import Request
from creditbank.domain.rule import (
    Compared,
    Decision,
    Declined,
    DeclinedLine,
    ItemResult,
    Line,
    Measured,
    SetEffect,
    Total,
    Waiver,
)

__all__ = ["GOLDEN", "TOKEN"]

ORIGIN = "creditbank.example.org/golden"
NONCE = "00112233445566778899aabbccddeeff"
DAY = date(2026, 3, 1)
TOKEN = Token("7f" * 32)
"""Of every claim here; payloads do not carry it."""

OPERATOR, COLLEGE, ASSESSOR = (institution_id(f"keys:{slug}") for slug in ("operator", "college", "assessor"))
ACCOUNT = account_id("account:0123456789abcdef0123456789abcdef")
BOOK = Digest("b0" * 32)
KEY = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
SIGNATURE = "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw=="
ENROLMENT, OUTCOME = EnrolmentId("e0" * 16), OutcomeId("0c" * 16)
APPLICATION, TRANSFER = ApplicationId("a0" * 16), TransferId("70" * 16)
SEATS = seats_stream(COLLEGE, "3y-cook-2026")

OPERATOR_PROFILE = Profile(
    "学分银行 “示范”", "operator", ("operator", "registrar", "eraser"), "370300", "11370305K21216551K"
)
COLLEGE_PROFILE = Profile("职业技术学院", "college", ("school",), "")
PROGRAMME = Programme("510202", "计算机应用技术", "college-3", 36, Credit("cn-college", 240))
COURSE = Course("c-1", "广告创意与设计", ("专业课", "专业核心"), True, Credit("cn-college", 8))

REFUSED = ItemResult(
    "2", None, (), (), (), Fraction(0), "", "", "credit", (), Fraction(0), Fraction(0), Fraction(0), (), (), False, (),
    "cap.certificate", "3.1", "X证书课程转换办法, 3, https://example.org/", (Compared("credits", "10", "at_most", "8"),),
    ("gate.level-category",),
)  # fmt: skip
GRANTED = ItemResult(
    "1", Fraction(4), (("c-1", Fraction(4)),), (OUTCOME,), (Line((OUTCOME,), "c-1", Fraction(4), Fraction(9, 2)),),
    Fraction(16, 3), "90", "专业课", "credit", ("badge",), Fraction(1, 3), Fraction(1, 2), Fraction(-1, 2),
    (Declined("cap.x", "9", Fraction(1)),), (("c-2", Fraction(1, 2)),), True, ("5",), None, "", "", (), (),
)  # fmt: skip
DECISION = Decision(
    1, BOOK, "ca" * 32, (GRANTED, REFUSED), (Total("cn-college", "", Fraction(4)), Total("cn-college", "专业课", Fraction(4))),
    "0f" * 32,
)  # fmt: skip
# What decisions could say later: floors, lines that do not count, a mark, effects. The ones above were written before.
FLOOR = Measured("9", "floor.total", "credits", Fraction(80), "at_least", Fraction(120), Fraction(240))
AWARDED = Decision(
    1, BOOK, "ca" * 32,
    (
        evolve(
            GRANTED, score=Fraction(119, 2), effects=(SetEffect("may_sit", False, "7"), SetEffect("status", "毕业", "8")),
            floors=(FLOOR,), level_points=Fraction(260),
        ),
        evolve(
            REFUSED,
            declined_lines=(DeclinedLine(OUTCOME, "gate.expired", "8.7", (Compared("a", "b", "at_most", "c"),)),),
        ),
    ),
    (), "0f" * 32, (FLOOR,),
)  # fmt: skip
ITEM = Item(
    "1", (OUTCOME, f"{APPLICATION}.1"), (COURSE,), "专业课", "3.5", (("item.a", "b"), ("item.n", 1), ("item.t", True))
)
APPLIED = Application(
    BOOK,
    "convert",
    ENROLMENT,
    (ITEM, Item("2", (OUTCOME,), ())),
    (("college", COLLEGE), ("academic-affairs", OPERATOR)),
    (("application.term", "2026-1"),),
)
OFFER = TransferOffer(
    BOOK, ENROLMENT, COLLEGE, Programme("740201", "中餐烹饪", "vocational-3", 36), "二年级", SEATS, date(2026, 9, 1),
    (("application.test_passed", True), ("application.window", "高一S2")),
)  # fmt: skip
STAGE = Course("3+2", "高职段", (), False, Credit("cn-college", 0), "stage")
WAIVED = Application(
    "x-certificate-conversion",
    "advance",
    ENROLMENT,
    (Item("1", (ENROLMENT,), (STAGE,), facts=(("target.months", 24),), marks=(("口试", "17.5"),)),),
    (("college", COLLEGE),),
    waivers=(Waiver("4.2", "1", "college", "政策过渡"),),
    calendars=(
        Calendar("terms", terms=(Term("2026-1", date(2026, 3, 1), date(2026, 9, 1)),)),
        Calendar("years", starts=("09-01",)),
    ),
)
OBJECTION = ObjectionId("0b" * 16)
MOVES = (
    Posting(OUTCOME, "held", "reserved", Credit("cn-bank", 20)),
    Posting(f"{APPLICATION}.1", "issued", "held", Credit("cn-college", 8)),
)

_OUTCOMES: tuple[Outcome, ...] = (
    CourseResult(
        title="高等数学", issuer=COLLEGE, achieved_on=DAY, credits=Credit("cn-college", 9), code="M-101", grade="优",
        category=("公共基础", "必修"), hours=64,
    ),
    CourseResult(title="选修", issuer=COLLEGE, achieved_on=DAY, code="E-1"),
    Diploma(
        title="毕业证书", issuer=COLLEGE, achieved_on=DAY, level=Level("cn-diploma", "大专"), major="软件技术",
        number=Claim("certificate-number", TOKEN),
    ),
    SkillCertificate(
        title="Web前端开发", issuer=ASSESSOR, achieved_on=DAY, expires_on=date(2031, 3, 1), credits=Credit("cn-bank", 20),
        level=Level("x", "中级"), category="软件", number=Claim("certificate-number", TOKEN),
    ),
    ContestAward(title="技能大赛", issuer=ASSESSOR, achieved_on=DAY, tier="province", prize=2, team=True, position=3),
    ContestAward(title="技能大赛", issuer=ASSESSOR, achieved_on=DAY, tier="school", prize=1, team=False),
    Training(title="家政服务员", issuer=ASSESSOR, achieved_on=DAY, hours=40, category="家政"),
)  # fmt: skip

EVENTS_FIXED: tuple[Event, ...] = (
    BankFounded(OPERATOR, OPERATOR_PROFILE, KEY, ORIGIN, "Asia/Shanghai"),
    InstitutionRegistered(COLLEGE, COLLEGE_PROFILE, KEY, SIGNATURE),
    KeyAdded(COLLEGE, KEY, SIGNATURE, OPERATOR, SIGNATURE),
    KeyRetired(COLLEGE, KEY),
    KeyRevoked(COLLEGE, KEY, 7, "丢失"),
    CreditSystemPublished(CreditSystem("cn-college", Fraction(1, 2), "高职学分", None)),
    CreditSystemPublished(CreditSystem("ects", Fraction(1, 2), "ECTS", Fraction(55, 2))),
    BookPublished("x-certificate-conversion", "2022-1", BOOK, 4711, date(2022, 1, 1), None),
    BookPublished("x-certificate-conversion", "2021-1", BOOK, 4711, date(2021, 1, 1), date(2022, 1, 1)),
    BookWithdrawn("x-certificate-conversion", BOOK, "replaced", None, None),
    SeatsSet(SEATS, COLLEGE, 40),
    SeatTaken(SEATS, TRANSFER),
    AccountOpened(ACCOUNT, Claim("person", TOKEN)),
    Enrolled(ACCOUNT, ENROLMENT, Enrolment(COLLEGE, PROGRAMME, "2025", DAY, (("learner.score", 412), ("learner.unit", "x")))),
    Enrolled(ACCOUNT, ENROLMENT, Enrolment(COLLEGE, Programme("1", "普通", "general", 36), "高一", DAY)),
    EnrolmentEnded(ACCOUNT, ENROLMENT, DAY, "毕业"),
    *(OutcomeDeposited(ACCOUNT, OUTCOME, outcome) for outcome in _OUTCOMES),
    Applied(ACCOUNT, APPLICATION, APPLIED, DAY, DECISION, MOVES[:1]),
    StepAgreed(ACCOUNT, APPLICATION, 0, DAY),
    Converted(ACCOUNT, APPLICATION, MOVES),
    ApplicationClosed(ACCOUNT, APPLICATION, "rejected", DAY, "材料不全", ()),
    ApplicationClosed(ACCOUNT, APPLICATION, "lapsed", DAY, "", MOVES[:1]),
    ApplicationClosed(ACCOUNT, APPLICATION, "withdrawn", DAY, "\"\\\b\t\u2028", ()),
    OutcomeRevoked(ACCOUNT, OUTCOME, "伪造", MOVES[:1]),
    ItemsUndone(ACCOUNT, APPLICATION, ("1", "2"), OUTCOME, MOVES[:1]),
    TransferOffered(ACCOUNT, TRANSFER, OFFER, DAY, DECISION),
    TransferAccepted(ACCOUNT, TRANSFER, ENROLMENT),
    TransferDeclined(ACCOUNT, TRANSFER, "名额已满"),
    AccountRestricted(ACCOUNT, "毕业证书"),
    AccountErased(
        ACCOUNT, (3, 5, 9_007_199_254_740_991), "c4" * 32, "PIPL 47(1)(3)", "de" * 32,
        (Remainder("held", Credit("cn-bank", 20), "3703", 2026),),
    ),
    CurriculumPublished(curriculum_stream(COLLEGE, "510202"), COLLEGE, "2026", BOOK, 29_420, date(2026, 9, 1)),
    KeyRestored(COLLEGE, KEY, SIGNATURE),
    Applied(ACCOUNT, APPLICATION, APPLIED, DAY, AWARDED, ()),
    BookSuperseded("x-certificate-conversion", "2021-1", BOOK, 4711, date(2022, 1, 1), Digest("b1" * 32)),
    BookWithdrawn("x-certificate-conversion", BOOK, "废止", "2022-1", 4711),
    Applied(ACCOUNT, APPLICATION, WAIVED, DAY, DECISION, ()),
    MemberAgreed(ACCOUNT, APPLICATION, 0, COLLEGE, DAY),
    ObjectionRaised(ACCOUNT, OBJECTION, APPLICATION, ASSESSOR, DAY, "证书不是本人的"),
    ObjectionAnswered(ACCOUNT, APPLICATION, OBJECTION, False, DAY, "已核实"),
    ObjectionAnswered(ACCOUNT, APPLICATION, OBJECTION, True, DAY, ""),
    ApplicationClosed(ACCOUNT, APPLICATION, "undone", DAY, "nothing is left of it", ()),
    OutcomeCorrected(ACCOUNT, OUTCOME, OutcomeId("0d" * 16), _OUTCOMES[1], "学时有误", MOVES[:1]),
    BookPublished("x-certificate-conversion", "2023-1", BOOK, 4711, date(2023, 1, 1), None, "试点一学期"),
)  # fmt: skip


def _payload(number: int, event: Event) -> Payload:
    stream = stream_of(event)
    officer = Token("经办-07") if number % 2 else None
    reads = tuple(sorted({COLLEGE: Read(COLLEGE, 1, "11" * 32), stream: Read(stream, number, "00" * 32)}.items()))
    return Payload(
        event,
        ORIGIN,
        Request(COLLEGE, "-", DAY, officer, NONCE),
        number % 2,
        number % 2 + 1,
        tuple(read for _, read in reads),
        (BOOK,) if number % 3 == 0 else (),
    )


GOLDEN: tuple[Payload, ...] = tuple(_payload(number, event) for number, event in enumerate(EVENTS_FIXED))
