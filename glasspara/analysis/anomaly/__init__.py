"""Where in temperature do the data leave the fitted model?

:func:`anomaly` fits the model to all points, tests every window of temperature for a departure from it, and refits
without the windows found. :class:`AnomalyResult` is its result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = ["AnomalyResult", "anomaly"]

if TYPE_CHECKING:
    from glasspara.analysis.anomaly.departures import AnomalyResult, anomaly

__getattr__, __dir__ = face(__name__, dict.fromkeys(__all__, "glasspara.analysis.anomaly.departures"))
