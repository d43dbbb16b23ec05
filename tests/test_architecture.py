"""The shape of the code itself: who may import whom, abstract or final."""

import ast
import importlib
import inspect
import pathlib
import pkgutil

import pytest

import mesascope

ROOT = pathlib.Path(mesascope.__file__).parent

MAY_IMPORT = {
    "_registry": set(),
    "outcomes": set(),
    "stats": {"outcomes"},
    "theory": set(),
    "findings": {"outcomes", "stats"},
    "tasks": {"outcomes", "_registry"},
    "models": {"outcomes", "_registry"},
    "base": {"outcomes", "tasks", "models", "_registry"},
    "power": {"outcomes", "stats", "tasks", "models"},
    "evidence": {"outcomes", "stats", "tasks", "models", "power"},
    "organisms": {"outcomes", "tasks", "models", "_registry"},
    "computations": {"outcomes", "stats", "tasks", "models", "base", "power", "organisms", "_registry"},
    "lab": {"outcomes", "stats", "tasks", "models", "base", "power", "evidence", "organisms", "_registry"}
    | {"computations"},
    "conditions": {"outcomes", "stats", "tasks", "models", "base", "power", "evidence", "organisms", "lab"}
    | {"findings", "theory", "_registry", "computations"},
    "report": {"outcomes", "stats", "theory", "findings"},
    "foreign": {"outcomes", "stats", "tasks", "models", "power", "evidence", "lab"},
    "bench": {"outcomes", "stats", "tasks", "models", "base", "power", "evidence", "organisms", "lab", "conditions"}
    | {"report", "theory", "findings", "foreign", "_registry"},
    "cli": {"outcomes", "stats", "tasks", "models", "base", "power", "evidence", "organisms", "lab", "conditions"}
    | {"report", "theory", "findings", "foreign", "bench", "_registry", "computations"},
}
"""Room -> rooms that it may import: the table of the house, with its two leaf modules for values and names."""


def _modules():
    for path in sorted(ROOT.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def _room(path: pathlib.Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def _imported_rooms(path: pathlib.Path, tree: ast.AST):
    package = ["mesascope", *path.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            full = base + (node.module.split(".") if node.module else [])
            if full[:1] == ["mesascope"]:
                yield from [full[1]] if len(full) > 1 else [alias.name for alias in node.names]


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_rooms_import_only_what_they_may(room):
    for path, tree in _modules():
        if _room(path) == room:
            found = {name for name in _imported_rooms(path, tree) if name in MAY_IMPORT} - {room}
            assert found <= MAY_IMPORT[room], f"{path.relative_to(ROOT)} imports {found - MAY_IMPORT[room]}"


def test_every_room_stands_in_the_table():
    rooms = {_room(path) for path, _ in _modules()} - {"__init__", "__main__"}
    assert rooms == set(MAY_IMPORT)


def test_no_claim_imports_another():
    members = {path for path in (ROOT / "conditions").glob("*.py") if not path.name.startswith("_")}
    assert len(members) > 1
    for path in (ROOT / "conditions").rglob("*.py"):
        if path.name == "__init__.py" and path.parent.name == "conditions":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                assert (node.module or "").split(".")[0] not in {other.stem for other in members}, path.name


def test_no_super_and_no_hasattr():
    for path, tree in _modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("super", "hasattr"), f"{path.name}:{node.lineno}"


def _classes():
    for info in pkgutil.walk_packages(mesascope.__path__, "mesascope."):
        if not info.name.endswith("__main__"):
            module = importlib.import_module(info.name)
            yield from (c for _, c in inspect.getmembers(module, inspect.isclass) if c.__module__ == info.name)


def test_classes_are_abstract_or_final():
    ours = set(_classes())
    for kind in ours:
        for base in kind.__mro__[1:]:
            if base in ours:
                assert base.__name__.startswith("Abstract"), f"{kind.__name__} extends the concrete {base.__name__}"
        if kind.__name__.startswith("Abstract"):
            assert inspect.isabstract(kind), f"{kind.__name__} has nothing abstract"


def test_files_and_functions_stay_short():
    for path, tree in _modules():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path.name
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                doc = ast.get_docstring(node, clean=False)
                length = node.end_lineno - node.lineno + 1 - (len(doc.splitlines()) if doc else 0)
                assert length <= 45, f"{path.name}:{node.name} has {length} lines"


def test_public_things_have_docstrings():
    for path, tree in _modules():
        assert ast.get_docstring(tree), path
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                nested = isinstance(node, ast.FunctionDef) and node.col_offset > 4
                overrides = isinstance(node, ast.FunctionDef) and node.col_offset == 4
                if not nested and not overrides:
                    assert ast.get_docstring(node), f"{path.name}:{node.name}"
