"""Persons on their way to an account: claims are made from the vault's secret, rows are written before the ledger's."""

import secrets
import unicodedata
from collections.abc import Sequence

from creditbank.domain.name import AccountId, Claim, InstitutionId, Token, account_id
from creditbank.errors import MalformedError
from creditbank.vault import Person, Vault

__all__ = ["enter", "number_claim", "person_claim"]


def person_claim(vault: Vault, person: Person) -> Claim:
    """
    Return the claim that one person has one account by: a keyed hash of the document's kind and number.

    Raises:
        MalformedError: The number is blank.
    """
    number = _number(person.number, f"number of the {person.document or 'document'}")
    return Claim("person", Token(vault.token("person", f"{person.document}:{number}")))


def number_claim(vault: Vault, issuer: InstitutionId, number: str) -> Claim:
    """
    Return the claim that an issuer gives a number once: a keyed hash of both.

    Raises:
        MalformedError: The number is blank.
    """
    written = _number(number, f"certificate number of {issuer}")
    return Claim("certificate-number", Token(vault.token("certificate-number", f"{issuer}/{written}")))


def _number(text: str, where: str) -> str:
    """Return *text* without white space around it; a blank number would make everybody the same."""
    number = unicodedata.normalize("NFKC", text).strip()
    if not number:
        raise MalformedError("it is blank", where, "give the number, or leave the number out where there is none")
    return number


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
