"""Levels compare inside one framework; between two only what a sourced row says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.domain.level import (
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
