"""
Export statements and postings: CSV for spreadsheets, JSON and JSON lines for programs. One account at a time, as of one position.

An export names accounts, never persons. Amounts are exact, as text; days are ISO. A file is there whole or not at all.
"""

import codecs
import csv
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, Protocol

import attrs

from creditbank.bank import Bank
from creditbank.bank.loader import open_row
from creditbank.codec.canonical import canonical
from creditbank.codec.payload import to_plain
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId, account_id
from creditbank.domain.view.account import statement
from creditbank.errors import ErasedError, MalformedError, RestrictedError, StoreError, UnknownError
from creditbank.tables.lines import POSTINGS, STATEMENTS, Row, posting_lines, spelt, statement_lines
from creditbank.tables.reading import guarded

__all__ = [
    "RESTRICTED_KEPT_MAX",
    "ExportReport",
    "Format",
    "export_postings",
    "export_statements",
]

Format = Literal["csv", "json", "jsonl"]
Headers = Literal["en", "zh"]
Progress = Callable[[int, int], None]

ACCOUNTS_AT_ONCE: Final = 256
"""Accounts read through one view of the bank, which keeps them in memory."""

RESTRICTED_KEPT_MAX: Final = 1_000
FILE_MODE: Final = 0o600


@attrs.frozen
class ExportReport:
    """
    What an export wrote, as the first *position* entries have it.

    Attributes:
        accounts: Accounts written.
        rows: Lines of CSV without the header, or documents of JSON.
        erased: Accounts left out because they were erased.
        restricted: The first :data:`RESTRICTED_KEPT_MAX` accounts left out because they may only be stored.
        restricted_count: How many those are.
    """

    position: int
    accounts: int
    rows: int
    erased: int
    restricted: tuple[AccountId, ...]
    restricted_count: int


Documents = Iterator[tuple[dict[str, Any], list[Row]]]
"""What JSON says, each with the lines that CSV has for it."""


def export_statements(
    bank: Bank,
    accounts: Sequence[AccountId] | None,
    path: Path,
    format: Format = "csv",
    *,
    headers: Headers = "en",
    progress: Progress | None = None,
) -> ExportReport:
    """
    Write the statements (账户清单) of *accounts*, or of every account, to *path*.

    Args:
        headers: What a CSV file calls its columns: ``en`` for programs, ``zh`` for people.
        progress: Called with (done, of) accounts.

    Raises, in this order:
        MalformedError: There is no such format, or no such language of headers.
        UnknownError: One of *accounts* was never opened.
        StoreError: The file cannot be written.
    """

    def documents(known: Known, account: AccountId) -> Documents:
        systems = known.catalogue().systems
        shown = statement(known, account)
        yield spelt(to_plain(shown), systems), list(statement_lines(shown, systems))

    return _exported(bank, accounts, path, "statements", format, headers, STATEMENTS, documents, progress)


def export_postings(
    bank: Bank,
    accounts: Sequence[AccountId] | None,
    path: Path,
    format: Format = "csv",
    *,
    headers: Headers = "en",
    progress: Progress | None = None,
) -> ExportReport:
    """
    Write every move of credit (分录) of *accounts*, or of every account, to *path*; in each account in order.

    Args, raises: as :func:`export_statements`.
    """

    def documents(known: Known, account: AccountId) -> Documents:
        known.account(account)
        systems = known.catalogue().systems
        for row in bank.store.read(account, 0, known.reads[account]):
            event = open_row(bank.store, bank.vault, row).event
            for said in posting_lines(account, row.position, row.at_ms, event, systems):
                yield {**dict(zip(POSTINGS, said, strict=True)), "entry": row.position}, [said]

    return _exported(bank, accounts, path, "postings", format, headers, POSTINGS, documents, progress)


# --- account by account -----------------------------------------------------------------------------------------------


def _exported(
    bank: Bank,
    accounts: Sequence[AccountId] | None,
    path: Path,
    noun: str,
    format: Format,
    headers: Headers,
    columns: Mapping[str, str],
    documents: Callable[[Known, AccountId], Documents],
    progress: Progress | None,
) -> ExportReport:
    if format not in ("csv", "json", "jsonl"):
        raise MalformedError("there is no such format", "format", "give csv, json or jsonl")
    if headers not in ("en", "zh"):
        raise MalformedError("there is no such language of headers", "headers", "give en or zh")
    position = bank.store.size()
    if accounts is not None:
        _check_opened(bank, position, accounts)
    of = sum(1 for _ in bank.vault.accounts()) if accounts is None else len(accounts)
    wanted = (account_id(account) for account in bank.vault.accounts()) if accounts is None else iter(accounts)
    written = rows = erased = restricted_count = 0
    restricted: list[AccountId] = []
    with _new_file(path) as file:
        writer = _WRITERS[format](file, position, noun, tuple(columns) if headers == "en" else tuple(columns.values()))
        known = bank.known(at=position)
        for done, account in enumerate(wanted, 1):
            if done % ACCOUNTS_AT_ONCE == 0:
                known = bank.known(at=position)
            try:
                for plain, lines in documents(known, account):
                    rows += writer.write(plain, lines)
                written += 1
            except ErasedError:
                erased += 1
            except RestrictedError:
                restricted_count += 1
                restricted += [account] if restricted_count <= RESTRICTED_KEPT_MAX else []
            except UnknownError:
                pass  # the vault keeps a person whose account the ledger does not have, or not yet at this position
            if progress is not None:
                progress(done, of)
        writer.end()
    return ExportReport(position, written, rows, erased, tuple(restricted), restricted_count)


def _check_opened(bank: Bank, position: int, accounts: Sequence[AccountId]) -> None:
    for account in accounts:
        if bank.store.head(account, position) is None:
            raise UnknownError("account", account, "open it first")


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Lend a file that takes the name *path* when the block ends well, and is gone when it does not."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror})", "check the folder and its rights") from error
    finally:
        with suppress(OSError):
            part.unlink()


class _Writer(Protocol):
    """How a format is written; made from the file, the position, what is in it, and the columns."""

    def write(self, plain: Mapping[str, Any], lines: Sequence[Row]) -> int:
        """Write one document, or the lines that CSV has for it; return how many rows that is."""

    def end(self) -> None:
        """Write what stands at the end."""


class _CsvWriter:
    """Lines of CSV: UTF-8 with BOM, as spreadsheets want it, CR LF, every cell guarded."""

    def __init__(self, file: BinaryIO, position: int, noun: str, header: Sequence[str]) -> None:
        file.write(codecs.BOM_UTF8)
        self._lines = csv.writer(_Encoded(file), lineterminator="\r\n")
        self._lines.writerow(header)

    def write(self, plain: Mapping[str, Any], lines: Sequence[Row]) -> int:
        self._lines.writerows([[guarded(cell) for cell in line] for line in lines])
        return len(lines)

    def end(self) -> None:
        """Nothing stands after the last line."""


@attrs.frozen
class _Encoded:
    """What a CSV writer writes to: text, on its way to bytes."""

    file: BinaryIO

    def write(self, text: str) -> int:
        return self.file.write(text.encode())


class _JsonWriter:
    """One JSON document: the position, and a list with a line for each."""

    def __init__(self, file: BinaryIO, position: int, noun: str, header: Sequence[str]) -> None:
        self._file = file
        self._between = b"\n"
        file.write(b'{"position":%d,"%s":[' % (position, noun.encode()))

    def write(self, plain: Mapping[str, Any], lines: Sequence[Row]) -> int:
        self._file.write(self._between + canonical(plain))
        self._between = b",\n"
        return 1

    def end(self) -> None:
        self._file.write(b"\n]}\n")


class _LinesWriter:
    """A JSON document in each line."""

    def __init__(self, file: BinaryIO, position: int, noun: str, header: Sequence[str]) -> None:
        self._file = file

    def write(self, plain: Mapping[str, Any], lines: Sequence[Row]) -> int:
        self._file.write(canonical(plain) + b"\n")
        return 1

    def end(self) -> None:
        """Nothing stands after the last line."""


_Opened = Callable[[BinaryIO, int, str, Sequence[str]], _Writer]
_WRITERS: Final[Mapping[Format, _Opened]] = {"csv": _CsvWriter, "json": _JsonWriter, "jsonl": _LinesWriter}
