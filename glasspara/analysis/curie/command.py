"""``glasspara curie``: weak-field susceptibility and the low-temperature test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from glasspara.cli import options
from glasspara.cli.groups import DataOptions, ParameterOptions, TheoryOptions
from glasspara.cli.options import option
from glasspara.cli.output import OutputWithPlots
from glasspara.cli.values import larmor

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WINDOWS = "Weak fields and windows"

ChiLarmor = Annotated[
    str | None,
    option(
        "--chi-larmor",
        "Larmor susceptibility for the low-temperature test, emu g^-1 Oe^-1, positive for a diamagnet; by default "
        "that of the high temperatures of the same runs.",
        "CHI[+-ERROR]",
        panel=options.MODEL,
        common=True,
    ),
]
Tolerance = Annotated[
    float | None,
    option(
        "--tolerance",
        "How far off its weak-field form iron or ATS term may be, by default 0.003; points beyond are left out.",
        "SHARE",
        panel=WINDOWS,
        common=True,
    ),
]
LowTo = Annotated[
    float | None,
    option(
        "--low-to",
        "End of the low-temperature window; by default 5 times the lowest temperature.",
        "K",
        panel=WINDOWS,
        common=True,
    ),
]
HighFrom = Annotated[
    float | None,
    option(
        "--high-from",
        "Start of the high-temperature window, for chi_larmor; by default 25 times the lowest temperature.",
        "K",
        panel=WINDOWS,
        common=True,
    ),
]


def curie(
    data: DataOptions,
    *,
    chi_larmor: ChiLarmor = None,
    tolerance: Tolerance = None,
    low_to: LowTo = None,
    high_from: HighFrom = None,
    n_fe: options.NFe = None,
    fix: options.Fix = None,
    free: options.Free = None,
    start: options.Set = None,
    limit: options.Limit = None,
    constrain: options.Constrain = None,
    theory: TheoryOptions,
    allowances: options.Allowances = True,
    output: OutputWithPlots,
) -> None:
    """Weak-field runs: Curie law against (14) against the whole model, and T (chi + chi_L) at low temperatures (18).

    Runs in stronger fields take part in the fit of the whole model alone. Exit status 5: the low-temperature test
    cannot see the slope that a glass would have, or no law describes the weak points.
    """
    from glasspara.analysis.curie.report import FIGURE, LOW_FIGURE, REPORT
    from glasspara.model.model import Model

    parameters = ParameterOptions(
        n_fe=n_fe, fix=fix, free=free, start=start, limit=limit, constrain=constrain
    )
    settings = parameters.settings(
        Model(orientation=theory.orientation, convention=theory.convention),
        data,
        iron_from_sample=True,
        allowances=allowances,
    )
    given = None if chi_larmor is None else larmor(chi_larmor)
    output.check(REPORT.files)
    loaded = data.load(quiet=output.quiet)

    from glasspara.analysis.curie.curie_law import curie as analyse
    from glasspara.analysis.curie.weak_points import TOLERANCE

    result = analyse(
        loaded.data,
        settings=settings,
        chi_larmor=given,
        tolerance=TOLERANCE if tolerance is None else tolerance,
        low_end=low_to,
        high_start=high_from,
    )

    def figures() -> dict[str, Figure]:
        from glasspara.analysis.curie.figures import curie_figure, low_temperature_figure

        return {FIGURE: curie_figure(result), LOW_FIGURE: low_temperature_figure(result)}

    output.deliver(REPORT, loaded, result, trusted=result.assessment.trusted, figures=figures)
