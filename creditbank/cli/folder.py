"""A bank's folder, and the key files in it."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from creditbank.bank import Bank, connect
from creditbank.bank.mark import MarkFile, default_mark
from creditbank.bank.opening import LEDGER
from creditbank.bank.publisher import Publisher
from creditbank.demo.folder import MARK, is_demo
from creditbank.domain.name import InstitutionId, institution_id
from creditbank.errors import AlreadyError, MalformedError, StoreError
from creditbank.ledger import Ed25519Signer, Signer

__all__ = [
    "check_mark",
    "folder_of",
    "holders",
    "is_bank",
    "kept_or_new_signer",
    "key_file",
    "opened",
    "signer_of",
    "signers_of",
    "write_new",
]

_SCHEME: Final = "sqlite:///"
_KEYS: Final = "keys"
_NO_MARK: Final = "no-mark"
"""A file that is not there; what only reads writes none."""


def folder_of(text: str) -> Path:
    """
    Return the folder that *text* names: a path, or ``sqlite:///path``.

    Raises:
        MalformedError: It is the URL of something else.
    """
    path = text.removeprefix(_SCHEME)
    if not path or "://" in path or path == "memory:":
        raise MalformedError(f"{text!r} is no bank's folder", "bank", f"give a folder, or {_SCHEME}folder")
    return Path(path)


def is_bank(text: str) -> bool:
    """Tell whether *text*, where a file may stand as well, means a bank: a folder, or its URL."""
    return text.startswith(_SCHEME) or Path(text).is_dir()


def key_file(folder: Path, institution: InstitutionId) -> Path:
    """Return where the key of *institution* lies."""
    return folder / _KEYS / f"{institution.partition(':')[2]}.pem"


def signers_of(folder: Path, institutions: Iterable[InstitutionId]) -> Mapping[InstitutionId, Signer]:
    """Return the signers whose key files are there; the bank says who is missing when a signature is asked for."""
    return {id: signer_of(path) for id in institutions if (path := key_file(folder, id)).exists()}


def holders(folder: Path) -> tuple[InstitutionId, ...]:
    """Return the institutions whose key files lie in *folder*, sorted; a file whose name names none is passed over."""
    found = []
    for path in sorted((folder / _KEYS).glob("*.pem")):
        with suppress(MalformedError):
            found.append(institution_id(f"keys:{path.stem}"))
    return tuple(found)


def signer_of(path: Path) -> Ed25519Signer:
    """
    Return the signer whose key lies in *path*.

    Raises:
        StoreError: It cannot be read.
        MalformedError: It is no key file.
    """
    try:
        return Ed25519Signer.from_pem(path.read_text(encoding="ascii"))
    # The causes are not passed on: a secret must not end up in a message.
    except OSError:
        raise StoreError(f"the key file {path} cannot be read", "check that you may read it") from None
    except UnicodeDecodeError:
        raise MalformedError("not an Ed25519 key in PKCS #8", str(path), "use the file as it was written") from None


def kept_or_new_signer(folder: Path, institution: InstitutionId) -> Ed25519Signer:
    """
    Return the signer of *institution*, with a new key in a file that only its owner may read if there is none yet.

    Raises:
        StoreError: The file cannot be read or written.
    """
    path = key_file(folder, institution)
    if path.exists():
        return signer_of(path)
    signer = Ed25519Signer.generate()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path.parent} cannot be made ({error.strerror})", "check the folder") from None
    write_new(path, signer.to_pem())
    return signer


def write_new(path: Path, text: str) -> None:
    """
    Write *text* to a new file that only its owner may read.

    Raises:
        StoreError: It cannot be written, or there is one.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written ({error.strerror})", "check the folder, or name another file"
        ) from None


@contextmanager
def opened(
    folder: Path, signing: Iterable[InstitutionId] = (), *, new: bool = False, marked: bool = True
) -> Iterator[Bank]:
    """
    Open the bank in *folder* with the keys of *signing*.

    Args:
        marked: Compare it with the high-water mark at once. Where it is verified, :func:`check_mark` does so afterwards: whoever
            verifies wants the findings, too.

    Raises, in this order:
        StoreError: There is no bank, unless *new*.
        AlreadyError: There is one, where *new*.
        MalformedError, StoreError: as :func:`creditbank.connect`.
    """
    there = (folder / LEDGER).exists()
    if not there and not new:
        raise StoreError(f"there is no bank in {folder}", "name its folder, or make one with 'creditbank init'")
    try:
        signers = signers_of(folder, signing)
        bank = connect(f"{_SCHEME}{folder}", signers=signers, mark=_mark(folder) if marked else folder / _NO_MARK)
    except OSError as error:
        raise StoreError(f"{folder} cannot be opened ({error.strerror})", "check the path and its rights") from None
    with bank:
        if new and bank.store.size() > 0:
            raise AlreadyError("bank", str(folder), "founded before")
        yield bank


def _mark(folder: Path) -> Path | None:
    """A demo keeps its mark in its folder, so that a new one is not taken for an old one put back."""
    return folder / MARK if is_demo(folder) else None


def check_mark(bank: Bank, folder: Path) -> None:
    """
    Compare the ledger with what was published from this machine.

    Raises:
        RollbackError: It holds less, or something else.
    """
    mark = MarkFile(_mark(folder) or default_mark(bank.founding.origin))
    Publisher(bank.store, bank.vault, mark, bank.founding, None).check_mark()
