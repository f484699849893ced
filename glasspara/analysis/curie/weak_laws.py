"""Linear least squares on points in weak fields: the Curie law, the law (14) of a glass, the low-temperature test (18).

Source: G. Jug and S. Recchia, arXiv:2111.12644, eqs. (14) and (18). Both laws are linear in chi_larmor, the Curie
constant C and the amplitude G; the shape of (14), D_min and delta_mu, is known beforehand to within a factor and a few
tenths of a kelvin, as in a fit of the whole model. The test (18) does not need that shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import log
from typing import Any, Literal

import numpy as np

from glasspara.analysis.curie.weak_points import WeakData, curie_shapes
from glasspara.analysis.linear import FTest, LinearFit, LinearModel, weighted
from glasspara.arrays import BoolArray, FloatArray
from glasspara.data import Dataset
from glasspara.errors import InputError
from glasspara.fitting.judge.assessment import ALPHA, LARGEST_SCATTER
from glasspara.model.parameters import PARAMETERS
from glasspara.physics.ats import ats_magnetisation, gap_integral

Nature = Literal[
    "glass-like", "rising", "crystal-like", "not-established", "not-determined", "falling", "not-trusted"
]
"""What the slope at low temperatures says; nothing where even a smooth curve misses the points."""

WeakLaw = Literal["curie", "glass"]

LAWS: Mapping[WeakLaw, str] = {"curie": "naive Curie law", "glass": "law of a glass (14)"}

UNITS = {
    "chi_larmor": "emu g^-1 Oe^-1",
    "curie_constant": "emu K g^-1 Oe^-1",
    "g": "emu K g^-1 Oe^-1",
    "d_min": "K",
    "delta_mu": "K",
}
"""Quantities of the two laws with their units; ``g`` is G of (14) at T0 = 1.26 K."""

_SHAPE = {"d_min": log(3.0), "delta_mu": 0.3}
"""What is assumed of the shape: D_min within a factor of 3, delta_mu within 0.3 K of the usual value."""
_STEP, _FEWEST_HIGH = 1.0e-4, 4


@dataclass(frozen=True)
class CurieQuantity:
    """A value with its standard error by the stated sigmas; None for one that is held."""

    value: float
    error: float | None
    unit: str


Parts = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray, FloatArray]]
"""Larmor, Langevin and ATS part of a magnetisation, emu/g, at temperatures (K) and fields (Oe)."""


@dataclass(frozen=True, eq=False)
class WeakFit:
    """One law, with its ``parts`` anywhere, on the weak points, ``places`` (K and Oe).

    ``n_free`` counts the free parameters; ``correlation`` is that of C and G, None where there are not both.
    """

    name: str
    text: str
    quantities: Mapping[str, CurieQuantity]
    chi2: float
    n_free: int
    places: tuple[FloatArray, FloatArray]
    parts: Parts
    correlation: float | None = None

    @property
    def total(self) -> FloatArray:
        """Magnetisation at the weak points, emu/g."""
        larmor, langevin, ats = self.parts(*self.places)
        return larmor + langevin + ats


def fit_law(
    data: Dataset,
    law: WeakLaw,
    *,
    usual: Mapping[str, float],
    held: frozenset[str] = frozenset(),
    iron: CurieQuantity | None = None,
) -> WeakFit:
    """Fit ``law`` to ``data``, points in weak fields.

    Parameters
    ----------
    usual : name -> value
        ``d_min`` and ``delta_mu`` (K) that the shape is near to.
    held : names
        Which of these are held there.
    iron : Quantity, optional
        What is known of the Curie constant; held where there is no error.
    """
    from scipy.optimize import least_squares

    problem = _Problem(data, law, usual, held, iron)
    if not problem.bent:
        return problem.result(np.empty(0))
    low, high = zip(*(_box(name, usual[name]) for name in problem.bent), strict=True)
    found = least_squares(
        problem.residuals, np.zeros(len(problem.bent)), bounds=(low, high), xtol=1e-10, ftol=1e-12
    )
    return problem.result(found.x)


def _box(name: str, usual: float) -> tuple[float, float]:
    """Limits of a shape parameter in its own width about the usual value."""
    parameter, spread = PARAMETERS[name], _SHAPE[name]
    ends = parameter.lower, parameter.upper
    low, high = (log(end / usual) if name == "d_min" else end - usual for end in ends)
    return low / spread - 1e-9, high / spread + 1e-9


class _Problem:
    """The law as a function of its shape, in widths of what is assumed of it; the rest by linear least squares."""

    def __init__(
        self,
        data: Dataset,
        law: WeakLaw,
        usual: Mapping[str, float],
        held: frozenset[str],
        iron: CurieQuantity | None,
    ) -> None:
        self.data, self.law, self.usual, self.iron = data, law, usual, iron
        self.bent = [name for name in _SHAPE if law == "glass" and name not in held]
        self._curie = curie_shapes(data.temperature, data.field)[0]
        self.names = ["chi_larmor", "curie_constant", *(["g"] if law == "glass" else [])]
        self._target = data.magnetisation
        if iron is not None and iron.error is None:
            self.names.remove("curie_constant")
            self._target = self._target - iron.value * self._curie

    def shape(self, x: FloatArray) -> dict[str, float]:
        """d_min and delta_mu at ``x``."""
        found = {name: self.usual[name] for name in _SHAPE}
        for name, step in zip(self.bent, x, strict=True):
            if name == "d_min":
                found[name] *= float(np.exp(step * _SHAPE[name]))
            else:
                found[name] = max(found[name] + float(step) * _SHAPE[name], 0.0)
        return found

    def _model(self, x: FloatArray) -> LinearModel:
        """The linear model at ``x``, with what is known of the Curie constant."""
        columns = {"chi_larmor": -self.data.field, "curie_constant": self._curie}
        if self.law == "glass":
            columns["g"] = gap_integral(self.data.temperature, **self.shape(x)) * self.data.field
        points = np.stack([columns[name] for name in self.names], axis=1) / self.data.sigma[:, None]
        model = LinearModel(points, self._target / self.data.sigma)
        if self.iron is None or self.iron.error is None:
            return model
        row = np.array([[float(name == "curie_constant") / self.iron.error for name in self.names]])
        return model.with_knowledge(row, np.array([self.iron.value / self.iron.error]))

    def residuals(self, x: FloatArray) -> FloatArray:
        """Residuals of points and knowledge, that of the shape included, with the best linear coefficients."""
        return np.concatenate([self._model(x).solve()[1], x])

    def _covariance(self, x: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Of the linear coefficients, then of ``x``."""
        model = self._model(x)
        slopes = np.zeros((len(model.target), len(x)))
        for index, step in enumerate(_STEP * np.eye(len(x))):
            up, down = self._model(x + step), self._model(x - step)
            slopes[:, index] = (up.columns - down.columns) @ coefficients / (2.0 * _STEP)
        known = np.concatenate([np.zeros((len(x), len(coefficients))), np.eye(len(x))], axis=1)
        return model.with_columns(slopes).with_knowledge(known).covariance()

    def result(self, x: FloatArray) -> WeakFit:
        coefficients, residuals = self._model(x).solve()
        covariance = self._covariance(x, coefficients)
        errors = dict(zip([*self.names, *self.bent], np.sqrt(np.diag(covariance)).tolist(), strict=True))
        values = dict(zip(self.names, coefficients.tolist(), strict=True))
        if self.iron is not None and self.iron.error is None:
            values["curie_constant"] = self.iron.value
        shape = self.shape(x) if self.law == "glass" else {}
        for name in self.bent:
            errors[name] *= _SHAPE[name] * (shape[name] if name == "d_min" else 1.0)
        pair = [self.names.index(name) for name in ("curie_constant", "g") if name in self.names]
        correlation = None
        if len(pair) == 2:
            block = covariance[np.ix_(pair, pair)]
            correlation = float(block[0, 1] / np.sqrt(block[0, 0] * block[1, 1]))
        points = residuals[: len(self.data)]
        return WeakFit(
            name=self.law,
            text=LAWS[self.law],
            quantities={
                name: CurieQuantity(value, errors.get(name), UNITS[name])
                for name, value in {**values, **shape}.items()
            },
            chi2=float(points @ points),
            n_free=len(self.names) + len(self.bent),
            places=(self.data.temperature, self.data.field),
            parts=partial(_parts, values=values, shape=shape),
            correlation=correlation,
        )


def _parts(
    T: FloatArray, H: FloatArray, *, values: Mapping[str, float], shape: Mapping[str, float]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    ats = values["g"] * gap_integral(T, **shape) * H if shape else np.zeros(T.shape)
    return -values["chi_larmor"] * H, values["curie_constant"] * curie_shapes(T, H)[0], ats


@dataclass(frozen=True, kw_only=True)
class LowTemperatureTest(FTest):
    """Outcome of (18), with the F test of the slope.

    Errors are by the stated sigmas; ``*_scaled`` by the scatter about the fit.
    ``misses_points`` says whether even a smoother curve than the straight line misses the points; the nature is
    "not-trusted" then. ``slope`` (emu g^-1 Oe^-1) is d[T (chi + chi_L)]/dT in the low window, ``curie_constant``
    (emu K g^-1 Oe^-1) its intercept. ``expected`` is the slope that typical tunnelling systems would give these points.
    """

    nature: Nature
    misses_points: bool
    slope: float
    slope_error: float
    slope_error_scaled: float
    curie_constant: float
    curie_error: float
    chi_larmor: float
    chi_larmor_error: float | None
    chi_larmor_source: str
    expected: float


def low_temperature_test(
    weak: WeakData,
    *,
    ats: Mapping[str, Any],
    chi_larmor: tuple[float, float | None] | None = None,
    allowances: bool = True,
) -> LowTemperatureTest:
    """The low-temperature test (18) on the weak points: is T (chi + chi_L) constant, or does it rise with T?

    T (chi + chi_L) = C for iron alone, C + (G/D_min) T for a glass at kT << D_min; above that, where magnetometers
    work, it rises too, more slowly. The slope is that of least squares over a low-temperature window:

        M = [-chi_L + slope] H + C M_Curie(T, H)      T in the low window
        M = -chi_L H + C' M_Curie(T, H)               T in the high window, unless chi_L is given

    with C and C' independent, so that the slope is chi_L less the chi_L that the low window alone would give. All of it
    is linear, so the p-value of the slope is that of an exact F test. M_Curie is the Brillouin function of half Fe2+
    and half Fe3+ (the two differ by its curvature, which has a Gaussian prior that spans both). Fields, thermometers
    and masses that are off by the usual amounts (``parameters.ALLOWANCES``) may explain a slope: a given chi_L and a
    field that is 4 % too strong make one.

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
            f"no chi_larmor: fewer than {_FEWEST_HIGH} points are above {weak.high_start:.3g} K",
            remedy="Give --chi-larmor VALUE+-ERROR, or another --high-from",
        )
    keep = low | high if chi_larmor is None else low
    data = Dataset(tuple(run for run in weak.data.keep(keep).runs if len(run)))
    test = _Linear(data, low[keep], chi_larmor)
    found = test.f_test(allowances=allowances)
    values = dict(zip(test.names, test.straight.solve()[0].tolist(), strict=True))
    errors = dict(zip(test.names, np.sqrt(np.diag(test.model.covariance())).tolist(), strict=True))
    slope_error = errors["slope"] * test.scatter
    expected = test.slope_of(ats_magnetisation(data.temperature, data.field, **ats))
    misses = test.misses_points(allowances=allowances)
    given, given_error = chi_larmor or (0.0, None)
    return LowTemperatureTest(
        **vars(found),
        nature="not-trusted" if misses else _nature(found, values["slope"], slope_error, expected),
        misses_points=misses,
        slope=values["slope"],
        slope_error=errors["slope"],
        slope_error_scaled=slope_error,
        curie_constant=values["low"],
        curie_error=errors["low"],
        chi_larmor=values.get("chi_larmor", given),
        chi_larmor_error=errors.get("chi_larmor", given_error),
        chi_larmor_source=f"points above {weak.high_start:.3g} K" if chi_larmor is None else "given",
        expected=expected,
    )


def _nature(test: FTest, slope: float, error: float, expected: float) -> Nature:
    if test.p_value < ALPHA:
        if not test.established:
            return "not-established"
        return "glass-like" if slope > 0.0 else "falling"
    # What cannot see the slope of a glass cannot say that there is none.
    return "crystal-like" if expected > 2.0 * error else "not-determined"


class _Linear:
    """The linear problem: ``model`` has the columns ``names``, the slope first, and what is known of their size.

    In ``straight`` the knowledge counts as if the points had errors as large as their distances from a straight line:
    what bends in T (chi + chi_L) of a glass must not drive the partition of the ions, and with it the line, far off.
    """

    def __init__(self, data: Dataset, low: BoolArray, chi_larmor: tuple[float, float | None] | None) -> None:
        self.data = data
        T, H = data.temperature, data.field
        middle, half = curie_shapes(T, H)
        columns = {"slope": np.where(low, H, 0.0), "low": np.where(low, middle, 0.0)}
        widths = {"partition": 1.0}
        self._chi_given, error = (0.0, None) if chi_larmor is None else chi_larmor
        if chi_larmor is None:
            columns |= {"high": np.where(low, 0.0, middle), "chi_larmor": -H}
        elif error is not None:
            columns["chi_larmor_off"] = -H
            widths = {"chi_larmor_off": error, **widths}
        target = data.magnetisation + self._chi_given * H
        # Roughly the Curie constant, for the size of what its partition may do.
        rough = LinearModel.of(data, np.stack(list(columns.values()), axis=1), target)
        columns["partition"] = float(np.abs(rough.solve()[0][1])) * half
        self.names = list(columns)
        rows = np.array([
            [float(name == known) / width for name in self.names] for known, width in widths.items()
        ])  # fmt: skip
        plain = LinearModel.of(data, np.stack(list(columns.values()), axis=1), target)
        self.model = plain.with_knowledge(rows)
        left = rough.fit()
        self.straight = plain.with_knowledge(np.sqrt(max(1.0, left.chi2 / max(left.ndof, 1))) * rows)
        bends = (np.where(low, H * T, 0.0), np.where(low, H * T * T, 0.0), np.where(low, 0.0, H / (T * T)))
        self._smooth = weighted(data, np.stack(bends, axis=1))

    @cached_property
    def _smoother(self) -> LinearFit:
        return self.model.with_columns(self._smooth).fit()

    @property
    def scatter(self) -> float:
        """By how much the points scatter about the smoother curve, in their stated errors; 1 if that cannot be said."""
        fit = self._smoother
        return float(np.sqrt(fit.chi2 / fit.ndof)) if fit.ndof > 0 else 1.0

    def misses_points(self, *, allowances: bool) -> bool:
        """Whether even the smoother curve misses the points by far; small waves about it are no harm to a slope."""
        if self.scatter <= LARGEST_SCATTER or not allowances:
            return self.scatter > LARGEST_SCATTER
        slope = self.model.columns[: len(self.data), :1]
        fit = self._with_allowances().with_columns(np.concatenate([slope, self._smooth], axis=1)).fit()
        return fit.chi2 > LARGEST_SCATTER**2 * max(fit.ndof, 1)

    def slope_of(self, magnetisation: FloatArray) -> float:
        """Slope that least squares find in ``magnetisation`` (emu/g) at the same points."""
        target = np.zeros_like(self.model.target)
        target[: len(self.data)] = magnetisation / self.data.sigma
        return float(replace(self.model, target=target).solve()[0][0])

    def f_test(self, *, allowances: bool) -> FTest:
        """F test of the slope.

        The slope is compared with the scatter about a smoother curve, not with the misfit of a straight line: what
        T (chi + chi_L) of a glass does in the window is no straight line, and must not hide its slope.
        """
        slope = self.model.columns[: len(self.data), :1]
        return self.model.without_first().fit().f_test(
            slope, smooth=self._smooth, allowing=self._with_allowances if allowances else None
        )  # fmt: skip

    def _with_allowances(self) -> LinearModel:
        """The model without a slope, with instrumental errors; what is in proportion to H is taken to be so exactly."""
        data, model, names = self.data, self.model.without_first(), self.names[1:]
        coefficients, _ = model.solve()

        def part(*chosen: str) -> FloatArray:
            # a partition that a misfit drives far off does not belong here
            index = [names.index(name) for name in chosen if name in names]
            return model.columns[: len(data), index] @ coefficients[index] * data.sigma

        curie = part("low", "high")
        whole = curie + part("chi_larmor", "chi_larmor_off") - self._chi_given * data.field
        return model.with_allowances(data, whole, whole / data.field, -curie)
