"""
Gates that say nothing that matters, which is what gates mostly say: what all of them say about one pair is kept once.
"""

from typing import Final

import attrs

from creditbank.domain.rule.clause import Gate
from creditbank.domain.rule.decision import Said
from creditbank.domain.rule.selection import Verdict

__all__ = ["Gates", "Quiet"]

_KEPT: Final = 1_024
"""So many ways of being quiet are kept; a book that has more of them begins anew."""


@attrs.frozen(eq=False)
class Quiet:
    """
    Gates that were asked one after the other about one pair, each of which ``passed`` it or was ``silent``.

    *form* is how workings hash their rows, with ``%b`` for the item and for each field that they read, as *fields* lists
    them; the empty one is the item.
    """

    rows: tuple[tuple[Gate, Said], ...]
    form: bytes
    fields: tuple[str, ...]


@attrs.frozen(eq=False)
class Gates:
    """Gates that are asked one after the other, in file order."""

    each: tuple[Gate, ...]
    _quiet: dict[tuple[Verdict | None, ...], Quiet] = attrs.field(init=False, factory=dict)

    def quiet(self, verdicts: tuple[Verdict | None, ...]) -> Quiet | None:
        """Return what they say where each passes (True) or does not speak (None); None where one of them does more."""
        found = self._quiet.get(verdicts)
        if found is None and all(verdict is True or verdict is None for verdict in verdicts):
            if len(self._quiet) >= _KEPT:
                self._quiet.clear()
            found = self._quiet[verdicts] = self._made(verdicts)
        return found

    def _made(self, verdicts: tuple[Verdict | None, ...]) -> Quiet:
        rows = tuple((gate, _PASSED if verdict else _SILENT) for gate, verdict in zip(self.each, verdicts, strict=True))
        form = b"".join(b"%b" + gate.passing[said][1] for gate, said in rows)
        return Quiet(rows, form, tuple(field for gate, _ in rows for field in ("", *gate.reads)))


_PASSED: Final[Said] = "passed"
_SILENT: Final[Said] = "silent"
