"""Which of several models describes the data best, and is an ATS term needed?

``glasspara compare``. :func:`~glasspara.analysis.compare.comparison.compare` fits the models of
:mod:`glasspara.model` to the same data; :mod:`~glasspara.analysis.compare.contestants` says from which
difference of AIC on two models are distinguished.
"""

from __future__ import annotations

from glasspara.cli import options
from glasspara.cli.groups import (
    DataOptions,
    ParameterOptions,
    ReplicateOptions,
    TheoryOptions,
    VerdictOptions,
    all_trace_ions_of,
)
from glasspara.cli.options import own_option
from glasspara.cli.output import OutputWithPlots, Unfinished
from glasspara.cli.values import names
from glasspara.model import CATALOGUE, slow_models, trace_models

UNFINISHED = ".compare-unfinished.jsonl"

_MODELS = (
    f"Models to compare (repeatable): {', '.join(CATALOGUE)}. By default all but {', '.join(slow_models())}; "
    f"{', '.join(trace_models())} need trace ions."
)


def compare(
    data: DataOptions,
    *,
    models: list[str] | None = own_option(
        "--models",
        _MODELS,
        "NAME,...",
        panel=options.MODEL,
    ),
    trace_ions: options.TraceIons = None,
    parameters: ParameterOptions,
    verdict: VerdictOptions,
    theory: TheoryOptions,
    replicates: int | None = own_option(
        "--replicates",
        "Simulated campaigns for the p-value of the ATS term; 0 for the F test alone. By default 200, and none where "
        "the F test gives p < 1e-12. With --out, the same command continues after an interruption.",
        "N",
        panel=options.REPLICATES,
        min=0,
        max=options.MOST_REPLICATES,
    ),
    work: ReplicateOptions,
    output: OutputWithPlots,
) -> None:
    """Rival models on the same data, and ordinary magnetism as a whole: is the ATS term needed?

    --fix, --free, --set, --limit and --constrain apply to every model that has the parameter; --nuisance, --loss and
    --n-fe apply to all models. The iron of a sample file is not used. Exit status 5: no model describes the data, or
    the numbers cannot be those of a glass.

    Example: glasspara compare data/*.dat --mass 35.7 --out results
    """
    from glasspara.analysis.compare.report import REPORT

    settings = parameters.for_any_model(data, iron_from_sample=False, verdict=verdict)
    ions = all_trace_ions_of(trace_ions, data.sample_data)
    workers = work.workers
    output.check(REPORT.files, REPORT.figures)
    loaded = data.load(quiet=output.quiet)

    from glasspara.analysis.compare import comparison
    from glasspara.report.progress import stages

    kept = Unfinished(output, UNFINISHED)
    with kept.explaining_interrupts(), stages(quiet=output.quiet) as begin:
        result = comparison.compare(
            loaded.data,
            names(models),
            settings=settings,
            orientation=theory.orientation,
            convention=theory.convention,
            trace_ions=ions,
            replicates=replicates,
            seed=work.seed,
            jobs=workers,
            cluster=work.cluster,
            store_of=kept.store,
            progress_of=begin,
        )
    output.deliver(REPORT, loaded, result, written=kept.finish)
