"""The last chapter: an author who keeps its own key, a receipt for a stranger, and everything checked again."""

from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from creditbank.bank import Draft, number_claim
from creditbank.demo.cast import LUBAN
from creditbank.demo.clock import ZONE
from creditbank.demo.converting import HEROINE
from creditbank.demo.scene import Scene
from creditbank.demo.town import Town, credits_text, demo_signer
from creditbank.domain.decide.account import deposit
from creditbank.domain.level import Level
from creditbank.domain.outcome import SkillCertificate
from creditbank.domain.view.account import balance
from creditbank.errors import CreditBankError, NotPermittedError, UnverifiedError
from creditbank.verify import Report, check_receipt

__all__ = ["RECEIPT", "checked", "looked_back", "receipted", "signed_elsewhere"]

RECEIPT: Final = "receipt.tlog-proof"

_WELDER: Final = "苏建明"


def signed_elsewhere(town: Town) -> Scene:
    """Deposit a certificate of an assessor whose key this bank never sees."""
    town.day(5, 18)
    award = SkillCertificate(
        title="中式烹调",
        issuer=LUBAN,
        achieved_on=date(2026, 5, 15),
        credits=town.credit("cn-bank", "4"),
        number=number_claim(town.bank.vault, LUBAN, "LB-0001"),
        level=Level("skill", "四级"),
        category="餐饮",
    )
    account = town.accounts[_WELDER]
    request = town.request(LUBAN)
    rows = []
    try:
        town.bank.record(request, deposit, account, award)
    except NotPermittedError:
        rows.append(("1", "学分银行", "直接存入 record", "不允许:没有该机构的密钥 refused: its key is not here"))
    draft = town.bank.prepare(request, deposit, account, award)
    rows.append(("2", "学分银行", "拟稿 prepare", "试行判定,未记录 decided, not recorded"))
    carried = Draft.parse(str(draft))
    signature = demo_signer(LUBAN).sign(carried.message)
    rows.append(("3", town.name(LUBAN), "核对并签名 sign", "密钥不离开本机构 the key stays where it is"))
    try:
        town.bank.submit(draft, demo_signer(town.bank.founding.institution).sign(draft.message))
    except UnverifiedError:
        rows.append(("4", "学分银行", "用他人密钥提交 submit", "不允许:签名不符 refused: another's signature"))
    town.bank.submit(carried, signature)
    rows.append(("5", "学分银行", "提交 submit", f"已存入{_WELDER}的账户 deposited"))
    assert len(rows) == 5, "what must be refused was refused"
    return Scene(
        "自持密钥 An author whose key the bank never sees",
        (),
        ("", "机构 By", "步骤 Step", "结果 Result"),
        tuple(rows),
    )


def looked_back(town: Town) -> Scene:
    """Ask for one balance as it was known on several days."""
    town.day(6, 30)
    rows = []
    for day in (date(2026, 1, 11), date(2026, 1, 31), date(2026, 3, 3), date(2026, 3, 31)):
        at = datetime.combine(day, time(18), ZoneInfo(ZONE))
        free = balance(town.bank.known(at=at), town.accounts[HEROINE])
        texts = {system: credits_text(town, credit) for system, credit in free.items()}
        rows.append((str(day), texts.get("cn-bank", "-"), texts.get("cn-college", "-")))
    return Scene(
        f"当时所知 What the bank knew, and when: {HEROINE}的可用学分",
        (),
        ("截至 As known on", "学分银行学分", "高职课程学分"),
        tuple(rows),
        (1, 2),
    )


def receipted(town: Town) -> Scene:
    """Make a receipt, check it with nothing but the operator's key, and see that a changed one does not pass."""
    receipt = str(town.bank.receipt(town.positions[f"converted {HEROINE}"]))
    (town.folder / RECEIPT).write_text(receipt, encoding="utf-8")
    report = check_receipt(receipt, town.bank.verifier_key)
    at = datetime.fromtimestamp(report.at_ms // 1000, UTC).astimezone(ZoneInfo(ZONE))
    rows = (
        ("内容 Says", f"{report.kind}: {HEROINE}的证书学分已转换"),
        ("签名机构 Signed by", town.name(report.author)),
        ("收到时间 Received", at.strftime("%Y-%m-%d %H:%M")),
        ("位置 Position", f"第 {report.position} 条,共 {report.as_of_size} 条 as of {report.as_of_size} entries"),
        ("改动一个字节 One byte changed", _changed(receipt, town.bank.verifier_key)),
    )
    return Scene(
        "回执 A receipt that anybody can check offline",
        ("只需运营方的公钥,不需联系任何人。 With the operator's public key, and without asking anybody.",),
        ("项目 Item", "核验结果 Checked"),
        rows,
    )


def _changed(receipt: str, key: str) -> str:
    middle = len(receipt) // 2
    other = "A" if receipt[middle] != "A" else "B"
    try:
        check_receipt(receipt[:middle] + other + receipt[middle + 1 :], key)
    except CreditBankError:
        return "不通过 refused"
    raise AssertionError("a changed receipt does not pass")


def checked(town: Town) -> tuple[Scene, Report]:
    """Check the whole ledger, and decide every request again."""
    report = town.bank.verify()
    rows = (
        ("记录 Entries", str(report.entries)),
        ("请求 Requests", str(report.requests)),
        ("重新判定,结果相同 decided again, the same", str(report.verified)),
        ("所依据内容已删除 forgotten with an erased account", str(report.forgotten)),
        ("本版本不能重新判定 of an unknown engine", str(report.not_replayable)),
        ("发现问题 Findings", str(len(report.findings))),
        ("检查点覆盖 Covered by a checkpoint", str(report.size)),
    )
    scene = Scene(
        "核验 Everything is checked: bytes, signatures, proofs, and every decision again",
        (),
        ("项目 What", "数量 Number"),
        rows,
        (1,),
    )
    return scene, report
