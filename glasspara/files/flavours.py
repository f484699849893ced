"""Which instrument and option wrote a file; files of other options are refused here, in plain words."""

from __future__ import annotations

from dataclasses import dataclass

from glasspara.errors import InputError
from glasspara.files.multivu import FIELD, TEMPERATURE, RawFile

XL = "xl"
XL_AVERAGED = "xl-averaged"
MPMS3 = "mpms3"
VSM = "vsm"
ACMS = "acms"
ACMS2 = "acms2"

DC_FILE_WANTED = "Give a file with DC moments (VSM, DC or RSO)"
"""The remedy where a file holds none."""

_OTHER_OPTIONS = {
    "resistivity": "a resistivity measurement",
    "acttransport": "a resistivity measurement (ACT option)",
    "ac transport": "a resistivity measurement (ACT option)",
    "electrical transport": "a resistivity measurement (ETO option)",
    "heatcapacity": "a heat capacity measurement",
    "heat capacity": "a heat capacity measurement",
    "logdata": "a PPMS log of temperatures and fields",
    "thermal transport": "a thermal transport measurement",
    "tto": "a thermal transport measurement",
    "torque": "a torque measurement",
}

_NEEDED = (
    (TEMPERATURE, "'Temperature (K)'", "temperature"),
    (FIELD, "'Magnetic Field (Oe)' or 'Field (Oe)'", "field"),
)


@dataclass(frozen=True)
class Flavour:
    """``family`` decides which columns hold what (one of the constants here); ``words`` are for people."""

    family: str
    words: str


def recognise(raw: RawFile) -> Flavour:
    """Instrument and option of a file, from BYAPP and the columns together.

    Raises
    ------
    InputError
        The file is of an option that holds no DC moments, or its columns are not known.
    """
    program = raw.header.program
    for start, words in _OTHER_OPTIONS.items():
        if program.startswith(start):
            raise _refusal(raw, f"{words} (BYAPP {raw.header.byapp[0]}), not magnetometry")
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
        return Flavour(XL_AVERAGED, "MPMS-XL RSO, averaged (.ndat)" + _saved(raw))
    if raw.column("long_moment_emu") is not None:
        option = "RSO" if raw.column("long_offset_cm") is not None else "DC"
        return Flavour(XL, f"MPMS-XL {option}" + _saved(raw))
    if raw.header.program.startswith("mpms measurement"):
        raise _refusal(raw, "AC susceptibility only (MPMS-XL AC), no DC moments")
    return None


def _mpms3(raw: RawFile) -> Flavour | None:
    if raw.column("dc_moment_free_ctr_emu") is not None:
        with_ac = " w/ AC" if raw.column("ac_moment_emu") is not None else " without AC"
        early = ", early software (BYAPP SQUID AC)" if raw.header.program.startswith("squid ac") else ""
        return Flavour(MPMS3, "MPMS3" + with_ac + early + _saved(raw))
    return None


def _acms(raw: RawFile) -> Flavour | None:
    if raw.column("m_dc_emu") is not None:
        return Flavour(ACMS, "PPMS ACMS" + _saved(raw))
    if raw.column("dc_moment_emu") is not None:
        return Flavour(ACMS2, "PPMS ACMS II" + _saved(raw))
    if raw.header.program.startswith("acms"):
        raise _refusal(raw, "AC susceptibility only (ACMS without a DC moment column), no DC moments")
    return None


def _vsm(raw: RawFile) -> Flavour | None:
    if raw.column("moment_emu") is None:
        return None
    if raw.header.program.startswith("squid ac") or raw.column("ac_moment_emu") is not None:
        return Flavour(VSM, "SQUID-VSM" + _saved(raw))
    if "dynacool" in raw.header.get("APPNAME").lower():
        return Flavour(VSM, "DynaCool VSM" + _saved(raw))
    version = f" {raw.header.byapp[1]}" if raw.header.program == "vsm" and len(raw.header.byapp) > 1 else ""
    return Flavour(VSM, f"PPMS VSM{version}" + _saved(raw))


def _unknown(raw: RawFile) -> Flavour:
    if similar := _similar(raw, "moment"):
        raise _refusal(
            raw,
            f"no moment column that glasspara knows{similar}",
            "Moments must be in emu in the column that MultiVu writes",
        )
    raise _refusal(raw, "no moment column: not magnetometry")


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


def _refusal(raw: RawFile, what: str, remedy: str = "") -> InputError:
    return InputError(what, where=raw.path, remedy=remedy or DC_FILE_WANTED)
