"""Every way in which a header or a row can be wrong, with the very message; none repeats what the file says."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from creditbank.domain.decide.account import ENTRIES_MAX, restrict
from creditbank.errors import MalformedError, NotPermittedError, UnknownError
from creditbank.tables import BadRow, Kind, import_table
from creditbank.tables.columns import TABLES, header_of
from creditbank.tables.importing import BAD_KEPT_MAX, CHUNK
from creditbank.testing.world import ACADEMIC, ASSESSOR, COLLEGE, OPERATOR, World

Write = Callable[..., Path]

PEOPLE = {"姓名": "王五", "document": "passport", "number": "P9"}
ENROLMENT = {
    "document": "passport",
    "number": "P1",
    "programme": "510202",
    "programme_name": "物联网",
    "kind": "college-3",
    "months": "36",
    "credits": "120",
    "system": "cn-college",
    "year_group": "2025级",
    "入学日期": "2025-09-01",
    "fact:score": "600",
    "fact:local:yes-no": "是",
    "fact:age:whole": "16",
}
OUTCOME = {
    "account": "",
    "document": "passport",
    "number": "P1",
    "class": "course-result",
    "title": "计算机基础",
    "achieved_on": "2026/6/30",
    "expires_on": "",
    "学分": "3.5",
    "system": "cn-bank",
    "hours": "",
    "certificate": "",
    "code": "c1",
    "grade": "",
    "category": "",
    "level": "",
    "major": "",
    "tier": "",
    "prize": "",
    "team": "",
    "position": "",
}
DIPLOMA = {**OUTCOME, "class": "毕业证书", "code": "", "level": "cn-diploma:大专", "major": "软件"}
SKILL = {**OUTCOME, "class": "skill-certificate", "code": "", "level": "x:中级", "category": "软件"}
AWARD = {**OUTCOME, "class": "竞赛获奖", "code": "", "tier": "省", "prize": "二等奖", "team": "是", "position": "1"}
TRAINING = {**OUTCOME, "class": "training", "code": "", "hours": "40", "category": "家政"}

GOOD: list[tuple[Kind, Mapping[str, str]]] = [
    ("people", PEOPLE),
    ("enrolments", ENROLMENT),
    *(("outcomes", row) for row in (OUTCOME, DIPLOMA, SKILL, AWARD, TRAINING)),
]

WHO = {"people": COLLEGE, "enrolments": COLLEGE, "outcomes": ASSESSOR}


def _lines(*rows: Mapping[str, str]) -> list[str]:
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row.values()) for row in rows]
    return [",".join(rows[0]), *quoted]


def _bad(world: World, path: Path, kind: Kind) -> tuple[BadRow, ...]:
    before = world.bank.store.size()
    report = import_table(world.bank, WHO[kind], kind, path)
    assert (world.bank.store.size(), report.recorded) == (before, 0)
    return report.bad


@pytest.mark.parametrize(
    ("kind", "row"), GOOD, ids=lambda value: value.get("class", "") if isinstance(value, dict) else value
)
def test_the_rows_that_the_bad_ones_are_made_of_are_good(
    world: World, write: Write, kind: Kind, row: Mapping[str, str]
) -> None:
    report = import_table(world.bank, WHO[kind], kind, write(_lines(row)))
    assert (report.rows, report.recorded, report.bad) == (1, 1, ())


NONE = "it is none of those that may stand there; write one of "
EMPTY = "it is empty; fill it in"
UNSEEN = "a character that cannot be seen; enter the number again"
NO_DAY = "it is no day; write it as 2026-01-31 or 2026/1/31"
NO_WHOLE = "it is no whole number; write up to 9 digits and nothing else"
FORMULA = (
    "it begins like a formula (= + - @); give the value itself, leave the cell empty where there is none,"
    " or put an apostrophe (') before it"
)
BOTH = "it is empty, and credits and system go together; fill in both, or neither"
BAD: list[tuple[Kind, Mapping[str, str], Mapping[str, str], str, str]] = [
    ("people", PEOPLE, {"姓名": ""}, "姓名", EMPTY),
    ("people", PEOPLE, {"姓名": "　 "}, "姓名", EMPTY),
    ("people", PEOPLE, {"姓名": "=王"}, "姓名", FORMULA),
    ("people", PEOPLE, {"姓名": "王\t五"}, "姓名", "a control character; take it out"),
    ("people", PEOPLE, {"姓名": "王" * 201}, "姓名", "201 characters; write at most 200"),
    (
        "people",
        PEOPLE,
        {"document": "Pass port"},
        "document",
        "it is no kind of document;"
        " write one of 居民身份证, 身份证, 港澳台居民居住证, 外国人永久居留身份证, 学籍号, 护照, or passport",
    ),
    ("people", PEOPLE, {"number": ""}, "number", EMPTY),
    (
        "people",
        PEOPLE,
        {"document": "居民身份证", "number": "1.10105E+17"},
        "number",
        "the spreadsheet has rounded it; make the column text, and enter the number again",
    ),
    (
        "people",
        PEOPLE,
        {"document": "resident-id", "number": "110105194912310021"},
        "number",
        "the check character does not fit; compare every character with the card",
    ),
    (
        "people",
        PEOPLE,
        {"document": "学籍号", "number": "G11010519491231002"},
        "number",
        "18 characters; write all 19 characters, without spaces",
    ),
    (
        "people",
        PEOPLE,
        {"number": "P1"},
        "姓名",
        "whoever has that document has an account under another name;"
        " compare the number with the document; an account keeps the name it was opened with",
    ),
    ("people", PEOPLE, {"number": "P\u200b9"}, "number", UNSEEN),
    ("outcomes", SKILL, {"certificate": "X\n1"}, "certificate", UNSEEN),
    ("enrolments", ENROLMENT, {"number": ""}, "number", EMPTY),
    (
        "enrolments",
        ENROLMENT,
        {"document": "", "number": ""},
        "number",
        "nothing says whose row it is; fill in account, or document and number",
    ),
    (
        "enrolments",
        ENROLMENT,
        {"number": "P3"},
        "number",
        "nobody with that document has an account; import people first, or compare the number",
    ),
    ("enrolments", ENROLMENT, {"programme": ""}, "programme", EMPTY),
    ("enrolments", ENROLMENT, {"months": "36.5"}, "months", NO_WHOLE),
    ("enrolments", ENROLMENT, {"months": "0"}, "months", "0 months is no length; give a positive number"),
    ("enrolments", ENROLMENT, {"credits": ""}, "credits", BOTH),
    ("enrolments", ENROLMENT, {"system": ""}, "system", BOTH),
    (
        "enrolments",
        ENROLMENT,
        {"system": "cn"},
        "system",
        "no such credit system is published; use one of those published: cn-college, cn-bank",
    ),
    ("enrolments", ENROLMENT, {"入学日期": "2025-9-1"}, "入学日期", NO_DAY),
    ("enrolments", ENROLMENT, {"入学日期": "2025/2/29"}, "入学日期", NO_DAY),
    (
        "enrolments",
        ENROLMENT,
        {"fact:local:yes-no": "真"},
        "fact:local:yes-no",
        NONE + "yes, no, 是, 否",
    ),
    ("enrolments", ENROLMENT, {"fact:age:whole": "07"}, "fact:age:whole", NO_WHOLE),
    (
        "outcomes",
        OUTCOME,
        {"account": "account:" + "0" * 32},
        "account",
        "it is said twice whose row it is; fill in account, or document and number",
    ),
    (
        "outcomes",
        OUTCOME,
        {"account": "account:1", "document": "", "number": ""},
        "account",
        "it is no account id; give account: and 32 hexadecimal digits",
    ),
    (
        "outcomes",
        OUTCOME,
        {"account": "account:" + "0" * 32, "document": "", "number": ""},
        "account",
        "there is no such account: open it first",
    ),
    (
        "outcomes",
        OUTCOME,
        {"class": "course"},
        "class",
        NONE + "course-result, diploma, skill-certificate, contest-award,"
        " training, 课程成绩, 毕业证书, 职业技能等级证书, 竞赛获奖, 培训",
    ),
    ("outcomes", OUTCOME, {"title": ""}, "title", EMPTY),
    ("outcomes", OUTCOME, {"achieved_on": "30.06.2026"}, "achieved_on", NO_DAY),
    (
        "outcomes",
        OUTCOME,
        {"achieved_on": "2027-01-01"},
        "achieved_on",
        "the outcome is achieved only on 2027-01-01: deposit it then",
    ),
    (
        "outcomes",
        OUTCOME,
        {"expires_on": "2026-06-30"},
        "expires_on",
        "it expires before it is achieved; check both days",
    ),
    ("outcomes", OUTCOME, {"学分": "40 %"}, "学分", 'it is no amount; write it like "2" or "0.5"'),
    ("outcomes", OUTCOME, {"学分": "1" + "0" * 12}, "学分", 'it is no amount; write it like "2" or "0.5"'),
    ("outcomes", OUTCOME, {"学分": "0"}, "学分", "it is no amount of cn-bank; give more than 0, in steps of 0.5"),
    ("outcomes", OUTCOME, {"学分": "3.3"}, "学分", "it is no amount of cn-bank; give more than 0, in steps of 0.5"),
    ("outcomes", OUTCOME, {"学分": "-3"}, "学分", FORMULA),
    ("outcomes", OUTCOME, {"hours": "0"}, "hours", "no hours; give a positive number, or leave the cell empty"),
    ("outcomes", OUTCOME, {"code": ""}, "code", EMPTY),
    ("outcomes", OUTCOME, {"level": "x:中级"}, "level", "a course-result has none; leave the cell empty"),
    ("outcomes", DIPLOMA, {"grade": "A"}, "grade", "a diploma has none; leave the cell empty"),
    ("outcomes", DIPLOMA, {"level": "大专"}, "level", "it is no level; write framework:value, such as x:中级"),
    ("outcomes", DIPLOMA, {"major": ""}, "major", EMPTY),
    ("outcomes", SKILL, {"level": "x:特级"}, "level", "framework x has no such level; use one of 初级, 中级, 高级"),
    ("outcomes", SKILL, {"category": ""}, "category", EMPTY),
    (
        "outcomes",
        AWARD,
        {"tier": "县"},
        "tier",
        NONE + "international, national, province, city, school, 国际, 国家, 省, 市, 校",
    ),
    (
        "outcomes",
        AWARD,
        {"prize": "4"},
        "prize",
        NONE + "1, 2, 3, 一等奖, 二等奖, 三等奖",
    ),
    (
        "outcomes",
        AWARD,
        {"position": ""},
        "position",
        "a team's award needs the place in the team, an individual's has none;"
        " fill in both team and position, or leave position empty",
    ),
    ("outcomes", AWARD, {"position": "0"}, "position", "places are counted from 1; check the place"),
    ("outcomes", TRAINING, {"hours": ""}, "hours", EMPTY),
]


@pytest.mark.parametrize(("kind", "row", "changed", "column", "reason"), BAD)
def test_a_bad_row_says_where_and_why(
    world: World, write: Write, kind: Kind, row: Mapping[str, str], changed: Mapping[str, str], column: str, reason: str
) -> None:
    assert changed.keys() <= row.keys()
    good = {**row, "number": "P2" if kind != "people" else "P8"}
    lines = _lines(good, {**row, **changed})
    assert _bad(world, write(lines), kind) == (BadRow(3, column, reason),)


def test_a_row_with_other_fields_than_columns_is_bad_as_a_whole(world: World, write: Write) -> None:
    path = write(["name,document,number", "a,passport", '"b\nc",passport,P5', "d,passport,P6,"])
    mend = "put cells that hold a comma in quotes, and empty ones between commas"
    assert _bad(world, path, "people") == (
        BadRow(2, "", f"2 fields for 3 columns; {mend}"),
        BadRow(5, "", f"4 fields for 3 columns; {mend}"),
    )


def test_a_cell_is_asked_for_by_our_name_where_the_file_has_no_such_column(world: World, write: Write) -> None:
    without = {name: cell for name, cell in OUTCOME.items() if name not in ("code", "account")}
    assert _bad(world, write(_lines(without)), "outcomes") == (BadRow(2, "code", EMPTY),)


def test_a_row_that_says_too_much_is_bad_as_a_whole(world: World, write: Write) -> None:
    facts = {f"fact:f{number}": "事" * 200 for number in range(80)}
    (bad,) = _bad(world, write(_lines({**ENROLMENT, **facts})), "enrolments")
    assert (bad.line, bad.column) == (2, "")
    assert "more than 16384; ask for less in one request" in bad.reason


def test_rows_that_repeat_others_are_bad(world: World, write: Write) -> None:
    again = "the same as line 2; keep one of the two rows"
    path = write(_lines(OUTCOME, {**OUTCOME, "achieved_on": "2026-06-30"}, {**OUTCOME, "number": "P2"}))
    assert _bad(world, path, "outcomes") == (BadRow(3, "", again),)
    numbered = [{**SKILL, "certificate": "X 1"}, {**SKILL, "number": "P2", "certificate": "x　1"}]
    taken = "the number stands in line 2 already; each number belongs to one row"
    assert _bad(world, write(_lines(*numbered)), "outcomes") == (BadRow(3, "certificate", taken),)
    people = [PEOPLE, {**PEOPLE, "姓名": "赵六"}]
    assert _bad(world, write(_lines(*people)), "people") == (BadRow(3, "", again),)
    twice = [ENROLMENT, {**ENROLMENT, "year_group": "2026级"}]
    (bad,) = _bad(world, write(_lines(*twice)), "enrolments")
    assert (bad.line, bad.column, bad.reason) == (3, "programme", "the enrolment is there already (since 2025-09-01)")


def test_a_number_that_the_bank_has_is_not_deposited_again(world: World, write: Write) -> None:
    account = world.open(1)
    world.deposit(account, world.certificate(number="X1"))
    (bad,) = _bad(world, write(_lines({**SKILL, "certificate": "X1"})), "outcomes")
    assert (bad.column, bad.reason) == ("certificate", f"the outcome is there already ({account})")


def test_restricted_and_erased_accounts_are_said(world: World, write: Write) -> None:
    account = world.open(1)
    world.record(OPERATOR, restrict, account, "law")
    row = {**OUTCOME, "document": "", "number": "", "account": account}
    (bad,) = _bad(world, write(_lines(row)), "outcomes")
    assert bad == BadRow(2, "account", f"{account} is restricted (law): it is stored and secured, nothing else")
    other = world.open(2)
    world.bank.erase(world.request(OPERATOR), other, "PIPL 47", "cd" * 32)
    (bad,) = _bad(world, write(_lines({**row, "account": other})), "outcomes")
    assert bad.column == "account"
    assert "was erased by entry" in bad.reason


def test_an_account_is_not_filled_beyond_its_entries(world: World, write: Write) -> None:
    rows = [{**OUTCOME, "code": f"c{number}"} for number in range(CHUNK + 600)]
    report = import_table(world.bank, ASSESSOR, "outcomes", write(_lines(*rows)))
    full = f"the account is full ({ENTRIES_MAX} entries): ask the operator"
    # One entry is there: the account's opening.
    assert (report.bad_count, report.recorded) == (CHUNK + 600 - (ENTRIES_MAX - 1), 0)
    assert {(bad.column, bad.reason) for bad in report.bad} == {("account", full)}
    assert [bad.line for bad in report.bad] == list(range(ENTRIES_MAX + 1, ENTRIES_MAX + 1 + BAD_KEPT_MAX))


def test_who_may_not_import_is_told_so_once(world: World, write: Write) -> None:
    path = write(_lines(ENROLMENT))
    with pytest.raises(NotPermittedError, match="role 'school'"):
        import_table(world.bank, ASSESSOR, "enrolments", path)
    with pytest.raises(NotPermittedError, match="may not deposit outcomes"):
        import_table(world.bank, OPERATOR, "outcomes", write(_lines(OUTCOME)))
    stranger = type(COLLEGE)("keys:nobody")
    with pytest.raises(UnknownError, match="keys:nobody"):
        import_table(world.bank, stranger, "people", write(_lines(PEOPLE)))
    with pytest.raises(MalformedError, match="give one of people, enrolments, outcomes"):
        import_table(world.bank, COLLEGE, "grades", path)  # type: ignore[arg-type] # that is the point


def test_without_a_key_nothing_is_written_not_even_to_the_vault(world: World, write: Write) -> None:
    people = sorted(world.bank.vault.accounts())
    del world.bank._recorder._signers[ACADEMIC]
    with pytest.raises(NotPermittedError, match="be signed for here"):
        import_table(world.bank, ACADEMIC, "people", write(_lines(PEOPLE)))
    assert sorted(world.bank.vault.accounts()) == people


SECRET = "11010519491231002X"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(GOOD), st.data())
def test_no_reason_repeats_a_cell(
    world: World, write: Write, good: tuple[Kind, Mapping[str, str]], data: st.DataObject
) -> None:
    """Whatever column a personal number was pasted into."""
    kind, row = good
    into = data.draw(st.lists(st.sampled_from(sorted(row)), min_size=1, max_size=4, unique=True))
    before = data.draw(st.sampled_from(("", "=", "x:", "2026-")))
    report = import_table(
        world.bank, WHO[kind], kind, write(_lines({**row, **dict.fromkeys(into, before + SECRET)}, row, row))
    )
    assert report.bad_count >= 1
    assert SECRET not in "".join(bad.reason for bad in report.bad)
    assert report.recorded == 0


HEADERS: list[tuple[Kind, str, str]] = [
    ("people", "name;document;number", "its columns are not separated by commas; save it as CSV with commas"),
    ("people", ",".join("a" * 101), "more than 100 columns; leave out what is not imported"),
    (
        "people",
        "name,document,number,phone",
        "column 4 is none of people; leave it out, or name it one of name 姓名, document 证件类型, number 证件号码",
    ),
    ("people", "name,document,number,证件号码", "columns 3 and 4 are both number; leave one of them out"),
    (
        "people",
        "姓名,证件类型",
        "no column number (证件号码); add it, with a header in the first line",
    ),
    (
        "enrolments",
        "programme,programme_name,kind,months,year_group,since,number",
        "no column says whose row it is; add account (学习账户), or document (证件类型) and number (证件号码)",
    ),
    ("enrolments", "account,fact:x,fact:x", "columns 2 and 3 are both fact:x; leave one of them out"),
]


@pytest.mark.parametrize(("kind", "header", "message"), HEADERS)
def test_a_header_is_refused_in_words(world: World, write: Write, kind: Kind, header: str, message: str) -> None:
    with pytest.raises(MalformedError) as raised:
        import_table(world.bank, COLLEGE, kind, write(["", header, "1,2,3"]))
    assert str(raised.value) == f"table.csv:2: {message.replace('whose row it is', 'whose a row is')}"


def test_a_file_without_a_header_is_not_repeated(world: World, write: Write) -> None:
    with pytest.raises(MalformedError) as raised:
        import_table(world.bank, COLLEGE, "people", write([f"林晓,居民身份证,{SECRET}"]))
    assert SECRET not in str(raised.value)
    assert "林晓" not in str(raised.value)
    with pytest.raises(MalformedError, match="it is empty"):
        import_table(world.bank, COLLEGE, "people", write(["", ",,"]))


@pytest.mark.parametrize("kind", TABLES)
def test_every_name_of_a_column_is_known(kind: Kind) -> None:
    columns = TABLES[kind]
    for number in range(max(len(column.chinese) for column in columns)):
        chinese = [column.chinese[min(number, len(column.chinese) - 1)] for column in columns]
        assert header_of(kind, chinese, "here").names == tuple(column.name for column in columns)
    spelt = [f" {column.name.replace('_', ' ').title()} " for column in columns]
    assert header_of(kind, spelt, "here").names == tuple(column.name for column in columns)
