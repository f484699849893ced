"""The layouts that the writer makes, against those of the instruments and against our own reader."""

from __future__ import annotations

from functools import partial
from itertools import groupby

import numpy as np
import pytest

from glasspara.errors import UsageError
from glasspara.runs import read
from glasspara.simulation.writer import write_run

REAL_FILES = {
    "rso": "chanjr__mpms-python/A344_GdN_FC_050_Oe_160908.rso.dat",
    "dc": "jhilgar__qdsquid-dataplot/pb6051_ZFC_0p1T.dc.dat",
    "mpms3": "danbrom123__QuantumDesign-SQUID-data-analyser/S2-IP-MH@5K_2T_course_8kOe_fine.dat",
}
WRITERS = {
    name: partial(write_run, layout)
    for name, layout in (("rso", "mpms-xl-rso"), ("dc", "mpms-xl-dc"), ("mpms3", "mpms3-dc"))
}

T = np.array([2.0, 4.5, 10.0, 99.99999, 300.0])
H = np.array([-20000.0, -20000.25, -19999.9, -20000.0, -20000.0])
MOMENT = np.array([-1.234567e-4, 0.0, 3.0e-12, 1.5e-3, -9.999999e-1])
SIGMA = np.array([1.0e-7, 5.0e-9, 0.0, 2.345678e-6, 1.0e-3])

RSO_GOLDEN = """\
[Header]
TITLE,MPMS RSO Measurement
BYAPP,MPMS Measurement,1.1,Summary
FILEOPENTIME, 1609747200.000000 1/4/2021, 8:00:00 AM

INFO, APPNAME, MPMS MultiVu Application, Revision 1.61,  Build 082

INFO, NAME, glass
INFO, WEIGHT, 35.700
INFO, AREA, 1.000
INFO, LENGTH, 1.000
INFO, SHAPE, 0
INFO, COMMENT, synthetic; seed=1
INFO, SEQUENCE FILE: synthetic.seq


INFO, BACKGROUND DATA FILE:, None


STARTUPAXIS,X,4,LINEAR,AUTO,0.000000,0.000000
STARTUPAXIS,Y1,5,LINEAR,AUTO,0.000000,0.000000


STARTUPGROUP,Longitudinal
FIELDGROUP,Longitudinal,1,2,3,4,5,6,7,8,9,10,11,19,20,21,22,23,35
FIELDGROUP,Transverse,1,2,3,4,12,13,14,15,16,17,18,24,25,26,27,28,35

PLOT_APPEARANCE,ALL,HORZ_GRID_ON,VERT_GRID_ON,MARKERS_AND_LINES

[Data]
"""
RSO_ROW = (
    "1609747200.000,,-2.000000e+004,2.000000e+000,-1.234567e-004,1.000000e-007,0.000000e+000,0.000000e+000,3,"
    "9.900000e-001,1.825000e+000,,,,,,,,,,,,,,,,,,0,5.000000e+000,5.000000e-001,2,3,0.000000e+000,0,0,0,"
)


def written(layout, **changes):
    arguments = {"name": "glass", "comment": "synthetic; seed=1", "mass_mg": 35.7, **changes}
    return WRITERS[layout](T.tolist(), H.tolist(), MOMENT.tolist(), SIGMA.tolist(), **arguments)


def lines_of(content):
    text = content.decode("cp1252")
    assert text.endswith("\r\n")
    assert text.count("\n") == text.count("\r\n") == text.count("\r")
    return text.split("\r\n")[:-1]


def test_the_rso_header_and_first_row():
    lines = lines_of(written("rso"))
    assert lines[:30] == RSO_GOLDEN.splitlines()
    assert lines[31] == RSO_ROW


@pytest.mark.parametrize(
    ("layout", "columns", "data_line"), [("rso", 38, 30), ("dc", 31, 30), ("mpms3", 88, 40)]
)
def test_the_shape_of_the_table(layout, columns, data_line):
    lines = lines_of(written(layout))
    assert lines.index("[Data]") == data_line - 1
    assert {len(line.split(",")) for line in lines[data_line:]} == {columns}
    assert len(lines) == data_line + 1 + len(T)


def grammar(lines):
    """Header lines without what differs from file to file: values, build numbers, an oven."""
    kept = []
    for line in lines:
        parts = [part.strip() for part in line.split(",")]
        if parts[0] == "INFO":
            info_key = parts[-1] if parts[-1].isupper() and "_" in parts[-1] else parts[1].split(":")[0]
            kept.append("INFO " + ("APPNAME" if "APPNAME" in parts else info_key))
        elif parts[0] in ("FILEOPENTIME", "BYAPP", "[Header]") or parts[0].startswith(";"):
            kept.append(f"{parts[0][:12] if line[:1] != ';' else ';'} {len(parts)}")
        else:
            kept.append(line)
    return [entry for entry in kept if not entry.startswith("INFO OVEN_")]


@pytest.mark.parametrize("layout", REAL_FILES)
def test_header_and_column_names_are_those_of_a_real_file(layout, shared):
    real = (
        (shared / "realdata" / REAL_FILES[layout])
        .read_bytes()
        .decode("cp1252")
        .replace("\r\n", "\n")
        .split("\n")
    )
    real_data, ours = real.index("[Data]"), lines_of(written(layout))
    our_data = ours.index("[Data]")
    assert ours[our_data + 1] == real[real_data + 1]
    assert grammar(ours[:our_data]) == grammar(real[:real_data])


@pytest.mark.parametrize("layout", ["rso", "dc"])
def test_rows_have_the_look_of_real_rows(layout, shared):
    def look(row):
        shape = "".join("9" if c.isdigit() else c for c in row).replace("-", "").replace("+", "")
        return "".join(f"{c}" if c == "9" else "".join(run) for c, run in groupby(shape))

    real = (shared / "realdata" / REAL_FILES[layout]).read_bytes().decode("cp1252").splitlines()
    assert look(lines_of(written(layout))[31]) == look(real[31])


@pytest.mark.parametrize("layout", WRITERS)
def test_our_reader_gets_back_what_was_written(layout, tmp_path):
    path = tmp_path / "run.dat"
    path.write_bytes(written(layout))
    measurement = read(path)
    (run,) = measurement.runs
    assert measurement.rows_used == len(T)
    assert run.temperature.tolist() == T.tolist()
    assert run.field.tolist() == H.tolist()
    assert run.moment.tolist() == MOMENT.tolist()
    # a deviation of exactly 0 means that there was one scan, and the reader puts something else there
    assert run.sigma[SIGMA > 0].tolist() == SIGMA[SIGMA > 0].tolist()
    assert measurement.mass.value_mg == 35.7
    name_key, comment_key = (
        ("SAMPLE_MATERIAL", "SAMPLE_COMMENT") if layout == "mpms3" else ("NAME", "COMMENT")
    )
    assert measurement.header.get(name_key) == "glass"
    assert measurement.header.get(comment_key) == "synthetic; seed=1"


def test_mpms3_moments_are_dc_scans_and_keep_15_digits():
    lines = lines_of(write_run("mpms3-dc", [2.0], [1.0], [1.23456789012345e-5], [1e-9], name="x"))
    cells = dict(zip(lines[40].split(","), lines[41].split(","), strict=True))
    assert cells["Moment (emu)"] == ""
    assert cells["Transport Action"] == "6"
    assert cells["DC Moment Free Ctr (emu)"] == cells["DC Moment Fixed Ctr (emu)"] == "1.23456789012345E-05"
    assert cells["Time Stamp (sec)"] == "3818908800.00000"
    assert "FILEOPENTIME,3818908800.00000,01/04/2021,8:00 am" in lines


@pytest.mark.parametrize("layout", WRITERS)
def test_same_arguments_same_bytes(layout):
    assert written(layout) == written(layout)


@pytest.mark.parametrize(
    ("layout", "mass", "line"),
    [
        ("rso", 96.8, "INFO, WEIGHT, 96.800"),
        ("rso", 0.0123456, "INFO, WEIGHT, 0.0123456"),
        ("rso", None, "INFO, WEIGHT, 0.000"),
        ("mpms3", 96.8, "INFO,96.800,SAMPLE_MASS"),
        ("mpms3", None, "INFO,,SAMPLE_MASS"),
    ],
)
def test_masses(layout, mass, line):
    assert line in lines_of(written(layout, mass_mg=mass))


@pytest.mark.parametrize("layout", WRITERS)
@pytest.mark.parametrize("text", ["a,b", "two\nlines", "two\rlines", "Δμ"])
def test_texts_that_a_header_cannot_hold(layout, text):
    for field in ("name", "comment"):
        with pytest.raises(UsageError, match="header cannot hold"):
            written(layout, **{field: text})


@pytest.mark.parametrize("layout", WRITERS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_a_file_cannot_hold(layout, value):
    with pytest.raises(UsageError, match="cannot hold the value"):
        WRITERS[layout]([2.0], [1.0], [value], [1e-9], name="x")


def test_exponents_of_three_digits():
    rows = lines_of(write_run("mpms-xl-rso", [1.0], [0.0], [-1e-101], [1e100], name="x"))
    assert rows[31].split(",")[2:6] == ["0.000000e+000", "1.000000e+000", "-1.000000e-101", "1.000000e+100"]
