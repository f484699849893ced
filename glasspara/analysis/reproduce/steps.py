"""What is reproduced: campaigns to simulate, the command that makes each table and figure, and published numbers."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from glasspara.errors import UsageError, names_near
from glasspara.model.parameters import PARAMETERS
from glasspara.presets import load_preset

Json = Mapping[str, Any]

_TABLES = Path(__file__).with_name("published.toml")


@cache
def published_tables() -> Mapping[str, Mapping[str, Sequence[float]]]:
    """Tables 1 and 2 of arXiv:2111.12644: columns by name, in the units of the reports."""
    return tomllib.loads(_TABLES.read_text(encoding="utf-8"))


def published_parameters(preset: str) -> dict[str, tuple[float, float | None, str]]:
    """Value, error and unit of every parameter of a preset that states errors (Tables 3 and 4)."""
    found = load_preset(preset)
    return {
        name: (value, found.errors.get(name), PARAMETERS[name].unit)
        for name, value in found.parameters.items()
    }


@dataclass(frozen=True)
class Row:
    """One published number beside the one found here; None where there is none."""

    quantity: str
    unit: str
    published: float
    published_error: float | None
    value: float | None
    error: float | None

    @property
    def ratio(self) -> float | None:
        """Value over published value."""
        return None if self.value is None or self.published == 0.0 else self.value / self.published


@dataclass(frozen=True)
class Step:
    """One command.

    ``shows`` names the tables and figures of the source, ``options`` follow the files of ``campaign`` (None: there are
    none); in them "{NAME}" stands for the report of the step NAME, which then comes first. ``expected`` are the exit
    statuses that are a result here; ``rows`` reads the comparison with published numbers from the report. ``remarks``
    say where the source contradicts itself, or where ours differs for a known reason.
    """

    name: str
    shows: str
    text: str
    command: str
    campaign: str | None
    options: tuple[str, ...] = ()
    pattern: str = "*.dat"
    expected: tuple[int, ...] = (0,)
    rows: Callable[[Json], Sequence[Row]] = lambda _report: ()
    remarks: tuple[str, ...] = ()

    @property
    def report(self) -> str:
        """The file that the command writes as its JSON report."""
        return "report.json" if self.command == "fit" else f"{self.command}.json"

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the steps whose reports this one reads."""
        return tuple(word[1:-1] for word in self.options if word.startswith("{") and word.endswith("}"))


def _full_fit(preset: str, **printed: tuple[float, float | None]) -> Callable[[Json], Sequence[Row]]:
    """Rows of the parameters of ``preset``, and of what else the source prints of that fit."""

    def rows(report: Json) -> list[Row]:
        fit = report["fits"][0]
        found, derived = fit["parameters"], {**fit["parameters"], **fit["derived"]}
        share = derived["fe2_fraction"]
        derived["n_fe2 / n_fe3"] = _ratio(share["value"], share["error"])
        return [
            Row(_named(name, found[name]), unit, value, error, found[name]["value"], found[name]["error"])
            for name, (value, error, unit) in published_parameters(preset).items()
        ] + [
            Row(name, derived[name]["unit"], value, error, derived[name]["value"], derived[name]["error"])
            for name, (value, error) in printed.items()
        ]

    return rows


def _ratio(share: float, error: float | None) -> Json:
    """Fe2+ over Fe3+ by the share of Fe2+; None where there is no Fe3+."""
    odds = share / (1.0 - share) if share < 1.0 else None
    return {"value": odds, "error": error and odds and error / (1.0 - share) ** 2, "unit": "1"}


def _named(name: str, parameter: Json) -> str:
    return f"{name} (held)" if parameter["fixed"] else name


def _derived(report: Json) -> list[Row]:
    """Void for xi = 30 nm, systems for P* = 1/(2 pi), normalisation of (8), and (12) beside its warm limit (13)."""
    found = {(item["name"], item["temperature_K"]): item for item in report["derive"]["quantities"]}
    printed = {
        "void_volume": 5.6e6,
        "void_side": 362.0,
        "systems_per_gram_p_star_1_2pi": 1.0e17,
        "inverse_p_star": 6.28,  # "P* of order 1/(2 pi)"
    }
    rows = []
    for name, value in printed.items():
        item = found[name, None]
        rows.append(Row(name, item["unit"], value, None, item["value"], item["error"]))
    law, limit = (found[name, 300.0]["value"] for name in ("chi_ats", "chi_ats_warm"))
    rows.append(Row("(12) / (13) for kT >> D_min, 300 K", "1", 1.0, None, law / limit, None))
    return rows


def _partition(share: float) -> Callable[[Json], Sequence[Row]]:
    def rows(report: Json) -> list[Row]:
        block = report["partition"]
        low, high = block["intervals"]["68 %"]["ends"]
        error = None if low is None or high is None else 0.5 * (high - low)
        return [Row("fe2_fraction", "1", share, None, block["fe2_fraction"], error)]

    return rows


def _ll_table(name: str) -> Callable[[Json], Sequence[Row]]:
    def rows(report: Json) -> list[Row]:
        table = published_tables()[name]
        runs = {run["nominal"]: run for kind in report["series"]["kinds"] for run in kind["runs"]}
        found = []
        for index, nominal in enumerate(table["nominal"]):
            run = runs[nominal]
            for ion in ("fe3", "fe2"):
                fit = run["fits"][ion]
                for column, parameter in (
                    (f"n_{ion}_only", f"n_{ion}"),
                    (f"chi_larmor_{ion}_only", "chi_larmor"),
                ):
                    item = fit[parameter]
                    quantity = f"{column} at {nominal:g} {run['unit']}"
                    found.append(
                        Row(quantity, item["unit"], table[column][index], None, item["value"], item["error"])
                    )
        return found

    return rows


CAMPAIGNS = {
    "bk7-fixed-field": ("--preset", "bk7-fixed-field"),
    "bk7-fixed-temperature": ("--preset", "bk7-fixed-temperature"),
    "bk7-fixed-field-exact": ("--preset", "bk7-fixed-field", "--noise", "0"),
    "bk7-fixed-temperature-exact": ("--preset", "bk7-fixed-temperature", "--noise", "0"),
    "bk7-2000": ("--preset", "bk7-2000", "--mass", "100"),
    "bk7-three-level": (
        "--preset", "bk7-fixed-temperature", "--model", "three-level", "--set", "qs4=1.5e4",
    ),
    "pure-ll": ("--preset", "pure-ll"),
    "duran-like": ("--preset", "duran-like"),
    "duran-like-small": ("--preset", "duran-like", "--mt", "50000", "--mass", "18.5"),
    "duran-like-mh": ("--preset", "duran-like", "--mh", "2.2"),
    "bas-like": ("--preset", "bas-like"),
    "bas-p-like": ("--preset", "bas-like", "--mt", "50000", "--mass", "27.9"),
}  # fmt: skip
"""Synthetic files by the name of their folder: the options of ``glasspara simulate`` that make them."""

_FIXED_FIELD = {"n_fe": (1.698e17, 0.001e17), "fe2_fraction": (0.66, None)}
_FIXED_TEMPERATURE = {
    "n_fe": (1.667e17, 0.001e17),
    "fe2_fraction": (0.66, None),
    "n_fe2 / n_fe3": (1.93, None),
}
_YEAR_2000 = {"n_fe": (0.101e17, None), "fe2_fraction": (0.66, None), "n_fe2 / n_fe3": (1.97, None)}


def _ll_step(figure: int, glass: str, campaign: str, kilo_oersted: int) -> Step:
    """The LL fit of one M(T) run, which the source shows with its lowest temperatures enlarged."""
    return Step(
        f"ll-{glass.lower()}-{kilo_oersted}",
        f"Fig. {figure}",
        f"Larmor + Langevin fit of the M(T) run of {glass} at {kilo_oersted} kOe, against 1/T, which "
        "enlarges the lowest temperatures",
        "fit",
        campaign,
        ("--model", "ll"),
        pattern=f"*_{kilo_oersted}000Oe*",
        expected=(0, 5),
    )


STEPS = (
    Step(
        "table1",
        "Table 1, Figs. 6 and 7",
        "Larmor + Langevin fits of each M(T) run of the synthetic Table 3 campaign, points of equal weight",
        "series",
        "bk7-fixed-field-exact",
        ("--sample", "BK7", "--weights", "equal"),
        rows=_ll_table("table1"),
    ),
    Step(
        "table2",
        "Table 2, Fig. 7",
        "The same of each M(H) run of the synthetic Table 4 campaign",
        "series",
        "bk7-fixed-temperature-exact",
        ("--sample", "BK7", "--weights", "equal"),
        rows=_ll_table("table2"),
        remarks=(
            "In the source's Table 2 chi_L of the fits with Fe2+ alone equals that of the fits with Fe3+ alone, digit "
            "by digit. That contradicts its own concentrations: their ratio is 1.98 at 20 K, and such a ratio comes "
            "with another chi_L (ours). The column was probably copied.",
            "At 2 and 4.5 K the parameters of Table 4 give an apparent n(Fe3+) below the iron of the mass "
            "spectrometer, the source's lies above it. With --orientation rms our values come closer at every T. The "
            "fields and weights of the source are not published.",
        ),
    ),
    Step(
        "table3",
        "Table 3, Fig. 8",
        "All M(T) runs of BK7 fitted together, and every term of each run",
        "fit",
        "bk7-fixed-field",
        ("--decompose",),
        rows=_full_fit("bk7-fixed-field", **_FIXED_FIELD),
        remarks=(
            "The published error of n_ats, 0.1 %, is not what such data determine (docs/fitting.md). It was held, or "
            "nearly so.",
        ),
    ),
    Step(
        "table4",
        "Table 4, Fig. 9",
        "All M(H) runs of BK7 fitted together, and every term of each run",
        "fit",
        "bk7-fixed-temperature",
        ("--decompose", "--fix", "n_ats=1.34e16"),
        rows=_full_fit("bk7-fixed-temperature", **_FIXED_TEMPERATURE),
    ),
    Step(
        "bk7-2000",
        "Table of full fits, column of the BK7 sample of 2000",
        "The M(T) run at 30 kOe of the earlier sample; its mass is not published (100 mg here)",
        "fit",
        "bk7-2000",
        ("--decompose",),
        expected=(0, 5),
        rows=_full_fit("bk7-2000", **_YEAR_2000),
        remarks=(
            "One run does not determine every parameter: the errors say so, and the source prints none.",
        ),
    ),
    _ll_step(10, "Duran", "duran-like", 30),
    _ll_step(11, "Duran", "duran-like-small", 50),
    _ll_step(12, "BAS", "bas-like", 30),
    _ll_step(13, "BAS", "bas-like", 50),
    Step(
        "universality-duran",
        "Fig. 14",
        "M - M_Larmor of Duran, of a fit of each run as in the source, against H/T: no common curve",
        "universality",
        "duran-like",
        ("--chi-larmor", "each"),
    ),
    Step(
        "universality-bas",
        "Fig. 15",
        "The same of BAS: no common curve either",
        "universality",
        "bas-like",
        ("--chi-larmor", "each"),
    ),
    Step(
        "universality-pure-ll",
        "Control, no figure of the source",
        "The same without tunnelling systems: one curve",
        "universality",
        "pure-ll",
        ("--chi-larmor", "each"),
    ),
    Step(
        "partition-duran",
        "Fig. 16",
        "What each partition of the iron leaves of M(H) of Duran at 2.2 K, and which the ATS term explains",
        "partition",
        "duran-like-mh",
        ("--n-fe", "1.47e18"),
        expected=(0, 5),
        remarks=("The source prints no x of Duran; the files were made with 0.5.",),
    ),
    Step(
        "partition-bas",
        "Fig. 17",
        "The same of M(T) of BAS at 30 kOe",
        "partition",
        "bas-like",
        ("--n-fe", "7.13e18"),
        pattern="*_30000Oe*",
        expected=(0, 5),
        rows=_partition(0.63),
    ),
    Step(
        "decomposition-bas",
        "Fig. 18",
        "Every term of M(T) of BAS at 30 kOe, iron held at the mass spectrometer's value and x at 0.63",
        "fit",
        "bas-like",
        ("--decompose", "--n-fe", "7.13e18", "--fix", "fe2_fraction=0.63"),
        pattern="*_30000Oe*",
        expected=(0, 5),
    ),
    *(
        Step(
            f"curie-{glass.lower()}",
            f"Fig. 19{part} and the test (18)",
            f"Curie law, law (14) and whole model of {glass} at 500 Oe, and T (chi + chi_L) at low temperatures",
            "curie",
            f"{glass.lower()}-like",
            ("--n-fe", iron),
            expected=(0, 5),
        )
        for glass, part, iron in (("Duran", "a", "1.47e18"), ("BAS", "b", "7.13e18"))
    ),
    Step(
        "oscillations-bas",
        "Fig. 20a",
        "Periodogram of M_intr(T) of BAS-p at 50 kOe; the synthetic data are smooth, so that any oscillation found "
        "here would be a false alarm",
        "oscillations",
        "bas-p-like",
        expected=(0, 5),
    ),
    Step(
        "oscillations-bk7",
        "Fig. 20b",
        "The same of BK7; the source shows 20 kOe",
        "oscillations",
        "bk7-fixed-field",
    ),
    Step(
        "anomaly",
        "Fig. 18b and the remarks to Fig. 23, below 3 to 4 K",
        "Windows of temperature in which the data could leave the theory; these follow it",
        "anomaly",
        "bk7-fixed-field",
    ),
    Step(
        "highfield",
        "Fig. 23",
        "M_intr(H) by every form of the ATS term; the truth has three levels, with (Q/e) S4 = 1.5e4 Å²",
        "highfield",
        "bk7-three-level",
        ("--fix", "n_ats=1.34e16"),
    ),
    Step(
        "derive",
        "Void volume (1), numbers of systems, weak-field limits (13)",
        "What the fit of Table 3 says of particles, areas, voids and fields, and what it takes to say it",
        "derive",
        None,
        ("{table3}", "--xi", "30"),
        rows=_derived,
        remarks=(
            "The source prints (13) for kT >> D_min without its logarithm, ln(2kT/D_min); with it, (12) comes out. "
            "(12) is half of the weak-field limit of (10) as printed.",
            "P* of order 1/(2 pi) is what 1/P* = 2 pi ln(D_0max/D_0min) ln(E_max/D_min) gives; E_max is not published.",
            "The source's 400 species on a face of the void (5.7e4 A^2 for xi = 30 nm) have 142 A^2 each; with (Q/e) "
            "S4 of 1e4 to 3e4 A^2 and 20 to 600 particles, each encloses 0.03 to 75 A^2.",
        ),
    ),
    Step(
        "tables5-7",
        "Tables 5 to 7",
        "Trace ions of the iron group in the Langevin term, and how far the iron moves",
        "fit",
        "bk7-fixed-field",
        ("--trace-ions", "BK7"),
    ),
)


def chosen_steps(names: Sequence[str]) -> tuple[Step, ...]:
    """The steps of ``names`` with those that they need, in order; all without names.

    Raises
    ------
    UsageError
        For a name that no step has.
    """
    known = {step.name: step for step in STEPS}
    for name in names:
        if name not in known:
            raise UsageError(
                f"no step is called {name!r}",
                remedy=names_near(name, known, listed="docs/reproduce.md has all"),
            )
    chosen = set(names or known)
    chosen |= {needed for name in chosen for needed in known[name].needs}
    return tuple(step for step in STEPS if step.name in chosen)
