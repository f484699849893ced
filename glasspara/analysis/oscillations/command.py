"""``glasspara oscillations``: does M_intr oscillate with temperature?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from glasspara.cli import options
from glasspara.cli.common import NOT_TRUSTED
from glasspara.cli.full_model import FullModelOptions
from glasspara.cli.groups import DataOptions, ReplicateOptions
from glasspara.cli.output import OutputWithPlots
from glasspara.errors import UsageError

if TYPE_CHECKING:
    from glasspara.analysis.oscillations.search import Wiggle
    from glasspara.analysis.oscillations.waves import OscillationResult
    from glasspara.data.loading import Input
    from glasspara.report.terminal import Terminal

REPORT, PEAKS, POINTS, PERIODOGRAMS = (
    "oscillations.json", "oscillations.csv", "oscillations_points.csv", "periodograms.csv"
)  # fmt: skip
FIGURE = "oscillations.png"

ReplicateCount = Annotated[
    int,
    typer.Option(
        "--replicates",
        metavar="N",
        min=19,
        help="Draws of noise for the false-alarm probability; 1/(N + 1) is the least that they can show.",
        rich_help_panel=options.REPLICATES,
    ),
]
Thermometer = Annotated[
    str | None,
    typer.Option(
        "--thermometer",
        metavar="SIZE[:LENGTH]",
        help="Relative errors of the thermometer among the noise: their standard deviation, and over which ln T they "
        "are correlated (0.1). None by default.",
        rich_help_panel=options.REPLICATES,
    ),
]


def oscillations(
    data: DataOptions,
    *,
    thermometer: Thermometer = None,
    wishes: FullModelOptions,
    replicates: ReplicateCount = 1000,
    work: ReplicateOptions,
    output: OutputWithPlots,
) -> None:
    """Does M_intr(T) oscillate at fixed field? Period, amplitude, and the chance that noise alone does it.

    Exit status 5: no smooth description serves, so that a wave beside it means nothing.
    """
    settings = wishes.fit_settings(data)
    wiggle, workers = _wiggle(thermometer), work.workers
    output.check([REPORT, PEAKS, POINTS, PERIODOGRAMS, FIGURE])
    loaded = data.load(quiet=output.quiet)

    from glasspara.analysis.oscillations.report import oscillations_document
    from glasspara.analysis.oscillations.waves import oscillations as look
    from glasspara.report.progress import progress

    with progress("noise", quiet=output.quiet) as report:
        result = look(
            loaded.data,
            settings,
            wiggle=wiggle,
            replicates=replicates,
            seed=work.seed,
            jobs=workers,
            cluster=work.cluster,
            progress=report,
        )

    def show(out: Terminal) -> None:
        from glasspara.analysis.oscillations.report import show_oscillations

        show_oscillations(loaded.inputs, result, out)

    output.deliver(
        REPORT,
        oscillations_document(loaded.inputs, result, loaded.warnings),
        lambda: _products(loaded.inputs, result, plots=output.plots),
        show,
    )
    if not result.trusted:
        raise typer.Exit(NOT_TRUSTED)


def _wiggle(text: str | None) -> Wiggle | None:
    if text is None:
        return None
    from glasspara.analysis.oscillations.search import Wiggle

    size, colon, length = text.partition(":")
    found = Wiggle(
        options.number(size, "--thermometer"),
        *([options.number(length, "--thermometer")] if colon else []),
    )
    if not (0.0 < found.size < 0.5 and found.length > 0.0):
        raise UsageError(
            f"--thermometer {text!r}: the size must lie between 0 and 0.5, the length above 0",
            remedy="For example --thermometer 0.001:0.1",
        )
    return found


def _products(inputs: tuple[Input, ...], result: OscillationResult, *, plots: bool) -> dict[str, bytes]:
    from glasspara.analysis.oscillations.report import peaks_csv, periodograms_csv, points_csv

    files = {
        PEAKS: peaks_csv(inputs, result).encode(),
        POINTS: points_csv(inputs, result).encode(),
        PERIODOGRAMS: periodograms_csv(inputs, result).encode(),
    }
    if plots:
        from glasspara.analysis.oscillations.figures import oscillation_figures
        from glasspara.report.style import save_png

        files |= {f"{stem}.png": save_png(figure) for stem, figure in oscillation_figures(result)}
    return files
