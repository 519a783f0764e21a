"""
What every vault must do, as pytest tests: subclass :class:`VaultContract`, say how to make one, and they run.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from creditbank.errors import ConflictError, MalformedError, StoreError, UnknownError, UnverifiedError
from creditbank.vault.base import KEY_SIZE, Person, Vault

A: Final = "account:a"
B: Final = "account:b"
LI: Final = Person("李小明", "resident-id", "11010519491231002X", {"phone": "010-1234", "email": ""})
WANG: Final = Person("王芳", "passport", "E12345678", {})


class Boom(Exception):
    """An injected failure."""


class VaultContract:
    """Subclass, define :meth:`make` and :meth:`reopen`, and pytest runs the rest."""

    def make(self, path: Path) -> Vault:
        """Return a new, empty vault; *path* is an empty folder."""
        raise NotImplementedError

    def reopen(self, vault: Vault) -> Vault:
        """Return *vault* closed and opened again, or *vault* itself where nothing outlives closing."""
        raise NotImplementedError

    @pytest.fixture
    def vault(self, tmp_path: Path) -> Iterator[Vault]:
        vault = self.make(tmp_path)
        yield vault
        vault.close()

    # --- persons ------------------------------------------------------------------------------------------------------

    def test_put_and_ask(self, vault: Vault) -> None:
        assert (vault.person(A), vault.key(A), list(vault.accounts())) == (None, None, [])
        assert vault.put(B, "t2", WANG) == B
        assert vault.put(A, "t1", LI) == A
        assert (vault.person(A), vault.person(B)) == (LI, WANG)
        assert list(vault.accounts()) == [A, B]
        keys = vault.keys([A, "account:none", B])
        assert keys == {A: vault.key(A), B: vault.key(B)}
        assert keys[A] != keys[B]
        assert all(len(key) == KEY_SIZE for key in keys.values())

    def test_put_is_idempotent_by_token(self, vault: Vault) -> None:
        vault.put(A, "t1", LI)
        key = vault.key(A)
        assert vault.put(A, "t1", LI) == A
        assert vault.put(B, "t1", WANG) == A
        assert (vault.person(A), vault.key(A), vault.person(B)) == (LI, key, None)
        with pytest.raises(ConflictError, match=A):
            vault.put(A, "t2", WANG)
        assert vault.person(A) == LI

    def test_put_many_is_one_transaction(self, vault: Vault) -> None:
        vault.put(A, "t1", LI)
        rows = [("account:x", "t1", LI), (B, "t2", WANG), ("account:y", "t2", WANG), ("account:c", "t3", LI)]
        assert vault.put_many(rows) == (A, B, B, "account:c")
        assert list(vault.accounts()) == [A, B, "account:c"]
        with pytest.raises(ConflictError):
            vault.put_many([("account:d", "t4", LI), (B, "t5", LI)])
        with pytest.raises(ConflictError):
            vault.put_many([("account:d", "t4", LI), ("account:d", "t5", LI)])
        assert (vault.person("account:d"), list(vault.accounts())) == (None, [A, B, "account:c"])
        assert vault.put_many([]) == ()

    def test_put_many_that_fails_leaves_nothing(self, vault: Any) -> None:
        def fault(name: str) -> None:
            if name == "commit":
                raise Boom

        vault._fault = fault
        with pytest.raises((Boom, StoreError)):
            vault.put_many([(A, "t1", LI), (B, "t2", WANG)])
        vault._fault = None
        assert (list(vault.accounts()), vault.key(A)) == ([], None)
        assert vault.put(B, "t1", LI) == B

    def test_forget(self, vault: Vault) -> None:
        vault.put(A, "t1", LI)
        vault.put(B, "t2", WANG)
        old = vault.key(A)
        vault.forget(A)
        vault.forget(A)
        vault.forget("account:none")
        assert (vault.person(A), vault.key(A), vault.keys([A]), list(vault.accounts())) == (None, None, {}, [B])
        assert vault.put("account:new", "t1", LI) == "account:new"
        assert vault.key("account:new") != old
        assert vault.person(B) == WANG

    def test_a_person_does_not_show(self) -> None:
        assert repr(LI) == "Person(document='resident-id')"
        assert f"{LI}" == "Person(document='resident-id')"

    # --- keyed hashes -------------------------------------------------------------------------------------------------

    def test_tokens_are_of_normal_text(self, vault: Vault) -> None:
        token = vault.token("resident-id", "11010519491231002X")
        assert len(token) == 64
        assert set(token) <= set("0123456789abcdef")
        for same in (" 11010519491231002x\n", "11010519491231002X", "11010519491231002x"):
            assert vault.token("resident-id", same) == token
        assert vault.token("passport", "11010519491231002X") != token
        assert vault.token("resident-id", "11010519491231002") != token
        assert list(vault.accounts()) == []

    @pytest.mark.parametrize("text", ["", " \n", "\u3000"])
    def test_nothing_has_no_token(self, vault: Vault, text: str) -> None:
        with pytest.raises(MalformedError, match="resident-id"):
            vault.token("resident-id", text)

    def test_macs(self, vault: Vault) -> None:
        mac = vault.mac("request", b"ab", b"c")
        assert len(mac) == 32
        assert vault.mac("request", b"ab", b"c") == mac
        others = [vault.mac("request", b"a", b"bc"), vault.mac("request", b"abc"), vault.mac("key", b"ab", b"c")]
        others += [vault.mac("request", b"ab", b"c", b""), vault.mac("request")]
        assert len({mac, *others}) == 6
        assert vault.mac("request", b"X").hex() != vault.token("request", "x")

    # --- sealing ------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("plain", [b"", b"x", b"salt and payload" * 1024])
    def test_seal_and_open(self, vault: Vault, plain: bytes) -> None:
        vault.put(A, "t1", LI)
        sealed = vault.seal(A, plain)
        assert len(sealed) == 12 + len(plain) + 16
        assert vault.open(A, sealed) == plain
        assert vault.seal(A, plain) != sealed
        vault.forget(A)
        assert vault.open(A, sealed) is None

    def test_tampered_seals_are_found(self, vault: Vault) -> None:
        vault.put(A, "t1", LI)
        vault.put(B, "t2", WANG)
        sealed = vault.seal(A, b"payload")
        for place in range(len(sealed)):
            changed = bytearray(sealed)
            changed[place] ^= 1
            with pytest.raises(UnverifiedError):
                vault.open(A, bytes(changed))
        for wrong in (b"", sealed[:11], sealed[:27], sealed[:-1], sealed + b"\0"):
            with pytest.raises(UnverifiedError):
                vault.open(A, wrong)
        with pytest.raises(UnverifiedError):
            vault.open(B, sealed)

    def test_sealing_needs_a_key(self, vault: Vault) -> None:
        with pytest.raises(UnknownError):
            vault.seal(A, b"")
        vault.put(A, "t1", LI)
        vault.forget(A)
        with pytest.raises(UnknownError):
            vault.seal(A, b"")

    # --- threads, reopening, closing ----------------------------------------------------------------------------------

    def test_threads_put_one_person_once(self, vault: Vault) -> None:
        found: list[str] = []
        start = threading.Barrier(4)

        def run(number: int) -> None:
            start.wait()
            found.append(vault.put(f"account:{number}", "t1", LI))

        workers = [threading.Thread(target=run, args=(number,)) for number in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len(found) == 4
        assert set(found) == set(vault.accounts())

    def test_reopened_it_is_the_same(self, vault: Vault) -> None:
        vault.put(A, "t1", LI)
        before = (vault.person(A), vault.key(A), vault.token("k", "x"), vault.mac("m", b"x"))
        again = self.reopen(vault)
        assert (again.person(A), again.key(A), again.token("k", "x"), again.mac("m", b"x")) == before
        again.close()

    def test_vaults_have_secrets_of_their_own(self, vault: Vault, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        other = self.make(tmp_path / "other")
        assert other.token("k", "x") != vault.token("k", "x")
        other.close()

    def test_closed(self, vault: Vault) -> None:
        vault.close()
        vault.close()
        uses: list[Callable[[], object]] = [
            lambda: vault.put(A, "t1", LI),
            lambda: vault.person(A),
            lambda: vault.key(A),
            lambda: vault.forget(A),
            lambda: list(vault.accounts()),
            lambda: vault.open(A, b""),
        ]
        for use in uses:
            with pytest.raises(StoreError, match="closed"):
                use()
