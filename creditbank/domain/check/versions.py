"""
Versions of one book side by side: gaps and overlaps of their dates, and two documents that call themselves the same.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise

from creditbank.domain.check.about import named
from creditbank.domain.check.finding import BookFinding
from creditbank.domain.rule.book import RuleBook

__all__ = ["check_versions"]


def check_versions(books: Iterable[RuleBook]) -> Iterator[BookFinding]:
    """
    Yield what is found between versions, oldest first.

    One without an end lasts until the next begins, as the bank has it; one that says when it ends is taken at its word.
    """
    ordered = sorted(books, key=lambda book: (book.book, book.since, book.version))
    for _, versions in groupby(ordered, key=lambda book: book.book):
        for one, other in pairwise(versions):
            yield from _between(one, other)


def _between(one: RuleBook, other: RuleBook) -> Iterator[BookFinding]:
    both = (named(one), named(other))
    if one.version == other.version:
        if one != other:
            yield BookFinding(
                "version", both[0], (), "两份文本都自称这一版本", "two documents call themselves this version"
            )
        return
    if one.since == other.since:
        yield BookFinding(
            "overlap",
            both[0],
            both[1:],
            f"与{both[1]}同日施行({one.since}):后发布的完全取代先发布的",
            f"it begins on the same day ({one.since}) as {both[1]}: the later one published replaces it wholly",
        )
    elif one.until is not None and one.until > other.since:
        yield BookFinding(
            "overlap",
            both[0],
            both[1:],
            f"写明施行至{one.until},而{both[1]}自{other.since}施行",
            f"it says that it ends on {one.until}, and {both[1]} begins on {other.since}",
        )
    elif one.until is not None and one.until < other.since:
        yield BookFinding(
            "gap",
            both[0],
            both[1:],
            f"{one.until}终止,{both[1]}自{other.since}施行:其间没有办法可依",
            f"it ends on {one.until}, and {both[1]} begins on {other.since}: no version serves the days between",
        )
