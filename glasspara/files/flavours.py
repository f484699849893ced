"""Which instrument and option wrote a file, in which columns it holds its moments, and which of them are taken.

Files of other options than magnetometry are refused here, in plain words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from glasspara.errors import InputError, UnsuitableError
from glasspara.files import FIELD, TEMPERATURE
from glasspara.files.multivu import RawFile

XL = "xl"
XL_AVERAGED = "xl-averaged"
MPMS3 = "mpms3"
VSM = "vsm"
ACMS = "acms"
ACMS2 = "acms2"

FREE, FIXED = "dc_moment_free_ctr_emu", "dc_moment_fixed_ctr_emu"
FREE_FIT, FIXED_FIT = "dc_free_fit", "dc_fixed_fit"

RUN_TYPES = ("dc", "rso", "vsm", "acms")
"""How a moment may have been measured: DC scans (MPMS-XL, MPMS3), RSO, VSM, extraction of ACMS and ACMS II."""

DC_FILE_NEEDED = "Give a file with DC moments (VSM, DC or RSO)"
"""The remedy where a file holds none."""

_OTHER_OPTIONS = {
    "resistivity": "a resistivity measurement",
    "actransport": "a resistivity measurement (ACT option)",
    "acttransport": "a resistivity measurement (ACT option)",
    "ac transport": "a resistivity measurement (ACT option)",
    "electrical transport": "a resistivity measurement (ETO option)",
    "heatcapacity": "a heat capacity measurement",
    "heat capacity": "a heat capacity measurement",
    "logdata": "a PPMS log of temperatures and fields",
    "thermal transport": "a thermal transport measurement (TTO)",
    "thermaltransport": "a thermal transport measurement (TTO)",
    "tto": "a thermal transport measurement (TTO)",
    "torque": "a torque measurement",
}

# Starts of column names, for files whose BYAPP line is lost.
_OTHER_COLUMNS = {"seebeck_coef": _OTHER_OPTIONS["tto"], "conductivity_w": _OTHER_OPTIONS["tto"]}

_PLATFORMS = {"dynacool": "DynaCool", "versalab": "VersaLab", "opticool": "OptiCool"}
"""Magnet platforms by their word in APPNAME; all others with these options are PPMS."""

_NEEDED = (
    (TEMPERATURE, "'Temperature (K)'", "temperature"),
    (FIELD, "'Magnetic Field (Oe)' or 'Field (Oe)'", "field"),
)


@dataclass(frozen=True)
class Flavour:
    """``family`` decides which columns hold what (one of the constants here); ``words`` are for people.

    ``dc`` is the run type of its rows other than VSM rows.
    """

    family: str
    words: str
    dc: str = "dc"

    def run_type(self, channel: Channel) -> str:
        """One of RUN_TYPES."""
        return "vsm" if channel.kind == "VSM" else self.dc


def recognise(raw: RawFile) -> Flavour:
    """Instrument and option of a file, from BYAPP and the columns together.

    Raises
    ------
    InputError
        The file is of an option that holds no DC moments, or its columns are not known.
    """
    program = raw.header.program.replace("_", " ")
    for start, words in _OTHER_OPTIONS.items():
        if program.startswith(start):
            raise _refusal(raw, f"{words} (BYAPP {raw.header.byapp[0]}), not magnetometry")
    for start, words in _OTHER_COLUMNS.items():
        if any(name.startswith(start) for name in raw.names):
            raise _refusal(raw, f"{words}, not magnetometry")
    if _is_raw(raw):
        raise _refusal(
            raw, "raw voltage scans, no moments", "Give the .dat file of the same name that holds the moments"
        )
    for names, words, part in _NEEDED:
        if raw.column(*names) is None:
            raise _refusal(raw, f"no column {words}" + _similar(raw, part))
    return _xl(raw) or _mpms3(raw) or _acms(raw) or _vsm(raw) or _unknown(raw)


def _is_raw(raw: RawFile) -> bool:
    stated = any("raw" in part.lower().split() for part in raw.header.byapp)
    return stated or raw.column("long_voltage", "raw_voltage_v", "raw_position_mm") is not None


def _xl(raw: RawFile) -> Flavour | None:
    if raw.column("avg_moment_emu") is not None:
        return Flavour(XL_AVERAGED, "MPMS-XL RSO, averaged (.ndat)" + _saved(raw), "rso")
    if raw.column("long_moment_emu") is not None:
        option = "RSO" if raw.column("long_offset_cm") is not None else "DC"
        return Flavour(XL, f"MPMS-XL {option}" + _saved(raw), option.lower())
    if raw.header.program.startswith("mpms measurement"):
        raise _refusal(raw, "AC susceptibility only (MPMS-XL AC), no DC moments")
    return None


def _mpms3(raw: RawFile) -> Flavour | None:
    if raw.column(FREE) is not None:
        with_ac = " w/ AC" if raw.column("ac_moment_emu") is not None else " without AC"
        early = ", early software (BYAPP SQUID AC)" if raw.header.program.startswith("squid ac") else ""
        return Flavour(MPMS3, "MPMS3" + with_ac + early + _saved(raw))
    return None


def _acms(raw: RawFile) -> Flavour | None:
    if raw.column("m_dc_emu") is not None:
        return Flavour(ACMS, f"{_platform(raw)} ACMS" + _saved(raw), "acms")
    if raw.column("dc_moment_emu") is not None:
        return Flavour(ACMS2, f"{_platform(raw)} ACMS II" + _saved(raw), "acms")
    if raw.header.program.startswith("acms"):
        raise _refusal(raw, "AC susceptibility only (ACMS without a DC moment column), no DC moments")
    return None


def _vsm(raw: RawFile) -> Flavour | None:
    if raw.column("moment_emu") is None:
        return None
    if raw.header.program.startswith("squid ac") or raw.column("ac_moment_emu") is not None:
        return Flavour(VSM, "SQUID-VSM" + _saved(raw))
    platform = _platform(raw)
    known = platform == "PPMS" and raw.header.program == "vsm" and len(raw.header.byapp) > 1
    version = f" {raw.header.byapp[1]}" if known else ""
    return Flavour(VSM, f"{platform} VSM{version}" + _saved(raw))


def _platform(raw: RawFile) -> str:
    """The platform that carries the option: a file of "VersaLab VSM Option" has the columns of a PPMS."""
    application = raw.header.get("APPNAME").lower().replace(" ", "")
    return next((name for word, name in _PLATFORMS.items() if word in application), "PPMS")


def _unknown(raw: RawFile) -> Flavour:
    if similar := _similar(raw, "moment"):
        raise _refusal(
            raw,
            f"no moment column that glasspara knows{similar}",
            "Moments must be in emu in the column that MultiVu writes",
        )
    program = f" (BYAPP {raw.header.byapp[0]})" if raw.header.byapp else ""
    raise _refusal(raw, f"no moment column{program}: not magnetometry")


def _similar(raw: RawFile, part: str) -> str:
    """The first columns with ``part`` in their names, for the end of a sentence; "" where there is none."""
    found = [name for name in raw.columns if part in name.lower()]
    return f"; there is {', '.join(map(repr, found[:3]))}" if found else ""


def _saved(raw: RawFile) -> str:
    """What happened to the file after MultiVu, as far as it shows."""
    notes = []
    if raw.separator == "\t":
        notes.append("TAB re-save")
    if not raw.header.byapp:
        sanitised = any("_" in name for name in raw.columns)
        notes.append("re-export (sanitised names)" if sanitised else "header removed")
    return "".join(f", {note}" for note in notes)


def _refusal(raw: RawFile, what: str, remedy: str = "") -> UnsuitableError:
    return UnsuitableError(what, where=raw.path, remedy=remedy or DC_FILE_NEEDED)


REQUESTS = ("auto", "free", "fixed", "vsm")
"""What ``--moment`` takes."""


@dataclass(frozen=True)
class Channel:
    """One way in which a row may hold a moment; ``request`` is the word of ``--moment`` that asks for it.

    ``kind`` is the kind of row, "DC" or "VSM"; ``moment``, ``sigma`` and ``fit`` are keys of columns.
    """

    request: str
    kind: str
    moment: str
    sigma: str
    fit: str = ""


CHANNELS: dict[str, tuple[Channel, ...]] = {
    XL: (Channel("", "DC", "long_moment_emu", "long_scan_std_dev", "long_reg_fit"),),
    XL_AVERAGED: (Channel("", "DC", "avg_moment_emu", "standard_error", "avg_reg_fit"),),
    VSM: (Channel("vsm", "VSM", "moment_emu", "m_std_err_emu"),),
    ACMS: (Channel("", "DC", "m_dc_emu", "m_std_dev_emu"),),
    ACMS2: (Channel("", "DC", "dc_moment_emu", "dc_std_err_emu"),),
    MPMS3: (
        Channel("free", "DC", FREE, "dc_moment_err_free_ctr_emu", FREE_FIT),
        Channel("fixed", "DC", FIXED, "dc_moment_err_fixed_ctr_emu", FIXED_FIT),
        Channel("vsm", "VSM", "moment_emu", "m_std_err_emu"),
    ),
}

# Cells that only AC rows fill. In an ACMS file "Moment (emu)" is the AC amplitude.
AC_MARKS = {
    ACMS: ("moment_emu", "frequency_hz"),
    ACMS2: ("ac_moment_emu",),
    MPMS3: ("ac_moment_emu",),
    VSM: ("ac_moment_emu",),
}


def fullest(raw: RawFile, counts: Mapping[Channel, int], *, ac_rows: int) -> tuple[Channel, ...]:
    """Of each kind of row the channel that most rows hold, the fullest first; of equals Free, Fixed, VSM.

    Raises
    ------
    InputError
        No row holds any.
    """
    best: dict[str, Channel] = {}
    for channel in sorted(counts, key=lambda c: -counts[c]):
        if counts[channel]:
            best.setdefault(channel.kind, channel)
    if best:
        return tuple(best.values())
    if ac_rows:
        what = f"AC susceptibility only ({ac_rows} AC rows), no DC moments"
    else:
        names = " or ".join(repr(label(raw, c.moment)) for c in counts)
        what = f"no row contains a moment: {names} is blank everywhere"
    raise UnsuitableError(what, where=raw.path, remedy=DC_FILE_NEEDED)


def asked_for(raw: RawFile, flavour: Flavour, counts: Mapping[Channel, int], request: str) -> Channel:
    """The channel that ``request`` names.

    Raises
    ------
    InputError
        No row holds it.
    """
    for channel, count in counts.items():
        if channel.request == request and count:
            return channel
    there = ", ".join(f"{label(raw, c.moment)!r} in {n} rows" for c, n in counts.items() if n)
    raise InputError(
        f"no moments for --moment {request} in this {flavour.words} file; it contains {there or 'no DC moment'}",
        where=raw.path,
        remedy="Leave out --moment",
    )


def label(raw: RawFile, name: str) -> str:
    """The name of a column as the file writes it."""
    column = raw.column(name)
    return name if column is None else raw.columns[column]
