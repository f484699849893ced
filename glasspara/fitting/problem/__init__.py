"""How a fit is to be done: what is held, free, constrained and limited, resolved from what the user said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from math import hypot, inf
from typing import Any, Literal

from glasspara.data import Dataset
from glasspara.errors import UsageError, names_near
from glasspara.fitting.problem.coordinates import Coordinates, combinations, reported_names
from glasspara.fitting.problem.nuisances import nuisances_of
from glasspara.fitting.problem.problem import Constraint, Penalty, Problem
from glasspara.model import ION_CHOICES
from glasspara.model.model import Model
from glasspara.model.parameters import (
    FARTHEST,
    GEOMETRY,
    ION_NAMES,
    LISTED,
    NUISANCES,
    PARAMETERS,
    PARTITION_NAMES,
)
from glasspara.ordinary import DirectionWidths

LEAST_ERROR = 1.0e-9
"""Of a constraint, as a share of its mean or of the natural size of its parameter."""

Method = Literal["joint", "staged", "staged-once"]
"""All free parameters together; the subtraction stages repeated until nothing moves, which is the joint fit; or each
stage once, frozen before the next."""


@dataclass(frozen=True)
class FitOptions:
    """What the user asks of the fit, whatever the model.

    Parameters
    ----------
    n_fe : (value, error) or None
        Iron concentration by mass spectrometry, g^-1: held without an error, a Gaussian constraint with one.
    fixed : name -> value or None
        Parameters to hold, at a value or (None) at their default.
    freed : names
        Parameters to free that are held by default.
    starts : name -> value
    limits : name -> (low, high)
    constrained : name -> (value, error)
        Gaussian knowledge from outside the data, of a parameter (which is free then) or of a derived combination:
        d_min or ats_strength from heat capacity, n_fe from mass spectrometry.
    nuisances : kind -> width
        What may be off from run to run (field_offset, Oe; moment_offset, emu; drift, emu/g), from sample to sample
        (mass_scale, relative) or in all runs (holder_chi, emu/Oe), with the standard deviation of its Gaussian prior
        about 0.
    allowances : bool
        Whether the ATS term must hold its own against ``parameters.ALLOWANCES`` too. Without effect where there are
        ``nuisances`` besides the holder's: these then count on both sides.
    directions : DirectionWidths or None
        Errors of the instrument that are allowed to the model and to ordinary magnetism alike, or none.
    same_glass : bool
        Whether all runs are of one glass, though their files name several samples.
    no_other_ions : bool
        Whether iron and the trace ions of the model are all magnetic ions that the sample has: known iron may then
        exclude ordinary magnetism alone.
    loss : "linear" or "huber"
        Least squares, or points far off weighing less: :mod:`glasspara.fitting.search.methods`.
    defaults : name -> value
        Values that replace those of the parameter table, from a preset or a sample file.
    """

    n_fe: tuple[float, float | None] | None = None
    fixed: Mapping[str, float | None] = field(default_factory=dict)
    freed: frozenset[str] = frozenset()
    starts: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    constrained: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    nuisances: Mapping[str, float] = field(default_factory=dict)
    allowances: bool = True
    directions: DirectionWidths | None = DirectionWidths()  # noqa: RUF009  # frozen
    same_glass: bool = False
    no_other_ions: bool = False
    loss: Literal["linear", "huber"] = "linear"
    defaults: Mapping[str, float] = field(default_factory=dict)

    @property
    def mentioned(self) -> set[str]:
        return {*self.fixed, *self.freed, *self.starts, *self.limits, *self.constrained}

    def settings(self, model: Model, *, method: Method = "joint") -> FitSettings:
        """The fit of ``model`` with all of these options.

        Raises
        ------
        UsageError
            Where the options contradict each other or name no parameter of the model.
        """
        return FitSettings(**(_fields(self) | {"model": model, "method": method}))

    def for_model(self, model: Model) -> FitSettings:
        """The fit of ``model`` without the options of parameters that it does not have.

        A model with one of the two irons has neither the other nor a partition, and no total to be told.
        """
        both = model.ions == "both"
        known = {*model.names, *PARTITION_NAMES} if both else set(model.names) - set(ION_NAMES)
        known |= set(ION_CHOICES[model.ions])
        heeded = {
            "model": model,
            "n_fe": self.n_fe if both else None,
            "fixed": {name: value for name, value in self.fixed.items() if name in known},
            "freed": self.freed & known,
            "starts": {name: value for name, value in self.starts.items() if name in known},
            "limits": {name: value for name, value in self.limits.items() if name in known},
            "constrained": {name: value for name, value in self.constrained.items() if name in known},
        }
        return FitSettings(**(_fields(self) | heeded))


def _fields(chosen: FitOptions) -> dict[str, Any]:
    return {item.name: getattr(chosen, item.name) for item in fields(chosen)}


@dataclass(frozen=True)
class FitSettings(FitOptions):
    """How the fit of one model is to be done.

    Parameters
    ----------
    model : Model
    method : "joint", "staged" or "staged-once"
        See :data:`Method`.
    n_fe, fixed, freed, starts, limits, constrained, nuisances, allowances, directions, same_glass, no_other_ions,
    loss, defaults
        Those of :class:`FitOptions`.

    Raises
    ------
    UsageError
        Where the options contradict each other or name no parameter of the model.
    """

    model: Model = field(default_factory=Model)
    method: Method = "joint"

    def __post_init__(self) -> None:
        derived = combinations(reported_names(self.model, partition=self.partition))
        for name in sorted(self.mentioned):
            if name not in PARAMETERS and not (name in derived and name in self.constrained):
                names = [*PARAMETERS, *(derived if name in self.constrained else ())]
                raise UsageError(
                    f"no parameter is called {name!r}", remedy=names_near(name, names, listed=LISTED)
                )
        if self.mentioned & set(ION_NAMES) and (self.mentioned & set(PARTITION_NAMES) or self.n_fe):
            raise UsageError(
                "n_fe2, n_fe3 and n_fe, fe2_fraction are two ways to write the same pair",
                remedy="Use one of them (--n-fe goes with n_fe, fe2_fraction)",
            )
        known = set(reported_names(self.model, partition=self.partition))
        if self.partition and self.model.ions != "both":
            raise UsageError(
                f"--ions {self.model.ions} leaves no partition to fit",
                remedy="Drop --n-fe and fe2_fraction, or use --ions both",
            )
        for name in sorted(self.mentioned - known - (derived.keys() & self.constrained.keys())):
            raise UsageError(f"the model {self.model.name!r} has no parameter {name!r}")
        for name in sorted(set(self.fixed) & self.freed):
            raise UsageError(f"{name} is both fixed (--fix) and freed (--free)")
        for name in sorted(set(self.fixed) & set(self.constrained)):
            raise UsageError(f"{name} is both fixed (--fix) and constrained (--constrain)")
        self._check_disturbances()
        if self.n_fe and "n_fe" in self.mentioned:
            raise UsageError("n_fe is set twice, by --n-fe and by another option")
        for name in sorted(set(self.limits) & set(self.held())):
            raise UsageError(
                f"--limit {name} has no effect on a fixed parameter", remedy=f"Add --free {name}"
            )
        self._check_numbers(known)

    def _check_numbers(self, known: Collection[str]) -> None:
        """Refuse what is outside the physical limits, or so far from all that is usual that nothing can be computed."""
        means = {name: mean for name, (mean, _) in self.constrained.items()}
        iron = {} if self.n_fe is None else {"n_fe": self.n_fe[0]}
        for name, value in [*self.starts.items(), *self.fixed.items(), *means.items(), *iron.items()]:
            if name in known and value is not None:
                PARAMETERS[name].check(value)
        for name, ends in self.limits.items():
            parameter = PARAMETERS[name]
            for end in ends:
                parameter.check_size(end, f"--limit {name}")
            if not (ends[0] < parameter.upper and ends[1] > parameter.lower and ends[0] < ends[1]):
                raise UsageError(
                    f"--limit leaves no room for {name}: {ends[0]:g} to {ends[1]:g} {parameter.unit}",
                    remedy=f"Give limits within {parameter.lower:g} to {parameter.upper:g}",
                )
        for name, item in self.constraints().items():
            self._check_error(name, item)

    def _check_error(self, name: str, constraint: Constraint) -> None:
        """The same for the error of what is known from outside the data."""
        if not 0.0 < constraint.error < inf:
            raise UsageError(f"--constrain {name}: the error must be positive")
        if name in PARAMETERS:
            size = PARAMETERS[name].natural_size
        else:
            derived = combinations(reported_names(self.model, partition=self.partition))
            usual = {key: parameter.start for key, parameter in PARAMETERS.items()}
            size = abs(derived[name].value(usual))
        mean, error = abs(constraint.mean), constraint.error
        if not (mean <= size * FARTHEST and LEAST_ERROR * max(mean, size) <= error <= size * FARTHEST):
            raise UsageError(
                f"{name} = {constraint.mean:g} +- {error:g}: no measurement is so precise or has such a value",
                remedy=f"Fix a value that is known exactly: --fix {name}=VALUE",
            )

    def _check_disturbances(self) -> None:
        for name, width in self.nuisances.items():
            if name == GEOMETRY:
                raise UsageError(f"{name} belongs to its factor", remedy="Write --geometry-factor 1+-0.01")
            if name not in NUISANCES:
                raise UsageError(f"{name!r} is not a nuisance", remedy=names_near(name, NUISANCES))
            if not 0.0 < width < inf:
                raise UsageError(f"--nuisance {name}: the width of its prior must be positive")
            PARAMETERS[name].check_size(width, f"--nuisance {name}")
        if self.nuisances and self.method == "staged-once":
            raise UsageError("nuisances need the joint fit", remedy="Drop --staged-once or --nuisance")
        if "field_offset" in self.nuisances and "field_offset" in self.mentioned:
            raise UsageError("field_offset is both one for all runs and one for each (--nuisance)")

    @property
    def partition(self) -> bool:
        """Whether the Langevin term is written as n_fe and fe2_fraction."""
        return self.n_fe is not None or bool(self.mentioned & set(PARTITION_NAMES))

    @property
    def known_iron(self) -> tuple[float, float | None] | None:
        """Iron by mass spectrometry, g^-1, as value and error, however it was given."""
        if self.n_fe is not None:
            return self.n_fe
        if "n_fe" in self.constrained:
            return self.constrained["n_fe"]
        held = self.fixed.get("n_fe")
        return None if held is None else (held, None)

    def allowed_errors(self, data: Dataset) -> DirectionWidths | None:
        """``directions`` with ``nuisances`` added: what the model may use, ordinary magnetism may too."""
        if self.directions is None and not self.nuisances and not data.geometry_errors:
            return None
        widths = self.directions or DirectionWidths(
            **dict.fromkeys(DirectionWidths.__dataclass_fields__, 0.0)
        )
        added = {
            "field_offset": self.nuisances.get("field_offset", 0.0),
            "thermometer_run": self.nuisances.get("temperature_scale", 0.0),
            "mass": self.nuisances.get("mass_scale", 0.0),
            "moment_offset": self.nuisances.get("moment_offset", 0.0) / min(run.grams for run in data.runs),
            "drift": self.nuisances.get("drift", 0.0),
        }
        return replace(widths, **{name: hypot(getattr(widths, name), width) for name, width in added.items()})

    @property
    def chosen(self) -> frozenset[str]:
        """Parameters whose freedom the user decided: these are never held on the program's own account."""
        return frozenset({*self.fixed, *self.freed, *self.limits, *self.constrained})

    def guess(self) -> dict[str, float]:
        """A value for every reported parameter."""
        given = {name: value for name, value in self.fixed.items() if value is not None}
        if self.n_fe:
            given["n_fe"] = self.n_fe[0]
        given |= {name: mean for name, (mean, _) in self.constrained.items() if name not in self.starts}
        values = {}
        for name in reported_names(self.model, partition=self.partition):
            value = given.get(name, self.starts.get(name, self.defaults.get(name, PARAMETERS[name].start)))
            if name in self.limits:
                value = min(max(value, self.limits[name][0]), self.limits[name][1])
            values[name] = value
        if self.model.ions != "both":
            values |= {name: 0.0 for name in ION_NAMES if name not in ION_CHOICES[self.model.ions]}
        if self.model.has_ats and values["d0max_qs4"] < values["d0min_qs4"]:
            values = self._move_default_cutoff(values)
        if self.model.has_ats and values["d0max_qs4"] < values["d0min_qs4"]:
            raise UsageError(
                f"d0max_qs4 ({values['d0max_qs4']:g}) is below d0min_qs4 ({values['d0min_qs4']:g}) at the start",
                remedy="Set both with --set or --fix",
            )
        return values

    def _move_default_cutoff(self, values: Mapping[str, float]) -> dict[str, float]:
        """Keep the usual ratio of the cutoffs where the user set one and the other is but the default."""
        low, high = "d0min_qs4", "d0max_qs4"
        ratio = PARAMETERS[high].start / PARAMETERS[low].start
        if low in self.mentioned and high not in self.mentioned:
            return {**values, high: values[low] * ratio}
        if high in self.mentioned and low not in self.mentioned:
            return {**values, low: values[high] / ratio}
        return dict(values)

    def held(self) -> dict[str, float]:
        """The reported parameters that are not free, with their values."""
        guess = self.guess()
        names = {name for name in guess if PARAMETERS[name].held and name not in self.freed}
        names = (names | set(self.fixed)) - set(self.constrained)
        if self.n_fe and self.n_fe[1] is None:
            names.add("n_fe")
        if self.model.ions != "both":
            names |= set(ION_NAMES) - set(ION_CHOICES[self.model.ions])
        if "n_ats" in names and guess["n_ats"] == 0.0:
            names |= set(self.model.ats_names)  # no systems, no shape to fit
        return {name: guess[name] for name in guess if name in names}

    def assumed(self, held: Mapping[str, float]) -> dict[str, Constraint]:
        """The weak priors of the free parameters of which the user has said nothing; a start does not move them."""
        found = {}
        for name in reported_names(self.model, partition=self.partition):
            parameter = PARAMETERS[name]
            if parameter.prior is not None and name not in held and name not in self.chosen:
                mean = self.defaults.get(name, parameter.start)
                found[name] = Constraint(mean, parameter.prior, log=parameter.prior_of_log, assumed=True)
        return found

    def without_ats(self) -> FitSettings:
        """The same options for the model without its ATS term."""
        return self.for_model(self.model.without_ats())

    def problem(
        self, data: Dataset, held: Mapping[str, float], assumed: Mapping[str, Constraint] | None = None
    ) -> Problem:
        """What is to be minimised when the reported parameters ``held`` are, with ``assumed`` constraints added."""
        limits = {name: limit for name, limit in self.limits.items() if name not in held}
        if "fe2_fraction" in self.constrained:  # not linear in the two concentrations
            limits.setdefault("fe2_fraction", (0.0, 1.0))
        nuisances = () if self.method == "staged-once" else nuisances_of(data, self.nuisances)
        priors = {item.name: Constraint(0.0, item.width) for item in nuisances}
        known = {**self.constraints(), **(assumed or {}), **priors}
        derived = combinations(reported_names(self.model, partition=self.partition))
        constraints = {name: item for name, item in known.items() if name not in held and name not in derived}
        penalties = tuple(
            Penalty(derived[name], item.mean, item.error) for name, item in known.items() if name in derived
        )
        names = tuple(item.name for item in nuisances)
        coordinates = Coordinates(self.model, self.partition, dict(held), limits, names)
        return Problem(data, coordinates, constraints, nuisances, penalties)

    def constraints(self) -> dict[str, Constraint]:
        """Gaussian constraints by reported name."""
        known = {name: Constraint(mean, error) for name, (mean, error) in self.constrained.items()}
        if self.n_fe and self.n_fe[1] is not None:
            known["n_fe"] = Constraint(self.n_fe[0], self.n_fe[1])
        return known
