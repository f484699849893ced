"""What does each term take from the measured moment, and what is left?

``glasspara subtract``. :func:`~glasspara.analysis.subtract.stages.subtract` finds the Larmor and Langevin parameters in
stages and takes their terms from every point.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from glasspara.cli import options
from glasspara.cli.groups import DataOptions, FullModelOptions, StageOptions
from glasspara.cli.output import Output
from glasspara.cli.values import names


def subtract(
    data: DataOptions,
    *,
    full_model: FullModelOptions,
    stages: StageOptions,
    columns: options.ColumnsOption = None,
    output: Output,
) -> None:
    """CSV of every point with what each term takes away: Larmor, then Fe2+ and Fe3+; M_intrinsic is what is left.

    The terms have the values of the joint fit, ATS term included, so that M_intrinsic is right within its standard
    error; --model ll subtracts what Larmor and Langevin terms alone would explain. The CSV goes to stdout, with --out
    only into DIR. Exit status 5: the fit is not to be trusted.

    Example: glasspara subtract run.dat --mass 35.7 --n-fe 1.66e17 > stages.csv
    """
    from glasspara.analysis.subtract.report import REPORT
    from glasspara.analysis.subtract.stages import check_sets
    from glasspara.analysis.subtract.stages import subtract as take_away
    from glasspara.report.terminal import console, show_assessment

    settings = full_model.fit_settings(data, stages.method)
    sets = check_sets(names(columns))
    output.check(REPORT.files, REPORT.figures)
    loaded = data.load(quiet=output.quiet)
    result = replace(take_away(loaded.data, settings), column_sets=sets)
    if not output.quiet:
        show_assessment(result.assessment, console(sys.stderr), result.notes)
    output.deliver(REPORT, loaded, result, show=output.out is None)
