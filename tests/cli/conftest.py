"""A bank in a folder, founded by the command line, with a college, an assessor and one learner; and how to run commands."""

import base64
import json
import secrets
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result

from creditbank.bank import Bank, connect
from creditbank.cli.app import app
from creditbank.domain.application import Application, Item
from creditbank.domain.credit import CreditSystem
from creditbank.domain.decide.account import enrol
from creditbank.domain.decide.keys import publish_system, register
from creditbank.domain.event import Enrolled
from creditbank.domain.name import AccountId, Digest, EnrolmentId, InstitutionId, OutcomeId, institution_id
from creditbank.domain.profile import Profile
from creditbank.domain.programme import Course, Enrolment, Programme
from creditbank.domain.request import Request
from creditbank.ledger import Ed25519Signer, PublicKey, possession_message
from creditbank.rulebooks import read
from creditbank.vault import Person

ORIGIN = "creditbank.example.org/cli"
OPERATOR = institution_id("keys:city-bank")
COLLEGE = institution_id("keys:college")
ASSESSOR = institution_id("keys:assessor")
NUMBER = "11010519491231002X"
"""The example of GB 11643: nobody's."""


@attrs.frozen
class College:
    """The folder and what stands in it."""

    folder: Path
    book: Digest
    account: AccountId
    enrolment: EnrolmentId

    def opened(self) -> Bank:
        """Return the bank with every key."""
        signers = {
            institution_id(f"keys:{path.stem}"): Ed25519Signer.from_pem(path.read_text())
            for path in (self.folder / "keys").iterdir()
        }
        return connect(f"sqlite:///{self.folder}", signers=signers)

    def certificate(self, level: str = "中级", quanta: int = 20, **changed: Any) -> dict[str, Any]:
        """Return an X certificate as the command line takes it."""
        return {
            "class": "skill-certificate",
            "title": "数字影像处理",
            "issuer": ASSESSOR,
            "achieved_on": str(date.today() - timedelta(days=3)),  # noqa: DTZ011 # any day before today will do
            "credits": {"system": "cn-bank", "quanta": quanta},
            "level": {"framework": "x", "value": level},
            "category": "信息技术",
        } | changed

    def application(self, outcome: OutcomeId, *credits: str) -> Application:
        """Ask for one course of each of *credits*."""
        items = tuple(
            Item(
                str(number),
                (outcome,),
                (Course(f"c{number}", f"课程{number}", ("专业核心",), True, _SYSTEMS["cn-college"].credit(amount)),),
            )
            for number, amount in enumerate(credits, 1)
        )
        parties = (("academic-affairs", COLLEGE), ("college", COLLEGE))
        return Application(self.book, "convert", self.enrolment, items, parties)


_SYSTEMS = {
    "cn-college": CreditSystem("cn-college", Fraction(1, 2), "高职学分", None),
    "cn-bank": CreditSystem("cn-bank", Fraction(1, 2), "学分银行学分", None),
}

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return ``run("verify", folder)``: a command run in an empty folder, with a state folder of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)

    def runs(*words: object, input: str | None = None) -> Result:
        result = CliRunner().invoke(app, [str(word) for word in words], input=input, prog_name="creditbank")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return runs


def error_of(result: Result) -> dict[str, Any]:
    """Return the one JSON document on standard error."""
    value = json.loads(result.stderr)
    assert isinstance(value, dict)
    assert value["exit"] == result.exit_code
    assert result.stdout == ""
    return value


@pytest.fixture
def errors() -> Callable[[Result], dict[str, Any]]:
    return error_of


@pytest.fixture
def college(run: Run, tmp_path: Path) -> College:
    folder = tmp_path / "city"
    made = run("init", folder, "--origin", ORIGIN, "--operator", "city-bank", "--name", "市学分银行")
    assert made.exit_code == 0, made.stderr
    signers = {COLLEGE: Ed25519Signer.generate(), ASSESSOR: Ed25519Signer.generate()}
    for id, signer in signers.items():
        (folder / "keys" / f"{id.partition(':')[2]}.pem").write_text(signer.to_pem())
    operator = Ed25519Signer.from_pem((folder / "keys" / "city-bank.pem").read_text())
    with connect(f"sqlite:///{folder}", signers={**signers, OPERATOR: operator}) as bank:
        _register(bank, signers)
        for system in _SYSTEMS.values():
            bank.record(_request(bank, OPERATOR), publish_system, system)
        book = bank.publish(_request(bank, COLLEGE), read("x-certificate-conversion"))
        account = bank.open_account(_request(bank, COLLEGE), Person("张三", "resident-id", NUMBER, {}))
        programme = Programme("510203", "软件技术", "college-3", 36)
        enrolment = Enrolment(COLLEGE, programme, "2025级", bank.today())
        event = bank.record(_request(bank, COLLEGE), enrol, account, enrolment).event
        assert isinstance(event, Enrolled)
    return College(folder, book, account, event.id)


def _request(bank: Bank, by: InstitutionId) -> Request:
    return Request(by, secrets.token_hex(8), bank.today())


def _register(bank: Bank, signers: dict[InstitutionId, Ed25519Signer]) -> None:
    profiles = {
        COLLEGE: Profile("职业技术学院", "college", ("school",), "370305"),
        ASSESSOR: Profile("培训评价组织", "assessor", ("issuer",), "370305"),
    }
    for id, signer in signers.items():
        key = PublicKey.of(signer)
        proof = base64.b64encode(signer.sign(possession_message(ORIGIN, id, key))).decode()
        bank.record(_request(bank, OPERATOR), register, id, profiles[id], str(key), proof)
