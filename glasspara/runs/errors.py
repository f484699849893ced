"""Standard deviations of the points of a run: the instrument's where they mean something, else the scatter.

Rows with large errors of their own are left aside while the others are judged: they say of themselves that they are
wild. Neither a transition, a peak or a step of the curve nor a drift through repeated measurements counts as scatter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from math import nan
from typing import Any, Literal

import numpy as np

from glasspara.arrays import MAD_TO_SIGMA, BoolArray, FloatArray, IntArray, median, quantiles
from glasspara.errors import UsageError
from glasspara.files.quality import line_ranges
from glasspara.findings import Finding, Where, finding
from glasspara.runs.scatter import (
    QUARTILE_TO_SIGMA,
    TRUSTED_WINDOWS,
    Repeats,
    Scatter,
    Windows,
    all_windows,
    find_repeats,
    local_scatter,
    resolution,
    spread_out,
)

ERROR_MODES = ("auto", "instrument", "scatter")

ERROR_FINDINGS = tuple(
    f"runs.{name}"
    for name in (
        "errors-replaced",
        "errors-kept",
        "scatter-is-upper-limit",
        "own-large-errors",
        "own-tiny-errors",
        "repeats-drift",
    )
)
"""Codes of what is found while the errors are decided on."""

ODDS = 5.0
"""Instrument errors this many times above or below the scatter are no standard deviations."""

FEW_POINTS_ODDS = 30.0
"""The same, above the scatter of so few points that chance alone makes it ODDS times too small now and then."""

OWN_LARGE = 10.0
"""An error so many times those of the rows before and after it is large of its own."""

_NEIGHBOURS = 8  # on either side, of which the lower quartile counts: half of them may be wild themselves
_FEWEST_NEIGHBOURS = 3
_MANY = 0.05  # share of such rows that is worth a word where all keep their errors
_CHUNK = 100_000

Verdict = Literal["", "too-large", "too-small"]
"""How the instrument's errors compare with the scatter; "" where they may be standard deviations."""


@dataclass(frozen=True, eq=False)
class SigmaEstimate:
    """``sigma`` (emu, > 0, one a point), where it came from, and what is odd about it.

    ``from_scatter`` says whether the scatter of the points gave all of them but those of ``wild`` rows, which have
    large errors of their own; ``local`` is the scatter about a smooth curve and ``scatter`` that which is taken for
    points without errors, whether any was taken or not. ``column`` is that of the instrument's errors.
    """

    sigma: FloatArray
    source: str
    from_scatter: bool
    local: Scatter
    scatter: Scatter
    wild: BoolArray
    column: str | None = None
    verdict: Verdict = ""
    warnings: tuple[Finding, ...] = ()


def estimate_sigma(
    *,
    temperature: FloatArray,
    field: FloatArray,
    moment: FloatArray,
    instrument: FloatArray,
    branch: IntArray,
    varies: FloatArray,
    column: str | None,
    errors: str = "auto",
    where: Where = Where(),  # noqa: B008
    line: IntArray | None = None,
    whole: SigmaEstimate | None = None,
) -> SigmaEstimate:
    """Standard deviations of the moments of one run, or of those of its points that are used.

    Parameters
    ----------
    temperature, field, moment : arrays of one length
        K, Oe, emu, in order of acquisition.
    instrument : array
        What the instrument states, emu; nan, 0 or negative where it states nothing.
    branch : array of int
        Branch of each point, one after another; scatter is taken within branches.
    varies : array
        What varies through the run, so scaled that the moment is a smooth function of it.
    column : str or None
        Name of the instrument's error column.
    errors : str
        "auto" takes the instrument's where there are any, unless those of the run are no standard deviations: more
        than ODDS times the scatter of the points (FEW_POINTS_ODDS times that of a few), or less than 1/ODDS of it
        where that is reliable. Then it takes the scatter. "instrument" takes the instrument's and demands them,
        "scatter" takes the scatter of the points throughout. Rows with large errors of their own keep them;
        by "auto" the scatter takes the place of errors that stand out below those of their neighbours.
    where : Where
        File and run, for findings and errors.
    line : array of int, optional
        File line of each point, for findings.
    whole : SigmaEstimate, optional
        What was found for the run of which these points are a part: it helps where they are too few to judge by.

    Raises
    ------
    UsageError
        ``errors`` is another word, or "instrument" and the run has none.
    """
    if errors not in ERROR_MODES:
        raise UsageError(f"errors {errors!r} is unknown", remedy=f"Choose one of {', '.join(ERROR_MODES)}")
    stated = np.isfinite(instrument) & (instrument > 0.0)
    if errors == "instrument" and not stated.any():
        raise UsageError(
            "the file states no errors of its moments",
            where=where.file,
            remedy="Leave out --errors, or use --errors scatter",
        )
    tiny = stand_out_below(instrument, stated, moment) if errors == "auto" else np.zeros_like(stated)
    stated &= ~tiny
    wild = stand_out(instrument, stated, moment)
    calm = ~wild if wild.any() else slice(None)
    local = local_scatter(varies[calm], moment[calm], branch[calm])
    repeats = find_repeats(temperature[calm], field[calm], moment[calm])
    scatter = local if repeats is None else repeats.scatter
    if whole is not None and whole.scatter.reliable and not scatter.reliable:
        scatter = whole.scatter
    asked = stated & ~wild
    verdict: Verdict = ""
    if errors != "scatter" and asked.any():
        error = np.where(stated, instrument, nan)[calm]
        verdict = _judge(varies[calm], moment[calm], branch[calm], error, local, repeats, whole)
    taken = stated & (errors != "scatter" and (errors == "instrument" or not verdict))
    sigma = instrument.copy()
    if not taken.all():
        points = np.maximum(scatter.sigma(moment), resolution(moment))
        sigma = np.where(taken, instrument, points)
        sigma[wild] = np.maximum(sigma, instrument)[wild]
    source = scatter.words
    if taken.all() and len(moment):
        source = f"instrument: {column}"
    elif taken.any():
        source = f"instrument: {column}; {scatter.words} for {int((~taken).sum())} points without"
    else:
        source += f" instead of {column}" if verdict else ""
        source += (
            f"; {column} of {int(wild.sum())} points with large errors of their own" if wild.any() else ""
        )
    estimate = SigmaEstimate(sigma, source, not taken.any(), local, scatter, wild, column, verdict)
    findings = [*_findings(estimate, instrument, asked, taken, repeats, moment, line)]
    if tiny.any():
        middle = median(instrument[tiny])
        counts = {"of": len(tiny), "median_emu": middle, "times": OWN_LARGE}
        findings.append(("own-tiny-errors", {"column": column} | _lines(line, tiny) | counts))
    here = (finding(f"runs.{code}", where, runs=[where.run], **values) for code, values in findings)
    return replace(estimate, warnings=tuple(here))


def _findings(
    estimate: SigmaEstimate,
    instrument: FloatArray,
    asked: BoolArray,
    taken: BoolArray,
    repeats: Repeats | None,
    moment: FloatArray,
    line: IntArray | None,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Code and values of what there is to say about the errors of a run.

    ``asked`` marks the rows whose errors were judged, ``taken`` those that keep them.
    """
    wild, column = estimate.wild, {"column": estimate.column}
    if repeats is not None and repeats.drift is not None:
        yield "repeats-drift", asdict(repeats.drift)
    if estimate.verdict:
        seen = estimate.local if repeats is None else repeats.scatter
        yield (
            "errors-kept" if taken[asked].any() else "errors-replaced",
            {
                **column,
                "stated_emu": median(instrument[asked]),
                "scatter_emu": median(seen.sigma(moment[asked])),
                "too_large": estimate.verdict == "too-large",
            },
        )
    if wild.any() and (not taken.any() or wild.mean() >= _MANY):
        middle = median(instrument[wild])
        counts = {"of": len(wild), "median_emu": middle, "times": OWN_LARGE}
        yield "own-large-errors", column | _lines(line, wild) | counts
    if not taken.all() and not estimate.scatter.reliable:
        yield "scatter-is-upper-limit", {}


def _judge(
    varies: FloatArray,
    moment: FloatArray,
    branch: IntArray,
    error: FloatArray,
    local: Scatter,
    repeats: Repeats | None,
    whole: SigmaEstimate | None,
) -> Verdict:
    """Whether the instrument's errors, nan where there is none, may be standard deviations.

    A curve, a transition or a step only adds to the deviations of some points. So errors are too large if the median
    deviation is far below them, and too small only if the scatter is far above them and so are three quarters of the
    deviations: those of repeated measurements, where there are any, else those from the curve.
    """
    windows = all_windows(spread_out(varies, branch), moment, branch, local.order, error)
    if local.order == 0:  # no window at all: the spread of the moments is compared with the errors
        windows = Windows(
            np.zeros(1, np.int64), np.array([local.constant / MAD_TO_SIGMA]), np.array([np.nanmedian(error)])
        )
    pulls = np.abs(windows.residual / windows.expected)
    trusted = local.deviations >= TRUSTED_WINDOWS
    if 0.0 < MAD_TO_SIGMA * _quantile(pulls, 0.5) * (ODDS if trusted else FEW_POINTS_ODDS) < 1.0:
        return "too-large"
    if repeats is not None:
        pulls = np.abs(repeats.deviation / error[repeats.points])
    too_small = QUARTILE_TO_SIGMA * _quantile(pulls, 0.25) > ODDS
    if too_small:
        known = np.isfinite(error)
        too_small = median(local.sigma(moment[known])) > ODDS * median(error[known])
    if too_small and (repeats is not None or local.reliable):
        return "too-small"
    if whole is not None and not trusted and (whole.verdict == "too-large" or too_small):
        return whole.verdict
    return ""


def _quantile(values: FloatArray, share: float) -> float:
    known = values[np.isfinite(values)]
    return float(quantiles(known, share)) if len(known) else 0.0


def stand_out(error: FloatArray, stated: BoolArray, moment: FloatArray) -> BoolArray:
    """Rows whose errors are OWN_LARGE times those of the rows before and after them.

    Of the neighbours on either side the lower quartile counts, so half of them may be such rows too. At the ends of a
    run, where there are neighbours on one side only, the relative error must be larger as much: a moment that grows
    steeply has larger errors.
    """
    found = np.zeros(len(error), dtype=bool)
    rows = np.flatnonzero(stated)
    if len(rows) <= _FEWEST_NEIGHBOURS:
        return found
    known = error[rows]
    relative = _relative(known, moment[rows])
    candidates = np.flatnonzero(known > OWN_LARGE * known.min())
    for start in range(0, len(candidates), _CHUNK):
        these = candidates[start : start + _CHUNK]
        before, after = (_usual_beside(known, these, side) for side in (-1, 1))
        at_end = np.isnan(before) | np.isnan(after)
        large = known[these] > OWN_LARGE * np.fmax(before, after)
        ends = these[large & at_end]
        beside = np.fmax(*(_usual_beside(relative, ends, side) for side in (-1, 1)))
        large[large & at_end] = relative[ends] > OWN_LARGE * beside
        found[rows[these[large]]] = True
    return found


def stand_out_below(error: FloatArray, stated: BoolArray, moment: FloatArray) -> BoolArray:
    """Rows whose errors are less than 1/OWN_LARGE of every one beside them: by these one row would decide a fit.

    So must the relative errors be: where the moment goes through zero, small errors may be true.
    """
    found = np.zeros(len(error), dtype=bool)
    rows = np.flatnonzero(stated)
    if len(rows) > _NEIGHBOURS:
        known = error[rows]
        relative = _relative(known, moment[rows])
        found[rows] = _below_neighbours(known) & _below_neighbours(relative)
    return found


def _relative(error: FloatArray, moment: FloatArray) -> FloatArray:
    """Errors over moments; infinite where that is beyond all numbers."""
    with np.errstate(over="ignore"):
        return np.asarray(error / np.maximum(np.abs(moment), np.finfo(float).tiny))


def _below_neighbours(values: FloatArray) -> BoolArray:
    least = np.full(len(values), np.inf)
    for apart in range(1, _NEIGHBOURS + 1):
        least[apart:] = np.minimum(least[apart:], values[:-apart])
        least[:-apart] = np.minimum(least[:-apart], values[apart:])
    return OWN_LARGE * values < least


def _usual_beside(values: FloatArray, rows: IntArray, side: int) -> FloatArray:
    """Lower quartile of the values of the neighbours on one side of each row; nan with too few of them."""
    places = rows[:, None] + side * np.arange(1, _NEIGHBOURS + 1)
    inside = (places >= 0) & (places < len(values))
    beside = np.sort(np.where(inside, values[places.clip(0, len(values) - 1)], nan), axis=1)
    count = inside.sum(axis=1)
    usual: FloatArray = beside[np.arange(len(rows)), (count.clip(1) - 1) // 4]
    usual[count < _FEWEST_NEIGHBOURS] = nan
    return usual


def _lines(line: IntArray | None, rows: BoolArray) -> dict[str, Any]:
    return {"rows": int(rows.sum()), "lines": [] if line is None else line_ranges(line[rows])}
