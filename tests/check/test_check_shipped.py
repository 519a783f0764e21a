"""Every shipped book is clean, or says why not; and all of them together."""

import pytest

from creditbank.codec.book import parent_books, read_book
from creditbank.domain.check import lint
from creditbank.rulebooks import file, read, shipped

BOOKS = {name: read_book(read(name), name=f"{name}.toml", files=file) for name in shipped()}

REASONS = {
    "leftover": "the source says what an outcome is worth and nothing of what is left over: the engine's default stands, forfeited",
}
"""Why a warning about a shipped book is no fault of the book."""

STATED = {
    ("ace-recommendations", "worth"): "leftover",
    ("adult-education-credits", "certificates"): "leftover",
    ("ects-hkqf-by-hours", "worth"): "leftover",
    ("ects-hours", "worth"): "leftover",
    ("ects-scqf-by-convention", "worth"): "leftover",
    ("ects-scqf-by-hours", "worth"): "leftover",
    ("gdpt-continuing-education", "worth"): "leftover",
    ("hkqf", "worth"): "leftover",
    ("quarter-to-semester", "ratio"): "leftover",
    ("quarter-to-semester-rounded-down", "ratio"): "leftover",
    ("scqf", "worth"): "leftover",
    ("shandong-transfer", "worth"): "leftover",
    ("shanghai-open-ratio-worth", "worth"): "leftover",
    ("wenzhou-transfer", "worth"): "leftover",
}


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_book_is_clean_or_says_why_not(name):
    book = BOOKS[name]
    found = lint((book,), parents=parent_books(book, file))
    told = {(name, one.clauses[0]): one.kind for one in found if one.weight != "open"}
    assert told == {place: kind for place, kind in STATED.items() if place[0] == name}
    assert set(told.values()) <= REASONS.keys()


def test_no_reason_is_left_over():
    assert {name for name, _ in STATED} <= set(shipped())
    assert set(STATED.values()) == REASONS.keys()


def test_shipped_books_together_make_nothing_of_nothing():
    found = lint(tuple(BOOKS.values()))
    assert [one for one in found if one.kind in ("arbitrage", "version", "gap", "overlap") or not one.book] == []
