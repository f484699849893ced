"""Runs: points at one field or at one temperature, with standard deviations and branches; averages of repeats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from glasspara.arrays import BoolArray, FloatArray, IntArray, median
from glasspara.files.quality import GOOD_FIT, line_ranges
from glasspara.files.table import DroppedRow, RowPoints
from glasspara.findings import Finding, Where, counted, finding, summary
from glasspara.runs.errors import ERROR_FINDINGS, SigmaEstimate, estimate_sigma
from glasspara.runs.outliers import flux_jumps
from glasspara.runs.scatter import repeat_groups, repeat_scatter, resolution
from glasspara.runs.segmentation import FIXED_FIELD, Segment, find_segments
from glasspara.runs.stretches import (
    STEADY,
    field_noise,
    field_noises,
    find_branches,
    set_point,
    temperature_noise,
    zero_crossings,
)

Kind = Literal["fixed-field", "fixed-temperature"]

WHOLE_NUMBERS = ("line", "branch", "standard_branch", "since_field_change")
"""Columns of a run that count or name something."""

FLUX_JUMP = "flux jump, excluded on request"

DRIFT = 0.02
"""Drift of the temperature of a fixed-temperature run, relative, above which the run carries a warning."""

CROSSING_TOLERANCE = 5.0
"""Oe by which the moment of a loop may cross zero off the reported zero field without a warning."""

ZERO_CROSSING = "runs.zero-crossing"
"""Code of that warning; it is void once a standard gives the true field."""


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """Points at one set point, in order of acquisition.

    Parameters
    ----------
    file : str
        Path of the file.
    kind : str
        "fixed-field" (M against T) or "fixed-temperature" (M against H).
    nominal : float
        Set point in ``unit``, rounded from the median of the readings.
    temperature, field, moment, sigma : arrays of shape (n,)
        K, Oe, emu, emu; read-only. ``sigma`` is a standard deviation, > 0.
    line : array of int
        1-based file line of each point (0 where there is no file).
    branch : array of int
        Branch of each point, an index of ``branch_labels``.
    branch_labels : tuple of str
        "warming", "cooling", "field up", "field down", numbered from the second of a kind on.
    sigma_source : str
        Where ``sigma`` came from, in words.
    warnings : tuple of Finding
        What a reader of results from this run must know.
    moment_column : str
        Name of the column that ``moment`` came from, as the file writes it ("" where there is no file).
    flux_jumps : tuple of int
        File lines of the points flagged as flux jumps, whether they are still in the run or not.
    standard_branch : array of int or None
        Branch of the field standard that gave the true field of each point, -1 where none did.
    errors_are_estimates : bool
        Whether ``sigma`` is the scatter of the points of this run: chi2 then says little about a model.
    background : array of shape (n,) or None
        What was taken from the moments for the holder, emu; None where nothing was.
    reported_field : array of shape (n,) or None
        What the instrument reports, Oe, where ``field`` is the true field by a standard; None where ``field`` is that.
    since_field_change : array of int or None
        How many points of the file were measured between the last change of the field, or its beginning, and each
        point: 0 is the first one at its field, where a relaxation shows most.
    stated : array of shape (n,) or None
        Errors as the instrument states them, emu; nan, 0 or negative where it states none. ``sigma`` is decided on by
        them and the scatter of the points (:func:`decide_errors`).
    widening : array of shape (n,) or None
        Factors in ``sigma`` for points with a doubtful moment; None means 1 everywhere.
    sigma_column : str or None
        Name of the column of ``stated``.
    run_type : str
        How the moments were measured, one of glasspara.files.flavours.RUN_TYPES ("" where there is no file).

    Raises
    ------
    ValueError
        Arrays of different lengths.
    """

    file: str
    kind: Kind
    nominal: float
    temperature: FloatArray
    field: FloatArray
    moment: FloatArray
    sigma: FloatArray
    line: IntArray
    branch: IntArray
    branch_labels: tuple[str, ...]
    sigma_source: str
    warnings: tuple[Finding, ...] = ()
    moment_column: str = ""
    flux_jumps: tuple[int, ...] = ()
    background: FloatArray | None = None
    reported_field: FloatArray | None = None
    standard_branch: IntArray | None = None
    errors_are_estimates: bool = False
    since_field_change: IntArray | None = None
    stated: FloatArray | None = None
    widening: FloatArray | None = None
    sigma_column: str | None = None
    run_type: str = ""

    def __post_init__(self) -> None:
        for name in self.columns():
            dtype = np.int64 if name in WHOLE_NUMBERS else np.float64
            object.__setattr__(self, name, _read_only(getattr(self, name), dtype))
        lengths = {len(values) for values in self.columns().values()}
        if len(lengths) != 1:
            raise ValueError(f"the arrays of a run differ in length: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.moment)

    def __repr__(self) -> str:
        return summary(self, self.label, counted(self, "point"))

    def columns(self) -> dict[str, Any]:
        """The arrays with one value a point that there are, by attribute."""
        names = (
            "temperature", "field", "moment", "sigma", "line", "branch", "background", "reported_field",
            "standard_branch", "since_field_change", "stated", "widening",
        )  # fmt: skip
        return {name: values for name in names if (values := getattr(self, name)) is not None}

    @property
    def unit(self) -> Literal["Oe", "K"]:
        """Unit of the set point: "Oe" for a fixed field, "K" for a fixed temperature."""
        return "Oe" if self.kind == "fixed-field" else "K"

    @property
    def instrument_field(self) -> FloatArray:
        """Field as the instrument reports it, Oe."""
        return self.field if self.reported_field is None else self.reported_field

    @property
    def held(self) -> FloatArray:
        """Readings of the fixed quantity of the run, Oe or K, as the instrument reports them."""
        return self.instrument_field if self.kind == "fixed-field" else self.temperature

    @property
    def varying(self) -> FloatArray:
        """Readings of what the run varies, K or Oe, as the instrument reports them."""
        return self.temperature if self.kind == "fixed-field" else self.instrument_field

    @property
    def label(self) -> str:
        """Set point with its unit: "1000 Oe", "4.5 K"."""
        return f"{self.nominal:g} {self.unit}"

    @property
    def measures(self) -> str:
        """What is measured against what: "M(T)" or "M(H)"."""
        return "M(T)" if self.kind == "fixed-field" else "M(H)"


def _read_only(values: npt.ArrayLike, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.array(values, dtype=dtype)
    array.flags.writeable = False
    return array


def makes_runs(points: RowPoints) -> bool:
    """Whether there is any run among points in order of acquisition."""
    segments, _ = find_segments(points.temperature, points.field)
    return bool(segments)


def segment(
    points: RowPoints, *, file: str = "", errors: str = "auto", drop_flux_jumps: bool = False
) -> tuple[tuple[Run, ...], tuple[DroppedRow, ...]]:
    """Runs among points in order of acquisition, and the rows that belong to none.

    Parameters
    ----------
    points : RowPoints
        Finite temperatures (K, > 0), fields (Oe) and moments (emu); ``sigma`` as the instrument states it.
    file : str
        Path to put into the runs.
    errors : str
        See `glasspara.runs.errors.estimate_sigma`.
    drop_flux_jumps : bool
        Whether to leave out the points that are flagged as flux jumps.

    Raises
    ------
    UsageError
        ``errors`` is unknown, or asks for instrument errors where there are none.
    """
    segments, strays = find_segments(points.temperature, points.field)
    since = _since_change(points.field)
    runs = tuple(_run(points, part, file, errors, since) for part in segments)
    dropped = [DroppedRow(int(points.line[i]), strays[i]) for i in sorted(strays)]
    if drop_flux_jumps:
        dropped += [DroppedRow(line, FLUX_JUMP) for run in runs for line in run.flux_jumps]
        runs = tuple(select_used(run, ~np.isin(run.line, run.flux_jumps), errors=errors) for run in runs)
    return runs, tuple(dropped)


def select(run: Run, keep: BoolArray) -> Run:
    """The run with those of its points that ``keep`` marks, with the errors that they have."""
    return replace(run, **{name: values[keep] for name, values in run.columns().items()})


def select_used(run: Run, keep: BoolArray, *, errors: str) -> Run:
    """The run with those of its points that are used, its errors decided on by these alone.

    ``run`` carries the moments and errors of the file. Where the points are too few to judge by, what was found for the
    whole run helps.
    """
    if keep.all():
        return run
    part = select(run, keep)
    if not len(part) or run.stated is None:
        return part
    estimate = _estimate(part, errors, whole=_estimate(run, errors))
    kept = (item for item in run.warnings if item.code not in ERROR_FINDINGS)
    return replace(part, **_with_errors(part, estimate), warnings=(*kept, *estimate.warnings))


def _since_change(field: FloatArray) -> IntArray:
    """Number of each row since the last change of the field, or since the first row."""
    rows = np.arange(len(field))
    noise = field_noises(field[:-1])
    changes = np.zeros(len(field), dtype=np.int64)
    changes[1:] = np.where(np.abs(np.diff(field)) > noise, rows[1:], 0)
    return rows - np.maximum.accumulate(changes)


def _estimate(run: Run, errors: str, *, whole: SigmaEstimate | None = None) -> SigmaEstimate:
    """Standard deviations of the points of a run by what the instrument states and by their scatter."""
    # A Curie law is a straight line in 1/T, however far apart the temperatures are.
    varies = 1.0 / run.temperature if run.kind == "fixed-field" else run.field
    return estimate_sigma(
        temperature=run.temperature,
        field=run.instrument_field,
        moment=run.moment,
        instrument=np.full(len(run), np.nan) if run.stated is None else run.stated,
        branch=run.branch,
        varies=varies,
        column=run.sigma_column,
        errors=errors,
        where=Where(file=run.file, run=run.label),
        line=run.line,
        whole=whole,
    )


def _with_errors(run: Run, estimate: SigmaEstimate) -> dict[str, Any]:
    """The attributes of a run that its errors make."""
    sigma, source = estimate.sigma, estimate.source
    if run.widening is not None and (run.widening > 1.0).any():
        sigma = sigma * run.widening
        source += f"; times {GOOD_FIT} over the fit of the scan where that is poor"
    return {"sigma": sigma, "sigma_source": source, "errors_are_estimates": estimate.from_scatter}


def _run(points: RowPoints, part: Segment, file: str, errors: str, since: IntArray) -> Run:
    T, H = points.temperature[part.rows], points.field[part.rows]
    if part.kind == FIXED_FIELD:
        kind: Kind = "fixed-field"
        middle = median(H)
        nominal = set_point(middle, field_noise(middle))
        noise = temperature_noise(median(T))
        reversal = max(3.0 * noise, 0.02 * float(np.ptp(T)))
        branch, labels = find_branches(T, noise=noise, reversal=reversal, up="warming", down="cooling")
    else:
        kind = "fixed-temperature"
        middle = median(T)
        nominal = set_point(middle, 2.0e-3 * middle)
        noise = field_noise(0.0)
        reversal = max(3.0 * noise, 0.005 * float(np.ptp(H)))
        branch, labels = find_branches(H, noise=noise, reversal=reversal, up="field up", down="field down")
    widening = None if points.widening is None else points.widening[part.rows]
    stated = points.sigma[part.rows]
    run = Run(
        file=file,
        kind=kind,
        nominal=nominal,
        temperature=T,
        field=H,
        moment=points.moment[part.rows],
        sigma=stated,
        line=points.line[part.rows],
        branch=branch,
        branch_labels=labels,
        sigma_source="",
        moment_column=points.column,
        since_field_change=since[part.rows],
        stated=stated,
        widening=widening if widening is not None and (widening > 1.0).any() else None,
        sigma_column=points.sigma_column,
        run_type=points.run_type,
    )
    estimate = _estimate(run, errors)
    jumps = run.line[_jumps(run, estimate)]
    warnings = (*_warnings(run, Where(file=file, run=run.label), jumps), *estimate.warnings)
    return replace(run, **_with_errors(run, estimate), flux_jumps=tuple(jumps.tolist()), warnings=warnings)


def _jumps(run: Run, estimate: SigmaEstimate) -> IntArray:
    """Indices of the flux jumps; rows with large errors of their own need no flag, and would hide others."""
    calm = np.flatnonzero(~estimate.wild)
    varies = 1.0 / run.temperature if run.kind == "fixed-field" else run.field
    jumps = flux_jumps(
        varies=varies[calm], moment=run.moment[calm], branch=run.branch[calm], scatter=estimate.local
    )
    return calm[jumps]


def _warnings(run: Run, where: Where, jumps: IntArray) -> Iterator[Finding]:
    """Findings about what should be held, about the field that the magnet keeps, and about flux jumps."""
    T, H = run.temperature, run.field
    if run.kind == "fixed-field":
        middle = median(H)
        if float(np.ptp(H)) > 4.0 * field_noise(middle):
            low, high = float(H.min()), float(H.max())
            yield finding("runs.field-not-constant", where, runs=[where.run], low_Oe=low, high_Oe=high)
        if run.branch_labels == (STEADY,):
            yield finding("runs.nothing-varies", where, runs=[where.run], field_Oe=middle)
    else:
        if float(np.ptp(T)) > max(DRIFT * median(T), 0.1):
            low, high = float(T.min()), float(T.max())
            yield finding("runs.temperature-not-constant", where, runs=[where.run], low_K=low, high_K=high)
        crossings = zero_crossings(H, run.moment, run.branch, run.branch_labels)
        if any(abs(value) > CROSSING_TOLERANCE for value in crossings.values()):
            places = [{"field_Oe": value, "branch": label} for label, value in crossings.items()]
            yield finding(ZERO_CROSSING, where, runs=[where.run], crossings=places)
    if len(jumps):
        place = replace(where, line=int(jumps[0]))
        yield finding("runs.flux-jumps", place, runs=[where.run], lines=line_ranges(jumps))


def average_repeats(run: Run, *, errors: str = "auto") -> Run:
    """The run with one point for each stretch of measurements at one temperature and field, within one branch.

    Temperature, field and moment are plain means, the file line is that of the first. The standard deviation of a mean
    of n is the scatter of the repeats, pooled over the run, over sqrt(n). Where too few are repeated to know it, or
    ``errors`` is "instrument", it is that of the mean of n points with their own standard deviations; single points
    keep theirs. A run without repeats is returned as it is.
    """
    group = repeat_groups(run.temperature, run.instrument_field)
    group = np.concatenate(([0], np.cumsum((np.diff(group) != 0) | (np.diff(run.branch) != 0))))
    counts = np.bincount(group)
    if len(counts) == len(run):
        return run
    first = np.flatnonzero(np.diff(group, prepend=-1))
    means: dict[str, Any] = {
        name: values[first] if name in WHOLE_NUMBERS else np.bincount(group, weights=values) / counts
        for name, values in run.columns().items()
    }
    moment = means["moment"]
    means["sigma"] = sigma = np.sqrt(np.bincount(group, weights=run.sigma**2)) / counts
    pooled = (
        None if errors == "instrument" else repeat_scatter(run.temperature, run.instrument_field, run.moment)
    )
    source = run.sigma_source
    if pooled is not None:
        repeated = counts > 1
        scatter = np.maximum(pooled.sigma(moment[repeated]), resolution(run.moment))
        sigma[repeated] = scatter / np.sqrt(counts[repeated])
        source = pooled.words
    return replace(
        run,
        **means,
        errors_are_estimates=run.errors_are_estimates or pooled is not None,
        sigma_source=f"{source}; means of {len(run)} measurements at {len(counts)} set points",
    )
