"""
Recording: decide on what is known now, append by one compare-and-swap, and decide again when somebody else wrote first.
"""

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from creditbank.bank.desk import ATTEMPTS_MAX, Asked, Desk, Documents, asked_for
from creditbank.bank.draft import Draft
from creditbank.bank.keys import Keys
from creditbank.bank.loader import Cache, Overlay, StoreLoader, open_row
from creditbank.bank.writing import Call, Plan, Said, Signature, batch_of, committed, decided
from creditbank.codec.payload import arguments, decode
from creditbank.domain.again import again
from creditbank.domain.effect import claims, filled
from creditbank.domain.event import AccountErased, BankFounded, Event, KeyRetired, KeyRevoked
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId, InstitutionId, institution_id
from creditbank.domain.request import Request
from creditbank.errors import (
    ConflictError,
    KeyReusedError,
    MalformedError,
    NotPermittedError,
    RefusedError,
    StaleDraftError,
    StateError,
    StoreError,
    UnverifiedError,
)
from creditbank.ledger import Draft as SigningDraft, PublicKey, Signer, Submission
from creditbank.store import Kept, Store
from creditbank.vault import Vault

__all__ = ["Answer", "Documents", "Progress", "Recorded", "Recorder"]

Progress = Callable[[int, int], None]

SUBMISSION_LIFE_MS: Final = 10 * 60_000
"""How long an author's signature made here may be used."""

DRAFT_LIFE_MS: Final = 2 * 24 * 3_600_000
"""How long an author may take to sign a draft elsewhere; the day of the request must still be near, too."""

_FALLEN: Final = (
    "it was added by a key that was revoked from before then; let a registrar revoke this one too, and use another"
)


@attrs.frozen
class Recorded:
    """What a request led to: its events at *position* and after, received at *at_ms* (Unix milliseconds). Durable."""

    position: int
    at_ms: int
    events: tuple[Event, ...]

    @property
    def event(self) -> Event:
        """Return the first event, which says what was asked for."""
        return self.events[0]


Answer = Recorded | Exception | tuple[Event, ...]
"""What became of one of many requests: recorded, refused; or, where nothing is written, the events it would say."""


class Recorder:
    """Writes for one bank. *founding* returns the first entry; it is asked only where there is one."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        cache: Cache,
        signers: Mapping[InstitutionId, Signer],
        clock: Callable[[], int],
        founding: Callable[[], BankFounded],
    ) -> None:
        self.store = store
        self.vault = vault
        self._cache = cache
        self._signers = dict(signers)
        self._clock = clock
        self._founding = founding
        self._keys = Keys(store, vault)
        self._desk = Desk(self)

    def record(self, request: Request, wanted: Call, documents: Documents) -> Recorded:
        """Record one request; see :meth:`Bank.record`. *documents* go along."""
        return self._desk.record(Asked(request, wanted, documents, *self._hashes(request, wanted)))

    def record_all(
        self,
        by: InstitutionId,
        calls: Mapping[str, Call],
        day: date,
        keep_good: bool,
        progress: Progress | None,
        dry_run: bool = False,
    ) -> Mapping[str, Answer]:
        """Record many requests of one author; see :meth:`Bank.record_all`."""
        wanted = [(Request(by, key, day), each) for key, each in calls.items()]
        for _ in range(ATTEMPTS_MAX):
            overlay = self.overlay({})
            results, plans = self._plan_all(overlay, wanted, keep_good, progress)
            if dry_run:
                if plans:
                    self.key_in_force(overlay, by, list(plans.values())[-1].events[-1])
                said: dict[str, Answer] = {key: plan.events for key, plan in plans.items()}
                said.update(results)
                return {key: said[key] for key in calls}
            try:
                recorded = self.append(overlay, list(plans.values()), {}) if plans else []
            except ConflictError:
                continue
            results.update(zip(plans, recorded, strict=True))
            return {key: results[key] for key in calls}
        raise ConflictError(f"others wrote first {ATTEMPTS_MAX} times", "try again")

    def _plan_all(
        self, overlay: Overlay, wanted: Sequence[tuple[Request, Call]], keep_good: bool, progress: Progress | None
    ) -> tuple[dict[str, Recorded | Exception], dict[str, Plan]]:
        results: dict[str, Recorded | Exception] = {}
        plans: dict[str, Plan] = {}
        hashes = [self._hashes(request, each) for request, each in wanted]
        known = self.store.seen_all([key_hash for key_hash, _ in hashes])
        overlay.preload(asked_for(wanted))
        day_checked = False  # of all of them, as they have one day
        for number, ((request, each), (key_hash, request_hash)) in enumerate(zip(wanted, hashes, strict=True), 1):
            try:
                seen = self.seen(request.key, key_hash, request_hash) if key_hash in known else None
                if seen is None:
                    if not day_checked:
                        self.check_today(overlay, request.on)
                        day_checked = True
                    said = self.decided(overlay, request, each)
                    plans[request.key] = self.planned(overlay, said, key_hash, request_hash)
                else:
                    results[request.key] = seen
            except (RefusedError, MalformedError, UnverifiedError) as error:
                if not keep_good:
                    raise
                results[request.key] = error
            if progress is not None:
                progress(number, len(wanted))
        return results, plans

    def decided(self, overlay: Overlay, request: Request, wanted: Call) -> Said:
        """Run a verb; nothing else knows yet what it says."""
        # Always drawn here: a nonce that was used before would give an old outcome's name to a new one.
        named = Request(request.by, request.key, request.on, request.officer, secrets.token_hex(16))
        said = decided(overlay, self._origin, named, wanted)
        first = said.events[0]
        if isinstance(first, BankFounded):
            self._check_day(request.on, first)
        self._check_keys(overlay, said.events)
        return said

    def _check_keys(self, overlay: Overlay, events: Sequence[Event]) -> None:
        for event in events:
            self._keys.check(overlay, event, self._origin(event))

    def _origin(self, first: Event) -> str:
        """Return the log's name, which *first*, what is said first, may only now give it."""
        return first.origin if isinstance(first, BankFounded) else self._founding().origin

    def planned(self, overlay: Overlay, said: Said, key_hash: bytes, request_hash: bytes) -> Plan:
        """Commit to what a verb said; whoever is decided next sees it."""
        return Plan(said.request.by, committed(overlay, said.events, said.payloads), key_hash, request_hash)

    def check_today(self, overlay: Overlay, on: date) -> None:
        """Check the day of a request; the founding's own is checked when its zone is known."""
        if overlay.position > 0:
            self._check_day(on, self._founding())

    def _check_day(self, on: date, founding: BankFounded) -> None:
        today = datetime.fromtimestamp(self._clock() // 1000, _zone(founding.zone)).date()
        if abs((on - today).days) > 1:
            raise StateError(
                "day of the request", str(on), f"not within a day of {today}", "give the present civil day"
            )

    def overlay(self, documents: Documents) -> Overlay:
        """Return what is known now, and *documents*, for work to be laid over it."""
        return Overlay(
            StoreLoader(self.store, self.vault, self._cache, self.store.size()),
            {digest: document for digest, (document, _) in documents.items() if document is not None},
        )

    def _hashes(self, request: Request, wanted: Call) -> tuple[bytes, bytes]:
        # Not the day, nor the officer: a retry after midnight, at another desk, is the same request.
        about = arguments(wanted.args, wanted.kwargs)
        verb = f"{wanted.verb.__module__}.{wanted.verb.__qualname__}"
        return (
            self.vault.mac("key", request.by.encode(), request.key.encode()),
            self.vault.mac("request", request.by.encode(), verb.encode(), about),
        )

    def append(
        self,
        overlay: Overlay,
        plans: Sequence[Plan],
        documents: Documents,
        signed: Signature | None = None,
        not_after_ms: int | None = None,
    ) -> list[Recorded]:
        """Write *plans* in one batch; raises ConflictError where they must be decided again."""
        at_ms = self._clock()
        batch = batch_of(
            self.vault,
            overlay,
            plans,
            origin=self._origin(plans[0].events[0]),
            sign=lambda submission: signed or self._sign(overlay, submission, plans[-1].events[-1]),
            at_ms=at_ms,
            not_after_ms=not_after_ms or at_ms + SUBMISSION_LIFE_MS,
            documents={digest: body for digest, (_, body) in documents.items()},
        )
        try:
            kept = self.store.append(batch)
        except ConflictError:
            raise
        except StoreError:
            found = self._resolved(plans)
            if found is None:
                raise
            kept = found
        self._after(overlay, plans)
        first, recorded = kept.first, []
        for plan in plans:
            recorded.append(Recorded(first, kept.at_ms, plan.events))
            first += len(plan.entries)
        return recorded

    def _resolved(self, plans: Sequence[Plan]) -> Kept | None:
        """After a failed commit: was it written all the same? The idempotency key tells."""
        self._cache.clear()
        seen = self.store.seen(plans[0].key_hash)
        if seen is None:
            return None
        # A rival may have recorded the same request: then its names are not ours, and the error stands; a retry finds it.
        row = next(self.store.rows(seen.kept.first, seen.kept.first + 1))
        return seen.kept if row.commitment == plans[0].entries[0].commitment else None

    def _sign(self, overlay: Overlay, submission: Submission, last: Event) -> Signature:
        key, signer = self.key_in_force(overlay, institution_id(submission.author), last)
        return Signature(key, signer.sign(str(submission).encode()))

    def key_in_force(self, overlay: Overlay, by: InstitutionId, last: Event) -> tuple[str, Signer]:
        """Return the key that signs as *by*; a key may sign its own end, as the *last* entry of all."""
        signer = self._signers.get(by)
        if signer is None:
            raise NotPermittedError(by, "be signed for here", "prepare a draft, and have its author sign it")
        key = str(PublicKey.of(signer))
        ends = isinstance(last, KeyRetired | KeyRevoked) and (last.institution, last.key) == (by, key)
        if not (ends or key in overlay.institution(by).signing) or not (
            overlay.position == 0 or key in overlay.stored_institution(by).signing
        ):
            raise NotPermittedError(by, "sign with this key", "it is not in force")
        if self._keys.fallen(overlay, by, key):
            raise NotPermittedError(by, "sign with this key", _FALLEN)
        return key, signer

    def _after(self, overlay: Overlay, plans: Sequence[Plan]) -> None:
        self._cache.keep_states(overlay.pending())
        for plan in plans:
            for event in plan.events:
                if isinstance(event, AccountErased):
                    self.forget(event.account)

    def forget(self, account: AccountId) -> None:
        """Do the vault's side of an erasure; again on opening, where it was cut off."""
        self._cache.clear(account)
        self.vault.forget(account)
        self.store.finish(account)
        self.store.checkpoint_wal()

    def check_kept(self, request: Request) -> None:
        """Raise ErasedError where what was recorded under the request's key is erased."""
        seen = self.store.seen(self.vault.mac("key", request.by.encode(), request.key.encode()))
        if seen is not None:
            for row in self.store.rows(seen.kept.first, seen.kept.first + seen.kept.count):
                open_row(self.store, self.vault, row)

    def seen(self, key: str, key_hash: bytes, request_hash: bytes) -> Recorded | None:
        """
        Return what was recorded under a key.

        Raises, in this order:
            ErasedError: It is erased.
            KeyReusedError: It was another request.
        """
        seen = self.store.seen(key_hash)
        if seen is None:
            return None
        kept = seen.kept
        events = tuple(
            open_row(self.store, self.vault, row).event for row in self.store.rows(kept.first, kept.first + kept.count)
        )
        if seen.request_hash != request_hash:
            raise KeyReusedError(key)
        return Recorded(kept.first, kept.at_ms, events)

    # --- authors who keep their own key -------------------------------------------------------------------------------

    def prepare(self, request: Request, wanted: Call) -> Draft:
        """Decide one request for its author to sign; see :meth:`Bank.prepare`."""
        overlay = self.overlay({})
        self.check_today(overlay, request.on)
        said = self.decided(overlay, request, wanted)
        plan = self.planned(overlay, said, b"", b"")
        signing = SigningDraft(
            self._origin(plan.events[0]),
            request.by,
            self._clock() + DRAFT_LIFE_MS,
            tuple(entry.salt for entry in plan.entries),
            tuple(entry.payload for entry in plan.entries),
        )
        names = tuple(claim.name for event in plan.events for claim in claims(event))
        draft = Draft(signing, request.key, names, "")
        return attrs.evolve(draft, seal=self.vault.mac("prepared", *draft.sealed).hex())

    def submit(self, draft: Draft, signature: bytes) -> Recorded:
        """Record a signed draft; see :meth:`Bank.submit`."""
        if not hmac.compare_digest(self.vault.mac("prepared", *draft.sealed).hex(), draft.seal):
            raise UnverifiedError("it is not what this bank prepared", "draft")
        by = institution_id(draft.signing.author)
        request, events = self._said(draft)
        key_hash = self.vault.mac("key", by.encode(), draft.key.encode())
        request_hash = self.vault.mac("draft", *draft.signing.commitments)
        for _ in range(ATTEMPTS_MAX):
            seen = self.seen(draft.key, key_hash, request_hash)
            if seen is not None:
                return seen
            if self._clock() > draft.signing.not_after_ms:
                raise StaleDraftError("its time is over")
            self._check_draft_day(request.on, events[0])
            overlay = self.overlay({})
            self._decide_again(overlay, request, events)
            key = self._signing_key(overlay, by, events[0], draft, signature)
            entries = committed(overlay, events, draft.signing.payloads, draft.signing.salts)
            plan = Plan(by, entries, key_hash, request_hash)
            signed = Signature(key, signature)
            try:
                return self.append(overlay, [plan], {}, signed, draft.signing.not_after_ms)[0]
            except ConflictError:
                continue
        raise ConflictError(f"others wrote first {ATTEMPTS_MAX} times", "try again")

    def _said(self, draft: Draft) -> tuple[Request, tuple[Event, ...]]:
        names, events = list(draft.claims), []
        payloads = [decode(body, f"draft entry {number}") for number, body in enumerate(draft.signing.payloads)]
        for payload in payloads:
            taken = len(claims(payload.event))
            events.append(filled(payload.event, tuple(names[:taken])))
            del names[:taken]
        request = payloads[0].request
        if any(payload.request != request for payload in payloads) or request.by != draft.signing.author or names:
            raise MalformedError("it is not one request of its author", "draft", "use what prepare wrote")
        return attrs.evolve(request, key=draft.key), tuple(events)

    def _decide_again(self, overlay: Overlay, request: Request, events: tuple[Event, ...]) -> None:
        known = Known(overlay, overlay.position)
        known.stranger(request.by)
        try:
            said = tuple(again(known, request, events))
            self._check_keys(overlay, said)
        except (RefusedError, UnverifiedError) as error:
            raise StaleDraftError(str(error)) from None
        if said != events:
            raise StaleDraftError("it would be decided otherwise now")

    def _check_draft_day(self, on: date, first: Event) -> None:
        try:
            self._check_day(on, first if isinstance(first, BankFounded) else self._founding())
        except StateError as error:
            raise StaleDraftError(f"its day, {on}, is {error.state}") from None

    def _signing_key(self, overlay: Overlay, by: InstitutionId, first: Event, draft: Draft, signature: bytes) -> str:
        keys = (first.key,) if isinstance(first, BankFounded) else self._keys.signing(overlay, by)
        for key in keys:
            if PublicKey.parse(key).verify(signature, draft.message):
                return key
        raise UnverifiedError(f"the signature is by no key of {by} that is in force", "draft")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise MalformedError(
            f"{name!r} is no time zone known here", "zone", "give an IANA name, such as Asia/Shanghai"
        ) from None
