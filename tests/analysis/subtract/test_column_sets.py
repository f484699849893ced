"""Columns in SI units, susceptibilities, chi T and effective moments, against textbook values."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from scipy import constants

from glasspara.analysis.subtract.stages import COLUMN_SETS, Moments, check_sets
from glasspara.errors import UsageError
from glasspara.physics.ions.langevin import langevin_magnetisation

T, H = np.array([300.0, 300.0, 250.0]), np.array([100.0, -100.0, 0.0])
N_FE = 1.7e17
CHI_L = 4e-7


def columns(n_fe=N_FE, j=2.0):
    """A diamagnet with ``n_fe`` free ions of spin ``j``, g = 2."""
    ions = langevin_magnetisation(T, H, n=n_fe, j=j)
    points = Moments(T, H, ions - CHI_L * H, np.full(3, 1e-9), ions, n_fe)
    found = {}
    for item in COLUMN_SETS.values():
        found |= item.columns(points)
    return found


def test_si_units_against_scipy():
    found = columns()
    assert found["mu0H_T"] == pytest.approx([0.01, -0.01, 0.0])
    assert found["H_A_per_m"] == pytest.approx(found["mu0H_T"] / constants.mu_0, rel=1e-9)
    of_mass = found["M_A_m2_per_kg"][:2] / found["H_A_per_m"][:2]
    assert found["chi_m3_per_kg"][:2] == pytest.approx(of_mass, rel=1e-9)
    assert found["chi_error_m3_per_kg"][:2] == pytest.approx(1e-9 / np.abs(found["H_A_per_m"][:2]), rel=1e-9)


def test_susceptibilities():
    found = columns()
    assert found["chi_emu_per_g_Oe"][:2] - found["chi_minus_larmor_emu_per_g_Oe"][:2] == pytest.approx(-CHI_L)
    assert found["chi_error_emu_per_g_Oe"][:2] == pytest.approx(1e-11)
    spin_only = 0.12505 * 4.0 * 2.0 * 3.0 / constants.N_A * N_FE  # g^2 S (S + 1)/8 emu K/mol and 0.05 %
    assert found["chiT_emu_K_per_g_Oe"][:2] == pytest.approx(spin_only, rel=1e-3)
    assert found["chiT_error_emu_K_per_g_Oe"][:2] == pytest.approx(3e-9)


@pytest.mark.parametrize(("j", "moment"), [(2.0, 24**0.5), (2.5, 35**0.5)])
def test_effective_moments(j, moment):
    found = columns(j=j)
    assert found["mu_eff_mu_B_per_Fe"][:2] == pytest.approx(moment, rel=1e-6)
    relative = found["chiT_error_emu_K_per_g_Oe"] / found["chiT_emu_K_per_g_Oe"]
    assert found["mu_eff_error_mu_B_per_Fe"][:2] == pytest.approx(0.5 * moment * relative[:2], rel=1e-6)


def test_what_has_no_value_is_not_a_number():
    found = columns()
    ratios = [name for name in found if name.startswith(("chi", "mu_eff"))]
    assert len(ratios) == 9
    assert all(np.isnan(found[name][2]) for name in ratios)  # H = 0
    assert np.isnan(columns(n_fe=0.0)["mu_eff_mu_B_per_Fe"]).all()


def test_names():
    assert check_sets(["SI", "chi", "si"]) == ("si", "chi")
    with pytest.raises(UsageError, match="unknown 'molar'"):
        check_sets(["molar"])


def rows_of(text):
    return list(
        csv.DictReader(io.StringIO("".join(line for line in text.splitlines(True) if line[0] != "#")))
    )


def test_tables_of_points_have_them(glasspara, fixtures, tmp_path):
    run = fixtures / "pure-ll" / "pure-LL-synthetic_MT_20000Oe.rso.dat"
    plain = rows_of(glasspara("subtract", run, "--model", "ll").out)
    done = glasspara("subtract", run, "--model", "ll", "--columns", "chit,mueff", "--columns", "si")
    assert "# mu_eff = sqrt(3 k_B chiT/n_Fe)/mu_B, n_Fe all iron of the fit" in done.out
    rows = rows_of(done.out)
    added = [name for name in rows[0] if name not in plain[0]]
    assert added[:3] == ["chiT_emu_K_per_g_Oe", "chiT_error_emu_K_per_g_Oe", "mu_eff_mu_B_per_Fe"]
    assert 4.8 < float(rows[-1]["mu_eff_mu_B_per_Fe"]) < 6.0
    out = tmp_path / "out"
    glasspara("fit", run, "--model", "ll", "--no-plots", "--columns", "mueff", "--out", out)
    (last,) = rows_of((out / "data.csv").read_text())[-1:]
    assert last["mu_eff_mu_B_per_Fe"] == rows[-1]["mu_eff_mu_B_per_Fe"]
    assert "columns" not in json.loads((out / "report.json").read_text())["settings"]
    assert glasspara("fit", run, "--columns", "molar").status == 2
