"""
A page for every rule book that comes with creditbank, written when the docs are built, so that none can go stale.

Without Sphinx: ``python docs/_ext/book_pages.py FOLDER`` writes the same pages there.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from creditbank import rulebooks
from creditbank.codec.book import book_bytes, book_digest, read_book
from creditbank.codec.canonical import from_canonical
from creditbank.domain.credit import number_text
from creditbank.domain.rule import RuleBook

FOLDER: Final = "reference/books"
ROWS_SHOWN: Final = 20
"""Rows of a map on its page; the file has all of them."""

# What has a column of its own, or says what the engine does anyway.
_TOLD: Final = frozenset({"id", "kind", "basis", "say", "code", "rows"})
_DEFAULTS: Final[Mapping[str, object]] = {
    "absent": "missing",
    "by": "item",
    "count": "1",
    "exceed": "trim",
    "measure": "credits",
    "whole": False,
}


def page(name: str) -> str:
    """Return the page of the shipped book called *name*, in Markdown."""
    text = rulebooks.read(name)
    book = read_book(text, name=f"{name}.toml", files=rulebooks.file)
    data = book_bytes(book)
    document: dict[str, Any] = from_canonical(data, name, keys=None)
    lines = [
        f"<!-- Written by docs/_ext/book_pages.py from creditbank/rulebooks/{name}.toml. Change that. -->",
        "",
        f"# {book.title} `{book.book}`",
        "",
        *_head(name, book, book_digest(data)),
        "",
        "## Sources 依据",
        "",
        *_table(("source", "title 名称", "address 网址", "what is uncertain 存疑"), _sources(book)),
        "",
        "## What a case gives 案卷须给出的内容",
        "",
        *_comment(text),
        "The fields that its clauses read, by name:",
        "",
        *_table(("field", "type", "read by"), _fields(book, document)),
        "",
        "## Clauses 条款",
        "",
        "In file order. *Basis* is the source and its article; *code* is what a refusal is called.",
        "",
        *_table(("clause", "kind", "says 内容", "as data", "basis", "code"), _clauses(book, document)),
    ]
    for clause in document["clause"]:
        if clause["kind"] in ("map", "worth") and len(clause.get("rows", ())) > 1:
            lines += _rows(clause)
    return "\n".join(lines).rstrip("\n") + "\n"


def write_pages(folder: Path) -> None:
    """Write every page into *folder*, and take away those of books that are no more. What is the same stays untouched."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {folder / f"{name}.md": page(name) for name in rulebooks.shipped()}
    for path in set(folder.glob("*.md")) - set(wanted):
        path.unlink()
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


# --- parts of a page --------------------------------------------------------------------------------------------------


def _head(name: str, book: RuleBook, digest: str) -> Iterator[str]:
    until = f" until {book.until} (that day no longer)" if book.until else ""
    yield f"- version {book.version}, in force since {book.since}{until}"
    yield f"- acts: {', '.join(f'`{act}`' for act in book.acts)}"
    if book.system:
        yield f"- credits of `{book.system}`"
    for system, parity in book.parity.items():
        yield f"- 1 credit of `{system}` is worth at most {number_text(parity.at_most)} ({_plain(parity.basis)})"
    for key in ("version", "rows", "catalogue"):
        yield f"- {key} by `{getattr(book.dates, key)}`"
    yield f"- file: `creditbank/rulebooks/{name}.toml`; its canonical bytes are called"
    yield f"  `{digest}`"


def _comment(text: str) -> Iterator[str]:
    """The comment at the top of the file: what a case gives, in its author's words."""
    lines = text.split("\n")
    end = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
    if end:
        yield "```text"
        yield from (line.removeprefix("#").removeprefix(" ") for line in lines[:end])
        yield from ("```", "")


def _sources(book: RuleBook) -> Iterator[tuple[str, ...]]:
    for name, basis in book.basis.items():
        yield f"`{name}`", _plain(basis.title), f"<{basis.url}>" if basis.url else "–", _plain(basis.note) or "–"


def _fields(book: RuleBook, document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    readers: dict[str, list[str]] = {}
    readers[book.dates.version] = ["the book's version"]
    for name, derived in book.derive.items():
        readers.setdefault(derived.of, []).append(f"derived: {name}")
    for clause in document["clause"]:
        for field in dict.fromkeys(_fields_in(book, clause)):
            readers.setdefault(field, []).append(clause["id"])
    for field, ids in sorted(readers.items()):
        yield f"`{field}`", f"{book.field_type(field)}", _plain(", ".join(ids))


def _fields_in(book: RuleBook, value: object) -> Iterator[str]:
    """Yield the fields that stand anywhere in a clause: as what is tested, behind ``@``, in a list."""
    match value:
        case dict():
            for key, inner in value.items():
                yield from _fields_in(book, key)
                if key not in ("say", "basis", "id", "code"):
                    yield from _fields_in(book, inner)
        case list():
            for inner in value:
                yield from _fields_in(book, inner)
        case str():
            field = value.removeprefix("@")
            if "." in field and book.field_type(field) is not None:
                yield field


def _clauses(book: RuleBook, document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for clause in document["clause"]:
        source, _, article = clause["basis"].partition(":")
        url = book.basis[source].url
        basis = f"[{_plain(article)}]({url})" if url else _plain(article)
        say = clause["say"]
        says = "<br>".join(_plain(say[at]) for at in ("zh", "en") if say[at])
        rows = clause.get("rows", [])
        told = {key: value for key, value in clause.items() if key not in _TOLD}
        if len(rows) == 1:
            told |= rows[0]
        elif rows:
            told["rows"] = f"{len(rows)}, below"
        yield _plain(clause["id"]), clause["kind"], says or "–", _shown(told) or "–", basis, f"`{clause['code']}`"


def _rows(clause: Mapping[str, Any]) -> Iterator[str]:
    rows = clause["rows"]
    more = f" The first {ROWS_SHOWN} of {len(rows)}." if len(rows) > ROWS_SHOWN else ""
    yield from ("", f"### Rows of {_plain(clause['id'])}", "")
    if more:
        yield from (more.strip(), "")
    yield from _table(("row", "as data"), ((str(n), _shown(row)) for n, row in enumerate(rows[:ROWS_SHOWN], 1)))


# --- data, for people -------------------------------------------------------------------------------------------------


def _shown(table: Mapping[str, Any]) -> str:
    told = {key: value for key, value in table.items() if value not in ([], "", _DEFAULTS.get(key))}
    return "<br>".join(f"{key}: {_value(value)}" for key, value in told.items())


def _value(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list() if value and all(_is_tests(one) for one in value):
            return " **or** ".join(_tests(one) for one in value)
        case list() if any(isinstance(one, dict) for one in value):
            return "; ".join(f"({_value(one)})" for one in value)
        case list():
            return "、".join(map(_value, value))
        case dict() if _is_tests(value):
            return _tests(value)
        case dict():
            told = {key: one for key, one in value.items() if one not in ([], "", _DEFAULTS.get(key))}
            return ", ".join(f"{key} {_value(one)}" for key, one in told.items())
        case _:
            return _plain(str(value))


def _is_tests(value: object) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all("." in key and isinstance(one, dict) for key, one in value.items())
    )


def _tests(table: Mapping[str, Any]) -> str:
    return " **and** ".join(f"`{field}` {_value(test)}" for field, test in table.items())


def _plain(text: str) -> str:
    """Text in a cell of a table: nothing in it is Markdown's."""
    for mark in "\\|`*_<>[]":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def _table(titles: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield "|" + "---|" * len(titles)
    yield from (f"| {' | '.join(row)} |" for row in rows)


# --- Sphinx -----------------------------------------------------------------------------------------------------------


def setup(app: Any) -> dict[str, Any]:
    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir) / FOLDER))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
