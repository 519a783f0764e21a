"""What is verified, and what verifying says of it."""

from collections.abc import Iterator
from typing import Final, Literal, Protocol

import attrs

__all__ = ["CHECKS", "FINDINGS_MAX", "Check", "Evidence", "Finding", "Findings", "Report", "Row", "Signed"]

FINDINGS_MAX: Final = 1_000
"""How many findings a report lists; the last one then says how many there were besides."""


# --- what is verified -------------------------------------------------------------------------------------------------


@attrs.frozen
class Row:
    """
    One entry as it is kept.

    Attributes:
        at_ms: When the bank received it, in UTC milliseconds since 1970.
        submission: For :meth:`Evidence.submission`.
        opened: Salt and payload, or None where the payload is gone.
        claims: The names kept beside the entry, ``kind:token``, which no payload carries.
    """

    position: int
    at_ms: int
    commitment: bytes
    place: bytes
    submission: int
    opened: tuple[bytes, bytes] | None = attrs.field(repr=False)
    claims: tuple[str, ...] = attrs.field(repr=False)


@attrs.frozen
class Signed:
    """A submission as it is kept: entries *first* … *first* + *count* - 1; *key* is ``ed25519:<base64>``."""

    first: int
    count: int
    author: str
    key: str
    not_after_ms: int
    signature: bytes


class Evidence(Protocol):
    """A ledger, however it is kept: by a bank, or in an exported file."""

    def size(self) -> int:
        """Return how many entries there are."""

    def rows(self, since: int, upto: int) -> Iterator[Row]:
        """Yield the entries *since* … *upto* - 1 in order."""

    def submission(self, id: int) -> Signed:
        """Return the submission that rows name *id*."""

    def document(self, digest: str) -> bytes | None:
        """Return the document with that SHA-256 (hex)."""

    def checkpoints(self) -> Iterator[tuple[int, str]]:
        """Yield every published size with its signed note, ascending."""

    def place_key(self, stream: str) -> bytes | None:
        """Return the place key of *stream*; None for an erased or unknown one."""


# --- what is said of it -----------------------------------------------------------------------------------------------

Check = Literal["tree", "a", "b", "c", "d", "e", "f", "g", "more"]
"""
Which check noticed it: ``tree`` roots and checkpoints; ``a`` times; ``b`` commitments, authors, places, submissions; ``c``
each entry once and streams without gaps; ``d`` keys in force; ``e`` erasures; ``f`` reads; ``g`` decisions; ``more``: not listed.
"""

CHECKS: Final[tuple[Check, ...]] = ("tree", "a", "b", "c", "d", "e", "f", "g", "more")


@attrs.frozen
class Finding:
    """One thing noticed, at an entry where it is about one; *what* says what to look at."""

    check: Check
    position: int | None
    what: str

    def __str__(self) -> str:
        where = "ledger" if self.position is None else f"entry {self.position}"
        return f"({self.check}) {where}: {self.what}"


@attrs.frozen
class Report:
    """
    What verifying found.

    Attributes:
        entries: How many entries there are.
        requests: How many requests led to them; an entry without payload whose request nothing else tells counts as one.
        verified: Requests that were run again and said the same, and whose entries are without findings.
        forgotten: Requests that cannot be run again because what they looked at was erased.
        not_replayable: Requests decided by an engine (``semantics``) that this version of the library does not have.
        findings: In the order of the checks, then of the entries.
        size: How many entries the largest checkpoint covers that was checked and found good.
    """

    entries: int
    requests: int
    verified: int
    forgotten: int
    not_replayable: int
    findings: tuple[Finding, ...]
    size: int

    @property
    def ok(self) -> bool:
        """Tell whether nothing was noticed."""
        return not self.findings


@attrs.define
class Findings:
    """Gathers findings while verifying, up to :data:`FINDINGS_MAX`."""

    listed: list[Finding] = attrs.field(factory=list)
    unlisted: int = 0
    positions: set[int | None] = attrs.field(factory=set)

    def add(self, check: Check, position: int | None, what: str) -> None:
        """Note one thing."""
        self.positions.add(position)
        if len(self.listed) < FINDINGS_MAX:
            self.listed.append(Finding(check, position, what))
        else:
            self.unlisted += 1

    def in_order(self) -> tuple[Finding, ...]:
        """Return them by check, then by entry."""
        if self.unlisted:
            more = Finding("more", None, f"{self.unlisted} more findings; mend the first ones and verify again")
            return (*sorted(self.listed, key=_order), more)
        return tuple(sorted(self.listed, key=_order))


def _order(finding: Finding) -> tuple[int, int]:
    return CHECKS.index(finding.check), -1 if finding.position is None else finding.position
