"""What to measure next: which further runs add most to a goal?

``glasspara plan``. :func:`~glasspara.analysis.plan.planning.plan` fits the data, ranks candidate runs and puts the best
of them together. A goal is a parameter, a derived combination, several of them, or ``decide`` between the ETM and
ordinary magnetism. ``candidates`` has the runs that are thought of, ``objectives`` what each of them is worth,
``planning`` the search.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glasspara.cli.groups import DataOptions, FullModelOptions
from glasspara.cli.options import own_option
from glasspara.cli.output import OutputWithPlots
from glasspara.cli.values import interval, names, number
from glasspara.errors import UsageError

if TYPE_CHECKING:
    from glasspara.analysis.plan.candidates import Reach

PLAN = "Plan"


def _files_or_report() -> Any:
    made: Any = typer.Argument(
        metavar="FILE...|REPORT",
        help="Quantum Design files, - for standard input; or a report.json of fit, for its files with its settings.",
    )
    made.or_report = True
    return made


FilesOrReport = Annotated[list[str], _files_or_report()]


@dataclass(frozen=True)
class DataOrReport(DataOptions):
    """The same, or a report that says all of it."""

    files: FilesOrReport


def plan(
    data: DataOrReport,
    *,
    goal: list[str] | None = own_option(
        "--goal",
        "Goal: a parameter or derived quantity, several of them, or all; or decide between the ETM and ordinary "
        "magnetism. Default: decide, or ats_strength if the data already decide.",
        "NAME,...|all|decide",
        panel=PLAN,
    ),
    runs: int = own_option("--runs", "Number of runs to plan.", "K", default=3, min=1, max=100, panel=PLAN),
    points: int = own_option("--points", "Points per run.", "N", default=40, min=2, panel=PLAN),
    max_field: float | None = own_option(
        "--max-field", "Largest field of the magnet. [50000, or that of the data]", "OE", panel=PLAN
    ),
    temperatures: str = own_option(
        "--temperatures", "Available temperatures, K.", "LO:HI", default="2:300", panel=PLAN
    ),
    mt: list[float] | None = own_option(
        "--mt", "Choose from M(T) runs at these fields (repeatable).", "OE", panel=PLAN
    ),
    mh: list[float] | None = own_option(
        "--mh", "Choose from M(H) runs at these temperatures (repeatable).", "K", panel=PLAN
    ),
    noise: str | None = own_option(
        "--noise",
        "Standard error of the new points: relative to the moment, and its minimum. By default both come from the "
        "data.",
        "X[,EMU]",
        panel=PLAN,
    ),
    full_model: FullModelOptions,
    output: OutputWithPlots,
) -> None:
    """What to measure next: which runs add most to a parameter, or decide between the ETM and ordinary magnetism?

    Set points go to plan_set_points.csv in measuring order. Exit status 5: the fit is not reliable.

    Example: glasspara plan run.dat --goal decide --max-field 70000 --out next
    """
    from glasspara.analysis.plan import planning
    from glasspara.analysis.plan.candidates import Noise
    from glasspara.analysis.plan.report import REPORT
    from glasspara.report.progress import progress

    settings = full_model.fit_settings(data)
    goals = names(goal)
    planning.check_plan(settings, goals, runs)
    relative, floor = (None, None) if noise is None else _noise(noise)
    limits = _reach(max_field, temperatures, points, mt, mh)
    output.check(REPORT.files, REPORT.figures)
    loaded = data.load(quiet=output.quiet)
    if max_field is None:
        largest = float(abs(loaded.data.field).max())
        limits = replace(limits, max_field=max(limits.max_field, float(f"{largest:.3g}")))
    expected = Noise.of(loaded.data).given(relative, floor)
    with progress("planning", quiet=output.quiet) as report:
        result = planning.plan(
            loaded.data, settings, goals=goals, runs=runs, reach=limits, noise=expected, progress=report
        )

    output.deliver(REPORT, loaded, result)


def _noise(text: str) -> tuple[float, float | None]:
    """ "X" or "X,EMU"."""
    parts = [number(part, "--noise") for part in names([text])]
    if len(parts) not in (1, 2):
        raise UsageError(f"--noise: {text!r} is not X or X,EMU")
    return parts[0], parts[1] if len(parts) == 2 else None


def _reach(
    max_field: float | None, temperatures: str, points: int, mt: list[float] | None, mh: list[float] | None
) -> Reach:
    from glasspara.analysis.plan.candidates import Reach

    low, high = interval(temperatures, "--temperatures")
    if low is None or high is None:
        raise UsageError(f"--temperatures: {temperatures!r} is not LO:HI", remedy="Give both ends")
    largest = {} if max_field is None else {"max_field": max_field}
    return Reach(temperatures=(low, high), points=points, mt=tuple(mt or ()), mh=tuple(mh or ()), **largest)
