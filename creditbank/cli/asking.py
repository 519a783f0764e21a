"""What every command that records has in common: who asks, under which key; recorded here, or drafted to be signed elsewhere."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import attrs

from creditbank.bank import Bank, Call, Recorded
from creditbank.cli.folder import folder_of, holders, opened, write_new
from creditbank.cli.read import institution_of
from creditbank.cli.screen import Screen, say_json
from creditbank.cli.words import by_option, draft_option, json_option, key_option, quoted
from creditbank.codec.payload import KINDS, to_plain
from creditbank.domain.event import Event
from creditbank.domain.known import Known
from creditbank.domain.name import InstitutionId
from creditbank.domain.profile import Role
from creditbank.domain.request import Request
from creditbank.errors import MalformedError

__all__ = ["Asking", "asker", "by_role", "kind_name", "recorded_plain", "recording", "request_of", "said"]

_KIND_NAMES = {kind: name for name, kind in KINDS.items()}

Deduce = Callable[[Bank], InstitutionId]
Tell = Callable[[Known, Recorded], Iterable[str]]


@attrs.frozen
class Asking:
    """The options of a command that records: ``--by``, ``--request-key``, ``--draft``, ``--json``."""

    by: str | None
    request_key: str | None
    draft: Path | None
    as_json: bool


def recording(command: Callable[..., None]) -> Callable[..., None]:
    """Give *command* the options of :class:`Asking`, which it takes as ``asking``."""

    @wraps(command)
    def wrapped(*, by: str | None, request_key: str | None, draft: Path | None, as_json: bool, **rest: Any) -> None:
        command(asking=Asking(by, request_key, draft, as_json), **rest)

    return by_option(key_option(draft_option(json_option(wrapped))))


def asker(folder: Path, by: str | None, deduce: Deduce) -> InstitutionId:
    """Return the institution that *by* names; where it names none, the one that *deduce* finds in the bank."""
    if by:
        return institution_of(by)
    with opened(folder) as here:
        return deduce(here)


def by_role(folder: Path, *roles: Role) -> Deduce:
    """
    Return how to find who asks, where nothing else says so: the operator if it may and its key is here, or else the only one.

    Args:
        roles: What it must be, at least one of them; anything registered where there are none.

    Raises:
        MalformedError: Several could.
    """

    def deduce(here: Bank) -> InstitutionId:
        known, operator = here.known(), here.founding.institution
        registered = [each for each in map(known.stranger, holders(folder)) if each.profile is not None]
        able = [each.id for each in registered if not roles or any(each.has(role) for role in roles)]
        if operator in able or not able:
            return operator  # where nobody can, the bank says what is missing
        if len(able) > 1:
            names = ", ".join(able)
            raise MalformedError(f"{len(able)} institutions with a key here could ask", "--by", f"name one of {names}")
        return able[0]

    return deduce


def request_of(here: Bank, by: InstitutionId, key: str | None) -> Request:
    """Return a request of today under *key*, or under a new one."""
    return Request(by, key or f"cli-{secrets.token_hex(16)}", here.today())


def said(bank: str, asking: Asking, deduce: Deduce, verb: Callable[[Bank], Call], tell: Tell) -> None:
    """
    Record what *verb* returns in *bank*, or write a draft of it, and print what *tell* tells.

    Raises: what *deduce* and *verb* raise; then as :meth:`creditbank.bank.Bank.record`, or ``prepare`` with ``--draft``.
    """
    folder = folder_of(bank)
    by = asker(folder, asking.by, deduce)
    with opened(folder, () if asking.draft else (by,)) as here:
        request, call = request_of(here, by, asking.request_key), verb(here)
        if asking.draft is not None:
            draft = here.prepare(request, call.verb, *call.args, **call.kwargs)
            write_new(asking.draft, str(draft))
            _tell_draft(bank, asking, by, asking.draft)
            return
        recorded = here.record(request, call.verb, *call.args, **call.kwargs)
        if asking.as_json:
            say_json(recorded_plain(recorded))
            return
        Screen().lines(*tell(here.known(), recorded), *_where(bank, recorded))


def _tell_draft(bank: str, asking: Asking, by: InstitutionId, file: Path) -> None:
    if asking.as_json:
        say_json({"draft": str(file), "by": by})
        return
    Screen().lines(
        f"已拟稿,未记录 Drafted, not recorded: {file}",
        f"由 {by} 核对并签名 To be checked and signed by {by}:",
        f"  creditbank sign {quoted(file)} --key KEY.pem --out draft.sig",
        f"  creditbank submit {quoted(bank)} {quoted(file)} --signature draft.sig",
    )


def _where(bank: str, recorded: Recorded) -> Iterator[str]:
    yield f"位置 Position: {recorded.position} (creditbank receipt {quoted(bank)} {recorded.position})"


def kind_name(event: Event) -> str:
    """Return the kind of *event*, as payloads write it."""
    return _KIND_NAMES[type(event)]


def recorded_plain(recorded: Recorded) -> dict[str, Any]:
    """Return what ``--json`` writes of a request that was recorded."""
    return {
        "position": recorded.position,
        "at_ms": recorded.at_ms,
        "events": [{"kind": kind_name(event), "event": to_plain(event)} for event in recorded.events],
    }
