"""The fit as a whole: minimise, hold what the data cannot fix, test the ATS term, assess, report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, sqrt

import numpy as np
import numpy.typing as npt

from glasspara.dataset import Dataset
from glasspara.fitting.assessment import assess, compare_without_ats, scatter_factor, statistics
from glasspara.fitting.coordinates import to_canonical
from glasspara.fitting.determination import UNDETERMINED, determine
from glasspara.fitting.minimise import Minimum, minimise
from glasspara.fitting.profile import cheap_doublings
from glasspara.fitting.result import Assessment, AtsTest, Derived, FitResult, FittedParameter, Statistics
from glasspara.fitting.settings import FitSettings
from glasspara.fitting.staged import stage_values
from glasspara.model import evaluate
from glasspara.parameters import ATS_NAMES, ION_NAMES, PARAMETERS, PARTITION_NAMES
from glasspara.physics.ions import ION_OF_PARAMETER, curie_constant
from glasspara.wording import percent

FloatArray = npt.NDArray[np.float64]

# The shape parameters of the ATS term that a fit holds of its own accord where the data leave them open.
_HOLDABLE = ("d_min", "delta_mu")
# Chi2 that holding one may cost.
_HOLDING_MAY_COST = 4.0
# Near 0 a relative error says nothing; a delta_mu below this many K hardly changes s(T) any more.
_SMALL_DELTA_MU = 0.1


def fit(data: Dataset, settings: FitSettings | None = None) -> FitResult:
    """Fit the model (17) to all runs of ``data`` together.

    Returns
    -------
    FitResult
        Also where the fit failed or is not to be trusted: see its ``assessment``.

    Raises
    ------
    UsageError
        Where the settings contradict each other.
    """
    settings = settings or FitSettings()
    held = settings.held()
    if settings.method == "staged":
        held |= stage_values(data, settings).values
    guess = settings.guess() | held
    return _finish(data, settings, held, guess)


def _finish(
    data: Dataset, settings: FitSettings, held: dict[str, float], guess: Mapping[str, float]
) -> FitResult:
    pinned = frozenset(settings.starts)
    minimum = minimise(settings.problem(data, held), guess, pinned=pinned)
    test = _test_ats(data, settings, held, minimum)
    notes: list[str] = []
    assumed: list[str] = []
    if "n_ats" in held:
        notes.append(
            f"n_ats is held at {held['n_ats']:.4g} {PARAMETERS['n_ats'].unit}: magnetisation fixes only its product "
            "with d0max_qs4 - d0min_qs4; heat capacity must supply it"
        )
    errors = _relative_errors(minimum, settings)
    while test is not None and test.needed and (name := _open_shape(errors, settings)):
        wider = {**held, name: guess[name]}
        other = minimise(settings.problem(data, wider), guess, pinned=pinned)
        if (
            other.chi2 - minimum.chi2
            > _HOLDING_MAY_COST * max(scatter_factor(_statistics(minimum)), 1.0) ** 2
        ):
            break  # open on one side only, and the value to hold is on the other
        held, error = wider, errors[name]
        assumed.append(name)
        notes.append(
            f"{name} is held at {guess[name]:.4g} {PARAMETERS[name].unit}: these data do not fix it"
            f"{'' if error is None else f' ({percent(error)})'}; --free {name} frees it"
        )
        minimum, test = other, _test_ats(data, settings, held, other)
        errors = _relative_errors(minimum, settings)
    assessment = assess(minimum, _statistics(minimum), errors, test, assumed)
    return _result(data, settings, minimum, assessment, test, tuple(notes))


def _open_shape(errors: Mapping[str, float | None], settings: FitSettings) -> str | None:
    """The shape parameter to hold next: the worst determined one, unless the user decided its freedom.

    None as well where a parameter that the user freed is open: holding another would only make it look fixed.
    """
    sizes = {name: inf if error is None else error for name, error in errors.items()}
    if any(sizes[name] > UNDETERMINED for name in settings.freed & sizes.keys()):
        return None
    candidates = {name: sizes[name] for name in _HOLDABLE if name in sizes and name not in settings.chosen}
    if not candidates:
        return None
    worst = max(candidates, key=candidates.__getitem__)
    return worst if candidates[worst] > UNDETERMINED else None


def _test_ats(
    data: Dataset, settings: FitSettings, held: Mapping[str, float], minimum: Minimum
) -> AtsTest | None:
    if not settings.model.has_ats:
        return None
    plain = settings.without_ats()
    rest = {name: value for name, value in held.items() if name not in ATS_NAMES}
    problem = plain.problem(data, rest)
    other = minimise(problem, plain.guess() | rest)
    extra = len(minimum.coordinates.names) - len(other.coordinates.names)
    errors = np.sqrt(np.diag(other.reported_covariance()))
    without = {
        name: (other.reported[name], float(error) if error > 0.0 else None)
        for name, error in zip(other.coordinates.reported, errors, strict=True)
        if name in other.coordinates.free
    }
    return compare_without_ats(_statistics(minimum), other.chi2, extra, without)


def _statistics(minimum: Minimum) -> Statistics:
    problem = minimum.problem
    return statistics(minimum.chi2, len(problem.data), problem.n_observations, len(problem.coordinates.names))


def _relative_errors(minimum: Minimum, settings: FitSettings) -> dict[str, float | None]:
    """Standard error over size of each free parameter; None where nothing is known.

    The size is the value, but for each ion that of all iron, for fe2_fraction 1: "none of it" is an answer too.
    """
    level = cheap_doublings(minimum, settings, cost=max(scatter_factor(_statistics(minimum)), 1.0) ** 2)
    variances = dict(zip(minimum.coordinates.reported, np.diag(minimum.reported_covariance()), strict=True))
    result: dict[str, float | None] = {}
    limits = minimum.limits_met()
    for name in minimum.coordinates.free:
        if name == "field_offset":
            continue
        size = abs(minimum.reported[name])
        if name == "fe2_fraction":
            size = 1.0
        elif name in ION_NAMES:
            size = sum(to_canonical(minimum.reported)[ion] for ion in ION_NAMES)
        elif name == "delta_mu":
            size = max(size, _SMALL_DELTA_MU)
        error = limits[name][1] if name in limits else sqrt(max(variances[name], 0.0))
        result[name] = error / size if error and size > 0.0 and name not in level else None
    return result


def _result(
    data: Dataset,
    settings: FitSettings,
    minimum: Minimum,
    assessment: Assessment,
    test: AtsTest | None,
    notes: tuple[str, ...],
) -> FitResult:
    stats = _statistics(minimum)
    covariance = minimum.reported_covariance()
    names = minimum.coordinates.reported
    free = minimum.coordinates.free
    determination = determine(minimum)
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    index = [names.index(name) for name in free]
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = covariance[np.ix_(index, index)] / np.outer(errors[index], errors[index])
    return FitResult(
        model=settings.model,
        method=settings.method,
        data=data,
        parameters=_parameters(settings, minimum, errors, scatter_factor(stats)),
        correlation_names=free,
        correlation=correlation,
        derived=_derived(minimum.reported, names, covariance, partition=settings.partition),
        statistics=stats,
        ats_test=test,
        determination=determination,
        assessment=assessment,
        terms=evaluate(data.temperature, data.field, to_canonical(minimum.reported), settings.model),
        notes=notes,
    )


def _parameters(
    settings: FitSettings, minimum: Minimum, errors: FloatArray, factor: float
) -> dict[str, FittedParameter]:
    limits_met = minimum.limits_met()
    result = {}
    for name, error in zip(minimum.coordinates.reported, errors, strict=True):
        free = name in minimum.coordinates.free
        side, size = limits_met.get(name, (None, float(error) if free and error > 0.0 else None))
        low, high = settings.limits.get(name, (PARAMETERS[name].lower, PARAMETERS[name].upper))
        result[name] = FittedParameter(
            name=name,
            value=minimum.reported[name],
            error=size,
            error_scaled=None if size is None else size * factor,
            unit=PARAMETERS[name].unit,
            fixed=not free,
            constraint=settings.constraints().get(name) if free else None,
            limits=(low if np.isfinite(low) else None, high if np.isfinite(high) else None),
            at_limit=side,
        )
    return result


def _derived(
    reported: Mapping[str, float], names: tuple[str, ...], covariance: FloatArray, *, partition: bool
) -> dict[str, Derived]:
    """Combinations of the parameters, with errors by linear propagation."""

    def fraction(values: Mapping[str, float]) -> float:
        total = values["n_fe2"] + values["n_fe3"]
        return values["n_fe2"] / total if total > 0.0 else 0.0

    wanted: dict[str, tuple[str, Callable[[Mapping[str, float]], float]]] = {}
    if partition:
        for name in ION_NAMES:
            wanted[name] = (PARAMETERS[name].unit, lambda v, name=name: v[name])  # type: ignore[misc]
    else:
        wanted[PARTITION_NAMES[0]] = ("g^-1", lambda v: v["n_fe2"] + v["n_fe3"])
        wanted[PARTITION_NAMES[1]] = ("1", fraction)
    wanted["curie_constant"] = (
        "emu K g^-1 Oe^-1",
        lambda v: sum(
            v[name] * curie_constant(j=ION_OF_PARAMETER[name].j, g=ION_OF_PARAMETER[name].g)
            for name in ION_NAMES
        ),
    )
    if "n_ats" in reported:
        wanted["d0_mean_qs4"] = ("K A^2", lambda v: 0.5 * (v["d0min_qs4"] + v["d0max_qs4"]))
        wanted["d0_difference_qs4"] = ("K A^2", lambda v: v["d0max_qs4"] - v["d0min_qs4"])
        wanted["ats_amplitude"] = (
            "K A^2 g^-1",
            lambda v: v["n_ats"] * (v["d0max_qs4"] - v["d0min_qs4"]),
        )
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    result = {}
    for key, (unit, function) in wanted.items():
        slopes = np.zeros(len(names))
        for index, name in enumerate(names):
            # Every combination is at most quadratic: central differences are exact but for rounding.
            step = 1.0e-4 * max(abs(reported[name]), errors[index])
            if errors[index] == 0.0 or step == 0.0:
                continue
            up, down = ({**reported, name: reported[name] + sign * step} for sign in (1.0, -1.0))
            slopes[index] = (function(to_canonical(up)) - function(to_canonical(down))) / (2.0 * step)
        variance = float(slopes @ covariance @ slopes)
        result[key] = Derived(
            value=float(function(to_canonical(reported))),
            error=sqrt(variance) if variance > 0.0 else None,
            unit=unit,
        )
    return result
