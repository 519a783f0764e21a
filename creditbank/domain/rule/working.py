"""
Workings: the log of one evaluation, and its hash. Nothing is decided here.
"""

import hashlib
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TypeAlias

import attrs

from creditbank.domain.rule.clause import AnyClause
from creditbank.domain.rule.decision import Compared, Said, Working, sized
from creditbank.domain.rule.quiet import Quiet
from creditbank.domain.rule.scope import Scope

__all__ = ["Fail", "Log", "Pairs", "Saw", "saw_by", "seen_in"]

Pairs: TypeAlias = tuple[tuple[str, str], ...]
Saw: TypeAlias = Pairs | Scope
"""What a clause saw: (field, value) by (field, value), or the one pair whose fields it reads."""


@attrs.frozen
class Fail:
    """Why an item is refused: *code* by *clause* (None: by the engine itself), and what was compared."""

    code: str
    clause: AnyClause | None
    compared: tuple[Compared, ...]


_Row: TypeAlias = tuple[str, AnyClause | Quiet | None, Said, str, Saw, tuple[Compared, ...]]


@attrs.define
class Log:
    """
    What was looked at, in order. It lives as long as one evaluation.

    *line* is the source whose line of a collection is looked at, if one is. Rows are (item, clause, said, code, saw,
    compared): of thousands of rows all are hashed, and few are ever read, so a :class:`Working` is made when asked for.
    """

    rows: list[_Row] = attrs.field(factory=list)
    line: str = ""

    def note(
        self,
        item: str,
        clause: AnyClause | None,
        said: Said,
        *,
        code: str = "",
        saw: Saw = (),
        compared: tuple[Compared, ...] = (),
    ) -> None:
        """Write down what *clause* (None: the engine itself) said about *item*."""
        if self.line:
            saw = (("line", self.line), *saw_by(clause, saw))
        self.rows.append((item, clause, said, code, saw, compared))

    def note_quiet(self, item: str, quiet: Quiet, scope: Scope) -> None:
        """Write down what several clauses said about one pair of *item*, none of them anything that matters."""
        if self.line:
            for clause, said in quiet.rows:
                self.note(item, clause, said, saw=scope)
        else:
            self.rows.append((item, quiet, "passed", "", scope, ()))

    def fail(self, item: str, fail: Fail, *, saw: Saw = ()) -> Fail:
        """Write down that *item* is refused, and return *fail*."""
        said: Said = "missing" if fail.code.startswith("missing.") else "refused"
        self.note(item, fail.clause, said, code=fail.code, saw=saw, compared=fail.compared)
        return fail

    def workings(self) -> tuple[Working, ...]:
        """Return the rows as values."""
        return tuple(
            Working(
                item,
                clause.id,
                clause.kind,
                clause.basis,
                said,
                code,
                saw_by(clause, saw),
                compared,
                clause.zh,
                clause.en,
            )
            if clause is not None
            else Working(item, "", _family(code), "", said, code, saw_by(clause, saw), compared, "", "")
            for item, clause, said, code, saw, compared in self._each()
        )

    def _each(self) -> Iterator[tuple[str, AnyClause | None, Said, str, Saw, tuple[Compared, ...]]]:
        """Yield a row for each clause."""
        for item, clause, said, code, saw, compared in self.rows:
            if isinstance(clause, Quiet):
                yield from ((item, one, its, code, saw, compared) for one, its in clause.rows)
            else:
                yield item, clause, said, code, saw, compared

    def digest(self, known: Mapping[str, bytes]) -> str:
        """
        Return the SHA-256 (hex) of the rows: of each, item, clause, kind, basis, said, code, zh, en, saw and compared.

        Every text stands after its size in bytes, every list after its length, which is a text as well. *known* are
        texts that are spelled like that already.
        """
        texts, parts = _Sized(known), list[bytes]()
        add = parts.append
        for item, clause, said, code, saw, compared in self.rows:
            if isinstance(clause, Quiet):
                assert isinstance(saw, Scope), "they were asked about one pair"
                spelled = saw.spelled
                spelled[""] = texts[item]
                parts += clause.form.filled(spelled)
                continue
            add(texts[item])
            pair = saw if isinstance(saw, Scope) else None
            if clause is not None and not (code or compared):
                if pair is not None:
                    parts += clause.passing_pair[said].filled(pair.spelled)
                    continue
                if not saw:
                    add(clause.passing[said])
                    continue
            if clause is None:
                parts += (texts[""], texts[_family(code)], texts[""], texts[said], texts[code], texts[""], texts[""])
            else:
                parts += (clause.spelled[0], texts[said], texts[code], clause.spelled[1])
            if clause is not None and pair is not None:
                parts += clause.shown.filled(pair.spelled)
            else:
                pairs = saw_by(clause, saw)
                add(texts[str(len(pairs))])
                parts += map(texts.__getitem__, chain.from_iterable(pairs))
            add(texts[str(len(compared))])
            for one in compared:
                parts += (texts[one.what], texts[one.have], texts[one.test], texts[one.limit])
        return hashlib.sha256(b"".join(parts)).hexdigest()


def saw_by(clause: AnyClause | None, saw: Saw) -> Pairs:
    """Return what *clause* saw, (field, value) by (field, value)."""
    if isinstance(saw, Scope):
        assert clause is not None, "who saw a pair is a clause"
        return saw.saw(clause.reads)
    return saw


def seen_in(scopes: tuple[Scope, ...], clause: AnyClause) -> Saw:
    """Return what *clause* saw of all these pairs: each field and value once."""
    if len(scopes) == 1:
        return scopes[0]
    return tuple(dict.fromkeys(pair for scope in scopes for pair in scope.saw(clause.reads)))


class _Sized(dict[str, bytes]):
    """Texts as they are hashed, each spelled once: most stand in many rows."""

    def __missing__(self, text: str) -> bytes:
        spelled = self[text] = sized(text)
        return spelled


def _family(code: str) -> str:
    return code.partition(".")[0]
