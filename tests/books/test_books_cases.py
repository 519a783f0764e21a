"""Shipped books: they load, have one canonical form, cite and explain themselves, and decide their cases as published."""

import json

import pytest
from books_support import HERE, case_file, decided, differences, merge_patch, shipped_book, steps_of, told

from creditbank.codec.book import book_bytes, book_digest, book_of, read_book
from creditbank.domain.rule import workings
from creditbank.errors import UnknownError
from creditbank.rulebooks import read, shipped


def test_every_book_has_a_file_of_cases_and_every_file_a_book():
    assert {path.stem for path in HERE.glob("*.json")} == set(shipped())
    with pytest.raises(UnknownError, match="ouc-postal"):
        read("no-such-book")


@pytest.mark.parametrize("name", shipped())
def test_cases_come_out_as_published(name):
    book = shipped_book(name)
    for one in told(name):
        assert list(differences(one.expect, decided(book, one.case))) == [], one.name
        assert decided(book, one.case) == decided(book, one.case)
        assert {row.item for row in workings(book, one.case)} <= {"", *(item.id for item in one.case.items)}


@pytest.mark.parametrize("name", shipped())
def test_cases_are_told_apart_and_say_where_their_numbers_come_from(name):
    file = case_file(name)
    assert set(file) <= {"source", "base", "chain", "equal", "cases"}
    names = [one["name"] for one in file["cases"]]
    assert len(set(names)) == len(names)
    for one in file["cases"]:
        assert set(one) <= {"name", "source", "with", "expect"}, one["name"]
        assert one.get("source") or file.get("source"), one["name"]
        assert one["expect"].get("items"), one["name"]


@pytest.mark.parametrize("name", shipped())
def test_chains_are_as_published(name):
    book = shipped_book(name)
    assert {act: steps for act in book.acts if (steps := steps_of(book, act))} == case_file(name).get("chain", {})


@pytest.mark.parametrize("name", shipped())
def test_canonical_form_is_read_back(name):
    book = shipped_book(name)
    data = book_bytes(book)
    assert book_of(data) == book
    assert book_bytes(book_of(data)) == data
    assert len(book_digest(data)) == 64
    assert book.book == name


@pytest.mark.parametrize("name", shipped())
def test_comments_and_layout_are_no_part_of_a_book(name):
    text = "# another comment\n\n" + read(name)
    assert book_digest(book_bytes(read_book(text, name="x.toml"))) == book_digest(book_bytes(shipped_book(name)))


@pytest.mark.parametrize("name", shipped())
def test_every_clause_speaks_both_languages_and_cites(name):
    book = shipped_book(name)
    for clause in book.clauses:
        assert clause.zh, clause.id
        assert clause.en, clause.id
        assert book.citation(clause.basis).startswith(book.basis[clause.basis.partition(":")[0]].title)


def test_patches_are_those_of_rfc_7396():
    base = {"a": {"b": 1, "c": [1]}, "d": 2}
    assert merge_patch(base, {"a": {"b": None, "e": {"f": None}}, "d": [3]}) == {"a": {"c": [1], "e": {}}, "d": [3]}
    assert base == {"a": {"b": 1, "c": [1]}, "d": 2}


def test_differences_see_what_is_wrong_missing_and_shorter():
    found = {"items": {"1": {"granted": "4", "used": ["x"]}}}
    assert list(differences({"items": {"1": {"granted": "4"}}}, found)) == []
    for expect in ({"granted": "3"}, {"refused": "gate.a"}, {"used": ["x", "y"]}, {"used": []}):
        assert len(list(differences({"items": {"1": expect}}, found))) == 1, json.dumps(expect)
