"""Do iron ions alone explain M(T) in weak fields?

:func:`curie` fits a Curie law, the law (14) of a glass and the whole model to the weak points, and tests (18) whether
T (chi + chi_L) rises at low temperatures; :class:`CurieResult` is its result. :func:`low_temperature_test` is that test
alone, on the points that :func:`weak_points` selects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = ["CurieResult", "curie", "low_temperature_test", "select_weak_points"]
