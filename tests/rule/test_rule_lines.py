"""Lines and worth: what is worked out directly for one lot and one target is what the code for several says."""

from datetime import date
from fractions import Fraction

from hypothesis import example, given, strategies as st
from rule_support import book_of_text

from creditbank.domain.credit import ZERO, number_text
from creditbank.domain.rule import Case, CaseItem, Policy, decide, lines as room
from creditbank.domain.rule.chosen import Chosen
from creditbank.domain.rule.clause import Rounded
from creditbank.domain.rule.decision import Declined
from creditbank.domain.rule.view import View
from creditbank.domain.rule.working import Fail
from creditbank.domain.rule.worth import Lot

ANY = '{ id = "m", kind = "map", basis = "b:1", match = { "target.id" = { present = true } } }'
BOOK = book_of_text(f"clause = [{ANY}]")
ITEM = CaseItem("1", ("s",), ("t",))

# Quarters, so that some fit a quantum or a step of a half and some do not; nothing at all, as whichever value.
amounts = st.integers(0, 16).map(lambda n: Fraction(n, 4) if n else ZERO) | st.just(Fraction(0))
positive = st.integers(1, 8).map(lambda n: Fraction(n, 4))
steps = st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(1, 4), Fraction(2, 3)])


def view_of(item, *, facts=None, target=None, quantum=None, book=BOOK):
    case = Case(
        book="",
        act="convert",
        id="now",
        application={"applied_on": date(2022, 6, 1)},
        learner={},
        programme={"id": "p"},
        items=(item,),
        outcomes={"s": {"achieved_on": date(2022, 1, 1), **(facts or {})}},
        targets={"t": target or {}},
        systems={} if quantum is None else {"cn-college": quantum},
    )
    return View(book, case)


@st.composite
def lots(draw):
    """A lot as worth, rounding and ``highest`` leave it: its own or due to the target, rounded either way, cut or not."""
    worth = draw(amounts)
    amount = draw(st.sampled_from([worth, worth + 0]) | amounts)
    taken = draw(st.none() | positive.map(lambda credits: Declined("highest.superseded", "h", credits)))
    return Lot(("s",), draw(st.sampled_from(["", "t"])), worth, amount, taken)


policies = st.builds(
    Chosen,
    units=st.sampled_from(["whole", "parts"]),
    round=st.none()
    | st.builds(Rounded, steps, st.sampled_from(["down", "half-up"]), st.sampled_from(["source", "item"])),
)


@given(lots(), st.none() | amounts, policies, st.none() | steps)
@example(Lot(("s",), "", ZERO, ZERO), None, Chosen(), None)
@example(Lot(("s",), "t", ZERO, ZERO), None, Chosen(), None)
@example(Lot(("s",), "", Fraction(3), Fraction(3)), Fraction(3), Chosen(), Fraction(2))
@example(Lot(("s",), "", Fraction(2), Fraction(2)), Fraction(3), Chosen(), None)
@example(Lot(("s",), "t", Fraction(5, 4), Fraction(5, 4)), Fraction(2), Chosen(units="parts"), Fraction(1, 2))
def test_one_lot_fills_one_target_as_several_would(lot, need, chosen, quantum):
    view, needs = view_of(ITEM, quantum=quantum), (("t", need),)
    directly = room._build_one(view, lot, needs, chosen)
    assert directly == room._build_several(view, ITEM, (lot,), needs, chosen, ())
    if not isinstance(directly, Fail):
        filled = sum(line.credits for line in directly.lines)
        lost = sum(one.credits for one in directly.taken)
        assert filled + directly.forfeited + directly.rounded + lost == lot.worth


@given(amounts, st.none() | positive, st.booleans(), st.none() | positive, st.none() | steps)
def test_worth_is_the_amount_by_per_times_times(amount, per, whole, times, step):
    parts = {"per": per, "times": times}
    written = "".join(f', {key} = "{number_text(value)}"' for key, value in parts.items() if value is not None)
    written += ", whole = true" if whole and per is not None else ""
    policies = [] if step is None else [f'round = {{ to = "{number_text(step)}", way = "down" }}', 'units = "parts"']
    clauses = [ANY, f'{{ id = "w", kind = "worth", basis = "b:1", of = "@source.hours"{written} }}']
    clauses += [f'{{ id = "p{n}", kind = "policy", basis = "b:1", {text} }}' for n, text in enumerate(policies)]
    book = book_of_text(f"clause = [{', '.join(clauses)}]")
    facts, target = {"hours": amount}, {"kind": "course", "credits": Fraction(0)}
    result = decide(book, view_of(ITEM, facts=facts, target=target).case).results[0]
    expected = amount if per is None else amount / per
    if whole and per is not None:
        expected = Fraction(expected // 1)
    expected = expected if times is None else expected * times
    assert result.worth == expected
    assert result.rounded == (0 if step is None else expected % step)


KEYS = ("units", "leftover", "round", "mode", "grade", "counts_as", "debit", "final")
texts = {
    "units": st.sampled_from(["whole", "parts"]),
    "leftover": st.sampled_from(["forfeit", "keep"]),
    "grade": st.sampled_from(["优秀", "合格"]),
    "counts_as": st.sampled_from(["必修", "选修"]),
}
written_policies = st.lists(st.fixed_dictionaries({}, optional=texts).filter(bool), max_size=5)


@given(written_policies)
def test_of_each_key_the_first_policy_that_sets_it_speaks(written):
    bodies = [", ".join(f'{key} = "{value}"' for key, value in one.items()) for one in written]
    clauses = [ANY, '{ id = "w", kind = "worth", basis = "b:1", credits = 1 }']
    clauses += [f'{{ id = "p{n}", kind = "policy", basis = "b:1", {body} }}' for n, body in enumerate(bodies)]
    book = book_of_text(f"clause = [{', '.join(clauses)}]")
    target = {"kind": "course", "credits": Fraction(1)}
    result = decide(book, view_of(ITEM, target=target).case).results[0]
    first = {}
    for one in written:
        first = one | first
    assert (result.grade, result.counts_as) == (first.get("grade", ""), first.get("counts_as", ""))
    for clause in book.clauses:
        if isinstance(clause, Policy):
            said = {key: getattr(clause, key) for key in KEYS}
            assert clause.sets == {key: value for key, value in said.items() if value is not None}
