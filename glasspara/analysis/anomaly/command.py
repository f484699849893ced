"""``glasspara anomaly``: where in temperature do the data leave the model?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from glasspara.cli import options
from glasspara.cli.full_model import FullModelOptions
from glasspara.cli.groups import DataOptions
from glasspara.cli.output import OutputWithPlots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Windows = Annotated[
    list[str] | None,
    typer.Option(
        "--windows",
        metavar="T,...",
        help="Temperatures between the windows, K; by default 2.5,3,4,6,10,20,50,100,200.",
        rich_help_panel=options.MODEL,
    ),
]


def anomaly(
    data: DataOptions,
    *,
    windows: Windows = None,
    wishes: FullModelOptions,
    output: OutputWithPlots,
) -> None:
    """Where in temperature do the data leave the fitted model, and by how many standard deviations?

    Exit status 5: there is no model to leave, for it does not describe the data elsewhere.
    """
    from glasspara.analysis.anomaly.report import FIGURE, REPORT

    settings = wishes.fit_settings(data)
    given = [options.number(text, "--windows") for text in options.names(windows)]
    output.check(REPORT.files)
    loaded = data.load(quiet=output.quiet)

    from glasspara.analysis.anomaly.departures import EDGES
    from glasspara.analysis.anomaly.departures import anomaly as test

    result = test(loaded.data, settings, edges=given or EDGES)

    def figures() -> dict[str, Figure]:
        from glasspara.analysis.anomaly.figures import anomaly_figure

        return {FIGURE: anomaly_figure(result)}

    output.deliver(REPORT, loaded, result, trusted=result.assessment.trusted, figures=figures)
