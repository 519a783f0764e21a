"""
Numbers of schools and of the diplomas they give: shape only, for neither has a check character.

A school's code is public. A diploma's number is personal: ``repr`` does not show it. No refusal echoes a text, because
people paste one number into another's field.
"""

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import ClassVar, Final, Self

import attrs

from creditbank.domain.identifier import PROVINCE, Masked, check_size, normalised
from creditbank.errors import MalformedError

__all__ = ["DiplomaNumber", "InstitutionCode"]

REGISTERED_SINCE_YEAR: Final = 2002
"""From this year on a diploma's serial has six digits, not five."""

DIPLOMA_YEAR_MIN: Final = 1949
"""No diploma of the People's Republic is older."""


@attrs.frozen
class InstitutionCode:
    """
    学校(机构)标识码, ten digits: 2 of kind, 2 of province, 6 serial.

    A school that closes keeps its code for ever, one that is renamed keeps it too, one that changes its kind gets
    another: equal codes mean one school, different codes do not mean two.

    Source: 学校(机构)代码管理办法 of the education ministry, as reprinted (m.doczj.com/doc/6d15288673.html).
    """

    SIZE: ClassVar[int] = 10
    KINDS: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "31": "普通初中",
            "34": "普通高中",
            "36": "中等职业学校",
            "41": "普通高校",
            "42": "成人高校",
            "92": "民办的其他高等教育机构",
            "93": "中等职业培训机构",
        }
    )
    """The kinds that we found named; the list is not complete, and a kind that it lacks is not refused."""
    HIGHER: ClassVar[tuple[str, ...]] = ("41", "42")
    """The kinds whose serial is ``0`` and the five digits of the older code."""
    _WHERE: ClassVar[str] = "学校(机构)标识码 (institution code)"

    text: str

    def __attrs_post_init__(self) -> None:
        check_size(self.text, self.SIZE, self._WHERE)
        if not re.fullmatch("[0-9]{10}", self.text):
            raise MalformedError("a character that cannot stand there", self._WHERE, "use digits only")
        if not PROVINCE.fullmatch(self.province):
            raise MalformedError("no province", self._WHERE, "compare the third and fourth digit with the list")
        if self.kind in self.HIGHER and self.serial[0] != "0":
            raise MalformedError(
                "a university's serial that does not begin with 0",
                self._WHERE,
                "write 0 and the five digits of the older code at the end",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read a code, normalising it.

        Raises, in this order:
            MalformedError: size; characters; province; serial of a university.
        """
        return cls(normalised(text))

    @property
    def kind(self) -> str:
        """The first two digits; what they mean, where known, is in ``KINDS``."""
        return self.text[:2]

    @property
    def province(self) -> str:
        """The first two digits of the province's region code (GB/T 2260)."""
        return self.text[2:4]

    @property
    def serial(self) -> str:
        """The last six digits."""
        return self.text[4:]

    @property
    def older(self) -> str | None:
        """The five digits that diplomas still bear (院校代码); None for schools that are no universities."""
        return self.serial[1:] if self.kind in self.HIGHER else None

    def __str__(self) -> str:
        return self.text


@attrs.frozen(repr=False)
class DiplomaNumber(Masked):
    """
    高校学历证书编号: 5 digits of the school, 1 of type, 4 of year, 2 of level, 6 serial (5 before 2002, so 17 in all).

    Which universities, types and levels there are is not asked: the published lists are not complete. Diplomas of the
    self-study examination (自学考试) may have another layout altogether, and degree certificates (学位证书) have.

    Source: 高等教育学历证书电子注册 rules, as reprinted alike by three (cbu.org.cn/bkbyzmb/1217.html and others).
    """

    TYPES: ClassVar[Mapping[str, str]] = MappingProxyType({"1": "普通", "5": "成人", "6": "自考或文凭", "7": "网络"})
    LEVELS: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"01": "博士", "02": "硕士", "04": "第二学士", "05": "本科", "06": "专科(含高职)"}
    )
    _WHERE: ClassVar[str] = "学历证书编号 (diploma number)"

    text: str

    def __attrs_post_init__(self) -> None:
        if len(self.text) not in (17, 18):
            raise MalformedError(
                f"{len(self.text)} characters", self._WHERE, "write all 18 digits (17 before 2002), without spaces"
            )
        if not re.fullmatch("[0-9]{17,18}", self.text):
            raise MalformedError("a character that cannot stand there", self._WHERE, "use digits only")
        if self.year < DIPLOMA_YEAR_MIN:
            raise MalformedError(
                "the year is none", self._WHERE, f"write it in four digits, from {DIPLOMA_YEAR_MIN} on"
            )
        if (self.year >= REGISTERED_SINCE_YEAR) != (len(self.text) == 18):
            raise MalformedError(
                "the year does not fit the size",
                self._WHERE,
                f"write 18 digits for a diploma from {REGISTERED_SINCE_YEAR} on, 17 for an older one",
            )

    @classmethod
    def parse(cls, text: str, *, on: date | None = None) -> Self:
        """
        Read a number, normalising it; with *on*, a year after that day's is refused.

        Raises, in this order:
            MalformedError: size; characters; year; year and size do not agree; of a year after *on*.
        """
        number = cls(normalised(text))
        if on is not None and number.year > on.year:
            raise MalformedError(f"of a year after {on.year}", cls._WHERE, "compare the year with the diploma")
        return number

    @property
    def school(self) -> str:
        """The five digits of the school: :attr:`InstitutionCode.older` of the one that gave it."""
        return self.text[:5]

    @property
    def type(self) -> str:
        """The digit of type; what it means, where known, is in ``TYPES``."""
        return self.text[5]

    @property
    def year(self) -> int:
        """The year of graduation."""
        return int(self.text[6:10])

    @property
    def level(self) -> str:
        """The two digits of level; what they mean, where known, is in ``LEVELS``."""
        return self.text[10:12]

    @property
    def serial(self) -> str:
        """The last six digits; five before 2002."""
        return self.text[12:]
