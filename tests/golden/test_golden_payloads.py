"""Golden payloads: what was once written is read as it was meant, and written the same again."""

from pathlib import Path

import attrs
import pytest
from golden_events import GOLDEN, TOKEN

from creditbank.codec.convert import dashed
from creditbank.codec.payload import KINDS, decode, encode
from creditbank.domain.effect import claims, filled
from creditbank.domain.event import EVENTS
from creditbank.domain.name import Claim
from creditbank.errors import MalformedError

LINES = Path(__file__).with_name("payloads.jsonl").read_bytes().splitlines()


@pytest.mark.parametrize("number", range(len(GOLDEN)), ids=lambda number: type(GOLDEN[number].event).__name__)
def test_a_golden_payload_is_read_and_written_as_ever(number: int) -> None:
    golden, line = GOLDEN[number], LINES[number]
    assert encode(golden) == line
    read = decode(line, "golden")
    names = tuple(claim.name for claim in claims(golden.event))
    assert attrs.evolve(read, event=filled(read.event, names)) == golden
    assert encode(read) == line


def test_every_kind_of_event_has_one() -> None:
    assert {type(payload.event) for payload in GOLDEN} == set(EVENTS)
    assert len(LINES) == len(GOLDEN)
    assert set(KINDS.values()) == set(EVENTS)


def test_no_token_stands_in_a_payload() -> None:
    assert sum(bool(claims(payload.event)) for payload in GOLDEN) >= 3
    assert not any(TOKEN.encode() in line for line in LINES)


def test_claims_come_back_only_as_they_were_taken() -> None:
    for payload in GOLDEN:
        taken = tuple(claim.name for claim in claims(payload.event))
        for wrong in ((*taken, "person:" + TOKEN), (f"seat:{TOKEN}",), taken[1:] if taken else ("person:",)):
            with pytest.raises(MalformedError, match="claim"):
                filled(payload.event, wrong)
    assert Claim("person", TOKEN).name == f"person:{TOKEN}"


@pytest.mark.parametrize("number", range(len(GOLDEN)))
def test_every_field_of_a_golden_payload_is_needed(number: int) -> None:
    """A payload without one of its own fields, or with one that is not its own, is none."""
    line, kind = LINES[number], dashed(type(GOLDEN[number].event).__name__, "_").encode()
    for old, new in (
        (b'"documents":', b'"documentz":'),
        (b'"origin":', b'"originn":'),
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":0'),
        (b'"kind":"%s"' % kind, b'"kind":"%ss"' % kind),
        (b'"nonce":', b'"noncf":'),
        (b'"stream":"keys:college","version":', b'"stream":"keys:college","versioo":'),
    ):
        assert old in line
        with pytest.raises(MalformedError):
            decode(line.replace(old, new, 1), "golden")
