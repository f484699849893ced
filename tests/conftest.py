"""What all tests share: where the fixtures lie, and the folder of real files beside the checkout, if it is there."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pytest

from glasspara.app import run
from glasspara.replicates.cores import ONE_THREAD, one_thread_for_good
from glasspara.report.block import schema_text
from glasspara.simulation.writer import TEXT_LAYOUTS, compose, sweep

os.environ["MPLBACKEND"] = "agg"  # before a module of tests imports matplotlib

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "realdata"


def shell_words(*arguments: object) -> str:
    """``glasspara`` with ``arguments`` as a shell reads it, whatever the paths hold."""
    return shlex.join([sys.executable, "-m", "glasspara", *map(str, arguments)])


@pytest.fixture(autouse=True, scope="session")
def _plain_terminal():
    """Tests run alike whatever terminal they were started from."""
    with pytest.MonkeyPatch.context() as patch:
        for name in (
            "FORCE_COLOR",
            "NO_COLOR",
            "COLUMNS",
            "LINES",
            "TTY_COMPATIBLE",
            "TTY_INTERACTIVE",
            "GITHUB_ACTIONS",
        ):
            patch.delenv(name, raising=False)
        # As the program does it before NumPy is loaded; here pytest or a module of tests may have loaded it.
        one_thread_for_good()
        for name, value in ONE_THREAD.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """Folder of the bundled synthetic campaigns."""
    return ROOT / "fixtures"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real files, reference values and the source's tables; not part of the project."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no folder of shared material beside the checkout")
    return folder


@pytest.fixture(name="compose")
def _compose():
    return compose


@pytest.fixture(name="sweep")
def _sweep():
    return sweep


@pytest.fixture
def layouts():
    return TEXT_LAYOUTS


@pytest.fixture
def write(tmp_path):
    """Write a file and give its path as text; bytes as they are, text as cp1252."""

    def writer(content, name="run.dat"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("cp1252"))
        return str(path)

    return writer


@pytest.fixture(scope="session")
def real_index():
    """Rows of INDEX.tsv by file; skips where the real files are not at hand."""
    index = REAL / "INDEX.tsv"
    if not index.is_file():
        pytest.skip("the real files are not beside this checkout")
    with index.open(encoding="utf-8", newline="") as stream:
        return {row["file"]: row for row in csv.DictReader(stream, delimiter="\t")}


@pytest.fixture(scope="session")
def real(real_index):
    """Path of the one real file whose name holds a text."""

    def find(text):
        found = [name for name in real_index if text in name]
        assert len(found) == 1, found
        return str(REAL / found[0])

    return find


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def working_folder(monkeypatch, tmp_path_factory) -> Path:
    """An empty folder that the test works in: results without ``--out`` go below it, not into the checkout."""
    folder = tmp_path_factory.mktemp("working")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def glasspara(monkeypatch, capfd, working_folder) -> Callable[..., Outcome]:
    """``glasspara("fit", "run.dat")``, in ``working_folder``; ``stdin`` gives the bytes that ``-`` reads."""

    def call(*arguments: object, stdin: bytes | None = None) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["glasspara", *map(str, arguments)])
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfd.readouterr()
        status: object = 0
        try:
            run()
        except SystemExit as stop:
            status = stop.code or 0
        out, err = capfd.readouterr()
        return Outcome(status if isinstance(status, int) else 1, out, err)

    return call


@pytest.fixture
def one(fixtures):
    """A run of the bundled BK7."""
    return fixtures / "bk7-fixed-field" / "BK7-synthetic_MT_20000Oe.rso.dat"


@pytest.fixture
def bk7(fixtures):
    """All M(T) runs of the bundled BK7."""
    return sorted((fixtures / "bk7-fixed-field").glob("*.dat"))


@pytest.fixture
def pure_ll(fixtures):
    """All runs of the bundled sample without tunnelling systems."""
    return sorted((fixtures / "pure-ll").glob("*.dat"))


@pytest.fixture(scope="session")
def validator():
    """Validates a report against the JSON Schema that the package ships."""
    return jsonschema.Draft202012Validator(json.loads(schema_text()))
