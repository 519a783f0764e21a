"""``diff``: what a bank decided, under two versions; against a plain reading of the same decisions."""

from fractions import Fraction

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import creditbank as cb
from creditbank.codec.case import case_digest
from creditbank.domain.view.difference import HEAD, ORDER, Comparison, change_of
from creditbank.rulebooks import read
from creditbank.testing.town import small_town
from creditbank.testing.world import HIGH, VOCATIONAL, World
from creditbank.vault import Person

NAME = "x-certificate-conversion"
TEXT = read(NAME)


def book(*changes, version="2023-1"):
    text = TEXT.replace('version = "2022-1"', f'version = "{version}"').replace(
        "since = 2022-01-01", "since = 2030-01-01"
    )
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return cb.read_book(text, name="new")


OLD = cb.read_book(TEXT, name="old")
FOUR = ("at_most = 8", "at_most = 4")
OPEN = (
    'require = { "target.category" = "专业核心", "target.compulsory" = true }',
    'require = { "target.category" = "专业核心" }',
)


class Story:
    """A town with applications: (level, credits of the certificate, courses), each of a learner of its own or the first."""

    def __init__(self, *asked, learners=1):
        self.town = small_town()
        self.bank = self.town.bank
        self.learners = [(self.town.learner, self.town.enrolment), *(self._enter(n) for n in range(1, learners))]
        self.applied = []
        for number, (level, credits, courses) in enumerate(asked):
            learner, enrolment = self.learners[number % learners]
            certificate = self.town.certificate(level, credits)
            held = self.bank.record(self.town.request(self.town.assessor), cb.deposit, learner, certificate).event.id
            asked_for = {f"{number}-{at}": amount for at, amount in enumerate(courses)}
            application = attrs.evolve(self.town.application(held, asked_for), enrolment=enrolment)
            self.applied.append((learner, self.college(cb.convert, learner, application).event.id))

    def _enter(self, number):
        learner = self.bank.open_account(
            self.town.request(self.town.college), Person("甲", "passport", f"E{number:08}", {})
        )
        past = self.bank.known().account(self.town.learner).enrolments[self.town.enrolment].enrolment
        return learner, self.college(cb.enrol, learner, past).event.id

    def college(self, verb, *args):
        return self.bank.record(self.town.request(self.town.college), verb, *args)

    def diff(self, new, **more):
        return cb.diff(self.bank, OLD, new, **more)

    def plainly(self, new):
        """The changed items, one decision after the other, from what ``decided`` makes again."""
        new = attrs.evolve(new, since=OLD.since)
        found = []
        for learner, id in self.applied:
            recorded = cb.decided(self.bank, learner, id)
            assert case_digest(recorded.case) == recorded.decision.case
            again = cb.decide(new, recorded.case)
            for one, other in zip(recorded.decision.results, again.results, strict=True):
                if change_of(one, other):
                    found.append((id, one.item, one.granted, other.granted, other.refused))
        return sorted(found)


def told(changes):
    return sorted(
        (one.application, one.item.old.item, one.item.old.granted, one.item.new.granted, one.item.new.refused)
        for one in changes
    )


def groups(report):
    return [(one.change, one.clauses, one.old, one.new, one.items, one.credits) for one in report.groups]


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["初级", "中级", "高级"]),
            st.sampled_from(["4", "6", "10"]),
            st.lists(st.sampled_from(["1", "2", "4"]), min_size=1, max_size=3),
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([(FOUR,), (FOUR, OPEN), (('"专业核心"]', '"专业核心", "公共课"]'),)]),
)
def test_it_finds_what_a_plain_reading_finds(asked, changes):
    story, seen = Story(*asked, learners=2), []
    report = story.diff(book(*changes), each=seen.append)
    assert told(seen) == story.plainly(book(*changes))
    assert report.otherwise == 0
    assert (report.decisions, report.items) == (len(asked), sum(len(courses) for _, _, courses in asked))
    assert sum(group.items for group in report.groups) == len(seen)
    assert report.granted_new - report.granted_old == sum(group.credits for group in report.groups)
    assert report.changed == len({one.application for one in seen})


def test_the_same_book_changes_nothing_whatever_its_own_dates():
    story = Story(("中级", "10", ["4", "4", "2"]), ("初级", "6", ["2"]))
    report = story.diff(book())
    assert report.groups == ()
    assert (report.decisions, report.items, report.changed) == (2, 4, 0)
    assert report.granted_old == report.granted_new == 8
    assert (report.old, report.new) == (f"{NAME}@2022-1", f"{NAME}@2023-1")


def test_what_the_old_book_does_not_decide_as_it_was_recorded_is_counted(monkeypatch):
    """The bank held a learner to 4 credits where its book says 8."""
    strict = attrs.evolve(book(FOUR), since=OLD.since)
    with monkeypatch.context() as wrong:
        wrong.setattr(
            "creditbank.domain.decide.convert.decide", lambda _, case, **more: cb.decide(strict, case, **more)
        )
        story = Story(("中级", "10", ["4", "4"]))
    report = story.diff(book())
    assert (report.otherwise, report.changed, report.items) == (1, 0, 2)
    # What an unpublished text of the book decided is not known: nothing was recorded under it.
    report = cb.diff(story.bank, attrs.evolve(OLD, title="another text"), book())
    assert (report.otherwise, report.changed, report.items) == (0, 0, 2)


def test_the_clause_that_makes_the_difference():
    story = Story(("中级", "10", ["4", "4", "2"]), ("初级", "6", ["2"]), ("中级", "6", ["4", "2"]))
    assert groups(story.diff(book(FOUR))) == [("refused", ("3.1",), "", "cap.certificate", 2, Fraction(-6))]
    both = story.diff(book(FOUR, ('require = { "target.category" = "专业基础", "target.compulsory" = true }',
                                  'require = { "target.category" = "专业核心" }')))  # fmt: skip
    assert groups(both) == [
        ("refused", ("3.1",), "", "cap.certificate", 2, Fraction(-6)),
        ("granted", ("4.1",), "gate.level-category", "", 1, Fraction(2)),
    ]
    assert both.groups[0].examples[0].account == story.town.learner


def test_clauses_that_are_gone_or_new_or_only_worded_otherwise():
    story = Story(("中级", "10", ["4", "4", "2"]))
    worded = book(("每个X证书转换的学分不超过8学分(含)", "不超过八学分"))
    assert story.diff(worded).groups == ()
    cap = TEXT[TEXT.index('[[clause]]\nid = "3.1"') : TEXT.index('[[clause]]\nid = "3.2"')]
    assert groups(story.diff(book((cap, "")))) == [("granted", ("3.1",), "cap.certificate", "", 1, Fraction(2))]
    gate = '[[clause]]\nid = "new"\nkind = "gate"\nforbid = { "target.credits" = { above = 3 } }\nbasis = "d1:9"\n\n'
    added = story.diff(book((cap, gate + cap)))
    assert ("refused", ("new",), "", "gate.new", 2, Fraction(-8)) in groups(added)


def test_what_was_decided_before_stays_in_the_record_and_what_fell_since_does_too():
    story = Story(("中级", "10", ["4"]), ("高级", "10", ["2"]))
    # Revoked later: the decision was made on what stood then.
    held = story.bank.known().account(story.town.learner)
    first = next(iter(held.outcomes))
    story.bank.record(story.town.request(story.town.assessor), cb.revoke, story.town.learner, first, "伪造")
    assert story.diff(book()).groups == ()
    assert groups(story.diff(book(("at_most = 8", "at_most = 3")))) == [
        ("refused", ("3.1",), "", "cap.certificate", 1, Fraction(-4))
    ]


def test_accounts_that_may_not_be_read_are_left_out_and_counted():
    story = Story(("中级", "10", ["4"]), ("中级", "10", ["4"]), ("中级", "10", ["4"]), learners=3)
    bank, town = story.bank, story.town
    bank.erase(town.request(town.operator), story.learners[1][0], "PIPL 47", "0" * 64)
    bank.record(town.request(town.operator), cb.restrict, story.learners[2][0], "争议")
    report = story.diff(book(("at_most = 8", "at_most = 3")))
    assert (report.accounts, report.decisions, report.changed, report.restricted) == (1, 1, 1, 1)
    # Whose account was erased is not among the vault's any more.
    assert report.erased == 0


def test_every_change_is_given_and_examples_are_few():
    story = Story(*[("中级", "10", ["4"])] * 7)
    seen, moved = [], []
    report = story.diff(book(("at_most = 8", "at_most = 3")), each=seen.append, progress=lambda *at: moved.append(at))
    (group,) = report.groups
    assert (group.items, len(group.examples), len(seen)) == (7, 5, 7)
    assert moved == [(1, 1)]


def test_a_bank_that_never_had_the_book():
    other = attrs.evolve(OLD, book="other")
    with pytest.raises(cb.UnknownError, match="other"):
        cb.diff(small_town().bank, other, other)


def test_transfers_are_decisions_too():
    world = World.founded()
    account = world.open(1)
    world.enrol(account, HIGH)
    offered = world.offered(account)
    text = read("shandong-transfer")
    failed = text.replace('"application.test_passed" = true', '"application.test_passed" = false')
    old, new = cb.read_book(text, name="old"), cb.read_book(failed, name="new")
    assert cb.diff(world.bank, old, old).groups == ()
    report = cb.diff(world.bank, old, new)
    assert groups(report) == [("refused", ("test",), "", "gate.test", 1, Fraction(0))]
    assert report.otherwise == 0
    # The places that were left then count, not those of today.
    world.record(VOCATIONAL, cb.accept_transfer, account, offered)
    world.record(VOCATIONAL, cb.set_seats, world.seats, 1)
    report = cb.diff(world.bank, old, old)
    assert (report.otherwise, report.groups) == (0, ())


# --- the comparison itself --------------------------------------------------------------------------------------------

HEAD_TEXT = """
book = "small"
version = "1"
title = "试行办法"
since = 2020-01-01
acts = ["convert"]
system = "{system}"
basis = {{ b = {{ title = "试行办法" }} }}
levels = {{ x = {levels} }}
fields = {{ "source.level" = "{kind}" }}
clause = [
{clauses}
]
"""
FREE = '{ id = "two", kind = "worth", when = { "target.kind" = "course" }, credits = 3, basis = "b:2" }'
MAP = '{ id = "m", kind = "map", match = { "target.kind" = "course" }, basis = "b:0" }'
GATE = '{ id = "g", kind = "gate", require = { "source.level" = { at_least = "中级" } }, basis = "b:1" }'
ONE = '{ id = "one", kind = "worth", when = { "target.compulsory" = true }, credits = 2, basis = "b:2" }'
TWO = '{ id = "two", kind = "worth", credits = 3, basis = "b:2" }'


def small(*clauses, levels='["初级", "中级"]', system="cn-college", kind="level:x"):
    text = HEAD_TEXT.format(clauses=",\n".join(clauses), levels=levels, system=system, kind=kind)
    return cb.read_book(text, name="small")


def case(comparison, level="初级", compulsory=True):
    text = """{"application": {"id": "a", "act": "convert", "dates": {"applied_on": "2019-01-01"},
        "items": [{"id": "1", "sources": ["s"], "targets": ["t"]}]},
        "outcomes": {"s": {"level": "%s", "achieved_on": "2019-01-01"}},
        "targets": {"t": {"kind": "course", "credits": 2, "compulsory": %s}}}"""
    return cb.read_case(
        text % (level, "true" if compulsory else "false"), comparison.both, name="case", digest="0" * 64
    )


@pytest.mark.parametrize(
    ("old", "new", "clauses", "change"),
    [
        (small(MAP, GATE, TWO), small(MAP, GATE, TWO, levels='["中级", "初级"]'), (HEAD,), "granted"),
        (small(MAP, ONE, FREE), small(MAP, FREE, ONE), (ORDER,), "terms"),
        (small(MAP, GATE, TWO), small(MAP, TWO), ("g",), "granted"),
        (small(MAP, TWO), small(MAP, GATE, TWO), ("g",), "refused"),
        # Two that each refuse: the first of them gives its code.
        (small(MAP, GATE, GATE.replace('"g"', '"h"'), TWO), small(MAP, TWO), ("g",), "granted"),
        # Taking one back brings nothing back; without the other it would be granted, so that has a part in it.
        (small(MAP, GATE, TWO), small(MAP, GATE.replace('"g"', '"x"'), TWO), ("g",), "reason"),
        (small(MAP, TWO, GATE), small(MAP, GATE.replace('"g"', '"x"'), TWO), ("x",), "reason"),
        (small(MAP, GATE, TWO), small(MAP, GATE.replace('basis', 'code = "low", basis'), TWO), ("g",), "reason"),
        (small(MAP, TWO), small(MAP, TWO, '{ id = "p", kind = "policy", grade = "免考", basis = "b:3" }'), ("p",), "terms"),
    ],
)  # fmt: skip
def test_what_makes_the_difference(old, new, clauses, change):
    comparison = Comparison(old, new)
    (found,) = comparison.compare(case(comparison)).changes
    assert (found.change, found.clauses) == (change, clauses)


def test_what_was_recorded_is_not_asked_again_where_nothing_changes():
    comparison = Comparison(small(MAP, TWO), small(MAP, TWO, levels='["初级", "中级", "高级"]'))
    asked = case(comparison)
    recorded = comparison.compare(asked).old
    assert comparison.compare(asked, recorded).old is recorded


def test_books_that_cannot_be_compared():
    with pytest.raises(cb.MalformedError, match="grants 'cn-college', the other 'ects'"):
        Comparison(small(MAP, TWO), small(MAP, TWO, system="ects"))
    with pytest.raises(cb.MalformedError, match=r"source\.level"):
        Comparison(small(MAP, TWO), small(MAP, TWO, kind="text"))
