"""Descent with the nuisances of single runs taken out."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.fitting.problem import FitSettings
from glasspara.fitting.search.least_squares import solve_bounded
from glasspara.fitting.search.methods import linear_descent
from glasspara.model.model import Model
from glasspara.simulation.datasets import BK7, fixed_field

WIDTHS = {"field_offset": 20.0, "temperature_scale": 0.005, "mass_scale": 0.02, "moment_offset": 1e-8}


def one_step(problem, point):
    """The same with all nuisances as columns of one problem."""
    residuals, jacobian = problem.residuals_and_jacobian(point)
    low, high = np.array(problem.coordinates.box()).T
    ends = (low - point)[np.newaxis], (high - point)[np.newaxis]
    step, inside = solve_bounded(jacobian[np.newaxis], residuals[np.newaxis], *ends)
    return point + step[0], int((~inside).sum())


@pytest.mark.parametrize(("noise", "held"), [(0.02, 0), (1e-3, 2)])
def test_the_steps_are_those_of_one_large_problem(noise, held):
    """Small errors drive thermometers to their limits: the data hold an ATS term that this model has not."""
    data = fixed_field(BK7, np.random.default_rng(3), fields=(1e3, 5e3, 2e4, 5e4), noise=noise)
    settings = FitSettings(model=Model("ll"), nuisances=WIDTHS)
    problem = settings.problem(data, settings.held())
    assert problem.own_nuisances[0][0].name == "field_offset[1]"
    assert [item.kind for item in problem.common.nuisances] == ["mass_scale"]
    point = problem.coordinates.from_reported(settings.guess())
    expected = point
    for _ in range(10):
        trial, at_limit = one_step(problem, expected)
        assert at_limit >= held
        if problem.chi2(trial) >= problem.chi2(expected) * (1.0 - 1e-6):
            expected = min(trial, expected, key=problem.chi2)
            break
        expected = trial
    sizes = problem.coordinates.sizes
    assert linear_descent(problem, point) / sizes == pytest.approx(expected / sizes, rel=1e-6, abs=1e-6)
