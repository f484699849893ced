"""What do the data say of a model's parameters, and can ordinary magnetism make them too?

``glasspara fit``, the main job. The fit itself is :func:`glasspara.fitting.fit.fit`, its result
:class:`glasspara.fitting.result.FitResult`. This room reports and draws it;
:class:`~glasspara.analysis.fit.report.Fits` holds the fits of one command.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from glasspara.cli import options
from glasspara.cli.groups import DataOptions, FullModelOptions, ReplicateOptions, StageOptions
from glasspara.cli.options import own_option
from glasspara.cli.output import OutputWithPlots, Unfinished
from glasspara.cli.values import names, pairs
from glasspara.errors import GlassparaError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasspara.data import Dataset
    from glasspara.fitting.intervals.exploration import IntervalRequest
    from glasspara.fitting.resampling import Scheme
    from glasspara.fitting.result import FitResult
    from glasspara.report.page import FigureFiles, Picture

UNFINISHED = ".bootstrap-unfinished.jsonl"


def fit(
    data: DataOptions,
    *,
    full_model: FullModelOptions,
    stages: StageOptions,
    per_run: bool = own_option(
        "--per-run/--global",
        "One fit for each run, or one fit for all.",
        default=False,
        panel=options.MODEL,
    ),
    per_sample: bool = own_option(
        "--per-sample",
        "One fit for each sample: all files with the same name in the header, or without a name with the same mass.",
        default=False,
        common=False,
        panel=options.MODEL,
    ),
    minos: list[str] | None = own_option(
        "--minos",
        "Interval of a parameter or derived quantity from its profile of chi2 (repeatable, or NAME,NAME).",
        "NAME|all",
        panel=options.INTERVALS,
    ),
    profile: list[str] | None = own_option(
        "--profile",
        "The profile itself, as a table and a figure (repeatable).",
        "NAME|all",
        common=False,
        panel=options.INTERVALS,
    ),
    contour: list[str] | None = own_option(
        "--contour",
        "68 % and 95 % regions of two parameters (repeatable).",
        "NAME,NAME",
        common=False,
        panel=options.INTERVALS,
    ),
    bootstrap: int | None = own_option(
        "--bootstrap",
        "Errors and intervals from N refits to simulated data. With --out, the same command continues after an "
        "interruption.",
        "N",
        common=False,
        panel=options.REPLICATES,
        min=2,
        max=options.MOST_REPLICATES,
    ),
    bootstrap_kind: str = own_option(
        "--bootstrap-kind",
        "Simulated data: the fit plus noise of the stated errors, or plus its own residuals, drawn within runs.",
        "parametric|residual",
        default="parametric",
        common=False,
        panel=options.REPLICATES,
    ),
    work: ReplicateOptions,
    output: OutputWithPlots,
    decompose: bool = own_option(
        "--decompose",
        "A decomposition figure for every run.",
        default=False,
        common=False,
        panel=options.OUTPUT,
    ),
    columns: options.ColumnsOption = None,
) -> None:
    """Read, fit, subtract term by term, report.

    Fits of single runs or samples end with a summary, one row per fit (summary.csv). Exit status 5: the fit is
    reported, but it is not reliable; 6: some of several files failed, or were left out.

    Example: glasspara fit run.dat --mass 35.7 --out results
    """
    from glasspara.analysis.fit.report import REPORT, Fits, prefixes
    from glasspara.analysis.subtract.stages import check_sets
    from glasspara.report.progress import progress

    settings = full_model.fit_settings(data, stages.method)
    request = _interval_request(minos, profile, contour)
    if request is not None:
        request.check(settings)
    if per_run and per_sample:
        raise UsageError("--per-run and --per-sample make different fits", remedy="Give one of them")
    batch = per_run or per_sample
    sets = check_sets(names(columns))
    jobs = work.workers
    scheme = None if bootstrap is None else _scheme(bootstrap_kind)
    output.check(REPORT.files, REPORT.figures)
    failed: list[tuple[str, GlassparaError]] = []
    # A joint fit without one of its files is another fit.
    loaded = data.load(quiet=output.quiet, failed=failed if batch else None, jobs=jobs)
    parts = _parts(loaded.data, per_run=per_run, per_sample=per_sample)
    from glasspara.fitting.intervals.exploration import fit_each

    with progress("fitting", quiet=output.quiet) as report:
        results = fit_each(parts, settings, request=request, jobs=jobs, progress=report)
    kept = Unfinished(output, UNFINISHED)
    if bootstrap is not None and scheme is not None:
        results = _with_bootstraps(results, bootstrap, scheme, work, kept, quiet=output.quiet)

    def figures(formats: FigureFiles) -> dict[str, Picture]:
        """Figures by name, drawn by several processes where there are many."""
        from glasspara.analysis.fit.figures import pictures
        from glasspara.report.correction_figures import correction_figures

        with progress("drawing", quiet=output.quiet) as report:
            drawn = pictures(results, formats, decompose_all=decompose, jobs=jobs, progress=report)
        named = {
            f"{prefix}{stem}": item
            for prefix, figures in zip(prefixes(len(results)), drawn, strict=True)
            for stem, item in figures.items()
        }
        applied = [item.corrections for item in loaded.inputs if item.corrections is not None]
        runs = [run for result in results for run in result.data.runs]
        return named | {stem: formats.picture(figure) for stem, figure in correction_figures(runs, applied)}

    output.deliver(
        REPORT,
        loaded,
        Fits(tuple(results), tuple(failed), batch, sets),
        figures=figures,
        written=kept.finish,
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


def _scheme(text: str) -> Scheme:
    from glasspara.fitting.resampling import bootstrap_kind

    return bootstrap_kind(text)


def _with_bootstraps(
    results: Sequence[FitResult],
    count: int,
    kind: Scheme,
    work: ReplicateOptions,
    kept: Unfinished,
    *,
    quiet: bool,
) -> list[FitResult]:
    from glasspara.fitting.resampling import bootstrap, description
    from glasspara.report.progress import progress

    with kept.explaining_interrupts(), progress("bootstrap", quiet=quiet) as report:
        return bootstrap(
            results,
            count,
            kind=kind,
            seed=work.seed,
            jobs=work.workers,
            cluster=work.cluster,
            store=kept.store(description(results, kind)),
            progress=report,
        )
