"""What the package ships, and what it costs to import."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import glasspara
from tests.conftest import ROOT

PACKAGE = ROOT / "glasspara"


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
    assert f"\nversion: {glasspara.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
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
    parts = ("background", "field_standard", "true_field")
    names = [f"glasspara.data.corrections.{part}" for part in parts]
    code = f"import sys, glasspara.data.loading; print([name for name in {names} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
