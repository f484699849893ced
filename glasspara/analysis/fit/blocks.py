"""What reports say of fits: the JSON blocks, which other questions have in their reports too, and the summary of many.

The summary is the end of many fits: one row a run or sample, at the terminal and in ``summary.csv``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict, get_args, get_type_hints

import numpy as np

from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.fitting.intervals.regions import Interval
from glasspara.fitting.judge import Statistics
from glasspara.fitting.judge.determination import UNDETERMINED
from glasspara.fitting.judge.misfit import PlaceBlock
from glasspara.fitting.judge.ordinary import THRESHOLD, component_name
from glasspara.fitting.problem.coordinates import CUTOFFS
from glasspara.fitting.result import Determination, FitResult, FittedParameter, Spread
from glasspara.ordinary import Direction
from glasspara.report import QuantityBlock, RunBlock, ValueBlock
from glasspara.report.block import fill
from glasspara.report.table import Sheet, column
from glasspara.report.terminal import Column, show_sentence, show_table
from glasspara.wording import runs_text, value_with_error

if TYPE_CHECKING:
    from rich.console import Console

    from glasspara.errors import GlassparaError
    from glasspara.model.model import Terms


class ConstraintBlock(TypedDict):
    """A Gaussian constraint, given by the user or ``assumed`` by the program."""

    mean: float
    error: float
    error_of: Annotated[Literal["value", "logarithm"], lambda known: "logarithm" if known.log else "value"]
    assumed: bool


class ParameterBlock(TypedDict):
    """One parameter. ``error``: one standard error by the stated sigmas; ``error_scaled``: times sqrt(chi2/ndof).

    ``error_with_instrument``: that of the noise and of the errors of the instrument that the verdict allows, together.
    """

    value: float
    error: float | None
    error_scaled: float | None
    error_with_instrument: float | None
    unit: str
    fixed: bool
    constraint: ConstraintBlock | None
    limits: list[float | None]
    at_limit: str | None
    stage: bool
    minos: Interval | None


class DerivedBlock(QuantityBlock):
    """A number that follows from the parameters; ``error_with_instrument`` as that of a parameter."""

    error_with_instrument: float | None
    constraint: ConstraintBlock | None
    minos: Interval | None


class CorrelationBlock(TypedDict):
    """Correlation of the free parameters."""

    names: Annotated[list[str], "correlation_names"]
    matrix: Annotated[list[list[float]], "correlation"]


class AtsTestBlock(TypedDict):
    """F test of the ATS term, against the fit without it.

    ``needed`` is null where the fit with the term does not describe the data: it then means nothing.
    """

    chi2_without: float
    delta_chi2: float
    extra_parameters: int
    p_value: float
    open_without: list[str]
    needed: bool | None
    chi2_with_allowances: float | None
    p_with_allowances: float | None
    parameters_without: dict[str, ValueBlock]


class ProfileBlock(TypedDict):
    """Least chi2 above its minimum along one parameter, and what the others do meanwhile."""

    values: list[float]
    chi2_rise: Annotated[list[float], "rises"]
    parameters: Annotated[dict[str, list[float]], "path"]


class ContourLineBlock(TypedDict):
    """The line of one region; ``on_line`` is false where the region meets a limit or is open."""

    probability: float
    chi2_rise: Annotated[float, "rise"]
    closed: bool
    points: list[list[float]]
    on_line: Annotated[list[bool], "found"]


class ContourBlock(TypedDict):
    """Regions of two parameters."""

    names: list[str]
    lines: list[ContourLineBlock]
    statements: list[FindingBlock]


class BootstrapBlock(TypedDict):
    """The fit done again on many sets of new data."""

    kind: Literal["parametric", "residual"]
    seed: int
    replicates: Annotated[int, lambda done: len(done.samples)]
    without_minimum: Annotated[int, lambda done: len(done.problems)]
    p_value: float | None
    parameters: dict[str, Spread]
    derived: dict[str, Spread]
    remarks: list[FindingBlock]


class TraceIonBlock(TypedDict):
    """A trace ion by its ratio to all iron."""

    ion: Annotated[str, "ion.name"]
    j: Annotated[float, "ion.j"]
    g: Annotated[float, "ion.g"]
    ratio: float


TraceEffectBlock = TypedDict(
    "TraceEffectBlock",
    {
        "ions": list[TraceIonBlock],
        "with": Annotated[dict[str, ValueBlock], "with_ions"],
        "without": dict[str, ValueBlock],
        "change": dict[str, float],
    },
)


class ComponentBlock(TypedDict):
    """A part of the ordinary mixture; ``share_of_signal`` is that of the signal beside Larmor's."""

    name: Annotated[str, component_name]
    kind: str
    weight: float
    unit: str
    share_of_signal: float


class OrdinaryBlock(TypedDict):
    """Ordinary magnetism as a whole beside the ETM; margins in chi2, ``threshold`` what establishes the ATS term."""

    chi2: Annotated[float, "ordinary.cone.chi2"]
    n_points: Annotated[int, "ordinary.cone.n_points"]
    p_value: Annotated[float, "ordinary.p_value"]
    chi2_etm: Annotated[float, "ordinary.chi2_model"]
    margin: Annotated[float, "ordinary.margin"]
    margin_without_directions: Annotated[float, "ordinary.margin_without_directions"]
    margin_with_iron: Annotated[float | None, "ordinary.margin_with_iron"]
    margin_iron_free: Annotated[float | None, "ordinary.margin_iron_free"]
    chi2_with_ats_beside: Annotated[float | None, "ordinary.chi2_nested"]
    threshold: Annotated[float, lambda _: THRESHOLD]
    iron_used: Annotated[ValueBlock | None, "ordinary.cone.iron_used"]
    iron_found: Annotated[float, "ordinary.cone.iron_found"]
    components: Annotated[list[ComponentBlock], "ordinary.cone.components"]
    directions: Annotated[list[Direction], "ordinary.cone.directions"]
    ats_established: Annotated[bool, lambda result: bool(result.ats_established)]


def with_ordinary(result: Any) -> Any:
    """A result in which ordinary magnetism was compared, from which its block is filled; else None."""
    return None if result.ordinary is None else result


class ResidualsBlock(TypedDict):
    """Where the misfit of a poor fit is concentrated, the clearest place first."""

    concentrated_in: Annotated[list[PlaceBlock], "misfit"]


class StageBlock(TypedDict):
    """One term of the model as a stage: its share of the sum of all terms' sizes, and its largest value."""

    term: Literal["larmor", "fe2", "fe3", "trace", "other", "ats", "offset"]
    share_of_signal: float
    largest_emu_per_g: float


class FitBlock(TypedDict):
    """A fit with its runs, parameters, statistics and verdict."""

    method: Literal["joint", "staged", "staged-once"]
    ions: Annotated[str, "model.ions"]
    runs: Annotated[list[RunBlock], lambda result: result.data.runs]
    parameters: dict[str, ParameterBlock]
    correlation: Annotated[CorrelationBlock, ""]
    derived: dict[str, DerivedBlock]
    statistics: Statistics
    identifiability: Annotated[Determination, "determination"]
    assessment: AssessmentBlock
    notes: list[FindingBlock]
    ats_test: Annotated[AtsTestBlock | None, _ats_test]
    ats_established: bool | None
    ordinary_magnetism: Annotated[OrdinaryBlock | None, with_ordinary]
    residuals: Annotated[ResidualsBlock, ""]
    stages: Annotated[list[StageBlock], lambda result: stages_of(result.terms)]
    profiles: Annotated[
        dict[str, ProfileBlock], lambda result: {curve.name: curve for curve in result.profiles}
    ]
    contours: list[ContourBlock]
    bootstrap: BootstrapBlock | None
    trace_ions: Annotated[TraceEffectBlock | None, "trace_effect"]


def _ats_test(result: FitResult) -> AtsTestBlock | None:
    test = result.ats_test
    if test is None:
        return None
    return fill(AtsTestBlock, test, needed=test.needed if result.describes else None)


def stages_of(terms: Terms) -> list[StageBlock]:
    """The pipeline in numbers: the terms of the model that are there, each with its share of the signal."""
    names = get_args(get_type_hints(StageBlock)["term"])
    sizes = {name: float(np.abs(getattr(terms, name)).sum()) for name in names}
    total = sum(sizes.values()) or 1.0
    return [
        {
            "term": name,
            "share_of_signal": size / total,
            "largest_emu_per_g": float(np.abs(getattr(terms, name)).max()),
        }
        for name, size in sizes.items()
        if size > 0.0
    ]


SUMMARY = "summary.csv"

CONDITIONAL = ("n_ats", *CUTOFFS)
"""What magnetisation determines only together: derived quantities stand for them."""

_DERIVED = ("n_fe", "ats_strength", "d0_mean_qs4")

_NO_FIT = "no fit"

Failures = Sequence[tuple[str, "GlassparaError"]]


def determined(fits: Sequence[FitResult]) -> list[str]:
    """Names of the quantities that any of ``fits`` determines: free parameters, and what is derived of them."""
    names = [name for name in fits[0].parameters if name not in CONDITIONAL and "[" not in name]
    derived = [name for name in _DERIVED if name in fits[0].derived]
    if fits[0].model.ions != "both":  # the one ion is all iron
        derived.remove("n_fe")
    names[3:3] = derived  # behind Larmor's term and the iron
    return [name for name in names if any(_error_of(result, name) is not None for result in fits)]


def _error_of(result: FitResult, name: str) -> float | None:
    """Standard error of what the data determine; None where they do not, and an assumed prior says more than they."""
    item = result.quantities[name]
    if item.error is None or name in result.determination.undetermined:
        return None
    if not isinstance(item, FittedParameter):
        return item.error if item.error < UNDETERMINED * abs(item.value) else None
    prior = item.constraint
    if prior is not None and prior.assumed:
        width = prior.error * (item.value if prior.log else 1.0)
        return item.error if item.error**2 < 0.5 * width**2 else None
    return item.error


def _names_of(result: FitResult) -> tuple[str, str]:
    """The samples of a fit, and its runs, in words."""
    runs = runs_text([(run.run.kind, run.label) for run in result.data.runs])
    return ", ".join(result.data.samples), runs


def show_summary(fits: Sequence[FitResult], failed: Failures, out: Console) -> None:
    """One row a fit, and a file that failed: status, chi2/ndof, the parameters that are determined with errors."""
    names = determined(fits)
    several = len({sample for result in fits for sample in result.data.samples}) > 1
    rows = []
    for number, result in enumerate(fits, 1):
        sample, runs = _names_of(result)
        statistics = result.statistics
        rows.append((
            str(number),
            *([sample or "not named"] if several else []),
            runs,
            result.assessment.status,
            f"{statistics.chi2:.1f}/{statistics.ndof}",
            *(_shown(result, name) for name in names),
        ))  # fmt: skip
    blank = ("",) * (len(names) + 1)
    rows += [("-", *(["?"] if several else []), path, _NO_FIT, *blank) for path, _ in failed]
    out.print()
    show_sentence("Summary: what the data determine of each", out, style="bold")
    of_runs = Column("runs", "name" if all(len(result.data.runs) == 1 for result in fits) else "text")
    first = (Column("fit", "number"), *([Column("sample", "text")] if several else []), of_runs)
    show_table((*first, "status", Column("chi2/ndof", "number"), *names), rows, out, keys=len(first))


def _shown(result: FitResult, name: str) -> str:
    error = _error_of(result, name)
    return "-" if error is None else value_with_error(result.quantities[name].value, error)


def summary(fits: Sequence[FitResult], failed: Failures) -> Sheet:
    """One row a fit, and a file that failed; a parameter that is not determined has empty cells."""
    names = determined(fits)
    units = {name: item.unit for result in fits for name, item in result.quantities.items()}
    rows: list[dict[str, object]] = []
    for number, result in enumerate(fits, 1):
        data, statistics = result.data, result.statistics
        sample, runs = _names_of(result)
        established = result.ats_established
        row: dict[str, object] = {
            "fit": number,
            "sample": sample,
            "files": "; ".join(dict.fromkeys(run.run.file for run in data.runs)),
            "runs": runs,
            "n_points": len(data),
            "mass_mg": "; ".join(f"{mass:g}" for mass in data.masses),
            "T_min_K": data.temperature.min(),
            "T_max_K": data.temperature.max(),
            "H_min_Oe": data.field.min(),
            "H_max_Oe": data.field.max(),
            "status": result.assessment.status,
            "ats_established": None if established is None else str(established).lower(),
            "chi2": statistics.chi2,
            "ndof": statistics.ndof,
            "p_value": statistics.p_value,
        }
        for name in names:
            error = _error_of(result, name)
            row[column(name, units[name])] = None if error is None else result.quantities[name].value
            row[column(f"{name}_error", units[name])] = error
        rows.append({**row, "problem": None})
    blank = dict.fromkeys(rows[0])
    rows += [{**blank, "files": path, "status": _NO_FIT, "problem": str(error)} for path, error in failed]
    return Sheet(
        rows,
        [
            "error: one standard error from the stated errors; empty cells: fixed, or not determined by the data"
        ],
    )
