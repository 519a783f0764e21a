"""A map and a highest are refused with the code that the book gives them, be it their id or not."""

import pytest
from rule_support import book_of_text, run

from creditbank.codec.book import book_bytes, book_digest, book_of, read_book
from creditbank.errors import MalformedBookError, MalformedError

BOOK = """
[[clause]]
id = "scope"
kind = "map"
match = {{ "target.kind" = "course" }}
basis = "b:1"
{map}

[[clause]]
id = "worth"
kind = "worth"
of = "@source.credits"
times = 1
basis = "b:2"

[[clause]]
id = "one"
kind = "highest"
per = ["source.class"]
earlier = "refuse"
basis = "b:3"
{highest}

[[clause]]
id = "resit"
kind = "effect"
on = "refused"
codes = ["{code}"]
set = {{ again = true }}
basis = "b:4"
"""

CASE = {
    "application": {
        "id": "a",
        "act": "convert",
        "dates": {"applied_on": "2021-01-01"},
        "items": [
            {"id": "1", "sources": ["x"], "targets": ["学校"]},
            {"id": "2", "sources": ["x"], "targets": ["一"]},
            {"id": "3", "sources": ["y"], "targets": ["二"]},
        ],
    },
    "outcomes": {"x": {"class": "c", "credits": 2}, "y": {"class": "c", "credits": 3}},
    "targets": {"学校": {"kind": "school", "credits": 1}}
    | {name: {"kind": "course", "credits": 2} for name in ("一", "二")},
}


def book_with(map="", highest="", code="map.none"):
    return book_of_text(BOOK.format(map=map, highest=highest, code=code))


@pytest.mark.parametrize(
    ("map", "highest", "codes"),
    [
        ("", "", ("map.none", "highest.superseded")),
        ('code = "scope"', 'code = "one"', ("map.scope", "highest.one")),
        ('code = "other"', 'code = "best"', ("map.other", "highest.best")),
    ],
)
def test_the_code_is_the_one_that_the_book_gives(map, highest, codes):
    for code in codes:
        book = book_with(map, highest, code)
        assert run(book, CASE) == [codes[0], codes[1], "2"]
        # A stranger has the canonical bytes alone.
        again = book_of(book_bytes(book))
        assert again == book
        assert run(again, CASE) == run(book, CASE)


def test_a_code_that_is_the_id_makes_another_book_and_no_code_the_one_it_always_was():
    plain, own = book_bytes(book_with()), book_bytes(book_with('code = "scope"'))
    assert book_digest(plain) != book_digest(own)
    assert b"own_code" not in plain
    assert own.count(b'"own_code":true') == 1
    with pytest.raises(MalformedError):
        book_of(own.replace(b'"own_code":true', b'"own_code":false'))


def test_other_kinds_have_their_id_for_a_code_whether_they_say_so_or_not():
    gate = '[[clause]]\nid = "g"\nkind = "gate"\nbasis = "b:1"\nrequire = { "target.kind" = "x" }\n'
    more = BOOK.format(map="", highest="", code="gate.g")
    assert book_of_text(gate + more) == book_of_text(gate + 'code = "g"\n' + more)


def test_effects_know_the_code():
    with pytest.raises(MalformedBookError, match=r"nothing here is refused with 'map\.scope'"):
        book_with(code="map.scope")
    with pytest.raises(MalformedBookError, match=r"nothing here is refused with 'highest\.one'"):
        book_with('code = "scope"', code="highest.one")


def test_a_book_does_not_write_the_key_of_canonical_bytes():
    with pytest.raises(MalformedBookError, match="unknown key 'own_code'; leave it out: code says it") as caught:
        book_with("own_code = true")
    assert "clause 'scope'" in caught.value.where


def test_a_child_has_the_code_of_its_parent():
    files = {"test@1": book_bytes(book_with('code = "scope"'))}.get
    text = """
book = "child"
version = "1"
title = "细则"
since = 2020-01-01
extends = ["test@1"]
basis = { c = { title = "细则" } }
clause = [{ id = "more", kind = "gate", basis = "c:1", forbid = { "target.kind" = "y" } }]
"""
    assert run(read_book(text, name="child.toml", files=files), CASE)[0] == "map.scope"
