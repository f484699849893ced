"""What is reproduced: campaigns to simulate, the command that makes each table and figure, and published numbers.

Campaigns and commands stand in ``steps.toml``, the numbers in ``published.toml``.
"""

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
    rows: Callable[[Json], Sequence[Row]]
    campaign: str | None = None
    options: tuple[str, ...] = ()
    pattern: str = "*.dat"
    expected: tuple[int, ...] = (0,)
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
    return f"{name} (fixed)" if parameter["fixed"] else name


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


_FIXED_FIELD = {"n_fe": (1.698e17, 0.001e17), "fe2_fraction": (0.66, None)}
_FIXED_TEMPERATURE = {
    "n_fe": (1.667e17, 0.001e17),
    "fe2_fraction": (0.66, None),
    "n_fe2 / n_fe3": (1.93, None),
}
_YEAR_2000 = {"n_fe": (0.101e17, None), "fe2_fraction": (0.66, None), "n_fe2 / n_fe3": (1.97, None)}


_ROWS = {
    "table1": _ll_table("table1"),
    "table2": _ll_table("table2"),
    "table3": _full_fit("bk7-fixed-field", **_FIXED_FIELD),
    "table4": _full_fit("bk7-fixed-temperature", **_FIXED_TEMPERATURE),
    "bk7-2000": _full_fit("bk7-2000", **_YEAR_2000),
    "partition-bas": _partition(0.63),
    "derive": _derived,
}
"""What reads the numbers from the report of a step, where the source prints some."""

_KNOWN = tomllib.loads(Path(__file__).with_name("steps.toml").read_text(encoding="utf-8"))

CAMPAIGNS: Mapping[str, Sequence[str]] = _KNOWN["campaigns"]
"""Synthetic files by the name of their folder: the options of ``glasspara simulate`` that make them."""


def _step(entry: Mapping[str, Any]) -> Step:
    """A step by its entry in ``steps.toml``."""
    plain: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    return Step(**plain, rows=_ROWS.get(plain["name"], lambda _report: ()))


STEPS = tuple(map(_step, _KNOWN["step"]))


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
