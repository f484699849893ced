"""Do iron ions alone explain M(T) in weak fields?

``glasspara curie``. :func:`~glasspara.analysis.curie.curie_law.curie` fits a Curie law, the law (14) of a glass and the
whole model to the weak points, and tests (18) whether T (chi + chi_L) rises at low temperatures.
:func:`~glasspara.analysis.curie.weak_laws.low_temperature_test` is that test alone.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

from glasspara.cli import options
from glasspara.cli.commands import Only
from glasspara.cli.groups import DataOptions, ParameterOptions, TheoryOptions, VerdictOptions, answer
from glasspara.cli.options import own_option
from glasspara.cli.output import OutputWithPlots
from glasspara.cli.values import larmor

WINDOWS = "Weak fields and windows"


def curie(
    data: DataOptions,
    *,
    chi_larmor: str | None = own_option(
        "--chi-larmor",
        "Larmor susceptibility for the low-temperature test, emu g^-1 Oe^-1, positive for a diamagnet; by default "
        "from the high temperatures of the same runs.",
        "CHI[+-ERROR]",
        panel=options.MODEL,
    ),
    tolerance: float | None = own_option(
        "--tolerance",
        "Largest relative difference of the iron or ATS term from its weak-field form, by default 0.003; other "
        "points are left out.",
        "SHARE",
        panel=WINDOWS,
    ),
    low_to: float | None = own_option(
        "--low-to",
        "End of the low-temperature window; by default 5 times the lowest temperature.",
        "K",
        panel=WINDOWS,
    ),
    high_from: float | None = own_option(
        "--high-from",
        "Start of the high-temperature window, for chi_larmor; by default 25 times the lowest temperature.",
        "K",
        panel=WINDOWS,
    ),
    parameters: Annotated[ParameterOptions, Only("n_fe", "fix", "free", "start", "limit", "constrain")],
    theory: TheoryOptions,
    verdict: VerdictOptions,
    output: OutputWithPlots,
) -> None:
    """Weak-field runs: Curie law, law (14) or the whole model? And T (chi + chi_L) at low temperatures (18).

    Runs in stronger fields are used only in the fit of the whole model. Exit status 5: the low-temperature test cannot
    detect the slope that a glass would have, or no law describes the weak points.

    Example: glasspara curie data/*.dat --mass 35.7 --out results
    """
    from glasspara.analysis.curie import curie_law
    from glasspara.analysis.curie.report import REPORT
    from glasspara.analysis.curie.weak_points import TOLERANCE

    settings = parameters.settings(theory.theory(), data, iron_from_sample=True, verdict=verdict)
    given = None if chi_larmor is None else larmor(chi_larmor)
    analyse = partial(
        curie_law.curie,
        settings=settings,
        chi_larmor=given,
        tolerance=TOLERANCE if tolerance is None else tolerance,
        low_end=low_to,
        high_start=high_from,
    )
    answer(REPORT, data, output, analyse)
