"""Does M - M_Larmor of all runs fall on one curve of H/T?

``glasspara universality``. :func:`~glasspara.analysis.universality.collapse.universality` tests it, for all runs
together, for pairs of runs and in windows of H/T.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from glasspara.cli import options
from glasspara.cli.groups import DataOptions, answer
from glasspara.cli.options import own_option
from glasspara.cli.output import OutputWithPlots
from glasspara.cli.values import larmor

if TYPE_CHECKING:
    from glasspara.analysis.universality.common_curve import ChiLarmor


def universality(
    data: DataOptions,
    *,
    chi_larmor: str = own_option(
        "--chi-larmor",
        "Larmor susceptibility: fitted with the curve (fit), from a Larmor + Langevin fit of each run (each) or of "
        "all runs (all), or a known value, emu g^-1 Oe^-1, positive for a diamagnet.",
        "fit|each|all|VALUE[+-ERROR]",
        default="fit",
        panel=options.MODEL,
    ),
    allowances: options.Allowances = True,
    output: OutputWithPlots,
) -> None:
    """M - M_Larmor against H/T: do all runs share one curve?

    Exit status 5: the runs are of several samples and do not share a curve, which says nothing about the glass.

    Example: glasspara universality data/*.dat --mass 35.7 --out results
    """
    from glasspara.analysis.universality import collapse
    from glasspara.analysis.universality.report import REPORT

    analyse = partial(
        collapse.universality,
        chi_larmor=_choice(chi_larmor),
        allowances=allowances,
        same_glass=data.same_glass,
    )
    answer(REPORT, data, output, analyse)


def _choice(text: str) -> ChiLarmor:
    from glasspara.analysis.universality.common_curve import FROM_THE_DATA, ChiLarmor

    for source in FROM_THE_DATA:
        if text == source:
            return ChiLarmor(source)
    value, error = larmor(text)
    return ChiLarmor("given", value, error)
