"""
What hypothesis runs when it is imported where creditbank is installed: so that ``st.from_type`` knows our types.

Registering a type needs the type, and importing them all costs more than importing hypothesis does. So a type is registered
when the module that defines it is imported, by whoever wants it; nobody can ask for it earlier. The strategies themselves are
imported when the first of them is asked for. Tests say what is loaded when.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

import hypothesis.strategies as st

__all__ = ["HOMES", "register"]

_STRATEGIES: Final = "creditbank.testing.strategies"
_DOMAIN: Final = "creditbank.domain"

_EVENTS: Final = (
    "AccountErased AccountOpened AccountRestricted ApplicationClosed Applied BankFounded BookPublished BookSuperseded"
    " BookWithdrawn Converted"
    " CreditSystemPublished CurriculumPublished Enrolled EnrolmentEnded InstitutionRegistered ItemsUndone KeyAdded KeyRestored"
    " KeyRetired KeyRevoked MemberAgreed ObjectionAnswered ObjectionRaised OutcomeCorrected OutcomeDeposited OutcomeRevoked"
    " SeatTaken SeatsSet StepAgreed TransferAccepted TransferDeclined"
    " TransferOffered"
)

HOMES: Final[dict[str, dict[str, str]]] = {
    f"{_DOMAIN}.account": {
        "Account": "accounts",
        **dict.fromkeys(
            ["ApplicationState", "HeldEnrolment", "HeldOutcome", "Lot", "Objection", "StandingItem", "TransferState"],
            "parts(kind)",
        ),
    },
    f"{_DOMAIN}.application": {"Application": "applications", "Item": "items", "TransferOffer": "transfer_offers"},
    f"{_DOMAIN}.credit": {"Credit": "credits", "CreditSystem": "credit_systems"},
    f"{_DOMAIN}.curriculum": {
        "Curriculum": "curricula",
        "CurriculumCourse": "curriculum_courses",
        "Hours": "hours",
        "Requirement": "requirements",
    },
    f"{_DOMAIN}.event": dict.fromkeys(_EVENTS.split(), "events(kind)"),
    f"{_DOMAIN}.hours": {"Convention": "conventions", "HourRate": "hour_rates", "Span": "spans"},
    f"{_DOMAIN}.identifier": {
        "PupilNumber": "pupil_numbers",
        "ResidentId": "resident_ids",
        "SocialCreditCode": "social_credit_codes",
    },
    f"{_DOMAIN}.institution": {"Institution": "states(kind)"},
    f"{_DOMAIN}.known": {"Known": "knowns"},
    f"{_DOMAIN}.level": {"Crosswalk": "crosswalks", "Framework": "frameworks", "Level": "levels"},
    f"{_DOMAIN}.lot": {"Posting": "postings"},
    f"{_DOMAIN}.major_code": {"MajorCode": "major_codes"},
    f"{_DOMAIN}.name": {
        "AccountId": "account_ids",
        "Claim": "claims",
        "Digest": "digests",
        "InstitutionId": "institution_ids",
        "Token": "tokens",
        **dict.fromkeys(["ApplicationId", "EnrolmentId", "ObjectionId", "OutcomeId", "TransferId"], "ids"),
    },
    f"{_DOMAIN}.outcome": dict.fromkeys(
        ["ContestAward", "CourseResult", "Diploma", "SkillCertificate", "Training"], "outcomes(kind)"
    ),
    f"{_DOMAIN}.period": {"Calendar": "calendars", "Duration": "durations", "Term": "terms"},
    f"{_DOMAIN}.profile": {"Profile": "profiles"},
    f"{_DOMAIN}.programme": {"Course": "courses", "Enrolment": "enrolments", "Programme": "programmes"},
    f"{_DOMAIN}.request": {"Request": "requests"},
    f"{_DOMAIN}.rule.book": {"RuleBook": "rule_books"},
    f"{_DOMAIN}.rule.case": {"Case": "cases"},
    f"{_DOMAIN}.rule.clause": dict.fromkeys(
        ["Cap", "Chain", "Effect", "Floor", "Gate", "Highest", "Map", "Once", "Policy", "Score", "Worth"],
        "clauses(kind)",
    ),
    f"{_DOMAIN}.rule.decision": {"Decision": "decisions", "ItemResult": "item_results", "Working": "working_rows"},
    f"{_DOMAIN}.school_number": {"DiplomaNumber": "diploma_numbers", "InstitutionCode": "institution_codes"},
    f"{_DOMAIN}.shelf": dict.fromkeys(["BookShelf", "Catalogue", "CurriculumShelf", "Seats"], "states(kind)"),
    f"{_DOMAIN}.view.account": {"Statement": "statements", "StatementLot": "parts(kind)"},
    "creditbank.vault.base": {"Person": "persons"},
}
"""Module, type, strategy by its name in :mod:`creditbank.testing.strategies`; ``(kind)`` where that is told the type."""


def register() -> None:
    """Let ``st.from_type`` know every type in :data:`HOMES`: those that are imported now, the others as they are."""
    if not any(isinstance(finder, _Registrar) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Registrar())
    for home in HOMES:
        module = sys.modules.get(home)
        if module is not None:
            _register(module)


def _register(module: ModuleType) -> None:
    for name, wanted in HOMES.get(module.__name__, {}).items():
        kind = getattr(module, name, None)
        if kind is not None:  # a module that is being imported may not have it yet; the registrar sees to it
            st.register_type_strategy(kind, _deferred(wanted))


def _deferred(wanted: str) -> Any:
    """Return what hypothesis asks for the strategy: only then are the strategies imported."""
    name, told, _ = wanted.partition("(kind)")

    def resolve(kind: Any) -> Any:
        strategy = getattr(importlib.import_module(_STRATEGIES), name)
        return strategy(kind) if told else strategy()

    return resolve


class _Registrar(MetaPathFinder):
    """Finds modules as the other finders do, and registers what they define once they have run."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module in :data:`HOMES`; of any other, None: others find it."""
        if fullname not in HOMES:
            return None
        others = (finder.find_spec(fullname, path, target) for finder in sys.meta_path if finder is not self)
        spec = next((found for found in others if found is not None), None)
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def run_and_register(module: ModuleType) -> None:
            run(module)
            _register(module)

        # The loader was made for this one import.
        vars(spec.loader)["exec_module"] = run_and_register
        return spec
