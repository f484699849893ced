"""The layouts of Quantum Design's instruments, and runs and small files written in them, for synthetic data.

Layouts: MPMS-XL under MultiVu (RSO, 38 columns; DC, 31 columns) and MPMS3 with AC option (88 columns, DC
scans); headers, columns and rows stand in ``layouts.toml``. Everything is a pure function of its arguments: no clock,
no locale; the same run gives the same bytes. :func:`compose` makes small files with any cell and any whole row.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from math import cos, isfinite
from pathlib import Path
from typing import Any

from glasspara.errors import UsageError

_TABLES = tomllib.loads(Path(__file__).with_name("layouts.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class FileTemplate:
    """A file as the instrument writes it: header, line of column names, and the template of the cells by column."""

    header: str
    columns: str
    cells: Mapping[str, str]

    @property
    def row(self) -> str:
        """Template of a row; a column without a cell is empty."""
        return ",".join(self.cells.get(name, "") for name in self.columns.split(","))


@cache
def template(layout: str) -> FileTemplate:
    """Template of a whole file: "mpms-xl-rso", "mpms-xl-dc", "mpms3-dc"."""
    return FileTemplate(**_TABLES["campaign"][layout])


def _small(table: Mapping[str, Any]) -> tuple[str, str, str]:
    """Header, line of column names and row."""
    whole = _TABLES["small"][table["like"]] if "like" in table else table
    return whole["header"], whole["columns"], table["row"]


TEXT_LAYOUTS = {name: _small(table) for name, table in _TABLES["small"].items()}
"""Header, line of column names and row of each small layout."""

_CELLS = {"m": 1.5e-5, "s": 2.0e-8, "fixed": 1.5e-5, "fit": 0.97, "fixed_fit": 0.96, "centre": 30.1}


def compose(
    layout: str,
    points: Iterable[str | Mapping[str, object]],
    *,
    mass: str = "12.5",
    comment: str = "",
    extra: Iterable[str] = (),
    ending: str = "\n",
) -> str:
    """Text of a file: ``points`` are dicts of cells (T and H at least) or whole rows as text."""
    head, names, row = TEXT_LAYOUTS[layout]
    rows = [point if isinstance(point, str) else row.format(**{**_CELLS, **point}) for point in points]
    lines = [*head.format(mass=mass, comment=comment).rstrip("\n").split("\n"), names, *rows, *extra]
    return ending.join([*lines, ""])


def sweep(n: int = 8, H: float = 1000.0, **cells: object) -> list[dict[str, object]]:
    """Points of an M(T) run: a Curie law with scatter of the size that the layouts state."""
    T = [2.0 * 1.5**i for i in range(n)]
    return [
        {"T": t, "H": H, "m": 1e-5 + 1e-4 / t + 2e-8 * cos(5.3 * i * i), **cells} for i, t in enumerate(T)
    ]


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
    lines = [*header.rstrip("\n").split("\n"), file.columns, *rows, ""]
    return _LINE_END.join(lines).encode(_ENCODING)


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
