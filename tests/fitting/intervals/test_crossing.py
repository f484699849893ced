"""Bracketing: parabolas in one step, steep and level curves, edges and leaps told apart."""

from __future__ import annotations

from math import exp, inf

import pytest

from glasspara.fitting.intervals import cross


def counted(function):
    calls = []

    def rise_at(distance):
        calls.append(distance)
        return function(distance)

    return rise_at, calls


@pytest.mark.parametrize("level", [1.0, 2.3, 12.0])
def test_a_parabola_takes_one_step(level):
    rise_at, calls = counted(lambda x: x**2)
    found = cross(rise_at, level=level, room=1e3)
    assert found.how == "found"
    assert found.distance == pytest.approx(level**0.5, rel=1e-14)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: (x / 300.0) ** 2, 300.0),
        (lambda x: (x * 3000.0) ** 2, 1 / 3000.0),
        (lambda x: x**6 / 7.0, 7.0 ** (1 / 6)),
        (lambda x: x**0.3 / 5.0, 5.0 ** (1 / 0.3)),
        (lambda x: min(exp(x) - 1.0, 1e6), 0.6931471805599453),
        (lambda x: 0.0 if x < 5.0 else (x - 5.0) ** 2, 6.0),
        (lambda x: -3.0 if x < 2.0 else x - 2.0, 3.0),
    ],
)
def test_curves_that_are_no_parabolas(function, expected):
    rise_at, calls = counted(function)
    found = cross(rise_at, level=1.0, room=1e6)
    assert found.how == "found"
    # measured: 1.8e-5 at worst (exp), and 23 calls (x^0.3)
    assert found.distance == pytest.approx(expected, rel=3e-5)
    assert len(calls) < 25


def test_what_is_not_a_crossing():
    assert cross(lambda x: 0.1 * x, level=1.0, room=3.0).how == "end"
    assert cross(lambda x: 0.1 * x, level=1.0, room=3.0).distance == 3.0
    edge = cross(lambda x: 0.1 * x if x < 2.5 else inf, level=1.0, room=30.0)
    assert (edge.how, edge.distance) == ("edge", pytest.approx(2.5, rel=1e-4))
    leap = cross(lambda x: 0.1 * x if x < 2.5 else 7.0, level=1.0, room=30.0)
    assert (leap.how, leap.rise) == ("leap", pytest.approx(7.0))
    assert leap.distance == pytest.approx(2.5, rel=1e-4)


def test_a_later_start_goes_outwards():
    found = cross(lambda x: x**2 if x < 2.0 else 0.5 * x, level=1.5, room=30.0, start=(2.0, 1.0))
    assert found.distance == pytest.approx(3.0, rel=1e-4)
