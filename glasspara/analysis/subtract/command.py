"""``glasspara subtract``: the subtraction stages alone."""

from __future__ import annotations

import sys
from typing import Annotated

from glasspara.cli import options
from glasspara.cli.grouping import Only
from glasspara.cli.groups import DataOptions, ParameterOptions, TheoryOptions, trace_ions_of
from glasspara.cli.output import Output


def subtract(
    data: DataOptions,
    *,
    parameters: Annotated[ParameterOptions, Only("n_fe", "fix")],
    trace_ions: options.TraceIons = None,
    output: Output,
) -> None:
    """CSV of every point with what each stage takes away: Larmor, then Fe2+ and Fe3+; M_intrinsic is what is left.

    Parameters come from --fix and --n-fe; the others from the stages: chi_larmor from a Larmor + Langevin fit
    with free iron, then the iron with chi_larmor frozen. The CSV goes to stdout, or into DIR with --out.

    Example: glasspara subtract run.dat --mass 35.7 --n-fe 1.66e17 > stages.csv
    """
    from glasspara.analysis.subtract.report import POINTS, REPORT
    from glasspara.analysis.subtract.stages import subtract as take_away

    model = TheoryOptions().theory("ll", trace_ions=trace_ions_of(trace_ions, data.sample_data))
    settings = parameters.settings(model, data, staged=True, iron_from_sample=True)
    output.check([POINTS])
    loaded = data.load(quiet=output.quiet)
    result = take_away(loaded.data, settings)
    text = REPORT.tables(loaded.inputs, result)[POINTS]
    output.write({POINTS: text.encode()})
    if output.as_json:
        output.print_document(output.document(REPORT, loaded, result))
    elif output.out is None:
        sys.stdout.write(text)
    sys.stdout.flush()
