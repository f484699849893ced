"""The options that commands share, in groups, and what becomes of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from glasspara.cli import options
from glasspara.cli.output import Output, report_error, warn
from glasspara.cli.values import (
    assignments,
    interval,
    intervals,
    mass_mg,
    measured,
    names,
    number,
    numbers,
    with_error,
)
from glasspara.errors import GlassparaError, UsageError
from glasspara.findings import Answer

if TYPE_CHECKING:
    from glasspara.data import Dataset
    from glasspara.data.corrections import Corrections
    from glasspara.data.loading import Loaded
    from glasspara.data.selection import Window
    from glasspara.files.naming import FileNames
    from glasspara.fitting.problem import FitOptions, FitSettings, Method
    from glasspara.model.model import Model
    from glasspara.ordinary import DirectionWidths
    from glasspara.physics.ions import TraceIon
    from glasspara.report import Report
    from glasspara.sample import Sample
    from glasspara.sample.mass import GeometryFactors


@dataclass(frozen=True)
class DataOptions:
    """Which files, which of their rows, and of what sample."""

    files: options.Files
    mass: options.Mass = None
    sample: options.SampleOption = None
    geometry_factor: options.GeometryFactorOption = None
    moment: options.Moment = "auto"
    errors: options.Errors = "auto"
    t_range: options.TRange = None
    h_range: options.HRange = None
    not_t_range: options.NotTRange = None
    not_h_range: options.NotHRange = None
    exclude: options.Exclude = None
    min_fit: options.MinFit = None
    average: options.Average = False
    background: options.BackgroundOption = None
    background_scale: options.BackgroundScale = "1"
    holder_chi: options.HolderChi = None
    field_standard: options.FieldStandardOption = None
    standard_chi: options.StandardChi = None
    standard_mass: options.StandardMass = None
    same_glass: options.SameGlass = False
    skip_unsuitable: options.SkipUnsuitable = False
    given: Any = field(default=None, metadata={"option": False})
    """What Python gives in place of files: what these options loaded before, or to ``derive`` a fit."""

    @cached_property
    def names(self) -> FileNames:
        """The files that the arguments stand for, folders and patterns searched."""
        from glasspara.files.naming import find_files

        return find_files(self.files, besides=[*(self.background or []), self.field_standard or ""])

    @cached_property
    def sample_and_defaults(self) -> tuple[Sample | None, dict[str, float]]:
        """Sample of ``--sample``, and the ATS parameters of a preset as defaults of a fit."""
        if self.sample is None:
            return None, {}
        from glasspara.model.parameters import ATS_NAMES
        from glasspara.presets import is_preset, load_preset, load_sample

        if not is_preset(self.sample):
            return load_sample(self.sample), {}
        preset = load_preset(self.sample)
        # A preset without an ATS term says nothing of its shape, and its n_ats = 0 is no value to hold.
        values = preset.parameters if preset.parameters.get("n_ats") else {}
        return preset.sample, {key: values[key] for key in ATS_NAMES if key in values}

    @property
    def sample_data(self) -> Sample | None:
        return self.sample_and_defaults[0]

    @property
    def holder_chi_error(self) -> float | None:
        """Standard deviation of the holder's susceptibility, emu/Oe, by option or sample file."""
        if self.corrections.holder_chi is not None:
            return self.corrections.holder_chi[1]
        return None if self.sample_data is None else self.sample_data.holder_chi_error

    @property
    def geometry(self) -> GeometryFactors:
        """The geometry factors of ``--geometry-factor``."""
        from glasspara.sample.mass import ALL_RUN_TYPES, GeometryFactor

        option = "--geometry-factor"
        texts = [text if "=" in text else f"{ALL_RUN_TYPES}={text}" for text in names(self.geometry_factor)]
        found = assignments(texts, option).items()
        return {of: GeometryFactor(*with_error(text or "", f"{option} {of}")) for of, text in found}

    def load(
        self, *, quiet: bool, failed: list[tuple[str, GlassparaError]] | None = None, jobs: int | None = None
    ) -> Loaded:
        """The files, read by ``jobs`` processes or on all cores, their warnings on stderr.

        With a list ``failed`` a bad file is reported and noted there, and the rest goes on.
        """
        from glasspara.data.loading import Loaded, load
        from glasspara.files.exclusion import parse_exclusions
        from glasspara.report.progress import progress

        if isinstance(self.given, Loaded):
            return self.given

        def report(path: str, error: GlassparaError) -> None:
            report_error(error)
            assert failed is not None
            failed.append((path, error))

        corrections = self.corrections
        standard = [] if corrections.field_standard is None else [corrections.field_standard]
        with progress("reading", quiet=quiet) as shown:
            loaded = load(
                self.names,
                mass_mg=mass_mg(self.mass),
                sample=self.sample_data,
                geometry=self.geometry,
                moment=self.moment,
                errors=self.errors,
                window=self._window(),
                exclude=parse_exclusions(
                    self.exclude or [], [*self.names.paths, *corrections.background, *standard]
                ),
                min_fit=self.min_fit,
                average=self.average,
                corrections=corrections,
                skip_unsuitable=self.skip_unsuitable,
                jobs=workers(jobs),
                progress=shown,
                on_error=None if failed is None else report,
            )
        warn(loaded.warnings, quiet=quiet)
        return replace(loaded, options=self)

    @property
    def corrections(self) -> Corrections:
        """Holder and true field, by the options."""
        from glasspara.data.corrections import Corrections

        chi = None if self.holder_chi is None else with_error(self.holder_chi, "--holder-chi")
        by_fit = self.standard_chi == "fit"
        return Corrections(
            background=tuple(self.background or []),
            background_scale=number(self.background_scale, "--background-scale"),
            holder_chi=chi,
            field_standard=self.field_standard,
            standard_chi=None
            if self.standard_chi is None or by_fit
            else number(self.standard_chi, "--standard-chi"),
            fit_standard_chi=by_fit,
            standard_mass_mg=mass_mg(self.standard_mass, "--standard-mass"),
        )

    def _window(self) -> Window:
        from glasspara.data.selection import Window

        return Window(
            temperatures=intervals(self.t_range, "--t-range"),
            fields=intervals(self.h_range, "--h-range"),
            not_temperatures=intervals(self.not_t_range, "--not-t-range"),
            not_fields=intervals(self.not_h_range, "--not-h-range"),
        )


@dataclass(frozen=True)
class VerdictOptions:
    """What ordinary magnetism is allowed before an effect counts as established."""

    allowances: options.Allowances = True
    instrument: options.Instrument = None
    no_other_ions: options.NoOtherIons = False

    @property
    def directions(self) -> DirectionWidths | None:
        """Errors of the instrument that are allowed to both sides."""
        from glasspara.ordinary import DirectionWidths

        given = numbers(self.instrument, "--instrument")
        if given and not self.allowances:
            raise UsageError("--no-allowances switches off --instrument", remedy="Give one of them")
        known = [item.name for item in fields(DirectionWidths)]
        for name in given:
            if name not in known:
                raise UsageError(f"--instrument: unknown {name!r}", remedy=f"Known: {', '.join(known)}")
        return DirectionWidths(**given) if self.allowances else None


@dataclass(frozen=True)
class ParameterOptions:
    """What is known of the parameters, and how they are to be fitted."""

    n_fe: options.NFe = None
    fix: options.Fix = None
    free: options.Free = None
    start: options.Set = None
    limit: options.Limit = None
    constrain: options.Constrain = None
    nuisance: options.NuisanceOption = None
    loss: options.Loss = "linear"

    def settings(
        self,
        model: Model,
        data: DataOptions,
        *,
        iron_from_sample: bool,
        verdict: VerdictOptions,
        method: Method = "joint",
    ) -> FitSettings:
        """Settings of a fit of one model; it must have all the parameters that are named."""
        once = method == "staged-once"
        shared = self.for_any_model(data, iron_from_sample=iron_from_sample, verdict=verdict, once=once)
        sample, _ = data.sample_and_defaults
        if sample is not None and sample.trace_ions and not (model.trace_ions or verdict.no_other_ions):
            shared = replace(shared, no_other_ions=False)
        return shared.settings(model, method=method)

    def for_any_model(
        self, data: DataOptions, *, iron_from_sample: bool, verdict: VerdictOptions, once: bool = False
    ) -> FitOptions:
        """The same for any model.

        ``iron_from_sample``: whether the iron of the sample file counts; in the naive LL fits of the source it is
        what they try to find. ``once``: one pass of the stages, which has no room for nuisances.
        """
        from glasspara.fitting.problem import FitOptions
        from glasspara.sample.mass import parse_concentration

        sample, found = data.sample_and_defaults
        defaults: Mapping[str, float] = found
        fixed = {
            name: None if text is None else number(text, f"--fix {name}")
            for name, text in assignments(self.fix, "--fix").items()
        }
        limits = {}
        for name, text in assignments(self.limit, "--limit").items():
            low, high = interval(text or "", f"--limit {name}")
            limits[name] = (-float("inf") if low is None else low, float("inf") if high is None else high)
        starts = numbers(self.start, "--set")
        constrained = measured(self.constrain, "--constrain")
        if self.loss not in ("linear", "huber"):
            raise UsageError(f"unknown --loss {self.loss!r}", remedy="Choose linear or huber")
        iron = None if self.n_fe is None else parse_concentration(self.n_fe)
        if iron_from_sample and iron is None and sample is not None and sample.n_fe is not None:
            mentioned = {*fixed, *(self.free or []), *starts, *limits, *constrained}
            if not mentioned & {"n_fe", "n_fe2", "n_fe3"}:
                iron = (sample.n_fe, sample.n_fe_error)
        if sample is not None and sample.fe2_fraction is not None:
            defaults = {**defaults, "fe2_fraction": sample.fe2_fraction}
        nuisances = numbers(self.nuisance, "--nuisance")
        if data.holder_chi_error is not None and not once:
            nuisances.setdefault("holder_chi", data.holder_chi_error)
        return FitOptions(
            n_fe=iron,
            fixed=fixed,
            freed=frozenset(self.free or []),
            starts=starts,
            limits=limits,
            constrained=constrained,
            nuisances=nuisances,
            allowances=verdict.allowances,
            directions=verdict.directions,
            same_glass=data.same_glass,
            no_other_ions=verdict.no_other_ions or (sample is not None and sample.no_other_ions),
            loss="huber" if self.loss == "huber" else "linear",
            defaults=defaults,
        )


@dataclass(frozen=True)
class StageOptions:
    """Whether the free parameters are fitted together, or in stages."""

    staged: options.Staged = False
    staged_once: options.StagedOnce = False

    @property
    def method(self) -> Method:
        """How :class:`~glasspara.fitting.problem.settings.FitSettings` calls it."""
        if self.staged and self.staged_once:
            raise UsageError("--staged repeats the stages, --staged-once does not", remedy="Give one of them")
        if self.staged_once:
            return "staged-once"
        return "staged" if self.staged else "joint"


@dataclass(frozen=True)
class TheoryOptions:
    """Conventions of the ATS term."""

    convention: options.Convention = "paper"
    orientation: options.Orientation = "isotropic"

    def theory(self, name: str = "etm", ions: str = "both", trace_ions: tuple[TraceIon, ...] = ()) -> Model:
        """The model ``name`` with these conventions."""
        from glasspara.model.model import Model

        return Model(name, ions, self.orientation, self.convention, trace_ions)


@dataclass(frozen=True)
class FullModelOptions(ParameterOptions, VerdictOptions, TheoryOptions):
    """Of the commands that fit the full model, ATS term included, before they look at what it leaves."""

    model: options.ModelName = "etm"
    ions: options.Ions = "both"
    trace_ions: options.TraceIons = None

    def fit_settings(self, data: DataOptions, method: Method = "joint") -> FitSettings:
        """Settings of the fit; the iron of the sample file counts where an ATS term goes with both ions."""
        model = self.theory(self.model, self.ions, trace_ions_of(self.trace_ions, data.sample_data))
        from_sample = model.has_ats and self.ions == "both"
        return self.settings(model, data, iron_from_sample=from_sample, verdict=self, method=method)


@dataclass(frozen=True)
class ReplicateOptions:
    """Seed of the replicates, and who computes them."""

    seed: options.SeedOption = 1
    jobs: options.Jobs = None
    cluster: options.Cluster = None

    @property
    def workers(self) -> int:
        """Number of worker processes here."""
        if self.cluster is not None and self.jobs is not None:
            raise UsageError("--jobs is for this machine, --cluster for others", remedy="Give one of them")
        return workers(self.jobs)


def workers(jobs: int | None) -> int:
    """``--jobs``, but no more than there are cores; else all of them."""
    from glasspara.replicates.cores import usable_cores

    return usable_cores() if jobs is None else min(jobs, usable_cores())


def trace_ions_of(name: str | None, sample: Sample | None) -> tuple[TraceIon, ...]:
    """Trace ions of ``--trace-ions``; without it none, and a note on stderr if the sample file has some."""
    if name is not None:
        from glasspara.sample import load_trace_ions

        return load_trace_ions(name)
    if sample is not None and sample.trace_ions:
        print("note: the sample file names trace ions; --trace-ions FILE counts them", file=sys.stderr)
    return ()


def all_trace_ions_of(name: str | None, sample: Sample | None) -> tuple[TraceIon, ...]:
    """Trace ions of ``--trace-ions``, else of the sample file."""
    if name is None and sample is not None and sample.trace_ions:
        from glasspara.sample import model_ions

        return model_ions(sample.trace_ions)
    return trace_ions_of(name, sample)


Result = TypeVar("Result", bound=Answer)


def answer(
    report: Report[Result], data: DataOptions, output: Output, analyse: Callable[[Dataset], Result]
) -> None:
    """What most commands do once they have read their options: load the files, analyse them, write and show.

    Names of files that cannot be written are refused before the work.
    """
    output.check(report.files, report.figures)
    loaded = data.load(quiet=output.quiet)
    output.deliver(report, loaded, analyse(loaded.data))
