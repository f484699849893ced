"""From file names to a dataset: read, find the mass, cut the window, keep account of every row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from glasspara.data.corrections.corrections import (
    Applied,
    Corrections,
    Corrector,
    read_corrections,
    remanence_words,
)
from glasspara.data.dataset import Dataset, ReducedRun, Window, reduce_run
from glasspara.errors import GlassparaError, InputError, SampleDataError
from glasspara.files.exclusion import Item
from glasspara.findings import Finding, finding
from glasspara.replicates.cores import Progress, each_file, no_progress
from glasspara.runs.measurement import Measurement, read
from glasspara.runs.repeats import average_repeats
from glasspara.runs.run import Run, select
from glasspara.sample.mass import AGREEMENT, contradiction
from glasspara.sample.sample import Sample

if TYPE_CHECKING:
    from glasspara.data.corrections.field_standard import RunField

OUTSIDE_WINDOW = "outside --t-range or --h-range"

NOT_COVERED = "not covered by --background"
"""Why a point is left out: the background's runs do not reach its temperature and field."""

SHARED_POINTS = 4
"""So many points that two files have in common are worth a warning: no noise repeats itself to the last digit."""


@dataclass(frozen=True)
class Input:
    """One file as an analysis used it. ``rows_read == rows_used + sum(rows_dropped.values())``.

    Rows that were averaged are all used: there may be more rows than points. ``corrections`` is None where the moments
    and fields are those of the file.
    """

    measurement: Measurement
    mass_mg: float
    mass_source: str
    runs: tuple[ReducedRun, ...]
    rows_used: int
    rows_dropped: dict[str, int]
    warnings: tuple[str, ...]
    corrections: Applied | None = None


@dataclass(frozen=True)
class _Prepared:
    """An input whose runs are cut and averaged, but still carry their holder: it is taken from all files at once."""

    item: Input
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Loaded:
    """All files of one command, and their runs together."""

    inputs: tuple[Input, ...]
    corrector: Corrector

    @property
    def data(self) -> Dataset:
        """Runs of all files by kind and set-point, whatever the order of the files."""
        runs = [run for item in self.inputs for run in item.runs]
        return Dataset(tuple(sorted(runs, key=lambda run: (run.run.kind, run.run.nominal, run.run.file))))

    @property
    def warnings(self) -> tuple[Finding, ...]:
        texts = (*self.corrector.warnings, *(warning for item in self.inputs for warning in item.warnings))
        return tuple(finding("data.message", text=text) for text in texts)


def load(
    paths: Sequence[str],
    *,
    mass_mg: float | None = None,
    sample: Sample | None = None,
    moment: str = "auto",
    errors: str = "auto",
    window: Window | None = None,
    exclude: Mapping[str, Iterable[Item]] | None = None,
    min_fit: float | None = None,
    average: bool = False,
    corrections: Corrections | None = None,
    jobs: int = 1,
    progress: Progress = no_progress,
    on_error: Callable[[str, GlassparaError], None] | None = None,
) -> Loaded:
    """Read the files in the order given.

    Parameters
    ----------
    paths : file names; "-" is standard input
    mass_mg : the sample mass, mg; goes before that of ``sample``, which goes before that of the file's header
    moment, errors, min_fit : as :func:`glasspara.runs.measurement.read` takes them
    window : temperatures and fields to keep
    exclude : what to leave out of each file, by path
    average : whether to average repeated measurements (:func:`glasspara.runs.repeats.average_repeats`)
    corrections : holder and true field; the window is one of reported fields
    jobs : processes that share the reading, where there are files enough (:func:`glasspara.replicates.cores.each_file`)
    progress : called with the number of files read and of all
    on_error : told of each file that fails, which is then left out; without it the first failure is raised

    Raises
    ------
    InputError
        A file is unreadable or unsuitable, a file is named twice, or nothing is left in the window.
    SampleDataError
        The mass of a sample is not known.
    """
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        raise InputError("the file is named twice", where=twice[0], remedy="Name each file once")
    settings = corrections or Corrections()
    if settings.holder_chi is None and sample is not None and sample.holder_chi is not None:
        settings = replace(settings, holder_chi=(sample.holder_chi, sample.holder_chi_error))
    corrector = read_corrections(settings, moment=moment, errors=errors, exclude=exclude, min_fit=min_fit)
    task = partial(_read, moment=moment, errors=errors, exclude=exclude or {}, min_fit=min_fit)
    prepared = []
    with each_file(task, paths, jobs=jobs, progress=progress) as outcomes:
        for path, outcome in zip(paths, outcomes, strict=True):
            try:
                if isinstance(outcome, GlassparaError):
                    raise outcome
                item = _prepare(outcome, mass_mg, sample, window or Window(), corrector)
                prepared.append(_averaged(item, errors) if average else item)
            except GlassparaError as error:
                if on_error is None or len(paths) == 1:
                    raise
                on_error(path, error)
    _check_background(prepared, corrector)
    loaded = Loaded(_without_copies(_without_holder(prepared, corrector)), corrector)
    if not any(item.runs for item in loaded.inputs):
        raise InputError(
            "no point lies in the window" if prepared else "no file could be read",
            remedy="Widen --t-range and --h-range" if prepared else "See the errors above",
        )
    _check_standard(loaded)
    return loaded


def _check_background(prepared: Sequence[_Prepared], corrector: Corrector) -> None:
    """Refuse to subtract points from themselves, or to count a holder's run twice, in whatever form the copies are."""
    files = corrector.background.measurements if corrector.background else ()
    sets = [(other.path, _points(other)) for other in files]
    for (first, points), (second, others) in combinations(sets, 2):
        if (common := len(points & others)) >= SHARED_POINTS:
            raise InputError(
                f"{common} of its points are in the background {first} too, and would count twice",
                where=second,
                remedy="Leave one of them out",
            )
    for path, points in sets:
        for item in prepared:
            common = len(points & _points(item.item.measurement))
            if common >= SHARED_POINTS:
                raise InputError(
                    f"{common} of its points are in the background {path} too",
                    where=item.item.measurement.path,
                    remedy="Give the run of the holder alone as the background",
                )


def _check_standard(loaded: Loaded) -> None:
    """Refuse a field standard that says nothing of any run."""
    told = [run for item in loaded.inputs if item.corrections for run in item.corrections.field]
    if told and not any(run.n_corrected for run in told):
        reasons = (
            "; ".join(dict.fromkeys(run.reason for run in told if run.reason)) or "none is in the window"
        )
        raise InputError(
            f"the field standard applies to no run: {reasons}",
            remedy="Leave --field-standard out; --nuisance field_offset=20 allows for the field that the magnet keeps",
        )


def _without_holder(prepared: Sequence[_Prepared], corrector: Corrector) -> list[Input]:
    """The inputs with specific magnetisations, the holder's moment being taken from those of all files."""
    bare, told = corrector.without_holder([run for item in prepared for run in item.runs])
    bare, shares = corrector.with_field_errors(bare)
    inputs, first = [], 0
    for item in prepared:
        part = slice(first, first := first + len(item.runs))
        done, applied = item.item, item.item.corrections
        if applied is not None:
            fields = [
                replace(run, error_share=s) for run, s in zip(applied.field, shares[part], strict=False)
            ]
            applied = replace(applied, holder=tuple(told[part]), field=tuple(fields))
            warnings = applied.warnings(done.mass_mg)
            path = done.measurement.path
            done = replace(done, warnings=(*done.warnings, *(f"{path}: {warning}" for warning in warnings)))
        runs = tuple(reduce_run(run, mass_mg=done.mass_mg) for run in bare[part])
        inputs.append(replace(done, runs=runs, corrections=applied))
    return inputs


def _read(
    path: str,
    *,
    moment: str,
    errors: str,
    exclude: Mapping[str, Iterable[Item]],
    min_fit: float | None,
) -> Measurement:
    return read(path, moment=moment, errors=errors, exclude=exclude.get(path, ()), min_fit=min_fit)


def _without_copies(inputs: Sequence[Input]) -> tuple[Input, ...]:
    """The inputs, warned where they share points: counted twice, a measurement has half its variance.

    Copies may differ as files: packed, saved again by a spreadsheet, or copied while the measurement went on.
    """
    seen: dict[bytes, str] = {}
    checked = []
    for item in inputs if len(inputs) > 1 else ():
        warnings = item.warnings
        points = _points(item.measurement)
        common = [seen[point] for point in points if point in seen]
        path = item.measurement.path
        if points and len(common) == len(points):
            raise InputError(
                f"holds the same points as {common[0]}", where=path, remedy="Leave one of them out"
            )
        if len(common) >= SHARED_POINTS:
            shared = f"{len(common)} of its {len(points)} points are in {common[0]} too, and count twice"
            warnings = (*warnings, f"{path}: {shared}")
        seen |= dict.fromkeys(points, path)
        checked.append(replace(item, warnings=warnings))
    return tuple(checked or inputs)


def _points(measurement: Measurement) -> set[bytes]:
    """Temperature, field and moment of every point, to the last bit."""
    return {
        row.tobytes()
        for run in measurement.runs
        for row in np.stack((run.temperature, run.field, run.moment), axis=1)
    }


def _averaged(item: _Prepared, errors: str) -> _Prepared:
    return replace(item, runs=tuple(average_repeats(run, errors=errors) for run in item.runs))


def _prepare(
    measurement: Measurement,
    mass_mg: float | None,
    sample: Sample | None,
    window: Window,
    corrector: Corrector,
) -> _Prepared:
    mass, source, warnings = _mass(measurement, mass_mg, sample)
    runs: list[Run] = []
    cut = bare = 0
    at_true_field = corrector.true_field(measurement)
    fields: list[RunField] = []
    for run, reason in at_true_field:
        keep = window.mask(run.temperature, run.instrument_field)
        cut += int((~keep).sum())
        if not keep.any():
            continue
        kept = select(run, keep)
        covered = corrector.covered(kept)
        bare += int((~covered).sum())
        runs.append(select(kept, covered))
        if corrector.standard is not None:
            from glasspara.data.corrections.field_standard import tell_field

            fields.append(tell_field(runs[-1], reason))
    dropped = dict(measurement.rows_dropped)
    dropped |= {reason: count for reason, count in ((OUTSIDE_WINDOW, cut), (NOT_COVERED, bare)) if count}
    corrected = corrector.settings != Corrections()
    item = Input(
        measurement=measurement,
        mass_mg=mass,
        mass_source=source,
        runs=(),
        rows_used=measurement.rows_used - cut - bare,
        rows_dropped=dropped,
        warnings=tuple(
            f"{measurement.path}: {warning}"
            for warning in (*_relevant(measurement, source, [run for run, _ in at_true_field]), *warnings)
        ),
        corrections=Applied(corrector, measurement.instrument, (), tuple(fields), bare)
        if corrected
        else None,
    )
    return _Prepared(item, tuple(runs))


def _relevant(measurement: Measurement, mass_source: str, runs: Sequence[Run]) -> list[str]:
    """The reader's warnings, without those about a header's mass or reported fields that are not used."""
    settled = [text for run in runs if run.reported_field is not None for text in remanence_words(run)]
    if mass_source != measurement.mass.source:
        doubt = contradiction(measurement.mass, measurement.header, measurement.path)
        settled += [doubt] if doubt else []
    return [warning for warning in measurement.warnings if not warning.startswith(tuple(settled))]


def _mass(
    measurement: Measurement, mass_mg: float | None, sample: Sample | None
) -> tuple[float, str, list[str]]:
    """Mass, where it came from, and what contradicts it."""
    header = measurement.mass
    if mass_mg is not None:
        chosen, source = mass_mg, "command line (--mass)"
    elif sample is not None and sample.mass_mg is not None:
        chosen, source = sample.mass_mg, sample.mass_source
    elif header.value_mg is not None:
        return header.value_mg, header.source, []
    else:
        what = header.problem or "the file does not state the sample mass"
        remedy = "Give it with --mass MG"
        if header.hint:
            remedy += f" ({header.hint})"
        raise SampleDataError(what, where=measurement.path, remedy=remedy)
    warnings = []
    if header.value_mg is not None and abs(chosen / header.value_mg - 1.0) > AGREEMENT:
        warnings.append(
            f"the header says {header.value_mg:g} mg ({header.source}); "
            f"{chosen:g} mg from the {source} is used"
        )
    return chosen, source, warnings
