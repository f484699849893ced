"""``glasspara universality``: do all runs share one curve of H/T?"""

from __future__ import annotations

from typing import Annotated

import typer

from glasspara.cli import options

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
    files: options.Files,
    mass: options.Mass = None,
    sample: options.SampleOption = None,
    moment: options.Moment = "auto",
    errors: options.Errors = "auto",
    t_range: options.TRange = None,
    h_range: options.HRange = None,
    exclude: options.Exclude = None,
    min_fit: options.MinFit = None,
    average: options.Average = False,
    chi_larmor: ChiLarmor = None,
    allowances: options.Allowances = True,
    out: options.Out = None,
    force: options.Force = False,
    as_json: options.JsonFlag = False,
    plots: options.Plots = True,
    quiet: options.Quiet = False,
) -> None:
    """M - M_Larmor against H/T: does everything fall on one curve?"""
    from glasspara.cli import common

    destination = common.Destination(out, force=force, as_json=as_json, quiet=quiet)
    sample_data, _ = common.sample_and_defaults(sample)
    given = None if chi_larmor is None else options.number(chi_larmor, "--chi-larmor")
    destination.check([REPORT, DATA, FIGURE])
    loaded = common.load(
        files,
        mass=mass,
        sample=sample_data,
        moment=moment,
        errors=errors,
        t_range=t_range,
        h_range=h_range,
        exclude=exclude,
        min_fit=min_fit,
        average=average,
    )
    common.warn(loaded.warnings, quiet=quiet)

    from glasspara.analysis.universality import universality as test
    from glasspara.report.document import universality_document

    result = test(loaded.data, chi_larmor=given, allowances=allowances)
    document = universality_document(loaded.inputs, result, loaded.warnings)

    def tables() -> None:
        from glasspara.report.console import console, show_universality

        show_universality(loaded.inputs, result, console())

    if destination.folder is not None:
        from glasspara.report.tables import universality_csv

        products = {DATA: universality_csv(loaded.inputs, result).encode()}
        if plots:
            from glasspara.report.figures import save_png, universality_figure

            products[FIGURE] = save_png(universality_figure(result))
        destination.write_report(REPORT, document, products)
    destination.show(document, tables)
