"""Layers: a book that extends others; levels across schemes; parity of credit systems."""

import attrs
import pytest
from hypothesis import given, strategies as st
from rule_support import HEAD, case_of_data, run

from creditbank.codec.book import book_bytes, book_digest, book_of, read_book
from creditbank.domain.rule import decide
from creditbank.domain.rule.book import Parent
from creditbank.errors import MalformedBookError

PROVINCE = (
    HEAD.replace('book = "test"', 'book = "province"').replace('version = "1"', 'version = "2025"')
    + """
fields = { "target.county" = "text" }
levels = { x = ["初级", "中级"] }
clause = [
  { id = "m", kind = "map", match = { "target.kind" = "course" }, basis = "b:1" },
  { id = "w", kind = "worth", of = "@target.credits", basis = "b:2" },
  { id = "c", kind = "cap", at_most = 6, basis = "b:3" },
  { id = "o", kind = "once", per = ["target"], basis = "b:4" },
]
"""
)
COLLEGE = """
book = "college"
version = "1"
title = "学院细则"
since = 2025-09-01
extends = ["province@2025"]
basis = { b = { title = "学院细则", url = "https://example.org/c" } }
clause = [
  { id = "c1", replaces = "c", kind = "cap", at_most = 4, basis = "b:1" },
  { id = "g", kind = "gate", forbid = { "target.county" = "x" }, basis = "b:2" },
]
"""


def child(text=COLLEGE, **parents):
    given = {"province@2025": PROVINCE, **{name.replace("_", "@"): text for name, text in parents.items()}}
    return read_book(text, name="college.toml", files=lambda name: given[name].encode() if name in given else None)


def asked(*credits, county="y", day="2025-10-01"):
    return {
        "application": {
            "id": "a", "act": "convert", "dates": {"applied_on": day},
            "items": [{"id": str(n), "sources": ["s"], "targets": [f"t{n}"]} for n in range(len(credits))],
        },
        "outcomes": {"s": {"achieved_on": "2025-09-02"}},
        "targets": {f"t{n}": {"kind": "course", "credits": c, "county": county} for n, c in enumerate(credits)},
    }  # fmt: skip


def test_a_child_has_what_its_parent_says_and_its_own():
    book = child()
    assert [clause.id for clause in book.clauses] == ["m", "w", "c1", "o", "g"]
    assert [clause.basis for clause in book.clauses] == ["province/b:1", "province/b:2", "b:1", "province/b:4", "b:2"]
    assert book.citation("province/b:1") == "办法, 1, https://example.org/b"
    assert (book.acts, book.system, book.levels) == (("convert",), "cn-college", {"x": ("初级", "中级")})
    digest = book_digest(book_bytes(read_book(PROVINCE, name="p")))
    assert book.parents == (Parent("province", "2025", digest, (("c", "c1"),)),)


def test_both_layers_decide():
    assert run(child(), asked(4)) == ["4"]
    assert run(child(), asked(5)) == ["cap.c1"]
    assert run(read_book(PROVINCE, name="p"), asked(5)) == ["5"]
    assert run(child(), asked(4, county="x")) == ["gate.g"]
    case = case_of_data(asked(5), child())
    assert decide(child(), case).results[0].basis == "学院细则, 1, https://example.org/c"


def test_the_canonical_form_needs_no_parent():
    book = child()
    assert book_of(book_bytes(book)) == book
    assert b'"extends"' not in book_bytes(book)
    assert b'"replaces"' not in book_bytes(book)
    # A published parent is its canonical bytes; the child is the same.
    published = book_bytes(read_book(PROVINCE, name="p"))
    assert read_book(COLLEGE, name="t", files={"province@2025": published}.get) == book


def test_three_layers_and_a_diamond():
    city = COLLEGE.replace("college", "city").replace('"c1"', '"c2"').replace("at_most = 4", "at_most = 5")
    school = COLLEGE.replace('"college"', '"school"').replace('"province@2025"', '"city@1"').replace('"c"', '"c2"')
    school = school.replace('id = "g"', 'id = "g2"')
    book = child(school, city_1=city)
    assert [clause.basis for clause in book.clauses][:2] == ["province/b:1", "province/b:2"]
    assert [clause.id for clause in book.clauses] == ["m", "w", "c1", "o", "g", "g2"]
    assert [parent.book for parent in book.parents] == ["city"]
    assert book_of(book_bytes(book)) == book
    both = COLLEGE.replace('["province@2025"]', '["province@2025", "other@1"]')
    other = COLLEGE[: COLLEGE.index("clause =")].replace('"college"', '"other"') + "clause = []"
    assert [one.id for one in child(both, other_1=other).clauses] == ["m", "w", "c1", "o", "g"]


def test_acts_of_a_child_are_not_the_parents():
    text = COLLEGE.replace("extends", 'acts = ["transfer"]\nextends')
    book = child(text)
    assert book.acts == ("convert", "transfer")
    assert book.clauses[0].acts == ("convert",)
    assert book.clauses[4].acts == ()


def test_dates_are_inherited_key_by_key():
    dated = PROVINCE.replace("fields", 'dates = { rows = "source.ended_on", month_end = "roll" }\nfields')
    assert child(province_2025=dated).dates.rows == "source.ended_on"
    own = child(
        COLLEGE.replace("basis", 'dates = { rows = "source.achieved_on" }\nbasis', 1), province_2025=dated
    ).dates
    assert (own.rows, own.month_end) == ("source.achieved_on", "roll")


FAULTS = [
    ('replaces = "c"', 'replaces = "d"', "replaces", "no parent has a clause 'd'"),
    ('replaces = "c"', "replaces = 3", "replaces", "not a text"),
    ('id = "c1", replaces = "c"', 'id = "c"', "id", "two clauses 'c'"),
    ('id = "c1", replaces = "c"', 'id = "w", replaces = "c"', "id", "two clauses 'w'"),
    ('{ id = "g", ', '{ id = "g", replaces = "c", ', "replaces", "no parent has a clause 'c'"),
    ('basis = "b:1" }', 'basis = "province/b:3" }', "basis", "is the parent's"),
    ('"province@2025"]', '"province@2024"]', "extends", "no book province@2024"),
    ('"province@2025"]', '"wrong@1"]', "extends", "what is found for wrong@1 is province@2025"),
    ('"province@2025"]', '"round@1"]', "extends", "college@1 → round@1 → college@1"),
    ('"province@2025"]', '"province@2025", "same@1"]', "extends", "two parents have a clause 'm'"),
    ('"province@2025"]', '"bad@1"]', "clause", "without clauses"),
    ("extends", 'system = "cn-ouc"\nextends', "system", "are in 'cn-college'"),
    ("extends", 'fields = { "target.county" = "flag" }\nextends', "fields target.county", "a parent says otherwise"),
    ("extends", 'levels = { x = ["中级", "初级"] }\nextends', "levels x", "a parent says otherwise"),
    ("basis = { b", 'basis = { "province/b" = { title = "x" }, b', "basis province/b", "a parent's source"),
]


@pytest.mark.parametrize(("old", "new", "key", "words"), FAULTS)
def test_a_fault_between_layers(old, new, key, words):
    assert old in COLLEGE
    round_ = COLLEGE.replace('"college"', '"round"').replace("province@2025", "college@1")
    same = PROVINCE.replace('"province"', '"same"').replace('"2025"', '"1"').replace("at_most = 6", "at_most = 7")
    others = {"wrong_1": PROVINCE, "round_1": round_, "same_1": same, "bad_1": HEAD}
    others["college_1"] = COLLEGE.replace(old, new, 1)
    with pytest.raises(MalformedBookError, match=words) as caught:
        child(COLLEGE.replace(old, new, 1), **others)
    assert f"key '{key}'" in caught.value.where
    assert caught.value.mend


def test_layers_are_bounded():
    texts = {
        f"b{n}_1": COLLEGE[: COLLEGE.index("clause =")].replace('"college"', f'"b{n}"').replace("province@2025", f"b{n + 1}@1")
        + "clause = []"
        for n in range(9)
    }  # fmt: skip
    texts["b6_1"] = texts["b6_1"].replace("b7@1", "province@2025")
    assert child(texts["b0_1"], **texts).parents[0].book == "b1"
    with pytest.raises(MalformedBookError, match="too many layers"):
        child(COLLEGE.replace("province@2025", "b0@1"), **texts)


@given(st.sets(st.sampled_from("cow")), st.integers(1, 9))
def test_what_is_not_replaced_is_as_the_parent_says(replaced, most):
    clauses = ", ".join(
        f'{{ id = "own-{id}", replaces = "{id}", kind = "cap", at_most = {most}, basis = "b:1" }}' for id in replaced
    )
    book = child(f"{COLLEGE[: COLLEGE.index('clause =')]}clause = [{clauses}]")
    parent = read_book(PROVINCE, name="p")
    for one, other in zip(book.clauses, parent.clauses, strict=True):
        if other.id in replaced:
            assert one.id == f"own-{other.id}"
        else:
            assert attrs.evolve(one, basis=other.basis, acts=other.acts) == other
    assert sorted(book.parents[0].replaced) == sorted((id, f"own-{id}") for id in replaced)
    assert book_of(book_bytes(book)) == book


# --- crosswalk --------------------------------------------------------------------------------------------------------

LEVELS = """
levels = { a = ["1", "2", "3"], b = ["I", "II"] }
fields = { "source.level" = "level:a", "target.level" = "level:b" }
"""
ROWS = 'crosswalk = [{ from = "a:2", to = "b:I", basis = "b:7" }, { from = "a:3", to = "b:II", basis = "b:7" }]'
GATE = """
clause = [ { id = "m", kind = "map", match = { "target.kind" = "course" }, basis = "b:1" },
  { id = "w", kind = "worth", credits = 1, basis = "b:2" },
  { id = "g", kind = "gate", require = { "source.level" = %s }, basis = "b:3" } ]
"""


def level_case(source, target):
    data = asked(1)
    data["outcomes"]["s"]["level"] = source
    data["targets"]["t0"] = {"kind": "course", "credits": 1, "level": target}
    return data


@pytest.mark.parametrize("rows", [ROWS, ROWS.replace("from", "FROM").replace("to", "from").replace("FROM", "to")])
@pytest.mark.parametrize(
    ("test", "source", "target", "expected"),
    [
        ('{ at_least = "@target.level" }', "2", "I", "1"),
        ('{ at_least = "@target.level" }', "3", "I", "1"),
        ('{ at_least = "@target.level" }', "2", "II", "gate.g"),
        ('{ above = "@target.level" }', "2", "I", "gate.g"),
        ('"@target.level"', "3", "II", "1"),
        ('"@target.level"', "3", "I", "gate.g"),
        ('{ not = "@target.level" }', "3", "I", "1"),
    ],
)
def test_levels_compare_across_schemes_by_a_row(rows, test, source, target, expected):
    book = read_book(HEAD + LEVELS + rows + GATE % test, name="t")
    assert run(book, level_case(source, target)) == [expected]
    assert book_of(book_bytes(book)) == book


def test_without_a_row_nothing_can_be_told():
    book = read_book(HEAD + LEVELS + ROWS + GATE % '{ at_least = "@target.level" }', name="t")
    assert run(book, level_case("1", "I")) == ["missing.source.level"]
    with pytest.raises(MalformedBookError, match=r"compared with level:a; add .*crosswalk"):
        read_book(HEAD + LEVELS + GATE % '{ at_least = "@target.level" }', name="t")


def test_a_refusal_across_schemes_says_which():
    book = read_book(HEAD + LEVELS + ROWS + GATE % '{ at_least = "@target.level" }', name="t")
    (compared,) = decide(book, case_of_data(level_case("2", "II"), book)).results[0].compared
    assert (compared.have, compared.limit) == ("a:2", "b:II")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ('{ from = "a:4", to = "b:I", basis = "b:7" }', "a:4 is no level"),
        ('{ from = "a:1", to = "a:2", basis = "b:7" }', "of one framework"),
        ('{ from = "a:1", to = "b:I" }', "no 'basis'"),
        ('{ from = "a:1", to = "b:I", basis = "b:7" }, { from = "a:1", to = "b:II", basis = "b:7" }', "counts as"),
        ('{ from = "a:1", to = "b:I", basis = "b:7" }, { from = "a:1", to = "b:I", basis = "b:7" }', "twice"),
        (
            '{ from = "a:1", to = "b:II", basis = "b:7" }, { from = "a:2", to = "b:I", basis = "b:7" }',
            "no lower one|but a:2",
        ),
        ('{ from = "a:1", to = "b:I", basis = "b:7", x = 1 }', "unknown key"),
    ],
)
def test_a_fault_in_a_crosswalk(rows, words):
    with pytest.raises(MalformedBookError, match=words):
        read_book(HEAD + LEVELS + f"crosswalk = [{rows}]" + GATE % '"1"', name="t")


# --- parity -----------------------------------------------------------------------------------------------------------

PARITY = 'parity = { quarter = { at_most = "2/3", basis = "b:7" } }\n'
WORTH = 'clause = [{ id = "m", kind = "map", match = { "target.kind" = "course" }, basis = "b:1" }, %s]'


@pytest.mark.parametrize(
    ("worth", "wrong"),
    [
        ('of = "@source.credits", times = "2/3"', False),
        ('of = "@source.credits", times = "0.67"', True),
        ('of = "@source.credits", times = "0.66"', False),
        ('of = "@source.credits", per = 1.5', False),
        ('of = "@source.credits", per = 1.4, whole = true', True),
        ('of = "@source.credits", times = 2, per = 3', False),
        ('of = "@source.credits"', False),
        ('of = "@source.hours", times = 2', False),
        ('of = "@source.credits", times = 1, when = { "source.system" = "quarter" }', True),
        ('of = "@source.credits", times = 1, when = { "source.system" = ["a", "b"] }', False),
        ('of = "@source.credits", times = 1, when = { "source.system" = { not = "quarter" } }', False),
        ('of = "@source.credits", times = 1, when = { "source.system" = { not = "a" } }', True),
        (
            'rows = [{ when = { "source.system" = "quarter" }, credits = 1 }, { of = "@source.credits", times = 1 }]',
            False,
        ),
        (
            'rows = [{ when = { "source.system" = "quarter", "source.class" = "c" }, credits = 1 },'
            ' { of = "@source.credits", times = 1 }]',
            True,
        ),
    ],
)
def test_no_worth_is_above_parity(worth, wrong):
    text = HEAD + PARITY + WORTH % f'{{ id = "w", kind = "worth", basis = "b:2", {worth} }}'
    if wrong:
        with pytest.raises(MalformedBookError, match="above the parity of 2/3") as caught:
            read_book(text, name="t")
        assert "clause 'w'" in caught.value.what
    else:
        book = read_book(text, name="t")
        assert book_of(book_bytes(book)) == book
        assert b'"parity":{"quarter":{"at_most":"2/3","basis":"b:7"}}' in book_bytes(book)
