"""``creditbank.testing`` binds names lazily, and its fixtures give banks that work."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import creditbank.testing
from creditbank.bank import Bank
from creditbank.testing import StoreContract, Town, VaultContract, fixtures, small_town, strategies
from creditbank.testing.fixtures import sqlite_town, town, world  # noqa: F401 - pytest finds them by their names
from creditbank.testing.world import World
from creditbank.verify import Finding


def python(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


LOADED = (
    "print(*(name for name in ('pytest', 'hypothesis', 'attr', 'sqlite3', 'creditbank.bank') if name in sys.modules))"
)


@pytest.mark.parametrize(
    ("wanted", "loaded"),
    [
        ("creditbank.testing", []),
        ("creditbank.testing.small_town", ["attr", "sqlite3", "creditbank.bank"]),
        ("creditbank.testing.Town", ["attr", "sqlite3", "creditbank.bank"]),
        ("creditbank.testing.StoreContract", ["pytest", "attr", "sqlite3"]),
        ("creditbank.testing.histories", ["hypothesis", "attr", "sqlite3", "creditbank.bank"]),
    ],
)
def test_what_is_asked_for_is_loaded_and_nothing_else(wanted: str, loaded: list[str]) -> None:
    assert python(f"import sys, creditbank.testing; {wanted}; {LOADED}") == loaded


def test_every_name_is_there_and_documented() -> None:
    for name in creditbank.testing.__all__:
        value = getattr(creditbank.testing, name)
        assert inspect.getdoc(value)
        assert name in dir(creditbank.testing)
    with pytest.raises(AttributeError, match="no attribute 'city'"):
        creditbank.testing.__getattr__("city")


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(creditbank.testing.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        node.module: tuple(sorted(alias.name for alias in node.names))
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module != "creditbank.testing"
    }
    assert seen == {home: tuple(sorted(names)) for home, names in creditbank.testing._HOMES.items()}


def test_every_strategy_says_what_it_gives() -> None:
    assert strategies.__all__ == sorted(strategies.__all__)
    for name in strategies.__all__:
        assert (inspect.getdoc(getattr(strategies, name)) or "").endswith((".", "``")) or name in (
            "histories",
            "outcomes",
        ), name


CONTRACT = """
from creditbank.store import MemoryStore
from creditbank.testing import {contract}

class TestMine({contract}):
    def make(self, path):
        return MemoryStore()
    def reopen(self, store):
        return store
    def test_of_mine(self):
        from creditbank.testing import store_cases
        assert "@py_assert" in " ".join(self.test_empty.__code__.co_varnames)
"""


def test_a_contract_is_explained_by_pytest(tmp_path: Path) -> None:
    """A failing assert of ours shows its two sides in somebody else's test run."""
    (tmp_path / "test_mine.py").write_text(CONTRACT.format(contract="StoreContract"), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "error",
        "-k",
        "mine",
        "test_mine.py",
    ]
    done = subprocess.run([*command, "-x"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout


def test_contracts_are_not_tests_by_themselves() -> None:
    for contract in (StoreContract, VaultContract):
        assert not contract.__name__.startswith("Test")
        with pytest.raises(NotImplementedError):
            contract().make(Path())


# --- fixtures ---------------------------------------------------------------------------------------------------------


def _sound(bank: Bank) -> list[Finding]:
    return list(bank.verify().findings)


def test_town(town: Town) -> None:  # noqa: F811 - the fixture
    assert _sound(town.bank) == []
    assert town.bank.known().account(town.learner).opened


def test_a_town_in_a_folder_is_there_when_opened_again(
    sqlite_town: Town,  # noqa: F811 - the fixture
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert sqlite_town.bank.checkpoint()
    sqlite_town.bank.close()
    assert {path.name for path in tmp_path.iterdir()} >= {"town", "mark"}
    again = creditbank.connect(f"sqlite:///{tmp_path / 'town'}", mark=tmp_path / "mark")
    assert again.known().account(sqlite_town.learner).opened
    again.close()


def test_world(world: World) -> None:  # noqa: F811 - the fixture
    account = world.learner(1)
    assert world.deposit(account, world.certificate()) in world.bank.known().account(account).outcomes


def test_fixtures_close_what_they_opened() -> None:
    assert fixtures.__all__ == ["sqlite_town", "town", "world"]
    assert small_town().bank.store is not small_town().bank.store
