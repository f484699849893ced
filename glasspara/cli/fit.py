"""``glasspara fit``: the main job."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from glasspara.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasspara.cli.common import Destination
    from glasspara.errors import GlassparaError
    from glasspara.fitting.exploration import Wanted
    from glasspara.fitting.result import FitResult
    from glasspara.fitting.settings import FitSettings
    from glasspara.loading import Input, Loaded
    from glasspara.replicates.store import Store

NOT_TRUSTED, PART_FAILED = 5, 6
REPORT, PARAMETERS, DATA = "report.json", "parameters.csv", "data.csv"
REPLICATES, UNFINISHED = "bootstrap.csv", ".bootstrap-unfinished.jsonl"

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
        help="Interval by the profile of chi2 (repeatable, or NAME,NAME).",
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
    files: options.Files,
    mass: options.Mass = None,
    sample: options.SampleOption = None,
    moment: options.Moment = "auto",
    errors: options.Errors = "auto",
    t_range: options.TRange = None,
    h_range: options.HRange = None,
    exclude: options.Exclude = None,
    min_fit: options.MinFit = None,
    average: options.Average = False,
    model: options.ModelName = "etm",
    ions: options.Ions = "both",
    trace_ions: options.TraceIons = None,
    n_fe: options.NFe = None,
    fix: options.Fix = None,
    free: options.Free = None,
    start: options.Set = None,
    limit: options.Limit = None,
    constrain: options.Constrain = None,
    nuisance: options.Nuisance = None,
    allowances: options.Allowances = True,
    loss: options.Loss = "linear",
    convention: options.Convention = "paper",
    orientation: options.Orientation = "isotropic",
    staged: Staged = False,
    per_run: PerRun = False,
    minos: Minos = None,
    profile: ProfileOf = None,
    contour: ContourOf = None,
    bootstrap: Bootstrap = None,
    bootstrap_kind: BootstrapKind = "parametric",
    seed: options.Seed = 1,
    jobs: options.Jobs = None,
    cluster: options.Cluster = None,
    out: options.Out = None,
    force: options.Force = False,
    as_json: options.JsonFlag = False,
    plots: options.Plots = True,
    decompose: Decompose = False,
    quiet: options.Quiet = False,
) -> None:
    """Read, subtract in stages, fit, report.

    Exit status 5: the fit was done and is reported, but is not to be trusted; 6: with --per-run, some files failed.
    """
    from glasspara.cli import common
    from glasspara.model import Model

    destination = common.Destination(out, force=force, as_json=as_json, quiet=quiet)
    sample_data, defaults = common.sample_and_defaults(sample)
    settings = common.fit_settings(
        Model(model, ions, orientation, convention, common.trace_ions(trace_ions, sample_data)),
        staged=staged,
        iron_from_sample=not model.startswith("ll") and ions == "both",
        n_fe=n_fe,
        sample=sample_data,
        fix=fix,
        free=free,
        start=start,
        limit=limit,
        constrain=constrain,
        nuisance=nuisance,
        allowances=allowances,
        loss=loss,
        defaults=defaults,
    )
    wanted = _wanted(minos, profile, contour)
    if wanted is not None:
        wanted.check(settings)
    replicates = _Replicates(
        bootstrap, bootstrap_kind, seed, common.workers(jobs, cluster), cluster, destination
    )
    destination.check([REPORT, PARAMETERS, DATA])
    failed: list[tuple[str, GlassparaError]] = []
    loaded = common.load(
        files,
        mass=mass,
        sample=sample_data,
        moment=moment,
        errors=errors,
        t_range=t_range,
        h_range=h_range,
        exclude=exclude,
        min_fit=min_fit,
        average=average,
        failed=failed if per_run else None,  # a joint fit without one of its files is another fit
    )
    common.warn(loaded.warnings, quiet=quiet)
    results = replicates.run(_fit(loaded, settings, wanted, per_run=per_run))

    from glasspara.report.document import fit_document

    document = fit_document(loaded.inputs, results, loaded.warnings, failed)

    def tables() -> None:
        from glasspara.report.console import console, show_fit

        show_fit(loaded.inputs, results, console())

    if destination.folder is not None:
        products = _products(loaded.inputs, results, plots=plots, decompose=decompose)
        destination.write_report(REPORT, document, products)
        replicates.finish()
    destination.show(document, tables)
    if failed:
        raise typer.Exit(PART_FAILED)
    if not all(result.assessment.trusted for result in results):
        raise typer.Exit(NOT_TRUSTED)


def _wanted(minos: list[str] | None, profile: list[str] | None, contour: list[str] | None) -> Wanted | None:
    if not (minos or profile or contour):
        return None
    from glasspara.fitting.exploration import Wanted

    return Wanted(options.names(minos), options.names(profile), options.pairs(contour, "--contour"))


def _fit(loaded: Loaded, settings: FitSettings, wanted: Wanted | None, *, per_run: bool) -> list[FitResult]:
    from glasspara.dataset import Dataset
    from glasspara.fitting.fit import fit
    from glasspara.report.progress import track

    data = loaded.data
    parts = [Dataset((run,)) for run in data.runs] if per_run else [data]
    results = [fit(part, settings) for part in track(parts, "fitting")]
    if wanted is None:
        return results
    from glasspara.fitting.exploration import explore

    return [explore(result, settings, wanted) for result in track(results, "intervals")]


class _Replicates:
    """The bootstrap of a command, if it is to have one, and the file that keeps it while it lasts."""

    def __init__(
        self,
        count: int | None,
        kind: str,
        seed: int,
        jobs: int,
        cluster: str | None,
        destination: Destination,
    ) -> None:
        self._count = count
        if count is None:
            return
        from glasspara.fitting.resample import bootstrap_kind

        self._kind = bootstrap_kind(kind)
        self._seed, self._jobs, self._cluster = seed, jobs, cluster
        self._destination = destination
        self._store: Store | None = None

    def run(self, results: list[FitResult]) -> list[FitResult]:
        """``results`` with their bootstraps."""
        if self._count is None:
            return results
        from glasspara.fitting.bootstrap import bootstrap, description
        from glasspara.replicates.store import Store
        from glasspara.report.progress import progress

        if self._destination.folder is not None:
            self._store = Store(
                self._destination.folder / UNFINISHED,
                description(results, self._kind),
                overwrite=self._destination.force,
                remedy="Repeat that run to finish it, or add --force to drop what it has done",
            )
        try:
            with progress("bootstrap") as report:
                return bootstrap(
                    results,
                    self._count,
                    kind=self._kind,
                    seed=self._seed,
                    jobs=self._jobs,
                    cluster=self._cluster,
                    store=self._store,
                    progress=report,
                )
        except KeyboardInterrupt:
            if self._store is not None:
                print("finished replicates are kept: the same command goes on from there", file=sys.stderr)
            raise

    def finish(self) -> None:
        """The results being written, remove the file that kept the replicates."""
        if self._count is not None and self._store is not None:
            self._store.discard()


def _products(
    inputs: Sequence[Input],
    results: Sequence[FitResult],
    *,
    plots: bool,
    decompose: bool,
) -> dict[str, bytes]:
    """Tables and figures by file name."""
    from glasspara.report import tables
    from glasspara.report.stems import contour_stem, profile_stem
    from glasspara.stages import StagedData

    staged = [StagedData(result.data, result.terms) for result in results]
    files = {
        PARAMETERS: tables.parameters_csv(inputs, results).encode(),
        DATA: tables.stages_csv(tables.provenance("fit", inputs), staged).encode(),
    }
    prefixes = [f"fit{number:02d}_" if len(results) > 1 else "" for number in range(1, len(results) + 1)]
    for prefix, result in zip(prefixes, results, strict=True):
        for curve in result.profiles:
            text = tables.profile_csv(inputs, result, curve)
            files[f"{prefix}{profile_stem(curve.name)}.csv"] = text.encode()
        for item in result.contours:
            text = tables.contour_csv(inputs, result, item)
            files[f"{prefix}{contour_stem(item.names)}.csv"] = text.encode()
    if any(result.bootstrap for result in results):
        files[REPLICATES] = tables.bootstrap_csv(inputs, results).encode()
    if plots:
        from glasspara.report.figures import bootstrap_figure, fit_figures, interval_figures, save_png

        for prefix, result in zip(prefixes, results, strict=True):
            for stem, figure in (
                *fit_figures(result, decompose_all=decompose),
                *interval_figures(result),
            ):
                files[f"{prefix}{stem}.png"] = save_png(figure)
            if result.bootstrap:
                files[f"{prefix}bootstrap.png"] = save_png(bootstrap_figure(result))
    return files
