"""What a fit says: one frozen object, the same that every report is written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.data import Dataset
from glasspara.findings import Answer, Assessment, Finding
from glasspara.fitting.judge import Statistics
from glasspara.fitting.problem import Method
from glasspara.fitting.problem.problem import Constraint
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.model import Model, Terms
from glasspara.model.parameters import parameter_of
from glasspara.physics.ions import TraceIon

if TYPE_CHECKING:
    from pandas import DataFrame

    from glasspara.fitting.intervals.regions import Contour, Interval, ProfileCurve
    from glasspara.fitting.judge.misfit import MisfitPlace
    from glasspara.fitting.judge.ordinary import OrdinaryMagnetism


Status = Literal[
    "good", "not-established", "term-not-needed", "not-determined", "poor", "not-plausible", "not-converged"
]
TRUSTED: frozenset[Status] = frozenset({"good", "not-established", "term-not-needed"})


@dataclass(frozen=True)
class FittedParameter:
    """One parameter as reported.

    ``error`` is one standard error by the stated sigmas (chi2 up by 1); None for a held parameter and where
    there is none to be had. ``error_scaled`` is the same times sqrt(chi2/ndof), ``error_with_instrument`` that with
    the errors of the instrument that the verdict allows; None where it does not rest on them. ``at_limit`` is "lower"
    or "upper" where the parameter ended at a limit; its error is then one-sided.
    """

    name: str
    value: float
    error: float | None
    error_scaled: float | None
    unit: str
    fixed: bool
    constraint: Constraint | None
    limits: tuple[float | None, float | None]
    at_limit: str | None
    stage: bool = False
    """Whether a subtraction stage fitted it before the last; its error is then that of its own stage."""
    minos: Interval | None = None
    """Interval by the profile of chi2, where it was asked for."""
    error_with_instrument: float | None = None

    @property
    def kind(self) -> Literal["stage", "held", "free", "assumed", "constrained"]:
        """How it came to its value: "assumed" is free with a prior of the program, "constrained" with the user's."""
        if self.stage:
            return "stage"
        if self.fixed:
            return "held"
        if self.constraint is None:
            return "free"
        return "assumed" if self.constraint.assumed else "constrained"


def _is_edge_of_search(name: str, side: str) -> bool:
    """Whether a limit of the parameter table is one of the search: physics sets only 0, and 0 to 1 for a share."""
    parameter = parameter_of(name)
    return name != "fe2_fraction" and (parameter.lower if side == "lower" else parameter.upper) != 0.0


def fitted_parameters(
    minimum: Minimum,
    limits: Mapping[str, tuple[float, float]],
    frozen: Mapping[str, float | None],
    wider: Minimum | None = None,
) -> dict[str, FittedParameter]:
    """The parameters of ``minimum``; ``limits`` are the user's, ``frozen`` the errors of those that stages fitted,
    ``wider`` the minimum with the errors of the instrument in its covariance.
    """
    limits_met, statistics = minimum.limits_met(), minimum.statistics
    result = {}
    for name, value in minimum.reported.items():
        error = frozen[name] if name in frozen else minimum.errors[name]
        side = limits_met[name][0] if name in limits_met else None
        if statistics.ndof <= 0 or (side and name not in limits and _is_edge_of_search(name, side)):
            error = (
                None  # as many parameters as points; or what the search ends at says nothing of the parameter
            )
        low, high = limits.get(name, (parameter_of(name).lower, parameter_of(name).upper))
        result[name] = FittedParameter(
            name=name,
            value=value,
            error=error,
            error_scaled=None if error is None else error * statistics.scatter_factor,
            unit=parameter_of(name).unit,
            fixed=name not in minimum.coordinates.free,
            constraint=minimum.problem.constraints.get(name),
            limits=(low if np.isfinite(low) else None, high if np.isfinite(high) else None),
            at_limit=side,
            stage=name in frozen,
            error_with_instrument=None if error is None or wider is None else wider.errors[name],
        )
    return result


def correlation_of(minimum: Minimum) -> FloatArray:
    """Correlation of the free parameters; 1 on the diagonal, and 0 beside it where there is no variance."""
    names, free = minimum.coordinates.reported, minimum.coordinates.free
    index = [names.index(name) for name in free]
    covariance = minimum.reported_covariance()[np.ix_(index, index)]
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    scale = np.where(errors > 0.0, errors, 1.0)
    correlation: FloatArray = covariance / np.outer(scale, scale)
    np.fill_diagonal(correlation, 1.0)
    return correlation


@dataclass(frozen=True)
class Derived:
    """A number that follows from the parameters, with the error propagated through their covariance."""

    kind: ClassVar = "derived"

    value: float
    error: float | None
    unit: str
    constraint: Constraint | None = None
    """What the user knows of it from outside the data."""
    minos: Interval | None = None
    """Interval by the profile of chi2, where it was asked for."""
    error_with_instrument: float | None = None


Quantity = FittedParameter | Derived


@dataclass(frozen=True, eq=False)
class AtsTest:
    """Does the ATS term earn its place? Chi2 of the fit without it, and the chance of such a gain by noise.

    ``p_value`` is that of the F test: gain over the number of free parameters of the term, against chi2/ndof of
    the fit with it. ``p_with_allowances`` is the same with the errors that magnetometers are prone to allowed to the
    fit without the term (``parameters.ALLOWANCES``); None where they were not asked for, or could change nothing. The
    term is ``needed`` if both are small. ``open_without`` names what the data do not fix even without the term.
    """

    chi2_without: float
    delta_chi2: float
    extra_parameters: int
    p_value: float
    needed: bool
    parameters_without: Mapping[str, tuple[float, float | None]]
    """Value and error of each free parameter of the fit without the term."""
    open_without: tuple[str, ...] = ()
    valid_without: bool = True
    """Whether the fit without the term has a valid minimum."""
    chi2_with_allowances: float | None = None
    p_with_allowances: float | None = None
    without: Minimum | None = None
    """The fit without the term."""

    def chosen(self, minimum: Minimum) -> Minimum:
        """The fit without the term where that is not needed, else ``minimum``."""
        return minimum if self.needed or self.without is None else self.without


@dataclass(frozen=True)
class TraceEffect:
    """What trace ions do to the iron: (value, error) of ``n_fe`` and ``fe2_fraction``, with them and without."""

    ions: tuple[TraceIon, ...]
    with_ions: Mapping[str, tuple[float, float | None]]
    without: Mapping[str, tuple[float, float | None]]

    @property
    def change(self) -> Mapping[str, float]:
        """How far they move each, with them less without; the two fits share their noise."""
        return {name: value - self.without[name][0] for name, (value, _) in self.with_ions.items()}


@dataclass(frozen=True)
class Determination:
    """What the data determine.

    ``singular_values`` are those of the Jacobian of the weighted residuals by ln(parameter), n_ats among the
    parameters even where it is held; ``relative_errors`` the relative standard deviation each of ``names``
    would have if all of them were free; ``combinations`` are well-determined products with their relative
    errors; ``statements`` are the findings of it.
    """

    names: tuple[str, ...]
    singular_values: tuple[float, ...]
    relative_errors: Mapping[str, float | None]
    combinations: Mapping[str, float | None]
    undetermined: tuple[str, ...]
    statements: tuple[Finding, ...]


@dataclass(frozen=True)
class Spread:
    """What the replicates of a bootstrap say of one parameter or combination.

    ``value`` is that of the fit; ``standard_error`` the standard deviation of the replicates, ``bias`` their mean
    less ``value``; the intervals hold the central 68.27 % and 95 % of them. ``at_limit`` counts the replicates
    that ended at a limit of the parameter.
    """

    value: float
    standard_error: float
    bias: float
    interval_68: tuple[float, float]
    interval_95: tuple[float, float]
    unit: str
    at_limit: int = 0


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """A fit done again on many sets of new data.

    ``samples`` holds a row for each replicate and a column for each of ``names`` (the free parameters), NaN where
    the replicate found no minimum; ``problems`` says why, by replicate. ``p_value`` is the share of parametric
    replicates whose chi2 is as large as that of the data.
    """

    kind: Literal["parametric", "residual"]
    seed: int
    names: tuple[str, ...]
    samples: FloatArray
    chi2: FloatArray
    problems: Mapping[int, str]
    parameters: Mapping[str, Spread]
    derived: Mapping[str, Spread]
    p_value: float | None
    remarks: tuple[Finding, ...]


def fit_assessment(status: Status, *reasons: Finding) -> Assessment:
    """The verdict on a fit."""
    return Assessment("fitting", status, reasons, trusted=status in TRUSTED)


def describes(assessment: Assessment) -> bool:
    """Whether a fit with this verdict describes the data, not only ordinary magnetism where a term is "not needed"."""
    if assessment.status in ("poor", "not-plausible", "not-converged"):
        return False
    return not any(reason.code == "fitting.ordinary-instead" for reason in assessment.reasons)


@dataclass(frozen=True, eq=False, repr=False)
class FitResult(Answer):
    """A finished fit, trustworthy or not.

    ``terms`` are the model's terms at every point of ``data`` (flat arrays through its runs, emu/g). A failed
    fit is still a result; ``assessment`` says what it is worth.
    """

    model: Model
    method: Method
    data: Dataset
    minimum: Minimum
    """Where in its coordinates the fit ended: what profiles and intervals start from."""
    parameters: Mapping[str, FittedParameter]
    correlation_names: tuple[str, ...]
    correlation: FloatArray
    derived: Mapping[str, Derived]
    statistics: Statistics
    ats_test: AtsTest | None
    ordinary: OrdinaryMagnetism | None
    """The comparison with ordinary magnetism as a whole, where it was made."""
    determination: Determination
    assessment: Assessment
    terms: Terms
    notes: tuple[Finding, ...] = ()
    profiles: tuple[ProfileCurve, ...] = ()
    contours: tuple[Contour, ...] = ()
    bootstrap: Bootstrap | None = None
    trace_effect: TraceEffect | None = None
    """Where the model has trace ions: the iron with them and without."""
    joint: FitResult | None = None
    """Beside one pass of the stages: the joint fit, which tells their bias."""

    @property
    def ats_established(self) -> bool | None:
        """Whether the ATS term is established: the ETM describes the data and ordinary magnetism does not.

        None where the model has no ATS term, and where the comparison was left out.
        """
        left_out = self.ordinary is None and self.ats_test is not None and self.ats_test.needed
        if not self.model.has_ats or (left_out and self.describes):
            return None
        if self.ordinary is None:
            return False
        described = self.assessment.status in ("good", "not-determined")
        return described and self.ordinary.excluded

    @property
    def describes(self) -> bool:
        """Whether the model describes the data."""
        return describes(self.assessment)

    @cached_property
    def misfit(self) -> tuple[MisfitPlace, ...]:
        """Where the misfit of a poor fit is concentrated, the clearest place first."""
        from glasspara.fitting.judge.misfit import places_of_misfit

        if self.assessment.status != "poor":
            return ()
        return places_of_misfit(self.ats_test.chosen(self.minimum) if self.ats_test else self.minimum)

    @property
    def residuals(self) -> FloatArray:
        """Data minus model, emu/g, at every point of ``data``."""
        return self.data.magnetisation - self.terms.total

    @property
    def intrinsic(self) -> FloatArray:
        """M_intr = M less everything but the ATS term, emu/g, at every point of ``data``."""
        return self.data.magnetisation - self.terms.beside_ats

    @cached_property
    def intrinsic_errors(self) -> FloatArray:
        """Standard error of :attr:`intrinsic` at every point, emu/g, if the model is right.

        M_intr is the residual and the fitted ATS term. The residual has the variance of the point less what the fit
        has taken of it, the term that of the parameters, and least squares leave the two uncorrelated. What is held
        counts as exact; what a stage froze has the error of its own stage. NaN where the fit has no errors.
        """
        minimum, reported = self.minimum, self.minimum.reported
        if self.statistics.ndof <= 0:
            return np.full(len(self.data), np.nan)
        names, covariance = minimum.coordinates.reported, minimum.reported_covariance()
        by_model = minimum.problem.total_with_gradient(reported)[1]
        by_rest = by_model
        if self.model.has_ats:  # the term is linear in n_ats: nothing of it is left at 0
            by_rest = minimum.problem.total_with_gradient({**reported, "n_ats": 0.0})[1]
            by_rest[:, names.index("n_ats")] = 0.0
        by_ats = by_model - by_rest
        taken = np.sum((by_model @ covariance) * by_model, axis=1)
        variance = np.maximum(self.data.sigma**2 - taken, 0.0) + np.sum(
            (by_ats @ covariance) * by_ats, axis=1
        )
        for column, name in enumerate(names):
            if self.parameters[name].stage:
                variance += (by_rest[:, column] * (self.parameters[name].error or 0.0)) ** 2
        return np.asarray(np.sqrt(variance))

    def to_frame(self) -> DataFrame:
        """One row a parameter or derived number: value, standard error, unit, and how it came to be."""
        from pandas import DataFrame

        rows = [
            (name, item.value, item.error, item.unit, item.kind) for name, item in self.quantities.items()
        ]
        return DataFrame(rows, columns=["parameter", "value", "error", "unit", "kind"])

    @property
    def values(self) -> dict[str, float]:
        return {name: parameter.value for name, parameter in self.parameters.items()}

    @property
    def quantities(self) -> dict[str, Quantity]:
        """Everything that has a name, a value and an error: the parameters, then what is derived."""
        return {**self.parameters, **self.derived}
