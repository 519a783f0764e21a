"""
The plainest credit bank that could be right: dicts and lists, everything worked out from nothing whenever it is asked for.

It shares no code with the package but the error classes. ``may_…`` says whether a request is allowed, and otherwise with which
error it is refused; the other methods let it happen. Amounts are half credits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from creditbank.errors import (
    AlreadyError,
    BookNotInForceError,
    CreditBankError,
    DecisionRefusedError,
    ErasedError,
    NotPermittedError,
    RestrictedError,
    StateError,
    UnknownError,
)

Refusal = type[CreditBankError] | None

OPERATOR, COLLEGE, ACADEMIC, ASSESSOR, HIGH, VOCATIONAL = (
    f"keys:{slug}"
    for slug in ("operator", "college", "academic-affairs", "assessor", "high-school", "vocational-school")
)
SCHOOLS = (COLLEGE, HIGH, VOCATIONAL)
DEPOSITORS = (*SCHOOLS, ASSESSOR, ACADEMIC)
STEPS = {
    "x": ((COLLEGE,), (ACADEMIC,)),
    "panel": ((ACADEMIC, COLLEGE), (COLLEGE,)),
    "later": ((ACADEMIC,),),
    "now": (),
}
"""
Who agrees to each step under each book. ``x``: certificates, 30 days a step; the others: courses and credit, no time set. The first
step of ``panel`` is public for two days before it is agreed.
"""

NOTICE_DAYS = 2

LEVELS = {"初级": {"专业基础"}, "中级": {"专业核心"}, "高级": {"专业基础", "专业核心"}}


@dataclass
class Enrolment:
    school: str
    programme: str
    since: date
    until: date | None = None


@dataclass
class Outcome:
    kind: str
    issuer: str
    system: str
    half: int | None
    level: str = ""
    number: str | None = None
    revoked: bool = False


@dataclass
class Asked:
    id: str
    sources: tuple[str, ...]
    target: str
    category: str
    half: int


@dataclass
class Application:
    book: str
    programme: str
    school: str
    on: date
    items: list[Asked]
    granted: dict[str, int]
    status: str
    agreed: list[date] = field(default_factory=list)
    seated: dict[str, date] = field(default_factory=dict)
    objections: dict[str, tuple[str, bool]] = field(default_factory=dict)
    undone: set[str] = field(default_factory=set)
    issued: dict[str, int] = field(default_factory=dict)

    def standing(self) -> list[Asked]:
        if self.status not in ("pending", "converted"):
            return []
        return [item for item in self.items if item.id in self.granted and item.id not in self.undone]


@dataclass
class Transfer:
    enrolment: str
    starts_on: date
    programme: str
    status: str = "offered"


@dataclass
class Account:
    person: int
    enrolments: dict[str, Enrolment] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)
    transfers: dict[str, Transfer] = field(default_factory=dict)
    restricted: bool = False
    erased: bool = False

    def uses(self, lot: str) -> list[tuple[str, Application, Asked]]:
        return [
            (id, application, item)
            for id, application in self.applications.items()
            for item in application.standing()
            if lot in item.sources
        ]

    def place(self, lot: str) -> str:
        """Where a lot lies: where its uses put it."""
        statuses = {application.status for _, application, _ in self.uses(lot)}
        return "converted" if "converted" in statuses else "reserved" if "pending" in statuses else "held"

    def lots(self) -> dict[str, tuple[str, str, int]]:
        """Every lot: its credit system, where it lies, how much."""
        found = {}
        for id, outcome in self.outcomes.items():
            if outcome.half is not None:
                found[id] = (outcome.system, "revoked" if outcome.revoked else self.place(id), outcome.half)
        for id, application in self.applications.items():
            for item, half in application.issued.items():
                lot = f"{id}.{item}"
                found[lot] = ("cn-college", "revoked" if item in application.undone else self.place(lot), half)
        return found

    def balance(self) -> dict[str, int]:
        totals: dict[str, int] = {}
        for system, place, half in self.lots().values():
            totals[system] = totals.get(system, 0) + (half if place == "held" else 0)
        return totals


class Plain:
    """A bank."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.holders: dict[int, str] = {}
        self.numbers: dict[str, str] = {}
        self.withdrawn: set[str] = set()
        self.places = 2
        self.taken: list[str] = []

    # --- accounts -----------------------------------------------------------------------------------------------------

    def closed(self, account: str, *, restricted_too: bool = True) -> Refusal:
        held = self.accounts.get(account)
        if held is None:
            return UnknownError
        if held.erased:
            return ErasedError
        return RestrictedError if held.restricted and restricted_too else None

    def may_enrol(self, by: str, account: str, school: str, programme: str) -> Refusal:
        if by not in SCHOOLS or school != by:
            return NotPermittedError
        if refused := self.closed(account):
            return refused
        running = [one for one in self.accounts[account].enrolments.values() if one.until is None]
        return AlreadyError if any((one.school, one.programme) == (school, programme) for one in running) else None

    def may_end(self, by: str, account: str, enrolment: str, on: date) -> Refusal:
        if refused := self.closed(account):
            return refused
        held = self.accounts[account]
        if enrolment not in held.enrolments:
            return UnknownError
        one = held.enrolments[enrolment]
        if by != one.school:
            return NotPermittedError
        offered = any(t.status == "offered" and t.enrolment == enrolment for t in held.transfers.values())
        return StateError if one.until is not None or on < one.since or offered else None

    def may_deposit(self, by: str, account: str, outcome: Outcome) -> Refusal:
        if by not in DEPOSITORS or outcome.issuer != by:
            return NotPermittedError
        if refused := self.closed(account):
            return refused
        return AlreadyError if outcome.number is not None and outcome.number in self.numbers else None

    def deposit(self, account: str, id: str, outcome: Outcome) -> None:
        self.accounts[account].outcomes[id] = outcome
        if outcome.number is not None:
            self.numbers[outcome.number] = account

    def may_revoke(self, by: str, account: str, outcome: str) -> Refusal:
        if refused := self.closed(account, restricted_too=False):
            return refused
        held = self.accounts[account].outcomes.get(outcome)
        if held is None:
            return UnknownError
        if by != held.issuer:
            return NotPermittedError
        return StateError if held.revoked else None

    def revoke(self, account: str, outcome: str) -> set[tuple[str, frozenset[str]]]:
        """Return what falls with it: (application, items), one for each cause in each application."""
        held, fell, waiting = self.accounts[account], set(), [outcome]
        held.outcomes[outcome].revoked = True
        while waiting:
            cause, touched = waiting.pop(0), {}
            for id, _, item in held.uses(cause):
                touched.setdefault(id, []).append(item.id)
            for id, items in touched.items():
                held.applications[id].undone |= set(items)
                if held.applications[id].status == "pending" and not held.applications[id].standing():
                    held.applications[id].status = "undone"
                fell.add((id, frozenset(items)))
                waiting += [f"{id}.{item}" for item in items]
        return fell

    def may_correct(self, by: str, account: str, outcome: str) -> Refusal:
        return self.closed(account) or self.may_revoke(by, account, outcome)

    def may_erase(self, by: str, account: str) -> Refusal:
        if by != OPERATOR:
            return NotPermittedError
        if refused := self.closed(account):
            return refused
        diplomas = [
            one for one in self.accounts[account].outcomes.values() if one.kind == "diploma" and not one.revoked
        ]
        return StateError if diplomas else None

    def erase(self, account: str) -> None:
        held = self.accounts[account]
        held.erased = True
        del self.holders[held.person]
        self.numbers = {number: holder for number, holder in self.numbers.items() if holder != account}

    def may_restrict(self, by: str, account: str) -> Refusal:
        return NotPermittedError if by != OPERATOR else self.closed(account)

    # --- conversion ---------------------------------------------------------------------------------------------------

    def not_enrolled(self, by: str, account: str, enrolment: str, on: date) -> Refusal:
        """What refuses whoever is not the school of an enrolment that lasts on the day."""
        if refused := self.closed(account):
            return refused
        held = self.accounts[account]
        if enrolment not in held.enrolments:
            return UnknownError
        one = held.enrolments[enrolment]
        if by != one.school:
            return NotPermittedError
        if not (one.since <= on and (one.until is None or on < one.until)):
            return StateError
        return None

    def may_apply(self, by: str, account: str, enrolment: str, on: date, book: str, items: list[Asked]) -> Refusal:
        if refused := self.not_enrolled(by, account, enrolment, on):
            return refused
        held = self.accounts[account]
        if book in self.withdrawn:
            return BookNotInForceError
        credit = {
            f"{id}.{item.id}"
            for id, application in held.applications.items()
            if application.status == "converted"
            for item in application.standing()
        }
        for item in items:
            for source in item.sources:
                if source in held.outcomes:
                    if held.outcomes[source].revoked:
                        return StateError
                elif source not in credit:
                    return UnknownError
        return None

    def grants(self, account: str, programme: str, book: str, items: list[Asked]) -> dict[str, int]:
        """What the book gives, item by item; each sees those before it."""
        held = self.accounts[account]
        standing = [
            (a.programme, item, a.granted[item.id]) for a in held.applications.values() for item in a.standing()
        ]
        given: dict[str, int] = {}
        for item in items:
            outcomes = [held.outcomes.get(source) for source in item.sources]
            used = any(where == programme and item.target == one.target for where, one, _ in standing)
            if book == "x":
                good = len(outcomes) == 1 and all(
                    one is not None
                    and one.kind == "certificate"
                    and one.half is not None
                    and item.category in LEVELS[one.level]
                    and not used
                    and sum(half for _, other, half in standing if item.sources[0] in other.sources) + item.half
                    <= min(16, one.half)
                    for one in outcomes
                )
            else:
                good = all(one is None or one.kind == "course" for one in outcomes) and not used
            if good:
                given[item.id] = item.half
                standing.append((programme, item, item.half))
        return given

    def apply(self, account: str, id: str, enrolment: str, on: date, book: str, items: list[Asked]) -> None:
        held = self.accounts[account]
        one = held.enrolments[enrolment]
        granted = self.grants(account, one.programme, book, items)
        made = Application(book, one.programme, one.school, on, items, granted, "pending" if granted else "refused")
        held.applications[id] = made
        if granted and not STEPS[book]:
            self.converted(made)

    def converted(self, application: Application) -> None:
        application.issued = {item.id: application.granted[item.id] for item in application.standing()}
        application.status = "converted"

    def _pending(self, account: str, application: str) -> Refusal:
        if refused := self.closed(account):
            return refused
        held = self.accounts[account].applications.get(application)
        if held is None:
            return UnknownError
        return None if held.status == "pending" else StateError

    def last_day(self, application: Application) -> date | None:
        before = application.agreed[-1] if application.agreed else application.on
        return before + timedelta(days=30) if application.book == "x" else None

    def may_agree(self, by: str, account: str, application: str, on: date) -> Refusal:
        if refused := self._pending(account, application):
            return refused
        held = self.accounts[account].applications[application]
        if by not in self.waits_for(held):
            took = by in held.seated or any(by in step for step in STEPS[held.book][: len(held.agreed)])
            return AlreadyError if took else NotPermittedError
        last, public = self.last_day(held), self.public_until(held)
        early = on < max([held.agreed[-1] if held.agreed else held.on, *held.seated.values()])
        late = last is not None and on > last
        doubted = any(not dismissed for _, dismissed in held.objections.values())
        return StateError if early or late or doubted or (public is not None and on <= public) else None

    def waits_for(self, application: Application) -> list[str]:
        step = STEPS[application.book][len(application.agreed)]
        return [member for member in step if member not in application.seated]

    def public_until(self, application: Application) -> date | None:
        noticed = application.book == "panel" and not application.agreed
        return application.on + timedelta(days=NOTICE_DAYS) if noticed else None

    def agree(self, by: str, account: str, application: str, on: date) -> None:
        held = self.accounts[account].applications[application]
        if len(self.waits_for(held)) > 1:
            held.seated[by] = on
            return
        held.seated = {}
        held.agreed.append(on)
        if len(held.agreed) == len(STEPS[held.book]):
            self.converted(held)

    def may_object(self, by: str, account: str, application: str, on: date) -> Refusal:
        if refused := self._pending(account, application):
            return refused
        held = self.accounts[account].applications[application]
        public = self.public_until(held)
        if public is None or not held.on <= on <= public:
            return StateError
        return AlreadyError if (by, False) in held.objections.values() else None

    def may_answer_objection(self, by: str, account: str, application: str, objection: str) -> Refusal:
        if refused := self._pending(account, application):
            return refused
        held = self.accounts[account].applications[application]
        if by != STEPS[held.book][len(held.agreed)][0]:
            return NotPermittedError
        if objection not in held.objections:
            return UnknownError
        return StateError if held.objections[objection][1] else None

    def may_close(self, how: str, by: str, account: str, application: str, on: date) -> Refusal:
        if refused := self._pending(account, application):
            return refused
        held = self.accounts[account].applications[application]
        if how == "lapsed":
            last = self.last_day(held)
            return StateError if last is None or on <= last else None
        who = self.waits_for(held) if how == "rejected" else [held.school]
        return None if by in who else NotPermittedError

    # --- transfers ----------------------------------------------------------------------------------------------------

    def may_offer(self, by: str, account: str, enrolment: str, on: date, passed: bool) -> Refusal:
        if refused := self.not_enrolled(by, account, enrolment, on):
            return refused
        held = self.accounts[account]
        if any(t.status == "offered" and t.enrolment == enrolment for t in held.transfers.values()):
            return AlreadyError
        if "transfers" in self.withdrawn:
            return BookNotInForceError
        good = held.enrolments[enrolment].school == HIGH and passed and len(self.taken) < self.places
        return None if good else DecisionRefusedError

    def may_answer(self, by: str, account: str, transfer: str, *, accept: bool) -> Refusal:
        if refused := self.closed(account):
            return refused
        held = self.accounts[account]
        if transfer not in held.transfers:
            return UnknownError
        if by != VOCATIONAL:
            return NotPermittedError
        one = held.transfers[transfer]
        if one.status != "offered":
            return StateError
        ended = held.enrolments[one.enrolment].until is not None
        return StateError if accept and (ended or len(self.taken) >= self.places) else None

    def accept(self, account: str, transfer: str, enrolment: str) -> None:
        held = self.accounts[account]
        one = held.transfers[transfer]
        one.status = "accepted"
        held.enrolments[one.enrolment].until = one.starts_on
        held.enrolments[enrolment] = Enrolment(VOCATIONAL, one.programme, one.starts_on)
        self.taken.append(transfer)
