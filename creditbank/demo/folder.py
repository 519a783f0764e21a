"""The demo's folder: only a former demo is ever replaced, and only what a demo made."""

import shutil
from pathlib import Path
from typing import Final

from creditbank.demo.proving import RECEIPT
from creditbank.errors import AlreadyError

__all__ = ["ACCOUNT", "MARK", "MARKER", "STATEMENT", "VERIFIER_KEY", "cleared", "is_demo"]

MARKER: Final = "DEMO.txt"
MARK: Final = "mark"
ACCOUNT: Final = "account.txt"
STATEMENT: Final = "statement.txt"
VERIFIER_KEY: Final = "operator.vkey"

_MARKER_TEXT: Final = """\
This folder was made by `creditbank demo`, which replaces it when it is run again.
Its keys are made from names that everybody can read: they are NOT secret. Keep nothing here.
"""
_DATABASES: Final = ("ledger.db", "vault.db")
_OURS: Final = frozenset(
    {MARKER, MARK, ACCOUNT, STATEMENT, VERIFIER_KEY, RECEIPT, "keys"}
    | {f"{name}{suffix}" for name in _DATABASES for suffix in ("", "-wal", "-shm", ".lock")}
)


def is_demo(folder: Path) -> bool:
    """Tell whether a demo made *folder*."""
    marker = folder / MARKER
    return marker.is_file() and marker.read_text(encoding="utf-8", errors="replace") == _MARKER_TEXT


def cleared(folder: Path) -> None:
    """
    Make *folder* new and marked; what a former demo left there goes.

    Raises:
        AlreadyError: Something else is there.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise AlreadyError("file", str(folder), "it is no folder of a demo: name another")
    if folder.is_dir():
        there = {path.name for path in folder.iterdir()}
        if there and not (is_demo(folder) and there <= _OURS):
            raise AlreadyError("folder", str(folder), "it holds something that no demo made: name another")
        for name in sorted(there):
            path = folder / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text(_MARKER_TEXT, encoding="utf-8")
