"""
Folded states as bytes: a cache beside the ledger, never evidence.

Mappings keep their order: an account's applications stand in the order in which they were made, and decisions depend on it.

An account is written in lines: a head with its small fields and its lots (those alike together), then one mapping a line, which is
read when somebody looks into it. Most deposits and every balance do without: reading 50 outcomes takes ten times as long as all
the rest.
"""

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any, Final

import attrs
from cattrs.errors import StructureHandlerNotFoundError

from creditbank.codec.canonical import in_order, loads
from creditbank.codec.convert import FAULTS, identifier
from creditbank.domain.account import Account, Lot
from creditbank.domain.later import Later
from creditbank.domain.name import StreamId, kind_of
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
    try:
        state: State = (
            _account(body) if kind_of(stream) == "account" else identifier.structure(loads(body), type(before(stream)))
        )
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
_KINDS: Final = {name: attrs.fields_dict(Account)[name].type for name in _LINES}
_READERS: Final = tuple(_reader(kind) for kind in _KINDS.values())


def _account_bytes(account: Account) -> bytes:
    head = [account.id, account.opened, account.erased, account.restricted, account.entries]
    alike = groupby(account.lots.items(), lambda lot: (lot[1].system, list(lot[1].places.items())))
    lots = [[system, dict(places), [id for id, _ in found]] for (system, places), found in alike]
    return b"\n".join((in_order([head, lots]), *(_line(name, getattr(account, name)) for name in _LINES)))


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
    (id, opened, erased, restricted, entries), alike = loads(text)
    lots: dict[str, Lot] = {}
    for system, places, ids in alike:
        lots |= dict.fromkeys(ids, Lot(system, places))  # many are alike, and share one value
    enrolments, outcomes, applications, transfers = (
        {} if line == b"{}" else Later(line, read) for line, read in zip(lines, _READERS, strict=True)
    )
    return Account(id, opened, erased, restricted, entries, enrolments, outcomes, applications, transfers, lots)
