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
    """CSV of every point with each subtracted term: Larmor, then Fe2+ and Fe3+; the rest is M_intrinsic.

    The terms come from the joint fit with the ATS term, so M_intrinsic is right within its standard error; --model ll
    subtracts the fit of Larmor and Langevin terms alone. The CSV goes to stdout, with --out only into DIR. Exit status
    5: the fit is not reliable.

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
