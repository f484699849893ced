"""``glasspara subtract``: the subtraction stages alone."""

from __future__ import annotations

import sys

from glasspara.cli import common, options
from glasspara.cli.groups import DataOptions, ParameterOptions
from glasspara.cli.output import Output

DATA = "subtract.csv"


def subtract(
    data: DataOptions,
    *,
    n_fe: options.NFe = None,
    trace_ions: options.TraceIons = None,
    fix: options.Fix = None,
    output: Output,
) -> None:
    """CSV of every point with what each stage takes away: Larmor, then Fe2+ and Fe3+; M_intrinsic is what is left.

    Parameters come from --fix and --n-fe; the others from the stages: chi_larmor from a Larmor + Langevin fit
    with free iron, then the iron with chi_larmor frozen. The CSV goes to stdout, or into DIR with --out.
    """
    from glasspara.analysis.subtract.report import stages_csv, subtract_document
    from glasspara.analysis.subtract.stages import StagedData
    from glasspara.fitting.search.staged import stage_values
    from glasspara.model.model import Model
    from glasspara.report.frame import to_text
    from glasspara.report.table import provenance

    settings = ParameterOptions(n_fe=n_fe, fix=fix).settings(
        Model("ll", trace_ions=common.trace_ions(trace_ions, data.sample_data)),
        data,
        staged=True,
        iron_from_sample=True,
    )
    output.check([DATA])
    loaded = data.load(quiet=output.quiet)
    stages = stage_values(loaded.data, settings)
    staged = StagedData(loaded.data, stages.terms(loaded.data))
    comments = [
        *provenance("subtract", loaded.inputs),
        *(f"{name} = {value!r} ({stages.sources[name]})" for name, value in stages.values.items()),
    ]
    text = stages_csv(comments, [staged])
    output.write({DATA: text.encode()})
    if output.as_json:
        sys.stdout.write(to_text(subtract_document(loaded.inputs, staged, stages, loaded.warnings)))
    elif output.out is None:
        sys.stdout.write(text)
    sys.stdout.flush()
