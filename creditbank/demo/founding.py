"""First chapter: the bank is founded, its institutions registered, its rules published, its accounts opened."""

from datetime import date
from fractions import Fraction
from typing import Final

from creditbank.bank import Call, call, enter
from creditbank.demo.cast import (
    BANK,
    BUREAU,
    COLLEGE,
    COLLEGE_STUDENTS,
    COMMUNITY,
    COMMUNITY_LEARNERS,
    EAST,
    GENERAL_PUPILS,
    INSTITUTIONS,
    KIND_NAMES,
    ORIGIN,
    ROLE_NAMES,
    SENIOR,
    VOCATIONAL_PUPILS,
)
from creditbank.demo.clock import ZONE
from creditbank.demo.scene import Row, Scene
from creditbank.demo.town import Town, demo_signer, possession
from creditbank.domain.credit import CreditSystem, number_text
from creditbank.domain.decide.account import end_enrolment, enrol, open_account
from creditbank.domain.decide.keys import found, publish_system, register
from creditbank.domain.event import Enrolled
from creditbank.domain.name import InstitutionId
from creditbank.domain.programme import Enrolment, Programme
from creditbank.domain.request import Request
from creditbank.ledger import PublicKey
from creditbank.rulebooks import read
from creditbank.vault import Person

__all__ = ["CONVERSION", "SOFTWARE", "TRANSFER", "founded", "opened", "published"]

CONVERSION: Final = "x-certificate-conversion"
TRANSFER: Final = "shandong-transfer"

_TERM: Final = date(2025, 9, 1)
_OLDER: Final = {"吕思琪": date(2024, 9, 1), "邹晓彤": date(2024, 9, 1), "曹雪晴": date(2023, 9, 1)}
"""Pupils who are further on; everybody else began last autumn."""

SOFTWARE: Final = "软件技术"


def founded(town: Town) -> Scene:
    """Found the bank and register everybody; each key shows that its institution holds it."""
    today = town.day(1, 5)
    operator, *others = INSTITUTIONS
    key = str(PublicKey.of(demo_signer(BANK)))
    # The bank has no today before it is founded.
    town.bank.record(Request(BANK, town.key(), today), found, operator.profile, key, ORIGIN, ZONE)
    calls: dict[str, Call] = {}
    for member in others:
        signer = demo_signer(member.id)
        proof = possession(member.id, signer)
        calls[member.id] = call(register, member.id, member.profile, str(PublicKey.of(signer)), proof)
    town.record_all(BANK, calls)
    rows = tuple(
        (
            member.profile.name,
            KIND_NAMES[member.profile.kind],
            "、".join(ROLE_NAMES[role] for role in member.profile.roles),
            "本行代签 here" if member.here else "自行保管 elsewhere",
        )
        for member in INSTITUTIONS
    )
    return Scene(
        "建行与登记 A bank is founded, institutions are registered",
        (
            "每个机构用自己的密钥签名;登记时须证明持有该密钥。",
            "Every institution signs with a key of its own, and shows that it holds it when it is registered.",
        ),
        ("机构 Institution", "类别 Kind", "职责 Roles", "密钥 Key"),
        rows,
    )


def published(town: Town) -> Scene:
    """Publish two credit systems and two rule books."""
    systems = (
        CreditSystem("cn-college", Fraction(1, 2), "高职课程学分", Fraction(16)),
        CreditSystem("cn-bank", Fraction(1, 2), "学分银行学分", None),
    )
    town.record_all(BANK, {system.id: call(publish_system, system) for system in systems})
    town.systems = {system.id: system for system in systems}
    rows: list[Row] = [
        ("学分制 Credit system", f"{system.name} {system.id}", f"最小单位 {number_text(system.quantum)}", "")
        for system in systems
    ]
    for name, by in ((CONVERSION, COLLEGE), (TRANSFER, BUREAU)):
        town.books[name] = town.bank.publish(town.request(by), read(name))
        book = town.bank.known().book(town.books[name])
        rows.append(("办法 Rule book", book.title, f"{len(book.clauses)} 条 clauses", f"{book.since} 起"))
    return Scene(
        "发布办法 Rules are published as data, each number with its source",
        (),
        ("种类 What", "名称 Name", "内容 Content", "施行 In force"),
        tuple(rows),
    )


# --- accounts ---------------------------------------------------------------------------------------------------------


def _groups(town: Town) -> tuple[tuple[InstitutionId, Programme, str, tuple[str, ...]], ...]:
    return (
        (
            COLLEGE,
            Programme("510203", SOFTWARE, "college-3", 36, town.credit("cn-college", "130")),
            "2025级",
            COLLEGE_STUDENTS,
        ),
        (SENIOR, Programme("general", "普通高中课程", "general", 36), "高一", GENERAL_PUPILS),
        (EAST, Programme("740201", "中餐烹饪", "vocational-3", 36), "高一", VOCATIONAL_PUPILS),
        (COMMUNITY, Programme("elders", "家政与护理", "community", 12), "2025级", COMMUNITY_LEARNERS),
    )


def opened(town: Town) -> Scene:
    """Open fifty accounts, enrol their learners, and let one come again and one leave."""
    town.day(1, 6)
    rows = []
    for school, programme, year_group, names in _groups(town):
        _open(town, school, names)
        calls = {
            name: call(enrol, town.accounts[name], Enrolment(school, programme, year_group, _since(name)))
            for name in names
        }
        for name, recorded in town.record_all(school, calls).items():
            assert isinstance(recorded.event, Enrolled)
            town.enrolments[name] = recorded.event.id
        rows.append((town.name(school), programme.name, str(len(names))))
    rows.append(("合计 Total", "", str(len(town.accounts))))
    again = _comes_again(town, COLLEGE_STUDENTS[0])
    left = _leaves(town, COLLEGE_STUDENTS[-1])
    return Scene(
        "开户与学籍 Accounts are opened, learners enrolled",
        (
            "姓名和证件号只在保管库;账本里只有随机账号。",
            "Names are in the vault alone; the ledger has random ids.",
            again,
            left,
        ),
        ("学校 School", "专业 Programme", "人数 Learners"),
        tuple(rows),
        (2,),
    )


def _since(name: str) -> date:
    return _OLDER.get(name, _TERM)


def _person(name: str, number: str) -> Person:
    return Person(name, "demo-card", number, {})


def _number(name: str) -> str:
    everybody = (*COLLEGE_STUDENTS, *GENERAL_PUPILS, *VOCATIONAL_PUPILS, *COMMUNITY_LEARNERS)
    return f"LF-{everybody.index(name) + 1:04d}"


def _open(town: Town, school: InstitutionId, names: tuple[str, ...]) -> None:
    entered = enter(town.bank.vault, [_person(name, _number(name)) for name in names])
    calls = {name: call(open_account, *who) for name, who in zip(names, entered, strict=True)}
    town.record_all(school, calls)
    town.accounts.update((name, account) for name, (account, _) in zip(names, entered, strict=True))


def _comes_again(town: Town, name: str) -> str:
    """Another institution opens an account for somebody who has one, and spells the number otherwise."""
    spelled = _number(name).lower()
    account = town.bank.open_account(town.request(COMMUNITY), _person(name, spelled))
    assert account == town.accounts[name], "one person has one account for life"
    return f"{name}在{town.name(COMMUNITY)}再次开户:找到原账户,不另开。 A second opening finds the first account."


def _leaves(town: Town, name: str) -> str:
    town.bank.record(
        town.request(COLLEGE), end_enrolment, town.accounts[name], town.enrolments[name], date(2026, 1, 6), "退学"
    )
    return f"{name}退学:学籍终止,账户和学习成果仍归本人。 An enrolment ends; the account stays."
