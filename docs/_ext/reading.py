"""
What the reference pages say, read from the code: verbs with their errors in order, events with their fields, docstrings.

No Sphinx here, so that tests can ask too.
"""

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType, UnionType
from typing import Any, Final, Literal, NewType, get_args, get_origin

import attrs

from creditbank import errors
from creditbank.codec.payload import KINDS
from creditbank.domain import event as events
from creditbank.domain.decide import account, convert, keys, objection, transfer

__all__ = [
    "BANK_METHODS",
    "bank_pages",
    "error_classes",
    "error_table",
    "error_tree",
    "event_pages",
    "question_pages",
    "raises_of",
    "restructured",
    "signature_of",
    "stands_for",
    "summary",
    "value_pages",
    "verb_pages",
    "verbs",
]

VERB_MODULES: Final[tuple[tuple[str, ModuleType], ...]] = (
    ("Founding, institutions, books, places", keys),
    ("Accounts", account),
    ("Conversion", convert),
    ("Objection", objection),
    ("Transfer", transfer),
)

QUESTIONS: Final = (
    "creditbank.domain.view.account:balance",
    "creditbank.domain.view.account:statement",
    "creditbank.domain.view.account:quote",
    "creditbank.domain.view.case:case_of",
    "creditbank.domain.view.book:book_for",
    "creditbank.domain.view.reconsider:reconsider",
)

BANK_METHODS: Final = (
    "known",
    "record",
    "record_all",
    "prepare",
    "submit",
    "open_account",
    "publish",
    "erase",
    "receipt",
)

ALIASES: Final = (
    "creditbank.domain.event:Event",
    "creditbank.domain.event:Closing",
    "creditbank.domain.outcome:Outcome",
    "creditbank.domain.outcome:Tier",
    "creditbank.domain.application:Fact",
    "creditbank.domain.rule.case:Facts",
    "creditbank.domain.rule.field:Value",
    "creditbank.domain.lot:Place",
    "creditbank.domain.profile:InstitutionKind",
    "creditbank.domain.profile:Role",
)

_HEADER: Final = re.compile(r"(Args|Attributes|Returns|Source|Fields|Raises(?:, in this order)?):(.*)")
_NAMED: Final = re.compile(r"(?P<names>[A-Za-z_][\w*]*(?:, [A-Za-z_][\w*]*)*): (?P<text>.*)")


# --- docstrings -------------------------------------------------------------------------------------------------------


def summary(thing: Any) -> str:
    """Return the first paragraph of a docstring, in one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def _sections(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield (header or "", lines); what is indented under a header belongs to it."""
    header = ""
    body: list[str] = []
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is not None:
            yield header, body
            header, body = found[1], [found[2].strip()] if found[2].strip() else []
        elif header and line and not line.startswith(" "):
            yield header, body
            header, body = "", [line]
        else:
            body.append(line)
    yield header, body


def _items(body: Sequence[str]) -> list[tuple[str, str]]:
    """Return (names, text) of each item ``Name, Name: text``, whose next lines are indented deeper."""
    items: list[tuple[str, str]] = []
    for line in inspect.cleandoc("\n".join(body)).split("\n"):
        named = None if line.startswith(" ") else _NAMED.fullmatch(line)
        if named is not None:
            items.append((named["names"], named["text"]))
        elif line.strip() and items:
            items[-1] = items[-1][0], f"{items[-1][1]} {line.strip()}"
        elif line.strip():
            items.append(("", line.strip()))
    return items


def raises_of(thing: Any) -> list[tuple[str, str]]:
    """Return (errors, when) in their order, as the docstring of *thing* has them; none where it says nothing."""
    for header, body in _sections((inspect.getdoc(thing) or "").split("\n")):
        if header.startswith("Raises"):
            return _items(body)
    return []


def stands_for(thing: Any) -> list[str] | None:
    """Return what to say of a name that has no docstring of its own; None where *thing* has one."""
    if isinstance(thing, NewType):
        return [f"A ``{_type_name(thing.__supertype__)}``, and a type of its own to the type checker."]
    if isinstance(thing, UnionType):
        return [f"Any of ``{'``, ``'.join(map(_type_name, get_args(thing)))}``."]
    return None


def restructured(lines: Sequence[str]) -> list[str]:
    """Return a docstring of the house's style as reStructuredText: its sections as lists, errors numbered."""
    written: list[str] = []
    for header, body in _sections(lines):
        if not header:
            written += body
            continue
        written += ["", f"**{header}**", ""]
        mark = "#." if "order" in header else "-"
        for names, text in _items(body):
            shown = ", ".join(f"``{name.strip('*')}``" for name in names.split(", ")) if names else ""
            written.append(f"{mark} {shown}{': ' if shown else ''}{text}")
        written.append("")
    return written


# --- signatures -------------------------------------------------------------------------------------------------------


def signature_of(thing: Any) -> tuple[str, str | None] | None:
    """Return (arguments, returned) as they are written in the source; None where there is no source to read."""
    if inspect.isclass(thing):
        if attrs.has(thing):
            return _fields_signature(thing), None
        return (_written(thing.__init__)[0], None) if "__init__" in vars(thing) else None
    return _written(thing) if inspect.isfunction(thing) or inspect.ismethod(thing) else None


def _written(function: Callable[..., Any]) -> tuple[str, str | None]:
    node = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(node, ast.FunctionDef), "a function's source begins with it"
    if node.args.args and node.args.args[0].arg in ("self", "cls"):
        del node.args.args[0]
    return f"({ast.unparse(node.args)})", None if node.returns is None else ast.unparse(node.returns)


def _fields_signature(kind: type) -> str:
    shown: list[str] = []
    for field in attrs.fields(kind):
        if field.init:
            default = "" if field.default is attrs.NOTHING else " = …"
            mark = "*, " if field.kw_only and not any(each.startswith("*") for each in shown) else ""
            shown.append(f"{mark}{field.alias}: {_type_name(field.type)}{default}")
    return f"({', '.join(shown)})"


# --- errors -----------------------------------------------------------------------------------------------------------


def error_classes() -> list[type[errors.CreditBankError]]:
    """Return every error, the root first, as they stand in the module."""
    found = [each for each in vars(errors).values() if inspect.isclass(each)]
    return [each for each in found if issubclass(each, errors.CreditBankError)]


def error_tree() -> list[str]:
    """Return the tree at the top of :mod:`creditbank.errors`."""
    lines = (inspect.getdoc(errors) or "").split("\n")
    return [line.removeprefix("    ") for line in lines if line.startswith("    ")]


def _fields(thing: type) -> str:
    return ", ".join(f"``{field.name}``" for field in attrs.fields(thing)) if attrs.has(thing) else ""


def error_table() -> Iterator[str]:
    """Write every error with its exit code, its code where it is a refusal, and its fields."""
    yield from _table(("Error", "exit", "code", "fields, in order", "means"), (22, 6, 14, 24, 34))
    for each in error_classes():
        code = f"``{each.code}``" if issubclass(each, errors.RefusedError) else "–"
        yield from _row(f"``{each.__name__}``", str(each.exit_code), code, _fields(each) or "–", summary(each))


def verbs() -> list[tuple[str, list[Callable[..., Any]]]]:
    """Return every verb by the module's heading: public functions that take what is known and a request."""
    found: list[tuple[str, list[Callable[..., Any]]]] = []
    for heading, module in VERB_MODULES:
        named = [getattr(module, name) for name in module.__all__]
        found.append((heading, [each for each in named if inspect.isfunction(each) and _is_verb(each)]))
    return found


def _is_verb(function: Callable[..., Any]) -> bool:
    return list(inspect.signature(function).parameters)[:2] == ["known", "request"]


def verb_pages() -> Iterator[str]:
    """Write every verb with its errors in order."""
    for heading, found in verbs():
        yield from (f".. rubric:: {heading}", "")
        for verb in found:
            yield from _ordered(verb.__name__, verb)


def question_pages() -> Iterator[str]:
    """Write every question with its errors in order."""
    for path in QUESTIONS:
        module, _, name = path.partition(":")
        yield from _ordered(name, getattr(importlib.import_module(module), name))


def bank_pages() -> Iterator[str]:
    """Write the bank's methods with their errors in order."""
    bank = importlib.import_module("creditbank.bank").Bank
    for name in BANK_METHODS:
        yield from _ordered(f"Bank.{name}", getattr(bank, name))


def _ordered(name: str, thing: Any) -> Iterator[str]:
    yield from (f"``{name}``", f"   {summary(thing)}", "")
    for names, text in raises_of(thing):
        shown = ", ".join(f"``{each}``" for each in names.split(", ")) + ": " if names else ""
        yield f"   #. {shown}{text}"
    yield ""


# --- events -----------------------------------------------------------------------------------------------------------


def event_pages() -> Iterator[str]:
    """Write every kind of event with its stream, its meaning and its fields."""
    for kind, each in KINDS.items():
        yield from (f"``{kind}`` — ``{each.__name__}``", f"   {summary(each)}", "")
        for field in attrs.fields(each):
            yield f"   - ``{field.name}``: ``{_type_name(field.type)}``"
        yield ""
    assert set(KINDS.values()) == set(events.EVENTS), "every event has a kind"


def value_pages() -> Iterator[str]:
    """Write every value that stands in an event, with its fields, in the order of their names."""
    for each in sorted(_values(), key=lambda kind: kind.__name__):
        yield from (f"``{each.__name__}``", f"   {summary(each)}", "")
        for field in attrs.fields(each):
            if field.init:
                optional = "" if field.default is attrs.NOTHING else ", left out where it is the default"
                yield f"   - ``{field.name}``: ``{_type_name(field.type)}``{optional}"
        yield ""


def _values() -> set[type]:
    """Return the attrs classes that events are made of, at any depth."""
    found: set[type] = set()
    waiting: list[Any] = list(events.EVENTS)
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if inspect.isclass(kind) and attrs.has(kind) and kind not in found:
            found.add(kind)
            attrs.resolve_types(kind)
            waiting += [field.type for field in attrs.fields(kind)]
    return found - set(events.EVENTS)


def _aliases() -> dict[Any, str]:
    """Return the unions and literals that have a name of their own."""
    named: dict[Any, str] = {}
    for path in ALIASES:
        module, _, name = path.partition(":")
        named[getattr(importlib.import_module(module), name)] = name
    return named


def _type_name(kind: Any) -> str:
    """Return *kind* as it is written in the source."""
    if kind in _aliases():
        return _aliases()[kind]
    if isinstance(kind, list):
        return f"[{', '.join(map(_type_name, kind))}]"
    if kind is Ellipsis or kind is type(None):
        return "..." if kind is Ellipsis else "None"
    arguments = get_args(kind)
    if get_origin(kind) is Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if isinstance(kind, UnionType):
        return " | ".join(map(_type_name, arguments))
    name = str(getattr(kind, "__name__", kind))
    return f"{name}[{', '.join(map(_type_name, arguments))}]" if arguments else name


# --- tables -----------------------------------------------------------------------------------------------------------


def _table(titles: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    yield from (".. list-table::", "   :header-rows: 1", f"   :widths: {' '.join(map(str, widths))}", "")
    yield from _row(*titles)


def _row(*cells: str) -> Iterator[str]:
    for number, cell in enumerate(cells):
        yield f"   {'* -' if number == 0 else '  -'} {cell}"
