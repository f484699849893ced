"""What the program does where the machine, the shell or libraries get in its way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from glasspara.cli.groups import workers
from glasspara.cli.output import report_error
from glasspara.errors import UsageError
from glasspara.replicates.cores import usable_cores
from tests.conftest import ROOT


def run(code, tmp_path, *, prepare=None, **environment):
    """``code`` in a Python of its own, in an empty folder."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        preexec_fn=prepare,
        capture_output=True,
        text=True,
        check=False,
    )


FIT = """
import sys
from glasspara.__main__ import main
sys.argv = ["glasspara", "fit", {file!r}, "--model", "ll", "--out", "out", "--jobs", "1", "--quiet"]
main()
"""


@pytest.fixture
def fit(fixtures):
    (file,) = fixtures.glob("pure-ll/*_20000Oe.rso.dat")
    return FIT.format(file=str(file))


@pytest.mark.parametrize(
    "environment",
    [
        {"MPLBACKEND": "module://matplotlib_inline.backend_inline"},
        {"MPLCONFIGDIR": "/dev/null", "HOME": "/dev/null"},
        {"FORCE_COLOR": "1", "GITHUB_ACTIONS": "true", "TERM": "xterm", "COLUMNS": "0"},
    ],
)
def test_odd_environments_change_nothing(fit, tmp_path, environment):
    done = run(fit, tmp_path, **environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(list((tmp_path / "out").glob("*.png"))) == 2


def test_a_broken_configuration_of_figures_changes_nothing(fit, tmp_path):
    (tmp_path / "matplotlibrc").write_text("nonsense: 3\nfont.family: Nowhere\nfigure.dpi: abc\n")
    done = run(fit, tmp_path, MPLCONFIGDIR=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def limited(name, soft, hard):
    import resource

    return lambda: resource.setrlimit(getattr(resource, name), (soft, hard))


def test_twelve_open_files(fit, tmp_path):
    """As many as a shell allows for the time being, and for good; fonts alone take a dozen."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert run(fit, tmp_path, prepare=limited("RLIMIT_NOFILE", 12, hard)).returncode == 0
    done = run(fit.replace('"out"', '"other"'), tmp_path, prepare=limited("RLIMIT_NOFILE", 8, 8))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: too many open files for this shell. Allow more: ulimit -n 256\n"
    assert not list((tmp_path / "other").glob("*"))


def test_three_hundred_megabytes(fit, tmp_path):
    if sys.platform != "linux":
        pytest.skip("limits of memory are those of Linux")
    done = run(fit, tmp_path, prepare=limited("RLIMIT_AS", 400_000_000, 400_000_000))
    assert (done.returncode, done.stderr) == (0, "")


def test_libraries_neither_write_on_stdout_nor_warn(tmp_path):
    code = """
import os, sys
from glasspara import app, __main__
def run():
    import warnings, numpy as np
    os.write(1, b" ** On entry to DLASCL parameter number 4 had an illegal value")
    os.system("echo from a child")
    np.array([1e300]) ** 2 / 0.0
    warnings.warn("odd")
    print("ours")
    raise SystemExit(0)
app.run = run
__main__.main()
"""
    done = run(code, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ours\n", "")


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (
            "np.linalg.LinAlgError('SVD did not converge')",
            3,
            "the numbers cannot be computed with (SVD did not",
        ),
        ("OverflowError(34, 'Numerical result out of range')", 3, "with (Numerical result out of range)"),
        ("ZeroDivisionError()", 3, "with (ZeroDivisionError)"),
        ("MemoryError()", 2, "not enough memory"),
        ("OSError(24, 'Too many open files')", 2, "too many open files for this shell"),
    ],
)
def test_what_breaks_numerically_is_one_line(tmp_path, error, status, words):
    code = f"""
import numpy as np
from glasspara import app
def fail(arguments): raise {error}
app._carry_out = fail
app.run()
"""
    done = run(code, tmp_path)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (status, "", 1)
    assert words in done.stderr


def test_there_are_no_more_jobs_than_cores():
    assert workers(10**9) == workers(None) == usable_cores()
    assert workers(1) == 1


def test_a_kill_leaves_no_warning_of_semaphores(fixtures, tmp_path):
    """Python's helper, which cleans up after a process that was killed, speaks on its terminal."""
    (file,) = fixtures.glob("pure-ll/*_20000Oe.rso.dat")
    more = ["fit", str(file), "--model", "ll", "--bootstrap", "2000", "--out", "out", "--jobs", "2"]
    code = f"""
import os, signal, sys
from glasspara import replicates as run
def kill(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)
run._keep = kill
from glasspara.__main__ import main
sys.argv = {["glasspara", *more]}
if __name__ == "__main__":
    main()
"""
    program = tmp_path / "program.py"
    program.write_text(code, encoding="utf-8")
    done = run(f"import runpy; runpy.run_path({str(program)!r}, run_name='__main__')", tmp_path)
    assert done.returncode == -signal.SIGKILL
    assert "semaphore" not in done.stderr


def test_messages_on_a_terminal_break_no_number(monkeypatch, capsys):
    """Piped they are one line each, which a script reads."""
    text = "a" * 70 + " the header says 54.86 mg"
    report_error(UsageError(text))
    assert capsys.readouterr().err == f"error: {text}\n"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "99")
    monkeypatch.setenv("TERM", "xterm")
    report_error(UsageError(text))
    first, second = capsys.readouterr().err.splitlines()
    assert (first, second) == (f"error: {'a' * 70} the header says", "54.86 mg")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_messages_that_cannot_be_written_cost_no_result(fixtures, tmp_path):
    """A log on a full disk: the result and the exit status are what they would be."""
    (file,) = fixtures.glob("pure-ll/*_20000Oe.rso.dat")
    for arguments, status, words in (
        (["fit", str(file), "--model", "ll", "--mass", "50", "--no-files"], 0, "Verdict"),
        (["fit", "missing.dat"], 3, ""),
    ):
        with open("/dev/full", "w") as full:  # noqa: PTH123
            done = subprocess.run(
                [sys.executable, "-m", "glasspara", *arguments],
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                stderr=full,
                text=True,
                check=False,
            )
        assert done.returncode == status
        assert words in done.stdout
