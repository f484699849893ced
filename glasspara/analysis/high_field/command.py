"""``glasspara highfield``: how M_intr(H) bends, and which form of the ATS term says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from glasspara.cli import options
from glasspara.cli.common import NOT_TRUSTED
from glasspara.cli.groups import DataOptions, ParameterOptions, TheoryOptions
from glasspara.cli.output import OutputWithPlots

if TYPE_CHECKING:
    from glasspara.report.terminal import Terminal

REPORT, DATA = "highfield.json", "highfield.csv"


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
    from glasspara.model.model import Model

    wishes = ParameterOptions(n_fe=n_fe, fix=fix, free=free, start=start, limit=limit).settings(
        Model(orientation=theory.orientation, convention=theory.convention), data, iron_from_sample=True
    )
    output.check([REPORT, DATA])
    loaded = data.load(quiet=output.quiet)

    from glasspara.analysis.high_field.field_dependence import high_field
    from glasspara.analysis.high_field.report import highfield_document

    result = high_field(loaded.data, wishes)

    def products() -> dict[str, bytes]:
        from glasspara.analysis.high_field.report import highfield_csv

        files = {DATA: highfield_csv(loaded.inputs, result).encode()}
        if output.plots:
            from glasspara.analysis.high_field.figures import highfield_figures
            from glasspara.report.style import save_png

            for stem, figure in highfield_figures(result):
                files[f"{stem}.png"] = save_png(figure)
        return files

    def show(out: Terminal) -> None:
        from glasspara.analysis.high_field.report import show_highfield

        show_highfield(loaded.inputs, result, out)

    output.deliver(REPORT, highfield_document(loaded.inputs, result, loaded.warnings), products, show)
    if not result.trusted:
        raise typer.Exit(NOT_TRUSTED)
