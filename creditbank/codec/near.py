"""Words that are meant: a misspelt key is told with the key that it is like."""

from collections.abc import Iterable
from difflib import SequenceMatcher

__all__ = ["near"]


def near(word: str, known: Iterable[str]) -> str:
    """
    Return the one of *known* that is most like *word*: at least three quarters of their letters agree; "" if none is.

    With less, 'kind' would be taken for 'id'.
    """
    agree = {one: _agreeing(word, one) for one in known}
    like = [one for one in sorted(agree) if 4 * agree[one] >= 3 * (len(word) + len(one))]
    return max(like, key=lambda one: agree[one] - len(one), default="")


def _agreeing(one: str, other: str) -> int:
    """Count the letters that stand in both in one order, those of either."""
    return 2 * sum(block.size for block in SequenceMatcher(None, one, other).get_matching_blocks())
