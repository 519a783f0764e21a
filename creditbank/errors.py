"""
Every error that creditbank raises on purpose.

    CreditBankError
    ├── RefusedError            exit 1  the request is understood and not allowed; nothing was recorded
    │   ├── NotPermittedError       the institution may not do this
    │   ├── UnknownError            no such account, institution, outcome, application, transfer, book, …
    │   ├── AlreadyError            it is there already
    │   ├── StateError              not in a state in which this can be done
    │   ├── BookNotInForceError     the rule book is not in force on the day that decides
    │   ├── FlawedBookError         checking a rule book found errors, and nobody says why it is published all the same
    │   ├── DecisionRefusedError    a rule book says no; carries code, clause, basis and the numbers compared
    │   ├── ErasedError             the account was erased
    │   ├── RestrictedError         the account may only be stored
    │   ├── KeyReusedError          another request was made under this idempotency key
    │   └── StaleDraftError         what was signed would no longer be decided so
    ├── MalformedError          exit 2  text or bytes are not what they claim to be
    │   └── MalformedBookError      a rule book: file, clause, key, line and the mend
    ├── UnverifiedError         exit 3  well formed, but the evidence does not hold
    │   └── RollbackError           the ledger is shorter than, or different from, what was published
    └── StoreError              exit 4  the store could not do it
        ├── ConflictError           somebody else wrote first; try again
        ├── NewerDatabaseError      written by a newer creditbank
        ├── ClockError              this machine's clock is behind the ledger
        └── ForkedError             used in another process than the one that opened it

Fields are plain data and positional, so that errors survive pickling between processes; the message is made from them and
says what, where, and what to do next. Messages are English; :func:`creditbank.explain` speaks to learners and registrars.
"""

from typing import ClassVar

import attrs

__all__ = [
    "AlreadyError",
    "BookNotInForceError",
    "ClockError",
    "ConflictError",
    "CreditBankError",
    "DecisionRefusedError",
    "ErasedError",
    "FlawedBookError",
    "ForkedError",
    "KeyReusedError",
    "MalformedBookError",
    "MalformedError",
    "NewerDatabaseError",
    "NotPermittedError",
    "RefusedError",
    "RestrictedError",
    "RollbackError",
    "StaleDraftError",
    "StateError",
    "StoreError",
    "UnknownError",
    "UnverifiedError",
]


class CreditBankError(Exception):
    """The root: everything that creditbank raises on purpose."""

    exit_code: ClassVar[int] = 1


# --- refused: the request is understood and not allowed ---------------------------------------------------------------


class RefusedError(CreditBankError):
    """The request is understood and not allowed. Nothing was recorded."""

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "refused"


@attrs.define
class NotPermittedError(RefusedError):
    """*by* may not do *what*; *needs* says who may."""

    code: ClassVar[str] = "not-permitted"
    by: str
    what: str
    needs: str

    def __str__(self) -> str:
        return f"{self.by} may not {self.what}: {self.needs}"


@attrs.define
class UnknownError(RefusedError):
    """There is no *kind* called *name*."""

    code: ClassVar[str] = "unknown"
    kind: str
    name: str
    mend: str = "check the name"

    def __str__(self) -> str:
        return f"there is no {self.kind} {self.name!r}: {self.mend}"


@attrs.define
class AlreadyError(RefusedError):
    """A *kind* called *name* is there already, at *where*."""

    code: ClassVar[str] = "already"
    kind: str
    name: str
    where: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r} is there already ({self.where}); nothing was recorded"


@attrs.define
class StateError(RefusedError):
    """*kind* *name* is *state*, so it cannot be done; *mend* says what would have to be."""

    code: ClassVar[str] = "state"
    kind: str
    name: str
    state: str
    mend: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r} is {self.state}: {self.mend}"


@attrs.define
class BookNotInForceError(RefusedError):
    """Rule book *book* is not in force on *on*."""

    code: ClassVar[str] = "book.not-in-force"
    book: str
    on: str
    mend: str

    def __str__(self) -> str:
        return f"rule book {self.book} is not in force on {self.on}: {self.mend}"


@attrs.define
class FlawedBookError(RefusedError):
    """Checking rule book *book* found errors (*findings*, what each is), and it is not published *despite* them."""

    code: ClassVar[str] = "book.flawed"
    book: str
    findings: tuple[str, ...]

    def __str__(self) -> str:
        more = f" (and {len(self.findings) - 1} more)" if len(self.findings) > 1 else ""
        return f"rule book {self.book}: {self.findings[0]}{more}; mend it, or say despite what reason it is published"


@attrs.define
class DecisionRefusedError(RefusedError):
    """A rule book refuses the request as a whole: *reason* is the engine's code, such as ``gate.window``."""

    code: ClassVar[str] = "decision"
    reason: str
    clause: str
    basis: str
    compared: str

    def __str__(self) -> str:
        return f"refused: {self.reason} by clause {self.clause} ({self.basis}); {self.compared}"


@attrs.define
class ErasedError(RefusedError):
    """*stream* was erased by the entry at *position*, where that is known; what it held is gone for good."""

    code: ClassVar[str] = "erased"
    stream: str
    position: int | None

    def __str__(self) -> str:
        by = "" if self.position is None else f" by entry {self.position}"
        return f"{self.stream} was erased{by}; what it held is gone for good"


@attrs.define
class RestrictedError(RefusedError):
    """*account* is stored and secured only (restricted for *reason*)."""

    code: ClassVar[str] = "restricted"
    account: str
    reason: str

    def __str__(self) -> str:
        return f"{self.account} is restricted ({self.reason}): it is stored and secured, nothing else"


@attrs.define
class KeyReusedError(RefusedError):
    """Another request was recorded under the idempotency key *key*."""

    code: ClassVar[str] = "key-reused"
    key: str

    def __str__(self) -> str:
        return f"idempotency key {self.key!r} belongs to another request: use a new key for a new request"


@attrs.define
class StaleDraftError(RefusedError):
    """A draft would no longer be decided as it was signed, or its time is over."""

    code: ClassVar[str] = "stale-draft"
    why: str

    def __str__(self) -> str:
        return f"the draft is stale: {self.why}; prepare it again, check it and sign the new one"


# --- malformed: not what it claims to be --------------------------------------------------------------------------------


@attrs.define
class MalformedError(CreditBankError):
    """*what* is wrong, *where* it stands, and how to *mend* it."""

    exit_code: ClassVar[int] = 2
    what: str
    where: str
    mend: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.mend}"


@attrs.define
class MalformedBookError(MalformedError):
    """A rule book that cannot be read: :attr:`where` is ``file:line: clause 'id', key 'name'``."""


# --- unverified: well formed, but the evidence does not hold --------------------------------------------------------------


@attrs.define
class UnverifiedError(CreditBankError):
    """*what* does not hold, *where*."""

    exit_code: ClassVar[int] = 3
    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; do not rely on it"


@attrs.define
class RollbackError(UnverifiedError):
    """The ledger is shorter than, or different from, what this bank once published."""


# --- store: it could not be done ------------------------------------------------------------------------------------------


@attrs.define
class StoreError(CreditBankError):
    """*what* the store could not do, and how to *mend* it."""

    exit_code: ClassVar[int] = 4
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.what}; {self.mend}"


@attrs.define
class ConflictError(StoreError):
    """Somebody else wrote first. Nothing was written; decide again on the new state."""


@attrs.define
class NewerDatabaseError(StoreError):
    """The database was written by a newer creditbank."""


@attrs.define
class ClockError(StoreError):
    """This machine's clock is behind the last entry by more than is allowed."""


@attrs.define
class ForkedError(StoreError):
    """A connection was used in a process that did not open it."""
