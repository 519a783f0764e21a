"""creditbank: learning accounts, certificates and credit conversion over a signed, append-only ledger (学分银行)."""

__version__ = "0.1.0.dev0"
