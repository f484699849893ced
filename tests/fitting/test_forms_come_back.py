"""A simulated truth of each form of the ATS term comes back from a fit of that form."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from glasspara.model.model import Model
from glasspara.physics.ats import Law16
from glasspara.simulation.datasets import BK7, both_kinds

FORMS = {
    "etm-high-field": {"b_star": 10.0},
    "etm-phase": {"b_star": 6.0},
    "etm-16": {"gamma_tunn": 0.3, "e0_tunn": 0.2},
    "three-level": {"qs4": 1.0e4},
}
# (16) leaves its two parameters to each other; its curve is another test.
KNOWN_TO = {"etm-high-field": 0.1, "etm-phase": 0.05, "three-level": 0.05}


@pytest.fixture(scope="module", params=FORMS)
def found(request):
    name = request.param
    values = {**BK7, **FORMS[name]}
    model = Model(name)
    noise = 1e-4 if name == "etm-16" else 1e-3
    return values, fit(
        both_kinds(values, np.random.default_rng(1), model, noise=noise), FitSettings(model=model)
    )


def test_truth_lies_within_the_errors(found):
    values, result = found
    statistics = result.statistics
    assert abs(statistics.chi2 - statistics.ndof) < 4.0 * np.sqrt(2.0 * statistics.ndof)
    pulls = {
        # of the logarithm where the program assumes something of that
        name: np.log(item.value / values[name]) / (item.error / item.value)
        if item.constraint and item.constraint.log
        else (item.value - values[name]) / item.error
        for name, item in result.parameters.items()
        if item.error is not None
    }
    assert len(pulls) == 8 + len(FORMS[result.model.name]) - (result.model.name == "etm-16")
    assert max(map(abs, pulls.values())) < 3.5


def test_what_goes_beyond_10_is_known(found):
    values, result = found
    if result.model.name == "etm-16":
        T = np.array([2.0, 5.0, 20.0])
        truth, seen = (
            np.diff(Law16(source["gamma_tunn"], source["e0_tunn"]).log_ratio(T))
            for source in (values, result.values)
        )
        assert seen == pytest.approx(truth, abs=0.002)  # of 0.028 and 0.013
        return
    assert result.assessment.status == "good"
    (name,) = FORMS[result.model.name]
    item = result.parameters[name]
    assert item.error < KNOWN_TO[result.model.name] * item.value
    assert item.value == pytest.approx(values[name], rel=3.5 * KNOWN_TO[result.model.name])


def test_either_sign_of_gamma_may_be_asked_for():
    """(16) with a negative Gamma: the tunnelling number falls with temperature."""
    values, model = {**BK7, "gamma_tunn": -0.5, "e0_tunn": 0.4}, Model("etm-16")
    data = both_kinds(values, np.random.default_rng(2), model, noise=1e-4)
    settings = FitSettings(model=model, limits={"gamma_tunn": (-1000.0, 1.0)}, fixed={"e0_tunn": 0.4})
    result = fit(data, settings, ordinary=False)
    gamma = result.parameters["gamma_tunn"]
    assert gamma.value < 0.0
    assert gamma.value == pytest.approx(-0.5, abs=4.0 * gamma.error)
    growing = FitSettings(model=model, limits={"gamma_tunn": (0.0, 1.0)}, fixed={"e0_tunn": 0.4})
    assert fit(data, growing, ordinary=False).minimum.chi2 > result.minimum.chi2 + 100.0
