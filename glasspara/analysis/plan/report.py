"""The report of ``plan``: JSON block, CSV tables with the set points, terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from rich.console import Console

from glasspara.analysis.fit.blocks import FitBlock
from glasspara.analysis.plan.candidates import in_measuring_order, name_of, range_of
from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.report import Report
from glasspara.report.table import Sheet
from glasspara.report.terminal import Column, show_assessment, show_sentence, show_table
from glasspara.wording import percent, value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.plan.planning import Expected, Plan, Valued

_SHOWN = 8


class PlannedRunBlock(TypedDict):
    """A run that could be measured: its set point ``nominal`` (Oe or K) and the ``range`` of the other (K or Oe)."""

    kind: Literal["fixed-field", "fixed-temperature"]
    nominal: float
    range: Annotated[list[float], lambda run: [run.grid[0], run.grid[-1]]]
    n_points: Annotated[int, lambda run: len(run.grid)]


class CandidateBlock(TypedDict):
    """A run, and the measure if it is the next one."""

    run: PlannedRunBlock
    measure: float


class PlanStepBlock(TypedDict):
    """A run of the plan with its temperatures (K) or fields (Oe) in measuring order, and the measure with it and those
    before it."""

    run: PlannedRunBlock
    grid: Annotated[list[float], "run.grid"]
    measure: float


class EvenGridBlock(TypedDict):
    """As many runs on an even grid, and the measure with them."""

    runs: list[PlannedRunBlock]
    measure: float


class ExpectedBlock(TypedDict):
    """A quantity of the fit, and its standard error today, with the plan, and with the even grid.

    68 % of the errors with the plan lie within ``span``, each with other parameters that the data allow. Where
    ``sharp`` is false the span is all that can be said.
    """

    value: float
    unit: str
    before: float
    after: float
    even_grid: float
    span: list[float]
    sharp: bool


class PlanNoiseBlock(TypedDict):
    """Standard error of a moment m of a further point: hypot(relative \\|m\\|, floor_emu)."""

    relative: float
    floor_emu: Annotated[float, "floor"]
    source: Literal["given", "data"]


class ReachBlock(TypedDict):
    """What can be measured."""

    max_field_Oe: Annotated[float, "max_field"]
    temperatures_K: Annotated[list[float], "temperatures"]
    points_per_run: Annotated[int, "points"]


class PlanBlock(TypedDict):
    """What to measure next.

    A measure is the standard error of the goal in ``unit`` (``criterion`` "c"), the mean error of several goals over
    today's ("D"), or the margin over ordinary magnetism ("T"). ``candidates`` are in the order of their worth as the
    next run, ``steps`` are the plan in the order of choice. ``with_iron`` is the measure with no run, but the iron
    known to 1 %; null where it is known. ``outcomes`` are measures that the plan may give, each with other parameters
    that the data allow.
    """

    assessment: AssessmentBlock
    notes: list[FindingBlock]
    goals: list[str]
    criterion: Literal["c", "D", "T"]
    unit: str
    before: float
    after: float
    candidates: Annotated[list[CandidateBlock], "ranked"]
    steps: list[PlanStepBlock]
    even_grid: Annotated[EvenGridBlock, "even"]
    with_iron: float | None
    outcomes: list[float]
    quantities: dict[str, ExpectedBlock]
    noise: PlanNoiseBlock
    reach: ReachBlock
    fit: FitBlock


def _about(result: Plan) -> list[str]:
    return [f"goal: {', '.join(result.goals)}", *(reason.text for reason in result.assessment.reasons)]


def _candidates(result: Plan) -> Sheet:
    return Sheet(result.table(), [f"measure: {_MEASURES[result.criterion]}, with this run as the next one"])


_MEASURES = {
    "c": "standard error of the goal in its unit",
    "D": "mean standard error of the goals over today's",
    "T": "margin over ordinary magnetism",
}


def _set_points(result: Plan) -> Sheet:
    """The points of the plan in measuring order."""
    order = (
        "in measuring order: weak fields before strong ones, then M(H); each run from its lowest set point up"
    )
    rows = [
        (number, field, kelvin)
        for number, run in enumerate(in_measuring_order(result.runs), 1)
        for kelvin, field in zip(*run.points, strict=True)
    ]
    return Sheet.of_rows(("run", "H_Oe", "T_K"), rows, [order])


def show_plan(result: Plan, out: Console) -> None:
    show_sentence(f"Goal: {', '.join(result.goals)}", out, style="bold")
    if result.criterion != "T":
        _show_quantities(result, out)
    measure = {"c": "error", "D": "errors", "T": "margin"}[result.criterion]
    columns = ("next run", "range", Column("points", "number"), Column(f"{measure} then", "number"))
    best: dict[str, Valued] = {}
    for item in result.ranked:
        best.setdefault(name_of(item.run), item)
    rows = [_row(result, item) for item in list(best.values())[:_SHOWN]]
    show_table(columns, rows, out)
    if len(best) > _SHOWN:
        show_sentence(f"and {len(best) - _SHOWN} more set points", out)
    out.print()
    columns = ("the plan, in order of choice", *columns[1:])
    show_table(columns, [_row(result, item) for item in result.steps], out)
    out.print()
    show_assessment(result.assessment, out, result.notes)


def _row(result: Plan, item: Valued) -> tuple[str, ...]:
    return name_of(item.run), range_of(item.run), str(len(item.run.grid)), measure_text(result, item.measure)


def measure_text(result: Plan, measure: float) -> str:
    """A measure for a table: "1.3e+13 (1.2 %)", "x 0.53", "161"."""
    if result.criterion == "T":
        return f"{measure:.1f}" if abs(measure) < 100.0 else f"{measure:.0f}"
    if result.criterion == "D":
        return f"x {measure:.2f}"
    value = abs(result.quantities[result.goals[0]].value)
    return f"{measure:.2g}" + (f" ({percent(measure / value)})" if value else "")


def _show_quantities(result: Plan, out: Console) -> None:
    """The goals, or all for those that name none, with their errors before and after."""
    names = [name for name in result.goals if name in result.quantities] or list(result.quantities)
    titles = ("today", "plan", "even grid", "unit")
    rows = [(name, *_errors(result.quantities[name])) for name in names]
    show_table(("quantity", *titles), rows, out)
    out.print()


def _errors(item: Expected) -> tuple[str, ...]:
    today = value_with_error(item.value, item.before)
    low, high = item.span
    after = f"± {item.after:.2g}" if item.sharp else f"± {low:.2g} to {high:.2g}"
    return today, after, f"± {item.even_grid:.2g}", item.unit


REPORT = Report(
    "plan",
    PlanBlock,
    show_plan,
    tables={"plan_set_points.csv": _set_points, "plan_candidates.csv": _candidates},
    about=_about,
    figures={"plan": "plan_figure"},
    taken=lambda plan: {
        "goal": list(plan.goals), "max_field": plan.reach.max_field,
        "noise": f"{plan.noise.relative!r},{plan.noise.floor!r}",
    },
)  # fmt: skip
