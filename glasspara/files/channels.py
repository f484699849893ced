"""In which columns a row may hold its moment, by instrument, and which of them are taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from glasspara.errors import InputError
from glasspara.files import flavours, quality
from glasspara.files.flavours import Flavour
from glasspara.files.multivu import RawFile

REQUESTS = ("auto", "free", "fixed", "vsm")
"""What ``--moment`` takes."""


@dataclass(frozen=True)
class Channel:
    """One way in which a row may hold a moment; ``request`` is the word of ``--moment`` that asks for it.

    ``kind`` is the kind of row, "DC" or "VSM"; ``moment``, ``sigma`` and ``fit`` are keys of columns.
    """

    request: str
    kind: str
    moment: str
    sigma: str
    fit: str = ""


CHANNELS: dict[str, tuple[Channel, ...]] = {
    flavours.XL: (Channel("", "DC", "long_moment_emu", "long_scan_std_dev", "long_reg_fit"),),
    flavours.XL_AVERAGED: (Channel("", "DC", "avg_moment_emu", "standard_error", "avg_reg_fit"),),
    flavours.VSM: (Channel("vsm", "VSM", "moment_emu", "m_std_err_emu"),),
    flavours.ACMS: (Channel("", "DC", "m_dc_emu", "m_std_dev_emu"),),
    flavours.ACMS2: (Channel("", "DC", "dc_moment_emu", "dc_std_err_emu"),),
    flavours.MPMS3: (
        Channel("free", "DC", quality.FREE, "dc_moment_err_free_ctr_emu", quality.FREE_FIT),
        Channel("fixed", "DC", quality.FIXED, "dc_moment_err_fixed_ctr_emu", quality.FIXED_FIT),
        Channel("vsm", "VSM", "moment_emu", "m_std_err_emu"),
    ),
}

# Cells that only AC rows fill. In an ACMS file "Moment (emu)" is the AC amplitude.
AC_MARKS = {
    flavours.ACMS: ("moment_emu", "frequency_hz"),
    flavours.ACMS2: ("ac_moment_emu",),
    flavours.MPMS3: ("ac_moment_emu",),
    flavours.VSM: ("ac_moment_emu",),
}


def fullest(raw: RawFile, counts: Mapping[Channel, int], *, ac_rows: int) -> tuple[Channel, ...]:
    """Of each kind of row the channel that most rows hold, the fullest first; of equals Free, Fixed, VSM.

    Raises
    ------
    InputError
        No row holds any.
    """
    best: dict[str, Channel] = {}
    for channel in sorted(counts, key=lambda c: -counts[c]):
        if counts[channel]:
            best.setdefault(channel.kind, channel)
    if best:
        return tuple(best.values())
    if ac_rows:
        what = f"AC susceptibility only ({ac_rows} AC rows), no DC moments"
    else:
        names = " or ".join(repr(label(raw, c.moment)) for c in counts)
        what = f"no row holds a moment: {names} is blank throughout"
    raise InputError(what, where=raw.path, remedy=flavours.DC_FILE_WANTED)


def asked_for(raw: RawFile, flavour: Flavour, counts: Mapping[Channel, int], request: str) -> Channel:
    """The channel that ``request`` names.

    Raises
    ------
    InputError
        No row holds it.
    """
    for channel, count in counts.items():
        if channel.request == request and count:
            return channel
    there = ", ".join(f"{label(raw, c.moment)!r} in {n} rows" for c, n in counts.items() if n)
    raise InputError(
        f"no moments for --moment {request} in this {flavour.words} file; it holds {there or 'no DC moment'}",
        where=raw.path,
        remedy="Leave out --moment",
    )


def label(raw: RawFile, name: str) -> str:
    """The name of a column as the file writes it."""
    column = raw.column(name)
    return name if column is None else raw.columns[column]
