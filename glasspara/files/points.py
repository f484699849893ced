"""The points that a table yields, and the account of the rows that yielded none."""

from __future__ import annotations

from dataclasses import dataclass

from glasspara.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class DroppedRow:
    """A table row that is not used: its 1-based file line, and why in a few fixed words."""

    line: int
    reason: str


@dataclass(frozen=True)
class Points:
    """Points of one moment column in the order of acquisition; arrays of one length.

    ``temperature`` in K, ``field`` in Oe, ``moment`` in emu, ``sigma`` in emu as the instrument states it (nan
    or 0 where it states none), ``line`` the 1-based file line. ``column`` and ``sigma_column`` name the columns
    of moments and errors as the file writes them. ``widening`` are factors for the errors of points whose moment is
    in doubt, 1 for the others; None stands for 1 throughout.
    """

    temperature: FloatArray
    field: FloatArray
    moment: FloatArray
    sigma: FloatArray
    line: IntArray
    column: str = ""
    sigma_column: str | None = None
    widening: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.line)
