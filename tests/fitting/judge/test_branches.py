"""Branches of loops: the field that a magnet keeps, drifts and wild points are no hysteresis; hysteresis is.

``python -m studies.hysteresis`` draws many more of them.
"""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.fitting.fit import fit
from glasspara.fitting.judge.branches import branch_shifts, shifts_of_branches
from glasspara.fitting.problem import FitSettings
from glasspara.model.model import Model
from studies.hysteresis import HYSTERESIS, INSTRUMENT, LOOPS, Loop
from tests.fitting.judge.campaigns import codes, of_code

STEPS = pytest.mark.parametrize("step", LOOPS)


def measured(loop, step, kelvins=(2.0, 20.0), noise=1e-3, seed=11):
    top, width = LOOPS[step]
    return loop.measured(kelvins, top=top, step=width, noise=noise, rng=np.random.default_rng(seed))


def shifts(loop, step, **options):
    return branch_shifts(
        fit(measured(loop, step, **options), FitSettings(model=Model("ll")), ordinary=False).minimum
    )


@STEPS
@pytest.mark.parametrize("name", INSTRUMENT)
def test_the_instrument_makes_no_hysteresis(name, step):
    found = shifts(INSTRUMENT[name], step)
    assert len(found) == 2
    assert not any(item.too_far or item.remanence for item in found)


@STEPS
def test_a_strong_hysteresis_is_seen_with_every_step(step):
    found = shifts(HYSTERESIS["coercivity 200 Oe, 0.0001 emu/g"], step, kelvins=(4.5,))
    assert all(item.too_far or item.remanence > 0.0 for item in found)


@STEPS
@pytest.mark.parametrize(("name", "expected"), [("nothing", False), ("drift", False), ("20 Oe", True)])
def test_branches_that_differ_are_told_from_a_drift(name, expected, step):
    (found,) = shifts(INSTRUMENT[name], step, kelvins=(4.5,))
    assert found.clear is expected
    if expected:
        assert abs(found.shift) == pytest.approx(20.0, rel=0.25)


def test_what_parts_the_branches_of_a_loop_is_said_first():
    """A lag of 400 Oe; a remanence where the slope of the curve is small; 20 Oe that a magnet keeps."""
    strong = fit(measured(HYSTERESIS["coercivity 500 Oe, 0.0001 emu/g"], "250 Oe"), ordinary=False)
    assert strong.assessment.status == "not-plausible"
    assert codes(strong.assessment.reasons)[0] in ("branches-differ-in-field", "remanence")
    remanent = fit(measured(Loop(speck=1e-5, coercivity=200.0), "50 Oe", kelvins=(4.5,)), ordinary=False)
    assert remanent.assessment.status == "not-plausible"
    said = of_code(remanent.assessment.reasons, "remanence")
    assert said["remanence"] == pytest.approx(1e-5 * np.tanh(0.5), rel=0.4)
    kept = fit(measured(Loop(remnant=-20.0), "250 Oe"))
    assert kept.assessment.status == "poor"
    assert codes(kept.assessment.reasons)[0] == "misfit-by-remnant-field"
    assert of_code(kept.assessment.reasons, "misfit-by-remnant-field")["size"] == pytest.approx(20.0, rel=0.3)


def test_branches_at_different_fields_are_compared_where_they_meet():
    """The way up has half as many points as the way down; what the curve misses in both is no difference."""
    data = measured(Loop(remnant=-20.0), "250 Oe", kelvins=(4.5,))
    (run,) = data.runs
    rising = run.run.branch == 1
    keep = ~rising | (np.cumsum(rising) % 2 == 0)
    from glasspara.data import Dataset, select_points

    half = Dataset((select_points(run, keep),))
    missed = 1e-5 * np.tanh(half.field / 5e3)
    slope = np.full(len(half), -2e-7)
    residuals = missed - 20.0 * slope * np.where(half.runs[0].run.branch == 1, 1.0, -1.0)
    (found,) = shifts_of_branches(half, residuals, slope, np.zeros(len(half)))
    assert found.clear
    assert not found.too_far
    assert abs(found.shift) == pytest.approx(20.0, rel=0.1)
