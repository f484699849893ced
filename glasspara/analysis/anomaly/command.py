"""``glasspara anomaly``: where in temperature do the data leave the model?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from glasspara.cli import options
from glasspara.cli.common import NOT_TRUSTED
from glasspara.cli.full_model import FullModelOptions
from glasspara.cli.groups import DataOptions
from glasspara.cli.output import OutputWithPlots

if TYPE_CHECKING:
    from glasspara.report.terminal import Terminal

REPORT, WINDOWS, POINTS, FIGURE = "anomaly.json", "anomaly.csv", "anomaly_points.csv", "anomaly.png"

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
    settings = wishes.fit_settings(data)
    given = [options.number(text, "--windows") for text in options.names(windows)]
    output.check([REPORT, WINDOWS, POINTS, FIGURE])
    loaded = data.load(quiet=output.quiet)

    from glasspara.analysis.anomaly.departures import EDGES
    from glasspara.analysis.anomaly.departures import anomaly as test
    from glasspara.analysis.anomaly.report import anomaly_document

    result = test(loaded.data, settings, edges=given or EDGES)

    def products() -> dict[str, bytes]:
        from glasspara.analysis.anomaly.report import points_csv, windows_csv

        files = {
            WINDOWS: windows_csv(loaded.inputs, result).encode(),
            POINTS: points_csv(loaded.inputs, result).encode(),
        }
        if output.plots:
            from glasspara.analysis.anomaly.figures import anomaly_figure
            from glasspara.report.style import save_png

            files[FIGURE] = save_png(anomaly_figure(result))
        return files

    def show(out: Terminal) -> None:
        from glasspara.analysis.anomaly.report import show_anomaly

        show_anomaly(loaded.inputs, result, out)

    output.deliver(REPORT, anomaly_document(loaded.inputs, result, loaded.warnings), products, show)
    if not result.trusted:
        raise typer.Exit(NOT_TRUSTED)
