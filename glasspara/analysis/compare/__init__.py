"""Which of several models describes the data best, and is an ATS term needed?

:func:`compare` fits the models of :mod:`glasspara.model.catalogue` to the same data; :class:`CompareResult` is its
result, :class:`Contestant` one model of it. Differences of AIC below :data:`CANNOT_TELL` do not distinguish two models;
above :data:`DECISIVE` the worse one is excluded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = ["CANNOT_TELL", "DECISIVE", "CompareResult", "Contestant", "compare"]

if TYPE_CHECKING:
    from glasspara.analysis.compare.comparison import CompareResult, compare
    from glasspara.analysis.compare.contestants import CANNOT_TELL, DECISIVE, Contestant

__getattr__, __dir__ = face(
    __name__,
    dict.fromkeys(["CompareResult", "compare"], "glasspara.analysis.compare.comparison")
    | dict.fromkeys(["CANNOT_TELL", "DECISIVE", "Contestant"], "glasspara.analysis.compare.contestants"),
)
