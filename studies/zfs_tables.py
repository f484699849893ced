"""Makes the tables of ions with a zero-field splitting, ``glasspara/physics/zfs_tables.npz``, and measures their error.

python -m studies.zfs_tables            makes the file, about five minutes on one core
python -m studies.zfs_tables --check    compares the file with exact levels at random points
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.polynomial import chebyshev

from glasspara.arrays import FloatArray
from glasspara.physics.ions.langevin import brillouin
from glasspara.physics.ions.levels import rhombic_spin_mean
from glasspara.physics.ions.zero_field_splitting import (
    B_LIMIT,
    RHOMBICITIES,
    SPLITTING_SCALES,
    Scales,
    reduced_response,
)

TARGET = Path(__file__).parent.parent / "glasspara" / "physics" / "zfs_tables.npz"
ORDERS = (88, 32)
"""Terms of the series in u and in v. Even, so that no node lies at a = 0, where R is 1 by construction."""
DIRECTIONS = {"polar": 48, "azimuthal": 16}


def nodes(count: int) -> FloatArray:
    """Chebyshev nodes."""
    return np.asarray(np.cos(np.pi * (np.arange(count) + 0.5) / count))


def table(s: float, rhombicity: float, scales: Scales) -> FloatArray:
    """Coefficients c_kl of one spin and E/D, shape ``ORDERS``."""
    u, v = (nodes(count) for count in ORDERS)
    a = scales.a_bend * np.sinh(scales.u_range * u)
    b = scales.b_bend * np.sqrt(np.expm1(scales.v_range * (v + 1.0) / 2.0))
    mean = rhombic_spin_mean(a[:, np.newaxis], b, s=s, rhombicity=rhombicity, **DIRECTIONS)[0]
    ratio = mean / (s * brillouin(s * b, j=s))
    across, along = (chebyshev.chebvander(x, x.size - 1) for x in (u, v))
    found = np.linalg.solve(across, np.linalg.solve(along, ratio.T).T)
    # R = 1 at a = 0: what the truncated series says there (about 1e-8) goes into the term without u
    found[0] -= chebyshev.chebvander(np.zeros(1), ORDERS[0] - 1)[0] @ found
    found[0, 0] += 1.0
    return np.asarray(found)


def errors(s: float, rhombicity: float, scales: Scales, *, count: int, seed: int = 1) -> FloatArray:
    """Largest errors at random points: of m relative to m, and of the derivatives relative to their largest values."""
    rng = np.random.default_rng(seed)
    half = count // 2
    a = np.concatenate([rng.uniform(-scales.a_limit, scales.a_limit, half), rng.uniform(-3.0, 3.0, half)])
    b = np.concatenate([np.exp(rng.uniform(-6.0, np.log(B_LIMIT), half)), rng.uniform(0.0, B_LIMIT, half)])
    exact = np.stack(rhombic_spin_mean(a, b, s=s, rhombicity=rhombicity, **DIRECTIONS))
    wrong = np.abs(reduced_response(a, b, s=s, rhombicity=rhombicity) - exact)
    return np.array([np.max(wrong[0] / exact[0]), *(wrong[1:].max(axis=1) / np.abs(exact[1:]).max(axis=1))])


def main(argv: Sequence[str] | None = None) -> None:
    """Write the file, or check it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare the file with exact levels instead")
    parser.add_argument("--points", type=int, default=2000, help="points of the comparison (default 2000)")
    options = parser.parse_args(argv)
    if options.check:
        print("| S | E/D | moment, relative | by a | by b |\n|---|---|---|---|---|")
        for s, scales in SPLITTING_SCALES.items():
            for rhombicity in RHOMBICITIES:
                cells = " | ".join(f"{x:.1e}" for x in errors(s, rhombicity, scales, count=options.points))
                print(f"| {s:g} | {rhombicity:.3g} | {cells} |", flush=True)
        return
    made = {
        f"s{s:g}": np.stack([table(s, rhombicity, scales) for rhombicity in RHOMBICITIES])
        for s, scales in SPLITTING_SCALES.items()
    }
    with TARGET.open("wb") as stream:
        np.savez(stream, **made)


if __name__ == "__main__":
    main()
