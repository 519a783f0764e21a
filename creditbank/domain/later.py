"""Mappings that are read when they are first looked into: most questions about an account look into few of them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

__all__ = ["Later", "put"]

K = TypeVar("K")
V = TypeVar("V")


class Later(Mapping[K, V], Generic[K, V]):
    """
    What *read* makes of *raw*, and *more* laid over it. Read once, and equal to a mapping of the same.

    Two threads that look into it at once may both read it: they read the same.
    """

    __slots__ = ("_all", "_read", "more", "raw")

    def __init__(self, raw: bytes, read: Callable[[bytes], Mapping[K, V]], more: Mapping[K, V] | None = None) -> None:
        self.raw = raw
        self.more: Mapping[K, V] = more or {}
        self._read = read
        self._all: Mapping[K, V] | None = None

    def with_(self, key: K, value: V) -> "Later[K, V]":
        """Return the mapping with *key* put to *value*, still not read."""
        return Later(self.raw, self._read, {**self.more, key: value})

    @property
    def all(self) -> Mapping[K, V]:
        """Return everything."""
        if self._all is None:
            self._all = {**self._read(self.raw), **self.more}
        return self._all

    def __getitem__(self, key: K) -> V:
        return self.all[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)

    def __repr__(self) -> str:
        return repr(self.all)

    def __reduce__(self) -> tuple[type[dict[K, V]], tuple[dict[K, V]]]:
        """Copies and pickles are plain mappings."""
        return dict, (dict(self.all),)


def put(mapping: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    """Return *mapping* with *key* put to *value*: where it was, or at the end."""
    return mapping.with_(key, value) if isinstance(mapping, Later) else {**mapping, key: value}
