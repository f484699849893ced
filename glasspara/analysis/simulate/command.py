"""``glasspara simulate``: synthetic runs in a real file layout."""

from __future__ import annotations

import sys
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

from glasspara.cli import groups, options
from glasspara.cli.output import Output
from glasspara.errors import SampleDataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glasspara.presets import Preset, RunPlan

SIMULATION = "Simulation"
T_GRID, H_GRID = "2:300:80:log", "500:65000:60"

PresetName = Annotated[
    str,
    typer.Option(
        "--preset",
        metavar="NAME|FILE.toml",
        help="Parameters, sample and campaign.",
        rich_help_panel=SIMULATION,
    ),
]
Fields = Annotated[
    list[float] | None,
    typer.Option(
        "--mt",
        metavar="OE",
        help="One M(T) run at this field, in place of the preset's campaign (repeatable).",
        rich_help_panel=SIMULATION,
    ),
]
Temperatures = Annotated[
    list[float] | None,
    typer.Option(
        "--mh", metavar="K", help="One M(H) run at this temperature (repeatable).", rich_help_panel=SIMULATION
    ),
]
TGrid = Annotated[
    str | None,
    typer.Option(
        "--t-grid",
        metavar="FROM:TO:POINTS[:SPACING]",
        help=f"Temperatures of the --mt runs, K; spacing linear, log or inverse. [{T_GRID}]",
        rich_help_panel=SIMULATION,
    ),
]
HGrid = Annotated[
    str | None,
    typer.Option(
        "--h-grid",
        metavar="FROM:TO:POINTS[:SPACING]",
        help=f"Fields of the --mh runs, Oe. [{H_GRID}]",
        rich_help_panel=SIMULATION,
    ),
]
SetValue = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Replace a parameter of the preset.", rich_help_panel=SIMULATION
    ),
]
Seed = Annotated[int, typer.Option("--seed", help="Same seed, same bytes.", rich_help_panel=SIMULATION)]
Noise = Annotated[
    float,
    typer.Option("--noise", help="Relative standard deviation of the moment.", rich_help_panel=SIMULATION),
]
LayoutName = Annotated[
    str,
    typer.Option(
        "--layout", metavar="mpms-xl-rso|mpms-xl-dc|mpms3-dc", help="File layout.", rich_help_panel=SIMULATION
    ),
]

Truth = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="etm|three-level|...",
        help="The truth: the models of fit. Give with --set what the preset lacks (qs4 of three-level, ...).",
        rich_help_panel=SIMULATION,
    ),
]


def simulate(
    *,
    preset: PresetName = "bk7-fixed-field",
    mt: Fields = None,
    mh: Temperatures = None,
    t_grid: TGrid = None,
    h_grid: HGrid = None,
    start: SetValue = None,
    seed: Seed = 1,
    noise: Noise = 1.0e-3,
    layout: LayoutName = "mpms-xl-rso",
    mass: options.Mass = None,
    model: Truth = "etm",
    convention: options.Convention = "paper",
    orientation: options.Orientation = "isotropic",
    output: Output,
) -> None:
    """Synthetic runs of a preset, with noise, as files that MultiVu users would recognise.

    A single run goes to stdout unless --out names a folder. The header says that the data are synthetic, and
    from which parameters.
    """
    from glasspara.presets import load_preset
    from glasspara.simulation.campaign import simulate_campaign

    chosen = load_preset(preset)
    parameters = _parameters(chosen, options.values(start, "--set"), model)
    mass_mg = chosen.sample.mass_mg if mass is None else groups.mass_mg(mass)
    if mass_mg is None:
        raise SampleDataError(f"{chosen.origin} knows no sample mass", remedy="Give it with --mass MG")
    runs = simulate_campaign(
        chosen,
        seed=seed,
        noise=noise,
        mass_mg=mass_mg,
        runs=_plans(mt, mh, t_grid, h_grid),
        parameters=parameters,
        layout=layout,
        model=model,
        convention=convention,
        orientation=orientation,
    )
    if output.out is None and len(runs) > 1:
        raise UsageError(f"{len(runs)} runs do not go to stdout", remedy="Name a folder with --out DIR")
    if output.out is None and output.as_json:
        raise UsageError("--json describes files", remedy="Name a folder with --out DIR")
    if output.out is None:
        sys.stdout.buffer.write(runs[0].content)
        sys.stdout.buffer.flush()
        return
    output.write({run.file_name: run.content for run in runs})
    if output.as_json:
        from glasspara.analysis.simulate.report import simulate_document
        from glasspara.report.frame import to_text

        sys.stdout.write(
            to_text(
                simulate_document(
                    runs,
                    preset=chosen,
                    parameters=parameters,
                    seed=seed,
                    noise=noise,
                    layout=layout,
                    model=model,
                    mass_mg=mass_mg,
                )
            )
        )


def _parameters(preset: Preset, changes: Mapping[str, float], model: str) -> dict[str, float]:
    from glasspara.model.model import Model
    from glasspara.model.parameters import PARAMETERS

    known_to_model = {*Model(model).names, "n_fe", "fe2_fraction"}
    for name, value in changes.items():
        if name not in PARAMETERS:
            raise UsageError(f"no parameter is called {name!r}", remedy=f"Known: {', '.join(PARAMETERS)}")
        if name not in known_to_model:
            raise UsageError(
                f"--set {name}: model {model} has no {name}", remedy="Choose another with --model"
            )
        parameter = PARAMETERS[name]
        if not parameter.lower <= value <= parameter.upper:
            raise UsageError(f"--set {name}={value:g} is outside {parameter.lower:g} to {parameter.upper:g}")
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


def _plans(
    fields: list[float] | None, temperatures: list[float] | None, t_grid: str | None, h_grid: str | None
) -> list[RunPlan] | None:
    for grid, option, runs, run_option in (
        (t_grid, "--t-grid", fields, "--mt"),
        (h_grid, "--h-grid", temperatures, "--mh"),
    ):
        if grid is not None and not runs:
            raise UsageError(f"{option} has no effect without {run_option}", remedy=f"Add {run_option}")
    for value in (*(fields or []), *(temperatures or [])):
        if not isfinite(value):
            raise UsageError(f"a run at {value} cannot be simulated")
    if not fields and not temperatures:
        return None
    from glasspara.presets import RunPlan

    over_t, over_h = _grid(t_grid or T_GRID, "--t-grid"), _grid(h_grid or H_GRID, "--h-grid")
    if min(over_t) <= 0.0 or any(value <= 0.0 for value in temperatures or []):
        raise UsageError("a temperature is not positive")
    return [
        *(RunPlan("fixed-field", field, over_t) for field in fields or []),
        *(RunPlan("fixed-temperature", temperature, over_h) for temperature in temperatures or []),
    ]


def _grid(text: str, option: str) -> tuple[float, ...]:
    from glasspara.presets import MOST_POINTS, SPACINGS, grid_points

    parts = text.split(":")
    if len(parts) not in (3, 4):
        raise UsageError(f"{option}: {text!r} is not FROM:TO:POINTS[:SPACING]")
    first, last = (options.number(part, option) for part in parts[:2])
    points = options.number(parts[2], option)
    spacing = parts[3] if len(parts) == 4 else "linear"
    if points != int(points) or not 2 <= points <= MOST_POINTS:
        raise UsageError(f"{option}: {parts[2]} points; give a whole number from 2 to {MOST_POINTS}")
    if spacing not in SPACINGS:
        raise UsageError(
            f"{option}: unknown spacing {spacing!r}", remedy=f"Choose one of {', '.join(SPACINGS)}"
        )
    if spacing != "linear" and first * last <= 0.0:
        raise UsageError(f"{option}: {spacing} spacing needs ends of one sign that are not 0")
    return grid_points(first, last, int(points), spacing)
