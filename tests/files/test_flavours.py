"""Which instrument wrote a file, and the files that are none of ours."""

from __future__ import annotations

import pytest

from glasspara.errors import InputError
from glasspara.runs import read


@pytest.mark.parametrize(
    ("layout", "change", "instrument"),
    [
        ("xl", ("", ""), "MPMS-XL RSO"),
        ("xl", ("Long Offset (cm),", "Long Algorithm,"), "MPMS-XL DC"),
        ("mpms3-dc", ("", ""), "MPMS3 w/ AC"),
        ("mpms3-vsm", ("AC Moment (emu)", "Motor Lag (deg)"), "MPMS3 without AC"),
        ("mpms3-dc", ("BYAPP,MPMS3 w/ AC,1.0,1.1", "BYAPP,SQUID AC,0.9.1.0"), "MPMS3 w/ AC, early software"),
        ("vsm", ("", ""), "PPMS VSM 1.0"),
        ("vsm", ("BYAPP,VSM,1.0,1.0", "BYAPP,VSM,2.0,2.0"), "PPMS VSM 2.0"),
        ("vsm", ("INFO,PPMS VSM", "INFO,DYNACOOL VSM"), "DynaCool VSM"),
        ("vsm", ("BYAPP,VSM,1.0,1.0", "BYAPP,SQUID AC,0.9.1.0"), "SQUID-VSM"),
        ("acms", ("", ""), "PPMS ACMS"),
        ("acms2", ("", ""), "PPMS ACMS II"),
    ],
)
def test_instruments(write, compose, sweep, layout, change, instrument):
    assert read(write(compose(layout, sweep()).replace(*change))).instrument.startswith(instrument)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (" Resistivity, 2.1, 1.0", "a resistivity measurement"),
        ("HeatCapacity,1.0,1.0", "a heat capacity measurement"),
        ("LogData,1.1,2.0", "a PPMS log"),
        ("ACTRANSPORT,1.1,1.2", "a resistivity measurement"),
        ("Thermal Transport,1.0", "thermal transport"),
        ("MPMS3 DC RAW DATA,1.0,1.1", "raw voltage scans"),
    ],
)
def test_other_options_are_refused_by_name(write, compose, sweep, program, words):
    text = compose("vsm", sweep()).replace("BYAPP,VSM,1.0,1.0", f"BYAPP,{program}")
    with pytest.raises(InputError, match=words):
        read(write(text))


def test_xl_raw_and_ac_files_are_refused(write, compose, sweep):
    text = compose("xl", sweep())
    with pytest.raises(InputError, match="raw voltage scans"):
        read(write(text.replace("1.1,Summary", "2.1,Raw with ABS")))
    with pytest.raises(InputError, match="AC susceptibility only"):
        read(write(text.replace("Long Moment (emu)", "m' (emu)")))


def test_acms_without_dc_columns_is_refused(write, compose, sweep):
    with pytest.raises(InputError, match="AC susceptibility only"):
        read(write(compose("acms", sweep()).replace("M-DC (emu)", "M-XX (emu)")))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ("Magnetic Field (Oe)", "Magnetic Field (furlong)"),
            r"no column 'Magnetic Field \(Oe\)' or 'Field \(Oe\)'; there is 'Magnetic Field \(furlong\)'",
        ),
        (
            ("Temperature (K)", "Temperature (C)"),
            r"no column 'Temperature \(K\)'; there is 'Temperature \(C\)'",
        ),
        (("Temperature (K)", "Theta"), r"no column 'Temperature \(K\)'\."),
        (
            ("Moment (emu)", "Moment (V)"),
            r"no moment column that glasspara knows; there is 'Moment \(V\)'",
        ),
        (("Moment (emu)", "Voltage (V)"), "not magnetometry"),
    ],
)
def test_unknown_columns_are_refused(write, compose, sweep, change, words):
    with pytest.raises(InputError, match=words):
        read(write(compose("vsm", sweep()).replace(*change)))


TTO = (
    "Comment,Time Stamp (sec),Status (code),Error (code),Magnetic Field (Oe),Sample Temp. (K),Conductivity (W/K-m),"
    "Cond. Std.Dev.,Seebeck Coef. (\u00b5V/K),Seebeck Std.Dev.,Resistivity (Ohm-m),Resist Std.Dev.,Figure of Merit ZT"
)


@pytest.mark.parametrize(
    "byapp", ["BYAPP,THERMAL_TRANSPORT,1.0,1.1\n", "BYAPP,Thermal Transport,1.0\n", "TITLE,x\n"]
)
def test_thermal_transport_is_refused_by_name(glasspara, write, byapp):
    path = write(f"[Header]\n{byapp}INFO,x,SAMPLE_MATERIAL\n[Data]\n{TTO}\n,1,0,0,0,300,1,,2,,3,,4\n")
    with pytest.raises(InputError, match="a thermal transport measurement"):
        read(path)
    status, out, err = glasspara("fit", path)
    assert (status, out, err.count("\n")) == (3, "", 1)
