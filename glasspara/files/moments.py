"""Which column holds the moment, row by row, and why; every row is a point or dropped for a stated reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan

import numpy as np

from glasspara.errors import InputError, UsageError
from glasspara.files import flavours, quality
from glasspara.files.flavours import Flavour
from glasspara.files.multivu import FIELD, TEMPERATURE, RawFile
from glasspara.files.points import DroppedRow, Points
from glasspara.files.quality import BoolArray, Diagnostics
from glasspara.files.table import Table, collect

REQUESTS = ("auto", "free", "fixed", "vsm")
"""What ``--moment`` takes."""

AC_ROW = "AC row"
NO_MOMENT = "no moment"
NO_POSITION = "no temperature or field"
NOT_A_NUMBER = "not a number"
NOT_POSITIVE = "temperature not positive"
OUT_OF_RANGE = "value out of range"

# Beyond these no magnetometer goes: such a cell is damaged, whatever it says.
LOWEST_K, HIGHEST_K = 1.0e-3, 2000.0
HIGHEST_OE = 1.0e6
HIGHEST_EMU = 1.0e4


@dataclass(frozen=True)
class MomentChoice:
    """The columns taken as moment and as its error, and why.

    ``reason`` says why in words. ``diagnostics`` holds medians over the rows used (None where the file has no
    such number): ``fixed_over_free``, ``free_fit``, ``fixed_fit`` (0 to 1), ``centre_shift_mm``,
    ``centre_spread_mm`` for DC scans of an MPMS3, ``fit`` for an MPMS-XL, and for both ``rows_poor_fit``, the
    number of rows whose fit is poor.
    """

    column: str
    sigma_column: str | None
    reason: str
    diagnostics: Diagnostics = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Extraction:
    """Points of a table and the account of its rows: rows_read == len(points) + len(dropped)."""

    points: Points
    dropped: tuple[DroppedRow, ...]
    rows_read: int
    choice: MomentChoice
    comments: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class _Channel:
    """One way in which a row may hold a moment; ``request`` is the word of ``--moment`` that asks for it."""

    request: str
    kind: str
    moment: str
    sigma: str
    fit: str = ""


_CHANNELS: dict[str, tuple[_Channel, ...]] = {
    flavours.XL: (_Channel("", "DC", "long_moment_emu", "long_scan_std_dev", "long_reg_fit"),),
    flavours.XL_AVERAGED: (_Channel("", "DC", "avg_moment_emu", "standard_error", "avg_reg_fit"),),
    flavours.VSM: (_Channel("vsm", "VSM", "moment_emu", "m_std_err_emu"),),
    flavours.ACMS: (_Channel("", "DC", "m_dc_emu", "m_std_dev_emu"),),
    flavours.ACMS2: (_Channel("", "DC", "dc_moment_emu", "dc_std_err_emu"),),
    flavours.MPMS3: (
        _Channel("free", "DC", quality.FREE, "dc_moment_err_free_ctr_emu"),
        _Channel("fixed", "DC", quality.FIXED, "dc_moment_err_fixed_ctr_emu"),
        _Channel("vsm", "VSM", "moment_emu", "m_std_err_emu"),
    ),
}

# Cells that only AC rows fill. In an ACMS file "Moment (emu)" is the AC amplitude.
_AC_MARKS = {
    flavours.ACMS: ("moment_emu", "frequency_hz"),
    flavours.ACMS2: ("ac_moment_emu",),
    flavours.MPMS3: ("ac_moment_emu",),
    flavours.VSM: ("ac_moment_emu",),
}


def extract(raw: RawFile, flavour: Flavour, *, request: str = "auto") -> Extraction:
    """Points of the table of ``raw``, with the moment that ``request`` names (one of REQUESTS).

    Raises
    ------
    UsageError
        ``request`` is none of REQUESTS.
    InputError
        The table has no rows, none with a DC moment, or not the moment asked for.
    """
    if request not in REQUESTS:
        raise UsageError(f"moment {request!r} is unknown", remedy=f"Choose one of {', '.join(REQUESTS)}")
    table = _collect(raw, flavour)
    if table.rows_read == 0:
        raise InputError("no data rows", where=raw.path, remedy="Nothing was measured, or nothing saved")
    present = {channel: table.filled(channel.moment) for channel in _CHANNELS[flavour.family]}
    is_ac = np.zeros(len(table.line), dtype=bool)
    for mark in _AC_MARKS.get(flavour.family, ()):
        is_ac |= table.filled(mark)
    for mask in present.values():
        is_ac &= ~mask
    counts = {channel: int(mask.sum()) for channel, mask in present.items()}
    if request == "auto":
        channel = _fullest(raw, counts, ac_rows=int(is_ac.sum()))
    else:
        channel = _asked_for(raw, flavour, counts, request)

    reasons = _reasons(table, channel, present, is_ac)
    used = reasons == ""
    dropped = [*table.dropped]
    dropped += [DroppedRow(int(table.line[i]), str(reasons[i])) for i in np.flatnonzero(~used)]
    if not used.any():
        listed = ", ".join(
            f"{n} {reason}" for reason, n in sorted(Counter(r.reason for r in dropped).items())
        )
        raise InputError(
            f"no row holds a DC moment with its temperature and field ({listed})",
            where=raw.path,
            remedy="Give a file with DC moments (VSM, DC or RSO)",
        )
    sigma = table[channel.sigma]
    sigma = np.where(np.abs(sigma) <= HIGHEST_EMU, sigma, nan)
    T, H, moment = table["T"], table["H"], table[channel.moment]
    return Extraction(
        points=Points(T[used], H[used], moment[used], sigma[used], table.line[used]),
        dropped=tuple(sorted(dropped, key=lambda row: row.line)),
        rows_read=table.rows_read,
        choice=_explain(raw, flavour, channel, table, counts=counts, used=used, request=request),
        comments=table.comments,
    )


def _collect(raw: RawFile, flavour: Flavour) -> Table:
    names = {name for c in _CHANNELS[flavour.family] for name in (c.moment, c.sigma, c.fit) if name}
    names.update(_AC_MARKS.get(flavour.family, ()), quality.COLUMNS)
    wanted = {"T": raw.column(*TEMPERATURE), "H": raw.column(*FIELD)} | {n: raw.column(n) for n in names}
    columns = {name: index for name, index in wanted.items() if index is not None}
    return collect(raw, columns, needed=("T", "H"))


def _reasons(
    table: Table, channel: _Channel, present: Mapping[_Channel, BoolArray], is_ac: BoolArray
) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Why each row is dropped; "" for a row that is used. The first reason found stands."""
    reasons = np.full(len(table.line), "", dtype=object)

    def drop(mask: BoolArray, reason: str) -> None:
        reasons[mask & (reasons == "")] = reason

    T, H, moment = table["T"], table["H"], table[channel.moment]
    lacks = ~present[channel]
    drop(is_ac, AC_ROW)
    for other, mask in present.items():
        if other.kind != channel.kind:
            drop(lacks & mask, f"{other.kind} row ({channel.kind} chosen)")
    drop(lacks, NO_MOMENT)
    drop(table.faulty["T"] | table.faulty["H"] | np.isnan(moment), NOT_A_NUMBER)
    drop(np.isnan(T) | np.isnan(H), NO_POSITION)
    drop(np.isinf(T) | np.isinf(H) | np.isinf(moment), NOT_A_NUMBER)
    drop(T <= 0.0, NOT_POSITIVE)
    drop((T < LOWEST_K) | (T > HIGHEST_K) | (np.abs(H) > HIGHEST_OE), OUT_OF_RANGE)
    drop(np.abs(moment) > HIGHEST_EMU, OUT_OF_RANGE)
    return reasons


def _fullest(raw: RawFile, counts: Mapping[_Channel, int], *, ac_rows: int) -> _Channel:
    """The channel that most rows hold; of equals the first: Free before Fixed before VSM."""
    channel = max(counts, key=lambda c: counts[c])
    if counts[channel]:
        return channel
    if ac_rows:
        what = f"AC susceptibility only ({ac_rows} AC rows), no DC moments"
    else:
        names = " or ".join(repr(_label(raw, c.moment)) for c in counts)
        what = f"no row holds a moment: {names} is blank throughout"
    raise InputError(what, where=raw.path, remedy="Give a file with DC moments (VSM, DC or RSO)")


def _asked_for(raw: RawFile, flavour: Flavour, counts: Mapping[_Channel, int], request: str) -> _Channel:
    for channel, count in counts.items():
        if channel.request == request and count:
            return channel
    there = ", ".join(f"{_label(raw, c.moment)!r} in {n} rows" for c, n in counts.items() if n)
    raise InputError(
        f"no moments for --moment {request} in this {flavour.words} file; it holds {there or 'no DC moment'}",
        where=raw.path,
        remedy="Leave out --moment",
    )


def _label(raw: RawFile, name: str) -> str:
    """The name of a column as the file writes it."""
    column = raw.column(name)
    return name if column is None else raw.columns[column]


def _explain(
    raw: RawFile,
    flavour: Flavour,
    channel: _Channel,
    table: Table,
    *,
    counts: Mapping[_Channel, int],
    used: BoolArray,
    request: str,
) -> MomentChoice:
    warnings: list[str] = []
    diagnostics: Diagnostics = {}
    rows = int(used.sum())
    if flavour.family == flavours.MPMS3:
        reason = {
            "free": f"DC scan rows ({rows}); Free Ctr: each scan's fit finds the position of the sample",
            "fixed": f"DC scan rows ({rows}); Fixed Ctr: the sample is taken to be at its nominal position",
            "vsm": f"VSM rows ({rows})",
        }[channel.request]
        if channel.kind == "DC":
            diagnostics, warnings = quality.centring(table, used, free=channel.request == "free")
    else:
        reason = f"the only DC moment column ({flavour.words})"
        if flavour.family == flavours.ACMS:
            reason += "; 'Moment (emu)' is the AC amplitude"
    if channel.fit:
        diagnostics, warnings = quality.poor_fit(
            table, used, column=channel.fit, label=_label(raw, channel.fit)
        )
    if request != "auto":
        reason += f"; asked for by --moment {request}"
    others = {c.kind: n for c, n in counts.items() if c.kind != channel.kind and n}
    for kind, count in others.items():
        warnings.append(
            f"{count} {kind} rows beside {rows} usable {channel.kind} rows in one file; the {kind} rows are left "
            f"out, --moment {'vsm' if kind == 'VSM' else 'free'} takes them instead"
        )
    warnings += quality.he3_insert(table, used, temperature=table["T"])
    sigma = raw.column(channel.sigma)
    return MomentChoice(
        column=_label(raw, channel.moment),
        sigma_column=None if sigma is None else raw.columns[sigma],
        reason=reason,
        diagnostics=diagnostics,
        warnings=tuple(warnings),
    )
