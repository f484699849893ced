"""Which share x of the iron is Fe2+, the total being known?

:func:`partition` fits everything else anew for each x of a scan and finds the intervals of x; :func:`fractions` gives
the x of a scan in equal steps. :class:`PartitionResult` is the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = ["PartitionResult", "fractions", "partition"]

if TYPE_CHECKING:
    from glasspara.analysis.partition.scan import PartitionResult, fractions, partition

__getattr__, __dir__ = face(__name__, dict.fromkeys(__all__, "glasspara.analysis.partition.scan"))
