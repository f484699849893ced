"""The low-temperature test (18): is T (chi + chi_L) constant, as for a crystal, or does it rise with T?

Source: G. Jug and S. Recchia, arXiv:2111.12644, eq. (18). T (chi + chi_L) = C for iron alone, C + (G/D_min) T for a
glass at kT << D_min; above that, where magnetometers work, it rises too, more slowly. The slope is that of least
squares over a low-temperature window:

    M = [-chi_L + slope] H + C M_Curie(T, H)      T in the low window
    M = -chi_L H + C' M_Curie(T, H)               T in the high window, unless chi_L is given

with C and C' independent, so that the slope is chi_L less the chi_L that the low window alone would give. All of
it is linear, so the p-value of the slope is that of an exact F test. M_Curie is the Brillouin function of half
Fe2+ and half Fe3+ (the two part by its curvature, which has a Gaussian prior that spans both). Fields, thermometers
and masses that are off by the usual amounts (``parameters.ALLOWANCES``) may explain a slope: a given chi_L and a
field that is 4 % too strong make one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from glasspara.analysis.curie.weak_law import curie_shapes
from glasspara.analysis.curie.weak_points import WeakData
from glasspara.analysis.linear.nested import Granted, Nested, nested_test
from glasspara.analysis.linear.projection import orthonormal, scaled_columns
from glasspara.arrays import BoolArray, FloatArray
from glasspara.data.dataset import Dataset
from glasspara.errors import InputError
from glasspara.fitting.judge.assessment import ALPHA
from glasspara.fitting.problem.nuisances import Disturbance, Nuisance, nuisances_of
from glasspara.model.parameters import ALLOWANCES
from glasspara.physics.ats import ats_magnetisation

Nature = Literal["glass-like", "crystal-like", "not-established", "not-determined", "falling"]

_FEWEST_HIGH = 4


@dataclass(frozen=True)
class LowTemperatureTest:
    """Outcome of (18). Errors are by the stated sigmas; ``*_scaled`` by the scatter about the fit.

    ``slope`` (emu g^-1 Oe^-1) is d[T (chi + chi_L)]/dT in the low window, ``curie_constant`` (emu K g^-1 Oe^-1) its
    intercept. ``expected`` is the slope that typical tunnelling systems would give these points.
    """

    nature: Nature
    slope: float
    slope_error: float
    slope_error_scaled: float
    curie_constant: float
    curie_error: float
    chi_larmor: float
    chi_larmor_error: float | None
    chi_larmor_source: str
    statistic: float
    dof: tuple[int, int]
    p_value: float
    p_with_allowances: float | None
    expected: float


def low_temperature_test(
    weak: WeakData,
    *,
    ats: Mapping[str, Any],
    chi_larmor: tuple[float, float | None] | None = None,
    allowances: bool = True,
) -> LowTemperatureTest:
    """Test (18) on the weak points.

    Parameters
    ----------
    ats : name -> value
        Typical tunnelling systems, to say what slope they would give.
    chi_larmor : (value, error) or None
        emu g^-1 Oe^-1; by default it comes from the high-temperature window.
    allowances : bool
        Whether instrumental errors may explain a slope.

    Raises
    ------
    InputError
        Without ``chi_larmor`` and without points in the high window.
    """
    low, high = weak.low, weak.high
    if chi_larmor is None and int(high.sum()) < _FEWEST_HIGH:
        raise InputError(
            f"no chi_larmor: fewer than {_FEWEST_HIGH} points lie above {weak.high_start:.3g} K",
            remedy="Give --chi-larmor VALUE+-ERROR, or another --high-from",
        )
    keep = low | high if chi_larmor is None else low
    data = Dataset(tuple(run for run in weak.data.keep(keep).runs if len(run)))
    test = _Linear(data, low[keep], chi_larmor)
    found = test.test(None)
    granted = test.test(ALLOWANCES).p_value if allowances and found.p_value < ALPHA else None
    values, errors = test.solve()
    scale = test.scatter
    expected = test.slope_of(ats_magnetisation(data.temperature, data.field, **ats))
    names = test.names
    chi = names.index("chi_larmor") if "chi_larmor" in names else None
    given = chi_larmor or (0.0, None)
    return LowTemperatureTest(
        nature=_nature(values[0], errors[0] * scale, found.p_value, granted, expected),
        slope=values[0],
        slope_error=errors[0],
        slope_error_scaled=errors[0] * scale,
        curie_constant=values[names.index("low")],
        curie_error=errors[names.index("low")],
        chi_larmor=given[0] if chi is None else values[chi],
        chi_larmor_error=given[1] if chi is None else errors[chi],
        chi_larmor_source=f"points above {weak.high_start:.3g} K" if chi_larmor is None else "given",
        statistic=found.statistic,
        dof=found.dof,
        p_value=found.p_value,
        p_with_allowances=granted,
        expected=expected,
    )


def _nature(slope: float, error: float, p_value: float, granted: float | None, expected: float) -> Nature:
    if p_value < ALPHA:
        if granted is not None and granted >= ALPHA:
            return "not-established"
        return "glass-like" if slope > 0.0 else "falling"
    # What cannot see the slope of a glass cannot say that there is none.
    return "crystal-like" if expected > 2.0 * error else "not-determined"


class _Linear:
    """The linear problem: weighted columns by name, the slope first, and rows of Gaussian knowledge."""

    def __init__(self, data: Dataset, low: BoolArray, chi_larmor: tuple[float, float | None] | None) -> None:
        self.data = data
        T, H = data.temperature, data.field
        middle, half = curie_shapes(T, H)
        columns = {"slope": np.where(low, H, 0.0), "low": np.where(low, middle, 0.0)}
        if chi_larmor is None:
            columns["high"] = np.where(low, 0.0, middle)
        target = data.magnetisation
        priors: list[tuple[str, float]] = []
        self._chi_given = chi_larmor
        if chi_larmor is None:
            columns["chi_larmor"] = -H
        else:
            target = target + chi_larmor[0] * H
            if chi_larmor[1] is not None:
                columns["chi_larmor_off"] = -H
                priors.append(("chi_larmor_off", chi_larmor[1]))
        size = self._curie_size(columns, target)
        columns["partition"] = size * half
        priors.append(("partition", 1.0))
        self.names = list(columns)
        self._columns = np.stack(list(columns.values()), axis=1) / data.sigma[:, None]
        self._priors = priors
        self._target = target / data.sigma
        bends = (np.where(low, H * T, 0.0), np.where(low, H * T * T, 0.0), np.where(low, 0.0, H / (T * T)))
        self._smooth = np.stack(bends, axis=1) / data.sigma[:, None]

    def _curie_size(self, columns: Mapping[str, FloatArray], target: FloatArray) -> float:
        """The Curie constant, roughly, for the size of what its partition may do."""
        matrix = np.stack(list(columns.values()), axis=1) / self.data.sigma[:, None]
        scaled, norm = scaled_columns(matrix)
        return float(np.abs((np.linalg.lstsq(scaled, target / self.data.sigma, rcond=None)[0] / norm)[1]))

    @property
    def scatter(self) -> float:
        """By how much the points scatter about the smoother curve, in their stated errors; 1 if that cannot be said."""
        matrix, target = self._augmented()
        smooth = np.concatenate([self._smooth, np.zeros((len(self._priors), self._smooth.shape[1]))])
        base = orthonormal(np.concatenate([matrix, smooth], axis=1))
        left = target - base @ (base.T @ target)
        rest = len(target) - base.shape[1]
        return float(np.sqrt(left @ left / rest)) if rest > 0 else 1.0

    def _knowledge(self) -> FloatArray:
        rows = np.zeros((len(self._priors), len(self.names)))
        for index, (name, width) in enumerate(self._priors):
            rows[index, self.names.index(name)] = 1.0 / width
        return rows

    def _augmented(self) -> tuple[FloatArray, FloatArray]:
        rows = self._knowledge()
        return np.concatenate([self._columns, rows]), np.concatenate([self._target, np.zeros(len(rows))])

    def solve(self) -> tuple[list[float], list[float]]:
        """Values and errors by ``names``."""
        matrix, target = self._augmented()
        scaled, norm = scaled_columns(matrix)
        values = np.linalg.lstsq(scaled, target, rcond=None)[0]
        errors = np.linalg.norm(np.linalg.pinv(scaled), axis=1) / norm
        return (values / norm).tolist(), errors.tolist()

    def slope_of(self, magnetisation: FloatArray) -> float:
        """Slope that least squares find in ``magnetisation`` (emu/g) at the same points."""
        matrix, _ = self._augmented()
        scaled, norm = scaled_columns(matrix)
        target = np.concatenate([magnetisation / self.data.sigma, np.zeros(len(self._priors))])
        return float(np.linalg.lstsq(scaled, target, rcond=None)[0][0] / norm[0])

    def test(self, widths: Mapping[str, float] | None) -> Nested:
        """F test of the slope, with what may be off granted to the model without it.

        The slope is held against the scatter about a smoother curve, not against the misfit of a straight line:
        what T (chi + chi_L) of a glass does in the window is no straight line, and must not hide its slope.
        """
        granted = None
        if widths:
            nuisances = nuisances_of(self.data, widths)
            slopes = self._disturbances(nuisances) / self.data.sigma[:, None]
            granted = Granted(slopes, np.array([item.width for item in nuisances]))
        found = nested_test(
            self._columns[:, 1:], self._columns[:, :1], self._target,
            knowledge=self._knowledge()[:, 1:], smooth=self._smooth, granted=granted,
        )  # fmt: skip
        return found or Nested(0.0, (0, 0), 1.0)

    def _disturbances(self, nuisances: tuple[Nuisance, ...]) -> FloatArray:
        """What nuisances do to the model without a slope; what is in proportion to H is taken to be so exactly."""
        data = self.data
        matrix, target = self._augmented()
        scaled, norm = scaled_columns(matrix[:, 1:])
        coefficients = np.linalg.lstsq(scaled, target, rcond=None)[0] / norm
        found = dict(zip(self.names[1:], coefficients.tolist(), strict=True))

        def part(*names: str) -> FloatArray:
            # a partition that a misfit drives far off does not belong here
            index = [self.names.index(name) for name in names if name in found]
            values = np.array([found[self.names[i]] for i in index])
            magnetisation: FloatArray = self._columns[:, index] @ values * data.sigma
            return magnetisation

        curie = part("low", "high")
        whole = curie + part("chi_larmor", "chi_larmor_off")
        if self._chi_given is not None:
            whole = whole - self._chi_given[0] * data.field
        return Disturbance(data, nuisances).slopes(whole, whole / data.field, -curie, np.ones(len(data)))
