"""Linear algebra on one thread for those who call from Python."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from glasspara.fitting.fit import fit
from glasspara.fitting.problem.settings import FitSettings
from glasspara.model.model import Model
from glasspara.replicates.linear_algebra import on_one_thread
from glasspara.simulation.datasets import BK7, fixed_field


def threads():
    return {item["num_threads"] for item in threadpool_info() if item["user_api"] == "blas"}


@pytest.mark.parametrize(("wish", "inside"), [(None, {1}), ("2", {2})])
def test_one_thread_unless_the_user_says_else_and_as_before_afterwards(monkeypatch, wish, inside):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if wish:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", wish)
    with threadpool_limits(2):
        assert on_one_thread(threads)() == inside
        assert threads() == {2}


def test_a_fit_from_python_has_one_thread(monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    seen = set()

    class Spy(FitSettings):
        def held(self):
            seen.update(threads())
            return super().held()

    data, settings = fixed_field(BK7, np.random.default_rng(1)), Spy(model=Model("ll"))
    seen.clear()
    with threadpool_limits(2):
        fit(data, settings)
    assert seen == {1}
