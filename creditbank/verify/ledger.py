"""Verify a whole ledger: both walks, and the report."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from creditbank.domain.event import BankFounded
from creditbank.errors import CreditBankError, MalformedError
from creditbank.verify.evidence import Evidence, Findings, Report
from creditbank.verify.payload import opened
from creditbank.verify.replay import Counts, Replay
from creditbank.verify.text import is_name, key_from
from creditbank.verify.walk import Walk, walk

__all__ = ["verify"]

Progress = Callable[[int, int], None]


def verify(evidence: Evidence, *, progress: Progress | None = None) -> Report:
    """
    Check everything about a ledger, and decide every request again. Never raises on bad evidence.

    What it says is about the evidence as given: that the operator's key is the right one, that nothing was dropped before the first
    checkpoint or cut off after the last, it cannot know.

    Args:
        progress: Called with (done, of); every entry is walked twice.
    """
    findings = Findings()
    total, made, counts = 0, None, Counts()
    try:
        total = evidence.size()
        tell = _teller(progress, 2 * total)
        if total > 0:
            founding, zone = _founding(evidence)
            made = walk(evidence, founding, findings, tell)
            counts = _replayed(evidence, made, zone, lambda done: tell(total + done))
        else:
            _no_checkpoints(evidence, findings)
    except CreditBankError as error:
        findings.add("tree", None, str(error))
    except Exception as error:  # whatever keeps the evidence may raise what it likes
        findings.add("tree", None, f"the evidence cannot be read to its end: {error!r}")
    return Report(
        total,
        counts.requests,
        counts.verified,
        counts.forgotten,
        counts.not_replayable,
        findings.in_order(),
        0 if made is None else made.published,
    )


def _founding(evidence: Evidence) -> tuple[BankFounded, ZoneInfo]:
    """
    Return what the first entry says, on which everything else rests.

    Raises:
        MalformedError: It does not found a bank.
    """
    where, mend = "entry 0", "without a founding nothing else can be checked"
    row = next(evidence.rows(0, 1))
    if row.opened is None:
        raise MalformedError("its payload is missing", where, mend)
    event = opened(row).event
    if not isinstance(event, BankFounded):
        raise MalformedError("it does not found a bank", where, mend)
    if not is_name(event.origin):
        raise MalformedError(f"{event.origin!r} cannot be the name of a log", where, mend)
    key_from(event.key)
    try:
        return event, ZoneInfo(event.zone)
    except (KeyError, ValueError, OSError):
        raise MalformedError(
            f"{event.zone!r} is no time zone known here", where, "check the zone, or install tzdata"
        ) from None


def _replayed(evidence: Evidence, made: Walk, zone: ZoneInfo, tell: Callable[[int], None]) -> Counts:
    replay = Replay(evidence, made, zone)
    for row in evidence.rows(0, made.size):
        replay.take(row)
        tell(row.position + 1)
    return replay.end()


def _no_checkpoints(evidence: Evidence, findings: Findings) -> None:
    for size, _ in evidence.checkpoints():
        if size > 0:
            findings.add("tree", None, f"a checkpoint covers {size} entries, and here are none")


def _teller(progress: Progress | None, total: int) -> Callable[[int], None]:
    def tell(done: int) -> None:
        if progress is not None:
            progress(done, total)

    return tell
