"""What stands is grouped once a clause and grows by item; it must come to what grouping everything anew comes to."""

from datetime import date
from fractions import Fraction

import attrs
from hypothesis import given, strategies as st
from rule_books_gen import HEAD, after, book, cases, clause, map_and_worth
from rule_support import book_of_text, case_of_data, run

from creditbank.domain.rule import Cap, HistoryLine, Once, decide
from creditbank.domain.rule.groups import groups_in, groups_of_line, keys_of, keys_of_line, pair_in
from creditbank.domain.rule.measure import measure_lines
from creditbank.domain.rule.standing import Group, Standing
from creditbank.domain.rule.verdict import Missing
from creditbank.domain.rule.view import View

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


@given(cases(pools=True), st.booleans())
def test_a_line_is_in_the_groups_of_all_its_pairs_each_once(case, new):
    """A line of one pair is told by it alone; of several, by each of them in turn."""
    view = View(LIMITS, case)
    for item in case.items:
        pairs = tuple(view.scope_of(item, source, item.targets[0]) for source in item.sources)
        for limit in ASKED:
            alone = [keys_of_line(view, limit, (pair,), new=new) for pair in pairs]
            among, twice = keys_of_line(view, limit, pairs, new=new), groups_in(view, limit, pairs * 2, new=new)
            assert not any(isinstance(keys, Missing) for keys in (*alone, among, twice))
            assert list(among) == list(twice) == list(dict.fromkeys(key for keys in alone for key in keys))
            for key, pair in twice.items():
                assert pair_in(view, limit, pairs, key) is pair
                assert pair is next(one for one, keys in zip(pairs, alone, strict=True) if key in keys)


def test_a_tag_that_is_there_twice_is_one_group():
    case = case_of_data(CASE, SHARES)
    case = attrs.evolve(case, targets={id: {**facts, "category": ("甲", "甲")} for id, facts in case.targets.items()})
    pair = View(SHARES, case).scope_of(case.items[0], "s1", "t1")
    assert keys_of(("target.category", "source.id"), pair) == (("甲", "s1"),)


ratios = st.fractions(0, 9, max_denominator=6)
LINE = HistoryLine(
    "a", "1", "convert", None, ("s1",), "t1", Fraction(1), Fraction(1), date(2022, 6, 1), "p", "", "b", "decided"
)


@given(st.lists(st.tuples(ratios, st.booleans()), max_size=8), ratios, ratios)
def test_whole_numbers_leave_the_room_that_exact_sums_leave(come, credits, most):
    """Whether a group was asked between two lines or not; on, below and above its limit."""
    group, used = Group([]), Fraction(0)
    for amount, ask in come:
        group.lines.append(attrs.evolve(LINE, credits=amount))
        used += amount
        if ask:
            assert group.credits() == used
    assert group.leaves(credits, most) == (used + credits <= most)
    assert group.leaves(credits, used + credits)
    assert not group.leaves(credits + Fraction(1, 7), used + credits)
    assert group.credits() == used


lines = st.builds(
    lambda application, item, sources, target: attrs.evolve(
        LINE, application=application, item=item, sources=sources, target=target
    ),
    st.sampled_from("ab"),
    st.sampled_from("12"),
    st.lists(st.sampled_from(("s1", "s2", "s3")), unique=True, max_size=2).map(tuple),
    st.sampled_from(("t1", "t2")),
)


@given(
    st.sampled_from(["items", "applications", "sources", "targets"]),
    st.lists(st.tuples(lines, st.booleans()), max_size=9),
)
def test_what_is_counted_as_lines_come_is_what_is_counted_anew(measure, come):
    group = Group([])
    for line, ask in come:
        group.lines.append(line)
        if ask:
            group.things(measure)
    view = View(LIMITS, case_of_data(CASE, SHARES))
    assert len(group.things(measure)) == measure_lines(view, measure, tuple(group.lines))


ACROSS = book_of_text(
    """clause = [
  { id = "m", kind = "map", basis = "b:1", match = { "target.id" = { present = true } } },
  { id = "1", kind = "cap", basis = "b:1", per = ["target"], at_most = 9, across = "programme" },
  { id = "2", kind = "cap", basis = "b:1", per = ["target"], at_most = 9, across = "institution", acts = ["convert"] },
  { id = "3", kind = "cap", basis = "b:1", per = ["target"], at_most = 9, across = "book", acts = ["deposit", "convert"] },
  { id = "4", kind = "once", basis = "b:1", per = ["target"], across = "bank" } ]""",
    head=HEAD.format(act='convert", "deposit'),
)
HERE = {"programme": "p", "institution": "i", "book": "test"}
kinds = st.builds(
    lambda act, programme, institution, book, target: attrs.evolve(
        LINE, act=act, programme=programme, institution=institution, book=book, target=target
    ),
    st.sampled_from(["convert", "deposit", "award"]),
    *(st.sampled_from([here, "other"]) for here in HERE.values()),
    st.sampled_from(("t1", "t2")),
)


@given(st.lists(st.tuples(kinds, st.sets(st.sampled_from("1234"))), max_size=12))
def test_a_line_counts_where_its_act_and_its_place_count(come):
    """Whichever clauses asked before it came."""
    case = case_of_data(CASE | {"programme": {"id": "p", "institution": "i", "credits": 20}}, ACROSS)
    view, limits = View(ACROSS, case), {one.id: one for one in ACROSS.clauses if isinstance(one, Cap | Once)}
    standing = Standing(view, [])
    for line, asked in come:
        standing.lines.append(line)
        for id in asked:
            standing.group(limits[id], ("t1",))
    for limit in limits.values():
        for target in ("t1", "t2"):
            group = standing.group(limit, (target,))
            assert not isinstance(group, Missing)
            assert group.lines == [
                line
                for line, _ in come
                if line.target == target
                and line.act in (limit.acts or ACROSS.acts)
                and (limit.across == "bank" or getattr(line, limit.across) == HERE[limit.across])
            ]


floors = st.sampled_from(
    [
        "at_least = 3",
        'measure = "sources", at_least = 2',
        'measure = "level_points", at_most = 6',
        'measure = "items", at_least = 9',
    ]
)


@given(st.data(), floors, st.sampled_from(["convert", "award"]))
def test_a_floor_over_everything_finds_what_one_over_whatever_is_there_finds(data, floor, act):
    case, over = data.draw(cases(act, pools=True)), 'over = { "source.credits" = { present = true } }, '
    plain, asked = (
        decide(
            book(act, *map_and_worth(act), clause("u", "policy", 'units = "parts"'), clause("f", "floor", body)), case
        )
        for body in (floor, over + floor)
    )
    assert (plain.results, plain.short) == (asked.results, asked.short)


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


def test_shares_of_the_whole_programme_are_each_clauses_own():
    """Of 20 a quarter in each category (5) and 9 in all; of 16 they are 4 and 7.2."""
    two = """clause = [
      { id = "m", kind = "map", basis = "b:1", match = { "target.kind" = "course" } },
      { id = "w", kind = "worth", basis = "b:1", of = "@target.credits" },
      { id = "c", kind = "cap", basis = "b:1", per = ["target.category"], at_most = { percent = 25, of = "programme" } },
      { id = "p", kind = "cap", basis = "b:1", at_most = { percent = 45, of = "programme" } } ]"""
    assert run(book_of_text(two), CASE) == ["2", "2", "cap.c", "2", "2"]
    assert run(book_of_text(two), CASE | {"programme": {"id": "p", "credits": 16}}) == ["2", "2", "cap.c", "2", "cap.p"]


def test_a_source_that_counts_already_is_not_one_more():
    """At most two sources: s1 twice is one, and s3 would be the third."""
    rules = book_of_text(
        """clause = [
      { id = "m", kind = "map", basis = "b:1", match = { "target.kind" = "course" } },
      { id = "w", kind = "worth", basis = "b:1", of = "@target.credits" },
      { id = "n", kind = "cap", basis = "b:1", measure = "sources", at_most = 2 } ]"""
    )
    pairs = [("s1", "t1"), ("s1", "t2"), ("s2", "t3"), ("s3", "t4"), ("s2", "t5")]
    items = [{"id": str(n), "sources": [source], "targets": [target]} for n, (source, target) in enumerate(pairs)]
    case = CASE | {"application": CASE["application"] | {"items": items}}
    assert run(rules, case) == ["2", "2", "2", "cap.n", "2"]


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
