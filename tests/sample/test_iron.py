"""Units of iron concentrations: every way to write the same iron gives the same iron."""

from __future__ import annotations

import pytest

from glasspara.errors import UsageError
from glasspara.sample.mass import AVOGADRO, FEWEST_IONS, parse_concentration

# Atomic weights of IUPAC (2021), g/mol; a gram of iron has 1.0784e22 ions.
FE, O = 55.845, 15.999  # noqa: E741  # the symbol
PPM = 1e-6 * AVOGADRO / FE


def test_a_part_per_million_of_iron():
    value, error = parse_concentration("1 ppm")
    assert value == pytest.approx(1.0784e16, rel=1e-4)
    assert error is None


@pytest.mark.parametrize(
    "text",
    [
        "15 ppm", "15ppm", "15 PPM", "15 ppmw", "15 ug/g", "15 µg/g", "15 μg/g", "15 mg/kg", "0.015 mg/g", "15000 ppb",
        "15000 ng/g", "0.0015 wt%", "0.0015 wt.%", "0.0015 wt %", "0.0015 %", "1.5e-3 mass%", "15 ppm by mass",
        "15 ppm Fe", "15 ug/g fe", " 15  ppm ",
    ],
)  # fmt: skip
def test_the_same_share_of_the_mass(text):
    value, error = parse_concentration(text)
    assert value == pytest.approx(15.0 * PPM, rel=1e-12)
    assert error is None


@pytest.mark.parametrize(
    ("oxide", "ions", "weight"),
    [("FeO", 1, FE + O), ("Fe2O3", 2, 2 * FE + 3 * O), ("Fe3O4", 3, 3 * FE + 4 * O), ("Fe", 1, FE)],
)
def test_shares_of_oxides_count_their_iron(oxide, ions, weight):
    value, error = parse_concentration(f"0.02+-0.001 wt% {oxide}")
    assert value == pytest.approx(2e-4 * ions * AVOGADRO / weight, rel=1e-12)
    assert error == pytest.approx(0.05 * value, rel=1e-12)
    assert parse_concentration(f"200 ppm {oxide.lower()}")[0] == pytest.approx(value, rel=1e-12)


def test_the_iron_of_the_oxides_is_the_gravimetric_factor():
    """Textbooks: 0.6994 g of iron in a gram of Fe2O3, 0.7773 in FeO, 0.7236 in Fe3O4."""
    of_iron = parse_concentration("1 mg/g")[0]
    factors = {"Fe2O3": 0.6994, "FeO": 0.7773, "Fe3O4": 0.7236}
    for oxide, factor in factors.items():
        assert parse_concentration(f"1 mg/g {oxide}")[0] / of_iron == pytest.approx(factor, abs=5e-5)


@pytest.mark.parametrize(
    ("text", "value", "error"),
    [
        ("1.657e17 g^-1", 1.657e17, None),
        ("1.657e17 /g", 1.657e17, None),
        ("1.657e17 1/g", 1.657e17, None),
        ("1.657(19)e17", 1.657e17, 0.019e17),
        ("1.657(19)E17 g^-1", 1.657e17, 0.019e17),
        ("15(2) ppm", 15.0 * PPM, 2.0 * PPM),
        ("15.40(25) ppm", 15.4 * PPM, 0.25 * PPM),
        ("15+-1 ppm", 15.0 * PPM, PPM),
        ("15 ± 1 ppm", 15.0 * PPM, PPM),
        ("15 ppm +- 1 ppm", 15.0 * PPM, PPM),
        ("15ppm±1ppm", 15.0 * PPM, PPM),
        ("1.5e1 mg/kg+/-1e0 mg/kg", 15.0 * PPM, PPM),
        ("15 +/- 1.5 ug/g", 15.0 * PPM, 1.5 * PPM),
    ],
)
def test_values_with_errors(text, value, error):
    found = parse_concentration(text)
    assert found[0] == pytest.approx(value, rel=1e-12)
    assert found[1] == (None if error is None else pytest.approx(error, rel=1e-12))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("15", "no unit"),
        (f"{0.99 * FEWEST_IONS:g}", "no unit"),
        ("15 parts", "unknown unit"),
        ("15 ppm Cu", "unknown unit"),
        ("15 ppm +- 1 ppb", "unknown unit"),
        ("15 ppm +- 1", "unknown unit"),
        ("15 ppm FeO2", "unknown unit"),
        ("15 mol%", "unknown unit"),
        ("101 wt%", "more than in pure iron"),
        ("2e22", "more than in pure iron"),
        ("-15 ppm", "positive"),
        ("0 ppm", "positive"),
        ("15+-0 ppm", "positive"),
        ("1e400 ppm", "positive and finite"),
        ("ppm", "cannot read"),
        ("15,4 ppm", "unknown unit"),
        ("", "cannot read"),
    ],
)
def test_what_is_no_concentration_says_why_and_how_to_write_one(text, words):
    with pytest.raises(UsageError, match=words) as caught:
        parse_concentration(text)
    assert "15 ppm" in str(caught.value)


def test_pure_iron_is_the_most():
    assert parse_concentration("100 wt%")[0] == pytest.approx(AVOGADRO / FE)
