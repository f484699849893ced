"""Figures: nothing lost, nothing overlapping, nothing of the user's settings in them, the same bytes twice."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from string import ascii_letters, digits

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from glasspara.analysis.fit.figures import fit_figures, largest_magnetisation, pictures
from glasspara.analysis.fit.interval_figures import bootstrap_figure, interval_figures
from glasspara.analysis.fit.report import contour_stem, profile_stem
from glasspara.analysis.oscillations.figures import oscillation_figures
from glasspara.analysis.oscillations.waves import oscillations
from glasspara.analysis.partition.figures import stacked_figure
from glasspara.analysis.partition.scan import partition
from glasspara.analysis.universality.collapse import universality
from glasspara.analysis.universality.figures import universality_figure, universality_pairs_figure
from glasspara.data import Dataset
from glasspara.findings import finding
from glasspara.fitting.fit import fit
from glasspara.fitting.intervals.regions import Contour, ContourLine, Interval, ProfileCurve
from glasspara.fitting.judge import Statistics
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.resampling import bootstrap
from glasspara.fitting.result import Determination, FitResult, FittedParameter, fit_assessment
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.model import Model, evaluate
from glasspara.report.page import FigureFiles
from glasspara.report.panels import BARS, POINTS
from glasspara.report.style import (
    FONT,
    LINE,
    WIDTH,
    drawable,
    elide,
    run_labels,
    save_png,
    scaled_unit,
    stems,
    width,
    wrapped,
)
from glasspara.simulation.datasets import BK7, PURE_LL, fixed_field, fixed_temperature, make_run

LL = FitSettings(model=Model("ll"))
TEMPERATURES = tuple(np.geomspace(2.0, 300.0, 15))
LOOP = np.concatenate([np.linspace(6e4, -6e4, 13), np.linspace(-6e4, 6e4, 11)])
NASTY = "odd/$x_1 {\\frac 100% 測定 \udcb5 \x1b[31m\n" + "W" * 120 + ".rso.dat"


def rng():
    return np.random.default_rng(3)


def result_of(data, *, model=None, status="good", values=BK7, held=True) -> FitResult:
    """A finished fit that found ``values``, without fitting."""
    model = model or Model()
    values = {name: values.get(name, 0.0) for name in model.names}
    parameters = {
        name: FittedParameter(name, value, None, None, "", held and name == "n_ats", None, (None, None), None)
        for name, value in values.items()
    }
    terms = evaluate(data.temperature, data.field, values, model)
    chi2 = float(np.sum(((data.magnetisation - terms.total) / data.sigma) ** 2))
    return FitResult(
        model=model,
        method="joint",
        data=data,
        minimum=Minimum(
            FitSettings(model=model).problem(data, values), np.empty(0), chi2, True, "", np.empty((0, 0))
        ),
        parameters=parameters,
        correlation_names=(),
        correlation=np.zeros((0, 0)),
        derived={},
        statistics=Statistics(chi2, chi2, len(data) - 5, 0.25, 0.0, 0.0, len(data), 5),
        ats_test=None,
        determination=Determination((), (), {}, {}, (), ()),
        ordinary=None,
        assessment=fit_assessment(status),
        terms=terms,
    )


def one_run(nominal=2e4, *, T=TEMPERATURES, file="made.dat", branch=None, values=BK7):
    H = np.full(len(T), nominal)
    true = evaluate(np.array(T), H, values, Model()).total
    sigma = np.hypot(1e-3 * true, 1e-8)
    return make_run(
        "fixed-field",
        nominal,
        T,
        H,
        true + sigma * rng().standard_normal(len(T)),
        sigma,
        file=file,
        branch=branch,
    )


def loop(nominal=4.5):
    T = np.full(LOOP.shape, nominal)
    true = evaluate(T, LOOP, BK7, Model()).total
    branch = np.repeat([0, 1], [13, 11])
    return make_run("fixed-temperature", nominal, T, LOOP, true, np.full(T.shape, 1e-6), branch=branch)


def scaled(run, factor):
    return replace(run, magnetisation=factor * run.magnetisation, sigma=factor * run.sigma)


def with_outlier(run, factor=3.0):
    M = run.magnetisation.copy()
    M[3] *= factor
    return replace(run, magnetisation=M)


def diamagnet():
    silica = {**PURE_LL, "n_fe2": 0.0, "n_fe3": 0.0}
    data = fixed_field(silica, rng(), fields=(1e3, 5e4), temperatures=TEMPERATURES, model=Model("ll"))
    return result_of(data, model=Model("ll"), values=silica)


def both_kinds():
    H = tuple(np.linspace(500.0, 65000.0, 12))
    return Dataset(
        fixed_field(BK7, rng(), temperatures=TEMPERATURES).runs + fixed_temperature(BK7, rng(), fields=H).runs
    )


def not_a_number():
    result = result_of(Dataset((one_run(), one_run(1e3))), status="not-converged")
    return replace(result, terms=replace(result.terms, larmor=np.nan * result.terms.larmor))


CASES = {
    "both kinds": lambda: result_of(both_kinds()),
    "one run": lambda: result_of(Dataset((one_run(),)), held=False),
    "diamagnet": diamagnet,
    "loops": lambda: result_of(Dataset((loop(), loop(20.0))), status="not-determined"),
    "both signs": lambda: result_of(Dataset(tuple(one_run(h) for h in (-5e4, -1e3, 1e3, 5e4)))),
    "branches": lambda: result_of(Dataset((one_run(branch=[0] * 8 + [1] * 7),))),
    "tiny": lambda: result_of(Dataset((scaled(one_run(), 1e-12),))),
    "huge": lambda: result_of(Dataset((scaled(one_run(), 1e12),))),
    "nasty name": lambda: result_of(Dataset((one_run(file=NASTY), one_run(file=NASTY)))),
    "nasty name alone": lambda: result_of(Dataset((one_run(file=NASTY),))),
    "outlier": lambda: result_of(
        Dataset((with_outlier(one_run(1e4)), *(one_run(h) for h in (1e3, 2e4, 5e4)))), status="poor"
    ),
    "poor": lambda: result_of(
        both_kinds(), status="poor", values={**BK7, "n_fe2": 0.0, "n_fe3": 0.0, "chi_larmor": 4.6e-7}
    ),
    "wild": lambda: result_of(Dataset((with_outlier(one_run(), 1e3), one_run(3e4))), status="poor"),
    "one point": lambda: result_of(Dataset((one_run(T=(5.0,)),))),
    "30 runs": lambda: result_of(Dataset(tuple(one_run(500.0 * n, T=(2.0, 9.0)) for n in range(1, 31)))),
    "not a number": not_a_number,
}


def texts(figure) -> str:
    return "\n".join(item.get_text() for item in figure.findobj(matplotlib.text.Text))


def unlike(figures):
    """The first of each sort that is laid out differently: drawing is slow."""
    seen = {"intrinsic"}
    for stem, figure in figures:
        if (sort := stem.split("_")[0]) not in seen:
            seen.add(sort)
            yield stem, figure


def figure_of(result, stem):
    """One figure: the others are not made."""
    return next(figure for name, figure in fit_figures(result) if name == stem)


def points(axes) -> int:
    return sum(len(line.get_xdata()) for line in axes.lines if line.get_gid() == POINTS)


@pytest.mark.parametrize("case", CASES)
def test_every_figure_is_whole(case):
    """No warning (they are errors), units on all axes, every point drawn and inside, no text over another."""
    result = CASES[case]()
    for stem, figure in unlike(fit_figures(result)) if case != "both kinds" else fit_figures(result):
        if case == "nasty name":
            assert save_png(figure).startswith(b"\x89PNG")
        else:
            figure.draw_without_rendering()
        assert set(stem) <= set(ascii_letters + digits + "_-+."), stem
        for axes in figure.axes:
            assert "(" in axes.get_ylabel()
        assert "(" in figure.axes[-1].get_xlabel()
        assert_nothing_lost(result, stem, figure)
        assert_nothing_overlaps(figure)


def assert_nothing_lost(result, stem, figure):
    shown = [run for run in result.data.runs if run.run.kind.replace("-", "_") in stem]
    for axes in figure.axes:
        if shown:
            assert points(axes) == sum(map(len, shown))
        low, high = axes.get_ylim()
        for line in axes.lines:
            if line.get_gid() == POINTS:
                y = np.asarray(line.get_ydata())
                assert np.all((y > low) & (y < high) | np.isnan(y))


def assert_nothing_overlaps(figure):
    """Of a drawn figure: header, panels and legend below each other and within it; labels clear of each other."""
    renderer = assert_blocks_are_inside(figure)
    labels = [axes.yaxis.label.get_window_extent(renderer) for axes in figure.axes]
    assert all(lower.y1 <= upper.y0 for upper, lower in pairwise(labels))
    for axes in figure.axes:
        ticks = [label.get_window_extent(renderer) for label in axes.get_yticklabels()]
        shown = sorted(
            (box for box in ticks if axes.bbox.y0 <= (box.y0 + box.y1) / 2 <= axes.bbox.y1),
            key=lambda b: b.y0,
        )
        assert all(lower.y1 <= upper.y0 + 1.0 for lower, upper in pairwise(shown))
    verdict, mark = (item.get_window_extent(renderer) for item in figure.texts[:2])
    assert verdict.x1 < mark.x0


def assert_blocks_are_inside(figure):
    """Header, panels and legend are within a drawn figure, the header above; returns the renderer."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    whole = figure.bbox.padded(1.0)
    header = figure.texts[2].get_window_extent(renderer)
    blocks = [header, *(axes.get_tightbbox(renderer) for axes in figure.axes)]
    blocks += [legend.get_window_extent(renderer) for legend in figure.legends]
    for box in blocks:
        assert whole.x0 <= box.x0
        assert box.x1 <= whole.x1
        assert whole.y0 <= box.y0
        assert box.y1 <= whole.y1
    for upper, lower in ((blocks[0], blocks[1]), (blocks[-2], blocks[-1])):
        if figure.legends or upper is header:
            assert lower.y1 <= upper.y0 + 1.0
    return renderer


def test_which_figures():
    result = CASES["both kinds"]()
    assert [stem for stem, _ in fit_figures(result)] == [
        "fit_fixed_field",
        "intrinsic_fixed_field",
        "fit_fixed_temperature",
        "intrinsic_fixed_temperature",
        "decomposition_20kOe",
        "decomposition_10K",
    ]
    every = [stem for stem, _ in fit_figures(result, decompose_all=True) if stem.startswith("decomposition")]
    assert len(every) == len(result.data.runs)
    assert [stem for stem, _ in fit_figures(diamagnet())] == [
        "fit_fixed_field",
        "decomposition_1kOe",
        "decomposition_50kOe",
    ]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("good", "Fit: good"),
        ("not-established", "Fit: NOT ESTABLISHED: ordinary magnetism could make the data too"),
        ("term-not-needed", "Fit: no ATS term is needed"),
        ("not-determined", "Fit: NOT DETERMINED"),
        ("poor", "Fit: POOR"),
        ("not-plausible", "Fit: NOT PLAUSIBLE"),
        ("not-converged", "Fit: NOT CONVERGED"),
    ],
)
def test_header_of_a_fit(status, words):
    for _, figure in fit_figures(result_of(Dataset((one_run(),)), status=status)):
        text = texts(figure)
        assert words in " ".join(text.split())  # a long verdict takes two lines
        assert "χ²/ndof" in text
        assert "p = 0.25" in text
        assert "paper convention, isotropic" in text
        assert "n_ATS = 1.352e16 g⁻¹ fixed" in text
        assert "iron free" in text


def test_field_offset_is_in_the_label():
    result = result_of(Dataset((one_run(),)), values={**BK7, "field_offset": 12.0})
    assert "H+H_0" in figure_of(result, "fit_fixed_field").axes[0].get_ylabel()


def test_synthetic_mark():
    def mark(*files):
        runs = tuple(one_run(file=file) for file in files)
        return next(iter(fit_figures(result_of(Dataset(runs)))))[1].texts[1].get_text()

    assert mark("BK7-synthetic_MT.dat", "a-SYNTHETIC.dat") == "synthetic"
    assert mark("BK7-synthetic_MT.dat", "b.dat") == "partly synthetic"
    assert mark("synthetic/b.dat") == ""


def test_branches_differ_by_the_filling():
    result = CASES["branches"]()
    figure = figure_of(result, "fit_fixed_field")
    lines = [line for line in figure.axes[0].lines if line.get_gid() == POINTS]
    assert [line.get_fillstyle() for line in lines] == ["full", "none"]
    assert {"branch 0", "branch 1"} <= {item.get_text() for item in figure.legends[0].get_texts()}


def test_a_branch_on_the_same_curve_is_not_drawn_twice():
    figure = dict(fit_figures(result_of(Dataset((loop(),)))))["decomposition_4.5K"]
    dashed = [line for line in figure.axes[0].lines if line.is_dashed()]
    assert len(dashed) == 3  # Larmor, Langevin, ATS


def test_curve_passes_through_the_model_at_the_points():
    result = result_of(Dataset((one_run(T=(2.0, 7.0, 40.0)),)))
    axes = figure_of(result, "fit_fixed_field").axes[0]
    edge, curve = (line for line in axes.lines if len(line.get_xdata()) > 100)
    assert (edge.get_color(), curve.get_color()) == ("white", "#000000")
    x = np.asarray(curve.get_xdata())
    assert (x[0], x[-1]) == pytest.approx((1.0 / 40.0, 0.5))
    terms = evaluate(1.0 / x, np.full(x.shape, 2e4), BK7, Model())
    assert curve.get_ydata() == pytest.approx(1e3 * (terms.total - terms.larmor), rel=1e-9)


def test_a_header_breaks_no_number():
    for width_of_first in range(30, 60):
        lines = wrapped("x " * width_of_first + "F(32, 673) = 1.3e+04, p < 1e-12").split("\n")
        assert any("F(32, 673) = 1.3e+04" in line for line in lines)
        assert max(map(width, lines)) <= LINE


def smooth_curves(axes) -> int:
    """How many curves have many more places than a run has points, each on a white edge."""
    edges, lines = (
        [pieces(line) for line in axes.lines if len(line.get_xdata()) > 100 and is_curve(line, white)]
        for white in (True, False)
    )
    assert edges == lines
    return sum(edges)


def is_curve(line, white: bool) -> bool:
    return line.get_gid() != BARS and line.get_linestyle() == "-" and (line.get_color() == "white") == white


def pieces(line) -> int:
    """Into how many curves, each of many places, a line is broken."""
    breaks = np.flatnonzero(np.isnan(line.get_ydata()))
    assert np.all(np.diff(breaks, prepend=-1) > 100)
    return len(breaks) + 1


def test_every_question_draws_its_model_smoothly():
    data = fixed_field(BK7, rng(), fields=(5e3, 5e4), temperatures=TEMPERATURES)
    held = FitSettings(fixed={"n_ats": BK7["n_ats"], "d_min": BK7["d_min"]}, n_fe=(1.697e17, 1e15))
    scanned = stacked_figure(partition(data, held, (0.6,)))
    assert [smooth_curves(axes) for axes in scanned.axes] == [2, 2]
    waves, *_ = oscillation_figures(
        oscillations(fixed_field(BK7, rng(), fields=(5e4,)), held, replicates=9)
    ).values()
    assert smooth_curves(waves.axes[0]) == 1


def test_the_curve_of_a_wandering_field_is_smooth():
    run = one_run(T=tuple(np.geomspace(2.0, 300.0, 60)))
    wandering = replace(run.run, field=run.field * (1.0 + 0.01 * rng().standard_normal(60)))
    result = result_of(Dataset((replace(run, run=wandering),)))
    lines = figure_of(result, "fit_fixed_field").axes[0].lines
    curve = next(line for line in lines if len(line.get_xdata()) > 100 and is_curve(line, white=False))
    slopes = np.diff(curve.get_ydata()) / np.diff(curve.get_xdata())
    assert np.all(slopes > 0.0)
    assert np.all(np.diff(slopes) < 0.0)


def test_logarithmic_only_where_signals_are_far_apart():
    def scales(result):
        axes = figure_of(result, "fit_fixed_field").axes[0]
        return axes.get_xscale(), axes.get_yscale()

    assert scales(CASES["both kinds"]()) == ("log", "log")
    assert scales(CASES["one run"]()) == ("linear", "linear")
    assert scales(CASES["both signs"]()) == ("log", "symlog")
    assert scales(diamagnet()) == ("linear", "linear")  # noise that grows with the field is no signal


@pytest.mark.parametrize("values", [PURE_LL, BK7])
def test_universality_figure(values):
    result = universality(fixed_field(values, rng(), temperatures=TEMPERATURES), parts=False)
    figure = universality_figure(result)
    text = texts(figure)
    assert ("holds" if result.holds else "FAILS") in text
    assert "p = " in text or "p < " in text
    assert figure.axes[1].get_xlabel() == r"$H/T$ (kOe/K)"
    assert figure.axes[0].get_xscale() == "log"
    for axes in figure.axes:
        assert points(axes) == len(result.data)
    save_png(figure)
    assert_nothing_overlaps(figure)


@pytest.mark.parametrize("values", [PURE_LL, BK7])
def test_universality_pairs_figure(values):
    result = universality(fixed_field(values, rng()))
    parts = result.parts
    figure = universality_pairs_figure(result)
    axes, bar = figure.axes
    (mesh,) = axes.collections
    shown = np.ma.filled(mesh.get_array(), np.nan)
    count = len(result.data.runs)
    assert shown.shape == (count - 1, count - 1)
    assert np.isfinite(shown).sum() == sum(pair.p_adjusted is not None for pair in parts.pairs)
    expected = parts.matrix("p_adjusted")
    assert shown[1, 0] == pytest.approx(max(expected[2][0], 1e-12))
    assert bar.get_ylabel() == "adjusted $p$ (1)"
    assert [label.get_text() for label in axes.get_yticklabels()] == [run.label for run in result.data.runs][
        1:
    ]
    assert f"{sum(pair.breaks for pair in parts.pairs)} of {len(parts.pairs)} pairs" in texts(figure)
    save_png(figure)
    assert_blocks_are_inside(figure)


def test_universality_figure_shades_where_it_breaks():
    result = universality(fixed_field(BK7, rng()))
    figure = universality_figure(result)
    (low, high), *_ = result.parts.broken
    (span,) = (patch for patch in figure.axes[1].patches if patch.get_alpha() == 0.15)
    assert (span.get_x(), span.get_x() + span.get_width()) == pytest.approx((1e-3 * low, 1e-3 * high))
    assert f"shaded: breaks at H/T from {1e-3 * low:.3g} to {1e-3 * high:.3g} kOe/K" in texts(figure)


def test_decomposition_has_the_intrinsic_magnetisation_below():
    run = one_run()
    figure = figure_of(result_of(Dataset((run,))), "decomposition_20kOe")
    main, below = figure.axes
    assert points(main) == points(below) == len(run)
    (measured,) = (line for line in below.get_lines() if line.get_gid() == POINTS)
    terms = evaluate(run.temperature, run.field, BK7, Model())
    factor = 1e3
    assert measured.get_ydata() == pytest.approx(factor * (run.magnetisation - terms.beside_ats), rel=1e-9)
    assert below.get_ylabel() == r"$M_\mathrm{intr}$ (10⁻³ emu/g)"
    lines = [line for line in below.get_lines() if line.get_gid() != POINTS and len(line.get_xdata()) > 2]
    (theory,) = (line for line in lines if line.get_color() == "#D55E00")
    at_points = np.interp(1.0 / run.temperature[::-1], *theory.get_data())[::-1]
    assert at_points == pytest.approx(factor * terms.ats, rel=1e-4)  # straight between its 200 places: 7e-5


def test_universality_through_zero_field():
    """A loop has a point at H = 0, which a logarithmic abscissa alone would drop."""
    data = Dataset((loop(2.0), loop(4.5), loop(10.0)))
    assert np.any(data.field == 0.0)
    figure = universality_figure(universality(data, parts=False))
    assert figure.axes[0].get_xscale() == "symlog"
    assert figure.axes[0].get_xlim()[0] < 0.0
    assert points(figure.axes[0]) == len(data)


# --- intervals ---------------------------------------------------------------------------------------------


def with_intervals(*, interval, values=None, rises=None, found=True, error=0.01, statements=()) -> FitResult:
    """A result with a profile of d_min and a contour of d_min and delta_mu that nobody computed."""
    result = result_of(Dataset((one_run(file="a-synthetic.dat"),)), held=True)
    values = np.geomspace(0.003, 0.3, 21) if values is None else values
    rises = (np.log(values / 0.03) ** 2) if rises is None else rises
    angle = np.linspace(0.0, 2.0 * np.pi, 12, endpoint=False)
    circle = np.stack([np.exp(np.cos(angle)) * 0.03, 0.3 + 0.1 * np.sin(angle)], axis=1)
    whole = np.ones(12, dtype=bool) if found else angle < 4.0
    lines = [
        ContourLine(p, rise, circle * size, whole) for p, rise, size in ((0.68, 2.3, 1.0), (0.95, 5.99, 1.2))
    ]
    parameters = {
        name: replace(
            item, fixed=name == "n_ats", error=error, unit="K", minos=interval if name == "d_min" else None
        )
        for name, item in result.parameters.items()
    }
    return replace(
        result,
        parameters=parameters,
        correlation_names=("d_min", "delta_mu"),
        correlation=np.array([[1.0, 0.5], [0.5, 1.0]]),
        profiles=(ProfileCurve("d_min", values, rises, {}, True),),
        contours=(Contour(("d_min", "delta_mu"), tuple(lines), (True, False), statements),),
    )


def outcome(code, side="lower", **values):
    return finding(f"fitting.interval-{code}", parameter="d_min", side=side, **values)


INTERVALS = {
    "found": lambda: with_intervals(interval=Interval(0.01, 0.02, outcome("found"), outcome("found"))),
    "open": lambda: with_intervals(
        interval=Interval(
            None,
            0.0,
            outcome("open", end=1e-5, rise=0.1),
            outcome("at-limit", side="upper", end=0.03, rise=0.0),
        ),
        found=False,
        statements=tuple(finding("fitting.contour-open", percent=percent) for percent in (68.0, 95.0)),
    ),
    "no error": lambda: with_intervals(
        interval=Interval(None, None, *[outcome("not-found", reason="nothing-free")] * 2), error=None
    ),
    "level": lambda: with_intervals(interval=None, rises=np.zeros(21)),
    "one point": lambda: with_intervals(interval=None, values=np.array([0.03]), rises=np.zeros(1)),
}


def test_stems_are_plain():
    assert profile_stem("mass_scale[2]") == "profile_mass_scale-2"
    assert contour_stem(("d_min", "field_offset[10]")) == "contour_d_min_field_offset-10"


@pytest.mark.parametrize("case", INTERVALS)
def test_interval_figures_are_whole(case):
    result = INTERVALS[case]()
    figures = dict(interval_figures(result))
    assert set(figures) == {"profile_d_min", "contour_d_min_delta_mu"}
    for figure in figures.values():
        figure.draw_without_rendering()
        (axes,) = figure.axes
        assert "(" in axes.get_xlabel()
        assert "(" in axes.get_ylabel()
        assert_nothing_overlaps(figure)
        assert "synthetic" in texts(figure)
    profile = texts(figures["profile_d_min"])
    assert "68 %" in profile
    if case == "open":
        assert "lower end open: chi2 rises by only 0.1" in profile
        dotted = [
            line for line in figures["contour_d_min_delta_mu"].axes[0].lines if line.get_linestyle() == ":"
        ]
        assert sum(np.isfinite(line.get_xdata()).sum() for line in dotted) > 0
        assert "68 % region: open, or cut by a limit" in texts(figures["contour_d_min_delta_mu"])
    assert ("parabola of the error" in profile) == (case != "no error")


def test_bootstrap_figure():
    result = fit(
        fixed_field({**PURE_LL, "n_fe3": 0.0}, rng(), temperatures=TEMPERATURES, model=Model("ll")), LL
    )
    (done,) = bootstrap([result], 60)
    figure = bootstrap_figure(done)
    text = texts(figure)
    assert "60 parametric bootstrap replicates, seed 1" in text
    for name, axes in zip(done.bootstrap.names, figure.axes, strict=False):
        assert axes.get_xlabel().replace("\n", " ").startswith(f"{name} (")
        assert sum(patch.get_height() for patch in axes.patches[:-1]) == 60  # the last is the 68 % interval
    assert save_png(figure) == save_png(bootstrap_figure(done))
    assert_nothing_overlaps(figure)
    with pytest.raises(ValueError, match="no bootstrap"):
        bootstrap_figure(result)


def test_same_bytes_twice_and_settings_untouched():
    result = result_of(Dataset((one_run(branch=[0] * 8 + [1] * 7), one_run(5e4))))
    first = [save_png(figure) for _, figure in unlike(fit_figures(result))]
    assert not any(b"Software" in png or b"tIME" in png for png in first)
    with matplotlib.rc_context(
        {"font.size": 3.0, "axes.facecolor": "red", "savefig.dpi": 20, "lines.marker": "x"}
    ):
        before = dict(matplotlib.rcParams)
        assert [save_png(figure) for _, figure in unlike(fit_figures(result))] == first
        assert dict(matplotlib.rcParams) == before


def test_figures_drawn_by_other_processes_are_the_same(monkeypatch):
    monkeypatch.setattr("glasspara.analysis.fit.figures.DRAWN_A_PROCESS", 1)
    results = [replace(result_of(Dataset((one_run(H),))), model=Model("ll")) for H in (1e4, 2e4)]
    here, there = (pictures(results, FigureFiles(("png", "svg")), jobs=jobs) for jobs in (1, 2))
    assert here == there
    assert [list(files) for files in here] == [
        ["fit_fixed_field", "decomposition_10kOe"],
        ["fit_fixed_field", "decomposition_20kOe"],
    ]


def test_text_of_files_is_not_markup():
    figure = figure_of(CASES["nasty name alone"](), "fit_fixed_field")
    text = texts(figure)
    assert "$x_1 {" in text
    assert not figure.texts[2].get_parse_math()
    legend = figure_of(CASES["nasty name"](), "fit_fixed_field").legends[0]
    assert not any(item.get_parse_math() for item in legend.get_texts())


def test_no_pyplot():
    code = "import sys, glasspara.report.panels; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_of_runs():
    runs = [one_run(file="a.dat"), one_run(file="b.dat"), one_run(5e2), one_run(-5e4), one_run(5e2)]
    assert run_labels(runs) == [
        "20 kOe (a.dat)",
        "20 kOe (b.dat)",
        "500 Oe (made.dat) (#3)",
        "-50 kOe",
        "500 Oe (made.dat) (#5)",
    ]
    assert stems(runs) == ["20kOe", "20kOe-2", "500Oe", "-50kOe", "500Oe-2"]


def test_elided_text_fits():
    assert elide("short.dat", LINE) == "short.dat"
    long = elide("START" + "W" * 300 + "END.dat", LINE)
    assert width(long) <= LINE
    assert long.startswith("START")
    assert long.endswith("END.dat")
    assert "…" in long
    assert drawable("µ χ 測 \udcb5 \x1b[31m\n") == "µ χ ? \\udcb5 \\x1b[31m\\n"


@pytest.mark.parametrize(
    ("largest", "factor", "unit"),
    [
        (0.0, 1.0, "emu/g"),
        (5.0, 1.0, "emu/g"),
        (999.0, 1.0, "emu/g"),
        (0.02, 1e3, "10⁻³ emu/g"),
        (2e-7, 1e9, "10⁻⁹ emu/g"),
        (3e4, 1e-3, "10³ emu/g"),
        (np.nan, 1.0, "emu/g"),
    ],
)
def test_scaled_unit(largest, factor, unit):
    assert scaled_unit(np.array([0.0, -largest]), "emu/g") == (pytest.approx(factor), unit)


def test_capitals_are_2_mm_high_in_a_column_of_a_journal():
    """DejaVu's capitals are 0.729 of its size; nothing on a figure is set smaller."""
    assert 0.729 * FONT / 72.0 * 25.4 * (86.0 / (25.4 * WIDTH)) >= 2.0
    for _, figure in fit_figures(CASES["both kinds"]()):
        assert {item.get_fontsize() for item in figure.findobj(matplotlib.text.Text)} == {FONT}


def test_a_figure_for_a_paper_has_no_header():
    def drawn(**given):
        figure = figure_of(CASES["one run"](), "fit_fixed_field")
        return figure, FigureFiles(**given).picture(figure)

    whole, with_header = drawn()
    plain, without = drawn(endings=("png", "pdf", "svg"), titles=False)
    assert plain.get_figheight() < whole.get_figheight() - 1.0
    assert "χ²" not in texts(plain)
    assert with_header.words == without.words  # those who cannot see it are told all the same
    assert "Fit: good" in without.words
    assert "legend: 20 kOe, model" in without.words
    renderer = FigureCanvasAgg(plain).get_renderer()
    boxes = [axes.get_tightbbox(renderer) for axes in plain.axes]
    assert plain.bbox.y1 - max(box.y1 for box in boxes) < 0.2 * plain.dpi
    for ending, start in (("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")):
        assert without.files[ending].startswith(start)
    assert drawn(endings=("png", "pdf", "svg"), titles=False)[1] == without


def test_one_power_of_ten_for_a_series():
    results = [result_of(Dataset((one_run(H),))) for H in (1e2, 6e4)]
    assert largest_magnetisation(results) == max(np.abs(item.data.magnetisation).max() for item in results)
    largest = largest_magnetisation(results)
    labels = {
        re.search("10⁻.", axes.get_ylabel())[0]
        for result in results
        for stem, figure in fit_figures(result, largest=largest)
        for axes in (figure.axes if stem.startswith("decomposition") else figure.axes[:1])
    }
    assert len(labels) == 1
