"""The ATS term against the literal eq. (10), published reference points and forty-digit quadrature."""

import csv
from fractions import Fraction

import numpy as np
import pytest

from glasspara.physics.ats import ats_magnetisation, kernel
from glasspara.physics.ats.middle import PANEL_EDGES
from tests.physics.ats.forty_digits import COUNTS, cases, forty_digits, table
from tests.physics.ats.literal import BK7, literal

NAMES = ("n_ats", "d_min", "d0min_qs4", "d0max_qs4", "delta_mu")

# T_K, H_Oe, n_ats, d_min, d0min_qs4, d0max_qs4, delta_mu, orientation, M_emu_per_g: the first is Table 3's
# glass BK7 at 20 kOe, the second and third the low-temperature and the weak-field end of the source's figures.
REFERENCE = (
    (4.5, 20000.0, 1.352e16, 0.02671, 271700.0, 292500.0, 0.319, "isotropic", 0.001627904091384194),
    (2.0, 65000.0, 1.352e16, 0.02671, 271700.0, 292500.0, 0.319, "isotropic", 0.001788541404500926),
    (2.2, 500.0, 1.34e16, 0.05238, 210700.0, 216000.0, 0.615, "isotropic", 2.011734889883814e-5),
    (139.5897, 100.36, 1.2857e16, 0.14636, 132735.9, 371414.8, 0.3974, "isotropic", 9.722988293029149e-6),
    (6.7585, 5137.02, 2.047e16, 0.03019, 365781.1, 413182.1, 0.5746, "aligned", 0.01535974431113276),
    (18.183, 24933.76, 2.7399e16, 0.0576, 141187.4, 188331.8, 0.4573, "aligned", 0.01435988206728024),
)
# Measured: 1.2e-13, the digits of the reference.
REFERENCE_TOLERANCE = 5e-13


@pytest.mark.parametrize("row", REFERENCE)
def test_reference_points(row):
    T, H, *values, orientation, expected = row
    value = ats_magnetisation(T, H, **dict(zip(NAMES, values, strict=True)), orientation=orientation)
    assert value == pytest.approx(expected, rel=REFERENCE_TOLERANCE)


def test_every_row_of_the_reference_table(shared):
    with (shared / "reference" / "ats_reference.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    assert len(rows) == 33
    for T, H, *values, orientation, expected in rows:
        parameters = dict(zip(NAMES, map(float, values), strict=True))
        value = ats_magnetisation(float(T), float(H), **parameters, orientation=orientation)
        assert value == pytest.approx(float(expected), rel=REFERENCE_TOLERANCE)


@pytest.mark.parametrize("orientation", ["isotropic", "aligned", "rms"])
@pytest.mark.parametrize(("T", "H"), [(2.0, 65000.0), (4.5, 20000.0), (20.0, 5000.0), (250.0, 1000.0)])
def test_literal_equation_10(T, H, orientation):
    value = ats_magnetisation(T, H, **BK7, orientation=orientation)
    # Measured: 2e-14.
    assert value == pytest.approx(literal(T, H, **BK7, orientation=orientation), rel=1e-12)


@pytest.fixture(scope="module")
def forty():
    """The table of forty digits, without the points that it should not have."""
    rows, expected = table(), list(cases())
    assert [case[:2] for case, _ in rows] == [case[:2] for case in expected]
    for (*_, written), (*_, point) in zip((case for case, _ in rows), expected, strict=True):
        # numpy's exp and log differ in the last digit from processor to processor: measured 4e-16
        assert written == pytest.approx(point, rel=1e-14, abs=0.0)
    return rows


def test_table_of_forty_digits_is_what_it_says(forty):
    """One row of each orientation again; all rows take minutes."""
    for orientation, index in (("isotropic", -1), ("aligned", 17), ("rms", 42)):
        rows = [(point, value) for (_, found, point), value in forty if found == orientation]
        point, value = rows[index]
        assert forty_digits(orientation, point) == value


@pytest.mark.parametrize("orientation", COUNTS)
def test_forty_digits_over_the_extreme_range(forty, orientation):
    rows = [
        (point, value) for case, value in forty for *key, point in [case] if key == ["random", orientation]
    ]
    assert len(rows) == COUNTS[orientation]
    # Measured: 1.3e-13 here, 3.1e-13 on 5000 points.
    assert max(departure(orientation, point, value) for point, value in rows) < 1e-12


def test_every_hand_over(forty):
    rows = [(case[1:], value) for case, value in forty if case[0] == "hand-over"]
    assert len(rows) == 38
    # Measured: 7.0e-15.
    assert max(departure(orientation, point, value) for (orientation, point), value in rows) < 2e-14


def departure(orientation, point, expected):
    """Of the computed value from the digits of a row, relative."""
    value = float(ats_magnetisation(**point, orientation=orientation))
    return abs(float((Fraction(value) - Fraction(expected)) / Fraction(expected)))


@pytest.mark.parametrize("orientation", ["isotropic", "aligned"])
@pytest.mark.parametrize(("name", "seams"), [("d_min", PANEL_EDGES), ("d0max_qs4", (4.0, 20.0))])
def test_no_step_where_one_form_takes_over(name, seams, orientation):
    T, H = 1.26, 1e4
    for seam in seams:
        edge = seam * 2 * T / (1 if name == "d_min" else 1.519267e-5)
        parameters = BK7 | {"d0min_qs4": 1e5, "d0max_qs4": 4e5, "delta_mu": 0.0}
        grid = edge * (1 + np.linspace(-1e-4, 1e-4, 101))
        value = ats_magnetisation(T, H, **(parameters | {name: grid}), orientation=orientation)
        x = np.linspace(-1, 1, 101)
        smooth = np.polynomial.Polynomial.fit(x, value / value[50] - 1, 3)(x)
        # Measured: 3.2e-15, the rounding error.
        assert np.abs(value / value[50] - 1 - smooth).max() < 1e-14


@pytest.mark.parametrize("orientation", ["isotropic", "aligned"])
def test_no_step_from_integrated_to_subtracted_cutoffs(orientation, monkeypatch):
    H = np.geomspace(1.0, 1.6e5, 200)
    parameters = BK7 | {"d0max_qs4": BK7["d0min_qs4"] * 1.003}
    forms = []
    for limit in (0.0029, 0.0031):
        monkeypatch.setattr(kernel, "_NEAR", limit)
        forms.append(ats_magnetisation(2.0, H, **parameters, orientation=orientation))
    # Measured: 4.1e-13.
    np.testing.assert_allclose(forms[0], forms[1], rtol=2e-12)
