"""Writes runs in the file layouts of Quantum Design magnetometers, for synthetic data.

Layouts: MPMS-XL under MultiVu (RSO, 38 columns; DC, 31 columns) and MPMS3 with AC option (88 columns, DC
scans); see ``layouts.toml``. Everything is a pure function of its arguments: no clock, no locale; the same run gives
the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from math import isfinite

from glasspara.errors import UsageError
from glasspara.simulation.layouts import template

START = datetime(2021, 1, 4, 8, 0, 0, tzinfo=UTC)
"""Time of the first point of every synthetic run. Fixed, so that files are reproducible."""

SECONDS_PER_POINT = 60

_MPMS3_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
_ENCODING = "cp1252"
_LINE_END = "\r\n"


def write_run(
    layout: str,
    T: Sequence[float],
    H: Sequence[float],
    moment: Sequence[float],
    sigma: Sequence[float],
    *,
    name: str,
    comment: str = "",
    mass_mg: float | None = None,
) -> bytes:
    """A run as a file of an instrument.

    MPMS-XL files have 7 significant digits; MPMS3 files up to 15, and the sample in the centre: fixed- and free-centre
    moments are the same.

    Parameters
    ----------
    layout : str
        "mpms-xl-rso", "mpms-xl-dc" or "mpms3-dc".
    T, H, moment, sigma : sequences of float
        Temperature (K), field (Oe), moment (emu) and its standard deviation (emu, `Long Scan Std Dev` of the MPMS-XL).
    name, comment : str
        Of the sample, for the header; no comma, one line, characters of cp1252.
    mass_mg : float, optional
        Mass of the sample, mg; without one the instrument's placeholder: 0.000, or nothing for the MPMS3.

    Raises
    ------
    UsageError
        A text that the header cannot hold, or a number that is not finite.
    """
    file = template(layout)
    number: Callable[[float], str]
    half = "am" if START.hour < 12 else "pm"  # %p of strftime depends on the locale
    clock = f"{START.hour % 12 or 12}:{START:%M}"
    if layout == "mpms3-dc":
        number = _fifteen_digits
        opened, decimals = (START - _MPMS3_EPOCH).total_seconds(), 5
        head = {
            "opened": f"{opened:.5f}",
            "day": f"{START:%m/%d/%Y}",
            "clock": f"{clock} {half}",
            "mass": "" if mass_mg is None else _mass(mass_mg),
        }
    else:
        number = _three_digit_exponent
        opened, decimals = START.timestamp(), 3
        head = {
            "opened": f"{opened:.6f}",
            "day": f"{START.month}/{START.day}/{START.year}",
            "clock": f"{clock}:{START:%S} {half.upper()}",
            "mass": _mass(mass_mg or 0.0),
        }
    header = file.header.format(name=_text(name), comment=_text(comment), **head)
    row = file.row
    rows = (
        row.format(
            time=f"{opened + index * SECONDS_PER_POINT:.{decimals}f}",
            **{key: number(value) for key, value in zip("THms", point, strict=True)},
        )
        for index, point in enumerate(zip(T, H, moment, sigma, strict=True))
    )
    return _encode([*header.rstrip("\n").split("\n"), file.columns, *rows])


write_mpms_xl_rso = partial(write_run, "mpms-xl-rso")
write_mpms_xl_dc = partial(write_run, "mpms-xl-dc")
write_mpms3_dc = partial(write_run, "mpms3-dc")


def _encode(lines: Iterable[str]) -> bytes:
    return _LINE_END.join([*lines, ""]).encode(_ENCODING)


def _text(text: str) -> str:
    """``text`` unless the header's grammar or encoding cannot hold it."""
    try:
        text.encode(_ENCODING)
    except UnicodeEncodeError:
        pass
    else:
        if "," not in text and "".join(text.splitlines()) == text:
            return text
    raise UsageError(
        f"a data file's header cannot hold {text!r}",
        remedy="Use one line of Western European characters, without commas",
    )


def _finite(value: float) -> float:
    if not isfinite(value):
        raise UsageError(f"a data file cannot hold the value {value}")
    return float(value)


def _mass(mass_mg: float) -> str:
    """Three decimals as the instrument writes them, more where they would lose something."""
    text = f"{_finite(mass_mg):.3f}"
    return text if float(text) == mass_mg else repr(float(mass_mg))


def _three_digit_exponent(value: float) -> str:
    mantissa, _, exponent = f"{_finite(value):.6e}".partition("e")
    return f"{mantissa}e{exponent[0]}{exponent[1:]:0>3}"


def _fifteen_digits(value: float) -> str:
    return f"{_finite(value):.15G}"
