"""Curricula as documents: bytes and back, one way to write each, nothing else read, named by their SHA-256."""

import hashlib
import json
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import attrs
import pytest
import rfc8785
from hypothesis import given, settings, strategies as st

from creditbank.codec import canonical as canonical_module, curriculum as codec
from creditbank.codec.book import book_bytes, read_book
from creditbank.codec.curriculum import (
    CURRICULUM_SIZE_MAX,
    curriculum_bytes,
    curriculum_digest,
    curriculum_of,
    document_of,
)
from creditbank.codec.payload import from_plain
from creditbank.domain.credit import NUMBER_SIZE_MAX, number_text
from creditbank.domain.curriculum import NATURES, Curriculum, CurriculumCourse, Hours, Requirement
from creditbank.domain.event import ApplicationClosed
from creditbank.domain.name import institution_id
from creditbank.errors import MalformedError
from creditbank.testing.world import shipped_book

SCHOOL = institution_id("keys:hitsz")

COURSE = CurriculumCourse(
    code="COMP2021",
    name="高级语言程序设计",
    nature="compulsory",
    category=("其他",),
    track=None,
    credits=Fraction("0.30000000000000004"),
    hours=Hours(Fraction(48), (("theory", Fraction(28)), ("lab", Fraction(0)))),
    terms=("第一学年秋季", "第二学年秋季"),
    assessment="考试",
    department=None,
    facts=(("credit", "0.30000000000000004"),),
)
CURRICULUM = Curriculum(
    school=SCHOOL,
    id="020103",
    edition="2020",
    name="光电信息科学与工程",
    level="本",
    system="hitsz",
    since=date(2020, 9, 1),
    courses=(COURSE,),
    requirements=(Requirement("总学分", (), Fraction(2, 3)),),
    facts=(("plan_ID", "BFD2"),),
    source="here",
)
WRITTEN = (
    '{"courses":[{"assessment":"考试","category":["其他"],"code":"COMP2021","credits":"0.30000000000000004",'
    '"facts":[["credit","0.30000000000000004"]],"hours":{"parts":[["theory","28"],["lab","0"]],"total":"48"},'
    '"name":"高级语言程序设计","nature":"compulsory","terms":["第一学年秋季","第二学年秋季"]}],'
    '"document":"curriculum","edition":"2020","facts":[["plan_ID","BFD2"]],"form":1,"id":"020103","level":"本",'
    '"name":"光电信息科学与工程","requirements":[{"category":[],"credits":"2/3","name":"总学分"}],"school":"keys:hitsz",'
    '"since":"2020-09-01","source":"here","system":"hitsz"}'
).encode()


def changed(**fields: Any) -> bytes:
    """Return the written curriculum with *fields* changed (None: taken out), canonically written by another library."""
    plain = {**json.loads(WRITTEN), **fields}
    return rfc8785.dumps({key: value for key, value in plain.items() if value is not None})


def course(**fields: Any) -> bytes:
    """As :func:`changed`, for its only course."""
    plain = {**json.loads(WRITTEN)["courses"][0], **fields}
    return changed(courses=[{key: value for key, value in plain.items() if value is not None}])


# --- what is written --------------------------------------------------------------------------------------------------


def test_the_bytes_are_these_for_good() -> None:
    assert curriculum_bytes(CURRICULUM) == WRITTEN
    assert curriculum_of(WRITTEN) == CURRICULUM


def test_the_name_is_the_sha_256() -> None:
    assert curriculum_digest(WRITTEN) == hashlib.sha256(WRITTEN).hexdigest()


def test_without_orjson_the_bytes_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical_module, "_dumps", canonical_module._stdlib_dumps)
    assert curriculum_bytes(CURRICULUM) == WRITTEN
    assert curriculum_of(WRITTEN) == CURRICULUM


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
NAMES = TEXTS.filter(bool)
NUMBERS = st.one_of(
    st.integers(0, 10**18).map(Fraction),
    st.decimals(0, 1000, places=17, allow_nan=False).map(Fraction),
    st.fractions(0, 1000, max_denominator=10**9),
).filter(lambda number: len(number_text(number)) <= NUMBER_SIZE_MAX)
FACTS = st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple)
TAGS = st.lists(TEXTS, max_size=3).map(tuple)
COURSES = st.builds(
    CurriculumCourse,
    code=st.none() | TEXTS,
    name=st.none() | TEXTS,
    nature=st.none() | st.sampled_from(NATURES),
    category=TAGS,
    track=st.none() | TEXTS,
    credits=st.none() | NUMBERS,
    hours=st.builds(Hours, st.none() | NUMBERS, st.lists(st.tuples(TEXTS, NUMBERS), max_size=3).map(tuple)),
    terms=TAGS,
    assessment=st.none() | TEXTS,
    department=st.none() | TEXTS,
    facts=FACTS,
)
CURRICULA = st.builds(
    Curriculum,
    school=st.just(SCHOOL),
    id=st.from_regex(r"[0-9A-Za-z][0-9A-Za-z._-]{0,62}", fullmatch=True),
    edition=NAMES,
    name=NAMES,
    level=st.none() | TEXTS,
    system=NAMES,
    since=st.dates(),
    courses=st.lists(COURSES, max_size=4).map(tuple),
    requirements=st.lists(st.builds(Requirement, TEXTS, TAGS, NUMBERS), max_size=2).map(tuple),
    facts=FACTS,
    source=NAMES,
)


@given(CURRICULA)
def test_what_is_written_is_read_and_is_what_rfc_8785_writes(curriculum: Curriculum) -> None:
    data = curriculum_bytes(curriculum)
    assert curriculum_of(data) == curriculum
    assert document_of(data) == curriculum
    assert rfc8785.dumps(json.loads(data)) == data


@given(CURRICULA, CURRICULA)
@settings(max_examples=30)
def test_two_curricula_are_never_the_same_bytes(one: Curriculum, other: Curriculum) -> None:
    assert (curriculum_bytes(one) == curriculum_bytes(other)) == (one == other)


@given(st.data())
@settings(max_examples=80)
def test_no_changed_byte_reads_as_the_same_curriculum(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(WRITTEN) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda byte: byte != WRITTEN[place]))
    try:
        read = curriculum_of(WRITTEN[:place] + bytes([value]) + WRITTEN[place + 1 :])
    except MalformedError:
        return
    assert read != CURRICULUM


def test_a_curriculum_may_be_so_large_and_no_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "CURRICULUM_SIZE_MAX", len(WRITTEN))
    assert document_of(curriculum_bytes(CURRICULUM)) == curriculum_of(WRITTEN)
    monkeypatch.setattr(codec, "CURRICULUM_SIZE_MAX", len(WRITTEN) - 1)
    refused: tuple[Callable[[], object], ...] = (
        lambda: curriculum_bytes(CURRICULUM),
        lambda: curriculum_of(WRITTEN),
        lambda: document_of(WRITTEN),
    )
    for each in refused:
        with pytest.raises(MalformedError, match=f"it has {len(WRITTEN)} bytes"):
            each()
    assert 1000 * len(WRITTEN) < CURRICULUM_SIZE_MAX


def test_half_a_character_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    torn = attrs.evolve(CURRICULUM, name="\ud800")
    with pytest.raises(MalformedError, match="cannot be written"):
        curriculum_bytes(torn)
    monkeypatch.setattr(canonical_module, "_dumps", canonical_module._stdlib_dumps)
    with pytest.raises(MalformedError, match="cannot be written"):
        curriculum_bytes(torn)


# --- what is read -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        WRITTEN + b"\n",
        b"\xef\xbb\xbf" + WRITTEN,
        WRITTEN.replace(b'"form":1', b'"form": 1'),
        WRITTEN.replace(b'"form":1', b'"form":1.0'),
        WRITTEN.replace(b'"form":1', b'"form":1,"form":1'),
        WRITTEN.replace("本".encode(), b"\\u672c"),
        changed(form=2),
        changed(form=None),
        changed(document="rule-book"),
        changed(document=None),
        changed(extra="x"),
        changed(courses=None),
        changed(facts=None),
        changed(source=None),
        changed(source=""),
        changed(since="2020-9-1"),
        changed(since="20200901"),
        changed(since=1),
        changed(school="hitsz"),
        changed(school="keys:"),
        changed(id="a b"),
        changed(name=7),
        changed(requirements=[{"category": [], "credits": "-1", "name": "x"}]),
        changed(facts=[["a"]]),
        changed(facts=[["a", 1]]),
        changed(facts=[["a", "b", "c"]]),
        course(credits="0.50"),
        course(credits="1e3"),
        course(credits="50 %"),
        course(credits="-1"),
        course(credits="2/4"),
        course(credits=2),
        course(credits=""),
        course(nature="必修"),
        course(hours=None),
        course(hours={"parts": [["lab", 1]]}),
        course(hours={"parts": [], "total": "1", "more": "1"}),
        course(category="其他"),
        course(extra="x"),
    ],
)
def test_nothing_else_is_read(data: bytes) -> None:
    with pytest.raises(MalformedError):
        curriculum_of(data)
    with pytest.raises(MalformedError):
        document_of(data)


def test_what_a_row_leaves_out_may_be_left_out() -> None:
    bare = course(code=None, name=None, nature=None, credits=None, assessment=None, hours={"parts": []})
    (read,) = curriculum_of(bare).courses
    assert (read.code, read.name, read.nature, read.credits, read.assessment) == (None,) * 5
    assert read.hours == Hours(None, ())
    assert curriculum_bytes(curriculum_of(bare)) == bare


def test_a_document_is_read_as_what_it_says_it_is() -> None:
    book = read_book(shipped_book("x-certificate-conversion"), name="book")
    assert document_of(book_bytes(book)) == book
    assert document_of(WRITTEN) == CURRICULUM
    with pytest.raises(MalformedError):
        curriculum_of(book_bytes(book))


def test_a_word_that_is_none_of_those_is_refused_in_payloads_too() -> None:
    """It came out of ``decode`` as an exception of cattrs, which no caller expects."""
    closed = {"account": "a", "application": "b", "how": "lapsed", "on": "2026-01-01", "reason": "", "postings": []}
    assert from_plain(closed, ApplicationClosed, "here").how == "lapsed"
    for word in ("gone", "", 7, ["lapsed"], None):
        with pytest.raises(MalformedError, match="here: it is no ApplicationClosed"):
            from_plain({**closed, "how": word}, ApplicationClosed, "here")
