"""The traps of magnetometer files met in the wild, one by one, and the oddities not met yet.

Real files where there are any, otherwise synthetic ones made here. ``TRAPS`` says where each trap is tested.
"""

from __future__ import annotations

import ast
import gzip
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from glasspara.errors import InputError
from glasspara.runs import read

HERE = Path(__file__).resolve().parent

# Number and name of the trap -> tests, in this module unless another is named.
TRAPS = {
    (1, "the table starts anywhere"): (
        "test_the_table_starts_anywhere",
        "test_real_files:test_all_real_files",
    ),
    (2, "a byte that is not UTF-8"): ("test_multivu:test_encodings", "test_real_files:test_all_real_files"),
    (3, "Moment (emu) is blank in DC mode"): ("test_moments:test_columns_by_layout",),
    (4, "DC columns are blank in VSM mode"): ("test_moments:test_columns_by_layout",),
    (5, "both in one file"): (
        "test_moments:test_vsm_and_dc_rows_are_separate_runs",
        "test_real_files:test_both_kinds_of_row_of_a_real_file",
    ),
    (6, "Moment (emu) is an AC amplitude"): ("test_moments:test_acms_ac_rows_do_not_pass_for_moments",),
    (7, "field and temperature change places"): ("test_moments:test_columns_by_layout",),
    (8, "INFO grammars"): ("test_multivu:test_header_grammars",),
    (9, "a comma in a mass or a version"): (
        "test_multivu:test_header_grammars",
        "../sample/test_mass:test_masses_in_headers",
    ),
    (10, "mg or g"): (
        "../sample/test_mass:test_what_is_probably_grams_is_asked_about",
        "test_real_files:test_masses_of_real_files",
    ),
    (11, "placeholder masses"): ("../sample/test_mass:test_placeholders_are_no_masses",),
    (12, "Mass (grams) is not the sample"): ("test_the_oscillating_mass_is_not_the_sample",),
    (13, "standard deviations of 0"): (
        "../runs/test_measurement:test_zero_errors_are_replaced",
        "../runs/test_scatter:test_zeros_of_the_instrument_are_filled",
    ),
    (14, "comment rows"): ("test_moments:test_rows_that_are_dropped",),
    (15, "comments in measured rows"): (
        "test_moments:test_a_comment_in_a_measured_row_keeps_the_row",
        "test_comments_of_a_real_file",
    ),
    (16, "rows on the way to the next set point"): ("test_rows_on_the_way_are_strays",),
    (17, "nominal is not measured"): (
        "test_set_points_are_measured",
        "test_real_files:test_warnings_of_real_files",
        "../runs/test_run:test_a_fixed_temperature_run_that_drifts",
    ),
    (18, "He-3 inserts"): ("test_a_he3_insert", "test_a_he3_insert_that_agrees_or_is_off"),
    (19, "TAB in a .dat"): ("test_multivu:test_a_tab_resave_reads_the_same",),
    (20, "[Data] padded, renamed or missing"): (
        "test_padded_markers",
        "test_multivu:test_a_file_without_header_lines",
        "test_multivu:test_sanitised_names",
    ),
    (21, "more names than fields"): ("test_fewer_fields_than_names",),
    (22, "a comma at the end of every row"): ("test_a_comma_at_the_end",),
    (23, "quotes in names"): ("test_multivu:test_quotes_in_names",),
    (24, "INF"): ("../runs/test_measurement:test_infinite_centres_of_scans", "test_inf_in_a_real_file"),
    (25, "no rows"): ("test_moments:test_no_rows", "test_real_files:test_all_real_files"),
    (26, "half-finished runs"): (
        "test_moments:test_no_final_newline",
        "test_moments:test_a_row_cut_off_in_the_middle_of_a_number",
        "test_a_last_cell_cut_short",
    ),
    (27, "several set points without a mark"): (
        "test_fields_in_turn_at_many_temperatures",
        "test_real_files:test_runs_of_real_files",
    ),
    (28, "the same temperatures twice"): ("test_branches_keep_their_order",),
    (29, "zero field"): ("test_a_run_at_zero_field",),
    (30, "the magnet keeps a field"): ("test_the_field_that_the_magnet_keeps",),
    (31, "one wild point"): ("test_a_wild_point_is_named_and_kept",),
    (32, "the moment changes sign"): (
        "test_moments:test_poor_regression_of_an_mpms_xl",
        "test_scans_at_a_change_of_sign_are_left_out",
    ),
    (33, "file names"): ("test_multivu:test_names_are_taken_literally",),
    (34, "epochs of time"): ("test_epochs_do_not_matter",),
    (35, "blank lines at the end"): ("test_moments:test_blank_lines_are_no_rows", "test_a_blank_tail"),
    ("nm", "semicolons and decimal commas"): (
        "test_multivu:test_semicolons_and_decimal_commas",
        "test_decimal_commas",
    ),
    ("nm", "byte order marks and UTF-16"): ("test_multivu:test_encodings",),
    ("nm", "sample names of any script"): ("test_sample_names_of_any_script",),
    ("nm", "an appended measurement"): (
        "test_multivu:test_an_appended_measurement_is_read_on",
        "test_multivu:test_two_files_in_one",
    ),
    ("nm", "a row cut in a number"): (
        "../runs/test_measurement:test_a_row_cut_in_the_middle_of_the_file_is_not_believed",
    ),
    ("nm", "Tesla and A m^2"): ("test_other_units",),
    ("nm", "MPMS-5S"): ("test_an_mpms_5s",),
    ("nm", "gzip"): ("test_gzip",),
    ("nm", "wandering set points"): ("test_set_points_that_wander",),
    ("nm", "oven sticks"): ("test_an_oven_stick",),
}


@cache
def names_in(path):
    return {node.name for node in ast.parse(path.read_text(encoding="utf-8")).body if hasattr(node, "name")}


def test_every_trap_has_its_test():
    assert {number for number, _ in TRAPS} == {*range(1, 36), "nm"}
    for trap, names in TRAPS.items():
        for name in names:
            module, _, function = name.rpartition(":")
            path = HERE / f"{module or Path(__file__).stem}.py"
            assert function in names_in(path), (trap, name)


@pytest.mark.parametrize("more", [0, 1, 14])
def test_the_table_starts_anywhere(write, compose, sweep, more):
    head, mark, table = compose("mpms3-dc", sweep()).partition("[Data]\n")
    text = head + "INFO,1,OVEN_MODULE_NAME\n" * more + mark + table
    run = read(write(text)).runs[0]
    assert run.line.tolist() == [head.count("\n") + 3 + more + i for i in range(8)]
    np.testing.assert_allclose(run.temperature, [point["T"] for point in sweep()])


@pytest.mark.parametrize("layout", ["vsm", "mpms3-dc"])
def test_the_oscillating_mass_is_not_the_sample(write, compose, sweep, layout):
    """The column Mass (grams), 55.5 here, is what the motor moves."""
    mass = read(write(compose(layout, sweep(), mass=""))).mass
    assert (mass.value_mg, mass.problem) == (None, "the header gives no sample mass")


def test_comments_of_a_real_file(real):
    """`sample offset = 35.32 mm touchdown = ...` stands in the first row that holds a moment or not."""
    measurement = read(real("VSM_MH"))
    ((line, text),) = measurement.comments
    assert "touchdown" in text
    assert measurement.rows_used == 1398
    assert line in {row.line for row in measurement.dropped} | set(measurement.runs[0].line.tolist())


def test_rows_on_the_way_are_strays(write, compose):
    loop = [{"T": 11.0, "H": 1000.0 * k, "m": 1e-6 * k} for k in range(12)]
    measurement = read(write(compose("vsm", [*loop, {"T": 13.0, "H": 0.5}])))
    assert [len(run) for run in measurement.runs] == [12]
    assert measurement.rows_dropped == {"outside sequence: between set points": 1}


def test_set_points_are_measured(write, compose):
    """A file called 2K that was measured at 3 K, and one that drifted."""
    loop = [{"T": 3.0 + 0.001 * (k % 3), "H": 1000.0 * k, "m": 1e-6 * k} for k in range(12)]
    assert read(write(compose("vsm", loop), "loop 2K.dat")).runs[0].nominal == 3.0
    drift = [{**point, "T": 9.9 + 0.5 * k} for k, point in enumerate(loop)]
    run = read(write(compose("vsm", drift), "loop 10K.dat")).runs[0]
    assert run.temperature.tolist() == [9.9 + 0.5 * k for k in range(12)]
    assert "temperature is not constant, 9.9 to 15.4 K" in run.warnings[0].text


HE3 = ("Mass (grams)", "He3 temp")


def test_a_he3_insert(write, compose, sweep):
    """The sample is at the insert's temperature; the stage stays where it is. A row without a reading is dropped."""
    rows = compose("vsm", [{**point, "T": 1.56} for point in sweep()]).replace(*HE3).splitlines()
    at = len(rows) - 8
    for i in range(8):
        rows[at + i] = rows[at + i].replace(",55.5,", f",{0.44 + 0.1 * i:.2f}," if i else ",,")
    measurement = read(write("\n".join([*rows, ""])))
    np.testing.assert_allclose(measurement.runs[0].temperature, [0.44 + 0.1 * i for i in range(1, 8)])
    assert measurement.rows_dropped == {"no temperature or field": 1}
    assert measurement.warnings[0].code == "files.he3-insert"
    assert "'He3 temp' (median 0.84 K)" in measurement.warnings[0].text
    assert "not those of the stage (median 1.56 K)" in measurement.warnings[0].text


@pytest.mark.parametrize("reading", ["", "0", "-1", "nan"])
def test_a_he3_insert_that_agrees_or_is_off(write, compose, sweep, reading):
    text = compose("vsm", sweep()).replace(*HE3)
    off = read(write(text.replace(",55.5,", f",{reading},")))
    assert (off.runs[0].temperature[0], off.warnings) == (2.0, ())
    same = text
    for point in sweep():
        same = same.replace(f",{point['T']},1000.0,", f",{point['T']},1000.0,", 1)
        same = same.replace(",55.5,", f",{1.01 * point['T']},", 1)
    assert read(write(same, "same.dat")).runs[0].temperature[0] == 2.0


@pytest.mark.parametrize("mark", ["[Data]\t\t\t", "[Data],,,", '"[Data]"', "[DATA]", " [Data] "])
def test_padded_markers(write, compose, sweep, mark):
    assert read(write(compose("xl", sweep()).replace("[Data]", mark))).rows_used == 8


def test_fewer_fields_than_names(write, compose, sweep, real):
    text = compose("acms", sweep())
    names, row = text.splitlines()[-9], text.splitlines()[-1]
    assert names.count(",") > row.count(",")
    assert read(write(text)).rows_used == 8
    assert read(real("ACMS_test")).rows_used == 61


def test_a_comma_at_the_end(write, compose, sweep):
    """The last cell of a row has no name; only something in it makes the row one cell too long."""
    text = compose("xl", sweep())
    assert all(line.endswith(",") for line in text.splitlines()[-9:])
    assert read(write(text)).rows_used == 8
    lines = text.splitlines()
    lines[-3] += "7"
    assert read(write("\n".join([*lines, ""]))).rows_dropped == {"too many cells": 1}


def test_inf_in_a_real_file(real):
    text = Path(real("- MvsT")).read_text(encoding="cp1252")
    assert ",INF," in text
    assert all(
        value is None or np.isfinite(value)
        for value in read(real("- MvsT")).moment_choice.diagnostics.values()
    )


def test_a_last_cell_cut_short(write, compose, sweep):
    """2e-08 cut to 2e-0 is a number too, and the row has all its commas."""
    text = compose("acms2", sweep())
    assert text.endswith("2e-08\n")
    assert read(write(text[:-1])).rows_used == 8
    cut = read(write(text[:-2]))
    assert cut.rows_dropped == {"short row": 1}
    assert cut.dropped[0].line == text.count("\n")


def test_fields_in_turn_at_many_temperatures(write, compose):
    """Three fields, read with their noise, at each of 20 temperatures that wander."""
    points = [
        {"T": 2.0 * 1.2**i + 0.002 * k, "H": H * (1.0 + 1.1e-4 * (-1) ** (i + k)), "m": 1e-6 * H / (i + 2)}
        for i in range(20)
        for k, H in enumerate((100.0, 500.0, 1000.0))
    ]
    runs = read(write(compose("vsm", points))).runs
    assert [(run.kind, run.nominal, len(run)) for run in runs] == [
        ("fixed-field", H, 20) for H in (100.0, 500.0, 1000.0)
    ]


def test_branches_keep_their_order(write, compose, sweep, real):
    points = sweep(12)
    cooled = [{**point, "T": point["T"] + 0.001, "m": 1.1 * point["m"]} for point in reversed(points)]
    run = read(write(compose("xl", [*points, *cooled]))).runs[0]
    assert (len(run), run.branch_labels) == (24, ("warming", "cooling"))
    assert np.all(np.diff(run.line) == 1)
    assert read(real("zfcfc1")).runs[0].branch_labels == ("warming", "warming (2)")


def test_a_run_at_zero_field(write, compose, sweep, real):
    run = read(write(compose("xl", sweep(H=0.35)))).runs[0]
    assert (run.kind, run.nominal) == ("fixed-field", 0.0)
    assert read(real("sample1.dat")).runs[0].nominal == 0.0


def test_the_field_that_the_magnet_keeps(write, compose, real):
    """A paramagnet that sees 40 Oe more or less than is reported, after its fields of either sign."""

    def loop(kept):
        fields = [(H, H - kept) for H in range(5000, -5001, -500)]
        fields += [(H, H + kept) for H in range(-4600, 5001, 500)]
        return [
            {"T": 300.0, "H": H, "m": 1e-9 * true + 1e-11 * np.cos(5.3 * i * i), "s": 1e-11}
            for i, (H, true) in enumerate(fields)
        ]

    (warning,) = read(write(compose("vsm", loop(40.0)))).warnings
    assert warning.code == "runs.zero-crossing"
    assert "crosses zero at 40 Oe (field down), -40 Oe (field up)" in warning.text
    assert read(write(compose("vsm", loop(2.0)))).warnings == ()
    assert any(
        "crosses zero at -36.2 Oe (field up), 36.3 Oe (field down)" in w.text
        for w in read(real("Pd_std1")).warnings
    )


def test_a_wild_point_is_named_and_kept(write, compose, sweep):
    points = sweep(12)
    points[6]["m"] *= 10.0
    path = write(compose("xl", points))
    kept = read(path)
    assert kept.runs[0].flux_jumps == (20,)
    assert (kept.warnings[0].code, kept.warnings[0].where.line) == ("runs.flux-jumps", 20)
    assert "flux jumps? The moment is far from" in kept.warnings[0].text
    assert "file line 20; --exclude flux-jumps" in kept.warnings[0].text
    assert kept.rows_used == 12
    left_out = read(path, exclude=["flux-jumps"])
    assert left_out.rows_dropped == {"flux jump, excluded on request": 1}
    assert 20 not in left_out.runs[0].line


def test_scans_at_a_change_of_sign_are_left_out(real):
    """A diamagnetic holder and a paramagnet cancel near 80 K; an MPMS-XL fits nothing there."""
    measurement = read(real("A344_GdN_FC_050_Oe_160908.rso.dat"))
    assert measurement.rows_dropped == {"poor fit of the scan": 51}
    assert [row.line for row in measurement.dropped] == list(range(32, 83))
    assert measurement.runs[0].temperature.max() < 68.0
    assert any(
        "Long Reg Fit is below 0.8 in 51 of 172 rows (file lines 32-82)" in w.text
        for w in measurement.warnings
    )


@pytest.mark.parametrize("start", [1627930469.197, 3974537230.42971, 22587146.98])
def test_epochs_do_not_matter(write, compose, sweep, start):
    """Unix, 1899-12-30, or whenever the controller was switched on: times are compared, never turned into dates."""
    rows = compose("vsm", sweep()).splitlines()
    rows[-8:] = [row.replace(",1.0,", f",{start + 60 * i},", 1) for i, row in enumerate(rows[-8:])]
    assert read(write("\n".join([*rows, ""]))).warnings == ()
    rows[-3] = rows[-3].replace(f",{start + 300},", f",{start - 5},", 1)
    (warning,) = read(write("\n".join([*rows, ""]))).warnings
    assert (warning.code, warning.where.line) == ("files.time-goes-back", len(rows) - 2)
    assert f"the time goes back at file line {len(rows) - 2}:" in warning.text


def test_a_blank_tail(real):
    assert Path(real("mvsh6")).read_bytes().endswith(b"\n" * 100)
    measurement = read(real("mvsh6"))
    assert measurement.rows_read == measurement.rows_used == 445


def test_decimal_commas(write, compose, sweep):
    """Quoted between commas, or between tabs; not in a row that writes a point too: that comma is for thousands."""
    plain = read(write(compose("xl", sweep()))).runs[0]
    head, names, rows = compose("xl", sweep()).partition(compose("xl", sweep()).splitlines()[-9] + "\n")
    quoted = "\n".join(
        ",".join(f'"{cell.replace(".", ",")}"' if "." in cell else cell for cell in row.split(","))
        for row in rows.splitlines()
    )
    tabbed = "\n".join(
        "\t".join(cell.replace(".", ",") for cell in row.split(",")) for row in rows.splitlines()
    )
    for text in (head + names + quoted, head + names.replace(",", "\t") + tabbed):
        np.testing.assert_array_equal(read(write(text + "\n")).runs[0].moment, plain.moment)
    thousands = rows.replace("1.000000e+03", '"1,000"')
    with pytest.raises(InputError, match="8 not a number"):
        read(write(head + names + thousands))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_sample_names_of_any_script(write, compose, sweep, encoding):
    name = "Glas \u00c4\u00d6 \u77f3\u82f1 \u03b1-SiO\u2082"
    text = compose("xl", sweep()).replace("INFO, NAME, glass", f"INFO, NAME, {name}")
    assert read(write(text.encode(encoding))).header.sample == name


@pytest.mark.parametrize(
    ("layout", "names", "factors"),
    [
        ("vsm", ("Magnetic Field (T)", "Moment (A m^2)", "M. Std. Err. (A m^2)"), (1e4, 1e3, 1e3)),
        ("vsm", ("Magnetic Field (mT)", "Moment (Am2)", "M. Std. Err. (Am2)"), (10.0, 1e3, 1e3)),
        ("vsm", ("Magnetic Field (kOe)", "Moment (memu)", "M. Std. Err. (memu)"), (1e3, 1e-3, 1e-3)),
        ("vsm", ("Magnetic_Field_T", "Moment_Am\u00b2", "M_Std_Err_Am\u00b2"), (1e4, 1e3, 1e3)),
        ("xl", ("Field (A/m)", "Long Moment (J/T)", "Long Scan Std Dev"), (4e-3 * np.pi, 1e3, 1e3)),
    ],
)
def test_other_units(write, compose, sweep, layout, names, factors):
    """The same numbers under names with other units; MPMS-XL errors have no unit: theirs is the moment's."""
    original = {
        "vsm": ("Magnetic Field (Oe)", "Moment (emu)", "M. Std. Err. (emu)"),
        "xl": ("Field (Oe)", "Long Moment (emu)", "Long Scan Std Dev"),
    }[layout]
    text = compose(layout, sweep(H=1.0, s=1e-9))
    plain = read(write(text)).runs[0]
    for old, new in zip(original, names, strict=True):
        text = text.replace(old, new)
    measurement = read(write(text.encode("utf-8"), "other.dat"))
    run = measurement.runs[0]
    np.testing.assert_allclose(run.field, factors[0] * plain.field, rtol=1e-15)
    np.testing.assert_allclose(run.moment, factors[1] * plain.moment, rtol=1e-15)
    np.testing.assert_allclose(run.sigma, factors[2] * plain.sigma, rtol=1e-15)
    assert f"{names[0]!r} times {factors[0]:g} is in Oe" in measurement.moment_choice.reason
    assert f"{names[1]!r} times {factors[1]:g} is in emu" in measurement.moment_choice.reason


def test_an_mpms_5s(write, compose, sweep):
    """MultiVu of an MPMS-5S writes as that of an MPMS-XL does, older: no ABS columns, no spaces after commas."""
    text = compose("xl", sweep()).replace("Long Offset (cm)", "Long Algorithm")
    text = text.replace("Revision 1.61,  Build 082", "Revision 1.50 Build 052")
    text = text.replace("INFO, WEIGHT, 12.5", "INFO,WEIGHT,12.5").replace("\n\n", "\n")
    measurement = read(write(text))
    assert (measurement.instrument, measurement.mass.value_mg) == ("MPMS-XL DC", 12.5)
    assert measurement.rows_used == 8


def test_gzip(write, compose, sweep):
    text = compose("xl", sweep()).encode()
    plain, packed = read(write(text)), read(write(gzip.compress(text), "run.dat.gz"))
    np.testing.assert_array_equal(packed.runs[0].moment, plain.runs[0].moment)
    assert packed.sha256 != plain.sha256
    assert packed.runs[0].line.tolist() == plain.runs[0].line.tolist()
    with pytest.raises(InputError, match="cut short or damaged"):
        read(write(gzip.compress(text)[:-20], "cut.dat.gz"))
    with pytest.raises(InputError, match=r"packed file \(zip\)"):
        read(write(b"PK\x03\x04" + text, "run.zip"))


def test_set_points_that_wander(write, compose):
    """A field that is not quite held through M(T), a temperature that is not quite held through M(H)."""
    wander = [
        {"T": 2.0 + 3.0 * i, "H": 1000.0 + 0.8 * np.sin(i), "m": 1e-4 / (2.0 + 3.0 * i)} for i in range(40)
    ]
    loop = [{"T": 4.5 + 0.015 * np.sin(0.3 * i), "H": 500.0 * i, "m": 1e-8 * i} for i in range(40)]
    runs = read(write(compose("vsm", [*wander, *loop]))).runs
    assert [(run.kind, run.nominal, len(run)) for run in runs] == [
        ("fixed-field", 1000.0, 40),
        ("fixed-temperature", 4.5, 40),
    ]
    np.testing.assert_allclose(runs[0].field, [point["H"] for point in wander])


def test_an_oven_stick(write, compose):
    """300 to 900 K; the chamber's own temperatures stay at 295 K and are not read."""
    points = [{"T": 300.0 + 20.0 * i, "H": 5000.0, "m": 1e-3 / (300.0 + 20.0 * i)} for i in range(31)]
    text = compose("vsm", points).replace("Mass (grams)", "Min. Temperature (K)").replace(",55.5,", ",295.0,")
    text = text.replace("[Data]", "INFO,1,OVEN_MODULE_NAME\nINFO,2,OVEN_HW_VERSION\n[Data]")
    run = read(write(text)).runs[0]
    assert (run.kind, run.temperature.min(), run.temperature.max()) == ("fixed-field", 300.0, 900.0)
