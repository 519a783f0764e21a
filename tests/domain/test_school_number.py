"""Codes of schools, numbers of diplomas."""

import pickle
from datetime import date

import pytest
from hypothesis import given, strategies as st

from creditbank.domain.school_number import DIPLOMA_YEAR_MIN, DiplomaNumber, InstitutionCode
from creditbank.errors import MalformedError


def wide(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) for each in text)


# --- schools ---

institutions = st.builds(
    lambda kind, province, serial: f"{kind}{province}{serial}",
    st.sampled_from(["31", "34", "36", "92", "93", "21"]),
    st.sampled_from(["11", "23", "37", "44", "50", "65"]),
    st.integers(0, 999_999).map("{:06}".format),
)
universities = st.builds(
    lambda kind, province, older: f"{kind}{province}0{older:05}",
    st.sampled_from(["41", "42"]),
    st.sampled_from(["11", "31", "65"]),
    st.integers(0, 99_999),
)


def test_a_university() -> None:
    """Peking University's, of the ministry's public list."""
    code = InstitutionCode.parse("4111010001")
    assert (code.kind, code.province, code.serial, code.older) == ("41", "11", "010001", "10001")
    assert code.KINDS[code.kind] == "普通高校"


@given(institutions | universities)
def test_codes_are_read_in_any_dress_and_written_in_one(text: str) -> None:
    code = InstitutionCode.parse(text)
    assert InstitutionCode.parse(wide(text)) == code
    assert str(code) == text
    assert code.kind + code.province + code.serial == text
    assert (code.older is None) == (code.kind not in ("41", "42"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "0 characters"),
        ("411101000", "9 characters"),
        ("41110100011", "11 characters"),
        ("41110100O1", "cannot stand there"),
        ("411101000٣", "cannot stand there"),
        ("4111 10001", "cannot stand there"),
        ("3600010001", "no province"),
        ("3616010001", "no province"),
        ("3699010001", "no province"),
        ("4100110001", "no province"),  # before the serial
        ("4111110001", "does not begin with 0"),
        ("4211110001", "does not begin with 0"),
    ],
)
def test_codes_are_refused_in_order(text: str, says: str) -> None:
    with pytest.raises(MalformedError, match=says):
        InstitutionCode.parse(text)


def test_a_school_that_is_no_university_may_have_any_serial() -> None:
    assert InstitutionCode.parse("3611110001").serial == "110001"


# --- diplomas ---

diplomas = st.builds(
    lambda head, year, level, serial: f"{head:06}{year}{level}{serial:0{6 if year >= 2002 else 5}}",
    st.integers(0, 999_999),
    st.integers(DIPLOMA_YEAR_MIN, 2040),
    st.sampled_from(["01", "02", "04", "05", "06"]),
    st.integers(0, 99_999),
)


def test_the_parts_of_a_number() -> None:
    number = DiplomaNumber.parse("100011202505000123")
    assert (number.school, number.type, number.year, number.level, number.serial) == (
        "10001", "1", 2025, "05", "000123",
    )  # fmt: skip
    assert number.TYPES[number.type] == "普通"
    assert number.LEVELS[number.level] == "本科"
    assert number.school == InstitutionCode.parse("4111010001").older


@given(diplomas)
def test_diploma_numbers_are_read_in_any_dress_and_written_in_one(text: str) -> None:
    number = DiplomaNumber.parse(text)
    assert DiplomaNumber.parse(wide(text)) == number
    assert str(number) == text
    assert f"{number.school}{number.type}{number.year}{number.level}{number.serial}" == text
    assert len(number.serial) == (6 if number.year >= 2002 else 5)


@pytest.mark.parametrize(
    ("year", "serial", "fits"),
    [(2001, "00001", True), (2001, "000001", False), (2002, "00001", False), (2002, "000001", True)],
)
def test_the_year_decides_the_size(year: int, serial: str, fits: bool) -> None:
    text = f"100011{year}05{serial}"
    if fits:
        assert DiplomaNumber.parse(text).year == year
    else:
        with pytest.raises(MalformedError, match="does not fit the size"):
            DiplomaNumber.parse(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "0 characters"),
        ("1000112025050001", "16 characters"),
        ("1000112025050001234", "19 characters"),
        ("10001120250500012X", "cannot stand there"),
        ("10001120250500012٣", "cannot stand there"),
        ("10001100000500012", "the year is none"),
        ("10001119480500012", "the year is none"),
        ("100011194905000123", "does not fit the size"),
        ("10001120250500012", "does not fit the size"),
    ],
)
def test_diploma_numbers_are_refused_in_order(text: str, says: str) -> None:
    with pytest.raises(MalformedError, match=says):
        DiplomaNumber.parse(text)


def test_the_oldest_and_the_newest_diploma() -> None:
    assert DiplomaNumber.parse("10001119490500012").year == 1949
    text = "100011202505000123"
    assert DiplomaNumber.parse(text, on=date(2025, 1, 1)).year == 2025
    with pytest.raises(MalformedError, match="a year after 2024"):
        DiplomaNumber.parse(text, on=date(2024, 12, 31))


def test_types_and_levels_that_no_list_names_are_kept() -> None:
    number = DiplomaNumber.parse("100019202599000123")
    assert number.type not in number.TYPES
    assert number.level not in number.LEVELS


# --- nothing leaks ---


@given(diplomas)
def test_only_str_shows_a_diploma_s_number(text: str) -> None:
    number = DiplomaNumber.parse(text)
    assert repr(number) == f"DiplomaNumber({text[0] + '*' * (len(text) - 2) + text[-1]!r})"
    assert pickle.loads(pickle.dumps(number)) == number


@pytest.mark.parametrize("cls", [InstitutionCode, DiplomaNumber])
@pytest.mark.parametrize("text", ["11010519491231002X", "110105194912310021", "1101051949", "11010519491231"])
def test_no_refusal_echoes_what_was_pasted(cls: type[InstitutionCode] | type[DiplomaNumber], text: str) -> None:
    with pytest.raises(MalformedError) as refused:
        cls.parse(text)
    said = str(refused.value) + repr(refused.value)
    assert not any(text[start : start + 5] in said for start in range(len(text) - 4))
