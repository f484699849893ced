"""``glasspara subtract``: the subtraction stages alone."""

from __future__ import annotations

import sys

from glasspara.cli import options

DATA = "subtract.csv"


def subtract(
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
    n_fe: options.NFe = None,
    trace_ions: options.TraceIons = None,
    fix: options.Fix = None,
    out: options.Out = None,
    force: options.Force = False,
    as_json: options.JsonFlag = False,
    quiet: options.Quiet = False,
) -> None:
    """CSV of every point with what each stage takes away: Larmor, then Fe2+ and Fe3+; M_intrinsic is what is left.

    Parameters come from --fix and --n-fe; the others from the stages: chi_larmor from a Larmor + Langevin fit
    with free iron, then the iron with chi_larmor frozen. The CSV goes to stdout, or into DIR with --out.
    """
    from glasspara.cli import common
    from glasspara.fitting.staged import stage_values
    from glasspara.model import Model
    from glasspara.report import tables
    from glasspara.report.document import subtract_document, to_text
    from glasspara.stages import StagedData

    destination = common.Destination(out, force=force, as_json=as_json, quiet=quiet)
    sample_data, defaults = common.sample_and_defaults(sample)
    settings = common.fit_settings(
        Model("ll", trace_ions=common.trace_ions(trace_ions, sample_data)),
        staged=True,
        iron_from_sample=True,
        n_fe=n_fe,
        sample=sample_data,
        fix=fix,
        free=None,
        start=None,
        limit=None,
        defaults=defaults,
    )
    destination.check([DATA])
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
    stages = stage_values(loaded.data, settings)
    staged = StagedData(loaded.data, stages.terms(loaded.data))
    comments = [
        *tables.provenance("subtract", loaded.inputs),
        *(f"{name} = {value!r} ({stages.sources[name]})" for name, value in stages.values.items()),
    ]
    text = tables.stages_csv(comments, [staged])
    destination.write({DATA: text.encode()})
    if as_json:
        sys.stdout.write(to_text(subtract_document(loaded.inputs, staged, stages, loaded.warnings)))
    elif destination.folder is None:
        sys.stdout.write(text)
    sys.stdout.flush()
