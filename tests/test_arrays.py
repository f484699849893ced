"""What stands in for NumPy's own functions gives the same bits."""

import numpy as np
import pytest

from glasspara.arrays import distinct_values, median, quantiles


@pytest.mark.parametrize("size", [1, 2, 3, 8, 9, 101])
def test_bits_are_those_of_numpy(size):
    rng = np.random.default_rng(size)
    for _ in range(50):
        values = rng.normal(size=size) * 10.0 ** rng.integers(-5, 5)
        shares = np.concatenate([rng.uniform(size=4), [0.0, 1.0]])
        assert median(values) == np.median(values)
        assert np.array_equal(quantiles(values, shares), np.quantile(values, shares))
        assert np.array_equal(
            quantiles(values, shares, weibull=True), np.quantile(values, shares, method="weibull")
        )
        rough = np.round(values, 1)
        assert np.array_equal(distinct_values(rough), np.unique(rough))


def test_the_median_of_what_is_unknown_is_unknown():
    assert np.isnan(median(np.array([1.0, np.nan, 2.0])))
    assert np.isnan(median(np.empty(0)))
    assert median(np.array([3, 1, 2])) == 2.0
