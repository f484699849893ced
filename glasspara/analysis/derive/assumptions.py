"""What must be assumed to get from the fitted parameters to particles, areas and voids; each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from glasspara.errors import UsageError

_FARTHEST = 1.0e9
"""How far from the default, as a factor, an assumption may be."""


@dataclass(frozen=True)
class Assumption:
    """A number that the data do not give: a value, or a range where ``low`` < ``high``.

    ``given`` says that the user supplied it.
    """

    name: str
    symbol: str
    low: float
    high: float
    unit: str
    source: str
    given: bool = False

    @property
    def middle(self) -> float:
        """Geometric mean of the ends."""
        return sqrt(self.low * self.high)

    @property
    def is_range(self) -> bool:
        return self.low < self.high


_SOURCE = "arXiv:2111.12644"

DEFAULTS = (
    Assumption("xi", "ξ", 31.0, 31.0, "nm", f"RER size 2 xi of about 62 nm for BK7, {_SOURCE}"),
    Assumption("charge", "q", 1.0, 1.0, "e", "charge of one tunnelling particle: O-"),
    Assumption("n_tunn", "N_tunn", 20.0, 600.0, "1", f"range in the literature, as quoted in {_SOURCE}"),
    Assumption(
        "qs4", "(Q/e) S4", 1.0e4, 3.0e4, "A^2",
        f"three-level average with the broad maximum of M_intr(H) that Fig. 23 of {_SOURCE} has at 20 to 50 kOe",
    ),
    Assumption("p_star", "P*", 1.0, 1.0, "1", f"absorbed in n_ATS in the tables of {_SOURCE}"),
    Assumption(
        "oxygen", "n(O)", 2.0e22, 2.0e22, "g^-1", "oxygen of pure SiO2, 2 x 6.022e23 / 60.08 g; less in other glasses"
    ),
)  # fmt: skip
"""Every assumption with its default."""


def assume(given: Mapping[str, tuple[float, float]]) -> dict[str, Assumption]:
    """The defaults by name, replaced by the ranges that the user has ``given``.

    Raises
    ------
    UsageError
        An end is not positive or far from what is usual, or the lower above the upper.
    """
    found = {item.name: item for item in DEFAULTS}
    for name, (low, high) in given.items():
        known = found[name]
        if not known.low / _FARTHEST <= low <= high <= known.high * _FARTHEST:
            raise UsageError(
                f"{name}: {low:g} to {high:g} {known.unit} is no range of usual numbers",
                remedy=f"Give positive ones, the lower first; usual is {known.low:g} to {known.high:g}",
            )
        found[name] = Assumption(name, known.symbol, low, high, known.unit, "given by the user", given=True)
    return found
