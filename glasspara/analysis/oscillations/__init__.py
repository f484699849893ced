"""Does M_intr oscillate with temperature at fixed field?

:func:`oscillations` searches every run at fixed field for waves in T and in 1/T; :class:`OscillationResult` is its
result. :class:`Wiggle` describes errors of the thermometer that the noise has too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = ["OscillationResult", "Wiggle", "oscillations"]

if TYPE_CHECKING:
    from glasspara.analysis.oscillations.search import Wiggle
    from glasspara.analysis.oscillations.waves import OscillationResult, oscillations

__getattr__, __dir__ = face(
    __name__,
    dict.fromkeys(["OscillationResult", "oscillations"], "glasspara.analysis.oscillations.waves")
    | {"Wiggle": "glasspara.analysis.oscillations.search"},
)
