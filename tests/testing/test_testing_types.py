"""``st.from_type`` knows our types wherever creditbank is installed, and installing it makes importing hypothesis no slower."""

import importlib
import importlib.metadata
import pkgutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import creditbank.domain
from creditbank.codec.book import book_bytes, book_of
from creditbank.codec.canonical import canonical, from_canonical
from creditbank.codec.payload import from_plain, to_plain
from creditbank.domain.account import Account
from creditbank.domain.event import EVENTS, Event
from creditbank.domain.level import Level
from creditbank.domain.name import AccountId, InstitutionId, OutcomeId, account_id, institution_id
from creditbank.domain.outcome import Outcome
from creditbank.domain.period import Duration, parse_duration
from creditbank.domain.rule import AnyClause, Case, RuleBook
from creditbank.testing._hypothesis_entry import HOMES, register

NAMED = [(home, name) for home, names in HOMES.items() for name in names]

INFERRED = {
    # Hypothesis makes these from their fields alone, and any of those do.
    *(
        "Basis",
        "Derived",
        "Read",
        "KeyRecord",
        "BookVersion",
        "Reconsidered",
        "Waiting",
        "CurriculumEdition",
        "Compared",
        "Declined",
        "DeclinedLine",
        "Measured",
        "SetEffect",
        "Line",
        "Total",
    ),
    *("Waiver", "FieldType", "Ref", "Remainder", "Step", "Remains"),
}
RULES = ("book", "case", "clause", "decision", "field", "selection")
INSIDE = {
    # Parts of rule books and of the engine, which mean something only inside what they are part of.
    *("AllFrom", "AnyFrom", "CreditsFrom", "Named", "PickFrom", "Selected", "To", "Row", "Rounded", "GradeText", "Percent"),
    *("Fixed", "Scaled", "WorthRow", "Dates", "Clause", "Selection", "Among", "Bound", "Range", "Presence", "Scope"),
    *("Missing", "CaseItem", "HistoryLine", "CurriculumPart", "Chosen", "Parent", "Parity", "Exempt"),
    # Answers to questions: made from a bank, not drawn.
    *("Advice", "Answer", "Clauses", "Comparison", "Counted", "Difference", "Holding", "ItemChange"),
    *("AskableCourses", "Granting", "Names", "Planned", "PlannedUse", "Progress", "RedeemedItem", "RedeemedLot", "Rules"),
    *("Studies", "Usable"),
    # Layouts and catalogues that are published, not drawn.
    *("MajorEdition", "TierRange", "NumberFormat", "Part", "Match", "NumberWarning", "Converted"),
}  # fmt: skip


def python(code: str, *options: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


# --- what is loaded when ----------------------------------------------------------------------------------------------

OURS = "print(*sorted(name for name in sys.modules if name.split('.')[0] in ('creditbank', 'attr', 'attrs', 'cattrs', 'pytest')))"


def test_the_entry_point_is_installed() -> None:
    (found,) = (each for each in importlib.metadata.entry_points(group="hypothesis") if each.name == "creditbank")
    assert found.load() is register


def test_importing_hypothesis_loads_none_of_our_types() -> None:
    assert python(f"import sys, hypothesis.strategies; {OURS}", "-W", "error") == [
        "creditbank",
        "creditbank.testing",
        "creditbank.testing._hypothesis_entry",
    ]


def test_importing_a_type_loads_no_strategies() -> None:
    loaded = python(f"import sys, hypothesis.strategies, creditbank.domain.account; {OURS}")
    assert "creditbank.domain.account" in loaded
    rooms = {name.split(".")[1] for name in loaded if name.startswith("creditbank.")}
    assert rooms == {"domain", "errors", "testing"}
    assert not [name for name in loaded if name.startswith("creditbank.testing.strategies")]


@pytest.mark.parametrize(
    "imports",
    [
        "import hypothesis.strategies as st; from creditbank.domain.account import Account",
        "from creditbank.domain.account import Account; import hypothesis.strategies as st",
        "from creditbank import Account; import hypothesis.strategies as st",
        "import hypothesis.strategies as st; from creditbank import Account",
    ],
)
def test_the_order_of_imports_does_not_matter(imports: str) -> None:
    asked = "s = st.from_type(Account); import sys; print('creditbank.testing.strategies' in sys.modules, s.is_empty)"
    assert python(f"{imports}; {asked}")[0] == "True"


def test_without_plugins_it_can_be_asked_for() -> None:
    code = (
        "import os; os.environ['HYPOTHESIS_NO_PLUGINS'] = '1'; import sys, hypothesis.strategies as st;"
        "print('creditbank' in sys.modules); from creditbank.testing._hypothesis_entry import register; register(); register();"
        "from creditbank import Credit; print(st.from_type(Credit).example().system != '', len(sys.meta_path))"
    )
    plain = int(python("import sys, hypothesis; print(len(sys.meta_path))")[0])
    assert python(code, "-W", "ignore") == ["False", "True", str(plain)]


def test_modules_are_found_as_python_finds_them() -> None:
    """Source, origin and reloading are untouched by the registrar."""
    code = (
        "import hypothesis, importlib, inspect, creditbank.domain.credit as m; first = m.Credit; importlib.reload(m);"
        "import hypothesis.strategies as st;"
        "print('class Credit:' in inspect.getsource(m), m.__spec__.origin == m.__file__, m.Credit is not first,"
        "st.from_type(m.Credit).is_empty)"
    )
    assert python(code) == ["True", "True", "True", "False"]


# --- every type -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("home", "name"), NAMED, ids=[name for _, name in NAMED])
def test_from_type_gives_values_of_the_type(home: str, name: str) -> None:
    kind = getattr(importlib.import_module(home), name)
    seen: list[object] = []

    @settings(max_examples=3)
    @given(st.from_type(kind))
    def draw(value: object) -> None:
        seen.append(value)

    draw()
    assert seen
    assert all(type(value) is getattr(kind, "__supertype__", kind) for value in seen) or _is_text(kind, seen)


def _is_text(kind: Any, seen: list[object]) -> bool:
    return hasattr(kind, "__supertype__") and all(isinstance(value, str) for value in seen)


def test_every_type_of_the_domain_is_known_or_left_out_on_purpose() -> None:
    known = {name for names in HOMES.values() for name in names}
    found = set()
    for each in pkgutil.walk_packages(creditbank.domain.__path__, "creditbank.domain."):
        module = importlib.import_module(each.name)
        if each.name.startswith("creditbank.domain.rule.") and each.name.rpartition(".")[2] not in RULES:
            continue  # the engine's own
        if each.name.startswith(("creditbank.domain.check", "creditbank.domain.degree")):
            continue  # what checking books and auditing degrees work with; programmes and books are documents
        own = (getattr(module, name) for name in getattr(module, "__all__", ()))
        found |= {kind.__name__ for kind in own if isinstance(kind, type) and attrs.has(kind)}
    assert found - known - INFERRED - INSIDE == set()
    assert (INFERRED | INSIDE) & (known - {"Converted"}) == set(), "one Converted is an event, the other an amount"


def test_every_kind_of_event_is_registered() -> None:
    assert {kind.__name__ for kind in EVENTS} == set(HOMES["creditbank.domain.event"])


@settings(max_examples=25)
@given(st.data())
def test_unions_and_annotations_are_resolved(data: st.DataObject) -> None:
    assert isinstance(data.draw(st.from_type(Event)), EVENTS)
    assert isinstance(data.draw(st.from_type(Outcome)), Outcome)
    assert isinstance(data.draw(st.from_type(AnyClause)), AnyClause)
    assert all(isinstance(each, Level) for each in data.draw(st.from_type(tuple[Level, ...])))

    def service(account: AccountId, school: InstitutionId, outcome: OutcomeId, book: RuleBook) -> bool:
        return account_id(account) == account and institution_id(school) == school and len(outcome) == 32 and bool(book)

    assert data.draw(st.builds(service))


WRITTEN = [
    *HOMES["creditbank.domain.event"],
    "Credit",
    "Profile",
    "Course",
    "Enrolment",
    "Application",
]


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_drawn_can_be_written_and_read(name: str) -> None:
    """A value downstream can be sent through ``--json`` and payloads; claims go without their tokens."""
    kind = next(getattr(importlib.import_module(home), name) for home, names in HOMES.items() if name in names)

    @settings(max_examples=3)
    @given(st.from_type(kind))
    def go(value: Any) -> None:
        written = canonical(to_plain(value))
        again = from_plain(from_canonical(written, "here"), kind, "here")
        assert canonical(to_plain(again)) == written
        if "person" not in dir(value) and "outcome" not in dir(value):
            assert again == value

    go()


@pytest.mark.parametrize(
    "name", ["ResidentId", "SocialCreditCode", "PupilNumber", "InstitutionCode", "DiplomaNumber", "MajorCode"]
)
def test_numbers_are_read_as_they_are_written(name: str) -> None:
    kind: Any = next(getattr(importlib.import_module(home), name) for home, names in HOMES.items() if name in names)
    kinds: set[str] = set()

    @settings(max_examples=40)
    @given(st.from_type(kind))
    def go(value: Any) -> None:
        assert kind.parse(str(value)) == value
        kinds.add(getattr(value, "kind", ""))

    go()
    expected = {"ResidentId": 3, "PupilNumber": 3}.get(name, 1)
    assert len(kinds) >= expected, "all kinds of it are drawn"


@given(st.from_type(Level), st.from_type(Duration), st.from_type(RuleBook))
def test_text_and_bytes_read_back(level: Level, duration: Duration, book: RuleBook) -> None:
    assert Level.parse(str(level)) == level
    assert parse_duration(str(duration)) == duration
    assert book_of(book_bytes(book)) == book


def _values(value: Any) -> Iterator[Any]:
    yield value
    if attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from _values(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _values(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from _values(each)


@settings(max_examples=20)
@given(st.from_type(Account), st.from_type(Event), st.from_type(Case))
def test_no_value_holds_a_float(account: Account, event: Event, case: Case) -> None:
    kinds = {type(each) for value in (account, event, case) for each in _values(value)}
    assert {str, date} <= kinds
    assert float not in kinds
