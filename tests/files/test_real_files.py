"""The reader against real files of 12 laboratories, which are not part of this repository."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from glasspara.errors import InputError
from glasspara.runs import read

REFUSED = {
    "ACvsF.dat": r"AC susceptibility only \(540 AC rows\)",
    "pb6051_ac_0Oe11": "AC susceptibility only",
    "empty_vsm": "no data rows",
    "sample2.DAT": "a PPMS log",
    "TRIMMED.raw": "raw voltage scans",
    "4-probe": "a resistivity measurement",
}
INSTRUMENT = {  # INDEX.tsv's words -> ours
    "MPMS-XL RSO": "MPMS-XL RSO",
    "MPMS-XL re-export (sanitised names)": "MPMS-XL RSO, re-export (sanitised names)",
    "MPMS3 early (BYAPP SQUID AC,0.9.1.0; 89 cols)": "MPMS3 w/ AC, early software (BYAPP SQUID AC)",
    "MPMS-XL DC": "MPMS-XL DC",
    "MPMS3 w/ AC (89 cols)": "MPMS3 w/ AC",
    "MPMS3 w/ AC (88 cols)": "MPMS3 w/ AC",
    "MPMS3 w/ AC, Excel TAB re-save": "MPMS3 w/ AC, TAB re-save",
    "PPMS VSM 1.0 (57 cols)": "PPMS VSM 1.0",
    "PPMS VSM 2.0 (58 cols)": "PPMS VSM 2.0",
    "PPMS ACMS (57 names/53 fields)": "PPMS ACMS",
    "MPMS3 without AC (68 cols)": "MPMS3 without AC",
    "MPMS-XL RSO averaged (.ndat)": "MPMS-XL RSO, averaged (.ndat)",
    "SQUID-VSM 2012 (BYAPP SQUID AC)": "SQUID-VSM",
    "DynaCool VSM (50 cols)": "DynaCool VSM",
}
# name: [(kind, set point, points)], dropped rows
RUNS = {
    "A344_GdN_MH_010K_160905.rso.dat": ([("fixed-temperature", 15.8, 436)], {}),
    "A344_GdN_MH_010K_160905.rso.ndat": ([("fixed-temperature", 15.8, 109)], {}),
    "A344_GdN_FC_050_Oe_160908.rso.dat": ([("fixed-field", 50, 172)], {}),
    "MH_11K": ([("fixed-temperature", 11, 2795)], {"no moment": 1}),
    "MT_ZFC": ([("fixed-field", 1000, 1400)], {}),
    "Y2FeTaO7": ([("fixed-temperature", 2.29, 8), ("fixed-field", 5000, 17)], {}),
    "ACMS_test": (
        [("fixed-field", 2000, 20), ("fixed-temperature", 5, 37), ("fixed-temperature", 10, 4)],
        {"AC row": 1262},
    ),
    "MPMS_test": ([("fixed-temperature", T, 374) for T in (2, 2.5, 3)], {}),
    "- MvsH": ([("fixed-temperature", T, 281) for T in (2, 4, 6)], {}),
    "mvsh2": ([("fixed-temperature", 5, 274), ("fixed-temperature", 300, 445)], {}),
    "mvsh4": ([("fixed-temperature", 293, 229)], {"comment only": 1}),
    "zfcfc1": ([("fixed-field", 100, 504)], {}),
    "sample1.dat": ([("fixed-field", 0, 19)], {}),
    "dataset4": ([("fixed-field", 1000, 299), ("fixed-temperature", 293, 229)], {"comment only": 1}),
    "QD-SQUID-VSM": ([("fixed-temperature", 300, 412)], {}),
    "BITHERMAL": ([("fixed-temperature", 3, 520)], {"no moment": 1}),
}


def interval(text):
    low, high = text.split("..")
    return pytest.approx(
        [float(low), float(high)],
        rel=5e-3,
        abs=1e-12,  # the survey rounds to three digits
    )


# The survey's ranges are of other rows than ours here: AC rows, VSM rows alone, rows without moment.
OTHER_RANGES = {
    "ACMS_test": ("T", "H", "moment"),
    "dataset4": ("moment",),
    "MH_11K": ("T",),
    "MaMMoS": ("H",),
}


def test_all_real_files(real_index, real):
    """Rows, ranges, instrument and encoding as an independent survey of the files found them."""
    for name, row in real_index.items():
        path = real(name)
        refusal = next((words for part, words in REFUSED.items() if part in name), None)
        if refusal:
            with pytest.raises(InputError, match=refusal):
                read(path)
            continue
        measurement = read(path, min_fit=0.0)
        assert measurement.rows_read == int(row["data_rows"]), name
        assert measurement.rows_read == measurement.rows_used + sum(measurement.rows_dropped.values()), name
        # The survey calls the early mvsh3.dat a TAB re-save only; it is both.
        instrument = measurement.instrument.replace(", early software (BYAPP SQUID AC), TAB", ", TAB")
        assert instrument == INSTRUMENT[row["flavour"]], name
        assert measurement.encoding == row["encoding"].split("/")[0], name
        assert measurement.sha256 == hashlib.sha256(Path(path).read_bytes()).hexdigest()
        runs = measurement.runs
        assert all(np.all(run.sigma > 0) for run in runs), name
        assert all(run.moment_column in measurement.moment_choice.column for run in runs), name
        assert all(run.moment_column for run in runs), name
        other = next((columns for part, columns in OTHER_RANGES.items() if part in name), ())
        ranges = {
            "T": ("T_range_K", [run.temperature for run in runs]),
            "H": ("H_range_Oe", [run.field for run in runs]),
            "moment": ("moment_range_emu", [run.moment for run in runs]),
        }
        for key in ranges.keys() - set(other):
            column, values = ranges[key]
            found = np.concatenate(values)
            assert [found.min(), found.max()] == interval(row[column]), (name, column)


@pytest.mark.parametrize("name", RUNS)
def test_runs_of_real_files(real, name):
    measurement = read(real(name), min_fit=0.0)
    runs, dropped = RUNS[name]
    assert [(run.kind, run.nominal, len(run)) for run in measurement.runs] == runs
    assert measurement.rows_dropped == dropped


@pytest.mark.parametrize(
    ("name", "branches"),
    [
        ("zfcfc1", ("warming", "warming (2)")),
        ("H1270", ("field down", "field up")),
        ("MPMS_test", ("field up", "field down", "field up (2)")),
        ("Pd_std1", ("field up", "field down")),
        ("MH_11K", ("field up", "field down")),
    ],
)
def test_branches_of_real_files(real, name, branches):
    assert read(real(name)).runs[0].branch_labels == branches


@pytest.mark.parametrize(
    ("name", "mg"),
    [
        ("Gap_CSH", 64.0),
        ("H1270", None),
        ("sample1.dat", None),
        ("QD-SQUID-VSM", None),
        ("mvsh2", 0.7),
        ("Y2FeTaO7", None),
        ("ACMS_test", 53.1),
        ("Pd_std1", 260.4),
        ("A344_GdN_FC_050_Oe_160908.rso.dat", 10.5),
    ],
)
def test_masses_of_real_files(real, name, mg):
    assert read(real(name)).mass.value_mg == mg


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Gap_CSH", "the header's mass is 64 mg, the file name says 61.6mg"),
        ("A344_GdN_FC_050_Oe_160908.rso.dat", "Long Reg Fit is below 0.8 in 51 of 172 rows"),
        ("A344_GdN_MH_010K_160905.rso.dat", "temperature is not constant, 9.895 to 37.36 K"),
        ("- MvsH", "Fixed/Free is 0.975 there"),
        ("mvsh2", "Fixed/Free is 0.935 there"),
        ("Pd_std1", "these errors are not standard deviations"),
        (
            "dataset4",
            "299 VSM rows (--moment vsm uses only these), 227 DC rows (--moment free uses only these)",
        ),
    ],
)
def test_warnings_of_real_files(real, name, words):
    assert any(words in warning.text for warning in read(real(name)).warnings)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        *(
            (name, ["instead of DC Moment Err Free Ctr"])
            for name in ("Pd_std1", "mvsh4", "mvsh6", "zfcfc1", "fc5")
        ),
        ("mvsh2", ["instead of DC Moment Err Free Ctr"] * 2),
        ("- MvsT", ["instead of DC Moment Err Free Ctr"]),
        ("A344_GdN_FC_050_Oe_160908.rso.ndat", ["instead of Standard Error"]),
        ("A344_GdN_MH_010K_160905.rso.ndat", ["instrument: Standard Error"]),
        ("zfc4a", ["instrument: M. Std. Err. (emu)"]),
        ("dataset4", ["instrument: M. Std. Err. (emu)", "instead of DC Moment Err Free Ctr"]),
        ("H1258", ["instrument: Long Scan Std Dev"]),
        ("Y2FeTaO7", ["instrument: M-Std.Dev. (emu)"] * 2),
    ],
)
def test_errors_of_real_files(real, name, words):
    """DC scans of an MPMS3 state errors 30 to 5000 times the scatter; all others but one mean something."""
    for run, source in zip(read(real(name)).runs, words, strict=True):
        assert source in run.sigma_source


def test_the_instruments_errors_of_a_real_file_on_request(real):
    kept = read(real("Pd_std1"), errors="instrument")
    assert kept.runs[0].sigma_source == "instrument: DC Moment Err Free Ctr (emu)"
    assert any("chi2 will be far too small" in warning.text for warning in kept.warnings)


def test_both_kinds_of_row_of_a_real_file(real):
    """M(T) by VSM and M(H) by DC scans in one file."""
    both = read(real("dataset4"), min_fit=0.0)
    assert [run.moment_column for run in both.runs] == ["Moment (emu)", "DC Moment Free Ctr (emu)"]
    alone = [read(real("dataset4"), moment=moment, min_fit=0.0) for moment in ("vsm", "free")]
    assert [measurement.rows_dropped for measurement in alone] == [
        {"DC row (VSM chosen)": 229, "comment only": 1},
        {"VSM row (DC chosen)": 299, "comment only": 1},
    ]
    for run, measurement in zip(both.runs, alone, strict=True):
        np.testing.assert_array_equal(run.moment, measurement.runs[0].moment)
        np.testing.assert_array_equal(run.sigma, measurement.runs[0].sigma)


@pytest.mark.parametrize("name", ["zfc4a", "mvsh3", "H1258", "Reference", "Y2FeTaO7", "MaMMoS", "QD-PPMS2"])
def test_files_without_oddities_in_their_runs(real, name):
    codes = {warning.code for run in read(real(name)).runs for warning in run.warnings}
    assert codes <= {"runs.errors-replaced", "runs.zero-crossing"}


def test_averaged_and_single_rows_agree(real):
    """The .ndat sibling averages four rows of the .dat."""
    single = read(real("A344_GdN_FC_050_Oe_160908.rso.dat"), min_fit=0.0).runs[0]
    averaged = read(real("A344_GdN_FC_050_Oe_160908.rso.ndat"), min_fit=0.0).runs[0]
    np.testing.assert_allclose(
        single.moment.reshape(43, 4).mean(axis=1), averaged.moment, rtol=5e-3, atol=2e-8
    )


def test_the_sanitised_copy_reads_as_its_original(real):
    copy, original = read(real("heuslertools/test.dat")), read(real("H1258"))
    np.testing.assert_array_equal(copy.runs[0].moment, original.runs[0].moment)
