"""What is in a file, and what was made of it: instrument, sample, runs, moment column and why, every dropped row.

:func:`glasspara.read` reads one file; :meth:`Inspection.of` says of several what could be used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = ["Inspection"]

if TYPE_CHECKING:
    from glasspara.analysis.inspect.inspection import Inspection

__getattr__, __dir__ = face(__name__, dict.fromkeys(__all__, "glasspara.analysis.inspect.inspection"))
