"""States of the instrument that differ from row to row: background subtracted or not, amplitude of the vibration.

Moments of two states are never mixed: :func:`glasspara.files.moments.extract` makes separate points of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from glasspara.arrays import BoolArray, FloatArray, IntArray, median, robust_sigma
from glasspara.files import MOMENT_UNITS
from glasspara.files.multivu import RawFile
from glasspara.files.table import RowTable
from glasspara.findings import Finding, Where, finding

AMPLITUDE = "peak_amplitude_mm"
"""Peak amplitude of the vibration of a VSM, mm."""

USING_ABS = "using_abs"
"""Column that is 1 where an MPMS-XL subtracted the background (ABS: automatic background subtraction)."""

SUBTRACTED = ("files.background-subtracted", "files.background-subtracted-in-part", "files.background-named")
"""Codes of the findings that the instrument has, or may have, subtracted a background."""

SAME_AMPLITUDE = 0.1
"""Amplitudes that differ by less than this, relative, are one setting: readings vary by 1 %."""

_WITHOUT_ABS = ("_w_o_abs", "_wo_abs")
_SAME_TEMPERATURE = 2.0e-3  # relative: points this near are compared with each other as they are
_NEAR_TEMPERATURE = 0.1  # relative: between points this near the moment is interpolated
_FIELD_STEP, _RELATIVE_FIELD_STEP = 2.0, 1.0e-3  # Oe, 1: readings of one field
_FEWEST_PAIRS = 3
_STRONG = 0.1  # of the median moment: a ratio of weaker moments says nothing


def without_abs(raw: RawFile, moment: str) -> str:
    """Key of the column that holds the moments ``moment`` before the background was subtracted; "" without one."""
    base = moment.removesuffix("_emu")
    names = (f"{base}{mark}_{unit}" for mark in _WITHOUT_ABS for unit in MOMENT_UNITS)
    return next((name for name in names if raw.column(name) is not None), "")


@dataclass(frozen=True, eq=False)
class State:
    """Rows of one state, and the words that tell it from the others; "" where all rows are of one state."""

    words: str
    rows: BoolArray


def background_states(
    raw: RawFile, table: RowTable, moment: str, rows: BoolArray
) -> tuple[list[State], list[Finding]]:
    """``rows`` with and without a background that an MPMS-XL has subtracted, and what to say about it.

    A row has it subtracted where the instrument says so (``Using ABS``), or where the moment before the subtraction is
    filled and differs from the moment.
    """
    column = raw.column(moment) or 0
    before = table[without_abs(raw, moment)] * (raw.factors[column] or 1.0)
    stated = np.nan_to_num(table[USING_ABS]) != 0.0
    differs = np.isfinite(before) & (before != 0.0) & (before != table[moment])
    subtracted = rows & (stated | differs)
    background = raw.header.background
    if not subtracted.any():
        named = [finding("files.background-named", background=background)] if background else []
        return [State("", rows)], named
    removed = np.abs(before - table[moment])[subtracted & differs]
    where = Where(line=int(table.line[np.flatnonzero(subtracted)[0]]))
    values = {
        "rows": int(subtracted.sum()),
        "of": int(rows.sum()),
        "background": background or None,
        "column": raw.columns[column],
        "largest_emu": float(removed.max()) if len(removed) else None,
    }
    if subtracted.sum() == rows.sum():
        return [State("", rows)], [finding(SUBTRACTED[0], where, **values)]
    states = [
        State("background subtracted", subtracted),
        State("background not subtracted", rows & ~subtracted),
    ]
    return states, [finding(SUBTRACTED[1], where, **values)]


def amplitude_states(table: RowTable, moment: str, rows: BoolArray) -> tuple[list[State], list[Finding]]:
    """``rows`` by the peak amplitude of the vibration, and how far the moments at these amplitudes are apart."""
    amplitudes = table.finite(AMPLITUDE)
    known = rows & (amplitudes > 0.0)
    settings = _settings(amplitudes[known])
    if len(settings) < 2:
        return [State("", rows)], []
    nearest = np.argmin(np.abs(np.log(amplitudes[known])[:, None] - np.log(settings)), axis=1)
    of_setting = np.full(len(rows), -1)
    of_setting[known] = nearest
    of_setting[rows & ~known] = int(np.bincount(nearest).argmax())  # not stated: taken for the usual one
    states = [State(f"amplitude {value:g} mm", of_setting == i) for i, value in enumerate(settings)]
    first, others = states[0], states[1:]
    apart = [
        {"amplitude_mm": value, "rows": int(state.rows.sum()), **_compared(table, moment, first, state)}
        for value, state in zip(settings[1:], others, strict=True)
    ]
    values = {"reference_mm": settings[0], "reference_rows": int(first.rows.sum()), "others": apart}
    return states, [finding("files.amplitudes-apart", **values)]


def _settings(amplitudes: FloatArray) -> list[float]:
    """The settings among readings of the amplitude, rounded to 0.1 mm, below 1 mm to 0.01 mm."""
    ordered = np.sort(amplitudes)
    groups = np.split(ordered, np.flatnonzero(np.diff(ordered) > SAME_AMPLITUDE * ordered[:-1]) + 1)
    middles = [median(group) for group in groups if len(group)]
    return [round(middle, 1 if middle >= 1.0 else 2) or middle for middle in middles]


def of_amplitude(table: RowTable, amplitude: float) -> BoolArray:
    """Rows that were measured at this amplitude, mm."""
    return np.abs(table[AMPLITUDE] / amplitude - 1.0) <= SAME_AMPLITUDE


def _compared(table: RowTable, moment: str, reference: State, other: State) -> dict[str, float | int | None]:
    """By how many per cent the moments of ``other`` differ from those of ``reference`` at equal temperature and field.

    With the standard error of this median; None where fewer than 3 points can be compared with each other.
    """
    T, H, m = table["T"], table["H"], table[moment]
    strong = _STRONG * median(np.abs(m[reference.rows]))
    ratios = []
    for rows in _one_field(H, np.flatnonzero(reference.rows | other.rows)):
        known, asked = rows[reference.rows[rows]], rows[other.rows[rows]]
        known = known[np.argsort(T[known], kind="stable")]
        if len(known):
            expected = _interpolated(T[asked], T[known], m[known])
            use = np.abs(expected) > strong
            ratios.append(m[asked][use] / expected[use])
    found = np.concatenate(ratios) if ratios else np.zeros(0)
    if len(found) < _FEWEST_PAIRS:
        return {"pairs": len(found), "percent": None, "error_percent": None}
    middle = median(found)
    scatter = robust_sigma(found - middle)
    return {
        "pairs": len(found),
        "percent": 100.0 * (middle - 1.0),
        "error_percent": 100.0 * 1.2533 * scatter / float(np.sqrt(len(found))),
    }


def _one_field(field: FloatArray, rows: IntArray) -> Iterable[IntArray]:
    """``rows`` in groups of one field each; a field that is swept without steps makes no group."""
    ordered = rows[np.argsort(field[rows], kind="stable")]
    step = _FIELD_STEP + _RELATIVE_FIELD_STEP * np.abs(field[ordered[:-1]])
    for group in np.split(ordered, np.flatnonzero(np.diff(field[ordered]) > step) + 1):
        middle = median(field[group]) if len(group) else 0.0
        if np.ptp(field[group]) <= 4.0 * (_FIELD_STEP + _RELATIVE_FIELD_STEP * abs(middle)):
            yield group


def _interpolated(temperature: FloatArray, at: FloatArray, moment: FloatArray) -> FloatArray:
    """Moments at ``temperature`` by those at the sorted temperatures ``at``; nan where these are too far."""
    after = np.clip(np.searchsorted(at, temperature), 1, max(len(at) - 1, 1))
    low, high = np.minimum(after - 1, len(at) - 1), np.minimum(after, len(at) - 1)
    nearest = np.where(np.abs(at[low] - temperature) <= np.abs(at[high] - temperature), low, high)
    gap = np.where(high > low, at[high] - at[low], 0.0)
    share = np.divide(temperature - at[low], gap, out=np.zeros_like(temperature), where=gap > 0.0)
    between = (share >= 0.0) & (share <= 1.0) & (gap > 0.0) & (gap <= _NEAR_TEMPERATURE * temperature)
    same = np.abs(at[nearest] - temperature) <= _SAME_TEMPERATURE * temperature
    alone = np.where(same, moment[nearest], np.nan)
    return np.where(between, moment[low] + share * (moment[high] - moment[low]), alone)


def columns(raw: RawFile, moments: Sequence[str]) -> set[str]:
    """Keys of the columns that tell the states."""
    return {AMPLITUDE, USING_ABS, *filter(None, (without_abs(raw, moment) for moment in moments))}
