"""States of the instrument: background subtracted or not, amplitude of the vibration, platform by APPNAME."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.data.corrections import Corrections
from glasspara.data.loading import load
from glasspara.errors import InputError, UsageError
from glasspara.files.exclusion import Amplitude
from glasspara.runs import read


def with_columns(text, **columns):
    """The text of a file with more columns: a value for all rows, or a list with one a row."""
    before, _, table = text.partition("[Data]\n")
    names, *rows = table.rstrip("\n").split("\n")
    separator = "" if names.endswith(",") else ","
    labels = {
        "before": "Long Moment [w/o ABS] (emu)",
        "using": "Using ABS",
        "amplitude": "Peak Amplitude (mm)",
    }
    names += separator + ",".join(labels[name] for name in columns)
    filled = []
    for i, row in enumerate(rows):
        cells = [str(item[i] if isinstance(item, list) else item) for item in columns.values()]
        filled.append(row + separator + ",".join(cells))
    return before + "\n".join(["[Data]", names, *filled, ""])


def named(text, background=r"C:\Data\straw.rso.raw"):
    return text.replace("INFO, SEQUENCE", f"INFO, BACKGROUND DATA FILE:, {background}\nINFO, SEQUENCE")


def codes(measurement):
    return [item.code for item in measurement.file_warnings]


@pytest.mark.parametrize("signs", [{"using": 1}, {"before": 7e-5, "using": 0}, {"before": 7e-5, "using": 1}])
def test_a_background_that_the_instrument_has_subtracted(write, compose, sweep, signs):
    path = write(named(with_columns(compose("xl", sweep(12)), **signs)))
    measurement = read(path)
    (item,) = [item for item in measurement.file_warnings if item.code == "files.background-subtracted"]
    assert item.values["rows"] == item.values["of"] == 12
    assert item.values["background"] == r"C:\Data\straw.rso.raw"
    assert (item.values["largest_emu"] is None) == ("before" not in signs)
    assert "subtracted a background from it" in measurement.moment_choice.reason
    assert np.array_equal(
        measurement.runs[0].moment, read(write(compose("xl", sweep(12)), "b.dat")).runs[0].moment
    )


@pytest.mark.parametrize("signs", [{"using": 0}, {"before": 0, "using": 0}, {}])
def test_none_is_subtracted(write, compose, sweep, signs):
    text = compose("xl", sweep(12))
    assert codes(read(write(named(with_columns(text, **signs) if signs else text, "None")))) == []


def test_moments_before_that_are_the_same_are_no_subtraction(write, compose, sweep):
    before = [f"{point['m']:.6e}" for point in sweep(12)]
    assert codes(read(write(with_columns(compose("xl", sweep(12)), before=before)))) == []


def test_a_background_that_only_the_header_names(write, compose, sweep):
    assert codes(read(write(named(compose("xl", sweep(12)))))) == ["files.background-named"]


def test_a_background_subtracted_from_some_rows(write, compose, sweep):
    bare = [{**point, "m": point["m"] - 3e-5} for point in sweep(12)]
    text = with_columns(compose("xl", [*sweep(12), *bare]), using=[1] * 12 + [0] * 12)
    measurement = read(write(text))
    assert codes(measurement) == ["files.background-subtracted-in-part"]
    assert [(len(run), run.moment_column) for run in measurement.runs] == [
        (12, "Long Moment (emu), background subtracted"),
        (12, "Long Moment (emu), background not subtracted"),
    ]
    assert measurement.rows_read == measurement.rows_used == 24


@pytest.mark.parametrize(
    ("signs", "words"),
    [({"using": 1}, "has already subtracted"), ({"using": 0}, "may have already subtracted")],
)
def test_it_is_not_subtracted_again(glasspara, write, compose, sweep, signs, words):
    sample = write(named(with_columns(compose("xl", sweep(12)), **signs)), "sample.dat")
    holder = write(compose("xl", sweep(12, m=-3e-5)), "holder.dat")
    with pytest.raises(InputError, match=words):
        load([sample], corrections=Corrections(background=(holder,)))
    status, out, err = glasspara("fit", sample, "--background", holder, "--no-plots")
    assert (status, out, err.count("\n")) == (3, "", 1)
    assert words in err


def test_a_holder_without_its_background_is_no_background(write, compose, sweep):
    sample = write(compose("xl", sweep(12)), "sample.dat")
    holder = write(with_columns(compose("xl", sweep(12, m=-3e-5)), using=1), "holder.dat")
    with pytest.raises(InputError, match="from this run of the holder"):
        load([sample], corrections=Corrections(background=(holder,)))


def test_a_susceptibility_on_top_is_said(write, compose, sweep):
    path = write(with_columns(compose("xl", sweep(12)), using=1))
    loaded = load([path], corrections=Corrections(holder_chi=(-1e-9, None)))
    (item,) = [item for item in loaded.warnings if item.code == "data.holder-subtracted-twice"]
    assert item.values == {"holder_chi_emu_per_Oe": -1e-9}


def two_amplitudes(compose, sweep, *, ratio=0.98):
    """Rows at 1 and 5 mm in turn, whose moments differ by a factor."""
    pairs = [(point, {**point, "m": ratio * point["m"]}) for point in sweep(12)]
    points = [point for pair in pairs for point in pair]
    return with_columns(compose("mpms3-vsm", points), amplitude=[0.998, 4.991] * 12)


def test_amplitudes_are_kept_apart(write, compose, sweep):
    measurement = read(write(two_amplitudes(compose, sweep)))
    assert [(len(run), run.moment_column) for run in measurement.runs] == [
        (12, "Moment (emu), amplitude 1 mm"),
        (12, "Moment (emu), amplitude 5 mm"),
    ]
    (item,) = [item for item in measurement.file_warnings if item.code == "files.amplitudes-apart"]
    (other,) = item.values["others"]
    assert (item.values["reference_mm"], other["amplitude_mm"], other["pairs"]) == (1.0, 5.0, 12)
    assert other["percent"] == pytest.approx(-2.0, abs=0.01)
    assert "differ by -2.00 %" in item.text
    assert measurement.rows_used == measurement.rows_read == 24


def test_amplitudes_at_other_temperatures_are_compared_by_interpolation(write, compose, sweep):
    points = [
        {"T": 10.0 + 0.4 * i, "H": 1e3, "m": (1.03 if i % 2 else 1.0) / (10.0 + 0.4 * i)} for i in range(40)
    ]
    text = with_columns(compose("mpms3-vsm", points), amplitude=[2.0, 4.0] * 20)
    (item,) = [item for item in read(write(text)).file_warnings if item.code == "files.amplitudes-apart"]
    assert item.values["others"][0]["percent"] == pytest.approx(3.0, abs=0.1)


def test_amplitudes_that_cannot_be_compared(write, compose, sweep):
    points = [*sweep(8), *sweep(8, H=2e4)]
    text = with_columns(compose("mpms3-vsm", points), amplitude=[2.0] * 8 + [4.0] * 8)
    (item,) = [item for item in read(write(text)).file_warnings if item.code == "files.amplitudes-apart"]
    assert item.values["others"][0]["percent"] is None
    assert "no points at the same temperature and field" in item.text


def test_readings_of_one_amplitude(write, compose, sweep):
    text = with_columns(compose("vsm", sweep(8)), amplitude=[1.98, 2.01, 2.0, "", 1.99, 2.0, 2.0, 2.0])
    measurement = read(write(text))
    assert codes(measurement) == []
    assert [len(run) for run in measurement.runs] == [8]


def test_one_amplitude_is_left_out(write, compose, sweep):
    path = write(two_amplitudes(compose, sweep))
    measurement = read(path, exclude=[Amplitude(1.0)])
    assert [(len(run), run.moment_column) for run in measurement.runs] == [(12, "Moment (emu)")]
    assert codes(measurement) == []
    assert measurement.rows_dropped == {"excluded on request": 12}
    with pytest.raises(UsageError, match="of the amplitude 3 mm"):
        read(path, exclude=[Amplitude(3.0)])


@pytest.mark.parametrize(
    ("layout", "application", "words"),
    [
        ("vsm", "VersaLab VSM Option Release 1.4.6 Build 14", "VersaLab VSM"),
        ("vsm", "OptiCool VSM Option Release 1.0", "OptiCool VSM"),
        ("vsm", "Versa Lab VSM Option", "VersaLab VSM"),
        ("vsm", "DYNACOOL VSM Option Release 1.4.10 Build 1", "DynaCool VSM"),
        ("vsm", "PPMS VSM Option Release 1.3.6 Build 0", "PPMS VSM 1.0"),
        ("acms2", "DynaCool ACMS II Option Release 1.2", "DynaCool ACMS II"),
        ("acms2", "PPMS ACMS II Release 1.1", "PPMS ACMS II"),
    ],
)
def test_platforms(write, compose, sweep, layout, application, words):
    text = compose(layout, sweep())
    old = next(line for line in text.split("\n") if line.endswith(",APPNAME"))
    assert read(write(text.replace(old, f"INFO,{application},APPNAME"))).instrument == words


@pytest.mark.parametrize("folder", ["abs"])
def test_the_cases_of_subtracted_backgrounds(shared, folder):
    files = sorted((shared / "cases" / folder).glob("*.dat"))
    if not files:
        pytest.skip("no cases beside the checkout")
    for path in files:
        assert "files.background-subtracted" in codes(read(path)), path.name
    holder = str(shared / "cases" / folder / "holder_20kOe.txt")
    with pytest.raises(InputError, match="has already subtracted a background"):
        load([str(files[2])], corrections=Corrections(background=(holder,)))


def test_the_case_of_two_amplitudes(shared):
    path = shared / "cases" / "vsm_amp_interleaved" / "VSM.dat"
    if not path.is_file():
        pytest.skip("no cases beside the checkout")
    measurement = read(path)
    assert [len(run) for run in measurement.runs] == [80, 80]
    (item,) = [item for item in measurement.file_warnings if item.code == "files.amplitudes-apart"]
    assert item.values["others"][0]["percent"] == pytest.approx(-1.96, abs=0.05)


def test_the_case_of_a_versalab(shared):
    path = shared / "cases" / "files" / "versalab_ferromagnet_verdict_good.dat"
    if not path.is_file():
        pytest.skip("no cases beside the checkout")
    assert read(path).instrument == "VersaLab VSM"
