"""Numbers for people."""

from __future__ import annotations

import pytest

from glasspara.wording import inert, p_number, p_value, shown_unit, value_with_error


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.827, 0.119, "0.83 ± 0.12"),  # the Particle Data Group's own examples
        (0.827, 0.367, "0.8 ± 0.4"),
        (4.227e-7, 0.0951e-7, "(4.23 ± 0.10)e-07"),
        (1.352e16, 1.0e13, "(1.3520 ± 0.0010)e+16"),
        (-12.3456, 0.0234, "-12.346 ± 0.023"),
        (0.0, 0.5, "0.0 ± 0.5"),
        (1234.5, 200.0, "1230 ± 200"),
        (9.96, 0.0996, "9.96 ± 0.10"),
        (3.0, None, "3"),
        (3.0, 0.0, "3"),
        (1e-3, 5.0, "0.001 ± 5"),  # the value is still to be seen
    ],
)
def test_value_with_error(value, error, text):
    assert value_with_error(value, error) == text


def test_p_value():
    assert p_value(0.21) == "p = 0.21"
    assert p_value(1e-30) == "p < 1e-12"
    assert p_value(None) == "p unknown"
    assert [p_number(p) for p in (0.21, 1e-9, 1e-30, 0.0)] == ["0.21", "1e-09", "< 1e-12", "< 1e-12"]


def test_inert_shows_control_characters():
    assert inert("a\x1b[31mb\n\u202e") == "a\\x1b[31mb\\n\\u202e"
    assert inert("µ-Glas [bold]") == "µ-Glas [bold]"


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("K A^2", "K Å²"),
        ("A^3", "Å³"),
        ("A", "Å"),
        ("K A^2 g^-1", "K Å² g^-1"),
        ("emu g^-1 Oe^-1", "emu g^-1 Oe^-1"),
    ],
)
def test_people_read_no_ampere_where_angstroms_are_meant(unit, shown):
    assert shown_unit(unit) == shown
