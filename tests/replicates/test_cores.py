"""The cores: items shared by processes, their results in order, errors, workers that die; one thread each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from glasspara.errors import InputError, UsageError
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from glasspara.model.model import Model
from glasspara.replicates.cores import in_order, on_one_thread
from glasspara.simulation.datasets import BK7, fixed_field
from tests.replicates.waiting import wait_until


@dataclass(frozen=True)
class SlowFirst:
    """The first item is not done before another process has done one too."""

    folder: Path

    def __call__(self, item):
        (self.folder / str(os.getpid())).touch()
        wait_until(lambda: item > 0 or len(list(self.folder.iterdir())) > 1)
        return item, os.getpid()


def refuse(item):
    if item == 5:
        raise InputError("it is five", where="run.dat", remedy="Take six")
    return item


def die(item):
    os._exit(3)


def test_results_come_in_the_order_of_the_items_from_all_workers(tmp_path):
    with in_order(SlowFirst(tmp_path), range(40), jobs=2) as results:
        found = list(results)
    assert [item for item, _ in found] == list(range(40))
    assert os.getpid() not in {worker for _, worker in found}
    assert len({worker for _, worker in found}) == 2


def test_one_job_is_done_here_as_it_is_asked_for():
    asked = []
    with in_order(asked.append, range(3), jobs=1) as results:
        next(results)
        assert asked == [0]


def test_an_error_comes_whole_from_another_process():
    with in_order(refuse, range(8), jobs=2) as results, pytest.raises(InputError) as caught:
        list(results)
    assert str(caught.value) == "run.dat: it is five. Take six"


def test_workers_that_die_are_an_error_of_one_line():
    with in_order(die, range(4), jobs=2) as results, pytest.raises(UsageError, match="worker processes die"):
        list(results)


@pytest.mark.parametrize("jobs", [1, 2])
def test_progress_counts_what_the_caller_has_taken(jobs):
    seen = []
    with in_order(str, range(3), jobs=jobs, progress=lambda *counts: seen.append(counts)) as results:
        assert [(len(seen), item) for item in results] == [(1, "0"), (2, "1"), (3, "2")]
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


# --- linear algebra --------------------------------------------------------------------------------------


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
