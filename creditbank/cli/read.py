"""What people hand to the command line: JSON in the shape that ``--json`` writes, days, moments."""

import json
import os
import re
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs

from creditbank.bank import Bank, number_claim
from creditbank.cli.shape import shaped
from creditbank.codec.canonical import INTEGER_MAX
from creditbank.domain.name import Claim, InstitutionId, institution_id
from creditbank.domain.outcome import Outcome
from creditbank.errors import MalformedError, StoreError
from creditbank.tables.cells import cells_of
from creditbank.tables.columns import Header
from creditbank.vault import Person

__all__ = [
    "FILE_MAX",
    "STDIN",
    "day_of",
    "institution_of",
    "issuer_of",
    "json_of",
    "moment_of",
    "outcome_of",
    "person_of",
    "text_of",
    "text_or_file",
]

FILE_MAX: Final = 32 * 1024 * 1024
"""Bytes of a file that is read; a receipt has at most half of that."""

STDIN: Final = "-"

_PERSON: Final = ("name", "document", "number")

_POSITION: Final = re.compile(r"0|[1-9][0-9]{0,15}")


def text_of(name: str) -> str:
    """
    Return the text in the file *name*, or on standard input for ``-``.

    Raises, in this order:
        StoreError: It cannot be read.
        MalformedError: It is too large, or not UTF-8.
    """
    try:
        if name == STDIN:
            body = sys.stdin.buffer.read(FILE_MAX + 1)
        else:
            with Path(name).open("rb") as file:
                body = file.read(FILE_MAX + 1)
    except OSError as error:
        raise StoreError(f"{name} cannot be read ({error.strerror})", "check the file's name and rights") from None
    if len(body) > FILE_MAX:
        raise MalformedError("it is too large", name, f"give at most {FILE_MAX} bytes")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedError("it is not UTF-8", name, "save it as UTF-8") from None


def text_or_file(text: str, most: int) -> str:
    """Return *text*; where it has at most *most* characters and names a file, what stands in that file."""
    # Not Path.is_file, which raises where a text is too long to be a name.
    if len(text) <= most and text != STDIN and os.path.isfile(text):
        return text_of(text).strip()
    return text


def json_of(name: str) -> Any:
    """
    Return the JSON document in the file *name*; whole numbers only, no key twice.

    Raises:
        StoreError, MalformedError: as :func:`text_of`; or it is no such document.
    """
    text = text_of(name)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_once,
            parse_int=_whole,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
        json.dumps(value, ensure_ascii=False).encode()  # half a character (a lone surrogate) is no text
        return value
    except (ValueError, RecursionError) as error:
        what = f"it cannot be read as JSON ({error})" if text.strip() else "it is empty"
        raise MalformedError(what, name, "compare it with the example in --help") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice")
    return made


def _whole(text: str) -> int:
    if len(text) > len(str(-INTEGER_MAX)) or abs(int(text)) > INTEGER_MAX:
        raise ValueError("a number is too large")
    return int(text)


def _no_float(text: str) -> Any:
    # It is not repeated: it may be half of somebody's number.
    raise ValueError("a number is no whole one: exact numbers are written as text")


def issuer_of(value: Any, where: str) -> InstitutionId:
    """Return the issuer that an outcome in JSON names, or raise MalformedError."""
    issuer = value.get("issuer") if isinstance(value, dict) else None
    if not isinstance(issuer, str):
        raise MalformedError("it names no issuer", where, 'give one outcome as a JSON object, with "issuer": "keys:…"')
    return institution_id(issuer)


def outcome_of(value: Any, bank: Bank, where: str) -> Outcome:
    """
    Return the outcome that *value* describes; its ``number`` is the certificate's own, as text, of which a keyed hash is kept.

    Raises:
        MalformedError: It is no outcome.
    """
    issuer = issuer_of(value, where)
    fields = dict(value)
    number = fields.pop("number", None)
    claim: Claim | None = None
    if number is not None:
        if not isinstance(number, str) or not number.strip():
            # What --json writes of a number names no certificate: its hash never leaves the bank.
            raise MalformedError("its number is no text", where, 'give the certificate\'s own number: "number": "X-1"')
        claim = number_claim(bank.vault, issuer, number)
        fields["number"] = {"kind": claim.kind}
    outcome: Outcome = shaped(fields, Outcome, where)
    return outcome if claim is None else attrs.evolve(outcome, number=claim)


def person_of(value: Any, where: str) -> Person:
    """
    Return the person that *value* describes; read as a row of an imported table is, so that both find the same account.

    Raises:
        MalformedError: It is no person; says which field, and repeats nothing of it.
    """
    if not isinstance(value, dict):
        raise MalformedError("it is no object", where, 'give {"name": …, "document": …, "number": …}')
    fields = dict(value)
    details = fields.pop("details", {})
    if not isinstance(details, dict) or not all(isinstance(each, str) for each in details.values()):
        raise MalformedError("details: it is no object of texts", where, 'write it as {"phone": "…"}')
    if sorted(fields) != sorted(_PERSON) or not all(isinstance(each, str) for each in fields.values()):
        raise MalformedError(
            "a person has name, document and number, all texts, and may have details", where, "write these, in quotes"
        )
    try:
        cells = cells_of(Header(_PERSON, _PERSON), [fields[name] for name in _PERSON])
        return Person(cells.text("name"), *cells.document(), details)
    except MalformedError as error:
        raise MalformedError(f"{error.where}: {error.what}", where, error.mend) from None


def moment_of(text: str, zone: ZoneInfo) -> datetime | int:
    """
    Read a moment: how many entries the bank had, or an ISO day (all of it) or time, in the bank's zone if it names none.

    Raises:
        MalformedError: It is neither.
    """
    if _POSITION.fullmatch(text):
        return int(text)
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-01-31") else None
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise MalformedError(
            f"{text!r} is no moment", "at", "give a number of entries, 2026-01-31, or 2026-01-31T18:00"
        ) from None
    if day is not None:
        return datetime.combine(day + timedelta(days=1), time(), zone) - timedelta(milliseconds=1)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def day_of(text: str) -> date:
    """Read a day as ``2026-01-31``, or raise MalformedError."""
    try:
        day: date | None = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise MalformedError(f"{text!r} is no day", "on", "write it as 2026-01-31")
    return day


def institution_of(text: str) -> InstitutionId:
    """Return the institution called *text*, with or without ``keys:``."""
    return institution_id(text if text.startswith("keys:") else f"keys:{text}")
