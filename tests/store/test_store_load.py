"""SQLite under load: several processes with several threads each on one bank; nothing lost, doubled or torn."""

import multiprocessing
import threading
from collections import Counter
from pathlib import Path

import pytest

import creditbank as cb
from creditbank.bank import Bank, connect
from creditbank.domain.name import AccountId, InstitutionId
from creditbank.ledger import Ed25519Signer
from creditbank.testing.town import ORIGIN, possession, small_town

PROCESSES, THREADS, EACH = 4, 4, 6
ISSUER = cb.institution_id("keys:many-desks")
PROFILE = cb.Profile("多点评价中心", "assessor", ("issuer",), "370305")


def deposits(bank: Bank, assessor: InstitutionId, accounts: list[AccountId], name: str) -> list[str]:
    """Deposit EACH outcomes into every account, each twice under one key, and return what was recorded."""
    recorded = []
    for number in range(EACH):
        account = accounts[number % len(accounts)]
        title = f"{name}-{number}"
        outcome = cb.Training(title=title, issuer=assessor, achieved_on=bank.today(), hours=4, category="家政")
        request = cb.Request(assessor, title, bank.today())
        first = bank.record(request, cb.deposit, account, outcome)
        assert bank.record(request, cb.deposit, account, outcome) == first, "a retry finds the first"
        recorded.append(f"{first.position} {title}")
    return recorded


def work(folder: str, seed: bytes, assessor: InstitutionId, accounts: list[AccountId], name: str, out: str) -> None:
    """Run in a process of its own: THREADS threads on one bank."""
    signers = {assessor: Ed25519Signer.from_seed(seed)}
    results: list[str] = []
    with connect(f"sqlite:///{folder}", signers=signers, mark=Path(f"{folder}.mark")) as bank:

        def run(thread: int) -> None:
            results.extend(deposits(bank, assessor, accounts, f"{name}-{thread}"))

        threads = [threading.Thread(target=run, args=(thread,)) for thread in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    Path(out).write_text("\n".join(results), encoding="utf-8")


def test_processes_and_threads_lose_double_and_tear_nothing(tmp_path: Path) -> None:
    folder, mark = tmp_path / "bank", tmp_path / "bank.mark"
    town = small_town(lambda signers: connect(f"sqlite:///{folder}", signers=signers, mark=mark))
    seed = bytes(range(32))
    signer = Ed25519Signer.from_seed(seed)
    key, proof = str(cb.PublicKey.of(signer)), possession(ORIGIN, ISSUER, signer)
    town.bank.record(town.request(town.operator), cb.register, ISSUER, PROFILE, key, proof)
    persons = [cb.Person(f"学员{number}", "passport", f"E{number}", {}) for number in range(3)]
    accounts = [town.bank.open_account(town.request(town.college), person) for person in persons]
    before = town.bank.store.size()

    context = multiprocessing.get_context("spawn")
    outs = [str(tmp_path / f"out{number}") for number in range(PROCESSES)]
    running = [
        context.Process(target=work, args=(str(folder), seed, ISSUER, accounts, f"p{number}", out))
        for number, out in enumerate(outs)
    ]
    for process in running:
        process.start()
    for process in running:
        process.join(120)
        assert process.exitcode == 0

    said = [line for out in outs for line in Path(out).read_text(encoding="utf-8").splitlines()]
    expected = PROCESSES * THREADS * EACH
    assert len(said) == expected
    assert town.bank.store.size() == before + expected, "no entry lost, none doubled"
    assert sorted(int(line.split()[0]) for line in said) == list(range(before, before + expected)), "no gap"
    known = town.bank.known()
    titles = Counter(held.outcome.title for account in accounts for held in known.account(account).outcomes.values())
    assert titles == Counter(line.split()[1] for line in said)
    assert set(titles.values()) == {1}
    report = town.bank.verify()
    assert report.ok
    assert report.requests == town.bank.store.size()
    town.bank.close()


def opened(folder: str, gate: str, out: str) -> None:
    """Open one new folder at the same moment as others: migrations under a concurrent start."""
    while not Path(gate).exists():
        pass
    with connect(f"sqlite:///{folder}", mark=Path(f"{folder}.mark")) as bank:
        Path(out).write_text(str(bank.store.size()), encoding="utf-8")


def test_processes_may_create_one_bank_together(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    gate, outs = tmp_path / "gate", [tmp_path / f"out{number}" for number in range(4)]
    running = [context.Process(target=opened, args=(str(tmp_path / "bank"), str(gate), str(out))) for out in outs]
    for process in running:
        process.start()
    gate.touch()
    for process in running:
        process.join(60)
        assert process.exitcode == 0
    assert [out.read_text(encoding="utf-8") for out in outs] == ["0"] * 4


@pytest.mark.parametrize("step", ["begin", "entries", "claims", "commit"])
def test_a_failure_in_a_group_is_nobodys_entry(tmp_path: Path, step: str) -> None:
    """While the store fails, many callers are refused and nothing is written; afterwards the same keys go through."""
    folder = tmp_path / "bank"
    town = small_town(lambda signers: connect(f"sqlite:///{folder}", signers=signers, mark=tmp_path / "mark"))
    store, before, errors = town.bank.store, town.bank.store.size(), []

    def fail(at: str) -> None:
        if at == step:
            raise OSError("disk full")

    def run(number: int) -> None:
        try:
            deposits(town.bank, town.assessor, [town.learner], f"t{number}")
        except (OSError, cb.StoreError) as error:
            errors.append(error)

    store._connection.fault = fail
    for attempt in range(2):
        threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if attempt == 0:
            assert len(errors) == 6
            assert store.size() == before
            store._connection.fault = None
    assert len(errors) == 6
    assert store.size() == before + 6 * EACH
    assert town.bank.verify().ok
    town.bank.close()
