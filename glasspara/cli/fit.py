"""``glasspara fit``: the main job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from glasspara.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasspara.errors import GlassparaError
    from glasspara.fitting.result import FitResult
    from glasspara.fitting.settings import FitSettings
    from glasspara.loading import Input, Loaded

NOT_TRUSTED, PART_FAILED = 5, 6
REPORT, PARAMETERS, DATA = "report.json", "parameters.csv", "data.csv"

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
Decompose = Annotated[
    bool,
    typer.Option("--decompose", help="A decomposition figure for every run.", rich_help_panel=options.OUTPUT),
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
        Model(model, ions, orientation, convention),
        staged=staged,
        iron_from_sample=model == "etm" and ions == "both",
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
    results = _fit(loaded, settings, per_run=per_run)

    from glasspara.report.document import fit_document

    document = fit_document(loaded.inputs, results, loaded.warnings, failed)

    def tables() -> None:
        from glasspara.report.console import console, show_fit

        show_fit(loaded.inputs, results, console())

    if destination.folder is not None:
        products = _products(loaded.inputs, results, plots=plots, decompose=decompose)
        destination.write_report(REPORT, document, products)
    destination.show(document, tables)
    if failed:
        raise typer.Exit(PART_FAILED)
    if not all(result.assessment.trusted for result in results):
        raise typer.Exit(NOT_TRUSTED)


def _fit(loaded: Loaded, settings: FitSettings, *, per_run: bool) -> list[FitResult]:
    from glasspara.dataset import Dataset
    from glasspara.fitting.fit import fit
    from glasspara.report.progress import track

    data = loaded.data
    parts = [Dataset((run,)) for run in data.runs] if per_run else [data]
    return [fit(part, settings) for part in track(parts, "fitting")]


def _products(
    inputs: Sequence[Input],
    results: Sequence[FitResult],
    *,
    plots: bool,
    decompose: bool,
) -> dict[str, bytes]:
    """Tables and figures by file name."""
    from glasspara.report import tables
    from glasspara.stages import StagedData

    staged = [StagedData(result.data, result.terms) for result in results]
    files = {
        PARAMETERS: tables.parameters_csv(inputs, results).encode(),
        DATA: tables.stages_csv(tables.provenance("fit", inputs), staged).encode(),
    }
    if plots:
        from glasspara.report.figures import fit_figures, save_png

        for number, result in enumerate(results, 1):
            prefix = f"fit{number:02d}_" if len(results) > 1 else ""
            for stem, figure in fit_figures(result, decompose_all=decompose):
                files[f"{prefix}{stem}.png"] = save_png(figure)
    return files
