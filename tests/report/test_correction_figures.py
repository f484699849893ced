"""Figures of holder and true field: every point drawn, the numbers of the report in the header."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.data.corrections import Corrections
from glasspara.data.loading import load
from glasspara.report.correction_figures import correction_figures
from glasspara.report.panels import POINTS
from glasspara.report.style import save_png
from glasspara.simulation.datasets import PURE_LL, fixed_field
from tests.holders import (
    CHI_HOLDER,
    PD_MASS_MG,
    glass,
    holder,
    kept_field,
    palladium,
    write_loop,
    write_temperature_runs,
)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The data, and its figures by stem."""
    folder = tmp_path_factory.mktemp("synthetic")
    files = write_temperature_runs(folder, "synthetic", lambda T, H: glass(T, H) + holder(T, H), seed=21)
    files.append(write_loop(folder / "synthetic.dat", 4.5, glass, seed=22, noise=2e-8))
    standard = write_loop(
        folder / "synthetic-pd.dat", 298.0, palladium, seed=23, noise=1e-6, mass_mg=PD_MASS_MG
    )
    corrections = Corrections(holder_chi=(CHI_HOLDER, None), field_standard=str(standard))
    loaded = load([str(path) for path in files], corrections=corrections)
    applied = [item.corrections for item in loaded.inputs]
    return loaded.data, dict(correction_figures(loaded.data.runs, applied))


def header(figure) -> str:
    return " ".join(text.get_text() for text in figure.texts)


@pytest.mark.parametrize(("stem", "kind"), [("holder_MT", "fixed-field"), ("holder_MH", "fixed-temperature")])
def test_every_point_of_the_sample_is_drawn(drawn, stem, kind):
    data, figures = drawn
    figure = figures[stem]
    runs = [run for run in data.runs if run.run.kind == kind]
    lines = [line for line in figure.axes[0].lines if line.get_gid() == POINTS]
    assert sum(len(line.get_xdata()) for line in lines) == sum(map(len, runs))
    assert "% of the signal" in header(figure)
    assert "synthetic" in header(figure)
    assert "emu" in figure.axes[0].get_ylabel()
    assert save_png(figure, dpi=40) == save_png(figure, dpi=40)


def test_the_curves_of_the_true_field_follow_the_magnet(drawn):
    _, figures = drawn
    figure = figures["true_field"]
    assert "Oe at reported zero" in header(figure)
    curves = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 401]
    assert len(curves) == 2
    for curve, rising in zip(curves, (False, True), strict=True):
        H = 1e3 * curve.get_xdata()
        assert np.abs(curve.get_ydata() - kept_field(H, rising)).max() < 5.0


def test_data_as_they_were_measured_have_no_such_figure():
    data = fixed_field(PURE_LL, np.random.default_rng(1), fields=(1e3,), temperatures=(2.0, 4.0, 8.0, 16.0))
    assert list(correction_figures(data.runs, [])) == []
