"""
Load real curricula (培养方案) into a credit bank as documents, name every oddity met, verify all of it, and sum one up.

    python examples/curricula.py DIR [--url sqlite:///folder] [--verbose] [--show ID@EDITION]

DIR holds plans/*.toml (or just *.toml), one plan each, as github.com/HITSZ-OpenAuto/hoa-majors keeps them in src/hoa_cli/data:
[info] and [[courses]]. Every plan becomes one curriculum, published by its school; every row one course, none dropped; what
cannot be read is kept as it was written. Nothing is mended: a document says what its school said. Loading again changes
nothing. What the data does not say is assumed: ASSUMPTIONS has it in words, and the result prints them.
"""

import argparse
import base64
import os
import re
import secrets
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs

from creditbank import (
    Bank,
    CreditBankError,
    CreditSystem,
    Ed25519Signer,
    InstitutionId,
    MalformedError,
    Profile,
    PublicKey,
    Request,
    StateError,
    connect,
    found,
    institution_id,
    possession_message,
    publish_system,
    register,
)
from creditbank.codec.curriculum import curriculum_bytes, curriculum_digest
from creditbank.domain.credit import NUMBER_SIZE_MAX, number_text
from creditbank.domain.curriculum import Curriculum, CurriculumCourse, Hours, Nature
from creditbank.domain.name import Digest

ASSUMPTIONS: Final = (
    "since: a plan names the year of its cohort only; it is taken to be for those from 1 September of that year on.",
    "level: the middle part of the file's name (本 in 2020_本_自动化.toml); the plans themselves do not say.",
    "id: the code of the major, so that the years of one major are editions of one curriculum.",
)
CREDIT: Final = "Data: HITSZ-OpenAuto/hoa-majors, MIT licence; plans of Harbin Institute of Technology, Shenzhen."

OPERATOR: Final = institution_id("keys:example-bank")
SCHOOL: Final = institution_id("keys:hitsz")
SYSTEM: Final = CreditSystem("hitsz", Fraction(1, 2), "哈尔滨工业大学（深圳）学分", Fraction(16))
ZONE: Final = "Asia/Shanghai"
FIRST_DAY: Final = (9, 1)
NATURES: Final[Mapping[str, Nature]] = {"必修": "compulsory", "限选": "restricted", "选修": "elective"}
NATURE_NAMES: Final = {nature: name for name, nature in NATURES.items()}
ASSESSMENTS: Final = ("考试", "考查")
CATEGORIES: Final = ("其他", "体育", "英语", "创新创业实践", "交叉课程", "社会实践")
CODE: Final = re.compile(r"[A-Z]+[0-9]+[A-Z]?")
TERM: Final = re.compile(r"第([一二三四五])学年(秋|春|夏)季")
TERM_ORDER: Final = {"秋": 0, "春": 1, "夏": 2}
HOURS_PER_CREDIT: Final = 16
DECIMALS_MAX: Final = 3
"""More decimals than this were never written by a person: they are what is left of a binary number."""
PLANS_MAX: Final = 10_000
FINDINGS_SHOWN: Final = 20

INFO: Final = ("year", "major_code", "major_name")
READ: Final = (
    "course_code",
    "course_name",
    "course_nature",
    "course_category",
    "track",
    "credit",
    "total_hours",
    "hours",
    "recommended_year_semester",
    "assessment_method",
    "offering_college",
)
"""The keys of a row that are read; every other is kept as it is."""


@attrs.frozen
class Oddity:
    """Something that a plan says and one would not expect. *row* counts from 1; 0 is the plan, or all plans."""

    kind: str
    file: str
    row: int
    what: str

    def __str__(self) -> str:
        where = f"{self.file}, row {self.row}" if self.row else self.file
        return f"ODD {self.kind}: {where}: {self.what}"


@attrs.frozen
class Plan:
    """One file, read."""

    file: str
    rows: int
    curriculum: Curriculum
    oddities: tuple[Oddity, ...]


# --- what the files say -----------------------------------------------------------------------------------------------


def read(folder: Path) -> tuple[Plan, ...]:
    """
    Read every plan of *folder*, in order of file name.

    Raises:
        MalformedError: There is no plan; a file is no plan; two plans are the same edition of one curriculum.
    """
    files = sorted((folder / "plans" if (folder / "plans").is_dir() else folder).glob("*.toml"))
    if not 0 < len(files) <= PLANS_MAX:
        raise MalformedError(f"{len(files)} plans", str(folder), "name the folder that holds plans/*.toml")
    plans = tuple(read_plan(path) for path in files)
    editions: dict[tuple[str, str], str] = {}
    for plan in plans:
        edition = (plan.curriculum.id, plan.curriculum.edition)
        if edition in editions:
            what = f"it is curriculum {edition[0]} of {edition[1]}, and so is {editions[edition]}"
            raise MalformedError(what, plan.file, "keep one of them")
        editions[edition] = plan.file
    return plans


def read_plan(path: Path) -> Plan:
    """
    Read one plan.

    Raises:
        MalformedError: The file is not TOML, lacks [info] or [[courses]], or what a curriculum is named by.
    """
    try:
        # Exact: a number is what is written, never the binary number next to it.
        data = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise MalformedError(f"it is not TOML ({error})", str(path), "use the file as published") from None
    info, rows = data.get("info"), data.get("courses")
    if not isinstance(info, dict) or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise MalformedError("it has no [info] and [[courses]]", str(path), "use the file as published")
    for key in INFO:
        if not isinstance(info.get(key), str) or not info[key]:
            raise MalformedError(f"[info] has no {key}", str(path), "use the file as published")
    if not re.fullmatch(r"20[0-9]{2}", info["year"]):
        raise MalformedError(f"year is {info['year']!r}", str(path), "give a year such as 2020")
    readers = [_Row(path.name, number, row) for number, row in enumerate(rows, 1)]
    courses = tuple(reader.course() for reader in readers)
    try:
        curriculum = Curriculum(
            school=SCHOOL,
            id=info["major_code"],
            edition=info["year"],
            name=info["major_name"],
            level=_level(path),
            system=SYSTEM.id,
            since=date(int(info["year"]), *FIRST_DAY),
            courses=courses,
            requirements=(),
            facts=tuple((key, _written(value)) for key, value in sorted(info.items()) if key not in INFO),
            source=f"{CREDIT} {path.name}",
        )
    except MalformedError as error:
        raise MalformedError(error.what, f"{path}: {error.where}", error.mend) from None
    oddities = [*_about_plan(path, info, courses), *(odd for reader in readers for odd in reader.oddities)]
    return Plan(path.name, len(rows), curriculum, tuple(oddities))


def _level(path: Path) -> str | None:
    parts = path.stem.split("_")
    return parts[1] if len(parts) == 3 else None


def _about_plan(path: Path, info: Mapping[str, Any], courses: Sequence[CurriculumCourse]) -> Iterator[Oddity]:
    """Yield what is odd about a plan as a whole."""
    if path.stem != f"{info['year']}_{_level(path)}_{info['major_name']}":
        yield Oddity("file-name", path.name, 0, f"[info] says {info['year']} {info['major_name']}")
    if "parent_major_code" not in info:
        yield Oddity("no-parent-major", path.name, 0, "no parent_major_code")
    if not courses:
        yield Oddity("no-courses", path.name, 0, "not one row")
    first: dict[str, int] = {}
    for number, course in enumerate(courses, 1):
        if course.code is not None and first.setdefault(course.code, number) != number:
            what = (
                f"{course.code} stands in row {first[course.code]}, too (tracks {_two_tracks(courses, first, number)})"
            )
            yield Oddity("duplicate-code", path.name, number, what)


def _two_tracks(courses: Sequence[CurriculumCourse], first: Mapping[str, int], number: int) -> str:
    course = courses[number - 1]
    assert course.code is not None, "only rows with a code are duplicates"
    return f"{courses[first[course.code] - 1].track} and {course.track}"


# --- reading rows -----------------------------------------------------------------------------------------------------


class _Row:
    """Reads one row, and notes what is odd about it."""

    def __init__(self, file: str, number: int, row: Mapping[str, Any]) -> None:
        self._file = file
        self._number = number
        self._row = row
        self._unread: dict[str, str] = {}
        self.oddities: list[Oddity] = []

    def course(self) -> CurriculumCourse:
        """Return the row as a course; what cannot be read is among its facts, as it was written."""
        nature, category = self._text("course_nature"), self._text("course_category")
        course = CurriculumCourse(
            code=self._text("course_code"),
            name=self._text("course_name"),
            nature=None if nature is None else NATURES.get(nature),
            category=() if category is None else (category,),
            track=self._text("track", wanted=False),
            credits=self._number_of("credit", self._row.get("credit")),
            hours=self._hours(),
            terms=self._terms(),
            assessment=self._text("assessment_method"),
            department=self._text("offering_college"),
            facts=(),
        )
        if nature is not None and course.nature is None:
            self._keep("course_nature", nature)
            self._odd("unknown-nature", nature)
        for key in sorted(self._row.keys() - set(READ)):
            self._keep(key, self._row[key])
            self._odd("unknown-key", f"{key} = {_written(self._row[key])}")
        self._about_words(course)
        self._about_numbers(course)
        return attrs.evolve(course, facts=tuple(sorted(self._unread.items())))

    def _odd(self, kind: str, what: str) -> None:
        self.oddities.append(Oddity(kind, self._file, self._number, f"{self._row.get('course_code', '')!s}: {what}"))

    def _keep(self, key: str, value: Any) -> None:
        self._unread[key] = _written(value)

    def _text(self, key: str, *, wanted: bool = True) -> str | None:
        value = self._row.get(key)
        if isinstance(value, str) and value:
            return value
        if value is not None and value != "":
            self._keep(key, value)
            self._odd("not-text", f"{key} = {_written(value)}")
        elif wanted:
            self._odd("missing", f"no {key}")
        return None

    def _number_of(self, key: str, value: Any) -> Fraction | None:
        if value is None:
            self._odd("missing", f"no {key}")
            return None
        number = _exact(value)
        if number is None:
            self._keep(key, value)
            self._odd("not-a-number", f"{key} = {_written(value)}")
        elif number < 0:
            self._keep(key, value)
            self._odd("below-zero", f"{key} = {_written(value)}")
            return None
        elif isinstance(value, Decimal) and number * 10**DECIMALS_MAX % 1:
            self._odd("float-noise", f"{key} = {value}")
        return number

    def _hours(self) -> Hours:
        total = self._number_of("total_hours", self._row.get("total_hours"))
        parts = self._row.get("hours")
        if not isinstance(parts, dict):
            if parts is not None:
                self._keep("hours", parts)
            self._odd("missing", "no table of hours")
            return Hours(total, ())
        read = ((key, self._number_of(f"hours.{key}", value)) for key, value in parts.items())
        return Hours(total, tuple((key, number) for key, number in read if number is not None))

    def _terms(self) -> tuple[str, ...]:
        text = self._text("recommended_year_semester")
        terms = () if text is None else tuple(text.split(","))
        found = [TERM.fullmatch(term) for term in terms]
        if not all(found):
            self._odd("unknown-term", str(text))
            return terms
        order = [("一二三四五".index(match[1]), TERM_ORDER[match[2]]) for match in found if match]
        if len(order) > 1:
            self._odd("several-terms", str(text))
        if order != sorted(order):
            self._odd("terms-out-of-order", str(text))
        return terms

    def _about_words(self, course: CurriculumCourse) -> None:
        for text in (course.code, course.name):
            if text is not None and (text.strip() != text or "\n" in text):
                self._odd("stray-space", repr(text))
        if course.code is not None and not CODE.fullmatch(course.code.strip()):
            self._odd("unusual-code", f"{course.code!r} is not letters, digits and perhaps a letter")
        for category in course.category:
            if category not in CATEGORIES:
                self._odd("unknown-category", category)
        if course.assessment is not None and course.assessment not in ASSESSMENTS:
            self._odd("unknown-assessment", course.assessment)
        if course.track is not None and "," in course.track:
            self._odd("list-of-tracks", course.track)

    def _about_numbers(self, course: CurriculumCourse) -> None:
        credits, hours = course.credits, course.hours
        if credits is not None and credits % SYSTEM.quantum:
            self._odd("no-half-steps", f"{number_text(credits)} credits")
        if credits == 0:
            self._odd("no-credit", "0 credits")
        parts = sum((number for _, number in hours.parts), Fraction(0))
        if hours.total is not None and not hours.adds_up:
            self._odd("hours-differ", f"{number_text(hours.total)} in all, {number_text(parts)} in parts")
        if hours.total == parts == 0:
            self._odd("no-hours", "0 hours in all and in parts")
        if credits and hours.total and hours.total != HOURS_PER_CREDIT * credits:
            self._odd("hours-per-credit", f"{number_text(hours.total)} hours for {number_text(credits)} credits")


def _exact(value: Any) -> Fraction | None:
    """Return a number exactly; None where it is none, or cannot be written in so many characters."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    if isinstance(value, Decimal) and not (value.is_finite() and abs(value.adjusted()) < NUMBER_SIZE_MAX):
        return None
    number = Fraction(value)
    return number if len(number_text(number)) <= NUMBER_SIZE_MAX else None


def _written(value: Any) -> str:
    """Write a value of TOML as text."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_written(inner) for inner in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- what plans say together ------------------------------------------------------------------------------------------


def across(plans: Sequence[Plan]) -> Iterator[Oddity]:
    """Yield what is odd between plans: one code, or one name, that is not the same thing everywhere."""
    rows = [(plan, course) for plan in plans for course in plan.curriculum.courses]
    by_code: dict[str, list[tuple[Plan, CurriculumCourse]]] = {}
    codes: dict[str, set[str]] = {}
    for plan, course in rows:
        if course.code is not None:
            by_code.setdefault(course.code, []).append((plan, course))
            if course.name is not None:
                codes.setdefault(course.name, set()).add(course.code)
    for code, places in sorted(by_code.items()):
        for kind, values in (
            ("code-many-names", [(course.name or "none", plan) for plan, course in places]),
            ("code-many-credits", [(_or_none(course.credits), plan) for plan, course in places]),
            ("code-many-hours", [(_or_none(course.hours.total), plan) for plan, course in places]),
        ):
            if len({value for value, _ in values}) > 1:
                yield Oddity(kind, "all plans", 0, f"{code}: {_by_year(values)}")
    for name, found_codes in sorted(codes.items()):
        if len(found_codes) > 1:
            yield Oddity("name-many-codes", "all plans", 0, f"{name!r}: {', '.join(sorted(found_codes))}")


def _or_none(number: Fraction | None) -> str:
    return "none" if number is None else number_text(number)


def _by_year(values: Sequence[tuple[str, Plan]]) -> str:
    """Write each value with the years in which it stands."""
    years: dict[str, set[str]] = {}
    for value, plan in values:
        years.setdefault(value, set()).add(plan.curriculum.edition)
    return "; ".join(f"{value!r} in {', '.join(sorted(of))}" for value, of in sorted(years.items()))


# --- the bank ---------------------------------------------------------------------------------------------------------


def open_bank(url: str) -> Bank:
    """Open the bank at *url* with its keys, founding it, the school and its credit system where they are not there."""
    signers = {each: _signer(url, each) for each in (OPERATOR, SCHOOL)}
    bank = connect(url, signers=signers)
    keys = {each: PublicKey.of(signer) for each, signer in signers.items()}
    if bank.store.size() == 0:
        # The high-water mark of a log is kept by its origin, so each bank this program founds has its own.
        origin = f"curricula.example.org/{secrets.token_hex(4)}"
        today = datetime.now(ZoneInfo(ZONE)).date()
        operator = Profile("Example credit bank", "operator", ("operator", "registrar", "eraser"), "")
        bank.record(Request(OPERATOR, "found", today), found, operator, str(keys[OPERATOR]), origin, ZONE)
    known, today = bank.known(), bank.today()
    if known.stranger(SCHOOL).profile is None:
        message = possession_message(bank.founding.origin, SCHOOL, keys[SCHOOL])
        possession = base64.b64encode(signers[SCHOOL].sign(message)).decode("ascii")
        profile = Profile("哈尔滨工业大学（深圳）", "university", ("school",), "440300")
        bank.record(Request(OPERATOR, "register", today), register, SCHOOL, profile, str(keys[SCHOOL]), possession)
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


def load(bank: Bank, plans: Sequence[Plan]) -> dict[str, Digest]:
    """
    Publish the curriculum of each plan, and return their digests by ``id@edition``. What is there is left as it is.

    Raises:
        StateError: The edition was published with other contents before.
        CreditBankError: as :meth:`Bank.publish`.
    """
    known, published = bank.known(), {}
    for plan in plans:
        curriculum = plan.curriculum
        name = f"{curriculum.id}@{curriculum.edition}"
        held = known.curricula(curriculum.stream).edition(curriculum.edition)
        if held is None:
            published[name] = bank.publish(Request(SCHOOL, f"curriculum/{name}", bank.today()), curriculum)
        elif held.digest != curriculum_digest(curriculum_bytes(curriculum)):
            raise StateError("plan", plan.file, "published otherwise before", "load changed data into its own bank")
        else:
            published[name] = held.digest
    return published


# --- what is printed --------------------------------------------------------------------------------------------------


def summary(curriculum: Curriculum) -> Iterator[str]:
    """Yield what a curriculum comes to, by nature and category; a course counts once, in however many tracks it stands."""
    counted: dict[tuple[str, str], list[Fraction]] = {}
    seen: set[str] = set()
    again = unknown = 0
    for course in curriculum.courses:
        if course.code is not None and course.code in seen:
            again += 1
            continue
        seen.update(() if course.code is None else (course.code,))
        unknown += course.credits is None
        nature = "(none)" if course.nature is None else NATURE_NAMES[course.nature]
        group = (nature, "、".join(course.category) or "(none)")
        counted.setdefault(group, []).append(course.credits or Fraction(0))
    yield f"{curriculum.name} {curriculum.edition} ({curriculum.stream}): {len(curriculum.courses)} rows"
    for (nature, category), credits in sorted(counted.items()):
        yield f"  {nature} {category}: {len(credits)} courses, {number_text(sum(credits, Fraction(0)))} credits"
    whole = [credits for each in counted.values() for credits in each]
    yield f"  in all: {len(whole)} courses, {number_text(sum(whole, Fraction(0)))} credits"
    yield f"  not counted: {again} rows that repeat a code; without credits: {unknown}"


def run(arguments: argparse.Namespace) -> int:
    """Read, publish, verify, print; return 0, or 3 where something does not hold."""
    plans = read(arguments.folder)
    names = [f"{plan.curriculum.id}@{plan.curriculum.edition}" for plan in plans]
    shown = arguments.show or names[0]
    if shown not in names:
        raise MalformedError(f"{shown!r} is not loaded", "--show", f"name one such as {names[0]}")
    with open_bank(arguments.url) as bank:
        before = bank.store.size()
        published = load(bank, plans)
        bank.checkpoint()
        known, kept, largest = bank.known(), 0, 0
        for plan, name in zip(plans, names, strict=True):
            courses = len(known.curriculum(published[name]).courses)
            size_bytes = len(curriculum_bytes(plan.curriculum))
            kept, largest = kept + courses, max(largest, size_bytes)
            if arguments.verbose:
                print(f"{plan.file}: {plan.rows} rows, {courses} courses, {size_bytes} bytes, {name} {published[name]}")
        oddities = [*(odd for plan in plans for odd in plan.oddities), *across(plans)]
        for odd in oddities:
            print(str(odd).replace("\n", "\\n"))
        for kind, count in sorted(Counter(odd.kind for odd in oddities).items()):
            print(f"oddities {kind}: {count}")
        print(f"plans: {len(plans)}, new entries: {bank.store.size() - before}, largest document: {largest} bytes")
        print(f"rows: {sum(plan.rows for plan in plans)} read, {kept} courses kept in documents")
        report = bank.verify()
        print(f"verified: {report.verified} of {report.requests} requests, {report.entries} entries, ok: {report.ok}")
        for finding in report.findings[:FINDINGS_SHOWN]:
            print(f"  {finding}")
        for line in (
            *summary(known.curriculum(published[shown])),
            *(f"ASSUMED {each}" for each in ASSUMPTIONS),
            CREDIT,
        ):
            print(line)
    return 0 if report.ok else 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; the exit code is 0, or that of the error's family."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="\n".join((*(f"ASSUMED {each}" for each in ASSUMPTIONS), CREDIT)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder that holds plans/*.toml")
    parser.add_argument("--url", default="memory:", help="sqlite:///folder or memory: (the default)")
    parser.add_argument("--verbose", action="store_true", help="print each file with its rows and its document")
    parser.add_argument("--show", metavar="ID@EDITION", help="which curriculum to sum up; by default the first")
    try:
        return run(parser.parse_args(argv))
    except CreditBankError as error:
        print(f"curricula: {error}", file=sys.stderr)
        code: int = error.exit_code
        return code


if __name__ == "__main__":
    sys.exit(main())
