"""
Levels: (framework, value). Frameworks are data; what two of them have in common is only what a sourced row says.

No official table between the three X levels and the skill steps was found, none for the open university's ten grades,
none between Guangdong's levels and Hong Kong's, none for India's: so no row is made up here. Hong Kong's levels were
compared with Europe's (2016) and Scotland's (2017) in reports of which we could not read the tables: add those rows when
you have them.
"""

import re
from collections.abc import Iterable

import attrs

from creditbank.errors import MalformedError, UnknownError

__all__ = ["CROSSWALKS", "FRAMEWORKS", "Crosswalk", "Framework", "Level", "across", "framework"]

VALUES_MAX = 64
"""Steps in a framework: the longest that we know has twelve."""

VALUE_SIZE_MAX = 64
"""Characters in the name of one step."""

_FRAMEWORK_ID = re.compile(r"[a-z][a-z0-9-]{0,31}")


@attrs.frozen
class Level:
    """
    The step called *value* of the framework called *framework*, written ``x:中级``.

    Which of two is higher is the framework's to say: :meth:`Framework.rank`.
    """

    framework: str
    value: str

    def __attrs_post_init__(self) -> None:
        _check_id(self.framework)
        _check_value(self.value, self.framework)

    @classmethod
    def parse(cls, text: str) -> "Level":
        """Read ``framework:value``, as ``str`` writes it. Whether the framework has the value is not asked here."""
        name, colon, value = text.partition(":")
        if not colon:
            raise MalformedError(f"{text!r} has no framework", "level", 'write "framework:value", like "x:中级"')
        return cls(name, value)

    def __str__(self) -> str:
        return f"{self.framework}:{self.value}"


@attrs.frozen
class Framework:
    """
    A scale of levels, *values* from the lowest to the highest; *source* is where it is published.

    *titles*, where published, say of each value in the same order what is commonly found there; they order nothing.
    """

    id: str
    name: str
    values: tuple[str, ...]
    source: str
    titles: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        _check_id(self.id)
        where = f"framework {self.id}"
        if not 1 <= len(self.values) <= VALUES_MAX:
            raise MalformedError(f"{len(self.values)} levels", where, f"list 1 to {VALUES_MAX}, the lowest first")
        for value in self.values:
            _check_value(value, self.id)
        if len(set(self.values)) != len(self.values):
            raise MalformedError("a level is listed twice", where, "list every level once, the lowest first")
        if not self.name:
            raise MalformedError("no name", where, "say what people call it")
        if not self.source:
            raise MalformedError("no source", where, "say where the levels are published")
        if self.titles and (len(self.titles) != len(self.values) or not all(self.titles)):
            raise MalformedError("not one title for each level", where, "give each level a title, or none any")

    def level(self, value: str) -> Level:
        """Return the level called *value*. MalformedError if this framework has none."""
        level = Level(self.id, value)
        self.rank(level)
        return level

    def rank(self, level: Level) -> int:
        """
        Return where *level* stands, counting from 0 for the lowest.

        Raises, in this order:
            MalformedError: *level* is of another framework (never coerced); this framework has no such value.
        """
        if level.framework != self.id:
            raise MalformedError(
                f"level {level} is not of framework {self.id!r}",
                f"framework {self.id}",
                "compare inside one framework, or add a sourced crosswalk row",
            )
        if level.value not in self.values:
            raise MalformedError(
                f"there is no level {level.value!r}", f"framework {self.id}", f"use one of {', '.join(self.values)}"
            )
        return self.values.index(level.value)

    def title(self, level: Level) -> str | None:
        """Return what is commonly found at *level*; None where nothing is published. Refuses as :meth:`rank` does."""
        rank = self.rank(level)
        return self.titles[rank] if self.titles else None


@attrs.frozen
class Crosswalk:
    """
    One row that somebody published: *source* counts as *target*. It says nothing of the way back, or of neighbours.
    """

    source: Level
    target: Level
    citation: str

    def __attrs_post_init__(self) -> None:
        where = f"crosswalk {self.source} to {self.target}"
        if self.source.framework == self.target.framework:
            raise MalformedError("both levels are of one framework", where, "a framework's own order needs no row")
        if not self.citation:
            raise MalformedError("no source", where, "cite who published the row")


def across(level: Level, target: str, rows: Iterable[Crosswalk]) -> Level | None:
    """
    Return what *level* counts as in the framework called *target*: itself, or what *rows* say, or None.

    Rows are not chained. MalformedError if two of them disagree.
    """
    if level.framework == target:
        return level
    found = {row.target for row in rows if row.source == level and row.target.framework == target}
    if len(found) > 1:
        names = ", ".join(sorted(map(str, found)))
        raise MalformedError(f"{level} counts as {names}", "crosswalk", "keep one row for it")
    return found.pop() if found else None


def framework(id: str) -> Framework:
    """Return the framework called *id* of those that creditbank knows. UnknownError if there is none."""
    found = FRAMEWORKS.get(id)
    if found is None:
        raise UnknownError("level framework", id, f"use one of {', '.join(FRAMEWORKS)}, or declare it in the rule book")
    return found


def _check_id(text: str) -> None:
    if not _FRAMEWORK_ID.fullmatch(text):
        raise MalformedError(
            f"{text!r} does not name a framework",
            "level framework",
            "use 1 to 32 of a-z, 0-9 and -, beginning with a letter",
        )


def _check_value(text: str, framework: str) -> None:
    if not 1 <= len(text) <= VALUE_SIZE_MAX or text != text.strip() or not text.isprintable():
        raise MalformedError(
            f"{text!r} does not name a level",
            f"framework {framework}",
            f"use 1 to {VALUE_SIZE_MAX} printable characters without spaces around them",
        )


def _numbers(first: int, last: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(first, last + 1))


FRAMEWORKS: dict[str, Framework] = {
    each.id: each
    for each in (
        Framework(
            "x",
            "1+X 职业技能等级证书",
            ("初级", "中级", "高级"),
            "教职成〔2019〕6号《关于在院校实施“学历证书+若干职业技能等级证书”制度试点方案》",
        ),
        Framework(
            "skill-8",
            "新八级工",
            ("学徒工", "初级工", "中级工", "高级工", "技师", "高级技师", "特级技师", "首席技师"),
            "中共中央办公厅、国务院办公厅《关于加强新时代高技能人才队伍建设的意见》(2022)",
        ),
        Framework(
            "skill-5",
            "职业技能等级(五级),证书编号中的数字",
            ("5", "4", "3", "2", "1"),
            "人社部门职业技能等级证书编码规则 (jmdrkj.cn/209234.html): 5 is the lowest",
            ("初级工(五级)", "中级工(四级)", "高级工(三级)", "技师(二级)", "高级技师(一级)"),
        ),
        Framework(
            "ouc-10",
            "国家开放大学学习成果框架",
            _numbers(1, 10),
            "en.ouchn.edu.cn, Learning Outcomes Accreditation: ten grades; their descriptors were not found",
        ),
        Framework(
            "gd-qf",
            "广东终身教育资历框架",
            _numbers(1, 7),
            "en.jsou.edu.cn/2020/0412/c3435a86665/pagem.htm; that there are seven is inferred from its levels 2 and 6",
        ),
        Framework(
            "hk-qf",
            "香港資歷架構",
            _numbers(1, 7),
            "hkqr.gov.hk/HKQR/qrLevelExplanation.jsp",
            (
                "Certificate",
                "Certificate",
                "Diploma",
                "Associate Degree, Higher Diploma",
                "Bachelor Degree",
                "Master Degree, Postgraduate Diploma, Postgraduate Certificate",
                "Doctoral Degree",
            ),
        ),
        Framework(
            "eqf",
            "European Qualifications Framework",
            _numbers(1, 8),
            "Council Recommendation of 22 May 2017 on the EQF for lifelong learning (2017/C 189/03), annex II",
        ),
        # Below 4 only the whole levels were found published; a book that needs a half there declares its own scale.
        Framework(
            "ncrf",
            "National Credit Framework (India)",
            ("1", "2", "3", "4", "4.5", "5", "5.5", "6", "6.5", "7", "8"),
            "UGC, Report on the National Credit Framework, April 2023; The Hindu 2023-04-12",
            (
                "grade 5",
                "grade 8",
                "grade 10",
                "grade 12",
                "first year of higher education",
                "second year of higher education",
                "bachelor of three years",
                "bachelor of four years",
                "master after a bachelor of three years",
                "master after a bachelor of four years",
                "doctorate",
            ),
        ),
        Framework(
            "scqf",
            "Scottish Credit and Qualifications Framework",
            _numbers(1, 12),
            "scqf.org.uk/the-framework/about-the-framework",
        ),
    )
}
"""The named scales, by id. Any other is declared by the rule book that uses it."""


def _rows(source: str, target: str, pairs: str, citation: str) -> tuple[Crosswalk, ...]:
    found = []
    for pair in pairs.split():
        left, right = pair.split("=")
        found.append(Crosswalk(framework(source).level(left), framework(target).level(right), citation))
    return tuple(found)


CROSSWALKS: tuple[Crosswalk, ...] = (
    *_rows(
        "scqf",
        "eqf",
        "12=8 11=7 10=6 9=6 8=5 7=5 6=4 5=3 4=2 3=1",  # 2 and 1 are referenced to nothing
        "referencing of the SCQF to the EQF, 2010, upheld by the report of 2019 (scqf.org.uk); "
        "the table as at qualifications.pearson.com, Scottish Credit and Qualifications Framework",
    ),
    *_rows(
        "skill-5",
        "skill-8",
        "5=初级工 4=中级工 3=高级工 2=技师 1=高级技师",
        "人社部《关于健全完善新时代技能人才职业技能等级制度的意见(试行)》(2022): "
        "the five steps are extended to eight; the five names stand in both",
    ),
)
"""Every row that we found somebody state, each the way it is stated: to the target only. Give them to :func:`across`."""
