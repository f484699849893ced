"""Ions that feel each other through a Weiss mean field: the Brillouin law with Curie-Weiss weak-field limit.

Not a law of the source: a rival of its ATS term. The reduced moment m of an ion solves

``m = B_J(y)``,   ``y = [g mu_B J H/k_B + 3J/(J+1) theta m]/T``,

whose weak-field limit is n C/(T - theta) with the Curie constant C of one ion.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.physics.ions.langevin import brillouin, brillouin_derivative
from glasspara.units import BOHR_MAGNETON, BOLTZMANN

_MAX_STEPS = 100
# Steps shrink as their squares: after one of this relative size only rounding is left.
_LAST_STEP = 1.0e-9
_EPSILON = float(np.finfo(np.float64).eps)


def curie_weiss_response(
    T: npt.ArrayLike, H: npt.ArrayLike, *, theta_cw: npt.ArrayLike, j: float, g: float = 2.0
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean moment of one ion, emu, and its derivatives by the field, emu/Oe, and by ``theta_cw``, emu/K.

    ``T`` in K, ``H`` in Oe, ``theta_cw`` in K, positive for ferromagnetic coupling; shapes broadcast. Exactly odd in
    ``H``, the Brillouin law for ``theta_cw`` = 0. Below ``theta_cw`` the moment is that of the stable state, which
    points along the field: it jumps at H = 0, where it is 0 and its slopes are those of the state along the field.

    Raises
    ------
    ValueError
        If a temperature is not positive, ``theta_cw`` not finite, or ``j`` not a positive multiple of 1/2.
    """
    temperature, field, theta = np.broadcast_arrays(
        *(np.asarray(item, dtype=np.float64) for item in (T, H, theta_cw))
    )
    if not np.all(temperature > 0):
        raise ValueError("the temperature T must be positive (K)")
    if not np.isfinite(theta).all():
        raise ValueError("theta_cw must be finite (K)")
    saturation = g * BOHR_MAGNETON * j
    by_field = saturation / BOLTZMANN / temperature
    per_theta = 3.0 * j / (j + 1.0) / temperature
    coupling = per_theta * theta
    moment, slope = _aligned(by_field * np.abs(field), coupling, j)
    # at T = theta_cw and H = 0 the susceptibility is infinite: as large as numbers allow
    stiffness = np.maximum(1.0 - coupling * slope, _EPSILON)
    signed = np.copysign(np.where(field == 0.0, 0.0, moment), field)
    return (
        saturation * signed,
        saturation * slope * by_field / stiffness,
        saturation * slope * per_theta * signed / stiffness,
    )


def _aligned(field: FloatArray, coupling: FloatArray, j: float) -> tuple[FloatArray, FloatArray]:
    """Largest root m of ``m = B_J(field + coupling m)``, field >= 0, and dB_J/dy there.

    ``m - B_J`` is convex in m where y >= 0, and not negative at the largest m with y >= 0 and m <= 1: from there
    Newton's steps fall to the largest root without ever passing it.
    """
    repelled = coupling < 0.0
    moment = np.minimum(1.0, np.divide(field, -coupling, out=np.ones(field.shape), where=repelled))
    for _ in range(_MAX_STEPS):
        y = np.maximum(field + coupling * moment, 0.0)
        stiffness = 1.0 - coupling * brillouin_derivative(y, j=j)
        excess = moment - brillouin(y, j=j)
        step = np.divide(excess, stiffness, out=np.zeros(field.shape), where=stiffness > 0.0)
        moment = np.maximum(moment - step, 0.0)
        if np.all(np.abs(step) <= _LAST_STEP * moment):
            break
    return moment, brillouin_derivative(np.maximum(field + coupling * moment, 0.0), j=j)
