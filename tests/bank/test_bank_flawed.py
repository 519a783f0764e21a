"""Publishing a book that checking finds errors in: refused, or recorded with the reason; beside what is published."""

import pytest

import creditbank as cb
from creditbank.bank.checking import check_books
from creditbank.bank.loader import open_row
from creditbank.testing.town import small_town

HEAD = """
book = "{name}"
version = "{version}"
title = "试行办法"
since = {since}
acts = ["convert"]
system = "cn-college"
basis = {{ b = {{ title = "试行办法" }} }}
clause = [
  {{ id = "scope", kind = "map", match = {{ "target.kind" = "course" }}, basis = "b:1" }},
  {{ id = "worth", kind = "worth", {worth}, basis = "b:2" }},
  {{ id = "rest", kind = "policy", leftover = "forfeit", basis = "b:3" }},
]
"""
PUMP = 'when = { "source.system" = "cn-college" }, of = "@source.credits", times = "11/10"'
SAME = 'of = "@target.credits"'


def book(worth=SAME, name="b", version="1", since="2020-01-01"):
    return HEAD.format(name=name, version=version, since=since, worth=worth)


@pytest.fixture
def town():
    return small_town()


def test_a_flawed_book_is_refused_and_leaves_no_trace(town):
    bank = town.bank
    size = bank.store.size()
    with pytest.raises(cb.FlawedBookError) as refused:
        bank.publish(town.request(town.college), book(PUMP))
    assert refused.value.code == "book.flawed"
    assert refused.value.book == "b@1"
    assert "1.1 times as much" in refused.value.findings[0]
    assert bank.store.size() == size


def test_what_is_published_despite_it_says_why_and_can_be_decided_again(town):
    bank = town.bank
    digest = bank.publish(town.request(town.college), book(PUMP), despite="试点一学期,每人限一次")
    (version,) = bank.known().shelf("b").versions
    assert version.digest == digest
    (row,) = bank.store.read("book:b", 0, 1)
    assert open_row(bank.store, bank.vault, row).event.despite == "试点一学期,每人限一次"
    assert bank.verify().findings == ()


def there(version="1", times=2):
    """Half of a circle: credit of the college becomes *times* as much of the bank."""
    worth = f'when = {{ "source.system" = "cn-college" }}, of = "@source.credits", times = {times}'
    text = book(worth, name="there", version=version)
    return text.replace('system = "cn-college"\nbasis', 'system = "cn-bank"\nbasis')


BACK = book('when = { "source.system" = "cn-bank" }, of = "@source.credits", times = 1', name="back")


def test_a_circle_through_what_is_published_is_found(town):
    bank = town.bank
    digest = bank.publish(town.request(town.college), there())
    with pytest.raises(cb.FlawedBookError, match="there@1") as refused:
        bank.publish(town.request(town.college), BACK)
    assert len(refused.value.findings) == 1
    # Once it is withdrawn, or ends before, there is no way round.
    bank.record(town.request(town.operator), cb.withdraw_book, "there", digest, "循环")
    bank.publish(town.request(town.college), BACK)
    assert bank.verify().findings == ()


def test_there_is_no_circle_through_a_version_that_another_took_the_place_of(town):
    """Both begin on one day, so the first serves nobody."""
    bank = town.bank
    bank.publish(town.request(town.college), there())
    bank.publish(town.request(town.college), there("2", 1))
    bank.publish(town.request(town.college), BACK)


def test_a_version_is_looked_at_as_long_as_the_bank_has_it(town):
    """The first says that it ends in 2031; the second began before, and ended it."""
    bank = town.bank
    first = book().replace("2020-01-01", "2020-01-01\nuntil = 2031-01-01")
    second, third = (
        book(version=version, since=since) for version, since in (("2", "2030-01-01"), ("3", "2032-01-01"))
    )
    for text in (first, second):
        bank.publish(town.request(town.college), text)
    assert check_books(bank.known(), bank.store, [cb.read_book(third, name="b")], {}) == ()
    told = [finding.kind for finding in cb.lint([cb.read_book(text, name="b") for text in (first, second, third)])]
    assert told == ["overlap"], "of the texts alone it is said"


def test_old_circles_refuse_no_other_book(town):
    bank = town.bank
    bank.publish(town.request(town.college), book(PUMP, name="pump"), despite="试点")
    bank.publish(town.request(town.college), book(name="other"))
    # And what is published is answered, not checked again.
    asked = town.request(town.college)
    first = bank.publish(asked, book(version="9"))
    assert bank.publish(asked, book(version="9")) == first


def test_quanta_are_the_banks_own(town):
    """In halves, 1.5 rounded half-up is what it was; in wholes it would be 2."""
    up = '{ id = "r", kind = "policy", round = { to = "%s", way = "half-up" }, basis = "b:3" },'
    same = 'of = "@source.credits"'
    rest = '{ id = "rest"'
    town.bank.publish(town.request(town.college), book(same).replace(rest, up % "0.5" + rest))
    with pytest.raises(cb.FlawedBookError, match=r"0\.5 of cn-college come back as 1"):
        town.bank.publish(town.request(town.college), book(same, version="2").replace(rest, up % "1" + rest))
