"""A starting point near the global minimum, whatever the data are.

At given d_min, delta_mu and mean cutoff the model is linear in chi_larmor and the concentrations, and the ATS
term nearly so in ln(d0max/d0min) as long as that is small. A coarse grid of the three, with linear least
squares for the rest, finds the valleys; bounded least squares walks down the best of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import numpy.typing as npt

from glasspara.fitting.coordinates import MIN_LN_RATIO_WITH_FREE_N_ATS
from glasspara.fitting.problem import Problem

FloatArray = npt.NDArray[np.float64]

_GRID = {
    "ln_d0_mean": np.log([3.0e4, 6.0e4, 1.2e5, 2.4e5, 4.8e5, 1.0e6]),
    "ln_d_min": np.log([0.01, 0.04, 0.16]),
    "delta_mu": np.array([0.1, 0.4, 1.2]),
}
_LINEAR = frozenset({"chi_larmor", "n_fe2", "n_fe3", "n_fe", "fe2_fraction", "ln_d0_ratio", "ats_amplitude"})
_VALLEYS = 3
# The ATS term is expanded about this ratio: small enough to be linear, large enough to be accurate.
_TRIAL_LN_RATIO = 0.05


def find_start(problem: Problem, guess: Mapping[str, float], *, pinned: frozenset[str]) -> FloatArray:
    """Coordinates of the best minimum found.

    ``guess`` holds a value for every reported parameter; those named in ``pinned`` were given by the user and
    are tried first, as one more valley.
    """
    coordinates = problem.coordinates
    base = coordinates.from_reported(_with_open_ratio(guess) if problem.model.has_ats else guess)
    low, high = (np.array(side) for side in zip(*coordinates.box(), strict=True))
    axes = [
        _GRID[name] if name in _GRID and source not in pinned else np.array([base[index]])
        for index, (name, source) in enumerate(zip(coordinates.names, coordinates.free, strict=True))
    ]
    candidates = []
    for corner in product(*axes):
        point = np.clip(np.array(corner), low, high)
        point = _solve_linear(problem, point, low, high, pinned)
        candidates.append((problem.chi2(point), point))
    candidates.sort(key=lambda item: item[0])
    starts = [point for _, point in candidates[:_VALLEYS]]
    ends = [_descend(problem, point, low, high) for point in starts]
    return min(ends, key=problem.chi2)


def _with_open_ratio(guess: Mapping[str, float]) -> dict[str, float]:
    values = dict(guess)
    if values["d0max_qs4"] / values["d0min_qs4"] < 1.0 + MIN_LN_RATIO_WITH_FREE_N_ATS:
        values["d0max_qs4"] = values["d0min_qs4"] * np.exp(_TRIAL_LN_RATIO)
    return values


def _solve_linear(
    problem: Problem, point: FloatArray, low: FloatArray, high: FloatArray, pinned: frozenset[str]
) -> FloatArray:
    """Move the (nearly) linear coordinates to their least-squares values, inside their limits."""
    from scipy.optimize import lsq_linear

    coordinates = problem.coordinates
    columns = [
        index
        for index, (name, source) in enumerate(zip(coordinates.names, coordinates.free, strict=True))
        if name in _LINEAR and source not in pinned
    ]
    if not columns:
        return point
    residuals, jacobian = problem.residuals_and_jacobian(point)
    scale = np.linalg.norm(jacobian[:, columns], axis=0)
    scale[scale == 0.0] = 1.0
    solution = lsq_linear(
        jacobian[:, columns] / scale,
        -residuals,
        bounds=((low[columns] - point[columns]) * scale, (high[columns] - point[columns]) * scale),
        method="bvls",
    )
    moved = point.copy()
    moved[columns] += solution.x / scale
    return np.clip(moved, low, high)


def _descend(problem: Problem, point: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Bounded least squares from ``point``; the point itself where that fails."""
    from scipy.optimize import least_squares

    _, jacobian = problem.residuals_and_jacobian(point)
    scale = np.linalg.norm(jacobian, axis=0)
    scale = np.where(scale > 0.0, 1.0 / np.maximum(scale, 1e-300), np.maximum(np.abs(point), 1.0))
    # Strictly inside the box, as the trust-region method asks for.
    margin = 1.0e-9 * np.where(np.isfinite(high - low), high - low, scale)
    inside = np.clip(point, low + margin, high - margin)
    memory: dict[bytes, tuple[FloatArray, FloatArray]] = {}

    def both(x: FloatArray) -> tuple[FloatArray, FloatArray]:
        key = x.tobytes()
        if key not in memory:
            memory.clear()
            memory[key] = problem.residuals_and_jacobian(x * scale)
        return memory[key]

    found = least_squares(
        lambda x: both(x)[0],
        inside / scale,
        jac=lambda x: both(x)[1] * scale,
        bounds=(low / scale, high / scale),
        method="trf",
        x_scale="jac",
        xtol=1e-12,
        ftol=1e-12,
        gtol=1e-12,
        max_nfev=200,
    )
    best: FloatArray = np.clip(found.x * scale, low, high)
    return best
