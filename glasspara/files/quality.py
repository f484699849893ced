"""What a file says about the trust that its moments deserve: numbers for reports, warnings for people."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import numpy as np

from glasspara.arrays import BoolArray, FloatArray, IntArray
from glasspara.files.table import Table

Diagnostics = dict[str, float | None]

GOOD_FIT = 0.8
"""A regression fit below this is poor: the moment is biased, not only noisy."""

WIDEST = 10.0
"""The largest factor for the error of a point whose fit is poor."""

CENTRING_TOLERANCE = 0.02
"""Fixed-centre and free-centre moments that differ by more than this disagree."""

DISAGREEING_SHARE = 0.05
"""Share of disagreeing rows that is worth a warning; moments near zero are not asked."""

FREE, FIXED = "dc_moment_free_ctr_emu", "dc_moment_fixed_ctr_emu"
FREE_FIT, FIXED_FIT = "dc_free_fit", "dc_fixed_fit"
CENTRE, NOMINAL_CENTRE = "dc_calculated_center_mm", "center_position_mm"
HE3_TEMPERATURE = "he3_temp"
TIME = "time"
"""Name under which a table holds the time of its rows, s."""

COLUMNS = (FREE, FIXED, FREE_FIT, FIXED_FIT, CENTRE, NOMINAL_CENTRE, HE3_TEMPERATURE)
"""Columns that this module wants, besides a regression fit."""

_HE3_TOLERANCE = 0.05


# Damaged cells hold 1e300 or inf; medians leave out what comes of them.
@np.errstate(over="ignore", invalid="ignore")
def centring(
    table: Table, used: BoolArray, left_out: BoolArray, *, free: bool, widened: bool
) -> tuple[Diagnostics, list[str]]:
    """Centring of MPMS3 DC scans; ``free`` tells whether the free-centre moments are the ones taken.

    ``left_out`` are rows that are not used because their fit is poor; ``widened`` tells whether those that are used
    have larger errors.
    """
    numbers = _centring_numbers(table, used)
    strength, ratio = np.abs(table[FREE]), _ratio(table)
    asked = used & np.isfinite(ratio) & (strength > 0.1 * (_median(strength[used]) or 0.0))
    off = asked & (np.abs(ratio - 1.0) > CENTRING_TOLERANCE)
    warnings = []
    if off.sum() > DISAGREEING_SHARE * asked.sum():
        warnings.append(_disagreement(_centring_numbers(table, off), table.line[off], free=free))
    column, label = (FREE_FIT, "DC Free Fit") if free else (FIXED_FIT, "DC Fixed Fit")
    poor, poor_warnings = poor_fit(table, used, left_out, column=column, label=label, widened=widened)
    other_fit = numbers["fixed_fit" if free else "free_fit"]
    if poor_warnings and (numbers["free_fit" if free else "fixed_fit"] or 0.0) < GOOD_FIT:
        better = other_fit is not None and other_fit >= GOOD_FIT
        poor_warnings.append(
            f"--moment {'fixed' if free else 'free'} fits better (median {_show(other_fit)})"
            if better
            else "neither centre fits a dipole: subtract the holder (--background), or do not trust these moments"
        )
    return numbers | {"rows_poor_fit": poor["rows_poor_fit"]}, warnings + poor_warnings


def _ratio(table: Table) -> FloatArray:
    """Fixed-centre over free-centre moment of each row; nan where there is none."""
    ratio = np.full(len(table.line), nan)
    np.divide(table[FIXED], table[FREE], out=ratio, where=table[FREE] != 0.0)
    return ratio


def _centring_numbers(table: Table, rows: BoolArray) -> Diagnostics:
    centre = table[CENTRE][rows]
    middle = _median(centre)
    return {
        "fixed_over_free": _median(_ratio(table)[rows]),
        "free_fit": _median(table[FREE_FIT][rows]),
        "fixed_fit": _median(table[FIXED_FIT][rows]),
        "centre_shift_mm": _median(np.abs(centre - table[NOMINAL_CENTRE][rows])),
        "centre_spread_mm": None if middle is None else _median(np.abs(centre - middle)),
    }


def _disagreement(numbers: Diagnostics, lines: IntArray, *, free: bool) -> str:
    taken, other = ("free", "fixed") if free else ("fixed", "free")
    shift = numbers["centre_shift_mm"]
    place = "" if shift is None else f", sample {shift:.2f} mm off its nominal position"
    return (
        f"fixed-centre and free-centre moments disagree in {len(lines)} rows (file lines {line_ranges(lines)}): "
        f"Fixed/Free {_show(numbers['fixed_over_free'])} there, fit quality {_show(numbers['free_fit'])} free and "
        f"{_show(numbers['fixed_fit'])} fixed{place}; {taken} is taken. Free is right for a strong signal off "
        f"centre, fixed for one near the holder's level: compare with --moment {other}"
    )


def poor_rows(fit: FloatArray, rows: BoolArray, *, min_fit: float | None) -> BoolArray:
    """Those of ``rows`` to leave out because the fit of their scan is below ``min_fit``.

    None stands for GOOD_FIT, unless that left out half of them or more: then the sample is too weak throughout, and
    they are kept with larger errors (:func:`widening`).
    """
    poor: BoolArray = rows & (fit < (GOOD_FIT if min_fit is None else min_fit))
    if min_fit is None and 2 * int(poor.sum()) >= int(rows.sum()):
        return np.zeros_like(rows)
    return poor


def widening(fit: FloatArray) -> FloatArray:
    """Factors for the errors of points by the fit of their scans: GOOD_FIT over the fit, from 1 to WIDEST."""
    factors = np.ones_like(fit)
    poor = fit < GOOD_FIT
    factors[poor] = GOOD_FIT / np.maximum(fit[poor], GOOD_FIT / WIDEST)
    return factors


def poor_fit(
    table: Table, used: BoolArray, left_out: BoolArray, *, column: str, label: str, widened: bool
) -> tuple[Diagnostics, list[str]]:
    """Fit quality of the scans, column ``column`` (called ``label`` in the file)."""
    fit = table[column]
    poor = (used | left_out) & (fit < GOOD_FIT)
    numbers: Diagnostics = {"fit": _median(fit[used]), "rows_poor_fit": float(poor.sum())}
    if not poor.any():
        return numbers, []
    kept = int((poor & used).sum())
    if not kept:
        fate = "they are left out, --min-fit 0 keeps them"
    elif not left_out.any():
        fate = (
            f"they are kept, their errors times {GOOD_FIT} over the fit ({WIDEST:g} at most); --min-fit {GOOD_FIT} "
            "leaves them out, --min-fit 0 takes them as they are"
            if widened
            else f"they are kept; --min-fit {GOOD_FIT} leaves them out"
        )
    else:
        fate = f"{kept} of them are kept"
    return numbers, [
        f"{label} is below {GOOD_FIT} in {int(poor.sum())} of {int((used | left_out).sum())} rows (file lines "
        f"{line_ranges(table.line[poor])}): where the total moment is weak or changes sign these moments "
        f"are biased, not only noisy; {fate}"
    ]


def sample_temperature(table: Table) -> tuple[Table, list[str]]:
    """The table with the temperature of the sample as "T", and a warning where that is a He-3 insert's.

    A He-3 insert has a thermometer of its own; where it reads otherwise than the stage of the magnet, the sample is at
    its temperature.
    """
    insert, stage = table[HE3_TEMPERATURE], table["T"]
    reads = insert > 0.0
    if 2 * int(reads.sum()) <= int((stage > 0.0).sum()):
        return table, []
    inside, outside = _median(insert[reads]), _median(stage[reads])
    if inside is None or outside is None or abs(inside - outside) <= _HE3_TOLERANCE * outside:
        return table, []
    return replace(table, values=table.values | {"T": np.where(reads, insert, nan)}), [
        f"temperatures are those of column 'He3 temp' (median {inside:.3g} K), where a He-3 insert holds the sample, "
        f"not those of the stage (median {outside:.3g} K)"
    ]


def copies(rows: BoolArray, moment: FloatArray, *others: FloatArray) -> BoolArray:
    """Those of ``rows`` that repeat an earlier one in every number."""
    found = np.zeros_like(rows)
    places = np.flatnonzero(rows)
    numbers = np.stack([column[places] for column in (moment, *others)])
    # rows that are equal have equal keys; nearly all others have not, and need no closer look
    keys = np.zeros(len(places), dtype=np.uint64)
    for column in numbers.view(np.uint64):
        keys = (keys ^ column) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    order = np.sort(keys)
    twice = order[1:][order[1:] == order[:-1]]
    seen: set[bytes] = set()
    for i in np.flatnonzero(np.isin(keys, twice)).tolist() if len(twice) else ():
        row = numbers[:, i].tobytes()
        found[places[i]] = row in seen
        seen.add(row)
    return found


def time_goes_back(table: Table, used: BoolArray) -> list[str]:
    """Warning where a row was measured before the one above it."""
    timed = used & np.isfinite(table[TIME])
    back = np.flatnonzero(np.diff(table[TIME][timed]) < 0.0) + 1
    if not len(back):
        return []
    return [
        f"the time goes back at file line{'s' if len(back) > 1 else ''} {line_ranges(table.line[timed][back])}: rows "
        "were sorted or pasted, or the clock was set; runs and branches are taken in the order of the file"
    ]


def line_ranges(lines: IntArray, most: int = 5) -> str:
    """Line numbers as short text: "32-60, 71, 80-82 and 3 more places"."""
    ranges: list[list[int]] = []
    for n in lines.tolist():
        if ranges and n == ranges[-1][1] + 1:
            ranges[-1][1] = n
        else:
            ranges.append([n, n])
    shown = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges[:most])
    rest = len(ranges) - most
    return shown if rest <= 0 else f"{shown} and {rest} more place{'s' if rest > 1 else ''}"


def _median(values: FloatArray) -> float | None:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else None


def _show(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
