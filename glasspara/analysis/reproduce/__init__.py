"""Which tables and figures of the source does the program find again?

``glasspara reproduce``. The function of :mod:`~glasspara.analysis.reproduce.report` simulates the campaigns and runs
the other commands on them: steps with published numbers beside those found here.
"""

from __future__ import annotations

from glasspara.cli.groups import workers
from glasspara.cli.options import own_option
from glasspara.cli.output import Output
from glasspara.cli.values import names
from glasspara.errors import UsageError


def reproduce(
    *,
    only: list[str] | None = own_option("--only", "Only these steps (repeatable, or STEP,STEP).", "STEP"),
    seed: int = own_option("--seed", "Seed of the synthetic noise.", "N", default=1, min=0),
    jobs: int | None = own_option(
        "--jobs", "Number of commands that run at the same time; by default one per core.", "N", min=1
    ),
    output: Output,
) -> None:
    """Every table and figure of the source that needs no raw data, with the published numbers.

    Simulates the source's campaigns from its published parameters and runs the other commands on them. Start with
    index.md in DIR. Exit status 6: some steps failed.

    Example: glasspara reproduce --only table3 --out reproduced
    """
    from glasspara.analysis.reproduce.report import REPORT
    from glasspara.analysis.reproduce.report import reproduce as run
    from glasspara.analysis.reproduce.steps import chosen_steps
    from glasspara.report.progress import progress

    if output.out is None:
        raise UsageError("the results are files", remedy="Name a folder with --out DIR")
    steps = chosen_steps(names(only))
    output.check([*REPORT.files, *(f"{step.name}/{step.report}" for step in steps)])
    with progress("reproducing", quiet=output.quiet) as report:
        result = run(output.out, seed=seed, jobs=workers(jobs), steps=steps, progress=report)
    output.deliver(REPORT, None, result, part_failed=bool(result.notes))
