"""Numbers of people and organisations: other people's vectors, every error that a check must find, no leaks."""

import csv
import gzip
import pickle
import traceback
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import assume, given, strategies as st

from creditbank.domain.identifier import PupilNumber, ResidentId, SocialCreditCode
from creditbank.errors import MalformedError

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def wide(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) for each in text)


# --- organisations ---

# domain/china.md 8.1 and case A17.
CODES = ["11370305K21216551K", "91350100M000100Y43"]


def uscc(body: str) -> str:
    """Add the check character, worked out from the table of weights in GB 32100-2015 rather than by powers."""
    weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    remainder = sum(ALPHABET.index(each) * weight for each, weight in zip(body, weights, strict=True)) % 31
    return body + ALPHABET[31 - remainder if remainder else 0]


codes = st.builds(
    lambda department, kind, region, rest: uscc(f"{department}{kind}{region:06}{rest}"),
    st.sampled_from("123456789ANY"),
    st.sampled_from(ALPHABET),
    st.integers(0, 999_999),
    st.text(st.sampled_from(ALPHABET), min_size=9, max_size=9),
)


@pytest.mark.parametrize("text", CODES)
def test_published_codes(text: str) -> None:
    code = SocialCreditCode.parse(text)
    assert str(code) == code.text == text
    assert (code.department, code.kind, code.region) == (text[0], text[1], text[2:8])


@pytest.mark.parametrize("text", ["91350100M000100Y4Z", "91310115MA1H8R7C6D", "91350100M000100Y4A"])
def test_published_codes_that_are_wrong(text: str) -> None:
    with pytest.raises(MalformedError):
        SocialCreditCode.parse(text)


def test_the_blog_s_code_wants_a_7() -> None:
    assert SocialCreditCode.parse("91310115MA1H8R7C67").kind == "1"


def test_a_remainder_of_nothing_wants_a_0() -> None:
    """npm stdnum 1.11.4 refuses every such code: it looks up the 32nd of 31 characters."""
    bodies = [f"1211010000000000{each}" for each in ALPHABET]
    ending_in_0 = [uscc(body) for body in bodies if uscc(body).endswith("0")]
    assert len(ending_in_0) == 1
    assert SocialCreditCode.parse(ending_in_0[0]).text[-1] == "0"


@given(codes)
def test_codes_are_read_in_any_dress_and_written_in_one(text: str) -> None:
    code = SocialCreditCode.parse(text)
    for dress in (text.lower(), wide(text), wide(text.lower()), text[:9].lower() + wide(text[9:])):
        assert SocialCreditCode.parse(dress) == code
    assert str(code) == text


@given(codes, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found(text: str, at: int, wrong: str) -> None:
    assume(text[at] != wrong)
    with pytest.raises(MalformedError):
        SocialCreditCode.parse(text[:at] + wrong + text[at + 1 :])


@given(codes, st.integers(0, 16))
def test_two_swapped_neighbours_are_found(text: str, at: int) -> None:
    assume(text[at] != text[at + 1])
    with pytest.raises(MalformedError):
        SocialCreditCode.parse(text[:at] + text[at + 1] + text[at] + text[at + 2 :])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "0 characters"),
        ("11370305K21216551", "17 characters"),
        ("11370305K21216551KK", "19 characters"),
        (" 1370305K21216551K", "cannot stand there"),
        ("11370305K21216551\n", "cannot stand there"),
        ("1137030AK21216551K", "cannot stand there"),
        ("11370305I21216551K", "cannot stand there"),
        ("11370305ß21216551K", "cannot stand there"),
        ("٣1370305K21216551K", "cannot stand there"),
        (uscc("B1370305K21216551"), "no department"),
        (uscc("01370305K21216551"), "no department"),
        ("11370305K21216551J", "check character"),
    ],
)
def test_codes_are_refused_in_order(text: str, says: str) -> None:
    with pytest.raises(MalformedError, match=says):
        SocialCreditCode.parse(text)


@pytest.mark.parametrize("department", "123456789ANY")
def test_every_department(department: str) -> None:
    assert SocialCreditCode.parse(uscc(department + "1370305K21216551")).department == department


def test_departments_are_those_and_no_others() -> None:
    assert SocialCreditCode.DEPARTMENTS == "123456789ANY"
    assert SocialCreditCode.ALPHABET == ALPHABET


# --- people ---

# domain/china.md 8.2 and case A17.
IDS = {
    "11010519491231002X": ("1949-12-31", "female"),
    "360426199101010071": ("1991-01-01", "male"),
    "120103198806018241": ("1988-06-01", "female"),
}


def resident(body: str) -> str:
    """Add the check character by the table of weights in GB 11643."""
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return body + "10X98765432"[sum(int(each) * weight for each, weight in zip(body, weights, strict=True)) % 11]


births = st.dates(date(1800, 1, 1), date(2030, 12, 31))
ids = st.builds(
    lambda region, birth, serial: resident(f"{region}{birth:%Y%m%d}".zfill(14) + f"{serial:03}"),
    st.sampled_from(["110101", "360426", "659001", "710000", "810000", "820000", "830000", "911124", "965156"]),
    births,
    st.integers(0, 999),
)


@pytest.mark.parametrize("text", IDS)
def test_published_ids(text: str) -> None:
    id = ResidentId.parse(text)
    assert str(id) == text
    assert (id.birth.isoformat(), id.sex) == IDS[text]
    assert (id.region, id.kind) == (text[:6], "citizen")


def test_a_lower_case_x_is_accepted_and_normalised() -> None:
    for dress in ("11010519491231002x", wide("11010519491231002X"), wide("11010519491231002x")):
        assert ResidentId.parse(dress) == ResidentId.parse("11010519491231002X")
        assert str(ResidentId.parse(dress)) == "11010519491231002X"


def test_the_constructor_takes_normalised_text_only() -> None:
    assert ResidentId("11010519491231002X") == ResidentId.parse("11010519491231002x")
    with pytest.raises(MalformedError):
        ResidentId("11010519491231002x")


@given(ids, births)
def test_ids_say_birth_and_sex(text: str, on: date) -> None:
    id = ResidentId.parse(text)
    assert f"{id.birth.year:04}{id.birth:%m%d}" == text[6:14]
    assert (id.sex == "male") == (text[16] in "13579")
    if id.birth <= on:
        assert ResidentId.parse(text, on=on) == id
    else:
        with pytest.raises(MalformedError, match="born after"):
            ResidentId.parse(text, on=on)


@given(ids, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_digit_is_found(text: str, at: int, wrong: str) -> None:
    assume(text[at] != wrong)
    with pytest.raises(MalformedError):
        ResidentId.parse(text[:at] + wrong + text[at + 1 :])


@given(ids, st.integers(0, 16))
def test_two_swapped_digits_are_found(text: str, at: int) -> None:
    assume(text[at] != text[at + 1])
    with pytest.raises(MalformedError):
        ResidentId.parse(text[:at] + text[at + 1] + text[at] + text[at + 2 :])


def test_every_single_error_in_a_published_id() -> None:
    """The property above once more, exhaustively, on one number."""
    text = "11010519491231002X"
    for at in range(18):
        for wrong in "0123456789X":
            if wrong != text[at]:
                with pytest.raises(MalformedError):
                    ResidentId.parse(text[:at] + wrong + text[at + 1 :])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "0 characters"),
        ("110105491231002", "15 characters"),  # the number before 1999
        ("11010519491231002XX", "19 characters"),
        ("1101051949123100 X", "cannot stand there"),
        ("11010519491231002\n", "cannot stand there"),
        ("1101051949X231002X", "cannot stand there"),
        ("11010519491231002Y", "cannot stand there"),
        ("٣1010519491231002X", "cannot stand there"),
        (resident("16010519491231002"), "no province"),
        (resident("00010519491231002"), "no province"),
        (resident("72010519491231002"), "no province"),
        (resident("84010519491231002"), "no province"),
        (resident("99910519491231002"), "no province"),
        (resident("98110519491231002"), "no province"),  # a foreigner's permit is issued by a mainland province
        (resident("11010519490229002"), "is no day"),
        (resident("11010519491301002"), "is no day"),
        (resident("11010519490431002"), "is no day"),
        (resident("11010519490400002"), "is no day"),
        (resident("11010500000101002"), "is no day"),
        (resident("11010517991231002"), "is no day"),
        ("360426199101010072", "check character"),
        ("110105194912310020", "check character"),
    ],
)
def test_ids_are_refused_in_order(text: str, says: str) -> None:
    with pytest.raises(MalformedError, match=says):
        ResidentId.parse(text)


def test_boundaries_of_birth() -> None:
    assert ResidentId.parse(resident("11010518000101002")).birth == date(1800, 1, 1)
    assert ResidentId.parse(resident("11010520000229002")).birth == date(2000, 2, 29)
    text = resident("11010520200601002")
    assert ResidentId.parse(text, on=date(2020, 6, 1)).birth == date(2020, 6, 1)
    with pytest.raises(MalformedError, match="born after 2020-05-31"):
        ResidentId.parse(text, on=date(2020, 5, 31))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("911124198108030024", "foreigner-permit"),  # check worked out by hand: sum 272, remainder 8
        (resident("81000019900101001"), "hong-kong-macao-taiwan-permit"),
        (resident("82000019900101001"), "hong-kong-macao-taiwan-permit"),
        (resident("83000019900101001"), "hong-kong-macao-taiwan-permit"),
        (resident("71000019900101001"), "citizen"),
        (resident("65000019900101001"), "citizen"),
    ],
)
def test_permits(text: str, kind: str) -> None:
    assert ResidentId.parse(text).kind == kind


def test_every_region_code_ever_published_is_in_a_province(shared: Callable[[str], Path]) -> None:
    with gzip.open(shared("data/cn_divisions/gb2260_revisions.csv.gz"), "rt", encoding="utf-8") as file:
        regions = {row["code"] for row in csv.DictReader(file)}
    assert len(regions) > 3_000
    for region in regions:
        assert ResidentId.parse(resident(f"{region}19900101001")).region == region


# --- pupils ---


def test_a_formal_number_holds_an_identity_number() -> None:
    number = PupilNumber.parse("g11010519491231002x")
    assert str(number) == "G11010519491231002X"
    assert number.resident == ResidentId.parse("11010519491231002X")
    assert (number.kind, number.region, number.birth, number.verified) == ("G", "110105", date(1949, 12, 31), True)


@pytest.mark.parametrize("text", ["J110105201009010011", "J11010520100901001X", wide("j11010520100901001x")])
def test_a_formal_number_without_identity_number_is_not_verified(text: str) -> None:
    number = PupilNumber.parse(text)
    assert (number.kind, number.region, number.birth) == ("J", "110105", date(2010, 9, 1))
    assert not number.verified
    assert number.resident is None


@pytest.mark.parametrize("tail", ["0000", "9Z3K", "1234"])
def test_a_temporary_number_passes_on_shape_and_day(tail: str) -> None:
    number = PupilNumber.parse("L11010520100901" + tail)
    assert (number.kind, number.region, number.birth, number.verified) == ("L", "110105", date(2010, 9, 1), False)
    assert number.resident is None


@given(ids, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_a_wrong_digit_in_a_g_number_is_found(text: str, at: int, wrong: str) -> None:
    assert PupilNumber.parse("G" + text).resident == ResidentId.parse(text)
    assume(text[at] != wrong)
    with pytest.raises(MalformedError):
        PupilNumber.parse("G" + text[:at] + wrong + text[at + 1 :])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "0 characters"),
        ("G11010519491231002", "18 characters"),
        ("L1101052010090100000", "20 characters"),
        ("H11010519491231002X", "cannot stand there"),
        ("111010519491231002X", "cannot stand there"),
        ("G1101051949123100-X", "cannot stand there"),
        ("J11010A201009010011", "cannot stand there"),
        ("J11010520100901001A", "cannot stand there"),
        ("J1101052010090100X1", "cannot stand there"),
        ("L1101052010090A0000", "cannot stand there"),
        ("L11010520100901000_", "cannot stand there"),
        ("G110105194912310020", "check character"),
        ("G" + resident("11010519490229002"), "is no day"),
        ("J110105201002290011", "is no day"),
        ("L110105201013010000", "is no day"),
        ("L110105179912310000", "is no day"),
    ],
)
def test_pupil_numbers_are_refused_in_order(text: str, says: str) -> None:
    with pytest.raises(MalformedError, match=says):
        PupilNumber.parse(text)


@pytest.mark.parametrize("text", ["G" + resident("11010520200601002"), "J110105202006010011", "L110105202006010000"])
def test_a_pupil_is_born(text: str) -> None:
    assert PupilNumber.parse(text, on=date(2020, 6, 1)).birth == date(2020, 6, 1)
    with pytest.raises(MalformedError, match="born after"):
        PupilNumber.parse(text, on=date(2020, 5, 31))


# --- nothing leaks ---

VALUES = [
    (SocialCreditCode, "11370305K21216551K", "1****************K"),
    (ResidentId, "11010519491231002X", "1****************X"),
    (PupilNumber, "G11010519491231002X", "G*****************X"),
]


@pytest.mark.parametrize(("cls", "text", "masked"), VALUES)
def test_only_str_shows_the_number(cls: type[ResidentId], text: str, masked: str) -> None:
    value = cls.parse(text)
    assert value.masked == masked
    assert repr(value) == f"{cls.__name__}({masked!r})"
    assert str(value) == f"{value}" == text
    assert repr([value]) == f"[{value!r}]"
    assert pickle.loads(pickle.dumps(value)) == value
    assert len({value, cls.parse(text.lower())}) == 1


@given(ids, st.integers(0, 17), st.sampled_from("0123456789XZ"), st.sampled_from(VALUES))
def test_no_refusal_echoes_a_number(text: str, at: int, wrong: str, value: tuple[type[ResidentId], str, str]) -> None:
    typed = ("G" if value[0] is PupilNumber else "") + text[:at] + wrong + text[at + 1 :]
    try:
        value[0].parse(typed)
    except MalformedError as refused:
        said = "".join(traceback.format_exception_only(refused)) + repr(refused) + str(refused.__context__)
        # Six at a time: the mend names a year, and two digits of anything are everywhere.
        assert not any(typed[start : start + 6] in said for start in range(len(typed) - 5))


def test_no_refusal_of_a_birth_after_today_echoes_it() -> None:
    with pytest.raises(MalformedError) as refused:
        ResidentId.parse(resident("11010520200601002"), on=date(2019, 1, 1))
    assert "2020" not in str(refused.value) + repr(refused.value)
