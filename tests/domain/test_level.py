"""Levels compare inside one framework; between two only what a sourced row says."""

import pytest
from hypothesis import given, strategies as st

from creditbank.domain.level import (
    CROSSWALKS,
    FRAMEWORKS,
    VALUE_SIZE_MAX,
    VALUES_MAX,
    Crosswalk,
    Framework,
    Level,
    across,
    framework,
)
from creditbank.errors import MalformedError, UnknownError

X = framework("x")
SKILL = framework("skill-8")


def test_the_three_levels_of_an_x_certificate() -> None:
    assert [X.rank(Level("x", value)) for value in ("初级", "中级", "高级")] == [0, 1, 2]


def test_the_eight_steps() -> None:
    steps = ["学徒工", "初级工", "中级工", "高级工", "技师", "高级技师", "特级技师", "首席技师"]
    assert [SKILL.rank(SKILL.level(step)) for step in steps] == list(range(8))


@pytest.mark.parametrize("known", FRAMEWORKS.values(), ids=FRAMEWORKS)
def test_every_framework_ranks_its_levels_in_order(known: Framework) -> None:
    assert [known.rank(known.level(value)) for value in known.values] == list(range(len(known.values)))
    assert framework(known.id) is known


def test_no_level_of_another_framework_is_coerced() -> None:
    alike = Framework("y", "y", ("初级", "中级"), "a document")
    with pytest.raises(MalformedError, match="y:初级 is not of framework 'x'"):
        X.rank(alike.level("初级"))
    assert alike.level("初级") != X.level("初级")


@pytest.mark.parametrize("value", ["初级工", "初", "中級"])
def test_a_value_that_the_framework_has_not(value: str) -> None:
    with pytest.raises(MalformedError, match="初级, 中级, 高级"):
        X.level(value)


def test_an_unknown_framework() -> None:
    with pytest.raises(UnknownError, match="skill-9"):
        framework("skill-9")


@pytest.mark.parametrize(
    ("id", "name", "values", "source", "says"),
    [
        ("", "n", ("a",), "s", "does not name a framework"),
        ("X", "n", ("a",), "s", "does not name a framework"),
        ("a:b", "n", ("a",), "s", "does not name a framework"),
        ("a" * 33, "n", ("a",), "s", "does not name a framework"),
        ("x", "n", (), "s", "0 levels"),
        ("x", "n", tuple(map(str, range(VALUES_MAX + 1))), "s", "65 levels"),
        ("x", "n", ("a", ""), "s", "does not name a level"),
        ("x", "n", ("a", " b"), "s", "does not name a level"),
        ("x", "n", ("a", "b\n"), "s", "does not name a level"),
        ("x", "n", ("a", "b\x00c"), "s", "does not name a level"),
        ("x", "n", ("a" * (VALUE_SIZE_MAX + 1),), "s", "does not name a level"),
        ("x", "n", ("a", "b", "a"), "s", "listed twice"),
        ("x", "", ("a",), "s", "no name"),
        ("x", "n", ("a",), "", "no source"),
    ],
)
def test_what_is_no_framework(id: str, name: str, values: tuple[str, ...], source: str, says: str) -> None:
    with pytest.raises(MalformedError, match=says):
        Framework(id, name, values, source)


def test_the_largest_framework() -> None:
    values = tuple(f"{number:0{VALUE_SIZE_MAX}}" for number in range(VALUES_MAX))
    assert Framework("a" * 32, "n", values, "s").level(values[-1]).value == values[-1]


@given(st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True), st.text(st.sampled_from("初中高: a5"), min_size=1))
def test_what_a_level_writes_it_reads(id: str, value: str) -> None:
    try:
        level = Level(id, value)
    except MalformedError:
        assert value != value.strip() or len(value) > VALUE_SIZE_MAX
    else:
        assert Level.parse(str(level)) == level


@pytest.mark.parametrize("text", ["", "x", "x:", ":中级", "X:中级", "x: 中级", "x：中级", "x:中级 "])
def test_what_is_no_level(text: str) -> None:
    with pytest.raises(MalformedError):
        Level.parse(text)


# --- between frameworks ---

MIDDLE = Crosswalk(X.level("中级"), SKILL.level("中级工"), "somebody's notice, article 3")


def test_a_row_is_followed_one_way_and_for_its_level_only() -> None:
    assert across(X.level("中级"), "skill-8", [MIDDLE]) == SKILL.level("中级工")
    assert across(SKILL.level("中级工"), "x", [MIDDLE]) is None
    assert across(X.level("高级"), "skill-8", [MIDDLE]) is None
    assert across(X.level("中级"), "skill-8", []) is None
    assert across(X.level("中级"), "hk-qf", [MIDDLE]) is None


def test_in_its_own_framework_a_level_is_itself() -> None:
    assert across(X.level("中级"), "x", []) == X.level("中级")


def test_rows_are_not_chained() -> None:
    rows = [MIDDLE, Crosswalk(SKILL.level("中级工"), Level("hk-qf", "3"), "another notice")]
    assert across(X.level("中级"), "hk-qf", rows) is None


def test_rows_that_disagree_are_refused_and_rows_that_agree_are_not() -> None:
    again = Crosswalk(MIDDLE.source, MIDDLE.target, "another notice")
    assert across(X.level("中级"), "skill-8", [MIDDLE, again]) == SKILL.level("中级工")
    with pytest.raises(MalformedError, match="skill-8:中级工, skill-8:高级工"):
        across(X.level("中级"), "skill-8", [MIDDLE, Crosswalk(MIDDLE.source, SKILL.level("高级工"), "another notice")])


def test_a_row_crosses_and_has_a_source() -> None:
    with pytest.raises(MalformedError, match="of one framework"):
        Crosswalk(X.level("初级"), X.level("中级"), "s")
    with pytest.raises(MalformedError, match="no source"):
        Crosswalk(MIDDLE.source, MIDDLE.target, "")


# --- the published scales and rows ---

SIZES = {
    "x": 3, "skill-8": 8, "skill-5": 5, "ouc-10": 10, "gd-qf": 7, "hk-qf": 7, "eqf": 8, "ncrf": 11, "scqf": 12,
}  # fmt: skip

levels = st.sampled_from([known.level(value) for known in FRAMEWORKS.values() for value in known.values])


def test_the_published_scales_and_their_sizes() -> None:
    assert {id: len(known.values) for id, known in FRAMEWORKS.items()} == SIZES


def test_halves_stand_where_they_are_published() -> None:
    ncrf = framework("ncrf")
    assert [value for value in ncrf.values if "." in value] == ["4.5", "5.5", "6.5"]
    assert ncrf.values[-7:] == ("4.5", "5", "5.5", "6", "6.5", "7", "8")
    for absent in ("7.5", "4.50", "0", "9", "5.0"):
        with pytest.raises(MalformedError, match="there is no level"):
            ncrf.level(absent)


def test_the_digit_of_a_skill_certificate_counts_downwards() -> None:
    digits = framework("skill-5")
    assert [digits.rank(digits.level(digit)) for digit in "54321"] == [0, 1, 2, 3, 4]


def test_titles_are_said_where_published() -> None:
    hong_kong = framework("hk-qf")
    assert hong_kong.title(hong_kong.level("7")) == "Doctoral Degree"
    assert hong_kong.title(hong_kong.level("2")) == hong_kong.title(hong_kong.level("1")) == "Certificate"
    assert framework("ouc-10").title(Level("ouc-10", "10")) is None
    with pytest.raises(MalformedError, match="not of framework"):
        hong_kong.title(Level("gd-qf", "7"))
    for titles in (("one",), ("one", "two", "three"), ("one", "")):
        with pytest.raises(MalformedError, match="not one title for each level"):
            Framework("a", "n", ("1", "2"), "s", titles)


@given(levels, levels, levels)
def test_rank_orders_one_framework_totally_and_no_two(one: Level, other: Level, third: Level) -> None:
    known = framework(one.framework)
    alike = [level for level in (other, third) if level.framework == one.framework]
    for level in alike:
        assert (known.rank(one) == known.rank(level)) == (one == level)
    for level in (other, third):
        if level not in alike:
            with pytest.raises(MalformedError, match="is not of framework"):
                known.rank(level)
    with pytest.raises(TypeError):
        one < other  # noqa: B015 - that levels have no order of their own is what is tested


@given(levels, st.sampled_from([*FRAMEWORKS]))
def test_there_is_no_path_without_a_row(level: Level, target: str) -> None:
    rows = {row.target for row in CROSSWALKS if row.source == level and row.target.framework == target}
    found = across(level, target, CROSSWALKS)
    assert found == (level if target == level.framework else next(iter(rows), None))
    assert across(level, target, ()) == (level if target == level.framework else None)


def test_rows_lead_from_known_levels_to_known_levels_and_name_their_source() -> None:
    for row in CROSSWALKS:
        for level in (row.source, row.target):
            assert framework(level.framework).rank(level) >= 0
        assert len(row.citation) > 20
    assert {(row.source.framework, row.target.framework) for row in CROSSWALKS} == {
        ("scqf", "eqf"),
        ("skill-5", "skill-8"),
    }
    assert len({row.source for row in CROSSWALKS}) == len(CROSSWALKS), "no level counts as two"


@pytest.mark.parametrize("pair", [("scqf", "eqf"), ("skill-5", "skill-8")])
def test_rows_never_turn_the_order_round(pair: tuple[str, str]) -> None:
    source, target = map(framework, pair)
    found = [across(source.level(value), target.id, CROSSWALKS) for value in source.values]
    ranks = [target.rank(level) for level in found if level is not None]
    assert ranks == sorted(ranks)


def test_published_rows() -> None:
    scqf = framework("scqf")
    assert across(scqf.level("12"), "eqf", CROSSWALKS) == Level("eqf", "8")
    assert (
        across(scqf.level("9"), "eqf", CROSSWALKS) == across(scqf.level("10"), "eqf", CROSSWALKS) == Level("eqf", "6")
    )
    assert across(scqf.level("2"), "eqf", CROSSWALKS) is None
    assert across(Level("eqf", "6"), "scqf", CROSSWALKS) is None, "two levels lead there: the way back is nobody's"
    assert across(Level("skill-5", "3"), "skill-8", CROSSWALKS) == SKILL.level("高级工")
    found = {across(X.level(value), other, CROSSWALKS) for value in X.values for other in FRAMEWORKS if other != "x"}
    assert found == {None}, "no row says what an X level is elsewhere"
    assert across(Level("gd-qf", "5"), "hk-qf", CROSSWALKS) is None, "seven and seven, and yet no row"
