"""A certificate turns out to be false; what stood on it is undone. Later, one learner is forgotten, one is not."""

import hashlib
from collections.abc import Callable

from creditbank.demo.cast import ASSESSOR, BUREAU, COMMUNITY
from creditbank.demo.scene import Row, Scene
from creditbank.demo.town import Town, credits_text
from creditbank.domain.account import Account
from creditbank.domain.decide.account import restrict, revoke
from creditbank.domain.event import AccountErased, ItemsUndone, OutcomeRevoked
from creditbank.domain.lot import Posting
from creditbank.domain.view.account import balance
from creditbank.errors import CreditBankError
from creditbank.vault import Person

__all__ = ["forgotten", "revoked"]

_CHEAT = "冯俊杰"
_CERTIFICATE = "Web前端开发"
_LEAVER = "韦爱华"
_GRADUATE = "周子涵"
_REASON = "考试舞弊"
_PLACES = {"held": "可用", "reserved": "预留", "converted": "已转换", "revoked": "已撤销", "issued": "发放"}


def revoked(town: Town) -> Scene:
    """Revoke a certificate that one converted item and one pending item rest on."""
    town.day(5, 11)
    account = town.accounts[_CHEAT]
    before = _balance(town)
    held = town.bank.known().account(account)
    outcome = town.outcomes[_CHEAT, _CERTIFICATE]
    recorded = town.bank.record(town.request(ASSESSOR), revoke, account, outcome, _REASON)
    rows: list[Row] = []
    for event in recorded.events:
        if isinstance(event, OutcomeRevoked):
            rows.append(("证书撤销 revoked", _CERTIFICATE, _moves(town, event.postings)))
        elif isinstance(event, ItemsUndone):
            state = held.applications[event.application]
            how = "已转换 converted" if state.status == "converted" else "审核中 pending"
            names = "、".join(_courses(held, event))
            rows.append(("申请项撤销 undone", f"{names}({how})", _moves(town, event.postings)))
    return Scene(
        "撤销 A certificate is revoked, and everything that stood on it",
        (
            f"{_CHEAT}的证书因{_REASON}被{town.name(ASSESSOR)}撤销;账户余额 {before} 变为 {_balance(town)}。",
            "One request; every item that depended on the certificate is undone and named, at any depth.",
        ),
        ("事件 Event", "对象 What", "学分去向 Where the credit went"),
        tuple(rows),
    )


def _balance(town: Town) -> str:
    free = balance(town.bank.known(), town.accounts[_CHEAT])
    return "、".join(f"{town.systems[system].name} {credits_text(town, credit)}" for system, credit in free.items())


def _courses(held: Account, event: ItemsUndone) -> list[str]:
    items = held.applications[event.application].application.items
    return [course.name for item in items if item.id in event.items for course in item.targets]


def _moves(town: Town, postings: tuple[Posting, ...]) -> str:
    said = [
        f"{_PLACES[move.source]} > {_PLACES[move.target]} {credits_text(town, move.credit)}"
        f" {town.systems[move.credit.system].name}"
        for move in postings
    ]
    return "; ".join(said) or "-"


# --- the end of an account --------------------------------------------------------------------------------------------


def forgotten(town: Town) -> Scene:
    """Erase one account on demand, and restrict another that the law keeps."""
    town.day(6, 1)
    demand = hashlib.sha256(f"{_LEAVER}: 请删除我的账户".encode()).hexdigest()
    account, graduate = town.accounts[_LEAVER], town.accounts[_GRADUATE]
    recorded = town.bank.erase(town.request(BUREAU), account, "个人信息保护法第四十七条", demand)
    assert isinstance(recorded.event, AccountErased)
    listed = len(recorded.event.positions)
    rows = [
        ("删除账户 erase", _LEAVER, f"已删除: {listed} 条记录的内容、盐、密钥和个人信息"),
        ("查询 read", _LEAVER, _refusal(lambda: town.bank.known().account(account))),
    ]
    assert town.bank.vault.person(account) is None, "the vault forgets with the ledger"
    again = town.bank.open_account(town.request(COMMUNITY), Person(_LEAVER, "demo-card", "LF-0050", {}))
    assert again != account, "nothing leads from a person to an erased account"
    rows.append(("再次开户 open again", _LEAVER, "新账户,与原账户无关联 a new account"))
    rows.append(
        (
            "删除账户 erase",
            _GRADUATE,
            _refusal(lambda: town.bank.erase(town.request(BUREAU), graduate, "本人申请", demand)),
        )
    )
    town.bank.record(town.request(BUREAU), restrict, graduate, "毕业证书须长期保存")
    rows.append(("限制处理 restrict", _GRADUATE, "已限制: 只存储和保护 stored and secured, nothing else"))
    rows.append(("查询 read", _GRADUATE, _refusal(lambda: town.bank.known().account(graduate))))
    return Scene(
        "被遗忘 One account is erased, another may not be",
        (
            "账本仍可核验:删除只留下承诺值,内容不可恢复。",
            "The ledger can still be checked: what was erased leaves commitments that nobody can open.",
        ),
        ("事项 What", "本人 Learner", "结果 Result"),
        tuple(rows),
    )


def _refusal(attempt: Callable[[], object]) -> str:
    """Return the error's class and how the account is: no ids, which are random."""
    try:
        attempt()
    except CreditBankError as error:
        return f"不允许: {type(error).__name__}"
    raise AssertionError("it is refused")
