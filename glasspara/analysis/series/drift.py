"""Is the apparent concentration of iron the same for all runs? An F test, exact for Larmor and Langevin data.

Source: G. Jug and S. Recchia, arXiv:2111.12644, Tables 1 and 2 and Fig. 7, where the eye decides. Here

* common model: M = -chi_i H + sum over ions of n m(H/T), chi_i of its own for each run, n the same for all;
* wider model: n of its own for each run too.

Both are linear, so under Gaussian noise the ratio of the chi2 gained to the chi2 left follows the F distribution
exactly, whether or not the stated errors have the right size; no limit n >= 0 is set here. Where the test fails it is
repeated with the usual errors of instruments allowed in the common model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glasspara.analysis.linear import FTest, LinearModel, by_run, weighted
from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset
from glasspara.model.model import IONS
from glasspara.physics.ions.ions import ION_OF_PARAMETER
from glasspara.physics.ions.langevin import langevin_response


@dataclass(frozen=True, kw_only=True)
class Drift(FTest):
    """F test of one concentration (or of two, ``ions`` "both") for all runs."""

    ions: str


def drift_test(data: Dataset, *, ions: str, allowances: bool = True) -> Drift | None:
    """Test that the concentrations of ``ions`` ("fe3", "fe2", "both") are the same for all runs of ``data``.

    None with fewer than two runs, or with no degree of freedom left.
    """
    if len(data.runs) < 2:
        return None
    known = [ION_OF_PARAMETER[name] for name in IONS[ions]]
    responses = [langevin_response(data.temperature, data.field, j=ion.j, g=ion.g) for ion in known]
    common = np.stack([moment for moment, _ in responses], axis=1)
    own_chi = by_run(data, -data.field[:, None])
    model = LinearModel.of(data, np.concatenate([own_chi, common], axis=1), data.magnetisation)

    def allowing() -> LinearModel:
        return _with_allowances(data, model, [slope for _, slope in responses])

    own_n = weighted(data, by_run(data, common))
    test = model.fit().f_test(own_n, allowing=allowing if allowances else None)
    return Drift(**vars(test), ions=ions) if test.possible else None


def _with_allowances(data: Dataset, model: LinearModel, by_field_of_ion: list[FloatArray]) -> LinearModel:
    """The common ``model`` with instrumental errors, from the derivatives of the ions' moments by the field."""
    found, _ = model.solve()
    chi, n = np.split(found, [len(data.runs)])
    paramagnetic = sum(value * slope for value, slope in zip(n, by_field_of_ion, strict=True))
    by_field = paramagnetic - np.repeat(chi, [len(run) for run in data.runs])
    # of H/T alone: T dM/dT = -H dM/dH
    return model.with_allowances(
        data, (model.columns @ found) * data.sigma, by_field, -data.field * paramagnetic
    )
