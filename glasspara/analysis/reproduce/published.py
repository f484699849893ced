"""Numbers that the source prints, to be held against what the program finds."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from glasspara.model.parameters import PARAMETERS
from glasspara.presets import load_preset

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
