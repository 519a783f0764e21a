"""
Payloads: what an entry says, as canonical bytes.

A payload carries the event with its kind and the version of its shape, its stream, the log's name, the request that led to it,
and what that request looked at: streams with version and last commitment, and documents. So the request can be run again on
exactly those prefixes. ``docs/spec/entry.md`` describes it field by field.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final

import attrs
from cattrs import Converter

from creditbank.codec.canonical import canonical, from_canonical, loads
from creditbank.codec.convert import FAULTS, committed, converter, dashed, identifier
from creditbank.domain.effect import stream_of
from creditbank.domain.event import EVENTS, Event
from creditbank.domain.name import Digest, InstitutionId, StreamId, Token
from creditbank.domain.request import Request
from creditbank.errors import MalformedError

__all__ = [
    "KINDS",
    "PAYLOAD_MAX",
    "VERSION",
    "Payload",
    "Read",
    "decode",
    "encode",
    "event_of",
    "from_plain",
    "to_plain",
]

PAYLOAD_MAX: Final = 16 * 1024
"""Bytes of one payload."""

VERSION: Final = 1
"""The version of the shape that is written today."""

KINDS: Final[Mapping[str, type[Event]]] = {dashed(kind.__name__, "_"): kind for kind in EVENTS}

_NAMES = {kind: name for name, kind in KINDS.items()}

UPCASTS: Final[Mapping[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]]] = {}
"""How the event of an older shape becomes the next one, by (kind, version). No entry is ever rewritten."""


@attrs.frozen
class Read:
    """A stream that a request looked at: its version then, and the commitment of its last entry (zeros before the first)."""

    stream: StreamId
    version: int
    last: str


@attrs.frozen
class Payload:
    """
    One entry's payload.

    Attributes:
        index, count: Which event of the request this is, from 0, and how many there are.
        request: Without its idempotency key, which never leaves the bank.
        reads: In order of stream id.
    """

    event: Event
    origin: str
    request: Request
    index: int
    count: int
    reads: tuple[Read, ...]
    documents: tuple[Digest, ...]

    @property
    def stream(self) -> StreamId:
        """Return the stream that the event belongs to."""
        return stream_of(self.event)

    def read(self, stream: StreamId) -> Read | None:
        """Return what the request saw of *stream*."""
        return next((read for read in self.reads if read.stream == stream), None)


def encode(payload: Payload) -> bytes:
    """
    Return the canonical bytes.

    Raises:
        MalformedError: They would be more than a payload may have.
    """
    name = _NAMES[type(payload.event)]
    request = payload.request
    asked: dict[str, Any] = {
        "by": request.by,
        "count": payload.count,
        "index": payload.index,
        "nonce": request.nonce,
        "on": request.on.isoformat(),
    }
    if request.officer is not None:
        asked["officer"] = request.officer
    written = canonical(
        {
            "documents": payload.documents,
            "event": converter.unstructure(payload.event, type(payload.event)),
            "kind": name,
            "origin": payload.origin,
            "reads": [{"last": read.last, "stream": read.stream, "version": read.version} for read in payload.reads],
            "request": asked,
            "stream": payload.stream,
            "v": VERSION,
        }
    )
    if len(written) > PAYLOAD_MAX:
        raise MalformedError(
            f"the payload has {len(written)} bytes, more than {PAYLOAD_MAX}", name, "ask for less in one request"
        )
    return written


def decode(body: bytes, where: str, *, hashed: bool = False) -> Payload:
    """
    Return what *body* says; claims come without their tokens (see :func:`creditbank.domain.effect.filled`).

    Args:
        hashed: These are the very bytes that we once wrote and committed to, by their hash; they are not checked again.

    Raises:
        MalformedError: The bytes are no payload.
    """
    if len(body) > PAYLOAD_MAX:
        raise MalformedError(f"it has {len(body)} bytes, more than {PAYLOAD_MAX}", where, "use what was given")
    try:
        return _payload(loads(body) if hashed else from_canonical(body, where))
    except FAULTS as error:
        raise MalformedError(f"it is no payload ({error!r})", where, "use what was given") from None


def event_of(body: bytes, where: str) -> Event:
    """
    Return the event alone of the very bytes that we once wrote and committed to; as :func:`decode` with *hashed*.

    Folding needs no more, and request and reads take longer to read than most events.
    """
    try:
        return _event(loads(body), committed)
    except FAULTS as error:
        raise MalformedError(f"it is no payload ({error!r})", where, "use what was given") from None


_FIELDS = frozenset(("documents", "event", "kind", "origin", "reads", "request", "stream", "v"))
_REQUEST = frozenset(("by", "count", "index", "nonce", "on"))


def _payload(plain: Any) -> Payload:
    if plain.keys() != _FIELDS or plain["request"].keys() - {"officer"} != _REQUEST:
        raise ValueError("its fields are not those of a payload")
    asked = plain["request"]
    officer = asked.get("officer")
    request = Request(
        InstitutionId(StreamId(converter.structure(asked["by"], str))),
        "-",
        converter.structure(asked["on"], date),
        None if officer is None else Token(converter.structure(officer, str)),
        converter.structure(asked["nonce"], str),
    )
    payload = Payload(
        _event(plain, converter),
        converter.structure(plain["origin"], str),
        request,
        converter.structure(asked["index"], int),
        converter.structure(asked["count"], int),
        tuple(converter.structure(read, Read) for read in plain["reads"]),
        tuple(Digest(converter.structure(digest, str)) for digest in plain["documents"]),
    )
    if payload.stream != plain["stream"] or not 0 <= payload.index < payload.count:
        raise ValueError("it contradicts itself")
    return payload


def _event(plain: Any, reads: Converter) -> Event:
    kind, version, event = plain["kind"], reads.structure(plain["v"], int), plain["event"]
    while version != VERSION:
        event = UPCASTS[kind, version](event)
        version += 1
    said: Event = reads.structure(event, KINDS[kind])
    return said


def to_plain(value: Any) -> Any:
    """Return a value of ours as mappings, lists, text and whole numbers, as payloads and ``--json`` write it."""
    return converter.unstructure(value)


def from_plain(value: Any, kind: Any, where: str) -> Any:
    """
    Return what :func:`to_plain` wrote as a *kind*.

    Raises:
        MalformedError: It is not that.
    """
    try:
        return converter.structure(value, kind)
    except FAULTS as error:
        name = getattr(kind, "__name__", str(kind))
        raise MalformedError(f"it is no {name} ({error!r})", where, "see the reference") from None


def arguments(args: Iterable[Any], named: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of a verb's arguments, claims' tokens included, by which a repeated request is recognised."""
    return canonical([[identifier.unstructure(value) for value in args], identifier.unstructure(dict(named))])
