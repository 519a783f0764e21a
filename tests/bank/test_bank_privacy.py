"""
What may not be found: personal data anywhere but in the vault; after an erasure, nothing of the account anywhere.

Files are read in a process of its own: opening a database by name where SQLite has it open would drop its locks.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import attrs
import pytest

from creditbank.bank import Bank
from creditbank.bank.loader import open_body
from creditbank.domain.decide.account import deposit
from creditbank.domain.name import AccountId
from creditbank.errors import CreditBankError
from creditbank.testing.world import ASSESSOR, COLLEGE, OPERATOR, World
from creditbank.vault import Person

_SEARCH = """
import json, pathlib, sys
needles = [bytes.fromhex(text) for text in json.load(sys.stdin)]
found = []
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*")):
    if path.is_file():
        body = path.read_bytes()
        found += [[str(path), number] for number, needle in enumerate(needles) if needle in body]
print(json.dumps(found))
"""

PERSON = Person(
    "欧阳婉儿Zyxw", "resident-id", "11010519491231002X", {"phone": "13900009999", "address": "淄博市张店区紫藤路77号"}
)
NUMBER = "CERT-7Q9-0042-紫"


def _search(folder: Path, needles: Iterable[bytes]) -> list[tuple[str, int]]:
    given = list(needles)
    assert all(len(needle) >= 8 for needle in given), "what is searched for cannot be found by accident"
    run = subprocess.run(
        [sys.executable, "-c", _SEARCH, str(folder)],
        input=json.dumps([needle.hex() for needle in given]),
        capture_output=True,
        text=True,
        check=True,
    )
    return [(Path(path).name, number) for path, number in json.loads(run.stdout)]


def _personal() -> list[bytes]:
    texts = [PERSON.name, PERSON.number, *PERSON.details.values(), NUMBER]
    texts += [text.lower() for text in texts] + [text.upper() for text in texts]
    return [text.encode(code) for text in dict.fromkeys(texts) for code in ("utf-8", "utf-16-le", "utf-16-be")]


def _busy(world: World, folder: Path) -> AccountId:
    """Let a life of learning happen to the person; write down whatever is handed out."""
    account = world.bank.open_account(world.request(COLLEGE), PERSON)
    world.enrol(account)
    source = world.deposit(account, world.certificate(number=NUMBER))
    draft = world.bank.prepare(world.request(ASSESSOR), deposit, account, world.certificate(number=NUMBER + "2"))
    (folder / "draft.txt").write_text(str(draft))
    for _ in range(12):  # so that states are kept
        world.deposit(account, world.certificate())
    position = world.bank.store.size()
    world.converted(account, [world.item("1", source, world.course("c1"))])
    (folder / "receipt.txt").write_text(str(world.bank.receipt(position)))
    (folder / "checkpoint.txt").write_text(world.bank.checkpoint())
    return account


def _secrets(bank: Bank, account: AccountId) -> list[bytes]:
    """Return what opens the account's entries, and what they open to."""
    key = bank.vault.key(account)
    assert key is not None
    found = [key]
    for row in bank.store.read(account, 0, bank.store.size()):
        assert row.body is not None
        salt, payload = open_body(bank.vault, row.body)
        found += [salt, payload, payload[40:120], row.body, row.body[40:120]]
    claims = [name for at in bank.store.positions(account) for name in bank.store.claims_of(at)]
    assert len(claims) == 2
    tokens = [name.partition(":")[2] for name in claims]
    return [*found, *(token.encode() for token in tokens), *(bytes.fromhex(token) for token in tokens)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.founded(f"sqlite:///{tmp_path / 'city'}", mark=tmp_path / "mark")


def test_personal_data_is_in_the_vault_alone(world: World, tmp_path: Path) -> None:
    _busy(world, tmp_path)
    here = {name for name, _ in _search(tmp_path, _personal())}
    assert here, "the search finds what is there"
    assert all(name.startswith("vault.db") for name in here)
    world.bank.close()
    assert {name for name, _ in _search(tmp_path, _personal())} == {"vault.db"}


def test_payloads_of_accounts_are_sealed(world: World, tmp_path: Path) -> None:
    account = _busy(world, tmp_path)
    titles = [text.encode() for text in ("Web前端开发(中级)", "专业510202")]
    assert _search(tmp_path / "city", titles) == []
    assert world.bank.known().account(account).outcomes


@pytest.mark.parametrize("reopened", [False, True], ids=["open", "reopened"])
def test_after_an_erasure_nothing_of_the_account_is_left_in_any_file(
    world: World, tmp_path: Path, reopened: bool
) -> None:
    handed = tmp_path / "handed out"
    handed.mkdir()
    account = _busy(world, handed)
    needles = [*_personal(), *_secrets(world.bank, account)]
    assert {name for name, _ in _search(tmp_path / "city", needles)} & {"ledger.db", "ledger.db-wal"}
    world.bank.erase(world.request(OPERATOR), account, "PIPL 47", "ab" * 32)
    world.learner(2)
    assert _search(tmp_path / "city", needles) == []
    if reopened:
        world.bank.close()
        world = World.empty(f"sqlite:///{tmp_path / 'city'}", mark=tmp_path / "mark")
        assert _search(tmp_path / "city", needles) == []
    assert _search(tmp_path / "city", [b"keys:college"]), "the search still reads"
    assert world.bank.verify().ok
    world.bank.close()
    assert _search(tmp_path / "city", needles) == []


def test_after_an_erasure_nothing_of_the_account_is_left_in_memory(world: World, tmp_path: Path) -> None:
    account = _busy(world, tmp_path)
    versions = range(1, len(world.bank.store.positions(account)) + 2)  # its erasure is the last one
    kept = [version for version in versions if world.bank._cache.state(account, version) is not None]
    assert kept, "what was decided on is kept"
    world.bank.erase(world.request(OPERATOR), account, "PIPL 47", "ab" * 32)
    assert [version for version in versions if world.bank._cache.state(account, version) is not None] == []


def test_nothing_personal_is_shown_by_repr_or_said_by_an_error(world: World) -> None:
    account = world.bank.open_account(world.request(COLLEGE), PERSON)
    outcome = world.certificate(number=NUMBER)
    world.deposit(account, outcome)
    shown = [repr(PERSON), repr(world.bank.known().account(account)), repr(outcome)]
    for attempt in (
        lambda: world.deposit(account, outcome),
        lambda: world.deposit(account, attrs.evolve(outcome, issuer=COLLEGE)),
    ):
        with pytest.raises(CreditBankError) as raised:
            attempt()
        shown.append(f"{raised.value} {raised.value!r}")
    token = outcome.number.token if outcome.number else ""
    personal = [PERSON.name, PERSON.number, *PERSON.details.values(), NUMBER, token]
    assert [text for text in personal if any(text in one for one in shown)] == []
