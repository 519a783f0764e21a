"""
What every store must do, as pytest tests: subclass :class:`StoreContract`, say how to make one, and they run.
"""

import attrs
import pytest

from creditbank.errors import ClockError, ConflictError, ErasedError, StoreError
from creditbank.store.base import (
    CLOCK_SLACK_MS,
    ClaimRow,
    EntryRow,
    Kept,
    Published,
    RequestRow,
    Seen,
    StateRow,
    Store,
    SubmissionRow,
)
from creditbank.testing.store_cases import (
    NOON_MS,
    A,
    B,
    Boom,
    digest,
    dump,
    erasing_batch,
    fail_at,
    heal,
    make_batch,
    make_line,
    rich_batch,
)
from creditbank.testing.store_failing import FailingContract


class StoreContract(FailingContract):
    """Subclass, define :meth:`make` and :meth:`reopen`, and pytest runs the rest."""

    # --- entries and streams ------------------------------------------------------------------------------------------

    def test_empty(self, store: Store) -> None:
        assert (store.size(), store.last_at(), store.published(), store.unfinished()) == (0, 0, None, ())
        assert list(store.rows(0, 10)) == []
        assert (store.head(A), store.head(A, 0), store.place_key(A), store.positions(A)) == (None, None, None, ())
        assert list(store.read(A, 0, 10)) == []
        assert (store.holder("person:1"), store.document("d"), store.tile(0, 0)) == (None, None, None)
        assert (store.state(A, 1, 9), store.seen(b"k"), store.position_at(NOON_MS)) == (None, None, 0)
        with pytest.raises(StoreError):
            store.submission(0)

    def test_append_keeps_what_it_was_given(self, store: Store) -> None:
        lines = [make_line(A, 0), make_line(B, 0, submission=1), make_line(A, 1, submission=1)]
        submissions = (
            SubmissionRow("keys:college", "ed25519:1", NOON_MS, 1, b"one"),
            SubmissionRow("keys:school", "ed25519:2", NOON_MS + 5, 2, b"two"),
        )
        assert store.append(make_batch(lines, submissions=submissions)) == Kept(0, 3, NOON_MS)
        expected = [
            EntryRow(0, NOON_MS, lines[0].commitment, lines[0].place, 0, None, lines[0].body),
            EntryRow(1, NOON_MS, lines[1].commitment, lines[1].place, 1, None, lines[1].body),
            EntryRow(2, NOON_MS, lines[2].commitment, lines[2].place, 1, 0, lines[2].body),
        ]
        assert list(store.rows(0, 3)) == expected
        assert list(store.rows(1, 9)) == expected[1:]
        assert list(store.rows(1, 2)) == expected[1:2]
        assert [store.submission(row.submission) for row in expected] == [
            (submissions[0], 0),
            (submissions[1], 1),
            (submissions[1], 1),
        ]
        assert store.place_key(A) == digest("place key", A)
        assert store.append(make_batch([make_line(B, 1)])) == Kept(3, 1, NOON_MS)
        assert next(store.rows(3, 4)).submission == 2
        assert next(store.rows(3, 4)).previous == 1

    def test_streams_as_of(self, store: Store) -> None:
        for version in range(5):
            first = [make_line(A, version), make_line(B, 2 * version), make_line(B, 2 * version + 1)]
            store.append(make_batch(first))
        heads = [store.head(A, upto) for upto in (0, 1, 3, 4, 12, 13, 99)]
        assert heads == [None, (1, 0), (1, 0), (2, 3), (4, 9), (5, 12), (5, 12)]
        assert store.head(B, 2) == (1, 1)
        assert store.head(A) == (5, 12)
        assert store.positions(A) == (0, 3, 6, 9, 12)
        assert [row.position for row in store.read(A, 1, 4)] == [3, 6, 9]
        assert [row.body for row in store.read(A, 4, 9)] == [b"body of account:a 4"]
        assert list(store.read(A, 5, 9)) == []
        assert list(store.read(A, 2, 2)) == []
        for upto in (None, *range(16)):
            head, tip = store.head(A, upto), store.tip(A, upto)
            assert (tip is None) == (head is None)
            if tip is not None:
                (row,) = store.rows(tip.position, tip.position + 1)
                assert (tip.version, tip.position) == head
                assert (tip.commitment, tip.place_key) == (row.commitment, store.place_key(A))
            if upto is not None:
                tips = {name: store.tip(name, upto) for name in (A, B)}
                assert store.tips([A, B, "account:none"], upto) == {
                    name: tip for name, tip in tips.items() if tip is not None
                }

    @pytest.mark.parametrize("version", [0, 1, 3])
    def test_a_line_needs_the_present_version(self, store: Store, version: int) -> None:
        store.append(make_batch([make_line(A, 0), make_line(A, 1)]))
        before = dump(store)
        with pytest.raises(ConflictError):
            store.append(make_batch([make_line(B, 0), make_line(A, version)]))
        assert dump(store) == before
        store.append(make_batch([make_line(B, 0), make_line(A, 2)]))

    @pytest.mark.parametrize(("stream", "version", "good"), [(A, 1, 0), (A, 2, 1), (A, 3, 0), (B, 0, 1), (B, 1, 0)])
    def test_guards(self, store: Store, stream: str, version: int, good: int) -> None:
        store.append(make_batch([make_line(A, 0), make_line(A, 1)]))
        batch = make_batch([make_line("book:x", 0)], guards={stream: version})
        if good:
            assert store.append(batch).first == 2
            return
        with pytest.raises(ConflictError, match=stream):
            store.append(batch)
        assert store.size() == 2

    # --- clock --------------------------------------------------------------------------------------------------------

    def test_at_never_falls(self, store: Store) -> None:
        store.append(make_batch([make_line(A, 0)], at_ms=NOON_MS))
        assert store.append(make_batch([make_line(A, 1)], at_ms=NOON_MS + 1)).at_ms == NOON_MS + 1
        late = NOON_MS + 1 - CLOCK_SLACK_MS
        assert store.append(make_batch([make_line(A, 2)], at_ms=late)).at_ms == NOON_MS + 1
        with pytest.raises(ClockError):
            store.append(make_batch([make_line(A, 3)], at_ms=late - 1))
        assert (store.size(), store.last_at()) == (3, NOON_MS + 1)

    def test_position_at(self, store: Store) -> None:
        for version, late_ms in enumerate((0, 0, 10, 20, 20)):
            store.append(make_batch([make_line(A, version)], at_ms=NOON_MS + late_ms))
        found = [store.position_at(NOON_MS + late_ms) for late_ms in (-1, 0, 9, 10, 11, 19, 20, 21)]
        assert found == [0, 2, 2, 3, 3, 3, 5, 5]

    # --- claims -------------------------------------------------------------------------------------------------------

    def test_claims_as_of(self, store: Store) -> None:
        store.append(rich_batch())
        assert [store.holder("person:1", upto) for upto in (None, 0, 1, 3, 9)] == [A, None, A, A, A]
        assert [store.holder("seat:1", upto) for upto in (None, 2, 3)] == [A, None, A]
        assert store.claims_of(0) == ("person:2", "person:1")
        assert store.claims_of(1) == ()
        assert store.claims_of(2) == ("seat:1",)
        with pytest.raises(ConflictError, match="seat:1"):
            store.append(make_batch([make_line(B, 0)], claims=(ClaimRow("seat:1", B, 0),)))
        release = make_batch([make_line(B, 0), make_line(A, 2)], releases=(("seat:1", 1),))
        store.append(release)  # positions 3 and 4
        assert [store.holder("seat:1", upto) for upto in (None, 3, 4, 5)] == [None, A, A, None]
        with pytest.raises(ConflictError, match="seat:1"):
            store.append(make_batch([make_line(B, 1)], releases=(("seat:1", 0),)))
        store.append(make_batch([make_line(B, 1)], claims=(ClaimRow("seat:1", B, 0),)))  # position 5
        assert [store.holder("seat:1", upto) for upto in (None, 4, 5, 6)] == [B, A, None, B]

    def test_a_claim_changes_hands_in_one_batch(self, store: Store) -> None:
        store.append(rich_batch())
        lines = [make_line(B, 0), make_line(B, 1), make_line(A, 2)]
        claims = (ClaimRow("seat:1", B, 0), ClaimRow("seat:1", A, 2))
        batch = make_batch(lines, claims=claims, releases=(("seat:1", 0), ("seat:1", 1)))
        store.append(batch)  # positions 3, 4, 5
        assert [store.holder("seat:1", upto) for upto in (3, 4, 5, 6, None)] == [A, B, None, A, A]
        assert store.claims_of(3) == store.claims_of(5) == ("seat:1",)

    def test_a_claim_is_taken_once_in_a_batch(self, store: Store) -> None:
        twice = (ClaimRow("seat:1", A, 0), ClaimRow("seat:1", B, 1))
        with pytest.raises(ConflictError):
            store.append(make_batch([make_line(A, 0), make_line(B, 0)], claims=twice))
        batch = make_batch([make_line(A, 0)], claims=twice[:1], releases=(("seat:1", 0),))
        with pytest.raises(ConflictError):  # released at the line that takes it: the release comes first
            store.append(batch)
        assert store.size() == 0

    # --- requests, documents, states ----------------------------------------------------------------------------------

    def test_requests(self, store: Store) -> None:
        store.append(make_batch([make_line(B, 0)]))
        store.append(rich_batch())
        assert store.seen(digest("key", 0)) == Seen(Kept(1, 2, NOON_MS), digest("hash", 0))
        assert store.seen(digest("key", 1)) == Seen(Kept(3, 1, NOON_MS), digest("hash", 1))
        assert store.seen(digest("key", 2)) is None
        again = (RequestRow(digest("key", 2), b"h", 0, 1), RequestRow(digest("key", 1), b"other", 0, 1))
        with pytest.raises(ConflictError):
            store.append(make_batch([make_line(B, 1)], requests=again))
        assert store.seen(digest("key", 2)) is None

    def test_documents(self, store: Store) -> None:
        store.append(rich_batch())
        store.append(make_batch([make_line(B, 0)], documents={"d1": b"one", "a": b""}))
        assert list(store.documents()) == ["a", "d0", "d1"]
        assert [store.document(name) for name in ("a", "d1", "none")] == [b"", b"one", None]
        with pytest.raises(StoreError, match="d1"):
            store.append(make_batch([make_line(B, 1)], documents={"d1": b"two", "new": b""}))
        assert store.document("new") is None

    def test_states(self, store: Store) -> None:
        store.append(rich_batch())
        row = StateRow(A, 2, 1, b"state")
        assert [store.state(A, 1, upto) for upto in (1, 2, 3)] == [None, row, row]
        assert store.state(A, 2, 9) is None
        newer = StateRow(A, 3, 2, b"newer")
        store.append(make_batch([make_line(A, 2)], states=(newer,)))
        assert [store.state(A, 2, 2), store.state(A, 2, 3), store.state(A, 1, 9)] == [None, newer, None]

    # --- publishing ---------------------------------------------------------------------------------------------------

    def test_publish(self, store: Store) -> None:
        store.append(rich_batch())
        with pytest.raises(StoreError):
            store.publish([(0, 0, b"t")], 4, "too much")
        assert (store.published(), store.tile(0, 0)) == (None, None)
        store.publish([], 1, "one")
        store.publish([(0, 1, b"right"), (0, 0, b"left")], 3, "three")
        assert (store.tile(0, 0), store.tile(0, 1), store.tile(1, 0)) == (b"left", b"right", None)
        for size in (2, 3):
            with pytest.raises(StoreError, match=f"a checkpoint of size {size} "):
                store.publish([], size, "again")
        assert store.published() == Published(3, "three")
        found = [store.published(upto) for upto in (0, 1, 2, 3, 4)]
        assert [one and one.size for one in found] == [None, 1, 1, 3, 3]

    def test_publish_keeps_tiles(self, store: Store) -> None:
        store.append(rich_batch())
        store.publish([(0, 0, b"left")], 1, "one")
        with pytest.raises(StoreError, match="tile 0/0"):
            store.publish([(0, 1, b"right"), (0, 0, b"other")], 2, "two")
        assert (store.published(), store.tile(0, 1)) == (Published(1, "one"), None)
        store.publish([(0, 0, b"left")], 2, "two")
        assert store.published() == Published(2, "two")

    def test_publish_fails_halfway(self, store: Store) -> None:
        store.append(rich_batch())
        fail_at(store, "commit")
        with pytest.raises((Boom, StoreError)):
            store.publish([(0, 0, b"left")], 1, "one")
        heal(store)
        assert (store.published(), store.tile(0, 0)) == (None, None)
        store.publish([(0, 0, b"left")], 1, "one")

    def test_published_at_least(self, store: Store) -> None:
        store.append(rich_batch())
        store.publish([], 2, "two")
        with pytest.raises(ConflictError):
            store.append(make_batch([make_line(B, 0)], published_at_least=3))
        store.append(make_batch([make_line(B, 0)], published_at_least=2))

    # --- erasing ------------------------------------------------------------------------------------------------------

    def test_erase(self, store: Store) -> None:
        store.append(rich_batch())
        kept = list(store.rows(0, 3))
        store.append(make_batch([make_line(B, 0)], claims=(ClaimRow("other", B, 0),)))
        store.append(erasing_batch())  # position 4
        store.checkpoint_wal()
        bare = [attrs.evolve(row, body=None) for row in kept]
        assert list(store.rows(0, 3)) == [bare[0], kept[1], bare[2]]
        assert [row.body for row in store.read(A, 0, 9)] == [None, None, b"erasure"]
        assert [row.body for row in store.read(B, 0, 9)] == [b"body of account:b 0"]
        assert (store.head(A), store.head(A, 4), store.positions(A)) == ((3, 4), (2, 2), (4,))
        assert (store.place_key(A), store.state(A, 1, 9)) == (None, None)
        assert [store.holder(name, upto) for name in ("person:1", "seat:1") for upto in (None, 3, 4)] == [None] * 6
        assert (store.claims_of(0), store.claims_of(2), store.holder("other")) == ((), (), B)
        assert store.seen(digest("key", 0)) == Seen(Kept(0, 2, NOON_MS), digest("hash", 0))
        assert store.document("d1") == b"one"
        assert store.unfinished() == (A,)
        store.finish(A)
        store.finish(A)
        assert store.unfinished() == ()

    def test_an_erased_stream_stays_so(self, store: Store) -> None:
        store.append(rich_batch())
        store.append(erasing_batch())
        with pytest.raises(ErasedError) as caught:
            store.append(make_batch([make_line(A, 3)]))
        assert (caught.value.stream, caught.value.position) == (A, 3)
        with pytest.raises(ConflictError):
            store.append(make_batch([make_line(A, 0)]))
        store.append(make_batch([make_line(B, 0)], guards={A: 3}, claims=(ClaimRow("person:1", B, 0),)))
        assert [store.holder("person:1", upto) for upto in (None, 4, 5)] == [B, None, B]

    def test_released_claims_are_erased_too(self, store: Store) -> None:
        store.append(rich_batch())
        store.append(make_batch([make_line(A, 2), make_line(B, 0)], releases=(("seat:1", 0),)))
        store.append(make_batch([make_line(B, 1)], claims=(ClaimRow("seat:1", B, 0),)))  # position 5
        store.append(make_batch([make_line(A, 3)], erases=((A, 0),)))
        assert [store.holder("seat:1", upto) for upto in (3, 5, 6, None)] == [None, None, B, B]

    def test_lines_before_the_erasure_in_its_batch(self, store: Store) -> None:
        store.append(rich_batch())
        lines = [make_line(A, 2), make_line(B, 0), make_line(A, 3, b"erasure")]
        store.append(make_batch(lines, erases=((A, 2),), states=(StateRow(A, 4, 1, b"s"), StateRow(B, 1, 1, b"b"))))
        assert [row.body for row in store.read(A, 0, 9)] == [None, None, None, b"erasure"]
        assert (store.state(A, 1, 9), store.state(B, 1, 9)) == (None, StateRow(B, 1, 1, b"b"))
