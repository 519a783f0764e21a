"""The OULAD example: real course runs, counted again by other means; and every oddity in small, made-up tables."""

import csv
import importlib.util
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from creditbank import Bank, CourseResult, MalformedError, Person, connect, enter, statement

DAY_MS = 24 * 3_600_000


@pytest.fixture(scope="module")
def oulad() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "examples" / "oulad.py"
    spec = importlib.util.spec_from_file_location("oulad_example", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["oulad_example"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def _state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


COURSES = "code_module,code_presentation,module_presentation_length\nAAA,2013B,240\nAAA,2013J,268\nBBB,2013J,100\n"
INFO = """code_module,code_presentation,id_student,num_of_prev_attempts,studied_credits,final_result
AAA,2013J,1,1,120,Pass
AAA,2013J,2,0,60,Withdrawn
AAA,2013J,3,0,90,Distinction
AAA,2013B,1,0,90,Fail
AAA,2013B,3,0,75,Pass
BBB,2013J,1,0,30,Distinction
BBB,2013J,4,0,45,Fail
"""
REGISTRATION = """code_module,code_presentation,id_student,date_registration
AAA,2013J,1,-5.0
AAA,2013J,2,
AAA,2013J,3,7
AAA,2013B,1,-50.0
AAA,2013B,3,0.0
BBB,2013J,1,-1.0
BBB,2013J,4,-1.0
"""
ASSESSMENTS = """code_module,code_presentation,id_assessment,assessment_type,date,weight
AAA,2013B,10,TMA,19,100
AAA,2013J,11,TMA,19,12.5
AAA,2013J,12,CMA,54,25
AAA,2013J,13,TMA,60,62.5
AAA,2013J,14,Exam,,100
BBB,2013J,20,CMA,9,0
"""
MARKS = """id_assessment,id_student,date_submitted,is_banked,score
10,1,18,0,70
11,1,18,0,80
12,1,18,0,
13,1,-1,1,70
14,1,200,0,10
12,3,54,0,61
13,3,54,0,0
20,1,9,0,99
"""
TABLES = {
    "courses.csv": COURSES,
    "studentInfo.csv": INFO,
    "studentRegistration.csv": REGISTRATION,
    "assessments.csv": ASSESSMENTS,
    "studentAssessment.csv": MARKS,
}


def _folder(path: Path, **changed: tuple[str, str]) -> Path:
    """Write the tables to *path*; ``studentInfo=(old, new)`` changes that one."""
    path.mkdir()
    for name, text in TABLES.items():
        old, new = changed.get(name.removesuffix(".csv"), ("", ""))
        assert old in text
        (path / name).write_text(text.replace(old, new, 1) if old else text, encoding="utf-8", newline="")
    return path


# --- the real data ----------------------------------------------------------------------------------------------------


def test_one_module_of_the_real_data(
    oulad: ModuleType, shared: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, url = shared("data/oulad"), f"sqlite:///{tmp_path / 'bank'}"
    with (folder / "studentInfo.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["code_module"] == "AAA"]
    people = {row["id_student"] for row in rows}
    results = Counter(row["final_result"] for row in rows)
    credits = min(int(row["studied_credits"]) for row in rows)
    passed = results["Pass"] + results["Distinction"]

    assert oulad.main([str(folder), "--module", "AAA", "--url", url]) == 0
    printed = capsys.readouterr().out
    new = len(people) + 2 * len(rows) + passed
    assert f"new entries: {new}\n" in printed
    assert f"people: {len(people)}\nenrolments: {len(rows)}\n" in printed
    assert f"outcomes: {passed} (Pass {results['Pass']}, Distinction {results['Distinction']})\n" in printed
    failed = f"(Fail {results['Fail']}, Withdrawn {results['Withdrawn']})"
    assert f"no outcome: {len(rows) - passed} {failed}\n" in printed
    assert f"verified: {new + 3} of {new + 3} requests, {new + 3} entries, ok: True\n" in printed
    assert all(f"ASSUMED {each}\n" in printed for each in oulad.ASSUMPTIONS)
    assert "CC BY 4.0" in printed

    _compare_with_the_file(url, rows, credits)
    before = (tmp_path / "bank" / "ledger.db").read_bytes()
    assert oulad.main([str(folder), "--module", "AAA", "--url", url]) == 0
    assert capsys.readouterr().out == printed.replace(f"new entries: {new}\n", "new entries: 0\n")
    assert (tmp_path / "bank" / "ledger.db").read_bytes() == before


def _compare_with_the_file(url: str, rows: list[dict[str, str]], credits: int) -> None:
    """Every account must hold what its row says: asked of the bank, not of the program."""
    with connect(url) as bank:
        known = bank.known()
        entered = enter(bank.vault, [_person(row["id_student"]) for row in rows])
        for row, (account, _) in zip(rows, entered, strict=True):
            said = statement(known, account)
            (enrolled,) = said.enrolments
            assert enrolled.enrolment.programme.id == f"AAA/{row['code_presentation']}"
            assert enrolled.enrolment.since == date(2013, 10, 1)
            assert enrolled.until == date(2014, 6, 26)
            grades = [each.outcome.grade for each in said.outcomes if isinstance(each.outcome, CourseResult)]
            assert grades == ([row["final_result"]] if row["final_result"] in ("Pass", "Distinction") else [])
            assert [credit.quanta for credit in said.held] == [credits] * len(grades)


def _person(number: str) -> Person:
    return Person(f"OULAD {number}", "oulad-student", number, {})


# --- oddities, in small -----------------------------------------------------------------------------------------------


def _loaded(oulad: ModuleType, folder: Path) -> tuple[Bank, dict[str, str]]:
    data = oulad.read(folder)
    bank = oulad.open_bank("memory:")
    return bank, oulad.load(bank, data.people)


def test_what_becomes_of_each_row(oulad: ModuleType, tmp_path: Path) -> None:
    bank, accounts = _loaded(oulad, _folder(tmp_path / "data"))
    with bank:
        known = bank.known()
        said = {person: statement(known, account) for person, account in accounts.items()}
        assert sorted(said) == ["1", "2", "3", "4"]
        # Person 1 has one account for three attempts, in the order of time, and failed the first.
        assert [each.enrolment.programme.id for each in said["1"].enrolments] == ["AAA/2013B", "AAA/2013J", "BBB/2013J"]
        assert [each.outcome.title for each in said["1"].outcomes] == ["Module AAA", "Module BBB"]
        assert [credit.quanta for credit in said["1"].held] == [60 + 30]
        # Withdrawn, and registered on a day that is not known.
        (withdrawn,) = said["2"].enrolments
        assert (withdrawn.until, withdrawn.enrolment.facts) == (date(2014, 6, 26), (("previous_attempts", 0),))
        assert said["2"].outcomes == said["2"].held == ()
        # Person 3 passed one module twice: both results stand, the first alone bears credit (75, the least of 2013B).
        worth = [each.outcome.credits for each in said["3"].outcomes]
        assert [each and each.quanta for each in worth] == [75, None]
        assert said["3"].enrolments[1].enrolment.facts == (("previous_attempts", 0), ("registered_day", 7))
        assert said["4"].outcomes == ()
        assert bank.verify().ok


def test_marks_blank_banked_exam_and_weightless(oulad: ModuleType, tmp_path: Path) -> None:
    scores = oulad.read(_folder(tmp_path / "data")).scores
    weigh = oulad.coursework
    # Of person 1 on AAA/2013J: 80 counts; one is blank (not zero), one banked (counts elsewhere), one an exam.
    assert weigh(scores["AAA/2013J", "1"]) == oulad.Coursework(Fraction(80), Fraction("12.5"), 1, 1)
    # A zero that was given is a zero: (25 * 61 + 62.5 * 0) / 87.5.
    assert weigh(scores["AAA/2013J", "3"]).mean == Fraction(25 * 61) / Fraction("87.5")
    assert weigh(scores["BBB/2013J", "1"]) == oulad.Coursework(None, Fraction(0), 0, 0)
    assert weigh(()) == oulad.Coursework(None, Fraction(0), 0, 0)


def test_statement_of_one_person(oulad: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert oulad.main([str(_folder(tmp_path / "data")), "--person", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("statement of account:"))
    assert lines[start + 1 :] == [
        "  enrolled  Module AAA, presentation 2013B, 2013-02-01 to 2013-09-29",
        "  enrolled  Module AAA, presentation 2013J, 2013-10-01 to 2014-06-26",
        "  outcome   Module AAA, Pass, 2013-09-29, 75 ou-points",
        "  outcome   Module AAA, Distinction, 2014-06-26, no credit",
        "  held      75 ou-points",
        "  (file)    AAA/2013B coursework: no weighted mark; 0 blank, 0 banked",
        "  (file)    AAA/2013J coursework: mean 17.4 over weight 87.5; 0 blank, 0 banked",
    ]


def test_module_and_limit_choose(oulad: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, url = str(_folder(tmp_path / "data")), f"sqlite:///{tmp_path / 'bank'}"
    assert oulad.main([folder, "--module", "BBB", "--url", url, "--limit", "1"]) == 0
    assert "new entries: 4\npeople: 1\nenrolments: 1\noutcomes: 1 " in capsys.readouterr().out
    # The rest of it, and then the other module: the account is there, what it lacks is added.
    assert oulad.main([folder, "--module", "BBB", "--url", url]) == 0
    assert "new entries: 3\npeople: 2\nenrolments: 2\noutcomes: 1 " in capsys.readouterr().out
    assert oulad.main([folder, "--module", "AAA", "--url", url]) == 0
    assert "new entries: 15\npeople: 3\nenrolments: 5\noutcomes: 3 " in capsys.readouterr().out
    assert (tmp_path / "bank" / "keys" / "open-university.pem").stat().st_mode & 0o777 == 0o600


def test_loading_on_another_day_changes_nothing(
    oulad: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, url = _folder(tmp_path / "data"), f"sqlite:///{tmp_path / 'bank'}"
    assert oulad.main([str(folder), "--url", url]) == 0
    first = capsys.readouterr().out
    size = int(first.splitlines()[0].removeprefix("new entries: "))
    assert size == 4 + 7 + 7 + 4
    monkeypatch.setattr(oulad, "connect", partial(connect, clock=_in_three_days))
    assert oulad.main([str(folder), "--url", url]) == 0
    assert capsys.readouterr().out == first.replace(f"new entries: {size}\n", "new entries: 0\n")


def _in_three_days() -> int:
    return time.time_ns() // 1_000_000 + 3 * DAY_MS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("BBB,2013J,4,0,45,Fail", "BBB,2013J,4,0,45,Pass"),
        ("BBB,2013J,1,0,30,Distinction", "BBB,2013J,1,0,30,Pass"),
        ("BBB,2013J,1,0,30,Distinction", "BBB,2013J,1,0,30,Fail"),
        ("BBB,2013J,1,0,30,Distinction", "BBB,2013J,1,0,31,Distinction"),
    ],
)
def test_changed_data_is_refused(
    oulad: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str
) -> None:
    url = f"sqlite:///{tmp_path / 'bank'}"
    assert oulad.main([str(_folder(tmp_path / "data")), "--url", url]) == 0
    capsys.readouterr()
    changed = _folder(tmp_path / "changed", studentInfo=(old, new))
    assert oulad.main([str(changed), "--url", url]) == 1
    assert "recorded otherwise before: load changed data into a bank of its own" in capsys.readouterr().err
    # Nothing of it was recorded: the old data is still all there is.
    assert oulad.main([str(tmp_path / "data"), "--url", url]) == 0
    assert capsys.readouterr().out.startswith("new entries: 0\n")


def test_finding_makes_exit_code_3(oulad: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One signature is changed under the bank, between loading and verifying."""
    path = tmp_path / "bank"
    assert oulad.main([str(_folder(tmp_path / "data")), "--url", f"sqlite:///{path}"]) == 0
    assert "ok: True" in capsys.readouterr().out
    with sqlite3.connect(path / "ledger.db") as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        bodies = database.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE submission SET signature = zeroblob(64) WHERE first = 1")
        for (body,) in bodies:
            database.execute(body)
    database.close()
    assert oulad.main([str(tmp_path / "data"), "--url", f"sqlite:///{path}"]) == 3
    printed = capsys.readouterr().out
    assert "ok: False" in printed
    assert "entry 1: " in printed


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_unknown_module_names_those_there(
    oulad: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert oulad.main([str(_folder(tmp_path / "data")), "--module", "ZZZ"]) == 2
    captured = capsys.readouterr()
    assert "there is no module 'ZZZ'; choose from AAA, BBB" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("table", "old", "new", "what", "line"),
    [
        ("courses", "BBB,2013J,100", "BBB,2013J,0", "'0' is no whole number from 1 up", 4),
        ("courses", "BBB,2013J,100\n", "", "presentation BBB/2013J is not in courses.csv", None),
        ("studentInfo", "final_result", "result", "no column final_result", None),
        ("studentInfo", "120,Pass", "120", "not as many fields as columns", 2),
        ("studentInfo", "120,Pass", "120,Pass,1", "not as many fields as columns", 2),
        ("studentInfo", "120,Pass", "120,pass", "'pass' is no final result", 2),
        ("studentInfo", "120,Pass", "12e1,Pass", "'12e1' is no whole number from 1 up", 2),
        ("studentInfo", "AAA,2013J,2,", "AAA,2013J,1,", "the same person twice on one presentation", 3),
        ("studentInfo", "AAA,2013J,2,", "AAA,2013J,9,", "person 9 is not in studentRegistration.csv", 3),
        ("studentRegistration", "-5.0", "-5.5", "'-5.5' is no day", None),
        ("assessments", "12.5", "-1", "'-1' is no weight", 3),
        ("studentAssessment", "11,1,18,0,80", "99,1,18,0,80", "there is no assessment '99'", 3),
        ("studentAssessment", "11,1,18,0,80", "11,1,18,0,101", "a score of 101", 3),
        ("studentAssessment", "11,1,18,0,80", "11,1,18,2,80", "is_banked is '2'", 3),
        ("studentAssessment", "11,1,18,0,80", "11,1,18,0,80.5", "'80.5' is no whole number from 0 up", 3),
    ],
)
def test_rows_that_are_not_as_published(
    oulad: ModuleType, tmp_path: Path, table: str, old: str, new: str, what: str, line: int | None
) -> None:
    folder = _folder(tmp_path / "data", **{table: (old, new)})
    with pytest.raises(MalformedError) as caught:
        oulad.read(folder)
    assert caught.value.what == what
    if line is not None:
        assert caught.value.where == f"{folder / table}.csv:{line}"


def test_score_of_100_is_allowed_and_101_is_not(oulad: ModuleType, tmp_path: Path) -> None:
    folder = _folder(tmp_path / "data", studentAssessment=("11,1,18,0,80", "11,1,18,0,100"))
    assert oulad.coursework(oulad.read(folder).scores["AAA/2013J", "1"]).mean == 100


def test_other_presentation_letters_are_refused(oulad: ModuleType, tmp_path: Path) -> None:
    folder = _folder(tmp_path / "data")
    for name, text in TABLES.items():
        (folder / name).write_text(text.replace("2013B", "2013K"), encoding="utf-8")
    with pytest.raises(MalformedError, match="'2013K' is no presentation"):
        oulad.read(folder)


def test_not_text_and_not_there(oulad: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = _folder(tmp_path / "data")
    (folder / "courses.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(MalformedError, match="use the table as published"):
        oulad.read(folder)
    (folder / "courses.csv").unlink()
    assert oulad.main([str(folder)]) == 2
    assert "courses.csv: there is no such file" in capsys.readouterr().err


def test_person_and_url_are_checked(oulad: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(_folder(tmp_path / "data"))
    assert oulad.main([folder, "--person", "5"]) == 2
    assert "person '5' is not loaded" in capsys.readouterr().err
    assert oulad.main([folder, "--url", "postgresql://x"]) == 2
    assert "'postgresql://x' is no bank" in capsys.readouterr().err
    for limit in ("0", "-1", "x"):
        with pytest.raises(SystemExit) as stopped:
            oulad.main([folder, "--limit", limit])
        assert stopped.value.code == 2


def test_help_says_what_is_assumed(oulad: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        oulad.main(["--help"])
    assert stopped.value.code == 0
    printed = capsys.readouterr().out
    assert all(each in printed for each in (*oulad.ASSUMPTIONS, oulad.CREDIT))
