"""How does M_intr(H) bend at high field, and which form of the ATS term describes that?

``glasspara highfield``. :func:`~glasspara.analysis.high_field.field_dependence.high_field` fits the two-level term
(10), its correction (11), the exact phase and three levels to the same data, compares them and finds their peaks.
"""

from __future__ import annotations

from typing import Annotated

from glasspara.cli.commands import Only
from glasspara.cli.groups import DataOptions, ParameterOptions, TheoryOptions, VerdictOptions, answer
from glasspara.cli.output import OutputWithPlots


def highfield(
    data: DataOptions,
    *,
    parameters: Annotated[ParameterOptions, Only("n_fe", "fix", "free", "start", "limit")],
    verdict: VerdictOptions,
    theory: TheoryOptions,
    output: OutputWithPlots,
) -> None:
    """M_intr(H) to high fields: is the two-level form (10) enough, and where is the peak?

    Fits (10), (11), the exact two-level phase and three levels to the same data, which must include an M(H) run. --fix,
    --free, --set and --limit apply to every form that has the parameter. Exit status 5: no form describes the data.

    Example: glasspara highfield MH_2K.dat MH_4.5K.dat --mass 35.7 --out results
    """
    from glasspara.analysis.high_field.field_dependence import high_field
    from glasspara.analysis.high_field.report import REPORT

    settings = parameters.settings(theory.theory(), data, iron_from_sample=True, verdict=verdict)
    answer(REPORT, data, output, lambda points: high_field(points, settings))
