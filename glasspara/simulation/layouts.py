"""The layouts of Quantum Design's instruments, and small files in each for tests and fuzzing.

Headers, columns and rows stand in ``layouts.toml``. :func:`compose` makes small files with any cell and any whole row;
:mod:`glasspara.simulation.writer` writes whole campaigns.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import cos
from pathlib import Path
from typing import Any

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


LAYOUTS = {name: _small(table) for name, table in _TABLES["small"].items()}
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
    head, names, row = LAYOUTS[layout]
    rows = [point if isinstance(point, str) else row.format(**{**_CELLS, **point}) for point in points]
    lines = [*head.format(mass=mass, comment=comment).rstrip("\n").split("\n"), names, *rows, *extra]
    return ending.join([*lines, ""])


def sweep(n: int = 8, H: float = 1000.0, **cells: object) -> list[dict[str, object]]:
    """Points of an M(T) run: a Curie law with scatter of the size that the layouts state."""
    T = [2.0 * 1.5**i for i in range(n)]
    return [
        {"T": t, "H": H, "m": 1e-5 + 1e-4 / t + 2e-8 * cos(5.3 * i * i), **cells} for i, t in enumerate(T)
    ]
