"""The house: which rooms there are, which way imports point, and where heavy libraries live. See CONTRIBUTING.md."""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatch
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module

import pytest

from glasspara.analysis import reports
from tests.conftest import ROOT

PACKAGE = ROOT / "glasspara"

HALL = {"__init__", "__main__", "api", "app", "arrays", "errors", "units", "wording"}
"""The only modules that lie loose at the root of the package."""

STOREYS = (
    {"arrays", "errors", "units", "wording"},
    {"findings"},
    {"physics"},
    {"ordinary"},
    {"files"},
    {"replicates"},
    {"sample"},
    {"model"},
    {"runs"},
    {"presets"},
    {"data"},
    {"simulation"},
    {"fitting"},
    {"report"},
    {"cli"},
    {"analysis"},
    {"app"},
    {"api"},
)
"""From the bottom of the house to its top: a module imports from its own room and from storeys below, never above."""

DOORS = {
    "iminuit": ("fitting/*",),
    "matplotlib": (
        "report/layout.py",
        "report/matplotlib_start.py",
        "report/panels.py",
        "report/style.py",
        "report/correction_figures.py",
        "analysis/*/*figures.py",
    ),
    "rich": ("report/*", "analysis/*/report.py"),
    "typer": ("cli/*", "analysis/*/__init__.py", "app.py"),
}
"""Libraries that only some places may import."""


def storey(module: str) -> int:
    room = module.removeprefix("glasspara.").split(".")[0]
    for index, names in enumerate(STOREYS):
        if room in names:
            return index
    raise AssertionError(
        f"{module}: the room {room!r} has no storey; rooms are listed in STOREYS of {__name__}"
    )


def imported(path):
    """Modules, and names in modules, that ``path`` imports from the package, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "glasspara":
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("glasspara."))


def modules():
    """Name and path of every module below the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(("glasspara", *path.relative_to(PACKAGE).with_suffix("").parts))
        if module not in ("glasspara.__init__", "glasspara.__main__"):
            yield module.removesuffix(".__init__"), path


def test_nothing_else_lies_in_the_hall():
    assert {path.stem for path in PACKAGE.glob("*.py")} == HALL


def test_imports_point_downwards():
    wrong = [
        f"{module} imports {other}: {other.split('.')[1]} lies above {module.split('.')[1]}"
        for module, path in modules()
        for other in imported(path)
        if other != "glasspara" and "." in other and other.split(".")[1] in set().union(*STOREYS)
        if storey(other) > storey(module)
    ]
    assert not wrong, "Imports go from the upper storeys to the lower ones:\n" + "\n".join(wrong)


def test_imports_go_in_no_circle():
    """Also within a room, and also where they wait inside a function."""
    names = dict(modules())
    graph = {
        module: {other for other in imported(path) if other in names} - {module}
        for module, path in names.items()
    }
    assert len(list(TopologicalSorter(graph).static_order())) == len(names)


class _Running(ast.NodeTransformer):
    """Drops what only a type checker reads."""

    def visit_If(self, node):
        return None if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING" else node


@cache
def imported_libraries():
    """Place of a module in the package, and a library that it imports when it runs."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(_Running().visit(ast.parse(path.read_text(encoding="utf-8")))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            found += [(path.relative_to(PACKAGE).as_posix(), name.split(".")[0]) for name in names]
    return found


@pytest.mark.parametrize("library", sorted(DOORS))
def test_libraries_stay_behind_their_doors(library):
    doors = DOORS[library]
    wrong = [
        place
        for place, name in imported_libraries()
        if name == library and not any(fnmatch(place, door) for door in doors)
    ]
    assert not wrong, f"{library} is imported only in {', '.join(doors)}, not in {', '.join(wrong)}"


def test_only_tests_import_tests():
    for folder in ("glasspara", "studies", "benchmarks", "fuzzing"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            assert "from tests" not in text, (
                f"{path.relative_to(ROOT)} imports tests; share through glasspara.simulation"
            )


def test_what_holds_arrays_is_compared_by_identity():
    """Whether two arrays are equal is no yes or no: ``==`` of such dataclasses would fail. It is also slow to make."""
    arrays = re.compile(r"\b(Float|Int|Bool)Array\b|\bNDArray\b|\bndarray\b")
    wrong = []
    for module, path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            made = [ast.unparse(item) for item in getattr(node, "decorator_list", ())]
            if any(item.startswith("dataclass") and "eq=False" not in item for item in made):
                fields = [
                    ast.unparse(item.annotation) for item in node.body if isinstance(item, ast.AnnAssign)
                ]
                wrong += [f"{module}.{node.name}"] if any(map(arrays.search, fields)) else []
    assert not wrong, f"write @dataclass(..., eq=False) for {', '.join(wrong)}"


@pytest.mark.parametrize("report", reports().values(), ids=reports())
def test_the_figures_of_every_report_are_functions_of_its_room(report):
    """A report names them, so that Matplotlib is loaded only where something is drawn."""
    for name in report.figures.values():
        path = f"{report.block.__module__.rpartition('.')[0]}.figures"
        assert callable(getattr(import_module(path), name)), f"{path} has no function {name}"
