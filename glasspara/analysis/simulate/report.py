"""The JSON report of ``simulate``; its other files are the data files of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, TypedDict

from rich.console import Console

from glasspara.report.block import fill
from glasspara.report.frame import Report

if TYPE_CHECKING:
    from glasspara.analysis.simulate.synthetic_runs import Simulation
    from glasspara.data.loading import Input


class SimulatedFileBlock(TypedDict):
    """A data file; ``nominal`` in Oe or K."""

    name: str
    sha256: str
    kind: Literal["fixed-field", "fixed-temperature"]
    nominal: float
    n_points: int


class SimulateBlock(TypedDict):
    """Synthetic runs, and what they were made from."""

    synthetic: bool
    preset: str
    seed: int
    noise: float
    layout: str
    model: str
    mass_mg: float
    parameters: dict[str, float]
    files: list[SimulatedFileBlock]


class SimulateDocument(TypedDict):
    """What ``simulate`` adds to the frame."""

    simulate: SimulateBlock


def simulate_document(result: Simulation) -> SimulateDocument:
    files: list[SimulatedFileBlock] = [
        {
            "name": run.file_name,
            "sha256": sha256(run.content).hexdigest(),
            "kind": "fixed-field" if run.plan.kind == "fixed-field" else "fixed-temperature",
            "nominal": run.plan.nominal,
            "n_points": len(run.points.T),
        }
        for run in result.runs
    ]
    block = fill(SimulateBlock, result, synthetic=True, preset=result.preset.name, files=files)
    return {"simulate": block}


def _tables(inputs: Sequence[Input], result: Simulation) -> dict[str, str]:  # noqa: ARG001
    """The data files, as text."""
    return {run.file_name: run.content.decode("cp1252") for run in result.runs}


def show_simulation(inputs: Sequence[Input], result: Simulation, out: Console) -> None:  # noqa: ARG001
    for run in result.runs:
        out.print(f"{run.file_name}: {len(run.points.T)} points")


REPORT = Report("simulate", simulate_document, _tables, show_simulation, files=("simulate.json",))
