"""Facts as a rule book types them: a share is 100 % at most, wherever it comes from."""

from fractions import Fraction

import pytest

from creditbank.codec.book import read_book
from creditbank.domain.rule.field import FieldType
from creditbank.domain.view.fact import fitted, typed
from creditbank.errors import MalformedError

PERCENT = FieldType("percent")
BOOK = read_book(
    """
book = "test"
version = "1"
title = "办法"
since = 2020-01-01
acts = ["transfer"]
basis = { b = { title = "办法" } }
fields = { "pair.similarity" = "percent", "pair.hours" = "number" }
clause = [{ id = "g", kind = "gate", require = { "pair.similarity" = { at_least = "80 %" } }, basis = "b:1" }]
""",
    name="test.toml",
)


@pytest.mark.parametrize(("fact", "share"), [(1, Fraction(1)), ("100 %", Fraction(1)), ("0.8", Fraction(4, 5)), (0, 0)])
def test_a_share_is_read(fact, share):
    assert typed("pair.similarity", PERCENT, fact) == share


@pytest.mark.parametrize(("fact", "percent"), [(80, "8000 %"), ("1.01", "101 %"), ("101 %", "101 %")])
def test_more_than_the_whole_is_no_share(fact, percent):
    with pytest.raises(MalformedError) as caught:
        typed("pair.similarity", PERCENT, fact)
    assert str(caught.value) == (
        f'fact \'pair.similarity\': {fact} is {percent}; write "80 %" or "0.8"; a share is 100 % at most'
    )
    assert typed("pair.hours", FieldType("number"), fact) > 1


def test_a_book_is_not_told_of_a_share_above_the_whole():
    assert fitted(BOOK, "pair", {"similarity": Fraction(80), "hours": Fraction(80)}) == {"hours": 80}
    assert fitted(BOOK, "pair", {"similarity": Fraction(1)}) == {"similarity": 1}


def test_truth_is_no_number():
    with pytest.raises(MalformedError, match="True is no percent"):
        typed("pair.similarity", PERCENT, True)
