"""``glasspara highfield``: how M_intr(H) bends, and which form of the ATS term says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.cli import options
from glasspara.cli.groups import DataOptions, ParameterOptions, TheoryOptions
from glasspara.cli.output import OutputWithPlots

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def highfield(
    data: DataOptions,
    *,
    n_fe: options.NFe = None,
    fix: options.Fix = None,
    free: options.Free = None,
    start: options.Set = None,
    limit: options.Limit = None,
    theory: TheoryOptions,
    output: OutputWithPlots,
) -> None:
    """M_intr(H) to high fields: is the two-level form (10) enough, and where is the peak?

    Fits (10), (11), the exact two-level phase and three levels to the same data, an M(H) run among them. --fix,
    --free, --set and --limit hold for every form that has the parameter. Exit status 5: no form describes the data.
    """
    from glasspara.analysis.high_field.report import REPORT
    from glasspara.model.model import Model

    settings = ParameterOptions(n_fe=n_fe, fix=fix, free=free, start=start, limit=limit).settings(
        Model(orientation=theory.orientation, convention=theory.convention), data, iron_from_sample=True
    )
    output.check(REPORT.files)
    loaded = data.load(quiet=output.quiet)

    from glasspara.analysis.high_field.field_dependence import high_field

    result = high_field(loaded.data, settings)

    def figures() -> dict[str, Figure]:
        from glasspara.analysis.high_field.figures import highfield_figures

        return {f"{stem}.png": figure for stem, figure in highfield_figures(result)}

    output.deliver(REPORT, loaded, result, trusted=result.assessment.trusted, figures=figures)
