"""What do fitted parameters stand for: fields, susceptibilities, tunnelling particles, areas, voids?

:func:`derive` answers it from :class:`FittedValues` and the assumptions of :func:`assume`; :class:`DeriveResult` is its
result. :func:`values_of_fit`, :func:`values_of_preset` and :func:`read_report` give the fitted values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = [
    "DeriveResult",
    "FittedValues",
    "assume",
    "derive",
    "read_report",
    "values_of_fit",
    "values_of_preset",
]

if TYPE_CHECKING:
    from glasspara.analysis.derive.consequences import DeriveResult, derive
    from glasspara.analysis.derive.fitted_values import (
        FittedValues,
        read_report,
        values_of_fit,
        values_of_preset,
    )
    from glasspara.analysis.derive.quantities import assume

__getattr__, __dir__ = face(
    __name__,
    dict.fromkeys(__all__, "glasspara.analysis.derive.fitted_values")
    | dict.fromkeys(("DeriveResult", "derive"), "glasspara.analysis.derive.consequences")
    | {"assume": "glasspara.analysis.derive.quantities"},
)
