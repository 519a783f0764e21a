"""
Import a table: two passes, so that nothing of a file lands unless all of it can.

The first pass reads every row, keeps it aside on disk, compares it with the others, and has the bank decide it without writing. The
second records, some thousand rows in one transaction. Keys are made from what a row says, so importing again, whenever that is,
changes nothing; and after a crash in the second pass it goes on with the rows that lack.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs

from creditbank.bank import Bank, Recorded
from creditbank.domain.decide.account import ENTRIES_MAX
from creditbank.domain.name import InstitutionId
from creditbank.errors import MalformedError, NotPermittedError, RefusedError, StateError, StoreError
from creditbank.store.staging import Fault, StagedRow, Staging
from creditbank.tables.cells import Cells, cells_of, wrong
from creditbank.tables.columns import KINDS, TABLES, Header, Kind, header_of
from creditbank.tables.reading import Source, source_of
from creditbank.tables.rows import Asked, Ground, reason_of, table_of

__all__ = ["BAD_KEPT_MAX", "BadRow", "ImportReport", "Progress", "import_table"]

Progress = Callable[[int, int], None]

BAD_KEPT_MAX: Final = 1_000
"""Bad rows that a report names; it counts all of them."""

CHUNK: Final = 2_000
"""Rows decided together, and recorded in one transaction."""

assert CHUNK > ENTRIES_MAX, "one account's rows fit into one chunk, or it is too many for the account"

_BETWEEN: Final = "\x1f"
"""Between the cells of a row that is kept aside; no cell holds a control character."""


@attrs.frozen
class BadRow:
    """
    A row that cannot be imported.

    Attributes:
        line: Where it begins in the file, from 1, every line break counted.
        column: What the file calls the column; empty where the row as a whole is wrong.
        reason: What is wrong and how to mend it; repeats nothing of the row.
    """

    line: int
    column: str
    reason: str


@attrs.frozen
class ImportReport:
    """
    What an import did.

    Attributes:
        rows: Rows of the file, without header and blank lines.
        recorded: Rows recorded now; 0 where there are bad ones and the good were not to be kept.
        known_before: Rows that say what the bank knew before.
        bad: The first :data:`BAD_KEPT_MAX` bad rows, in order of line.
        bad_count: How many there are.
    """

    rows: int
    recorded: int
    known_before: int
    bad: tuple[BadRow, ...]
    bad_count: int


def import_table(
    bank: Bank,
    by: InstitutionId,
    kind: Kind,
    path: Path,
    *,
    keep_good: bool = False,
    encoding: str | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """
    Import the table *path* of *kind*, as *by*: open accounts, enrol learners, or deposit outcomes.

    Args:
        keep_good: Record the good rows, also where there are bad ones.
        encoding: ``utf-8`` or ``gb18030``; found out by default.
        progress: Called with (done, of) as it goes; a row counts three times: read, decided, recorded.

    Raises, in this order:
        MalformedError: There is no such kind of table.
        StoreError, MalformedError: as :func:`creditbank.tables.reading.source_of`; the header is wrong, or further down the file
            is no table.
        UnknownError, NotPermittedError: The institution is not registered, may not import such a table, or has no key here.
        StateError: Somebody changed the bank meanwhile, and a row that could be recorded no longer can. What was recorded before
            stays; importing again goes on.
        StoreError: The store could not write. Importing again goes on.
    """
    if kind not in KINDS:
        raise MalformedError("there is no such table", "kind", f"give one of {', '.join(KINDS)}")
    source = source_of(path, encoding)
    rows = source.rows()
    first = next(rows, None)
    if first is None:
        raise MalformedError("it is empty", path.name, "give a table with a header")
    header = header_of(kind, first[1], f"{path.name}:{first[0]}")
    with Staging() as staging:
        job = _Import(Ground(bank, by), kind, source, header, staging, progress)
        job.table.check(job.ground)
        job.read(rows)
        job.compare()
        job.decide()
        if keep_good or not staging.count("bad"):
            job.record(keep_good)
        return job.report()


class _Import:
    """One import on its way."""

    def __init__(
        self,
        ground: Ground,
        kind: Kind,
        source: Source,
        header: Header,
        staging: Staging,
        progress: Progress | None,
    ) -> None:
        self.ground = ground
        self.table = table_of(kind)
        self._kind = kind
        self._columns = {*header.names, *(column.name for column in TABLES[kind])}
        self._source = source
        self._header = header
        self._staging = staging
        self._progress = progress
        self._rows = 0
        self._on = ground.bank.today()

    # --- the first pass -----------------------------------------------------------------------------------------------

    def read(self, rows: Iterator[tuple[int, list[str]]]) -> None:
        """Read every row, and keep it aside or note what is wrong with it."""
        held: list[StagedRow] = []
        faults: list[Fault] = []
        for line, cells in rows:
            self._rows += 1
            try:
                held.append(self._staged(line, cells))
            except MalformedError as error:
                faults.append(self._fault(line, error))
            if len(held) + len(faults) == CHUNK:
                self._keep(held, faults)
        self._keep(held, faults)
        self._staging.arrange()

    def _staged(self, line: int, fields: list[str]) -> StagedRow:
        cells = cells_of(self._header, fields)
        said = self.table.read(self.ground, line, cells)
        # Whose row it is, is its subject by now: only a table of people needs the document any longer.
        left_out = () if self._kind == "people" else ("document", "number")
        text = _BETWEEN.join("" if name in left_out else cells.values.get(name, "") for name in self._header.names)
        return StagedRow(line, said.subject, said.key, said.claim, text)

    def _keep(self, held: list[StagedRow], faults: list[Fault]) -> None:
        self._staging.add(held)
        self._staging.spoil(faults)
        held.clear()
        faults.clear()
        self._reach(self._rows, 3 * max(self._source.lines, self._rows))

    def compare(self) -> None:
        """Note rows that say what an earlier row says, or take a name that one takes."""
        self._staging.compare()
        same = "the same as line {}", "keep one of the two rows"
        taken = ("the number stands in line {} already", "each number belongs to one row")
        for what, column, (said, mend) in (("key", "", same), ("claim", self._claimed, taken)):
            faults: list[Fault] = []
            for line, first in self._staging.repeated("key" if what == "key" else "claim"):
                faults.append(self._fault(line, wrong(column, said.format(first), mend)))
                if len(faults) == CHUNK:
                    self._staging.spoil(faults)
                    faults.clear()
            self._staging.spoil(faults)

    @property
    def _claimed(self) -> str:
        return "certificate" if "class" in self._header.names else "number"

    def decide(self) -> None:
        """Let the bank decide every row without writing; note what it refuses, and what it knew before."""
        done = self._rows
        for chunk in self._chunks():
            faults: list[Fault] = []
            known, new = self._known(chunk, faults)
            calls = self.table.calls(self.ground, new, enters=False)
            answers = self.ground.bank.record_all(self.ground.by, calls, on=self._on, keep_good=True, dry_run=True)
            for row in new:
                answer = answers[row.key]
                if isinstance(answer, Recorded):
                    known.append(row.line)
                elif isinstance(answer, Exception):
                    faults.append(self._fault(row.line, answer))
            self._staging.settle(known, "known")
            self._staging.spoil(faults)
            done += len(chunk)
            self._reach(done, 3 * self._rows)

    def _known(self, chunk: Sequence[Asked], faults: list[Fault]) -> tuple[list[int], list[Asked]]:
        """Tell apart the lines that say what is known under whatever key, and the rows that must be asked for."""
        known, new = [], []
        self.ground.renew()
        for row in chunk:
            try:
                if self.table.known(self.ground, row):
                    known.append(row.line)
                else:
                    new.append(row)
            except MalformedError as error:
                faults.append(self._fault(row.line, error))
        return known, new

    # --- the second pass ----------------------------------------------------------------------------------------------

    def record(self, keep_good: bool) -> None:
        """Record the rows that wait, chunk by chunk."""
        done = 2 * self._rows
        for chunk in self._chunks():
            faults: list[Fault] = []
            known, new = self._known(chunk, faults)
            if faults and not keep_good:
                raise self._stopped(faults[0])
            before = self.ground.bank.store.size()
            answers = self._recorded(new, keep_good)
            recorded = []
            for row in new:
                answer = answers[row.key]
                if isinstance(answer, Exception):
                    faults.append(self._fault(row.line, answer))
                elif answer.position < before:  # somebody recorded the very row since it was decided
                    known.append(row.line)
                else:
                    recorded.append(row.line)
            self._staging.settle(known, "known")
            self._staging.settle(recorded, "recorded")
            self._staging.spoil(faults)
            done += len(chunk)
            self._reach(done, 3 * self._rows)
        self._reach(3 * self._rows, 3 * self._rows)

    def _recorded(self, new: Sequence[Asked], keep_good: bool) -> Mapping[str, Recorded | Exception]:
        bank, by = self.ground.bank, self.ground.by
        with self._resumable():
            calls = self.table.calls(self.ground, new, enters=True)
            try:
                return bank.record_all(by, calls, on=self._on, keep_good=keep_good)
            except (RefusedError, MalformedError) as error:
                answers = bank.record_all(by, calls, on=self._on, keep_good=True, dry_run=True)
                for row in new:
                    answer = answers[row.key]
                    if isinstance(answer, Exception):
                        raise self._stopped(self._fault(row.line, answer)) from error
                raise

    @contextmanager
    def _resumable(self) -> Iterator[None]:
        """Say of what the store cannot do that importing again goes on."""
        try:
            yield
        except StoreError as error:
            raise StoreError(f"{error.what} ({self._so_far()})", f"{error.mend}; {_AGAIN}") from error

    def _stopped(self, fault: Fault) -> StateError:
        where = f"line {fault.line} could be recorded before and cannot now: {fault.reason}"
        return StateError("import", self._source.path.name, f"stopped, since {where} ({self._so_far()})", _AGAIN)

    def _so_far(self) -> str:
        return f"{self._staging.count('recorded')} rows were recorded"

    # --- both ---------------------------------------------------------------------------------------------------------

    def _chunks(self) -> Iterator[list[Asked]]:
        """Yield the waiting rows in order; all rows of one subject stand in one chunk."""
        after = ("", 0)
        while rows := self._staging.waiting(after, CHUNK + 1):
            crowded = ""
            if len(rows) > CHUNK:
                # The last one's subject may go on after it.
                whole = [row for row in rows if row.subject != rows[-1].subject]
                crowded = "" if whole else rows[-1].subject
                rows = whole or rows[:ENTRIES_MAX]
            after = (rows[-1].subject, rows[-1].line)
            yield [Asked(row.line, row.key, row.subject, self._cells(row)) for row in rows]
            if crowded:
                after = self._refuse(crowded, after)

    def _refuse(self, subject: str, after: tuple[str, int]) -> tuple[str, int]:
        """Note that *subject* has more rows than an account has entries; return the last of them."""
        full = StateError("account", subject, f"full ({ENTRIES_MAX} entries)", "ask the operator")
        while rows := [row for row in self._staging.waiting(after, CHUNK) if row.subject == subject]:
            self._staging.spoil([self._fault(row.line, full) for row in rows])
            after = (subject, rows[-1].line)
        return after

    def _cells(self, row: StagedRow) -> Cells:
        texts = row.cells.split(_BETWEEN)
        return Cells({name: text for name, text in zip(self._header.names, texts, strict=True) if text})

    def _fault(self, line: int, error: Exception) -> Fault:
        """Return what the row in *line* is told; what is no matter of one row is raised."""
        if isinstance(error, NotPermittedError) or not isinstance(error, RefusedError | MalformedError):
            raise error
        column, reason = reason_of(error)
        if column == "account" and "account" not in self._header.names:
            column = "number"
        # What a payload, say, has too much of stands in no one column.
        return Fault(line, self._header.label(column) if column in self._columns else "", reason)

    def _reach(self, done: int, of: int) -> None:
        if self._progress is not None and of:
            self._progress(done, of)

    def report(self) -> ImportReport:
        """Return what became of the rows."""
        staging = self._staging
        bad = tuple(BadRow(fault.line, fault.column, fault.reason) for fault in staging.faults(BAD_KEPT_MAX))
        return ImportReport(self._rows, staging.count("recorded"), staging.count("known"), bad, staging.count("bad"))


_AGAIN: Final = "import the file again: it goes on where it stopped"
