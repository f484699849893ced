"""The dictionary of ordinary magnetism: what a glass may hold beside tunnelling systems, and its columns.

Every contribution is a known function of (T, H) times a number of carriers that cannot be negative, so that all of
ordinary magnetism is the cone of their combinations: any mixture, and any distribution of splittings, couplings or
sizes, is in it. The grids are so fine that whatever lies between two entries is their mixture to within errors of
0.1 % of each point; ``docs/ordinary.md`` has the measured misfits, and where the ranges come from.

A fit uses many entries; :func:`components_of` says the same by few :class:`Component` that a physicist would name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.ordinary.directions import Curve
from glasspara.ordinary.responses import (
    BlockedClusters,
    Clusters,
    CoupledIons,
    FreeIons,
    Pairs,
    ResponseBlock,
    Specks,
    SplitIons,
    anisotropy_field,
)

MomentKind = Literal[
    "free ion", "zero-field splitting", "mean field", "pair", "cluster", "ferromagnetic speck", "trace ion"
]

FREE_IONS = ((0.5, 2.0), (1.0, 2.0), (1.5, 2.0), (2.0, 2.0), (2.5, 2.0), (2.0, 2.25))
"""(J, g) of free ions. J = 2 and 5/2 are Fe2+ and Fe3+ (arXiv:2111.12644, eq. (17)), lower ones iron in other spin
states. Fe2+ keeps some orbital moment: g from 2.0 to 2.3 (A. Abragam and B. Bleaney, 1970, 7.13)."""

SITE_RHOMBICITIES = (0.0, 1.0 / 3.0)
"""E/D of ions with a zero-field splitting: what lies between is their mixture, as is a distribution of it."""

SPLITTING_GRIDS = {(2.0, 2.0): (0.3, 20.0, 18), (2.0, 2.25): (0.3, 20.0, 14), (2.5, 2.0): (0.1, 2.5, 9)}
"""\\|D\\|/k_B by (S, g): lowest and highest, K, and number of values. In silicate glasses Fe2+ has 3 to 15 K and Fe3+
0.1 to 0.8 K; E/D = 1/3 with its resonance at g = 4.3 is the commonest site of Fe3+ in glass (T. Castner, G. S. Newell,
W. C. Holton and C. P. Slichter, J. Chem. Phys. 32, 668, 1960)."""

MEAN_FIELDS = (-8.0, -5.0, -3.0, -2.2, -1.5, -1.0, -0.65, -0.4, -0.2, -0.08, 0.08, 0.18, 0.3)
"""Curie-Weiss temperatures, K. Dipoles of 1e17 to 1e19 ions per g give 1e-4 to 1e-2 K; exchange, in iron-rich parts
of a glass, is antiferromagnetic and gives up to some K."""

WEAK_PAIRS = (
    -40.0, -15.0, -7.0, -3.5, -1.8, -1.0, -0.5, -0.2, 0.1, 0.2, 0.36, 0.5, 0.65, 0.82, 1.0, 1.25, 1.5, 1.8, 2.2,
    2.7, 3.3, 4.0, 5.0, 6.3, 8.0, 11.0, 15.0, 20.0, 28.0, 40.0,
)  # fmt: skip
MIXED_PAIRS = (1.0, 1.7, 2.6, 4.0, 6.5, 9.0, 13.0, 18.0, 27.0, 40.0)
SMALL_SPIN_PAIRS = {
    0.5: (2.5, 4.0, 5.5, 7.5, 10.0, 13.0, 17.0, 23.0, 32.0),
    1.0: (2.2, 3.0, 3.8, 4.8, 6.0, 8.0, 12.0, 18.0, 28.0),
}
STRONG_PAIRS = (60.0, 90.0, 140.0, 210.0, 300.0)
"""Exchange J/k_B of pairs, K, positive for antiferromagnetic ones: through hydrogen bonds and phosphate or silicate
groups 0.1 to 10 K, through a shared hydroxide some 10 K, through a shared oxygen 100 to 300 K. Mixed ones are of Fe2+
and Fe3+, those of small spins defects, copper or low-spin iron (1/2) and nickel (1): where the lines of singlet and
triplet cross in the fields of a magnetometer they are like no mixture of others. The strong ones are silent but at the
highest temperatures, where enough of them mimic anything: they stand in the dictionary only where the iron of the
sample is known, which bounds their number."""

CLUSTER_GRID = (10.0, 1.0e4, 30)
"""Moments of superparamagnetic clusters, Bohr magnetons: below 10 they are pairs and ions, above 1e4 specks."""

BLOCKED_MOMENTS = (100.0, 1.0e4, 7)
BLOCKING_TEMPERATURES = (2.5, 60.0, 10)
ANISOTROPY_FIELDS = (5.0e2, 2.0e4)
"""Moments (Bohr magnetons) and blocking temperatures (K) of clusters that are blocked when cold, and the range of
anisotropy fields (Oe) within which they stand in the dictionary: below it the field of a run frees them, above it
they are harder than hexaferrites (17 kOe). Cooled in a field they have other moments: warming and cooling differ."""

SPECK_GRID = (200.0, 2.0e4, 12)
"""Fields that saturate a ferromagnetic speck, Oe: demagnetising fields (4 pi/3) M_s of a sphere are 2 kOe for magnetite
and 7 kOe for iron, less along needles and platelets, more for hard or ill-crystallised grains."""

BLOCH = (0.0, 5.0e-5)
"""Bloch's constants, K^-3/2, of specks: what lies between is a mixture. Iron has 3.4e-6, nickel 7.5e-6, small particles
several times as much (C. Kittel, Introduction to Solid State Physics, chapter on ferromagnetism)."""

_PART = 20_000
"""Points of a curve that are computed at a time, which bounds the memory."""


@dataclass(frozen=True)
class Entry:
    """One kind of carrier.

    ``line`` names the row of neighbours that it stands in and ``place`` where; ``value`` is the parameter that changes
    along the row. ``unit`` is that of its weight: g^-1 or, for specks, emu/g (saturation at T = 0). ``iron`` is how
    many iron ions one carrier has, 0 for those that do not count against the iron of the sample.
    """

    name: str
    kind: MomentKind
    line: str
    place: int
    symbol: str
    value: float
    params: Mapping[str, float]
    unit: str
    iron: float


Group = tuple[ResponseBlock, list[Entry]]
"""Entries of one law, and what computes them."""


@dataclass(frozen=True)
class Dictionary:
    """Entries of ordinary magnetism, in groups; ``entries`` run through the groups in order."""

    groups: tuple[Group, ...]

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(entry for _, entries in self.groups for entry in entries)

    @cached_property
    def iron(self) -> FloatArray:
        """Iron ions of one carrier of each entry."""
        return np.array([entry.iron for entry in self.entries])

    def columns(self, T: FloatArray, H: FloatArray) -> FloatArray:
        """Magnetisation, emu/g, per unit weight of every entry at ``T`` (K) and ``H`` (Oe); shape (n, entries)."""
        return np.concatenate([block.columns(T, H) for block, _ in self.groups]).T

    def curve(self, T: FloatArray, H: FloatArray, weights: FloatArray) -> Curve:
        """The magnetisation of all entries with their ``weights``, and its slopes."""
        total = np.zeros((3, len(T)))
        places = [(block, place) for block, entries in self.groups for place in range(len(entries))]
        for index in np.flatnonzero(weights):
            block, place = places[index]
            for first in range(0, len(T), _PART):
                part = slice(first, first + _PART)
                total[:, part] += weights[index] * np.stack(block.response(place, T[part], H[part]))
        return Curve(*total)


def ordinary_dictionary(
    *, trace_ions: Sequence[tuple[str, float, float]] = (), strong_pairs: bool = False
) -> Dictionary:
    """The whole dictionary.

    ``trace_ions`` are further free ions, each with name, J and g; they do not count as iron. ``strong_pairs``
    adds ``STRONG_PAIRS``, for samples whose iron is known.
    """
    couplings = WEAK_PAIRS + STRONG_PAIRS if strong_pairs else WEAK_PAIRS
    groups = [
        _free_ions(),
        *(_split_ions(s, g, rhombicity) for s, g in SPLITTING_GRIDS for rhombicity in SITE_RHOMBICITIES),
        *(_coupled_ions(j) for j in (2.0, 2.5)),
        *(_pairs(s, s, couplings) for s in (2.0, 2.5)),
        _pairs(2.0, 2.5, MIXED_PAIRS),
        *(_pairs(s, s, values) for s, values in SMALL_SPIN_PAIRS.items()),
        _clusters(),
        *(_blocked_clusters(moment) for moment in np.geomspace(*BLOCKED_MOMENTS).tolist()),
        *(_specks(shape, bloch) for shape in ("tanh", "hyperbola") for bloch in BLOCH),
    ]
    if trace_ions:
        groups.append(_trace_ions(trace_ions))
    return Dictionary(tuple(groups))


def _row(
    values: Sequence[float],
    *,
    kind: MomentKind,
    line: str,
    symbol: str,
    unit: str = "g^-1",
    iron: float = 1.0,
    text: Callable[[float], str],
    **fixed: float,
) -> list[Entry]:
    """Entries of one row of neighbours."""
    return [
        Entry(text(value), kind, line, place, symbol, value, {symbol: value, **fixed}, unit, iron)
        for place, value in enumerate(values)
    ]


def _spin(s: float) -> str:
    return f"{round(2 * s)}/2" if s % 1 else f"{s:g}"


def _free_ions() -> Group:
    entries = [
        Entry(
            f"free ions, J = {_spin(j)}, g = {g:g}", "free ion", f"free ions, J = {_spin(j)}, g = {g:g}", 0, "J", j,
            {"J": j, "g": g}, "g^-1", 1.0,
        )
        for j, g in FREE_IONS
    ]  # fmt: skip
    return FreeIons(FREE_IONS), entries


def _trace_ions(ions: Sequence[tuple[str, float, float]]) -> Group:
    block = FreeIons(tuple((j, g) for _, j, g in ions))
    entries = [
        Entry(f"{name} ions", "trace ion", f"trace {name}", 0, "J", j, {"J": j, "g": g}, "g^-1", 0.0)
        for name, j, g in ions
    ]
    return block, entries


def _split_ions(s: float, g: float, rhombicity: float) -> Group:
    sizes = np.geomspace(*SPLITTING_GRIDS[s, g]).tolist()
    easy_plane, easy_axis = tuple(sizes), tuple(-size for size in sizes)
    entries = [
        entry
        for values, sign in ((easy_plane, ">"), (easy_axis, "<"))
        for entry in _row(
            values,
            kind="zero-field splitting",
            line=f"zero-field splitting, S = {_spin(s)}, g = {g:g}, D {sign} 0",
            symbol="D",
            text=lambda d: f"S = {_spin(s)}, g = {g:g}, D = {d:.3g} K, E/D = {rhombicity:.2g}",
            S=s,
            g=g,
            rhombicity=rhombicity,
        )
    ]
    return SplitIons(s, rhombicity, easy_plane + easy_axis, g), entries


def _coupled_ions(j: float) -> Group:
    entries = _row(
        MEAN_FIELDS,
        kind="mean field",
        line=f"mean field, J = {_spin(j)}",
        symbol="theta",
        text=lambda theta: f"J = {_spin(j)}, theta = {theta:.3g} K",
        J=j,
    )
    return CoupledIons(j, MEAN_FIELDS), entries


def _pairs(s: float, other: float, couplings: tuple[float, ...]) -> Group:
    spins = f"S = {_spin(s)}" if s == other else f"S = {_spin(s)} and {_spin(other)}"
    entries = _row(
        couplings,
        kind="pair",
        line=f"pairs, {spins}",
        symbol="coupling",
        iron=2.0,
        text=lambda coupling: f"pairs of {spins}, J = {coupling:.3g} K",
        S=s,
        other=other,
    )
    return Pairs(s, couplings, other), entries


def _clusters() -> Group:
    values = tuple(np.geomspace(*CLUSTER_GRID).tolist())
    entries = _row(
        values,
        kind="cluster",
        line="clusters",
        symbol="mu",
        iron=0.0,
        text=lambda moment: f"clusters of {moment:.3g} mu_B",
    )
    return Clusters(values), entries


def _blocked_clusters(moment: float) -> Group:
    low, high = ANISOTROPY_FIELDS
    values = tuple(
        blocking
        for blocking in np.geomspace(*BLOCKING_TEMPERATURES).tolist()
        if low <= anisotropy_field(moment, blocking) <= high
    )
    entries = _row(
        values,
        kind="cluster",
        line=f"blocked clusters, mu = {moment:.3g} mu_B",
        symbol="T_B",
        iron=0.0,
        text=lambda blocking: f"clusters of {moment:.3g} mu_B, blocked below {blocking:.3g} K",
        mu=moment,
    )
    return BlockedClusters(moment, values), entries


def _specks(shape: Literal["tanh", "hyperbola"], bloch: float) -> Group:
    values = tuple(np.geomspace(*SPECK_GRID).tolist())
    law = "" if bloch == 0.0 else f", Bloch's constant {bloch:g} K^-3/2"
    entries = _row(
        values,
        kind="ferromagnetic speck",
        line="ferromagnetic specks",
        symbol="H_s",
        unit="emu/g",
        iron=0.0,
        text=lambda field: f"speck, {shape}, H_s = {field:.3g} Oe{law}",
        bloch=bloch,
    )
    return Specks(shape, values, bloch), entries


@dataclass(frozen=True)
class Component:
    """Neighbouring entries of one row taken together, as they stand for one value between or a distribution.

    ``name`` says the row; ``symbol`` is the parameter along it, with its ``mean`` (by weight) and ``range``. ``weight``
    is in ``unit``. ``share_of_signal`` is its part of the magnetisation other than Larmor's: the sum of
    \\|contribution\\| over the points, over that of all components.
    """

    kind: MomentKind
    name: str
    symbol: str
    mean: float
    range: tuple[float, float]
    unit_of_parameter: str
    weight: float
    unit: str
    iron: float
    share_of_signal: float
    entries: tuple[int, ...]


PARAMETER_UNITS = {"J": "1", "D": "K", "theta": "K", "coupling": "K", "mu": "mu_B", "T_B": "K", "H_s": "Oe"}


def components_of(dictionary: Dictionary, weights: FloatArray, signals: FloatArray) -> tuple[Component, ...]:
    """Components of the ``weights`` of a fit, the largest first; ``signals`` (entries,) are those of weight 1."""
    active = [int(index) for index in np.flatnonzero(weights > 0.0)]
    entries = dictionary.entries
    active.sort(key=lambda index: (entries[index].line, entries[index].place))
    sizes = signals[active] * weights[active]
    signal = dict(zip(active, (sizes / (sizes.sum() or 1.0)).tolist(), strict=True))
    groups: list[list[int]] = []
    for index in active:
        entry, last = entries[index], entries[groups[-1][-1]] if groups else None
        if last is not None and last.line == entry.line and entry.place - last.place <= 1:
            groups[-1].append(index)
        else:
            groups.append([index])
    found = [_component(dictionary, weights, group, signal) for group in groups]
    return tuple(sorted(found, key=lambda item: -item.share_of_signal))


def _component(
    dictionary: Dictionary, weights: FloatArray, group: list[int], signal: Mapping[int, float]
) -> Component:
    members = [dictionary.entries[index] for index in group]
    values, amounts = np.array([item.value for item in members]), weights[group]
    first = members[0]
    return Component(
        kind=first.kind,
        name=first.line,
        symbol=first.symbol,
        mean=float(values @ amounts / amounts.sum()),
        range=(float(values.min()), float(values.max())),
        unit_of_parameter=PARAMETER_UNITS[first.symbol],
        weight=float(amounts.sum()),
        unit=first.unit,
        iron=float(sum(item.iron * weight for item, weight in zip(members, amounts, strict=True))),
        share_of_signal=sum(signal[index] for index in group),
        entries=tuple(group),
    )
