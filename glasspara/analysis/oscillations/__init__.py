"""Does M_intr oscillate with temperature at fixed field?

``glasspara oscillations``. :func:`~glasspara.analysis.oscillations.waves.oscillations` searches every run at fixed
field for waves in T and in 1/T; noise gives the chance of such a wave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.cli.groups import DataOptions, FullModelOptions, ReplicateOptions, answer
from glasspara.cli.options import MOST_REPLICATES, REPLICATES, own_option
from glasspara.cli.output import OutputWithPlots
from glasspara.cli.values import number
from glasspara.errors import UsageError

if TYPE_CHECKING:
    from glasspara.analysis.oscillations.search import Wiggle
    from glasspara.analysis.oscillations.waves import OscillationResult
    from glasspara.data import Dataset


def oscillations(
    data: DataOptions,
    *,
    thermometer: str | None = own_option(
        "--thermometer",
        "Relative thermometer errors in the noise: their standard deviation, and their correlation length in ln T "
        "(0.1). None by default.",
        "SIZE[:LENGTH]",
        panel=REPLICATES,
    ),
    full_model: FullModelOptions,
    replicates: int = own_option(
        "--replicates",
        "Simulations of noise for the false-alarm probability; its smallest possible value is 1/(N + 1).",
        "N",
        default=1000,
        panel=REPLICATES,
        min=19,
        max=MOST_REPLICATES,
    ),
    work: ReplicateOptions,
    output: OutputWithPlots,
) -> None:
    """Does M_intr(T) oscillate at fixed field? Period, amplitude, and the probability that noise alone gives this.

    Exit status 5: no smooth description fits the data, so a wave has no meaning.

    Example: glasspara oscillations data/*.dat --mass 35.7 --out results
    """
    from glasspara.analysis.oscillations import waves
    from glasspara.analysis.oscillations.report import REPORT
    from glasspara.report.progress import progress

    settings = full_model.fit_settings(data)
    wiggle, workers = _wiggle(thermometer), work.workers

    def analyse(points: Dataset) -> OscillationResult:
        with progress("noise", quiet=output.quiet) as report:
            return waves.oscillations(
                points,
                settings,
                wiggle=wiggle,
                replicates=replicates,
                seed=work.seed,
                jobs=workers,
                cluster=work.cluster,
                progress=report,
            )

    answer(REPORT, data, output, analyse)


def _wiggle(text: str | None) -> Wiggle | None:
    if text is None:
        return None
    from glasspara.analysis.oscillations.search import Wiggle

    size, colon, length = text.partition(":")
    found = Wiggle(number(size, "--thermometer"), *([number(length, "--thermometer")] if colon else []))
    if not (0.0 < found.size < 0.5 and found.length > 0.0):
        raise UsageError(
            f"--thermometer {text!r}: the size must be between 0 and 0.5, the length above 0",
            remedy="For example --thermometer 0.001:0.1",
        )
    return found
