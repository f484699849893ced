"""The one table of model parameters: name, symbol, unit, start, limits and meaning.

Options, reports, schema and documentation all take their names and units from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite, log
from typing import Any, Literal

from glasspara.errors import UsageError
from glasspara.wording import percent

FARTHEST, FARTHEST_IN_LOG = 1.0e12, 1.0e6
"""How far from its natural size, as a factor, a parameter may be held, limited or constrained."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of the model (17).

    ``start`` is the value used where nothing better is known; ``lower`` and ``upper`` are physical limits; ``held``
    says that a fit holds the parameter unless the user frees it. ``scale`` says how a fit moves in it: the model is
    linear in it, or it moves in the logarithm, or neither. ``size`` is the step that is worth a look where ``start``
    does not give it (value 0), ``reach`` a standard error that says nothing (of the logarithm, for "log"), and
    ``search`` the values that a search for the start tries. ``prior`` is the standard deviation of a weak prior about
    ``start`` (of the logarithm where ``prior_of_log``) that a fit assumes unless the user says something of the
    parameter: the source's own values for BK7 differ by less.
    """

    name: str
    symbol: str
    unit: str
    start: float
    lower: float
    upper: float
    text: str
    held: bool = False
    scale: Literal["linear", "log", "plain"] = "plain"
    size: float = 0.0
    reach: float = 1.0
    search: tuple[float, ...] = ()
    prior: float | None = None
    prior_of_log: bool = False

    @property
    def natural_size(self) -> float:
        return self.size or self.start or 1.0

    def check(self, value: float, what: str = "") -> None:
        """Refuse a ``value`` outside the physical limits, or one of a size that nobody could mean.

        Raises
        ------
        UsageError
            It names the parameter, or ``what``.
        """
        if not self.lower <= value <= self.upper:
            raise UsageError(
                f"{what or self.name} = {value:g} {self.unit} is outside {self.lower:g} to {self.upper:g}"
            )
        if value == 0.0 and self.scale == "log":
            raise UsageError(f"{what or self.name} = 0: it must be positive")
        self.check_size(value, what)

    def check_size(self, value: float, what: str = "") -> None:
        """The same of the size alone; infinity, where there is no limit, is one."""
        farthest = FARTHEST_IN_LOG if self.scale == "log" else FARTHEST
        low, high = self.natural_size / farthest, self.natural_size * farthest
        if value and isfinite(value) and not low <= abs(value) <= high:
            raise UsageError(
                f"{what or self.name} = {value:g} {self.unit} is out of range",
                remedy=f"Give 0, or an absolute value from {low:.2g} to {high:.2g}",
            )


_TABLE = (
    Parameter(
        "chi_larmor", "χ_L", "emu g^-1 Oe^-1", 4.0e-7, -inf, inf,
        "Larmor diamagnetism, a positive number for a diamagnet: the term is -chi_larmor H",
        scale="linear",
    ),
    Parameter(
        "n_fe2", "n(Fe2+)", "g^-1", 1.0e17, 0.0, inf, "concentration of Fe2+ (J = S = 2, g = 2)", scale="linear"
    ),
    Parameter(
        "n_fe3", "n(Fe3+)", "g^-1", 1.0e17, 0.0, inf, "concentration of Fe3+ (J = S = 5/2, g = 2)", scale="linear"
    ),
    Parameter("n_fe", "n(Fe)", "g^-1", 2.0e17, 0.0, inf, "total iron concentration, n_fe2 + n_fe3"),
    Parameter("fe2_fraction", "x", "1", 0.5, 0.0, 1.0, "partition: n_fe2 = x n_fe, n_fe3 = (1 - x) n_fe", size=1.0),
    Parameter(
        "n_ats", "n_ATS", "g^-1", 1.352e16, 0.0, inf,
        "concentration of tunnelling systems times P*; if the cutoffs are similar, magnetisation determines "
        "only the strength n_ats ln(d0max_qs4/d0min_qs4)",
        scale="linear", prior=log(10.0), prior_of_log=True,
    ),
    Parameter(
        "d_min", "D_min", "K", 0.03, 1.0e-4, 20.0, "lower cutoff of the asymmetry D, at T0 = 1.26 K",
        scale="log", prior=log(3.0), prior_of_log=True, search=(0.01, 0.04, 0.16),
    ),
    Parameter(
        "d0min_qs4", "D_0min (Q/e) S4", "K A^2", 2.0e5, 0.0, inf,
        "lower tunnelling cutoff times effective charge and area, at T0",
        scale="log",
    ),
    Parameter(
        "d0max_qs4", "D_0max (Q/e) S4", "K A^2", 2.2e5, 0.0, inf,
        "upper tunnelling cutoff times effective charge and area, at T0",
        scale="log",
    ),
    Parameter(
        "delta_mu", "Δμ", "K", 0.3, 0.0, 5.0, "chemical-potential difference of the tunnelling number (15)",
        prior=0.3,
        search=(0.1, 0.4, 1.2),
    ),
    Parameter(
        "gamma_tunn", "Γ", "1", 0.3, -1.0e3, 0.99,
        "prefactor of the tunnelling number (16), of either sign: positive where the number grows with temperature; it "
        "must be positive at every temperature",
        size=0.1, search=(-0.5, 0.1, 0.4, 0.8),
    ),
    Parameter(
        "e0_tunn", "E0", "K", 0.2, 1.0e-3, 3.0, "energy of the tunnelling number (16)", scale="log",
        search=(0.05, 0.2, 0.6),
    ),
    Parameter(
        "b_star", "B*", "T", 30.0, 1.0, 1000.0,
        "characteristic field phi_0/(2 pi (Q/e) S4) of the high-field forms, at T0",
        scale="log", search=(5.0, 10.0, 40.0),
    ),
    Parameter(
        "qs4", "(Q/e) S4", "A^2", 3.0e3, 100.0, 1.0e5,
        "effective charge times area of three-level systems, at T0", scale="log", search=(2.0e3, 1.0e4),
    ),
    Parameter(
        "theta_cw", "θ", "K", 0.0, -50.0, 1.5,
        "Curie-Weiss temperature of the iron, positive for ferromagnetic coupling", size=0.1, reach=10.0,
        search=(-1.0, 0.0, 0.5),
    ),
    Parameter(
        "n_clusters", "n_c", "g^-1", 0.0, 0.0, inf, "concentration of superparamagnetic clusters",
        scale="linear", size=1.0e14,
    ),
    Parameter(
        "cluster_moment", "μ_c", "mu_B", 100.0, 3.0, 1.0e6, "moment of one superparamagnetic cluster",
        scale="log", search=(10.0, 40.0, 200.0, 1.0e3, 1.0e4),
    ),
    Parameter(
        "m_ferro", "M_f", "emu g^-1", 0.0, 0.0, inf, "saturation of a ferromagnetic impurity, per gram of sample",
        scale="linear", size=1.0e-5,
    ),
    Parameter(
        "h_ferro", "H_f", "Oe", 2000.0, 10.0, 1.0e5, "field that saturates the ferromagnetic impurity to 76 %",
        scale="log", search=(100.0, 1.0e3, 5.0e3, 2.0e4),
    ),
    Parameter(
        "zfs_fe2", "D(Fe2+)", "K", 5.0, -40.0, 40.0,
        "axial zero-field splitting D/k_B of Fe2+ (S = 2); negative for an easy axis", size=1.0, reach=20.0,
        search=(-10.0, -2.0, -0.5, 0.5, 2.0, 10.0),
    ),
    Parameter(
        "zfs_fe3", "D(Fe3+)", "K", 0.5, -40.0, 40.0,
        "axial zero-field splitting D/k_B of Fe3+ (S = 5/2); negative for an easy axis", size=1.0, reach=20.0,
        search=(-3.0, -1.0, 1.0, 3.0),
    ),
    Parameter(
        "field_offset", "H0", "Oe", 0.0, -1000.0, 1000.0,
        "remnant field of the magnet: the sample sees H + field_offset. A nuisance, 0 unless freed",
        held=True, size=10.0, reach=inf,
    ),
    Parameter(
        "moment_offset", "m0", "emu", 0.0, -inf, inf, "offset of the measured moment. A nuisance, one for each run",
        held=True, scale="linear", size=1.0e-8,
    ),
    Parameter(
        "drift", "m1", "emu g^-1", 0.0, -inf, inf,
        "drift of the magnetisation from the first to the last point, 0 in the middle. A nuisance, one for each run",
        held=True, scale="linear", size=1.0e-6,
    ),
    Parameter(
        "mass_scale", "f", "1", 0.0, -0.5, 0.5,
        "relative error of the sample mass: the model times 1 + mass_scale. A nuisance, one for each sample",
        held=True, scale="linear", size=0.01,
    ),
    Parameter(
        "geometry_scale", "f_g", "1", 0.0, -0.5, 0.5,
        "relative error of a geometry factor: the model times 1 + geometry_scale. A nuisance, one for each factor "
        "that has an error",
        held=True, scale="linear", size=0.01,
    ),
    Parameter(
        "holder_chi", "chi_h", "emu Oe^-1", 0.0, -inf, inf,
        "error of the holder's susceptibility: the moment contains an additional holder_chi H. A nuisance of all runs",
        held=True, scale="linear", size=1.0e-10,
    ),
    Parameter(
        "temperature_scale", "t", "1", 0.0, -0.2, 0.2,
        "relative error of the thermometer: the sample is at T (1 + temperature_scale). A nuisance, one for each run",
        held=True, size=0.01, reach=inf,
    ),
)  # fmt: skip

PARAMETERS: dict[str, Parameter] = {parameter.name: parameter for parameter in _TABLE}

LISTED = "docs/symbols.md has all"
"""Where a user finds all names."""

GEOMETRY = "geometry_scale"
"""The nuisance that comes with the data: its widths are the errors of their geometry factors."""

NUISANCES = (
    "field_offset",
    "moment_offset",
    "drift",
    "mass_scale",
    "temperature_scale",
    "holder_chi",
    GEOMETRY,
)
"""What may be off from run to run, from sample to sample, from run type to run type or, the holder, in all alike."""

ALLOWANCES = {"field_offset": 20.0, "temperature_scale": 0.005, "mass_scale": 0.02}
"""What is usual: the remnant field of a superconducting magnet (Oe), the lag of a sample behind its thermometer, the
error of a mass. An ATS term, or a failure of universality, that such errors could imitate is not established."""


def allowances_text(gain: float = 0.0) -> str:
    """:data:`ALLOWANCES` as the subject of a sentence, with a relative ``gain`` of each run if allowed too."""
    field, lag, mass = (ALLOWANCES[name] for name in ("field_offset", "temperature_scale", "mass_scale"))
    text = f"fields off by {field:g} Oe, thermometers by {percent(lag)}"
    if gain:
        return f"{text}, masses by {percent(mass)} and the gain of a run by {percent(gain)}"
    return f"{text} and masses by {percent(mass)}"


ION_NAMES = ("n_fe2", "n_fe3")
"""The Langevin term as two concentrations."""

PARTITION_NAMES = ("n_fe", "fe2_fraction")
"""The Langevin term as total and partition."""

ATS_NAMES = ("n_ats", "d_min", "d0min_qs4", "d0max_qs4", "delta_mu")
"""The ATS term."""


def parameter_of(name: str) -> Parameter:
    """The entry of a parameter, also of one of many ("mass_scale[2]")."""
    return PARAMETERS[name.partition("[")[0]]


def to_canonical(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with n_fe and fe2_fraction, where they stand, replaced by n_fe2 and n_fe3."""
    canonical = dict(values)
    if "n_fe" in canonical:
        total, fraction = canonical.pop("n_fe"), canonical.pop("fe2_fraction")
        canonical["n_fe2"] = fraction * total
        canonical["n_fe3"] = (1.0 - fraction) * total
    return canonical
