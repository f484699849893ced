"""A ferromagnetic impurity: dust, a saw's steel, magnetite. A rival of the source's ATS term."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray


def ferromagnetic_response(H: npt.ArrayLike, *, h_ferro: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """``tanh(H/h_ferro)``, dimensionless, with its derivatives by H and by ``h_ferro``, both 1/Oe; shape of ``H``.

    Times a saturation m_ferro, emu/g, it is the magnetisation of an impurity far below its Curie point: it does not
    depend on temperature, is odd (no remanence: hysteresis is not modelled), linear with slope m_ferro/h_ferro in
    weak fields, where demagnetisation rules, and saturates. tanh is the simplest smooth function that does this;
    ``h_ferro``, Oe, is where it has reached 76 %.

    Raises
    ------
    ValueError
        If ``h_ferro`` is not positive.
    """
    if not h_ferro > 0:
        raise ValueError("h_ferro must be positive (Oe)")
    ratio = np.asarray(H, dtype=np.float64) / h_ferro
    # sech^2 without the loss of 1 - tanh^2
    fall = np.exp(-2.0 * np.abs(ratio))
    slope = 4.0 * fall / (1.0 + fall) ** 2 / h_ferro
    return np.tanh(ratio), slope, -ratio * slope
