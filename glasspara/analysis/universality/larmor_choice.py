"""Where the Larmor susceptibility comes from that is subtracted before runs are held against each other."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal

from glasspara.analysis.universality.common_curve import CurveTest, Larmor
from glasspara.data.dataset import Dataset
from glasspara.errors import UsageError

Source = Literal["fit", "each", "all", "given"]

SOURCES: dict[Source, str] = {
    "fit": "fitted with the common curve",
    "each": "Larmor + Langevin fit of each run",
    "all": "Larmor + Langevin fit of all runs",
    "given": "given",
}
"""The sources of chi_larmor, in words."""

FROM_THE_DATA: tuple[Source, ...] = ("fit", "each", "all")


@dataclass(frozen=True)
class ChiLarmor:
    """Source of chi_larmor, and the value (emu g^-1 Oe^-1) with its standard error where it is given.

    Raises
    ------
    UsageError
        For an error that is not positive and finite.
    """

    source: Source = "fit"
    value: float = 0.0
    error: float | None = None

    def __post_init__(self) -> None:
        if self.error is not None and not 0.0 < self.error < inf:
            raise UsageError("--chi-larmor: the error must be positive")

    @property
    def text(self) -> str:
        if self.error is None:
            return SOURCES[self.source]
        return f"given as {self.value:.5g} ± {self.error:.2g}, then fitted with the common curve"

    @property
    def tested(self) -> Larmor:
        """What the test takes for known and for free."""
        if self.source == "each":
            return Larmor("each")
        if self.source == "given":
            return Larmor("none" if self.error is None else "one", self.value, self.error)
        return Larmor("one")


Subtracted = tuple[float, float | None]
"""Value and standard error, emu g^-1 Oe^-1."""


def subtracted(data: Dataset, choice: ChiLarmor, test: CurveTest) -> tuple[Subtracted, ...]:
    """What is subtracted from each run; ``test`` is the test of ``data`` with ``choice.tested``."""
    if choice.source == "each":
        return tuple(_by_fit(Dataset((run,))) for run in data.runs)
    if choice.source == "all":
        return (_by_fit(data),) * len(data.runs)
    return tuple((chi, test.chi_larmor_error) for chi in test.chi_larmor)


def _by_fit(data: Dataset) -> Subtracted:
    """chi_larmor of a Larmor + Langevin fit, both ions with n >= 0."""
    from glasspara.fitting.problem.settings import FitSettings
    from glasspara.fitting.search.minimise import minimise
    from glasspara.model.model import Model

    settings = FitSettings(model=Model("ll"))
    found = minimise(settings.problem(data, settings.held()), settings.guess())
    return found.reported["chi_larmor"], found.errors["chi_larmor"]
