"""Which share x of the iron is Fe2+, the total being known?

``glasspara partition``. :func:`~glasspara.analysis.partition.scan.partition` fits everything else anew for each x of a
scan and finds the intervals of x.
"""

from __future__ import annotations

from glasspara.cli.groups import DataOptions, FullModelOptions, answer
from glasspara.cli.options import MODEL, own_option
from glasspara.cli.output import OutputWithPlots
from glasspara.cli.values import names, number
from glasspara.errors import UsageError


def partition(
    data: DataOptions,
    *,
    steps: str | None = own_option(
        "--steps",
        "Scan x, the share of Fe2+, from 1 to 0 in steps of this size; 0.2 by default.",
        "STEP",
        panel=MODEL,
    ),
    values: list[str] | None = own_option(
        "--values", "Scan these values of x (repeatable).", "X,...", panel=MODEL
    ),
    full_model: FullModelOptions,
    output: OutputWithPlots,
) -> None:
    """Which share x of the iron is Fe2+? The total must be known: --n-fe, or a sample file.

    At each x all other parameters are fitted anew; chi2 against x gives the 68 and 95 % intervals. Exit status 5: x is
    not determined, or the model does not describe the data.

    Example: glasspara partition data/*.dat --mass 35.7 --n-fe "1.66(2)e17" --out results
    """
    from glasspara.analysis.partition import scan
    from glasspara.analysis.partition.report import REPORT

    settings = full_model.fit_settings(data)
    scanned = _fractions(steps, values)
    scan.check_scan(settings, scanned)
    answer(REPORT, data, output, lambda points: scan.partition(points, settings, scanned))


def _fractions(steps: str | None, values: list[str] | None) -> tuple[float, ...]:
    """The x to scan."""
    from glasspara.analysis.partition.scan import STEP, fractions

    if values:
        if steps is not None:
            raise UsageError("--steps and --values both say which x to scan", remedy="Give one of them")
        return tuple(number(text, "--values") for text in names(values))
    return fractions(STEP if steps is None else number(steps, "--steps"))
