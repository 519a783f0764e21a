"""Numbers of skill certificates: published layouts, contradictions kept apart, a mismatch that warns."""

import pytest
from hypothesis import given, strategies as st

from creditbank.domain.certificate_number import (
    FORMATS,
    NUMBER_SIZE_MAX,
    PARTS_MAX,
    X_OPAQUE,
    Match,
    NumberFormat,
    Part,
    match_certificate_number,
    number_warning,
)
from creditbank.domain.level import Level, framework
from creditbank.errors import MalformedError

BY_ID = {each.id: each for each in FORMATS}

# china.md 3: the published example, with digits for its X's; the others are made after their layouts.
EXAMPLES = {
    "skill-22": "Y0001230000011" + "95000001",
    "skill-20": "RGN110105001" + "19" + "3" + "00001",
    "special-technician-22": "AB" + "1234567890" * 2,
    "qualification-16": "19" + "11" + "01" + "0" + "123" + "4" + "00001",
}


def numbers(layout: NumberFormat) -> st.SearchStrategy[str]:
    parts = [st.text(st.sampled_from(part.alphabet), min_size=part.size, max_size=part.size) for part in layout.parts]
    return st.tuples(*parts).map("".join)


any_number = st.sampled_from(FORMATS).flatmap(lambda each: st.tuples(st.just(each), numbers(each)))


@pytest.mark.parametrize("id", EXAMPLES)
def test_an_example_of_each_layout(id: str) -> None:
    (match,) = match_certificate_number(EXAMPLES[id])
    assert match.format is BY_ID[id]
    assert "".join(text for _, text in match.parts) == match.text == EXAMPLES[id]
    assert number_warning(EXAMPLES[id]) is None


def test_the_published_example_part_by_part() -> None:
    (match,) = match_certificate_number("Y000123" + "000001" + "19" + "5" + "000001")
    assert match.parts == (
        ("assessor", "Y"),
        ("agency", "0001"),
        ("province", "23"),
        ("site", "000001"),
        ("year", "19"),
        ("level", "5"),
        ("serial", "000001"),
    )
    assert match.level == Level("skill-5", "5")
    assert framework("skill-5").title(match.level) == "初级工(五级)"


@pytest.mark.parametrize(
    ("id", "size", "level"),
    [
        ("skill-22", 22, None),
        ("skill-20", 20, None),
        ("special-technician-22", 22, "skill-8:特级技师"),
        ("qualification-16", 16, None),
    ],
)
def test_sizes_and_levels_of_the_layouts(id: str, size: int, level: str | None) -> None:
    layout = BY_ID[id]
    assert layout.size == size
    (match,) = match_certificate_number(EXAMPLES[id])
    assert match.level is not None
    assert str(match.level) == (level or f"skill-5:{dict(match.parts)['level']}")
    assert framework(match.level.framework).rank(match.level) >= 0


@given(any_number)
def test_a_number_of_a_layout_fits_that_one_only(made: tuple[NumberFormat, str]) -> None:
    layout, text = made
    assert [match.format.id for match in match_certificate_number(text)] == [layout.id]


def test_no_two_published_layouts_can_fit_one_number() -> None:
    """Exhaustively, not by example: somewhere their alphabets have nothing in common."""
    for one in FORMATS:
        for other in FORMATS:
            if one is not other and one.size == other.size:
                left, right = ([p.alphabet for p in each.parts for _ in range(p.size)] for each in (one, other))
                assert any(not set(a) & set(b) for a, b in zip(left, right, strict=True)), (one.id, other.id)


@given(any_number)
def test_numbers_are_matched_in_any_dress(made: tuple[NumberFormat, str]) -> None:
    _, text = made
    wide = "".join(chr(ord(each) + 0xFEE0) for each in text)
    assert match_certificate_number(text.lower()) == match_certificate_number(wide) == match_certificate_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Y00012300000119500000",  # one digit short
        "Y0001230000011950000011",  # one too many
        "X000123000001195000001",  # neither employer nor social body
        "Y000123000001190000001",  # level 0
        "Y000123000001196000001",  # level 6
        "RAN11010500119300001",
        "RGX11010500119300001",
        "1911015123400001",  # kind of agency 5
        "1911010123600001",  # level 6
        "Y0001 23 000001 19 5 000001",
        "Y000123000001195٣00001",
        "A" * 10_000,
    ],
)
def test_a_mismatch_warns_and_is_kept(text: str) -> None:
    assert match_certificate_number(text) == ()
    warning = number_warning(text)
    assert warning is not None
    assert (warning.size, warning.tried) == (len(text), tuple(BY_ID))
    assert f"({len(text)} characters)" in str(warning)
    assert "kept as given" in str(warning)


@given(st.text(max_size=30))
def test_no_text_whatever_is_refused(text: str) -> None:
    assert (number_warning(text) is None) == bool(match_certificate_number(text))


def test_the_list_is_the_caller_s() -> None:
    own = NumberFormat("own", "ours", (Part("head", "ZH", 2), Part("serial", "0123456789", 4)), "", "", "a notice")
    (match,) = match_certificate_number("zh0042", (*FORMATS, own))
    assert (match.format, match.level) == (own, None)
    assert match_certificate_number("ZH0042") == ()
    warning = number_warning("ZH0042", ())
    assert warning is not None
    assert "tried: none" in str(warning)


def test_of_contradicting_layouts_every_match_is_given_in_order() -> None:
    one, other = (
        NumberFormat(id, id, (Part("serial", digits, 4),), "", "", "s") for id, digits in (("a", "12"), ("b", "23"))
    )
    assert [each.format.id for each in match_certificate_number("2222", (other, one))] == ["b", "a"]
    assert [each.format.id for each in match_certificate_number("1112", (other, one))] == ["a"]


def test_an_x_number_is_opaque() -> None:
    for text in ("ａ证-7", "Y000123000001195000001", "x"):
        (match,) = match_certificate_number(text, (X_OPAQUE,))
        assert (match.text, match.parts, match.level) == (text, (), None)
        assert text not in repr(match) or text == "x"
    for text in ("", " 7", "7\n", "7" * (NUMBER_SIZE_MAX + 1)):
        assert match_certificate_number(text, (X_OPAQUE,)) == ()
    assert match_certificate_number("7" * NUMBER_SIZE_MAX, (X_OPAQUE,)) != ()


@given(any_number)
def test_neither_matches_nor_warnings_show_a_number(made: tuple[NumberFormat, str]) -> None:
    _, text = made
    (match,) = match_certificate_number(text)
    assert repr(match).count("*") == len(text) - 2
    assert text[1:6] not in repr(match)
    warning = number_warning(text, ())
    assert warning is not None
    assert text not in str(warning) + repr(warning)


def test_a_match_is_of_what_it_matched() -> None:
    with pytest.raises(AssertionError):
        Match(BY_ID["skill-22"], "Y")


D = "0123456789"


@pytest.mark.parametrize(
    ("parts", "level", "value", "says"),
    [
        (((("a", D, 1), ("a", D, 1))), "", "", "two of one name"),
        (tuple((f"p{n}", D, 1) for n in range(PARTS_MAX + 1)), "", "", "too many parts"),
        ((("a", D, 40), ("b", D, 25)), "", "", "too many characters"),
        ((("a", D, 1),), "skill-5", "", "half a level"),
        ((("level", D, 1),), "", "", "half a level"),
        ((("a", D, 1),), "", "3", "half a level"),
        ((("level", D, 1),), "skill-5", "3", "two levels"),
        ((("", D, 1),), "", "", "no name"),
        ((("a", "", 1),), "", "", "never found"),
        ((("a", "a", 1),), "", "", "never found"),
        ((("a", D, 0),), "", "", "0 characters"),
        ((("a", D, NUMBER_SIZE_MAX + 1),), "", "", "65 characters"),
    ],
)
def test_what_is_no_layout(parts: tuple[tuple[str, str, int], ...], level: str, value: str, says: str) -> None:
    with pytest.raises(MalformedError, match=says):
        NumberFormat("a", "a", tuple(Part(*part) for part in parts), level, value, "s")


def test_a_layout_has_a_source() -> None:
    with pytest.raises(MalformedError, match="source"):
        NumberFormat("a", "a", (), "", "", "")
    assert all(layout.source for layout in FORMATS)
