"""Case S1: credit that lasts seven years, redeemed for a degree; as case files, and through the public API of a bank."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import attrs
import pytest

import creditbank as cb
from creditbank.domain.credit import parse_number
from creditbank.domain.name import AccountId, EnrolmentId, InstitutionId
from creditbank.errors import StateError
from creditbank.ledger import Ed25519Signer, PublicKey
from creditbank.rulebooks import read
from creditbank.testing.town import ORIGIN, possession

BOOK = "india-abc-redemption"
EARNED = ("2019-06-30", "2021-06-30", "2022-06-30")

# --- as files ---------------------------------------------------------------------------------------------------------


def decided(day: str, *, id: str = "first", history: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Redeem everything for a degree of 120 credits on *day*; return the decision as JSON has it."""
    lots = {
        f"year-{number}": {"system": "ncrf", "credits": 40, "issuer": "home", "achieved_on": earned}
        for number, earned in enumerate(EARNED, 1)
    }
    case = {
        "application": {
            "id": id,
            "act": "award",
            "dates": {"applied_on": day},
            "items": [{"id": "1", "sources": "all", "targets": ["degree"]}],
        },
        "programme": {"id": "ba", "institution": "home"},
        "outcomes": lots,
        "targets": {"degree": {"kind": "qualification", "credits": 120, "institution": "home"}},
        "history": list(history),
        "systems": {"ncrf": 1},
    }
    book = cb.read_book(read(BOOK), name=f"{BOOK}.toml")
    return cb.decision_dict(cb.decide(book, cb.read_case(json.dumps(case), book)))


def test_s1_three_lots_are_redeemed_on_the_last_day_of_the_first() -> None:
    (result,) = decided("2026-06-30")["results"]
    assert (result["granted"], result["used"], result["final"]) == ("120", ["year-1", "year-2", "year-3"], True)


def test_s1_a_day_later_eighty_are_there_and_forty_short() -> None:
    decision = decided("2026-07-01")
    (result,), (short,) = decision["results"], decision["short"]
    assert result["refused"] == "floor.total"
    assert [(one["source"], one["code"]) for one in result["declined_lines"]] == [("year-1", "gate.expired")]
    assert (short["have"], short["at_least"], short["short"]) == ("80", "120", "40")


def test_s1_a_second_redemption_is_told_of_the_first() -> None:
    (first,) = decided("2026-06-30")["results"]
    where = {"act": "award", "on": "2026-06-30", "programme": "ba", "institution": "home", "book": BOOK}
    used = [
        {"application": "first", "item": "1", "sources": [source], "target": "degree", "credits": 40, **where}
        for source in first["used"]
    ]
    (result,) = decided("2026-06-30", id="second", history=used)["results"]
    assert result["refused"] == "floor.total"
    assert {one["code"] for one in result["declined_lines"]} == {"once.redeemed"}
    assert {one["compared"][0]["limit"] for one in result["declined_lines"]} == {"first 1 2026-06-30"}


# --- in a bank --------------------------------------------------------------------------------------------------------

OPERATOR, HOME = (cb.institution_id(f"keys:{name}") for name in ("bank", "home"))


@attrs.frozen
class Campus:
    """A bank with one university, one student who earned forty credits in each of three years, and the book."""

    bank: cb.Bank
    student: AccountId
    enrolment: EnrolmentId
    ncrf: cb.CreditSystem

    def request(self, by: InstitutionId, key: str) -> cb.Request:
        return cb.Request(by, key, self.bank.today())

    def redemption(self, need: str = "120", sources: tuple[str, ...] = ("all",)) -> cb.Application:
        degree = cb.Course("degree", "BA", (), False, self.ncrf.credit(need), "qualification")
        return cb.Application(BOOK, "award", self.enrolment, (cb.Item("1", sources, (degree,)),), ())

    def redeem(self, key: str, application: cb.Application) -> tuple[str, cb.ItemResult]:
        event = self.bank.record(self.request(HOME, key), cb.convert, self.student, application).event
        assert self.bank.verify().ok
        return event.id, event.decision.result("1")

    def held(self) -> str:
        balance = cb.balance(self.bank.known(), self.student)
        return self.ncrf.text(balance.get("ncrf", self.ncrf.zero))

    def lots(self) -> list[str]:
        return list(self.bank.known().account(self.student).outcomes)


def campus(day: date) -> Campus:
    noon = int(datetime(day.year, day.month, day.day, 4, tzinfo=UTC).timestamp()) * 1000
    signers = {id: Ed25519Signer.generate() for id in (OPERATOR, HOME)}
    bank = cb.memory_bank(signers=signers, clock=lambda: noon)
    keys = {id: str(PublicKey.of(signer)) for id, signer in signers.items()}
    profile = cb.Profile("credit bank", "operator", ("operator", "registrar"), "")
    bank.record(cb.Request(OPERATOR, "found", day), cb.found, profile, keys[OPERATOR], ORIGIN, "Asia/Kolkata")
    proof = possession(ORIGIN, HOME, signers[HOME])
    home = cb.Profile("home", "university", ("school", "issuer"), "")
    bank.record(cb.Request(OPERATOR, "register", day), cb.register, HOME, home, keys[HOME], proof)
    ncrf = cb.CreditSystem("ncrf", parse_number("1"), "NCrF", None)
    bank.record(cb.Request(OPERATOR, "system", day), cb.publish_system, ncrf)
    bank.publish(cb.Request(OPERATOR, "book", day), read(BOOK))
    student = bank.open_account(cb.Request(HOME, "open", day), cb.Person("Ann", "passport", "E1", {}))
    enrolment = cb.Enrolment(HOME, cb.Programme("ba", "history", "degree", 120), "1", date(2019, 7, 1))
    event = bank.record(cb.Request(HOME, "enrol", day), cb.enrol, student, enrolment).event
    for earned in EARNED:
        course = cb.CourseResult(
            title=f"year of {earned}",
            issuer=HOME,
            achieved_on=date.fromisoformat(earned),
            credits=ncrf.credit("40"),
            code=earned,
        )
        bank.record(cb.Request(HOME, f"deposit {earned}", day), cb.deposit, student, course)
    return Campus(bank, student, event.id, ncrf)


def test_s1_in_a_bank_what_is_redeemed_is_spent_for_good() -> None:
    at = campus(date(2026, 6, 30))
    lots = at.lots()
    id, result = at.redeem("degree", at.redemption())
    assert (result.granted, list(result.used), result.final) == (120, lots, True)
    assert at.held() == "0"
    # Redeemed again: nothing is left to count, and a lot that is named cites its redemption.
    _, again = at.redeem("again", at.redemption())
    assert again.refused == "floor.total"
    with pytest.raises(StateError, match=f"used by item '1' of {id}"):
        at.redeem("once more", at.redemption("40", (lots[0],)))
    # Taken back by nobody; and a lot that is revoked afterwards is a finding, not an undoing.
    with pytest.raises(StateError):
        at.bank.record(at.request(HOME, "back"), cb.withdraw, at.student, id, "changed my mind")
    at.bank.record(at.request(HOME, "revoke"), cb.revoke, at.student, lots[0], "not earned")
    assert at.bank.known().account(at.student).applications[id].undone == ()
    assert [(row.application, row.fallen) for row in cb.reconsider(at.bank.known(), at.student)] == [(id, (lots[0],))]
    assert at.held() == "0"
    assert at.bank.verify().ok


def test_s1_in_a_bank_a_day_later_nothing_is_spent() -> None:
    at = campus(date(2026, 7, 1))
    _, result = at.redeem("degree", at.redemption())
    assert (result.refused, [one.code for one in result.declined_lines]) == ("floor.total", ["gate.expired"])
    assert [(one.have, one.need) for one in result.floors if not one.met] == [(80, 120)]
    assert at.held() == "120"
    _, smaller = at.redeem("diploma", at.redemption("80"))
    assert smaller.granted == 80
    assert at.held() == "40"


@pytest.mark.parametrize(
    ("last_day", "refused"),
    [("2026-06-30", None), ("2026-07-01", "gate.shelf-life"), ("2028-06-30", "gate.shelf-life")],
)
def test_s1_in_a_bank_no_more_than_seven_years_are_declared(last_day: str, refused: str | None) -> None:
    at = campus(date(2026, 6, 30))
    item = cb.Item("1", (at.lots()[0],), (), facts=(("item.last_day", last_day),))
    declared = cb.Application(BOOK, "deposit", at.enrolment, (item,), ())
    assert cb.quote(at.bank.known(), at.student, declared, at.bank.today()).result("1").refused == refused
