"""Why a moment is taken, in words and numbers: what :func:`glasspara.files.moments.extract` says of its choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from glasspara.arrays import BoolArray
from glasspara.files import FIELD, flavours, quality
from glasspara.files.flavours import Channel, Flavour, label
from glasspara.files.multivu import RawFile
from glasspara.files.quality import Diagnostics
from glasspara.files.table import RowTable
from glasspara.findings import Finding, finding


@dataclass(frozen=True)
class MomentChoice:
    """The columns taken as moment and as its error, and why.

    ``column`` and ``sigma_column`` are names as the file writes them; where rows of two kinds are used, both are
    named: "Moment (emu) in VSM rows; DC Moment Free Ctr (emu) in DC rows". ``reason`` says why in words.
    ``diagnostics`` holds medians over the rows used (None where the file has no such number): ``fixed_over_free``,
    ``free_fit``, ``fixed_fit`` (0 to 1), ``centre_shift_mm``, ``centre_spread_mm`` for DC scans of an MPMS3,
    ``fit``, ``offset_cm`` and ``offset_spread_cm`` for an MPMS-XL, and for both ``rows_poor_fit``, the number of rows
    whose fit is poor.
    """

    column: str
    sigma_column: str | None
    reason: str
    diagnostics: Diagnostics = field(default_factory=dict)
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True, eq=False)
class Selection:
    """The channels taken, the rows used of each, and why each other row is dropped ("" for a row used).

    ``poor`` are the rows of each channel that would be used, were the fit of their scan not poor.
    """

    used: dict[Channel, BoolArray]
    poor: dict[Channel, BoolArray]
    reasons: np.ndarray[tuple[int], np.dtype[np.object_]]

    @property
    def all_used(self) -> BoolArray:
        return np.asarray(self.reasons == "")

    def rows(self, channel: Channel) -> int:
        return int(self.used[channel].sum())


def explain(
    raw: RawFile,
    flavour: Flavour,
    table: RowTable,
    selection: Selection,
    *,
    counts: Mapping[Channel, int],
    request: str,
    widened: bool,
) -> MomentChoice:
    """The columns of the channels taken, and why; ``counts`` are the rows that hold each channel.

    ``widened`` tells whether points whose scans are fitted poorly have larger errors.
    """
    channels = list(selection.used)
    reason = "; ".join(_why(flavour, channel, selection.rows(channel)) for channel in channels)
    warnings: list[Finding] = []
    diagnostics: Diagnostics = {}
    for channel, rows in selection.used.items():
        numbers, doubts = _trust(raw, flavour, channel, table, rows, selection.poor[channel], widened=widened)
        diagnostics |= numbers
        warnings += doubts
    if request != "auto":
        reason += f"; asked for by --moment {request}"
    if len(channels) > 1:
        reason = f"both kinds of row are used, in separate runs: {reason}"
        kinds = [{"kind": c.kind, "rows": selection.rows(c), "option": c.request} for c in channels]
        warnings.append(finding("files.both-kinds", kinds=kinds))
    else:
        warnings += _left_out(channels[0], selection.rows(channels[0]), counts, request)
    reason += _conversions(raw, channels)
    stated = any(raw.column(channel.sigma) is not None for channel in channels)
    errors = [
        label(raw, channel.sigma) if raw.column(channel.sigma) is not None else "none" for channel in channels
    ]
    return MomentChoice(
        column=_by_kind(channels, [label(raw, channel.moment) for channel in channels]),
        sigma_column=_by_kind(channels, errors) if stated else None,
        reason=reason,
        diagnostics=diagnostics,
        warnings=tuple(warnings),
    )


def _conversions(raw: RawFile, channels: Sequence[Channel]) -> str:
    """What was converted to emu and Oe, in words."""
    words = ""
    for name, unit in (*((channel.moment, "emu") for channel in channels), (FIELD, "Oe")):
        column = raw.column(*([name] if isinstance(name, str) else name))
        factor = None if column is None else raw.factors[column]
        if column is not None and factor not in (None, 1.0):
            words += f"; {raw.columns[column]!r} times {factor:g} is in {unit}"
    return words


def _why(flavour: Flavour, channel: Channel, rows: int) -> str:
    if flavour.family == flavours.MPMS3:
        return {
            "free": f"DC scan rows ({rows}), Free Ctr: each scan's fit finds the position of the sample",
            "fixed": f"DC scan rows ({rows}), Fixed Ctr: the sample is taken to be at its nominal position",
            "vsm": f"VSM rows ({rows})",
        }[channel.request]
    amplitude = "; 'Moment (emu)' is the AC amplitude" if flavour.family == flavours.ACMS else ""
    return f"the only DC moment column ({flavour.words}){amplitude}"


def _trust(
    raw: RawFile,
    flavour: Flavour,
    channel: Channel,
    table: RowTable,
    rows: BoolArray,
    poor: BoolArray,
    *,
    widened: bool,
) -> tuple[Diagnostics, list[Finding]]:
    """Diagnostics and warnings of the rows of one channel: those used, and those dropped for their poor fit."""
    if flavour.family == flavours.MPMS3 and channel.kind == "DC":
        return quality.centring(table, rows, poor, free=channel.request == "free", widened=widened)
    if channel.fit:
        moment, name = table[channel.moment], label(raw, channel.fit)
        fits, doubts = quality.poor_fit(
            table, moment, rows, poor, column=channel.fit, label=name, widened=widened
        )
        place, jumps = quality.position(table, rows)
        return fits | place, [*doubts, *jumps]
    return {}, []


def _left_out(channel: Channel, rows: int, counts: Mapping[Channel, int], request: str) -> list[Finding]:
    """Findings about rows of another kind that are not used."""
    code = "files.rows-make-no-run" if request == "auto" else "files.rows-not-asked-for"
    others = {c.kind: n for c, n in counts.items() if c.kind != channel.kind and n}
    return [
        finding(
            code,
            rows=count,
            kind=kind,
            rows_taken=rows,
            kind_taken=channel.kind,
            option="vsm" if kind == "VSM" else "free",
        )
        for kind, count in others.items()
    ]


def _by_kind(channels: Sequence[Channel], names: Sequence[str]) -> str:
    """The name of the one column, or the names with the kind of row of each."""
    if len(names) == 1:
        return names[0]
    return "; ".join(f"{name} in {channel.kind} rows" for channel, name in zip(channels, names, strict=True))
