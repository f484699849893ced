"""Writes runs in the file layouts of Quantum Design magnetometers, for synthetic data.

Layouts: MPMS-XL under MultiVu (RSO, 38 columns; DC, 31 columns) and MPMS3 with AC option (88 columns, DC
scans). Everything is a pure function of its arguments: no clock, no locale; the same run gives the same
bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite

from glasspara.errors import UsageError

START = datetime(2021, 1, 4, 8, 0, 0, tzinfo=UTC)
"""Time of the first point of every synthetic run. Fixed, so that files are reproducible."""

SECONDS_PER_POINT = 60

_MPMS3_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
_ENCODING = "cp1252"
_LINE_END = "\r\n"

_Point = tuple[float, float, float, float]  # T, H, moment, sigma

# The lines of column names. Those of the MPMS-XL end with a comma, and so do its rows.
XL_RSO_NAMES = (
    "Time,Comment,Field (Oe),Temperature (K),Long Moment (emu),Long Scan Std Dev,Long Offset (cm),"
    "Long Offset Std Dev,Long Algorithm,Long Reg Fit,Long Reg Factor,Trans Moment (emu),"
    "Trans Scan Std Dev,Trans Offset (cm),Trans Offset Std Dev,Trans Algorithm,Trans Reg Fit,"
    "Trans Reg Factor,Long Moment [w/o ABS] (emu),Long Scan Std Dev [w/o ABS],Long Offset [w/o ABS] (cm),"
    "Long Offset Std Dev [w/o ABS],Long Reg Fit [w/o ABS],Trans Moment [w/o ABS] (emu),"
    "Trans Scan Std Dev [w/o ABS],Trans Offset [w/o ABS] (cm),Trans Offset Std Dev [w/o ABS],"
    "Trans Reg Fit [w/o ABS],RSO Position (deg),Amplitude (cm),Frequency,Cycles to Average,"
    "Scans per Measurement,Delta Temp (K),Error,EC Comp. Running,Using ABS,"
)

XL_DC_NAMES = (
    "Time,Comment,Field (Oe),Temperature (K),Long Moment (emu),Long Scan Std Dev,Long Algorithm,"
    "Long Reg Fit,Long Percent Error (%),Trans Moment (emu),Trans Scan Std Dev,Trans Algorithm,"
    "Trans Reg Fit,Trans Percent Error (%),Long Moment [w/o ABS] (emu),Long Scan Std Dev [w/o ABS],"
    "Long Reg Fit [w/o ABS],Long Percent Error [w/o ABS] (%),Trans Moment [w/o ABS] (emu),"
    "Trans Scan Std Dev [w/o ABS],Trans Reg Fit [w/o ABS],Trans Percent Error [w/o ABS] (%),"
    "Points per Scan,Scans per Measurement,Scan Length (cm),Delta Temp (K),Rot Position (deg),Error,"
    "EC Comp. Running,Using ABS,"
)

MPMS3_NAMES = (
    "Comment,Time Stamp (sec),Temperature (K),Magnetic Field (Oe),Moment (emu),M. Std. Err. (emu),"
    "Transport Action,Averaging Time (sec),Frequency (Hz),Peak Amplitude (mm),Center Position (mm),"
    "Lockin Signal' (V),Lockin Signal (V),Range,M. Quad. Signal (emu),AC Moment (emu),"
    "AC M. Std Err. (emu),AC Phase (deg),AC Phase Std. Err. (deg),AC Susceptibility (emu/Oe),"
    "AC Suscept. Std Err. (emu/Oe),AC X' (emu/Oe),AC X' Std Err. (emu/Oe),AC X'' (emu/Oe),"
    "AC X'' Std Err. (emu/Oe),AC Drive (Oe),AC Frequency (Hz),AC Averaging Time (sec),AC Cycles,AC Range,"
    "AC Measure Type,AC Signal' (V),AC Signal'' (V),AC Trim Coil Ratio,AC Trim Coil Phase,"
    "Min. Temperature (K),Max. Temperature (K),Min. Field (Oe),Max. Field (Oe),Mass (grams),"
    "Motor Lag (deg),Pressure (Torr),Measure Count,Measurement Number,SQUID Status (code),"
    "Motor Status (code),Measure Status (code),Motor Current (amps),Motor Temp. (C),Temp. Status (code),"
    "Field Status (code),Chamber Status (code),Chamber Temp (K),Redirection State,Average Temp (K),"
    "Rotation Angle (deg),Rotator state,DC Moment Fixed Ctr (emu),DC Moment Err Fixed Ctr (emu),"
    "DC Moment Free Ctr (emu),DC Moment Err Free Ctr (emu),DC Fixed Fit,DC Free Fit,"
    "DC Calculated Center (mm),DC Calculated Center Err (mm),DC Scan Length (mm),DC Scan Time (s),"
    "DC Number of Points,DC Squid Drift,DC Min V (V),DC Max V (V),DC Scans per Measure,"
    "Map 01,Map 02,Map 03,Map 04,Map 05,Map 06,Map 07,Map 08,Map 09,Map 10,Map 11,Map 12,Map 13,Map 14,"
    "Map 15,Map 16"
)

_XL_RSO_GROUPS = (
    "FIELDGROUP,Longitudinal,1,2,3,4,5,6,7,8,9,10,11,19,20,21,22,23,35",
    "FIELDGROUP,Transverse,1,2,3,4,12,13,14,15,16,17,18,24,25,26,27,28,35",
)
_XL_DC_GROUPS = (
    "FIELDGROUP,Longitudinal,1,2,3,4,5,6,7,8,9,15,16,17,18,27,28",
    "FIELDGROUP,Transverse,1,2,3,4,10,11,12,13,14,19,20,21,22,27,28",
)

# What a quiet instrument writes besides the measured values: three scans, a good fit, no error.
_XL_RSO_CONSTANTS = {
    "Long Offset (cm)": "0.000000e+000",
    "Long Offset Std Dev": "0.000000e+000",
    "Long Algorithm": "3",
    "Long Reg Fit": "9.900000e-001",
    "Long Reg Factor": "1.825000e+000",
    "RSO Position (deg)": "0",
    "Amplitude (cm)": "5.000000e+000",
    "Frequency": "5.000000e-001",
    "Cycles to Average": "2",
    "Scans per Measurement": "3",
    "Delta Temp (K)": "0.000000e+000",
    "Error": "0",
    "EC Comp. Running": "0",
    "Using ABS": "0",
}
_XL_DC_CONSTANTS = {
    "Long Algorithm": "3",
    "Long Reg Fit": "9.900000e-001",
    "Long Percent Error (%)": "0.000000e+000",
    "Points per Scan": "18",
    "Scans per Measurement": "3",
    "Scan Length (cm)": "4.000000e+000",
    "Delta Temp (K)": "0.000000e+000",
    "Rot Position (deg)": "0.000000e+000",
    "Error": "0",
    "EC Comp. Running": "0",
    "Using ABS": "0",
}
_MPMS3_CONSTANTS = {
    "Transport Action": "6",  # a DC scan: `Moment (emu)` stays blank
    "Center Position (mm)": "31",
    "Range": "100",
    "Measurement Number": "1",
    "SQUID Status (code)": "0",
    "Motor Status (code)": "0",
    "Measure Status (code)": "0",
    "Temp. Status (code)": "1",
    "Field Status (code)": "1",
    "Chamber Status (code)": "1",
    "Redirection State": "0",
    "DC Fixed Fit": "0.99",
    "DC Free Fit": "0.99",
    "DC Calculated Center (mm)": "31",
    "DC Scan Length (mm)": "35",
    "DC Scan Time (s)": "4",
    "DC Number of Points": "200",
    "DC Scans per Measure": "3",
}


def write_mpms_xl_rso(
    T: Sequence[float],
    H: Sequence[float],
    moment: Sequence[float],
    sigma: Sequence[float],
    *,
    name: str,
    comment: str = "",
    mass_mg: float | None = None,
) -> bytes:
    """A run in the layout of an MPMS-XL `.rso.dat` file, 7 significant digits.

    Parameters
    ----------
    T, H, moment, sigma : sequences of float
        Temperature (K), field (Oe), moment (emu) and its standard deviation (emu, `Long Scan Std Dev`).
    name, comment : str
        `INFO, NAME` and `INFO, COMMENT`; no comma, one line, characters of cp1252.
    mass_mg : float, optional
        `INFO, WEIGHT`, mg; the instrument's placeholder 0.000 without one.

    Raises
    ------
    UsageError
        A text that the header cannot hold, or a number that is not finite.
    """
    header = _xl_header("RSO", "1.1", _XL_RSO_GROUPS, name=name, comment=comment, mass_mg=mass_mg)
    rows = _xl_rows(zip(T, H, moment, sigma, strict=True), XL_RSO_NAMES, _XL_RSO_CONSTANTS)
    return _encode(header, XL_RSO_NAMES, rows)


def write_mpms_xl_dc(
    T: Sequence[float],
    H: Sequence[float],
    moment: Sequence[float],
    sigma: Sequence[float],
    *,
    name: str,
    comment: str = "",
    mass_mg: float | None = None,
) -> bytes:
    """A run in the layout of an MPMS-XL `.dc.dat` file; arguments as of :func:`write_mpms_xl_rso`."""
    header = _xl_header("DC", "2.1", _XL_DC_GROUPS, name=name, comment=comment, mass_mg=mass_mg)
    rows = _xl_rows(zip(T, H, moment, sigma, strict=True), XL_DC_NAMES, _XL_DC_CONSTANTS)
    return _encode(header, XL_DC_NAMES, rows)


def write_mpms3_dc(
    T: Sequence[float],
    H: Sequence[float],
    moment: Sequence[float],
    sigma: Sequence[float],
    *,
    name: str,
    comment: str = "",
    mass_mg: float | None = None,
) -> bytes:
    """A run of DC scans in the layout of an MPMS3 file with AC option, up to 15 significant digits.

    The sample sits in the centre: fixed- and free-centre moments are the same. Arguments and errors as of
    :func:`write_mpms_xl_rso`; `mass_mg` None leaves SAMPLE_MASS blank.
    """
    rows = _mpms3_rows(zip(T, H, moment, sigma, strict=True))
    return _encode(_mpms3_header(name, comment, mass_mg), MPMS3_NAMES, rows)


def _xl_header(
    option: str, version: str, groups: Sequence[str], *, name: str, comment: str, mass_mg: float | None
) -> list[str]:
    day = f"{START.month}/{START.day}/{START.year}"
    clock = f"{START.hour % 12 or 12}:{START:%M:%S} {_half(START).upper()}"
    return [
        "[Header]",
        f"TITLE,MPMS {option} Measurement",
        f"BYAPP,MPMS Measurement,{version},Summary",
        f"FILEOPENTIME, {START.timestamp():.6f} {day}, {clock}",
        "",
        "INFO, APPNAME, MPMS MultiVu Application, Revision 1.61,  Build 082",
        "",
        f"INFO, NAME, {_text(name)}",
        f"INFO, WEIGHT, {_mass(mass_mg or 0.0)}",
        "INFO, AREA, 1.000",
        "INFO, LENGTH, 1.000",
        "INFO, SHAPE, 0",
        f"INFO, COMMENT, {_text(comment)}",
        "INFO, SEQUENCE FILE: synthetic.seq",
        "",
        "",
        "INFO, BACKGROUND DATA FILE:, None",
        "",
        "",
        "STARTUPAXIS,X,4,LINEAR,AUTO,0.000000,0.000000",
        "STARTUPAXIS,Y1,5,LINEAR,AUTO,0.000000,0.000000",
        "",
        "",
        "STARTUPGROUP,Longitudinal",
        *groups,
        "",
        "PLOT_APPEARANCE,ALL,HORZ_GRID_ON,VERT_GRID_ON,MARKERS_AND_LINES",
        "",
        "[Data]",
    ]


def _xl_rows(points: Iterable[_Point], names: str, constants: Mapping[str, str]) -> Iterator[str]:
    for index, (t, h, m, s) in enumerate(points):
        when = START + timedelta(seconds=index * SECONDS_PER_POINT)
        cells = {
            **constants,
            "Time": f"{when.timestamp():.3f}",
            "Field (Oe)": _three_digit_exponent(h),
            "Temperature (K)": _three_digit_exponent(t),
            "Long Moment (emu)": _three_digit_exponent(m),
            "Long Scan Std Dev": _three_digit_exponent(s),
        }
        yield _row(names, cells)


def _mpms3_header(name: str, comment: str, mass_mg: float | None) -> list[str]:
    opened = (START - _MPMS3_EPOCH).total_seconds()
    module = {
        "MOTOR_MODULE_NAME": "Linear Motor Servo Controller",
        "MOTOR_HW_VERSION": "synthetic",
        "MOTOR_SERIAL_NUMBER": "synthetic",
        "MOTOR_SOFTWARE_VERSION": "synthetic",
        "SQUID_MODULE_NAME": "Quantum Design Squid Module",
        "SQUID_HW_VERSION": "synthetic",
        "SQUID_SERIAL_NUMBER": "synthetic",
        "SQUID_SOFTWARE_VERSION": "synthetic",
        "AC_MODULE_NAME": "SQUID AC",
        "AC_HW_VERSION": "synthetic",
        "AC_SERIAL_NUMBER": "synthetic",
        "AC_SOFTWARE_VERSION": "synthetic",
        "COIL_SERIAL_NUMBER": "synthetic",
        "MOMENT_UNITS": "0",
        "SAMPLE_MATERIAL": _text(name),
        "SAMPLE_COMMENT": _text(comment),
        "SAMPLE_MASS": "" if mass_mg is None else _mass(mass_mg),
        "SAMPLE_VOLUME": "",
        "SAMPLE_MOLECULAR_WEIGHT": "",
        "SAMPLE_SIZE": "",
        "SAMPLE_SHAPE": "",
        "SAMPLE_HOLDER": "Not Specified",
        "SAMPLE_HOLDER_DETAIL": "Standard",
        "SAMPLE_OFFSET": "66",
    }
    return [
        "[Header]",
        "; MPMS3 Data File (default extension .dat)",
        "; Synthetic, written by glasspara, not by an instrument",
        "TITLE,",
        f"FILEOPENTIME,{opened:.5f},{START:%m/%d/%Y},{START.hour % 12 or 12}:{START:%M} {_half(START)}",
        "BYAPP,MPMS3 w/ AC,1.0,1.1",
        "INFO,MPMS3 Measurement Release 1.1.16 Build 424, MultiVu Release 2.3.4.19,APPNAME",
        *(f"INFO,{value},{key}" for key, value in module.items()),
        "DATATYPE,COMMENT,1",
        "DATATYPE,TIME,2",
        "STARTUPAXIS,X,2",
        "STARTUPAXIS,Y1,5",
        "FIELDGROUP, VSM,2,3,4,5,6,8,9,10,11,14,15",
        "FIELDGROUP, DC, 2,3,4,14,56,57,58,59,60,61,62,63,64,65,66,67,68,69",
        "FIELDGROUP, AC, 2,3,4,11,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30",
        "STARTUPGROUP, All",
        "[Data]",
    ]


def _mpms3_rows(points: Iterable[_Point]) -> Iterator[str]:
    opened = (START - _MPMS3_EPOCH).total_seconds()
    for index, point in enumerate(points):
        t, h, m, s = (_fifteen_digits(value) for value in point)
        cells = {
            **_MPMS3_CONSTANTS,
            "Time Stamp (sec)": f"{opened + index * SECONDS_PER_POINT:.5f}",
            "Temperature (K)": t,
            "Min. Temperature (K)": t,
            "Max. Temperature (K)": t,
            "Chamber Temp (K)": t,
            "Average Temp (K)": t,
            "Magnetic Field (Oe)": h,
            "Min. Field (Oe)": h,
            "Max. Field (Oe)": h,
            "DC Moment Fixed Ctr (emu)": m,
            "DC Moment Err Fixed Ctr (emu)": s,
            "DC Moment Free Ctr (emu)": m,
            "DC Moment Err Free Ctr (emu)": s,
        }
        yield _row(MPMS3_NAMES, cells)


def _row(names: str, cells: Mapping[str, str]) -> str:
    return ",".join(cells.get(name, "") for name in names.split(","))


def _encode(header: Sequence[str], names: str, rows: Iterable[str]) -> bytes:
    return _LINE_END.join([*header, names, *rows, ""]).encode(_ENCODING)


def _half(when: datetime) -> str:
    # strftime's %p depends on the locale
    return "am" if when.hour < 12 else "pm"


def _text(text: str) -> str:
    """``text`` unless the header's grammar or encoding cannot hold it."""
    try:
        text.encode(_ENCODING)
    except UnicodeEncodeError:
        pass
    else:
        if "," not in text and "".join(text.splitlines()) == text:
            return text
    raise UsageError(
        f"a data file's header cannot hold {text!r}",
        remedy="Use one line of Western European characters, without commas",
    )


def _finite(value: float) -> float:
    if not isfinite(value):
        raise UsageError(f"a data file cannot hold the value {value}")
    return float(value)


def _mass(mass_mg: float) -> str:
    """Three decimals as the instrument writes them, more where they would lose something."""
    text = f"{_finite(mass_mg):.3f}"
    return text if float(text) == mass_mg else repr(float(mass_mg))


def _three_digit_exponent(value: float) -> str:
    mantissa, _, exponent = f"{_finite(value):.6e}".partition("e")
    return f"{mantissa}e{exponent[0]}{exponent[1:]:0>3}"


def _fifteen_digits(value: float) -> str:
    return f"{_finite(value):.15G}"
