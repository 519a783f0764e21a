"""
For the tests of those who build on creditbank: strategies for hypothesis, a town to test against, contracts for stores.

Names are bound when they are first asked for (PEP 562): importing this loads neither pytest nor hypothesis.

- :func:`small_town`, :class:`Town`, :func:`possession`: a founded bank in memory.
- :class:`StoreContract`, :class:`VaultContract`: what every store and vault must do, as pytest tests to subclass.
- ``creditbank.testing.fixtures``: pytest fixtures, to import into a ``conftest.py``.
- ``creditbank.testing.strategies``: strategies, by name here too; ``st.from_type`` knows them without an import.
"""

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from creditbank.testing import strategies as strategies
    from creditbank.testing.store_contract import StoreContract as StoreContract
    from creditbank.testing.strategies import (
        History as History,
        accounts as accounts,
        applications as applications,
        case_and_book as case_and_book,
        courses as courses,
        credit_systems as credit_systems,
        credits as credits,
        enrolments as enrolments,
        events as events,
        histories as histories,
        outcomes as outcomes,
        persons as persons,
        requests as requests,
        rule_books as rule_books,
        statements as statements,
    )
    from creditbank.testing.town import Town as Town, possession as possession, small_town as small_town
    from creditbank.testing.vault_contract import VaultContract as VaultContract

_HOMES = {
    "creditbank.testing.store_contract": ("StoreContract",),
    "creditbank.testing.strategies": (
        "History", "accounts", "applications", "case_and_book", "courses", "credit_systems", "credits", "enrolments", "events",
        "histories", "outcomes", "persons", "requests", "rule_books", "statements",
    ),
    "creditbank.testing.town": ("Town", "possession", "small_town"),
    "creditbank.testing.vault_contract": ("VaultContract",),
}  # fmt: skip

_HOME = {name: home for home, names in _HOMES.items() for name in names}

_TESTS = ("store_cases", "store_contract", "store_failing", "vault_contract")
"""Modules with tests in them: pytest explains their asserts only if it is told before they are imported."""

__all__ = sorted((*_HOME, "strategies"))  # one table is the only list; a test holds it against what type checkers see


def __getattr__(name: str) -> Any:
    if name == "strategies":
        return importlib.import_module("creditbank.testing.strategies")
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'creditbank.testing' has no attribute {name!r}")
    if name.endswith("Contract"):
        _let_pytest_explain()
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _let_pytest_explain() -> None:
    names = [f"creditbank.testing.{name}" for name in _TESTS]
    importlib.import_module("pytest").register_assert_rewrite(*(name for name in names if name not in sys.modules))
