"""The JSON blocks of a fit, which other questions have in their reports too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict, get_args, get_type_hints

import numpy as np

from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.fitting.intervals.minos import Interval
from glasspara.fitting.judge.misfit import PlaceBlock
from glasspara.fitting.judge.ordinary import THRESHOLD, component_name
from glasspara.fitting.judge.statistics import Statistics
from glasspara.fitting.result import Determination, FitResult, Spread
from glasspara.ordinary import Direction
from glasspara.report.block import fill
from glasspara.report.frame import QuantityBlock, RunBlock, ValueBlock

if TYPE_CHECKING:
    from glasspara.model.model import Terms


class ConstraintBlock(TypedDict):
    """A Gaussian constraint, given by the user or ``assumed`` by the program."""

    mean: float
    error: float
    error_of: Annotated[Literal["value", "logarithm"], lambda known: "logarithm" if known.log else "value"]
    assumed: bool


class ParameterBlock(TypedDict):
    """One parameter. ``error``: one standard error by the stated sigmas; ``error_scaled``: times sqrt(chi2/ndof)."""

    value: float
    error: float | None
    error_scaled: float | None
    unit: str
    fixed: bool
    constraint: ConstraintBlock | None
    limits: list[float | None]
    at_limit: str | None
    stage: bool
    minos: Interval | None


class DerivedBlock(QuantityBlock):
    """A number that follows from the parameters."""

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
