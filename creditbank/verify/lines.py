"""Labelled lines, read one after the other: what receipts and redemptions are made of."""

from creditbank.errors import MalformedError
from creditbank.verify.hashing import HASH_SIZE
from creditbank.verify.text import number_from, raw_from

__all__ = ["Lines"]


class Lines:
    """
    The lines of *text*, each ending.

    Args:
        where: What the text is called in errors, before the number of the line.
        mend: What whoever gave it should do.

    MalformedError, here and everywhere below, where something else stands than what is asked for.
    """

    def __init__(self, text: str, where: str, mend: str) -> None:
        if not text.endswith("\n"):
            raise MalformedError("its last line does not end", where, mend)
        self._lines = text[:-1].split("\n")
        self._number = 0
        self._where = where
        self._mend = mend

    @property
    def where(self) -> str:
        """The line that was read last."""
        return f"{self._where}, line {self._number}"

    def line(self) -> str:
        """Return the next line."""
        self._number += 1
        if self._number > len(self._lines):
            raise self._error("it ends too soon")
        return self._lines[self._number - 1]

    def word(self, label: str) -> str:
        """Return what follows *label* and a space on the next line."""
        line = self.line()
        if not line.startswith(f"{label} "):
            raise self._error(f"{label!r} should stand here")
        return line[len(label) + 1 :]

    def number(self, label: str) -> int:
        """Return the number after *label*."""
        return number_from(self.word(label), self.where)

    def raw(self, label: str, size: int | None = None) -> bytes:
        """Return the bytes after *label*, *size* of them where it is given."""
        return raw_from(self.word(label), self.where, size)

    def text(self, label: str) -> str:
        """Return the text whose bytes stand after *label*."""
        try:
            return self.raw(label).decode()
        except UnicodeDecodeError:
            raise self._error("it is not UTF-8") from None

    def block(self, label: str) -> str:
        """Return as many lines, each ending, as the number after *label* says."""
        count = self.number(label)
        if count > self._left:
            raise self._error(f"{count} lines should follow")
        return "".join(f"{self.line()}\n" for _ in range(count))

    def hashes(self, count: int, most: int) -> tuple[bytes, ...]:
        """Return *count* hashes, a line each; no more than *most*."""
        if count > most:
            raise self._error(f"{count} hashes, more than {most}")
        return tuple(raw_from(self.line(), self.where, HASH_SIZE) for _ in range(count))

    def rest(self, most: int) -> tuple[bytes, ...]:
        """Return the hashes that all further lines are."""
        return self.hashes(self._left, most)

    def end(self) -> None:
        """Refuse further lines."""
        if self._left:
            raise self._error("more follows")

    @property
    def _left(self) -> int:
        return len(self._lines) - self._number

    def _error(self, what: str) -> MalformedError:
        return MalformedError(what, self.where, self._mend)
