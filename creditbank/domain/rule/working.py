"""
Workings: the log of one evaluation, and its hash. Nothing is decided here.
"""

import hashlib
from collections.abc import Mapping
from itertools import chain
from typing import TypeAlias

import attrs

from creditbank.domain.rule.clause import AnyClause
from creditbank.domain.rule.decision import Compared, Said, Working, sized

__all__ = ["Fail", "Log"]

_Saw: TypeAlias = tuple[tuple[str, str], ...]


@attrs.frozen
class Fail:
    """Why an item is refused: *code* by *clause* (None: by the engine itself), and what was compared."""

    code: str
    clause: AnyClause | None
    compared: tuple[Compared, ...]


@attrs.define
class Log:
    """
    What was looked at, in order. It lives as long as one evaluation.

    *line* is the source whose line of a collection is looked at, if one is. Rows are (item, clause, said, code, saw,
    compared): of thousands of rows all are hashed, and few are ever read, so a :class:`Working` is made when asked for.
    """

    rows: list[tuple[str, AnyClause | None, Said, str, _Saw, tuple[Compared, ...]]] = attrs.field(factory=list)
    line: str = ""

    def note(
        self,
        item: str,
        clause: AnyClause | None,
        said: Said,
        *,
        code: str = "",
        saw: _Saw = (),
        compared: tuple[Compared, ...] = (),
    ) -> None:
        """Write down what *clause* (None: the engine itself) said about *item*."""
        if self.line:
            saw = (("line", self.line), *saw)
        self.rows.append((item, clause, said, code, saw, compared))

    def fail(self, item: str, fail: Fail, *, saw: _Saw = ()) -> Fail:
        """Write down that *item* is refused, and return *fail*."""
        said: Said = "missing" if fail.code.startswith("missing.") else "refused"
        self.note(item, fail.clause, said, code=fail.code, saw=saw, compared=fail.compared)
        return fail

    def workings(self) -> tuple[Working, ...]:
        """Return the rows as values."""
        return tuple(
            Working(item, clause.id, clause.kind, clause.basis, said, code, saw, compared, clause.zh, clause.en)
            if clause is not None
            else Working(item, "", _family(code), "", said, code, saw, compared, "", "")
            for item, clause, said, code, saw, compared in self.rows
        )

    def digest(self, known: Mapping[str, bytes]) -> str:
        """
        Return the SHA-256 (hex) of the rows: of each, item, clause, kind, basis, said, code, zh, en, saw and compared.

        Every text stands after its size in bytes, every list after its length, which is a text as well. *known* are
        texts that are spelled like that already.
        """
        texts, parts = _Sized(known), list[bytes]()
        for item, clause, said, code, saw, compared in self.rows:
            if clause is None:
                about, words = texts[""] + texts[_family(code)] + texts[""], texts[""] + texts[""]
            else:
                about, words = clause.spelled
            parts += (texts[item], about, texts[said], texts[code], words, texts[str(len(saw))])
            parts += map(texts.__getitem__, chain.from_iterable(saw))
            parts.append(texts[str(len(compared))])
            for one in compared:
                parts += (texts[one.what], texts[one.have], texts[one.test], texts[one.limit])
        return hashlib.sha256(b"".join(parts)).hexdigest()


class _Sized(dict[str, bytes]):
    """Texts as they are hashed, each spelled once: most stand in many rows."""

    def __missing__(self, text: str) -> bytes:
        spelled = self[text] = sized(text)
        return spelled


def _family(code: str) -> str:
    return code.partition(".")[0]
