"""Ordinary samples that a referee would try: kinds of magnetism without tunnelling systems, with random parameters.

Their laws are computed here, by exact diagonalisation and exact sums over total spins, mostly without the code of the
dictionary that they are held against, and their parameters lie between its entries, or are of kinds that it does not
have: clusters of three and four ions, pairs with a splitting, ions of other elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.ordinary.responses import Clusters, CoupledIons, FreeIons, ResponseBlock, Specks
from glasspara.physics.ions.zero_field_splitting import rhombic_spin_mean
from glasspara.units import BOHR_MAGNETON, BOLTZMANN

Law = Callable[[FloatArray, FloatArray], FloatArray]
"""Magnetisation, emu/g, at T and H."""
Levels = list[tuple[float, float]]
"""Energy (K) and total spin of each multiplet of a cluster of ions."""

_ZEEMAN = BOHR_MAGNETON / BOLTZMANN


@dataclass(frozen=True)
class Sample:
    """A sample: its magnetisation, its iron that a mass spectrometer would count, g^-1, and whether it has others."""

    name: str
    law: Law
    iron: float
    other_ions: bool = False


@dataclass(frozen=True)
class Part:
    """Terms with weights, the shares that they take of the free Fe2+ and Fe3+, and the iron that they add."""

    terms: list[tuple[float, Law]]
    fe2: float = 0.0
    fe3: float = 0.0
    iron: float = 0.0


Draw = Callable[[np.random.Generator, float, float], Part]
"""What a kind of ordinary magnetism puts in, given the free Fe2+ and Fe3+, g^-1."""


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """Uniform in the logarithm."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def of(block: ResponseBlock) -> Law:
    """The magnetisation of the first entry of a block, per unit weight."""
    return lambda T, H: block.columns(T, H)[0]


FE2, FE3 = of(FreeIons(((2.0, 2.0),))), of(FreeIons(((2.5, 2.0),)))


def split(d_zfs: float, s: float, rhombicity: float, g: float = 2.0) -> Law:
    """An ion with a zero-field splitting, by exact diagonalisation."""

    def law(T: FloatArray, H: FloatArray) -> FloatArray:
        b = g * _ZEEMAN * H / T
        mean = rhombic_spin_mean(d_zfs / T, b, s=s, rhombicity=rhombicity, polar=16, azimuthal=6)[0]
        return np.asarray(g * BOHR_MAGNETON * mean)

    return law


def coupled(levels: Levels) -> Law:
    """A cluster of ions with isotropic exchange, g = 2: a sum over its multiplets."""

    def law(T: FloatArray, H: FloatArray) -> FloatArray:
        b, lowest = 2.0 * _ZEEMAN * H / T, min(energy for energy, _ in levels)
        highest = np.max([s * np.abs(b) - (energy - lowest) / T for energy, s in levels], axis=0)
        count, moment = np.zeros(T.shape), np.zeros(T.shape)
        for energy, s in levels:
            for m in np.arange(-s, s + 0.5):
                weight = np.exp(m * b - (energy - lowest) / T - highest)
                count += weight
                moment += m * weight
        return np.asarray(2.0 * BOHR_MAGNETON * moment / count)

    return law


def totals(a: float, b: float) -> Iterator[float]:
    """Total spins of two."""
    yield from np.arange(abs(a - b), a + b + 0.5).tolist()


def triple(coupling: float, outer: float, middle: float, ratio: float) -> Levels:
    """Three spins: the outer two with the middle one by ``coupling``, K, with each other by ``ratio`` times that."""
    return [
        (0.5 * coupling * (s * (s + 1.0) + (ratio - 1.0) * pair * (pair + 1.0)), s)
        for pair in totals(outer, outer)
        for s in totals(pair, middle)
    ]


def four(coupling: float, spin: float, ratio: float) -> Levels:
    """Four spins: a ring (``ratio`` 0), a tetrahedron (1), or a ring with weaker diagonals."""
    return [
        (
            0.5 * coupling * (s * (s + 1.0) + (ratio - 1.0) * (a * (a + 1.0) + b * (b + 1.0))),
            s,
        )
        for a in totals(spin, spin)
        for b in totals(spin, spin)
        for s in totals(a, b)
    ]


def pair(coupling: float, a: float, b: float) -> Levels:
    return [(0.5 * coupling * s * (s + 1.0), s) for s in totals(a, b)]


def _spin_operators(s: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    m = np.arange(s, -s - 0.5, -1.0)
    up = np.diag(np.sqrt(s * (s + 1.0) - m[1:] * (m[1:] + 1.0)), 1)
    return 0.5 * (up + up.T), 0.5 * (up - up.T), np.diag(m)  # S_x, i S_y, S_z: all real


def split_pair(coupling: float, d_zfs: float, s: float) -> Law:
    """Two coupled ions, each with the same axial splitting; powder average over eight polar angles."""
    x, iy, z = _spin_operators(s)
    one = np.eye(len(x))
    zero_field = coupling * (np.kron(x, x) - np.kron(iy, iy) + np.kron(z, z))
    zero_field += d_zfs * (np.kron(z @ z, one) + np.kron(one, z @ z))
    along, across = (2.0 * (np.kron(item, one) + np.kron(one, item)) for item in (z, x))
    cosines, weights = np.polynomial.legendre.leggauss(16)

    def law(T: FloatArray, H: FloatArray) -> FloatArray:
        fields, place = np.unique(H, return_inverse=True)
        found = np.zeros(T.shape)
        for cosine, weight in zip(cosines[8:], weights[8:], strict=True):
            moment = cosine * along + np.sqrt(1.0 - cosine**2) * across
            energies, states = np.linalg.eigh(
                zero_field - _ZEEMAN * fields[:, np.newaxis, np.newaxis] * moment
            )
            moments = np.einsum("fji,jk,fki->fi", states, moment, states, optimize=True)
            boltzmann = np.exp(-(energies - energies[:, :1])[place] / T[:, np.newaxis])
            found += weight * np.sum(boltzmann * moments[place], axis=1) / boltzmann.sum(axis=1)
        return np.asarray(BOHR_MAGNETON * found)

    return law


def doublet(g_along: float, g_across: float) -> Law:
    """An effective spin 1/2 with an anisotropic g factor; powder average."""
    cosines, weights = np.polynomial.legendre.leggauss(64)
    g = np.sqrt((g_along * cosines) ** 2 + g_across**2 * (1.0 - cosines**2))

    def law(T: FloatArray, H: FloatArray) -> FloatArray:
        fraction = np.tanh(0.5 * _ZEEMAN * np.multiply.outer(H / T, g))
        return np.asarray(0.25 * BOHR_MAGNETON * (fraction @ (weights * g)))

    return law


def _iron(rng: np.random.Generator, n2: float, n3: float) -> tuple[float, float]:
    """The spin of one of the two irons, and its number."""
    return (2.0, n2) if rng.random() < 0.5 else (2.5, n3)


def _of_iron(s: float, n: float, laws: Sequence[Law], share: float, ions: int) -> Part:
    """A ``share`` of the iron of spin ``s`` in carriers of so many ``ions``, evenly of these ``laws``."""
    terms = [(share * n / ions / len(laws), law) for law in laws]
    return Part(terms, fe2=share) if s == 2.0 else Part(terms, fe3=share)


def _signed(rng: np.random.Generator, low: float, high: float) -> float:
    """A coupling, three times as often antiferromagnetic (> 0) as ferromagnetic."""
    return float(rng.choice([1.0, 1.0, 1.0, -1.0])) * between(rng, low, high)


def _split_part(s: float, g_high: float = 2.0) -> Draw:
    def draw(rng: np.random.Generator, n2: float, n3: float) -> Part:
        low, high = (0.5, 18.0) if s == 2.0 else (0.1, 2.3)
        d_zfs = float(rng.choice([-1.0, 1.0])) * between(rng, low, high)
        law = split(d_zfs, s, float(rng.uniform(0.0, 1.0 / 3.0)), float(rng.uniform(2.0, g_high)))
        return _of_iron(s, n2 if s == 2.0 else n3, [law], float(rng.uniform(0.05, 1.0)), 1)

    return draw


def _distributed(rng: np.random.Generator, n2: float, n3: float) -> Part:
    """All Fe2+ with D of 3 to 15 K and all Fe3+ with 0.3 to 0.8 K."""
    two = [(n2 / 6.0, split(float(rng.uniform(3.0, 15.0)), 2.0, 0.0)) for _ in range(6)]
    three = [(n3 / 6.0, split(float(rng.uniform(0.3, 0.8)), 2.5, 1.0 / 3.0)) for _ in range(6)]
    return Part(two + three, fe2=1.0, fe3=1.0)


def _mean_field(rng: np.random.Generator, n2: float, n3: float) -> Part:
    theta = -between(rng, 0.02, 6.0) if rng.random() < 0.7 else between(rng, 0.01, 0.28)
    share = float(rng.uniform(0.05, 1.0))
    two, three = (of(CoupledIons(j, (theta,))) for j in (2.0, 2.5))
    return Part([(share * n2, two), (share * n3, three)], fe2=share, fe3=share)


def _pairs(rng: np.random.Generator, n2: float, n3: float) -> Part:
    s, n = _iron(rng, n2, n3)
    law = coupled(pair(_signed(rng, 0.12, 35.0), s, s))
    return _of_iron(s, n, [law], float(rng.uniform(0.02, 0.4)), 2)


def _distributed_pairs(rng: np.random.Generator, n2: float, n3: float) -> Part:
    """Couplings spread lognormally, by a factor of e."""
    s, n = _iron(rng, n2, n3)
    couplings = np.minimum(between(rng, 0.3, 10.0) * np.exp(rng.standard_normal(12)), 38.0)
    laws = [coupled(pair(float(coupling), s, s)) for coupling in couplings]
    return _of_iron(s, n, laws, float(rng.uniform(0.02, 0.4)), 2)


def _split_pairs(rng: np.random.Generator, n2: float, n3: float) -> Part:
    s, n = _iron(rng, n2, n3)
    d_zfs = float(rng.choice([-1.0, 1.0])) * (between(rng, 2.0, 12.0) if s == 2.0 else between(rng, 0.2, 1.0))
    law = split_pair(_signed(rng, 0.3, 10.0), d_zfs, s)
    return _of_iron(s, n, [law], float(rng.uniform(0.02, 0.4)), 2)


def _triples(rng: np.random.Generator, n2: float, n3: float) -> Part:
    """Rods (the ends uncoupled) to triangles."""
    s, n = _iron(rng, n2, n3)
    law = coupled(triple(_signed(rng, 0.12, 35.0), s, s, float(rng.uniform(0.0, 1.0))))
    return _of_iron(s, n, [law], float(rng.uniform(0.02, 0.4)), 3)


def _fours(rng: np.random.Generator, n2: float, n3: float) -> Part:
    s, n = _iron(rng, n2, n3)
    law = coupled(four(_signed(rng, 0.12, 35.0), s, float(rng.uniform(0.0, 1.0))))
    return _of_iron(s, n, [law], float(rng.uniform(0.02, 0.4)), 4)


def _mixed(rng: np.random.Generator, n2: float, n3: float) -> Part:
    """Fe2+ with Fe3+: pairs, and triples with either in the middle."""
    ions2, ions3 = [(1, 1), (1, 2), (2, 1)][int(rng.integers(3))]
    coupling, amount = _signed(rng, 0.12, 35.0), float(rng.uniform(0.02, 0.3)) * min(n2, n3)
    outer, middle = (2.5, 2.0) if ions3 == 2 else (2.0, 2.5)
    levels = pair(coupling, 2.0, 2.5) if ions2 == ions3 else triple(coupling, outer, middle, 0.0)
    return Part([(amount, coupled(levels))], fe2=ions2 * amount / n2, fe3=ions3 * amount / n3)


def _clusters(rng: np.random.Generator, n2: float, n3: float) -> Part:  # noqa: ARG001
    """Superparamagnetic clusters, their moments spread lognormally, every other time with Bloch's law."""
    spread, bloch = float(rng.choice([0.0, 0.5, 1.0])), float(rng.choice([0.0, between(rng, 3e-6, 4e-5)]))
    moments = between(rng, 12.0, 4000.0) * np.exp(spread * rng.standard_normal(12))
    amount = between(rng, 1.0e-6, 1.0e-4) / 12.0

    def law(T: FloatArray, H: FloatArray) -> FloatArray:
        shapes = [of(Clusters((mu,)))(T, H) / (BOHR_MAGNETON * mu) for mu in np.clip(moments, 10.0, 1e4)]
        return np.asarray(sum(shapes) * np.maximum(1.0 - bloch * T**1.5, 0.0))

    return Part([(amount, law)])


def _blocked_clusters(rng: np.random.Generator, n2: float, n3: float) -> Part:  # noqa: ARG001
    """Clusters cooled without field: their volumes, and so blocking temperatures, are spread lognormally.

    A cluster turns where its barrier, which the field lowers, is below 25 k_B T; blocked it leans by 0.6 H/H_k.
    """
    typical, spread = between(rng, 2.0, 60.0), float(rng.uniform(0.2, 0.7))
    moment = between(rng, 200.0, 8000.0)
    field = min(50.0 * typical / (moment * _ZEEMAN) * between(rng, 0.6, 1.6), 1.8e4)
    amount, steps = between(rng, 1.0e-6, 2.0e-4), np.linspace(-2.2, 2.2, 27)
    shares = np.exp(-0.5 * steps**2)

    def law(T: FloatArray, H: FloatArray) -> FloatArray:
        found, fraction = np.zeros(T.shape), np.minimum(np.abs(H) / field, 1.0)
        for step, share in zip(steps, shares / shares.sum(), strict=True):
            size = float(np.exp(spread * step))
            free = of(Clusters((moment * size,)))(T, H) / (BOHR_MAGNETON * moment * size)
            above = (T / (typical * size) - (1.0 - fraction) ** 1.5) / 0.06
            turning = 0.5 * (1.0 + np.tanh(0.5 * above))
            found += share * (turning * free + (1.0 - turning) * np.minimum(0.6 * fraction, free))
        return np.asarray(found)

    return Part([(amount, law)])


def _speck(rng: np.random.Generator, n2: float, n3: float) -> Part:  # noqa: ARG001
    h_sat, bloch = between(rng, 250.0, 1.8e4), float(rng.uniform(0.0, 3.0e-5))
    law = of(Specks("tanh" if rng.random() < 0.5 else "hyperbola", (h_sat,), bloch))
    return Part([(between(rng, 1.0e-6, 1.0e-4), law)])


def _small_spins(rng: np.random.Generator, n2: float, n3: float) -> Part:
    """Spins of 1/2 to 3/2, alone or in pairs: iron of another spin state."""
    amount, s = between(rng, 0.02, 0.5) * (n2 + n3), float(rng.choice([0.5, 1.0, 1.5]))
    if rng.random() < 0.5:
        return Part([(amount, of(FreeIons(((s, 2.0),))))], iron=amount)
    return Part([(amount / 2.0, coupled(pair(between(rng, 0.2, 30.0), s, s)))], iron=amount)


OTHER_IONS: dict[str, Callable[[np.random.Generator], Law]] = {
    "V4+": lambda rng: doublet(1.94, 1.98),  # noqa: ARG005
    "Cu2+": lambda rng: doublet(2.34, 2.06),  # noqa: ARG005
    "Cr3+": lambda rng: split(float(rng.uniform(0.1, 1.5)), 1.5, 0.2, 1.98),
    "Mn2+": lambda rng: split(float(rng.uniform(0.05, 0.4)), 2.5, 0.2),
    "Mn3+": lambda rng: split(-float(rng.uniform(3.0, 7.0)), 2.0, 0.1),
    "Ni2+": lambda rng: split(float(rng.uniform(4.0, 20.0)), 1.0, 0.1, 2.2),
    "V3+": lambda rng: split(float(rng.uniform(8.0, 25.0)), 1.0, 0.1, 1.9),
    "Co2+": lambda rng: split(float(rng.choice([-12.0, 60.0, 120.0])), 1.5, 0.1, 2.4),
    "Gd3+": lambda rng: split(float(rng.uniform(0.02, 0.2)), 3.5, 0.2),
    "Ce3+": lambda rng: doublet(float(rng.uniform(0.6, 3.7)), float(rng.uniform(0.2, 2.4))),
    "Nd3+": lambda rng: doublet(float(rng.uniform(1.5, 4.0)), float(rng.uniform(1.0, 3.0))),
    "Yb3+": lambda rng: doublet(float(rng.uniform(1.0, 6.0)), float(rng.uniform(1.0, 4.5))),
    "Er3+": lambda rng: doublet(float(rng.uniform(1.0, 14.0)), float(rng.uniform(1.0, 9.0))),
    "Ising": lambda rng: doublet(float(rng.uniform(6.0, 18.0)), float(rng.uniform(0.0, 0.5))),
}
"""One ion each: transition metals and rare earths, with splittings and g factors of glasses and crystals."""


def _other_ions(rng: np.random.Generator, n2: float, n3: float) -> Part:
    name = str(rng.choice(list(OTHER_IONS)))
    return Part([(between(rng, 0.03, 1.5) * (n2 + n3), OTHER_IONS[name](rng))])


KINDS: dict[str, Draw] = {
    "D of Fe2+": _split_part(2.0),
    "g and D of Fe2+": _split_part(2.0, 2.25),
    "D of Fe3+": _split_part(2.5),
    "D distributed": _distributed,
    "mean field": _mean_field,
    "pairs": _pairs,
    "pairs, J distributed": _distributed_pairs,
    "pairs with D": _split_pairs,
    "mixed valence": _mixed,
    "triples": _triples,
    "four spins": _fours,
    "clusters": _clusters,
    "blocked clusters": _blocked_clusters,
    "speck": _speck,
    "small spins": _small_spins,
    "other ions": _other_ions,
}
TWO = "two kinds at once"
ROWS = (*KINDS, TWO)


def ordinary_sample(rng: np.random.Generator, row: str | None = None) -> Sample:
    """Larmor, free iron and one kind of ordinary magnetism, or two; of a random row if None."""
    row = row or str(rng.choice(ROWS))
    total = between(rng, 0.7e17, 5.0e17)
    x = float(rng.uniform(0.2, 0.8))
    n2, n3, chi_larmor = x * total, (1.0 - x) * total, float(rng.uniform(3.5e-7, 4.8e-7))
    kinds = rng.choice(list(KINDS), size=2, replace=False).tolist() if row == TWO else [row]
    terms: list[tuple[float, Law]] = []
    iron = total
    for kind in kinds:
        part = KINDS[kind](rng, n2, n3)
        terms += part.terms
        n2, n3, iron = n2 * (1.0 - part.fe2), n3 * (1.0 - part.fe3), iron + part.iron
    terms += [(n2, FE2), (n3, FE3)]

    def law(T: FloatArray, H: FloatArray) -> FloatArray:
        return np.asarray(-chi_larmor * H + sum(weight * term(T, H) for weight, term in terms))

    return Sample(" + ".join(kinds), law, iron, other_ions="other ions" in kinds)
