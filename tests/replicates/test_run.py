"""Replicates here and in worker processes: the same bits, nothing lost, nothing doubled."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.errors import GlassparaError, UsageError
from glasspara.replicates import Replicate, run_replicates
from glasspara.replicates.store import Store
from tests.replicates.tasks import Deadly, count_threads, draw, fail_at_odd, return_an_object


@pytest.fixture(scope="module")
def serial():
    return run_replicates(draw, 30, seed=7)


@pytest.mark.parametrize("jobs", [2, 3])
def test_same_bits_for_any_number_of_processes(serial, jobs):
    assert run_replicates(draw, 30, seed=7, jobs=jobs) == serial
    assert [item.index for item in serial] == list(range(30))
    assert [item.value["index"] for item in serial] == list(range(30))


def test_a_replicate_depends_on_seed_and_index_alone(serial):
    assert run_replicates(draw, 5, seed=7) == serial[:5]
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(7, spawn_key=(4,))))
    assert draw(rng, 4)["least"] == serial[4].value["least"]
    least = {item.value["least"] for item in serial}
    assert len(least) == 30
    assert least.isdisjoint(item.value["least"] for item in run_replicates(draw, 30, seed=8))
    assert least.isdisjoint(item.value["least"] for item in run_replicates(draw, 30, seed=(7, 1)))


@pytest.mark.parametrize("jobs", [1, 2])
def test_linear_algebra_has_one_thread(jobs):
    for item in run_replicates(count_threads, 4, seed=1, jobs=jobs):
        assert item.value
        assert set(item.value) == {1}


def test_a_failed_replicate_is_recorded():
    found = run_replicates(fail_at_odd, 4, seed=1)
    assert found[1] == Replicate(1, error="ValueError: no luck at 1")
    assert [item.error is None for item in found] == [True, False, True, False]
    assert isinstance(found[0].value, float)


def test_all_failed_is_an_error():
    with pytest.raises(GlassparaError, match=r"all 3 replicates failed.*not JSON serializable"):
        run_replicates(return_an_object, 3, seed=1)


def test_no_replicates():
    assert run_replicates(draw, 0, seed=1) == []


def test_progress_counts_what_is_there_already(tmp_path):
    store, seen = Store(tmp_path / "store", {}), []
    run_replicates(draw, 4, seed=1, store=store)
    run_replicates(draw, 6, seed=1, store=store, progress=lambda *counts: seen.append(counts))
    assert seen == [(4, 6), (5, 6), (6, 6)]


def test_a_worker_that_dies_is_replaced(tmp_path):
    alone = run_replicates(Deadly(tmp_path), 12, seed=1)  # the mark is there: nothing dies
    assert run_replicates(Deadly(tmp_path / "mark"), 12, seed=1, jobs=2) == alone
    assert (tmp_path / "mark").exists()


def test_workers_that_keep_dying_are_an_error_and_the_rest_is_kept(tmp_path):
    store = Store(tmp_path / "store", {})
    with pytest.raises(UsageError, match="worker processes die at replicate 3 "):
        run_replicates(Deadly(), 6, seed=1, jobs=2, store=store)
    with store.open(1) as record:
        assert set(record.found) == {0, 1, 2, 4, 5}


def test_a_deadly_replicate_takes_no_slower_one_along(tmp_path):
    """Whichever is done first, worker or neighbour: what is in hand when a worker dies is done again."""
    store = Store(tmp_path / "store", {})
    with pytest.raises(UsageError, match="worker processes die at replicate 3 "):
        run_replicates(Deadly(seconds=0.3), 6, seed=1, jobs=3, store=store)
    with store.open(1) as record:
        assert set(record.found) == {0, 1, 2, 4, 5}


def test_workers_that_always_die_are_soon_an_error():
    with pytest.raises(UsageError, match="worker processes die at replicate 0, 1, 2 "):
        run_replicates(Deadly(at=None), 50, seed=1, jobs=2)
