"""Figures of the theory: what they show is what was computed, and they are small and the same twice."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara import ats_magnetisation, level_diagram, three_level_magnetisation
from glasspara.model.parameters import ATS_NAMES
from glasspara.report.style import save_png
from glasspara.simulation.datasets import BK7
from studies.three_levels import departure_figure, departures, field_shape_figure, level_diagram_figure
from tests.conftest import ROOT

ATS = {name: BK7[name] for name in ATS_NAMES}


def test_level_diagram_shows_the_levels():
    lines = level_diagram_figure(asymmetries=(0.0, 0.6), alpha=0.3, periods=2.0).axes[0].get_lines()
    assert len(lines) == 6
    for number, line in enumerate(lines):
        phase = 2 * np.pi * line.get_xdata()
        expected = level_diagram(phase, d=(0.0, 0.6)[number // 3], alpha=0.3, d0=1.0)[:, number % 3]
        assert line.get_ydata() == pytest.approx(expected, abs=1e-14)
    assert lines[0].get_xdata()[-1] == 2.0


def test_departure_figure_shows_both_forms_and_marks_the_places():
    figure = departure_figure(4.5, ats=ATS, areas=(3e3, 1e4), h_max=1e5)
    main, below = figure.axes
    two, *three = main.get_lines()
    fields = 1e3 * two.get_xdata()
    assert two.get_ydata() == pytest.approx(1e3 * ats_magnetisation(4.5, fields, **ATS), rel=1e-12)
    for line, area in zip(three, (3e3, 1e4), strict=True):
        value = three_level_magnetisation(4.5, fields, **ATS, qs4=area)
        assert line.get_ydata() == pytest.approx(1e3 * value, rel=1e-12)
    ratio, marks = below.get_lines()[2:4]
    assert marks.get_ydata() == pytest.approx(np.interp(marks.get_xdata(), *ratio.get_data()), abs=1e-4)


def test_departures_are_where_the_ratio_has_changed():
    for one in departures(4.5, ats=ATS, areas=(1e3, 3e4)):
        fields = np.array([1.0, *one.fields])
        ratio = three_level_magnetisation(4.5, fields, **ATS, qs4=one.qs4) / ats_magnetisation(
            4.5, fields, **ATS
        )
        assert ratio[0] == one.weak
        assert 1 - ratio[1:] / ratio[0] == pytest.approx([0.01, 0.1], rel=1e-4)
    (never,) = departures(4.5, ats=ATS, areas=(1e3,), h_max=1e5)
    assert never.fields[0] == pytest.approx(38.4e3, rel=2e-3)
    assert np.isnan(never.fields[1])


def test_shape_figure_marks_the_peaks():
    axes = field_shape_figure(4.5, ats=ATS, areas=(1e4, 3e4)).axes[0]
    curve, dot = axes.get_lines()[:2]
    assert dot.get_ydata()[0] == curve.get_ydata().max()
    assert 44 < dot.get_xdata()[0] < 48


def test_pictures_are_small_and_reproducible():
    first, second = (save_png(level_diagram_figure(), dpi=60) for _ in range(2))
    assert first == second
    for name in ("level_diagram", "two_and_three_levels", "three_levels_high_field"):
        assert 1e4 < (ROOT / "docs" / "img" / f"{name}.png").stat().st_size < 1.2e5
