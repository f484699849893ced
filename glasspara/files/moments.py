"""Which column holds the moment, row by row, and why; every row is a point or dropped for a stated reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, nan

import numpy as np

from glasspara.arrays import BoolArray, FloatArray
from glasspara.errors import InputError, UnsuitableError, UsageError
from glasspara.files import FIELD, TEMPERATURE, TIME_COLUMNS, flavours, quality, states
from glasspara.files.choice import MomentChoice, Selection, explain
from glasspara.files.exclusion import Amplitude, ExcludedRows, Temperatures
from glasspara.files.flavours import AC_MARKS, CHANNELS, REQUESTS, Channel, Flavour, asked_for, fullest, label
from glasspara.files.multivu import RawFile
from glasspara.files.table import DroppedRow, RowPoints, RowTable, collect
from glasspara.findings import Finding, finding

AC_ROW = "AC row"
DUPLICATE = "duplicate row"
EXCLUDED = "excluded on request"
NO_MOMENT = "no moment"
NO_POSITION = "no temperature or field"
NOT_A_NUMBER = "not a number"
NOT_POSITIVE = "temperature not positive"
OUT_OF_RANGE = "value out of range"
POOR_FIT = "poor fit of the scan"

# Beyond these no magnetometer goes: such a cell is damaged, whatever it says. A field or moment may be 0, though.
LOWEST_K, HIGHEST_K = 1.0e-3, 2000.0
LOWEST_OE, HIGHEST_OE = 1.0e-9, 1.0e6
LOWEST_EMU, HIGHEST_EMU = 1.0e-20, 1.0e4

_RANGES = (
    f"Values are used from {LOWEST_K:g} to {HIGHEST_K:g} K, {LOWEST_OE:g} to {HIGHEST_OE:g} Oe or 0, "
    f"{LOWEST_EMU:g} to {HIGHEST_EMU:g} emu or 0"
)

LOWEST_ERROR_EMU, LOWEST_RELATIVE_ERROR = 1.0e-13, 1.0e-9
"""A stated error below the one, or below the other times the moment, is none: a SQUID resolves 1e-9 emu."""


@dataclass(frozen=True, eq=False)
class Extraction:
    """Points of a table and the account of its rows.

    ``parts`` are the points by kind of row, one or two. rows_read == sum(map(len, parts)) + len(dropped).
    """

    parts: tuple[RowPoints, ...]
    dropped: tuple[DroppedRow, ...]
    rows_read: int
    choice: MomentChoice
    comments: tuple[tuple[int, str], ...]


def extract(
    raw: RawFile,
    flavour: Flavour,
    *,
    request: str = "auto",
    exclude: Sequence[ExcludedRows] = (),
    min_fit: float | None = None,
    makes_runs: Callable[[RowPoints], bool],
) -> Extraction:
    """Points of the table of ``raw``, with the moment that ``request`` names (one of REQUESTS).

    Rows with and without a background that the instrument has subtracted, and VSM rows of different amplitudes, make
    separate parts. Where "auto" finds rows of both kinds, VSM and DC, it takes both, each with the column of its kind,
    unless ``makes_runs`` says of one kind's points that nothing can be made of them. ``exclude`` are rows to leave out.
    A row whose scan was fitted worse than ``min_fit`` is left out; by default those of weak moment and poor
    fit are (:func:`quality.poor_rows`), and the others of poor fit get larger errors (:func:`quality.widening`).

    Raises
    ------
    UsageError
        ``request`` is none of REQUESTS, ``min_fit`` is no fit quality, or there is no row to exclude.
    InputError
        The table has no rows, none with a DC moment, or not the moment that is requested.
    """
    if request not in REQUESTS:
        raise UsageError(f"moment {request!r} is unknown", remedy=f"Choose one of {', '.join(REQUESTS)}")
    if min_fit is not None and not 0.0 <= min_fit <= 1.0:
        raise UsageError(f"the smallest fit {min_fit:g} is not from 0 to 1")
    table, notes = quality.sample_temperature(_collect(raw, flavour))
    if table.rows_read == 0:
        raise UnsuitableError("no data rows", where=raw.path, remedy="Nothing was measured, or nothing saved")
    excluded = _excluded(raw, table, exclude)
    present = {channel: table.filled(channel.moment) for channel in CHANNELS[flavour.family]}
    is_ac = np.zeros(len(table.line), dtype=bool)
    for mark in AC_MARKS.get(flavour.family, ()):
        is_ac |= table.filled(mark)
    for mask in present.values():
        is_ac &= ~mask
    counts = {channel: int(mask.sum()) for channel, mask in present.items()}
    if request == "auto":
        channels = fullest(raw, counts, ac_rows=int(is_ac.sum()))
    else:
        channels = (asked_for(raw, flavour, counts, request),)

    def select(channels: Sequence[Channel]) -> Selection:
        return _select(table, channels, present, is_ac, excluded=excluded, min_fit=min_fit)

    def points_of(channel: Channel, rows: BoolArray, state: str = "") -> RowPoints:
        return _points(raw, flavour, table, channel, rows, state, widened=min_fit is None)

    selection = select(channels)
    if len(channels) > 1:
        kept = [c for c in channels if makes_runs(points_of(c, selection.used[c]))] or channels[:1]
        if len(kept) < len(channels):
            selection = select(kept)

    used = selection.all_used
    dropped = [*table.dropped]
    dropped += [DroppedRow(int(table.line[i]), str(selection.reasons[i])) for i in np.flatnonzero(~used)]
    if not used.any():
        of_reason = Counter(row.reason for row in dropped)
        listed = ", ".join(f"{n} {reason}" for reason, n in sorted(of_reason.items()))
        remedies = {OUT_OF_RANGE: _RANGES, EXCLUDED: "Exclude less (--exclude)"}
        remedy = remedies.get(max(of_reason, key=of_reason.__getitem__), flavours.DC_FILE_NEEDED)
        raise InputError(
            f"no row contains a DC moment with its temperature and field ({listed})",
            where=raw.path,
            remedy=remedy,
        )
    parts: list[RowPoints] = []
    of_states: list[Finding] = []
    for channel, rows in selection.used.items():
        apart, said = _states(raw, flavour, table, channel, rows)
        parts += [points_of(channel, state.rows, state.words) for state in apart]
        of_states += [*said, *_unusable_errors(raw, table, channel, rows)]
    choice = explain(raw, flavour, table, selection, counts=counts, request=request, widened=min_fit is None)
    if any(item.code == states.SUBTRACTED[0] for item in of_states):
        choice = replace(
            choice, reason=f"{choice.reason}; the instrument has subtracted a background from it"
        )
    found = [
        *choice.warnings, *of_states, *notes, *quality.time_goes_back(table, used),
        *_named_twice(raw, selection.used),
    ]  # fmt: skip
    found.sort(key=lambda item: item.code != quality.REMOVES_RANGE)
    return Extraction(
        parts=tuple(parts),
        dropped=tuple(sorted(dropped, key=lambda row: row.line)),
        rows_read=table.rows_read,
        choice=replace(choice, warnings=tuple(item.at(file=raw.path) for item in found)),
        comments=table.comments,
    )


def _excluded(raw: RawFile, table: RowTable, exclude: Iterable[ExcludedRows]) -> BoolArray:
    """Rows that any of ``exclude`` names."""
    excluded = np.zeros(len(table.line), dtype=bool)
    dropped = np.array([row.line for row in table.dropped], dtype=np.int64)
    for lines in exclude:
        if not isinstance(lines, range):
            excluded |= _matching(raw, table, lines)
            continue
        inside = (table.line >= lines.start) & (table.line < lines.stop)
        if not inside.any() and not np.any((dropped >= lines.start) & (dropped < lines.stop)):
            last = int(max(table.line.max(initial=0), dropped.max(initial=0)))
            raise UsageError(
                f"there is no data row to exclude at line {lines.start}"
                + (f" to {lines.stop - 1}" if len(lines) > 1 else ""),
                where=raw.path,
                remedy=f"Lines count from the top of the file; its last row is at line {last}",
            )
        excluded |= inside
    return excluded


def _matching(raw: RawFile, table: RowTable, item: Temperatures | Amplitude) -> BoolArray:
    """Rows of these temperatures, or of this amplitude."""
    if isinstance(item, Amplitude):
        rows, what = states.of_amplitude(table, item.mm), f"of the amplitude {item.mm:g} mm"
    else:
        low, high = item.low or 0.0, inf if item.high is None else item.high
        rows = (table["T"] >= low) & (table["T"] <= high)
        what = f"from {low:g} to {high:g} K"
    if item.required and not rows.any():
        raise UsageError(f"there is no data row {what} to exclude", where=raw.path)
    return rows


def _collect(raw: RawFile, flavour: Flavour) -> RowTable:
    names = {name for c in CHANNELS[flavour.family] for name in (c.moment, c.sigma, c.fit) if name}
    names.update(AC_MARKS.get(flavour.family, ()), quality.QUALITY_COLUMNS)
    names |= states.columns(raw, [channel.moment for channel in CHANNELS[flavour.family]])
    places = {"T": raw.column(*TEMPERATURE), "H": raw.column(*FIELD), quality.TIME: raw.column(*TIME_COLUMNS)}
    places |= {name: raw.column(name) for name in names}
    columns = {name: index for name, index in places.items() if index is not None}
    return collect(raw, columns, needed=("T", "H"))


def _named_twice(raw: RawFile, channels: Iterable[Channel]) -> list[Finding]:
    """A finding where a column that is used has a namesake, as in a table that was put together by hand."""
    names = (name for channel in channels for name in (channel.moment, channel.sigma))
    used = {raw.column(*TEMPERATURE), raw.column(*FIELD), *map(raw.column, names)} - {None}
    columns = [raw.columns[i] for i in used if i is not None and raw.names.count(raw.names[i]) > 1]
    return [finding("files.columns-named-twice", columns=sorted(columns))] if columns else []


def _states(
    raw: RawFile, flavour: Flavour, table: RowTable, channel: Channel, rows: BoolArray
) -> tuple[list[states.State], list[Finding]]:
    """The rows of a channel by the state of the instrument, and what to say about that."""
    if flavour.family in (flavours.XL, flavours.XL_AVERAGED):
        return states.background_states(raw, table, channel.moment, rows)
    if channel.kind == "VSM":
        return states.amplitude_states(table, channel.moment, rows)
    return [states.State("", rows)], []


def _points(
    raw: RawFile,
    flavour: Flavour,
    table: RowTable,
    channel: Channel,
    rows: BoolArray,
    state: str,
    *,
    widened: bool,
) -> RowPoints:
    sigma_column = raw.column(channel.sigma)
    sigma, usable = _errors(raw, table, channel)
    return RowPoints(
        temperature=table["T"][rows],
        field=table["H"][rows],
        moment=table[channel.moment][rows],
        sigma=np.where(usable, sigma, nan)[rows],
        line=table.line[rows],
        column=", ".join(filter(None, (label(raw, channel.moment), state))),
        sigma_column=None if sigma_column is None else raw.columns[sigma_column],
        widening=quality.widening(table[channel.fit][rows]) if widened else None,
        run_type=flavour.run_type(channel),
    )


def _errors(raw: RawFile, table: RowTable, channel: Channel) -> tuple[FloatArray, BoolArray]:
    """Stated errors of all rows, emu, and whether each can be one: not stated (0 or blank) is no fault."""
    column, sigma_column = raw.column(channel.moment), raw.column(channel.sigma)
    sigma = table[channel.sigma]
    if column is not None and sigma_column is not None and raw.factors[sigma_column] is None:
        sigma = sigma * (raw.factors[column] or 1.0)  # "Long Scan Std Dev" is in the unit of its moment
    moment, size = np.abs(table[channel.moment]), np.abs(sigma)
    lowest = np.maximum(LOWEST_ERROR_EMU, LOWEST_RELATIVE_ERROR * np.minimum(moment, HIGHEST_EMU))
    usable: BoolArray = ~(size > HIGHEST_EMU) & ~((size > 0.0) & (size < lowest))
    return sigma, usable


def _unusable_errors(raw: RawFile, table: RowTable, channel: Channel, rows: BoolArray) -> list[Finding]:
    """A finding where stated errors cannot be any."""
    sigma, usable = _errors(raw, table, channel)
    bad = rows & ~usable
    if not bad.any():
        return []
    return [
        quality.of_rows(
            "unusable-errors",
            table.line[bad],
            column=label(raw, channel.sigma),
            smallest_emu=float(np.nan_to_num(np.abs(sigma[bad])).min()),
            largest_emu=float(np.nan_to_num(np.abs(sigma[bad])).max()),
            lowest_emu=LOWEST_ERROR_EMU,
            lowest_relative=LOWEST_RELATIVE_ERROR,
            highest_emu=HIGHEST_EMU,
        )
    ]


def _select(
    table: RowTable,
    channels: Sequence[Channel],
    present: Mapping[Channel, BoolArray],
    is_ac: BoolArray,
    *,
    excluded: BoolArray,
    min_fit: float | None,
) -> Selection:
    """Each row to the first channel that it holds, or dropped: the first reason found stands."""
    reasons = np.full(len(table.line), "", dtype=object)

    def drop(mask: BoolArray, reason: str) -> None:
        reasons[mask & (reasons == "")] = reason

    T, H, moment = table["T"], table["H"], np.full(len(table.line), nan)
    lacks = np.ones(len(table.line), dtype=bool)
    holds: dict[Channel, BoolArray] = {}
    for channel in channels:
        holds[channel] = lacks & present[channel]
        moment[holds[channel]] = table[channel.moment][holds[channel]]
        lacks &= ~present[channel]
    drop(excluded, EXCLUDED)
    drop(is_ac, AC_ROW)
    for other, mask in present.items():
        if all(other.kind != channel.kind for channel in channels):
            drop(lacks & mask, f"{other.kind} row ({channels[0].kind} chosen)")
    drop(lacks, NO_MOMENT)
    drop(table.faulty["T"] | table.faulty["H"] | np.isnan(moment), NOT_A_NUMBER)
    drop(np.isnan(T) | np.isnan(H), NO_POSITION)
    drop(np.isinf(T) | np.isinf(H) | np.isinf(moment), NOT_A_NUMBER)
    drop(T <= 0.0, NOT_POSITIVE)
    drop((T < LOWEST_K) | (T > HIGHEST_K), OUT_OF_RANGE)
    for values, low, high in ((np.abs(H), LOWEST_OE, HIGHEST_OE), (np.abs(moment), LOWEST_EMU, HIGHEST_EMU)):
        drop((values > high) | ((values > 0.0) & (values < low)), OUT_OF_RANGE)
    sigma = np.full(len(table.line), nan)
    for channel, mask in holds.items():
        sigma[mask] = table[channel.sigma][mask]
    drop(quality.copies(reasons == "", moment, T, H, sigma, table[quality.TIME]), DUPLICATE)
    poor = {
        channel: quality.poor_rows(table[channel.fit], moment, mask & (reasons == ""), min_fit=min_fit)
        for channel, mask in holds.items()
    }
    for mask in poor.values():
        drop(mask, POOR_FIT)
    return Selection({channel: mask & (reasons == "") for channel, mask in holds.items()}, poor, reasons)
