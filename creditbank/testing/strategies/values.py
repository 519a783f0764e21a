"""
Values that stand alone: credit, levels, days, hours, names, and the numbers that people and schools go by.
"""

import string
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Final, TypeVar, get_args

import hypothesis.strategies as st

from creditbank.domain.certificate_number import FORMATS, NumberFormat
from creditbank.domain.credit import QUANTA_MAX, Credit, CreditSystem
from creditbank.domain.hours import CONVENTIONS, HOUR_RATES, Convention, HourRate, Span
from creditbank.domain.identifier import PROVINCE, PupilNumber, ResidentId, SocialCreditCode
from creditbank.domain.level import CROSSWALKS, FRAMEWORKS, Crosswalk, Framework, Level
from creditbank.domain.major_code import MAJOR_EDITIONS, MajorCode
from creditbank.domain.name import AccountId, Claim, Digest, InstitutionId, Token, account_id, institution_id
from creditbank.domain.period import COUNT_MAX, STARTS_MAX, Calendar, Duration, Term, Unit
from creditbank.domain.school_number import DiplomaNumber, InstitutionCode
from creditbank.errors import MalformedError

__all__ = [
    "account_ids",
    "calendars",
    "certificate_numbers",
    "claims",
    "conventions",
    "credit_systems",
    "credits",
    "crosswalks",
    "days",
    "digests",
    "diploma_numbers",
    "durations",
    "frameworks",
    "hour_rates",
    "ids",
    "institution_codes",
    "institution_ids",
    "levels",
    "major_codes",
    "pupil_numbers",
    "resident_ids",
    "social_credit_codes",
    "spans",
    "terms",
    "titles",
    "tokens",
]

T = TypeVar("T")

DAY_MIN: Final = date(1950, 1, 1)
DAY_MAX: Final = date(2099, 12, 31)
SIZE_MAX: Final = 20
"""Characters of a drawn name; long ones find nothing that short ones do not."""

_BORN_MAX: Final = date(2020, 12, 31)
_PROVINCES: Final = tuple(str(number) for number in range(11, 66) if PROVINCE.fullmatch(str(number)))
_WORDS: Final = ("数字影像处理", "Web前端开发", "家政服务员", "软件技术", "中餐烹饪", "计算机基础", "Café management")


# --- words and names --------------------------------------------------------------------------------------------------


@cache  # asked for within others' draws; to make it anew each time costs more than drawing
def titles() -> st.SearchStrategy[str]:
    """Return names of things as people write them: printable, not blank, without space around them."""
    odd = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=SIZE_MAX)
    return st.sampled_from(_WORDS) | odd


def ids() -> st.SearchStrategy[str]:
    """Return what ids of events are made of: 32 hexadecimal digits."""
    return st.binary(min_size=16, max_size=16).map(bytes.hex)


def digests() -> st.SearchStrategy[Digest]:
    """Return digests, of no document in particular."""
    return st.binary(min_size=32, max_size=32).map(lambda found: Digest(found.hex()))


def tokens() -> st.SearchStrategy[Token]:
    """Return tokens as a vault makes them: 64 hexadecimal digits."""
    return st.binary(min_size=32, max_size=32).map(lambda found: Token(found.hex()))


def claims(kind: str | None = None) -> st.SearchStrategy[Claim]:
    """Return claims of *kind*: ``person`` or ``certificate-number``; by default either."""
    kinds = st.sampled_from(("person", "certificate-number")) if kind is None else st.just(kind)
    return st.builds(Claim, kinds, tokens())


def account_ids() -> st.SearchStrategy[AccountId]:
    """Return ids of accounts."""
    return ids().map(lambda found: account_id(f"account:{found}"))


def institution_ids() -> st.SearchStrategy[InstitutionId]:
    """Return ids of institutions."""
    slugs = st.sampled_from(("college", "assessor", "high-school")) | _of(string.ascii_letters + string.digits, 1, 20)
    return slugs.map(lambda slug: institution_id(f"keys:{slug}"))


# --- credit, levels, hours --------------------------------------------------------------------------------------------


@st.composite
def credit_systems(draw: st.DrawFn) -> CreditSystem:
    """Draw a credit system (学分制); quanta of a whole, half or tenth credit, and odd ones."""
    usual = st.sampled_from((Fraction(1), Fraction(1, 2), Fraction(1, 10)))
    odd = st.fractions(min_value=Fraction(1, 100), max_value=100, max_denominator=100)
    return CreditSystem(draw(_slugs()), draw(usual | odd), draw(titles()), draw(st.none() | odd))


def credits(
    system: CreditSystem | str | None = None, *, min_quanta: int = -QUANTA_MAX, max_quanta: int = QUANTA_MAX
) -> st.SearchStrategy[Credit]:
    """Return credit of *system*, or of any; below zero too, as one side of a posting is, unless *min_quanta* says no."""
    names = _slugs() if system is None else st.just(system.id if isinstance(system, CreditSystem) else system)
    return st.builds(Credit, names, st.integers(min_quanta, max_quanta))


def frameworks() -> st.SearchStrategy[Framework]:
    """Return the frameworks of levels that creditbank knows."""
    return st.sampled_from(tuple(FRAMEWORKS.values()))


def levels(framework: Framework | None = None) -> st.SearchStrategy[Level]:
    """Return levels of *framework*, by default of any that creditbank knows."""
    if framework is None:
        return frameworks().flatmap(levels)
    return st.sampled_from(framework.values).map(framework.level)


def crosswalks() -> st.SearchStrategy[Crosswalk]:
    """Return the published rows between frameworks."""
    return st.sampled_from(CROSSWALKS)


def spans() -> st.SearchStrategy[Span]:
    """Return intervals of amounts."""
    amounts = st.fractions(min_value=0, max_value=1000, max_denominator=100)
    return st.lists(amounts, min_size=2, max_size=2, unique=True).map(lambda found: Span(*sorted(found)))


def hour_rates() -> st.SearchStrategy[HourRate]:
    """Return the published rates between hours and credits."""
    return st.sampled_from(tuple(HOUR_RATES.values()))


def conventions() -> st.SearchStrategy[Convention]:
    """Return the published ratios between credit systems."""
    return st.sampled_from(tuple(CONVENTIONS.values()))


# --- days -------------------------------------------------------------------------------------------------------------


def days(since: date = DAY_MIN, until: date = DAY_MAX) -> st.SearchStrategy[date]:
    """Return days from *since* to *until*, both included."""
    return st.dates(since, until)


def durations() -> st.SearchStrategy[Duration]:
    """Return durations, mostly of a few days, months or years."""
    return st.builds(Duration, st.integers(1, 40) | st.integers(1, COUNT_MAX), st.sampled_from(get_args(Unit)))


def terms() -> st.SearchStrategy[Term]:
    """Return terms of a day to a year."""
    return st.builds(
        lambda id, since, days: Term(id, since, since + timedelta(days=days)), titles(), days(), st.integers(1, 366)
    )


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Draw a calendar: recurring, or of given terms without gap."""
    id = draw(titles())
    if draw(st.booleans()):
        # 2001 has no 29 February, which no calendar may begin a term on.
        starts = draw(
            st.lists(days(date(2001, 1, 1), date(2001, 12, 31)), min_size=1, max_size=STARTS_MAX, unique=True)
        )
        return Calendar(id, starts=tuple(f"{day:%m-%d}" for day in sorted(starts)))
    cuts = draw(st.lists(days(), min_size=2, max_size=8, unique=True))
    return Calendar(id, terms=tuple(Term(f"T{n}", one, two) for n, (one, two) in enumerate(pairwise(sorted(cuts)), 1)))


# --- the numbers that people and schools go by ------------------------------------------------------------------------


@st.composite
def resident_ids(draw: st.DrawFn, *, born_since: date = DAY_MIN, born_until: date = _BORN_MAX) -> ResidentId:
    """Draw the number of a citizen's card or of a residence permit; the check character fits, nobody bears it on purpose."""
    province = draw(st.sampled_from(_PROVINCES))
    citizen = st.sampled_from((province, province, "71", "81", "82", "83")).flatmap(
        lambda two: _digits(4).map(lambda rest: two + rest)
    )
    foreigner = _digits(3).map(lambda nation: f"9{province}{nation}")
    region = draw(citizen | foreigner)
    body = f"{region}{draw(days(born_since, born_until)):%Y%m%d}{draw(_digits(3))}"
    return _checked(body, "0123456789X", ResidentId)


@st.composite
def social_credit_codes(draw: st.DrawFn) -> SocialCreditCode:
    """Draw the code of an organisation."""
    alphabet = SocialCreditCode.ALPHABET
    first, kind = draw(st.sampled_from(SocialCreditCode.DEPARTMENTS)), draw(st.sampled_from(alphabet))
    return _checked(f"{first}{kind}{draw(_digits(6))}{draw(_of(alphabet, 9, 9))}", alphabet, SocialCreditCode)


@st.composite
def pupil_numbers(draw: st.DrawFn) -> PupilNumber:
    """Draw a pupil number of any of the three kinds."""
    region, born = draw(_digits(6)), f"{draw(days(date(1990, 1, 1), _BORN_MAX)):%Y%m%d}"
    match draw(st.sampled_from("GJL")):
        case "G":
            return PupilNumber(f"G{draw(resident_ids())}")
        case "J":
            return PupilNumber(f"J{region}{born}{draw(_digits(3))}{draw(st.sampled_from('0123456789X'))}")
        case _:
            return PupilNumber(f"L{region}{born}{draw(_of(string.digits + string.ascii_uppercase, 4, 4))}")


@st.composite
def institution_codes(draw: st.DrawFn) -> InstitutionCode:
    """Draw the code of a school, of a kind that is known or not."""
    kind = draw(st.sampled_from(tuple(InstitutionCode.KINDS)) | _digits(2))
    zero = "0" if kind in InstitutionCode.HIGHER else draw(_digits(1))
    return InstitutionCode(f"{kind}{draw(st.sampled_from(_PROVINCES))}{zero}{draw(_digits(5))}")


@st.composite
def diploma_numbers(draw: st.DrawFn) -> DiplomaNumber:
    """Draw the number of a diploma, of 18 digits or, from before 2002, of 17."""
    year = draw(st.integers(1949, 2030))
    serial = draw(_digits(6 if year >= 2002 else 5))
    kind, level = draw(st.sampled_from(tuple(DiplomaNumber.TYPES))), draw(st.sampled_from(tuple(DiplomaNumber.LEVELS)))
    return DiplomaNumber(f"{draw(_digits(5))}{kind}{year}{level}{serial}")


@st.composite
def major_codes(draw: st.DrawFn) -> MajorCode:
    """Draw the code of a major, with the edition in which it means something."""
    edition = draw(st.sampled_from(tuple(MAJOR_EDITIONS.values())))
    tier = draw(st.sampled_from(edition.tiers))
    two = draw(st.integers(tier.first, tier.last))
    return edition.code(f"{two:02}{draw(_digits(4))}{draw(st.sampled_from(('', 'K')))}")


def certificate_numbers(format: NumberFormat | None = None) -> st.SearchStrategy[str]:
    """Return numbers of skill certificates as *format* lays them out; by default of any published layout."""
    if format is None:
        return st.sampled_from(tuple(FORMATS)).flatmap(certificate_numbers)
    if format.size is None:
        return _of(string.ascii_uppercase + string.digits + "-", 1, SIZE_MAX)
    return st.tuples(*(_of(part.alphabet, part.size, part.size) for part in format.parts)).map("".join)


# --- helpers ----------------------------------------------------------------------------------------------------------


def _of(alphabet: str, least: int, most: int) -> st.SearchStrategy[str]:
    return st.text(st.sampled_from(alphabet), min_size=least, max_size=most)


def _digits(size: int) -> st.SearchStrategy[str]:
    return _of(string.digits, size, size)


def _slugs() -> st.SearchStrategy[str]:
    usual = st.sampled_from(("cn-college", "cn-bank", "ects"))
    return usual | _of(string.ascii_lowercase + string.digits + "-", 0, 12).map("s".__add__)


def _checked(body: str, alphabet: str, make: Callable[[str], T]) -> T:
    """Return what *make* takes of *body* and one more character: how the check is worked out is its business alone."""
    for each in alphabet:
        try:
            return make(body + each)
        except MalformedError:
            continue
    raise AssertionError("every number has a check character")
