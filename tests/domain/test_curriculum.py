"""Curricula: what their values hold, who may publish them, what a bank knows of them, and that tampering is found."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import pytest

from creditbank.bank.evidence import StoreEvidence
from creditbank.bank.writing import Call
from creditbank.codec.curriculum import curriculum_bytes, curriculum_digest, curriculum_of
from creditbank.codec.payload import PAYLOAD_MAX
from creditbank.domain.again import again
from creditbank.domain.credit import NUMBER_SIZE_MAX
from creditbank.domain.curriculum import COURSES_MAX, Curriculum, CurriculumCourse, Hours, Requirement
from creditbank.domain.decide.catalogue import publish_curriculum
from creditbank.domain.decide.keys import publish
from creditbank.domain.effect import stream_of
from creditbank.domain.event import CurriculumPublished
from creditbank.domain.known import Known
from creditbank.domain.name import Digest, StreamId, curriculum_stream
from creditbank.domain.shelf import CurriculumEdition
from creditbank.errors import AlreadyError, KeyReusedError, MalformedError, NotPermittedError, UnknownError
from creditbank.testing.world import ASSESSOR, COLLEGE, HIGH, OPERATOR, World
from creditbank.verify import verify

STREAM = StreamId("curriculum:college.510202")


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "memory":
        found = World.founded()
    else:
        found = World.founded(f"sqlite:///{tmp_path / 'city'}", mark=tmp_path / "mark")
    yield found
    found.bank.close()


def named(curriculum: Curriculum) -> tuple[Digest, int]:
    data = curriculum_bytes(curriculum)
    return curriculum_digest(data), len(data)


def large(world: World) -> Curriculum:
    """A curriculum whose document no payload could hold."""
    return world.curriculum("large", *(world.course(f"c{number}") for number in range(400)))


def course(**changed: Any) -> CurriculumCourse:
    fields: dict[str, Any] = {field.name: None for field in attrs.fields(CurriculumCourse)}
    return CurriculumCourse(**{**fields, "category": (), "terms": (), "facts": (), "hours": Hours(None, ()), **changed})


# --- values -----------------------------------------------------------------------------------------------------------


def test_nothing_of_a_row_need_be_there_and_nothing_is_filled_in() -> None:
    bare = course()
    assert (bare.code, bare.credits, bare.compulsory) == (None, None, None)
    assert [course(nature=nature).compulsory for nature in ("compulsory", "restricted", "elective")] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: course(nature="必修"), "no nature"),
        (lambda: course(credits=Fraction(-1, 2)), "below 0"),
        (lambda: Hours(Fraction(-1), ()), "below 0"),
        (lambda: Hours(None, (("lab", Fraction(-1)),)), "below 0"),
        (lambda: Requirement("all", (), Fraction(-1)), "below 0"),
        (lambda: course(credits=Fraction(1, 10**NUMBER_SIZE_MAX)), "too long"),
    ],
)
def test_what_cannot_be_is_refused(make: Any, match: str) -> None:
    with pytest.raises(MalformedError, match=match):
        make()


def test_a_number_may_be_as_long_as_numbers_are_written() -> None:
    longest = Fraction(10**NUMBER_SIZE_MAX - 1)
    assert course(credits=longest).credits == longest
    assert course(credits=Fraction(0)).credits == 0
    with pytest.raises(MalformedError, match="too long"):
        course(credits=longest + 1)


def test_hours_add_up_only_exactly() -> None:
    parts = (("theory", Fraction(28)), ("lab", Fraction(20)))
    assert Hours(Fraction(48), parts).adds_up
    assert not Hours(Fraction(97, 2), parts).adds_up
    assert not Hours(None, parts).adds_up
    assert Hours(Fraction(0), ()).adds_up


def test_a_curriculum_is_named_by_school_id_and_edition() -> None:
    world = World.empty()
    curriculum = world.curriculum()
    assert curriculum.stream == STREAM == curriculum_stream(COLLEGE, "510202")
    for wrong in ({"id": ""}, {"id": "a b"}, {"id": "a" * 64}, {"id": "-a"}, {"school": "college"}):
        with pytest.raises(MalformedError):
            attrs.evolve(curriculum, **wrong)
    assert attrs.evolve(curriculum, id="a" * 63).id == "a" * 63
    for empty in ("edition", "name", "system", "source"):
        with pytest.raises(ValueError, match=empty):
            attrs.evolve(curriculum, **{empty: ""})


def test_so_many_courses_and_no_more() -> None:
    curriculum, row = World.empty().curriculum(), course()
    assert len(attrs.evolve(curriculum, courses=(row,) * COURSES_MAX).courses) == COURSES_MAX
    with pytest.raises(MalformedError, match=f"{COURSES_MAX + 1} courses"):
        attrs.evolve(curriculum, courses=(row,) * (COURSES_MAX + 1))


def test_parts_are_what_rule_books_look_at() -> None:
    world = World.empty()
    (first, second) = world.curriculum().parts()
    assert first.credits == 4
    assert first.where == {
        "kind": "course",
        "institution": COLLEGE,
        "id": "c1",
        "code": "c1",
        "name": "课程c1",
        "category": ("专业核心",),
        "compulsory": True,
        "credits": Fraction(4),
    }
    assert (second.credits, second.where["category"]) == (Fraction(1, 2), ("公共课",))


def test_a_course_in_two_tracks_counts_once_and_one_without_code_each_time() -> None:
    rows = (
        course(code="a", credits=Fraction(2), track="one"),
        course(code="a", credits=Fraction(3), track="two"),
        course(credits=Fraction(5)),
        course(credits=Fraction(5)),
    )
    parts = attrs.evolve(World.empty().curriculum(), courses=rows).parts()
    assert [part.credits for part in parts] == [2, 5, 5]
    assert "compulsory" not in parts[0].where
    assert "id" not in parts[1].where


def test_no_share_of_a_curriculum_whose_credits_are_not_known() -> None:
    curriculum = attrs.evolve(World.empty().curriculum(), courses=(course(code="a"),))
    with pytest.raises(MalformedError, match=r"510202, a"):
        curriculum.parts()


# --- the verb ---------------------------------------------------------------------------------------------------------


def test_refusals_in_order(world: World) -> None:
    bank, curriculum = world.bank, world.curriculum()
    unknown = attrs.evolve(curriculum, system="nowhere", school=HIGH)
    for by in (ASSESSOR, OPERATOR):
        with pytest.raises(NotPermittedError, match="'school'"):
            world.record(by, publish_curriculum, Digest("00" * 32), 1)
    with pytest.raises(UnknownError, match="curriculum with digest"):
        world.record(COLLEGE, publish_curriculum, Digest("00" * 32), 1)
    with pytest.raises(NotPermittedError, match=HIGH):
        bank.publish(world.request(COLLEGE), unknown)
    with pytest.raises(UnknownError, match="nowhere"):
        bank.publish(world.request(HIGH), unknown)
    size = bank.store.size()
    digest = bank.publish(world.request(COLLEGE), curriculum)
    for again_ in (curriculum, attrs.evolve(curriculum, name="another")):
        with pytest.raises(AlreadyError, match=digest):
            bank.publish(world.request(COLLEGE), again_)
    assert bank.store.size() == size + 1
    assert sorted(bank.store.documents()) == sorted([world.book, world.transfers, digest])


def test_a_stranger_publishes_nothing() -> None:
    world = World.empty()
    world.found()
    known = world.bank.known()
    with pytest.raises(UnknownError, match="institution"):
        list(publish_curriculum(known, world.request(COLLEGE), Digest("00" * 32), 1))


def test_publishing_says_what_the_document_says_and_runs_again(world: World) -> None:
    curriculum = world.curriculum()
    digest, size = named(curriculum)
    known = Known.of([], {digest: curriculum})
    with pytest.raises(UnknownError):
        known.book(digest)
    assert known.curriculum(digest) is curriculum
    assert known.documents == (digest,)
    world.bank.publish(world.request(COLLEGE, "key"), curriculum)
    position = world.bank.store.size() - 1
    said = CurriculumPublished(STREAM, COLLEGE, "2026", digest, size, curriculum.since)
    now = world.bank.known(position)
    assert tuple(again(now, world.request(COLLEGE), (said,))) == (said,)
    assert stream_of(said) == STREAM
    assert now.documents == (digest,)
    assert set(now.reads) == {COLLEGE, STREAM, "catalogue:credit-systems"}


def test_the_same_request_is_answered_again_and_another_is_not(world: World) -> None:
    curriculum, request = world.curriculum(), world.request(COLLEGE, "once")
    first = world.bank.publish(request, curriculum)
    size = world.bank.store.size()
    assert world.bank.publish(request, curriculum) == first
    with pytest.raises(KeyReusedError):
        world.bank.publish(request, world.curriculum("2027"))
    assert world.bank.store.size() == size


# --- what the bank knows ----------------------------------------------------------------------------------------------


def test_a_bank_knows_every_edition_and_any_other_process_reads_it(world: World) -> None:
    bank, turned = world.bank, world.clock.day
    before = bank.store.size()
    assert bank.known().curricula(STREAM).editions == ()
    digests = [bank.publish(world.request(COLLEGE), world.curriculum(edition)) for edition in ("2025", "2026")]
    shelf = world.second().known().curricula(STREAM)
    assert shelf.editions == tuple(
        CurriculumEdition(edition, digest, turned) for edition, digest in zip(("2025", "2026"), digests, strict=True)
    )
    assert shelf.edition("2026") == shelf.editions[1]
    assert shelf.edition("2027") is None
    for reader in (bank, world.second()):
        assert reader.known().curriculum(digests[0]) == world.curriculum("2025")
        with pytest.raises(UnknownError, match="rule book"):
            reader.known().book(digests[0])
        with pytest.raises(UnknownError, match="curriculum"):
            reader.known().curriculum(world.book)
    assert bank.known(at=before).curricula(STREAM).editions == ()
    assert bank.verify().ok


def test_only_streams_of_curricula_are_asked_for_editions(world: World) -> None:
    for wrong in ("book:x", "college.510202", COLLEGE):
        with pytest.raises(UnknownError, match="curriculum"):
            world.bank.known().curricula(StreamId(wrong))


def test_many_editions_are_folded_from_a_kept_state(world: World) -> None:
    names = [str(2000 + number) for number in range(20)]
    for name in names:
        world.bank.publish(world.request(COLLEGE), world.curriculum(name))
    shelf = world.second().known().curricula(STREAM)
    assert [edition.edition for edition in shelf.editions] == names
    assert world.bank.verify().ok


def test_a_curriculum_larger_than_any_payload_is_a_document(world: World) -> None:
    curriculum = large(world)
    digest, size = named(curriculum)
    assert size > 2 * PAYLOAD_MAX
    assert world.bank.publish(world.request(COLLEGE), curriculum) == digest
    assert world.second().known().curriculum(digest) == curriculum
    body = world.bank.store.document(digest)
    assert body is not None
    assert (len(body), curriculum_of(body)) == (size, curriculum)
    report = world.bank.verify()
    assert report.ok
    assert report.verified == report.requests


def test_a_rule_book_is_not_published_as_a_curriculum_nor_the_other_way(world: World) -> None:
    digest = world.bank.publish(world.request(COLLEGE), world.curriculum())
    with pytest.raises(UnknownError, match="curriculum with digest"):
        world.record(COLLEGE, publish_curriculum, world.book, 1)
    with pytest.raises(UnknownError, match="rule book with digest"):
        world.record(COLLEGE, publish, digest, 1)


# --- tampering --------------------------------------------------------------------------------------------------------


class Tampered:
    """The bank's evidence with another body, or none, for one document."""

    def __init__(self, world: World, digest: Digest, body: bytes | None) -> None:
        self._evidence = StoreEvidence(world.bank.store, world.bank.vault)
        self._digest = digest
        self._body = body

    def __getattr__(self, name: str) -> Any:
        return getattr(self._evidence, name)

    def document(self, digest: str) -> bytes | None:
        return self._body if digest == self._digest else self._evidence.document(digest)


def test_a_document_with_another_body_or_none_is_found(world: World) -> None:
    digest = world.bank.publish(world.request(COLLEGE), world.curriculum())
    where = world.bank.store.size() - 1
    other = curriculum_bytes(attrs.evolve(world.curriculum(), name="另一个"))
    own = curriculum_bytes(world.curriculum())
    assert verify(Tampered(world, digest, own)).ok
    for body, what in ((other, "is not the one with that SHA-256"), (own + b" ", "is not the one"), (None, "missing")):
        report = verify(Tampered(world, digest, body))
        assert [finding.position for finding in report.findings] == [where]
        assert what in report.findings[0].what
        assert digest in report.findings[0].what


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"size": 1}, "bytes"),
        ({"edition": "2030"}, "edition"),
        ({"since": date(2001, 1, 1)}, "since"),
        ({"school": HIGH}, "school"),
    ],
)
def test_an_event_that_says_otherwise_than_its_document_is_found(changed: dict[str, Any], what: str) -> None:
    world = World.founded()

    def lie(known: Known, request: Any, curriculum: Digest, size: int) -> Iterator[Any]:
        for event in publish_curriculum(known, request, curriculum, size):
            yield attrs.evolve(event, **changed)

    curriculum, bank = world.curriculum(), world.bank
    digest, size = named(curriculum)
    # A process that holds the college's key, and runs a verb of its own.
    bank._recorder.record(
        world.request(COLLEGE), Call(lie, (digest, size), {}), {digest: (curriculum, curriculum_bytes(curriculum))}
    )
    report = bank.verify()
    assert [finding.position for finding in report.findings] == [bank.store.size() - 1]
    assert what in report.findings[0].what
