"""
The columns of each table: what a header may call them, in English or Chinese, and what stands in them.

``*`` marks a column that must be there. Whose row it is, is said by ``account``, or by ``document`` and ``number`` together. What a
class of outcome does not have is left empty in its rows. docs/howto/import-a-spreadsheet.md shows the same table.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final, Literal, get_args

import attrs

from creditbank.errors import MalformedError

__all__ = ["FACT", "KINDS", "TABLES", "Column", "Header", "Kind", "header_of", "label"]

Kind = Literal["people", "enrolments", "outcomes"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

COLUMNS_MAX: Final = 100

FACT: Final = re.compile(r"fact:([a-z][a-z0-9_.-]{0,63})(:yes-no|:whole)?")
"""A further column of enrolments: a fact by name, as text, or as yes or no, or as a whole number."""


@attrs.frozen
class Column:
    """A column: its *name*, its Chinese names (the first is written in exports), whether it *must* be there, what it means."""

    name: str
    chinese: tuple[str, ...]
    must: bool
    means: str


def _columns(text: str) -> tuple[Column, ...]:
    """Read lines of name, Chinese names and meaning; one without a name goes on with the meaning before it."""
    columns: list[Column] = []
    for line in filter(None, text.splitlines()):
        name, chinese, means = (part.strip() for part in line.split("|"))
        if name:
            columns.append(Column(name.rstrip("*"), tuple(chinese.split("、")), name.endswith("*"), means))
        else:
            columns[-1] = attrs.evolve(columns[-1], means=f"{columns[-1].means} {means}")
    return tuple(columns)


_WHOSE: Final = """
account         | 学习账户、账户            | the learning account: account: and 32 hexadecimal digits
document        | 证件类型、证件种类        | resident-id 居民身份证, pupil-number 学籍号, passport 护照,
                |                           | or another name in small letters
number          | 证件号码、证件号          | the number of that document
"""

TABLES: Final[Mapping[Kind, tuple[Column, ...]]] = {
    "people": _columns(
        """
name*           | 姓名                      | as the document has it
document*       | 证件类型、证件种类        | resident-id 居民身份证, pupil-number 学籍号, passport 护照,
                |                           | or another name in small letters
number*         | 证件号码、证件号          | the number of that document
"""
    ),
    "enrolments": _columns(
        _WHOSE
        + """
programme*      | 专业代码                  | the school's code of it
programme_name* | 专业名称、专业            | its name
kind*           | 培养类型                  | such as vocational-3, college-3, 3+4: as rule books name it
months*         | 学制月数、学制(月)        | how long it regularly takes, a whole number of months
credits         | 毕业学分、总学分          | what it takes to complete it; with system
system          | 学分制                    | the credit system of credits
year_group*     | 年级                      | at the beginning, such as 高一 or 2024级
since*          | 入学日期                  | the first day
"""
    ),
    "outcomes": _columns(
        _WHOSE
        + """
class*          | 成果类型                  | course-result 课程成绩, diploma 毕业证书, skill-certificate 职业技能等级证书,
                |                           | contest-award 竞赛获奖, training 培训
title*          | 成果名称、名称            | its name in the issuer's catalogue
achieved_on*    | 取得日期                  | the day of learning that counts
expires_on      | 失效日期                  | the first day on which it no longer holds
credits         | 学分                      | what it is worth by its issuer; with system
system          | 学分制                    | the credit system of credits
hours           | 学时                      | a whole number; training has it always
certificate     | 证书编号                  | the certificate's own number, of which a keyed hash is kept
code            | 课程代码                  | course-result, always: the school's code of the course
grade           | 成绩                      | course-result: the grade as the school records it
category        | 类别                      | course-result: none or more, with ; between;
                |                           | skill-certificate and training: one, always
level           | 等级                      | diploma and skill-certificate, always: framework:value, such as x:中级
major           | 专业                      | diploma, always
tier            | 竞赛级别                  | contest-award, always: international 国际, national 国家, province 省,
                |                           | city 市, school 校
prize           | 奖次                      | contest-award, always: 1, 2, 3 or 一等奖, 二等奖, 三等奖
team            | 团体                      | contest-award, always: yes 是, no 否
position        | 排名                      | contest-award of a team: the place in the team, from 1
"""
    ),
}
"""Every column of every table."""


@attrs.frozen
class Header:
    """The columns of one file, in its order: our *names* for them, and the *labels* that the file has."""

    names: tuple[str, ...]
    labels: tuple[str, ...]

    def label(self, name: str) -> str:
        """Return what the file calls the column *name*; the name itself where it has none such."""
        return dict(zip(self.names, self.labels, strict=True)).get(name, name)


def label(text: str) -> str:
    """Return *text* of a header as it is compared: NFKC, small letters, ``_`` for the white space between words."""
    return "_".join(unicodedata.normalize("NFKC", text).lower().split())


def header_of(kind: Kind, cells: Sequence[str], where: str) -> Header:
    """
    Return the columns that the first row of a table names.

    Raises, in this order:
        MalformedError: it is not separated by commas; it has too many columns; a column is unknown; one stands twice;
            one is missing; nothing says whose a row is. The message never repeats the file.
    """
    if len(cells) == 1 and re.search("[;\t|]", cells[0]):
        raise MalformedError("its columns are not separated by commas", where, "save it as CSV with commas")
    if len(cells) > COLUMNS_MAX:
        raise MalformedError(f"more than {COLUMNS_MAX} columns", where, "leave out what is not imported")
    known = {label(text): column.name for column in TABLES[kind] for text in (column.name, *column.chinese)}
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        text = label(cell)
        name = known.get(text) or (text if kind == "enrolments" and FACT.fullmatch(text) else None)
        if name is None:
            offered = ", ".join(f"{column.name} {column.chinese[0]}" for column in TABLES[kind])
            raise MalformedError(
                f"column {number} is none of {kind}", where, f"leave it out, or name it one of {offered}"
            )
        if name in names:
            raise MalformedError(
                f"columns {names.index(name) + 1} and {number} are both {name}", where, "leave one of them out"
            )
        names.append(name)
    missing = [
        f"{column.name} ({column.chinese[0]})" for column in TABLES[kind] if column.must and column.name not in names
    ]
    if missing:
        raise MalformedError(f"no column {', '.join(missing)}", where, "add it, with a header in the first line")
    if "account" not in names and not {"document", "number"} <= set(names):
        raise MalformedError(
            "no column says whose a row is",
            where,
            "add account (学习账户), or document (证件类型) and number (证件号码)",
        )
    return Header(tuple(names), tuple(" ".join(cell.split()) for cell in cells))
