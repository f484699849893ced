"""Runs: points at one field or at one temperature, with standard deviations and branches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from glasspara.arrays import BoolArray, FloatArray, IntArray
from glasspara.files.points import DroppedRow, Points
from glasspara.files.quality import GOOD_FIT, line_ranges
from glasspara.runs.branches import find_branches
from glasspara.runs.outliers import flux_jumps
from glasspara.runs.remanence import remanence_warning, zero_crossings
from glasspara.runs.scatter import estimate_sigma, local_scatter
from glasspara.runs.segmentation import (
    FIXED_FIELD,
    Segment,
    field_noise,
    find_segments,
    temperature_noise,
)

Kind = Literal["fixed-field", "fixed-temperature"]

WHOLE_NUMBERS = ("line", "branch", "standard_branch")
"""Columns of a run that count or name something."""

FLUX_JUMP = "flux jump, excluded on request"

DRIFT = 0.02
"""Drift of the temperature of a fixed-temperature run, relative, above which the run carries a warning."""


@dataclass(frozen=True, eq=False)
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
    unit : str
        "Oe" for a fixed field, "K" for a fixed temperature.
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
    warnings : tuple of str
        What a reader of results from this run must know.
    moment_column : str
        Name of the column that ``moment`` came from, as the file writes it ("" where there is no file).
    flux_jumps : tuple of int
        File lines of the points flagged as flux jumps, whether they are still in the run or not.
    standard_branch : array of int or None
        Branch of the field standard that gave the true field of each point, -1 where none did.
    background : array of shape (n,) or None
        What was taken from the moments for the holder, emu; None where nothing was.
    reported_field : array of shape (n,) or None
        What the instrument reports, Oe, where ``field`` is the true field by a standard; None where ``field`` is that.

    Raises
    ------
    ValueError
        Arrays of different lengths.
    """

    file: str
    kind: Kind
    nominal: float
    unit: Literal["Oe", "K"]
    temperature: FloatArray
    field: FloatArray
    moment: FloatArray
    sigma: FloatArray
    line: IntArray
    branch: IntArray
    branch_labels: tuple[str, ...]
    sigma_source: str
    warnings: tuple[str, ...] = ()
    moment_column: str = ""
    flux_jumps: tuple[int, ...] = ()
    background: FloatArray | None = None
    reported_field: FloatArray | None = None
    standard_branch: IntArray | None = None

    def __post_init__(self) -> None:
        for name in self.columns():
            dtype = np.int64 if name in WHOLE_NUMBERS else np.float64
            object.__setattr__(self, name, _read_only(getattr(self, name), dtype))
        lengths = {len(values) for values in self.columns().values()}
        if len(lengths) != 1:
            raise ValueError(f"the arrays of a run differ in length: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.moment)

    def columns(self) -> dict[str, Any]:
        """The arrays with one value a point that there are, by attribute."""
        names = (
            "temperature", "field", "moment", "sigma", "line", "branch", "background", "reported_field",
            "standard_branch",
        )  # fmt: skip
        return {name: values for name in names if (values := getattr(self, name)) is not None}

    @property
    def instrument_field(self) -> FloatArray:
        """Field as the instrument reports it, Oe."""
        return self.field if self.reported_field is None else self.reported_field

    @property
    def label(self) -> str:
        """Set point with its unit: "1000 Oe", "4.5 K"."""
        return f"{self.nominal:g} {self.unit}"


def _read_only(values: npt.ArrayLike, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.array(values, dtype=dtype)
    array.flags.writeable = False
    return array


def makes_runs(points: Points) -> bool:
    """Whether there is any run among points in order of acquisition."""
    segments, _ = find_segments(points.temperature, points.field)
    return bool(segments)


def segment(
    points: Points, *, file: str = "", errors: str = "auto", drop_flux_jumps: bool = False
) -> tuple[tuple[Run, ...], tuple[DroppedRow, ...]]:
    """Runs among points in order of acquisition, and the rows that belong to none.

    Parameters
    ----------
    points : Points
        Finite temperatures (K, > 0), fields (Oe) and moments (emu); ``sigma`` as the instrument states it.
    file : str
        Path to put into the runs.
    errors : str
        See `glasspara.runs.scatter.estimate_sigma`.
    drop_flux_jumps : bool
        Whether to leave out the points that are flagged as flux jumps.

    Raises
    ------
    UsageError
        ``errors`` is unknown, or asks for instrument errors where there are none.
    """
    segments, strays = find_segments(points.temperature, points.field)
    runs = tuple(_run(points, part, file, errors) for part in segments)
    dropped = [DroppedRow(int(points.line[i]), strays[i]) for i in sorted(strays)]
    if drop_flux_jumps:
        dropped += [DroppedRow(line, FLUX_JUMP) for run in runs for line in run.flux_jumps]
        runs = tuple(select(run, ~np.isin(run.line, run.flux_jumps)) for run in runs)
    return runs, tuple(dropped)


def select(run: Run, keep: BoolArray) -> Run:
    """The run with those of its points that ``keep`` marks."""
    return replace(run, **{name: values[keep] for name, values in run.columns().items()})


def _run(points: Points, part: Segment, file: str, errors: str) -> Run:
    T, H, moment = points.temperature[part.rows], points.field[part.rows], points.moment[part.rows]
    warnings: list[str] = []
    if part.kind == FIXED_FIELD:
        kind: Kind = "fixed-field"
        middle = float(np.median(H))
        # A Curie law is a straight line in 1/T, however far apart the temperatures are.
        nominal, unit, varies = set_point(middle, field_noise(middle)), "Oe", 1.0 / T
        noise = temperature_noise(float(np.median(T)))
        reversal = max(3.0 * noise, 0.02 * float(np.ptp(T)))
        branch, labels = find_branches(T, noise=noise, reversal=reversal, up="warming", down="cooling")
        if float(np.ptp(H)) > 4.0 * field_noise(middle):
            warnings.append(
                f"the field is not constant: {H.min():.5g} to {H.max():.5g} Oe in the run called {nominal:g} Oe; fits "
                "take the field of each point"
            )
        if len(labels) == 1 and labels[0] == "steady":
            warnings.append(f"neither field nor temperature varies: a series in time at {middle:g} Oe")
    else:
        kind = "fixed-temperature"
        middle = float(np.median(T))
        nominal, unit, varies = set_point(middle, 2.0e-3 * middle), "K", H
        noise = field_noise(0.0)
        reversal = max(3.0 * noise, 0.005 * float(np.ptp(H)))
        branch, labels = find_branches(H, noise=noise, reversal=reversal, up="field up", down="field down")
        if float(np.ptp(T)) > max(DRIFT * middle, 0.1):
            warnings.append(
                f"temperature is not constant: {T.min():.4g} to {T.max():.4g} K in the run called {nominal:g} K; "
                "fits take the temperature of each point"
            )
        warnings += remanence_warning(zero_crossings(H, moment, branch, labels))
    estimate = estimate_sigma(
        temperature=T,
        field=H,
        moment=moment,
        instrument=points.sigma[part.rows],
        branch=branch,
        varies=varies,
        column=points.sigma_column,
        errors=errors,
        where=file,
    )
    sigma, source = estimate.sigma, estimate.source
    if points.widening is not None and (points.widening[part.rows] > 1.0).any():
        sigma = sigma * points.widening[part.rows]
        source += f"; times {GOOD_FIT} over the fit of the scan where that is poor"
    lines = points.line[part.rows]
    scatter = local_scatter(varies, moment, branch)
    jumps = lines[flux_jumps(varies=varies, moment=moment, branch=branch, scatter=scatter)]
    if len(jumps):
        warnings.append(
            f"flux jumps? The moment lies far off the curve through its neighbours at file lines {line_ranges(jumps)}; "
            "--exclude flux-jumps leaves these points out"
        )
    return Run(
        file=file,
        kind=kind,
        nominal=nominal,
        unit=unit,
        temperature=T,
        field=H,
        moment=moment,
        sigma=sigma,
        line=lines,
        branch=branch,
        branch_labels=labels,
        sigma_source=source,
        warnings=(*warnings, *estimate.warnings),
        moment_column=points.column,
        flux_jumps=tuple(jumps.tolist()),
    )


def set_point(value: float, tolerance: float) -> float:
    """The roundest number within ``tolerance`` of ``value``: 999.5 Oe -> 1000, 4.502 K -> 4.5."""
    if abs(value) <= tolerance:
        return 0.0
    for digits in range(1, 17):
        rounded = float(f"{value:.{digits - 1}e}")
        if abs(rounded - value) <= tolerance:
            return rounded
    return value
