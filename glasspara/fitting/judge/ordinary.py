"""The question that decides: could ordinary magnetism as a whole have made these data?

A fit with an ATS term that beats "Larmor + free Fe2+ and Fe3+" does not answer it. Here the data are fitted by
everything ordinary at once (:mod:`glasspara.ordinary`), with the same errors of the instrument allowed to both sides.
The term is established only where the model with it describes the data and ordinary magnetism does not, by a margin in
chi2 that was calibrated on simulated samples without tunnelling systems (``docs/ordinary.md``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from glasspara.arrays import FloatArray, IntArray, column_lengths
from glasspara.data import Dataset, ReducedRun
from glasspara.fitting.judge import MISFIT_P, chi2_p_value
from glasspara.fitting.problem.coordinates import CUTOFFS
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.model import evaluate, slope_by_log_temperature
from glasspara.model.parameters import to_canonical
from glasspara.ordinary import (
    Component,
    ConeFit,
    Curve,
    Directions,
    DirectionWidths,
    ExtraColumn,
    chi2_with_directions,
    directions_of,
    eliminate,
    ordinary_magnetism,
)
from glasspara.physics.ions import TraceIon

THRESHOLD = 10.0
"""Margin above which ordinary magnetism is excluded: see ``docs/ordinary.md`` for how it was calibrated."""

_HELD_IRON = 1.0e-3
# Relative error of iron that was given without one.

_STEP, _STEP_H = 1.0e-4, 1.0  # relative, and Oe

IRON_OF_A_LABORATORY = 0.01
"""Relative error of the mass spectrometer's iron in the question what giving it would change."""


@dataclass(frozen=True, eq=False)
class OrdinaryMagnetism:
    """The best description by ordinary magnetism beside that by the fitted model.

    ``chi2_model`` is that of the fitted model with the same ``widths`` of instrumental errors. ``margin`` is their
    difference in units of the model's chi2/ndof, or of 1 if that is smaller; ``margin_with_iron`` what it would be with
    the iron that the model found, known to 1 %, where none was given; ``margin_iron_free`` what it is without the iron
    that was given, where that excludes ordinary magnetism. None where it was not asked. ``no_other_ions`` says that the
    sample has no other magnetic ions than those of the model.
    """

    cone: ConeFit
    widths: DirectionWidths | None
    chi2_model: float
    chi2_model_without_directions: float
    ndof_model: int
    margin_with_iron: float | None = None
    margin_iron_free: float | None = None
    no_other_ions: bool = False
    chi2_nested: float | None = None
    """Of ordinary magnetism and the ATS term together, where the model alone does not describe the data."""

    @property
    def described_with_ats(self) -> bool:
        """Whether ordinary magnetism describes the data with the ATS term beside it, and not without.

        That establishes nothing: a fault of the instrument that no direction describes may stand in for the term.
        """
        if self.chi2_nested is None or chi2_p_value(self.chi2_nested, self.cone.n_points) < MISFIT_P:
            return False
        return _margin(self.cone.chi2, self.chi2_nested, self.cone.n_points) > THRESHOLD

    @property
    def model_describes(self) -> bool:
        """Whether the model describes the data if the instrument errs as much as is allowed to both sides."""
        return chi2_p_value(self.chi2_model, self.ndof_model) >= MISFIT_P

    @property
    def p_value(self) -> float:
        """Of ordinary magnetism, with as many degrees of freedom as points: conservative for anything inside it."""
        return chi2_p_value(self.cone.chi2, self.cone.n_points)

    @property
    def margin(self) -> float:
        return _margin(self.cone.chi2, self.chi2_model, self.ndof_model)

    @property
    def margin_without_directions(self) -> float:
        return _margin(self.cone.chi2_without_directions, self.chi2_model_without_directions, self.ndof_model)

    @property
    def allowed(self) -> list[str]:
        """The errors of the instrument that were allowed, with their widths (one standard error)."""
        found = dict.fromkeys((item.kind, item.width, item.unit) for item in self.cone.directions)
        return [
            f"{kind} {100.0 * width:g} %" if unit == "1" else f"{kind} {width:g} {unit}"
            for kind, width, unit in found
        ] or ["none"]

    @property
    def excluded(self) -> bool:
        """Whether ordinary magnetism describes the data worse than the model does, by more than the threshold.

        Unless it is known that there are no other magnetic ions, whose number no iron bounds, it must do so with the
        iron free too.
        """
        return self.margin > THRESHOLD and (self.no_other_ions or not self.by_iron_alone)

    @property
    def by_iron_alone(self) -> bool:
        """Whether it takes the known iron to exclude ordinary magnetism."""
        free = self.margin_iron_free
        return self.margin > THRESHOLD and free is not None and free <= THRESHOLD


def component_name(item: Component) -> str:
    """A component as a physicist names it: "clusters, mu = 104 mu_B"."""
    if item.symbol == "J":
        return item.name
    unit = "" if item.unit_of_parameter == "1" else f" {item.unit_of_parameter}"
    return f"{item.name}, {item.symbol} = {item.mean:.3g}{unit}"


def _margin(chi2: float, chi2_model: float, ndof: int) -> float:
    return (chi2 - chi2_model) / max(1.0, chi2_model / ndof if ndof > 0 else 1.0)


def ordinary_fit(
    data: Dataset,
    *,
    iron: tuple[float, float | None] | None,
    widths: DirectionWidths | None,
    trace_ions: Sequence[TraceIon] = (),
    extra_columns: Sequence[ExtraColumn] = (),
) -> ConeFit:
    """The best description of ``data`` by ordinary magnetism, and ``extra_columns`` beside it.

    ``iron`` is that of the mass spectrometer, g^-1, with its error if there is one.
    """
    run, sample = _labels(data)
    return ordinary_magnetism(
        data.temperature,
        data.field,
        data.magnetisation,
        data.sigma,
        run=run,
        sample=sample,
        iron=None if iron is None else (iron[0], iron[1] or _HELD_IRON * iron[0]),
        widths=widths,
        progress=data.progress,
        geometry=data.geometry_errors,
        trace_ions=[(item.ion.name, item.ion.j, item.ion.g) for item in trace_ions],
        extra_columns=extra_columns,
    )


def compare_with_ordinary(
    minimum: Minimum,
    *,
    iron: tuple[float, float | None] | None,
    widths: DirectionWidths | None,
    no_other_ions: bool = False,
    cone: ConeFit | None = None,
) -> OrdinaryMagnetism:
    """:func:`side_by_side`, and what the iron does to the margin: if it were given, or if it were not.

    ``no_other_ions`` says that the sample has no other magnetic ions than those of the model.
    """
    found = side_by_side(minimum, iron=iron, widths=widths, cone=cone)
    found = replace(found, no_other_ions=no_other_ions)
    model, total = minimum.coordinates.model, to_canonical(minimum.reported)
    n_fe = total["n_fe2"] + total["n_fe3"]
    if iron is not None and found.excluded:
        free = ordinary_fit(minimum.problem.data, iron=None, widths=widths, trace_ions=model.trace_ions)
        return replace(found, margin_iron_free=_margin(free.chi2, found.chi2_model, found.ndof_model))
    if iron is not None or found.excluded or n_fe <= 0.0:
        return found
    known = (n_fe, IRON_OF_A_LABORATORY * n_fe)
    return replace(found, margin_with_iron=expected_margin(minimum, found, iron=known)[0])


def side_by_side(
    minimum: Minimum,
    *,
    iron: tuple[float, float | None] | None,
    widths: DirectionWidths | None,
    cone: ConeFit | None = None,
) -> OrdinaryMagnetism:
    """Hold ``minimum`` against ordinary magnetism, the same directions allowed to both.

    ``iron`` is that of the mass spectrometer, g^-1, with its error if there is one. ``cone`` is the fit of ordinary
    magnetism to the same data with the same ``iron`` and ``widths``, where it has been done.
    """
    data = minimum.problem.data
    trace_ions = minimum.coordinates.model.trace_ions
    if cone is None:
        cone = ordinary_fit(data, iron=iron, widths=widths, trace_ions=trace_ions)
    chi2 = minimum.chi2
    if widths is not None:
        run, sample = _labels(data)
        directions = directions_of(
            data.temperature,
            run=run,
            sample=sample,
            widths=widths,
            progress=data.progress,
            geometry=data.geometry_errors,
        )
        chi2 = _with_directions(minimum, directions)
    return OrdinaryMagnetism(cone, widths, chi2, minimum.chi2, minimum.statistics.ndof)


def expected_margin(
    minimum: Minimum,
    found: OrdinaryMagnetism,
    *,
    iron: tuple[float, float] | None = None,
    runs: Sequence[ReducedRun] = (),
) -> tuple[float, ConeFit]:
    """What would decide: the margin to expect if more were known, by the fit ``minimum`` and its margin ``found``, and
    the fit of ordinary magnetism that it belongs to.

    Parameters
    ----------
    iron : (value, error), optional
        Iron by mass spectrometry, g^-1, if that confirmed the fitted one.
    runs : sequence of ReducedRun
        Further runs, their moments those of the fitted model, without noise. The model goes on to describe them, so
        that its chi2 stays; noise adds as much to both sides on average, but for what ordinary magnetism can take up.
    """
    cone = ordinary_fit(
        Dataset((*minimum.problem.data.runs, *runs)),
        iron=iron or found.cone.iron_used,
        widths=found.widths,
        trace_ions=minimum.coordinates.model.trace_ions,
    )
    return _margin(cone.chi2, found.chi2_model, found.ndof_model), cone


def with_ats_beside(minimum: Minimum, found: OrdinaryMagnetism) -> OrdinaryMagnetism:
    """``found`` with the nested question: ordinary magnetism and the ATS term together.

    The term enters with its fitted shape, and with its derivatives by the shape parameters, so that the shape may move.
    """
    data, model = minimum.problem.data, minimum.coordinates.model
    values = to_canonical(minimum.reported)

    T, H = data.temperature, data.field

    def term(T: FloatArray = T, H: FloatArray = H, **moved: float) -> FloatArray:
        return evaluate(T, H, {**values, **moved}, model).ats

    by_field = (term(H=H + _STEP_H) - term(H=H - _STEP_H)) / (2.0 * _STEP_H)
    by_temperature = (term(T * (1.0 + _STEP)) - term(T * (1.0 - _STEP))) / (2.0 * _STEP)
    still = np.zeros(len(data))
    extra = [ExtraColumn(Curve(term(), by_field, by_temperature))]
    for names in (("d_min",), ("delta_mu",), CUTOFFS):
        if all(name in values for name in names):
            step = {name: _STEP * (values[name] or 1.0) for name in names}
            up = term(**{name: values[name] + step[name] for name in names})
            down = term(**{name: values[name] - step[name] for name in names})
            extra.append(ExtraColumn(Curve((up - down) / (2.0 * _STEP), still, still), signed=True))
    cone = ordinary_fit(data, iron=found.cone.iron_used, widths=found.widths, extra_columns=extra)
    return replace(found, chi2_nested=cone.chi2)


def _labels(data: Dataset) -> tuple[IntArray, IntArray]:
    """Number of the run and of the sample of every point."""
    lengths = [len(run) for run in data.runs]
    return np.repeat(np.arange(len(lengths)), lengths), np.repeat(np.array(data.sample_numbers), lengths)


def _with_directions(minimum: Minimum, directions: Directions) -> float:
    """Chi2 of the model when its parameters follow the errors that the instrument may have, to first order."""
    problem, point = minimum.problem, minimum.point
    residuals, jacobian = problem.residuals_and_jacobian(point)
    n, sigma = len(problem.data), problem.data.sigma
    fit = chi2_with_directions(
        residuals[:n] * sigma,
        sigma,
        directions,
        directions.columns(_curve(minimum)),
        tangent=-jacobian[:n] * sigma[:, None],
        beside=(residuals[n:], -jacobian[n:]),
    )
    return min(fit.chi2, minimum.chi2)


def with_errors_of_instrument(minimum: Minimum, widths: DirectionWidths) -> Minimum:
    """``minimum`` with the covariance that it has if the instrument may err by ``widths``, to first order."""
    data, problem = minimum.problem.data, minimum.problem
    run, sample = _labels(data)
    directions = directions_of(
        data.temperature, run=run, sample=sample, widths=widths, progress=data.progress
    )
    inside = [i for i, name in enumerate(minimum.coordinates.names) if name not in minimum.at_limit]
    jacobian = problem.residuals_and_jacobian(minimum.point)[1][:, inside]
    lengths = column_lengths(jacobian)
    jacobian = jacobian / lengths
    slopes = directions.columns(_curve(minimum))
    matrix = np.hstack([jacobian[: len(data)], slopes.shared / data.sigma[:, None]])
    information = jacobian.T @ jacobian
    eliminate(matrix, slopes.own / data.sigma[:, None], directions.runs)
    k = len(information)
    known = jacobian[len(data) :].T @ jacobian[len(data) :]
    own, shared = matrix[:, :k], matrix[:, k:]
    mixed, inner = own.T @ shared, np.eye(shared.shape[1]) + shared.T @ shared
    left = own.T @ own + known - mixed @ np.linalg.solve(inner, mixed.T)
    before, after = (np.linalg.pinv(item, rcond=1e-14, hermitian=True) for item in (information, left))
    covariance = minimum.covariance.copy()
    covariance[np.ix_(inside, inside)] += (after - before) / np.outer(lengths, lengths)
    return replace(minimum, covariance=covariance)


def _curve(minimum: Minimum) -> Curve:
    """The fitted model with its slopes by field and by the logarithm of the temperature."""
    problem, reported = minimum.problem, minimum.reported
    values: Mapping[str, float] = to_canonical(reported)
    T, H = problem.data.temperature, problem.data.field
    total, gradient = problem.total_with_gradient(reported)
    index = list(reported).index("field_offset")
    by_temperature: FloatArray = slope_by_log_temperature(T, H, values, minimum.coordinates.model)
    return Curve(total, gradient[:, index], by_temperature)
