"""Codes of majors, by edition of the catalogue."""

import csv
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from creditbank.domain.major_code import MAJOR_EDITIONS, MajorCode, MajorEdition, TierRange
from creditbank.errors import MalformedError

EDITION = MAJOR_EDITIONS["vocational-2021"]
FIRST = {"bachelor": 21, "associate": 41, "secondary": 61}

codes = st.builds(
    lambda first, branch, rest, k: (first, branch, f"{FIRST[first] + branch - 1}{rest:04}{k}"),
    st.sampled_from([*FIRST]),
    st.integers(1, 19),
    st.integers(0, 9999),
    st.sampled_from(["", "K"]),
)


@given(codes)
def test_the_first_two_digits_say_tier_and_branch(made: tuple[str, int, str]) -> None:
    tier, branch, text = made
    code = EDITION.code(text)
    assert (code.tier, code.branch) == (tier, branch)
    assert text.startswith(code.subcategory)
    assert code.subcategory.startswith(code.category)
    assert code.controlled == text.endswith("K")


@pytest.mark.parametrize(
    ("text", "tier"),
    [("310201", "bachelor"), ("510202", "associate"), ("710203", "secondary"), ("520801K", "associate")],
)
def test_published_codes(text: str, tier: str) -> None:
    assert EDITION.code(text).tier == tier


def test_one_field_of_work_has_one_number_in_every_tier() -> None:
    assert {EDITION.code(text).branch for text in ("310201", "510202", "710203")} == {11}


@given(codes, st.sampled_from([*MAJOR_EDITIONS]))
def test_what_a_code_writes_it_reads(made: tuple[str, int, str], edition: str) -> None:
    code = MAJOR_EDITIONS[edition].code(made[2])
    assert str(code) == f"{edition}:{made[2]}"
    assert MajorCode.parse(str(code)) == code


def test_codes_are_read_in_any_dress() -> None:
    assert EDITION.code("５２０８０１ｋ") == EDITION.code("520801k") == EDITION.code("520801K")
    for text in ("vocational-2021:520801k", "vocational-2021:５２０８０１"):
        with pytest.raises(MalformedError, match="narrow digits and a capital K"):
            MajorCode.parse(text)


def test_the_same_digits_in_two_editions_are_two_codes() -> None:
    old, new = (each.code("510203") for each in MAJOR_EDITIONS.values())
    assert old != new
    assert old.text == new.text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("510203", "no edition"),
        ("vocational-1999:510203", "no edition of that name"),
        (":510203", "no edition of that name"),
        ("vocational-2021:", "not the code"),
        ("vocational-2021:51020", "not the code"),
        ("vocational-2021:5102033", "not the code"),
        ("vocational-2021:510203T", "not the code"),
        ("vocational-2021:510203KK", "not the code"),
        ("vocational-2021:51020٣", "not the code"),
        ("vocational-2021: 510203", "not the code"),
        ("vocational-2021:200203", "no tier"),
        ("vocational-2021:400203", "no tier"),
        ("vocational-2021:600203", "no tier"),
        ("vocational-2021:800203", "no tier"),
    ],
)
def test_codes_are_refused_in_order(text: str, says: str) -> None:
    with pytest.raises(MalformedError, match=says):
        MajorCode.parse(text)


@pytest.mark.parametrize("category", [21, 39, 41, 59, 61, 79])
def test_both_ends_of_a_tier_are_in_it(category: int) -> None:
    assert EDITION.code(f"{category}0101").branch in (1, 19)


def test_an_edition_of_one_s_own() -> None:
    own = MajorEdition("city-1", "ours", (TierRange("secondary", 0, 9, 4),), "a notice")
    assert own.code("090101").branch == 10
    assert MajorCode.parse("city-1:000101", [own]).tier == "secondary"
    with pytest.raises(MalformedError, match="city-1"):
        MajorCode.parse("vocational-2021:510203", [own])


def test_what_is_no_edition() -> None:
    tier = TierRange("secondary", 1, 9, None)
    for id, name, tiers, source, says in (
        ("A", "n", (tier,), "s", "a name that is none"),
        ("a", "", (tier,), "s", "no name, tiers or source"),
        ("a", "n", (), "s", "no name, tiers or source"),
        ("a", "n", (tier,), "", "no name, tiers or source"),
        ("a", "n", (tier, TierRange("bachelor", 9, 12, None)), "s", "share first digits"),
        ("a", "n", (TierRange("bachelor", 9, 12, None), tier), "s", "share first digits"),
    ):
        with pytest.raises(MalformedError, match=says):
            MajorEdition(id, name, tiers, source)
    for first, last in ((9, 8), (-1, 8), (90, 100)):
        with pytest.raises(MalformedError, match="the lower first"):
            TierRange("secondary", first, last, None)


def test_the_sizes_of_the_catalogue_of_2021_add_up() -> None:
    assert sum(each.size or 0 for each in EDITION.tiers) == 1349


def test_every_published_standard_s_code_is_read_or_named_as_an_oddity(shared: Callable[[str], Path]) -> None:
    """Tiers agree with the file's own column; what is no code at all is counted, and nothing else is refused."""
    with shared("data/cn_teaching_standards/majors.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 200
    oddities: Counter[str] = Counter()
    seen: dict[str, set[str]] = {tier: set() for tier in FIRST}
    for row in rows:
        try:
            code = EDITION.code(row["major_code"])
        except MalformedError as refused:
            assert not re.fullmatch("[2-7][0-9]{5}K?", row["major_code"])
            oddities[refused.what] += 1
        else:
            oddities["of another tier than the file says"] += f"voc_{code.tier}" != row["level"]
            seen[code.tier].add(code.text.removesuffix("K"))
    assert oddities["of another tier than the file says"] == 0
    assert oddities.total() <= 1, f"one row of the whole file has no code: {oddities}"
    for each in EDITION.tiers:
        assert each.size is not None
        assert len(seen[each.tier]) <= each.size, "no more standards than the catalogue has majors"
