"""Which known word a misspelt one is like."""

import pytest
from hypothesis import given, strategies as st

from creditbank.codec.near import near

KEYS = ("id", "kind", "basis", "require", "at_most", "at_least", "of", "over", "per", "code")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("knd", "kind"),
        ("requires", "require"),
        ("atmost", "at_most"),
        ("at_leas", "at_least"),
        ("codes", "code"),
        ("kinds", "kind"),
        ("条件", ""),
        ("percent", ""),
        ("", ""),
    ],
)
def test_the_word_that_is_meant(word, expected):
    assert near(word, KEYS) == expected


def test_what_is_half_like_is_not_meant():
    assert near("kind", ["id"]) == ""
    assert near("abcd", ["abcx"]) == "abcx", "three quarters are enough"
    assert near("abcd", ["abxy"]) == ""


@given(st.text("abc", max_size=6), st.lists(st.text("abc", max_size=6), max_size=5))
def test_a_word_that_is_known_is_itself(word, known):
    assert near(word, [*known, word]) == word
    assert near(word, known) in {*known, ""}
