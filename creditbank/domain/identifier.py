"""
The numbers that people and organisations in China go by: shape and check character, never whether somebody bears one.

Each value holds its text normalised: full-width letters and digits made narrow, letters upper-case. ``str`` gives it in
full; ``repr`` and every error message do not, because both end in logs. A refused text is not echoed either, not even
in part: people paste one number into another's field.
"""

import re
from datetime import date
from typing import ClassVar, Literal, Self

import attrs

from creditbank.errors import MalformedError

__all__ = [
    "PROVINCE",
    "Masked",
    "PupilNumber",
    "ResidentId",
    "SocialCreditCode",
    "check_size",
    "masked",
    "normalised",
]

BIRTH_YEAR_MIN = 1800
"""The oldest people alive when the 18-character number came, in 1999, were born after this."""

_NARROW = {wide: wide - 0xFEE0 for wide in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
"""Full-width 0-9, A-Z, a-z to their narrow forms (Unicode, Halfwidth and Fullwidth Forms)."""


class Masked:
    """A value whose ``str`` shows its number and whose ``repr`` does not. attrs must not write another: ``repr=False``."""

    __slots__ = ()

    text: str

    @property
    def masked(self) -> str:
        """First and last character, the rest as ``*``."""
        return masked(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.masked!r})"


# --- organisations ----------------------------------------------------------------------------------------------------


@attrs.frozen(repr=False)
class SocialCreditCode(Masked):
    """
    统一社会信用代码 of an organisation: department, kind, 6 digits of region, 9 of the organisation, check character.

    Source: GB 32100-2015. The nine characters of the organisation have a check of their own (GB 11714), not asked here.
    """

    SIZE: ClassVar[int] = 18
    ALPHABET: ClassVar[str] = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    DEPARTMENTS: ClassVar[str] = "123456789ANY"
    _SHAPE: ClassVar[re.Pattern[str]] = re.compile(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")
    _WHERE: ClassVar[str] = "统一社会信用代码 (unified social credit code)"

    text: str

    def __attrs_post_init__(self) -> None:
        check_size(self.text, self.SIZE, self._WHERE)
        if not self._SHAPE.fullmatch(self.text):
            raise MalformedError(
                "a character that cannot stand there",
                self._WHERE,
                "use 0-9 and A-Z without I, O, S, V, Z; digits for 3 to 8",
            )
        if self.text[0] not in self.DEPARTMENTS:
            raise MalformedError(
                "no department registers under the first character",
                self._WHERE,
                f"begin with one of {', '.join(self.DEPARTMENTS)}",
            )
        if self.text[-1] != self._check_character():
            raise MalformedError(
                "the check character does not fit", self._WHERE, "compare every character with the original"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read a code, normalising it.

        Raises, in this order:
            MalformedError: size; characters; department; check character.
        """
        return cls(normalised(text))

    @property
    def department(self) -> str:
        """登记管理部门: who registers it, one of ``DEPARTMENTS`` (``1`` 机构编制, ``5`` 民政, ``9`` 工商, …)."""
        return self.text[0]

    @property
    def kind(self) -> str:
        """机构类别: what kind of organisation; what it means depends on the department."""
        return self.text[1]

    @property
    def region(self) -> str:
        """行政区划: the six digits of the place of registration, as they were then."""
        return self.text[2:8]

    def _check_character(self) -> str:
        total = sum(self.ALPHABET.index(each) * pow(3, i, 31) for i, each in enumerate(self.text[:-1]))
        # The outer remainder matters: without it a total divisible by 31 asks for the 32nd of 31 characters.
        return self.ALPHABET[-total % 31]


# --- people -----------------------------------------------------------------------------------------------------------

PROVINCE = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]")
"""First two digits of every mainland region code that was ever in force (GB/T 2260)."""

_PERMITS = ("81", "82", "83")
"""First two digits in the residence permits of people from Hong Kong, Macao and Taiwan."""

_TAIWAN = "71"
"""First two digits of Taiwan in GB/T 2260."""


@attrs.frozen(repr=False)
class ResidentId(Masked):
    """
    公民身份号码: 6 digits of region, 8 of birth, 3 serial, check character; also the numbers of both residence permits.

    The region is that of the first registration, and codes die: it is only asked that the first two digits are some
    province's. In a foreigner's permit the first six are ``9``, the province that issued it, and the nationality.

    Source: GB 11643, check character ISO 7064 MOD 11-2; the permits are 港澳台居民居住证 (regions 810000 to 830000)
    and the 外国人永久居留身份证 of 2023.
    """

    SIZE: ClassVar[int] = 18
    _SHAPE: ClassVar[re.Pattern[str]] = re.compile(r"[0-9]{17}[0-9X]")
    _WHERE: ClassVar[str] = "公民身份号码 (resident identity number)"

    text: str

    def __attrs_post_init__(self) -> None:
        check_size(self.text, self.SIZE, self._WHERE)
        if not self._SHAPE.fullmatch(self.text):
            raise MalformedError("a character that cannot stand there", self._WHERE, "use 17 digits, then a digit or X")
        if not self._has_region():
            raise MalformedError(
                "the region is in no province", self._WHERE, "compare the first six digits with the card"
            )
        _birth(self.text[6:14], self._WHERE)
        if self.text[-1] != _mod_11_2(self.text[:-1]):
            raise MalformedError(
                "the check character does not fit", self._WHERE, "compare every character with the card"
            )

    @classmethod
    def parse(cls, text: str, *, on: date | None = None) -> Self:
        """
        Read a number, normalising it; with *on*, a birth after that day is refused.

        Raises, in this order:
            MalformedError: size; characters; region; birth is no day; check character; birth after *on*.
        """
        number = cls(normalised(text))
        _check_born(number.birth, on, cls._WHERE)
        return number

    @property
    def kind(self) -> Literal["citizen", "hong-kong-macao-taiwan-permit", "foreigner-permit"]:
        """What its first digits say it is the number of."""
        if self.text[0] == "9":
            return "foreigner-permit"
        return "hong-kong-macao-taiwan-permit" if self.text[:2] in _PERMITS else "citizen"

    @property
    def region(self) -> str:
        """The first six digits."""
        return self.text[:6]

    @property
    def birth(self) -> date:
        """Day of birth."""
        return _birth(self.text[6:14], self._WHERE)

    @property
    def sex(self) -> Literal["male", "female"]:
        """As the 17th digit says: odd is male."""
        return "male" if int(self.text[16]) % 2 else "female"

    def _has_region(self) -> bool:
        if self.text[0] == "9":
            return PROVINCE.fullmatch(self.text[1:3]) is not None
        return self.text[:2] in (*_PERMITS, _TAIWAN) or PROVINCE.fullmatch(self.text[:2]) is not None


@attrs.frozen(repr=False)
class PupilNumber(Masked):
    """
    学籍号, the national pupil number: a letter and 18 characters; one per person for life.

    - ``G``: a :class:`ResidentId` follows, and is checked in full.
    - ``J`` (formal, without identity number): 6 digits of region, 8 of birth, 3 serial, 1 check character. How the
      check is made is not published, so it is *not* verified.
    - ``L`` (temporary): 6 digits of the school's region, 8 of birth, 4 random. Only shape and day can be checked.
    """

    SIZE: ClassVar[int] = 19
    _SHAPE: ClassVar[re.Pattern[str]] = re.compile(r"G[0-9X]{18}|J[0-9]{17}[0-9X]|L[0-9]{14}[0-9A-Z]{4}")
    _WHERE: ClassVar[str] = "学籍号 (pupil number)"

    text: str

    def __attrs_post_init__(self) -> None:
        check_size(self.text, self.SIZE, self._WHERE)
        if not self._SHAPE.fullmatch(self.text):
            raise MalformedError(
                "a character that cannot stand there", self._WHERE, "begin with G, J or L, then use digits"
            )
        if self.text[0] == "G":
            ResidentId(self.text[1:])
        else:
            _birth(self.text[7:15], self._WHERE)

    @classmethod
    def parse(cls, text: str, *, on: date | None = None) -> Self:
        """
        Read a number, normalising it; with *on*, a birth after that day is refused.

        Raises, in this order:
            MalformedError: size; characters; for ``G`` as :class:`ResidentId`, else birth is no day; born after *on*.
        """
        number = cls(normalised(text))
        _check_born(number.birth, on, cls._WHERE)
        return number

    @property
    def kind(self) -> Literal["G", "J", "L"]:
        """Formal with identity number, formal without, temporary."""
        match self.text[0]:
            case "G":
                return "G"
            case "J":
                return "J"
            case _:
                return "L"

    @property
    def verified(self) -> bool:
        """Whether a check character was verified: only ``G`` has one that can be."""
        return self.kind == "G"

    @property
    def resident(self) -> ResidentId | None:
        """The identity number inside a ``G`` number; the person's present one may be another."""
        return ResidentId(self.text[1:]) if self.kind == "G" else None

    @property
    def region(self) -> str:
        """The six digits of region."""
        return self.text[1:7]

    @property
    def birth(self) -> date:
        """Day of birth."""
        return _birth(self.text[7:15], self._WHERE)


# --- helpers ----------------------------------------------------------------------------------------------------------


def normalised(text: str) -> str:
    """Make full-width letters and digits narrow, then ASCII letters upper-case; all else stays."""
    narrow = text.translate(_NARROW)
    # Only ASCII: upper() turns some letters of other scripts into one or two of ours.
    return narrow.upper() if narrow.isascii() else narrow


def masked(text: str) -> str:
    """First and last character (there are two or more), the rest as ``*``."""
    return text[0] + "*" * (len(text) - 2) + text[-1]


def check_size(text: str, size: int, where: str) -> None:
    """Refuse what has not *size* characters, without echoing it."""
    if len(text) != size:
        raise MalformedError(f"{len(text)} characters", where, f"write all {size} characters, without spaces")


def _birth(digits: str, where: str) -> date:
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        day = None
    if day is None or day.year < BIRTH_YEAR_MIN:
        raise MalformedError("the day of birth is no day", where, f"write it YYYYMMDD, from {BIRTH_YEAR_MIN} on")
    return day


def _check_born(birth: date, on: date | None, where: str) -> None:
    if on is not None and birth > on:
        raise MalformedError(f"born after {on}", where, "compare the day of birth with the card")


def _mod_11_2(digits: str) -> str:
    """Return the check character of *digits* (ISO 7064 MOD 11-2: finds every single error and every adjacent swap)."""
    total = sum(int(each) * pow(2, len(digits) - i, 11) for i, each in enumerate(digits))
    return "10X98765432"[total % 11]
