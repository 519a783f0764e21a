"""
Codes of majors (专业代码): a code means something only in one edition of the catalogue, so it is written with it.

    vocational-2021:510203      vocational-2025:610119

Six digits, two each for 大类, 类 and 专业, and ``K`` behind where the state controls the major (国控). Editions are data:
give your own where you have a catalogue that is not among ``MAJOR_EDITIONS``.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, Literal, TypeAlias

import attrs

from creditbank.domain.identifier import normalised
from creditbank.errors import MalformedError

__all__ = ["MAJOR_EDITIONS", "MajorCode", "MajorEdition", "Tier", "TierRange"]

Tier: TypeAlias = Literal["secondary", "associate", "bachelor"]
"""中职, 高职专科, 高职本科: the three tiers of vocational education."""

_EDITION_ID = re.compile(r"[a-z][a-z0-9-]{0,31}")
_CODE = re.compile(r"[0-9]{6}K?")


@attrs.frozen
class TierRange:
    """Codes whose first two digits are *first* to *last*, both included, are of *tier*; *size* majors, where known."""

    tier: Tier
    first: int
    last: int
    size: int | None

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.first <= self.last <= 99:
            raise MalformedError(
                f"first digits {self.first} to {self.last}", f"tier {self.tier}", "use 0 to 99, the lower first"
            )


@attrs.frozen
class MajorEdition:
    """One edition of a catalogue of majors: which tiers it has, and under which first digits; *source* publishes it."""

    id: str
    name: str
    tiers: tuple[TierRange, ...]
    source: str

    def __attrs_post_init__(self) -> None:
        where = f"catalogue of majors {self.id!r}"
        if not _EDITION_ID.fullmatch(self.id):
            raise MalformedError("a name that is none", where, "use 1 to 32 of a-z, 0-9 and -, beginning with a letter")
        if not self.name or not self.tiers or not self.source:
            raise MalformedError("no name, tiers or source", where, "say all three")
        ordered = sorted(self.tiers, key=lambda each: each.first)
        if any(before.last >= after.first for before, after in pairwise(ordered)):
            raise MalformedError("two tiers share first digits", where, "give every pair of digits to one tier")

    def code(self, text: str) -> "MajorCode":
        """
        Read a code of this edition, normalising it: ``510203``, ``620104k``.

        Raises, in this order:
            MalformedError: shape; no tier has the first two digits.
        """
        return MajorCode(self, normalised(text))


@attrs.frozen
class MajorCode:
    """The major whose normalised code is *text* in the catalogue *edition*; read one by :meth:`MajorEdition.code`."""

    edition: MajorEdition
    text: str

    def __attrs_post_init__(self) -> None:
        where = f"专业代码 ({self.edition.id})"
        if not _CODE.fullmatch(self.text):
            raise MalformedError("not the code of a major", where, "write six digits, then K if the major has it")
        if self._range is None:
            spans = ", ".join(f"{each.first:02} to {each.last:02}" for each in self.edition.tiers)
            raise MalformedError("no tier has the first two digits", where, f"begin with {spans}")

    @classmethod
    def parse(cls, text: str, editions: "Iterable[MajorEdition] | None" = None) -> "MajorCode":
        """
        Read ``edition:code``, as ``str`` writes it, of *editions* (None: ``MAJOR_EDITIONS``).

        Raises, in this order:
            MalformedError: no colon; no such edition; as :meth:`MajorEdition.code`; not written as ``str`` would.
        """
        known = {each.id: each for each in (MAJOR_EDITIONS.values() if editions is None else editions)}
        edition, colon, code = text.partition(":")
        if not colon:
            raise MalformedError("no edition", "专业代码", 'write "edition:code", like "vocational-2021:510203"')
        if edition not in known:
            raise MalformedError("no edition of that name", "专业代码", f"use one of {', '.join(known)}, or give yours")
        found = known[edition].code(code)
        if str(found) != text:
            raise MalformedError("not plain letters and digits", "专业代码", "write narrow digits and a capital K")
        return found

    @property
    def tier(self) -> Tier:
        """Which tier has its first two digits in this edition."""
        return self._in().tier

    @property
    def branch(self) -> int:
        """
        The number of its 大类 in its tier, from 1.

        In the vocational editions the same number in another tier is the same field of work, so that pathways (中高本贯通)
        can be compared by it; that is inferred from codes, not stated.
        """
        return int(self.category) - self._in().first + 1

    @property
    def controlled(self) -> bool:
        """Whether the state controls the major (国控, ``K``)."""
        return self.text.endswith("K")

    @property
    def category(self) -> str:
        """大类: the first two digits."""
        return self.text[:2]

    @property
    def subcategory(self) -> str:
        """类: the first four digits."""
        return self.text[:4]

    def __str__(self) -> str:
        return f"{self.edition.id}:{self.text}"

    @property
    def _range(self) -> TierRange | None:
        return next((each for each in self.edition.tiers if each.first <= int(self.category) <= each.last), None)

    def _in(self) -> TierRange:
        found = self._range
        assert found is not None, "a code without tier is refused when it is made"
        return found


def _vocational(secondary: int | None, associate: int | None, bachelor: int | None) -> tuple[TierRange, ...]:
    return (
        TierRange("bachelor", 21, 39, bachelor),
        TierRange("associate", 41, 59, associate),
        TierRange("secondary", 61, 79, secondary),
    )


MAJOR_EDITIONS: Final[dict[str, MajorEdition]] = {
    each.id: each
    for each in (
        MajorEdition(
            "vocational-2021",
            "职业教育专业目录(2021年)",
            _vocational(358, 744, 247),
            "education ministry, 教职成〔2021〕2号; which digits begin a tier is inferred from its codes",
        ),
        MajorEdition(
            "vocational-2025",
            "职业教育专业目录(2025年12月版)",
            _vocational(None, None, None),  # 1,491 in all; by tier not found
            "education ministry, moe.gov.cn/s78/A07/zcs_ztzl/2017_zt06/17zt06_bznr/zhijiao/; digits as in 2021 (inferred)",
        ),
    )
}
"""Editions of the catalogue of vocational majors, by id."""
