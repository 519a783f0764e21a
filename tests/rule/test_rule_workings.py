"""
Workings and their hash: every row is hashed as it can be read, whatever a book has kept of earlier decisions.
"""

import hashlib
from collections.abc import Iterable
from datetime import date
from fractions import Fraction

import attrs
from books_support import shipped_book, told
from hypothesis import given, strategies as st
from rule_books_gen import after, books as plain_books, cases as plain_cases
from rule_support import book_of_text

from creditbank.codec.book import book_bytes, book_of
from creditbank.domain.level import Level
from creditbank.domain.rule import Case, CaseItem, RuleBook, Waiver, Working, chosen, decide, quiet, workings
from creditbank.rulebooks import shipped

HEAD = """
book = "test"
version = "1"
title = "t"
since = 2020-01-01
acts = ["convert"]
system = "sys"
basis = { b = { title = "办法 100 %" } }
levels = { n = ["1", "2", "3"] }
fields = { "source.level" = "level:n", "pair.similarity" = "percent" }
"""
ALWAYS = """
{ id = "m", kind = "map", basis = "b:1", match = { "target.id" = { present = true } } },
{ id = "w", kind = "worth", basis = "b:1", of = "@source.credits" },
{ id = "u", kind = "policy", basis = "b:1", units = "parts" },
"""
LOOSE = [
    'kind = "gate", forbid = { "source.class" = "乙" }',
    'kind = "gate", require = { "source.class" = "甲" }, when = { "source.level" = { at_least = "2" } }',
    'kind = "gate", require = { "pair.similarity" = { at_least = "80 %", absent = "pass" } }, say = { zh = "80 % 以上", en = "" }',
    'kind = "gate", require = { "source.achieved_on" = { at_least = "@learner.enrolled_on", minus = "3 years" } }',
    'kind = "gate", require = { "target.credits" = { at_most = 3 } }, waivable_by = ["registrar"]',
    'kind = "gate", forbid = { "source.class" = "甲" }, since = 2022-01-01',
    'kind = "gate", held = { "source.class" = "甲" }, count = 2',
    'kind = "gate", require = [{ "source.level" = "3" }, { "source.class" = { not = ["乙"] } }]',
    'kind = "policy", when = { "source.level" = { at_least = "3", absent = "fail" } }, grade = "优秀"',
    'kind = "policy", when = { "source.class" = "甲" }, grade = "良好"',
    'kind = "policy", grade = "@source.grade"',
    'kind = "policy", when = { "source.class" = "乙" }, mode = "waive"',
    'kind = "cap", per = ["source.class"], at_most = 4',
    'kind = "effect", on = "granted", when = { "source.class" = "甲" }, set = { "status" = "honours" }',
    'kind = "effect", on = "refused", set = { "status" = "again" }',
]


@st.composite
def books(draw: st.DrawFn) -> RuleBook:
    """A book of clauses that look at what an outcome may or may not have."""
    chosen = draw(st.lists(st.sampled_from(LOOSE), max_size=8))
    clauses = (f'{{ id = "l{n}", basis = "b:{n} %b", {body} }},' for n, body in enumerate(chosen))
    return book_of_text(f"clause = [{ALWAYS}{''.join(clauses)}]", head=HEAD)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Items of one pair mostly, of outcomes of which something is not known."""
    known: dict[str, st.SearchStrategy[object]] = {
        "class": st.sampled_from(["甲", "乙"]),
        "level": st.sampled_from("123").map(lambda step: Level("n", step)),
        "grade": st.sampled_from(["80", "A"]),
        "achieved_on": st.sampled_from([date(2019, 9, 1), date(2018, 8, 31), date(2022, 1, 1), date(2021, 12, 31)]),
    }
    outcomes = {
        id: {"credits": Fraction(draw(st.integers(0, 9)), 2), "system": "sys"}
        | {name: draw(values) for name, values in known.items() if draw(st.integers(0, 4))}
        for id in ("s1", "s2", "s3")
    }
    sources = st.lists(st.sampled_from(list(outcomes)), min_size=1, max_size=2, unique=True).map(tuple)
    items = [
        CaseItem(str(n), draw(st.one_of(st.just((draw(st.sampled_from(list(outcomes))),)), sources)), (target,))
        for n, target in enumerate(draw(st.lists(st.sampled_from(["t1", "t2"]), min_size=1, max_size=3)))
    ]
    shares = {(item.sources[0], item.targets[0]): Fraction(draw(st.integers(7, 9)), 10) for item in items}
    return Case(
        book="",
        act="convert",
        id="now",
        application={"applied_on": date(2022, 6, 1)},
        learner={"enrolled_on": date(2021, 9, 1)} if draw(st.booleans()) else {},
        programme={"id": "p"},
        items=tuple(items),
        outcomes=outcomes,
        targets={"t1": {"credits": Fraction(3)}, "t2": {"credits": Fraction(7, 2)}},
        pairs={pair: {"similarity": share} for pair, share in shares.items() if draw(st.booleans())},
        waivers=tuple(Waiver(f"l{n}", "0", "registrar", "r") for n in range(3)),
    )


def hash_of(rows: Iterable[Working]) -> str:
    """The hash of these rows, as ``decide`` says that it is made."""
    texts: list[str] = []
    for row in rows:
        texts += [row.item, row.clause, row.kind, row.basis, row.said, row.code, row.zh, row.en]
        texts += [str(len(row.saw)), *(text for pair in row.saw for text in pair)]
        texts += [str(len(row.compared)), *(text for one in row.compared for text in attrs.astuple(one))]
    spelled = (text.encode() for text in texts)
    return hashlib.sha256(b"".join(len(data).to_bytes(8, "big") + data for data in spelled)).hexdigest()


def fresh(book: RuleBook) -> RuleBook:
    """The same book, which has decided nothing yet."""
    return book_of(book_bytes(book))


@given(books(), st.lists(cases(), min_size=2, max_size=4))
def test_what_a_book_kept_of_earlier_decisions_changes_nothing(book, given_cases):
    for case in given_cases:
        assert decide(book, case) == decide(fresh(book), case)
        assert workings(book, case) == workings(fresh(book), case)


@given(books(), cases())
def test_the_hash_is_that_of_the_rows(book, case):
    assert decide(book, case).workings == hash_of(workings(book, case))


@given(st.sampled_from(["convert", "award"]).flatmap(lambda act: st.tuples(plain_books(act), plain_cases(act))))
def test_the_hash_is_that_of_the_rows_with_a_record_and_in_an_award(both):
    book, case = both
    for _ in range(2):
        decision = decide(book, case)
        assert decision.workings == hash_of(workings(book, case))
        case = attrs.evolve(case, id="then", history=after(book, case, decision))


def test_the_hash_is_that_of_the_rows_in_every_shipped_case():
    for name in shipped():
        for one in told(name):
            book = shipped_book(name)
            assert decide(book, one.case).workings == hash_of(workings(book, one.case)), one.name


def test_a_text_may_have_a_sign_of_per_cent():
    book = book_of_text(f'clause = [{ALWAYS} {{ id = "50", basis = "b:100 %s", {LOOSE[0]} }}]', head=HEAD)
    case = one_case(CaseItem("5 %", ("s %",), ("t",)), **{"s %": {"class": "%b"}})
    assert decide(book, case).workings == hash_of(workings(book, case))
    assert [row.saw for row in workings(book, case) if row.clause == "50"] == [(("source.class", "%b"),)]


def one_case(*items: CaseItem, targets: tuple[str, ...] = ("t",), **outcomes: dict[str, object]) -> Case:
    """A case of these items, whose outcomes are worth one credit each."""
    return Case(
        book="",
        act="convert",
        id="now",
        application={"applied_on": date(2022, 6, 1)},
        learner={},
        programme={"id": "p"},
        items=items,
        outcomes={id: {"credits": Fraction(1), "system": "sys"} | facts for id, facts in outcomes.items()},
        targets={target: {"credits": Fraction(3)} for target in targets},
    )


def book_with(*bodies: str) -> RuleBook:
    return book_of_text(
        "clause = ["
        + ALWAYS
        + "".join(f'{{ id = "l{n}", basis = "b:{n}", {body} }},' for n, body in enumerate(bodies))
        + "]",
        head=HEAD,
    )


def test_a_grade_that_is_the_sources_own_is_looked_up_for_each():
    book = book_with('kind = "policy", grade = "@source.grade"')
    items = CaseItem("1", ("a",), ("t",)), CaseItem("2", ("b",), ("t",))
    decision = decide(book, one_case(*items, a={"grade": "80"}, b={"grade": "90"}))
    assert [one.grade for one in decision.results] == ["80", "90"]


def test_policies_choose_by_all_of_them_that_hold():
    book = book_with(
        *(f'kind = "policy", when = {{ "source.class" = "{name}" }}, grade = "{name}"' for name in "甲乙丙")
    )
    classes = {"a": "甲", "b": "乙", "c": "丙", "d": "丁", "e": "乙"}
    items = [CaseItem(id, (id,), ("t",)) for id in classes]
    decision = decide(book, one_case(*items, **{id: {"class": name} for id, name in classes.items()}))
    assert [one.grade for one in decision.results] == ["甲", "乙", "丙", "", "乙"]


def test_where_more_is_kept_than_may_be_it_begins_anew(monkeypatch):
    monkeypatch.setattr(quiet, "_KEPT", 2)
    monkeypatch.setattr(chosen, "_KEPT", 2)
    names = "甲乙丙丁戊"
    bodies = [
        f'kind = "gate", forbid = {{ "source.code" = "x" }}, when = {{ "source.class" = "{name}" }}' for name in names
    ]
    bodies += [f'kind = "policy", when = {{ "source.class" = "{name}" }}, grade = "{name}"' for name in names]
    book = book_with(*bodies)
    items = [CaseItem(f"{id} {turn}", (id,), ("t",)) for turn in range(2) for id in names]
    case = one_case(*items, **{id: {"class": id, "code": "y"} for id in names})
    decision = decide(book, case)
    assert [one.grade for one in decision.results] == [*names, *names]
    assert decision.workings == hash_of(workings(book, case))
    clauses = book.by_act["convert"]
    assert 0 < len(clauses.gates._runs) <= 2
    assert 0 < len(clauses.choices._known) <= 2


def test_what_a_collection_asks_of_a_line_says_which():
    head = HEAD.replace('["convert"]', '["award"]')
    gate = '{ id = "g", kind = "gate", basis = "b:1", forbid = { "source.class" = "乙" } }'
    worth = '{ id = "w", kind = "worth", basis = "b:1", of = "@source.credits" }'
    book = book_of_text(f"clause = [{worth}, {gate}]", head=head)
    case = attrs.evolve(one_case(CaseItem("1", ("a", "b"), ("t",)), a={"class": "甲"}, b={"class": "乙"}), act="award")
    rows = [(row.said, row.saw) for row in workings(book, case) if row.clause == "g"]
    assert rows == [
        ("passed", (("line", "a"), ("source.class", "甲"))),
        ("refused", (("line", "b"), ("source.class", "乙"))),
    ]
    assert decide(book, case).workings == hash_of(workings(book, case))


def test_what_an_item_is_asked_as_is_no_fact_of_it():
    """``as`` and ``ask`` have keys of their own; facts of these names are not looked at."""
    book = book_with('kind = "gate", forbid = { "item.as" = { present = true } }')
    item = CaseItem("1", ("a",), ("t",), facts={"as": "x", "ask": Fraction(9)})
    assert decide(book, one_case(item, a={})).result("1").granted == 1
    assert decide(book, one_case(attrs.evolve(item, as_="y"), a={})).result("1").refused == "gate.l0"


def test_a_half_that_is_not_there_has_no_id():
    """Of an item without a target, the target's id is as little known as anything else of it."""
    gates = [f'kind = "gate", require = {{ "{side}.id" = {{ present = true }} }}' for side in ("source", "target")]
    book = book_of_text(
        f'clause = [{{ id = "s", basis = "b:1", {gates[0]} }}, {{ id = "t", basis = "b:1", {gates[1]} }}]',
        head=HEAD.replace('["convert"]', '["deposit"]'),
    )
    for sources, targets, refused in ((("a",), ("t",), None), (("a",), (), "gate.t"), ((), ("t",), "gate.s")):
        case = attrs.evolve(one_case(CaseItem("1", sources, targets), a={}), act="deposit")
        assert decide(book, case).result("1").refused == refused
