"""Larmor term: the temperature-independent diamagnetism of the glass."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray


def larmor_magnetisation(H: npt.ArrayLike, *, chi_larmor: npt.ArrayLike) -> FloatArray:
    """Larmor magnetisation, emu/g: ``-chi_larmor H``.

    ``H`` in Oe; ``chi_larmor`` in emu g^-1 Oe^-1, a positive number for a diamagnet. Both broadcast.
    G. Jug and S. Recchia, arXiv:2111.12644, first term of eq. (17).
    """
    field = np.asarray(H, dtype=np.float64)
    # The 0.0 keeps a zero field from giving -0.0.
    return np.asarray(0.0 - np.asarray(chi_larmor, dtype=np.float64) * field, dtype=np.float64)
