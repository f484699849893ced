"""Ions with a zero-field splitting, averaged over all directions of the field: tables of their exact levels.

The Hamiltonian, with ``a = D/k_B T`` and ``b = g mu_B H/k_B T``, stands in ``levels``, whose :func:`rhombic_spin_mean`
diagonalises it: slow and exact. The tables, as cheap as a Brillouin function, hold for S = 2 and S = 5/2 and for each
E/D of ``RHOMBICITIES`` the ratio of the powder mean m to the Brillouin function,

``R(a, b) = m / [S B_S(S b)] = sum_kl c_kl T_k(u) T_l(v)``,
``u = arsinh(a/a_0)/U``,   ``v = 2 ln(1 + b^2/b_0^2)/V - 1``,

a Chebyshev series in variables that are dense where levels cross within k_B T. R is even in b, 1 for a = 0 (exactly,
by construction of the coefficients), and tends to 1 in high fields. ``studies.zfs_tables`` makes the file. Relative
error of m: below 2e-6; beyond the tables (\\|a\\| > 25 for S = 2, 12.5 for S = 5/2; \\|b\\| > 12, which is 70 kOe at
0.8 K) the levels are diagonalised, or interpolated where 1e-4 is enough (``levels``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import asinh, log1p
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numpy.polynomial.chebyshev import chebvander

from glasspara.arrays import FloatArray
from glasspara.physics.ions.langevin import brillouin, brillouin_derivative
from glasspara.physics.ions.levels import cold_response, rhombic_spin_mean
from glasspara.units import BOHR_MAGNETON, BOLTZMANN

RHOMBICITIES = (0.0, 0.1, 0.2, 1.0 / 3.0)
"""E/D of the tables; every other E/D is equivalent to one from 0 to 1/3 in other axes."""

B_LIMIT = 12.0
"""Largest \\|b\\| of the tables."""


@dataclass(frozen=True)
class Scales:
    """Variables of the tables of one spin: the largest \\|a\\|, and where u and v turn from linear to logarithmic."""

    a_limit: float
    a_bend: float
    b_bend: float

    @property
    def u_range(self) -> float:
        return asinh(self.a_limit / self.a_bend)

    @property
    def v_range(self) -> float:
        return log1p((B_LIMIT / self.b_bend) ** 2)

    def u(self, a: FloatArray) -> FloatArray:
        """First variable of the series, from -1 to 1."""
        return np.asarray(np.arcsinh(a / self.a_bend) / self.u_range)

    def v(self, b: FloatArray) -> FloatArray:
        """Second variable of the series, from -1 (no field) to 1."""
        return np.asarray(2.0 * np.log1p((b / self.b_bend) ** 2) / self.v_range - 1.0)


_NODES = 256
"""Steps of u in the tables of columns: a cubic between them is off by less than 1e-7."""

SPLITTING_SCALES = {2.0: Scales(25.0, 1.5, 1.5), 2.5: Scales(12.5, 1.0, 1.0)}
"""The tables that there are, by spin."""


@lru_cache(maxsize=1)
def _file() -> dict[str, FloatArray]:
    with np.load(Path(__file__).with_name("zfs_tables.npz")) as stored:
        return {name: stored[name] for name in stored.files}


@lru_cache(maxsize=16)
def _coefficients(s: float, rhombicity: float, tolerance: float) -> FloatArray:
    """Coefficients c_kl, without the last orders whose sum is below ``tolerance``."""
    if s not in SPLITTING_SCALES:
        raise ValueError(f"there are tables for S = {', '.join(map(str, SPLITTING_SCALES))}, not for {s}")
    if rhombicity not in RHOMBICITIES:
        raise ValueError(
            f"there are tables for E/D = {', '.join(map(str, RHOMBICITIES))}, not for {rhombicity}"
        )
    table = _file()[f"s{s:g}"][RHOMBICITIES.index(rhombicity)]
    sizes = np.abs(table)
    rows = int(np.count_nonzero(np.cumsum(sizes.sum(axis=1)[::-1]) >= tolerance))
    columns = int(np.count_nonzero(np.cumsum(sizes.sum(axis=0)[::-1]) >= tolerance))
    return np.ascontiguousarray(table[:rows, :columns])


@lru_cache(maxsize=16)
def _at_nodes(s: float, rhombicity: float) -> FloatArray:
    """Coefficients of the series in v alone at ``_NODES`` equal steps of u; shape (nodes, orders)."""
    table = _coefficients(s, rhombicity, 0.0)
    kept = _coefficients(s, rhombicity, 3.0e-6).shape[1]
    return chebvander(np.linspace(-1.0, 1.0, _NODES), len(table) - 1) @ table[:, :kept]


def split_spin_columns(
    T: FloatArray, H: FloatArray, *, d_zfs: Sequence[float], s: float, rhombicity: float = 0.0, g: float = 2.0
) -> FloatArray:
    """Mean moment of one ion, emu, for each splitting of ``d_zfs`` (D/k_B, K); shape (len(d_zfs), n).

    ``T`` in K and ``H`` in Oe have the shape (n,); ``s`` is 2 or 2.5, ``rhombicity`` one of ``RHOMBICITIES``.
    For dictionaries of many splittings: relative error below 1e-5, beyond the tables below 1e-4.

    Raises
    ------
    ValueError
        Without a table for ``s`` and ``rhombicity``.
    """
    nodes = _at_nodes(s, rhombicity)
    scales = SPLITTING_SCALES[s]
    b = g * BOHR_MAGNETON / BOLTZMANN * H / T
    a = np.asarray(d_zfs, dtype=np.float64)[:, np.newaxis] / T
    series = (nodes @ chebvander(np.minimum(scales.v(b), 1.0), nodes.shape[1] - 1).T).ravel()
    # cubic interpolation between four nodes of u
    x = (np.clip(scales.u(a), -1.0, 1.0) + 1.0) * (0.5 * (_NODES - 1))
    first = np.clip(x.astype(np.intp) - 1, 0, _NODES - 4)
    x -= first
    first = first * b.size + np.arange(b.size)
    y, z = x - 1.0, x - 2.0
    inner, outer = y * z, x * (x - 3.0)
    ratio = inner * (series[first + 3 * b.size] * x - series[first] * (x - 3.0)) / 6.0
    ratio += outer * (series[first + b.size] * z - series[first + 2 * b.size] * y) / 2.0
    mean = ratio * (s * brillouin(s * b, j=s))
    outside = (np.abs(a) > scales.a_limit) | (np.abs(b) > B_LIMIT)
    if outside.any():
        both = np.broadcast_to(b, a.shape)
        mean[outside] = cold_response(a[outside], both[outside], s=s, rhombicity=rhombicity)[0]
    return np.asarray(g * BOHR_MAGNETON * mean)


def split_spin_response_fast(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    *,
    d_zfs: npt.ArrayLike,
    s: float,
    g: float = 2.0,
    rhombicity: float = 0.0,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean moment of one ion, emu, with its derivatives by the field, emu/Oe, and by ``d_zfs``, emu/K.

    ``T`` in K, ``H`` in Oe, ``d_zfs`` = D/k_B in K (negative: easy axis); shapes broadcast. ``s`` is 2 or 2.5,
    ``rhombicity`` = E/D one of ``RHOMBICITIES``. The same as ``zero_field_splitting.split_spin_response`` from tables:
    relative error of the moment below 2e-6; of the derivatives, relative to their largest values, below 2e-6 (field)
    and 5e-5 (``d_zfs``).

    Raises
    ------
    ValueError
        If a temperature is not positive, ``d_zfs`` not finite, or there is no table for ``s`` and ``rhombicity``.
    """
    temperature, field, splitting = np.broadcast_arrays(
        *(np.asarray(item, dtype=np.float64) for item in (T, H, d_zfs))
    )
    if not np.all(temperature > 0):
        raise ValueError("the temperature T must be positive (K)")
    if not np.isfinite(splitting).all():
        raise ValueError("d_zfs must be finite (K)")
    unit = g * BOHR_MAGNETON
    a, b = (splitting / temperature).ravel(), unit / BOLTZMANN * (field / temperature).ravel()
    mean, by_a, by_b = (
        row.reshape(field.shape) for row in reduced_response(a, b, s=s, rhombicity=rhombicity)
    )
    return unit * mean, unit * unit / BOLTZMANN / temperature * by_b, unit / temperature * by_a


def reduced_response(
    a: FloatArray, b: FloatArray, *, s: float, rhombicity: float, exact: bool = True
) -> FloatArray:
    """Powder mean m of the spin along the field, and its derivatives by ``a`` and ``b``; shape (3, n).

    ``a = D/k_B T`` and ``b = g mu_B H/k_B T`` have the shape (n,). Beyond the tables the levels are diagonalised, or,
    unless ``exact``, interpolated (``levels``).

    Raises
    ------
    ValueError
        Without a table for ``s`` and ``rhombicity``.
    """
    table = _coefficients(s, rhombicity, 0.0)
    scales = SPLITTING_SCALES[s]
    u, v = np.clip(scales.u(a), -1.0, 1.0), np.minimum(scales.v(b), 1.0)
    (across, across_slope), (along, along_slope) = (
        _chebyshev_with_slope(x, size) for x, size in zip((u, v), table.shape, strict=True)
    )
    series = table @ along
    ratio = np.einsum("kn,kn->n", across, series)
    by_u = np.einsum("kn,kn->n", across_slope, series)
    by_v = np.einsum("kn,kn->n", across, table @ along_slope)
    du = 1.0 / (scales.u_range * np.hypot(a, scales.a_bend))
    dv = 4.0 * b / (scales.v_range * (scales.b_bend**2 + b * b))
    free, free_slope = s * brillouin(s * b, j=s), s * s * brillouin_derivative(s * b, j=s)
    found = np.stack([ratio * free, by_u * du * free, ratio * free_slope + by_v * dv * free])
    outside = (np.abs(a) > scales.a_limit) | (np.abs(b) > B_LIMIT)
    if outside.any():
        beyond = rhombic_spin_mean if exact else cold_response
        found[:, outside] = beyond(a[outside], b[outside], s=s, rhombicity=rhombicity)
    return found


def _chebyshev_with_slope(x: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Chebyshev polynomials and their derivatives, T_k' = 2 k T_{k-1} + k/(k-2) T_{k-2}', each (size, n)."""
    values = np.asarray(chebvander(x, size - 1).T, dtype=np.float64)
    slopes = np.zeros((size, x.size))
    for order in range(1, size):
        if order < 3:
            slopes[order] = (1.0, 4.0 * x)[order - 1]
        else:
            slopes[order] = 2.0 * order * values[order - 1] + order / (order - 2) * slopes[order - 2]
    return values, slopes
