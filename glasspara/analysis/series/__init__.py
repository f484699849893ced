"""Is the apparent concentration of iron the same for all runs?

``glasspara series``. :func:`~glasspara.analysis.series.single_runs.series` fits Larmor and Langevin terms to each run
and tests whether n(Fe) drifts with field or temperature.
"""

from __future__ import annotations

from functools import partial

from glasspara.cli import options
from glasspara.cli.groups import DataOptions, answer
from glasspara.cli.options import own_option
from glasspara.cli.output import OutputWithPlots


def series(
    data: DataOptions,
    *,
    weights: str = own_option(
        "--weights",
        "Weights of the points: by their standard deviations, or all equal, as probably in the source's tables.",
        "sigma|equal",
        default="sigma",
        panel=options.MODEL,
    ),
    n_fe: str | None = own_option(
        "--n-fe",
        "Iron by mass spectrometry, g^-1, for comparison; by default that of --sample.",
        "VALUE[+-ERROR]",
        panel=options.MODEL,
    ),
    allowances: options.Allowances = True,
    output: OutputWithPlots,
) -> None:
    """Larmor + Langevin fits run by run: n(Fe) and chi_L against H and T, and whether n drifts.

    Each run is fitted with Fe3+ only, Fe2+ only, and both with n >= 0. The test of the drift always uses the stated
    errors of the points.

    Example: glasspara series data/*.dat --mass 35.7 --out results
    """
    from glasspara.analysis.series import single_runs
    from glasspara.analysis.series.report import REPORT
    from glasspara.sample.mass import parse_concentration

    sample = data.sample_data
    n_ms = parse_concentration(n_fe) if n_fe else None
    if n_ms is None and sample is not None and sample.n_fe is not None:
        n_ms = (sample.n_fe, sample.n_fe_error)
    analyse = partial(
        single_runs.series, weights=weights, n_ms=n_ms, allowances=allowances, same_glass=data.same_glass
    )
    answer(REPORT, data, output, analyse)
