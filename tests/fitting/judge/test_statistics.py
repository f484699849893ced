"""Tail probabilities against those of SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import fdtrc, gammaincc

from glasspara.fitting.judge import chi2_p_value, f_p_value


@pytest.mark.parametrize("ndof", [1, 2, 3, 5, 29, 30, 31, 80, 715, 10_000])
def test_chi2_tail(ndof):
    for sigmas in (-8.0, -3.0, -1.0, 0.0, 0.1, 1.0, 5.0, 25.0):
        chi2 = max(ndof + sigmas * np.sqrt(2.0 * ndof), 0.01 * ndof)
        assert chi2_p_value(chi2, ndof) == pytest.approx(gammaincc(ndof / 2.0, chi2 / 2.0), rel=1e-11)
    assert chi2_p_value(0.0, ndof) == chi2_p_value(-1.0, ndof) == 1.0
    for chi2 in (1e-29, 1e-17, 1e-3):
        assert chi2_p_value(chi2, ndof) == pytest.approx(gammaincc(ndof / 2.0, chi2 / 2.0), rel=1e-12)
    assert chi2_p_value(1e6 * ndof, ndof) == chi2_p_value(np.inf, ndof) == 0.0


@pytest.mark.parametrize("parameters", [1, 2, 5, 27, 200])
@pytest.mark.parametrize("ndof", [1, 2, 10, 715, 10_000])
def test_f_tail(parameters, ndof):
    for ratio in (1e-3, 0.5, 1.0, 1.1, 5.0, 30.0, 1e6):
        expected = fdtrc(parameters, ndof, ratio)
        # measured: 1e-11 with SciPy 1.17, 1.02e-11 with the lowest
        assert f_p_value(ratio, parameters, ndof) == pytest.approx(expected, rel=2e-11, abs=1e-300)
    assert f_p_value(0.0, parameters, ndof) == f_p_value(5e-324, parameters, ndof) == 1.0
    assert f_p_value(np.inf, parameters, ndof) == 0.0


def test_a_million_degrees_of_freedom():
    # measured: 1.5e-12 and 4.5e-11
    assert chi2_p_value(1.004e6, 10**6) == pytest.approx(gammaincc(5e5, 5.02e5), rel=1e-10)
    assert f_p_value(2.0, 5, 10**6) == pytest.approx(fdtrc(5, 10**6, 2.0), rel=1e-10)
    assert f_p_value(2.0, 0, 10) == f_p_value(2.0, 3, 0) == 1.0
