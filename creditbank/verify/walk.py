"""
The first walk over a ledger: bytes, hashes, signatures, places, keys, erasures (checks *tree* and (a) to (e)).

Entries are taken submission by submission, because a place commits to the signed note, and the note to the root over all the
submission's commitments. What the second walk needs is left in :class:`Walk`.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Final

import attrs

from creditbank.codec.payload import Payload
from creditbank.domain.event import AccountErased, BankFounded
from creditbank.domain.name import institution_id
from creditbank.errors import CreditBankError, MalformedError
from creditbank.verify.erasure import Gone, check_erasure, is_erasure
from creditbank.verify.evidence import Evidence, Findings, Row, Signed
from creditbank.verify.hashing import (
    HASH_SIZE,
    ZERO,
    GrowingTree,
    commitment_of,
    leaf_hash_of,
    place_of,
    place_salt_of,
    root_of,
)
from creditbank.verify.keyring import Keyring, Owner
from creditbank.verify.payload import opened
from creditbank.verify.text import (
    NUMBER_MAX,
    SUBMISSION_ENTRIES_MAX,
    Submission,
    holds,
    key_from,
    open_checkpoint,
)

__all__ = ["Stream", "Walk", "walk"]

PLACES_TRIED: Final = 64
"""How many earlier versions of a stream are tried, to say where an entry stands that stands elsewhere."""


@attrs.define
class Stream:
    """
    The entries of one stream so far, in version order.

    Attributes:
        place_key: None where the evidence has none.
        erased: The position of its erasure; then *positions* and *commitments* are as the erasure shows them.
    """

    place_key: bytes | None
    positions: list[int] = attrs.field(factory=list)
    commitments: list[bytes] = attrs.field(factory=list)
    erased: int | None = None

    @property
    def last(self) -> bytes:
        """Return the commitment of the last entry."""
        return self.commitments[-1] if self.commitments else ZERO

    def add(self, position: int, commitment: bytes) -> None:
        """Add the next entry."""
        self.positions.append(position)
        self.commitments.append(commitment)


@attrs.frozen
class _Signing:
    """A submission as it was found: *owner* None where it names no key."""

    owner: Owner | None
    not_after_ms: int
    digest: bytes
    id: int


@attrs.define
class Walk:
    """
    What the first walk found.

    Attributes:
        streams: By id, living and erased ones.
        missing: Entries without payload, until an erasure lists them.
        forgotten: Entries whose payload an erasure took.
        unread: Entries whose payload is there and cannot be used.
        doubled: Entries that stand where another one stands in their stream.
        published: What the largest good checkpoint covers.
        size: How many entries were walked; fewer than there are where the rows stop making sense.
    """

    founding: BankFounded
    findings: Findings
    keyring: Keyring
    streams: dict[str, Stream] = attrs.field(factory=dict)
    missing: dict[int, Gone] = attrs.field(factory=dict)
    forgotten: set[int] = attrs.field(factory=set)
    unread: set[int] = attrs.field(factory=set)
    doubled: set[int] = attrs.field(factory=set)
    published: int = 0
    size: int = 0
    _commitments: set[bytes] = attrs.field(factory=set)
    _signed: list[tuple[int, int, Owner]] = attrs.field(factory=list)
    _tree: GrowingTree = attrs.field(factory=GrowingTree)
    _at_ms: int = 0


def walk(evidence: Evidence, founding: BankFounded, findings: Findings, progress: Callable[[int], None]) -> Walk:
    """Check everything about *evidence* that needs no deciding again. *progress* is told how many entries are done."""
    made = Walk(founding, findings, Keyring(founding.origin))
    checkpoints = _checkpoints(evidence, made)
    size = evidence.size()
    for rows in _submissions(evidence, size, findings):
        signing = _signing(evidence, rows, made)
        for row in rows:
            _entry(evidence, row, signing, made)
            _grow(row, checkpoints, made)
        progress(rows[-1].position + 1)
    made.size = made._tree.size
    if made.size != size:
        findings.add("tree", None, f"it says it has {size} entries, and has {made.size}")
    for covered, _ in checkpoints:
        findings.add("tree", None, f"a checkpoint covers {covered} entries, and here are {made.size}")
    for position in made.missing:
        findings.add("e", position, "its payload is missing, and no erasure that holds lists it")
    fallen = made.keyring.fallen()
    for first, count, owner in made._signed:
        for position in range(first, first + count if owner in fallen.since else first):
            if fallen.fells(position, owner):
                since = fallen.since[owner]
                findings.add("d", position, f"signed by {owner[1]}, which was revoked as of entry {since}")
    return made


# --- the tree ---------------------------------------------------------------------------------------------------------


def _checkpoints(evidence: Evidence, made: Walk) -> list[tuple[int, bytes]]:
    """Return size and root of every checkpoint that is the operator's, the smallest last."""
    found: list[tuple[int, bytes]] = []
    origin = made.founding.origin
    for size, note in evidence.checkpoints():
        where = f"checkpoint {size}"
        try:
            said = open_checkpoint(note, origin, key_from(made.founding.key), where)
        except CreditBankError as error:
            made.findings.add("tree", None, str(error))
            continue
        if said.size != size or (found and size <= found[-1][0]):
            made.findings.add("tree", None, f"{where}: it covers {said.size}, or comes out of order")
            continue
        found.append((size, said.root))
        if size == 0 and said.root != made._tree.root():
            made.findings.add("tree", None, f"{where}: an empty log has another root")
    return [each for each in reversed(found) if each[0] > 0]


def _grow(row: Row, checkpoints: list[tuple[int, bytes]], made: Walk) -> None:
    made._tree.add(leaf_hash_of(row.at_ms, row.commitment, row.place))
    if checkpoints and checkpoints[-1][0] == made._tree.size:
        size, root = checkpoints.pop()
        if root == made._tree.root():
            made.published = size
        else:
            what = f"checkpoint {size} has another root than the entries here; one up to {size - 1} is not what was published"
            made.findings.add("tree", None, what)


# --- submissions ------------------------------------------------------------------------------------------------------


def _submissions(evidence: Evidence, size: int, findings: Findings) -> Iterator[list[Row]]:
    """Yield the rows that name one submission and stand together, at most as many as one may have."""
    group: list[Row] = []
    for expected, row in enumerate(evidence.rows(0, size)):
        if not _is_sound(row, expected):
            findings.add(
                "tree", expected, f"the row here is {row.position}, or its fields are no entry's: it ends here"
            )
            break
        if group and (row.submission != group[0].submission or len(group) == SUBMISSION_ENTRIES_MAX):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _is_sound(row: Row, expected: int) -> bool:
    return (
        row.position == expected
        and 0 <= row.at_ms <= NUMBER_MAX
        and len(row.commitment) == HASH_SIZE
        and len(row.place) == HASH_SIZE
    )


def _signing(evidence: Evidence, rows: Sequence[Row], made: Walk) -> _Signing:
    """Check the submission of *rows*, and return it."""
    first, id = rows[0].position, rows[0].submission
    try:
        signed = evidence.submission(id)
    except Exception as error:  # whatever keeps the evidence may raise what it likes
        made.findings.add("b", first, f"its submission {id} cannot be read: {error}")
        return _Signing(None, NUMBER_MAX, ZERO, id)
    if (signed.first, signed.count) != (first, len(rows)):
        what = (
            f"submission {id} is of entries {signed.first} … {signed.first + signed.count - 1}, and {len(rows)} name it"
        )
        made.findings.add("b", first, what)
    owner = (signed.author, signed.key)
    said = Submission(
        made.founding.origin,
        signed.author,
        signed.not_after_ms,
        signed.count,
        root_of([row.commitment for row in rows]),
    )
    try:
        institution_id(signed.author)
        key = key_from(signed.key)
        note = said.signed(key, signed.signature)
    except CreditBankError as error:
        made.findings.add("b", first, f"its submission names no author and key: {error}")
        return _Signing(None, signed.not_after_ms, ZERO, id)
    if not _well_signed(signed, said, key):
        made.findings.add("b", first, f"the signature of {signed.author} over these {len(rows)} entries does not hold")
    made._signed.append((first, len(rows), owner))
    return _Signing(owner, signed.not_after_ms, sha256(note.encode()).digest(), id)


def _well_signed(signed: Signed, said: Submission, key: bytes) -> bool:
    return (
        1 <= signed.count <= SUBMISSION_ENTRIES_MAX
        and 0 <= signed.not_after_ms <= NUMBER_MAX
        and holds(key, signed.signature, str(said).encode())
    )


# --- entries ----------------------------------------------------------------------------------------------------------


def _entry(evidence: Evidence, row: Row, signing: _Signing, made: Walk) -> None:
    findings, position = made.findings, row.position
    if row.at_ms < made._at_ms:
        findings.add("a", position, f"received at {row.at_ms} ms, before the entry before it ({made._at_ms} ms)")
    made._at_ms = max(made._at_ms, row.at_ms)
    if row.at_ms > signing.not_after_ms:
        findings.add("b", position, f"received at {row.at_ms} ms, when its submission had lapsed")
    if row.commitment in made._commitments:
        findings.add("c", position, "its commitment occurs before: one entry stands twice")
    made._commitments.add(row.commitment)
    in_force = signing.owner is not None and _in_force(row, signing.owner, made)
    if row.opened is None:
        made.missing[position] = Gone(row.commitment, row.place, signing.digest)
        return
    said = _said(row, signing, made)
    if said is None:
        made.unread.add(position)
        return
    if is_erasure(said):
        _erased(row, said, signing, made)
    else:
        _placed(evidence, row, said.stream, signing, made)
    if in_force and signing.owner is not None and position not in made.doubled:
        refused = made.keyring.take(position, said.event, signing.owner)
        if refused is not None:
            findings.add("d", position, refused)


def _in_force(row: Row, owner: Owner, made: Walk) -> bool:
    if row.position == 0 or made.keyring.in_force(owner):
        return True  # what founds the bank brings its own key, and the keyring looks whether it does
    made.findings.add(
        "d", row.position, f"signed by {owner[1]}, a key of {owner[0]} that is {made.keyring.state(owner)}"
    )
    return False


def _said(row: Row, signing: _Signing, made: Walk) -> Payload | None:
    """Return what an entry says, if its payload is what was committed to and agrees with what stands around it."""
    findings, position = made.findings, row.position
    assert row.opened is not None, "the caller has looked"
    if commitment_of(*row.opened) != row.commitment:
        findings.add("b", position, "its payload is not what was committed to")
        return None
    try:
        said = opened(row)
    except MalformedError as error:
        findings.add("b", position, f"{error.what}; {error.mend}")
        return None
    if said.origin != made.founding.origin:
        findings.add("b", position, f"it is an entry of the log {said.origin!r}")
    if signing.owner is not None and said.request.by != signing.owner[0]:
        findings.add("b", position, f"{said.request.by} asks, and {signing.owner[0]} signed")
    return said


def _placed(evidence: Evidence, row: Row, name: str, signing: _Signing, made: Walk) -> None:
    """Check that an entry stands next in its stream."""
    findings, position = made.findings, row.position
    stream = made.streams.get(name)
    if stream is None:
        stream = made.streams[name] = Stream(evidence.place_key(name))
    if stream.erased is not None:
        findings.add("c", position, f"{name} was erased by entry {stream.erased}, which is its last")
        made.doubled.add(position)
        return
    if stream.place_key is None or len(stream.place_key) != HASH_SIZE:
        findings.add("b", position, f"the place key of {name} is missing")
    elif not _stands(row, name, len(stream.positions), stream.last, stream.place_key, signing):
        if (other := _elsewhere(row, name, stream, stream.place_key, signing)) is not None:
            findings.add(
                "c", position, f"it stands at version {other} of {name}, where entry {stream.positions[other]} is"
            )
            made.doubled.add(position)
            return
        findings.add("b", position, f"its place does not open as version {len(stream.positions)} of {name}")
    stream.add(position, row.commitment)


def _stands(row: Row, name: str, version: int, previous: bytes, place_key: bytes, signing: _Signing) -> bool:
    return place_of(place_salt_of(place_key, version), name, version, previous, signing.digest) == row.place


def _elsewhere(row: Row, name: str, stream: Stream, place_key: bytes, signing: _Signing) -> int | None:
    """Return the version of *stream* at which the entry stands beside another one."""
    for version in range(len(stream.positions) - 1, max(-1, len(stream.positions) - 1 - PLACES_TRIED), -1):
        previous = stream.commitments[version - 1] if version else ZERO
        if _stands(row, name, version, previous, place_key, signing):
            return version
    return None


def _erased(row: Row, said: Payload, signing: _Signing, made: Walk) -> None:
    """Check an erasure, and take what it lists from the missing entries if it holds."""
    event = said.event
    assert isinstance(event, AccountErased), "the caller has looked"
    gone = Gone(row.commitment, row.place, signing.digest)
    living = made.streams.get(event.account)
    by = said.request.by
    refused = (
        f"{by} has not the role 'eraser'"
        if not made.keyring.has(by, "eraser")
        else "entries of that account are still here, or it was erased before"
        if living is not None
        else check_erasure(gone, said, made.missing)
    )
    if refused is not None:
        made.findings.add("e", row.position, f"the erasure does not hold: {refused}")
        made.unread.add(row.position)
        return
    stream = made.streams[event.account] = Stream(bytes.fromhex(event.place_key), erased=row.position)
    for position in event.positions:
        stream.add(position, made.missing.pop(position).commitment)
        made.forgotten.add(position)
    stream.add(row.position, row.commitment)
