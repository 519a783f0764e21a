"""
Numbers of skill certificates: a list of published layouts to try, and a warning, never a refusal, where none fits.

The layouts contradict one another. Two are published as *the* number of a 职业技能等级证书: 22 characters that begin with
Y or S, and 20 that begin with R. Neither has a check character, and no official text decides between them. A number that
fits none is therefore kept as given, with a :class:`NumberWarning`; a number that fits may still be nobody's.

X certificates (1+X, education ministry) have no published layout: their numbers are unique per issuer and else opaque.
Ask for them with ``formats=(X_OPAQUE,)``; that layout is not among ``FORMATS``, because everything fits it.

Numbers are personal: ``repr`` and warnings do not show them.
"""

from typing import Final

import attrs

from creditbank.domain.identifier import masked, normalised
from creditbank.domain.level import Level
from creditbank.errors import MalformedError

__all__ = [
    "FORMATS",
    "X_OPAQUE",
    "Match",
    "NumberFormat",
    "NumberWarning",
    "Part",
    "match_certificate_number",
    "number_warning",
]

NUMBER_SIZE_MAX = 64
"""Characters in a number: the longest published layout has 22, an opaque one gets room."""

PARTS_MAX = 16
"""Parts in a layout: the longest published one has seven."""

_DIGITS: Final = "0123456789"
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SKILL_DIGITS: Final = "12345"


@attrs.frozen
class Part:
    """*size* characters, each one of *alphabet* (ASCII, upper case)."""

    name: str
    alphabet: str
    size: int

    def __attrs_post_init__(self) -> None:
        where = f"part {self.name!r} of a certificate number"
        if not self.name:
            raise MalformedError("no name", where, "name what the characters say")
        if not self.alphabet or normalised(self.alphabet) != self.alphabet:
            raise MalformedError("letters that are never found", where, "list ASCII characters, letters upper-case")
        if not 1 <= self.size <= NUMBER_SIZE_MAX:
            raise MalformedError(f"{self.size} characters", where, f"use 1 to {NUMBER_SIZE_MAX}")


@attrs.frozen
class NumberFormat:
    """
    One published layout: *parts* in order; none at all means opaque, which any printable text fits.

    The level is *value* of *framework* in every number, or the part called ``level`` where *value* is empty; a layout
    that says no level has neither.
    """

    id: str
    name: str
    parts: tuple[Part, ...]
    framework: str
    value: str
    source: str

    def __attrs_post_init__(self) -> None:
        where = f"certificate number format {self.id!r}"
        names = [part.name for part in self.parts]
        if not self.id or not self.name or not self.source:
            raise MalformedError("no id, name or source", where, "say all three")
        if len(names) > PARTS_MAX or len(set(names)) != len(names):
            raise MalformedError("too many parts, or two of one name", where, f"use up to {PARTS_MAX}, names once")
        if sum(part.size for part in self.parts) > NUMBER_SIZE_MAX:
            raise MalformedError("too many characters", where, f"use up to {NUMBER_SIZE_MAX}")
        if bool(self.framework) != bool(self.value or "level" in names):
            raise MalformedError("half a level", where, "name a framework, and a value or a part called level; or none")
        if self.value and "level" in names:
            raise MalformedError("two levels", where, "name a value or a part called level")

    @property
    def size(self) -> int | None:
        """Characters of every number; None if opaque."""
        return sum(part.size for part in self.parts) or None

    def fits(self, text: str) -> bool:
        """Whether normalised *text* is of this layout."""
        if self.size is None:
            return 1 <= len(text) <= NUMBER_SIZE_MAX and text == text.strip() and text.isprintable()
        alphabets = [part.alphabet for part in self.parts for _ in range(part.size)]
        return len(text) == self.size and all(each in alphabet for each, alphabet in zip(text, alphabets, strict=True))


@attrs.frozen(repr=False)
class Match:
    """That normalised *text* is of *format*. It says nothing of whether such a certificate was issued."""

    format: NumberFormat
    text: str

    def __attrs_post_init__(self) -> None:
        assert self.format.fits(self.text), "a match is made of what was matched"

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """(name, characters) of each part, in order. A year is two digits, of no century."""
        found, start = [], 0
        for part in self.format.parts:
            found.append((part.name, self.text[start : start + part.size]))
            start += part.size
        return tuple(found)

    @property
    def level(self) -> Level | None:
        """The level that the number states, in the layout's own framework; None if it states none."""
        if not self.format.framework:
            return None
        return Level(self.format.framework, self.format.value or dict(self.parts)["level"])

    def __repr__(self) -> str:
        shown = masked(self.text) if len(self.text) > 2 else "*" * len(self.text)
        return f"Match({self.format.id!r}, {shown!r})"


@attrs.frozen
class NumberWarning:
    """A number of *size* characters is of none of the layouts *tried*. It is kept as given."""

    size: int
    tried: tuple[str, ...]

    def __str__(self) -> str:
        layouts = ", ".join(self.tried) or "none"
        return (
            f"the certificate number ({self.size} characters) fits no known layout (tried: {layouts}); "
            "compare it with the certificate; it is kept as given"
        )


def match_certificate_number(text: str, formats: tuple[NumberFormat, ...] | None = None) -> tuple[Match, ...]:
    """
    Return every match of *text* among *formats* (None: ``FORMATS``), in their order; none is no refusal.

    Full-width and lower-case characters are normalised first; an opaque layout is tried on the text as it stands.
    """
    narrow = normalised(text)
    tried = ((each, text if each.size is None else narrow) for each in _formats(formats))
    return tuple(Match(each, candidate) for each, candidate in tried if each.fits(candidate))


def number_warning(text: str, formats: tuple[NumberFormat, ...] | None = None) -> NumberWarning | None:
    """Return a warning where :func:`match_certificate_number` finds nothing, else None."""
    if match_certificate_number(text, formats):
        return None
    return NumberWarning(len(text), tuple(each.id for each in _formats(formats)))


def _formats(formats: tuple[NumberFormat, ...] | None) -> tuple[NumberFormat, ...]:
    return FORMATS if formats is None else formats


FORMATS: Final[tuple[NumberFormat, ...]] = (
    NumberFormat(
        "skill-22",
        "职业技能等级证书编号,22 位",
        (
            Part("assessor", "YS", 1),  # Y 用人单位, S 社会培训评价组织
            Part("agency", _DIGITS, 4),  # what bodies registered in a province get is garbled in the source: any digits
            Part("province", _DIGITS, 2),
            Part("site", _DIGITS, 6),
            Part("year", _DIGITS, 2),
            Part("level", _SKILL_DIGITS, 1),
            Part("serial", _DIGITS, 6),
        ),
        "skill-5",
        "",
        "人社部门职业技能等级证书编码规则, as reprinted at jmdrkj.cn/209234.html",
    ),
    NumberFormat(
        "skill-20",
        "职业技能等级证书编号,20 位(与 22 位编号并存)",
        (
            Part("kind", "R", 1),
            Part("filed", "GSCX", 1),  # 国家, 省, 市 (city), 县
            Part("assessor", "NW", 1),  # N 用人单位, W 第三方
            Part("region", _DIGITS, 6),
            Part("agency", _DIGITS, 3),
            Part("year", _DIGITS, 2),
            Part("level", _SKILL_DIGITS, 1),
            Part("serial", _DIGITS, 5),
        ),
        "skill-5",
        "",
        "a second coding rule, as reprinted at yingxiaofangan.com/n/346736.html; contradicts skill-22",
    ),
    NumberFormat(
        "special-technician-22",
        "特级技师证书编号",
        (Part("letters", _LETTERS, 2), Part("digits", _DIGITS, 20)),
        "skill-8",
        "特级技师",
        "特级技师评聘, as reprinted at max.book118.com/html/2023/0227/8016057074005041.shtm",
    ),
    NumberFormat(
        "qualification-16",
        "国家职业资格证书编号(旧)",
        (
            Part("year", _DIGITS, 2),
            Part("province", _DIGITS, 2),
            Part("city", _DIGITS, 2),
            Part("agency-kind", "01234", 1),
            Part("agency", _DIGITS, 3),
            Part("level", _SKILL_DIGITS, 1),
            Part("serial", _DIGITS, 5),
        ),
        "skill-5",
        "",
        "职业资格证书编码规则, as reprinted at qqbanlv.com/wenku/12/315172.html; the size of the serial is inferred",
    ),
)
"""Layouts of certificates that the ministry of labour's organisations issue; give your own list where you know better."""

X_OPAQUE: Final = NumberFormat(
    "x-opaque",
    "1+X 职业技能等级证书编号",
    (),
    "",
    "",
    "no layout is published (looked for and not found)",
)
"""The number of an X certificate: any printable text, unique per issuer; not normalised."""
