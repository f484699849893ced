"""`read` as a whole."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasspara.errors import GlassparaError, InputError, UsageError
from glasspara.runs import read


def test_frame(write, compose, sweep):
    measurement = read(write(compose("xl", [*sweep(), *sweep(5, H=5000.0)])))
    frame = measurement.to_frame()
    assert list(frame) == [
        "run", "line", "branch", "since_field_change", "T_K", "H_Oe", "moment_emu", "sigma_emu"
    ]  # fmt: skip
    assert frame["since_field_change"].tolist() == [*range(8), *range(5)]
    assert frame["run"].tolist() == [0] * 8 + [1] * 5
    assert set(frame["branch"]) == {"warming"}
    np.testing.assert_array_equal(frame["moment_emu"][:8], measurement.runs[0].moment)


def test_warnings_name_their_run(write, compose, sweep):
    path = write(compose("xl", [{**p, "s": 1.0} for p in sweep(40)]))
    warning = read(path).warnings[0]
    assert warning.text.startswith(f"{path}: 1000 Oe: Long Scan Std Dev is 1 emu")
    assert (warning.code, warning.where.file, warning.where.run) == ("runs.errors-replaced", path, "1000 Oe")


def test_warnings_that_differ_in_their_numbers_only_are_one(write, compose, sweep):
    runs = [{**p, "s": 1.0, "H": H} for H in (1000.0, 2000.0, 3000.0) for p in sweep(40)]
    measurement = read(write(compose("xl", runs)))
    (warning,) = [item for item in measurement.warnings if item.code == "runs.errors-replaced"]
    assert warning.values["runs"] == ["1000 Oe", "2000 Oe", "3000 Oe"]
    assert ": 1000 Oe and 2 more: Long Scan" in warning.text
    assert [item.values["runs"] for item in measurement.runs[1].warnings] == [["2000 Oe"]]


def test_mass_and_contradiction(write, compose, sweep):
    measurement = read(write(compose("mpms3-dc", sweep(), mass="12.5"), "glass_30mg.dat"))
    assert measurement.mass.value_mg == 12.5
    assert any("the file name says 30mg" in warning.text for warning in measurement.warnings)


def test_zero_errors_are_replaced(write, compose, sweep):
    run = read(write(compose("xl", [{**p, "s": 0.0} for p in sweep(30)]))).runs[0]
    assert np.all(run.sigma > 0)
    assert run.sigma_source.startswith("local scatter")


def test_errors_on_request(write, compose, sweep):
    path = write(compose("xl", [{**p, "s": 0.0} for p in sweep()]))
    with pytest.raises(UsageError, match="no errors") as caught:
        read(path, errors="instrument")
    assert caught.value.where == path


def test_no_run(write, compose):
    with pytest.raises(InputError, match="no run: 3 usable points, and a run needs 4"):
        read(write(compose("xl", [{"T": 2.0 + i, "H": 1000.0} for i in range(3)])))


def test_the_reader_needs_numpy_alone():
    """Start-up: pandas and scipy cost half a second each."""
    code = "import sys, glasspara.runs; print(sorted({'pandas', 'scipy', 'matplotlib'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


PIECES = st.sampled_from(
    [
        "",
        ",",
        "\t",
        ";",
        '"',
        "\n",
        "\r",
        "nan",
        "inf",
        "-",
        "1e400",
        "0",
        "9",
        ".",
        "e",
        "[Data]",
        "[Header]",
        "\u00b5",
    ]
)


@pytest.mark.parametrize("layout", ["xl", "mpms3-dc", "vsm", "acms", "acms2"])
@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_damaged_files_give_a_measurement_or_an_error(write, compose, sweep, layout, data):
    """Cut, overwritten or with pieces put in anywhere: never another exception, and every row accounted for."""
    text = compose(layout, [*sweep(6), *({"T": 5.0, "H": 1000.0 * k} for k in range(6))])
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(PIECES) + text[at + data.draw(st.integers(0, 3)) :]
    text = text[: data.draw(st.integers(len(text) // 2, len(text)))] if data.draw(st.booleans()) else text
    measurement = None
    message = ""
    try:
        measurement = read(write(text))
    except GlassparaError as error:
        message = str(error)
    if measurement is None:
        assert message.count("\n") == 0 < len(message)
        return
    assert measurement.rows_read == measurement.rows_used + sum(measurement.rows_dropped.values())
    for run in measurement.runs:
        for values in (run.temperature, run.field, run.moment, run.sigma):
            assert np.all(np.isfinite(values))
        assert np.all(run.sigma > 0)
        assert np.all(run.temperature > 0)


def test_infinite_centres_of_scans(write, compose, sweep):
    text = compose("mpms3-dc", [{**p, "fixed": "inf", "centre": "inf"} for p in sweep()])
    diagnostics = read(write(text.replace(",6,30,,", ",6,inf,,"))).moment_choice.diagnostics
    assert diagnostics["centre_shift_mm"] is diagnostics["fixed_over_free"] is None


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=st.binary(max_size=300))
def test_any_bytes_give_an_error(write, content):
    with pytest.raises(InputError):
        read(write(content))


def test_a_row_cut_in_the_middle_of_the_file_is_not_believed(fixtures, tmp_path):
    """Up to ``...,-3.206200e-004,3.207173``: what is left of the error is 10 million times too large."""
    source = fixtures / "bk7-fixed-field" / "BK7-synthetic_MT_20000Oe.rso.dat"
    lines = source.read_bytes().split(b"\r\n")
    row = 60
    cells = lines[row].split(b",")
    lines[row] = b",".join([*cells[:5], cells[5][:8]])
    path = tmp_path / "cut.dat"
    path.write_bytes(b"\r\n".join(lines))
    measurement = read(str(path))
    assert measurement.rows_dropped == {"short row": 1}
    assert measurement.dropped[0].line == row + 1
    assert measurement.rows_read == 80
    assert measurement.runs[0].sigma.max() < 1e-6
