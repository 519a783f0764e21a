"""What stands is grouped once a clause and grows by item; it must come to what grouping everything anew comes to."""

from fractions import Fraction

import attrs
from hypothesis import given, strategies as st
from rule_books_gen import after, book, cases, clause
from rule_support import book_of_text, case_of_data, run

from creditbank.domain.rule import Cap, Once, decide
from creditbank.domain.rule.groups import groups_of_line
from creditbank.domain.rule.scope import View
from creditbank.domain.rule.selection import Missing
from creditbank.domain.rule.standing import Standing

LIMITS = book(
    "convert",
    clause("m", "map", 'match = { "target.id" = { present = true } }'),
    clause("w", "worth", 'of = "@source.credits"'),
    clause("u", "policy", 'units = "parts", leftover = "keep"'),
    clause("1", "cap", 'per = ["source.content"], at_most = 9'),
    clause("2", "cap", 'over = { "source.issuer" = "own" }, at_most = 9, across = "bank"'),
    clause("3", "once", 'per = ["target"], ignore = { "earlier.credits" = { above = 3 } }'),
)
ASKED = tuple(one for one in LIMITS.clauses if isinstance(one, Cap | Once))


@given(cases(pools=True), st.lists(st.booleans(), min_size=30, max_size=30))
def test_growing_comes_to_the_same_as_counting_anew(case, when):
    """Whether a group was asked for between two lines or not, its lines and their sum are the same."""
    lines = after(LIMITS, case, decide(book("convert", *OPEN), case))
    view = View(LIMITS, case)
    grown = Standing(view, [])
    for line, ask in zip(lines, when, strict=False):
        grown.lines.append(line)
        if ask:
            for limit in ASKED:
                grown.group(limit, ())
    for limit in ASKED:
        for key in {key for line in lines for key in keys(view, limit, line)}:
            plain = [line for line in lines if key in keys(view, limit, line)]
            group = grown.group(limit, key)
            assert not isinstance(group, Missing)
            assert group.lines == plain
            assert group.credits() == sum((line.credits for line in plain), Fraction(0))


OPEN = (
    clause("m", "map", 'match = { "target.id" = { present = true } }'),
    clause("w", "worth", 'of = "@source.credits"'),
    clause("u", "policy", 'units = "parts"'),
)


def keys(view, limit, line):
    """The groups of one line, told plainly."""
    if isinstance(limit, Once) and line.credits > 3:
        return ()
    found = groups_of_line(view, view.as_item(line), limit, line.sources, line.target, new=False)
    assert not isinstance(found, Missing)
    return tuple(found)


def test_a_copy_leaves_the_other_alone():
    case = attrs.evolve(case_of_data(CASE, SHARES), history=())
    one = Standing(View(SHARES, case), [])
    other = one.copy()
    other.lines.append(after(SHARES, case, decide(SHARES, case))[0])
    assert (len(one.lines), len(other.lines)) == (0, 1)


SHARES = book_of_text(
    """clause = [
  { id = "m", kind = "map", basis = "b:1", match = { "target.kind" = "course" } },
  { id = "w", kind = "worth", basis = "b:1", of = "@target.credits" },
  { id = "c", kind = "cap", basis = "b:1", per = ["target.category"], at_most = { percent = 50, of = "selection" } },
  { id = "p", kind = "cap", basis = "b:1", at_most = { percent = 50, of = "programme" } },
  { id = "s", kind = "cap", basis = "b:1", per = ["source"], at_most = "@source.hours", across = "bank" } ]"""
)
CASE = {
    "application": {
        "id": "a", "act": "convert", "dates": {"applied_on": "2022-01-01"},
        "items": [{"id": str(n), "sources": [f"s{n}"], "targets": [f"t{n}"]} for n in range(1, 6)],
    },
    "programme": {
        "id": "p", "credits": 20,
        "totals": [{"where": {"category": ["甲"]}, "credits": 8}, {"where": {"category": ["乙"]}, "credits": 6}],
    },
    "outcomes": {f"s{n}": {"class": "x", "hours": 3 if n < 5 else 1} for n in range(1, 6)},
    "targets": {
        f"t{n}": {"kind": "course", "category": [name], "credits": 2}
        for n, name in enumerate(["甲", "甲", "甲", "乙", "乙"], 1)
    },
}  # fmt: skip


def test_shares_of_the_programme_are_each_groups_own_and_a_field_is_each_pairs_own():
    """Half of 8 in 甲 (4), half of 6 in 乙 (3); half of 18 in all (9), of 20 (10); s5 has a limit of its own, 1."""
    assert run(SHARES, CASE) == ["2", "2", "cap.c", "2", "cap.c"]
    roomy = CASE | {"programme": CASE["programme"] | {"totals": [{"where": {"category": ["甲", "乙"]}, "credits": 40}]}}
    assert run(SHARES, roomy) == ["2", "2", "2", "2", "cap.s"]
    assert run(SHARES, roomy | {"programme": roomy["programme"] | {"credits": 18}}) == ["2", "2", "2", "2", "cap.p"]


def test_a_share_of_what_counts_is_asked_anew_when_a_line_is_spared():
    """
    ``required``: of 6 own and 6 other credits 4 are needed, at least half of them own. Sparing what expires last changes
    the whole that the share is of.
    """
    award = book(
        "award",
        clause("w", "worth", 'of = "@source.credits"'),
        clause("d", "policy", 'debit = "required"'),
        clause("n", "floor", "at_least = 4"),
        clause("h", "floor", 'over = { "source.issuer" = "own" }, at_least = { percent = 50, of = "counted" }'),
    )
    outcomes = {
        f"{issuer}{n}": {"credits": 2, "system": "sys", "issuer": issuer, "expires_on": f"2030-01-0{n}"}
        for issuer in ("own", "other")
        for n in (1, 2, 3)
    }
    case = {
        "application": {
            "id": "a", "act": "award", "dates": {"applied_on": "2022-01-01"},
            "items": [{"id": "1", "sources": list(outcomes), "targets": []}],
        },
        "outcomes": outcomes,
    }  # fmt: skip
    result = decide(award, case_of_data(case, award)).results[0]
    assert result.granted == 4
    assert result.used == ("own1", "other1")
