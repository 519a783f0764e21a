"""
Folded states as bytes: a cache beside the ledger, never evidence.

Mappings keep their order: an account's applications stand in the order in which they were made, and decisions depend on it.

An account is written in lines: a head with its small fields and its lots, then one mapping a line, which is read when somebody looks
into it. Most deposits and every balance do without: reading 50 outcomes takes ten times as long as all the rest.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
from cattrs.errors import StructureHandlerNotFoundError

from creditbank.codec.canonical import in_order, loads
from creditbank.codec.convert import FAULTS, identifier
from creditbank.domain.account import Account, Lot
from creditbank.domain.later import Later
from creditbank.domain.lot import Place
from creditbank.domain.name import AccountId, StreamId
from creditbank.domain.state import State, before
from creditbank.errors import MalformedError

__all__ = ["decode_state", "encode_state"]


_OTHER: tuple[type[Exception], ...] = tuple({*FAULTS, MalformedError} - {StructureHandlerNotFoundError})
"""What a state of another shape raises; a kind of field that cannot be read at all is a mistake of ours, and is not hidden."""


def encode_state(state: State) -> bytes:
    """Return *state* as bytes."""
    if isinstance(state, Account):
        return _account_bytes(state)
    return in_order(identifier.unstructure(state, type(state)))


def decode_state(stream: StreamId, body: bytes) -> State | None:
    """
    Return the state that *body* holds, or None where it cannot be read: then it is folded again.

    An account's body was sealed by us, so its lines are what we wrote; what cannot be read among them later is our mistake.
    """
    empty = before(stream)
    try:
        state: State = _account(body) if isinstance(empty, Account) else identifier.structure(loads(body), type(empty))
    except _OTHER:
        return None
    return state if state.id == stream else None


# --- accounts ---------------------------------------------------------------------------------------------------------


def _reader(kind: Any) -> Callable[[bytes], Mapping[Any, Any]]:
    def read(line: bytes) -> Mapping[Any, Any]:
        found: Mapping[Any, Any] = identifier.structure(loads(line), kind)
        return found

    return read


_LINES: Final = ("enrolments", "outcomes", "applications", "transfers")
_KINDS: Final = {name: getattr(attrs.fields(attrs.resolve_types(Account)), name).type for name in _LINES}
_READERS: Final = {name: _reader(kind) for name, kind in _KINDS.items()}


def _account_bytes(account: Account) -> bytes:
    kinds: dict[tuple[str, tuple[tuple[Place, int], ...]], int] = {}
    lots = {id: kinds.setdefault((lot.system, tuple(lot.places.items())), len(kinds)) for id, lot in account.lots.items()}
    head = {
        "id": account.id,
        "opened": account.opened,
        "erased": account.erased,
        "restricted": account.restricted,
        "entries": account.entries,
        "kinds": [[system, dict(places)] for system, places in kinds],
        "lots": lots,
    }
    return b"\n".join((in_order(head), *(_line(name, getattr(account, name)) for name in _LINES)))


def _line(name: str, mapping: Mapping[Any, Any]) -> bytes:
    """Return a mapping as a line; one that was not looked into as it was, and what it was given since behind it."""
    if not isinstance(mapping, Later):
        return in_order(identifier.unstructure(mapping, _KINDS[name]))
    if not mapping.more:
        return mapping.raw
    # In JSON as in a dict the last of two equal keys counts, and stands where the first stood.
    return mapping.raw[:-1] + b"," + _line(name, mapping.more)[1:]


def _account(body: bytes) -> Account:
    text, *lines = body.split(b"\n")
    head = loads(text)
    # Lots are many and alike: those of one kind share one value.
    kinds = [Lot(system, places) for system, places in head["kinds"]]
    return Account(
        AccountId(StreamId(head["id"])),
        head["opened"],
        head["erased"],
        head["restricted"],
        head["entries"],
        lots={id: kinds[number] for id, number in head["lots"].items()},
        **{
            name: {} if line == b"{}" else Later(line, _READERS[name])
            for name, line in zip(_LINES, lines, strict=True)
        },
    )
