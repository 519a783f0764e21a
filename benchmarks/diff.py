"""
``creditbank diff`` over 100,000 decisions, beside reading and folding the same accounts alone.

What it should cost. A decision is found by reading its account: ten entries of half a kilobyte, unsealed, hashed, decoded and
folded, 20 to 60 µs each. Then a case is made (four streams looked up, 100 to 200 µs) and decided twice under a book of ten
clauses (100 to 200 µs each for three items). So about 1 ms a decision, a minute or two for all of them, and in memory one
account at a time. Promised are *minutes*: 100,000 in 5 minutes, so 3 ms each. Memory is the most that
Python held, over a tenth of the accounts and over all of them: it must not grow with the bank.

Ten thousand decisions are measured in rounds; ``python -m benchmarks.diff --campaign`` takes 100,000 once, and builds them
first (a quarter of an hour; kept for the next time).
"""

import secrets
import sys
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from benchmarks.common import Result, Run, main
from benchmarks.places import Place, founded, kept, opened
from creditbank.bank import Call, call
from creditbank.bank.comparing import diff
from creditbank.bank.loader import open_row
from creditbank.codec.book import read_book
from creditbank.domain.application import Application, Item
from creditbank.domain.decide.account import deposit, enrol
from creditbank.domain.decide.convert import convert
from creditbank.domain.event import Enrolled, OutcomeDeposited
from creditbank.domain.level import Level
from creditbank.domain.name import AccountId, Digest, OutcomeId, account_id, institution_id
from creditbank.domain.outcome import SkillCertificate
from creditbank.domain.programme import Course, Enrolment, Programme
from creditbank.domain.rule import RuleBook
from creditbank.domain.state import before
from creditbank.rulebooks import read
from creditbank.testing.town import COLLEGE_CREDIT, RECOGNISED_CREDIT

DECISIONS = 10
"""Of one account; each is about a certificate of its own and three courses."""

BATCH = 500
ROUNDS = 3
TARGET_S = 300 / 100_000
BOOK = "x-certificate-conversion"
COLLEGE = institution_id("keys:college")


def measure(run: Run) -> Iterator[Result]:
    """Yield three results: beside reading, seconds for all, and the memory of all beside that of a tenth."""
    accounts = run.pick(1_000, 20)
    folder = kept(run, f"decided-{accounts}x{DECISIONS}", lambda path: _build(path, accounts))
    old, new = _books()
    size = accounts * DECISIONS
    pairs = run.paired(lambda: _diffed(run, folder, old, new, size), lambda: _folded(run, folder), ROUNDS)
    yield run.result(
        "diff of two books ÷ reading the accounts", pairs.cost(), target=None, bound="at most", ours_s=pairs.ours_s,
        floor_s=pairs.floor_s, size=size, note=f"decisions of 3 items; floor: {accounts} accounts read and folded",
    )  # fmt: skip
    yield run.result(
        f"diff of two books over {size:,} decisions", pairs.ours_s, target=TARGET_S * size if not run.quick else None,
        bound="at most", ours_s=pairs.ours_s, floor_s=None, size=size, unit="s", note="minutes were promised",
    )  # fmt: skip
    held = [_memory(folder, old, new, count) for count in (accounts // 10, accounts)]
    yield run.result(
        "diff: most memory, all ÷ a tenth", [held[1] / held[0]] * 2, target=None if run.quick else 1.5, bound="at most",
        ours_s=pairs.ours_s, floor_s=None, size=size, note=f"{held[0] / 2**20:.1f} and {held[1] / 2**20:.1f} MiB",
    )  # fmt: skip


def campaign(run: Run) -> Iterator[Result]:
    """Yield one result: seconds for 100,000 decisions, once."""
    accounts = run.pick(10_000, 20)
    folder = kept(run, f"decided-{accounts}x{DECISIONS}", lambda path: _build(path, accounts))
    size = accounts * DECISIONS
    taken = _diffed(run, folder, *_books(), size)
    yield run.result(
        f"diff of two books over {size:,} decisions", [taken], target=None if run.quick else TARGET_S * size,
        bound="at most", ours_s=[taken], floor_s=None, size=size, unit="s", note="once",
    )  # fmt: skip


def _books() -> tuple[RuleBook, RuleBook]:
    texts = read(BOOK), read(BOOK).replace("at_most = 8", "at_most = 6")
    return read_book(texts[0], name=BOOK), read_book(texts[1], name=BOOK)


def _diffed(run: Run, folder: Path, old: RuleBook, new: RuleBook, size: int) -> float:
    place = opened(folder)
    try:
        reports = []
        taken = run.ours(lambda: reports.append(diff(place.bank, old, new)))
        assert reports[0].decisions == size, "all of them"
        assert reports[0].otherwise == 0, "as they were recorded"
        assert 0 < reports[0].changed < size, "some of them"
        return taken
    finally:
        place.close()


def _folded(run: Run, folder: Path) -> float:
    place = opened(folder)

    def fold() -> None:
        for account in place.bank.vault.accounts():
            state = before(account_id(account))
            for row in place.bank.store.read(account, 0, 10_000):
                state = state.after(open_row(place.bank.store, place.bank.vault, row).event)

    try:
        return run.floor(fold)
    finally:
        place.close()


class _First:
    """A vault that shows only the first accounts."""

    def __init__(self, vault: object, count: int) -> None:
        self._vault, self._count = vault, count

    def __getattr__(self, name: str) -> object:
        return getattr(self._vault, name)

    def accounts(self) -> Iterator[str]:
        """Yield as many as are to be looked at."""
        for number, account in enumerate(self._vault.accounts()):  # type: ignore[attr-defined] # a vault
            if number == self._count:
                return
            yield account


def _memory(folder: Path, old: RuleBook, new: RuleBook, count: int) -> int:
    place = opened(folder)
    # With fewer than a hundred accounts it would be seen how Python fills what it keeps of freed objects: a megabyte at most.
    place.bank.vault = _First(place.bank.vault, max(2, count))  # type: ignore[assignment] # does what is asked of it
    tracemalloc.start()
    try:
        diff(place.bank, old, new)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        place.close()


# --- a bank to ask ----------------------------------------------------------------------------------------------------


def _build(folder: Path, size: int) -> None:
    place = founded(folder)
    book = place.bank.known().shelf(BOOK).versions[0].digest
    for first in range(0, size, BATCH):
        _decided(place, place.open(min(BATCH, size - first)), book)
    place.close()


def _decided(place: Place, accounts: Sequence[AccountId], book: Digest) -> None:
    programme = Programme("550101", "艺术设计", "college-3", 36, COLLEGE_CREDIT.credit(120))
    enrolment = Enrolment(COLLEGE, programme, "2024级", date(2024, 9, 1))
    entered = _recorded(place, COLLEGE, [call(enrol, account, enrolment) for account in accounts])
    for number in range(DECISIONS):
        certificate = _certificate(place, ("初级", "中级", "高级")[number % 3], 4 + 2 * (number % 4))
        held = _recorded(place, place.author, [call(deposit, account, certificate) for account in accounts])
        asked = []
        for account, one, other in zip(accounts, entered, held, strict=True):
            assert isinstance(one, Enrolled), "enrol says so"
            assert isinstance(other, OutcomeDeposited), "deposit says so"
            asked.append(call(convert, account, _application(book, one, other.id, number)))
        _recorded(place, COLLEGE, asked)


def _recorded(place: Place, by: object, calls: Sequence[Call]) -> list[object]:
    said = place.bank.record_all(by, {secrets.token_hex(12): one for one in calls})  # type: ignore[arg-type] # an id
    return [one.event for one in said.values()]  # type: ignore[union-attr] # without keep_good a refusal raises


def _certificate(place: Place, level: str, credits: int) -> SkillCertificate:
    return SkillCertificate(
        title="数字影像处理", issuer=place.author, achieved_on=place.today, credits=RECOGNISED_CREDIT.credit(credits),
        level=Level("x", level), category="艺术设计",
    )  # fmt: skip


def _application(book: Digest, entered: Enrolled, source: OutcomeId, number: int) -> Application:
    items = tuple(Item(str(at), (source,), (_course(f"c{number}-{at}", at),)) for at in range(3))
    parties = (("academic-affairs", COLLEGE), ("college", COLLEGE))
    return Application(book, "convert", entered.id, items, parties)


def _course(name: str, at: int) -> Course:
    return Course(name, name, ("专业核心" if at < 2 else "专业基础",), True, COLLEGE_CREDIT.credit("2" if at else "4"))


if __name__ == "__main__":
    whole = "--campaign" in sys.argv
    if whole:
        sys.argv.remove("--campaign")
    main(campaign if whole else measure)
