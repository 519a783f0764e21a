"""Which version of a rule book decides: by its digest, or by the book's id and the one day that the book goes by."""

from datetime import date, timedelta

import attrs
import pytest

from creditbank.domain.application import Application
from creditbank.domain.decide.convert import convert
from creditbank.domain.decide.keys import withdraw_book
from creditbank.domain.event import Applied, BookPublished, BookSuperseded, BookWithdrawn
from creditbank.domain.name import AccountId, Digest
from creditbank.domain.view.account import quote
from creditbank.domain.view.book import book_for
from creditbank.errors import BookNotInForceError, UnknownError
from creditbank.testing.world import COLLEGE, OPERATOR, World

BOOK = """
book = "versions"
version = "{version}"
title = "办法"
since = {since}
{until}
acts = ["convert"]
system = "cn-college"
{dates}
basis = {{ t = {{ title = "测试", url = "https://example.org/" }} }}
fields = {{ "application.term_begins" = "date" }}
clause = [
  {{ id = "1", kind = "map", match = {{ "target.kind" = "course" }}, basis = "t:1" }},
  {{ id = "2", kind = "worth", credits = {version}, basis = "t:2" }},
]
"""
DAY = date(2026, 10, 26)
"""The world's first day."""


def publish(world: World, version: int, since: date, until: date | None = None, dates: str = "") -> Digest:
    text = BOOK.format(version=version, since=since, until=f"until = {until}" if until else "", dates=dates)
    return world.bank.publish(world.request(OPERATOR), text)


def asked(world: World, learner: AccountId, book: str, **facts: str) -> Application:
    source = world.deposit(learner, world.certificate())
    made = world.application(learner, [world.item("1", source, world.course("c1", 1))], Digest(book))
    return attrs.evolve(made, facts=tuple((f"application.{name}", fact) for name, fact in facts.items()))


def served(world: World, learner: AccountId, book: str, **facts: str) -> Digest:
    """Apply, and return the version that decided; it must be the one that was quoted, and verify."""
    made = asked(world, learner, book, **facts)
    quoted = quote(world.bank.known(), learner, made, world.clock.day)
    event = world.record(COLLEGE, convert, learner, made).event
    assert isinstance(event, Applied)
    assert (event.application.book, event.decision.book) == (book, quoted.book)
    assert world.bank.verify().ok
    return Digest(event.decision.book)


def test_a_new_version_ends_the_one_before_it(world: World) -> None:
    old = publish(world, 1, date(2020, 1, 1))
    size = world.bank.store.size()
    new = publish(world, 2, DAY + timedelta(days=10))
    from creditbank.bank.loader import open_row

    said = [open_row(world.bank.store, world.bank.vault, row).event for row in world.bank.store.rows(size, size + 2)]
    assert isinstance(said[0], BookPublished)
    assert said[1] == BookSuperseded(
        "versions", "1", old, world.bank.known().shelf("versions").versions[0].size, DAY + timedelta(days=10), new
    )
    assert len(world.bank.store.document(old) or b"") == said[1].size
    for days, digest in ((-1, old), (9, old), (10, new), (11, new)):
        assert book_for(world.bank.known(), "versions", DAY + timedelta(days=days)).digest == digest
    assert world.bank.verify().ok


def test_a_version_that_ends_itself_may_leave_a_gap_and_a_later_one_need_not_begin_there(world: World) -> None:
    publish(world, 1, date(2020, 1, 1), DAY)
    publish(world, 2, DAY + timedelta(days=2))
    earlier = publish(world, 3, date(2019, 1, 1), date(2020, 1, 1))
    known = world.bank.known()
    assert [version.until for version in known.shelf("versions").versions] == [DAY, None, date(2020, 1, 1)]
    assert book_for(known, "versions", date(2019, 12, 31)).digest == earlier
    for day in (DAY, DAY + timedelta(days=1)):
        with pytest.raises(BookNotInForceError):
            book_for(known, "versions", day)
    assert world.bank.verify().ok


def test_a_version_that_begins_on_the_same_day_replaces_the_other_wholly(world: World, learner: AccountId) -> None:
    slip, mended = publish(world, 1, DAY), publish(world, 2, DAY)
    assert [(one.since, one.until) for one in world.bank.known().shelf("versions").versions] == [
        (DAY, DAY),
        (DAY, None),
    ]
    assert served(world, learner, "versions") == mended
    with pytest.raises(BookNotInForceError, match="name 2"):
        world.record(COLLEGE, convert, learner, asked(world, learner, slip))
    earlier = publish(world, 3, date(2020, 1, 1), DAY)
    assert book_for(world.bank.known(), "versions", DAY - timedelta(days=1)).digest == earlier


@pytest.mark.parametrize(("days", "new"), [(0, False), (9, False), (10, True), (11, True)])
def test_the_day_of_the_application_picks_the_version(world: World, learner: AccountId, days: int, new: bool) -> None:
    versions = publish(world, 1, date(2020, 1, 1)), publish(world, 2, DAY + timedelta(days=10))
    world.clock.turn(days=days)
    assert served(world, learner, "versions") == versions[new]
    assert served(world, learner, versions[new]) == versions[new]
    with pytest.raises(BookNotInForceError, match=f"name {2 if new else 1}"):
        world.record(COLLEGE, convert, learner, asked(world, learner, versions[not new]))


@pytest.mark.parametrize(("since", "new"), [(DAY - timedelta(days=365), True), (DAY - timedelta(days=364), False)])
def test_the_day_of_enrolment_picks_the_version(world: World, learner: AccountId, since: date, new: bool) -> None:
    """The learner enrolled 365 days ago: on the first day of the new version, or on the last of the old one."""
    by = 'dates = { version = "learner.enrolled_on" }'
    versions = publish(world, 1, date(2020, 1, 1), dates=by), publish(world, 2, since, dates=by)
    assert served(world, learner, "versions") == versions[new]
    with pytest.raises(BookNotInForceError):
        world.record(COLLEGE, convert, learner, asked(world, learner, versions[not new]))


def test_a_stated_day_picks_the_version_and_has_to_be_stated(world: World, learner: AccountId) -> None:
    by = 'dates = { version = "application.term_begins" }'
    old, new = publish(world, 1, date(2020, 1, 1), dates=by), publish(world, 2, date(2026, 9, 1), dates=by)
    assert served(world, learner, "versions", term_begins="2026-08-31") == old
    assert served(world, learner, "versions", term_begins="2026-09-01") == new
    with pytest.raises(BookNotInForceError, match="no version is"):
        world.record(COLLEGE, convert, learner, asked(world, learner, "versions"))
    # Named by its digest the version decides, and says what is missing.
    event = world.record(COLLEGE, convert, learner, asked(world, learner, new)).event
    assert isinstance(event, Applied)
    assert event.decision.results[0].refused == "missing.application.term_begins"


def test_versions_that_go_by_different_days_are_not_chosen_between(world: World, learner: AccountId) -> None:
    publish(world, 1, date(2020, 1, 1), dates='dates = { version = "learner.enrolled_on" }')
    publish(world, 2, DAY)
    with pytest.raises(BookNotInForceError, match="go by different days"):
        world.record(COLLEGE, convert, learner, asked(world, learner, "versions"))


def test_what_is_withdrawn_serves_nobody_and_brings_nothing_back(world: World, learner: AccountId) -> None:
    publish(world, 1, date(2020, 1, 1))
    new = publish(world, 2, DAY)
    event = world.record(OPERATOR, withdraw_book, "versions", new, "废止").event
    assert isinstance(event, BookWithdrawn)
    assert (event.version, event.size) == ("2", len(world.bank.store.document(new) or b""))
    for named in ("versions", new):
        with pytest.raises(BookNotInForceError):
            world.record(COLLEGE, convert, learner, asked(world, learner, named))
    with pytest.raises(UnknownError):
        world.record(COLLEGE, convert, learner, asked(world, learner, "no-such"))
    third = publish(world, 3, DAY)
    assert served(world, learner, "versions") == third
