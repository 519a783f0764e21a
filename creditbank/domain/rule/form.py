"""
Forms: what workings hash of rows that differ in nothing but the values of fields.
"""

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter

import attrs

__all__ = ["Form"]


@attrs.frozen(eq=False)
class Form:
    """Texts with a gap after each but the last, which the value of a field fills; *values* finds those, in order."""

    texts: list[bytes]
    values: Callable[[Mapping[str, bytes]], Iterable[bytes]]

    @classmethod
    def of(cls, texts: Iterable[bytes], fields: tuple[str, ...]) -> "Form":
        """Put *texts* around the gaps for *fields*: there is one text more."""
        first, *rest = texts
        assert len(rest) == len(fields), "a text stands on each side of a field"
        found = [first]
        for text in rest:
            found += (b"", text)
        return cls(found, _values(fields))

    def filled(self, spelled: Mapping[str, bytes]) -> list[bytes]:
        """Return the texts with the fields among them as *spelled*."""
        found = self.texts[:]
        found[1::2] = self.values(spelled)
        return found


def _values(fields: tuple[str, ...]) -> Callable[[Mapping[str, bytes]], Iterable[bytes]]:
    if len(fields) > 1:
        return itemgetter(*fields)
    return lambda spelled: [spelled[field] for field in fields]
