"""The quantities that ``derive`` knows, each a function of parameters and assumptions, and these with their sources.

G. Jug and S. Recchia, arXiv:2111.12644: eqs. (1), (7), (12), (13), (15), (18). Eq. (1): ordered regions (RERs) are
spheres of radius xi; four that touch leave between them the regular tetrahedron of edge 2 xi less four spherical
sectors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import acos, exp, log, pi, sqrt

from glasspara.analysis.derive.fitted_values import FittedValues
from glasspara.errors import UsageError
from glasspara.model.parameters import ATS_NAMES, to_canonical
from glasspara.physics.ats import (
    PHASE_PER_AREA,
    T_REFERENCE,
    AtsParameters,
    characteristic_field,
    reduced_tunnelling_number,
    weak_field_amplitude,
    weak_field_susceptibility,
    weak_field_susceptibility_cold,
    weak_field_susceptibility_warm,
)
from glasspara.physics.ions import ION_OF_PARAMETER, curie_constant
from glasspara.units import BOHR_MAGNETON, BOLTZMANN
from glasspara.wording import shown_unit


@dataclass(frozen=True)
class Assumption:
    """A number that the data do not give: a value, or a range where ``low`` < ``high``.

    ``given`` says that the user supplied it.
    """

    name: str
    symbol: str
    low: float
    high: float
    unit: str
    source: str
    given: bool = False

    @property
    def middle(self) -> float:
        """Geometric mean of the ends."""
        return sqrt(self.low * self.high)

    @property
    def is_range(self) -> bool:
        return self.low < self.high


_FARTHEST = 1.0e9
"""How far from the default, as a factor, an assumption may be."""

_SOURCE = "arXiv:2111.12644"

DEFAULTS = (
    Assumption("xi", "ξ", 31.0, 31.0, "nm", f"RER size 2 xi of about 62 nm for BK7, {_SOURCE}"),
    Assumption("charge", "q", 1.0, 1.0, "e", "charge of one tunnelling particle: O-"),
    Assumption("n_tunn", "N_tunn", 20.0, 600.0, "1", f"range in the literature, as quoted in {_SOURCE}"),
    Assumption(
        "qs4", "(Q/e) S4", 1.0e4, 3.0e4, "A^2",
        f"three-level average with the broad maximum of M_intr(H) that Fig. 23 of {_SOURCE} has at 20 to 50 kOe",
    ),
    Assumption(
        "e_max", "E_max", 1.0e2, 1.0e3, "K", "upper cutoff of the asymmetry: not published; up to the glass transition"
    ),
    Assumption("p_star", "P*", 1.0, 1.0, "1", f"absorbed in n_ATS in the tables of {_SOURCE}"),
    Assumption(
        "oxygen", "n(O)", 2.0e22, 2.0e22, "g^-1", "oxygen of pure SiO2, 2 x 6.022e23 / 60.08 g; less in other glasses"
    ),
)  # fmt: skip
"""Every assumption with its default."""


def assume(given: Mapping[str, tuple[float, float]]) -> dict[str, Assumption]:
    """The defaults by name, replaced by the ranges that the user has ``given``.

    Raises
    ------
    UsageError
        An end is not positive or far from what is usual, or the lower above the upper.
    """
    found = {item.name: item for item in DEFAULTS}
    for name, (low, high) in given.items():
        known = found[name]
        if not known.low / _FARTHEST <= low <= high <= known.high * _FARTHEST:
            raise UsageError(
                f"{name}: {low:g} to {high:g} {shown_unit(known.unit)} is not a usual range",
                remedy=f"Give positive numbers, the lower one first; usual are {known.low:g} to {known.high:g}",
            )
        found[name] = Assumption(name, known.symbol, low, high, known.unit, "given by the user", given=True)
    return found


Values = Mapping[str, float]

_CHI, _CURIE = "emu g^-1 Oe^-1", "emu K g^-1 Oe^-1"
VOID_SHARE = 2.0 * sqrt(2.0) / 3.0 - 4.0 / 3.0 * acos(23.0 / 27.0)
"""Volume of the void between four spheres that touch, over xi^3: 0.2078; eq. (1)."""

P_STARS = {"1": 1.0, "1_2pi": 1.0 / (2.0 * pi)}
"""The two values of P* that the source speaks of: absorbed in n_ATS in its tables, and of the order of 1/(2 pi)."""

PRINTED_FACTOR = {"paper": 2.0, "exact": 1.0}
"""The weak-field limit of (10) in each convention over (12) as printed, which is the exact one."""


@dataclass(frozen=True)
class Formula:
    """A quantity: ``function`` of the values of parameters and assumptions by name, ``needs`` the latter."""

    name: str
    text: str
    unit: str
    function: Callable[[Values], float]
    needs: tuple[str, ...] = ()
    temperature: float | None = None


def void_volume(xi: float) -> float:
    """Volume of the void between four spheres of radius ``xi``, in the unit of ``xi`` cubed; eq. (1)."""
    return VOID_SHARE * xi**3


def tetrahedron_side(volume: float) -> float:
    """Edge of the regular tetrahedron of ``volume``."""
    return float((6.0 * sqrt(2.0) * volume) ** (1.0 / 3.0))


def tetrahedron_face(side: float) -> float:
    """Area of one face of a regular tetrahedron of edge ``side``."""
    return sqrt(3.0) / 4.0 * side * side


def smallest_xi(area: float) -> float:
    """Radius of the spheres whose void, as a tetrahedron, has faces of ``area``: what a loop of that area needs."""
    side = sqrt(4.0 * area / sqrt(3.0))
    return float((side**3 / (6.0 * sqrt(2.0)) / VOID_SHARE) ** (1.0 / 3.0))


def ats_of(values: Values, source: FittedValues) -> AtsParameters:
    """The parameters of the ATS term among ``values``, with the conventions of ``source``."""
    return AtsParameters(
        **{name: values[name] for name in ATS_NAMES},
        orientation=source.orientation, convention=source.convention,
    )  # fmt: skip


def _mean(v: Values) -> float:
    return 0.5 * (v["d0min_qs4"] + v["d0max_qs4"])


def _iron(v: Values) -> float:
    ions = to_canonical(v)
    return sum(
        float(ions.get(name, 0.0)) * curie_constant(ion.j, ion.g) for name, ion in ION_OF_PARAMETER.items()
    )


def _printed(equation: str, source: FittedValues) -> str:
    """An equation with the factor by which the convention multiplies it: "2 x (12)"."""
    factor = PRINTED_FACTOR[source.convention]
    return equation if factor == 1.0 else f"{factor:g} x {equation}"


def from_the_fit(source: FittedValues) -> list[Formula]:
    """What needs no assumption, at T0 = 1.26 K."""

    def amplitude(v: Values) -> float:
        return weak_field_amplitude(
            n_ats=v["n_ats"], d0min_qs4=v["d0min_qs4"], d0max_qs4=v["d0max_qs4"],
            orientation=source.orientation, convention=source.convention,
        )  # fmt: skip

    found = [
        Formula("d0_mean_qs4", "mean cutoff D_0 (Q/e) S4", "K A^2", _mean),
        Formula("ats_amplitude", "n_ATS x (D_0max - D_0min) (Q/e) S4", "K A^2 g^-1",
                lambda v: v["n_ats"] * (v["d0max_qs4"] - v["d0min_qs4"])),
        Formula("curie_constant", "Curie constant of the iron", _CURIE, _iron),
        Formula("g", f"G of (14), by {_printed('(12)', source)}", _CURIE, amplitude),
        Formula("low_t_slope", "slope of T (chi + chi_L) for kT << D_min, G/D_min (18)", _CHI,
                lambda v: amplitude(v) / v["d_min"]),
        Formula("n_tunn_growth", "N_tunn at high temperature divided by N_tunn at T0 (15)", "1",
                lambda v: exp(v["delta_mu"] / T_REFERENCE)),
        Formula("gap_field", "field at which D_0 phi = D_min", "Oe",
                lambda v: v["d_min"] / (PHASE_PER_AREA * _mean(v))),
    ]  # fmt: skip
    if source.values["delta_mu"] > 0.0:
        # D_min s(T)/2T has its maximum at T = delta_mu
        def largest_d(v: Values) -> float:
            return v["d_min"] / (2.0 * v["delta_mu"]) * exp(v["delta_mu"] / T_REFERENCE - 1.0)

        found.append(Formula("largest_d", "largest D_min(T)/2kT by (15), at kT = delta_mu", "1", largest_d))
    return found


def at_temperature(source: FittedValues, T: float) -> list[Formula]:
    """What needs no assumption but a temperature, K."""
    limits = {
        "chi_ats": (weak_field_susceptibility, f"weak-field chi of the ATS term, {_printed('(12)', source)}"),
        "chi_ats_cold": (
            weak_field_susceptibility_cold,
            f"its limit for kT << D_min, {_printed('(13)', source)}",
        ),
        "chi_ats_warm": (
            weak_field_susceptibility_warm,
            f"its limit for kT >> D_min, the fake Curie law, {_printed('(13)', source)} with its logarithm",
        ),
    }
    found = [
        Formula(name, text, _CHI, lambda v, f=function: float(f(T, ats_of(v, source))), (), T)  # type: ignore[misc]
        for name, (function, text) in limits.items()
    ]

    def growth(v: Values) -> float:
        return float(reduced_tunnelling_number(T, v["delta_mu"]))

    def to_iron(v: Values) -> float:
        return T * float(weak_field_susceptibility(T, ats_of(v, source))) / _iron(v)

    if _iron(source.values) > 0.0:
        text = "T chi_ATS divided by the Curie constant of the iron"
        found.append(Formula("ats_to_iron", text, "1", to_iron, (), T))
    return [
        *found,
        Formula("thermal_field", "field at which D_0 phi = 2kT: the ATS term deviates from its weak-field form", "Oe",
                lambda v: 2.0 * T / (PHASE_PER_AREA * _mean(v) * growth(v) ** 3), (), T),
        Formula("iron_field", "field at which g mu_B H = kT: iron deviates from Curie's law", "Oe",
                lambda _: BOLTZMANN * T / (2.0 * BOHR_MAGNETON), (), T),
    ]  # fmt: skip


def with_assumptions(measured: bool, known: Mapping[str, Assumption]) -> list[Formula]:
    """What needs assumptions. The values carry them by name."""
    if measured:
        area_needs: tuple[str, ...] = ()
    else:
        area_needs = ("d0",) if "d0" in known else ("qs4",)
    by_area = "area_per_particle" in known
    # S4 = N a and Q/e = N q
    number_needs = (*area_needs, "charge", "area_per_particle") if by_area else ("n_tunn",)

    def qs4(v: Values) -> float:
        if "b_star" in v:
            return float(characteristic_field(v["b_star"]))
        return _mean(v) / v["d0"] if "d0" in v else v["qs4"]

    def number(v: Values) -> float:
        return sqrt(qs4(v) / (v["charge"] * v["area_per_particle"])) if by_area else v["n_tunn"]

    def area(v: Values) -> float:
        return qs4(v) / (number(v) * v["charge"])

    def amplitude(v: Values) -> float:
        return _mean(v) / qs4(v)

    def side(v: Values) -> float:
        return tetrahedron_side(void_volume(10.0 * v["xi"]))

    def unique(*needs: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(needs))

    loop = unique(*area_needs, *number_needs, "charge")
    return [
        Formula("void_volume", "void between four RERs (1)", "A^3", lambda v: void_volume(10.0 * v["xi"]), ("xi",)),
        Formula("rer_size", "size 2 xi of an RER", "nm", lambda v: 2.0 * v["xi"], ("xi",)),
        Formula("void_side", "edge of the tetrahedron of that volume", "A", side, ("xi",)),
        Formula("void_face", "area of its face", "A^2", lambda v: tetrahedron_face(side(v)), ("xi",)),
        Formula("qs4", "(Q/e) S4", "A^2", qs4, area_needs),
        Formula("b_star", "B* = phi_0/[2 pi (Q/e) S4]", "T",
                lambda v: float(characteristic_field(qs4(v))), area_needs),
        Formula("d0_mean", "tunnelling amplitude D_0", "K", amplitude, area_needs),
        Formula("d0_over_d_min", "D_0/D_min", "1", lambda v: amplitude(v) / v["d_min"], area_needs),
        Formula("n_tunn", "tunnelling particles of one system", "1", number, number_needs),
        Formula("o_minus_number", "O- ions of one system, as many charges Q/e", "1",
                lambda v: number(v) * v["charge"], unique(*number_needs, "charge")),
        Formula("s4", "area S4", "A^2", area, loop),
        Formula("s4_per_particle", "S4/N_tunn", "A^2", lambda v: area(v) / number(v), loop),
        Formula("d0_per_particle", "D_0/N_tunn", "K", lambda v: amplitude(v) / number(v),
                unique(*area_needs, *number_needs)),
        Formula("smallest_rer", "smallest RER 2 xi whose void has a face of S4", "nm",
                lambda v: 0.2 * smallest_xi(area(v)), loop),
        Formula("inverse_p_star", "1/P* = 2 pi ln(D_0max/D_0min) ln(E_max/D_min), by (8)", "1",
                lambda v: 2.0 * pi * log(v["d0max_qs4"] / v["d0min_qs4"]) * log(v["e_max"] / v["d_min"]), ("e_max",)),
        *_numbers("", "", lambda v: v["p_star"], ("p_star",), number, number_needs),
        *(
            formula
            for label, p_star in P_STARS.items()
            for formula in _numbers(
                f"_p_star_{label}",
                f", if P* = {label.replace('_', '/(').replace('pi', ' pi)')}",
                lambda _, p_star=p_star: p_star,  # type: ignore[misc]
                (),
                number,
                number_needs,
            )
        ),
    ]  # fmt: skip


def _numbers(
    suffix: str,
    condition: str,
    p_star: Callable[[Values], float],
    p_star_needs: tuple[str, ...],
    number: Callable[[Values], float],
    number_needs: tuple[str, ...],
) -> list[Formula]:
    """What counts systems, n_ats being their number times P*: for the P* that is taken, or for one that is named."""

    def systems(v: Values) -> float:
        return v["n_ats"] / p_star(v)

    needs = tuple(dict.fromkeys((*p_star_needs, *number_needs)))
    share_needs = tuple(dict.fromkeys((*p_star_needs, "oxygen", *number_needs)))
    return [
        Formula(f"systems_per_gram{suffix}", f"tunnelling systems, n_ATS{condition}", "g^-1", systems, p_star_needs),
        Formula(f"particles_per_gram{suffix}", f"n_ATS x N_tunn{condition}", "g^-1",
                lambda v: systems(v) * number(v), needs),
        Formula(f"oxygen_share{suffix}", f"share of all oxygen that tunnels{condition}", "1",
                lambda v: systems(v) * number(v) / v["oxygen"], share_needs),
    ]  # fmt: skip
