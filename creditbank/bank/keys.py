"""
Keys as a verifier will see them: what an event about keys claims, and which keys fell with one that was revoked.

A key rests on those that signed for it: of its institution, and of a registrar. Where one of these was revoked from before
then, the key falls as well. No state of a stream says so, since states know neither positions nor signatures: it is read from
the entries, once for each key, because what is written stays.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Final

import attrs

from creditbank.bank.loader import Overlay, open_row
from creditbank.domain.event import BankFounded, Event, InstitutionRegistered, KeyAdded, KeyRestored
from creditbank.domain.name import InstitutionId, institution_id
from creditbank.errors import MalformedError, UnverifiedError
from creditbank.ledger import PublicKey, possession_message
from creditbank.store import Store
from creditbank.vault import Vault

__all__ = ["Keys"]

_KEYED: Final = (InstitutionRegistered, KeyAdded, KeyRestored)


@attrs.frozen
class _Support:
    """A key of *institution* that signed for another one, in the entry at *position*."""

    institution: InstitutionId
    key: str
    position: int


class Keys:
    """The keys of one bank."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        self._supports: dict[tuple[InstitutionId, str], tuple[_Support, ...]] = {}

    def signing(self, overlay: Overlay, institution: InstitutionId) -> tuple[str, ...]:
        """Return the keys of *institution* that are in force when everything pending is written, and did not fall."""
        keys = overlay.institution(institution).signing
        return tuple(key for key in keys if not self.fallen(overlay, institution, key))

    def fallen(self, overlay: Overlay, institution: InstitutionId, key: str) -> bool:
        """Tell whether the key rests on one that was revoked from before it signed for it."""
        return any(_revoked(overlay, support) for support in self._all_supports(overlay, institution, key))

    def check(self, overlay: Overlay, event: Event, origin: str) -> None:
        """
        Check what an event about keys claims: possession of the new key, and the registrar's endorsement.

        Raises, in this order:
            MalformedError: A key or a signature is not what it claims to be.
            UnverifiedError: A signature does not hold.
        """
        if isinstance(event, BankFounded):
            PublicKey.parse(event.key)
        if not isinstance(event, _KEYED):
            return
        where = f"key of {event.institution}"
        public = PublicKey.parse(event.key)
        message = possession_message(origin, event.institution, public)
        if not public.verify(_raw(event.possession, where), message):
            raise UnverifiedError("the key's own signature over the possession statement does not hold", where)
        if isinstance(event, KeyAdded):
            endorsement = _raw(event.endorsement, where)
            if _signer(self.signing(overlay, event.registrar), endorsement, message) is None:
                raise UnverifiedError(f"{event.registrar} did not endorse the key", where)

    # --- what keys rest on --------------------------------------------------------------------------------------------

    def _all_supports(self, overlay: Overlay, institution: InstitutionId, key: str) -> tuple[_Support, ...]:
        """Return every key that signed for this one, or for one of those, and so on."""
        found = self._supports.get((institution, key))
        if found is None:
            direct = self._direct_supports(overlay, institution, key)
            if direct is None:
                return ()  # it is not written yet: whoever writes it is looked at then
            far = (one for near in direct for one in self._all_supports(overlay, near.institution, near.key))
            found = self._supports[institution, key] = tuple(dict.fromkeys([*direct, *far]))
        return found

    def _direct_supports(self, overlay: Overlay, institution: InstitutionId, key: str) -> list[_Support] | None:
        overlay.institution(institution)
        for row in self._store.read(institution, 0, overlay.base[institution]):
            payload = open_row(self._store, self._vault, row)
            event = payload.event
            if isinstance(event, BankFounded) and event.key == key:
                return []
            if not isinstance(event, _KEYED) or event.key != key:
                continue
            submission, _ = self._store.submission(row.submission)
            found = [_Support(institution_id(submission.author), submission.key, row.position)]
            if isinstance(event, KeyAdded):
                held = [record.key for record in overlay.institution(event.registrar).keys]
                message = possession_message(payload.origin, institution, PublicKey.parse(key))
                endorser = _signer(held, _raw(event.endorsement, f"entry {row.position}"), message)
                assert endorser is not None, "it was checked before it was written"
                found.append(_Support(event.registrar, endorser, row.position))
            return found
        return None


def _revoked(overlay: Overlay, support: _Support) -> bool:
    record = overlay.institution(support.institution).key(support.key)
    assert record is not None, "what signed is a key of its institution"
    return record.revoked_from is not None and record.revoked_from <= support.position


def _signer(keys: Sequence[str], signature: bytes, message: bytes) -> str | None:
    """Return the key among *keys* that made *signature*."""
    return next((key for key in keys if PublicKey.parse(key).verify(signature, message)), None)


def _raw(text: str, where: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise MalformedError("a signature is not base64", where, "give the signature as base64") from None
