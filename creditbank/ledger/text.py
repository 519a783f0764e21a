"""
What every text format of the ledger is made of: canonical base64, decimals without leading zeroes, names, and lines.

Each reader accepts exactly what its writer writes, and raises :class:`MalformedError` for anything else.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import attrs

from creditbank.errors import MalformedError

__all__ = [
    "HASH_SIZE",
    "NAME_MAX",
    "NUMBER_MAX",
    "Lines",
    "base64_of",
    "check_hash",
    "check_name",
    "check_number",
    "check_stream",
    "decimal_from",
    "raw_from",
]

HASH_SIZE: Final = 32
"""Bytes of a SHA-256 digest."""

NUMBER_MAX: Final = 2**53 - 1
"""The largest whole number in any text: the largest that every JSON reader reads exactly."""

NAME_MAX: Final = 255
"""Bytes (UTF-8) of a key name, an origin or a stream id: what C2SP tlog-cosignature allows an origin."""

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def base64_of(raw: bytes) -> str:
    """Write *raw* in standard base64 with padding (RFC 4648, section 4)."""
    return b64encode(raw).decode("ascii")


def raw_from(text: str, where: str) -> bytes:
    """Read standard base64, and only as :func:`base64_of` writes it."""
    try:
        raw = b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raw = None
    # Encoding again catches what validate lets through: padding bits that are not zero, and stray padding.
    if raw is None or base64_of(raw) != text:
        raise MalformedError("not canonical base64", where, "use the text as it was written")
    return raw


def decimal_from(text: str, where: str) -> int:
    """Read a whole number 0 to :data:`NUMBER_MAX` in ASCII decimals, without sign or leading zeroes."""
    if not _DECIMAL.fullmatch(text):
        raise MalformedError(f"{text[:24]!r} is not a plain decimal", where, "write digits without leading zeroes")
    return check_number(int(text), where)


def check_number(number: int, where: str) -> int:
    """Return *number* if it is 0 to :data:`NUMBER_MAX`."""
    if not 0 <= number <= NUMBER_MAX:
        raise MalformedError(f"{number} is out of range", where, f"use a whole number 0 to {NUMBER_MAX}")
    return number


def check_hash(raw: bytes, where: str) -> bytes:
    """Return *raw* if it has the size of a SHA-256 digest (as salts and keys have)."""
    if len(raw) != HASH_SIZE:
        raise MalformedError(f"{len(raw)} bytes", where, f"use exactly {HASH_SIZE} bytes")
    return raw


def check_stream(stream: str, where: str) -> str:
    """Return *stream* if it can stand in a line and in a hash: 1 to :data:`NAME_MAX` bytes, no control character."""
    if not 0 < len(_utf8(stream, where)) <= NAME_MAX or _CONTROL.search(stream):
        raise MalformedError(f"{stream[:64]!r} is not a name", where, f"use 1 to {NAME_MAX} bytes, no controls")
    return stream


@lru_cache(maxsize=1024)  # few names, asked for at every signature; what is refused is not remembered
def check_name(name: str, where: str) -> str:
    """Return *name* if it can be a C2SP key name: as a stream id, and with neither a Unicode space nor ``+``."""
    if "+" in check_stream(name, where) or any(character.isspace() for character in name):
        raise MalformedError(f"{name[:64]!r} cannot be a key name", where, "use neither spaces nor plus")
    return name


def _utf8(text: str, where: str) -> bytes:
    """Return *text* in UTF-8; a lone surrogate has none."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise MalformedError("not valid Unicode", where, "use text that UTF-8 can hold") from None


@attrs.define
class Lines:
    """A reader of *lines*, from the first on; *where* begins every complaint. The one value here that moves."""

    lines: Sequence[str]
    where: str
    at: int = 0

    @classmethod
    def of(cls, text: str, where: str) -> "Lines":
        """Split *text*, in which every line ends with a newline (U+000A) and nothing else ends one."""
        if not text.endswith("\n"):
            raise MalformedError("the last line does not end", where, "end every line with a newline")
        return cls(text[:-1].split("\n"), where)

    @property
    def here(self) -> str:
        """Where the next line stands, counted from 1."""
        return f"{self.where}, line {self.at + 1}"

    def next(self) -> str:
        """Return the next line."""
        if self.at >= len(self.lines):
            raise MalformedError("ends too soon", self.here, "use the whole text")
        line = self.lines[self.at]
        self.at += 1
        return line

    def literal(self, line: str) -> None:
        """Read *line* itself."""
        where = self.here
        if self.next() != line:
            raise MalformedError(f"is not {line!r}", where, "use a text of this format and version")

    def field(self, label: str) -> str:
        """Read ``label value`` and return the value."""
        where = self.here
        name, space, value = self.next().partition(" ")
        if name != label or not space:
            raise MalformedError(f"no {label!r}", where, f"write {label!r}, a space and its value")
        return value

    def number(self, label: str | None = None) -> int:
        """Read a decimal, after *label* if there is one."""
        where = self.here
        return decimal_from(self.next() if label is None else self.field(label), where)

    def raw(self, label: str | None = None) -> bytes:
        """Read base64, after *label* if there is one."""
        where = self.here
        return raw_from(self.next() if label is None else self.field(label), where)

    def hashes(self, count: int) -> tuple[bytes, ...]:
        """Read *count* digests, one per line."""
        return tuple(check_hash(self.raw(), self.here) for _ in range(count))

    def end(self) -> None:
        """Be at the end."""
        if self.at != len(self.lines):
            raise MalformedError("more follows", self.here, "remove what follows the end")
