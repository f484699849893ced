"""High field: the form that made the data is found, and so is its peak; the figure and the table show that."""

from __future__ import annotations

import csv
import io
import re

import numpy as np
import pytest

from glasspara.analysis.high_field.field_dependence import FORMS, PLAIN, high_field
from glasspara.analysis.high_field.figures import highfield_figures
from glasspara.analysis.high_field.report import REPORT
from glasspara.errors import InputError
from glasspara.model.model import Model
from glasspara.model.parameters import ATS_NAMES
from glasspara.physics.three_level.magnetisation import three_level_magnetisation
from glasspara.report.panels import POINTS
from glasspara.simulation.datasets import BK7, both_kinds, fixed_field, fixed_temperature

AREA, TEMPERATURE = 1.5e4, 4.5
TRUTH = {**BK7, "qs4": AREA}


@pytest.fixture(scope="module")
def result():
    return high_field(both_kinds(TRUTH, np.random.default_rng(31), Model("three-level")))


def test_the_form_that_made_the_data_is_found(result):
    comparison = result.comparison
    assert [item.name for item in comparison.contestants] == list(FORMS)
    assert comparison.best.name == "three-level"
    assert result.assessment.trusted
    plain = next(item for item in comparison.contestants if item.name == PLAIN)
    assert plain.delta > 10.0
    assert result.assessment.status == "two-levels-fail"
    assert result.assessment.reasons[0].text.startswith("the two-level form (10) is not enough")
    assert result.assessment.reasons[0].text.endswith("best: three levels")


def test_the_peak_is_where_the_truth_has_it(result):
    peak = next(
        peak for peak in result.peaks if peak.form == "three-level" and peak.run.run.nominal == TEMPERATURE
    )
    fields = np.linspace(100.0, 65e3, 2000)
    true = three_level_magnetisation(TEMPERATURE, fields, **{name: BK7[name] for name in ATS_NAMES}, qs4=AREA)
    assert 0.0 < peak.error < 500.0
    assert peak.field == pytest.approx(fields[true.argmax()], abs=3.5 * peak.error)
    assert peak.fall == pytest.approx(true[-1] / true.max(), abs=0.05)
    assert peak.top == 65e3
    (reason,) = (reason for reason in result.assessment.reasons if reason.where.run == "4.5 K")
    assert reason.code == "high_field.peak"
    assert reason.values["field_kOe"] == [pytest.approx(1e-3 * peak.field), pytest.approx(1e-3 * peak.error)]
    assert f"falls to {peak.fall:.2f} of the peak at 65 kOe" in reason.text


def test_figure_shows_data_and_every_form(result):
    figures = highfield_figures(result)
    assert list(figures) == ["highfield_2K", "highfield_4.5K", "highfield_10K"]
    powers = {re.search("10⁻.", figure.axes[0].get_ylabel())[0] for figure in figures.values()}
    assert len(powers) == 1
    figure = figures["highfield_4.5K"]
    main, below = figure.axes
    curves = [line for line in main.get_lines() if line.get_gid() is None and len(line.get_xdata()) > 2]
    assert len(curves) == len(FORMS)
    black = next(line for line in curves if line.get_color() == "#000000")
    fit = result.usable["three-level"]
    part = result.comparison.data.slices[-2]
    (points,) = (line for line in main.get_lines() if line.get_gid() == POINTS)
    scale = points.get_ydata()[-1] / fit.intrinsic[part][-1]
    assert black.get_ydata()[-1] == pytest.approx(scale * fit.terms.ats[part][-1], rel=1e-9)
    assert len([line for line in below.get_lines() if line.get_gid() == POINTS]) == 2
    words = " ".join(text.get_text() for text in figure.texts).replace("\n", " ")
    assert result.assessment.headline.text in words
    assert "best: three levels" in words
    assert "synthetic" in words


def test_table_has_every_form(result):
    lines = [
        line for line in REPORT.texts((), result)["highfield.csv"].splitlines() if not line.startswith("#")
    ]
    rows = list(csv.DictReader(io.StringIO("\n".join(lines))))
    assert len(rows) == len(result.comparison.data)
    first = rows[0]
    for form in ("etm", "etm_high_field", "etm_phase", "three_level"):
        left = float(first[f"M_intrinsic_{form}_emu_per_g"]) - float(first[f"M_ats_{form}_emu_per_g"])
        assert left == pytest.approx(float(first[f"residual_{form}_emu_per_g"]), abs=1e-12)


def test_table_as_a_frame(result):
    frame = result.to_frame()
    assert len(frame) == len(result.comparison.data)
    assert frame["M_ats_etm_emu_per_g"].to_numpy() == pytest.approx(result.usable["etm"].terms.ats)


def test_without_a_run_at_fixed_temperature():
    with pytest.raises(InputError, match="fixed temperature"):
        high_field(fixed_field(BK7, np.random.default_rng(32), fields=(1e4,)))


def test_fewer_points_than_parameters_are_no_comparison():
    data = fixed_temperature(BK7, np.random.default_rng(9), temperatures=(4.5,), fields=(1e3, 2e4))
    result = high_field(data)
    assert not result.assessment.trusted
    assert [reason.code for reason in result.assessment.reasons] == ["high_field.not-compared"]
    assert all("2 points cannot determine" in str(item.problem) for item in result.comparison.contestants)
