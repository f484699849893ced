"""``glasspara universality``: do all runs share one curve of H/T?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from glasspara.cli import options
from glasspara.cli.groups import DataOptions
from glasspara.cli.output import OutputWithPlots

if TYPE_CHECKING:
    from glasspara.analysis.universality.collapse import ChiLarmor as ChiLarmorSource
    from glasspara.report.terminal import Terminal

REPORT, DATA, FIGURE = "universality.json", "universality.csv", "universality.png"
PAIRS, WINDOWS, PAIRS_FIGURE = "universality_pairs.csv", "universality_windows.csv", "universality_pairs.png"

ChiLarmor = Annotated[
    str,
    typer.Option(
        "--chi-larmor",
        metavar="fit|each|all|VALUE[+-ERROR]",
        help="Larmor susceptibility: fitted with the curve, by a Larmor + Langevin fit of each run or of all, or a "
        "value from elsewhere, emu g^-1 Oe^-1, positive for a diamagnet.",
        rich_help_panel=options.MODEL,
    ),
]


def universality(
    data: DataOptions,
    *,
    chi_larmor: ChiLarmor = "fit",
    allowances: options.Allowances = True,
    output: OutputWithPlots,
) -> None:
    """M - M_Larmor against H/T: does everything fall on one curve?"""
    choice = _choice(chi_larmor)
    output.check([REPORT, DATA, FIGURE, PAIRS, WINDOWS, PAIRS_FIGURE])
    loaded = data.load(quiet=output.quiet)

    from glasspara.analysis.universality.collapse import universality as test
    from glasspara.analysis.universality.parts import universality_parts
    from glasspara.analysis.universality.report import universality_document

    result = test(loaded.data, chi_larmor=choice, allowances=allowances)
    parts = universality_parts(loaded.data, chi_larmor=choice, allowances=allowances)

    def products() -> dict[str, bytes]:
        from glasspara.analysis.universality.report import pairs_csv, universality_csv, windows_csv

        files = {
            DATA: universality_csv(loaded.inputs, result).encode(),
            PAIRS: pairs_csv(loaded.inputs, result, parts).encode(),
            WINDOWS: windows_csv(loaded.inputs, result, parts).encode(),
        }
        if output.plots:
            from glasspara.analysis.universality.figures import universality_figure, universality_pairs_figure
            from glasspara.report.style import save_png

            files[FIGURE] = save_png(universality_figure(result, parts))
            if len(parts.pairs) > 1:  # the pair of two runs is the whole
                files[PAIRS_FIGURE] = save_png(universality_pairs_figure(result, parts))
        return files

    def show(out: Terminal) -> None:
        from glasspara.analysis.universality.report import show_universality

        show_universality(loaded.inputs, result, parts, out)

    document = universality_document(loaded.inputs, result, parts, loaded.warnings)
    output.deliver(REPORT, document, products, show)


def _choice(text: str) -> ChiLarmorSource:
    from glasspara.analysis.universality.collapse import FROM_THE_DATA, ChiLarmor

    for source in FROM_THE_DATA:
        if text == source:
            return ChiLarmor(source)
    value, error = options.larmor(text)
    return ChiLarmor("given", value, error)
