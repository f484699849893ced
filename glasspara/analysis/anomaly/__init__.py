"""Where in temperature do the data leave the fitted model?

``glasspara anomaly``. :func:`~glasspara.analysis.anomaly.departures.anomaly` fits the model and tests windows of
temperature against it; its result says which leave it, by how much, and what errors of the thermometer could do.
"""

from __future__ import annotations

from glasspara.cli.groups import DataOptions, FullModelOptions, answer
from glasspara.cli.options import MODEL, own_option
from glasspara.cli.output import OutputWithPlots
from glasspara.cli.values import names, number


def anomaly(
    data: DataOptions,
    *,
    windows: list[str] | None = own_option(
        "--windows",
        "Temperatures that separate the windows, K; by default from 2.5 to 350, dense between 30 and 70 K.",
        "T,...",
        panel=MODEL,
    ),
    full_model: FullModelOptions,
    output: OutputWithPlots,
) -> None:
    """Where in temperature do the data deviate from the fitted model, and by how many standard deviations?

    Exit status 5: the model does not describe the data elsewhere, so a deviation has no meaning.

    Example: glasspara anomaly *.dat --sample sample.toml --out results
    """
    from glasspara.analysis.anomaly.departures import EDGES
    from glasspara.analysis.anomaly.departures import anomaly as find_departures
    from glasspara.analysis.anomaly.report import REPORT

    settings = full_model.fit_settings(data)
    edges = [number(text, "--windows") for text in names(windows)] or EDGES
    answer(REPORT, data, output, lambda points: find_departures(points, settings, edges=edges))
