"""Worked cases A1, A7, A8: every line of them, and what is just beside."""

from fractions import Fraction

import pytest
from rule_support import (
    POSTAL_CASES,
    SHANDONG_CASES,
    THREE,
    WENZHOU_CASES,
    X_CASES,
    case_of_data,
    run,
    said,
    shandong,
    shipped_book,
    x_case,
)

from creditbank.domain.rule import decide

LEVEL, CERTIFICATE, BANK, USED = (
    "gate.level-category",
    "cap.certificate",
    "cap.bank-value",
    "once.course-used",
)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("a1", [LEVEL, "4", "4", CERTIFICATE]),
        ("bank-6", ["4", BANK, "2"]),
        ("second-x", ["4", USED]),
        ("high", ["4", "4"]),
        ("high-public", [LEVEL, LEVEL]),
        ("initial", ["4", LEVEL, LEVEL]),
        ("middle-elective", [LEVEL]),
        ("two-x-one-course", ["cap.one-certificate"]),
        ("nine", ["4", "4", CERTIFICATE]),
        ("before", ["book.not-in-force"]),
        ("first-day", ["4"]),
        ("not-x", ["map.scope"]),
        # Eight credits a certificate over the whole bank: what another programme had counts.
        ("earlier-programme", ["4", CERTIFICATE]),
    ],
)
def test_a1_and_its_neighbours(case, expected):
    assert run(shipped_book("x-certificate-conversion"), X_CASES[case]) == expected


def test_a1_grants_eight_and_says_why_not_more():
    book = shipped_book("x-certificate-conversion")
    decision = decide(book, case_of_data(X_CASES["a1"], book))
    assert decision.totals[0].credits == 8
    assert {one.category: one.credits for one in decision.totals} == {"": 8, "专业核心": 8}
    refused = decision.result("4")
    assert (refused.clause, refused.compared[0].have, refused.compared[0].limit) == ("3.1", "10", "8")
    assert refused.also == ()
    assert refused.basis == "X证书课程转换办法, 3, https://sgzw.hnmeida.com.cn/info/1683/4393.htm"
    assert decision.result("1").compared[0].have == "专业基础"


@pytest.mark.parametrize(
    ("bank", "expected"),
    [("7.5", ["4", BANK]), ("8", ["4", "4"]), ("8.5", ["4", "4"]), ("3.5", [BANK, BANK]), ("4", ["4", BANK])],
)
def test_a1_bank_value_on_below_above(bank, expected):
    assert run(shipped_book("x-certificate-conversion"), x_case(["创意", "平面"], bank=bank)) == expected


def test_a1_every_failing_limit_is_listed():
    book = shipped_book("x-certificate-conversion")
    decision = decide(book, case_of_data(x_case(["创意", "平面", "app"], bank=8), book))
    last = decision.result("3")
    assert (last.refused, last.also) == (CERTIFICATE, (BANK,))


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("a7", ["8"]),
        ("other-order", ["8"]),
        ("no-target-named", ["8"]),
        ("fourth", ["map.no-rule"]),
        ("all-four", ["map.no-rule"]),
        ("two-only", ["map.no-rule"]),
        ("twice", ["8", "once.outcome-used"]),
        ("used-before", ["once.outcome-used"]),
        ("nine", ["cap.total"]),
        ("other-certificate", ["map.no-rule"]),
        ("before", ["book.not-in-force"]),
        ("first-day", ["8"]),
    ],
)
def test_a7_and_its_neighbours(case, expected):
    assert run(shipped_book("ouc-postal"), POSTAL_CASES[case]) == expected


def test_a7_three_rows_of_one_certificate():
    book = shipped_book("ouc-postal")
    result = decide(book, case_of_data(POSTAL_CASES["a7"], book)).results[0]
    assert result.targets == tuple(zip(THREE, (Fraction(3), Fraction(3), Fraction(2)), strict=True))
    assert [line.sources for line in result.lines] == [("cert",)] * 3
    assert (result.grade, result.mode, result.used) == ("免考", "credit", ("cert",))
    reversed_ = decide(book, case_of_data(POSTAL_CASES["other-order"], book)).results[0]
    assert [target for target, _ in reversed_.targets] == THREE[::-1]


@pytest.mark.parametrize(
    ("case", "expected", "also"),
    [
        ("高一S1", "0", ()),
        ("高一S2", "0", ()),
        ("高二S1", "0", ()),
        ("高二S2", "gate.window", ("gate.years",)),
        ("高二S1-short", "gate.years", ()),
        ("back-高一S1", "0", ()),
        ("back-高一S2", "0", ()),
        ("back-高二S1", "gate.window", ()),
        ("back-one-year", "0", ()),
        ("3+4", "gate.programme-type", ()),
        ("five-year", "gate.programme-type", ()),
        ("other-county", "missing.application.county_lacks_capacity", ()),
        ("other-county-no", "gate.scope", ()),
        ("other-county-lacks", "0", ()),
        ("other-city", "gate.scope", ()),
        ("other-city-lacks", "gate.scope", ()),
        ("test", "gate.test", ()),
        ("places-0", "gate.places", ()),
        ("places-1", "0", ()),
        ("same-kind", "gate.direction", ()),
        ("before", "book.not-in-force", ()),
        ("first-day", "0", ()),
    ],
)
def test_a8_shandong(case, expected, also):
    book = shipped_book("shandong-transfer")
    data = SHANDONG_CASES[case]
    result = decide(book, case_of_data(data, book)).results[0]
    assert (result.refused or str(result.granted), result.also) == (expected, also)


def test_a8_transfer_gives_no_credits_and_uses_the_enrolment():
    book = shipped_book("shandong-transfer")
    decision = decide(book, case_of_data(shandong(), book))
    result = decision.results[0]
    assert (result.granted, result.used, result.targets) == (0, ("enrolment",), (("place", Fraction(0)),))
    assert decision.totals == ()


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("in-time", "0"),
        ("a-day-late", "gate.notice"),
        ("29-days", "gate.notice"),
        ("高一S1", "0"),
        ("高二S1", "0"),
        ("高二S2", "gate.window"),
        ("one-point-under", "gate.score"),
        ("one-point-over", "0"),
        ("there", "0"),
        ("county", "gate.scope"),
        ("test", "gate.test"),
        ("places-0", "gate.places"),
        ("places-1", "0"),
        ("approval", "gate.approval"),
        ("same-kind", "gate.direction"),
        ("before", "book.not-in-force"),
        ("first-day", "0"),
    ],
)
def test_a8_wenzhou(case, expected):
    assert run(shipped_book("wenzhou-transfer"), WENZHOU_CASES[case]) == [expected]


def test_every_case_of_a_shipped_book_is_decided_twice_alike():
    for name, cases in (("x-certificate-conversion", X_CASES), ("shandong-transfer", SHANDONG_CASES)):
        book = shipped_book(name)
        for data in cases.values():
            case = case_of_data(data, book)
            assert decide(book, case) == decide(book, case), said(decide(book, case))
