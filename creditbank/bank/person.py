"""Persons on their way to an account: claims are made from the vault's secret, rows are written before the ledger's."""

import secrets
from collections.abc import Sequence

from creditbank.domain.name import AccountId, Claim, InstitutionId, Token, account_id
from creditbank.vault import Person, Vault

__all__ = ["enter", "number_claim", "person_claim"]


def person_claim(vault: Vault, person: Person) -> Claim:
    """Return the claim that one person has one account by: a keyed hash of the document's kind and number."""
    return Claim("person", Token(vault.token("person", f"{person.document}:{person.number}")))


def number_claim(vault: Vault, issuer: InstitutionId, number: str) -> Claim:
    """Return the claim that an issuer gives a number once: a keyed hash of both."""
    return Claim("certificate-number", Token(vault.token("certificate-number", f"{issuer}/{number}")))


def enter(vault: Vault, persons: Sequence[Person]) -> tuple[tuple[AccountId, Claim], ...]:
    """
    Write *persons* to the vault, each under the account it will have, and return what ``open_account`` asks for.

    Idempotent by person: whoever is there keeps the account; a row that the ledger never followed is used again.
    """
    claims = [person_claim(vault, person) for person in persons]
    rows = [
        (f"account:{secrets.token_hex(16)}", claim.token, person) for claim, person in zip(claims, persons, strict=True)
    ]
    accounts = vault.put_many(rows)
    return tuple((account_id(account), claim) for account, claim in zip(accounts, claims, strict=True))
