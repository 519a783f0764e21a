"""
Load real course runs of the Open University (OULAD) into a credit bank, verify all of it, and print one statement.

    python examples/oulad.py DIR --module AAA [--url sqlite:///folder] [--limit N] [--person ID]

DIR holds courses.csv, assessments.csv, studentInfo.csv, studentRegistration.csv and studentAssessment.csv. Every person
becomes one account, every attempt at a presentation an enrolment, every Pass or Distinction an outcome. Loading again
changes nothing. What the data does not say is assumed: ASSUMPTIONS has it in words, and the result prints them.
"""

import argparse
import base64
import csv
import os
import re
import secrets
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from creditbank import (
    AccountId,
    Bank,
    CourseResult,
    Credit,
    CreditBankError,
    CreditSystem,
    Ed25519Signer,
    Enrolment,
    InstitutionId,
    KeyReusedError,
    Known,
    MalformedError,
    Person,
    Profile,
    Programme,
    PublicKey,
    Request,
    StateError,
    call,
    connect,
    deposit,
    end_enrolment,
    enrol,
    enter,
    found,
    institution_id,
    open_account,
    possession_message,
    publish_system,
    register,
    statement,
)
from creditbank.bank import Call
from creditbank.domain.account import HeldEnrolment

ASSUMPTIONS: Final = (
    "credits: OULAD gives no module a credit value (studied_credits is ALL that a person studies at the time). A module is "
    "taken to bear the least studied_credits of anyone on the presentation: it cannot bear more, and bears just that if "
    "anyone studied it alone, which is assumed. Passing one module twice bears credit once.",
    "dates: a presentation B begins on 1 February, J on 1 October of its year, and ends module_presentation_length days later; "
    "results count from that day, and a programme's months are begun 30-day months.",
    "withdrawals: the day of unregistration is missing in this copy; every enrolment ends when its presentation does.",
)
CREDIT: Final = "Data: OULAD, Kuzilek, Hlosta and Zdrahal (2017), Open University, CC BY 4.0."

OPERATOR: Final = institution_id("keys:example-bank")
UNIVERSITY: Final = institution_id("keys:open-university")
SYSTEM: Final = CreditSystem("ou-points", Fraction(1), "Open University credit points", None)
ZONE: Final = "Europe/London"
STARTS: Final = {"B": (2, 1), "J": (10, 1)}
"""(month, day) on which a presentation begins, by the letter after its year: OULAD names the month only."""
PASSED: Final = ("Pass", "Distinction")
RESULTS: Final = (*PASSED, "Fail", "Withdrawn")
MONTH_DAYS: Final = 30
CHUNK: Final = 1_000
"""People recorded in one transaction."""
PROGRESS_EVERY: Final = 10_000
FINDINGS_SHOWN: Final = 20


# --- what the files say -----------------------------------------------------------------------------------------------


@attrs.frozen
class Presentation:
    """One run of a module, such as AAA/2013J; *points* are assumed (see ASSUMPTIONS)."""

    module: str
    code: str
    days: int
    points: int

    @property
    def id(self) -> str:
        """Return ``module/code``."""
        return f"{self.module}/{self.code}"

    @property
    def start(self) -> date:
        """Return the first day, assumed from the month."""
        month, day = STARTS[self.code[-1]]
        return date(int(self.code[:4]), month, day)

    @property
    def end(self) -> date:
        """Return the day on which enrolments end and results count."""
        return self.start + timedelta(days=self.days)

    @property
    def credits(self) -> Credit:
        """Return what passing it bears."""
        return SYSTEM.credit(Fraction(self.points))


@attrs.frozen
class Attempt:
    """A person on a presentation. *facts* are the file's numbers; *bears* is false where the module was passed before."""

    person: str
    presentation: Presentation
    result: str
    facts: tuple[tuple[str, str | bool | int], ...]
    bears: bool = True

    @property
    def key(self) -> str:
        """Return the stem of its idempotency keys."""
        return f"{self.presentation.id}/{self.person}"

    @property
    def enrolment(self) -> Enrolment:
        """Return what the university says of it at its start."""
        run = self.presentation
        name = f"Module {run.module}, presentation {run.code}"
        programme = Programme(run.id, name, "module", -(-run.days // MONTH_DAYS), run.credits)
        return Enrolment(UNIVERSITY, programme, run.code, run.start, self.facts)

    @property
    def outcome(self) -> CourseResult | None:
        """Return what was achieved; None unless passed."""
        if self.result not in PASSED:
            return None
        run = self.presentation
        return CourseResult(
            title=f"Module {run.module}",
            issuer=UNIVERSITY,
            achieved_on=run.end,
            credits=run.credits if self.bears else None,
            code=run.id,
            grade=self.result,
        )


@attrs.frozen
class Score:
    """A mark 0 to 100 for coursework of *weight*; None where the file leaves it blank, which is not zero."""

    weight: Fraction
    mark: int | None
    banked: bool


@attrs.frozen
class Dataset:
    """Everything read: attempts by person, in the order of the file, and coursework scores by (presentation, person)."""

    people: Mapping[str, tuple[Attempt, ...]]
    scores: Mapping[tuple[str, str], tuple[Score, ...]]


def read(folder: Path, modules: Sequence[str] = ()) -> Dataset:
    """
    Read the presentations of *modules* (all that are there, if none is named).

    Raises, in this order:
        MalformedError: A file is missing or no such table; there is no such module; a row is not as OULAD has it.
    """
    lengths = {
        (row["code_module"], row["code_presentation"]): _whole(row["module_presentation_length"], where, 1)
        for where, row in _rows(folder / "courses.csv", COURSES)
    }
    for module in modules:
        if module not in {run[0] for run in lengths}:
            there = ", ".join(sorted({run[0] for run in lengths}))
            raise MalformedError(f"there is no module {module!r}", str(folder / "courses.csv"), f"choose from {there}")
    infos = _by_run(folder, "studentInfo.csv", INFO)
    registered = _registrations(folder)
    attempts: dict[str, dict[str, Attempt]] = {}
    for run, rows in infos.items():
        if modules and run[0] not in modules:
            continue
        points = min(_whole(row["studied_credits"], where, 1) for where, row in rows)
        presentation = _presentation(run, lengths, points, rows[0][0])
        for where, row in rows:
            attempt = _attempt(presentation, row, registered, where)
            if presentation.id in attempts.setdefault(attempt.person, {}):
                raise MalformedError("the same person twice on one presentation", where, "keep one row")
            attempts[attempt.person][presentation.id] = attempt
    people = {person: _in_time(list(of.values())) for person, of in attempts.items()}
    return Dataset(people, _scores(folder, {(run, person) for person, of in attempts.items() for run in of}))


def _in_time(attempts: list[Attempt]) -> tuple[Attempt, ...]:
    """Order one person's attempts by time; credit is borne by a module's first pass alone."""
    passed: set[str] = set()
    ordered = []
    for attempt in sorted(attempts, key=lambda each: (each.presentation.start, each.presentation.id)):
        ordered.append(attrs.evolve(attempt, bears=attempt.presentation.module not in passed))
        if attempt.result in PASSED:
            passed.add(attempt.presentation.module)
    return tuple(ordered)


@attrs.frozen
class Coursework:
    """
    The weighted mean of a person's own marks on a presentation; None where nothing with a weight was marked.

    Blank marks are left out, not zero. Banked ones count where they were earned, so they are left out here. Exams are not
    coursework: the file weighs them apart.
    """

    mean: Fraction | None
    weight: Fraction
    blank: int
    banked: int


def coursework(scores: Sequence[Score]) -> Coursework:
    """Weigh *scores*."""
    own = [(score.weight, score.mark) for score in scores if not score.banked and score.mark is not None]
    weight = sum((weight for weight, _ in own), Fraction(0))
    total = sum((weight * mark for weight, mark in own), Fraction(0))
    blank = sum(score.mark is None for score in scores)
    return Coursework(total / weight if weight else None, weight, blank, sum(score.banked for score in scores))


# --- reading rows -----------------------------------------------------------------------------------------------------

Row = dict[str, str]
COURSES: Final = ("code_module", "code_presentation", "module_presentation_length")
KEY: Final = ("code_module", "code_presentation", "id_student")
INFO: Final = (*KEY, "num_of_prev_attempts", "studied_credits", "final_result")
REGISTRATION: Final = (*KEY, "date_registration")
ASSESSMENTS: Final = ("code_module", "code_presentation", "id_assessment", "assessment_type", "weight")
MARKS: Final = ("id_assessment", "id_student", "is_banked", "score")


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, Row]]:
    """Yield (file:line, row) of a table that has *columns* and perhaps more."""
    if not path.is_file():
        raise MalformedError("there is no such file", str(path), "name the folder that holds OULAD's tables")
    with path.open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file, strict=True)
        try:
            missing = set(columns) - set(table.fieldnames or ())
            if missing:
                raise MalformedError(f"no column {', '.join(sorted(missing))}", str(path), "use the table as published")
            for row in table:
                where = f"{path}:{table.line_num}"
                if None in row or None in row.values():
                    raise MalformedError("not as many fields as columns", where, "use the table as published")
                yield where, row
        except (csv.Error, UnicodeDecodeError) as error:
            raise MalformedError(str(error), f"{path}:{table.line_num}", "use the table as published") from None


def _by_run(folder: Path, name: str, columns: Sequence[str]) -> dict[tuple[str, str], list[tuple[str, Row]]]:
    found: dict[tuple[str, str], list[tuple[str, Row]]] = {}
    for where, row in _rows(folder / name, columns):
        found.setdefault((row["code_module"], row["code_presentation"]), []).append((where, row))
    return found


def _presentation(
    run: tuple[str, str], lengths: Mapping[tuple[str, str], int], points: int, where: str
) -> Presentation:
    if run not in lengths:
        raise MalformedError(f"presentation {'/'.join(run)} is not in courses.csv", where, "add its length there")
    if not re.fullmatch(r"20[0-9]{2}[BJ]", run[1]):
        raise MalformedError(f"{run[1]!r} is no presentation", where, "give a year and B or J, such as 2013J")
    return Presentation(*run, lengths[run], points)


def _attempt(presentation: Presentation, row: Row, registered: Mapping[tuple[str, ...], str], where: str) -> Attempt:
    person, result = row["id_student"], row["final_result"]
    _whole(person, where)
    if result not in RESULTS:
        raise MalformedError(f"{result!r} is no final result", where, f"give one of {', '.join(RESULTS)}")
    day = registered.get((presentation.module, presentation.code, person))
    if day is None:
        raise MalformedError(f"person {person} is not in studentRegistration.csv", where, "add the registration")
    facts = [("previous_attempts", _whole(row["num_of_prev_attempts"], where))]
    if day:
        match = re.fullmatch(r"(-?[0-9]+)(?:\.0)?", day)
        if match is None:
            raise MalformedError(f"{day!r} is no day", where, "give date_registration as days from the start")
        facts.append(("registered_day", int(match[1])))
    return Attempt(person, presentation, result, tuple(facts))


def _registrations(folder: Path) -> dict[tuple[str, ...], str]:
    """Return date_registration as it is written, blank where it is not known."""
    return {
        tuple(row[column] for column in KEY): row["date_registration"]
        for _, row in _rows(folder / "studentRegistration.csv", REGISTRATION)
    }


def _scores(folder: Path, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], tuple[Score, ...]]:
    """Return the coursework scores of the *wanted* (presentation, person)."""
    assessments: dict[str, tuple[str, str, Fraction]] = {}
    for where, row in _rows(folder / "assessments.csv", ASSESSMENTS):
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", row["weight"]):
            raise MalformedError(f"{row['weight']!r} is no weight", where, "give a number")
        run = f"{row['code_module']}/{row['code_presentation']}"
        assessments[row["id_assessment"]] = (run, row["assessment_type"], Fraction(row["weight"]))
    scores: dict[tuple[str, str], list[Score]] = {}
    for where, row in _rows(folder / "studentAssessment.csv", MARKS):
        if row["id_assessment"] not in assessments:
            raise MalformedError(f"there is no assessment {row['id_assessment']!r}", where, "add it to assessments.csv")
        run, kind, weight = assessments[row["id_assessment"]]
        if kind == "Exam" or (run, row["id_student"]) not in wanted:
            continue
        if row["is_banked"] not in ("0", "1"):
            raise MalformedError(f"is_banked is {row['is_banked']!r}", where, "give 0 or 1")
        mark = _whole(row["score"], where) if row["score"] else None
        if mark is not None and mark > 100:
            raise MalformedError(f"a score of {mark}", where, "give 0 to 100, or nothing")
        scores.setdefault((run, row["id_student"]), []).append(Score(weight, mark, row["is_banked"] == "1"))
    return {each: tuple(of) for each, of in scores.items()}


def _whole(text: str, where: str, least: int = 0) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]{0,8}", text) or int(text) < least:
        raise MalformedError(f"{text!r} is no whole number from {least} up", where, "use the table as published")
    return int(text)


# --- the bank ---------------------------------------------------------------------------------------------------------


def open_bank(url: str) -> Bank:
    """Open the bank at *url* with its keys, founding it, the university and its credit system where they are not there."""
    signers = {each: _signer(url, each) for each in (OPERATOR, UNIVERSITY)}
    bank = connect(url, signers=signers)
    keys = {each: PublicKey.of(signer) for each, signer in signers.items()}
    if bank.store.size() == 0:
        # The high-water mark of a log is kept by its origin, so each bank this program founds has its own.
        origin = f"oulad.example.org/{secrets.token_hex(4)}"
        today = datetime.now(ZoneInfo(ZONE)).date()
        operator = Profile("Example credit bank", "operator", ("operator", "registrar", "eraser"), "")
        bank.record(Request(OPERATOR, "found", today), found, operator, str(keys[OPERATOR]), origin, ZONE)
    known, today = bank.known(), bank.today()
    if known.stranger(UNIVERSITY).profile is None:
        message = possession_message(bank.founding.origin, UNIVERSITY, keys[UNIVERSITY])
        possession = base64.b64encode(signers[UNIVERSITY].sign(message)).decode("ascii")
        profile = Profile("The Open University", "open-university", ("school",), "")
        request = Request(OPERATOR, "register/university", today)
        bank.record(request, register, UNIVERSITY, profile, str(keys[UNIVERSITY]), possession)
    if SYSTEM.id not in known.catalogue().systems:
        bank.record(Request(OPERATOR, "system", today), publish_system, SYSTEM)
    return bank


def _signer(url: str, institution: InstitutionId) -> Ed25519Signer:
    """Return the institution's key from the bank's folder, making it the first time; a fresh one for ``memory:``."""
    scheme, separator, folder = url.partition(":///")
    if scheme != "sqlite" or not separator or not folder:
        return Ed25519Signer.generate()
    path = Path(folder) / "keys" / f"{institution.partition(':')[2]}.pem"
    if path.exists():
        return Ed25519Signer.from_pem(path.read_text(encoding="ascii"))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    signer = Ed25519Signer.generate()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(signer.to_pem())
    return signer


def load(bank: Bank, people: Mapping[str, Sequence[Attempt]]) -> dict[str, AccountId]:
    """
    Record *people* with their attempts, and return their accounts. What is there already is left as it is.

    Raises:
        StateError: A row was recorded otherwise before.
        CreditBankError: as :meth:`Bank.record_all`.
    """
    accounts: dict[str, AccountId] = {}
    names = list(people)
    for first in range(0, len(names), CHUNK):
        chunk = {name: people[name] for name in names[first : first + CHUNK]}
        accounts |= _load_chunk(bank, chunk)
        _say(f"loaded {len(accounts)} of {len(names)} people")
    return accounts


def _load_chunk(bank: Bank, people: Mapping[str, Sequence[Attempt]]) -> dict[str, AccountId]:
    """Two transactions: an enrolment is ended by its id, which it has when it is recorded. Only what lacks is asked for."""
    # The data is anonymous, and a bank needs no more of a person than what tells one from another.
    entered = enter(bank.vault, [Person(f"OULAD {each}", "oulad-student", each, {}) for each in people])
    accounts = {person: account for person, (account, _) in zip(people, entered, strict=True)}
    attempts = [(accounts[person], attempt) for person, of in people.items() for attempt in of]
    known = bank.known()
    new = {account for account in accounts.values() if known.vacant(account)}
    calls = {
        f"{person}/open": call(open_account, account, claim)
        for person, (account, claim) in zip(people, entered, strict=True)
        if account in new
    }
    for account, attempt in attempts:
        if account in new or _standing(known, account, attempt) is None:
            calls[f"{attempt.key}/enrol"] = call(enrol, account, attempt.enrolment)
    _record(bank, calls)
    known, calls = bank.known(), {}
    for account, attempt in attempts:
        held = _standing(known, account, attempt)
        if held is None:
            raise _otherwise(attempt.key)
        if held.until is None:
            # Both in one transaction: whatever is ended has its outcome.
            if attempt.outcome is not None:
                calls[f"{attempt.key}/deposit"] = call(deposit, account, attempt.outcome)
            ended = call(end_enrolment, account, held.id, attempt.presentation.end, attempt.result)
            calls[f"{attempt.key}/end"] = ended
        else:
            _check(known, account, attempt)
    _record(bank, calls)
    return accounts


def _record(bank: Bank, calls: Mapping[str, Call]) -> None:
    """Record *calls* of the university, all or none."""
    try:
        bank.record_all(UNIVERSITY, calls)
    except KeyReusedError as error:
        raise _otherwise(error.key) from None


def _standing(known: Known, account: AccountId, attempt: Attempt) -> HeldEnrolment | None:
    """Return the enrolment that stands for *attempt*."""
    held = known.account(account).enrolments.values()
    return next((each for each in held if each.enrolment == attempt.enrolment), None)


def _check(known: Known, account: AccountId, attempt: Attempt) -> None:
    """Be sure that what was recorded of *attempt*, whenever that was, is what its row says now."""
    held, standing = known.account(account), _standing(known, account, attempt)
    results = [each.outcome for each in held.outcomes.values() if isinstance(each.outcome, CourseResult)]
    recorded = [each for each in results if each.code == attempt.presentation.id]
    wanted = [] if attempt.outcome is None else [attempt.outcome]
    if standing is None or standing.until != attempt.presentation.end or recorded != wanted:
        raise _otherwise(attempt.key)


def _otherwise(key: str) -> StateError:
    return StateError("row", key, "recorded otherwise before", "load changed data into a bank of its own")


# --- what is printed --------------------------------------------------------------------------------------------------


def summary(data: Dataset, people: Mapping[str, Sequence[Attempt]]) -> Iterator[str]:
    """Yield what was loaded, line by line, and on which assumptions."""
    attempts = [attempt for of in people.values() for attempt in of]
    results = Counter(attempt.result for attempt in attempts)
    left = [coursework(data.scores.get((each.presentation.id, each.person), ())) for each in attempts]
    yield f"people: {len(people)}"
    yield f"enrolments: {len(attempts)}"
    yield "outcomes: " + str(sum(results[each] for each in PASSED)) + _listed(results, PASSED)
    yield "no outcome: " + str(sum(results[each] for each in RESULTS[2:])) + _listed(results, RESULTS[2:])
    yield f"marks not weighed: {sum(each.blank for each in left)} blank, {sum(each.banked for each in left)} banked"
    for run in sorted({attempt.presentation for attempt in attempts}, key=lambda each: each.id):
        yield f"{run.id}: {run.start} to {run.end}, {run.points} credits (assumed)"
    yield from (f"ASSUMED {each}" for each in ASSUMPTIONS)
    yield CREDIT


def _listed(results: Mapping[str, int], names: Sequence[str]) -> str:
    return " (" + ", ".join(f"{name} {results.get(name, 0)}" for name in names) + ")"


def person_lines(known: Known, account: AccountId, attempts: Sequence[Attempt], data: Dataset) -> Iterator[str]:
    """Yield the statement of *account*, and below it what the bank does not hold: the person's coursework."""
    said = statement(known, account)
    yield f"statement of {said.account}, as of {said.position} entries"
    for enrolled in said.enrolments:
        yield f"  enrolled  {enrolled.enrolment.programme.name}, {enrolled.enrolment.since} to {enrolled.until}"
    for held in said.outcomes:
        outcome = held.outcome
        worth = "no credit" if outcome.credits is None else f"{SYSTEM.text(outcome.credits)} {SYSTEM.id}"
        grade = outcome.grade if isinstance(outcome, CourseResult) else ""
        yield f"  outcome   {outcome.title}, {grade}, {outcome.achieved_on}, {worth}"
    for credit in said.held:
        yield f"  held      {known.system(credit.system).text(credit)} {credit.system}"
    for attempt in attempts:
        marks = coursework(data.scores.get((attempt.presentation.id, attempt.person), ()))
        mean = (
            "no weighted mark"
            if marks.mean is None
            else f"mean {_tenths(marks.mean)} over weight {_tenths(marks.weight)}"
        )
        yield f"  (file)    {attempt.presentation.id} coursework: {mean}; {marks.blank} blank, {marks.banked} banked"


def _tenths(number: Fraction) -> str:
    """Write *number* (>= 0) to one place, half up."""
    tenths = (20 * number.numerator + number.denominator) // (2 * number.denominator)
    return f"{tenths // 10}.{tenths % 10}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _verifying(done: int, of: int) -> None:
    if done % PROGRESS_EVERY == 0 or done == of:
        _say(f"verified {done} of {of}")


# --- the program ------------------------------------------------------------------------------------------------------


def run(arguments: argparse.Namespace) -> int:
    """Read, load, verify, print; return 0, or 3 where something does not hold."""
    data = read(arguments.folder, arguments.module)
    people = dict(list(data.people.items())[: arguments.limit])
    shown = arguments.person or next(iter(people), "")
    if shown not in people:
        raise MalformedError(f"person {shown!r} is not loaded", "--person", "name one of the people loaded")
    with open_bank(arguments.url) as bank:
        before = bank.store.size()
        accounts = load(bank, people)
        bank.checkpoint()
        print(f"new entries: {bank.store.size() - before}")
        for line in summary(data, people):
            print(line)
        report = bank.verify(progress=_verifying)
        print(f"verified: {report.verified} of {report.requests} requests, {report.entries} entries, ok: {report.ok}")
        for finding in report.findings[:FINDINGS_SHOWN]:
            print(f"  {finding}")
        for line in person_lines(bank.known(), accounts[shown], people[shown], data):
            print(line)
    return 0 if report.ok else 3


def _counted(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 up")
    return int(text)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; the exit code is 0, or that of the error's family."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="\n".join((*(f"ASSUMED {each}" for each in ASSUMPTIONS), CREDIT)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of OULAD's tables")
    parser.add_argument(
        "--module", action="append", metavar="CODE", default=[], help="this module only; may be repeated"
    )
    parser.add_argument("--url", default="memory:", help="sqlite:///folder or memory: (the default)")
    parser.add_argument("--limit", type=_counted, metavar="N", help="load the first N people only")
    parser.add_argument("--person", metavar="ID", help="whose statement to print; by default the first loaded")
    try:
        return run(parser.parse_args(argv))
    except CreditBankError as error:
        _say(f"oulad: {error}")
        code: int = error.exit_code
        return code


if __name__ == "__main__":
    sys.exit(main())
