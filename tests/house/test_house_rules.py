"""House rules: who may import whom, no floats, errors that travel, names that are documented, what importing loads."""

import ast
import importlib
import inspect
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import creditbank
from creditbank import errors

PACKAGE = Path(creditbank.__file__).parent

EVERYTHING = {
    "errors", "domain", "ledger", "codec", "store", "vault", "bank", "verify", "testing", "rulebooks", "demo", "cli", "tables",
    "planner",
}  # fmt: skip

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "domain": {"errors"},
    "ledger": {"errors"},
    "codec": {"errors", "domain"},
    "store": {"errors"},
    "vault": {"errors"},
    "bank": {"errors", "domain", "codec", "ledger", "store", "vault"},
    "verify": {"errors", "domain", "codec"},
    "testing": {"errors", "domain", "codec", "ledger", "store", "vault", "bank", "rulebooks"},
    "rulebooks": {"errors"},
    "planner": {"errors", "domain"},
    "tables": {"errors", "domain", "codec", "store", "vault", "bank"},
    "demo": EVERYTHING - {"cli"},
    "cli": EVERYTHING,
    "__main__": {"cli"},
    "__init__": EVERYTHING,
}
"""The whole table; nothing is allowed that it does not say."""

EXCEPTIONS = {("bank/evidence.py", "verify"), ("bank/core.py", "verify")}
"""``Bank.verify`` asks the verifier, and nothing else of the bank does."""

HOMES = {
    "cattrs": {"codec"},
    "tomllib": {"codec"},
    "cryptography": {"ledger", "vault", "verify", "formats"},
    "sqlite_utils": {"store", "vault"},
    "sqlite3": {"store", "vault"},
    "psycopg": {"store"},
    "hypothesis": {"testing"},
    "pytest": {"testing"},
    "click": {"cli", "demo"},
    "rich": {"cli", "demo"},
    "orjson": {"codec"},
    "highspy": {"planner"},
}
"""One home for each dependency; attrs and the standard library anywhere."""

INSIDE_DOMAIN = [
    {"name", "credit", "level", "period", "identifier", "profile", "request", "hours", "markup"}
    | {"certificate_number", "school_number", "major_code"},
    {"outcome", "programme", "lot", "later"},
    {"rule"},
    {"check"},
    {"application", "curriculum"},
    {"degree"},
    {"event", "account_event"},
    {"effect"},
    {"account", "institution", "shelf"},
    {"state"},
    {"known"},
    {"view"},
    {"decide"},
    {"again"},
]
"""Values, nouns, rules, events, effects, states, known, questions, verbs: a module imports its own step or earlier ones."""


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE), ast.parse(path.read_text(encoding="utf-8"))


def room(path: Path) -> str:
    return path.parts[0] if len(path.parts) > 1 else path.stem


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            if node.module == "creditbank":
                yield from (f"creditbank.{alias.name}" for alias in node.names)
            else:
                yield node.module


def test_rooms_import_only_what_the_table_allows() -> None:
    wrong = []
    for path, tree in modules():
        own = room(path)
        for name in imports(tree):
            if not name.startswith("creditbank."):
                continue
            other = name.split(".")[1]
            if other != own and other not in MAY_IMPORT[own] and (path.as_posix(), other) not in EXCEPTIONS:
                wrong.append(f"{path} imports {name}")
    assert wrong == []


def test_every_room_stands_in_the_table() -> None:
    assert {room(path) for path, _ in modules()} <= set(MAY_IMPORT)


def test_the_domain_is_read_from_values_to_verbs() -> None:
    step = {name: number for number, names in enumerate(INSIDE_DOMAIN) for name in names}
    wrong = []
    for path, tree in modules():
        if room(path) != "domain" or (path.name == "__init__.py" and len(path.parts) == 2):
            continue
        own = path.parts[1].removesuffix(".py")
        for name in imports(tree):
            parts = name.split(".")
            if parts[:2] == ["creditbank", "domain"] and len(parts) > 2 and step[parts[2]] > step[own]:
                wrong.append(f"{path} imports {name}")
    assert wrong == []


def test_each_dependency_has_one_home() -> None:
    wrong = []
    for path, tree in modules():
        for name in imports(tree):
            top = name.split(".")[0]
            if top in HOMES and room(path) not in HOMES[top]:
                wrong.append(f"{path} imports {name}")
            if top not in HOMES and top not in sys.stdlib_module_names and top not in ("creditbank", "attrs"):
                wrong.append(f"{path} imports {name}, which has no home")
    assert wrong == []


FLOATS = {"planner/solver.py"}
"""The solver's door: HiGHS works with floats. Whole numbers go in, and what comes out is checked in whole numbers."""


def test_no_float_but_seconds() -> None:
    """Credit is exact. A float may only be a number of seconds, and then its name ends in ``_s``; or at the solver's door."""
    wrong = []
    for path, tree in modules():
        if path.as_posix() in FLOATS:
            continue
        seconds = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.keyword)
            and all(name.lower().endswith("_s") or name == "timeout" for name in _names(node))
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            number = isinstance(node, ast.Constant) and isinstance(node.value, float)
            name = isinstance(node, ast.Name) and node.id == "float"
            division = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _plain_division(node)
            if (number or name or division) and id(node) not in seconds:
                wrong.append(f"{path}:{getattr(node, 'lineno', 0)}")
    assert wrong == []


def _names(node: ast.Assign | ast.AnnAssign | ast.keyword) -> list[str]:
    if isinstance(node, ast.keyword):
        return [node.arg or ""]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)] or [""]


def _plain_division(node: ast.BinOp) -> bool:
    """Dividing two whole numbers written down makes a float; paths and fractions divide by ``/`` too."""
    return all(isinstance(side, ast.Constant) and isinstance(side.value, int) for side in (node.left, node.right))


ERRORS = [
    value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, errors.CreditBankError)
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_errors_travel_and_have_an_exit_code(error: type[errors.CreditBankError]) -> None:
    fields = getattr(error, "__attrs_attrs__", ())
    made = error(*(7 if field.type is int else f"<{field.name}>" for field in fields))
    again = pickle.loads(pickle.dumps(made))
    assert type(again) is error
    assert str(again) == str(made)
    assert error.exit_code in (1, 2, 3, 4)
    assert error.__doc__
    families = (errors.RefusedError, errors.MalformedError, errors.UnverifiedError, errors.StoreError)
    if error is not errors.CreditBankError:
        assert [issubclass(error, family) for family in families].count(True) == 1
        assert error.exit_code == 1 + [issubclass(error, family) for family in families].index(True)
    for field in fields:
        if error is not errors.KeyReusedError and field.type is str:
            assert f"<{field.name}>" in str(made), "what the error knows, its message says"


def test_the_tree_of_errors_is_drawn_at_the_top() -> None:
    for error in ERRORS:
        assert error.__name__ in (errors.__doc__ or "")
        assert error.__name__ in errors.__all__


def test_every_public_name_is_there_and_documented() -> None:
    for name in creditbank.__all__:
        value = getattr(creditbank, name)
        assert inspect.getdoc(value) or not callable(value), name


def test_public_names_do_not_hide_rooms() -> None:
    rooms = {path.stem if path.suffix else path.name for path in PACKAGE.iterdir()}
    assert not rooms & set(creditbank.__all__)


LOADED = (
    "import sys; before = set(sys.modules); import creditbank;"
    "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('encodings')))"
)


def test_importing_loads_nothing_else() -> None:
    """No store, no command line, no optional package: the exact list of what ``import creditbank`` loads of ours."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert [name for name in loaded if name.startswith("creditbank")] == ["creditbank"]
    foreign = {name.split(".")[0] for name in loaded} - set(sys.stdlib_module_names) - {"creditbank"}
    assert foreign == set()


def test_modules_are_documented_and_of_a_size() -> None:
    for path, tree in modules():
        if path.name == "__init__.py" and not tree.body:
            continue
        assert ast.get_docstring(tree), path
        lines = (PACKAGE / path).read_text(encoding="utf-8").count("\n")
        assert lines <= 450, f"{path} has {lines} lines: it is usually two things"


def test_public_functions_are_documented() -> None:
    missing = []
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                inside = any(
                    node in ast.walk(other) and node is not other
                    for other in ast.walk(tree)
                    if isinstance(other, ast.FunctionDef)
                )
                if not inside and not ast.get_docstring(node) and isinstance(node, ast.ClassDef):
                    missing.append(f"{path}:{node.lineno} {node.name}")
    assert missing == []


def test_homes_of_public_names_are_modules() -> None:
    for home in creditbank._HOMES:
        importlib.import_module(home)


def test_type_checkers_see_the_same_public_names() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        node.module: tuple(sorted(alias.name for alias in node.names))
        for node in block.body
        if isinstance(node, ast.ImportFrom)
    }
    assert seen == {home: tuple(sorted(names)) for home, names in creditbank._HOMES.items()}


TOP = {
    "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".gitignore", ".ci",
    "creditbank", "docs", "tests", "benchmarks", "examples",
}  # fmt: skip


def test_nothing_else_lies_at_the_top() -> None:
    """What git keeps at the top of the checkout; an unpacked archive has no git to ask."""
    root = PACKAGE.parent
    if not (root / ".git").exists():
        return
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout
    assert {line.split("/")[0] for line in listed.splitlines()} <= TOP
