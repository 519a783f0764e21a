"""
Gates that say nothing that matters, which is what gates mostly say: what they say one after the other is kept once.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final, TypeAlias

import attrs

from creditbank.domain.rule.clause import AnyClause, Gate
from creditbank.domain.rule.decision import Said
from creditbank.domain.rule.form import Form
from creditbank.domain.rule.verdict import Verdict

__all__ = ["Gates", "Quiet", "Runs"]

_KEPT: Final = 1_024
"""So many ways in which gates answer are kept; where there are more, it begins anew."""
_PASSED: Final[Said] = "passed"
_SILENT: Final[Said] = "silent"


@attrs.frozen(eq=False)
class Quiet:
    """
    Clauses that were asked one after the other about one pair and said no more than ``passed``, ``silent`` or ``set``.

    *form* is how workings hash their rows; the empty one of its fields is the item.
    """

    rows: tuple[tuple[AnyClause, Said], ...]
    form: Form

    @classmethod
    def of(cls, rows: Iterable[tuple[AnyClause, Said]]) -> "Quiet":
        """Put together what these clauses said."""
        found = tuple(rows)
        texts = [b"", *(text for clause, said in found for text in clause.texts(said))]
        return cls(found, Form.of(texts, tuple(field for clause, _ in found for field in ("", *clause.reads))))


_Verdicts: TypeAlias = tuple[Verdict | None, ...]
Runs: TypeAlias = tuple[Quiet | int, ...]
"""What gates said in their order: those in between that do not pass, by number, and the others as they stand together."""


@attrs.frozen(eq=False)
class Gates:
    """Gates that are asked one after the other, in file order."""

    each: tuple[Gate, ...]
    _runs: dict[_Verdicts, Runs] = attrs.field(init=False, factory=dict)

    def runs(self, verdicts: _Verdicts) -> Runs:
        """Return what they say of one pair: each passes (True), does not speak (None), or does more."""
        found = self._runs.get(verdicts)
        if found is None:
            if len(self._runs) >= _KEPT:
                self._runs.clear()
            found = self._runs[verdicts] = tuple(self._made(verdicts))
        return found

    def _made(self, verdicts: _Verdicts) -> Iterator[Quiet | int]:
        asked = zip(range(len(verdicts)), self.each, verdicts, strict=True)
        for quiet, run in groupby(asked, lambda one: one[2] is True or one[2] is None):
            if quiet:
                yield Quiet.of((gate, _PASSED if verdict else _SILENT) for _, gate, verdict in run)
            else:
                yield from (at for at, _, _ in run)
