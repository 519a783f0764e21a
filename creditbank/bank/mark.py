"""
The high-water mark: the size and root of what this machine last published, kept outside the bank's folder.

It is written before a checkpoint's signature leaves. Whoever puts an older copy of the folder back does not put the mark back,
and is noticed on opening. A machine restored whole is noticed by witnesses alone.
"""

import os
import re
from pathlib import Path

import attrs

from creditbank.errors import MalformedError

__all__ = ["Mark", "MarkFile", "default_mark"]


@attrs.frozen
class Mark:
    """A size and the root at it (64 hex digits)."""

    size: int
    root: str


def default_mark(origin: str) -> Path:
    """Return ``$XDG_STATE_HOME/creditbank/<origin>`` (by default under ``~/.local/state``), slashes as ``_``."""
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(home) / "creditbank" / re.sub(r"[^0-9A-Za-z.-]", "_", origin)


@attrs.frozen
class MarkFile:
    """The file that holds a mark: one line, ``size root``."""

    path: Path

    def read(self) -> Mark | None:
        """
        Return the mark; None where none was ever written.

        Raises:
            MalformedError: The file holds something else.
        """
        if not self.path.exists():
            return None
        text = self.path.read_text(encoding="ascii", errors="replace")
        match = re.fullmatch(r"(0|[1-9][0-9]*) ([0-9a-f]{64})\n", text)
        if match is None:
            raise MalformedError(
                "it is no high-water mark", str(self.path), "find out who changed it before writing on"
            )
        return Mark(int(match[1]), match[2])

    def raise_to(self, mark: Mark) -> None:
        """Write *mark* durably, unless a larger one is there."""
        held = self.read()
        if held is not None and held.size >= mark.size:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
        with temporary.open("w", encoding="ascii") as file:
            file.write(f"{mark.size} {mark.root}\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
