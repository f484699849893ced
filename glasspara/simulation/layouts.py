"""Small files in each layout of Quantum Design's instruments: header, columns and rows as their programs write them.

For tests and fuzzing, which need every column and any cell; :mod:`glasspara.simulation.writer` writes whole campaigns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import cos

_XL_NAMES = "Time,Comment,Field (Oe),Temperature (K),Long Moment (emu),Long Scan Std Dev,Long Offset (cm),Long Reg Fit,"
_XL_HEAD = """[Header]
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
_XL_ROW = ",,{H:.6e},{T:.6e},{m:.6e},{s},0,{fit},"

_MPMS3_NAMES = (
    "Comment,Time Stamp (sec),Temperature (K),Magnetic Field (Oe),Moment (emu),M. Std. Err. (emu),"
    "Transport Action,Center Position (mm),AC Moment (emu),DC Moment Fixed Ctr (emu),"
    "DC Moment Err Fixed Ctr (emu),DC Moment Free Ctr (emu),DC Moment Err Free Ctr (emu),DC Fixed Fit,"
    "DC Free Fit,DC Calculated Center (mm),DC Calculated Center Err (mm)"
)
_MPMS3_HEAD = """[Header]
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
_DC_ROW = ",1.0,{T},{H},,,6,30,,{fixed},{s},{m},{s},{fixed_fit},{fit},{centre},INF"
_VSM_ROW = ",1.0,{T},{H},{m},{s},1,30,,,,,,,,,"
_AC_ROW = ",1.0,{T},{H},,,5,30,1e-6,,,,,,,,"

_VSM_NAMES = (
    "Comment,Time Stamp (sec),Temperature (K),Magnetic Field (Oe),Moment (emu),M. Std. Err. (emu),"
    "Transport Action,Coil Signal' (mV),Coil Signal\" (mV),Mass (grams),Bridge 1 Excitation (\u00b5A)"
)
_VSM_HEAD = """[Header]
; VSM Data File (default extension .dat)
TITLE,{comment}
FILEOPENTIME,28214732.41,11/22/2016,2:28 pm
BYAPP,VSM,1.0,1.0
INFO,PPMS VSM Option Release 1.3.6 Build 0,APPNAME
INFO,{mass},SAMPLE_MASS
[Data]
"""
_PPMS_ROW = ",1.0,{T},{H},{m},{s},1,0,0,55.5,"

_ACMS_NAMES = (
    "Comment,Time Stamp (sec),Temperature (K),Magnetic Field (Oe),Frequency (Hz),Amplitude (Oe),M-DC (emu),"
    "M-Std.Dev. (emu),M' (emu),M'' (emu),Moment (emu),Phase (deg),Map 28 (),Map 29 ()"
)
_ACMS_HEAD = """[Header]
; ACMS Data File (default extension .dat)
TITLE,{comment}
BYAPP,ACMS,1.0,1.1
INFO,PPMS ACMS Option Version: 1.0.9 Build 14,APPNAME
INFO,mass,{mass}
INFO,teflon,8.47 mg
INFO,,
[Data]
"""
_ACMS_ROW = ",1.0,{T},{H},,,{m},{s},,,,"

_ACMS2_NAMES = (
    'Comment,Time Stamp (sec),Temperature (K),Magnetic Field (Oe),AC Moment (emu),AC X" (emu/Oe),'
    '"AC=1 DC=2 Locate=3",DC Moment (emu),DC Std. Err. (emu)'
)
_ACMS2_HEAD = """[Header]
; ACMS II Data File
TITLE,{comment}
BYAPP,ACMS II,1.0,1.2
INFO,PPMS ACMS II Release 1.1,APPNAME
INFO,{mass},SAMPLE_MASS
[Data]
"""
_ACMS2_ROW = ",1.0,{T},{H},,,2,{m},{s}"

LAYOUTS = {
    "xl": (_XL_HEAD, _XL_NAMES, _XL_ROW),
    "mpms3-dc": (_MPMS3_HEAD, _MPMS3_NAMES, _DC_ROW),
    "mpms3-vsm": (_MPMS3_HEAD, _MPMS3_NAMES, _VSM_ROW),
    "vsm": (_VSM_HEAD, _VSM_NAMES, _PPMS_ROW),
    "acms": (_ACMS_HEAD, _ACMS_NAMES, _ACMS_ROW),
    "acms2": (_ACMS2_HEAD, _ACMS2_NAMES, _ACMS2_ROW),
}
_CELLS = {"m": 1.5e-5, "s": 2.0e-8, "fixed": 1.5e-5, "fit": 0.97, "fixed_fit": 0.96, "centre": 30.1}


def compose(
    layout: str,
    points: Iterable[str | Mapping[str, object]],
    *,
    mass: str = "12.5",
    comment: str = "",
    extra: Iterable[str] = (),
    ending: str = "\n",
) -> str:
    """Text of a file: ``points`` are dicts of cells (T and H at least) or whole rows as text."""
    head, names, row = LAYOUTS[layout]
    rows = [point if isinstance(point, str) else row.format(**{**_CELLS, **point}) for point in points]
    lines = [*head.format(mass=mass, comment=comment).rstrip("\n").split("\n"), names, *rows, *extra]
    return ending.join([*lines, ""])


def sweep(n: int = 8, H: float = 1000.0, **cells: object) -> list[dict[str, object]]:
    """Points of an M(T) run: a Curie law with scatter of the size that the layouts state."""
    T = [2.0 * 1.5**i for i in range(n)]
    return [
        {"T": t, "H": H, "m": 1e-5 + 1e-4 / t + 2e-8 * cos(5.3 * i * i), **cells} for i, t in enumerate(T)
    ]
