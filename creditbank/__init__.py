"""
creditbank: learning accounts, certificates, credit conversion and transfers over a signed, append-only ledger (学分银行).

Record a verb, ask a question, verify everything::

    bank = creditbank.connect("sqlite:///city", signers={college: signer})
    bank.record(Request(college, "key-1", bank.today()), creditbank.deposit, account, outcome)
    creditbank.balance(bank.known(), account)
    bank.verify()

Names are bound when they are first asked for (PEP 562), so importing the package loads no store and nothing optional.
"""

import importlib
import logging
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0.dev0"

_HOMES = {
    "creditbank.bank": ("Bank", "Draft", "Recorded", "call", "connect", "enter", "memory_bank", "number_claim", "person_claim"),
    "creditbank.codec.book": ("read_book",),
    "creditbank.domain.account": ("Account",),
    "creditbank.domain.application": ("Application", "Item", "TransferOffer"),
    "creditbank.domain.credit": ("Credit", "CreditSystem"),
    "creditbank.domain.decide.account": (
        "deposit", "end_enrolment", "enrol", "erase", "open_account", "restrict", "revoke",
    ),
    "creditbank.domain.decide.convert": ("agree", "convert", "lapse", "reject", "withdraw"),
    "creditbank.domain.decide.keys": (
        "add_key", "found", "publish", "publish_system", "register", "retire_key", "revoke_key", "set_seats",
        "withdraw_book",
    ),
    "creditbank.domain.decide.transfer": ("accept_transfer", "decline_transfer", "offer_transfer"),
    "creditbank.domain.identifier": ("PupilNumber", "ResidentId", "SocialCreditCode"),
    "creditbank.domain.known": ("Known",),
    "creditbank.domain.level": ("Level",),
    "creditbank.domain.name": (
        "AccountId", "ApplicationId", "Claim", "Digest", "EnrolmentId", "InstitutionId", "OutcomeId", "StreamId",
        "Token", "TransferId", "account_id", "institution_id", "seats_stream",
    ),
    "creditbank.domain.outcome": (
        "ContestAward", "CourseResult", "Diploma", "Outcome", "SkillCertificate", "Training",
    ),
    "creditbank.domain.profile": ("Profile",),
    "creditbank.domain.programme": ("Course", "Enrolment", "Programme"),
    "creditbank.domain.request": ("Request",),
    "creditbank.domain.rule": ("Case", "Decision", "ItemResult", "RuleBook", "decide", "explain", "workings"),
    "creditbank.domain.view.account": ("Statement", "balance", "quote", "statement"),
    "creditbank.domain.view.case": ("case_of",),
    "creditbank.errors": (
        "AlreadyError", "BookNotInForceError", "ClockError", "ConflictError", "CreditBankError",
        "DecisionRefusedError", "ErasedError", "ForkedError", "KeyReusedError", "MalformedBookError",
        "MalformedError", "NewerDatabaseError", "NotPermittedError", "RefusedError", "RestrictedError",
        "RollbackError", "StaleDraftError", "StateError", "StoreError", "UnknownError", "UnverifiedError",
    ),
    "creditbank.ledger": ("Ed25519Signer", "PublicKey", "Receipt", "Signer", "possession_message"),
    "creditbank.vault": ("Person",),
    "creditbank.verify": ("Finding", "Report", "check_receipt"),
}  # fmt: skip

_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605 # one table is the only list of public names; a test holds it against the docs

logging.getLogger("creditbank").addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'creditbank' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
