"""Generated books of every kind of clause, and cases for them, for the laws. A book is TOML, as people write it."""

from datetime import date
from fractions import Fraction

from hypothesis import strategies as st
from rule_support import book_of_text

from creditbank.domain.level import Level
from creditbank.domain.rule import Case, CaseItem, Decision, HistoryLine, RuleBook

SOURCES = ("s1", "s2", "s3", "s4", "s5")
TARGETS = ("t1", "t2", "t3")
KINDS, CONTENTS, ISSUERS = ("甲", "乙"), ("x", "y"), ("own", "other")
HEAD = """
book = "test"
version = "1"
title = "t"
since = 2020-01-01
acts = ["{act}"]
system = "sys"
basis = {{ b = {{ title = "t" }} }}
levels = {{ n = ["1", "2", "3"] }}
fields = {{ "source.level" = "level:n" }}
"""
halves = st.integers(0, 12).map(lambda n: Fraction(n, 2))


def clause(id: str, kind: str, body: str) -> str:
    return f'{{ id = "{id}", kind = "{kind}", basis = "b:1", {body} }}'


def book(act: str, *clauses: str) -> RuleBook:
    return book_of_text("clause = [" + ", ".join(clauses) + "]", head=HEAD.format(act=act))


shares = st.sampled_from(["0", '"1/4"', '"1/2"', "1"])
pers = st.sampled_from(["[]", '["source.content"]', '["source.category"]', '["source.content", "target"]'])


@st.composite
def highests(draw: st.DrawFn, earlier: str, *, per: str | None = None) -> str:
    by = draw(st.sampled_from(["worth", "source.level", "source.credits"]))
    groups = draw(pers) if per is None else per
    return f'per = {groups}, by = "{by}", others = {draw(shares)}, earlier = "{earlier}"'


def map_and_worth(act: str) -> list[str]:
    found = [clause("w", "worth", 'of = "@source.credits"')]
    return [clause("m", "map", 'match = { "target.id" = { present = true } }'), *found] if act == "convert" else found


gates = st.sampled_from(
    [
        'forbid = { "source.category" = "甲", "source.content" = "y" }',
        'require = { "source.credits" = { above = 0 } }',
        'held = { "source.category" = "甲" }, at_most = 2',
    ]
)
caps = st.builds(
    lambda most, per, measure: f'at_most = {most}, per = {per}, measure = "{measure}"',
    st.integers(1, 12),
    st.sampled_from(["[]", '["source.content"]', '["source.issuer"]', '["target"]']),
    st.sampled_from(["credits", "credits", "sources", "level_points"]),
)
onces = st.sampled_from(['per = ["source"]', 'per = ["source.content"]', 'per = ["target"], by = "application"'])
floors = st.one_of(
    st.integers(0, 9).map(lambda n: f"at_least = {n}"),
    st.sampled_from(
        [
            'over = { "source.issuer" = "own" }, at_least = { percent = 50, of = "counted" }',
            'over = { "source.issuer" = "other" }, at_most = { percent = 60, of = "counted" }',
            'measure = "sources", at_least = 2',
            'measure = "level_points", at_least = 6',
        ]
    ),
)
loose = st.one_of(
    st.tuples(st.just("gate"), gates),
    st.tuples(st.just("cap"), caps),
    st.tuples(st.just("once"), onces),
    st.tuples(st.just("floor"), floors),
    st.tuples(st.just("highest"), st.sampled_from(["refuse", "difference"]).flatmap(highests)),
)


@st.composite
def books(draw: st.DrawFn, act: str = "convert") -> RuleBook:
    """A book of *act* with up to five clauses of the kinds whose order changes no amount."""
    units, way = draw(st.sampled_from(["whole", "parts"])), draw(st.sampled_from(["down", "half-up"]))
    debit = draw(st.sampled_from(["none", "all", "required"])) if act == "award" else ""
    clauses = [
        *map_and_worth(act),
        clause("u", "policy", f'units = "{units}", round = {{ to = 0.5, way = "{way}" }}'),
        *([clause("d", "policy", f'debit = "{debit}"')] if debit else []),
        *(clause(f"l{n}", kind, body) for n, (kind, body) in enumerate(draw(st.lists(loose, max_size=5)))),
    ]
    return book(act, *clauses)


@st.composite
def facts(draw: st.DrawFn) -> dict[str, dict[str, object]]:
    return {
        source: {
            "credits": draw(halves),
            "system": "sys",
            "category": (draw(st.sampled_from(KINDS)),),
            "content": draw(st.sampled_from(CONTENTS)),
            "issuer": draw(st.sampled_from(ISSUERS)),
            "level": Level("n", draw(st.sampled_from("123"))),
            "expires_on": draw(st.dates(date(2030, 1, 1), date(2030, 1, 9))),
        }
        for source in SOURCES
    }


@st.composite
def cases(draw: st.DrawFn, act: str = "convert", *, pools: bool = False, most: int = 4, single: bool = False) -> Case:
    """A case of up to *most* items; *pools*: targets that take everything; *single*: one source an item."""
    targets: dict[str, dict[str, object]] = {
        target: {"kind": "pool" if pools or draw(st.booleans()) else "course", "credits": draw(halves)}
        for target in TARGETS
    }
    width = 1 if single else (len(SOURCES) if act == "award" else 2)
    some = st.lists(st.sampled_from(SOURCES), min_size=1, max_size=width, unique=True).map(tuple)
    goals = st.sampled_from(TARGETS).map(lambda one: (one,))
    pairs = draw(st.lists(st.tuples(some, goals), min_size=1, max_size=most))
    return Case(
        book="",
        act=act,
        id="now",
        application={"applied_on": date(2022, 6, 1)},
        learner={},
        programme={"id": "p"},
        items=tuple(CaseItem(str(n), one, other) for n, (one, other) in enumerate(pairs)),
        outcomes=draw(facts()),
        targets=targets,
        systems={"sys": Fraction(1, 2)},
    )


def after(rules: RuleBook, case: Case, decision: Decision) -> tuple[HistoryLine, ...]:
    """The record that this application leaves."""
    items = {item.id: item for item in case.items}
    lines = tuple(
        HistoryLine(
            application=case.id,
            item=result.item,
            act=case.act,
            as_=items[result.item].as_,
            sources=line.sources,
            target=line.target,
            credits=line.credits,
            worth=line.worth,
            on=date(2022, 6, 1),
            programme="p",
            institution="",
            book=rules.book,
            state="reserved",
        )
        for result in decision.results
        for line in result.lines
    )
    return case.history + lines


def amounts(decision: Decision) -> dict[str, object]:
    """What each item got, and of what."""
    return {one.item: (one.granted, one.targets, one.used, one.lines) for one in decision.results}


def total(decision: Decision) -> Fraction:
    return sum((one.granted or Fraction(0) for one in decision.results), Fraction(0))
