"""Pupils change between a general and two vocational schools, as far as the rule book and the places allow."""

from datetime import date
from typing import Final

import attrs

from creditbank.demo.cast import EAST, SENIOR, WEST
from creditbank.demo.founding import TRANSFER
from creditbank.demo.scene import Row, Scene
from creditbank.demo.town import Town
from creditbank.domain.application import Fact, TransferOffer
from creditbank.domain.decide.keys import set_seats
from creditbank.domain.decide.transfer import accept_transfer, decline_transfer, offer_transfer
from creditbank.domain.event import TransferOffered
from creditbank.domain.name import InstitutionId, TransferId, seats_stream
from creditbank.domain.programme import Programme
from creditbank.errors import DecisionRefusedError, StateError

__all__ = ["moved"]

_COOK: Final = Programme("740201", "中餐烹饪", "vocational-3", 36)
_FIVE: Final = Programme("740201-5", "烹饪五年制", "five-year", 60)
_NURSE: Final = Programme("720801", "护理", "vocational-3", 36)
_GENERAL: Final = Programme("general", "普通高中课程", "general", 36)

_SEATS: Final = (
    (EAST, "cook-2026", 2),
    (EAST, "five-2026", 5),
    (WEST, "nurse-2026", 3),
    (SENIOR, "general-2026", 1),
)


@attrs.frozen
class _Move:
    """A pupil who wants to change at the end of the term *window*; *answer* is what the receiving school will say."""

    pupil: str
    to: InstitutionId
    programme: Programme
    seats: str
    window: str
    remaining_years: str
    answer: str
    county_lacks_capacity: bool = False
    test_passed: bool = True


_MOVES: Final = (
    _Move("何宇航", EAST, _COOK, "cook-2026", "高一S1", "2.5", "accept"),
    _Move("吕思琪", EAST, _COOK, "cook-2026", "高二S1", "1.5", "accept"),
    _Move("施天佑", EAST, _COOK, "cook-2026", "高一S1", "2.5", "accept"),
    _Move("张语嫣", WEST, _NURSE, "nurse-2026", "高一S1", "2.5", "decline", county_lacks_capacity=True),
    _Move("孔令辉", WEST, _NURSE, "nurse-2026", "高一S1", "2.5", ""),
    _Move("曹雪晴", EAST, _COOK, "cook-2026", "高三S1", "0.5", ""),
    _Move("严子轩", EAST, _FIVE, "five-2026", "高一S1", "4.5", ""),
    _Move("华明月", EAST, _COOK, "cook-2026", "高一S1", "2.5", "", test_passed=False),
    _Move("谢一凡", SENIOR, _GENERAL, "general-2026", "高一S1", "2.5", "accept"),
    _Move("邹晓彤", SENIOR, _GENERAL, "general-2026", "高二S1", "1.5", ""),
)
_STARTS: Final = date(2026, 2, 25)
_DECLINED: Final = "专业实训工位已满"


def moved(town: Town) -> Scene:
    """Offer on one day, answer some days later."""
    town.day(1, 23)
    for school, what, places in _SEATS:
        town.bank.record(town.request(school), set_seats, seats_stream(school, what), places)
    offered: dict[str, TransferId] = {}
    said: dict[str, tuple[str, str]] = {}
    for move in _MOVES:
        try:
            offered[move.pupil] = _offer(town, move)
        except DecisionRefusedError as error:
            said[move.pupil] = ("不符合 refused", error.reason)
    town.day(1, 27)
    for move in _MOVES:
        if move.pupil in offered:
            said[move.pupil] = _answer(town, move, offered[move.pupil])
    return Scene(
        "转学互转 Pupils change between general and vocational schools",
        (
            "转出学校提出,按《互转办法》判定;接收学校接收一人,占一个学位,名额不会超。",
            "A school offers, the rule book decides, the other school takes or declines; places never run over.",
        ),
        ("学生 Pupil", "从 From", "到 To", "专业 Into", "学期末", "结果 Result", "原因 Why"),
        tuple(_row(town, move, *said[move.pupil]) for move in _MOVES),
    )


def _home(move: _Move) -> InstitutionId:
    return EAST if move.to == SENIOR else SENIOR


def _offer(town: Town, move: _Move) -> TransferId:
    facts: tuple[tuple[str, Fact], ...] = (
        ("application.county_lacks_capacity", move.county_lacks_capacity),
        ("application.remaining_years", move.remaining_years),
        ("application.test_passed", move.test_passed),
        ("application.window", move.window),
    )
    offer = TransferOffer(
        book=town.books[TRANSFER],
        enrolment=town.enrolments[move.pupil],
        to=move.to,
        programme=move.programme,
        year_group=move.window[:2],
        seats=seats_stream(move.to, move.seats),
        starts_on=_STARTS,
        facts=facts,
    )
    event = town.bank.record(town.request(_home(move)), offer_transfer, town.accounts[move.pupil], offer).event
    assert isinstance(event, TransferOffered)
    return event.id


def _answer(town: Town, move: _Move, transfer: TransferId) -> tuple[str, str]:
    account = town.accounts[move.pupil]
    if move.answer == "decline":
        town.bank.record(town.request(move.to), decline_transfer, account, transfer, _DECLINED)
        return "不接收 declined", _DECLINED
    try:
        town.bank.record(town.request(move.to), accept_transfer, account, transfer)
    except StateError:
        town.bank.record(town.request(move.to), decline_transfer, account, transfer, "学位已满")
        return "不接收 declined", "学位已满 no place"
    return "已转学 accepted", ""


def _row(town: Town, move: _Move, result: str, reason: str) -> Row:
    return (
        move.pupil,
        town.name(_home(move)),
        town.name(move.to),
        move.programme.name,
        move.window,
        result,
        reason,
    )
