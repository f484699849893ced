"""Does M - M_Larmor of all runs fall on one curve of H/T?

:func:`universality` tests it, for all runs together, for pairs of runs and in windows of H/T;
:class:`UniversalityResult` is its result. :class:`ChiLarmor` says where the Larmor susceptibility comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = ["ChiLarmor", "UniversalityResult", "universality"]

if TYPE_CHECKING:
    from glasspara.analysis.universality.collapse import UniversalityResult, universality
    from glasspara.analysis.universality.common_curve import ChiLarmor

__getattr__, __dir__ = face(
    __name__,
    {
        "ChiLarmor": "glasspara.analysis.universality.common_curve",
        "UniversalityResult": "glasspara.analysis.universality.collapse",
        "universality": "glasspara.analysis.universality.collapse",
    },
)
