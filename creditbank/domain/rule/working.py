"""
Workings: the log of one evaluation, and its hash. Nothing is decided here.
"""

import hashlib
from collections.abc import Iterable, Iterator

import attrs

from creditbank.domain.rule.clause import (
    AnyClause,
    Cap,
    Chain,
    Effect,
    Floor,
    Gate,
    Highest,
    Map,
    Once,
    Policy,
    Score,
    Worth,
)
from creditbank.domain.rule.decision import Compared, Said, Working

__all__ = ["Fail", "Log", "kind_of", "workings_digest"]


@attrs.frozen
class Fail:
    """Why an item is refused: *code* by *clause* (None: by the engine itself), and what was compared."""

    code: str
    clause: AnyClause | None
    compared: tuple[Compared, ...]


@attrs.define
class Log:
    """
    What was looked at, in order. It lives as long as one evaluation; it is the only thing there that changes.

    *line* is the source whose line of a collection is looked at, if one is.
    """

    rows: list[Working] = attrs.field(factory=list)
    line: str = ""

    def note(
        self,
        item: str,
        clause: AnyClause,
        said: Said,
        *,
        code: str = "",
        saw: Iterable[tuple[str, str]] = (),
        compared: tuple[Compared, ...] = (),
    ) -> None:
        """Write down what *clause* said about *item*."""
        self._add(item, clause.id, kind_of(clause), clause.basis, said, code, saw, compared, clause.zh, clause.en)

    def fail(self, item: str, fail: Fail, *, saw: Iterable[tuple[str, str]] = ()) -> Fail:
        """Write down that *item* is refused, and return *fail*."""
        said: Said = "missing" if fail.code.startswith("missing.") else "refused"
        if fail.clause is not None:
            self.note(item, fail.clause, said, code=fail.code, saw=saw, compared=fail.compared)
        else:
            family = fail.code.partition(".")[0]
            self._add(item, "", family, "", said, fail.code, saw, fail.compared, "", "")
        return fail

    def _add(
        self,
        item: str,
        clause: str,
        kind: str,
        basis: str,
        said: Said,
        code: str,
        saw: Iterable[tuple[str, str]],
        compared: tuple[Compared, ...],
        zh: str,
        en: str,
    ) -> None:
        line = (("line", self.line),) if self.line else ()
        self.rows.append(Working(item, clause, kind, basis, said, code, (*line, *saw), compared, zh, en))


def kind_of(clause: AnyClause) -> str:
    """Return the clause's kind as a rule book writes it."""
    match clause:
        case Map():
            return "map"
        case Gate():
            return "gate"
        case Worth():
            return "worth"
        case Highest():
            return "highest"
        case Once():
            return "once"
        case Cap():
            return "cap"
        case Floor():
            return "floor"
        case Score():
            return "score"
        case Policy():
            return "policy"
        case Effect():
            return "effect"
        case Chain():
            return "chain"


def workings_digest(rows: Iterable[Working]) -> str:
    """Return the SHA-256 (hex) of *rows*, every text after its size and every list after its length."""
    digest = hashlib.sha256()
    for row in rows:
        for text in _texts(row):
            data = text.encode()
            digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def _texts(row: Working) -> Iterator[str]:
    yield from (row.item, row.clause, row.kind, row.basis, row.said, row.code, row.zh, row.en)
    yield str(len(row.saw))
    for field, value in row.saw:
        yield from (field, value)
    yield str(len(row.compared))
    for one in row.compared:
        yield from (one.what, one.have, one.test, one.limit)
