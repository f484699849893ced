"""How far the moments of a file can be trusted: numbers for reports, findings for people.

The findings name rows by their file lines; :func:`glasspara.files.moments.extract` adds the file.
"""

from __future__ import annotations

from dataclasses import replace
from math import nan
from typing import Any

import numpy as np

from glasspara.arrays import BoolArray, FloatArray, IntArray, median, quantiles
from glasspara.files.flavours import FIXED, FIXED_FIT, FREE, FREE_FIT
from glasspara.files.table import RowTable
from glasspara.findings import Finding, Where, finding

Diagnostics = dict[str, float | None]

GOOD_FIT = 0.8
"""A regression fit below this is poor: the scan holds more than the dipole of the sample."""

NO_DIPOLE = 0.3
"""A fit below this is none: not even a strong moment is to be believed."""

WEAK = 0.2
"""Of the largest moments: a weaker one whose fit is poor is biased as much as it is noisy."""

REMOVES_RANGE = "files.cut-removes-range"
"""Code of what is said first: points of a whole range of field or temperature are left out."""

WIDEST = 10.0
"""The largest factor for the error of a point whose fit is poor."""

CENTRING_TOLERANCE = 0.02
"""Fixed-centre and free-centre moments that differ by more than this disagree."""

DISAGREEING_SHARE = 0.05
"""Share of disagreeing rows that is worth a warning; moments near zero are left aside."""

OFF_PLACE = 0.05
"""cm by which the fitted position of a sample in an RSO scan may differ from its usual one."""

CENTRE, NOMINAL_CENTRE = "dc_calculated_center_mm", "center_position_mm"
OFFSET = "long_offset_cm"
HE3_TEMPERATURE = "he3_temp"
TIME = "time"
"""Name under which a table holds the time of its rows, s."""

QUALITY_COLUMNS = (FREE, FIXED, FREE_FIT, FIXED_FIT, CENTRE, NOMINAL_CENTRE, OFFSET, HE3_TEMPERATURE)
"""Columns that this module wants, besides a regression fit."""

_HE3_TOLERANCE = 0.05
_RANGE_ROWS = 3  # side by side that make a range
_SAME = {"T": (0.04, 5.0e-3), "H": (4.0, 2.0e-3)}
"""K and Oe, and relative: readings so near are of one set point."""
_UNITS = {"T": "K", "H": "Oe"}


# Damaged cells hold 1e300 or inf; medians leave out what comes of them.
@np.errstate(over="ignore", invalid="ignore")
def centring(
    table: RowTable, used: BoolArray, left_out: BoolArray, *, free: bool, widened: bool
) -> tuple[Diagnostics, list[Finding]]:
    """Centring of MPMS3 DC scans; ``free`` tells whether the free-centre moments are the ones taken.

    ``left_out`` are rows that are not used because their fit is poor; ``widened`` tells whether those that are used
    have larger errors.
    """
    numbers = _centring_numbers(table, used)
    strength, ratio = np.abs(table[FREE]), _ratio(table)
    asked = used & np.isfinite(ratio) & (strength > 0.1 * (_median(strength[used]) or 0.0))
    off = asked & (np.abs(ratio - 1.0) > CENTRING_TOLERANCE)
    found = []
    if off.sum() > DISAGREEING_SHARE * asked.sum():
        taken, other = ("free", "fixed") if free else ("fixed", "free")
        there = _centring_numbers(table, off)
        there.pop("centre_spread_mm")
        found.append(of_rows("centres-disagree", table.line[off], taken=taken, other=other, **there))
    column, label = (FREE_FIT, "DC Free Fit") if free else (FIXED_FIT, "DC Fixed Fit")
    moment = table[FREE if free else FIXED]
    poor, doubts = poor_fit(table, moment, used, left_out, column=column, label=label, widened=widened)
    other_fit = numbers["fixed_fit" if free else "free_fit"]
    if doubts and (numbers["free_fit" if free else "fixed_fit"] or 0.0) < GOOD_FIT:
        if other_fit is not None and other_fit >= GOOD_FIT:
            other = "fixed" if free else "free"
            doubts.append(finding("files.other-centre-fits-better", other=other, median_fit=other_fit))
        else:
            doubts.append(finding("files.no-centre-fits"))
    return numbers | {"rows_poor_fit": poor["rows_poor_fit"]}, found + doubts


def _ratio(table: RowTable) -> FloatArray:
    """Fixed-centre over free-centre moment of each row; nan where there is none."""
    ratio = np.full(len(table.line), nan)
    np.divide(table[FIXED], table[FREE], out=ratio, where=table[FREE] != 0.0)
    return ratio


def _centring_numbers(table: RowTable, rows: BoolArray) -> Diagnostics:
    centre = table[CENTRE][rows]
    middle = _median(centre)
    return {
        "fixed_over_free": _median(_ratio(table)[rows]),
        "free_fit": _median(table[FREE_FIT][rows]),
        "fixed_fit": _median(table[FIXED_FIT][rows]),
        "centre_shift_mm": _median(np.abs(centre - table[NOMINAL_CENTRE][rows])),
        "centre_spread_mm": None if middle is None else _median(np.abs(centre - middle)),
    }


def poor_rows(fit: FloatArray, moment: FloatArray, rows: BoolArray, *, min_fit: float | None) -> BoolArray:
    """Those of ``rows`` to leave out because the fit of their scan is below ``min_fit``.

    None stands for GOOD_FIT where the moment is weak, and for NO_DIPOLE where it is strong: a strong moment is more
    than what else is in the scan. Were half of the rows poor or more, none is left out: then the sample is too weak
    throughout. What is kept has larger errors (:func:`widening`).
    """
    if min_fit is not None:
        return rows & (fit < min_fit)
    poor: BoolArray = rows & (fit < GOOD_FIT)
    count = int(poor.sum())
    if count == 0 or 2 * count >= int(rows.sum()):
        return np.zeros_like(rows)
    return poor & ((fit < NO_DIPOLE) | (_shares(moment, rows) < WEAK))


@np.errstate(over="ignore")
def _shares(moment: FloatArray, rows: BoolArray) -> FloatArray:
    """Size of the moments over the largest of ``rows``, but for a few wild ones."""
    size = np.abs(moment)
    largest = float(quantiles(size[rows], 0.95)) if rows.any() else 0.0
    return size / (largest or 1.0)


def widening(fit: FloatArray) -> FloatArray:
    """Factors for the errors of points by the fit of their scans: GOOD_FIT over the fit, from 1 to WIDEST."""
    factors = np.ones_like(fit)
    poor = fit < GOOD_FIT
    factors[poor] = GOOD_FIT / np.maximum(fit[poor], GOOD_FIT / WIDEST)
    return factors


def poor_fit(
    table: RowTable,
    moment: FloatArray,
    used: BoolArray,
    left_out: BoolArray,
    *,
    column: str,
    label: str,
    widened: bool,
) -> tuple[Diagnostics, list[Finding]]:
    """Fit quality of the scans, column ``column`` (called ``label`` in the file)."""
    fit = table[column]
    rows = used | left_out
    poor = rows & (fit < GOOD_FIT)
    numbers: Diagnostics = {"fit": _median(fit[used]), "rows_poor_fit": float(poor.sum())}
    if not poor.any():
        return numbers, []
    kept = int((poor & used).sum())
    if not kept:
        fate = "left-out"
    elif left_out.any():
        fate = "strong-kept" if widened else "partly-kept"
    else:
        fate = "kept-with-larger-errors" if widened else "kept"
    shares = _shares(moment, rows)[poor]
    if 2 * int(poor.sum()) >= int(rows.sum()):
        moments = "throughout"
    elif shares.max() < WEAK:
        moments = "weak"
    elif shares.min() < WEAK:
        moments = "both"
    else:
        moments = "strong" if kept else "no-dipole"
    found = of_rows(
        "poor-fit",
        table.line[poor],
        column=label,
        limit=GOOD_FIT,
        of=int(rows.sum()),
        kept=kept,
        fate=fate,
        widest=WIDEST,
        moments=moments,
        least_share=min(float(shares.min()), 1.0),
        largest_share=min(float(shares.max()), 1.0),
        best_fit=float(fit[poor].max()),
    )
    removed = [item for name in _UNITS for item in _ranges_removed(table, name, used, left_out)]
    if not removed:
        return numbers, [found]
    first = of_rows("cut-removes-range", table.line[left_out], column=label, ranges=removed)
    return numbers, [first, found]


def _ranges_removed(table: RowTable, name: str, used: BoolArray, left_out: BoolArray) -> list[dict[str, Any]]:
    """Ranges of the column ``name``, T or H, in which no row is used because some are left out."""
    rows = np.flatnonzero(used | left_out)
    rows = rows[np.argsort(table[name][rows], kind="stable")]
    values, gone = table[name][rows], left_out[rows]
    edges = np.flatnonzero(np.diff(np.concatenate(([False], gone, [False])).astype(int)))
    found = []
    for start, stop in edges.reshape(-1, 2).tolist():
        low, high = float(values[start]), float(values[stop - 1])
        before = float(values[start - 1]) if start else low
        after = float(values[stop]) if stop < len(values) else high
        least, relative = _SAME[name]
        if stop - start >= _RANGE_ROWS and after - before > max(least, relative * max(abs(low), abs(high))):
            found.append({"low": low, "high": high, "unit": _UNITS[name], "rows": stop - start})
    return found


def position(table: RowTable, used: BoolArray) -> tuple[Diagnostics, list[Finding]]:
    """Position of the sample in the scans of an MPMS-XL, where the file states it; 0 throughout is one not fitted.

    Only its changes say something: where a scan has its zero differs from laboratory to laboratory.
    """
    offset = table.finite(OFFSET)
    middle = _median(offset[used])
    if middle is None:
        return {}, []
    numbers = {"offset_cm": middle, "offset_spread_cm": _median(np.abs(offset[used] - middle))}
    away = used & (np.abs(offset - middle) > OFF_PLACE)
    if not away.any():
        return numbers, []
    furthest = float(offset[away][np.argmax(np.abs(offset[away] - middle))])
    places = {"offset_cm": middle, "furthest_cm": furthest, "limit_cm": OFF_PLACE}
    return numbers, [of_rows("position-jumps", table.line[away], of=int(used.sum()), **places)]


def sample_temperature(table: RowTable) -> tuple[RowTable, list[Finding]]:
    """The table with the temperature of the sample as "T", and a finding where that is a He-3 insert's.

    A He-3 insert has a thermometer of its own; where it reads otherwise than the stage of the magnet, the sample is at
    its temperature.
    """
    insert, stage = table.finite(HE3_TEMPERATURE), table["T"]
    reads = insert > 0.0
    if 2 * int(reads.sum()) <= int((stage > 0.0).sum()):
        return table, []
    inside, outside = _median(insert[reads]), _median(stage[reads])
    if inside is None or outside is None or abs(inside - outside) <= _HE3_TOLERANCE * outside:
        return table, []
    note = finding("files.he3-insert", column="He3 temp", median_K=inside, stage_median_K=outside)
    return replace(table, values=table.values | {"T": np.where(reads, insert, nan)}), [note]


def copies(rows: BoolArray, moment: FloatArray, *others: FloatArray) -> BoolArray:
    """Those of ``rows`` that repeat an earlier one in every number."""
    found = np.zeros_like(rows)
    places = np.flatnonzero(rows)
    numbers = np.stack([column[places] for column in (moment, *others)])
    # rows that are equal have equal keys; nearly all others have not, and are not compared
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


def time_goes_back(table: RowTable, used: BoolArray) -> list[Finding]:
    """A finding where a row was measured before the one above it."""
    timed = used & np.isfinite(table[TIME])
    back = np.flatnonzero(np.diff(table[TIME][timed]) < 0.0) + 1
    if not len(back):
        return []
    return [of_rows("time-goes-back", table.line[timed][back])]


def of_rows(code: str, lines: IntArray, **values: Any) -> Finding:
    """A finding about the rows at these file lines."""
    where = Where(line=int(lines[0]))
    return finding(f"files.{code}", where, rows=len(lines), lines=line_ranges(lines), **values)


def line_ranges(lines: IntArray) -> list[list[int]]:
    """Line numbers as ranges [first, last]: [[32, 60], [71, 71], [80, 82]]."""
    ranges: list[list[int]] = []
    for n in lines.tolist():
        if ranges and n == ranges[-1][1] + 1:
            ranges[-1][1] = n
        else:
            ranges.append([n, n])
    return ranges


def _median(values: FloatArray) -> float | None:
    finite = values[np.isfinite(values)]
    return median(finite) if finite.size else None
