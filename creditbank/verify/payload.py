"""Payloads from anybody: read by the codec, held to their one spelling, never raising anything but MalformedError."""

from creditbank.codec.payload import Payload, decode, encode
from creditbank.domain.name import StreamId, account_id, institution_id, kind_of
from creditbank.errors import MalformedError
from creditbank.verify.evidence import Row
from creditbank.verify.hashing import HASH_SIZE
from creditbank.verify.text import SUBMISSION_ENTRIES_MAX, well_named

__all__ = ["opened", "read_payload"]


def opened(row: Row) -> Payload:
    """
    Return what an entry says.

    Raises:
        MalformedError: Salt or payload are not what they should be.
    """
    where = f"entry {row.position}"
    assert row.opened is not None, "the caller has looked"
    salt, body = row.opened
    if len(salt) != HASH_SIZE:
        raise MalformedError(f"its salt has {len(salt)} bytes", where, "look at how the payload is kept")
    return read_payload(body, where)


def read_payload(body: bytes, where: str) -> Payload:
    """Return what the payload *body* says, or raise MalformedError, whatever the bytes are."""
    try:
        said = decode(body, where)
        again = encode(said)
    except MalformedError:
        raise
    except Exception as error:  # values assert what they promise, and these bytes are anybody's
        raise MalformedError(f"it is no payload ({error!r})", where, "ask its author") from None
    if again != body:
        raise MalformedError("its payload is not in its one spelling", where, "ask its author")
    if type(said.index) is not int or type(said.count) is not int or not 1 <= said.count <= SUBMISSION_ENTRIES_MAX:
        raise MalformedError("its number within the request is none", where, "ask its author")
    _check_stream(said.stream)
    return said


def _check_stream(stream: StreamId) -> None:
    """Raise MalformedError where *stream* cannot be the name of one."""
    if not well_named(stream):
        raise MalformedError("it is in a stream without a name", "stream", "ask its author")
    match kind_of(stream):
        case "account":
            account_id(stream)
        case "keys":
            institution_id(stream)
        case "book" | "catalogue" | "curriculum" | "seats":
            pass
        case kind:
            raise MalformedError(f"there are no streams of kind {kind!r}", "stream", "ask its author")
