"""Is the apparent concentration of iron the same for all runs?

:func:`series` fits Larmor and Langevin terms to each run and tests whether n(Fe) drifts with field or temperature;
:class:`SeriesResult` is its result. :func:`drift_test` is the test alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = ["SeriesResult", "drift_test", "series"]

if TYPE_CHECKING:
    from glasspara.analysis.series.single_runs import SeriesResult, drift_test, series

__getattr__, __dir__ = face(
    __name__,
    {
        "SeriesResult": "glasspara.analysis.series.single_runs",
        "series": "glasspara.analysis.series.single_runs",
        "drift_test": "glasspara.analysis.series.single_runs",
    },
)
