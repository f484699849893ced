"""A misfit is located, and its usual suspect named, by simulation of the suspects."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.data import Dataset
from glasspara.fitting.fit import fit
from glasspara.fitting.judge.branches import branch_shifts
from glasspara.fitting.judge.misfit import _repeats, disturbance_of
from glasspara.fitting.problem import FitSettings
from glasspara.model.model import Model
from studies.hysteresis import Loop
from tests.fitting.judge.campaigns import (
    T,
    codes,
    glass,
    langevin,
    loops,
    of_code,
    runs_at_fields,
)

BOTH = pytest.mark.parametrize("law", [glass, langevin], ids=["glass", "langevin"])


def named(result):
    """The one finding that names a place or a fault."""
    assert result.assessment.status == "poor"
    (found,) = (
        item for item in result.assessment.reasons
        if item.code.startswith(("fitting.misfit-", "fitting.branches-differ"))
    )  # fmt: skip
    return found.code.removeprefix("fitting."), found.values


@BOTH
def test_the_hump_of_condensed_oxygen(law):
    result = fit(runs_at_fields(lambda T, H: law(T, H) + 2e-8 * H * np.exp(-0.5 * ((T - 50.0) / 4.0) ** 2)))
    code, values = named(result)
    assert code == "misfit-at-oxygen"
    assert values["from"] < 50.0 < values["to"]
    assert values["share_of_chi2"] > 0.9
    assert (values["in_runs"], values["of_runs"]) == (4, 4)
    assert result.misfit[0].axis == "T"
    assert result.misfit[0].block["runs"] == ["1 kOe", "5 kOe", "20 kOe", "50 kOe"]


@BOTH
def test_a_range_of_the_thermometer(law):
    """1 % off below 4.4 K: the sizes come back, and where the range ends."""
    result = fit(runs_at_fields(law, true_temperature=lambda T: T * np.where(T < 4.4, 1.01, 1.0)))
    code, values = named(result)
    assert code == "misfit-by-thermometer"
    assert values["size"] == pytest.approx(0.01, rel=0.15)
    below, above = T[T < 4.4][-1], T[T > 4.4][0]
    assert below <= values["at"] <= 1.05 * above
    assert values["share_of_chi2"] > 0.9


@BOTH
def test_a_moment_that_relaxes_after_the_change_of_field(law):
    code, values = named(fit(runs_at_fields(law, moment=lambda point: 3e-5 * np.exp(-point / 2.0))))
    assert code == "misfit-by-relaxation"
    assert values["at"] == 2.0
    assert values["size"] == pytest.approx(3e-5, rel=0.1)


def test_a_moment_that_drifts():
    """1e-4 emu in each run, on a sample without tunnelling systems."""
    found = fit(runs_at_fields(langevin, moment=lambda point: 1e-4 * point / (T.size - 1.0)))
    code, values = named(found)
    assert code == "misfit-by-drift"
    assert values["size"] == pytest.approx(1e-4, rel=0.1)
    assert values["share_of_chi2"] > 0.9


@BOTH
def test_one_run_that_is_off(law):
    """By 3 %: no drift of the moment, which several runs would share."""
    result = fit(runs_at_fields(law, scale=lambda field: 1.03 if field == 2e4 else 1.0))
    code, values = named(result)
    assert code == "misfit-in-run"
    assert values["label"] == "20 kOe (synthetic.dat)"
    assert values["runs"] == ["20 kOe"]
    assert values["points"] == T.size
    assert result.misfit[0].runs == ("20 kOe",)


@BOTH
@pytest.mark.parametrize(
    ("fault", "code", "size"),
    [
        ({"scale": lambda field: 1.02}, "misfit-by-gain-of-repeats", 0.02),
        ({"true_temperature": lambda T: 1.015 * T}, "misfit-by-temperature-of-repeats", 0.015),
    ],
    ids=["moments", "temperatures"],
)
def test_runs_that_do_not_repeat_each_other(law, fault, code, size):
    """Two campaigns of one sample: of another amplitude, or warming and cooling in files of their own."""
    both = (*runs_at_fields(law).runs, *runs_at_fields(law, seed=2, **fault).runs)
    found, values = named(fit(Dataset(both)))
    assert found == code
    assert values["size"] == pytest.approx(size, rel=0.25)
    assert values["share_of_chi2"] > 0.8


def test_a_part_of_a_range_repeats_nothing():
    """Cold and warm points of one field in two files: a gain of the one would take up what a model misses."""
    cold, warm = (runs_at_fields(glass, T=part) for part in (T[: T.size // 2], T[T.size // 2 :]))
    assert _repeats(Dataset((*cold.runs, *warm.runs))) == []
    assert _repeats(Dataset((*cold.runs, *cold.runs))) == [4, 5, 6, 7]


@BOTH
def test_a_sample_that_lags_behind_its_thermometer(law):
    """By 1 %, on the way down and up."""
    cooling = np.arange(2 * T.size) < T.size
    data = runs_at_fields(
        law,
        T=np.concatenate([T[::-1], T]),
        branch=np.where(cooling, 0, 1),
        true_temperature=lambda T: T * np.where(cooling, 1.01, 0.99),
    )
    code, values = named(fit(data))
    assert code == "branches-differ-in-temperature"
    assert values["branches"] == ["branch 0", "branch 1"]
    assert values["runs"] == 4
    assert values["shift"] == pytest.approx(0.02, rel=0.15)


def test_no_misfit_no_place_and_no_suspect():
    result = fit(runs_at_fields(glass))
    assert result.misfit == ()
    assert disturbance_of(result.minimum) is None
    assert not any("misfit" in code or "branches" in code for code in codes(result.assessment.reasons))


def test_the_remnant_field_of_a_magnet_parts_branches():
    """By 20 Oe to either side: seen, with its size, named before a drift, and not called hysteresis."""
    result = fit(loops(Loop(remnant=-20.0)))
    shifts = branch_shifts(result.minimum)
    assert [item.run for item in shifts] == ["5 K", "20 K"]
    assert all(item.clear for item in shifts)
    code, values = named(result)
    assert code == "misfit-by-remnant-field"
    assert values["size"] == pytest.approx(20.0, rel=0.1)
    said = of_code(result.assessment.reasons, "branches-lag")
    assert said["shift_Oe"] == pytest.approx(20.0, rel=0.1)


def test_a_model_without_an_ats_term_blames_no_instrument_for_it():
    """What the Larmor and Langevin model misses of a glass sits at low temperatures, which are measured first."""
    result = fit(runs_at_fields(glass, fields=(3e4,)), FitSettings(model=Model("ll")))
    assert result.assessment.status == "poor"
    said = codes(result.assessment.reasons)
    assert said[:2] == ["misfit-in-temperature", "model-without-ats"]
    assert of_code(result.assessment.reasons, "misfit-in-temperature")["to"] < 10.0
