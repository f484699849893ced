"""By what factor shape and place of a sample make its moment read too large or too small, for each run type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from glasspara.errors import UsageError
from glasspara.files.flavours import RUN_TYPES

ALL = "all"
"""In place of a run type: those that have no factor of their own."""

_SMALLEST, _LARGEST = (
    0.1,
    10.0,
)  # factors that are believed; those of samples in a magnetometer are 0.8 to 1.2


@dataclass(frozen=True)
class GeometryFactor:
    """Measured over true moment, and the standard deviation that all its points share; None where it is not known.

    Raises
    ------
    UsageError
        The numbers cannot be such a factor and its error.
    """

    value: float = 1.0
    error: float | None = None

    def __post_init__(self) -> None:
        fits = self.error is None or 0.0 < self.error < self.value
        if not (fits and _SMALLEST <= self.value <= _LARGEST):
            error = "" if self.error is None else f" +- {self.error:g}"
            raise UsageError(
                f"the geometry factor {self.value:g}{error} cannot be one",
                remedy=f"Give measured over true moment, {_SMALLEST:g} to {_LARGEST:g}, for example 0.987+-0.005",
            )

    @property
    def relative_error(self) -> float:
        """0 where the error is not known."""
        return (self.error or 0.0) / self.value


NO_FACTOR = GeometryFactor()
"""1, as exactly as if nobody had given one."""

GeometryFactors = Mapping[str, GeometryFactor]
"""Factors by run type (one of RUN_TYPES), or by ALL."""


def check_run_types(factors: GeometryFactors) -> None:
    """Refuse words that are no run type.

    Raises
    ------
    UsageError
    """
    for of in factors:
        if of not in (ALL, *RUN_TYPES):
            raise UsageError(
                f"geometry factor of {of!r}: unknown run type",
                remedy=f"Known: {', '.join((ALL, *RUN_TYPES))}",
            )
