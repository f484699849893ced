"""``glasspara reproduce``: the source's tables and figures, from synthetic data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from glasspara.cli import options
from glasspara.cli.common import PART_FAILED
from glasspara.cli.output import Output
from glasspara.errors import UsageError

if TYPE_CHECKING:
    from glasspara.report.terminal import Terminal

REPORT, DATA, INDEX = "reproduce.json", "reproduce.csv", "index.md"

Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="STEP", help="Do only these steps (repeatable, or STEP,STEP)."),
]
AtOnce = Annotated[
    int | None,
    typer.Option("--jobs", metavar="N", min=1, help="Commands that run at once; by default one a core."),
]
NoiseSeed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the synthetic noise.")]


def reproduce(
    *,
    only: Only = None,
    seed: NoiseSeed = 1,
    jobs: AtOnce = None,
    output: Output,
) -> None:
    """Every table and figure of the source that can be had without its raw data, beside the published numbers.

    Simulates the source's campaigns from its published parameters and runs the other commands on them. Start with
    index.md in DIR. Exit status 6: some steps failed.
    """
    from glasspara.analysis.reproduce.report import (
        index_markdown,
        reproduce_csv,
        reproduce_document,
        show_reproduction,
    )
    from glasspara.analysis.reproduce.run import reproduce as run
    from glasspara.analysis.reproduce.steps import chosen_steps
    from glasspara.replicates.cores import usable_cores
    from glasspara.report.progress import progress

    if output.out is None:
        raise UsageError("the results are files", remedy="Name a folder with --out DIR")
    steps = chosen_steps(options.names(only))
    output.check([REPORT, DATA, INDEX, *(f"{step.name}/{step.report}" for step in steps)])
    with progress("reproducing", quiet=output.quiet) as report:
        done = run(output.out, seed=seed, jobs=jobs or usable_cores(), steps=steps, progress=report)

    def products() -> dict[str, bytes]:
        return {
            DATA: reproduce_csv(done, seed=seed).encode(),
            INDEX: index_markdown(done, seed=seed).encode(),
        }

    def show(terminal: Terminal) -> None:
        show_reproduction(done, terminal)

    output.deliver(REPORT, reproduce_document(done, seed=seed), products, show)
    if any(item.problem is not None for item in done):
        raise typer.Exit(PART_FAILED)
