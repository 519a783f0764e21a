"""
The independent verifier: its own hashing, proofs and parsers.

It imports nothing of the rooms whose work it checks; what decides (``domain``) and what reads payloads (``codec``) it shares, so
running a request again shows that it was decided by these rules, not that the rules are right.
"""

from creditbank.verify.evidence import CHECKS, FINDINGS_MAX, Evidence, Finding, Report, Row, Signed
from creditbank.verify.ledger import verify
from creditbank.verify.receipt import ReceiptReport, check_receipt
from creditbank.verify.redemption import RedemptionReport, check_redemption

__all__ = [
    "CHECKS",
    "FINDINGS_MAX",
    "Evidence",
    "Finding",
    "ReceiptReport",
    "RedemptionReport",
    "Report",
    "Row",
    "Signed",
    "check_receipt",
    "check_redemption",
    "verify",
]
