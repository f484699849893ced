"""What the package ships, and what it costs to import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

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


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """The source distribution of this checkout, and the wheel that is built from it; no network."""
    pytest.importorskip("setuptools", minversion="77")
    folder = tmp_path_factory.mktemp("distributions")
    checkout = folder / "checkout"
    for name in ("glasspara", "tests"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "MANIFEST.in"):
        shutil.copy(ROOT / name, checkout)
    source = built("sdist", checkout, folder)
    with tarfile.open(source) as archive:
        archive.extractall(folder, filter="data")
    return source, built("wheel", folder / source.name.removesuffix(".tar.gz"), folder)


def built(kind, checkout, folder):
    """What the build backend makes, as pip calls it without a build environment of its own."""
    code = f"import setuptools.build_meta as b; print(b.build_{kind}({str(folder)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / done.stdout.splitlines()[-1]


def test_the_source_distribution_is_whole(distributions):
    source, wheel = distributions
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff"} <= names
    assert not [name for name in names if name.startswith("tests")]
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
    there = {path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert shipped == {path.relative_to(ROOT).as_posix() for path in there}


def test_the_wheel_works_in_a_fresh_environment(distributions, tmp_path, fixtures):
    """Its own package, this environment's libraries."""
    fresh = tmp_path / "fresh"
    venv.create(fresh, with_pip=False)
    (site,) = fresh.glob("lib/python*/site-packages")
    with zipfile.ZipFile(distributions[1]) as archive:
        archive.extractall(site)
    libraries = Path(pytest.__file__).parent.parent
    # As ASCII: Python reads the file in the encoding of the locale.
    added = f"import sys; sys.path.append({str(libraries)!a})\n"
    (site / "libraries.pth").write_text(added, encoding="ascii")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def run(*arguments):
        command = [str(fresh / "bin" / "python"), *map(str, arguments)]
        return subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    where = run("-c", "import glasspara; print(glasspara.__file__)").stdout
    assert Path(where.strip()).is_relative_to(fresh)
    start = (
        "from importlib.metadata import entry_points as e; e(group='console_scripts')['glasspara'].load()()"
    )
    assert run("-c", start, "--version").stdout == f"glasspara {glasspara.__version__}\n"
    (file,) = fixtures.glob("pure-ll/*_20000Oe.rso.dat")
    done = run("-c", start, "fit", file, "--model", "ll", "--out", "results", "--jobs", "1")
    assert (done.returncode, done.stderr) == (0, "wrote 6 files to results\n")
    for command in ("presets", "schema", "cite", "environment"):
        assert run("-c", start, command).returncode == 0
