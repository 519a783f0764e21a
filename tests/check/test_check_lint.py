"""Every kind of finding: on a book that has it, and on one that nearly has it."""

import pytest
from check_support import MAP, WORTH, plain, small

from creditbank.codec.book import book_bytes, book_digest, book_of, parent_books, read_book
from creditbank.domain.check import ERRORS, first as first_module, gates as gates_module, lint


def kinds(*books, **more):
    return [(one.kind, one.clauses) for one in lint(books, **more) if one.kind not in ("open", "leftover")]


CORE = (
    '{ id = "core", kind = "gate", when = { "source.level" = "中级" }, require = { "target.category" = "专业核心" } }'
)


# --- gates ------------------------------------------------------------------------------------------------------------


def test_a_clean_book_has_nothing():
    assert lint((plain(CORE),)) == ()


@pytest.mark.parametrize(
    ("clauses", "dead"),
    [
        # The same asked for twice, in other words.
        (['{ id = "a", kind = "gate", require = { "target.credits" = { at_least = 2 } } }',
          '{ id = "b", kind = "gate", forbid = { "target.credits" = { below = 2 } } }'], ("b", "a")),
        (['{ id = "a", kind = "gate", require = { "target.credits" = { at_least = 2 } } }',
          '{ id = "b", kind = "gate", require = { "target.credits" = { above = 2 } } }'], None),
        # The map lets nothing in that it would refuse.
        (['{ id = "a", kind = "gate", require = { "target.kind" = ["course", "pool"] } }'], ("a", "scope")),
        # It speaks of nothing.
        (['{ id = "a", kind = "gate", when = { "target.credits" = { above = 2, at_most = 2.5 } }, forbid = '
          '{ "target.credits" = { above = 3 } } }'], ("a",)),
        # Two together.
        (['{ id = "a", kind = "gate", require = { "source.level" = { at_least = "中级" } } }',
          '{ id = "b", kind = "gate", require = { "source.level" = { at_most = "中级" } } }',
          '{ id = "c", kind = "gate", require = { "source.level" = "中级" } }'], ("c", "a", "b")),
        # What somebody may be let off does not keep the next from refusing.
        (['{ id = "a", kind = "gate", require = { "target.credits" = { at_least = 2 } }, waivable_by = ["office"] }',
          '{ id = "b", kind = "gate", require = { "target.credits" = { at_least = 1 } } }'], None),
        # Nor does a later one.
        (['{ id = "a", kind = "gate", require = { "target.credits" = { at_least = 1 } } }',
          '{ id = "b", kind = "gate", require = { "target.credits" = { at_least = 2 } } }'], None),
        # No day of the book is within the clause's own.
        (['{ id = "a", kind = "gate", forbid = { "target.compulsory" = true }, until = 2020-01-01, dated_by = '
          '"application.applied_on" }'], ("a",)),
        (['{ id = "a", kind = "gate", forbid = { "target.compulsory" = true }, until = 2020-01-02, dated_by = '
          '"application.applied_on" }'], None),
        # Absent is not the same as false: the second asks for it.
        (['{ id = "a", kind = "gate", require = { "source.score" = { at_least = 60, absent = "pass" } } }',
          '{ id = "b", kind = "gate", require = { "source.score" = { present = true } } }'], None),
    ],
)  # fmt: skip
def test_gates_that_are_never_the_first_to_refuse(clauses, dead):
    assert kinds(plain(*clauses)) == ([] if dead is None else [("dead", dead)])


def test_a_clause_that_matters_in_one_act_is_not_dead_in_another():
    gate = '{ id = "a", kind = "gate", forbid = { "target.kind" = "pool" } }'
    other = '{ id = "wide", kind = "map", acts = ["transfer"], match = { "target.kind" = { present = true } } }'
    scope = MAP.replace('kind = "map"', 'kind = "map", acts = ["convert"]')
    assert kinds(small(scope, gate, WORTH)) == [("dead", ("a", "scope"))]
    assert kinds(small(scope, other, gate, WORTH, acts='["convert", "transfer"]')) == []


def test_what_turns_on_a_reference_is_open_and_nothing_else_is():
    near = '{ id = "near", kind = "gate", require = { "source.county" = "@target.county" } }'
    held = '{ id = "held", kind = "gate", held = { "source.class" = "diploma" }, count = 1 }'
    found = lint((plain(near, held, CORE),))
    assert [(one.kind, one.weight, one.clauses) for one in found] == [
        ("open", "open", ("near",)),
        ("open", "open", ("held",)),
    ]


@pytest.mark.parametrize(
    ("gates", "found"),
    [
        ([CORE, CORE.replace('"core"', '"public"').replace("专业核心", "x").replace("target.category", "target.name"),
          '{ id = "no", kind = "gate", when = { "source.level" = "中级" }, forbid = { "target.name" = "x" } }'],
         [("contradiction", ("public", "no"))]),
        # An exclusion is no contradiction, nor what an exclusion leaves nothing of.
        (['{ id = "no", kind = "gate", forbid = { "source.level" = "中级" } }', CORE], [("dead", ("core", "no"))]),
        # Two that contradict in a corner refuse the corner, and that may be meant.
        (['{ id = "a", kind = "gate", when = { "source.level" = "初级" }, require = { "target.name" = "x" } }',
          '{ id = "b", kind = "gate", when = { "target.compulsory" = true }, forbid = { "target.name" = "x" } }'], []),
        (['{ id = "a", kind = "gate", when = { "source.level" = "初级" }, require = { "target.name" = "x" }, waivable_by = ["o"] }',
          '{ id = "b", kind = "gate", forbid = { "target.name" = "x" } }'], []),
    ],
)  # fmt: skip
def test_contradictory_gates(gates, found):
    assert kinds(plain(*gates)) == found


def test_a_contradiction_shows_what_it_is_about():
    gates = (
        CORE.replace("target.category", "target.name"),
        CORE.replace("target.category", "target.name")
        .replace('"core", kind = "gate"', '"not", kind = "gate"')
        .replace("require", "forbid"),
    )
    (found,) = lint((plain(*gates),))
    assert (found.kind, found.weight, found.book) == ("contradiction", "error", "small@1")
    assert dict(found.example)["source.level"] == "中级"


def test_more_gates_than_are_compared_are_open(monkeypatch):
    book = plain(
        CORE.replace("target.category", "target.name"),
        '{ id = "not", kind = "gate", when = { "source.level" = "中级" }, forbid = { "target.name" = "专业核心" } }',
    )
    monkeypatch.setattr(gates_module, "GATES_MAX", 2)
    assert [one.kind for one in lint((book,))] == ["contradiction"]
    monkeypatch.setattr(gates_module, "GATES_MAX", 1)
    assert [(one.kind, one.clauses) for one in lint((book,))] == [("open", ())]


# --- an act in which nothing is granted -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clauses", "culprits"),
    [
        ([MAP, '{ id = "a", kind = "gate", forbid = { "target.kind" = "course" } }', WORTH], ("a", "scope")),
        ([MAP, '{ id = "a", kind = "gate", require = { "source.level" = "初级" } }', CORE,
          '{ id = "b", kind = "gate", require = { "source.level" = "高级" } }', WORTH], ("a", "b")),
        ([MAP], ("scope",)),
        ([MAP, '{ id = "m", kind = "policy", mode = "waive" }'], None),
        ([MAP, WORTH, '{ id = "zero", kind = "cap", at_most = 0 }'], ("zero",)),
        ([MAP, WORTH, '{ id = "zero", kind = "cap", at_most = "0.5" }'], None),
        ([MAP, WORTH, '{ id = "zero", kind = "cap", at_most = 0, over = { "target.compulsory" = true } }'], None),
        (['{ id = "rows", kind = "map", rows = [{ from = "A", to = "B", credits = 2 }] }'], None),
        (['{ id = "rows", kind = "map", rows = [{ from = "A", to = "B" }] }'], ("rows",)),
    ],
)  # fmt: skip
def test_a_book_that_can_grant_nothing(clauses, culprits):
    found = [one for one in kinds(small(*clauses)) if one[0] == "nothing"]
    assert found == ([] if culprits is None else [("nothing", culprits)])


# --- hidden -----------------------------------------------------------------------------------------------------------

ROW = '{ when = { "source.level" = "%s" }, credits = %d }'


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([ROW % ("初级", 2), ROW % ("中级", 4)], []),
        ([ROW % ("初级", 2), '{ when = { "source.level" = ["高级", "中级"] }, credits = 4 }', ROW % ("高级", 6)], ["'w'"]),
        # Every level is taken, one by one: they are the source's, so nothing is left for the last.
        ([ROW % ("初级", 2), ROW % ("中级", 4), ROW % ("高级", 6), "{ credits = 1 }"], ["'w'"]),
        # What looks at the target may hold for one and not for another: the last is for an item of both.
        (['{ when = { "target.compulsory" = true }, credits = 2 }', '{ when = { "target.compulsory" = false }, credits = 3 }',
          "{ credits = 1 }"], []),
        (['{ when = { "source.level" = { at_least = "中级" } }, credits = 4 }', ROW % ("高级", 6)], ["'w'"]),
        ([ROW % ("高级", 6), '{ when = { "source.level" = { at_least = "中级" } }, credits = 4 }'], []),
    ],
)  # fmt: skip
def test_worths_that_earlier_ones_hide(rows, found):
    book = small(MAP, f'{{ id = "w", kind = "worth", rows = [{", ".join(rows)}] }}')
    assert [one[0] for one in kinds(book)] == ["hidden"] * len(found)


def test_policies_that_earlier_ones_hide():
    first = '{ id = "p", kind = "policy", leftover = "keep", grade = "免考" }'
    second = (
        '{ id = "q", kind = "policy", when = { "target.compulsory" = true }, leftover = "forfeit", counts_as = "90" }'
    )
    (found,) = [one for one in lint((plain(first, second),)) if one.kind == "hidden"]
    assert found.clauses == ("q", "p")
    assert found.en.startswith("'leftover' of 'q'")
    assert kinds(plain(second, first)) == []


def test_maps_that_earlier_ones_hide():
    wide = '{ id = "wide", kind = "map", match = { "target.kind" = { present = true } } }'
    narrow = MAP.replace('"scope"', '"narrow"')
    assert kinds(small(wide, narrow, WORTH)) == [("hidden", ("narrow", "wide"))]
    assert kinds(small(narrow, wide, WORTH)) == []
    # One that cannot tell for want of a field does not keep the next from being asked.
    grown = '{ id = "grown", kind = "map", match = { "source.score" = { at_least = 0 } } }'
    any_ = '{ id = "any", kind = "map", match = { "target.kind" = "course" } }'
    assert kinds(small(grown, any_, WORTH)) == []


@pytest.mark.parametrize(
    ("rows", "numbers"),
    [
        (['{ from = "A", to = "B" }', '{ from = "A", to = "C" }'], []),
        (['{ from = "A", none = "no" }', '{ from = "A", to = "C" }'], [(2, 1)]),
        (['{ from = { any = ["A", "B"] }, to = "C" }', '{ from = "B", to = "C" }'], [(2, 1)]),
        (['{ from = { any = ["A", "B"] }, to = "C", when = { "target.compulsory" = true } }', '{ from = "B", to = "C" }'], []),
        (['{ from = "A", to = "C", series = "x" }', '{ from = "A", to = "C", when = { "target.compulsory" = true } }'],
         [(2, 1)]),
        (['{ from = "A", to = "C", when = { "target.compulsory" = true } }', '{ from = "A", to = "C" }'], []),
        (['{ from = "A", to = "C", since = 2020-01-01, until = 2022-01-01, series = "x" }',
          '{ from = "A", to = "C", since = 2021-01-01, until = 2022-01-01 }'], [(2, 1)]),
        (['{ from = "A", to = "C", since = 2020-01-01, until = 2022-01-01, series = "x" }',
          '{ from = "A", to = "C", since = 2021-01-01, until = 2022-01-02 }'], []),
        (['{ from = "A", to = { any = ["C", "D"] } }', '{ from = "A", to = "D" }'], [(2, 1)]),
    ],
)  # fmt: skip
def test_rows_that_earlier_ones_hide(rows, numbers):
    found = lint((small(f'{{ id = "m", kind = "map", rows = [{", ".join(rows)}] }}', WORTH),))
    said = [f"row {row} of 'm' is never used: row {by} always decides before it" for row, by in numbers]
    assert [one.en for one in found if one.kind == "hidden"] == said


def test_a_map_of_too_many_rows_is_open(monkeypatch):
    rows = ", ".join(f'{{ from = "A", to = "{number}", credits = 2 }}' for number in range(4))
    book = small(f'{{ id = "m", kind = "map", rows = [{rows}] }}')
    assert lint((book,)) == ()
    monkeypatch.setattr(first_module, "ROWS_MAX", 3)
    assert [(one.kind, one.clauses) for one in lint((book,))] == [("open", ("m",))]


# --- limits -----------------------------------------------------------------------------------------------------------

CAP = '{ id = "%s", kind = "cap", per = ["source"], at_most = %s }'


@pytest.mark.parametrize(
    ("clauses", "found"),
    [
        ([CAP % ("a", 8), CAP % ("b", 6)], [("dead", ("a", "b"))]),
        ([CAP % ("a", 6), CAP % ("b", 6)], [("dead", ("b", "a"))]),
        ([CAP % ("a", 8), CAP.replace('["source"]', '["target"]') % ("b", 6)], []),
        ([CAP % ("a", 8), (CAP % ("b", 6)).replace("at_most", 'when = { "target.compulsory" = true }, at_most')], []),
        (['{ id = "a", kind = "once", per = ["source", "target"] }', '{ id = "b", kind = "once", per = ["source"] }'],
         [("dead", ("a", "b"))]),
        (['{ id = "a", kind = "once", per = ["target"] }', '{ id = "b", kind = "once", per = ["source"] }'], []),
        (['{ id = "h", kind = "highest", per = ["source.class"], earlier = "refuse" }',
          '{ id = "i", kind = "highest", per = ["source.class"], by = ["source.level"], earlier = "refuse" }'],
         [("highest", ("i", "h"))]),
        (['{ id = "h", kind = "highest", per = ["source.class"], earlier = "refuse" }',
          '{ id = "i", kind = "highest", per = ["source.content"], earlier = "refuse" }'], []),
    ],
)  # fmt: skip
def test_limits_and_groups(clauses, found):
    assert kinds(plain(*clauses)) == found


@pytest.mark.parametrize(("least", "contradicts"), [(9, False), (10, False), ("10.5", True)])
def test_a_floor_above_a_ceiling(least, contradicts):
    clauses = f'{{ id = "f", kind = "floor", at_least = {least} }}', '{ id = "c", kind = "floor", at_most = 10 }'
    book = small(*clauses, '{ id = "lot", kind = "worth", of = "@source.credits" }', acts='["award"]')
    assert kinds(book) == ([("contradiction", ("f", "c"))] if contradicts else [])


def test_half_up_on_parts():
    up = '{ id = "r", kind = "policy", round = { to = 1, way = "half-up" } }'
    parts = '{ id = "u", kind = "policy", units = "parts", when = { "target.compulsory" = true } }'
    assert kinds(plain(up, parts)) == [("half-up", ("r", "u"))]
    assert kinds(plain(up.replace("half-up", "down"), parts)) == []
    apart = up.replace("round", 'when = { "target.compulsory" = false }, round')
    assert kinds(plain(apart, parts)) == []


def test_a_worth_that_may_exceed_a_course():
    lot = '{ id = "lot", kind = "worth", of = "@source.credits" }'
    keep = '{ id = "k", kind = "policy", leftover = "keep" }'
    some = '{ id = "k", kind = "policy", when = { "target.compulsory" = true }, leftover = "keep" }'
    pools = MAP.replace('"target.kind" = "course"', '"target.kind" = "pool"')
    for clauses, found in (
        ([MAP, lot], 1),
        ([MAP, lot, keep], 0),
        ([MAP, lot, some], 1),
        ([pools, lot], 0),
        ([MAP, WORTH], 0),
    ):
        assert [one.kind for one in lint((small(*clauses),))] == ["leftover"] * found


# --- versions and layers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "since", "kind"),
    [
        ("2021-01-01", "2021-01-01", None),
        ("2021-01-01", "2021-01-02", "gap"),
        ("2021-01-02", "2021-01-01", "overlap"),
        (None, "2021-01-01", None),
        (None, "2020-01-01", "overlap"),
    ],
)
def test_versions_side_by_side(until, since, kind):
    old = plain(more=f"until = {until}" if until else "")
    new = plain(version="2", since=since)
    assert kinds(new, old) == ([] if kind is None else [(kind, ("small@2",))])
    assert kinds(old) == kinds(new) == []
    assert kinds(plain(name="other", since=since), old) == []


SHARE = '{ id = "share", kind = "cap", at_most = { percent = %s, of = "%s" }%s }'
ABOVE = plain(SHARE % (25, "programme", ""), name="province")


TAKES_PLACE = ', replaces = "share"'
MAY_LET_OFF = ', waivable_by = ["dean", "office"]' + TAKES_PLACE


@pytest.mark.parametrize(
    ("clause", "kind", "words"),
    [
        (SHARE % (25, "programme", TAKES_PLACE), None, ""),
        (SHARE % (24, "programme", TAKES_PLACE), None, ""),
        (
            SHARE % (26, "programme", TAKES_PLACE),
            "loosened",
            "'share' is looser than province@1:share, which it replaces",
        ),
        (SHARE % (24, "@programme.credits", TAKES_PLACE), "open", "whether it is looser cannot be told"),
        (
            SHARE % (24, "programme", MAY_LET_OFF),
            "loosened",
            "may be waived by dean, office, and province@1:share, which it",
        ),
    ],
)
def test_a_share_of_the_same_is_compared_and_a_waiver_is_named(clause, kind, words):
    files = {"province@1": book_bytes(ABOVE)}.get
    text = CHILD % (clause.removesuffix(" }") + ', basis = "c:1" }')
    book = read_book(text, name="college.toml", files=files)
    told = [one for one in lint((book,), parents=parent_books(book, files)) if "share" in one.clauses]
    assert [one.kind for one in told] == ([] if kind is None else [kind])
    assert all(words in one.en for one in told)


def test_two_documents_of_one_version():
    assert kinds(plain(), plain(CORE)) == [("version", ())]
    assert kinds(plain(), plain()) == []


PARENT = plain(CORE, CAP % ("cap", 6), '{ id = "o", kind = "once", per = ["source"] }', name="province")
CHILD = """
book = "college"
version = "1"
title = "学院细则"
since = 2020-01-01
extends = ["province@1"]
basis = { c = { title = "学院细则" } }
clause = [
%s
]
"""


def child(*clauses):
    files = {"province@1": book_bytes(PARENT)}.get
    text = CHILD % ",\n".join(one.rstrip().removesuffix("}") + ', basis = "c:1" }' for one in clauses)
    book = read_book(text, name="college.toml", files=files)
    assert parent_books(book, files) == {book_digest(book_bytes(PARENT)): book_of(book_bytes(PARENT))}
    return [(one.kind, one.clauses) for one in lint((book,), parents=parent_books(book, files))], book


@pytest.mark.parametrize(
    ("clause", "kind"),
    [
        ('{ id = "cap", kind = "cap", per = ["source"], at_most = 8, replaces = "cap" }', "loosened"),
        ('{ id = "cap", kind = "cap", per = ["source"], at_most = 6, replaces = "cap" }', None),
        ('{ id = "cap", kind = "cap", per = ["source"], at_most = 4, replaces = "cap" }', None),
        ('{ id = "cap", kind = "cap", per = ["target"], at_most = 4, replaces = "cap" }', "open"),
        ('{ id = "cap", kind = "cap", per = ["source"], at_most = 4, waivable_by = ["office"], replaces = "cap" }', "loosened"),
        ('{ id = "o", kind = "once", per = ["source", "target"], replaces = "o" }', "loosened"),
        ('{ id = "core", kind = "gate", require = { "target.category" = "专业核心" }, replaces = "core" }', None),
        ('{ id = "core", kind = "gate", when = { "source.level" = "中级" }, require = { "target.category" = ["专业核心", "x"] },'
         ' replaces = "core" }', "loosened"),
        ('{ id = "core", kind = "gate", when = { "source.level" = "中级", "source.class" = "y" },'
         ' require = { "target.category" = "专业核心" }, replaces = "core" }', "loosened"),
        ('{ id = "worth", kind = "worth", of = "@target.credits", times = 2, replaces = "worth" }', "loosened"),
        ('{ id = "worth", kind = "worth", of = "@target.credits", times = "1/2", replaces = "worth" }', None),
        ('{ id = "scope", kind = "map", match = { "target.kind" = ["course", "pool"] }, replaces = "scope" }', "loosened"),
        ('{ id = "more", kind = "map", match = { "target.kind" = "pool" } }', "loosened"),
    ],
)  # fmt: skip
def test_a_child_that_asks_for_less(clause, kind):
    found, book = child(clause)
    assert [one for one, _ in found if one in ("loosened", "open")] == ([] if kind is None else [kind])
    # Without its parents, what was replaced is open.
    if "replaces" in clause:
        assert [one.kind for one in lint((book,)) if one.kind in ("loosened", "open")] == ["open"]


def test_errors_are_what_refuses_publication():
    assert {"contradiction", "nothing", "arbitrage", "version"} == ERRORS
