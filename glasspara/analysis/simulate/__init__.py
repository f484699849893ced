"""What would an instrument have measured? Synthetic runs of a preset, whose parameters are known.

``glasspara simulate``. The physics and the noise are in :mod:`glasspara.simulation`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from glasspara.cli import options
from glasspara.cli.commands import Only
from glasspara.cli.groups import TheoryOptions
from glasspara.cli.options import own_option
from glasspara.cli.output import Output
from glasspara.cli.values import mass_mg, number, numbers
from glasspara.errors import UsageError

if TYPE_CHECKING:
    from glasspara.presets import RunPlan

SIMULATION = "Simulation"
T_GRID, H_GRID = "2:300:80:log", "500:65000:60"


def simulate(
    *,
    preset: str = own_option(
        "--preset",
        "Parameters, sample and campaign; glasspara presets lists the names.",
        "NAME|FILE.toml",
        default="bk7-fixed-field",
        names_files=True,
        panel=SIMULATION,
    ),
    mt: list[float] | None = own_option(
        "--mt",
        "One M(T) run at this field, instead of the preset's campaign (repeatable).",
        "OE",
        panel=SIMULATION,
    ),
    mh: list[float] | None = own_option(
        "--mh", "One M(H) run at this temperature (repeatable).", "K", panel=SIMULATION
    ),
    t_grid: str | None = own_option(
        "--t-grid",
        f"Temperatures of the --mt runs, K; spacing linear, log or inverse. Default {T_GRID}.",
        "FROM:TO:POINTS[:SPACING]",
        panel=SIMULATION,
    ),
    h_grid: str | None = own_option(
        "--h-grid",
        f"Fields of the --mh runs, Oe. Default {H_GRID}.",
        "FROM:TO:POINTS[:SPACING]",
        panel=SIMULATION,
    ),
    start: list[str] | None = own_option(
        "--set", "Replace a parameter of the preset (repeatable).", "NAME=VALUE", panel=SIMULATION
    ),
    seed: int = own_option(
        "--seed", "Seed of the noise; the same seed gives the same bytes.", "N", default=1, panel=SIMULATION
    ),
    noise: float = own_option(
        "--noise", "Relative standard deviation of the moment.", "X", default=1.0e-3, panel=SIMULATION
    ),
    layout: str = own_option(
        "--layout",
        "File layout.",
        "mpms-xl-rso|mpms-xl-dc|mpms3-dc",
        default="mpms-xl-rso",
        panel=SIMULATION,
        common=False,
    ),
    mass: options.Mass = None,
    model: str = own_option(
        "--model",
        "The true model, one of those of fit. --set gives parameters that the preset does not have (qs4 of "
        "three-level, ...).",
        "etm|three-level|...",
        default="etm",
        panel=SIMULATION,
        common=False,
    ),
    theory: TheoryOptions,
    output: Annotated[Output, Only("out", "force", "no_files", "as_json", "quiet")],
) -> None:
    """Synthetic runs of a preset, with noise, in the file layout of MultiVu.

    A single run goes to stdout unless --out names a folder. The header says that the data are synthetic, and gives the
    parameters.

    Example: glasspara simulate --mt 20000 --mh 4.5 --out synthetic
    """
    from glasspara.analysis.simulate.report import REPORT
    from glasspara.analysis.simulate.report import simulate as make_runs
    from glasspara.presets import load_preset

    result = make_runs(
        load_preset(preset),
        changes=numbers(start, "--set"),
        mass_mg=mass_mg(mass),
        runs=_plans(mt, mh, t_grid, h_grid),
        seed=seed,
        noise=noise,
        layout=layout,
        model=model,
        convention=theory.convention,
        orientation=theory.orientation,
    )
    if output.hand_over(REPORT, result) and output.out is None:
        return
    if output.out is None and len(result.runs) > 1:
        raise UsageError(
            f"{len(result.runs)} runs do not go to stdout", remedy="Name a folder with --out DIR"
        )
    if output.out is None and output.as_json:
        raise UsageError("--json describes files", remedy="Name a folder with --out DIR")
    if output.out is None:
        sys.stdout.buffer.write(result.runs[0].content)
        sys.stdout.buffer.flush()
        return
    output.write({run.file_name: run.content for run in result.runs})
    if output.as_json:
        output.print_report(REPORT, result)


def _plans(
    fields: list[float] | None, temperatures: list[float] | None, t_grid: str | None, h_grid: str | None
) -> list[RunPlan] | None:
    for grid, grid_option, runs, run_option in (
        (t_grid, "--t-grid", fields, "--mt"),
        (h_grid, "--h-grid", temperatures, "--mh"),
    ):
        if grid is not None and not runs:
            raise UsageError(f"{grid_option} has no effect without {run_option}", remedy=f"Add {run_option}")
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
    from glasspara.presets import checked_grid

    ends, spacing = text.split(":"), "linear"
    if len(ends) == 4:
        spacing = ends.pop()
    if len(ends) != 3:
        raise UsageError(f"{option}: {text!r} is not FROM:TO:POINTS[:SPACING]")
    first, last, points = (number(part, option) for part in ends)

    def fault(_key: str, what: str, remedy: str) -> UsageError:
        return UsageError(f"{option}: {what}", remedy=remedy)

    return checked_grid(first, last, points, spacing, fault=fault)
