"""How does M_intr(H) bend at high field, and which form of the ATS term describes that?

:func:`high_field` fits the two-level term (10), its correction (11), the exact phase and three levels to the same data,
compares them and finds their peaks; :class:`HighFieldResult` is its result. The command is ``highfield``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = ["HighFieldResult", "high_field"]

if TYPE_CHECKING:
    from glasspara.analysis.high_field.field_dependence import HighFieldResult, high_field

__getattr__, __dir__ = face(
    __name__, dict.fromkeys(__all__, "glasspara.analysis.high_field.field_dependence")
)
