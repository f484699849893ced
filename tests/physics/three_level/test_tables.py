"""The shipped tables of the three-level term: a sample computed again, and between the knots."""

import numpy as np

from glasspara.physics.three_level.tables import (
    D_LIMIT,
    basis,
    cell,
    cutoff_weights,
    d0_at,
    look_up,
    phase_at,
    phase_place,
)
from studies.three_level_tables import (
    D0_INTERVALS,
    PHASE_INTERVALS,
    coefficients,
    mean_response,
    phase_tables,
    sites,
    unit_rule,
)


def test_sites_are_computed_again():
    phases, orders = sites(PHASE_INTERVALS), 8
    for position in sites(D0_INTERVALS)[[9, 40, 70]]:
        d0 = float(d0_at(position))
        again = phase_tables(d0)
        place = phase_place(phase_at(phases, d0), np.full_like(phases, d0))
        for d in (1e-3, 0.5, D_LIMIT):
            weights, _ = cutoff_weights(np.full_like(phases, d), orders)
            for name, expected in zip("rag", again @ weights[0], strict=True):
                # Measured: 5e-14.
                assert np.abs(look_up(name, place, weights) / expected - 1).max() < 1e-12


def test_between_the_sites_by_another_rule():
    x, weight = unit_rule(200)
    for d0, phase, d in (
        (0.05, 2.0, 0.3),
        (3.3, 0.4, 1.9),
        (47.0, 0.02, 0.01),
        (47.0, 2.9, 0.01),
        (2100.0, 0.1, 1.0),
    ):
        top = np.log(max(d0, 1.0)) + 14
        logs = np.log(d) + (top - np.log(d)) * x
        expected = (1 + d0) * (top - np.log(d)) * weight @ mean_response(np.exp(logs), d0, np.array([phase]))
        weights, _ = cutoff_weights(np.array([d]), 8)
        value = look_up("r", phase_place(np.array([phase]), np.array([d0])), weights)
        assert np.abs(value / expected - 1).max() < 1.5e-7  # measured: 7e-8 here, 1.5e-7 in 400 places


def test_splines_reproduce_quintics():
    values = np.stack([sites(12) ** 5, (1 - sites(12)) ** 4], axis=1)
    place = np.linspace(0, 1, 57)
    index, local = cell(place, 12)
    lines = coefficients(values)[index[:, np.newaxis] + np.arange(6)]
    assert (
        np.abs(np.einsum("ni,nij->nj", basis(local), lines) - np.stack([place**5, (1 - place) ** 4], 1)).max()
        < 1e-14
    )
    slopes = 12 * np.einsum("ni,ni->n", basis(local, slope=True), lines[..., 0])
    assert np.abs(slopes - 5 * place**4).max() < 1e-12
