"""What the package ships, what it costs to import, and which way imports point."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter

import glasspara
from tests.conftest import ROOT

PACKAGE = ROOT / "glasspara"

# From the bottom of the house to its top; a module may import from its own storey and from those below.
STOREYS = (
    {"errors", "units", "parameters", "wording", "toml_input", "exclusion", "safe_open", "linear_algebra"},
    {"files", "physics", "replicates"},
    {"sample_mass", "sample", "sample_template"},
    {"presets", "trace_ions"},
    {"segmentation", "wandering", "scatter", "branches", "runs", "outliers", "repeats", "remanence"},
    {"terms", "rival_terms"},
    {"measurement", "batch_reading", "dataset", "model"},
    {"background", "field_curve", "field_standard", "field_errors", "corrections"},
    {"stages", "simulation", "loading"},
    {"fitting"},
    {"analysis"},
    {"reproduction"},
    {"report"},
    {"cli"},
)


def test_every_data_file_is_packaged():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["glasspara"]
    shipped = {path for pattern in patterns for path in PACKAGE.glob(pattern)}
    there = {
        path
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
    }
    assert there == shipped
    for folder in {path.parent for path in PACKAGE.rglob("*.py")}:
        assert (folder / "__init__.py").exists(), f"{folder} would not be packaged"


def test_versions_agree():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["project"]["version"] == glasspara.__version__
    assert f"## {glasspara.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_public_names_exist():
    for name in glasspara.__all__:
        assert getattr(glasspara, name) is not None


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, glasspara; print(sorted({'numpy', 'scipy', 'pandas', 'iminuit'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_loading_leaves_out_what_holders_and_standards_need():
    """Some 10 ms of every short run."""
    parts = "{'background', 'field_standard', 'field_curve', 'field_errors'}"
    code = f"import sys, glasspara.loading; print([name for name in {parts} if f'glasspara.{{name}}' in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def storey(module: str) -> int:
    inner = module.removeprefix("glasspara.")
    for index, names in enumerate(STOREYS):
        if inner.split(".")[0] in names:
            return index
    raise AssertionError(f"{module} has no storey: add it to STOREYS")


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("glasspara."):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("glasspara."))


def modules():
    """Name and path of every module with a storey."""
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(("glasspara", *path.relative_to(PACKAGE).with_suffix("").parts))
        if module not in ("glasspara.__init__", "glasspara.__main__"):
            yield module.removesuffix(".__init__"), path


def test_imports_point_downwards():
    wrong = []
    for module, path in modules():
        wrong += [f"{module} -> {other}" for other in imports(path) if storey(other) > storey(module)]
    assert wrong == []


def test_imports_go_in_no_circle():
    """Within a storey too, and also where they wait inside a function."""
    names = dict(modules())
    graph = {module: {other for other in imports(path) if other in names} for module, path in names.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(names)


def only_in(package: str, folders: set[str]) -> list[str]:
    found = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            if any(name.split(".")[0] == package for name in names):
                place = path.relative_to(PACKAGE).as_posix()
                if not any(place.startswith(folder) for folder in folders):
                    found.append(place)
    return found


def test_heavy_libraries_have_one_home():
    assert only_in("iminuit", {"fitting/"}) == []
    assert only_in("matplotlib", {"report/figures/"}) == []
    assert only_in("rich", {"report/"}) == []
    assert only_in("typer", {"cli/"}) == []
