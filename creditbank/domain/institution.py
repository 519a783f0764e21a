"""Institutions (机构): who they are, what they may do, which keys sign for them; folded from their ``keys:`` stream."""

from typing import Literal, Self, get_args

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
from creditbank.domain.name import InstitutionId
from creditbank.domain.profile import Profile, Role

__all__ = ["Institution", "KeyRecord", "KeyState"]

KeyState = Literal["in force", "retired", "revoked"]
assert len(get_args(KeyState)) == 3


@attrs.frozen
class KeyRecord:
    """
    One key of an institution.

    Attributes:
        key: Its text form, ``ed25519:<base64>``.
        state: ``retired`` keys sign nothing new; ``revoked`` keys do not hold from :attr:`revoked_from` on.
        revoked_from: The position of the log from which signatures by this key do not hold.
    """

    key: str
    state: KeyState
    revoked_from: int | None = None


@attrs.frozen
class Institution:
    """An institution as its events have made it."""

    id: InstitutionId
    profile: Profile | None = None
    keys: tuple[KeyRecord, ...] = ()
    founded: BankFounded | None = None

    def has(self, role: Role) -> bool:
        """Tell whether the institution has *role*."""
        return self.profile is not None and role in self.profile.roles

    def key(self, text: str) -> KeyRecord | None:
        """Return what is known of the key *text*."""
        return next((record for record in self.keys if record.key == text), None)

    @property
    def signing(self) -> tuple[str, ...]:
        """Return the keys in force, the newest last."""
        return tuple(record.key for record in self.keys if record.state == "in force")

    def after(self, event: Event) -> Self:
        """Return the institution after *event*."""
        match event:
            case BankFounded(profile=profile, key=key):
                return attrs.evolve(self, profile=profile, keys=(KeyRecord(key, "in force"),), founded=event)
            case InstitutionRegistered(profile=profile, key=key):
                return attrs.evolve(self, profile=profile, keys=(KeyRecord(key, "in force"),))
            case KeyAdded(key=key) | KeyRestored(key=key):
                return attrs.evolve(self, keys=(*self.keys, KeyRecord(key, "in force")))
            case KeyRetired(key=key):
                return self._change(KeyRecord(key, "retired"))
            case KeyRevoked(key=key, since=since):
                return self._change(KeyRecord(key, "revoked", since))
            case _:
                raise AssertionError(f"{type(event).__name__} does not belong to an institution")

    def _change(self, changed: KeyRecord) -> Self:
        return attrs.evolve(self, keys=tuple(changed if record.key == changed.key else record for record in self.keys))
