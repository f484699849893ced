"""A fit as a direct implementation does it against ours, on one campaign: nine M(T) runs of 80 points.

The naive fit has the ATS term by nested adaptive quadrature in a loop over the points, the parameters of the
source as they are, numerical derivatives and one start. One call of its model takes seconds, the whole fit hours. So
the time of a call is measured on a whole call, and the calls are counted by letting the same minimiser run with
our engine in place of the quadrature: the same numbers within the quadrature's own error (printed), only sooner.
The time of a naive fit below is the product of the two. The engine, having no such error, can only help it.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from iminuit import Minuit
from scipy.optimize import curve_fit

from benchmarks._common import best, direct_ats
from glasspara.data import Dataset
from glasspara.data.loading import load
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.problem import problem as problem_module
from glasspara.fitting.search.minimise import minimise
from glasspara.model.parameters import ATS_NAMES, PARAMETERS
from glasspara.physics.ats import ats_magnetisation
from glasspara.physics.ions.langevin import langevin_magnetisation

FloatArray = npt.NDArray[np.float64]
CAMPAIGN = Path(__file__).parent.parent / "fixtures" / "bk7-fixed-field"
NAMES = ("chi_larmor", "n_fe2", "n_fe3", *ATS_NAMES)


class NaiveModel:
    """(17) in raw parameters; counts its calls. Even in D_min and in the cutoffs, as (10) is."""

    def __init__(self, data: Dataset) -> None:
        self.T, self.H = data.temperature, data.field
        self.calls = 0

    def __call__(self, values: Sequence[float]) -> FloatArray:
        self.calls += 1
        chi_larmor, n_fe2, n_fe3, n_ats, d_min, *cutoffs, delta_mu = values
        low, high = sorted(map(abs, cutoffs))
        sign = 1 if abs(cutoffs[0]) <= abs(cutoffs[1]) else -1
        iron = langevin_magnetisation(self.T, self.H, n=1.0, j=2.0) * n_fe2
        iron = iron + langevin_magnetisation(self.T, self.H, n=1.0, j=2.5) * n_fe3
        ats = ats_magnetisation(
            self.T,
            self.H,
            n_ats=sign * n_ats,
            d_min=abs(d_min),
            d0min_qs4=low,
            d0max_qs4=high,
            delta_mu=delta_mu,
        )
        return -chi_larmor * self.H + iron + ats


def _call_by_quadrature(data: Dataset, start: dict[str, float]) -> float:
    """Seconds that one naive call takes, its ATS term alone; checks that it gives what the engine gives."""
    values = {name: start[name] for name in ATS_NAMES}
    begin = time.perf_counter()
    slow = [direct_ats(T, H, **values) for T, H in zip(data.temperature, data.field, strict=True)]
    seconds = time.perf_counter() - begin
    fast = ats_magnetisation(data.temperature, data.field, **values)
    difference = np.abs(np.array(slow) / fast - 1).max()
    print(
        f"one naive call: {seconds:.1f} s for {len(data)} points; error of its quadrature, at SciPy's default "
        f"tolerance, up to {difference:.0e}"
    )
    return seconds


def _naive_curve_fit(data: Dataset, start: dict[str, float], free: Sequence[str]) -> tuple[int, float, str]:
    model = NaiveModel(data)

    def function(_: FloatArray, *values: float) -> FloatArray:
        merged = start | dict(zip(free, values, strict=True))
        return model([merged[name] for name in NAMES])

    p0 = [start[name] for name in free]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            best_fit, covariance = curve_fit(
                function, data.temperature, data.magnetisation, p0, data.sigma, absolute_sigma=True
            )
    except (RuntimeError, ValueError) as failure:
        return model.calls, np.nan, str(failure).split(":")[0]
    calls = model.calls
    chi2 = float((((data.magnetisation - function(data.temperature, *best_fit)) / data.sigma) ** 2).sum())
    return calls, chi2, "converged" if np.isfinite(covariance).all() else "no covariance"


def _naive_minuit(data: Dataset, start: dict[str, float], free: Sequence[str]) -> tuple[int, float, str]:
    model = NaiveModel(data)

    def chi2(values: FloatArray) -> float:
        merged = start | dict(zip(free, values, strict=True))
        try:
            total = model([merged[name] for name in NAMES])
        except ValueError:  # a parameter beyond all numbers
            return np.inf
        return float((((data.magnetisation - total) / data.sigma) ** 2).sum())

    minuit = Minuit(chi2, np.array([start[name] for name in free]))
    minuit.errordef = 1
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        minuit.migrad()
    if minuit.valid:
        return model.calls, float(minuit.fval), "valid"
    reached = minuit.fmin is not None and minuit.fmin.has_reached_call_limit
    return model.calls, float(minuit.fval), "not valid" + (" (call limit)" if reached else "")


def _count_ours(data: Dataset) -> tuple[int, int]:
    """Calls of the model without and with its gradient during our minimisation."""
    counts = {"evaluate": 0, "evaluate_with_gradient": 0}
    originals = {name: getattr(problem_module, name) for name in counts}

    def counted(name: str) -> object:
        def call(*arguments: object) -> object:
            counts[name] += 1
            return originals[name](*arguments)

        return call

    for name in counts:
        setattr(problem_module, name, counted(name))
    try:
        _minimise(data)
    finally:
        for name, original in originals.items():
            setattr(problem_module, name, original)
    return counts["evaluate"], counts["evaluate_with_gradient"]


def _minimise(data: Dataset) -> object:
    settings = FitSettings()
    return minimise(settings.problem(data, settings.held()), settings.guess())


def main() -> None:
    """Print calls, time, chi2 and validity of the naive fits and of ours, and their ratios."""
    data = load([str(path) for path in sorted(CAMPAIGN.glob("*.dat"))]).data
    start = {name: PARAMETERS[name].start for name in NAMES}
    held = [name for name in NAMES if name != "n_ats"]
    seconds = _call_by_quadrature(data, start)

    result = fit(data)
    values, slopes = _count_ours(data)
    alone, whole = best(lambda: _minimise(data), 5), best(lambda: fit(data), 5)
    print(f"{'':44s}{'calls':>6s} {'time':>10s} {'chi2':>12s}  outcome; time over our minimisation's")
    print(
        f"{'ours, the minimisation alone':44s}{values + slopes:6d} {alone:8.3f} s {result.minimum.chi2:12.2f}  "
        f"{'valid' if result.minimum.valid else 'not valid'}; {slopes} of the calls with the gradient"
    )
    print(
        f"{'ours, glasspara.fit':44s}{'':6s} {whole:8.3f} s {result.minimum.chi2:12.2f}  {result.assessment.status}; "
        f"with the test for the term and the judgement, {whole / alone:.1f} x"
    )
    for title, method in (("curve_fit", _naive_curve_fit), ("Migrad", _naive_minuit)):
        for free, what in ((held, "n_ats held"), (list(NAMES), "all eight free")):
            calls, chi2, outcome = method(data, start, free)
            print(
                f"{f'naive, {title}, {what}':44s}{calls:6d} {calls * seconds:8.0f} s {chi2:12.2f}  {outcome}; "
                f"{calls * seconds / alone:.0f} x"
            )


if __name__ == "__main__":
    main()
