"""Cases S6, S9, S10 and S11 through the public API of a bank: hours, dated articulation, quarter units, AND and OR."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import attrs
import pytest

import creditbank as cb
from creditbank.codec.book import read_book
from creditbank.domain.application import Fact
from creditbank.domain.credit import number_text, parse_number
from creditbank.domain.hours import Span, by_convention, by_hours, convention, hour_rate
from creditbank.domain.name import AccountId, Digest, EnrolmentId, InstitutionId
from creditbank.errors import MalformedBookError
from creditbank.ledger import Ed25519Signer, PublicKey
from creditbank.rulebooks import read
from creditbank.testing.town import ORIGIN, possession

OPERATOR, SENDING, RECEIVING = (cb.institution_id(f"keys:{name}") for name in ("bank", "sending", "receiving"))


@attrs.frozen
class Campus:
    """A bank with a sending and a receiving institution, one student at the receiving one, and one rule book."""

    bank: cb.Bank
    student: AccountId
    enrolment: EnrolmentId
    book: Digest
    systems: Mapping[str, cb.CreditSystem]

    def request(self, by: InstitutionId, key: str) -> cb.Request:
        return cb.Request(by, key, self.bank.today())

    def completed(self, code: str, credits: str, system: str, day: date, hours: int | None = None) -> str:
        """Deposit a course of the sending institution."""
        amount = self.systems[system].credit(credits)
        course = cb.CourseResult(title=code, issuer=SENDING, achieved_on=day, credits=amount, hours=hours, code=code)
        return self.bank.record(self.request(SENDING, f"{code} {day}"), cb.deposit, self.student, course).event.id

    def item(self, id: str, sources: list[str], system: str, *courses: tuple[str, str], **facts: Fact) -> cb.Item:
        targets = tuple(
            cb.Course(code, code, (), True, self.systems[system].credit(credits)) for code, credits in courses
        )
        stated = tuple(sorted((f"item.{name}", fact) for name, fact in facts.items()))
        return cb.Item(id, tuple(sources), targets, facts=stated)

    def decided(self, *items: cb.Item) -> cb.Decision:
        """Convert, after asking for a quote: they are the same, and what is granted is in the balance."""
        application = cb.Application(self.book, "convert", self.enrolment, items, ())
        quoted = cb.quote(self.bank.known(), self.student, application, self.bank.today())
        key = f"apply {[(item.id, item.sources) for item in items]}"
        event = self.bank.record(self.request(RECEIVING, key), cb.convert, self.student, application).event
        assert quoted.results == event.decision.results
        assert self.bank.verify().ok
        return event.decision

    def held(self, system: str) -> str:
        balance = cb.balance(self.bank.known(), self.student)
        return self.systems[system].text(balance.get(system, self.systems[system].zero))


def campus(book: str, *systems: tuple[str, str], day: date = date(2026, 5, 1)) -> Campus:
    noon = int(datetime(day.year, day.month, day.day, 4, tzinfo=UTC).timestamp()) * 1000
    signers = {id: Ed25519Signer.generate() for id in (OPERATOR, SENDING, RECEIVING)}
    bank = cb.memory_bank(signers=signers, clock=lambda: noon)
    keys = {id: str(PublicKey.of(signer)) for id, signer in signers.items()}
    profile = cb.Profile("credit bank", "operator", ("operator", "registrar"), "")
    bank.record(cb.Request(OPERATOR, "found", day), cb.found, profile, keys[OPERATOR], ORIGIN, "Asia/Shanghai")
    for id, roles in ((SENDING, ("school", "issuer")), (RECEIVING, ("school",))):
        proof = possession(ORIGIN, id, signers[id])
        profile = cb.Profile(str(id), "college", roles, "")
        bank.record(cb.Request(OPERATOR, f"register {id}", day), cb.register, id, profile, keys[id], proof)
    known = {id: cb.CreditSystem(id, parse_number(quantum), id, None) for id, quantum in systems}
    for id, system in known.items():
        bank.record(cb.Request(OPERATOR, f"system {id}", day), cb.publish_system, system)
    digest = bank.publish(cb.Request(OPERATOR, "book", day), read(book))
    student = bank.open_account(cb.Request(RECEIVING, "open", day), cb.Person("Ann", "passport", "E1", {}))
    enrolment = cb.Enrolment(RECEIVING, cb.Programme("p", "history", "degree", 48), "1", day)
    event = bank.record(cb.Request(RECEIVING, "enrol", day), cb.enrol, student, enrolment).event
    return Campus(bank, student, event.id, digest, known)


def answers(decision: cb.Decision) -> list[str]:
    return [result.refused or number_text(result.granted or 0) for result in decision.results]


# --- S6: hours, and a convention that is no statement about hours ---------------------------------------------------------


@pytest.mark.parametrize("system", ["hkqf", "scqf"])
@pytest.mark.parametrize(("hours", "expected"), [(None, "15"), (150, "15"), (165, "16.5"), (180, "18")])
def test_s6_six_ects_by_hours_are_fifteen_to_eighteen(system: str, hours: int | None, expected: str) -> None:
    at = campus(f"ects-{system}-by-hours", ("ects", "0.5"), (system, "0.5"))
    source = at.completed("module", "6", "ects", date(2025, 6, 30), hours)
    assert answers(at.decided(at.item("1", [source], system, ("module", expected)))) == [expected]
    span = by_hours(6, hour_rate("ects"), hour_rate(system)).amount
    assert isinstance(span, Span)
    assert (span.low, span.high) == (15, 18)
    assert parse_number(expected) in span


def test_s6_hours_above_thirty_a_credit_are_none_of_ects() -> None:
    at = campus("ects-hkqf-by-hours", ("ects", "0.5"), ("hkqf", "0.5"))
    source = at.completed("module", "6", "ects", date(2025, 6, 30), 185)
    assert answers(at.decided(at.item("1", [source], "hkqf", ("module", "18")))) == ["gate.hours"]


def test_s6_by_convention_six_ects_are_twelve() -> None:
    at = campus("ects-scqf-by-convention", ("ects", "0.5"), ("scqf", "0.5"))
    source = at.completed("module", "6", "ects", date(2025, 6, 30), 180)
    assert answers(at.decided(at.item("1", [source], "scqf", ("module", "12")))) == ["12"]
    assert by_convention(6, convention("ects-scqf")).amount == 12


# --- S9: the day of completion decides ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("completed", "expected", "gives"),
    [
        (date(1995, 8, 31), "map.no-agreement", ()),
        (date(1995, 9, 1), "3", ()),
        (date(2004, 8, 31), "3", ()),
        (date(2004, 9, 1), "3", ("B-Hum",)),
    ],
)
@pytest.mark.parametrize("decided", [date(2010, 3, 1), date(2026, 5, 1)])
def test_s9_the_day_of_the_decision_changes_nothing(
    completed: date, expected: str, gives: tuple[str, ...], decided: date
) -> None:
    at = campus("bc-transfer-guide", ("bc-credit", "0.5"), day=decided)
    source = at.completed("CAPU HIST 109", "3", "bc-credit", completed)
    decision = at.decided(at.item("1", [source], "bc-credit", ("SFU HIST 213", "3")))
    assert answers(decision) == [expected]
    assert decision.result("1").gives == gives
    # What was converted is no longer held in itself: three credits came in its place.
    assert at.held("bc-credit") == "3"


@pytest.mark.parametrize(
    ("completed", "expected"),
    [
        (date(2020, 12, 31), "gate.version"),
        (date(2021, 1, 1), "3"),
        (date(2023, 12, 31), "3"),
        (date(2024, 1, 1), "gate.version"),
    ],
)
def test_s9_a_recommendation_holds_for_its_version(completed: date, expected: str) -> None:
    at = campus("ace-recommendations", ("us-semester", "0.5"))
    source = at.completed("statistics", "3", "us-semester", completed)
    version = {"version_since": "2021-01-01", "version_until": "2023-12-31", "recommended_credits": 3}
    assert answers(at.decided(at.item("1", [source], "us-semester", ("STAT 1", "3"), **version))) == [expected]


@pytest.mark.parametrize(
    ("until", "what"), [("2004-09-02", "rows 1 and 2 overlap"), ("2004-08-31", "rows 1 and 2 leave a gap")]
)
def test_s9_ranges_neither_overlap_nor_leave_a_gap(until: str, what: str) -> None:
    text = read("bc-transfer-guide").replace("until = 2004-09-01", f"until = {until}")
    with pytest.raises(MalformedBookError, match=what):
        read_book(text, name="bc.toml")


# --- S10: quarter units as semester units ---------------------------------------------------------------------------------

UNITS = (("us-quarter", "0.5"), ("us-semester", "1/3"))


def three_courses(book: str) -> tuple[Campus, cb.Decision]:
    at = campus(book, *UNITS)
    sources = [at.completed(f"Q{n}", "4", "us-quarter", date(2025, 3, 20)) for n in range(3)]
    needs = "8" if book == "quarter-to-semester" else "6"
    return at, at.decided(at.item("1", sources, "us-semester", ("transfer credit", needs)))


def test_s10_twelve_quarter_units_are_eight_semester_units() -> None:
    at, decision = three_courses("quarter-to-semester")
    result = decision.result("1")
    assert (result.granted, result.rounded, result.worth) == (8, 0, 8)
    assert (at.held("us-quarter"), at.held("us-semester")) == ("0", "8")


def test_s10_course_by_course_two_are_lost_to_rounding() -> None:
    at, decision = three_courses("quarter-to-semester-rounded-down")
    result = decision.result("1")
    assert (result.granted, result.rounded, result.worth) == (6, 2, 8)
    assert (at.held("us-quarter"), at.held("us-semester")) == ("0", "6")


@pytest.mark.parametrize(("quarter", "semester"), [("45", "30"), ("90", "60"), ("180", "120")])
def test_s10_years_of_study(quarter: str, semester: str) -> None:
    at = campus("quarter-to-semester", *UNITS)
    source = at.completed("years", quarter, "us-quarter", date(2025, 3, 20))
    assert answers(at.decided(at.item("1", [source], "us-semester", ("transfer credit", semester)))) == [semester]


@pytest.mark.parametrize("book", ["quarter-to-semester", "quarter-to-semester-rounded-down"])
def test_s10_a_ratio_that_makes_credit_out_of_nothing_is_no_book(book: str) -> None:
    text = read(book).replace('times = "2/3"', "times = 0.67")
    with pytest.raises(MalformedBookError, match=r"makes 0\.67 of 1 credit of us-quarter, above the parity of 2/3"):
        read_book(text, name="worse.toml")


def test_s10_a_ratio_that_leaves_no_thirds_is_noticed() -> None:
    at = campus("quarter-to-semester", *UNITS)
    text = (
        read("quarter-to-semester").replace('times = "2/3"', "times = 0.66").replace('version = "1"', 'version = "2"')
    )
    text = text.replace("since = 2000-01-01", "since = 2001-01-01")
    more = attrs.evolve(at, book=at.bank.publish(at.request(OPERATOR, "worse"), text))
    sources = [at.completed(f"Q{n}", "4", "us-quarter", date(2025, 3, 20)) for n in range(3)]
    result = more.decided(more.item("1", sources, "us-semester", ("transfer credit", "8"))).result("1")
    assert result.refused == "worth.quantum"
    assert (result.compared[0].have, result.compared[0].limit) == ("7.92", "1/3")


# --- S11: all, any, pick, and nothing --------------------------------------------------------------------------------------

MAY = date(2025, 3, 28)


def transfer(*codes: str) -> tuple[Campus, dict[str, str]]:
    at = campus("assist-articulation", ("us-quarter", "0.5"), day=date(2025, 5, 1))
    return at, {code: at.completed(code, "4.5", "us-quarter", MAY) for code in codes}


@pytest.mark.parametrize(
    ("codes", "target", "expected"),
    [
        (("CIS 36A", "CIS 36B"), ("CSE 11", "4"), "4"),
        (("CIS 35A",), ("CSE 11", "4"), "4"),
        (("CIS 36A",), ("CSE 11", "4"), "map.not-articulated"),
        (("CHEM 1A", "PHYS 4B"), ("CSE science", "8"), "8"),
        (("PHYS 4A", "BIOL 6A", "BIOL 6B", "BIOL 6C"), ("CSE science", "8"), "8"),
        (("PHYS 4A", "BIOL 6A", "BIOL 6B"), ("CSE science", "8"), "map.not-articulated"),
    ],
)
def test_s11_all_any_and_two_of_five(codes: tuple[str, ...], target: tuple[str, str], expected: str) -> None:
    at, sources = transfer(*codes)
    assert answers(at.decided(at.item("1", list(sources.values()), "us-quarter", target))) == [expected]


def test_s11_nothing_articulates_and_the_answer_says_so() -> None:
    at, sources = transfer("CIS 22C")
    result = at.decided(at.item("1", list(sources.values()), "us-quarter", ("CSE 21", "4"))).result("1")
    assert result.refused == "map.nothing"
    assert result.compared[0].limit == "No Course Articulated"


def test_s11_each_course_where_it_is_needed() -> None:
    """CIS 36B fits two targets and CIS 35A one: asked for crosswise, both are met; the engine moves nothing by itself."""
    at, sources = transfer("CIS 36B", "CIS 35A")
    items = (
        at.item("1", [sources["CIS 35A"]], "us-quarter", ("CSE 11", "4")),
        at.item("2", [sources["CIS 36B"]], "us-quarter", ("CSE 8B", "4")),
    )
    assert answers(at.decided(*items)) == ["4", "4"]


def test_s11_several_courses_without_a_conjunction_are_no_rule() -> None:
    text = read("assist-articulation").replace('{ from = "CIS 36B", to', '{ from = ["CIS 36A", "CIS 36B"], to')
    with pytest.raises(MalformedBookError, match="neither all nor any"):
        read_book(text, name="assist.toml")
