"""The figure of a plan: where in temperature and field to measure, and what each run brings."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from glasspara.analysis.plan.candidates import name_of, range_of
from glasspara.analysis.plan.planning import CENTRAL, Plan
from glasspara.fitting.judge.ordinary import THRESHOLD
from glasspara.report.layout import Rows
from glasspara.report.panels import draw_header, draw_legend, plain_log_abscissa, plain_numbers
from glasspara.report.style import (
    BLUE,
    GREY,
    ORANGE,
    VERMILLION,
    WIDTH,
    ordered_colours,
    paper_style,
    synthetic_mark,
    wrapped,
)
from glasspara.wording import raised

_DECADES = 100.0  # a longer axis has room for its decades alone
_SYMLOG = 1.0e-2  # of the largest field: linear below


@paper_style()
def plan_figure(result: Plan) -> Figure:
    """Above, the points of the data and of the plan over temperature and field; below, the measure after each run,
    beside that of an even grid of as many points; the bar holds 68 % of the outcomes with other parameters that the
    data allow.
    """
    runs = result.runs
    figure = Figure(figsize=(WIDTH, 8.2 + 0.25 * len(runs)), layout=Rows((1.5, 1.0)))
    above, below = figure.subplots(2, 1)
    mark = synthetic_mark(result.data.runs)
    details = wrapped(result.assessment.reasons[0].text)
    draw_header(figure, result.assessment.headline.text, details, mark, trusted=result.assessment.trusted)
    colours = ordered_colours(range(len(runs)))
    fields = 1e-3 * np.abs(result.data.field)
    above.plot(result.data.temperature, fields, ".", color="#BBBBBB", markersize=4.0)
    points = [(T, [1e-3 * abs(value) for value in H]) for T, H in (run.points for run in runs)]
    ends = [(T[-1], H[-1]) for T, H in points]
    for number, ((T, H), colour) in enumerate(zip(points, colours, strict=True), 1):
        above.plot(T, H, "o", color=colour, markersize=5.0 + 2.0 * (len(runs) - number), fillstyle="none")
        above.annotate(
            str(number), (T[-1], H[-1]), (7.0 + 12.0 * ends[: number - 1].count((T[-1], H[-1])), 3.0),
            textcoords="offset points", color=colour, weight="bold",
        )  # fmt: skip
    plain_log_abscissa(above)
    above.set_xlim(right=1.3 * above.get_xlim()[1])  # room for the numbers
    linear = 1e-3 * _SYMLOG * result.reach.max_field
    lowest = min(float(fields.min()), *(min(H) for _, H in points))
    largest = max(1e-3 * result.reach.max_field, float(fields.max()))
    if lowest > linear:
        above.set_yscale("log")
        plain_numbers(above.yaxis)
        above.set_ylim(0.5 * lowest, 1.8 * largest)
    else:
        above.set_yscale("symlog", linthresh=linear)
        above.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        above.set_ylim(0.0, 1.8 * largest)
    above.set_xlabel("$T$ (K)")
    above.set_ylabel(r"$|H|$ (kOe)")
    _draw_measures(below, result, colours)
    handles = [Line2D([], [], color="#BBBBBB", marker=".", linestyle="none", label="data")]
    handles += [
        Line2D(
            [], [], color=colour, marker="o", fillstyle="none", linestyle="none", label=f"{number}: {words}"
        )
        for number, (words, colour) in enumerate(
            ((f"{name_of(run)}, {range_of(run)}", colour) for run, colour in zip(runs, colours, strict=True)),
            1,
        )
    ]
    handles.append(Line2D([], [], color=ORANGE, linestyle="--", label="even grid of as many points"))
    draw_legend(figure, handles, 1)
    return figure


def _draw_measures(axes: Axes, result: Plan, colours: list[str]) -> None:
    counts = list(accumulate([0, *(len(run.grid) for run in result.runs)]))
    # the error of one goal in % of its value
    value = abs(result.quantities[result.goals[0]].value) if result.criterion == "c" else 0.0
    factor = 100.0 / value if value else 1.0
    measures = [factor * item for item in (result.before, *(step.measure for step in result.steps))]
    even = factor * result.even.measure
    axes.plot(counts, measures, color=BLUE, zorder=2.0)
    for x, y, colour in zip(counts, measures, [GREY, *colours], strict=True):
        axes.plot(x, y, "o", color=colour, zorder=3.0)
    low, high = factor * np.quantile(result.outcomes, CENTRAL)
    axes.plot(
        [counts[-1]] * 2, [low, high], color=GREY, linewidth=1.2, marker="_", markersize=12.0, zorder=1.5
    )
    axes.axhline(even, color=ORANGE, linestyle="--", zorder=1.0)
    axes.set_xlabel("further points (1)")
    axes.set_xticks(counts)
    if result.criterion == "T":
        axes.axhline(THRESHOLD, color=VERMILLION, linewidth=1.0, zorder=1.0)
        axes.annotate(
            "decided", (0.0, THRESHOLD), (3.0, 3.0), xycoords=("axes fraction", "data"), textcoords="offset points",
            color=VERMILLION,
        )  # fmt: skip
        axes.set_yscale("symlog", linthresh=THRESHOLD)
        largest = max(*measures, even, high, THRESHOLD)
        axes.set_ylim(min(0.0, *measures, low) - 0.5 * THRESHOLD, 4.0 * largest)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.set_ylabel("margin (1)")
        return
    axes.set_yscale("log")
    if max(*measures, even) < _DECADES * min(*measures, even, low):
        plain_numbers(axes.yaxis)
    unit = "%" if value else raised(result.unit)
    label = "errors, today = 1 (1)" if result.criterion == "D" else f"error of\n{result.goals[0]} ({unit})"
    axes.set_ylabel(label, parse_math=False)
