"""Cases of the shipped books written to files and read back; and explained, in both languages, as text and as HTML."""

from html import unescape

import pytest
from books_support import shipped_book, told

from creditbank.codec.book import book_bytes, book_of
from creditbank.codec.case import case_bytes, read_case
from creditbank.codec.decision import decision_digest
from creditbank.domain.rule import decide, explain, workings
from creditbank.rulebooks import shipped


@pytest.mark.parametrize("name", shipped())
def test_every_case_is_read_back_and_decided_again(name):
    book = shipped_book(name)
    again = book_of(book_bytes(book))
    for one in told(name):
        read = read_case(case_bytes(one.case).decode(), again)
        assert read == one.case, one.name
        assert case_bytes(read) == case_bytes(one.case)
        assert decision_digest(decide(again, read)) == decision_digest(decide(book, one.case))


@pytest.mark.parametrize("name", shipped())
def test_every_decision_is_explained(name):
    book = shipped_book(name)
    for one in told(name):
        decision, rows = decide(book, one.case), workings(book, one.case)
        for language, refused in (("zh", "不予批准"), ("en", "refused")):
            for format in ("text", "html"):
                text = unescape(explain(decision, rows, language=language, format=format, case=one.case))
                for result in decision.results:
                    assert result.refused is None or (refused in text and result.refused in text), one.name
                    assert all(part in text for part in result.basis.split(", ")), one.name
