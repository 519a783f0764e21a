"""Cases A1, A7 and A8 through the public API of a bank: published rules, exact numbers, and every decision run again."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import attrs
import pytest

import creditbank as cb
from creditbank.domain.name import AccountId, EnrolmentId, InstitutionId, StreamId, TransferId
from creditbank.errors import DecisionRefusedError, StateError
from creditbank.ledger import Ed25519Signer, PublicKey
from creditbank.rulebooks import read
from creditbank.testing.town import COLLEGE_CREDIT, ORIGIN, RECOGNISED_CREDIT, Town, possession, small_town

# --- A1: stacked certificate cap and level gate (D1) ----------------------------------------------------------------------

CORE = {"广告创意与设计": "4", "平面广告设计": "4", "App原型设计": "2"}


def asked(town: Town, level: str, credits: str, courses: Mapping[str, str], basic: str | None = None) -> cb.Application:
    event = town.bank.record(
        town.request(town.assessor), cb.deposit, town.learner, town.certificate(level, credits)
    ).event
    application = town.application(event.id, courses)
    if basic is None:
        return application
    first = town.application(event.id, {basic: "4"}, category="专业基础").items[0]
    return attrs.evolve(application, items=(first, *application.items))


def answers(decision: cb.Decision) -> list[tuple[str, str]]:
    return [(result.item, result.refused or str(result.granted)) for result in decision.results]


def granted(town: Town, application: cb.Application) -> list[tuple[str, str]]:
    quoted = cb.quote(town.bank.known(), town.learner, application, town.bank.today())
    applied = town.bank.record(town.request(town.college), cb.convert, town.learner, application).event
    assert answers(applied.decision) == answers(quoted), "a quote is the decision, unrecorded"
    if any(result.refused is None for result in applied.decision.results):
        for _ in range(2):
            town.bank.record(town.request(town.college), cb.agree, town.learner, applied.id)
    return answers(applied.decision)


def held(town: Town) -> str:
    balance = cb.balance(town.bank.known(), town.learner)
    return COLLEGE_CREDIT.text(balance.get("cn-college", COLLEGE_CREDIT.zero))


def test_a1_a_middle_certificate_gives_eight() -> None:
    town = small_town()
    assert granted(town, asked(town, "中级", "10", CORE, basic="Photoshop")) == [
        ("Photoshop", "gate.level-category"),
        ("广告创意与设计", "4"),
        ("平面广告设计", "4"),
        ("App原型设计", "cap.certificate"),
    ]
    assert held(town) == "8"
    assert town.bank.verify().ok


def test_a1_the_banks_value_is_a_cap_too() -> None:
    town = small_town()
    assert granted(town, asked(town, "中级", "6", CORE)) == [
        ("广告创意与设计", "4"),
        ("平面广告设计", "cap.bank-value"),
        ("App原型设计", "2"),
    ]
    assert held(town) == "6"
    # a second certificate may not stand for the same course
    assert granted(town, asked(town, "中级", "10", {"广告创意与设计": "4"})) == [("广告创意与设计", "once.course-used")]
    assert town.bank.verify().ok


def test_a1_a_high_certificate_stands_for_both() -> None:
    town = small_town()
    assert granted(town, asked(town, "高级", "10", {"广告创意与设计": "4"}, basic="Photoshop")) == [
        ("Photoshop", "4"),
        ("广告创意与设计", "4"),
    ]
    assert held(town) == "8"


# --- A7: one certificate, three courses (the postal case) --------------------------------------------------------------------

OUC_CREDIT = cb.CreditSystem("cn-ouc", COLLEGE_CREDIT.quantum, "国开学分", None)
POSTAL = {"速递生产与运作": "3", "速递业务与经营": "3", "邮政快递揽投作业规范": "2"}


def test_a7_one_certificate_three_courses_together() -> None:
    town = small_town()
    bank = town.bank
    bank.record(town.request(town.operator), cb.publish_system, OUC_CREDIT)
    book = bank.publish(town.request(town.operator), read("ouc-postal"))
    certificate = attrs.evolve(town.certificate("高级", "8"), title="邮政速递业务员职业资格证书")
    source = bank.record(town.request(town.assessor), cb.deposit, town.learner, certificate).event.id

    def application(courses: Mapping[str, str]) -> cb.Application:
        targets = tuple(
            cb.Course(name, name, (), True, OUC_CREDIT.credit(credits)) for name, credits in courses.items()
        )
        return cb.Application(book, "convert", town.enrolment, (cb.Item("1", (source,), targets),), ())

    four = {**POSTAL, "物流学": "2"}
    refused = cb.quote(bank.known(), town.learner, application(four), bank.today()).result("1")
    assert refused.refused is not None
    assert refused.refused.startswith("map."), "the rule names three courses and no fourth"

    recorded = bank.record(town.request(town.college), cb.convert, town.learner, application(POSTAL))
    result = recorded.event.decision.result("1")
    assert (result.granted, result.grade, result.mode) == (8, "免考", "credit")
    assert [(target, str(credits)) for target, credits in result.targets] == list(POSTAL.items())
    assert len(recorded.events) == 2, "a book without a chain converts at once"

    again = cb.quote(bank.known(), town.learner, application(POSTAL), bank.today()).result("1")
    assert again.refused == "once.outcome-used"
    assert bank.verify().ok


# --- A8: transfers (Shandong, Wenzhou) ----------------------------------------------------------------------------------------

GENERAL, VOCATIONAL = cb.institution_id("keys:general"), cb.institution_id("keys:vocational")
FAR, OTHER_CITY = cb.institution_id("keys:far"), cb.institution_id("keys:other-city")
SCHOOLS = {
    GENERAL: ("general-school", "370305"),
    VOCATIONAL: ("vocational-school", "370305"),
    FAR: ("vocational-school", "370303"),
    OTHER_CITY: ("vocational-school", "370102"),
}
ALL_GENERAL = cb.Programme("p", "普通高中", "general", 36)
THREE_YEARS = cb.Programme("v", "中餐烹饪", "vocational-3", 36)


@attrs.frozen
class Schools:
    """Four schools, a pupil at the general one and a pupil at the vocational one, and a clock that stands in 2027."""

    bank: cb.Bank
    book: cb.Digest
    at: Mapping[InstitutionId, tuple[AccountId, EnrolmentId]]

    def offer(
        self,
        sender: InstitutionId,
        to: InstitutionId,
        programme: cb.Programme,
        window: str,
        years: str,
        **facts: object,
    ) -> DecisionRefusedError | TransferId:
        account, enrolment = self.at[sender]
        stated = {"test_passed": True, **facts, "window": window, "remaining_years": years}
        full = tuple(sorted((name if "." in name else f"application.{name}", fact) for name, fact in stated.items()))
        seats = cb.seats_stream(to, "2027")
        offer = cb.TransferOffer(self.book, enrolment, to, programme, "高一", seats, date(2027, 3, 1), full)
        request = cb.Request(sender, f"offer {window} {years} {to} {programme.kind} {facts}", self.bank.today())
        try:
            event = self.bank.record(request, cb.offer_transfer, account, offer).event
        except DecisionRefusedError as error:
            return error
        decline = cb.Request(to, f"decline {event.id}", self.bank.today())
        self.bank.record(decline, cb.decline_transfer, account, event.id, "only asked")
        return event.id


def schools(book: str, day: date = date(2027, 1, 20)) -> Schools:
    noon = int(datetime(day.year, day.month, day.day, 4, tzinfo=UTC).timestamp()) * 1000
    operator = cb.institution_id("keys:bank")
    signers = {id: Ed25519Signer.generate() for id in (operator, *SCHOOLS)}
    bank = cb.memory_bank(signers=signers, clock=lambda: noon)
    key = {id: str(PublicKey.of(signer)) for id, signer in signers.items()}
    profile = cb.Profile("学分银行", "operator", ("operator", "registrar"), "")
    bank.record(cb.Request(operator, "found", day), cb.found, profile, key[operator], ORIGIN, "Asia/Shanghai")
    at = {}
    for number, (id, (kind, region)) in enumerate(SCHOOLS.items()):
        profile = cb.Profile(f"学校{number}", kind, ("school",), region)
        proof = possession(ORIGIN, id, signers[id])
        bank.record(cb.Request(operator, f"r{id}", day), cb.register, id, profile, key[id], proof)
        bank.record(cb.Request(id, "seats", day), cb.set_seats, cb.seats_stream(id, "2027"), 40)
        person = cb.Person(f"学生{number}", "passport", f"E{number}", {})
        account = bank.open_account(cb.Request(id, "open", day), person)
        programme = ALL_GENERAL if kind == "general-school" else THREE_YEARS
        facts = (("source.exam_score", "500"),)
        enrolment = cb.Enrolment(id, programme, "高一", date(2026, 9, 1), facts)
        event = bank.record(cb.Request(id, "enrol", day), cb.enrol, account, enrolment).event
        at[id] = (account, event.id)
    digest = bank.publish(cb.Request(operator, "book", day), read(book))
    return Schools(bank, digest, at)


def code(answer: DecisionRefusedError | TransferId) -> str:
    return answer.reason if isinstance(answer, DecisionRefusedError) else "offered"


def test_a8_shandong_general_to_vocational() -> None:
    town = schools("shandong-transfer")

    def asks(window: str, years: str, to: InstitutionId = VOCATIONAL, **facts: object) -> str:
        return code(town.offer(GENERAL, to, THREE_YEARS, window, years, **facts))

    assert asks("高一S1", "2.5") == "offered"
    assert asks("高一S2", "2.0") == "offered"
    assert asks("高二S1", "1.5") == "offered", "1.5 years exactly is enough"
    assert asks("高二S2", "1.0") == "gate.window", "the first that fails in file order gives the code"
    assert asks("高二S1", "1.4") == "gate.years"
    assert asks("高一S1", "2.5", test_passed=False) == "gate.test"
    assert asks("高一S1", "2.5", to=FAR, county_lacks_capacity=False) == "gate.scope"
    assert asks("高一S1", "2.5", to=FAR, county_lacks_capacity=True) == "offered"
    assert asks("高一S1", "2.5", to=OTHER_CITY, county_lacks_capacity=True) == "gate.scope"
    for kind in ("five-year", "3+4"):
        programme = attrs.evolve(THREE_YEARS, kind=kind, months=60)
        assert code(town.offer(GENERAL, VOCATIONAL, programme, "高一S1", "2.5")) == "gate.programme-type"
    assert town.bank.verify().ok


def test_a8_shandong_vocational_to_general() -> None:
    town = schools("shandong-transfer")
    answers = {
        window: code(town.offer(VOCATIONAL, GENERAL, ALL_GENERAL, window, "2"))
        for window in ("高一S1", "高一S2", "高二S1")
    }
    assert answers == {"高一S1": "offered", "高一S2": "offered", "高二S1": "gate.window"}


@pytest.mark.parametrize(
    ("day", "score", "expected"),
    [
        (date(2027, 1, 1), "500", "offered"),  # the term ends on 2027-01-31: a month before is 12-31
        (date(2026, 12, 31), "500", "offered"),
        (date(2026, 12, 31), "501", "gate.score"),  # one point under the line
    ],
)
def test_a8_wenzhou(day: date, score: str, expected: str) -> None:
    town = schools("wenzhou-transfer", day)
    end = date(2027, 1, 31) if day.year == 2026 else date(2027, 2, 1)
    facts = {"term_end": str(end), "office_approved": True, "target.admission_line": score}
    assert code(town.offer(VOCATIONAL, GENERAL, ALL_GENERAL, "高一S1", "2", **facts)) == expected


def test_a8_wenzhou_twenty_nine_days_are_not_a_month() -> None:
    town = schools("wenzhou-transfer", date(2027, 1, 2))
    facts = {"term_end": "2027-01-31", "office_approved": True, "target.admission_line": "500"}
    assert code(town.offer(VOCATIONAL, GENERAL, ALL_GENERAL, "高一S1", "2", **facts)) == "gate.notice"


def test_places_run_out_one_by_one() -> None:
    town = schools("shandong-transfer")
    bank, day = town.bank, town.bank.today()
    seats = cb.seats_stream(VOCATIONAL, "2027")
    bank.record(cb.Request(VOCATIONAL, "fewer", day), cb.set_seats, seats, 1)
    account, enrolment = town.at[GENERAL]
    facts = (("application.remaining_years", "2"), ("application.test_passed", True), ("application.window", "高一S1"))
    offer = cb.TransferOffer(town.book, enrolment, VOCATIONAL, THREE_YEARS, "高一", seats, date(2027, 3, 1), facts)
    event = bank.record(cb.Request(GENERAL, "1", day), cb.offer_transfer, account, offer).event
    second = bank.open_account(cb.Request(GENERAL, "o2", day), cb.Person("学生九", "passport", "E9", {}))
    other = bank.record(
        cb.Request(GENERAL, "e2", day), cb.enrol, second, cb.Enrolment(GENERAL, ALL_GENERAL, "高一", date(2026, 9, 1))
    ).event
    late = bank.record(
        cb.Request(GENERAL, "2", day), cb.offer_transfer, second, attrs.evolve(offer, enrolment=other.id)
    ).event
    bank.record(cb.Request(VOCATIONAL, "a1", day), cb.accept_transfer, account, event.id)
    with pytest.raises(StateError, match="all 1 taken"):
        bank.record(cb.Request(VOCATIONAL, "a2", day), cb.accept_transfer, second, late.id)
    known = bank.known()
    assert known.seats(StreamId(seats)).left == 0
    now = {held.enrolment.school for held in known.account(account).enrolled_at(date(2027, 3, 1))}
    assert now == {VOCATIONAL}
    assert {held.enrolment.school for held in known.account(account).enrolled_at(date(2027, 2, 28))} == {GENERAL}
    assert bank.verify().ok


def test_recognised_credit_is_not_college_credit() -> None:
    """Deposit is not conversion: what the credit bank recognised stays in its own system until a decision converts it."""
    town = small_town()
    asked(town, "中级", "10", CORE)
    balance = cb.balance(town.bank.known(), town.learner)
    assert {system: str(credit.quanta) for system, credit in balance.items()} == {"cn-bank": "20"}
    assert RECOGNISED_CREDIT.text(balance["cn-bank"]) == "10"
