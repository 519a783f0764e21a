"""What two versions of a rule book say otherwise, clause by clause and key by key, as a board would look for it."""

from collections.abc import Iterator, Sequence

import attrs

from creditbank.codec.book_write import write_clause
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.clause import AnyClause

__all__ = ["ClauseDifference", "KeyChange", "clause_differences"]

_TOLD_ELSEWHERE = frozenset({"id", "kind", "basis", "say"})


@attrs.frozen
class KeyChange:
    """One key that says something else: *key* as in the file (``require target.category is``); empty where it is not there."""

    key: str
    old: str
    new: str


@attrs.frozen
class ClauseDifference:
    """
    A clause that the two versions do not have alike; texts and sources aside.

    Args:
        standing: ``changed``, ``added`` (the old version has none such), or ``dropped``.
        zh, en: What it says for people, in the new version, or in the old one where it was dropped.
        changes: The keys that differ; none where it was added or dropped.
    """

    clause: str
    standing: str
    zh: str
    en: str
    changes: tuple[KeyChange, ...]


def clause_differences(old: RuleBook, new: RuleBook) -> tuple[ClauseDifference, ...]:
    """Return the clauses that *new* has otherwise, in the order of *old*, then what it adds."""
    before, after = ({one.id: one for one in book.clauses} for book in (old, new))
    pairs = ((id, before.get(id), after.get(id)) for id in dict.fromkeys((*before, *after)))
    return tuple(found for id, one, other in pairs if (found := _difference(id, one, other)) is not None)


def _difference(id: str, old: AnyClause | None, new: AnyClause | None) -> ClauseDifference | None:
    if old is not None and new is not None:
        written = (
            {key: value for key, value in write_clause(one).items() if key not in _TOLD_ELSEWHERE} for one in (old, new)
        )
        changes = tuple(_changes("", *written))
        if old.kind != new.kind:
            changes = (KeyChange("kind", old.kind, new.kind), *changes)
        return ClauseDifference(id, "changed", new.zh, new.en, changes) if changes else None
    one, standing = (new, "added") if old is None else (old, "dropped")
    assert one is not None, "one of the versions has it"
    return ClauseDifference(id, standing, one.zh, one.en, ())


def _changes(path: str, old: object, new: object) -> Iterator[KeyChange]:
    """Yield what differs, as deep as both have the same shape."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            yield from _changes(f"{path} {key}".strip(), old.get(key), new.get(key))
    elif _tables(old) and _tables(new):
        assert isinstance(old, list), "tables are in a list"
        assert isinstance(new, list), "tables are in a list"
        gone, come = [one for one in old if one not in new], [one for one in new if one not in old]
        if len(gone) == len(come) == 1:
            yield from _changes(path, gone[0], come[0])
        else:
            yield from (KeyChange(path, _text(one), "") for one in gone)
            yield from (KeyChange(path, "", _text(one)) for one in come)
            if not gone and not come:
                yield KeyChange(path, _text(old), _text(new))
    else:
        yield KeyChange(path, _text(old), _text(new))


def _tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _text(value: object) -> str:
    """Return *value* on one line, much as TOML would have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_text(one)}" for key, one in value.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "、".join(map(_text, value))
    return str(value)
