"""Payloads and states: whatever is written is read again as it was, and nothing else is read."""

import contextlib
import json
import types
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from creditbank.bank.loader import open_row
from creditbank.codec.canonical import canonical
from creditbank.codec.convert import converter, dashed
from creditbank.codec.payload import (
    KINDS,
    PAYLOAD_MAX,
    Payload,
    Read,
    arguments,
    decode,
    encode,
    from_plain,
    to_plain,
)
from creditbank.codec.state import decode_state, encode_state
from creditbank.domain.application import Application, Item, TransferOffer
from creditbank.domain.credit import Credit, CreditSystem
from creditbank.domain.decide.account import deposit, revoke
from creditbank.domain.effect import claims, filled, stream_of
from creditbank.domain.event import EVENTS, AccountErased, Event
from creditbank.domain.level import Level
from creditbank.domain.lot import PLACES, Posting
from creditbank.domain.name import Claim, StreamId, Token, account_id, institution_id
from creditbank.domain.outcome import ContestAward, CourseResult, Diploma, Outcome, SkillCertificate, Training
from creditbank.domain.profile import Profile
from creditbank.domain.programme import Course, Enrolment, Programme
from creditbank.domain.request import Request
from creditbank.domain.rule import Waiver
from creditbank.domain.state import before, fold
from creditbank.errors import MalformedError
from creditbank.testing.world import HIGH, World

# --- a value of every type that an event can hold ---------------------------------------------------------------------------

texts = st.text(max_size=8)
names = st.text(min_size=1, max_size=8)
days = st.dates(date(1900, 1, 1), date(9000, 1, 1))
systems = st.from_regex(r"[a-z][a-z0-9-]{0,6}", fullmatch=True)
credits_ = st.builds(Credit, systems, st.integers(-(2**53) + 1, 2**53 - 1))
some_credit = st.builds(Credit, systems, st.integers(1, 10**6))
fractions = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=1000)
positive = st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=1000)
hexes = st.from_regex(r"[0-9a-f]{32}", fullmatch=True)
digests = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
accounts = hexes.map(lambda text: account_id(f"account:{text}"))
institutions = st.from_regex(r"[0-9A-Za-z][0-9A-Za-z_-]{0,8}", fullmatch=True).map(
    lambda s: institution_id(f"keys:{s}")
)
facts = st.dictionaries(names, texts | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1), max_size=3).map(
    lambda found: tuple(sorted(found.items()))
)
levels = st.builds(Level, st.just("x"), st.sampled_from(["初级", "中级", "高级"]))
programmes = st.builds(Programme, names, texts, texts, st.integers(1, 99), st.none() | credits_)
courses = st.builds(Course, names, texts, st.lists(texts, max_size=2).map(tuple), st.booleans(), credits_, names)


def _waivers(application: Application) -> st.SearchStrategy[Waiver]:
    return st.builds(Waiver, texts, st.sampled_from([item.id for item in application.items]), texts, texts)


items = st.builds(
    Item,
    names.filter(lambda id: "." not in id),
    st.lists(texts, min_size=1, max_size=2, unique=True).map(tuple),
    st.lists(courses, max_size=2).map(tuple),
    st.none() | texts,
    st.none() | texts,
    facts,
)
applications = st.builds(
    Application,
    digests,
    texts,
    hexes,
    st.lists(items, min_size=1, max_size=3, unique_by=lambda item: item.id).map(tuple),
    st.lists(st.tuples(names, institutions), max_size=2, unique_by=lambda pair: pair[0]).map(tuple),
    facts,
).flatmap(
    lambda made: st.lists(_waivers(made), max_size=2, unique=True).map(lambda w: attrs.evolve(made, waivers=tuple(w)))
)
places = st.sampled_from(PLACES)
postings = (
    st.tuples(places, places)
    .filter(lambda pair: pair[0] != pair[1])
    .flatmap(lambda pair: st.builds(Posting, texts, st.just(pair[0]), st.just(pair[1]), some_credit))
)
claims_ = st.builds(Claim, st.just("certificate-number"), digests.map(Token))


def _achieved(kind: type[Any], **own: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    common = {
        "title": names,
        "issuer": institutions,
        "achieved_on": days,
        "expires_on": st.none() | st.just(date(9999, 1, 1)),
        "credits": st.none() | some_credit,
        "hours": st.none() | st.integers(1, 10_000),
        "number": st.none() | claims_,
    }
    return st.builds(kind, **(common | own))


outcomes = st.one_of(
    _achieved(CourseResult, code=texts, grade=st.none() | texts, category=st.lists(texts, max_size=2).map(tuple)),
    _achieved(Diploma, level=levels, major=texts),
    _achieved(SkillCertificate, level=levels, category=texts),
    _achieved(ContestAward, tier=st.sampled_from(["national", "school"]), prize=st.integers(1, 3), team=st.just(False)),
    _achieved(ContestAward, tier=st.just("city"), prize=st.just(1), team=st.just(True), position=st.integers(1, 9)),
    _achieved(Training, hours=st.integers(1, 999), category=texts),
)

OWN: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: st.integers(0, 2**53 - 1),
    bool: st.booleans(),
    date: days,
    Fraction: fractions,
    Credit: credits_,
    CreditSystem: st.builds(CreditSystem, systems, positive, names, st.none() | positive),
    Level: levels,
    Programme: programmes,
    Course: courses,
    Application: applications,
    Posting: postings,
    Outcome: outcomes,
    Claim: st.builds(Claim, st.just("person"), digests.map(Token)),
    Enrolment: st.builds(Enrolment, institutions, programmes, texts, days, facts),
    TransferOffer: st.builds(TransferOffer, digests, hexes, institutions, programmes, texts, texts, days, facts),
    Profile: st.builds(
        Profile, names, st.just("college"), st.just(("school", "issuer")), st.sampled_from(["", "370300"]), st.none() | texts
    ),
}  # fmt: skip
BY_NAME = {
    "account": accounts,
    "corrected": outcomes.map(lambda outcome: attrs.evolve(outcome, number=None)),
    "institution": institutions,
    "registrar": institutions,
    "school": institutions,
}
"""Fields whose type says less than the field means."""


def of(kind: Any, name: str = "") -> st.SearchStrategy[Any]:
    """Return a strategy for a field's type."""
    while hasattr(kind, "__supertype__"):
        kind = kind.__supertype__
    if name in BY_NAME:
        return BY_NAME[name]
    if name == "book" and kind is str:
        return st.just("some-book")
    if kind in OWN:
        return OWN[kind]
    if attrs.has(kind):
        attrs.resolve_types(kind)
        return st.builds(kind, **{field.name: of(field.type, field.name) for field in attrs.fields(kind) if field.init})
    origin, args = getattr(kind, "__origin__", None), getattr(kind, "__args__", ())
    if origin is tuple:
        if args[-1] is ...:
            return st.lists(of(args[0]), max_size=3).map(tuple)
        return st.tuples(*map(of, args))
    if isinstance(kind, types.UnionType):
        return st.one_of(*(st.none() if arg is type(None) else of(arg) for arg in args))
    assert args, f"{name}: {kind}"
    return st.sampled_from(args)  # a Literal


def events(kind: type[Event]) -> st.SearchStrategy[Event]:
    """Return a strategy for events of *kind*."""
    if kind is AccountErased:
        # Positions rise: an account's entries stand in log order.
        rising = st.lists(st.integers(0, 2**40), unique=True, max_size=9).map(lambda found: tuple(sorted(found)))
        return st.builds(of_event, st.just(kind), rising, of_fields(kind))
    return of(kind)


def of_fields(kind: type[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({f.name: of(f.type, f.name) for f in attrs.fields(attrs.resolve_types(kind))})


def of_event(kind: type[Any], positions: tuple[int, ...], fields: dict[str, Any]) -> Any:
    return kind(**(fields | {"positions": positions}))


@st.composite
def payloads(draw: st.DrawFn, kind: type[Event]) -> Payload:
    event = draw(events(kind))
    count = draw(st.integers(1, 256))
    request = Request(draw(institutions), "-", draw(days), draw(st.none() | texts.map(Token)), draw(hexes))
    reads = draw(st.lists(st.builds(Read, texts.map(StreamId), st.integers(0, 2**53 - 1), digests), max_size=3))
    return Payload(
        event,
        draw(texts),
        request,
        draw(st.integers(0, count - 1)),
        count,
        tuple(reads),
        tuple(draw(st.lists(digests, max_size=2))),  # type: ignore[arg-type] # digests are text
    )


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@settings(max_examples=15)
@given(data=st.data())
def test_every_event_is_read_as_it_was_written(kind: type[Event], data: st.DataObject) -> None:
    payload = data.draw(payloads(kind))
    try:
        written = encode(payload)
    except MalformedError as error:
        assert "bytes, more than" in str(error)  # noqa: PT017 # the one reason there is
        return
    read = decode(written, "here")
    names = tuple(claim.name for claim in claims(payload.event))
    assert attrs.evolve(read, event=filled(read.event, names)) == payload
    assert encode(read) == written
    assert read.stream == stream_of(payload.event)
    assert all(claim.token == "" for claim in claims(read.event))


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@settings(max_examples=4)
@given(data=st.data())
def test_no_prefix_and_no_changed_byte_is_read_as_the_same(kind: type[Event], data: st.DataObject) -> None:
    payload = data.draw(payloads(kind))
    try:
        written = encode(payload)
    except MalformedError:
        return
    read = decode(written, "here")
    for at in data.draw(st.lists(st.integers(0, len(written) - 1), min_size=1, max_size=6)):
        changed = written[:at] + bytes([written[at] ^ data.draw(st.integers(1, 255))]) + written[at + 1 :]
        with contextlib.suppress(MalformedError):
            assert decode(changed, "here") != read
        with pytest.raises(MalformedError):
            decode(written[:at], "here")


def _golden() -> dict[str, Any]:
    world = World.founded()
    account = world.learner(1)
    draft = world.bank.prepare(
        world.request(world.certificate().issuer),
        deposit,
        account,
        world.certificate(),
    )
    plain: dict[str, Any] = json.loads(draft.signing.payloads[0])
    return plain


def _changes() -> Iterator[tuple[str, Any]]:
    yield "v", 2
    yield "v", 0
    yield "v", True
    yield "v", "1"
    yield "kind", "outcome_deposite"
    yield "kind", 1
    yield "origin", 1
    yield "stream", "account:" + "0" * 32
    yield "documents", [1]
    yield "documents", 1
    yield "reads", [{"stream": "a", "version": True, "last": ""}]
    yield "reads", [{"stream": "a", "version": 1}]
    yield "reads", [{"stream": "a", "version": 1, "last": "", "more": 1}]
    for field, value in (
        ("by", 1), ("on", "20261026"), ("on", "2026-10-26T00:00:00"), ("on", 1), ("nonce", 1), ("index", 1), ("index", -1),
        ("index", False), ("count", 0), ("count", True), ("count", "1"), ("officer", 1), ("key", "k"),
    ):  # fmt: skip
        yield f"request.{field}", value
    for field, value in (
        ("account", 1),
        ("outcome.class", "skill"), ("outcome.title", ""), ("outcome.title", 1), ("outcome.achieved_on", "2026-9-1"),
        ("outcome.credits.quanta", True), ("outcome.credits.quanta", "20"), ("outcome.credits.quanta", 0), ("outcome.hours", -1),
        ("outcome.number", {"kind": "certificate-number", "token": "0" * 64}), ("outcome.level.framework", "X"),
        ("outcome.unknown", 1), ("outcome.expires_on", "2000-01-01"),
    ):  # fmt: skip
        yield f"event.{field}", value


@pytest.mark.parametrize(("path", "value"), list(_changes()), ids=lambda part: str(part)[:40])
def test_a_payload_that_is_none_is_refused(path: str, value: Any) -> None:
    plain = _golden()
    assert decode(canonical(plain), "here")
    *parents, last = path.split(".")
    at = plain
    for parent in parents:
        at = at[parent]
    at[last] = value
    with pytest.raises(MalformedError):
        decode(canonical(plain), "here")


def test_a_payload_too_large_is_refused_either_way() -> None:
    with pytest.raises(MalformedError, match="more than"):
        decode(b"x" * (PAYLOAD_MAX + 1), "here")


def test_kinds_are_the_names_of_the_events() -> None:
    assert {dashed(event.__name__, "_"): event for event in EVENTS} == KINDS
    assert KINDS["outcome_deposited"].__name__ == "OutcomeDeposited"


@settings(max_examples=40)
@given(of(Outcome) | of(Application) | of(Profile) | of(Posting))
def test_plain_values_come_back(value: Any) -> None:
    kind = (
        Outcome
        if isinstance(value, CourseResult | Diploma | SkillCertificate | ContestAward | Training)
        else type(value)
    )
    plain = to_plain(value) if kind is not Outcome else _outcome_plain(value)
    again = from_plain(plain, kind, "here")
    assert (to_plain(again) if kind is not Outcome else _outcome_plain(again)) == plain


def _outcome_plain(value: Any) -> Any:
    return converter.unstructure(value, Outcome)


@given(hexes, hexes)
def test_arguments_tell_apart_what_differs_only_in_a_token(one: str, other: str) -> None:
    first, second = (arguments([Claim("person", Token(text))], {}) for text in (one, other))
    assert (first == second) == (one == other)


# --- states ---------------------------------------------------------------------------------------------------------------


def test_a_kept_state_is_the_fold() -> None:
    """Every state of a busy bank, after every entry, comes back from its bytes as it was."""
    world = World.founded()
    account = world.learner(1)
    for outcome in world.outcomes():
        world.deposit(account, outcome)
    source = world.deposit(account, world.certificate(number="X-1"))
    world.converted(account, [world.item("1", source, world.course("c1"))])
    world.convert(account, [world.item("1", source, world.course("c2"))])
    world.enrol(account, HIGH)
    world.offered(account)
    world.add_key(HIGH)
    states: dict[StreamId, Any] = {}
    for row in world.bank.store.rows(0, world.bank.store.size()):
        payload = open_row(world.bank.store, world.bank.vault, row)
        stream = payload.stream
        states[stream] = fold(states.get(stream, before(stream)), [payload.event])
        body = encode_state(states[stream])
        kept = decode_state(stream, body)
        assert kept == states[stream]
        # Equal mappings may differ in order, which decides who was first.
        assert repr(kept) == repr(states[stream])
        assert claims_in(kept) == claims_in(states[stream])
    assert {stream.partition(":")[0] for stream in states} == {"keys", "catalogue", "book", "seats", "account"}


def test_a_kept_state_that_grows_is_read_as_if_it_had_been_folded_whole() -> None:
    """Mappings that nobody looked into are written again as they were read, and what came since behind them."""
    world = World.founded()
    account = world.learner(1)
    source = world.deposit(account, world.certificate(number="X-1"))
    world.converted(account, [world.item("1", source, world.course("c1"))])
    world.enrol(account, HIGH)
    for outcome in world.outcomes():
        world.deposit(account, outcome)
    world.record(world.certificate().issuer, revoke, account, source, "false")
    rows = list(world.bank.store.read(account, 0, 100))
    events = [open_row(world.bank.store, world.bank.vault, row).event for row in rows]
    whole = kept = before(account)
    for event in events:
        whole, kept = whole.after(event), kept.after(event)
        again = decode_state(account, encode_state(kept))  # of a state that was itself read, and not looked into
        assert again is not None
        kept = again
        assert repr(decode_state(account, encode_state(kept))) == repr(whole)
    assert kept == whole


NO_HOURS = b'{"class":"training","title":"t","issuer":"k","achieved_on":"2020-01-01","category":"c"}'
"""It has the shape of an outcome, and is none."""


def claims_in(state: Any) -> list[str]:
    """Return the names of the claims in an account's outcomes; their repr does not show them."""
    return [one.outcome.number.name for one in getattr(state, "outcomes", {}).values() if one.outcome.number]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b'{"id":1}',
        b'{"id":"account:0","outcomes":{"a":{"id":"a","outcome":%s}}}' % NO_HOURS,
    ],
)
def test_a_state_that_cannot_be_read_is_folded_again(body: bytes) -> None:
    assert decode_state(StreamId("account:0"), body) is None
