"""
Whose key was in force when: folded from the entries of ``keys:`` streams, in log order.

Only what holds by itself is taken: a first key that signed its own possession and a registrar vouched for; a further key that
its institution, the new key and a registrar signed. At the end :meth:`Keyring.fallen` says what revocations reach
back to. A revocation is judged by later ones only: what a thief revoked with a stolen key stands again once that key
is revoked from before, and a registrar may revoke its own key.
"""

from collections.abc import Mapping
from typing import Final

import attrs

from creditbank.domain.event import (
    BankFounded,
    Event,
    InstitutionRegistered,
    KeyAdded,
    KeyRestored,
    KeyRetired,
    KeyRevoked,
)
from creditbank.domain.name import institution_id
from creditbank.domain.profile import Role
from creditbank.errors import MalformedError
from creditbank.verify.text import holds, key_from, possession_message, raw_from

__all__ = ["Fallen", "Keyring", "Owner"]

Owner = tuple[str, str]
"""An institution and the text of one of its keys."""

SIGNATURE_SIZE: Final = 64


@attrs.frozen
class _Addition:
    """A key and the keys whose signatures it rests on."""

    position: int
    owner: Owner
    by: tuple[Owner, ...]


@attrs.frozen
class _Revocation:
    position: int
    owner: Owner
    since: int
    by: Owner


@attrs.frozen
class Fallen:
    """
    What revocations undo.

    Attributes:
        since: For each key that fell, the first position from which its signatures do not hold.
        standing: The positions of the revocations that stand; a key that revoked itself is not held against them.
    """

    since: Mapping[Owner, int]
    standing: frozenset[int]

    def fells(self, position: int, owner: Owner) -> bool:
        """Tell whether what *owner* signed at *position* does not hold after all."""
        return owner in self.since and self.since[owner] <= position and position not in self.standing


@attrs.define
class Keyring:
    """Every institution's roles and keys, as of the entries taken so far, in the bank *origin*."""

    origin: str
    _roles: dict[str, frozenset[Role]] = attrs.field(factory=dict)
    _keys: dict[str, dict[str, str]] = attrs.field(factory=dict)  # institution to key to state
    _additions: dict[Owner, list[_Addition]] = attrs.field(factory=dict)  # by the keys they rest on
    _revocations: list[_Revocation] = attrs.field(factory=list)

    def in_force(self, owner: Owner) -> bool:
        """Tell whether the key may sign the next entry."""
        return self._keys.get(owner[0], {}).get(owner[1]) == "in force"

    def signing(self, institution: str) -> tuple[str, ...]:
        """Return the keys of *institution* that are in force."""
        return tuple(key for key, state in self._keys.get(institution, {}).items() if state == "in force")

    def state(self, owner: Owner) -> str:
        """Say what the key is: ``in force``, ``retired``, ``revoked``, ``fallen`` with one that was, or ``unknown``."""
        return self._keys.get(owner[0], {}).get(owner[1], "unknown")

    def has(self, institution: str, role: Role) -> bool:
        """Tell whether *institution* has *role*."""
        return role in self._roles.get(institution, ())

    def take(self, position: int, event: Event, by: Owner) -> str | None:
        """
        Take a key entry signed by *by*, or return why it does not count. Other events change nothing.

        That *by* is in force is the caller's to see; only the founder's key may be new, and is then the founded one.
        """
        try:
            match event:
                case BankFounded():
                    return self._found(position, event, by)
                case InstitutionRegistered():
                    return self._register(position, event, by)
                case KeyAdded():
                    return self._add(position, event, by)
                case KeyRestored():
                    return self._restore(position, event, by)
                case KeyRetired():
                    return self._retire(event, by)
                case KeyRevoked():
                    return self._revoke(position, event, by)
                case _:
                    return None
        except MalformedError as error:
            return str(error)

    def fallen(self) -> Fallen:
        """Return what the revocations taken undo, the latest judged first."""
        since: dict[Owner, int] = {}
        standing: set[int] = set()
        for revocation in reversed(self._revocations):
            if revocation.by in since and since[revocation.by] <= revocation.position:
                continue
            standing.add(revocation.position)
            self._fell(revocation, since)
        return Fallen(since, frozenset(standing))

    # --- each kind ----------------------------------------------------------------------------------------------------

    def _found(self, position: int, event: BankFounded, by: Owner) -> str | None:
        if position != 0:
            return "a bank is founded once, by entry 0"
        if by != (event.institution, event.key):
            return "the founder did not sign it with the key it names"
        if not {"operator", "registrar"} <= set(event.profile.roles):
            return "the founder is not operator and registrar"
        self._new(event.institution, event.key, event.profile.roles, _Addition(position, by, ()))
        return None

    def _register(self, position: int, event: InstitutionRegistered, by: Owner) -> str | None:
        institution = institution_id(event.institution)
        if not self.has(by[0], "registrar"):
            return f"{by[0]} is no registrar"
        if institution in self._keys:
            return f"{institution} is registered already"
        if not self._possessed(institution, event.key, event.possession):
            return "the new key did not sign that the institution holds it"
        owner = (institution, event.key)
        self._new(institution, event.key, event.profile.roles, _Addition(position, owner, (by,)))
        return None

    def _add(self, position: int, event: KeyAdded, by: Owner) -> str | None:
        if event.institution != by[0]:
            return f"{by[0]} cannot add a key of {event.institution}"
        if event.key in self._keys[event.institution]:
            return "the institution has or had that key"
        if not self._possessed(event.institution, event.key, event.possession):
            return "the new key did not sign that the institution holds it"
        if not self.has(event.registrar, "registrar"):
            return f"{event.registrar} is no registrar"
        endorser = self._endorser(event)
        if endorser is None:
            return f"no key of {event.registrar} in force signed the endorsement"
        owner = (event.institution, event.key)
        self._new(event.institution, event.key, None, _Addition(position, owner, (by, endorser)))
        return None

    def _restore(self, position: int, event: KeyRestored, by: Owner) -> str | None:
        if not self.has(by[0], "registrar"):
            return f"{by[0]} is no registrar"
        if event.institution not in self._keys:
            return f"{event.institution} is not registered"
        if self.signing(event.institution):
            return f"{event.institution} has a key in force"
        if event.key in self._keys[event.institution]:
            return "the institution has or had that key"
        if not self._possessed(event.institution, event.key, event.possession):
            return "the new key did not sign that the institution holds it"
        owner = (event.institution, event.key)
        self._new(event.institution, event.key, None, _Addition(position, owner, (by,)))
        return None

    def _endorser(self, event: KeyAdded) -> Owner | None:
        message = possession_message(self.origin, event.institution, event.key)
        signature = raw_from(event.endorsement, "endorsement", SIGNATURE_SIZE)
        for key in self.signing(event.registrar):
            if holds(key_from(key), signature, message):
                return event.registrar, key
        return None

    def _retire(self, event: KeyRetired, by: Owner) -> str | None:
        if event.institution != by[0]:
            return f"{by[0]} cannot retire a key of {event.institution}"
        if self.state((event.institution, event.key)) not in ("in force", "fallen"):
            return "the key was not in force"
        self._keys[event.institution][event.key] = "retired"
        return None

    def _revoke(self, position: int, event: KeyRevoked, by: Owner) -> str | None:
        owner = (event.institution, event.key)
        if not self.has(by[0], "registrar"):
            return f"{by[0]} is no registrar"
        if self.state(owner) in ("unknown", "revoked"):
            return f"the key was {self.state(owner)}"
        if not 0 <= event.since <= position:
            return f"position {event.since} was not yet written"
        revocation = _Revocation(position, owner, event.since, by)
        self._revocations.append(revocation)
        since: dict[Owner, int] = {}
        self._fell(revocation, since)
        for institution, key in since:
            if self.in_force((institution, key)):
                self._keys[institution][key] = "fallen"
        self._keys[event.institution][event.key] = "revoked"
        return None

    def _fell(self, revocation: _Revocation, since: dict[Owner, int]) -> None:
        """Lower in *since* the key revoked, and every key that was added by what fell: such a key falls as a whole."""
        waiting = [(revocation.owner, revocation.since)]
        while waiting:
            owner, position = waiting.pop()
            if owner in since and since[owner] <= position:
                continue
            since[owner] = position
            waiting += [
                (addition.owner, addition.position)
                for addition in self._additions.get(owner, ())
                if addition.position >= position
            ]

    def _possessed(self, institution: str, key: str, possession: str) -> bool:
        signature = raw_from(possession, "possession", SIGNATURE_SIZE)
        return holds(key_from(key), signature, possession_message(self.origin, institution, key))

    def _new(self, institution: str, key: str, roles: tuple[Role, ...] | None, addition: _Addition) -> None:
        key_from(key)  # raises for a key that is none
        if roles is not None:
            self._roles[institution] = frozenset(roles)
        self._keys.setdefault(institution, {})[key] = "in force"
        for support in addition.by:
            self._additions.setdefault(support, []).append(addition)
