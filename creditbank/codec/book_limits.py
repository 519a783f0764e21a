"""
Clauses that count, read: highest, once, cap, floor.
"""

from typing import Final, Literal

from creditbank.codec.book_head import Head
from creditbank.codec.book_selection import IGNORE, LIMIT, check_field, read_ref, read_selection
from creditbank.codec.book_table import Table
from creditbank.domain.credit import parse_number
from creditbank.domain.rule.book import COLLECTION_ACTS, RuleBook
from creditbank.domain.rule.clause import Across, Cap, Floor, Highest, Limit, Measure, Once, Percent
from creditbank.domain.rule.field import Ref, namespace_of
from creditbank.domain.rule.highest import WORTH
from creditbank.domain.rule.measure import LEVEL_FIELD
from creditbank.domain.rule.selection import fields_of
from creditbank.errors import MalformedError

__all__ = ["read_cap", "read_floor", "read_highest", "read_once"]

_WHOLE: Final = ("source", "target")
_CREDITS: Final[tuple[Measure, ...]] = ("credits", "target_credits")
_RANKED: Final = ("number", "percent", "date", "level")
_Base = Literal["programme", "selection", "counted"]
_BASES: Final[tuple[_Base, ...]] = ("programme", "selection", "counted")
_LIMIT_FIELDS: Final = frozenset({"source", "target", "item", "learner", "programme", "application"})


def read_highest(table: Table, head: Head, book: RuleBook) -> Highest:
    """Read a clause of kind ``highest``."""
    _check_limit_dates(table, head)
    others = table.number("others") if table.has("others") else parse_number("0")
    if others > 1:
        raise table.error("'others' is more than the whole", "use a share from 0 to 1", "others")
    if not table.has("earlier"):
        raise table.error(
            "no 'earlier'", "say refuse or difference: what if a lower one was granted before?", "earlier"
        )
    earlier = table.text("earlier")
    if earlier not in ("refuse", "difference"):
        raise table.error(f"'earlier' is {earlier!r}", "use one of refuse, difference", "earlier")
    return Highest(
        **head,
        over=read_selection(table, "over", book, LIMIT),
        per=_per(table, book),
        by=_by(table, book),
        others=others,
        earlier="refuse" if earlier == "refuse" else "difference",
        across=table.choice("across", Across, "programme"),
    )


def _by(table: Table, book: RuleBook) -> tuple[str, ...]:
    if not table.has("by"):
        return (WORTH,)
    names = table.texts("by", required=True) if isinstance(table.get("by"), list) else (table.text("by"),)
    for name in names:
        if name == WORTH:
            continue
        kind = check_field(table, "by", name, book, frozenset({"source"}), "sources are ranked, by source.* or worth")
        if kind.kind not in _RANKED:
            raise table.error(f"{name!r} is {kind}, which has no order", "name a number, a date or a level", "by")
    return names


def read_once(table: Table, head: Head, book: RuleBook) -> Once:
    """Read a clause of kind ``once``."""
    per = _per(table, book)
    if not per:
        raise table.error("once per what?", 'write per = ["source"] or ["target"]', "per")
    _check_limit_dates(table, head)
    by = table.text("by", "item")
    if by not in ("item", "application"):
        raise table.error(f"'by' is {by!r}", "use one of item, application", "by")
    return Once(
        **head,
        over=read_selection(table, "over", book, LIMIT),
        per=per,
        by="item" if by == "item" else "application",
        across=table.choice("across", Across, "bank"),
        ignore=read_selection(table, "ignore", book, IGNORE),
    )


def read_cap(table: Table, head: Head, book: RuleBook) -> Cap:
    """Read a clause of kind ``cap``."""
    per = _per(table, book)
    _check_limit_dates(table, head)
    exceed = table.text("exceed", "trim")
    if exceed not in ("refuse", "trim"):
        raise table.error(f"'exceed' is {exceed!r}", "use one of refuse, trim", "exceed")
    return Cap(
        **head,
        over=read_selection(table, "over", book, LIMIT),
        per=per,
        measure=(measure := _measure(table, book)),
        at_most=_limit(table, "at_most", per, measure, book),
        across=table.choice("across", Across, "programme"),
        exceed="trim" if exceed == "trim" else "refuse",
        ignore=read_selection(table, "ignore", book, IGNORE),
    )


def read_floor(table: Table, head: Head, book: RuleBook) -> Floor:
    """Read a clause of kind ``floor``."""
    _check_limit_dates(table, head)
    collects = set(head["acts"] or book.acts) <= COLLECTION_ACTS
    # An award has one target, so that all it counts has the target's fields in common.
    narrow = ("source", "pair") if collects else ("source", "pair", "target", "item")
    if head["when"] is not None and any(namespace_of(one) in narrow for one in fields_of(head["when"])):
        raise table.error("a floor speaks about the whole", f"leave out {', '.join(narrow)}; select with over", "when")
    words: tuple[Literal["at_least", "at_most"], ...] = ("at_least", "at_most")
    given = [word for word in words if table.has(word)]
    if len(given) != 1:
        table.misspelt(*words)
        raise table.error("a floor has one limit", "give one of at_least, at_most")
    return Floor(
        **head,
        over=read_selection(table, "over", book, LIMIT),
        measure=(measure := _measure(table, book)),
        word=given[0],
        limit=_limit(table, given[0], ("target.id",) if collects else (), measure, book, floor=True),
    )


# --- shared -----------------------------------------------------------------------------------------------------------


def _per(table: Table, book: RuleBook) -> tuple[str, ...]:
    names = table.texts("per")
    for name in names:
        if "." not in name and name not in _WHOLE:
            mend = 'write "source", "target", or a field such as "target.category"'
            raise table.error(f"{name!r} makes no groups", mend, "per")
    fields = tuple(f"{name}.id" if name in _WHOLE else name for name in names)
    for field in fields:
        check_field(table, "per", field, book, LIMIT.tests, LIMIT.why)
    return fields


def _check_limit_dates(table: Table, head: Head) -> None:
    if head["dated_by"] and namespace_of(head["dated_by"]) not in ("application", "learner"):
        raise table.error(
            "a limit follows one day of the application", "name an application or learner field", "dated_by"
        )


def _measure(table: Table, book: RuleBook) -> Measure:
    measure: Measure = table.choice("measure", Measure, "credits")
    if measure != "level_points":
        return measure
    kind = book.field_type(LEVEL_FIELD)
    if kind is None or kind.kind != "level":
        raise table.error("level points of no level", f'declare "{LEVEL_FIELD}" as "level:…" in [fields]', "measure")
    for step in book.levels[kind.scheme]:
        try:
            parse_number(step)
        except MalformedError:
            raise table.error(
                f"level {step!r} of {kind.scheme!r} is no number", "use a scheme whose levels are numbers", "measure"
            ) from None
    return measure


def _limit(
    table: Table, key: str, per: tuple[str, ...], measure: Measure, book: RuleBook, *, floor: bool = False
) -> Limit:
    value = table.get(key)
    if isinstance(value, dict):
        return _percent(table.as_table(value, key), per, measure, book, floor=floor)
    if isinstance(value, str) and value.startswith("@"):
        return _limit_field(table, key, value, per, book)
    return table.amount(key)


def _percent(table: Table, per: tuple[str, ...], measure: Measure, book: RuleBook, *, floor: bool) -> Percent:
    share = table.percent()
    of = table.text("of")
    base: Ref | _Base
    if of.startswith("@"):
        base = _limit_field(table, "of", of, per, book)
    elif of == "counted" and not floor:
        raise table.error("'counted' is for floors", "use programme, selection or a field", "of")
    else:
        bases = [base for base in _BASES if base == of]
        if not bases:
            raise table.error(f"{of!r} is nothing to take a share of", 'use programme, selection or "@field"', "of")
        base = bases[0]
        if base != "counted" and measure not in _CREDITS:
            what = f"a share of credits, and what is counted are {measure}"
            raise table.error(what, f"measure {' or '.join(_CREDITS)}, or take the share of a field", "of")
    table.end()
    return Percent(share, base)


def _limit_field(table: Table, key: str, text: str, per: tuple[str, ...], book: RuleBook) -> Ref:
    ref, kind = read_ref(table, key, text, book, _LIMIT_FIELDS, "a limit is a field of what the group has in common")
    if kind.kind not in ("number", "percent"):
        raise table.error(f"{text!r} is {kind}, not a number", "name a field that holds an amount", key)
    namespace = namespace_of(ref.field)
    if namespace in _WHOLE and f"{namespace}.id" not in per:
        raise table.error(f"{text!r} differs inside a group", f'add "{namespace}" to per', key)
    if namespace == "item":
        raise table.error(f"{text!r} differs inside a group", "limits outlive the item: use another field", key)
    return ref
