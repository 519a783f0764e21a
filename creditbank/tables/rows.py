"""What a row of each table says: whose it is, what it asks for, and the key under which that is asked."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol, get_args

import attrs

from creditbank.bank import Bank, Call, call, enter, number_claim, person_claim
from creditbank.codec.canonical import canonical
from creditbank.codec.convert import dashed
from creditbank.codec.payload import to_plain
from creditbank.domain.credit import CreditSystem
from creditbank.domain.decide.account import deposit, enrol, open_account
from creditbank.domain.name import AccountId, Claim, InstitutionId, StreamId, account_id
from creditbank.domain.outcome import TIERS, ContestAward, CourseResult, Diploma, Outcome, SkillCertificate, Training
from creditbank.domain.programme import Enrolment, Programme
from creditbank.errors import (
    AlreadyError,
    CreditBankError,
    MalformedError,
    NotPermittedError,
    StateError,
    UnknownError,
)
from creditbank.tables.cells import Cells, wrong
from creditbank.tables.columns import FACT, Kind
from creditbank.vault import Person

__all__ = ["Asked", "Ground", "Said", "Table", "reason_of", "table_of"]

LEARNERS_CACHED: Final = 4_096

_TIER_NAMES: Final = {name: name for name in TIERS} | dict(zip(("国际", "国家", "省", "市", "校"), TIERS, strict=True))
_PRIZES: Final = {"1": 1, "2": 2, "3": 3, "一等奖": 1, "二等奖": 2, "三等奖": 3}
_CLASSES: Final[Mapping[str, type[Outcome]]] = {dashed(kind.__name__): kind for kind in get_args(Outcome)} | {
    "课程成绩": CourseResult,
    "毕业证书": Diploma,
    "职业技能等级证书": SkillCertificate,
    "竞赛获奖": ContestAward,
    "培训": Training,
}
_OWN: Final[Mapping[type[Outcome], frozenset[str]]] = {
    CourseResult: frozenset(("code", "grade", "category")),
    Diploma: frozenset(("level", "major")),
    SkillCertificate: frozenset(("level", "category")),
    ContestAward: frozenset(("tier", "prize", "team", "position")),
    Training: frozenset(("category",)),
}
_SOMEONES: Final = frozenset().union(*_OWN.values())


@attrs.frozen
class Said:
    """
    What is known of a row as soon as it is read.

    Attributes:
        subject: Rows with one subject are decided together, in order of subject and line.
        key: What the row says, as a keyed hash: the same on every day and in every file.
        claim: The name that it takes, which no other row may take.
    """

    subject: str
    key: str
    claim: str | None


@attrs.frozen
class Asked:
    """One row that waits: its key, its subject, and its cells."""

    line: int
    key: str
    subject: str
    cells: Cells


class Ground:
    """The bank as it is, its credit systems as the import found them, and who imports."""

    def __init__(self, bank: Bank, by: InstitutionId) -> None:
        self.bank = bank
        self.by = by
        self.known = bank.known()
        self.systems: Mapping[str, CreditSystem] = self.known.catalogue().systems
        self._holder = lru_cache(LEARNERS_CACHED)(self._look_up)

    def renew(self) -> None:
        """Look at the bank as it is now."""
        self.known = self.bank.known()

    def learner(self, cells: Cells) -> AccountId:
        """Return whose row it is. MalformedError where the row does not say so once, or nobody has such an account."""
        account = cells.maybe("account")
        document = "document" in cells.values or "number" in cells.values
        if account is None:
            if not document:
                raise wrong("account", "nothing says whose row it is", "fill in account, or document and number")
            return self._holder(*cells.document())
        if document:
            raise wrong("account", "it is said twice whose row it is", "fill in account, or document and number")
        try:
            return account_id(account)
        except MalformedError as error:
            raise wrong("account", "it is no account id", error.mend) from None

    def _look_up(self, document: str, number: str) -> AccountId:
        held = self.known.holder(person_claim(self.bank.vault, Person("", document, number, {})))
        if held is None:
            raise wrong(
                "number", "nobody with that document has an account", "import people first, or compare the number"
            )
        return account_id(held)

    def key(self, kind: Kind, *parts: bytes) -> str:
        """Return the idempotency key of what *parts* say."""
        return f"import-{kind}-{self.bank.vault.mac(f'import/{kind}', *parts).hex()}"


class Table(Protocol):
    """How the rows of one table are read and asked for."""

    def check(self, ground: Ground) -> None:
        """Raise where the institution may not import such a table at all."""

    def read(self, ground: Ground, line: int, cells: Cells) -> Said:
        """Read a row, or raise MalformedError with the column in ``where``."""

    def known(self, ground: Ground, row: Asked) -> bool:
        """Tell whether the bank knew before what the row says, under whatever key; raises as :meth:`read` does."""

    def calls(self, ground: Ground, rows: Sequence[Asked], *, enters: bool) -> dict[str, Call]:
        """Return what *rows* ask for, by key. Only with *enters* may anything be written on the way."""


# --- people -----------------------------------------------------------------------------------------------------------


class _People:
    def check(self, ground: Ground) -> None:
        ground.known.institution(ground.by)

    def read(self, ground: Ground, line: int, cells: Cells) -> Said:
        claim = person_claim(ground.bank.vault, self._person(cells))
        return Said(f"{line:015d}", ground.key("people", claim.name.encode()), claim.name)

    def known(self, ground: Ground, row: Asked) -> bool:
        person = self._person(row.cells)
        held = ground.known.holder(person_claim(ground.bank.vault, person))
        if held is None:
            return False
        kept = ground.bank.vault.person(held)
        if kept is not None and _folded(kept.name) != _folded(person.name):
            raise wrong(
                "name",
                "whoever has that document has an account under another name",
                "compare the number with the document; an account keeps the name it was opened with",
            )
        return True

    def calls(self, ground: Ground, rows: Sequence[Asked], *, enters: bool) -> dict[str, Call]:
        persons = [self._person(row.cells) for row in rows]
        if enters:
            entered: Sequence[tuple[AccountId, Claim]] = enter(ground.bank.vault, persons)
        else:
            # A name that no account will ever have: nothing is written, and the vault draws the real one.
            entered = [
                (AccountId(StreamId(f"account:{number:032x}")), person_claim(ground.bank.vault, person))
                for number, person in enumerate(persons)
            ]
        return {
            row.key: call(open_account, account, claim) for row, (account, claim) in zip(rows, entered, strict=True)
        }

    def _person(self, cells: Cells) -> Person:
        return Person(cells.text("name"), *cells.document(), {})


def _folded(name: str) -> str:
    """Return a name as it is compared: without what documents and keyboards differ in."""
    return "".join(each for each in unicodedata.normalize("NFKC", name).casefold() if each.isalnum())


# --- enrolments and outcomes ------------------------------------------------------------------------------------------


class _Enrolments:
    def check(self, ground: Ground) -> None:
        ground.known.permitted(ground.by, "school", "enrol learners")

    def read(self, ground: Ground, line: int, cells: Cells) -> Said:
        account = ground.learner(cells)
        return Said(account, ground.key("enrolments", account.encode(), _bytes(self._enrolment(ground, cells))), None)

    def known(self, ground: Ground, row: Asked) -> bool:
        return False

    def calls(self, ground: Ground, rows: Sequence[Asked], *, enters: bool) -> dict[str, Call]:
        return {row.key: call(enrol, account_id(row.subject), self._enrolment(ground, row.cells)) for row in rows}

    def _enrolment(self, ground: Ground, cells: Cells) -> Enrolment:
        months = cells.whole("months")
        if months == 0:
            raise wrong("months", "0 months is no length", "give a positive number")
        programme = Programme(
            cells.text("programme"),
            cells.text("programme_name"),
            cells.text("kind"),
            months,
            cells.credit(ground.systems),
        )
        facts = tuple(sorted(self._fact(cells, column) for column in cells.values if column.startswith("fact:")))
        return Enrolment(ground.by, programme, cells.text("year_group"), cells.day("since"), facts)

    def _fact(self, cells: Cells, column: str) -> tuple[str, str | bool | int]:
        match = FACT.fullmatch(column)
        assert match is not None, "the header has no other columns of facts"
        if match[2] == ":yes-no":
            return match[1], cells.yes_no(column)
        return match[1], cells.whole(column) if match[2] else cells.text(column)


class _Outcomes:
    def check(self, ground: Ground) -> None:
        issuer = ground.known.institution(ground.by)
        if not (issuer.has("school") or issuer.has("issuer") or issuer.has("office")):
            raise NotPermittedError(ground.by, "deposit outcomes", "only a school, an issuer or an office may")

    def read(self, ground: Ground, line: int, cells: Cells) -> Said:
        account, outcome = ground.learner(cells), self._outcome(ground, cells)
        token = "" if outcome.number is None else outcome.number.token
        key = ground.key("outcomes", account.encode(), _bytes(outcome), token.encode())
        return Said(account, key, None if outcome.number is None else outcome.number.name)

    def known(self, ground: Ground, row: Asked) -> bool:
        return False

    def calls(self, ground: Ground, rows: Sequence[Asked], *, enters: bool) -> dict[str, Call]:
        return {row.key: call(deposit, account_id(row.subject), self._outcome(ground, row.cells)) for row in rows}

    def _outcome(self, ground: Ground, cells: Cells) -> Outcome:
        kind = cells.one_of("class", _CLASSES)
        for column in cells.values:
            if column in _SOMEONES and column not in _OWN[kind]:
                raise wrong(column, f"a {dashed(kind.__name__)} has none", "leave the cell empty")
        number = cells.printed("certificate") if "certificate" in cells.values else None
        achieved_on = cells.day("achieved_on")
        expires_on = cells.day("expires_on") if "expires_on" in cells.values else None
        if expires_on is not None and expires_on <= achieved_on:
            raise wrong("expires_on", "it expires before it is achieved", "check both days")
        hours = cells.whole("hours") if kind is Training or "hours" in cells.values else None
        if hours == 0:
            raise wrong("hours", "no hours", "give a positive number, or leave the cell empty")
        common: dict[str, Any] = {
            "title": cells.text("title"),
            "issuer": ground.by,
            "achieved_on": achieved_on,
            "expires_on": expires_on,
            "credits": cells.credit(ground.systems),
            "hours": hours,
            "number": None if number is None else number_claim(ground.bank.vault, ground.by, number),
        }
        return kind(**common, **_OWN_FIELDS[kind](cells))


def _award(cells: Cells) -> dict[str, Any]:
    team = cells.yes_no("team")
    if team != ("position" in cells.values):
        what = "a team's award needs the place in the team, an individual's has none"
        raise wrong("position", what, "fill in both team and position, or leave position empty")
    position = cells.whole("position") if team else None
    if position == 0:
        raise wrong("position", "places are counted from 1", "check the place")
    tier, prize = cells.one_of("tier", _TIER_NAMES), cells.one_of("prize", _PRIZES)
    return {"tier": tier, "prize": prize, "team": team, "position": position}


def _categories(cells: Cells) -> tuple[str, ...]:
    parts = (cells.maybe("category") or "").replace("；", ";").split(";")
    return tuple(part.strip() for part in parts if part.strip())


_OWN_FIELDS: Final[Mapping[type[Outcome], Callable[[Cells], dict[str, Any]]]] = {
    CourseResult: lambda cells: {
        "code": cells.text("code"),
        "grade": cells.maybe("grade"),
        "category": _categories(cells),
    },
    Diploma: lambda cells: {"level": cells.level("level"), "major": cells.text("major")},
    SkillCertificate: lambda cells: {"level": cells.level("level"), "category": cells.text("category")},
    ContestAward: _award,
    Training: lambda cells: {"category": cells.text("category")},
}


def _bytes(value: Enrolment | Outcome) -> bytes:
    return canonical(to_plain(value))


def table_of(kind: Kind) -> Table:
    """Return how the rows of *kind* are read."""
    tables: Mapping[Kind, Table] = {"people": _People(), "enrolments": _Enrolments(), "outcomes": _Outcomes()}
    return tables[kind]


# --- what a refusal says of a row ---------------------------------------------------------------------------------------

_COLUMNS: Final = {
    ("already", "outcome"): "certificate",
    ("already", "enrolment"): "programme",
    ("already", "account"): "number",
    ("state", "outcome"): "achieved_on",
}


def reason_of(error: CreditBankError) -> tuple[str, str]:
    """
    Return (column, reason): what a row is told of *error*. What the row itself says is left out of the reason, whatever the column.
    """
    match error:
        case MalformedError():
            return error.where, f"{error.what}; {error.mend}"
        case StateError():
            return _COLUMNS.get((error.code, error.kind), "account"), f"the {error.kind} is {error.state}: {error.mend}"
        case AlreadyError():
            column = _COLUMNS.get((error.code, error.kind), "account")
            return column, f"the {error.kind} is there already ({error.where})"
        case UnknownError():
            return "account", f"there is no such {error.kind}: {error.mend}"
        case _:
            return "account", str(error)
