"""Who an account is about: personal data, which can be forgotten."""

from creditbank.vault.base import KEY_SIZE, Person, Vault
from creditbank.vault.memory import MemoryVault
from creditbank.vault.secret import seal, unseal
from creditbank.vault.sqlite import SQLiteVault

__all__ = ["KEY_SIZE", "MemoryVault", "Person", "SQLiteVault", "Vault", "seal", "unseal"]
