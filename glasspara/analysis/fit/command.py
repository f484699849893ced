"""``glasspara fit``: the main job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from glasspara.cli import common, options
from glasspara.cli.common import PART_FAILED, stop
from glasspara.cli.groups import DataOptions, ParameterOptions, ReplicateOptions, TheoryOptions
from glasspara.cli.output import OutputWithPlots
from glasspara.cli.unfinished import Unfinished

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasspara.data.loading import Input, Loaded
    from glasspara.errors import GlassparaError
    from glasspara.fitting.intervals.exploration import IntervalRequest
    from glasspara.fitting.problem.settings import FitSettings
    from glasspara.fitting.result import FitResult

UNFINISHED = ".bootstrap-unfinished.jsonl"

Staged = Annotated[
    bool,
    typer.Option(
        "--staged/--joint",
        help="Freeze each stage before the next, or fit all free parameters to the raw data.",
        rich_help_panel=options.MODEL,
    ),
]
PerRun = Annotated[
    bool,
    typer.Option(
        "--per-run/--global",
        help="A fit of its own for each run, or one for all.",
        rich_help_panel=options.MODEL,
    ),
]
Bootstrap = Annotated[
    int | None,
    typer.Option(
        "--bootstrap",
        metavar="N",
        min=2,
        help="Errors and intervals by N refits to new data. With --out, the same command after an interruption goes "
        "on where it stopped.",
        rich_help_panel=options.REPLICATES,
    ),
]
BootstrapKind = Annotated[
    str,
    typer.Option(
        "--bootstrap-kind",
        metavar="parametric|residual",
        help="New data: the fit with noise of the stated errors, or with its own residuals shuffled within runs.",
        rich_help_panel=options.REPLICATES,
    ),
]
Decompose = Annotated[
    bool,
    typer.Option("--decompose", help="A decomposition figure for every run.", rich_help_panel=options.OUTPUT),
]

Minos = Annotated[
    list[str] | None,
    typer.Option(
        "--minos",
        metavar="NAME|all",
        help="Interval by the profile of chi2, of parameters and derived combinations (repeatable, or NAME,NAME).",
        rich_help_panel=options.INTERVALS,
    ),
]
ProfileOf = Annotated[
    list[str] | None,
    typer.Option(
        "--profile",
        metavar="NAME|all",
        help="The profile itself, as table and figure (repeatable).",
        rich_help_panel=options.INTERVALS,
    ),
]
ContourOf = Annotated[
    list[str] | None,
    typer.Option(
        "--contour",
        metavar="NAME,NAME",
        help="68 % and 95 % regions of two parameters (repeatable).",
        rich_help_panel=options.INTERVALS,
    ),
]


def fit(
    data: DataOptions,
    *,
    model: options.ModelName = "etm",
    ions: options.Ions = "both",
    trace_ions: options.TraceIons = None,
    parameters: ParameterOptions,
    allowances: options.Allowances = True,
    theory: TheoryOptions,
    staged: Staged = False,
    per_run: PerRun = False,
    minos: Minos = None,
    profile: ProfileOf = None,
    contour: ContourOf = None,
    bootstrap: Bootstrap = None,
    bootstrap_kind: BootstrapKind = "parametric",
    work: ReplicateOptions,
    output: OutputWithPlots,
    decompose: Decompose = False,
) -> None:
    """Read, subtract in stages, fit, report.

    Exit status 5: the fit was done and is reported, but is not to be trusted; 6: with --per-run, some files failed.
    """
    from glasspara.analysis.fit.report import REPORT, Fits, prefixes
    from glasspara.model.model import Model

    settings = parameters.settings(
        Model(
            model,
            ions,
            theory.orientation,
            theory.convention,
            common.trace_ions(trace_ions, data.sample_data),
        ),
        data,
        staged=staged,
        iron_from_sample=not model.startswith("ll") and ions == "both",
        allowances=allowances,
    )
    request = _interval_request(minos, profile, contour)
    if request is not None:
        request.check(settings)
    replicates = _Replicates(bootstrap, bootstrap_kind, work, output)
    output.check(REPORT.files)
    failed: list[tuple[str, GlassparaError]] = []
    # A joint fit without one of its files is another fit.
    jobs = work.workers
    loaded = data.load(quiet=output.quiet, failed=failed if per_run else None, jobs=jobs)
    results = replicates.run(_fit(loaded, settings, request, per_run=per_run, jobs=jobs))

    def figures() -> dict[str, bytes]:
        return _figures(loaded.inputs, results, prefixes(len(results)), decompose=decompose, jobs=jobs)

    output.deliver(
        REPORT,
        loaded,
        Fits(tuple(results), tuple(failed)),
        trusted=all(result.assessment.trusted for result in results) or bool(failed),
        figures=figures,
        written=replicates.finish,
    )
    if failed:
        stop(PART_FAILED)


def _interval_request(
    minos: list[str] | None, profile: list[str] | None, contour: list[str] | None
) -> IntervalRequest | None:
    if not (minos or profile or contour):
        return None
    from glasspara.fitting.intervals.exploration import IntervalRequest

    return IntervalRequest(options.names(minos), options.names(profile), options.pairs(contour, "--contour"))


def _fit(
    loaded: Loaded, settings: FitSettings, request: IntervalRequest | None, *, per_run: bool, jobs: int
) -> list[FitResult]:
    from glasspara.data.dataset import Dataset
    from glasspara.fitting.batch import fit_each
    from glasspara.report.progress import track

    data = loaded.data
    parts = [Dataset((run,)) for run in data.runs] if per_run else [data]
    return fit_each(
        parts, settings, request=request, jobs=jobs, progress=lambda parts: track(parts, "fitting")
    )


class _Replicates:
    """The bootstrap of a command, if it is to have one."""

    def __init__(self, count: int | None, kind: str, work: ReplicateOptions, output: OutputWithPlots) -> None:
        self._count = count
        self._jobs = work.workers
        self._kept = Unfinished(output, UNFINISHED)
        if count is None:
            return
        from glasspara.fitting.resampling.resample import bootstrap_kind

        self._kind = bootstrap_kind(kind)
        self._work = work

    def run(self, results: list[FitResult]) -> list[FitResult]:
        """``results`` with their bootstraps."""
        if self._count is None:
            return results
        from glasspara.fitting.resampling.bootstrap import bootstrap, description
        from glasspara.report.progress import progress

        with self._kept.told(), progress("bootstrap") as report:
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
    inputs: Sequence[Input], results: Sequence[FitResult], names: Sequence[str], *, decompose: bool, jobs: int
) -> dict[str, bytes]:
    """Figures by file name, drawn by several processes where there are many."""
    from glasspara.analysis.fit.figures import pictures
    from glasspara.report.correction_figures import correction_figures
    from glasspara.report.progress import track
    from glasspara.report.style import save_png

    drawn = pictures(
        results, decompose_all=decompose, jobs=jobs, progress=lambda results: track(results, "drawing")
    )
    files = {
        f"{prefix}{stem}.png": content
        for prefix, figures in zip(names, drawn, strict=True)
        for stem, content in figures.items()
    }
    applied = [item.corrections for item in inputs if item.corrections is not None]
    runs = [run for result in results for run in result.data.runs]
    return files | {f"{stem}.png": save_png(figure) for stem, figure in correction_figures(runs, applied)}
