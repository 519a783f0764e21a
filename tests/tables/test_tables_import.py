"""Importing: all or nothing, twice changes nothing, crashes are resumed, rivals are noticed, every kind of row arrives."""

import contextlib
import os
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from creditbank.bank import Bank, Recorded, call, person_claim
from creditbank.domain.decide.account import deposit, enrol
from creditbank.domain.level import Level
from creditbank.domain.name import AccountId, account_id
from creditbank.domain.outcome import ContestAward, CourseResult, Diploma, SkillCertificate, Training
from creditbank.domain.programme import Enrolment, Programme
from creditbank.errors import MalformedError, NotPermittedError, StateError, StoreError
from creditbank.store import staging as staging_module
from creditbank.store.staging import Fault, StagedRow, Staging
from creditbank.tables import ImportReport, import_table, importing
from creditbank.testing.store_cases import Boom, fail_at, heal
from creditbank.testing.world import ASSESSOR, BANK_CREDIT, COLLEGE, COLLEGE_CREDIT, OPERATOR, World
from creditbank.vault import Person

Write = Callable[..., Path]

OUTCOMES = "document,number,class,title,achieved_on,credits,system,certificate,level,category"


def _outcomes(rows: Iterable[tuple[str, str]]) -> list[str]:
    """Return a table of certificates: whose, and its number."""
    return [
        OUTCOMES,
        *(
            f"passport,{whose},skill-certificate,Web,2026-06-30,10,cn-bank,{number},x:中级,软件"
            for whose, number in rows
        ),
    ]


def _people(count: int) -> list[str]:
    return ["name,document,number", *(f"学生{n},passport,Q{n}" for n in range(count))]


def _account(bank: Bank, number: str) -> AccountId:
    holder = bank.known().holder(person_claim(bank.vault, Person("", "passport", number, {})))
    assert holder is not None
    return account_id(holder)


def _numbers(report: ImportReport) -> tuple[int, int, int, int]:
    return report.rows, report.recorded, report.known_before, report.bad_count


# --- what arrives -----------------------------------------------------------------------------------------------------


def test_people_are_found_by_their_normalised_documents(world: World, write: Write) -> None:
    lines = [
        "姓名,证件类型,证件号码",
        "林晓,居民身份证,１１０１０５１９４９１２３１００２ｘ",
        "王 五,学籍号,L37030520100101abcd",
    ]
    report = import_table(world.bank, COLLEGE, "people", write(lines, "gb18030", end="\r\n"))
    assert _numbers(report) == (2, 2, 0, 0)
    claim = person_claim(world.bank.vault, Person("", "resident-id", "11010519491231002X", {}))
    account = world.bank.known().holder(claim)
    assert account is not None
    kept = world.bank.vault.person(account)
    assert kept == Person("林晓", "resident-id", "11010519491231002X", {})
    assert world.bank.verify().ok


def test_a_known_person_may_be_written_otherwise(world: World, write: Write) -> None:
    lines = ["name,document,number", "张 三,passport,ｐ1", "欧阳·娜,passport,P7"]
    assert _numbers(import_table(world.bank, COLLEGE, "people", write(lines))) == (2, 1, 1, 0)
    lines = ["name,document,number", "欧阳•娜,passport,p7 "]
    assert _numbers(import_table(world.bank, ASSESSOR, "people", write(lines))) == (1, 0, 1, 0)


def test_an_enrolment_arrives_as_it_is_written(world: World, write: Write) -> None:
    header = (
        "account,证件类型,证件号码,专业代码,专业名称,培养类型,学制月数,总学分,学分制,年级,入学日期,"
        "fact:score,fact:local:yes-no,fact:age:whole"
    )
    lines = [header, ",护照,P1,510202,物联网应用,college-3,36,120,cn-college,2025级,2025/9/1,'+600,否,16"]
    assert import_table(world.bank, COLLEGE, "enrolments", write(lines, "utf-8-sig")).recorded == 1
    (held,) = world.bank.known().account(_account(world.bank, "P1")).enrolments.values()
    programme = Programme("510202", "物联网应用", "college-3", 36, COLLEGE_CREDIT.credit(120))
    facts = (("age", 16), ("local", False), ("score", "+600"))
    assert held.enrolment == Enrolment(COLLEGE, programme, "2025级", date(2025, 9, 1), facts)


def test_every_kind_of_outcome_arrives_as_it_is_written(world: World, write: Write) -> None:
    account = _account(world.bank, "P2")
    header = (
        "account,class,title,achieved_on,expires_on,credits,system,hours,certificate,"
        "code,grade,category,level,major,tier,prize,team,position"
    )
    lines = [
        header,
        f'{account},课程成绩,"计算机\n基础",2026-06-30,,3.5,cn-bank,56,,c1,A-,专业课;专业核心,,,,,,',
        f"{account},diploma,毕业证书,2026-06-30,,,,,D 1,,,,cn-diploma:大专,软件技术,,,,",
        f"{account},职业技能等级证书,Web,2026-06-30,2029-06-30,10,cn-bank,,X1,,,软件,x:中级,,,,,",
        f"{account},contest-award,大赛,2026-06-30,,,,,,,,,,,省,一等奖,yes,2",
        f"{account},contest-award,大赛,2026-06-30,,,,,,,,,,,national,3,否,",
        f"{account},培训,家政,2026-06-30,,,,40,,,,家政,,,,,,",
    ]
    assert import_table(world.bank, ASSESSOR, "outcomes", write(lines)).recorded == 6
    day = date(2026, 6, 30)
    held = [each.outcome for each in world.bank.known().account(account).outcomes.values()]
    assert held == [
        CourseResult(
            title="计算机\n基础",
            issuer=ASSESSOR,
            achieved_on=day,
            credits=BANK_CREDIT.credit("3.5"),
            hours=56,
            code="c1",
            grade="A-",
            category=("专业课", "专业核心"),
        ),
        Diploma(
            title="毕业证书",
            issuer=ASSESSOR,
            achieved_on=day,
            number=world.number("D 1"),
            level=Level("cn-diploma", "大专"),
            major="软件技术",
        ),
        SkillCertificate(
            title="Web",
            issuer=ASSESSOR,
            achieved_on=day,
            expires_on=date(2029, 6, 30),
            credits=BANK_CREDIT.credit(10),
            number=world.number("X1"),
            level=Level("x", "中级"),
            category="软件",
        ),
        ContestAward(title="大赛", issuer=ASSESSOR, achieved_on=day, tier="province", prize=1, team=True, position=2),
        ContestAward(title="大赛", issuer=ASSESSOR, achieved_on=day, tier="national", prize=3, team=False),
        Training(title="家政", issuer=ASSESSOR, achieved_on=day, hours=40, category="家政"),
    ]
    assert world.bank.verify().ok


# --- all, or the good ones --------------------------------------------------------------------------------------------


def test_nothing_lands_unless_all_of_it_can(world: World, write: Write) -> None:
    path = write(_outcomes([("P1", "X1"), ("P3", "X2"), ("P2", "X3")]))
    size, people = world.bank.store.size(), list(world.bank.vault.accounts())
    report = import_table(world.bank, ASSESSOR, "outcomes", path)
    assert _numbers(report) == (3, 0, 0, 1)
    assert (world.bank.store.size(), list(world.bank.vault.accounts())) == (size, people)
    report = import_table(world.bank, ASSESSOR, "outcomes", path, keep_good=True)
    assert _numbers(report) == (3, 2, 0, 1)
    assert [bad.line for bad in report.bad] == [3]
    assert world.bank.store.size() == size + 2
    people_path = write(["name,document,number", "a,passport,Q1", ",passport,Q2"])
    import_table(world.bank, COLLEGE, "people", people_path)
    assert list(world.bank.vault.accounts()) == people, "whoever is not recorded is not kept"


def test_the_first_thousand_bad_rows_are_named_and_all_are_counted(world: World, write: Write) -> None:
    lines = ["name,document,number", *(f",passport,Q{n}" for n in range(1_001))]
    report = import_table(world.bank, COLLEGE, "people", write(lines))
    assert (len(report.bad), report.bad_count) == (1_000, 1_001)
    assert [bad.line for bad in report.bad] == list(range(2, 1_002))


def test_a_table_without_rows_is_imported(world: World, write: Write) -> None:
    calls: list[tuple[int, int]] = []
    path = write(["name,document,number"])
    report = import_table(world.bank, COLLEGE, "people", path, progress=lambda *each: calls.append(each))
    assert _numbers(report) == (0, 0, 0, 0)


# --- again ------------------------------------------------------------------------------------------------------------


def test_importing_again_changes_nothing_in_whatever_form_and_on_whatever_day(world: World, write: Write) -> None:
    lines = _outcomes([("P1", "X1"), ("P2", "X2")])
    assert _numbers(import_table(world.bank, ASSESSOR, "outcomes", write(lines))) == (2, 2, 0, 0)
    import_table(world.bank, COLLEGE, "people", write(_people(2)))
    size = world.bank.store.size()
    turned = [",".join(reversed(line.split(","))) for line in [lines[0], lines[2], lines[1]]]
    for days in (0, 1, 400):
        world.clock.turn(days)
        for again in (lines, turned):
            report = import_table(world.bank, ASSESSOR, "outcomes", write(again, "gb18030", end="\r\n"))
            assert _numbers(report) == (2, 0, 2, 0)
        assert _numbers(import_table(world.bank, COLLEGE, "people", write(_people(2)))) == (2, 0, 2, 0)
        report = import_table(world.second(), ASSESSOR, "outcomes", write(turned))
        assert _numbers(report) == (2, 0, 2, 0)
    assert world.bank.store.size() == size


def test_rows_that_were_added_to_a_file_are_recorded(world: World, write: Write) -> None:
    import_table(world.bank, ASSESSOR, "outcomes", write(_outcomes([("P1", "X1")])))
    report = import_table(world.bank, ASSESSOR, "outcomes", write(_outcomes([("P1", "X0"), ("P1", "X1")])))
    assert _numbers(report) == (2, 1, 1, 0)


def test_whoever_was_erased_does_not_come_back_with_the_old_file(world: World, write: Write) -> None:
    path = write(_people(1))
    import_table(world.bank, COLLEGE, "people", path)
    account = _account(world.bank, "Q0")
    world.bank.erase(world.request(OPERATOR), account, "PIPL 47", "cd" * 32)
    people = list(world.bank.vault.accounts())
    report = import_table(world.bank, COLLEGE, "people", path, keep_good=True)
    assert _numbers(report) == (1, 0, 0, 1)
    assert "was erased" in report.bad[0].reason
    assert list(world.bank.vault.accounts()) == people


# --- halfway ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK", 3)


def _lose_append(bank: Bank, monkeypatch: pytest.MonkeyPatch, number: int, error: Exception) -> None:
    """Let the *number*-th append from now on (counted from 0) raise *error*."""
    append, seen = bank.store.append, [0]

    def failing(batch: Any) -> Any:
        seen[0] += 1
        if seen[0] == number + 1:
            raise error
        return append(batch)

    monkeypatch.setattr(bank.store, "append", failing)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("error", [Boom(), StoreError("the disk is full", "make room")])
def test_a_crash_in_the_middle_is_resumed(
    world: World, write: Write, monkeypatch: pytest.MonkeyPatch, number: int, error: Exception
) -> None:
    for kind, by, lines in (
        ("people", COLLEGE, _people(8)),
        ("outcomes", ASSESSOR, _outcomes((f"Q{n}", f"X{n}") for n in range(8))),
    ):
        path, size = write(lines), world.bank.store.size()
        with monkeypatch.context() as patch:
            _lose_append(world.bank, patch, number, error)
            with pytest.raises(type(error)) as raised:
                import_table(world.bank, by, kind, path)  # type: ignore[arg-type] # one of the two above
        there = world.bank.store.size() - size
        assert there == 3 * number, "three chunks, of 3, 3 and 2 rows"
        if isinstance(error, StoreError):
            mend = "make room; import the file again: it goes on where it stopped"
            assert str(raised.value) == f"the disk is full ({there} rows were recorded); {mend}"
        assert _numbers(import_table(world.second(), by, kind, path)) == (8, 8 - there, there, 0)  # type: ignore[arg-type] # as above
        assert _numbers(import_table(world.bank, by, kind, path)) == (8, 0, 8, 0)  # type: ignore[arg-type] # as above
        assert world.bank.store.size() == size + 8
    assert world.bank.verify().ok


@pytest.mark.parametrize("step", ["begin", "entries", "claims", "commit", "committed"])
def test_a_write_that_fails_on_disk_is_resumed(tmp_path: Path, write: Write, step: str) -> None:
    world = World.founded(f"sqlite:///{tmp_path / 'city'}", mark=tmp_path / "mark")
    with world.bank as bank:
        path = write(_people(3))
        fail_at(bank.store, step)
        try:
            import_table(bank, COLLEGE, "people", path)
        except (Boom, StoreError):
            assert step != "committed"
        heal(bank.store)
        report = import_table(bank, COLLEGE, "people", path)
        assert (report.recorded + report.known_before, report.bad_count) == (3, 0)
        assert len(list(bank.vault.accounts())) == 3
        assert bank.verify().ok


@pytest.mark.usefixtures("small_chunks")
def test_a_rival_between_the_passes_stops_the_import_and_it_can_be_resumed(
    world: World, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_table(world.bank, COLLEGE, "people", write(_people(6)))
    path = write(_outcomes((f"Q{n}", f"X{n}") for n in range(6)))
    order = sorted(range(6), key=lambda n: _account(world.bank, f"Q{n}"))
    taken = order[4]
    rival, real, runs = world.second(), Bank.record_all, []

    def racing(bank: Bank, *args: Any, **kwargs: Any) -> Any:
        if bank is world.bank and not kwargs.get("dry_run") and not runs:
            runs.append(1)
            certificate = world.certificate(number=f"X{taken}")
            rival.record(world.request(ASSESSOR), deposit, _account(rival, "P1"), certificate)
        return real(bank, *args, **kwargs)

    monkeypatch.setattr(Bank, "record_all", racing)
    size = world.bank.store.size()
    with pytest.raises(StateError) as raised:
        import_table(world.bank, ASSESSOR, "outcomes", path)
    assert str(raised.value) == (
        f"import 'table.csv' is stopped, since line {taken + 2} could be recorded before and cannot now: the outcome is there"
        f" already ({_account(rival, 'P1')}) (3 rows were recorded): import the file again: it goes on where it stopped"
    )
    assert world.bank.store.size() == size + 1 + 3
    report = import_table(world.bank, ASSESSOR, "outcomes", path, keep_good=True)
    assert _numbers(report) == (6, 2, 3, 1)
    assert [bad.line for bad in report.bad] == [taken + 2]


def test_a_rival_between_the_passes_costs_only_its_row_where_the_good_are_kept(
    world: World, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, rival, real, runs = write(_outcomes([("P1", "X1"), ("P2", "X2")])), world.second(), Bank.record_all, []

    def racing(bank: Bank, *args: Any, **kwargs: Any) -> Any:
        if not kwargs.get("dry_run") and not runs:
            runs.append(1)
            rival.record(world.request(ASSESSOR), deposit, _account(rival, "P1"), world.certificate(number="X2"))
        return real(bank, *args, **kwargs)

    monkeypatch.setattr(Bank, "record_all", racing)
    report = import_table(world.bank, ASSESSOR, "outcomes", path, keep_good=True)
    assert _numbers(report) == (2, 1, 0, 1)
    assert (report.bad[0].line, report.bad[0].column) == (3, "certificate")


def test_a_person_whom_a_rival_enters_between_the_passes_is_known(
    world: World, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real, runs = write(_people(3)), Bank.known, [0]

    def racing(bank: Bank, *args: Any) -> Any:
        runs[0] += 1
        if bank is world.bank and runs[0] == 3:  # at the ground, before deciding, before recording
            world.second().open_account(world.request(COLLEGE), Person("学生1", "passport", "Q1", {}))
        return real(bank, *args)

    monkeypatch.setattr(Bank, "known", racing)
    report = import_table(world.bank, COLLEGE, "people", path)
    assert _numbers(report) == (3, 2, 1, 0)


def test_a_rival_who_gives_the_person_another_name_between_the_passes_stops_the_import(
    world: World, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real, runs = write(_people(3)), Bank.known, [0]

    def racing(bank: Bank, *args: Any) -> Any:
        runs[0] += 1
        if bank is world.bank and runs[0] == 3:
            world.second().open_account(world.request(COLLEGE), Person("别人", "passport", "Q1", {}))
        return real(bank, *args)

    monkeypatch.setattr(Bank, "known", racing)
    with pytest.raises(StateError, match="line 3 could be recorded before and cannot now: whoever has that document"):
        import_table(world.bank, COLLEGE, "people", path)
    assert _numbers(import_table(world.bank, COLLEGE, "people", path, keep_good=True)) == (3, 2, 0, 1)


def test_what_a_rival_imports_from_the_same_file_between_the_passes_is_known(
    world: World, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real, runs = write(_outcomes([("P1", "X1"), ("P2", "X2")])), importing._Import.record, []

    def racing(job: Any, keep_good: bool) -> None:
        if not runs:
            runs.append(1)
            first = write(_outcomes([("P1", "X1")]), name="other.csv")
            assert import_table(world.second(), ASSESSOR, "outcomes", first).recorded == 1
        real(job, keep_good)

    monkeypatch.setattr(importing._Import, "record", racing)
    assert _numbers(import_table(world.bank, ASSESSOR, "outcomes", path)) == (2, 1, 1, 0)


# --- at size, and what it stands on --------------------------------------------------------------------------------------


def test_thousands_of_rows_of_hundreds_of_people_arrive_with_progress(world: World, write: Write) -> None:
    people, rows = 300, 4_200
    calls: list[tuple[int, int]] = []
    import_table(world.bank, COLLEGE, "people", write(_people(people)))
    path = write(_outcomes((f"Q{n % people}", f"X{n}") for n in range(rows)))
    report = import_table(world.bank, ASSESSOR, "outcomes", path, progress=lambda *each: calls.append(each))
    assert _numbers(report) == (rows, rows, 0, 0)
    assert calls == sorted(calls)
    assert {of for _, of in calls} <= {3 * rows, 3 * (rows + 1)}
    assert calls[-1] == (3 * rows, 3 * rows)
    assert len(calls) >= 9
    account = world.bank.known().account(_account(world.bank, "Q7"))
    first = [each.outcome.number for each in account.outcomes.values()][:3]
    assert first == [world.number(f"X{n}") for n in (7, 307, 607)], "in the order of the file"


def test_deciding_without_writing_says_what_recording_would(world: World) -> None:
    account, bank = world.open(1), world.bank
    calls = {
        "a": call(enrol, account, world.enrolment()),
        "b": call(enrol, account, world.enrolment()),
        "c": call(enrol, account, world.enrolment(programme="x")),
    }
    size = bank.store.size()
    answers = bank.record_all(COLLEGE, calls, keep_good=True, dry_run=True)
    assert bank.store.size() == size
    assert [type(answer).__name__ for answer in answers.values()] == ["tuple", "AlreadyError", "tuple"]
    with pytest.raises(type(answers["b"])):
        bank.record_all(COLLEGE, calls, dry_run=True)
    done = bank.record_all(COLLEGE, calls, keep_good=True)
    again = bank.record_all(COLLEGE, calls, keep_good=True, dry_run=True)
    assert again["a"] == done["a"]
    assert isinstance(again["a"], Recorded)
    said = answers["a"]
    assert isinstance(said, tuple)
    assert [type(event) for event in said] == [type(event) for event in again["a"].events]
    with pytest.raises(NotPermittedError):
        Bank(bank.store, bank.vault, signers={}, clock=world.clock, mark=None, marked=False).record_all(
            COLLEGE, {"d": call(enrol, account, world.enrolment(programme="y"))}, dry_run=True
        )


def test_staging_keeps_the_first_fault_and_orders_by_subject() -> None:
    with Staging() as staging:
        rows = [StagedRow(2, "b", "k", "c", "x"), StagedRow(3, "a", "k", None, "y"), StagedRow(4, "a", "l", "c", "z")]
        staging.add(rows)
        staging.arrange()
        staging.compare()
        assert list(staging.repeated("key")) == [(3, 2)]
        assert list(staging.repeated("claim")) == [(4, 2)]
        assert staging.waiting(("", 0), 9) == [rows[1], rows[2], rows[0]]
        assert staging.waiting(("a", 3), 1) == [rows[2]]
        staging.spoil([Fault(3, "a", "first"), Fault(9, "", "never added")])
        staging.spoil([Fault(3, "b", "second")])
        staging.settle([2], "known")
        assert staging.waiting(("", 0), 9) == [rows[2]]
        assert staging.faults(9) == (Fault(3, "a", "first"), Fault(9, "", "never added"))
        assert (staging.count("bad"), staging.count("known"), staging.count("recorded")) == (2, 1, 0)


def test_a_file_of_staged_rows_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging_module, "CACHE_KIB", 16)
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():
        pytest.skip("this system does not show open files")
    with Staging() as staging:
        staging.add([StagedRow(n, "a", "k", None, "x" * 1_000) for n in range(10_000)])
        open_files = []
        for each in list(descriptors.iterdir()):
            with contextlib.suppress(OSError):  # the descriptor that listed them is closed
                open_files.append(os.readlink(each))
        temporary = [name for name in open_files if "/etilqs_" in name]
        assert temporary, "it is on disk, under the name that SQLite gives to temporary files"
        assert all(name.endswith(" (deleted)") for name in temporary)


def test_staged_rows_are_not_shown() -> None:
    assert "secret" not in repr(StagedRow(1, "a", "b", None, "secret"))


def test_what_sqlite_refuses_is_a_store_error() -> None:
    with Staging() as staging, pytest.raises(StoreError, match="make room"):
        staging.add([StagedRow(1, "a", "k", None, ""), StagedRow(1, "a", "k", None, "")])


def test_documents_are_not_kept_aside_longer_than_they_are_needed(
    world: World, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[StagedRow] = []
    add = Staging.add
    monkeypatch.setattr(Staging, "add", lambda self, rows: (kept.extend(rows), add(self, rows)))
    assert import_table(world.bank, ASSESSOR, "outcomes", write(_outcomes([("P1", "X1")]))).recorded == 1
    (row,) = kept
    assert "P1" not in row.cells
    assert "X1" in row.cells


def test_an_encoding_may_be_given(world: World, write: Write) -> None:
    path = write(["name,document,number", "张三,passport,Q1"], "gb18030")
    with pytest.raises(MalformedError, match="not UTF-8"):
        import_table(world.bank, COLLEGE, "people", path, encoding="utf-8")
    assert import_table(world.bank, COLLEGE, "people", path, encoding="gb18030").recorded == 1
