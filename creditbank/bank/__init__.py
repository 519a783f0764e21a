"""The shell: clock, keys, randomness. It loads, lets the domain decide, and appends."""

from creditbank.bank.core import Bank
from creditbank.bank.draft import Draft
from creditbank.bank.opening import connect, memory_bank
from creditbank.bank.person import enter, number_claim, person_claim
from creditbank.bank.recorder import Recorded
from creditbank.bank.writing import Call, call

__all__ = [
    "Bank",
    "Call",
    "Draft",
    "Recorded",
    "call",
    "connect",
    "enter",
    "memory_bank",
    "number_claim",
    "person_claim",
]
