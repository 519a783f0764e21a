"""The SQLite vault keeps the contract, and what only a file can lose or leak."""

import hashlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import creditbank.store.connection
import creditbank.vault.connection
from creditbank.errors import NewerDatabaseError, StoreError
from creditbank.store import SQLiteStore
from creditbank.testing.vault_contract import LI, WANG, A, B, VaultContract
from creditbank.vault import Person, SQLiteVault, Vault
from creditbank.vault.schema import TAG_FORGOTTEN, TRIGGERS, token_tag


class TestSQLiteVault(VaultContract):
    def make(self, path: Path) -> Vault:
        self.path = path / "vault.db"
        return SQLiteVault(self.path)

    def reopen(self, vault: Vault) -> Vault:
        vault.close()
        return SQLiteVault(self.path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vault.db"


def python(code: str, *args: object) -> str:
    command = [sys.executable, "-W", "error", "-c", code, *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.stdout.strip()


def test_store_and_vault_use_sqlite_in_the_same_way() -> None:
    # The rooms may not import each other; the discipline is one all the same.
    one, two = creditbank.store.connection.__file__, creditbank.vault.connection.__file__
    assert Path(one).read_bytes() == Path(two).read_bytes()


def test_a_ledger_is_no_vault(path: Path) -> None:
    SQLiteStore(path).close()
    with pytest.raises(StoreError, match="is not a vault"):
        SQLiteVault(path)


def change(path: Path, sql: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(sql)
    connection.commit()
    connection.close()


def test_a_newer_vault_is_refused(path: Path) -> None:
    SQLiteVault(path).close()
    change(path, "PRAGMA user_version = 99")
    with pytest.raises(NewerDatabaseError, match="99"):
        SQLiteVault(path)


@pytest.mark.parametrize("name", sorted(TRIGGERS))
def test_a_missing_trigger_is_named(path: Path, name: str) -> None:
    SQLiteVault(path).close()
    change(path, f"DROP TRIGGER {name}")
    with pytest.raises(StoreError, match=f"{name} .* is missing"):
        SQLiteVault(path)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM secret",
        "UPDATE secret SET secret = x'00'",
        "INSERT OR REPLACE INTO secret VALUES (1, x'00')",
        "UPDATE person SET name = 'other'",
        "DELETE FROM person",
        "DELETE FROM detail",
        "UPDATE person SET key = zeroblob(32)",
        f"UPDATE person SET tag = {TAG_FORGOTTEN}",
        "UPDATE detail SET value = ''",
        "INSERT OR REPLACE INTO person SELECT id, tag, 'x', 'x', key, name, document, number FROM person",
        "INSERT INTO person SELECT id + 1, tag, 'x', token, key, name, document, number FROM person",
        "INSERT INTO person SELECT id + 1, tag, account, 'x', key, name, document, number FROM person",
        "INSERT OR REPLACE INTO detail SELECT id, person, field, 'x' FROM detail",
    ],
)
def test_what_is_kept_cannot_be_changed(path: Path, sql: str) -> None:
    vault = SQLiteVault(path)
    vault.put(A, "t1", LI)
    vault.close()
    with pytest.raises(sqlite3.IntegrityError, match="cannot be changed"):
        change(path, sql)


def test_two_vaults_on_one_file(path: Path) -> None:
    one, two = SQLiteVault(path), SQLiteVault(path)
    assert one.token("k", "x") == two.token("k", "x")
    one.put(A, "t1", LI)
    sealed = two.seal(A, b"payload")
    assert two.put(B, "t1", LI) == A
    two.forget(A)
    assert (one.person(A), one.key(A), one.open(A, sealed)) == (None, None, None)
    one.close()
    assert two.put(B, "t1", LI) == B
    two.close()


def test_an_interrupted_forgetting_is_done_again(path: Path) -> None:
    vault = SQLiteVault(path)
    vault.put(A, "t1", LI)
    reader = sqlite3.connect(path, isolation_level=None)
    try:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM person").fetchall()
        with vault._connection.write() as writer:
            writer.execute("PRAGMA busy_timeout = 20")
        with pytest.raises(StoreError, match="in use"):
            vault.forget(A)
    finally:
        reader.close()
    assert vault.person(A) is None
    assert path.with_name("vault.db-wal").stat().st_size > 0
    vault.forget(A)
    assert path.with_name("vault.db-wal").stat().st_size == 0
    vault.close()


FORK = """
import os, sys
from creditbank.errors import ForkedError
from creditbank.vault import SQLiteVault
vault = SQLiteVault(sys.argv[1])
child = os.fork()
if child == 0:
    refused = 0
    for use in (lambda: vault.key("a"), lambda: vault.forget("a"), lambda: list(vault.accounts()), vault.close):
        try:
            use()
        except ForkedError:
            refused += 1
    os._exit(refused)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
vault.close()
"""


def test_a_forked_child_is_refused(path: Path) -> None:
    assert python(FORK, path) == "4"


SEARCH = """
import pathlib, sys
data = b"".join(pathlib.Path(name).read_bytes() for name in sys.argv[1:4])
print([needle for needle in sys.argv[4:] if bytes.fromhex(needle) in data])
"""


def test_nothing_of_a_forgotten_person_is_left_in_the_files(path: Path) -> None:
    vault = SQLiteVault(path)
    people = [
        (
            f"account:{n:04}",
            hashlib.sha256(b"%d" % n).hexdigest(),
            Person(
                f"name{n:04}" * (1 + n % 7), "d", f"number{n:04}", {f"f{i}": f"value{n:04}" * i for i in range(n % 5)}
            ),
        )
        for n in range(1500)
    ]
    vault.put_many(people[:700])
    for who in people[700:800]:
        vault.put(*who)
    vault.put_many(people[800:])
    gone, kept = people[3::20], people[4]

    def needles(account: str, token: str, person: Person, key: bytes) -> list[str]:
        texts = (token, person.name, person.number, *(value for value in person.details.values() if value))
        return [key.hex(), *(text.encode().hex() for text in texts)]

    def found(words: list[str]) -> str:
        # In another process: closing a file here that SQLite has open would drop its locks.
        return python(SEARCH, path, f"{path}-wal", f"{path}-shm", *words)

    keys = vault.keys(account for account, _, _ in people)
    words = [word for who in gone for word in needles(*who, keys[who[0]])]
    assert found(words) == str(words)
    for account, _, _ in gone:
        vault.forget(account)
    assert found(words) == "[]"
    alive = needles(*kept, keys[kept[0]])
    assert found(alive) == str(alive)
    vault.close()


def test_tokens_of_one_tag_are_told_apart(path: Path) -> None:
    seen: dict[int, str] = {}
    for number in range(100_000):
        token = f"token{number}"
        if (other := seen.setdefault(token_tag(token), token)) != token:
            break
    assert token_tag(token) == token_tag(other)
    vault = SQLiteVault(path)
    assert (vault.put(A, token, LI), vault.put(B, other, WANG), vault.put("x", token, LI)) == (A, B, A)
    vault.close()


def test_persons_of_any_text(path: Path) -> None:
    vault = SQLiteVault(path)
    odd = Person("Robert'); DROP TABLE person;--", "", "\0\u3000", {"": "", "名": "值\n"})
    vault.put_many([(A, "t1", odd), (B, "t2", WANG)])
    assert (vault.person(A), vault.person(B)) == (odd, WANG)
    vault.close()
