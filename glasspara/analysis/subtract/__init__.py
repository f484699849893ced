"""What does each term take from the measured moment, and what is left?

:func:`subtract` finds the Larmor and Langevin parameters in stages and takes their terms from every point.
:class:`Subtraction` is its result; :class:`StagedData` the points with terms of any model, a fitted one for instance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = ["StagedData", "Subtraction", "subtract"]

if TYPE_CHECKING:
    from glasspara.analysis.subtract.stages import StagedData, Subtraction, subtract

__getattr__, __dir__ = face(__name__, dict.fromkeys(__all__, "glasspara.analysis.subtract.stages"))
