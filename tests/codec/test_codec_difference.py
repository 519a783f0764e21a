"""What differs between two versions of a book, by clause and key."""

import attrs
import pytest

from creditbank.codec.book import read_book
from creditbank.codec.book_difference import clause_differences
from creditbank.rulebooks import file, read, shipped

HEAD = """
book = "b"
version = "1"
title = "办法"
since = 2026-01-01
acts = ["convert"]
system = "cn-college"
basis = { b = { title = "办法" }, c = { title = "另一个" } }
fields = { "source.prize" = "text" }
clause = [
  { id = "m", kind = "map", match = { "target.kind" = "course" }, basis = "b:1" },
  { id = "c", kind = "cap", at_most = 8, basis = "b:2", say = { zh = "至多8", en = "8 at most" } },
  { id = "g", kind = "gate", require = [{ "source.score" = { at_least = 60 } }, { "source.prize" = "一等" }], basis = "b:3" },
  { id = "w", kind = "worth", rows = [{ when = { "source.prize" = "一等" }, credits = 2 }, { credits = 1 }], basis = "b:4" },
]
"""


def differ(*changes: tuple[str, str]) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    text = HEAD
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    books = [read_book(one, name="b.toml") for one in (HEAD, text)]
    return [
        (one.clause, one.standing, [(change.key, change.old, change.new) for change in one.changes])
        for one in clause_differences(*books)
    ]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ([("at_most = 8", 'at_most = "2/3"')], [("c", "changed", [("at_most", "8", "2/3")])]),
        ([("at_most = 8", "at_most = { percent = 20, of = \"programme\" }")],
         [("c", "changed", [("at_most", "8", "{ percent = 20, of = programme }")])]),
        ([("至多8", "不超过8"), ('"b:3"', '"c:3"')], []),
        ([("at_least = 60", "at_least = 70")], [("g", "changed", [("require source.score at_least", "60", "70")])]),
        ([(', { "source.prize" = "一等" }]', "]")],
         [("g", "changed", [("require", "{ source.prize = { is = 一等, absent = missing } }", "")])]),
        ([("credits = 2", "credits = 3")], [("w", "changed", [("rows credits", "2", "3")])]),
        ([("at_most = 8", "at_most = 8, when = { \"target.compulsory\" = true }")],
         [("c", "changed", [("when", "", "{ target.compulsory = { is = true, absent = missing } }")])]),
        ([('id = "c"', 'id = "d"')], [("c", "dropped", []), ("d", "added", [])]),
        ([('kind = "cap", at_most = 8', 'kind = "once", per = ["source"]')],
         [("c", "changed", [("kind", "cap", "once"), ("measure", "credits", ""), ("at_most", "8", ""),
                            ("across", "programme", "bank"), ("exceed", "trim", ""), ("per", "", "source.id"),
                            ("by", "", "item")])]),
    ],
)  # fmt: skip
def test_what_differs_is_told_by_key(changes, found):
    told = differ(*changes)
    assert [(id, standing, sorted(rows)) for id, standing, rows in told] == [
        (id, standing, sorted(rows)) for id, standing, rows in found
    ]


@pytest.mark.parametrize("name", shipped())
def test_a_book_does_not_differ_from_itself_and_every_clause_from_none(name):
    book = read_book(read(name), name=name, files=file)
    assert clause_differences(book, book) == ()
    bare = attrs.evolve(book, clauses=())
    assert [one.clause for one in clause_differences(bare, book)] == [clause.id for clause in book.clauses]
    assert {one.standing for one in clause_differences(book, bare)} == {"dropped"}
