"""What do the data say of a model's parameters, and can ordinary magnetism make them too?

The fit itself is :func:`glasspara.fitting.fit.fit`, its result :class:`glasspara.fitting.result.FitResult`. This room
reports and draws it; :class:`Fits` holds the fits of one command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = ["Fits"]

if TYPE_CHECKING:
    from glasspara.analysis.fit.report import Fits

__getattr__, __dir__ = face(__name__, dict.fromkeys(__all__, "glasspara.analysis.fit.report"))
