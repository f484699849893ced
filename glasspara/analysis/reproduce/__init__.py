"""Which tables and figures of the source does the program find again?

:func:`reproduce` simulates the source's campaigns and runs the other commands on them; :class:`Reproduction` is its
result: the steps (:class:`StepResult`) with published numbers beside those found here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = ["Reproduction", "StepResult", "reproduce"]

if TYPE_CHECKING:
    from glasspara.analysis.reproduce.run import Reproduction, StepResult, reproduce

__getattr__, __dir__ = face(__name__, dict.fromkeys(__all__, "glasspara.analysis.reproduce.run"))
