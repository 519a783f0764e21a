"""
Layers: where a book that extends another asks for less than its parent does.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction

import attrs

from creditbank.domain.check.about import holds_for, named
from creditbank.domain.check.finding import BookFinding
from creditbank.domain.check.logic import Logic, false_of, true_of
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.clause import (
    AnyClause,
    Cap,
    Chain,
    Fixed,
    Floor,
    Gate,
    Highest,
    Map,
    Once,
    Percent,
    Score,
    Worth,
    WorthRow,
)

__all__ = ["check_layers"]

Told = bool | None
"""Is it looser? None: it cannot be told."""


def check_layers(book: RuleBook, parents: Mapping[str, RuleBook]) -> Iterator[BookFinding]:
    """
    Yield the clauses by which *book* is looser than the books that it extends.

    Args:
        parents: By digest; one that is not there leaves what was replaced of it open.
    """
    logic = Logic(book)
    for parent in book.parents:
        above = parents.get(parent.digest)
        for old_id, new_id in parent.replaced:
            new = next(clause for clause in book.clauses if clause.id == new_id)
            old = next((clause for clause in above.clauses if clause.id == old_id), None) if above else None
            told = None
            if above is not None and old is not None:
                # No acts listed means all of the book that says so, and these are two books.
                told = _looser(logic, _with_acts(old, above), _with_acts(new, book))
            if told is not False:
                by = _lets_off(old, new) if old is not None else ()
                yield _said(book, f"{parent.book}@{parent.version}:{old_id}", new, by, sure=told is True)
        if above is not None:
            yield from _added(book, above)


def _lets_off(old: AnyClause, new: AnyClause) -> tuple[str, ...]:
    """Return the roles that may let somebody off *new*, and could not off *old*."""
    return tuple(role for role in new.waivable_by if role not in old.waivable_by)


def _said(book: RuleBook, old: str, new: AnyClause, by: tuple[str, ...], *, sure: bool) -> BookFinding:
    if by:
        zh = f"第{new.id}条可由{'、'.join(by)}豁免,它所取代的{old}不可"
        en = f"{new.id!r} may be waived by {', '.join(by)}, and {old}, which it replaces, may not"
    elif sure:
        zh, en = f"第{new.id}条比它所取代的{old}宽", f"{new.id!r} is looser than {old}, which it replaces"
    else:
        zh = f"第{new.id}条取代{old},是否更宽不能断定"
        en = f"{new.id!r} replaces {old}; whether it is looser cannot be told"
    return BookFinding("loosened" if sure else "open", named(book), (new.id, old), zh, en)


def _added(book: RuleBook, parent: RuleBook) -> Iterator[BookFinding]:
    """Any accepting map will do: one more lets more in, where the parent has maps of its own."""
    known = {clause.id for clause in parent.clauses} | {new for one in book.parents for _, new in one.replaced}
    for clause in book.clauses:
        if not isinstance(clause, Map) or clause.id in known:
            continue
        acts = set(clause.acts or book.acts)
        beside = [one for one in parent.clauses if isinstance(one, Map) and acts & set(one.acts or parent.acts)]
        if beside:
            names = tuple(f"{named(parent)}:{one.id}" for one in beside)
            yield BookFinding(
                "loosened",
                named(book),
                (clause.id, *names),
                f"第{clause.id}条在{'、'.join(names)}之外另开了一条路",
                f"map {clause.id!r} lets in what {', '.join(names)} may not",
            )


def _looser(logic: Logic, old: AnyClause, new: AnyClause) -> Told:
    """Say whether *new* lets anything through, or gives anything, that *old* does not."""
    if _lets_off(old, new):
        return True
    if set(old.acts) - set(new.acts) and isinstance(old, Gate | Cap | Floor | Once | Score):
        return True
    match old, new:
        case Gate(), Gate():
            return _gate(logic, old, new)
        case Map(match=before), Map(match=now) if before is not None and now is not None:
            answer = logic.ask(logic.speaks(new), true_of(now), false_of(before)).said
            return {"yes": True, "no": _same_scope(old, new), "open": None}[answer]
        case Cap(), Cap() if _like(old, new, "over", "per", "measure", "across", "ignore"):
            return _more(old.at_most, new.at_most) if _same_scope(old, new) is False else None
        case Floor(), Floor() if _like(old, new, "over", "measure", "word"):
            less = _more(new.limit, old.limit) if old.word == "at_least" else _more(old.limit, new.limit)
            return less if _same_scope(old, new) is False else None
        case Once(), Once() if _like(old, new, "over", "by", "across", "ignore"):
            return None if _same_scope(old, new) is None else not set(new.per) <= set(old.per)
        case Highest(), Highest() if _like(old, new, "over", "per", "by", "across", "earlier"):
            return new.others > old.others if _same_scope(old, new) is False else None
        case Worth(), Worth() if len(old.rows) == len(new.rows) and _same_scope(old, new) is False:
            told = [_richer(*rows) for rows in zip(old.rows, new.rows, strict=True)]
            return True if True in told else None if None in told else False
        case Score(), Score() if _like(old, new, "parts", "exempt", "exempted"):
            return _more(new.pass_mark or Fraction(0), old.pass_mark or Fraction(0))
        case Chain(), Chain():
            return None if old.steps == new.steps else bool(set(old.steps) - set(new.steps)) or None
        case _:
            return False if old.kind == new.kind and _texts_aside(old) == _texts_aside(new) else None


def _gate(logic: Logic, old: Gate, new: Gate) -> Told:
    if old.word in ("held", "done") or new.word in ("held", "done"):
        if _like(old, new, "word", "selection", "when", "acts", "since", "until"):
            fewer = (new.count or 0) < (old.count or 0)
            return fewer or (old.at_most is not None and (new.at_most is None or new.at_most > old.at_most))
        return None
    refused = logic.speaks(old), (false_of if old.word == "require" else true_of)(old.selection)
    spoken = logic.ask(*refused, holds_for(new)).said
    silent = logic.ask(*refused, logic.silent(new)).said
    said = "yes" if "yes" in (spoken, silent) else "open" if "open" in (spoken, silent) else "no"
    return {"yes": True, "open": None, "no": False}[said]


def _richer(old: WorthRow, new: WorthRow) -> Told:
    before, now = old.amount, new.amount
    if old.when != new.when:
        return None
    if isinstance(before, Fixed) and isinstance(now, Fixed):
        return now.credits > before.credits
    if isinstance(before, Fixed) or isinstance(now, Fixed):
        return None
    if (before.of, before.whole, before.joint) != (now.of, now.whole, now.joint):
        return None
    if before.whole and before.per != now.per:
        return None
    one = Fraction(1)
    return (now.times or one) / (now.per or one) > (before.times or one) / (before.per or one)


def _more(old: object, new: object) -> Told:
    if old == new:
        return False
    if isinstance(old, Percent) and isinstance(new, Percent) and old.of == new.of:
        return new.share > old.share
    return new > old if isinstance(old, Fraction) and isinstance(new, Fraction) else None


def _same_scope(old: AnyClause, new: AnyClause) -> Told:
    """Return False where both speak about the same (so that is not what makes it looser), else None: not told."""
    return False if _like(old, new, "when", "acts", "since", "until", "dated_by") else None


def _with_acts(clause: AnyClause, book: RuleBook) -> AnyClause:
    return attrs.evolve(clause, acts=clause.acts or book.acts)


def _like(old: AnyClause, new: AnyClause, *names: str) -> bool:
    return all(getattr(old, name) == getattr(new, name) for name in names)


def _texts_aside(clause: AnyClause) -> dict[str, object]:
    aside = {"id", "basis", "code", "own_code", "zh", "en"}
    return {field.name: getattr(clause, field.name) for field in attrs.fields(type(clause)) if field.name not in aside}
