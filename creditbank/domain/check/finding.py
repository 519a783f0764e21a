"""What checking rule books finds, as values."""

from typing import Final, Literal, TypeAlias

import attrs

__all__ = ["ERRORS", "BookFinding", "FindingKind", "Weight"]

FindingKind: TypeAlias = Literal[
    "contradiction", "nothing", "arbitrage", "version", "dead", "hidden", "gap", "overlap", "highest", "half-up", "leftover",
    "loosened", "open",
]  # fmt: skip
Weight: TypeAlias = Literal["error", "warning", "open"]

ERRORS: Final[frozenset[FindingKind]] = frozenset({"contradiction", "nothing", "arbitrage", "version"})
"""A book with one of these is not published, unless its publisher says why it is all the same."""


@attrs.frozen
class BookFinding:
    """
    One thing noticed about a rule book, or about several together.

    Args:
        kind: ``contradiction`` (clauses that together refuse everything one of them is about), ``nothing`` (an act in which
            nothing can be granted), ``arbitrage`` (conversions in a circle end with more than they began with), ``version``
            (two documents call themselves the same version), ``dead`` (never the first to refuse), ``hidden`` (an earlier row
            or clause always speaks first), ``gap`` and ``overlap`` of versions, ``highest`` (two over one group), ``half-up``
            on parts, ``leftover`` (worth beyond a course, and nothing says what becomes of it), ``loosened`` (a child asks for
            less than its parent), ``open`` (cannot be told from the book alone).
        book: ``book@version``; of several books, the first that is concerned.
        clauses: The ids concerned, the one that the finding is about first; in another book ``book@version:id``.
        zh, en: What it is.
        example: (name, value) pairs: fields of a case that shows it, or the steps of a circle with their amounts.
    """

    kind: FindingKind
    book: str
    clauses: tuple[str, ...]
    zh: str
    en: str
    example: tuple[tuple[str, str], ...] = ()

    @property
    def weight(self) -> Weight:
        """Return ``error``, ``warning``, or ``open`` where nothing was found and nothing ruled out."""
        return "error" if self.kind in ERRORS else "open" if self.kind == "open" else "warning"
