"""``glasspara partition``: which share of the iron is Fe2+?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from glasspara.cli import options
from glasspara.cli.groups import DataOptions, FullModelOptions
from glasspara.cli.options import option
from glasspara.cli.output import OutputWithPlots
from glasspara.cli.values import names, number
from glasspara.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Steps = Annotated[
    str | None,
    option(
        "--steps",
        "Scan x, the share of Fe2+, from 1 to 0 in steps of this size; 0.2 by default.",
        "STEP",
        panel=options.MODEL,
        common=True,
    ),
]
Values = Annotated[
    list[str] | None,
    option("--values", "Scan these values of x (repeatable).", "X,...", panel=options.MODEL, common=True),
]


def partition(
    data: DataOptions,
    *,
    steps: Steps = None,
    values: Values = None,
    full_model: FullModelOptions,
    output: OutputWithPlots,
) -> None:
    """Which share x of the iron is Fe2+? The total must be known: --n-fe, or a sample file.

    At each x everything else is fitted anew; chi2 along x gives the intervals of 68 and 95 %. Exit status 5: x is not
    determined, or the model does not describe the data.
    """
    from glasspara.analysis.partition import scan
    from glasspara.analysis.partition.report import FIGURE, REPORT, STACK

    settings = full_model.fit_settings(data)
    scanned = _fractions(steps, values)
    output.check(REPORT.files)
    scan.check(settings, scanned)
    loaded = data.load(quiet=output.quiet)
    result = scan.partition(loaded.data, settings, scanned)

    def figures() -> dict[str, Figure]:
        from glasspara.analysis.partition.figures import partition_figure, stacked_figure

        return {FIGURE: partition_figure(result), STACK: stacked_figure(result)}

    output.deliver(REPORT, loaded, result, trusted=result.assessment.trusted, figures=figures)


def _fractions(steps: str | None, values: list[str] | None) -> tuple[float, ...]:
    """The x to scan."""
    from glasspara.analysis.partition.scan import STEP, fractions

    if values:
        if steps is not None:
            raise UsageError("--steps and --values both say which x to scan", remedy="Give one of them")
        return tuple(number(text, "--values") for text in names(values))
    return fractions(STEP if steps is None else number(steps, "--steps"))
