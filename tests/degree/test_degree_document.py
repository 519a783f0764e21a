"""Programmes as documents: what TOML says is what canonical bytes say again, and a golden table of what is refused where."""

import hashlib
import json
from datetime import date
from fractions import Fraction
from pathlib import Path

import attrs
import pytest

from creditbank.codec.programme import programme_bytes, programme_digest, programme_from, read_programme
from creditbank.domain.degree.requirement import DegreeProgramme, Group
from creditbank.domain.level import Level
from creditbank.errors import MalformedBookError, MalformedError

FILE = Path(__file__).parent / "network-2024.toml"
TEXT = FILE.read_text(encoding="utf-8")

# What stands there, what is put there once, where that is, what is said and how to mend it.
ERRORS = [
    ('programme = "610201"', 'programme = "6 1"', "1: key 'programme'", "is '6 1'; use 1 to 64 letters"),
    ('system = "cn-college"\n', "", ": key 'system'", "no 'system'; name the credit system"),
    ('school = "keys:college"', 'school = "college"', ":5: key 'school'", "institution"),
    ("credits = 30", "credits = 0", ":7: key 'credits'", "'credits' is 0; use a number above 0"),
    ("percent = 60", "percent = 101", ":14: key 'floors 1 at_least percent'", "more than 100 %; use a share of at most 100"),
    ("percent = 60", "percent = 0.6", ":14: key 'floors 1 at_least percent'", "'percent' is 0.6 %; write percent = 20 for 20 %"),
    ("{ percent = 60, of = \"counted\" }", '"60 %"', ":14: key 'floors 1 at_least'", "'60 %' is a share, and no amount"),
    ("credits = 8", 'credits = "8 %"', ":22: requirement 'electives', key 'credits'", "'8 %' is a share, and no amount"),
    ("credits = 4", 'credits = "4 %"', ":65: course 'N101', key 'credits'", "'4 %' is a share, and no amount"),
    ('of = "counted"', 'of = "all"', ":14: key 'floors 1 at_least of'", "a share of 'all'; write of = \"counted\""),
    ("at_least = { percent = 60", "least = { percent = 60", ":14: key 'floors 1 at_least'", "give one of them"),
    ("[[requirement]]\nid = \"core\"", "[[requiremant]]\nid = \"core\"", ":16: key 'requiremant'", "did you mean 'requirement'?"),
    ('basis = "plan:六(二)"\n', "", ":16: requirement 'core', key 'basis'", "no 'basis'; add 'basis'"),
    ('"plan:七"', '"plann:七"', ":38: requirement 'certificate', key 'basis'", "basis 'plann' is not declared"),
    ("any = [\n", "anyy = [\n", ":29: requirement 'direction', key 'anyy'", "unknown key 'anyy'; did you mean 'any'?"),
    ('id = "cloud"', 'id = "core"', ":29: requirement 'core', key 'id'", "'core' is there twice"),
    ('all = ["C301", "C302"]', "all = []", ":29: requirement 'cloud', key 'all'", "'all' is not a list"),
    ("credits = 8\n", "", ":22: requirement 'electives'", "it asks for nothing; give one of all, any, pick"),
    ("count = 1", "count = 0", ":38: requirement 'certificate', key 'count'", "is not a count"),
    ('"source.level" = {', '"source.leve" = {', ":38: requirement 'certificate', key 'from source.leve'", "is not declared"),
    ('at_least = "中级"', 'at_least = "特级"', ":38: requirement 'certificate', key 'from source.level at_least'", "no level"),
    ("shares = true", "shares = 1", ":38: requirement 'certificate', key 'shares'", "neither true nor false"),
    ('course = "B001"', 'course = "B001"\ncount = 2', ":46: requirement 'bridge', key 'course'", "course and count at once"),
    ('when = { "learner.entry"', 'when = { "source.name"', ":46: requirement 'bridge', key 'when source.name'", "cannot be read"),
    ('of = "programme"', 'of = "counted"', ":53: requirement 'total', key 'credits of'", 'write of = "programme"'),
    ('after = "2 years"', 'after = "two years"', ":60: requirement 'early', key 'after'", "is not a duration"),
    ('code = "E402"', 'code = "E401"', ":89: course 'E401', key 'code'", "'E401' is there twice; list each course once"),
    ('name = "渗透测试"', 'nam = "渗透测试"', ":101: course 'S302', key 'nam'", "there is no field source.nam"),
    ('category = ["专业拓展"]', "category = 3", ":83: course 'E401', key 'category'", "3 is not tags"),
    ('version = "2024"', 'version = "2024', ":2", "it is not TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "where", "what"), ERRORS)
def test_a_fault_is_told_with_its_place_and_the_mend(old: str, new: str, where: str, what: str) -> None:
    assert old in TEXT
    with pytest.raises(MalformedBookError) as caught:
        read_programme(TEXT.replace(old, new, 1), name="p.toml")
    assert str(caught.value).startswith("p.toml" + (where if where[0] == ":" else ":" + where)), str(caught.value)
    assert what in str(caught.value)


def test_a_share_of_the_programme_wants_its_total() -> None:
    text = TEXT.replace("credits = 30\n", "", 1)
    with pytest.raises(
        MalformedBookError, match="requirement 'total', key 'credits of': the programme has no 'credits'"
    ):
        read_programme(text, name="p.toml")


def test_the_bytes_say_what_the_text_said() -> None:
    programme = read_programme(TEXT, name="p.toml")
    data = programme_bytes(programme)
    assert programme_from(data) == programme
    assert programme_digest(data) == hashlib.sha256(data).hexdigest()
    written = json.loads(data)
    assert (written["document"], written["form"], written["programme"]) == ("programme", 1, "610201")
    assert programme.head.title == programme.requirement.zh == "计算机网络技术"


SHARE = TEXT.replace('"source.level" = "level:x"', '"source.level" = "level:x", "source.share" = "percent"')


@pytest.mark.parametrize(
    ("written", "share"), [('"80 %"', Fraction(4, 5)), ("0.8", Fraction(4, 5)), ("1", Fraction(1))]
)
def test_what_a_course_says_of_itself_is_read_back_as_its_field_has_it(written: str, share: Fraction) -> None:
    course = f'code = "E402"\nshare = {written}\nlevel = "中级"\nachieved_on = 2024-09-01'
    programme = read_programme(SHARE.replace('code = "E402"', course), name="p.toml")
    facts = next(one.facts for one in programme.courses if one.code == "E402")
    assert (facts["share"], facts["level"], facts["achieved_on"]) == (share, Level("x", "中级"), date(2024, 9, 1))
    assert programme_from(programme_bytes(programme)) == programme


@pytest.mark.parametrize("written", ["80", '"101 %"', "1.01"])
def test_a_share_above_the_whole_is_a_slip(written: str) -> None:
    with pytest.raises(MalformedBookError, match=r"course 'E402', key 'share': .* %; write \"80 %\" or \"0.8\""):
        read_programme(SHARE.replace('code = "E402"', f'code = "E402"\nshare = {written}'), name="p.toml")


def test_one_programme_has_one_spelling() -> None:
    """What goes without saying, how numbers are written and a word for one of several change no byte."""
    same = (
        ("any = [\n", "pick = 1\nof = [\n"),
        ("credits = 8\n", 'credits = "8.0"\nshares = false\n'),
        ("since = 2024-09-01", 'since = "2024-09-01"'),
        ('["N101", "N102", "N201"]', '["N101", { course = "N102" }, { id = "core.3", course = "N201" }]'),
        ('category = ["专业核心"]', 'category = "专业核心"'),
    )
    first = programme_bytes(read_programme(TEXT, name="p.toml"))
    for old, new in same:
        assert old in TEXT
        assert programme_bytes(read_programme(TEXT.replace(old, new), name="p.toml")) == first
    other = programme_bytes(read_programme(TEXT.replace("credits = 8", "credits = 8.5"), name="p.toml"))
    assert other != first


def test_bytes_that_are_not_a_programmes_are_refused() -> None:
    data = programme_bytes(read_programme(TEXT, name="p.toml"))
    for wrong in (
        data + b" ",
        data.replace(b'"form":1', b'"form":2'),
        data.replace(b'"document":"programme",', b""),
        data.replace(b'"8"', b'"8.0"'),
        data.replace(b'"shares":false,', b"", 1),
        b"{}",
        b"x" * (2**20 + 1),
    ):
        with pytest.raises(MalformedError):
            programme_from(wrong)


def nested(depth: int) -> str:
    inner = 'course = "A"'
    for _ in range(depth - 1):
        inner = f"all = [{{ {inner} }}]"
    return TEXT.split("[[requirement]]")[0] + f'[[requirement]]\nid = "deep"\nbasis = "plan:1"\n{inner}\n'


def test_requirements_nest_five_deep() -> None:
    programme = read_programme(nested(5), name="p.toml")
    assert programme_from(programme_bytes(programme)) == programme
    with pytest.raises(MalformedBookError, match="nested too deeply"):
        read_programme(nested(6), name="p.toml")


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(MalformedBookError, match="too large"):
        read_programme("#" * (2**20 + 1), name="p.toml")
    many = ", ".join(f'"C{n}"' for n in range(2_000))
    with pytest.raises(MalformedBookError, match="too many requirements"):
        read_programme(TEXT.replace('all = ["N101", "N102", "N201"]', f"all = [{many}]"), name="p.toml")


def test_a_programme_that_no_document_may_have_cannot_be_written() -> None:
    programme: DegreeProgramme = read_programme(TEXT, name="p.toml")
    assert isinstance(programme.requirement.ask, Group)
    part = attrs.evolve(programme.requirement.ask.parts[0], zh="长" * 2**19)
    root = attrs.evolve(programme.requirement, ask=Group(None, (part,)))
    with pytest.raises(MalformedError, match="bytes"):
        programme_bytes(attrs.evolve(programme, requirement=root))
