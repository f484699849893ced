"""The JSON report of ``simulate``; its other files are the data files of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from rich.console import Console

from glasspara.report.frame import Report

if TYPE_CHECKING:
    from glasspara.analysis.simulate.synthetic_runs import Simulation
    from glasspara.data.loading import Input


class SimulatedFileBlock(TypedDict):
    """A data file; ``nominal`` in Oe or K."""

    name: Annotated[str, "file_name"]
    sha256: Annotated[str, lambda run: sha256(run.content).hexdigest()]
    kind: Annotated[Literal["fixed-field", "fixed-temperature"], lambda run: run.plan.kind]
    nominal: Annotated[float, lambda run: run.plan.nominal]
    n_points: Annotated[int, lambda run: len(run.points.T)]


class SimulateBlock(TypedDict):
    """Synthetic runs, and what they were made from."""

    synthetic: Literal[True]
    preset: Annotated[str, "preset.name"]
    seed: int
    noise: float
    layout: str
    model: str
    mass_mg: float
    parameters: dict[str, float]
    files: Annotated[list[SimulatedFileBlock], "runs"]


class SimulateDocument(TypedDict):
    """What ``simulate`` adds to the frame."""

    simulate: Annotated[SimulateBlock, ""]


def _tables(inputs: Sequence[Input], result: Simulation) -> dict[str, str]:  # noqa: ARG001
    """The data files, as text."""
    return {run.file_name: run.content.decode("cp1252") for run in result.runs}


def show_simulation(inputs: Sequence[Input], result: Simulation, out: Console) -> None:  # noqa: ARG001
    for run in result.runs:
        out.print(f"{run.file_name}: {len(run.points.T)} points")


REPORT = Report("simulate", SimulateDocument, _tables, show_simulation, files=("simulate.json",))
