"""The memory vault keeps the contract; its secret can be given, so its numbers can be checked by hand."""

import hashlib
import hmac
from pathlib import Path

from hypothesis import given, strategies as st

from creditbank.testing.vault_contract import VaultContract
from creditbank.vault import MemoryVault, Vault, seal, unseal
from creditbank.vault.secret import normal

SECRET = bytes(range(32))


class TestMemoryVault(VaultContract):
    def make(self, path: Path) -> Vault:
        return MemoryVault()

    def reopen(self, vault: Vault) -> Vault:
        return vault


def derived(label: str) -> bytes:
    """HKDF (RFC 5869) of one block by its definition, without the library."""
    extracted = hmac.digest(bytes(32), SECRET, "sha256")
    return hmac.digest(extracted, f"creditbank/vault/v1/{label}".encode() + b"\x01", "sha256")


def test_tokens_and_macs_by_their_definition() -> None:
    vault = MemoryVault(SECRET)
    assert vault.token("passport", "e1") == hmac.new(derived("token/passport"), b"E1", hashlib.sha256).hexdigest()
    message = (2).to_bytes(8, "big") + b"ab" + (0).to_bytes(8, "big")
    assert vault.mac("request", b"ab", b"") == hmac.digest(derived("mac/request"), message, "sha256")


def test_golden_token() -> None:
    # What the tokens of every database hang on: if this changes, nobody's account is found again.
    golden = "4028d2a5b8cfd388ffc39b304895c0e9b2cc66de52911b059ebed18ecb85541e"
    assert MemoryVault(SECRET).token("resident-id", "11010519491231002x") == golden


@given(st.text(max_size=20))
def test_case_and_space_do_not_matter(text: str) -> None:
    assert normal(f" {text}\t") == normal(text)
    assert normal(text).strip() == normal(text)


@given(st.binary(max_size=300), st.binary(min_size=32, max_size=32))
def test_unseal_opens_what_seal_closed(plain: bytes, key: bytes) -> None:
    assert unseal(key, "account:a", seal(key, "account:a", plain)) == plain
