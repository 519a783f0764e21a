"""
Folded states as bytes: a cache beside the ledger, never evidence.

Mappings keep their order: an account's applications stand in the order in which they were made, and decisions depend on it.
"""

from cattrs.errors import StructureHandlerNotFoundError

from creditbank.codec.canonical import in_order, loads
from creditbank.codec.convert import FAULTS, identifier
from creditbank.domain.name import StreamId
from creditbank.domain.state import State, before
from creditbank.errors import MalformedError

__all__ = ["decode_state", "encode_state"]


_OTHER: tuple[type[Exception], ...] = tuple({*FAULTS, MalformedError} - {StructureHandlerNotFoundError})
"""What a state of another shape raises; a kind of field that cannot be read at all is a mistake of ours, and is not hidden."""


def encode_state(state: State) -> bytes:
    """Return *state* as bytes."""
    return in_order(identifier.unstructure(state, type(state)))


def decode_state(stream: StreamId, body: bytes) -> State | None:
    """Return the state that *body* holds, or None where it cannot be read: then it is folded again."""
    try:
        state: State = identifier.structure(loads(body), type(before(stream)))
    except _OTHER:
        return None
    return state if state.id == stream else None
