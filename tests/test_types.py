"""What a type checker knows of the Python API: ``make lint`` runs mypy over this file as over a user's script.

A line with ``type: ignore`` must be refused by mypy, for it reports ignores that nothing needs.
"""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

import numpy as np
import pandas as pd
import pytest

import glasspara
from glasspara.analysis.fit.report import Fits
from glasspara.analysis.simulate.report import Simulation
from glasspara.analysis.universality.collapse import UniversalityResult

RUN = Path(__file__).parent.parent / "fixtures" / "bk7-fixed-field" / "BK7-synthetic_MT_20000Oe.rso.dat"


def test_right_calls() -> None:
    loaded = glasspara.load([RUN], mass="96.8 mg", t_range=[(2, 40), (70, None)])
    assert_type(loaded, glasspara.Loaded)
    result = glasspara.fit(
        loaded,
        model="ll",
        n_fe=(1.7e17, 0.02e17),
        fix={"field_offset": 0},
        limit={"chi_larmor": (0, None)},
        free=["fe2_fraction"],
    )
    assert_type(result, glasspara.FitResult)
    assert_type(result.values["chi_larmor"], float)
    assert isinstance(result.to_frame(), pd.DataFrame)
    assert_type(glasspara.read(RUN), glasspara.Measurement)
    assert isinstance(glasspara.larmor_magnetisation(np.array([1.0e4]), chi_larmor=4.0e-7), np.ndarray)


def test_wrong_calls() -> None:
    with pytest.raises(glasspara.GlassparaError):
        glasspara.fit(RUN, mas=96.8)  # type: ignore[call-overload]
    with pytest.raises(glasspara.GlassparaError):
        glasspara.load(RUN, mass=(96.8, 0.1))  # type: ignore[arg-type]
    with pytest.raises(glasspara.GlassparaError):
        glasspara.universality(RUN, allowances="no")  # type: ignore[arg-type]
    with pytest.raises(glasspara.GlassparaError):
        glasspara.simulate(RUN)  # type: ignore[call-arg]


def of_several_kinds(paths: list[str]) -> tuple[UniversalityResult, Fits, Simulation]:
    """Only for the type checker."""
    shared = glasspara.universality(paths, chi_larmor=(4.2e-7, 1e-9))
    each = glasspara.fit(paths, per_run=True)
    return shared, each, glasspara.simulate(mt=20000, set={"n_ats": 0})
