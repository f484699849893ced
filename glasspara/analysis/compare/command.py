"""``glasspara compare``: rival models on the same data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from glasspara.cli import common, options
from glasspara.cli.common import NOT_TRUSTED
from glasspara.cli.groups import DataOptions, ParameterOptions, ReplicateOptions, TheoryOptions
from glasspara.cli.output import OutputWithPlots
from glasspara.cli.unfinished import Unfinished

if TYPE_CHECKING:
    from glasspara.report.terminal import Terminal

REPORT, DATA, FIGURE = "compare.json", "compare.csv", "compare.png"
UNFINISHED = ".compare-unfinished.jsonl"

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
        help="Simulated campaigns for the p-value of the ATS term; 0 for the F test alone. With --out, the same "
        "command after an interruption goes on where it stopped.",
        rich_help_panel=options.REPLICATES,
    ),
]


def compare(
    data: DataOptions,
    *,
    models: Models = None,
    trace_ions: options.TraceIons = None,
    parameters: ParameterOptions,
    allowances: options.Allowances = True,
    theory: TheoryOptions,
    replicates: ReplicateCount = 200,
    work: ReplicateOptions,
    output: OutputWithPlots,
) -> None:
    """Rival models on the same data: chi2, AIC, BIC, weights, and whether the ATS term is needed.

    --fix, --free, --set, --limit and --constrain hold for every model that has the parameter, --nuisance and --loss for
    all. The iron of a sample file does not count here, --n-fe does, in every model. Exit status 5: no model describes
    the data.
    """
    wishes = parameters.wishes(data, iron_from_sample=False, allowances=allowances)
    ions = common.all_trace_ions(trace_ions, data.sample_data)
    workers = work.workers
    output.check([REPORT, DATA, FIGURE])
    loaded = data.load(quiet=output.quiet)

    from glasspara.analysis.compare.comparison import compare as run
    from glasspara.analysis.compare.report import compare_document
    from glasspara.report.progress import progress

    kept = Unfinished(output, UNFINISHED)
    with kept.explaining_interrupts(), progress("simulating", quiet=output.quiet) as report:
        result = run(
            loaded.data,
            options.names(models),
            wishes=wishes,
            orientation=theory.orientation,
            convention=theory.convention,
            trace_ions=ions,
            replicates=replicates,
            seed=work.seed,
            jobs=workers,
            cluster=work.cluster,
            store_of=kept.store,
            progress=report,
        )

    def products() -> dict[str, bytes]:
        from glasspara.analysis.compare.report import compare_csv

        files = {DATA: compare_csv(loaded.inputs, result).encode()}
        if output.plots:
            from glasspara.analysis.compare.figures import compare_figure
            from glasspara.report.style import save_png

            files[FIGURE] = save_png(compare_figure(result), palette=True)
        return files

    def show(out: Terminal) -> None:
        from glasspara.analysis.compare.report import show_compare

        show_compare(loaded.inputs, result, out)

    document = compare_document(loaded.inputs, result, loaded.warnings)
    output.deliver(REPORT, document, products, show, written=kept.finish)
    if not result.trusted:
        raise typer.Exit(NOT_TRUSTED)
