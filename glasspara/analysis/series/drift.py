"""Is the apparent concentration of iron the same for all runs? An F test, exact for Larmor and Langevin data.

Source: G. Jug and S. Recchia, arXiv:2111.12644, Tables 1 and 2 and Fig. 7, where the eye decides. Here

* common model: M = -chi_i H + sum over ions of n m(H/T), chi_i of its own for each run, n the same for all;
* wider model: n of its own for each run too.

Both are linear, so under Gaussian noise the ratio of the chi2 gained to the chi2 left follows the F distribution
exactly, whether or not the stated errors have the right size; no limit n >= 0 is set here. Where the test fails it is
repeated with the usual errors of instruments granted to the common model (``parameters.ALLOWANCES``), each with a
Gaussian prior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glasspara.analysis.linear.nested import Granted, nested_test
from glasspara.analysis.linear.projection import RANK, scaled_columns
from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset
from glasspara.fitting.judge.assessment import ALPHA
from glasspara.fitting.problem.nuisances import Disturbance, nuisances_of
from glasspara.model.catalogue import IONS
from glasspara.model.parameters import ALLOWANCES
from glasspara.physics.ions.ions import ION_OF_PARAMETER, Ion
from glasspara.physics.ions.langevin import langevin_response


@dataclass(frozen=True)
class Drift:
    """F test of one concentration (or of two, ``ions`` "both") for all runs.

    ``p_with_allowances`` is None where allowances were not asked for, or not needed.
    """

    ions: str
    statistic: float
    dof: tuple[int, int]
    p_value: float
    p_with_allowances: float | None

    @property
    def established(self) -> bool:
        """Whether the runs disagree by more than chance, and by more than what allowances explain."""
        return self.p_value < ALPHA and (self.p_with_allowances is None or self.p_with_allowances < ALPHA)


def drift_test(data: Dataset, *, ions: str, allowances: bool = True) -> Drift | None:
    """Test that the concentrations of ``ions`` ("fe3", "fe2", "both") are the same for all runs of ``data``.

    None with fewer than two runs, or with no degree of freedom left.
    """
    if len(data.runs) < 2:
        return None
    weight = (1.0 / data.sigma)[:, None]
    responses = [langevin_response(data.temperature, data.field, j=ion.j, g=ion.g) for ion in _ions(ions)]
    common = np.stack([moment for moment, _ in responses], axis=1) * weight
    own_chi = _by_run(data, -data.field[:, None] * weight)
    own_n = _by_run(data, common)
    narrow = np.concatenate([own_chi, common], axis=1)
    target = data.magnetisation / data.sigma
    found = nested_test(narrow, own_n, target)
    if found is None:
        return None
    granted = None
    if allowances and found.p_value < ALPHA:
        scaled, norm = scaled_columns(narrow)
        coefficients = np.linalg.lstsq(scaled, target, rcond=RANK)[0] / norm
        slopes = _slopes(data, coefficients, [slope for _, slope in responses], narrow)
        widths = np.array([item.width for item in nuisances_of(data, ALLOWANCES)])
        again = nested_test(narrow, own_n, target, granted=Granted(slopes, widths))
        granted = 1.0 if again is None else again.p_value
    return Drift(ions, *found, p_with_allowances=granted)


def _ions(ions: str) -> list[Ion]:
    return [ION_OF_PARAMETER[name] for name in IONS[ions]]


def _by_run(data: Dataset, columns: FloatArray) -> FloatArray:
    """``columns`` once for each run, zero outside it."""
    blocks = []
    for part in data.slices:
        block = np.zeros_like(columns)
        block[part] = columns[part]
        blocks.append(block)
    return np.concatenate(blocks, axis=1)


def _slopes(
    data: Dataset, coefficients: FloatArray, by_field_of_ion: list[FloatArray], narrow: FloatArray
) -> FloatArray:
    """Weighted derivatives of the common model by field, thermometer and mass, shape (points, nuisances)."""
    n = coefficients[len(data.runs) :]
    paramagnetic = sum(value * slope for value, slope in zip(n, by_field_of_ion, strict=True))
    chi = np.concatenate([
        np.full(len(run), value) for run, value in zip(data.runs, coefficients, strict=False)
    ])  # fmt: skip
    fitted = (narrow @ coefficients) * data.sigma
    disturbance = Disturbance(data, nuisances_of(data, ALLOWANCES))
    # of H/T alone: T dM/dT = -H dM/dH
    slopes = disturbance.slopes(fitted, paramagnetic - chi, -data.field * paramagnetic, np.ones(len(data)))
    return slopes / data.sigma[:, None]
