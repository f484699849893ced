"""``glasspara compare``: rival models on the same data."""

from __future__ import annotations

from typing import Annotated

import typer

from glasspara.cli import options

NOT_TRUSTED = 5
REPORT, DATA, FIGURE = "compare.json", "compare.csv", "compare.png"

Models = Annotated[
    list[str] | None,
    typer.Option(
        "--models",
        metavar="NAME,...",
        help="Models to compare (repeatable). By default all but etm-high-field, etm-phase and three-level; "
        "ll-trace and etm-trace need trace ions.",
        rich_help_panel=options.MODEL,
    ),
]
ReplicateCount = Annotated[
    int,
    typer.Option(
        "--replicates",
        metavar="N",
        min=0,
        help="Simulated campaigns for the p-value of the ATS term; 0 for the F test alone.",
        rich_help_panel=options.REPLICATES,
    ),
]


def compare(
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
    models: Models = None,
    trace_ions: options.TraceIons = None,
    n_fe: options.NFe = None,
    fix: options.Fix = None,
    free: options.Free = None,
    start: options.Set = None,
    limit: options.Limit = None,
    convention: options.Convention = "paper",
    orientation: options.Orientation = "isotropic",
    replicates: ReplicateCount = 200,
    seed: options.Seed = 1,
    jobs: options.Jobs = None,
    cluster: options.Cluster = None,
    out: options.Out = None,
    force: options.Force = False,
    as_json: options.JsonFlag = False,
    plots: options.Plots = True,
    quiet: options.Quiet = False,
) -> None:
    """Rival models on the same data: chi2, AIC, BIC, weights, and whether the ATS term is needed.

    --fix, --free, --set and --limit hold for every model that has the parameter. The iron of a sample file does not
    count here, --n-fe does, in every model. Exit status 5: no model describes the data.
    """
    from glasspara.cli import common
    from glasspara.model import Model

    destination = common.Destination(out, force=force, as_json=as_json, quiet=quiet)
    sample_data, defaults = common.sample_and_defaults(sample)
    wishes = common.fit_settings(
        Model(orientation=orientation, convention=convention),
        staged=False,
        iron_from_sample=False,
        n_fe=n_fe,
        sample=sample_data,
        fix=fix,
        free=free,
        start=start,
        limit=limit,
        defaults=defaults,
    )
    ions = common.all_trace_ions(trace_ions, sample_data)
    workers = common.workers(jobs, cluster)
    destination.check([REPORT, DATA, FIGURE])
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
    )
    common.warn(loaded.warnings, quiet=quiet)

    from glasspara.analysis.compare import compare as run
    from glasspara.report.document import compare_document
    from glasspara.report.progress import progress

    with progress("simulating") as report:
        result = run(
            loaded.data,
            options.names(models),
            wishes=wishes,
            trace_ions=ions,
            replicates=replicates,
            seed=seed,
            jobs=workers,
            cluster=cluster,
            progress=report,
        )
    document = compare_document(loaded.inputs, result, loaded.warnings)

    def tables() -> None:
        from glasspara.report.console import console, show_compare

        show_compare(loaded.inputs, result, console())

    if destination.folder is not None:
        from glasspara.report.tables import compare_csv

        products = {DATA: compare_csv(loaded.inputs, result).encode()}
        if plots:
            from glasspara.report.figures import compare_figure, save_png

            products[FIGURE] = save_png(compare_figure(result))
        destination.write_report(REPORT, document, products)
    destination.show(document, tables)
    if not result.trusted:
        raise typer.Exit(NOT_TRUSTED)
