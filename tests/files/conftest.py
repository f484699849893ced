"""Synthetic files in each layout, and the real ones where this checkout lies beside them."""

from __future__ import annotations

import csv
from math import cos
from pathlib import Path

import pytest

REAL = Path(__file__).resolve().parents[3] / "shared" / "realdata"

XL_NAMES = "Time,Comment,Field (Oe),Temperature (K),Long Moment (emu),Long Scan Std Dev,Long Offset (cm),Long Reg Fit,"
XL_HEAD = """[Header]
TITLE,MPMS RSO Measurement
BYAPP,MPMS Measurement,1.1,Summary
FILEOPENTIME, 1627930469.197000 8/2/2021, 7:54:29 PM

INFO, APPNAME, MPMS MultiVu Application, Revision 1.61,  Build 082

INFO, NAME, glass
INFO, WEIGHT, {mass}
INFO, COMMENT, {comment}
INFO, SEQUENCE FILE: name.seq
[Data]
"""
XL_ROW = ",,{H:.6e},{T:.6e},{m:.6e},{s},0,{fit},"

MPMS3_NAMES = (
    "Comment,Time Stamp (sec),Temperature (K),Magnetic Field (Oe),Moment (emu),M. Std. Err. (emu),"
    "Transport Action,Center Position (mm),AC Moment (emu),DC Moment Fixed Ctr (emu),"
    "DC Moment Err Fixed Ctr (emu),DC Moment Free Ctr (emu),DC Moment Err Free Ctr (emu),DC Fixed Fit,"
    "DC Free Fit,DC Calculated Center (mm),DC Calculated Center Err (mm)"
)
MPMS3_HEAD = """[Header]
; MPMS3 Data File (default extension .dat)
; Copyright (c) 2007, Quantum Design, Inc. All rights reserved.
TITLE,{comment}
FILEOPENTIME,3974537230.42971,12/10/2025,2:07 pm
BYAPP,MPMS3 w/ AC,1.0,1.1
INFO,MPMS3 Measurement Release 1.3.2 Build 2, MultiVu Release 2.3.9.2,APPNAME
INFO,0,MOMENT_UNITS
INFO,Fe2O3,SAMPLE_MATERIAL
INFO,,SAMPLE_COMMENT
INFO,{mass},SAMPLE_MASS
INFO,4x4,SAMPLE_SIZE
[Data]
"""
DC_ROW = ",1.0,{T},{H},,,6,30,,{fixed},{s},{m},{s},{fixed_fit},{fit},{centre},INF"
VSM_ROW = ",1.0,{T},{H},{m},{s},1,30,,,,,,,,,"
AC_ROW = ",1.0,{T},{H},,,5,30,1e-6,,,,,,,,"

VSM_NAMES = (
    "Comment,Time Stamp (sec),Temperature (K),Magnetic Field (Oe),Moment (emu),M. Std. Err. (emu),"
    "Transport Action,Coil Signal' (mV),Coil Signal\" (mV),Mass (grams),Bridge 1 Excitation (\u00b5A)"
)
VSM_HEAD = """[Header]
; VSM Data File (default extension .dat)
TITLE,{comment}
FILEOPENTIME,28214732.41,11/22/2016,2:28 pm
BYAPP,VSM,1.0,1.0
INFO,PPMS VSM Option Release 1.3.6 Build 0,APPNAME
INFO,{mass},SAMPLE_MASS
[Data]
"""
PPMS_ROW = ",1.0,{T},{H},{m},{s},1,0,0,55.5,"

ACMS_NAMES = (
    "Comment,Time Stamp (sec),Temperature (K),Magnetic Field (Oe),Frequency (Hz),Amplitude (Oe),M-DC (emu),"
    "M-Std.Dev. (emu),M' (emu),M'' (emu),Moment (emu),Phase (deg),Map 28 (),Map 29 ()"
)
ACMS_HEAD = """[Header]
; ACMS Data File (default extension .dat)
TITLE,{comment}
BYAPP,ACMS,1.0,1.1
INFO,PPMS ACMS Option Version: 1.0.9 Build 14,APPNAME
INFO,mass,{mass}
INFO,teflon,8.47 mg
INFO,,
[Data]
"""
ACMS_ROW = ",1.0,{T},{H},,,{m},{s},,,,"

ACMS2_NAMES = (
    'Comment,Time Stamp (sec),Temperature (K),Magnetic Field (Oe),AC Moment (emu),AC X" (emu/Oe),'
    '"AC=1 DC=2 Locate=3",DC Moment (emu),DC Std. Err. (emu)'
)
ACMS2_HEAD = """[Header]
; ACMS II Data File
TITLE,{comment}
BYAPP,ACMS II,1.0,1.2
INFO,PPMS ACMS II Release 1.1,APPNAME
INFO,{mass},SAMPLE_MASS
[Data]
"""
ACMS2_ROW = ",1.0,{T},{H},,,2,{m},{s}"

LAYOUTS = {
    "xl": (XL_HEAD, XL_NAMES, XL_ROW),
    "mpms3-dc": (MPMS3_HEAD, MPMS3_NAMES, DC_ROW),
    "mpms3-vsm": (MPMS3_HEAD, MPMS3_NAMES, VSM_ROW),
    "vsm": (VSM_HEAD, VSM_NAMES, PPMS_ROW),
    "acms": (ACMS_HEAD, ACMS_NAMES, ACMS_ROW),
    "acms2": (ACMS2_HEAD, ACMS2_NAMES, ACMS2_ROW),
}
CELLS = {"m": 1.5e-5, "s": 2.0e-8, "fixed": 1.5e-5, "fit": 0.97, "fixed_fit": 0.96, "centre": 30.1}


def compose(layout, points, *, mass="12.5", comment="", extra=(), ending="\n"):
    """Text of a file: ``points`` are dicts of cells (T and H at least) or whole rows as text."""
    head, names, row = LAYOUTS[layout]
    rows = [point if isinstance(point, str) else row.format(**{**CELLS, **point}) for point in points]
    lines = [*head.format(mass=mass, comment=comment).rstrip("\n").split("\n"), names, *rows, *extra]
    return ending.join([*lines, ""])


def sweep(n=8, H=1000.0, **cells):
    """Points of an M(T) run: a Curie law with scatter of the size that the layouts state."""
    T = [2.0 * 1.5**i for i in range(n)]
    return [
        {"T": t, "H": H, "m": 1e-5 + 1e-4 / t + 2e-8 * cos(5.3 * i * i), **cells} for i, t in enumerate(T)
    ]


@pytest.fixture(name="compose")
def _compose():
    return compose


@pytest.fixture(name="sweep")
def _sweep():
    return sweep


@pytest.fixture
def layouts():
    return LAYOUTS


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
