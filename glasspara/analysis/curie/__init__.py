"""Do iron ions alone explain M(T) in weak fields?

:func:`curie` fits a Curie law, the law (14) of a glass and the whole model to the weak points, and tests (18) whether
T (chi + chi_L) rises at low temperatures; :class:`CurieResult` is its result. :func:`low_temperature_test` is that test
alone, on the points that :func:`select_weak_points` takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = ["CurieResult", "curie", "low_temperature_test", "select_weak_points"]

if TYPE_CHECKING:
    from glasspara.analysis.curie.curie_law import CurieResult, curie
    from glasspara.analysis.curie.weak_laws import low_temperature_test
    from glasspara.analysis.curie.weak_points import select_weak_points

__getattr__, __dir__ = face(
    __name__,
    {
        "CurieResult": "glasspara.analysis.curie.curie_law",
        "curie": "glasspara.analysis.curie.curie_law",
        "low_temperature_test": "glasspara.analysis.curie.weak_laws",
        "select_weak_points": "glasspara.analysis.curie.weak_points",
    },
)
