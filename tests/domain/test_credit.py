"""Whole quanta, exact numbers, named rounding: laws as properties, limits on, below and above."""

import pickle
from fractions import Fraction

import pytest
from hypothesis import example, given, strategies as st

from creditbank.domain import credit as room
from creditbank.domain.credit import (
    NUMBER_SIZE_MAX,
    QUANTA_MAX,
    ZERO,
    Credit,
    CreditSystem,
    Rounding,
    add_up,
    exchange,
    is_multiple,
    least,
    minus,
    number_text,
    parse_number,
    round_to,
    total,
)
from creditbank.errors import MalformedError

HALF = CreditSystem("cn-college", Fraction(1, 2), "高职学分", Fraction(16))
WHOLE = CreditSystem("hk-qf", Fraction(1), "QF credit", Fraction(10))
THIRD = CreditSystem("third", Fraction(1, 3), "thirds", None)

WAYS: tuple[Rounding, ...] = ("down", "half-up", "exact")
ways = st.sampled_from(WAYS)
small = st.integers(-(10**6), 10**6).map(lambda quanta: Credit("cn-college", quanta))
ratios = st.fractions(min_value=0, max_value=50, max_denominator=60)
systems = st.sampled_from([HALF, WHOLE, THIRD])


# --- credit ---


@given(small, small, small)
def test_adding_is_a_group(a: Credit, b: Credit, c: Credit) -> None:
    zero = Credit("cn-college", 0)
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + zero == a
    assert a + -a == zero
    assert a - b == a + -b


@given(small, small)
def test_order_is_the_order_of_quanta(a: Credit, b: Credit) -> None:
    assert (a < b, a <= b, a > b, a >= b, a == b) == (
        a.quanta < b.quanta,
        a.quanta <= b.quanta,
        a.quanta > b.quanta,
        a.quanta >= b.quanta,
        a.quanta == b.quanta,
    )
    assert bool(a) == (a.quanta != 0)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_most_that_can_be_held(sign: int) -> None:
    most = Credit("cn-college", sign * QUANTA_MAX)
    assert most.quanta == sign * (2**53 - 1)
    with pytest.raises(MalformedError, match="more quanta"):
        Credit("cn-college", sign * 2**53)
    with pytest.raises(MalformedError, match="more quanta"):
        most + Credit("cn-college", sign)


def test_too_much_is_malformed_even_if_it_is_too_long_to_print() -> None:
    with pytest.raises(MalformedError):
        HALF.credit(10**6000)


@pytest.mark.parametrize(
    "mix",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
        lambda a, b: total([a, b], "cn-college"),
        lambda a, b: HALF.amount(b),
        lambda a, b: HALF.text(b),
        lambda a, b: exchange(b, HALF, WHOLE, Fraction(1), "exact"),
    ],
)
def test_two_systems_never_meet(mix) -> None:
    with pytest.raises(MalformedError) as refused:
        mix(Credit("cn-college", 1), Credit("hk-qf", 1))
    assert "cn-college" in str(refused.value)
    assert "hk-qf" in str(refused.value)


def test_credit_of_two_systems_is_never_equal() -> None:
    assert Credit("cn-college", 1) != Credit("hk-qf", 1)


@given(st.lists(small, max_size=8))
def test_total_adds_up(credits: list[Credit]) -> None:
    assert total(credits, "cn-college").quanta == sum(each.quanta for each in credits)


def test_credit_survives_pickling() -> None:
    credit = Credit("cn-college", 9)
    assert pickle.loads(pickle.dumps(credit)) == credit


# --- over ---


@given(small, ratios, st.sampled_from(["down", "half-up"]))
def test_over_gives_and_takes_whole_quanta_that_balance(credit: Credit, ratio: Fraction, way: Rounding) -> None:
    exact = abs(credit.quanta) * ratio
    given_, away = abs_pair(credit.over(ratio, way), credit)
    assert given_ + away == -(-exact.numerator // exact.denominator)
    assert away in (0, 1)
    if way == "down":
        assert given_ <= exact < given_ + 1
    else:
        assert Fraction(-1, 2) <= exact - given_ < Fraction(1, 2)


def abs_pair(pair: tuple[Credit, Credit], credit: Credit) -> tuple[int, int]:
    sign = -1 if credit.quanta < 0 else 1
    return sign * pair[0].quanta, sign * pair[1].quanta


@given(small, ratios, ways)
def test_over_is_undone_exactly(credit: Credit, ratio: Fraction, way: Rounding) -> None:
    try:
        given_, away = credit.over(ratio, way)
    except MalformedError:
        with pytest.raises(MalformedError):
            (-credit).over(ratio, way)
    else:
        assert (-credit).over(ratio, way) == (-given_, -away)


@given(small, ratios)
def test_over_exact_fits_or_refuses(credit: Credit, ratio: Fraction) -> None:
    exact = credit.quanta * ratio
    if exact.denominator == 1:
        assert credit.over(ratio, "exact") == (Credit("cn-college", exact.numerator), Credit("cn-college", 0))
    else:
        with pytest.raises(MalformedError, match="not a whole number of quanta"):
            credit.over(ratio, "exact")


@pytest.mark.parametrize(
    ("quanta", "ratio", "way", "given_", "away"),
    [
        (5, "1/2", "down", 2, 1),
        (5, "1/2", "half-up", 3, 0),
        (7, "1/3", "half-up", 2, 1),
        (8, "1/3", "half-up", 3, 0),
        (6, "1/3", "exact", 2, 0),
        (5, "0", "down", 0, 0),
    ],
)
def test_over(quanta: int, ratio: str, way: Rounding, given_: int, away: int) -> None:
    pair = Credit("hk-qf", quanta).over(Fraction(ratio), way)
    assert pair == (Credit("hk-qf", given_), Credit("hk-qf", away))


def test_over_refuses_a_ratio_below_zero() -> None:
    with pytest.raises(MalformedError, match="ratio"):
        Credit("hk-qf", 1).over(Fraction(-1, 2), "down")


# --- systems ---


@given(systems, st.integers(-(10**9), 10**9))
def test_what_a_system_writes_it_reads(system: CreditSystem, quanta: int) -> None:
    credit = Credit(system.id, quanta)
    assert system.credit(system.text(credit)) == credit
    assert system.credit(system.amount(credit)) == credit


def test_amounts_come_as_number_whole_or_text() -> None:
    assert HALF.credit("1.5") == HALF.credit(Fraction(3, 2)) == Credit("cn-college", 3)
    assert HALF.credit(2) == HALF.credit("2") == Credit("cn-college", 4)
    assert HALF.credit("-0.5") == Credit("cn-college", -1)
    assert HALF.zero == Credit("cn-college", 0)
    assert HALF.text(Credit("cn-college", -3)) == "-1.5"


@pytest.mark.parametrize("amount", ["0.25", "0.75", Fraction(1, 3)])
def test_what_is_not_whole_quanta_is_refused_naming_the_quantum(amount: Fraction | str) -> None:
    with pytest.raises(MalformedError, match=r"quanta of 0\.5"):
        HALF.credit(amount)


@pytest.mark.parametrize("text", ["", "-", "--1", "-0", "-0.0", "+1", "- 1"])
def test_amounts_that_are_no_text_of_credit(text: str) -> None:
    with pytest.raises(MalformedError):
        HALF.credit(text)


@pytest.mark.parametrize("id", ["", "CN", "9a", "-a", "a_b", "a b", "学分", "a" * 33, "a\n"])
def test_ids_that_name_no_system(id: str) -> None:
    with pytest.raises(MalformedError, match="does not name a credit system"):
        CreditSystem(id, Fraction(1), "name", None)
    with pytest.raises(MalformedError, match="does not name a credit system"):
        Credit(id, 1)


def test_longest_id() -> None:
    assert CreditSystem("a" * 32, Fraction(1), "name", None).zero.system == "a" * 32


@pytest.mark.parametrize(
    ("quantum", "name", "hours", "says"),
    [
        (Fraction(0), "n", None, "a quantum of 0"),
        (Fraction(-1, 2), "n", None, "a quantum of -0.5"),
        (Fraction(1), "", None, "no name"),
        (Fraction(1), "n", Fraction(0), "0 hours"),
        (Fraction(1), "n", Fraction(-1), "-1 hours"),
    ],
)
def test_systems_that_are_none(quantum: Fraction, name: str, hours: Fraction | None, says: str) -> None:
    with pytest.raises(MalformedError, match=says):
        CreditSystem("a", quantum, name, hours)


# --- exchange ---


@given(st.integers(-(10**6), 10**6), systems, systems, ratios, st.sampled_from(["down", "half-up"]))
def test_exchange_loses_nothing(
    quanta: int, source: CreditSystem, target: CreditSystem, ratio: Fraction, way: Rounding
) -> None:
    credit = Credit(source.id, quanta)
    got, took = exchange(credit, source, target, ratio, way)
    assert target.amount(got) + took == source.amount(credit) * ratio
    assert abs(took) < target.quantum
    if way == "down":
        assert took * quanta >= 0
    assert exchange(-credit, source, target, ratio, way) == (-got, -took)


def test_two_thirds_half_up_and_back_makes_credit_out_of_nothing() -> None:
    """The arbitrage of rules.md: 1 becomes 3/2."""
    there, took = exchange(WHOLE.credit(1), WHOLE, HALF, Fraction(2, 3), "half-up")
    assert (HALF.text(there), took) == ("0.5", Fraction(1, 6))
    whole = CreditSystem("whole", Fraction(1), "w", None)
    there, took = exchange(WHOLE.credit(1), WHOLE, whole, Fraction(2, 3), "half-up")
    assert (whole.text(there), took) == ("1", Fraction(-1, 3))
    back, took = exchange(there, whole, HALF, Fraction(3, 2), "exact")
    assert (HALF.text(back), took) == ("1.5", 0)


def test_exchange_refuses_in_order() -> None:
    with pytest.raises(MalformedError, match="cannot be added or compared"):
        exchange(WHOLE.credit(1), HALF, WHOLE, Fraction(-1), "exact")
    with pytest.raises(MalformedError, match="a ratio of -1"):
        exchange(HALF.credit("0.5"), HALF, WHOLE, Fraction(-1), "exact")
    with pytest.raises(MalformedError, match=r"0\.5 is not a whole number of quanta of 1"):
        exchange(HALF.credit("0.5"), HALF, WHOLE, Fraction(1), "exact")
    with pytest.raises(MalformedError, match="more quanta"):
        exchange(Credit("cn-college", QUANTA_MAX), HALF, WHOLE, Fraction(4), "exact")


# --- rounding ---


@given(
    st.fractions(min_value=0, max_value=10**6, max_denominator=1000),
    st.fractions(min_value=Fraction(1, 60), max_value=40, max_denominator=60),
)
def test_rounding(value: Fraction, to: Fraction) -> None:
    down, nearest, exact = (round_to(value, to, way) for way in WAYS)
    assert down is not None
    assert nearest is not None
    assert (down / to).denominator == (nearest / to).denominator == 1
    assert 0 <= value - down < to
    assert -to / 2 <= value - nearest < to / 2
    assert exact == (value if value == down else None)


@pytest.mark.parametrize(
    ("value", "down", "half_up"),
    [("0", "0", "0"), ("0.24", "0", "0"), ("0.25", "0", "0.5"), ("0.26", "0", "0.5"), ("0.5", "0.5", "0.5")],
)
def test_a_tie_goes_up(value: str, down: str, half_up: str) -> None:
    assert round_to(Fraction(value), Fraction(1, 2), "down") == Fraction(down)
    assert round_to(Fraction(value), Fraction(1, 2), "half-up") == Fraction(half_up)


@pytest.mark.parametrize(("value", "to"), [(Fraction(-1), Fraction(1)), (Fraction(1), Fraction(0))])
def test_rounding_promises(value: Fraction, to: Fraction) -> None:
    with pytest.raises(AssertionError):
        round_to(value, to, "down")


# --- numbers ---


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("2", "2"),
        ("0.5", "1/2"),
        ("2.0", "2"),
        ("13.50", "27/2"),
        ("2/3", "2/3"),
        ("50/100", "1/2"),
        ("0/7", "0"),
        ("40 %", "2/5"),
        ("40%", "2/5"),
        ("12.5 %", "1/8"),
        ("100 %", "1"),
    ],
)
def test_numbers(text: str, number: str) -> None:
    assert parse_number(text) == Fraction(number)


@pytest.mark.parametrize(
    "text",
    [
        *("1e3", "1E3", "inf", "Infinity", "nan", "-1", "+1", "-0", " 1", "1 ", "1 /2", "1/ 2", "1/0", "1/-2", "0x1"),
        *(
            "1_000",
            "1,5",
            ".5",
            "5.",
            "00",
            "01",
            "01.5",
            "1/02",
            "02/3",
            "1/2/3",
            "1/2 %",
            "40  %",
            "% 40",
            "%",
            "40 %%",
        ),
        *("1.5/2", "１", "٣", "½", "二", "1\n", "\n1", "", "-", "/", "1" * 5000),
    ],
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_number(text)


def test_longest_number() -> None:
    text = "1" * NUMBER_SIZE_MAX
    assert number_text(parse_number(text)) == text
    with pytest.raises(MalformedError, match="a number of 31 characters"):
        parse_number(text + "1")


@given(st.fractions(min_value=0, max_value=10**9, max_denominator=10**9))
def test_what_is_written_is_read(number: Fraction) -> None:
    text = number_text(number)
    assert parse_number(text) == number
    assert number_text(parse_number(text)) == text


@given(st.text(st.sampled_from("0123456789./ %e-"), max_size=12))
def test_reading_is_total_and_writing_canonical(text: str) -> None:
    try:
        number = parse_number(text)
    except MalformedError:
        return
    assert parse_number(number_text(number)) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(10), "10"),
        (Fraction(1, 2), "0.5"),
        (Fraction(1, 8), "0.125"),
        (Fraction(21, 20), "1.05"),
        (Fraction(4, 6), "2/3"),
        (Fraction(-27, 2), "-13.5"),
        (Fraction(-2, 3), "-2/3"),
        (Fraction(1, 2**28), "0.0000000037252902984619140625"),  # 30 characters
        (Fraction(1, 2**29), "1/536870912"),  # would be 31
    ],
)
def test_canonical_text(number: Fraction, text: str) -> None:
    assert number_text(number) == text


def test_every_public_name_is_there() -> None:
    assert all(hasattr(room, name) for name in room.__all__)


@given(st.lists(st.just(ZERO) | st.fractions(max_denominator=60), max_size=12))
@example([Fraction(1, 2), Fraction(1, 2), Fraction(0)])
@example([Fraction(1, 2), Fraction(-1, 2), ZERO])
def test_adding_up_is_the_sum(amounts: list[Fraction]) -> None:
    assert add_up(amounts) == sum(amounts, Fraction(0))


@given(st.fractions(max_denominator=60), st.fractions(max_denominator=60))
def test_what_is_less_and_what_is_left(amount: Fraction, other: Fraction) -> None:
    assert minus(amount, other) == amount - other
    assert minus(amount, amount) is ZERO
    assert least(amount, other) == min(amount, other)
    # Of equals the first, so that what is asked can tell which it got.
    assert least(amount, amount + 0) is amount


@given(st.fractions(min_value=0, max_denominator=60), st.fractions(min_value=Fraction(1, 60), max_denominator=60))
def test_a_multiple_leaves_nothing(value: Fraction, step: Fraction) -> None:
    assert is_multiple(value, step) == ((value / step).denominator == 1)
    assert is_multiple(3 * step, step)
