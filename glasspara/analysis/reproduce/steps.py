"""What is reproduced: campaigns to simulate, the command that makes each table and figure, and published numbers."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from glasspara.errors import UsageError
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
class Campaign:
    """Synthetic files: a name, and the options of ``glasspara simulate`` that make them."""

    name: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One command.

    ``shows`` names the tables and figures of the source, ``options`` follow the files of ``campaign`` (None: there are
    none); in them "{NAME}" stands for the report of the step NAME, which then comes first. ``report`` is the file
    that the command writes as its JSON report. ``expected`` are the exit statuses that are a result here; ``rows``
    reads the comparison with published numbers from the report.
    """

    name: str
    shows: str
    text: str
    command: str
    campaign: str | None
    report: str
    options: tuple[str, ...] = ()
    pattern: str = "*.dat"
    expected: tuple[int, ...] = (0,)
    rows: Callable[[Json], Sequence[Row]] = lambda _report: ()

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the steps whose reports this one reads."""
        return tuple(word[1:-1] for word in self.options if word.startswith("{") and word.endswith("}"))


def _full_fit(preset: str) -> Callable[[Json], Sequence[Row]]:
    def rows(report: Json) -> list[Row]:
        found = report["fits"][0]["parameters"]
        return [
            Row(_named(name, found[name]), unit, value, error, found[name]["value"], found[name]["error"])
            for name, (value, error, unit) in published_parameters(preset).items()
        ]

    return rows


def _named(name: str, parameter: Json) -> str:
    return f"{name} (held)" if parameter["fixed"] else name


def _derived(published: Mapping[str, float]) -> Callable[[Json], Sequence[Row]]:
    def rows(report: Json) -> list[Row]:
        found = {item["name"]: item for item in report["derive"]["quantities"]}
        return [
            Row(name, found[name]["unit"], value, None, found[name]["value"], found[name]["error"])
            for name, value in published.items()
        ]

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


CAMPAIGNS = (
    Campaign("bk7-fixed-field", ("--preset", "bk7-fixed-field")),
    Campaign("bk7-fixed-temperature", ("--preset", "bk7-fixed-temperature")),
    Campaign("bk7-fixed-field-exact", ("--preset", "bk7-fixed-field", "--noise", "0")),
    Campaign("bk7-fixed-temperature-exact", ("--preset", "bk7-fixed-temperature", "--noise", "0")),
    Campaign(
        "bk7-three-level",
        ("--preset", "bk7-fixed-temperature", "--model", "three-level", "--set", "qs4=1.5e4"),
    ),
    Campaign("pure-ll", ("--preset", "pure-ll")),
    Campaign("duran-like", ("--preset", "duran-like")),
    Campaign("bas-like", ("--preset", "bas-like")),
)

STEPS = (
    Step(
        "table1",
        "Table 1, Figs. 6, 7 and 10",
        "Larmor + Langevin fits of each M(T) run of the synthetic Table 3 campaign, points of equal weight",
        "series",
        "bk7-fixed-field-exact",
        "series.json",
        ("--sample", "BK7", "--weights", "equal"),
        rows=_ll_table("table1"),
    ),
    Step(
        "table2",
        "Table 2, Figs. 7 and 11 to 13",
        "The same of each M(H) run of the synthetic Table 4 campaign",
        "series",
        "bk7-fixed-temperature-exact",
        "series.json",
        ("--sample", "BK7", "--weights", "equal"),
        rows=_ll_table("table2"),
    ),
    Step(
        "table3",
        "Table 3, Figs. 8 and 18a",
        "All M(T) runs of BK7 fitted together, and every term of each run",
        "fit",
        "bk7-fixed-field",
        "report.json",
        ("--decompose",),
        rows=_full_fit("bk7-fixed-field"),
    ),
    Step(
        "table4",
        "Table 4, Figs. 9 and 18b",
        "All M(H) runs of BK7 fitted together, and every term of each run",
        "fit",
        "bk7-fixed-temperature",
        "report.json",
        ("--decompose", "--fix", "n_ats=1.34e16"),
        rows=_full_fit("bk7-fixed-temperature"),
    ),
    Step(
        "universality-bk7",
        "Fig. 14",
        "M - M_Larmor, of a fit of each run as in the source, against H/T with tunnelling systems: no common curve",
        "universality",
        "bk7-fixed-field",
        "universality.json",
        ("--chi-larmor", "each"),
    ),
    Step(
        "universality-pure-ll",
        "Fig. 15",
        "The same without them: one curve",
        "universality",
        "pure-ll",
        "universality.json",
        ("--chi-larmor", "each"),
    ),
    Step(
        "partition-bk7",
        "Figs. 16 and 17",
        "What each partition of the iron leaves of the M(T) runs of BK7, and which the ATS term explains",
        "partition",
        "bk7-fixed-field",
        "partition.json",
        ("--sample", "bk7-fixed-field"),
    ),
    Step(
        "curie",
        "Fig. 19 and the test (18)",
        "Curie law, law (14) and whole model at 500 Oe, and T (chi + chi_L) at low temperatures",
        "curie",
        "duran-like",
        "curie.json",
        ("--sample", "Duran"),
    ),
    Step(
        "highfield",
        "Fig. 23",
        "M_intr(H) by every form of the ATS term; the truth has three levels, with (Q/e) S4 = 1.5e4 Å²",
        "highfield",
        "bk7-three-level",
        "highfield.json",
        ("--fix", "n_ats=1.34e16"),
    ),
    Step(
        "oscillations",
        "Fig. 20",
        "Periodograms of M_intr(T); smooth synthetic data, so that any oscillation found here would be a false alarm",
        "oscillations",
        "bk7-fixed-field",
        "oscillations.json",
    ),
    Step(
        "anomaly",
        "Fig. 18b below 3 to 4 K",
        "Windows of temperature in which the data could leave the theory; these follow it",
        "anomaly",
        "bk7-fixed-field",
        "anomaly.json",
    ),
    Step(
        "derive",
        "Void volume (1), weak-field limits (13)",
        "What the fit of Table 3 says of particles, areas, voids and fields, and what it takes to say it",
        "derive",
        None,
        "derive.json",
        ("{table3}", "--xi", "30"),
        rows=_derived(
            {"void_volume": 5.6e6, "void_side": 362.0}
        ),  # in the text of the source, for xi = 30 nm
    ),
    Step(
        "tables5-7",
        "Tables 5 to 7",
        "Trace ions of the iron group in the Langevin term, and how far the iron moves",
        "fit",
        "bk7-fixed-field",
        "report.json",
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
            raise UsageError(f"no step is called {name!r}", remedy=f"Known: {', '.join(known)}")
    wanted = set(names or known)
    wanted |= {needed for name in wanted for needed in known[name].needs}
    return tuple(step for step in STEPS if step.name in wanted)
