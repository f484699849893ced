"""The moment column, row by row, and the account of rows."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.errors import InputError, UsageError
from glasspara.files.quality import line_ranges
from glasspara.findings import finding
from glasspara.runs import read


def accounts(measurement):
    assert measurement.rows_read == measurement.rows_used + sum(measurement.rows_dropped.values())
    assert measurement.rows_used == sum(len(run) for run in measurement.runs)
    lines = [row.line for row in measurement.dropped] + [n for run in measurement.runs for n in run.line]
    assert len(set(lines)) == measurement.rows_read
    return measurement


@pytest.mark.parametrize(
    ("layout", "column", "sigma"),
    [
        ("xl", "Long Moment (emu)", "Long Scan Std Dev"),
        ("mpms3-dc", "DC Moment Free Ctr (emu)", "DC Moment Err Free Ctr (emu)"),
        ("mpms3-vsm", "Moment (emu)", "M. Std. Err. (emu)"),
        ("vsm", "Moment (emu)", "M. Std. Err. (emu)"),
        ("acms", "M-DC (emu)", "M-Std.Dev. (emu)"),
        ("acms2", "DC Moment (emu)", "DC Std. Err. (emu)"),
    ],
)
def test_columns_by_layout(write, compose, sweep, layout, column, sigma):
    points = sweep()
    measurement = accounts(read(write(compose(layout, points))))
    run = measurement.runs[0]
    assert (measurement.moment_choice.column, measurement.moment_choice.sigma_column) == (column, sigma)
    assert run.sigma_source == f"instrument: {sigma}"
    for values, key in ((run.temperature, "T"), (run.field, "H"), (run.moment, "m")):
        np.testing.assert_allclose(values, [point[key] for point in points], rtol=1e-6)
    np.testing.assert_allclose(run.sigma, 2.0e-8)


def test_fixed_centre_on_request(write, compose, sweep):
    path = write(compose("mpms3-dc", [{**p, "fixed": 2 * p["m"]} for p in sweep()]))
    free, fixed = read(path), read(path, moment="fixed")
    np.testing.assert_allclose(fixed.runs[0].moment, 2 * free.runs[0].moment)
    assert fixed.moment_choice.column == "DC Moment Fixed Ctr (emu)"
    assert fixed.moment_choice.reason.endswith("asked for by --moment fixed")


def test_centring_diagnostics_and_warning(write, compose, sweep):
    points = [{**p, "fixed": 0.67 * p["m"], "fit": 0.95, "fixed_fit": 0.27, "centre": 33} for p in sweep()]
    choice = read(write(compose("mpms3-dc", points))).moment_choice
    assert choice.diagnostics == {
        "fixed_over_free": pytest.approx(0.67),
        "free_fit": 0.95,
        "fixed_fit": 0.27,
        "centre_shift_mm": 3.0,
        "centre_spread_mm": 0.0,
        "rows_poor_fit": 0.0,
    }
    (warning,) = choice.warnings
    assert warning.code == "files.centres-disagree"
    assert "Fixed/Free is 0.670" in warning.text
    assert "3.00 mm off" in warning.text
    assert "--moment fixed" in warning.text


def test_good_centring_gives_no_warning(write, compose, sweep):
    assert read(write(compose("mpms3-dc", [{**p, "fixed": p["m"]} for p in sweep()]))).warnings == ()


def test_a_disagreement_in_part_of_the_rows_is_seen(write, compose, sweep):
    """One of two temperatures may be off centre: the median over the file hides that."""
    good, bad = (
        [{**p, "H": 1000.0 * k, "fixed": f * p["m"]} for p in sweep()] for k, f in ((1, 1.0), (2, 0.93))
    )
    again = [{**p, "T": 1.001 * p["T"]} for p in good]
    choice = read(write(compose("mpms3-dc", [*good, *again, *bad]))).moment_choice
    assert choice.diagnostics["fixed_over_free"] == 1.0
    (warning,) = choice.warnings
    assert (warning.where.line, warning.values["lines"]) == (31, [[31, 38]])
    assert "disagree in 8 rows (file lines 31-38): Fixed/Free is 0.930 there" in warning.text


@pytest.mark.parametrize(
    ("fit", "fixed_fit", "code", "remedy"),
    [
        (0.3, 0.9, "files.other-centre-fits-better", "--moment fixed fits better"),
        (0.3, 0.35, "files.no-centre-fits", "neither centre fits"),
    ],
)
def test_poor_dipole_fits(write, compose, sweep, fit, fixed_fit, code, remedy):
    points = [{**p, "fixed": p["m"], "fit": fit, "fixed_fit": fixed_fit} for p in sweep()]
    poor, advice = read(write(compose("mpms3-dc", points))).warnings
    assert "DC Free Fit is below 0.8 in 8 of 8 rows (file lines 15-22)" in poor.text
    assert poor.where.line == 15
    assert advice.code == code
    assert remedy in advice.text


@pytest.mark.parametrize(
    ("poor", "min_fit", "dropped", "words"),
    [
        (1, None, 1, "(file line 14): their moments are weak, at most 2.5 % of the largest"),
        (3, None, 3, "they are left out, --min-fit 0 keeps them"),
        (4, None, 0, "they are kept with errors multiplied by 0.8/fit (at most 10)"),
        (4, 0.8, 4, "they are left out"),
        (3, 0.0, 0, "they are kept"),
        (3, 0.2, 1, "2 of them are kept"),
    ],
)
def test_poor_regression_of_an_mpms_xl(write, compose, sweep, poor, min_fit, dropped, words):
    """Weak moments are left out where they are fewer than half, or on request; a range that is lost comes first."""
    points = sweep()
    for i in range(poor):
        points[i] |= {"fit": 0.1 + 0.2 * i, "m": 1e-6 * (i + 1)}
    measurement = accounts(read(write(compose("xl", points)), min_fit=min_fit))
    assert measurement.moment_choice.diagnostics["rows_poor_fit"] == poor
    *first, warning = measurement.moment_choice.warnings
    assert [item.code for item in first] == ["files.cut-removes-range"] * (dropped >= 3)
    assert f"Long Reg Fit is below 0.8 in {poor} of 8 rows" in warning.text
    assert words in warning.text
    assert (warning.code, warning.values["rows"]) == ("files.poor-fit", poor)
    assert measurement.rows_dropped == ({"poor fit of the scan": dropped} if dropped else {})
    assert [row.line for row in measurement.dropped] == list(range(14, 14 + dropped))


LOOP = np.concatenate((np.linspace(-7e4, 7e4, 71), np.linspace(6.8e4, -7e4, 70)))


def loop(fits, scale=1.0):
    """A loop that saturates; ``fits`` gives the quality of the fit at each field."""
    moments = scale * 1e-3 * np.tanh(LOOP / 8e3) + 1e-7 * np.cos(5.3 * np.arange(len(LOOP)) ** 2)
    return [
        {"T": 5.0, "H": h, "m": m, "fixed": m, "fit": f, "fixed_fit": f, "s": 2e-7}
        for h, m, f in zip(LOOP.tolist(), moments.tolist(), fits.tolist(), strict=True)
    ]


@pytest.mark.parametrize("layout", ["mpms3-dc", "xl"])
def test_strong_moments_are_not_lost_for_the_quality_of_their_fits(write, compose, layout):
    """A holder spoils the fits above 40 kOe, where the moment is all but saturated."""
    fits = np.where(np.abs(LOOP) > 4e4, 1.19 - 1e-5 * np.abs(LOOP), 0.97)
    (run,) = (found := read(write(compose(layout, loop(fits))))).runs
    (poor,) = (item for item in found.warnings if item.code.startswith("files."))
    assert found.rows_dropped == {}
    assert run.field.max() == pytest.approx(7e4)
    assert (poor.code, poor.values["moments"], poor.values["kept"]) == (
        "files.poor-fit",
        "strong",
        (fits < 0.8).sum(),
    )
    assert poor.values["least_share"] > 0.99
    widest = run.sigma / np.median(run.sigma[np.abs(run.field) < 3e4])
    assert widest.max() == pytest.approx(0.8 / 0.49, rel=0.01)


def test_a_strong_moment_whose_scan_is_no_dipole_is_left_out(write, compose):
    fits = np.where(LOOP > 5.5e4, 0.15, 0.97)
    found = read(write(compose("xl", loop(fits))))
    lost, poor = (item for item in found.warnings if item.code.startswith("files."))
    assert lost is found.warnings[0]
    assert lost.values["ranges"] == [{"low": 5.6e4, "high": 7e4, "unit": "Oe", "rows": 15}]
    assert "all points from 56000 to 70000 Oe are left out" in lost.text
    assert poor.values["moments"] == "no-dipole"


def test_a_range_that_a_cut_takes_away_comes_first(write, compose):
    """A holder and a paramagnet cancel from 70 to 120 K; and the reason is true: these moments are weak."""
    T = np.linspace(4.0, 200.0, 99)
    moment = 1e-3 * (4.0 / T - 4.0 / 95.0)
    near = np.abs(T - 95.0) <= 25.0
    points = [
        {"T": t, "H": 50.0, "m": m, "fit": f}
        for t, m, f in zip(T.tolist(), moment.tolist(), np.where(near, 0.4, 0.97).tolist(), strict=True)
    ]
    found = read(write(compose("xl", points)))
    lost, poor = found.warnings[:2]
    assert lost.code == "files.cut-removes-range"
    assert lost.values["ranges"] == [{"low": 70.0, "high": 120.0, "unit": "K", "rows": 26}]
    assert poor.values["moments"] == "weak"
    assert found.rows_dropped == {"poor fit of the scan": 26}
    again = read(write(compose("xl", points)), min_fit=0.5).warnings[0]
    assert (again.code, again.values["ranges"]) == (lost.code, lost.values["ranges"])
    assert "files.cut-removes-range" not in [
        w.code for w in read(write(compose("xl", points)), min_fit=0.0).warnings
    ]


def test_single_rows_left_out_leave_no_gap(write, compose):
    fits = np.where(np.arange(len(LOOP)) % 9 == 4, 0.2, 0.97)
    found = read(write(compose("xl", loop(fits))))
    assert [item.code for item in found.warnings if item.code.startswith("files.")] == ["files.poor-fit"]


def test_a_position_that_jumps_is_named(write, compose, sweep, layouts):
    """And where the file states positions, inspect shows them."""
    row = layouts["xl"][2].replace(",0,{fit}", ",{offset},{fit}")
    points = [
        row.format(**p, s=2e-8, fit=0.97, offset=3.2 + 0.09 * (i == 5)) for i, p in enumerate(sweep(12))
    ]
    found = read(write(compose("xl", points)))
    assert found.moment_choice.diagnostics["offset_cm"] == 3.2
    (jump,) = found.warnings
    assert (jump.code, jump.values["lines"]) == ("files.position-jumps", [[19, 19]])
    assert "to 3.29 cm from its usual 3.20 cm" in jump.text


def test_an_infinite_position_is_none(write, compose, sweep, layouts):
    row = layouts["xl"][2].replace(",0,{fit}", ",{offset},{fit}")
    offsets = [3.2] * 5 + ["-inf"] + [3.2] * 6
    points = [row.format(**p, s=2e-8, fit=0.97, offset=x) for p, x in zip(sweep(12), offsets, strict=True)]
    assert read(write(compose("xl", points))).warnings == ()


def test_the_high_fields_of_a_real_loop(shared):
    """70 kOe, 81 % of the largest moment, fit 0.34: kept, with larger errors."""
    found = read(str(shared / "cases/files/high_field_rows_dropped_by_fit.dat"))
    assert found.rows_dropped == {"comment only": 1}
    (run,) = found.runs
    assert np.abs(run.field).max() == pytest.approx(7e4, rel=1e-4)
    assert found.warnings[0].values["moments"] == "strong"


def test_kept_points_of_poor_fits_have_less_weight(write, compose, sweep):
    """0.8 over the fit, from 1 to 10, where most fits are poor; as they are by --min-fit 0."""
    fits = (0.95, 0.8, 0.79, 0.4, 0.2, 0.08, 0.01, 0.0)
    path = write(compose("xl", [{**point, "fit": fit} for point, fit in zip(sweep(), fits, strict=True)]))
    kept, plain = read(path, errors="instrument"), read(path, errors="instrument", min_fit=0.0)
    (wide,), (narrow,) = kept.runs, plain.runs
    assert wide.sigma / narrow.sigma == pytest.approx([1, 1, 0.8 / 0.79, 2, 4, 10, 10, 10])
    assert "times 0.8 over the fit of the scan where that is poor" in wide.sigma_source
    assert "times" not in narrow.sigma_source


VSM, FREE = "Moment (emu)", "DC Moment Free Ctr (emu)"


@pytest.fixture
def vsm_rows(layouts, sweep):
    """Rows of an MPMS3 file measured by VSM: `sweep` with errors of its own."""

    def rows(*args, **cells):
        return [layouts["mpms3-vsm"][2].format(**{"s": 1e-8, **p}) for p in sweep(*args, **cells)]

    return rows


def test_vsm_and_dc_rows_are_separate_runs(write, compose, sweep, vsm_rows):
    """At one field, row by row in turn: each run has the rows of one kind, in the order of acquisition."""
    vsm, dc = vsm_rows(10), [{**p, "fixed": p["m"]} for p in sweep(8)]
    interleaved = [row for pair in zip(dc, vsm, strict=False) for row in pair] + vsm[8:]
    measurement = accounts(read(write(compose("mpms3-dc", interleaved))))
    assert measurement.rows_dropped == {}
    assert [(run.moment_column, len(run), run.line[0]) for run in measurement.runs] == [
        (FREE, 8, 15),
        (VSM, 10, 16),
    ]
    assert [run.sigma_source for run in measurement.runs] == [
        "instrument: DC Moment Err Free Ctr (emu)",
        "instrument: M. Std. Err. (emu)",
    ]
    choice = measurement.moment_choice
    assert choice.column == f"{VSM} in VSM rows; {FREE} in DC rows"
    assert choice.sigma_column == "M. Std. Err. (emu) in VSM rows; DC Moment Err Free Ctr (emu) in DC rows"
    assert choice.reason.startswith(
        "both kinds of row are used, in separate runs: VSM rows (10); DC scan rows (8)"
    )
    assert choice.diagnostics["free_fit"] == 0.97
    (warning,) = choice.warnings
    assert [(kind["kind"], kind["rows"]) for kind in warning.values["kinds"]] == [("VSM", 10), ("DC", 8)]
    assert "can differ by some per cent" in warning.text
    assert (
        "10 VSM rows (--moment vsm uses only these), 8 DC rows (--moment free uses only these" in warning.text
    )


def test_one_kind_of_row_on_request(write, compose, sweep, vsm_rows):
    path = write(compose("mpms3-dc", [*vsm_rows(10, H=2000.0), *sweep(6)]))
    vsm = accounts(read(path, moment="vsm"))
    assert (vsm.moment_choice.column, vsm.rows_dropped) == (VSM, {"DC row (VSM chosen)": 6})
    assert "6 DC rows and 10 usable VSM rows" in vsm.warnings[0].text
    assert "--moment free uses them instead" in vsm.warnings[0].text
    free = accounts(read(path, moment="free"))
    assert (free.moment_choice.column, free.rows_dropped) == (FREE, {"VSM row (DC chosen)": 10})
    assert free.runs[0].nominal == 1000.0


@pytest.mark.parametrize(
    ("vsm", "dc", "column", "dropped"),
    [(10, 3, VSM, {"DC row (VSM chosen)": 3}), (3, 10, FREE, {"VSM row (DC chosen)": 3})],
)
def test_a_kind_of_row_that_makes_no_run(write, compose, sweep, vsm_rows, vsm, dc, column, dropped):
    measurement = accounts(read(write(compose("mpms3-dc", [*vsm_rows(vsm), *sweep(dc)]))))
    assert [run.moment_column for run in measurement.runs] == [measurement.moment_choice.column] == [column]
    assert measurement.rows_dropped == dropped
    assert "files.rows-make-no-run" in {warning.code for warning in measurement.warnings}
    assert any(item.text.endswith("rows make no run and are left out") for item in measurement.warnings)


def test_the_rarer_kind_of_row_carries_on_alone(write, compose, sweep, vsm_rows):
    """Many VSM rows with nothing held, and one short DC run."""
    on_the_way = [vsm_rows(k + 1, H=1000.0 * k)[k] for k in range(6)]
    measurement = accounts(read(write(compose("mpms3-dc", [*on_the_way, *sweep(4)]))))
    assert [(run.moment_column, len(run)) for run in measurement.runs] == [(FREE, 4)]
    assert measurement.rows_dropped == {"VSM row (DC chosen)": 6}


def test_neither_kind_of_row_makes_a_run(write, compose, sweep, vsm_rows):
    with pytest.raises(InputError, match="no run: 3 usable points"):
        read(write(compose("mpms3-dc", [*vsm_rows(3), *sweep(2)])))


def test_a_row_that_holds_both_moments_is_used_once(write, compose, sweep):
    """No instrument writes such rows, other programs may."""
    both = ",1.0,{T},{H},{m},{s},6,30,,{m},{s},{m},{s},0.9,0.9,30,0"
    rows = [both.format(**{"s": 2e-8, **p}) for p in sweep(6)]
    measurement = accounts(read(write(compose("mpms3-dc", rows))))
    assert [run.moment_column for run in measurement.runs] == [FREE]


@pytest.mark.parametrize(
    ("layout", "request_"), [("mpms3-vsm", "free"), ("xl", "fixed"), ("mpms3-dc", "vsm")]
)
def test_a_moment_that_is_not_there(write, compose, sweep, layout, request_):
    with pytest.raises(InputError, match=f"no moments for --moment {request_}"):
        read(write(compose(layout, sweep())), moment=request_)


def test_a_column_that_has_a_namesake_is_named(write, compose, sweep):
    """A table that was put together by hand: nothing tells which of the two is meant."""
    text = compose("xl", sweep())
    found = read(write(text.replace("Long Offset (cm)", "Long Moment (emu)", 1)))
    (warning,) = found.warnings
    assert (warning.code, warning.values) == ("files.columns-named-twice", {"columns": ["Long Moment (emu)"]})
    assert np.array_equal(found.runs[0].moment, read(write(text)).runs[0].moment)
    # a namesake of a column that is not used matters to nobody
    assert read(write(text.replace("Long Algorithm", "Long Reg Fit", 1))).warnings == ()


def test_an_unknown_request(write, compose, sweep):
    with pytest.raises(UsageError, match="auto, free, fixed, vsm"):
        read(write(compose("xl", sweep())), moment="best")


def test_ac_rows(write, compose, sweep, layouts):
    ac = layouts["mpms3-dc"][2].replace("{fixed},{s},{m},{s},{fixed_fit},{fit},{centre},INF", ",,,,,,,")
    ac = ac.replace(",,6,30,,", ",,5,30,1e-6,").format(T=3.0, H=0.0)
    assert accounts(read(write(compose("mpms3-dc", [ac, *sweep()])))).rows_dropped == {"AC row": 1}
    with pytest.raises(InputError, match=r"AC susceptibility only \(3 AC rows\)"):
        read(write(compose("mpms3-dc", [ac] * 3)))


def test_acms_ac_rows_do_not_pass_for_moments(write, compose, sweep):
    """In ACMS files "Moment (emu)" is the AC amplitude, and rows are shorter than the line of names."""
    ac = ",1.0,3.0,1000.0,10000,10,,,1e-3,1e-5,1e-3,5"
    measurement = accounts(read(write(compose("acms", [*sweep(), ac]))))
    assert measurement.rows_dropped == {"AC row": 1}
    assert "AC amplitude" in measurement.moment_choice.reason


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('"ZFC, 100",3860752588.98', "comment only"),
        ("ZFC,3860752588.98,,,,,,,,,", "comment only"),
        (",1.0,4.0", "short row"),
        (",1.0,4.0,1000,,,2,,,,", "no moment"),
        (",1.0,4.0,1000,nan,,2,,,,", "no moment"),
        (",1.0,4.0,1000,abc,,1,,,,", "not a number"),
        (",1.0,4.0,1000,inf,,1,,,,", "not a number"),
        (",1.0,four,1000,1e-5,,1,,,,", "not a number"),
        (",1.0,,1000,1e-5,,1,,,,", "no temperature or field"),
        (",1.0,nan,1000,1e-5,,1,,,,", "no temperature or field"),
        (",1.0,0.0,1000,1e-5,,1,,,,", "temperature not positive"),
        (",1.0,-2.0,1000,1e-5,,1,,,,", "temperature not positive"),
        (",1.0,9999,1000,1e-5,,1,,,,", "value out of range"),
        (",1.0,4.0,1e9,1e-5,,1,,,,", "value out of range"),
        (",1.0,4.0,1000,1e99,,1,,,,", "value out of range"),
        ("ZFC, 100,1.0,4.0,1000,1e-5,1e-8,1,0,0,55,", "too many cells"),
    ],
)
def test_rows_that_are_dropped(write, compose, sweep, row, reason):
    points = sweep()
    measurement = accounts(read(write(compose("vsm", [*points[:4], row, *points[4:]]))))
    assert measurement.rows_dropped == {reason: 1}
    assert [(r.line, r.reason) for r in measurement.dropped] == [(14, reason)]


def test_a_comment_in_a_measured_row_keeps_the_row(write, compose, sweep, layouts):
    row = "sample offset = 35.5 mm touchdown = 9.41 mm" + layouts["vsm"][2].format(
        T=1.9, H=1000, m=6e-5, s=1e-8
    )
    measurement = accounts(read(write(compose("vsm", [row, *sweep()]))))
    assert measurement.rows_used == 9
    assert measurement.comments[0] == (10, "sample offset = 35.5 mm touchdown = 9.41 mm")


@pytest.mark.parametrize("layout", ["vsm", "acms", "xl"])
def test_a_quoted_comma_in_a_measured_row_shifts_nothing(write, compose, sweep, layouts, layout):
    """ACMS rows are shorter than the line of names, so that the number of cells alone tells nothing."""
    row = layouts[layout][2].format(T=1.9, H=1000, m=6e-5, s="1e-8", fit=0.97)
    at = 1 if layout == "xl" else 0  # where the comment stands
    row = f'{row[:at]}"ZFC, 100"{row[at:]}'
    measurement = accounts(read(write(compose(layout, [row, *sweep()]))))
    assert measurement.runs[0].temperature[0] == 1.9
    assert measurement.comments[0][1] == "ZFC, 100"


def test_an_unquoted_comma_in_a_measured_row_drops_it(write, compose, sweep, layouts):
    row = "ZFC, 100" + layouts["acms"][2].format(T=1.9, H=1000, m=6e-5, s=1e-8)
    assert accounts(read(write(compose("acms", [row, *sweep()])))).rows_dropped == {"too many cells": 1}


def test_blank_lines_are_no_rows(write, compose, sweep):
    measurement = accounts(read(write(compose("vsm", sweep(), extra=[""] * 140 + [",,,,,,", "  "]))))
    assert measurement.rows_read == measurement.rows_used == 8


def test_no_final_newline(write, compose, sweep):
    text = compose("vsm", sweep())[:-1]
    assert accounts(read(write(text))).rows_used == 8


def test_a_row_cut_off_in_the_middle_of_a_number(write, compose, sweep):
    """1.1e-05 cut to 1.1e-0 is a number too: a last row shorter than the others is not believed."""
    text = compose("vsm", sweep())
    last = text.splitlines()[-1]
    cut = text[: -len(last) - 1] + last[: last.index("e-") + 2] + "0"
    measurement = accounts(read(write(cut)))
    assert measurement.rows_dropped == {"short row": 1}


def test_no_rows(write, compose):
    with pytest.raises(InputError, match="no data rows"):
        read(write(compose("vsm", [])))


def test_no_moments(write, compose, sweep):
    with pytest.raises(InputError, match=r"'Moment \(emu\)' is blank everywhere"):
        read(write(compose("vsm", [",1.0,4.0,1000,,,2,,,,"] * 5)))
    with pytest.raises(InputError, match=r"\(1 comment only, 5 temperature not positive\)"):
        read(write(compose("vsm", ["c,1", *[",1.0,0.0,1000,1e-5,,1,,,,"] * 5])))


def test_line_ranges():
    assert line_ranges(np.array([3, 4, 5, 9])) == [[3, 5], [9, 9]]
    many = finding("files.time-goes-back", rows=10, lines=line_ranges(np.arange(1, 20, 2)))
    assert "at file lines 1, 3, 5, 7, 9 and 5 more: rows were sorted" in many.text
