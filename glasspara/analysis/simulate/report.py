"""Synthetic runs of a preset with what they were made from, and their JSON report.

The other files of the command are the data files of the runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Literal, TypedDict

import numpy as np
from rich.console import Console

from glasspara.errors import UsageError, names_near
from glasspara.findings import Answer, counted, summary
from glasspara.model.model import Model
from glasspara.model.parameters import LISTED, PARAMETERS
from glasspara.presets import Preset, RunPlan
from glasspara.report import Report
from glasspara.report.table import Columns
from glasspara.simulation import SimulatedRun, simulate_campaign


@dataclass(frozen=True, eq=False, repr=False)
class Simulation(Answer):
    """Simulated runs, and the preset, parameters, seed, noise, layout, model and mass (mg) that they come from."""

    runs: tuple[SimulatedRun, ...]
    preset: Preset
    parameters: Mapping[str, float]
    seed: int
    noise: float
    layout: str
    model: str
    mass_mg: float

    def __repr__(self) -> str:
        return summary(self, self.preset.name, counted(self.runs, "run"))

    def table(self) -> Columns:
        """One row a point: file, temperature, field, moment, its standard error, true moment."""
        points = [run.points for run in self.runs]
        return {
            "file": [run.file_name for run in self.runs for _ in range(len(run.points.T))],
            "T_K": np.concatenate([part.T for part in points]),
            "H_Oe": np.concatenate([part.H for part in points]),
            "moment_emu": np.concatenate([part.moment for part in points]),
            "sigma_emu": np.concatenate([part.sigma for part in points]),
            "true_moment_emu": np.concatenate([part.true_moment for part in points]),
        }


def simulate(
    preset: Preset,
    *,
    changes: Mapping[str, float] | None = None,
    mass_mg: float | None = None,
    runs: Sequence[RunPlan] | None = None,
    seed: int = 1,
    noise: float = 1.0e-3,
    layout: str = "mpms-xl-rso",
    model: str = "etm",
    convention: str = "paper",
    orientation: str = "isotropic",
) -> Simulation:
    """Simulate runs of ``preset``.

    Parameters
    ----------
    changes : mapping, optional
        Parameters that replace those of the preset, or that its model lacks.
    mass_mg, runs, seed, noise, layout, model, convention, orientation
        As for :func:`glasspara.simulation.simulate_campaign`.

    Raises
    ------
    UsageError
        For a parameter that is unknown, out of range or not one of the model, and as ``simulate_campaign``.
    SampleDataError
        The preset has no sample mass and ``mass_mg`` gives none.
    """
    parameters = _parameters(preset, changes or {}, model)
    simulated = simulate_campaign(
        preset,
        seed=seed,
        noise=noise,
        mass_mg=mass_mg,
        runs=runs,
        parameters=parameters,
        layout=layout,
        model=model,
        convention=convention,
        orientation=orientation,
    )
    mass = preset.sample.mass_mg if mass_mg is None else mass_mg
    assert mass is not None  # which simulate_campaign refuses
    return Simulation(tuple(simulated), preset, parameters, seed, noise, layout, model, mass)


def _parameters(preset: Preset, changes: Mapping[str, float], model: str) -> dict[str, float]:
    known_to_model = {*Model(model).names, "n_fe", "fe2_fraction"}
    for name, value in changes.items():
        if name not in PARAMETERS:
            raise UsageError(
                f"no parameter is called {name!r}", remedy=names_near(name, PARAMETERS, listed=LISTED)
            )
        if name not in known_to_model:
            raise UsageError(
                f"--set {name}: model {model} has no {name}", remedy="Choose another with --model"
            )
        PARAMETERS[name].check(value, f"--set {name}")
        iron = {"n_fe", "fe2_fraction", "n_fe2", "n_fe3"}
        if name in iron and name not in preset.parameters:
            known = ", ".join(sorted(iron & set(preset.parameters)))
            raise UsageError(f"the preset writes its iron as {known}", remedy="Set those")
    values = {**preset.parameters, **changes}
    if values["n_ats"] and not values.get("d0min_qs4", 0.0) <= values.get("d0max_qs4", -1.0):
        raise UsageError(
            "an ATS term needs d_min, delta_mu and d0min_qs4 <= d0max_qs4", remedy="Give them with --set"
        )
    return values


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


def show_simulation(result: Simulation, out: Console) -> None:
    for run in result.runs:
        out.print(f"{run.file_name}: {len(run.points.T)} points")


REPORT = Report("simulate", SimulateBlock, show_simulation)
