"""
Laws that a registrar would sign, on histories made of nothing but events: no store, no keys, no clock.

A history is a list of requests drawn by hypothesis; each is put to its verb on ``Known.of`` of all events so far.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import attrs
import hypothesis.strategies as st
from hypothesis import example, given, settings

from creditbank.codec.book import book_bytes, book_digest, read_book
from creditbank.domain.account import Account, ApplicationState, StandingItem
from creditbank.domain.again import again
from creditbank.domain.application import Application, Item
from creditbank.domain.credit import Credit, CreditSystem
from creditbank.domain.decide.account import correct, deposit, revoke
from creditbank.domain.decide.convert import Waiting, agree, convert, lapse, reject, waiting, withdraw
from creditbank.domain.decide.objection import answer_objection, object_to
from creditbank.domain.effect import postings
from creditbank.domain.event import (
    AccountOpened,
    ApplicationClosed,
    Applied,
    BankFounded,
    BookPublished,
    Converted,
    CreditSystemPublished,
    Enrolled,
    Event,
    InstitutionRegistered,
    ItemsUndone,
    OutcomeCorrected,
    OutcomeRevoked,
)
from creditbank.domain.known import Known
from creditbank.domain.level import Level
from creditbank.domain.name import (
    ApplicationId,
    Claim,
    Digest,
    EnrolmentId,
    InstitutionId,
    OutcomeId,
    Token,
    account_id,
    institution_id,
)
from creditbank.domain.outcome import CourseResult, Outcome, SkillCertificate
from creditbank.domain.profile import Profile
from creditbank.domain.programme import Course, Enrolment, Programme
from creditbank.domain.request import Request
from creditbank.domain.rule import ItemResult, RuleBook
from creditbank.domain.state import before, fold
from creditbank.domain.view.account import balance, quote
from creditbank.domain.view.reconsider import reconsider
from creditbank.errors import RefusedError
from creditbank.testing.world import shipped_book

OPERATOR, COLLEGE, OFFICE = (institution_id(f"keys:{slug}") for slug in ("operator", "college", "office"))
ACCOUNT = account_id("account:" + "1" * 32)
ENROLMENT = EnrolmentId("e" * 32)
DAY = date(2026, 3, 1)

FREE = """
book = "free"
version = "1"
title = "自由使用"
since = 2020-01-01
acts = ["convert"]
system = "cn-college"
basis = { t = { title = "测试", url = "https://example.org/" } }
clause = [
  { id = "1", kind = "map", match = { "source.class" = ["course", "credit"], "target.kind" = "course" }, basis = "t:1" },
  { id = "2", kind = "worth", of = "@target.credits", basis = "t:2" },
]
"""


CHAIN = """
  { id = "3", kind = "cap", per = ["source"], at_most = 12, across = "bank", code = "most", basis = "t:3" },
  { id = "4", kind = "policy", final = true, when = { "target.id" = ["c0", "c1"] }, basis = "t:4" },
  { id = "5", kind = "chain", basis = "t:5", steps = [
    { by = ["college", "academic-affairs"], does = "认定", notice = "3 days", within = "40 days" },
    { by = "academic-affairs", does = "公布" } ] },
]
"""
PANEL = FREE.replace('"free"', '"panel"').rstrip().removesuffix("]") + CHAIN


def _books() -> dict[str, tuple[Digest, RuleBook]]:
    found = {}
    for name, text in (("x", shipped_book("x-certificate-conversion")), ("free", FREE), ("panel", PANEL)):
        book = read_book(text, name=name)
        found[name] = Digest(book_digest(book_bytes(book))), book
    return found


BOOKS = _books()
PUBLISHED = dict(BOOKS.values())


def _beginning() -> list[Event]:
    college = Credit("cn-college", 240)
    programme = Programme("p", "软件技术", "college-3", 36, college)
    return [
        BankFounded(
            OPERATOR, Profile("学分银行", "operator", ("operator", "registrar"), ""), "k", "o", "Asia/Shanghai"
        ),
        InstitutionRegistered(COLLEGE, Profile("学院", "college", ("school",), ""), "k", ""),
        InstitutionRegistered(OFFICE, Profile("教务处", "office", ("office",), ""), "k", ""),
        CreditSystemPublished(CreditSystem("cn-college", Fraction(1, 2), "高职学分", None)),
        CreditSystemPublished(CreditSystem("cn-bank", Fraction(1, 2), "学分银行学分", None)),
        *(BookPublished(book.book, book.version, digest, 1, book.since, book.until) for digest, book in BOOKS.values()),
        AccountOpened(ACCOUNT, Claim("person", Token("0" * 64))),
        Enrolled(ACCOUNT, ENROLMENT, Enrolment(COLLEGE, programme, "2025", DAY)),
    ]


def _spread(number: int) -> int:
    return int.from_bytes(hashlib.sha256(str(number).encode()).digest()[:4], "big")


# Hypothesis likes small numbers; what is picked by one should not mostly be the first.
picks = st.integers(0, 2**16).map(_spread)

Step = tuple[str, int, int, int]
steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("certificate", "course", "apply", "apply", "apply", "reuse", "panel", "panel", "panel"),
                *("agree", "agree", "agree", "settle", "settle", "close", "revoke", "correct", "object", "answer", "wait"),
            ]
        ),
        picks,
        picks,
        picks,
    ),
    max_size=16,
)  # fmt: skip


class History:
    """Events so far, and the day."""

    def __init__(self) -> None:
        self.events = _beginning()
        self.day = DAY
        self.asked = 0
        self.said: list[tuple[Request, tuple[Event, ...], int]] = []
        for kind, pick in (("certificate", 15), ("course", 3), ("course", 4)):  # so that a short history gets somewhere
            self.ask(COLLEGE, deposit, ACCOUNT, _outcome(kind, pick, self.day))

    @property
    def known(self) -> Known:
        return Known.of(self.events, PUBLISHED)

    @property
    def account(self) -> Account:
        return self.known.account_restricted(ACCOUNT)

    def ask(self, by: InstitutionId, verb: Callable[..., Iterator[Event]], *args: Any) -> tuple[Event, ...]:
        """Put a request to its verb; what is refused says nothing."""
        self.asked += 1
        request = Request(by, "k", self.day, None, f"{self.asked:032x}")
        try:
            said = tuple(verb(self.known, request, *args))
        except RefusedError:
            return ()
        self.said.append((request, said, len(self.events)))
        self.events += said
        return said

    def take(self, step: Step) -> tuple[Event, ...]:
        """Take one step of a drawn history."""
        kind, one, two, three = step
        held = self.account
        pending = [state for state in held.applications.values() if state.status == "pending"]
        match kind:
            case "certificate" | "course":
                return self.ask(COLLEGE, deposit, ACCOUNT, _outcome(kind, one, self.day))
            case "apply" | "reuse" | "panel":
                return self.ask(COLLEGE, convert, ACCOUNT, self._application(kind, one, two, three))
            case "agree" if pending:
                state = pending[one % len(pending)]
                members = self.waiting(state).members
                return self.ask(members[two % len(members)], agree, ACCOUNT, state.id)
            case "settle" if pending:
                return self.settle(pending[one % len(pending)])
            case "object" if pending:
                return self.ask((COLLEGE, OFFICE)[two % 2], object_to, ACCOUNT, pending[one % len(pending)].id, "no")
            case "answer" if pending:
                state = pending[one % len(pending)]
                given = [objection.id for objection in state.objections if objection.upheld is None]
                for objection in given[:1]:
                    by = self.waiting(state).by
                    return self.ask(by, answer_objection, ACCOUNT, state.id, objection, two % 3 == 0, "so")
            case "close" if pending:
                state = pending[one % len(pending)]
                if two % 3 == 0:
                    return self.ask(self.waiting(state).members[0], reject, ACCOUNT, state.id, "no")
                if two % 3 == 1:
                    return self.ask(COLLEGE, withdraw, ACCOUNT, state.id, "no")
                return self.ask(OFFICE, lapse, ACCOUNT, state.id)
            case "revoke" if held.outcomes:
                return self.ask(COLLEGE, revoke, ACCOUNT, list(held.outcomes)[one % len(held.outcomes)], "false")
            case "correct" if held.outcomes:
                id = list(held.outcomes)[one % len(held.outcomes)]
                course = isinstance(held.outcomes[id].outcome, CourseResult)
                right = _outcome("course" if course else "certificate", two, self.day)
                return self.ask(COLLEGE, correct, ACCOUNT, id, attrs.evolve(right, title=f"更正{self.asked}"), "typo")
            case "wait":
                self.day += timedelta(days=one % 20)
        return ()

    def waiting(self, state: ApplicationState) -> Waiting:
        return waiting(state, dict(BOOKS.values())[state.book])

    def settle(self, state: ApplicationState) -> tuple[Event, ...]:
        """Let time pass and everybody agree."""
        said: tuple[Event, ...] = ()
        self.day += timedelta(days=4)
        while state.status == "pending":
            news = self.ask(self.waiting(state).members[0], agree, ACCOUNT, state.id)
            if not news:
                break
            said += news
            state = self.account.applications[state.id]
        return said

    def _application(self, kind: str, one: int, two: int, three: int) -> Application:
        held = self.account
        certificates = [id for id, x in held.outcomes.items() if isinstance(x.outcome, SkillCertificate)]
        others = [id for id, x in held.outcomes.items() if isinstance(x.outcome, CourseResult)]
        lots = [lot for lot in held.lots if "." in lot]
        sources = certificates if kind == "apply" else [*others, *lots, *lots]
        items = tuple(
            Item(
                str(number),
                (sources[pick % len(sources)] if sources else "none",),
                (Course(f"c{pick % 5}", "课程", ("专业核心",), True, Credit("cn-college", 1 + pick % 9)),),
            )
            for number, pick in enumerate((one, two, three)[: 1 + one % 3])
        )
        digest = BOOKS[{"apply": "x", "reuse": "free", "panel": "panel"}[kind]][0]
        return Application(digest, "convert", ENROLMENT, items, (("college", COLLEGE), ("academic-affairs", OFFICE)))


def _outcome(kind: str, pick: int, day: date) -> Outcome:
    if kind == "course":
        return CourseResult(
            title="课程", issuer=COLLEGE, achieved_on=day, credits=Credit("cn-college", 1 + pick % 7), code="c"
        )
    worth = Credit("cn-bank", 1 + pick % 24)
    return SkillCertificate(
        title="证书", issuer=COLLEGE, achieved_on=day, credits=worth, level=Level("x", "中级"), category="软件"
    )


def _run(drawn: Sequence[Step]) -> Iterator[tuple[History, tuple[Event, ...], Account]]:
    """Yield the history after each step, what was said, and the account before."""
    history = History()
    for step in drawn:
        past = history.account
        yield history, history.take(step), past


@given(steps)
def test_credit_is_neither_made_nor_lost(drawn: list[Step]) -> None:
    """Per lot no place but issued is below zero, all places sum to nothing, and a lot is moved whole."""
    for history, said, _ in _run(drawn):
        for lot in history.account.lots.values():
            quanta = {place: count for place, count in lot.places.items() if count}
            assert sum(quanta.values()) == 0
            assert quanta.pop("issued") < 0
            assert len(quanta) == 1
            assert min(quanta.values()) > 0
        for event in said:
            assert all(move.credit.quanta > 0 and move.source != move.target for move in postings(event))


@given(steps)
def test_credit_lies_where_its_uses_put_it(drawn: list[Step]) -> None:
    for history, _, _ in _run(drawn):
        held = history.account
        revoked = {id for id, outcome in held.outcomes.items() if outcome.revoked}
        undone = {f"{state.id}.{item}" for state in held.applications.values() for item in state.undone}
        for id, lot in held.lots.items():
            statuses = {use.application.status for use in held.uses(id)}
            where = "converted" if "converted" in statuses else "reserved" if "pending" in statuses else "held"
            assert lot.at("revoked" if id in revoked | undone else where).quanta > 0


@given(steps)
def test_a_decision_issues_what_it_granted(drawn: list[Step]) -> None:
    for history, said, past in _run(drawn):
        for event in said:
            if isinstance(event, Converted):
                state = history.account.applications[event.application]
                undone = past.applications[event.application].undone if event.application in past.applications else ()
                granted = [r.granted for r in state.decision.results if r.granted and r.item not in undone]
                issued = [move.credit.quanta for move in event.postings if move.source == "issued"]
                assert issued == [2 * amount for amount in granted]


@given(steps)
def test_a_certificate_never_gives_more_than_its_caps(drawn: list[Step]) -> None:
    """Whatever is asked in whatever order: no sequence of applications beats the best single one."""
    for history, _, _ in _run(drawn):
        held = history.account
        used: dict[str, Fraction] = {}
        targets: list[str] = []
        for item in held.standing():
            if item.application.application.book == BOOKS["x"][0]:
                (source,) = item.result.used
                used[source] = used.get(source, Fraction(0)) + (item.result.granted or 0)
                targets.append(item.item.targets[0].id)
        assert len(targets) == len(set(targets)), "one course, one certificate"
        for source, amount in used.items():
            worth = held.outcomes[source].outcome.credits  # type: ignore[index] # it is an outcome's id
            assert worth is not None
            assert amount <= min(8, Fraction(worth.quanta, 2))


def _filled(account: Account) -> dict[tuple[str, str], int]:
    return {(id, place): count for id, lot in account.lots.items() for place, count in lot.places.items() if count}


@given(steps)
def test_what_is_closed_gives_back_what_it_alone_held(drawn: list[Step]) -> None:
    for history, said, past in _run(drawn):
        if len(said) == 1 and isinstance(said[0], Applied) and said[0].reserved:
            school = COLLEGE
            held = balance(Known.of(history.events[: -len(said)], PUBLISHED), ACCOUNT)
            again_ = History()
            again_.events, again_.day, again_.asked = list(history.events), history.day, 10**6
            (closed,) = again_.ask(school, withdraw, ACCOUNT, said[0].id, "no")
            assert balance(again_.known, ACCOUNT) == held
            assert {(move.lot, move.credit) for move in postings(closed)} == {
                (move.lot, move.credit) for move in said[0].reserved
            }
            assert _filled(past) == _filled(again_.account)


@given(steps)
def test_what_waits_has_something_to_wait_for(drawn: list[Step]) -> None:
    """No application is pending of which nothing is left, and what is closed holds nothing back."""
    for history, _, _ in _run(drawn):
        held = history.account
        waiting_for = {item.application.id for item in held.standing()}
        for state in held.applications.values():
            assert state.status != "pending" or state.id in waiting_for
            assert (state.status == "undone") <= (len(state.undone) > 0)
            assert (state.converted is not None) == (state.status == "converted")


@given(steps)
def test_where_nothing_fell_nothing_is_reconsidered(drawn: list[Step]) -> None:
    """Quoted again with the record as it was, every decision comes out as it did, whatever happened later."""
    for history, said, _ in _run(drawn):
        if any(isinstance(event, OutcomeRevoked | OutcomeCorrected | ApplicationClosed) for event in said):
            return
        assert reconsider(history.known, ACCOUNT) == ()


def _kept_for_good(held: Account, item: StandingItem) -> bool:
    """Whether *item* is final, or what it granted went into something that is, at any depth."""
    return item.final or any(_kept_for_good(held, use) for use in held.standing() if item.lot in use.result.used)


@given(steps)
@example([("reuse", 1609362278, 1609362278, 1609362278), ("panel", 1609362278, 1609362278, 3098464370),
          ("settle", 1609362278, 1609362278, 1609362278), ("revoke", 1728475597, 1609362278, 1609362278)])  # fmt: skip
def test_what_is_reconsidered_stands_and_names_what_was_recorded(drawn: list[Step]) -> None:
    for history, _, _ in _run(drawn):
        held = history.account
        standing = {(item.application.id, item.item.id): item for item in held.standing()}
        found = reconsider(history.known, ACCOUNT)
        for row in found:
            state = held.applications[row.application]
            assert row.recorded == state.decision.result(row.item)
            assert row.recorded.refused is not None or (row.application, row.item) in standing
            assert (row.now is None) == bool(row.fallen)
        finals = {at for at, item in standing.items() if any(map(held.fallen, item.result.used))}
        assert {(row.application, row.item) for row in found if row.fallen} == finals
        assert all(_kept_for_good(held, standing[at]) for at in finals), "it is spent for good, and is reported"


@given(steps)
@example([("reuse", 1609362278, 1609362278, 1609362278), ("panel", 1609362278, 1609362278, 3098464370),
          ("settle", 1609362278, 1609362278, 1609362278), ("revoke", 1728475597, 1609362278, 1609362278)])  # fmt: skip
def test_after_a_revocation_nothing_stands_on_it(drawn: list[Step]) -> None:
    for history, said, past in _run(drawn):
        if said and isinstance(said[0], OutcomeRevoked | OutcomeCorrected):
            fallen = {str(said[0].outcome)}
            for event in said[1:]:
                if isinstance(event, ApplicationClosed):
                    assert (event.how, event.postings) == ("undone", ())
                    continue
                assert isinstance(event, ItemsUndone)
                assert event.cause in fallen, "each fall has its cause before it"
                fallen |= {f"{event.application}.{item}" for item in event.items}
            held = history.account
            for item in held.standing():
                assert _kept_for_good(held, item) or fallen.isdisjoint(item.result.used)
                assert item.lot not in fallen
            # Nothing else fell: what neither used it nor what came of it stands as before.
            assert [i.lot for i in past.standing() if i.lot not in fallen] == [i.lot for i in held.standing()]


# --- the same, spelled out ------------------------------------------------------------------------------------------------


def _convert(history: History, book: str, source: str, course: str, quanta: int) -> ApplicationId:
    """Apply with one item, and return the application."""
    target = Course(course, "课程", ("专业核心",), True, Credit("cn-college", quanta))
    parties = (("college", COLLEGE), ("academic-affairs", OFFICE))
    asked = Application(BOOKS[book][0], "convert", ENROLMENT, (Item("1", (source,), (target,)),), parties)
    applied = history.ask(COLLEGE, convert, ACCOUNT, asked)[0]
    assert isinstance(applied, Applied)
    assert applied.decision.results[0].refused is None
    return applied.id


def test_two_applications_share_a_certificate() -> None:
    """What one gives back is not free while the other holds it, nor held back when the other has spent it."""
    history = History()
    certificate, *_ = history.account.outcomes

    def place() -> dict[tuple[str, str], int]:
        return {key: count for key, count in _filled(history.account).items() if key[0] == certificate}

    first, second = (_convert(history, "x", certificate, course, 4) for course in ("c1", "c2"))
    assert place() == {(certificate, "issued"): -16, (certificate, "reserved"): 16}
    history.ask(COLLEGE, reject, ACCOUNT, first, "no")
    assert place() == {(certificate, "issued"): -16, (certificate, "reserved"): 16}
    third = _convert(history, "x", certificate, "c3", 4)
    for by in (COLLEGE, OFFICE):
        history.ask(by, agree, ACCOUNT, second)
    assert place() == {(certificate, "issued"): -16, (certificate, "converted"): 16}
    history.ask(COLLEGE, withdraw, ACCOUNT, third, "no")
    assert place() == {(certificate, "issued"): -16, (certificate, "converted"): 16}


def test_a_closed_application_frees_the_certificate_for_nobody_else() -> None:
    history = History()
    certificate, *_ = history.account.outcomes
    only = _convert(history, "x", certificate, "c1", 4)
    (closed,) = history.ask(COLLEGE, withdraw, ACCOUNT, only, "no")
    assert [(move.source, move.target, move.credit.quanta) for move in postings(closed)] == [("reserved", "held", 16)]


def test_a_revocation_takes_the_whole_chain_with_it() -> None:
    """Course, credit from it, credit from that, credit from that; and what shares a source with it stays."""
    history = History()
    _, course, other = history.account.outcomes
    first = _convert(history, "free", course, "c1", 3)
    second = _convert(history, "free", f"{first}.1", "c2", 4)
    third = _convert(history, "free", f"{second}.1", "c3", 5)
    apart = _convert(history, "free", other, "c4", 6)
    said = history.ask(COLLEGE, revoke, ACCOUNT, OutcomeId(course), "false")
    assert [event.application for event in said[1:] if isinstance(event, ItemsUndone)] == [first, second, third]
    assert [event.cause for event in said[1:] if isinstance(event, ItemsUndone)] == [
        course,
        f"{first}.1",
        f"{second}.1",
    ]
    assert {place for (lot, place), count in _filled(history.account).items() if count > 0 and lot != other} == {
        "revoked",
        "held",
    }
    assert [item.lot for item in history.account.standing()] == [f"{apart}.1"]
    assert balance(history.known, ACCOUNT)["cn-college"] == Credit("cn-college", 6)


def test_an_item_that_shares_its_sources_falls_and_frees_the_others() -> None:
    history = History()
    _, course, other = history.account.outcomes
    target = Course("c1", "课程", (), True, Credit("cn-college", 3))
    both = Application(BOOKS["free"][0], "convert", ENROLMENT, (Item("1", (course, other), (target,)),), ())
    history.ask(COLLEGE, convert, ACCOUNT, both)
    history.ask(COLLEGE, revoke, ACCOUNT, OutcomeId(course), "false")
    held = history.account
    assert held.lots[course].at("revoked").quanta > 0
    assert held.lots[other].at("held").quanta > 0


@given(steps)
def test_what_was_said_is_said_again(drawn: list[Step]) -> None:
    """Decide again: every request, run on what was known before it, says the same."""
    history = History()
    for step in drawn:
        history.take(step)
    for request, said, position in history.said:
        known = Known.of(history.events[:position], PUBLISHED)
        assert tuple(again(known, request, said)) == said
        assert tuple(again(Known.of(history.events[:position], PUBLISHED), request, said[:1])) == said


@given(steps)
def test_folding_at_once_is_folding_step_by_step(drawn: list[Step]) -> None:
    history = History()
    state = fold(before(ACCOUNT), [e for e in history.events if getattr(e, "account", None) == ACCOUNT])
    for step in drawn:
        state = fold(state, history.take(step))
    assert state == history.account
    assert state == fold(before(ACCOUNT), [e for e in history.events if getattr(e, "account", None) == ACCOUNT])


def _gist(result: ItemResult) -> ItemResult:
    """Leave out what was compared: it names the application, which a quote has not."""
    return attrs.evolve(result, compared=())


@settings(max_examples=30)
@given(steps, picks)
def test_a_quote_is_what_the_application_gets(drawn: list[Step], pick: int) -> None:
    history = History()
    for step in drawn:
        history.take(step)
    asked = history._application("apply", pick, pick // 7, pick // 11)
    try:
        quoted = quote(history.known, ACCOUNT, asked, history.day)
    except RefusedError:
        assert history.ask(COLLEGE, convert, ACCOUNT, asked) == ()
        return
    said = history.ask(COLLEGE, convert, ACCOUNT, asked)
    assert isinstance(said[0], Applied)
    assert [_gist(result) for result in said[0].decision.results] == [_gist(result) for result in quoted.results]
    assert said[0].decision.totals == quoted.totals


@given(steps)
def test_who_reads_the_same_knows_the_same(drawn: list[Step]) -> None:
    """What a request read is all that it depends on: other streams may change without changing what is said."""
    history = History()
    for step in drawn:
        history.take(step)
    for request, said, position in history.said[-3:]:
        events = [attrs.evolve(e, profile=attrs.evolve(e.profile, name="别名")) if isinstance(e, BankFounded) else e
                  for e in history.events[:position]]  # fmt: skip
        known = Known.of(events, PUBLISHED)
        assert OPERATOR not in known.reads
        assert tuple(again(known, request, said)) == said
