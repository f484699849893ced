"""Starts, and descents of many problems side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glasspara.data import Dataset
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.search import start as module
from glasspara.fitting.search.start import descend_each
from glasspara.simulation.datasets import BK7, PURE_LL, fixed_field


@pytest.mark.parametrize(
    "grid", [{}, {"fields": (2e4,), "temperatures": (2.0, 5.0, 50.0)}], ids=["campaign", "three points"]
)
@pytest.mark.parametrize("at_once", [40_000, 100])
def test_descents_from_one_point_end_where_each_alone_does(monkeypatch, grid, at_once):
    """Of a campaign, and of fewer points than unknowns; in one call, and in parts."""
    monkeypatch.setattr(module, "_POINTS_AT_ONCE", at_once)
    rng = np.random.default_rng(4)
    whole = fixed_field(BK7, rng, **grid)
    settings = FitSettings()
    held = settings.held()
    problem = settings.problem(whole, held, settings.assumed(held))
    problems = [problem]
    for _ in range(3):
        scattered = [
            replace(run, magnetisation=run.magnetisation + run.sigma * rng.standard_normal(len(run.sigma)))
            for run in whole.runs
        ]
        problems.append(replace(problem, data=Dataset(tuple(scattered))))
    together = descend_each(problems, settings.guess())
    for k, one in enumerate(problems):
        alone = descend_each([one], settings.guess())
        assert together.squares[k] == pytest.approx(alone.squares[0], rel=1e-6, abs=1e-6)
        assert one.chi2(together.points[k]) == pytest.approx(together.squares[k], rel=1e-9, abs=1e-9)


def test_a_strength_that_falls_by_many_orders_stays_within_its_limits():
    """1e30 + (1 - 1e30) is 0, and what is known of n_ats is known of its logarithm: a ferromagnet ended the search."""
    glass, plain = (fixed_field(values, np.random.default_rng(4)) for values in (BK7, PURE_LL))
    against = [
        replace(other, magnetisation=2.0 * other.magnetisation - run.magnetisation)
        for run, other in zip(glass.runs, plain.runs, strict=True)
    ]
    data = Dataset(tuple(against))
    settings = FitSettings()
    held = settings.held()
    problem = settings.problem(data, held, settings.assumed(held))
    start = problem.coordinates.from_reported({**settings.guess(), "n_ats": 1.0e30})
    projected = module._Projected([problem], start)
    ends, _, _ = projected.at(start[np.newaxis], np.array([0]))
    assert np.all(projected.low <= ends)
    assert np.isfinite(problem.chi2(ends[0]))
