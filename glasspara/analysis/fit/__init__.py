"""What do the data say of a model's parameters, and can ordinary magnetism make them too?

``glasspara fit``, the main job. The fit itself is :func:`glasspara.fitting.fit.fit`, its result
:class:`glasspara.fitting.result.FitResult`. This room reports and draws it;
:class:`~glasspara.analysis.fit.report.Fits` holds the fits of one command.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from glasspara.cli import options
from glasspara.cli.groups import DataOptions, FullModelOptions, ReplicateOptions, StageOptions
from glasspara.cli.options import option
from glasspara.cli.output import OutputWithPlots, Unfinished
from glasspara.cli.values import names, pairs
from glasspara.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasspara.data import Dataset
    from glasspara.data.loading import Input
    from glasspara.errors import GlassparaError
    from glasspara.fitting.intervals.exploration import IntervalRequest
    from glasspara.fitting.problem import FitSettings
    from glasspara.fitting.result import FitResult
    from glasspara.report.page import FigureFiles, Picture

UNFINISHED = ".bootstrap-unfinished.jsonl"

PerRun = Annotated[
    bool,
    option(
        "--per-run/--global",
        "A fit of its own for each run, or one for all.",
        panel=options.MODEL,
        common=True,
    ),
]
PerSample = Annotated[
    bool,
    option(
        "--per-sample",
        "A fit of its own for each sample: the files go together whose headers give one name, or without a name one "
        "mass.",
        panel=options.MODEL,
    ),
]
BootstrapOption = Annotated[
    int | None,
    option(
        "--bootstrap",
        "Errors and intervals by N refits to new data. With --out, the same command after an interruption goes "
        "on where it stopped.",
        "N",
        min=2,
        max=options.MOST_REPLICATES,
        panel=options.REPLICATES,
    ),
]
SchemeOption = Annotated[
    str,
    option(
        "--bootstrap-kind",
        "New data: the fit with noise of the stated errors, or with its own residuals shuffled within runs.",
        "parametric|residual",
        panel=options.REPLICATES,
    ),
]
Decompose = Annotated[
    bool, option("--decompose", "A decomposition figure for every run.", panel=options.OUTPUT)
]
Minos = Annotated[
    list[str] | None,
    option(
        "--minos",
        "Interval by the profile of chi2, of parameters and derived combinations (repeatable, or NAME,NAME).",
        "NAME|all",
        panel=options.INTERVALS,
        common=True,
    ),
]
ProfileOf = Annotated[
    list[str] | None,
    option(
        "--profile",
        "The profile itself, as table and figure (repeatable).",
        "NAME|all",
        panel=options.INTERVALS,
    ),
]
ContourOf = Annotated[
    list[str] | None,
    option(
        "--contour",
        "68 % and 95 % regions of two parameters (repeatable).",
        "NAME,NAME",
        panel=options.INTERVALS,
    ),
]


def fit(
    data: DataOptions,
    *,
    full_model: FullModelOptions,
    stages: StageOptions,
    per_run: PerRun = False,
    per_sample: PerSample = False,
    minos: Minos = None,
    profile: ProfileOf = None,
    contour: ContourOf = None,
    bootstrap: BootstrapOption = None,
    bootstrap_kind: SchemeOption = "parametric",
    work: ReplicateOptions,
    output: OutputWithPlots,
    decompose: Decompose = False,
    columns: options.ColumnsOption = None,
) -> None:
    """Read, fit, subtract term by term, report.

    Fits of single runs or samples end with a summary, one row per fit (summary.csv). Exit status 5: the fit is
    reported, but it is not reliable; 6: some of several files failed, or were left out.

    Example: glasspara fit run.dat --mass 35.7 --out results
    """
    from glasspara.analysis.fit.report import REPORT, Fits
    from glasspara.analysis.subtract.stages import check_sets

    settings = full_model.fit_settings(data, stages.method)
    request = _interval_request(minos, profile, contour)
    if request is not None:
        request.check(settings)
    if per_run and per_sample:
        raise UsageError("--per-run and --per-sample make different fits", remedy="Give one of them")
    batch = per_run or per_sample
    sets = check_sets(names(columns))
    replicates = _Replicates(bootstrap, bootstrap_kind, work, output)
    output.check(REPORT.files, REPORT.figures)
    failed: list[tuple[str, GlassparaError]] = []
    # A joint fit without one of its files is another fit.
    jobs = work.workers
    loaded = data.load(quiet=output.quiet, failed=failed if batch else None, jobs=jobs)
    parts = _parts(loaded.data, per_run=per_run, per_sample=per_sample)
    results = replicates.run(_fit(parts, settings, request, jobs=jobs, quiet=output.quiet))

    def figures(formats: FigureFiles) -> dict[str, Picture]:
        return _figures(loaded.inputs, results, formats, decompose=decompose, jobs=jobs, quiet=output.quiet)

    output.deliver(
        REPORT,
        loaded,
        Fits(tuple(results), tuple(failed), batch, sets),
        figures=figures,
        written=replicates.finish,
        part_failed=bool(failed),
    )


def _interval_request(
    minos: list[str] | None, profile: list[str] | None, contour: list[str] | None
) -> IntervalRequest | None:
    if not (minos or profile or contour):
        return None
    from glasspara.fitting.intervals.exploration import IntervalRequest

    return IntervalRequest(names(minos), names(profile), pairs(contour, "--contour"))


def _parts(data: Dataset, *, per_run: bool, per_sample: bool) -> list[Dataset]:
    """The data of each fit."""
    if per_run:
        return [replace(data, runs=(run,)) for run in data.runs]
    return data.by_sample() if per_sample else [data]


def _fit(
    parts: Sequence[Dataset],
    settings: FitSettings,
    request: IntervalRequest | None,
    *,
    jobs: int,
    quiet: bool,
) -> list[FitResult]:
    from glasspara.fitting.intervals.exploration import fit_each
    from glasspara.report.progress import progress

    with progress("fitting", quiet=quiet) as report:
        return fit_each(parts, settings, request=request, jobs=jobs, progress=report)


class _Replicates:
    """The bootstrap of a command, if it is to have one."""

    def __init__(self, count: int | None, kind: str, work: ReplicateOptions, output: OutputWithPlots) -> None:
        self._count = count
        self._jobs = work.workers
        self._kept = Unfinished(output, UNFINISHED)
        self._quiet = output.quiet
        if count is None:
            return
        from glasspara.fitting.resampling import bootstrap_kind

        self._kind = bootstrap_kind(kind)
        self._work = work

    def run(self, results: list[FitResult]) -> list[FitResult]:
        """``results`` with their bootstraps."""
        if self._count is None:
            return results
        from glasspara.fitting.resampling import bootstrap, description
        from glasspara.report.progress import progress

        with self._kept.explaining_interrupts(), progress("bootstrap", quiet=self._quiet) as report:
            return bootstrap(
                results,
                self._count,
                kind=self._kind,
                seed=self._work.seed,
                jobs=self._jobs,
                cluster=self._work.cluster,
                store=self._kept.store(description(results, self._kind)),
                progress=report,
            )

    def finish(self) -> None:
        """The results being written, remove the file that kept the replicates."""
        self._kept.finish()


def _figures(
    inputs: Sequence[Input],
    results: Sequence[FitResult],
    formats: FigureFiles,
    *,
    decompose: bool,
    jobs: int,
    quiet: bool,
) -> dict[str, Picture]:
    """Figures by name, drawn by several processes where there are many."""
    from glasspara.analysis.fit.figures import pictures
    from glasspara.analysis.fit.report import prefixes
    from glasspara.report.correction_figures import correction_figures
    from glasspara.report.progress import progress

    with progress("drawing", quiet=quiet) as report:
        drawn = pictures(results, formats, decompose_all=decompose, jobs=jobs, progress=report)
    named = {
        f"{prefix}{stem}": item
        for prefix, figures in zip(prefixes(len(results)), drawn, strict=True)
        for stem, item in figures.items()
    }
    applied = [item.corrections for item in inputs if item.corrections is not None]
    runs = [run for result in results for run in result.data.runs]
    return named | {stem: formats.picture(figure) for stem, figure in correction_figures(runs, applied)}
