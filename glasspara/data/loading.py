"""From file names to a dataset: read, find the mass, cut the window, keep account of every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from glasspara.data import Dataset, ReducedRun, reduce_run
from glasspara.data.corrections import Applied, Corrections, Corrector, read_corrections
from glasspara.data.selection import (
    LEFT_OUT,
    OUTSIDE_WINDOW,
    Window,
    of_branches,
    refuse_shared,
    refuse_unknown,
    shared_points,
    split_exclusions,
)
from glasspara.errors import GlassparaError, InputError, SampleDataError, UnsuitableError, UsageError
from glasspara.files import refuse_repeated
from glasspara.files.exclusion import Branch, Exclusion
from glasspara.files.moments import EXCLUDED
from glasspara.files.naming import FileNames, passed_over
from glasspara.files.states import SUBTRACTED
from glasspara.findings import Finding, Where, as_html, counted, finding, summary
from glasspara.replicates.cores import Progress, each_file, no_progress
from glasspara.runs import Measurement, Reader, run_table, run_warnings
from glasspara.runs.run import Run, average_repeats, select, select_used
from glasspara.sample import Sample
from glasspara.sample.mass import (
    AGREEMENT,
    CONTRADICTED,
    NO_FACTOR,
    GeometryFactor,
    GeometryFactors,
    check_mass,
    check_run_types,
)

if TYPE_CHECKING:
    from pandas import DataFrame

    from glasspara.data.corrections.true_field import RunField

NOT_COVERED = "not covered by --background"
"""Why a point is left out: the background's runs do not reach its temperature and field."""

_NAMED = 3  # of the files that are unsuitable where all are


@dataclass(frozen=True, eq=False)
class Input:
    """One file as an analysis used it. ``rows_read == rows_used + sum(rows_dropped.values())``.

    ``sample`` is the name of the sample by the header, else by the sample file, else "". Rows that were
    averaged are all used: there may be more rows than points. ``corrections`` is None where the moments and fields are
    those of the file.
    """

    measurement: Measurement
    mass_mg: float
    mass_source: str
    runs: tuple[ReducedRun, ...]
    rows_used: int
    rows_dropped: dict[str, int]
    warnings: tuple[Finding, ...]
    corrections: Applied | None = None
    sample: str = ""

    @property
    def geometry(self) -> dict[str, GeometryFactor]:
        """The geometry factors that divided its moments, by the run type that they are of."""
        return {run.geometry_of: run.geometry for run in self.runs if run.geometry != NO_FACTOR}


@dataclass(frozen=True, eq=False)
class _Prepared:
    """An input whose runs are cut and averaged, but still carry their holder: it is taken from all files at once."""

    item: Input
    runs: tuple[Run, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Loaded:
    """All files of one command, and their runs together.

    ``passed_over`` are things in folders that are no input, ``left_out`` files that were named but hold no DC
    magnetometry, both with the reason. ``options`` are the choices that they were loaded with, which a question takes
    from here. ``chosen`` is a dataset that somebody made of runs in Python, in place of files.
    """

    inputs: tuple[Input, ...]
    corrector: Corrector
    passed_over: tuple[tuple[str, str], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    options: Any = None
    chosen: Dataset | None = None

    @classmethod
    def of(cls, dataset: Dataset) -> Loaded:
        """A dataset without files."""
        return cls((), Corrector(Corrections(), None, None), chosen=dataset)

    def __repr__(self) -> str:
        counts = ((self.data.runs, "run"), (self.data, "point"), (self.warnings, "warning"))
        return summary(self, *(counted(things, name) for things, name in counts))

    def _repr_html_(self) -> str:
        return as_html(self, run_table(run.run for run in self.data.runs), reasons=self.warnings)

    def to_frame(self) -> DataFrame:
        """All points, as :meth:`glasspara.data.Dataset.to_frame`."""
        return self.data.to_frame()

    @property
    def data(self) -> Dataset:
        """Runs of all files by kind and set point, whatever the order of the files."""
        if self.chosen is not None:
            return self.chosen
        runs = [run for item in self.inputs for run in item.runs]
        return Dataset(tuple(sorted(runs, key=lambda run: (run.run.kind, run.run.nominal, run.run.file))))

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Findings about problems of the files and of their processing."""
        return (
            *passed_over(self.passed_over),
            *passed_over(self.left_out, named=True),
            *self.corrector.warnings,
            *(warning for item in self.inputs for warning in item.warnings),
        )


def load(
    paths: Sequence[str] | FileNames,
    *,
    mass_mg: float | None = None,
    sample: Sample | None = None,
    geometry: GeometryFactors | None = None,
    moment: str = "auto",
    errors: str = "auto",
    window: Window | None = None,
    exclude: Mapping[str, Iterable[Exclusion]] | None = None,
    min_fit: float | None = None,
    average: bool = False,
    corrections: Corrections | None = None,
    skip_unsuitable: bool = False,
    jobs: int = 1,
    progress: Progress = no_progress,
    on_error: Callable[[str, GlassparaError], None] | None = None,
) -> Loaded:
    """Read the files in the order given.

    Parameters
    ----------
    paths : file names, "-" is standard input; or what :func:`~glasspara.files.naming.find_files` made of folders
    mass_mg : the sample mass, mg; goes before that of ``sample``, which goes before that of the file's header
    geometry : factors by the sample's shape and place, by run type; they go before those of ``sample``
    moment, errors, min_fit : as :func:`glasspara.runs.read` takes them
    window : temperatures and fields to keep and to leave out
    exclude : what to leave out of each file, by path
    average : whether to average repeated measurements (:func:`glasspara.runs.run.average_repeats`)
    corrections : holder and true field; the window is one of reported fields
    skip_unsuitable : whether to leave out files that hold no DC magnetometry, as files that a folder gave always are
    jobs : processes that share the reading, where there are files enough (:func:`glasspara.replicates.cores.each_file`)
    progress : called with the number of files read and of all
    on_error : told of each file that fails, which is then left out; without it the first failure is raised

    Raises
    ------
    InputError
        A file is unreadable or unsuitable, has no moment but 0, is named twice, or nothing is left in the window.
    SampleDataError
        The mass of a sample is not known.
    UsageError
        A geometry factor of ``geometry`` is of an unknown run type, or of one that no file holds.
    """
    names = paths if isinstance(paths, FileNames) else FileNames(tuple(paths))
    refuse_repeated(names.paths)
    settings = corrections or Corrections()
    if settings.holder_chi is None and sample is not None and sample.holder_chi is not None:
        settings = replace(settings, holder_chi=(sample.holder_chi, sample.holder_chi_error))
    rows, branches = split_exclusions(exclude or {})
    check_run_types(geometry or {})
    factors = geometry or (sample.geometry_factors if sample else {})
    reader = Reader(moment, errors, rows, min_fit)
    corrector = read_corrections(settings, reader)
    prepared = []
    passed = [*names.passed_over]
    left_out: list[tuple[str, str]] = []
    with each_file(reader, names.paths, jobs=jobs, progress=progress) as outcomes:
        for path, outcome in zip(names.paths, outcomes, strict=True):
            if isinstance(outcome, UnsuitableError) and (path in names.found or skip_unsuitable):
                (passed if path in names.found else left_out).append((path, outcome.what))
                continue
            try:
                if isinstance(outcome, GlassparaError):
                    raise outcome
                item = _prepare(
                    outcome, mass_mg, sample, window or Window(), corrector, branches.get(path, ()), errors
                )
                if average:
                    item = replace(item, runs=tuple(average_repeats(run, errors=errors) for run in item.runs))
                prepared.append(item)
            except GlassparaError as error:
                if on_error is None or len(names.paths) == 1:
                    raise
                on_error(path, error)
    _check_background(prepared, corrector)
    bare = _without_holder(prepared, corrector, factors)
    loaded = Loaded(tuple(bare), corrector, tuple(passed), tuple(left_out))
    if not prepared:
        unsuitable = "; ".join(f"{path} ({reason})" for path, reason in [*passed, *left_out][:_NAMED])
        raise InputError(
            "no file could be used" + (f": {unsuitable}" if unsuitable else ""),
            remedy="Give files with DC moments" if unsuitable else "See the errors above",
        )
    if not any(item.runs for item in loaded.inputs):
        raise InputError(
            "no point is in the window", remedy="Widen --t-range and --h-range, or leave out less"
        )
    _check_standard(loaded)
    _check_geometry(loaded, geometry or {})
    return loaded


def _check_background(prepared: Sequence[_Prepared], corrector: Corrector) -> None:
    """Refuse to subtract points from themselves, or to count a holder's run twice, in whatever form the copies are."""
    files = corrector.background.measurements if corrector.background else ()
    for other in files:
        if {item.code for item in other.file_warnings}.intersection(SUBTRACTED[:-1]):
            raise InputError(
                "the instrument has already subtracted a background from this run of the holder",
                where=other.path,
                remedy="Give a run of the holder without automatic background subtraction (ABS)",
            )
    refuse_shared([item.item.measurement for item in prepared], files)


def _check_standard(loaded: Loaded) -> None:
    """Refuse a field standard that says nothing of any run."""
    fields = [run for item in loaded.inputs if item.corrections for run in item.corrections.field]
    if fields and not any(run.n_corrected for run in fields):
        reasons = (
            "; ".join(dict.fromkeys(run.reason for run in fields if run.reason)) or "none is in the window"
        )
        raise InputError(
            f"the field standard applies to no run: {reasons}",
            remedy="Leave --field-standard out; --nuisance field_offset=20 allows for the remnant field of the magnet",
        )


def _check_geometry(loaded: Loaded, given: GeometryFactors) -> None:
    """Refuse a factor that is of no run: a slip of the pen. A sample file may know more than was measured."""
    runs = [run for item in loaded.inputs for run in item.runs]
    if unused := given.keys() - {run.geometry_of for run in runs}:
        types = ", ".join(sorted({run.run.run_type for run in runs}))
        raise UsageError(
            f"the geometry factor of {', '.join(sorted(unused))} applies to no run",
            remedy=f"The runs are of type {types}",
        )


def _without_holder(
    prepared: Sequence[_Prepared], corrector: Corrector, geometry: GeometryFactors
) -> list[Input]:
    """The inputs with specific magnetisations, the holder's moment being taken from those of all files."""
    bare, holders = corrector.without_holder([run for item in prepared for run in item.runs])
    bare, shares = corrector.with_field_errors(bare)
    inputs, first = [], 0
    shared = shared_points([item.item.measurement for item in prepared])
    for item, copied in zip(prepared, shared, strict=True):
        part = slice(first, first := first + len(item.runs))
        done, applied = item.item, item.item.corrections
        if applied is not None:
            fields = [
                replace(run, error_share=s) for run, s in zip(applied.field, shares[part], strict=False)
            ]
            applied = replace(applied, holder=tuple(holders[part]), field=tuple(fields))
            warnings = applied.warnings(done.measurement.path, done.mass_mg)
            done = replace(done, warnings=(*done.warnings, *warnings))
        runs = tuple(
            reduce_run(run, mass_mg=done.mass_mg, sample=done.sample, geometry=geometry) for run in bare[part]
        )
        done = replace(done, runs=runs, corrections=applied)
        divided = (
            finding("data.geometry-factor", Where(file=done.measurement.path), of=of, **asdict(factor))
            for of, factor in done.geometry.items()
        )
        inputs.append(replace(done, warnings=(*done.warnings, *divided, *copied)))
    return inputs


def _prepare(
    measurement: Measurement,
    mass_mg: float | None,
    sample: Sample | None,
    window: Window,
    corrector: Corrector,
    branches: Sequence[Branch],
    errors: str,
) -> _Prepared:
    subtracted = corrector.refuse_subtracted(measurement)
    if not any(run.moment.any() for run in measurement.runs):
        raise InputError(
            "all moments are 0", where=measurement.path, remedy="Nothing was measured: give another file"
        )
    mass, source, of_mass = _mass(measurement, mass_mg, sample)
    of_file = (item for item in measurement.file_warnings if item.code != CONTRADICTED)
    runs: list[Run] = []
    counts: Counter[str] = Counter()
    refuse_unknown(branches, measurement)
    fields: list[RunField] = []
    for run, reason in corrector.true_field(measurement):
        keep = np.ones(len(run), dtype=bool)
        for why, rows in (
            (EXCLUDED, ~of_branches(run, branches)),
            (LEFT_OUT, ~window.left_out(run.temperature, run.instrument_field)),
            (OUTSIDE_WINDOW, window.mask(run.temperature, run.instrument_field)),
        ):
            counts[why] += int((keep & ~rows).sum())
            keep &= rows
        if not keep.any():
            continue
        covered = corrector.covered(select(run, keep))
        counts[NOT_COVERED] += int((~covered).sum())
        keep[keep] = covered
        runs.append(select_used(run, keep, errors=errors))
        if corrector.standard is not None:
            from glasspara.data.corrections.true_field import run_field

            fields.append(run_field(runs[-1], reason))
    dropped = +(Counter(measurement.rows_dropped) + counts)
    corrected = corrector.settings != Corrections()
    item = Input(
        measurement=measurement,
        mass_mg=mass,
        mass_source=source,
        runs=(),
        rows_used=measurement.rows_used - counts.total(),
        rows_dropped=dict(dropped),
        warnings=(*of_file, *run_warnings(runs), *of_mass, *subtracted),
        corrections=Applied(corrector, measurement.instrument, (), tuple(fields), counts[NOT_COVERED])
        if corrected
        else None,
        sample=" ".join((measurement.header.sample or (sample.name if sample else "")).split()),
    )
    return _Prepared(item, tuple(runs))


def _mass(
    measurement: Measurement, mass_mg: float | None, sample: Sample | None
) -> tuple[float, str, list[Finding]]:
    """Mass, where it came from, and what contradicts it."""
    header = measurement.mass
    if mass_mg is not None:
        chosen, source = mass_mg, "option --mass"
    elif sample is not None and sample.mass_mg is not None:
        chosen, source = sample.mass_mg, sample.mass_source
    elif header.value_mg is not None:
        doubts = [item for item in measurement.file_warnings if item.code == CONTRADICTED]
        return header.value_mg, header.source, doubts
    else:
        what = header.problem or "the file does not state the sample mass"
        remedy = "Give it with --mass MG"
        if header.hint:
            remedy += f" ({header.hint})"
        raise SampleDataError(what, where=measurement.path, remedy=remedy)
    check_mass(chosen)
    if header.value_mg is None or abs(chosen / header.value_mg - 1.0) <= AGREEMENT:
        return chosen, source, []
    values = {
        "header_mg": header.value_mg,
        "header_source": header.source,
        "mass_mg": chosen,
        "source": source,
    }
    return chosen, source, [finding("data.mass-not-of-header", Where(file=measurement.path), **values)]
