"""The curricula example: real plans, counted again by other means; and every oddity in small, made-up plans."""

import importlib.util
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import pytest

from creditbank import MalformedError, StateError
from creditbank.codec.payload import PAYLOAD_MAX


@pytest.fixture(scope="module")
def curricula() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "examples" / "curricula.py"
    spec = importlib.util.spec_from_file_location("curricula_example", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["curricula_example"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def _state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


# --- the real data ----------------------------------------------------------------------------------------------------


def blocks(path: Path) -> list[dict[str, str]]:
    """Read the rows of a plan line by line, without a TOML parser: values as they are written."""
    _head, *rows = re.split(r"^\[\[courses\]\]$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [dict(re.findall(r"^(\w+) = (.*)$", row, re.MULTILINE)) for row in rows]


PARTS = ("theory", "lab", "practice", "exercise", "computer", "tutoring")
WANTED = ("course_category", "course_nature", "offering_college", "total_hours")


def counted(folder: Path) -> tuple[int, Counter[str]]:
    """Count rows and oddities of the plans, from their lines."""
    found: Counter[str] = Counter()
    rows_read = 0
    names, credits, hours, codes = defaultdict(set), defaultdict(set), defaultdict(set), defaultdict(set)
    for path in sorted(folder.glob("plans/*.toml")):
        rows = blocks(path)
        rows_read += len(rows)
        found["duplicate-code"] += len(rows) - len({row["course_code"] for row in rows})
        found["no-parent-major"] += "parent_major_code" not in path.read_text(encoding="utf-8")
        for row in rows:
            code, credit, total = row["course_code"], Decimal(row["credit"]), row.get("total_hours")
            parts = sum(int(row[part]) for part in PARTS)
            found["missing"] += sum(key not in row for key in WANTED)
            found["hours-differ"] += total is not None and int(total) != parts
            found["no-hours"] += total == "0" and parts == 0
            found["no-credit"] += credit == 0
            found["no-half-steps"] += credit * 2 % 1 != 0
            found["hours-per-credit"] += bool(credit and int(total or 0) and int(total or 0) != 16 * credit)
            found["list-of-tracks"] += "," in row.get("track", "")
            found["several-terms"] += "," in row["recommended_year_semester"]
            found["stray-space"] += "\\u3000" in code or "\\n" in row["course_name"]
            names[code].add(row["course_name"])
            credits[code].add(credit)
            hours[code].add(total)
            codes[row["course_name"]].add(code)
    for kind, table in (
        ("code-many-names", names),
        ("code-many-credits", credits),
        ("code-many-hours", hours),
        ("name-many-codes", codes),
    ):
        found[kind] = sum(len(values) > 1 for values in table.values())
    return rows_read, found


def test_every_real_plan_is_a_document_and_no_row_is_lost(
    curricula: ModuleType, shared: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shared("data/cn_hitsz_plans")
    files = sorted((folder / "plans").glob("*.toml"))
    rows, found = counted(folder)
    assert curricula.main([str(folder), "--verbose", "--show", "010101@2021"]) == 0
    printed = capsys.readouterr().out
    lines = printed.splitlines()
    assert f"rows: {rows} read, {rows} courses kept in documents" in lines
    for path in files:
        number = len(blocks(path))
        (line,) = [line for line in lines if line.startswith(f"{path.name}: ")]
        assert line.startswith(f"{path.name}: {number} rows, {number} courses, ")
    (total,) = [line for line in lines if line.startswith("plans: ")]
    assert total.startswith(f"plans: {len(files)}, new entries: {len(files)}, largest document: ")
    assert int(total.split()[-2]) > PAYLOAD_MAX
    assert f"verified: {len(files) + 3} of {len(files) + 3} requests, {len(files) + 3} entries, ok: True" in lines

    told = {kind: int(count) for kind, count in re.findall(r"^oddities ([a-z-]+): ([0-9]+)$", printed, re.MULTILINE)}
    assert {kind: told.get(kind, 0) for kind in found} == found
    assert set(told) - set(found) == {"terms-out-of-order", "unusual-code"}
    assert Counter(re.findall(r"^ODD ([a-z-]+): ", printed, re.MULTILINE)) == told
    # The data's own authors list names with several codes, over more plans than these.
    listed = re.findall(r"^(\S.*):$", (folder / "course_code_conflicts.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"^ODD name-many-codes: all plans: '(.*)': ", printed, re.MULTILINE)) <= set(listed)


def test_one_real_plan_is_summed_up_as_its_lines_say(curricula: ModuleType, shared: Callable[[str], Path]) -> None:
    folder = shared("data/cn_hitsz_plans")
    (path,) = (folder / "plans").glob("2022_*能源与动力工程.toml")
    rows = blocks(path)
    first = {row["course_code"]: row for row in reversed(rows)}
    assert len(first) < len(rows)
    compulsory = [
        row for row in first.values() if (row["course_nature"], row["course_category"]) == ('"必修"', '"其他"')
    ]
    credits = sum(Fraction(row["credit"]) for row in compulsory)
    plan = curricula.read_plan(path)
    said = list(curricula.summary(plan.curriculum))
    assert f"  必修 其他: {len(compulsory)} courses, {curricula.number_text(credits)} credits" in said
    whole = sum(Fraction(row["credit"]) for row in first.values())
    assert f"  in all: {len(first)} courses, {curricula.number_text(whole)} credits" in said
    assert sum(part.credits for part in plan.curriculum.parts()) == whole
    assert f"  not counted: {len(rows) - len(first)} rows that repeat a code; without credits: 0" in said


# --- made-up plans ----------------------------------------------------------------------------------------------------

INFO = """[info]
year = "2020"
parent_major_code = "0201"
major_code = "020103"
major_name = "光电"
"""
ROW = {
    "course_code": '"COMP2021"',
    "course_name": '"程序设计"',
    "credit": "3.0",
    "assessment_method": '"考试"',
    "recommended_year_semester": '"第一学年秋季"',
    "course_nature": '"必修"',
    "course_category": '"其他"',
    "offering_college": '"计算机学院"',
    "total_hours": "48",
    "hours": "{ theory = 28, lab = 20 }",
}


def row(**changed: str | None) -> str:
    """Return a row with values, as TOML writes them, changed; None takes one out."""
    fields = {key: value for key, value in {**ROW, **changed}.items() if value is not None}
    return "[[courses]]\n" + "".join(f"{key} = {value}\n" for key, value in fields.items())


def plans(folder: Path, *rows: str, name: str = "2020_本_光电", info: str = INFO) -> Path:
    """Write a plan of *rows* to *folder*/plans."""
    (folder / "plans").mkdir(parents=True, exist_ok=True)
    (folder / "plans" / f"{name}.toml").write_text(info + "".join(rows), encoding="utf-8")
    return folder


def test_a_plain_plan_has_nothing_odd(curricula: ModuleType, tmp_path: Path) -> None:
    (plan,) = curricula.read(plans(tmp_path, row()))
    assert plan.oddities == ()
    assert list(curricula.across([plan])) == []
    curriculum = plan.curriculum
    assert (curriculum.id, curriculum.edition, curriculum.name, curriculum.level) == ("020103", "2020", "光电", "本")
    assert (str(curriculum.since), curriculum.facts) == ("2020-09-01", (("parent_major_code", "0201"),))
    (course,) = curriculum.courses
    assert (course.credits, course.hours.total, course.nature, course.facts) == (3, 48, "compulsory", ())
    assert course.hours.parts == (("theory", 28), ("lab", 20))


@pytest.mark.parametrize(
    ("changed", "kinds"),
    [
        ({"course_code": None}, ["missing"]),
        ({"course_code": '""'}, ["missing"]),
        ({"course_code": "7"}, ["not-text"]),
        ({"course_code": '"COMP2021　"'}, ["stray-space"]),
        ({"course_code": '"22MX44001"'}, ["unusual-code"]),
        ({"course_name": r'"专题\n设计"'}, ["stray-space"]),
        ({"course_nature": '"必选"'}, ["unknown-nature"]),
        ({"course_category": '"杂"'}, ["unknown-category"]),
        ({"course_category": None}, ["missing"]),
        ({"assessment_method": '"口试"'}, ["unknown-assessment"]),
        ({"recommended_year_semester": '"秋"'}, ["unknown-term"]),
        ({"recommended_year_semester": '"第一学年秋季,第一学年春季"'}, ["several-terms"]),
        ({"recommended_year_semester": '"第一学年夏季,第一学年春季"'}, ["several-terms", "terms-out-of-order"]),
        ({"track": '"无,无"'}, ["list-of-tracks"]),
        ({"weeks": "[1, { a = true }]"}, ["unknown-key"]),
        ({"credit": None}, ["missing"]),
        ({"credit": '"3"'}, ["not-a-number"]),
        ({"credit": "true"}, ["not-a-number"]),
        ({"credit": "nan"}, ["not-a-number"]),
        ({"credit": "inf"}, ["not-a-number"]),
        ({"credit": "1e999999999"}, ["not-a-number"]),
        ({"credit": "1e-999999999"}, ["not-a-number"]),
        ({"credit": "0.0000000000000000000000000000001"}, ["not-a-number"]),
        ({"credit": "-1"}, ["below-zero"]),
        ({"credit": "0.30000000000000004"}, ["float-noise", "hours-per-credit", "no-half-steps"]),
        ({"credit": "3.25", "total_hours": "52"}, ["hours-differ", "no-half-steps"]),
        ({"credit": "0.0"}, ["no-credit"]),
        ({"credit": "2"}, ["hours-per-credit"]),
        ({"total_hours": None}, ["missing"]),
        ({"total_hours": "0"}, ["hours-differ"]),
        ({"total_hours": "0", "hours": "{ theory = 0 }"}, ["no-hours"]),
        ({"total_hours": "49"}, ["hours-differ", "hours-per-credit"]),
        ({"hours": None}, ["hours-differ", "missing"]),
        ({"hours": "48"}, ["hours-differ", "missing"]),
        ({"hours": '{ theory = 48, lab = "x" }'}, ["not-a-number"]),
        ({"hours": "{ theory = 49, lab = -1 }"}, ["below-zero", "hours-differ"]),
    ],
)
def test_each_oddity_of_a_row_is_named_and_the_row_is_kept(
    curricula: ModuleType, tmp_path: Path, changed: dict[str, str | None], kinds: list[str]
) -> None:
    (plan,) = curricula.read(plans(tmp_path, row(course_code='"MATH1001"'), row(**changed)))
    assert sorted(odd.kind for odd in plan.oddities) == kinds
    assert {(odd.file, odd.row) for odd in plan.oddities} == {("2020_本_光电.toml", 2)}
    assert (plan.rows, len(plan.curriculum.courses)) == (2, 2)
    with curricula.open_bank("memory:") as bank:
        (digest,) = curricula.load(bank, [plan]).values()
        assert bank.known().curriculum(digest) == plan.curriculum
        assert bank.verify().ok


@pytest.mark.parametrize(
    ("changed", "fact"),
    [
        ({"credit": '"three"'}, ("credit", "three")),
        ({"credit": "-1.50"}, ("credit", "-1.50")),
        ({"course_nature": '"必选"'}, ("course_nature", "必选")),
        ({"course_code": "7"}, ("course_code", "7")),
        ({"hours": '{ lab = "x" }'}, ("hours.lab", "x")),
        ({"hours": "[48]"}, ("hours", "[48]")),
        ({"weeks": "[1, { a = true }]"}, ("weeks", "[1, {a = true}]")),
    ],
)
def test_what_cannot_be_read_is_kept_as_it_was_written(
    curricula: ModuleType, tmp_path: Path, changed: dict[str, str], fact: tuple[str, str]
) -> None:
    (plan,) = curricula.read(plans(tmp_path, row(**changed)))
    assert plan.curriculum.courses[0].facts == (fact,)


def test_numbers_are_exact(curricula: ModuleType, tmp_path: Path) -> None:
    rows = (row(credit="0.1"), row(credit="0.30000000000000004"), row(credit="1.50"))
    (plan,) = curricula.read(plans(tmp_path, *rows))
    wanted = [Fraction(1, 10), Fraction(30000000000000004, 10**17), Fraction(3, 2)]
    assert [course.credits for course in plan.curriculum.courses] == wanted


def test_oddities_of_a_plan(curricula: ModuleType, tmp_path: Path) -> None:
    twice = (row(track='"甲"'), row(course_code='"A1"'), row(track='"乙"'))
    info = INFO.replace('parent_major_code = "0201"\n', "")
    (plan,) = curricula.read(plans(tmp_path, *twice, name="other", info=info))
    assert [(odd.kind, odd.row) for odd in plan.oddities] == [
        ("file-name", 0),
        ("no-parent-major", 0),
        ("duplicate-code", 3),
    ]
    assert "COMP2021 stands in row 1, too (tracks 甲 and 乙)" in str(plan.oddities[2])
    assert plan.curriculum.level is None
    (bare,) = curricula.read(plans(tmp_path / "bare", info="courses = []\n" + INFO))
    assert [odd.kind for odd in bare.oddities] == ["no-courses"]


def test_oddities_between_plans(curricula: ModuleType, tmp_path: Path) -> None:
    plans(tmp_path, row(), row(course_code='"A1"', course_name='"甲"'))
    later = INFO.replace("2020", "2021")
    changed = (row(course_name='"程序"', credit="2.0", total_hours="32"), row(course_code='"A2"', course_name='"甲"'))
    read = curricula.read(plans(tmp_path, *changed, name="2021_本_光电", info=later))
    assert [str(odd) for odd in curricula.across(read)] == [
        "ODD code-many-names: all plans: COMP2021: '程序' in 2021; '程序设计' in 2020",
        "ODD code-many-credits: all plans: COMP2021: '2' in 2021; '3' in 2020",
        "ODD code-many-hours: all plans: COMP2021: '32' in 2021; '48' in 2020",
        "ODD name-many-codes: all plans: '甲': A1, A2",
    ]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[info", "not TOML"),
        ("", r"no \[info\]"),
        (INFO, r"no \[info\] and \[\[courses\]\]"),
        ("courses = [1]\n" + INFO, r"no \[info\] and \[\[courses\]\]"),
        (INFO.replace("year", "years") + row(), "no year"),
        (INFO.replace("020103", "") + row(), "no major_code"),
        (INFO.replace("020103", "a b") + row(), "no curriculum id"),
        (INFO.replace("2020", "20") + row(), "year is '20'"),
    ],
)
def test_what_is_no_plan_is_refused_before_anything_is_recorded(
    curricula: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, match: str
) -> None:
    plans(tmp_path, row())
    bad = tmp_path / "plans" / "2021_bad.toml"
    bad.write_text(text, encoding="utf-8")
    with pytest.raises(MalformedError, match=match) as raised:
        curricula.read(tmp_path)
    assert str(bad) in raised.value.where
    url = f"sqlite:///{tmp_path / 'bank'}"
    assert curricula.main([str(tmp_path), "--url", url]) == 2
    assert "2021_bad.toml" in capsys.readouterr().err
    assert not (tmp_path / "bank").exists()


def test_no_plans_and_one_edition_twice_are_refused(curricula: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(MalformedError, match="0 plans"):
        curricula.read(tmp_path)
    plans(tmp_path, row(), name="a")
    with pytest.raises(MalformedError, match=r"020103 of 2020, and so is a\.toml"):
        curricula.read(plans(tmp_path, row(), name="b"))


# --- the program ------------------------------------------------------------------------------------------------------


def test_loading_again_changes_nothing_and_changed_data_is_refused(
    curricula: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, url = plans(tmp_path, row()), f"sqlite:///{tmp_path / 'bank'}"
    for new in (1, 0):
        assert curricula.main([str(folder / "plans"), "--url", url]) == 0
        printed = capsys.readouterr().out
        assert f"plans: 1, new entries: {new}, " in printed
        assert "rows: 1 read, 1 courses kept in documents\n" in printed
        assert "verified: 4 of 4 requests, 4 entries, ok: True\n" in printed
        assert "光电 2020 (curriculum:hitsz.020103): 1 rows\n  必修 其他: 1 courses, 3 credits\n" in printed
        assert all(f"ASSUMED {each}\n" in printed for each in curricula.ASSUMPTIONS)
    plans(folder, row(credit="4.0"))
    assert curricula.main([str(folder), "--url", url]) == StateError.exit_code == 1
    assert "published otherwise before" in capsys.readouterr().err


def test_a_plan_that_is_not_loaded_is_not_shown(
    curricula: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert curricula.main([str(plans(tmp_path, row())), "--show", "020103@1999"]) == 2
    assert "name one such as 020103@2020" in capsys.readouterr().err


def test_a_document_that_was_exchanged_is_found(
    curricula: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = plans(tmp_path, row())
    (plan,) = curricula.read(folder)
    other = curricula.curriculum_bytes(plan.curriculum).replace(b'"3"', b'"9"')
    open_bank = curricula.open_bank

    def tampered(url: str) -> object:
        bank = open_bank(url)
        document = bank.store.document
        # The bank reads what it published; whoever verifies is given another body.
        monkeypatch.setattr(bank.store, "document", lambda digest: other if document(digest) else None)
        return bank

    monkeypatch.setattr(curricula, "open_bank", tampered)
    assert curricula.main([str(folder)]) == 3
    printed = capsys.readouterr().out
    assert "ok: False" in printed
    assert "is not the one with that SHA-256" in printed
