"""What the long studies share: their options, and replicates on all cores or a cluster, resumed after an interruption.

A long study is a module with ``main(argv)``. Its work is a picklable callable ``task(rng, index)``, usually a frozen
dataclass with its settings, that makes and fits one campaign and returns numbers in JSON-able form:

    workers = study_options(__doc__, argv)
    values = replicates("pure LL, M(T)", FalseAlarm("M(T)"), 150, seed=1, workers=workers)
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glasspara.replicates import Task, run_replicates
from glasspara.replicates.cores import usable_cores
from glasspara.replicates.store import Store
from glasspara.report.progress import progress


@dataclass(frozen=True)
class Workers:
    """Who does the work, and in which folder finished replicates are kept, if they are."""

    jobs: int = 1
    cluster: str | None = None
    folder: Path | None = None


def study_options(text: str | None, argv: Sequence[str] | None = None) -> Workers:
    """The options that every long study has; ``text`` is its description for ``--help``."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--jobs", type=int, default=usable_cores(), metavar="N", help="processes (default: all cores)"
    )
    parser.add_argument(
        "--cluster", metavar="ADDRESS", help="a Dask scheduler, tcp://HOST:PORT, in their place"
    )
    parser.add_argument(
        "--resume", type=Path, metavar="DIR", help="keep finished replicates there, and go on from them"
    )
    found = parser.parse_args(argv)
    if found.jobs < 1:
        parser.error("--jobs must be 1 at least")
    if found.resume:
        found.resume.mkdir(parents=True, exist_ok=True)
    return Workers(found.jobs, found.cluster, found.resume)


def replicates(title: str, task: Task, count: int, *, seed: int, workers: Workers) -> list[Any]:
    """What ``task`` returned for each replicate; failed ones are told of and left out.

    With a folder to keep them in, those of the same ``title`` and ``task`` (by its ``repr``) are not done again.
    Change the title, or empty the folder, when the code of a task changes.
    """
    store = None
    if workers.folder:
        name = re.sub(r"[^A-Za-z0-9.]+", "-", title).strip("-")
        store = Store(workers.folder / f"{name}.jsonl", {"title": title, "task": _description(task)})
    with progress(title) as report:
        done = run_replicates(
            task, count, seed=seed, jobs=workers.jobs, cluster=workers.cluster, store=store, progress=report
        )
    failed = [item for item in done if item.error is not None]
    if failed:
        print(f"{title}: {len(failed)} of {count} failed, the first with {failed[0].error}")
    return [item.value for item in done if item.error is None]


def _description(task: Task) -> str:
    return getattr(task, "__qualname__", None) or repr(task)
