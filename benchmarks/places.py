"""
Banks to measure on: founded as the small town is, with accounts of a given length, or with a million entries made
cheaply.

What takes long to build is kept between runs, under a fingerprint of what its bytes depend on, and copied before it
is written to. Copies are made by another process: closing a database file that SQLite has open here would drop its
locks.
"""

import hashlib
import random
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import attrs

import creditbank
from benchmarks.common import Run
from creditbank.bank import Bank, Call, call, connect, enter
from creditbank.domain.decide.account import deposit, open_account
from creditbank.domain.name import AccountId, InstitutionId, account_id, institution_id
from creditbank.domain.outcome import Training
from creditbank.domain.request import Request
from creditbank.ledger import Ed25519Signer, commit
from creditbank.store import Batch, ClaimRow, Line, RequestRow, StateRow, SubmissionRow
from creditbank.testing.town import RECOGNISED_CREDIT, small_town
from creditbank.vault import Person

__all__ = ["Place", "copied", "fill", "founded", "kept", "opened", "turns", "with_accounts"]

ASSESSOR = institution_id("keys:assessor")

_MATTERS = (
    "store/schema.py", "vault/schema.py", "bank/loader.py", "codec/payload.py", "codec/state.py", "codec/convert.py",
    "domain/event.py", "domain/state.py", "domain/account.py", "ledger/entry.py", "ledger/tile.py", "ledger/merkle.py",
)  # fmt: skip
"""What a kept bank's bytes depend on; where one of these files changed, it is built again."""

_SUBMISSION = 256
_BATCH = 100 * _SUBMISSION
_STREAM = 20
"""Entries of each stream that :func:`fill` makes."""

_PAYLOAD = 500
"""Bytes of a payload that :func:`fill` makes: about a deposit's."""


@attrs.frozen
class Place:
    """A bank in *folder*, and an institution of its that opens accounts and deposits."""

    folder: Path
    bank: Bank
    author: InstitutionId = ASSESSOR

    def request(self) -> Request:
        """Return a request under a fresh key."""
        return Request(self.author, secrets.token_hex(12), self.today)

    @property
    def today(self) -> date:
        """The bank's civil day."""
        return self.bank.today()

    def outcome(self, number: int) -> Training:
        """Return what is deposited: a training that bears credit, without a number that must be unique."""
        return Training(
            title=f"家政服务员培训 {number}",
            issuer=self.author,
            achieved_on=self.today,
            credits=RECOGNISED_CREDIT.credit("2"),
            hours=40,
            category="家政",
        )

    def open(self, size: int) -> list[AccountId]:
        """Open *size* new accounts, in one batch."""
        persons = [Person("林晓", "passport", secrets.token_hex(8), {}) for _ in range(size)]
        rows = enter(self.bank.vault, persons)
        self.record({secrets.token_hex(12): call(open_account, account, claim) for account, claim in rows})
        return [account for account, _ in rows]

    def deposits(self, accounts: Sequence[AccountId]) -> dict[str, Call]:
        """Return one deposit for each account, by fresh keys."""
        return {
            secrets.token_hex(12): call(deposit, account, self.outcome(number))
            for number, account in enumerate(accounts)
        }

    def record(self, calls: dict[str, Call]) -> None:
        """Record them all, in one batch."""
        self.bank.record_all(self.author, calls)

    def size_bytes(self) -> int:
        """Return how large the ledger's file is, its log moved into it."""
        self.bank.store.checkpoint_wal()
        return (self.folder / "ledger.db").stat().st_size

    def close(self) -> None:
        """Close the bank."""
        self.bank.close()


# --- opening ----------------------------------------------------------------------------------------------------------


def founded(folder: Path) -> Place:
    """Found a bank in *folder*, with its keys beside it, so that it can be opened again."""
    folder.mkdir(parents=True, exist_ok=True)
    town = small_town(lambda signers: connect(f"sqlite:///{folder}", signers=signers, mark=folder / "mark"))
    for id, signer in town.signers.items():
        (folder / f"{id.partition(':')[2]}.pem").write_text(signer.to_pem(), encoding="ascii")
    return Place(folder, town.bank)


def opened(folder: Path) -> Place:
    """Open a bank that was founded here: a fresh one, with nothing in its cache."""
    signers = {
        institution_id(f"keys:{path.stem}"): Ed25519Signer.from_pem(path.read_text(encoding="ascii"))
        for path in folder.glob("*.pem")
    }
    return Place(folder, connect(f"sqlite:///{folder}", signers=signers, mark=folder / "mark"))


def copied(run: Run, folder: Path) -> Path:
    """Return a copy of a closed bank, on disk and not only on its way there."""
    target = run.sub(folder.name)
    subprocess.run(["cp", "-r", str(folder), str(target)], check=True)
    subprocess.run(["sync", *(str(path) for path in target.iterdir() if path.is_file())], check=True)
    return target


def kept(run: Run, name: str, build: Callable[[Path], None]) -> Path:
    """Return the folder that *build* filled, now or in an earlier run with the same formats."""
    package = Path(creditbank.__file__).parent
    matter = b"\0".join((package / part).read_bytes() for part in _MATTERS) + Path(__file__).read_bytes()
    folder = run.cache / f"{name}-{hashlib.sha256(matter).hexdigest()[:12]}"
    if not folder.exists():
        run.cache.mkdir(parents=True, exist_ok=True)
        for old in run.cache.glob(f"{name}-*"):
            shutil.rmtree(old)
        building = run.cache / f"{name}-building"
        build(building)
        building.rename(folder)
    return folder


# --- filling ----------------------------------------------------------------------------------------------------------


def with_accounts(run: Run, size: int, entries: int) -> tuple[Path, list[AccountId]]:
    """
    Return a closed bank with *size* accounts of *entries* entries each.

    Each entry of an account comes in another batch, so states are kept where single records would have kept them.
    """

    def build(folder: Path) -> None:
        place = founded(folder)
        accounts = place.open(size)
        for _ in range(entries - 1):
            place.record(place.deposits(accounts))
        place.close()
        (folder / "accounts").write_text("\n".join(accounts), encoding="ascii")

    folder = kept(run, f"accounts-{size}x{entries}", build)
    return folder, [account_id(line) for line in (folder / "accounts").read_text(encoding="ascii").split("\n")]


def fill(run: Run, size: int) -> Path:
    """
    Return a closed, published bank of at least *size* entries, all but a few of them made up: no payload can be read,
    every hash is right.
    """

    def build(folder: Path) -> None:
        place = founded(folder)
        at_ms = place.bank.store.last_at()
        while (short := size - place.bank.store.size()) > 0:
            place.bank.store.append(_made_up(place, min(_BATCH, -(-short // _STREAM) * _STREAM), at_ms))
        place.bank.checkpoint()
        place.close()

    return kept(run, f"filled-{size}", build)


def _made_up(place: Place, size: int, at_ms: int) -> Batch:
    persons = [Person("林晓", "passport", secrets.token_hex(8), {}) for _ in range(size // _STREAM)]
    owners = enter(place.bank.vault, persons)
    submissions = tuple(
        SubmissionRow(place.author, "ed25519:" + "A" * 44, at_ms, min(_SUBMISSION, size - first), random.randbytes(64))
        for first in range(0, size, _SUBMISSION)
    )
    lines = tuple(
        _line(owners[number // _STREAM][0], number % _STREAM, number // _SUBMISSION) for number in range(size)
    )
    return Batch(
        at_ms=at_ms,
        lines=lines,
        submissions=submissions,
        requests=tuple(RequestRow(random.randbytes(32), random.randbytes(32), line, 1) for line in range(size)),
        guards={},
        place_keys={account: random.randbytes(32) for account, _ in owners},
        claims=tuple(ClaimRow(claim.name, account, n * _STREAM) for n, (account, claim) in enumerate(owners)),
        releases=(),
        erases=(),
        documents={},
        states=tuple(StateRow(account, _STREAM, 1, random.randbytes(1500)) for account, _ in owners),
        published_at_least=0,
    )


def _line(stream: str, version: int, submission: int) -> Line:
    salt, payload = random.randbytes(32), random.randbytes(_PAYLOAD)
    return Line(stream, version, commit(salt, payload), random.randbytes(32), b"\x00" + salt + payload, submission)


def turns(accounts: Sequence[AccountId], size: int) -> Iterator[Sequence[AccountId]]:
    """Yield *size* accounts at a time, none twice."""
    for first in range(0, len(accounts) - size + 1, size):
        yield accounts[first : first + size]
