"""``glasspara universality``: do all runs share one curve of H/T?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from glasspara.cli import options
from glasspara.cli.groups import DataOptions
from glasspara.cli.output import OutputWithPlots

if TYPE_CHECKING:
    from glasspara.report.console.terminal import Terminal

REPORT, DATA, FIGURE = "universality.json", "universality.csv", "universality.png"

ChiLarmor = Annotated[
    str | None,
    typer.Option(
        "--chi-larmor",
        metavar="CHI",
        help="Larmor susceptibility, emu g^-1 Oe^-1, positive for a diamagnet; by default it is fitted with the curve.",
        rich_help_panel=options.MODEL,
    ),
]


def universality(
    data: DataOptions,
    *,
    chi_larmor: ChiLarmor = None,
    allowances: options.Allowances = True,
    output: OutputWithPlots,
) -> None:
    """M - M_Larmor against H/T: does everything fall on one curve?"""
    given = None if chi_larmor is None else options.number(chi_larmor, "--chi-larmor")
    output.check([REPORT, DATA, FIGURE])
    loaded = data.load(quiet=output.quiet)

    from glasspara.analysis.universality import universality as test
    from glasspara.report.document.universality import universality_document

    result = test(loaded.data, chi_larmor=given, allowances=allowances)

    def products() -> dict[str, bytes]:
        from glasspara.report.tables.universality import universality_csv

        files = {DATA: universality_csv(loaded.inputs, result).encode()}
        if output.plots:
            from glasspara.report.figures.style import save_png
            from glasspara.report.figures.universality import universality_figure

            files[FIGURE] = save_png(universality_figure(result))
        return files

    def show(out: Terminal) -> None:
        from glasspara.report.console.universality import show_universality

        show_universality(loaded.inputs, result, out)

    output.deliver(REPORT, universality_document(loaded.inputs, result, loaded.warnings), products, show)
