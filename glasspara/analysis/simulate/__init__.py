"""What would an instrument have measured? Synthetic runs of a preset, whose parameters are known.

:func:`simulate` makes them from a preset with changes; :class:`Simulation` is its result. The physics and the noise are
in :mod:`glasspara.simulation.campaign`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = ["Simulation", "simulate"]

if TYPE_CHECKING:
    from glasspara.analysis.simulate.synthetic_runs import Simulation, simulate

__getattr__, __dir__ = face(__name__, dict.fromkeys(__all__, "glasspara.analysis.simulate.synthetic_runs"))
