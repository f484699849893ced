"""The JSON report of ``simulate``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from glasspara.report.frame import Json, frame

if TYPE_CHECKING:
    from glasspara.presets import Preset
    from glasspara.simulation.campaign import SimulatedRun


def simulate_document(
    runs: Sequence[SimulatedRun],
    *,
    preset: Preset,
    parameters: Mapping[str, float],
    seed: int,
    noise: float,
    layout: str,
    model: str,
    mass_mg: float,
) -> Json:
    return frame("simulate", [], []) | {
        "simulate": {
            "synthetic": True,
            "preset": preset.name,
            "seed": seed,
            "noise": noise,
            "layout": layout,
            "model": model,
            "mass_mg": mass_mg,
            "parameters": dict(parameters),
            "files": [
                {
                    "name": run.file_name,
                    "sha256": sha256(run.content).hexdigest(),
                    "kind": run.plan.kind,
                    "nominal": run.plan.nominal,
                    "n_points": len(run.points.T),
                }
                for run in runs
            ],
        }
    }
