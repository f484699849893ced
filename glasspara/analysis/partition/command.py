"""``glasspara partition``: which share of the iron is Fe2+?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from glasspara.cli import options
from glasspara.cli.common import NOT_TRUSTED
from glasspara.cli.full_model import FullModelOptions
from glasspara.cli.groups import DataOptions
from glasspara.cli.output import OutputWithPlots
from glasspara.errors import UsageError

if TYPE_CHECKING:
    from glasspara.analysis.partition.scan import PartitionResult
    from glasspara.data.loading import Input
    from glasspara.report.terminal import Terminal

REPORT, SCAN, PROFILE, CURVES = (
    "partition.json",
    "partition.csv",
    "partition_profile.csv",
    "partition_curves.csv",
)
FIGURE, STACK = "partition.png", "partition_curves.png"

Steps = Annotated[
    str | None,
    typer.Option(
        "--steps",
        metavar="STEP",
        help="Scan x, the share of Fe2+, from 1 to 0 in steps of this size; 0.2 by default.",
        rich_help_panel=options.MODEL,
    ),
]
Values = Annotated[
    list[str] | None,
    typer.Option(
        "--values",
        metavar="X,...",
        help="Scan these values of x (repeatable).",
        rich_help_panel=options.MODEL,
    ),
]


def partition(
    data: DataOptions,
    *,
    steps: Steps = None,
    values: Values = None,
    wishes: FullModelOptions,
    output: OutputWithPlots,
) -> None:
    """Which share x of the iron is Fe2+? The total must be known: --n-fe, or a sample file.

    At each x everything else is fitted anew; chi2 along x gives the intervals of 68 and 95 %. Exit status 5: x is not
    determined, or the model does not describe the data.
    """
    settings = wishes.fit_settings(data)
    scanned = _fractions(steps, values)
    output.check([REPORT, SCAN, PROFILE, CURVES, FIGURE, STACK])

    from glasspara.analysis.partition.scan import check
    from glasspara.analysis.partition.scan import partition as scan

    check(settings, scanned)
    loaded = data.load(quiet=output.quiet)

    from glasspara.analysis.partition.report import partition_document

    result = scan(loaded.data, settings, scanned)

    def show(out: Terminal) -> None:
        from glasspara.analysis.partition.report import show_partition

        show_partition(loaded.inputs, result, out)

    output.deliver(
        REPORT,
        partition_document(loaded.inputs, result, loaded.warnings),
        lambda: _products(loaded.inputs, result, plots=output.plots),
        show,
    )
    if not result.trusted:
        raise typer.Exit(NOT_TRUSTED)


def _fractions(steps: str | None, values: list[str] | None) -> tuple[float, ...]:
    """The x to scan."""
    from glasspara.analysis.partition.scan import STEP, fractions

    if values:
        if steps is not None:
            raise UsageError("--steps and --values both say which x to scan", remedy="Give one of them")
        return tuple(options.number(text, "--values") for text in options.names(values))
    return fractions(STEP if steps is None else options.number(steps, "--steps"))


def _products(inputs: tuple[Input, ...], result: PartitionResult, *, plots: bool) -> dict[str, bytes]:
    from glasspara.analysis.partition.report import curves_csv, partition_csv, profile_csv

    files = {
        SCAN: partition_csv(inputs, result).encode(),
        PROFILE: profile_csv(inputs, result).encode(),
        CURVES: curves_csv(inputs, result).encode(),
    }
    if plots:
        from glasspara.analysis.partition.figures import partition_figure, stacked_figure
        from glasspara.report.style import save_png

        files[FIGURE] = save_png(partition_figure(result))
        files[STACK] = save_png(stacked_figure(result))
    return files
